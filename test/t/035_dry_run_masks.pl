# What a dry run shows has no secret: the place decides, not the look of a value.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use JSON::PP ();
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('masks');
$node->add_world($mock, 'm');
my $json = JSON::PP->new->canonical->allow_nonref;

# What is shown of bodies, as the jsonb of the body and as text.
sub shown_at
{
	my ($path, @bodies) = @_;
	my $values = join ', ', map {
		"($_, '" . (ref $bodies[$_] ? $json->encode($bodies[$_]) : $bodies[$_]) =~ s/'/''/gr . "')"
	} 0 .. $#bodies;
	return $node->rows("SET fivetrex.dry_run = on; SET fivetrex.max_writes = -1;
		SELECT fivetrex_request('POST', '$path', NULL, b::jsonb, server => 'm') - 'dry_run'
		FROM (VALUES $values) v (n, b) ORDER BY n");
}

sub shown { return (shown_at('/v1/webhooks/account', @_))[0]; }

my @secret = qw(password passwd pwd pw db_pwd api_key apiKey key secret client_secret
	token accessToken refresh_token pat
	my_pat personalPat pin card_pin PIN sid account_sid sig sas sas_url private_key passphrase
	pass_phrase bearer bearer_token
	signature authorization Cookie dsn pem jwt otp psk connection_string role_arn credentials environment_vars auth
	primary_key webhook_secret X-Api-Key keystore_password truststore sasl_plain_secret query_param_value session
	session_id shared_access shared_access_signature service_account_json clientsecret userPassword accesskey
	APIKey api_keys
	SecretAccessKey oauth_token service_account_key passwords access_token_2);
my @plain = qw(path shipping spatial inside pinned opinion host port user database compass designation public_key paused
	monkey keyboard author authority secretary tokenize key_column keyColumns primary_key_column hockey turkey
	certain authored auth_type key_status private_link_id system_key_id external_secrets_manager_id
	secret_manager_id environment_id passenger
	schema update_method description sync_mode passage);
my @values = ('S3CR3T', 123456, 1.5, JSON::PP::true, [ 'S3CR3T', 77 ], { a => 'S3CR3T', b => [ { c => 123456 } ] }, '');

foreach my $name (@secret)
{
	my @shown = shown_at('/v1/x', { $name => undef }, map {
		{ config => { list => [ { $name => $_ } ], $name => $_, other => 'stays' } }
	} @values);
	like(shift @shown, qr/"\Q$name\E": null/, "$name: null says nothing");
	unlike(join("\n", @shown), qr/S3CR3T|123456|1\.5|\b77\b|true/, "$name: nothing else is shown");
	is(scalar(grep { /"other": "stays"/ } @shown), scalar @values, 'the rest is');
}
foreach my $name (@plain)
{
	my $text = shown({ n => { $name => 5 }, $name => 'shown' });
	like($text, qr/"\Q$name\E": $_/, "$name: $_ is shown") foreach 5, '"shown"';
}
like(shown({ is_primary_key => JSON::PP::true, trust_certificates => JSON::PP::false, has_api_key => JSON::PP::true }),
	qr/"has_api_key": true.*"is_primary_key": true.*"trust_certificates": false/, 'questions are shown');

my @texts = (
	'https://user:S3CR3T@host/x', 'https://S3CR3T@host/x',
	'postgres://u:S3CR3T@h:5432/db?sslmode=require', 'postgres://u:a/S3CR3T@h/db',
	'mongodb+srv://u:p@S3CR3T@h', 'see https://u:S3CR3T@h and ftp://v:S3CR3T@i',
	'https://h/p?token=S3CR3T&x=1', 'https://h/?a=1&sig=S3CR3T',
	'Server=h;Uid=u;Pwd=S3CR3T;Database=d', 'host=h password=S3CR3T user=u', "password='S3CR3T with blanks' user=u",
	'jdbc:sqlserver://h;user=u;password=S3CR3T;x=y', 'Authorization: Bearer S3CR3T', 'Bearer S3CR3T', 'Basic S3CR3T',
	'{"private_key": "S3CR3T", "project": "p"}', '[{"token": "S3CR3T"}]', '{"a": "{\"password\": \"S3CR3T\"}"}',
	'{"private_key": S3CR3T', '"api_key": "S3CR3T"',
	"-----BEGIN RSA PRIVATE KEY-----\nS3CR3T\n-----END RSA PRIVATE KEY-----",
	'AccountName=n;AccountKey=S3CR3T==;EndpointSuffix=s', 'u:S3CR3T@h', 'db at u:a:S3CR3T@h:5432',
	'https://hooks.slack.com/services/T0/B0/S3CR3T', 'https://discord.com/api/webhooks/1/S3CR3T',
	'token ghp_S3CR3T', 'Authorization: Bearer S3CR3T, and more', '{"a": "{\\"session\\": \\"S3CR3T\\"}"}');
my @shown = shown_at('/v1/x', map { { description => $_ } } @texts);
unlike($shown[$_], qr/S3CR3T/, "in a text: $texts[$_]") foreach 0 .. $#texts;
my @harmless = ('https://api.example.com:8080/path?x=1&y=2', 'a plain sentence: with a colon, and = too',
	'time 12:30', 'user@example.com',
	'https://h/@scope/package', 'a:b;c=d', '{not json', 'mailto:me@example.com', 'Bearer',
	'Bearer of news: token ring', 'Basic plan', 'the basic plan, a token gesture', 'Token holders',
	'author: Jane Doe', 'monkey=5', 'keyboard: qwerty', 'tokenize: true');
@shown = shown_at('/v1/x', map { { description => $_ } } @harmless);
like($shown[$_], qr/\Q@{[ $json->encode($harmless[$_]) ]}\E/, "not masked: $harmless[$_]") foreach 0 .. $#harmless;

unlike(shown({ headers => [ { name => 'X', value => 'S3CR3T' }, { key => 'A', value => 5, v => 1 } ] }), qr/S3CR3T|5/,
	'pairs of name and value');
unlike(shown('["S3CR3T://u:S3CR3T@h"]' =~ s/^\["S3CR3T/["x/r), qr/S3CR3T/, 'an array');
like(shown('"a"'), qr/"body": "a"/, 'a scalar is itself');
like(shown('[1, {"password": 5}, null]'), qr/"body": \[1, \{"password": "\*{6}"\}, null\]/, 'an array');
like($node->query(q{SET fivetrex.dry_run = on;
	SELECT fivetrex_request('POST', '/v1/things', '{"api_key": "S3CR3T", "limit": 5}', '{}', server => 'm')}),
	qr{"path": "/v1/things\?(?!.*S3CR3T).*limit=5}, 'nor in the path');

# the other way of showing
my (undef, undef, $err) = $node->psql('postgres', q{SET fivetrex.dry_run = on;
	UPDATE m.connectors SET config = '{"password": 123456, "pin": [1234], "host": "h", "uri": "x://a:S3CR3T@b"}'
	WHERE id = 'assimilate_seem'});
like($err, qr/NOTICE:.*"host": "h"/, 'DML shows the request');
unlike($err, qr/123456|1234|S3CR3T/, 'without secrets');
is(scalar(grep { !/^GET/ } $mock->requests('m')), 0, 'nothing was sent');

$node->stop;
$mock->stop;
done_testing();
