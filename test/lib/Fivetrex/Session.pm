
=head1 NAME

Fivetrex::Session - one backend that stays for all statements

=head1 SYNOPSIS

  my $session = Fivetrex::Session->new($node);
  is($session->ask('SELECT 1'), 1);
  like($session->complaint('SELECT 1/0'), qr/division by zero/);
  $session->quit;

=cut

package Fivetrex::Session;

use strict;
use warnings;

use IPC::Run ();
use PostgreSQL::Test::Utils;

sub new
{
	my ($class, $node) = @_;
	my $self = bless { in => '', out => '', err => '' }, $class;
	$self->{run} = IPC::Run::start(
		[ 'psql', '-X', '-A', '-t', '-q', '-d', $node->connstr('postgres') ],
		'<', \$self->{in}, '>', \$self->{out}, '2>', \$self->{err},
		IPC::Run::timeout(2 * $PostgreSQL::Test::Utils::timeout_default));
	$self->tell("\\set VERBOSITY verbose\n\\set SHOW_CONTEXT always\nSELECT pg_backend_pid()");
	$self->{pid} = $self->answer;
	return $self;
}

sub pid { return $_[0]->{pid}; }

# Send statements without waiting for them.
sub tell
{
	my ($self, $sql) = @_;
	$self->{out} = $self->{err} = '';
	$self->{in} .= "$sql;\n\\echo :done:\n\\warn :done:\n";
	$self->{run}->pump_nb;
	return;
}

# Wait for what was told; its output.
sub answer
{
	my ($self) = @_;
	$self->{run}->pump until $self->{out} =~ /:done:\n/ && $self->{err} =~ /:done:\n/;
	$self->{$_} =~ s/:done:\n// for qw(out err);
	chomp $self->{out};
	return $self->{out};
}

sub ask
{
	my ($self, $sql) = @_;
	$self->tell($sql);
	return $self->answer;
}

# What it says on standard error.
sub complaint
{
	my ($self, $sql) = @_;
	$self->ask($sql) if defined $sql;
	return $self->{err};
}

sub quit
{
	my ($self) = @_;
	$self->{in} .= "\\q\n";
	$self->{run}->finish;
	return;
}

1;
