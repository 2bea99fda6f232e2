-- The table of the reference's "Rights": each row with the right, and without it.
CREATE ROLE admin;
CREATE ROLE user_of_it;
CREATE ROLE nobody;
CREATE ROLE reader;
GRANT CREATE ON DATABASE postgres TO admin;
GRANT USAGE ON FOREIGN DATA WRAPPER fivetrex TO admin;

-- make a server: nobody
SET ROLE nobody;
CREATE SERVER s FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url :'rights_url');

-- who may use the wrapper
SET ROLE admin;
CREATE SERVER s FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url :'rights_url', max_concurrency '1');
CREATE SCHEMA s;
IMPORT FOREIGN SCHEMA fivetran FROM SERVER s INTO s;

-- make a user mapping of its own, or another one: without a right
--! each whom: CURRENT_USER | PUBLIC
SET ROLE user_of_it;
CREATE USER MAPPING FOR :whom SERVER s OPTIONS (api_key 'key', api_secret 'secret');

-- with USAGE on the server: not for others
--! each whom: PUBLIC | nobody
GRANT USAGE ON FOREIGN SERVER s TO user_of_it;
SET ROLE user_of_it;
CREATE USER MAPPING FOR :whom SERVER s OPTIONS (api_key 'key', api_secret 'secret');

-- nor from a file
SET ROLE user_of_it;
CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (api_key_file '/etc/hostname');

-- but its own
SET ROLE user_of_it;
CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (api_key 'key', api_secret 'secret');

-- the server's owner
SET ROLE admin;
CREATE USER MAPPING FOR admin SERVER s OPTIONS (api_key 'key', api_secret 'secret');

-- read a table: without a right on it
SET ROLE user_of_it;
SELECT count(*) FROM s.groups;

-- with SELECT and a mapping
SET ROLE admin;
GRANT USAGE ON SCHEMA s TO PUBLIC;
GRANT SELECT ON s.groups TO PUBLIC;
SET ROLE user_of_it;
SELECT count(*) FROM s.groups;

-- without a mapping
SET ROLE nobody;
SELECT count(*) FROM s.groups;

-- with one that the server's owner made
SET ROLE admin;
CREATE USER MAPPING FOR nobody SERVER s OPTIONS (api_key 'key', api_secret 'secret');
SET ROLE nobody;
SELECT count(*) FROM s.groups;

-- write: without a right
--! each statement: UPDATE s.groups SET name = 'n' WHERE id = 'empty_shelf' RETURNING id
--! each statement: INSERT INTO s.groups (name) VALUES ('a') | DELETE FROM s.groups
SET ROLE user_of_it;
:statement;

-- with it
--! each statement: UPDATE s.groups SET name = 'n' WHERE id = 'empty_shelf' RETURNING id
--! each statement: INSERT INTO s.groups (name) VALUES ('a')
GRANT INSERT, UPDATE ON s.groups TO user_of_it;
SET ROLE user_of_it;
:statement;

-- call a function that reads: without USAGE on the server
SET ROLE nobody;
SELECT fivetrex_ping(server => 's') IS NOT NULL;

-- with it
SET ROLE admin;
GRANT USAGE ON FOREIGN SERVER s TO nobody;
SET ROLE nobody;
SELECT fivetrex_ping(server => 's') IS NOT NULL;

-- call one that changes the account, or fivetrex_request: without EXECUTE
--! each function: fivetrex_pause('assimilate_seem', server => 's')
--! each function: fivetrex_request('GET', '/v1/groups', server => 's')
SET ROLE nobody;
SELECT :function IS NOT NULL;

-- with it
--! each function: fivetrex_pause('assimilate_seem', server => 's')
--! each function: fivetrex_request('GET', '/v1/groups', server => 's')
GRANT EXECUTE ON FUNCTION fivetrex_pause, fivetrex_request TO nobody;
SET ROLE nobody;
SELECT :function IS NOT NULL;

-- read through a view, or a function with SECURITY DEFINER
GRANT USAGE ON SCHEMA s TO reader;
SET ROLE admin;
CREATE VIEW s.v AS SELECT id FROM s.connectors;
GRANT SELECT ON s.v TO reader;
CREATE FUNCTION s.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS 'SELECT count(*) FROM s.connectors';

-- who has the right on that only
SET ROLE reader;
SELECT count(*) FROM s.v;
SELECT s.f();

-- may not read the table
SET ROLE reader;
SELECT count(*) FROM s.connectors;

-- set what the owner of the machine sets: without a right
--! each setting: fivetrex.reserve = 1 | fivetrex.log_writes = on
SET ROLE nobody;
SELECT count(*) FROM s.groups;
SET :setting;

-- with it
--! each setting: fivetrex.reserve = 1 | fivetrex.log_writes = on
GRANT SET ON PARAMETER fivetrex.reserve, fivetrex.log_writes TO nobody;
SET ROLE nobody;
SELECT count(*) FROM s.groups;
SET :setting;

-- set what everybody may
--! each setting: fivetrex.dry_run = on | fivetrex.max_writes = 1 | fivetrex.max_deletes = 1 | fivetrex.max_calls = 1
SET ROLE nobody;
SELECT count(*) FROM s.groups;
SET :setting;
