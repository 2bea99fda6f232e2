/*-------------------------------------------------------------------------
 *
 * constant_check.c
 *		The option constant is looked at when it is set.
 *
 * A validator of options is told neither the column nor its type.  Core tells
 * both afterwards, when a column has been altered, to a hook: CREATE FOREIGN
 * TABLE and ADD COLUMN set the options of columns by ALTER COLUMN, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "api/options/constant.h"
#include "base/compat.h"
#include "catalog/indexing.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

static object_access_hook_type next_hook = NULL;

static bool
is_ours(Oid relid)
{
	ForeignServer *server;

	if (get_rel_relkind(relid) != RELKIND_FOREIGN_TABLE)
		return false;
	server = GetForeignServer(GetForeignTable(relid)->serverid);
	return strcmp(GetForeignDataWrapper(server->fdwid)->fdwname, "fivetrex") ==
		   0;
}

static void
check_options(Oid relid, HeapTuple tuple, TupleDesc tupdesc)
{
	bool null;
	Datum options = heap_getattr(tuple, Anum_pg_attribute_attfdwoptions,
								 tupdesc, &null);
	ListCell *lc;

	if (null)
		return;
	foreach (lc, untransformRelOptions(options))
	{
		DefElem *def = lfirst_node(DefElem, lc);

		if (strcmp(def->defname, "constant") == 0)
			(void) ftx_constant_read(
				relid, (Form_pg_attribute) GETSTRUCT(tuple), defGetString(def));
	}
}

/*
 * The column as the command leaves it, which only this snapshot sees.
 */
static void
check_column(Oid relid, int attnum)
{
	Relation catalog = table_open(AttributeRelationId, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&keys[0], Anum_pg_attribute_attrelid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(relid));
	ScanKeyInit(&keys[1], Anum_pg_attribute_attnum, BTEqualStrategyNumber,
				F_INT2EQ, Int16GetDatum((int16) attnum));
	scan = systable_beginscan(catalog, AttributeRelidNumIndexId, true,
							  SnapshotSelf, 2, keys);
	if (HeapTupleIsValid(tuple = systable_getnext(scan)))
		check_options(relid, tuple, RelationGetDescr(catalog));
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

static void
check_altered(ObjectAccessType access, Oid classid, Oid objectid, int subid,
			  void *arg)
{
	if (next_hook != NULL)
		next_hook(access, classid, objectid, subid, arg);
	if (access == OAT_POST_ALTER && classid == RelationRelationId &&
		subid > 0 && is_ours(objectid))
		check_column(objectid, subid);
}

void
ftx_constant_init(void)
{
	next_hook = object_access_hook;
	object_access_hook = check_altered;
}
