/*-------------------------------------------------------------------------
 *
 * dry_run.c
 *		Writes that are shown instead of sent.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/call.h"
#include "api/calls/session.h"
#include "api/secrets/shown.h"
#include "api/secrets/words.h"
#include "api/writes/writes.h"
#include "base/guc.h"
#include "base/method.h"
#include "lib/stringinfo.h"
#include "utils/json.h"

bool
ftx_dry_run(const FtxSession *session)
{
	return ftx_guc_dry_run() || session->options.dry_run;
}

void
ftx_dry_run_notice(const FtxCallSpec *spec)
{
	ereport(NOTICE,
			(errmsg("dry run: %s %s%s%s", ftx_method_name(spec->method),
					ftx_words_of_path(spec->path), spec->body ? " " : "",
					spec->body ? ftx_shown_body(spec->body, NULL) : "")));
}

char *
ftx_dry_run_json(const FtxCallSpec *spec)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfo(&json,
					 "{\"dry_run\": true, \"method\": \"%s\", \"path\": ",
					 ftx_method_name(spec->method));
	escape_json(&json, ftx_words_of_path(spec->path));
	appendStringInfo(&json, ", \"body\": %s}",
					 spec->body ? ftx_shown_body(spec->body, NULL) : "null");
	return json.data;
}
