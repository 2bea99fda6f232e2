# What happens to connectors is told once: a random walk of their states, with outages of the API, against a model.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Watch;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Watch->start('events', $mock);
my @ids = qw(assimilate_seem daily_beacon cron_lighthouse sdk_forge lonely_outpost);
my %object = (succeeded_at => '2026-11-01T00:00:00Z', failed_at => undef,
	paused => JSON::PP::false(), schedule_type => 'manual',
	'status.setup_state' => 'connected', 'status.sync_state' => 'scheduled', 'status.update_state' => 'on_schedule',
		'status.tasks' => [],
	'status.rescheduled_for' => undef);
my $task = { code => 'reconnect', message => 'Reconnect the source' };
my %words = (
	ok => {}, failing => { failed_at => '2026-11-02T00:00:00Z' }, delayed => { 'status.update_state' => 'delayed' },
	broken => { 'status.setup_state' => 'broken', 'status.tasks' => [$task] }, paused => { paused => JSON::PP::true() },
	incomplete => { 'status.setup_state' => 'incomplete' }, gone => {});

# A world in which all is well, with these minutes of hold; the names are real, the times are hours.
sub world
{
	my ($world, $hold) = @_;
	$node->account($world, connectors => 15, max_retries => 0);
	$node->query("UPDATE fivetrex_watch.accounts SET hold = '$hold', history_calls = 0 WHERE account = '$world'");
	$mock->patch($world, 'connections', $_, set => \%object) for @ids;
	return;
}

# Refresh while some connectors are not to be seen, or nothing is; returns what was notified.
sub look
{
	my ($world, $outage, @hidden) = @_;
	if ($outage)
	{
		$mock->fault($world, { status => 503, times => 0 });
	}
	elsif (@hidden)
	{
		my $list = $node->query("SELECT jsonb_agg(attrs) FROM $world.connectors
			WHERE id <> ALL ('{" . join(',', @hidden) . "}')");
		$mock->fault($world, { method => 'GET', path => '^/v1/connections\?',
				body_text => qq({"code":"Success","data":{"items":$list}}), times => 0 },
			{ path => '^/v1/connections/(' . join('|', @hidden) . ')$', status => 404,
				body => { code => 'NotFound_Connection', message => 'no' }, times => 0 });
	}
	$node->{world} = $world;
	my ($status, $out, $err) = $node->psql('postgres', "LISTEN fivetrex_watch; CALL fivetrex_watch.refresh('$world');
		SELECT 'done'");
	is($status, 0, 'refreshed') or diag $err;
	$mock->clear_faults($world);
	return $out =~ /with payload "(\{.*?\})" received/g;
}

# The model.  State of each connector: word that is true (real), that was last seen (word) and since when,
# that was announced, whether its task was told and since when it is missing.
sub model_look
{
	my ($m, $now) = @_;
	my @events;
	foreach my $id (sort { $m->{$a}{name} cmp $m->{$b}{name} } @ids)
	{
		my $c = $m->{$id};
		($c->{word}, $c->{since}) = ($c->{real}, $now) if $c->{word} ne $c->{real};
		next if $c->{word} eq $c->{announced};
		my $kind = $c->{word} eq 'gone' ? 'gone' : $c->{announced} eq 'gone' ? 'returned' : 'health';
		next if $kind eq 'health' && $c->{word} ne 'broken' && $now - $c->{since} < $m->{hold};
		push @events, "$id|$kind|$c->{announced}|$c->{word}";
		$c->{announced} = $c->{word};
	}
	foreach my $id (sort { $m->{$a}{name} cmp $m->{$b}{name} } @ids)
	{
		my $c = $m->{$id};
		next if $c->{word} eq 'gone';
		if ($c->{word} eq 'broken')
		{
			push @events, "$id|task||reconnect" unless $c->{told};
			$c->{told} = 1;
			undef $c->{missing};
		}
		elsif ($c->{told})
		{
			$c->{missing} //= $now;
			next if $now - $c->{missing} < $m->{hold};
			push @events, "$id|task|reconnect|";
			$c->{told} = 0;
			undef $c->{missing};
		}
	}
	return @events;
}

sub walk
{
	my ($seed, $hold, $steps) = @_;
	my $world = "w$seed";
	world($world, "$hold hours");
	srand $seed;
	look($world);
	$node->news($world);
	my %name = map { split /\|/ } $node->table('id, name', 'connectors');
	my %m = (hold => $hold, map { $_ => {
		name => $name{$_}, real => 'ok', word => 'ok', since => 0, announced => 'ok' } } @ids);
	my ($now, $failed, $is_out, $count) = (0, undef, 0, 0);
	foreach my $step (1 .. $steps)
	{
		my $hours = (1, 1, 3, 6, 15)[ rand 5 ];
		$now += $hours;
		foreach my $id (@ids)
		{
			next if rand() < 0.6;
			my $word = $m{$id}{real} = rand() < 0.5 ? 'ok' : (sort keys %words)[ rand keys %words ];
			$mock->patch($world, 'connections', $id, set => { %object, %{ $words{$word} } });
		}
		my $outage = rand() < 0.15;
		$node->pass("$hours hours");
		my @notes = look($world, $outage, grep { $m{$_}{real} eq 'gone' } @ids);
		my @expected;
		if ($outage)
		{
			push @expected, '|account|ok|E' unless $is_out;
			($is_out, $failed) = (1, $now);
		}
		elsif ($is_out && $now - $failed >= $hold)
		{
			push @expected, '|account|E|ok';
			$is_out = 0;
		}
		push @expected, model_look(\%m, $now) unless $outage;
		my @told = map { s/Fivetran failed to answer[^|]*/E/r } $node->news($world);
		is_deeply(\@told, \@expected, "walk $seed, step $step, hour $now: told as the model says") or last;
		is(scalar @notes, scalar @told, 'each by a notification');
		$count += @told;
	}
	is($node->query("SELECT count(*), count(DISTINCT id) FROM fivetrex_watch.events
		WHERE account = '$world'"), "$count|$count", 'and no more');
	cmp_ok($count, '>', $steps / 4, "which is not nothing: $count events");
	return;
}

subtest 'a walk with ten hours of hold' => sub { walk(1, 10, 30) };
subtest 'a walk without hold' => sub { walk(2, 0, 15) };

subtest 'an outage is one event, and its end one' => sub {
	world('flaps', '10 hours');
	is_deeply([ look('flaps') ], [], 'the first look is no news');
	is_deeply([ $node->news ], [], 'nor is the first call of take');
	is($node->query(q{SELECT count(*) FROM fivetrex_watch.events WHERE account = 'flaps'}), 0, 'nothing was told');
	foreach (1 .. 6)
	{
		$mock->patch('flaps', 'connections', 'daily_beacon', set => { failed_at => $_ % 2 ? '2026-11-02T00:00:00Z' : undef });
		$node->pass('3 hours');
		look('flaps');
	}
	is_deeply([ $node->news ], [], 'flaps within the hold say nothing');
	# nothing can be seen for five days, in which its syncs go on: every two hours its data must be newer
	my $sync = sub {
		$mock->patch('flaps', 'connections', 'daily_beacon', set => {
			succeeded_at => $node->query(q{SELECT to_json(now())#>>'{}'}),
			schedule_type => 'auto', sync_frequency => 60 });
	};
	$sync->();
	look('flaps');
	is($node->query(q{SELECT health, allowance FROM fivetrex_watch.connectors WHERE account = 'flaps'
		AND id = 'daily_beacon'}), 'ok|02:00:00', 'all is well');
	foreach my $day (1 .. 5)
	{
		$node->pass('1 day');
		# not even without hold
		$node->query(q{UPDATE fivetrex_watch.accounts SET hold = '0' WHERE account = 'flaps'}) if $day == 4;
		$node->query(q{UPDATE fivetrex_watch.connectors SET data_as_of = data_as_of - interval '1 day'
			WHERE account = 'flaps'});
		look('flaps', 1);
	}
	is(join("\n", map { s/Fivetran failed to answer.*/E/r } $node->news), '|account|ok|E',
		'told once; while nothing is seen nothing is said to be late');
	is($node->query(q{SELECT health FROM fivetrex_watch.health WHERE account = 'flaps'
		AND connector_id = 'daily_beacon'}), 'late', 'though the board must think so');
	$node->query(q{UPDATE fivetrex_watch.accounts SET hold = '10 hours' WHERE account = 'flaps'});
	$sync->();
	look('flaps');
	is_deeply([ $node->news ], [], 'the end of the outage has to last');
	$node->pass('11 hours');
	look('flaps');
	like(join("\n", $node->news), qr/^\|account\|Fivetran failed.*\|ok$/, 'then it is told');
};

subtest 'new connectors' => sub {
	world('grows', '0');
	$mock->settings('grows', connectors => 14);
	look('grows');
	$node->news('grows');
	$mock->settings('grows', connectors => 16);
	look('grows');
	my %before = map { /^(\S+?)\|/ ? ($1 => 1) : () } $node->table('id, 1', 'connectors');
	my @news = $node->news('grows');
	is(scalar(grep { /\|appeared\|\|/ } @news), 2, 'are told');
	look('grows');
	is_deeply([ grep { /appeared/ } $node->news('grows') ], [], 'once');
};

$node->stop;
$mock->stop;
done_testing();
