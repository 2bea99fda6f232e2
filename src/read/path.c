/*-------------------------------------------------------------------------
 *
 * path.c
 *		Paths of operations with the values of columns in place.
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

static char *
to_utf8(const char *text)
{
	return pg_server_to_any(text, strlen(text), PG_UTF8);
}

char *
ftx_path_of(const FtxResource *resource, const char *template,
			char *const *values)
{
	StringInfoData path;
	FtxPiece piece;

	initStringInfo(&path);
	while (ftx_template_next(&template, &piece))
	{
		int column;

		appendBinaryStringInfo(&path, piece.text, piece.len);
		if (piece.name == NULL)
			break;
		column = ftx_resource_named(resource, &piece);
		if (column >= 0 && values[column] != NULL &&
			values[column] != ftx_unknown)
		{
			char *value = to_utf8(values[column]);

			ftx_url_append_encoded(&path, value, strlen(value));
		}
		else
			appendStringInfo(&path, "{%.*s}", piece.name_len, piece.name);
	}
	return path.data;
}

char *
ftx_path_of_key(const FtxResource *resource, const char *template,
				const char *key)
{
	char **values = palloc0(sizeof(char *) * resource->ncolumns);
	int column = ftx_resource_key(resource);
	char *path;

	if (column >= 0)
		values[column] = unconstify(char *, key);
	path = ftx_path_of(resource, template, values);
	pfree(values);
	return path;
}

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
		ftx_url_append_param(path, name, to_utf8(value));
}
