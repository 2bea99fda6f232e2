/*-------------------------------------------------------------------------
 *
 * guc_check.c
 *		Settings that are not what their author meant.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "base/closest.h"
#include "base/compat.h"
#include "base/guc.h"
#include "base/guc_state.h"
#include "base/role_settings.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"

/*
 * Where a setting was set, as a sentence.
 */
static const char *
origin(GucSource source)
{
	switch (source)
	{
		case PGC_S_SESSION:
			return "It was set in this session before the library of fivetrex was loaded.";
		case PGC_S_GLOBAL:
		case PGC_S_DATABASE:
		case PGC_S_USER:
		case PGC_S_DATABASE_USER:
			return "It comes from ALTER ROLE ... SET or ALTER DATABASE ... SET.";
		case PGC_S_CLIENT:
			return "It comes from the options of the connection.";
		default:
			return "It comes from the configuration of the server.";
	}
}

ftx_noreturn static void
refuse_value(const FtxSetting *setting, const char *text, GucSource source)
{
	const char *range = setting->type == PGC_BOOL ?
							"on or off" :
							psprintf("an integer, %d or more", setting->min);

	ereport(
		ERROR,
		(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
		 errmsg("setting \"%s\" has an invalid value: \"%s\"", setting->name,
				text),
		 errdetail("%s Nothing is written until it is right.", origin(source)),
		 source == PGC_S_SESSION ?
			 errhint("SET %s to %s, or RESET it.", setting->name, range) :
			 errhint("SET %s to %s, or mend it where it comes from.",
					 setting->name, range)));
}

ftx_noreturn static void
refuse_name(const char *name, GucSource source)
{
	FtxClosest closest;

	ftx_closest_begin(&closest, name);
	for (int i = 0; i < ftx_nsettings; i++)
		ftx_closest_offer(&closest, ftx_settings[i].name);
	ereport(
		ERROR,
		(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
		 errmsg("there is no setting \"%s\"", name),
		 errdetail("%s Nothing is written while it is there.", origin(source)),
		 source != PGC_S_SESSION ?
			 errhint("Remove it where it comes from, and connect anew.") :
		 closest.best ?
			 errhint("RESET %s; perhaps you meant the setting \"%s\".", name,
					 closest.best) :
			 errhint("RESET %s.", name)));
}

/*
 * FtxRoleSetting: refuse what core has refused at login.  A valid value from
 * the same place or a nearer one sets it right.
 */
static void
check_role_setting(const char *name, const char *text, GucSource source)
{
	for (int i = 0; i < ftx_nsettings; i++)
	{
		const struct config_generic *variable;

		if (pg_strcasecmp(name, ftx_settings[i].name) != 0)
			continue;
		if (ftx_settings[i].placeholder ||
			ftx_guc_valid(&ftx_settings[i], text))
			return;
		variable = ftx_guc_find(ftx_settings[i].name);
		if (variable == NULL || variable->source < source)
			refuse_value(&ftx_settings[i], text, source);
		return;
	}
	refuse_name(name, source);
}

/*
 * FtxRoleSetting: set again what a client has overridden.
 */
static void
restore_role_setting(const char *name, const char *text, GucSource source)
{
	for (int i = 0; i < ftx_nsettings; i++)
	{
		if (!ftx_settings[i].overridden ||
			pg_strcasecmp(name, ftx_settings[i].name) != 0)
			continue;
		if (ftx_settings[i].placeholder)
			(void) ftx_guc_assign(&ftx_settings[i], text);
		else if (ftx_guc_valid(&ftx_settings[i], text))
			SetConfigOption(ftx_settings[i].name, text, PGC_SUSET, source);
	}
}

void
ftx_guc_restore(void)
{
	if (!IsTransactionState() || IsInParallelMode())
		return;
	ftx_guc_any_overridden = false;
	ftx_role_settings(FTX_GUC_PREFIX, restore_role_setting);
}

void
ftx_guc_check(void)
{
	const struct config_generic *unknown = NULL;

	ftx_guc_settle();
	for (int i = 0; i < ftx_nsettings; i++)
	{
		const struct config_generic *placeholder;
		const char *text;

		if (!ftx_settings[i].placeholder)
			continue;
		placeholder = ftx_guc_find(ftx_settings[i].name);
		text = ftx_guc_placeholder_text(&ftx_settings[i], placeholder);
		if (!ftx_guc_valid(&ftx_settings[i], text))
			refuse_value(&ftx_settings[i], text, placeholder->source);
	}
	if (!ftx_guc_reserved)
		unknown = ftx_guc_find_placeholder(true);
	if (unknown != NULL)
		refuse_name(unknown->name, unknown->source);
	if (ftx_guc_preloaded)
		ftx_role_settings(FTX_GUC_PREFIX, check_role_setting);
}
