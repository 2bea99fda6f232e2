# What becomes of writes that are under way when one of them fails, the statement is cancelled, or its
# client dies.

use strict;
use warnings;
use FindBin;
use IPC::Run;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('under_way');
$node->add_world($mock, 'w');
$node->safe_psql('postgres', q{ALTER DATABASE postgres SET search_path = w, public;
	UPDATE w.connectors SET paused = true WHERE group_id = 'hollow_cedar'});

my @cedar = split /\n/, $node->safe_psql('postgres', q{SELECT id FROM connectors WHERE group_id = 'hollow_cedar'});
{
	$mock->fault('w', { method => 'PATCH', path => "connections/$cedar[0]\$", status => 409,
		body => { code => 'Conflict', message => 'no' } },
		{ method => 'PATCH', path => 'connections/', times => 0, stall => 'headers' });
	$mock->clear('w');
	my $err = '';
	my $run = IPC::Run::start([ 'psql', '-Xq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('postgres'), '-c',
		q{UPDATE connectors SET paused = false WHERE group_id = 'hollow_cedar'} ],
		'<', \undef, '2>', \$err);
	$mock->wait_for('w', 7, 'PATCH', 'stalled');
	$mock->wait_for('w', 1, $cedar[0], 'answered');
	$mock->release('w');
	IPC::Run::finish($run);
	my $log = [ grep { /^PATCH/ } $mock->requests('w') ];
	is(scalar @$log, 8, 'after the first failure nothing new leaves');
	like($err, qr/ERROR:  55006: /, 'its error is reported');
	my ($done, $unknown, $refused,
		$left) = $err =~
		/CONTEXT:  Fivetran API writes: (\d+) done, (\d+) in flight \(outcome unknown\), (\d+) refused, (\d+) not sent/;
	is($done + $unknown + $refused + $left, 12, 'the context accounts for all');
	is($done + $refused, scalar @$log, 'and tells the truth');
	is($node->safe_psql('postgres', q{SELECT count(*) FROM connectors WHERE group_id = 'hollow_cedar' AND NOT paused}),
		$done, 'as the API has it');
	$mock->clear_faults('w');
}
{
	# cancelled while the first writes are under way
	$mock->fault('w', { method => 'PATCH', path => 'connections/', times => 0, stall => 'headers' });
	$mock->clear('w');
	my ($out, $err) = ('', '');
	my $run = IPC::Run::start([ 'psql', '-XqAt', '-d', $node->connstr('postgres'), map { ('-c', $_) } split /; /,
		"SET application_name = 'victim'; UPDATE connectors SET paused = true WHERE group_id = 'hollow_cedar';" ],
		'<', \undef, '>', \$out, '2>', \$err);
	$mock->wait_for('w', 8, 'PATCH', 'stalled');
	$node->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'});
	IPC::Run::finish($run);
	like($err, qr/canceling\ statement\ due\ to\ user\ request\nCONTEXT:\ \ Fivetran\ API\ writes:\ 0\ done,\ 8
		\ in\ flight\ \(outcome\ unknown\),\ 0\ refused,\ 4\ not\ sent/x,
		'a cancelled statement says what is open') or diag($err);
	is(scalar(grep { /^PATCH/ } $mock->requests('w')), 8, 'no more than eight had left');
	$mock->clear_faults('w');
	$mock->release('w');
}
{
	# the client dies while its statement runs: what left has left, nothing else does
	$mock->fault('w', { method => 'PATCH', path => 'connections/', times => 0, stall => 'headers' });
	$mock->clear('w');
	my ($out, $err) = ('', '');
	my $run = IPC::Run::start([ 'psql', '-XqAt', '-d', $node->connstr('postgres'), map { ('-c', $_) } split /; /,
		"SET application_name = 'crasher'; SET client_connection_check_interval = 20; UPDATE connectors SET paused = true
		WHERE group_id = 'hollow_cedar';" ],
		'<', \undef, '>', \$out, '2>', \$err);
	$mock->wait_for('w', 8, 'PATCH', 'stalled');
	$run->kill_kill;
	$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'crasher'})
		or fail('the backend ends');
	$mock->clear_faults('w');
	$mock->release('w');
	is(scalar(grep { /^PATCH/ } $mock->requests('w')), 8, 'after a crash of the client nothing new leaves');
	is($node->safe_psql('postgres', 'SELECT count(*) FROM groups') > 0, 1, 'others go on');
}

$node->stop;
$mock->stop;
done_testing();
