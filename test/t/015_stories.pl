# What test/stories/*.sql prints and asks for is what stands in the .out beside it.
#
# FTX_STORIES=folder keeps what was told there: read it, then take it for the new one.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;
use Fivetrex::Story;

my $folder = "$FindBin::RealBin/../stories";
my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('stories');

foreach my $path (sort glob "$folder/*.sql")
{
	my ($name) = $path =~ m{([^/]+)\.sql$};
	# one request after the other, so that what the mock makes up is the same each time
	$node->add_world($mock, $name, max_concurrency => 1);
	$mock->settings($name, connectors => 100);
	$node->query("ALTER DATABASE postgres SET search_path = $name, public;
		ALTER DATABASE postgres SET fivetrex.server = '$name';
		ALTER DATABASE postgres SET fivetrex.max_deletes = 100");
	my $told = Fivetrex::Story->new($node, $mock, $name)->tell($path);
	my $wanted = -e "$folder/$name.out" ? slurp_file("$folder/$name.out") : '';
	if ($ENV{FTX_STORIES})
	{
		open my $file, '>', "$ENV{FTX_STORIES}/$name.out" or die $!;
		print $file $told;
		close $file;
	}
	# paragraph by paragraph, so that a failure shows its own
	my @told = split /\n\n/, $told;
	my @wanted = split /\n\n/, $wanted;
	foreach my $n (0 .. ($#told > $#wanted ? $#told : $#wanted))
	{
		my ($first) = ($told[$n] // '') =~ /^-- (.*)/;
		is($told[$n] // '', $wanted[$n] // '', "$name: " . ($first // 'paragraph ' . ($n + 1)));
	}
	is_deeply([ $mock->violations($name) ], [], "$name: no request broke the definition");
}

$node->stop;
$mock->stop;
done_testing();
