/*-------------------------------------------------------------------------
 *
 * path.c
 *		What paths of operations and their parameters take.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalogue/catalogue.h"
#include "catalogue/template.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "net/url.h"
#include "read/path.h"

bool
ftx_key_addressable(const FtxResource *resource, const char *key)
{
	if (strlen(key) > FTX_MAX_VALUE || !ftx_url_segment_ok(key))
		return false;
	for (const char *const *route = resource->literal_routes;
		 route != NULL && *route != NULL; route++)
	{
		if (strcmp(key, *route) == 0)
			return false;
	}
	return true;
}

char ftx_unknown[] = "unknown";

Bitmapset *
ftx_path_columns(const FtxResource *resource, const char *template)
{
	Bitmapset *columns = NULL;
	FtxPiece piece;

	while (template != NULL && ftx_template_next(&template, &piece))
	{
		if (piece.name != NULL)
			columns = bms_add_member(columns,
									 ftx_resource_named(resource, &piece));
	}
	return columns;
}

void
ftx_path_add_param(StringInfo path, const char *name, const char *value)
{
	if (value == ftx_unknown)
		appendStringInfo(path, "%c%s={%s}", strchr(path->data, '?') ? '&' : '?',
						 name, name);
	else
		ftx_url_append_param(
			path, name, pg_server_to_any(value, (int) strlen(value), PG_UTF8));
}
