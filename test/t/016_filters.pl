# Several values of a filter are lists of their own, where that takes fewer calls than reading all: exact requests, and
# the same rows as over a local table.

use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('filters');
$mock->patch('w', 'connections', 'assimilate_seem', set => { schema => "caf\x{e9}" });
$node->add_world($mock, 'w');
$node->query(q{
	ALTER DATABASE postgres SET search_path = w, public;
	CREATE SCHEMA t;
	CREATE TABLE t.connectors AS SELECT id, group_id, service, schema, paused FROM w.connectors;
	CREATE DOMAIN word AS text;
	CREATE FOREIGN TABLE w.typed (id text, group_id varchar, schema varchar(80), paused boolean,
	  group_word word OPTIONS (column_name 'group_id'), group_char char(40) OPTIONS (column_name 'group_id'))
	  SERVER w OPTIONS (resource 'connectors');
	CREATE TABLE t.typed AS SELECT * FROM w.typed});
my %list = map { $_ => 'GET /v1/connections?' . ($_ eq '' ? '' : "$_&") . 'limit=1000' }
  '', map { "group_id=$_" } qw(amber_tundra lucid_orchard vivid_ember quiet_meridian nobody decent_dropsy);
my @all = map { "GET /v1/connections?limit=1000$_" } '', '&cursor=eyJza2lwIjoxMDAwfQ', '&cursor=eyJza2lwIjoyMDAwfQ';

sub asks
{
	my ($condition, $expected, $name, $table) = @_;
	$table //= 'connectors';
	my $sql = "SELECT count(*), md5(string_agg(id, ',' ORDER BY id)) FROM $table WHERE $condition";
	my ($log, $out, $err) = $node->sent($mock, 'w', $sql);
	is_deeply([ sort @$log ], [ sort @$expected ], "requests: " . ($name // $condition));
	is($out . $err, $node->query("SET search_path = t, w, public; $sql"), "rows: $condition");
	return;
}

sub lists { return [ map { $list{"group_id=$_"} } @_ ]; }

my $two = lists('lucid_orchard', 'vivid_ember');
asks("group_id IN ('lucid_orchard', 'vivid_ember')", $two);
asks("group_id = ANY (ARRAY['vivid_ember', 'lucid_orchard', NULL, 'vivid_ember'])",
	$two, 'each value once, none for NULL');
asks("group_id = 'lucid_orchard' OR group_id = 'vivid_ember'", $two);
asks("'lucid_orchard' = group_id OR group_id = 'vivid_ember' OR group_id = 'vivid_ember'", $two);
asks("group_id = 'lucid_orchard' OR group_id = NULL", lists('lucid_orchard'));
asks("group_id = NULL OR group_id = NULL::text", []);
asks("group_id = ANY ('{}')", []);
asks("group_id = ANY ('{NULL}')", []);
asks("group_id = ANY (NULL::text[])", []);
asks("group_id IN ('nobody', 'vivid_ember')", lists('nobody', 'vivid_ember'), 'one of them has no rows');
asks("group_id IN ('lucid_orchard', 'vivid_ember') AND NOT paused", $two, 'a condition beside it');
asks("group_id IN ('lucid_orchard', 'vivid_ember', 'amber_tundra')", \@all, 'as many as pages: all is read');
asks("group_id IN ('lucid_orchard', '')", \@all, 'an empty value cannot be asked for');
asks("group_id IN ('lucid_orchard', 'vivid_ember') AND group_id = 'vivid_ember'",
	lists('vivid_ember'), 'one value is better');
asks("group_id IN ('lucid_orchard', 'vivid_ember') AND schema = 'nothing'",
	['GET /v1/connections?schema=nothing&limit=1000'], 'one list of one page is not divided');
asks("group_id <> ALL (ARRAY['lucid_orchard', 'vivid_ember'])", \@all, 'no list of all but some');
asks("group_id = 'lucid_orchard' OR paused", \@all, 'another column: local');
asks("group_id = 'lucid_orchard' OR schema = 'x'", \@all, 'two columns: local');
asks("group_id = 'lucid_orchard' OR group_id < 'b'", \@all, 'another operator: local');
asks("group_id IN ('lucid_orchard', 'vivid_ember') OR group_id IS NULL", \@all, 'or NULL: local');
asks("NOT (group_id = 'lucid_orchard' OR group_id = 'vivid_ember')", \@all, 'none of them: local');
asks("schema IN (U&'caf\\00e9', 'nothing')",
	[ map { "GET /v1/connections?schema=$_&limit=1000" } 'caf%C3%A9', 'nothing' ], 'beyond ASCII');
asks("group_id IN (SELECT id FROM w.groups WHERE id IN ('lucid_orchard', 'vivid_ember')) AND false", [], 'never');
asks("id = 'assimilate_seem' OR id = 'broken_anchor'",
	[ map { "GET /v1/connections/$_" } 'assimilate_seem', 'broken_anchor' ], 'keys in an OR');
asks("(id = 'assimilate_seem' OR id = 'broken_anchor') AND group_id IN ('decent_dropsy', 'vivid_ember')",
	[ map { "GET /v1/connections/$_" } 'assimilate_seem', 'broken_anchor' ], 'keys are better than filters');
asks("group_id = ANY (ARRAY(SELECT unnest('{lucid_orchard,vivid_ember}'::text[])))", $two, 'what a subquery finds');
asks("group_id = ANY (ARRAY(SELECT DISTINCT group_id FROM t.connectors))", \@all, 'a subquery that finds many');

# other types of the attribute; blanks at the end of char(n) mean nothing, so it is not asked for
foreach my $column ('group_id', 'group_word')
{
	asks("$column IN ('lucid_orchard', 'vivid_ember')", $two, undef, 'typed');
	asks("$column = ANY ('{lucid_orchard,vivid_ember}'::varchar[])", $two, undef, 'typed');
}
asks("group_char IN ('lucid_orchard', 'vivid_ember')", \@all, undef, 'typed');
asks("group_id COLLATE \"C\" IN ('lucid_orchard', 'vivid_ember')", $two, undef, 'typed');

# parameters, in a plan that does not know them
foreach my $case (
	[ "'{lucid_orchard,vivid_ember}'", $two ], [ "'{vivid_ember}'", lists('vivid_ember') ], [ "'{}'", [] ], [ 'NULL', [] ],
	[ "'{amber_tundra,lucid_orchard,vivid_ember}'", \@all ])
{
	my ($parameter, $expected) = @$case;
	my $sql = "SET plan_cache_mode = force_generic_plan; PREPARE p (text[]) AS
	  SELECT count(*), md5(string_agg(id, ',' ORDER BY id)) FROM connectors WHERE group_id = ANY (\$1);
	  EXECUTE p ($parameter)";
	my ($log, $out) = $node->sent($mock, 'w', $sql);
	is_deeply([ sort @$log ], [ sort @$expected ], "requests: EXECUTE p ($parameter)");
	is($out, $node->query("SET search_path = t; $sql"), "rows: EXECUTE p ($parameter)");
}

# rows that the API gives for a value that is not theirs are not doubled
$mock->fault('w', { path => 'group_id=lucid_orchard', times => 0, status => 200,
	body => { code => 'Success', data => { items => [
		{ id => 'one', group_id => 'lucid_orchard', schema => 'a' },
		{ id => 'two', group_id => 'vivid_ember', schema => 'b' } ] } } });
is($node->query("SELECT count(*) FROM connectors WHERE group_id IN ('lucid_orchard', 'vivid_ember')"),
	1 + $node->query("SELECT count(*) FROM t.connectors WHERE group_id = 'vivid_ember'"),
	'each list has rows of its value only');
$mock->clear_faults('w');

# EXPLAIN
like($node->query("EXPLAIN (COSTS OFF) SELECT id FROM connectors WHERE group_id IN ('lucid_orchard', 'vivid_ember')"),
	qr{Request: GET /v1/connections\?group_id=\{group_id\}&limit=1000\n\s+Pushed Filter: .* ANY .*\n\s+Expected Calls: 2},
	'EXPLAIN tells the lists');
like($node->query("EXPLAIN (COSTS OFF) SELECT id FROM connectors WHERE group_id IN ('a', 'b', 'c', 'd')"),
	qr{Request: GET /v1/connections\?limit=1000\n\s+Expected Calls: 3}, 'and where all is read');

like($node->query("EXPLAIN (COSTS OFF) SELECT id FROM connectors WHERE id = ANY ('{a,b,a,NULL,b,a}')"),
	qr{Request: GET /v1/connections/\{id\}\n.*\n\s+Expected Calls: 2}, 'each key counts once');
like($node->query("EXPLAIN (COSTS OFF) SELECT id FROM connectors WHERE group_id = ANY ('{a,b,a,NULL,b,a}')"),
	qr{Request: GET /v1/connections\?group_id=\{group_id\}&limit=1000\n.*\n\s+Expected Calls: 2}, 'each value, too');

# a write of what they leave, and what is read ahead of it
{
	my ($log) = $node->sent($mock, 'w', "SET fivetrex.dry_run = on; SET client_min_messages = error;
	  UPDATE connectors SET paused = true WHERE group_id IN ('lucid_orchard', 'vivid_ember')");
	is_deeply([ sort @$log ], [ sort @$two ], 'UPDATE');
	$node->query("CREATE FUNCTION pause_all() RETURNS bigint LANGUAGE plpgsql AS \$\$
	  DECLARE r record; n bigint := 0;
	  BEGIN
	    FOR r IN SELECT id FROM w.connectors WHERE group_id IN ('lucid_orchard', 'vivid_ember') LOOP
	      PERFORM fivetrex_pause(r.id, server => 'w');
	      n := n + 1;
	    END LOOP;
	    RETURN n;
	  END \$\$");
	is($node->query("SET fivetrex.max_writes = -1; SELECT pause_all()"),
		$node->query("SELECT count(*) FROM t.connectors WHERE group_id IN ('lucid_orchard', 'vivid_ember')"),
		'both lists are read to their end before the first write');
}

# a database of another encoding
$node->query("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
is($node->safe_psql('latin', "SET client_encoding = 'UTF8'; CREATE EXTENSION fivetrex;
	CREATE SERVER w FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url '" . $mock->url('w') . "', retry_delay '0');
	CREATE USER MAPPING FOR PUBLIC SERVER w OPTIONS (api_key 'key', api_secret 'secret');
	CREATE FOREIGN TABLE c (id text, schema text) SERVER w OPTIONS (resource 'connectors');
	SELECT id FROM c WHERE schema IN (U&'caf\\00e9', 'nothing')"), 'assimilate_seem', 'in LATIN1');

is_deeply([ $mock->violations('w') ], [], 'no request broke the definition');
$node->stop;
$mock->stop;
done_testing();
