/*-------------------------------------------------------------------------
 *
 * call_answer.c
 *		What a call was answered: taken apart, and checked.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/call.h"
#include "api/calls/call_answer.h"
#include "api/calls/call_state.h"
#include "api/secrets/mask.h"
#include "api/secrets/words.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/value.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* Fivetran's have 30; a request line of more than 8 KB is refused by many. */
#define MAX_CURSOR_BYTES 4096

/*
 * The answer is not what was asked for.
 */
static void
complain_of_answer(FtxCall *call, FtxProblem problem, const char *complaint)
{
	call->answer.problem = problem;
	call->answer.complaint = MemoryContextStrdup(call->cxt, complaint);
}

bool
ftx_call_try_decode(FtxCall *call, const FtxWanted *wanted, FtxPage *page)
{
	FtxWanted all = *wanted;
	const char *complaint;

	all.bare = call->expected.bare;
	complaint = ftx_page_decode(page, ftx_call_body(call), &all);
	if (ftx_answer_is_error(&call->answer, &page->code, &page->message))
		return false;
	if (complaint != NULL)
		complain_of_answer(call, FTX_PROBLEM_NOT_UNDERSTOOD, complaint);
	return complaint == NULL;
}

void
ftx_call_decode(FtxCall *call, const FtxWanted *wanted, FtxPage *page)
{
	if (!ftx_call_try_decode(call, wanted, page))
		ftx_call_raise(call);
}

void
ftx_call_decode_object(FtxCall *call, const FtxProjection *projection,
					   FtxPage *page)
{
	FtxWanted wanted = {.shape = FTX_SHAPE_OBJECT, .projection = projection};

	ftx_call_decode(call, &wanted, page);
}

void
ftx_call_complain(FtxCall *call, const char *complaint)
{
	/* a write that nobody confirmed does not come this far */
	if (call->changes)
		complaint = psprintf("The change was made. %s", complaint);
	complain_of_answer(call, FTX_PROBLEM_NOT_UNDERSTOOD, complaint);
	ftx_call_raise(call);
}

char *
ftx_call_next_cursor(FtxCall *call, const FtxPage *page)
{
	const FtxJsonValue *value = &page->next_cursor;
	char *cursor;

	/* some lists end with "" */
	if (value->kind != FTX_JSON_STRING || value->len <= 2)
		return NULL;
	if (value->len > MAX_CURSOR_BYTES)
		ftx_call_complain(
			call, psprintf("Its \"next_cursor\" has %d bytes.", value->len));
	cursor = palloc0(value->len);
	if (ftx_json_unescape(value->text + 1, value->len - 2, cursor) < 0)
		ftx_call_complain(call, "Its \"next_cursor\" is no text.");
	for (const char *c = cursor; GetDatabaseEncoding() != PG_UTF8 && *c; c++)
	{
		if (IS_HIGHBIT_SET(*c))
			ftx_call_complain(
				call,
				"Its \"next_cursor\" may not be text in the encoding of this database.");
	}
	pfree(cursor);
	return ftx_json_text(value);
}

static void
add_answer_context(void *arg)
{
	const FtxCall *call = arg;

	ftx_words_mask_error();
	errcontext("answer to %s %s", ftx_method_name(call->method),
			   ftx_words_of_path(call->path));
}

Datum
ftx_call_jsonb(FtxCall *call, const FtxJsonValue *value)
{
	ErrorContextCallback callback = {.callback = add_answer_context,
									 .arg = call,
									 .previous = error_context_stack};
	Datum result;

	error_context_stack = &callback;
	result = ftx_json_jsonb(value);
	error_context_stack = callback.previous;
	return result;
}

/*
 * Can it be a secret: text that is not a mask, or an object that has some?
 */
static bool
is_secret(const FtxJsonValue *value)
{
	FtxJsonValue key;
	FtxJsonValue member;
	int position = 0;
	bool found = false;

	if (value->kind == FTX_JSON_STRING)
		return ftx_json_names(value) && !ftx_json_is_string(value, FTX_MASK);
	while (value->kind == FTX_JSON_OBJECT && !found &&
		   ftx_json_next_member(value, &position, &key, &member))
	{
		CHECK_FOR_INTERRUPTS();
		found = ftx_json_names(&member) &&
				!ftx_json_is_string(&member, FTX_MASK);
	}
	return found;
}

/*
 * ' (id "x")', or nothing if the answer does not say it.
 */
static const char *
named_by(FtxCall *call, const char *id_member)
{
	FtxJsonValue id;

	if (id_member == NULL)
		return "";
	id = ftx_page_member(&ftx_call_answer(call)->data, id_member);
	return ftx_json_names(&id) ?
			   psprintf(" (%s \"%s\")", id_member, ftx_words_of_json(&id)) :
			   "";
}

void
ftx_call_check_secrets(FtxCall *call, const char *const *members, bool any,
					   const char *id_member)
{
	const FtxJsonValue *data = &ftx_call_answer(call)->data;
	const char *lacking = NULL;

	for (; *members != NULL; members++)
	{
		FtxJsonValue value = ftx_page_member(data, *members);

		if (is_secret(&value))
		{
			if (any)
				return;
		}
		else if (lacking == NULL)
			lacking = *members;
	}
	if (lacking == NULL)
		return;
	complain_of_answer(
		call, FTX_PROBLEM_SECRET_NOT_TOLD,
		psprintf(
			"The change was made%s. Its \"data\" lack the secret \"%s\", which is told once.",
			named_by(call, id_member), lacking));
	ftx_call_raise(call);
}

FtxJsonValue
ftx_call_whole(FtxCall *call)
{
	FtxEnvelope envelope;
	const char *complaint;
	FtxJsonValue member;

	if (call->changes)
		return ftx_call_answer(call)->whole;
	complaint = ftx_page_envelope(ftx_call_body(call), &envelope);
	if (complaint != NULL)
		ftx_call_complain(call, complaint);
	if (ftx_answer_is_error(&call->answer, &envelope.code, &envelope.message))
		ftx_call_raise(call);
	if (envelope.whole.kind != FTX_JSON_OBJECT)
		ftx_call_complain(call, "It is not an object.");
	if (envelope.code.kind != FTX_JSON_STRING &&
		envelope.code.kind != FTX_JSON_NULL &&
		envelope.code.kind != FTX_JSON_ABSENT)
		ftx_call_complain(call, "Its \"code\" is not a string.");
	if (envelope.code.kind == FTX_JSON_STRING ||
		envelope.data.kind != FTX_JSON_ABSENT)
		return envelope.whole;
	member = ftx_page_member(&envelope.whole, call->expected.bare);
	if (member.kind != FTX_JSON_STRING)
		ftx_call_complain(call, "It has neither \"code\" nor \"data\".");
	return envelope.whole;
}

FtxJsonValue *
ftx_call_written(FtxCall *call, const FtxProjection *projection)
{
	const FtxJsonValue *data = &ftx_call_answer(call)->data;
	FtxJsonValue *values;

	if (data->kind == FTX_JSON_ABSENT || data->kind == FTX_JSON_NULL)
		return NULL;
	if (data->kind != FTX_JSON_OBJECT)
		ftx_call_complain(call, "Its \"data\" is not an object.");
	values = palloc(sizeof(FtxJsonValue) * Max(projection->nslots, 1));
	ftx_page_project(data, projection, values);
	return values;
}

void
ftx_call_check_id(FtxCall *call, const FtxJsonValue *id)
{
	char *is;

	if (call->expected.id == NULL || ftx_json_equals(id, call->expected.id))
		return;
	is = ftx_words_of_json(id);
	complain_of_answer(call, FTX_PROBLEM_ANOTHER_OBJECT,
					   is != NULL ? psprintf("It is about \"%s\".", is) :
									"It does not say which one it is.");
	ftx_call_raise(call);
}
