/*-------------------------------------------------------------------------
 *
 * selftest.c
 *		fivetrex_selftest(): what of the catalogue the account serves.
 *
 * One cheap call per table: the first row of its list, or of that of the first
 * parent.  Nothing is raised for what the API answers: the answer is a row.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/answer.h"
#include "api/calls/call.h"
#include "api/calls/call_answer.h"
#include "api/calls/map.h"
#include "api/calls/page.h"
#include "api/calls/session.h"
#include "api/calls/stats.h"
#include "base/method.h"
#include "catalogue/catalogue.h"
#include "fmgr.h"
#include "func/func.h"
#include "funcapi.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/value.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "read/binding.h"
#include "read/page_call.h"
#include "read/pages.h"
#include "read/period.h"
#include "read/slot.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(fivetrex_selftest);

/* What one table answered. */
typedef struct Probe
{
	bool done;
	const char *status;
	char *request;
	char *detail;
	FtxBinding *first; /* of the first row; or NULL */
} Probe;

static int
catalogue_index(const char *name)
{
	for (int i = 0; ftx_catalogue[i] != NULL; i++)
	{
		if (strcmp(ftx_catalogue[i]->name, name) == 0)
			return i;
	}
	return -1;
}

static void
describe_failure(FtxCall *call, Probe *probe)
{
	probe->detail = ftx_call_failure(call);
	switch (ftx_call_answer(call)->problem)
	{
		case FTX_PROBLEM_OBJECT_MISSING:
		case FTX_PROBLEM_PARENT_HAS_NONE:
			probe->status = "empty";
			break;
		case FTX_PROBLEM_FORBIDDEN:
			probe->status = "forbidden";
			break;
		case FTX_PROBLEM_ROUTE_MISSING:
		case FTX_PROBLEM_LIST_MISSING:
			probe->status = "not available";
			break;
		default:
			probe->status = "error";
	}
}

/*
 * Where an item says which one it is: the member and, of a single object whose
 * key is known, its value; a member of NULL: it does not say.
 */
static const char *
identity(const FtxBinding *parent, bool list, const char **expected)
{
	const FtxResource *resource = parent->resource;
	int key = ftx_resource_key(resource);

	*expected = NULL;
	if (!list && resource->object_id != NULL)
	{
		*expected = parent->texts[key];
		return resource->object_id;
	}
	if (!list && resource->always != NULL)
		return resource->always;
	if (key < 0 || resource->columns[key].path == NULL ||
		resource->columns[key].path[0] == '@')
		return NULL;
	return resource->columns[key].path;
}

/*
 * What is wrong with an item, by the value of the member above, as reading the
 * table would say it; NULL: nothing.
 */
static const char *
item_complaint(const FtxResource *resource, bool list, const char *member,
			   const char *expected, const FtxJsonValue *value)
{
	if (member == NULL)
		return NULL;
	if (!list && resource->always != NULL && expected == NULL)
		return ftx_always_complaint(resource, value);
	if (value->kind != FTX_JSON_STRING && value->kind != FTX_JSON_NUMBER)
		return psprintf("An item has no \"%s\".", member);
	if (expected != NULL && !ftx_json_equals(value, expected))
		return "It is about another object.";
	return NULL;
}

/*
 * The keys of the first item of a parent.  NULL if one has characters that no
 * text has: then there is a row to say it, and others go on.
 */
static FtxBinding *
take_keys(const FtxBinding *parent, const FtxJsonValue *values)
{
	const FtxResource *resource = parent->resource;
	MemoryContext old = CurrentMemoryContext;
	FtxBinding *keys = ftx_binding_create(resource);
	volatile bool taken = true;

	PG_TRY();
	{
		for (int i = 0; i < resource->ncolumns; i++)
		{
			if ((resource->columns[i].flags & FTX_PARENT) != 0)
				keys->texts[i] = parent->texts[i];
			else if ((resource->columns[i].flags & FTX_KEY) != 0)
				keys->texts[i] = ftx_json_text(&values[i]);
		}
	}
	PG_CATCH();
	{
		if (geterrcode() != ERRCODE_UNTRANSLATABLE_CHARACTER)
			PG_RE_THROW();
		MemoryContextSwitchTo(old);
		FlushErrorState();
		taken = false;
	}
	PG_END_TRY();
	return taken ? keys : NULL;
}

/*
 * Take the first item: values of the columns that are keys or text.
 */
static void
take_first(FtxCall *call, const FtxBinding *parent, bool list, Probe *probe)
{
	const FtxResource *resource = parent->resource;
	int n = resource->ncolumns;
	const char **paths = palloc(sizeof(char *) * (n + 1));
	const char *expected;
	const char *member = identity(parent, list, &expected);
	const char *complaint;
	FtxWanted wanted = {.shape = FTX_SHAPE_OBJECT};
	FtxPage page = {0};
	FtxJsonValue *values;

	for (int i = 0; i < n; i++)
		paths[i] = resource->columns[i].path ?
					   ftx_slot_path(&resource->columns[i]) :
					   "@0";
	paths[n] = member != NULL ? member : "@0";
	wanted.projection = ftx_projection_create(paths, n + 1);
	wanted.items = resource->items;
	if (list)
		wanted.shape = resource->items != NULL ? FTX_SHAPE_MAP : FTX_SHAPE_LIST;
	if (!ftx_call_try_decode(call, &wanted, &page))
	{
		describe_failure(call, probe);
		return;
	}
	probe->status = page.nitems > 0 ? "served" : "empty";
	if (page.nitems == 0)
		return;
	values = page.values;
	if (wanted.shape == FTX_SHAPE_MAP)
	{
		values = palloc(sizeof(FtxJsonValue) * (n + 1));
		ftx_map_item(&page, 0, wanted.projection, values);
	}
	complaint = item_complaint(resource, list, member, expected, &values[n]);
	if (complaint != NULL)
	{
		probe->status = "error";
		probe->detail = pstrdup(complaint);
		return;
	}
	probe->first = take_keys(parent, values);
	if (probe->first == NULL)
	{
		probe->status = "error";
		probe->detail = "The key of an item is no text.";
	}
}

/*
 * Is it a failure that every table would meet: the key is not taken, or the
 * server is not reached?  One whose answer cannot be taken was reached.
 */
static bool
is_about_all(const FtxAnswer *answer)
{
	return answer->status == 401 ||
		   (answer->status == 0 && answer->problem != FTX_PROBLEM_MALFORMED &&
			answer->problem != FTX_PROBLEM_TOO_LARGE);
}

/*
 * A table whose rows belong to those of another one, which gave none.
 */
static void
describe_orphan(const Probe *above, const char *parent, Probe *probe)
{
	if (strcmp(above->status, "empty") == 0)
	{
		probe->status = "empty";
		probe->detail = psprintf("there are no %s", parent);
	}
	else
	{
		probe->status = "unknown";
		probe->detail = psprintf("%s: %s", parent, above->status);
	}
}

static void
probe_resource(FtxSession *session, Probe *probes, int index)
{
	const FtxResource *resource = ftx_catalogue[index];
	Probe *probe = &probes[index];
	FtxBinding *parent = ftx_binding_create(resource);
	bool list = resource->list != NULL;
	const char *template = list ? resource->list : resource->detail;
	FtxCallSpec spec;
	FtxStats *stats = palloc0(sizeof(FtxStats));
	StringInfoData path;
	FtxCall *call;

	if (probe->done)
		return;
	probe->done = true;
	if (resource->parent != NULL)
	{
		int above = catalogue_index(resource->parent);

		probe_resource(session, probes, above);
		if (probes[above].first == NULL)
		{
			describe_orphan(&probes[above], resource->parent, probe);
			return;
		}
		for (int i = 0; i < resource->nlinks; i++)
			parent->texts[ftx_resource_column(resource,
											  resource->links[i].column)] =
				probes[above].first->texts[ftx_resource_column(
					ftx_catalogue[above], resource->links[i].parent_column)];
	}
	if (ftx_binding_lacks(parent, template) >= 0)
	{
		probe->status = "error";
		probe->detail = psprintf("The first of %s has no key to ask with.",
								 resource->parent);
		return;
	}
	initStringInfo(&path);
	appendStringInfoString(&path, ftx_binding_path(parent, template));
	if (resource->period.column != NULL)
		(void) ftx_period_params(resource, DT_NOBEGIN, DT_NOEND,
								 GetCurrentTimestamp(), &path);
	spec = ftx_page_call(&(FtxReadSpec){.resource = resource}, path.data, list,
						 1, NULL);
	call = ftx_call_start(session, &spec, stats, NULL, CurrentMemoryContext);
	probe->request = psprintf("%s %s", ftx_method_name(spec.method), spec.path);
	if (ftx_call_succeeded(call))
		take_first(call, parent, list, probe);
	else if (is_about_all(ftx_call_answer(call)))
		ftx_call_raise(call);
	else
		describe_failure(call, probe);
}

/*
 * fivetrex_selftest(server name) returns setof
 *		(table_name, status, request, detail)
 */
Datum
fivetrex_selftest(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	FtxSession *session = ftx_func_session(fcinfo, 0);
	Probe *probes;
	int n = 0;

	while (ftx_catalogue[n] != NULL)
		n++;
	probes = palloc0(sizeof(Probe) * n);
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < n; i++)
	{
		Datum values[4] = {0};
		bool nulls[4] = {0};
		const char *texts[4];

		CHECK_FOR_INTERRUPTS();
		probe_resource(session, probes, i);
		texts[0] = ftx_catalogue[i]->name;
		texts[1] = probes[i].status;
		texts[2] = probes[i].request;
		texts[3] = probes[i].detail;
		for (int j = 0; j < 4; j++)
		{
			nulls[j] = texts[j] == NULL;
			if (texts[j] != NULL)
				values[j] = CStringGetTextDatum(texts[j]);
		}
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
