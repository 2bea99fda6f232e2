/*-------------------------------------------------------------------------
 *
 * url.h
 *		Percent-encoding of path parts and query parameters.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_URL_H
#define FTX_URL_H

#include "lib/stringinfo.h"

/*
 * Append `value` (UTF-8, `len` bytes) with every byte outside RFC 3986's
 * unreserved set percent-encoded: fit for one path segment or a query value.
 */
extern void ftx_url_append_encoded(StringInfo url, const char *value, int len);

/* Append "?name=value" or "&name=value", both encoded. */
extern void
ftx_url_append_param(StringInfo url, const char *name, const char *value);

/*
 * Can `segment` stand as one segment of a path?  Not when empty, "." or "..",
 * which servers and proxies resolve away even when encoded.
 */
extern bool ftx_url_segment_ok(const char *segment);

#endif /* FTX_URL_H */
