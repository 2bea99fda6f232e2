-- Tables of the benchmark.  Variables: url, dir, rows.
\set few_url :url /few
CREATE EXTENSION fivetrex;
CREATE SERVER fivetran FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url :'url', retry_delay '0');
CREATE SERVER few FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url :'few_url', retry_delay '0');
CREATE SERVER wide FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url :'url', retry_delay '0', max_concurrency '64');
CREATE USER MAPPING FOR PUBLIC SERVER fivetran OPTIONS (api_key 'key', api_secret 'secret');
CREATE USER MAPPING FOR PUBLIC SERVER few OPTIONS (api_key 'key', api_secret 'secret');
CREATE USER MAPPING FOR PUBLIC SERVER wide OPTIONS (api_key 'key', api_secret 'secret');
CREATE SCHEMA f;
CREATE SCHEMA few;
CREATE SCHEMA wide;
IMPORT FOREIGN SCHEMA fivetran LIMIT TO (connectors, connector_schemas, connector_tables, groups, users, teams,
  destinations)
	FROM SERVER fivetran INTO f;
IMPORT FOREIGN SCHEMA fivetran LIMIT TO (connectors) FROM SERVER few INTO few;
IMPORT FOREIGN SCHEMA fivetran LIMIT TO (connector_tables) FROM SERVER wide INTO wide;
SELECT format('ALTER DATABASE %I SET fivetrex.max_writes = -1', current_database()) \gexec
ANALYZE f.connectors;

-- the same pages, for PostgreSQL's own parsers
CREATE TABLE page (body text);
ALTER TABLE page ALTER body SET STORAGE EXTERNAL;
INSERT INTO page SELECT pg_read_file(:'dir' || '/' || n) FROM generate_series(0, (:rows + 999) / 1000 - 1) n;
ANALYZE page;

-- keys of connectors
CREATE TABLE key AS SELECT format('connector_%s', lpad(n::text, 7, '0')) AS id FROM generate_series(1, 10000) n;
CREATE TABLE some_keys AS SELECT id FROM key LIMIT 44;
ANALYZE key, some_keys;

-- CPU time of this backend in seconds
CREATE FUNCTION cpu() RETURNS float8 LANGUAGE sql VOLATILE AS
$$ SELECT split_part(pg_read_file('/proc/self/schedstat', 0, 200), ' ', 1)::float8 / 1e9 $$;

-- the most memory that this backend has had, in KB; and how much of it now is
-- PostgreSQL's shared memory, which counts as soon as it is looked at
CREATE FUNCTION peak() RETURNS int LANGUAGE sql VOLATILE AS
$$ SELECT substring(pg_read_file('/proc/self/status', 0, 4000) FROM 'VmHWM:\s+(\d+)')::int $$;
CREATE FUNCTION shared() RETURNS int LANGUAGE sql VOLATILE AS
$$ SELECT substring(pg_read_file('/proc/self/status', 0, 4000) FROM 'RssShmem:\s+(\d+)')::int $$;
