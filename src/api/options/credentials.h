/*-------------------------------------------------------------------------
 *
 * credentials.h
 *		What a user mapping knows that others may not.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_CREDENTIALS_H
#define FTX_CREDENTIALS_H

#include "postgres.h"

#include "api/secrets/secret.h"
#include "foreign/foreign.h"

typedef struct FtxCredentials
{
	FtxSecret *api_key;
	FtxSecret *api_secret;
	FtxSecret *proxy_user; /* NULL when not given, as the next */
	FtxSecret *proxy_password;
	bool from_files; /* of api_key and api_secret, at least one */
} FtxCredentials;

/*
 * May this be the value of an option like api_key?  HTTP Basic joins key and
 * secret with a colon and knows no control characters.  Throws
 * ERRCODE_INVALID_PARAMETER_VALUE; the value itself is never told.
 */
extern void ftx_credential_check(const char *option, const char *value);

/*
 * The value of a mapping's option `name`, or of the file that its option
 * `name`_file names; NULL when it has neither.  The secret belongs to `owner`.
 *
 * Files are read only where the owner of the server may read server files
 * (ERRCODE_INSUFFICIENT_PRIVILEGE): who owns a server chooses where its
 * credentials are sent.  A file is a regular one, has at most 4096 bytes and
 * no NUL; the end of its line is left out.  Errors name the mapping in their
 * context.
 */
extern FtxSecret *ftx_credential_read(UserMapping *mapping, const char *name,
									  MemoryContext owner);

/*
 * Key and secret of a mapping, and those of its proxy.  Throws
 * ERRCODE_FDW_OPTION_NAME_NOT_FOUND when one is missing (with a hint, and
 * never the value), or what ftx_credential_read() does.
 */
extern void ftx_credentials_read(UserMapping *mapping, MemoryContext owner,
								 FtxCredentials *credentials);

#endif /* FTX_CREDENTIALS_H */
