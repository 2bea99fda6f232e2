/*-------------------------------------------------------------------------
 *
 * action.c
 *		The C side of all SQL functions that are one request.
 *
 * What a function sends and returns is a row of catalogue/actions.c, found by
 * the name of the SQL function.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "api/calls/answer.h"
#include "api/calls/call.h"
#include "api/calls/call_answer.h"
#include "api/calls/page.h"
#include "api/calls/session.h"
#include "api/secrets/mask.h"
#include "api/writes/writes.h"
#include "base/compat.h"
#include "base/method.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "catalogue/actions.h"
#include "commands/comment.h"
#include "func/func.h"
#include "funcapi.h"
#include "json/compat.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/value.h"
#include "json/write.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "net/url.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(fivetrex_action);

static const FtxAction *
find_action(FunctionCallInfo fcinfo)
{
	char *name = get_func_name(fcinfo->flinfo->fn_oid);
	const FtxAction *action = name ? ftx_action_find(name) : NULL;

	if (action == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_FUNCTION_DEFINITION),
				 errmsg("no action is named \"%s\"", name ? name : ""),
				 errhint("The functions of fivetrex must keep their names.")));
	return action;
}

static int
argument_count(const FtxAction *action)
{
	int n = 0;

	while (n < FTX_MAX_ARGUMENTS &&
		   action->arguments[n].place != FTX_IN_NOTHING)
		n++;
	return n;
}

static void
check_confirmation(FunctionCallInfo fcinfo, const FtxAction *action)
{
	for (int i = 0; i < argument_count(action); i++)
	{
		if (action->arguments[i].place == FTX_CONFIRMATION &&
			(PG_ARGISNULL(i) || !PG_GETARG_BOOL(i)))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("%s() must be confirmed", action->function),
							errdetail("Nothing was sent."),
							errhint("Pass %s => true if you are sure.",
									action->arguments[i].name)));
	}
}

/*
 * The function's own comment, which says what it takes; NULL: it has none.
 */
static const char *
described(FunctionCallInfo fcinfo)
{
	return GetComment(fcinfo->flinfo->fn_oid, ProcedureRelationId, 0);
}

ftx_noreturn static void
refuse_null_argument(FunctionCallInfo fcinfo, const FtxAction *action,
					 int argno)
{
	const char *comment = described(fcinfo);

	ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("argument %s of %s() must not be null",
						   action->arguments[argno].name, action->function),
					errdetail("Nothing was sent."),
					comment == NULL ?
						0 :
						errhint("%s(): %s.", action->function, comment)));
}

/*
 * What has no default in the SQL function has to be given: the API would
 * refuse the request, in its own words.
 */
static void
check_required_arguments(FunctionCallInfo fcinfo, const FtxAction *action)
{
	HeapTuple tuple = SearchSysCache1(PROCOID,
									  ObjectIdGetDatum(fcinfo->flinfo->fn_oid));
	Form_pg_proc proc;
	int required;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u",
			 fcinfo->flinfo->fn_oid);
	proc = (Form_pg_proc) GETSTRUCT(tuple);
	required = proc->pronargs - proc->pronargdefaults;
	ReleaseSysCache(tuple);
	for (int i = 0; i < Min(required, argument_count(action)); i++)
	{
		if (PG_ARGISNULL(i))
			refuse_null_argument(fcinfo, action, i);
	}
}

/*
 * Arguments that are query parameters.
 */
static void
append_action_query(FunctionCallInfo fcinfo, const FtxAction *action,
					StringInfo path)
{
	for (int i = 0; i < argument_count(action); i++)
	{
		const FtxArgument *argument = &action->arguments[i];
		char *value;

		if (argument->place != FTX_IN_QUERY || PG_ARGISNULL(i))
			continue;
		value = text_to_cstring(PG_GETARG_TEXT_PP(i));
		ftx_url_append_param(
			path, argument->member ? argument->member : argument->name,
			pg_server_to_any(value, strlen(value), PG_UTF8));
	}
}

/*
 * The action's path with its arguments in place.
 */
static char *
build_path(FunctionCallInfo fcinfo, const FtxAction *action)
{
	StringInfoData path;

	initStringInfo(&path);
	appendStringInfoString(
		&path, ftx_func_fill_path(fcinfo, action->function, action->path));
	append_action_query(fcinfo, action, &path);
	return path.data;
}

static char *
object_argument(FunctionCallInfo fcinfo, const FtxAction *action, int argno)
{
	Jsonb *jsonb;

	if (PG_ARGISNULL(argno))
		refuse_null_argument(fcinfo, action, argno);
	jsonb = PG_GETARG_JSONB_P(argno);
	if (!JB_ROOT_IS_OBJECT(jsonb))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument %s of %s() must be an object",
							   action->arguments[argno].name, action->function),
						errdetail("Nothing was sent.")));
	return JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));
}

static char *
build_body(FunctionCallInfo fcinfo, const FtxAction *action)
{
	StringInfoData body;
	bool given = false;
	bool wanted = false;

	if (action->method == FTX_GET || action->method == FTX_DELETE)
		return NULL;
	ftx_body_begin(&body);
	for (int i = 0; i < argument_count(action); i++)
	{
		const FtxArgument *argument = &action->arguments[i];

		if (argument->place == FTX_AS_BODY)
		{
			char *object = object_argument(fcinfo, action, i);

			ftx_body_refuse_masked(object);
			return object;
		}
		wanted |= argument->place == FTX_IN_BODY;
		given |= argument->place == FTX_IN_BODY && !PG_ARGISNULL(i);
		if (argument->place == FTX_IN_BODY && !PG_ARGISNULL(i))
			ftx_body_add(&body,
						 argument->member ? argument->member : argument->name,
						 PG_GETARG_DATUM(i), false,
						 get_fn_expr_argtype(fcinfo->flinfo, i));
	}
	if (action->method == FTX_PATCH && wanted && !given)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s() has nothing to set", action->function),
						errdetail("Nothing was sent."),
						errhint("Give at least one value that is not null.")));
	if (action->fixed != NULL)
		ftx_body_add_fixed(&body, action->fixed);
	ftx_body_end(&body);
	ftx_body_refuse_masked(body.data);
	return body.data;
}

/*
 * How many things the arrays of a body name.
 */
static int64
count_elements(const char *body)
{
	Jsonb *jsonb = DatumGetJsonbP(
		DirectFunctionCall1(jsonb_in, CStringGetDatum(body)));
	JsonbIterator *it = JsonbIteratorInit(&jsonb->root);
	JsonbIteratorToken token;
	JsonbValue value;
	int64 n = 0;

	while ((token = JsonbIteratorNext(&it, &value, false)) != WJB_DONE)
		n += token == WJB_ELEM;
	return Max(n, 1);
}

/*
 * The object that the answer must be about, if it says so.
 */
static void
expect_object(FunctionCallInfo fcinfo, const FtxAction *action,
			  FtxCallSpec *spec)
{
	for (int i = 0; i < argument_count(action); i++)
	{
		if (action->id_member == NULL ||
			strcmp(action->arguments[i].name, action->id_argument) != 0)
			continue;
		spec->expected.id_member = action->id_member;
		spec->expected.id = text_to_cstring(PG_GETARG_TEXT_PP(i));
	}
}

/*
 * What the API said to a write, in its own words as far as it used any.
 */
static Datum
message(FtxCall *call)
{
	const FtxAnswer *answer = ftx_call_answer(call);

	if (answer->message != NULL)
		return CStringGetTextDatum(answer->message);
	if (answer->code != NULL)
		return CStringGetTextDatum(answer->code);
	return CStringGetTextDatum(psprintf("HTTP status %d", answer->status));
}

/*
 * The items of a list as an array.
 */
static Datum
items(FtxCall *call, FtxShape shape)
{
	const char *whole = "";
	FtxWanted wanted = {.shape = shape,
						.projection = ftx_projection_create(&whole, 1)};
	FtxJsonbBuilder builder = {0};
	FtxPage page = {0};

	ftx_call_decode(call, &wanted, &page);
	ftx_jsonb_push(&builder, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < page.nitems; i++)
	{
		JsonbValue item;
		Jsonb *jsonb = DatumGetJsonbP(
			ftx_call_jsonb(call, ftx_page_value(&page, i, 0)));

		item.type = jbvBinary;
		item.val.binary.data = &jsonb->root;
		item.val.binary.len = VARSIZE(jsonb) - VARHDRSZ;
		ftx_jsonb_push(&builder, WJB_ELEM, &item);
	}
	ftx_jsonb_push(&builder, WJB_END_ARRAY, NULL);
	PG_RETURN_JSONB_P(JsonbValueToJsonb(builder.result));
}

/*
 * Is it an object of objects by name, or null?
 */
static bool
are_names(const FtxJsonValue *value)
{
	FtxJsonValue key;
	FtxJsonValue member;
	int position = 0;

	if (value->kind == FTX_JSON_NULL)
		return true;
	if (value->kind != FTX_JSON_OBJECT)
		return false;
	while (ftx_json_next_member(value, &position, &key, &member))
	{
		CHECK_FOR_INTERRUPTS();
		if (member.kind != FTX_JSON_OBJECT)
			return false;
	}
	return true;
}

/* What data() takes from an answer. */
enum
{
	RESULT,
	ID,
	ALWAYS,
	NAMES
};

/*
 * The data are what the definition says of them, as tables demand it.
 */
static void
check_data(const FtxAction *action, FtxCall *call, const FtxJsonValue *values)
{
	const FtxJsonValue *always = &values[ALWAYS];

	/* a member is given as it came, as the tables give it */
	if (values[RESULT].kind == FTX_JSON_ABSENT)
		ftx_call_complain(call, psprintf("Its \"data\" has no \"%s\".",
										 action->result_member));
	if (action->result_member == NULL && values[RESULT].kind != FTX_JSON_OBJECT)
		ftx_call_complain(call, "Its \"data\" is not an object.");
	if (action->id_member != NULL && !ftx_json_names(&values[ID]))
		ftx_call_complain(
			call, psprintf("Its \"data\" has no \"%s\".", action->id_member));
	if (action->always != NULL && !ftx_json_names(always) &&
		always->kind != FTX_JSON_TRUE && always->kind != FTX_JSON_FALSE)
		ftx_call_complain(
			call, psprintf("Its \"data\" has no \"%s\".", action->always));
	if (action->names != NULL && !are_names(&values[NAMES]))
		ftx_call_complain(call, psprintf("Its \"%s\" is not a map of objects.",
										 action->names));
}

/*
 * The data of the answer, or the member of them that is asked for.
 */
static Datum
data(const FtxAction *action, FtxCall *call, bool changes)
{
	const char *const paths[] = {
		[RESULT] = action->result_member ? action->result_member : "",
		[ID] = action->id_member ? action->id_member : "",
		[ALWAYS] = action->always ? action->always : "",
		[NAMES] = action->names ? action->names : "",
	};
	const FtxProjection *projection = ftx_projection_create(paths,
															lengthof(paths));
	FtxJsonValue *values;
	FtxPage page = {0};

	if (changes)
		values = ftx_call_written(call, projection);
	else
	{
		ftx_call_decode_object(call, projection, &page);
		values = page.values;
		ftx_call_check_id(call, &values[ID]);
	}
	if (values == NULL)
		ftx_call_complain(call, "It has no \"data\".");
	check_data(action, call, values);
	if (action->secrets != NULL)
		ftx_call_check_secrets(call, action->secrets, action->secrets_either,
							   action->id_member);
	return ftx_call_jsonb(call, &values[RESULT]);
}

/*
 * The answer as the function's result: text or jsonb.
 */
static Datum
result(const FtxAction *action, FtxCall *call, bool changes)
{
	switch (action->result)
	{
		case FTX_RESULT_MESSAGE:
			return message(call);
		case FTX_RESULT_ITEMS:
			return items(call, FTX_SHAPE_LIST);
		case FTX_RESULT_ARRAY:
			return items(call, FTX_SHAPE_ARRAY);
		case FTX_RESULT_DATA:
			break;
	}
	return data(action, call, changes);
}

Datum
fivetrex_action(PG_FUNCTION_ARGS)
{
	const FtxAction *action = find_action(fcinfo);
	bool changes = (action->flags & FTX_ACT_READS) == 0;
	FtxCallSpec spec = {0};
	FtxSession *session;
	FtxCall *call;
	char *json;

	check_confirmation(fcinfo, action);
	check_required_arguments(fcinfo, action);
	spec.method = action->method;
	spec.path = build_path(fcinfo, action);
	spec.body = build_body(fcinfo, action);
	spec.repeat_safe = (action->flags & FTX_ACT_REPEAT_SAFE) != 0;
	spec.takes_long = (action->flags & FTX_ACT_TAKES_LONG) != 0;
	spec.reads = !changes;
	expect_object(fcinfo, action, &spec);

	if ((action->flags & FTX_ACT_DELETES) != 0)
		spec.deletes = count_elements(spec.body);

	session = ftx_func_session(fcinfo, argument_count(action));
	call = changes ? ftx_func_write(session, &spec,
									psprintf("%s()", action->function)) :
					 ftx_func_read(session, &spec);
	if (call != NULL)
		return result(action, call, changes);
	json = ftx_dry_run_json(&spec);
	if (action->result == FTX_RESULT_MESSAGE)
		PG_RETURN_TEXT_P(cstring_to_text(json));
	PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(json)));
}
