# Cancel, time limits and termination in every kind of wait, and that nothing
# is left behind: descriptors, memory, requests.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Time::HiRes qw(time);
use Fivetrex::Mock;
use Fivetrex::Node;
use Fivetrex::Session;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('cancel');
$node->add_world($mock, 'c', max_retry_wait => 1000, request_timeout => 1000);

# Nothing but the cancel ends any of these waits within ten minutes, so it has come
# in time if it has come long before; the machine may be busy.  The time is noted.
my $limit = 180;

my %waits = (
	'a stalled header' => [ { stall => 'headers' }, 'SELECT count(*) FROM c.groups' ],
	'a stalled body' => [ { stall => 'body' }, 'SELECT count(*) FROM c.groups' ],
	'a wait for a retry' => [
		{ status => 429, headers => { 'Retry-After' => '600' }, body => { code => 'TooManyRequests', message => 'x' } },
		'SELECT count(*) FROM c.groups' ],
	'stalled details' => [ { stall => 'headers', path => '/v1/destinations/', times => 0 },
		'SELECT count(config) FROM c.destinations' ],
	'a stalled page 2' => [ { stall => 'headers', path => 'cursor=' }, 'SELECT count(*) FROM c.connectors' ],
	'a stalled function' => [ { stall => 'headers' }, q{SELECT fivetrex_ping('c')} ],
);

# Provoke the wait, act when the mock has seen the request; seconds until the
# session is free again.
sub time_to_stop
{
	my ($self, $wait, $action) = @_;
	my ($fault, $sql) = @{ $waits{$wait} };
	$mock->clear_faults('c');
	$mock->clear('c');
	$mock->fault('c', $fault);
	$self->tell($sql);
	my $path = $fault->{path} // '';
	$mock->wait_for('c', 1, $path);
	my $since = time;
	$action->();
	$self->answer;
	my $seconds = time - $since;
	$mock->clear_faults('c');
	$mock->release('c');
	return $seconds;
}

my $session = Fivetrex::Session->new($node);

foreach my $wait (sort keys %waits)
{
	my $seconds = time_to_stop($session, $wait,
		sub { $node->safe_psql('postgres', "SELECT pg_cancel_backend($session->{pid})") });
	like($session->{err}, qr/canceling statement due to user request/, "cancel in $wait");
	cmp_ok($seconds, '<', $limit, 'at once');
	note(sprintf '%s: %.0f ms, starting psql included', $wait, 1000 * $seconds);
	if ($wait =~ /retry/)
	{
		# what it has learned of the account's limit holds for all that follows
		is($session->ask('SELECT 1'), 1, 'and the backend goes on');
		$session->quit;
		$session = Fivetrex::Session->new($node);
		next;
	}
	is($session->ask('SELECT count(*) FROM c.groups'), 14, 'and the backend goes on');
}

# In the engine itself, without the time that psql takes to start.
$mock->fault('c', { stall => 'headers', times => 0 });
foreach my $ms (100, 300)
{
	my $since = time;
	$session->ask("BEGIN; SET LOCAL statement_timeout = $ms; SELECT count(*) FROM c.groups; ROLLBACK");
	my $seconds = time - $since;
	like($session->{err}, qr/canceling statement due to statement timeout/, "statement_timeout of $ms ms");
	cmp_ok($seconds, '<', $limit + $ms / 1000, 'at once');
	note(sprintf 'statement_timeout of %d ms: %.0f ms', $ms, 1000 * $seconds);
}
$mock->clear_faults('c');
$mock->release('c');

# What the backend waits for can be seen.
$mock->fault('c', { stall => 'headers' });
$mock->clear('c');
$session->tell('SELECT count(*) FROM c.groups');
$mock->wait_for('c', 1, '');
ok($node->poll_query_until('postgres', "SELECT wait_event_type = 'Extension' FROM pg_stat_activity
	WHERE pid = $session->{pid}"),
	'the wait is shown as that of an extension');
$mock->release('c');
$session->answer;

# Termination ends the backend.
$mock->clear('c');
$mock->fault('c', { stall => 'body' });
my $victim = Fivetrex::Session->new($node);
$victim->tell('SELECT count(*) FROM c.groups');
$mock->wait_for('c', 1, '');
my $since = time;
$node->safe_psql('postgres', "SELECT pg_terminate_backend($victim->{pid}, 180000)");
note(sprintf 'terminated after %.0f ms', 1000 * (time - $since));
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE pid = $victim->{pid}"),
	0, 'a terminated backend is gone');
cmp_ok(time - $since, '<', $limit, 'at once');
eval { $victim->{run}->kill_kill };
$mock->clear_faults('c');
$mock->release('c');

# A thousand failing statements leave nothing.
SKIP:
{
	my $fds = "/proc/$session->{pid}/fd";
	skip 'no /proc here', 6 unless -d $fds;
	my $measure = sub {
		opendir my $dir, $fds or die $!;
		my $n = grep { !/^\./ } readdir $dir;
		closedir $dir;
		my $bytes = $session->ask('SELECT sum(total_bytes) FROM pg_backend_memory_contexts');
		open my $status, '<', "/proc/$session->{pid}/status" or die $!;
		my ($rss) = map { /^VmRSS:\s+(\d+)/ ? $1 : () } <$status>;
		return ($n, $bytes, $rss);
	};
	my $fail = sub {
		my ($times) = @_;
		$mock->clear_faults('c');
		$mock->fault('c', { path => '/v1/groups$|/v1/groups\?', times => 0, status => 500,
			body => { code => 'X', message => 'x' } });
		$mock->fault('c', { path => '/v1/webhooks\?', times => 0, status => 200, body_text => '{"data":{"items":[{"id":' });
		$mock->fault('c', { path => 'cursor=', times => 0, close_after => 100 });
		$session->ask(q{
			DO $$
			DECLARE failed int := 0;
			BEGIN
				FOR i IN 1 .. } . $times . q{ LOOP
					BEGIN
						CASE i % 5
						WHEN 0 THEN PERFORM count(*) FROM c.groups;
						WHEN 1 THEN PERFORM count(*) FROM c.webhooks;
						WHEN 2 THEN PERFORM fivetrex_request('GET', '/v1/nothing/of/the/kind', server => 'c');
						WHEN 3 THEN PERFORM fivetrex_request('GET', '/v1/groups/no_such_group', server => 'c');
						WHEN 4 THEN PERFORM 1 / (length(id) - length(id)) FROM c.destinations WHERE config IS NOT NULL;
						END CASE;
					EXCEPTION WHEN OTHERS THEN failed := failed + 1;
					END;
				END LOOP;
				IF failed <> } . $times . q{ THEN RAISE 'only % failed', failed; END IF;
			END $$});
		is($session->{err}, '', "$times statements failed");
	};
	$mock->allow_violations('c');
	$fail->(100);
	my ($fds_before, $bytes_before, $rss_before) = $measure->();
	$fail->(1000);
	my ($fds_after, $bytes_after, $rss_after) = $measure->();
	cmp_ok($fds_after, '<=', $fds_before + 8, 'no descriptor is left');
	cmp_ok($bytes_after, '<', $bytes_before + 256 * 1024, 'nor memory of PostgreSQL');
	# AddressSanitizer keeps freed memory to catch its use
	my $allowed = ($ENV{LD_PRELOAD} // '') =~ /asan/ ? 1024 * 1024 : 4096;
	cmp_ok($rss_after, '<', $rss_before + $allowed, 'nor any other');
	note("descriptors $fds_before -> $fds_after, contexts $bytes_before -> $bytes_after bytes, "
		. "resident $rss_before -> $rss_after kB");
	$mock->clear_faults('c');
	is($session->ask('SELECT count(*) FROM c.connectors'), 2500, 'and the backend goes on');
}

# A function that is cancelled: a longer limit where the request has not left within a short one.
$mock->fault('c', { method => 'POST', path => 'sync', stall => 'headers', times => 0 });
my ($sent, $told);
foreach my $milliseconds (300, 3000, 30_000)
{
	($sent, undef, $told) = $node->writes($mock, 'c',
		"SET statement_timeout = $milliseconds; SELECT fivetrex_sync('assimilate_seem', server => 'c')");
	last if @$sent;
}
$mock->clear_faults('c');
like($told, qr/ERROR:\ \ 57014:\ .*\nCONTEXT:\ \ Fivetran\ API\ writes:\ 0\ done,\ 1\ in\ flight\ \(outcome
	\ unknown\),\ 0\ refused,\ 0\ not\ sent/x,
	'a function that is cancelled says how far it got');
$mock->release('c');

# Cursors closed in the middle of a list, with a page on its way.
$session->ask('BEGIN; DECLARE x CURSOR FOR SELECT id FROM c.connectors; FETCH 1 x; CLOSE x; COMMIT');
is($session->{err}, '', 'a cursor closed in mid-list');
$session->ask('BEGIN; DECLARE x CURSOR FOR SELECT id FROM c.connectors ORDER BY id; FETCH 1 x; ROLLBACK');
is($session->ask('SELECT count(*) FROM c.groups'), 14, 'a transaction rolled back in mid-list');

$session->quit;
$node->stop;
$mock->stop;
done_testing();
