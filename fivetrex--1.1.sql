/* fivetrex--1.1.sql */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION fivetrex" to load this file. \quit

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

COMMENT ON FUNCTION fivetrex_version
  IS 'versions of extension, library, PostgreSQL, libcurl and its TLS library, and what to do when they do not go together';

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

COMMENT ON FUNCTION fivetrex_ping
  IS 'account and kind of the API key, and how long the API takes to say so';

CREATE FUNCTION fivetrex_selftest(
  server name DEFAULT NULL,
  OUT table_name text, OUT status text, OUT request text, OUT detail text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_selftest
  IS 'one cheap call per table: served, empty, forbidden, not available on this account';

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

CREATE FUNCTION fivetrex_last_error()
RETURNS jsonb
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL RESTRICTED;

COMMENT ON FUNCTION fivetrex_last_error
  IS 'the last API error of this session: status, code, message, retry_after, method, path';

CREATE FUNCTION fivetrex_request(
  method text, path text,
  query jsonb DEFAULT NULL, body jsonb DEFAULT NULL,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_request
  IS 'any request to the Fivetran API: returns the whole answer';

-- Actions: one request each

CREATE FUNCTION fivetrex_sync(
  connector_id text,
  force boolean DEFAULT false,
  server name DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_sync
  IS 'start a sync; with force a running one is stopped and started anew';

CREATE FUNCTION fivetrex_resync(
  connector_id text,
  confirm boolean DEFAULT false,
  scope jsonb DEFAULT NULL,
  server name DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_resync
  IS 'load all data anew, or the tables of the scope; needs confirm => true';

CREATE FUNCTION fivetrex_pause(
  connector_id text,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_pause
  IS 'pause a connector';

CREATE FUNCTION fivetrex_resume(
  connector_id text,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_resume
  IS 'resume a paused connector';

CREATE FUNCTION fivetrex_set_sync_frequency(
  connector_id text,
  minutes integer DEFAULT NULL,
  schedule_type text DEFAULT NULL,
  daily_sync_time text DEFAULT NULL,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_set_sync_frequency
  IS 'set how often a connector syncs; NULL leaves a setting as it is';

CREATE FUNCTION fivetrex_sync_status(
  connector_id text,
  server name DEFAULT NULL,
  OUT id text,
  OUT sync_state text, OUT setup_state text, OUT update_state text,
  OUT is_historical_sync boolean, OUT is_syncing boolean, OUT is_paused boolean,
  OUT succeeded_at timestamp with time zone, OUT failed_at timestamp with time zone,
  OUT rescheduled_for timestamp with time zone)
RETURNS record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_sync_status
  IS 'how the sync of a connector goes: one row';

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

CREATE FUNCTION fivetrex_table_columns(
  connector_id text, schema text, "table" text,
  server name DEFAULT NULL,
  OUT column_name text, OUT name_in_destination text,
  OUT enabled boolean, OUT hashed boolean, OUT is_primary_key boolean,
  OUT target_data_type text,
  OUT patch_allowed boolean, OUT patch_reason_code text, OUT patch_reason text,
  OUT attrs jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_table_columns
  IS 'columns of one table of a connector; the API asks the source for them';

CREATE FUNCTION fivetrex_state(
  connector_id text,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_state
  IS 'cursor state of a Function or Connector SDK connector';

CREATE FUNCTION fivetrex_set_state(
  connector_id text,
  state jsonb,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_set_state
  IS 'set the cursor state of a paused Function or Connector SDK connector';

CREATE FUNCTION fivetrex_schema_config(
  connector_id text,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_schema_config
  IS 'schemas and tables of a connector and how they are synced';

CREATE FUNCTION fivetrex_update_schema_config(
  connector_id text,
  config jsonb,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_update_schema_config
  IS 'change the schema config of a connector';

CREATE FUNCTION fivetrex_reload_schema_config(
  connector_id text,
  exclude_mode text DEFAULT NULL,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_reload_schema_config
  IS 'read the schemas from the source anew; exclude_mode is PRESERVE, EXCLUDE or INCLUDE';

CREATE FUNCTION fivetrex_test_connector(
  id text,
  trust_certificates boolean DEFAULT NULL,
  trust_fingerprints boolean DEFAULT NULL,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_test_connector
  IS 'run the setup tests of a connector';

CREATE FUNCTION fivetrex_test_destination(
  id text,
  trust_certificates boolean DEFAULT NULL,
  trust_fingerprints boolean DEFAULT NULL,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_test_destination
  IS 'run the setup tests of a destination';

CREATE FUNCTION fivetrex_test_webhook(
  id text,
  event text,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_test_webhook
  IS 'send a made-up event to a webhook';

CREATE FUNCTION fivetrex_create_account_webhook(
  url text,
  events text[],
  secret text DEFAULT NULL,
  active boolean DEFAULT NULL,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_create_account_webhook
  IS 'create a webhook for the events of the account';

CREATE FUNCTION fivetrex_create_group_webhook(
  group_id text,
  url text,
  events text[],
  secret text DEFAULT NULL,
  active boolean DEFAULT NULL,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_create_group_webhook
  IS 'create a webhook for the events of a group';

-- Actions on users, teams, keys, log services, secrets managers and agents

CREATE FUNCTION fivetrex_remove_user_role(
  user_id text,
  server name DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_remove_user_role
  IS 'take away the account role of a user, who stays a user of the account';

CREATE FUNCTION fivetrex_remove_team_role(
  team_id text,
  server name DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_remove_team_role
  IS 'take away the account role of a team, which itself stays';

CREATE FUNCTION fivetrex_rotate_user_api_key(
  user_id text,
  expiration_period_days integer DEFAULT NULL,
  overlap_days integer DEFAULT NULL,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_rotate_user_api_key
  IS 'give the API key of a service account a new secret, which only the answer tells; the old one works for overlap_days, at most 30';

CREATE FUNCTION fivetrex_delete_user_api_keys(
  user_id text,
  server name DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_delete_user_api_keys
  IS 'delete all API keys of a user';

CREATE FUNCTION fivetrex_rotate_system_key(
  key_id text,
  expiration_period text DEFAULT NULL,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_rotate_system_key
  IS 'give a system key a new secret, which only the answer tells; expiration_period is ONE_WEEK, ONE_MONTH, THREE_MONTHS, SIX_MONTHS or INFINITE';

CREATE FUNCTION fivetrex_test_log_service(
  log_service_id text,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_test_log_service
  IS 'run the setup tests of the log service of a group';

CREATE FUNCTION fivetrex_account_log_service(
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_account_log_service
  IS 'log service of the account';

CREATE FUNCTION fivetrex_create_account_log_service(
  service text,
  config jsonb,
  enabled boolean DEFAULT NULL,
  run_setup_tests boolean DEFAULT NULL,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_create_account_log_service
  IS 'create the log service of the account';

CREATE FUNCTION fivetrex_update_account_log_service(
  config jsonb DEFAULT NULL,
  enabled boolean DEFAULT NULL,
  run_setup_tests boolean DEFAULT NULL,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_update_account_log_service
  IS 'change the log service of the account; NULL leaves a setting as it is';

CREATE FUNCTION fivetrex_delete_account_log_service(
  server name DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_delete_account_log_service
  IS 'delete the log service of the account';

CREATE FUNCTION fivetrex_test_account_log_service(
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_test_account_log_service
  IS 'run the setup tests of the log service of the account';

CREATE FUNCTION fivetrex_secrets_manager_entities(
  secrets_manager_id text,
  type text DEFAULT NULL,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_secrets_manager_entities
  IS 'what takes its secrets from a secrets manager; type is source, destination or all';

CREATE FUNCTION fivetrex_regenerate_proxy_agent_secrets(
  agent_id text,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_regenerate_proxy_agent_secrets
  IS 'give a proxy agent new secrets, which only the answer tells';

CREATE FUNCTION fivetrex_reauthenticate_hybrid_agent(
  agent_id text,
  auth_type text DEFAULT NULL,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_reauthenticate_hybrid_agent
  IS 'give a hybrid deployment agent a new token (auth_type AUTO) or new files (MANUAL), which only the answer tells';

CREATE FUNCTION fivetrex_reset_hybrid_agent_credentials(
  agent_id text,
  server name DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_reset_hybrid_agent_credentials
  IS 'reset the credentials of a hybrid deployment agent';

-- Transformations, schema configurations, metadata

CREATE FUNCTION fivetrex_run_transformation(
  transformation_id text,
  full_refresh boolean DEFAULT NULL,
  server name DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_run_transformation
  IS 'run a transformation now';

CREATE FUNCTION fivetrex_cancel_transformation(
  transformation_id text,
  server name DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_cancel_transformation
  IS 'cancel the run of a transformation';

CREATE FUNCTION fivetrex_upgrade_transformation(
  transformation_id text,
  server name DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_upgrade_transformation
  IS 'upgrade a transformation to the newest version of its package';

CREATE FUNCTION fivetrex_test_transformation_project(
  project_id text,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_test_transformation_project
  IS 'run the setup tests of a transformation project';

CREATE FUNCTION fivetrex_dismiss_warnings(
  connector_id text,
  warning_type text,
  server name DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_dismiss_warnings
  IS 'dismiss all warnings of a type of a connector';

CREATE FUNCTION fivetrex_move_connector(
  connector_id text,
  destination_group_id text,
  sync_behavior text,
  force_move boolean DEFAULT NULL,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_move_connector
  IS 'move a paused connector to another group: CONTINUE, BACKFILL or CONTINUE_WITH_DATA';

CREATE FUNCTION fivetrex_move_job(
  connector_id text,
  job_id text,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_move_job
  IS 'how a move that copies data goes';

CREATE FUNCTION fivetrex_connect_card(
  connector_id text,
  connect_card_config jsonb,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_connect_card
  IS 'token and address of a page where somebody connects the source';

CREATE FUNCTION fivetrex_create_schema_config(
  connector_id text,
  config jsonb,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_create_schema_config
  IS 'create the schema configuration of a connector that never synced';

CREATE FUNCTION fivetrex_drop_columns(
  connector_id text,
  schemas jsonb,
  server name DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_drop_columns
  IS 'drop blocked columns in the destination';

CREATE FUNCTION fivetrex_drop_column(
  connector_id text,
  schema text,
  "table" text,
  "column" text,
  server name DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_drop_column
  IS 'drop one blocked column in the destination';

CREATE FUNCTION fivetrex_resync_tables(
  connector_id text,
  confirm boolean DEFAULT false,
  tables jsonb DEFAULT NULL,
  server name DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_resync_tables
  IS 'load tables anew: {"schema": ["table"]}; needs confirm => true';

CREATE FUNCTION fivetrex_modify_schema(
  connector_id text,
  schema text,
  config jsonb,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_modify_schema
  IS 'change one schema of a schema configuration';

CREATE FUNCTION fivetrex_modify_table(
  connector_id text,
  schema text,
  "table" text,
  config jsonb,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_modify_table
  IS 'change one table of a schema configuration';

CREATE FUNCTION fivetrex_modify_column(
  connector_id text,
  schema text,
  "table" text,
  "column" text,
  config jsonb,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_modify_column
  IS 'change one column of a schema configuration';

CREATE FUNCTION fivetrex_approve_certificate(
  hash text,
  encoded_cert text,
  connector_id text DEFAULT NULL,
  destination_id text DEFAULT NULL,
  server name DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_approve_certificate
  IS 'approve a certificate for a connector or destination, by the older way';

CREATE FUNCTION fivetrex_register_hvr_hub(
  hub_server_url text,
  fingerprint text,
  port integer DEFAULT NULL,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_register_hvr_hub
  IS 'register an HVR hub';

CREATE FUNCTION fivetrex_public_connector_types(
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'fivetrex_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_public_connector_types
  IS 'the public list of connector types';

-- Packages of the Connector SDK

CREATE FUNCTION fivetrex_upload_sdk_package(
  file bytea,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_upload_sdk_package
  IS 'upload a package (a zip file) of the Connector SDK';

CREATE FUNCTION fivetrex_replace_sdk_package(
  package_id text, file bytea,
  server name DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_replace_sdk_package
  IS 'replace the file of a package of the Connector SDK';

CREATE FUNCTION fivetrex_download_sdk_package(
  package_id text,
  server name DEFAULT NULL)
RETURNS bytea
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_download_sdk_package
  IS 'the file of a package of the Connector SDK';

-- Webhook signatures

CREATE FUNCTION fivetrex_webhook_signature(body bytea, secret text)
RETURNS text
AS 'MODULE_PATHNAME', 'fivetrex_webhook_signature_bytea'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION fivetrex_webhook_signature(bytea, text)
  IS 'HMAC-SHA256 of a delivery in upper case hex, as in X-Fivetran-Signature-256';

CREATE FUNCTION fivetrex_verify_signature(body bytea, signature text, secret text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'fivetrex_verify_signature_bytea'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION fivetrex_verify_signature(bytea, text, text)
  IS 'is this the signature of a delivery? NULL and malformed ones are not';

CREATE FUNCTION fivetrex_webhook_signature(body text, secret text)
RETURNS text
AS 'MODULE_PATHNAME', 'fivetrex_webhook_signature_text'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION fivetrex_webhook_signature(text, text)
  IS 'HMAC-SHA256 of a delivery in upper case hex, as in X-Fivetran-Signature-256';

CREATE FUNCTION fivetrex_verify_signature(body text, signature text, secret text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'fivetrex_verify_signature_text'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION fivetrex_verify_signature(text, text, text)
  IS 'is this the signature of a delivery? NULL and malformed ones are not';

CREATE FUNCTION fivetrex_verify_delivery(body bytea, signature text, server name DEFAULT NULL)
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL RESTRICTED;

COMMENT ON FUNCTION fivetrex_verify_delivery(bytea, text, name)
  IS 'is this the signature of a delivery, by the webhook secret of the user mapping? Makes no call';

-- The catalogue

CREATE FUNCTION fivetrex_comment(schema regnamespace)
RETURNS integer
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION fivetrex_comment
  IS 'describe the foreign tables of a schema and their columns with COMMENT';

CREATE FUNCTION fivetrex_tables(
  OUT name text, OUT description text, OUT list_call text, OUT detail_call text,
  OUT create_call text, OUT update_call text, OUT delete_call text,
  OUT pushed_columns text[], OUT parent text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION fivetrex_tables
  IS 'what IMPORT FOREIGN SCHEMA can import';

CREATE FUNCTION fivetrex_columns(
  OUT table_name text, OUT column_name text, OUT type text, OUT is_key boolean,
  OUT detail_only boolean, OUT on_create boolean, OUT required_on_create boolean,
  OUT on_update boolean, OUT write_only boolean, OUT masked boolean,
  OUT description text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION fivetrex_columns
  IS 'columns of the tables that IMPORT FOREIGN SCHEMA can import';

CREATE FUNCTION fivetrex_options(
  OUT context text, OUT name text, OUT allowed text, OUT default_value text,
  OUT description text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION fivetrex_options
  IS 'options of servers, user mappings, foreign tables and columns';

CREATE FUNCTION fivetrex_operations(
  OUT method text, OUT path text, OUT sql text,
  OUT relation text, OUT function text, OUT budget text)
RETURNS SETOF record
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION fivetrex_operations
  IS 'every operation of the Fivetran API, its SQL, and the rate limit it counts against';

CREATE FUNCTION fivetrex_catalogue_check()
RETURNS text
AS 'MODULE_PATHNAME'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION fivetrex_catalogue_check
  IS 'what is inconsistent in the catalogue; NULL when nothing is';

-- What changes the account is for those to whom it is granted.

REVOKE ALL ON FUNCTION
  fivetrex_request,
  fivetrex_sync,
  fivetrex_resync,
  fivetrex_pause,
  fivetrex_resume,
  fivetrex_set_sync_frequency,
  fivetrex_set_state,
  fivetrex_update_schema_config,
  fivetrex_reload_schema_config,
  fivetrex_test_connector,
  fivetrex_test_destination,
  fivetrex_test_webhook,
  fivetrex_create_account_webhook,
  fivetrex_create_group_webhook,
  fivetrex_remove_user_role,
  fivetrex_remove_team_role,
  fivetrex_rotate_user_api_key,
  fivetrex_delete_user_api_keys,
  fivetrex_rotate_system_key,
  fivetrex_test_log_service,
  fivetrex_create_account_log_service,
  fivetrex_update_account_log_service,
  fivetrex_delete_account_log_service,
  fivetrex_test_account_log_service,
  fivetrex_regenerate_proxy_agent_secrets,
  fivetrex_reauthenticate_hybrid_agent,
  fivetrex_reset_hybrid_agent_credentials,
  fivetrex_run_transformation,
  fivetrex_cancel_transformation,
  fivetrex_upgrade_transformation,
  fivetrex_test_transformation_project,
  fivetrex_dismiss_warnings,
  fivetrex_move_connector,
  fivetrex_connect_card,
  fivetrex_create_schema_config,
  fivetrex_drop_columns,
  fivetrex_drop_column,
  fivetrex_resync_tables,
  fivetrex_modify_schema,
  fivetrex_modify_table,
  fivetrex_modify_column,
  fivetrex_approve_certificate,
  fivetrex_register_hvr_hub,
  fivetrex_upload_sdk_package,
  fivetrex_replace_sdk_package
FROM PUBLIC;
