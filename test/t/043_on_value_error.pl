# The table option on_value_error: values that do not fit are errors, or NULL.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use MIME::Base64 qw(encode_base64);
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('value_error');
$node->add_world($mock, 'w');
$node->query(q{
	ALTER DATABASE postgres SET search_path = w, public;
	CREATE TYPE mood AS ENUM ('AWS', 'GCP');
	CREATE DOMAIN small AS integer CHECK (VALUE < 10);
	CREATE TYPE pair AS (a integer, b integer);
	CREATE FOREIGN TABLE typed (id text, i2 smallint OPTIONS (column_name 'sync_frequency'), n integer
		OPTIONS (column_name 'sync_frequency'),
		f real OPTIONS (column_name 'service'), u uuid OPTIONS (column_name 'service'), e mood
			OPTIONS (column_name 'service'),
		v varchar(3) OPTIONS (column_name 'service'), c "char" OPTIONS (column_name 'service'), nu numeric(3, 1)
			OPTIONS (column_name 'sync_frequency'),
		ip inet OPTIONS (column_name 'service'), ts timestamp OPTIONS (column_name 'created_at'), d date
			OPTIONS (column_name 'created_at'),
		tt time OPTIONS (column_name 'created_at'), b boolean OPTIONS (column_name 'paused'), j json
			OPTIONS (column_name 'config'),
		a integer[] OPTIONS (column_name 'tasks'), t text OPTIONS (column_name 'service'), tc timestamptz
			OPTIONS (column_name 'created_at'))
		SERVER w OPTIONS (resource 'connectors', on_value_error 'null');
	CREATE FOREIGN TABLE kept (id text, n integer OPTIONS (column_name 'sync_frequency') NOT NULL, s small
		OPTIONS (column_name 'sync_frequency'),
		p pair OPTIONS (column_name 'service'), r int4range OPTIONS (column_name 'service'))
		SERVER w OPTIONS (resource 'connectors', on_value_error 'null');
	CREATE FOREIGN TABLE keyed (id integer, service text) SERVER w OPTIONS (resource 'connectors', on_value_error 'null');
	CREATE FOREIGN TABLE members (group_id integer, id text) SERVER w
		OPTIONS (resource 'group_users', on_value_error 'null')});

my $list = 'GET /v1/connections?limit=1000';
my $c = '/v1/connections';

# The answers of all lists of connectors and of the connector "x" while $do runs.
sub answering
{
	my ($members, $do) = @_;
	my $item = qq({"id":"x",$members});
	my $b64 = sub { encode_base64($_[0], '') };
	$mock->fault('w', { method => 'GET', path => '/v1/connections(\?|$)', times => 0,
		body_base64 => $b64->(qq({"code":"Success","data":{"items":[$item,)
			. q({"id":"y","service":"s","created_at":"2026-01-02T03:04:05Z","sync_frequency":5}]}})) });
	$mock->fault('w', { method => 'GET', path => '/v1/connections/x', times => 0,
		body_base64 => $b64->(qq({"code":"Success","data":$item})) });
	my @result = $do->();
	$mock->clear_faults('w');
	return @result;
}

sub is_told
{
	my ($name, $sql, $requests, $out_expected, $err_expected) = @_;
	my ($log, $out, $err) = $node->sent($mock, 'w', $sql);
	is_deeply($log, $requests, "$name: requests");
	is($out, $out_expected, "$name: rows");
	$err =~ s/^psql:<stdin>:\d+: //mg;
	$err =~ s/^LOCATION:.*\n?//mg;
	chomp $err;
	ref $err_expected ? like($err, $err_expected, "$name: what is told") : is($err, $err_expected, "$name: what is told");
	return;
}

sub warning
{
	my ($table, $n, @names) = @_;
	my $what = $n == 1 ? 'value did not fit its column and was' : 'values did not fit their columns and were';
	return qq{WARNING:  01000: foreign table "$table": $n $what read as NULL\nDETAIL:  } . join('; ', @names)
		. qq{.\nHINT:  With on_value_error 'error' the query says what is wrong.\n};
}

sub name { return qq{column "$_[0]" of "$_[1]", JSON path "$_[2]"} }

# psql's words end with a newline or not, by version
sub chomped { my ($text) = @_; chomp $text; return $text }

subtest 'the default' => sub {
	answering('"created_at":"soon"', sub {
		like($node->fails('SELECT created_at FROM connectors'), qr/ERROR:  22007: invalid timestamp: "soon"/, 'an error');
		$node->query(q{ALTER FOREIGN TABLE connectors OPTIONS (ADD on_value_error 'error')});
		like($node->fails('SELECT created_at FROM connectors'), qr/ERROR:  22007: /, 'said so');
		$node->query(q{ALTER FOREIGN TABLE connectors OPTIONS (SET on_value_error 'null')});
		is_told('null', 'SELECT id, created_at IS NULL FROM connectors ORDER BY 1', [$list], "x|t\ny|f",
			chomped(warning('connectors', 1, name('created_at', 'x', 'created_at'))));
		is_told('a value that nobody asks for', 'SELECT id FROM connectors ORDER BY 1', [$list], "x\ny", '');
	});
	like($node->fails(q{ALTER FOREIGN TABLE connectors OPTIONS (SET on_value_error 'NULL')}),
		qr/ERROR:  22023: invalid value for option "on_value_error": "NULL"\nDETAIL:  It is error or null\./, 'nothing else');
	like($node->fails(q{ALTER SERVER w OPTIONS (ADD on_value_error 'null')}), qr/ERROR:  HV00D: /,
		'an option of tables only');
};

subtest 'each type' => sub {
	my %wrong = (
		i2 => [ '"sync_frequency":70000', 'sync_frequency' ], n => [ '"sync_frequency":99999999999', 'sync_frequency' ],
			f => [ '"service":"x"', 'service' ],
		u => [ '"service":"x"', 'service' ], e => [ '"service":"AZURE"', 'service' ], v => [ '"service":"four"', 'service' ],
			nu => [ '"sync_frequency":1000', 'sync_frequency' ],
		ip => [ '"service":"x"', 'service' ], ts => [ '"created_at":"x"', 'created_at' ],
			d => [ '"created_at":"2026-02-30T00:00:00Z"', 'created_at' ],
		tt => [ '"created_at":"noon"', 'created_at' ], tc => [ '"created_at":"294277-01-01T00:00:00Z"', 'created_at' ],
			b => [ '"paused":"yes"', 'paused' ],
		a => [ '"status":{"tasks":["x"]}', 'status.tasks' ], t => [ '"service":"a\\u0000b"', 'service' ]);
	foreach my $column (sort keys %wrong)
	{
		my ($members, $path) = @{ $wrong{$column} };
		answering($members, sub {
			is_told($column, "SELECT id, $column IS NULL FROM typed WHERE id = 'x'", ["GET $c/x"], 'x|t',
				chomped(warning('typed', 1, name($column, 'x', $path))));
		});
	}
	answering('"status":{"tasks":{"a":1}}', sub {
		is_told('no array', "SELECT a IS NULL FROM typed WHERE id = 'x'", ["GET $c/x"], 't',
			chomped(warning('typed', 1, name('a', 'x', 'status.tasks'))));
	});
	answering('"sync_frequency":5,"service":"x","config":{"n":1e999999}', sub {
		is_told('jsonb', "SELECT config IS NULL FROM connectors WHERE id = 'x'", ["GET $c/x"], 't',
			chomped(warning('connectors', 1, name('config', 'x', 'config'))));
		is_told('members of a row', "SELECT n, u, e, t FROM typed WHERE id = 'x'", ["GET $c/x"], '5|||x',
			chomped(warning('typed', 2, name('u', 'x', 'service'), name('e', 'x', 'service'))));
		is_told('more than are named', 'SELECT count(*), count(u), count(e), count(f), count(ip), count(n) FROM typed',
			[$list], '2|0|0|0|0|2',
			chomped(warning('typed', 8, name('f', 'x', 'service'), name('u', 'x', 'service'), name('e', 'x', 'service'),
				'and 5 more') =~ s/\n\z//r));
	});
};

subtest 'what stays an error' => sub {
	answering('"sync_frequency":500,"service":"x"', sub {
		like($node->fails('SELECT id FROM keyed'), qr/ERROR:  22P02: .*"x"/, 'a key');
		like($node->fails('SELECT s FROM kept'), qr/ERROR:  23514: value for domain small violates check constraint/,
			'a domain');
		like($node->fails('SELECT p FROM kept'), qr/ERROR:  22P02: /, 'a composite type');
		like($node->fails('SELECT r FROM kept'), qr/ERROR:  22P02: /, 'a range');
	});
	answering('"sync_frequency":"x"',
		sub { like($node->fails('SELECT n FROM kept'), qr/ERROR:  22P02: /, 'a column that is NOT NULL') });
	like($node->fails('SELECT group_id FROM members'), qr/ERROR:  22P02: /, 'the key of a parent');
	$mock->fault('w', { path => $c, status => 500, times => 0 });
	like($node->fails('SELECT created_at FROM connectors'), qr/ERROR:  58000: /, 'a failed request');
	$mock->clear_faults('w');
};

subtest 'conditions and details' => sub {
	answering('"created_at":"soon","sync_frequency":7', sub {
		my $warning = chomped(warning('connectors', 1, name('created_at', 'x', 'created_at')));
		is_told('a row that a condition drops for it', q{SELECT id FROM connectors WHERE created_at > '2020-01-01'}, [$list],
			'y', $warning);
		is_told('one that it wants', q{SELECT id FROM connectors WHERE created_at IS NULL}, [$list], 'x', $warning);
		is_told('with details, dropped', q{SELECT id, config FROM connectors WHERE created_at > '2020-01-01' AND id <> 'y'},
			[$list], '', $warning);
		is_told('with details, wanted', q{SELECT id, config IS NULL FROM connectors WHERE created_at IS NULL},
			[ $list, "GET $c/x" ], 'x|t', $warning);
		is_told('a row that another condition drops', q{SELECT id, created_at FROM connectors WHERE sync_frequency = 8},
			[$list], '', '');
		is_told('each scan tells its own', q{SELECT a.id FROM connectors a, connectors b WHERE a.created_at IS NULL
			AND b.created_at IS NULL}, [$list], 'x', "$warning\n$warning");
		is_told('a cursor', "BEGIN; DECLARE k CURSOR FOR SELECT id, created_at FROM connectors WHERE id = 'x'; FETCH k;
			CLOSE k; COMMIT", ["GET $c/x"], 'x|', $warning);
		is_told('a parallel plan', 'SET debug_parallel_query = on; SELECT id, created_at FROM connectors
			WHERE id = \'x\'' =~
			s/debug_parallel_query/$node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode'/er,
			["GET $c/x"], 'x|', $warning);
		is_told('ANALYZE', 'ANALYZE connectors', [$list], '',
			qr/^WARNING:  01000: foreign table "connectors": 1 value did not fit/);
	});
};

subtest 'rows that are changed' => sub {
	answering('"created_at":"soon","sync_frequency":"often","paused":false', sub {
		is_told('what is read is an error', q{UPDATE connectors SET sync_frequency = coalesce(sync_frequency, 60)
			WHERE id = 'x'}, ["GET $c/x"], '', qr/ERROR:  22P02: /);
		is_told('in a condition, too', q{UPDATE connectors SET paused = true WHERE created_at IS NULL}, [$list], '',
			qr/ERROR:  22007: /);
		is_told('and with another table', q{UPDATE connectors SET paused = true FROM (VALUES ('x')) v(i) WHERE id = i || ''
			AND created_at IS NULL}, ["GET $c/x"], '', qr/ERROR:  22007: /);
		is_told('a DELETE', q{SET fivetrex.max_deletes = 1; DELETE FROM connectors WHERE created_at IS NULL AND id = 'x'},
			["GET $c/x"], '', qr/ERROR:  22007: /);
		is_told('what nobody reads is none', q{UPDATE groups SET name = 'n' WHERE id = 'decent_dropsy' AND EXISTS (SELECT 1
			FROM connectors WHERE created_at IS NULL)},
			[ $list, 'GET /v1/groups/decent_dropsy', 'PATCH /v1/groups/decent_dropsy {"name":"n"}' ], '',
				qr/^WARNING:  01000: foreign table "connectors": 1 value did not fit/);
	});
};

is_deeply([ $mock->violations('w') ], [], 'no request broke the definition');
$node->stop;
$mock->stop;
done_testing();
