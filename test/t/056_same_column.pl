# Two columns of a foreign table may be one column of the API: what a statement gives one of them is the value of both,
# before anything is sent.  One may also be the object in which the other one is: what that will be is not known before.
# Checks of every kind name one of the two, and statements of every kind set the other one.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('same');
$node->add_world($mock, 'w');

sub writes { return $node->writes($mock, 'w', @_) }

my $cell = join ' AND ', map { "$_->[0] = '$_->[1]'" } (
	[ connector_id => 'assimilate_seem' ], [ schema_name => 'public' ], [ table_name => 'customers' ],
	[ column_name => $node->query(q{SELECT min(column_name) FROM w.connector_columns
	  WHERE connector_id = 'assimilate_seem' AND schema_name = 'public' AND table_name = 'customers'}) ]);

# The guard names one of the two, the statement gives the other one a value that it forbids.
$node->query(q{
	CREATE FOREIGN TABLE guarded (id text, name text, title text OPTIONS (column_name 'name'),
		short varchar OPTIONS (column_name 'name')) SERVER w OPTIONS (resource 'groups');
	CREATE FOREIGN TABLE guarded_cells (connector_id text, schema_name text, table_name text, column_name text,
		hashed boolean, masked boolean OPTIONS (column_name 'hashed'), raw text OPTIONS (column_name 'hashed'))
	SERVER w OPTIONS (resource 'connector_columns');
	CREATE FOREIGN TABLE whole (id text, name text, attrs jsonb) SERVER w OPTIONS (resource 'groups');
	CREATE FOREIGN TABLE computing (id text, name text, title text OPTIONS (column_name 'name'),
		loud text GENERATED ALWAYS AS (upper(title)) STORED) SERVER w OPTIONS (resource 'groups');
	CREATE TABLE by_title (id text, title text, name text) PARTITION BY LIST (title);
	CREATE FOREIGN TABLE of_good PARTITION OF by_title FOR VALUES IN ('good', 'better')
	SERVER w OPTIONS (resource 'groups');
	ALTER FOREIGN TABLE of_good ALTER COLUMN title OPTIONS (ADD column_name 'name')});
my ($group) = split /\n/, $node->query('SELECT id FROM w.groups ORDER BY id LIMIT 1');

# Statements that give column C a value V, in a table T.
my %ways = (
	'INSERT' => 'INSERT INTO T (C) VALUES (V)',
	'INSERT RETURNING' => 'INSERT INTO T (C) VALUES (V) RETURNING C',
	'UPDATE' => "UPDATE T SET C = V WHERE id = '$group'",
	'UPDATE RETURNING' => "UPDATE T SET C = V WHERE id = '$group' RETURNING C",
	'UPDATE FROM' => "UPDATE T SET C = v FROM (VALUES (V)) x (v) WHERE id = '$group'",
	'COPY' => "COPY T (C) FROM stdin;\nV\n\\.\n");

sub way
{
	my ($name, $table, $column, $value) = @_;
	$value = "'$value'" if $name ne 'COPY';
	return $ways{$name} =~ s/\bT\b/$table/gr =~ s/\bC\b/$column/gr =~ s/\bV\b/$value/gr;
}

foreach my $guard (
	[ 'CHECK', 'guarded', q{ALTER FOREIGN TABLE guarded ADD CONSTRAINT good CHECK (title <> 'bad')}, 'name', 'short' ],
	[ 'CHECK of the first one', 'guarded', q{ALTER FOREIGN TABLE guarded ADD CONSTRAINT good CHECK (name <> 'bad')},
		'title' ],
	[ 'CHECK of a whole row', 'guarded',
		q{ALTER FOREIGN TABLE guarded ADD CONSTRAINT good CHECK (guarded::text NOT LIKE '%,bad,%')}, 'title' ],
	[ 'CHECK OPTION', 'shown', q{CREATE VIEW shown AS SELECT * FROM guarded WHERE title <> 'bad' WITH CHECK OPTION},
		'name', 'short' ],
	[ 'CHECK of a computed column', 'computing',
		q{ALTER FOREIGN TABLE computing ADD CONSTRAINT good CHECK (loud <> 'BAD')}, 'name' ],
	[ 'CHECK of the object', 'whole',
		q{ALTER FOREIGN TABLE whole ADD CONSTRAINT good CHECK (attrs ->> 'name' <> 'bad')}, 'name' ],
	[ 'CHECK OPTION of the object', 'shown',
		q{CREATE VIEW shown AS SELECT * FROM whole WHERE attrs ->> 'name' <> 'bad' WITH CHECK OPTION}, 'name' ])
{
	my ($kind, $table, $create, @columns) = @$guard;
	$node->query($create);
	foreach my $column (@columns)
	{
		foreach my $name (grep { $table ne 'shown' || $_ ne 'COPY' } sort keys %ways)
		{
			my ($log, undef, $err) = writes(way($name, $table, $column, 'bad'));
			like($err, qr/ERROR:  (?:23514|44000|0A000): .*\nDETAIL:  .*Nothing of this row was sent\./,
				"$kind, $name of $column: refused");
			is_deeply($log, [], "$kind, $name of $column: nothing is sent");
			($log, undef, $err) = writes(way($name, $table, $column, 'good'));
			next if $err =~ /0A000/;    # the check needs what only the API knows
			is(scalar(@$log), 1, "$kind, $name of $column: what it allows is sent") or diag($err);
		}
	}
	$node->query($table eq 'shown' ? 'DROP VIEW shown' : "ALTER FOREIGN TABLE $table DROP CONSTRAINT good");
}
foreach my $name (grep { /UPDATE/ } sort keys %ways)
{
	$node->query("UPDATE w.groups SET name = 'good' WHERE id = '$group'");
	is_deeply((writes(way($name, 'of_good', 'name', 'bad')))[0], [], "a partition, $name: nothing leaves it");
	my ($log) = writes(way($name, 'of_good', 'name', 'better'));
	is(scalar(@$log), 1, "a partition, $name: within it");
}
$node->query('ALTER FOREIGN TABLE guarded_cells ADD CHECK (NOT hashed)');
is_deeply((writes("UPDATE guarded_cells SET masked = true WHERE $cell"))[0], [], 'CHECK, merged: nothing is sent');

# What another type will make of it is not known.
my ($log, undef, $err) = writes("UPDATE guarded_cells SET raw = 'true' WHERE $cell");
like($err, qr/ERROR:  0A000: the check constraint .* cannot be checked before the row is sent/,
	'another type: refused');
is_deeply($log, [], 'and nothing is sent');

# Where an answer is silent, RETURNING has what was sent.
foreach my $name ('UPDATE RETURNING', 'UPDATE FROM')
{
	$mock->fault('w', { method => 'PATCH', path => '.', leave_out => ['name'] });
	my $sql = way($name, 'guarded', 'title', "of_silence") =~ s/ RETURNING.*//r;
	is($node->query("$sql RETURNING name, title, short"), 'of_silence|of_silence|of_silence',
		"$name, without an answer: RETURNING");
	$mock->clear_faults('w');
}

done_testing;
