/*-------------------------------------------------------------------------
 *
 * rows.h
 *		The resources, for the files that hold them and the one that lists them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ROWS_H
#define FTX_ROWS_H

#include "catalogue/catalogue.h"

#define FTX_LENGTH(array) ((int) (sizeof(array) / sizeof((array)[0])))

extern const FtxResource ftx_account;
extern const FtxResource ftx_connectors;
extern const FtxResource ftx_destinations;
extern const FtxResource ftx_groups;
extern const FtxResource ftx_webhooks;

#endif /* FTX_ROWS_H */
