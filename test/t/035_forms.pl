# Every member of every kind of object, in every form: null, absent, of another
# type, twice, under an escaped name, another object's.  The rows are compared
# with what jsonb says of the same object.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start(allow_violations => ['f']);
my $node = Fivetrex::Node->start('forms');
my $json = JSON::PP->new->canonical->allow_nonref->ascii;
my $reader = JSON::PP->new->allow_nonref->utf8;
$mock->settings('f', connectors => 12);
$node->add_world($mock, 'f', max_retries => 0);
$node->query(q{
	CREATE FUNCTION outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE result text;
	BEGIN
		EXECUTE format('SELECT coalesce(jsonb_agg(to_jsonb(q)), ''[]'') FROM (%s) q', statement) INTO result;
		RETURN result;
	EXCEPTION WHEN OTHERS THEN RETURN 'error ' || SQLSTATE;
	END $$;
	-- What jsonb says of a member, as the type that the table gives it.
	CREATE FUNCTION said(value jsonb, type text) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE result text;
	BEGIN
		IF value IS NULL OR jsonb_typeof(value) = 'null' THEN RETURN 'null'; END IF;
		IF type = 'boolean' AND jsonb_typeof(value) <> 'boolean' THEN RETURN 'error 22P02'; END IF;
		IF type LIKE 'timestamp%' AND (value #>> '{}') !~ '^\d{4}-\d\d-\d\d([T ]|$)' THEN RETURN 'error 22007'; END IF;
		IF type = 'text[]' AND jsonb_typeof(value) <> 'array' THEN RETURN 'error 42804'; END IF;
		IF type = 'text[]' THEN RETURN value::text; END IF;
		EXECUTE format('SELECT to_jsonb($1::%s)', type) INTO result
			USING CASE WHEN type = 'jsonb' THEN value::text ELSE value #>> '{}' END;
		RETURN result;
	EXCEPTION WHEN OTHERS THEN RETURN 'error ' || SQLSTATE;
	END $$});

# The lists that are one object per item, with an item of the mock's.
my @tables = @{ $reader->decode($node->query(q{SELECT jsonb_agg(to_jsonb(t) || jsonb_build_object('columns',
	(SELECT jsonb_agg(c) FROM fivetrex_columns() c WHERE c.table_name = t.name AND NOT c.detail_only AND NOT c.write_only)))
	FROM fivetrex_tables() t WHERE parent IS NULL AND list_call IS NOT NULL})) };
my %forms = (
	null => sub { "\"$_[0]\":null" }, absent => sub { '' },
	'a string' => sub { "\"$_[0]\":\"text\"" }, 'a number' => sub { "\"$_[0]\":7" }, 'a boolean' => sub { "\"$_[0]\":true" },
	'an object' => sub { "\"$_[0]\":{\"a\":[1]}" }, 'an array' => sub { "\"$_[0]\":[\"a\",null]" },
	'twice, the last null' => sub { "\"$_[0]\":$_[1],\"$_[0]\":null" },
	'twice, the first null' => sub { "\"$_[0]\":null,\"$_[0]\":$_[1]" },
	'twice, the first another type' => sub { "\"$_[0]\":{\"x\":1},\"$_[0]\":$_[1]" },
	'an escaped name' => sub { sprintf "\"\\u%04x%s\":%s", ord $_[0], substr($_[0], 1), $_[1] },
	'an escaped name after the plain one' =>
	  sub { sprintf "\"%s\":null,\"\\u%04x%s\":%s", $_[0], ord $_[0], substr($_[0], 1), $_[1] });
my %covered;
my $compared = 0;
foreach my $table (@tables)
{
	my $name = $table->{name};
	my $item = $reader->decode($node->query("SELECT coalesce((SELECT to_jsonb(attrs) FROM f.$name LIMIT 1), 'null')"));
	next unless ref $item eq 'HASH';
	(my $path = $table->{list_call}) =~ s/\?.*//;
	my (@cases, @wrong);
	foreach my $member (sort keys %$item)
	{
		# columns are named as members are, but for what stands deeper
		my ($column) = grep { $_->{column_name} eq $member } @{ $table->{columns} };
		next unless $column;
		my $rest = join ',', map { $json->encode($_) . ':' . $json->encode($item->{$_}) } grep { $_ ne $member } sort keys %$item;
		foreach my $form (sort keys %forms)
		{
			# a list may leave it out: then the object itself is asked for
			next if $form eq 'absent' && $member eq 'config';
			my $changed = $forms{$form}->($member, $json->encode($item->{$member}));
			push @cases, { column => $column, form => $form, object => '{' . join(',', grep { $_ ne '' } $rest, $changed) . '}' };
		}
	}
	$mock->clear_faults('f');
	# as many answers as there are cases, each of them for one statement
	$mock->fault('f', map { { path => "^\Q$path\E(\\?|\$)",
			body_base64 => encode_base64(qq({"code":"Success","data":{"items":[$_->{object}]}}), '') } } @cases);
	my $values = join ', ', map {
		"($_, \$c\$$cases[$_]{column}{column_name}\$c\$, '$cases[$_]{column}{type}', \$j\$$cases[$_]{object}\$j\$)"
	} 0 .. $#cases;
	next unless @cases;
	my $out = $node->query(qq{SELECT jsonb_agg(jsonb_build_array(
			outcome(format('SELECT %I AS value, attrs FROM f.$name', c)), said(o::jsonb -> c, t), o::jsonb) ORDER BY n)
		FROM (SELECT * FROM (VALUES $values) v(n, c, t, o) ORDER BY n) v});
	my $results = $reader->decode($out);
	foreach my $n (0 .. $#cases)
	{
		my ($outcome, $said, $object) = @{ $results->[$n] };
		my $case = $cases[$n];
		my $key = $case->{column}{is_key};
		my $expected = $said =~ /^error/ ? $said : undef;
		# what is no key is no item
		my $value = $object->{ $case->{column}{column_name} };
		$expected = 'error 08P01' if $key && (!defined $value || ref $value);
		my $got = $outcome;
		if (!defined $expected)
		{
			$expected = $json->encode([ { value => $json->decode($said), attrs => $object } ]);
			$got = $json->encode($json->decode($outcome)) unless $outcome =~ /^error/;
			# a text that is no string is what the API sent
			$expected = $got if $case->{column}{type} eq 'text' && ref $value && $outcome !~ /^error/;
		}
		push @wrong, "$case->{column}{column_name} $case->{form}: $got, jsonb: $expected" if $got ne $expected;
		$covered{"$case->{column}{type} x $case->{form}"}++;
		$compared++;
	}
	is(join("\n", @wrong), '', "$name: " . @cases . ' forms');
}
$mock->clear_faults('f');

foreach my $type ('text', 'boolean', 'jsonb', 'timestamp with time zone', 'integer', 'text[]')
{
	my @empty = grep { !$covered{"$type x $_"} } sort keys %forms;
	is("@empty", '', "every form of $type: " . join ', ', map { $covered{"$type x $_"} // 0 } sort keys %forms);
}
cmp_ok($compared, '>=', 1000, "rows compared: $compared");

$node->stop;
$mock->stop;
done_testing();
