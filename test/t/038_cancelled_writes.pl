# A write that is cancelled says how far it got, at whatever moment and on
# whatever road: 57014, and each request counted as what is known of it.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Interrupted;
use Fivetrex::Session;

my ($mock, $node) = Fivetrex::Interrupted::begin('cancelled_writes');
my $doomed = q{SELECT count(*) FROM (SELECT 1 FROM c.groups WHERE name = 'doomed') x};
my %roads = %{ Fivetrex::Interrupted::roads() };
my %moments = (
	%{ Fivetrex::Interrupted::moments() },
	# unpacked at one go: the cancel comes while libcurl works
	'in a large body' => [ { gzip_bomb => 250 }, 'in flight' ]);
# whenever it is tried again
$_->[0]{times} = 0 for values %moments;

sub line { return Fivetrex::Interrupted::line(@_); }

# What a statement says that is cancelled at a moment.  When the server has seen
# the request the client may not have seen the answer, or not have begun with
# it: then it is tried again, with more time.
sub cancelled
{
	my ($road, $moment, $how, $skip, $sql) = @_;
	my ($n, undef, $method) = @{ $roads{$road} };
	my ($fault, $what) = @{ $moments{$moment} };
	my $said;
	foreach my $seconds ($moments{$moment}[0]{gzip_bomb} ? (0.2) x 5 : (0.2, 1, 3, 10, 30))
	{
		my $session = Fivetrex::Session->new($node);
		$session->ask(q{INSERT INTO c.groups (name) SELECT 'doomed' FROM generate_series(1, 3 - } . $session->ask($doomed)
			. ') g') if $road eq 'DELETE';
		$mock->clear('c');
		$mock->fault('c', { %$fault, method => $method, skip => $skip });
		$session->ask(sprintf 'SET statement_timeout = %d', 1000 * $seconds) if $how eq 'statement_timeout';
		$session->tell($sql);
		if ($how ne 'statement_timeout')
		{
			# at once where the moment lasts
			$mock->wait_for('c', $skip + 1, "$method ", $fault->{stall} ? 'stalled' : undef) unless $skip && $fault->{stall};
			$mock->wait_for('c', 1, "$method ", 'stalled') if $skip && $fault->{stall};
			select undef, undef, undef, $seconds / 4 unless $fault->{stall};
			$node->query("SELECT $how($session->{pid})");
		}
		$session->answer;
		$said = $session->complaint;
		$mock->clear_faults('c');
		$mock->release('c');
		my $sent = grep { /^$method / } $mock->requests('c');
		$session->quit;
		return $said if $said =~ /57014|WARNING/ && $sent > $skip && ($what ne 'refused' || $said !~ / 1 in flight /);
	}
	# a machine may unpack faster than it cancels
	return if $fault->{gzip_bomb} && $said !~ /57014|WARNING/;
	return $said;
}

foreach my $road (sort keys %roads)
{
	my ($n, $sql) = @{ $roads{$road} };
	foreach my $moment (sort keys %moments)
	{
		my $what = $moments{$moment}[1];
		foreach my $how ('pg_cancel_backend', 'statement_timeout')
		{
			# what a time limit does differently does not depend on the moment
			next if $how eq 'statement_timeout' && $moment !~ /in the body|429/;
			my $said = cancelled($road, $moment, $how, 0, $sql) // next;
			my $name = "$road, $how $moment";
			like($said, qr/^(psql:\S+ )?ERROR:  57014: canceling statement due to/m, "$name: error");
			is_deeply([ $said =~ /(Fivetran API writes: .*)/g ], [ line(0, $what, $n - 1) ], "$name: counts");
			unlike($said, qr/WARNING/, "$name: told once");
		}
		next if $n == 1 && $road !~ /rows|RETURNING/;
		my $said = cancelled($road, $moment, 'pg_cancel_backend', 1, $sql) // next;
		is_deeply([ $said =~ /(Fivetran API writes: .*)/g ], [ line(1, $what, $n == 3 ? 1 : 0) ],
			"$road, the second, $moment: counts");
	}
}

# Caught: then a WARNING tells what stays, and nothing of what was refused.
foreach my $moment (sort keys %moments)
{
	my $what = $moments{$moment}[1];
	my $said = cancelled('UPDATE', $moment, 'pg_cancel_backend', 1,
		"DO \$\$ BEGIN BEGIN $roads{UPDATE}[1]; EXCEPTION WHEN query_canceled THEN NULL; END; END \$\$") // next;
	unlike($said, qr/ERROR/, "caught, $moment");
	is_deeply([ $said =~ /WARNING:  01000: (\d+ changes? made .* stays?) /g ],
		['1 change made through the Fivetran API stays'], 'is told');
	is_deeply([ $said =~ /(\d+ of these whose outcome is unknown)/g ],
		[ $what eq 'refused' ? () : '1 of these whose outcome is unknown' ], 'so is what is not known');
}

# Held by the account's limit, of which another request learned: nothing left.
foreach my $road (sort keys %roads)
{
	my (undef, $sql, $method) = @{ $roads{$road} };
	next if $road eq 'DELETE';
	my $session = Fivetrex::Session->new($node);
	# until it has come to the answer within its time
	foreach my $ms (200, 1000, 5000, 20000)
	{
		$mock->clear_faults('c');
		$mock->fault('c', { method => 'GET', status => 429, headers => { 'Retry-After' => '600' },
			body => { code => 'TooManyRequests', message => 'x' } });
		$session->complaint("SET statement_timeout = $ms; SELECT count(*) FROM c.users");
		last if $session->ask(q{RESET statement_timeout; SELECT rate_limited FROM fivetrex_limits('c')}) > 0;
	}
	$mock->clear('c');
	$session->ask('SET statement_timeout = 300');
	my $said = $session->complaint($sql);
	like($said, qr/ERROR:  57014/, "$road, held: error");
	unlike($said, qr/API writes|WARNING/, 'nothing to tell');
	is_deeply([ $mock->requests('c') ], [], 'nothing left');
	$mock->clear_faults('c');
	$session->quit;
}

$node->stop;
$mock->stop;
done_testing();
