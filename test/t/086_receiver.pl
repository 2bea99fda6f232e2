# A webhook receiver of one's own, and readers without credentials, as they stand in the manual.

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
my $node = Fivetrex::Node->start('receiver');
$node->add_world($mock, 'fivetran');

my $manual = join "\n", map { slurp_file("$FindBin::RealBin/../../$_") } qw(README.md test/recipes/README.md);

sub sample
{
	my ($text) = @_;
	my @found = grep { /\Q$text\E/ } $manual =~ /^```sql\n(.*?)^```$/msg;
	is(scalar @found, 1, "the manual has one sample with $text");
	return $found[0];
}

unlike($manual, qr/search_path FROM CURRENT/, 'no sample trusts the path of the moment');
foreach my $definer ($manual =~ /SECURITY DEFINER[^`;]*?AS/sg)
{
	like($definer, qr/SET search_path = pg_catalog,[^\n]*pg_temp\b/, 'a definer function fixes its path, pg_temp last');
}

$node->query(sample('CREATE SCHEMA hooks') . q{;
	INSERT INTO hooks.webhook VALUES ('the real secret');
	CREATE ROLE web; GRANT USAGE ON SCHEMA hooks TO web; GRANT EXECUTE ON FUNCTION hooks.receive TO web});

my $body = '{"event": "sync_end"}';
my $receive = sub {
	my ($secret, $before, $signature) = @_;
	$signature //= hmac_sha256_hex($body, $secret);
	return $node->query("SET ROLE web; $before SELECT hooks.receive('$body', '$signature')");
};
is($receive->('the real secret', ''), 't', 'a delivery that is signed right');
is($receive->('another', ''), 'f', 'one that is not');
is($receive->('', '', ''), 'f', 'one without signature');
my @forgeries = (
	q{CREATE TEMP TABLE webhook (secret text); INSERT INTO webhook VALUES ('mine');},
	q{CREATE TEMP TABLE webhook (secret text); INSERT INTO webhook VALUES ('mine');
		SET search_path = pg_temp, hooks, public;},
	q{CREATE TEMP VIEW webhook AS SELECT 'mine'::text AS secret;},
	q{CREATE FUNCTION pg_temp.fivetrex_verify_signature(bytea, text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
		SET search_path = pg_temp, public;},
	q{CREATE FUNCTION pg_temp.convert_from(bytea, name) RETURNS text LANGUAGE sql AS $$SELECT '{}'$$;
		SET search_path = pg_temp, pg_catalog;});
$node->query('GRANT TEMPORARY ON DATABASE postgres TO web');
is($receive->('mine', $_), 'f', 'cannot be forged') foreach @forgeries;
is($node->query('SELECT count(*) FROM hooks.event'), 1, 'one event came in');

subtest 'readers without credentials' => sub {
	$node->query(sample('CREATE VIEW ops.broken_connectors') . q{;
		DROP USER MAPPING FOR PUBLIC SERVER fivetran;
		CREATE USER MAPPING FOR CURRENT_USER SERVER fivetran OPTIONS (api_key 'key', api_secret 'secret')});
	cmp_ok($node->query('SET ROLE analysts; SELECT count(*) FROM ops.broken_connectors'), '>', 0, 'read the view');
	is($node->query(q{SET ROLE analysts; SELECT count(*) FROM pg_user_mappings WHERE umoptions IS NOT NULL}), 0,
		'and no secret');
	like($node->fails('SET ROLE analysts; SELECT count(*) FROM fivetran.connectors'), qr/42501/, 'nor the table');
};

$node->stop;
$mock->stop;
done_testing();
