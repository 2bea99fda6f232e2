/* fivetrex--1.0.sql */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION fivetrex" to load this file. \quit

CREATE FUNCTION fivetrex_fdw_handler()
RETURNS fdw_handler
AS 'MODULE_PATHNAME'
LANGUAGE C STRICT;

CREATE FUNCTION fivetrex_fdw_validator(text[], oid)
RETURNS void
AS 'MODULE_PATHNAME'
LANGUAGE C STRICT;

CREATE FOREIGN DATA WRAPPER fivetrex
  HANDLER fivetrex_fdw_handler
  VALIDATOR fivetrex_fdw_validator;

COMMENT ON FOREIGN DATA WRAPPER fivetrex
  IS 'Fivetran REST API as foreign tables';

-- Calling the API

CREATE FUNCTION fivetrex_ping(
  server name DEFAULT NULL,
  OUT account_id text, OUT account_name text,
  OUT key_kind text, OUT latency_ms double precision)
RETURNS record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_ping(name)
  IS 'account and kind of the API key, and how long the API takes to say so';

CREATE FUNCTION fivetrex_last_error()
RETURNS jsonb
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL RESTRICTED;

COMMENT ON FUNCTION fivetrex_last_error()
  IS 'the last API error of this session: status, code, message, retry_after, method, path';

CREATE FUNCTION fivetrex_request(
  method text, path text,
  query jsonb DEFAULT NULL, body jsonb DEFAULT NULL,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_request(text, text, jsonb, jsonb, name)
  IS 'any request to the Fivetran API: returns the whole answer';

REVOKE ALL ON FUNCTION fivetrex_request(text, text, jsonb, jsonb, name) FROM PUBLIC;

-- The catalogue

CREATE FUNCTION fivetrex_comment(schema regnamespace)
RETURNS integer
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_comment(regnamespace)
  IS 'describe the foreign tables of a schema and their columns with COMMENT';

CREATE FUNCTION fivetrex_tables(
  OUT name text, OUT description text, OUT list_call text, OUT detail_call text,
  OUT create_call text, OUT update_call text, OUT delete_call text,
  OUT pushed_columns text[])
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION fivetrex_tables()
  IS 'what IMPORT FOREIGN SCHEMA can import';

CREATE FUNCTION fivetrex_columns(
  OUT table_name text, OUT column_name text, OUT type text, OUT is_key boolean,
  OUT detail_only boolean, OUT on_create boolean, OUT required_on_create boolean,
  OUT on_update boolean, OUT write_only boolean, OUT masked boolean,
  OUT description text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION fivetrex_columns()
  IS 'columns of the tables that IMPORT FOREIGN SCHEMA can import';

CREATE FUNCTION fivetrex_options(
  OUT context text, OUT name text, OUT allowed text, OUT default_value text,
  OUT description text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION fivetrex_options()
  IS 'options of servers, user mappings, foreign tables and columns';

CREATE FUNCTION fivetrex_catalogue_check()
RETURNS text
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION fivetrex_catalogue_check()
  IS 'what is inconsistent in the catalogue; NULL when nothing is';
