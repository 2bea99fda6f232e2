/*-------------------------------------------------------------------------
 *
 * guc.c
 *		The settings fivetrex.*
 *
 * Before the library is loaded, its settings are placeholders: PostgreSQL
 * keeps whatever text they are given, under any name.  When a variable is
 * defined, core drops an invalid text with a warning; a seat belt would be
 * open without its wearer knowing.  So a placeholder that holds an invalid
 * text, now or as what a RESET or the end of a transaction brings back, stays
 * one and is read here each time it is needed: SET, RESET, DISCARD ALL and
 * rollback mean for it what they mean for all settings.  Once all of it is
 * valid it becomes a variable.
 *
 * During a parallel operation core sets nothing but what a worker gets from
 * its leader, so the text of a placeholder would be lost to the variable: there
 * it stays one, too.  A worker gets its leader's texts after it has loaded the
 * leader's libraries, and fails of one that is invalid: so what it has not got
 * yet is a variable that takes any text, and is read as a placeholder.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "access/parallel.h"
#include "access/xact.h"
#include "base/closest.h"
#include "base/compat.h"
#include "base/guc.h"
#include "base/role_settings.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"

#define PREFIX "fivetrex."

static char *server = NULL;
static int max_deletes = 0;
static int max_writes = 100;
static int max_calls = -1;
static int max_retry_wait = -1;
static int reserve = 0;
static int join_window = -1;
static bool dry_run = false;
static bool log_writes = false;

typedef struct Setting
{
	const char *name;
	GucContext context;
	void *variable; /* bool *, int * or char **, as `type` says */
	enum config_type type;
	const char *initial;
	int min; /* of an integer */
	int max;
	int flags; /* GUC_UNIT_S or 0 */
	const char *says;
	const char *more;
	bool placeholder; /* is not defined yet; its text is to be read */
	char *text;		  /* of a parallel worker's variable */
} Setting;

#define BELT "A seat belt, not a permission: anybody may change it."

static Setting settings[] = {
	{"fivetrex.dry_run", PGC_USERSET, &dry_run, PGC_BOOL, "off", 0, 0, 0,
	 "Shows writes instead of sending them.", NULL, false, NULL},
	{"fivetrex.join_window", PGC_USERSET, &join_window, PGC_INT, "-1", -1, 1024,
	 0, "Rows of a join that are asked for at once.",
	 "-1 means twice the server's max_concurrency, 0 one after the other.",
	 false, NULL},
	{"fivetrex.log_writes", PGC_SUSET, &log_writes, PGC_BOOL, "off", 0, 0, 0,
	 "Writes a line to the server's log for each request that is no GET.",
	 "It names user, server, method, path, members of the body and outcome, never values.",
	 false, NULL},
	{"fivetrex.max_calls", PGC_USERSET, &max_calls, PGC_INT, "-1", -1, INT_MAX,
	 0, "API calls that one statement may make.",
	 "-1 means no limit. Repetitions count.", false, NULL},
	{"fivetrex.max_deletes", PGC_USERSET, &max_deletes, PGC_INT, "0", -1,
	 INT_MAX, 0, "Objects that one statement may delete.",
	 "-1 means no limit. " BELT, false, NULL},
	{"fivetrex.max_retry_wait", PGC_USERSET, &max_retry_wait, PGC_INT, "-1", -1,
	 INT_MAX / 1000, GUC_UNIT_S,
	 "Seconds that one statement may wait for retries.",
	 "Narrows the server option of that name; -1 leaves it as it is.", false,
	 NULL},
	{"fivetrex.max_writes", PGC_USERSET, &max_writes, PGC_INT, "100", -1,
	 INT_MAX, 0, "Requests that create or change which one statement may send.",
	 "-1 means no limit. " BELT, false, NULL},
	{"fivetrex.reserve", PGC_SUSET, &reserve, PGC_INT, "0", 0, INT_MAX, 0,
	 "API calls of the account's hour that are left to others.",
	 "While fewer are left, as far as is known, calls are refused.", false,
	 NULL},
	{"fivetrex.server", PGC_USERSET, &server, PGC_STRING, "fivetran", 0, 0, 0,
	 "Server that functions use when they are not told otherwise.", NULL, false,
	 NULL},
};

/* Is the prefix reserved, so that core refuses unknown names? */
static bool reserved = false;

/*
 * Was the library loaded before the session began?  Then core has told of what
 * a role or database sets wrong in a WARNING at login, and forgotten it.
 */
static bool preloaded = false;

/* ---------- values ---------- */

static bool
parse_setting(const Setting *setting, const char *text, bool *boolean,
			  int *integer)
{
	switch (setting->type)
	{
		case PGC_BOOL:
			return parse_bool(text, boolean);
		case PGC_INT:
			return parse_int(text, integer, setting->flags, NULL) &&
				   *integer >= setting->min && *integer <= setting->max;
		default:
			return true;
	}
}

static bool
valid(const Setting *setting, const char *text)
{
	bool boolean;
	int integer;

	return text == NULL || parse_setting(setting, text, &boolean, &integer);
}

/*
 * Set the variable of a setting from a text; false if that is invalid, and
 * nothing happens then.
 */
static bool
assign(const Setting *setting, const char *text)
{
	bool boolean;
	int integer;

	if (!parse_setting(setting, text, &boolean, &integer))
		return false;
	if (setting->type == PGC_BOOL)
		*(bool *) setting->variable = boolean;
	else if (setting->type == PGC_INT)
		*(int *) setting->variable = integer;
	else
		*(const char **) setting->variable = text;
	return true;
}

/* ---------- placeholders ---------- */

static struct config_generic *
find_variable(const char *name)
{
	int n;
	struct config_generic **all = ftx_guc_variables(&n);

	for (int i = 0; i < n; i++)
	{
		if (pg_strcasecmp(all[i]->name, name) == 0)
			return all[i];
	}
	return NULL;
}

/*
 * May a text that was set in this context count for a setting?  Everybody can
 * set a placeholder; core looks at that only when it becomes a variable.
 */
static bool
permitted(const Setting *setting, GucContext context)
{
	return setting->context == PGC_USERSET ||
		   (context != PGC_USERSET && context != PGC_BACKEND);
}

/*
 * What a placeholder holds, NULL if nothing was set.
 */
static const char *
placeholder_text(const Setting *setting,
				 const struct config_generic *placeholder)
{
	if (placeholder == NULL || placeholder->source == PGC_S_DEFAULT)
		return NULL;
	if (permitted(setting, placeholder->scontext))
		return GetConfigOption(placeholder->name, true, false);
	if (placeholder->reset_source != PGC_S_DEFAULT &&
		permitted(setting, placeholder->reset_scontext))
		return GetConfigOptionResetString(placeholder->name);
	return NULL;
}

/*
 * May it become a variable: is all that it holds, or would hold again, valid?
 */
static bool
may_be_defined(const Setting *setting, const struct config_generic *placeholder)
{
	if (placeholder == NULL)
		return true;
	if (!valid(setting, placeholder_text(setting, placeholder)) ||
		(placeholder->reset_source != PGC_S_DEFAULT &&
		 !valid(setting, GetConfigOptionResetString(placeholder->name))))
		return false;
	for (const GucStack *stack = placeholder->stack; stack != NULL;
		 stack = stack->prev)
	{
		if (stack->source != PGC_S_DEFAULT &&
			!valid(setting, stack->prior.val.stringval))
			return false;
		if (stack->state == GUC_SET_LOCAL &&
			!valid(setting, stack->masked.val.stringval))
			return false;
	}
	return true;
}

/*
 * Core sets the variable from the placeholder, and expects (Asserts, since 16)
 * that nothing is in it yet: what was read of the placeholder is taken out.
 */
static void
define(const Setting *setting)
{
	bool boolean = false;
	int integer = 0;

	(void) parse_setting(setting, setting->initial, &boolean, &integer);
	(void) assign(setting, setting->initial);
	switch (setting->type)
	{
		case PGC_BOOL:
			DefineCustomBoolVariable(setting->name, setting->says,
									 setting->more, setting->variable, boolean,
									 setting->context, 0, NULL, NULL, NULL);
			break;
		case PGC_INT:
			DefineCustomIntVariable(setting->name, setting->says, setting->more,
									setting->variable, integer, setting->min,
									setting->max, setting->context,
									setting->flags, NULL, NULL, NULL);
			break;
		default:
			DefineCustomStringVariable(
				setting->name, setting->says, setting->more, setting->variable,
				setting->initial, setting->context, 0, NULL, NULL, NULL);
			break;
	}
}

/*
 * For a parallel worker, see above.  Who may set it was the leader's to say,
 * and what it counts for is ours (permitted()).
 */
static void
define_text(Setting *setting)
{
	DefineCustomStringVariable(setting->name, setting->says, setting->more,
							   &setting->text, setting->initial, PGC_USERSET, 0,
							   NULL, NULL, NULL);
}

static void
settle_setting(Setting *setting)
{
	const struct config_generic *placeholder = find_variable(setting->name);
	bool fixed = IsParallelWorker() ||
				 (IsInParallelMode() && placeholder != NULL);
	const char *text;

	if (!fixed && may_be_defined(setting, placeholder))
	{
		define(setting);
		setting->placeholder = false;
		return;
	}
	if (placeholder == NULL)
		define_text(setting);
	setting->placeholder = true;
	text = placeholder_text(setting, placeholder);
	if (text == NULL || !assign(setting, text))
		(void) assign(setting, setting->initial);
}

static void
settle_all(void)
{
	for (size_t i = 0; i < lengthof(settings); i++)
	{
		if (settings[i].placeholder)
			settle_setting(&settings[i]);
	}
}

/* ---------- what was refused ---------- */

static bool
is_ours(const struct config_generic *variable)
{
	return pg_strncasecmp(variable->name, PREFIX, strlen(PREFIX)) == 0;
}

/*
 * A placeholder with our prefix, that of a setting with an invalid value, too.
 * With `unknown`, one that was set and is none of our settings.
 */
static const struct config_generic *
find_placeholder(bool unknown)
{
	int n;
	struct config_generic **all = ftx_guc_variables(&n);

	for (int i = 0; i < n; i++)
	{
		bool known = false;

		if ((all[i]->flags & GUC_CUSTOM_PLACEHOLDER) == 0 || !is_ours(all[i]) ||
			(unknown && all[i]->source == PGC_S_DEFAULT))
			continue;
		for (size_t j = 0; j < lengthof(settings); j++)
			known |= pg_strcasecmp(all[i]->name, settings[j].name) == 0;
		if (!unknown || !known)
			return all[i];
	}
	return NULL;
}

bool
ftx_guc_set_by_function(const char *name)
{
	int n;
	struct config_generic **all = ftx_guc_variables(&n);

	for (int i = 0; i < n; i++)
	{
		if (pg_strcasecmp(all[i]->name, name) != 0)
			continue;
		for (const GucStack *stack = all[i]->stack; stack != NULL;
			 stack = stack->prev)
		{
			if (stack->state == GUC_SAVE)
				return true;
		}
	}
	return false;
}

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
refuse_value(const Setting *setting, const char *text, GucSource source)
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
	for (size_t i = 0; i < lengthof(settings); i++)
		ftx_closest_offer(&closest, settings[i].name);
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
	for (size_t i = 0; i < lengthof(settings); i++)
	{
		const struct config_generic *variable;

		if (pg_strcasecmp(name, settings[i].name) != 0)
			continue;
		if (settings[i].placeholder || valid(&settings[i], text))
			return;
		variable = find_variable(settings[i].name);
		if (variable == NULL || variable->source < source)
			refuse_value(&settings[i], text, source);
		return;
	}
	refuse_name(name, source);
}

void
ftx_guc_check(void)
{
	const struct config_generic *unknown = NULL;

	settle_all();
	for (size_t i = 0; i < lengthof(settings); i++)
	{
		const struct config_generic *placeholder;
		const char *text;

		if (!settings[i].placeholder)
			continue;
		placeholder = find_variable(settings[i].name);
		text = placeholder_text(&settings[i], placeholder);
		if (!valid(&settings[i], text))
			refuse_value(&settings[i], text, placeholder->source);
	}
	if (!reserved)
		unknown = find_placeholder(true);
	if (unknown != NULL)
		refuse_name(unknown->name, unknown->source);
	if (preloaded)
		ftx_role_settings(PREFIX, check_role_setting);
}

void
ftx_guc_init(void)
{
	preloaded = process_shared_preload_libraries_in_progress;
	for (size_t i = 0; i < lengthof(settings); i++)
		settle_setting(&settings[i]);

	/*
	 * Core would remove the placeholders and refuse to RESET them, though
	 * that is how a session gets rid of them.
	 */
	if (find_placeholder(false) == NULL && !IsParallelWorker())
	{
		MarkGUCPrefixReserved("fivetrex");
		reserved = true;
	}
}

/* ---------- what they are ---------- */

const char *
ftx_guc_server(void)
{
	settle_all();
	return server;
}

bool
ftx_guc_dry_run(void)
{
	settle_all();
	return dry_run;
}

int
ftx_guc_max_calls(void)
{
	settle_all();
	return max_calls;
}

int
ftx_guc_max_deletes(void)
{
	settle_all();
	return max_deletes;
}

int
ftx_guc_max_writes(void)
{
	settle_all();
	return max_writes;
}

int
ftx_guc_max_retry_wait(void)
{
	settle_all();
	return max_retry_wait;
}

int
ftx_guc_reserve(void)
{
	settle_all();
	return reserve;
}

int
ftx_guc_join_window(void)
{
	settle_all();
	return join_window;
}

bool
ftx_guc_log_writes(void)
{
	settle_all();
	return log_writes;
}
