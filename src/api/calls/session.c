/*-------------------------------------------------------------------------
 *
 * session.c
 *		Cache of sessions, keyed by user mapping.
 *
 * The list holds every session that is current or still pinned, and a new
 * one from before its options are read, so that no change of them is missed.
 * Syscache invalidation only marks: freeing happens when nobody holds the
 * session, never inside an invalidation callback.
 *
 * A backend may serve many roles and servers, for weeks.  So those that
 * nobody holds are few, and at the end of a transaction each keeps at most one
 * connection: a backend that waits for its client runs no code that could
 * close more.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "api/calls/session.h"
#include "api/calls/version.h"
#include "api/options/base_url.h"
#include "api/secrets/secret.h"
#include "base/owner.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#define USER_AGENT "fivetrex/" FTX_VERSION " (PostgreSQL)"

/*
 * Sessions that nobody holds, at most.  Each holds up to four descriptors (its
 * connection, epoll, libcurl's own), so that they all stay below the 81 that
 * core leaves to extensions under its smallest sensible max_files_per_process
 * of 256; and a pooled backend comes back to few roles at a time.
 */
#define MAX_IDLE_SESSIONS 16

static FtxSession *sessions = NULL;

/* Counts what becomes idle, for the order of it. */
static uint64 idle_clock = 0;

static void
destroy(FtxSession *session)
{
	FtxSession **link;

	for (link = &sessions; *link != NULL; link = &(*link)->next)
	{
		if (*link == session)
		{
			*link = session->next;
			break;
		}
	}
	if (session->engine != NULL)
		ftx_engine_destroy(session->engine);
	if (session->account != NULL)
		ftx_account_release(session->account);
	MemoryContextDelete(session->cxt);
}

/*
 * Let go of the idle sessions that were not used for longest.
 */
static void
limit_idle(void)
{
	for (;;)
	{
		FtxSession *oldest = NULL;
		int idle = 0;

		for (FtxSession *session = sessions; session != NULL;
			 session = session->next)
		{
			if (session->pins > 0)
				continue;
			idle++;
			if (oldest == NULL || session->idle_since < oldest->idle_since)
				oldest = session;
		}
		if (idle <= MAX_IDLE_SESSIONS)
			return;
		destroy(oldest);
	}
}

/*
 * Reset callback of whoever pinned the session.
 */
static void
unpin_session(void *arg)
{
	FtxSession *session = arg;

	session->pins--;
	if (session->pins > 0)
		return;
	session->idle_since = ++idle_clock;
	if (session->stale || !session->made)
		destroy(session);
	else
		limit_idle();
}

static void
pin(FtxSession *session, MemoryContext owner)
{
	ftx_at_reset(owner, unpin_session, session);
	session->pins++;
}

static void
invalidate(Datum arg, int cacheid, uint32 hashvalue)
{
	FtxSession *session;

	for (session = sessions; session != NULL; session = session->next)
	{
		uint32 known = cacheid == FOREIGNSERVEROID ? session->server_hash :
													 session->mapping_hash;

		/* hash value 0 means that all entries are invalid */
		if (hashvalue == 0 || hashvalue == known)
			session->stale = true;
	}
}

/*
 * At the end of a transaction, see above.
 */
static void
end_transaction(XactEvent event, void *arg)
{
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT &&
		event != XACT_EVENT_PREPARE)
		return;
	for (FtxSession *session = sessions; session != NULL;
		 session = session->next)
	{
		if (session->made && ftx_engine_connections(session->engine) > 1)
			ftx_engine_rest(session->engine);
	}
}

static void
register_callbacks(void)
{
	static bool registered = false;

	if (registered)
		return;
	CacheRegisterSyscacheCallback(FOREIGNSERVEROID, invalidate, (Datum) 0);
	CacheRegisterSyscacheCallback(USERMAPPINGOID, invalidate, (Datum) 0);
	RegisterXactCallback(end_transaction, NULL);
	registered = true;
}

static void
destroy_stale(void)
{
	FtxSession *session = sessions;

	while (session != NULL)
	{
		FtxSession *next = session->next;

		if (session->stale && session->pins == 0)
			destroy(session);
		session = next;
	}
}

static const char *
text_or_null(const FtxSecret *secret)
{
	return secret != NULL ? ftx_secret_text(secret) : NULL;
}

static void
make_engine(FtxSession *session)
{
	const FtxServerOptions *options = &session->options;
	const FtxCredentials *credentials = &session->credentials;
	FtxNetConfig config = {0};

	config.user_agent = USER_AGENT;
	config.username = ftx_secret_text(credentials->api_key);
	config.password = ftx_secret_text(credentials->api_secret);
	config.proxy_username = text_or_null(credentials->proxy_user);
	config.proxy_password = text_or_null(credentials->proxy_password);
	config.sslrootcert = options->sslrootcert;
	config.sslcert = options->sslcert;
	config.sslkey = options->sslkey;
	config.proxy = options->proxy;
	config.direct = ftx_base_url_is_loopback(options->base_url);
	config.max_concurrency = options->max_concurrency;
	config.connect_timeout = options->connect_timeout;
	config.max_retries = options->max_retries;
	config.retry_delay = options->retry_delay;
	config.tally = &session->account->tally;
	session->engine = ftx_engine_create(&config);
}

/*
 * A new session, pinned already; until it is made nobody else gets it, and
 * the owner's end is its own.
 */
static FtxSession *
create_session(UserMapping *mapping, MemoryContext owner)
{
	MemoryContext cxt = AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex session", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	FtxSession *session = palloc0(sizeof(FtxSession));
	ForeignServer *server;

	session->cxt = cxt;
	session->serverid = mapping->serverid;
	session->userid = mapping->userid;
	session->umid = mapping->umid;
	session->server_hash = GetSysCacheHashValue1(
		FOREIGNSERVEROID, ObjectIdGetDatum(mapping->serverid));
	session->mapping_hash = GetSysCacheHashValue1(
		USERMAPPINGOID, ObjectIdGetDatum(mapping->umid));
	pin(session, owner);
	MemoryContextSetParent(cxt, CacheMemoryContext);
	session->next = sessions;
	sessions = session;

	/* read only now: whatever changes from here on makes it stale */
	AcceptInvalidationMessages();
	mapping = GetUserMapping(mapping->userid, mapping->serverid);
	server = GetForeignServer(mapping->serverid);
	session->servername = pstrdup(server->servername);
	ftx_options_server(server, &session->options);
	/* a narrower level adds, and never takes away */
	session->options.dry_run |= ftx_options_mapping_dry_run(mapping);
	ftx_credentials_read(mapping, cxt, &session->credentials);
	session->account = ftx_account_get(
		session->serverid, session->options.base_url,
		ftx_secret_text(session->credentials.api_key));
	make_engine(session);
	session->made = true;
	MemoryContextSwitchTo(old);
	return session;
}

/*
 * Core raises the same error without a word of what to do.
 */
static void
raise_no_mapping(Oid serverid, Oid userid, bool for_webhooks)
{
	ForeignServer *server = GetForeignServer(serverid);
	char *user = GetUserNameFromId(userid, true);
	const char *quoted = user != NULL ? quote_identifier(user) : "...";
	const char *name = quote_identifier(server->servername);

	ereport(
		ERROR,
		(errcode(ERRCODE_UNDEFINED_OBJECT),
		 errmsg("user mapping not found for user \"%s\", server \"%s\"",
				user != NULL ? user : "", server->servername),
		 for_webhooks ?
			 errhint(
				 "CREATE USER MAPPING FOR %s SERVER %s OPTIONS (webhook_secret '...'); with api_key and api_secret where it is to call the API as well.",
				 quoted, name) :
			 errhint(
				 "CREATE USER MAPPING FOR %s SERVER %s OPTIONS (api_key '...', api_secret '...'); or let the role read a view of an owner who has one.",
				 quoted, name)));
}

UserMapping *
ftx_session_mapping(Oid serverid, Oid userid, bool for_webhooks)
{
	if (!SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(userid),
							   ObjectIdGetDatum(serverid)) &&
		!SearchSysCacheExists2(USERMAPPINGUSERSERVER,
							   ObjectIdGetDatum(InvalidOid),
							   ObjectIdGetDatum(serverid)))
		raise_no_mapping(serverid, userid, for_webhooks);
	return GetUserMapping(userid, serverid);
}

FtxSession *
ftx_session_pin(Oid serverid, Oid userid, MemoryContext owner)
{
	UserMapping *mapping;
	FtxSession *session;

	ftx_version_warn();
	register_callbacks();
	mapping = ftx_session_mapping(serverid, userid, false);

	destroy_stale();
	for (session = sessions; session != NULL; session = session->next)
	{
		if (session->umid == mapping->umid && session->made && !session->stale)
		{
			pin(session, owner);
			return session;
		}
	}
	return create_session(mapping, owner);
}

void
ftx_session_forget(FtxSession *session)
{
	session->stale = true;
}

/*
 * What the mapping's files hold now; false when they cannot be read, or hold
 * what is known.
 */
static bool
read_again(FtxSession *session, FtxCredentials *credentials)
{
	MemoryContext old = CurrentMemoryContext;
	volatile bool read = false;

	PG_TRY();
	{
		UserMapping *mapping = GetUserMapping(session->userid,
											  session->serverid);

		ftx_credentials_read(mapping, session->cxt, credentials);
		read = true;
	}
	PG_CATCH();
	{
		/* the answer that led here says enough */
		MemoryContextSwitchTo(old);
		FlushErrorState();
	}
	PG_END_TRY();
	return read &&
		   (strcmp(ftx_secret_text(credentials->api_key),
				   ftx_secret_text(session->credentials.api_key)) != 0 ||
			strcmp(ftx_secret_text(credentials->api_secret),
				   ftx_secret_text(session->credentials.api_secret)) != 0);
}

bool
ftx_session_refresh(FtxSession *session, int generation)
{
	FtxCredentials credentials;

	if (session->generation != generation)
		return true;
	if (!session->credentials.from_files || !read_again(session, &credentials))
		return false;
	/* the old ones stay known to the mask as long as the session lives */
	session->credentials = credentials;
	session->generation++;
	ftx_engine_set_credentials(session->engine,
							   ftx_secret_text(credentials.api_key),
							   ftx_secret_text(credentials.api_secret));
	return true;
}

int
ftx_sessions_disconnect(Oid serverid)
{
	FtxSession *session = sessions;
	int closed = 0;

	while (session != NULL)
	{
		FtxSession *next = session->next;

		if (!OidIsValid(serverid) || session->serverid == serverid)
		{
			if (session->pins > 0)
				ereport(
					WARNING,
					(errmsg(
						"the session of server \"%s\" is in use and stays open",
						session->servername)));
			else
			{
				destroy(session);
				closed++;
			}
		}
		session = next;
	}
	return closed;
}
