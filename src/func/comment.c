/*-------------------------------------------------------------------------
 *
 * comment.c
 *		fivetrex_comment(): descriptions for imported tables.
 *
 * IMPORT FOREIGN SCHEMA can make tables and nothing else.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "api/options/options.h"
#include "api/options/table.h"
#include "base/compat.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_foreign_table.h"
#include "catalogue/catalogue.h"
#include "commands/comment.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "func/func.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

PG_FUNCTION_INFO_V1(fivetrex_comment);

static void
comment_table(Oid relid)
{
	FtxTableOptions options;
	const FtxResource *resource;
	FtxTable *table;
	Relation rel;

	if (!ftx_relation_ownercheck(relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_FOREIGN_TABLE,
					   get_rel_name(relid));
	resource = ftx_options_relation(relid, &options);
	CreateComments(relid, RelationRelationId, 0, resource->comment);

	rel = table_open(relid, AccessShareLock);
	table = ftx_table_open(rel, resource);
	for (int i = 1; i <= table->natts; i++)
	{
		int column = ftx_table_column(table, i);

		if (column >= 0)
			CreateComments(relid, RelationRelationId, i,
						   resource->columns[column].comment);
	}
	table_close(rel, AccessShareLock);
}

/*
 * fivetrex_comment(schema regnamespace) returns integer: tables described
 */
Datum
fivetrex_comment(PG_FUNCTION_ARGS)
{
	Oid schema = PG_GETARG_OID(0);
	Relation catalog;
	SysScanDesc scan;
	HeapTuple tuple;
	int count = 0;

	/* as the command COMMENT */
	PreventCommandIfReadOnly("fivetrex_comment()");
	PreventCommandDuringRecovery("fivetrex_comment()");
	catalog = table_open(ForeignTableRelationId, AccessShareLock);
	scan = systable_beginscan(catalog, InvalidOid, false, NULL, 0, NULL);

	while ((tuple = systable_getnext(scan)) != NULL)
	{
		Oid relid = ((Form_pg_foreign_table) GETSTRUCT(tuple))->ftrelid;
		ForeignTable *table;

		if (get_rel_namespace(relid) != schema)
			continue;
		table = GetForeignTable(relid);
		if (!ftx_func_is_ours(GetForeignServer(table->serverid)))
			continue;
		comment_table(relid);
		count++;
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	PG_RETURN_INT32(count);
}
