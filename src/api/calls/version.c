/*-------------------------------------------------------------------------
 *
 * version.c
 *		Whether library and script are of one version.
 *
 * "make install" replaces the library for new sessions at once, while the
 * objects in a database are those of the script that was run last.  An older
 * script works with a newer library, which keeps its functions; a newer script
 * can meet an older library only where files were put back.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <string.h>

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "api/calls/version.h"
#include "base/compat.h"
#include "catalog/pg_extension.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

char *
ftx_version_of_script(void)
{
	Relation rel = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	char *version = NULL;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber,
				F_NAMEEQ, CStringGetDatum("fivetrex"));
	scan = systable_beginscan(rel, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool isnull;
		Datum value = heap_getattr(tuple, Anum_pg_extension_extversion,
								   RelationGetDescr(rel), &isnull);

		version = isnull ? NULL : TextDatumGetCString(value);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return version;
}

char *
ftx_version_advice(const char *script)
{
	int order = strverscmp(script, FTX_VERSION);

	if (order == 0)
		return NULL;
	if (order < 0)
		return pstrdup("ALTER EXTENSION fivetrex UPDATE brings what is new.");
	return psprintf(
		"Install the files of fivetrex %s, or connect again if they are installed.",
		script);
}

void
ftx_version_warn(void)
{
	static bool looked = false;
	char *script;
	char *advice;

	if (looked)
		return;
	script = ftx_version_of_script();
	advice = script != NULL ? ftx_version_advice(script) : NULL;
	looked = true;
	if (advice != NULL)
		ereport(
			WARNING,
			(errcode(ERRCODE_WARNING),
			 errmsg(
				 "extension \"fivetrex\" is of version %s in this database, its library of %s",
				 script, FTX_VERSION),
			 errhint("%s", advice)));
}
