# What a server says on an idle connection is no answer to the next request.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use HTTP::Tiny;
use IPC::Open2 qw(open2);
use JSON::PP ();
use Test::More;
use Fivetrex::Certificates;
use Fivetrex::Node;
use Fivetrex::Session;

plan skip_all => 'libcurl before 7.80 does not ask before it sends'
  if defined $ENV{CURL_CONFIG} && `$ENV{CURL_CONFIG} --version` =~ /libcurl 7\.7/;

my $files = Fivetrex::Certificates::make(PostgreSQL::Test::Utils::tempdir());
my $node = Fivetrex::Node->start('surplus');
my $http = HTTP::Tiny->new(proxy => undef, http_proxy => undef);
my $pid = open2(my $out, my $in, $ENV{PYTHON} || 'python3', "$FindBin::RealBin/../mock/surplus.py",
	'--tls-cert', $files->{cert}, '--tls-key', $files->{key}, '--exit-on-stdin-eof');
my $port = <$out> + 0;

foreach my $scheme (qw(http https))
{
	# no repetition may help
	my $tls = $scheme eq 'https' ? ", sslrootcert '$files->{ca}'" : '';
	$node->query(qq{CREATE SERVER $scheme FOREIGN DATA WRAPPER fivetrex
			OPTIONS (base_url '$scheme://127.0.0.1:$port', max_retries '0', max_concurrency '4', request_timeout '180'$tls);
		CREATE USER MAPPING FOR PUBLIC SERVER $scheme OPTIONS (api_key 'key', api_secret 'secret');
		CREATE SCHEMA $scheme; IMPORT FOREIGN SCHEMA fivetran FROM SERVER $scheme INTO $scheme});
}

sub control
{
	my $answer = $http->get("http://127.0.0.1:$port/control/" . join '/', @_);
	die $answer->{content} unless $answer->{success};
	return JSON::PP->new->allow_nonref->decode($answer->{content});
}

# Requests since the last look, and the connections that they came on.
sub seen
{
	my @seen = @{ control('seen') };
	return ([ map { $_->[1] =~ s/\?.*//r } @seen ], map { $_->[0] } @seen);
}

my $turn = 0;
my %first = (sql => 'SELECT name FROM %s.groups', rows => 'groups name', sent => ['GET /v1/groups']);
my @statements = (
	{ sql => 'SELECT id, email FROM %s.users', rows => 'users id|users email', sent => ['GET /v1/users'] },
	{ sql => q{INSERT INTO %s.groups (name) VALUES ('new') RETURNING id}, rows => 'groups id',
		sent => ['POST /v1/groups'] },
	{ sql => q{SELECT fivetrex_request('POST', '/v1/users/denied', NULL, '{}', '%s')}, rows => '',
		error => qr/not yours/, sent => ['POST /v1/users/denied'] });

# The statement gives what it should by its own requests alone, and no other;
# the connections they came on.
sub runs
{
	my ($session, $scheme, $name, $statement) = @_;
	is($session->ask(sprintf $statement->{sql}, $scheme), $statement->{rows}, "$name: its own rows");
	like($session->complaint, $statement->{error} // qr/^$/, "$name: its own words");
	my ($sent, @connections) = seen();
	is_deeply($sent, $statement->{sent}, "$name: its requests");
	return @connections;
}

foreach my $scheme (qw(http https))
{
	my $session = Fivetrex::Session->new($node);

	# libcurl 8 may take another connection for reasons of its own, but not mostly
	my ($reused, $could) = (0, 0);

	subtest "$scheme: nothing is said" => sub {
		my ($connection) = runs($session, $scheme, 'first', \%first);
		foreach my $statement (@statements)
		{
			my ($next) = runs($session, $scheme, $statement->{sql}, $statement);
			$could++;
			$reused++ if $next == $connection;
			$connection = $next;
		}
	};
	# 30000: the end of the answer is read apart from its beginning
	foreach my $padding (0, 30000)
	{
		control('padding', $padding);
		foreach my $what (qw(again half 408 crlf garbage end))
		{
			subtest "$scheme: $what on an idle connection, $padding" => sub {
				foreach my $statement (@statements)
				{
					my ($connection) = runs($session, $scheme, 'before', \%first);
					is(control('say', $what), 1, "$what is said on one connection");
					my ($next) = runs($session, $scheme, $statement->{sql}, $statement);
					isnt($next, $connection, 'on another connection');
					my ($after) = runs($session, $scheme, 'after', \%first);
					isnt($after, $connection, 'nor is it used later');
					$could++;
					$reused++ if $after == $next;
				}
			};
		}
		foreach my $what (qw(again half 408 crlf garbage))
		{
			subtest "$scheme: $what with the answer, $padding" => sub {
				foreach my $statement (@statements)
				{
					control('with', $what);
					my ($connection) = runs($session, $scheme, 'before', \%first);
					isnt(runs($session, $scheme, $statement->{sql}, $statement), $connection, 'on another connection');
				}
			};
		}
	}
	# In whatever way an answer says where it ends; the last three have no rows.
	foreach my $padding (0, 30000)
	{
		control('padding', $padding);
		foreach my $form (qw(length chunked gzip chunked-gzip empty 204 304))
		{
			subtest "$scheme: behind an answer of the form $form, $padding" => sub {
				foreach my $what (qw(other again half 408 garbage))
				{
					control('form', $form);
					control('with', $what);
					is($session->ask(sprintf $first{sql}, $scheme), $form =~ /^(empty|\d+)$/ ? '' : $first{rows},
						"before $what");
					is_deeply((seen())[0], $first{sent}, 'one request');
					# each in turn: five surpluses, three statements
					runs($session, $scheme, "after $what", $statements[ $turn++ % @statements ]);
				}
			};
		}
	}
	control('padding', 0);
	cmp_ok($reused, '>', $could / 2, "$scheme: good connections are used again") or diag("$reused of $could");

	# newer libcurl refuses some of these itself, and what it is refused for is said by it
	foreach my $how (qw(after before list))
	{
		subtest "$scheme: two lengths, $how" => sub {
			foreach my $statement (\%first, @statements)
			{
				control('announce', $how);
				my $complaint = $session->complaint(sprintf $statement->{sql}, $scheme);
				my $state = $statement->{sent}[0] =~ /^GET/ ? '08P01' : '08007';
				like($complaint, qr/ERROR:  $state: .*(?:two different lengths|Content-Length)/, 'are refused');
				my ($sent, $connection) = seen();
				is_deeply($sent, $statement->{sent}, 'the request');
				control('announce', 'once');
				isnt(runs($session, $scheme, 'next', $statements[0]), $connection, 'and so is the connection');
			}
		};
	}

	subtest "$scheme: many connections" => sub {
		my $sql = "SELECT count(*), count(DISTINCT group_id) FROM $scheme.group_users";
		control('groups', 8);
		control('together', 4);
		is($session->ask("BEGIN; $sql"), '8|8', 'a fan-out');
		my (undef, @before) = seen();
		is(control('say', 'again'), 4, 'leaves four that are idle');
		is($session->ask($sql), '8|8', 'the same once more');
		my ($sent, @after) = seen();
		is_deeply([ sort @$sent ], [ 'GET /v1/groups', sort 'GET /v1/groups/groups%20id/users',
			map { "GET /v1/groups/groups%20id%20$_/users" } 1 .. 7 ], 'sends each request once');
		my %old = map { $_ => 1 } @before;
		is_deeply([ grep { $old{$_} } @after ], [], 'on none of them');
		control('groups', 1);
		control('together', 1);
		$session->ask('COMMIT');
	};
	$session->quit;
}

$node->stop;
close $in;
waitpid $pid, 0;
$? = 0;
done_testing();
