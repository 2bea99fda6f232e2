/*-------------------------------------------------------------------------
 *
 * read_to_end.h
 *		A list that is open is read to its end before this session writes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_READ_TO_END_H
#define FTX_READ_TO_END_H

#include "api/calls/open_lists.h"

/* FtxOpenList.finish of a scan. */
extern void ftx_scan_read_to_end(FtxOpenList *list);

#endif /* FTX_READ_TO_END_H */
