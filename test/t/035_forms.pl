# Every member of every kind of answer, in every form: null, absent, of another
# type, twice, under an escaped name, another object's.  Kinds: root lists, lists
# of a parent, single objects, maps by name, functions.  Members: all that the
# catalogue gives a column, the objects and maps in which they stand, the names in
# maps.  The rows are compared with what jsonb says of the same answer.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Test::More;
use Fivetrex::Catalogue;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start(allow_violations => ['f']);
my $node = Fivetrex::Node->start('forms');
my $json = JSON::PP->new->canonical->allow_nonref->ascii;
my $reader = JSON::PP->new->allow_nonref->utf8;
$mock->settings('f', connectors => 4);
$node->add_world($mock, 'f', max_retries => 0);
$node->query(q{
	ALTER DATABASE postgres SET fivetrex.server = 'f';
	CREATE FUNCTION outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE result text;
	BEGIN
		EXECUTE format('SELECT coalesce(jsonb_agg(to_jsonb(q)), ''[]'') FROM (%s) q', statement) INTO result;
		RETURN result;
	EXCEPTION WHEN OTHERS THEN RETURN 'error ' || SQLSTATE;
	END $$;

	-- What jsonb says of a member, as the type that the table gives it.
	CREATE FUNCTION said(value jsonb, type text) RETURNS jsonb LANGUAGE plpgsql AS $$
	DECLARE result jsonb;
	BEGIN
		IF value IS NULL OR jsonb_typeof(value) = 'null' THEN RETURN 'null'; END IF;
		IF type = 'boolean' AND jsonb_typeof(value) <> 'boolean' THEN RAISE SQLSTATE '22P02'; END IF;
		IF type LIKE 'timestamp%' AND (value #>> '{}') !~ '^\d{4}-\d\d-\d\d([T ]|$)' THEN
			RAISE SQLSTATE '22007';
		END IF;
		IF type = 'text[]' AND jsonb_typeof(value) <> 'array' THEN RAISE SQLSTATE '42804'; END IF;
		IF type = 'text[]' THEN RETURN value; END IF;
		-- a text that is no string is what the API sent
		IF type = 'text' THEN RETURN to_jsonb(value #>> '{}'); END IF;
		EXECUTE format('SELECT to_jsonb($1::%s)', type) INTO result
			USING CASE WHEN type = 'jsonb' THEN value::text ELSE value #>> '{}' END;
		RETURN result;
	END $$;

	-- The items below data that stand at the path, with their names in maps.  A
	-- map that is null is empty, one that is absent too, but for the outermost.
	CREATE FUNCTION items_of(data jsonb, items text[], names text[], OUT at text[], OUT item jsonb)
	RETURNS SETOF record LANGUAGE plpgsql AS $$
	DECLARE name text; below jsonb;
	BEGIN
		IF items[1] = '*' AND jsonb_typeof(data) = 'null' THEN RETURN; END IF;
		IF jsonb_typeof(data) <> 'object' THEN RAISE SQLSTATE '08P01'; END IF;
		IF items = '{}' THEN
			at := names; item := data; RETURN NEXT;
		ELSIF items[1] = '*' THEN
			FOR name, below IN SELECT * FROM jsonb_each(data) LOOP
				RETURN QUERY SELECT * FROM items_of(below, items[2:], names || name);
			END LOOP;
		ELSIF data ? items[1] THEN
			RETURN QUERY SELECT * FROM items_of(data -> items[1], items[2:], names);
		ELSIF names = '{}' THEN
			RAISE SQLSTATE '08P01';
		END IF;
	END $$;
	-- The path of the object at the n-th name of a map.
	CREATE FUNCTION around(items text[], names text[], n bigint) RETURNS text[] LANGUAGE sql AS $$
		SELECT array_agg(CASE WHEN step = '*' THEN names[nth] ELSE step END ORDER BY place)
		FROM (SELECT *, count(*) FILTER (WHERE step = '*') OVER (ORDER BY place) AS nth
			FROM unnest(items) WITH ORDINALITY u(step, place)) s
		WHERE nth < n OR nth = n AND step = '*' $$;
	CREATE FUNCTION expected(data text, items text[], path text[], type text) RETURNS text LANGUAGE plpgsql AS $$
	BEGIN
		RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object(
				'value', said(CASE WHEN path[1] ~ '^@\d$'
					THEN data::jsonb #> (around(items, at, substr(path[1], 2)::bigint) || path[2:])
					ELSE item #> path END, type), 'names', at, 'attrs', item)), '[]')
			FROM items_of(data::jsonb, items, '{}'));
	EXCEPTION WHEN OTHERS THEN RETURN 'error ' || SQLSTATE;
	END $$});

# ---------- forms of a member, by its name, its value and another value

my %forms = (
	'null' => sub { "\"$_[0]\":null" },
	'absent' => sub { '' },
	'a string' => sub { "\"$_[0]\":\"text\"" },
	'a number' => sub { "\"$_[0]\":7" },
	'a boolean' => sub { "\"$_[0]\":true" },
	'an object' => sub { "\"$_[0]\":{\"a\":[1]}" },
	'an array' => sub { "\"$_[0]\":[\"a\",null]" },
	'twice, the last null' => sub { "\"$_[0]\":$_[1],\"$_[0]\":null" },
	'twice, the first null' => sub { "\"$_[0]\":null,\"$_[0]\":$_[1]" },
	'twice, the first another type' => sub { "\"$_[0]\":{\"x\":1},\"$_[0]\":$_[1]" },
	'twice, the last another\'s' => sub { "\"$_[0]\":$_[1],\"$_[0]\":$_[2]" },
	'another\'s' => sub { "\"$_[0]\":$_[2]" },
	'an escaped name' => sub { sprintf "\"\\u%04x%s\":%s", ord $_[0], substr($_[0], 1), $_[1] },
	'an escaped name after the plain one' =>
	  sub { sprintf "\"%s\":null,\"\\u%04x%s\":%s", $_[0], ord $_[0], substr($_[0], 1), $_[1] });

my %values = (
	'text' => [ '"word"', '"another"' ], 'boolean' => [ 'true', 'false' ], 'integer' => [ '60', '15' ],
	'double precision' => [ '1.5', '2.25' ], 'text[]' => [ '["a","b"]', '["c"]' ],
	'timestamp with time zone' => [ '"2026-01-02T03:04:05Z"', '"2025-02-03T04:05:06.789Z"' ],
	'jsonb' => [ '{"a":[1,"\u00e9"]}', '{"b":{"c":null}}' ], 'object' => [ undef, '{"another":1}' ],
	'inside' => [ undef, '["another"]' ]);

# The object as JSON, with the member at the path in that form.
sub render
{
	my ($object, $form, $other, $name, @below) = @_;
	my $value = $object->{$name};
	my $changed = @below ? "\"$name\":" . render($value, $form, $other, @below)
	  : $forms{$form}->($name, $json->encode($value), $other);
	my @rest = map { $json->encode($_) . ':' . $json->encode($object->{$_}) } grep { $_ ne $name } sort keys %$object;
	return '{' . join(',', @rest, $changed eq '' ? () : $changed) . '}';
}

# A member at a path, made where there is none.
sub fill
{
	my ($object, $value, $name, @below) = @_;
	if (@below)
	{
		$object->{$name} = {} unless ref $object->{$name} eq 'HASH';
		return fill($object->{$name}, $value, @below);
	}
	$object->{$name} = $value unless defined $object->{$name};
	return;
}

# ---------- the roads: how answers are asked for

# { name, kind, path => what is asked, from => by what, list => items stand in a
# list, items => path of maps, names => of an item in them, columns => those that
# are looked at, no_attrs => the object as a whole is not among them, key => the
# member that says which object it is, asked => which one was asked for, always =>
# a member that is always there, holds => a member that is an object of objects }
my %catalogue = Fivetrex::Catalogue::read_all();
my @roads;

# The item to start from: one of the mock's, and whatever it lacks.
sub item_of
{
	my ($resource) = @_;
	my $item = !defined $resource->{name} ? {} : $reader->decode($node->query("SELECT coalesce((
		SELECT attrs FROM f.$resource->{name} WHERE attrs IS NOT NULL LIMIT 1), '{}')"));
	foreach my $column (grep { defined $_->{path} && $_->{path} !~ /^(@.*)?$/ } @{ $resource->{columns} })
	{
		fill($item, $json->decode($values{ $column->{type} }[0]), split /\./, $column->{path});
	}
	$item->{ $resource->{object_id} } = 'x' if defined $resource->{object_id};
	return $item;
}

sub bound
{
	my ($path, $values) = @_;
	return $path =~ s/\{(\w+)\}/$values->{$1} \/\/ 'x'/ger;
}

foreach my $name (sort keys %catalogue)
{
	my $resource = $catalogue{$name};
	my @read = grep { !$_->{flags}{write_only} && !$_->{flags}{extra_1} && !$_->{flags}{extra_2} && defined $_->{path} }
	  @{ $resource->{columns} };
	my @keys = grep { $_->{flags}{key} } @{ $resource->{columns} };
	my ($key) = reverse grep { !$_->{flags}{parent} && defined $_->{path} && $_->{path} !~ /^@/ } @keys;
	my @names = map { $_->{name} } grep { ($_->{path} // '') =~ /^@\d$/ } @{ $resource->{columns} };
	my $names = @names ? 'ARRAY[' . join(', ', map { "\"$_\"" } @names) . ']' : q('{}'::text[]);
	my %road = (name => $name, resource => $resource, names => $names, items => $resource->{items} // '',
		key => $key && $key->{path});
	if (defined $resource->{list})
	{
		my $where = join ' AND ', map { "\"$_->{name}\" = 'x'" } grep { $_->{flags}{parent} } @keys;
		push @roads, { %road, kind => $resource->{items} ? 'map' : $resource->{parent} ? 'child list' : 'list',
			path => bound($resource->{list}), list => !$resource->{items},
			columns => [ grep { !$_->{flags}{detail} } @read ],
			from => "f.$name" . ($where ? " WHERE $where" : '') };
	}
	if (defined $resource->{detail})
	{
		my $where = join ' AND ', map { "\"$_->{name}\" = 'x'" } @keys;
		push @roads, { %road, kind => 'object', path => bound($resource->{detail}), asked => 'x',
			key => $resource->{object_id} // $road{key}, always => $resource->{always},
			columns => [ grep { !$_->{flags}{list_only} } @read ], from => "f.$name" . ($where ? " WHERE $where" : '') };
	}
}

# The functions that give columns as rows, whose names are those of tables'.
sub function
{
	my ($function, $arguments, $table, $kind, %renamed) = @_;
	my ($like) = grep { $_->{name} eq $table && $_->{kind} eq $kind } @roads;
	my @out = $node->rows(qq{SELECT unnest(proargnames[pronargs + 1:]) FROM pg_proc WHERE proname = '$function'});
	my @columns;
	foreach my $out (@out)
	{
		my ($column) = grep { $_->{name} eq ($renamed{$out} // $out) } @{ $like->{resource}{columns} };
		push @columns, { %$column, name => $out } if $column;
	}
	my ($names) = grep { ($_->{path} // '') =~ /^@\d$/ } @columns;
	push @roads, { %$like, kind => "$kind of a function", name => "$function()", columns => \@columns,
		names => $names ? "ARRAY[$names->{name}]" : $like->{names}, from => "$function($arguments)",
		no_attrs => !grep { $_->{name} eq 'attrs' } @columns };
	return;
}
function('fivetrex_sync_status', q('x'), 'connectors', 'object', is_paused => 'paused');
function('fivetrex_ping', '', 'account', 'object');
function('fivetrex_table_columns', q('x', 'x', 'x'), 'connector_columns', 'map');

# The functions that hand on an object, a member of it, or a list, as jsonb.
my %functions = Fivetrex::Catalogue::read_functions();
foreach my $name (sort keys %functions)
{
	my $function = $functions{$name};
	my $arguments = $node->query(qq{SELECT coalesce(string_agg(format('%I => ''x''', a), ', '), '')
		FROM pg_proc, unnest(proargnames) a WHERE proname = '$name' AND a <> 'server'});
	my $lists = $function->{result} =~ /ITEMS|ARRAY/;
	push @roads, { name => "$name()", kind => $lists ? 'jsonb list of a function' : 'jsonb of a function', items => '',
		value => "$name($arguments)" . ($lists ? ' -> 0' : ''), value_path => $function->{result_member} // '',
		path => bound($function->{path}),
		list => scalar $function->{result} =~ /ITEMS/, array => scalar $function->{result} =~ /ARRAY/,
		key => $function->{id_member}, asked => 'x',
		always => $function->{result_member} // $function->{always}, holds => $function->{names} };
}
push @roads, { name => 'fivetrex_request()', kind => 'jsonb of a function', items => '', value_path => '',
	path => '/v1/groups/x', value => "fivetrex_request('GET', '/v1/groups/x') -> 'data'" };
foreach my $road (grep { $_->{value} } @roads)
{
	$road->{names} = q('{}'::text[]);
	$road->{no_attrs} = 1;
	my %paths = (id => 'text', state => 'jsonb', schemas => 'jsonb', 'status.flag' => 'boolean', 'status.n' => 'integer',
		'a.b.c' => 'double precision', list => 'text[]', 'deep.at' => 'timestamp with time zone');
	$road->{columns} = [ map { { name => $_, path => $_, type => $paths{$_}, flags => {} } } sort keys %paths ];
	$road->{resource} = { name => undef, columns => $road->{columns} };
}

# ---------- cases

# Where the object at the n-th name of the maps around an object stands.
sub around
{
	my ($items, $n, @above) = @_;
	my @stars = grep { (split /\./, $items)[$_] eq '*' } 0 .. $#above;
	return @above[ 0 .. $stars[ $n - 1 ] ];
}

# Members of a road: { path, type, column }, where the object stands at `above`.
sub members_of
{
	my ($road, $item, @above) = @_;
	my @members;
	my @columns = grep { $_->{path} !~ /^(@\d)?$/ } @{ $road->{columns} };
	foreach my $column (@columns)
	{
		if ($column->{path} =~ /^@(\d)\.(.*)/)
		{
			push @members, { at => [ around($road->{items}, $1, @above), split /\./, $2 ], type => $column->{type},
				column => $column };
			next;
		}
		my @path = split /\./, $column->{path};
		push @members, { at => [ @above, @path ], type => $column->{type}, column => $column };
		# ... what stands in it
		my $value = $item;
		$value = $value->{$_} for @path;
		my @inside = $column->{type} eq 'jsonb' && ref $value eq 'HASH' ? sort keys %$value : ();
		push @members, map { { at => [ @above, @path, $_ ], type => 'inside', column => $column } }
		  grep { defined } @inside[ 0, 1 ];
		# ... and what it stands in
		push @members, map { { at => [ @above, @path[ 0 .. $_ ] ], type => 'object', column => $column } } 0 .. $#path - 1;
	}
	push @members, map { { at => [ @above[ 0 .. $_ ] ], type => 'object', column => $columns[0] } } 0 .. $#above;
	return @members;
}

my (%covered, %seen_kind);
my $compared = 0;
foreach my $road (@roads)
{
	my $item = item_of($road->{resource});
	$item->{ $road->{key} } = 'x' if $road->{key} && $road->{asked};
	$item->{ $road->{holds} } = { a => { b => 1 } } if $road->{holds};
	my $data = $item;
	my @above;
	foreach my $step (reverse split /\./, $road->{items})
	{
		unshift @above, $step eq '*' ? 'name' . @above : $step;
		$data = { $above[0] => $data };
	}
	foreach my $column (grep { $_->{path} =~ /^@\d\./ } @{ $road->{columns} })
	{
		my ($n, $path) = $column->{path} =~ /^@(\d)\.(.*)/;
		fill($data, $json->decode($values{ $column->{type} }[0]), around($road->{items}, $n, @above), split /\./, $path);
	}
	my (@cases, @wrong);
	foreach my $member (members_of($road, $item, @above))
	{
		foreach my $form (sort keys %forms)
		{
			# a list may leave it out: then the object itself is asked for
			next if $form eq 'absent' && $road->{list} && $member->{column}{flags}{list_may_omit};
			push @cases, { %$member, form => $form,
				data => render($data, $form, $values{ $member->{type} }[1], @{ $member->{at} }) };
		}
	}
	# as many answers as there are cases, each of them for one statement
	$mock->clear_faults('f');
	$mock->fault('f', map { { path => "^\Q$road->{path}\E(\\?|\$)", body_base64 => encode_base64(
			'{"code":"Success","data":'
			  . ($road->{list} ? "{\"items\":[$_->{data}]}" : $road->{array} ? "[$_->{data}]" : $_->{data})
			  . '}', '') } } @cases);
	my $items = '{' . join(',', split /\./, $road->{items}) . '}';
	my $values = join ', ', map {
		my ($case, $column) = ($cases[$_], $cases[$_]{column});
		my $attrs = $road->{no_attrs} ? '' : ', attrs';
		my ($value, $path) =
		  $road->{value} ? @$road{qw(value value_path)} : ("\"$column->{name}\"", $column->{path});
		"($_, \$s\$SELECT $value AS value, $road->{names} AS names$attrs"
		  . ($road->{from} ? " FROM $road->{from}" : '') . '$s$, $p${' . join(',', split /\./, $path) . '}$p$::text[], '
		  . ($road->{value} ? q('jsonb') : "'$column->{type}'") . ", \$j\$$case->{data}\$j\$)"
	} 0 .. $#cases;
	my $results = $reader->decode($node->query(qq{SELECT jsonb_agg(jsonb_build_array(
			outcome(s), e,
			CASE WHEN e !~ '^error 08' THEN (SELECT jsonb_agg(item) FROM items_of(o::jsonb, '$items', '{}')) END)
			ORDER BY n)
		FROM (SELECT *, expected(o, '$items', p, t) AS e FROM (VALUES $values) v(n, s, p, t, o) ORDER BY n) v}));
	foreach my $n (0 .. $#cases)
	{
		my ($got, $expected, $found) = @{ $results->[$n] };
		my $case = $cases[$n];
		foreach my $key (grep { defined && $found } @$road{qw(key always)})
		{
			# what does not say which object it is, or is another, is none; of what
			# it always has a text has a value
			my $value = @$found ? $found->[0]{$key} : next;
			my $is = defined $value && !ref $value;
			$is &&= $value eq $road->{asked} if $road->{asked} && $key eq ($road->{key} // '');
			my $text = grep { $_->{path} eq $key && $_->{type} eq 'text' } @{ $road->{columns} };
			$is = exists $found->[0]{$key} if $key eq ($road->{always} // '') && !$text;
			# what a function's answer always has may be a boolean, too
			$is ||= JSON::PP::is_bool($value) if $road->{value} && $key ne ($road->{key} // '');
			$expected = 'error 08P01' unless $is;
		}
		if ($road->{holds} && $found)
		{
			my $held = @$found ? $found->[0]{ $road->{holds} } : undef;
			my $is = @$found && exists $found->[0]{ $road->{holds} }
			  && (!defined $held || (ref $held eq 'HASH' && !grep { ref $_ ne 'HASH' } values %$held));
			# a wrong value that a second one of the same name replaces may be refused
			$is &&= $got ne 'error 08P01' if $case->{form} =~ /twice|after/ && @{ $case->{at} } > 1;
			$expected = 'error 08P01' unless $is;
		}
		foreach ($got, $expected)
		{
			next if /^error/;
			my @rows = @{ $json->decode($_) };
			delete $_->{attrs} for $road->{no_attrs} ? @rows : ();
			# of a text that is no string its spaces are not compared
			foreach my $row (@rows)
			{
				next unless $case->{column}{type} eq 'text' && !ref $row->{value} && ($row->{value} // '') =~ /^[\[{]/;
				$row->{value} = $json->encode($json->decode($row->{value}));
			}
			$_ = join ' ', sort map { $json->encode($_) } @rows;
		}
		push @wrong, join('.', @{ $case->{at} }) . " ($case->{column}{name}) $case->{form}: $got, jsonb: $expected"
		  if $got ne $expected;
		$covered{"$road->{kind} x $case->{type} x $case->{form}"}++;
		$seen_kind{"$road->{kind} x $case->{type}"}++;
		$compared++;
	}
	is(join("\n", @wrong), '', "$road->{kind} $road->{name}: " . @cases . ' forms');
}
$mock->clear_faults('f');

# ---------- coverage

foreach my $kind (sort keys %seen_kind)
{
	my @empty = grep { !$covered{"$kind x $_"} } sort keys %forms;
	is("@empty", '', "every form of $kind: " . join ', ', map { $covered{"$kind x $_"} // 0 } sort keys %forms);
}
cmp_ok($compared, '>=', 5000, "rows compared: $compared");

$node->stop;
$mock->stop;
done_testing();
