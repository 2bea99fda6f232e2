# What core calls for a row beside the functions that a statement names: parts of aggregates, constraints of domains,
# triggers, checks and policies of the tables that rows go to, and of their partitions.  Where it may write, nothing is
# asked ahead, as what is not handed on before a write is asked for once more.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;
use Fivetrex::Session;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('called');
$node->add_world($mock, 'j', max_retries => 0);
$node->query(
	q{CREATE TABLE keys AS SELECT DISTINCT user_id AS k FROM j.user_groups ORDER BY 1 LIMIT 5;
	  ANALYZE keys;
	  CREATE FUNCTION touch(text) RETURNS text LANGUAGE plpgsql VOLATILE
	    AS $$BEGIN PERFORM fivetrex_pause('assimilate_seem', server => 'j'); RETURN $1; END$$;
	  CREATE FUNCTION touch(text, text) RETURNS text LANGUAGE sql VOLATILE AS 'SELECT touch($2)';
	  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM touch('x'); RETURN new; END$$;
	  CREATE FUNCTION calm(text, text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $2';
	  CREATE FUNCTION calm() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
	  CREATE AGGREGATE touched(text) (sfunc = touch, stype = text);
	  CREATE AGGREGATE calmed(text) (sfunc = calm, stype = text);
	  CREATE DOMAIN domain AS text CHECK (touch(VALUE) IS NOT NULL);
	  CREATE DOMAIN inner_domain AS domain;
	  CREATE DOMAIN calm_domain AS text CHECK (length(VALUE) > 0);
	  CREATE FOREIGN TABLE typed (id domain) SERVER j OPTIONS (resource 'teams');
	  CREATE TABLE kept (k text, name text);
	  CREATE TABLE checked (k text CHECK (touch(k) IS NOT NULL));
	  CREATE TABLE typed_kept (k inner_domain);
	  CREATE TABLE before_row (k text);
	  CREATE TRIGGER touches BEFORE INSERT ON before_row FOR EACH ROW EXECUTE FUNCTION touch();
	  CREATE TABLE after_row (k text);
	  CREATE TRIGGER touches AFTER INSERT ON after_row FOR EACH ROW WHEN (touch(new.k) IS NULL)
	    EXECUTE FUNCTION calm();
	  CREATE VIEW optioned AS SELECT k FROM kept WHERE touch(k) IS NOT NULL WITH CHECK OPTION;
	  CREATE TABLE by_trigger (k text) PARTITION BY RANGE (k);
	  CREATE TABLE by_trigger_1 PARTITION OF by_trigger DEFAULT PARTITION BY RANGE (k);
	  CREATE TABLE by_trigger_2 PARTITION OF by_trigger_1 DEFAULT;
	  CREATE TRIGGER touches BEFORE INSERT ON by_trigger_2 FOR EACH ROW EXECUTE FUNCTION touch();
	  CREATE TABLE by_check (k text) PARTITION BY LIST (k);
	  CREATE TABLE by_check_1 PARTITION OF by_check DEFAULT;
	  ALTER TABLE by_check_1 ADD CHECK (touch(k) IS NOT NULL);
	  CREATE TABLE by_server (name text) PARTITION BY LIST (name);
	  CREATE FOREIGN TABLE by_server_1 PARTITION OF by_server DEFAULT SERVER j OPTIONS (resource 'groups');
	  CREATE TABLE calm_parts (k text) PARTITION BY LIST (k);
	  CREATE TABLE calm_parts_1 PARTITION OF calm_parts DEFAULT;
	  ALTER TABLE calm_parts_1 ADD CHECK (length(k) > 0);
	  CREATE TRIGGER looks AFTER INSERT ON calm_parts_1 FOR EACH ROW EXECUTE FUNCTION calm();
	  CREATE TABLE policed (k text);
	  ALTER TABLE policed ENABLE ROW LEVEL SECURITY;
	  CREATE POLICY touches ON policed WITH CHECK (touch(k) IS NOT NULL);
	  CREATE ROLE subject;
	  GRANT USAGE ON SCHEMA j TO subject;
	  GRANT SELECT ON ALL TABLES IN SCHEMA j TO subject;
	  GRANT SELECT ON keys TO subject;
	  GRANT ALL ON policed TO subject;
	  GRANT USAGE ON FOREIGN SERVER j TO subject;
	  GRANT EXECUTE ON FUNCTION fivetrex_pause TO subject});

# Where the rows come from, which is what the statements have in the place of %.
my %sources = (
	lists => 'SELECT id AS x FROM j.teams UNION ALL SELECT name FROM j.roles',
	join => q{SELECT c.user_id AS x FROM (SELECT k || '' AS k FROM keys OFFSET 0) u
	  JOIN j.user_groups c ON c.user_id = u.k});

my @writing = (
	[ 'a function', 'SELECT touch(x) FROM (%) q' ],
	[ 'an aggregate', 'SELECT touched(x) FROM (%) q' ],
	[ 'an aggregate in a condition', 'SELECT count(*) FROM (%) q HAVING touched(x) IS NULL' ],
	[ 'an aggregate as a window function',
		'SELECT touched(x) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM (%) q' ],
	[ 'a domain', 'SELECT count(x::domain) FROM (%) q' ],
	[ 'a domain of a domain', 'SELECT count(x::inner_domain) FROM (%) q' ],
	[ 'elements of a domain', 'SELECT max((ARRAY[x]::domain[])::text) FROM (%) q' ],
	[ 'a column of a domain', 'SELECT count(*) FROM (SELECT id FROM typed UNION ALL (%)) q' ],
	[ 'a subquery', 'SELECT (SELECT max(touch(k)) FROM keys WHERE k <> x) FROM (%) q' ],
	[ 'LATERAL', 'SELECT count(*) FROM (%) q, LATERAL (SELECT touch(x) AS y OFFSET 0) l WHERE y IS NOT NULL' ],
	[ 'a domain of the target', 'INSERT INTO typed_kept %' ],
	[ 'a CHECK constraint', 'INSERT INTO checked %' ],
	[ 'a BEFORE trigger', 'INSERT INTO before_row %' ],
	[ 'the WHEN of an AFTER trigger', 'INSERT INTO after_row %' ],
	[ 'WITH CHECK OPTION', 'INSERT INTO optioned %' ],
	[ 'RETURNING', 'INSERT INTO kept % RETURNING touch(k)' ],
	[ 'a policy', 'SET ROLE subject; INSERT INTO policed %; RESET ROLE' ],
	[ 'a trigger of a partition', 'INSERT INTO by_trigger %' ],
	[ 'a constraint of a partition', 'INSERT INTO by_check %' ],
	[ 'a partition at the server', q{INSERT INTO by_server SELECT 'g' || md5(x) FROM (%) q RETURNING name} ],
	[ 'MERGE: a condition',
		q{MERGE INTO kept USING (%) q ON k = x WHEN NOT MATCHED AND touch(x) IS NULL THEN INSERT (k) VALUES ('')} ],
	[ 'MERGE: a value', 'MERGE INTO kept USING (%) q ON k = x WHEN NOT MATCHED THEN INSERT (k) VALUES (touch(x))' ],
);

# Nothing of these does, so that requests leave ahead.
my @calm = (
	[ 'no function', 'SELECT count(x) FROM (%) q' ],
	[ 'a calm aggregate', 'SELECT calmed(x) FROM (%) q' ],
	[ 'a calm domain', 'SELECT count(x::calm_domain) FROM (%) q' ],
	[ 'a plain target', 'INSERT INTO kept %' ],
	[ 'calm partitions', 'INSERT INTO calm_parts %' ],
);

my $session = Fivetrex::Session->new($node);
$session->ask('SET fivetrex.max_writes = -1; SET enable_hashjoin = off; SET enable_mergejoin = off');

# Requests, in the order of the alphabet, with or without what is asked ahead.
sub requests
{
	my ($sql, $ahead) = @_;
	$session->ask('SET fivetrex.start_together = ' . ($ahead ? 'on' : 'off') . '; SET fivetrex.join_window = '
		  . ($ahead ? -1 : 0));
	$mock->clear('j');
	$session->ask("BEGIN; $sql; ROLLBACK");
	my @errors = grep { /^(?:psql.*)?ERROR/ } split /\n/, $session->complaint;
	return [ @errors, sort $mock->requests('j') ];
}

foreach my $source (sort keys %sources)
{
	foreach my $form (@writing)
	{
		my ($name, $template) = @$form;
		my $sql = $template =~ s/%/$sources{$source}/r;
		my $expected = requests($sql, 0);
		cmp_ok(scalar(grep { !/^GET/ } @$expected), '>', 1, "$source, $name: it writes") or diag(@$expected);
		is_deeply(requests($sql, 1), $expected, "$source, $name: and nothing is asked for twice") or diag($sql);
	}
	foreach my $form (@calm)
	{
		my ($name, $template) = @$form;
		my $plan = $session->ask('BEGIN; EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) '
			  . ($template =~ s/%/$sources{$source}/r) . '; ROLLBACK');
		like($plan, qr/Calls Ahead: [1-9]/, "$source, $name: asked ahead");
	}
}

$session->quit;
$node->stop;
$mock->stop;
done_testing();
