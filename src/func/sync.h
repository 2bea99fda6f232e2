/*-------------------------------------------------------------------------
 *
 * sync.h
 *		How a connector's sync goes, as functions look at it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SYNC_H
#define FTX_SYNC_H

#include "api/calls/call.h"
#include "api/calls/session.h"
#include "fmgr.h"

typedef enum FtxSyncing
{
	FTX_SYNCING_NO,
	FTX_SYNCING_YES,
	FTX_SYNCING_UNKNOWN /* no state, or one that Fivetran has added */
} FtxSyncing;

/* Columns of the status, and those that fivetrex_wait() has beside them. */
#define FTX_STATUS_COLUMNS 10
#define FTX_WAIT_COLUMNS 16

/* Attributes of the status, from 0. */
enum
{
	FTX_STATUS_SYNC_STATE = 1,
	FTX_STATUS_SETUP_STATE = 2,
	FTX_STATUS_IS_SYNCING = 5,
	FTX_STATUS_SUCCEEDED_AT = 7,
	FTX_STATUS_FAILED_AT = 8
};

typedef struct FtxSyncStatus
{
	FtxSyncing syncing;
	Datum values[FTX_WAIT_COLUMNS];
	bool nulls[FTX_WAIT_COLUMNS];
	char *task; /* words of the first thing that somebody has to do, or NULL */
} FtxSyncStatus;

/*
 * Ask for the connector that is the first argument of `function`, the SQL
 * function that asks; `time_left`: ms that it has for that, -1 for no limit.
 */
extern FtxCall *ftx_sync_start(FunctionCallInfo fcinfo, const char *function,
							   FtxSession *session, int64 time_left);

/*
 * Fill the status from such a call that has succeeded.  Values are allocated in
 * the current context.
 */
extern void ftx_sync_read(FunctionCallInfo fcinfo, const char *function,
						  FtxCall *call, FtxSyncStatus *status);

/* Sleep; interrupts are served, which may throw. */
extern void ftx_sync_pause(int64 ms);

/* Milliseconds of an argument `timeout`; -1 for NULL: no limit. */
extern int64 ftx_sync_timeout(FunctionCallInfo fcinfo, int argno);

#endif /* FTX_SYNC_H */
