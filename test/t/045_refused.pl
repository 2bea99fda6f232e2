# What is refused, with which SQLSTATE, and what to do instead: the table of the reference.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('refused');
$node->add_world($mock, 'w');
$node->query(q{
	ALTER DATABASE postgres SET search_path = w, public;
	SET search_path = w, public;
	ALTER FOREIGN TABLE groups ADD account text OPTIONS (constant 'w');
	CREATE TABLE parent (LIKE groups) PARTITION BY LIST (account);
	ALTER TABLE parent ATTACH PARTITION groups FOR VALUES IN ('w');
	CREATE TABLE plan (id text, name text);
	INSERT INTO plan VALUES ('decent_dropsy', 'planned')});

my $no_truncate = qr/ERROR:\ \ 0A000:\ cannot\ truncate\ foreign\ table\ "groups"\n
	DETAIL:\ \ .*Nothing\ was\ sent\.\nHINT:\ \ DELETE\ does\ that,\ as\ far\ as\ fivetrex\.max_deletes\ allows\./x;
my $no_conflict = qr/ERROR:\ \ 0A000:\ foreign\ table\ "groups"\ does\ not\ support\ ON\ CONFLICT\n
	DETAIL:\ \ .*\nHINT:\ \ INSERT\ \.\.\.\ SELECT\ \.\.\.\ WHERE\ NOT\ EXISTS\ \(\.\.\.\)\ looks\ before\ it
	\ creates\./x;
my $no_merge = qr/ERROR:\ \ 0A000:\ cannot\ execute\ MERGE\ on\ relation\ "groups"\n
	DETAIL:\ \ This\ operation\ is\ not\ supported\ for\ foreign\ tables\./x;
my $no_cursor = qr/ERROR:\ \ 0A000:\ cannot\ address\ rows\ of\ foreign\ table\ "groups"\ by\ WHERE\ CURRENT
	\ OF\nDETAIL:\ \ .*\nHINT:\ \ Address\ rows\ by\ their\ key:\ id\./x;
my $generic = 'SET plan_cache_mode = force_generic_plan;';

# The statement of the table, and for each form of it what is told: undef where nothing is.
my @refused = (
	[ '`TRUNCATE`', [ 'TRUNCATE groups', $no_truncate ], [ 'TRUNCATE parent', $no_truncate ],
		[ 'BEGIN; TRUNCATE plan, groups; ROLLBACK', $no_truncate ] ],
	[ '`INSERT ... ON CONFLICT`', [ q{INSERT INTO groups (name) VALUES ('x') ON CONFLICT DO NOTHING}, $no_conflict ],
		[ q{INSERT INTO parent (name, account) VALUES ('x', 'w') ON CONFLICT DO NOTHING}, $no_conflict ],
		[ q{INSERT INTO groups (id, name) VALUES ('x', 'x') ON CONFLICT (id) DO UPDATE SET name = 'y'},
			qr/ERROR:  42P10: there is no unique or exclusion constraint/ ] ],
	[ '`MERGE INTO`', [ q{MERGE INTO groups USING plan ON plan.id = groups.id WHEN MATCHED THEN UPDATE
		SET name = plan.name}, $no_merge ],
		[ q{MERGE INTO parent USING plan ON plan.id = parent.id WHEN MATCHED THEN UPDATE SET name = plan.name}, $no_merge ],
		[ q{MERGE INTO parent USING plan ON plan.id = parent.id WHEN NOT MATCHED THEN INSERT (name, account)
			VALUES ('x', 'w')}, $no_merge ] ],
	[ '`WHERE CURRENT OF`', map { [ "BEGIN; DECLARE c CURSOR FOR SELECT id FROM groups; FETCH c;
		$_", $no_cursor, 'decent_dropsy' ] }
		q{UPDATE groups SET name = 'x' WHERE CURRENT OF c}, 'SET LOCAL fivetrex.max_deletes = 1; DELETE FROM groups
			WHERE CURRENT OF c' ],
	# by the version of PostgreSQL
	[ '`COPY ... (FREEZE)`', [ "COPY groups (name) FROM STDIN (FREEZE);\nfrozen\n\\.",
		qr/ERROR:  (0A000|55000): cannot perform COPY FREEZE/ ],
		[ "COPY parent (name, account) FROM STDIN (FREEZE);\nfrozen\tw\n\\.",
			qr/ERROR:  0A000: cannot perform COPY FREEZE/ ] ],
	[ 'an INSERT or COPY that no partition takes', [ q{INSERT INTO parent (name, account)
		VALUES ('x', 'z')}, qr/ERROR:  23514: no partition of relation "parent" found for row/ ],
		[ "COPY parent (name, account) FROM STDIN;\nx\tz\n\\.",
			qr/ERROR:  23514: no partition of relation "parent" found for row/ ] ],
	[ 'an UPDATE or DELETE of a parent whose partitions are all ruled out',
		map { [ $_, undef ] } q{UPDATE parent SET name = 'x' WHERE account = 'z'}, q{UPDATE parent SET name = 'x'
			WHERE account = 'z' RETURNING name},
		q{UPDATE parent p SET name = plan.name FROM plan WHERE plan.id = p.id AND account = 'z'}, q{UPDATE parent
			SET name = 'x' WHERE account = (SELECT 'z'::text)},
		"$generic PREPARE p(text) AS UPDATE parent SET name = 'x' WHERE account = \$1 RETURNING name; EXECUTE p('z')",
		"$generic PREPARE p(text) AS UPDATE parent p SET name = plan.name FROM plan
			WHERE account = \$1 AND plan.id = p.id; EXECUTE p('z')",
		"$generic PREPARE p(text) AS DELETE FROM parent WHERE account = \$1; EXECUTE p('z')",
		"$generic PREPARE p(text) AS DELETE FROM parent p USING plan
			WHERE account = \$1 AND plan.id = p.id RETURNING p.name; EXECUTE p('z')",
		q{UPDATE parent SET name = 'x' WHERE false}, 'DELETE FROM parent WHERE false RETURNING *', q{SELECT id FROM parent
			WHERE account = 'z' FOR UPDATE} ]);

# The rows of the table: what is written, and the SQLSTATEs that it names.
my ($table) = slurp_file("$FindBin::RealBin/../../src/catalogue/README.md") =~
	/\n\| refused \| SQLSTATE \|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)/;
my %said = map { /^\| (.*?) \| (.*?) \|/ ? ($1 => $2) : () } split /\n/, $table // '';
my @elsewhere = grep { !/^(`PREPARE TRANSACTION`)/ } sort keys %said;
is_deeply(\@elsewhere, [ sort map { $_->[0] } @refused ], 'the rows of the table are those of this test');

foreach my $row (@refused)
{
	my ($what, @forms) = @$row;
	subtest $what => sub {
		foreach my $form (@forms)
		{
			my ($sql, $error, $answer) = @$form;
			my ($log, $out, $err) = $node->sent($mock, 'w', "$sql;");
			if ($error)
			{
				like($err, $error, "$sql: error");
				my ($code) = $err =~ /ERROR:  (\w{5}):/;
				like($said{$what}, qr/\b\Q$code\E\b/, "$sql: its SQLSTATE is in the table");
			}
			else
			{
				is($err, '', "$sql: no complaint");
				like($said{$what}, qr/none/, "$sql: the table says so");
			}
			is($out, $answer // '', "$sql: rows");
			is_deeply([ grep { !/^GET/ || !$error } @$log ], [], "$sql: requests");
		}
	};
}

subtest 'what is offered instead' => sub {
	my ($log, $out) = $node->sent($mock, 'w', q{INSERT INTO groups (name) SELECT p.name FROM plan p
		WHERE NOT EXISTS (SELECT 1 FROM groups g WHERE g.name = p.name);
		INSERT INTO groups (name) SELECT p.name FROM plan p WHERE NOT EXISTS (SELECT 1 FROM groups g WHERE g.name = p.name)});
	is_deeply($log, [ 'GET /v1/groups?limit=1000', 'POST /v1/groups {"name":"planned"}', 'GET /v1/groups?limit=1000' ],
		'a row is made once');
	($log, $out) = $node->sent($mock, 'w', q{MERGE INTO plan USING groups g ON plan.id = g.id WHEN MATCHED THEN UPDATE
		SET name = g.name
		WHEN NOT MATCHED THEN INSERT VALUES (g.id, g.name);
			SELECT count(*) > 10, min(name) FILTER (WHERE id = 'decent_dropsy') <> 'planned' FROM plan});
	is_deeply($log, ['GET /v1/groups?limit=1000'], 'MERGE into a local table');
	is($out, 't|t', 'has its rows');
	is($node->query(q{SELECT count(*) > 0 FROM plan}), 't', 'TRUNCATE of both left the local one alone');
};

is_deeply([ $mock->violations('w') ], [], 'no request broke the definition');
$node->stop;
$mock->stop;
done_testing();
