/*-------------------------------------------------------------------------
 *
 * slot.c
 *		Where an item has the values of columns, and what it always has.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/call_answer.h"
#include "json/value.h"
#include "read/slot.h"

/*
 * Values of the parent's columns and of extra calls are not in the items: the
 * slot is filled by who reads them.
 */
const char *
ftx_slot_path(const FtxColumn *column)
{
	return (column->flags & (FTX_PARENT | FTX_EXTRAS)) != 0 ? "@0" :
															  column->path;
}

const char *
ftx_key_member(const FtxResource *resource)
{
	int key = ftx_resource_key(resource);
	const char *path = key < 0 ? NULL : ftx_slot_path(&resource->columns[key]);

	return path == NULL || path[0] == '@' ? NULL : path;
}

const char *
ftx_always_complaint(const FtxResource *resource, const FtxJsonValue *value)
{
	const char *always = resource->always;
	int column;

	if (always == NULL)
		return NULL;
	if (value->kind == FTX_JSON_ABSENT)
		return psprintf("Its \"data\" has no \"%s\".", always);
	column = ftx_resource_column(resource, always);
	if (column >= 0 && resource->columns[column].type == FTX_TEXT &&
		!ftx_json_names(value))
		return psprintf("Its \"%s\" has no text.", always);
	return NULL;
}

void
ftx_check_always(FtxCall *call, const FtxResource *resource,
				 const FtxJsonValue *value)
{
	const char *complaint = ftx_always_complaint(resource, value);

	if (complaint != NULL)
		ftx_call_complain(call, complaint);
}
