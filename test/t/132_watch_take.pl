# Events are taken once each: by consumers side by side, with rollbacks and crashes, while they are written.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Watch;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Watch->start('take', $mock);
$node->query(q{
	INSERT INTO fivetrex_watch.accounts (account, server, schema) VALUES ('a', 's', 's'), ('b', 's', 's');
	CREATE TABLE sent (n bigserial, consumer text, worker text, id bigint, account text, message text);
	-- what one writer does: some events in each transaction, of which some are taken back
	CREATE PROCEDURE write(account text, rounds int) LANGUAGE plpgsql AS $$
	BEGIN
		FOR i IN 1 .. rounds LOOP
			PERFORM fivetrex_watch.tell(account, 'c', 'health', NULL, 'ok', format('%s %s %s', account, i, j), NULL)
				FROM generate_series(1, 1 + i % 5) j;
			IF i % 7 = 0 THEN ROLLBACK; ELSE COMMIT; END IF;
		END LOOP;
	END $$;
	CREATE PROCEDURE work(consumer text, worker text, size int, rounds int) LANGUAGE plpgsql AS $$
	BEGIN
		FOR i IN 1 .. rounds LOOP
			INSERT INTO sent (consumer, worker, id, account, message)
			SELECT work.consumer, work.worker, e.id, e.account, e.message
			FROM fivetrex_watch.take(work.consumer, size) e;
			IF i % 3 = 0 THEN ROLLBACK; ELSE COMMIT; END IF;
		END LOOP;
	END $$});

sub take { my ($consumer, $n) = @_; return $node->rows("SELECT message FROM fivetrex_watch.take('$consumer', $n)") }

is_deeply([ take('one', 10), take('two', 10) ], [], 'both register');
subtest 'workers and writers at once' => sub {
	my @sessions = ((map { $node->background("writer $_", "CALL write('$_', 100)") } qw(a b)),
		(map { $node->background("worker $_", "CALL work('one', 'w$_', 25, 30)") } 1 .. 3),
		$node->background('other', q{CALL work('two', 'x', 7, 30)}));
	is($node->ended(@sessions), '', 'no complaint');
	for my $consumer (qw(one two))
	{
		$node->query("CALL work('$consumer', 'last', 1000, 2)");
		is($node->query("SELECT count(*), count(DISTINCT id) FROM sent WHERE consumer = '$consumer'"),
			$node->query('SELECT count(*), count(*) FROM fivetrex_watch.events'), "$consumer: each event once");
		is($node->query("SELECT count(*) FROM (SELECT id, lag(id) OVER (PARTITION BY account ORDER BY n) AS before FROM sent
			WHERE consumer = '$consumer') x WHERE before > id"),
			0, "$consumer: those of an account in their order");
	}
	cmp_ok($node->query('SELECT count(*) FROM sent'), '>=', 800, 'which is not nothing');
	is_deeply([ take('one', 10) ], [], 'nothing is left');
};

subtest 'a crash between' => sub {
	$node->query(q{SELECT fivetrex_watch.tell('a', NULL, 'account', 'ok', 'x', 'event ' || n, NULL)
		FROM generate_series(1, 6) n});
	foreach my $way ('terminated', 'crashed')
	{
		my $session = $node->background('victim', q{BEGIN; SELECT count(*) FROM fivetrex_watch.take('one', 4);
			SELECT pg_sleep(600)});
		$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'victim'
			AND wait_event = 'PgSleep'});
		if ($way eq 'terminated')
		{
			$node->query(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'});
		}
		else
		{
			$node->stop('immediate');
			$node->start;
		}
		$node->ended($session);
		is_deeply([ take('two', 1) ],
			[ $way eq 'terminated' ? 'event 1' : 'event 2' ], "$way: another consumer goes on by itself");
	}
	is_deeply([ take('one', 4) ], [ map { "event $_" } 1 .. 4 ], 'what was taken and not committed is given again');
	is_deeply([ take('one', 4) ], [ map { "event $_" } 5 .. 6 ], 'and then the rest');
	is($node->query(q{BEGIN; SAVEPOINT s; SELECT message FROM fivetrex_watch.take('two', 1); ROLLBACK TO s;
		SELECT message FROM fivetrex_watch.take('two', 1); COMMIT}),
		"event 3\nevent 3", 'and so after a savepoint');
};

subtest 'accounts that come, are renamed and go' => sub {
	take('one', 1000);
	$node->query(q{INSERT INTO fivetrex_watch.accounts (account, server, schema) VALUES ('c', 's', 's');
		SELECT fivetrex_watch.tell('c', NULL, 'account', 'ok', 'x', 'of the new one', NULL)});
	is_deeply([ take('one', 10) ], ['of the new one'], 'events of an account that came later');
	is_deeply([ take('three', 10) ], [], 'a new consumer begins at the present');
	$node->query(q{UPDATE fivetrex_watch.accounts SET account = 'renamed' WHERE account = 'c';
		SELECT fivetrex_watch.tell('renamed', NULL, 'account', 'x', 'ok', 'second', NULL)});
	is_deeply([ take('one', 10), take('three', 10) ], [ 'second', 'second' ], 'under its new name');
	$node->query(q{SELECT fivetrex_watch.tell('renamed', NULL, 'account', 'x', 'ok', 'third', NULL);
		DELETE FROM fivetrex_watch.accounts WHERE account = 'renamed'});
	is_deeply([ take('one', 10) ], [], 'a deleted one leaves nothing');
	is($node->query(q{SELECT count(*) FROM fivetrex_watch.consumers WHERE account IN ('c', 'renamed')}), 0,
		'no cursor either');
	# one that is renamed while somebody registers
	$node->query(q{INSERT INTO fivetrex_watch.accounts (account, server, schema) VALUES ('d', 's', 's');
		SELECT fivetrex_watch.tell('d', NULL, 'account', 'ok', 'x', 'long ago', NULL)});
	take('one', 10);
	# at any level: what a snapshot does not show must not become a cursor
	my ($name, $n) = ('d', 0);
	foreach my $level ('READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE')
	{
		my ($was, $consumer) = ($name, 'new' . ++$n);
		$name .= 'd';
		my $holder = $node->background('holder', q{SELECT pg_advisory_lock(14); SELECT pg_sleep(600)});
		$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 14
			AND granted});
		my $renamer = $node->background('renamer', qq{BEGIN; UPDATE fivetrex_watch.accounts SET account = '$name'
			WHERE account = '$was';
			SELECT pg_advisory_xact_lock(14); COMMIT});
		$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 14
			AND NOT granted});
		my $taker = $node->background('taker', qq{BEGIN ISOLATION LEVEL $level; SELECT message
			FROM fivetrex_watch.take('$consumer'); COMMIT});
		$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'taker'
			AND wait_event_type = 'Lock'});
		$node->query(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holder'});
		$node->ended($holder);
		is($node->ended($renamer), '', "$level: renamed");
		$n == 1 ? is($node->ended($taker), '', "$level: taken")
			: like($node->ended($taker), qr/ERROR:  40001/, "$level: to be repeated");
		take($consumer, 10) if $n > 1;
		is_deeply([ $taker->{out}, take($consumer, 10), take('one', 10) ], [''], "$level: nobody is given what was before");
		is($node->query("SELECT count(*) FROM fivetrex_watch.consumers WHERE account = '$was'"), 0,
			"$level: no cursor is left over");
	}
	$node->query("UPDATE fivetrex_watch.accounts SET error = 'x'");
	is($node->query(q{BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT count(*) FROM fivetrex_watch.take('calm'); COMMIT}), 0,
		'what changes of accounts is no matter');
	like($node->fails("SELECT * FROM fivetrex_watch.take($_)"),
		qr/ERROR:  22023/, "take($_) is refused") for q{NULL}, q{''}, q{'x', -1}, q{'x', NULL};
	like($node->fails(q{SET default_transaction_read_only = on; SELECT * FROM fivetrex_watch.take('one')}),
		qr/ERROR:  25006/, 'nor in READ ONLY');
};

subtest 'rights' => sub {
	$node->query(q{CREATE ROLE mailer; GRANT USAGE ON SCHEMA fivetrex_watch TO mailer});
	like($node->fails(q{SET ROLE mailer; SELECT * FROM fivetrex_watch.take('mail')}), qr/ERROR:  42501/,
		'not for everybody');
	$node->query('GRANT EXECUTE ON FUNCTION fivetrex_watch.take TO mailer');
	is($node->query(q{SET ROLE mailer; SELECT count(*) FROM fivetrex_watch.take('mail')}), 0,
		'that right is all it takes');
};

$node->stop;
$mock->stop;
done_testing();
