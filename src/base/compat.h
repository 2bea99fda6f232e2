/*-------------------------------------------------------------------------
 *
 * compat.h
 *		The only place that knows version numbers of PostgreSQL and libcurl.
 *
 * Supported: PostgreSQL 15 to 19, libcurl 7.88 or newer.  Each wrapper has
 * the newest signature; older servers are adapted to it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_COMPAT_H
#define FTX_COMPAT_H

#include "postgres.h"

#include "executor/executor.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "nodes/plannodes.h"
#include "utils/jsonb.h"
#include "utils/wait_event.h"

#if PG_VERSION_NUM < 150000
#error "fivetrex needs PostgreSQL 15 or newer"
#endif

/* EXPLAIN's property functions moved to headers of their own in 18. */
#include "commands/explain.h"
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif

/* varlena macros left postgres.h in 16. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/*
 * 18 marks the module with its name and version.
 */
#ifdef PG_MODULE_MAGIC_EXT
#define FTX_MODULE_MAGIC(modname, modversion)                                  \
	PG_MODULE_MAGIC_EXT(.name = (modname), .version = (modversion))
#else
#define FTX_MODULE_MAGIC(modname, modversion) PG_MODULE_MAGIC
#endif

/* A prefix since 18, where the macro of old has gone. */
#if PG_VERSION_NUM >= 180000
#define ftx_noreturn pg_noreturn
#else
#define ftx_noreturn __attribute__((noreturn))
#endif

/*
 * USAGE on a foreign server: a function of its own until 15.
 */
#if PG_VERSION_NUM >= 160000
#define ftx_server_aclcheck(serverid, roleid, mode)                            \
	object_aclcheck(ForeignServerRelationId, (serverid), (roleid), (mode))
#else
#define ftx_server_aclcheck(serverid, roleid, mode)                            \
	pg_foreign_server_aclcheck((serverid), (roleid), (mode))
#endif

/*
 * Ownership of a relation: a function of its own until 15.
 */
#if PG_VERSION_NUM >= 160000
#define ftx_relation_ownercheck(relid, roleid)                                 \
	object_ownercheck(RelationRelationId, (relid), (roleid))
#else
#define ftx_relation_ownercheck(relid, roleid)                                 \
	pg_class_ownercheck((relid), (roleid))
#endif

/*
 * CHECK constraints may name virtual generated columns, and be declared
 * without being enforced, since 18.
 */
#if PG_VERSION_NUM >= 180000
#define ftx_constraint_expr(expr, rel)                                         \
	expand_generated_columns_in_expr((expr), (rel), 1)
#define ftx_constraint_enforced(check) ((check)->ccenforced)
#else
#define ftx_constraint_expr(expr, rel) ((void) (rel), (Node *) (expr))
#define ftx_constraint_enforced(check) ((void) (check), true)
#endif

/*
 * RETURNING may name the old row since 18, which an INSERT does not have.
 */
#if PG_VERSION_NUM >= 180000
#define ftx_var_of_old_row(var) ((var)->varreturningtype == VAR_RETURNING_OLD)
#else
#define ftx_var_of_old_row(var) ((void) (var), false)
#endif

/*
 * The user whose privileges a foreign scan runs with: kept in the range
 * table until 15, in the plan node since 16.
 */
#if PG_VERSION_NUM >= 160000
#define ftx_scan_check_as_user(fsplan, rte)                                    \
	((void) (rte), (fsplan)->checkAsUser)
#else
#define ftx_scan_check_as_user(fsplan, rte)                                    \
	((void) (fsplan), (rte)->checkAsUser)
#endif

/*
 * The user whose privileges a write runs with.  A partition that rows are
 * routed to has no range table entry of its own: that of its root counts.
 */
#if PG_VERSION_NUM >= 160000
#define ftx_modify_check_as_user(info, estate)                                 \
	ExecGetResultRelCheckAsUser((info), (estate))
#else
static inline Oid
ftx_modify_check_as_user(ResultRelInfo *info, EState *estate)
{
	Index index = info->ri_RangeTableIndex != 0 ?
					  info->ri_RangeTableIndex :
					  info->ri_RootResultRelInfo->ri_RangeTableIndex;
	Oid user = exec_rt_fetch(index, estate)->checkAsUser;

	return OidIsValid(user) ? user : GetUserId();
}
#endif

/*
 * An expression over a parent's columns as one over a child's: told by sets of
 * relations until 15.
 */
#if PG_VERSION_NUM >= 160000
#define ftx_translate_to_child(root, node, child, parent)                      \
	adjust_appendrel_attrs_multilevel((root), (node), (child), (parent))
#else
#define ftx_translate_to_child(root, node, child, parent)                      \
	adjust_appendrel_attrs_multilevel((root), (node), (child)->relids,         \
									  (parent)->relids)
#endif

/*
 * RETURNING can name the row as it was since 18.
 */
#if PG_VERSION_NUM >= 180000
#define ftx_returns_old(node) contain_vars_returning_old_or_new(node)
#else
#define ftx_returns_old(node) ((void) (node), false)
#endif

/*
 * 17 added fdw_restrictinfo, 18 added disabled_nodes.
 */
#if PG_VERSION_NUM >= 180000
#define ftx_create_foreignscan_path(root, rel, target, rows, startup, total,   \
									pathkeys, outer, private_list)             \
	create_foreignscan_path((root), (rel), (target), (rows), 0, (startup),     \
							(total), (pathkeys), (outer), NULL, NIL,           \
							(private_list))
#elif PG_VERSION_NUM >= 170000
#define ftx_create_foreignscan_path(root, rel, target, rows, startup, total,   \
									pathkeys, outer, private_list)             \
	create_foreignscan_path((root), (rel), (target), (rows), (startup),        \
							(total), (pathkeys), (outer), NULL, NIL,           \
							(private_list))
#else
#define ftx_create_foreignscan_path(root, rel, target, rows, startup, total,   \
									pathkeys, outer, private_list)             \
	create_foreignscan_path((root), (rel), (target), (rows), (startup),        \
							(total), (pathkeys), (outer), NULL,                \
							(private_list))
#endif

/*
 * All settings; their array was a global one until 15.
 */
#if PG_VERSION_NUM >= 160000
#define ftx_guc_variables(n) get_guc_variables(n)
#else
#define ftx_guc_variables(n) (*(n) = GetNumConfigOptions(), get_guc_variables())
#endif

/*
 * 18 left out execute_once.
 */
#if PG_VERSION_NUM >= 180000
#define FTX_EXECUTOR_RUN_PARAMETERS                                            \
	QueryDesc *queryDesc, ScanDirection direction, uint64 count
#define FTX_EXECUTOR_RUN_ARGUMENTS queryDesc, direction, count
#else
#define FTX_EXECUTOR_RUN_PARAMETERS                                            \
	QueryDesc *queryDesc, ScanDirection direction, uint64 count,               \
		bool execute_once
#define FTX_EXECUTOR_RUN_ARGUMENTS queryDesc, direction, count, execute_once
#endif

/*
 * The JSON lexer is handed in since 17 and owned by its creator.
 */
#if PG_VERSION_NUM >= 170000
#define ftx_json_lexer(json, len, encoding, need_escapes)                      \
	makeJsonLexContextCstringLen(NULL, (json), (len), (encoding),              \
								 (need_escapes))
#else
#define ftx_json_lexer(json, len, encoding, need_escapes)                      \
	makeJsonLexContextCstringLen((char *) (json), (int) (len), (encoding),     \
								 (need_escapes))
#endif

/*
 * Semantic actions of the JSON parser return a status since 16.
 */
#if PG_VERSION_NUM >= 160000
#define FTX_JSON_ACTION_RESULT JsonParseErrorType
#define FTX_JSON_ACTION_OK return JSON_SUCCESS
#else
#define FTX_JSON_ACTION_RESULT void
#define FTX_JSON_ACTION_OK return
#endif

/*
 * What builds a jsonb value, from tokens: it holds the result too since 19.
 * result is valid after the token that ends the outermost container.
 * Initialize it to zeroes.
 */
#if PG_VERSION_NUM >= 190000
typedef JsonbInState FtxJsonbBuilder;
#define ftx_jsonb_push(builder, token, value)                                  \
	pushJsonbValue((builder), (token), (value))
#else
typedef struct FtxJsonbBuilder
{
	JsonbValue *result;
	JsonbParseState *open; /* containers that have not ended */
} FtxJsonbBuilder;

static inline void
ftx_jsonb_push(FtxJsonbBuilder *builder, JsonbIteratorToken token,
			   JsonbValue *value)
{
	builder->result = pushJsonbValue(&builder->open, token, value);
}
#endif

/*
 * Does a plan write to several relations?  A list of them until 18.
 */
#if PG_VERSION_NUM >= 190000
#define ftx_plan_writes_many(plan)                                             \
	(bms_membership((plan)->resultRelationRelids) == BMS_MULTIPLE)
#else
#define ftx_plan_writes_many(plan) (list_length((plan)->resultRelations) > 1)
#endif

/*
 * Named wait events of extensions exist since 17; before, all share one.
 */
#if PG_VERSION_NUM >= 170000
#define ftx_wait_event_new(name) WaitEventExtensionNew(name)
#else
#define ftx_wait_event_new(name) PG_WAIT_EXTENSION
#endif

/* transaction_timeout exists since 17. */
#if PG_VERSION_NUM >= 170000
#define ftx_transaction_timeout_pending (TransactionTimeoutPending)
#else
#define ftx_transaction_timeout_pending (false)
#endif

/* Signal masks around libcurl; the macro of old left in 16. */
#define ftx_block_signals() ((void) sigprocmask(SIG_SETMASK, &BlockSig, NULL))
#define ftx_unblock_signals()                                                  \
	((void) sigprocmask(SIG_SETMASK, &UnBlockSig, NULL))

#endif /* FTX_COMPAT_H */
