/*-------------------------------------------------------------------------
 *
 * path.h
 *		Paths of operations with the values of columns in place.
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
 * Stands for a value that is not known before execution, where EXPLAIN tells
 * what will be asked for: told by its address.  Paths show it in braces.
 */
extern char ftx_unknown[];

/*
 * Can the key be asked for by a detail call?  Not when it would not stand as
 * one path segment, is very long or is the name of another route.
 */
extern bool ftx_key_addressable(const FtxResource *resource, const char *key);

/*
 * The path of an operation with each {column} replaced by the encoded value of
 * that column, in the server encoding, by its index in the catalogue.  A NULL
 * value leaves the {column}.
 */
extern char *ftx_path_of(const FtxResource *resource, const char *template,
						 char *const *values);

/* The same with the key's value only. */
extern char *ftx_path_of_key(const FtxResource *resource, const char *template,
							 const char *key);

/* The catalogue columns that a template names; none if it is NULL. */
extern Bitmapset *
ftx_path_columns(const FtxResource *resource, const char *template);

/* Append a query parameter whose value is in the server encoding. */
extern void
ftx_path_add_param(StringInfo path, const char *name, const char *value);

#endif /* FTX_PATH_H */
