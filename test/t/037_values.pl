# Values mean the same in every session: timestamps, times and booleans of
# answers, in the catalogue's types and in those that a table gives them.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use MIME::Base64 qw(encode_base64);
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('values');
$node->add_world($mock, 'v');
$node->query(q{
	CREATE FOREIGN TABLE v.typed (id text, t0 timestamptz(0) OPTIONS (column_name 'created_at'),
		ts timestamp OPTIONS (column_name 'created_at'), d date OPTIONS (column_name 'created_at'))
		SERVER v OPTIONS (resource 'groups');
	CREATE FOREIGN TABLE v.named (id text, t timestamptz OPTIONS (column_name 'name'),
		i timestamp OPTIONS (column_name 'name'),
		h time OPTIONS (column_name 'name'), z timetz OPTIONS (column_name 'name'), b boolean OPTIONS (column_name 'name'))
		SERVER v OPTIONS (resource 'groups');
	CREATE DOMAIN recent AS timestamptz CHECK (VALUE > '2000-01-01Z');
	CREATE FOREIGN TABLE v.domains (id text, created_at recent) SERVER v OPTIONS (resource 'groups');
	CREATE FOREIGN TABLE v.flags (id text, active text, has_api_key text) SERVER v OPTIONS (resource 'users');
	CREATE FOREIGN TABLE v.histories (connector_id text, sync_id text, start timestamptz(0))
		SERVER v OPTIONS (resource 'connector_sync_history')});

my @sessions = (
	"SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'",
	"SET TimeZone = 'America/New_York'; SET DateStyle = 'SQL, DMY'",
	"SET TimeZone = 'Asia/Kolkata'; SET DateStyle = 'German'; SET IntervalStyle = 'sql_standard'");

# The outcome of a query in each of the sessions while the one group is this.
sub outcomes
{
	my ($sql, $members) = @_;
	my $body = qq({"code":"Success","data":{"items":[{"id":"g"$members}]}});
	return map {
		$mock->fault('v', { path => '/v1/groups', body_base64 => encode_base64($body, '') });
		my (undef, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$_; $sql");
		$mock->clear_faults('v');
		$err =~ /ERROR:  (\w+)/ ? "error $1" : $out;
	} @sessions;
}

sub everywhere
{
	my ($expected, $sql, $members, $name) = @_;
	is_deeply([ outcomes($sql, $members) ], [ ($expected) x @sessions ], $name);
	return;
}

# Members of a connector's item, in each of the types that a table may give it.
subtest 'integers' => sub {
	$node->query(q{CREATE FOREIGN TABLE v.numbers (id text, i integer OPTIONS (column_name 'sync_frequency'),
		b bigint OPTIONS (column_name 'sync_frequency'), s smallint OPTIONS (column_name 'sync_frequency'),
		n numeric OPTIONS (column_name 'sync_frequency'), t text OPTIONS (column_name 'sync_frequency'),
		f integer OPTIONS (column_name 'schema')) SERVER v OPTIONS (resource 'connectors')});
	my %right = ('5' => 5, '5.0' => 5, '5e0' => 5, '0.5e1' => 5, '50E-1' => 5, '-0' => 0, '-5' => -5, 'null' => '');
	my @wrong = ('"5"', '""', '" 5"', '5.5', '5e-1', 'true', '[5]', '{"a":5}', '5e300');
	foreach my $json (sort(keys %right), @wrong)
	{
		foreach my $column (qw(i b s))
		{
			my $body = qq({"code":"Success","data":{"items":[{"id":"c","sync_frequency":$json}]}});
			$mock->fault('v', { path => '/v1/connections', body_base64 => encode_base64($body, '') });
			my (undef, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nSELECT $column FROM v.numbers");
			$mock->clear_faults('v');
			my $is = $err =~ /ERROR:  (\w+)/ ? "error $1" : $out;
			if (exists $right{$json}) { is($is, $right{$json}, "$json as $column") }
			else { like($is, qr/error (22P02|22003|42804)/, "$json as $column") }
		}
	}
	# where the definition has a string, that may say one
	$mock->fault('v', { path => '/v1/connections',
		body_base64 => encode_base64(
			'{"code":"Success","data":{"items":[{"id":"c","schema":"7","sync_frequency":5.0}]}}', '') });
	is($node->query('SELECT f, t, n FROM v.numbers'), '7|5.0|5.0', 'a string, and types that are no integers');
};

my $instant = q{SELECT extract(epoch FROM %s) FROM v.%s};

subtest 'timestamps' => sub {
	my %right = (
		'2024-01-02T03:04:05Z' => '1704164645.000000', '2024-01-02T03:04:05.123456Z' => '1704164645.123456',
		'2024-01-02t03:04:05z' => '1704164645.000000', '2024-01-02 03:04:05+00' => '1704164645.000000',
		'2024-01-02T03:04:05' => '1704164645.000000', '2024-01-02T05:04:05+02:00' => '1704164645.000000',
		'2024-01-01T21:34:05-0530' => '1704164645.000000', '2024-01-02T03:04Z' => '1704164640.000000',
		'2024-01-02' => '1704153600.000000', '2024-01-02T03:04:05.1234567891Z' => '1704164645.123457',
		'2016-12-31T23:59:60Z' => '1483228800.000000', '2024-01-01T24:00:00Z' => '1704153600.000000',
		'0001-01-01T00:00:00Z' => '-62135596800.000000', '2024\u002d01-02T03:04:05Z' => '1704164645.000000');
	foreach my $text (sort keys %right)
	{
		everywhere($right{$text}, sprintf($instant, 'created_at', 'groups'), qq(,"created_at":"$text"), $text);
		everywhere($right{$text}, sprintf($instant, 't', 'named'), qq(,"name":"$text"), "$text of a text");
	}
	my @wrong = ('now', 'today', 'tomorrow', 'yesterday', 'infinity', '-infinity', 'epoch', 'allballs', '01/02/2024',
		'2.1.2024', 'Jan 2 2024', '20240102T030405Z', '2024-1-2', '2024-01-02T03', '2024-13-01T00:00:00Z', '2023-02-29',
		'2024-01-02T25:00:00Z', '2024-01-02T24:00:01Z', '2024-01-02T03:04:05 EST', '2024-01-02T03:04:05+16:00',
		'2024-01-02T03:04:05.Z', '0000-01-01T00:00:00Z', '2024-01-02 BC', 'J2451187', '1704164645', '', ' 2024-01-02');
	foreach my $text (@wrong)
	{
		everywhere('error 22007', 'SELECT created_at FROM v.groups', qq(,"created_at":"$text"), "'$text'");
		everywhere('error 22007', 'SELECT t FROM v.named', qq(,"name":"$text"), "'$text' of a text");
		everywhere('error 22007', 'SELECT i FROM v.named', qq(,"name":"$text"), "'$text' without time zone");
	}
	everywhere('error 22007', 'SELECT created_at FROM v.groups', ',"created_at":1704164645', 'a number');
	everywhere('error 22007', 'SELECT created_at FROM v.groups', ',"created_at":true', 'a boolean');
	my $late = ',"created_at":"2024-01-01T23:30:00.7-01:00"';
	everywhere('1704155401.000000', sprintf($instant, 't0', 'typed'), $late, 'rounded by its type');
	everywhere('2024-01-02 00:30:00.7', q{SELECT to_char(ts, 'YYYY-MM-DD HH24:MI:SS.FF1') FROM v.typed}, $late,
		'without time zone: that of UTC');
	everywhere('2024-01-02', q{SELECT to_char(d, 'YYYY-MM-DD') FROM v.typed}, $late, 'a date: that of UTC');
	everywhere('1999-12-31', q{SELECT to_char(d, 'YYYY-MM-DD') FROM v.typed}, ',"created_at":"1999-12-31T23:00:00Z"',
		'before the epoch');
	everywhere('1704155400.700000', sprintf($instant, 'created_at', 'domains'), $late, 'a domain');
	everywhere('error 23514', 'SELECT created_at FROM v.domains', ',"created_at":"1999-01-01"', 'and its constraint');
	everywhere('03:04:05', q{SELECT h::text FROM v.named}, ',"name":"03:04:05"', 'a time of day');
	everywhere('03:04:05+00', q{SELECT z::text FROM v.named}, ',"name":"03:04:05"', 'with time zone: UTC');
	everywhere('03:04:05+02', q{SELECT z::text FROM v.named}, ',"name":"03:04:05+02"', 'and with its own');
	everywhere('error 22007', "SELECT $_ FROM v.named", ',"name":"now"', "now as $_") foreach qw(h z);
};

subtest 'timestamps of functions' => sub {
	foreach my $session (@sessions)
	{
		$mock->patch('v', 'connections', 'assimilate_seem', set => { succeeded_at => '2024-01-02T03:04:05' });
		is($node->query("$session; SELECT extract(epoch FROM succeeded_at)
				FROM fivetrex_sync_status('assimilate_seem', server => 'v')"),
			'1704164645.000000', 'without zone');
		$mock->patch('v', 'connections', 'assimilate_seem', set => { succeeded_at => 'now' });
		like($node->fails("$session; SELECT * FROM fivetrex_sync_status('assimilate_seem', server => 'v')"),
			qr/ERROR:\s+22007:\s.*"now"\n.*\nCONTEXT:\s+column\s"succeeded_at"\sof\sfunction\sfivetrex_sync_status\(\),\x20
				row\x20with\x20id\x20"assimilate_seem",\x20JSON\x20path\x20"succeeded_at"/x,
			'now');
		$mock->patch('v', 'connections', 'assimilate_seem', set => { succeeded_at => undef });
	}
};

subtest 'booleans' => sub {
	my %values = ('true' => 't', 'false' => 'f', 'null' => '', '"true"' => 'error 22P02', '"yes"' => 'error 22P02',
		'"t"' => 'error 22P02', '1' => 'error 22P02', '0' => 'error 22P02', '""' => 'error 22P02', '[]' => 'error 22P02',
		'{}' => 'error 22P02');
	foreach my $value (sort keys %values)
	{
		$mock->fault('v', { path => '/v1/users',
			body_text => qq({"code":"Success","data":{"items":[{"id":"u","active":$value}]}}) });
		my (undef, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nSELECT active FROM v.users");
		is($err =~ /ERROR:  (\w+)/ ? "error $1" : $out, $values{$value}, "active $value");
		$mock->replace('v', path => '/v1/connections/assimilate_seem',
			raw => qq({"code":"Success","data":{"id":"assimilate_seem","paused":$value}}));
		(undef, $out, $err) = $node->psql('postgres',
			"\\set VERBOSITY verbose\nSELECT is_paused FROM fivetrex_sync_status('assimilate_seem', server => 'v')");
		is($err =~ /ERROR:  (\w+)/ ? "error $1" : $out, $values{$value}, "is_paused $value: the same rule");
		$mock->replace('v', path => '/v1/connections/assimilate_seem', raw => undef);
	}
	everywhere('t', 'SELECT b FROM v.named', ',"name":"true"', 'a text may say true');
	everywhere('error 22P02', 'SELECT b FROM v.named', qq(,"name":$_), "but not $_") foreach '"yes"', '1', '"TRUE"';
};

subtest 'filters follow the type of what they filter' => sub {
	foreach my $value (qw(yes t true false TRUE 1))
	{
		my ($log, $out) = $node->sent($mock, 'v', "SELECT count(*) FROM v.flags WHERE active = '$value'");
		my $pushed = $value =~ /^(true|false)$/ ? "&active=$value" : '';
		my ($expected) = $node->query("SELECT count(*) FROM v.users WHERE active::text = '$value'");
		is("$out @$log", "$expected GET /v1/users?" . ($pushed ? "active=$value&" : '') . 'limit=1000', "active = '$value'");
	}
	my ($log) = $node->sent($mock, 'v',
		"SELECT count(*) FROM v.histories WHERE connector_id = 'assimilate_seem' AND start > now() - interval '1 day'");
	unlike("@$log", qr/start_time=\d+-\d+-\d+T[^&]*&.*start_time/, 'a column that rounds does not narrow its period');
};

$node->stop;
$mock->stop;
done_testing();
