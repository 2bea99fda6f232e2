# A session sees changes that another one makes, and secrets of user mappings stay secret.
# Whose credentials a statement uses is told by test/stories/users.sql.

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
	 GRANT SELECT ON ALL TABLES IN SCHEMA s TO PUBLIC;");

# Rows, or the error, of SQL run with a role set.
sub outcome
{
	my ($role, $sql) = @_;
	my ($status, $out, $err) = $node->psql('postgres',
		"\\set VERBOSITY verbose\n" . ($role ? "SET ROLE $role;\n" : '') . $sql,
		on_error_stop => 1);
	return $status == 0 ? $out : $err;
}

my $refused = qr/ERROR:  28000: /;

subtest 'changes are seen by another session' => sub {
	$mock->settings('elsewhere', connectors => 3);
	my $session = Fivetrex::Session->new($node);
	$session->ask('SET ROLE alice');
	is($session->ask('SELECT count(*) FROM s.connectors'), 2500, 'as it was');
	$node->query("ALTER SERVER s OPTIONS (SET base_url '" . $mock->url('elsewhere') . "')");
	is($session->ask('SELECT count(*) FROM s.connectors'), 3, 'as it is');
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
	$check->(outcome('bob', "DO \$\$ BEGIN PERFORM count(*) FROM s.groups; EXCEPTION WHEN OTHERS THEN NULL; END \$\$;
		SELECT fivetrex_last_error()"),
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

is($mock->stats($_)->{exceptions}, 0, "$_: the mock did not fail") for qw(users elsewhere);
is_deeply([ $mock->violations($_) ], [], "$_: no request broke the API definition") for qw(users elsewhere);

$node->stop;
$mock->stop;
done_testing();
