# The web tiers of test/recipes/README.md as they stand there: started, and fed by HTTP.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Digest::SHA qw(hmac_sha256_hex);
use HTTP::Tiny;
use IPC::Run ();
use IPC::Open2 qw(open2);
use POSIX ();
use PostgreSQL::Test::Utils;
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Watch;

my %tiers = (
	python => [ $ENV{PYTHON} || 'python3', 'psycopg' ],
	js => [ 'node', 'pg' ]);
# where Debian's node-pg is, for a node that is not Debian's
$ENV{NODE_PATH} = '/usr/share/nodejs:/usr/lib/nodejs' . ($ENV{NODE_PATH} ? ":$ENV{NODE_PATH}" : '');
sub is_there
{
	my ($kind) = @_;
	my @trial = $kind eq 'js' ? ('node', '-e', 'require("pg")') 
		: ($tiers{python}[0], '-c', "try:\n import psycopg\nexcept ImportError:\n import psycopg2");
	delete local $ENV{LD_PRELOAD};
	return eval { IPC::Run::run(\@trial, '<', \undef, '>', \my $out, '2>', \my $err) };
}
my @kinds = grep { is_there($_) } sort keys %tiers;
plan skip_all => 'neither psycopg nor pg is there' if !@kinds;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Watch->start('tiers', $mock);
$node->account('w', connectors => 15);
$node->query(q{ALTER USER MAPPING FOR PUBLIC SERVER w OPTIONS (ADD webhook_secret 'the real secret');
	CREATE ROLE web LOGIN; GRANT USAGE ON SCHEMA fivetrex_watch TO web;
		GRANT EXECUTE ON FUNCTION fivetrex_watch.receive TO web});
my $readme = slurp_file("$FindBin::RealBin/../recipes/README.md");
my $http = HTTP::Tiny->new(timeout => $PostgreSQL::Test::Utils::timeout_default, keep_alive => 0,
	proxy => undef, http_proxy => undef);

foreach my $kind (sort keys %tiers)
{
	my ($program, $module) = @{ $tiers{$kind} };
	SKIP: {
		skip "$module is not there", 1 if !grep { $_ eq $kind } @kinds;
		subtest $kind => sub { run_tier($kind, $program) };
	}
}

sub run_tier
{
	my ($kind, $program) = @_;
	my @found = grep { /listening on port/ } $readme =~ /^```$kind\n(.*?)^```$/msg;
	is(scalar @found, 1, 'the page has it') or return;
	my $file = $node->basedir . "/tier.$kind";
	append_to_file($file, $found[0]);
	cmp_ok(scalar(split /\n/, $found[0]), '<=', 28, 'short enough to be read');
	my ($pid, $out, $in);
	{
		# sanitizers look at PostgreSQL only
		delete local $ENV{LD_PRELOAD};
		local @ENV{qw(PGHOST PGPORT PGDATABASE PGUSER PORT)} = ($node->host, $node->port, 'postgres', 'web', 0);
		$pid = open2($out, $in, $program, $file);
	}
	my ($port) = <$out> =~ /^listening on port (\d+)$/ or do {
		fail('it starts');
		kill TERM => $pid;
		waitpid $pid, 0;
		return;
	};
	my $post = sub {
		my ($body, $signature, %headers) = @_;
		$headers{'X-Fivetran-Signature-256'} = $signature if defined $signature;
		return $http->request('POST', "http://127.0.0.1:$port/hook",
			{ content => $body, headers => { 'Content-Type' => 'application/json', %headers } })->{status};
	};
	my $sign = sub { return hmac_sha256_hex($_[0], 'the real secret') };
	my $stored = sub { return $node->query('SELECT count(*) FROM fivetrex_watch.deliveries') };
	$node->query('DELETE FROM fivetrex_watch.deliveries');

	my $body = qq({"event":"sync_end",  "connector_id":"daily_beacon", )
		. qq("connector_name":"\xc3\xa9\\u00e9", "of":"$kind"}\n);
	is($post->($body, $sign->($body)), 200, 'a delivery, with blanks, a line feed and bytes beyond ASCII');
	is($post->($body, uc $sign->($body)), 200, 'the same again, signed in upper case');
	is($stored->(), 1, 'is stored once');
	is($node->query('SELECT digest = sha256(decode($$' . unpack('H*', $body) . '$$, $$hex$$))
		FROM fivetrex_watch.deliveries'), 't', 'byte for byte as it came');
	is($post->($body, $sign->("$body ")), 401, 'signed for another body');
	is($post->($body, undef), 401, 'not signed');
	is($post->('', $sign->('')), 400, 'empty');
	is($post->('[1]', $sign->('[1]')), 400, 'no object');
	is($post->("\xff{}", $sign->("\xff{}")), 400, 'not UTF-8');
	my $large = '{"a":"' . ('x' x 1_048_576) . '"}';
	is($post->($large, $sign->($large)), 413, 'too large');
	isnt($http->get("http://127.0.0.1:$port/")->{status}, 200, 'a GET is nothing');
	is($stored->(), 1, 'nothing of that is stored');

	# Fivetran tries again what was not answered
	$node->stop('immediate');
	my $second = $body =~ s/sync_end/sync_start/r;
	is($post->($second, $sign->($second)), 500, 'the database is down');
	$node->start;
	my $status;
	# a pool may find another broken connection first
	for (1 .. 20) { last if ($status = $post->($second, $sign->($second))) == 200 }
	is($status, 200, 'it is back, the tier was not restarted');
	is($stored->(), 2, 'and the delivery is there');

	# many at once, each twice
	my @children = map {
		my $n = $_;
		my $child = fork // die $!;
		if (!$child)
		{
			my $one = qq({"event":"sync_end","n":@{[ $n % 10 ]}});
			POSIX::_exit($post->($one, $sign->($one)) == 200 ? 0 : 1);
		}
		$child
	} 1 .. 20;
	my $failed = grep { waitpid($_, 0); $? } @children;
	is($failed, 0, 'twenty at once are answered');
	is($stored->(), 12, 'and each is stored once');
	kill TERM => $pid;
	close $in;
	waitpid $pid, 0;
	return;
}

$node->stop;
$mock->stop;
done_testing();
