# Thousands of generated statements (Fivetrex::Statements) give the same rows,
# and have the same effects, over foreign tables as over local tables; those that
# tell rows by ctid are refused.
#
# Everything is there twice, in the schemas f (foreign) and t (its twin of plain
# tables), under the same names.  After a statement that writes, the relation and
# what triggers noted is compared, too; deleted rows are replaced from time to
# time.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;
use Fivetrex::Statements;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('differential');

my $columns = 'id text, url text, active boolean, events text[], group_id text, created_at timestamptz';
my %leaf = (
	plain => 'plain', part => 'part_1', deep => 'deep_11', inh => 'inh_1', tall => 'tall_2', view1 => 'under1',
	view2 => 'under2_1', gen => 'gen');
my %heap = (part => 'part_2', deep => 'deep_2', inh => 'inh', tall => 'tall_1', view2 => 'under2');

# One side's relations: leaves are foreign, or plain tables.
sub relations
{
	my ($schema) = @_;
	my $leaf = sub {
		my ($name, $definition, $inherits) = @_;
		my ($relation) = grep { $leaf{$_} eq $name } keys %leaf;
		$inherits = $inherits ? " INHERITS ($inherits)" : '';
		return "CREATE TABLE $name ($definition)$inherits;" if $schema eq 't';
		return "CREATE SERVER $relation FOREIGN DATA WRAPPER fivetrex
		    OPTIONS (base_url '" . $mock->url($relation) . "', retry_delay '0');
		  CREATE USER MAPPING FOR PUBLIC SERVER $relation OPTIONS (api_key 'key', api_secret 'secret');
		  CREATE FOREIGN TABLE $name ($definition)$inherits SERVER $relation OPTIONS (resource 'webhooks');
		  -- a partition takes no rows whose key only the API knows
		  CREATE FOREIGN TABLE ${name}_new (url text, active boolean, events text[]) SERVER $relation
		    OPTIONS (resource 'webhooks');";
	};
	my $local = "VALUES ('local_1', 'https://local/1', true, '{sync_end}'::text[], NULL::text, '2026-01-01'::timestamptz)";
	return "CREATE SCHEMA $schema; SET search_path = $schema, public;
	CREATE TABLE log (t text); CREATE TABLE kept (t text); CREATE TABLE loc (id text, n int, t text);"
	  . $leaf->('plain', $columns)
	  . $leaf->('under1', $columns)
	  . "CREATE VIEW view1 AS SELECT url, id, active, events, created_at, group_id, tableoid::regclass::text AS origin
	    FROM under1;
	  CREATE VIEW view1_c AS SELECT *, ctid AS place, tableoid::regclass::text AS origin FROM under1;"
	  . $leaf->('gen', "host text GENERATED ALWAYS AS (split_part(url, '/', 3)) STORED, $columns,
	    size int GENERATED ALWAYS AS (length(id || url)) STORED")
	  # partitions, with columns in another order and one that is gone
	  . "CREATE TABLE part ($columns) PARTITION BY LIST (id);
	  CREATE TABLE part_2 PARTITION OF part FOR VALUES IN ('local_1', 'local_2');"
	  . $leaf->('part_1',
		'created_at timestamptz, gone int, url text, id text, group_id text, active boolean, events text[]')
	  . "ALTER TABLE part_1 DROP COLUMN gone; ALTER TABLE part ATTACH PARTITION part_1 DEFAULT;
	  CREATE TABLE deep ($columns) PARTITION BY LIST (id);
	  CREATE TABLE deep_2 PARTITION OF deep FOR VALUES IN ('local_1', 'local_2');
	  CREATE TABLE deep_1 (active boolean, url text, created_at timestamptz, id text, events text[], group_id text)
	    PARTITION BY LIST (group_id);
	  ALTER TABLE deep ATTACH PARTITION deep_1 DEFAULT;"
	  . $leaf->('deep_11', 'url text, id text, events text[], group_id text, active boolean, created_at timestamptz')
	  . "ALTER TABLE deep_1 ATTACH PARTITION deep_11 DEFAULT;
	  CREATE TABLE inh ($columns);"
	  . $leaf->('inh_1', 'type text', 'inh')
	  . "CREATE TABLE tall ($columns); CREATE TABLE tall_3 () INHERITS (tall);
	  CREATE TABLE tall_1 (type text) INHERITS (tall);"
	  . $leaf->('tall_2', 'created_by text', 'tall_1')
	  . "CREATE TABLE under2 ($columns);"
	  . $leaf->('under2_1', 'created_by text', 'under2')
	  . "CREATE VIEW view2 WITH (security_barrier) AS SELECT *, tableoid::regclass::text AS origin FROM under2
	    WHERE coalesce(group_id, 'decent_dropsy') > 'd';
	  CREATE VIEW view2_c WITH (security_barrier) AS
	    SELECT *, ctid AS place, tableoid::regclass::text AS origin FROM under2;"
	  . join '', map { "INSERT INTO $heap{$_} (id, url, active, events, group_id, created_at) $local;" } sort keys %heap;
}

$node->query(q{
	CREATE TABLE plan (n int, id text);
	CREATE TABLE differences (n int, sql text, f text, t text, f_state text, t_state text);
	CREATE TABLE failures (n int, sql text, words text);
	CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
	  EXECUTE 'INSERT INTO log VALUES ($1)' USING concat_ws(' ', TG_WHEN, TG_OP, TG_TABLE_NAME, OLD::text, NEW::text);
	  IF TG_WHEN = 'AFTER' THEN RETURN NULL; END IF;
	  IF length(OLD.url) % 7 = 0 THEN RETURN NULL; END IF;
	  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
	  NEW.url := left(NEW.url, 30) || '?' || length(OLD::text);
	  RETURN NEW;
	END $$;

	-- what the statement answers, or its error; lines in any order
	CREATE FUNCTION run(side text, stmt text, has_rows boolean, parameter text) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE r record; lines text[] := '{}'; n bigint;
	BEGIN
	  PERFORM set_config('search_path', side || ', public', true);
	  EXECUTE 'DELETE FROM log; DELETE FROM kept; DELETE FROM loc; INSERT INTO loc SELECT id, n FROM plan';
	  IF parameter IS NOT NULL THEN
	    EXECUTE 'PREPARE p (text) AS ' || stmt;
	    stmt := format('EXECUTE p (%L)', parameter);
	  END IF;
	  BEGIN
	    IF has_rows THEN
	      FOR r IN EXECUTE stmt LOOP lines := lines || coalesce(r::text, ''); END LOOP;
	    ELSE
	      EXECUTE stmt;
	      GET DIAGNOSTICS n = ROW_COUNT;
	      lines := ARRAY['count ' || n];
	    END IF;
	  EXCEPTION WHEN OTHERS THEN
	    lines := ARRAY['error ' || SQLSTATE || ' ' || SQLERRM];
	  END;
	  IF parameter IS NOT NULL THEN
	    DEALLOCATE p;
	  END IF;
	  RETURN (SELECT string_agg(l, E'\n' ORDER BY l COLLATE "C") FROM unnest(lines) l);
	END $$;

	-- what is there afterwards
	CREATE FUNCTION state(side text, relation text) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE result text; part text; query text;
	BEGIN
	  PERFORM set_config('search_path', side || ', public', true);
	  FOREACH query IN ARRAY ARRAY['log', 'kept', 'loc', relation] LOOP
	    CONTINUE WHEN query IS NULL;
	    EXECUTE format('SELECT string_agg(x::text, chr(10) ORDER BY x::text COLLATE "C") FROM %I x', query) INTO part;
	    result := concat_ws(E'\n', result, query || ':', part);
	  END LOOP;
	  RETURN result;
	END $$;

	-- the twin's rows from the foreign ones, and the local ones of both anew
	CREATE FUNCTION refill(leaf text, heap text) RETURNS void LANGUAGE plpgsql AS $$
	DECLARE columns text := 'id, url, active, events, group_id, created_at'; more text; n int;
	BEGIN
	  PERFORM set_config('search_path', 'f, public', true);
	  EXECUTE format('SELECT count(*) FROM ONLY f.%I', leaf) INTO n;
	  EXECUTE format('INSERT INTO f.%I (url, active, events)
	    SELECT ''https://new/'' || i || repeat(''x'', i), i %% 3 > 0, ''{sync_end}''
	    FROM generate_series(1, greatest(0, 12 - %s)) i', leaf || '_new', n);
	  SELECT string_agg(quote_ident(attname), ', ') INTO more FROM pg_attribute
	    WHERE attrelid = ('f.' || leaf)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
	  EXECUTE format('TRUNCATE ONLY t.%1$I; INSERT INTO t.%1$I (%2$s) SELECT %2$s FROM ONLY f.%1$I', leaf, more);
	  IF heap IS NOT NULL THEN
	    FOREACH more IN ARRAY ARRAY['f.' || heap, 't.' || heap] LOOP
	      EXECUTE format('TRUNCATE ONLY %1$s; INSERT INTO %1$s (id, url, active, events, created_at)
	        SELECT ''local_'' || i, ''https://local/'' || i, i = 1, ''{sync_end}'',
		''2026-01-01'' FROM generate_series(1, 2) i', more);
	    END LOOP;
	  END IF;
	  DELETE FROM plan;
	  EXECUTE format('INSERT INTO plan SELECT row_number() OVER (ORDER BY id), id
	    FROM (SELECT id FROM t.%I ORDER BY md5(id) LIMIT 6) x', leaf);
	  INSERT INTO plan VALUES (7, 'local_1'), (8, 'nobody');
	END $$;

	CREATE FUNCTION check_one(n int, stmt text, has_rows boolean, has_parameter boolean, writes boolean,
	  keeps boolean, refused boolean, relation text, leaf text, heap text) RETURNS void LANGUAGE plpgsql AS $$
	DECLARE
	  parameter text := (SELECT id FROM plan WHERE plan.n = 2 AND has_parameter);
	  f text := run('f', stmt, has_rows, parameter);
	  t text; f_state text; t_state text; left_over int;
	BEGIN
	  IF refused THEN
	    IF f NOT LIKE 'error 0A000 cannot address rows of foreign table%' THEN
	      INSERT INTO differences VALUES (n, stmt, f, 'to be refused');
	    END IF;
	    IF NOT writes THEN RETURN; END IF;
	    f_state := state('f', relation);
	    t := run('t', 'SELECT 1', true, NULL);
	    t_state := state('t', relation);
	    t := f;
	  ELSE
	    IF keeps THEN f_state := state('f', CASE WHEN writes THEN relation END); END IF;
	    t := run('t', stmt, has_rows, parameter);
	    IF keeps THEN t_state := state('t', CASE WHEN writes THEN relation END); END IF;
	    -- a statement that fails tests nothing; old minors of 16 fail so by themselves
	    IF t LIKE 'error 42804 attribute % of type record has wrong type%' AND f = t THEN
	      INSERT INTO failures VALUES (n, stmt, t);
	    ELSIF t LIKE 'error%' THEN
	      t := t || ' (twin)';
	    END IF;
	  END IF;
	  IF f IS DISTINCT FROM t OR f_state IS DISTINCT FROM t_state THEN
	    INSERT INTO differences VALUES (n, stmt, f, t, f_state, t_state);
	  END IF;
	  IF writes THEN
	    EXECUTE format('SELECT count(*) FROM ONLY t.%I', leaf) INTO left_over;
	    IF left_over < 7 OR f_state IS DISTINCT FROM t_state THEN
	      PERFORM refill(leaf, heap);
	    END IF;
	  END IF;
	END $$});
$node->query(relations($_)) foreach qw(f t);
$node->query("ALTER DATABASE postgres SET fivetrex.max_deletes = 10000;
	ALTER DATABASE postgres SET plan_cache_mode = force_generic_plan;
	ALTER DATABASE postgres SET client_min_messages = error");
$node->query("ALTER DATABASE postgres SET fivetrex.max_writes = -1")
  if $node->query("LOAD 'fivetrex'; SELECT count(*) FROM pg_settings WHERE name = 'fivetrex.max_writes'") > 0;

my $generator = Fivetrex::Statements->new(seed => $ENV{FTX_SEED} || 20261125, rounds => $ENV{FTX_ROUNDS} || 2);
my @statements = $generator->all;
my ($coverage, @empty) = $generator->coverage;
diag($coverage) if $ENV{FTX_COVERAGE};
note($coverage);
cmp_ok(scalar @statements, '>=', 3000, scalar(@statements) . ' statements');
is_deeply(\@empty, [], 'every shape is there with every relation and feature');

my ($script, $last, $triggers) = ('', '', 0);
foreach my $n (0 .. $#statements)
{
	my $s = $statements[$n];
	my ($leaf, $heap) = ($leaf{ $s->{name} }, $heap{ $s->{name} } ? "'$heap{$s->{name}}'" : 'NULL');
	if ($s->{feature} eq 'trigger' && !$triggers)
	{
		$triggers = 1;
		foreach my $schema (qw(f t))
		{
			$script .= "CREATE TRIGGER b BEFORE UPDATE OR DELETE ON $schema.$_ FOR EACH ROW EXECUTE FUNCTION note();
				CREATE TRIGGER a AFTER UPDATE OR DELETE ON $schema.$_ FOR EACH ROW EXECUTE FUNCTION note();\n"
			  foreach sort values %leaf, values %heap;
		}
	}
	$script .= "SELECT refill('$leaf', $heap);\n" if $s->{name} ne $last;
	$last = $s->{name};
	$script .= "SELECT check_one($n, \$sql\$$s->{sql}\$sql\$, " . join(', ', map { $s->{$_} ? 'true' : 'false' }
		qw(rows parameter writes kept refused)) . ", '$s->{name}', '$leaf', $heap);\n";
}
my ($status, undef, $err) = $node->psql('postgres', $script, on_error_stop => 0);
is($status, 0, 'all have run');
is($err, '', 'without a complaint');

my $differences = $node->query('SELECT count(*) FROM differences');
is($differences, 0, 'no difference');
my @failures = $node->rows('SELECT n, sql, words FROM failures ORDER BY n');
cmp_ok(scalar @failures, '<=', 3, 'hardly any that PostgreSQL itself cannot execute') or diag(join "\n", @failures);
if ($differences)
{
	my %seen;
	foreach my $n ($node->rows('SELECT n FROM differences ORDER BY n'))
	{
		my $kind = "$statements[$n]{shape} x $statements[$n]{relation} x $statements[$n]{feature}";
		$seen{ $statements[$n]{shape} }++;
		diag($kind);
	}
	diag($node->query("SELECT * FROM differences ORDER BY n LIMIT 12"));
}
is($mock->stats($_)->{exceptions}, 0, "$_: the mock did not fail") foreach sort keys %leaf;

$node->stop;
$mock->stop;
done_testing();
