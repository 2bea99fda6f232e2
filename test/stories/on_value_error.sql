-- The table option on_value_error: values that do not fit are errors, or NULL.
--! settings {"connectors": 2}
CREATE TYPE mood AS ENUM ('AWS', 'GCP');
CREATE DOMAIN small AS integer CHECK (VALUE < 10);
CREATE TYPE pair AS (a integer, b integer);
CREATE FOREIGN TABLE typed (id text,
  i2 smallint OPTIONS (column_name 'sync_frequency'), n integer OPTIONS (column_name 'sync_frequency'),
  nu numeric(3, 1) OPTIONS (column_name 'sync_frequency'), f real OPTIONS (column_name 'service'),
  u uuid OPTIONS (column_name 'service'), e mood OPTIONS (column_name 'service'),
  v varchar(3) OPTIONS (column_name 'service'),
  ip inet OPTIONS (column_name 'service'), t text OPTIONS (column_name 'service'),
  ts timestamp OPTIONS (column_name 'created_at'), d date OPTIONS (column_name 'created_at'),
  tt time OPTIONS (column_name 'created_at'), tc timestamptz OPTIONS (column_name 'created_at'),
  b boolean OPTIONS (column_name 'paused'), a integer[] OPTIONS (column_name 'tasks'))
  SERVER on_value_error OPTIONS (resource 'connectors', on_value_error 'null');
CREATE FOREIGN TABLE kept (id text, n integer OPTIONS (column_name 'sync_frequency') NOT NULL,
  s small OPTIONS (column_name 'sync_frequency'), p pair OPTIONS (column_name 'service'),
  r int4range OPTIONS (column_name 'service'))
  SERVER on_value_error OPTIONS (resource 'connectors', on_value_error 'null');
CREATE FOREIGN TABLE keyed (id integer, service text)
  SERVER on_value_error OPTIONS (resource 'connectors', on_value_error 'null');
CREATE FOREIGN TABLE members (group_id integer, id text)
  SERVER on_value_error OPTIONS (resource 'group_users', on_value_error 'null');

-- what fits
SELECT id, created_at IS NULL FROM connectors ORDER BY 1;

-- the default is an error
--! patch connections assimilate_seem {"created_at": "soon"}
SELECT created_at FROM connectors;

-- said so
ALTER FOREIGN TABLE connectors OPTIONS (ADD on_value_error 'error');
SELECT created_at FROM connectors;

-- null
ALTER FOREIGN TABLE connectors OPTIONS (SET on_value_error 'null');
SELECT id, created_at IS NULL FROM connectors ORDER BY 1;

-- a value that nobody asks for
SELECT id FROM connectors ORDER BY 1;

-- nothing else
ALTER FOREIGN TABLE connectors OPTIONS (SET on_value_error 'NULL');

-- an option of tables only
ALTER SERVER on_value_error OPTIONS (ADD on_value_error 'null');

-- each type: a smallint
--! patch connections assimilate_seem {"sync_frequency": 70000}
SELECT id, i2 IS NULL FROM typed WHERE id = 'assimilate_seem';

-- an integer
--! patch connections assimilate_seem {"sync_frequency": 99999999999}
SELECT id, n IS NULL FROM typed WHERE id = 'assimilate_seem';

-- a numeric
--! patch connections assimilate_seem {"sync_frequency": 1000}
SELECT id, nu IS NULL FROM typed WHERE id = 'assimilate_seem';

-- a real
--! patch connections assimilate_seem {"service": "x"}
SELECT id, f IS NULL FROM typed WHERE id = 'assimilate_seem';

-- a uuid
--! patch connections assimilate_seem {"service": "x"}
SELECT id, u IS NULL FROM typed WHERE id = 'assimilate_seem';

-- an inet
--! patch connections assimilate_seem {"service": "x"}
SELECT id, ip IS NULL FROM typed WHERE id = 'assimilate_seem';

-- an enum
--! patch connections assimilate_seem {"service": "AZURE"}
SELECT id, e IS NULL FROM typed WHERE id = 'assimilate_seem';

-- a varchar
--! patch connections assimilate_seem {"service": "four"}
SELECT id, v IS NULL FROM typed WHERE id = 'assimilate_seem';

-- a text
--! patch connections assimilate_seem {"service": "a\u0000b"}
SELECT id, t IS NULL FROM typed WHERE id = 'assimilate_seem';

-- a timestamp
--! patch connections assimilate_seem {"created_at": "x"}
SELECT id, ts IS NULL FROM typed WHERE id = 'assimilate_seem';

-- a date
--! patch connections assimilate_seem {"created_at": "2026-02-30T00:00:00Z"}
SELECT id, d IS NULL FROM typed WHERE id = 'assimilate_seem';

-- a time
--! patch connections assimilate_seem {"created_at": "noon"}
SELECT id, tt IS NULL FROM typed WHERE id = 'assimilate_seem';

-- a timestamptz
--! patch connections assimilate_seem {"created_at": "294277-01-01T00:00:00Z"}
SELECT id, tc IS NULL FROM typed WHERE id = 'assimilate_seem';

-- a boolean
--! patch connections assimilate_seem {"paused": "yes"}
SELECT id, b IS NULL FROM typed WHERE id = 'assimilate_seem';

-- an array
--! patch connections assimilate_seem {"status.tasks": ["x"]}
SELECT id, a IS NULL FROM typed WHERE id = 'assimilate_seem';

-- no array
--! patch connections assimilate_seem {"status.tasks": {"a": 1}}
SELECT id, a IS NULL FROM typed WHERE id = 'assimilate_seem';

-- a jsonb
--! answer ^/v1/connections/assimilate_seem {"code":"Success","data":{"id":"assimilate_seem","config":{"n":1e999999}}}
SELECT config IS NULL FROM connectors WHERE id = 'assimilate_seem';

-- members of a row
--! patch connections assimilate_seem {"sync_frequency": 5, "service": "x"}
SELECT n, u, e, t FROM typed WHERE id = 'assimilate_seem';

-- more than are named
SELECT count(*), count(u), count(e), count(f), count(ip), count(n) FROM typed;

-- what stays an error: a key
--! patch connections assimilate_seem {"sync_frequency": 500, "service": "x"}
SELECT id FROM keyed;

-- a domain, a composite type, a range
--! each column: s | p | r
--! codes only
SELECT :column FROM kept;

-- a column that is NOT NULL
--! patch connections assimilate_seem {"sync_frequency": "x"}
SELECT n FROM kept;

-- the key of a parent
--! reads end
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"decent_dropsy"}]}}
SELECT group_id FROM members;

-- a failed request
--! fault {"path": "/v1/connections", "status": 500, "times": 0}
SELECT created_at FROM connectors;

-- conditions and details: a row that a condition drops for it
--! patch connections assimilate_seem {"created_at": "soon", "sync_frequency": 7}
SELECT id FROM connectors WHERE created_at > '2020-01-01';

-- one that it wants
SELECT id FROM connectors WHERE created_at IS NULL;

-- with details, dropped
--! answer ^/v1/connections\? {"code":"Success","data":{"items":[{"id":"assimilate_seem","created_at":"soon"}]}}
SELECT id, config FROM connectors WHERE created_at > '2020-01-01';

-- with details, wanted
--! answer ^/v1/connections\? {"code":"Success","data":{"items":[{"id":"assimilate_seem","created_at":"soon"}]}}
SELECT id, config IS NULL FROM connectors WHERE created_at IS NULL;

-- a row that another condition drops
SELECT id, created_at FROM connectors WHERE sync_frequency = 8;

-- each scan tells its own
SELECT a.id FROM connectors a, connectors b WHERE a.created_at IS NULL AND b.created_at IS NULL;

-- a cursor
BEGIN;
DECLARE k CURSOR FOR SELECT id, created_at FROM connectors WHERE id = 'assimilate_seem';
FETCH k;
CLOSE k;
COMMIT;

-- a parallel plan
SELECT set_config(name, 'on', false) FROM pg_settings WHERE name IN ('debug_parallel_query', 'force_parallel_mode');
SELECT id, created_at FROM connectors WHERE id = 'assimilate_seem';

-- ANALYZE
ANALYZE connectors;

-- rows that are changed: what is read is an error
--! patch connections assimilate_seem {"created_at": "soon", "sync_frequency": "often", "paused": false}
UPDATE connectors SET sync_frequency = coalesce(sync_frequency, 60) WHERE id = 'assimilate_seem';

-- in a condition, too
UPDATE connectors SET paused = true WHERE created_at IS NULL;

-- and with another table
UPDATE connectors SET paused = true FROM (VALUES ('assimilate_seem')) v(i) WHERE id = i || '' AND created_at IS NULL;

-- a DELETE
DELETE FROM connectors WHERE created_at IS NULL AND id = 'assimilate_seem';

-- what nobody reads is none
UPDATE groups SET name = 'n'
  WHERE id = 'decent_dropsy' AND EXISTS (SELECT 1 FROM connectors WHERE created_at IS NULL);
