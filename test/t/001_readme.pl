# The tables of the reference, src/catalogue/README.md, are those of the catalogue, and what the pages
# of the manual point to is there.  What the reference says of refused statements is what
# stories/refused tells.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
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

# Every function that the manual names exists, and the reference names every function.
my %named = map { $_ => 1 } map { slurp_file("$top/$_") =~ /\b(fivetrex_[a-z_]+)\(/g }
	qw(README.md src/catalogue/README.md test/recipes/README.md);
my %exists = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', q{
	SELECT DISTINCT proname FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid
	WHERE d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'fivetrex')
	AND proname NOT LIKE 'fivetrex_fdw_%' AND proname <> 'fivetrex_catalogue_check'});
is_deeply([ sort keys %named ], [ sort keys %exists ],
	'the functions of the manual are those of the extension');

# Every link within the pages leads to a file and a heading, which stands on its page once.
my (%anchors, @lost, @twice);
sub anchors
{
	my ($path) = @_;
	return $anchors{$path} if $anchors{$path};
	my $text = slurp_file($path) =~ s/^```.*?^```$//msgr;
	$anchors{$path}{ lc s/[^\w\s-]//gr =~ s/\s/-/gr }++ foreach map { s/^#+ //r } grep { /^#+ / } split /\n/, $text;
	return $anchors{$path};
}
my @pages = qw(README.md src/README.md src/catalogue/README.md test/README.md test/recipes/README.md
	test/mock/README.md test/bench/README.md CONTRIBUTING.md SECURITY.md CHANGELOG.md);
foreach my $page (@pages)
{
	my $headings = anchors("$top/$page");
	push @twice, map { "$page: $_" } grep { $headings->{$_} > 1 } sort keys %$headings if $page ne 'CHANGELOG.md';
	my ($folder) = "$top/$page" =~ m{(.*)/};
	foreach my $link (slurp_file("$top/$page") =~ /\]\(([^)\s]+)\)/g)
	{
		next if $link =~ /^https?:/;
		my ($file, $anchor) = $link =~ /^([^#]*)(?:#(.*))?$/;
		my $path = $file eq '' ? "$top/$page" : "$folder/$file";
		push @lost, "$page: $link" if !-e $path || defined $anchor && !anchors($path)->{$anchor};
	}
}
is_deeply(\@lost, [], 'no link of a page is lost');
is_deeply(\@twice, [], 'no heading of a page stands there twice');
is_deeply([ grep { slurp_file("$top/$_") =~ /^```sql/m } @pages ],
	[ qw(README.md src/catalogue/README.md test/recipes/README.md) ], 'SQL stands on pages whose blocks are run');

# The table of what is refused has the rows of stories/refused, and names the SQLSTATEs that are told there.
my ($table) = slurp_file("$top/src/catalogue/README.md") =~
	/\n\| refused \| SQLSTATE \|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)/;
my %said = map { /^\| (.*?) \| (.*?) \|/ ? ($1 => $2) : () } split /\n/, $table // '';
my %told = slurp_file("$top/test/stories/refused.out") =~
	/^-- refused: ([^\n]*)\n(.*?)(?=^-- refused|^-- what is offered)/msg;
# its own test is t/053_rolled_back
delete $said{'`PREPARE TRANSACTION` after a write'};
is_deeply([ sort keys %said ], [ sort keys %told ], 'the reference tells of what is refused');
foreach my $what (sort keys %told)
{
	my @codes = $told{$what} =~ /^! ERROR:  (\w+)/mg;
	my @unnamed = grep { $said{$what} !~ /\b$_\b/ } @codes ? @codes : 'none';
	is_deeply(\@unnamed, [], "by its SQLSTATE: $what");
}

$node->stop;
done_testing();
