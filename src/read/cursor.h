/*-------------------------------------------------------------------------
 *
 * cursor.h
 *		What the next cursor of a list will probably be.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_CURSOR_H
#define FTX_CURSOR_H

/* The cursor of a page that starts at an offset, palloc'ed. */
extern char *ftx_cursor_at(int64 offset);

/* The offset that a cursor stands for; false if it is not of that kind. */
extern bool ftx_cursor_offset(const char *cursor, int64 *offset);

#endif /* FTX_CURSOR_H */
