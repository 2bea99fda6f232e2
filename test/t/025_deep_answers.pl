# Answers that are nested deeply: what is allowed is read, what is not is an error and no overflow of the stack.
# Other odd answers are told by test/stories/answers.sql.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('deep');
$node->add_world($mock, 'w', max_retries => 0);

my $begin = '{"code":"Success","message":"x","data":{"items":[{"id":"a","x":';
my $end = '}]}}';

$mock->fault('w', { path => '^/v1/groups', body_text => $begin . '[' x 100 . ']' x 100 . $end });
is($node->query('SELECT id FROM w.groups'), 'a', 'as deep as is allowed');

foreach (
	[ 'deep', '[' x 100_000 . ']' x 100_000 . $end, '08P01' ],
	[ 'deep and unclosed', '[' x 1_000_000, '08P01|54001' ])
{
	my ($name, $rest, $code) = @$_;
	$mock->fault('w', { path => '^/v1/groups', body_text => "$begin$rest" });
	my $error = $node->fails('SELECT id FROM w.groups');
	like($error, qr/ERROR:  (?:$code)/, $name);
	like($error, qr{GET /v1/groups}, "$name: names the request");
}
is($node->query('SELECT count(*) FROM w.groups'), 14, 'and then all is well again');

$node->stop;
$mock->stop;
done_testing();
