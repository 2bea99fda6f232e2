# The JSON scanner accepts and refuses what PostgreSQL's parser does, and the
# shortcuts for values give what the input functions do.

use strict;
use warnings;
use FindBin;
use Test::More;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

my $top = "$FindBin::RealBin/../..";
my $pg_config = $ENV{PG_CONFIG} || 'pg_config';
my $dir = PostgreSQL::Test::Utils::tempdir;
chomp(my $include = `$pg_config --includedir-server`);

# The ways to look at 16 bytes of a string: as this processor does, as ARM does,
# and one by one.
my %ways = (compare => [], neon => [ '-DFTX_EMULATED_NEON', "-I$top/test/unit/json/neon" ],
	scalar => ['-DFTX_SCALAR_RUNS']);
foreach my $way (sort keys %ways)
{
	my @command = ('cc', '-O1', '-g', '-fPIC', '-shared', '-D_GNU_SOURCE', "-I$top/src", "-I$include", @{ $ways{$way} },
		($ENV{FTX_SANITIZE} ? "-fsanitize=$ENV{FTX_SANITIZE}" : ()), '-o', "$dir/$way.so", "$top/test/unit/json/compare.c",
		glob("'$top/src/json/'*.c"));
	is(system(@command), 0, "the module builds: $way") or BAIL_OUT("@command");
}

my $node = PostgreSQL::Test::Cluster->new('scanner');
$node->init(extra => [ '--encoding=UTF8', '--no-locale' ]);
$node->start;
# each in backends of its own, as they have the same names
foreach my $way (qw(scalar neon compare))
{
	$node->safe_psql('postgres', qq{
		CREATE OR REPLACE FUNCTION compare_scanner(int, int) RETURNS text LANGUAGE c AS '$dir/$way.so';
		CREATE OR REPLACE FUNCTION compare_timestamps(text) RETURNS text LANGUAGE c AS '$dir/$way.so';
		CREATE OR REPLACE FUNCTION scanner_accepts(text) RETURNS bool LANGUAGE c AS '$dir/$way.so';
		CREATE OR REPLACE FUNCTION scanner_complaint(text) RETURNS text LANGUAGE c AS '$dir/$way.so';
		CREATE OR REPLACE FUNCTION parser_accepts(text) RETURNS bool LANGUAGE c AS '$dir/$way.so'});

	foreach my $seed (1 .. 4)
	{
		my $result = $node->safe_psql('postgres', "SELECT compare_scanner($seed, 50000)");
		like($result, qr/^\d+ accepted$/, "$way: 50,000 mutated texts, seed $seed: $result");
		cmp_ok(($result =~ /^(\d+)/)[0] // 0, '>', 5000, 'of which many are well-formed');
	}

	# short texts over an alphabet that matters, all of them
	is($node->safe_psql('postgres', q{
		WITH a(c) AS (SELECT unnest(ARRAY['"', '\\', '{', '}', '[', ']', ':', ',', '0', '1', '-', '.', 'e', '+',
			'n', ' ', 'u', 'true', 'null', E'\t', '""', '"a":1', '[]', '/', '_', 'é']))
		SELECT count(*) || ' of ' || (SELECT count(*) FROM a) ^ 4 FROM (
		  SELECT x.c || y.c || z.c || w.c AS t FROM a x, a y, a z, a w) s
		WHERE scanner_accepts(t) <> parser_accepts(t)}), '0 of 456976', "$way: all texts of four tokens");
}

# Where a text is wrong: at one of its bytes, or at its end if it was cut short.
foreach my $case (
	['', 'end'], [ '   ', 'end' ], [ '{', 'end' ], [ '{"a"', 'end' ], [ '{"a":', 'end' ], [ '{"a":1', 'end' ],
	[ '{"a":1,', 'end' ], [ '{"a', 'end' ], [ '[', 'end' ], [ '[1', 'end' ], [ '[1,', 'end' ], [ '["a', 'end' ],
	[ '-', 'end' ], [ '1.', 'end' ], [ '1e', 'end' ], [ '1e+', 'end' ], [ '"', 'end' ], [ '"' . 'a' x 40, 'end' ],
	[ '"a\\', 3 ], [ '"a\\u00', 3 ], [ '[tru', 2 ], [ 'nul', 1 ], [ '[1] 2', 5 ], [ '[1]]', 4 ], [ '[1,]', 4 ],
	[ '{"a":1,}', 8 ], [ "\"a\n\"", 3 ], [ '01', 2 ], [ '{a:1}', 2 ], [ 'x', 1 ])
{
	my ($text, $at) = @$case;
	my $len = length $text;
	my $quoted = "'" . ($text =~ s/'/''/gr) . "'";
	is($node->safe_psql('postgres', "SELECT scanner_complaint($quoted)"), 'It is not JSON: the error is '
			. ($at eq 'end' ? "at its end, after $len bytes." : "near byte $at of $len."), "the position in $text");
}
my $whole = q({"code": "Success", "data": {"items": [{"id": "a\u00e9\n", "n": -1.5e+10, "t": true}, [null, 0.5]]}});
is($node->safe_psql('postgres', qq{SELECT string_agg(n || ': ' || says, ', ')
	FROM (VALUES ('$whole')) v(t), generate_series(0, length(t) - 1) n, scanner_complaint(left(t, n)) says
	WHERE says IS NULL OR says !~ ('(end, after ' || n || ' bytes|byte [0-9]+ of ' || n || ')[.]\$')
	   OR substring(says FROM 'byte ([0-9]+) of')::int > n}), '', 'and in each beginning of a text');

my @times = map { my $d = $_;
	map { "$d$_" } 'T00:00:00Z', 'T23:59:59.999999Z', 'T12:30:15.5Z', 'T24:00:00Z', 'T12:60:00Z', 'T12:00:60Z',
	'T12:00:00.1234567Z', 'T12:00:00.Z', 'T12:00:00+00', ' 12:00:00Z', 'T12:00:00z' }
  qw(2026-11-23 2024-02-29 2023-02-29 2000-01-01 1999-12-31 1900-02-29 0001-01-01
	  0000-01-01 9999-12-31 2026-13-01 2026-00-10 2026-04-31 2026-1-01);
my $list = join ', ', map { "('$_')" } @times;
is($node->safe_psql('postgres', "SELECT count(*) FROM (VALUES $list) v(t) WHERE compare_timestamps(t) = 'differs'"), 0,
	'timestamps are those of timestamptz_in');
cmp_ok($node->safe_psql('postgres', "SELECT count(*) FROM (VALUES $list) v(t) WHERE compare_timestamps(t) = 'same'"),
	'==', 18, 'and the shortcut applies');
is($node->safe_psql('postgres', q{SELECT count(*)
	FROM generate_series(timestamptz '1970-01-01', '2100-01-01', interval '37 hours 13 minutes 7.123457 seconds') t
	WHERE compare_timestamps(to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) IS DISTINCT FROM 'same'}), 0,
		'at many times');

$node->stop;
done_testing();
