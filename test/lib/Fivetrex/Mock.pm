
=head1 NAME

Fivetrex::Mock - the mock of the Fivetran REST API (test/mock/server.py)

=head1 SYNOPSIS

  my $mock = Fivetrex::Mock->start;                # or tls_cert => F, tls_key => F
  $mock->url('paging');                            # base_url of the world "paging"
  $mock->fault('paging', { path => 'connections', status => 503 });
  is_deeply([ $mock->requests('paging') ], ['GET /v1/groups?limit=100']);
  $mock->stop;

A world has its own copy of the seed data, its own log, rules and settings, and
comes into being when it is first named.  All methods die if the control
request fails.

=cut

package Fivetrex::Mock;

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use HTTP::Tiny;
use IPC::Open2 qw(open2);
use JSON::PP ();
use Test::More ();

my $server_py =
  dirname(abs_path(__FILE__)) . '/../../mock/server.py';

my @running;

# Start a server.  Options: tls_cert, tls_key, port, allow_violations (names of
# worlds in which requests against the API's definition are expected).
sub start
{
	my ($class, %options) = @_;
	my $self = bless {
		json => JSON::PP->new->utf8->canonical,
		# Longer than any wait of the server's.
		http => HTTP::Tiny->new(timeout => 240, proxy => undef, http_proxy => undef),
		scheme => $options{tls_cert} ? 'https' : 'http',
		allow => { map { $_ => 1 } @{ $options{allow_violations} || [] } },
	}, $class;

	my @command = ($ENV{PYTHON} || 'python3', $server_py, '--exit-on-stdin-eof');
	push @command, '--port', $options{port} if $options{port};
	push @command, '--tls-cert', $options{tls_cert}, '--tls-key', $options{tls_key}
	  if $options{tls_cert};

	# The server closes its end once it listens: reading to the end of file waits
	# for that.  Ours of its stdin stays open; if we die, the server sees it closed.
	$self->{pid} = open2(my $out, $self->{stdin}, @command);
	my $port = do { local $/; <$out> };
	close $out;
	defined $port && $port =~ /^(\d+)$/m
	  or die "mock server did not start: @command\n";
	$self->{port} = $1;
	push @running, $self;
	return $self;
}

sub port { return $_[0]->{port}; }

# The base_url of a world.
sub url
{
	my ($self, $world) = @_;
	return "$self->{scheme}://127.0.0.1:$self->{port}/w/$world";
}

# Worlds in which violations are expected, in addition to start()'s.
sub allow_violations
{
	my ($self, @worlds) = @_;
	$self->{allow}{$_} = 1 for @worlds;
	return;
}

sub _control
{
	my ($self, $method, $world, $endpoint, $content) = @_;
	my $answer = $self->{http}->request(
		$method,
		"http://127.0.0.1:$self->{port}/_control/$world/$endpoint",
		defined $content ? { content => $self->{json}->encode($content) } : {});
	$answer->{success}
	  or die "mock: $method $world/$endpoint: $answer->{status} $answer->{content}\n";
	return $self->{json}->decode($answer->{content});
}

# The full records of a world's requests, see test/mock/state.py.
sub log
{
	my ($self, $world) = @_;
	return @{ $self->_control('GET', $world, 'requests') };
}

# The requests of a world as "METHOD path?query".
sub requests
{
	my ($self, $world) = @_;
	return map { "$_->{method} $_->{path}" } $self->log($world);
}

# Forget the requests so far.
sub clear
{
	my ($self, $world) = @_;
	$self->_control('DELETE', $world, 'requests');
	return;
}

# What clients did against the API's definition, as "kind: message (request)".
sub violations
{
	my ($self, $world) = @_;
	return map { "$_->{kind}: $_->{message} ($_->{request})" }
	  @{ $self->_control('GET', $world, 'violations') };
}

sub clear_violations
{
	my ($self, $world) = @_;
	$self->_control('DELETE', $world, 'violations');
	return;
}

# Add fault rules, see test/mock/README.md.
sub fault
{
	my ($self, $world, @rules) = @_;
	$self->_control('POST', $world, 'faults', \@rules);
	return;
}

sub clear_faults
{
	my ($self, $world) = @_;
	$self->_control('DELETE', $world, 'faults');
	return;
}

sub settings
{
	my ($self, $world, %settings) = @_;
	return $self->_control('POST', $world, 'settings', \%settings);
}

# Wait until $count requests whose "METHOD path" contains $path have arrived;
# with $state 'stalled', 'answered', 'gone' or 'half', until they are that.
sub wait_for
{
	my ($self, $world, $count, $path, $state) = @_;
	my $query = "count=$count";
	$query .= '&path=' . _escape($path) if defined $path;
	$query .= '&state=' . $state if defined $state;
	return $self->_control('GET', $world, "wait?$query");
}

sub _escape
{
	my ($text) = @_;
	$text =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
	return $text;
}

# Let all stalled requests of a world go on.
sub release
{
	my ($self, $world) = @_;
	$self->_control('POST', $world, 'release');
	return;
}

# Add plans for syncs, see test/mock/syncs.py.
sub plan_syncs
{
	my ($self, $world, @plans) = @_;
	$self->_control('POST', $world, 'syncs', \@plans);
	return;
}

sub clear_plans
{
	my ($self, $world) = @_;
	$self->_control('DELETE', $world, 'syncs');
	return;
}

# A sync begins by itself (ago => seconds), or ends (outcome => ..., after => ...).
# Returns the connection.
sub begin_sync
{
	my ($self, $world, $id, %how) = @_;
	return $self->_control('POST', $world, 'sync', { id => $id, event => 'start', %how });
}

sub end_sync
{
	my ($self, $world, $id, %how) = @_;
	return $self->_control('POST', $world, 'sync', { id => $id, event => 'end', %how });
}

# Rows of the syncs that were played: { connection => [...] }.
sub syncs
{
	my ($self, $world) = @_;
	return $self->_control('GET', $world, 'syncs');
}

sub stats
{
	my ($self, $world) = @_;
	return $self->_control('GET', $world, 'stats');
}

# Change an object behind the client's back: set => { 'status.sync_state' => ... }
# and unset => [ ... ].  Returns the changed object.
sub patch
{
	my ($self, $world, $collection, $id, %change) = @_;
	return $self->_control('POST', $world, 'patch',
		{ collection => $collection, id => $id, %change });
}

# Serve raw text: ($world, collection => C, id => I, raw => TEXT) for one item,
# ($world, path => '/v1/...', raw => TEXT) for the body of that path's GET.
sub replace
{
	my ($self, $world, %what) = @_;
	$self->_control('POST', $world, 'replace', \%what);
	return;
}

# What no test may leave behind, one text per finding.
sub _findings
{
	my ($self) = @_;
	my $stats = $self->_control('GET', '_all', 'stats');
	my @findings;
	foreach my $world (sort keys %$stats)
	{
		push @findings, "world $world: the mock failed $stats->{$world}{exceptions} times\n$stats->{$world}{last_exception}"
		  if $stats->{$world}{exceptions};
		push @findings, map { "world $world: $_" } $self->violations($world)
		  if $stats->{$world}{violations} && !$self->{allow}{$world};
	}
	return @findings;
}

sub _end
{
	my ($self) = @_;
	@running = grep { $_ != $self } @running;
	my @findings = eval { $self->_findings };
	push @findings, "mock server is gone: $@" if $@;
	local $?;
	kill 'TERM', $self->{pid};
	close $self->{stdin};
	waitpid $self->{pid}, 0;
	push @findings, "mock server ended with status $?" if $? != 0;
	return @findings;
}

# Stop the server.  Fails the test if a client did something against the API's
# definition (unless allowed) or the mock itself failed.
sub stop
{
	my ($self) = @_;
	return unless grep { $_ == $self } @running;
	my @findings = $self->_end;
	return unless @findings;
	Test::More::fail('requests follow the API\'s definition');
	Test::More::diag($_) for @findings;
	return;
}

# A test that did not stop its server is past its plan: only $? can tell.
END
{
	my $status = $?;
	foreach my $self (@running)
	{
		my @findings = $self->_end;
		Test::More::diag($_) for @findings;
		$status ||= 1 if @findings;
	}
	$? = $status;
}

1;
