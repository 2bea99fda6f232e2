# The lists of several parents by one call: which calls, what is believed of their answers, and what is asked for one
# by one instead.  The call is newer than the API's definition: whatever it answers, the rows are those of the single
# calls.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('batches');
$node->add_world($mock, 'w');
$node->query("ALTER DATABASE postgres SET search_path = w, public; ALTER DATABASE postgres SET fivetrex.server = 'w'");

# A connector with three tables, and one with 120.
my ($few, $many, $two) = map { "/v1/connections/$_/schemas" } qw(syncing_river delayed_glacier assimilate_seem);
my @few = qw(account contact opportunity);
my @many = map { sprintf 'table_%03d', $_ } 0 .. 119;
my $columns = q{SELECT count(*) FROM connector_columns WHERE connector_id =};
my $river = q{SELECT string_agg(table_name || '.' || column_name, ' ' ORDER BY table_name, column_name)
	FROM connector_columns WHERE connector_id = 'syncing_river'};
my $river_rows = 'account.id account.name account.owner_id contact.email contact.id opportunity.amount opportunity.id '
  . 'opportunity.stage_name';

sub batch
{
	my ($base, $schema, @tables) = @_;
	return "POST $base/$schema/fetch-source-columns {\"tables\":[" . join(',', map { "\"$_\"" } @tables) . ']}';
}
sub singles { my ($base, $schema, @tables) = @_; return map { "GET $base/$schema/tables/$_/columns" } @tables; }
my $post = batch($few, 'salesforce', @few);
my @gets = singles($few, 'salesforce', @few);

sub makes
{
	my ($name, $sql, $requests, $out_expected, $complaint) = @_;
	my ($log, $out, $err) = $node->sent($mock, 'w', $sql);
	is_deeply([ sort @$log ], [ sort @$requests ], "$name: requests") or diag(join "\n", @$log);
	is($out, $out_expected, "$name: rows") if defined $out_expected;
	defined $complaint ? like($err, $complaint, "$name: complaint") : is($err, '', "$name: no complaint");
	return;
}

# What the call is answered, always or so often.
sub answers
{
	my ($answer, $times) = @_;
	$mock->clear_faults('w');
	$mock->fault('w', { method => 'POST', path => 'fetch-source-columns', times => $times // 0, %$answer });
	return;
}
sub tables { return { status => 200, body => { code => 'Success', data => { tables => $_[0] } } }; }
my $column = { enabled => JSON::PP::true, name_in_destination => 'x' };

# ---------- calls

makes('120 tables', "$columns 'delayed_glacier'",
	[ "GET $many", batch($many, 'dbo', @many[ 0 .. 99 ]), batch($many, 'dbo', @many[ 100 .. 119 ]) ], 360);
makes('two schemas, one of them with one table', "$columns 'assimilate_seem'",
	[ "GET $two", singles($two, 'audit', 'log_entries'),
		batch($two, 'public', qw(customers orders order_items schema_migrations)) ], 19);
my $names = join ',', map { "'$_'" } @many[ 0 .. 100 ];
makes('101 tables that are named', "$columns 'delayed_glacier' AND schema_name = 'dbo' AND table_name IN ($names)",
	[ "GET $many", batch($many, 'dbo', @many[ 0 .. 99 ]), singles($many, 'dbo', $many[100]) ], 303);
makes('tables that are named, one twice and one in vain', "$columns 'delayed_glacier' AND schema_name = 'dbo'
	AND table_name = ANY (ARRAY['table_003', 'table_001', 'nothing', 'table_003'])",
	[ "GET $many", batch($many, 'dbo', qw(table_001 table_003)) ], 6);
makes('conditions on tables', "$columns 'delayed_glacier' AND table_name LIKE '%7'",
	[ "GET $many", batch($many, 'dbo', grep { /7$/ } @many) ], 36);
makes('read again in a statement', "SELECT sum(n) FROM generate_series(1, 3) i, LATERAL (SELECT count(*) AS n
	FROM connector_columns WHERE connector_id = 'syncing_river' AND length(table_name) > i) c",
	[ "GET $few", $post ], 24);
makes('another statement asks anew', "$river; $river", [ ("GET $few", $post) x 2 ], "$river_rows\n$river_rows");
makes('what its tables tell', "SELECT DISTINCT schema_in_destination, table_name FROM connector_columns
	WHERE connector_id = 'syncing_river' ORDER BY 2", [ "GET $few", $post ], join "\n", map { "salesforce|$_" } @few);
makes('one row', "SELECT column_name FROM connector_columns WHERE connector_id = 'syncing_river' LIMIT 1",
	[ "GET $few", $gets[0] ]);
makes('EXISTS', "SELECT EXISTS (SELECT FROM connector_columns WHERE connector_id = 'delayed_glacier')",
	[ "GET $many", singles($many, 'dbo', $many[0]) ], 't');
makes('names with other characters', "$columns 'unicode_meadow'",
	[ 'GET /v1/connections/unicode_meadow/schemas',
		batch('/v1/connections/unicode_meadow/schemas', 'my%20schema%2F%C3%A9', 'Orders & Items', 'question?') ], 7);
{
	my $plan = $node->query("EXPLAIN (COSTS OFF) $columns 'x' AND schema_name = 's' AND table_name IN ($names)");
	like($plan, qr{Fivetran\ Request:\ GET\ /v1/connections/x/schemas/s/tables/\{table_name\}/columns\n
		\ *Fivetran\ Batch\ Request:\ POST\ /v1/connections/x/schemas/s/fetch-source-columns,\ up\ to\ 100\ lists\ at\ once\n
		(.*\n)*\ *Expected\ Calls:\ 2}x, 'EXPLAIN');
	unlike($node->query("EXPLAIN (COSTS OFF) $columns 'x' AND schema_name = 's' AND table_name = 't'"), qr/Batch/,
		'EXPLAIN of one table');
}

# ---------- not served: asked once in a session

my %unserved = (
	'its code' => { status => 400, body => { code => 'NotImplemented_FetchSourceColumns', message => 'No' } },
	'its code with a status of success' => { status => 200, body => { code => 'NotImplemented_X', message => 'No' } },
	'no such route' => { status => 404, body => { code => 'NotFound', message => 'HTTP 404 Not Found' } },
	'not the API' => { status => 404, content_type => 'text/html', body_text => '<html>' },
	'no such method' => { status => 405, body => { code => 'MethodNotAllowed', message => 'HTTP 405' } },
	'a gateway' => { status => 501, body_text => '' },
	'nothing' => { status => 200, body_text => '' },
	'no JSON' => { status => 200, body_text => 'ok' },
	'no data' => { status => 200, body => { code => 'Success' } },
	'another shape' => { status => 200, body => { code => 'Success', data => { items => [] } } },
	'a list' => tables([ { name => 'account' } ]),
	'lists of columns' => tables({ account => { columns => [ { name => 'id' } ] } }),
	'columns that are no objects' => tables({ account => { columns => { id => 1 } } }),
	'columns without a name around them' => tables({ map { $_ => { id => $column } } @few }),
	'a column called columns there' => tables({ map { $_ => { columns => $column } } @few }),
	'a table that is null' => tables({ account => undef, contact => { columns => { id => $column } } }),
	'no tables' => tables({}),
	'another table' => tables({ other => { columns => { id => $column } } }),
	'another table, too' => tables({ map { $_ => { columns => { id => $column } } } @few, 'other' }),
	'in capitals' => tables({ map { uc $_ => { columns => { id => $column } } } @few }));
foreach my $name (sort keys %unserved)
{
	answers($unserved{$name});
	makes($name, "$river; $river", [ $post, ("GET $few", @gets) x 2 ], "$river_rows\n$river_rows");
}
answers($unserved{'its code'});
makes('one call in vain', "$columns 'delayed_glacier'; $columns 'syncing_river'",
	[ "GET $many", batch($many, 'dbo', @many[ 0 .. 99 ]), singles($many, 'dbo', @many), "GET $few", @gets ], "360\n8");

# ---------- it fails for these tables: they are asked for one by one, the next ones together again

my %failed = (
	'a table that is gone' => { status => 404, body => { code => 'NotFound_Table', message => 'No' } },
	'invalid' => { status => 400, body => { code => 'InvalidInput', message => 'No' } },
	'forbidden' => { status => 403, body => { code => 'Forbidden', message => 'No' } },
	'a conflict' => { status => 409, body => { code => 'Conflict', message => 'No' } });
foreach my $name (sort keys %failed)
{
	answers($failed{$name});
	makes($name, "$river; $river", [ ("GET $few", $post, @gets) x 2 ], "$river_rows\n$river_rows");
}
answers($failed{'a table that is gone'}, 1);
makes('for a while', "$columns 'delayed_glacier'; $river",
	[ "GET $many", batch($many, 'dbo', @many[ 0 .. 99 ]), singles($many, 'dbo', @many[ 0 .. 99 ]),
		batch($many, 'dbo', @many[ 100 .. 119 ]), "GET $few", $post ], "360\n$river_rows");
$mock->clear_faults('w');
$mock->fault('w', { path => 'salesforce/tables/contact', times => 0, status => 400,
	body => { code => 'InvalidInput', message => 'No' } });
$mock->fault('w', { path => 'fetch-source-columns', times => 0, %{ $failed{invalid} } });
makes('what one of them does not have is told as before', "$columns 'syncing_river'", [ "GET $few", $post, @gets ], 6,
	qr/NOTICE:  00000: connector_columns: none for 1 of 3 connector_tables\n/);
$mock->clear_faults('w');

# ---------- a part of the answer

my $part = { account => { columns => { a => $column, b => $column } } };
foreach my $rest ({}, { contact => {} }, { contact => { columns => undef } },
	{ contact => { columns => {} }, opportunity => { message => 'No' } })
{
	answers(tables({ %$part, %$rest }));
	makes('a part: ' . join(', ', sort keys %$rest), $river, [ "GET $few", $post, @gets[ 1, 2 ] ],
		'account.a account.b contact.email contact.id opportunity.amount opportunity.id opportunity.stage_name');
}
answers({ status => 200, body_text => '{"data": {"tables": {"account": {"columns": {"a": {}}}, "c\u006fntact":
	{"columns": {"id": {}}}, "account": {"columns": {"id": {}, "b": {}, "\u0069d": {"enabled": true}}}}}, "code":
	"Success"}' });
makes('names twice, and with escapes', "SELECT string_agg(table_name || '.' || column_name
	|| coalesce('!' || enabled::text, ''), ' ' ORDER BY table_name, column_name)
	FROM connector_columns WHERE connector_id = 'syncing_river'
	AND table_name <> 'opportunity'", [ "GET $few", batch($few, 'salesforce', qw(account contact)) ],
	'account.b account.id!true contact.id');

# ---------- it reads: repeated as a GET is, and nothing else

foreach my $once ({ status => 408 }, { status => 429 }, { status => 500 }, { status => 502 }, { status => 503 },
	{ close => 1 }, { close => 'reset' })
{
	answers($once, 1);
	makes('once ' . join(' ', %$once), $river, [ "GET $few", $post, $post ], $river_rows);
}
answers({ status => 401, body => { code => 'AuthFailed', message => 'No' } });
makes('the credentials', $river, [ "GET $few", $post ], '', qr/ERROR:  28000/);
$mock->clear_faults('w');
makes('max_calls', "SET fivetrex.max_calls = 3; $columns 'delayed_glacier'; $columns 'syncing_river';
	SET fivetrex.max_calls = 1; $river", [ "GET $many", batch($many, 'dbo', @many[ 0 .. 99 ]),
	batch($many, 'dbo', @many[ 100 .. 119 ]), "GET $few", $post, "GET $few" ], "360\n8", qr/ERROR:  54000/);
makes('guards of writes', "BEGIN READ ONLY; SET LOCAL fivetrex.max_writes = 0; SET LOCAL fivetrex.dry_run = on;
	$river; ROLLBACK", [ "GET $few", $post ], $river_rows);
$node->query("ALTER SERVER w OPTIONS (ADD access 'read_only')");
my $by_request = "SELECT string_agg(key, ' ' ORDER BY key) FROM jsonb_each(fivetrex_request('POST',
	'$few/salesforce/fetch-source-columns', NULL, '{\"tables\": [\"account\", \"contact\"]}') #> '{data,tables}')";
makes('access', "BEGIN READ ONLY; SET LOCAL fivetrex.max_writes = 0; $river; $by_request; ROLLBACK",
	[ "GET $few", $post, batch($few, 'salesforce', qw(account contact)) ], "$river_rows\naccount contact");
makes('another POST', "SELECT fivetrex_request('POST', '$few/reload')", [], '', qr/ERROR:  42501/);
$node->query('ALTER SERVER w OPTIONS (DROP access)');

# ---------- the same rows with and without

{
	my $all = 'SELECT * FROM connector_columns ORDER BY connector_id, schema_name, table_name, column_name';
	my ($log, $out, $err) = $node->sent($mock, 'w', $all);
	answers($unserved{'its code'});
	my ($other_log, $other_out, $other_err) = $node->sent($mock, 'w', $all);
	cmp_ok(length $out, '>', 10_000, 'all columns of all connectors');
	is($other_out, $out, 'are the same');
	is($other_err, $err, 'with the same complaints');
	my @posts = grep { /^POST/ } @$log;
	is(scalar(grep { /^POST/ } @$other_log), 1, 'one call learns that it is not served');
	my ($gets, $other_gets) = map { scalar grep { m{/columns$} } @$_ } $log, $other_log;
	note("calls: " . scalar(@$log) . ', one by one ' . (@$other_log - 1));
	my $together = 0;
	$together += () = /"(?!tables")/g for map { s/\].*|.*\[//gr } @posts;
	is($other_gets, $gets + $together / 2, 'each table is asked for once');
	$mock->clear_faults('w');
	$node->query("ALTER SERVER w OPTIONS (ADD max_concurrency '1')");
	is(($node->sent($mock, 'w', $all))[1], $out, 'one at a time');
	$node->query('ALTER SERVER w OPTIONS (DROP max_concurrency)');
}

# ---------- a write in the middle

{
	my ($log, $out) = $node->sent($mock, 'w', "BEGIN; DECLARE c CURSOR FOR SELECT table_name || column_name
		FROM connector_columns WHERE connector_id = 'delayed_glacier'; FETCH 1 FROM c;
		SELECT fivetrex_pause('assimilate_seem') IS NOT NULL;
		CREATE TEMP TABLE n (n int); FETCH ALL FROM c; COMMIT");
	my %seen = map { $_ => 1 } grep { /^table_/ } split /\n/, $out;
	is(scalar keys %seen, 360, 'all rows of a cursor in which something was written');
}

is_deeply([ $mock->violations('w') ], [], 'no request broke the definition');
$node->stop;
$mock->stop;
done_testing();
