# Whose credentials a statement uses, who may do what, and that secrets stay
# secret.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;
use Fivetrex::Session;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('users');
$node->add_world($mock, 'w');    # with a mapping for PUBLIC

# Server s: alice has the right key, bob a wrong one, carol and the superuser none.
my $url = $mock->url('users');
$node->query(
	"CREATE ROLE alice; CREATE ROLE bob; CREATE ROLE carol;
	 CREATE SERVER s FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url '$url', retry_delay '0');
	 CREATE USER MAPPING FOR alice SERVER s OPTIONS (api_key 'key', api_secret 'secret');
	 CREATE USER MAPPING FOR bob SERVER s OPTIONS (api_key 'wrong_key_of_bob', api_secret 'wrong_secret_of_bob');
	 CREATE SCHEMA s;
	 IMPORT FOREIGN SCHEMA fivetran FROM SERVER s INTO s;
	 GRANT USAGE ON SCHEMA s TO PUBLIC;
	 GRANT CREATE ON SCHEMA s TO alice, bob, carol;
	 GRANT SELECT ON ALL TABLES IN SCHEMA s TO PUBLIC;
	 SET ROLE alice;
	 CREATE VIEW s.of_alice AS SELECT count(*) AS n FROM s.groups;
	 CREATE VIEW s.of_alice_invoker WITH (security_invoker) AS SELECT count(*) AS n FROM s.groups;
	 CREATE VIEW s.nested AS SELECT n FROM s.of_alice_invoker;
	 CREATE FUNCTION s.definer() RETURNS bigint SECURITY DEFINER LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM s.groups); END';
	 CREATE FUNCTION s.definer_sql() RETURNS bigint SECURITY DEFINER LANGUAGE sql AS 'SELECT count(*) FROM s.groups';
	 CREATE FUNCTION s.invoker() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM s.groups); END';
	 CREATE FUNCTION s.definer_ping() RETURNS text SECURITY DEFINER LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT account_id FROM public.fivetrex_ping(server => ''s'')); END';
	 CREATE FUNCTION s.opened() RETURNS refcursor SECURITY DEFINER LANGUAGE plpgsql AS 'DECLARE c refcursor := ''c''; BEGIN OPEN c FOR SELECT id FROM s.connectors; RETURN c; END';
	 GRANT SELECT ON s.of_alice, s.of_alice_invoker, s.nested TO PUBLIC;
	 RESET ROLE;
	 SET ROLE bob; CREATE VIEW s.of_bob AS SELECT count(*) AS n FROM s.groups; GRANT SELECT ON s.of_bob TO PUBLIC; RESET ROLE;
	 SET ROLE carol; CREATE VIEW s.of_carol AS SELECT count(*) AS n FROM s.groups; GRANT SELECT ON s.of_carol TO PUBLIC; RESET ROLE;");

# Rows, or the error, of SQL run with a role set.
sub outcome
{
	my ($role, $sql) = @_;
	my ($status, $out, $err) = $node->psql('postgres',
		"\\set VERBOSITY verbose\n" . ($role ? "SET ROLE $role;\n" : '') . $sql,
		on_error_stop => 1);
	return $status == 0 ? $out : $err;
}

# The Authorization headers of what a statement sent.
sub credentials
{
	my ($role, $sql) = @_;
	$mock->clear('users');
	outcome($role, $sql);
	return join ' ', map { $_->{headers}{authorization} } $mock->log('users');
}

my $refused = qr/ERROR:  28000: /;
my $no_mapping = qr/ERROR:  42704: user mapping not found/;

subtest 'the acting user' => sub {
	my $direct = 'SELECT count(*) FROM s.groups';
	is(outcome('alice', $direct), 14, 'alice');
	like(outcome('bob', $direct), $refused, 'bob');
	like(outcome('carol', $direct), $no_mapping, 'carol');
	like(outcome('', $direct), $no_mapping, 'the superuser has none either');
	is(credentials('alice', $direct), 'valid', "alice's credentials");
	is(credentials('bob', $direct), 'invalid', "bob's credentials, once");
	is(credentials('carol', $direct), '', 'nothing is sent without a mapping');
	is(outcome('carol', 'EXPLAIN (COSTS OFF) SELECT id FROM s.groups'),
		"Foreign Scan on groups\n  Fivetran Request: GET /v1/groups?limit=1000\n  Expected Calls: 1", 'EXPLAIN needs no mapping');

	foreach my $role (qw(alice bob carol), '')
	{
		my $who = $role || 'superuser';
		is(outcome($role, 'SELECT n FROM s.of_alice'), 14, "$who: a view runs as its owner");
		like(outcome($role, 'SELECT n FROM s.of_bob'), $refused, "$who: also with wrong credentials");
		like(outcome($role, 'SELECT n FROM s.of_carol'), $no_mapping, "$who: also without");
		is(outcome($role, 'SELECT s.definer()'), 14, "$who: SECURITY DEFINER");
		is(outcome($role, 'SELECT s.definer_sql()'), 14, "$who: SECURITY DEFINER in SQL");
		is(outcome($role, 'SELECT s.definer(), n FROM s.of_alice'), '14|14', "$who: both at once");
		is(outcome($role, 'BEGIN; SELECT s.opened(); FETCH 2 FROM c; COMMIT'),
			"c\nassimilate_seem\nbroken_anchor", "$who: a cursor that a function opened");
		my $wanted = $role eq 'alice' ? qr/^14$/ : $role eq 'bob' ? $refused : $no_mapping;
		like(outcome($role, 'SELECT n FROM s.of_alice_invoker'), $wanted, "$who: security_invoker");
		like(outcome($role, 'SELECT s.invoker()'), $wanted, "$who: SECURITY INVOKER function");
	}
	# A view over a security_invoker view: the invoker is still the user, as
	# for local tables.
	is(outcome('alice', 'SELECT n FROM s.nested'), 14, 'nested view');
	my $nested = outcome('bob', 'SELECT n FROM s.nested');
	like($nested, qr/^14$|ERROR:  28000/, 'nested view: one or the other');
	is(outcome('', 'SET ROLE alice; SELECT count(*) FROM s.groups; SET ROLE carol; SELECT n FROM s.of_alice; RESET ROLE; SET SESSION AUTHORIZATION alice; SELECT count(*) FROM s.groups'),
		"14\n14\n14", 'SET ROLE and SET SESSION AUTHORIZATION');
	like(outcome('', 'SET ROLE alice; PREPARE p AS SELECT count(*) FROM s.groups; EXECUTE p; RESET ROLE; SET ROLE bob; EXECUTE p'),
		$refused, 'a prepared statement runs as whoever executes it');
	is(outcome('', 'BEGIN; SET ROLE alice; DECLARE c CURSOR FOR SELECT id FROM s.connectors; SET ROLE bob; FETCH 2 FROM c; MOVE 2000 IN c; FETCH c; COMMIT'),
		$node->query('BEGIN; DECLARE c CURSOR FOR SELECT id FROM w.connectors; FETCH 2 FROM c; MOVE 2000 IN c; FETCH c; COMMIT'),
		'a cursor goes on as who opened it');
	is(outcome('carol', 'SELECT count(*) FROM s.of_alice a, s.of_alice b'), 1, 'a view twice');
	like(outcome('alice', 'SELECT g.id, b.n FROM s.groups g, s.of_bob b'), $refused, 'two users in one statement');
	is(credentials('alice', 'SELECT g.id, b.n FROM s.groups g, s.of_alice b'), 'valid', 'one user twice asks once');
	like(outcome('carol', 'SET ROLE NONE; REVOKE SELECT ON s.groups FROM PUBLIC; SET ROLE alice; SELECT count(*) FROM s.groups'),
		qr/ERROR:  42501: permission denied for foreign table groups/, 'SELECT privilege is needed');
	$node->query('GRANT SELECT ON s.groups TO PUBLIC');
};

subtest 'a mapping for PUBLIC' => sub {
	$node->query('GRANT USAGE ON SCHEMA w TO PUBLIC; GRANT SELECT ON ALL TABLES IN SCHEMA w TO PUBLIC');
	is(outcome($_, 'SELECT count(*) FROM w.groups'), 14, $_) for qw(alice bob carol);
	$node->query("CREATE USER MAPPING FOR carol SERVER w OPTIONS (api_key 'other_key', api_secret 'other_secret')");
	like(outcome('carol', 'SELECT count(*) FROM w.groups'), $refused, 'her own goes before');
	is(outcome('bob', 'SELECT count(*) FROM w.groups'), 14, 'others are as before');
	is(outcome('', 'SET ROLE bob; SELECT count(*) FROM w.groups; RESET ROLE; DROP USER MAPPING FOR carol SERVER w; SET ROLE carol; SELECT count(*) FROM w.groups'),
		"14\n14", 'and without it PUBLIC is hers again');
};

subtest 'functions' => sub {
	my $ping = "SELECT account_id, account_name, key_kind, latency_ms >= 0 FROM fivetrex_ping(server => 's')";
	like(outcome('alice', $ping), qr/ERROR:  42501: permission denied for foreign server s/, 'USAGE on the server is needed');
	$node->query('GRANT USAGE ON FOREIGN SERVER s TO alice, bob, carol');
	is(outcome('alice', $ping), 'maroon_vessel|Acme Analytics|user key|t', 'alice');
	like(outcome('bob', $ping), $refused, 'bob');
	like(outcome('carol', $ping), $no_mapping, 'carol');
	is(outcome('carol', 'SELECT s.definer_ping()'), 'maroon_vessel', 'SECURITY DEFINER');
	is(outcome('alice', "SET fivetrex.server = 's'; SELECT account_id FROM fivetrex_ping()"), 'maroon_vessel', 'fivetrex.server');
	like(outcome('alice', 'SELECT fivetrex_ping()'), qr/ERROR:  42704: server "fivetran" does not exist/, 'the default server');
	like(outcome('alice', "SELECT fivetrex_ping(server => 'none')"), qr/ERROR:  42704: server "none" does not exist/, 'no such server');
	like(outcome('', "CREATE FOREIGN DATA WRAPPER other; CREATE SERVER other FOREIGN DATA WRAPPER other; SELECT fivetrex_ping(server => 'other')"),
		qr/ERROR:  42809: /, 'a server of another wrapper');

	my $get = "SELECT fivetrex_request('GET', '/v1/groups/decent_dropsy', server => 's')->'data'->>'name'";
	like(outcome('alice', $get), qr/ERROR:  42501: permission denied for function fivetrex_request/, 'fivetrex_request is not for PUBLIC');
	$node->query('GRANT EXECUTE ON FUNCTION fivetrex_request TO alice, bob');
	is(outcome('alice', $get), 'Warehouse', 'granted');
	like(outcome('bob', $get), $refused, 'bob');
	is(outcome('alice', "SELECT fivetrex_last_error()"), '', 'no error so far');
	is( outcome('bob', "DO \$\$ BEGIN PERFORM fivetrex_request('GET', '/v1/groups', server => 's'); EXCEPTION WHEN invalid_authorization_specification THEN NULL; END \$\$;
			SELECT e->>'status', e->>'code', e->>'method', e->>'path' FROM fivetrex_last_error() e"),
		'401|AuthFailed|GET|/v1/groups', 'the last error');
};

subtest 'changes in a running session' => sub {
	my $change = sub { return "ALTER USER MAPPING FOR bob SERVER s OPTIONS ($_[0])" };
	my $good = $change->("SET api_key 'key', SET api_secret 'secret'");
	my $bad = $change->("SET api_key 'wrong_key_of_bob', SET api_secret 'wrong_secret_of_bob'");
	my $count = 'SET ROLE bob; SELECT count(*) FROM s.groups; RESET ROLE';
	my $caught = "SET ROLE bob; DO \$\$ BEGIN PERFORM count(*) FROM s.groups; EXCEPTION WHEN invalid_authorization_specification THEN PERFORM set_config('my.caught', 'refused', false); END \$\$; SELECT current_setting('my.caught'); RESET ROLE; RESET my.caught";
	is(outcome('', "$caught; $good; $count; $count; $bad; $caught; $good; $count; $bad"),
		"refused\n14\n14\nrefused\n14", 'ALTER USER MAPPING');
	is(outcome('', "BEGIN; $good; $count; ROLLBACK; $caught"), "14\nrefused", 'rolled back');
	is(outcome('', "BEGIN; $good; SAVEPOINT s; $bad; $caught; ROLLBACK TO s; $count; ROLLBACK"), "refused\n14", 'rolled back to a savepoint');
	like(outcome('', "BEGIN; SET ROLE alice; SELECT count(*) FROM s.groups; RESET ROLE; DROP USER MAPPING FOR alice SERVER s; SET ROLE alice; SELECT count(*) FROM s.groups"),
		$no_mapping, 'DROP USER MAPPING');

	my $other = $mock->url('elsewhere');
	$mock->settings('elsewhere', connectors => 3);
	my $connectors = 'SET ROLE alice; SELECT count(*) FROM s.connectors; RESET ROLE';
	is(outcome('', "$connectors; ALTER SERVER s OPTIONS (SET base_url '$other'); $connectors; ALTER SERVER s OPTIONS (SET base_url '$url'); $connectors"),
		"2500\n3\n2500", 'ALTER SERVER base_url');
	is(outcome('', "SET ROLE alice; PREPARE p AS SELECT count(*) FROM s.connectors; EXECUTE p; RESET ROLE; ALTER SERVER s OPTIONS (SET base_url '$other'); SET ROLE alice; EXECUTE p; RESET ROLE; ALTER SERVER s OPTIONS (SET base_url '$url')"),
		"2500\n3", 'a prepared statement too');
	$mock->clear('users');
	outcome('', "$connectors; ALTER SERVER s OPTIONS (ADD page_size '500'); $connectors; ALTER SERVER s OPTIONS (DROP page_size)");
	# (a page that is predicted beyond the end may be asked for, too)
	is(scalar(grep { /limit=1000/ } $mock->requests('users')), 3, 'page_size as it was');
	my %halves = map { $_ => 1 } grep { /limit=500/ } $mock->requests('users');
	cmp_ok(scalar keys %halves, '>=', 5, 'page_size as it was set');
	is( outcome('', "BEGIN; SET ROLE alice; DECLARE c CURSOR FOR SELECT id FROM s.connectors; FETCH 1 FROM c; RESET ROLE;
			ALTER SERVER s OPTIONS (ADD prefetch 'false'); SET ROLE alice; MOVE 1500 IN c; FETCH 1 FROM c; SELECT count(*) FROM s.groups; COMMIT; RESET ROLE; ALTER SERVER s OPTIONS (DROP prefetch)"),
		"assimilate_seem\n" . $node->query('SELECT id FROM w.connectors OFFSET 1501 LIMIT 1') . "\n14",
		'an open cursor goes on with what it began with');
	my $session = Fivetrex::Session->new($node);
	$session->ask('SET ROLE alice');
	is($session->ask('SELECT count(*) FROM s.connectors'), 2500, 'another session');
	$node->query("ALTER SERVER s OPTIONS (SET base_url '$other')");
	is($session->ask('SELECT count(*) FROM s.connectors'), 3, 'sees the change');
	$node->query("ALTER SERVER s OPTIONS (SET base_url '$url')");
	$session->quit;
};

subtest 'secrets' => sub {
	my @secret = ('wrong_key_of_bob', 'wrong_secret_of_bob');
	my $check = sub {
		my ($text, $name) = @_;
		ok((!grep { index($text, $_) >= 0 } @secret), $name) or diag($text);
	};
	my $error = outcome('bob', 'SELECT count(*) FROM s.groups');
	like($error, $refused, 'an error');
	$check->($error, 'not in its text');
	# A server that repeats what it was given.
	require MIME::Base64;
	my $basic = MIME::Base64::encode_base64(join(':', @secret), '');
	foreach my $status (401, 403, 400, 501)
	{
		$mock->fault('users', { path => '^/v1/groups', status => $status,
				body => { code => 'X', message => "no user $secret[0] with $secret[1]" } });
		$error = outcome('bob', 'SELECT count(*) FROM s.groups');
		like($error, qr/no user \*{6} with \*{6}/, "$status: masked in the server's words");
		$check->($error, "$status: not in the error");
	}
	$mock->fault('users', { path => '^/v1/groups', status => 403,
			body => { code => 'X', message => "no $secret[0]" } });
	$check->(outcome('bob', "DO \$\$ BEGIN PERFORM count(*) FROM s.groups; EXCEPTION WHEN OTHERS THEN NULL; END \$\$; SELECT fivetrex_last_error()"),
		'not in fivetrex_last_error()');
	$check->(outcome('bob', 'EXPLAIN (VERBOSE) SELECT * FROM s.connectors'), 'not in EXPLAIN');
	foreach my $role (qw(alice carol))
	{
		$check->(outcome($role, 'SELECT * FROM pg_user_mappings; SELECT * FROM information_schema.user_mapping_options'),
			"$role does not see them in the system's views");
	}
	foreach my $option ("ADD api_keyy 'wrong_secret_of_bob'", "ADD api_key 'wrong_secret_of_bob'",
		"SET api_secret ''", "ADD base_url 'wrong_secret_of_bob'")
	{
		$error = outcome('', "\\set VERBOSITY verbose\nALTER USER MAPPING FOR bob SERVER s OPTIONS ($option)");
		like($error, qr/ERROR/, "refused: $option");
		$error =~ s/^LINE .*//ms;
		$check->($error, "not in the error: $option");
	}
	# What was said in statements is PostgreSQL's to log; all else is ours.
	my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
	unlike($log, qr/\Q$basic\E/, 'no Authorization header in the log');
	my @lines = grep { !/USER MAPPING/ } grep { /wrong_(?:key|secret)_of_bob/ } split /\n/, $log;
	is_deeply(\@lines, [], 'not in the log');
};

subtest 'guards' => sub {
	$node->query(
		"CREATE SERVER ro FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url '" . $mock->url('ro') . "', access 'read_only');
		 CREATE USER MAPPING FOR PUBLIC SERVER ro OPTIONS (api_key 'key', api_secret 'secret');
		 GRANT USAGE ON FOREIGN SERVER ro TO PUBLIC;");
	my %write = (
		POST => "SELECT fivetrex_request('POST', '/v1/connections/assimilate_seem/sync', body => '{\"force\": true}', server => '%s')",
		PATCH => "SELECT fivetrex_request('PATCH', '/v1/groups/decent_dropsy', body => '{\"name\": \"x\"}', server => '%s')",
		PUT => "SELECT fivetrex_request('PUT', '/v1/groups/decent_dropsy', body => '{}', server => '%s')",
		DELETE => "SELECT fivetrex_request('DELETE', '/v1/webhooks/hook_acorn', server => '%s')",
		delete => "SELECT fivetrex_request('delete', '/v1/webhooks/hook_acorn', server => '%s')");
	foreach my $method (sort keys %write)
	{
		my $ro = sprintf $write{$method}, 'ro';
		my $rw = sprintf $write{$method}, 's';
		like(outcome('alice', $ro), qr/ERROR:  42501: .*read/, "$method: read_only");
		like(outcome('alice', "SET fivetrex.max_deletes = 9; SET fivetrex.dry_run = on; $ro"), qr/ERROR:  42501/, "$method: read_only, dry_run");
		$mock->clear('users');
		like(outcome('alice', "SET fivetrex.max_deletes = 9; START TRANSACTION READ ONLY; $rw"), qr/ERROR:  25006/, "$method: READ ONLY transaction");
		like(outcome('alice', "SET fivetrex.max_deletes = 9; SET default_transaction_read_only = on; $rw"), qr/ERROR:  25006/, "$method: default_transaction_read_only");
		is_deeply([ $mock->requests('users') ], [], "$method: nothing was sent");
	}
	is_deeply([ $mock->requests('ro') ], [], 'read_only: nothing was sent');
	is(outcome('alice', "START TRANSACTION READ ONLY; SELECT fivetrex_request('GET', '/v1/groups', server => 'ro')->>'code'"), 'Success', 'reading is free');

	$mock->clear('users');
	foreach my $method (qw(DELETE delete))
	{
		my $sql = sprintf $write{$method}, 's';
		like(outcome('alice', $sql), qr/ERROR:  54000: .*max_deletes/, "$method without max_deletes");
		like(outcome('alice', "SET fivetrex.max_deletes = 0; SET fivetrex.dry_run = on; $sql"), qr/ERROR:  54000/, "$method, dry_run");
		is(outcome('alice', "SET fivetrex.max_deletes = 1; SET fivetrex.dry_run = on; $sql"),
			'{"body": null, "path": "/v1/webhooks/hook_acorn", "method": "DELETE", "dry_run": true}', "$method allowed, dry_run");
	}
	is(outcome('alice', 'SET fivetrex.dry_run = on; ' . sprintf($write{PATCH}, 's')),
		'{"body": {"name": "x"}, "path": "/v1/groups/decent_dropsy", "method": "PATCH", "dry_run": true}', 'PATCH, dry_run');
	is_deeply([ $mock->requests('users') ], [], 'nothing was sent');
	is(outcome('alice', "SET fivetrex.max_deletes = 1; SELECT r->>'code' FROM (" . sprintf($write{DELETE}, 's') . ') x(r)'), 'Success', 'with it');
	is_deeply([ $mock->requests('users') ], ['DELETE /v1/webhooks/hook_acorn'], 'one request');
	is($node->query("SET ROLE alice; SELECT count(*) FROM s.webhooks"), 6, 'the webhook is gone');
	is(outcome('alice', "SELECT id FROM s.groups WHERE id = 'decent_dropsy'"), 'decent_dropsy', 'the group is still there');

	# The statement reads, writes and reads again: no stale answer.
	is( outcome('alice',
			"SELECT (SELECT name FROM s.groups WHERE id = 'lucid_orchard'),
			        fivetrex_request('PATCH', '/v1/groups/lucid_orchard', body => '{\"name\": \"Renamed\"}', server => 's')->>'code';
			 SELECT name FROM s.groups WHERE id = 'lucid_orchard'"),
		"People|Success\nRenamed", 'a change is seen by the next statement');
	$mock->clear('users');
	foreach my $path ('v1/groups', '', '/v1/../x', '/v1/groups/..', '/v1/./groups', '/v1/groups?limit=1', '/v1/groups#x',
		'/v1/a b', "/v1/a\nb", '/v1/é', '/v1\\groups')
	{
		like(outcome('alice', "SELECT fivetrex_request('GET', '$path', server => 's')"), qr/ERROR:  22023/, 'path refused: ' . ($path =~ s/\n/\\n/r =~ s/[^ -~]/?/gr));
	}
	like(outcome('alice', "SELECT fivetrex_request('TRACE', '/v1/groups', server => 's')"), qr/ERROR:  22023/, 'method refused');
	like(outcome('alice', "SELECT fivetrex_request(NULL, '/v1/groups', server => 's')"), qr/ERROR:  22004/, 'no method');
	like(outcome('alice', "SELECT fivetrex_request('GET', '/v1/groups', query => '[1]', server => 's')"), qr/ERROR:  22023/, 'query refused');
	like(outcome('alice', "SELECT fivetrex_request('GET', '/v1/groups', query => '7', server => 's')"), qr/ERROR:  22023/, 'a scalar as query refused');
	is_deeply([ $mock->requests('users') ], [], 'nothing was sent');
	is(outcome('alice', "SELECT jsonb_array_length(fivetrex_request('GET', '/v1/connections', query => '{\"limit\": 5, \"group_id\": \"opaque_lantern\", \"cursor\": null}', server => 's')->'data'->'items')"), 5, 'query');
};

subtest 'statements against foreign tables' => sub {
	foreach my $sql ("INSERT INTO w.groups (id) VALUES ('x')", "DELETE FROM w.groups", "UPDATE w.groups SET name = 'x'")
	{
		$mock->clear('w');
		like(outcome('alice', $sql), qr/ERROR:  42501/, "$sql by another user");
		is_deeply([ $mock->requests('w') ], [], 'nothing was sent');
	}
};

is($mock->stats($_)->{exceptions}, 0, "$_: the mock did not fail") for qw(w users elsewhere ro);
is_deeply([ $mock->violations($_) ], [], "$_: no request broke the API definition") for qw(w users elsewhere ro);

$node->stop;
$mock->stop;
done_testing();
