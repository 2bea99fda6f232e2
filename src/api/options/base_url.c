/*-------------------------------------------------------------------------
 *
 * base_url.c
 *		The server options base_url and proxy.
 *
 * libcurl's own parser takes the URL apart, so that what is checked is what
 * is connected to.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <arpa/inet.h>

#include "api/options/base_url.h"
#include "base/compat.h"
#include "base/libcurl.h"

/* The parts of a URL that matter here, palloc'ed; NULL when absent. */
typedef struct Parts
{
	char *scheme;
	char *user;
	char *password;
	char *host;
	char *path;
	char *query;
	char *fragment;
} Parts;

/*
 * Copy one part.  Between curl_url_get() and curl_free() nothing may throw.
 */
static char *
part(CURLU *handle, CURLUPart which)
{
	char *value;
	char *copy;

	if (curl_url_get(handle, which, &value, 0) != CURLUE_OK)
		return NULL;
	copy = MemoryContextAllocExtended(CurrentMemoryContext, strlen(value) + 1,
									  MCXT_ALLOC_NO_OOM);
	if (copy != NULL)
		strcpy(copy, value);
	curl_free(value);
	return copy;
}

static bool
split_url(const char *url, unsigned flags, Parts *parts)
{
	CURLU *handle = curl_url();
	bool ok;

	memset(parts, 0, sizeof(*parts));
	if (handle == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	ok = curl_url_set(handle, CURLUPART_URL, url,
					  CURLU_NON_SUPPORT_SCHEME | flags) == CURLUE_OK;
	if (ok)
	{
		parts->scheme = part(handle, CURLUPART_SCHEME);
		parts->user = part(handle, CURLUPART_USER);
		parts->password = part(handle, CURLUPART_PASSWORD);
		parts->host = part(handle, CURLUPART_HOST);
		parts->path = part(handle, CURLUPART_PATH);
		parts->query = part(handle, CURLUPART_QUERY);
		parts->fragment = part(handle, CURLUPART_FRAGMENT);
	}
	curl_url_cleanup(handle);
	return ok && parts->scheme != NULL && parts->host != NULL &&
		   parts->host[0] != '\0';
}

static bool
is_loopback(const char *host)
{
	struct in_addr address;
	struct in6_addr address6;
	char inner[INET6_ADDRSTRLEN + 1];
	size_t len = strlen(host);

	/* libcurl makes this one a loopback address, without asking anybody */
	if (pg_strcasecmp(host, "localhost") == 0)
		return true;
	if (host[0] == '[' && len >= 2 && len - 2 < sizeof(inner))
	{
		strlcpy(inner, host + 1, len - 1);
		return inet_pton(AF_INET6, inner, &address6) == 1 &&
			   IN6_IS_ADDR_LOOPBACK(&address6);
	}
	/* libcurl has made 127.0.0.2 of 0x7f.2 and the like */
	return inet_pton(AF_INET, host, &address) == 1 &&
		   (ntohl(address.s_addr) >> 24) == 127;
}

ftx_noreturn static void
refuse_url(const char *url, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 url != NULL ?
				 errmsg("invalid value for option \"base_url\": \"%s\"", url) :
				 errmsg("invalid value for option \"base_url\""),
			 errdetail("%s", why)));
}

static bool
strip_suffix(char *text, const char *suffix)
{
	size_t len = strlen(text);
	size_t suffix_len = strlen(suffix);

	if (len < suffix_len || strcmp(text + len - suffix_len, suffix) != 0)
		return false;
	text[len - suffix_len] = '\0';
	return true;
}

char *
ftx_base_url_normalise(const char *url)
{
	Parts parts;
	char *result;

	for (const unsigned char *c = (const unsigned char *) url; *c; c++)
	{
		if (*c <= ' ' || *c == 0x7F)
			refuse_url(NULL, "It has a space or a control character.");
	}
	if (!split_url(url, 0, &parts))
		refuse_url(strchr(url, '@') ? NULL : url,
				   "It is not an absolute URL with a host.");
	if (parts.user != NULL || parts.password != NULL)
		refuse_url(NULL,
				   "Credentials belong to the user mapping, not into the URL.");
	if (parts.query != NULL || parts.fragment != NULL ||
		strpbrk(url, "?#") != NULL)
		refuse_url(url, "It has a query or a fragment.");
	if (pg_strcasecmp(parts.scheme, "https") != 0 &&
		!(pg_strcasecmp(parts.scheme, "http") == 0 && is_loopback(parts.host)))
		refuse_url(
			url,
			"It must be https; http is allowed to loopback addresses only.");

	result = pstrdup(url);
	while (strip_suffix(result, "/"))
		/* nothing */;
	if (strip_suffix(result, "/v1"))
	{
		while (strip_suffix(result, "/"))
			/* nothing */;
	}
	return result;
}

bool
ftx_base_url_is_loopback(const char *url)
{
	Parts parts;

	return split_url(url, 0, &parts) && is_loopback(parts.host);
}

/* ---------- proxy ---------- */

ftx_noreturn static void
refuse_proxy(const char *proxy, const char *why, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 proxy != NULL ?
				 errmsg("invalid value for option \"proxy\": \"%s\"", proxy) :
				 errmsg("invalid value for option \"proxy\""),
			 errdetail("%s", why), hint != NULL ? errhint("%s", hint) : 0));
}

static bool
proxy_scheme_known(const char *scheme)
{
	static const char *const schemes[] = {"http",	 "https",  "socks4",
										  "socks4a", "socks5", "socks5h"};
	const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);

	for (size_t i = 0; i < lengthof(schemes); i++)
	{
		if (pg_strcasecmp(scheme, schemes[i]) == 0)
			return i != 1 || (version->features & CURL_VERSION_HTTPS_PROXY);
	}
	return false;
}

void
ftx_proxy_check(const char *proxy)
{
	Parts parts;

	for (const unsigned char *c = (const unsigned char *) proxy; *c; c++)
	{
		if (*c <= ' ' || *c == 0x7F)
			refuse_proxy(NULL, "It has a space or a control character.", NULL);
	}
	/* whatever stands before it, it may be a password */
	if (strchr(proxy, '@') != NULL)
		refuse_proxy(
			NULL, "Everybody can read the options of a server.",
			"Put name and password into the options proxy_user and proxy_password of the user mapping.");
	if (!split_url(proxy, CURLU_GUESS_SCHEME, &parts))
		refuse_proxy(proxy, "It is not a host or a URL.", NULL);
	if (!proxy_scheme_known(parts.scheme))
		refuse_proxy(
			proxy,
			"The scheme is one of http, https, socks4, socks4a, socks5, socks5h.",
			NULL);
	if (parts.query != NULL || parts.fragment != NULL ||
		(parts.path != NULL && strcmp(parts.path, "/") != 0))
		refuse_proxy(proxy, "It has more than a host and a port.", NULL);
}
