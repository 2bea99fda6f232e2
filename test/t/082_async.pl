# async_capable: an Append asks all its tables before it waits for one.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use IPC::Run;
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('async');
my @worlds = qw(a b c);
foreach my $world (@worlds)
{
	$node->add_world($mock, $world, async_capable => 'true', page_size => 10, max_retries => 2);
	$mock->settings($world, connectors => 40);
}
my $three = join ' UNION ALL ', map { "SELECT '$_' AS account, * FROM $_.connectors" } @worlds;

# A statement in a session of its own.
sub begin
{
	my ($sql) = @_;
	my $self = { in => "\\set VERBOSITY verbose\nSELECT pg_backend_pid();\n$sql;\n", out => '', err => '' };
	$self->{run} = IPC::Run::start(
		[ 'psql', '-X', '-A', '-t', '-q', '-d', $node->connstr('postgres') ],
		'<', \$self->{in}, '>', \$self->{out}, '2>', \$self->{err},
		IPC::Run::timeout(4 * $PostgreSQL::Test::Utils::timeout_default));
	$self->{run}->pump until $self->{out} =~ /^(\d+)\n/;
	$self->{pid} = $1;
	return $self;
}

sub finish
{
	my ($self) = @_;
	$self->{run}->finish;
	$self->{out} =~ s/^\d+\n//;
	chomp $self->{out};
	return $self->{out};
}

# ---------- what is planned

like($node->safe_psql('postgres', "EXPLAIN (COSTS OFF) $three"), qr/^Append\n(\s+->  Async Foreign Scan on [^>]*){3}$/,
	'three scans at once');
unlike($node->safe_psql('postgres', "SET enable_async_append = off; EXPLAIN (COSTS OFF) $three"), qr/Async/,
	'enable_async_append');
$node->safe_psql('postgres', q{ALTER FOREIGN TABLE c.connectors OPTIONS (ADD async_capable 'off')});
is(() = $node->safe_psql('postgres', "EXPLAIN (COSTS OFF) $three") =~ /Async/g, 2, 'a table may stay out');
$node->safe_psql('postgres', q{ALTER FOREIGN TABLE c.connectors OPTIONS (DROP async_capable)});

# ---------- all are asked before one has answered

{
	foreach my $world (@worlds)
	{
		$mock->clear($world);
		$mock->fault($world, { stall => 'headers', path => 'connections' });
	}
	my $run = begin("SELECT count(*), count(DISTINCT (account, id)) FROM ($three) x");
	$mock->wait_for($_, 1, 'connections', 'stalled') foreach @worlds;
	pass('three requests wait at the same time');
	$mock->release($_) foreach reverse @worlds;
	is(finish($run), '120|120', 'and all rows come');
	is($run->{err}, '', 'without a complaint');
	# as without: pages beyond the end may have been predicted
	cmp_ok(scalar(grep { /connections/ } $mock->requests($_)), '<=', 4 + 2, "$_: hardly more calls than pages")
		foreach @worlds;
}

# rows of one are there while the other still waits
{
	$mock->fault('a', { stall => 'headers', path => 'connections' });
	my $run = begin(q{SELECT count(*) FROM (SELECT * FROM a.connectors UNION ALL SELECT * FROM b.connectors LIMIT 40) x});
	is(finish($run), 40, 'a slow account does not hold up the others');
	$mock->clear_faults('a');
	$mock->release('a');
}

# ---------- the same rows as without

my %queries = (
	'a filter' => q{SELECT * FROM (SELECT id, service FROM a.connectors UNION ALL SELECT id, service FROM b.connectors) x
		WHERE service ~ 's'},
	'details' => q{SELECT id, config FROM a.destinations UNION ALL SELECT id, config FROM b.destinations},
	'keys' => q{SELECT id FROM a.connectors WHERE id = ANY (ARRAY(SELECT id FROM b.connectors LIMIT 7)) UNION ALL
		SELECT id FROM c.connectors WHERE id = ANY ('{assimilate_seem,none}')},
	'children' => q{SELECT group_id, user_id FROM a.group_users UNION ALL SELECT group_id, user_id FROM b.group_users
		UNION ALL SELECT team_id, user_id FROM a.team_users},
	'children of children' => q{SELECT connector_id, column_name FROM a.connector_columns
		WHERE connector_id IN ('assimilate_seem', 'daily_beacon') UNION ALL SELECT connector_id, table_name
		FROM b.connector_tables WHERE connector_id = 'assimilate_seem'},
	'one server, several tables' => q{SELECT id FROM a.connectors UNION ALL SELECT id FROM a.groups UNION ALL SELECT id
		FROM a.users UNION ALL SELECT id FROM a.connectors},
	'extra calls' => q{SELECT public_key FROM a.groups UNION ALL SELECT public_key FROM b.groups},
	'one object' => q{SELECT account_id FROM a.account UNION ALL SELECT account_id FROM b.account},
	'a local table beside' => q{SELECT id FROM a.groups UNION ALL SELECT g::text FROM generate_series(1, 3) g UNION ALL
		SELECT id FROM b.groups},
	'nothing' => q{SELECT id FROM a.groups WHERE id = (SELECT NULL::text) UNION ALL SELECT id FROM b.groups WHERE id = ''},
	'rescans' => q{SELECT v.i, x.id FROM (VALUES (1), (2)) v(i), LATERAL (SELECT id FROM a.groups WHERE v.i < 3 UNION ALL
		SELECT id FROM b.groups WHERE v.i > 1 OFFSET 0) x},
	'a join above' => q{SELECT x.id, g.name FROM (SELECT id, group_id FROM a.connectors UNION ALL SELECT id, group_id
		FROM b.connectors) x JOIN a.groups g ON g.id = x.group_id},
);
foreach my $name (sort keys %queries)
{
	my @results = map { join "\n", sort split /\n/, $node->safe_psql('postgres', "SET enable_async_append = $_;
		$queries{$name}") } qw(on off);
	is($results[0], $results[1], "$name: the same rows");
}
foreach my $world (@worlds)
{
	$mock->fault($world, { status => 429, headers => { 'Retry-After' => '1' }, path => 'cursor',
		body => { code => 'TooManyRequests', message => 'x' } });
}
is($node->safe_psql('postgres', "SELECT count(DISTINCT (account, id)) FROM ($three) x"), 120, 'retries in the middle');
like($node->safe_psql('postgres', "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) $three"),
	qr/(->  Async Foreign Scan on connectors[^>]*\(actual rows=40(?:\.00)? loops=1\)[^>]*Pages: 4\n[^>]*){3}$/,
	'EXPLAIN ANALYZE counts each');

# ---------- partitions, cursors and writes

$node->safe_psql('postgres',
	q{CREATE TABLE all_groups (id text, name text, created_at timestamptz) PARTITION BY HASH (id);
	CREATE FOREIGN TABLE groups_a PARTITION OF all_groups FOR VALUES WITH (MODULUS 2, REMAINDER 0) SERVER a
		OPTIONS (resource 'groups');
	CREATE FOREIGN TABLE groups_b PARTITION OF all_groups FOR VALUES WITH (MODULUS 2, REMAINDER 1) SERVER b
		OPTIONS (resource 'groups');
	CREATE VIEW everything AS } . $three);
is($node->safe_psql('postgres', q{BEGIN; DECLARE c CURSOR FOR SELECT account, id FROM everything; MOVE 5 IN c;
	UPDATE a.connectors SET paused = true WHERE id = 'assimilate_seem'; FETCH ALL FROM c}) =~ tr/\n//, 114,
		'a write in the middle of the scans');
is($node->safe_psql('postgres', q{SELECT count(*) FROM everything}), 120, 'a view');
is($node->safe_psql('postgres', q{SELECT count(*), count(DISTINCT (tableoid, id)) FROM all_groups}), '28|28',
	'partitions');

# ---------- errors, cancel, termination

foreach my $world (@worlds)
{
	$mock->fault($world, { status => 501, path => 'cursor', body => { code => 'x', message => 'y' } });
	like($node->fails("SELECT count(*) FROM everything"),
		qr/ERROR:  58000: .*\n.*GET \/v1\/connections\?limit=10&cursor/s, "an error of $world");
	$mock->clear_faults($world);
}
{
	$mock->fault($_, { stall => 'headers', path => 'connections', times => 0 }) foreach @worlds;
	$mock->clear($_) foreach @worlds;
	my $run = begin('SELECT count(*) FROM everything');
	$mock->wait_for($_, 1, 'connections', 'stalled') foreach @worlds;
	is($node->safe_psql('postgres', "SELECT pg_cancel_backend($run->{pid})"), 't', 'canceled');
	finish($run);
	like($run->{err}, qr/ERROR:  57014: canceling statement due to user request/, 'in the wait for all');
	$mock->clear($_) foreach @worlds;
	$run = begin('SET statement_timeout = 200; SELECT count(*) FROM everything');
	finish($run);
	like($run->{err}, qr/ERROR:  57014: canceling statement due to statement timeout/, 'statement_timeout');
	$mock->clear($_) foreach @worlds;
	$run = begin('SELECT count(*) FROM everything');
	$mock->wait_for($_, 1, 'connections', 'stalled') foreach @worlds;
	is($node->safe_psql('postgres', "SELECT pg_terminate_backend($run->{pid}, 180000)"), 't',
		'a backend that waits can be terminated');
	finish($run);
	foreach my $world (@worlds)
	{
		$mock->clear_faults($world);
		$mock->release($world);
	}
}

# nothing is left behind: descriptors above all (each of the three sessions may rest or keep six)
is($node->safe_psql('postgres', q{
	CREATE FUNCTION descriptors() RETURNS bigint LANGUAGE sql AS $$SELECT count(*) FROM pg_ls_dir('/proc/self/fd')$$;
	SELECT count(*) FROM everything \gset warm_
	SELECT descriptors() AS before \gset
	DO $$BEGIN FOR i IN 1..50 LOOP PERFORM count(*) FROM everything; BEGIN PERFORM 1 / (length(id) - length(id))
		FROM everything; EXCEPTION WHEN division_by_zero THEN END; END LOOP; END$$;
	SELECT descriptors() <= :before + 18}), 't', 'descriptors are closed');

$node->stop;
$mock->stop;
done_testing();
