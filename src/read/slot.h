/*-------------------------------------------------------------------------
 *
 * slot.h
 *		Where an item has the values of columns, and what it always has.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SLOT_H
#define FTX_SLOT_H

#include "api/calls/call.h"
#include "catalogue/catalogue.h"
#include "json/json.h"

/* The slot of the projection that holds the key. */
#define FTX_KEY_SLOT 0

/* The path of a column's slot in a projection. */
extern const char *ftx_slot_path(const FtxColumn *column);

/*
 * Where an object of the resource says which one it is: the path of its key;
 * NULL if it does not, because it has none or its parent's is its own.
 */
extern const char *ftx_key_member(const FtxResource *resource);

/*
 * An object that does not say which one it is has at least what it always has
 * (FtxResource.always, whose value is given), with a value where that is a text
 * column.  What is wrong with it otherwise, in words; NULL: nothing.
 */
extern const char *
ftx_always_complaint(const FtxResource *resource, const FtxJsonValue *value);

/* The same, raised as an answer of the call that is not what was asked for. */
extern void ftx_check_always(FtxCall *call, const FtxResource *resource,
							 const FtxJsonValue *value);

#endif /* FTX_SLOT_H */
