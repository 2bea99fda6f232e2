# The blocks of test/recipes/README.md, run as they stand there, and its programs.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Fivetrex::Manual;
use Fivetrex::Mock;
use Fivetrex::Watch;

my $recipes = "$FindBin::RealBin/../recipes";
my $mock = Fivetrex::Mock->start;
# not Fivetrex::Watch->start: the recipes create the extension
my $node = bless Fivetrex::Node->start('recipes'), 'Fivetrex::Watch';
$node->{mock} = $mock;
$mock->settings('fivetran', connectors => 15);
$node->add_world($mock, 'fivetran');
$node->query(q{CREATE USER MAPPING FOR CURRENT_USER SERVER fivetran OPTIONS (api_key 'key', api_secret 'secret')});
$node->{world} = 'main';
Fivetrex::Manual::neighbours($node);

# Programs in the places of curl and sendmail: they keep what they are given, and fail while there is a file "down".
my $bin = PostgreSQL::Test::Utils::tempdir;
foreach my $program (qw(curl sendmail))
{
	append_to_file("$bin/$program", qq{#!/bin/sh\n[ ! -e "$bin/down" ] || exit 7\n}
		. qq{{ echo "\$*"; cat; echo; echo --; } >> "$bin/$program.got"\n});
	chmod 0755, "$bin/$program";
}

sub sh
{
	my ($text) = @_;
	local %ENV = %ENV;
	@ENV{qw(PGHOST PGPORT PGDATABASE SLACK_URL)} = ($node->host, $node->port, 'postgres', 'http://slack.example/hook');
	$ENV{PATH} = "$bin:$ENV{PATH}";
	my $out = qx{cd "$recipes" && { $text\n} 2>"$bin/err"};
	return ($? >> 8, $out);
}

my %blocks;
push @{ $blocks{ $_->{chapter} } }, $_
	foreach grep { $_->{chapter} !~ $Fivetrex::Manual::UNWATCHED } Fivetrex::Manual::blocks("$recipes/README.md");

# Run the next n blocks of a chapter; returns status, output and complaints of the last.
sub run
{
	my ($title, $n) = @_;
	my ($status, $out, $err);
	foreach (1 .. $n)
	{
		my $block = shift @{ $blocks{$title} } // die "no more blocks in '$title'";
		if ($block->{kind} ne 'sql')
		{
			($status, $out) = sh($block->{text});
			next;
		}
		($status, $out, $err) = Fivetrex::Manual::run($node, $block);
		is($status, 0, "$title: runs") or diag $err;
	}
	return ($status, $out, $err);
}

sub job { return $node->query($node->query("SELECT command FROM cron.job WHERE name = '$_[0]'")); }
sub got { my $text = -e "$bin/$_[0].got" ? slurp_file("$bin/$_[0].got") : ''; unlink "$bin/$_[0].got"; return $text; }

# A connector breaks or recovers, and a refresh sees it.
sub turn
{
	my ($id, $state) = @_;
	$mock->patch('fivetran', 'connections', $id, set => { 'status.setup_state' => $state });
	$node->query('CALL fivetrex_watch.refresh()');
	return;
}

run('Watching, and recipes', 1);
$node->query(q{UPDATE fivetrex_watch.accounts SET hold = '0'});
my @well = $node->rows(q{SELECT id FROM fivetrex_watch.connectors WHERE setup_state = 'connected' AND NOT paused
	AND id NOT IN ('assimilate_seem', 'daily_beacon') ORDER BY 1 LIMIT 2});
is(scalar @well, 2, 'two connectors that can break');

subtest 'watching' => sub {
	$mock->plan_syncs('fivetran', { run => 1 });
	my (undef, $page) = run('Reports and pictures', 1);
	run($_, 1) foreach 'Reports and pictures', 'Ask for syncs', 'Receive webhooks',
		'Drift, freshness, and what has landed', 'What watching costs';
	ok(-s "$recipes/status.html", 'a page');
	unlink "$recipes/status.html";
	is($node->query('SELECT bool_and(outcome = $$succeeded$$) FROM fivetrex_watch.runs'), 't',
		'syncs that were asked for');
	job($_) foreach qw(deliveries drift);
	is($node->query('SELECT count(*) FROM fivetrex_watch.slas'), 3, 'allowances');
	cmp_ok($node->query(q{SELECT count(*) FROM fivetrex_watch.landed WHERE problem = 'never delivered'}), '>', 0,
		'tables that are not here');
	$node->query('DELETE FROM fivetrex_watch.slas; DELETE FROM fivetrex_watch.runs');
	$mock->clear_plans('fivetran');
};

subtest 'Slack, by pg_net' => sub {
	run('Slack, by pg_net', 1);
	is($node->query('SELECT count(*) FROM net.queue'), 0, 'nothing yet');
	$node->query('DELETE FROM fivetrex_watch.events');
	turn($well[0], 'broken');
	job('slack');
	job('slack');
	is($node->query(q{SELECT count(*) > 0 AND count(*) FILTER (WHERE message ~ 'broken') > 0
		AND array_agg(message ORDER BY id)
		= (SELECT array_agg(body ->> 'text' ORDER BY id) FROM net.queue) FROM fivetrex_watch.events}), 't',
			'each event once');
	run('Slack, by pg_net', 1);
	turn($well[1], 'broken');
	is($node->query(q{SELECT count(*) FROM fivetrex_watch.take('pager') WHERE kind = 'account' OR kind = 'health'
		AND 'broken' IN (was, now)}), 1, 'the pager');
};

subtest 'any HTTP client, and mail' => sub {
	my %command = (chat => 'Slack, Teams, anything, by any HTTP client', mail => 'Mail');
	my %program = (chat => 'curl', mail => 'sendmail');
	foreach my $consumer (sort keys %command)
	{
		my $text = $blocks{ $command{$consumer} }[0]{text};
		is((sh($text))[0], 0, "$consumer: registers");
		is(got($program{$consumer}), '', "$consumer: nothing is sent");
		turn($well[0], 'connected');
		append_to_file("$bin/down", '');
		is((sh($text))[0], 7, "$consumer: fails");
		unlink "$bin/down";
		turn($well[0], 'broken');
		is((sh($text))[0], 0, "$consumer: again");
		my $sent = got($program{$consumer});
		my $times = () = $sent =~ /broken/g;
		cmp_ok($times, '>=', 2, "$consumer: what was not sent has come again");
		is(scalar(() = $sent =~ /^--$/mg), 1, "$consumer: all by one");
		like($sent, $consumer eq 'chat' ? qr{^-sSf .* http://slack\.example/hook\n\{"text": ".*\\n.*"\}$}m
			: qr/^-t\nTo: data\@example\.com\nSubject: Fivetran: \d+ news\n\n\S/, "$consumer: as it should be");
		is((sh($text))[0], 0, "$consumer: nothing new");
		is(got($program{$consumer}), '', "$consumer: nothing is sent");
	}
	my ($status) = sh(q{PGDATABASE=nowhere ./deliver chat 'count(*)' curl});
	isnt($status, 0, 'no database');
	($status) = sh(q{./deliver chat 'count(' curl});
	isnt($status, 0, 'no expression');
	foreach my $few ('', 'chat', q{chat 'count(*)'})
	{
		is((sh(qq{./deliver $few 2>&1 | grep -c '^usage: deliver CONSUMER EXPRESSION PROGRAM'}))[0], 0, "usage after: $few");
	}
	is(got('curl'), '', 'nothing is sent');
};

subtest 'Nagios' => sub {
	my $check = $blocks{'Nagios, Icinga, or any check'}[0]{text};
	# only these two decide
	my $only = sub { $node->query("BEGIN; UPDATE fivetrex_watch.connectors
		SET setup_state = 'connected', paused = false, succeeded_at = now(), failed_at = NULL,
		data_as_of = now(), sync_state = 'scheduled', update_state = 'on_schedule', gone_at = NULL; $_[0]; COMMIT") };
	$only->('SELECT 1');
	is_deeply([ sh($check) ], [ 0, "FIVETRAN OK - 15 connectors | connectors=15 act_now=0 look_at=0\n" ],
		'all is well');
	$only->("UPDATE fivetrex_watch.connectors SET update_state = 'delayed', name = 'a | bar' WHERE id = '$well[1]'");
	is_deeply([ sh($check) ],
		[ 1, "FIVETRAN WARNING - a / bar is delayed (Fivetran reports a delay) | connectors=15 act_now=0 look_at=1\n" ],
		'look at it');
	$node->query(qq{UPDATE fivetrex_watch.connectors
		SET setup_state = 'broken', name = 'a', tasks = '[{"message": "Reconnect"}]' WHERE id = '$well[0]'});
	is_deeply([ sh($check) ], [ 2, 'FIVETRAN CRITICAL - a is broken (Reconnect), a / bar is delayed '
		. "(Fivetran reports a delay) | connectors=15 act_now=1 look_at=1\n" ], 'act');
	is((sh('./check_fivetran'))[0], 2, 'all accounts');
	$node->query(qq{UPDATE fivetrex_watch.connectors SET name = NULL, tasks = '[{"message": "at C:\\\\cut"}]'
		WHERE id = '$well[0]'});
	like((sh($check))[1], qr/^FIVETRAN CRITICAL - \Q$well[0]\E is broken \(at C:\\cut\), .* connectors=15 /,
		'without a name, and with backslashes');
	$node->query(q{UPDATE fivetrex_watch.accounts SET refreshed_at = now() - interval '1 hour'});
	is_deeply([ (sh($check))[0], (sh($check))[1] =~ /^(FIVETRAN UNKNOWN - 1 of 1 accounts not refreshed)/ ],
		[ 3, 'FIVETRAN UNKNOWN - 1 of 1 accounts not refreshed' ], 'old news');
	is((sh('./check_fivetran nobody'))[0], 3, 'no such account');
	my ($status, $out) = sh('PGDATABASE=nowhere ./check_fivetran');
	is($status, 3, 'no database');
	like($out, qr/^FIVETRAN UNKNOWN - psql: .*nowhere/, 'and why');
	unlike($out, qr/\n./, 'in one line');
	$node->query('CALL fivetrex_watch.refresh()');
};

subtest 'a desired state' => sub {
	my $title = 'A desired state, with a plan';
	run($title, 1);
	$node->query(q{UPDATE wanted w SET sync_frequency = c.sync_frequency, paused = c.paused
		FROM fivetran.connectors c WHERE c.id = w.id AND w.id = 'daily_beacon'});
	$mock->clear('fivetran');
	my (undef, undef, $plan) = run($title, 1);
	like($plan, qr{PATCH \S*/assimilate_seem}, 'the plan shows what would be sent');
	unlike($plan, qr/daily_beacon/, 'and no more');
	is(scalar(grep { !/^GET/ } $mock->requests('fivetran')), 0, 'nothing was sent');
	run($title, 1);
	is_deeply([ grep { !/^GET/ } $mock->requests('fivetran') ], ['PATCH /v1/connections/assimilate_seem'],
		'one request for one difference');
	is($node->query(q{SELECT paused, sync_frequency FROM fivetran.connectors WHERE id = 'assimilate_seem'}),
		't|360', 'so it is');
	$mock->clear('fivetran');
	$node->query('CALL apply_wanted()');
	is(scalar(grep { !/^GET/ } $mock->requests('fivetran')), 0, 'a second time changes nothing');
	$node->query(q{UPDATE wanted SET paused = false; CALL apply_wanted()});
};

subtest 'the nightly job, in one procedure' => sub {
	$mock->plan_syncs('fivetran', { run => 1 });
	run('The nightly job, in one procedure', 1);
	job('nightly');
	is($node->query('SELECT bool_and(s.as_of > r.ended_at) FROM sales s, fivetrex_watch.runs r'), 't',
		'the view was refreshed after all syncs');
	$mock->clear_plans('fivetran');
	$mock->plan_syncs('fivetran', { run => 1, outcome => 'FAILURE' });
	like($node->fails('CALL nightly()'), qr/nightly syncs: failed/, 'not where one has failed');
	$mock->clear_plans('fivetran');
};

subtest 'the nightly job' => sub {
	$mock->plan_syncs('fivetran', { run => 1 });
	run('The nightly job, without a session that waits', 1);
	$node->query('CALL fivetrex_watch.refresh()');
	job('ask');
	job('marts');
	is($node->query('SELECT count(*), count(outcome) FROM nightly'), '1|0', 'asked, not done');
	# the heartbeat beats until all has ended
	foreach (1 .. 60)
	{
		$node->query('CALL fivetrex_watch.refresh()');
		last if $node->query('SELECT bool_and(ended IS NOT NULL) FROM fivetrex_watch.batches') eq 't';
	}
	$node->query('CALL fivetrex_watch.refresh()');
	job('marts');
	is($node->query('SELECT outcome, (SELECT as_of FROM sales) >= done_at FROM nightly'), 'succeeded|t',
		'done, and refreshed');
	job('marts');
	is($node->query('SELECT (SELECT as_of FROM sales) = done_at FROM nightly'), 't', 'once');
};

subtest 'full names in the destination' => sub {
	my (undef, $names) = run('Full names in the destination', 1);
	like($names, qr/^\w+\.\w+\|public\|customers$/m, 'of a table');
	like($names, qr/^\w+\.\w+\.\w+\|email$/m, 'of a column');
};

subtest 'several accounts' => sub {
	$mock->settings('other', connectors => 3);
	$node->add_world($mock, 'other', max_retries => 0);
	$node->query(q{SELECT fivetrex_watch.add_account('second', 'other', 'other')});
	$mock->fault('other', { status => 401, times => 0 });
	$node->query('CALL fivetrex_watch.refresh()');
	my (undef, $all) = run('Several accounts', 1);
	like($all, qr/^main\|\|20.*\nsecond\|\S.*\|\|0\|0$/, 'one fails, the other does not');
	$mock->clear_faults('other');
	(undef, $all) = run('Several accounts', 1);
	is($all, "main|15\nsecond|3", 'a view over all');
	$mock->fault('other', { status => 401, times => 0 });
	(undef, $all) = run('Several accounts', 1);
	like($all, qr/^main\|\d+\|\nsecond\|\|\S.*$/, 'an answer or an error from each');
};

run('Grafana', 1);
is($node->query('SET ROLE grafana; SELECT count(*) > 0 FROM fivetrex_watch.health'), 't', 'Grafana reads');

subtest 'roles' => sub {
	run('Roles', 2);
	is($node->query('SET ROLE reader; SELECT count(*) FROM fivetrex_watch.health'), 15, 'a reader reads');
	like($node->fails('SET ROLE reader; SELECT fivetrex_watch.request(\'{daily_beacon}\', account => \'main\')'),
		qr/42501/, 'and asks for nothing');
	is($node->query(q{SET ROLE analyst; SELECT fivetrex_watch.request('{daily_beacon}', account => 'main') > 0}), 't',
		'an analyst asks');
	$node->query(q{ALTER USER MAPPING FOR heartbeat SERVER fivetran OPTIONS (SET api_key 'key', SET api_secret 'secret')});
	$mock->clear('fivetran');
	my (undef, undef, $err) = $node->psql('postgres', q{SET ROLE heartbeat; CALL fivetrex_watch.refresh('main')});
	is($err, '', 'a heartbeat refreshes');
	is(scalar(grep { /^POST/ } $mock->requests('fivetran')), 1, 'and starts what was asked for');
};

# PostgREST's function, as PostgREST calls it
subtest 'web tiers' => sub {
	shift @{ $blocks{'Web tiers'} } foreach 1 .. 2;
	run('Web tiers', 1);
	my $body = '{"event": "sync_end",  "connector_id":"daily_beacon"}';
	my $hook = sub {
		my ($signature) = @_;
		my $headers = "set_config('request.headers', json_build_object('x-fivetran-signature-256', $signature)::text, false)";
		return $node->query("SET SESSION AUTHORIZATION web; SELECT $headers \\g /dev/null
			BEGIN; SELECT hook('$body'); SELECT current_setting('response.status')") =~ s/\s//gr;
	};
	$node->query(q{DELETE FROM fivetrex_watch.accounts WHERE account = 'second'});
	my $signature = $node->query("SELECT fivetrex_webhook_signature('$body'::text, 'the secret of the webhook')");
	is($hook->("'$signature'"), 200, 'a delivery by PostgREST');
	is($hook->('NULL'), 401, 'one that is not signed');
	is($node->query('SELECT count(*) FROM fivetrex_watch.deliveries'), 0,
		'a transaction that is not committed has received nothing');
};

# 086_receiver.pl tries to forge it
run('A receiver of your own', 1);
shift @{ $blocks{'A receiver of your own'} };
run('Uninstall, and keep the history', 1);

is_deeply([ map { @{ $blocks{$_} } ? $_ : () } grep { !/HTTP|Mail|Nagios/ } sort keys %blocks ], [],
	'no block was left out');

$node->stop;
$mock->stop;
done_testing();
