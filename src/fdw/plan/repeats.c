/*-------------------------------------------------------------------------
 *
 * repeats.c
 *		How often a scan that is run again and again asks for something else.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fdw/plan/readings.h"
#include "nodes/nodeFuncs.h"

static bool
add_param(Node *node, void *context)
{
	Bitmapset **params = context;

	if (node == NULL)
		return false;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXEC)
		*params = bms_add_member(*params, ((Param *) node)->paramid);
	return expression_tree_walker(node, add_param, context);
}

double
ftx_reading_loops(const FtxReading *reading, const void *expr)
{
	Bitmapset *params = NULL;
	double loops = 1;

	(void) add_param(unconstify(void *, expr), &params);

	/* from the innermost: what it takes may be found by what others tell */
	for (int i = list_length(reading->repeats) - 1; i >= 0; i--)
	{
		const FtxRepeat *repeat = list_nth(reading->repeats, i);

		if (!bms_overlap(params, repeat->params))
			continue;
		loops *= repeat->n;
		params = bms_add_members(params, repeat->from);
	}
	return loops;
}

double
ftx_reading_starts(const FtxReading *reading)
{
	double starts = 1;
	ListCell *lc;

	foreach (lc, reading->repeats)
		starts *= ((const FtxRepeat *) lfirst(lc))->n;
	return starts;
}
