/*-------------------------------------------------------------------------
 *
 * headers.c
 *		The headers of an answer.
 *
 * libcurl keeps them since 7.83.  For older ones the lines are kept here, those
 * of the last answer only: a 100 Continue or the answer of a proxy comes
 * before.
 *
 * Which lines are malformed is decided here, too: what libcurl refuses differs
 * between its versions, and some take a status for another one, or a length for
 * none.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "net/request_state.h"
#include "net/transfer.h"

/* ---------- what is malformed ---------- */

/* Longest number of a length: beyond, it is of no body. */
#define LENGTH_DIGITS 18

static size_t
count_digits(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] >= '0' && text[n] <= '9')
		n++;
	return n;
}

/*
 * HTTP/1.0, HTTP/1.1 or HTTP/2, a blank, and a status of three digits.
 */
static bool
is_status_line(const char *line, size_t len)
{
	static const char *const versions[] = {"HTTP/1.1 ", "HTTP/1.0 ", "HTTP/2 "};

	for (int i = 0; i < (int) lengthof(versions); i++)
	{
		size_t n = strlen(versions[i]);

		if (len >= n && memcmp(line, versions[i], n) == 0)
			return count_digits(line + n, len - n) == 3 && line[n] != '0' &&
				   (len == n + 3 || line[n + 3] == ' ');
	}
	return false;
}

/*
 * A number, or several between commas; whether these are the same is looked at
 * when all of them have come (transfer.c).
 */
static bool
is_length(const char *value, size_t len)
{
	const char *end = value + len;

	for (;;)
	{
		size_t digits;

		while (value < end && (*value == ' ' || *value == '\t'))
			value++;
		digits = count_digits(value, end - value);
		if (digits == 0 || digits > LENGTH_DIGITS)
			return false;
		value += digits;
		while (value < end && (*value == ' ' || *value == '\t'))
			value++;
		if (value == end)
			return true;
		if (*value++ != ',')
			return false;
	}
}

const char *
ftx_header_complaint(const char *line, size_t len)
{
	static const char length[] = "content-length";
	const char *colon;

	if (len > 0 && line[len - 1] == '\n')
		len--;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0)
		return is_status_line(line, len) ? NULL :
										   "the answer has no status of HTTP";
	if (memchr(line, '\0', len) != NULL || memchr(line, '\r', len) != NULL)
		return "a header of the answer has a control character";
	/* what goes on with the line before may have anything */
	if (len == 0 || line[0] == ' ' || line[0] == '\t')
		return NULL;
	colon = memchr(line, ':', len);
	if (colon == NULL)
		return "a header of the answer has no colon";
	if (colon - line == sizeof(length) - 1 &&
		pg_strncasecmp(line, length, sizeof(length) - 1) == 0 &&
		!is_length(colon + 1, len - (colon + 1 - line)))
		return "the answer announces a length that is none";
	return NULL;
}

/* ---------- what is kept ---------- */

#if FTX_CURL_KEEPS_HEADERS

bool
ftx_header_keep(FtxRequest *request, const char *line, size_t len)
{
	return true;
}

const char *
ftx_header_get(FtxRequest *request, const char *name, int index)
{
	struct curl_header *header;

	if (curl_easy_header(request->easy, name, (size_t) index, CURLH_HEADER, -1,
						 &header) != CURLHE_OK)
		return NULL;
	return header->value;
}

void
ftx_header_forget(FtxRequest *request)
{
}

#else

bool
ftx_header_keep(FtxRequest *request, const char *line, size_t len)
{
	struct curl_slist *lines;
	char *copy;

	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0)
		ftx_header_forget(request);
	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n' ||
					   line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	copy = strndup(line, len);
	lines = copy ? curl_slist_append(request->header_lines, copy) : NULL;
	free(copy);
	if (lines == NULL)
		return false;
	request->header_lines = lines;
	return true;
}

const char *
ftx_header_get(FtxRequest *request, const char *name, int index)
{
	size_t len = strlen(name);
	struct curl_slist *line;

	for (line = request->header_lines; line != NULL; line = line->next)
	{
		if (pg_strncasecmp(line->data, name, len) == 0 &&
			line->data[len] == ':' && index-- == 0)
			return line->data + len + 1 + strspn(line->data + len + 1, " \t");
	}
	return NULL;
}

void
ftx_header_forget(FtxRequest *request)
{
	curl_slist_free_all(request->header_lines);
	request->header_lines = NULL;
}

#endif
