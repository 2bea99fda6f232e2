/*-------------------------------------------------------------------------
 *
 * credentials.h
 *		API key and secret of a user mapping.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_CREDENTIALS_H
#define FTX_CREDENTIALS_H

#include "postgres.h"

#include "foreign/foreign.h"

/*
 * May this be the value of an option like api_key?  HTTP Basic joins key and
 * secret with a colon and knows no control characters.  Throws
 * ERRCODE_INVALID_PARAMETER_VALUE; the value itself is never told.
 */
extern void ftx_credential_check(const char *option, const char *value);

/*
 * Credentials of a user mapping, from api_key/api_secret or from the files.
 * Throws ERRCODE_FDW_OPTION_NAME_NOT_FOUND when one is missing (with a hint,
 * and never the value), or what reading a file gives.
 */
extern void
ftx_credentials_read(UserMapping *mapping, char **api_key, char **api_secret);

#endif /* FTX_CREDENTIALS_H */
