# The chapter "Citus" of the recipes: a coordinator and two workers.  Skipped where it is not installed.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Manual;
use Fivetrex::Mock;
use Fivetrex::Node;

my $pg_config = $ENV{PG_CONFIG} || 'pg_config';
chomp(my $share = `$pg_config --sharedir`);
plan skip_all => 'Citus is not installed' unless -e "$share/extension/citus.control";

my $mock = Fivetrex::Mock->start;
$mock->settings('w', connectors => 40);

# Nodes of Citus reach each other by TCP; the library is installed on each.
sub citus_node
{
	my ($name) = @_;
	my $node = bless PostgreSQL::Test::Cluster->new($name), 'Fivetrex::Node';
	$node->init(extra => [ '--encoding=UTF8', '--no-locale' ]);
	$node->append_conf('postgresql.conf', q{
shared_preload_libraries = 'citus'
citus.node_conninfo = 'sslmode=disable'
citus.max_background_task_executors = 1
listen_addresses = '127.0.0.1'
wal_level = logical
max_prepared_transactions = 50
});
	unlink $node->data_dir . '/pg_hba.conf';
	$node->append_conf('pg_hba.conf', "local all all trust\nhost all all 127.0.0.1/32 trust\n");
	$node->start;
	$node->query('CREATE EXTENSION citus');
	return $node;
}

my ($coordinator, @workers) = map { citus_node($_) } qw(coordinator worker_1 worker_2);
$coordinator->query("SELECT citus_set_coordinator_host('127.0.0.1', " . $coordinator->port . ')');
$coordinator->query("SELECT citus_add_node('127.0.0.1', " . $_->port . ')') foreach @workers;

my $url = $mock->url('w');
$coordinator->query(qq{
	CREATE EXTENSION fivetrex;
	CREATE SERVER fivetran FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url '$url', retry_delay '0');
	CREATE USER MAPPING FOR CURRENT_USER SERVER fivetran OPTIONS (api_key 'key', api_secret 'secret');
	CREATE SCHEMA fivetran;
	IMPORT FOREIGN SCHEMA fivetran FROM SERVER fivetran INTO fivetran});
foreach my $worker (@workers)
{
	is($worker->query(q{SELECT count(*) FROM pg_extension WHERE extname = 'fivetrex'}), 1, $worker->name
		. ' has the extension');
	is($worker->query(q{SELECT count(*) FROM pg_foreign_server WHERE srvname = 'fivetran'}), 1, $worker->name
		. ' has the server');
	is($worker->query('SELECT count(*) FROM pg_user_mappings'), 0, $worker->name . ' has no user mapping');
}

# The blocks of the chapter, as they stand there.
my @blocks = grep { $_->{chapter} eq 'Citus' } Fivetrex::Manual::blocks("$FindBin::RealBin/../recipes/README.md");
cmp_ok(scalar @blocks, '>=', 1, 'the chapter has them');
foreach my $block (@blocks)
{
	(my $text = $block->{text}) =~ s/api_key '\.\.\.', api_secret '\.\.\.'/api_key 'key', api_secret 'secret'/g;
	$mock->clear('w');
	my ($status, $out, $err) = $coordinator->psql('postgres', $text, on_error_stop => 1);
	is($status, 0, "line $block->{line} runs") or diag $err;
}
is_deeply([ grep { !/^GET/ } $mock->requests('w') ], [ 'PATCH /v1/connections/assimilate_seem' ],
	'one change, and none of the dry run');

my $n = $coordinator->query('SELECT count(*) FROM fivetran.connectors');
is($coordinator->query('SELECT count(*) FROM runs'), $coordinator->query('SELECT count(*) FROM fivetran.connectors
	WHERE NOT paused OR id = $$assimilate_seem$$'),
	'the distributed table has the rows');
is($_->query('SELECT count(*) FROM fivetran.connectors'), $n, $_->name . ' reads the table') foreach @workers;

is_deeply([ $mock->violations('w') ], [], 'no request broke the definition');
$_->stop foreach @workers, $coordinator;
$mock->stop;
done_testing();
