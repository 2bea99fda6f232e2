
=head1 NAME

Fivetrex::Story - SQL with what it prints and what it asks Fivetran for, as one text

=head1 SYNOPSIS

  my $told = Fivetrex::Story->new($node, $mock, 'w')->tell("$folder/writes.sql");

A story is a file of SQL.  Its paragraphs end with an empty line, and begin with a comment that says what is tried.
What is told of each is the paragraph itself, then

  what it prints; sorted, unless it has an ORDER BY, as rows come in the order of the answers
  ! what psql complains of, with SQLSTATE, DETAIL, HINT and CONTEXT
  > the requests that were made, sorted: METHOD PATH BODY, members of the body in order of their names

All paragraphs of a file share one world of the mock and one database, each has a session of its own.
Comments that begin with --! tell the mock what comes next:

  --! fault {"path": "groups", "status": 404}    the requests of this paragraph meet it, see test/mock/README.md
  --! patch connections ID {"status.sync_state": "scheduled"}

Identifiers that the mock makes up are the same in every run, as are its moments.

=cut

package Fivetrex::Story;

use strict;
use warnings;

use JSON::PP;
use PostgreSQL::Test::Utils;

my $json = JSON::PP->new->canonical->allow_nonref->allow_bignum;

sub new
{
	my ($class, $node, $mock, $world) = @_;
	return bless { node => $node, mock => $mock, world => $world }, $class;
}

sub tell
{
	my ($self, $path) = @_;
	return join "\n", map { $self->_paragraph($_) } slurp_file($path) =~ /((?:^.*\S.*\n)+)/mg;
}

sub _paragraph
{
	my ($self, $text) = @_;
	my ($mock, $world) = @$self{qw(mock world)};
	foreach my $order ($text =~ /^--! (.*)$/mg)
	{
		my ($what, $rest) = $order =~ /^(fault|patch) (.*)$/ or die "no such order: $order";
		if ($what eq 'fault') { $mock->fault($world, $json->decode($rest)) }
		else
		{
			my ($collection, $id, $set) = $rest =~ /^(\S+) (\S+) (.*)$/;
			$mock->patch($world, $collection, $id, set => $json->decode($set));
		}
	}
	$mock->clear($world);
	my (undef, $out, $err) = $self->{node}->psql('postgres', "\\set VERBOSITY verbose\n$text");
	$mock->clear_faults($world) if $text =~ /^--! fault/m;
	my @rows = split /\n/, $out;
	@rows = sort @rows if $text !~ /\bORDER BY\b|^\\|\bEXPLAIN\b/m;
	my @complaints = grep { !/^LOCATION:/ } map { s/^psql:<stdin>:\d+: //r } split /\n/, $err;
	my @requests = sort map {
		"$_->{method} $_->{path}" . (defined $_->{body} ? ' ' . $json->encode($_->{body}) : '')
	} $mock->log($world);
	return join '', $text, map { "$_\n" } @rows, (map { "! $_" } @complaints), map { "> $_" } @requests;
}

1;
