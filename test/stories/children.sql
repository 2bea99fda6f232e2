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
