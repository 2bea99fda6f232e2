/*-------------------------------------------------------------------------
 *
 * account.h
 *		What this backend has been told of an account, and has called.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ACCOUNT_H
#define FTX_ACCOUNT_H

#include "datatype/timestamp.h"
#include "net/engine.h"

/* An account as it is reached: by a server, at an address, with an API key. */
typedef struct FtxAccountKey
{
	uint64 credential; /* hash of base_url and api_key */
	Oid serverid;
	Oid padding; /* 0: keys are compared byte by byte */
} FtxAccountKey;

/*
 * It outlives the sessions, so that nobody who may close or change one (by
 * fivetrex_disconnect(), DISCARD ALL, a user mapping of his own) gets rid of
 * what fivetrex.reserve goes by.  Sessions with the same key share it, as they
 * share the account's hour.
 */
typedef struct FtxAccount
{
	FtxAccountKey key; /* must be first */
	FtxTally tally;
	TimestampTz reserve_probed; /* when a call last went to learn, or 0 */
	int sessions;				/* that use it; else it may be forgotten */
} FtxAccount;

/*
 * The account that is reached so, for one session more; it stays where it is
 * until ftx_account_release().  Throws ERRCODE_OUT_OF_MEMORY.
 */
extern FtxAccount *
ftx_account_get(Oid serverid, const char *base_url, const char *api_key);

/* A session needs it no more.  Never throws. */
extern void ftx_account_release(FtxAccount *account);

#endif /* FTX_ACCOUNT_H */
