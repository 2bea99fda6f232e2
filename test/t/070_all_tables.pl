# Every table has exactly the rows that the API has: each is compared, by its
# key and by its values, with what a naive client gets.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../lib";
use HTTP::Tiny;
use JSON::PP ();
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('alltables');
$node->add_world($mock, 'w', page_size => 7);
$mock->settings('w', connectors => 60);
$node->safe_psql('postgres', 'ALTER DATABASE postgres SET search_path = w, public; ALTER DATABASE postgres
	SET client_min_messages = warning');

# Independent of the catalogue: table => [ path, where items are, parent ].
# {x} is a value of the parent's rows; the parent's columns come first.
my $V2 = 'application/json;version=2';
my %tables = (
	account => [ '/v1/account/info', 'object' ],
	connectors => [ '/v1/connections', 'list', undef, $V2 ],
	connector_certificates => [ '/v1/connections/{id}/certificates', 'list', 'connectors' ],
	connector_columns => [ '/v1/connections/{connector_id}/schemas/{schema_name}/tables/{table_name}/columns', 'columns',
		'connector_tables' ],
	connector_fingerprints => [ '/v1/connections/{id}/fingerprints', 'list', 'connectors' ],
	connector_schemas => [ '/v1/connections/{id}/schemas', 'schemas', 'connectors' ],
	connector_sdk_packages => [ '/v1/connector-sdk/packages', 'list' ],
	connector_states => [ '/v1/connections/{id}/state', 'object', 'connectors', $V2 ],
	connector_tables => [ '/v1/connections/{id}/schemas', 'tables', 'connectors' ],
	connector_type_configs => [ '/v1/metadata/connector-types/{id}', 'object', 'connector_types' ],
	connector_types => [ '/v1/metadata/connector-types', 'list' ],
	connector_warnings => [ '/v1/connections/{id}/warnings', 'list', 'connectors', $V2 ],
	destinations => [ '/v1/destinations', 'list', undef, $V2 ],
	destination_certificates => [ '/v1/destinations/{id}/certificates', 'list', 'destinations' ],
	destination_fingerprints => [ '/v1/destinations/{id}/fingerprints', 'list', 'destinations' ],
	group_users => [ '/v1/groups/{id}/users', 'list', 'groups' ],
	groups => [ '/v1/groups', 'list' ],
	hybrid_agents => [ '/v1/hybrid-deployment-agents', 'list' ],
	log_services => [ '/v1/external-logging', 'list' ],
	private_links => [ '/v1/private-links', 'list' ],
	proxy_agent_connectors => [ '/v1/proxy/{id}/connections', 'list', 'proxy_agents' ],
	proxy_agents => [ '/v1/proxy', 'list' ],
	roles => [ '/v1/roles', 'list' ],
	secrets_manager_entities => [ '/v1/external-secrets-managers-entities', 'list' ],
	secrets_managers => [ '/v1/external-secrets-managers', 'list' ],
	system_keys => [ '/v1/system-keys', 'list' ],
	team_connectors => [ '/v1/teams/{id}/connections', 'list', 'teams' ],
	team_groups => [ '/v1/teams/{id}/groups', 'list', 'teams' ],
	team_users => [ '/v1/teams/{id}/users', 'list', 'teams' ],
	teams => [ '/v1/teams', 'list' ],
	transformation_packages => [ '/v1/transformations/package-metadata', 'list' ],
	transformation_projects => [ '/v1/transformation-projects', 'list' ],
	transformations => [ '/v1/transformations', 'list' ],
	user_api_keys => [ '/v1/users/api-keys', 'list' ],
	user_connectors => [ '/v1/users/{id}/connections', 'list', 'users' ],
	user_groups => [ '/v1/users/{id}/groups', 'list', 'users' ],
	users => [ '/v1/users', 'list' ],
	webhooks => [ '/v1/webhooks', 'list' ],
);

my $http = HTTP::Tiny->new(timeout => 180, proxy => undef, http_proxy => undef);
my $json = JSON::PP->new->utf8->canonical->allow_nonref;

sub escaped
{
	my ($text) = @_;
	utf8::encode($text);
	$text =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
	return $text;
}

# The data of an answer; nothing if the parent has none.
sub get
{
	my ($path, $accept) = @_;
	my $answer = $http->get($mock->url('w') . $path,
		{ headers => { Accept => $accept || 'application/json', Authorization => 'Basic a2V5OnNlY3JldA==' } });
	return if $answer->{status} =~ /^(400|404|405)$/;
	$answer->{success} or die "GET $path: $answer->{status} $answer->{content}";
	return $json->decode($answer->{content})->{data};
}

my %rows;    # table => [ [ parent columns, object ], ... ]

sub rows_of
{
	my ($table) = @_;
	return $rows{$table} if $rows{$table};
	my ($template, $kind, $parent, $accept) = @{ $tables{$table} };
	my @result;
	foreach my $above ($parent ? @{ rows_of($parent) } : [ {} ])
	{
		my %of = (%{ $above->[-1] }, %{ $above->[0] });
		my @columns = $template =~ /\{(\w+)\}/g;
		(my $path = $template) =~ s/\{(\w+)\}/escaped($of{$1})/ge;
		my %key = map { ($_ eq 'id' && $parent ? parent_column($table) : $_) => $of{$_} } @columns;
		my $cursor;
		do
		{
			my $data = get($path . (defined $cursor ? '?cursor=' . escaped($cursor) : ''), $accept);
			$cursor = undef;
			if (!defined $data) { }
			elsif ($kind eq 'object') { push @result, [ {%key}, $data ] }
			elsif ($kind eq 'list')
			{
				push @result, map { [ {%key}, $_ ] } @{ $data->{items} };
				$cursor = $data->{next_cursor};
			}
			elsif ($kind eq 'columns')
			{
				push @result, map { [ { %key, column_name => $_ }, $data->{columns}{$_} ] } keys %{ $data->{columns} };
			}
			else
			{
				foreach my $s (keys %{ $data->{schemas} })
				{
					if ($kind eq 'schemas') { push @result, [ { %key, schema_name => $s }, $data->{schemas}{$s} ]; next }
					push @result, map { [ { %key, schema_name => $s, table_name => $_ }, $data->{schemas}{$s}{tables}{$_} ] }
					  keys %{ $data->{schemas}{$s}{tables} };
				}
			}
		} while (defined $cursor);
	}
	return $rows{$table} = \@result;
}

sub parent_column
{
	my ($table) = @_;
	return 'service' if $table eq 'connector_type_configs';
	return 'proxy_agent_id' if $table =~ /^proxy/;
	return ($table =~ /^([a-z]+)_/)[0] . '_id';
}

my @catalogue = split /\n/, $node->safe_psql('postgres', 'SELECT name FROM fivetrex_tables() ORDER BY 1');
is_deeply([ sort(keys %tables, 'connector_sync_history') ], \@catalogue, 'all tables are here');

foreach my $table (sort keys %tables)
{
	my @expected = map { $json->encode([ @$_ ]) } @{ rows_of($table) };
	my %key = map { $_ => 1 } map { keys %{ $_->[0] } } @{ rows_of($table) };
	my $columns = join ', ', map { "'$_', $_" } sort keys %key;
	my $out = $node->safe_psql('postgres', "SELECT json_build_array(json_build_object($columns), attrs) FROM $table");
	my @got = map { $json->encode($json->decode($_)) } split /\n/, $out;
	is_deeply([ sort @got ], [ sort @expected ], "$table: " . @expected . ' rows');
	isnt(scalar @expected, 0, "$table: there is something to compare");

	# columns that are called as the members are what these are
	my @plain = split /\n/, $node->safe_psql('postgres', qq{
		SELECT format(CASE type WHEN 'timestamp with time zone' THEN '(attrs ->> %1\$L)::timestamptz IS DISTINCT FROM %1\$I'
		         WHEN 'jsonb' THEN 'nullif(attrs -> %1\$L, ''null'') IS DISTINCT FROM %1\$I'
		         WHEN 'text[]' THEN 'attrs -> %1\$L IS DISTINCT FROM to_jsonb(%1\$I)'
		         ELSE 'attrs ->> %1\$L IS DISTINCT FROM to_jsonb(%1\$I) #>> ''{}''' END, column_name)
		FROM fivetrex_columns() c
		WHERE table_name = '$table' AND column_name <> 'attrs' AND NOT write_only AND NOT detail_only
		AND EXISTS (SELECT FROM $table t WHERE t.attrs ? c.column_name)
		AND NOT EXISTS (SELECT FROM $table t WHERE NOT t.attrs ? c.column_name)});
	is($node->safe_psql('postgres', "SELECT count(*) FROM $table WHERE " . join(' OR ', @plain)), 0,
		"$table: " . @plain . ' columns have the values of the object') if @plain;
}

# sync history: what the last seven days have
{
	my $start = $node->safe_psql('postgres',
		q{SELECT to_char((now() - interval '7 days' + interval '2 minutes') AT TIME ZONE 'UTC',
		'YYYY-MM-DD"T"HH24:MI:SS"Z"')});
	my $end = $node->safe_psql('postgres',
		q{SELECT to_char((now() + interval '1 second') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')});
	my @ids = map { $_->{sync_id} } @{ get("/v1/connections/assimilate_seem/sync-history?limit=1000&start_time="
		. escaped($start) . '&end_time=' . escaped($end), $V2)->{items} };
	cmp_ok(scalar @ids, '>', 30, 'there is a history');
	is_deeply([ sort split /\n/, $node->safe_psql('postgres', q{SELECT sync_id FROM connector_sync_history
		WHERE connector_id = 'assimilate_seem'}) ], [ sort @ids ], 'connector_sync_history has it');
}

$mock->clear_violations('w');
$node->stop;
$mock->stop;
done_testing();
