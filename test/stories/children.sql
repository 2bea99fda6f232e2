-- Child tables: which requests they make, what is no row, how their rows are written.

-- one parent
SELECT count(*) FROM group_users WHERE group_id = 'decent_dropsy';

-- several
SELECT count(*) FROM group_users WHERE group_id IN ('decent_dropsy', 'hollow_cedar', 'decent_dropsy');

-- a parameter
PREPARE p(text[]) AS SELECT count(*) FROM group_users WHERE group_id = ANY ($1); EXECUTE p('{hollow_cedar,no_such}');

-- a filter
SELECT count(*) FROM transformations WHERE type = 'QUICKSTART' AND paused IS NULL;

-- a boolean filter
SELECT count(*) FROM users WHERE active;

-- its negation
SELECT count(*) FROM users WHERE NOT active;

-- IS TRUE, and another one
SELECT count(*) FROM users WHERE active IS TRUE AND has_api_key = false;

-- a boolean parameter
PREPARE b(boolean) AS SELECT count(*) FROM group_users
  WHERE group_id = 'decent_dropsy' AND active = $1;
SET plan_cache_mode = force_generic_plan;
EXECUTE b(true);
EXECUTE b(NULL);

-- IS NOT TRUE is not equality
SELECT count(*) FROM users WHERE active IS NOT TRUE;

-- a project
SELECT count(*) FROM transformations WHERE project_id = 'x';

-- a key that is the name of a route
SELECT count(*) FROM webhooks WHERE id IN ('account', 'group');

-- a value that the API does not take is no error
SELECT count(*) FROM transformations WHERE type = 'quickstart';

-- NULL
SELECT count(*) FROM group_users WHERE group_id = (SELECT NULL::text);

-- none
SELECT count(*) FROM group_users WHERE group_id = ANY ('{}');

-- empty
SELECT count(*) FROM group_users WHERE group_id = ANY ('{"", ".", ".."}');

-- all
SELECT count(*) FROM group_users;

-- the whole key
SELECT role FROM team_users WHERE team_id = 'team_platform' AND user_id = 'user_apple';

-- the whole key, and there is none
SELECT role FROM team_users WHERE team_id = 'team_platform' AND user_id = 'nobody';

-- two levels, nothing but the upper one
SELECT count(*) FROM connector_columns WHERE connector_id = 'daily_beacon';

-- two levels, a condition on the second
SELECT count(*) FROM connector_columns WHERE connector_id = 'assimilate_seem' AND table_name = 'orders';

-- two levels, all
SELECT count(*) FROM connector_columns
  WHERE connector_id = 'assimilate_seem' AND schema_name = 'public' AND table_name = 'orders';

-- odd names
SELECT string_agg(column_name, '|' ORDER BY column_name COLLATE "C") FROM connector_columns
  WHERE connector_id = 'unicode_meadow' AND schema_name = 'my schema/é' AND table_name = 'Orders & Items';

-- a join drives by the parent
SELECT count(*) FROM groups g JOIN group_users u ON u.group_id = g.id WHERE g.id = 'hollow_cedar';

-- a LATERAL
SELECT count(*)
  FROM (VALUES ('hollow_cedar'), ('lucid_orchard')) v(id), LATERAL (SELECT * FROM group_users u
  WHERE u.group_id = v.id) x;

-- extra calls
SELECT count(public_key) FROM groups WHERE name IN ('Legal', 'People');

-- one object per parent
SELECT state ->> 'page' FROM connector_states WHERE connector_id = 'function_kernel';

-- a connector that never synced has no schemas, and a NOTICE says so
SELECT count(*) FROM connector_schemas WHERE connector_id = 'broken_anchor';

-- rescans are summed up in one NOTICE
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SELECT count(*)
  FROM (VALUES ('broken_anchor'), ('assimilate_seem'), ('never')) v(id), LATERAL (SELECT * FROM connector_schemas s
  WHERE s.connector_id = v.id OFFSET 0) x;

-- a parent that is gone has no rows, and a NOTICE counts it
--! fault {"body": {"code": "NotFound_Group", "message": "gone"}, "path": "groups/hollow_cedar/users", "status": 404}
SELECT count(*) FROM group_users;

-- an error names the parent: a route that is not there
--! no requests
--! fault {"path": "lucid_orchard/users", "status": 404, "body": {"code": "NotFound", "message": "HTTP 404 Not Found"}}
SELECT count(*) FROM group_users;

-- what is forbidden
--! no requests
--! fault {"path": "lucid_orchard/users", "status": 403, "body": {"code": "Forbidden", "message": "m"}}
SELECT count(*) FROM group_users;

-- a key that is refused
--! no requests
--! fault {"path": "lucid_orchard/users", "status": 401, "body": {"code": "Unauthorized", "message": "m"}}
SELECT count(*) FROM group_users;

-- an answer that nobody foresaw
--! no requests
--! fault {"path": "lucid_orchard/users", "status": 501, "body": {"code": "Oops", "message": "m"}}
SELECT count(*) FROM group_users;

-- a route that is not served is not a parent without schemas
--! no requests
--! fault {"path": "_seem/schemas", "status": 404, "body": {"code": "NotFound", "message": "HTTP 404 Not Found"}}
SELECT count(*) FROM connector_tables;

-- fivetrex.max_calls
--! no requests
SET fivetrex.max_calls = 5;
SELECT count(*) FROM group_users;

-- a LIMIT under a condition
--! no requests
SELECT role FROM group_users WHERE role = 'View Destination' LIMIT 1;

-- a LIMIT with the item's own key, which no list is narrowed by
--! no requests
SELECT user_id FROM team_users WHERE user_id = 'user_apple' LIMIT 2;

-- EXPLAIN tells what the columns of all connectors cost
EXPLAIN (COSTS OFF) SELECT * FROM connector_columns;

-- EXPLAIN of a whole key
EXPLAIN (COSTS OFF) SELECT role FROM team_users WHERE team_id = 'a' AND user_id = 'b';

-- the history of syncs: beyond its reach nothing is asked
SELECT * FROM connector_sync_history WHERE connector_id = 'x' AND "start" < now() - interval '8 days';

-- nor for NULL
SELECT * FROM connector_sync_history WHERE connector_id = 'x' AND "start" > NULL::timestamptz;

-- INSERT of a member
INSERT INTO team_users (team_id, user_id, role)
  VALUES ('team_support', '_accountworthy', 'Team Member')
  RETURNING team_id, user_id, role;

-- UPDATE of a member
UPDATE team_users SET role = 'Team Manager'
  WHERE team_id = 'team_support' AND user_id = '_accountworthy'
  RETURNING team_id, role;

-- DELETE of a member
DELETE FROM team_users WHERE team_id = 'team_support' AND user_id = '_accountworthy' RETURNING role;

-- the member of a body has another name
INSERT INTO team_groups (team_id, group_id, role)
  VALUES ('team_support', 'hollow_cedar', 'View Destination')
  RETURNING group_id;

-- an update that answers with a message is followed by a GET
UPDATE user_groups SET role = 'Edit Destination'
  WHERE user_id = '_accountworthy' AND group_id = 'decent_dropsy'
  RETURNING role;

-- a secret that would be lost
INSERT INTO system_keys (name) VALUES ('k');

-- nor is it lost with another column
INSERT INTO system_keys (name) VALUES ('k') RETURNING id;

-- one that is returned
INSERT INTO system_keys (name, permissions) VALUES ('k', '[]') RETURNING secret;

-- reads give it as NULL
SELECT count(secret) FROM system_keys;

-- a DELETE that reaches further is a function
DELETE FROM user_api_keys WHERE user_id = '_accountworthy';

-- which has the guard, too
SET fivetrex.max_deletes = 0;
SELECT fivetrex_delete_user_api_keys('_accountworthy');

-- that function
SELECT fivetrex_delete_user_api_keys('_accountworthy') IS NOT NULL;

-- a selftest asks each table
--! no requests
SELECT status, count(*) = (SELECT count(*) - 1 FROM fivetrex_tables()) FROM fivetrex_selftest()
  WHERE table_name <> 'connector_states' GROUP BY 1;

-- and tells what is not there
--! no requests
--! fault {"path": "^/v1/roles", "status": 403, "body": {"code": "Forbidden", "message": "x"}}
--! fault {"path": "warnings", "status": 404, "body": {"code": "NotFound", "message": "HTTP 404 Not Found"}}
SELECT table_name, status FROM fivetrex_selftest()
  WHERE table_name IN ('roles', 'connector_warnings', 'connector_states') ORDER BY 1;

-- each connector is asked for its state; those that have none are counted in one NOTICE
--! settings {"connectors": 15}
SELECT count(*) FROM connector_states;
