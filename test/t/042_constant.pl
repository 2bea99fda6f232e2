# The column option constant: several accounts as partitions of one table.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use JSON::PP;
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $json = JSON::PP->new->canonical;
my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('constant');
my @worlds = qw(a b c);
my $numbers = { a => 1, b => 2, c => 3 };
foreach my $world (@worlds)
{
	$node->add_world($mock, $world, async_capable => 'true');
	$mock->settings($world, connectors => { a => 11, b => 12, c => 13 }->{$world});
	$node->safe_psql('postgres', qq{ALTER FOREIGN TABLE $world.connectors ADD account text OPTIONS (constant '$world'),
		ADD number integer OPTIONS (constant '$numbers->{$world}')});
}
$node->safe_psql('postgres', q{
	CREATE TABLE all_connectors (LIKE a.connectors) PARTITION BY LIST (account)});
$node->safe_psql('postgres', "ALTER TABLE all_connectors ATTACH PARTITION $_.connectors FOR VALUES IN ('$_')")
	foreach @worlds;
$node->safe_psql('postgres', 'CREATE VIEW united AS '
	. join ' UNION ALL ', map { "SELECT * FROM $_.connectors" } @worlds);

# Local twins, of what the API says now.
$node->safe_psql('postgres', q{
	CREATE SCHEMA twin;
	CREATE TABLE twin.all_connectors AS SELECT * FROM all_connectors;
	CREATE TABLE twin.a AS SELECT * FROM a.connectors;
	CREATE TABLE tenants (account text, number integer, region text);
	INSERT INTO tenants VALUES ('a', 1, 'eu'), ('b', 2, 'us'), ('d', 4, 'eu'), (NULL, NULL, 'eu')});

my $list = 'GET /v1/connections?limit=1000';
my $c = '/v1/connections';

# What a statement asks of each world, and what it answers.
sub asks
{
	my ($sql) = @_;
	$mock->clear($_) foreach @worlds;
	my (undef, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$sql");
	my %asked = map { my $w = $_; my @r = sent_to($w); @r ? ($w => \@r) : () } @worlds;
	return (\%asked, $out, $err);
}

sub sent_to
{
	my ($world) = @_;
	return sort map { "$_->{method} $_->{path}" . (defined $_->{body} ? ' ' . $json->encode($_->{body})
		: '') } $mock->log($world);
}

sub reads
{
	my ($name, $sql, $expected, $out_expected) = @_;
	my ($asked, $out, $err) = asks($sql);
	is_deeply($asked, $expected, "$name: requests");
	is($out, $out_expected, "$name: rows") if defined $out_expected;
	is($err, '', "$name: no complaint");
	return;
}

sub refuses
{
	my ($name, $sql, $error) = @_;
	my ($asked, undef, $err) = asks($sql);
	like($err, $error, "$name: error");
	is_deeply({ map { $_ => [ grep { !/^GET/ } @{ $asked->{$_} } ] } keys %$asked }, { map { $_ => [] } keys %$asked },
		"$name: nothing is sent");
	return;
}

# ---------- reads

subtest 'one table' => sub {
	reads('the constant', 'SELECT DISTINCT account, number, pg_typeof(number) FROM a.connectors', { a => [$list] },
		'a|1|integer');
	reads('nothing but the constant', 'SELECT count(account) FROM a.connectors', { a => [$list] }, '11');
	reads('beside a key', q{SELECT account, id FROM a.connectors WHERE id = 'assimilate_seem'},
		{ a => ["GET $c/assimilate_seem"] }, 'a|assimilate_seem');
	reads('a whole row', q{SELECT (x).account, row_to_json(x) ->> 'number' FROM a.connectors x
		WHERE id = 'assimilate_seem'}, { a => ["GET $c/assimilate_seem"] }, 'a|1');
	reads('a condition that holds', q{SELECT count(*) FROM a.connectors WHERE account = 'a' AND number < 2},
		{ a => [$list] }, '11');
	reads('and leaves the LIMIT to the API', q{SELECT account FROM a.connectors WHERE account = 'a' LIMIT 2},
		{ a => ['GET /v1/connections?limit=2'] }, "a\na");
	foreach my $false (q{account = 'b'}, q{account <> 'a'}, q{account IN ('b', 'c')}, q{account > 'a'}, 'account IS NULL',
		'number = 2',
		'number > 1', 'number NOT IN (1, 2)', 'number IS NULL', q{account = 'a' AND number = 2},
			q{account = 'b' OR number = 3}, 'account = NULL')
	{
		reads("not $false", "SELECT id FROM a.connectors WHERE $false", {}, '');
		like($node->safe_psql('postgres', "EXPLAIN (COSTS OFF) SELECT id FROM a.connectors WHERE $false"),
			qr/^Result\n(\s+Replaces: .*\n)?\s+One-Time Filter: false$/, "$false is seen by the planner");
	}
	foreach my $false (q{account LIKE 'b%'}, q{upper(account) = 'B'}, 'number % 2 = 0', q{account = lower('B')},
		'account = current_user')
	{
		reads("not $false", "SELECT id FROM a.connectors WHERE $false", {}, '');
		reads("nor with a key, $false", "SELECT id FROM a.connectors WHERE $false AND id = 'assimilate_seem'", {}, '');
	}
	# one that fails does so on a row only
	foreach my $failing ('1 / (number - 1) = 1', q{substr(account, 1, -number) = 'a'}, 'account::int = 1')
	{
		reads("$failing, and no row", "SELECT id FROM a.connectors WHERE $failing AND id = 'nobody'",
			{ a => ["GET $c/nobody"] }, '');
		like((asks("SELECT id FROM a.connectors WHERE $failing AND id = 'assimilate_seem'"))[2], qr/ERROR:  22/,
			"$failing, and a row");
	}
	reads('an unknown one beside another column', q{SELECT count(*) FROM a.connectors WHERE account LIKE 'b%'
		OR id = 'assimilate_seem'}, { a => [$list] }, '1');
	reads('generic plan, false', q{SET plan_cache_mode = force_generic_plan; PREPARE p(text) AS SELECT count(*)
		FROM a.connectors WHERE account = $1; EXECUTE p('b'); EXECUTE p(NULL)}, {}, "0\n0");
	reads('generic plan, true', q{SET plan_cache_mode = force_generic_plan; PREPARE p(text) AS SELECT count(*)
		FROM a.connectors WHERE account = $1; EXECUTE p('a')}, { a => [$list] }, '11');
	reads('a value of the execution', q{SELECT count(*) FROM a.connectors WHERE account = (SELECT max(account)
		FROM tenants)}, {}, '0');
	is($node->safe_psql('postgres', q{SET plan_cache_mode = force_generic_plan; PREPARE p(text) AS SELECT id
		FROM a.connectors WHERE account = $1; EXPLAIN (COSTS OFF) EXECUTE p('b')}),
		"Foreign Scan on connectors\n  Filter: (account = \$1)\n  Fivetran Request: none\n  Expected Calls: 0",
			'EXPLAIN knows parameters');
	unlike($node->safe_psql('postgres', q{EXPLAIN (COSTS OFF) SELECT id FROM a.connectors
		WHERE account = (SELECT max(account) FROM tenants)}), qr/Request: none/, 'but not what is executed');
	# the conditions of a security barrier come before those of its reader
	$node->safe_psql('postgres', q{CREATE FUNCTION tells(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
		BEGIN RAISE NOTICE 'told %', $1; RETURN true; END $$;
		CREATE VIEW barrier WITH (security_barrier) AS SELECT * FROM a.connectors WHERE id = 'no_such'});
	reads('a barrier', 'SELECT id FROM barrier WHERE tells(account)', { a => ["GET $c/no_such"] }, '');
	$node->safe_psql('postgres', 'DROP VIEW barrier');
};

subtest 'partitions' => sub {
	my %all = map { $_ => [$list] } @worlds;
	reads('all', 'SELECT account, count(*) FROM all_connectors GROUP BY 1 ORDER BY 1', \%all, "a|11\nb|12\nc|13");
	reads('one', q{SELECT count(*), min(account) FROM all_connectors WHERE account = 'b'}, { b => [$list] }, '12|b');
	reads('two', q{SELECT count(*) FROM all_connectors WHERE account IN ('b', 'c')}, { b => [$list], c => [$list] }, '25');
	reads('by a constant that is not the partition key', 'SELECT count(*) FROM all_connectors WHERE number = 3',
		{ c => [$list] }, '13');
	reads('none', q{SELECT count(*) FROM all_connectors WHERE account = 'z'}, {}, '0');
	reads('a key in one', q{SELECT account, id FROM all_connectors WHERE account = 'c' AND id = 'assimilate_seem'},
		{ c => ["GET $c/assimilate_seem"] }, 'c|assimilate_seem');
	reads('a key in all', q{SELECT count(*) FROM all_connectors WHERE id = 'assimilate_seem'},
		{ map { $_ => ["GET $c/assimilate_seem"] } @worlds }, '3');
	reads('at run time, by a parameter', q{SET plan_cache_mode = force_generic_plan; PREPARE p(text) AS SELECT count(*)
		FROM all_connectors WHERE account = $1; EXECUTE p('b')}, { b => [$list] }, '12');
	reads('at run time, by a subquery', q{SELECT count(*) FROM all_connectors WHERE account = (SELECT account FROM tenants
		WHERE region = 'us')}, { b => [$list] }, '12');
	reads('not by the partition key, at run time', 'SELECT count(*) FROM all_connectors WHERE number = (SELECT 3)',
		{ c => [$list] }, '13');
	reads('a view of UNION ALL', q{SELECT count(*) FROM united WHERE account = 'b'}, { b => [$list] }, '12');
	my $plan = $node->safe_psql('postgres', 'EXPLAIN (COSTS OFF) SELECT id FROM all_connectors');
	is(() = $plan =~ /Async Foreign Scan/g, 3, 'all are asked at once');
	is($node->safe_psql('postgres', q{EXPLAIN (COSTS OFF) SELECT id FROM united WHERE account = 'b'}),
		"Foreign Scan on connectors\n  Filter: (account = 'b'::text)\n  Fivetran Request: GET /v1/connections?limit=1000\n"
			. "  Expected Calls: 3", 'a member of UNION ALL that is left alone');
	my ($rows) = $node->safe_psql('postgres', q{EXPLAIN SELECT id FROM b.connectors WHERE account = 'b'}) =~ /rows=(\d+)/;
	is($rows, ($node->safe_psql('postgres', 'EXPLAIN SELECT id FROM b.connectors') =~ /rows=(\d+)/)[0],
		'a constant drops no rows in estimates');
};

subtest 'joins' => sub {
	my $q = 'SELECT t.account, count(x.id) FROM tenants t %s JOIN all_connectors x ON x.account = t.account GROUP BY 1
		ORDER BY 1';
	(my $twin = $q) =~ s/all_connectors/twin.all_connectors/;
	foreach my $join ('', 'LEFT', 'RIGHT', 'FULL')
	{
		my $sql = sprintf $q, $join;
		my $expected = $node->safe_psql('postgres', sprintf $twin, $join);
		foreach my $way (qw(hashjoin mergejoin nestloop))
		{
			next if $join =~ /FULL/ && $way eq 'nestloop';
			my $off = join '', map { $_ eq $way ? '' : "SET enable_$_ = off; " } qw(hashjoin mergejoin nestloop);
			is($node->safe_psql('postgres', $off . $sql), $expected, "$way $join");
		}
	}
};

# ---------- the same as local tables

subtest 'twins' => sub {
	my @conditions = (
		'true', 'false', q{account = 'a'}, q{account <> 'a'}, q{account < 'b'}, q{account >= 'b'}, q{account IN ('a', 'z')},
			q{account = ANY (ARRAY['a', NULL])},
		q{account <> ALL (ARRAY['a', NULL])}, q{account NOT IN ('a', 'b')}, 'account IS NULL', 'account IS NOT NULL',
			q{account IS DISTINCT FROM 'a'},
		q{NOT account = 'a'}, q{(account = 'a') IS NOT TRUE}, q{(account = NULL) IS NULL}, q{account = 'a' OR number = 2},
			q{NOT (account = 'a' OR number = 2)},
		q{account || number = 'b2'}, q{account LIKE '_'}, 'number BETWEEN 2 AND 3', 'number = 2.0', 'number + 0 = 3',
			q{(account, number) = ('c', 3)},
		q{(account, number) > ('b', 1)}, q{account = 'b' COLLATE "C"}, 'account = service', q{account < id},
			q{coalesce(account, 'z') = 'a'},
		q{CASE account WHEN 'a' THEN paused ELSE NOT paused END}, q{account IN (SELECT account FROM tenants)},
			q{account NOT IN (SELECT account FROM tenants)},
		q{EXISTS (SELECT 1 FROM tenants t WHERE t.number = x.number AND t.region = 'eu')},
			q{account = (SELECT min(account) FROM tenants)},
		q{account = 'b' AND id IN ('assimilate_seem', 'broken_anchor')},
			q{account = 'b' AND id = 'assimilate_seem' AND paused IS NOT NULL},
		q{account = 'b' AND group_id = 'decent_dropsy'}, q{number = 3 AND NOT paused}, q{account::varchar(1) = 'c'},
			q{account ~ '^[ab]$'}, 'number::text = account');
	my $outputs = q{SELECT account, number, id, service, paused FROM %s x WHERE %s ORDER BY account, id};
	my $groups = q{SELECT number, account, count(*), min(id) FROM %s x WHERE %s
		GROUP BY GROUPING SETS ((number, account), ()) ORDER BY 1, 2};
	my $windows = q{SELECT id, rank() OVER (PARTITION BY account ORDER BY id), x.account || number FROM %s x WHERE %s
		ORDER BY 1, 3};
	my @tables = ([ 'all_connectors', 'twin.all_connectors' ], [ 'a.connectors', 'twin.a' ],
		[ 'united', 'twin.all_connectors' ]);
	my (@theirs, @ours, @names);
	foreach my $pair (@tables)
	{
		foreach my $form ($outputs, $groups, $windows)
		{
			foreach my $condition (@conditions)
			{
				push @names, sprintf $form, $pair->[0], $condition;
				push @ours, sprintf $form, $pair->[0], $condition;
				push @theirs, sprintf $form, $pair->[1], $condition;
			}
		}
	}
	my $mark = "\\echo ----\n";
	my @a = split /^----\n/m, $node->safe_psql('postgres', join $mark, map { "$_;\n" } @ours);
	my @b = split /^----\n/m, $node->safe_psql('postgres', join $mark, map { "$_;\n" } @theirs);
	is(scalar @a, scalar @b, 'as many answers');
	my @different = grep { ($a[$_] // '') ne ($b[$_] // '') } 0 .. $#names;
	is_deeply([ @names[@different] ], [], scalar(@names) . ' statements answer as local tables do');
	cmp_ok(scalar(grep { length } @b), '>', @names / 3, 'and many of them have rows');
};

# ---------- writes

subtest 'writes' => sub {
	my $g = 'a.groups';
	foreach my $world (@worlds)
	{
		$node->safe_psql('postgres', "ALTER FOREIGN TABLE $world.groups ADD account varchar(5)
			OPTIONS (constant '$world') NOT NULL");
	}
	$node->safe_psql('postgres', 'CREATE TABLE all_groups (LIKE a.groups) PARTITION BY LIST (account)');
	$node->safe_psql('postgres', "ALTER TABLE all_groups ATTACH PARTITION $_.groups FOR VALUES IN ('$_')") foreach @worlds;
	my $post = sub { "POST /v1/groups {\"name\":\"$_[0]\"}" };
	reads('left out', "INSERT INTO a.groups (name) VALUES ('one') RETURNING account, name", { a => [ $post->('one') ] },
		'a|one');
	reads('given', "INSERT INTO a.groups (name, account) VALUES ('two', 'a') RETURNING account, name",
		{ a => [ $post->('two') ] }, 'a|two');
	reads('NULL means absent', "INSERT INTO a.groups (account, name) VALUES (NULL, 'three') RETURNING account, name",
		{ a => [ $post->('three') ] }, 'a|three');
	reads('routed', "INSERT INTO all_groups (account, name) VALUES ('b', 'four'), ('c', 'five')
		RETURNING tableoid::regclass, account, name",
		{ b => [ $post->('four') ], c => [ $post->('five') ] }, "b.groups|b|four\nc.groups|c|five");
	reads('COPY', "COPY all_groups (name, account) FROM STDIN;\nsix\ta\nseven\tc\n\\.\n",
		{ a => [ $post->('six') ], c => [ $post->('seven') ] }, '');
	# core routes rows of COPY by what they say, and checks those for a partition likewise
	refuses('COPY into a partition, without', "COPY b.groups (name) FROM STDIN;\neight\n\\.\n",
		qr/ERROR:  23514: new row for relation "groups" violates partition constraint/);
	reads('COPY with a default', "ALTER FOREIGN TABLE b.groups ALTER account SET DEFAULT 'b';\nCOPY b.groups (name)
		FROM STDIN;\neight\n\\.\n", { b => [ $post->('eight') ] }, '');
	reads('INSERT with a default', "INSERT INTO b.groups (name) VALUES ('nine') RETURNING account",
		{ b => [ $post->('nine') ] }, 'b');
	my $error = qr/ERROR:\ \ 23514:\ new\ row\ for\ relation\ "groups"\ violates\ the\ constant\ of\ column
		\ "account"\nDETAIL:\ \ In\ this\ table\ the\ column\ is\ always\ 'a'\.\ Nothing\ of\ this\ row\ was
		\ sent\.\nHINT:\ \ Leave\ the\ column\ out,\ or\ give\ it\ that\ value\./x;
	refuses('another one', "INSERT INTO a.groups (name, account) VALUES ('no', 'b')", $error);
	refuses('another one of many', "INSERT INTO a.groups (name, account) VALUES ('no', 'a'), ('no', 'b')", $error);
	refuses('no partition', "INSERT INTO all_groups (name, account) VALUES ('no', 'z')",
		qr/ERROR:  23514: no partition of relation "all_groups" found for row/);
	my $id = $node->safe_psql('postgres', "SELECT id FROM a.groups WHERE name = 'one'");
	reads('an update', "UPDATE a.groups SET name = 'uno' WHERE id = '$id' RETURNING account, name",
		{ a => [ "GET /v1/groups/$id", "PATCH /v1/groups/$id {\"name\":\"uno\"}" ] }, 'a|uno');
	reads('an update that sets the constant', "UPDATE a.groups SET name = 'eins', account = 'a' WHERE id = '$id'
		RETURNING account, name",
		{ a => [ "GET /v1/groups/$id", "PATCH /v1/groups/$id {\"name\":\"eins\"}" ] }, 'a|eins');
	reads('an update that sets nothing else', "UPDATE a.groups SET account = account WHERE id = '$id' RETURNING account",
		{ a => ["GET /v1/groups/$id"] }, '');
	reads('an update through the parent', "UPDATE all_groups SET name = 'un' WHERE account = 'a' AND id = '$id'
		RETURNING account, name",
		{ a => [ "GET /v1/groups/$id", "PATCH /v1/groups/$id {\"name\":\"un\"}" ] }, 'a|un');
	reads('an update that hits no account', "UPDATE all_groups SET name = 'x' WHERE account = 'z'", {}, '');
	reads('an update of a table that is another account', "UPDATE a.groups SET name = 'x' WHERE account = 'b'", {}, '');
	reads('a DELETE of a table that is another account', "SET fivetrex.max_deletes = 9; DELETE FROM a.groups
		WHERE account LIKE 'b%'", {}, '');
	refuses('an update to another one', "UPDATE a.groups SET account = 'b' WHERE id = '$id'", $error);
	refuses('an update to NULL', "UPDATE a.groups SET account = NULL WHERE id = '$id'", $error);
	refuses('a move', "UPDATE all_groups SET account = 'b' WHERE account = 'a' AND id = '$id'", $error);
	refuses('a BEFORE trigger that changes it', q{CREATE FUNCTION moves() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN new.account := 'b'; RETURN new; END $$;
		CREATE TRIGGER moves BEFORE UPDATE ON a.groups FOR EACH ROW EXECUTE FUNCTION moves(); UPDATE a.groups SET name = 'x'
			WHERE id = '} . "$id'", $error);
	$node->safe_psql('postgres', 'DROP TRIGGER moves ON a.groups');
	reads('a DELETE', "SET fivetrex.max_deletes = 1; DELETE FROM all_groups WHERE account = 'a' AND id = '$id'
		RETURNING account, name",
		{ a => [ "DELETE /v1/groups/$id", "GET /v1/groups/$id" ] }, 'a|un');
	like($node->safe_psql('postgres', "EXPLAIN (COSTS OFF) INSERT INTO a.groups (name, account) VALUES ('x', 'a')"),
		qr{^Insert on groups\n  Fivetran Write: POST /v1/groups\n}, 'EXPLAIN of an INSERT');
	refuses('an upsert', "INSERT INTO all_groups (name, account) VALUES ('x', 'a') ON CONFLICT DO NOTHING",
		qr/ERROR:  0A000: /);
	refuses('a check', "ALTER FOREIGN TABLE a.groups ADD CHECK (account <> name); INSERT INTO a.groups (name)
		VALUES ('a')", qr/ERROR:  23514: new row for relation "groups" violates check constraint/);
	reads('a check that holds', "INSERT INTO a.groups (name) VALUES ('b') RETURNING account", { a => [ $post->('b') ] },
		'a');
};

# ---------- definitions

subtest 'definitions' => sub {
	my $make = sub { return "CREATE FOREIGN TABLE made ($_[0]) SERVER a OPTIONS (resource 'groups')" };
	refuses('with column_name', $make->(q{id text, x text OPTIONS (constant 'a', column_name 'name')}),
		qr/ERROR:  HV00D: options "column_name" and "constant" exclude each other/);
	refuses('a key', $make->(q{id text OPTIONS (constant 'a')})
		. '; SELECT * FROM made',
		qr/ERROR:\ \ HV00D:\ column\ "id"\ of\ foreign\ table\ "made"\ cannot\ have\ the\ option\ "constant"\n
			DETAIL:\ \ It\ is\ called\ like\ a\ key\ of\ groups\.\nHINT:\ \ /x);
	$node->safe_psql('postgres', 'DROP FOREIGN TABLE IF EXISTS made');
	my $wrong = qr/ERROR:\ \ 22P02:\ invalid\ input\ syntax\ for\ type\ integer:\ "x"\n
		CONTEXT:\ \ option\ "constant"\ of\ column\ "n"\ of\ foreign\ table\ "made"/x;
	refuses('another type', $make->(q{id text, n integer OPTIONS (constant 'x')}), $wrong);
	is($node->safe_psql('postgres', q{SELECT to_regclass('made') IS NULL}), 't', 'then there is no table');
	refuses('too long', $make->(q{id text, n varchar(3) OPTIONS (constant 'abcd')}),
		qr/ERROR:  22001: value too long for type character varying\(3\)\nCONTEXT:  option "constant"/);
	reads('a table', $make->(q{id text, n integer OPTIONS (constant '7')}), {}, '');
	refuses('set to another type', q{ALTER FOREIGN TABLE made ALTER n OPTIONS (SET constant 'x')}, $wrong);
	refuses('added with another type', q{ALTER FOREIGN TABLE made ADD m date OPTIONS (constant 'x')},
		qr/ERROR:  22007: invalid input syntax for type date: "x"\nCONTEXT:  option "constant" of column "m"/);
	refuses('retyped', q{SELECT count(*) > 0 FROM fivetrex_options(); ALTER FOREIGN TABLE made ALTER n TYPE uuid},
		qr/ERROR:  22P02: invalid input syntax for type uuid: "7"\nCONTEXT:  option "constant" of column "n"/);
	refuses('retyped by a session that has not loaded the library', q{ALTER FOREIGN TABLE made ALTER n TYPE uuid; SELECT n
		FROM made}, qr/ERROR:  22P02: invalid input syntax for type uuid: "7"\nCONTEXT:  option "constant" of column "n"/);
	reads('and back', q{ALTER FOREIGN TABLE made ALTER n TYPE integer}, {}, '');
	reads('renamed', q{ALTER FOREIGN TABLE made RENAME n TO k; SELECT k FROM made LIMIT 1},
		{ a => ['GET /v1/groups?limit=1'] }, '7');
	$node->safe_psql('postgres', 'DROP FOREIGN TABLE made');
	reads('types', $make->(q{id text, t text OPTIONS (constant ''), n numeric(5,2) OPTIONS (constant '1.005'),
			d date OPTIONS (constant '2026-01-02'),
			b boolean OPTIONS (constant 'yes'),
		arr int[] OPTIONS (constant '{1,2}'), j jsonb OPTIONS (constant '{"a": 1}'), v varchar(3) OPTIONS (constant 'abc')})
			. q{;
		SELECT t = '', n, d, b, arr, j, v FROM made LIMIT 1;
		SELECT count(*) FROM made WHERE n = 1;
		SELECT count(*) FROM made WHERE d > '2026-01-02' OR NOT b OR v = 'abd' OR v IS NULL;
		SELECT count(*) FROM made WHERE arr = '{1}';
		SELECT count(*) FROM made WHERE j ? 'b'},
		{ a => ['GET /v1/groups?limit=1'] }, "t|1.01|2026-01-02|t|{1,2}|{\"a\": 1}|abc\n0\n0\n0\n0");
	reads('changed', q{ALTER FOREIGN TABLE made ALTER v OPTIONS (SET constant 'xyz'); SELECT count(*) FROM made
		WHERE v = 'abc'}, {}, '0');
	reads('ANALYZE knows it',
		q{ANALYZE made; SELECT null_frac, n_distinct, most_common_vals FROM pg_stats
			WHERE tablename = 'made' AND attname = 'v'}, { a => ['GET /v1/groups?limit=1000'] }, '0|1|{xyz}');
	reads('dropped', q{ALTER FOREIGN TABLE made ALTER v OPTIONS (DROP constant), ALTER v TYPE text, ALTER v
		OPTIONS (ADD column_name 'name'); SELECT count(v) > 0 FROM made}, { a => ['GET /v1/groups?limit=1000'] }, 't');
	reads('a plan that is kept knows of a change', q{SET plan_cache_mode = force_generic_plan; PREPARE p AS
		SELECT count(*) FROM made WHERE n = 1; EXECUTE p;
		ALTER FOREIGN TABLE made ALTER n OPTIONS (SET constant '1'); EXECUTE p}, { a => ['GET /v1/groups?limit=1000'] },
			"0\n" . $node->safe_psql('postgres', 'SELECT count(*) FROM a.groups'));
	reads('a generated column', q{CREATE FOREIGN TABLE named (id text, name text, account text
		OPTIONS (constant 'a'), full_name text GENERATED ALWAYS AS (account || '.' || name) STORED)
			SERVER a OPTIONS (resource 'groups');
		SELECT full_name = 'a.' || name FROM named WHERE id = 'decent_dropsy';
		UPDATE named SET name = 'n' WHERE id = 'decent_dropsy' RETURNING full_name;
		INSERT INTO named (name) VALUES ('m') RETURNING full_name, account},
		{ a => [ ('GET /v1/groups/decent_dropsy') x 2, 'PATCH /v1/groups/decent_dropsy {"name":"n"}',
			'POST /v1/groups {"name":"m"}' ] }, "t\na.n\na.m|a");
	$node->safe_psql('postgres', 'DROP FOREIGN TABLE named');
	reads('comments', q{SELECT fivetrex_comment('a') > 0; SELECT col_description('a.connectors'::regclass, attnum) IS NULL
		FROM pg_attribute WHERE attrelid = 'a.connectors'::regclass AND attname = 'account'}, {}, "t\nt");
	$node->safe_psql('postgres', 'DROP FOREIGN TABLE made');
};

is_deeply([ $mock->violations($_) ], [], "$_: no request broke the definition") foreach @worlds;
$node->stop;
$mock->stop;
done_testing();
