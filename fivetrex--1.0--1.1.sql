/* fivetrex--1.0--1.1.sql */

-- complain if script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION fivetrex UPDATE TO '1.1'" to load this file. \quit

CREATE FUNCTION fivetrex_limits(
  server name DEFAULT NULL,
  OUT rate_limit integer, OUT remaining integer, OUT seen_at timestamptz, OUT clock_skew interval,
  OUT calls bigint, OUT retries bigint, OUT rate_limited bigint)
RETURNS record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL RESTRICTED;

COMMENT ON FUNCTION fivetrex_limits(name)
  IS 'calls that the account may make in an hour and those left, how far Fivetran''s clock is ahead, and what this session has called; makes no call';
