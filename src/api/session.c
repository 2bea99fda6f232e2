/*-------------------------------------------------------------------------
 *
 * session.c
 *		Cache of sessions, keyed by user mapping.
 *
 * The list holds every session that is current or still pinned.  Syscache
 * invalidation only marks: freeing happens when nobody holds the session,
 * never inside an invalidation callback.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/base_url.h"
#include "api/session.h"
#include "api/version.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#define USER_AGENT "fivetrex/" FTX_VERSION " (PostgreSQL)"

static FtxSession *sessions = NULL;

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
	MemoryContextDelete(session->cxt);
}

/*
 * Reset callback of whoever pinned the session.
 */
static void
unpin(void *arg)
{
	FtxSession *session = arg;

	session->pins--;
	if (session->stale && session->pins == 0)
		destroy(session);
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

static void
register_invalidation(void)
{
	static bool registered = false;

	if (registered)
		return;
	CacheRegisterSyscacheCallback(FOREIGNSERVEROID, invalidate, (Datum) 0);
	CacheRegisterSyscacheCallback(USERMAPPINGOID, invalidate, (Datum) 0);
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

static FtxSession *
create(UserMapping *mapping)
{
	MemoryContext cxt = AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex session", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	FtxSession *session = palloc0(sizeof(FtxSession));
	ForeignServer *server = GetForeignServer(mapping->serverid);
	FtxNetConfig config = {0};

	session->cxt = cxt;
	session->serverid = mapping->serverid;
	session->umid = mapping->umid;
	session->servername = pstrdup(server->servername);
	session->server_hash = GetSysCacheHashValue1(
		FOREIGNSERVEROID, ObjectIdGetDatum(mapping->serverid));
	session->mapping_hash = GetSysCacheHashValue1(
		USERMAPPINGOID, ObjectIdGetDatum(mapping->umid));
	ftx_options_server(server, &session->options);
	/* a narrower level adds, and never takes away */
	session->options.dry_run |= ftx_options_mapping_dry_run(mapping);
	ftx_credentials_read(mapping, cxt, &session->credentials);

	config.user_agent = USER_AGENT;
	config.username = ftx_secret_text(session->credentials.api_key);
	config.password = ftx_secret_text(session->credentials.api_secret);
	config.proxy_username = text_or_null(session->credentials.proxy_user);
	config.proxy_password = text_or_null(session->credentials.proxy_password);
	config.sslrootcert = session->options.sslrootcert;
	config.sslcert = session->options.sslcert;
	config.sslkey = session->options.sslkey;
	config.proxy = session->options.proxy;
	config.direct = ftx_base_url_is_loopback(session->options.base_url);
	config.max_concurrency = session->options.max_concurrency;
	config.connect_timeout = session->options.connect_timeout;
	config.max_retries = session->options.max_retries;
	config.retry_delay = session->options.retry_delay;
	session->engine = ftx_engine_create(&config);

	/* nothing below can throw: the session becomes the backend's */
	MemoryContextSwitchTo(old);
	MemoryContextSetParent(cxt, CacheMemoryContext);
	session->next = sessions;
	sessions = session;
	return session;
}

/*
 * Core raises the same error without a word of what to do.
 */
static void
check_mapping(Oid serverid, Oid userid)
{
	ForeignServer *server;
	char *user;

	if (SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(userid),
							  ObjectIdGetDatum(serverid)) ||
		SearchSysCacheExists2(USERMAPPINGUSERSERVER,
							  ObjectIdGetDatum(InvalidOid),
							  ObjectIdGetDatum(serverid)))
		return;
	server = GetForeignServer(serverid);
	user = GetUserNameFromId(userid, true);
	ereport(
		ERROR,
		(errcode(ERRCODE_UNDEFINED_OBJECT),
		 errmsg("user mapping not found for user \"%s\", server \"%s\"",
				user != NULL ? user : "", server->servername),
		 errhint(
			 "CREATE USER MAPPING FOR %s SERVER %s OPTIONS (api_key '...', api_secret '...'); or let the role read a view of an owner who has one.",
			 user != NULL ? quote_identifier(user) : "...",
			 quote_identifier(server->servername))));
}

FtxSession *
ftx_session_pin(Oid serverid, Oid userid, MemoryContext owner)
{
	UserMapping *mapping;
	MemoryContextCallback *callback;
	FtxSession *session;

	ftx_version_warn();
	register_invalidation();
	check_mapping(serverid, userid);
	mapping = GetUserMapping(userid, serverid);
	callback = MemoryContextAlloc(owner, sizeof(MemoryContextCallback));

	destroy_stale();
	for (session = sessions; session != NULL; session = session->next)
	{
		if (session->umid == mapping->umid && !session->stale)
			break;
	}
	if (session == NULL)
		session = create(mapping);

	session->pins++;
	callback->func = unpin;
	callback->arg = session;
	MemoryContextRegisterResetCallback(owner, callback);
	return session;
}

void
ftx_session_forget(FtxSession *session)
{
	session->stale = true;
}
