# Each block of SQL and of shell in README.md does what it says, in their order, as they stand there, then those of
# the reference, and those of the chapters of the recipes that need no account to be watched.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Fivetrex::Manual;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('manual');
$mock->settings('manual', connectors => 200);
$mock->plan_syncs('manual', { run => 1 });
$node->query('DROP EXTENSION fivetrex');
Fivetrex::Manual::neighbours($node);

# What follows a block: the server of the first goes to the mock, with a key that counts there.
my %after = (
	'CREATE EXTENSION fivetrex;' => sub {
		$node->query("ALTER SERVER fivetran OPTIONS (ADD base_url '" . $mock->url('manual') . "', ADD retry_delay '0');
			ALTER USER MAPPING FOR CURRENT_USER SERVER fivetran OPTIONS (SET api_key 'key', SET api_secret 'secret')");
	},
	q{CREATE ROLE gateway LOGIN PASSWORD '...';} => sub {
		$node->query("ALTER USER MAPPING FOR gateway SERVER fivetran OPTIONS (SET api_key 'key', SET api_secret 'secret')");
	},
	'CREATE EXTENSION postgres_fdw;' => sub {
		my ($host, $port) = ($node->host, $node->port);
		$node->query("ALTER SERVER gateway OPTIONS (SET host '$host', ADD port '$port')");
	},
	'CREATE SERVER fivetran_emea FOREIGN DATA WRAPPER fivetrex OPTIONS (asy' => sub {
		$node->query("ALTER SERVER fivetran_$_ OPTIONS (ADD base_url '" . $mock->url($_) . "', ADD retry_delay '0');
			ALTER USER MAPPING FOR CURRENT_USER SERVER fivetran_$_ OPTIONS (SET api_key 'key', SET api_secret 'secret')")
			foreach qw(emea apac);
	});

my %printed;
my @blocks = ((map { Fivetrex::Manual::blocks("$FindBin::RealBin/../../$_") } qw(README.md src/catalogue/README.md)),
	grep { $_->{chapter} =~ $Fivetrex::Manual::UNWATCHED }
	Fivetrex::Manual::blocks("$FindBin::RealBin/../recipes/README.md"));
foreach my $block (@blocks)
{
	next if $block->{kind} !~ /^(?:sql|sh)$/;
	my ($first) = $block->{text} =~ /^(.{1,70})/;
	my ($status, $out, $err) = Fivetrex::Manual::run($node, $block, $node->basedir);
	is($status, 0, "line $block->{line} runs: $first") or diag $err;
	if ($block->{expected})
	{
		# psql's words for what the page shows: errors and warnings stand before results
		my $printed = join "\n", grep { length } map { s/^psql:<stdin>:\d+: //mgr } $err, $out;
		is(Fivetrex::Manual::steady($printed), Fivetrex::Manual::steady($block->{expected}{text}),
			"and prints what stands in line $block->{expected}{line}");
	}
	push @{ $printed{ $block->{chapter} } }, $out;
	$after{$first}->() if $after{$first};
}
is_deeply([ map { $_->{line} } grep { $_->{kind} !~ /^(?:sql|sh|)$/ } @blocks ], [], 'no block of another kind');
like($printed{'Sync, wait, go on'}[0], qr/succeeded\|history\|\|\d\d:/, 'sync, wait: the outcome');
like($printed{'Watch an account'}[2], qr/\|late\|its data are as of 20/, 'the board');

# the four commands of Secrets: the last one, with files that only this test has
my ($secrets) = map { $_->{text} } grep { $_->{chapter} eq 'Secrets' } @blocks;
my $folder = $node->basedir;
my ($by_files) = $secrets =~ /psql -c "(.*?)"$/ms;
append_to_file("$folder/$_", "$_\n") foreach qw(key secret);
$node->query($by_files =~ s{/etc/fivetrex/}{$folder/}gr);
is($node->query('SELECT account_id FROM fivetrex_ping()'), 'maroon_vessel', 'credentials from files');

my ($runs, $told) = split /^(?=main\|)/m, $printed{'Alerts'}[0], 2;
is($runs =~ s/\|20\d\d-.*//mgr =~ s/\s+\z//r,
	"succeeded\nassimilate_seem|succeeded|history|\ndaily_beacon|succeeded|history|\ncron_lighthouse|succeeded|history|",
	'a batch');
like($told, qr/^main\|batch\|batch 1: succeeded \(3 of 3 runs succeeded\)\|\{/m, 'the first alert');

# what the jobs run
my @jobs = $node->rows('SELECT name FROM cron.job ORDER BY name');
is_deeply(\@jobs, [ 'broken', 'fivetran', 'orders at five' ], 'the jobs');
foreach my $job (@jobs)
{
	my ($status, undef, $err) =
		$node->psql('postgres', $node->query("SELECT command FROM cron.job WHERE name = '$job'"));
	is($status, 0, "job $job runs") or diag $err;
}

$node->query(q{SELECT fivetrex_watch.request('{daily_beacon}')});
foreach (1 .. 30)
{
	$node->query('CALL fivetrex_watch.refresh()');
	last if $node->query('SELECT bool_and(ended IS NOT NULL) FROM fivetrex_watch.batches') eq 't';
}
is($node->query(q{SELECT count(*) FROM fivetrex_watch.take('slack') WHERE kind = 'batch'}), 1, 'a batch has ended');

$node->stop;
$mock->stop;
done_testing();
