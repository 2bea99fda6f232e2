-- Where a few rows may suffice, no page, no parent and no detail is asked for before it is known that they do not.
--! settings {"connectors": 2500}
ALTER SERVER few_rows OPTIONS (DROP max_concurrency);
ALTER DATABASE postgres SET client_min_messages = error;

-- the first page has such rows, in its first half
SELECT EXISTS (SELECT 1 FROM connectors);

-- that a filter leaves
SELECT EXISTS (SELECT 1 FROM connectors WHERE group_id = 'decent_dropsy' AND NOT paused);

-- five that a condition leaves
SELECT count(*) FROM (SELECT id FROM connectors WHERE NOT paused LIMIT 5) x;

-- one
SELECT id IS NOT NULL FROM connectors WHERE NOT paused LIMIT 1;

-- of a join
--! each join: JOIN | LEFT JOIN
SELECT count(*) FROM (SELECT c.id FROM connectors c :join groups g ON g.id = c.group_id LIMIT 5) x;

-- where each row has a LIMIT of its own
SELECT (SELECT count(*) FROM (SELECT 1 FROM connectors c WHERE NOT paused LIMIT n) y) FROM (VALUES (2), (3)) v (n);

-- children: one parent after another
--! each child: group_users | connector_tables
SELECT EXISTS (SELECT 1 FROM :child);

-- details
SELECT id FROM destinations WHERE config IS NOT NULL LIMIT 1;

-- where they are not enough, or all rows are wanted, all is read, once
--! each statement: SELECT EXISTS (SELECT 1 FROM connectors WHERE service = 'none')
--! each statement: SELECT id FROM connectors WHERE service = 'none' LIMIT 1
--! each statement: SELECT count(*) FROM (SELECT id FROM connectors ORDER BY created_at LIMIT 3) x
--! each statement: SELECT count(*) FROM (SELECT DISTINCT group_id FROM connectors LIMIT 3) x
--! each statement: SELECT count(*) FROM (SELECT group_id FROM connectors GROUP BY group_id LIMIT 3) x
--! each statement: SELECT count(*) FROM connectors
--! each statement: SELECT count(*) FROM (SELECT 1 FROM connectors WHERE service <> 'none' LIMIT 2400) x
:statement;

-- all parents
SELECT EXISTS (SELECT 1 FROM group_users WHERE role = 'none');

-- all details
SELECT id FROM destinations WHERE config ->> 'host' = 'none' LIMIT 1;

-- a cursor that stops
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM connectors;
MOVE 10 FROM c;
COMMIT;

-- one that goes on after another statement
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM connectors;
MOVE 10 FROM c;
SELECT count(*) FROM groups;
MOVE ALL FROM c;
COMMIT;

-- rows that are read ahead of a write are all of them
--! no requests
CREATE FUNCTION pause_some() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  r record;
  n bigint := 0;
BEGIN
  FOR r IN SELECT id FROM connectors WHERE service <> 'none' LIMIT 2400 LOOP
    IF n = 0 THEN PERFORM fivetrex_pause(r.id); END IF;
    n := n + 1;
  END LOOP;
  RETURN n;
END$$;
SELECT pause_some();
