/*-------------------------------------------------------------------------
 *
 * guc_state.h
 *		What a setting is made of.
 *
 * Private to guc.c and guc_check.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_GUC_STATE_H
#define FTX_GUC_STATE_H

#include "utils/guc.h"
#include "utils/guc_tables.h"

#define FTX_GUC_PREFIX "fivetrex."

typedef struct FtxSetting
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
	bool overridden;  /* by a client who may not set it, see below */
} FtxSetting;

extern FtxSetting ftx_settings[];
extern const int ftx_nsettings;

/* Is the prefix reserved, so that core refuses unknown names? */
extern bool ftx_guc_reserved;

/*
 * Was the library loaded before the session began?  Then core has told of what
 * a role or database sets wrong in a WARNING at login, and forgotten it.
 */
extern bool ftx_guc_preloaded;

/* Is it a value of the setting?  NULL is. */
extern bool ftx_guc_valid(const FtxSetting *setting, const char *text);

/*
 * Options of a connection win over ALTER ROLE ... SET.  Those of a client who
 * may not set a variable do not count; what the role or database sets has made
 * room for them, and is lost unless it is set again: for each `overridden`
 * setting, as soon as the catalogue can be read.
 */
extern bool ftx_guc_any_overridden;
extern void ftx_guc_restore(void);

/*
 * Set the C variable of a setting from a text; false if that is invalid, and
 * nothing happens then.
 */
extern bool ftx_guc_assign(const FtxSetting *setting, const char *text);

/* The variable of that name, or NULL. */
extern struct config_generic *ftx_guc_find(const char *name);

/* What a placeholder holds, NULL if nothing was set. */
extern const char *
ftx_guc_placeholder_text(const FtxSetting *setting,
						 const struct config_generic *placeholder);

/* Read placeholders again, and make variables of those that may become one. */
extern void ftx_guc_settle(void);

/*
 * A placeholder with our prefix, that of a setting with an invalid value, too.
 * With `unknown`, one that was set and is none of our settings.
 */
extern const struct config_generic *ftx_guc_find_placeholder(bool unknown);

#endif /* FTX_GUC_STATE_H */
