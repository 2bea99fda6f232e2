/*-------------------------------------------------------------------------
 *
 * url.c
 *		Percent-encoding of path parts and query parameters.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "net/url.h"

/* RFC 3986, 2.3.  Not isalnum(), which asks the locale. */
static bool
unreserved(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		   (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
		   c == '~';
}

void
ftx_url_append_encoded(StringInfo url, const char *value, int len)
{
	static const char digits[] = "0123456789ABCDEF";

	for (int i = 0; i < len; i++)
	{
		unsigned char c = (unsigned char) value[i];

		if (unreserved(c))
			appendStringInfoChar(url, (char) c);
		else
		{
			appendStringInfoChar(url, '%');
			appendStringInfoChar(url, digits[c >> 4]);
			appendStringInfoChar(url, digits[c & 15]);
		}
	}
}

void
ftx_url_append_param(StringInfo url, const char *name, const char *value)
{
	appendStringInfoChar(url, strchr(url->data, '?') == NULL ? '?' : '&');
	ftx_url_append_encoded(url, name, (int) strlen(name));
	appendStringInfoChar(url, '=');
	ftx_url_append_encoded(url, value, (int) strlen(value));
}

bool
ftx_url_segment_ok(const char *segment)
{
	return segment[0] != '\0' && strcmp(segment, ".") != 0 &&
		   strcmp(segment, "..") != 0;
}
