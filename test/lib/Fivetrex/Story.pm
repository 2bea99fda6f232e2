
=head1 NAME

Fivetrex::Story - SQL with what it prints and what it asks Fivetran for, as one text

=head1 SYNOPSIS

  my $story = Fivetrex::Story->new($node, $mock, 'w');
  foreach my $paragraph ($story->tell("$folder/writes.sql")) { print $paragraph->{told} }

A story is a file of SQL.  Its paragraphs end with an empty line, and begin with a comment that says what is tried.
What is told of each is the paragraph itself, then

  what it prints; sorted, unless it has an ORDER BY, as rows come in the order of the answers
  ! what psql complains of, with SQLSTATE, DETAIL, HINT and CONTEXT; an error
    after what its abort warns of
  > the requests that were made, sorted: METHOD PATH BODY, members of the body in order of their names
  ? what was wrong with them by the API's definition

Which reads have left by the time an error comes is chance: as one is done the next one leaves, or the next page's.  So
of a paragraph with an error, those are told that arrived before the one that the error names, and that one; if it names
none, the only one, without further pages.  Several reads, of which the error names none, or that leave at once (in a
world with another max_concurrency than 1), are not told: "? ..." asks for the order "no requests" or "reads end".
Which of several requests the error is about is chance, too, where more than one can fail: where they leave at once, or
are of several worlds.  "? ..." says so, unless they all meet one fault and what is told names none of them; then one
fault has to do, in a paragraph of its own or in a world that is serial.

All paragraphs of a file share the worlds of the mock and one server, each has a session of its own.  The first world
has the name of the story; addresses of worlds are psql variables, as :'other_url'.  Comments that begin with --! are
orders; those that concern another world begin with its name, as in --! [other] fault ..., and what is told of its
requests with > [other].

  --! world other {"connectors": 40, "page_size": 7}    another one: settings of the mock, options of the server
  --! settings {"rate_limit": 5}                        settings of the mock, see test/mock/README.md
  --! fault {"path": "groups", "status": 404}           the requests of this paragraph meet it
  --! answer ^/v1/groups {"code":"Success", ...         the same: the body of the first answer; %XX is a byte
  --! patch connections ID {"status.sync_state": "scheduled"}
  --! unset connections ID status.tasks paused
  --! syncs {"run": 0}                                  plans of syncs, see test/mock/syncs.py
  --! database managed                                  from here on paragraphs are run there
  --! each mode: one | another                          run with each as the psql variable "mode"; several lines add up
  --! in order                                          rows and requests are told as they came
  --! reads end                                         the error comes when all reads have been answered
  --! no requests                                       they are not told: how many pages are asked for ahead varies
  --! codes only                                        of complaints that are not ours to word: severity and SQLSTATE
  --! hide (?<=made: ).*                                what matches is told as "...": words of libraries; moments
                                                        in requests
  --! same                                              run over the tables of each world and over those of the schema
  --! same in other                                     local_WORLD; told is how many lines there were, or what differs

Identifiers that the mock makes up are the same in every run, as are its moments.

=cut

package Fivetrex::Story;

use strict;
use warnings;

use JSON::PP;
use MIME::Base64 qw(encode_base64);
use PostgreSQL::Test::Utils;

use Fivetrex::Session;

my $json = JSON::PP->new->utf8->canonical->allow_nonref->allow_bignum;

sub new
{
	my ($class, $node, $mock, $world) = @_;
	my $self = bless { node => $node, mock => $mock, name => $world, worlds => [], database => 'postgres' }, $class;
	# one request after the other, so that what the mock makes up is the same each time
	$self->_add_world($world, connectors => 100, max_concurrency => 1);
	return $self;
}

# Each paragraph as { line, title, text, told }, told as soon as it is asked for.
sub tell
{
	my ($self, $path) = @_;
	local $ENV{PGTZ} = 'UTC';
	my ($line, @told) = (1);
	foreach my $text (split /(?<=\n)(?=\n)/, slurp_file($path))
	{
		my ($blanks) = $text =~ /^(\n*)/;
		$line += length $blanks;
		$text =~ s/^\n+//;
		push @told, { line => $line, title => $text =~ /^-- (.*)/, text => $text, told => $self->_paragraph($text) };
		$line += $text =~ tr/\n//;
	}
	$_->quit for values %{ delete $self->{sessions} // {} };
	return @told;
}

# ---------- orders

sub _add_world
{
	my ($self, $world, %options) = @_;
	my %settings = map { exists $options{$_} ? ($_ => delete $options{$_}) : () } qw(connectors cursor_style page_cap);
	$self->{node}->add_world($self->{mock}, $world, %options);
	$self->{mock}->settings($world, %settings) if %settings;
	$self->{serial}{$world} = ($options{max_concurrency} // 0) == 1;
	push @{ $self->{worlds} }, $world;
	return;
}

# Whether requests of a world leave one after the other, once a paragraph has changed that.
sub _ask_serial
{
	my ($self) = @_;
	foreach my $world (@{ $self->{worlds} })
	{
		my (undef, $n) = $self->{node}->psql($self->{database},
			"SELECT count(*) FROM pg_foreign_server, pg_options_to_table(srvoptions)
			WHERE srvname = '$world' AND option_name = 'max_concurrency' AND option_value = '1'");
		$self->{serial}{$world} = $n eq '1';
	}
	return;
}

my %orders = (
	world => sub {
		my ($self, undef, $rest) = @_;
		my ($name, $options) = split / /, $rest, 2;
		$self->_add_world($name, %{ $json->decode($options // '{}') });
	},
	settings => sub { my ($self, $world, $rest) = @_; $self->{mock}->settings($world, %{ $json->decode($rest) }) },
	fault => sub {
		my ($self, $world, $rest) = @_;
		my $rule = $json->decode($rest);
		$self->{mock}->fault($world, $rule);
		$self->_count_fault($world, $rule->{times});
	},
	answer => sub {
		my ($self, $world, $rest) = @_;
		my ($path, $body) = split / /, "$rest ", 2;
		$body =~ s/ $//;
		$body =~ s/%([0-9A-F]{2})/chr hex $1/ge;
		$self->{mock}->fault($world, { path => $path, body_base64 => encode_base64($body, '') });
		$self->_count_fault($world);
	},
	patch => sub {
		my ($self, $world, $rest) = @_;
		my ($collection, $id, $set) = split / /, $rest, 3;
		$self->{mock}->patch($world, $collection, $id, set => $json->decode($set));
	},
	unset => sub {
		my ($self, $world, $rest) = @_;
		my ($collection, $id, @paths) = split / /, $rest;
		$self->{mock}->patch($world, $collection, $id, unset => \@paths);
	},
	syncs => sub { my ($self, $world, $rest) = @_; $self->{mock}->plan_syncs($world, $json->decode($rest)) },
	database => sub { $_[0]{database} = $_[2] },
	each => sub {
		my ($self, undef, $rest) = @_;
		($self->{how}{each}, my $values) = split /: /, $rest, 2;
		push @{ $self->{how}{values} }, split / \| /, $values;
	},
	# how it is told
	map { my $how = $_; ($how => sub { $_[0]{how}{$how} = $_[2] }) } qw(in no reads codes hide same));

# How many requests of a world can meet each fault of this paragraph.
sub _count_fault
{
	my ($self, $world, $times) = @_;
	push @{ $self->{faults}{$world} }, defined $times && $times == 0 ? 9**9**9 : $times // 1;
	return;
}

sub _obey
{
	my ($self, $text) = @_;
	$self->{how} = {};
	$self->{faults} = {};
	foreach my $order ($text =~ /^--! (.*)$/mg)
	{
		my ($world, $what, $rest) = $order =~ /^(?:\[(\w+)\] )?(\w+) ?(.*)$/;
		my $do = $orders{ $what // '' } or die "no such order: $order";
		$do->($self, $world // $self->{name}, $rest);
	}
	return;
}

# ---------- what is told

sub _paragraph
{
	my ($self, $text) = @_;
	$self->_obey($text);
	my $variable = $self->{how}{each};
	my @told = $text;
	my @values = $variable ? @{ $self->{how}{values} } : '';
	foreach my $n (0 .. $#values)
	{
		my $value = $values[$n];
		$self->_obey($text) if $n > 0;
		my $set = $variable ? "\\set $variable '" . ($value =~ s/'/''/gr) . "'\n" : '';
		push @told, ": $value\n" if $variable;
		push @told, map { "$_\n" } defined $self->{how}{same} ? $self->_compare($set, $text) : $self->_run($set, $text);
		$self->_ask_serial if $text =~ /\bmax_concurrency\b/;
		$self->{mock}->clear_faults($_) for @{ $self->{worlds} };
	}
	return join '', @told;
}

sub _run
{
	my ($self, $set, $text) = @_;
	$self->{mock}->clear($_) for @{ $self->{worlds} };
	my $urls = join '', map { "\\set ${_}_url '" . $self->{mock}->url($_) . "'\n" } @{ $self->{worlds} };
	my (undef, $out, $err) = $self->{node}->psql($self->{database},
		"\\set VERBOSITY verbose\n\\pset null NULL\n$urls$set$text");
	my @rows = map { $_ eq '' ? '(empty)' : $_ } split /\n/, $out;
	@rows = sort @rows unless $self->{how}{in} || $text =~ /\bORDER BY\b|^\\(?!\.)|\bEXPLAIN\b/m;
	# an error that the paragraph itself catches is one, too
	local $self->{error} = $err =~ /^psql\S* ERROR:|^ERROR:/m || $text =~ /\bEXCEPTION\s+WHEN\b/ ? $err : undef;
	$self->_doubt_error($self->_complaints($err)) if defined $self->{error};
	my @requests = defined $self->{how}{no} ? () : $self->_each_world(\&_requests);
	@requests = sort @requests unless $self->{how}{in};
	return @rows, $self->_complaints($err), (map { "> $_" } @requests),
	  map { "? $_" } $self->_each_world(\&_violations), @{ delete $self->{uncertain} // [] };
}

sub _complaints
{
	my ($self, $err) = @_;
	my @lines = _in_order(grep { !/^LOCATION:/ } map { s/^psql:<stdin>:\d+: //r } split /\n/, $err);
	# as PostgreSQL calls it since 18
	s{^(CONTEXT:  )?SQL (?=expression ")}{($1 // '') . 'PL/pgSQL '}e for @lines;
	@lines = map { /^(\w+:  \w{5}): / ? $1 : () } @lines if defined $self->{how}{codes};
	my $port = $self->{mock}->port;
	return map { "! $_" } $self->_hidden(map { s/127\.0\.0\.1:$port/MOCK/gr } @lines);
}

sub _hidden
{
	my ($self, @lines) = @_;
	my $hidden = $self->{how}{hide} // '(?!)';
	return map { s/$hidden/.../r } @lines;
}

# The server sends an error, then what the abort warns of.  psql says first what it reads in one piece with the error,
# and after it what comes a moment later: here the error is always last.
sub _in_order
{
	my @messages;
	foreach my $line (@_)
	{
		push @messages, [] if !@messages || $line =~ /^[A-Z]+\d?:  \w{5}: /;
		push @{ $messages[-1] }, $line;
	}
	foreach my $i (1 .. $#messages)
	{
		@messages[ $i - 1, $i ] = @messages[ $i, $i - 1 ]
		  if $messages[ $i - 1 ][0] =~ /^ERROR:/ && $messages[$i][0] =~ /^WARNING:.* stays? although /;
	}
	return map { @$_ } @messages;
}

sub _each_world
{
	my ($self, $tell) = @_;
	return map {
		my $world = $_;
		map { $world eq $self->{name} ? $_ : "[$world] $_" } $tell->($self, $world)
	} @{ $self->{worlds} };
}

sub _requests
{
	my ($self, $world) = @_;
	return $self->_hidden(map {
		"$_->{method} $_->{path}" . (defined $_->{body} ? ' ' . $json->encode($_->{body}) : '')
		  . ($_->{headers}{authorization} eq 'valid' ? '' : " ($_->{headers}{authorization} credentials)")
	} $self->_certain($world, $self->{mock}->log($world)));
}

# Of a paragraph with an error, the requests that must have left; see above.
sub _certain
{
	my ($self, $world, @log) = @_;
	push @{ $self->{uncertain} }, 'requests that leave at once have no order'
	  if defined $self->{how}{in} && @log > 1 && !$self->{serial}{$world};
	return @log if !defined $self->{error} || defined $self->{how}{reads};
	my ($last) = grep { index($self->{error}, "$log[$_]{method} $log[$_]{path}: ") >= 0 } reverse 0 .. $#log;
	my @certain = grep { $_->{method} ne 'GET' || defined $last || $_->{path} !~ /[?&]cursor=/ }
	  map { $log[$_] } grep { $log[$_]{method} ne 'GET' || $_ <= ($last // $#log) } 0 .. $#log;
	my $reads = grep { $_->{method} eq 'GET' } @certain;
	return @certain if $reads <= 1 || (defined $last && $self->{serial}{$world});
	push @{ $self->{uncertain} }, "of $reads reads, some may leave or not before the error: say no requests, or reads end";
	return grep { $_->{method} ne 'GET' } @certain;
}

# Could the error be that of another request?
sub _doubt_error
{
	my ($self, @told) = @_;
	my @at_once = grep { !$self->{serial}{$_} } @{ $self->{worlds} };
	my $several = keys %{ $self->{faults} } > 1;
	my $named = grep {
		my $request = "$_->{method} $_->{path}";
		grep { /\Q$request\E[:.]/ } @told
	} map { $self->{mock}->log($_) } @at_once;
	foreach my $times (map { $self->{faults}{$_} // () } @at_once)
	{
		$several = 1 if @$times > 1 || ($times->[0] > 1 && $named);
	}
	push @{ $self->{uncertain} }, 'of several requests that can fail, which one the error is about is chance' if $several;
	push @{ $self->{uncertain} }, 'of several requests at once, which one no call is left for is chance'
	  if $self->{error} =~ /more API calls than fivetrex\.max_calls allows/ && grep { $self->{mock}->log($_) } @at_once;
	return;
}

sub _violations
{
	my ($self, $world) = @_;
	my @violations = $self->{mock}->violations($world);
	$self->{mock}->clear_violations($world);
	return sort @violations;
}

# The same SQL over tables of the API and over local ones.
sub _compare
{
	my ($self, $set, $text) = @_;
	my ($only) = $self->{how}{same} =~ /^in (\w+)$/;
	return map {
		my $world = $_;
		my ($here, $there) = map { join "\n", $self->_in_session($_, "$set$text") } $world, "local_$world";
		my $lines = () = $here =~ /^(?!! )/mg;
		my @complaints = $here =~ /^(! .*)/mg;
		$here eq $there
		  ? ("= $world: " . ($here eq '' ? 0 : $lines), @complaints)
		  : ("= $world differs", map { "  $_" } split /\n/, "$here\nlocal_$world:\n$there");
	} $only // @{ $self->{worlds} };
}

# In a session of the schema's own, which begins anew each time: that is cheaper than another one.
sub _in_session
{
	my ($self, $schema, $sql) = @_;
	my $session = $self->{sessions}{$schema} //= Fivetrex::Session->new($self->{node});
	my $out = $session->ask("SET client_min_messages = error; ROLLBACK; DISCARD ALL;
		SET client_min_messages = warning; SET search_path = $schema, public;\n$sql");
	my @rows = split /\n/, $out, -1;
	@rows = sort @rows unless $self->{how}{in};
	return @rows, $self->_complaints($session->complaint);
}

1;
