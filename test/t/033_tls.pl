# Certificates are always verified.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use PostgreSQL::Test::Utils;
use Fivetrex::Mock;
use Fivetrex::Node;

my $dir = PostgreSQL::Test::Utils::tempdir();

sub openssl
{
	my @command = ('openssl', @_);
	my ($out, $err);
	IPC::Run::run(\@command, '<', \'', '>', \$out, '2>', \$err)
	  or die "@command: $err";
	return;
}

# A throwaway authority, and certificates for the server: a good one, one for
# another name, one that has expired.
openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=test authority',
	'-keyout', "$dir/ca.key", '-out', "$dir/ca.crt");

# not by -CAcreateserial, whose file is outside the directory if that has a dot in its name
my $serial = 0;
sub certificate
{
	my ($name, $subject, @validity) = @_;
	openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=server', '-keyout', "$dir/$name.key", '-out',
		"$dir/$name.csr");
	PostgreSQL::Test::Utils::append_to_file("$dir/$name.ext", "subjectAltName = $subject\n");
	openssl('x509', '-req', '-in', "$dir/$name.csr", '-CA', "$dir/ca.crt", '-CAkey', "$dir/ca.key",
		'-set_serial', ++$serial, '-extfile', "$dir/$name.ext", '-out', "$dir/$name.crt", @validity);
	return (tls_cert => "$dir/$name.crt", tls_key => "$dir/$name.key");
}

my $node = Fivetrex::Node->start('tls');
my $n = 0;

# The error of a ping, or the account's name.
sub ping
{
	my ($mock, %options) = @_;
	my $server = 's' . $n++;
	my $url = $mock->url('tls');
	like($url, qr/^https:/, 'the mock speaks TLS');
	my $options = join ', ', "base_url '$url'", "max_retries '0'", map { "$_ '$options{$_}'" } keys %options;
	$node->safe_psql('postgres', "CREATE SERVER $server FOREIGN DATA WRAPPER fivetrex OPTIONS ($options);
		CREATE USER MAPPING FOR PUBLIC SERVER $server OPTIONS (api_key 'key', api_secret 'secret')");
	my (undef, $out, $err) = $node->psql('postgres',
		"\\set VERBOSITY verbose\nSELECT account_name FROM fivetrex_ping('$server')");
	return $err || $out;
}

my $good = Fivetrex::Mock->start(certificate('good', 'IP:127.0.0.1'));
is(ping($good, sslrootcert => "$dir/ca.crt"), 'Acme Analytics', 'a certificate of a trusted authority');
like(ping($good), qr/ERROR:  08001: could not establish a trusted TLS connection/,
	'an authority that the system does not know');
like(ping($good, sslrootcert => "$dir/good.key"), qr/ERROR:  08001/, 'a file that has no certificates');
like(ping($good, sslrootcert => "$dir/nothing"), qr/ERROR:  08001/, 'a file that is not there');
is(scalar @{ [ $good->requests('tls') ] }, 1, 'only the trusted connection was used');
$good->stop;

my $other = Fivetrex::Mock->start(certificate('other', 'DNS:api.example.com'));
like(ping($other, sslrootcert => "$dir/ca.crt"), qr/ERROR:  08001/, 'a certificate for another name');
is(scalar @{ [ $other->requests('tls') ] }, 0, 'nothing was sent');
$other->stop;

# OpenSSL 3.4 and newer refuse negative days, older ones do not know dates.
my %expired = eval { certificate('old', 'IP:127.0.0.1', '-days', '-1') };
%expired = certificate('expired', 'IP:127.0.0.1', '-not_before', '20200101000000Z', '-not_after', '20200102000000Z')
  if !%expired;
my $expired = Fivetrex::Mock->start(%expired);
like(ping($expired, sslrootcert => "$dir/ca.crt"), qr/ERROR:  08001/, 'a certificate that has expired');
$expired->stop;

$node->stop;
done_testing();
