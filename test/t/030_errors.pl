# Each kind of error has its SQLSTATE, and retries do what is promised.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use IO::Socket::INET;
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start(allow_violations => ['e']);
my $node = Fivetrex::Node->start('errors');
$node->add_world($mock, 'e', max_retries => 2, max_retry_wait => 5);

my $scan = 'SELECT count(*) FROM e.groups';
my $page2 = 'SELECT count(*) FROM e.connectors';
my $call = q{SELECT fivetrex_request('GET', '/v1/groups', server => 'e')};
my $post = q{SELECT fivetrex_sync('assimilate_seem', server => 'e')};

# Run a statement that must fail, and catch it by its condition name in
# PL/pgSQL.  Returns message, detail and hint.
sub attempt
{
	my ($sql, $condition) = @_;
	return $node->safe_psql('postgres', qq{
		DO \$do\$
		DECLARE d text; h text;
		BEGIN
			EXECUTE \$sql\$$sql\$sql\$;
			PERFORM set_config('test.result', 'no error', false);
		EXCEPTION WHEN $condition THEN
			GET STACKED DIAGNOSTICS d = PG_EXCEPTION_DETAIL, h = PG_EXCEPTION_HINT;
			PERFORM set_config('test.result', 'caught: ' || SQLERRM || ' / ' || d || ' / ' || h, false);
		WHEN OTHERS THEN
			PERFORM set_config('test.result', 'another: ' || SQLSTATE || ' ' || SQLERRM, false);
		END \$do\$;
		SELECT current_setting('test.result') || coalesce(' / ' || fivetrex_last_error()::text, '');
	});
}

sub caught
{
	my ($sql, $condition, $name) = @_;
	my $result = attempt($sql, $condition);
	like($result, qr/^caught: /, "$name: $condition");
	return $result;
}

# The same with a fault that answers every request so.
sub faulty
{
	my ($fault, $sql, $condition, $name) = @_;
	$mock->clear_faults('e');
	$mock->clear('e');
	$mock->fault('e', { times => 0, %$fault });
	my $result = caught($sql, $condition, $name);
	$mock->clear_faults('e');
	return ($result, scalar @{ [ $mock->requests('e') ] });
}

sub answer
{
	my ($status, $code, $message) = @_;
	return { status => $status, body => { code => $code, message => $message // 'Words of the server' } };
}

subtest 'by status' => sub {
	foreach my $sql ($scan, $call)
	{
		my ($text, $n);
		($text, $n) = faulty(answer(401, 'AuthFailed'), $sql, 'invalid_authorization_specification', '401');
		like($text, qr{Words of the server / GET /v1/groups\S*: HTTP status 401, code AuthFailed\. / .*user mapping}s,
			'message, request, status, code, hint');
		like($text, qr{"code": "AuthFailed".*"status": 401}, 'fivetrex_last_error()');
		is($n, 1, '401 is not repeated');
		(undef, $n) = faulty(answer(403, 'Forbidden'), $sql, 'insufficient_privilege', '403');
		is($n, 1, '403 is not repeated');
		faulty(answer(404, 'NotFound', 'HTTP 404 Not Found'), $sql, 'feature_not_supported', 'a route that is not served');
		($text) = faulty(answer(400, 'InvalidInput'), $sql, 'invalid_parameter_value', '400');
		unlike($text, qr/dry_run/, 'a read has nothing that a dry run would show');
		faulty(answer(415, 'X'), $sql, 'invalid_parameter_value', '415');
		faulty(answer(422, 'X'), $sql, 'invalid_parameter_value', '422');
		faulty(answer(409, 'Conflict'), $sql, 'object_in_use', '409');
		foreach my $status (408, 500)
		{
			(undef, $n) = faulty(answer($status, 'X'), $sql, $status == 500 ? 'system_error' : 'fdw_error', $status);
			is($n, 3, "$status is repeated for a GET");
			foreach my $write ($post, q{SELECT fivetrex_pause('assimilate_seem', server => 'e')})
			{
				(undef, $n) = faulty(answer($status, 'X'), $write, $status == 500 ? 'system_error' : 'fdw_error',
					"$status: $write");
				is($n, 1, 'but not for a write, even one that may be repeated');
			}
		}
		(undef, $n) = faulty(answer(501, 'X'), $sql, 'system_error', '501');
		is($n, 1, '501 is not repeated');
		(undef, $n) = faulty(answer(503, 'X'), $sql, 'system_error', '503');
		is($n, 3, '503 is repeated max_retries times');
		faulty(answer(405, 'X'), $sql, 'fdw_error', '405');
		(undef, $n) = faulty({ status => 302, headers => { Location => $mock->url('e') . '/v1/webhooks' } },
			$sql, 'fdw_error', 'a redirect');
		is($n, 1, 'a redirect is not followed');
	}
	faulty(answer(404, 'NotFound_Group'), $call, 'feature_not_supported',
		'404 in a function, of a path that names no object');
	faulty(answer(404, 'NotFound_Group'), $call =~ s{groups}{groups/none}r, 'no_data_found',
		'404 in a function, of an object');
	is($node->safe_psql('postgres', q{SELECT count(*) FROM e.connectors WHERE id = 'no_such_thing'}),
		0, '404 of a key is no row');
	$mock->fault('e', answer(404, 'NotFound_Group'));
	is($node->safe_psql('postgres', q{SELECT count(*) FROM e.connectors WHERE group_id = 'gone'}),
		0, '404 of a filter is no row');
	$mock->clear_faults('e');
};

subtest 'rate limit' => sub {
	my ($text, $n) = faulty(
		{ %{ answer(429, 'TooManyRequests') }, headers => { 'Retry-After' => '3600' } },
		$scan, 'configuration_limit_exceeded', '429 that asks for an hour');
	is($n, 1, 'fails at once');
	like($text, qr/asks to wait 3600 seconds/, 'and says how long the server asked for');
	like($text, qr/"retry_after": 3600/, 'fivetrex_last_error() tells it too');
	(undef, $n) = faulty({ %{ answer(429, 'TooManyRequests') }, headers => { 'Retry-After' => '0' } },
		$post, 'configuration_limit_exceeded', '429 of a POST');
	is($n, 3, 'is repeated, for every method');
	$mock->clear('e');
	$mock->fault('e', { %{ answer(429, 'TooManyRequests') }, headers => { 'Retry-After' => '1' } });
	is($node->safe_psql('postgres', $scan), 14, 'a short wait is waited for');
	is(scalar @{ [ $mock->requests('e') ] }, 2, 'two requests');
};

subtest 'transport' => sub {
	my ($text, $n) = faulty({ close => JSON::PP::true }, $scan, 'connection_failure', 'closed without an answer');
	cmp_ok($n, '>=', 3, 'repeated for a GET');
	($text, $n) = faulty({ close_after => 40 }, $scan, 'connection_failure', 'closed in mid-body');
	# a short one here only, and a longer one where a machine stops before the request has left
	$mock->fault('e', { times => 0, stall => 'headers' });
	foreach my $seconds (1, 10, 100)
	{
		$node->safe_psql('postgres', "ALTER SERVER e OPTIONS (SET request_timeout '$seconds')");
		$text = attempt($scan, 'connection_failure');
		last if $text =~ /^caught: /;
	}
	like($text, qr/^caught: /, 'request_timeout: connection_failure');
	$node->safe_psql('postgres', q{ALTER SERVER e OPTIONS (SET request_timeout '180')});
	$mock->clear_faults('e');
	$mock->release('e');
	my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die $!;
	my $port = $socket->sockport;
	close $socket;
	$node->safe_psql('postgres', qq{
		CREATE SERVER refused FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url 'http://127.0.0.1:$port', max_retries '0');
		CREATE SERVER unresolved FOREIGN DATA WRAPPER fivetrex
			OPTIONS (base_url 'https://no-such-host.invalid', max_retries '0');
		CREATE SERVER no_tls FOREIGN DATA WRAPPER fivetrex
			OPTIONS (base_url 'https://127.0.0.1:@{[$mock->port]}', max_retries '0');
		CREATE USER MAPPING FOR PUBLIC SERVER refused OPTIONS (api_key 'k', api_secret 's');
		CREATE USER MAPPING FOR PUBLIC SERVER unresolved OPTIONS (api_key 'k', api_secret 's');
		CREATE USER MAPPING FOR PUBLIC SERVER no_tls OPTIONS (api_key 'k', api_secret 's');});
	caught("SELECT fivetrex_ping('$_')", 'sqlclient_unable_to_establish_sqlconnection', $_)
	  for qw(refused unresolved no_tls);
};

subtest 'answers that cannot be understood' => sub {
	my @bad = (
		[ 'HTML', '<html>hello</html>' ], [ 'cut off', '{"code":"Success","data":{"items":[{"id":"x"' ],
		[ 'no data', '{"code":"Success"}' ], [ 'no list', '{"code":"Success","data":{"items":7}}' ],
		[ 'items that are no objects', '{"code":"Success","data":{"items":[1]}}' ],
		[ 'something after the end', '{"code":"Success","data":{"items":[]}} {}' ],
		[ 'nested too deeply', '{"data":{"items":[{"id":' . ('[' x 5000) . (']' x 5000) . '}]}}' ],
		[ 'very deep', '[' x 1000000 ], [ 'empty', '' ],
		[ 'ends in its code', '{"code":"' ], [ 'ends after its code', '{"code":"NotFound"' ],
		[ 'ends in its message', '{"code":"Success","message":"' ], [ 'ends in its cursor', '{"data":{"next_cursor":"' ]);
	faulty({ status => 200, body_text => $_->[1] }, $scan, 'protocol_violation', $_->[0]) for @bad;
	faulty({ gzip_bomb => 300 }, $scan, 'protocol_violation', 'too large when unpacked');
	faulty({ header_flood => 1000 }, $scan, 'protocol_violation', 'headers too large');
};

subtest 'an empty answer' => sub {
	my @readers = (
		q{SELECT * FROM fivetrex_table_columns('assimilate_seem', 's', 't', server => 'e')},
		q{SELECT fivetrex_sync_status('assimilate_seem', server => 'e')},
		q{SELECT fivetrex_ping(server => 'e')}, $scan,
		q{SELECT count(*) FROM e.connector_tables WHERE connector_id = 'assimilate_seem'},
		q{SELECT service FROM e.connectors WHERE id = 'assimilate_seem'});
	foreach my $status (200, 204)
	{
		faulty({ status => $status, body_text => '' }, $_, 'protocol_violation', "$status: $_") for @readers;
	}
};

subtest 'no short result' => sub {
	$mock->clear_faults('e');
	$mock->fault('e', { path => 'cursor=', times => 0, %{ answer(500, 'X') } });
	caught($page2, 'system_error', 'an error in page 2');
	my (undef, $out, $err) = $node->psql('postgres',
		'BEGIN; DECLARE c CURSOR FOR SELECT id FROM e.connectors; MOVE 999 c; FETCH 1 c; FETCH 5 c; COMMIT');
	like($err, qr/Fivetran failed to answer/, 'and of a cursor that gets there');
	$mock->clear_faults('e');
};

subtest 'max_calls' => sub {
	$mock->clear('e');
	my (undef, undef, $err) = $node->psql('postgres', "SET fivetrex.max_calls = 2; $page2");
	like($err, qr/more API calls than fivetrex.max_calls allows/, 'message');
	is(scalar @{ [ $mock->requests('e') ] }, 2, 'no more calls than allowed');
	is($node->safe_psql('postgres', "SET fivetrex.max_calls = 3; $page2; $page2"), "2500\n2500",
		'counted for each statement');
};

subtest 'writes' => sub {
	my ($text, $n) = faulty({ after_state => JSON::PP::true }, $post,
		'transaction_resolution_unknown', 'the answer to a POST is lost');
	is($n, 1, 'sent once');
	like($text, qr/It was not sent again/, 'the hint says so');
	($text, $n) = faulty({ close => JSON::PP::true }, q{SELECT fivetrex_pause('assimilate_seem', server => 'e')},
		'transaction_resolution_unknown', 'the answers to a PATCH are lost');
	is($n, 3, 'repeated, as that does no harm');
};

subtest 'secrets' => sub {
	$node->safe_psql('postgres', q{ALTER USER MAPPING FOR PUBLIC SERVER e OPTIONS (SET api_secret 'swordfish')});
	my (undef, undef, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$scan");
	unlike($err, qr/swordfish/, 'not in an error');
	$mock->fault('e', answer(400, 'InvalidInput', 'do not say swordfish or c3dvcmRmaXNo'));
	(undef, undef, $err) = $node->psql('postgres', $scan);
	like($err, qr/do not say \*{6}/, 'masked in the words of the server');
	# a mask instead of a secret must not make masking go round in circles
	$node->safe_psql('postgres', q{ALTER USER MAPPING FOR PUBLIC SERVER e OPTIONS (SET api_secret '****')});
	$mock->fault('e', answer(400, 'InvalidInput', 'a ****, and *******'));
	(undef, undef, $err) = $node->psql('postgres', $scan);
	like($err, qr/a \*{6}, and \*{9}/, 'a secret of asterisks');
	$node->safe_psql('postgres', q{ALTER USER MAPPING FOR PUBLIC SERVER e OPTIONS (SET api_secret 'secret')});
	is($node->safe_psql('postgres', $scan), 14, 'the next statement uses what has been set');
};

$node->stop;
$mock->stop;
done_testing();
