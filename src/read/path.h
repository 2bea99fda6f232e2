/*-------------------------------------------------------------------------
 *
 * path.h
 *		What paths of operations and their parameters take.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_PATH_H
#define FTX_PATH_H

#include "catalogue/catalogue.h"
#include "lib/stringinfo.h"
#include "nodes/bitmapset.h"

/* Longer keys and filter values are looked up in the list: URLs have limits. */
#define FTX_MAX_VALUE 1000

/*
 * Stands for a value that is not known before execution: told by its address.
 * Paths show it in braces.
 */
extern char ftx_unknown[];

/*
 * Can the key be asked for by a detail call?  Not when it would not stand as
 * one path segment, is very long or is the name of another route.
 */
extern bool ftx_key_addressable(const FtxResource *resource, const char *key);

/* The catalogue columns that a template names; none if it is NULL. */
extern Bitmapset *
ftx_path_columns(const FtxResource *resource, const char *template);

/*
 * Append a query parameter whose value is in the server encoding, or
 * ftx_unknown.
 */
extern void
ftx_path_add_param(StringInfo path, const char *name, const char *value);

#endif /* FTX_PATH_H */
