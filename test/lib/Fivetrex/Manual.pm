
=head1 NAME

Fivetrex::Manual - the blocks of code in a page of the manual, run in their order

=head1 SYNOPSIS

  my @blocks = Fivetrex::Manual::blocks("$top/README.md");
  Fivetrex::Manual::neighbours($node);
  my ($status, $out, $err) = Fivetrex::Manual::run($node, $blocks[0]);

A block is a hash: chapter, line, kind (sql, sh, python, js, or '' for what is only looked at), text, and
expected: the block of kind text that follows it, which is what it prints.

=cut

package Fivetrex::Manual;

use strict;
use warnings;

use PostgreSQL::Test::Utils;

# Chapters of the recipes that go on from README: 002_manual.pl runs them, 088_citus.pl what is for Citus.
our $UNWATCHED = qr/^(?:Accounts in one table|Functions with SECURITY DEFINER|Managed PostgreSQL|Citus)$/;

sub blocks
{
	my ($path) = @_;
	my (@blocks, $open, $chapter, $n);
	foreach my $line (split /^/, slurp_file($path))
	{
		$n++;
		if ($open)
		{
			if ($line =~ /^```/) { undef $open; next }
			$open->{text} .= $line;
		}
		elsif ($line =~ /^```(\w*)/)
		{
			$open = { chapter => $chapter, kind => $1, line => $n, text => '' };
			if ($1 ne 'text') { push @blocks, $open }
			else { $open = ($blocks[-1]{expected} = $open) }
		}
		elsif ($line =~ /^#+ (.*)/) { $chapter = $1 }
	}
	die "$path: a block does not end" if $open;
	return @blocks;
}

# What pages of ours take from others: pg_cron and pg_net, which only note what they are told.
sub neighbours
{
	my ($node) = @_;
	$node->query(q{
		CREATE SCHEMA cron;
		CREATE TABLE cron.job (name text, schedule text, command text);
		CREATE FUNCTION cron.schedule(text, text, text) RETURNS bigint LANGUAGE sql
			AS 'INSERT INTO cron.job VALUES ($1, $2, $3) RETURNING 1';
		CREATE SCHEMA net;
		CREATE TABLE net.queue (id bigint GENERATED ALWAYS AS IDENTITY, url text, body jsonb);
		CREATE FUNCTION net.http_post(url text, body jsonb DEFAULT '{}', params jsonb DEFAULT '{}',
			headers jsonb DEFAULT '{"Content-Type": "application/json"}', timeout_milliseconds integer DEFAULT 5000)
			RETURNS bigint LANGUAGE sql AS 'INSERT INTO net.queue (url, body) VALUES ($1, $2) RETURNING id'});
	return;
}

# Runs a block as it stands; sh in a folder.  Returns status, output and complaints.
sub run
{
	my ($node, $block, $folder) = @_;
	return $node->psql('postgres', $block->{text}, on_error_stop => 1) if $block->{kind} eq 'sql';
	die "line $block->{line}: not to be run" if $block->{kind} ne 'sh';
	local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => 'postgres');
	my $errors = $node->basedir . '/sh.err';
	my $out = qx{cd "$folder" && { $block->{text} } 2>"$errors"};
	return ($? >> 8, $out, slurp_file($errors));
}

# What is the same each time in what was printed: no moments, no sizes, no estimates.
sub steady
{
	my ($text) = @_;
	$text =~ s/\d{4}-\d\d-\d\dT\d\d%3A\d\d%3A\d\dZ/MOMENT/g;
	$text =~ s/\brows=\K[\d.]+/N/g;
	# of itself EXPLAIN ANALYZE counts buffers since 18
	$text =~ s/^\s*(?:Planning:|Buffers: .*)\n?//mg;
	$text =~ s/\b(Bytes|Expected Calls|Remaining Calls|Rows Removed by Filter): \K\d+/N/g;
	return join "\n", map { s/\s+$//r } grep { /\S/ } split /\n/, $text;
}

1;
