# EXPLAIN names the requests that the statement makes, and no others: for every
# table, with conditions on each of its key columns and on each column of text,
# with values that can be asked for and with such that cannot.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('explain');
$node->add_world($mock, 'w');
$mock->settings('w', connectors => 12);
$node->query("ALTER DATABASE postgres SET search_path = w, public;
	ALTER DATABASE postgres SET client_min_messages = error");

# times of a window are those of the moment
sub without_times { return $_[0] =~ s/((?:start|end)_time)=[^&]*/$1=T/gr }

# Requests of a plan as patterns: what stands in braces is any one value.
sub explained
{
	my %told = (requests => [], details => [], perhaps => [], parents => 0);
	foreach my $line (@_)
	{
		$told{parents} = 1 if $line =~ /Fivetran Parents: /;
		my ($detail, $request, $perhaps) = $line =~ /Fivetran (Detail )?Request: (.*?)( \(.*\))?$/ or next;
		next if $request eq 'none';
		my $pattern = join '[^/?&]+', map { quotemeta } split /\{.*?\}/, without_times($request), -1;
		push @{ $told{ $perhaps ? 'perhaps' : $detail ? 'details' : 'requests' } }, qr/^$pattern$/;
	}
	return \%told;
}

my ($checked, $none) = (0, 0);

# What was told and what was made of one query.
sub compare
{
	my ($sql, $plan, $rows, @log) = @_;
	my $told = explained(@$plan);
	my %made = map { without_times(s/&cursor=.*//r) => 1 } @log;
	my @wrong;
	foreach my $made (sort keys %made)
	{
		push @wrong, "made: $made"
		  unless $told->{parents} || grep { $made =~ $_ } map { @{ $told->{$_} } } qw(requests details perhaps);
	}
	foreach my $pattern (map { @{ $told->{$_} } } $rows > 0 ? qw(requests details) : 'requests')
	{
		# parents may turn out to have none
		next if $told->{parents} && !$rows;
		push @wrong, "told: $pattern" unless grep { $_ =~ $pattern } keys %made;
	}
	push @wrong, 'nothing is told, something made' if %made && !@{ $told->{requests} };
	$checked++;
	$none++ if !@{ $told->{requests} };
	is_deeply(\@wrong, [], $sql) or diag(join "\n", 'made:', sort(keys %made), @$plan);
	return;
}

# All in one session.  A request for a key of its own follows each in the log.
sub check
{
	my (@queries) = @_;
	$mock->clear('w');
	my ($status, $out, $err) = $node->psql('postgres', join "\n", map {
		"\\echo \@E\nEXPLAIN (COSTS OFF) $queries[$_];\n\\echo \@R\n$queries[$_];\nSELECT FROM groups WHERE id = 'marker_$_';"
	} 0 .. $#queries);
	is($err, '', 'no complaint');
	my (undef, @outputs) = split /^\@E\n/m, "$out\n";
	my @log = $mock->requests('w');
	foreach my $n (0 .. $#queries)
	{
		my ($plan, $answer) = split /^\@R$/m, $outputs[$n];
		my @made;
		while (@log)
		{
			my $request = shift @log;
			last if $request eq "GET /v1/groups/marker_$n";
			push @made, $request;
		}
		my $rows = () = ($answer // '') =~ /\S/g;
		compare($queries[$n], [ split /\n/, $plan ], $rows, @made);
	}
	return;
}

sub literal { return defined $_[0] ? "'" . ($_[0] =~ s/'/''/gr) . "'" : 'NULL' }

# what a client would know of the parents
my %known = (
	connector_id => 'assimilate_seem', group_id => 'opaque_lantern', schema_name => 'public', table_name => 'orders');
my $attributes = "SELECT attname FROM pg_attribute WHERE attnum > 0 AND atttypid = 'text'::regtype AND attrelid =";
foreach my $table ($node->rows('SELECT name FROM fivetrex_tables() ORDER BY 1'))
{
	my @keys = $node->rows("$attributes 'w.$table'::regclass AND attnotnull ORDER BY attnum");
	my @texts = $node->rows("$attributes 'w.$table'::regclass AND NOT attnotnull ORDER BY attnum");
	my $all = $node->query("EXPLAIN (COSTS OFF) SELECT 1 FROM $table");
	my ($calls) = $all =~ /Expected Calls: (\d+)/;
	my @output = ('1', $calls <= 20 && $table !~ /^connector_type/ ? '*' : ());

	# a row that is there; of tables that would take many calls, one of a known parent
	my @where = map { "$_ = " . literal($known{$_}) } grep { $known{$_} } @keys;
	my $where = $calls > 20 && @where ? 'WHERE ' . join ' AND ', @where : '';
	my ($row) = $node->rows('SELECT ' . (join(', ',
		map { "$_\::text" } @keys) || '1') . " FROM $table $where");
	my %value;
	@value{@keys} = split /\|/, $row, -1 if defined $row;
	my @queries = map { "SELECT $_ FROM $table $where" } @output;
	my @conditions = map {
		my $key = $_;
		map { "$key = $_" } literal($value{$key} // 'nobody'), "'..'", "''", "'no/such'", "repeat('x', 2000)", 'NULL'
	} @keys;
	push @conditions, map { my $key = $_; map { "$key IN ($_)" } "'a', 'b'", "'a', '..'" } @keys;
	push @conditions, join ' AND ', map { "$_ = " . literal($value{$_} // 'nobody') } @keys if @keys > 1;
	foreach my $odd (@keys > 1 ? @keys : ())
	{
		push @conditions, join ' AND ', map { "$_ = " . literal($_ eq $odd ? '..' : $value{$_} // 'nobody') } @keys;
	}
	push @conditions, map { my $column = $_; map { "$column = $_" } "'x'", "''", 'NULL' } @texts;
	foreach my $condition (@conditions)
	{
		# parents that are not named are many
		next if $calls > 20 && $condition !~ /connector_id =/;
		push @queries, "SELECT $output[-1] FROM $table WHERE $condition";
	}
	# (what many parents would answer beyond a LIMIT may still arrive later)
	push @queries, "SELECT 1 FROM $table $where LIMIT 3" if @keys < 2;
	check(@queries);
}
note("$checked queries, $none of them without a request");
cmp_ok($checked, '>', 500, "$checked queries");
cmp_ok($none, '>', 50, "$none of them need no request");

# ---------- costs

# compiling expressions cannot make waiting for an API faster
my $plan = $node->query('EXPLAIN SELECT * FROM connector_schemas');
my ($cost, $fan_out) = $plan =~ /cost=\d+\.\d+\.\.(\d+).*Expected Calls: (\d+)/s;
cmp_ok($fan_out, '>', 2500, "a fan-out of $fan_out calls");
cmp_ok($cost, '<', $node->query('SHOW jit_above_cost'), "costs $cost: too little for JIT");

# ---------- more of reads

my $column = sub { return $node->query("EXPLAIN (COSTS OFF) $_[0]") };
like($column->(q{SELECT * FROM team_users WHERE team_id = 'a' AND user_id = '..'}),
	qr{Fivetran Request: GET /v1/teams/a/users\?limit=1000\n\s+Pushed Filter: team_id = 'a'::text\n}, 'no such path');
like($column->(q{SELECT * FROM connector_sync_history WHERE connector_id = 'x' AND start > '2026-01-01'}),
	qr!sync-history\?start_time=\d{4}-[^&{]*&end_time=\d{4}-[^&{]*&limit=1000\n!, 'a window is told');
like($column->(q{SELECT * FROM connector_sync_history WHERE connector_id = 'x' AND start > now() - interval '1 day'}),
	qr{sync-history\?start_time=\{start_time\}&end_time=\{end_time\}&limit=1000\n}, 'or not known yet');
like($column->('SELECT id, public_key FROM groups'), qr{Detail Request: GET /v1/groups/\{id\}/public-key\n},
	'extra calls');
unlike($column->('SELECT id, public_key FROM groups'), qr{Request: GET /v1/groups/\{id\}\n}, 'and nothing else');
like($node->query(q{PREPARE p (text) AS SELECT * FROM groups WHERE id = $1; EXPLAIN EXECUTE p ('x')}),
	qr{Fivetran Request: GET /v1/groups/x\n}, 'a parameter that is given');
like($node->query(q{SET plan_cache_mode = force_generic_plan; PREPARE p (text) AS SELECT * FROM groups WHERE id = $1;
	EXPLAIN EXECUTE p ('..')}), qr{Fivetran Request: GET /v1/groups\?limit=1000\n}, 'in a generic plan');

# a LIMIT that is none makes no call less
$node->query("ALTER FOREIGN TABLE connectors OPTIONS (ADD page_size '10')");
foreach my $what ('id', 'setup_tests')
{
	my @calls = map { $node->query("EXPLAIN SELECT $what FROM connectors $_") =~ /Expected Calls: (\d+)/ }
	  '', map { "LIMIT $_" } 2147483647, 2147483646, 2147483638, 2147483647 - 10000;
	cmp_ok($calls[0], '>', 1, "$what takes several calls");
	is_deeply([ @calls[ 1 .. 4 ] ], [ ($calls[0]) x 4 ], 'all of them with such a LIMIT');
}
$node->query("ALTER FOREIGN TABLE connectors OPTIONS (DROP page_size)");

# ---------- writes

foreach my $case (
	[ q{INSERT INTO webhooks (url, events) VALUES ('https://x', '{}')}, 'POST /v1/webhooks/account' ],
	[ q{INSERT INTO webhooks (url, events, group_id) VALUES ('https://x', '{}', 'g')},
		'POST /v1/webhooks/group/{group_id}' ],
	[ q{INSERT INTO webhooks (url, events, group_id) VALUES ('https://x', '{}', NULL)}, 'POST /v1/webhooks/account' ],
	[ q{INSERT INTO webhooks (url, events, group_id) VALUES ('https://x', '{}', NULL), ('https://y', '{}', 'g')},
		'POST /v1/webhooks/group/{group_id} or /v1/webhooks/account' ],
	[ q{INSERT INTO webhooks (url, events, group_id) SELECT 'https://x', '{}', id FROM groups},
		'POST /v1/webhooks/group/{group_id} or /v1/webhooks/account' ],
	[ q{INSERT INTO groups (name) VALUES ('x')}, 'POST /v1/groups' ],
	[ q{UPDATE groups SET name = 'x'}, 'PATCH /v1/groups/{id}' ],
	[ q{DELETE FROM groups}, 'DELETE /v1/groups/{id}' ])
{
	like($column->($case->[0]), qr/Fivetran Write: \Q$case->[1]\E$/m, $case->[0]);
}

# ---------- what clients ask the catalogue

is($node->query("SELECT pg_relation_is_updatable('groups', false)"), 28, 'a table that can be written');
$node->query("ALTER FOREIGN TABLE groups OPTIONS (ADD access 'read_only')");
is($node->query("SELECT pg_relation_is_updatable('groups', false)"), 0, 'a table that is read only');
is($node->query("SELECT is_insertable_into FROM information_schema.tables WHERE table_name = 'groups'"), 'NO',
	'in the information schema');
like($node->fails($_), qr/ERROR:  42501: foreign table "groups" allows reading only/, "refused: $_")
  foreach "INSERT INTO groups (name) VALUES ('x')", "UPDATE groups SET name = 'x'", 'DELETE FROM groups',
	"COPY groups (name) FROM stdin;\nx\n\\.\n";
$node->query("ALTER FOREIGN TABLE groups OPTIONS (DROP access); ALTER SERVER w OPTIONS (ADD access 'read_only')");
is($node->query("SELECT pg_relation_is_updatable('groups', false)"), 0, 'a server that is read only');
$node->query('ALTER SERVER w OPTIONS (DROP access)');
is($node->query("$attributes 'team_users'::regclass AND attnotnull"), "team_id\nuser_id", 'keys are not null');
$node->query('CREATE FOREIGN TABLE roles2 (name text) SERVER w; ALTER FOREIGN TABLE roles RENAME TO roles3');
like($node->fails('SELECT * FROM roles2'), qr/ERROR:\ \ HV00R:\ there\ is\ no\ resource\ "roles2"\n
	DETAIL:\ \ .*its\ name\ is\ taken\ for\ one\.\n
	HINT:\ \ ALTER\ FOREIGN\ TABLE\ w\.roles2\ OPTIONS\ \(ADD\ resource\ 'roles'\);/x,
	'a table without the option');
is($node->query('SELECT count(*) > 0 FROM roles3'), 't', 'an imported one may be renamed');

$node->stop;
$mock->stop;
done_testing();
