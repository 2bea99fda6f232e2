/*-------------------------------------------------------------------------
 *
 * overlay.c
 *		Values of the parent's columns, which its children do not repeat.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalogue/catalogue.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "read/overlay.h"
#include "utils/json.h"

FtxJsonValue *
ftx_overlay_create(const FtxReadSpec *spec, const FtxBinding *parent,
				   const FtxJsonValue *told, MemoryContext cxt)
{
	const FtxResource *resource = spec->resource;
	int nslots = spec->projection->nslots;
	MemoryContext old = MemoryContextSwitchTo(cxt);
	FtxJsonValue *overlay = palloc0(sizeof(FtxJsonValue) * nslots);

	for (int i = 0; i < nslots; i++)
	{
		int column = spec->slot_columns[i];
		StringInfoData json;
		char *text;

		if (column < 0 || (resource->columns[column].flags & FTX_PARENT) == 0)
			continue;
		if (told != NULL && told[column].kind != FTX_JSON_ABSENT)
		{
			overlay[i] = told[column];
			overlay[i].text = pnstrdup(told[column].text, told[column].len);
			continue;
		}
		if (parent->texts[column] == NULL)
			continue;
		initStringInfo(&json);
		escape_json(&json, parent->texts[column]);
		text = pg_server_to_any(json.data, json.len, PG_UTF8);
		overlay[i].text = text;
		overlay[i].len = (int) strlen(text);
		overlay[i].kind = FTX_JSON_STRING;
	}
	MemoryContextSwitchTo(old);
	return overlay;
}

void
ftx_overlay_apply(const FtxReadSpec *spec, const FtxJsonValue *overlay,
				  FtxJsonValue *item)
{
	if (overlay == NULL)
		return;
	for (int i = 0; i < spec->projection->nslots; i++)
	{
		if (overlay[i].kind != FTX_JSON_ABSENT)
			item[i] = overlay[i];
	}
}
