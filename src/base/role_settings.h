/*-------------------------------------------------------------------------
 *
 * role_settings.h
 *		What ALTER ROLE ... SET and ALTER DATABASE ... SET say.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ROLE_SETTINGS_H
#define FTX_ROLE_SETTINGS_H

#include "postgres.h"

#include "utils/guc.h"

/* `source` is what core gives to a variable that is set so. */
typedef void (*FtxRoleSetting)(const char *name, const char *text,
							   GucSource source);

/*
 * Call `take` for each setting whose name begins with `prefix` that core
 * applied, or tried to, when this session began, in the order of core: later
 * ones win.  As they stand in the catalogue now.
 */
extern void ftx_role_settings(const char *prefix, FtxRoleSetting take);

#endif /* FTX_ROLE_SETTINGS_H */
