# What is wrong with one connector, run or session stays there: the others go on, and somebody says so.
# What needs neither times nor another session is in stories/watch_faults.sql.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use JSON::PP ();
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Watch;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Watch->start('faults', $mock);
my $seem = 'assimilate_seem';
my @board = ('GET groups', 'GET list');

my $number = 0;
sub world
{
	my (%options) = @_;
	my $world = 'w' . ++$number;
	$node->account($world, connectors => 15, max_retries => 0, %options);
	$node->refresh($world);
	return $world;
}

sub error_of { return $node->query("SELECT coalesce(error, '') FROM fivetrex_watch.accounts WHERE account = '$_[0]'"); }

# Outcome and the like of the only run.
sub run_of
{
	my ($world) = @_;
	return $node->query("SELECT concat_ws(' ', coalesce(outcome, 'open'), 'by ' || known_by, reason)
		FROM fivetrex_watch.runs WHERE account = '$world'");
}

# Every column of the list that is read, with every kind of value.
subtest 'a connector that cannot be read' => sub {
	my $world = world();
	my @columns = qw(schema group_id service paused succeeded_at failed_at sync_frequency schedule_type
	  data_delay_threshold
	  status.setup_state status.sync_state status.update_state status.is_historical_sync status.tasks
	  status.warnings status.rescheduled_for);
	my @values = ("a\0b", 'infinity', 'x', '294276-12-31T23:59:59Z', 1_500_000_000, 3_000_000_000, -5, JSON::PP::true(),
		undef, ["a\0b"], { message => 7 });
	my (%bad, @wrong);
	my $turn = 0;
	foreach my $column (@columns)
	{
		my $object = $mock->patch($world, 'connections', $seem, set => {});
		my ($first, $second) = split /\./, $column;
		my $was = defined $second ? $object->{$first}{$second} : $object->{$first};
		foreach my $value (@values)
		{
			my $what = "$column = " . JSON::PP->new->canonical->allow_nonref->encode($value);
			$mock->patch($world, 'connections', $seem, set => { $column => $value });
			$mock->patch($world, 'connections', 'daily_beacon', set => { schema => 'name ' . ++$turn });
			my (undef, $out, $err) = $node->psql('postgres', qq{\\set VERBOSITY verbose
				CALL fivetrex_watch.refresh('$world');
				SELECT
				(SELECT name FROM fivetrex_watch.connectors WHERE account = '$world' AND id = 'daily_beacon'),
				(SELECT read_error IS NOT NULL FROM fivetrex_watch.connectors WHERE account = '$world' AND id = '$seem'),
				(SELECT coalesce(error, '') FROM fivetrex_watch.accounts WHERE account = '$world'),
				(SELECT count(h) FROM fivetrex_watch.health h WHERE account = '$world')
				  + (SELECT count(f) * 0 FROM fivetrex_watch.freshness f)
				  + (SELECT count(s) * 0 FROM fivetrex_watch.sync_stats s),
				(SELECT count(*) FROM fivetrex_watch.connectors WHERE account = '$world' AND gone_at IS NOT NULL)});
			my ($name, $read_error, $error, $rows, $lost) = split /\|/, $out;
			push @wrong, "$what: another one was not read" if $name ne "name $turn";
			push @wrong, "$what: $rows rows on the board, $lost lost" if "$rows $lost" ne '15 0';
			if ($read_error eq 't')
			{
				$bad{$column}++;
				push @wrong, "$what: account says: $error" if $error !~ /^connector "$seem" cannot be read: column "\w+": /;
				push @wrong, "$what: warning is $err"
					if $err !~
						/^(?:.*WARNING:\ \ \w{5}:\ account\ "$world":\ connector\ "$seem"\ cannot\ be\ read:\ [^\n]*\n
							(?:DETAIL|CONTEXT|LOCATION|PL|SQL)?)/x;
			}
			elsif ($error ne '' || $err ne '') { push @wrong, "$what: $error, $err"; }
		}
		$mock->patch($world, 'connections', $seem, set => { $column => $was });
		push @wrong, "$column: does not recover" if $node->refresh($world) ne '' || error_of($world) ne ''
		  || $node->query("SELECT count(*) FROM fivetrex_watch.connectors WHERE account = '$world'
		  	AND read_error IS NOT NULL");
	}
	is_deeply(\@wrong, [], 'every value of every column: the others are read, the error is told');
	cmp_ok(scalar(keys %bad), '>', 6, 'in many of them a value was one that cannot be read');

	# what it costs, and what the board says
	$mock->patch($world, 'connections', $seem, set => { schema => "a\0b" });
	$node->refresh($world);
	is_deeply([ grep { !/groups/ } $node->asked ], [ ('GET list') x 2 ], 'the list is read once more');
	$node->refresh($world);
	is_deeply([ $node->asked ], [ "GET $seem", @board ], 'then it is asked for by itself');
	like($node->query("SELECT is_stale, reason FROM fivetrex_watch.health WHERE account = '$world'
		AND connector_id = '$seem'"),
		qr/^t\|column "schema": the value has the character/, 'the board says why it is old news');
	is($node->query("SELECT count(*) FROM fivetrex_watch.health WHERE account = '$world' AND is_stale"), 1, 'of that one');

	# two more, one of them new; one is deleted meanwhile
	$mock->settings($world, connectors => 16);
	my ($new) = grep { my $id = $_;
		!$node->query("SELECT count(*) FROM fivetrex_watch.connectors WHERE account = '$world'
		AND id = '$id'") } $node->rows("SELECT id FROM $world.connectors");
	$mock->patch($world, 'connections', $_, set => { sync_frequency => 3_000_000_000 }) for $seem, $new, 'cron_lighthouse';
	$node->refresh($world);
	is($node->query("SELECT string_agg(id, ' ' ORDER BY id) FROM fivetrex_watch.connectors WHERE account = '$world'
		AND read_error IS NOT NULL"),
		join(' ', sort $seem, $new, 'cron_lighthouse'), 'each keeps its error');
	$node->query("SET fivetrex.max_deletes = 1; DELETE FROM $world.connectors WHERE id = '$seem'");
	$node->refresh($world);
	is($node->query("SELECT id, read_error IS NULL FROM fivetrex_watch.connectors WHERE account = '$world'
		AND gone_at IS NOT NULL"), "$seem|t", 'it is gone');

	# a run of it ends by the clock and says why
	$node->request($new, ", deadline => '10 min'");
	$node->refresh($world, ', runs_only => true');
	is(run_of($world), 'open', 'a run of it waits');
	$node->pass('11 min');
	$node->refresh($world, ', runs_only => true');
	is(run_of($world), 'timeout by clock column "sync_frequency": value "3000000000" is out of range for type integer',
		'and says why it ended');
};

subtest 'many that cannot be read' => sub {
	my $world = world(connectors => 60);
	my @ids = $node->rows("SELECT id FROM fivetrex_watch.connectors WHERE account = '$world' ORDER BY id LIMIT 46");
	my $good = pop @ids;
	$mock->patch($world, 'connections', $_, set => { sync_frequency => 3_000_000_000 }) for @ids;
	$mock->patch($world, 'connections', $good, set => { schema => 'another' });
	foreach my $known (20, 40, 45)
	{
		like($node->refresh($world), $known < 45 ? qr/WARNING:  HV000: account "$world": 20 connectors more/
			: qr/^(?:(?!connectors more).)*\z/s, "told at $known");
		is($node->query("SELECT count(*) FROM fivetrex_watch.connectors WHERE account = '$world'
			AND read_error IS NOT NULL"), $known, 'what was found is kept');
		cmp_ok(scalar($node->asked), '<', 45, 'not all are asked for singly');
	}
	is($node->query("SELECT count(*) FROM fivetrex_watch.connectors WHERE account = '$world' AND name = 'another'"), 1,
		'then the others are read');
	$mock->patch($world, 'connections', $_, set => { sync_frequency => 60 }) for @ids;
	$node->refresh($world) for 1 .. 3;
	is($node->query("SELECT count(*), count(gone_at) FROM fivetrex_watch.connectors WHERE account = '$world'
		AND (read_error IS NOT NULL OR gone_at IS NOT NULL)"), '0|0',
		'and it is over');
	is(error_of($world), '', 'for the account, too');
};

# All that this machine has noted is a year ahead: nothing must wait until then.
subtest 'a clock that was set back' => sub {
	my $world = world(webhooks => 1);
	$node->query("CALL fivetrex_watch.refresh_tables(100, '$world')");
	$mock->begin_sync($world, 'daily_beacon', ago => 60);
	$mock->end_sync($world, 'daily_beacon');
	$node->refresh($world);
	$node->news('clock');
	$mock->patch($world, 'connections', 'cron_lighthouse', set => { paused => JSON::PP::true() });
	$node->refresh($world);
	$mock->plan_syncs($world, { run => 0 });
	$node->request("$seem,daily_beacon", ', at_once => 2');
	$node->query("INSERT INTO fivetrex_watch.deliveries (account, digest, connector_id, body)
		VALUES ('$world', 'x', '$seem', '{}')");
	$node->pass('-1 year');
	my $nulls = "SELECT count(gone_at), count(syncing_since), count(tasks_changed_at) FROM fivetrex_watch.connectors
		WHERE account = '$world'";
	my $before = $node->query($nulls);
	my $asked = 'history_asked_at < now() AND tables_asked_at < now()';
	is($node->query("SELECT count(*) FROM fivetrex_watch.connectors WHERE account = '$world' AND $asked"), 0,
		'which it is');
	is($node->refresh($world), '', 'no complaint');
	is($node->query($nulls), $before, 'what there was not there is not');
	is_deeply([ grep { /groups|list|webhooks|POST/ } $node->asked ], [ @board, "POST $seem", 'POST daily_beacon' ],
		'all is asked for, the runs are started');
	is($node->query("SELECT count(*) FROM fivetrex_watch.deliveries WHERE account = '$world' AND used_at IS NULL"), 0,
		'the delivery is used');
	$node->pass('11 s');
	$node->refresh($world);
	is($node->query("SELECT string_agg(outcome || ' ' || known_by, ', ' ORDER BY id) FROM fivetrex_watch.runs
		WHERE account = '$world'"),
		'succeeded history, succeeded history', 'and end');
	is($node->query("SELECT max(deadline - requested_at) < '6 hours 1 second' FROM fivetrex_watch.runs
		WHERE account = '$world'"), 't', 'within their time');
	$mock->clear($world);
	$node->query("CALL fivetrex_watch.refresh_tables(100, '$world')");
	cmp_ok(scalar(grep { /schemas/ } $node->asked), '>', 10, 'tables are read');
	$node->pass('11 min');
	$node->refresh($world);
	is_deeply([ grep { /cron_lighthouse/ } $node->news('clock') ], ['cron_lighthouse|health|ok|paused'],
		'what has lasted is told');
	my @future = grep { $_ } $node->rows(q{SELECT
		format('SELECT %L WHERE EXISTS (SELECT FROM %s WHERE account = ''WORLD'' AND %I > now() + interval ''1 day'')',
		c.relname || '.' || a.attname, c.oid::regclass, a.attname) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
		WHERE c.relnamespace = 'fivetrex_watch'::regnamespace AND c.relkind = 'r' AND a.atttypid = 'timestamptz'::regtype});
	is_deeply([ sort map { $node->rows(s/WORLD/$world/r) } @future ],
		[qw(accounts.events_since tables.first_seen_at webhooks.changed_at)], 'nothing that decides is still to come');
};

subtest 'a POST that is forbidden' => sub {
	my $world = world();
	$mock->fault($world, { method => 'POST', path => "$seem/", status => 403, times => 0 });
	$mock->plan_syncs($world, { run => 0 });
	$node->request("$seem,daily_beacon,cron_lighthouse", ', at_once => 3');
	like($node->refresh($world), qr/WARNING:  42501: account "$world"/, 'is told');
	for (1 .. 3)
	{
		$node->refresh($world);
		$node->pass('11 s');
	}
	is($node->query("SELECT string_agg(coalesce(outcome, 'open'), ' ' ORDER BY id) FROM fivetrex_watch.runs
		WHERE account = '$world'"),
		'open succeeded succeeded', 'the others go on');
	like($node->query("SELECT error, tries FROM fivetrex_watch.runs WHERE account = '$world' AND outcome IS NULL"),
		qr/^.+\|1$/, 'the run keeps its error');
	$node->pass('7 hours');
	$node->refresh($world);
	like($node->query("SELECT outcome, reason FROM fivetrex_watch.runs WHERE account = '$world'
		AND outcome <> 'succeeded'"), qr/^timeout\|.+/, 'until its deadline');
};

subtest 'histories that cannot be read' => sub {
	my $world = world(connectors => 40);
	my @ids = $node->rows(qq{SELECT id FROM fivetrex_watch.connectors WHERE account = '$world'
		AND sync_state = 'scheduled' AND setup_state = 'connected' ORDER BY id LIMIT 12});
	$mock->begin_sync($world, $ids[0], ago => 60);
	$mock->end_sync($world, $ids[0]);
	$node->refresh($world);
	foreach my $id (@ids)
	{
		$mock->begin_sync($world, $id, ago => 60);
		$mock->end_sync($world, $id);
	}
	$node->pass('61 min');
	my @bad = @ids[ 1, 2, 4, 5, 7, 8, 9 ];
	$mock->fault($world, map { { path => "$_/sync-history", times => 0,
		body_text => '{"code":"Success","data":{"items":[7]}}' } } @bad);
	is($node->refresh($world), '', 'seven of twelve');
	is($node->query("SELECT string_agg(id, ' ' ORDER BY id) FROM fivetrex_watch.connectors WHERE account = '$world'
		AND history_error IS NOT NULL"), join(' ', sort @bad), 'each keeps its error');
	is($node->query("SELECT count(DISTINCT connector_id) FROM fivetrex_watch.syncs WHERE account = '$world'
		AND started_at > now() - interval '25 min'"), 5, 'the others are read');

	# no answers after the third: what was read until then is kept
	$mock->clear_faults($world);
	$node->pass('61 min');
	foreach my $id (@ids)
	{
		$mock->begin_sync($world, $id, ago => 60);
		$mock->end_sync($world, $id);
	}
	$node->query("UPDATE fivetrex_watch.connectors SET history_until = NULL WHERE account = '$world'");
	$mock->fault($world, map { { path => "$_/sync-history", times => 0, status => 500 } } @ids[ 3 .. 11 ]);
	like($node->refresh($world), qr/WARNING:  58000: account "$world"/, 'the API goes down');
	is($node->query("SELECT string_agg(id, ' ' ORDER BY id) FROM fivetrex_watch.connectors WHERE account = '$world'
		AND history_until > now() - interval '25 min'"),
		join(' ', @ids[ 0 .. 2 ]), 'what was read until then is kept');
	isnt(error_of($world), '', 'the account knows');
};

subtest 'tables that cannot be read' => sub {
	my $world = world();
	my @ids = $node->rows(qq{SELECT id FROM fivetrex_watch.connectors WHERE account = '$world'
		AND sync_state = 'scheduled' AND setup_state = 'connected' ORDER BY id});
	my @bad = @ids[ 0, 1, 3, 4, 5 ];
	$mock->fault($world, map { { path => "$_/schemas", times => 0,
		body_text => '{"code":"Success","data":{"schemas":7}}' } } @bad);
	is($node->query("CALL fivetrex_watch.refresh_tables(100, '$world'); SELECT string_agg(id, ' ' ORDER BY id)
		FROM fivetrex_watch.connectors WHERE account = '$world' AND tables_error IS NOT NULL"),
		join(' ', sort @bad), 'five of them: each keeps its error');
	is(error_of($world), '', 'the account has none');
	my $others = "SELECT string_agg(DISTINCT connector_id, ' ') FROM fivetrex_watch.tables WHERE account = '$world'
		AND connector_id <> ALL ('{" . join(',', @bad) . "}')";
	my $read = $node->query($others);
	$mock->clear_faults($world);
	is($node->query("CALL fivetrex_watch.refresh_tables(100, '$world'); $others"), $read, 'the others are read');
	isnt($read, '', 'which have some');
};

subtest 'the server is dropped while somebody waits' => sub {
	my $world = world();
	my $batch = $node->request($seem);
	$node->query("SET ROLE postgres; CREATE ROLE watcher; GRANT USAGE ON SCHEMA fivetrex_watch TO watcher;
		GRANT EXECUTE ON ALL ROUTINES IN SCHEMA fivetrex_watch TO watcher;
		GRANT SELECT ON ALL TABLES IN SCHEMA fivetrex_watch TO watcher");
	my $waiter = do { local $ENV{PGOPTIONS} = '-c role=watcher';
		$node->background('watcher', "CALL fivetrex_watch.wait($batch)") };
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'watcher'
		AND wait_event = 'PgSleep'});
	$node->query("DROP SERVER $world CASCADE");
	like($node->ended($waiter), qr/ERROR:  42704: server "$world" of account "$world" does not exist/, 'it is told');
};

# What the caller lacks is told to him, with what to do, and concerns neither the account nor the others.
subtest 'the caller lacks something' => sub {
	my ($bad, $good) = (world(), world());
	$node->query(qq{UPDATE fivetrex_watch.accounts SET enabled = account IN ('$bad', '$good'); CREATE ROLE lacking;
		SET fivetrex.max_writes = -1;
		GRANT USAGE ON SCHEMA fivetrex_watch, $bad, $good TO lacking; GRANT
			SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA fivetrex_watch TO lacking;
		GRANT EXECUTE ON ALL ROUTINES IN SCHEMA fivetrex_watch TO lacking; GRANT
			SELECT ON ALL TABLES IN SCHEMA $bad, $good TO lacking;
		GRANT USAGE ON FOREIGN SERVER $bad, $good TO lacking;
			GRANT EXECUTE ON FUNCTION fivetrex_sync(text, boolean, name) TO lacking});
	my $run = sub { my ($sql) = @_;
		return ($node->psql('postgres', "\\set VERBOSITY verbose\nSET ROLE lacking; $sql"))[2]; };
	my $events = $node->query('SELECT count(*) FROM fivetrex_watch.events');
	my $untouched = sub {
		return $node->query(qq{SELECT error IS NULL AND failed_at IS NULL FROM fivetrex_watch.accounts
			WHERE account = '$bad'})
		  . $node->query(qq{SELECT coalesce(sum(tries), 0) || '|' || count(error) || '|' || (SELECT count(*) - $events
		  	FROM fivetrex_watch.events) FROM fivetrex_watch.runs WHERE account = '$bad'});
	};
	is($run->('CALL fivetrex_watch.refresh(); CALL fivetrex_watch.refresh_tables()'), '', 'with all rights it works');
	my $mapping = "DROP USER MAPPING FOR PUBLIC SERVER $bad";
	foreach (
		[ $mapping, "CREATE USER MAPPING FOR PUBLIC SERVER $bad OPTIONS (api_key 'key', api_secret 'secret')",
			qr/CREATE USER MAPPING FOR lacking SERVER $bad OPTIONS \(api_key/ ],
		[ "REVOKE USAGE ON SCHEMA $bad FROM lacking", "GRANT USAGE ON SCHEMA $bad TO lacking",
			qr/GRANT USAGE ON SCHEMA $bad TO lacking;/ ],
		[ "REVOKE SELECT ON $bad.connectors FROM lacking", "GRANT SELECT ON $bad.connectors TO lacking",
			qr/GRANT SELECT ON ALL TABLES IN SCHEMA $bad TO lacking;/, 'refresh' ],
		[ "REVOKE SELECT ON $bad.connector_tables FROM lacking", "GRANT SELECT ON $bad.connector_tables TO lacking",
			qr/GRANT SELECT ON ALL TABLES IN SCHEMA $bad TO lacking;/, 'refresh_tables' ],
		[ "REVOKE USAGE ON FOREIGN SERVER $bad FROM lacking", "GRANT USAGE ON FOREIGN SERVER $bad TO lacking",
			qr/GRANT USAGE ON FOREIGN SERVER $bad TO lacking;/ ])
	{
		my ($deprive, $restore, $hint, @only) = @$_;
		$node->query($deprive);
		foreach my $procedure (@only ? @only : qw(refresh refresh_tables))
		{
			$node->query("UPDATE fivetrex_watch.accounts SET refreshed_at = '2020-01-01' WHERE account = '$good';
				UPDATE fivetrex_watch.connectors SET tables_asked_at = '2020-01-01'");
			my $err = $run->("CALL fivetrex_watch.$procedure()");
			like($err, qr/^(?:\S+ )?WARNING:  42\w+: account "$bad": .*\nDETAIL:  .*\nHINT:  $hint/m,
				"$deprive: $procedure warns");
			is(scalar(() = $err =~ /WARNING|ERROR/g), 1, 'of nothing else');
			is($node->query("SELECT CASE '$procedure' WHEN 'refresh' THEN refreshed_at ELSE (SELECT min(tables_asked_at)
				FROM fivetrex_watch.connectors WHERE account = '$good') END > now() - interval '1 hour'
				FROM fivetrex_watch.accounts WHERE account = '$good'"), 't', 'the next one goes on');
			$err = $run->("CALL fivetrex_watch.$procedure(account => '$bad')");
			like($err, qr/ERROR:  42\w+: .*\nDETAIL:  .*\nHINT:  $hint/m, 'by its name: an error');
			cmp_ok(length $err, '<', 1500, 'a short one');
			is($untouched->(), 't0|0|0', 'nothing keeps it');
		}
		$node->query($restore);
	}

	# for syncs only
	$node->{world} = $bad;
	$node->request($seem);
	foreach (
		[ 'REVOKE EXECUTE ON FUNCTION fivetrex_sync(text, boolean, name) FROM lacking', '',
			qr/42501: .*HINT:  GRANT EXECUTE ON FUNCTION \S*fivetrex_sync\(text,boolean,name\) TO lacking;/s ],
		[ 'GRANT EXECUTE ON FUNCTION fivetrex_sync(text, boolean, name) TO lacking', 'SET fivetrex.max_writes = 0',
			qr/54000: fivetrex\.max_writes does not allow this\n.*HINT:  SET fivetrex\.max_writes/s ],
		[ '', 'SET fivetrex.max_calls = 0', qr/54000: .*fivetrex\.max_calls allows.*HINT:/s ],
		[ '', 'RESET ROLE; SELECT count(*) > 0 FROM ' . $bad
			. '.groups; SET fivetrex.reserve = 1000000',
			qr/53400: fivetrex\.reserve does not allow more API calls\n.*HINT:  Repeat/s ])
	{
		my ($deprive, $set, $error) = @$_;
		$node->query($deprive) if $deprive;
		my $err = $run->("$set; CALL fivetrex_watch.refresh('$bad')");
		like($err, qr/ERROR:  $error/, "$deprive$set: told to the caller");
		cmp_ok(length $err, '<', 1500, 'in short');
		is($untouched->(), 't0|0|0', 'nothing keeps it');
		like($run->("$set; CALL fivetrex_watch.refresh()"), qr/ERROR:  \w+: none of the 2 accounts could be worked on: /,
			'where all fail, so does the call') if $set =~ /max_calls/;
	}
	is($node->query("SELECT count(*) FROM fivetrex_watch.runs WHERE account = '$bad' AND outcome IS NULL AND posts = 0"),
		1, 'the run is still to be started');
	$node->query('UPDATE fivetrex_watch.accounts SET enabled = true; DROP OWNED BY lacking; DROP ROLE lacking');
};

# The waiter's role, its rights, and how often he is told what.
subtest 'a wait by who may do nothing else' => sub {
	my $world = world();
	$mock->plan_syncs($world, { run => 0 });
	my $batch = $node->request($seem);
	$node->query('CREATE ROLE waiting; GRANT USAGE ON SCHEMA fivetrex_watch TO waiting');
	like($node->fails("SET ROLE waiting; CALL fivetrex_watch.wait($batch)"),
		qr/ERROR:  42501: permission denied for procedure wait/,
		'not without a right');
	like($node->fails("SET ROLE waiting; SELECT fivetrex_watch.outcome_of($batch)"),
		qr/ERROR:  42501: permission denied for procedure wait/,
		'nor by what it calls');
	is($node->query("SET ROLE waiting; SELECT fivetrex_watch.tell_ended($batch, '{}'),
		fivetrex_watch.was_delivered($batch, '-infinity')"), '{}|f', 'which tells nothing');
	$node->query('GRANT EXECUTE ON PROCEDURE fivetrex_watch.wait TO waiting');
	$mock->clear($world);
	my $waiter = do { local $ENV{PGOPTIONS} = '-c role=waiting';
		$node->background('waiting', "CALL fivetrex_watch.wait($batch)") };
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity 
		WHERE application_name = 'waiting' AND wait_event = 'PgSleep'});
	is_deeply([ $mock->requests($world) ], [], 'asks nothing');
	$node->refresh($world) for 1 .. 2;
	my $err = $node->ended($waiter);
	unlike($err, qr/ERROR|WARNING/, 'the right to wait is all it takes');
	is(scalar(() = $err =~ /NOTICE:.*\ account\ "$world"\ cannot\ be\ refreshed\ by\ role\ "waiting":\ this\ waits\ until
		\ others\ do\n.*HINT:\ .*GRANT\ USAGE\ ON\ FOREIGN\ SERVER/gx), 1, 'it says once that it only waits') or diag $err;
	like($err, qr/NOTICE:.*: succeeded/, 'and how it ended');
	is($node->query("SET ROLE waiting; CALL fivetrex_watch.wait($batch)"), 'succeeded', 'once more');
	like($node->fails('SET ROLE waiting; CALL fivetrex_watch.wait(-1)'), qr/ERROR:  P0002: there is no batch -1\nHINT: /,
		'there is none');
	like($node->fails('SET ROLE waiting; SELECT * FROM fivetrex_watch.runs'), qr/ERROR:  42501/, 'no more than that');
	$node->query('DROP OWNED BY waiting; DROP ROLE waiting');
};

subtest 'a wait that fails again and again' => sub {
	my $world = world();
	my $batch = $node->request($seem);
	$mock->fault($world, { path => 'connections', status => 500, times => 0 });
	my $waiter = $node->background('failing', "CALL fivetrex_watch.wait($batch)");
	my $failed = '-infinity';
	for (1 .. 3)
	{
		$node->poll_query_until('postgres', "SELECT failed_at > '$failed' FROM fivetrex_watch.accounts
			WHERE account = '$world'");
		$failed = $node->query("SELECT failed_at FROM fivetrex_watch.accounts WHERE account = '$world'");
	}
	$node->query("SELECT fivetrex_watch.cancel($batch)");
	my $err = $node->ended($waiter);
	is(scalar(() = $err =~ /WARNING: /g), 1, 'warns once') or diag $err;
	$batch = $node->request($seem);
	my $again = "CALL fivetrex_watch.refresh('$world'); SELECT fivetrex_watch.cancel($batch);
		CALL fivetrex_watch.wait($batch); CALL fivetrex_watch.refresh('$world')";
	is(scalar(() = ($node->psql('postgres', $again))[2] =~ /WARNING: /g), 2, 'a refresh always does');
};

subtest 'a wait for an account that is not enabled' => sub {
	my $world = world();
	my $batch = $node->request($seem);
	$node->query("UPDATE fivetrex_watch.accounts SET enabled = false WHERE account = '$world'");
	$mock->clear($world);
	my $waiter = $node->background('idle', "CALL fivetrex_watch.wait($batch)");
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'idle'
		AND wait_event = 'PgSleep'});
	is_deeply([ $mock->requests($world) ], [], 'starts nothing');
	$mock->plan_syncs($world, { run => 0 });
	$node->refresh($world) for 1 .. 2;
	my $err = $node->ended($waiter);
	is(scalar(() = $err =~ /NOTICE:.* account "$world" is not enabled/g), 1, 'it says so') or diag $err;
	like($err, qr/NOTICE:.*: succeeded/, 'and ends when it is refreshed by its name');
};

subtest 'another session keeps the account' => sub {
	my $world = world();
	my $holder = $node->background('keeper', "BEGIN;
		SELECT pg_advisory_xact_lock(hashtext('fivetrex_watch'), hashtext('$world')); SELECT pg_sleep(1000)");
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'keeper'
		AND wait_event = 'PgSleep'});
	is($node->refresh($world), '', 'for a moment: nobody needs to know');
	$node->pass('16 min');
	my $pid = $node->query(q{SELECT pid FROM pg_stat_activity WHERE application_name = 'keeper'});
	my $err = $node->refresh($world);
	like($err, qr/WARNING:\ \ 55P03:\ account\ "$world"\ is\ not\ refreshed:\ another\ session\ works\ on\ it\n
		DETAIL:\ \ Process\ $pid\ holds\ its\ advisory\ lock\./mx, 'for long: who it is');
	is(() = $err =~ /WARNING/g, 1, 'once');
	is_deeply([ $node->asked ], [], 'and nothing is asked');
	$node->query("SELECT pg_terminate_backend($pid)");
	$node->ended($holder);
	$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'keeper'});
	is($node->refresh($world), '', 'then it goes on');
};

# request() against a rename, or a deletion, of its account: in either order, nothing is left over.
subtest 'a request while its account is renamed or deleted' => sub {
	foreach my $change ('UPDATE fivetrex_watch.accounts SET account = $$other$$ WHERE account = $$%s$$', 'DELETE
		FROM fivetrex_watch.accounts WHERE account = $$%s$$')
	{
		foreach my $isolation ('READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE')
		{
			my $world = world();
			my $first = sprintf $change, $world;
			# the change first; the request waits for it
			my $changer = $node->background('changer', "BEGIN; $first; SELECT pg_advisory_xact_lock(4711);
				SELECT pg_sleep(1000)");
			$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'changer'
				AND wait_event = 'PgSleep'});
			my $asker = $node->background('asker', "BEGIN ISOLATION LEVEL $isolation;
				SELECT fivetrex_watch.request('{$seem}', account => '$world'); COMMIT");
			$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'asker'
				AND wait_event_type = 'Lock'});
			$node->query(q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'changer'});
			$node->ended($changer);
			is($node->ended($asker), '', "$isolation: the change was given up, the request is made");
			is($node->query("SELECT count(*) FROM fivetrex_watch.runs WHERE account = '$world'"), 1, 'of its account');
			# committed this time
			my $gate = $node->background('gate', 'BEGIN; SELECT pg_advisory_xact_lock(4711); SELECT pg_sleep(1000)');
			$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'gate'
				AND wait_event = 'PgSleep'});
			$changer = $node->background('changer', "BEGIN; $first; SELECT pg_advisory_xact_lock(4711); COMMIT");
			$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'changer'
				AND wait_event = 'advisory'});
			$asker = $node->background('asker', "BEGIN ISOLATION LEVEL $isolation;
				SELECT fivetrex_watch.request('{$seem}', account => '$world'); COMMIT");
			$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'asker'
				AND wait_event_type = 'Lock'});
			$node->query(q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'gate'});
			$node->ended($gate);
			is($node->ended($changer), '', 'the change is made');
			like($node->ended($asker), $isolation eq 'READ COMMITTED' ? qr/ERROR:  22023: account "$world" is not watched/
				: qr/ERROR:  40001/, 'the request fails');
			# the request first; the change waits for it
			$node->query("DELETE FROM fivetrex_watch.accounts WHERE account IN ('$world', 'other')");
			$node->query("SELECT fivetrex_watch.add_account('$world', '$world', '$world')");
			$node->refresh($world);
			$asker = $node->background('asker', "BEGIN ISOLATION LEVEL $isolation;
				SELECT fivetrex_watch.request('{$seem}', account => '$world'); SELECT pg_advisory_xact_lock_shared(4712); COMMIT");
			$node->ended($asker);
			$node->query($first);
			is($node->query(q{SELECT count(*) FROM fivetrex_watch.runs r WHERE NOT EXISTS (SELECT FROM fivetrex_watch.accounts a
				WHERE a.account = r.account)}), 0, 'no run is left over');
			$node->query("DELETE FROM fivetrex_watch.accounts WHERE account IN ('$world', 'other')");
		}
	}
};

# A session whose transactions have another isolation.
subtest 'a refresh in REPEATABLE READ and SERIALIZABLE' => sub {
	foreach my $isolation ('read committed', 'repeatable read', 'serializable')
	{
		my $world = world();
		$node->query("SELECT fivetrex_watch.add_account('a $isolation', '$world', '$world')");
		my $gate = $node->background('gate', "BEGIN; LOCK fivetrex_watch.accounts IN ACCESS EXCLUSIVE MODE;
			UPDATE fivetrex_watch.accounts SET account = 'renamed' WHERE account = 'a $isolation';
			SELECT pg_advisory_xact_lock(4711); COMMIT");
		$node->ended($gate);
		my $refresh = do { local $ENV{PGOPTIONS} = "-c default_transaction_isolation=" . ($isolation =~ s/ /\\ /gr);
			$node->background('refresh', "CALL fivetrex_watch.refresh('renamed')") };
		is($node->ended($refresh), '', "$isolation: works");
		is($node->query(q{SELECT count(*) FROM fivetrex_watch.connectors WHERE account = 'renamed'}), 15, 'and writes');
		$node->query(q{DELETE FROM fivetrex_watch.accounts WHERE account = 'renamed'});
	}
};

# The connector is seen idle though a sync from before the request runs: an API that lags.
subtest 'the history tells that a sync was older' => sub {
	foreach my $end (qw(COMPLETED FAILURE))
	{
		my $world = world();
		my $idle = $mock->patch($world, 'connections', $seem, set => {});
		$mock->begin_sync($world, $seem, ago => 100);
		$mock->replace($world, path => "/v1/connections/$seem",
			raw => JSON::PP->new->encode({ code => 'Success', data => $idle }));
		$node->request($seem);
		$node->refresh($world, ', runs_only => true');
		is_deeply([ $node->asked ], [ "GET $seem", "POST $seem" ], 'posted, in vain');
		$mock->replace($world, path => "/v1/connections/$seem", raw => undef);
		$mock->end_sync($world, $seem, outcome => $end);
		# its end is two minutes old by their clock, and would count where nothing is known of it
		$mock->settings($world, clock_offset => 125);
		$mock->plan_syncs($world, { run => 1, outcome => $end eq 'COMPLETED' ? 'FAILURE' : 'COMPLETED' });
		my $posts = 0;
		for (1 .. 6)
		{
			$node->refresh($world, ', runs_only => true');
			$posts += grep { /^POST/ } $node->asked;
			$node->pass('11 s');
		}
		is($posts, 1, "$end: it is posted again");
		is($node->query("SELECT outcome, known_by, sync_id FROM fivetrex_watch.runs WHERE account = '$world'"),
			($end eq 'COMPLETED' ? 'failed' : 'succeeded') . '|history|'
				. $mock->syncs($world)->{$seem}[-1]{sync_id}, 'the next one counts');
	}
};

# The history goes with the wrapper, as it requires that.  A recipe says how to keep it.
subtest 'DROP EXTENSION fivetrex' => sub {
	my $recipes = PostgreSQL::Test::Utils::slurp_file("$FindBin::RealBin/../recipes/README.md");
	my ($keep, $back) = $recipes =~ /^(CREATE TABLE kept_syncs .*;)\n-- [^\n]*\n(INSERT INTO fivetrex_watch.syncs .*;)$/m
		or die 'no recipe says how to keep the history';
	$node->query('CREATE DATABASE dropped');
	$node->safe_psql('dropped', q{CREATE EXTENSION fivetrex_watch CASCADE;
		INSERT INTO fivetrex_watch.syncs (account, connector_id, sync_id) SELECT 'a', 'c', n FROM generate_series(1, 3) n});
	like(($node->psql('dropped', 'DROP EXTENSION fivetrex'))[2],
		qr/cannot drop extension fivetrex.*extension fivetrex_watch depends on extension fivetrex/s,
		'is refused without CASCADE');
	$node->safe_psql('dropped', "$keep DROP EXTENSION fivetrex CASCADE; CREATE EXTENSION fivetrex_watch CASCADE; $back");
	is($node->safe_psql('dropped', 'SELECT count(*) FROM fivetrex_watch.syncs'), 3, 'what was kept is put back');
};

# Our clock is set between the request and the next look.
subtest 'a clock that is set' => sub {
	foreach my $offset (-3600, 3600)
	{
		my $world = world();
		# a whole sync of before, whose history is not known yet
		$mock->begin_sync($world, $seem, ago => 100);
		$mock->end_sync($world, $seem, outcome => 'FAILURE');
		$node->query("UPDATE fivetrex_watch.connectors SET history_asked_at = now() WHERE account = '$world'");
		$node->refresh($world);
		$node->request($seem);
		# as if theirs had been set; that the seed's rows do not follow makes no difference here
		$mock->settings($world, clock_offset => $offset);
		$mock->plan_syncs($world, { run => 1 });
		my $posts = 0;
		for (1 .. 4)
		{
			$node->refresh($world, ', runs_only => true');
			$posts += grep { /^POST/ } $node->asked;
			$node->pass('11 s');
		}
		cmp_ok($posts, '<=', 3, "$offset s: it is posted three times at most");
		isnt($node->query("SELECT outcome FROM fivetrex_watch.runs WHERE account = '$world'"), 'failed',
			'the old one does not count');
	}
};

$node->stop;
$mock->stop;
done_testing();
