/*-------------------------------------------------------------------------
 *
 * binding.c
 *		The texts of the columns that name something in requests.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalogue/template.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "net/url.h"
#include "nodes/bitmapset.h"
#include "read/binding.h"
#include "read/path.h"

FtxBinding *
ftx_binding_create(const FtxResource *resource)
{
	FtxBinding *binding = palloc0(offsetof(FtxBinding, texts) +
								  sizeof(char *) * resource->ncolumns);

	binding->resource = resource;
	return binding;
}

FtxBinding *
ftx_binding_copy(const FtxBinding *binding)
{
	FtxBinding *copy = ftx_binding_create(binding->resource);

	for (int i = 0; i < binding->resource->ncolumns; i++)
	{
		if (binding->texts[i] != NULL)
			copy->texts[i] = pstrdup(binding->texts[i]);
	}
	return copy;
}

int
ftx_binding_lacks(const FtxBinding *binding, const char *template)
{
	Bitmapset *columns = ftx_path_columns(binding->resource, template);
	int column = -1;

	while ((column = bms_next_member(columns, column)) >= 0)
	{
		const char *text = binding->texts[column];

		if (text == NULL || !ftx_key_addressable(binding->resource, text))
			break;
	}
	bms_free(columns);
	return column >= 0 ? column : -1;
}

char *
ftx_binding_path(const FtxBinding *binding, const char *template)
{
	StringInfoData path;
	FtxPiece piece;

	initStringInfo(&path);
	while (ftx_template_next(&template, &piece))
	{
		const char *text = NULL;
		int column;

		appendBinaryStringInfo(&path, piece.text, piece.len);
		if (piece.name == NULL)
			break;
		column = ftx_resource_named(binding->resource, &piece);
		if (column >= 0 && binding->texts[column] != ftx_unknown)
			text = binding->texts[column];
		if (text != NULL)
		{
			text = pg_server_to_any(text, (int) strlen(text), PG_UTF8);
			ftx_url_append_encoded(&path, text, strlen(text));
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
	FtxBinding *binding = ftx_binding_create(resource);
	int column = ftx_resource_key(resource);
	char *path;

	if (column >= 0)
		binding->texts[column] = unconstify(char *, key);
	path = ftx_binding_path(binding, template);
	pfree(binding);
	return path;
}
