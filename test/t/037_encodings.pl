# Answers in databases of other encodings: what they cannot hold is an error
# that says where it stands, and nothing else breaks.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use MIME::Base64 qw(encode_base64);
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;
use Fivetrex::Session;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('encodings');
my @encodings = qw(UTF8 LATIN1 SQL_ASCII EUC_JP WIN1251);
foreach my $encoding (@encodings)
{
	$node->query("CREATE DATABASE \L$encoding\E TEMPLATE template0 ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE 'C'");
	$node->safe_psql(lc $encoding, qq{CREATE EXTENSION fivetrex;
		CREATE SERVER fivetran FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url '} . $mock->url('e') . q{',
		max_retries '0');
		CREATE USER MAPPING FOR PUBLIC SERVER fivetran OPTIONS (api_key 'key', api_secret 'secret');
		CREATE SCHEMA e; IMPORT FOREIGN SCHEMA fivetran FROM SERVER fivetran INTO e});
}

# name => bytes between the quotes of a JSON string
my %texts = (
	ascii => 'abc', latin => "\xC3\xA9", 'latin escaped' => '\u00e9', japanese => "\xE6\x97\xA5\xE6\x9C\xAC",
	'japanese escaped' => '\u65e5\u672c', cyrillic => "\xD0\xAF", emoji => "\xF0\x9F\x98\x80",
		'emoji escaped' => '\ud83d\ude00',
	'C1' => '\u0085', 'no character' => '\uffff', zero => '\u0000', 'half a pair' => '\ud800',
		'the other half' => 'a\udc00',
	'not UTF-8' => "a\xFFb", 'half a character' => "a\xE6\x97", 'too long' => "\xC0\x80",
		'a surrogate in UTF-8' => "\xED\xA0\x80",
	long => "\xE6\x97\xA5" x 50000, 'long and ascii' => 'a' x 200000, 'long escapes' => '\u65e5' x 20000);
# those that each can hold; SQL_ASCII takes bytes as they come
my %held = (UTF8 => qr/^(?!zero|half|the other)/,
	LATIN1 => qr/^(ascii|latin|C1|long and ascii)/, EUC_JP => qr/^(ascii|latin|japanese|cyrillic|long)/,
	WIN1251 => qr/^(ascii|cyrillic|long and ascii)/, SQL_ASCII => qr/^(?!zero|half|the other)/);

my $broken = qr/^(not UTF|half a char|too long|a surr)/;
my %unescaped = ('latin escaped' => $texts{latin}, 'japanese escaped' => $texts{japanese},
	'emoji escaped' => $texts{emoji},
	C1 => "\xC2\x85", 'no character' => "\xEF\xBF\xBF", 'long escapes' => $texts{japanese} =~ s/...$//r);

# place => what of the text is put where, and the statement that wants it, where an error says it stands
my $success = '{"code":"Success","data":%s}';
my %places = (
	'a key' => [ '/v1/groups', '{"items":[{"id":"%s","name":"n"}]}', 'SELECT id FROM e.groups', 'column "id"' ],
	'a text' => [ '/v1/groups', '{"items":[{"id":"i","name":"%s"}]}', 'SELECT name FROM e.groups', 'column "name"' ],
	'a jsonb' => [ '/v1/groups', '{"items":[{"id":"i","name":"%s"}]}',
		q{SELECT attrs ->> 'name' FROM e.groups}, 'column "attrs"' ],
	'a name in jsonb' => [ '/v1/groups', '{"items":[{"id":"i","%s":1}]}', 'SELECT attrs FROM e.groups',
		'column "attrs"' ],
	'an array' => [ '/v1/webhooks', '{"items":[{"id":"i","events":["%s"]}]}',
		'SELECT events FROM e.webhooks', 'column "events"' ],
	'a name in a map' => [ '/v1/connections/c/schemas', '{"schemas":{"s":{"tables":{"%s":{"enabled":true}}}}}',
		q{SELECT table_name FROM e.connector_tables WHERE connector_id = 'c'}, 'column "table_name"' ],
	'a function' => [ '/v1/groups/i', '{"id":"i","name":"%s"}',
		q{SELECT fivetrex_request('GET', '/v1/groups/i')}, 'answer to GET /v1/groups/i' ],
	'a write' => [ '/v1/groups', '{"id":"i","name":"%s"}',
		q{INSERT INTO e.groups (name) VALUES ('n') RETURNING name}, 'column "name"' ],
	'a cursor' => [ '/v1/groups', '{"items":[{"id":"i"}],"next_cursor":"%s"}', 'SELECT id FROM e.groups', '' ]);

# Sessions stay, so nothing may end the backend; they read UTF-8 where there is something to convert.
foreach my $encoding (@encodings)
{
	my $session = Fivetrex::Session->new($node, lc $encoding);
	$session->ask(q{SET client_encoding = 'UTF8'}) if $encoding ne 'SQL_ASCII';
	my $pid = $session->pid;
	foreach my $place (sort keys %places)
	{
		my ($path, $data, $sql, $context) = @{ $places{$place} };
		foreach my $text (sort keys %texts)
		{
			my $name = "$encoding, $place, $text";
			next if $place eq 'a cursor' && $text =~ /^long/;
			my $body = sprintf $success, $data =~ s/%s/$texts{$text}/r;
			$mock->clear_faults('e');
			$mock->fault('e', { path => "^$path(\\?|\$)", times => $place eq 'a cursor' ? 0 : 1,
				body_base64 => encode_base64($body, '') });
			my $out = $session->ask($sql);
			my $err = $session->complaint;
			if ($text =~ $broken)
			{
				like($err, $place eq 'a write' ? qr/ERROR:  08007: / : qr/ERROR:  08P01: /, "$name: error");
				like($err, qr{DETAIL:  (GET|POST) \Q$path\E.*It is not valid UTF-8}, "$name: which answer");
			}
			elsif ($place eq 'a cursor')
			{
				# one that can be sent comes again; where there is doubt it is not sent
				my $sent = $text eq 'ascii' || ($encoding eq 'UTF8' && $text =~ $held{UTF8});
				like($err, $sent ? qr/ERROR:  08P01: the Fivetran API repeated a cursor/ :
					qr{ERROR:  08P01: .*\nDETAIL:  GET \Q$path\E.*Its "next_cursor"}, $name);
			}
			elsif ($text =~ $held{$encoding})
			{
				is($err, '', "$name: no error");
				my $is = $texts{$text} =~ /^\\u/ ? $unescaped{$text} : $texts{$text};
				ok(index($out, $is) >= 0, "$name: is there") or note(substr $out, 0, 200);
			}
			else
			{
				like($err, qr/ERROR:  22P05: /, "$name: error");
				like($err, qr/CONTEXT:  .*$context/, "$name: where");
				like($err, qr/writes: 1 done/, "$name: told") if $place eq 'a write';
				is($out, '', "$name: no row");
			}
			unlike($err, qr/terminat|server closed/, "$name: the backend goes on");
		}
	}
	# what a server says of an error is shown as far as it can be
	foreach my $text (sort keys %texts)
	{
		$mock->fault('e', { path => '^/v1/groups', status => 400,
			body_base64 => encode_base64(qq({"code":"$texts{$text}","message":"no: $texts{$text}"}), '') });
		like($session->complaint('SELECT id FROM e.groups'), qr/ERROR:  22023: /, "$encoding, message, $text");
		$mock->clear_faults('e');
	}
	is($session->ask('SELECT pg_backend_pid()'), $pid, "$encoding: the same backend");
	is($session->ask('SELECT count(*) FROM e.groups'), 14, "$encoding: works");
	cmp_ok($session->peak, '<', 200 * 1024, 'and is small') if defined $session->peak;
	$session->quit;
}

# A key that is no text in UTF-8 is an error of its row, not of a row before it.
$node->safe_psql('sql_ascii', q{CREATE TABLE keys AS SELECT n, CASE n WHEN 3 THEN E'\\xff' ELSE 'k' || n END AS k
	FROM generate_series(1, 9) n; ANALYZE keys});
foreach my $window (-1, 0)
{
	my $sql = "SET fivetrex.join_window = $window; SELECT k.n FROM keys k
	  LEFT JOIN e.connector_states s ON s.connector_id = k.k LIMIT";
	is($node->safe_psql('sql_ascii', "$sql 2"), "1\n2",
		"a key that cannot be sent lies behind the LIMIT (window $window)");
	isnt(($node->psql('sql_ascii', "$sql 3"))[0], 0, "or before it (window $window)");
}

$node->stop;
$mock->stop;
done_testing();
