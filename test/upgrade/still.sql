-- What use.sql has left, in lines that an update must not change.

SELECT 'tables', count(*) FROM information_schema.foreign_tables WHERE foreign_table_schema = 'fivetran';
SELECT 'comments', count(*) FROM pg_description WHERE classoid = 'pg_class'::regclass AND objoid IN
	(SELECT oid FROM pg_class WHERE relnamespace = 'fivetran'::regnamespace);
SELECT 'plan', count(*), sum(minutes) FROM plan;
SELECT 'snapshot', count(*) FROM snapshot;
SELECT 'broken', count(*), min(id) FROM broken;
SELECT 'state', id, sync_of, setup_state FROM state;
SELECT 'verified', holds FROM verified;
SELECT 'tables known', tables_known() > 30;
SELECT 'rights', proname, (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(proacl) a)
FROM pg_proc WHERE proname IN ('fivetrex_sync', 'fivetrex_ping', 'fivetrex_request') ORDER BY 2;
SELECT 'may read', has_table_privilege('fivetrex_reader', 'broken', 'select'),
	has_table_privilege('fivetrex_reader', 'broken', 'update');
SELECT 'rights', srvname, srvacl FROM pg_foreign_server;
SELECT 'sync', fivetrex_sync('assimilate_seem');
SELECT 'write', id FROM fivetran.connectors WHERE id = 'assimilate_seem' AND paused IS NOT NULL;
SET ROLE fivetrex_operator;
SELECT 'may sync', has_function_privilege('fivetrex_sync(text, boolean, name)', 'execute'),
	has_function_privilege('fivetrex_request(text, text, jsonb, jsonb, name)', 'execute');
RESET ROLE;
REFRESH MATERIALIZED VIEW snapshot;
SELECT 'snapshot', count(*) FROM snapshot;
