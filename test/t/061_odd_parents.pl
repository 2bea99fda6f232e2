# What a selftest says of tables whose parents have keys that no path can have, or could not be asked; other odd
# keys are in stories/odd_keys.sql.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('keys');
$node->add_world($mock, 'w');
$node->query(q{ALTER DATABASE postgres SET fivetrex.server = 'w'});

# the first of the parents has such a name
foreach my $id ('..', '.', '', "\\u0000", '{id}', 'a/b')
{
	$mock->fault('w', { times => 0, method => 'GET', path => '/v1/groups\?',
		body_text => qq({"code":"Success","data":{"items":[{"id":"$id","created_at":"2024-01-01T00:00:00Z"}]}}) });
	$mock->clear('w');
	my @rows = $node->rows(q{SELECT table_name, status, detail FROM fivetrex_selftest()
		WHERE table_name IN ('groups', 'group_users', 'webhooks') ORDER BY 1});
	my ($users, $groups, $webhooks) = map { join '|', (split /\|/)[1, 2] } @rows;
	like($webhooks, qr/^served/, "selftest, a parent \"$id\": other tables are asked");
	my $request = (grep { m{/groups/} } $mock->requests('w'))[0] // '';
	if ($id =~ /id|b/)
	{
		like($request, qr{^GET /v1/groups/(%7Bid%7D|a%2Fb)/users}, "selftest,
			a parent \"$id\": asked with it as one part");
	}
	else
	{
		is($request, '', "selftest, a parent \"$id\": nothing is asked with it");
		like($users, qr/^(error\|The first of groups has no key|unknown\|groups: error)/, "selftest,
			a parent \"$id\": said");
	}
	$mock->clear_faults('w');
}

# a parent that could not be asked is not empty
foreach (
	[ 403, 'forbidden' ], [ 500, 'error' ], [ 404, 'not available', 'HTTP 404 Not Found' ],
	[ 200, 'empty', undef, '{"code":"Success","data":{"items":[]}}' ])
{
	my ($status, $word, $message, $text) = @$_;
	$mock->fault('w', { times => 0, method => 'GET', path => '/v1/groups\?', status => $status,
		$text ? (body_text => $text) : (body => { code => 'X', message => $message // 'm' }) });
	is($node->query(q{SELECT string_agg(status || ': ' || detail, ', ' ORDER BY table_name) FROM fivetrex_selftest()
		WHERE table_name IN ('group_users')}),
			$word eq 'empty' ? 'empty: there are no groups' : "unknown: groups: $word",
		"selftest: groups are $word");
	$mock->clear_faults('w');
}

$node->stop;
$mock->stop;
done_testing();
