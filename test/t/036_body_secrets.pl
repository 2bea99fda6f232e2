# The secrets of a request itself stay out of words, whatever the API repeats of it.

use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Encode qw(encode_utf8 decode_utf8);
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Test::More;
use PostgreSQL::Test::Utils qw(slurp_file);
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start(allow_violations => ['b']);
my $node = Fivetrex::Node->start('bodies');
$node->add_world($mock, 'b', max_retries => 0);
$node->query("ALTER USER MAPPING FOR PUBLIC SERVER b OPTIONS (ADD webhook_secret 'mappingsHookLEAK')");
$node->append_conf('postgresql.conf', "log_statement = none\nlog_min_error_statement = panic\n");
$node->restart;
my $json = JSON::PP->new->canonical->allow_nonref;

sub percent { return join '', map { sprintf '%%%02X', $_ } unpack 'C*', encode_utf8($_[0]); }
sub within { my ($text, $mark) = @_; return substr($text, 0, 5) . $mark . substr($text, 5); }
sub spread { my ($text, $mark) = @_; return join $mark, split //, $text; }

# How servers quote: what of the message stands around and instead of the secret.
my %form = (
	plain => sub { "bad value $_[0]" }, quoted => sub { "bad value '$_[0]'." },
	escaped => sub { 'in ' . $json->encode($_[0]) }, twice => sub { 'in ' . $json->encode($json->encode($_[0])) },
	percent => sub { 'at ' . percent($_[0]) }, base64 => sub { 'of ' . encode_base64(encode_utf8($_[0]), '') },
	hexadecimal => sub { 'of ' . unpack('H*', encode_utf8($_[0])) },
	html => sub { join '', map { sprintf '&#%d;', ord } split //, $_[0] },
	cut => sub { ('. ' x 497) . $_[0] }, newline => sub { within($_[0], "\n") }, nul => sub { within($_[0], "\0") },
	zero_width => sub { spread($_[0], "\x{200B}") }, soft_hyphen => sub { within($_[0], "\x{AD}") },
	bell => sub { spread($_[0], "\a") }, escaped_newline => sub { within($_[0], '\\n') },
	escaped_mark => sub { within($_[0], '\\u200b') },
	encoded_newline => sub { within($_[0], '%0A') });

# Places of a secret in an object: of the name, of the text.
my %place = (
	password => sub { { host => 'h', password => $_[0] } },
	nested => sub { { a => { b => [ { client_secret => $_[0] } ] } } },
	below => sub { { credentials => { user => $_[0] } } },
	pair => sub { { headers => [ { name => 'X', value => $_[0] } ] } },
	url => sub { { uri => "https://u:$_[0]\@h/x" } }, header => sub { { note => "Authorization: Bearer $_[0]" } },
	bearer => sub { { note => "Bearer $_[0]" } }, connection => sub { { note => "host=h;Pwd=$_[0];x=y" } },
	userinfo => sub { { note => "u:$_[0]\@h" } }, json_text => sub { { note => $json->encode({ token => $_[0] }) } },
	session => sub { { session => $_[0] } },
	slack => sub { { to => "https://hooks.slack.com/services/$_[0]" } },
	account => sub { { service_account_json => $_[0] } }, shared => sub { { shared_access => $_[0] } });

sub literal { my ($value) = @_; return "'" . $json->encode($value) =~ s/'/''/gr . "'"; }
sub quoted { my ($text) = @_; return "'" . $text =~ s/'/''/gr . "'"; }

# Roads of a body to the API.
my %road = (
	insert => sub { "INSERT INTO b.connectors (service, group_id, config) VALUES ('s', 'g', " . literal($_[0]) . ')' },
	update => sub { 'UPDATE b.connectors SET config = ' . literal($_[0]) . " WHERE id = 'assimilate_seem'" },
	state => sub { "SELECT fivetrex_set_state('assimilate_seem', " . literal($_[0]) . ", server => 'b')" },
	post => sub { "SELECT fivetrex_request('POST', '/v1/connections', NULL, " . literal($_[0]) . ", server => 'b')" },
	patch => sub { "SELECT fivetrex_request('PATCH', '/v1/connections/x', NULL, " . literal($_[0]) . ",
		server => 'b')" });

sub faults
{
	my ($body) = @_;
	$mock->clear_faults('b');
	$mock->fault('b', map { { times => 0, method => $_, status => 400, body => $body } } qw(POST PATCH PUT DELETE));
	return;
}

# What a reader can make of a text, without what is not visible.
sub plain
{
	my ($text) = @_;
	$text =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge for 1, 2;
	$text =~ s/\\+u([0-9A-Fa-f]{4})/chr hex $1/ge;
	$text =~ s/&#(\d+);/chr $1/ge;
	return $text =~ s/\\+n//gr =~ s/[\x00-\x1F\x7F-\x9F\xAD\x{200B}]//gr;
}

sub said_of
{
	my ($statement) = @_;
	my $offset = -s $node->logfile;
	my ($out, $err);
	$node->psql('postgres', encode_utf8("\\set VERBOSITY verbose\n\\set SHOW_CONTEXT always\n"
		. "SET fivetrex.log_writes = on;\n"
		. "$statement;\nSELECT 'LAST ' || fivetrex_last_error()::text;\n"),
		stdout => \$out, stderr => \$err, on_error_stop => 0);
	return (decode_utf8($err), decode_utf8($err . $out . slurp_file($node->logfile, $offset)));
}

# Neither the secret nor four characters of it that stand together.
sub hides
{
	my ($name, $secret, $statement, $status) = @_;
	my ($err, $all) = said_of($statement);
	like($err, $status // qr/ERROR:  22023/, "$name: refused by the API") or return;
	my $read = plain($all);
	my @pieces = grep { !/[^A-Za-z0-9]/ } map { substr $secret, $_, 5 } 0 .. length($secret) - 5;
	my @shown = grep { index($read, $_) >= 0 } @pieces;
	my $base64 = substr encode_base64(encode_utf8($secret), ''), 0, 8;
	my $hex = unpack 'H*', encode_utf8(substr $secret, 0, 5);
	is("@shown", '', "$name: not shown") or diag(encode_utf8($all));
	ok(index($all, $base64) < 0 && index($all, $hex) < 0, "$name: nor encoded") or diag(encode_utf8($all));
	return;
}

my $secret = 'q1LEAKpaß"w0rd\\Zx';
subtest 'each road, place and form' => sub {
	my $n = 0;
	foreach my $place (sort keys %place)
	{
		# in texts that have an end, what does not end them
		my $value = $place =~ /^(?:url|header|bearer|connection|userinfo|slack)$/ ? 'q1LEAKpaWw0rd7Zx' : $secret;
		my $object = $place{$place}->($value);
		my @roads = sort keys %road;
		foreach my $form (sort keys %form)
		{
			my $road = $roads[ $n++ % @roads ];
			faults({ code => 'X', message => $form{$form}->($value) . ' end' });
			hides("$road, $place, $form", $value, $road{$road}->($object));
		}
		foreach my $road (@roads)
		{
			my $text = $json->encode($object);
			faults({ code => "X $text", message => "you sent $text" });
			hides("$road, $place, whole", $value, $road{$road}->($object));
		}
	}
};

subtest 'arguments of functions' => sub {
	my $value = 'q1LEAKpaWw0rd7Zx';
	my $rest = "'https://e/x', '{sync_end}', '$value', true, server => 'b'";
	my %call = (
		webhook => "SELECT fivetrex_create_account_webhook($rest)",
		group_webhook => "SELECT fivetrex_create_group_webhook('g', $rest)");
	foreach my $call (sort keys %call)
	{
		faults({ code => 'X', message => "bad $value" });
		hides($call, $value, $call{$call});
	}
	faults({ code => 'X', message => 'bad mappingsHookLEAK' });
	hides('the secret of the mapping', 'mappingsHookLEAK', $call{webhook});
	faults({ code => 'X', message => 'bad 8675309 in {"pin": 8675309}' });
	hides('a number', '8675309', $road{post}->({ pin => 8675309 }));
	# not what was sent, but in the place of a secret
	foreach my $text ('{"password":"q9LEAKother"}', '{\\"password\\": \\"q9LEAKother\\"}',
		"{'api_key' => 'q9LEAKother'}",
		'{"auth": {"u": "q9LEAKother"}}', 'x://u:q9LEAKother@h')
	{
		faults({ code => 'X', message => "in $text" });
		hides("by place: $text", 'q9LEAKother', $road{post}->({ a => 'b' }));
	}
	faults({ code => 'X', message => 'The password is too short; key: host' });
	like((said_of($road{post}->({ password => 'abc' })))[0], qr/The password is too short; key: host/, 'words stay');
};

subtest 'paths' => sub {
	my %query = (
		password => { password => 'q3LEAKpass' }, url => { q => 'https://u:q3LEAKpass@h' },
		encoded => { q => 'u%3Aq3LEAKpass%40h' },
		both => { password => 'q3LEAKpass', q => 'https://u:q3LEAKpass@h' }, bearer => { note => 'Bearer q3LEAKpass' },
		json => { q => '{"token": "q3LEAKpass"}' }, slack => { to => 'https://hooks.slack.com/services/q3LEAKpass' },
		umlaut => { q => 'https://ü:q3LEAKpass@h' }, camel => { 'apiKey' => 'q3LEAKpass' });
	foreach my $name (sort keys %query)
	{
		foreach my $method (qw(GET POST))
		{
			$mock->clear_faults('b');
			$mock->fault('b', { times => 0, status => 400, body => { code => 'X', message => 'bad q3LEAKpass' } });
			my $call = "SELECT fivetrex_request('$method', '/v1/x', " . literal($query{$name}) . ", NULL,
				server => 'b')";
			hides("$method, $name", 'q3LEAKpass', $call);
			my ($err, $all) = said_of("SET fivetrex.dry_run = on; SET fivetrex.max_deletes = 1; $call")
				if $method eq 'POST';
			unlike(plain($all), qr/q3LEAK/, "$name: dry run") if $method eq 'POST';
		}
	}
	$mock->clear_faults('b');
	$mock->fault('b', { status => 400, body => { code => 'X', message => 'm' } });
	my $get = "SELECT fivetrex_request('GET', '/v1/x', " . literal({ a => 'b c', key_column => 'd/e' });
	like((said_of("$get, NULL, server => 'b')"))[1], qr{/v1/x\?a=b%20c&key_column=d%2Fe},
		'the rest is shown as it is sent');
};

subtest 'a 404 is what it is' => sub {
	$mock->clear_faults('b');
	$node->query("ALTER USER MAPPING FOR PUBLIC SERVER b OPTIONS (SET api_key 'NotFound')");
	$mock->fault('b', { times => 0, status => 404, body => { code => 'NotFound_Group', message => 'no' } });
	like((said_of("SELECT * FROM b.groups"))[0], qr{ERROR:  0A000: Fivetran does not have this on this account},
		'of a list');
	$mock->clear_faults('b');
	$mock->fault('b', { times => 0, status => 404, body => { code => 'NotFound_Connector', message => 'no' } });
	my ($err) = said_of("SELECT fivetrex_request('GET', '/v1/connections/x', NULL, NULL, server => 'b')");
	like($err, qr/no such object/, 'of an object');
	$node->query("ALTER USER MAPPING FOR PUBLIC SERVER b OPTIONS (SET api_key 'key')");
};

# The message of the error, as it is shown.
sub message_of
{
	my ($statement) = @_;
	my ($err) = said_of($statement);
	return $err =~ /ERROR:  \w+: (.*)/ ? $1 : $err;
}

sub utf8_bytes { my ($code) = @_; return unpack 'C*', encode_utf8(chr $code); }

sub utf16 { my ($code) = @_; return map { sprintf '%04x', $_ } unpack 'n*', Encode::encode('UTF-16BE', chr $code); }

# How one character may be written, by its code.
my %writing = (
	itself => sub { chr $_[0] },
	percent => sub { join '', map { sprintf '%%%02X', $_ } utf8_bytes($_[0]) },
	percent_twice => sub { join '', map { sprintf '%%25%02x', $_ } utf8_bytes($_[0]) },
	json => sub { join '', map { "\\u$_" } utf16($_[0]) },
	json_twice => sub { join '', map { "\\\\u$_" } utf16($_[0]) },
	javascript => sub { sprintf '\\u{%x}', $_[0] },
	perl => sub { sprintf '\\x{%X}', $_[0] },
	python => sub { sprintf '\\U%08x', $_[0] },
	bytes => sub { join '', map { sprintf '\\x%02x', $_ } utf8_bytes($_[0]) },
	octal => sub { join '', map { sprintf '\\%03o', $_ } utf8_bytes($_[0]) },
	decimal => sub { sprintf '&#%d;', $_[0] },
	hexadecimal => sub { sprintf '&#x%X;', $_[0] },
	reference_twice => sub { sprintf '&amp;#%d;', $_[0] });

# Characters that are not seen: one of each range, and its ends.
my @hidden = (0x01, 0x0B, 0x1F, 0x7F, 0x85, 0x9F, 0xAD, 0x34F, 0x61C, 0x115F, 0x17B4, 0x180B, 0x180E, 0x200B, 0x200F,
	0x2028, 0x202E, 0x2060, 0x2066, 0x206F, 0x3164, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0xFFFB, 0x1D173, 0xE0001, 0xE0041,
	0xE007F, 0xE0100);

subtest 'characters that are not seen, in each writing' => sub {
	my $value = 'q1LEAKpaWw0rd7Zx';
	foreach my $writing (sort keys %writing)
	{
		my @shown;
		# all of them at once, and each between two characters
		my @marks = map { $writing{$writing}->($_) } @hidden;
		my @chars = split //, $value;
		foreach my $first (0, @chars - 1, 2 * (@chars - 1))
		{
			my $text = join '', map { $chars[$_] . ($_ < $#chars ? $marks[ ($first + $_) % @marks ] : '') } 0 .. $#chars;
			faults({ code => 'X', message => "bad $text end" });
			push @shown, message_of($road{post}->({ password => $value }));
		}
		faults({ code => 'X', message => 'bad ' . within($value, join '', @marks[ 0 .. 4 ]) . ' end' });
		push @shown, message_of($road{post}->({ password => $value }));
		is(scalar(grep { /bad \*{6} end$/ } @shown), @shown, $writing) or diag(encode_utf8(join "\n", @shown));
	}
};

subtest 'the secret itself in each writing' => sub {
	my $value = "q1L\x{E9}AK\x{20AC}p\x{1F600}\"'<&>\\%";
	foreach my $writing (sort keys %writing)
	{
		my $text = join '', map { $writing{$writing}->(ord) } split //, $value;
		faults({ code => 'X', message => "bad $text end" });
		like(message_of($road{post}->({ password => $value })), qr/bad \*{6} end$/, $writing);
	}
};

subtest 'bodies that are no objects' => sub {
	my $value = 'q1LEAKpaWw0rd7Zx';
	my %body = (
		text => "token=$value&a=b", bearer => "Bearer $value", array => [ 1, { pin => $value } ],
		json => $json->encode($json->encode({ password => $value })));
	faults({ code => 'X', message => "bad $value" });
	hides("a body: $_", $value, $road{post}->($body{$_})) foreach sort keys %body;
	# a file in an archive that is not compressed
	my $file = "PK\x03\x04" . join('', map chr, 0 .. 255) . "{\"password\": \"$value\"}" . ("\0" x 2000) . "PK\x05\x06";
	my $bytes = "decode('" . unpack('H*', Encode::encode('latin1', $file)) . "', 'hex')";
	faults({ code => 'X', message => "bad configuration.json: password $value" });
	hides('a package', $value, "SELECT fivetrex_upload_sdk_package($bytes, server => 'b')");
};

subtest 'what a write sent is known to what follows in its transaction' => sub {
	my $value = 'q1LEAKpaWw0rd7Zx';
	$mock->clear_faults('b');
	$mock->fault('b', { times => 0, method => 'GET', path => '/groups', status => 400,
			body => { code => 'X', message => "bad $value" } });
	my $update = 'UPDATE b.connectors SET config = ' . literal({ password => $value }) . " WHERE id = 'assimilate_seem'";
	hides('a read', $value, "BEGIN; $update; SELECT count(*) FROM b.groups; ROLLBACK");
	hides('a read in the same statement', $value,
		"WITH u AS ($update RETURNING id) SELECT count(*) FROM u, LATERAL (SELECT fivetrex_request('GET',
			'/v1/groups', "
			. "server => 'b') WHERE u.id IS NOT NULL) r");
};

# JSON that no jsonb holds is a text like any other: it leaves as it is.
subtest 'texts that look like JSON' => sub {
	$mock->clear_faults('b');
	my %text = (
		'a number beyond numeric' => '[1e200000]', 'one that is small' => '{"n": -1.5E-40000}',
		'one that is long' => '[' . '9' x 140_000 . ']', 'deep' => '[' x 100_000 . ']' x 100_000,
		'deep objects' => '{"a":' x 50_000 . '1' . '}' x 50_000, 'half of it' => '[' x 100_000,
		'no character' => '["\\u0000"]', 'half a character' => '["\\ud800"]');
	foreach my $name (sort keys %text)
	{
		$mock->clear('b');
		$node->psql('postgres', $road{post}->({ note => $text{$name} }));
		my @sent = grep { $_->{method} eq 'POST' } $mock->log('b');
		is(scalar @sent, 1, "$name is sent");
		ok($sent[0]->{body}->{note} eq $text{$name}, 'as it is') if @sent;
		my (undef, undef, $err) = $node->psql('postgres', 'SET fivetrex.dry_run = on; '
			  . $road{update}->({ note => qq({"x": $text{$name}, "password": "theLEAKvalue"}) }));
		unlike($err, qr/LEAK|ERROR/, 'a dry run shows no secret beside it');
	}
};

subtest 'more secrets than are looked for' => sub {
	my %many = map { ("k$_" => sprintf 'LEAK%05dvalue', $_) } 1 .. 20_000;
	faults({ code => 'X', message => 'bad LEAK00001value LEAK19999value' });
	is(message_of($road{post}->({ credentials => \%many })),
		'Fivetran rejected the request as invalid: ******', 'the whole message is masked');
	is(message_of($road{post}->({ credentials => 'x' x 1_100_000 })),
		'Fivetran rejected the request as invalid: ******', 'of one that is very long, too');
	# the same one many times is one
	faults({ code => 'X', message => 'bad value LEAKvalue' });
	is(message_of($road{post}->({ credentials => { map { $_ => 'LEAKvalue' } 1 .. 20_000 } })),
		'Fivetran rejected the request as invalid: bad value ******', 'one that comes again is one');
	faults({ code => 'X', message => 'words as before' });
	is(message_of($road{post}->({ a => 'b' })), 'Fivetran rejected the request as invalid: words as before',
		'and nothing is left of it');
};

$node->stop;
$mock->stop;
done_testing();
