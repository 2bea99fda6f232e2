# Exact requests of each kind of query.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('pushdown');
$node->add_world($mock, 'w');

# The requests that a statement makes, in order.
sub requests
{
	my ($sql) = @_;
	$mock->clear('w');
	$node->safe_psql('postgres', "SET search_path = w, public; $sql");
	return [ $mock->requests('w') ];
}

# The same without regard to order: detail calls go out side by side.
sub requests_sorted
{
	return [ sort @{ requests(@_) } ];
}

# Ids to work with, taken from the API itself.
my @ids = split /\n/, $node->safe_psql('postgres',
	"SELECT id FROM w.connectors ORDER BY id LIMIT 30");
my $group = $node->safe_psql('postgres',
	"SELECT group_id FROM w.connectors GROUP BY 1 ORDER BY count(*), 1 LIMIT 1");
my $schema = $node->safe_psql('postgres',
	"SELECT schema FROM w.connectors WHERE id = '$ids[0]'");

subtest 'lists' => sub {
	my $full = requests("SELECT count(*) FROM connectors");
	is(scalar @$full, 3, '2,500 connectors are three pages');
	is($full->[0], 'GET /v1/connections?limit=1000', 'the first page');
	like($full->[$_], qr{^GET /v1/connections\?limit=1000&cursor=[\w-]+$},
		"page " . ($_ + 1))
	  for 1, 2;

	is_deeply(requests("SELECT name FROM groups"),
		['GET /v1/groups?limit=1000'], 'groups');
	is_deeply(requests("SELECT service FROM destinations"),
		['GET /v1/destinations?limit=1000'],
		'destinations without detail columns');
	is_deeply(requests("SELECT url FROM webhooks"),
		['GET /v1/webhooks?limit=1000'], 'webhooks');
	is_deeply(requests("SELECT * FROM account"),
		['GET /v1/account/info'], 'account is one object');
};

subtest 'keys' => sub {
	is_deeply(requests("SELECT * FROM connectors WHERE id = '$ids[0]'"),
		["GET /v1/connections/$ids[0]"], 'id = constant');
	is_deeply(requests("SELECT * FROM connectors WHERE '$ids[0]' = id"),
		["GET /v1/connections/$ids[0]"], 'constant = id');
	is_deeply(
		requests_sorted(
			"SELECT service FROM connectors WHERE id IN ('$ids[2]', '$ids[1]', '$ids[1]', NULL)"
		),
		[ map { "GET /v1/connections/$_" } sort @ids[ 1, 2 ] ],
		'id IN: one call each, once each, none for NULL');
	is_deeply(
		requests_sorted(
			"SELECT service FROM connectors WHERE id = ANY (ARRAY(SELECT unnest(ARRAY['$ids[3]', '$ids[4]'])))"
		),
		[ map { "GET /v1/connections/$_" } sort @ids[ 3, 4 ] ],
		'id = ANY (subquery)');
	my $list = join ', ', map { "'$_'" } @ids;
	is(scalar @{ requests("SELECT service FROM connectors WHERE id IN ($list)") },
		3, 'thirty keys: three pages of the list are cheaper');
	is_deeply(requests("SELECT * FROM connectors WHERE id = NULL"),
		[], 'id = NULL needs no call');
	is_deeply(requests("SELECT * FROM connectors WHERE id = 'no_such_thing'"),
		['GET /v1/connections/no_such_thing'], 'unknown key: one call, no row');
	is_deeply(
		requests("SELECT * FROM connectors WHERE id = 'a/b c?d#e%'"),
		['GET /v1/connections/a%2Fb%20c%3Fd%23e%25'],
		'a key is percent-encoded');
	unlike($_, qr{/v1/connections/}, 'an odd key makes no detail call')
	  for map { @{ requests("SELECT * FROM connectors WHERE id = '$_'") } }
	  ('', '.', '..');
	is_deeply(
		requests(
			"SELECT id FROM connectors WHERE id = '$ids[0]' AND group_id = 'other'"
		),
		["GET /v1/connections/$ids[0]"],
		'key and filter: one detail call, checked locally');
};

subtest 'filters' => sub {
	is_deeply(
		requests("SELECT id FROM connectors WHERE group_id = '$group'"),
		["GET /v1/connections?group_id=$group&limit=1000"],
		'group_id');
	is_deeply(
		requests("SELECT id FROM connectors WHERE schema = '$schema'"),
		["GET /v1/connections?schema=$schema&limit=1000"], 'schema');
	is_deeply(
		requests(
			"SELECT id FROM connectors WHERE schema = '$schema' AND group_id = '$group' AND NOT paused"
		),
		["GET /v1/connections?schema=$schema&group_id=$group&limit=1000"],
		'both, and a local condition');
	is(scalar @{ requests("SELECT id FROM connectors WHERE group_id LIKE 'd%'") },
		3, 'LIKE is local');
	is(scalar @{ requests("SELECT id FROM connectors WHERE group_id = '$group' OR paused") },
		3, 'OR is local');
	is(scalar @{ requests("SELECT id FROM connectors WHERE lower(group_id) = '$group'") },
		3, 'an expression is local');
	is(scalar @{ requests("SELECT id FROM connectors WHERE group_id = ''") },
		3, 'an empty value is not sent');
	is_deeply(requests("SELECT id FROM connectors WHERE group_id = NULL"),
		[], 'NULL needs no call');
};

subtest 'LIMIT' => sub {
	is_deeply(requests("SELECT id FROM connectors LIMIT 1"),
		['GET /v1/connections?limit=1'], 'LIMIT 1');
	is_deeply(requests("SELECT id FROM connectors LIMIT 10 OFFSET 5"),
		['GET /v1/connections?limit=15'], 'LIMIT with OFFSET');
	is_deeply(requests("SELECT id FROM connectors LIMIT 0"),
		[], 'LIMIT 0');
	is_deeply(
		requests("SELECT id FROM connectors WHERE group_id = '$group' LIMIT 2"),
		["GET /v1/connections?group_id=$group&limit=2"],
		'LIMIT over a pushed filter');
	# a page that was asked for ahead, and abandoned, may arrive late
	my $first = sub { (grep { !/cursor=/ } @{ requests(@_) })[0] };
	is($first->("SELECT id FROM connectors WHERE NOT paused LIMIT 2"),
		'GET /v1/connections?limit=1000',
		'a local filter: full pages');
	is($first->("SELECT id FROM connectors ORDER BY created_at LIMIT 2"),
		'GET /v1/connections?limit=1000',
		'a sort needs all rows');
	is_deeply(requests("SELECT id FROM connectors LIMIT 1500"), [
		'GET /v1/connections?limit=1000',
		'GET /v1/connections?limit=1000&cursor=eyJza2lwIjoxMDAwfQ' ],
		'LIMIT over two pages');
};

subtest 'detail columns' => sub {
	my @destinations = split /\n/, $node->safe_psql('postgres',
		"SELECT id FROM w.destinations ORDER BY id");
	is_deeply(
		requests_sorted("SELECT id, config FROM destinations"),
		[
			sort 'GET /v1/destinations?limit=1000',
			map { "GET /v1/destinations/$_" } @destinations
		],
		'config: one detail call per row');
	is_deeply(
		requests_sorted(
			"SELECT id, config FROM destinations WHERE id IN ('$destinations[0]', '$destinations[1]')"
		),
		[ map { "GET /v1/destinations/$_" } sort @destinations[ 0, 1 ] ],
		'with keys: no list');
	my $service = $node->safe_psql('postgres',
		"SELECT service FROM w.destinations GROUP BY 1 ORDER BY count(*), 1 LIMIT 1");
	my @of_service = split /\n/, $node->safe_psql('postgres',
		"SELECT id FROM w.destinations WHERE service = '$service' ORDER BY id");
	is_deeply(
		requests_sorted(
			"SELECT id, config FROM destinations WHERE service = '$service'"),
		[
			sort 'GET /v1/destinations?limit=1000',
			map { "GET /v1/destinations/$_" } @of_service
		],
		'a condition on list columns spares details');
	is(scalar @{ requests("SELECT attrs FROM destinations") },
		1, 'attrs forces no detail call');
	is(scalar @{ requests("SELECT config FROM destinations LIMIT 2") },
		3, 'LIMIT 2: a list and two details');
	is(scalar @{ requests("SELECT config FROM connectors WHERE group_id = '$group'") },
		1, 'connectors have config in the list');
};

subtest 'joins' => sub {
	is_deeply(
		requests_sorted(
			"SELECT count(*) FROM connectors c JOIN (VALUES ('$ids[0]'), ('$ids[1]')) v(id) USING (id)"
		),
		[ map { "GET /v1/connections/$_" } sort @ids[ 0, 1 ] ],
		'few keys drive the inner side');
	is(scalar @{ requests("SELECT count(*) FROM connectors c JOIN groups g ON g.id = c.group_id") },
		4, 'two lists joined locally');
	is(scalar @{ requests("SELECT count(*) FROM connectors a JOIN connectors b USING (id)") },
		3, 'a self-join that the memo holds asks once');
	$node->add_world($mock, 'long', prefetch => 'false');
	$mock->settings('long', connectors => 6000);
	$mock->clear('long');
	is($node->safe_psql('postgres', 'SELECT count(*) FROM long.connectors a JOIN long.connectors b USING (id)'), 6000,
		'one that it does not hold');
	is(scalar($mock->requests('long')), 12, 'asks twice');
	is(scalar @{ requests("SELECT count(*) FROM groups a JOIN groups b USING (id)") },
		1, 'a short one is asked once');
	is_deeply(
		requests(
			"SELECT count(*) FROM (VALUES ('$ids[0]'), ('$ids[0]')) v(id) CROSS JOIN LATERAL (SELECT * FROM connectors c
				WHERE c.id = v.id OFFSET 0) x"
		),
		["GET /v1/connections/$ids[0]"],
		'the same key is asked once');
};

subtest 'EXPLAIN' => sub {
	is_deeply(requests("EXPLAIN VERBOSE SELECT * FROM connectors, destinations"),
		[], 'plain EXPLAIN sends nothing');
};

is_deeply($mock->stats('w')->{violations} // 0, 0, 'no request broke the API definition')
  if !ref $mock->stats('w')->{violations};

$node->stop;
$mock->stop;
done_testing();
