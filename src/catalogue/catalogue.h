/*-------------------------------------------------------------------------
 *
 * catalogue.h
 *		What Fivetran has, as constant data.
 *
 * One resource = one FtxResource; nothing else in the code knows the names of
 * resources, columns or paths.  Facts come from Fivetran's official API
 * definition.  Rows live in one file per family (catalogue/resources/groups.c,
 * ...) and are listed in catalogue.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_CATALOGUE_H
#define FTX_CATALOGUE_H

#include "catalogue/template.h"

#include <stdbool.h>
#include <stddef.h>

/* The one remote schema that IMPORT FOREIGN SCHEMA knows. */
#define FTX_REMOTE_SCHEMA "fivetran"

typedef enum FtxType
{
	FTX_TEXT,
	FTX_BOOL,
	FTX_INT4,
	FTX_FLOAT8,
	FTX_TIMESTAMPTZ,
	FTX_TEXT_ARRAY,
	FTX_JSONB
} FtxType;

/* Properties of a column, or'ed. */
#define FTX_KEY 0x0001	  /* identifies the row; {column} in paths */
#define FTX_DETAIL 0x0002 /* only the detail call returns it */
#define FTX_LIST_MAY_OMIT                                                      \
	0x0004						/* a list item without it needs the detail
									 * call when the query uses it */
#define FTX_PARENT 0x0008		/* given by the parent, see FtxLink */
#define FTX_CREATE 0x0010		/* may be sent on create */
#define FTX_REQUIRED 0x0020		/* must be sent on create */
#define FTX_UPDATE 0x0040		/* may be sent on update */
#define FTX_WRITE_ONLY 0x0080	/* no read returns it: reads give NULL */
#define FTX_ONE_TIME 0x0100		/* secret returned only by its creation */
#define FTX_MASKED 0x0200		/* reads may give it as ****** */
#define FTX_TESTS 0x0400		/* who sets it wants setup tests */
#define FTX_ACTS 0x0800			/* setting it does something each time */
#define FTX_LIST_ONLY 0x1000	/* the detail call does not return it */
#define FTX_EXTRA_1 0x2000		/* comes from FtxResource.extras[0] or [1]: a */
#define FTX_EXTRA_2 0x4000		/* call of its own per row */
#define FTX_ANSWER_ONLY 0x10000 /* only answers to writes have it */
#define FTX_EITHER                                                             \
	0x20000 /* FTX_ONE_TIME: some creations tell it, others \
								 * another one with this flag */
#define FTX_EXTRAS (FTX_EXTRA_1 | FTX_EXTRA_2)

typedef struct FtxColumn
{
	const char *name; /* SQL name; also the member of bodies, but for
					   * `member` */
	FtxType type;
	const char *path; /* keys in the item joined by dots; "" = the item
					   * itself; "@1", "@2": names of the map in which
					   * the item stands (FtxResource.items), "@1.key":
					   * a member of the object that has such a name;
					   * NULL when FTX_WRITE_ONLY or FTX_PARENT */
	unsigned flags;
	const char *comment;
	const char *member; /* name in bodies, if not `name`; NULL */
} FtxColumn;

/*
 * Most names that an item may stand under (each * of FtxResource.items), and
 * most steps of FtxResource.merged_at; arrays have this length.  Today's need 2
 * and 6, and ftx_catalogue_check() complains of more.
 */
#define FTX_MAX_NAMES 4
#define FTX_MAX_STEPS 8

/* A query parameter of the list call that means equality with a column. */
typedef struct FtxFilter
{
	const char *column;
	const char *parameter;
	const char *const *values; /* all that the API takes, ended by NULL; NULL
								* when it takes any */
} FtxFilter;

/*
 * A column of a child table and where its parent has that value.  Those that
 * are FTX_KEY come first and are bound in the path of the list; others are told
 * by the rows of the parent only.
 */
typedef struct FtxLink
{
	const char *column;
	const char *parent_column;
} FtxLink;

/*
 * A member of a jsonb column's object that reads give and updates do not take
 * (API definition: what the answer has and the request has not, and the
 * "readonly" configurations of services).  It is left out of what is sent.
 */
typedef struct FtxReadOnly
{
	const char *column;
	const char *member;
	bool on_create; /* creations take it */
	const char *by; /* only where this column of the row, which is read along,
					 * has one of `values`; NULL: always */
	const char *const *values; /* ended by NULL */
} FtxReadOnly;

/*
 * A table.  The simplest have a list and a detail call.  A child, as an
 * example: connector_columns has
 *
 *		list	/v1/connections/{connector_id}/schemas/{schema_name}/tables/
 *				{table_name}/columns
 *		items	columns.*			each member of "columns" is a row,
 *									and "@1" its name
 *		parent	connector_tables
 *		links	connector_id, schema_name and table_name are columns of
 *				those names there
 *
 * Its columns connector_id, schema_name and table_name are FTX_PARENT: they
 * come from the path, not from the answer.  A query that names all three makes
 * one call; one that names connector_id lists the rows of connector_tables with
 * it first (a child itself: one call) and then makes one call for each of them;
 * one that names nothing enumerates connectors for these.
 */
typedef struct FtxResource
{
	const char *name;  /* SQL name of the table */
	const char *alias; /* second name accepted for it, or NULL */
	const char *comment;

	/*
	 * Paths of its operations: templates ("/v1/groups/{id}") whose {column}s
	 * are bound to values of these columns.  NULL: there is none.  What else
	 * is to be said of them says operations.c.
	 */
	const char *list;	   /* GET; NULL: the detail call is the only read (a
							* singleton such as account) */
	bool paged;			   /* list takes cursor and limit */
	const char *detail;	   /* GET */
	const char *extras[2]; /* GET of one object, for FTX_EXTRA_1 and _2 */
	const char *create;	   /* POST */
	const char *create_in; /* POST used instead when the column bound in its
							* path is given (group webhooks) */
	const char *update;	   /* PATCH */
	const char *remove;	   /* DELETE */

	/*
	 * Where items stand in the answer to the list: NULL for data.items, else
	 * maps by name below data, "schemas.*.tables.*": each * stands for names,
	 * which columns get as "@1", "@2".
	 */
	const char *items;

	/*
	 * A child table: the paths of its reads have {columns} of the parent.
	 * When a query does not give them, the parents are enumerated.
	 */
	const char *parent; /* name of a resource, or NULL */
	const FtxLink *links;
	int nlinks;

	/*
	 * A POST that changes nothing and answers with the lists of several parents
	 * at once, which differ in one column only: {"member": [its values]}.
	 * Items then stand below the names of their parents, one level deeper.
	 * NULL path: there is none.  It is newer than the definition, and not every
	 * server has it: what it does not answer is asked for one by one.
	 */
	struct
	{
		const char *path;	/* with the other {columns} of the parent */
		const char *column; /* that names each parent */
		const char *member;
		const char *items; /* as below */
		int most;		   /* parents that one call takes */
		double typical;	   /* parents that differ in this column only */
	} batch;

	/*
	 * A list of what happened in a stretch of time: a timestamptz column, the
	 * parameters that bound it, and how many days back the API reaches.  NULL
	 * column: none.
	 */
	struct
	{
		const char *column;
		const char *from;
		const char *to;
		int days;
	} period;

	/*
	 * Failures of a read that only mean that the parent has none: statuses
	 * ("400") or codes ("NotFound_SchemaConfig").  NULL-terminated, or NULL.
	 */
	const char *const *absent;

	/*
	 * Where a row stands in the body of the update, whose rows are then merged
	 * into one request: "schemas.{schema_name}.tables.{table_name}"; or NULL.
	 */
	const char *merged_at;

	/*
	 * Members, as JSON, that an update sends unless it sets a column that is
	 * FTX_TESTS; or NULL.
	 */
	const char *update_default;

	/*
	 * SQL function to be used instead of DELETE, where the API deletes more
	 * than the row; or NULL.
	 */
	const char *remove_function;

	/*
	 * Member of the one object that has its key, where the key is a column of
	 * the parent, which is not read from the object; NULL if none has.
	 */
	const char *object_id;

	/*
	 * Member that the one object always has, where it does not say which one it
	 * is: without it the answer is not what was asked for.  NULL elsewhere.
	 */
	const char *always;

	/*
	 * Member of the answer to a creation that holds the key, if it is not
	 * where reads have it; or NULL.
	 */
	const char *created_key;

	/*
	 * Where the answer to a creation has no object and the key is not known:
	 * the column by which the new object is found in its list.
	 */
	const char *find_by;

	const FtxColumn *columns; /* the last one is attrs, path "" */
	int ncolumns;
	const FtxFilter *filters;
	int nfilters;
	const FtxReadOnly *read_only;
	int nread_only;

	/*
	 * Names that stand where the detail path has its key but are routes of
	 * their own: never asked for as a key.  NULL-terminated, or NULL.
	 */
	const char *const *literal_routes;

	double typical_rows; /* planner's guess without ANALYZE */
} FtxResource;

/* All resources, sorted by name; NULL-terminated. */
extern const FtxResource *const ftx_catalogue[];

/* Find a resource by name or alias; NULL if there is none. */
extern const FtxResource *ftx_resource_find(const char *name);

/* Index of the column of that name, or -1. */
extern int ftx_resource_column(const FtxResource *resource, const char *name);

/* The same for the {name} of a template's piece. */
extern int
ftx_resource_named(const FtxResource *resource, const FtxPiece *piece);

/*
 * Index of the column that identifies a row, in a child table within its
 * parent: the last key column that is not FTX_PARENT if there is one, else the
 * first key column; -1 if there is none (a singleton).
 */
extern int ftx_resource_key(const FtxResource *resource);

/* SQL type of a column as it is written in CREATE FOREIGN TABLE. */
extern const char *ftx_type_sql(FtxType type);

/*
 * First broken invariant of the catalogue in words, or NULL: names unique and
 * sorted, attrs last, every {column} of a path is a column, filter columns
 * exist, a key is not updatable.  Called by the test suite.
 */
extern const char *ftx_catalogue_check(void);

#endif /* FTX_CATALOGUE_H */
