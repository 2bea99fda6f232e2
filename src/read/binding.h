/*-------------------------------------------------------------------------
 *
 * binding.h
 *		The texts of the columns that name something in requests.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_BINDING_H
#define FTX_BINDING_H

#include "catalogue/catalogue.h"

/*
 * What is known of an object, a parent or a row by which it can be asked for:
 * the 'x' of WHERE id = 'x', the key that an item of a list tells, the columns
 * that identify a row to be written.  Texts are in the server encoding, or
 * ftx_unknown (read/path.h) where EXPLAIN tells what will be asked for.
 *
 * Whoever sets a text makes it last as long as the binding is used; only
 * ftx_binding_copy() has texts of its own.
 */
typedef struct FtxBinding
{
	const FtxResource *resource;
	char
		*texts[FLEXIBLE_ARRAY_MEMBER]; /* by catalogue index; NULL: not known */
} FtxBinding;

/* One of nothing, and a copy; in the current memory context. */
extern FtxBinding *ftx_binding_create(const FtxResource *resource);
extern FtxBinding *ftx_binding_copy(const FtxBinding *binding);

/*
 * The first column in the path of an operation whose text is not known, or does
 * not stand there (ftx_key_addressable()); -1: all do.
 */
extern int ftx_binding_lacks(const FtxBinding *binding, const char *template);

/*
 * The path of an operation with each {column} replaced by the encoded text of
 * that column.  One that is not known leaves the {column}.
 */
extern char *ftx_binding_path(const FtxBinding *binding, const char *template);

/* The same with the key's text (may be NULL) only. */
extern char *ftx_path_of_key(const FtxResource *resource, const char *template,
							 const char *key);

#endif /* FTX_BINDING_H */
