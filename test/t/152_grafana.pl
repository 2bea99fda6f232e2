# Each query of test/recipes/grafana.json runs, as Grafana would send it, and gives what its panel names.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;
use Fivetrex::Node;

my $node = Fivetrex::Node->start('grafana');
$node->query('CREATE EXTENSION fivetrex_watch');
# no such server: nothing can be asked
$node->query(slurp_file("$FindBin::RealBin/../pictures/data.sql")
	. q{SELECT pg_temp.fill('one', 1); SELECT pg_temp.fill('it''s forty', 40)});
$node->query(q{CREATE ROLE grafana; GRANT USAGE ON SCHEMA fivetrex_watch TO grafana;
	GRANT SELECT ON ALL TABLES IN SCHEMA fivetrex_watch TO grafana});

my $board = JSON::PP->new->utf8->decode(slurp_file("$FindBin::RealBin/../recipes/grafana.json"));
my ($variable) = grep { $_->{name} eq 'account' } @{ $board->{templating}{list} };
my $accounts = join ',', map { s/'/''/gr =~ s/^|$/'/gr } $node->rows($variable->{query});
is($accounts, q{'it''s forty','one'}, 'the variable');

# The macros of Grafana's data source for PostgreSQL that are used.
sub expanded
{
	my ($sql) = @_;
	$sql =~ s/\$__timeFilter\(([\w.]+)\)/$1 BETWEEN now() - interval '7 days' AND now()/g;
	$sql =~ s/\$__timeGroupAlias\(([\w.]+), '6h'\)/floor(extract(epoch FROM $1) \/ 21600) * 21600 AS "time"/g;
	$sql =~ s/\$account\b/$accounts/g;
	return $sql;
}

# names and types of the columns, and the number of rows
sub shape
{
	my ($sql) = @_;
	$node->query("CREATE VIEW probe AS $sql; GRANT SELECT ON probe TO grafana; ALTER VIEW probe OWNER TO grafana");
	my %columns = map { /^(.*)\|(.*)$/ } $node->rows(q{SELECT attname, format_type(atttypid, NULL)
		FROM pg_attribute WHERE attrelid = 'probe'::regclass AND attnum > 0});
	my $rows = $node->query('SET ROLE grafana; SELECT count(*) FROM (SELECT * FROM probe OFFSET 0) p');
	$node->query('DROP VIEW probe');
	return (\%columns, $rows);
}

my (%ids, @places, $annotations);
foreach my $panel (@{ $board->{panels} }, @{ $board->{annotations}{list} })
{
	my $title = $panel->{title} // $panel->{name};
	foreach my $target (@{ $panel->{targets} // [ $panel->{target} ] })
	{
		my $sql = expanded($target->{rawSql});
		unlike($sql, qr/\$/, "$title: no other macro");
		my ($columns, $rows) = shape($sql);
		cmp_ok($rows, '>', 0, "$title: gives something");
		if ($target->{format} eq 'time_series')
		{
			is($columns->{metric}, 'text', "$title: a series each");
			like($columns->{time}, qr/^(?:numeric|double precision|timestamp with time zone)$/, "$title: time");
			is(scalar(keys %$columns), 3, "$title: one value");
		}
		foreach my $override (@{ $panel->{fieldConfig}{overrides} // [] })
		{
			ok(exists $columns->{ $override->{matcher}{options} },
				"$title: there is $override->{matcher}{options}") if $override->{matcher}{id} eq 'byName';
		}
		is_deeply([ sort grep { $columns->{$_} eq 'interval' } keys %$columns ], [],
			"$title: no interval, which Grafana cannot draw");
		is_deeply($target->{datasource}, { type => 'grafana-postgresql-datasource', uid => '${datasource}' },
			"$title: of the chosen database");
	}
	next unless $panel->{gridPos};
	ok(!$ids{ $panel->{id} }++, "$title: a number of its own");
	my %at = %{ $panel->{gridPos} };
	cmp_ok($at{x} + $at{w}, '<=', 24, "$title: fits");
	ok(!(grep { $at{x} < $_->{x} + $_->{w} && $_->{x} < $at{x} + $at{w} && $at{y} < $_->{y} + $_->{h}
		&& $_->{y} < $at{y} + $at{h} } @places), "$title: covers no other");
	push @places, \%at;
}
cmp_ok(scalar @places, '>=', 9, 'there are panels');

$node->stop;
done_testing();
