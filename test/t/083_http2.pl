# HTTP/2: what a server says it did not process is sent again, and nothing else.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use HTTP::Tiny;
use IO::Socket::INET;
use IPC::Open2 qw(open2);
use JSON::PP ();
use POSIX ();
use Test::More;
use PostgreSQL::Test::Utils qw(slurp_file);
use Fivetrex::Certificates;
use Fivetrex::Mock;
use Fivetrex::Node;
use Fivetrex::Session;

plan skip_all => 'this libcurl knows no HTTP/2'
  if defined $ENV{CURL_CONFIG} && `$ENV{CURL_CONFIG} --features` !~ /HTTP2/;

# before 7.80 it takes a new connection for what must not be sent twice, and gives up what five connections ended under
my $old = defined $ENV{CURL_CONFIG} && `$ENV{CURL_CONFIG} --version` =~ /libcurl 7\.7/;

my $dir = PostgreSQL::Test::Utils::tempdir();
my $files = Fivetrex::Certificates::make($dir);
my $node = Fivetrex::Node->start('http2');
my $http = HTTP::Tiny->new(timeout => 180, proxy => undef, http_proxy => undef);
my $mapping = q{OPTIONS (api_key 'key', api_secret 'secret')};
my @children;

# A scripted server, and a server of the same name; what it has seen since.
sub scripted
{
	my ($script) = @_;
	my $pid = open2(my $out, my $in, $ENV{PYTHON} || 'python3', "$FindBin::RealBin/../mock/http2.py", '--script', $script,
		'--tls-cert', $files->{cert}, '--tls-key', $files->{key}, '--exit-on-stdin-eof');
	my $port = do { local $/; <$out> } + 0;
	push @children, [ $pid, $in ];
	$node->query(qq{CREATE SERVER "$script" FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url 'https://127.0.0.1:$port',
			sslrootcert '$files->{ca}', retry_delay '0', max_retries '2', request_timeout '180');
		CREATE USER MAPPING FOR PUBLIC SERVER "$script" $mapping});
	return sub { return JSON::PP::decode_json($http->get("http://127.0.0.1:$port/")->{content}); };
}

sub request
{
	my ($server, $method, @bodies) = @_;
	my $values = join ', ', map { "('{\"n\": $_}')" } @bodies;
	my $body = $method eq 'GET' ? 'NULL' : 'b::jsonb';
	return "SELECT count(fivetrex_request('$method', '/v1/groups', NULL, $body, '$server')) FROM (VALUES $values) v (b)";
}

sub bodies { return [ sort { $a <=> $b } map { $_->[1] =~ /(\d+)/ ? $1 : () } @{ $_[0]{processed} } ]; }

subtest 'GOAWAY after two requests' => sub {
	my $seen = scripted('goaway');
	my $session = Fivetrex::Session->new($node);
	# each statement ends a transaction, the connection stays
	is($session->ask(request('goaway', 'POST', 1 .. 9)), 9, 'POSTs, one after the other');
	is($session->complaint, '', 'without a word');
	my $was = $seen->();
	is_deeply(bodies($was), [ 1 .. 9 ], 'each was processed once');
	cmp_ok($was->{connections}, '>=', 4, 'on several connections');
	$node->query(q{CREATE FOREIGN TABLE g (id text, name text) SERVER goaway OPTIONS (resource 'groups');
		CREATE FOREIGN TABLE d (id text, config jsonb) SERVER goaway OPTIONS (resource 'destinations')});
	# many at once: most of them beyond the last stream
	is($session->ask(q{SELECT count(*) FROM g WHERE id = ANY (ARRAY['one'])}), 1, 'a GET');
	$seen->();
	is($session->ask("SET fivetrex.max_writes = -1; SET client_min_messages = error; INSERT INTO g (name) SELECT 'n' || i
		FROM generate_series(1, 40) i"), '',
		'forty at once');
	is($session->complaint, '', 'no error');
	$was = $seen->();
	is_deeply(bodies($was), [ 1 .. 40 ], 'each was processed once');
	$session->quit;
};

subtest 'streams beyond the last one' => sub {
	plan skip_all => 'each on a connection of its own' if $old;
	my $seen = scripted('goaway-late');
	my $session = Fivetrex::Session->new($node);
	$node->query(q{CREATE FOREIGN TABLE late (id text, name text) SERVER "goaway-late" OPTIONS (resource 'groups')});
	$session->ask("SET client_min_messages = error; INSERT INTO late (name) SELECT 'n' || i FROM generate_series(1, 40) i");
	is($session->complaint, '', 'forty at once');
	my $was = $seen->();
	is_deeply(bodies($was), [ 1 .. 40 ], 'each was processed once');
	cmp_ok($was->{refused}, '>', 0, 'though some came beyond the last stream');
	$session->quit;
};

subtest 'refused streams' => sub {
	my $seen = scripted('refuse');
	my $session = Fivetrex::Session->new($node);
	is($session->ask(request('refuse', 'GET', 1)), 1, 'a GET that is refused twice');
	my $was = $seen->();
	is(scalar @{ $was->{processed} }, 1, 'is processed once');
	cmp_ok($was->{refused}, '>=', 2, 'after refusals');
	$session->quit;
};

subtest 'refused for ever' => sub {
	foreach my $script ('refuse-all', 'goaway-all')
	{
		my $seen = scripted($script);
		my $session = Fivetrex::Session->new($node);
		like($session->complaint(request($script, 'GET', 1)), qr/ERROR:  08/, "$script: an error in the end");
		like($session->complaint(request($script, 'POST', 1)), qr/ERROR:  08/, 'of a POST, too');
		my $was = $seen->();
		is(scalar @{ $was->{processed} }, 0, 'nothing was processed');
		cmp_ok($was->{refused}, '<', 1000, 'and not tried for ever');
		$session->quit;
	}
};

subtest 'what may have been processed' => sub {
	foreach my $script ('reset', 'close')
	{
		my $seen = scripted($script);
		my $session = Fivetrex::Session->new($node);
		like($session->complaint(request($script, 'POST', 1)), qr/ERROR:  08007/, "$script: the outcome is unknown");
		my $was = $seen->();
		is($was->{refused} + @{ $was->{processed} }, 1, 'it was not sent again');
		$session->quit;
	}
};

# ---------- nginx, as many APIs stand behind it ----------

# It has no way to take a free port by itself: another process may have taken the one that was free.
sub nginx
{
	my ($upstream, $requests) = @_;
	my $port;
	for (1 .. 20)
	{
		my $free = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die $!;
		$port = $free->sockport;
		close $free;
		return $port if nginx_listens($port, $upstream, $requests);
	}
	die slurp_file("$dir/nginx.log");
}

sub nginx_listens
{
	my ($port, $upstream, $requests) = @_;
	my $file = "$dir/nginx_$port";
	my $temp = join '', map { "${_}_temp_path $dir/$_;\n" } qw(client_body proxy fastcgi uwsgi scgi);
	PostgreSQL::Test::Utils::append_to_file("$file.conf", qq{
		daemon off; master_process off; pid $file.pid; error_log $dir/nginx.log;
		events { worker_connections 200; }
		http { access_log off; $temp keepalive_requests $requests;
			server { listen 127.0.0.1:$port ssl http2; ssl_certificate $files->{cert}; ssl_certificate_key $files->{key};
				location / { proxy_pass http://127.0.0.1:$upstream; proxy_http_version 1.1; proxy_set_header Connection ""; } } }});
	my ($path) = grep { -x } qw(/usr/sbin/nginx /usr/local/sbin/nginx /usr/bin/nginx);
	my $pid = fork;
	if ($pid == 0)
	{
		open STDERR, '>', "$dir/nginx.err";
		exec $path, '-c', "$file.conf", '-p', $dir, '-e', "$dir/nginx.log" or exit 1;
	}
	# it says who it is once it listens, and ends if it cannot
	for (1 .. 3600)
	{
		if (-s "$file.pid")
		{
			push @children, [$pid];
			return 1;
		}
		return 0 if waitpid($pid, POSIX::WNOHANG()) == $pid;
		select undef, undef, undef, 0.05;
	}
	die 'nginx does not listen';
}

SKIP:
{
	skip 'there is no nginx', 1 unless grep { -x } qw(/usr/sbin/nginx /usr/local/sbin/nginx /usr/bin/nginx);
	subtest 'nginx that ends each connection after three requests' => sub {
		my $mock = Fivetrex::Mock->start;
		my $port = nginx($mock->port, 3);
		$node->add_world($mock, 'n', base_url => "https://127.0.0.1:$port/w/n", sslrootcert => $files->{ca},
			max_retries => 2);
		my $session = Fivetrex::Session->new($node);
		$session->ask('SET client_min_messages = error; SET fivetrex.max_writes = -1');
		is($session->ask('SELECT count(*) FROM n.connectors'), 2500, 'pages');
		cmp_ok($session->ask('SELECT count(*) FROM n.group_users'), '>', 10, 'a fan-out');
		is($session->ask(q{SELECT count(*) FROM n.connectors WHERE id = ANY (ARRAY(SELECT id FROM n.connectors LIMIT 60))}),
			60,
			'details');
		is($session->complaint, '', 'without a complaint');
		$mock->clear('n');
		$session->ask(q{INSERT INTO n.groups (name) SELECT 'h2_' || i FROM generate_series(1, 60) i});
		is($session->complaint, '', 'sixty POSTs');
		is(scalar(grep { /^POST/ } $mock->requests('n')), 60, 'each was sent once');
		is($session->ask(q{SELECT count(*), count(DISTINCT name) FROM n.groups WHERE name LIKE 'h2%'}), '60|60',
			'and done once');
		my %seen;
		$mock->clear('n');
		$session->ask(q{UPDATE n.groups SET name = name || '_x' WHERE name LIKE 'h2%'});
		like($session->complaint, $old ? qr/^(?:ERROR:  08007: .*of a kind that may be repeated.*)?$/s
			: qr/^$/, 'sixty PATCHes');
		is(scalar(grep { /^PATCH/ && $seen{$_}++ == 0 } $mock->requests('n')), 60, 'of all of them') unless $old;
		$session->quit;
		$mock->stop;
	};

	# More than may be held at once: streams of one connection are paused while
	# another goes on, and connections end meanwhile.
	foreach my $case ([ 1000, 12, 24 ], [ 5, 20, 10 ])
	{
		my ($requests, $answers, $megabytes) = @$case;
		subtest "large answers at once through nginx, $requests requests to a connection" => sub {
			my $mock = Fivetrex::Mock->start;
			my $port = nginx($mock->port, $requests);
			my $world = "l$requests";
			$mock->settings($world, connectors => $answers);
			$node->add_world($mock, $world, base_url => "https://127.0.0.1:$port/w/$world",
				sslrootcert => $files->{ca});
			foreach my $packed (0, 1)
			{
				my $session = Fivetrex::Session->new($node);
				$mock->fault($world, { path => '/schemas', times => 0, large => { packed => $packed, times => 1000 * $megabytes,
					head => '{"code":"Success","data":{"schemas":{"s":{"name_in_destination":"s","enabled":true}},"x":"',
					unit => 'x' x 1000, tail => '"}}' } });
				$session->ask("SET jit = off; SELECT count(*) FROM $world.connectors");
				$mock->clear($world);
				my $measured = $session->forget_peak;
				my $before = $session->resident;
				is($session->ask("SELECT count(*) FROM $world.connector_schemas"), $answers, "packed $packed: all are read");
				is($session->complaint, '', 'without a complaint');
				my @asked = grep { /schemas/ } $mock->requests($world);
				my %asked = map { $_ => 1 } @asked;
				is(scalar(keys %asked), $answers, 'all were asked for');
				cmp_ok(scalar @asked, '<=', 2 * $answers, 'no more than twice each');
				my $grown = $measured ? ($session->peak - $before) / 1000 : 0;
				note(sprintf '%d MB for %d answers of %d MB, %d requests', $grown, $answers, $megabytes, scalar @asked);
				# As of HTTP/1 (t/035_large_fanout.pl), and what servers may send to paused streams
				cmp_ok($grown, '<', 1.5 * ($megabytes + 32 + 16) + 32, 'no more is held than should be')
					unless ($ENV{LD_PRELOAD} // '') =~ /asan/;
				# cancelled while most are paused
				$mock->clear($world);
				$session->tell("BEGIN; DECLARE c CURSOR FOR SELECT * FROM $world.connector_schemas; FETCH 1 FROM c;
					SELECT pg_sleep(600)");
				# a cancel between two statements would be lost
				$node->poll_query_until('postgres',
					"SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = $session->{pid}");
				$node->query("SELECT pg_cancel_backend($session->{pid})");
				$session->answer;
				like($session->complaint('ROLLBACK; SELECT 1'), qr/^(WARNING.*)?$/s, 'a cancel leaves nothing behind');
				$mock->clear_faults($world);
				is($session->ask("SELECT count(*) FROM $world.groups"), 14, 'and the session goes on');
				$session->quit;
			}
			$mock->stop;
		};
	}
}

$node->stop;
foreach my $child (@children)
{
	kill 'TERM', $child->[0];
	waitpid $child->[0], 0;
}
$? = 0;
done_testing();
