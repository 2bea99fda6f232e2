/*-------------------------------------------------------------------------
 *
 * headers.c
 *		The headers of an answer.
 *
 * libcurl keeps them since 7.83.  For older ones the lines are kept here, those
 * of the last answer only: a 100 Continue or the answer of a proxy comes
 * before.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "net/request_state.h"
#include "net/transfer.h"

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
