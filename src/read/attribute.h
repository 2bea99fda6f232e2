/*-------------------------------------------------------------------------
 *
 * attribute.h
 *		From a JSON value to a value of an attribute's type.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ATTRIBUTE_H
#define FTX_ATTRIBUTE_H

#include "catalog/pg_attribute.h"
#include "catalogue/catalogue.h"
#include "fmgr.h"
#include "json/json.h"

/* An attribute of the table that is to be filled. */
typedef struct FtxAttribute
{
	int index; /* attnum - 1 */
	const char *name;
	const FtxColumn *column;
	int slot; /* in the projection; -1: always NULL */
	Oid type;
	int32 typmod;
	int32 element_typmod;
	bool is_domain;
	void *domain_cache; /* of domain_check() */
	MemoryContext cxt;	/* for that */
	Oid base;			/* type of a value, or of the array's elements, that
								 * domains are over */
	int32 base_typmod;
	bool may_be_null; /* instead of an error, see FtxConverter.misfits */
	bool takes_json;  /* json, jsonb or a domain over them, or an
								 * array of such */
	FmgrInfo input;	  /* of the type, or of the array's elements */
	Oid ioparam;
	Oid element; /* element type of an array, else InvalidOid */
	int16 elmlen;
	bool elmbyval;
	char elmalign;
} FtxAttribute;

/* Look up what its type needs; the rest of the struct is the caller's. */
extern void
ftx_attribute_prepare(FtxAttribute *attribute, Form_pg_attribute att);

/*
 * The value, which is neither absent nor null, in the current memory context.
 * Throws what its type's input function throws; ERRCODE_DATATYPE_MISMATCH,
 * ERRCODE_INVALID_DATETIME_FORMAT, ERRCODE_INVALID_TEXT_REPRESENTATION.
 */
extern Datum
ftx_attribute_convert(FtxAttribute *attribute, const FtxJsonValue *value);

/*
 * Check the constraints of a domain where its input function does not.
 */
extern void
ftx_attribute_check(FtxAttribute *attribute, Datum value, bool null);

#endif /* FTX_ATTRIBUTE_H */
