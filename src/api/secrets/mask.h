/*-------------------------------------------------------------------------
 *
 * mask.h
 *		Masked secrets in request bodies: never sent as asterisks.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_MASK_H
#define FTX_MASK_H

#include "nodes/pg_list.h"

/* What Fivetran shows instead of a secret (API facts 1.9). */
#define FTX_MASK "******"

/*
 * Writing back a masked secret that a read gave would make the secret six
 * asterisks.  Throws ERRCODE_INVALID_PARAMETER_VALUE naming the path of the
 * first one in a JSON object.
 */
extern void ftx_body_refuse_masked(const char *body);

/*
 * The same for the value of one member of a body, before it becomes text;
 * `type` is text, text[], jsonb or any other, which is never masked.  With
 * `dropped`, masked members are left out and their paths ("config.password",
 * which begin with `name`) appended to it as C strings; an object that has no
 * other members goes with them: false when nothing is left of the value.
 * Masked elements of arrays are refused in any case.
 */
extern bool
ftx_member_unmask(const char *name, Datum *value, Oid type, List **dropped);

/* A jsonb value: is it an object with such a member, or without any? */
extern bool ftx_jsonb_has_member(Datum jsonb, const char *name);
extern bool ftx_jsonb_empty(Datum jsonb);

/* A copy of a jsonb object without a member. */
extern Datum ftx_jsonb_without(Datum jsonb, const char *name);

#endif /* FTX_MASK_H */
