# Secrets stay out of words, whatever a server repeats of what it was sent.

use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Encode qw(encode_utf8 decode_utf8);
use JSON::PP ();
use MIME::Base64 qw(encode_base64 decode_base64);
use Test::More;
use PostgreSQL::Test::Utils qw(slurp_file append_to_file);
use Fivetrex::Mock;
use Fivetrex::Node;

# with all that needs an escape somewhere
my $key = 'Wk7+ey"/\\x%qZ';
my $secret = 'S0rd/f+i"s\\h&<é𝄞>:%7 m';
my $json = JSON::PP->new->canonical;

my $mock = Fivetrex::Mock->start(allow_violations => ['s']);
my $node = Fivetrex::Node->start('secrets');
$node->add_world($mock, 's', max_retries => 0);
my ($sql_key, $sql_secret) = map { s/'/''/gr } $key, $secret;
$node->query(encode_utf8("ALTER USER MAPPING FOR PUBLIC SERVER s
	OPTIONS (SET api_key '$sql_key', SET api_secret '$sql_secret')"));
# what is ours in the log, not the statements that we make here
$node->append_conf('postgresql.conf', "log_min_messages = debug1\nlog_min_error_statement = panic\n");
$node->restart;

# ---------- forms in which a secret may come back ----------

sub percent { return join '', map { sprintf '%%%02X', $_ } unpack 'C*', encode_utf8($_[0]); }
sub special { return encode_utf8($_[0]) =~ s/([^A-Za-z0-9])/sprintf '%%%02x', ord $1/ger; }
sub escaped { return join '', map { sprintf '\\u%04X', $_ } unpack 'n*', Encode::encode('UTF-16BE', $_[0]); }
sub base64 { return encode_base64(encode_utf8($_[0]), ''); }

sub forms
{
	my ($text) = @_;
	my $quoted = $json->encode([$text]) =~ s/^\["|"\]$//gr;
	return (
		$text, percent($text), lc percent($text), special($text), percent($text) =~ s{%}{%25}gr,
		$quoted, $json->encode([$quoted]) =~ s/^\["|"\]$//gr, escaped($text), lc escaped($text),
		(map { base64(('x' x $_) . $text . 'tail') } 0 .. 2), base64($text), base64($text) =~ tr{+/}{-_}r,
		special(base64("xx$text")), $text =~ s/&/&amp;/gr =~ s/</&lt;/gr =~ s/>/&gt;/gr =~ s/"/&quot;/gr,
		join('', map { sprintf '&#%d;', ord } split //, $text), unpack('H*', encode_utf8($text)),
		uc unpack('H*', encode_utf8($text)), $text =~ s/ /+/gr);
}

my $basic = base64("$key:$secret");
my @forms = (forms($key), forms($secret), $basic, "Authorization: Basic $basic", percent($basic),
	$basic =~ s{/}{\\/}gr, "$key:$secret", "https://$key:$secret\@api.fivetran.com");

# ---------- what of it is shown ----------

# All that a reader could make of a text.
sub readings
{
	my ($text) = @_;
	my @readings = ($text);
	for (1 .. 3)
	{
		$text =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
		$text =~ s/\\+u([0-9A-Fa-f]{4})/chr hex $1/ge;
		$text =~ s/&#(\d+);/chr $1/ge;
		$text =~ s/&quot;/"/g;
		$text =~ s/&lt;/</g;
		$text =~ s/&amp;/&/g;
		$text =~ s/\\+(["\\\/])/$1/g;
		push @readings, $text;
	}
	foreach my $reading (@readings[ 0, 3 ])
	{
		while ($reading =~ m{([A-Za-z0-9+/_-]{7,})}g)
		{
			my $digits = $1 =~ tr{-_}{+/}r;
			push @readings, map { decode_base64('A' x $_ . $digits) } 0 .. 3;
			push @readings, map { pack 'H*', substr($digits, $_) =~ s/[^0-9A-Fa-f].*//sr } 0, 1;
		}
	}
	return @readings;
}

# Six characters one after the other are too many.
my %pieces = map { $_ => 1 } map {
	my $text = $_;
	grep { !/[^\x20-\x7E]/ } map { substr $text, $_, 6 } 0 .. length($text) - 6
} $key, $secret;
my $piece = join '|', map { quotemeta } sort keys %pieces;

sub shows_nothing
{
	my ($name, $text) = @_;
	my @shown;
	foreach my $reading (readings($text))
	{
		push @shown, substr($reading, $-[0] < 400 ? 0 : $-[0] - 400, 500) if $reading =~ /$piece/;
	}
	is(scalar @shown, 0, "$name: no secret is shown") or diag(encode_utf8("$name: $shown[0]"));
	return;
}

# Run statements, each on its own; checks complaints, the last error and the log.
sub shows_nothing_of
{
	my ($name, $count, @statements) = @_;
	my $offset = -s $node->logfile;
	my ($out, $err);
	my $script = join '', "\\set VERBOSITY verbose\n\\set SHOW_CONTEXT always\n",
	  map { "$_;\n\\o\nSELECT 'LAST ' || fivetrex_last_error()::text;\n\\o /dev/null\n" } @statements;
	$node->psql('postgres', $script, stdout => \$out, stderr => \$err, on_error_stop => 0);
	cmp_ok(scalar(() = $err =~ /ERROR: /g), '>=', $count, "$name: at least $count errors") or diag($err);
	shows_nothing("$name, messages", decode_utf8($err));
	shows_nothing("$name, last error", decode_utf8(join "\n", grep { /^LAST/ } split /\n/, $out));
	shows_nothing("$name, log", decode_utf8(slurp_file($node->logfile, $offset)));
	return $err;
}

subtest 'the test itself sees them' => sub {
	foreach my $form (@forms)
	{
		my @shown = grep { /$piece/ } readings("some words $form and more");
		ok(scalar @shown, 'a form is read') or diag(encode_utf8($form));
	}
	ok(!(grep { /$piece/ } readings('Authorization: Basic ******, after 3 attempts')), 'and nothing else is');
};

subtest 'each form, at each place near the cut' => sub {
	foreach my $form (@forms)
	{
		my @before = (0, map { 1000 - length($form) + $_ } -12 .. length($form) + 2);
		@before = grep { $_ >= 0 } @before[ 0, map { $_ * 3 } 1 .. $#before / 3 ];
		$mock->fault('s', map {
			{ status => 400, body => { code => $form, message => ('. ' x ($_ / 2)) . $form . ' end' } }
		} @before);
		shows_nothing_of(encode_utf8("form $form"), scalar @before,
			('SELECT count(*) FROM s.groups') x @before);
		$mock->clear_faults('s');
	}
};

subtest 'control characters and marks of direction' => sub {
	my @hidden = (1 .. 31, 0x7F .. 0x9F, 0xAD, 0x61C, 0x200B .. 0x200F, 0x2028 .. 0x202E, 0x2060 .. 0x2069, 0xFEFF);
	my $raw = join '', 'begin', (map { chr } grep { $_ >= 0x7F } @hidden), 'end';
	my $escapes = join '', 'begin', (map { sprintf '\\u%04x', $_ } @hidden), 'end \\ud800 \\u00e9 \\ud834\\udd1e';
	foreach my $message ($raw, $escapes)
	{
		$mock->fault('s', { status => 400, body_text => qq({"code":"X$message","message":"$message"}) });
		my (undef, undef, $err) = $node->psql('postgres', 'SELECT count(*) FROM s.groups');
		$err = decode_utf8($err);
		like($err, qr/begin[ ?]+end/, 'replaced');
		unlike($err, qr/[^\n\t\x20-\x7E\xE9\x{1D11E}\x{FFFD}]/, 'none is left');
	}
	my (undef, undef, $err) = $node->psql('postgres', 'SELECT count(*) FROM s.groups');
	$mock->fault('s', { status => 400, body_text => '{"code":"X","message":"\\u00e9\\ud834\\udd1e\\u65e5"}' });
	(undef, undef, $err) = $node->psql('postgres', 'SELECT count(*) FROM s.groups');
	like(decode_utf8($err), qr/é𝄞日/, 'letters are shown as they are');
};

# ---------- every statement, every function ----------

my @tables = $node->rows(q{SELECT name FROM fivetrex_tables()});
my %columns;
foreach my $row ($node->rows(q{SELECT table_name || ' ' || column_name || ' ' || type || ' ' ||
	(on_create AND NOT write_only)::text || ' ' || on_update::text || ' ' || is_key::text || ' ' ||
	required_on_create::text FROM fivetrex_columns()}))
{
	my ($table, @column) = split ' ', $row =~ s/timestamp with time zone/timestamptz/r;
	push @{ $columns{$table} }, \@column;
}

my %value = (text => q('x'), boolean => 'true', integer => '60', jsonb => q('{"a": "b"}'), 'text[]' => q('{a}'),
	timestamptz => q('2024-01-01T00:00:00Z'));

sub statements
{
	my @statements;
	foreach my $table (@tables)
	{
		my @list = @{ $columns{$table} };
		my $keys = join ' AND ', map { "$_->[0] = 'x'" } grep { $_->[4] eq 'true' } @list;
		my @create = grep { $_->[5] eq 'true' || ($_->[2] eq 'true' && $_->[4] eq 'true') } @list;
		my @update = grep { $_->[3] eq 'true' } @list;
		push @statements, "SELECT * FROM s.$table", "EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM s.$table";
		push @statements, "SELECT $_->[0] FROM s.$table" for @list;
		push @statements, "SELECT * FROM s.$table WHERE $keys",
		  "SET fivetrex.max_deletes = 5; DELETE FROM s.$table WHERE $keys" if $keys;
		push @statements, sprintf 'INSERT INTO s.%s (%s) VALUES (%s) RETURNING *', $table,
		  join(', ', map { $_->[0] } @create), join(', ', map { $value{ $_->[1] } } @create) if @create;
		push @statements, map { "UPDATE s.$table SET $_->[0] = $value{$_->[1]} WHERE $keys RETURNING *" } @update
		  if $keys;
	}
	push @statements, functions();
	return @statements;
}

sub functions
{
	my %argument = (text => q('x'), boolean => 'true', integer => '60', jsonb => q('{"a": "b"}'), 'text[]' => q('{a}'),
		interval => q('1 ms'), bytea => q('x'), 'timestamp with time zone' => q('2024-01-01T00:00:00Z'));
	my @functions = $node->rows(q{SELECT proname || '|' || coalesce((SELECT string_agg(format_type(t, NULL), ','
		ORDER BY n)
		FROM unnest(proargtypes) WITH ORDINALITY a (t, n)), '') FROM pg_proc JOIN pg_depend ON objid = pg_proc.oid
		WHERE deptype = 'e' AND classid = 'pg_proc'::regclass AND proargnames @> '{server}' ORDER BY 1});
	my @calls;
	foreach my $function (@functions)
	{
		my ($name, $types) = split /\|/, $function;
		my @types = split /,/, $types;
		pop @types;    # server
		my @arguments = map { $argument{$_} // 'NULL' } @types;
		if ($name eq 'fivetrex_request')
		{
			push @calls, map { "SELECT * FROM $name('$_', '/v1/groups', NULL, NULL, 's')" } qw(GET POST PATCH DELETE);
			next;
		}
		push @calls, "SELECT * FROM $name(" . join(', ', @arguments, q('s')) . ')';
	}
	return map { "SET fivetrex.max_deletes = 5; $_" } @calls;
}

my @statements = statements();
my $all = join ' ', $basic, $key, $secret, percent($key), percent($secret), escaped($secret), base64($key),
	base64($secret);
my $note = "Basic $basic $secret";
my $header = "Basic $basic " . special($secret);
my %member = map { $_ => $note } (map { map { $_->[0] } @$_ } values %columns), qw(id key name status setup_tests);

# One body for lists and for objects: each member of any table, of the wrong type.
sub odd_body
{
	my ($value) = @_;
	my %object = map { $_ => $value } keys %member;
	return { code => 'Success', message => $all,
		data => { %object, items => [ { %object } ], columns => { $note => { %object } },
			schemas => { $note => { %object } } } };
}

sub sweep
{
	my ($name, $fault, $count, @some) = @_;
	$mock->clear_faults('s');
	$mock->fault('s', { times => 0, %$fault });
	shows_nothing_of($name, $count, @some ? @some : @statements);
	$mock->clear_faults('s');
	return;
}

subtest 'every statement and function' => sub {
	cmp_ok(scalar @statements, '>', 500, 'there are many');
	my @statuses = (400, 401, 403, 404, 409, 429, 500, 302);
	foreach my $n (0 .. $#statuses)
	{
		# the first with all of them, the others with a part each
		my $status = $statuses[$n];
		my @some = $n == 0 ? () : @statements[ grep { $_ % 8 == $n } 0 .. $#statements ];
		sweep("status $status", { status => $status, body => { code => "NotFound_$note", message => $all },
			headers => { Location => "/$header", 'Retry-After' => $header, 'X-Echo' => $header } }, 10, @some);
	}
	sweep('an error under 200', { body => { code => $note, message => $all } }, 10);
	sweep('text everywhere', { body => odd_body($note) }, 100);
	sweep('numbers and secrets', { body => odd_body([ 7, { $note => $note } ]) }, 10);
	sweep('no JSON', { status => 200, body_text => "$all $note" }, 10);
	sweep('JSON that is wrong there', { status => 200, body_text => "{\"code\":\"Success\", \"data\": \"$basic\" $key" },
		10);
	sweep('a wrong content type', { status => 200, body_text => $basic, content_type => $header }, 10);
};

$node->stop;
$mock->stop;
done_testing();
