/*-------------------------------------------------------------------------
 *
 * libcurl.h
 *		libcurl, and what differs between its versions.
 *
 * Supported: 7.74 (Debian 11, and what Ubuntu 22.04 and RHEL 9 have after
 * it) and newer.  Three things that this extension leans on came later; the
 * constants tell whether they are there.  What stands in for them is in
 * net/handle.c and net/headers.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_LIBCURL_H
#define FTX_LIBCURL_H

#include <curl/curl.h>

#if LIBCURL_VERSION_NUM < 0x074a00
#error "fivetrex needs libcurl 7.74 or newer (Debian: libcurl4-openssl-dev)"
#endif

/* 7.80: a callback just before a request is sent, which can forbid it. */
#define FTX_CURL_ASKS_BEFORE_SENDING (LIBCURL_VERSION_NUM >= 0x075000)

/* 7.83: the headers of an answer are kept and can be asked for. */
#define FTX_CURL_KEEPS_HEADERS (LIBCURL_VERSION_NUM >= 0x075300)

/*
 * 7.87: a name resolver thread is abandoned.  Before, a cancel waits until
 * the name is resolved or given up.
 */
#define FTX_CURL_ABANDONS_RESOLVER (LIBCURL_VERSION_NUM >= 0x075700)

/* Protocols are named since 7.85; bits before. */
#if LIBCURL_VERSION_NUM >= 0x075500
#define FTX_CURLOPT_PROTOCOLS CURLOPT_PROTOCOLS_STR
#define FTX_CURL_HTTP_ONLY "http,https"
#else
#define FTX_CURLOPT_PROTOCOLS CURLOPT_PROTOCOLS
#define FTX_CURL_HTTP_ONLY ((long) (CURLPROTO_HTTP | CURLPROTO_HTTPS))
#endif

/* 7.77 has a code of its own for a missing client certificate. */
#if LIBCURL_VERSION_NUM >= 0x074d00
#define FTX_CURLE_SSL_CLIENTCERT CURLE_SSL_CLIENTCERT
#else
#define FTX_CURLE_SSL_CLIENTCERT 98
#endif

/* CURLE_TOO_LARGE, which has a name since 8.6. */
#define FTX_CURLE_TOO_LARGE 100

/*
 * The library that is loaded may be another one than the headers are of: what
 * it does without our asking, its own version tells (curl_version_info()).
 */

/*
 * From 8.21 on NULL for a file or directory of authorities means its default;
 * before, that there is none.
 */
static inline bool
ftx_curl_null_is_default(const curl_version_info_data *version)
{
	return version->version_num >= 0x081500;
}

/*
 * What it lets a server send to a stream of HTTP/2 before it is asked for: so
 * much until 8.0, and at most so much since.
 */
static inline size_t
ftx_curl_stream_bytes(const curl_version_info_data *version)
{
	return (size_t) (version->version_num < 0x080100 ? 32 : 10) * 1024 * 1024;
}

#endif /* FTX_LIBCURL_H */
