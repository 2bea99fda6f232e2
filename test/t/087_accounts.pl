# Many accounts on one backend: partitions by a constant column, asked at once.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

# more than a session keeps of those that are not in use
my $n = 20;
my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('accounts');
my @accounts = map { sprintf 'acc%02d', $_ } 1 .. $n;
$node->query('CREATE TABLE every_connector (id text, service text, config jsonb, account text) PARTITION BY LIST
	(account)');
foreach my $account (@accounts)
{
	my $url = $mock->url($account);
	$mock->settings($account, connectors => 4);
	$node->query(qq{
		CREATE SERVER $account FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url '$url', retry_delay '0', async_capable 'true');
		CREATE USER MAPPING FOR PUBLIC SERVER $account OPTIONS (api_key 'key', api_secret 'secret');
		CREATE FOREIGN TABLE ${account}_connectors PARTITION OF every_connector
			FOR VALUES IN ('$account') SERVER $account OPTIONS (resource 'connectors');
		ALTER FOREIGN TABLE ${account}_connectors ALTER account OPTIONS (ADD constant '$account')});
}
my $list = 'GET /v1/connections?limit=1000';

sub clear { $mock->clear($_) foreach @accounts; return }
sub asked { return { map { my @r = $mock->requests($_); @r ? ($_ => \@r) : () } @accounts } }

# A statement while no account answers before the first request of each of @stalled has arrived.
sub at_once
{
	my ($name, $sql, $out, @stalled) = @_;
	clear();
	$mock->fault($_, { stall => 'headers', path => 'connections' }) foreach @stalled;
	my $session = $node->background('accounts', $sql);
	$mock->wait_for($_, 1, 'connections', 'stalled') foreach @stalled;
	is($mock->stats($_)->{stalled}, 1, "$name: $_ waits with all others") foreach @stalled[ 0, -1 ];
	$mock->release($_) foreach reverse @stalled;
	is($node->ended($session), '', "$name: no complaint");
	chomp(my $got = $session->{out});
	is($got, $out, "$name: rows");
	return;
}

at_once('all accounts', 'SELECT count(*), count(DISTINCT account), count(DISTINCT (account, id)) FROM every_connector',
	join('|', 4 * $n, $n, 4 * $n), @accounts);
is_deeply(asked(), { map { $_ => [$list] } @accounts }, 'each is asked once');

at_once('some accounts', q{SELECT string_agg(DISTINCT account, ',') FROM every_connector
	WHERE account IN ('acc03', 'acc07', 'acc19')},
	'acc03,acc07,acc19', qw(acc03 acc07 acc19));
is_deeply(asked(), { map { $_ => [$list] } qw(acc03 acc07 acc19) }, 'others are not asked');

at_once('accounts that a parameter names', q{SET plan_cache_mode = force_generic_plan; PREPARE p(text[]) AS
	SELECT count(DISTINCT account) FROM every_connector WHERE account = ANY ($1);
	EXECUTE p('{acc02,acc20}')}, 2, qw(acc02 acc20));
is_deeply(asked(), { map { $_ => [$list] } qw(acc02 acc20) }, 'neither are others then');

# one that is slow holds nobody up: the rows of the others are there while it waits
{
	clear();
	$mock->fault('acc01', { stall => 'headers', path => 'connections' });
	my (undef, $out, $err) = $node->psql('postgres', 'SELECT count(*) FROM (SELECT id FROM every_connector LIMIT '
		. (4 * ($n - 1)) . ') x');
	is("$out$err", 4 * ($n - 1), 'the rows of all others');
	$mock->release('acc01');
}

# one that fails fails the query, with its own name in the error
{
	clear();
	$mock->fault('acc11', { status => 401, body => { code => 'AuthFailed', message => 'no' }, times => 0 });
	like($node->fails('SELECT count(*) FROM every_connector'), qr/ERROR:  28000: /, 'an account with a bad key');
	is($node->query(q{SELECT count(*) FROM every_connector WHERE account <> 'acc11'}), 4 * ($n - 1),
		'the others can be asked without it');
	$mock->clear_faults('acc11');
}

# one write goes to one account
{
	clear();
	my $id = $node->query(q{SELECT min(id) FROM every_connector WHERE account = 'acc05'});
	clear();
	$node->query(qq{UPDATE acc05_connectors SET config = '{"user": "u"}' WHERE account = 'acc05' AND id = '$id'});
	is_deeply(asked(), { acc05 => [ "GET /v1/connections/$id", "PATCH /v1/connections/$id" ] }, 'one write');
	clear();
	$node->query(qq{UPDATE every_connector SET config = '{"user": "v"}' WHERE account = 'acc05' AND id = '$id'});
	is_deeply(asked(), { acc05 => [ "GET /v1/connections/$id", "PATCH /v1/connections/$id" ] },
		'one write through the parent');
}

is_deeply([ map { $mock->violations($_) } @accounts ], [], 'no request broke the definition');
$node->stop;
$mock->stop;
done_testing();
