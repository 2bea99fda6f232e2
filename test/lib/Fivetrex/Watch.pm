
=head1 NAME

Fivetrex::Watch - a node that watches worlds of the mock by fivetrex_watch

=head1 SYNOPSIS

  my $watch = Fivetrex::Watch->start('refresh', $mock);
  $watch->account('small', connectors => 15);
  $watch->refresh('small');
  is_deeply([ $watch->asked ], [...]);

A subclass of Fivetrex::Node.  An account has the name of its world, server and schema.

=cut

package Fivetrex::Watch;

use strict;
use warnings;

use parent -norequire, 'Fivetrex::Node';

use Fivetrex::Node;

sub start
{
	my ($class, @arguments) = @_;
	return $class->SUPER::start(@arguments) if ref $class;

	my ($name, $mock) = @arguments;
	my $node = $class->SUPER::start($name);
	$node->{mock} = $mock;
	$node->query('CREATE EXTENSION fivetrex_watch');
	return $node;
}

# Watch a world.  connectors => n: it has the first n of them (15 have names); webhooks => 1: its
# webhooks are looked at, too, which is a request more; other options are the server's.
sub account
{
	my ($self, $world, %options) = @_;
	my $connectors = delete $options{connectors};
	my $webhooks = delete $options{webhooks};
	$self->{mock}->settings($world, connectors => $connectors) if defined $connectors;
	$self->add_world($self->{mock}, $world, %options);
	$self->query("SELECT fivetrex_watch.add_account('$world', '$world', '$world')");
	$self->query("UPDATE fivetrex_watch.accounts SET webhooks_every = NULL WHERE account = '$world'") unless $webhooks;
	$self->{world} = $world;
	return;
}

# Refresh an account; returns what psql complains of.
sub refresh
{
	my ($self, $world, $more) = @_;
	$self->{world} = $world;
	$self->{mock}->clear($world);
	my (undef, undef, $err) = $self->psql('postgres', "\\set VERBOSITY verbose\nCALL fivetrex_watch.refresh('$world'"
		. ($more // '') . ')');
	return $err;
}

# The requests since the last refresh() began, without what they all have, sorted: GET list,
# GET groups, GET id, GET id/sync-history, POST id.
sub asked
{
	my ($self) = @_;
	return sort map {
		s{\?.*}{}r =~ s{/v1/connections$}{list}r =~ s{/v1/connections/}{}r =~ s{/v1/}{}r =~ s{/sync$}{}r
	} $self->{mock}->requests($self->{world});
}

# Rows of a table or view of the account.
sub table
{
	my ($self, $columns, $table, $rest) = @_;
	return $self->rows("SELECT $columns FROM fivetrex_watch.$table WHERE account = '$self->{world}' " . ($rest // ''));
}

# Let time pass for what the tables hold, as an interval: all moments move into the past.
sub pass
{
	my ($self, $interval) = @_;
	my @moments = $self->rows(q{SELECT a.attrelid::regclass || ' ' || string_agg(format('%1$I = %1$I - interval %%1$s',
		a.attname), ', ')
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
		WHERE c.relnamespace = 'fivetrex_watch'::regnamespace AND c.relkind = 'r' AND a.atttypid = 'timestamptz'::regtype
		AND NOT (c.relname = 'connectors'
			AND a.attname IN ('succeeded_at', 'failed_at', 'rescheduled_for', 'data_as_of', 'history_until'))
		AND NOT (c.relname = 'syncs' AND a.attname IN ('started_at', 'ended_at'))
		AND NOT (c.relname = 'runs' AND a.attname = 'ended_before') GROUP BY a.attrelid});
	my @updates;
	foreach (@moments)
	{
		my ($table, $set) = split / /, $_, 2;
		$set =~ s/%1\$s/'$interval'/g;
		push @updates, "UPDATE $table SET $set WHERE account = '$self->{world}'";
	}
	$self->query(join ';', @updates);
	return;
}

# The events since the last call under this name, as "connector|kind|was|now"; the first call registers it.
sub news
{
	my ($self, $consumer) = @_;
	return $self->rows(q{SELECT connector_id, kind, was, now FROM fivetrex_watch.take('} . ($consumer // 'test')
		. q{', 10000)});
}

# Ask for syncs; returns the batch.
sub request
{
	my ($self, $connectors, $more) = @_;
	return $self->query("SELECT fivetrex_watch.request('{$connectors}'" . ($more // '')
		. ", account => '$self->{world}')");
}

1;
