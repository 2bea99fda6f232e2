
=head1 NAME

Fivetrex::Statements - SQL statements that name rows in every way, generated

=head1 SYNOPSIS

  my $generator = Fivetrex::Statements->new(seed => 1, rounds => 2);
  foreach my $statement ($generator->all) { ... $statement->{sql} ... }
  print $generator->coverage;

A statement is made from a shape (SELECT, UPDATE ... FROM, LATERAL, ...), a
relation and a feature (what it asks of a row: its columns, itself, tableoid,
ctid, ...).  Every combination of the three is there at least C<rounds> times;
all else is drawn with a fixed seed.  Each statement has

  shape, relation, feature
  sql        with $1, if it has a parameter
  rows       does it answer with rows?
  writes     does it change the relation?
  refused    over foreign tables it must be refused (ctid)

The relations have the columns id, url, active, events, group_id and created_at.
The statements use the tables plan (n, id), loc (id, n, t) and kept (t), too.

=cut

package Fivetrex::Statements;

use strict;
use warnings;

# alias => how the relation's tableoid and ctid are called; a view has columns.
our %relations = (
	foreign_table => { name => 'plain' },
	partition_parent => { name => 'part' },
	multilevel_partitions => { name => 'deep' },
	inheritance_parent => { name => 'inh' },
	multilevel_inheritance => { name => 'tall' },
	view => { name => 'view1', view => 1 },
	barrier_view => { name => 'view2', view => 1 },
	generated_column => { name => 'gen' });

our @features = qw(columns row_output row_condition tableoid aggregate subquery parameter trigger ctid);

my %output = (
	columns => [ 'x.id, x.url, x.active', 'x.*', 'x.events, x.created_at', 'x.id', 'x.group_id, x.active', '1' ],
	row => [
		'x', 'x::text', 'to_jsonb(x)', 'row_to_json(x)::text', '(x).url, x.id', 'x.id, x', 'ROW(x, x.id)::text',
		'x.id, x IS NULL', 'hashtext(x::text)', 'jsonb_build_array(x.active, x)', 'x.id, num_nulls(VARIADIC ARRAY[x])' ],
	tableoid => [ '{T}::text', '{T}, x.id', 'x.url, {T}' ],
	subquery => [
		'x.id, (SELECT p.n FROM plan p WHERE p.id = x.id)',
		'x.id, EXISTS (SELECT 1 FROM plan p WHERE p.id = x.id AND p.n > 3)',
		"x.id, (SELECT count(*) FROM plan p WHERE x::text LIKE '%' || p.id || '%')",
		'x.id, ARRAY(SELECT p.n FROM plan p WHERE p.id <= x.id ORDER BY 1)',
		'(SELECT max(p.id) FROM plan p), x.id', '(SELECT x.url), x.active', '(SELECT to_jsonb(x)), x.id' ]);

my %condition = (
	columns => [
		'x.active', 'NOT x.active', "x.id < 'hook_b'", 'length(x.id) % 2 = 0', "x.url LIKE '%1%'", 'x.group_id IS NULL',
		"'sync_end' = ANY (x.events)", 'true', "x.id > 'hook_a' AND x.active IS NOT NULL",
		"x.id = ANY ('{hook_acorn,hook_anvil,local_1}')", "x.id = 'local_2' OR x.active", 'x.created_at < now()',
		"x.id IN ('hook_apple', 'nobody')", "x.url || x.id ~ 'e'" ],
	row => [
		"x::text LIKE '%o%'", "NOT (x::text LIKE '%a%r%')", 'x IS NOT NULL', 'NOT x IS NULL', 'hashtext(x::text) % 2 = 0',
		"to_jsonb(x) ->> 'url' LIKE '%e%'", "row_to_json(x) ->> 'active' = 'true'", '(x).active',
		'NOT (x IS DISTINCT FROM x)', "(x.*)::text ~ 'sync'", 'x = x', "row_to_json(x) ->> 'created_at' IS NULL" ],
	tableoid => [ "{T}::text LIKE '%'", "{T}::text LIKE '%1'", "{T}::text <> 'nothing' AND x.active" ],
	aggregate => [
		'x.id >= (SELECT min(p.id) FROM plan p)', 'x.id IN (SELECT max(p.id) FROM plan p GROUP BY p.n % 3)',
		'(SELECT count(*) FROM plan p WHERE p.id <= x.id) % 2 = 0',
		"(SELECT count(*) FROM plan p WHERE x::text LIKE '%' || p.id || '%') = 1" ],
	subquery => [
		'x.id IN (SELECT p.id FROM plan p WHERE p.n % 2 = 0)', 'x.id NOT IN (SELECT p.id FROM plan p WHERE p.n < 4)',
		'EXISTS (SELECT 1 FROM plan p WHERE p.id = x.id AND p.n > 2)', 'x.id = (SELECT p.id FROM plan p WHERE p.n = 3)',
		'NOT EXISTS (SELECT 1 FROM plan p WHERE p.id = x.id AND p.n > 2)',
		"EXISTS (SELECT 1 FROM plan p WHERE x::text LIKE '%' || p.id || '%' AND p.n < 5)",
		'x.id = ANY (ARRAY(SELECT p.id FROM plan p WHERE p.n < 4))',
		'(x.id, true) IN (SELECT p.id, p.n > 0 FROM plan p)', '(SELECT x.active)',
			'x.id < ALL (SELECT p.id FROM plan p WHERE p.n > 5)',
		"(SELECT to_jsonb(x) ->> 'url') LIKE '%e%'" ],
	parameter => [
		'x.id = $1', 'x.id <> $1', "x.id = ANY (ARRAY[\$1, 'local_1'])", "x::text LIKE '%' || \$1 || '%'",
			'x.id >= $1 AND x.active' ]);

my %set = (
	columns => [
		'active = NOT x.active', "url = 'https://example.com/' || length(x.url)", "events = ARRAY['sync_start']",
		"active = true, url = left(x.url, 40) || '1'", "events = '{sync_end,sync_start}', active = false" ],
	row => [
		"url = 'https://example.com/' || hashtext(x::text)", "active = (to_jsonb(x) ->> 'active' = 'false')",
		"url = 'https://e.org/' || (to_jsonb(x) ->> 'id')", "active = (x IS NOT NULL), events = '{sync_end}'" ],
	tableoid => [ "url = 'https://e.org/' || {T}" ],
	aggregate => [ "url = 'https://e.org/' || (SELECT count(*) FROM plan p WHERE p.id <= x.id)" ],
	subquery => [
		'active = EXISTS (SELECT 1 FROM plan p WHERE p.id = x.id AND p.n > 4)',
		"(url, active) = (SELECT 'https://e.org/' || coalesce(max(p.n), 0), true FROM plan p WHERE p.id <= x.id)",
		"(url, active) = ROW('https://e.org/' || x.id, false)",
		"url = 'https://e.org/' || (SELECT count(*) FROM plan p WHERE x::text LIKE '%' || p.id || '%')" ],
	parameter => [ "url = 'https://e.org/' || \$1", 'active = (x.id = $1)' ]);

my @range = ("{C} >= '(0,0)'", "{C} < '(0,0)' OR x.active", "{C} BETWEEN '(0,0)' AND '(4294967295,0)'",
	"{C} <= '(4294967295,65535)'");
my @address = (
	"{C} = '(0,1)'", "{C} <> '(0,1)'", "{C} IN ('(0,1)', '(0,2)')", '{C} IN (SELECT p.ctid FROM plan p)',
		"{C}::text = '(0,1)'",
	'EXISTS (SELECT 1 FROM plan p WHERE p.ctid = {C})', '{C} = ANY (ARRAY(SELECT p.ctid FROM plan p LIMIT 1))',
		"NOT {C} = '(0,1)'");

# {O} output, {W} condition, {R} relation, {S} assignments; {V} the output as
# one text; {X} the row.  reads: no row is changed or locked; ranges of ctid are allowed.
our %shapes = (
	select => { reads => 1, sql => [ 'SELECT {O} FROM {R} x WHERE {W}',
		'SELECT {O} FROM {R} x WHERE {W} ORDER BY x.id LIMIT 3' ] },
	locked => { sql => [ map { "SELECT {O} FROM {R} x WHERE {W} FOR $_" } 'UPDATE', 'SHARE', 'NO KEY UPDATE OF x',
		'KEY SHARE' ] },
	join => { reads => 1, sql => [ 'SELECT {O}, p.n FROM {R} x JOIN plan p ON p.id = x.id WHERE {W}',
		'SELECT {O}, p FROM plan p, {R} x WHERE p.n > 1 AND p.id = x.id AND {W}' ] },
	locked_join => { sql => [ 'SELECT {O}, p.n FROM {R} x JOIN plan p ON p.id = x.id WHERE {W} FOR UPDATE OF p',
		'SELECT {O}, p FROM {R} x JOIN plan p ON p.id = x.id WHERE {W} FOR UPDATE' ] },
	outer_join => { reads => 1, sql => [ 'SELECT {O}, p.n FROM plan p LEFT JOIN {R} x ON x.id = p.id AND {W}',
		'SELECT {O}, p.n FROM {R} x FULL JOIN plan p ON x.id = p.id AND p.n > 2',
			'SELECT {O} FROM {R} x LEFT JOIN plan p ON p.id = x.id WHERE {W}' ],
		ctid => 'SELECT {O}, p.n FROM plan p LEFT JOIN {R} x ON x.id = p.id AND {W}' },
	self_join => { reads => 1, sql => [ 'SELECT {O}, y.url FROM {R} x JOIN {R} y ON y.id = x.id WHERE {W}',
		'SELECT {O}, {Y} FROM {R} x, {R} y WHERE y.id = x.id AND y.active AND {W}' ] },
	in_subselect => { reads => 1, sql => [ "SELECT p.n FROM plan p WHERE p.id IN (SELECT x.id FROM {R} x WHERE {W})",
		"SELECT p.n FROM plan p WHERE p.id NOT IN (SELECT to_jsonb({X}) ->> 'id' FROM {R} x WHERE {W})" ] },
	exists => { reads => 1, sql => [
		'SELECT p.n FROM plan p WHERE EXISTS (SELECT {O} FROM {R} x WHERE x.id = p.id AND {W})',
		'SELECT p FROM plan p WHERE NOT EXISTS (SELECT {O} FROM {R} x WHERE x.id = p.id AND {W} AND p.n > 0)' ] },
	scalar_subselect => { reads => 1, sql => [
		'SELECT p.n, (SELECT {V} FROM {R} x WHERE x.id = p.id AND {W} LIMIT 1) FROM plan p',
		'SELECT p.n, ARRAY(SELECT {V} FROM {R} x WHERE {W} ORDER BY 1) FROM plan p' ] },
	lateral => { reads => 1, sql => [
		'SELECT p.n, l.* FROM plan p, LATERAL (SELECT {O} FROM {R} x WHERE x.id = p.id AND {W} OFFSET 0) l',
		"SELECT {O}, l.* FROM {R} x,
		   LATERAL (SELECT p.n FROM plan p WHERE {X}::text LIKE '%' || p.id || '%' OFFSET 0) l WHERE {W}" ] },
	cte => { reads => 1, sql => [ 'WITH c AS MATERIALIZED (SELECT {O} FROM {R} x WHERE {W}) SELECT * FROM c',
		'WITH c AS NOT MATERIALIZED (SELECT {V} AS v FROM {R} x WHERE {W}) SELECT count(*), max(c.v),
			min(d.v) FROM c, c d' ] },
	set_operation => { reads => 1, sql => [
		map { "SELECT {O} FROM {R} x WHERE {W} $_ SELECT {O} FROM {R} x WHERE x.active" }
		'UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT' ] },
	union_all => { reads => 1, union => 1, sql => [ 'SELECT {O} FROM {R} x WHERE {W}',
		'SELECT {O}, p.n FROM {R} x JOIN plan p ON p.id = x.id WHERE {W}' ] },
	grouping => { reads => 1, sql => [ 'SELECT x.active, count(*),
		max({V}) FROM {R} x WHERE {W} GROUP BY x.active HAVING count({X}) >= 0',
		'SELECT {X}, count(*) FROM {R} x WHERE {W} GROUP BY {X}', 'SELECT DISTINCT {O} FROM {R} x WHERE {W}',
		'SELECT string_agg({V}, chr(10) ORDER BY x.id) FROM {R} x WHERE {W}',
			'SELECT {V}, count(*) FROM {R} x WHERE {W} GROUP BY 1',
		'SELECT count(*) FROM {R} x WHERE {W}',
			'SELECT array_agg({X} ORDER BY x.id) FROM {R} x WHERE {W} HAVING min({X}::text) IS NOT NULL' ] },
	window => { reads => 1, sql => [
		'SELECT x.id, row_number() OVER (PARTITION BY x.active ORDER BY x.id), lag({X}) OVER (ORDER BY x.id)
		   FROM {R} x WHERE {W}',
		'SELECT x.id, max({V}) OVER (PARTITION BY x.active) FROM {R} x WHERE {W}' ] },
	insert_select => { reads => 1, kept => 1, sql => [ 'INSERT INTO kept SELECT {V} FROM {R} x WHERE {W}',
		'INSERT INTO kept SELECT {V} FROM {R} x WHERE {W} RETURNING t' ] },
	update => { writes => 1, sql => [ 'UPDATE {R} x SET {S} WHERE {W}',
		'UPDATE {R} x SET {S} WHERE {W} RETURNING {O}' ] },
	update_from => { writes => 1, sql => [ 'UPDATE {R} x SET {S} FROM plan p WHERE p.id = x.id AND {W}',
		'UPDATE {R} x SET {S} FROM plan p WHERE p.id = x.id AND {W} RETURNING {O}, p.n',
		'UPDATE {R} x SET {S} FROM {R} y JOIN plan p ON y.id = p.id WHERE y.id = x.id AND {W} RETURNING {O}, p' ] },
	delete => { writes => 1, sql => [ map { "DELETE FROM {R} x WHERE {W} AND length(x.url || x.id) % 3 = 0$_" } '',
		' RETURNING {O}', ' RETURNING *' ] },
	delete_using => { writes => 1, sql => [
		map { "DELETE FROM {R} x USING plan p WHERE p.id = x.id AND p.n < 4 AND {W}$_" } '', ' RETURNING {O}, p',
		' RETURNING *' ] },
	update_cte => { writes => 1, sql => [ 'WITH c AS (UPDATE {R} x SET {S} WHERE {W} RETURNING {O}) SELECT * FROM c',
		'WITH c AS (UPDATE {R} x SET {S} WHERE {W} RETURNING {V} AS v) SELECT count(*), min(v) FROM c',
		'WITH c AS (UPDATE {R} x SET {S} WHERE {W} RETURNING x.id, {V} AS v)
		   UPDATE loc l SET t = c.v FROM c WHERE c.id = l.id RETURNING l' ] },
	delete_cte => { writes => 1, sql => [
		'WITH c AS (DELETE FROM {R} x WHERE {W} AND length(x.url || x.id) % 3 = 1 RETURNING {O}) SELECT * FROM c',
		'WITH c AS (DELETE FROM {R} x USING plan p WHERE p.id = x.id AND p.n IN (1, 3) AND {W} RETURNING x)
		   INSERT INTO kept SELECT c.x::text FROM c RETURNING t' ] },
	update_local => { kept => 1, sql => [ 'UPDATE loc l SET t = {V} FROM {R} x WHERE x.id = l.id AND {W}',
		'UPDATE loc l SET t = {V} FROM {R} x WHERE x.id = l.id AND {W} RETURNING l.id, {O}',
		'UPDATE loc l SET t = (SELECT {V} FROM {R} x WHERE x.id = l.id AND {W} LIMIT 1) RETURNING l' ] },
	delete_local => { kept => 1, sql => [
		'DELETE FROM loc l USING {R} x WHERE x.id = l.id AND {W} RETURNING l.id, {O}',
		'DELETE FROM loc l WHERE l.id IN (SELECT x.id FROM {R} x WHERE {W})' ] },
	merge_local => { kept => 1, sql => [
		"MERGE INTO loc l USING {R} x ON x.id = l.id AND {W} WHEN MATCHED AND l.n > 3 THEN DELETE
		WHEN MATCHED THEN UPDATE SET t = {V} WHEN NOT MATCHED THEN INSERT (id, t) VALUES (x.id, x::text)" ] });

sub new
{
	my ($class, %options) = @_;
	return bless { seed => 1, rounds => 2, count => {}, %options }, $class;
}

sub _pick
{
	my ($self, @choices) = @_;
	return $choices[ int rand @choices ];
}

# What a feature puts into a statement: output, condition, assignments.
sub _parts
{
	my ($self, $feature) = @_;
	my $any = sub { my ($pool) = @_; return $self->_pick(map { @$_ } @$pool{ sort keys %$pool }) };
	my $from = sub { my ($pool, $kind) = @_; return $self->_pick(@{ $pool->{$kind} || $pool->{columns} }) };
	my %kind = (row_output => 'row', row_condition => 'row');
	my $kind = $kind{$feature} // $feature;

	if ($feature eq 'trigger')
	{
		my %some = %condition;
		delete $some{parameter};
		my %values = %set;
		delete $values{parameter};
		return ($any->(\%output), $any->(\%some), $any->(\%values));
	}
	return ($from->(\%output, 'row'), $from->(\%condition, $self->_pick('columns', 'row')),
		$from->(\%set, $self->_pick('columns', 'row')))
	  if $feature eq 'row_output';
	return ($from->(\%output, $self->_pick('columns', 'row')), $from->(\%condition, 'row'),
		$from->(\%set, $self->_pick('columns', 'row')))
	  if $feature eq 'row_condition';
	return ($from->(\%output, $kind), $from->(\%condition, $kind), $from->(\%set, $kind));
}

sub _statement
{
	my ($self, $shape, $relation, $feature) = @_;
	my ($properties, $where) = ($shapes{$shape}, $relations{$relation});
	my ($output, $condition, $set) = $self->_parts($feature);
	my $refused = 0;
	my $name = $where->{name};
	my ($tableoid, $ctid) = $where->{view} ? ('x.origin', 'x.place') : ('x.tableoid::regclass', 'x.ctid');
	my $sql = $self->_pick(@{ $properties->{sql} });

	if ($feature eq 'ctid')
	{
		$sql = $properties->{ctid} if $properties->{ctid};
		$refused = !$properties->{reads} || $self->_pick(0, 1);
		$condition = $refused && ($properties->{reads} || $self->_pick(0, 1)) ? $self->_pick(@address) : $self->_pick(@range);
		$condition = "x.active IS NOT NULL AND $condition" if $self->_pick(0, 1);
		$name .= '_c' if $where->{view};
		$output = $self->_pick('x.id, x.url', 'x.active', 'x.events, x.id') if $output eq 'x.*';
	}
	if ($properties->{union})
	{
		# the union's own columns stand for the system columns of its members
		my $columns = join ', ', 'id', 'url', 'active', 'events', 'group_id', 'created_at',
		  ($where->{view} ? 'origin' : 'tableoid::regclass AS origin'),
		  ($feature ne 'ctid' ? () : $where->{view} ? 'place' : 'ctid AS place');
		$name = "(SELECT $columns FROM $name UNION ALL SELECT $columns FROM $name WHERE active)";
		($tableoid, $ctid) = ('x.origin', 'x.place');
	}
	my $text = "ROW($output)::text";
	# the row of such a view has the ctid in it
	my $row = $feature eq 'ctid' && ($where->{view} || $properties->{union}) ? 'ROW(x.id)' : 'x';
	foreach ($sql)
	{
		s/\{V\}/$text/g;
		s/\{O\}/$output/g;
		s/\{W\}/($condition)/g;
		s/\{S\}/$set/g;
		s/\{T\}/$tableoid/g;
		s/\{C\}/$ctid/g;
		s/\{X\}/$row/g;
		s/\{Y\}/$row =~ s{x}{y}r/ge;
		s/\{R\}/$name/g;
	}
	$self->{count}{$shape}{$relation}{$feature}++;
	return {
		shape => $shape, relation => $relation, feature => $feature, sql => $sql, name => $where->{name},
		rows => ($sql =~ /^(?:SELECT|WITH)|RETURNING/ ? 1 : 0), writes => $properties->{writes} // 0,
		kept => ($properties->{writes} || $properties->{kept}) // 0, refused => $refused,
		parameter => ($sql =~ /\$1/ ? 1 : 0) };
}

# All statements: grouped by relation, those with triggers last.
sub all
{
	my ($self) = @_;
	my @result;
	srand $self->{seed};
	foreach my $relation (sort keys %relations)
	{
		foreach my $feature (@features)
		{
			foreach my $shape ((sort keys %shapes) x $self->{rounds})
			{
				push @result, $self->_statement($shape, $relation, $feature);
			}
		}
	}
	return ((grep { $_->{feature} ne 'trigger' } @result), (grep { $_->{feature} eq 'trigger' } @result));
}

sub _matrix
{
	my ($title, $rows, $columns, $cell) = @_;
	my $text = sprintf "%-24s", $title;
	$text .= sprintf ' %9.9s', $_ foreach @$columns;
	$text .= "\n";
	foreach my $row (@$rows)
	{
		$text .= sprintf "%-24s", $row;
		$text .= sprintf ' %9d', $cell->($row, $_) foreach @$columns;
		$text .= "\n";
	}
	return $text;
}

# How many statements there are of each pair, and the triples without any.
sub coverage
{
	my ($self) = @_;
	my $count = $self->{count};
	my @shapes = sort keys %shapes;
	my @relations = sort keys %relations;
	my $sum = sub {
		my ($s, $r, $f) = @_;
		my $n = 0;
		foreach my $shape (@$s) { foreach my $relation (@$r) { $n += $count->{$shape}{$relation}{$_} // 0 foreach @$f } }
		return $n;
	};
	my @empty;
	foreach my $s (@shapes)
	{
		foreach my $r (@relations)
		{
			push @empty, map { "$s x $r x $_" } grep { !$count->{$s}{$r}{$_} } @features;
		}
	}
	return (
		_matrix('shape x relation', \@shapes, \@relations, sub { $sum->([ $_[0] ], [ $_[1] ], \@features) })
		  . _matrix('shape x feature', \@shapes, \@features, sub { $sum->([ $_[0] ], \@relations, [ $_[1] ]) })
		  . _matrix('relation x feature', \@relations, \@features, sub { $sum->(\@shapes, [ $_[0] ], [ $_[1] ]) }),
		@empty);
}

1;
