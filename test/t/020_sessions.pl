# Queries of sessions that meet, under collations that are loose, and behind security barriers.
# Queries of every other kind are told by test/stories/queries.sql.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;
use Fivetrex::Session;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('queries');
$node->add_world($mock, 'w');
# pages of 7 rows, so that many of them meet
$node->add_world($mock, 'small', page_size => 7, max_concurrency => 3);
$mock->settings('small', connectors => 40);

my $icu = $node->has_icu;
$node->query(
	"CREATE SCHEMA common;
	 CREATE FUNCTION common.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001
	   AS 'BEGIN RAISE NOTICE ''leaked %'', \$1; RETURN true; END';
	 CREATE SCHEMA local;
	 CREATE SCHEMA local_small;
	 CREATE TABLE local_small.connectors AS SELECT id FROM small.connectors"
	  . ($icu ? "; CREATE COLLATION common.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
	  	: ''));
$node->query("CREATE TABLE local.$_ AS SELECT * FROM w.$_") for qw(groups connectors destinations);

subtest 'loose collations' => sub {
	plan skip_all => 'no ICU' unless $icu;
	foreach my $schema ('w', 'local')
	{
		foreach my $case (
			[ "id = 'ASSIMILATE_SEEM' COLLATE common.loose", 1 ],
			[ "id COLLATE common.loose IN ('ASSIMILATE_SEEM', 'Broken_Anchor')", 2 ],
			[ "group_id COLLATE common.loose = 'Opaque_Lantern'", 300 ],
			[ "schema = 'NO_SUCH' COLLATE common.loose", 0 ])
		{
			is($node->query("SELECT count(*) FROM $schema.connectors WHERE $case->[0]"),
				$case->[1], "$schema: $case->[0]");
		}
		is( $node->query(
				"SELECT count(*) FROM $schema.connectors c
					JOIN (VALUES ('ASSIMILATE_SEEM'), ('Broken_Anchor')) v(k) ON c.id = v.k COLLATE common.loose"),
			2, "$schema: a join under a loose collation");
	}
	is( $node->query(
			"BEGIN; CREATE FOREIGN TABLE t (id text COLLATE common.loose, group_id text COLLATE common.loose) SERVER w
				OPTIONS (resource 'connectors');
			 SELECT count(*) FROM t WHERE id = 'ASSIMILATE_SEEM';
			 SELECT count(*) FROM t WHERE group_id = 'OPAQUE_LANTERN';
			 SELECT count(*) FROM t WHERE id = ANY (ARRAY['ASSIMILATE_SEEM']);
			 SELECT count(*) FROM t JOIN (SELECT 'ASSIMILATE_SEEM' AS k FROM generate_series(1, 2)) v ON t.id = v.k;
			 SELECT count(*) FROM t WHERE id COLLATE \"C\" = 'ASSIMILATE_SEEM';
			 ROLLBACK"),
		"1\n300\n1\n2\n0", 'a column with a loose collation');
};

subtest 'security barriers' => sub {
	my $views = "BEGIN;
		CREATE VIEW v WITH (security_barrier) AS SELECT id, group_id FROM connectors WHERE group_id = 'opaque_lantern';
		CREATE VIEW d WITH (security_barrier) AS SELECT id, service, config FROM destinations
			WHERE config->>'host' LIKE 'snow%';
		CREATE VIEW e WITH (security_barrier) AS SELECT id, service, config FROM destinations WHERE service = 'snowflake';
		SET client_min_messages = notice;";
	foreach my $case (
		[ "SELECT id FROM v WHERE leak(id)", 'group_id', "SELECT id FROM local.connectors
			WHERE group_id = 'opaque_lantern'" ],
		[ "SELECT id, config FROM d WHERE leak(id)", 'detail column in the view', "SELECT id FROM local.destinations
			WHERE service = 'snowflake'" ],
		[ "SELECT id, config FROM e WHERE leak(id)", 'detail column in the query', "SELECT id FROM local.destinations
			WHERE service = 'snowflake'" ],
		[ "SELECT id FROM d WHERE leak(config::text) AND leak(id)", 'both', "SELECT id FROM local.destinations
			WHERE service = 'snowflake'" ])
	{
		my ($sql, $name, $allowed) = @$case;
		my ($status, $out, $err) = $node->psql('postgres',
			"SET search_path = w, common, public; $views $sql; ROLLBACK");
		is($status, 0, "$name: runs") or diag($err);
		my %allowed = map { $_ => 1 } $node->rows($allowed);
		my @leaked = $err =~ /NOTICE:  leaked ([a-z_0-9]+)$/mg;
		ok(@leaked > 0, "$name: the leaky function was called");
		is_deeply([ grep { !$allowed{$_} } @leaked ],
			[], "$name: hidden rows are not shown to it");
		my $rows = () = $out =~ /^\w/mg;
		is($rows, scalar keys %allowed, "$name: all rows");
	}
	my ($status, undef, $err) = $node->psql('postgres',
		"SET search_path = w, common, public; $views
		 SELECT id FROM v WHERE id = 'assimilate_seem' AND leak(id); ROLLBACK");
	is($status, 0, 'key of a hidden row: runs');
	unlike($err, qr/leaked/, 'key of a hidden row: not shown');
};

subtest 'row marks with a concurrent update' => sub {
	$node->query('CREATE TABLE common.counted (id text PRIMARY KEY, n int);
		INSERT INTO common.counted SELECT id, 0 FROM local.groups');
	my ($other, $third) = map { Fivetrex::Session->new($node) } 1, 2;
	$other->ask("BEGIN; UPDATE common.counted SET n = 10 WHERE id = 'decent_dropsy'");
	my $pid = $third->pid;
	$third->tell("UPDATE common.counted t SET n = t.n + 1 FROM w.groups g JOIN w.destinations d ON d.id = g.id
		WHERE t.id = g.id AND d.config->>'port' = '443'");
	$node->poll_query_until('postgres',
		"SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $pid")
	  or die 'the update does not wait';
	$other->ask('COMMIT');
	$third->answer;
	is( $node->query("SELECT n, count(*) FROM common.counted GROUP BY 1 ORDER BY 1"),
		"0|2\n1|11\n11|1", 'a row that was changed meanwhile is rechecked');
	$_->quit for $other, $third;
};

subtest 'two backends' => sub {
	my @backends = map { Fivetrex::Session->new($node) } 1 .. 3;
	$_->ask('BEGIN; DECLARE c CURSOR FOR SELECT id FROM small.connectors')
	  for @backends;
	my @got = ('') x @backends;
	foreach my $round (1 .. 9)
	{
		$got[$_] .= $backends[$_]->ask('FETCH 5 FROM c') . "\n" for 0 .. $#backends;
	}
	my $wanted = $node->query('SELECT id FROM local_small.connectors');
	foreach my $got (@got)
	{
		$got = join "\n", grep { $_ ne '' } split /\n/, $got;
		is($got, $wanted, 'each reads all, in order');
	}
	$_->quit for @backends;
};

is($mock->stats($_)->{exceptions}, 0, "$_: the mock did not fail") for qw(w small);
is_deeply([ $mock->violations($_) ], [], "$_: no request broke the API definition")
  for qw(w small);

$node->stop;
$mock->stop;
done_testing();
