# A row that a check refuses is never sent: every statement that writes x every
# thing that checks rows, with the exact requests.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('checks');
$node->add_world($mock, 'w');
$node->query(q{ALTER DATABASE postgres SET fivetrex.server = 'w';
	ALTER DATABASE postgres SET fivetrex.max_deletes = 100});

sub writes { return $node->writes($mock, 'w', @_) }

sub refuses { return $node->refuses($mock, 'w', @_) }

# ---------- what is written to

# Connectors, whose sync_frequency has to be at least 10.
my $columns = 'id text, group_id text, service text, paused boolean, sync_frequency int, created_at timestamptz';
my $options = q{SERVER w OPTIONS (resource 'connectors')};

sub table
{
	my ($name, $checks) = @_;
	return "CREATE FOREIGN TABLE $name ($columns" . ($checks ? ", $checks" : '') . ") $options;";
}

my %relations = (
	plain => { sql => table('plain'), insert => 'passes', update => 'passes' },
	view_local => {
		sql => table('l') . 'CREATE VIEW view_local AS SELECT * FROM l
			WHERE sync_frequency >= 10 WITH LOCAL CHECK OPTION',
		insert => '44000', update => '44000', view => 1 },
	# LOCAL does not check the conditions of views below that have no option
	view_over_unchecked => {
		sql => table('u') . q{CREATE VIEW u_1 AS SELECT * FROM u WHERE sync_frequency >= 10;
			CREATE VIEW view_over_unchecked AS SELECT * FROM u_1 WHERE group_id <> 'x' WITH LOCAL CHECK OPTION},
		insert => 'passes', update => 'passes', view => 1 },
	view_cascaded => {
		sql => table('c') . q{CREATE VIEW c_1 AS SELECT * FROM c WHERE sync_frequency >= 10;
			CREATE VIEW view_cascaded AS SELECT * FROM c_1 WHERE group_id <> 'x' WITH CASCADED CHECK OPTION},
		insert => '44000', update => '44000', view => 1 },
	view_over_checked => {
		sql => table('d') . q{CREATE VIEW d_1 AS SELECT * FROM d WHERE sync_frequency >= 10 WITH CHECK OPTION;
			CREATE VIEW view_over_checked AS SELECT * FROM d_1},
		insert => '44000', update => '44000', view => 1 },
	view_subquery => {
		sql => table('s') . q{CREATE TABLE allowed (f int); INSERT INTO allowed VALUES (60);
			CREATE VIEW view_subquery AS SELECT * FROM s
			  WHERE EXISTS (SELECT 1 FROM allowed WHERE f = s.sync_frequency) WITH CHECK OPTION},
		insert => '44000', update => '44000', view => 1 },
	view_subquery_filled => {
		sql => table('sf') . q{CREATE VIEW view_subquery_filled AS SELECT * FROM sf
			  WHERE sync_frequency >= 10 AND EXISTS (SELECT 1 FROM allowed WHERE sf.created_at > '2000-01-01')
			  WITH CHECK OPTION},
		insert => '0A000', update => '44000', view => 1 },
	partition => {
		sql => qq{CREATE TABLE parted ($columns) PARTITION BY RANGE (sync_frequency);
			CREATE FOREIGN TABLE partition PARTITION OF parted FOR VALUES FROM (10) TO (10000) $options},
		insert => '23514', update => '23514' },
	partition_parent => {
		sql => qq{CREATE TABLE partition_parent ($columns) PARTITION BY RANGE (sync_frequency);
			CREATE TABLE middle PARTITION OF partition_parent FOR VALUES
				FROM (10) TO (10000) PARTITION BY LIST (group_id);
			CREATE FOREIGN TABLE leaf PARTITION OF middle FOR VALUES IN ('lucid_orchard') $options},
		insert => '23514', update => '23514' },
	# a key that the API gives is no reason to refuse a row that core routes here
	partition_default => {
		sql => qq{CREATE TABLE by_id ($columns) PARTITION BY LIST (id);
			CREATE TABLE by_id_local PARTITION OF by_id FOR VALUES IN ('local');
			CREATE FOREIGN TABLE partition_default PARTITION OF by_id DEFAULT $options},
		insert => 'passes', update => 'passes' },
	partition_of_one => {
		sql => qq{CREATE TABLE by_key ($columns) PARTITION BY LIST (id);
			CREATE FOREIGN TABLE partition_of_one PARTITION OF by_key FOR VALUES IN ('one') $options},
		insert => '23514', update => 'passes', early => 0 },
	# policies of a parent count for its partitions
	policy_parent => {
		sql => qq{CREATE TABLE policy_parent ($columns) PARTITION BY LIST (group_id);
			CREATE FOREIGN TABLE policy_leaf PARTITION OF policy_parent FOR VALUES IN ('lucid_orchard') $options;
			ALTER TABLE policy_parent ENABLE ROW LEVEL SECURITY;
			CREATE POLICY reading ON policy_parent FOR SELECT USING (true);
			CREATE POLICY adding ON policy_parent FOR INSERT WITH CHECK (sync_frequency >= 10);
			CREATE POLICY changing ON policy_parent FOR UPDATE USING (true) WITH CHECK (sync_frequency >= 10)},
		insert => '42501', update => '42501', no_copy => 1, no_delete => 1 },
	inheritance_parent => {
		sql => qq{CREATE TABLE inheritance_parent ($columns, CHECK (sync_frequency >= 10));
			CREATE FOREIGN TABLE child () INHERITS (inheritance_parent) $options},
		insert => '23514', update => '23514', inserts_locally => 1 },
	check_sent => { sql => table('check_sent', 'CHECK (sync_frequency >= 10)'), insert => '23514', update => '23514' },
	check_read => {
		sql => table('check_read', q{CHECK (service = 'none' OR sync_frequency >= 10)}),
		insert => '23514', update => '23514' },
	check_filled => {
		sql => table('check_filled', 'CHECK (created_at IS NULL OR sync_frequency >= 10)'),
		insert => '0A000', update => '23514' },
	check_not_given => {
		sql => table('check_not_given', 'CHECK (paused IS NOT TRUE)'),
		insert => '0A000', update => 'passes' },
	check_function => {
		sql => q{CREATE FUNCTION allows(int) RETURNS boolean LANGUAGE sql AS 'SELECT EXISTS (SELECT 1
			FROM public.allowed WHERE f = $1)';}
		  . table('check_function', 'CHECK (allows(sync_frequency))'),
		insert => '23514', update => '23514' },
	check_row => {
		sql => table('check_row') . q{CREATE FUNCTION holds(check_row) RETURNS boolean LANGUAGE sql AS
			'SELECT $1.sync_frequency >= 10 AND $1.created_at IS NOT NULL';
			ALTER FOREIGN TABLE check_row ADD CHECK (holds(check_row))},
		insert => '0A000', update => '23514' },
	check_generated => {
		sql => qq{CREATE FOREIGN TABLE check_generated ($columns, daily int
			GENERATED ALWAYS AS (1440 / sync_frequency) STORED,
			CHECK (daily <= 144)) $options},
		insert => '23514', update => '23514' },
	trigger_mends => {
		sql => table('trigger_mends', 'CHECK (sync_frequency >= 10)')
		  . 'CREATE TRIGGER t BEFORE INSERT OR UPDATE ON trigger_mends FOR EACH ROW EXECUTE FUNCTION raises()',
		insert => 'passes', update => 'passes', frequencies => [ 60, 60, 60 ] },
	trigger_breaks => {
		sql => table('trigger_breaks', 'CHECK (sync_frequency <> 1)')
		  . 'CREATE TRIGGER t BEFORE INSERT OR UPDATE ON trigger_breaks FOR EACH ROW EXECUTE FUNCTION lowers()',
		insert => '23514', update => '23514' },
	# answers are wanted one by one
	trigger_after => {
		sql => table('trigger_after', 'CHECK (sync_frequency >= 10)')
		  . 'CREATE TRIGGER t AFTER INSERT OR UPDATE ON trigger_after FOR EACH ROW EXECUTE FUNCTION nothing()',
		insert => '23514', update => '23514', one_by_one => 1 },
);

$node->query(q{
	CREATE FUNCTION raises() RETURNS trigger LANGUAGE plpgsql AS
	  'BEGIN IF new.sync_frequency = 5 THEN new.sync_frequency := 60; END IF; RETURN new; END';
	CREATE FUNCTION lowers() RETURNS trigger LANGUAGE plpgsql AS
	  'BEGIN IF new.sync_frequency = 5 THEN new.sync_frequency := 1; END IF; RETURN new; END';
	CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'});
# the first ones make what others use
$node->query($relations{$_}{sql}) for 'view_subquery', grep { $_ ne 'view_subquery' } sort keys %relations;
$node->query(q{CREATE ROLE bob; GRANT ALL ON ALL TABLES IN SCHEMA public TO bob; GRANT USAGE ON FOREIGN
	SERVER w TO bob});

# ---------- statements, of three rows whose second one is refused

my @ids = map { (split /\|/)[0] } $node->rows(q{SELECT id FROM plain
	WHERE group_id = 'lucid_orchard' ORDER BY id LIMIT 3});
my $case = "CASE id WHEN '$ids[1]' THEN 5 ELSE 60 END";
my $three = join ', ', map { "'$_'" } @ids;
my $rows = join ', ', map { "('lucid_orchard', 'postgres', $_)" } 60, 5, 60;

# `early`: requests that have left when the second row comes, if it comes second
my %statements = (
	'INSERT' => { kind => 'insert', sql => "INSERT INTO %s (group_id, service, sync_frequency) VALUES $rows" },
	'INSERT RETURNING' => { kind => 'insert', early => 1,
		sql => "INSERT INTO %s (group_id, service, sync_frequency) VALUES $rows RETURNING id" },
	'INSERT SELECT' => { kind => 'insert',
		sql => "INSERT INTO %s (group_id, service, sync_frequency) SELECT * FROM (VALUES $rows) v(g, s, f)" },
	'COPY' => { kind => 'insert', copy => 1,
		sql => "COPY %s (group_id, service, sync_frequency) FROM STDIN;\n"
		  . join('', map { "lucid_orchard\tpostgres\t$_\n" } 60, 5, 60) . "\\.\n" },
	'UPDATE' => { kind => 'update', sql => "UPDATE %s SET sync_frequency = $case WHERE id IN ($three)" },
	'UPDATE RETURNING' => { kind => 'update', unordered => 1,
		sql => "UPDATE %s SET sync_frequency = $case WHERE id IN ($three) RETURNING id" },
	'UPDATE FROM' => { kind => 'update',
		sql => "UPDATE %s r SET sync_frequency = f FROM (VALUES "
		  . join(', ', map { "('$ids[$_]', " . ($_ == 1 ? 5 : 60) . ')' } 0 .. 2) . ') v(i, f) WHERE r.id = v.i' },
	'DELETE' => { kind => 'delete', sql => "SET fivetrex.dry_run = on; DELETE FROM %s WHERE id IN ($three)" },
);
sub expected_writes
{
	my ($statement, $relation) = @_;
	my @frequencies = @{ $relation->{frequencies} || [ 60, 5, 60 ] };
	my $c = '/v1/connections';
	return map { qq(POST $c {"group_id":"lucid_orchard","service":"postgres","sync_frequency":$_}) } @frequencies
	  if $statement->{kind} eq 'insert';
	return map { qq(PATCH $c/$ids[$_] {"run_setup_tests":false,"sync_frequency":$frequencies[$_]}) } 0 .. 2;
}

# What the API answers to a creation; the mock would refuse a second connector
# of the same name.
my $made = { id => 'made', group_id => 'lucid_orchard', service => 'postgres', sync_frequency => 60,
	paused => JSON::PP::false,
	status => {}, schema => 'x', created_at => '2024-01-01T00:00:00Z' };
my @creation = (method => 'POST', path => 'connections$', status => 201);
$mock->fault('w', { @creation, times => 0, body => { code => 'Success', data => $made } });

my %covered;
foreach my $name (sort keys %relations)
{
	my $relation = $relations{$name};
	foreach my $verb (sort keys %statements)
	{
		my $statement = $statements{$verb};
		next if $statement->{copy} && ($relation->{view} || $relation->{no_copy});
		next if $statement->{kind} eq 'delete' && $relation->{no_delete};
		$covered{$name}{$verb} = 1;
		$mock->patch('w', 'connections', $_, set => { sync_frequency => 60 }) for @ids;
		my $sql = sprintf $statement->{sql}, $name;
		$sql = "SET ROLE bob; $sql" if $name eq 'policy_parent';
		my ($log, $out, $err) = writes($sql);
		if ($statement->{kind} eq 'delete')
		{
			is(scalar(() = $err =~ m{dry run: DELETE /v1/connections/}g), 3, "$verb, $name: nothing is checked")
				or diag($err);
			next;
		}
		my $expected = $relation->{ $statement->{kind} };
		my @all = expected_writes($statement, $relation);
		if ($expected eq 'passes')
		{
			is_deeply([ sort @$log ], [ sort @all ], "$verb, $name: all are sent") or diag($err);
			is($err, '', "$verb, $name: no complaint");
			next;
		}
		like($err, qr/ERROR:  $expected: /, "$verb, $name: refused");
		my $refused = $all[1];
		my $one_by_one = $statement->{early} || $relation->{one_by_one} || $statement->{unordered};
		my $early = $expected ne '0A000' && !$relation->{inserts_locally} && $one_by_one;
		$early = 0 if exists $relation->{early};
		$early = 0 if $statement->{kind} eq 'insert' && $relation->{inserts_locally};
		if ($statement->{kind} eq 'insert')
		{
			is_deeply($log, $early ? [ $all[0] ] : [], "$verb, $name: what was sent") or diag($err);
		}
		elsif ($one_by_one)
		{
			# rows come in the order in which their objects were answered
			is_deeply([ grep { $_ eq $refused } @$log ], [], "$verb, $name: the row was not sent");
			cmp_ok(scalar(@$log), '<', 3, "$verb, $name: nothing was sent after it");
		}
		else
		{
			is_deeply($log, [], "$verb, $name: nothing was sent") or diag($err);
		}
	}
}
my $cells = 0;
$cells += keys %{ $covered{$_} } for keys %covered;
diag(sprintf 'statements x relations: %d x %d, %d cells', scalar(keys %statements), scalar(keys %relations), $cells);
is_deeply([ sort keys %covered ], [ sort keys %relations ], 'every relation was tried');

# ---------- what errors say

refuses('a view', q{INSERT INTO view_local (group_id, service, sync_frequency) VALUES ('lucid_orchard', 'postgres', 5)},
	qr/ERROR:  44000: new row violates check option for view "view_local"\nDETAIL:  Nothing of this row was sent\./);
refuses('a constraint', q{INSERT INTO check_sent (group_id, service, sync_frequency) VALUES ('lucid_orchard',
	'postgres', 5)},
	qr/ERROR:  23514: .* "check_sent" violates check constraint "check_sent_sync_frequency_check"\nDETAIL:  Nothing/);
refuses('a column that the API fills', q{INSERT INTO check_filled (group_id, service) VALUES ('lucid_orchard',
	'postgres')},
	qr/0A000: the check constraint "check_filled_check" cannot be checked before .*\nDETAIL:  It needs column "sync_freq/);
{
	# secrets of the row do not go into the error
	$node->query(qq{CREATE FOREIGN TABLE with_auth (id text, group_id text, service text, auth jsonb,
		sync_frequency int,
		CHECK (sync_frequency >= 10), CHECK (auth ->> 'token' <> 'x')) $options;
		CREATE VIEW with_auth_view AS SELECT * FROM with_auth WHERE sync_frequency >= 15 WITH CHECK OPTION});
	foreach my $table ('with_auth', 'with_auth_view')
	{
		my (undef, undef, $err) = writes(qq{\\set VERBOSITY default\nINSERT INTO $table (group_id, service, auth,
			sync_frequency)
			VALUES ('lucid_orchard', 'postgres', '{"token": "swordfish"}', 5)});
		like($err, qr/violates check/, "$table: refused");
		unlike($err =~ s/LINE.*//sr, qr/swordfish/, "$table: without the row's values");
	}
	refuses('a column that is never read back', q{INSERT INTO with_auth (group_id, service, auth, sync_frequency)
		VALUES ('lucid_orchard', 'postgres', '{"token": "x"}', 60)}, qr/23514: .*"with_auth_auth_check"/);
	refuses('one that is not given is not sent', q{UPDATE with_auth SET auth = '{"token": "x"}'
		WHERE id = '} . $ids[0] . q{'}, qr/23514/);
	my ($log, undef, $err) = writes(q{INSERT INTO with_auth (group_id, service, sync_frequency) VALUES ('lucid_orchard',
		'postgres', 60)});
	is(scalar @$log, 1, 'that is known, too') or diag($err);
	# nothing that the view shows afterwards
	$node->query(q{CREATE VIEW never AS SELECT * FROM with_auth WHERE auth IS NOT NULL WITH CHECK OPTION});
	refuses('a view that would not show the row', q{INSERT INTO never (group_id, service, auth, sync_frequency)
		VALUES ('lucid_orchard', 'postgres', '{"token": "y"}', 60) RETURNING id}, qr/44000/);
}

# ---------- the answer is checked, too

$mock->clear_faults('w');
$made->{sync_frequency} = 5;
foreach my $table ('check_sent', 'view_local', 'trigger_after')
{
	foreach my $returning ('', ' RETURNING id')
	{
		$mock->fault('w', { @creation, body => { code => 'Success', data => $made } });
		my ($log, undef, $err) = writes(qq{INSERT INTO $table (group_id, service, sync_frequency)
			VALUES ('lucid_orchard', 'postgres', 60)$returning});
		is(scalar @$log, 1, "$table$returning: a row that is right is sent");
		like($err,
			qr/violates check.*\nDETAIL:  The change was made\. This is about the row that the API answered with\./,
			"$table$returning: the answer is not right");
	}
	$mock->fault('w', { method => 'PATCH', path => "connections/$ids[0]", body => { code => 'Success', data => { %$made,
		id => $ids[0] } } });
	my ($log, undef, $err) = writes(qq{UPDATE $table SET sync_frequency = 60 WHERE id = '$ids[0]'});
	like($err, qr/violates check.*\nDETAIL:  The change was made\./, "$table: of an UPDATE, too");
}
$mock->clear_faults('w');
$made->{sync_frequency} = 60;
$mock->fault('w', { @creation, times => 0, body => { code => 'Success', data => $made } });

# ---------- rows that move to another partition, and MERGE

$node->query(qq{CREATE TABLE moving ($columns) PARTITION BY LIST (service);
	CREATE TABLE moving_local PARTITION OF moving FOR VALUES IN ('local');
	CREATE FOREIGN TABLE moving_connectors PARTITION OF moving DEFAULT $options;
	ALTER FOREIGN TABLE moving_connectors ADD CONSTRAINT often CHECK (sync_frequency >= 10);
	CREATE VIEW moving_view AS SELECT * FROM moving WHERE sync_frequency >= 30 WITH CHECK OPTION;
	INSERT INTO moving VALUES (NULL, 'lucid_orchard', 'local', NULL, 60, NULL)});
refuses('a row that moves', q{UPDATE moving SET service = 'postgres', sync_frequency = 5 WHERE service = 'local'},
	qr/23514: new row for relation "moving_connectors" violates check constraint "often"/);
refuses('through a view', q{UPDATE moving_view SET service = 'postgres', sync_frequency = 15 WHERE service = 'local'},
	qr/44000: new row violates check option for view "moving_view"\nDETAIL:  Nothing/);
is($node->query(q{SELECT service, sync_frequency FROM ONLY moving_local}), 'local|60', 'it is where it was');
my $merge = q{MERGE INTO moving m USING (VALUES (60), (%s)) v(f) ON m.service = 'local' AND m.sync_frequency = 1
	WHEN NOT MATCHED THEN INSERT (group_id, service, sync_frequency) VALUES ('lucid_orchard', 'postgres', f)};
refuses('MERGE', sprintf($merge, 5), qr/23514: .*"often"/);
{
	my ($log, undef, $err) = writes(sprintf $merge, 30);
	is(scalar @$log, 2, 'MERGE of rows that are right');
	is($err, '', 'without a complaint');
}

# ---------- NOT NULL

$node->query(qq{CREATE FOREIGN TABLE not_null (id text NOT NULL, group_id text NOT NULL, service text NOT NULL,
	sync_frequency int NOT NULL, schedule_type text) $options});
refuses('NULL in a column that is NOT NULL', qq{UPDATE not_null SET sync_frequency = NULL WHERE id = '$ids[0]'},
	qr/23502: null value in column "sync_frequency" of relation "not_null" violates .*\nDETAIL:  Nothing/);
refuses('through a join', qq{UPDATE not_null SET sync_frequency = f FROM (VALUES ('$ids[0]', NULL::int)) v(i, f)
	WHERE id = i}, qr/23502/);
is(scalar @{ (writes(q{INSERT INTO not_null (group_id, service) VALUES ('lucid_orchard', 'postgres')}))[0] }, 1,
	'in an INSERT the API fills it');

is_deeply([ $mock->violations('w') ], [], 'no request broke the definition');
$node->stop;
$mock->stop;
done_testing();
