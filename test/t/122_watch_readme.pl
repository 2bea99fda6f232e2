# Each code block of README's chapter "Orchestrate and watch" does what it says.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Watch;

my $mock = Fivetrex::Mock->start;
# not Fivetrex::Watch: the chapter creates the extension
my $node = Fivetrex::Node->start('readme_watch');
$node->add_world($mock, 'fivetran');
$mock->settings('fivetran', connectors => 200);
$mock->plan_syncs('fivetran', { run => 1 });
$node->query(q{CREATE USER MAPPING FOR CURRENT_USER SERVER fivetran OPTIONS (api_key 'key', api_secret 'secret')});
# pg_cron's place; that it drives all this is tested elsewhere
$node->query(q{CREATE SCHEMA cron; CREATE TABLE cron.job (name text, schedule text, command text);
	CREATE FUNCTION cron.schedule(text, text, text) RETURNS bigint LANGUAGE sql AS 'INSERT INTO cron.job VALUES ($1, $2, $3) RETURNING 1'});

my ($chapter) = slurp_file("$FindBin::RealBin/../../README.md") =~ /^## Orchestrate and watch\n(.*?)^## /ms;
my @blocks = $chapter =~ /^```(.*?\n.*?)^```/msg;
my %results;
foreach my $block (@blocks)
{
	my ($kind, $text) = $block =~ /^(\w*)\n(.*)/s;
	# web tiers, which 140_web_tiers.pl runs
	next if $kind =~ /^(?:python|js)$/;
	my ($first) = $text =~ /^(.{1,80})/;
	my ($status, $out, $err);
	if ($kind eq 'sql')
	{
		($status, $out, $err) = $node->psql('postgres', $text);
	}
	elsif ($kind eq 'sh')
	{
		local %ENV = %ENV;
		@ENV{qw(PGHOST PGPORT PGDATABASE)} = ($node->host, $node->port, 'postgres');
		$out = `$text`;
		($status, $err) = ($?, '');
	}
	ok(defined $status && $status == 0, "runs: $first") or diag $err // 'a block of no known kind';
	$results{ [ split ' ', $first ]->[0] . '/' . ($first =~ /(fivetrex_watch\.\w+|PROCEDURE \w+|TABLE \w+|clock|ROLE \w+)/ ? $1 : '') } = $out;
}
cmp_ok(scalar @blocks, '>=', 9, 'there are blocks');

like($results{'SELECT/clock'}, qr/succeeded\|history\|\|\d\d:/m, 'sync, wait: the outcome');
like($results{'SELECT/fivetrex_watch.health'}, qr/\|broken\|Reconnect the source\|/, 'the board');
is($results{'SELECT/fivetrex_watch.request'} =~ s/\|20\d\d-.*//mgr, "succeeded\nassimilate_seem|succeeded|history|\ndaily_beacon|succeeded|history|\ncron_lighthouse|succeeded|history|", 'a batch');

# what the jobs run
is($node->query(q{SELECT count(*) FROM cron.job}), 7, 'seven jobs');
foreach my $job ('fivetran', 'nightly', 'ask', 'fivetran', 'fivetran', 'fivetran', 'marts', 'prune', 'deliveries', 'drift')
{
	my ($status, undef, $err) = $node->psql('postgres', $node->query("SELECT command FROM cron.job WHERE name = '$job' LIMIT 1"));
	is($status, 0, "job $job runs") or diag $err;
}
is($node->query('SELECT bool_and(as_of > ended_at) FROM sales, fivetrex_watch.runs'), 't', 'the view was refreshed after all syncs');
is($node->query('SELECT count(*) FROM asked'), 0, 'what was asked for is done');
is($node->query('SET ROLE reader; SELECT count(*) FROM fivetrex_watch.health'), 200, 'a reader reads');
is($node->query(q{SET ROLE analyst; SELECT fivetrex_watch.request('{daily_beacon}') > 0}), 't', 'an analyst asks');


# PostgREST's function, as PostgREST calls it
my $body = '{"event": "sync_end",  "connector_id":"daily_beacon"}';
my $hook = sub {
	my ($signature) = @_;
	my $headers = "set_config('request.headers', json_build_object('x-fivetran-signature-256', $signature)::text, false)";
	return $node->query("SET SESSION AUTHORIZATION web; SELECT $headers \\g /dev/null\nBEGIN; SELECT hook('$body'); SELECT current_setting('response.status')") =~ s/\s//gr;
};
my $signature = $node->query("SELECT fivetrex_webhook_signature('$body'::text, 'the secret of the webhook')");
is($hook->("'$signature'"), 200, 'a delivery by PostgREST');
is($hook->('NULL'), 401, 'one that is not signed');
is($node->query('SELECT count(*) FROM fivetrex_watch.deliveries'), 0, 'a transaction that is not committed has received nothing');

# what is taken and looked at
is($node->query(q{SELECT count(*) FROM fivetrex_watch.slas}), 3, 'allowances');
cmp_ok($node->query(q{SELECT count(*) FROM fivetrex_watch.landed WHERE problem = 'never delivered'}), '>', 0, 'tables that are not here');
cmp_ok($node->query(q{SELECT count(*) FROM fivetrex_watch.take('slack') WHERE kind = 'batch'}), '>', 0, 'batches that have ended');

$node->stop;
$mock->stop;
done_testing();
