# What names an item, a page or a parent: an empty name is none, a cursor is
# text, and a parent that is listed twice has its children once.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use IO::Compress::Gzip qw(gzip $GzipError);
use MIME::Base64 qw(encode_base64);
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('keys');
$node->add_world($mock, 'k');
$node->query(q{ALTER DATABASE postgres SET fivetrex.max_deletes = 100});

# table => path of its list, key, what changes a row
my %lists = (
	groups => [ '/v1/groups', 'id', q{UPDATE k.groups SET name = 'x'}, 'DELETE FROM k.groups' ],
	connectors => [ '/v1/connections', 'id', 'UPDATE k.connectors SET paused = true', 'DELETE FROM k.connectors' ],
	destinations => [ '/v1/destinations', 'id', 'UPDATE k.destinations SET run_setup_tests = false',
		'DELETE FROM k.destinations' ],
	users => [ '/v1/users', 'id', q{UPDATE k.users SET given_name = 'x'}, 'DELETE FROM k.users' ],
	teams => [ '/v1/teams', 'id', q{UPDATE k.teams SET name = 'x'}, 'DELETE FROM k.teams' ],
	webhooks => [ '/v1/webhooks', 'id', 'UPDATE k.webhooks SET active = false', 'DELETE FROM k.webhooks' ],
	roles => [ '/v1/roles', 'name' ],
	# by parents, of which the API names one so
	group_users => [ '/v1/groups', 'id' ],
	user_connectors => [ '/v1/users', 'id' ],
	team_users => [ '/v1/teams', 'id' ]);

# One answer, to all requests of a path.
sub answers
{
	my ($path, $data) = @_;
	$mock->clear_faults('k');
	$mock->fault('k', { path => "^$path(\\?|\$)", times => 0,
		body_base64 => encode_base64(qq({"code":"Success","data":$data}), '') });
	return;
}

foreach my $table (sort keys %lists)
{
	my ($path, $key, @writes) = @{ $lists{$table} };
	foreach my $value ('""', 'null', undef, '[]', 'true')
	{
		my $member = defined $value ? qq("$key":$value) : '"other":1';
		answers($path, qq({"items":[{$member,"title":"n"}]}));
		foreach my $sql ("SELECT * FROM k.$table", "SELECT count(*) FROM k.$table", @writes)
		{
			my ($log, $out, $err) = $node->writes($mock, 'k', $sql);
			my $name = ($value // 'absent') . ": $sql";
			like($err, qr/ERROR:  08P01: .*\nDETAIL:  .*An item has (no|an empty) "$key"/, $name);
			is_deeply([ $out, @$log ], [''], "$name: no row, nothing is written");
		}
	}
}

# ---------- cursors

foreach my $cursor ('"\u0000"', '"a\u0000"', '"\ud800"', '"\udc00\ud800"', '5', 'true', '[]', '{}')
{
	answers('/v1/groups', qq({"items":[{"id":"g"}],"next_cursor":$cursor}));
	foreach my $sql ('SELECT * FROM k.groups', 'SELECT * FROM k.group_users')
	{
		my ($log, $out, $err) = $node->sent($mock, 'k', $sql);
		like($err, qr/ERROR:  08P01: .*\nDETAIL:  .*"next_cursor" is (no text|not a string)/, "$cursor: $sql");
		like($err, qr{GET /v1/groups}, 'names its request');
		is($out, '', 'no row');
	}
}
foreach my $cursor ('null', '""')
{
	answers('/v1/groups', qq({"items":[{"id":"g"}],"next_cursor":$cursor}));
	is($node->query('SELECT id FROM k.groups'), 'g', "$cursor: the end");
}

# ---------- names in maps that no text can hold are not the same

answers('/v1/connections/x/schemas',
	'{"schemas":{"s":{"tables":{"\u0000":{},"a\u0000":{},"":{},"\ud800":{},"a\\\\u0000":{},'
	  . '"a\u0000":{"enabled":true},"b":{}}}}}');
is($node->query(q{SELECT count(*), count(enabled) FROM k.connector_tables WHERE connector_id = 'x'}), '6|1',
	'each is one');
like($node->fails(q{SELECT table_name FROM k.connector_tables WHERE connector_id = 'x'}), qr/ERROR:  22P05: /,
	'and an error where it is wanted');

# ---------- an answer that is packed in parts, as RFC 1952 allows

my @parts = ('{"code":"Success","data":{"items":', '[{"id":"packed"}]}}');
foreach my $n (1, 2)
{
	my $packed = '';
	foreach my $part ($n == 1 ? join('', @parts) : @parts)
	{
		gzip(\$part => \my $member) or die $GzipError;
		$packed .= $member;
	}
	foreach my $form ('one part', 'broken')
	{
		next if $form eq 'broken' && $n == 2;
		substr($packed, 12, 8) = 'xxxxxxxx' if $form eq 'broken';
		$mock->clear_faults('k');
		$mock->fault('k', { path => '^/v1/groups', times => 0, body_base64 => encode_base64($packed, ''),
			headers => { 'Content-Encoding' => 'gzip' } });
		my (undef, $out, $err) = $node->sent($mock, 'k', 'SELECT id FROM k.groups');
		my $name = $form eq 'broken' ? $form : "in $n parts";
		# libcurl takes one part only, or all
		if ($n == 2 && $err eq '') { is($out, 'packed', "$name: all of it") }
		elsif ($n == 1 && $form ne 'broken') { is("$out$err", 'packed', $name) }
		else
		{
			like($err, qr/ERROR:  08P01: .*(cannot be unpacked|is not|not JSON|understood)/s, "$name: refused");
			is($out, '', 'no row');
		}
	}
}

# ---------- a parent twice, or on two pages that are not neighbours

$mock->clear_faults('k');
my $users = $node->query(q{SELECT count(*) FROM k.group_users WHERE group_id = 'decent_dropsy'});
cmp_ok($users, '>', 0, 'it has children');
answers('/v1/groups', '{"items":[{"id":"decent_dropsy"},{"id":"decent_dropsy"},{"id":"decent_\u0064ropsy"}]}');
my ($log) = $node->sent($mock, 'k', 'SELECT count(*) FROM k.group_users');
is_deeply([ map { s/\?.*//r } @$log ], [ 'GET /v1/groups', 'GET /v1/groups/decent_dropsy/users' ], 'asked for once');
is($node->query('SELECT count(*) FROM k.group_users'), $users, 'each child once');
$mock->clear_faults('k');
my %pages = (1 => [ 'decent_dropsy', '2' ], 2 => [ 'empty_shelf', '3' ], 3 => [ 'decent_dropsy', '' ]);
foreach my $page (3, 2, 1)
{
	my ($id, $next) = @{ $pages{$page} };
	my $path = $page == 1 ? '^/v1/groups(\?(?!.*cursor).*)?$' : "^/v1/groups\\?.*cursor=$page";
	$mock->fault('k', { path => $path, times => 0, body_base64 => encode_base64(
		qq({"code":"Success","data":{"items":[{"id":"$id"}],"next_cursor":"$next"}}), '') });
}
is($node->query(q{SELECT count(*) FROM k.group_users WHERE group_id <> 'empty_shelf'}), $users, 'over pages');

$mock->clear_faults('k');
$node->stop;
$mock->stop;
done_testing();
