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

#include "fdw/fdw.h"
#include "fmgr.h"
#include "func/func.h"
#include "funcapi.h"
#include "json/value.h"
#include "miscadmin.h"
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
	char **first; /* values of the first row, by catalogue index; or NULL */
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
 * Take the first item: values of the columns that are keys or text.
 */
static void
take_first(FtxCall *call, const FtxResource *resource, bool list, char **bound,
		   Probe *probe)
{
	const char **paths = palloc(sizeof(char *) * resource->ncolumns);
	FtxWanted wanted = {.shape = FTX_SHAPE_OBJECT};
	FtxPage page = {0};

	for (int i = 0; i < resource->ncolumns; i++)
		paths[i] = resource->columns[i].path ?
					   ftx_slot_path(&resource->columns[i]) :
					   "@0";
	wanted.projection = ftx_projection_create(paths, resource->ncolumns);
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
	probe->first = palloc0(sizeof(char *) * resource->ncolumns);
	for (int i = 0; i < resource->ncolumns; i++)
		probe->first[i] = (resource->columns[i].flags & FTX_PARENT) != 0 ?
							  bound[i] :
						  (resource->columns[i].flags & FTX_KEY) != 0 ?
							  ftx_json_text(&page.values[i]) :
							  NULL;
}

static void
probe_resource(FtxSession *session, Probe *probes, int index)
{
	const FtxResource *resource = ftx_catalogue[index];
	Probe *probe = &probes[index];
	char **bound = palloc0(sizeof(char *) * resource->ncolumns);
	bool list = resource->list.path != NULL;
	const FtxOperation *operation = list ? &resource->list : &resource->detail;
	FtxCallSpec spec = {0};
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
			probe->status = "empty";
			probe->detail = psprintf("there are no %s", resource->parent);
			return;
		}
		for (int i = 0; i < resource->nlinks; i++)
			bound[ftx_resource_column(resource, resource->links[i].column)] =
				probes[above].first[ftx_resource_column(
					ftx_catalogue[above], resource->links[i].parent_column)];
	}
	initStringInfo(&path);
	appendStringInfoString(&path, ftx_bound_path(resource, operation, bound));
	if (resource->window.column != NULL)
		(void) ftx_window_params(resource, DT_NOBEGIN, DT_NOEND,
								 GetCurrentTimestamp(), &path);
	if (list && resource->paged)
		ftx_path_add_param(&path, "limit", "1");
	spec.method = FTX_GET;
	spec.path = path.data;
	spec.accept = operation->accept;
	spec.expected.no_key = resource->parent == NULL;
	spec.expected.absent = resource->absent;
	spec.expected.bare = operation->bare;
	spec.repeat_safe = true;
	call = ftx_call_start(session, &spec, stats, NULL, CurrentMemoryContext);
	probe->request = psprintf("GET %s", path.data);
	if (ftx_call_succeeded(call))
		take_first(call, resource, list, bound, probe);
	else if (ftx_call_answer(call)->status == 401 ||
			 ftx_call_answer(call)->status == 0)
		ftx_call_raise(call); /* that is about all tables */
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
