-- Writes whose answers lack what is told once, or whose objects are not there to be read; keys that no path can have;
-- masks in every place of a SET.
ALTER DATABASE postgres SET fivetrex.max_writes = -1;

-- secrets that are told once, and are not told: of a system key
--! fault {"method": "POST", "path": "/v1/system-keys", "leave_out": ["secret"]}
INSERT INTO system_keys (name) VALUES ('a') RETURNING id, secret;

-- of a user's API key
--! fault {"method": "POST", "path": "/api-keys", "leave_out": ["key_secret"]}
INSERT INTO user_api_keys (user_id, expiration_period_days) VALUES ('user_alley', 30) RETURNING key_secret;

-- of a proxy agent
--! fault {"method": "POST", "path": "/v1/proxy", "leave_out": ["client_cert"]}
INSERT INTO proxy_agents (display_name, region) VALUES ('a', 'GCP_US_EAST4') RETURNING attrs;

-- of a hybrid agent
--! fault {"method": "POST", "path": "/v1/hybrid-deployment-agents", "leave_out": ["token", "files"]}
INSERT INTO hybrid_agents (display_name, group_id, deployment_type, accept_terms)
  VALUES ('h', 'empty_shelf', 'DOCKER', true) RETURNING token, files;

-- of a rotation
--! fault {"method": "POST", "path": "/rotate", "leave_out": ["secret"]}
SELECT fivetrex_rotate_system_key('syskey_acorn', NULL);

-- new ones of an agent
--! fault {"method": "POST", "path": "/regenerate-secrets", "leave_out": ["auth_token"]}
SELECT fivetrex_regenerate_proxy_agent_secrets('proxy_bridge');

-- what was written is not there to be read: a detail
--! fault {"path": "/public-key$", "status": 404, "body": {"code": "NotFound_Group", "message": "none"}}
INSERT INTO groups (name) VALUES ('n_key') RETURNING id, public_key;

-- another one
--! fault {"path": "/service-account$", "status": 404, "body": {"code": "NotFound_Group", "message": "none"}}
INSERT INTO groups (name) VALUES ('n_account') RETURNING id, service_account;

-- what the answer lacks
--! fault {"method": "POST", "path": "/groups$", "leave_out": ["created_at"]}
--! fault {"method": "GET", "path": "/groups/", "status": 404, "body": {"code": "NotFound_Group", "message": "none"}}
INSERT INTO groups (name) VALUES ('n_detail') RETURNING created_at;

-- an item of a list
--! fault {"path": "/groups/empty_shelf/users\\?", "body": {"code": "Success", "data": {"items": []}}}
INSERT INTO group_users (group_id, email, role) VALUES ('empty_shelf', 'user00@example.com', 'View Destination')
  RETURNING user_id, active;

-- it is made
DELETE FROM group_users WHERE group_id = 'empty_shelf';

-- data that are empty: the row as it was sent and read
--! each from: FROM (VALUES (1)) v(x) | /* direct */
--! fault {"method": "PATCH", "path": "seem/schemas", "body": {"code": "Success", "message": "m", "data": {}}}
UPDATE connector_tables SET enabled = false :from WHERE connector_id = 'assimilate_seem' AND schema_name = 'public'
  AND table_name = 'orders' RETURNING table_name, enabled, name_in_destination IS NOT NULL;

-- keys that no path can have: nothing is sent
--! each key: '' | '.' | '..'
INSERT INTO group_users (group_id, email, role) VALUES (:key, 'a@b', 'View Destination');

-- nor for a certificate
--! each key: '' | '.' | '..'
INSERT INTO connector_certificates (connector_id, hash, encoded_cert) VALUES (:key, 'h', 'c');

-- keys that are one part of the path
--! each key: 'a/b' | '%2e%2e' | '%2E' | 'a?b' | 'a b' | '{id}' | '...' | 'x#y'
--! fault {"method": "POST", "path": "users", "status": 404, "body": {"code": "NotFound_Group", "message": "m"}}
INSERT INTO group_users (group_id, email, role) VALUES (:key, 'a@b', 'View Destination');

-- what the API calls its new row: nothing
--! answer /groups$ {"code":"Created","data":{"id":"","name":"n"}}
INSERT INTO groups (name) VALUES ('n') RETURNING public_key;

-- a dot
--! answer /groups$ {"code":"Created","data":{"id":".","name":"n"}}
INSERT INTO groups (name) VALUES ('n') RETURNING public_key;

-- two dots
--! answer /groups$ {"code":"Created","data":{"id":"..","name":"n"}}
INSERT INTO groups (name) VALUES ('n') RETURNING public_key;

-- what no text can hold
--! answer /groups$ {"code":"Created","data":{"id":"\u0000","name":"n"}}
INSERT INTO groups (name) VALUES ('n') RETURNING public_key;

-- the name of a route, which is one that is not there
--! answer /groups$ {"code":"Created","data":{"id":"account","name":"n"}}
INSERT INTO groups (name) VALUES ('n') RETURNING public_key;

-- masks in SET, of a member: it is left out
--! each from: FROM (VALUES (1)) v(x) | /* direct */
UPDATE connectors SET config = '{"password": "******", "host": "h"}' :from WHERE id = 'assimilate_seem';

-- of a member below
--! each from: FROM (VALUES (1)) v(x) | /* direct */
UPDATE connectors SET config = '{"a": {"b": {"password": "******"}}, "host": "h"}' :from WHERE id = 'assimilate_seem';

-- of an object in an array
--! each from: FROM (VALUES (1)) v(x) | /* direct */
UPDATE connectors SET config = '{"l": [{"password": "******", "x": 1}], "host": "h"}' :from
  WHERE id = 'assimilate_seem';

-- of an element: it cannot be left out
--! each from: FROM (VALUES (1)) v(x) | /* direct */
UPDATE connectors SET config = '{"l": ["a", "******"]}' :from WHERE id = 'assimilate_seem';

-- of all: nothing is left to send
--! each from: FROM (VALUES (1)) v(x) | /* direct */
UPDATE connectors SET config = '{"password": "******"}' :from WHERE id = 'assimilate_seem';

-- of all below
--! each from: FROM (VALUES (1)) v(x) | /* direct */
UPDATE connectors SET config = '{"a": {"password": "******"}}', paused = true :from WHERE id = 'assimilate_seem';

-- that is escaped
--! each from: FROM (VALUES (1)) v(x) | /* direct */
UPDATE connectors SET config = '{"password": "\u002a*****", "host": "h"}' :from WHERE id = 'assimilate_seem';

-- that was read
--! each from: FROM (VALUES (1)) v(x) | /* direct */
UPDATE connectors SET config = config || '{"host": "z"}' :from WHERE id = 'assimilate_seem';

-- of columns that are no objects
--! each set: secret = '******' | secret = secret | events = '{sync_end,******}'
UPDATE webhooks SET :set WHERE id = 'hook_acorn';

-- an account that is not there is a feature that is missing
--! each statement: SELECT * FROM account | SELECT * FROM fivetrex_ping()
--! each statement: SELECT fivetrex_request('GET', '/v1/account/info')
--! fault {"path": "account", "status": 404, "body": {"code": "NotFound", "message": "no account"}}
:statement;

-- so is its log service
--! fault {"path": "account", "status": 404, "body": {"code": "NotFound_LogService", "message": "no account"}}
SELECT fivetrex_account_log_service();

-- braces in a path
--! each path: '/v1/groups/{id}' | '/v1/{' | '/v1/}' | '/{}' | '/v1/groups/{group_id}/users'
SELECT fivetrex_request('POST', :path);

-- that are encoded
SELECT fivetrex_request('PATCH', '/v1/groups/%7Bid%7D', NULL, '{"name": "{x}"}');
