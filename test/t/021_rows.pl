# What core asks of a row beside its columns: whole rows, through parents, under
# row marks, for RETURNING and triggers; columns that are generated; and values
# that do not fit in rows that nobody wants.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('rows');
$node->add_world($mock, 'w');
$node->query("ALTER DATABASE postgres SET search_path = w, public;
	ALTER DATABASE postgres SET fivetrex.max_deletes = 10000");

# The answer, and the writes that leave.
sub gives
{
	my ($name, $sql, $wanted, @writes) = @_;
	my ($log, $out, $err) = $node->writes($mock, 'w', "SET timezone = 'UTC'; $sql");
	is($err, '', "$name: no complaint");
	ref $wanted ? like($out, $wanted, $name) : is($out, $wanted, $name);
	is_deeply([ map { s/ \{.*//r } @$log ], \@writes, "$name: what is written");
	return;
}

$node->query(q{
	CREATE TABLE public.par (id text, name text, created_at timestamptz);
	CREATE FOREIGN TABLE public.chi () INHERITS (par) SERVER w OPTIONS (resource 'groups');
	CREATE TABLE public.parted (created_at timestamptz, id text, name text) PARTITION BY LIST (id);
	CREATE TABLE public.sub PARTITION OF parted DEFAULT PARTITION BY LIST (name);
	CREATE FOREIGN TABLE public.part (id text, name text, created_at timestamptz) SERVER w OPTIONS (resource 'groups');
	ALTER TABLE sub ATTACH PARTITION part DEFAULT;
	CREATE TABLE public.l (id text, j jsonb);
	INSERT INTO l SELECT id, NULL FROM groups});
my ($row) = $node->rows("SET timezone = 'UTC'; SELECT id, name, created_at FROM groups WHERE id = 'empty_shelf'");
my ($id, $name, $created) = split /\|/, $row;

subtest 'parents' => sub {
	foreach my $parent (qw(par parted))
	{
		my $quoted = $parent eq 'par' ? qq{($id,$name,"$created")} : qq{("$created",$id,$name)};
		gives("$parent: row", "SELECT p FROM $parent p WHERE id = '$id'", $quoted);
		gives("$parent: locked row", "SELECT p FROM $parent p WHERE id = '$id' FOR UPDATE", $quoted);
		gives("$parent: locked column", "SELECT name FROM $parent p WHERE id = '$id' FOR UPDATE", $name);
		gives("$parent: excluded by the row",
			"DELETE FROM $parent WHERE NOT ($parent\::text LIKE '%$name%') AND id = '$id'", '');
		gives("$parent: updated from", "BEGIN; UPDATE l SET j = to_jsonb(p) FROM $parent p WHERE p.id = l.id AND l.id = '$id'
			RETURNING j ->> 'name'; ROLLBACK", $name);
		gives("$parent: deleted using", "BEGIN; DELETE FROM l USING $parent p
			WHERE p.id = l.id AND row_to_json(p) ->> 'name' IS NULL RETURNING l.id; ROLLBACK", '');
		gives("$parent: returned beside a deletion", "BEGIN; DELETE FROM l USING $parent p WHERE p.id = l.id AND l.id = '$id'
			RETURNING p, p.name; ROLLBACK", "$quoted|$name");
		gives("$parent: dry run of an update", "SET client_min_messages = error; SET fivetrex.dry_run = on;
			UPDATE $parent p SET name = p.name || length(p::text) WHERE id = '$id' RETURNING *", '');
		$node->query("INSERT INTO groups (name) VALUES ('gone_$parent')");
		my $gone = $node->query("SELECT id FROM groups WHERE name = 'gone_$parent'");
		gives("$parent: returned by a deletion", "DELETE FROM $parent WHERE name = 'gone_$parent'
			RETURNING name, created_at IS NULL, $parent = $parent, $parent IS NOT NULL",
			"gone_$parent|f|t|t", "DELETE /v1/groups/$gone");
	}
};

subtest 'generated columns' => sub {
	$node->query(q{CREATE FOREIGN TABLE public.gen (loud text GENERATED ALWAYS AS (upper(name)) STORED, id text,
		  name text, length int GENERATED ALWAYS AS (length(name || id)) STORED, created_at timestamptz)
		  SERVER w OPTIONS (resource 'groups');
		CREATE TABLE public.gen_parent (id text, name text, created_at timestamptz,
		  loud text GENERATED ALWAYS AS (upper(name)) STORED);
		CREATE FOREIGN TABLE public.gen_child () INHERITS (gen_parent) SERVER w OPTIONS (resource 'groups')});
	my ($loud, $length) = (uc $name, length "$name$id");
	gives('read', "SELECT loud, length FROM gen WHERE id = '$id'", "$loud|$length");
	gives('alone', 'SELECT count(loud), count(DISTINCT loud) > 1 FROM gen', '14|t');
	gives('in a condition', "SELECT id FROM gen WHERE loud = '$loud'", $id);
	gives('in the row', "SELECT (gen).loud, gen IS NOT NULL FROM gen WHERE id = '$id'", "$loud|t");
	gives('of a parent', "SELECT loud, p IS NOT NULL FROM gen_parent p WHERE loud = '$loud'", "$loud|t");
	gives('joined', "SELECT a.loud FROM gen a JOIN gen_parent b ON a.loud = b.loud WHERE b.id = '$id'", $loud);
	gives('inserted', "INSERT INTO gen (name) VALUES ('shop') RETURNING loud, length > 5, name", 'SHOP|t|shop',
		'POST /v1/groups');
	gives('updated', "UPDATE gen SET name = 'new' WHERE id = '$id' RETURNING loud, name", 'NEW|new',
		"PATCH /v1/groups/$id");
	gives('updated through a parent',
		"UPDATE gen_parent SET name = lower(loud) || 'er' WHERE id = '$id' RETURNING loud, name",
		'NEWER|newer', "PATCH /v1/groups/$id");
	gives('updated, not returned', "UPDATE gen SET name = '$name' WHERE loud = 'NEWER'", '', "PATCH /v1/groups/$id");
	gives('deleted', "DELETE FROM gen WHERE name = 'shop' RETURNING loud, gen IS NULL, created_at IS NULL",
		'SHOP|f|f',
		'DELETE /v1/groups/' . $node->query("SELECT id FROM groups WHERE name = 'shop'"));
	gives('in statistics',
		"ANALYZE gen; SELECT null_frac FROM pg_stats WHERE tablename = 'gen' AND attname = 'loud'", '0');
	like($node->fails("INSERT INTO gen (name, loud) VALUES ('x', 'y')"), qr/ERROR:  428C9/, 'not to be given');
	$node->query("CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql
		AS 'BEGIN RAISE NOTICE ''%, %'', OLD.loud, NEW.loud; RETURN NEW; END';
		CREATE TRIGGER t BEFORE UPDATE ON gen FOR EACH ROW EXECUTE FUNCTION note();
		CREATE TRIGGER u AFTER UPDATE ON gen FOR EACH ROW EXECUTE FUNCTION note()");
	like(($node->writes($mock, 'w', "UPDATE gen SET name = 'b' WHERE id = '$id'"))[2],
		qr/NOTICE:  00000: \Q$loud\E, <NULL>\n(?:.*\n)?.*NOTICE:  00000: \Q$loud\E, B\n/, 'for triggers');
	$node->query("DROP TRIGGER t ON gen; DROP TRIGGER u ON gen; UPDATE gen SET name = '$name' WHERE id = '$id'");
};

subtest 'values that do not fit' => sub {
	$mock->patch('w', 'groups', 'decent_dropsy', set => { created_at => 'no time', name => 'broken' });
	my $broken =
	  qr/ERROR:  22007: .*"no time"\n(?:DETAIL: .*\n)?CONTEXT:  column "created_at" of foreign table "\w+"/;
	foreach my $table (qw(groups par parted))
	{
		like($node->fails("SELECT $_"), $broken, "$_: wanted") foreach (
			"* FROM $table", "created_at FROM $table WHERE id <> '$id'",
			"count(*) FROM $table WHERE created_at IS NOT NULL");
		gives("$table: $_->[0]", "SELECT $_->[0]", $_->[1]) foreach (
			[ "count(*) FROM $table", 14 ],
			[ "count(name) FROM $table", 14 ],
			[ "created_at FROM $table WHERE id IN ('$id')", $created ],
			[ "created_at FROM $table WHERE name = '$name'", $created ],
			[ "count(created_at) FROM $table WHERE name <> 'broken'", 13 ],
			[ "count(created_at) FROM $table WHERE name NOT IN (SELECT 'broken')", 13 ],
			[ "count($table) FROM $table WHERE length(name) <> 60 AND id <> 'decent_dropsy'", 13 ],
			[ "g.created_at FROM $table g, l WHERE g.name = '$name' AND l.id = g.id FOR UPDATE OF l", $created ]);
		gives("$table: an update", "UPDATE $table SET name = '$name' WHERE name = '$name' RETURNING created_at",
			$created, "PATCH /v1/groups/$id");
	}
	gives('rows removed',
		"EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF) SELECT created_at FROM groups WHERE name <> 'broken'",
		qr/Rows Removed by Filter: 1\b/);
	gives('a filter that writes', "CREATE FUNCTION public.touch(text) RETURNS boolean LANGUAGE plpgsql AS
		'BEGIN UPDATE w.groups SET name = ''$name'' WHERE id = ''$id'' AND \$1 = ''$id''; RETURN \$1 <> ''x''; END';
		SELECT count(created_at) FROM (SELECT * FROM groups WHERE id <> 'decent_dropsy' AND touch(id)) x",
		13, "PATCH /v1/groups/$id");
	$node->query("CREATE SERVER small FOREIGN DATA WRAPPER fivetrex
		  OPTIONS (base_url '" . $mock->url('w') . "', page_size '3', prefetch 'false');
		CREATE USER MAPPING FOR PUBLIC SERVER small OPTIONS (api_key 'key', api_secret 'secret');
		CREATE FOREIGN TABLE small (id text, name text, created_at timestamptz) SERVER small OPTIONS (resource 'groups')");
	my ($log, $out, $err) = $node->sent($mock, 'w', "SET client_min_messages = error; BEGIN;
		DECLARE c CURSOR FOR SELECT created_at FROM small WHERE name <> 'broken';
		MOVE 1 FROM c; UPDATE small SET name = '$name' WHERE id = '$id'; FETCH ALL FROM c");
	is($err, '', 'read ahead of a write: no complaint');
	is(scalar(split /\n/, $out), 12, 'read ahead of a write: all that are wanted');
	is((grep { $log->[$_] =~ /^PATCH/ } 0 .. $#$log)[0], $#$log, 'read ahead of a write: before it');
	$mock->patch('w', 'destinations', 'decent_dropsy', set => { region => { no => 'text' }, time_zone_offset => [] });
	gives('details',
		"SELECT count(*) FROM destinations WHERE config IS NOT NULL AND service <> 'x' AND id <> 'decent_dropsy'",
		$node->query("SELECT count(*) - 1 FROM destinations"));
};

$node->stop;
$mock->stop;
done_testing();
