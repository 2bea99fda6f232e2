
=head1 NAME

Fivetrex::Node - a PostgreSQL node with the extension and its worlds

=head1 SYNOPSIS

  my $node = Fivetrex::Node->start('main');
  $node->add_world($mock, 'paging', page_size => 10);
  is($node->query('SELECT count(*) FROM paging.groups'), 14);
  like($node->fails('SELECT ...'), qr/HV00L/);

A subclass of PostgreSQL::Test::Cluster: all its methods are there.

=cut

package Fivetrex::Node;

use strict;
use warnings;

use parent 'PostgreSQL::Test::Cluster';

use IPC::Run ();
use JSON::PP ();
use PostgreSQL::Test::Utils;
use Test::More ();

my $json = JSON::PP->new->canonical;

# Without an argument this is the parent's start(); with a name, called on the
# class, it makes a node, starts it and creates the extension.
sub start
{
	my ($self, @arguments) = @_;
	return $self->SUPER::start(@arguments) if ref $self;

	# new() looks for per-version classes by the name of the class it is called on.
	my $node = bless PostgreSQL::Test::Cluster->new(@arguments), $self;
	# whatever the environment says: answers are UTF-8
	$node->init(extra => [ '--encoding=UTF8', '--no-locale' ]);
	$node->start;
	$node->query('CREATE EXTENSION fivetrex');
	return $node;
}

# Server, user mapping and imported tables for a world of the mock; all are
# named like the world.  Retries do not wait unless an option says so, and answers
# may take long: only what tests a time limit sets a shorter one.
sub add_world
{
	my ($self, $mock, $world, %options) = @_;
	my %patient = (retry_delay => 0, connect_timeout => 180, request_timeout => 180);
	%options = (base_url => $mock->url($world), %patient, %options);
	my $options = join ', ',
	  map { "$_ '" . ($options{$_} =~ s/'/''/gr) . "'" } sort keys %options;
	$self->query(
		qq{CREATE SERVER "$world" FOREIGN DATA WRAPPER fivetrex OPTIONS ($options);
		   CREATE USER MAPPING FOR PUBLIC SERVER "$world"
		     OPTIONS (api_key 'key', api_secret 'secret');
		   CREATE SCHEMA "$world";
		   IMPORT FOREIGN SCHEMA fivetran FROM SERVER "$world" INTO "$world"});
	return;
}

# Was this PostgreSQL built with ICU?  Since 16 pg_collation has a row of it all the same.
sub has_icu
{
	my ($self) = @_;
	my ($status) = $self->psql('postgres', q{CREATE COLLATION pg_temp.trial (provider = icu, locale = 'und')});
	return $status == 0;
}

# Output of SQL that must succeed.
sub query
{
	my ($self, $sql, %parameters) = @_;
	return $self->safe_psql('postgres', $sql, %parameters);
}

# The same, one element per line.
sub rows
{
	my ($self, $sql, %parameters) = @_;
	return split /\n/, $self->query($sql, %parameters);
}

# Begin SQL in a session of its own, under an application_name; ended() waits for its end.
sub background
{
	my ($self, $name, $sql, $database) = @_;
	my %session = (in => '', out => '', err => '', name => $name);
	local $ENV{PGAPPNAME} = $name;
	$session{run} = IPC::Run::start(
		[ 'psql', '-X', '-A', '-t', '-q', '-v', 'VERBOSITY=verbose', '-d', $self->connstr($database // 'postgres'), '-c',
			$sql ],
		'<', \$session{in}, '>', \$session{out}, '2>', \$session{err},
		IPC::Run::timeout(4 * $PostgreSQL::Test::Utils::timeout_default));
	return \%session;
}

# Wait for the end of such sessions; returns what they complained of.
sub ended
{
	my ($self, @sessions) = @_;
	$_->{run}->finish for @sessions;
	return join '', map { $_->{err} } @sessions;
}

# What psql says about SQL that must fail: message with SQLSTATE, detail, hint.
sub fails
{
	my ($self, $sql, %parameters) = @_;
	my ($status, undef, $stderr) =
	  $self->psql('postgres', "\\set VERBOSITY verbose\n$sql", %parameters);
	die "should have failed: $sql\n" if $status == 0;
	return $stderr;
}

# What a statement makes: its requests as "METHOD path body" (bodies with
# sorted keys), its output and its complaints.  "GET"s come sorted first only if
# the caller sorts: they are in the order of their arrival.
sub sent
{
	my ($self, $mock, $world, $sql) = @_;
	$mock->clear($world);
	my (undef, $out, $err) = $self->psql('postgres', "\\set VERBOSITY verbose\n$sql");
	my @log = map {
		"$_->{method} $_->{path}"
		  . (defined $_->{body} ? ' ' . $json->encode($_->{body}) : '')
	} $mock->log($world);
	return (\@log, $out, $err);
}

# The same: writes in the order of their arrival, output, complaints, reads.
sub writes
{
	my ($self, $mock, $world, $sql) = @_;
	my ($log, $out, $err) = $self->sent($mock, $world, $sql);
	return ([ grep { !/^GET/ } @$log ], $out, $err, [ grep { /^GET/ } @$log ]);
}

# The statement fails with this error, and nothing is written.
sub refuses
{
	my ($self, $mock, $world, $name, $sql, $error) = @_;
	my ($log, undef, $err) = $self->writes($mock, $world, $sql);
	Test::More::like($err, $error, "$name: error");
	Test::More::is_deeply($log, [], "$name: nothing is written");
	return;
}

1;
