# The table of the reference's "Rights": each row with the right, and without it.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('rights');
my $url = $mock->url('w');
$node->query(qq{CREATE EXTENSION IF NOT EXISTS fivetrex;
	CREATE ROLE admin; CREATE ROLE user_of_it; CREATE ROLE nobody;
	GRANT CREATE ON DATABASE postgres TO admin;
	GRANT USAGE ON FOREIGN DATA WRAPPER fivetrex TO admin});

# As the role: no error, or this one.
sub may
{
	my ($role, $sql, $error) = @_;
	my (undef, undef, $err) = $node->writes($mock, 'w', "SET ROLE $role; $sql");
	$error ? like($err, $error, "$role may not: $sql") : unlike($err, qr/ERROR/, "$role: $sql");
	return;
}
my $denied = qr/ERROR:  42501: /;
my $no_mapping = qr/ERROR:  \w+: user mapping not found/;
my $keys = "OPTIONS (api_key 'key', api_secret 'secret')";

# a server
my $server = "SERVER s FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url '$url', retry_delay '0')";
may('nobody', "CREATE $server", $denied);
may('admin', "CREATE $server; CREATE SCHEMA s; IMPORT FOREIGN SCHEMA fivetran FROM SERVER s INTO s");

# mappings
may('user_of_it', "CREATE USER MAPPING FOR CURRENT_USER SERVER s $keys", $denied);
may('user_of_it', "CREATE USER MAPPING FOR PUBLIC SERVER s $keys", $denied);
may('admin', 'GRANT USAGE ON FOREIGN SERVER s TO user_of_it');
may('user_of_it', "CREATE USER MAPPING FOR PUBLIC SERVER s $keys", $denied);
may('user_of_it', "CREATE USER MAPPING FOR nobody SERVER s $keys", $denied);
may('user_of_it', "CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (api_key_file '/etc/hostname')", $denied);
may('user_of_it', "CREATE USER MAPPING FOR CURRENT_USER SERVER s $keys");
may('admin', "CREATE USER MAPPING FOR admin SERVER s $keys");

# tables
may('user_of_it', 'SELECT count(*) FROM s.groups', $denied);
may('admin', 'GRANT USAGE ON SCHEMA s TO PUBLIC; GRANT SELECT ON s.groups TO PUBLIC');
may('user_of_it', 'SELECT count(*) FROM s.groups');
may('nobody', 'SELECT count(*) FROM s.groups', $no_mapping);
may('admin', "CREATE USER MAPPING FOR nobody SERVER s $keys");
may('nobody', 'SELECT count(*) FROM s.groups');
my $update = q{UPDATE s.groups SET name = 'n' WHERE id = 'empty_shelf' RETURNING id};
may('user_of_it', $update, $denied);
may('user_of_it', q{INSERT INTO s.groups (name) VALUES ('a')}, $denied);
may('user_of_it', 'DELETE FROM s.groups', $denied);
may('admin', 'GRANT INSERT, UPDATE ON s.groups TO user_of_it');
may('user_of_it', $update);
may('user_of_it', q{INSERT INTO s.groups (name) VALUES ('a')});

# functions
may('nobody', q{SELECT fivetrex_ping(server => 's')}, $denied);
may('admin', 'GRANT USAGE ON FOREIGN SERVER s TO nobody');
may('nobody', q{SELECT fivetrex_ping(server => 's')});
my $pause = q{SELECT fivetrex_pause('assimilate_seem', server => 's')};
my $request = q{SELECT fivetrex_request('GET', '/v1/groups', server => 's')};
may('nobody', $_, $denied) foreach $pause, $request;
$node->query('GRANT EXECUTE ON FUNCTION fivetrex_pause, fivetrex_request TO nobody');
may('nobody', $_) foreach $pause, $request;

# views and functions of an owner
$node->query('CREATE ROLE reader; GRANT USAGE ON SCHEMA s TO reader');
may('admin', q{CREATE VIEW s.v AS SELECT id FROM s.connectors; GRANT SELECT ON s.v TO reader;
	CREATE FUNCTION s.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
	AS 'SELECT count(*) FROM s.connectors'});
may('reader', 'SELECT count(*) FROM s.v');
may('reader', 'SELECT s.f()');
may('reader', 'SELECT count(*) FROM s.connectors', $denied);

# settings
foreach my $setting ('fivetrex.reserve = 1', 'fivetrex.log_writes = on')
{
	my ($name) = split / /, $setting;
	may('nobody', "SELECT count(*) FROM s.groups; SET $setting", $denied);
	$node->query("GRANT SET ON PARAMETER $name TO nobody");
	may('nobody', "SELECT count(*) FROM s.groups; SET $setting");
}
may('nobody', "SELECT count(*) FROM s.groups; SET $_")
  foreach 'fivetrex.dry_run = on', 'fivetrex.max_writes = 1', 'fivetrex.max_deletes = 1', 'fivetrex.max_calls = 1';

$node->stop;
$mock->stop;
done_testing();
