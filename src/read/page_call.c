/*-------------------------------------------------------------------------
 *
 * page_call.c
 *		Calls that ask for the pages of a list.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/method.h"
#include "catalogue/catalogue.h"
#include "lib/stringinfo.h"
#include "read/page_call.h"
#include "read/path.h"

int
ftx_pages_first_limit(int page_size, int64 limit)
{
	return limit > 0 ? (int) Min(limit, page_size) : page_size;
}

FtxCallSpec
ftx_page_call(const FtxReadSpec *pages, const char *base, bool is_list,
			  int limit, const char *cursor)
{
	const FtxResource *resource = pages->resource;
	FtxCallSpec spec = {0};
	StringInfoData path;

	initStringInfo(&path);
	appendStringInfoString(&path, base);
	if (is_list && resource->paged)
	{
		char text[16];

		spec.page = true;
		snprintf(text, sizeof(text), "%d", limit);
		ftx_path_add_param(&path, "limit", text);
		if (cursor != NULL)
			ftx_path_add_param(&path, "cursor", cursor);
	}
	spec.method = FTX_GET;
	spec.path = path.data;
	spec.expected.absent = resource->absent;
	spec.repeat_safe = true;
	return spec;
}

FtxCall *
ftx_pages_ask(const FtxReadSpec *spec, const char *path, bool one_object,
			  FtxStats *anybodys, MemoryContext owner)
{
	FtxCallSpec call = ftx_page_call(
		spec, path, spec->resource->list != NULL && !one_object,
		ftx_pages_first_limit(spec->page_size, spec->limit), NULL);

	if (anybodys != NULL)
		return ftx_call_ask_for_anybody(spec->session, &call, anybodys,
										spec->memo, owner);
	return ftx_call_ask_ahead(spec->session, &call, spec->stats, spec->memo,
							  owner);
}
