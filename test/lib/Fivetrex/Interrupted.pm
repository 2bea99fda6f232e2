
=head1 NAME

Fivetrex::Interrupted - writes of every kind, and the moments in which they can be interrupted

=head1 SYNOPSIS

  my ($mock, $node) = Fivetrex::Interrupted::begin('cancelled_writes');
  my $roads = Fivetrex::Interrupted::roads();      # name => requests, statement, method
  my $moments = Fivetrex::Interrupted::moments();  # name => fault, what the first request is then
  Fivetrex::Interrupted::line(1, 'in flight', 2);  # what is said of 1 done, 1 in flight, 2 not sent

All of them are in world, schema and server c, where three may be deleted.

=cut

package Fivetrex::Interrupted;

use strict;
use warnings;

use Fivetrex::Mock;
use Fivetrex::Node;
use PostgreSQL::Test::Utils;

# The server waits long before it tries again, and sends one request after the other.
sub begin
{
	my ($name) = @_;
	my $mock = Fivetrex::Mock->start;
	my $node = Fivetrex::Node->start($name);
	$node->add_world($mock, 'c', max_retry_wait => 1000, max_concurrency => 1, max_retries => 4);
	$node->query('ALTER DATABASE postgres SET fivetrex.max_deletes = 10');
	return ($mock, $node);
}

# DELETE needs something to delete.
sub roads
{
	my $copy = PostgreSQL::Test::Utils::tempdir() . '/copy.sql';
	append_to_file($copy, "COPY c.groups (name) FROM STDIN;\na\nb\nc\n\\.\n");
	return {
		function => [ 1, q{SELECT fivetrex_sync('assimilate_seem', server => 'c')}, 'POST' ],
		'function over rows' => [ 1,
			q{SELECT fivetrex_pause(id, 'c') FROM (VALUES ('assimilate_seem'), ('broken_anchor')) v(id)}, 'PATCH' ],
		UPDATE => [ 3,
			q{UPDATE c.groups SET name = name || 'x' WHERE id IN ('empty_shelf', 'stoic_pebble', 'hollow_cedar')},
			'PATCH' ],
		INSERT => [ 3, q{INSERT INTO c.groups (name) VALUES ('a'), ('b'), ('c')}, 'POST' ],
		'INSERT RETURNING' => [ 1, q{INSERT INTO c.groups (name) VALUES ('a'), ('b'), ('c') RETURNING id}, 'POST' ],
		DELETE => [ 3, q{DELETE FROM c.groups WHERE name = 'doomed'}, 'DELETE' ],
		COPY => [ 3, "\\i $copy\n", 'POST' ],
	};
}

# Each of them lasts until it is ended.
sub moments
{
	return {
		'before the headers' => [ { stall => 'headers' }, 'in flight' ],
		'in the headers' => [ { stall => 'head' }, 'in flight' ],
		'in the body' => [ { stall => 'body' }, 'in flight' ],
		'while it waits after 429' => [ { status => 429, headers => { 'Retry-After' => '600' },
				body => { code => 'TooManyRequests', message => 'x' } }, 'refused' ],
	};
}

sub line
{
	my ($done, $what, $rest) = @_;
	return sprintf 'Fivetran API writes: %d done, %d in flight (outcome unknown), %d refused, %d not sent', $done,
	  $what eq 'in flight', $what eq 'refused', $rest;
}

1;
