/*-------------------------------------------------------------------------
 *
 * secret_name.h
 *		Which names are those of secrets.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SECRET_NAME_H
#define FTX_SECRET_NAME_H

#include "postgres.h"

/*
 * Does a member, parameter or header of this name hold a secret?  Whole words
 * of the name count: "apiKey", "api_key" and "X-Api-Key" have the word "key",
 * "monkey" has not.
 */
extern bool ftx_secret_name(const char *name, size_t len);

#endif /* FTX_SECRET_NAME_H */
