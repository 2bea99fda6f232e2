/*-------------------------------------------------------------------------
 *
 * jsonb_state.c
 *		What the parts of jsonb that is being built have in common.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "json/jsonb_state.h"
#include "utils/jsonb.h"

void
ftx_jsonb_refuse_size(const char *of)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("total size of jsonb %s exceeds the maximum of %u bytes",
					of, JENTRY_OFFLENMASK)));
}
