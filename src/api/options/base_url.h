/*-------------------------------------------------------------------------
 *
 * base_url.h
 *		The server options base_url and proxy.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_BASE_URL_H
#define FTX_BASE_URL_H

#include "postgres.h"

/*
 * Check a base URL and return it without a trailing "/" or "/v1", palloc'ed.
 * It must be https, or http to 127.0.0.0/8, ::1 or localhost, and have a host
 * and no credentials, query or fragment.  Throws
 * ERRCODE_INVALID_PARAMETER_VALUE otherwise; a URL with credentials is not
 * shown.
 */
extern char *ftx_base_url_normalise(const char *url);

/*
 * Is the host of a normalised base URL this machine itself?  Then no proxy is
 * asked, whatever options and environment say: http goes nowhere else, since
 * it would show the credentials to everybody on the way.
 */
extern bool ftx_base_url_is_loopback(const char *url);

/*
 * Check the value of the server option proxy: what libcurl takes, without
 * credentials.  Throws ERRCODE_INVALID_PARAMETER_VALUE.
 */
extern void ftx_proxy_check(const char *proxy);

#endif /* FTX_BASE_URL_H */
