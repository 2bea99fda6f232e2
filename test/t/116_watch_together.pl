# Refreshes that meet, are cancelled, terminated or killed: nothing doubled, nothing lost.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Time::HiRes ();
use Fivetrex::Mock;
use Fivetrex::Watch;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Watch->start('together', $mock);
$node->append_conf('postgresql.conf', "restart_after_crash = on\n");
$node->restart;

# What must be true at the end: each run succeeded by a sync of its own connector, each sync that
# was played is kept once and as it ended, no lock is left.
sub all_is_well
{
	my ($world, $name) = @_;
	my %played = map { $_->{sync_id} => "$_->{status}|"
		. ($_->{end} ? 't' : 'f') } map { @$_ } values %{ $mock->syncs($world) };
	my %kept = map { my ($id, $rest) = split /\|/, $_, 2;
		$played{$id} ? ($id => $rest) : () } $node->table('sync_id, status, ended_at IS NOT NULL', 'syncs');
	is_deeply(\%kept, \%played, "$name: all syncs are kept as they ended");
	is($node->query(qq{SELECT count(*) FROM fivetrex_watch.runs r LEFT JOIN fivetrex_watch.syncs s
		USING (account, connector_id, sync_id)
		WHERE account = '$world' AND (r.outcome IS DISTINCT FROM 'succeeded' OR r.known_by IS DISTINCT FROM 'history'
			OR s.started_at IS NULL OR s.started_at < r.requested_at - interval '1 s')}),
		0, "$name: all runs have succeeded");
	is($node->query(q{SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'}), 0, "$name: no lock is left");
	is($node->query(qq{SELECT error IS NULL FROM fivetrex_watch.accounts WHERE account = '$world'}), 't',
		"$name: the account has no error");
	return;
}

# Wait until the backends have ended: psql ends before them, and a killed one is in this view until the server has
# restarted.  The query is an argument, as what cannot be written to a psql that does not get in ends this script.
sub nobody_is_left
{
	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		my $look = $node->background('look', q{SELECT count(*) FROM pg_stat_activity
			WHERE application_name IN ('victim', 'holder')});
		$node->ended($look);
		return 1 if $look->{out} eq "0\n";
		Time::HiRes::usleep(100_000);
	}
	return 0;
}

# Refresh until the runs have ended.
sub go_on
{
	my ($world) = @_;
	for (1 .. 40)
	{
		$node->refresh($world);
		last unless $node->query("SELECT count(*) FROM fivetrex_watch.runs WHERE account = '$world' AND outcome IS NULL");
		$node->pass('61 s');
	}
	return;
}

subtest 'twenty at once' => sub {
	$node->account('twenty', connectors => 200);
	$node->refresh('twenty');
	my @ids = $node->rows(q{SELECT id FROM fivetrex_watch.connectors WHERE account = 'twenty' AND sync_state = 'scheduled'
		AND setup_state = 'connected' ORDER BY id LIMIT 20});
	$mock->plan_syncs('twenty', { run => 1 });
	$node->request(join(',', @ids), ', at_once => 7');
	$mock->clear('twenty');
	# all begin while the first one reads the list
	$mock->fault('twenty', { path => '^/v1/connections', stall => 'headers' });
	my @sessions = $node->background('refresh 1', q{CALL fivetrex_watch.refresh('twenty')});
	$mock->wait_for('twenty', 1, undef, 'stalled');
	push @sessions, map { $node->background("refresh $_", q{CALL fivetrex_watch.refresh('twenty')}) } 2 .. 20;
	is($node->ended(@sessions[ 1 .. 19 ]), '', 'the others do not wait');
	is(scalar(grep { m{/v1/connections\?} } $mock->requests('twenty')), 1, 'nor ask for the list');
	$mock->release('twenty');
	is($node->ended($sessions[0]), '', 'no complaint');
	# in each round one of them at least gets on
	for (1 .. 40)
	{
		is($node->ended(map { $node->background("refresh $_", q{CALL fivetrex_watch.refresh('twenty')}) } 1 .. 20), '',
			'twenty at once');
		last unless $node->query(q{SELECT count(*) FROM fivetrex_watch.runs WHERE outcome IS NULL});
	}
	$node->refresh('twenty');
	all_is_well('twenty', 'twenty at once');
	my %posts;
	$posts{$_}++ for grep { /^POST/ } $mock->requests('twenty');
	is(scalar @{ (values %{ $mock->syncs('twenty') })[0] }, 1, 'one sync each');
	is(scalar(map { @$_ } values %{ $mock->syncs('twenty') }), 20, 'and no more');
};

# Where a refresh can be interrupted: what to stall (or to lock), and what the interrupted one has
# done already.
my %places = (
	'1 the list' => { stall => '^/v1/connections\?' },
	'2 the groups' => { stall => '^/v1/groups' },
	'3 a missing one' => { stall => '^/v1/connections/lonely_outpost$', remove => 'lonely_outpost' },
	'4 a history' => { stall => 'sync-history' },
	'5 the POST' => { stall => '^/v1/connections/daily_beacon/sync$' },
	'6 the second POST' => { stall => '^/v1/connections/assimilate_seem/sync$',
		request => 'daily_beacon,assimilate_seem' },
	'7 verdicts' => { lock => 'LOCK fivetrex_watch.runs IN EXCLUSIVE MODE', after => 'sync-history' },
	'8 the end' => { lock => q{UPDATE fivetrex_watch.connectors SET health = NULL;
		LOCK fivetrex_watch.connectors IN SHARE ROW EXCLUSIVE MODE}, at_end => 1 });
my %means = (
	cancel => sub { $node->query(q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity
		WHERE application_name = 'victim'}) },
	terminate => sub { $node->query(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE application_name = 'victim'}) },
	kill => sub {
		my $pid = $node->query(q{SELECT pid FROM pg_stat_activity WHERE application_name = 'victim'});
		kill 'KILL', $pid;
	});

foreach my $means (qw(cancel terminate kill))
{
	foreach my $place (sort keys %places)
	{
		# between the two others
		next if $means eq 'terminate' && $place !~ /list|POST/;
		my %at = %{ $places{$place} };
		my $world = "$means$place" =~ s/\W/_/gr;
		subtest "$means at $place" => sub {
			$node->account($world, connectors => 15);
			$node->refresh($world);
			# a sync that is to be read, and one that is asked for
			$mock->begin_sync($world, 'cron_lighthouse', ago => 60);
			$mock->end_sync($world, 'cron_lighthouse');
			$mock->plan_syncs($world, { run => 1 });
			$node->request($at{request} // 'daily_beacon');
			$node->query("SET fivetrex.max_deletes = 1; DELETE FROM $world.connectors WHERE id = '$at{remove}'") if $at{remove};
			my $victim;
			if ($at{stall})
			{
				$mock->fault($world, { path => $at{stall}, stall => 'headers' });
				$victim = $node->background('victim', "CALL fivetrex_watch.refresh('$world')");
				$mock->wait_for($world, 1, undef, 'stalled');
			}
			else
			{
				if (!$at{at_end})
				{
					$node->refresh($world) for 1 .. 2;
					$node->query("UPDATE fivetrex_watch.runs SET outcome = NULL, known_by = NULL, sync_id = NULL
						WHERE account = '$world'");
				}
				my $holder = $node->background('holder', "BEGIN; $at{lock}; SELECT pg_sleep(1000)");
				$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'holder'
					AND wait_event = 'PgSleep'});
				$victim = $node->background('victim', "CALL fivetrex_watch.refresh('$world')");
				$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'victim'
					AND wait_event_type = 'Lock'});
				$at{holder} = $holder;
			}
			$means{$means}->();
			isnt($node->ended($victim), '', 'it ends');
			if ($at{holder})
			{
				# where that does not get in, the server's restart ends it
				$node->ended($node->background('end', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity
					WHERE application_name = 'holder'}), $at{holder});
			}
			$mock->release($world);
			ok(nobody_is_left(), 'nobody is left');
			$node->pass('61 s');
			go_on($world);
			all_is_well($world, 'afterwards');
			is($node->query("SELECT count(*) FROM fivetrex_watch.connectors WHERE account = '$world' AND gone_at IS NOT NULL"),
				$at{remove} ? 1 : 0, 'what is gone is marked');
		};
	}
}

subtest 'an account that is deleted, or renamed, meanwhile' => sub {
	foreach my $change (q{DELETE FROM fivetrex_watch.accounts WHERE account = 'left'}, q{UPDATE fivetrex_watch.accounts
		SET account = 'right' WHERE account = 'left'})
	{
		$node->account('left', connectors => 15)
			unless $node->query(q{SELECT count(*) FROM pg_foreign_server WHERE srvname = 'left'});
		$node->query(q{SELECT fivetrex_watch.add_account('left', 'left', 'left')});
		$mock->clear('left');
		$mock->fault('left', { path => '^/v1/connections', stall => 'headers' });
		my $refresh = $node->background('refresh', q{CALL fivetrex_watch.refresh('left')});
		$mock->wait_for('left', 1, undef, 'stalled');
		my $changer = $node->background('changer', $change);
		$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'changer'
			AND wait_event = 'advisory'});
		$mock->release('left');
		is($node->ended($refresh, $changer), '', 'both come to an end');
		is($node->query(q{SELECT count(*) FROM fivetrex_watch.connectors WHERE account = 'left'}), 0, 'no row is left over');
	}
	is($node->query(q{SELECT count(*) FROM fivetrex_watch.connectors WHERE account = 'right'}), 15,
		'they have the new name');
};

subtest 'requests that roll back' => sub {
	$node->account('rolled', connectors => 15);
	$node->refresh('rolled');
	$node->query(q{BEGIN; SELECT fivetrex_watch.request('{daily_beacon}', account => 'rolled'); ROLLBACK});
	$node->query(q{DO $$BEGIN PERFORM fivetrex_watch.request('{daily_beacon}', account => 'rolled');
		RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END$$});
	my $open = $node->background('requester', q{BEGIN;
		SELECT fivetrex_watch.request('{daily_beacon}', account => 'rolled'); SELECT pg_sleep(1000)});
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'requester'
		AND wait_event = 'PgSleep'});
	$node->refresh('rolled');
	is_deeply([ $node->asked ], [ 'GET groups', 'GET list' ], 'send nothing');
	$node->query(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'requester'});
	$node->ended($open);
	is($node->query(q{SELECT count(*) FROM fivetrex_watch.runs WHERE account = 'rolled'}), 0, 'nothing is left');
	# a trigger may ask
	$node->query(q{CREATE TABLE wishes (connector text);
		CREATE FUNCTION wish() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM
			fivetrex_watch.request(ARRAY[NEW.connector], account => 'rolled'); RETURN NULL; END$$;
		CREATE TRIGGER t AFTER INSERT ON wishes FOR EACH ROW EXECUTE FUNCTION wish();
		INSERT INTO wishes VALUES ('daily_beacon')});
	$mock->plan_syncs('rolled', { run => 0 });
	go_on('rolled');
	all_is_well('rolled', 'a trigger');
};

subtest 'two databases watch one account' => sub {
	$node->account('shared', connectors => 15);
	$node->query('CREATE DATABASE second');
	my $url = $mock->url('shared');
	$node->safe_psql('second', qq{CREATE EXTENSION fivetrex_watch CASCADE;
		CREATE SERVER shared FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url '$url', retry_delay '0');
		CREATE USER MAPPING FOR PUBLIC SERVER shared OPTIONS (api_key 'key', api_secret 'secret'); CREATE SCHEMA shared;
			IMPORT FOREIGN SCHEMA fivetran FROM SERVER shared INTO shared;
		SELECT fivetrex_watch.add_account('shared', 'shared', 'shared')});
	$mock->plan_syncs('shared', { run => 4 });
	my @calls = map { [ $_, q{CALL fivetrex_watch.refresh('shared')} ] } qw(postgres second);
	$node->safe_psql(@$_) for @calls;
	$node->safe_psql($_->[0], q{SELECT fivetrex_watch.request('{daily_beacon,assimilate_seem}', account => 'shared')})
		for @calls;
	for (1 .. 40)
	{
		is($node->ended(map { $node->background('refresh', $_->[1], $_->[0]) } @calls), '', 'both refresh at once');
		last unless grep { $node->safe_psql($_->[0], q{SELECT count(*) FROM fivetrex_watch.runs WHERE outcome IS NULL
			AND account = 'shared'}) } @calls;
		$node->{world} = 'shared';
		$node->pass('11 s');
		$node->safe_psql('second', q{UPDATE fivetrex_watch.runs SET triggered_at = triggered_at - interval '11 s'});
	}
	is($node->safe_psql($_->[0], q{SELECT DISTINCT outcome, known_by FROM fivetrex_watch.runs WHERE account = 'shared'}),
		'succeeded|history', "$_->[0]: succeeded") for @calls;
	# one that looked while the other's sync ran may have started one more, whose history is read when it is due
	$node->{world} = 'shared';
	$node->pass('61 min');
	$node->refresh('shared');
	all_is_well('shared', 'two databases');
};

$node->stop;
$mock->stop;
done_testing();
