/*-------------------------------------------------------------------------
 *
 * role_settings.c
 *		What ALTER ROLE ... SET and ALTER DATABASE ... SET say.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "base/compat.h"
#include "base/role_settings.h"
#include "catalog/indexing.h"
#include "catalog/pg_db_role_setting.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

static void
take_array(ArrayType *array, const char *prefix, GucSource source,
		   FtxRoleSetting take)
{
	Datum *items;
	bool *nulls;
	int n;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls,
					  &n);
	for (int i = 0; i < n; i++)
	{
		char *item = nulls[i] ? NULL : TextDatumGetCString(items[i]);
		char *equals = item ? strchr(item, '=') : NULL;

		if (equals == NULL || pg_strncasecmp(item, prefix, strlen(prefix)) != 0)
			continue;
		*equals = '\0';
		take(item, equals + 1, source);
	}
}

static void
take_settings(Relation rel, Oid database, Oid role, GucSource source,
			  const char *prefix, FtxRoleSetting take)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&keys[0], Anum_pg_db_role_setting_setdatabase,
				BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(database));
	ScanKeyInit(&keys[1], Anum_pg_db_role_setting_setrole,
				BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(role));
	scan = systable_beginscan(rel, DbRoleSettingDatidRolidIndexId, true, NULL,
							  2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool null;
		Datum settings = heap_getattr(tuple, Anum_pg_db_role_setting_setconfig,
									  RelationGetDescr(rel), &null);

		if (!null)
			take_array(DatumGetArrayTypeP(settings), prefix, source, take);
	}
	systable_endscan(scan);
}

void
ftx_role_settings(const char *prefix, FtxRoleSetting take)
{
	Oid role = GetAuthenticatedUserId();
	Relation rel = table_open(DbRoleSettingRelationId, AccessShareLock);

	take_settings(rel, InvalidOid, InvalidOid, PGC_S_GLOBAL, prefix, take);
	take_settings(rel, MyDatabaseId, InvalidOid, PGC_S_DATABASE, prefix, take);
	if (OidIsValid(role))
	{
		take_settings(rel, InvalidOid, role, PGC_S_USER, prefix, take);
		take_settings(rel, MyDatabaseId, role, PGC_S_DATABASE_USER, prefix,
					  take);
	}
	table_close(rel, AccessShareLock);
}
