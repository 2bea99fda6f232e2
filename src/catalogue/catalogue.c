/*-------------------------------------------------------------------------
 *
 * catalogue.c
 *		The list of resources, and looking things up in it.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/catalogue.h"
#include "catalogue/rows.h"

#include <stdio.h>
#include <string.h>

const FtxResource *const ftx_catalogue[] = {
	&ftx_account,
	&ftx_connector_certificates,
	&ftx_connector_columns,
	&ftx_connector_fingerprints,
	&ftx_connector_schemas,
	&ftx_connector_sdk_packages,
	&ftx_connector_states,
	&ftx_connector_sync_history,
	&ftx_connector_tables,
	&ftx_connector_type_configs,
	&ftx_connector_types,
	&ftx_connector_warnings,
	&ftx_connectors,
	&ftx_destination_certificates,
	&ftx_destination_fingerprints,
	&ftx_destinations,
	&ftx_group_users,
	&ftx_groups,
	&ftx_hybrid_agents,
	&ftx_log_services,
	&ftx_private_links,
	&ftx_proxy_agent_connectors,
	&ftx_proxy_agents,
	&ftx_roles,
	&ftx_secrets_manager_entities,
	&ftx_secrets_managers,
	&ftx_system_keys,
	&ftx_team_connectors,
	&ftx_team_groups,
	&ftx_team_users,
	&ftx_teams,
	&ftx_transformation_packages,
	&ftx_transformation_projects,
	&ftx_transformations,
	&ftx_user_api_keys,
	&ftx_user_connectors,
	&ftx_user_groups,
	&ftx_users,
	&ftx_webhooks,
	NULL,
};

const char *const ftx_booleans[] = {"true", "false", NULL};

const FtxResource *
ftx_resource_find(const char *name)
{
	for (const FtxResource *const *r = ftx_catalogue; *r != NULL; r++)
	{
		if (strcmp((*r)->name, name) == 0 ||
			((*r)->alias != NULL && strcmp((*r)->alias, name) == 0))
			return *r;
	}
	return NULL;
}

int
ftx_resource_column(const FtxResource *resource, const char *name)
{
	for (int i = 0; i < resource->ncolumns; i++)
	{
		if (strcmp(resource->columns[i].name, name) == 0)
			return i;
	}
	return -1;
}

int
ftx_resource_named(const FtxResource *resource, const FtxPiece *piece)
{
	for (int i = 0; i < resource->ncolumns; i++)
	{
		const char *name = resource->columns[i].name;

		if (strncmp(name, piece->name, piece->name_len) == 0 &&
			name[piece->name_len] == '\0')
			return i;
	}
	return -1;
}

int
ftx_resource_key(const FtxResource *resource)
{
	int key = -1;

	for (int i = 0; i < resource->ncolumns; i++)
	{
		unsigned flags = resource->columns[i].flags;

		if ((flags & FTX_KEY) != 0 && (key < 0 || (flags & FTX_PARENT) == 0))
			key = i;
	}
	return key;
}

const char *
ftx_type_sql(FtxType type)
{
	switch (type)
	{
		case FTX_TEXT:
			return "text";
		case FTX_BOOL:
			return "boolean";
		case FTX_INT4:
			return "integer";
		case FTX_FLOAT8:
			return "double precision";
		case FTX_TIMESTAMPTZ:
			return "timestamp with time zone";
		case FTX_TEXT_ARRAY:
			return "text[]";
		case FTX_JSONB:
			return "jsonb";
	}
	return "text";
}

/* ---------- invariants ---------- */

/* The last complaint; checked by the suite, one at a time. */
static char complaint[200];

static const char *
complain_of_row(const FtxResource *resource, const char *about,
				const char *what)
{
	snprintf(complaint, sizeof(complaint), "%s: %s %s", resource->name, about,
			 what);
	return complaint;
}

static const char *
check_template(const FtxResource *resource, const char *template)
{
	const char *at = template;
	FtxPiece piece;

	while (at != NULL && ftx_template_next(&at, &piece))
	{
		if (piece.name != NULL &&
			(piece.name_len == 0 || piece.name[piece.name_len] != '}'))
			return complain_of_row(resource, template, "has a broken {name}");
		if (piece.name != NULL && ftx_resource_named(resource, &piece) < 0)
			return complain_of_row(resource, template,
								   "has a {name} that is no column");
	}
	return NULL;
}

static const char *
check_columns(const FtxResource *resource)
{
	const FtxColumn *last = &resource->columns[resource->ncolumns - 1];

	if (strcmp(last->name, "attrs") != 0 || last->path == NULL ||
		last->path[0] != '\0')
		return complain_of_row(resource, last->name, "is last, not attrs");
	for (int i = 0; i < resource->ncolumns; i++)
	{
		const FtxColumn *column = &resource->columns[i];

		if (ftx_resource_column(resource, column->name) != i)
			return complain_of_row(resource, column->name, "stands twice");
		if ((column->flags & FTX_KEY) != 0 && (column->flags & FTX_UPDATE) != 0)
			return complain_of_row(resource, column->name,
								   "is an updatable key");
		if ((column->path == NULL) !=
			((column->flags & (FTX_WRITE_ONLY | FTX_PARENT)) != 0))
			return complain_of_row(
				resource, column->name,
				"has a path though nothing is read, or none");
		if ((column->flags & FTX_REQUIRED) != 0 &&
			(column->flags & FTX_CREATE) == 0)
			return complain_of_row(resource, column->name,
								   "is required but cannot be sent");
		if (column->comment == NULL)
			return complain_of_row(resource, column->name,
								   "has no description");
	}
	return NULL;
}

/*
 * A filter takes what its column may be: of a boolean two words, and of what
 * is neither that nor text nothing can be said by equality of texts.
 */
static const char *
check_filters(const FtxResource *resource)
{
	for (int i = 0; i < resource->nfilters; i++)
	{
		const FtxFilter *filter = &resource->filters[i];
		int column = ftx_resource_column(resource, filter->column);
		FtxType type;

		if (column < 0)
			return complain_of_row(resource, filter->column,
								   "is a filter but no column");
		type = resource->columns[column].type;
		if (type != FTX_TEXT && type != FTX_BOOL)
			return complain_of_row(resource, filter->column,
								   "is a filter but neither text nor boolean");
		if ((type == FTX_BOOL) != (filter->values == ftx_booleans))
			return complain_of_row(
				resource, filter->column,
				"is a filter whose values are not those of its type");
	}
	return NULL;
}

static const char *
check_read_only(const FtxResource *resource)
{
	for (int i = 0; i < resource->nread_only; i++)
	{
		const FtxReadOnly *member = &resource->read_only[i];
		int column = ftx_resource_column(resource, member->column);

		if (column < 0 || resource->columns[column].type != FTX_JSONB ||
			(resource->columns[column].flags & FTX_UPDATE) == 0)
			return complain_of_row(
				resource, member->column,
				"has a read-only member but is no object that is "
				"updated");
		if ((member->by == NULL) != (member->values == NULL) ||
			(member->by != NULL &&
			 ftx_resource_column(resource, member->by) < 0))
			return complain_of_row(resource, member->member,
								   "is read only by what is no column");
	}
	return NULL;
}

static const char *
check_parent(const FtxResource *resource)
{
	const FtxResource *parent;

	if (resource->parent == NULL)
		return NULL;
	parent = ftx_resource_find(resource->parent);
	if (parent == NULL)
		return complain_of_row(resource, resource->parent, "is no resource");
	for (int i = 0; i < resource->nlinks; i++)
	{
		const FtxLink *link = &resource->links[i];
		int column = ftx_resource_column(resource, link->column);

		if (column < 0 || (resource->columns[column].flags & FTX_PARENT) == 0)
			return complain_of_row(resource, link->column,
								   "is a link but no column of the parent");
		if (ftx_resource_column(parent, link->parent_column) < 0)
			return complain_of_row(resource, link->parent_column,
								   "is no column of the parent");
	}
	for (int i = 0; i < resource->ncolumns; i++)
	{
		bool linked = false;

		for (int j = 0; j < resource->nlinks; j++)
			linked |= strcmp(resource->links[j].column,
							 resource->columns[i].name) == 0;
		if (!linked && (resource->columns[i].flags & FTX_PARENT) != 0)
			return complain_of_row(resource, resource->columns[i].name,
								   "is not linked to the parent");
	}
	return NULL;
}

static int
count_of(const char *text, char c)
{
	int n = 0;

	for (; text != NULL && *text != '\0'; text++)
		n += *text == c;
	return n;
}

/*
 * "@n" is a name on the way to the item; "@n.member" a member of an object that
 * holds the item.
 */
static bool
is_name_path(const FtxResource *resource, const char *path)
{
	int level = path[1] - '0';
	int levels = count_of(resource->items, '*');

	if (level < 1 || level > levels)
		return false;
	return path[2] == '\0' || (path[2] == '.' && path[3] != '\0' &&
							   count_of(path, '.') == 1 && level < levels);
}

static const char *
check_name_paths(const FtxResource *resource)
{
	for (int i = 0; i < resource->ncolumns; i++)
	{
		const char *path = resource->columns[i].path;

		if (path != NULL && path[0] == '@' && !is_name_path(resource, path))
			return complain_of_row(resource, path, "names nothing in its maps");
	}
	return NULL;
}

/*
 * Maps of items, the template of merged rows, and the period.
 */
static const char *
check_shapes(const FtxResource *resource)
{
	int column;

	if (count_of(resource->items, '*') > FTX_MAX_NAMES)
		return complain_of_row(resource, resource->items,
							   "has more names than FTX_MAX_NAMES");
	if (count_of(resource->merged_at, '.') >= FTX_MAX_STEPS)
		return complain_of_row(resource, resource->merged_at,
							   "has more steps than FTX_MAX_STEPS");
	if (resource->period.column != NULL)
	{
		column = ftx_resource_column(resource, resource->period.column);
		if (column < 0 || resource->columns[column].type != FTX_TIMESTAMPTZ)
			return complain_of_row(resource, resource->period.column,
								   "bounds the period but is no timestamptz");
	}
	return check_template(resource, resource->merged_at);
}

/*
 * Does a path to items lead to those of another path, below one name more, the
 * parent's?  ("tables.*.columns.*" for "columns.*".)
 */
static bool
is_below_one_name(const char *path, const char *items)
{
	const char *name = path != NULL ? strchr(path, '*') : NULL;

	return name != NULL && name > path + 1 && name[-1] == '.' &&
		   name[1] == '.' && strcmp(name + 2, items) == 0;
}

/*
 * Lists of several parents: told apart by a name of the parent that the list's
 * path has, whose rows do not say which one they are but by their names.
 */
static const char *
check_batch(const FtxResource *resource)
{
	int key = ftx_resource_key(resource);
	int column;

	if (resource->batch.path == NULL)
		return NULL;
	column = ftx_resource_column(resource, resource->batch.column);
	if (column < 0 || (resource->columns[column].flags &
					   (FTX_KEY | FTX_PARENT)) != (FTX_KEY | FTX_PARENT))
		return complain_of_row(resource, resource->batch.column,
							   "tells no parents apart");
	if (resource->batch.most < 2 || resource->items == NULL || key < 0 ||
		resource->columns[key].path == NULL ||
		resource->columns[key].path[0] != '@')
		return complain_of_row(resource, resource->batch.member,
							   "cannot be asked for");
	if (!is_below_one_name(resource->batch.items, resource->items) ||
		count_of(resource->batch.items, '*') > FTX_MAX_NAMES)
		return complain_of_row(resource, resource->batch.path,
							   "does not lead to the items of several parents");
	return check_template(resource, resource->batch.path);
}

static const char *
check_resource(const FtxResource *resource)
{
	const char *templates[] = {resource->list,		resource->detail,
							   resource->extras[0], resource->extras[1],
							   resource->create,	resource->create_in,
							   resource->update,	resource->remove};
	const char *found = check_columns(resource);

	if (found == NULL)
		found = check_read_only(resource);
	if (found == NULL)
		found = check_filters(resource);
	if (found == NULL)
		found = check_parent(resource);
	if (found == NULL)
		found = check_shapes(resource);
	if (found == NULL)
		found = check_name_paths(resource);
	if (found == NULL)
		found = check_batch(resource);
	for (int i = 0; found == NULL && i < FTX_LENGTH(templates); i++)
		found = check_template(resource, templates[i]);
	if (found == NULL && resource->list == NULL && resource->detail == NULL)
		found = complain_of_row(resource, "it", "cannot be read");
	return found;
}

const char *
ftx_catalogue_check(void)
{
	for (int i = 0; ftx_catalogue[i] != NULL; i++)
	{
		const char *found = check_resource(ftx_catalogue[i]);

		if (found != NULL)
			return found;
		if (i > 0 &&
			strcmp(ftx_catalogue[i - 1]->name, ftx_catalogue[i]->name) >= 0)
			return complain_of_row(ftx_catalogue[i], "it", "is out of order");
	}
	return NULL;
}
