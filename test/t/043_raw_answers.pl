# Answers that are no HTTP, break off, or have a status that was not to be expected: what each is
# told as, whatever libcurl calls it.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Compress::Zlib ();
use HTTP::Tiny;
use IPC::Open2 qw(open2);
use JSON::PP ();
use Test::More;
use PostgreSQL::Test::Utils;
use Fivetrex::Certificates;
use Fivetrex::Node;
use Fivetrex::Session;

my $json = JSON::PP->new->ascii;
my $body = '{"code":"Success","data":{"items":[{"id":"a","name":"n"}]}}';
my $gzip = Compress::Zlib::memGzip($body);

# A whole answer of some content, with other headers and status.
sub whole
{
	my ($content, $headers, $status) = @_;
	return sprintf "HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s", $status // '200 OK', $headers // '', length $content,
	  $content;
}

sub chunked { return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" . join '', @_; }

# One with this status line, or with this header, and all else as it should be.
sub status { return sprintf "%s\r\nContent-Length: %d\r\n\r\n%s", $_[0], length $body, $body; }
sub header { return "HTTP/1.1 200 OK\r\n$_[0]\r\nContent-Length: " . length($body) . "\r\n\r\n$body"; }
sub length_is { return "HTTP/1.1 200 OK\r\nContent-Length: $_[0]\r\n\r\n$body"; }

my $chunk = sprintf "%x\r\n%s\r\n", length $body, $body;

# What is no answer as HTTP has them would be the same when asked for again; what broke off would not.
my @malformed = (
	[ 'a chunk without size' => chunked("\r\n$chunk", "0\r\n\r\n") ],
	[ 'a chunk whose size is a word' => chunked("xyz\r\n$chunk", "0\r\n\r\n") ],
	[ 'a second chunk whose size is a word' => chunked($chunk, "zz\r\n") ],
	[ 'a chunk of a negative size' => chunked("-2\r\n{}\r\n", "0\r\n\r\n") ],
	[ 'a chunk of too many digits' => chunked("fffffffffffffffff\r\n{}\r\n", "0\r\n\r\n") ],
	[ 'a chunk that is longer than its size' => chunked("2\r\n{}xx0\r\n\r\n") ],
	[ 'a trailer without colon' => chunked($chunk, "0\r\nno header\r\n\r\n") ],
	[ 'a version that is a word' => status('HTTP/x.y 200 OK') ],
	[ 'HTTP/0.9 by name' => status('HTTP/0.9 200 OK') ],
	[ 'HTTP/1.2' => status('HTTP/1.2 200 OK') ],
	[ 'HTTP/3 without QUIC' => status('HTTP/3.0 200 OK') ],
	[ 'HTTP/7.7' => status('HTTP/7.7 200 OK') ],
	[ 'no status' => status('HTTP/1.1') ],
	[ 'a status that is a word' => status('HTTP/1.1 abc OK') ],
	[ 'a status of two digits' => status('HTTP/1.1 20 OK') ],
	[ 'a status of four digits' => status('HTTP/1.1 2000 OK') ],
	[ 'the status 000' => status('HTTP/1.1 000 OK') ],
	[ 'the status 099' => status('HTTP/1.1 099 OK') ],
	[ 'another protocol' => status('HTTQ/1.1 200 OK') ],
	[ 'SSH' => "SSH-2.0-OpenSSH_9.2\r\n" ],
	[ 'JSON without head' => $body ],
	[ 'a header without colon' => header('garbage') ],
	[ 'a header with NUL' => header("X: a\0b") ],
	[ 'a header with a carriage return' => header("X: a\rb") ],
	[ 'a length that is a word' => length_is('abc') ],
	[ 'a negative length' => length_is('-2') ],
	[ 'a length with a sign' => length_is('+59') ],
	[ 'a length with something behind' => length_is('59x') ],
	[ 'a length in hexadecimal digits' => length_is('0x3b') ],
	[ 'no length in its header' => length_is('') ],
	[ 'a length beyond all numbers' => length_is('9' x 30) ],
	[ 'two lengths' => length_is("59\r\nContent-Length: 58") ],
	[ 'two lengths in one header' => length_is('59, 58') ],
	[ 'a transfer coding that is not known' => header('Transfer-Encoding: rot13') ],
	[ 'a content coding that is not known' => whole($body, "Content-Encoding: rot13\r\n") ],
	[ 'six content codings' => whole($gzip, 'Content-Encoding: ' . join(', ', ('gzip') x 6) . "\r\n") ],
	[ 'gzip that is none' => whole($body, "Content-Encoding: gzip\r\n") ],
	[ 'gzip with a wrong checksum' => whole(substr($gzip, 0, -8) . '12345678', "Content-Encoding: gzip\r\n") ],
	[ 'gzip with something behind' => whole("${gzip}garbage", "Content-Encoding: gzip\r\n") ],
	[ 'gzip that is cut short' => whole(substr($gzip, 0, 30), "Content-Encoding: gzip\r\n") ],
	[ 'JSON that is cut short' => whole(substr $body, 0, -1) ]);
my @broken = (
	[ 'nothing' => '' ],
	[ 'half a status line' => 'HTTP/1.1 2' ],
	[ 'a status line only' => "HTTP/1.1 200 OK\r\n" ],
	[ 'half a header' => "HTTP/1.1 200 OK\r\nContent-L" ],
	[ 'headers without end' => "HTTP/1.1 200 OK\r\nContent-Length: 59\r\n" ],
	[ 'headers of an empty answer without end' => "HTTP/1.1 204 No Content\r\nX: y\r\n" ],
	[ 'an interim answer' => "HTTP/1.1 100 Continue\r\n\r\n" ],
	[ 'an interim answer and half a head' => "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n" ],
	[ 'no body' => length_is(59) =~ s/\r\n\r\n.*/\r\n\r\n/sr ],
	[ 'half a body' => whole($body) =~ s/.{9}$//sr ],
	[ 'half a chunk' => chunked($chunk =~ s/.{9}$//sr) ],
	[ 'no last chunk' => chunked($chunk) ],
	[ 'half a last chunk' => chunked($chunk, "0\r\n") ]);
my @good = (
	[ 'as it should be' => whole($body) ],
	[ 'HTTP/1.0' => status('HTTP/1.0 200 OK') ],
	[ 'a status without words' => status('HTTP/1.1 200') ],
	[ 'lines that end as in C' => whole($body) =~ s/\r\n/\n/gr ],
	[ 'a header that goes on' => header("X: a\r\n b") ],
	[ 'one length twice' => length_is("59\r\nContent-Length: 59") ],
	[ 'one length twice in one header' => length_is('59, 59') ],
	[ 'an interim answer before' => "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" . whole($body) ],
	[ 'chunks' => chunked($chunk, "0\r\n\r\n") ],
	[ 'chunks with extension and trailer' => chunked($chunk =~ s/\r/;a=b\r/r, "0\r\nX: y\r\n\r\n") ],
	[ 'gzip' => whole($gzip, "Content-Encoding: gzip\r\n") ],
	[ 'until the connection ends' => "HTTP/1.1 200 OK\r\n\r\n$body" ]);

# Statuses without a meaning here, with a header: what is told of a read, and of a change.
my $elsewhere = "Location: https://127.0.0.1/v1/webhooks\r\n";
my @statuses = (
	[ '101 Switching Protocols', '', '08P01: .*interim', '08007: .*interim' ],
	[ '204 No Content', '', '08P01: .*has no content', '08007: .*has no content' ],
	[ '205 Reset Content', '', '08P01: .*has no content', '08007: .*has no content' ],
	[ '206 Partial Content', "Content-Range: bytes 0-1/9\r\n", '08P01: .*a part', '08007: .*a part' ],
	[ '300 Multiple Choices', $elsewhere, ('HV000: unexpected .*the choice') x 2 ],
	(map { [ "$_ Elsewhere", $elsewhere, ('HV000: the server redirected (?!.*It )') x 2 ],
			[ "$_ Nowhere", '', ('HV000: the server redirected .*does not say where') x 2 ] } 301, 302, 307, 308),
	[ '303 See Other', $elsewhere, 'HV000: the server redirected .*refers', '08007: .*refers' ],
	[ '303 See', '', 'HV000: the server redirected .*refers', '08007: .*refers' ],
	[ '304 Not Modified', '', ('HV000: unexpected .*nothing has changed') x 2 ],
	[ '305 Use Proxy', $elsewhere, ('HV000: unexpected .*demands a proxy') x 2 ],
	[ '306 Switch Proxy', '', ('HV000: unexpected .*not known') x 2 ],
	[ '399 Whatever', $elsewhere, ('HV000: unexpected .*not known') x 2 ]);

my $get = ['GET /v1/groups'];
my $post = ['POST /v1/groups'];
my @cases = (
	(map { { name => $_->[0], answer => $_->[1], read => qr/ERROR:  08P01: /, reads => $get } } @malformed),
	(map { { name => $_->[0], answer => $_->[1], read => qr/ERROR:  08006: /, reads => [ @$get, @$get ] } } @broken),
	(map { { name => $_->[0], answer => $_->[1], read => qr/^$/, reads => $get, change => qr/^$/ } }
		  @good, [ '205 with content', whole($body, '', '205 Reset Content') ]),
	(map { { name => "$_->[0], $_->[1]" =~ s/\r\n//r, reads => $get,
			answer => whole($_->[0] =~ m{^101} ? 'xx' : '', $_->[1], $_->[0]),
			read => qr/ERROR:  $_->[2]/s, change => qr/ERROR:  $_->[3]/s } } @statuses));

my $dir = PostgreSQL::Test::Utils::tempdir();
my $files = Fivetrex::Certificates::make($dir);
PostgreSQL::Test::Utils::append_to_file("$dir/answers",
	$json->encode({ map { $_ => [ $cases[$_]{answer} ] } keys @cases }));
my $pid = open2(my $out, my $in, $ENV{PYTHON} || 'python3', "$FindBin::RealBin/../mock/raw.py", '--answers',
	"$dir/answers", '--tls-cert', $files->{cert}, '--tls-key', $files->{key}, '--exit-on-stdin-eof');
my $port = <$out> + 0;
my $http = HTTP::Tiny->new(proxy => undef, http_proxy => undef);

sub seen
{
	my $answer = $http->get("http://127.0.0.1:$port/seen");
	die $answer->{content} unless $answer->{success};
	return [ map { s/\?.*//r } @{ $json->decode($answer->{content}) } ];
}

my $node = Fivetrex::Node->start('raw');
$node->query(q{CREATE SERVER raw FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url 'http://127.0.0.1:1/',
		max_retries '1', retry_delay '0', request_timeout '180', connect_timeout '180', prefetch 'false');
	CREATE USER MAPPING FOR PUBLIC SERVER raw OPTIONS (api_key 'key', api_secret 'secret');
	CREATE SCHEMA raw; IMPORT FOREIGN SCHEMA fivetran FROM SERVER raw INTO raw});
my $session = Fivetrex::Session->new($node);

foreach my $scheme (qw(http https))
{
	$session->ask("ALTER SERVER raw OPTIONS (ADD sslrootcert '$files->{ca}')") if $scheme eq 'https';
	foreach my $i (keys @cases)
	{
		my $case = $cases[$i];
		subtest "$scheme: $case->{name}" => sub {
			$session->ask("ALTER SERVER raw OPTIONS (SET base_url '$scheme://127.0.0.1:$port/$i')");
			# the server ends each connection, maybe just when it is to be used again
			$session->ask(q{SELECT fivetrex_disconnect('raw')});
			like($session->complaint('SELECT name FROM raw.groups'), $case->{read}, 'read');
			is_deeply(seen(), $case->{reads}, 'as often as it makes sense');

			$session->ask(q{SELECT fivetrex_disconnect('raw')});
			# who has sent a change and has no answer does not know
			like($session->complaint(q{SELECT fivetrex_request('POST', '/v1/groups', NULL, '{"name": "x"}', 'raw')}),
				$case->{change} // qr/ERROR:  08007: /, 'a change');
			is_deeply(seen(), $post, 'is sent once');
		};
	}
}

$session->quit;
$node->stop;
close $in;
waitpid $pid, 0;
$? = 0;
done_testing();
