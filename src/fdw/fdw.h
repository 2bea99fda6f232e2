/*-------------------------------------------------------------------------
 *
 * fdw.h
 *		What the files of the foreign data wrapper share.
 *
 * The planner part (quals.c, plan.c) decides how a table is read and leaves
 * that as a list (enum FtxPlanItem) and expressions; the executor part
 * (scan.c, source.c, convert.c, explain.c) takes it from there.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_FDW_H
#define FTX_FDW_H

#include "api/call.h"
#include "base/compat.h"
#include "foreign/fdwapi.h"
#include "nodes/pathnodes.h"

/* How the rows of a table are got. */
typedef enum FtxScanMode
{
	FTX_SCAN_LIST,	   /* the list call, page by page */
	FTX_SCAN_KEYS,	   /* one detail call per key */
	FTX_SCAN_SINGLETON /* the one detail call, without a key */
} FtxScanMode;

/* In quals.c */

/* A clause that narrows the request. */
typedef struct FtxMatch
{
	RestrictInfo *rinfo;
	int column;		/* index in the catalogue */
	bool is_key;	/* the detail call's key */
	bool is_parent; /* of a child table: in the path of its list or object */
	int filter;		/* index in FtxResource.filters, or -1 */
	bool is_array;	/* column = ANY (value) */
	Expr *value;	/* text, or text[] */
} FtxMatch;

/* What the planner knows about one foreign table. */
typedef struct FtxPlanState
{
	Oid relid;
	FtxServerOptions server;
	FtxTableOptions table;
	const FtxResource *resource;
	int natts;
	int *columns;	   /* catalogue index per attnum - 1; negative
								 * when it has none: -1 if it should */
	Bitmapset *used;   /* attnums the query needs */
	bool needs_detail; /* one of them comes only from the detail call */
	bool needs_list;   /* one of them comes only from the list */
	List *matches;	   /* of FtxMatch, from baserestrictinfo */
	double list_rows;  /* rows of the unfiltered list */
} FtxPlanState;

/*
 * Does the clause narrow the request of this table?  NULL if not: it is then
 * left to local evaluation, as all clauses are anyway.
 */
extern FtxMatch *ftx_match_clause(PlannerInfo *root, RelOptInfo *rel,
								  FtxPlanState *state, RestrictInfo *rinfo);

/*
 * Does the clause bound the column of the resource's time window?  Returns the
 * bound, a timestamptz expression, or NULL; *lower, *upper say which.
 */
extern Expr *
ftx_match_window(PlannerInfo *root, RelOptInfo *rel, FtxPlanState *state,
				 RestrictInfo *rinfo, bool *lower, bool *upper);

/* In used_columns.c */

/* Find out which catalogue column each attribute means (state->columns). */
extern void ftx_map_columns(FtxPlanState *state);

/*
 * Find the attributes that the scan has to fill (state->used), and whether they
 * need detail calls or the list.
 */
extern void
ftx_find_used_columns(PlannerInfo *root, RelOptInfo *rel, FtxPlanState *state);

/*
 * The attnums that conditions (bare clauses) look at; with what generated ones
 * are computed from.
 */
extern Bitmapset *
ftx_condition_columns(RelOptInfo *rel, FtxPlanState *state, List *conditions);

/* In system_columns.c */

/*
 * Throw ERRCODE_FEATURE_NOT_SUPPORTED, naming the key's columns, if the query
 * tells the table's rows by ctid (or names it at all in a statement that
 * changes or locks rows), uses xmin, xmax, cmin or cmax, or says WHERE CURRENT
 * OF.
 */
extern void ftx_system_columns_check(PlannerInfo *root, RelOptInfo *rel,
									 FtxPlanState *state);

/*
 * Throw ERRCODE_FEATURE_NOT_SUPPORTED if RETURNING of an INSERT names a system
 * column of the relation, which has the number `varno` in it, other than
 * tableoid.
 */
extern void
ftx_system_columns_check_new(Relation rel, int varno, List *returning);

/* In cost.c */

/* Planner units of a round trip: see there. */
#define FTX_COST_ROUND_TRIP 100.0

/* How many values does the match give: 1, or those of the array. */
extern double ftx_match_keys(PlannerInfo *root, FtxMatch *match);

/* Pages of the plain list with so many rows. */
extern double ftx_list_pages(FtxPlanState *state, double rows);

/*
 * The mode that reads the table with the fewest calls, given the clauses that
 * narrow the request; with its cost and its number of calls.
 */
extern FtxScanMode
ftx_choose_mode(PlannerInfo *root, RelOptInfo *baserel, FtxPlanState *state,
				List *matches, Cost *cost, double *calls);

/* In plan.c */

extern void fivetrexGetForeignRelSize(PlannerInfo *root, RelOptInfo *baserel,
									  Oid foreigntableid);
extern void fivetrexGetForeignPaths(PlannerInfo *root, RelOptInfo *baserel,
									Oid foreigntableid);
extern ForeignScan *
fivetrexGetForeignPlan(PlannerInfo *root, RelOptInfo *baserel,
					   Oid foreigntableid, ForeignPath *best_path, List *tlist,
					   List *scan_clauses, Plan *outer_plan);

/*
 * Would n detail calls cost less than reading `pages` pages of the list?  The
 * executor asks again when it knows n.
 */
extern bool
ftx_keys_are_cheaper(double nkeys, double pages, int max_concurrency);

/* Items of ForeignScan.fdw_private, in this order. */
typedef enum FtxPlanItem
{
	FtxPlanResource,	/* String: name of the resource */
	FtxPlanMode,		/* Integer: FtxScanMode */
	FtxPlanKeyIsArray,	/* Integer: the key expression is text[] */
	FtxPlanFilters,		/* IntList: filters that have an expression */
	FtxPlanParents,		/* IntList: columns of the parent that have one */
	FtxPlanManyParents, /* Integer: the one of them that is text[], or -1 */
	FtxPlanLowers,		/* Integer: lower bounds of the time window */
	FtxPlanUppers,		/* Integer: upper bounds */
	FtxPlanAttnums,		/* IntList: attributes to fill */
	FtxPlanConditionAttnums, /* IntList: those of them that conditions need */
	FtxPlanNeedsDetail,		 /* Integer: boolean */
	FtxPlanPageSize,		 /* Integer */
	FtxPlanPrefetch,		 /* Integer: boolean */
	FtxPlanLimit,			 /* Integer: rows that suffice, -1 = unknown */
	FtxPlanListPages,		 /* Integer: expected pages of the plain list */
	FtxPlanCalls,			 /* Integer: expected calls of one scan */
	FtxPlanExprs, /* Integer: members of fdw_exprs that are the scan's */

	/* and for UPDATE and DELETE that the scan itself makes (direct.c) */
	FtxPlanSetAttnums,	  /* IntList: attributes that are set */
	FtxPlanReturnAttnums, /* IntList: attributes that RETURNING uses */
	FtxPlanReturning,	  /* Integer: boolean */
	FtxPlanCanSetTag	  /* Integer: boolean */
} FtxPlanItem;

/*
 * ForeignScan.fdw_exprs holds the key expression (mode FTX_SCAN_KEYS only),
 * then one expression per member of FtxPlanFilters and FtxPlanParents, then
 * FtxPlanLowers and FtxPlanUppers bounds, then the local conditions that can be checked before details are fetched: FtxPlanExprs in all.  After
 * them come, for direct.c, one expression per member of FtxPlanSetAttnums and
 * all local conditions.
 */

/* In convert.c */

typedef struct FtxConverter FtxConverter;

/*
 * An object that does not say which one it is has at least what it always has
 * (FtxResource.always, whose value is given), with a value where that is a text
 * column.  What is wrong with it otherwise, in words; NULL: nothing.
 */
extern const char *
ftx_always_complaint(const FtxResource *resource, const FtxJsonValue *value);

/* The same, raised as an answer of the call that is not what was asked for. */
extern void ftx_check_always(FtxCall *call, const FtxResource *resource,
							 const FtxJsonValue *value);

/*
 * Prepare to fill the attributes `attnums` (IntList) of a foreign table; those
 * among them that are in `first` are filled before the others.  Slot 0 of the
 * converter's projection is the resource's key, if any; those of the attributes
 * that are read follow.  Generated attributes are not filled here: see
 * fdw/generated.h.
 */
extern FtxConverter *
ftx_converter_create(Relation rel, const FtxResource *resource, List *attnums,
					 List *first);

/*
 * Computes attributes from others, in the values and nulls of all attributes
 * of a row; in the current memory context.
 */
typedef void (*FtxCompute)(void *what, Datum *values, bool *nulls);

/*
 * Compute after each step of filling: `first` and `rest` are handed to
 * `compute`, NULL means nothing to be computed.  They must outlive the
 * converter.
 */
extern void ftx_converter_compute(FtxConverter *converter, FtxCompute compute,
								  void *first, void *rest);

/*
 * The same for the result of an SQL function, so that what it reads is read as
 * the foreign table of the resource is.  `columns` has the name of the
 * catalogue's column for each attribute, NULL where the function computes it;
 * in the current memory context, which `function` must outlive.
 */
extern FtxConverter *
ftx_converter_of_function(const char *function, TupleDesc tupdesc,
						  const FtxResource *resource,
						  const char *const *columns);

extern const FtxProjection *ftx_converter_projection(FtxConverter *converter);

/* The length of an item. */
extern int ftx_converter_slots(FtxConverter *converter);

/*
 * Where an object of the resource says which one it is: the path of its key;
 * NULL if it does not, because it has none or its parent's is its own.
 */
extern const char *ftx_key_path_in_item(const FtxResource *resource);

/* The catalogue column of each slot; -1 where it has none. */
extern const int *ftx_converter_columns(FtxConverter *converter);

/* Flags of the extra calls that the attributes need. */
extern unsigned ftx_converter_extras(FtxConverter *converter);

/* The path of a column's slot in a projection. */
extern const char *ftx_slot_path(const FtxColumn *column);

/*
 * Fill values and nulls (all attributes of the table) from one item.  With
 * `list_only` the attributes that only a detail call has stay NULL.
 * Allocates in the current context.  Throws for a value that does not fit
 * its column, naming table, column, key and JSON path in the context.
 */
extern void
ftx_converter_fill(FtxConverter *converter, const FtxJsonValue *item,
				   bool list_only, Datum *values, bool *nulls);

/*
 * The same in two steps, so that a row which is not wanted is not converted any
 * further: the attributes in `first`, then the others.
 */
extern void
ftx_converter_fill_first(FtxConverter *converter, const FtxJsonValue *item,
						 bool list_only, Datum *values, bool *nulls);
extern void
ftx_converter_fill_rest(FtxConverter *converter, const FtxJsonValue *item,
						Datum *values, bool *nulls);

/* The slot of the projection that holds the key. */
#define FTX_KEY_SLOT 0

/*
 * Does the item of a list lack a member that the query uses and that only
 * the detail call is sure to have?
 */
extern bool
ftx_converter_needs_detail(FtxConverter *converter, const FtxJsonValue *item);

/*
 * The attributes, by attnum, whose member the item does not have at all: what
 * is null is there.  Columns that no read returns are never missing, those of
 * a parent or an extra call always, unless somebody has filled their slot.
 */
extern Bitmapset *
ftx_converter_missing(FtxConverter *converter, const FtxJsonValue *item);

/* In source.c: where the items of a scan come from */

typedef struct FtxSource FtxSource;

typedef struct FtxSourceSpec
{
	FtxSession *session;
	const FtxResource *resource;
	const FtxProjection *projection;
	const int *slot_columns; /* catalogue column of each slot, or -1 */
	unsigned extras;		 /* FTX_EXTRAS that the slots need */
	FtxMemo *memo;
	FtxStats *stats;
	int page_size;
	bool prefetch;
	int64 limit; /* rows that suffice, -1 = unknown */
} FtxSourceSpec;

/*
 * An item is the row of values that the projection wants.  It is valid until
 * the next item is asked for.
 */

/*
 * A source lives in the current memory context and is forgotten with it.
 * Nothing is requested before the first item is asked for.
 */
extern FtxSource *ftx_source_create(const FtxSourceSpec *spec);

/*
 * Start over with the list; `path` is its encoded path with the filters but
 * without paging parameters.  Where the resource has no list it is the path
 * of the one object.  `bound` has the values of the parent's columns, by
 * catalogue index, which rows get; NULL when it is no child.  With `key` the
 * path is that of the one object with this key, though there is a list.
 * `narrowed`: the path names an object by a filter, which may not be there.
 */
extern void ftx_source_list(FtxSource *source, const char *path,
							char *const *bound, const char *key, bool narrowed);

/* The parameter `limit` of a first page, where `limit` rows (-1: all) suffice. */
extern int ftx_source_first_page(int page_size, int64 limit);

/* The next item of the list; NULL at its end. */
extern const FtxJsonValue *ftx_source_next(FtxSource *source);

/* Ask for the page that is wanted next, without waiting for it. */
extern void ftx_source_start(FtxSource *source);

/* Would ftx_source_next() answer without waiting? */
extern bool ftx_source_ready(const FtxSource *source);

/*
 * Did the list end at once because the parent has none (catalogue facts), or,
 * if the parent was listed, because that is gone by now?
 */
extern bool ftx_source_absent(const FtxSource *source, bool parent_listed);

/* Are there pages of the list that have not arrived yet? */
extern bool ftx_source_unread(const FtxSource *source);

/* Abandon what is under way. */
extern void ftx_source_reset(FtxSource *source);

/* In ahead.c: pages that are asked for before their cursor has arrived */

typedef struct FtxAhead FtxAhead;

/* Lives in the current memory context. */
extern FtxAhead *ftx_ahead_create(void);

/* Abandon what is under way, for another list. */
extern void ftx_ahead_reset(FtxAhead *ahead);

/*
 * A page of `limit` rows has arrived with this cursor (NULL: the last one): was
 * it foreseen?  The first one that was not ends all prediction for the list.
 */
extern void ftx_ahead_judge(FtxAhead *ahead, const char *cursor, int limit);

/*
 * The call for the page at a cursor, if it was foreseen; it belongs to the
 * caller.  Else NULL, and all the others are abandoned.
 */
extern FtxCall *ftx_ahead_take(FtxAhead *ahead, const char *cursor);

/*
 * The cursor (palloc'ed) of a page that may be asked for now, if `allowed` may
 * be under way; NULL: none.
 */
extern const char *ftx_ahead_next(FtxAhead *ahead, int page_size, int allowed);

/* It was asked for; the call belongs to `ahead` now. */
extern void ftx_ahead_add(FtxAhead *ahead, const char *cursor, FtxCall *call);

/* In cursor.c */

/* The cursor of a page that starts at an offset, palloc'ed. */
extern char *ftx_cursor_at(int64 offset);

/* The offset that a cursor stands for; false if it is not of that kind. */
extern bool ftx_cursor_offset(const char *cursor, int64 *offset);

/* In stream.c: the list of a resource, of one parent or of many */

typedef struct FtxStream FtxStream;

/* As ftx_source_create(). */
extern FtxStream *ftx_stream_create(const FtxSourceSpec *spec);

/*
 * What is known of the key's columns, by catalogue index: `fixed` their one
 * value or NULL; `many` (column many_column, else -1) several values.
 * Parents that are not known are enumerated; when the whole key is known, the
 * one object is asked for instead of its parent's list.  `query` is added to
 * the path of each list ("?group_id=x", or "").  All is copied.
 */
typedef struct FtxStreamRange
{
	char **fixed;
	int many_column;
	char **many;
	int nmany;
	const char *query;
	bool narrowed; /* a filter names an object, which may not be there */
} FtxStreamRange;

extern void ftx_stream_start(FtxStream *stream, const FtxStreamRange *range);

/* What a range comes to in terms of requests. */
typedef struct FtxStreamPlan
{
	const FtxOperation *operation; /* the list, or the one object */
	bool one_object;			   /* the whole key is known */
	bool enumerate;				   /* parents have to be listed first */
	bool none;					   /* the one parent cannot be named */
} FtxStreamPlan;

extern FtxStreamPlan
ftx_stream_plan(const FtxResource *resource, const FtxStreamRange *range);

/* The next item; NULL at the end.  Valid until the next one is asked for. */
extern const FtxJsonValue *ftx_stream_next(FtxStream *stream);

/*
 * Tell by a NOTICE how many parents had none, of all that were asked since the
 * stream was made; once, when the scan ends.
 */
extern void ftx_stream_report(FtxStream *stream);

/*
 * Ask for what is wanted next, without waiting.  Can ftx_stream_next() go on
 * with what has arrived?
 */
extern bool ftx_stream_ready(FtxStream *stream);

/* Is there something that has not arrived yet? */
extern bool ftx_stream_unread(const FtxStream *stream);

/* Abandon what is under way. */
extern void ftx_stream_reset(FtxStream *stream);

/* In details.c: what is asked for row by row */

typedef struct FtxDetails FtxDetails;

/* As ftx_source_create(). */
extern FtxDetails *ftx_details_create(const FtxSourceSpec *spec);

/*
 * Ask for the object of a key, concurrently with others, and for the extra
 * calls of its row.  The key is copied; NULL for a singleton.  `item` is the
 * item of the list, if it came from there: values that only the list has are
 * taken from it, and all of them unless `object`: then only the extra calls
 * are made.
 */
extern void ftx_details_fetch(FtxDetails *details, const char *key,
							  const FtxJsonValue *item, bool object);

/* Rows asked for and not yet taken. */
extern int ftx_details_pending(const FtxDetails *details);

/* Would ftx_details_take() answer without waiting? */
extern bool ftx_details_ready(FtxDetails *details);

/*
 * The next row, in the order they arrive; NULL if its object does not exist
 * (any more).
 */
extern const FtxJsonValue *ftx_details_take(FtxDetails *details);

/* Abandon what is under way. */
extern void ftx_details_reset(FtxDetails *details);

/* In window.c: the parameters of a time window */

/*
 * Append them to a query.  `lower` and `upper` are what the conditions allow,
 * DT_NOBEGIN and DT_NOEND where they say nothing.  `now` is the present by
 * the server's clock, to count what the API reaches from.  False if the window is
 * empty or lies where the API does not reach.
 */
extern bool
ftx_window_params(const FtxResource *resource, TimestampTz lower,
				  TimestampTz upper, TimestampTz now, StringInfo query);

/* In path.c */

/* Longer keys and filter values are looked up in the list: URLs have limits. */
#define FTX_MAX_VALUE 1000

/*
 * Stands for a value that is not known before execution, where EXPLAIN tells
 * what will be asked for: told by its address.  Paths show it in braces.
 */
extern char ftx_unknown[];

/*
 * Can the key be asked for by a detail call?  Not when it would not stand as
 * one path segment, is very long or is the name of another route.
 */
extern bool ftx_key_addressable(const FtxResource *resource, const char *key);

/*
 * The path of an operation with each {column} replaced by the encoded value of
 * that column, in the server encoding, by its index in the catalogue.  A NULL
 * value leaves the {column}.
 */
extern char *ftx_bound_path(const FtxResource *resource,
							const FtxOperation *operation, char *const *values);

/* The same with the key's value only. */
extern char *ftx_key_path(const FtxResource *resource,
						  const FtxOperation *operation, const char *key);

/* The catalogue columns in the path of an operation. */
extern Bitmapset *
ftx_path_columns(const FtxResource *resource, const FtxOperation *operation);

/* Append a query parameter whose value is in the server encoding. */
extern void
ftx_path_add_param(StringInfo path, const char *name, const char *value);

/* In scan.c */

extern void fivetrexBeginForeignScan(ForeignScanState *node, int eflags);
extern TupleTableSlot *fivetrexIterateForeignScan(ForeignScanState *node);
extern void fivetrexReScanForeignScan(ForeignScanState *node);
extern void fivetrexEndForeignScan(ForeignScanState *node);

/* The same for direct.c, which keeps a scan of its own under the node. */
typedef struct FtxScanState FtxScanState;

extern FtxScanState *ftx_scan_begin(ForeignScanState *node);

/*
 * Hand out only rows that pass (`quals`: the filter's expressions).  The columns that it does not look at are
 * converted afterwards, so a value there that does not fit is no error in a row
 * that nobody wants.
 */
extern void
ftx_scan_filter(FtxScanState *state, ExprState *filter, List *quals);

/* Fill the node's scan slot with the next row; it is empty at the end. */
extern void ftx_scan_next(FtxScanState *state);

/*
 * Ask for what the next row needs, without waiting.  Can ftx_scan_next() go on
 * with what has arrived?  (It may still wait when no row of that passes.)
 */
extern bool ftx_scan_ready(FtxScanState *state);
extern void ftx_scan_restart(FtxScanState *state);
extern void ftx_scan_end(FtxScanState *state);

extern FtxSession *ftx_scan_session(FtxScanState *state);
extern FtxStats *ftx_scan_stats(FtxScanState *state);

/* A descriptor for who waits for the scan together with others (http.h). */
extern int ftx_scan_descriptor(FtxScanState *state);

/* In async.c */

extern bool fivetrexIsForeignPathAsyncCapable(ForeignPath *path);
extern void fivetrexForeignAsyncRequest(AsyncRequest *areq);
extern void fivetrexForeignAsyncConfigureWait(AsyncRequest *areq);
extern void fivetrexForeignAsyncNotify(AsyncRequest *areq);

/* In explain.c */

extern void
fivetrexExplainForeignScan(ForeignScanState *node, struct ExplainState *es);

extern void
fivetrexExplainForeignModify(ModifyTableState *mtstate, ResultRelInfo *info,
							 List *fdw_private, int subplan_index,
							 struct ExplainState *es);
extern void
fivetrexExplainDirectModify(ForeignScanState *node, struct ExplainState *es);

/* In modify.c */

extern int fivetrexIsForeignRelUpdatable(Relation rel);
extern void fivetrexAddForeignUpdateTargets(PlannerInfo *root, Index rtindex,
											RangeTblEntry *target_rte,
											Relation target_relation);
extern List *fivetrexPlanForeignModify(PlannerInfo *root, ModifyTable *plan,
									   Index resultRelation, int subplan_index);
extern void
fivetrexBeginForeignModify(ModifyTableState *mtstate, ResultRelInfo *info,
						   List *fdw_private, int subplan_index, int eflags);
extern void fivetrexEndForeignModify(EState *estate, ResultRelInfo *info);
extern void
fivetrexBeginForeignInsert(ModifyTableState *mtstate, ResultRelInfo *info);
extern void fivetrexEndForeignInsert(EState *estate, ResultRelInfo *info);
extern int fivetrexGetForeignModifyBatchSize(ResultRelInfo *info);
extern TupleTableSlot *
fivetrexExecForeignInsert(EState *estate, ResultRelInfo *info,
						  TupleTableSlot *slot, TupleTableSlot *planSlot);
extern TupleTableSlot **
fivetrexExecForeignBatchInsert(EState *estate, ResultRelInfo *info,
							   TupleTableSlot **slots,
							   TupleTableSlot **planSlots, int *numSlots);
extern TupleTableSlot *
fivetrexExecForeignUpdate(EState *estate, ResultRelInfo *info,
						  TupleTableSlot *slot, TupleTableSlot *planSlot);
extern TupleTableSlot *
fivetrexExecForeignDelete(EState *estate, ResultRelInfo *info,
						  TupleTableSlot *slot, TupleTableSlot *planSlot);

/* Writes that leave when the statement ends, and figures of those that left. */
extern int ftx_modify_queued(ResultRelInfo *info);
extern const FtxStats *ftx_modify_stats(ResultRelInfo *info);

/* In direct.c */

extern bool fivetrexPlanDirectModify(PlannerInfo *root, ModifyTable *plan,
									 Index resultRelation, int subplan_index);
extern void fivetrexBeginDirectModify(ForeignScanState *node, int eflags);
extern TupleTableSlot *fivetrexIterateDirectModify(ForeignScanState *node);
extern void fivetrexEndDirectModify(ForeignScanState *node);

/* The scan of a direct modification, NULL when it did not run. */
extern FtxScanState *ftx_direct_scan(ForeignScanState *node);

/* The figures of its writes. */
extern const FtxStats *ftx_direct_stats(ForeignScanState *node);

/* In analyze.c */

extern bool
fivetrexAnalyzeForeignTable(Relation relation, AcquireSampleRowsFunc *func,
							BlockNumber *totalpages);

/* In import.c */

extern List *
fivetrexImportForeignSchema(ImportForeignSchemaStmt *stmt, Oid serverOid);

#endif /* FTX_FDW_H */
