-- How somebody uses version 1.0: objects that must outlive every update of the
-- extension and of PostgreSQL.  :base_url leads to the mock.

CREATE SERVER fivetran FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url :'base_url', retry_delay '0');
CREATE USER MAPPING FOR CURRENT_USER SERVER fivetran OPTIONS (api_key 'key', api_secret 'secret');
CREATE SCHEMA fivetran;
IMPORT FOREIGN SCHEMA fivetran FROM SERVER fivetran INTO fivetran;
SELECT fivetrex_comment('fivetran') > 0 AS commented;

-- a reader who may see a view, and an operator who may start syncs
DO $$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'fivetrex_reader') THEN
		CREATE ROLE fivetrex_reader;
		CREATE ROLE fivetrex_operator;
	END IF;
END $$;
CREATE VIEW broken AS SELECT id, service, sync_state FROM fivetran.connectors WHERE setup_state = 'broken';
CREATE VIEW state AS SELECT c.id, s.* FROM fivetran.connectors c, LATERAL fivetrex_sync_status(c.id) s (sync_of)
	WHERE c.id = 'assimilate_seem';
CREATE VIEW verified AS SELECT fivetrex_verify_signature('body'::text, '00', 'secret') AS holds;
CREATE FUNCTION tables_known() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM fivetrex_tables(); END;
GRANT SELECT ON broken TO fivetrex_reader;
GRANT EXECUTE ON FUNCTION fivetrex_sync(text, boolean, name) TO fivetrex_operator;
GRANT USAGE ON FOREIGN SERVER fivetran TO fivetrex_operator;
REVOKE EXECUTE ON FUNCTION fivetrex_ping(name) FROM PUBLIC;

-- data of his own
CREATE TABLE plan (connector_id text PRIMARY KEY, minutes integer);
INSERT INTO plan SELECT id, 60 FROM fivetran.connectors;
CREATE MATERIALIZED VIEW snapshot AS SELECT id, name FROM fivetran.groups;
