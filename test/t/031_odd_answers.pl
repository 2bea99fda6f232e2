# Answers are believed only when they answer: every statement and function that
# calls the API, made from the catalogue and from pg_proc, against every odd
# answer gives an error of the right class or the right rows; never a crash, a
# row of NULLs, or a success that was not told.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start(allow_violations => ['m']);
my $node = Fivetrex::Node->start('odd_answers');
my $json = JSON::PP->new->utf8->canonical;
$mock->settings('m', connectors => 12);
$node->add_world($mock, 'm', max_retries => 0);
$node->query(q{
	ALTER DATABASE postgres SET fivetrex.server = 'm';
	ALTER DATABASE postgres SET fivetrex.max_deletes = -1;
	ALTER DATABASE postgres SET fivetrex.max_writes = -1;
	ALTER DATABASE postgres SET search_path = m, public;
	ALTER DATABASE postgres SET session_preload_libraries = 'fivetrex';

	-- What a statement ends in: "error CODE", the number of rows, or the rows.
	CREATE FUNCTION outcome(statement text, kind text) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE
		n bigint; result text;
	BEGIN
		IF kind = 'rows' THEN
			EXECUTE format('SELECT coalesce(jsonb_agg(to_jsonb(q) ORDER BY q::text), ''[]'') FROM (%s) q', statement)
				INTO result;
		ELSIF kind = 'returning' THEN
			EXECUTE format('WITH q AS (%s RETURNING *) SELECT coalesce(jsonb_agg(to_jsonb(q)), ''[]'') FROM q', statement)
				INTO result;
		ELSE
			EXECUTE statement;
			GET DIAGNOSTICS n = ROW_COUNT;
			result := 'done ' || n;
		END IF;
		RETURN result;
	EXCEPTION WHEN OTHERS THEN
		RETURN 'error ' || SQLSTATE || ' ' || SQLERRM;
	END $$;
	CREATE TABLE statements (n int PRIMARY KEY, about text, kind text, reads boolean, statement text)});

# ---------- the statements

# A value of the type, as SQL.
sub value_of
{
	my ($type) = @_;
	return {
		'boolean' => 'true', 'integer' => '60', 'jsonb' => q('{"a": 1}'::jsonb), 'text[]' => q(ARRAY['sync_end']),
		'timestamp with time zone' => q(timestamptz '2026-01-01Z'), 'interval' => q(interval '0'),
		'bytea' => q('\x00'::bytea),
	}->{$type} // q('k');
}

my @statements;

sub add
{
	my ($about, $kind, $reads, $statement) = @_;
	push @statements, { n => scalar @statements, about => $about, kind => $kind, reads => $reads, sql => $statement };
	return;
}

my @tables = @{ $json->decode($node->query(q{SELECT jsonb_agg(to_jsonb(t) || jsonb_build_object('columns',
	(SELECT jsonb_agg(c) FROM fivetrex_columns() c WHERE c.table_name = t.name))) FROM fivetrex_tables() t})) };
foreach my $table (@tables)
{
	my $name = $table->{name};
	my @columns = @{ $table->{columns} };
	my @keys = grep { $_->{is_key} } @columns;
	# a row that is there, by its key
	my $row = $json->decode($node->query(
			"SELECT coalesce((SELECT to_jsonb(q) FROM (SELECT * FROM m.$name LIMIT 1) q), 'null')"));
	my $where = join ' AND ', map { "$_->{column_name} = " . (defined $row && defined $row->{ $_->{column_name} }
			? "'" . $row->{ $_->{column_name} } =~ s/'/''/gr . "'" : "'k'") } @keys;
	my $parents = join ' AND ', grep { !/^\w*\bid = / } map { "$_->{column_name} = 'k'" } grep { $table->{parent} } @keys;

	add("list of $name", 'rows', 1, "SELECT * FROM m.$name") unless $table->{parent};
	add("$name by its key", 'rows', 1, "SELECT * FROM m.$name WHERE $where") if @keys;
	(my $first = $where) =~ s/ AND .*//s;
	add("$name of a parent", 'rows', 1, "SELECT * FROM m.$name WHERE $first") if $table->{parent} && @keys > 1;
	add("count of $name", 'rows', 1, "SELECT count(*) FROM m.$name" . (@keys && $table->{parent} ? " WHERE $first" : ''));

	if ($table->{create_call})
	{
		my @given = grep { $_->{required_on_create} } @columns;
		@given = (grep { $_->{on_create} } @columns)[0] unless @given;
		my $insert = sprintf 'INSERT INTO m.%s (%s) VALUES (%s)', $name, join(', ', map { $_->{column_name} } @given),
		  join(', ', map { value_of($_->{type}) } @given);
		add("INSERT INTO $name", 'done', 0, $insert);
		add("INSERT INTO $name RETURNING", 'returning', 0, $insert);
	}
	my ($set) = grep { $_->{on_update} } @columns;
	if ($table->{update_call} && $set && defined $row)
	{
		my $value = $set->{type} eq 'boolean' ? "NOT $set->{column_name}" : value_of($set->{type});
		my $update = "UPDATE m.$name SET $set->{column_name} = $value WHERE $where";
		add("UPDATE $name", 'done', 0, $update);
		add("UPDATE $name RETURNING", 'returning', 0, $update);
	}
	if ($table->{delete_call} && defined $row)
	{
		add("DELETE FROM $name", 'done', 0, "DELETE FROM m.$name WHERE $where");
		add("DELETE FROM $name RETURNING", 'returning', 0, "DELETE FROM m.$name WHERE $where");
	}
}

# Functions that call the API take the server; those that only look at the
# session are left out.
my %no_call = map { $_ => 1 } qw(fivetrex_limits fivetrex_disconnect fivetrex_verify_delivery fivetrex_selftest);
my @functions = @{ $json->decode($node->query(q{
	SELECT jsonb_agg(jsonb_build_object('name', proname, 'set', proretset, 'arguments', (
		SELECT jsonb_agg(jsonb_build_object('name', a.name, 'type', format_type(a.type, NULL)) ORDER BY i)
		FROM unnest(proargnames, proargtypes::oid[]) WITH ORDINALITY a(name, type, i) WHERE a.type IS NOT NULL)))
	FROM pg_proc JOIN pg_depend d ON d.objid = pg_proc.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
	JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'fivetrex'
	WHERE 'server' = ANY (proargnames)})) };
foreach my $function (grep { !$no_call{ $_->{name} } } @functions)
{
	my @arguments = grep { $_->{name} ne 'server' } @{ $function->{arguments} };
	my @methods = $function->{name} eq 'fivetrex_request' ? qw(GET POST PATCH DELETE) : undef;
	foreach my $method (@methods)
	{
		my $call = join ', ', map {
			my $value = value_of($_->{type});
			$value = "'$method'" if defined $method && $_->{name} eq 'method';
			$value = "'/v1/groups/k'" if defined $method && $_->{name} eq 'path';
			$value = 'NULL' if defined $method && ($_->{name} eq 'query' || ($_->{name} eq 'body' && $method =~ /GET|DELETE/));
			$value = "'other'" if $_->{name} eq 'exclude_mode';
			$value = 'NULL' if $_->{name} eq 'since';
			"\"$_->{name}\" => $value"
		} @arguments;
		add($function->{name} . (defined $method ? " $method" : ''), 'rows', undef,
			"SELECT * FROM $function->{name}($call)");
	}
}
{
	my $values = join ', ', map { sprintf q{(%d, $a$%s$a$, '%s', %s, $b$%s$b$)}, $_->{n}, $_->{about}, $_->{kind},
		  defined $_->{reads} ? ($_->{reads} ? 'true' : 'false') : 'NULL', $_->{sql} } @statements;
	$node->query("INSERT INTO statements VALUES $values");
}

# All outcomes under a fault, by statement; of those that the condition chooses.
sub outcomes_of
{
	my ($condition, @faults) = @_;
	$mock->clear_faults('m');
	$mock->fault('m', map { { times => 0, %$_ } } @faults) if @faults;
	my $out = $node->query(q{SET client_min_messages = error;
		SELECT coalesce(jsonb_object_agg(n, outcome(statement, kind)), '{}') FROM statements WHERE } . $condition);
	$mock->clear_faults('m');
	return $json->decode($out);
}

sub body
{
	my ($bytes, %more) = @_;
	return { status => 200, body_base64 => encode_base64($bytes, ''), %more };
}

# The outcomes of all statements.  Writes get the odd answer, the reads before
# them the mock's.
sub outcomes
{
	my ($fault) = @_;
	return {
		%{ outcomes_of('reads', $fault) },
		%{ outcomes_of('NOT reads', map { { %$fault, method => $_ } } qw(POST PATCH DELETE)) }
	};
}

# ---------- which are reads, which are writes

my $refused = outcomes_of('true', { status => 403, body => { code => 'Forbidden', message => 'x' } });
foreach my $statement (@statements)
{
	next if defined $statement->{reads};
	$mock->clear('m');
	$node->query("SET client_min_messages = error;
		SELECT outcome(statement, kind) FROM statements WHERE n = $statement->{n}");
	my @methods = map { /^(\w+)/ } $mock->requests('m');
	$statement->{reads} = @methods && !grep { $_ ne 'GET' } @methods;
}
$node->query(sprintf 'UPDATE statements SET reads = n IN (%s)',
	join ', ', map { $_->{n} } grep { $_->{reads} } @statements);
# what the API cannot be asked for is refused before anything is sent
my @sent = grep { $refused->{ $_->{n} } =~ /^error 42501/ } @statements;
my @not_sent = grep { $refused->{ $_->{n} } !~ /^error 42501/ } @statements;
note('statements: ' . @statements . ', sent: ' . @sent . ', not sent: '
	  . join('; ', map { "$_->{about} ($refused->{$_->{n}})" } @not_sent));
cmp_ok(scalar @sent, '>=', 200, 'statements are sent: ' . @sent);
is_deeply([ map { $_->{about} } grep { $refused->{ $_->{n} } !~ /^error (0A000|22023|23502|42501)/ } @not_sent ],
	[], 'of the others each is refused for a reason');

# ---------- what answers nothing

my $blanks = ' ' x (2 * 1024 * 1024);
my %nothing = (
	'empty' => body(''), '204' => body('', status => 204), '{}' => body('{}'), '[]' => body('[]'), 'null' => body('null'),
	'a string' => body('"Success"'), 'a number' => body('7'),
	'HTML' => body('<html>Log in first</html>', content_type => 'text/html'),
	'truncated' => body('{"code":"Success","message":"m","data":{"items":[{"id":"k"'),
	'two answers' => body('{"code":"Success"}{"code":"Success"}'),
	'not UTF-8' => body(qq({"code":"Success","message":"\xFF"})),
	'only blanks' => body($blanks), 'a byte order mark' => body(qq(\xEF\xBB\xBF{"code":"Success","data":{"items":[]}})),
	'an error under 200' => body('{"code":"InternalError","message":"oops"}'),
	'an error with data' =>
	  body('{"code":"InternalError","message":"oops","data":{"id":"k","items":[],"schemas":{},"columns":{}}}'),
	'an error, escaped' => body('{"\u0063ode":"InternalError","data":{"id":"k","items":[]}}'),
	'a part' => body('{"code":"Success","data":{"id":"k","items":[],"schemas":{},"columns":{}}}', status => 206),
	'two lengths' =>
	  { %{ body('{"code":"Success","data":{"id":"k","items":[],"schemas":{},"columns":{}}}') }, second_length => 7 },
	'no code, no data' => body('{"message":"done"}'), 'code null' => body('{"code":null,"message":"done"}'),
	'a number as code' => body('{"code":200,"data":{"items":[]}}'));
my $checked = 0;
foreach my $name (sort keys %nothing)
{
	my $outcomes = outcomes($nothing{$name});
	my @wrong;
	foreach my $statement (@sent)
	{
		my $outcome = $outcomes->{ $statement->{n} };
		my $deletes = $statement->{about} =~ /^DELETE|fivetrex_(delete|remove|dismiss|drop_column\b)|DELETE$/;
		my $expected = $statement->{reads} ? qr/^error 08P01/
		  : $deletes && $name =~ /^(empty|204)$/ ? qr/^(done 1$|\[\{)/ : qr/^error 08007/;
		push @wrong, "$statement->{about}: $outcome" unless $outcome =~ $expected;
		$checked++;
	}
	is(join("\n", @wrong), "", "$name answers nothing");
}

# ---------- a success whose data are others

my %data = (
	'no data' => '', 'data null' => 'null', 'data an array' => '[]', 'data an array of objects' => '[{"id":"k"}]',
	'data a string' => '"k"', 'data a number' => '7', 'data empty' => '{}', 'another object' => '{"id":"another","x":1}',
	'id null' => '{"id":null,"agent_id":null,"key":"k"}', 'id empty' => '{"id":"","agent_id":"","key":"k"}',
	'items null' => '{"items":null}', 'items numbers' => '{"items":[1,2]}', 'items arrays' => '{"items":[[]]}',
	'items null elements' => '{"items":[null]}',
	'items without keys' => '{"items":[{}]}', 'items a string' => '{"items":"k"}',
	'maps null' => '{"schemas":null,"columns":null}', 'maps numbers' => '{"schemas":7,"columns":7}',
	'maps of numbers' => '{"schemas":{"a":1},"columns":{"a":1}}',
	'maps of null' => '{"schemas":{"a":null},"columns":{"a":null}}');
foreach my $name (sort keys %data)
{
	my $body = '{"code":"Success","message":"m"' . ($data{$name} eq '' ? '' : ",\"data\":$data{$name}") . '}';
	my $outcomes = outcomes(body($body));
	my @wrong;
	foreach my $statement (@sent)
	{
		my $outcome = $outcomes->{ $statement->{n} };
		my $right = $outcome =~ /^error (08P01|08007)/;
		if ($statement->{reads})
		{
			$right ||= $name eq 'items null' && $outcome =~ /^(\[\]|\[\{"count": 0\}\]|\[\{"\w+": \[\]\}\])$/;
			$right ||= $name eq 'maps null' && $outcome =~ /^(\[\]|\[\{"count": 0\}\])$/;
			# lists whose items have no key, and the functions that hand on what there is
			$right ||= $name eq 'items without keys' && $statement->{about} =~ /connector_warnings|secrets_manager_entities/;
			$right ||= $statement->{about} =~ /^fivetrex_request GET/;
			$right ||= $statement->{about} eq 'fivetrex_schema_config' && $name eq 'maps null';
			$right ||= $statement->{about} eq 'fivetrex_account_log_service' && $name eq 'another object';
			$right ||= $statement->{about} eq 'fivetrex_public_connector_types' && $data{$name} =~ /^\[/;
		}
		else
		{
			# the API has said that it is done; a row then has its key
			$right ||= $outcome =~ /^(done \d+|\[\])$/;
			# and what it does not tell must be there to be read
			$right ||= $statement->{about} =~ / RETURNING$/ && $outcome =~ /^error P0002 the change was made, but /;
			(my $columns = $outcome) =~ s/"attrs": \{[^{}]*\}//g;
			$right ||= $columns =~ /^\[\{/ && $columns !~ /"id": (null|"")/;
			# what names nothing is handed on by what asks for anything, and where no answer says what it is about
			$right ||= $statement->{about} =~ /^fivetrex_(request \w+|test_log_service|test_account_log_service)$/;
			$right = 0 if $statement->{about} =~ /^INSERT INTO (system_keys|user_api_keys|proxy_agents|hybrid_agents) RETURNING/
			  && $outcome !~ /^error/;
			$right = 0 if $statement->{about} =~ /^fivetrex_(rotate|regenerate|reauthenticate|pause|resume|create_\w+_webhook)/
			  && $outcome !~ /^error|"id": "another"/;
		}
		push @wrong, "$statement->{about}: $outcome" unless $right;
		$checked++;
	}
	is(join("\n", @wrong), "", $name);
}

# ---------- the right answer in an odd dress

my $undressed = outcomes_of('reads');
my @reads = grep { $_->{reads} && $undressed->{ $_->{n} } !~ /^error|^\[\]$|"count": 0\}/
	  && $_->{about} !~ /ping|download/ } @sent;
cmp_ok(scalar @reads, '>=', 60, 'reads that the mock answers: ' . @reads);
my %dresses = (
	'leading white space' => [ { before_body => encode_base64(" \r\n\t", '') }, 1 ],
	'2 MB of blanks before' => [ { blanks_before => length $blanks }, 1 ],
	'another content type' => [ { content_type => 'text/plain' }, 1 ], 'packed' => [ { gzip => JSON::PP::true() }, 1 ],
	'the same length twice' => [ { headers => {} }, 1 ], 'status 203' => [ { as_status => 203 }, 1 ],
	'206 of the right answer' => [ { as_status => 206 }, 0 ],
	'two lengths of the right answer' => [ { second_length => 3 }, 0 ],
	'a byte order mark before' => [ { before_body => encode_base64("\xEF\xBB\xBF", '') }, 0 ]);
foreach my $name (sort keys %dresses)
{
	my ($fault, $same) = @{ $dresses{$name} };
	my $outcomes = outcomes_of('reads', $fault);
	my @wrong = grep {
		$checked++;
		$same ? $outcomes->{ $_->{n} } ne $undressed->{ $_->{n} } : $outcomes->{ $_->{n} } !~ /^error 08P01/
	} @reads;
	is_deeply([ map { "$_->{about}: $outcomes->{$_->{n}}" } @wrong ], [], $name);
}

# ---------- fivetrex_selftest() tells it

# What cannot be asked for because its parent's answer is odd has no request.
sub selftest
{
	my ($fault) = @_;
	$mock->clear_faults('m');
	$mock->fault('m', { times => 0, %$fault }) if $fault;
	my $rows = $json->decode($node->query(q{SELECT jsonb_agg(jsonb_build_array(table_name, status, detail)) FROM
		fivetrex_selftest() WHERE request IS NOT NULL}));
	$mock->clear_faults('m');
	return $rows;
}

my $asked = @{ selftest() };
cmp_ok($asked, '>=', 30, "the selftest asks for $asked tables");
foreach my $name (sort keys %nothing)
{
	my $rows = selftest($nothing{$name});
	is_deeply([ grep { $_->[1] ne 'error' || !defined $_->[2] } @$rows ], [], "selftest: $name is an error");
	cmp_ok(scalar @$rows, '>=', 20, "selftest: of all roots (" . @$rows . ')');
}
foreach my $name (sort keys %data)
{
	my $data = $data{$name} eq '' ? '' : ",\"data\":$data{$name}";
	my $rows = selftest(body("{\"code\":\"Success\",\"message\":\"m\"$data}"));
	# a list that is null is empty
	my $right = $name eq 'items null' ? qr/^(error|empty)$/ : qr/^error$/;
	is_deeply([ grep { $_->[1] !~ $right || !defined $_->[2] && $_->[1] eq 'error' } @$rows ], [], "selftest: $name");
}

is($node->query('SELECT 1'), 1, "the server lives: $checked outcomes were checked");
note("pairs of statement and answer: $checked; reads " . (grep { $_->{reads} } @sent)
	  . ', writes ' . (grep { !$_->{reads} } @sent));
$node->stop;
$mock->stop;
done_testing();
