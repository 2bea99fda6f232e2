# Two columns of a foreign table may be one column of the API.  A statement that
# gives both a value contradicts itself, or would: it is refused, and nothing of
# the row is sent; with one of the two it does what it says.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('twice');
$node->add_world($mock, 'w');
$node->query(q{
	CREATE FOREIGN TABLE hooks (id text, type text, group_id text, url text, active boolean, events text[],
		address text OPTIONS (column_name 'url'), secret text, live boolean OPTIONS (column_name 'active'))
	SERVER w OPTIONS (resource 'webhooks');
	CREATE FOREIGN TABLE columns (connector_id text, schema_name text, table_name text, column_name text,
		hashed boolean, masked boolean OPTIONS (column_name 'hashed'))
	SERVER w OPTIONS (resource 'connector_columns');
	CREATE FOREIGN TABLE folders (id text, name text, title text OPTIONS (column_name 'name'))
	SERVER w OPTIONS (resource 'groups');
	CREATE VIEW seen AS SELECT id, url, address, active, live FROM hooks;
	CREATE FUNCTION follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	  IF TG_TABLE_NAME = 'hooks' THEN NEW.live := NOT NEW.active; ELSE NEW.title := 'followed'; END IF; RETURN NEW; END $$;
	CREATE TRIGGER follow BEFORE INSERT ON folders FOR EACH ROW WHEN (NEW.name = 'follow') EXECUTE FUNCTION follow();
	CREATE TRIGGER follow BEFORE UPDATE ON hooks FOR EACH ROW WHEN (NEW.secret = 'follow') EXECUTE FUNCTION follow()});

sub writes { return $node->writes($mock, 'w', @_) }

my $hook = $node->query('SELECT min(id) FROM hooks');
my $path = "/v1/webhooks/$hook";
my ($connector, $schema, $table, $column) = split /\|/, $node->query(q{
	SELECT connector_id, schema_name, table_name, column_name FROM columns
	WHERE connector_id = 'assimilate_seem' ORDER BY 2, 3, 4 LIMIT 1});
my $cell = "connector_id = '$connector' AND schema_name = '$schema' AND table_name = '$table'"
  . " AND column_name = '$column'";

# ---------- refused: every way to write both

my $active = 'columns "active" and "live" of foreign table "hooks" are one';
my $name = 'columns "name" and "title" of foreign table "folders" are one';
my $hashed = 'columns "hashed" and "masked" of foreign table "columns" are one';
my %refused = (
	'UPDATE' => ["UPDATE hooks SET active = true, live = false WHERE id = '$hook'", $active],
	'UPDATE to the same' => ["UPDATE hooks SET active = true, live = true WHERE id = '$hook'", $active],
	'UPDATE to NULL' => ["UPDATE hooks SET active = true, live = NULL WHERE id = '$hook'", $active],
	'UPDATE row by row' => ["UPDATE hooks SET active = v, live = NOT v FROM (VALUES (true)) x (v) WHERE id = '$hook'",
		$active],
	'UPDATE of several columns at once' => ["UPDATE hooks SET (live, active) = (true, true) WHERE id = '$hook'", $active],
	'UPDATE of a view' => ["UPDATE seen SET active = true, live = false WHERE id = '$hook'", $active],
	'UPDATE merged' => ["UPDATE columns SET hashed = true, masked = false WHERE $cell", $hashed],
	'UPDATE that meets no row' => [q{UPDATE hooks SET active = true, live = false WHERE id = 'nobody'}, $active],
	'EXPLAIN UPDATE' => [q{EXPLAIN UPDATE hooks SET active = true, live = false}, $active],
	'a dry run' => [q{SET fivetrex.dry_run = on; UPDATE hooks SET active = true, live = false}, $active],
	'UPDATE, one by a trigger' => [q{UPDATE hooks SET active = true, secret = 'follow'} . " WHERE id = '$hook'", $active],
	'INSERT' => [q{INSERT INTO folders (name, title) VALUES ('a', 'b')}, $name],
	'INSERT of the same' => [q{INSERT INTO folders (name, title) VALUES ('a', 'a')}, $name],
	'INSERT without a list' => [q{INSERT INTO folders VALUES (NULL, 'a', 'b')}, $name],
	'INSERT, RETURNING' => [q{INSERT INTO folders (title, name) VALUES ('a', 'b') RETURNING id}, $name],
	'INSERT ... SELECT' => [q{INSERT INTO folders (name, title) SELECT 'x', n::text FROM generate_series(1, 3) n}, $name],
	'INSERT of some rows' => [q{INSERT INTO folders (name, title) VALUES ('a', NULL), ('b', 'c')}, $name],
	'INSERT, one by a trigger' => [q{INSERT INTO folders (name) VALUES ('follow')}, $name],
	'COPY' => ["COPY folders (name, title) FROM stdin;\na\t\\N\nb\tc\n\\.\n", $name]);
foreach my $way (sort keys %refused)
{
	my ($sql, $message) = @{ $refused{$way} };
	my ($log, undef, $err) = writes($sql);
	like($err, qr/ERROR:  42701: \Q$message\E\nDETAIL:  Both are column .* which has one value\. None was sent\.\nHINT:  /,
		"$way: error");
	is_deeply($log, [], "$way: nothing is written");
}

# ---------- one of the two is enough, whichever

foreach my $column (qw(active live))
{
	is_deeply((writes("UPDATE hooks SET $column = true WHERE id = '$hook'"))[0], [qq{PATCH $path {"active":true}}],
		"UPDATE of $column");
}
is_deeply((writes("UPDATE columns SET masked = true WHERE $cell"))[0],
	[   "PATCH /v1/connections/$connector/schemas "
		  . qq{{"schemas":{"$schema":{"tables":{"$table":{"columns":{"$column":{"hashed":true}}}}}}}} ],
	'UPDATE of one that is merged');
foreach my $columns ('name, title', 'title, name')
{
	my ($log, $out) = writes("INSERT INTO folders ($columns) VALUES ('of_$$', NULL) RETURNING name, title");
	is_deeply($log, [qq{POST /v1/groups {"name":"of_$$"}}], "INSERT ($columns), the other one NULL");
	is($out, "of_$$|of_$$", 'and the row has both');
}
# both leave at once
is_deeply([ sort @{ (writes("COPY folders (name, title) FROM stdin;\n\\N\tcopied\nagain\t\\N\n\\.\n"))[0] } ],
	[ map { qq{POST /v1/groups {"name":"$_"}} } qw(again copied) ], 'COPY, the other one NULL');
is($node->query("SELECT count(*) FROM hooks WHERE active IS DISTINCT FROM live OR url IS DISTINCT FROM address"), 0,
	'reads give both');

done_testing;
