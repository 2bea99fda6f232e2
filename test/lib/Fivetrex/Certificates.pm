
=head1 NAME

Fivetrex::Certificates - a throwaway authority and a server's certificate

=head1 SYNOPSIS

  my $files = Fivetrex::Certificates::make($dir);   # ca, cert, key: of 127.0.0.1

=cut

package Fivetrex::Certificates;

use strict;
use warnings;

use IPC::Run ();

sub _openssl
{
	my @command = ('openssl', @_);
	my ($out, $err);
	IPC::Run::run(\@command, '<', \'', '>', \$out, '2>', \$err) or die "@command: $err";
	return;
}

sub make
{
	my ($dir) = @_;
	my %file = map { $_ => "$dir/h2_$_" } qw(ca ca_key cert key csr ext);
	_openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=test authority',
		'-keyout', $file{ca_key}, '-out', $file{ca});
	_openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=server', '-keyout', $file{key}, '-out', $file{csr});
	open my $ext, '>', $file{ext} or die $!;
	print $ext "subjectAltName = IP:127.0.0.1\n";
	close $ext;
	# not by -CAcreateserial, whose file is outside the directory if that has a dot in its name
	_openssl('x509', '-req', '-in', $file{csr}, '-CA', $file{ca}, '-CAkey', $file{ca_key}, '-set_serial', 1,
		'-extfile', $file{ext}, '-out', $file{cert});
	return \%file;
}

1;
