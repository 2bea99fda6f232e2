# A backend that is ended while it writes, in whatever way and at whatever
# moment: it goes at once, the server goes on, and what is known of each request
# is told, in the context of the FATAL error or by the WARNING.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;
use Fivetrex::Interrupted;
use Fivetrex::Session;

my ($mock, $node) = Fivetrex::Interrupted::begin('ended_backends');
$node->query('ALTER DATABASE postgres SET fivetrex.log_writes = on');
my $version = $node->query('SHOW server_version_num');
my $started = $node->query('SELECT pg_postmaster_start_time()');

my %roads = %{ Fivetrex::Interrupted::roads() };
my %moments = %{ Fivetrex::Interrupted::moments() };

# name => how a session is told to end, what it says then, and the settings
my %ends = (
	pg_terminate_backend => { message => '57P01: terminating connection due to administrator command',
		by => sub { $node->query("SELECT pg_terminate_backend($_[0]{pid})") } },
	SIGTERM => { message => '57P01: terminating connection due to administrator command',
		by => sub { kill 'TERM', $_[0]{pid} } },
	'the client goes' => { message => '08006: connection to client lost',
		by => sub { $_[0]{run}->kill_kill }, set => q{SET client_connection_check_interval = '50ms';} });
$ends{transaction_timeout} = { message => '25P04: terminating connection due to transaction timeout', timed => 1 }
  if $version >= 170000;

sub line { return Fivetrex::Interrupted::line(@_); }

# What the backend has written to the log since, and the client's complaints.
# When it was ended before the moment, it is tried again: a time limit may come
# before the request, and anything before an answer is read.
sub ended
{
	my ($sql, $end, $before, $fault, $what, $skip, $method) = @_;
	foreach my $seconds (0.3, 1, 4, 16, 60)
	{
		my $session = Fivetrex::Session->new($node);
		$mock->clear_faults('c');
		$session->ask($before) if $before;
		$mock->clear('c');
		$mock->fault('c', { %$fault, method => $method, skip => $skip, times => 0 });
		$session->ask($end->{set}) if $end->{set};
		my $offset = -s $node->logfile;
		$session->tell(($end->{timed} ? sprintf('SET transaction_timeout = %d; ', 1000 * $seconds) : '') . $sql);
		if (!$end->{timed})
		{
			$mock->wait_for('c', $skip + 1, "$method ");
			# it has begun to wait where the request has gone out
			$mock->wait_for('c', $skip + 1, "$method ", 'answered') unless $fault->{stall};
			$mock->wait_for('c', 1, "$method ", 'stalled') if $fault->{stall};
			$node->poll_query_until('postgres', "SELECT wait_event IS NOT NULL AND wait_event_type <> 'Client'
				FROM pg_stat_activity WHERE pid = $session->{pid}") or die 'it does not wait';
			$end->{by}->($session);
		}
		# the process is gone
		$node->poll_query_until('postgres', "SELECT NOT EXISTS (SELECT 1 FROM pg_stat_activity
			WHERE pid = $session->{pid})") or die "backend $session->{pid} does not end";
		eval { $session->{run}->finish };
		my $sent = grep { /^$method / } $mock->requests('c');
		$mock->release('c');
		my $log = slurp_file($node->logfile, $offset);
		next if $sent <= $skip || ($what eq 'refused' && $log =~ / 1 in flight /);
		return ($log, $session->{err});
	}
	die 'it never came to the moment';
}

my $doomed = q{INSERT INTO c.groups (name) SELECT 'doomed' FROM generate_series(1, 3 - (SELECT count(*) FROM
	(SELECT 1 FROM c.groups WHERE name = 'doomed') x)) g};

sub tells
{
	my ($name, $log, $err, $end, $expected, $warning) = @_;
	like($log, qr/FATAL:  (?:\w+: )?\Q@{[ $end->{message} =~ s{^\w+: }{}r ]}\E/, "$name: the log has the error");
	is_deeply([ $log =~ /(Fivetran API writes: [^\n]*)/g ], [ $expected // () ], "$name: and counts");
	is_deeply([ $log =~ /WARNING:  (?:\w+: )?(\d+ changes? made .* stays?) /g ], [ $warning // () ], "$name: told once");
	return if $end->{by} && $name =~ /client goes/;
	like($err, qr/FATAL:  \Q$end->{message}\E/, "$name: the client has the error");
	is_deeply([ $err =~ /(Fivetran API writes: [^\n]*)/g ], [ $expected // () ], "$name: and counts");
	return;
}

foreach my $road (sort keys %roads)
{
	my ($n, $sql, $method) = @{ $roads{$road} };
	my $before = $road eq 'DELETE' ? $doomed : undef;
	foreach my $moment (sort keys %moments)
	{
		my ($fault, $what) = @{ $moments{$moment} };
		foreach my $how (sort keys %ends)
		{
			# ways that differ only in who says it need not all moments
			next if $how ne 'pg_terminate_backend' && $moment !~ /in the body|429/;
			tells("$road, $how $moment", ended($sql, $ends{$how}, $before, $fault, $what, 0, $method), $ends{$how},
				line(0, $what, $n - 1));
		}
		next if $n == 1 && $road !~ /rows|RETURNING/;
		my $end = $ends{pg_terminate_backend};
		tells("$road, the second, $moment", ended($sql, $end, $before, $fault, $what, 1, $method), $end,
			line(1, $what, $n == 3 ? 1 : 0));
	}
}

# While a large answer is unpacked at one go: the outcome is unknown, whether the
# signal came before libcurl had begun or while it works.
foreach my $road ('UPDATE', 'function', 'INSERT RETURNING')
{
	my ($n, $sql, $method) = @{ $roads{$road} };
	my $session = Fivetrex::Session->new($node);
	$mock->clear('c');
	$mock->clear_faults('c');
	$mock->fault('c', { gzip_bomb => 250, method => $method });
	my $offset = -s $node->logfile;
	$session->tell($sql);
	$mock->wait_for('c', 1, "$method ");
	kill 'TERM', $session->{pid};
	$node->poll_query_until('postgres', "SELECT NOT EXISTS (SELECT 1 FROM pg_stat_activity
		WHERE pid = $session->{pid})") or die "backend $session->{pid} does not end";
	eval { $session->{run}->finish };
	my $log = slurp_file($node->logfile, $offset);
	# a machine may unpack all of it faster: then the answer was none, which says the same
	is_deeply([ $log =~ /(Fivetran API writes: [^\n]*)/g ], [ line(0, 'in flight', $n - 1) ], "$road, unpacking: counts");
	unlike($log, qr/WARNING/, "$road, unpacking: told once");
}
$mock->clear_faults('c');

# ---------- between statements, or in what is not ours: the WARNING tells ----------

# name => what is done before, the statement in which it ends (undef: none), how
# the end is seen to have come, what the WARNINGs say
my $two = q{BEGIN; SELECT fivetrex_pause('assimilate_seem', 'c'); SAVEPOINT s;
	SELECT fivetrex_pause('broken_anchor', 'c');};
my %between = (
	'idle in a transaction' => [ $two, undef, [ 1, 1 ] ],
	'in an aborted one' => [ "\\set ON_ERROR_STOP 0\n$two SELECT 1 / 0", undef, [ 1, 1 ] ],
	'in a sleep' => [ $two, 'SELECT pg_sleep(600)', [ 1, 1 ] ],
	'in a function that has written' => [ '', q{SELECT fivetrex_pause('assimilate_seem', 'c'), pg_sleep(600)}, [1] ],
	'in an exception block' => [ '', q{DO $$ BEGIN PERFORM fivetrex_pause('assimilate_seem', 'c');
		BEGIN PERFORM fivetrex_pause('broken_anchor', 'c'); PERFORM pg_sleep(600); EXCEPTION WHEN OTHERS THEN NULL; END;
		END $$}, [ 1, 1 ] ],
	'in RETURNING' => [ '', q{UPDATE c.groups SET name = 'r' WHERE id = 'empty_shelf' RETURNING pg_sleep(600)}, [1] ],
	'in a read' => [ "$two RELEASE s", 'SELECT count(*) FROM c.users', [2], 1 ],
	'before a cursor is read on' => [ q{BEGIN; SELECT fivetrex_pause('assimilate_seem', 'c');
		DECLARE x CURSOR FOR SELECT id FROM c.connectors; FETCH 1 x}, undef, [1] ],
	'nothing was written' => [ 'BEGIN; SELECT count(*) FROM c.groups', 'SELECT pg_sleep(600)', [] ],
	'it is committed' => [ "$two COMMIT", 'SELECT pg_sleep(600)', [] ]);
foreach my $name (sort keys %between)
{
	my ($before, $statement, $told, $stalls) = @{ $between{$name} };
	my @how = ('pg_terminate_backend');
	push @how, 'idle_in_transaction_session_timeout' if !defined $statement && $name !~ /aborted/;
	push @how, 'transaction_timeout' if $version >= 170000 && $before =~ /BEGIN/ && $name !~ /aborted|read$|committed/;
	push @how, 'the client goes' if defined $statement;
	foreach my $how (@how)
	{
		my $end = $ends{$how} // { message => '25P03: terminating connection due to idle-in-transaction timeout' };
		my $session = Fivetrex::Session->new($node);
		$mock->clear('c');
		$mock->fault('c', { path => 'users', stall => 'body', times => 0 }) if $stalls;
		my $offset = -s $node->logfile;
		$session->ask($end->{set}) if $end->{set};
		$session->ask($before) if $before;
		$session->tell("SET LOCAL $how = 1") if $how =~ /timeout/;
		$session->{in} .= "$statement;\n" if defined $statement;
		$session->{run}->pump_nb;
		$mock->wait_for('c', 1, 'users', 'stalled') if $stalls;
		$node->poll_query_until('postgres', "SELECT wait_event = 'PgSleep' FROM pg_stat_activity
			WHERE pid = $session->{pid}") if defined $statement && !$stalls && $end->{by};
		$end->{by}->($session) if $end->{by};
		$node->poll_query_until('postgres', "SELECT NOT EXISTS (SELECT 1 FROM pg_stat_activity
			WHERE pid = $session->{pid})") or die "backend $session->{pid} does not end";
		eval { $session->{run}->kill_kill };
		$mock->clear_faults('c');
		$mock->release('c');
		my $log = slurp_file($node->logfile, $offset);
		like($log, qr/FATAL:  (?:\w+: )?\Q@{[ $end->{message} =~ s{^\w+: }{}r ]}\E/, "$how $name: the log has the error");
		is_deeply([ $log =~ /WARNING:  (?:\w+: )?(\d+) changes? made .* stays? /g ], $told, "$how $name: what stays");
	}
}

is($node->query('SELECT pg_postmaster_start_time()'), $started, 'no backend has crashed');
$node->stop;
$mock->stop;
done_testing();
