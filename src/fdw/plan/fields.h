/*-------------------------------------------------------------------------
 *
 * fields.h
 *		Structs that planning leaves for execution, as lists of nodes.
 *
 * Core copies plans, keeps them in the cache and writes them as text, which it
 * can do with nodes only.  Each of our structs has one function that names its
 * fields in their order; it is called to pack and to unpack, so that the two
 * cannot differ.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_FIELDS_H
#define FTX_FIELDS_H

#include "nodes/pg_list.h"

/*
 * A struct on its way into a list (`unpacks` is false: `nodes` grows), or out
 * of one: `next` is the place of the next field, and `nodes` stays as it is.
 */
typedef struct FtxFields
{
	bool unpacks;
	List *nodes;
	int next;
} FtxFields;

/*
 * Pack the field, or set it from what was packed.  Lists and texts are not
 * copied: those of an unpacked struct are the plan's, not to be changed.
 */
extern void ftx_field_number(FtxFields *fields, int *number);
extern void ftx_field_flag(FtxFields *fields, bool *flag);
extern void ftx_field_text(FtxFields *fields, const char **text);
extern void ftx_field_list(FtxFields *fields, List **list);

#endif /* FTX_FIELDS_H */
