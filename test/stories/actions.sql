-- What each function that changes the account sends, and when it refuses to.

-- a sync
SELECT fivetrex_sync('assimilate_seem');

-- sync with force
SELECT fivetrex_sync('daily_beacon', true);

-- resync
SELECT fivetrex_resync('function_kernel', confirm => true);

-- pause
SELECT fivetrex_pause('assimilate_seem') -> 'paused';

-- it is paused
SELECT sync_state, paused FROM connectors WHERE id = 'assimilate_seem';

-- resume
SELECT fivetrex_resume('assimilate_seem') -> 'paused';

-- frequency
SELECT fivetrex_set_sync_frequency('assimilate_seem', 60) -> 'sync_frequency';

-- daily
SELECT fivetrex_set_sync_frequency('assimilate_seem', 1440, 'auto', '14:00') -> 'daily_sync_time';

-- state
SELECT jsonb_typeof(fivetrex_state('function_kernel'));

-- a state is set while nothing runs
SELECT fivetrex_pause('sdk_forge') -> 'paused';

-- set state
SELECT fivetrex_set_state('sdk_forge',
  '{"cursor": {"n": 12345678901234567890, "ü": [null, true]}}') #>> '{cursor,n}';

-- schema config
SELECT fivetrex_schema_config('assimilate_seem') ? 'schemas';

-- update schema config
SELECT fivetrex_update_schema_config('assimilate_seem',
  '{"schema_change_handling": "BLOCK_ALL"}') ->> 'schema_change_handling';

-- reload
SELECT fivetrex_reload_schema_config('daily_beacon', 'PRESERVE') ? 'schemas';

-- test connector
SELECT jsonb_typeof(fivetrex_test_connector('assimilate_seem'));

-- test destination
SELECT jsonb_typeof(fivetrex_test_destination('decent_dropsy'));

-- test webhook
SELECT fivetrex_test_webhook('hook_acorn', 'sync_end') ? 'succeed';

-- account webhook
SELECT fivetrex_create_account_webhook('https://example.com/x', ARRAY['sync_start', 'sync_end'],
  secret => 's') ->> 'type';

-- group webhook
SELECT fivetrex_create_group_webhook('decent_dropsy', 'https://example.com/y', '{sync_end}',
  active => false) ->> 'group_id';

-- prepared
PREPARE p(text) AS SELECT fivetrex_sync($1);
EXECUTE p('assimilate_seem');

-- PL/pgSQL
DO $$ DECLARE r jsonb; BEGIN r := fivetrex_set_sync_frequency('assimilate_seem', minutes => 30); END $$;

-- resync without confirm
SELECT fivetrex_resync('assimilate_seem');

-- resync with confirm NULL
SELECT fivetrex_resync('assimilate_seem', NULL);

-- NULL
SELECT fivetrex_sync(NULL);

-- connector ''
SELECT fivetrex_sync('');

-- connector '.'
SELECT fivetrex_sync('.');

-- connector '..'
SELECT fivetrex_sync('..');

-- a config that is no object
SELECT fivetrex_update_schema_config('x', '[1]');

-- READ ONLY transaction
BEGIN READ ONLY;
SELECT fivetrex_sync('x');

-- a server that allows reading only
ALTER SERVER actions OPTIONS (ADD access 'read_only');

-- read_only server
SELECT fivetrex_sync('x');

-- as it was
ALTER SERVER actions OPTIONS (SET access 'read_write');

-- a role without rights
CREATE ROLE nobody_special;

-- no EXECUTE
SET ROLE nobody_special;
SELECT fivetrex_sync('x');

-- the right to the function
GRANT EXECUTE ON FUNCTION fivetrex_sync TO nobody_special;

-- no USAGE
SET ROLE nobody_special;
SELECT fivetrex_sync('x');

-- and to the server
GRANT USAGE ON FOREIGN SERVER actions TO nobody_special;

-- both granted
SET ROLE nobody_special;
SELECT fivetrex_sync('assimilate_seem');

-- odd ids go into the path encoded
SELECT fivetrex_sync('a/b ?ü');

-- the API answers 404
SELECT fivetrex_sync('no_such_thing');

-- a connector that is paused
SELECT fivetrex_pause('daily_beacon') -> 'paused';

-- the API answers 409
SELECT fivetrex_sync('daily_beacon');

-- the API answers 400
SELECT fivetrex_set_sync_frequency('daily_beacon', schedule_type => 'sometimes');

-- what has no default must be given: fivetrex_create_account_webhook
SELECT fivetrex_create_account_webhook(NULL, '{sync_end}');

-- what has no default must be given: fivetrex_create_account_webhook
SELECT fivetrex_create_account_webhook('https://e', NULL);

-- what has no default must be given: fivetrex_create_group_webhook
SELECT fivetrex_create_group_webhook('g', NULL, '{sync_end}');

-- what has no default must be given: fivetrex_test_webhook
SELECT fivetrex_test_webhook('w', NULL);

-- what has no default must be given: fivetrex_set_state
SELECT fivetrex_set_state('c', NULL);

-- what has no default must be given: fivetrex_update_schema_config
SELECT fivetrex_update_schema_config('c', NULL);

-- what has no default must be given: fivetrex_drop_columns
SELECT fivetrex_drop_columns('c', NULL);

-- what has no default must be given: fivetrex_move_connector
SELECT fivetrex_move_connector('c', NULL, 'x');

-- what has no default must be given: fivetrex_approve_certificate
SELECT fivetrex_approve_certificate(NULL, 'c', connector_id => 'x');

-- what has no default must be given: fivetrex_register_hvr_hub
SELECT fivetrex_register_hvr_hub('u', NULL);

-- what has no default must be given: fivetrex_create_account_log_service
SELECT fivetrex_create_account_log_service(NULL, '{}');

-- what has no default must be given: fivetrex_resync_tables
SELECT fivetrex_resync_tables('c', confirm => true);

-- guards refuse in a dry run too
SET fivetrex.dry_run = on;
SELECT fivetrex_resync('x');

-- a dry run sends nothing, but shows what it would send, secrets masked
SET fivetrex.dry_run = on;
SELECT fivetrex_sync('x', true);
SELECT fivetrex_create_account_webhook('https://e', '{a}', 'swordfish') -> 'body';
