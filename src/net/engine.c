/*-------------------------------------------------------------------------
 *
 * engine.c
 *		Making and freeing of engines.
 *
 *-------------------------------------------------------------------------
 */

#include "postgres.h"

#include "base/compat.h"
#include "lib/ilist.h"
#include "libpq/pqsignal.h"
#include "net/engine.h"
#include "net/engine_state.h"
#include "net/roots.h"
#include "net/sockets.h"

/* Hosts that no proxy is asked for, whatever the environment says. */
#define LOOPBACK "localhost,127.0.0.1,::1"

/*
 * Set libcurl up once per backend.  Not when the module is loaded, which may
 * be in the postmaster: its children would share one TLS library's state.
 */
static CURLcode
init_libcurl(void)
{
	static bool initialized = false;
	CURLcode code = CURLE_OK;

	if (!initialized)
		code = curl_global_init(CURL_GLOBAL_DEFAULT);
	if (code == CURLE_OK)
		initialized = true;
	return code;
}

/* Copy a string that may be NULL; false when out of memory. */
static bool
copy_string(const char **copy, const char *value)
{
	*copy = value != NULL ? strdup(value) : NULL;
	return value == NULL || *copy != NULL;
}

static bool
copy_config(FtxNetConfig *copy, const FtxNetConfig *config)
{
	copy->max_concurrency = Max(config->max_concurrency, 1);
	copy->connect_timeout = config->connect_timeout;
	copy->max_retries = config->max_retries;
	copy->retry_delay = config->retry_delay;
	copy->direct = config->direct;
	copy->username = config->username;
	copy->password = config->password;
	copy->proxy_username = config->proxy_username;
	copy->proxy_password = config->proxy_password;

	return copy_string(&copy->user_agent, config->user_agent) &&
		   copy_string(&copy->sslrootcert, config->sslrootcert) &&
		   copy_string(&copy->sslcert, config->sslcert) &&
		   copy_string(&copy->sslkey, config->sslkey) &&
		   copy_string(&copy->proxy, config->proxy);
}

static void
free_config(FtxNetConfig *config)
{
	free((char *) config->user_agent);
	free((char *) config->sslrootcert);
	free((char *) config->sslcert);
	free((char *) config->sslkey);
	free((char *) config->proxy);
}

/*
 * The loopback hosts and those of the environment, which libcurl would not
 * look at once it is given a list.
 */
static char *
make_no_proxy(const FtxNetConfig *config)
{
	const char *environment = getenv("no_proxy");
	size_t size;
	char *hosts;

	if (config->direct)
		return strdup("*");
	if (environment == NULL)
		environment = getenv("NO_PROXY");
	if (environment == NULL || environment[0] == '\0')
		return strdup(LOOPBACK);
	/* all hosts, but only if it stands alone */
	if (strcmp(environment, "*") == 0)
		return strdup(environment);

	size = strlen(LOOPBACK) + 1 + strlen(environment) + 1;
	hosts = malloc(size);
	if (hosts != NULL)
		snprintf(hosts, size, "%s,%s", LOOPBACK, environment);
	return hosts;
}

static void
free_engine(FtxEngine *engine)
{
	dlist_delete(&engine->node);
	ftx_engine_rest(engine);
	if (engine->share != NULL)
		curl_share_cleanup(engine->share);

	free_config(&engine->config);
	ftx_roots_free(engine);
	free(engine->no_proxy);
	free(engine->idle);
	free(engine->sockets);
	free(engine);
}

/* NULL, or what failed; the engine can be freed in any case. */
static const char *
set_up(FtxEngine *engine, const FtxNetConfig *config)
{
	const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);

	engine->http2 = (version->features & CURL_VERSION_HTTP2) != 0;
	ftx_roots_init(engine);
	engine->stream_bytes = ftx_curl_stream_bytes(version);
	for (int i = 0; i < FTX_REQUEST_STATES; i++)
		dlist_init(&engine->lists[i]);
	ftx_engine_list(engine);
	ftx_poller_init(&engine->poller);

	if (!copy_config(&engine->config, config))
		return strerror(ENOMEM);
	engine->idle = calloc(engine->config.max_concurrency, sizeof(CURL *));
	engine->no_proxy = make_no_proxy(config);
	engine->share = curl_share_init();
	if (engine->idle == NULL || engine->no_proxy == NULL ||
		engine->share == NULL)
		return strerror(ENOMEM);
	/* connections come and go, handshakes become short */
	if (curl_share_setopt(engine->share, CURLSHOPT_SHARE,
						  CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK)
		return "TLS sessions cannot be shared";
	return NULL;
}

FtxEngine *
ftx_engine_create(const FtxNetConfig *config)
{
	FtxEngine *engine;
	CURLcode code;
	const char *failure;

	ftx_block_signals();
	code = init_libcurl();
	ftx_unblock_signals();
	if (code != CURLE_OK)
		ereport(ERROR, (errcode(ERRCODE_FDW_ERROR),
						errmsg("could not set up libcurl: %s",
							   curl_easy_strerror(code))));

	engine = calloc(1, sizeof(FtxEngine));
	if (engine == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	engine->tally = config->tally;

	failure = set_up(engine, config);
	if (failure != NULL)
	{
		free_engine(engine);
		ereport(ERROR, (errcode(ERRCODE_FDW_ERROR),
						errmsg("could not set up libcurl: %s", failure)));
	}
	return engine;
}

void
ftx_engine_set_credentials(FtxEngine *engine, const char *username,
						   const char *password)
{
	engine->config.username = username;
	engine->config.password = password;
}

int
ftx_engine_requests(const FtxEngine *engine)
{
	int n = 0;

	for (int i = 0; i < FTX_REQUEST_STATES; i++)
		n += engine->counts[i];
	return n;
}

void
ftx_engine_destroy(FtxEngine *engine)
{
	Assert(ftx_engine_requests(engine) == 0);

	/* A leak is better than requests that point nowhere. */
	if (ftx_engine_requests(engine) == 0)
		free_engine(engine);
}
