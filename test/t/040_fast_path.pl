# The fast path, by which drivers call functions without a query.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use IO::Socket::UNIX;
use JSON::PP;
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('fast_path');
$node->add_world($mock, 'a');
my $c = '/v1/connections';

my $client = IO::Socket::UNIX->new(Peer => $node->host . '/.s.PGSQL.' . $node->port) or die $!;
my $user = $node->query('SELECT current_user');
my $startup = pack('N', 196608) . "user\0$user\0database\0postgres\0\0";
print {$client} pack('N', 4 + length $startup) . $startup;
$client->flush;

# Messages of the server until it is ready, as [ type, content ].
my $messages = sub {
	my @messages;
	until (@messages && $messages[-1][0] eq 'Z')
	{
		read($client, my $head, 5) == 5 or die 'the server has closed the connection';
		my ($type, $length) = unpack 'a N', $head;
		read($client, my $content, $length - 4) if $length > 4;
		push @messages, [ $type, $content ];
	}
	return @messages;
};
# Arguments and result are text; returns the result, or the error's SQLSTATE.
my $fast = sub {
	my ($function, @arguments) = @_;
	my $oid = $node->query("SELECT '$function'::regproc::oid");
	my $call = pack('N n n n', $oid, 1, 0, scalar @arguments)
	  . join('', map { defined $_ ? pack('N a*', length $_, $_) : pack('N', 0xFFFFFFFF) } @arguments) . pack('n', 0);
	$mock->clear('a');
	print {$client} 'F' . pack('N', 4 + length $call) . $call;
	$client->flush;
	my %said = map { @$_ } $messages->();
	return "error $1" if ($said{E} // '') =~ /\0C(\w{5})\0/;
	return substr $said{V}, 4;
};
$messages->();
is(decode_json($fast->('fivetrex_pause', 'broken_anchor', 'a'))->{id}, 'broken_anchor', 'fast path: an action');
is_deeply([ $mock->requests('a') ], ["PATCH $c/broken_anchor"], 'is sent');
is_deeply(decode_json($fast->('fivetrex_state', 'function_kernel', 'a')),
	decode_json($node->query(q{SELECT fivetrex_state('function_kernel', 'a')})), 'fast path: a read');
is($fast->('fivetrex_pause', 'no_such_thing', 'a'), 'error P0002', 'fast path: an error');
is($fast->('fivetrex_pause', undef, 'a'), 'error 22004', 'fast path: an argument that lacks');
is($fast->('fivetrex_delete_user_api_keys', 'x', 'a'), 'error 54000', 'fast path: a belt');
is_deeply([ $mock->requests('a') ], [], 'nothing is sent');
is(decode_json($fast->('fivetrex_resume', 'broken_anchor', 'a'))->{paused} ? 1 : 0, 0, 'and it goes on');
close $client;

$mock->clear_violations('a');    # of what was made to be refused
$node->stop;
$mock->stop;
done_testing();
