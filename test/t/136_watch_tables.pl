# Tables of the sources: what a server drops, adds and switches is told once, whatever goes wrong meanwhile.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use JSON::PP;
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Watch;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Watch->start('tables', $mock);
my $json = JSON::PP->new->canonical;

# The schema configuration of a connector:
# { schema => { enabled, tables => { name => [enabled, sync_mode, deleted] } } };
# undef: it has none.
sub serve
{
	my ($world, $id, $config) = @_;
	my $path = "/v1/connections/$id/schemas";
	my $bool = sub { $_[0] ? JSON::PP::true() : JSON::PP::false() };
	my %schemas = map {
		my $schema = $config->{$_};
		my %tables = map {
			my ($enabled, $mode, $deleted) = @{ $schema->{tables}{$_} };
			$_ => { name_in_destination => "d_$_", enabled => $bool->($enabled), supports_columns_config => JSON::PP::true(),
				columns => {},
				enabled_patch_settings => $deleted
					? { allowed => JSON::PP::false(), reason_code => 'DELETED' } : { allowed => JSON::PP::true() },
				defined $mode ? (sync_mode => $mode) : () }
		} keys %{ $schema->{tables} };
		$_ => { name_in_destination => "d_$_", enabled => $bool->($schema->{enabled}), tables => \%tables }
	} keys %{ $config // {} };
	if (defined $config)
	{
		$mock->replace($world, path => $path, raw => $json->encode({ code => 'Success',
			data => { schemas => \%schemas, schema_change_handling => 'ALLOW_ALL' } }));
	}
	else
	{
		$mock->replace($world, path => $path, raw => undef);
	}
	return;
}

sub look
{
	my ($world, $calls) = @_;
	$node->{world} = $world;
	$mock->clear($world);
	$calls //= 'NULL';
	my ($status, undef, $err) =
		$node->psql('postgres', "\\set VERBOSITY verbose\nCALL fivetrex_watch.refresh_tables($calls, '$world')");
	return $err;
}

# Events as "connector schema.table change was now".
sub news
{
	return sort $node->rows(q{SELECT format('%s %s.%s %s', connector_id, detail ->> 'schema_name',
		detail ->> 'table_name', detail ->> 'change')
		FROM fivetrex_watch.take('test', 10000) WHERE kind = 'table'});
}

subtest 'the first look' => sub {
	$node->account('w', connectors => 15);
	$node->refresh('w');
	news();
	is(look('w'), '', 'no complaint, also of those that have no configuration yet');
	is_deeply([ sort map { m{connections/(\w+)/schemas} } $mock->requests('w') ], 
		[ sort $node->table('id', 'connectors') ], 'one call each');
	is_deeply([ news() ], [], 'is no news');
	is($node->query(q{SELECT count(*) FROM w.connector_tables t
		JOIN w.connector_schemas s USING (connector_id, schema_name)
		JOIN fivetrex_watch.tables k ON (k.connector_id, k.schema_name, k.table_name,
			k.schema_in_destination, k.name_in_destination, k.enabled)
		= (t.connector_id, t.schema_name, t.table_name, s.name_in_destination, t.name_in_destination, s.enabled AND t.enabled)
		AND k.sync_mode IS NOT DISTINCT FROM t.sync_mode}), $node->query('SELECT count(*) FROM w.connector_tables'),
			'all are there as they are');
	cmp_ok($node->query('SELECT count(*) FROM fivetrex_watch.tables'), '>', 100, 'which is not nothing');
	my $before = $node->query('SELECT md5(string_agg(ctid::text || xmin, $$ $$ ORDER BY t)) FROM fivetrex_watch.tables t');
	look('w');
	is($node->query('SELECT md5(string_agg(ctid::text || xmin, $$ $$ ORDER BY t)) FROM fivetrex_watch.tables t'), $before,
		'again: nothing is written');
	is_deeply([ news() ], [], 'nor told');
};

subtest 'so many calls' => sub {
	look('w', 4);
	my @first = map { m{connections/(\w+)/schemas} } $mock->requests('w');
	is(scalar @first, 4, 'as many as allowed');
	look('w', 11);
	is_deeply([ sort @first, map { m{connections/(\w+)/schemas} } $mock->requests('w') ], 
		[ sort $node->table('id', 'connectors') ], 'then the others');
	look('w', 0);
	is_deeply([ $mock->requests('w') ], [], 'none');
};

subtest 'a walk' => sub {
	srand 3;
	$node->account('walk', connectors => 15, max_retries => 0);
	$node->refresh('walk');
	my @ids = qw(assimilate_seem daily_beacon sdk_forge);
	my (%real, %known);
	my @words = ('public', 'audit', 'My schema');
	foreach my $step (1 .. 20)
	{
		foreach my $id (@ids)
		{
			my %config = map {
				my $schema = $_;
				$schema => { enabled => rand() < 0.85, tables => {
					map { $_ => [ rand() < 0.8, (undef, 'SOFT_DELETE', 'HISTORY')[ rand 3 ], rand() < 0.1 ] }
					grep { rand() < 0.8 } ('orders', 'Items; "x"', 'a.b') } }
			} grep { rand() < 0.8 } @words;
			$real{$id} = rand() < 0.4 && $real{$id} ? $real{$id} : \%config;
			serve('walk', $id, $real{$id});
		}
		# the model: what it was, what it is
		my (@expected, $fails);
		if (rand() < 0.15)
		{
			$fails = 1;
			$mock->fault('walk', { path => '/schemas', status => 500, times => 0 });
		}
		foreach my $id ($fails ? () : @ids)
		{
			my %now;
			foreach my $schema (keys %{ $real{$id} })
			{
				my $tables = $real{$id}{$schema}{tables};
				my $on = $real{$id}{$schema}{enabled};
				$now{"$id $schema.$_"} = [ $on && $tables->{$_}[0] ? 1 : 0, $tables->{$_}[1] // '' ]
					for grep { !$tables->{$_}[2] } keys %$tables;
			}
			# without any schema nothing is known of it
			next unless %{ $real{$id} };
			# of one whose tables were never seen, not even deleted ones, they are no news
			my $seen = $known{$id} && $known{$id}{seen};
			my $was = $known{$id}{tables} // {};
			my $any = grep { %{ $_->{tables} } } values %{ $real{$id} };
			if ($seen)
			{
				push @expected, map { "$_ gone" } grep { !$now{$_} } keys %$was;
				push @expected, map { "$_ appeared" } grep { !$was->{$_} } keys %now;
				push @expected, map { "$_ " . ($now{$_}[0] ? 'enabled' : 'disabled') }
					grep { $was->{$_} && $was->{$_}[0] != $now{$_}[0] } keys %now;
				push @expected, map { "$_ sync_mode" } grep { $was->{$_} && $was->{$_}[1] ne $now{$_}[1] } keys %now;
			}
			$known{$id} = { tables => \%now, seen => $seen || $any };
		}
		my $err = look('walk');
		is($fails ? $err =~ /WARNING/ : $err, $fails ? 1 : '', "step $step: looked");
		$mock->clear_faults('walk');
		my @told = grep { /^(@{[ join '|', @ids ]}) / } news();
		is_deeply(\@told, [ sort @expected ], "step $step: told as the model says") or last;
	}
	cmp_ok($node->query(q{SELECT count(*) FROM fivetrex_watch.events WHERE account = 'walk' AND kind = 'table'}),
		'>', 100, 'which is not nothing');
};

subtest 'a schema of many' => sub {
	foreach my $n (20, 21)
	{
		my %tables = map { sprintf("t%02d", $_) => [ 1, 'SOFT_DELETE' ] } 1 .. $n;
		serve('w', 'daily_beacon', { large => { enabled => 1, tables => { %tables } },
			small => { enabled => 1, tables => { x => [ 1, undef ] } } });
		look('w');
		news();
		serve('w', 'daily_beacon', { large => { enabled => 0, tables => { %tables } },
			small => { enabled => 0, tables => { x => [ 1, undef ] } } });
		look('w');
		my @told = $node->rows(q{SELECT message, detail ->> 'schema_name', detail ->> 'table_name', jsonb_array_length(detail
			-> 'tables')
			FROM fivetrex_watch.take('test') WHERE kind = 'table' AND now = 'disabled'});
		my $name = $node->query(q{SELECT name FROM fivetrex_watch.connectors WHERE account = 'w' AND id = 'daily_beacon'});
		is_deeply(\@told, [ $n > 20 ? "$name: each of 21 tables of schema large is not synced any more|large||21"
			: map({ "$name: table large.$_ is not synced any more|large|$_|" } sort keys %tables),
				"$name: table small.x is not synced any more|small|x|" ],
			"$n tables: " . ($n > 20 ? 'one event' : 'one each'));
	}
};

subtest 'a bad one, a gone one, a refused key' => sub {
	$mock->fault('w', { path => '/connections/sdk_forge/schemas', body_text => '<html>', times => 0 });
	is(look('w'), '', 'one that is no JSON');
	is($node->query(q{SELECT string_agg(id, ' '), bool_and(tables_error IS NOT NULL) FROM fivetrex_watch.connectors
		WHERE account = 'w' AND tables_error IS NOT NULL}), 'sdk_forge|t', 'keeps its error to itself');
	$mock->clear_faults('w');
	look('w');
	is($node->query(q{SELECT count(*) FROM fivetrex_watch.connectors WHERE tables_error IS NOT NULL}), 0,
		'which is over then');
	# deleted since the list was read: nothing is said of its tables
	news();
	$node->query(q{SET fivetrex.max_deletes = 1; DELETE FROM w.connectors WHERE id = 'assimilate_seem'});
	is(look('w'), '', 'a connector that is gone');
	is_deeply([ news() ], [], 'says nothing of its tables');
	$node->refresh('w');
	look('w');
	unlike(join(' ', $mock->requests('w')), qr/assimilate_seem/, 'nor is it asked for any more');
	$mock->fault('w', { status => 401, times => 0 });
	like(look('w'), qr/WARNING:  28000: account "w"/, 'a refused key is the account\'s');
	cmp_ok(scalar($mock->requests('w')), '<=', 14, 'for which nothing is asked twice');
	$mock->clear_faults('w');
	$node->refresh('w');
	like($node->fails(q{SET default_transaction_read_only = on; CALL fivetrex_watch.refresh_tables()}), qr/ERROR:  25006/,
		'not in READ ONLY');
	like($node->fails(q{BEGIN; CALL fivetrex_watch.refresh_tables()}), qr/ERROR:  2D000/, 'nor in a transaction block');
};

subtest 'side by side with refreshes' => sub {
	$mock->clear('w');
	$mock->fault('w', { path => '/schemas', stall => 'headers' });
	my $session = $node->background('tables', q{CALL fivetrex_watch.refresh_tables(NULL, 'w')});
	$mock->wait_for('w', 1, '/schemas', 'stalled');
	my (undef, undef, $err) = $node->psql('postgres', q{CALL fivetrex_watch.refresh('w');
		CALL fivetrex_watch.refresh_tables(NULL, 'w')});
	is($err, '', 'another refreshes meanwhile');
	is(scalar(grep { m{/v1/connections\?} } $mock->requests('w')), 1, 'and has not waited');
	$mock->release('w');
	is($node->ended($session), '', 'no complaint');
	is(scalar(grep { m{/schemas} } $mock->requests('w')), 14, 'a second one for tables has left all to the first');
};

# Who renames an account has its lock and waits for its row: nobody may wait the other way round.
subtest 'side by side with a rename' => sub {
	$mock->fault('w', { path => '/schemas', stall => 'headers' });
	my $session = $node->background('tables', q{CALL fivetrex_watch.refresh_tables(NULL, 'w')});
	$mock->wait_for('w', 1, '/schemas', 'stalled');
	is($node->query(q{UPDATE fivetrex_watch.accounts SET account = 'v' WHERE account = 'w' RETURNING account}), 'v',
		'it waits for no call');
	$mock->release('w');
	is($node->ended($session), '', 'no complaint');
	is($node->query(q{SELECT count(*) FILTER (WHERE account = 'w'), count(*) FILTER (WHERE account = 'v') > 0
		FROM fivetrex_watch.tables}), '0|t',
		'nothing is left under the old name');
	is($node->query(q{UPDATE fivetrex_watch.accounts SET account = 'w' WHERE account = 'v' RETURNING account}), 'w',
		'and back');
};

# Where another session was faster, at a level that does not show what it has committed,
# that is no error of the account's.
subtest 'other isolation levels' => sub {
	foreach my $call (q{refresh('w')}, q{refresh_tables(5, 'w')})
	{
		my $holder = $node->background('holder', q{SELECT pg_advisory_lock(14); SELECT pg_sleep(600)});
		$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 14
			AND granted});
		my $first = $node->background('first', q{BEGIN; UPDATE fivetrex_watch.connectors
			SET tables_asked_at = NULL, succeeded_at = NULL WHERE account = 'w';
			SELECT pg_advisory_xact_lock(14); COMMIT});
		$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 14
			AND NOT granted});
		my $second = do { local $ENV{PGOPTIONS} = '-c default_transaction_isolation=serializable';
			$node->background('second', "CALL fivetrex_watch.$call") };
		$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'second'
			AND wait_event = 'transactionid'});
		$node->query(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holder'});
		$node->ended($holder);
		is($node->ended($first), '', "$call: the first has its way");
		like($node->ended($second), qr/^[^\n]*ERROR:  40001: /, "$call: the second may say so");
		is($node->query(q{SELECT error IS NULL FROM fivetrex_watch.accounts WHERE account = 'w'}), 't', 'nothing is kept');
		is(look('w'), '', 'and the next one goes on');
	}
};

$node->stop;
$mock->stop;
done_testing();
