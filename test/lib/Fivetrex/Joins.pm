
=head1 NAME

Fivetrex::Joins - SQL statements that join foreign tables by key, generated

=head1 SYNOPSIS

  my $generator = Fivetrex::Joins->new(seed => 1, rounds => 1);
  foreach my $statement ($generator->all) { ... $statement->{sql} ... }

A statement is made from an outer side (a local table, a foreign scan, a
subquery, ...), an inner side (a foreign table that takes its key from the outer
row), a join and a frame (a bare SELECT, a cursor, an UPDATE ... FROM, ...).
Every combination of any two of these is there at least C<rounds> times where
they go together; all else is drawn with a fixed seed.  Each statement has

  outer, inner, join, frame
  sql        what psql is to run; may be several statements
  core       what EXPLAIN is to be asked for
  exact      that is what is run, not only the join in it
  part       rows may be left unread: it may ask ahead for a few in vain
  any        which rows it gives depends on their order; how many does not
  writes     it changes rows of the world j

The outer side is called o and has the columns k (a connector's id), g (a
group's) and n; it reads keys, keys_new, keys_part or foreign tables.

=cut

package Fivetrex::Joins;

use strict;
use warnings;

# A volatile function makes the plan what it was: nothing is read ahead.
our %outers = (
	local => 'keys o',
	not_analysed => 'keys_new o',
	partitions => 'keys_part o',
	foreign => "(SELECT id AS k, group_id AS g, length(service) AS n FROM j.connectors WHERE service >= 'm') o",
	foreign_pushed =>
	  "(SELECT id AS k, group_id AS g, length(service) AS n FROM j.connectors WHERE group_id = 'decent_dropsy') o",
	foreign_keys => '(SELECT c.id AS k, c.group_id AS g, a.n FROM keys a JOIN j.connectors c ON c.id = a.k) o',
	grouped => '(SELECT k, min(g) AS g, max(n) AS n FROM keys GROUP BY k) o',
	limited => '(SELECT k, g, n FROM keys ORDER BY n, k, g LIMIT 20) o',
	distinct => '(SELECT DISTINCT k, g, 1 AS n FROM keys) o',
	array => "(SELECT k, 'decent_dropsy' AS g, n::int
	   FROM unnest(ARRAY(SELECT k FROM keys ORDER BY n, k)) WITH ORDINALITY AS u (k, n)) o",
	values => "(VALUES ('iodize_impressive', 'decent_dropsy', 1), ('no such', 'lucid_orchard', 5), (NULL, NULL, 9))
	   o (k, g, n)",
	cte => '(WITH w AS MATERIALIZED (SELECT k, g, n FROM keys WHERE n < 30) SELECT * FROM w) o',
	union_all => "(SELECT k, g, n FROM keys WHERE n < 9 UNION ALL
	   SELECT id, group_id, 5 FROM j.connectors WHERE group_id = 'lucid_orchard') o",
	nullable => '(SELECT b.k, b.g, a.n FROM keys a LEFT JOIN keys b ON b.n = a.n + 7) o',
	volatile => '(SELECT k, g, n FROM keys WHERE same(k) = k) o',
	barrier => 'keys_view o',
	locked => '(SELECT k, g, n FROM keys ORDER BY n, k, g FOR UPDATE) o');

# table, its condition, columns to show, a condition of its own
our %inners = (
	state => [ 'j.connector_states', 'i.connector_id = o.k', 'i.connector_id, i.state::text', "i.state IS NOT NULL" ],
	history => [ 'j.connector_sync_history', 'i.connector_id = o.k', 'i.sync_id, i.status', "i.status <> 'x'" ],
	schemas => [ 'j.connector_schemas', 'i.connector_id = o.k', 'i.schema_name, i.enabled', 'i.enabled' ],
	tables => [ 'j.connector_tables', 'o.k = i.connector_id', 'i.schema_name, i.table_name', "i.table_name > 'c'" ],
	two_keys => [
		'j.connector_tables', "i.connector_id = o.k AND i.schema_name = 'public'", 'i.table_name, i.sync_mode',
		'i.enabled' ],
	expression => [ 'j.connector_states', "i.connector_id = lower(o.k || '')", 'i.connector_id', 'true' ],
	users => [ 'j.group_users', 'i.group_id = o.g', 'i.user_id, i.role', 'i.active' ],
	detail => [ 'j.connectors', 'i.id = o.k', 'i.id, i.config::text', 'i.paused IS NOT NULL' ],
	object => [ 'j.destinations', 'i.id = o.g', 'i.id, i.config::text', "i.region IS NOT NULL" ],
	by_id => [ 'j.groups', 'i.id = o.g', 'i.id, i.name', "i.name > ''" ],
	filtered => [ 'j.connectors', 'i.group_id = o.g', 'i.id', "i.service > 'b'" ]);

# {S} what is selected, {O} the outer side, {I} the inner table, {C} the
# condition, {L} the inner side's own, {V} the inner side's columns.
our %joins = (
	inner => 'SELECT {S}, {V} FROM {O} JOIN {I} i ON {C}',
	inner_where => 'SELECT {S}, {V} FROM {O}, {I} i WHERE {C} AND {L} AND o.n > 3',
	left => 'SELECT {S}, {V} FROM {O} LEFT JOIN {I} i ON {C}',
	left_on => 'SELECT {S}, {V} FROM {O} LEFT JOIN {I} i ON {C} AND {L} AND o.n < 20',
	exists => 'SELECT {S} FROM {O} WHERE EXISTS (SELECT 1 FROM {I} i WHERE {C} AND {L})',
	anti => 'SELECT {S} FROM {O} WHERE NOT EXISTS (SELECT 1 FROM {I} i WHERE {C})',
	anti_left => 'SELECT {S} FROM {O} LEFT JOIN {I} i ON {C} WHERE i.tableoid IS NULL',
	in => 'SELECT {V} FROM {I} i WHERE EXISTS (SELECT 1 FROM {O} WHERE {C} AND o.n < 30)',
	lateral => 'SELECT {S}, l.* FROM {O} CROSS JOIN LATERAL (SELECT {V} FROM {I} i WHERE {C} OFFSET 0) l',
	lateral_left => 'SELECT {S}, l.* FROM {O} LEFT JOIN LATERAL (SELECT {V} FROM {I} i WHERE {C} AND {L}) l ON true',
	lateral_count => 'SELECT {S}, l.c FROM {O}, LATERAL (SELECT count(*) AS c FROM {I} i WHERE {C}) l',
	scalar => 'SELECT {S}, (SELECT count(*) FROM {I} i WHERE {C}) FROM {O}',
	three => 'SELECT {S}, {V}, g.name FROM {O} JOIN {I} i ON {C} JOIN j.groups g ON g.id = o.g',
	three_keys =>
	  'SELECT {S}, {V}, s.status FROM {O} JOIN {I} i ON {C} LEFT JOIN j.connector_sync_history s ON s.connector_id = o.k',
	three_local => 'SELECT {S}, {V}, b.n AS b FROM {O} JOIN {I} i ON {C} JOIN keys b ON b.k = o.k',
	self => 'SELECT {S}, {V}, i2.tableoid::regclass FROM {O} JOIN {I} i ON {C} JOIN {I} i2 ON '
	  . '{C2}');

# {J} the join, {J+} the same in a fixed order, {W} the join's where for writes
our %frames = (
	bare => { sql => '{J}' },
	count => { sql => 'SELECT count(*), count(x) FROM ({J}) x' },
	sum => { sql => 'SELECT x.on_, count(*) FROM ({J}) x GROUP BY 1 ORDER BY 1', needs => 'on_' },
	ordered => { sql => 'SELECT * FROM ({J}) x ORDER BY x::text', ordered => 1 },
	ordered_limit => { sql => 'SELECT * FROM ({J}) x ORDER BY x::text LIMIT 4', ordered => 1 },
	limit => { sql => '{J} LIMIT 3', part => 1, any => 1 },
	limit_one => { sql => '{J} LIMIT 1 OFFSET 1', part => 1, any => 1 },
	exists => { sql => 'SELECT EXISTS ({J})', part => 1 },
	not_exists => { sql => 'SELECT 1 WHERE NOT EXISTS ({J})', part => 1 },
	distinct => { sql => 'SELECT DISTINCT ON (x::text) * FROM ({J}) x ORDER BY x::text' },
	window => { sql => 'SELECT *, row_number() OVER (ORDER BY x::text) FROM ({J}) x' },
	union => { sql => '({J}) UNION ALL ({J})' },
	except => { sql => 'SELECT x::text FROM ({J}) x EXCEPT ALL SELECT 1::text' },
	array => { sql => "SELECT array_length(ARRAY(SELECT x::text FROM ({J}) x), 1)" },
	twice => { sql => 'SELECT z, (SELECT count(*) FROM ({J}) x) FROM generate_series(1, 2) z' },
	per_row => { sql => 'SELECT z, x FROM generate_series(1, 3) z, LATERAL (SELECT * FROM ({J}) y OFFSET z) x', any => 1 },
	case => { sql => 'SELECT z, CASE WHEN z > 1 THEN (SELECT count(*) FROM ({J}) x) END FROM generate_series(1, 3) z' },
	volatile => { sql => 'SELECT same(x::text) FROM ({J}) x' },
	prepared => {
		sql => 'SET plan_cache_mode = force_generic_plan; PREPARE p (int) AS SELECT * FROM ({J}) x WHERE $1 > 0;
		  EXECUTE p (1); EXECUTE p (0); EXECUTE p (2); DEALLOCATE p; RESET plan_cache_mode' },
	custom => { sql => 'PREPARE p (int) AS SELECT * FROM ({J}) x WHERE $1 > 0; EXECUTE p (1); DEALLOCATE p' },
	cursor => {
		sql => 'BEGIN; DECLARE c NO SCROLL CURSOR FOR {J}; FETCH 1 FROM c; FETCH 2 FROM c; FETCH ALL FROM c; COMMIT' },
	cursor_part => {
		sql => 'BEGIN; DECLARE c NO SCROLL CURSOR FOR {J}; FETCH 2 FROM c; CLOSE c; COMMIT', part => 1, any => 1 },
	scroll => {
		sql => 'BEGIN; DECLARE c SCROLL CURSOR FOR {J}; FETCH 3 FROM c; FETCH BACKWARD 2 FROM c; FETCH 4 FROM c;
		  FETCH LAST FROM c; FETCH FIRST FROM c; COMMIT', any => 1 },
	hold => {
		sql => 'BEGIN; DECLARE c CURSOR WITH HOLD FOR {J}; FETCH 1 FROM c; COMMIT; FETCH ALL FROM c; CLOSE c' },
	loop => {
		sql => 'DO $$ DECLARE r record; n int := 0; t text := \'\';
		BEGIN FOR r IN {J} LOOP n := n + 1; t := t || r::text; EXIT WHEN n = 3; END LOOP;
		RAISE WARNING \'% rows\', n; END $$', part => 1 },
	into => { sql => 'DO $$ DECLARE r record; BEGIN {J} INTO r; RAISE WARNING \'%\', r IS NULL; END $$', part => 1,
		into => 1 },
	loop_all => {
		sql => 'DO $$ DECLARE r record; n int := 0; BEGIN FOR r IN {J} LOOP n := n + 1; END LOOP;
		RAISE WARNING \'% rows\', n; END $$' },
	copy => { sql => 'COPY ({J}) TO STDOUT' },
	as => { sql => 'CREATE TEMP TABLE made AS SELECT x::text AS t FROM ({J}) x; SELECT * FROM made; DROP TABLE made' },
	insert => { sql => 'BEGIN; INSERT INTO kept SELECT x::text FROM ({J}) x RETURNING t; ROLLBACK' },
	for_update => { sql => '{J} FOR UPDATE OF o', locks => 1 },
	for_share => { sql => '{J} FOR SHARE OF o SKIP LOCKED', locks => 1 },
	update => {
		sql => 'BEGIN; UPDATE keys u SET n = u.n + 100 FROM ({J}) x WHERE x.k = u.k RETURNING u.k, u.n; ROLLBACK',
		needs => 'k' },
	update_from => {
		plain => 1, sql => 'BEGIN; UPDATE keys o SET n = o.n + 100 FROM {I} i WHERE {C} AND {L};
		SELECT k, g, n FROM keys; ROLLBACK' },
	delete_using => {
		plain => 1, sql => 'BEGIN; DELETE FROM keys o USING {I} i WHERE {C} RETURNING o.k, o.n, {V}; ROLLBACK' },
	write => {
		sql => "UPDATE j.webhooks w SET active = (w.active IS NULL) FROM (SELECT count(*) AS c FROM ({J}) x) x
		  WHERE x.c >= 0", writes => 1 },
	write_rows => {
		sql => "UPDATE j.connectors w SET paused = true FROM ({J}) x WHERE w.id = x.k RETURNING w.id, w.paused",
		writes => 1, needs => 'k', part => 1 });

sub new
{
	my ($class, %options) = @_;
	return bless { state => $options{seed} || 1, rounds => $options{rounds} || 1 }, $class;
}

# A generator of our own: Perl's differs from version to version.
sub _random
{
	my ($self, $n) = @_;
	$self->{state} = ($self->{state} * 1103515245 + 12345) % 2147483648;
	return int($self->{state} / 65536) % $n;
}

sub _draw
{
	my ($self, @from) = @_;
	return $from[ $self->_random(scalar @from) ];
}

# Do these go together?
sub _fits
{
	my ($outer, $inner, $join, $frame) = @_;
	my %f = %{ $frames{$frame} };
	my $plain = $outer =~ /^(local|not_analysed|partitions)$/;
	return 0 if $f{plain} && ($outer ne 'local' || $join ne 'inner');
	# row locks: of tables, not where a join makes rows of nothing
	return 0 if $f{locks} && (!$plain || $join =~ /^(in|scalar|lateral_count)$/);
	return 0 if $f{needs} && $join eq 'in';
	return 0 if $f{into} && $outer eq 'locked';
	# locks of a subquery are held to the end of a read: not in all frames
	return 0 if $outer eq 'locked' && ($frame =~ /^(cursor|cursor_part|scroll|hold|for_\w+)$/ || $join eq 'in');
	return 1;
}

# The statement whose plan is the one that is run, if that can be explained.
sub _explained
{
	my ($sql) = @_;
	return $1 if $sql =~ /^(?:BEGIN; )?((?:UPDATE|DELETE|INSERT|DECLARE|CREATE TEMP)[^;]*);/;
	return $sql =~ /^\(?(SELECT|UPDATE)/ ? $sql : undef;
}

sub _statement
{
	my ($outer, $inner, $join, $frame) = @_;
	my ($table, $condition, $shown, $own) = @{ $inners{$inner} };
	my %f = %{ $frames{$frame} };
	my %names = (
		S => 'o.k, o.g, o.n AS on_', O => $outers{$outer}, I => $table, C => $condition, L => $own,
		V => $shown, C2 => $condition =~ s/\bi\./i2./gr);
	my $fill = sub { $_[0] =~ s/\{(\w+)\}/exists $names{$1} ? $names{$1} : "{$1}"/ger };
	my $core = $fill->($fill->($joins{$join}));
	my $sql = $fill->($f{sql});
	$sql =~ s/\{J\}/$core/g;
	if ($f{into})
	{
		# INTO stands before FROM of the outermost SELECT
		$sql =~ s/ INTO r;/;/;
		$sql =~ s/BEGIN SELECT /BEGIN SELECT * FROM (SELECT /;
		$sql =~ s/; RAISE/) x; RAISE/;
		$sql =~ s/SELECT \* FROM \(/SELECT * INTO r FROM (/;
	}
	return {
		outer => $outer, inner => $inner, join => $join, frame => $frame, sql => $sql,
		core => _explained($sql) || $core, exact => _explained($sql) ? 1 : 0,
		part => $f{part}, any => $f{any}, writes => $f{writes}, ordered => $f{ordered} };
}

# All statements: so many that each pair of values is there.
sub all
{
	my ($self) = @_;
	my @dimensions = (\%outers, \%inners, \%joins, \%frames);
	my (%seen, @result);
	foreach my $a (0 .. 2)
	{
		foreach my $b ($a + 1 .. 3)
		{
			foreach my $x (sort keys %{ $dimensions[$a] })
			{
				foreach my $y (sort keys %{ $dimensions[$b] })
				{
					for (my $try = 0; $try < 60 && ($seen{"$a $x $b $y"} || 0) < $self->{rounds}; $try++)
					{
						my @pick = map { $self->_draw(sort keys %$_) } @dimensions;
						@pick[ $a, $b ] = ($x, $y);
						next unless _fits(@pick);
						push @result, _statement(@pick);
						for my $c (0 .. 2)
						{
							$seen{"$c $pick[$c] $_ $pick[$_]"}++ for $c + 1 .. 3;
						}
					}
				}
			}
		}
	}
	return @result;
}

1;
