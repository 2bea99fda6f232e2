/* fivetrex--1.0--1.1.sql */

-- complain if script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION fivetrex UPDATE TO '1.1'" to load this file. \quit

-- The library first: an older one lacks this function, and nothing is done.

DO $$
BEGIN
  CREATE FUNCTION fivetrex_version(
    OUT extension text, OUT library text, OUT postgresql text, OUT libcurl text, OUT tls text,
    OUT advice text)
  RETURNS record
  AS 'MODULE_PATHNAME'
  LANGUAGE C STABLE PARALLEL SAFE;
EXCEPTION WHEN undefined_function THEN
  RAISE EXCEPTION 'the library of fivetrex is older than the script of version 1.1'
    USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = SQLERRM,
    HINT = 'Install the files of one version, and connect again: a session keeps the library it has loaded.';
END $$;

COMMENT ON FUNCTION fivetrex_version()
  IS 'versions of extension, library, PostgreSQL, libcurl and its TLS library, and what to do when they do not go together';

CREATE FUNCTION fivetrex_limits(
  server name DEFAULT NULL,
  OUT rate_limit integer, OUT remaining integer, OUT seen_at timestamptz, OUT clock_skew interval,
  OUT calls bigint, OUT retries bigint, OUT rate_limited bigint, OUT clock_error interval)
RETURNS record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL RESTRICTED;

COMMENT ON FUNCTION fivetrex_limits(name)
  IS 'calls that the account may make in an hour and those left, how far Fivetran''s clock is ahead, and what this session has called; makes no call';

CREATE FUNCTION fivetrex_can_commit()
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL RESTRICTED;

COMMENT ON FUNCTION fivetrex_can_commit()
  IS 'may a procedure that calls this commit: is it called by CALL or DO, outside of a transaction block; makes no call';

CREATE FUNCTION fivetrex_disconnect(server name DEFAULT NULL)
RETURNS integer
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL RESTRICTED;

COMMENT ON FUNCTION fivetrex_disconnect(name)
  IS 'close the idle connections of this session to a server, or to all, and forget what was read of its options; returns how many were closed; makes no call';

CREATE FUNCTION fivetrex_verify_delivery(body bytea, signature text, server name DEFAULT NULL)
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL RESTRICTED;

COMMENT ON FUNCTION fivetrex_verify_delivery(bytea, text, name)
  IS 'is this the signature of a delivery, by the webhook secret of the user mapping? Makes no call';

-- A view that uses the old one is not dropped by the way: the update fails.
DROP FUNCTION fivetrex_wait(text, interval, name);

CREATE FUNCTION fivetrex_wait(
  connector_id text,
  timeout interval DEFAULT NULL,
  since timestamp with time zone DEFAULT NULL,
  server name DEFAULT NULL,
  OUT id text,
  OUT sync_state text, OUT setup_state text, OUT update_state text,
  OUT is_historical_sync boolean, OUT is_syncing boolean, OUT is_paused boolean,
  OUT succeeded_at timestamp with time zone, OUT failed_at timestamp with time zone,
  OUT rescheduled_for timestamp with time zone,
  OUT outcome text, OUT sync_id text,
  OUT started_at timestamp with time zone, OUT ended_at timestamp with time zone,
  OUT reason text, OUT known_by text)
RETURNS record
AS 'MODULE_PATHNAME', 'fivetrex_wait_since'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_wait(text, interval, timestamp with time zone, name)
  IS 'wait for the first sync that starts at or after since and has ended, and tell how; without since until no sync runs; outcome is running when the time is over';
