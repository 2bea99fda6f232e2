
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
	my ($class, $node, $database) = @_;
	my $self = bless { in => '', out => '', err => '' }, $class;
	# for each statement anew
	$self->{timer} = IPC::Run::timeout(2 * $PostgreSQL::Test::Utils::timeout_default);
	$self->{run} = IPC::Run::start(
		[ 'psql', '-X', '-A', '-t', '-q', '-d', $node->connstr($database // 'postgres') ],
		'<', \$self->{in}, '>', \$self->{out}, '2>', \$self->{err},
		$self->{timer});
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
	$self->{timer}->start;
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

# Resident memory of the backend in kB: now, or its peak; undef without /proc.
sub _status
{
	my ($self, $field) = @_;
	open my $status, '<', "/proc/$self->{pid}/status" or return;
	my ($value) = map { /^$field:\s+(\d+)/ ? $1 : () } <$status>;
	return $value;
}

sub peak { return $_[0]->_status('VmHWM'); }
sub resident { return $_[0]->_status('VmRSS'); }

# From now on the peak is a new one; false if the kernel cannot do that.
sub forget_peak
{
	my ($self) = @_;
	open my $refs, '>', "/proc/$self->{pid}/clear_refs" or return 0;
	print $refs "5\n";
	return close $refs;
}

sub quit
{
	my ($self) = @_;
	$self->{in} .= "\\q\n";
	$self->{run}->finish;
	return;
}

1;
