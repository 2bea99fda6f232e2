# What each function that changes the account sends, and when it refuses to.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use IO::Socket::UNIX;
use JSON::PP;
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('actions');
$node->add_world($mock, 'a');
$node->safe_psql('postgres', "ALTER DATABASE postgres SET fivetrex.server = 'a'");

my $json = JSON::PP->new->canonical;

# "METHOD path body" of each request that a statement makes, and its result.
sub sent
{
	my ($sql) = @_;
	$mock->clear('a');
	my (undef, $out, $err) = $node->psql('postgres', $sql);
	my @log = map { "$_->{method} $_->{path}" . (defined $_->{body} ? ' ' . $json->encode($_->{body}) : '') } $mock->log('a');
	return (\@log, $out, $err);
}

sub sends
{
	my ($sql, $request, $result, $name) = @_;
	my ($log, $out, $err) = sent("SELECT $sql");
	is_deeply($log, [$request], "$name: request");
	like($out, $result, "$name: result");
	is($err, '', "$name: no complaint");
	return;
}

sub refuses
{
	my ($sql, $error, $name) = @_;
	my ($log, undef, $err) = sent("\\set VERBOSITY verbose\n$sql");
	like($err, $error, $name);
	is_deeply($log, [], "$name: nothing is sent");
	return;
}

my $c = '/v1/connections';
sends(q{fivetrex_sync('assimilate_seem')}, "POST $c/assimilate_seem/sync {\"force\":false}", qr/^\w.*/, 'sync');
sends(q{fivetrex_sync('daily_beacon', true)}, "POST $c/daily_beacon/sync {\"force\":true}", qr/^\w/, 'sync with force');
sends(q{fivetrex_resync('function_kernel', confirm => true)}, "POST $c/function_kernel/resync {}", qr/^\w/, 'resync');
sends(q{fivetrex_pause('assimilate_seem') -> 'paused'}, "PATCH $c/assimilate_seem {\"paused\":true,\"run_setup_tests\":false}", qr/^true$/, 'pause');
is($node->safe_psql('postgres', q{SELECT sync_state, paused FROM a.connectors WHERE id = 'assimilate_seem'}), 'paused|t', 'it is paused');
sends(q{fivetrex_resume('assimilate_seem') -> 'paused'}, "PATCH $c/assimilate_seem {\"paused\":false,\"run_setup_tests\":false}", qr/^false$/, 'resume');
sends(q{fivetrex_set_sync_frequency('assimilate_seem', 60) -> 'sync_frequency'},
	"PATCH $c/assimilate_seem {\"run_setup_tests\":false,\"sync_frequency\":60}", qr/^60$/, 'frequency');
sends(q{fivetrex_set_sync_frequency('assimilate_seem', 1440, 'auto', '14:00') -> 'daily_sync_time'},
	"PATCH $c/assimilate_seem {\"daily_sync_time\":\"14:00\",\"run_setup_tests\":false,\"schedule_type\":\"auto\",\"sync_frequency\":1440}",
	qr/^"14:00"$/, 'daily');
sends(q{jsonb_typeof(fivetrex_state('function_kernel'))}, "GET $c/function_kernel/state", qr/^object$/, 'state');
$node->safe_psql('postgres', q{SELECT fivetrex_pause('sdk_forge')});
sends(q{fivetrex_set_state('sdk_forge', '{"cursor": {"n": 12345678901234567890, "ü": [null, true]}}') #>> '{cursor,n}'},
	"PATCH $c/sdk_forge/state {\"state\":{\"cursor\":{\"n\":12345678901234567890,\"\x{fc}\":[null,true]}}}", qr/^12345678901234567890$/, 'set state');
sends(q{fivetrex_schema_config('assimilate_seem') ? 'schemas'}, "GET $c/assimilate_seem/schemas", qr/^t$/, 'schema config');
sends(q{fivetrex_update_schema_config('assimilate_seem', '{"schema_change_handling": "BLOCK_ALL"}') ->> 'schema_change_handling'},
	"PATCH $c/assimilate_seem/schemas {\"schema_change_handling\":\"BLOCK_ALL\"}", qr/^BLOCK_ALL$/, 'update schema config');
sends(q{fivetrex_reload_schema_config('daily_beacon', 'PRESERVE') ? 'schemas'},
	"POST $c/daily_beacon/schemas/reload {\"exclude_mode\":\"PRESERVE\"}", qr/^t$/, 'reload');
sends(q{jsonb_typeof(fivetrex_test_connector('assimilate_seem'))}, "POST $c/assimilate_seem/test {}", qr/^object$/, 'test connector');
sends(q{jsonb_typeof(fivetrex_test_destination('decent_dropsy'))}, 'POST /v1/destinations/decent_dropsy/test {}', qr/^object$/, 'test destination');
sends(q{fivetrex_test_webhook('hook_acorn', 'sync_end') ? 'succeed'}, 'POST /v1/webhooks/hook_acorn/test {"event":"sync_end"}', qr/^t$/, 'test webhook');
sends(q{fivetrex_create_account_webhook('https://example.com/x', ARRAY['sync_start', 'sync_end'], secret => 's') ->> 'type'},
	'POST /v1/webhooks/account {"events":["sync_start","sync_end"],"secret":"s","url":"https://example.com/x"}', qr/^account$/, 'account webhook');
sends(q{fivetrex_create_group_webhook('decent_dropsy', 'https://example.com/y', '{sync_end}', active => false) ->> 'group_id'},
	'POST /v1/webhooks/group/decent_dropsy {"active":false,"events":["sync_end"],"url":"https://example.com/y"}', qr/^decent_dropsy$/, 'group webhook');

# a prepared statement, and PL/pgSQL
is_deeply((sent(q{PREPARE p(text) AS SELECT fivetrex_sync($1); EXECUTE p('assimilate_seem')}))[0],
	["POST $c/assimilate_seem/sync {\"force\":false}"], 'prepared');
is_deeply((sent(q{DO $$ DECLARE r jsonb; BEGIN r := fivetrex_set_sync_frequency('assimilate_seem', minutes => 30); END $$}))[0],
	["PATCH $c/assimilate_seem {\"run_setup_tests\":false,\"sync_frequency\":30}"], 'PL/pgSQL');

# refused before anything is sent
refuses(q{SELECT fivetrex_resync('assimilate_seem')}, qr/ERROR:  22023: fivetrex_resync\(\) must be confirmed/, 'resync without confirm');
refuses(q{SELECT fivetrex_resync('assimilate_seem', NULL)}, qr/22023/, 'resync with confirm NULL');
refuses(q{SELECT fivetrex_sync(NULL)}, qr/22004/, 'NULL');
refuses("SELECT fivetrex_sync('$_')", qr/22023: invalid value for argument connector_id/, "connector '$_'") for '', '.', '..';
refuses(q{SELECT fivetrex_update_schema_config('x', '[1]')}, qr/22023/, 'a config that is no object');
refuses(q{BEGIN READ ONLY; SELECT fivetrex_sync('x')}, qr/25006/, 'READ ONLY transaction');
$node->safe_psql('postgres', q{ALTER SERVER a OPTIONS (ADD access 'read_only')});
refuses(q{SELECT fivetrex_sync('x')}, qr/42501: server "a" allows reading only/, 'read_only server');
$node->safe_psql('postgres', q{ALTER SERVER a OPTIONS (SET access 'read_write')});
$node->safe_psql('postgres', 'CREATE ROLE nobody_special');
refuses(q{SET ROLE nobody_special; SELECT fivetrex_sync('x')}, qr/42501: permission denied for function/, 'no EXECUTE');
$node->safe_psql('postgres', 'GRANT EXECUTE ON FUNCTION fivetrex_sync TO nobody_special');
refuses(q{SET ROLE nobody_special; SELECT fivetrex_sync('x')}, qr/42501: permission denied for foreign server a/, 'no USAGE');
$node->safe_psql('postgres', 'GRANT USAGE ON FOREIGN SERVER a TO nobody_special');
is_deeply((sent(q{SET ROLE nobody_special; SELECT fivetrex_sync('assimilate_seem')}))[0],
	["POST $c/assimilate_seem/sync {\"force\":false}"], 'both granted');

is_deeply([ $mock->violations('a') ], [], 'no request so far broke the API definition');

# odd ids go into the path encoded
is_deeply((sent(q{SELECT fivetrex_sync('a/b ?ü')}))[0], ["POST $c/a%2Fb%20%3F%C3%BC/sync {\"force\":false}"], 'an odd id');
like((sent("\\set VERBOSITY verbose\nSELECT fivetrex_sync('no_such_thing')"))[2], qr/ERROR:  P0002: /, '404');
$node->safe_psql('postgres', q{SELECT fivetrex_pause('daily_beacon')});
like((sent("\\set VERBOSITY verbose\nSELECT fivetrex_sync('daily_beacon')"))[2], qr/ERROR:  55006: /, '409');
like((sent("\\set VERBOSITY verbose\nSELECT fivetrex_set_sync_frequency('daily_beacon', schedule_type => 'sometimes')"))[2], qr/ERROR:  22023: /, '400');

# what has no default must be given: nothing is sent, and the function says what it takes
foreach my $call (
	q{fivetrex_create_account_webhook(NULL, '{sync_end}')}, q{fivetrex_create_account_webhook('https://e', NULL)},
	q{fivetrex_create_group_webhook('g', NULL, '{sync_end}')}, q{fivetrex_test_webhook('w', NULL)},
	q{fivetrex_set_state('c', NULL)}, q{fivetrex_update_schema_config('c', NULL)}, q{fivetrex_drop_columns('c', NULL)},
	q{fivetrex_move_connector('c', NULL, 'x')}, q{fivetrex_approve_certificate(NULL, 'c', connector_id => 'x')},
	q{fivetrex_register_hvr_hub('u', NULL)}, q{fivetrex_create_account_log_service(NULL, '{}')},
	q{fivetrex_resync_tables('c', confirm => true)}, q{fivetrex_sync(NULL)})
{
	my ($sent, undef, $err) = sent("\\set VERBOSITY verbose\nSELECT $call");
	my ($function) = $call =~ /(\w+)/;
	like($err, qr/ERROR:  22004: argument \w+ of $function\(\) must not be null/, "$call: 22004");
	like($err, qr/DETAIL:  Nothing was sent\.\nHINT:  $function\(\): /, "$call: hint");
	is_deeply($sent, [], "$call: nothing is sent");
}

# dry run
refuses(q{SET fivetrex.dry_run = on; SELECT fivetrex_resync('x')}, qr/22023/, 'guards refuse in a dry run too');
my ($log, $out) = sent(q{SET fivetrex.dry_run = on; SELECT fivetrex_sync('x', true); SELECT fivetrex_create_account_webhook('https://e', '{a}', 'swordfish') -> 'body'});
is_deeply($log, [], 'a dry run sends nothing');
is($out, qq({"dry_run": true, "method": "POST", "path": "$c/x/sync", "body": {"force": true}}\n) . '{"url": "https://e", "events": ["a"], "secret": "******"}',
	'but shows what it would send, secrets masked');

# ---------- the fast path, by which drivers call functions without a query ----------

{
	my $client = IO::Socket::UNIX->new(Peer => $node->host . '/.s.PGSQL.' . $node->port) or die $!;
	my $user = $node->query('SELECT current_user');
	my $startup = pack('N', 196608) . "user\0$user\0database\0postgres\0\0";
	print {$client} pack('N', 4 + length $startup) . $startup;
	$client->flush;

	# Messages of the server until it is ready, as [ type, content ].
	my $messages = sub {
		my @messages;
		until (@messages && $messages[-1][0] eq 'Z')
		{
			read($client, my $head, 5) == 5 or die 'the server has closed the connection';
			my ($type, $length) = unpack 'a N', $head;
			read($client, my $content, $length - 4) if $length > 4;
			push @messages, [ $type, $content ];
		}
		return @messages;
	};
	# Arguments and result are text; returns the result, or the error's SQLSTATE.
	my $fast = sub {
		my ($function, @arguments) = @_;
		my $oid = $node->query("SELECT '$function'::regproc::oid");
		my $call = pack('N n n n', $oid, 1, 0, scalar @arguments)
		  . join('', map { defined $_ ? pack('N a*', length $_, $_) : pack('N', 0xFFFFFFFF) } @arguments) . pack('n', 0);
		$mock->clear('a');
		print {$client} 'F' . pack('N', 4 + length $call) . $call;
		$client->flush;
		my %said = map { @$_ } $messages->();
		return "error $1" if ($said{E} // '') =~ /\0C(\w{5})\0/;
		return substr $said{V}, 4;
	};
	$messages->();
	is(decode_json($fast->('fivetrex_pause', 'broken_anchor', 'a'))->{id}, 'broken_anchor', 'fast path: an action');
	is_deeply([ $mock->requests('a') ], ["PATCH $c/broken_anchor"], 'is sent');
	is_deeply(decode_json($fast->('fivetrex_state', 'function_kernel', 'a')),
		decode_json($node->query(q{SELECT fivetrex_state('function_kernel')})), 'fast path: a read');
	is($fast->('fivetrex_pause', 'no_such_thing', 'a'), 'error P0002', 'fast path: an error');
	is($fast->('fivetrex_pause', undef, 'a'), 'error 22004', 'fast path: an argument that lacks');
	is($fast->('fivetrex_delete_user_api_keys', 'x', 'a'), 'error 54000', 'fast path: a belt');
	is_deeply([ $mock->requests('a') ], [], 'nothing is sent');
	is(decode_json($fast->('fivetrex_resume', 'broken_anchor', 'a'))->{paused} ? 1 : 0, 0, 'and it goes on');
	close $client;
}

$mock->clear_violations('a');    # of what was made to be refused: 400 and the odd id
$node->stop;
$mock->stop;
done_testing();
