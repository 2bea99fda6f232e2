# Functions of users that write while a scan looks at one of its rows: in conditions on the list, on parents and on
# whole rows, in subqueries of those, in what is sorted by, in types, operators and generated columns; honestly declared
# or not.  The rows are those of a local table, or the write is refused; and the list is read to its end before.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;
use Fivetrex::Session;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('amid');
$node->add_world($mock, 'w', page_size => 5, max_concurrency => 3);
$mock->settings('w', connectors => 30);
$node->query(q{
	ALTER DATABASE postgres SET fivetrex.server = 'w';
	ALTER DATABASE postgres SET fivetrex.max_writes = -1;
	ALTER DATABASE postgres SET client_min_messages = warning;
	CREATE SCHEMA f; CREATE SCHEMA t;
	CREATE FUNCTION writes() RETURNS void LANGUAGE plpgsql
	  AS $$DECLARE n int := current_setting('test.writes');
	  BEGIN
	    IF n > 0 THEN
	      PERFORM fivetrex_pause('assimilate_seem'), set_config('test.writes', (n - 1)::text, false);
	    END IF;
	  END$$;
	ALTER DATABASE postgres SET test.writes = 0});
foreach my $volatility (qw(volatile stable immutable))
{
	$node->query(qq{
		CREATE FUNCTION same_$volatility(text) RETURNS text LANGUAGE plpgsql $volatility
		  AS \$\$BEGIN PERFORM writes(); RETURN \$1; END\$\$;
		CREATE FUNCTION cmp_$volatility(text, text) RETURNS int LANGUAGE plpgsql $volatility
		  AS \$\$BEGIN PERFORM writes(); RETURN bttextcmp(\$2, \$1); END\$\$;
		CREATE DOMAIN domain_$volatility AS text CHECK (same_$volatility(VALUE) IS NOT NULL)});
	# an operator class for each, and operators that are named by the place of the volatility
	my $mark = { volatile => '#', stable => '##', immutable => '###' }->{$volatility};
	foreach my $operator ([ 'lt', '<' ], [ 'le', '<=' ], [ 'eq', '=' ], [ 'ge', '>=' ], [ 'gt', '>' ])
	{
		my ($name, $sign) = @$operator;
		$node->query(qq{CREATE FUNCTION ${name}_$volatility(text, text) RETURNS boolean LANGUAGE sql $volatility
			  AS 'SELECT cmp_$volatility(\$1, \$2) $sign 0';
			CREATE OPERATOR $mark$sign (leftarg = text, rightarg = text, procedure = ${name}_$volatility)});
	}
	$node->query(qq{CREATE OPERATOR CLASS by_$volatility FOR TYPE text USING btree AS OPERATOR 1 $mark<,
		OPERATOR 2 $mark<=, OPERATOR 3 $mark=, OPERATOR 4 $mark>=, OPERATOR 5 $mark>,
		FUNCTION 1 cmp_$volatility(text, text)});
}
# d: with details; u: children; c: a list
$node->query(qq{
	CREATE FOREIGN TABLE f.d (id text, region text, config jsonb) SERVER w OPTIONS (resource 'destinations');
	CREATE FOREIGN TABLE f.u (group_id text, id text OPTIONS (column_name 'user_id'), region text OPTIONS
	  (column_name 'email')) SERVER w OPTIONS (resource 'group_users');
	CREATE FOREIGN TABLE f.c (id text, region text OPTIONS (column_name 'service')) SERVER w OPTIONS
	  (resource 'connectors');
	CREATE FOREIGN TABLE f.typed_volatile (id text, region domain_volatile, config jsonb)
	  SERVER w OPTIONS (resource 'destinations');
	CREATE FOREIGN TABLE f.typed_stable (id text, region domain_stable, config jsonb)
	  SERVER w OPTIONS (resource 'destinations');
	CREATE FOREIGN TABLE f.typed_immutable (id text, region domain_immutable, config jsonb)
	  SERVER w OPTIONS (resource 'destinations');
	CREATE FOREIGN TABLE f.generated (id text, region text, config jsonb,
	  copy text GENERATED ALWAYS AS (same_immutable(region)) STORED) SERVER w OPTIONS (resource 'destinations')});
$node->query(qq{CREATE TABLE t.$_ AS SELECT * FROM f.$_}) foreach qw(d u c);
$node->query(q{CREATE TABLE t.typed_volatile (id text, region domain_volatile, config jsonb);
	CREATE TABLE t.typed_stable (id text, region domain_stable, config jsonb);
	CREATE TABLE t.typed_immutable (id text, region domain_immutable, config jsonb);
	CREATE TABLE t.generated (id text, region text, config jsonb, copy text);
	ANALYZE f.d; ANALYZE f.c; ANALYZE t.d; ANALYZE t.c; ANALYZE t.u});
$node->query("INSERT INTO t.$_ SELECT id, region, config FROM t.d")
  foreach qw(typed_volatile typed_stable typed_immutable);
$node->query('INSERT INTO t.generated SELECT id, region, config, region FROM t.d');

# {T} relation, {F} function, {V} its volatility, {P} a column of its parent, {D} a column of its details.  Where a
# write may be refused: always, or if the function pretends to be IMMUTABLE.
my %places = (
	condition => [ '{F}(x.region) IS NOT NULL', 'x.id' ],
	'condition that some rows pass' => [ q[{F}(x.region) < 'B'], 'x.id' ],
	'condition that no row passes' => [ '{F}(x.region) IS NULL', 'x.id' ],
	'condition on a parent' => [ q[{F}({P}) > 'b'], 'x.id' ],
	'condition on details' => [ q[{F}({D}) > 'd'], 'x.id' ],
	'subquery in a condition' => [ "x.id <> (SELECT {F}('x'))", 'x.id' ],
	'subquery in a condition on a parent' => [ "{P} <> (SELECT {F}('x'))", 'x.id' ],
	'subquery in a condition on details' => [ "{D} <> (SELECT {F}('x'))", 'x.id' ],
	'subquery in conditions of all kinds' =>
	  [ "x.id <> (SELECT {F}('x')) AND {P} <> (SELECT {F}('y')) AND {D} <> (SELECT {F}('z'))", 'x.id' ],
	'subquery over the same list' =>
	  [ 'x.id <> (SELECT {F}(max(y.id)) FROM {T} y WHERE y.id < {P})', 'x.id' ],
	'subquery over another list' => [ "x.id >= (SELECT {F}(min(y.id)) FROM u y WHERE y.group_id > 'e')", 'x.id' ],
	'correlated subquery' => [ 'EXISTS (SELECT FROM generate_series(1, 2) WHERE {F}(x.region) IS NOT NULL)', 'x.id' ],
	'WITH' => [ "x.id <> (WITH c AS MATERIALIZED (SELECT {F}('x') AS x) SELECT x FROM c)", 'x.id' ],
	'sort key' => [ 'true', '{F}(x.region), x.id' ],
	'subquery in a sort key' => [ 'true', "x.region = (SELECT {F}('AWS_US_EAST_1')), x.id" ],
	'sort key beside a condition on details' => [ '{D} IS NOT NULL', '{F}(x.region), x.id' ],
	'operator class' => [ 'true', 'x.region USING {O}<, x.id' ],
	'operator' => [ "x.region {O}>= 'B'", 'x.id' ],
	domain => [ 'true', 'x.region, x.id', 'always' ],
	'domain in a condition' => [ "x.region <> 'x'", 'x.id', 'always' ],
	'domain in a cast' => [ 'x.region::domain_{V} IS NOT NULL', 'x.id' ],
	'generated column' => [ "x.copy <> ''", 'x.id', 'always' ],
	'output' => [ 'true', 'x.id' ]);
my %relations = (
	d => { P => 'x.region', D => "(x.config ->> 'host')" },
	u => { P => 'x.group_id', D => 'x.region' },
	c => { P => 'x.region', D => 'x.region' });
my %shapes = (
	all => 'SELECT count(*), count(DISTINCT {K}), count({D}) FROM {T} x WHERE {W}',
	sorted => 'SELECT {K}, {D} FROM {T} x WHERE {W} ORDER BY {S}',
	first => 'SELECT {K}, {D} FROM {T} x WHERE {W} ORDER BY {S} LIMIT 3',
	cursor => 'BEGIN; DECLARE z CURSOR FOR SELECT {K}, {D} FROM {T} x WHERE {W} ORDER BY {S};
	  FETCH 2 FROM z; FETCH ALL FROM z; COMMIT',
	join => 'SELECT count(*), count(DISTINCT {K}), count({D}) FROM generate_series(1, 2) n,
	  LATERAL (SELECT * FROM {T} x WHERE {W} AND length(x.id) > n ORDER BY {S} LIMIT 4) x');

my $session = Fivetrex::Session->new($node);
my (@differences, @torn, %seen);
my $statements = 0;
my $failed = 0;
$session->ask("SET work_mem = '64kB'");

# Which lists were in the middle when something was written?
sub torn
{
	my (%pages, @torn);
	my @log = $mock->requests('w');
	my @writes = grep { $log[$_] =~ /^PATCH/ } 0 .. $#log;
	return if !@writes;
	# a list that has begun before a write has no page after it but from its beginning
	foreach my $i (0 .. $#log)
	{
		next unless $log[$i] =~ m{^GET ([^?]+)\?limit=5(&cursor=)?};
		my $began = $pages{$1};
		push @torn, $log[$i] if $2 && defined $began && grep { $_ > $began && $_ < $i } @writes;
		$pages{$1} = $i if !$2;
	}
	return @torn;
}

foreach my $place (sort keys %places)
{
	my ($where, $order, $refused) = @{ $places{$place} };
	foreach my $volatility (qw(volatile stable immutable))
	{
		my @relations = $place eq 'domain' || $place eq 'domain in a condition' ? "typed_$volatility"
		  : $place eq 'generated column' ? 'generated' : qw(d u c);
		next if $place eq 'generated column' && $volatility ne 'immutable';
		foreach my $relation (@relations)
		{
			my %of = %{ $relations{$relation} // $relations{d} };
			foreach my $shape ($relation =~ /^[uc]$/ ? qw(all first) : sort keys %shapes)
			{
				# the table of the children has a row for each of its keys
				my %words = (T => $relation, W => $where, V => $volatility, F => "same_$volatility", %of,
					O => { volatile => '#', stable => '##', immutable => '###' }->{$volatility},
					K => $relation eq 'u' ? 'x.group_id || x.id' : 'x.id',
					S => $relation eq 'u' ? "$order, x.group_id" : $order);
				my $sql = $shapes{$shape};
				$sql =~ s/\{K\}/{K}, {F}({K})/ if $place eq 'output' && $shape ne 'all' && $shape ne 'join';
				1 while $sql =~ s/\{([A-Z])\}/$words{$1}/g;
				my %out;
				foreach my $run (qw(on off local))
				{
					$session->ask('ROLLBACK; SET search_path = ' . ($run eq 'local' ? 't' : 'f') . ', public;
						SET fivetrex.sort_first = ' . ($run eq 'off' ? 'off' : 'on') . ';
						SET test.writes = ' . ($run eq 'local' ? 0 : 2));
					$mock->clear('w');
					$out{$run} = $session->ask($sql);
					$out{$run} = 'ERROR: ' . ($1 // $session->{err}) if $session->{err} =~ /ERROR:  (.*)/;
					next if $run eq 'local';
					# (what a statement that failed had under way may arrive in the next one)
					push @torn, "$sql ($run):\n" . join "\n", $mock->requests('w') if !$failed && torn();
					$failed = $out{$run} =~ /^ERROR/;
				}
				$statements++;
				foreach my $run (qw(on off))
				{
					next if $out{$run} eq $out{local};
					if ($out{$run} =~ /^ERROR: 55006: cannot write while/ && ($refused || $volatility eq 'immutable'))
					{
						$seen{"$place, $volatility"}++;
						next;
					}
					push @differences, "$place, $volatility, $shape ($run):\n$sql\n$out{$run}\n-- local\n$out{local}";
				}
			}
		}
	}
}
is(scalar @differences, 0, "$statements statements: the same rows as from local tables")
  or diag(join "\n\n", @differences[ 0 .. ($#differences < 19 ? $#differences : 19) ]);
is(scalar @torn, 0, 'no list is written to in the middle')
  or diag(join "\n\n", @torn[ 0 .. ($#torn < 19 ? $#torn : 19) ]);
note('refused: ', join '; ', map { "$_: $seen{$_}" } sort keys %seen);
is_deeply([ grep { !/^domain|^generated|, immutable$/ } sort keys %seen ], [],
	'writes are refused only in types and by functions that pretend to be IMMUTABLE');
$session->quit;
is($mock->stats('w')->{exceptions}, 0, 'the mock did not fail');
$node->stop;
$mock->stop;
done_testing();
