# What test/stories/*.sql prints and asks for is what stands in the .out beside it.
#
# Arguments are names of stories; without any, it is all of them.
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

# What differs, with the statement, as lines of - (expected) and + (got).
sub difference
{
	my ($expected, $got) = @_;
	my $files = PostgreSQL::Test::Utils::tempdir();
	append_to_file("$files/expected", $expected);
	append_to_file("$files/got", $got);
	return join '', grep { !/^@@/ } qx{diff -U 999 --label expected --label got $files/expected $files/got};
}

foreach my $name (@ARGV ? @ARGV : sort map { m{([^/]+)\.sql$} } glob "$folder/*.sql")
{
	my $mock = Fivetrex::Mock->start;
	my $node = Fivetrex::Node->start($name);
	my $story = Fivetrex::Story->new($node, $mock, $name);
	$node->query("ALTER DATABASE postgres SET search_path = $name, public;
		ALTER DATABASE postgres SET fivetrex.server = '$name';
		ALTER DATABASE postgres SET fivetrex.max_deletes = 100");
	my @told = $story->tell("$folder/$name.sql");
	if ($ENV{FTX_STORIES})
	{
		my $file = "$ENV{FTX_STORIES}/$name.out";
		unlink $file;
		append_to_file($file, join "\n", map { $_->{told} } @told);
	}
	# paragraph by paragraph, so that a failure shows its own
	my @wanted = -e "$folder/$name.out" ? split /\n\n/, slurp_file("$folder/$name.out") =~ s/\n\z//r : ();
	foreach my $paragraph (@told)
	{
		my $got = $paragraph->{told} =~ s/\n\z//r;
		# the one of the same text: another one that is new, or gone, does not matter to it
		my ($at) = grep { index("$wanted[$_]\n", $paragraph->{text}) == 0 } 0 .. $#wanted;
		my $expected = defined $at ? splice @wanted, $at, 1 : '';
		ok($got eq $expected, "$name: " . ($paragraph->{title} // "line $paragraph->{line}"))
		  or diag("test/stories/$name.sql:$paragraph->{line}\n" . difference("$expected\n", "$got\n"));
	}
	is_deeply(\@wanted, [], "$name: nothing else was expected");
	$node->stop;
	$mock->stop;
}

done_testing();
