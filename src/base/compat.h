/*-------------------------------------------------------------------------
 *
 * compat.h
 *		Differences between versions of PostgreSQL that any room may meet.
 *
 * The only places that know version numbers are this file, its like in fdw
 * (executor, planner and EXPLAIN) and json (lexer, jsonb), and base/libcurl.h.
 * Supported: PostgreSQL 15 to 19.  Each wrapper has the newest signature;
 * older servers are adapted to it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_COMPAT_H
#define FTX_COMPAT_H

#include "postgres.h"

#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "utils/wait_event.h"

#if PG_VERSION_NUM < 150000
#error "fivetrex needs PostgreSQL 15 or newer"
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
 * Named wait events of extensions exist since 17; before, all share one.
 */
#if PG_VERSION_NUM >= 170000
#define ftx_wait_event_new(name) WaitEventExtensionNew(name)
#else
#define ftx_wait_event_new(name) PG_WAIT_EXTENSION
#endif

/*
 * A description of rows is finished by a call of its own since 19.
 */
#if PG_VERSION_NUM >= 190000
#define ftx_tupdesc_finalize(desc) TupleDescFinalize(desc)
#else
#define ftx_tupdesc_finalize(desc) ((void) (desc))
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
