/*-------------------------------------------------------------------------
 *
 * gather.c
 *		Parents whose lists can be asked for by one call.
 *
 * Parents of a batch come one after the other: a schema configuration names the
 * tables of a schema together.  So only neighbours are gathered, and nothing is
 * held back for others that may follow.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalogue/catalogue.h"
#include "json/json.h"
#include "miscadmin.h"
#include "read/binding.h"
#include "read/gather.h"
#include "read/items_state.h"
#include "read/pages.h"
#include "utils/memutils.h"

static FtxParents *
create_parents(FtxItems *items, int most)
{
	MemoryContext cxt = AllocSetContextCreate(
		items->range_cxt, "fivetrex parents", ALLOCSET_SMALL_SIZES);
	FtxParents *parents = MemoryContextAllocZero(cxt, sizeof(FtxParents));

	parents->cxt = cxt;
	parents->parents = MemoryContextAllocZero(cxt, sizeof(FtxParent) * most);
	return parents;
}

/*
 * Add a copy of the parent that was taken last.
 */
static void
add_parent(FtxItems *items, FtxParents *parents, const FtxBinding *binding)
{
	int ncolumns = items->spec.resource->ncolumns;
	FtxParent *parent = &parents->parents[parents->n++];
	MemoryContext old = MemoryContextSwitchTo(parents->cxt);

	parent->listed = items->plan.enumerate && !items->enumerated;
	parent->binding = ftx_binding_copy(binding);
	if (items->told != NULL)
		parent->told = palloc0(sizeof(FtxJsonValue) * ncolumns);
	for (int i = 0; i < ncolumns; i++)
	{
		if (parent->told == NULL || items->told[i].kind == FTX_JSON_ABSENT)
			continue;
		parent->told[i] = items->told[i];
		parent->told[i].text = pnstrdup(items->told[i].text,
										items->told[i].len);
	}
	MemoryContextSwitchTo(old);
}

/*
 * Can the parent be asked for by the same call as these?
 */
static bool
belongs(const FtxItems *items, const FtxParents *parents,
		const FtxBinding *binding)
{
	const FtxResource *resource = items->spec.resource;
	int differs = ftx_resource_column(resource, resource->batch.column);
	const FtxBinding *first = parents->parents[0].binding;
	int column = -1;

	while ((column = bms_next_member(items->needed, column)) >= 0)
	{
		if (column != differs &&
			strcmp(first->texts[column], binding->texts[column]) != 0)
			return false;
	}
	return true;
}

/*
 * Is there another parent, or its end, without waiting for an answer?
 */
static bool
parent_in_hand(const FtxItems *items)
{
	const FtxItems *above = items->parents;

	if (items->parents_ended)
		return false;
	if (items->enumerated) /* others that are known follow */
		return true;
	return above->current >= 0 &&
		   above->lanes[above->current].parents == NULL &&
		   ftx_pages_item_here(above->lanes[above->current].pages);
}

FtxParents *
ftx_parents_gather(FtxItems *items, int most)
{
	FtxParents *parents = items->gathered;
	MemoryContext taken = AllocSetContextCreate(
		CurrentMemoryContext, "fivetrex parent", ALLOCSET_SMALL_SIZES);
	bool first = parents == NULL;

	/* `most` may be less than it was when the first of them was taken */
	items->gathered = NULL;
	while (first ||
		   (parents != NULL && parents->n < most && parent_in_hand(items)))
	{
		MemoryContext old;
		FtxBinding *binding;

		first = false;
		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(taken);
		old = MemoryContextSwitchTo(taken);
		binding = ftx_parents_next(items);
		MemoryContextSwitchTo(old);
		if (binding == NULL || !ftx_parent_addressable(items, binding))
			continue;
		if (parents != NULL && !belongs(items, parents, binding))
		{
			items->gathered = create_parents(items,
											 items->spec.resource->batch.most);
			add_parent(items, items->gathered, binding);
			break;
		}
		if (parents == NULL)
			parents = create_parents(items, items->spec.resource->batch.most);
		add_parent(items, parents, binding);
	}
	MemoryContextDelete(taken);
	return parents;
}

void
ftx_parents_leave(FtxItems *items, FtxParents *parents)
{
	FtxParents **place = &items->left;

	for (int i = 0; i < parents->n; i++)
	{
		if (parents->parents[i].answered)
			continue;
		/* behind those of earlier batches */
		while (*place != NULL)
			place = &(*place)->following;
		*place = parents;
		parents->next = i;
		return;
	}
	MemoryContextDelete(parents->cxt);
}

const FtxParent *
ftx_parents_left(const FtxItems *items)
{
	return &items->left->parents[items->left->next];
}

void
ftx_parents_left_asked(FtxItems *items)
{
	FtxParents *parents = items->left;

	do
		parents->next++;
	while (parents->next < parents->n &&
		   parents->parents[parents->next].answered);
	if (parents->next < parents->n)
		return;
	items->left = parents->following;
	MemoryContextDelete(parents->cxt);
}
