# A backend that lives for weeks and serves many roles and servers, with few
# descriptors.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use PostgreSQL::Test::Utils qw(slurp_file);
use Fivetrex::Mock;
use Fivetrex::Node;
use Fivetrex::Session;

my $MANY = 1000;

my $mock = Fivetrex::Mock->start;
# for the server; the mock has more
system('prlimit', '--nofile=256', '--pid', $$) == 0 or plan skip_all => 'there is no prlimit';

my $node = Fivetrex::Node->start('long');
$node->append_conf('postgresql.conf', "max_files_per_process = 256\n");
$node->restart;
$node->add_world($mock, 'w', max_concurrency => 8);
my $url = $mock->url('w');
my $mapping = q{OPTIONS (api_key 'key', api_secret 'secret')};

$node->query(qq{
	DROP USER MAPPING FOR PUBLIC SERVER w;
	CREATE USER MAPPING FOR CURRENT_USER SERVER w $mapping;
	GRANT USAGE ON FOREIGN SERVER w TO PUBLIC;
	GRANT USAGE ON SCHEMA w TO PUBLIC;
	GRANT SELECT ON ALL TABLES IN SCHEMA w TO PUBLIC;
	DO \$do\$ BEGIN FOR i IN 1 .. $MANY LOOP
		EXECUTE format(\$\$CREATE ROLE r%s\$\$, i);
		EXECUTE format(\$\$CREATE USER MAPPING FOR r%s SERVER w $mapping\$\$, i);
		EXECUTE format(\$\$CREATE SERVER s%s FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url '$url', retry_delay '0')\$\$, i);
		EXECUTE format(\$\$CREATE USER MAPPING FOR CURRENT_USER SERVER s%s $mapping\$\$, i);
	END LOOP; END \$do\$});
my $session = Fivetrex::Session->new($node);

# What the backend has open: all, and connections to the mock.
sub descriptors
{
	my $pid = $session->pid;
	opendir my $dir, "/proc/$pid/fd" or die "$pid: $!";
	return map { readlink("/proc/$pid/fd/$_") // () } grep { /^\d/ } readdir $dir;
}

# The kernel's table is no snapshot: it is read in pieces, and while others open
# and close connections a row may come twice or not at all.  So sockets are
# counted, not rows, and until a reading adds none.
sub connections
{
	my %own = map { /^socket:\[(\d+)\]/ ? ($1 => 1) : () } descriptors();
	my $port = sprintf ':%04X', $mock->port;
	my (%found, $before);
	do
	{
		$before = keys %found;
		my @rows = map { [split] } split /\n/, slurp_file('/proc/' . $session->pid . '/net/tcp');
		$found{ $_->[9] } = 1 foreach grep { $_->[2] =~ /$port$/ && $own{ $_->[9] } } @rows;
	} while (keys %found > $before);
	return scalar keys %found;
}

my $fan_out = 'SELECT count(*) FROM w.group_users';
my $users = $session->ask($fan_out);
cmp_ok($users, '>', 10, 'a fan-out');
cmp_ok(connections(), '<=', 1, 'leaves one connection at most');
# two requests that wait at the same time have two connections
$mock->fault('w', { path => '/users', times => 2, stall => 'headers' });
$session->tell("BEGIN; $fan_out");
$mock->wait_for('w', 2, undef, 'stalled');
$mock->release('w');
is($session->answer, $users, 'the same in a transaction');
cmp_ok(connections(), '>', 1, 'keeps its connections');
$session->ask('COMMIT');
cmp_ok(connections(), '<=', 1, 'until it ends');
is($session->ask("BEGIN; $fan_out; ROLLBACK"), $users, 'the same if it is aborted');
cmp_ok(connections(), '<=', 1, 'closes them, too');

subtest 'many roles' => sub {
	my ($wrong, $most, $open) = (0, 0, 0);
	$session->ask('SELECT fivetrex_disconnect()');
	foreach my $i (1 .. $MANY)
	{
		my $sql = $i % 10 ? 'SELECT count(*) FROM w.groups' : $fan_out;
		$wrong++ if $session->ask("SET ROLE r$i; $sql") != ($i % 10 ? 14 : $users);
		if ($i % 50 == 0)
		{
			my ($n, $all) = (connections(), scalar descriptors());
			$most = $n if $n > $most;
			$open = $all if $all > $open;
		}
	}
	is($wrong, 0, 'all are served');
	cmp_ok($most, '<=', 16, 'by 16 connections at most');
	cmp_ok($open, '<', 150, 'and few descriptors');
	$session->ask('RESET ROLE');
};

subtest 'many servers' => sub {
	my ($wrong, $most) = (0, 0);
	foreach my $i (1 .. $MANY)
	{
		$wrong++ if $session->ask("SELECT account_name FROM fivetrex_ping('s$i')") ne 'Acme Analytics';
		my $n = $i % 50 ? 0 : connections();
		$most = $n if $n > $most;
		$wrong++ if $i % 100 == 0 && $session->ask($fan_out) != $users;
	}
	is($wrong, 0, 'all are reached');
	cmp_ok($most, '<=', 17, 'by few connections');
	cmp_ok($most, '>', 10, 'which are kept');
};

subtest 'DISCARD ALL' => sub {
	my $role = 'SET ROLE r1; SELECT count(*) FROM w.groups';
	$mock->fault('w', { status => 400, body => { code => 'InvalidInput', message => 'private words' } });
	like($session->complaint($role), qr/private words/, 'an error of a role');
	like($session->ask('SELECT fivetrex_last_error()'), qr/private words/, 'is told to it');
	is($session->ask('RESET ROLE; SELECT fivetrex_last_error() IS NULL'), 't', 'and not to another');
	is($session->ask('SET ROLE r2; SELECT fivetrex_last_error() IS NULL'), 't', 'nor to a third');
	is($session->ask('SET ROLE r1; SELECT fivetrex_last_error() IS NULL'), 'f', 'it stays its own');
	cmp_ok(connections(), '>', 0, 'there are connections');
	is($session->complaint('RESET ROLE; DISCARD ALL'), '', 'DISCARD ALL');
	is(connections(), 0, 'closes them');
	is($session->ask('SET ROLE r1; SELECT fivetrex_last_error() IS NULL'), 't', 'and forgets the error');
	$session->ask('RESET ROLE');
};

subtest 'fivetrex_disconnect()' => sub {
	$session->ask("SELECT fivetrex_ping('s1'), fivetrex_ping('s2'), fivetrex_ping('s3')");
	is(connections(), 3, 'three connections');
	is($session->ask(q{SELECT fivetrex_disconnect('s2')}), 1, 'closes the one of a server');
	is(connections(), 2, 'two are left');
	is($session->ask(q{SELECT fivetrex_disconnect('s2')}), 0, 'which is closed already');
	like($session->complaint(q{SELECT fivetrex_disconnect('nothing')}), qr/ERROR:  42704.*"nothing" does not exist/,
		'there must be such a server');
	$session->ask('BEGIN; DECLARE c CURSOR FOR SELECT id FROM w.connectors; FETCH 1 c');
	is($session->ask('SELECT fivetrex_disconnect()'), 2, 'closes what is idle');
	like($session->complaint, qr/WARNING:.*session of server "w" is in use/, 'and warns of what is not');
	is($session->ask('MOVE 2400 c; FETCH 200 c'), join("\n", split /\n/, $session->{out}), 'which goes on');
	is(scalar(split /\n/, $session->{out}), 99, 'to its end');
	is($session->ask('COMMIT; SELECT fivetrex_disconnect()'), 1, 'and is idle then');
};

subtest 'cancel' => sub {
	foreach my $n (1 .. 20)
	{
		$mock->fault('w', { path => '/users', stall => 'body', times => 0 });
		$session->tell("SET ROLE r$n; SELECT count(*) FROM w.group_users");
		$mock->wait_for('w', 8, '/users', 'stalled');
		$node->query('SELECT pg_cancel_backend(' . $session->pid . ')');
		$session->answer;
		$mock->clear_faults('w');
		$mock->release('w');
		last unless like($session->complaint, qr/57014/, "canceled, $n");
	}
	cmp_ok(connections(), '<=', 16, 'leaves no connections behind');
	is($session->ask("RESET ROLE; $fan_out"), $users, 'and a backend that works');
};

subtest 'one statement, many servers' => sub {
	my @servers = map { "s$_" } 1 .. 60;
	$node->query(join '', map {
		"CREATE FOREIGN TABLE t_$_ (id text) SERVER $_ OPTIONS (resource 'groups');"
	} @servers);
	my $all = 'SELECT count(*) FROM (' . join(' UNION ALL ', map { "SELECT * FROM t_$_" } @servers) . ') x';
	is($session->ask($all), 60 * 14, 'more than there are descriptors for');
	cmp_ok(connections(), '<=', 16, 'few connections are left');
	$node->query(join '', map { "ALTER SERVER $_ OPTIONS (ADD async_capable 'true');" } @servers);
	like($session->complaint($all), qr/53000: /, 'all at once there are too few');
	is($session->ask($fan_out), $users, 'the backend still works');
};

subtest 'a mapping that changes' => sub {
	$session->ask('SELECT count(*) FROM w.groups');
	$node->query(q{ALTER USER MAPPING FOR CURRENT_USER SERVER w OPTIONS (SET api_secret 'other')});
	like($session->complaint('SELECT count(*) FROM w.groups'), qr/28000/, 'is seen at once');
	$node->query(q{ALTER USER MAPPING FOR CURRENT_USER SERVER w OPTIONS (SET api_secret 'secret')});
	is($session->ask('SELECT count(*) FROM w.groups'), 14, 'again');
};
$session->quit;

# With a third of 100 for extensions there are fewer than max_concurrency.
subtest 'very few descriptors' => sub {
	$node->append_conf('postgresql.conf', "max_files_per_process = 100\n");
	$node->restart;
	# what is held back longer than the timeout would be asked for again
	$node->query(q{ALTER SERVER w OPTIONS (SET max_concurrency '64', SET request_timeout '3600')});
	$session = Fivetrex::Session->new($node);
	my $columns = 'SELECT count(*) FROM w.connector_states';
	my $count = $session->ask("SELECT fivetrex_ping('s1'), fivetrex_ping('s2'), fivetrex_ping('s3')");
	$mock->clear('w');
	$mock->fault('w', { path => '/state', times => 0, stall => 'headers' });
	$session->tell($columns);
	$mock->wait_for('w', 11, undef, 'stalled');
	$mock->clear_faults('w');
	$mock->release('w');
	my $states = $session->answer;
	cmp_ok($states, '>', 10, 'a fan-out waits for what it has') or diag($session->complaint);
	cmp_ok($mock->stats('w')->{max_in_flight}, '<', 30, 'and does not take more');
	cmp_ok($mock->stats('w')->{max_in_flight}, '>', 10, 'nor much less');
	my @sent = $mock->requests('w');
	my %seen;
	is_deeply([ grep { $seen{$_}++ } @sent ], [], 'nothing was sent twice');
	$session->quit;
};

$node->stop;
$mock->stop;
done_testing();
