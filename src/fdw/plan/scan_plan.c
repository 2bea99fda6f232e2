/*-------------------------------------------------------------------------
 *
 * scan_plan.c
 *		What planning leaves for a scan, as nodes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "catalogue/catalogue.h"
#include "fdw/plan/fields.h"
#include "fdw/plan/scan_plan.h"
#include "nodes/value.h"

static void
plan_fields(FtxScanPlan *plan, FtxFields *fields)
{
	const char *resource = fields->unpacks ? NULL : plan->resource->name;
	int mode = plan->mode;

	ftx_field_text(fields, &resource);
	ftx_field_number(fields, &mode);
	ftx_field_flag(fields, &plan->key_is_array);
	ftx_field_list(fields, &plan->filters);
	ftx_field_number(fields, &plan->list_filter);
	ftx_field_number(fields, &plan->most_lists);
	ftx_field_list(fields, &plan->path_keys);
	ftx_field_number(fields, &plan->list_key);
	ftx_field_list(fields, &plan->attnums);
	ftx_field_list(fields, &plan->first_attnums);
	ftx_field_flag(fields, &plan->needs_detail);
	ftx_field_flag(fields, &plan->needs_parent);
	ftx_field_number(fields, &plan->page_size);
	ftx_field_flag(fields, &plan->prefetch);
	ftx_field_flag(fields, &plan->few_rows);
	ftx_field_flag(fields, &plan->null_for_misfits);
	ftx_field_number(fields, &plan->limit);
	ftx_field_list(fields, &plan->sort_operators);
	ftx_field_list(fields, &plan->sort_collations);
	ftx_field_list(fields, &plan->sort_nulls_first);
	ftx_field_flag(fields, &plan->sort_in_doubt);
	ftx_field_number(fields, &plan->list_rows);
	ftx_field_number(fields, &plan->list_pages);
	ftx_field_number(fields, &plan->calls);
	ftx_field_number(fields, &plan->detail_calls);
	ftx_field_number(fields, &plan->row_calls);
	ftx_field_number(fields, &plan->parent_calls);
	ftx_field_list(fields, &plan->set_attnums);
	ftx_field_list(fields, &plan->return_attnums);
	ftx_field_flag(fields, &plan->returning);
	ftx_field_flag(fields, &plan->can_set_tag);
	plan->resource = ftx_resource_find(resource);
	plan->mode = mode;
}

void
ftx_scan_plan_pack(const FtxScanPlan *plan, ForeignScan *scan)
{
	FtxScanPlan copy = *plan;
	FtxFields fields = {.unpacks = false};

	plan_fields(&copy, &fields);
	scan->fdw_private = fields.nodes;
	scan->fdw_exprs = NIL;
	for (int i = 0; i < FTX_SCAN_EXPRS; i++)
		scan->fdw_exprs = lappend(scan->fdw_exprs, plan->exprs[i]);
}

void
ftx_scan_plan_unpack(const ForeignScan *scan, FtxScanPlan *plan)
{
	FtxFields fields = {.unpacks = true, .nodes = scan->fdw_private};

	memset(plan, 0, sizeof(*plan));
	plan_fields(plan, &fields);
	for (int i = 0; i < FTX_SCAN_EXPRS; i++)
		plan->exprs[i] = list_nth(scan->fdw_exprs, i);
}

List *
ftx_foreign_path_pack(FtxScanMode mode, double calls)
{
	return list_make2(makeInteger(mode),
					  makeInteger((int) Min(calls, INT_MAX)));
}

FtxScanMode
ftx_foreign_path_mode(const ForeignPath *path)
{
	return intVal(linitial(path->fdw_private));
}

int
ftx_foreign_path_calls(const ForeignPath *path)
{
	return intVal(lsecond(path->fdw_private));
}
