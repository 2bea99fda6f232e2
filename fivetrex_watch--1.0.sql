/* fivetrex_watch--1.0.sql */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION fivetrex_watch" to load this file. \quit

-- The schema is made here, so that it goes with DROP EXTENSION.
CREATE SCHEMA fivetrex_watch;

COMMENT ON SCHEMA fivetrex_watch
  IS 'what is known of Fivetran accounts, kept by CALL fivetrex_watch.refresh()';

-- A role that is no superuser may only name settings of a library that is loaded.
DO $$
DECLARE
  base text := (SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'fivetrex');
BEGIN
  IF to_regprocedure(base || '.fivetrex_limits(name)') IS NULL THEN
    RAISE object_not_in_prerequisite_state USING MESSAGE = 'extension "fivetrex" is older than 1.1',
      HINT = 'ALTER EXTENSION fivetrex UPDATE;';
  END IF;
  EXECUTE 'SELECT ' || base || '.fivetrex_last_error()';
END $$;

-------------------------------------------------------------------------------
-- Tables

CREATE TABLE fivetrex_watch.accounts (
  account text PRIMARY KEY CHECK (account <> ''),
  server name NOT NULL,
  schema name NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  history_every interval NOT NULL DEFAULT '1 hour'
    CHECK (history_every > '0' AND history_every <= '6 days'),
  history_calls integer NOT NULL DEFAULT 500 CHECK (history_calls >= 0),
  keep interval NOT NULL DEFAULT '400 days' CHECK (keep > '0' AND keep <= '1000 years'),
  stale_after interval NOT NULL DEFAULT '15 min' CHECK (stale_after > '0' AND stale_after <= '1000 years'),
  hold interval NOT NULL DEFAULT '10 min' CHECK (hold >= '0' AND hold <= '1000 years'),
  max_gone integer NOT NULL DEFAULT 50 CHECK (max_gone >= 0),
  refreshed_at timestamptz,
  runs_looked_at timestamptz,
  failed_at timestamptz,
  error text,
  history_served boolean,
  history_tried_at timestamptz,
  rate_limit integer,
  remaining integer,
  clock_skew interval,
  clock_error interval,
  webhooks_every interval DEFAULT '1 hour' CHECK (webhooks_every > '0' AND webhooks_every <= '1000 years'),
  webhooks_asked_at timestamptz,
  webhooks_error text,
  events_since timestamptz,
  announced text,
  quota_told_at timestamptz
);

COMMENT ON TABLE fivetrex_watch.accounts IS 'the accounts that are watched, one row each';
COMMENT ON COLUMN fivetrex_watch.accounts.account IS 'name of the account, chosen freely';
COMMENT ON COLUMN fivetrex_watch.accounts.server IS 'foreign server that leads to it';
COMMENT ON COLUMN fivetrex_watch.accounts.schema IS 'schema of its foreign tables';
COMMENT ON COLUMN fivetrex_watch.accounts.enabled IS 'is it refreshed when no account is named?';
COMMENT ON COLUMN fivetrex_watch.accounts.history_every
  IS 'how long the sync history of a connector that nobody waits for is left alone; at most 6 days, as the API keeps 7';
COMMENT ON COLUMN fivetrex_watch.accounts.history_calls IS 'how many sync histories one refresh asks for at most';
COMMENT ON COLUMN fivetrex_watch.accounts.keep IS 'how long prune() keeps syncs, ended runs, events, deliveries, and what is gone';
COMMENT ON COLUMN fivetrex_watch.accounts.stale_after IS 'how old the last refresh may be before health says that it is stale';
COMMENT ON COLUMN fivetrex_watch.accounts.hold IS 'how long a change of health must last before it is announced';
COMMENT ON COLUMN fivetrex_watch.accounts.max_gone
  IS 'how many connectors may be missing from the list at once before that is taken for an error';
COMMENT ON COLUMN fivetrex_watch.accounts.refreshed_at IS 'when the list was last asked for, with success';
COMMENT ON COLUMN fivetrex_watch.accounts.runs_looked_at IS 'when the connectors of open runs were last asked for';
COMMENT ON COLUMN fivetrex_watch.accounts.failed_at IS 'when a step of a refresh last failed';
COMMENT ON COLUMN fivetrex_watch.accounts.error IS 'what failed in the last refresh; null when nothing did';
COMMENT ON COLUMN fivetrex_watch.accounts.history_served IS 'does the account''s plan have sync histories? Null: not asked yet';
COMMENT ON COLUMN fivetrex_watch.accounts.history_tried_at IS 'when a plan without sync histories was last asked for one';
COMMENT ON COLUMN fivetrex_watch.accounts.rate_limit IS 'API calls that the account may make in an hour';
COMMENT ON COLUMN fivetrex_watch.accounts.remaining IS 'calls of the hour that were left at the last answer';
COMMENT ON COLUMN fivetrex_watch.accounts.clock_skew IS 'how far Fivetran''s clock is ahead of this one';
COMMENT ON COLUMN fivetrex_watch.accounts.clock_error IS 'by how much clock_skew may be wrong';
COMMENT ON COLUMN fivetrex_watch.accounts.webhooks_every
  IS 'how often the webhooks are looked at, whether one was switched off: one call; null: never';
COMMENT ON COLUMN fivetrex_watch.accounts.webhooks_asked_at IS 'when they were last looked at';
COMMENT ON COLUMN fivetrex_watch.accounts.webhooks_error IS 'why they could not be read the last time';
COMMENT ON COLUMN fivetrex_watch.accounts.events_since IS 'when its connectors were first seen: from then on there are events';
COMMENT ON COLUMN fivetrex_watch.accounts.announced IS 'the error that an event has told and that is not over; null when there is none';
COMMENT ON COLUMN fivetrex_watch.accounts.quota_told_at IS 'when an event last told that few calls are left';

CREATE TABLE fivetrex_watch.connectors (
  account text NOT NULL,
  id text NOT NULL,
  name text,
  group_id text,
  group_name text,
  service text,
  setup_state text,
  sync_state text,
  update_state text,
  is_historical_sync boolean,
  paused boolean,
  succeeded_at timestamptz,
  failed_at timestamptz,
  rescheduled_for timestamptz,
  sync_frequency integer,
  schedule_type text,
  data_delay_threshold integer,
  tasks jsonb,
  warnings jsonb,
  first_seen_at timestamptz NOT NULL DEFAULT now(),
  gone_at timestamptz,
  syncing_since timestamptz,
  idle_at timestamptz,
  data_as_of timestamptz,
  allowance interval,
  history_asked_at timestamptz,
  history_until timestamptz,
  history_error text,
  read_error text,
  health text,
  health_since timestamptz,
  announced text,
  tasks_told text[],
  tasks_changed_at timestamptz,
  tables_asked_at timestamptz,
  tables_error text,
  PRIMARY KEY (account, id)
);

COMMENT ON TABLE fivetrex_watch.connectors IS 'the connectors as the last refresh saw them';
COMMENT ON COLUMN fivetrex_watch.connectors.account IS 'account that it belongs to';
COMMENT ON COLUMN fivetrex_watch.connectors.id IS 'identifier of the connector';
COMMENT ON COLUMN fivetrex_watch.connectors.name IS 'its name, which the API calls schema';
COMMENT ON COLUMN fivetrex_watch.connectors.group_id IS 'group that it loads into';
COMMENT ON COLUMN fivetrex_watch.connectors.group_name IS 'name of that group';
COMMENT ON COLUMN fivetrex_watch.connectors.service IS 'type of the source';
COMMENT ON COLUMN fivetrex_watch.connectors.setup_state IS 'incomplete, connected or broken';
COMMENT ON COLUMN fivetrex_watch.connectors.sync_state IS 'scheduled, syncing, paused or rescheduled';
COMMENT ON COLUMN fivetrex_watch.connectors.update_state IS 'on_schedule or delayed';
COMMENT ON COLUMN fivetrex_watch.connectors.is_historical_sync IS 'is a historical sync pending or running?';
COMMENT ON COLUMN fivetrex_watch.connectors.paused IS 'is it paused?';
COMMENT ON COLUMN fivetrex_watch.connectors.succeeded_at IS 'end of its last successful sync';
COMMENT ON COLUMN fivetrex_watch.connectors.failed_at IS 'end of its last failed sync';
COMMENT ON COLUMN fivetrex_watch.connectors.rescheduled_for IS 'when a rescheduled one goes on';
COMMENT ON COLUMN fivetrex_watch.connectors.sync_frequency IS 'minutes between syncs; null when the schedule says otherwise';
COMMENT ON COLUMN fivetrex_watch.connectors.schedule_type IS 'auto or manual';
COMMENT ON COLUMN fivetrex_watch.connectors.data_delay_threshold IS 'minutes of delay that are tolerated';
COMMENT ON COLUMN fivetrex_watch.connectors.tasks IS 'what a person has to do: an array of code, message, details';
COMMENT ON COLUMN fivetrex_watch.connectors.warnings IS 'warnings: an array of code, message, details';
COMMENT ON COLUMN fivetrex_watch.connectors.first_seen_at IS 'when it was first in the list';
COMMENT ON COLUMN fivetrex_watch.connectors.gone_at
  IS 'when it was first missed: deleted, or not visible to the API key any more; null while it is there';
COMMENT ON COLUMN fivetrex_watch.connectors.syncing_since IS 'when its running sync was first seen; null when none runs';
COMMENT ON COLUMN fivetrex_watch.connectors.idle_at
  IS 'when no sync was last seen to run; written on a change of state, and while somebody waits for it';
COMMENT ON COLUMN fivetrex_watch.connectors.data_as_of
  IS 'start of its last successful sync, or the end where the start is not known: the data are as of then';
COMMENT ON COLUMN fivetrex_watch.connectors.allowance IS 'how old its data may be before it counts as late; null: never';
COMMENT ON COLUMN fivetrex_watch.connectors.history_asked_at IS 'when its sync history was last asked for';
COMMENT ON COLUMN fivetrex_watch.connectors.history_until IS 'end of the last sync up to which its history is known';
COMMENT ON COLUMN fivetrex_watch.connectors.history_error IS 'why its history could not be read the last time';
COMMENT ON COLUMN fivetrex_watch.connectors.read_error
  IS 'why it could not be read the last time: the row is as it was before; null when it could';
COMMENT ON COLUMN fivetrex_watch.connectors.health IS 'the word that health_of() gave at the last refresh';
COMMENT ON COLUMN fivetrex_watch.connectors.health_since IS 'since when it gives that word';
COMMENT ON COLUMN fivetrex_watch.connectors.announced IS 'the word that events have told last';
COMMENT ON COLUMN fivetrex_watch.connectors.tasks_told IS 'codes of the tasks that events have told and that are not over';
COMMENT ON COLUMN fivetrex_watch.connectors.tasks_changed_at IS 'since when one of those is not there any more';
COMMENT ON COLUMN fivetrex_watch.connectors.tables_asked_at IS 'when its tables were last asked for';
COMMENT ON COLUMN fivetrex_watch.connectors.tables_error IS 'why they could not be read the last time';

CREATE TABLE fivetrex_watch.syncs (
  account text NOT NULL,
  connector_id text NOT NULL,
  sync_id text NOT NULL,
  status text,
  started_at timestamptz,
  ended_at timestamptz,
  reason text,
  extract_mb double precision,
  process_mb double precision,
  load_mb double precision,
  seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account, connector_id, sync_id)
);

CREATE INDEX syncs_by_start ON fivetrex_watch.syncs (account, connector_id, started_at);
CREATE INDEX syncs_not_completed ON fivetrex_watch.syncs (account, connector_id, started_at) WHERE status <> 'COMPLETED';
CREATE INDEX syncs_brin ON fivetrex_watch.syncs USING brin (started_at);

COMMENT ON TABLE fivetrex_watch.syncs IS 'every sync that was seen, kept longer than the seven days of the API';
COMMENT ON COLUMN fivetrex_watch.syncs.account IS 'account of the connector';
COMMENT ON COLUMN fivetrex_watch.syncs.connector_id IS 'connector that was synced';
COMMENT ON COLUMN fivetrex_watch.syncs.sync_id IS 'identifier of the sync';
COMMENT ON COLUMN fivetrex_watch.syncs.status
  IS 'COMPLETED, FAILURE, CANCELED, INCOMPLETE, RESCHEDULED or PAUSED; says nothing while ended_at is null';
COMMENT ON COLUMN fivetrex_watch.syncs.started_at IS 'when it began';
COMMENT ON COLUMN fivetrex_watch.syncs.ended_at IS 'when it ended; null while it runs';
COMMENT ON COLUMN fivetrex_watch.syncs.reason IS 'why it did not succeed';
COMMENT ON COLUMN fivetrex_watch.syncs.extract_mb IS 'megabytes read from the source';
COMMENT ON COLUMN fivetrex_watch.syncs.process_mb IS 'megabytes worked on';
COMMENT ON COLUMN fivetrex_watch.syncs.load_mb IS 'megabytes written to the destination';
COMMENT ON COLUMN fivetrex_watch.syncs.seen_at IS 'when this row was last changed';

CREATE SEQUENCE fivetrex_watch.batch_numbers;

COMMENT ON SEQUENCE fivetrex_watch.batch_numbers IS 'numbers of batches, see request()';

CREATE TABLE fivetrex_watch.runs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  batch bigint NOT NULL,
  account text NOT NULL,
  connector_id text NOT NULL,
  requested_at timestamptz NOT NULL,
  requested_by name NOT NULL,
  at_once integer NOT NULL CHECK (at_once > 0),
  deadline timestamptz NOT NULL,
  clock_skew interval,
  looked_at timestamptz,
  idle_at timestamptz,
  ended_before timestamptz,
  triggered_at timestamptz,
  posts integer NOT NULL DEFAULT 0,
  tries integer NOT NULL DEFAULT 0,
  next_try_at timestamptz,
  error text,
  outcome text,
  sync_id text,
  ended_at timestamptz,
  reason text,
  known_by text,
  told_at timestamptz
);

COMMENT ON SEQUENCE fivetrex_watch.runs_id_seq IS 'numbers of runs';

CREATE INDEX runs_by_batch ON fivetrex_watch.runs (batch);
CREATE INDEX runs_open ON fivetrex_watch.runs (account, connector_id) WHERE outcome IS NULL;
CREATE INDEX runs_not_told ON fivetrex_watch.runs (account, batch) WHERE told_at IS NULL;

COMMENT ON TABLE fivetrex_watch.runs IS 'syncs that were asked for, one row for each connector of a request';
COMMENT ON COLUMN fivetrex_watch.runs.id IS 'number of the run';
COMMENT ON COLUMN fivetrex_watch.runs.batch IS 'number of the request';
COMMENT ON COLUMN fivetrex_watch.runs.account IS 'account of the connector';
COMMENT ON COLUMN fivetrex_watch.runs.connector_id IS 'connector to be synced';
COMMENT ON COLUMN fivetrex_watch.runs.requested_at IS 'when it was asked for: the first sync that starts later and ends decides';
COMMENT ON COLUMN fivetrex_watch.runs.requested_by IS 'role that asked for it';
COMMENT ON COLUMN fivetrex_watch.runs.at_once IS 'how many runs of the batch may be under way at once';
COMMENT ON COLUMN fivetrex_watch.runs.deadline IS 'when the run is given up';
COMMENT ON COLUMN fivetrex_watch.runs.clock_skew
  IS 'how far Fivetran''s clock was ahead when it was asked for; the greater one where that changed before the first look';
COMMENT ON COLUMN fivetrex_watch.runs.looked_at IS 'when the connector was first looked at after the request';
COMMENT ON COLUMN fivetrex_watch.runs.idle_at IS 'when it was first seen without a sync after the request';
COMMENT ON COLUMN fivetrex_watch.runs.ended_before IS 'end of its last sync as it was seen then';
COMMENT ON COLUMN fivetrex_watch.runs.triggered_at IS 'when the API was last asked to sync it';
COMMENT ON COLUMN fivetrex_watch.runs.posts IS 'how often the API was asked, with success';
COMMENT ON COLUMN fivetrex_watch.runs.tries IS 'how often asking failed since';
COMMENT ON COLUMN fivetrex_watch.runs.next_try_at IS 'not before then is it tried again';
COMMENT ON COLUMN fivetrex_watch.runs.error IS 'how the last try failed';
COMMENT ON COLUMN fivetrex_watch.runs.outcome
  IS 'succeeded, failed, canceled, incomplete, paused, broken, not_set_up, gone, not_started, timeout; null while it is open';
COMMENT ON COLUMN fivetrex_watch.runs.sync_id IS 'the sync that decided; null when it is not known';
COMMENT ON COLUMN fivetrex_watch.runs.ended_at IS 'when that sync, or the run, ended';
COMMENT ON COLUMN fivetrex_watch.runs.reason IS 'why it did not succeed';
COMMENT ON COLUMN fivetrex_watch.runs.known_by
  IS 'what the outcome rests on: history, timestamps, state (of the connector) or clock; null when it was canceled here';
COMMENT ON COLUMN fivetrex_watch.runs.told_at IS 'when an event told that its batch has ended';

-------------------------------------------------------------------------------
-- Tables: events, deliveries, source tables, allowances

CREATE TABLE fivetrex_watch.events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  account text NOT NULL,
  connector_id text,
  kind text NOT NULL,
  was text,
  now text,
  message text NOT NULL,
  detail jsonb
);

CREATE INDEX events_by_account ON fivetrex_watch.events (account, id);
CREATE INDEX events_by_connector ON fivetrex_watch.events (account, connector_id, id);

COMMENT ON TABLE fivetrex_watch.events IS 'what has happened, each told once; read it by take()';
COMMENT ON SEQUENCE fivetrex_watch.events_id_seq IS 'numbers of events';
COMMENT ON COLUMN fivetrex_watch.events.id IS 'number of the event; those of an account are in the order of their commits';
COMMENT ON COLUMN fivetrex_watch.events.at IS 'when it was found';
COMMENT ON COLUMN fivetrex_watch.events.account IS 'account that it is about';
COMMENT ON COLUMN fivetrex_watch.events.connector_id IS 'connector that it is about; null for batch, account, quota and webhook';
COMMENT ON COLUMN fivetrex_watch.events.kind
  IS 'health, appeared, gone, returned, task, batch, table, account, quota or webhook';
COMMENT ON COLUMN fivetrex_watch.events.was IS 'what was told before';
COMMENT ON COLUMN fivetrex_watch.events.now IS 'what is so now';
COMMENT ON COLUMN fivetrex_watch.events.message IS 'the event as a sentence, for a person';
COMMENT ON COLUMN fivetrex_watch.events.detail IS 'more of it, for a program; its members depend on the kind';

CREATE TABLE fivetrex_watch.consumers (
  consumer text NOT NULL CHECK (consumer <> ''),
  account text NOT NULL,
  last_id bigint NOT NULL,
  PRIMARY KEY (consumer, account)
);

COMMENT ON TABLE fivetrex_watch.consumers IS 'how far each reader of events is; written by take()';
COMMENT ON COLUMN fivetrex_watch.consumers.consumer IS 'name of the reader, chosen freely';
COMMENT ON COLUMN fivetrex_watch.consumers.account IS 'account of the events';
COMMENT ON COLUMN fivetrex_watch.consumers.last_id IS 'number of the last event that was taken';

CREATE TABLE fivetrex_watch.deliveries (
  account text NOT NULL,
  digest bytea NOT NULL,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  event text,
  connector_id text,
  sync_id text,
  created timestamptz,
  body jsonb NOT NULL,
  used_at timestamptz,
  PRIMARY KEY (account, digest)
);

CREATE INDEX deliveries_by_use ON fivetrex_watch.deliveries (account, used_at);

COMMENT ON TABLE fivetrex_watch.deliveries IS 'what webhooks have delivered, each body once; written by receive()';
COMMENT ON COLUMN fivetrex_watch.deliveries.account IS 'account whose secret has signed it';
COMMENT ON COLUMN fivetrex_watch.deliveries.digest IS 'SHA-256 digest of the body: a delivery that is repeated has the same';
COMMENT ON COLUMN fivetrex_watch.deliveries.received_at IS 'when it first arrived';
COMMENT ON COLUMN fivetrex_watch.deliveries.event IS 'what it tells, such as sync_end';
COMMENT ON COLUMN fivetrex_watch.deliveries.connector_id IS 'connector that it names';
COMMENT ON COLUMN fivetrex_watch.deliveries.sync_id IS 'sync that it names';
COMMENT ON COLUMN fivetrex_watch.deliveries.created IS 'when Fivetran made it, as it says';
COMMENT ON COLUMN fivetrex_watch.deliveries.body
  IS 'the whole of it; as a string where it is JSON that jsonb cannot hold; ? where the database''s encoding lacks a character';
COMMENT ON COLUMN fivetrex_watch.deliveries.used_at IS 'when a refresh has looked at what it is about';

CREATE TABLE fivetrex_watch.tables (
  account text NOT NULL,
  connector_id text NOT NULL,
  schema_name text NOT NULL,
  table_name text NOT NULL,
  schema_in_destination text,
  name_in_destination text,
  enabled boolean,
  sync_mode text,
  first_seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  gone_at timestamptz,
  PRIMARY KEY (account, connector_id, schema_name, table_name)
);

COMMENT ON TABLE fivetrex_watch.tables IS 'tables of the sources, as refresh_tables() last saw them';
COMMENT ON COLUMN fivetrex_watch.tables.account IS 'account of the connector';
COMMENT ON COLUMN fivetrex_watch.tables.connector_id IS 'connector that reads it';
COMMENT ON COLUMN fivetrex_watch.tables.schema_name IS 'its schema in the source';
COMMENT ON COLUMN fivetrex_watch.tables.table_name IS 'its name in the source';
COMMENT ON COLUMN fivetrex_watch.tables.schema_in_destination IS 'its schema in the destination';
COMMENT ON COLUMN fivetrex_watch.tables.name_in_destination IS 'its name in the destination';
COMMENT ON COLUMN fivetrex_watch.tables.enabled IS 'is it synced: are it and its schema enabled?';
COMMENT ON COLUMN fivetrex_watch.tables.sync_mode IS 'SOFT_DELETE, HISTORY or LIVE; null when the service cannot switch';
COMMENT ON COLUMN fivetrex_watch.tables.first_seen_at IS 'when it was first seen';
COMMENT ON COLUMN fivetrex_watch.tables.gone_at IS 'when it was first missed; null while it is there';

CREATE TABLE fivetrex_watch.slas (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account text,
  group_id text,
  connector_id text,
  max_age interval NOT NULL CHECK (max_age > '0' AND max_age <= '1000 years'),
  UNIQUE NULLS NOT DISTINCT (account, group_id, connector_id)
);

COMMENT ON TABLE fivetrex_watch.slas
  IS 'how old data may be, written by you; the most specific row counts from the next refresh on: of the connector, the group, the account, all';
COMMENT ON SEQUENCE fivetrex_watch.slas_id_seq IS 'numbers of slas';
COMMENT ON COLUMN fivetrex_watch.slas.id IS 'number of the row';
COMMENT ON COLUMN fivetrex_watch.slas.account IS 'account that it is for; null: any';
COMMENT ON COLUMN fivetrex_watch.slas.group_id IS 'group that it is for; null: any';
COMMENT ON COLUMN fivetrex_watch.slas.connector_id IS 'connector that it is for; null: any';
COMMENT ON COLUMN fivetrex_watch.slas.max_age IS 'how old the data of those may be';

CREATE TABLE fivetrex_watch.webhooks (
  account text NOT NULL,
  id text NOT NULL,
  group_id text,
  active boolean,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (account, id)
);

COMMENT ON TABLE fivetrex_watch.webhooks IS 'the webhooks as they were last seen';
COMMENT ON COLUMN fivetrex_watch.webhooks.account IS 'account that it belongs to';
COMMENT ON COLUMN fivetrex_watch.webhooks.id IS 'identifier of the webhook';
COMMENT ON COLUMN fivetrex_watch.webhooks.group_id IS 'group whose events it sends; null: those of the account';
COMMENT ON COLUMN fivetrex_watch.webhooks.active IS 'are events sent?';
COMMENT ON COLUMN fivetrex_watch.webhooks.changed_at IS 'when that was first seen so';

/*
 * What foreign keys would do.  With them pg_restore -j fails, as it loads the
 * tables of an extension in any order.
 */
CREATE FUNCTION fivetrex_watch.follow_account()
RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_LEVEL = 'STATEMENT' THEN
    -- what others have committed meanwhile must be seen, or it would be left over
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
      RAISE feature_not_supported USING
        MESSAGE = format('accounts can be renamed and deleted in READ COMMITTED only, not in %s',
          upper(current_setting('transaction_isolation'))),
        HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED;';
    END IF;
    -- a refresh that is in a step writes rows of its account: wait for it before any is locked here
    PERFORM pg_advisory_xact_lock(hashtext('fivetrex_watch'), hashtext(o.account))
    FROM (SELECT a.account FROM fivetrex_watch.accounts a ORDER BY 1) o;
  ELSIF TG_OP = 'DELETE' THEN
    DELETE FROM fivetrex_watch.connectors c WHERE c.account = OLD.account;
    DELETE FROM fivetrex_watch.syncs s WHERE s.account = OLD.account;
    DELETE FROM fivetrex_watch.runs r WHERE r.account = OLD.account;
    DELETE FROM fivetrex_watch.events e WHERE e.account = OLD.account;
    DELETE FROM fivetrex_watch.consumers k WHERE k.account = OLD.account;
    DELETE FROM fivetrex_watch.deliveries d WHERE d.account = OLD.account;
    DELETE FROM fivetrex_watch.tables t WHERE t.account = OLD.account;
    DELETE FROM fivetrex_watch.slas l WHERE l.account = OLD.account;
    DELETE FROM fivetrex_watch.webhooks w WHERE w.account = OLD.account;
  ELSE
    UPDATE fivetrex_watch.connectors c SET account = NEW.account WHERE c.account = OLD.account;
    UPDATE fivetrex_watch.syncs s SET account = NEW.account WHERE s.account = OLD.account;
    UPDATE fivetrex_watch.runs r SET account = NEW.account WHERE r.account = OLD.account;
    UPDATE fivetrex_watch.events e SET account = NEW.account WHERE e.account = OLD.account;
    UPDATE fivetrex_watch.consumers k SET account = NEW.account WHERE k.account = OLD.account;
    UPDATE fivetrex_watch.deliveries d SET account = NEW.account WHERE d.account = OLD.account;
    UPDATE fivetrex_watch.tables t SET account = NEW.account WHERE t.account = OLD.account;
    UPDATE fivetrex_watch.slas l SET account = NEW.account WHERE l.account = OLD.account;
    UPDATE fivetrex_watch.webhooks w SET account = NEW.account WHERE w.account = OLD.account;
  END IF;
  RETURN NULL;
END $$;

COMMENT ON FUNCTION fivetrex_watch.follow_account()
  IS 'internal: what is known of an account is renamed and deleted with it';

CREATE TRIGGER wait_for_refresh BEFORE DELETE OR UPDATE OF account ON fivetrex_watch.accounts
  FOR EACH STATEMENT EXECUTE FUNCTION fivetrex_watch.follow_account();
CREATE TRIGGER follow AFTER DELETE OR UPDATE OF account ON fivetrex_watch.accounts
  FOR EACH ROW EXECUTE FUNCTION fivetrex_watch.follow_account();

SELECT pg_extension_config_dump('fivetrex_watch.accounts', '');
SELECT pg_extension_config_dump('fivetrex_watch.connectors', '');
SELECT pg_extension_config_dump('fivetrex_watch.syncs', '');
SELECT pg_extension_config_dump('fivetrex_watch.runs', '');
SELECT pg_extension_config_dump('fivetrex_watch.batch_numbers', '');
SELECT pg_extension_config_dump('fivetrex_watch.runs_id_seq', '');
SELECT pg_extension_config_dump('fivetrex_watch.events', '');
SELECT pg_extension_config_dump('fivetrex_watch.events_id_seq', '');
SELECT pg_extension_config_dump('fivetrex_watch.consumers', '');
SELECT pg_extension_config_dump('fivetrex_watch.deliveries', '');
SELECT pg_extension_config_dump('fivetrex_watch.tables', '');
SELECT pg_extension_config_dump('fivetrex_watch.slas', '');
SELECT pg_extension_config_dump('fivetrex_watch.slas_id_seq', '');
SELECT pg_extension_config_dump('fivetrex_watch.webhooks', '');

-------------------------------------------------------------------------------
-- Accounts

CREATE FUNCTION fivetrex_watch.check_columns(server name, schema name)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  missing text;
  tables text;
  qualified text;
BEGIN
  SELECT string_agg(needed.col, ', ' ORDER BY n),
    string_agg(DISTINCT quote_ident(split_part(needed.col, '.', 1)), ', '),
    string_agg(DISTINCT format('%I.%I', schema, split_part(needed.col, '.', 1)), ', ')
  INTO missing, tables, qualified
  FROM unnest('{connectors.id,connectors.schema,connectors.group_id,connectors.service,connectors.setup_state,
    connectors.sync_state,connectors.update_state,connectors.is_historical_sync,connectors.paused,
    connectors.succeeded_at,connectors.failed_at,connectors.rescheduled_for,connectors.sync_frequency,
    connectors.schedule_type,connectors.data_delay_threshold,connectors.tasks,connectors.warnings,
    groups.id,groups.name,connector_sync_history.connector_id,connector_sync_history.sync_id,
    connector_sync_history.status,connector_sync_history.start,connector_sync_history.end,
    connector_sync_history.reason,connector_sync_history.extract_volume,connector_sync_history.process_volume,
    connector_sync_history.load_volume,connector_schemas.connector_id,connector_schemas.schema_name,
    connector_schemas.name_in_destination,connector_schemas.enabled,connector_tables.connector_id,
    connector_tables.schema_name,connector_tables.table_name,connector_tables.name_in_destination,
    connector_tables.enabled,connector_tables.sync_mode,connector_tables.patch_reason_code}'::text[])
    WITH ORDINALITY needed(col, n)
  WHERE NOT EXISTS (SELECT FROM pg_attribute t
    WHERE t.attrelid = format('%I.%I', schema, split_part(needed.col, '.', 1))::regclass
      AND t.attname = split_part(needed.col, '.', 2) AND t.attnum > 0 AND NOT t.attisdropped);
  IF missing IS NOT NULL THEN
    RAISE undefined_column USING
      MESSAGE = format('foreign tables of schema "%s" lack columns that are needed', schema),
      DETAIL = 'Missing: ' || missing || '.',
      HINT = 'DROP FOREIGN TABLE ' || qualified || '; IMPORT FOREIGN SCHEMA fivetran LIMIT TO (' || tables || ')'
        || format(' FROM SERVER %I INTO %I;', server, schema);
  END IF;
END $$;

COMMENT ON FUNCTION fivetrex_watch.check_columns(name, name)
  IS 'internal: an error where foreign tables of an account lack columns that are read';

CREATE FUNCTION fivetrex_watch.add_account(
  account text, server name DEFAULT 'fivetran', schema name DEFAULT 'fivetran')
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  missing text;
  there text;
  tables text;
  source text;
BEGIN
  IF account IS NULL OR server IS NULL OR schema IS NULL THEN
    RAISE null_value_not_allowed USING MESSAGE = 'account, server and schema must not be null';
  ELSIF account = '' THEN
    RAISE invalid_parameter_value USING MESSAGE = 'the account needs a name',
      HINT = 'It is chosen freely: SELECT fivetrex_watch.add_account(''main'');';
  END IF;
  IF NOT EXISTS (SELECT FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
    WHERE s.srvname = add_account.server AND w.fdwname = 'fivetrex') THEN
    RAISE undefined_object USING MESSAGE = format('there is no server "%s" of fivetrex', server),
      HINT = format('CREATE SERVER %I FOREIGN DATA WRAPPER fivetrex; or name the one that there is: add_account(%L, server => ...).',
        server, account);
  END IF;
  source := format(' FROM SERVER %I INTO %I;', server, schema);
  -- webhooks are looked at where they are there: what is imported anyway might as well have them
  SELECT string_agg(quote_ident(needed.name), ', ' ORDER BY n) FILTER (WHERE needed.name <> 'webhooks'),
    string_agg(quote_ident(needed.name), ', ' ORDER BY n) FILTER (WHERE x.relation IS NULL),
    string_agg(quote_ident(needed.name), ', ' ORDER BY n) FILTER (WHERE x.relation IS NOT NULL AND needed.name <> 'webhooks')
  INTO missing, tables, there
  FROM unnest('{connectors,groups,connector_sync_history,connector_schemas,connector_tables,webhooks}'::text[])
    WITH ORDINALITY needed(name, n)
  CROSS JOIN LATERAL (SELECT (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = add_account.schema AND c.relname = needed.name) AS relation) x
  WHERE NOT EXISTS (SELECT FROM pg_foreign_table t JOIN pg_foreign_server s ON s.oid = t.ftserver
    WHERE t.ftrelid = x.relation AND s.srvname = add_account.server);
  IF missing IS NOT NULL THEN
    RAISE undefined_table USING
      MESSAGE = format('schema "%s" has not all foreign tables of server "%s" that are needed', schema, server),
      DETAIL = 'Missing: ' || missing || '.', HINT = CASE WHEN there IS NOT NULL
        THEN format('%s there is of another server, or something else: import into another schema, and name that: add_account(%L, %L, schema => ...).',
          there, account, server)
        ELSE CASE WHEN to_regnamespace(quote_ident(schema)) IS NULL THEN format('CREATE SCHEMA %I; ', schema) ELSE '' END
          || 'IMPORT FOREIGN SCHEMA fivetran LIMIT TO (' || tables || ')' || source END;
  END IF;
  PERFORM fivetrex_watch.check_columns(server, schema);
  INSERT INTO fivetrex_watch.accounts AS a (account, server, schema)
  VALUES (add_account.account, add_account.server, add_account.schema)
  ON CONFLICT ON CONSTRAINT accounts_pkey DO UPDATE SET server = excluded.server, schema = excluded.schema;
END $$;

COMMENT ON FUNCTION fivetrex_watch.add_account(text, name, name)
  IS 'watch an account: its foreign tables must have been imported; again: changes server and schema';

CREATE FUNCTION fivetrex_watch.the_account(account text)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  known text[] := ARRAY(SELECT a.account FROM fivetrex_watch.accounts a ORDER BY 1);
BEGIN
  IF account = ANY (known) OR (account IS NULL AND cardinality(known) = 1) THEN
    RETURN coalesce(account, known[1]);
  ELSIF account IS NULL AND cardinality(known) > 1 THEN
    RAISE invalid_parameter_value USING MESSAGE = 'there is more than one account: say which',
      HINT = format('It is one of: %s.', array_to_string(known, ', '));
  END IF;
  RAISE invalid_parameter_value USING
    MESSAGE = coalesce('account "' || account || '" is not watched', 'no account is watched'),
    HINT = coalesce('Watched are: ' || nullif(array_to_string(known, ', '), '') || '. ', '')
      || 'SELECT fivetrex_watch.add_account(...) adds one.';
END $$;

COMMENT ON FUNCTION fivetrex_watch.the_account(text)
  IS 'internal: the account of that name, or the only one';

CREATE FUNCTION fivetrex_watch.base_function(name text)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  -- the base extension is relocatable
  SELECT format('%I.%I', n.nspname, name)
  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'fivetrex'
$$;

COMMENT ON FUNCTION fivetrex_watch.base_function(text)
  IS 'internal: qualified name of a function of the extension fivetrex';

CREATE FUNCTION fivetrex_watch.check_commit()
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  can boolean;
BEGIN
  EXECUTE format('SELECT %s()', fivetrex_watch.base_function('fivetrex_can_commit')) INTO can;
  IF NOT can THEN
    RAISE invalid_transaction_termination USING
      MESSAGE = 'procedures of fivetrex_watch cannot run inside a transaction block, or a function',
      DETAIL = 'They commit on their way, so that nothing of their work is lost or held up.',
      HINT = 'CALL them by themselves: without BEGIN, and with a driver in autocommit mode.';
  END IF;
END $$;

COMMENT ON FUNCTION fivetrex_watch.check_commit()
  IS 'internal: an error where a procedure could not commit';

CREATE FUNCTION fivetrex_watch.check_server(account text, server name, schema name)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  hint text := 'SELECT fivetrex_watch.add_account(...) tells the account where its server and tables are now.';
  missing text;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_foreign_server s WHERE s.srvname = server) THEN
    RAISE undefined_object USING MESSAGE = format('server "%s" of account "%s" does not exist', server, account), HINT = hint;
  ELSIF NOT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = schema) THEN
    RAISE undefined_table USING MESSAGE = format('schema "%s" of account "%s" does not exist', schema, account), HINT = hint;
  END IF;
  SELECT string_agg(needed.name, ', ') INTO missing
  FROM unnest('{connectors,groups,connector_sync_history,connector_schemas,connector_tables}'::text[]) needed(name)
  WHERE NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = schema AND c.relname = needed.name);
  IF missing IS NOT NULL THEN
    RAISE undefined_table USING MESSAGE = format('schema "%s" of account "%s" lacks tables: %s', schema, account, missing),
      HINT = hint;
  END IF;
END $$;

COMMENT ON FUNCTION fivetrex_watch.check_server(text, name, name)
  IS 'internal: an error where the server, schema or tables of an account were dropped or renamed';

CREATE FUNCTION fivetrex_watch.error_text(message text, hint text)
RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT message || coalesce('. ' || nullif(hint, ''), '')
$$;

COMMENT ON FUNCTION fivetrex_watch.error_text(text, text)
  IS 'internal: an error as tables keep it: its message and its hint';

/*
 * A wait looks again and again, and tells each thing once: what it has told is
 * in a setting, which to_refresh() empties for all else.
 */
CREATE FUNCTION fivetrex_watch.warn(state text, message text, detail text, hint text)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  told text[] := nullif(current_setting('fivetrex_watch.told', true), '');
BEGIN
  IF message = ANY (told) THEN
    RETURN;
  END IF;
  PERFORM set_config('fivetrex_watch.told', (told || message)::text, false) WHERE told IS NOT NULL;
  IF coalesce(hint, '') = '' THEN
    RAISE WARNING USING MESSAGE = message, ERRCODE = state, DETAIL = detail;
  ELSE
    RAISE WARNING USING MESSAGE = message, ERRCODE = state, DETAIL = detail, HINT = hint;
  END IF;
END $$;

COMMENT ON FUNCTION fivetrex_watch.warn(text, text, text, text)
  IS 'internal: a WARNING, in a wait the first time only; detail must not be null';

CREATE FUNCTION fivetrex_watch.note_failure(
  account text, state text, message text, detail text, hint text)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE fivetrex_watch.accounts x
  SET failed_at = clock_timestamp(), error = fivetrex_watch.error_text(message, hint)
  WHERE x.account = note_failure.account;
  PERFORM fivetrex_watch.warn(state, format('account "%s": %s', account, message), detail, hint);
END $$;

COMMENT ON FUNCTION fivetrex_watch.note_failure(text, text, text, text, text)
  IS 'internal: keeps an error with its account, and warns of it; detail must not be null';

CREATE FUNCTION fivetrex_watch.moment_before(at timestamptz, distance interval)
RETURNS timestamptz
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
  SELECT CASE WHEN distance > '1000 years' THEN '-infinity'
    WHEN distance > '0' THEN at - distance ELSE at END;
END;

COMMENT ON FUNCTION fivetrex_watch.moment_before(timestamptz, interval)
  IS 'internal: a moment so long before another one, however long that is; never later';

CREATE FUNCTION fivetrex_watch.moment(at timestamptz)
RETURNS timestamptz
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
  SELECT CASE WHEN at >= '1970-01-01 00:00Z' AND at < '2200-01-01 00:00Z' THEN at END;
END;

COMMENT ON FUNCTION fivetrex_watch.moment(timestamptz)
  IS 'internal: a moment of the API; null for one with which nothing can be computed';

-------------------------------------------------------------------------------
-- Health

CREATE FUNCTION fivetrex_watch.health_of(
  c fivetrex_watch.connectors, at timestamptz DEFAULT now(),
  OUT health text, OUT severity smallint, OUT reason text)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT word, CASE WHEN word IN ('broken') THEN 3
      WHEN word IN ('failing', 'late', 'delayed') THEN 2
      WHEN word = 'rescheduled' AND c.schedule_type = 'manual' THEN 2
      WHEN word IN ('gone', 'paused', 'incomplete', 'rescheduled') THEN 1 ELSE 0 END::smallint,
    CASE word WHEN 'gone' THEN 'deleted, or not visible to the API key'
      WHEN 'incomplete' THEN 'the setup tests have never passed'
      WHEN 'broken' THEN c.tasks -> 0 ->> 'message'
      WHEN 'rescheduled' THEN CASE WHEN c.schedule_type = 'manual' THEN 'nobody will resume it: its schedule is manual'
        ELSE 'until ' || to_char(c.rescheduled_for AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') END
      WHEN 'late' THEN 'its data are as of ' || to_char(c.data_as_of AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')
        || ', older than ' || extract(epoch FROM c.allowance)::bigint / 60 || ' min'
      WHEN 'delayed' THEN 'Fivetran reports a delay' END
  FROM (SELECT CASE WHEN c.gone_at IS NOT NULL THEN 'gone'
      WHEN c.paused THEN 'paused'
      WHEN c.setup_state = 'incomplete' THEN 'incomplete'
      WHEN c.setup_state = 'broken' THEN 'broken'
      WHEN c.failed_at > coalesce(c.succeeded_at, '-infinity') THEN 'failing'
      WHEN c.succeeded_at IS NULL AND c.failed_at IS NULL THEN 'new'
      WHEN c.sync_state = 'rescheduled' THEN 'rescheduled'
      WHEN at - c.data_as_of > c.allowance THEN 'late'
      WHEN c.update_state = 'delayed' THEN 'delayed'
      ELSE 'ok' END) w(word);
END;

COMMENT ON FUNCTION fivetrex_watch.health_of(fivetrex_watch.connectors, timestamptz)
  IS 'one word for the state of a connector, its severity (0 to 3) and why; the first that fits of gone, paused, incomplete, broken, failing, new, rescheduled, late, delayed, ok';

CREATE FUNCTION fivetrex_watch.health_began(c fivetrex_watch.connectors, health text)
RETURNS timestamptz
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
  SELECT CASE health WHEN 'gone' THEN c.gone_at WHEN 'broken' THEN c.failed_at
    WHEN 'failing' THEN c.failed_at WHEN 'new' THEN c.first_seen_at
    WHEN 'late' THEN c.data_as_of + c.allowance END;
END;

COMMENT ON FUNCTION fivetrex_watch.health_began(fivetrex_watch.connectors, text)
  IS 'internal: since when a word holds, as far as the connector itself tells';

CREATE FUNCTION fivetrex_watch.note_health(a fivetrex_watch.accounts)
RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  -- as of the last look: while nothing can be seen, nothing becomes late
  UPDATE fivetrex_watch.connectors c SET health = n.health,
    health_since = CASE WHEN c.health IS NULL THEN fivetrex_watch.health_began(c, n.health)
      ELSE greatest(a.refreshed_at, a.runs_looked_at) END
  FROM (SELECT x.id, h.health FROM fivetrex_watch.connectors x, fivetrex_watch.health_of(x, a.refreshed_at) h
    WHERE x.account = a.account AND x.health IS DISTINCT FROM h.health) n
  WHERE c.account = a.account AND c.id = n.id
$$;

COMMENT ON FUNCTION fivetrex_watch.note_health(fivetrex_watch.accounts)
  IS 'internal, last step of a refresh: keeps the words that have changed, and since when';

-------------------------------------------------------------------------------
-- Refresh: the list of connectors

CREATE FUNCTION fivetrex_watch.sla_of(account text, group_id text, connector_id text)
RETURNS interval
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT s.max_age FROM fivetrex_watch.slas s
  WHERE (s.account IS NULL OR s.account = sla_of.account) AND (s.group_id IS NULL OR s.group_id = sla_of.group_id)
    AND (s.connector_id IS NULL OR s.connector_id = sla_of.connector_id)
  ORDER BY s.connector_id IS NULL, s.group_id IS NULL, s.account IS NULL LIMIT 1;
END;

COMMENT ON FUNCTION fivetrex_watch.sla_of(text, text, text)
  IS 'internal: how old the data of a connector may be by slas, the most specific row; null when none fits';

CREATE FUNCTION fivetrex_watch.list_query(schema name, which text, with_groups boolean)
RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  -- $1: account, $2: ids, $3: the moment
  SELECT format($q$
    SELECT DISTINCT ON (l.id) $1, l.id, l.schema, l.group_id,
      coalesce(g.name, CASE WHEN k.group_id = l.group_id THEN k.group_name END), l.service,
      l.setup_state, l.sync_state, l.update_state, l.is_historical_sync, l.paused, t.succeeded_at, t.failed_at,
      fivetrex_watch.moment(l.rescheduled_for), l.sync_frequency, l.schedule_type, l.data_delay_threshold, l.tasks,
      l.warnings, $3,
      CASE WHEN l.sync_state <> 'syncing' THEN NULL
        WHEN k.sync_state = 'syncing' AND (k.succeeded_at, k.failed_at)
          IS NOT DISTINCT FROM (t.succeeded_at, t.failed_at) THEN coalesce(k.syncing_since, $3)
        WHEN l.sync_state = 'syncing' THEN $3 END,
      CASE WHEN l.sync_state IN ('scheduled', 'paused', 'rescheduled') AND (k.idle_at IS NULL
          OR k.sync_state IS DISTINCT FROM l.sync_state OR EXISTS (SELECT FROM fivetrex_watch.runs r
            WHERE r.account = $1 AND r.connector_id = l.id AND r.outcome IS NULL)) THEN $3 ELSE k.idle_at END,
      CASE WHEN k.succeeded_at = t.succeeded_at THEN coalesce(k.data_as_of, t.succeeded_at) ELSE t.succeeded_at END,
      -- ten years at most: what is longer is no schedule
      coalesce(fivetrex_watch.sla_of($1, l.group_id, l.id), CASE WHEN l.schedule_type IS DISTINCT FROM 'manual'
          AND l.sync_frequency BETWEEN 0 AND 5256000 AND coalesce(l.data_delay_threshold, 0) BETWEEN 0 AND 5256000
        THEN make_interval(mins => 2 * l.sync_frequency + coalesce(l.data_delay_threshold, 0)) END)
    FROM (SELECT * FROM %1$I.connectors %2$s OFFSET 0) l
    CROSS JOIN LATERAL (SELECT fivetrex_watch.moment(l.succeeded_at) AS succeeded_at,
      fivetrex_watch.moment(l.failed_at) AS failed_at) t
    LEFT JOIN (SELECT * FROM %3$s OFFSET 0) g ON g.id = l.group_id
    LEFT JOIN fivetrex_watch.connectors k ON k.account = $1 AND k.id = l.id
    ORDER BY l.id
  $q$, schema, which,
    CASE WHEN with_groups THEN format('(SELECT id, name FROM %I.groups) x', schema)
      ELSE '(SELECT NULL::text AS id, NULL::text AS name WHERE false) x' END)
$$;

COMMENT ON FUNCTION fivetrex_watch.list_query(name, text, boolean)
  IS 'internal: the query that reads connectors from the API as rows for the table connectors';

CREATE FUNCTION fivetrex_watch.read_rows(
  a fivetrex_watch.accounts, which text, ids text[], with_groups boolean, at timestamptz)
RETURNS text[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  seen text[];
BEGIN
  EXECUTE format($q$
    WITH l (account, id, name, group_id, group_name, service, setup_state, sync_state, update_state,
      is_historical_sync, paused, succeeded_at, failed_at, rescheduled_for, sync_frequency, schedule_type,
      data_delay_threshold, tasks, warnings, first_seen_at, syncing_since, idle_at, data_as_of, allowance)
      AS MATERIALIZED (%s),
    written AS (
      INSERT INTO fivetrex_watch.connectors AS o (account, id, name, group_id, group_name, service, setup_state,
        sync_state, update_state, is_historical_sync, paused, succeeded_at, failed_at, rescheduled_for,
        sync_frequency, schedule_type, data_delay_threshold, tasks, warnings, first_seen_at, syncing_since,
        idle_at, data_as_of, allowance)
      SELECT * FROM l
      ON CONFLICT ON CONSTRAINT connectors_pkey DO UPDATE SET (name, group_id, group_name, service, setup_state,
        sync_state, update_state, is_historical_sync, paused, succeeded_at, failed_at, rescheduled_for,
        sync_frequency, schedule_type, data_delay_threshold, tasks, warnings, syncing_since, idle_at, data_as_of,
        allowance, gone_at, read_error) = ROW (excluded.name, excluded.group_id, excluded.group_name, excluded.service,
        excluded.setup_state, excluded.sync_state, excluded.update_state, excluded.is_historical_sync,
        excluded.paused, excluded.succeeded_at, excluded.failed_at, excluded.rescheduled_for,
        excluded.sync_frequency, excluded.schedule_type, excluded.data_delay_threshold, excluded.tasks,
        excluded.warnings, excluded.syncing_since, excluded.idle_at, excluded.data_as_of, excluded.allowance, NULL, NULL)
      WHERE o.gone_at IS NOT NULL OR o.read_error IS NOT NULL OR ROW (o.name, o.group_id, o.group_name, o.service, o.setup_state, o.sync_state,
        o.update_state, o.is_historical_sync, o.paused, o.succeeded_at, o.failed_at, o.rescheduled_for,
        o.sync_frequency, o.schedule_type, o.data_delay_threshold, o.tasks, o.warnings, o.syncing_since,
        o.idle_at, o.data_as_of, o.allowance) IS DISTINCT FROM ROW (excluded.name, excluded.group_id,
        excluded.group_name, excluded.service, excluded.setup_state, excluded.sync_state, excluded.update_state,
        excluded.is_historical_sync, excluded.paused, excluded.succeeded_at, excluded.failed_at,
        excluded.rescheduled_for, excluded.sync_frequency, excluded.schedule_type, excluded.data_delay_threshold,
        excluded.tasks, excluded.warnings, excluded.syncing_since, excluded.idle_at, excluded.data_as_of,
        excluded.allowance))
    SELECT coalesce(array_agg(id), '{}') FROM l
  $q$, fivetrex_watch.list_query(a.schema, which, with_groups)) INTO seen USING a.account, ids, at;
  RETURN seen;
END $$;

COMMENT ON FUNCTION fivetrex_watch.read_rows(fivetrex_watch.accounts, text, text[], boolean, timestamptz)
  IS 'internal: reads connectors, writes what has changed and returns the ids that were there';

/*
 * A value that does not fit its column fails the whole query.  Its error names
 * the row: that one is left out, and the others are read again.  Those that
 * were bad the last time are left out at once, and twenty of them asked for
 * singly.  Where twenty more are bad, the next refresh gets further.
 */
CREATE FUNCTION fivetrex_watch.read_list(a fivetrex_watch.accounts, ids text[], at timestamptz)
RETURNS text[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  bad text[] := ARRAY(SELECT c.id FROM fivetrex_watch.connectors c
    WHERE c.account = a.account AND c.read_error IS NOT NULL AND (ids IS NULL OR c.id = ANY (ids)) ORDER BY 1);
  known text[] := bad;
  new text[] := '{}';
  with_groups boolean := ids IS NULL;
  seen text[];
  one text;
  context text;
BEGIN
  LOOP
    BEGIN
      seen := CASE WHEN ids IS NOT NULL THEN fivetrex_watch.read_rows(a, 'WHERE id = ANY ($2)',
          ARRAY(SELECT i FROM unnest(ids) i WHERE i <> ALL (bad)), with_groups, at)
        ELSE fivetrex_watch.read_rows(a, CASE WHEN bad <> '{}' THEN 'WHERE id <> ALL ($2)' ELSE '' END, bad, with_groups, at) END;
      EXIT;
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
      one := fivetrex_watch.bad_row(context, 'connectors');
      IF one IS NOT NULL AND one <> ALL (bad) THEN
        bad := bad || one;
        new := new || one;
        PERFORM fivetrex_watch.note_bad(a, one, SQLSTATE, SQLERRM, context);
        IF cardinality(new) >= 20 THEN
          RETURN NULL;
        END IF;
      ELSIF with_groups AND context ~ 'of foreign table "groups"' THEN
        -- their names stay as they were
        with_groups := false;
        PERFORM fivetrex_watch.note_failure(a.account, SQLSTATE, 'groups cannot be read: ' || SQLERRM,
          split_part(context, E'\n', 1), NULL);
      ELSE
        RAISE;
      END IF;
    END;
  END LOOP;
  FOREACH one IN ARRAY ARRAY(SELECT k.id FROM unnest(known) k(id) ORDER BY random() LIMIT 20) LOOP
    known := array_remove(known, one);
    BEGIN
      seen := seen || fivetrex_watch.read_rows(a, 'WHERE id = ANY ($2)', ARRAY[one], false, at);
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
      IF fivetrex_watch.bad_row(context, 'connectors') IS DISTINCT FROM one THEN
        RAISE;
      END IF;
      PERFORM fivetrex_watch.note_bad(a, one, SQLSTATE, SQLERRM, context);
      seen := seen || one;
    END;
  END LOOP;
  RETURN seen || known || new;
END $$;

COMMENT ON FUNCTION fivetrex_watch.read_list(fivetrex_watch.accounts, text[], timestamptz)
  IS 'internal: reads the list, or the connectors of these ids, and returns the ids that were there, null where it was given up; one that cannot be read keeps its error to itself';

CREATE FUNCTION fivetrex_watch.bad_row(context text, table_name text)
RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT (regexp_match(context, '^column "[^\n]*" of foreign table "' || table_name || '", row with id "([^"\n]+)", JSON path ', 'n'))[1]
$$;

COMMENT ON FUNCTION fivetrex_watch.bad_row(text, text)
  IS 'internal: the id of the row of a foreign table with which an error was, by its context; null: with none';

CREATE FUNCTION fivetrex_watch.note_bad(
  a fivetrex_watch.accounts, one text, state text, message text, context text)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  message := coalesce(substring(context FROM '(?n)^column "[^"\n]*"') || ': ', '') || message;
  INSERT INTO fivetrex_watch.connectors AS o (account, id, read_error) VALUES (a.account, one, message)
  ON CONFLICT ON CONSTRAINT connectors_pkey DO UPDATE SET read_error = excluded.read_error, gone_at = NULL
  WHERE o.gone_at IS NOT NULL OR o.read_error IS DISTINCT FROM excluded.read_error;
  PERFORM fivetrex_watch.note_failure(a.account, state, format('connector "%s" cannot be read: %s', one, message),
    'Its row stays as it was.', NULL);
END $$;

COMMENT ON FUNCTION fivetrex_watch.note_bad(fivetrex_watch.accounts, text, text, text, text)
  IS 'internal: keeps the error of a connector that cannot be read with it, and tells the account';

CREATE FUNCTION fivetrex_watch.note_look(a fivetrex_watch.accounts, seen text[], at timestamptz)
RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  /*
   * The first look after a request, and the first at which no sync ran: a sync
   * that ends later than what was seen then has begun after the request.  That
   * another one has ended between two looks is as good as an idle connector.
   */
  UPDATE fivetrex_watch.runs r SET looked_at = coalesce(r.looked_at, at),
    -- where a clock was set since the request, it cannot be told when: the later moment is the safe one
    clock_skew = greatest(r.clock_skew, a.clock_skew),
    idle_at = CASE WHEN c.sync_state IN ('scheduled', 'paused', 'rescheduled')
      OR (r.looked_at IS NOT NULL AND r.ended_before IS DISTINCT FROM greatest(c.succeeded_at, c.failed_at)) THEN at END,
    ended_before = greatest(c.succeeded_at, c.failed_at)
  FROM fivetrex_watch.connectors c
  WHERE c.account = a.account AND c.id = ANY (seen) AND c.read_error IS NULL
    AND r.account = a.account AND r.connector_id = c.id AND r.outcome IS NULL
    AND r.requested_at < at AND r.idle_at IS NULL
    AND (r.looked_at IS NULL OR c.sync_state IN ('scheduled', 'paused', 'rescheduled')
      OR r.ended_before IS DISTINCT FROM greatest(c.succeeded_at, c.failed_at))
$$;

COMMENT ON FUNCTION fivetrex_watch.note_look(fivetrex_watch.accounts, text[], timestamptz)
  IS 'internal: keeps with open runs how their connectors were first seen';

CREATE FUNCTION fivetrex_watch.note_gone(a fivetrex_watch.accounts, asked text[], seen text[], at timestamptz)
RETURNS text[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  missing text[] := ARRAY(SELECT c.id FROM fivetrex_watch.connectors c
    WHERE c.account = a.account AND c.gone_at IS NULL AND (asked IS NULL OR c.id = ANY (asked))
      AND NOT EXISTS (SELECT FROM unnest(seen) s(id) WHERE s.id = c.id) ORDER BY 1);
  one text;
  found text[];
  detail text;
BEGIN
  IF cardinality(missing) > a.max_gone THEN
    RAISE triggered_data_change_violation USING
      MESSAGE = format('%s connectors are not in the list any more', to_char(cardinality(missing), 'FM999,999,999')),
      HINT = 'Does the API key still see all groups? If they were deleted, raise max_gone of the account for once.';
  END IF;
  -- One by one: a row may hide from a list that is read page by page while it changes.
  FOREACH one IN ARRAY missing LOOP
    BEGIN
      found := fivetrex_watch.read_list(a, ARRAY[one], at);
    EXCEPTION WHEN insufficient_privilege THEN
      GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
      IF detail !~ 'HTTP status 403' THEN
        RAISE;
      END IF;
      found := '{}';
    END;
    seen := seen || found;
    IF found = '{}' THEN
      UPDATE fivetrex_watch.connectors c SET gone_at = at, syncing_since = NULL, read_error = NULL
      WHERE c.account = a.account AND c.id = one;
    END IF;
  END LOOP;
  -- those that were gone already, too
  UPDATE fivetrex_watch.runs r SET looked_at = at
  WHERE r.account = a.account AND r.outcome IS NULL AND r.looked_at IS NULL AND r.requested_at < at
    AND (asked IS NULL OR r.connector_id = ANY (asked)) AND r.connector_id <> ALL (seen);
  RETURN seen;
END $$;

COMMENT ON FUNCTION fivetrex_watch.note_gone(fivetrex_watch.accounts, text[], text[], timestamptz)
  IS 'internal: marks connectors that are neither in the list nor found by their id; returns the ids of the others';

CREATE FUNCTION fivetrex_watch.not_after(at timestamptz, latest timestamptz)
RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT
BEGIN ATOMIC
  SELECT least(at, latest);
END;

COMMENT ON FUNCTION fivetrex_watch.not_after(timestamptz, timestamptz)
  IS 'internal: the earlier of two moments; null stays null';

/*
 * Moments of this machine that are still to come were noted before its clock
 * was set back.  Until then nothing would be old enough to be read again, and
 * no look late enough to count: so they become one just before this refresh.
 */
CREATE FUNCTION fivetrex_watch.mend_moments(INOUT a fivetrex_watch.accounts, began timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  at timestamptz := clock_timestamp();
  past timestamptz := least(began, at) - interval '1 us';
BEGIN
  UPDATE fivetrex_watch.runs r SET deadline = r.deadline - greatest(r.requested_at - past, '0'),
    requested_at = fivetrex_watch.not_after(r.requested_at, past),
    looked_at = fivetrex_watch.not_after(r.looked_at, past),
    idle_at = fivetrex_watch.not_after(r.idle_at, past),
    triggered_at = fivetrex_watch.not_after(r.triggered_at, past),
    next_try_at = fivetrex_watch.not_after(r.next_try_at, at)
  WHERE r.account = a.account AND r.outcome IS NULL
    -- by the clock of this very moment, as others ask meanwhile; the longest wait between tries is an hour
    AND greatest(r.requested_at, r.looked_at, r.idle_at, r.triggered_at, r.next_try_at - interval '1 hour')
      > clock_timestamp();
  UPDATE fivetrex_watch.deliveries d SET received_at = past
  WHERE d.account = a.account AND d.used_at IS NULL AND d.received_at > clock_timestamp();
  UPDATE fivetrex_watch.connectors c SET first_seen_at = fivetrex_watch.not_after(c.first_seen_at, past),
    gone_at = fivetrex_watch.not_after(c.gone_at, past),
    syncing_since = fivetrex_watch.not_after(c.syncing_since, past),
    idle_at = fivetrex_watch.not_after(c.idle_at, past),
    history_asked_at = fivetrex_watch.not_after(c.history_asked_at, past),
    health_since = fivetrex_watch.not_after(c.health_since, past),
    tasks_changed_at = fivetrex_watch.not_after(c.tasks_changed_at, past),
    tables_asked_at = fivetrex_watch.not_after(c.tables_asked_at, past)
  WHERE c.account = a.account AND (greatest(c.first_seen_at, c.gone_at, c.syncing_since, c.idle_at, c.history_asked_at,
      c.tasks_changed_at, c.tables_asked_at) > at
    -- later than any look it is a moment of Fivetran's, whose clock may be ahead
    OR (c.health_since > at AND c.health_since <= greatest(a.refreshed_at, a.runs_looked_at)));
  IF greatest(a.refreshed_at, a.runs_looked_at, a.failed_at, a.history_tried_at, a.webhooks_asked_at, a.quota_told_at) > at THEN
    UPDATE fivetrex_watch.syncs s SET seen_at = past WHERE s.account = a.account AND s.seen_at > at;
    UPDATE fivetrex_watch.accounts x SET refreshed_at = fivetrex_watch.not_after(x.refreshed_at, past),
      runs_looked_at = fivetrex_watch.not_after(x.runs_looked_at, past),
      failed_at = fivetrex_watch.not_after(x.failed_at, past),
      history_tried_at = fivetrex_watch.not_after(x.history_tried_at, past),
      webhooks_asked_at = fivetrex_watch.not_after(x.webhooks_asked_at, past),
      quota_told_at = fivetrex_watch.not_after(x.quota_told_at, past)
    WHERE x.account = a.account RETURNING x.* INTO a;
  END IF;
END $$;

COMMENT ON FUNCTION fivetrex_watch.mend_moments(fivetrex_watch.accounts, timestamptz)
  IS 'internal, begin of a refresh: moments that are still to come, as the clock was set back, become past';

CREATE FUNCTION fivetrex_watch.scan(a fivetrex_watch.accounts, since timestamptz, runs_only boolean)
RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  at timestamptz := clock_timestamp();
  asked text[];
  seen text[];
  delivered text[] := fivetrex_watch.delivered(a.account);
BEGIN
  IF runs_only THEN
    asked := ARRAY(SELECT DISTINCT r.connector_id FROM fivetrex_watch.runs r
      WHERE r.account = a.account AND r.outcome IS NULL);
    -- a look of somebody else's will do, if it has seen all runs and nothing has come since
    IF asked = '{}' OR (NOT asked && delivered AND greatest(a.runs_looked_at, a.refreshed_at) >= since AND NOT EXISTS (
        SELECT FROM fivetrex_watch.runs r
        WHERE r.account = a.account AND r.outcome IS NULL AND r.looked_at IS NULL)) THEN
      RETURN 0;
    END IF;
  ELSIF a.refreshed_at >= since THEN
    IF delivered = '{}' THEN
      RETURN 0;
    END IF;
    asked := delivered;
  END IF;
  PERFORM fivetrex_watch.check_server(a.account, a.server, a.schema);
  seen := fivetrex_watch.read_list(a, asked, at);
  IF seen IS NULL THEN
    PERFORM fivetrex_watch.note_failure(a.account, 'HV000', '20 connectors more cannot be read, and perhaps others',
      'Each says why in read_error.', 'The next refresh goes on from here.');
    RETURN -1;
  END IF;
  seen := fivetrex_watch.note_gone(a, asked, seen, at);
  PERFORM fivetrex_watch.use_deliveries(a.account, asked, at);
  SELECT l.rate_limit, l.remaining, l.clock_skew, l.clock_error
  INTO a.rate_limit, a.remaining, a.clock_skew, a.clock_error FROM fivetrex_watch.limits(a) l;
  PERFORM fivetrex_watch.note_look(a, seen, at);
  UPDATE fivetrex_watch.accounts x SET rate_limit = a.rate_limit, remaining = a.remaining,
    clock_skew = a.clock_skew, clock_error = a.clock_error,
    refreshed_at = CASE WHEN asked IS NULL THEN at ELSE x.refreshed_at END,
    runs_looked_at = CASE WHEN runs_only THEN at ELSE x.runs_looked_at END
  WHERE x.account = a.account;
  RETURN 1;
END $$;

COMMENT ON FUNCTION fivetrex_watch.scan(fivetrex_watch.accounts, timestamptz, boolean)
  IS 'internal, first step of a refresh: the list of connectors, or the connectors of open runs, or those of deliveries';

CREATE FUNCTION fivetrex_watch.limits(
  a fivetrex_watch.accounts, OUT rate_limit integer, OUT remaining integer, OUT clock_skew interval,
  OUT clock_error interval)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('SELECT rate_limit, remaining, clock_skew, clock_error FROM %s($1::name)',
    fivetrex_watch.base_function('fivetrex_limits')) INTO rate_limit, remaining, clock_skew, clock_error USING a.server;
  rate_limit := coalesce(rate_limit, a.rate_limit);
  remaining := coalesce(remaining, a.remaining);
  IF clock_skew IS NULL THEN
    clock_skew := a.clock_skew;
    clock_error := a.clock_error;
  END IF;
END $$;

COMMENT ON FUNCTION fivetrex_watch.limits(fivetrex_watch.accounts)
  IS 'internal: what this session knows of the account''s rate limit and clock';

-------------------------------------------------------------------------------
-- Refresh: sync histories

CREATE FUNCTION fivetrex_watch.history_wanted(
  a fivetrex_watch.accounts, began timestamptz, at timestamptz, n integer)
RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT ARRAY(SELECT c.id FROM fivetrex_watch.connectors c
    CROSS JOIN LATERAL (SELECT greatest(c.succeeded_at, c.failed_at) AS ended, EXISTS (
      SELECT FROM fivetrex_watch.runs r
      WHERE r.account = c.account AND r.connector_id = c.id AND r.outcome IS NULL AND r.looked_at IS NOT NULL
        AND c.sync_state IS DISTINCT FROM 'syncing'
        AND (r.ended_before IS DISTINCT FROM greatest(c.succeeded_at, c.failed_at)
          OR (r.triggered_at < at - interval '10 s' AND c.sync_state <> 'rescheduled'))) AS waited) w
    WHERE c.account = a.account AND c.gone_at IS NULL
      AND coalesce(c.history_asked_at, '-infinity') < began
      AND (w.waited OR (w.ended > coalesce(c.history_until, at - interval '7 days')
        AND coalesce(c.history_asked_at, '-infinity') < at - a.history_every))
    ORDER BY w.waited DESC, c.id IN (SELECT d.connector_id FROM fivetrex_watch.deliveries d
        WHERE d.account = a.account AND d.used_at >= began) DESC, c.history_until NULLS FIRST, c.id LIMIT n)
$$;

COMMENT ON FUNCTION fivetrex_watch.history_wanted(fivetrex_watch.accounts, timestamptz, timestamptz, integer)
  IS 'internal: the next connectors whose history has something new, those that somebody waits for first, then those of deliveries';

CREATE FUNCTION fivetrex_watch.read_syncs(a fivetrex_watch.accounts, ids text[], at timestamptz)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
  skew interval := coalesce(a.clock_skew, '0');
  since timestamptz := greatest(at + skew - interval '6 days 23:50', (SELECT min(coalesce(c.history_until, '-infinity'))
    - interval '1 hour' FROM fivetrex_watch.connectors c WHERE c.account = a.account AND c.id = ANY (ids)));
BEGIN
  EXECUTE format($q$
    INSERT INTO fivetrex_watch.syncs AS o (account, connector_id, sync_id, status, started_at, ended_at, reason,
      extract_mb, process_mb, load_mb, seen_at)
    SELECT DISTINCT ON (h.connector_id, h.sync_id) $1, h.connector_id, h.sync_id, h.status,
      fivetrex_watch.moment(h.start), fivetrex_watch.moment(h."end"), h.reason, h.extract_volume, h.process_volume, h.load_volume, $4
    FROM %I.connector_sync_history h WHERE h.connector_id = ANY ($2) AND h.start >= $3
    ORDER BY h.connector_id, h.sync_id, h."end" NULLS LAST
    ON CONFLICT ON CONSTRAINT syncs_pkey DO UPDATE SET (status, started_at, ended_at, reason, extract_mb, process_mb,
      load_mb, seen_at) = ROW (excluded.status, excluded.started_at, excluded.ended_at, excluded.reason,
      excluded.extract_mb, excluded.process_mb, excluded.load_mb, excluded.seen_at)
    WHERE ROW (o.status, o.started_at, o.ended_at, o.reason, o.extract_mb, o.process_mb, o.load_mb) IS DISTINCT FROM
      ROW (excluded.status, excluded.started_at, excluded.ended_at, excluded.reason, excluded.extract_mb,
      excluded.process_mb, excluded.load_mb)
      -- a history that lags does not open again what has ended
      AND (o.ended_at IS NULL OR excluded.ended_at IS NOT NULL)
  $q$, a.schema) USING a.account, ids, since, at;

  -- A history that lags behind the connector's own timestamps is asked again, for a day.
  UPDATE fivetrex_watch.connectors c SET history_asked_at = at, history_error = NULL,
    history_until = CASE WHEN w.known OR w.ended < at + skew - interval '1 day' THEN w.ended ELSE c.history_until END,
    data_as_of = coalesce(CASE WHEN w.good_end >= c.succeeded_at - interval '2 min' THEN w.good_start END, c.data_as_of)
  FROM (SELECT x.id, greatest(x.succeeded_at, x.failed_at) AS ended, g.started_at AS good_start, g.ended_at AS good_end,
      EXISTS (SELECT FROM fivetrex_watch.syncs s WHERE s.account = x.account AND s.connector_id = x.id
        AND s.ended_at >= greatest(x.succeeded_at, x.failed_at) - interval '2 min') AS known
    FROM fivetrex_watch.connectors x LEFT JOIN LATERAL (SELECT s.started_at, s.ended_at FROM fivetrex_watch.syncs s
      WHERE s.account = x.account AND s.connector_id = x.id AND s.status = 'COMPLETED' AND s.ended_at IS NOT NULL
      ORDER BY s.started_at DESC LIMIT 1) g ON true
    WHERE x.account = a.account AND x.id = ANY (ids)) w
  WHERE c.account = a.account AND c.id = w.id;
END $$;

COMMENT ON FUNCTION fivetrex_watch.read_syncs(fivetrex_watch.accounts, text[], timestamptz)
  IS 'internal: reads the histories of these connectors into syncs';

CREATE FUNCTION fivetrex_watch.concerns_account(state text)
RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  -- key refused, not allowed, no route, quota or limits used up, not reachable: the next call fails as well
  SELECT state IN ('28000', '42501', '42704', '0A000', '53400', '54000', '08001')
$$;

COMMENT ON FUNCTION fivetrex_watch.concerns_account(text)
  IS 'internal: does an error of this SQLSTATE concern the whole account, not one connector?';

CREATE FUNCTION fivetrex_watch.unanswered(state text, before integer)
RETURNS integer
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  -- an answer that cannot be used is one connector's; where none comes, the next ones will not come either
  SELECT CASE WHEN fivetrex_watch.concerns_account(state) THEN 4 WHEN state IN ('58000', '08006') THEN before + 1 ELSE 0 END
$$;

COMMENT ON FUNCTION fivetrex_watch.unanswered(text, integer)
  IS 'internal: after an error of this SQLSTATE, how many have had no answer one after the other; at four it is given up';

CREATE FUNCTION fivetrex_watch.read_singly(a fivetrex_watch.accounts, step text, ids text[], at timestamptz)
RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  one text;
  detail text;
  hint text;
  unanswered integer := 0;
BEGIN
  FOREACH one IN ARRAY ids LOOP
    BEGIN
      IF step = 'history' THEN
        PERFORM fivetrex_watch.read_syncs(a, ARRAY[one], at);
      ELSE
        PERFORM fivetrex_watch.read_tables(a, ARRAY[one], at);
      END IF;
      unanswered := 0;
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
      IF fivetrex_watch.is_callers_fault(SQLSTATE, SQLERRM, detail) THEN
        RAISE;
      END IF;
      unanswered := fivetrex_watch.unanswered(SQLSTATE, unanswered);
      IF unanswered >= 4 THEN
        PERFORM fivetrex_watch.note_failure(a.account, SQLSTATE, SQLERRM,
          coalesce(nullif(detail, ''), 'Step: ' || step || '.'), hint);
        RETURN false;
      END IF;
      EXECUTE format('UPDATE fivetrex_watch.connectors c SET %1$s_asked_at = $1, %1$s_error = $2
        WHERE c.account = $3 AND c.id = $4', step) USING at, fivetrex_watch.error_text(SQLERRM, hint), a.account, one;
    END;
  END LOOP;
  RETURN true;
END $$;

COMMENT ON FUNCTION fivetrex_watch.read_singly(fivetrex_watch.accounts, text, text[], timestamptz)
  IS 'internal: histories or tables one by one, so that a bad one keeps its error to itself; false where it was given up, with what was read until then';

CREATE FUNCTION fivetrex_watch.read_histories(a fivetrex_watch.accounts, began timestamptz, calls integer)
RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  -- one that was set back meanwhile must not make the same be wanted for ever
  at timestamptz := greatest(clock_timestamp(), began);
  ids text[];
BEGIN
  IF calls <= 0 OR (NOT a.history_served AND a.history_tried_at > at - interval '1 day') THEN
    RETURN 0;
  END IF;
  -- one call tells whether the account has histories
  ids := fivetrex_watch.history_wanted(a, began, at, least(calls, CASE WHEN a.history_served THEN 100 ELSE 1 END));
  IF ids = '{}' THEN
    RETURN 0;
  ELSIF a.remaining < a.rate_limit / 10 THEN
    RAISE WARNING 'account "%": sync histories are not read, as % of % calls of the hour are left',
      a.account, a.remaining, a.rate_limit;
    RETURN 0;
  END IF;
  BEGIN
    PERFORM fivetrex_watch.read_syncs(a, ids, at);
  EXCEPTION WHEN feature_not_supported THEN
    UPDATE fivetrex_watch.accounts x SET history_served = false, history_tried_at = at WHERE x.account = a.account;
    RETURN 0;
  WHEN OTHERS THEN
    IF fivetrex_watch.concerns_account(SQLSTATE) THEN
      RAISE;
    END IF;
    IF NOT fivetrex_watch.read_singly(a, 'history', ids, at) THEN
      RETURN -1;
    END IF;
  END;
  UPDATE fivetrex_watch.accounts x SET history_served = true, history_tried_at = NULL
  WHERE x.account = a.account AND x.history_served IS DISTINCT FROM true;
  RETURN cardinality(ids);
END $$;

COMMENT ON FUNCTION fivetrex_watch.read_histories(fivetrex_watch.accounts, timestamptz, integer)
  IS 'internal, second step of a refresh: the next hundred sync histories; returns their number';

-------------------------------------------------------------------------------
-- Refresh: verdicts of runs

CREATE FUNCTION fivetrex_watch.verdict(
  r fivetrex_watch.runs, c fivetrex_watch.connectors, a fivetrex_watch.accounts, at timestamptz,
  OUT outcome text, OUT sync_id text, OUT ended_at timestamptz, OUT reason text, OUT known_by text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  skew interval := coalesce(r.clock_skew, a.clock_skew, '0');
  -- moments of a sync need not come from the machine whose clock was compared
  margin interval := greatest(a.clock_error, '1 s');
  since timestamptz := r.requested_at + skew - margin;
  ended timestamptz := greatest(c.succeeded_at, c.failed_at);
BEGIN
  -- the first sync that started after the request and has ended; a rescheduled one goes on
  SELECT CASE s.status WHEN 'COMPLETED' THEN 'succeeded' WHEN 'FAILURE' THEN 'failed' ELSE lower(s.status) END,
    s.sync_id, s.ended_at, s.reason, 'history'
  INTO outcome, sync_id, ended_at, reason, known_by
  FROM fivetrex_watch.syncs s
  WHERE s.account = r.account AND s.connector_id = r.connector_id AND s.started_at >= since
    AND s.ended_at IS NOT NULL AND s.status <> 'RESCHEDULED'
    -- whatever its moments say: not what was known to have ended before, and not what is still to begin
    AND s.seen_at >= r.requested_at AND s.started_at <= at + greatest(skew, a.clock_skew) + margin
    -- where the clocks do not tell which came first, Fivetran's own moments do: it started after the last end that
    -- was known when the connector was seen idle; a status that leaves no such moment needs a later end
    AND (s.started_at >= r.requested_at + skew + margin
      OR (r.idle_at IS NOT NULL AND s.started_at > coalesce(r.ended_before, '-infinity')
        AND (s.status IN ('COMPLETED', 'FAILURE') OR s.ended_at >= r.idle_at + skew + margin)))
  ORDER BY s.started_at LIMIT 1;
  IF outcome IS NOT NULL THEN
    RETURN;
  END IF;

  ended_at := at;
  IF r.looked_at IS NOT NULL OR c.id IS NULL THEN
    outcome := CASE WHEN c.id IS NULL OR c.gone_at IS NOT NULL THEN 'gone'
      WHEN c.paused OR c.sync_state = 'paused' THEN 'paused'
      WHEN c.setup_state = 'incomplete' THEN 'not_set_up'
      WHEN c.setup_state = 'broken' THEN 'broken' END;
  END IF;
  IF outcome IS NOT NULL THEN
    known_by := 'state';
    reason := coalesce((SELECT s.reason FROM fivetrex_watch.syncs s WHERE s.account = r.account
        AND s.connector_id = r.connector_id AND s.started_at >= since ORDER BY s.started_at DESC LIMIT 1),
      CASE WHEN outcome = 'broken' THEN c.tasks -> 0 ->> 'message' END);
  ELSIF ended IS DISTINCT FROM r.ended_before AND ended > r.idle_at + skew - margin
      AND (NOT a.history_served OR c.history_error IS NOT NULL
        OR at + coalesce(a.clock_skew, '0') - ended > interval '2 min')
      AND NOT fivetrex_watch.was_older(r, ended, since) THEN
    outcome := CASE WHEN coalesce(c.failed_at, '-infinity') > coalesce(c.succeeded_at, '-infinity')
      THEN 'failed' ELSE 'succeeded' END;
    ended_at := ended;
    known_by := 'timestamps';
  ELSIF r.posts >= 3 AND r.triggered_at < at - interval '10 min' AND c.sync_state = 'scheduled'
      AND ended IS NOT DISTINCT FROM r.ended_before THEN
    outcome := 'not_started';
    known_by := 'clock';
  ELSIF r.deadline <= at THEN
    outcome := 'timeout';
    reason := fivetrex_watch.why_open(r, c);
    known_by := 'clock';
  ELSE
    ended_at := NULL;
  END IF;
END $$;

COMMENT ON FUNCTION fivetrex_watch.verdict(fivetrex_watch.runs, fivetrex_watch.connectors, fivetrex_watch.accounts, timestamptz)
  IS 'internal: how a run has ended, from what the tables hold; outcome is null while it is open';

CREATE FUNCTION fivetrex_watch.why_open(r fivetrex_watch.runs, c fivetrex_watch.connectors)
RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(r.error, c.read_error, CASE WHEN r.looked_at IS NULL THEN 'nobody has looked at the connector'
    WHEN c.sync_state = 'syncing' THEN 'a sync is running'
    WHEN c.sync_state = 'rescheduled' THEN 'the sync is rescheduled'
    WHEN c.sync_state = 'scheduled' THEN CASE WHEN r.triggered_at IS NULL THEN 'its sync has not been started'
      ELSE 'no sync has ended since it was started' END
    ELSE format('the state of its sync is not known: %s', coalesce('"' || c.sync_state || '"', 'null')) END)
$$;

COMMENT ON FUNCTION fivetrex_watch.why_open(fivetrex_watch.runs, fivetrex_watch.connectors)
  IS 'internal: why a run has not ended, as far as that is known';

CREATE FUNCTION fivetrex_watch.was_older(r fivetrex_watch.runs, ended timestamptz, since timestamptz)
RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  -- the two moments of one end come from different places; that of the end before is nearer to another sync
  SELECT EXISTS (SELECT FROM fivetrex_watch.syncs s
    WHERE s.account = r.account AND s.connector_id = r.connector_id AND s.started_at < since
      AND s.ended_at BETWEEN ended - interval '2 min' AND ended + interval '2 min'
      -- others leave no such moment, and one that began since may be nearer to it
      AND s.status IN ('COMPLETED', 'FAILURE') AND NOT EXISTS (SELECT FROM fivetrex_watch.syncs n
        WHERE n.account = r.account AND n.connector_id = r.connector_id AND n.started_at >= since
          AND n.status IN ('COMPLETED', 'FAILURE')
          AND greatest(n.ended_at - ended, ended - n.ended_at) <= greatest(s.ended_at - ended, ended - s.ended_at))
      AND coalesce(greatest(s.ended_at - ended, ended - s.ended_at)
        < greatest(s.ended_at - r.ended_before, r.ended_before - s.ended_at), true))
$$;

COMMENT ON FUNCTION fivetrex_watch.was_older(fivetrex_watch.runs, timestamptz, timestamptz)
  IS 'internal: does the history say that the sync which ended at this moment began before the run was asked for?';

CREATE FUNCTION fivetrex_watch.note_older(a fivetrex_watch.accounts, at timestamptz)
RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  /*
   * A POST that met a sync from before the request has started nothing: the
   * run waits for its turn again.  Three times, as any other.
   */
  UPDATE fivetrex_watch.runs r SET ended_before = e.ended, idle_at = at,
    triggered_at = CASE WHEN r.posts >= 3 OR r.triggered_at + e.skew - e.margin > e.ended THEN r.triggered_at END
  FROM fivetrex_watch.connectors c
  CROSS JOIN LATERAL (SELECT greatest(c.succeeded_at, c.failed_at) AS ended) t
  CROSS JOIN LATERAL (SELECT t.ended, o.id, m.skew, m.margin FROM fivetrex_watch.runs o
    CROSS JOIN LATERAL (SELECT coalesce(o.clock_skew, a.clock_skew, '0') AS skew,
      greatest(a.clock_error, '1 s') AS margin) m
    WHERE o.account = c.account AND o.connector_id = c.id AND o.outcome IS NULL AND o.idle_at IS NOT NULL
      AND t.ended IS DISTINCT FROM o.ended_before
      AND fivetrex_watch.was_older(o, t.ended, o.requested_at + m.skew - m.margin)) e
  WHERE c.account = a.account AND c.sync_state = 'scheduled' AND r.id = e.id
$$;

COMMENT ON FUNCTION fivetrex_watch.note_older(fivetrex_watch.accounts, timestamptz)
  IS 'internal: runs whose connector has ended a sync from before the request have still to wait for the next one';

CREATE FUNCTION fivetrex_watch.settle_runs(a fivetrex_watch.accounts, at timestamptz)
RETURNS integer
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  WITH ended AS (
    UPDATE fivetrex_watch.runs r
    SET outcome = v.outcome, sync_id = v.sync_id, ended_at = v.ended_at, reason = v.reason, known_by = v.known_by
    FROM (SELECT o.id, w.* FROM fivetrex_watch.runs o
        LEFT JOIN fivetrex_watch.connectors c ON c.account = o.account AND c.id = o.connector_id,
        fivetrex_watch.verdict(o, c, a, at) w
      WHERE o.account = a.account AND o.outcome IS NULL AND w.outcome IS NOT NULL) v
    WHERE r.id = v.id AND r.outcome IS NULL RETURNING 1)
  SELECT count(*)::integer FROM ended
$$;

COMMENT ON FUNCTION fivetrex_watch.settle_runs(fivetrex_watch.accounts, timestamptz)
  IS 'internal, third step of a refresh: ends the runs that have a verdict; returns their number';

-------------------------------------------------------------------------------
-- Refresh: starting syncs

CREATE FUNCTION fivetrex_watch.next_run(a fivetrex_watch.accounts, at timestamptz)
RETURNS fivetrex_watch.runs
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.* FROM fivetrex_watch.runs r
  JOIN fivetrex_watch.connectors c ON c.account = r.account AND c.id = r.connector_id
  CROSS JOIN LATERAL (SELECT at + coalesce(a.clock_skew, '0') AS theirs) t
  WHERE r.account = a.account AND r.outcome IS NULL AND r.idle_at IS NOT NULL
    AND coalesce(r.next_try_at, '-infinity') <= at
    AND CASE
      -- not posted yet: a rescheduled one is left alone until it should have gone on
      WHEN r.triggered_at IS NULL THEN c.sync_state = 'scheduled'
        OR (c.sync_state = 'rescheduled' AND coalesce(c.rescheduled_for, '-infinity') + interval '1 min' <= t.theirs)
      -- rescheduled since: goes on by itself, unless its schedule is manual
      WHEN c.sync_state = 'rescheduled' THEN c.schedule_type = 'manual'
        AND c.rescheduled_for + interval '1 min' <= t.theirs
        AND r.triggered_at + coalesce(a.clock_skew, '0') < c.rescheduled_for
      -- nothing has begun
      WHEN c.sync_state = 'scheduled' THEN r.posts < 3 AND r.triggered_at < at - interval '10 min'
        AND greatest(c.succeeded_at, c.failed_at) IS NOT DISTINCT FROM r.ended_before
      END
    -- a sync that another run has asked for since will do
    AND NOT EXISTS (SELECT FROM fivetrex_watch.runs o WHERE o.account = r.account
      AND o.connector_id = r.connector_id AND o.outcome IS NULL AND o.id <> r.id AND o.triggered_at >= r.requested_at
      AND (r.triggered_at IS NULL OR o.triggered_at > r.triggered_at))
    -- a rescheduled run gives its place back until it is posted again
    AND r.at_once > (SELECT count(*) FROM fivetrex_watch.runs b
      JOIN fivetrex_watch.connectors k ON k.account = b.account AND k.id = b.connector_id
      WHERE b.batch = r.batch AND b.outcome IS NULL AND b.id <> r.id
        AND (b.triggered_at IS NOT NULL OR (b.tries > 0 AND k.sync_state = 'syncing'))
        AND NOT (k.sync_state = 'rescheduled'
          AND b.triggered_at + coalesce(a.clock_skew, '0') < coalesce(k.rescheduled_for, 'infinity')))
  -- those that failed before come last
  ORDER BY r.tries > 0, r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED
$$;

COMMENT ON FUNCTION fivetrex_watch.next_run(fivetrex_watch.accounts, timestamptz)
  IS 'internal: the run whose sync is to be started next, locked; null when there is none';

CREATE FUNCTION fivetrex_watch.start_sync(connector_id text, server name)
RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
  -- that a write cannot be rolled back is known here; repeats are counted in tries, not waited for
  SET client_min_messages = error SET fivetrex.max_retry_wait = 0 AS $$
DECLARE
  answer text;
BEGIN
  -- in full: functions of that name with other arguments are none of ours
  EXECUTE format('SELECT %s(connector_id => $1::text, force => false, server => $2::name)',
    fivetrex_watch.base_function('fivetrex_sync')) INTO answer USING connector_id, server;
  RETURN answer NOT LIKE '{"dry_run": true%';
END $$;

COMMENT ON FUNCTION fivetrex_watch.start_sync(text, name)
  IS 'internal: asks the API for a sync; false in a dry run';

CREATE FUNCTION fivetrex_watch.post_run(a fivetrex_watch.accounts)
RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  at timestamptz := clock_timestamp();
  r fivetrex_watch.runs := fivetrex_watch.next_run(a, at);
  sent boolean;
  detail text;
  hint text;
BEGIN
  IF r.id IS NULL THEN
    RETURN 0;
  END IF;
  BEGIN
    sent := coalesce(fivetrex_watch.start_sync(r.connector_id, a.server), true);
    UPDATE fivetrex_watch.runs x SET triggered_at = CASE WHEN sent THEN at END,
      posts = x.posts + sent::integer, tries = 0, next_try_at = CASE WHEN NOT sent THEN at + interval '1 min' END,
      error = CASE WHEN NOT sent THEN 'fivetrex.dry_run is on: nothing was sent' END
    WHERE x.id = r.id;
    RETURN 1;
  EXCEPTION WHEN no_data_found THEN
    UPDATE fivetrex_watch.runs x SET outcome = 'gone', ended_at = at, reason = SQLERRM, known_by = 'state'
    WHERE x.id = r.id;
    RETURN 1;
  WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    -- what concerns this connector, or this moment, is kept with the run; the rest is the account's or the caller's
    IF SQLSTATE NOT IN ('42501', '55006', '53400', '58000', '08001', '08006', '08007', '08P01', 'HV000')
        AND NOT (SQLSTATE = '22023' AND detail ~ 'HTTP status')
        OR fivetrex_watch.is_callers_fault(SQLSTATE, SQLERRM, detail) THEN
      RAISE;
    END IF;
    UPDATE fivetrex_watch.runs x SET tries = x.tries + 1, error = fivetrex_watch.error_text(SQLERRM, hint),
      next_try_at = at + least(interval '1 min' * 2 ^ least(x.tries, 10), interval '1 hour')
    WHERE x.id = r.id;
    -- what the key may not do with one connector, it may with the next; the account tells it all the same
    IF SQLSTATE = '42501' THEN
      PERFORM fivetrex_watch.note_failure(a.account, SQLSTATE, SQLERRM, detail, hint);
    END IF;
    RETURN CASE WHEN fivetrex_watch.concerns_account(SQLSTATE) THEN 0 ELSE 1 END;
  END;
END $$;

COMMENT ON FUNCTION fivetrex_watch.post_run(fivetrex_watch.accounts)
  IS 'internal, fourth step of a refresh: starts the sync of one run; returns 0 when there is no more to do';

-------------------------------------------------------------------------------
-- Refresh: the steps together

CREATE FUNCTION fivetrex_watch.is_callers_fault(state text, message text, detail text)
RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  -- no right to a server, table or function, no user mapping, a READ ONLY transaction, a setting, an isolation level at
  -- which another session was faster: nothing of the account's
  SELECT (state = '42501' AND coalesce(detail, '') !~ 'HTTP status') OR state IN ('25006', '40001', '40P01')
    OR (state = '42704' AND message ~ 'user mapping')
    OR (state IN ('53400', '54000') AND message ~ 'fivetrex\.[a-z_]+ (does not allow|allows)')
$$;

COMMENT ON FUNCTION fivetrex_watch.is_callers_fault(text, text, text)
  IS 'internal: is an error one of the caller''s rights, settings or transaction, to be told to him and not kept?';

CREATE FUNCTION fivetrex_watch.missing_rights(server name, schema name)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT string_agg(format(g.command, quote_ident(current_user)), ' ' ORDER BY g.place) FROM (
    SELECT 1 AS place, 'GRANT EXECUTE ON ALL ROUTINES IN SCHEMA fivetrex_watch TO %s;' AS command
    WHERE EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = 'fivetrex_watch'::regnamespace
      AND NOT has_function_privilege(p.oid, 'EXECUTE'))
    UNION ALL
    SELECT 2, 'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA fivetrex_watch TO %s;'
    WHERE EXISTS (SELECT FROM pg_class c CROSS JOIN unnest('{SELECT,INSERT,UPDATE}'::text[]) p(name)
      WHERE c.relnamespace = 'fivetrex_watch'::regnamespace AND c.relkind = 'r'
        AND c.relname IN ('accounts', 'connectors', 'syncs', 'runs', 'events', 'tables')
        AND (c.relname <> 'accounts' OR p.name <> 'INSERT') AND NOT has_table_privilege(c.oid, p.name))
    UNION ALL
    SELECT 3, format('GRANT USAGE ON SCHEMA %I TO %%s;', n.nspname) FROM pg_namespace n
    WHERE (n.nspname = missing_rights.schema OR n.oid = (SELECT e.extnamespace FROM pg_extension e WHERE e.extname = 'fivetrex'))
      AND NOT has_schema_privilege(n.oid, 'USAGE')
    UNION ALL
    SELECT 4, format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO %%s;', missing_rights.schema)
    WHERE EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = missing_rights.schema
        AND c.relname IN ('connectors', 'groups', 'connector_sync_history', 'connector_schemas', 'connector_tables')
        AND NOT has_any_column_privilege(c.oid, 'SELECT'))
    UNION ALL
    SELECT 5, format('GRANT USAGE ON FOREIGN SERVER %I TO %%s;', s.srvname) FROM pg_foreign_server s
    WHERE s.srvname = missing_rights.server AND NOT has_server_privilege(s.oid, 'USAGE')
    UNION ALL
    SELECT 6, format('GRANT EXECUTE ON FUNCTION %s TO %%s;', p.oid::regprocedure)
    FROM pg_proc p JOIN pg_extension e ON e.extnamespace = p.pronamespace AND e.extname = 'fivetrex'
    WHERE p.proname = 'fivetrex_sync' AND p.proargtypes = '25 16 19'::oidvector AND NOT has_function_privilege(p.oid, 'EXECUTE')
    UNION ALL
    SELECT 7, format('CREATE USER MAPPING FOR %%s SERVER %I OPTIONS (api_key ''...'', api_secret ''...'');', s.srvname)
    FROM pg_foreign_server s
    WHERE s.srvname = missing_rights.server AND NOT EXISTS (SELECT FROM pg_user_mappings m
      WHERE m.srvid = s.oid AND m.usename IN (current_user, 'public'))) g
$$;

COMMENT ON FUNCTION fivetrex_watch.missing_rights(name, name)
  IS 'internal: the commands that give the caller what he lacks for a refresh; null: he has all';

CREATE FUNCTION fivetrex_watch.fault_of(
  account text, state text, message text, detail text, hint text)
RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  a fivetrex_watch.accounts;
BEGIN
  IF fivetrex_watch.is_callers_fault(state, message, detail) THEN
    SELECT * INTO a FROM fivetrex_watch.accounts x WHERE x.account = fault_of.account;
    IF state IN ('42501', '42704') THEN
      hint := coalesce(fivetrex_watch.missing_rights(a.server, a.schema), hint);
    END IF;
    RETURN jsonb_build_object('state', state, 'message', message, 'detail', detail, 'hint', hint);
  END IF;
  RETURN NULL;
END $$;

COMMENT ON FUNCTION fivetrex_watch.fault_of(text, text, text, text, text)
  IS 'internal: an error that is the caller''s, as tell_fault() and raise_fault() take it; null where it is the account''s';

CREATE FUNCTION fivetrex_watch.tell_fault(account text, fault jsonb)
RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  SELECT fivetrex_watch.warn(fault ->> 'state', format('account "%s": %s', account, fault ->> 'message'),
    fault ->> 'detail', fault ->> 'hint') WHERE fault IS NOT NULL
$$;

COMMENT ON FUNCTION fivetrex_watch.tell_fault(text, jsonb)
  IS 'internal: warns the caller of what he lacks for an account';

CREATE FUNCTION fivetrex_watch.raise_fault(accounts text[], fault jsonb)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  message text := CASE WHEN cardinality(accounts) > 1
    THEN format('none of the %s accounts could be worked on: ', cardinality(accounts)) ELSE '' END || (fault ->> 'message');
BEGIN
  IF coalesce(fault ->> 'hint', '') = '' THEN
    RAISE EXCEPTION USING ERRCODE = fault ->> 'state', MESSAGE = message, DETAIL = fault ->> 'detail';
  ELSE
    RAISE EXCEPTION USING ERRCODE = fault ->> 'state', MESSAGE = message, DETAIL = fault ->> 'detail', HINT = fault ->> 'hint';
  END IF;
END $$;

COMMENT ON FUNCTION fivetrex_watch.raise_fault(text[], jsonb)
  IS 'internal: the same as an error, in a few lines: that of the query itself holds the whole query';

CREATE FUNCTION fivetrex_watch.attempt(
  account text, step text, began timestamptz, max_age interval, runs_only boolean, calls integer,
  OUT done integer, OUT fault jsonb)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  a fivetrex_watch.accounts;
  detail text;
  hint text;
BEGIN
  done := 0;
  -- for the transaction only: a session's lock would outlive an error
  IF NOT pg_try_advisory_xact_lock(hashtext('fivetrex_watch'), hashtext(account)) THEN
    IF step = 'scan' THEN
      PERFORM fivetrex_watch.tell_busy(account);
    END IF;
    RETURN;
  END IF;
  BEGIN
    -- one that was renamed or deleted since this transaction's snapshot must not get rows under its old name
    SELECT * INTO a FROM fivetrex_watch.accounts x WHERE x.account = attempt.account FOR KEY SHARE;
    IF NOT FOUND THEN
      RETURN;
    END IF;
    CASE step
      WHEN 'scan' THEN done := fivetrex_watch.scan(fivetrex_watch.mend_moments(a, began),
          fivetrex_watch.moment_before(began, max_age), runs_only);
      WHEN 'history' THEN done := fivetrex_watch.read_histories(a, began, coalesce(calls, a.history_calls));
      WHEN 'settle' THEN
        PERFORM fivetrex_watch.note_older(a, clock_timestamp());
        done := fivetrex_watch.settle_runs(a, clock_timestamp());
      WHEN 'post' THEN done := fivetrex_watch.post_run(a);
      WHEN 'webhooks' THEN done := fivetrex_watch.look_at_webhooks(a, clock_timestamp());
      WHEN 'finish' THEN
        PERFORM fivetrex_watch.note_health(a);
        PERFORM fivetrex_watch.note_end(a, began);
        PERFORM fivetrex_watch.tell_news(a.account, clock_timestamp());
    END CASE;
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    detail := coalesce(nullif(detail, ''), 'Step: ' || step || '.');
    done := -1;
    fault := fivetrex_watch.fault_of(account, SQLSTATE, SQLERRM, detail, hint);
    IF fault IS NULL THEN
      PERFORM fivetrex_watch.note_failure(account, SQLSTATE, SQLERRM, detail, hint);
    END IF;
  END;
END $$;

COMMENT ON FUNCTION fivetrex_watch.attempt(text, text, timestamptz, interval, boolean, integer)
  IS 'internal: one step of a refresh, unless another session does one; done: how much, -1 when it failed; fault: an error of the caller''s, which nothing keeps';

CREATE FUNCTION fivetrex_watch.tell_busy(account text)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  holder integer := (SELECT l.pid FROM pg_locks l
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
      AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
      AND l.classid::bigint = (hashtext('fivetrex_watch')::bigint & 4294967295)
      AND l.objid::bigint = (hashtext(account)::bigint & 4294967295) LIMIT 1);
BEGIN
  -- a step takes seconds: who is busy for as long as that hangs, or holds the lock for something else
  IF EXISTS (SELECT FROM fivetrex_watch.accounts a WHERE a.account = tell_busy.account
      AND coalesce(greatest(a.refreshed_at, a.runs_looked_at, a.failed_at), '-infinity') < clock_timestamp() - a.stale_after) THEN
    RAISE WARNING USING ERRCODE = 'lock_not_available',
      MESSAGE = format('account "%s" is not refreshed: another session works on it', account),
      DETAIL = coalesce(format('Process %s holds its advisory lock.', holder), 'It has just ended.'),
      HINT = 'pg_stat_activity shows what it does; pg_terminate_backend() ends it.';
  END IF;
END $$;

COMMENT ON FUNCTION fivetrex_watch.tell_busy(text)
  IS 'internal: warns where another session keeps an account from being refreshed';

CREATE FUNCTION fivetrex_watch.note_end(a fivetrex_watch.accounts, began timestamptz)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- what has failed in this refresh need not fail here once more
  IF a.failed_at >= began THEN
    RETURN;
  END IF;
  UPDATE fivetrex_watch.accounts x SET error = NULL,
    rate_limit = l.rate_limit, remaining = l.remaining, clock_skew = l.clock_skew, clock_error = l.clock_error
  FROM fivetrex_watch.limits(a) l
  WHERE x.account = a.account AND (x.error IS NOT NULL
    OR ROW (x.rate_limit, x.remaining) IS DISTINCT FROM ROW (l.rate_limit, l.remaining));
END $$;

COMMENT ON FUNCTION fivetrex_watch.note_end(fivetrex_watch.accounts, timestamptz)
  IS 'internal: what a refresh leaves in accounts; an error of an earlier one is over';

CREATE FUNCTION fivetrex_watch.check_work()
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF current_setting('transaction_read_only')::boolean THEN
    RAISE read_only_sql_transaction USING MESSAGE = 'cannot refresh in a read-only transaction or on a standby';
  END IF;
  PERFORM fivetrex_watch.check_commit();
END $$;

COMMENT ON FUNCTION fivetrex_watch.check_work()
  IS 'internal: an error where nothing can be written, or nothing committed';

CREATE FUNCTION fivetrex_watch.to_refresh(account text)
RETURNS text[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  accounts text[];
BEGIN
  IF NOT current_setting('transaction_read_only')::boolean THEN
    IF account IS NOT NULL OR NOT EXISTS (SELECT FROM fivetrex_watch.accounts) THEN
      accounts := ARRAY[fivetrex_watch.the_account(account)];
    ELSE
      accounts := ARRAY(SELECT a.account FROM fivetrex_watch.accounts a WHERE a.enabled ORDER BY 1);
    END IF;
  END IF;
  PERFORM fivetrex_watch.check_work();
  -- what a wait has told, if one was canceled, is to be told again
  PERFORM set_config('fivetrex_watch.told', '', false);
  RETURN accounts;
END $$;

COMMENT ON FUNCTION fivetrex_watch.to_refresh(text)
  IS 'internal: the accounts that a refresh is for; an error where nothing can be written';

CREATE FUNCTION fivetrex_watch.check_refresh(max_age interval, runs_only boolean)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF max_age IS NULL OR runs_only IS NULL THEN
    RAISE null_value_not_allowed USING MESSAGE = 'max_age and runs_only must not be null',
      HINT = 'Without max_age the list is read anew.';
  ELSIF max_age < '0' THEN
    RAISE invalid_parameter_value USING MESSAGE = 'max_age must not be negative';
  END IF;
END $$;

COMMENT ON FUNCTION fivetrex_watch.check_refresh(interval, boolean)
  IS 'internal: an error where the arguments of refresh() make no sense';

/*
 * Whoever commits cannot have a search_path of his own: so these are bare loops
 * with qualified names, and the work is in functions.  Where the caller lacks
 * something, nothing of the account is touched any more; if it is for syncs
 * only, what was read is told all the same.
 */
CREATE PROCEDURE fivetrex_watch.refresh_account(
  name text, began timestamptz, max_age interval, runs_only boolean, INOUT fault jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  r pg_catalog.record;
  calls pg_catalog.int4;
  ok pg_catalog.bool;
BEGIN
  r := fivetrex_watch.attempt(name, 'scan', began, max_age, runs_only, NULL);
  COMMIT;
  fault := r.fault;
  ok := r.done OPERATOR(pg_catalog.>=) 0;
  WHILE ok LOOP
    r := fivetrex_watch.attempt(name, 'history', began, max_age, runs_only, calls);
    COMMIT;
    fault := r.fault;
    EXIT WHEN r.done OPERATOR(pg_catalog.<=) 0;
    calls := fivetrex_watch.calls_left(name, calls, r.done);
  END LOOP;
  IF fault IS NOT NULL THEN
    RETURN;
  END IF;
  r := fivetrex_watch.attempt(name, 'settle', began, max_age, runs_only, NULL);
  COMMIT;
  fault := r.fault;
  WHILE ok AND fault IS NULL LOOP
    r := fivetrex_watch.attempt(name, 'post', began, max_age, runs_only, NULL);
    COMMIT;
    fault := r.fault;
    EXIT WHEN r.done OPERATOR(pg_catalog.<=) 0;
  END LOOP;
  IF ok AND NOT runs_only THEN
    r := fivetrex_watch.attempt(name, 'webhooks', began, max_age, runs_only, NULL);
    COMMIT;
    fault := coalesce(fault, r.fault);
  END IF;
  r := fivetrex_watch.attempt(name, 'finish', began, max_age, runs_only, NULL);
  COMMIT;
  fault := coalesce(fault, r.fault);
END $$;

COMMENT ON PROCEDURE fivetrex_watch.refresh_account(text, timestamptz, interval, boolean, jsonb)
  IS 'internal: the steps of a refresh of one account; fault: what the caller lacks for it';

CREATE PROCEDURE fivetrex_watch.refresh(
  account text DEFAULT NULL, max_age interval DEFAULT '0', runs_only boolean DEFAULT false)
LANGUAGE plpgsql AS $$
DECLARE
  began pg_catalog.timestamptz := pg_catalog.clock_timestamp();
  names pg_catalog.text[] := fivetrex_watch.to_refresh(account);
  name pg_catalog.text;
  fault pg_catalog.jsonb;
  faults pg_catalog.int4 := 0;
BEGIN
  PERFORM fivetrex_watch.check_refresh(max_age, runs_only);
  FOREACH name IN ARRAY names LOOP
    CALL fivetrex_watch.refresh_account(name, began, max_age, runs_only, fault);
    IF fault IS NOT NULL THEN
      faults := faults OPERATOR(pg_catalog.+) 1;
      IF faults OPERATOR(pg_catalog.=) pg_catalog.cardinality(names) THEN
        PERFORM fivetrex_watch.raise_fault(names, fault);
      END IF;
      PERFORM fivetrex_watch.tell_fault(name, fault);
    END IF;
  END LOOP;
END $$;

COMMENT ON PROCEDURE fivetrex_watch.refresh(text, interval, boolean)
  IS 'the heartbeat: reads the accounts, or one, starts what was asked for and says how it ended; max_age: a list that is younger will do; runs_only: only the connectors of open runs';

CREATE FUNCTION fivetrex_watch.calls_left(account text, calls integer, done integer)
RETURNS integer
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(calls, a.history_calls) - done FROM fivetrex_watch.accounts a WHERE a.account = calls_left.account
$$;

COMMENT ON FUNCTION fivetrex_watch.calls_left(text, integer, integer)
  IS 'internal: how many sync histories this refresh may still ask for';

-------------------------------------------------------------------------------
-- Runs: asking for syncs, waiting for them

CREATE FUNCTION fivetrex_watch.request(
  connectors text[], at_once integer DEFAULT 5, deadline interval DEFAULT '6 hours', account text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  at timestamptz := clock_timestamp();
  of_account text;
  watched fivetrex_watch.accounts;
  unknown text;
  named text;
  result bigint;
BEGIN
  IF current_setting('transaction_read_only')::boolean THEN
    RAISE read_only_sql_transaction USING MESSAGE = 'cannot ask for syncs in a read-only transaction or on a standby';
  END IF;
  IF connectors IS NULL OR cardinality(connectors) = 0 THEN
    RETURN NULL;
  ELSIF array_ndims(connectors) > 1 THEN
    RAISE invalid_parameter_value USING MESSAGE = 'connectors must have one dimension';
  ELSIF at_once IS NULL OR at_once < 1 OR deadline IS NULL OR deadline <= '0' OR array_position(connectors, NULL) IS NOT NULL THEN
    RAISE invalid_parameter_value USING
      MESSAGE = 'connectors must not hold nulls, at_once and deadline must be greater than zero';
  ELSIF deadline > '1 year' THEN
    RAISE invalid_parameter_value USING MESSAGE = 'deadline must not be longer than a year';
  END IF;
  of_account := fivetrex_watch.the_account(account);
  -- from here on it keeps its name
  SELECT * INTO watched FROM fivetrex_watch.accounts a WHERE a.account = of_account FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE invalid_parameter_value USING MESSAGE = format('account "%s" is not watched any more', of_account);
  ELSIF watched.refreshed_at IS NULL THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('account "%s" has never been refreshed', of_account),
      HINT = format('CALL fivetrex_watch.refresh(%L);', of_account);
  END IF;
  SELECT string_agg(quote_literal(n.id), ', ' ORDER BY n.ord) INTO unknown
  FROM unnest(connectors) WITH ORDINALITY n(id, ord)
  WHERE NOT EXISTS (SELECT FROM fivetrex_watch.connectors c WHERE c.account = of_account AND c.id = n.id);
  IF unknown IS NOT NULL THEN
    SELECT string_agg(quote_literal(c.id) || ' for ' || quote_literal(c.name), ', ' ORDER BY c.name, c.id) INTO named
    FROM fivetrex_watch.connectors c
    WHERE c.account = of_account AND c.gone_at IS NULL AND c.name = ANY (connectors)
      AND NOT EXISTS (SELECT FROM fivetrex_watch.connectors k WHERE k.account = of_account AND k.id = c.name);
    RAISE no_data_found USING MESSAGE = format('account "%s" has no such connectors: %s', of_account, unknown),
      HINT = coalesce('Pass connector_id, not the name: ' || named || '.', format('One that is new is known after CALL fivetrex_watch.refresh(%L);', of_account));
  END IF;
  IF NOT watched.enabled THEN
    RAISE NOTICE USING MESSAGE = format('account "%s" is not enabled: nothing is started before it is refreshed by its name', of_account),
      HINT = format('CALL fivetrex_watch.refresh(%L);', of_account);
  END IF;
  result := nextval('fivetrex_watch.batch_numbers');
  INSERT INTO fivetrex_watch.runs (batch, account, connector_id, requested_at, requested_by, at_once, deadline, clock_skew)
  SELECT result, of_account, n.id, at, CASE WHEN current_setting('role') <> 'none' THEN current_setting('role')
    ELSE session_user END, request.at_once, at + request.deadline,
    -- what was known long before says nothing of now
    CASE WHEN greatest(watched.refreshed_at, watched.runs_looked_at) > at - interval '10 min' THEN watched.clock_skew END
  FROM (SELECT id, min(ord) AS ord FROM unnest(connectors) WITH ORDINALITY u(id, ord) GROUP BY id) n ORDER BY n.ord;
  RETURN result;
END $$;

COMMENT ON FUNCTION fivetrex_watch.request(text[], integer, interval, text)
  IS 'ask for syncs, at most at_once of them at the same time; returns the number of the batch. Calls nothing: the next refresh starts them, a ROLLBACK takes it back';

CREATE FUNCTION fivetrex_watch.cancel(batch bigint)
RETURNS bigint
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  WITH ended AS (
    UPDATE fivetrex_watch.runs r SET outcome = 'canceled', ended_at = clock_timestamp(),
      reason = 'canceled by ' || quote_ident(current_user)
    WHERE r.batch = cancel.batch AND r.outcome IS NULL RETURNING 1)
  SELECT count(*) FROM ended
$$;

COMMENT ON FUNCTION fivetrex_watch.cancel(bigint)
  IS 'give up the open runs of a batch; returns their number. A sync that has begun goes on: the API cannot stop one';

CREATE FUNCTION fivetrex_watch.may_wait()
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  -- who calls: a procedure that commits is never called by a function of somebody else's rights
  SELECT has_function_privilege(CASE WHEN current_setting('role') <> 'none' THEN current_setting('role')
    ELSE session_user END, 'fivetrex_watch.wait(bigint, text)', 'EXECUTE')
$$;

COMMENT ON FUNCTION fivetrex_watch.may_wait()
  IS 'internal: may the caller wait(), and so know of a batch what that tells?';

CREATE FUNCTION fivetrex_watch.may_work(account text, server name, schema name, enabled boolean, is_first boolean)
RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  missing text;
BEGIN
  IF server IS NULL THEN
    RETURN false;
  END IF;
  -- nobody can work then: better told than waited for
  PERFORM fivetrex_watch.check_server(account, server, schema);
  missing := fivetrex_watch.missing_rights(server, schema);
  IF is_first AND NOT enabled THEN
    RAISE NOTICE USING MESSAGE = format('account "%s" is not enabled: this waits until it is refreshed by its name', account),
      HINT = format('CALL fivetrex_watch.refresh(%L);', account);
  ELSIF is_first AND missing IS NOT NULL THEN
    RAISE NOTICE USING MESSAGE = format('account "%s" cannot be refreshed by role "%s": this waits until others do', account, current_user),
      HINT = 'To do it itself: ' || missing;
  END IF;
  RETURN enabled AND missing IS NULL;
END $$;

COMMENT ON FUNCTION fivetrex_watch.may_work(text, name, name, boolean, boolean)
  IS 'internal: may a wait refresh and start syncs itself? If not, is_first says so. An error where the account''s server or tables are not there';

CREATE FUNCTION fivetrex_watch.first_pause(server name)
RETURNS double precision
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  -- five seconds, as the server's retry_delay is one by default
  SELECT coalesce((SELECT greatest(0.02, least(5, 0.005 * coalesce((SELECT option_value::integer
      FROM pg_options_to_table(s.srvoptions) WHERE option_name = 'retry_delay'), 1000)))
    FROM pg_foreign_server s WHERE s.srvname = first_pause.server), 5)
$$;

COMMENT ON FUNCTION fivetrex_watch.first_pause(name)
  IS 'internal: seconds between the first looks of a wait';

CREATE FUNCTION fivetrex_watch.ended_here(r fivetrex_watch.runs)
RETURNS timestamptz
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
  -- syncs are dated by Fivetran's clock
  SELECT CASE WHEN r.known_by IN ('history', 'timestamps') THEN r.ended_at - coalesce(r.clock_skew, '0')
    ELSE r.ended_at END;
END;

COMMENT ON FUNCTION fivetrex_watch.ended_here(fivetrex_watch.runs)
  IS 'internal: when a run ended by the clock by which it was asked for';

CREATE FUNCTION fivetrex_watch.tell_ended(batch bigint, told bigint[])
RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  r record;
BEGIN
  FOR r IN SELECT u.id, coalesce(c.name, u.connector_id) AS name, u.outcome, u.reason,
      extract(epoch FROM greatest(fivetrex_watch.ended_here(u), u.requested_at) - u.requested_at)::bigint AS seconds
    FROM fivetrex_watch.runs u
    LEFT JOIN fivetrex_watch.connectors c ON c.account = u.account AND c.id = u.connector_id
    WHERE u.batch = tell_ended.batch AND u.outcome IS NOT NULL AND u.id <> ALL (told) AND fivetrex_watch.may_wait()
    ORDER BY fivetrex_watch.ended_here(u), u.id
  LOOP
    RAISE NOTICE '%: % (%)', r.name, r.outcome || coalesce(', ' || r.reason, ''),
      CASE WHEN r.seconds < 120 THEN r.seconds || ' s' ELSE r.seconds / 60 || ' min' END;
    told := told || r.id;
  END LOOP;
  RETURN told;
END $$;

COMMENT ON FUNCTION fivetrex_watch.tell_ended(bigint, bigint[])
  IS 'internal: a NOTICE for each run of a batch that has ended since';

CREATE FUNCTION fivetrex_watch.outcome_of(
  batch bigint, OUT is_open boolean, OUT account text, OUT outcome text, OUT server name, OUT schema name, OUT enabled boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT fivetrex_watch.may_wait() THEN
    RAISE insufficient_privilege USING MESSAGE = 'permission denied for procedure wait';
  END IF;
  -- a run is over five minutes after its deadline, though nobody may have refreshed to say so
  SELECT bool_or(r.outcome IS NULL AND r.deadline > clock_timestamp() - interval '5 min'), min(r.account), coalesce(
    (array_agg(coalesce(r.outcome, 'timeout') ORDER BY r.id) FILTER (WHERE r.outcome IS DISTINCT FROM 'succeeded'))[1],
    'succeeded')
  INTO is_open, account, outcome FROM fivetrex_watch.runs r WHERE r.batch = outcome_of.batch;
  IF is_open IS NULL AND batch IS NOT NULL THEN
    RAISE no_data_found USING MESSAGE = format('there is no batch %s', batch),
      HINT = 'request() returns its number, and fivetrex_watch.batches lists them; a ROLLBACK takes a request back.';
  END IF;
  IF is_open THEN
    outcome := NULL;
  END IF;
  SELECT a.server, a.schema, a.enabled INTO server, schema, enabled FROM fivetrex_watch.accounts a
  WHERE a.account = outcome_of.account;
END $$;

COMMENT ON FUNCTION fivetrex_watch.outcome_of(bigint)
  IS 'internal: succeeded when all runs of a batch have, else the first other outcome; null while one is open';

CREATE PROCEDURE fivetrex_watch.wait(batch bigint, INOUT outcome text DEFAULT NULL)
LANGUAGE plpgsql AS $$
DECLARE
  o pg_catalog.record;
  pause pg_catalog.float8;
  waited pg_catalog.float8;
  looked pg_catalog.timestamptz;
  is_first pg_catalog.bool;
  fault pg_catalog.jsonb;
  told pg_catalog.int8[] := '{}';
BEGIN
  PERFORM fivetrex_watch.outcome_of(batch);
  PERFORM fivetrex_watch.check_work();
  PERFORM pg_catalog.set_config('fivetrex_watch.told', '{}', false);
  LOOP
    o := fivetrex_watch.outcome_of(batch);
    told := fivetrex_watch.tell_ended(batch, told);
    outcome := CASE WHEN batch IS NOT NULL THEN o.outcome END;
    EXIT WHEN o.is_open IS NOT TRUE;
    IF pause IS NULL THEN
      pause := fivetrex_watch.first_pause(o.server);
    ELSE
      waited := 0;
      WHILE waited OPERATOR(pg_catalog.<) pause LOOP
        -- with nothing open, so that no snapshot grows old
        COMMIT;
        PERFORM pg_catalog.pg_sleep(least(pause OPERATOR(pg_catalog.-) waited, 1.0));
        waited := waited OPERATOR(pg_catalog.+) 1.0;
        EXIT WHEN fivetrex_watch.was_delivered(batch, looked);
      END LOOP;
      pause := least(pause OPERATOR(pg_catalog.*) 1.3, 60.0);
    END IF;
    COMMIT;
    is_first := looked IS NULL;
    looked := pg_catalog.clock_timestamp();
    IF fivetrex_watch.may_work(o.account, o.server, o.schema, o.enabled, is_first) THEN
      CALL fivetrex_watch.refresh_account(o.account, looked, pg_catalog.make_interval(secs => pause OPERATOR(pg_catalog./) 2.0),
        true, fault);
      PERFORM fivetrex_watch.tell_fault(o.account, fault);
    END IF;
  END LOOP;
  PERFORM pg_catalog.set_config('fivetrex_watch.told', '', false);
END $$;

COMMENT ON PROCEDURE fivetrex_watch.wait(bigint, text)
  IS 'wait until all runs of a batch have ended, refreshing meanwhile; outcome is succeeded when all have succeeded, else the first other one';

CREATE FUNCTION fivetrex_watch.prune_some(n integer)
RETURNS bigint
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  WITH s AS (DELETE FROM fivetrex_watch.syncs WHERE ctid = ANY (ARRAY(
      SELECT d.ctid FROM fivetrex_watch.syncs d JOIN fivetrex_watch.accounts a USING (account)
      WHERE coalesce(d.started_at, d.seen_at) < now() - a.keep AND d.seen_at < now() - a.keep LIMIT n)) RETURNING 1),
  r AS (DELETE FROM fivetrex_watch.runs WHERE ctid = ANY (ARRAY(
      SELECT d.ctid FROM fivetrex_watch.runs d JOIN fivetrex_watch.accounts a USING (account)
      WHERE d.outcome IS NOT NULL AND d.ended_at < now() - a.keep AND d.requested_at < now() - a.keep LIMIT n)) RETURNING 1),
  c AS (DELETE FROM fivetrex_watch.connectors WHERE ctid = ANY (ARRAY(
      SELECT d.ctid FROM fivetrex_watch.connectors d JOIN fivetrex_watch.accounts a USING (account)
      WHERE d.gone_at < now() - a.keep LIMIT n)) RETURNING 1),
  e AS (DELETE FROM fivetrex_watch.events WHERE ctid = ANY (ARRAY(
      SELECT d.ctid FROM fivetrex_watch.events d JOIN fivetrex_watch.accounts a USING (account)
      WHERE d.at < now() - a.keep LIMIT n)) RETURNING 1),
  h AS (DELETE FROM fivetrex_watch.deliveries WHERE ctid = ANY (ARRAY(
      SELECT d.ctid FROM fivetrex_watch.deliveries d JOIN fivetrex_watch.accounts a USING (account)
      WHERE d.received_at < now() - a.keep LIMIT n)) RETURNING 1),
  t AS (DELETE FROM fivetrex_watch.tables WHERE ctid = ANY (ARRAY(
      SELECT d.ctid FROM fivetrex_watch.tables d JOIN fivetrex_watch.accounts a USING (account)
      WHERE d.gone_at < now() - a.keep OR NOT EXISTS (SELECT FROM fivetrex_watch.connectors k
        WHERE k.account = d.account AND k.id = d.connector_id) LIMIT n)) RETURNING 1)
  SELECT (SELECT count(*) FROM s) + (SELECT count(*) FROM r) + (SELECT count(*) FROM c) + (SELECT count(*) FROM e)
    + (SELECT count(*) FROM h) + (SELECT count(*) FROM t)
$$;

COMMENT ON FUNCTION fivetrex_watch.prune_some(integer)
  IS 'internal: deletes at most n rows of each table that are older than accounts.keep';

CREATE PROCEDURE fivetrex_watch.prune()
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM fivetrex_watch.check_commit();
  WHILE fivetrex_watch.prune_some(10000) OPERATOR(pg_catalog.>) 0 LOOP
    COMMIT;
  END LOOP;
END $$;

COMMENT ON PROCEDURE fivetrex_watch.prune()
  IS 'delete syncs, ended runs, events, deliveries, and connectors and tables that are gone, where they are older than accounts.keep, 10,000 of each in a transaction';

-------------------------------------------------------------------------------
-- Events

CREATE FUNCTION fivetrex_watch.notice_of(e fivetrex_watch.events)
RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  n integer := 4096;
  result text;
BEGIN
  -- a payload has 7,999 bytes at most, in which a character takes up to six
  LOOP
    result := json_build_object('id', e.id, 'account', left(e.account, n), 'connector_id', left(e.connector_id, n),
      'kind', e.kind, 'was', left(e.was, n), 'now', left(e.now, n), 'message', left(e.message, n));
    EXIT WHEN octet_length(result) < 8000 OR n = 0;
    n := n / 2;
  END LOOP;
  RETURN result;
END $$;

COMMENT ON FUNCTION fivetrex_watch.notice_of(fivetrex_watch.events)
  IS 'internal: an event as the payload of NOTIFY, its texts cut until they fit';

CREATE FUNCTION fivetrex_watch.tell(
  account text, connector_id text, kind text, was text, now text, message text, detail jsonb)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  e fivetrex_watch.events;
BEGIN
  -- under the account's lock to the end of the transaction, so that the order of ids is that of the commits
  PERFORM pg_advisory_xact_lock(hashtext('fivetrex_watch'), hashtext(account));
  INSERT INTO fivetrex_watch.events AS x (account, connector_id, kind, was, now, message, detail)
  VALUES (tell.account, tell.connector_id, tell.kind, tell.was, tell.now, tell.message, tell.detail)
  RETURNING x.* INTO e;
  PERFORM pg_notify('fivetrex_watch', fivetrex_watch.notice_of(e));
END $$;

COMMENT ON FUNCTION fivetrex_watch.tell(text, text, text, text, text, text, jsonb)
  IS 'internal: stores an event and sends it by NOTIFY fivetrex_watch';

CREATE FUNCTION fivetrex_watch.tell_health(a fivetrex_watch.accounts)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  e record;
BEGIN
  FOR e IN
    WITH due AS (
      SELECT c.id, coalesce(c.name, c.id) AS name, c.group_id, c.group_name, c.service, c.announced AS was,
        c.health AS now, h.severity, c.health_since, CASE WHEN c.health <> 'failing' THEN h.reason
          ELSE (SELECT s.reason FROM fivetrex_watch.syncs s WHERE s.account = c.account AND s.connector_id = c.id
            AND s.ended_at IS NOT NULL AND s.status <> 'COMPLETED' ORDER BY s.started_at DESC LIMIT 1) END AS reason
      FROM fivetrex_watch.connectors c, fivetrex_watch.health_of(c, a.refreshed_at) h
      WHERE c.account = a.account AND c.health IS DISTINCT FROM c.announced
        AND (c.announced IS NULL OR 'gone' IN (c.announced, c.health) OR h.severity = 3
          OR a.refreshed_at - c.health_since >= a.hold)),
    told AS (
      UPDATE fivetrex_watch.connectors c SET announced = d.now FROM due d WHERE c.account = a.account AND c.id = d.id)
    -- what is there at the first look is no news
    SELECT * FROM due d WHERE d.was IS NOT NULL OR (a.events_since IS NOT NULL AND d.now <> 'gone') ORDER BY d.name, d.id
  LOOP
    PERFORM fivetrex_watch.tell(a.account, e.id, CASE WHEN e.was IS NULL THEN 'appeared' WHEN e.now = 'gone' THEN 'gone'
        WHEN e.was = 'gone' THEN 'returned' ELSE 'health' END, e.was, e.now,
      format('%s: %s%s%s', e.name, e.now, CASE WHEN e.was IS NULL THEN ' (new connector)' ELSE ', was ' || e.was END,
        ': ' || e.reason),
      jsonb_build_object('name', e.name, 'service', e.service, 'group_id', e.group_id, 'group_name', e.group_name,
        'severity', e.severity, 'since', e.health_since, 'reason', e.reason));
  END LOOP;
END $$;

COMMENT ON FUNCTION fivetrex_watch.tell_health(fivetrex_watch.accounts)
  IS 'internal: events health, appeared, gone and returned: words that differ from those announced and have stood for accounts.hold';

CREATE FUNCTION fivetrex_watch.task_codes(tasks jsonb)
RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(array_agg(DISTINCT coalesce(t ->> 'code', t ->> 'message') COLLATE "C"), '{}')
  FROM jsonb_array_elements(CASE jsonb_typeof(tasks) WHEN 'array' THEN tasks ELSE '[]' END) t
  WHERE coalesce(t ->> 'code', t ->> 'message') IS NOT NULL
$$;

COMMENT ON FUNCTION fivetrex_watch.task_codes(jsonb)
  IS 'internal: the codes of tasks, each once; what is no task of a known form is left out';

CREATE FUNCTION fivetrex_watch.tell_tasks(a fivetrex_watch.accounts)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c record;
  code text;
  is_over boolean;
BEGIN
  FOR c IN SELECT x.id, coalesce(x.name, x.id) AS name, x.tasks, x.tasks_told AS told, t.codes,
      x.tasks_changed_at AS since, x.tasks_told <@ t.codes AS all_there
    FROM fivetrex_watch.connectors x, fivetrex_watch.task_codes(x.tasks) t(codes)
    WHERE x.account = a.account AND x.gone_at IS NULL
      AND (x.tasks_told IS DISTINCT FROM t.codes OR x.tasks_changed_at IS NOT NULL) ORDER BY 2, 1
  LOOP
    -- one that is not there any more counts as over when that has stood for a while
    is_over := NOT c.all_there AND a.refreshed_at - coalesce(c.since, a.refreshed_at) >= a.hold;
    UPDATE fivetrex_watch.connectors x
    SET tasks_told = CASE WHEN is_over OR c.told IS NULL THEN c.codes
        ELSE ARRAY(SELECT unnest(c.told) UNION SELECT unnest(c.codes) ORDER BY 1) END,
      tasks_changed_at = CASE WHEN NOT c.all_there AND NOT is_over THEN coalesce(c.since, a.refreshed_at) END
    WHERE x.account = a.account AND x.id = c.id
      AND (c.told IS NULL OR is_over OR c.all_there = (c.since IS NOT NULL) OR NOT c.codes <@ c.told);
    FOREACH code IN ARRAY ARRAY(SELECT unnest(c.codes) EXCEPT SELECT unnest(c.told) ORDER BY 1) LOOP
      CONTINUE WHEN c.told IS NULL;
      PERFORM fivetrex_watch.tell(a.account, c.id, 'task', NULL, code, format('%s: %s', c.name, coalesce(
        (SELECT t ->> 'message' FROM jsonb_array_elements(c.tasks) t WHERE t ->> 'code' = code LIMIT 1), code)), NULL);
    END LOOP;
    FOREACH code IN ARRAY ARRAY(SELECT unnest(c.told) EXCEPT SELECT unnest(c.codes) ORDER BY 1) LOOP
      CONTINUE WHEN NOT is_over;
      PERFORM fivetrex_watch.tell(a.account, c.id, 'task', code, NULL, format('%s: task %s is done', c.name, code), NULL);
    END LOOP;
  END LOOP;
END $$;

COMMENT ON FUNCTION fivetrex_watch.tell_tasks(fivetrex_watch.accounts)
  IS 'internal: events task: one that has come, at once, and one that has gone for accounts.hold';

CREATE FUNCTION fivetrex_watch.tell_batches(a fivetrex_watch.accounts, at timestamptz)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  b record;
BEGIN
  FOR b IN
    WITH ended AS (
      SELECT r.batch, count(*) AS n, count(*) FILTER (WHERE r.outcome <> 'succeeded') AS failed, coalesce(
        (array_agg(r.outcome ORDER BY r.id) FILTER (WHERE r.outcome <> 'succeeded'))[1], 'succeeded') AS outcome
      FROM fivetrex_watch.runs r
      WHERE r.batch IN (SELECT o.batch FROM fivetrex_watch.runs o WHERE o.account = a.account AND o.told_at IS NULL)
      GROUP BY r.batch HAVING bool_and(r.outcome IS NOT NULL)),
    told AS (
      UPDATE fivetrex_watch.runs r SET told_at = at FROM ended WHERE r.batch = ended.batch)
    SELECT * FROM ended ORDER BY batch
  LOOP
    PERFORM fivetrex_watch.tell(a.account, NULL, 'batch', NULL, b.outcome,
      format('batch %s: %s (%s of %s runs succeeded)', b.batch, b.outcome, b.n - b.failed, b.n),
      jsonb_build_object('batch', b.batch, 'n', b.n, 'failed', b.failed));
  END LOOP;
END $$;

COMMENT ON FUNCTION fivetrex_watch.tell_batches(fivetrex_watch.accounts, timestamptz)
  IS 'internal: events batch: all runs of a request have ended';

CREATE FUNCTION fivetrex_watch.tell_account(a fivetrex_watch.accounts, at timestamptz)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- an error at once, its end when none has come for a while: so an outage with gaps is one
  IF a.error IS NOT NULL AND a.announced IS NULL THEN
    UPDATE fivetrex_watch.accounts x SET announced = a.error WHERE x.account = a.account;
    PERFORM fivetrex_watch.tell(a.account, NULL, 'account', 'ok', a.error,
      format('account %s cannot be refreshed: %s', a.account, a.error), NULL);
  ELSIF a.error IS NULL AND a.announced IS NOT NULL AND coalesce(a.failed_at, '-infinity') <= at - a.hold THEN
    UPDATE fivetrex_watch.accounts x SET announced = NULL WHERE x.account = a.account;
    PERFORM fivetrex_watch.tell(a.account, NULL, 'account', a.announced, 'ok',
      format('account %s is refreshed again', a.account), NULL);
  END IF;
  IF a.remaining < a.rate_limit / 10 AND coalesce(a.quota_told_at, '-infinity') <= at - interval '1 hour' THEN
    UPDATE fivetrex_watch.accounts x SET quota_told_at = at WHERE x.account = a.account;
    PERFORM fivetrex_watch.tell(a.account, NULL, 'quota', NULL, a.remaining::text,
      format('account %s: %s of %s calls of the hour are left', a.account, a.remaining, a.rate_limit),
      jsonb_build_object('remaining', a.remaining, 'rate_limit', a.rate_limit));
  END IF;
END $$;

COMMENT ON FUNCTION fivetrex_watch.tell_account(fivetrex_watch.accounts, timestamptz)
  IS 'internal: events account and quota';

CREATE FUNCTION fivetrex_watch.tell_news(account text, at timestamptz)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  a fivetrex_watch.accounts;
BEGIN
  SELECT * INTO a FROM fivetrex_watch.accounts x WHERE x.account = tell_news.account;
  PERFORM fivetrex_watch.tell_account(a, at);
  IF a.refreshed_at IS NOT NULL THEN
    PERFORM fivetrex_watch.tell_health(a);
    PERFORM fivetrex_watch.tell_tasks(a);
    PERFORM fivetrex_watch.tell_batches(a, at);
    UPDATE fivetrex_watch.accounts x SET events_since = a.refreshed_at
    WHERE x.account = a.account AND x.events_since IS NULL;
  END IF;
END $$;

COMMENT ON FUNCTION fivetrex_watch.tell_news(text, timestamptz)
  IS 'internal, end of a refresh: the events that it leads to';

CREATE FUNCTION fivetrex_watch.take(consumer text, n integer DEFAULT 100)
RETURNS SETOF fivetrex_watch.events
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF consumer IS NULL OR consumer = '' OR n IS NULL OR n < 0 THEN
    RAISE invalid_parameter_value USING MESSAGE = 'consumer must be named, n must not be negative';
  END IF;
  -- an account keeps its name while a cursor of it is made
  PERFORM FROM fivetrex_watch.accounts a
  WHERE NOT EXISTS (SELECT FROM fivetrex_watch.consumers o WHERE o.consumer = take.consumer AND o.account = a.account)
  ORDER BY a.account FOR KEY SHARE;
  -- a new consumer begins at the present, one that is known with the first event of a new account
  INSERT INTO fivetrex_watch.consumers AS k (consumer, account, last_id)
  SELECT take.consumer, a.account, CASE WHEN EXISTS (SELECT FROM fivetrex_watch.consumers o WHERE o.consumer = take.consumer)
    THEN 0 ELSE coalesce((SELECT max(e.id) FROM fivetrex_watch.events e WHERE e.account = a.account), 0) END
  FROM fivetrex_watch.accounts a
  WHERE NOT EXISTS (SELECT FROM fivetrex_watch.consumers o WHERE o.consumer = take.consumer AND o.account = a.account)
  ORDER BY a.account
  ON CONFLICT ON CONSTRAINT consumers_pkey DO NOTHING;
  -- who takes under the same name waits here for the end of this transaction
  PERFORM FROM fivetrex_watch.consumers k WHERE k.consumer = take.consumer ORDER BY k.account FOR UPDATE;
  RETURN QUERY
    WITH taken AS MATERIALIZED (
      SELECT e.* FROM fivetrex_watch.consumers k
      JOIN fivetrex_watch.events e ON e.account = k.account AND e.id > k.last_id
      WHERE k.consumer = take.consumer ORDER BY e.id LIMIT n),
    moved AS (
      UPDATE fivetrex_watch.consumers k SET last_id = t.last_id
      FROM (SELECT u.account, max(u.id) AS last_id FROM taken u GROUP BY u.account) t
      WHERE k.consumer = take.consumer AND k.account = t.account)
    SELECT * FROM taken ORDER BY taken.id;
END $$;

COMMENT ON FUNCTION fivetrex_watch.take(text, integer)
  IS 'the next n events for a consumer, each once: taken when the transaction commits. The first call of a consumer registers it and gives nothing';

-------------------------------------------------------------------------------
-- Webhooks

CREATE FUNCTION fivetrex_watch.try_timestamptz(value text)
RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN value::timestamptz;
EXCEPTION WHEN data_exception THEN
  RETURN NULL;
END $$;

COMMENT ON FUNCTION fivetrex_watch.try_timestamptz(text) IS 'internal: a text as a moment; null where it is none';

CREATE FUNCTION fivetrex_watch.ascii_of(body bytea)
RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  /*
   * encode() gives \ooo for a byte beyond ASCII and two backslashes for one.
   * Then the same for what JSON escapes, where no pair of backslashes, which
   * is one, can be taken for the beginning of an escape.
   */
  SELECT regexp_replace(replace(replace(
      regexp_replace(encode(body, 'escape'), $re$(?<!\\)((?:\\\\)*)\\[23][0-7]{2}$re$, $re$\1?$re$, 'g'),
      repeat(chr(92), 2), chr(92)), repeat(chr(92), 2), chr(92) || 'u005c'),
    $re$\\u(?!00[0-7])[0-9A-Fa-f]{4}|\\u0000$re$, '?', 'g')
$$;

COMMENT ON FUNCTION fivetrex_watch.ascii_of(bytea)
  IS 'internal: JSON in UTF-8 as text that any database can hold, ? for what it might not';

CREATE FUNCTION fivetrex_watch.body_of(raw bytea, OUT body jsonb, OUT fields json)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  content text;
BEGIN
  BEGIN
    content := convert_from(raw, 'UTF8');
  EXCEPTION WHEN untranslatable_character THEN
    -- a database without Unicode
    content := fivetrex_watch.ascii_of(raw);
  END;
  -- what names a connector is ASCII: it is told also where characters or numbers fit nowhere
  fields := fivetrex_watch.ascii_of(raw);
  IF json_typeof(fields) <> 'object' THEN
    RETURN;
  END IF;
  BEGIN
    body := content;
    fields := body;
  EXCEPTION WHEN data_exception OR program_limit_exceeded OR feature_not_supported THEN
    body := to_jsonb(content);
  END;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
  RETURN;
END $$;

COMMENT ON FUNCTION fivetrex_watch.body_of(bytea)
  IS 'internal: a body as jsonb, as a string where jsonb cannot hold it, and its members; body is null where it is no JSON object';

CREATE FUNCTION fivetrex_watch.receive(body bytea, signature text, account text DEFAULT NULL)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  a fivetrex_watch.accounts;
  b record;
  is_right boolean;
BEGIN
  SELECT * INTO a FROM fivetrex_watch.accounts x WHERE x.account = fivetrex_watch.the_account(receive.account);
  IF octet_length(body) > 1048576 THEN
    RETURN 413;
  END IF;
  EXECUTE format('SELECT %s($1, $2, $3)', fivetrex_watch.base_function('fivetrex_verify_delivery'))
    INTO is_right USING coalesce(body, ''), signature, a.server;
  IF is_right IS NOT TRUE THEN
    RETURN 401;
  END IF;
  b := fivetrex_watch.body_of(body);
  IF b.body IS NULL THEN
    RETURN 400;
  END IF;
  PERFORM FROM fivetrex_watch.accounts x WHERE x.account = a.account FOR KEY SHARE;
  IF NOT FOUND THEN
    -- renamed or deleted meanwhile
    RETURN fivetrex_watch.receive(body, signature, receive.account);
  END IF;
  INSERT INTO fivetrex_watch.deliveries AS d (account, digest, event, connector_id, sync_id, created, body)
  VALUES (a.account, sha256(receive.body), b.fields ->> 'event', b.fields ->> 'connector_id', b.fields ->> 'sync_id',
    fivetrex_watch.try_timestamptz(b.fields ->> 'created'), b.body)
  ON CONFLICT ON CONSTRAINT deliveries_pkey DO NOTHING;
  IF FOUND THEN
    PERFORM pg_notify('fivetrex_watch', fivetrex_watch.notice_of(ROW (NULL, NULL, a.account, b.fields ->> 'connector_id',
      'delivery', NULL, b.fields ->> 'event', NULL, NULL)::fivetrex_watch.events));
  END IF;
  RETURN 200;
END $$;

COMMENT ON FUNCTION fivetrex_watch.receive(bytea, text, text)
  IS 'what a webhook has delivered, as it arrived, and its header X-Fivetran-Signature-256; returns the HTTP status to answer: 200, 400, 401 or 413. Makes no call: the next refresh looks';

CREATE FUNCTION fivetrex_watch.delivered(account text)
RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT ARRAY(SELECT DISTINCT c.id FROM fivetrex_watch.deliveries d
    JOIN fivetrex_watch.connectors c ON c.account = d.account AND c.id = d.connector_id
    WHERE d.account = delivered.account AND d.used_at IS NULL AND c.gone_at IS NULL ORDER BY 1)
$$;

COMMENT ON FUNCTION fivetrex_watch.delivered(text)
  IS 'internal: the connectors that deliveries name which no refresh has looked at yet';

CREATE FUNCTION fivetrex_watch.was_delivered(batch bigint, since timestamptz)
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT fivetrex_watch.may_wait() AND EXISTS (SELECT FROM fivetrex_watch.runs r
    JOIN fivetrex_watch.deliveries d ON d.account = r.account AND d.connector_id = r.connector_id
    WHERE r.batch = was_delivered.batch AND r.outcome IS NULL AND d.used_at IS NULL AND d.received_at >= since)
$$;

COMMENT ON FUNCTION fivetrex_watch.was_delivered(bigint, timestamptz)
  IS 'internal: has something come for a connector of the batch since that moment?';

CREATE FUNCTION fivetrex_watch.use_deliveries(account text, ids text[], at timestamptz)
RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  -- what came while the API was being read waits for the next look
  UPDATE fivetrex_watch.deliveries d SET used_at = at
  WHERE d.account = use_deliveries.account AND d.used_at IS NULL AND d.received_at < at
    AND (ids IS NULL OR d.connector_id = ANY (ids))
$$;

COMMENT ON FUNCTION fivetrex_watch.use_deliveries(text, text[], timestamptz)
  IS 'internal: what deliveries of these connectors, or all, have told is looked at';

CREATE FUNCTION fivetrex_watch.look_at_webhooks(a fivetrex_watch.accounts, at timestamptz)
RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  seen fivetrex_watch.webhooks[];
  failed text;
BEGIN
  IF a.webhooks_every IS NULL OR a.webhooks_asked_at > at - a.webhooks_every
      OR to_regclass(format('%I.webhooks', a.schema)) IS NULL THEN
    RETURN 0;
  END IF;
  BEGIN
    EXECUTE format('SELECT coalesce(array_agg(ROW ($1, w.id, w.group_id, w.active, $2)::fivetrex_watch.webhooks), ''{}'')
      FROM (SELECT DISTINCT ON (id) id, group_id, active FROM %I.webhooks ORDER BY id) w', a.schema)
      INTO seen USING a.account, at;
    PERFORM fivetrex_watch.tell_webhooks(a, seen, at);
  EXCEPTION WHEN OTHERS THEN
    -- nothing else rests on them, and not every key may see them
    failed := SQLERRM;
  END;
  UPDATE fivetrex_watch.accounts x SET webhooks_asked_at = at, webhooks_error = failed WHERE x.account = a.account;
  RETURN 1;
END $$;

COMMENT ON FUNCTION fivetrex_watch.look_at_webhooks(fivetrex_watch.accounts, timestamptz)
  IS 'internal, a step of a refresh: reads the webhooks when it is time; returns the calls made';

CREATE FUNCTION fivetrex_watch.tell_webhooks(
  a fivetrex_watch.accounts, seen fivetrex_watch.webhooks[], at timestamptz)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  w record;
BEGIN
  FOR w IN
    WITH diff AS (
      SELECT coalesce(o.id, n.id) AS id, coalesce(n.group_id, o.group_id) AS group_id, n.active, CASE
          WHEN o.id IS NULL THEN NULL WHEN o.active THEN 'active' ELSE 'inactive' END AS was, CASE
          WHEN n.id IS NULL THEN 'deleted' WHEN n.active THEN 'active' ELSE 'inactive' END AS now
      FROM (SELECT x.* FROM fivetrex_watch.webhooks x WHERE x.account = a.account) o
      FULL JOIN unnest(seen) n ON n.id = o.id),
    gone AS (
      DELETE FROM fivetrex_watch.webhooks x USING diff d WHERE x.account = a.account AND x.id = d.id AND d.now = 'deleted'),
    written AS (
      INSERT INTO fivetrex_watch.webhooks AS x (account, id, group_id, active, changed_at)
      SELECT a.account, d.id, d.group_id, d.active, at FROM diff d WHERE d.now <> 'deleted'
      ON CONFLICT ON CONSTRAINT webhooks_pkey DO UPDATE SET (group_id, active, changed_at) = ROW (excluded.group_id,
        excluded.active, excluded.changed_at) WHERE x.active IS DISTINCT FROM excluded.active)
    SELECT * FROM diff d WHERE d.was <> d.now AND (d.was, d.now) <> ('inactive', 'deleted') ORDER BY d.id
  LOOP
    PERFORM fivetrex_watch.tell(a.account, NULL, 'webhook', w.was, w.now, format('webhook %s%s is %s, was %s', w.id,
      ' of group ' || w.group_id, w.now, w.was), jsonb_build_object('id', w.id, 'group_id', w.group_id));
  END LOOP;
END $$;

COMMENT ON FUNCTION fivetrex_watch.tell_webhooks(fivetrex_watch.accounts, fivetrex_watch.webhooks[], timestamptz)
  IS 'internal: keeps the webhooks as they were seen; events webhook: one was switched off, or on again';

-------------------------------------------------------------------------------
-- Tables of the sources

CREATE FUNCTION fivetrex_watch.tables_wanted(a fivetrex_watch.accounts, began timestamptz, n integer)
RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT ARRAY(SELECT c.id FROM fivetrex_watch.connectors c
    WHERE c.account = a.account AND c.gone_at IS NULL AND coalesce(c.tables_asked_at, '-infinity') < began
    ORDER BY c.tables_asked_at NULLS FIRST, c.id LIMIT n)
$$;

COMMENT ON FUNCTION fivetrex_watch.tables_wanted(fivetrex_watch.accounts, timestamptz, integer)
  IS 'internal: the connectors whose tables were asked for longest ago';

CREATE FUNCTION fivetrex_watch.read_tables(a fivetrex_watch.accounts, ids text[], at timestamptz)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
  seen fivetrex_watch.tables[];
BEGIN
  EXECUTE format($q$
    SELECT coalesce(array_agg(ROW ($1, s.connector_id, s.schema_name, t.table_name, s.name_in_destination,
      t.name_in_destination, coalesce(s.enabled, true) AND t.enabled, t.sync_mode, $3,
      CASE WHEN t.patch_reason_code = 'DELETED' THEN $3 END)::fivetrex_watch.tables), '{}')
    FROM %1$I.connector_schemas s LEFT JOIN (SELECT * FROM %1$I.connector_tables WHERE connector_id = ANY ($2)) t
      ON t.connector_id = s.connector_id AND t.schema_name = s.schema_name
    WHERE s.connector_id = ANY ($2)
  $q$, a.schema) INTO seen USING a.account, ids, at;
  -- not before: refreshes need not wait for these calls
  PERFORM pg_advisory_xact_lock(hashtext('fivetrex_watch'), hashtext(a.account));
  PERFORM FROM fivetrex_watch.accounts x WHERE x.account = a.account FOR KEY SHARE;
  IF FOUND THEN
    PERFORM fivetrex_watch.tell_tables(a, seen, at);
    UPDATE fivetrex_watch.connectors c SET tables_asked_at = at, tables_error = NULL
    WHERE c.account = a.account AND c.id = ANY (ids);
  END IF;
END $$;

COMMENT ON FUNCTION fivetrex_watch.read_tables(fivetrex_watch.accounts, text[], timestamptz)
  IS 'internal: reads the tables of these connectors, one call each';

CREATE FUNCTION fivetrex_watch.tell_tables(a fivetrex_watch.accounts, seen fivetrex_watch.tables[], at timestamptz)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  t record;
BEGIN
  FOR t IN
    WITH n AS MATERIALIZED (
      SELECT DISTINCT ON (u.connector_id, u.schema_name, u.table_name) u.* FROM unnest(seen) u
      WHERE u.table_name IS NOT NULL ORDER BY u.connector_id, u.schema_name, u.table_name),
    -- a connector without any schema has no configuration yet, or is not there: that says nothing of its tables
    o AS MATERIALIZED (
      SELECT x.* FROM fivetrex_watch.tables x
      WHERE x.account = a.account AND x.connector_id = ANY (ARRAY(SELECT u.connector_id FROM unnest(seen) u))),
    written AS (
      INSERT INTO fivetrex_watch.tables AS x SELECT n.* FROM n
      ON CONFLICT ON CONSTRAINT tables_pkey DO UPDATE SET (schema_in_destination, name_in_destination, enabled, sync_mode,
        gone_at) = ROW (excluded.schema_in_destination, excluded.name_in_destination, excluded.enabled,
        excluded.sync_mode, CASE WHEN excluded.gone_at IS NOT NULL THEN coalesce(x.gone_at, excluded.gone_at) END)
      WHERE ROW (x.schema_in_destination, x.name_in_destination, x.enabled, x.sync_mode, x.gone_at IS NULL)
        IS DISTINCT FROM ROW (excluded.schema_in_destination, excluded.name_in_destination, excluded.enabled,
        excluded.sync_mode, excluded.gone_at IS NULL)),
    gone AS (
      UPDATE fivetrex_watch.tables x SET gone_at = at FROM o WHERE x.account = a.account AND x.gone_at IS NULL
        AND (x.connector_id, x.schema_name, x.table_name) = (o.connector_id, o.schema_name, o.table_name)
        AND NOT EXISTS (SELECT FROM n WHERE (n.connector_id, n.schema_name, n.table_name)
          = (o.connector_id, o.schema_name, o.table_name)))
    SELECT coalesce(n.connector_id, o.connector_id) AS connector_id, coalesce(n.schema_name, o.schema_name) AS schema_name,
      array_agg(coalesce(n.table_name, o.table_name) ORDER BY coalesce(n.table_name, o.table_name)) AS names,
      d.change, d.was, d.now, d.words
    FROM n FULL JOIN o ON (n.connector_id, n.schema_name, n.table_name) = (o.connector_id, o.schema_name, o.table_name)
    CROSS JOIN LATERAL fivetrex_watch.table_changes(o, n) d
    -- what is there at the first look is no news
    WHERE coalesce(n.connector_id, o.connector_id) IN (SELECT k.connector_id FROM o k)
    GROUP BY 1, 2, d.change, d.was, d.now, d.words ORDER BY 1, 2, d.change, d.was, d.now
  LOOP
    PERFORM fivetrex_watch.tell_change(a.account, t.connector_id, t.schema_name, t.names, t.change, t.was, t.now, t.words);
  END LOOP;
END $$;

COMMENT ON FUNCTION fivetrex_watch.tell_tables(fivetrex_watch.accounts, fivetrex_watch.tables[], timestamptz)
  IS 'internal: keeps the tables as they were seen; events table: what has changed';

CREATE FUNCTION fivetrex_watch.tell_change(
  account text, connector_id text, schema_name text, names text[], change text, was text, now text, words text)
RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  -- a schema that is switched is one piece of news, not one for each of its tables
  SELECT fivetrex_watch.tell(account, connector_id, 'table', was, now, format(e.form, coalesce((SELECT c.name
      FROM fivetrex_watch.connectors c WHERE c.account = tell_change.account AND c.id = tell_change.connector_id), connector_id),
      e.name, schema_name, cardinality(names), words),
    jsonb_build_object('change', change, 'schema_name', schema_name, 'table_name', e.name) || e.more)
  FROM (SELECT '%1$s: table %3$s.%2$s %5$s', name, '{}'::jsonb, n FROM unnest(names) WITH ORDINALITY u(name, n)
      WHERE cardinality(names) <= 20
    UNION ALL SELECT '%1$s: each of %4$s tables of schema %3$s %5$s', NULL, jsonb_build_object('tables', names), 1
      WHERE cardinality(names) > 20) e(form, name, more, n)
  ORDER BY e.n
$$;

COMMENT ON FUNCTION fivetrex_watch.tell_change(text, text, text, text[], text, text, text, text)
  IS 'internal: events table: the same change of tables of a schema, one for each, or one for all of many';

CREATE FUNCTION fivetrex_watch.table_changes(
  o fivetrex_watch.tables, n fivetrex_watch.tables, OUT change text, OUT was text, OUT now text, OUT words text)
RETURNS SETOF record
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT x.* FROM (SELECT o.table_name IS NOT NULL AND o.gone_at IS NULL AS before,
      n.table_name IS NOT NULL AND n.gone_at IS NULL AS after) p,
    LATERAL (VALUES
      (CASE WHEN NOT p.before AND p.after THEN 'appeared' END, CASE WHEN o.table_name IS NOT NULL THEN 'gone' END,
        'appeared', CASE WHEN o.table_name IS NULL THEN 'appeared' ELSE 'is back' END),
      (CASE WHEN p.before AND NOT p.after THEN 'gone' END, CASE WHEN o.enabled THEN 'enabled' ELSE 'disabled' END,
        'gone', 'is gone'),
      (CASE WHEN p.before AND p.after AND o.enabled IS DISTINCT FROM n.enabled
        THEN CASE WHEN n.enabled THEN 'enabled' ELSE 'disabled' END END, CASE WHEN o.enabled THEN 'enabled' ELSE 'disabled' END,
        CASE WHEN n.enabled THEN 'enabled' ELSE 'disabled' END,
        CASE WHEN n.enabled THEN 'is synced now' ELSE 'is not synced any more' END),
      (CASE WHEN p.before AND p.after AND o.sync_mode IS DISTINCT FROM n.sync_mode THEN 'sync_mode' END, o.sync_mode,
        n.sync_mode, format('is synced by %s, was %s', coalesce(n.sync_mode, 'no mode'), coalesce(o.sync_mode, 'no mode')))
    ) x WHERE x.column1 IS NOT NULL
$$;

COMMENT ON FUNCTION fivetrex_watch.table_changes(fivetrex_watch.tables, fivetrex_watch.tables)
  IS 'internal: how a table differs from what was known of it: appeared, gone, enabled, disabled, sync_mode';

CREATE FUNCTION fivetrex_watch.attempt_tables(
  account text, began timestamptz, n integer, OUT done integer, OUT fault jsonb)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  a fivetrex_watch.accounts;
  at timestamptz := greatest(clock_timestamp(), began);
  ids text[];
  l record;
  detail text;
  hint text;
BEGIN
  done := 0;
  BEGIN
    -- not locked: who renames it waits for the account's lock first, and so does read_tables()
    SELECT * INTO a FROM fivetrex_watch.accounts x WHERE x.account = attempt_tables.account;
    ids := fivetrex_watch.tables_wanted(a, began, n);
    IF ids = '{}' OR NOT pg_try_advisory_xact_lock(hashtext('fivetrex_watch.tables'), hashtext(account)) THEN
      RETURN;
    END IF;
    PERFORM fivetrex_watch.check_server(a.account, a.server, a.schema);
    SELECT * INTO l FROM fivetrex_watch.limits(a);
    IF l.remaining < l.rate_limit / 10 THEN
      RAISE WARNING 'account "%": tables are not read, as % of % calls of the hour are left', account, l.remaining, l.rate_limit;
      RETURN;
    END IF;
    BEGIN
      PERFORM fivetrex_watch.read_tables(a, ids, at);
    EXCEPTION WHEN OTHERS THEN
      IF fivetrex_watch.concerns_account(SQLSTATE) THEN
        RAISE;
      END IF;
      IF NOT fivetrex_watch.read_singly(a, 'tables', ids, at) THEN
        done := -1;
        RETURN;
      END IF;
    END;
    done := cardinality(ids);
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    detail := coalesce(nullif(detail, ''), 'Step: tables.');
    done := -1;
    fault := fivetrex_watch.fault_of(account, SQLSTATE, SQLERRM, detail, hint);
    IF fault IS NULL THEN
      PERFORM fivetrex_watch.note_failure(account, SQLSTATE, SQLERRM, detail, hint);
    END IF;
  END;
END $$;

COMMENT ON FUNCTION fivetrex_watch.attempt_tables(text, timestamptz, integer)
  IS 'internal: reads the tables of the next n connectors, unless another session does; done: their number, -1 when it failed; fault: an error of the caller''s';

CREATE FUNCTION fivetrex_watch.check_calls(calls integer)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF calls < 0 THEN
    RAISE invalid_parameter_value USING MESSAGE = 'calls must not be negative', HINT = 'Null is no limit.';
  END IF;
END $$;

COMMENT ON FUNCTION fivetrex_watch.check_calls(integer)
  IS 'internal: an error where the argument of refresh_tables() makes no sense';

CREATE PROCEDURE fivetrex_watch.refresh_tables(calls integer DEFAULT 200, account text DEFAULT NULL)
LANGUAGE plpgsql AS $$
DECLARE
  began pg_catalog.timestamptz := pg_catalog.clock_timestamp();
  names pg_catalog.text[] := fivetrex_watch.to_refresh(account);
  name pg_catalog.text;
  r pg_catalog.record;
  calls_left pg_catalog.int4;
  faults pg_catalog.int4 := 0;
BEGIN
  PERFORM fivetrex_watch.check_calls(calls);
  FOREACH name IN ARRAY names LOOP
    calls_left := calls;
    WHILE calls_left IS NULL OR calls_left OPERATOR(pg_catalog.>) 0 LOOP
      r := fivetrex_watch.attempt_tables(name, began, least(calls_left, 20));
      COMMIT;
      IF r.fault IS NOT NULL THEN
        faults := faults OPERATOR(pg_catalog.+) 1;
        IF faults OPERATOR(pg_catalog.=) pg_catalog.cardinality(names) THEN
          PERFORM fivetrex_watch.raise_fault(names, r.fault);
        END IF;
        PERFORM fivetrex_watch.tell_fault(name, r.fault);
      END IF;
      EXIT WHEN r.done OPERATOR(pg_catalog.<=) 0;
      calls_left := calls_left OPERATOR(pg_catalog.-) r.done;
    END LOOP;
  END LOOP;
END $$;

COMMENT ON PROCEDURE fivetrex_watch.refresh_tables(integer, text)
  IS 'read the tables of the connectors whose tables were asked for longest ago, one call each, at most so many for each account; what has changed becomes events';

-------------------------------------------------------------------------------
-- Views

-- Subqueries in the list cost nothing to who does not select them.
CREATE VIEW fivetrex_watch.health AS
SELECT c.account, c.id AS connector_id, c.name, c.service, c.group_id, c.group_name, h.health, h.severity,
  CASE WHEN c.read_error IS NOT NULL THEN c.read_error
    WHEN s.is_stale AND a.error IS NOT NULL THEN a.error
    WHEN s.is_stale AND NOT a.enabled THEN 'the account is not enabled: see fivetrex_watch.accounts'
    WHEN h.health <> 'failing' THEN h.reason
    ELSE (SELECT y.reason FROM fivetrex_watch.syncs y
      WHERE y.account = c.account AND y.connector_id = c.id AND y.ended_at IS NOT NULL AND y.status <> 'COMPLETED'
      ORDER BY y.started_at DESC LIMIT 1) END AS reason,
  CASE WHEN c.health = h.health THEN c.health_since
    ELSE fivetrex_watch.health_began(c, h.health) END AS since,
  coalesce(c.sync_state = 'syncing' AND c.gone_at IS NULL, false) AS is_running,
  CASE WHEN c.gone_at IS NULL THEN now() - c.syncing_since END AS running_for,
  c.data_as_of, now() - c.data_as_of AS age, c.succeeded_at, c.failed_at, c.sync_frequency,
  (SELECT y.ended_at - y.started_at FROM fivetrex_watch.syncs y
    WHERE y.account = c.account AND y.connector_id = c.id AND y.ended_at IS NOT NULL
    ORDER BY y.started_at DESC LIMIT 1) AS last_duration,
  (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY z.ended_at - z.started_at)
    FROM (SELECT y.started_at, y.ended_at FROM fivetrex_watch.syncs y
      WHERE y.account = c.account AND y.connector_id = c.id AND y.status = 'COMPLETED' AND y.ended_at IS NOT NULL
      ORDER BY y.started_at DESC LIMIT 20) z) AS typical_duration,
  coalesce(c.gone_at, a.refreshed_at) AS seen_at, s.is_stale
FROM fivetrex_watch.connectors c
JOIN fivetrex_watch.accounts a USING (account)
CROSS JOIN LATERAL (SELECT c.read_error IS NOT NULL OR coalesce(a.refreshed_at < now() - a.stale_after, true) AS is_stale) s
CROSS JOIN LATERAL fivetrex_watch.health_of(c) h
WHERE c.gone_at IS NULL OR c.gone_at > now() - interval '7 days';

COMMENT ON VIEW fivetrex_watch.health IS 'the board: every connector with one word for its state; gone ones for seven days';
COMMENT ON COLUMN fivetrex_watch.health.account IS 'account of the connector';
COMMENT ON COLUMN fivetrex_watch.health.connector_id IS 'identifier of the connector';
COMMENT ON COLUMN fivetrex_watch.health.name IS 'its name';
COMMENT ON COLUMN fivetrex_watch.health.service IS 'type of the source';
COMMENT ON COLUMN fivetrex_watch.health.group_id IS 'group that it loads into';
COMMENT ON COLUMN fivetrex_watch.health.group_name IS 'name of that group';
COMMENT ON COLUMN fivetrex_watch.health.health
  IS 'the first that fits of gone, paused, incomplete, broken, failing, new, rescheduled, late, delayed, ok';
COMMENT ON COLUMN fivetrex_watch.health.severity IS '0: nothing to do, 1: known, 2: look at it, 3: a person must act';
COMMENT ON COLUMN fivetrex_watch.health.reason IS 'why; what the last refresh failed with where the row is stale';
COMMENT ON COLUMN fivetrex_watch.health.since IS 'since when the word holds, as far as that is known';
COMMENT ON COLUMN fivetrex_watch.health.is_running IS 'does a sync run?';
COMMENT ON COLUMN fivetrex_watch.health.running_for IS 'for how long, as far as it was seen';
COMMENT ON COLUMN fivetrex_watch.health.data_as_of IS 'start of the last successful sync';
COMMENT ON COLUMN fivetrex_watch.health.age IS 'how old the data are';
COMMENT ON COLUMN fivetrex_watch.health.succeeded_at IS 'end of the last successful sync';
COMMENT ON COLUMN fivetrex_watch.health.failed_at IS 'end of the last failed sync';
COMMENT ON COLUMN fivetrex_watch.health.sync_frequency IS 'minutes between syncs';
COMMENT ON COLUMN fivetrex_watch.health.last_duration IS 'how long the last sync took';
COMMENT ON COLUMN fivetrex_watch.health.typical_duration IS 'median of the last 20 successful ones';
COMMENT ON COLUMN fivetrex_watch.health.seen_at IS 'when the row was true: last refresh, or when the connector was first missed';
COMMENT ON COLUMN fivetrex_watch.health.is_stale
  IS 'is the last refresh too long ago to be trusted, or could it not read this connector?';

CREATE VIEW fivetrex_watch.failures AS
SELECT s.account, s.connector_id, c.name, c.group_name, s.sync_id, s.status, s.started_at, s.ended_at, s.reason
FROM fivetrex_watch.syncs s
LEFT JOIN fivetrex_watch.connectors c ON c.account = s.account AND c.id = s.connector_id
WHERE s.started_at > now() - interval '7 days' AND s.ended_at IS NOT NULL AND s.status <> 'COMPLETED';

COMMENT ON VIEW fivetrex_watch.failures IS 'the syncs of seven days that did not complete';
COMMENT ON COLUMN fivetrex_watch.failures.account IS 'account of the connector';
COMMENT ON COLUMN fivetrex_watch.failures.connector_id IS 'identifier of the connector';
COMMENT ON COLUMN fivetrex_watch.failures.name IS 'its name';
COMMENT ON COLUMN fivetrex_watch.failures.group_name IS 'name of the group that it loads into';
COMMENT ON COLUMN fivetrex_watch.failures.sync_id IS 'identifier of the sync';
COMMENT ON COLUMN fivetrex_watch.failures.status IS 'FAILURE, CANCELED, INCOMPLETE, RESCHEDULED or PAUSED';
COMMENT ON COLUMN fivetrex_watch.failures.started_at IS 'when it began';
COMMENT ON COLUMN fivetrex_watch.failures.ended_at IS 'when it ended';
COMMENT ON COLUMN fivetrex_watch.failures.reason IS 'why';

CREATE VIEW fivetrex_watch.sync_stats AS
SELECT c.account, c.id AS connector_id, c.name, coalesce(s.n, 0) AS n, coalesce(s.succeeded, 0) AS succeeded,
  coalesce(s.failed, 0) AS failed, s.p50, s.p95, last.duration AS last_duration,
  CASE WHEN c.gone_at IS NULL THEN now() - c.syncing_since END AS running_for,
  coalesce(s.n >= 10 AND coalesce(CASE WHEN c.gone_at IS NULL THEN now() - c.syncing_since END, last.duration)
    > greatest(2 * s.p95, s.p95 + interval '5 min'), false) AS is_slow, s.mb_p50
FROM fivetrex_watch.connectors c
-- for each connector by the index: without statistics one grouped sub-select
-- may be made again for every row
LEFT JOIN LATERAL (SELECT count(*) AS n,
    count(*) FILTER (WHERE y.status = 'COMPLETED') AS succeeded,
    count(*) FILTER (WHERE y.status = 'FAILURE') AS failed,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY y.ended_at - y.started_at) FILTER (WHERE y.status = 'COMPLETED') AS p50,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY y.ended_at - y.started_at) FILTER (WHERE y.status = 'COMPLETED') AS p95,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY y.load_mb) FILTER (WHERE y.status = 'COMPLETED') AS mb_p50
  FROM fivetrex_watch.syncs y
  WHERE y.account = c.account AND y.connector_id = c.id
    AND y.started_at > now() - interval '30 days' AND y.ended_at IS NOT NULL) s ON true
LEFT JOIN LATERAL (SELECT y.ended_at - y.started_at AS duration FROM fivetrex_watch.syncs y
  WHERE y.account = c.account AND y.connector_id = c.id AND y.ended_at IS NOT NULL
  ORDER BY y.started_at DESC LIMIT 1) last ON true;

COMMENT ON VIEW fivetrex_watch.sync_stats IS 'how the syncs of 30 days went, one row for each connector';
COMMENT ON COLUMN fivetrex_watch.sync_stats.account IS 'account of the connector';
COMMENT ON COLUMN fivetrex_watch.sync_stats.connector_id IS 'identifier of the connector';
COMMENT ON COLUMN fivetrex_watch.sync_stats.name IS 'its name';
COMMENT ON COLUMN fivetrex_watch.sync_stats.n IS 'syncs that ended';
COMMENT ON COLUMN fivetrex_watch.sync_stats.succeeded IS 'that completed';
COMMENT ON COLUMN fivetrex_watch.sync_stats.failed IS 'that failed';
COMMENT ON COLUMN fivetrex_watch.sync_stats.p50 IS 'median duration of those that completed';
COMMENT ON COLUMN fivetrex_watch.sync_stats.p95 IS 'duration that 95 % of those stay below';
COMMENT ON COLUMN fivetrex_watch.sync_stats.last_duration IS 'how long the last one took';
COMMENT ON COLUMN fivetrex_watch.sync_stats.running_for IS 'for how long the present one runs';
COMMENT ON COLUMN fivetrex_watch.sync_stats.is_slow
  IS 'is the running one, or else the last one, slower than twice the p95 and than the p95 and five minutes? Only told of ten syncs and more';
COMMENT ON COLUMN fivetrex_watch.sync_stats.mb_p50 IS 'median of the megabytes loaded';

CREATE VIEW fivetrex_watch.batches AS
SELECT r.batch, min(r.account) AS account, count(*) AS n, count(*) FILTER (WHERE r.outcome IS NULL) AS open,
  count(*) FILTER (WHERE r.outcome = 'succeeded') AS succeeded,
  count(*) FILTER (WHERE r.outcome <> 'succeeded') AS other,
  min(r.requested_at) AS started,
  CASE WHEN bool_and(r.outcome IS NOT NULL) THEN max(fivetrex_watch.ended_here(r)) END AS ended
FROM fivetrex_watch.runs r GROUP BY r.batch;

COMMENT ON VIEW fivetrex_watch.batches IS 'what was asked for by each request(), and how far it is';
COMMENT ON COLUMN fivetrex_watch.batches.batch IS 'number of the request';
COMMENT ON COLUMN fivetrex_watch.batches.account IS 'its account';
COMMENT ON COLUMN fivetrex_watch.batches.n IS 'runs of the batch';
COMMENT ON COLUMN fivetrex_watch.batches.open IS 'that have not ended';
COMMENT ON COLUMN fivetrex_watch.batches.succeeded IS 'that succeeded';
COMMENT ON COLUMN fivetrex_watch.batches.other IS 'that ended otherwise';
COMMENT ON COLUMN fivetrex_watch.batches.started IS 'when they were asked for';
COMMENT ON COLUMN fivetrex_watch.batches.ended IS 'when the last one ended; null while one is open';

CREATE VIEW fivetrex_watch.freshness AS
SELECT c.account, c.id AS connector_id, c.name, c.data_as_of, now() - c.data_as_of AS age, c.allowance AS allowed,
  CASE WHEN now() - c.data_as_of > c.allowance THEN now() - c.data_as_of - c.allowance END AS late_by,
  c.data_as_of + c.allowance AS will_be_late_at
FROM fivetrex_watch.connectors c
WHERE c.gone_at IS NULL;

COMMENT ON VIEW fivetrex_watch.freshness IS 'how old the data of each connector are, and how old they may be';
COMMENT ON COLUMN fivetrex_watch.freshness.account IS 'account of the connector';
COMMENT ON COLUMN fivetrex_watch.freshness.connector_id IS 'identifier of the connector';
COMMENT ON COLUMN fivetrex_watch.freshness.name IS 'its name';
COMMENT ON COLUMN fivetrex_watch.freshness.data_as_of IS 'start of the last successful sync';
COMMENT ON COLUMN fivetrex_watch.freshness.age IS 'how old the data are';
COMMENT ON COLUMN fivetrex_watch.freshness.allowed IS 'how old they may be, by slas or else by the schedule; null: as old as they like';
COMMENT ON COLUMN fivetrex_watch.freshness.late_by IS 'by how much they are older than that; null when they are not';
COMMENT ON COLUMN fivetrex_watch.freshness.will_be_late_at IS 'when they are, or became, too old unless a sync succeeds';

CREATE VIEW fivetrex_watch.landed AS
SELECT t.account, t.connector_id, t.schema_name, t.table_name, r.oid::regclass AS relation,
  CASE WHEN r.reltuples >= 0 THEN r.reltuples::bigint END AS est_rows, pg_total_relation_size(r.oid) AS bytes,
  CASE WHEN t.enabled AND r.oid IS NULL THEN 'never delivered'
    WHEN NOT t.enabled AND r.oid IS NOT NULL THEN 'disabled but present' END AS problem
FROM fivetrex_watch.tables t
LEFT JOIN fivetrex_watch.connectors c ON c.account = t.account AND c.id = t.connector_id
LEFT JOIN (pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace AND r.relkind IN ('r', 'p', 'f', 'm', 'v'))
  -- as names, which are cut after 63 bytes
  ON n.nspname = t.schema_in_destination::name AND r.relname = t.name_in_destination::name
WHERE t.gone_at IS NULL AND c.gone_at IS NULL AND (t.enabled OR r.oid IS NOT NULL);

COMMENT ON VIEW fivetrex_watch.landed
  IS 'where this database is the destination: the tables that should be here, and those that should not any more';
COMMENT ON COLUMN fivetrex_watch.landed.account IS 'account of the connector';
COMMENT ON COLUMN fivetrex_watch.landed.connector_id IS 'connector that delivers it';
COMMENT ON COLUMN fivetrex_watch.landed.schema_name IS 'its schema in the source';
COMMENT ON COLUMN fivetrex_watch.landed.table_name IS 'its name in the source';
COMMENT ON COLUMN fivetrex_watch.landed.relation IS 'the table here; null when there is none';
COMMENT ON COLUMN fivetrex_watch.landed.est_rows IS 'its rows, as the last VACUUM or ANALYZE estimated them';
COMMENT ON COLUMN fivetrex_watch.landed.bytes IS 'its size on disk, indexes included';
COMMENT ON COLUMN fivetrex_watch.landed.problem IS 'never delivered, or disabled but present; null when all is well';

-------------------------------------------------------------------------------
-- Pictures.  All is plain ASCII, so that it fits into any database's encoding;
-- names and reasons come in by html() only.

CREATE FUNCTION fivetrex_watch.escaped(words text)
RETURNS text
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
  SELECT replace(replace(replace(replace(replace(regexp_replace(words, '[[:cntrl:]]', ' ', 'g'),
    '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&#34;'), '''', '&#39;');
END;

COMMENT ON FUNCTION fivetrex_watch.escaped(text) IS 'internal: words as HTML shows them, also inside an attribute';

CREATE FUNCTION fivetrex_watch.html(words text, longest integer)
RETURNS text
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
  -- never more than three times as many bytes: what grows beyond by being escaped is cut to a fifth
  SELECT CASE WHEN octet_length(e) > 3 * longest THEN fivetrex_watch.escaped(left(words, longest / 5)) || '...'
    WHEN length(words) > longest THEN e || '...' ELSE e END
  FROM (SELECT fivetrex_watch.escaped(left(words, longest))) x(e);
END;

COMMENT ON FUNCTION fivetrex_watch.html(text, integer)
  IS 'internal: the same, but cut where they are longer, so that a page''s size has a limit';

CREATE FUNCTION fivetrex_watch.took(i interval)
RETURNS text
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
  SELECT CASE WHEN s < 120 THEN s || ' s' WHEN s < 7200 THEN s / 60 || ' min'
    WHEN s < 172800 THEN s / 3600 || ' h' || CASE WHEN s < 36000 AND s % 3600 >= 60 THEN ' ' || s % 3600 / 60 || ' min'
      ELSE '' END
    ELSE s / 86400 || ' days' END
  FROM (SELECT greatest(extract(epoch FROM i), 0)::bigint) t(s) WHERE i IS NOT NULL;
END;

COMMENT ON FUNCTION fivetrex_watch.took(interval) IS 'internal: an interval as one says it';

CREATE FUNCTION fivetrex_watch.counted(n bigint, noun text)
RETURNS text
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
  SELECT CASE n WHEN 0 THEN 'no' ELSE to_char(n, 'FM999,999,999,990') END || ' ' || noun || CASE n WHEN 1 THEN ''
    ELSE 's' END;
END;

COMMENT ON FUNCTION fivetrex_watch.counted(bigint, text) IS 'internal: a number and its noun';

CREATE FUNCTION fivetrex_watch.report_words(
  OUT place integer, OUT health text, OUT meaning text, OUT shape text)
RETURNS SETOF record
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  VALUES (1, 'broken', 'a person must act', '<path class="f" d="M8 0l8 8-8 8-8-8z"/><path class="n" d="M8 4v5M8 11v1"/>'),
    (2, 'failing', 'the last sync failed', '<rect class="f" width="16" height="16" rx="3"/><path class="n" d="M5 5l6 6M11 5l-6 6"/>'),
    (3, 'late', 'older than allowed', '<circle class="f" cx="8" cy="8" r="8"/><path class="n" d="M8 4v4l3 2"/>'),
    (4, 'delayed', 'Fivetran reports a delay', '<circle class="o" cx="8" cy="8" r="7"/><path class="s" d="M8 4v4l3 2"/>'),
    (5, 'rescheduled', 'put off, by a quota of the source', '<rect class="f" width="16" height="16" rx="3"/><path class="n" d="M4 4l4 4-4 4M9 4l4 4-4 4"/>'),
    (6, 'paused', 'somebody paused it', '<rect class="f" width="16" height="16" rx="3"/><path class="n" d="M6 4v8M10 4v8"/>'),
    (7, 'incomplete', 'never set up', '<rect class="o d" x="1" y="1" width="14" height="14" rx="3"/>'),
    (8, 'gone', 'deleted, or not visible any more', '<rect class="o" x="1" y="1" width="14" height="14" rx="3"/><path class="s" d="M4 12l8-8"/>'),
    (9, 'new', 'never synced yet', '<rect class="o" x="1" y="1" width="14" height="14" rx="3"/><path class="s" d="M8 5v6M5 8h6"/>'),
    (10, 'ok', 'nothing to do', '<rect class="f" width="16" height="16" rx="3"/>')
$$;

COMMENT ON FUNCTION fivetrex_watch.report_words()
  IS 'internal: the words of health in the order of the report, what they mean, and a shape for each, as colours alone are not for everybody';

CREATE FUNCTION fivetrex_watch.report_style()
RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT '
:root{color-scheme:light dark;--bg:#f4f6f8;--card:#fff;--ink:#17202b;--dim:#566273;--line:#dfe4ea;--n:#fff;
--broken:#a1123f;--failing:#d4500c;--late:#b97800;--delayed:#b97800;--rescheduled:#7b56a8;--paused:#76808d;
--incomplete:#76808d;--gone:#76808d;--new:#2f78b7;--ok:#62a0d6;--deep:#2f78b7}
@media(prefers-color-scheme:dark){:root{--bg:#0e1217;--card:#171d25;--ink:#e8edf3;--dim:#9aa6b5;--line:#2a333e;--n:#10151b;
--broken:#ff6b8f;--failing:#ff8b45;--late:#e3b03a;--delayed:#e3b03a;--rescheduled:#b795e3;--paused:#8d98a7;
--incomplete:#8d98a7;--gone:#8d98a7;--new:#7ab8ee;--ok:#3f7db5;--deep:#7ab8ee}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:1120px;margin:0 auto;padding:28px 24px 48px}
h1,h2,h3,p,ul,figure{margin:0;padding:0}
h1{font-size:29px;line-height:1.2;font-weight:680;letter-spacing:-.015em;overflow-wrap:anywhere}
h2{font-size:18px;font-weight:650;letter-spacing:-.005em}
h3{font-size:14px;font-weight:600;display:flex;flex-wrap:wrap;gap:2px 8px;align-items:center;min-width:0}
.dim,h3 small,td small,caption{color:var(--dim);font-weight:400;font-size:13px}
.over{color:var(--dim);font-size:13px;letter-spacing:.06em;text-transform:uppercase;margin-bottom:2px}
header{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:flex-end;gap:8px 32px;margin-bottom:20px}
header>div{min-width:0}
.lede{font-size:19px;line-height:1.4;margin:6px 0 0}
.old{border-left:4px solid var(--failing);background:var(--card);padding:10px 14px;border-radius:4px;margin-bottom:16px;
overflow-wrap:anywhere}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:20px;margin-top:16px}
section>.dim{margin:2px 0 12px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(158px,1fr));gap:12px}
.tile{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 16px}
.tile b{display:block;font-size:27px;line-height:1.25;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.tile .bar{height:6px;margin-top:8px}.tile .g{margin-right:3px}
.g{width:14px;height:14px;flex:none;vertical-align:-2px}
.f{fill:currentColor}.n,.o,.s{fill:none;stroke-width:2;stroke:currentColor}.n{stroke:var(--n)}.d{stroke-dasharray:3 2.4}
.broken{color:var(--broken)}.failing{color:var(--failing)}.late{color:var(--late)}.delayed{color:var(--delayed)}
.rescheduled{color:var(--rescheduled)}.paused{color:var(--paused)}.incomplete{color:var(--incomplete)}.gone{color:var(--gone)}
.new{color:var(--new)}.ok{color:var(--ok)}
.blocks{display:flex;flex-wrap:wrap;gap:16px 36px}.blocks>div{min-width:0;max-width:100%}.blocks>.all{flex-basis:100%}
.cells{display:flex;flex-wrap:wrap;gap:3px;margin-top:6px}.cells .g{display:block}
.cell{color:inherit;text-decoration:none;border-radius:3px}
a.cell:hover,a.cell:focus-visible{outline:2px solid var(--ink);outline-offset:1px}
.dense{gap:2px}.dense .g{width:10px;height:10px}
.named{gap:6px}.named .cell{display:flex;gap:7px;align-items:center;max-width:100%;border:1px solid var(--line);
border-radius:8px;padding:3px 10px 3px 8px;
font-size:13px}.named bdi{min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}'
$$;

COMMENT ON FUNCTION fivetrex_watch.report_style() IS 'internal: the style of the report: colours, head and board';

CREATE FUNCTION fivetrex_watch.report_style_of_lists()
RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT '
.row{display:grid;grid-template-columns:minmax(0,9fr) minmax(0,9fr) 130px minmax(0,6fr);gap:4px 24px;align-items:center;
padding:10px 0;
border-top:1px solid var(--line)}
.row:target{background:color-mix(in srgb,var(--late) 14%,transparent);
box-shadow:0 0 0 8px color-mix(in srgb,var(--late) 14%,transparent)}
.row p{font-size:13px;line-height:1.45;overflow-wrap:anywhere}.row h3 bdi{overflow-wrap:anywhere;min-width:0}
.num{font-variant-numeric:tabular-nums}
.axis{padding:0 0 4px;border:0;color:var(--dim);font-size:12px}
.days{position:relative;height:18px}.days span{position:absolute;white-space:nowrap}
.strip{display:block;width:100%;height:22px}.strip path,.week path{fill:none;stroke-width:4}
.none{stroke:var(--line)}.good{stroke:var(--ok)}.bad{stroke:var(--failing)}.other{stroke:var(--rescheduled)}
.run{stroke:var(--deep)}
.spark{display:block;width:130px;height:30px;overflow:visible}
.spark path{fill:none;stroke:var(--deep);stroke-width:1.5;stroke-linejoin:round}
.spark .a{fill:var(--ok);opacity:.25;stroke:none}.spark .p95{stroke:var(--dim);stroke-dasharray:3 3;stroke-width:1}
.spark circle{fill:var(--deep)}
.tag{font-size:12px;font-weight:500;border:1px solid;border-radius:99px;padding:0 8px;color:var(--failing)}
.key{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:13px;color:var(--dim);margin:12px 0 0;list-style:none}
.key svg{vertical-align:-2px;margin-right:6px}.key .g{color:inherit}
.key li.broken,.key li.failing,.key li.late,.key li.delayed,.key li.rescheduled,.key li.ok,.key li.new{color:var(--dim)}
.week{display:block;width:100%;height:96px;margin:0 0 2px}.week path{stroke-width:9}.week .none{stroke-width:1}
table{border-collapse:collapse;width:100%;font-size:14px}
td,th{padding:8px 16px 8px 0;text-align:left;vertical-align:top;border-top:1px solid var(--line)}
th{font-size:12px;font-weight:500;color:var(--dim);border:0;padding-bottom:4px}td{overflow-wrap:anywhere}
td.num,th.num{text-align:right;white-space:nowrap}td:last-child,th:last-child{padding-right:0}
td.when{text-align:left;width:8em;color:var(--dim)}table{margin-top:10px}
.bar{display:block;width:100%;min-width:80px;height:10px;margin-top:6px}.bar .b{fill:var(--line)}.bar .v{fill:var(--ok)}
.bar .w{fill:var(--late)}
.bar .m{fill:var(--ink)}.bar .x{fill:var(--failing)}
.rest{margin-top:14px}
summary{padding:12px 0;border-top:1px solid var(--line);cursor:pointer;color:var(--deep);font-weight:550}
.empty{padding:18px 0 4px;color:var(--dim)}
code{font:13px ui-monospace,"SF Mono",Menlo,Consolas,monospace;background:var(--bg);padding:1px 5px;border-radius:4px}
footer{margin-top:20px;color:var(--dim);font-size:13px}
@media(max-width:760px){main{padding:20px 14px 32px}section{padding:16px 14px}h1{font-size:25px}.lede{font-size:17px}
.tiles{grid-template-columns:1fr 1fr;gap:8px}.tile{padding:10px 12px}.tile b{font-size:22px}
.row{grid-template-columns:minmax(0,1fr) 130px;gap:6px 16px}.row>.who,.row>.week7{grid-column:1/-1}
.row>.last{grid-column:1;grid-row:3}
.axis{display:none}.cells:not(.named,.dense){gap:4px}.wide{display:none}.days{font-size:11px}td,th{padding-right:10px}}
@media print{body{background:#fff}section,.tile{break-inside:avoid-page}}'
$$;

COMMENT ON FUNCTION fivetrex_watch.report_style_of_lists() IS 'internal: the style of the report: rows, charts, tables, phones';

CREATE FUNCTION fivetrex_watch.glyph(health text, title text)
RETURNS text
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
  SELECT '<svg class="g ' || health || '">' || coalesce('<title>' || title || '</title>', '') || '<use href="#g-'
    || health || '"/></svg>';
END;

COMMENT ON FUNCTION fivetrex_watch.glyph(text, text) IS 'internal: the shape of a word; the title is HTML';

CREATE FUNCTION fivetrex_watch.report_head(a fivetrex_watch.accounts)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH b AS (SELECT count(*) AS n, count(*) FILTER (WHERE h.severity = 3) AS act, count(*) FILTER (WHERE h.severity = 2) AS look,
      count(*) FILTER (WHERE h.severity = 0) AS fine
    FROM fivetrex_watch.health h WHERE h.account = a.account)
  SELECT '<header><div><p class="over">Fivetran account</p><h1><bdi>' || fivetrex_watch.html(a.account, 120)
    || '</bdi></h1><p class="lede">'
    || CASE WHEN b.n = 0 AND a.refreshed_at IS NULL THEN 'Nothing is known yet.'
      WHEN b.n = 0 THEN 'The account has no connectors.'
      WHEN b.act > 0 THEN '<b>' || fivetrex_watch.counted(b.act, 'connector') || CASE b.act WHEN 1 THEN ' needs'
        ELSE ' need' END || ' a person</b>'
        || CASE WHEN b.look > 0 THEN ', ' || b.look || ' more should be looked at.' ELSE '.' END
      WHEN b.look > 0 THEN '<b>' || fivetrex_watch.counted(b.look, 'connector')
        || '</b> should be looked at; none needs a person.'
      WHEN b.fine = b.n THEN CASE b.n WHEN 1 THEN 'The one connector is fine.' ELSE 'All '
        || fivetrex_watch.counted(b.n, 'connector') || ' are fine.' END
      ELSE 'Nothing to do.' END
    || '</p></div><p class="dim">As of '
      || to_char(coalesce(a.refreshed_at, now()) AT TIME ZONE 'UTC', 'FMDD Mon YYYY, HH24:MI "UTC"')
    || coalesce('<br>refreshed ' || fivetrex_watch.took(now() - a.refreshed_at) || ' before this page was made', '')
      || '</p></header>'
    || CASE WHEN a.refreshed_at IS NULL THEN '<p class="old" role="note"><b>Never refreshed.</b> <code>CALL fivetrex_watch.refresh();</code> asks Fivetran. '
          || coalesce(fivetrex_watch.html(a.error, 500), '') || '</p>'
      WHEN a.refreshed_at < now() - a.stale_after THEN '<p class="old" role="note"><b>This is old news:</b> the last refresh that worked was '
          || fivetrex_watch.took(now() - a.refreshed_at) || ' ago. ' || coalesce(fivetrex_watch.html(a.error, 500), '')
            || '</p>'
      WHEN a.error IS NOT NULL THEN '<p class="old" role="note"><b>The last refresh was not complete:</b> '
        || fivetrex_watch.html(a.error, 500) || '</p>'
      ELSE '' END
  FROM b
$$;

COMMENT ON FUNCTION fivetrex_watch.report_head(fivetrex_watch.accounts) IS 'internal: account, verdict, time and what is wrong with the watch itself';

CREATE FUNCTION fivetrex_watch.report_meter(value double precision)
RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT '<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="b" width="100" height="6"/><rect class="'
    || CASE WHEN value < 0.1 THEN 'x' WHEN value < 0.3 THEN 'w' ELSE 'v' END || '" width="'
      || round(100 * least(greatest(value, 0), 1)) || '" height="6"/></svg>'
$$;

COMMENT ON FUNCTION fivetrex_watch.report_meter(double precision) IS 'internal: a bar that is full at 1';

CREATE FUNCTION fivetrex_watch.report_tiles(a fivetrex_watch.accounts)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH b AS (SELECT count(*) FILTER (WHERE h.severity = 3) AS act, count(*) FILTER (WHERE h.severity = 2) AS look,
      count(*) FILTER (WHERE h.severity = 1) AS known, count(*) FILTER (WHERE h.severity = 0) AS fine,
        count(*) FILTER (WHERE h.is_running) AS running
    FROM fivetrex_watch.health h WHERE h.account = a.account),
  s AS (SELECT count(*) AS n, count(*) FILTER (WHERE y.status = 'COMPLETED') AS good FROM fivetrex_watch.syncs y
    WHERE y.account = a.account AND y.started_at > now() - interval '7 days' AND y.ended_at IS NOT NULL),
  tiles AS (
    SELECT 1 AS place, fivetrex_watch.glyph('broken', NULL) || ' Act now' AS name, b.act::text AS value,
      'broken: a person must act' AS words, NULL AS meter FROM b
    UNION ALL SELECT 2, fivetrex_watch.glyph('failing', NULL) || ' Look at', b.look::text, 'failing, late or delayed',
      NULL FROM b
    UNION ALL SELECT 3, fivetrex_watch.glyph('paused', NULL) || ' Known', b.known::text, 'paused, gone, not set up',
      NULL FROM b
    UNION ALL SELECT 4, fivetrex_watch.glyph('ok', NULL) || ' Fine', to_char(b.fine, 'FM999,999,990'),
      CASE b.running WHEN 0 THEN 'no sync runs' WHEN 1 THEN '1 sync runs' ELSE b.running || ' syncs run' END, NULL
        FROM b
    UNION ALL SELECT 5, 'Syncs, 7 days', CASE WHEN s.n = 0 THEN '-' ELSE
        CASE WHEN s.good = s.n THEN '100' ELSE to_char(trunc(100.0 * s.good / s.n, 1), 'FM990.0') END || ' %' END,
      CASE WHEN s.n = 0 THEN 'none is known' ELSE 'of ' || to_char(s.n, 'FM999,999,999,990') || ' completed' END,
      fivetrex_watch.report_meter(s.good::double precision / nullif(s.n, 0)) FROM s
    UNION ALL SELECT 6, 'Calls left', coalesce(to_char(a.remaining, 'FM999,999,990'), '-'),
      coalesce('of ' || to_char(a.rate_limit, 'FM999,999,990') || ' this hour', 'not told yet'),
      fivetrex_watch.report_meter(a.remaining::double precision / nullif(a.rate_limit, 0)))
  SELECT '<div class="tiles">' || string_agg('<div class="tile"><span class="dim">' || name || '</span><b>' || value
    || '</b><span class="dim">'
    || words || '</span>' || coalesce(meter, '') || '</div>', '' ORDER BY place) || '</div>' FROM tiles
$$;

COMMENT ON FUNCTION fivetrex_watch.report_tiles(fivetrex_watch.accounts) IS 'internal: the numbers at the top of the report';

CREATE FUNCTION fivetrex_watch.report_anchor(connector_id text)
RETURNS text
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
  SELECT 'c' || to_hex(hashtextextended(connector_id, 0));
END;

COMMENT ON FUNCTION fivetrex_watch.report_anchor(text) IS 'internal: where a connector stands in the page';

CREATE FUNCTION fivetrex_watch.report_unhealthy(account text, most integer)
RETURNS TABLE (connector_id text, place bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT h.connector_id, row_number() OVER w FROM fivetrex_watch.health h
  WHERE h.account = report_unhealthy.account AND h.severity > 0
  WINDOW w AS (ORDER BY h.severity DESC, array_position('{broken,failing,late}', h.health), h.since DESC NULLS LAST, h.connector_id)
  ORDER BY 2 LIMIT most
$$;

COMMENT ON FUNCTION fivetrex_watch.report_unhealthy(text, integer)
  IS 'internal: the unhealthy connectors that get a row of their own, the worst and newest first';

CREATE FUNCTION fivetrex_watch.report_slowest(account text, most integer)
RETURNS TABLE (connector_id text, place bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.connector_id, row_number() OVER (ORDER BY s.p95 DESC, s.connector_id) FROM fivetrex_watch.sync_stats s
  WHERE s.account = report_slowest.account AND s.p95 IS NOT NULL
  ORDER BY 2 LIMIT most
$$;

COMMENT ON FUNCTION fivetrex_watch.report_slowest(text, integer) IS 'internal: the connectors whose syncs take longest';

CREATE FUNCTION fivetrex_watch.report_board(account text, is_brief boolean)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH c AS (SELECT h.connector_id, h.health, coalesce(h.name, h.connector_id) AS name, h.group_name, h.health <> 'ok'
    AND NOT is_brief AS tells,
      h.reason, h.since, u.place IS NOT NULL AS has_row, count(*) OVER () <= 60 AS named
    FROM fivetrex_watch.health h LEFT JOIN fivetrex_watch.report_unhealthy(report_board.account, CASE
      WHEN is_brief THEN 60 ELSE 200 END) u USING (connector_id)
    WHERE h.account = report_board.account),
  cells AS (SELECT c.*, CASE WHEN has_row THEN '<a class="cell" href="#' || fivetrex_watch.report_anchor(connector_id)
    || '">'
        ELSE '<span class="cell">' END
      || fivetrex_watch.glyph(health, fivetrex_watch.html(name, CASE WHEN is_brief THEN 24 ELSE 48 END) || ': '
        || health
        || coalesce(CASE WHEN tells THEN ' for ' || fivetrex_watch.took(now() - since) END, '')
        || coalesce(CASE WHEN tells THEN '; ' || fivetrex_watch.html(reason, 60) END, ''))
      || CASE WHEN named THEN '<bdi>' || fivetrex_watch.html(name, 48) || '</bdi>' ELSE '' END
      || CASE WHEN has_row THEN '</a>' ELSE '</span>' END AS cell
    FROM c),
  blocks AS (SELECT w.place, '<div' || CASE w.health WHEN 'ok' THEN ' class="all"' ELSE '' END || '><h3>'
    || fivetrex_watch.glyph(w.health, NULL) || w.health || '<small>'
      || to_char(count(*), 'FM999,999,990') || ' &middot; ' || w.meaning || '</small></h3><div class="cells'
      || CASE WHEN bool_or(named) THEN ' named' WHEN count(*) > 500 THEN ' dense' ELSE '' END || '" data-health="'
        || w.health || '">'
      || string_agg(cell, '' ORDER BY group_name, name, connector_id) || '</div></div>' AS block
    FROM cells JOIN fivetrex_watch.report_words() w USING (health) GROUP BY w.place, w.health, w.meaning)
  SELECT '<section id="board"><h2>Board</h2><p class="dim">One mark for each connector, by group and name; point at it to read which.</p>'
    || coalesce('<div class="blocks">' || string_agg(block, '' ORDER BY place)
      || '</div>', '<p class="empty">No connectors yet.</p>') || '</section>' FROM blocks
$$;

COMMENT ON FUNCTION fivetrex_watch.report_board(text, boolean) IS 'internal: all connectors by health, one cell each';

CREATE FUNCTION fivetrex_watch.report_days(until timestamptz, form text)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  -- midnights between seven days ago and then; the last one needs room for its word
  SELECT string_agg('<span style="left:' || round(x, 1) || '%">' || to_char(d AT TIME ZONE 'UTC', form)
    || '</span>', '' ORDER BY d)
  FROM generate_series(date_bin('1 day', until, 'epoch') - interval '6 days', until, '1 day') d,
    LATERAL (SELECT 100 - extract(epoch FROM until - d) / 6048) p(x) WHERE x <= 94
$$;

COMMENT ON FUNCTION fivetrex_watch.report_days(timestamptz, text) IS 'internal: the days of a time axis of seven days that ends then';

CREATE FUNCTION fivetrex_watch.report_strip(account text, connector_id text)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  -- 56 bins of three hours; the worst of a bin decides, and is the tallest
  WITH s AS (SELECT 55 - least(greatest(floor(extract(epoch
    FROM date_bin('3 hours', now(), 'epoch') - date_bin('3 hours', y.started_at, 'epoch'))
        / 10800)::integer, 0), 55) AS bin, y.started_at, y.reason,
      CASE WHEN y.ended_at IS NULL THEN 'run' WHEN y.status = 'COMPLETED' THEN 'good'
        WHEN y.status = 'FAILURE' THEN 'bad' ELSE 'other' END AS kind
    FROM fivetrex_watch.syncs y
    WHERE y.account = report_strip.account AND y.connector_id = report_strip.connector_id
      AND y.started_at >= date_bin('3 hours', now(), 'epoch') - interval '165 hours'),
  bins AS (SELECT bin, count(*) AS n, count(*) FILTER (WHERE kind = 'bad') AS bad, min(started_at) AS started_at,
      CASE WHEN bool_or(kind = 'bad') THEN 'bad' WHEN bool_or(kind = 'other') THEN 'other'
        WHEN bool_or(kind = 'run') THEN 'run' ELSE 'good' END AS kind,
      (array_agg(reason ORDER BY started_at DESC) FILTER (WHERE kind = 'bad'))[1] AS reason
    FROM s GROUP BY bin),
  -- the newest four with failures tell why
  t AS (SELECT b.*, CASE WHEN b.kind = 'bad' THEN row_number() OVER (PARTITION BY b.kind ORDER BY b.bin DESC) END <= 4 AS tells,
      'M' || bin * 6 + 3 || ' 22V' || CASE kind WHEN 'good' THEN 10 WHEN 'other' THEN 5 WHEN 'run' THEN 14
        ELSE 0 END AS bar FROM bins b),
  paths AS (SELECT '<path class="' || kind || '" d="' || string_agg(bar, '' ORDER BY bin) || '"/>' AS path FROM t
    WHERE tells IS NOT TRUE GROUP BY kind
    UNION ALL SELECT '<path class="bad" d="' || bar || '"><title>'
      || to_char(started_at AT TIME ZONE 'UTC', 'DD Mon HH24:MI') || ': '
      || bad || ' of ' || n || ' failed' || coalesce(', ' || fivetrex_watch.html(reason, 60), '') || '</title></path>'
        FROM t WHERE tells)
  SELECT '<svg class="strip" viewBox="0 0 336 22" preserveAspectRatio="none" role="img"><title>'
    || (SELECT fivetrex_watch.counted(coalesce(sum(n), 0)::bigint, 'sync') || ', ' || coalesce(sum(bad), 0) || ' failed'
      FROM bins)
    || '</title><path class="none" d="M0 21H336" style="stroke-width:2"/>' || coalesce((SELECT string_agg(path, '')
      FROM paths), '') || '</svg>'
$$;

COMMENT ON FUNCTION fivetrex_watch.report_strip(text, text) IS 'internal: the syncs of seven days of a connector';

CREATE FUNCTION fivetrex_watch.report_spark(account text, connector_id text, p95 interval)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH s AS (SELECT row_number() OVER (ORDER BY y.started_at DESC) AS k, extract(epoch
    FROM y.ended_at - y.started_at)::double precision AS took
    FROM fivetrex_watch.syncs y WHERE y.account = report_spark.account AND y.connector_id = report_spark.connector_id
      AND y.status = 'COMPLETED' AND y.ended_at IS NOT NULL AND y.started_at > now() - interval '30 days'
    ORDER BY y.started_at DESC LIMIT 30),
  scale AS (SELECT greatest(max(took), extract(epoch FROM p95)::double precision, 1) AS top, count(*) AS n FROM s),
  points AS (SELECT k, 126 - round(124 * (k - 1) / greatest(n - 1, 1)) AS x, 27 - round(25 * greatest(took, 0) / top) AS y FROM s, scale)
  SELECT '<svg class="spark" viewBox="0 0 130 30" role="img"><title>' || fivetrex_watch.counted(scale.n, 'sync')
    || ', the longest '
    || fivetrex_watch.took(make_interval(secs => scale.top)) || '; 95 % take less than ' || fivetrex_watch.took(p95)
      || '</title>'
    || coalesce('<path class="p95" d="M0 ' || 27 - round(25 * extract(epoch FROM p95)::double precision / scale.top)
      || 'H130"/>', '')
    || (SELECT '<path class="a" d="M' || line || 'V29H' || first || 'z"/><path d="M' || line || '"/>'
      FROM (SELECT string_agg(x || ' ' || y, 'L' ORDER BY k DESC) AS line, min(x) AS first FROM points) l)
    || (SELECT '<circle cx="' || x || '" cy="' || y || '" r="3"/>' FROM points WHERE k = 1) || '</svg>'
  FROM scale WHERE n > 0
$$;

COMMENT ON FUNCTION fivetrex_watch.report_spark(text, text, interval) IS 'internal: how long the last 30 syncs took, and their p95; null without any';

CREATE FUNCTION fivetrex_watch.report_row(
  h fivetrex_watch.health, s fivetrex_watch.sync_stats, allowance interval, is_anchor boolean)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT '<div class="row"' || CASE WHEN is_anchor THEN ' id="' || fivetrex_watch.report_anchor(h.connector_id) || '"'
    ELSE '' END
    || '><div class="who"><h3>' || fivetrex_watch.glyph(h.health, h.health)
    || '<bdi>' || fivetrex_watch.html(coalesce(h.name, h.connector_id), 80) || '</bdi>'
    || CASE WHEN s.is_slow THEN ' <span class="tag">slower than usual</span>' ELSE '' END
    || '<small>' || concat_ws(' &middot; ', fivetrex_watch.html(h.service, 40), fivetrex_watch.html(h.group_name, 60))
      || '</small></h3>'
    || CASE WHEN h.severity > 0 THEN '<p><b>' || h.health || '</b>' || coalesce(' for '
      || fivetrex_watch.took(now() - h.since), '')
        || coalesce(': ' || fivetrex_watch.html(h.reason, 160), '') || '</p>' ELSE '' END
    || '</div><div class="week7">' || fivetrex_watch.report_strip(h.account, h.connector_id)
      || '</div><div class="took">'
    || coalesce(fivetrex_watch.report_spark(h.account, h.connector_id, s.p95), '') || '</div><p class="last dim num">'
    || concat_ws('<br>', 'last ' || fivetrex_watch.took(s.last_duration) || coalesce(', p95 '
      || fivetrex_watch.took(s.p95), ''),
      'data ' || fivetrex_watch.took(h.age) || coalesce(' old, limit ' || fivetrex_watch.took(allowance), ' old'),
      CASE WHEN h.is_running THEN 'running' || coalesce(' for ' || fivetrex_watch.took(h.running_for), '') END)
    || '</p></div>'
$$;

COMMENT ON FUNCTION fivetrex_watch.report_row(fivetrex_watch.health, fivetrex_watch.sync_stats, interval, boolean)
  IS 'internal: a connector with its strip and durations';

CREATE FUNCTION fivetrex_watch.report_axis()
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT '<div class="row axis" aria-hidden="true"><span>connector</span><span class="days">'
    || fivetrex_watch.report_days(date_bin('3 hours', now(), 'epoch') + interval '3 hours', 'Dy')
    || '</span><span>durations</span><span></span></div>'
$$;

COMMENT ON FUNCTION fivetrex_watch.report_axis() IS 'internal: what the columns of rows are';

CREATE FUNCTION fivetrex_watch.report_key()
RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT '<ul class="key">' || string_agg('<li><svg width="' || w || '" height="14" viewBox="0 0 ' || w
    || ' 22" aria-hidden="true">' || shape || '</svg>'
    || words || '</li>', '' ORDER BY k) || '</ul>'
  FROM (VALUES (1, 6, '<path class="bad" fill="none" stroke-width="5" d="M3 22V0"/>', 'a sync of these 3 hours failed'),
    (2, 6, '<path class="other" fill="none" stroke-width="5" d="M3 22V5"/>', 'canceled, put off or not complete'),
    (3, 6, '<path class="good" fill="none" stroke-width="5" d="M3 22V10"/>', 'all completed'),
    (4, 6, '<path class="run" fill="none" stroke-width="5" d="M3 22V14"/>', 'running'),
    (5, 30, '<path class="none" fill="none" stroke-width="3" d="M0 20H30"/>', 'none'),
    (6, 30, '<path d="M0 8H30" fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="6 5"/>', 'p95 of the durations of 30 days')) v(k, w, shape, words)
$$;

COMMENT ON FUNCTION fivetrex_watch.report_key() IS 'internal: what the marks of strips and durations mean';

CREATE FUNCTION fivetrex_watch.report_rows(account text, ids text[], opened integer, are_anchors boolean)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  -- materialized: statistics are made for all at once, whatever is known of the tables
  WITH h AS MATERIALIZED (SELECT h AS h, h.connector_id AS id FROM fivetrex_watch.health h
    WHERE h.account = report_rows.account AND h.connector_id = ANY (ids)),
  s AS MATERIALIZED (SELECT s AS s, s.connector_id AS id FROM fivetrex_watch.sync_stats s
    WHERE s.account = report_rows.account AND s.connector_id = ANY (ids)),
  l AS (SELECT array_position(ids, c.id) AS place, fivetrex_watch.report_row(h.h, s.s, c.allowance, are_anchors) AS line
    FROM fivetrex_watch.connectors c JOIN h USING (id) JOIN s USING (id) WHERE c.account = report_rows.account)
  -- a closed part opens by itself for a link into it
  SELECT fivetrex_watch.report_axis() || string_agg(line, '' ORDER BY place) FILTER (WHERE place <= opened)
    || coalesce('<details><summary>' || count(*) FILTER (WHERE place > opened) || ' more</summary>'
      || string_agg(line, '' ORDER BY place) FILTER (WHERE place > opened) || '</details>', '')
  FROM l
$$;

COMMENT ON FUNCTION fivetrex_watch.report_rows(text, text[], integer, boolean)
  IS 'internal: rows of connectors, the first of them open; null for none';

CREATE FUNCTION fivetrex_watch.report_unhealthy_section(account text, is_brief boolean)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH u AS (SELECT array_agg(connector_id ORDER BY place) AS ids, count(*) AS n 
    FROM fivetrex_watch.report_unhealthy(account, CASE WHEN is_brief THEN 60 ELSE 200 END)),
  b AS (SELECT count(*) AS n FROM fivetrex_watch.health h WHERE h.account = report_unhealthy_section.account
    AND h.severity > 0)
  SELECT '<section id="unhealthy"><h2>Unhealthy</h2><p class="dim">The worst first; syncs of seven days, UTC.</p>'
    || CASE WHEN u.n = 0 THEN '<p class="empty">None.</p>'
      ELSE fivetrex_watch.report_rows(account, u.ids, 40, true) || CASE WHEN b.n > u.n THEN '<p class="rest">'
        || fivetrex_watch.counted(b.n - u.n, 'unhealthy connector') || ' more on the board above.</p>' ELSE '' END
        || fivetrex_watch.report_key() END || '</section>'
  FROM u, b
$$;

COMMENT ON FUNCTION fivetrex_watch.report_unhealthy_section(text, boolean) IS 'internal: the unhealthy connectors';

CREATE FUNCTION fivetrex_watch.report_slowest_section(account text, is_brief boolean)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH s AS (SELECT array_agg(connector_id ORDER BY place) AS ids, count(*) AS n 
    FROM fivetrex_watch.report_slowest(account, CASE WHEN is_brief THEN 40 ELSE 100 END)),
  y AS (SELECT y.n, y.succeeded, y.p95, y.p95 IS NOT NULL AND y.connector_id <> ALL ((SELECT ids
    FROM s)::text[]) AS is_other
    FROM fivetrex_watch.sync_stats y WHERE y.account = report_slowest_section.account),
  t AS (SELECT count(*) FILTER (WHERE is_other) AS n, coalesce(sum(y.n) FILTER (WHERE is_other), 0)::bigint AS syncs,
    coalesce(sum(y.n - y.succeeded) FILTER (WHERE is_other), 0)::bigint AS others,
      max(y.p95) FILTER (WHERE is_other) AS p95,
    count(*) FILTER (WHERE p95 IS NULL) AS without FROM y)
  SELECT '<section id="slowest"><h2>Slowest</h2><p class="dim">By the duration that 95 % of a connector''s syncs stay below, over 30 days.</p>'
    || CASE WHEN s.n = 0 THEN '<p class="empty">No completed sync is known.</p>'
      ELSE fivetrex_watch.report_rows(account, s.ids, 15, false) || CASE WHEN t.n > 0 THEN '<p class="rest">The other '
        || fivetrex_watch.counted(t.n, 'connector') || ': ' || fivetrex_watch.counted(t.syncs, 'sync')
          || ' in 30 days, '
        || CASE t.others WHEN 0 THEN 'all completed' ELSE to_char(t.others, 'FM999,999,999,990') || ' not completed' END
        || '; p95 of at most ' || fivetrex_watch.took(t.p95) || '.</p>' ELSE '' END
        || CASE WHEN t.without > 0 THEN '<p class="rest">' || fivetrex_watch.counted(t.without, 'connector')
          || ' without a completed sync.</p>' ELSE '' END
        || fivetrex_watch.report_key() END || '</section>'
  FROM s, t
$$;

COMMENT ON FUNCTION fivetrex_watch.report_slowest_section(text, boolean) IS 'internal: the slowest connectors, and the others in words';

CREATE FUNCTION fivetrex_watch.report_week(account text)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH bins AS (SELECT g.bin, date_bin('6 hours', now(), 'epoch') - (27 - g.bin) * interval '6 hours' AS at
    FROM generate_series(0, 27) g(bin)),
  s AS (SELECT date_bin('6 hours', y.started_at, 'epoch') AS at, count(*) FILTER (WHERE y.status = 'COMPLETED') AS good,
      count(*) FILTER (WHERE y.status <> 'COMPLETED') AS bad
    FROM fivetrex_watch.syncs y WHERE y.account = report_week.account AND y.started_at > now() - interval '8 days'
      AND y.ended_at IS NOT NULL GROUP BY 1),
  b AS (SELECT bins.bin, bins.at, coalesce(good, 0) AS good, coalesce(bad, 0) AS bad, max(greatest(good, 1)) OVER () AS top, max(greatest(bad, 1)) OVER () AS worst
    FROM bins LEFT JOIN s USING (at)),
  paths AS (SELECT bin, CASE WHEN good > 0 THEN '<path class="good" d="M' || bin * 12 + 6 || ' 60v-'
    || greatest(round(58.0 * good / top, 1), 1.5) || '"/>' ELSE '' END
      || CASE WHEN bad > 0 THEN '<path class="bad" d="M' || bin * 12 + 6 || ' 64v'
        || greatest(round(30.0 * bad / worst, 1), 1.5) || '"/>' ELSE '' END
      || '<path d="M' || bin * 12 || ' 48h12" style="stroke-width:96;stroke:transparent"><title>'
        || to_char(at AT TIME ZONE 'UTC', 'Dy DD Mon HH24:MI') || ': '
      || good || ' completed, ' || bad || ' not</title></path>' AS path FROM b)
  SELECT '<section id="week"><h2>Syncs of seven days</h2>' || CASE
    WHEN sum(good + bad) = 0 THEN '<p class="empty">None is known'
      || CASE WHEN (SELECT history_served IS FALSE FROM fivetrex_watch.accounts a WHERE a.account = report_week.account)
        THEN ': the account''s plan has no sync histories' ELSE '' END || '.</p>'
    ELSE '<p class="dim">Each column is six hours, UTC: completed above the line (at most ' || max(good)
      || '), not completed below it (at most ' || max(bad)
      || '), each on a scale of its own.</p><svg class="week" viewBox="0 0 336 96" preserveAspectRatio="none" role="img"><title>'
      || fivetrex_watch.counted(sum(good)::bigint, 'sync') || ' completed, ' || sum(bad)
        || ' did not</title><path class="none" d="M0 62H336"/>'
      || (SELECT string_agg(path, '' ORDER BY bin) FROM paths) || '</svg><div class="days dim" aria-hidden="true">'
      || fivetrex_watch.report_days(date_bin('6 hours', now(), 'epoch') + interval '6 hours', 'Dy FMDD') || '</div>' END
        || '</section>'
  FROM b
$$;

COMMENT ON FUNCTION fivetrex_watch.report_week(text) IS 'internal: all syncs of seven days, by six hours';

CREATE FUNCTION fivetrex_watch.report_failures(account text)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH r AS (SELECT coalesce(f.reason, 'no reason was given') AS reason, f.status, count(*) AS n, count(DISTINCT f.connector_id) AS connectors,
      max(f.started_at) AS last, (array_agg(coalesce(f.name, f.connector_id) ORDER BY f.started_at DESC, f.connector_id))[1] AS name,
      row_number() OVER (ORDER BY count(*) DESC, max(f.started_at) DESC) AS place, sum(count(*)) OVER () AS total,
        count(*) OVER () AS reasons
    FROM fivetrex_watch.failures f WHERE f.account = report_failures.account GROUP BY 1, 2),
  lines AS (SELECT r.*, '<tr><td>' || fivetrex_watch.html(reason, 200) || '<br><small>'
    || fivetrex_watch.html(lower(status), 20) || ' &middot; last '
      || to_char(last AT TIME ZONE 'UTC', 'FMDD Mon HH24:MI') || ' in <bdi>' || fivetrex_watch.html(name, 60)
        || '</bdi></small></td><td class="num">'
      || connectors || '</td><td class="num">' || n
        || '</td><td class="wide" style="width:28%"><svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
      || '<rect class="' || CASE status WHEN 'FAILURE' THEN 'x' ELSE 'w' END || '" width="'
        || greatest(round(100.0 * n / max(n) OVER (), 1), 1) || '" height="6"/></svg></td></tr>' AS line
    FROM r)
  SELECT '<section id="failures"><h2>Why syncs did not complete</h2><p class="dim">In seven days, the commonest reason first.</p>'
    || coalesce('<table><thead><tr><th>reason</th><th class="num">connectors</th><th class="num">syncs</th><th class="wide"></th></tr></thead><tbody>'
      || string_agg(line, '' ORDER BY place) FILTER (WHERE place <= 20) || '</tbody></table>',
        '<p class="empty">All that are known did.</p>')
    || CASE WHEN max(reasons) > 20 THEN '<p class="rest">' || fivetrex_watch.counted(max(reasons) - 20, 'other reason')
      || ' for '
      || fivetrex_watch.counted((max(total) - sum(n) FILTER (WHERE place <= 20))::bigint, 'sync') || '.</p>' ELSE '' END
        || '</section>'
  FROM lines
$$;

COMMENT ON FUNCTION fivetrex_watch.report_failures(text) IS 'internal: failures of seven days by reason';

CREATE FUNCTION fivetrex_watch.report_freshness(account text)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  -- nobody waits for what is paused or was never set up
  WITH c AS (SELECT f.connector_id, coalesce(f.name, f.connector_id) AS name, f.age, f.allowed,
      extract(epoch FROM f.age)::double precision / nullif(extract(epoch FROM f.allowed), 0)::double precision AS used
    FROM fivetrex_watch.freshness f JOIN fivetrex_watch.health h USING (account, connector_id)
    WHERE f.account = report_freshness.account AND NOT h.health = ANY ('{gone,paused,incomplete,new}')),
  lines AS (SELECT row_number() OVER (ORDER BY used DESC, connector_id) AS place, '<tr><td><bdi>'
      || fivetrex_watch.html(name, 80) || '</bdi></td><td class="num">' || fivetrex_watch.took(age)
        || '</td><td class="num">'
      || fivetrex_watch.took(allowed) || '</td><td class="wide" style="width:40%"><svg class="bar" viewBox="0 0 300 6" '
      || 'preserveAspectRatio="none" role="img"><title>' || round(used * 100) || ' % of what is allowed</title>'
      || '<rect class="b" width="300" height="6"/><rect class="' || CASE WHEN used > 1 THEN 'x' ELSE 'w' END
        || '" width="'
      || round(least(used, 3) * 100) || '" height="6"/><rect class="m" x="99" width="2" height="6"/></svg></td></tr>' AS line
    FROM c WHERE used > 0.8),
  n AS (SELECT count(*) AS n, count(*) FILTER (WHERE used > 1) AS late, count(*) FILTER (WHERE used > 0.8
    AND used <= 1) AS soon,
      count(*) FILTER (WHERE used <= 0.8) AS fresh, count(*) FILTER (WHERE used IS NULL) AS free FROM c)
  SELECT '<section id="freshness"><h2>Freshness</h2><p class="dim">How old the data are, against what each connector is allowed.</p>'
    || CASE WHEN n.n = 0 THEN '<p class="empty">No connector delivers data.</p>' ELSE '<p>'
      || concat_ws('; ', CASE WHEN n.late > 0 THEN '<b>' || fivetrex_watch.counted(n.late, 'connector')
        || ' later than allowed</b>' END,
        CASE WHEN n.soon > 0 THEN fivetrex_watch.counted(n.soon, 'connector')
          || ' with less than a fifth of the time left' END,
        CASE WHEN n.fresh > 0 THEN fivetrex_watch.counted(n.fresh, 'connector') || ' fresh' END,
        CASE WHEN n.free > 0 THEN fivetrex_watch.counted(n.free, 'connector') || ' without a limit' END) || '.</p>' END
    || coalesce('<table><thead><tr><th>connector</th><th class="num">age</th><th class="num">allowed</th>'
      || '<th class="wide">the mark is what is allowed, the end three times that</th></tr></thead><tbody>'
      || (SELECT string_agg(line, '' ORDER BY place) FROM lines WHERE place <= 20) || '</tbody></table>', '')
    || CASE WHEN n.late + n.soon > 20 THEN '<p class="rest">' || n.late + n.soon - 20 || ' more like these.</p>'
      ELSE '' END
    || '</section>'
  FROM n
$$;

COMMENT ON FUNCTION fivetrex_watch.report_freshness(text) IS 'internal: the age of data against what is allowed';

CREATE FUNCTION fivetrex_watch.report_news(account text)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce('<section id="news"><h2>What changed</h2><p class="dim">The last events.</p><table><tbody>'
    || string_agg('<tr><td class="num when">' || to_char(at AT TIME ZONE 'UTC', 'FMDD Mon HH24:MI') || '</td><td><bdi>'
      || fivetrex_watch.html(message, 200) || '</bdi></td></tr>', '' ORDER BY id DESC) || '</tbody></table></section>',
        '')
  FROM (SELECT e.id, e.at, e.message
    FROM fivetrex_watch.events e WHERE e.account = report_news.account ORDER BY e.id DESC LIMIT 15) e
$$;

COMMENT ON FUNCTION fivetrex_watch.report_news(text) IS 'internal: the last events; nothing without any';

CREATE FUNCTION fivetrex_watch.report_page(a fivetrex_watch.accounts, is_brief boolean)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT '<!DOCTYPE html><html lang="en"><head><meta charset="' || CASE
    WHEN pg_client_encoding() ~ '^LATIN' THEN lower(pg_client_encoding())
      WHEN pg_client_encoding() ~ '^WIN125' THEN 'windows-' || substr(pg_client_encoding(), 4) ELSE 'utf-8' END
        || '"><meta name="viewport" content="width=device-width,initial-scale=1">'
    || '<meta name="color-scheme" content="light dark"><meta http-equiv="Content-Security-Policy" content="default-src ''none''; style-src ''unsafe-inline''; img-src data:">'
    || '<link rel="icon" href="data:,"><title>Fivetran: ' || fivetrex_watch.html(a.account, 80) || '</title><style>'
      || fivetrex_watch.report_style()
    || fivetrex_watch.report_style_of_lists()
      || '</style></head><body><svg width="0" height="0" style="position:absolute" aria-hidden="true">'
    || (SELECT string_agg('<symbol id="g-' || w.health || '" viewBox="0 0 16 16">' || w.shape
      || '</symbol>', '' ORDER BY w.place) FROM fivetrex_watch.report_words() w)
    || '</svg><main>' || fivetrex_watch.report_head(a) || fivetrex_watch.report_tiles(a)
      || fivetrex_watch.report_board(a.account, is_brief)
    || fivetrex_watch.report_week(a.account) || fivetrex_watch.report_unhealthy_section(a.account, is_brief)
    || fivetrex_watch.report_slowest_section(a.account, is_brief) || fivetrex_watch.report_failures(a.account)
    || fivetrex_watch.report_freshness(a.account) || fivetrex_watch.report_news(a.account)
      || '<footer>Made by fivetrex_watch on ' || to_char(now() AT TIME ZONE 'UTC', 'FMDD Mon YYYY, HH24:MI:SS "UTC"')
    || ' from local tables: no call to Fivetran.</footer></main></body></html>'
$$;

COMMENT ON FUNCTION fivetrex_watch.report_page(fivetrex_watch.accounts, boolean) IS 'internal: the parts of the report, put together';

CREATE FUNCTION fivetrex_watch.report(account text DEFAULT NULL)
RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  -- too large a page is made again with fewer words
  SELECT CASE WHEN octet_length(p.page) <= 1000000 THEN p.page ELSE fivetrex_watch.report_page(a, true) END
  FROM fivetrex_watch.accounts a CROSS JOIN LATERAL (SELECT fivetrex_watch.report_page(a, false) OFFSET 0) p(page)
  WHERE a.account = fivetrex_watch.the_account(report.account)
$$;

COMMENT ON FUNCTION fivetrex_watch.report(text)
  IS 'an account''s board, syncs, durations, failures and freshness as an HTML page that needs nothing else; reads local tables only';

CREATE VIEW fivetrex_watch.sparklines AS
SELECT h.account, h.connector_id, h.name, h.health, h.severity,
  translate(w.marks, '012345678', '.' || b.blocks) AS week, translate(d.marks, '12345678', b.blocks) AS durations,
  d.last_duration, d.p95, h.reason
FROM fivetrex_watch.health h
CROSS JOIN (SELECT coalesce(string_agg(chr(9600 + k), '' ORDER BY k), '12345678') AS blocks FROM generate_series(1, 8) k
  WHERE getdatabaseencoding() = 'UTF8') b
CROSS JOIN LATERAL (SELECT string_agg(coalesce(s.mark, '0'), '' ORDER BY g.bin) AS marks
  FROM generate_series(0, 27) g(bin)
  LEFT JOIN (SELECT date_bin('6 hours', y.started_at, 'epoch') AS at,
      max(CASE WHEN y.ended_at IS NULL THEN '1' WHEN y.status = 'COMPLETED' THEN '3' WHEN y.status = 'FAILURE' THEN '8'
        ELSE '5' END) AS mark
    FROM fivetrex_watch.syncs y WHERE y.account = h.account AND y.connector_id = h.connector_id
      AND y.started_at > now() - interval '8 days' GROUP BY 1) s
  ON s.at = date_bin('6 hours', now(), 'epoch') - (27 - g.bin) * interval '6 hours') w
CROSS JOIN LATERAL (SELECT string_agg(greatest(least(1 + floor(8 * r.took / nullif(r.longest, 0)), 8), 1)::text, '' ORDER BY r.k DESC) FILTER (WHERE r.k <= 24) AS marks,
    max(r.duration) FILTER (WHERE r.k = 1) AS last_duration,
      percentile_cont(0.95) WITHIN GROUP (ORDER BY r.duration) AS p95
  FROM (SELECT y.ended_at - y.started_at AS duration, extract(epoch FROM y.ended_at - y.started_at) AS took,
      max(extract(epoch FROM y.ended_at - y.started_at)) OVER () AS longest,
        row_number() OVER (ORDER BY y.started_at DESC) AS k
    FROM fivetrex_watch.syncs y WHERE y.account = h.account AND y.connector_id = h.connector_id
      AND y.status = 'COMPLETED'
      AND y.ended_at IS NOT NULL AND y.started_at > now() - interval '30 days') r) d;

COMMENT ON VIEW fivetrex_watch.sparklines IS 'pictures for a terminal: the syncs of each connector in blocks';
COMMENT ON COLUMN fivetrex_watch.sparklines.account IS 'account of the connector';
COMMENT ON COLUMN fivetrex_watch.sparklines.connector_id IS 'identifier of the connector';
COMMENT ON COLUMN fivetrex_watch.sparklines.name IS 'its name';
COMMENT ON COLUMN fivetrex_watch.sparklines.health IS 'its health';
COMMENT ON COLUMN fivetrex_watch.sparklines.severity IS 'and how grave that is';
COMMENT ON COLUMN fivetrex_watch.sparklines.week
  IS 'seven days, six hours a mark, the worst sync of each: full failed, half was not completed, low completed, lowest runs, a dot for none';
COMMENT ON COLUMN fivetrex_watch.sparklines.durations IS 'how long the last 24 completed syncs took, against the longest of 30 days';
COMMENT ON COLUMN fivetrex_watch.sparklines.last_duration IS 'how long the last of them took';
COMMENT ON COLUMN fivetrex_watch.sparklines.p95 IS 'duration that 95 % of those of 30 days stay below';
COMMENT ON COLUMN fivetrex_watch.sparklines.reason IS 'why it is not ok';

-------------------------------------------------------------------------------
-- Rights: nothing for PUBLIC.  The functions of a view run with the rights of
-- its reader, so those three, which read no table, are left to whoever may use
-- the schema.  A procedure that commits cannot have its owner's rights: so what
-- wait() calls is left to all as well, and tells only who may EXECUTE wait();
-- that right is all that a waiter needs.

REVOKE ALL ON ALL ROUTINES IN SCHEMA fivetrex_watch FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fivetrex_watch.health_of(fivetrex_watch.connectors, timestamptz) TO PUBLIC;
GRANT EXECUTE ON FUNCTION fivetrex_watch.health_began(fivetrex_watch.connectors, text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION fivetrex_watch.ended_here(fivetrex_watch.runs) TO PUBLIC;
GRANT EXECUTE ON FUNCTION fivetrex_watch.outcome_of(bigint), fivetrex_watch.tell_ended(bigint, bigint[]),
  fivetrex_watch.was_delivered(bigint, timestamptz), fivetrex_watch.first_pause(name), fivetrex_watch.may_wait(),
  fivetrex_watch.may_work(text, name, name, boolean, boolean), fivetrex_watch.missing_rights(name, name),
  fivetrex_watch.check_server(text, name, name), fivetrex_watch.check_work(), fivetrex_watch.check_commit(),
  fivetrex_watch.base_function(text) TO PUBLIC;
