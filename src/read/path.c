/*-------------------------------------------------------------------------
 *
 * path.c
 *		Paths of operations with the values of columns in place.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalogue/catalogue.h"
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

/*
 * The column that a {name} of a path means, and the end of the braces.
 */
static int
placeholder(const FtxResource *resource, const char *open, const char **end)
{
	size_t len = strcspn(open + 1, "}");
	char *name = pnstrdup(open + 1, len);
	int column = ftx_resource_column(resource, name);

	pfree(name);
	*end = open + len + 2;
	return column;
}

char *
ftx_path_of(const FtxResource *resource, const FtxOperation *operation,
			char *const *values)
{
	const char *c = operation->path;
	StringInfoData path;

	initStringInfo(&path);
	while (*c != '\0')
	{
		size_t len = strcspn(c, "{");
		const char *end;
		const char *value;
		int column;

		appendBinaryStringInfo(&path, c, (int) len);
		c += len;
		if (*c == '\0')
			break;
		column = placeholder(resource, c, &end);
		value = column >= 0 ? values[column] : NULL;
		if (value != NULL && value != ftx_unknown)
		{
			value = to_utf8(value);
			ftx_url_append_encoded(&path, value, strlen(value));
		}
		else
			appendBinaryStringInfo(&path, c, (int) (end - c));
		c = end;
	}
	return path.data;
}

char *
ftx_path_of_key(const FtxResource *resource, const FtxOperation *operation,
				const char *key)
{
	char **values = palloc0(sizeof(char *) * resource->ncolumns);
	int column = ftx_resource_key(resource);
	char *path;

	if (column >= 0)
		values[column] = unconstify(char *, key);
	path = ftx_path_of(resource, operation, values);
	pfree(values);
	return path;
}

Bitmapset *
ftx_path_columns(const FtxResource *resource, const FtxOperation *operation)
{
	const char *c = operation->path;
	Bitmapset *columns = NULL;

	while (c != NULL && (c = strchr(c, '{')) != NULL)
	{
		int column = placeholder(resource, c, &c);

		if (column >= 0)
			columns = bms_add_member(columns, column);
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
