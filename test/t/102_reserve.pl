# fivetrex.reserve, fivetrex.log_writes, the webhook secret of a user mapping.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Digest::SHA qw(hmac_sha256_hex);
use PostgreSQL::Test::Utils;
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('reserve');
$node->add_world($mock, 'fivetran', max_retries => 0);

# What statements in one session tell, and the requests they make.
sub session
{
	my ($sql) = @_;
	$mock->clear('fivetran');
	my (undef, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$sql", on_error_stop => 0);
	return ($out, $err, scalar(() = $mock->requests('fivetran')));
}

subtest 'reserve' => sub {
	my $read = 'SELECT count(*) FROM fivetran.groups;';
	$mock->settings('fivetran', rate_limit => 20000, rate_used => 14000);
	my ($out, $err, $made) = session("SET fivetrex.reserve = 5998; $read $read $read $read");
	is("$out $made", "14\n14\n14 3", 'refused once less is left');
	like($err, qr/ERROR:\ \ 53400:\ fivetrex.reserve\ does\ not\ allow\ more\ API\ calls\n
		.*DETAIL:\ \ Of\ the\ account's\ 20000\ calls\ of\ the\ hour\ 5998\ are\ to\ be\ kept;\ 5997\ were\ left\ at
		\ 20\d\d-.*\n.*HINT:\ \ Repeat\ in\ the\ next\ hour.\ Who\ may\ set\ fivetrex.reserve\ can\ lower\ it\ to
		\ 5996/sx, 'it says what is left, and since when') or diag $err;
	($out, $err, $made) = session("SET fivetrex.reserve = 5000; $read $read");
	is("$out $err $made", "14\n14  2", 'as long as enough is left nothing is refused');
	($out, $err, $made) = session("SET fivetrex.max_writes = -1; $read SET fivetrex.reserve = 5990;
		INSERT INTO fivetran.groups (name) SELECT 'n' || g FROM generate_series(1, 20) g;");
	like($err, qr/ERROR:  53400: fivetrex.reserve does not allow 20 more API calls/,
		'a set of writes is refused as a whole');
	is($made, 1, 'and nothing of it is sent');
	($out, $err, $made) =
		session("$read SET fivetrex.reserve = 5990;
			INSERT INTO fivetran.groups (name) SELECT 'n' || g FROM generate_series(1, 5) g;
			SELECT fivetrex_sync('assimilate_seem');");
	is($made, 7, 'a smaller one is not');
	($out, $err, $made) = session("$read SET fivetrex.reserve = 19000; SELECT fivetrex_sync('assimilate_seem');");
	like($err, qr/ERROR:  53400/, 'a function that writes');
	is($made, 1, 'is refused too');
	($out, $err, $made) = session("SET fivetrex.reserve = 5000; SELECT fivetrex_ping() IS NOT NULL;
		EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT id FROM fivetran.groups");
	like($out, qr/Remaining Calls: 5998/, 'EXPLAIN ANALYZE tells');
	unlike($node->query('EXPLAIN SELECT id FROM fivetran.groups'), qr/Remaining/, 'EXPLAIN does not');
	$mock->fault('fivetran', { path => 'groups', times => 0, headers => { 'X-Rate-Limit-Remaining' => undef } });
	($out, $err, $made) = session("SET fivetrex.reserve = 19999; $read $read EXPLAIN (ANALYZE) SELECT id
		FROM fivetran.groups");
	is($made, 3, 'nothing is refused while nothing is known');
	unlike($out, qr/Remaining/, 'nor told');
	$mock->clear_faults('fivetran');
	$node->query('CREATE ROLE plain; GRANT USAGE ON FOREIGN SERVER fivetran TO plain; ALTER ROLE plain
		SET fivetrex.reserve = 19000');
	like($node->fails('SET ROLE plain; LOAD $$fivetrex$$; SET fivetrex.reserve = 0'), qr/42501/,
		'only a superuser sets it');
};

# Whatever ends a session, what the account has left is still known.
subtest 'reserve and the end of a session' => sub {
	$mock->settings('fivetran', rate_limit => 20000, rate_used => 14000);
	$node->query(q{CREATE ROLE many; GRANT USAGE ON SCHEMA fivetran TO many; GRANT SELECT ON fivetran.groups TO many;
		DO $$ BEGIN FOR i IN 1..20 LOOP EXECUTE format('CREATE ROLE many%s IN ROLE many', i);
			EXECUTE format('CREATE USER MAPPING FOR many%s SERVER fivetran OPTIONS (api_key %L, api_secret %L)', i,
				'key', 'secret'); END LOOP; END $$;});
	my ($role, $read) = ('SET ROLE many1;', 'SELECT count(*) FROM fivetran.groups;');
	my $others = join ' ', map { "SET ROLE many$_; EXPLAIN (ANALYZE) $read" } 2 .. 20;
	my $mapping = 'USER MAPPING FOR many1 SERVER fivetran';
	my %ends = (
		'nothing' => '',
		'fivetrex_disconnect()' => 'SELECT fivetrex_disconnect();',
		'its own server alone' => q{SELECT fivetrex_disconnect('fivetran');},
		'DISCARD ALL' => 'RESET ROLE; DISCARD ALL;',
		'ALTER SERVER' => q{RESET ROLE; ALTER SERVER fivetran OPTIONS (ADD page_size '999');
			ALTER SERVER fivetran OPTIONS (DROP page_size);},
		'ALTER USER MAPPING' => "RESET ROLE; ALTER $mapping OPTIONS (SET api_secret 'secret');",
		'another user mapping' => "RESET ROLE; DROP $mapping; CREATE $mapping
			OPTIONS (api_key 'key', api_secret 'secret');",
		'an open cursor' => "RESET ROLE; BEGIN; $role DECLARE c CURSOR FOR SELECT id FROM fivetran.groups;
			RESET ROLE; ALTER $mapping OPTIONS (SET api_secret 'secret'); COMMIT;",
		'more roles than sessions are kept for' => "RESET ROLE; SET fivetrex.reserve = 0; $others",
		'another role with the same key' => '');
	foreach my $end (sort keys %ends)
	{
		my $again = $end =~ /another role/ ? 'SET ROLE many2;' : $role;
		my (undef, $err) = session("SET fivetrex.reserve = 15000; $role $read $ends{$end}
			RESET ROLE; SET fivetrex.reserve = 15000; $again $read");
		is(scalar(() = $err =~ /^[^\n]*ERROR:/mg), 1, "$end: one error") or diag $err;
		like($err, qr/ERROR:  53400: fivetrex.reserve does not allow/, "$end: the reserve is kept");
	}

	my ($out, $err) = session("$read SELECT fivetrex_disconnect(); $read SELECT calls FROM fivetrex_limits()");
	is("$out$err", "19\n1\n19\n2", 'all calls of the session are counted');
	$node->add_world($mock, 'elsewhere', max_retries => 0);
	($out, $err) = session("SET fivetrex.reserve = 15000; $read SELECT rate_limit FROM fivetrex_limits('elsewhere');
		SELECT count(*) FROM elsewhere.groups;");
	is($out, "19\n\n14", 'of another account nothing is known');
	is($err, '', 'and nothing is refused there');
	($out, $err) = session("SET fivetrex.reserve = 15000; $read BEGIN; ALTER SERVER fivetran OPTIONS (SET base_url '"
			. $mock->url('elsewhere') . "'); $read ROLLBACK;");
	is("$out$err", "19\n14", 'nor of one that the server has another address for');
};

# What ALTER ROLE ... SET says holds against what a client says who may not set it.
subtest 'settings of a role and options of a connection' => sub {
	$mock->settings('fivetran', rate_limit => 20000, rate_used => 14000);
	$node->query(q{LOAD 'fivetrex'; CREATE ROLE analyst LOGIN; GRANT USAGE ON SCHEMA fivetran TO analyst;
		GRANT SELECT ON fivetran.groups TO analyst; GRANT USAGE ON FOREIGN SERVER fivetran TO analyst;
		CREATE ROLE trusted LOGIN; GRANT SET ON PARAMETER fivetrex.reserve TO trusted;
		GRANT analyst TO trusted; GRANT EXECUTE ON FUNCTION fivetrex_pause TO analyst;});
	my $read = 'SELECT count(*) FROM fivetran.groups;';
	my @places = ('ROLE %s', 'DATABASE postgres', 'ROLE ALL', 'ROLE %s IN DATABASE postgres');
	my @ways = (
		[ 'the options', '-c fivetrex.reserve=0', '' ],
		[ 'options that are no value', '-c fivetrex.reserve=abc', '' ],
		[ 'the options, and the library at once', '-c fivetrex.reserve=0', '', 'fivetrex' ],
		[ 'SET', '', 'SET fivetrex.reserve = 0;' ],
		[ 'SET to no value', '', q{SET fivetrex.reserve = 'abc';} ],
		[ 'both', '-c fivetrex.reserve=0', 'SET fivetrex.reserve = 0;' ],
		[ 'RESET', '-c fivetrex.reserve=0', "SELECT fivetrex_ping() IS NOT NULL; RESET fivetrex.reserve;" ],
		[ 'DISCARD ALL', '-c fivetrex.reserve=0', "SELECT fivetrex_ping() IS NOT NULL; DISCARD ALL;" ]);
	foreach my $role ('analyst', 'trusted')
	{
		foreach my $place (@places)
		{
			my $where = sprintf $place, $role;
			$node->query("LOAD 'fivetrex'; ALTER $where SET fivetrex.reserve = 15000");
			my @let = grep {
				my ($name, $options, $say, $library) = @$_;
				$node->query('ALTER DATABASE postgres '
						. ($library ? "SET session_preload_libraries = $library" : 'RESET session_preload_libraries'));
				local $ENV{PGOPTIONS} = $options;
				my (undef, undef, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$say $read $read",
					on_error_stop => 0, extra_params => [ '-U', $role ]);
				$err !~ /ERROR:  53400: fivetrex.reserve does not allow/;
			} @ways;
			is_deeply([ map { $_->[0] } @let ], $role eq 'analyst' ? [] : [ 'the options',
				'the options, and the library at once', 'SET', 'both', 'RESET', 'DISCARD ALL' ],
				"ALTER $where: what counts of what $role says");
			$node->query("LOAD 'fivetrex'; ALTER $where RESET fivetrex.reserve");
		}
	}
	$node->query(q{ALTER DATABASE postgres RESET session_preload_libraries; LOAD 'fivetrex';
		ALTER ROLE analyst SET fivetrex.log_writes = on});
	my $log = -s $node->logfile;
	local $ENV{PGOPTIONS} = '-c fivetrex.log_writes=off';
	$node->psql('postgres', q{SELECT fivetrex_pause('daily_beacon')}, extra_params => [ '-U', 'analyst' ]);
	like(substr(slurp_file($node->logfile), $log), qr{LOG:  fivetrex: user "analyst", .*PATCH /v1/connections/daily_},
		'nor does a client keep its writes out of the log');
};

subtest 'log_writes' => sub {
	my $log = -s $node->logfile;
	session(q{SET fivetrex.log_writes = on; SET fivetrex.max_deletes = 5;
		INSERT INTO fivetran.groups (name) VALUES ('logged') RETURNING id;
		UPDATE fivetran.connectors SET paused = true, config = '{"password": "swordfish"}' WHERE id = 'daily_beacon';
		SELECT fivetrex_sync('no_such_thing'); DELETE FROM fivetran.webhooks WHERE id = 'hook_acorn';
		BEGIN; SELECT fivetrex_sync('assimilate_seem'); ROLLBACK; SET fivetrex.dry_run = on;
			SELECT fivetrex_sync('assimilate_seem');});
	$mock->fault('fivetran', { method => 'POST', after_state => 1 });
	session(q{SET fivetrex.log_writes = on; SELECT fivetrex_sync('assimilate_seem')});
	$mock->fault('fivetran', { method => 'POST', status => 500 });
	session(q{SET fivetrex.log_writes = on; SELECT fivetrex_sync('assimilate_seem')});
	# abandoned, once it has left
	$mock->fault('fivetran', { method => 'POST', stall => 'headers', times => 0 });
	foreach my $limit (500, 5000, 50_000)
	{
		last if (session(qq{SET fivetrex.log_writes = on; SET statement_timeout = $limit;
			SELECT fivetrex_sync('assimilate_seem')}))[2];
	}
	$mock->clear_faults('fivetran');
	session(q{SELECT fivetrex_sync('assimilate_seem')});
	my $text = substr slurp_file($node->logfile), $log;
	my @lines = map { /LOG:  fivetrex: (.*)/ ? $1 =~ s/^user "[^"]+"/user/r : () } split /\n/, $text;
	my $c = 'user, server "fivetran": POST /v1/connections/assimilate_seem/sync (force)';
	is_deeply(\@lines, [
		'user, server "fivetran": POST /v1/groups (name): HTTP status 201, code Success',
		'user, server "fivetran": PATCH /v1/connections/daily_beacon (config, paused): HTTP status 200, code Success',
		'user, server "fivetran": POST /v1/connections/no_such_thing/sync (force): HTTP status 404, code NotFound_Connector',
		'user, server "fivetran": DELETE /v1/webhooks/hook_acorn: HTTP status 200, code Success',
		"$c: HTTP status 200, code Success", "$c: outcome unknown", "$c: HTTP status 500, code Error, outcome unknown",
			"$c: outcome unknown" ],
		'each request, its members by name, and its outcome') or diag join "\n", @lines;
	unlike(join('', @lines), qr/swordfish|logged/, 'and no value');
};

subtest 'deliveries' => sub {
	my $body = '{"event":"sync_end","connector_id":"abc"}';
	my $good = hmac_sha256_hex($body, 'my:secret ü');
	my $verify = sub { my ($b, $s, $more) = @_; return "SELECT fivetrex_verify_delivery($b, $s" . ($more // '') . ')' };
	like($node->fails($verify->("'$body'", "'$good'")),
		qr/ERROR:  55000: the user mapping for server "fivetran" has no webhook secret\n.*HINT/s, 'no secret is an error');
	like($node->fails($verify->('NULL', 'NULL')), qr/ERROR:  55000/, 'never false');
	$node->query(q{CREATE SERVER unmapped FOREIGN DATA WRAPPER fivetrex});
	like($node->fails($verify->("'$body'", "'$good'", ", 'unmapped'")),
		qr/ERROR:\ \ 42704:\ user\ mapping\ not\ found\ for\ user\ "\w+",\ server\ "unmapped"\n
			HINT:\ \ CREATE\ USER\ MAPPING\ FOR\ \w+\ SERVER\ unmapped\ OPTIONS\ \(webhook_secret\ /x,
		'no user mapping: how to make one');
	$node->query(q{ALTER USER MAPPING FOR PUBLIC SERVER fivetran OPTIONS (ADD webhook_secret 'my_secret')});
	$mock->clear('fivetran');
	my $signed = hmac_sha256_hex($body, 'my_secret');
	is($node->query($verify->("'$body'", "'$signed'")), 't', 'the right one');
	is($node->query($verify->("'$body'", "upper('$signed')")), 't', 'in upper case');
	is($node->query($verify->("'$body '", "'$signed'")), 'f', 'another body');
	is($node->query($verify->(@$_)), 'f', "@$_") for [ "'$body'", "''" ], [ "'$body'", 'NULL' ], [ 'NULL', "'$signed'" ],
		[ "'$body'", "'xyz'" ];
	is($node->query(q{SELECT fivetrex_verify_delivery('\x00ff', '} . hmac_sha256_hex("\x00\xff", 'my_secret')
		. q{')}), 't', 'any bytes');
	is_deeply([ $mock->requests('fivetran') ], [], 'no call is made');
	my $file = $node->basedir . '/hook';
	append_to_file($file, "another one\n");
	$node->query(qq{ALTER USER MAPPING FOR PUBLIC SERVER fivetran
		OPTIONS (DROP webhook_secret, ADD webhook_secret_file '$file')});
	is($node->query($verify->("'$body'", "'" . hmac_sha256_hex($body, 'another one') . "'")), 't', 'from a file');
	like($node->fails(q{ALTER USER MAPPING FOR PUBLIC SERVER fivetran OPTIONS (ADD webhook_secret 'x')}),
		qr/webhook_secret/, 'not both');
	append_to_file("$file.empty", "\n");
	$node->query(qq{ALTER USER MAPPING FOR PUBLIC SERVER fivetran OPTIONS (SET webhook_secret_file '$file.empty')});
	like($node->fails($verify->("'$body'", "'$good'")), qr/ERROR: /, 'an empty one is an error');
	$node->query('CREATE ROLE nobody');
	like($node->fails('SET ROLE nobody; ' . $verify->("'$body'", "'$good'")), qr/42501/, 'who may not use the server');
};

$node->stop;
$mock->stop;
done_testing();
