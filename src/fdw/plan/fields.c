/*-------------------------------------------------------------------------
 *
 * fields.c
 *		Structs that planning leaves for execution, as lists of nodes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fdw/plan/fields.h"
#include "nodes/value.h"

/*
 * The node of a field: itself on the way in, else what was packed for it.
 */
static void *
exchange(FtxFields *fields, void *node)
{
	if (fields->unpacks)
		return list_nth(fields->nodes, fields->next++);
	fields->nodes = lappend(fields->nodes, node);
	return node;
}

void
ftx_field_number(FtxFields *fields, int *number)
{
	*number = intVal(
		exchange(fields, fields->unpacks ? NULL : makeInteger(*number)));
}

void
ftx_field_flag(FtxFields *fields, bool *flag)
{
	int number = *flag;

	ftx_field_number(fields, &number);
	*flag = number != 0;
}

void
ftx_field_text(FtxFields *fields, const char **text)
{
	*text = strVal(
		exchange(fields, fields->unpacks ? NULL : makeString(pstrdup(*text))));
}

void
ftx_field_list(FtxFields *fields, List **list)
{
	*list = exchange(fields, *list);
}
