# Writes whose answers lack what is told once, or whose objects are not there to be
# read; keys that no path can have; masks in every place of a SET.

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
$node->query(q{ALTER DATABASE postgres SET fivetrex.server = 'w'; ALTER DATABASE postgres SET search_path = w, public;
	ALTER DATABASE postgres SET fivetrex.max_deletes = 1000; ALTER DATABASE postgres SET fivetrex.max_writes = -1});

sub writes { return $node->writes($mock, 'w', @_) }

sub refuses { return $node->refuses($mock, 'w', @_) }

# The statement sends these requests and fails with each of these.
sub fails_after
{
	my ($name, $sql, $requests, @errors) = @_;
	my ($log, $out, $err) = $node->sent($mock, 'w', $sql);
	s/ \{.*// foreach @$log;
	is_deeply($log, $requests, "$name: requests") or diag($err);
	is($out, '', "$name: no row");
	like($err, $_, "$name: $_") foreach @errors;
	return;
}

# ---------- secrets that are told once

my $user = $node->query(q{SELECT id FROM users WHERE NOT has_api_key ORDER BY id LIMIT 1});
my $key = $node->query(q{SELECT id FROM system_keys ORDER BY id LIMIT 1});
my $agent = $node->query(q{SELECT id FROM proxy_agents ORDER BY id LIMIT 1});
my $key_user = $node->query(q{SELECT id FROM users WHERE has_api_key ORDER BY id LIMIT 1});
my @told_once = (
	[ 'system_keys', q{INSERT INTO system_keys (name) VALUES ('a') RETURNING id, secret}, '/v1/system-keys', 'secret',
		qr/ \(id "\w+"\)/ ],
	[ 'user_api_keys', "INSERT INTO user_api_keys (user_id, expiration_period_days) VALUES ('$user', 30)
		RETURNING key_secret", "/v1/users/$user/api-keys", 'key_secret', qr/( \(\w+ "\w+"\))?/ ],
	[ 'proxy_agents', q{INSERT INTO proxy_agents (display_name, region) VALUES ('a', 'GCP_US_EAST4') RETURNING attrs},
		'/v1/proxy', 'client_cert', qr/ \(agent_id "\w+"\)/ ],
	[ 'hybrid_agents', q{INSERT INTO hybrid_agents (display_name, group_id, deployment_type, accept_terms)
		VALUES ('h', 'empty_shelf', 'DOCKER', true) RETURNING token, files}, '/v1/hybrid-deployment-agents', 'token',
		qr/ \(id "\w+"\)/ ],
	[ 'rotation', "SELECT fivetrex_rotate_system_key('$key', NULL)", "/v1/system-keys/$key/rotate", 'secret',
		qr/ \(id "$key"\)/ ],
	[ 'new secrets', "SELECT fivetrex_regenerate_proxy_agent_secrets('$agent')", "/v1/proxy/$agent/regenerate-secrets",
		'auth_token', qr/ \(agent_id "$agent"\)/ ]);
foreach (@told_once)
{
	my ($name, $sql, $path, $member, $id) = @$_;
	$mock->fault('w', { method => 'POST', path => $path, leave_out => [ $member,
		$name eq 'hybrid_agents' ? 'files' : () ] });
	fails_after($name, $sql, ["POST $path"],
		qr/ERROR:  08P01: the Fivetran API did not tell the secret of what it has made/,
		qr/DETAIL:  POST \S+: HTTP status 20\d, code \w+\. The change was made$id\. Its "data" lack the secret "$member"/,
		qr/HINT:  Nobody can read the secret any more\. Delete what was made/);
	$mock->clear_faults('w');
}

# ---------- what was written is not there to be read

my %not_there = (status => 404, body => { code => 'NotFound_Group', message => 'none' });
my $missing = qr/ERROR:  P0002: the change was made, but Fivetran does not have the object to be returned: none/;
my $once_done = qr/CONTEXT:  Fivetran API writes: 1 done/;
foreach my $returning (qw(public_key service_account))
{
	(my $path = $returning) =~ tr/_/-/;
	$mock->fault('w', { method => 'GET', path => "/$path\$", times => 0, %not_there });
	my ($log, $out, $err) = $node->sent($mock, 'w', "INSERT INTO groups (name) VALUES ('n_$returning') RETURNING id,
		$returning");
	is($out, '', "$returning of a new row that is not there: no row");
	like($err, $_, "$returning of a new row that is not there") foreach $missing, $once_done,
	  qr{DETAIL:  GET /v1/groups/\w+/$path: HTTP status 404, code NotFound_Group},
		qr/HINT:  Do not repeat the statement/;
	is_deeply([ map { s/[a-z_]+_[a-z_0-9]+(?=\/)/ID/r =~ s/ \{.*//r } @$log ], [ 'POST /v1/groups',
		"GET /v1/groups/ID/$path" ],
		"$returning: requests");
	$mock->clear_faults('w');
}
$mock->fault('w', { method => 'POST', path => '/groups$', leave_out => ['created_at'] },
	{ method => 'GET', path => '/groups/', %not_there });
like((writes(q{INSERT INTO groups (name) VALUES ('n_detail') RETURNING created_at}))[2], $missing, 'its own call');
$mock->clear_faults('w');
$mock->fault('w', { method => 'GET', path => '/groups/empty_shelf/users', times => 0, body => { code => 'Success',
	data => { items => [] } } });
my $email = $node->query('SELECT email FROM users ORDER BY id LIMIT 1');
like((writes("INSERT INTO group_users (group_id, email, role) VALUES ('empty_shelf', '$email', 'View Destination')
	RETURNING user_id, active"))[2],
		qr/ERROR:  P0002: the change was made, but "\Q$email\E" is not in the list of group_users/,
	'a list that lacks it');
$mock->clear_faults('w');
is((writes("DELETE FROM group_users WHERE group_id = 'empty_shelf'"))[2], '', 'it is made');

# ---------- an update of many rows that the API confirms without saying what is there now

foreach my $from ('', ' FROM (VALUES (1)) v(x)')
{
	$mock->fault('w', { method => 'PATCH', path => 'assimilate_seem/schemas', body => { code => 'Success',
		message => 'm',
		data => {} } });
	my ($log, $out, $err) = writes("UPDATE connector_tables SET enabled = false$from WHERE connector_id = 'assimilate_seem'
		AND schema_name = 'public' AND table_name = 'orders' RETURNING table_name, enabled,
			name_in_destination IS NOT NULL");
	is($out, 'orders|f|t', "data that are empty: the row as it was sent and read$from") or diag($err);
	is(scalar @$log, 1, "one request$from");
	$mock->clear_faults('w');
}

# ---------- keys that no path can have

my @odd = ('', '.', '..');
my %encoded = ('a/b' => 'a%2Fb', '%2e%2e' => '%252e%252e', '%2E' => '%252E', 'a?b' => 'a%3Fb', 'a b' => 'a%20b',
	'{id}' => '%7Bid%7D', '...' => '...', 'x#y' => 'x%23y', 'ü' => '%C3%83%C2%BC');
delete $encoded{'ü'};
foreach my $odd (@odd)
{
	refuses("INSERT: \"$odd\"", "INSERT INTO group_users (group_id, email, role) VALUES ('$odd', 'a\@b',
		'View Destination')",
		qr/ERROR:  (22023|23502): /);
	refuses("INSERT of a certificate: \"$odd\"", "INSERT INTO connector_certificates (connector_id, hash, encoded_cert)
		VALUES ('$odd', 'h', 'c')", qr/ERROR:  (22023|23502): /);
}
foreach my $key (sort keys %encoded)
{
	$mock->fault('w', { method => 'POST', path => 'users', status => 404, body => { code => 'NotFound_Group',
		message => 'm' } });
	my ($log) = writes("INSERT INTO group_users (group_id, email, role) VALUES ('$key', 'a\@b', 'View Destination')");
	like("@$log", qr{^POST /v1/groups/\Q$encoded{$key}\E/users \{}, "INSERT: \"$key\" is one part of the path");
	$mock->clear_faults('w');
}

# what the API calls its new rows
foreach my $id ('', '.', '..', "\\u0000", 'account')
{
	$mock->fault('w', { method => 'POST', path => '/groups$',
		body_text => qq({"code":"Created","data":{"id":"$id","name":"n"}}) });
	my ($log, $out, $err) = $node->sent($mock, 'w', q{INSERT INTO groups (name) VALUES ('n') RETURNING public_key});
	is($out, '', "a new row \"$id\": no row");
	like($err, $id eq 'account' ? qr/ERROR:  P0002: the change was made/ : qr/ERROR:  (08P01|22P05): /,
		"a new row \"$id\"");
	like($err, $once_done, "a new row \"$id\" is made");
	is(scalar @$log, $id eq 'account' ? 2 : 1, "a new row \"$id\": nothing is asked with it") or diag("@$log");
	$mock->clear_faults('w');
}

# the first of the parents has such a name
foreach my $id ('..', '.', '', "\\u0000", '{id}', 'a/b')
{
	$mock->fault('w', { times => 0, method => 'GET', path => '/v1/groups\?',
		body_text => qq({"code":"Success","data":{"items":[{"id":"$id","name":"n","created_at":"2024-01-01T00:00:00Z"}]}}) });
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

# ---------- masks in SET

my %set = (
	'of a member' => [ q{config = '{"password": "******", "host": "h"}'}, qr/\{"config":\{"host":"h"\}/ ],
	'of a member below' => [ q{config = '{"a": {"b": {"password": "******"}}, "host": "h"}'},
		qr/\{"config":\{"host":"h"\}/ ],
	'of an object in an array' => [ q{config = '{"l": [{"password": "******", "x": 1}], "host": "h"}'},
		qr/"l":\[\{"x":1\}\]/ ],
	'of an element' => [ q{config = '{"l": ["a", "******"]}'}, undef ],
	'of all' => [ q{config = '{"password": "******"}'}, '' ],
	'of all below' => [ q{config = '{"a": {"password": "******"}}', paused = true}, qr/^PATCH \S+ \{"paused":true/ ],
	'that is escaped' => [ q{config = '{"password": "\u002a*****", "host": "h"}'}, qr/\{"config":\{"host":"h"\}/ ],
	'that was concatenated' => [ q{config = config || '{"host": "z"}'}, qr/"host":"z"/ ]);
foreach my $name (sort keys %set)
{
	my ($set, $body) = @{ $set{$name} };
	foreach my $from ('', ' FROM (VALUES (1)) v(x)')
	{
		my ($log, undef, $err) = writes("UPDATE connectors SET $set$from WHERE id = 'assimilate_seem'");
		unlike("@$log", qr/\*\*\*/, "a mask $name$from is never sent");
		if (!defined $body)
		{
			like($err, qr/ERROR:  22023: .*config/, "a mask $name$from: an error names the place");
			is_deeply($log, [], "a mask $name$from: nothing is sent");
			next;
		}
		like($err, qr/NOTICE:  00000: masked values are left out of .*config/, "a mask $name$from: a NOTICE");
		$body eq '' ? is_deeply($log, [], "a mask $name$from: nothing is left") : like("@$log", $body,
			"a mask $name$from: the rest");
	}
}
# of columns that are no objects
foreach my $sql (q{UPDATE webhooks SET secret = '******' WHERE id = 'hook_acorn'},
	q{UPDATE webhooks SET secret = secret WHERE id = 'hook_acorn'},
	q{UPDATE webhooks SET events = '{sync_end,******}' WHERE id = 'hook_acorn'})
{
	my ($log, undef, $err) = writes($sql);
	unlike("@$log", qr/\*\*\*/, "$sql: no mask is sent");
	like($err, qr/masked values are left out|ERROR:  22023/, "$sql: said");
}

# ---------- an account that is not there; braces in a path

$mock->fault('w', { times => 0, path => 'account', status => 404, body => { code => 'NotFound',
	message => 'no account' } });
$mock->fault('w', { times => 0, path => 'external-logging/account', status => 404,
	body => { code => 'NotFound_LogService', message => 'no account' } });
foreach my $sql ('SELECT * FROM account', 'SELECT * FROM fivetrex_ping()', 'SELECT fivetrex_account_log_service()',
	q{SELECT fivetrex_request('GET', '/v1/account/info')})
{
	my ($err) = ($node->sent($mock, 'w', $sql))[2];
	like($err, qr/ERROR:  0A000: .*no account/, "$sql: a path without a key is a feature that is missing");
}
$mock->clear_faults('w');
refuses("braces in a path: $_", "SELECT fivetrex_request('POST', '$_')",
	qr/ERROR:  22023: the path has a character that must be percent-encoded/)
  foreach '/v1/groups/{id}', '/v1/{', '/v1/}', '/{}', '/v1/groups/{group_id}/users';
is_deeply((writes(q{SELECT fivetrex_request('PATCH', '/v1/groups/%7Bid%7D', NULL, '{"name": "{x}"}')}))[0],
	['PATCH /v1/groups/%7Bid%7D {"name":"{x}"}'], 'braces that are encoded');

$node->stop;
$mock->stop;
done_testing();
