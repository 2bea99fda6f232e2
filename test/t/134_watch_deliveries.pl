# Deliveries of webhooks make the next look earlier, and decide nothing: what REST says is so.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Digest::SHA qw(hmac_sha256_hex);
use JSON::PP;
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Watch;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Watch->start('deliveries', $mock);
my $json = JSON::PP->new->canonical;
my $made = 0;

# A body that Fivetran could send; each is another one.
sub body
{
	my ($event, $id, %more) = @_;
	my $created = sprintf '2026-11-26T00:%02d:%02d.000Z', $made / 60, $made % 60;
	$made++;
	return $json->encode({ event => $event, connector_id => $id, created => $created, %more });
}

sub deliver
{
	my ($world, $body) = @_;
	return $node->query("SELECT fivetrex_watch.receive('$body', '" . hmac_sha256_hex($body, 'the real secret') . "',
		'$world')");
}

sub account
{
	my ($world, %options) = @_;
	$node->account($world, connectors => 15, %options);
	$node->query("ALTER USER MAPPING FOR PUBLIC SERVER $world OPTIONS (ADD webhook_secret 'the real secret')");
	return;
}

my @recent = (", max_age => '1 day'");

subtest 'before, during and after a look' => sub {
	account('looks');
	$node->query(q{UPDATE fivetrex_watch.accounts SET history_calls = 0});
	$node->refresh('looks');
	$node->refresh('looks', @recent);
	is_deeply([ $node->asked ], [], 'a list that is young enough will do');
	my $body = body('sync_end', 'daily_beacon');
	is(deliver('looks', $body), 200, 'something comes');
	$mock->patch('looks', 'connections', 'daily_beacon', set => { 'status.sync_state' => 'syncing' });
	$node->refresh('looks', @recent);
	is_deeply([ $node->asked ], ['GET daily_beacon'], 'its connector is looked at');
	is($node->query(q{SELECT sync_state FROM fivetrex_watch.connectors WHERE id = 'daily_beacon'}), 'syncing',
		'and is as REST says, not as the delivery');
	is(deliver('looks', $body), 200, 'again the same') for 1 .. 3;
	$node->refresh('looks', @recent);
	is_deeply([ $node->asked ], [], 'is known already');

	# a late start after the end, for one that does not sync
	deliver('looks', body('sync_end', 'cron_lighthouse', sync_id => 's'));
	deliver('looks', body('sync_start', 'cron_lighthouse', sync_id => 's'));
	my ($before) = $node->table('c::text', 'connectors c', q{AND id = 'cron_lighthouse'});
	$node->refresh('looks', @recent);
	is_deeply([ $node->asked ], ['GET cron_lighthouse'], 'two for one connector: one look');
	is(join('', $node->table('c::text', 'connectors c', q{AND id = 'cron_lighthouse'})), $before, 'which changes nothing');

	# one that comes while the API is read is not lost
	deliver('looks', body('sync_end', 'sdk_forge'));
	$mock->fault('looks', { path => '/sdk_forge', stall => 'headers' });
	my $session = $node->background('refresh', q{CALL fivetrex_watch.refresh('looks', max_age => '1 day')});
	$mock->wait_for('looks', 1, 'sdk_forge', 'stalled');
	deliver('looks', body('sync_start', 'sdk_forge'));
	$mock->release('looks');
	is($node->ended($session), '', 'looked');
	is($node->query(q{SELECT string_agg(event || (used_at IS NULL), ' ' ORDER BY received_at)
		FROM fivetrex_watch.deliveries WHERE connector_id = 'sdk_forge'}),
		'sync_endfalse sync_starttrue', 'the second waits for the next look');
	$node->refresh('looks', @recent);
	is_deeply([ $node->asked ], ['GET sdk_forge'], 'which comes');

	# what is about no connector that is known waits for the list
	deliver('looks', body('sync_end', 'nobody'));
	deliver('looks', body('transformation_start', undef));
	deliver('looks', '{"event":"test_event","connector_id":"_connector_1","group_id":"_destination_1"}');
	$node->refresh('looks', @recent);
	is_deeply([ $node->asked ], [], 'no look');
	$node->refresh('looks');
	is($node->query(q{SELECT count(*) FROM fivetrex_watch.deliveries WHERE used_at IS NULL}), 0, 'the list has seen all');

	# a look that fails is none
	deliver('looks', body('sync_end', 'sdk_forge'));
	$mock->fault('looks',
		{ path => '/sdk_forge', status => 404, body => { code => 'NotFound', message => 'x' } },
		{ status => 500, times => 0 });
	$node->query(q{ALTER SERVER looks OPTIONS (ADD max_retries '0')});
	$node->refresh('looks', @recent);
	$mock->clear_faults('looks');
	$node->refresh('looks');
	is($node->query(q{SELECT count(*) FROM fivetrex_watch.deliveries WHERE used_at IS NULL}), 0,
		'in the end all are used');
};

subtest 'histories of those come first' => sub {
	account('first');
	$node->query(q{UPDATE fivetrex_watch.accounts SET history_calls = 1 WHERE account = 'first'});
	$node->refresh('first');
	my @asked = $node->table('id', 'connectors', 'AND history_asked_at IS NOT NULL');
	my @rest = $node->rows(q{SELECT id FROM fivetrex_watch.connectors c, fivetrex_watch.accounts a
		WHERE a.account = 'first' AND c.account = a.account
		AND id = ANY (fivetrex_watch.history_wanted(a, now(), now(), 100)) ORDER BY id DESC});
	if (!@rest)
	{
		# seeds whose syncs are older than seven days have nothing to be asked for
		foreach my $id (qw(daily_beacon sdk_forge cron_lighthouse))
		{
			$mock->begin_sync('first', $id, ago => 60);
			$mock->end_sync('first', $id);
		}
		@rest = qw(sdk_forge daily_beacon);
	}
	deliver('first', body('sync_end', $rest[0]));
	$node->refresh('first');
	is_deeply([ grep { /sync-history/ } $node->asked ], ["GET $rest[0]/sync-history"], 'before all others');
};

# Wait for a batch in the background with pauses that only a delivery ends.
sub wait_for_batch
{
	my ($world, $batch) = @_;
	my $session = $node->background("wait $batch", "CALL fivetrex_watch.wait($batch)");
	$mock->wait_for($world, 1, '/sync', 'answered');
	# what it does after that, it has done when it sleeps
	$node->poll_query_until('postgres', q{SELECT bool_or(wait_event = 'PgSleep') FROM pg_stat_activity
		WHERE query ~ '^CALL fivetrex_watch.wait'});
	return $session;
}

subtest 'before, during and after a wait' => sub {
	account('waits');
	# but for deliveries it would pause for longer than this test may take
	$node->query(q{CREATE OR REPLACE FUNCTION fivetrex_watch.first_pause(server name) RETURNS double precision
		LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS 'SELECT 3600.0::double precision'});
	$node->refresh('waits');
	deliver('waits', body('sync_end', 'daily_beacon'));
	my $batch = $node->request('daily_beacon');
	$mock->clear('waits');
	my $session = wait_for_batch('waits', $batch);
	is($node->query("SELECT outcome IS NULL FROM fivetrex_watch.runs WHERE batch = $batch"), 't',
		'what came before has not ended it');
	# somebody else's, and a forged one, wake nobody
	deliver('waits', body('sync_end', 'cron_lighthouse'));
	is($node->query("SELECT fivetrex_watch.receive('{}', '', 'waits')"), 401, 'unsigned');
	is($node->query("SELECT fivetrex_watch.was_delivered($batch, now() - interval '1 hour')"), 'f', 'not for this batch');
	my $looks = sub { scalar grep { m{GET /v1/connections(/daily_beacon$|\?)} } $mock->requests('waits') };
	my $before = $looks->();
	# a success that is none: it still runs
	deliver('waits', body('sync_end', 'daily_beacon', data => { status => 'SUCCESSFUL' }));
	$node->poll_query_until('postgres', q{SELECT bool_and(used_at IS NOT NULL) FROM fivetrex_watch.deliveries
		WHERE account = 'waits' AND connector_id = 'daily_beacon'});
	is($looks->(), $before + 1, 'the waiter has looked at once, and once');
	is($node->query("SELECT outcome IS NULL FROM fivetrex_watch.runs WHERE batch = $batch"), 't',
		'and has seen that it runs');
	$mock->end_sync('waits', 'daily_beacon', outcome => 'FAILURE', reason => 'why');
	deliver('waits', body('sync_end', 'daily_beacon', data => { status => 'SUCCESSFUL' }));
	$node->ended($session);
	like($session->{out}, qr/^failed$/m, 'woken, and told what REST says');
	my ($row) = $node->rows("SELECT r::text FROM fivetrex_watch.runs r WHERE batch = $batch");
	deliver('waits', body($_, 'daily_beacon')) for qw(sync_start sync_end);
	$node->refresh('waits');
	is($node->query("SELECT (r::text) FROM fivetrex_watch.runs r WHERE batch = $batch") =~ s/,[^,]*\)$//r,
		$row =~ s/,[^,]*\)$//r, 'what comes after changes nothing');
};

subtest 'notifications' => sub {
	my $body = body('sync_end', 'daily_beacon');
	my $sql = "SELECT fivetrex_watch.receive('$body', '" . hmac_sha256_hex($body, 'the real secret') . "', 'looks');";
	my $out = $node->query("LISTEN fivetrex_watch; $sql $sql SELECT 1");
	my @notes = map { decode_json($_) } $out =~ /with payload "(\{.*?\})" received/g;
	is(scalar @notes, 1, 'one for each that is new');
	is(join('|', map { $notes[0]{$_} // '' } qw(id account connector_id kind now)),
		'|looks|daily_beacon|delivery|sync_end', 'says what');
};

subtest 'a webhook is switched off' => sub {
	account('hooks', webhooks => 1);
	my $hook = 'hook_acorn';
	my $asked = sub { scalar grep { /webhooks/ } $node->asked };
	$mock->patch('hooks', 'webhooks', $hook, set => { active => JSON::PP::true() });
	$node->refresh('hooks');
	is($asked->(), 1, 'they are looked at');
	$node->news('hooks');
	$mock->patch('hooks', 'webhooks', $hook, set => { active => JSON::PP::false() });
	$node->refresh('hooks');
	is($asked->(), 0, 'once an hour');
	$node->pass('61 min');
	$node->refresh('hooks', ', runs_only => true');
	is($asked->(), 0, 'and not by who looks at runs only');
	$mock->fault('hooks', { path => 'webhooks', status => 403, times => 0 });
	is($node->refresh('hooks'), '', 'a key that may not see them is no error');
	isnt($node->query(q{SELECT webhooks_error FROM fivetrex_watch.accounts WHERE account = 'hooks'}), '', 'but kept');
	is_deeply([ grep { /webhook/ } $node->news('hooks') ], [], 'and nothing is told');
	$mock->clear_faults('hooks');
	$node->pass('61 min');
	$node->refresh('hooks');
	is_deeply([ grep { /webhook/ } $node->news('hooks') ], ['|webhook|active|inactive'], 'it is told');
	like($node->query(q{SELECT message FROM fivetrex_watch.events WHERE kind = 'webhook'}),
		qr/^webhook hook_acorn.* is inactive, was active$/, 'in words');
	$node->pass('61 min');
	$node->refresh('hooks');
	is_deeply([ grep { /webhook/ } $node->news('hooks') ], [], 'once');
	$mock->patch('hooks', 'webhooks', $hook, set => { active => JSON::PP::true() });
	$node->pass('61 min');
	$node->refresh('hooks');
	is_deeply([ grep { /webhook/ } $node->news('hooks') ], ['|webhook|inactive|active'], 'and when it is back');
	$node->query(q{SET fivetrex.max_deletes = 1; DELETE FROM hooks.webhooks WHERE id = 'hook_acorn'});
	$node->pass('61 min');
	$node->refresh('hooks');
	is_deeply([ grep { /webhook/ } $node->news('hooks') ], ['|webhook|active|deleted'], 'or deleted');
	$node->query('DROP FOREIGN TABLE hooks.webhooks');
	$node->pass('61 min');
	is($node->refresh('hooks'), '', 'without the foreign table');
	is($asked->(), 0, 'nothing is asked');
};

subtest 'an account that is renamed, or deleted, meanwhile' => sub {
	account('early');
	foreach (['', 200, 'right'], [", 'right'", qr/ERROR:  22023/, 'again'], [", 'again'", qr/ERROR:  22023/])
	{
		my ($named, $answer, $to) = @$_;
		my $from = $node->query(q{DELETE FROM fivetrex_watch.accounts WHERE server <> 'early';
			TRUNCATE fivetrex_watch.deliveries; SELECT account FROM fivetrex_watch.accounts});
		my $holder = $node->background('holder', q{SELECT pg_advisory_lock(14); SELECT pg_sleep(600)});
		$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 14
			AND granted});
		my $changer = $node->background('changer', 'BEGIN; '
			. ($to ? "UPDATE fivetrex_watch.accounts SET account = '$to'" : 'DELETE FROM fivetrex_watch.accounts')
			. '; SELECT pg_advisory_xact_lock(14); COMMIT');
		$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 14
			AND NOT granted});
		my $body = body('sync_end', 'daily_beacon');
		my $web = $node->background('web', "SELECT fivetrex_watch.receive('$body', '"
			. hmac_sha256_hex($body, 'the real secret') . "'$named)");
		$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'web'
			AND wait_event_type = 'Lock'});
		$node->query(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holder'});
		$node->ended($holder);
		is($node->ended($changer), '', "$from: changed");
		my $complaint = $node->ended($web);
		ref $answer ? like($complaint, $answer, 'an account that is not there any more')
			: is($web->{out}, "$answer\n", 'stored');
		is($node->query(q{SELECT string_agg(account, ' ') FROM fivetrex_watch.deliveries}), ref $answer ? '' : $to,
			'with the account as it is now');
	}
};

# What an encoding lacks concerns no connector: whatever is in a delivery, its members are told.
subtest 'encodings' => sub {
	my %taken = (umlaut => "\xc3\xbc", katakana => "\xe3\x82\xab", 'euro, emoji' => "\xe2\x82\xac\xf0\x9f\x98\x80",
		'a control of Latin-1' => "\xc2\x85",
		escaped => '\u00fc\u30ab\ud83d\ude00', 'escaped null' => 'a\u0000', 'half a pair' => '\ud83d',
			backslashes => '\\\\u30ab \\\\\\u30ab \\\\\\\\',
		'quote and more' => '\"\/\b\n\\\\', 'all at once' => "\\\\\xc3\xbc\\\\\\\\\xe3\x82\xab\\\\\\u0000\\u30ab\\n");
	my %refused = (byte => "\xff", 'Latin-1' => "\xfc", 'a half' => "\xe3\x82",
		'one, after a good one' => "\xf0\x9f\x98\x80\xff", null => "\0",
		control => "\1", 'no escape' => '\377', 'half an escape' => '\u30a', 'of JavaScript' => '\x41');
	foreach my $encoding (qw(UTF8 LATIN1 EUC_JP SQL_ASCII))
	{
		$node->query(qq{CREATE DATABASE "$encoding" ENCODING '$encoding' TEMPLATE template0 LOCALE 'C'});
		$node->safe_psql($encoding, q{CREATE EXTENSION fivetrex_watch CASCADE; CREATE SERVER s FOREIGN DATA WRAPPER fivetrex;
			CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (api_key 'k', api_secret 's', webhook_secret 'the real secret');
			INSERT INTO fivetrex_watch.accounts (account, server, schema) VALUES ('a', 's', 's')});
		my $n = 0;
		my (@queries, %wanted, %ids);
		foreach (map({ [ $_, $taken{$_}, 200 ] } sort keys %taken), map({ [ $_, $refused{$_}, 400 ] } sort keys %refused))
		{
			my ($what, $bytes, $answer) = @$_;
			my $id = $ids{$what} = 'c' . ++$n;
			my $body = body('sync_end', $id, name => 'x',
				number => 'y') =~ s/"x"/qq{"$bytes"}/er =~ s/"y"/$n % 2 ? '1e400000' : 7/er;
			push @queries, "SELECT '$what', fivetrex_watch.receive('\\x" . unpack('H*', $body) . "', '"
				. hmac_sha256_hex($body, 'the real secret') . "'),
				(SELECT event FROM fivetrex_watch.deliveries WHERE connector_id = '$id')";
			$wanted{$what} = $answer == 200 ? '200|sync_end' : '400|';
		}
		# the last sub-select is of before: so once more
		my $rows = $node->safe_psql($encoding, join ';', @queries, @queries);
		is_deeply({ map { split /\|/, $_, 2 } split /\n/, $rows }, \%wanted, $encoding);
		is($node->safe_psql($encoding, "SELECT encode(convert_to(body ->> 'name', getdatabaseencoding()), 'hex')
			FROM fivetrex_watch.deliveries WHERE connector_id = '$ids{katakana}'"),
			{ UTF8 => 'e382ab', LATIN1 => '3f3f3f', EUC_JP => 'a5ab', SQL_ASCII => 'e382ab' }->{$encoding},
				"$encoding: as it is, where that can be");
	}
};

$node->stop;
$mock->stop;
done_testing();
