--
-- Settings.
--
CREATE EXTENSION IF NOT EXISTS fivetrex;
LOAD 'fivetrex';
SELECT name, setting, vartype, min_val, context, short_desc
FROM pg_settings WHERE name LIKE 'fivetrex.%' ORDER BY name;
SET fivetrex.max_deletes = -2;
SET fivetrex.max_writes = -2;
SET fivetrex.max_calls = -2;
SET fivetrex.dry_run = maybe;
SET fivetrex.max_delete = 1;
-- functions use the server that the setting names
SELECT * FROM fivetrex_ping();
SET fivetrex.server = 'another';
SELECT * FROM fivetrex_ping();
SELECT * FROM fivetrex_ping('a_third');
CREATE FOREIGN DATA WRAPPER other;
CREATE SERVER another FOREIGN DATA WRAPPER other;
SELECT * FROM fivetrex_ping();
DROP FOREIGN DATA WRAPPER other CASCADE;

-- what was set before the library is loaded: invalid values and unknown names
-- refuse every write until they are set right
CREATE SERVER s FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url 'http://127.0.0.1:9', dry_run 'true');
CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (api_key 'k', api_secret 's');
\c -
SET fivetrex.dry_run = 'maybe';
SET fivetrex.server = 's';
SELECT fivetrex_pause('c');
SET fivetrex.dry_run = on;
SELECT fivetrex_pause('c');
SHOW fivetrex.dry_run;
SET fivetrex.dry_run = 'maybe';

\c -
SET fivetrex.server = 's';
SET fivetrex.dryrun = on;
SELECT fivetrex_pause('c');
RESET fivetrex.dryrun;
SELECT fivetrex_pause('c');
-- the prefix could not be reserved then, but the next one is refused, too
SET fivetrex.max_write = 1;
SELECT fivetrex_pause('c');
RESET fivetrex.max_write;
SELECT fivetrex_pause('c');

\c -
SET fivetrex.server = 's';
SET fivetrex.max_writes = 'many';
SELECT fivetrex_pause('c');
RESET ALL;
SELECT fivetrex_pause('c', 's');

\c -
SET fivetrex.max_deletes = '1.5e3x';
SELECT fivetrex_pause('c', 's');
DISCARD ALL;
SELECT fivetrex_pause('c', 's');

-- in a transaction
\c -
SET fivetrex.dry_run = 'maybe';
BEGIN;
SET LOCAL fivetrex.dry_run = off;
SELECT fivetrex_pause('c', 's');
COMMIT;
SELECT fivetrex_pause('c', 's');
BEGIN;
RESET fivetrex.dry_run;
SELECT fivetrex_pause('c', 's');
ROLLBACK;
SELECT fivetrex_pause('c', 's');
RESET fivetrex.dry_run;
SELECT fivetrex_pause('c', 's');

\c -
BEGIN;
SET LOCAL fivetrex.dry_run = 'maybe';
SELECT fivetrex_pause('c', 's');
ROLLBACK;
SELECT fivetrex_pause('c', 's');
SHOW fivetrex.dry_run;

-- what a role or database set stays (no change of roles: a server may want passwords)
SELECT current_database() AS db \gset
\c -
ALTER DATABASE :"db" SET fivetrex.dry_run = 'perhaps';
\c -
SELECT fivetrex_pause('c', 's');
RESET fivetrex.dry_run;
SELECT fivetrex_pause('c', 's');
DISCARD ALL;
SELECT fivetrex_pause('c', 's');
SET fivetrex.dry_run = off;
SELECT fivetrex_pause('c', 's');
RESET fivetrex.dry_run;
SELECT fivetrex_pause('c', 's');
-- reading goes on
SELECT count(*) FROM fivetrex_tables();
SELECT fivetrex_webhook_signature('a', 'b') IS NOT NULL;
ALTER DATABASE :"db" RESET fivetrex.dry_run;
ALTER DATABASE :"db" SET fivetrex.dry_rum = on;
\c -
RESET ALL;
SELECT fivetrex_pause('c', 's');
\c -
ALTER DATABASE :"db" RESET fivetrex.dry_rum;
DROP EXTENSION fivetrex CASCADE;
