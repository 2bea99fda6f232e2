-- What is refused, with which SQLSTATE, and what to do instead.
-- t/001_readme.pl compares the rows of the table in src/catalogue/README.md with what is told here.
ALTER FOREIGN TABLE groups ADD account text OPTIONS (constant 'w');
CREATE TABLE parent (LIKE groups) PARTITION BY LIST (account);
ALTER TABLE parent ATTACH PARTITION groups FOR VALUES IN ('w');
CREATE TABLE plan (id text, name text);
INSERT INTO plan VALUES ('decent_dropsy', 'planned');

-- refused: `TRUNCATE`
TRUNCATE groups;

-- of a parent
TRUNCATE parent;

-- with a local table
BEGIN;
TRUNCATE plan, groups;

-- which is left alone
SELECT count(*) FROM plan;

-- refused: `INSERT ... ON CONFLICT`
INSERT INTO groups (name) VALUES ('x') ON CONFLICT DO NOTHING;

-- by a parent
INSERT INTO parent (name, account) VALUES ('x', 'w') ON CONFLICT DO NOTHING;

-- with a column
--! codes only
INSERT INTO groups (id, name) VALUES ('x', 'x') ON CONFLICT (id) DO UPDATE SET name = 'y';

-- refused: `MERGE INTO`
MERGE INTO groups USING plan ON plan.id = groups.id WHEN MATCHED THEN UPDATE SET name = plan.name;

-- a parent that updates
MERGE INTO parent USING plan ON plan.id = parent.id WHEN MATCHED THEN UPDATE SET name = plan.name;

-- a parent that inserts
MERGE INTO parent USING plan ON plan.id = parent.id
  WHEN NOT MATCHED THEN INSERT (name, account) VALUES ('x', 'w');

-- refused: `WHERE CURRENT OF`
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM groups WHERE id = 'decent_dropsy';
FETCH c;
UPDATE groups SET name = 'x' WHERE CURRENT OF c;

-- in a DELETE
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM groups WHERE id = 'decent_dropsy';
FETCH c;
DELETE FROM groups WHERE CURRENT OF c;

-- refused: `COPY ... (FREEZE)`
--! codes only
--! hide 0A000|55000
COPY groups (name) FROM STDIN (FREEZE);
frozen
\.

-- by a parent
--! codes only
COPY parent (name, account) FROM STDIN (FREEZE);
frozen	w
\.

-- refused: an INSERT or COPY that no partition takes
--! codes only
INSERT INTO parent (name, account) VALUES ('x', 'z');

-- by COPY
--! codes only
COPY parent (name, account) FROM STDIN;
x	z
\.

-- refused: an UPDATE or DELETE of a parent whose partitions are all ruled out
UPDATE parent SET name = 'x' WHERE account = 'z';

-- with RETURNING
UPDATE parent SET name = 'x' WHERE account = 'z' RETURNING name;

-- with another table
UPDATE parent p SET name = plan.name FROM plan WHERE plan.id = p.id AND account = 'z';

-- by a subquery
UPDATE parent SET name = 'x' WHERE account = (SELECT 'z'::text);

-- by a condition that is false
UPDATE parent SET name = 'x' WHERE false;
DELETE FROM parent WHERE false RETURNING *;

-- by a parameter
--! each statement: UPDATE parent SET name = 'x' WHERE account = $1 RETURNING name
--! each statement: UPDATE parent p SET name = plan.name FROM plan WHERE account = $1 AND plan.id = p.id
--! each statement: DELETE FROM parent WHERE account = $1
--! each statement: DELETE FROM parent p USING plan WHERE account = $1 AND plan.id = p.id RETURNING p.name
SET plan_cache_mode = force_generic_plan;
PREPARE p(text) AS :statement;
EXECUTE p('z');

-- FOR UPDATE
SELECT id FROM parent WHERE account = 'z' FOR UPDATE;

-- what is offered instead of ON CONFLICT: a row is made once
--! in order
INSERT INTO groups (name) SELECT p.name FROM plan p WHERE NOT EXISTS (SELECT 1 FROM groups g WHERE g.name = p.name);
INSERT INTO groups (name) SELECT p.name FROM plan p WHERE NOT EXISTS (SELECT 1 FROM groups g WHERE g.name = p.name);

-- instead of MERGE INTO a foreign table: into a local one
MERGE INTO plan USING groups g ON plan.id = g.id
  WHEN MATCHED THEN UPDATE SET name = g.name WHEN NOT MATCHED THEN INSERT VALUES (g.id, g.name);
SELECT count(*) > 10, min(name) FILTER (WHERE id = 'decent_dropsy') <> 'planned' FROM plan;
