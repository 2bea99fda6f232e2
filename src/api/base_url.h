/*-------------------------------------------------------------------------
 *
 * base_url.h
 *		The server option base_url.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_BASE_URL_H
#define FTX_BASE_URL_H

/*
 * Check a base URL and return it without a trailing "/" or "/v1", palloc'ed.
 * It must be https, or http to 127.0.0.0/8, ::1 or localhost, and have a host
 * and no credentials, query or fragment.  Throws
 * ERRCODE_INVALID_PARAMETER_VALUE otherwise; a URL with credentials is not
 * shown.
 */
extern char *ftx_base_url_normalise(const char *url);

#endif /* FTX_BASE_URL_H */
