# The extension fivetrex_watch in other databases: dump and restore, a standby, a plain role.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Watch;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Watch->start('source', $mock);
$node->append_conf('postgresql.conf', "wal_level = replica\nmax_wal_senders = 5\nhot_standby = on\n");
$node->restart;
$node->account('w', connectors => 15);
$node->refresh('w');
$mock->begin_sync('w', 'daily_beacon', ago => 60);
$mock->end_sync('w', 'daily_beacon', outcome => 'FAILURE', reason => 'why');
$mock->plan_syncs('w', { run => 1 });
$node->request('assimilate_seem,cron_lighthouse');
$node->refresh('w');
$node->news('reader');
$mock->patch('w', 'connections', 'sdk_forge', set => { paused => JSON::PP::true() });
$node->query(q{UPDATE fivetrex_watch.accounts SET hold = '0'; INSERT INTO fivetrex_watch.slas (max_age)
	VALUES ('1 day');
	INSERT INTO fivetrex_watch.webhooks (account, id, active) VALUES ('w', 'h', true);
	INSERT INTO fivetrex_watch.deliveries (account, digest, body) VALUES ('w', 'd', '{}')});
$node->refresh('w');
$node->query(q{CALL fivetrex_watch.refresh_tables()});
$node->query(q{CREATE ROLE reader; GRANT USAGE ON SCHEMA fivetrex_watch TO reader; GRANT
	SELECT ON fivetrex_watch.health, fivetrex_watch.failures TO reader});

# All that the tables hold.
sub contents
{
	my ($of, $database) = @_;
	return join "\n", map { "$_: "
		. $of->safe_psql($database, "SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text))
		FROM fivetrex_watch.$_ t") }
	  qw(accounts connectors syncs runs events consumers deliveries tables slas webhooks);
}

subtest 'dump and restore' => sub {
	my $file = $node->basedir . '/dump.sql';
	command_ok([ 'pg_dump', '-d', $node->connstr('postgres'), '-f', $file ], 'pg_dump');
	$node->query('CREATE DATABASE restored');
	command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('restored'), '-f', $file ], 'restored');
	is(contents($node, 'restored'), contents($node, 'postgres'), 'with all that was known');
	unlike(contents($node, 'restored'), qr/: 0\|/, 'which is not nothing');
	is($node->safe_psql('restored', 'SET ROLE reader; SELECT count(*) FROM fivetrex_watch.health'), 15, 'readers read');
	isnt(($node->psql('restored', 'SET ROLE reader; SELECT * FROM fivetrex_watch.runs'))[0], 0, 'and no more');
	is($node->safe_psql('restored', q{SELECT fivetrex_watch.request('{daily_beacon}')}), 2, 'numbers go on');
	is($node->safe_psql('restored', q{SELECT max(id) FROM fivetrex_watch.runs}), 3, 'of runs too');
	my $take = q{SELECT id, kind FROM fivetrex_watch.take('reader')};
	is($node->safe_psql('restored', "BEGIN; $take; ROLLBACK"), $node->query("BEGIN; $take; ROLLBACK"),
		'consumers go on where they were');
	isnt($node->query("BEGIN; $take; ROLLBACK"), '', 'which is not the end');
	is($node->safe_psql('restored', q{SELECT fivetrex_watch.tell('w', NULL, 'x', NULL, NULL, 'x', NULL); SELECT max(id)
		FROM fivetrex_watch.events}) =~ s/\s//gr,
		$node->query('SELECT max(id) + 1 FROM fivetrex_watch.events'), 'numbers of events go on');
	$node->safe_psql('restored', q{CALL fivetrex_watch.refresh()}) for 1 .. 3;
	is($node->safe_psql('restored', q{SELECT string_agg(outcome, ' ') FROM fivetrex_watch.runs}),
		'succeeded succeeded succeeded', 'the open runs go on');

	command_ok([ 'pg_dump', '-s', '-d', $node->connstr('postgres'), '-f', $file ], 'pg_dump of the schema only');
	$node->query('CREATE DATABASE empty');
	command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('empty'), '-f', $file ], 'restored');
	is($node->safe_psql('empty', 'SELECT count(*) FROM fivetrex_watch.accounts'), 0, 'without any data');
	command_ok([ 'pg_dump', '-d', $node->connstr('postgres'), '--exclude-table-data', 'fivetrex_watch.syncs', '-f',
		$file ], 'pg_dump without syncs');
	$node->query('CREATE DATABASE lean');
	command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('lean'), '-f', $file ], 'restored');
	is($node->safe_psql('lean', 'SELECT (SELECT count(*) FROM fivetrex_watch.syncs), (SELECT count(*)
		FROM fivetrex_watch.runs)'), '0|2', 'has all else');
	# by the custom format, in parallel, tables in any order
	command_ok([ 'pg_dump', '-Fc', '-d', $node->connstr('postgres'), '-f', "$file.c" ], 'pg_dump -Fc');
	$node->query('CREATE DATABASE parallel');
	command_ok([ 'pg_restore', '-j', '3', '-d', $node->connstr('parallel'), "$file.c" ], 'pg_restore -j');
	is(contents($node, 'parallel'), contents($node, 'postgres'), 'with all that was known');
};

subtest 'a standby' => sub {
	$node->backup('b');
	my $standby = PostgreSQL::Test::Cluster->new('standby');
	$standby->init_from_backup($node, 'b', has_streaming => 1);
	$standby->start;
	$node->wait_for_catchup($standby);
	is($standby->safe_psql('postgres', q{SELECT count(*) FROM fivetrex_watch.health}), 15, 'reads the board');
	is($standby->safe_psql('postgres', q{SELECT reason FROM fivetrex_watch.failures WHERE connector_id = 'daily_beacon'
		AND reason = 'why'}), 'why', 'and why something failed');
	is($standby->safe_psql('postgres', q{SELECT count(*) FROM w.groups}), 14, 'reads foreign tables');
	is($standby->safe_psql('postgres', q{SELECT id FROM fivetrex_sync_status('daily_beacon', 'w')}), 'daily_beacon',
		'and by functions');
	foreach my $sql (q{UPDATE w.groups SET name = 'x'}, q{SELECT fivetrex_pause('daily_beacon', 'w')})
	{
		my (undef, undef, $err) = $standby->psql('postgres', "\\set VERBOSITY verbose\n$sql");
		like($err, qr/ERROR:  25006/, "$sql is refused");
	}
	$mock->clear('w');
	foreach my $sql (q{CALL fivetrex_watch.refresh()}, q{CALL fivetrex_watch.wait(1)},
		q{SELECT fivetrex_watch.request('{daily_beacon}')}, q{SELECT fivetrex_watch.cancel(1)},
		q{CALL fivetrex_watch.prune()},
		q{CALL fivetrex_watch.refresh_tables()}, q{SELECT * FROM fivetrex_watch.take('reader')})
	{
		my (undef, undef, $err) = $standby->psql('postgres', "\\set VERBOSITY verbose\n$sql");
		like($err, qr/ERROR:  25006/, "$sql is refused");
	}
	is_deeply([ $mock->requests('w') ], [], 'and nothing is called');
	$node->stop('immediate');
	$standby->promote;
	$standby->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()');
	$standby->safe_psql('postgres', q{CALL fivetrex_watch.refresh()}) for 1 .. 2;
	is($standby->safe_psql('postgres', q{SELECT string_agg(outcome, ' ') FROM fivetrex_watch.runs}),
		'succeeded succeeded', 'after a failover it goes on');
	$standby->stop;
	$node->start;
};

subtest 'a plain role as installer' => sub {
	$node->query(q{CREATE ROLE watcher LOGIN; CREATE DATABASE house; GRANT CREATE ON DATABASE house TO watcher});
	my $url = $mock->url('house');
	$mock->settings('house', connectors => 15);
	# the wrapper is a superuser's; it may be anywhere
	$node->safe_psql('house', qq{CREATE SCHEMA odd; CREATE EXTENSION fivetrex SCHEMA odd;
		GRANT USAGE ON FOREIGN DATA WRAPPER fivetrex TO watcher; GRANT USAGE ON SCHEMA odd TO watcher;
		GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA odd TO watcher});
	my @as = (extra_params => [ '-U', 'watcher' ]);
	my ($status, undef, $err) = $node->psql('house', qq{CREATE EXTENSION fivetrex_watch;
		CREATE SERVER fivetran FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url '$url', retry_delay '0');
		CREATE USER MAPPING FOR CURRENT_USER SERVER fivetran OPTIONS (api_key 'key', api_secret 'secret');
			CREATE SCHEMA fivetran; IMPORT FOREIGN SCHEMA fivetran FROM SERVER fivetran INTO fivetran;
		SELECT fivetrex_watch.add_account('main')}, @as);
	is("$status $err", '0 ', 'installs it');
	is($node->safe_psql('house', q{SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class
		WHERE relnamespace = 'fivetrex_watch'::regnamespace}), 'watcher', 'all is his');
	$mock->plan_syncs('house', { run => 1 });
	($status, undef, $err) = $node->psql('house', q{CALL fivetrex_watch.refresh();
		SELECT fivetrex_watch.request('{daily_beacon}');}, @as);
	is("$status $err", '0 ', 'he refreshes, and asks for a sync');
	my (undef, $out) = $node->psql('house', q{CALL fivetrex_watch.wait(1)}, @as);
	is($out, 'succeeded', 'and waits for it');
	$node->psql('house', q{CREATE TABLE other (a int); SELECT 1}, @as);
	is(($node->psql('house', q{DROP EXTENSION fivetrex_watch}, @as))[0], 0, 'and drops it');
	is($node->safe_psql('house', q{SELECT count(*) FROM pg_namespace WHERE nspname = 'fivetrex_watch'}), 0,
		'nothing is left');
};

subtest 'an older wrapper' => sub {
	$node->query('CREATE DATABASE old');
	$node->safe_psql('old', q{CREATE EXTENSION fivetrex VERSION '1.0'});
	like(($node->psql('old', 'CREATE EXTENSION fivetrex_watch'))[2],
		qr/ERROR:  extension "fivetrex" is older than 1.1\n.*HINT:  ALTER EXTENSION fivetrex UPDATE;/s,
		'is refused in words');
	is(($node->psql('old', 'ALTER EXTENSION fivetrex UPDATE; CREATE EXTENSION fivetrex_watch'))[0], 0,
		'updated it will do');
	like(($node->psql('old', 'DROP EXTENSION fivetrex'))[2], qr/other objects depend on it/,
		'which is not dropped by the way');
};

$node->stop;
$mock->stop;
done_testing();
