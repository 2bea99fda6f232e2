# Credentials in files, proxies, and who may read what.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use IO::Socket::INET;
use POSIX qw(mkfifo);
use Test::More;
use PostgreSQL::Test::Utils;
use Fivetrex::Mock;
use Fivetrex::Node;
use Fivetrex::Session;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('credentials');
$node->add_world($mock, 'f', max_retries => 0);
my $dir = PostgreSQL::Test::Utils::tempdir();

sub file
{
	my ($name, $content) = @_;
	# in the place of the old one, as those do that change secrets
	open my $file, '>', "$dir/$name.new" or die $!;
	print $file $content;
	close $file;
	rename "$dir/$name.new", "$dir/$name" or die $!;
	return "$dir/$name";
}

file('key', "key\n");
file('secret', "secret\r\n");
$node->query(qq{ALTER USER MAPPING FOR PUBLIC SERVER f OPTIONS (DROP api_key, DROP api_secret,
	ADD api_key_file '$dir/key', ADD api_secret_file '$dir/secret')});
my $session = Fivetrex::Session->new($node);
my $scan = 'SELECT count(*) FROM f.groups';

subtest 'files' => sub {
	is($session->ask($scan), 14, 'are read');
	my $name = 0;
	foreach my $case (
		[ 'a NUL', sub { file('secret', "secret\0more") }, qr/HV024: .*has a NUL byte/ ],
		[ 'a control character', sub { file('secret', "sec\nret") }, qr/22023: .*a character that credentials cannot/ ],
		[ 'nothing', sub { file('secret', "\n") }, qr/22023: .*is empty/ ],
		[ 'too much', sub { file('secret', 'x' x 4097) }, qr/HV024: .*is too long/ ],
		[ 'a FIFO', sub { mkfifo("$dir/special", 0600) }, qr/42809: .*is not a regular file/ ],
		[ 'a directory', sub { mkdir "$dir/special" }, qr/42809: .*is not a regular file/ ],
		[ 'a device', sub { symlink '/dev/zero', "$dir/special" }, qr/42809: .*is not a regular file/ ],
		[ 'a socket', sub { IO::Socket::UNIX->new(Local => "$dir/special", Listen => 1) }, qr/ERROR: .*api_secret_file/ ],
		[ 'no file', sub { }, qr/58P01: could not open the file of option "api_secret_file"/ ])
	{
		my ($what, $make, $error) = @$case;
		unlink "$dir/special";
		rmdir "$dir/special";
		$make->();
		my $file = $error =~ /special|regular|58P01|ERROR: / ? "$dir/special" : "$dir/secret";
		$node->query("ALTER USER MAPPING FOR PUBLIC SERVER f OPTIONS (SET api_secret_file '$file')");
		$mock->clear('f');
		like($session->complaint("SET statement_timeout = '180s'; $scan"), $error, "$what is an error");
		unlike($session->complaint, qr/\Q$dir\E/, 'that does not tell the name');
		is(scalar @{ [ $mock->requests('f') ] }, 0, 'nothing is sent');
	}
	file('secret', "secret\n");
	$node->query("ALTER USER MAPPING FOR PUBLIC SERVER f OPTIONS (SET api_secret_file '$dir/secret')");
	is($session->ask($scan), 14, 'again');
	foreach my $content ("\xEF\xBB\xBFsecret\n", "\xEF\xBB\xBFsecret")
	{
		file('secret', $content);
		$node->query("ALTER SERVER f OPTIONS (SET connect_timeout '190')");
		is($session->ask($scan), 14, 'a byte order mark is none of it');
		$node->query(q{ALTER SERVER f OPTIONS (SET connect_timeout '180')});
	}
	file('secret', "\xEF\xBB\xBF\n");
	$node->query("ALTER SERVER f OPTIONS (SET connect_timeout '190')");
	like($session->complaint($scan), qr/22023: .*is empty/, 'and makes nothing of nothing');
	$node->query(q{ALTER SERVER f OPTIONS (SET connect_timeout '180')});
	file('secret', "secret\n");
	is($session->ask($scan), 14, 'and again');
};

subtest 'files that change' => sub {
	# the session has the old one
	file('secret', "wrong\n");
	is($session->ask($scan), 14, 'are not read while what is known is taken');
	$mock->clear('f');
	$node->query("ALTER SERVER f OPTIONS (SET connect_timeout '190')");
	like($session->complaint($scan), qr/28000: .*\nHINT:  Check the files that the options api_key_file and/s,
		'a wrong one is refused');
	is(scalar @{ [ $mock->requests('f') ] }, 1, 'once, as it has not changed since');
	file('secret', "secret\n");
	$mock->clear('f');
	is($session->ask($scan), 14, 'the next statement reads it anew');
	# now the API knows another: in the middle of a statement
	foreach my $case ([ $scan, qr/^14$/ ], [ 'SELECT count(*) FROM f.group_users', qr/^\d\d+$/ ],
		[ q{SELECT fivetrex_sync('assimilate_seem', server => 'f')}, qr/Sync/ ],
		[ q{UPDATE f.groups SET name = 'Renamed' WHERE id IN ('decent_dropsy', 'empty_shelf') RETURNING name},
			qr/^Renamed\nRenamed$/ ])
	{
		my ($sql, $expected) = @$case;
		file('secret', "stale\n");
		$node->query("ALTER SERVER f OPTIONS (SET connect_timeout '$_')") for 180, 190;
		# begins with the stale one: the file is changed when the first request stalls
		$mock->clear('f');
		$mock->fault('f', { stall => 'headers' });
		$session->tell($sql);
		$mock->wait_for('f', 1, '/v1/', 'stalled');
		file('secret', "secret\n");
		$mock->release('f');
		like($session->answer, $expected, "read again after 401: $sql") or diag($session->complaint);
		is($session->complaint, '', 'and nothing is said');
	}
};

subtest 'who may' => sub {
	$node->query(qq{CREATE ROLE owner; CREATE ROLE reader LOGIN; ALTER SERVER f OWNER TO owner;
		GRANT USAGE ON FOREIGN SERVER f TO reader; GRANT USAGE ON SCHEMA f TO reader; GRANT SELECT ON f.groups TO reader});
	$mock->clear('f');
	like($session->complaint("SET ROLE reader; $scan"), qr/42501: option "api_key_file" is not used on server "f"/,
		'files are not sent where a server\'s owner wants');
	is(scalar @{ [ $mock->requests('f') ] }, 0, 'nothing is sent');
	$node->query('GRANT pg_read_server_files TO owner; ALTER SERVER f OPTIONS (SET connect_timeout \'200\')');
	is($session->ask($scan), 14, 'unless he may read them himself');
	$session->ask('RESET ROLE');
};

# A proxy that notes what it is asked, and answers nothing.
sub proxied
{
	my ($base_url, $proxy, $environment) = @_;
	my $listen = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die $!;
	$listen->blocking(0);
	my $port = $listen->sockport;
	$node->query(qq{DROP SERVER IF EXISTS p CASCADE;
		CREATE SERVER p FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url '$base_url', max_retries '0', connect_timeout '180',
			request_timeout '180' @{[ defined $proxy ? ", proxy '" . $proxy =~ s/PORT/$port/r . "'" : '' ]});
		CREATE USER MAPPING FOR PUBLIC SERVER p OPTIONS (api_key 'key', api_secret 'secret',
			proxy_user 'Prox', proxy_password 'swordfish')});
	$session->tell("SELECT fivetrex_ping('p')");
	my $heard;
	if ($environment)
	{
		# it comes if it comes at all
		$listen->blocking(1);
		my $client = $listen->accept;
		$heard = '';
		while (my $line = <$client>)
		{
			$heard .= $line;
			last if $line eq "\r\n";
		}
		print $client "HTTP/1.1 407 Give swordfish or UHJveDpzd29yZGZpc2g=\r\n"
			. "Content-Length: 0\r\nProxy-Authenticate: Basic realm=\"swordfish\"\r\n\r\n";
		close $client;
		$session->answer;
		return $heard;
	}
	$session->answer;
	return $listen->accept ? 'asked' : 'not asked';
}

subtest 'proxy' => sub {
	my $port = $mock->port;
	foreach my $host (qw(127.0.0.1 127.0.0.2 127.255.255.254 0x7f.0.0.2 2130706434 017700000002 127.1
		[::1] [0:0:0:0:0:0:0:1] localhost LOCALHOST))
	{
		is(proxied("http://$host:1", 'http://127.0.0.1:PORT'), 'not asked', "http://$host never goes through a proxy");
		is(proxied("https://$host:1", 'http://127.0.0.1:PORT'), 'not asked', "nor does https://$host");
	}
	foreach my $host ('localhost.', '[::2]', '[::ffff:10.0.0.1]', '0.0.0.0', '128.0.0.1', '2147483648')
	{
		my (undef, undef, $err) = $node->psql('postgres',
			"\\set VERBOSITY verbose\nALTER SERVER f OPTIONS (SET base_url 'http://$host/')");
		like($err, qr/22023: .*base_url/, "http://$host is refused");
	}
	my $heard = proxied('https://api.example.com', 'http://127.0.0.1:PORT', 1);
	like($heard, qr/^CONNECT api.example.com:443 HTTP/, 'another host is reached through it');
	like($heard, qr/^Proxy-Authorization: Basic UHJveDpzd29yZGZpc2g=\r$/m, 'with the credentials of the mapping');
	unlike($heard, qr/^Authorization/m, 'and not those of the API');
	my $complaint = $session->complaint;
	like($complaint, qr/ERROR: .*(?:407|proxy)/i, 'it fails');
	unlike($complaint, qr/swordfish|UHJveDpzd29yZGZpc2g/, 'and its words are masked');
};

$session->quit;
$node->stop;
$mock->stop;
done_testing();
