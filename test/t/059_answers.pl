# What RETURNING sees when an answer leaves something out: every column of every table that can be written; and a
# value that does not fit while other writes are under way.  Single statements are in stories/returned.sql.

use strict;
use warnings;
use FindBin;
use JSON::PP ();
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('answers');
$node->add_world($mock, 'w');
$node->query(q{ALTER DATABASE postgres SET fivetrex.server = 'w'; ALTER DATABASE postgres SET search_path = w, public;
	ALTER DATABASE postgres SET fivetrex.max_deletes = 1000; ALTER DATABASE postgres SET fivetrex.max_writes = -1;
	CREATE SEQUENCE public.n});

sub writes { return $node->writes($mock, 'w', @_) }

# ---------- every column of every table that can be written, left out

my $pg = q{jsonb_build_object('schema_prefix', 's' || nextval('n'), 'host', 'h', 'password', 'p')};
my $user = $node->query(q{SELECT id FROM users ORDER BY id LIMIT 1});
my $connector = 'assimilate_seem';

# table => columns of the INSERT, values, SET and WHERE of the UPDATE, and what
# goes away again before the next INSERT
my %tables = (
	groups => { into => [ name => q{'s' || nextval('n')} ], set => q{name = 'u' || nextval('n')},
		where => q{id = 'decent_dropsy'} },
	connectors => { into => [ group_id => q{'empty_shelf'}, service => q{'postgres'}, config => $pg, paused => 'true',
		run_setup_tests => 'false' ],
		set => 'paused = false', where => "id = '$connector'" },
	destinations => { into => [ group_id => q{'empty_shelf'}, service => q{'snowflake'}, time_zone_offset => q{'0'},
		config => q{'{"host": "h"}'}, run_setup_tests => 'false' ],
		before => q{DELETE FROM connectors WHERE group_id = 'empty_shelf'}, clean => q{id = 'empty_shelf'},
		set => q{time_zone_offset = '+1'}, where => q{id = 'decent_dropsy'} },
	webhooks => { into => [ url => q{'https://example.com'}, events => q{'{sync_end}'}, secret => q{'x'} ],
		set => q{events = '{sync_start}'}, where => q{id = 'hook_acorn'} },
	users => { into => [ email => q{'u' || nextval('n') || '@example.com'}, given_name => q{'a'}, family_name => q{'b'},
		role => q{'Account Reviewer'} ],
		set => q{phone = '+15550000000'}, where => "id = '$user'" },
	teams => { into => [ name => q{'t' || nextval('n')}, description => q{'d'}, role => q{'Account Reviewer'} ],
		set => q{description = 'e' || nextval('n')}, where => q{id = (SELECT id FROM teams LIMIT 1)} },
	system_keys => { into => [ name => q{'k' || nextval('n')}, permissions => q{'[]'} ],
		set => q{name = 'l' || nextval('n')}, where => q{id = (SELECT id FROM system_keys LIMIT 1)} },
	user_api_keys => { into => [ user_id => q{(SELECT id FROM users
		WHERE NOT has_api_key ORDER BY id OFFSET 1 LIMIT 1)}, expiration_period_days => '30' ], once => 1 },
	group_users => { into => [ group_id => q{'empty_shelf'}, email => qq{(SELECT email FROM users WHERE id = '$user')},
		role => q{'View Destination'} ],
		clean => q{group_id = 'empty_shelf'} },
	user_groups => { into => [ user_id => "'$user'", group_id => q{'empty_shelf'}, role => q{'View Destination'} ],
		clean => "user_id = '$user' AND group_id = 'empty_shelf'",
		set => q{role = 'Edit Destination'}, where => q{(user_id, group_id) IN (SELECT user_id, group_id
			FROM user_groups LIMIT 1)} },
	user_connectors => { into => [ user_id => "'$user'", connector_id => q{'paused_canyon'},
		role => q{'View Connection'} ],
		clean => "user_id = '$user' AND connector_id = 'paused_canyon'" },
	team_users => { into => [ team_id => q{(SELECT min(id) FROM teams)}, user_id => q{'user_cotton'},
		role => q{'Team Member'} ],
		clean => "user_id = 'user_cotton' AND team_id = (SELECT min(id) FROM teams)" },
	team_groups => { into => [ team_id => q{(SELECT min(id) FROM teams)}, group_id => q{'empty_shelf'},
		role => q{'View Destination'} ],
		clean => q{group_id = 'empty_shelf' AND team_id = (SELECT min(id) FROM teams)} },
	team_connectors => { into => [ team_id => q{(SELECT min(id) FROM teams)}, connector_id => q{'paused_canyon'},
		role => q{'View Connection'} ],
		clean => "connector_id = 'paused_canyon' AND team_id = (SELECT min(id) FROM teams)" },
	connector_certificates => { into => [ connector_id => "'$connector'", hash => q{'Y292ZXJhZ2U='},
		encoded_cert => q{'Q0VSVA=='} ],
		clean => "connector_id = '$connector' AND hash = 'Y292ZXJhZ2U='" },
	connector_fingerprints => { into => [ connector_id => "'$connector'", hash => q{'Y292ZXJhZ2U='},
		public_key => q{'ssh-rsa AAAA'} ],
		clean => "connector_id = '$connector' AND hash = 'Y292ZXJhZ2U='" },
	destination_certificates => { into => [ destination_id => q{'decent_dropsy'}, hash => q{'Y292ZXJhZ2U='},
		encoded_cert => q{'Q0VSVA=='} ],
		clean => q{destination_id = 'decent_dropsy' AND hash = 'Y292ZXJhZ2U='} },
	destination_fingerprints => { into => [ destination_id => q{'decent_dropsy'}, hash => q{'Y292ZXJhZ2U='},
		public_key => q{'ssh-rsa AAAA'} ],
		clean => q{destination_id = 'decent_dropsy' AND hash = 'Y292ZXJhZ2U='} },
	log_services => { into => [ service => q{'datadog_log'}, group_id => q{'empty_shelf'}, enabled => 'true',
		config => q{'{"api_key": "k", "region": "EU"}'}, run_setup_tests => 'false' ],
		clean => q{id = 'empty_shelf'}, set => 'enabled = false', where => q{id = (SELECT id
			FROM log_services LIMIT 1)} },
	secrets_managers => { into => [ type => q{'AWS_SECRET_MANAGER'}, name => q{'m' || nextval('n')},
		config => q{'{"role_arn": "arn:aws:iam::1:role/r"}'} ],
		set => q{config = '{"role_arn": "arn:aws:iam::1:role/r2"}'}, where => q{id = (SELECT id FROM secrets_managers
			WHERE type = 'AWS_SECRET_MANAGER' LIMIT 1)} },
	private_links => { into => [ name => q{'p_' || nextval('n')}, region => q{'AWS_US_EAST_1'},
		service => q{'SOURCE_AWS'},
		config => q{'{"connection_service_name": "com.amazonaws.vpce.us-east-1.vpce-svc-1"}'} ],
		set => q{config = '{"connection_service_name": "com.amazonaws.vpce.us-east-1.vpce-svc-2"}'},
			where => q{id = (SELECT id FROM private_links WHERE service = 'SOURCE_AWS' LIMIT 1)} },
	proxy_agents => { into => [ display_name => q{'a' || nextval('n')}, region => q{'GCP_US_EAST4'} ] },
	hybrid_agents => { into => [ display_name => q{'h' || nextval('n')}, group_id => q{'empty_shelf'},
		deployment_type => q{'DOCKER'}, accept_terms => 'true' ] },
	transformation_projects => { into => [ type => q{'DBT_CORE'}, group_id => q{'decent_dropsy'}, run_tests => 'false',
			project_config => q{jsonb_build_object('dbt_version', '1.8.0', 'default_schema', 's' || nextval('n'),
				'git_remote_url', 'git@example.com:x/y.git')} ],
		set => q{project_config = '{"git_branch": "main"}', run_tests = false}, where => q{id = (SELECT id
			FROM transformation_projects LIMIT 1)} },
	transformations => { into => [ type => q{'DBT_CORE'}, paused => 'true', schedule => q{'{"schedule_type": "INTERVAL",
		"interval": 60}'},
			transformation_config => q{jsonb_build_object('project_id', (SELECT id
				FROM transformation_projects LIMIT 1), 'name', 'n' || nextval('n'), 'steps', '[{"name": "s",
				"command": "dbt run"}]'::jsonb)} ],
		set => 'paused = false', where => q{id = (SELECT id FROM transformations LIMIT 1)} },
	connector_states => { set => q{state = '{"cursor": 1}'}, where => q{connector_id = 'function_kernel'} },
	connector_schemas => { set => 'enabled = true', where => "connector_id = '$connector'" },
	connector_tables => { set => 'enabled = true', where => "connector_id = '$connector' AND patch_allowed" },
	connector_columns => { set => 'hashed = false', where => "connector_id = '$connector' AND schema_name = 'public'
		AND table_name = 'orders' AND patch_allowed" },
);

my %columns;
foreach ($node->rows(q{SELECT table_name, column_name, is_key, write_only FROM fivetrex_columns()
	WHERE column_name <> 'attrs'}))
{
	my ($table, $column, $key, $write_only) = split /\|/;
	push @{ $columns{$table}{keys} }, $column if $key eq 't';
	push @{ $columns{$table}{read} }, $column if $key eq 'f' && $write_only eq 'f';
}
my @writable = $node->rows(q{SELECT DISTINCT table_name FROM fivetrex_columns()
	WHERE on_create OR on_update ORDER BY 1});
is_deeply([ sort keys %tables ], \@writable, 'every table that can be written is tried');

# One rule for each statement to come: its answer lacks the column.
sub leave_out
{
	my ($method, $columns) = @_;
	$mock->fault('w', map { { method => $method, leave_out => [ $_, "*.$_", "schemas.*.$_", "schemas.*.tables.*.$_",
		"schemas.*.tables.*.columns.*.$_" ] } } @$columns);
	return;
}

my $tried = 0;
foreach my $table (sort keys %tables)
{
	my $t = $tables{$table};
	my @keys = @{ $columns{$table}{keys} };
	my @read = @{ $columns{$table}{read} };
	my $same = sub {
		my ($c) = @_;
		my $there = "(SELECT t.$c FROM $table t WHERE " . join(' AND ', map { "t.$_ = i.$_" } @keys) . ')';
		return "CASE WHEN i.$c IS NOT DISTINCT FROM $there THEN 'same' WHEN i.$c IS NULL THEN 'null' ELSE 'given' END";
	};
	if ($t->{into})
	{
		my @into = @{ $t->{into} };
		my %given = @into;
		my @names = @into[ grep { $_ % 2 == 0 } 0 .. $#into ];
		# an answer without a secret that is told once is an error
		my %secret = map { $_ => 1 } qw(auth_token client_cert client_private_key token files key_secret),
		  $table eq 'system_keys' ? 'secret' : ();
		my @told = grep { !$secret{$_} } @read;
		my @some = $t->{once} ? @told[ 0 .. 0 ] : @told;
		my $returned = join ', ', @keys, 'attrs';
		my $sql = join ";\n", map {
			my $c = $_;
			"WITH i AS (INSERT INTO $table (" . join(', ', @names) . ') SELECT ' . join(', ',
				map { "$given{$_}" . ($_ eq 'events' ? '::text[]' : $given{$_} =~ /^'[{[]/ ? '::jsonb' : '') } @names)
			  . " RETURNING $returned, $c) SELECT '$c ' || " . $same->($c) . ' || left(i.attrs::text, 0) FROM i'
			  . ($t->{before} ? ";\n$t->{before}" : '') . ($t->{clean} ? ";\nDELETE FROM $table WHERE $t->{clean}" : '')
		} @some;
		leave_out('POST', \@some);
		my (undef, $out, $err) = writes($sql);
		$mock->clear_faults('w');
		my @wrong = grep { my ($c, $how) = split / /; $how ne 'same' && !($how eq 'given' && $given{$c}) }
		  split /\n/, $out;
		is_deeply(\@wrong, [], "INSERT INTO $table: what is left out is as it is");
		is(scalar(split /\n/, $out), scalar @some, "INSERT INTO $table: every column") or diag($err);
		$tried += @some;
	}
	if ($t->{set})
	{
		# direct, and row by row
		foreach my $from ('', " FROM (VALUES (1)) v(x)")
		{
			my $where = $from ? "v.x = 1 AND $t->{where}" : $t->{where};
			my $sql = join ";\n", map {
				my $c = $_;
				"WITH i AS (UPDATE $table SET $t->{set}$from WHERE $where RETURNING " . join(', ',
				map { "$table.$_" } @keys, $c)
				  . ") SELECT DISTINCT '$c ' || " . $same->($c) . ' FROM i'
			} @read;
			leave_out('PATCH', \@read);
			my (undef, $out, $err) = writes("SET client_min_messages = warning; $sql");
			$mock->clear_faults('w');
			is_deeply([ grep { / null$/ } split /\n/, $out ], [], "UPDATE $table$from: absent is not null");
			my %seen = map { (split / /)[0] => 1 } split /\n/, $out;
			is(scalar keys %seen, scalar @read, "UPDATE $table$from: every column") or diag($err);
			$tried += @read;
		}
	}
}
diag("columns left out: $tried");

# ---------- a value that does not fit while other writes are under way

{
	my @ids = $node->rows(q{SELECT id FROM connectors WHERE group_id = 'hollow_cedar' ORDER BY id});
	my $made = { code => 'Success', data => { id => $ids[0], group_id => 'hollow_cedar', service => 'x',
		created_at => 'no time', paused => JSON::PP::true, status => {} } };
	$mock->fault('w', { method => 'PATCH', path => $ids[0], body => $made }, { method => 'PATCH',
		path => 'connections/', times => 0, delay_ms => 300 });
	my ($log, undef, $err) = writes(q{UPDATE connectors SET paused = true WHERE group_id = 'hollow_cedar'
		RETURNING created_at});
	my ($done, $unknown, $left) = $err =~
	  /Fivetran API writes: (\d+) done, (\d+) in flight \(outcome unknown\), \d+ refused, (\d+) not sent/;
	like($err, qr/column "created_at"/, 'the value is named') or diag($err);
	is($unknown, 0, 'those in flight are awaited');
	is($done, scalar @$log, 'and counted');
	is($done + $left, 12, 'the others have not left');
	$mock->clear_faults('w');
}

is_deeply([ $mock->violations('w') ], [], 'no request broke the definition');
$node->stop;
$mock->stop;
done_testing();
