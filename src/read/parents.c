/*-------------------------------------------------------------------------
 *
 * parents.c
 *		The parents whose lists are read: known ones, and enumerated ones.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/secrets/words.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/value.h"
#include "lib/stringinfo.h"
#include "read/binding.h"
#include "read/items_state.h"
#include "read/slot.h"
#include "utils/json.h"

/*
 * Does the column of a link name the parent?
 */
static bool
names_parent(const FtxItems *items, int column)
{
	return (items->spec.resource->columns[column].flags & FTX_KEY) != 0;
}

/*
 * Is the column of a link wanted: because it names the parent, or by somebody
 * who reads it?
 */
static bool
link_wanted(const FtxItems *items, int column)
{
	bool wanted = names_parent(items, column);

	for (int i = 0; i < items->spec.projection->nslots; i++)
		wanted |= items->spec.slot_columns[i] == column;
	return wanted;
}

/*
 * The items of the parents, with the columns that the links want.
 */
static FtxItems *
create_parents(FtxItems *items)
{
	const FtxResource *resource = items->spec.resource;
	const FtxResource *parent = ftx_resource_find(resource->parent);
	MemoryContext old = MemoryContextSwitchTo(items->cxt);
	const char **paths = palloc(sizeof(char *) * (resource->nlinks + 1));
	int *columns = palloc(sizeof(int) * (resource->nlinks + 1));
	FtxReadSpec spec = items->spec;
	FtxItems *parents;

	columns[FTX_KEY_SLOT] = ftx_resource_key(parent);
	paths[FTX_KEY_SLOT] = ftx_slot_path(&parent->columns[columns[0]]);
	for (int i = 0; i < resource->nlinks; i++)
	{
		const FtxLink *link = &resource->links[i];
		bool wanted = link_wanted(items,
								  ftx_resource_column(resource, link->column));
		int column = ftx_resource_column(parent, link->parent_column);

		columns[i + 1] = wanted ? column : -1;
		paths[i + 1] = wanted ? ftx_slot_path(&parent->columns[column]) : "@0";
	}
	spec.resource = parent;
	spec.projection = ftx_projection_create(paths, resource->nlinks + 1);
	spec.slot_columns = columns;
	spec.limit = -1;
	spec.page_size = items->spec.session->options.page_size;
	parents = ftx_items_create(&spec);
	MemoryContextSwitchTo(old);
	return parents;
}

/*
 * The same for the parents of our parents, as far as they tell.
 */
static bool
parent_wanted_below(void *arg, const FtxBinding *above)
{
	FtxItems *items = arg;
	const FtxResource *resource = items->spec.resource;
	const FtxResource *parent = ftx_resource_find(resource->parent);
	FtxBinding *known = ftx_binding_create(resource);
	bool wanted;

	for (int i = 0; i < resource->nlinks; i++)
	{
		int from = ftx_resource_column(parent,
									   resource->links[i].parent_column);
		int to = ftx_resource_column(resource, resource->links[i].column);

		if ((parent->columns[from].flags & FTX_PARENT) != 0)
			known->texts[to] = above->texts[from];
	}
	wanted = items->wanted(items->wanted_arg, known);
	pfree(known);
	return wanted;
}

FtxItemsRange
ftx_parents_range(FtxItems *items, const FtxItemsRange *range)
{
	const FtxResource *resource = items->spec.resource;
	const FtxResource *parent = ftx_resource_find(resource->parent);
	FtxItemsRange parents = {.many_column = -1, .query = ""};

	if (items->parents == NULL)
		items->parents = create_parents(items);
	if (range->wanted != NULL && parent->parent != NULL)
	{
		parents.wanted = parent_wanted_below;
		parents.wanted_arg = items;
	}
	parents.binding = ftx_binding_create(parent);
	for (int i = 0; i < resource->nlinks; i++)
	{
		int column = ftx_resource_column(resource, resource->links[i].column);
		int above = ftx_resource_column(parent,
										resource->links[i].parent_column);

		if ((parent->columns[above].flags & FTX_PARENT) == 0)
			continue;
		parents.binding->texts[above] = range->binding->texts[column];
		if (column == range->many_column)
		{
			parents.many_column = above;
			parents.many = range->many;
			parents.nmany = range->nmany;
		}
	}
	return parents;
}

/*
 * Was the parent enumerated before?  A list that names one twice, as pages that
 * shift do, must not double its children.
 */
static bool
seen_before(FtxItems *items, const FtxBinding *parent)
{
	const FtxResource *resource = items->spec.resource;
	StringInfoData name;
	texthash_entry *entry;
	bool found;

	if (items->known == NULL)
		items->known = texthash_create(items->range_cxt, 64, NULL);
	initStringInfo(&name);
	for (int i = 0; i < resource->nlinks; i++)
	{
		int column = ftx_resource_column(resource, resource->links[i].column);

		if (names_parent(items, column))
			escape_json(&name, parent->texts[column]);
	}
	entry = texthash_insert(items->known, name.data, &found);
	if (!found)
		entry->text = MemoryContextStrdup(items->range_cxt, name.data);
	pfree(name.data);
	return found;
}

/*
 * The text of what a parent tells beside its name; NULL if no text has its
 * characters.  That is no matter before a row is made of it.
 */
static char *
told_text(const FtxJsonValue *value)
{
	MemoryContext old = CurrentMemoryContext;
	char *volatile text = NULL;

	PG_TRY();
	{
		text = ftx_json_text(value);
	}
	PG_CATCH();
	{
		if (geterrcode() != ERRCODE_UNTRANSLATABLE_CHARACTER)
			PG_RE_THROW();
		MemoryContextSwitchTo(old);
		FlushErrorState();
	}
	PG_END_TRY();
	return text;
}

/*
 * Take the next one that was enumerated into `parent`; false if it is none
 * that was asked for.  At the end `enumerated` is set.
 */
static bool
next_enumerated(FtxItems *items, FtxBinding *parent)
{
	const FtxResource *resource = items->spec.resource;
	const FtxJsonValue *item = ftx_items_next(items->parents);
	bool matches = true;

	if (item == NULL)
	{
		items->told = NULL;
		items->enumerated = true;
		items->parents_ended = !items->plan.known;
		return false;
	}
	for (int i = 0; i < resource->nlinks; i++)
	{
		int column = ftx_resource_column(resource, resource->links[i].column);
		const char *wanted = items->binding->texts[column];
		char *text;

		if (!names_parent(items, column))
		{
			parent->texts[column] = told_text(&item[i + 1]);
			items->told[column] = item[i + 1];
			continue;
		}
		text = ftx_json_text(&item[i + 1]);
		parent->texts[column] = text;
		matches &= text != NULL &&
				   (wanted == NULL || strcmp(text, wanted) == 0);
	}
	return matches && !seen_before(items, parent);
}

/*
 * Take the next one that is known into `parent`; as next_enumerated().  At the
 * end parents_ended is set.
 */
static bool
next_known(FtxItems *items, FtxBinding *parent)
{
	int n = items->many_column >= 0 ? items->nmany : Max(items->nlists, 1);

	if (items->next_many >= n)
	{
		items->parents_ended = true;
		return false;
	}
	if (items->many_column >= 0)
		parent->texts[items->many_column] = items->many[items->next_many];
	items->next_many++;
	return !items->enumerated || !seen_before(items, parent);
}

FtxBinding *
ftx_parents_next(FtxItems *items)
{
	bool enumerated = items->plan.enumerate && !items->enumerated;
	FtxBinding *parent = enumerated ? ftx_binding_create(items->spec.resource) :
									  ftx_binding_copy(items->binding);

	if (enumerated ? !next_enumerated(items, parent) :
					 !next_known(items, parent))
		return NULL;
	if (items->wanted != NULL && !items->wanted(items->wanted_arg, parent))
		return NULL;
	return parent;
}

bool
ftx_parent_addressable(const FtxItems *items, const FtxBinding *parent)
{
	const FtxResource *resource = items->spec.resource;
	int column = ftx_binding_lacks(parent, ftx_list_template(resource));

	if (column >= 0 && items->plan.enumerate && !items->plan.known)
		ereport(ERROR,
				(errcode(ERRCODE_PROTOCOL_VIOLATION),
				 errmsg("%s \"%s\" cannot be named in a request",
						resource->columns[column].name,
						ftx_words_of_text(parent->texts[column], false))));
	return column < 0;
}
