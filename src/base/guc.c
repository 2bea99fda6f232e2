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
#include "base/compat.h"
#include "base/guc.h"
#include "base/guc_state.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"

static char *server = NULL;
static int max_deletes = 0;
static int max_writes = 100;
static int max_calls = -1;
static int max_retry_wait = -1;
static int reserve = 0;
static int join_window = -1;
static bool dry_run = false;
static bool log_writes = false;
static bool sort_first = true;
static bool start_together = true;

#define BELT "A seat belt, not a permission: anybody may change it."

FtxSetting ftx_settings[] = {
	{"fivetrex.dry_run", PGC_USERSET, &dry_run, PGC_BOOL, "off", 0, 0, 0,
	 "Shows writes instead of sending them.", NULL, false, NULL, false},
	{"fivetrex.join_window", PGC_USERSET, &join_window, PGC_INT, "-1", -1, 1024,
	 0, "Rows of a join that are asked for at once.",
	 "-1 means twice the server's max_concurrency, 0 one after the other.",
	 false, NULL, false},
	{"fivetrex.log_writes", PGC_SUSET, &log_writes, PGC_BOOL, "off", 0, 0, 0,
	 "Writes a line to the server's log for each request that is no GET.",
	 "It names user, server, method, path, members of the body and outcome, never values.",
	 false, NULL, false},
	{"fivetrex.max_calls", PGC_USERSET, &max_calls, PGC_INT, "-1", -1, INT_MAX,
	 0, "API calls that one statement may make.",
	 "-1 means no limit. Repetitions count.", false, NULL, false},
	{"fivetrex.max_deletes", PGC_USERSET, &max_deletes, PGC_INT, "0", -1,
	 INT_MAX, 0, "Objects that one statement may delete.",
	 "-1 means no limit. " BELT, false, NULL, false},
	{"fivetrex.max_retry_wait", PGC_USERSET, &max_retry_wait, PGC_INT, "-1", -1,
	 INT_MAX / 1000, GUC_UNIT_S,
	 "Seconds that one statement may wait for retries.",
	 "Narrows the server option of that name; -1 leaves it as it is.", false,
	 NULL, false},
	{"fivetrex.max_writes", PGC_USERSET, &max_writes, PGC_INT, "100", -1,
	 INT_MAX, 0, "Requests that create or change which one statement may send.",
	 "-1 means no limit. " BELT, false, NULL, false},
	{"fivetrex.reserve", PGC_SUSET, &reserve, PGC_INT, "0", 0, INT_MAX, 0,
	 "API calls of the account's hour that are left to others.",
	 "While fewer are left, as far as is known, calls are refused.", false,
	 NULL, false},
	{"fivetrex.server", PGC_USERSET, &server, PGC_STRING, "fivetran", 0, 0, 0,
	 "Server that functions use when they are not told otherwise.", NULL, false,
	 NULL, false},
	{"fivetrex.sort_first", PGC_USERSET, &sort_first, PGC_BOOL, "on", 0, 0, 0,
	 "Sorts a list before details of its rows are asked for.",
	 "Where a LIMIT or a cursor wants few of them.", false, NULL, false},
	{"fivetrex.start_together", PGC_USERSET, &start_together, PGC_BOOL, "on", 0,
	 0, 0, "Sends the first requests of the tables of a query together.",
	 "Those of tables that will be read, unless another one has no rows.",
	 false, NULL, false},
};

const int ftx_nsettings = lengthof(ftx_settings);

bool ftx_guc_reserved = false;
bool ftx_guc_preloaded = false;
bool ftx_guc_any_overridden = false;

/* ---------- values ---------- */

static bool
parse_setting(const FtxSetting *setting, const char *text, bool *boolean,
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

bool
ftx_guc_valid(const FtxSetting *setting, const char *text)
{
	bool boolean;
	int integer;

	return text == NULL || parse_setting(setting, text, &boolean, &integer);
}

bool
ftx_guc_assign(const FtxSetting *setting, const char *text)
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

struct config_generic *
ftx_guc_find(const char *name)
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
permitted(const FtxSetting *setting, GucContext context)
{
	return setting->context == PGC_USERSET ||
		   (context != PGC_USERSET && context != PGC_BACKEND);
}

const char *
ftx_guc_placeholder_text(const FtxSetting *setting,
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
may_be_defined(const FtxSetting *setting,
			   const struct config_generic *placeholder)
{
	if (placeholder == NULL)
		return true;
	if (!ftx_guc_valid(setting,
					   ftx_guc_placeholder_text(setting, placeholder)) ||
		(placeholder->reset_source != PGC_S_DEFAULT &&
		 !ftx_guc_valid(setting,
						GetConfigOptionResetString(placeholder->name))))
		return false;
	for (const GucStack *stack = placeholder->stack; stack != NULL;
		 stack = stack->prev)
	{
		if (stack->source != PGC_S_DEFAULT &&
			!ftx_guc_valid(setting, stack->prior.val.stringval))
			return false;
		if (stack->state == GUC_SET_LOCAL &&
			!ftx_guc_valid(setting, stack->masked.val.stringval))
			return false;
	}
	return true;
}

/*
 * Core sets the variable from the placeholder, and expects (Asserts, since 16)
 * that nothing is in it yet: what was read of the placeholder is taken out.
 */
static void
define(const FtxSetting *setting)
{
	bool boolean = false;
	int integer = 0;

	(void) parse_setting(setting, setting->initial, &boolean, &integer);
	(void) ftx_guc_assign(setting, setting->initial);
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
define_text(FtxSetting *setting)
{
	DefineCustomStringVariable(setting->name, setting->says, setting->more,
							   &setting->text, setting->initial, PGC_USERSET, 0,
							   NULL, NULL, NULL);
}

static void
override(FtxSetting *setting, bool overridden)
{
	setting->overridden = overridden;
	ftx_guc_any_overridden |= overridden;
}

static void
settle_setting(FtxSetting *setting)
{
	const struct config_generic *placeholder = ftx_guc_find(setting->name);
	bool fixed = IsParallelWorker() ||
				 (IsInParallelMode() && placeholder != NULL);
	bool by_client = placeholder != NULL &&
					 placeholder->reset_source == PGC_S_CLIENT;
	const char *text;

	if (!fixed && may_be_defined(setting, placeholder))
	{
		define(setting);
		setting->placeholder = false;
		if (by_client)
			override(setting, ftx_guc_find(setting->name)->reset_source ==
								  PGC_S_DEFAULT);
		return;
	}
	if (placeholder == NULL)
		define_text(setting);
	setting->placeholder = true;
	text = ftx_guc_placeholder_text(setting, placeholder);
	if (text == NULL || !ftx_guc_assign(setting, text))
		(void) ftx_guc_assign(setting, setting->initial);
	override(setting, by_client && text == NULL);
}

void
ftx_guc_settle(void)
{
	for (int i = 0; i < ftx_nsettings; i++)
	{
		if (ftx_settings[i].placeholder)
			settle_setting(&ftx_settings[i]);
	}
	if (ftx_guc_any_overridden)
		ftx_guc_restore();
}

static bool
is_ours(const struct config_generic *variable)
{
	return pg_strncasecmp(variable->name, FTX_GUC_PREFIX,
						  strlen(FTX_GUC_PREFIX)) == 0;
}

const struct config_generic *
ftx_guc_find_placeholder(bool unknown)
{
	int n;
	struct config_generic **all = ftx_guc_variables(&n);

	for (int i = 0; i < n; i++)
	{
		bool known = false;

		if ((all[i]->flags & GUC_CUSTOM_PLACEHOLDER) == 0 || !is_ours(all[i]) ||
			(unknown && all[i]->source == PGC_S_DEFAULT))
			continue;
		for (int j = 0; j < ftx_nsettings; j++)
			known |= pg_strcasecmp(all[i]->name, ftx_settings[j].name) == 0;
		if (!unknown || !known)
			return all[i];
	}
	return NULL;
}

void
ftx_guc_init(void)
{
	ftx_guc_preloaded = process_shared_preload_libraries_in_progress;
	for (int i = 0; i < ftx_nsettings; i++)
		settle_setting(&ftx_settings[i]);

	/*
	 * Core would remove the placeholders and refuse to RESET them, though
	 * that is how a session gets rid of them.
	 */
	if (ftx_guc_find_placeholder(false) == NULL && !IsParallelWorker())
	{
		MarkGUCPrefixReserved("fivetrex");
		ftx_guc_reserved = true;
	}
}

/* ---------- what they are ---------- */

const char *
ftx_guc_server(void)
{
	ftx_guc_settle();
	return server;
}

bool
ftx_guc_dry_run(void)
{
	ftx_guc_settle();
	return dry_run;
}

int
ftx_guc_max_calls(void)
{
	ftx_guc_settle();
	return max_calls;
}

int
ftx_guc_max_deletes(void)
{
	ftx_guc_settle();
	return max_deletes;
}

int
ftx_guc_max_writes(void)
{
	ftx_guc_settle();
	return max_writes;
}

int
ftx_guc_max_retry_wait(void)
{
	ftx_guc_settle();
	return max_retry_wait;
}

int
ftx_guc_reserve(void)
{
	ftx_guc_settle();
	return reserve;
}

bool
ftx_guc_sort_first(void)
{
	ftx_guc_settle();
	return sort_first;
}

bool
ftx_guc_start_together(void)
{
	ftx_guc_settle();
	return start_together;
}

int
ftx_guc_join_window(void)
{
	ftx_guc_settle();
	return join_window;
}

bool
ftx_guc_log_writes(void)
{
	ftx_guc_settle();
	return log_writes;
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
