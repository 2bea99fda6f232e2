-- Every operation of the API at least once, in an order that works on a server
-- that keeps what it is told.  Works with its own objects only, and removes
-- them at the end.  Variables: none; settings: search_path, fivetrex.server.
\set QUIET on
\pset tuples_only on
\pset format unaligned
SET client_min_messages = error;
SET fivetrex.max_deletes = 100;

-- What psql keeps when a statement did not return a row.
\set ga none
\set gb none
\set u none
\set c none
\set f none
\set sync_id none
\set suffix `date +%s`

-- account, metadata
SELECT count(*) FROM account;
SELECT count(*) FROM connector_types;
SELECT count(*) FROM connector_type_configs WHERE service = 'postgres';
SELECT jsonb_typeof(fivetrex_public_connector_types());
SELECT count(*) FROM roles;
-- how roles are called is the server's business: two for each scope, mild ones first
WITH r AS (SELECT s AS scope, name,
    row_number() OVER (PARTITION BY s ORDER BY is_custom, name !~* 'view|review|member', name) AS n
  FROM roles, unnest(scope) s WHERE is_deprecated IS NOT TRUE)
SELECT (SELECT name FROM r WHERE scope = 'ACCOUNT' ORDER BY n LIMIT 1) AS account_role,
  (SELECT name FROM r WHERE scope = 'ACCOUNT' ORDER BY n = 2 DESC, n LIMIT 1) AS account_role_2,
  (SELECT name FROM r WHERE scope = 'DESTINATION' ORDER BY n LIMIT 1) AS destination_role,
  (SELECT name FROM r WHERE scope = 'DESTINATION' ORDER BY n = 2 DESC, n LIMIT 1) AS destination_role_2,
  (SELECT name FROM r WHERE scope = 'CONNECTOR' ORDER BY n LIMIT 1) AS connector_role,
  (SELECT name FROM r WHERE scope = 'CONNECTOR' ORDER BY n = 2 DESC, n LIMIT 1) AS connector_role_2,
  (SELECT name FROM r WHERE scope = 'TEAM' ORDER BY n LIMIT 1) AS team_role,
  (SELECT name FROM r WHERE scope = 'TEAM' ORDER BY n = 2 DESC, n LIMIT 1) AS team_role_2 \gset
SELECT count(*) FROM transformation_packages;
SELECT id AS package FROM transformation_packages LIMIT 1 \gset
SELECT count(*) FROM transformation_packages WHERE id = :'package';

-- groups
INSERT INTO groups (name) VALUES ('coverage_a_' || :'suffix') RETURNING id AS ga \gset
INSERT INTO groups (name) VALUES ('coverage_b_' || :'suffix') RETURNING id AS gb \gset
SELECT count(id) FROM groups;
SELECT public_key IS NOT NULL, service_account IS NOT NULL FROM groups WHERE id = :'ga';
UPDATE groups SET name = 'coverage_c_' || :'suffix' WHERE id = :'ga';

-- users and their memberships
INSERT INTO users (email, given_name, family_name, role)
  VALUES ('coverage_' || :'suffix' || '@example.com', 'Co', 'Verage', :'account_role') RETURNING id AS u \gset
SELECT count(*) FROM users;
UPDATE users SET phone = '+15550000000' WHERE id = :'u';
INSERT INTO group_users (group_id, email, role)
  VALUES (:'ga', 'coverage_' || :'suffix' || '@example.com', :'destination_role');
SELECT count(*) FROM group_users WHERE group_id = :'ga';
DELETE FROM group_users WHERE group_id = :'ga' AND user_id = :'u';
INSERT INTO user_groups (user_id, group_id, role) VALUES (:'u', :'ga', :'destination_role');
SELECT count(*) FROM user_groups WHERE user_id = :'u';
UPDATE user_groups SET role = :'destination_role_2' WHERE user_id = :'u' AND group_id = :'ga';
DELETE FROM user_groups WHERE user_id = :'u' AND group_id = :'ga';
INSERT INTO user_api_keys (user_id, expiration_period_days) VALUES (:'u', 30) RETURNING key_secret IS NOT NULL;
SELECT count(*) FROM user_api_keys;
SELECT count(*) FROM user_api_keys WHERE user_id = :'u';
SELECT fivetrex_rotate_user_api_key(:'u', 30, 1) IS NOT NULL;
SELECT fivetrex_delete_user_api_keys(:'u') IS NOT NULL;

-- destinations
INSERT INTO destinations (group_id, service, region, time_zone_offset, config, run_setup_tests)
VALUES (:'ga', 'snowflake', 'GCP_US_EAST4', '0',
  '{"host": "example.snowflakecomputing.com", "port": 443, "database": "D", "user": "U", "auth": "PASSWORD", "password": "p"}', false),
       (:'gb', 'snowflake', 'GCP_US_EAST4', '0',
         '{"host": "example.snowflakecomputing.com", "port": 443, "database": "E", "user": "U", "auth": "PASSWORD", "password": "p"}', false);
SELECT count(id) FROM destinations;
UPDATE destinations SET time_zone_offset = '+1' WHERE id = :'ga';
SELECT jsonb_typeof(fivetrex_test_destination(:'ga'));
INSERT INTO destination_certificates (destination_id, hash, encoded_cert) VALUES (:'ga', 'Y292ZXJhZ2U=', 'Q0VSVA==')
  RETURNING id AS cert \gset
SELECT count(*) FROM destination_certificates WHERE destination_id = :'ga';
DELETE FROM destination_certificates WHERE destination_id = :'ga' AND id = :'cert';
INSERT INTO destination_fingerprints (destination_id, hash, public_key)
  VALUES (:'ga', 'Y292ZXJhZ2U=', 'ssh-rsa AAAA') RETURNING id AS print \gset
SELECT count(*) FROM destination_fingerprints WHERE destination_id = :'ga';
DELETE FROM destination_fingerprints WHERE destination_id = :'ga' AND id = :'print';

-- connectors
INSERT INTO connectors (group_id, service, config, paused, run_setup_tests)
VALUES (:'ga', 'postgres', '{"schema_prefix": "coverage", "host": "db.example.com", "port": 5432, "database": "d", "user": "u", "password": "p"}', true, true) RETURNING id AS c \gset
SELECT count(id) FROM connectors;
SELECT fivetrex_request('GET', '/v1/groups/' || :'ga' || '/connections') ->> 'code';
UPDATE connectors SET sync_frequency = 360 WHERE id = :'c';
SELECT sync_state FROM fivetrex_sync_status(:'c');
SELECT fivetrex_resume(:'c') IS NOT NULL;
SELECT fivetrex_sync(:'c') IS NOT NULL;
SELECT fivetrex_resync(:'c', confirm => true) IS NOT NULL;
SELECT jsonb_typeof(fivetrex_test_connector(:'c'));
SELECT fivetrex_pause(:'c') IS NOT NULL;
SELECT jsonb_typeof(fivetrex_connect_card(:'c', '{"redirect_uri": "https://example.com/back"}'));
SELECT count(*) FROM connector_sync_history WHERE connector_id = :'c';
SELECT count(*) FROM connector_warnings WHERE connector_id = :'c';
SELECT fivetrex_dismiss_warnings(:'c', 'resync_table_warning') IS NOT NULL;
INSERT INTO connector_certificates (connector_id, hash, encoded_cert) VALUES (:'c', 'Y292ZXJhZ2U=', 'Q0VSVA==')
  RETURNING id AS cert \gset
SELECT count(*) FROM connector_certificates WHERE connector_id = :'c';
DELETE FROM connector_certificates WHERE connector_id = :'c' AND id = :'cert';
INSERT INTO connector_fingerprints (connector_id, hash, public_key) VALUES (:'c', 'Y292ZXJhZ2U=', 'ssh-rsa AAAA')
  RETURNING id AS print \gset
SELECT count(*) FROM connector_fingerprints WHERE connector_id = :'c';
DELETE FROM connector_fingerprints WHERE connector_id = :'c' AND id = :'print';
SELECT fivetrex_approve_certificate('Y292ZXJhZ2U=', 'Q0VSVA==', connector_id => :'c') IS NOT NULL;

-- schema configuration
SELECT fivetrex_create_schema_config(:'c', '{"schemas": {"public": {"enabled": true}}}') IS NOT NULL;
SELECT fivetrex_reload_schema_config(:'c', 'PRESERVE') IS NOT NULL;
SELECT count(*) FROM connector_tables WHERE connector_id = :'c';
-- columns are known of a connector that is connected: ours if its setup tests have passed, else another one
\set cc :c
SELECT id AS cc FROM connectors WHERE setup_state = 'connected' ORDER BY id <> :'c', id LIMIT 1 \gset
SELECT schema_name AS s, table_name AS t FROM connector_tables WHERE connector_id = :'cc' ORDER BY 1, 2 LIMIT 1 \gset
SELECT column_name AS col FROM connector_columns
  WHERE connector_id = :'cc' AND schema_name = :'s' AND table_name = :'t' AND patch_allowed ORDER BY 1 LIMIT 1 \gset
SELECT column_name AS col2 FROM connector_columns
  WHERE connector_id = :'cc' AND schema_name = :'s' AND table_name = :'t' AND patch_allowed ORDER BY 1 DESC
  LIMIT 1 \gset
UPDATE connector_tables SET enabled = NOT enabled WHERE connector_id = :'cc' AND table_name = :'t';
SELECT fivetrex_modify_schema(:'cc', :'s', '{"enabled": true}') IS NOT NULL;
SELECT fivetrex_modify_table(:'cc', :'s', :'t', '{"enabled": true}') IS NOT NULL;
SELECT fivetrex_modify_column(:'cc', :'s', :'t', :'col', '{"enabled": false}') IS NOT NULL;
SELECT fivetrex_drop_column(:'cc', :'s', :'t', :'col') IS NOT NULL;
SELECT fivetrex_modify_column(:'cc', :'s', :'t', :'col2', '{"enabled": false}') IS NOT NULL;
SELECT fivetrex_drop_columns(:'cc',
  jsonb_build_object(:'s', jsonb_build_object('tables',
  jsonb_build_object(:'t', jsonb_build_object('columns', jsonb_build_array(:'col2')))))) IS NOT NULL;
SELECT fivetrex_resync_tables(:'cc', confirm => true, tables => jsonb_build_object(:'s', jsonb_build_array(:'t')))
  IS NOT NULL;

-- state, of a function
INSERT INTO connectors (group_id, service, config, paused, run_setup_tests)
VALUES (:'ga', 'aws_lambda', '{"schema": "coverage_f", "function": "f", "region": "us-east-1", "role_arn": "arn:aws:iam::1:role/r"}', true, false) RETURNING id AS f \gset
UPDATE connector_states SET state = '{"cursor": 1}' WHERE connector_id = :'f';
SELECT fivetrex_set_state(:'f', '{"cursor": 2}') IS NOT NULL;
SELECT fivetrex_state(:'f') IS NOT NULL;

-- memberships in connectors
INSERT INTO user_connectors (user_id, connector_id, role) VALUES (:'u', :'c', :'connector_role');
SELECT count(*) FROM user_connectors WHERE user_id = :'u';
UPDATE user_connectors SET role = :'connector_role_2' WHERE user_id = :'u' AND connector_id = :'c';
DELETE FROM user_connectors WHERE user_id = :'u' AND connector_id = :'c';

-- teams
INSERT INTO teams (name, description, role) VALUES ('coverage ' || :'suffix', 'd', :'account_role')
  RETURNING id AS team \gset
SELECT count(*) FROM teams;
UPDATE teams SET description = 'e' WHERE id = :'team';
INSERT INTO team_users (team_id, user_id, role) VALUES (:'team', :'u', :'team_role');
SELECT count(*) FROM team_users WHERE team_id = :'team';
UPDATE team_users SET role = :'team_role_2' WHERE team_id = :'team' AND user_id = :'u';
DELETE FROM team_users WHERE team_id = :'team' AND user_id = :'u';
INSERT INTO team_groups (team_id, group_id, role) VALUES (:'team', :'ga', :'destination_role');
SELECT count(*) FROM team_groups WHERE team_id = :'team';
UPDATE team_groups SET role = :'destination_role_2' WHERE team_id = :'team' AND group_id = :'ga';
DELETE FROM team_groups WHERE team_id = :'team' AND group_id = :'ga';
INSERT INTO team_connectors (team_id, connector_id, role) VALUES (:'team', :'c', :'connector_role');
SELECT count(*) FROM team_connectors WHERE team_id = :'team';
UPDATE team_connectors SET role = :'connector_role_2' WHERE team_id = :'team' AND connector_id = :'c';
DELETE FROM team_connectors WHERE team_id = :'team' AND connector_id = :'c';
SELECT fivetrex_remove_team_role(:'team') IS NOT NULL;
SELECT fivetrex_remove_user_role(:'u') IS NOT NULL;

-- webhooks
INSERT INTO webhooks (url, events, secret) VALUES ('https://example.com/coverage', '{sync_end}', 's')
  RETURNING id AS w \gset
INSERT INTO webhooks (group_id, url, events) VALUES (:'ga', 'https://example.com/coverage', '{sync_end}')
  RETURNING id AS wg \gset
SELECT count(*) FROM webhooks;
UPDATE webhooks SET active = false WHERE id = :'w';
SELECT fivetrex_test_webhook(:'w', 'sync_end') IS NOT NULL;
DELETE FROM webhooks WHERE id IN (:'w', :'wg');

-- system keys
INSERT INTO system_keys (name, permissions, expiration_period) VALUES ('coverage ' || :'suffix', '[]', 'ONE_WEEK')
  RETURNING id AS k, secret IS NOT NULL AS told \gset
SELECT count(id) FROM system_keys;
UPDATE system_keys SET name = 'coverage 2 ' || :'suffix' WHERE id = :'k';
SELECT fivetrex_rotate_system_key(:'k', 'ONE_WEEK') IS NOT NULL;
DELETE FROM system_keys WHERE id = :'k';

-- log services
INSERT INTO log_services (service, group_id, enabled, config, run_setup_tests)
  VALUES ('datadog_log', :'ga', true, '{"api_key": "k", "region": "EU"}', false);
SELECT count(*) FROM log_services;
UPDATE log_services SET enabled = false WHERE id = :'ga';
SELECT fivetrex_test_log_service(:'ga') IS NOT NULL;
DELETE FROM log_services WHERE id = :'ga';
-- (one of the account goes, as a second one could not be made)
SELECT fivetrex_account_log_service() IS NOT NULL;
SELECT fivetrex_update_account_log_service(enabled => false) IS NOT NULL;
SELECT fivetrex_test_account_log_service() IS NOT NULL;
SELECT fivetrex_delete_account_log_service() IS NOT NULL;
SELECT fivetrex_create_account_log_service('datadog_log', '{"api_key": "k", "region": "EU"}', true, false) IS NOT NULL;

-- secrets managers, private links, agents
INSERT INTO secrets_managers (type, name, config)
  VALUES ('AWS_SECRET_MANAGER', 'coverage ' || :'suffix', '{"role_arn": "arn:aws:iam::1:role/r"}')
  RETURNING id AS m \gset
SELECT count(id) FROM secrets_managers;
UPDATE secrets_managers SET config = '{"role_arn": "arn:aws:iam::1:role/r2"}' WHERE id = :'m';
SELECT count(*) FROM secrets_manager_entities;
SELECT fivetrex_secrets_manager_entities(:'m') IS NOT NULL;
DELETE FROM secrets_managers WHERE id = :'m';
INSERT INTO private_links (name, region, service, config)
  VALUES ('coverage_' || :'suffix', 'AWS_US_EAST_1', 'SOURCE_AWS',
  '{"connection_service_name": "com.amazonaws.vpce.us-east-1.vpce-svc-1"}') RETURNING id AS p \gset
SELECT count(id) FROM private_links;
SELECT count(*) FROM private_links WHERE id = :'p';
UPDATE private_links SET config = '{"connection_service_name": "com.amazonaws.vpce.us-east-1.vpce-svc-2"}'
  WHERE id = :'p';
SELECT count(*) FROM private_links WHERE id = :'p';
DELETE FROM private_links WHERE id = :'p';
INSERT INTO proxy_agents (display_name, region) VALUES ('coverage ' || :'suffix', 'GCP_US_EAST4')
  RETURNING id AS p, attrs IS NOT NULL AS told \gset
SELECT count(*), count(usage) FROM proxy_agents;
SELECT count(*) FROM proxy_agent_connectors WHERE proxy_agent_id = :'p';
SELECT fivetrex_regenerate_proxy_agent_secrets(:'p') IS NOT NULL;
DELETE FROM proxy_agents WHERE id = :'p';
INSERT INTO hybrid_agents (display_name, group_id, deployment_type, accept_terms)
  VALUES ('coverage ' || :'suffix', :'ga', 'DOCKER', true) RETURNING id AS h, attrs IS NOT NULL AS told \gset
SELECT count(*) FROM hybrid_agents;
SELECT count(*) FROM hybrid_agents WHERE id = :'h';
SELECT fivetrex_reauthenticate_hybrid_agent(:'h', 'AUTO') IS NOT NULL;
SELECT fivetrex_reset_hybrid_agent_credentials(:'h') IS NOT NULL;
DELETE FROM hybrid_agents WHERE id = :'h';

-- transformations
INSERT INTO transformation_projects (type, group_id, project_config, run_tests)
  VALUES ('DBT_CORE', :'ga', '{"dbt_version": "1.8.0", "default_schema": "s", "git_remote_url": "git@example.com:x/y.git"}', false) RETURNING id AS tp \gset
SELECT count(id) FROM transformation_projects;
SELECT count(status) FROM transformation_projects WHERE id = :'tp';
UPDATE transformation_projects SET project_config = '{"git_branch": "main"}', run_tests = false WHERE id = :'tp';
SELECT fivetrex_test_transformation_project(:'tp') IS NOT NULL;
INSERT INTO transformations (type, paused, schedule, transformation_config)
  VALUES ('DBT_CORE', true, '{"schedule_type": "INTERVAL", "interval": 60}',
  jsonb_build_object('project_id', :'tp', 'name', 'n', 'steps', '[{"name": "s", "command": "dbt run"}]'::jsonb))
  RETURNING id AS tr \gset
SELECT count(*) FROM transformations;
SELECT count(*) FROM transformations WHERE id = :'tr';
UPDATE transformations SET paused = false WHERE id = :'tr';
SELECT fivetrex_run_transformation(:'tr') IS NOT NULL;
SELECT fivetrex_cancel_transformation(:'tr') IS NOT NULL;
SELECT fivetrex_upgrade_transformation(:'tr') IS NOT NULL;
DELETE FROM transformations WHERE id = :'tr';
DELETE FROM transformation_projects WHERE id = :'tp';

-- Connector SDK: an empty zip file
SELECT fivetrex_upload_sdk_package('\x504b0506000000000000000000000000000000000000') ->> 'id' AS sdk \gset
SELECT count(*) FROM connector_sdk_packages;
SELECT count(*) FROM connector_sdk_packages WHERE id = :'sdk';
SELECT fivetrex_replace_sdk_package(:'sdk', '\x504b0506000000000000000000000000000000000000') IS NOT NULL;
SELECT fivetrex_download_sdk_package(:'sdk') IS NOT NULL;
DELETE FROM connector_sdk_packages WHERE id = :'sdk';

-- HVR
SELECT fivetrex_register_hvr_hub('https://hvr.example.com', 'coverage', 4340) IS NOT NULL;

-- move, and the end of all that was made
SELECT fivetrex_move_connector(:'c', :'gb', 'CONTINUE', true) IS NOT NULL;
SELECT fivetrex_move_job(:'c', '00000000-0000-4000-8000-000000000000') IS NOT NULL;
DELETE FROM connectors WHERE id IN (:'c', :'f');
DELETE FROM destinations WHERE id IN (:'ga', :'gb');
DELETE FROM groups WHERE id IN (:'ga', :'gb');
DELETE FROM teams WHERE id = :'team';
DELETE FROM users WHERE id = :'u';
