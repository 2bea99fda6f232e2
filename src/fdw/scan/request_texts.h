/*-------------------------------------------------------------------------
 *
 * request_texts.h
 *		Values that a scan asks for, as texts.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_REQUEST_TEXTS_H
#define FTX_REQUEST_TEXTS_H

/*
 * The texts of a value, or of the elements of an array, each once, in the
 * current memory context.  Returns their number.
 */
extern int ftx_texts_of_value(Datum value, bool is_array, char ***texts);

/* Put what is asked for one by one in order. */
extern void ftx_texts_sort(char **texts, int n);

#endif /* FTX_REQUEST_TEXTS_H */
