/*-------------------------------------------------------------------------
 *
 * write_log.c
 *		A line in the server's log for each request that changes something.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/answer.h"
#include "api/secrets/shown.h"
#include "api/secrets/words.h"
#include "api/writes/write_log.h"
#include "base/guc.h"
#include "base/method.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

/*
 * " (a, b)": the members of a body that is an object.
 */
static void
append_members(StringInfo line, const char *body)
{
	Jsonb *json = DatumGetJsonbP(
		DirectFunctionCall1(jsonb_in, CStringGetDatum(body)));
	JsonbIterator *iter = JsonbIteratorInit(&json->root);
	JsonbValue value;
	const char *separator = " (";
	JsonbIteratorToken token = JsonbIteratorNext(&iter, &value, true);

	if (token != WJB_BEGIN_OBJECT)
		return;
	while ((token = JsonbIteratorNext(&iter, &value, true)) != WJB_DONE)
	{
		if (token != WJB_KEY)
			continue;
		appendStringInfo(
			line, "%s%s", separator,
			ftx_shown_text(pnstrdup(value.val.string.val, value.val.string.len),
						   NULL));
		separator = ", ";
	}
	if (separator[0] == ',')
		appendStringInfoChar(line, ')');
}

char *
ftx_write_log_begin(const FtxSession *session, const FtxCallSpec *spec)
{
	StringInfoData line;

	if (!ftx_guc_log_writes() || spec->method == FTX_GET)
		return NULL;
	initStringInfo(&line);
	appendStringInfo(&line, "fivetrex: user \"%s\", server \"%s\": %s %s",
					 GetUserNameFromId(GetUserId(), true), session->servername,
					 ftx_method_name(spec->method),
					 ftx_words_of_path(spec->path));
	if (spec->body != NULL)
		append_members(&line, spec->body);
	return line.data;
}

void
ftx_write_log_end(const char *begun, FtxCall *call, const char *abandoned)
{
	const FtxAnswer *answer;
	const char *ended = "";
	const char *outcome = abandoned;

	if (begun == NULL)
		return;
	if (call != NULL)
	{
		answer = ftx_call_answer(call);
		if (answer->status != 0)
			ended = ftx_call_failure(call);
		outcome = ftx_answer_may_be_done(answer) ? "outcome unknown" :
				  answer->status == 0			 ? "not sent" :
												   "";
	}
	ereport(LOG,
			(errmsg_internal("%s: %s%s%s", begun, ended,
							 ended[0] != '\0' && outcome[0] != '\0' ? ", " : "",
							 outcome),
			 errhidestmt(true), errhidecontext(true)));
}
