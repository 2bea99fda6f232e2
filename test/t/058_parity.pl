# The SQL beside each function of the Elixir client in test/recipes/README.md does what that
# function does; and what the client does wrong is done right here.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('parity');
$node->add_world($mock, 'fivetran');
$node->safe_psql('postgres', 'ALTER DATABASE postgres SET fivetrex.max_deletes = 1');

my $c = '/v1/connections';
my %expected = (
	'Fivetrex.client/1' => [ 'GET /v1/account/info' ],
	'Groups.list/2' => [ 'GET /v1/groups?limit=10' ],
	'Groups.stream/2' => [ 'GET /v1/groups?limit=1000' ],
	'Groups.get/2' => [ 'GET /v1/groups/decent_dropsy' ],
	'Groups.create/2' => [ 'POST /v1/groups' ],
	'Groups.update/3' => [ 'GET /v1/groups/empty_shelf', 'PATCH /v1/groups/empty_shelf' ],
	'Groups.delete/2' => [ 'GET /v1/groups/empty_shelf', 'DELETE /v1/groups/empty_shelf' ],
	'Connectors.list/3' => [ "GET $c?group_id=hollow_cedar&limit=5" ],
	'Connectors.stream/3' => [ "GET $c?group_id=hollow_cedar&limit=1000" ],
	'Connectors.get/2' => [ "GET $c/assimilate_seem" ],
	'Connectors.create/2' => [ "POST $c" ],
	'Connectors.update/3' => [ "GET $c/assimilate_seem", "PATCH $c/assimilate_seem" ],
	'Connectors.delete/2' => [ "GET $c/lonely_outpost", "DELETE $c/lonely_outpost" ],
	'Connectors.sync/2' => [ "POST $c/assimilate_seem/sync" ],
	'Connectors.resync!/3' => [ "POST $c/assimilate_seem/resync" ],
	'Connectors.pause/2' => [ "PATCH $c/broken_anchor" ],
	'Connectors.resume/2' => [ "PATCH $c/broken_anchor" ],
	'Connectors.get_state/2' => [ "GET $c/function_kernel/state" ],
	'Connectors.get_sync_status/2' => [ "GET $c/syncing_river" ],
	'SyncStatus.syncing?/1' => [ "GET $c/syncing_river" ],
	'Connectors.set_sync_frequency/4' => [ "PATCH $c/broken_anchor" ],
	'Connectors.get_schema_config/2' => [ "GET $c/syncing_river/schemas" ],
	'Connectors.update_schema_config/3' => [ "PATCH $c/syncing_river/schemas" ],
	'Connectors.reload_schema_config/2' => [ "POST $c/syncing_river/schemas/reload" ],
	'Connectors.get_table_columns/4' => [ "GET $c/assimilate_seem/schemas/public/tables/orders/columns" ],
	'Connector.syncing?/1`, `paused?/1`, `sync_state/1' => [ "GET $c/paused_canyon" ],
	'Destinations.get/2' => [ 'GET /v1/destinations/projected_sickle' ],
	'Destinations.create/2' => [ 'POST /v1/destinations' ],
	'Destinations.update/3' => [ 'GET /v1/destinations/projected_sickle', 'PATCH /v1/destinations/projected_sickle' ],
	'Destinations.delete/2' => [ 'GET /v1/destinations/final_margin', 'DELETE /v1/destinations/final_margin' ],
	'Destinations.test/2' => [ 'POST /v1/destinations/projected_sickle/test' ],
	'Webhooks.list/2' => [ 'GET /v1/webhooks?limit=3' ],
	'Webhooks.stream/2' => [ 'GET /v1/webhooks?limit=1000' ],
	'Webhooks.get/2' => [ 'GET /v1/webhooks/hook_acorn' ],
	'Webhooks.create_account/2' => [ 'POST /v1/webhooks/account' ],
	'Webhooks.create_group/3' => [ 'POST /v1/webhooks/group/decent_dropsy' ],
	'Webhooks.update/3' => [ 'GET /v1/webhooks/hook_acorn', 'PATCH /v1/webhooks/hook_acorn' ],
	'Webhooks.delete/2' => [ 'GET /v1/webhooks/hook_alley', 'DELETE /v1/webhooks/hook_alley' ],
	'Webhooks.test/2' => [ 'POST /v1/webhooks/hook_acorn/test' ],
	'WebhookSignature.compute_signature/2' => [],
	'WebhookSignature.verify/3`, `WebhookPlug' => [],
	'Stream.flat_map/2` over groups' => [ 'GET /v1/connections?limit=1000', 'GET /v1/groups?limit=1000' ],
	'Stream.filter/2 \|> Enum.take/2' => [ 'GET /v1/connections?limit=1000' ],
	'Fivetrex.Error' => [],
);

open my $file, '<', "$FindBin::RealBin/../recipes/README.md" or die $!;
my $page = do { local $/; <$file> };
close $file;
my ($table) = $page =~ /<!-- parity -->\n(.*?)<!-- \/parity -->/s;
foreach my $line (grep { /^\| `/ } split /\n/, $table)
{
	my ($elixir, $sql) = $line =~ /^\| `(.*?)`? \| (.*) \|$/ or die $line;
	next if $elixir eq 'Retry.with_retry/2';
	$sql =~ s/^`(.*)`$/$1/;
	my ($log, $out, $err) = $node->sent($mock, 'fivetran', $sql);
	my $wanted = delete $expected{$elixir};
	# a join and a prefetched page may come in another order, or not at all
	my %seen;
	my @made = grep { !$seen{$_}++ } map { s/ \{.*//r } grep { !/cursor=/ } @$log;
	@made = sort @made if $elixir =~ /flat_map/;
	is_deeply(\@made, $wanted, "$elixir: $sql");
	is($err, '', "$elixir: no complaint");
	isnt($out, '', "$elixir: has a result") if $sql =~ /^SELECT|RETURNING/ && $elixir ne 'Fivetrex.Error';
}
is_deeply([ keys %expected ], [], 'the page has every function of the client');

# ---------- what the client does wrong (each is a way to fail)

sub answers
{
	my ($sql, $result, $name) = @_;
	my ($status, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$sql");
	like($out . $err, $result, $name);
	return;
}

answers(q{SELECT fivetrex_resync('assimilate_seem', true)}, qr/^\w/, 'resync takes an answer without data');
$mock->fault('fivetran',
	{ path => 'groups', status => 429, headers => { 'Retry-After' => 'Wed, 21 Oct 2015 07:28:00 GMT' },
	body => { code => 'TooManyRequests', message => 'x' } });
answers(q{SELECT count(*) FROM fivetran.groups}, qr/^\d+$/, 'a Retry-After that is no integer');
$mock->fault('fivetran', { path => 'groups', times => 0, next_cursor => '' });
answers(q{SELECT count(*) FROM fivetran.groups}, qr/^\d+$/, 'an empty cursor ends a list');
$mock->clear_faults('fivetran');
answers(q{SELECT count(*) > 0 FROM fivetran.connectors WHERE setup_state = 'broken'}, qr/^t$/,
	'broken is a setup_state, read from status');
foreach my $case ([ 400, '22023' ], [ 403, '42501' ], [ 409, '55006' ], [ 415, '22023' ])
{
	$mock->fault('fivetran',
		{ path => 'groups', status => $case->[0], body => { code => 'TheCode', message => 'the words' } });
	answers(q{SELECT count(*) FROM fivetran.groups}, qr/ERROR:  $case->[1]: .*the words\nDETAIL:.*code TheCode/,
		"$case->[0] has a cause and keeps its code");
}
answers(q{SELECT schedule_type IS NOT NULL, connected_by IS NOT NULL, networking_method, data_delay_sensitivity IS NOT
	NULL FROM fivetran.connectors WHERE id = 'assimilate_seem'}, qr/^t\|t\|Directly\|t$/, 'fields that the client drops');
answers(q{SELECT jsonb_typeof(fivetrex_test_destination('projected_sickle') -> 'setup_tests')}, qr/^array$/,
	'the results of tests are in setup_tests');
answers(q{SELECT count(*) FROM fivetran.destinations}, qr/^\d+$/, 'destinations can be listed');
$mock->clear('fivetran');
$node->safe_psql('postgres', q{SELECT fivetrex_state('function_kernel'), count(*) FROM fivetran.connectors});
is(scalar(grep { m{/v1/connectors} } $mock->requests('fivetran')), 0, 'only current paths are called');

is_deeply([ $mock->violations('fivetran') ], [], 'no request broke the definition');
$node->stop;
$mock->stop;
done_testing();
