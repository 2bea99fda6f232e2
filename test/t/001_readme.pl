# The tables of README.md and of src/catalogue/README.md are those of the catalogue.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Node;

my $node = Fivetrex::Node->start('readme');
my $top = "$FindBin::RealBin/../..";

$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATABASE} = 'postgres';
is(system($ENV{PYTHON} // 'python3', "$top/test/bin/readme_tables.py",
		'--check', $top),
	0, 'the tables between the markers are up to date');

# Every function that the README names exists, and every function is named.
open my $file, '<', "$top/README.md" or die $!;
my $readme = do { local $/; <$file> };
close $file;
my %named = map { $_ => 1 } $readme =~ /\b(fivetrex_[a-z_]+)\(/g;
my %exists = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', q{
	SELECT DISTINCT proname FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid
	WHERE d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'fivetrex')
	AND proname NOT LIKE 'fivetrex_fdw_%' AND proname <> 'fivetrex_catalogue_check'});
is_deeply([ sort keys %named ], [ sort keys %exists ],
	'the functions of the README are those of the extension');

$node->stop;
done_testing();
