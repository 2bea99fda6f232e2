# The page of report(): its cells are the rows of health, what it says is what the tables hold, and no name leaves its
# place.  How it looks in a browser is test/pictures' matter.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Fivetrex::Node;

my $node = Fivetrex::Node->start('watch_report');
$node->query('CREATE EXTENSION fivetrex_watch');
my $data = slurp_file("$FindBin::RealBin/../pictures/data.sql");
my %accounts = (nothing => 0, one => 1, forty => 40);
# no such server, no such tables: nothing can be asked
$node->query($data . join '', map { "SELECT pg_temp.fill('$_', $accounts{$_});" } sort keys %accounts);

sub cells
{
	my ($page) = @_;
	my @blocks = $page =~ m{data-health="(\w+)">(.*?)</div>}sg;
	my %count;
	while (my ($health, $block) = splice @blocks, 0, 2)
	{
		$count{$health} = () = $block =~ /class="cell"/g;
	}
	return \%count;
}

foreach my $account (sort keys %accounts)
{
	my $page = $node->query("SELECT fivetrex_watch.report('$account')");
	my %rows = map { split /\|/ } $node->rows("SELECT health, count(*) FROM fivetrex_watch.health
		WHERE account = '$account' GROUP BY 1");
	is_deeply(cells($page), \%rows, "$account: cells by health are the rows");
	my @anchors = $page =~ /id="(c[0-9a-f]+)"/g;
	is_deeply([ sort $page =~ /href="#(c[0-9a-f]+)"/g ], [ sort @anchors ],
		"$account: each unhealthy cell leads to its row");
	is(scalar @anchors, $node->query("SELECT count(*) FROM fivetrex_watch.health WHERE account = '$account'
		AND severity > 0"), "$account: one row each");
	unlike($page, qr/NaN|<script|\bon\w+=|(?:src|href)="(?!#|data:,)/, "$account: needs nothing from elsewhere");
	my @other = grep { !m{^/?(?:html|head|meta|link|title|style|body|svg|symbol|path|rect|circle|
		use|main|header|div|p|h[123]|bdi|span|b|br|small|
		section|a|table|thead|tbody|tr|t[dh]|ul|li|details|summary|code|footer|!DOCTYPE)$}x } $page =~ /<([^\s>]+)/g;
	is_deeply(\@other, [], "$account: no other elements");
	foreach my $element (qw(div section svg table tr td h2 h3 a bdi span ul li p path title))
	{
		my $opened = () = $page =~ m{<$element\b[^>]*[^/>]>|<$element>}g;
		my $closed = () = $page =~ m{</$element>}g;
		is($opened, $closed, "$account: each <$element> ends");
	}
}

# A moment of its own, so that no boundary of hours passes between what is written and what is made of it.
subtest 'strips and durations' => sub {
	my $fill = q{INSERT INTO fivetrex_watch.accounts (account, server, schema, refreshed_at)
		VALUES ('s', 's', 'f', now());
		INSERT INTO fivetrex_watch.connectors (account, id, name, succeeded_at, failed_at)
		VALUES ('s', 'c', 'c', now(), NULL);
		INSERT INTO fivetrex_watch.syncs (account, connector_id, sync_id, status, started_at, ended_at, reason)
		SELECT 's', 'c', n::text, status, at, CASE WHEN status <> '' THEN at + n * interval '1 min' END, reason
		FROM (VALUES (1, 'COMPLETED', 0, NULL), (2, 'COMPLETED', 1, NULL), (3, 'FAILURE', 1, 'a <b> & c'),
			(4, 'CANCELED', 2, NULL), (5, '', 54, NULL),
			(6, 'COMPLETED', 55, NULL), (7, 'FAILURE', 56, 'too old')) v(n, status, ago, reason),
			LATERAL (SELECT date_bin('3 hours', now(), 'epoch') - ago * interval '3 hours') t(at);};
	my ($strip) = $node->query(qq{BEGIN; $fill SELECT fivetrex_watch.report_strip('s', 'c'); ROLLBACK});
	is_deeply({ $strip =~ /<path class="(\w+)" d="([^"]*)"/g },
		{ none => 'M0 21H336', good => 'M3 22V10M333 22V10', bad => 'M327 22V0', other => 'M321 22V5', run => 'M9 22V14' },
		'the worst of each three hours, seven days long');
	like($strip, qr{<title>6 syncs, 1 failed</title>.*\d: 1 of 2 failed, a &lt;b&gt; &amp; c</title>}, 'in words, too');
	my $spark = $node->query(qq{BEGIN; $fill SELECT fivetrex_watch.report_spark('s', 'c', '5 min'); ROLLBACK});
	like($spark, qr{<title>3 syncs, the longest 6 min; 95 % take less than 5 min</title><path class="p95" d="M0 6H130"/>},
		'p95');
	like($spark, qr{<path d="M2 2L64 19L126 23"/><circle cx="126" cy="23" r="3"/>}, 'the newest at the right');
	my $line = $node->query(qq{BEGIN; $fill SELECT week, length(week), durations, last_duration, p95
		FROM fivetrex_watch.sparklines WHERE account = 's'; ROLLBACK});
	my $full = () = $line =~ /^[^|]*?(\xe2\x96\x88|\x{2588})/g;
	like($line, qr/^[^|]*\|28\|/, 'a sparkline of 28 marks');
	is($full, 1, 'the failure stands out');
	like($line, qr/\|(?:\xe2\x96\x88\xe2\x96\x83\xe2\x96\x82|\x{2588}\x{2583}\x{2582})\|00:01:00\|00:05:36$/,
		'durations in blocks');
	is($node->query(qq{BEGIN; $fill UPDATE fivetrex_watch.syncs SET ended_at = started_at - interval '9 min'
		WHERE sync_id = '2';
		SELECT length(durations), durations ~ '[-0-9]' FROM fivetrex_watch.sparklines WHERE account = 's'; ROLLBACK}), '3|f',
		'one mark each, also for one that ended before it began');
};

subtest 'no name leaves its place' => sub {
	my $nasty = q{"><script>alert(1)</script><img src=x onerror=alert(1)>'&};
	(my $literal = $nasty) =~ s/'/''/g;
	# every text of every table, but for the words that decide what is shown where
	my @texts = $node->rows(q{SELECT format('UPDATE fivetrex_watch.%I SET %I = ', c.relname, a.attname)
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
		WHERE c.relnamespace = 'fivetrex_watch'::regnamespace AND c.relname IN ('accounts', 'connectors', 'syncs',
			'events') AND a.atttypid = 'text'::regtype
		AND a.attnum > 0 AND a.attname NOT IN ('account', 'id', 'connector_id', 'sync_id', 'setup_state',
			'sync_state', 'update_state', 'schedule_type')
		AND NOT (c.relname = 'syncs' AND a.attname = 'status')});
	cmp_ok(scalar @texts, '>=', 8, 'there are texts');
	my $page = $node->query(join ';', 'BEGIN', (map { "$_'$literal' WHERE account = 'forty'" } @texts),
		qq{UPDATE fivetrex_watch.connectors SET id = left(id || '$literal', 60),
			tasks = jsonb_build_array(jsonb_build_object('message', '$literal')) WHERE account = 'forty'},
		qq{UPDATE fivetrex_watch.syncs SET connector_id = left(connector_id || '$literal', 60) WHERE account = 'forty'},
		qq{UPDATE fivetrex_watch.syncs SET status = '$literal' WHERE account = 'forty' AND status = 'CANCELED'},
		qq{UPDATE fivetrex_watch.accounts SET account = '$literal' WHERE account = 'forty'},
		"SELECT fivetrex_watch.report('$literal')", 'ROLLBACK');
	unlike($page, qr/<(?:script|img)|="">/, 'no element was made');
	my $shown = () = $page =~ /&#34;&gt;&lt;script&gt;alert\(1\)/g;
	cmp_ok($shown, '>', 80, 'all are shown as they are');
	is_deeply(cells($page), cells($node->query("SELECT fivetrex_watch.report('forty')")), 'the same board');
	is($node->query(q{SELECT fivetrex_watch.html(chr(1) || chr(10) || chr(127) || 'x', 9)}), '   x',
		'no control characters');
	is($node->query(q{SELECT string_agg(fivetrex_watch.html(w, 10), '|' ORDER BY n) FROM (VALUES (1, 'as it is'),
		(2, '0123456789'), (3, '0123456789a'), (4, '&&&&&&&&&&')) v(n, w)}),
		'as it is|0123456789|0123456789...|&amp;&amp;...', 'long ones are cut');
};

subtest 'what it says of itself' => sub {
	my $head = sub { $node->query("BEGIN; UPDATE fivetrex_watch.accounts SET $_[0]
		WHERE account = 'forty'; SELECT fivetrex_watch.report('forty'); ROLLBACK") };
	unlike($node->query(q{SELECT fivetrex_watch.report('forty')}), qr/role="note"/, 'all is well');
	like($head->(q{refreshed_at = now() - interval '3 hours', error = 'down & <out>'}),
		qr/This is old news:.* 3 h ago\. down &amp; &lt;out&gt;/, 'old');
	like($head->(q{refreshed_at = NULL}), qr/Never refreshed/, 'never refreshed');
	like($head->(q{error = 'half of it failed'}), qr/was not complete:<\/b> half of it failed/, 'an error');
	like($head->(q{remaining = 1234, rate_limit = 20000}),
		qr{Calls left</span><b>1,234</b><span class="dim">of 20,000 this hour</span>.*class="x" width="6"}s,
		'calls left');
	like($head->(q{remaining = NULL, rate_limit = NULL}), qr/not told yet/, 'calls not known');
	my $page = $node->query(q{SELECT fivetrex_watch.report('forty')});
	my ($late) = $page =~ />(\d+) connectors? later than allowed/;
	is($late, $node->query(q{SELECT count(*)
		FROM fivetrex_watch.freshness f JOIN fivetrex_watch.health h USING (account, connector_id)
		WHERE f.account = 'forty' AND f.late_by IS NOT NULL AND h.health NOT IN ('gone', 'paused', 'incomplete',
			'new')}), 'freshness');
	my ($failed) = $page =~ /<section id="failures">(.*?)<\/section>/s;
	my $sum = 0;
	$sum += $_ for $failed =~ m{<td class="num">\d+</td><td class="num">(\d+)</td>}g;
	is($sum, $node->query(q{SELECT count(*) FROM fivetrex_watch.failures WHERE account = 'forty'}),
		'all failures have their reason');
	like($page, qr/<section id="news">.*stock_eu is broken/s, 'events');
	unlike($node->query(q{SELECT fivetrex_watch.report('nothing')}), qr/<section id="news">/, 'none without any');
};

subtest 'whose page' => sub {
	like($node->fails('SELECT fivetrex_watch.report()'), qr/ERROR:  22023: there is more than one account/,
		'say which');
	like($node->fails(q{SELECT fivetrex_watch.report('x')}), qr/ERROR:  22023: account "x" is not watched/, 'unknown');
	$node->query(q{CREATE ROLE visitor; GRANT USAGE ON SCHEMA fivetrex_watch TO visitor});
	like($node->fails(q{SET ROLE visitor; SELECT fivetrex_watch.report('one')}),
		qr/ERROR:  42501: permission denied for function report/, 'not for everybody');
	$node->query('GRANT EXECUTE ON FUNCTION fivetrex_watch.report TO visitor');
	is($node->query(q{SET ROLE visitor; SELECT length(fivetrex_watch.report('one')) > 1000}), 't',
		'one right is enough');
	is($node->query(q{SET default_transaction_read_only = on; SELECT length(fivetrex_watch.report('one')) > 1000}),
		't', 'nothing is written');
};

subtest 'however large' => sub {
	my $page = $node->query(q{BEGIN; INSERT INTO fivetrex_watch.accounts (account, server, schema, refreshed_at)
		VALUES ('w', 's', 'f', now());
		INSERT INTO fivetrex_watch.connectors (account, id, name, group_name, service, setup_state, tasks, succeeded_at,
			failed_at, data_as_of, allowance, sync_state)
		SELECT 'w', 'c' || n, repeat('&', 300), repeat('<', 300), repeat('>', 300),
			'broken', jsonb_build_array(jsonb_build_object('message', repeat('&', 3000))),
			now() - interval '100 days', now(), now() - interval '1000 days', '1 hour', 'syncing'
				FROM generate_series(1, 2500) n;
		INSERT INTO fivetrex_watch.syncs (account, connector_id, sync_id, status, started_at, ended_at, reason)
		SELECT 'w', 'c' || n, k::text, CASE k % 2 WHEN 0 THEN 'FAILURE' ELSE 'COMPLETED' END, now() - k * interval '3 hours',
			now() - k * interval '3 hours' + interval '1 h', CASE k % 2 WHEN 0 THEN repeat('&', 300) || n || ' '
				|| k END
		FROM generate_series(1, 300) n, generate_series(0, 55) k;
		ANALYZE fivetrex_watch.connectors; ANALYZE fivetrex_watch.syncs; SELECT fivetrex_watch.report('w'); ROLLBACK});
	cmp_ok(length $page, '<', 1_000_000, 'less than a megabyte at the worst');
	is_deeply(cells($page), { broken => 2500 }, 'and every connector');
	like($page, qr/2,440 unhealthy connectors more on the board above/, 'the rest in words');
};

subtest 'another encoding' => sub {
	$node->query(q{CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'});
	$node->safe_psql('latin', 'CREATE EXTENSION fivetrex; CREATE EXTENSION fivetrex_watch;' . $data
		. q{SELECT pg_temp.fill('forty', 40)});
	like($node->safe_psql('latin', q{SET client_encoding = 'LATIN1'; SELECT fivetrex_watch.report()}),
		qr/<meta charset="latin1">/, 'the page tells');
	like($node->safe_psql('latin', q{SET client_encoding = 'UTF8'; SELECT fivetrex_watch.report()}),
		qr/<meta charset="utf-8">/, 'what it is sent in');
	is($node->safe_psql('latin', q{SELECT bool_and(week ~ '^[.1-8]{28}$') FROM fivetrex_watch.sparklines}), 't',
		'digits instead of blocks');
};

$node->stop;
done_testing();
