/*-------------------------------------------------------------------------
 *
 * session.h
 *		One server with one credential, as this backend knows it.
 *
 * Sessions live across statements, so that connections are reused.  A change
 * of the server or of the user mapping makes a session stale: it serves those
 * who hold it to their end, and newcomers get a new one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SESSION_H
#define FTX_SESSION_H

#include "api/calls/account.h"
#include "api/options/credentials.h"
#include "api/options/options.h"
#include "datatype/timestamp.h"
#include "foreign/foreign.h"
#include "net/engine.h"

/* Does a server have what is newer than the definition? */
typedef enum FtxServed
{
	FTX_SERVED_UNKNOWN, /* nobody has asked yet */
	FTX_SERVED,
	FTX_NOT_SERVED
} FtxServed;

/*
 * A session becomes stale when the catalog's row of its server or user mapping
 * changes, or by ftx_session_forget(), and never anything else again: it goes
 * with its last holder, or if it has none when the next session is asked for.
 * One that is not stale stays, idle, up to a number of them (session.c).
 *
 * `made` is false only while options and credentials are read: what throws
 * there leaves a session that nobody else can get and that goes with its owner.
 * The engine uses the texts of the credentials where they are, so it ends
 * before them.
 */
typedef struct FtxSession
{
	Oid serverid;
	Oid userid;
	Oid umid; /* the user mapping, the key of the cache */
	char *servername;
	FtxServerOptions options;
	FtxEngine *engine;
	FtxAccount *account;
	FtxCredentials credentials;
	int generation;	   /* of the credentials, see ftx_session_refresh */
	MemoryContext cxt; /* holds all of the above but the engine */
	int pins;		   /* holders, see ftx_session_pin */
	bool made;		   /* all of the above is there */
	bool stale;
	uint64 idle_since;			   /* of a clock that counts, while pins is 0 */
	struct FtxListLength *lengths; /* list_lengths.c; NULL: none yet */
	unsigned next_length;		   /* place of the next one */
	FtxServed batches;			   /* are lists of several parents at once? */
	uint32 server_hash;			   /* syscache hash values, for invalidation */
	uint32 mapping_hash;
	struct FtxSession *next;
} FtxSession;

/*
 * The session of `userid` on a server, pinned until `owner` is reset.  Throws
 * what GetUserMapping() and the reading of options and credentials throw.
 */
extern FtxSession *
ftx_session_pin(Oid serverid, Oid userid, MemoryContext owner);

/*
 * The user mapping of a role, or PUBLIC's.  None is an error (42704) that says
 * how to make one, for_webhooks: with the secret of webhooks.
 */
extern UserMapping *
ftx_session_mapping(Oid serverid, Oid userid, bool for_webhooks);

/* Make the next statement read options and credentials anew. */
extern void ftx_session_forget(FtxSession *session);

/*
 * After a 401 to a request that was sent with credentials of this generation:
 * are there others now?  Reads the files of the user mapping again, if it has
 * any and nobody has done so since.  Never throws for what they are.
 */
extern bool ftx_session_refresh(FtxSession *session, int generation);

/*
 * Close the sessions of a server, of all with InvalidOid, that nobody holds;
 * returns how many.  Warns of the others.
 */
extern int ftx_sessions_disconnect(Oid serverid);

#endif /* FTX_SESSION_H */
