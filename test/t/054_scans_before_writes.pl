# Our own writes do not disturb our own scans: what is still being read of a
# paged list is read to its end before a write leaves.

use strict;
use warnings;
use FindBin;
use MIME::Base64 ();
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Fivetrex::Mock;
use Fivetrex::Node;

my $mock = Fivetrex::Mock->start;
my $node = Fivetrex::Node->start('scans');
$node->query('ALTER DATABASE postgres SET fivetrex.max_writes = -1');

# A world of its own for each test, as they delete; small pages.
sub world
{
	my ($name, %options) = @_;
	$node->add_world($mock, $name, page_size => 100, %options);
	return;
}

sub order_of
{
	my ($world) = @_;
	return map { /^(GET|POST|PATCH|DELETE)/ } $mock->requests($world);
}

# ---------- a FOR loop that deletes what it reads

world('loop');
is($node->safe_psql('postgres', q{
	CREATE TABLE looped (id text);
	DO $$ DECLARE r record; BEGIN
	  SET LOCAL search_path = loop; SET LOCAL fivetrex.max_deletes = 1;
	  FOR r IN SELECT id, sync_state FROM connectors LOOP
	    INSERT INTO public.looped VALUES (r.id);
	    IF r.sync_state = 'paused' THEN DELETE FROM connectors WHERE id = r.id; END IF;
	  END LOOP;
	END $$;
	SELECT count(*), count(DISTINCT id) FROM looped}), '2500|2500', 'a loop over a cursor sees every row once');
my ($paused) = $node->safe_psql('postgres', q{SELECT 2500 - count(*) FROM loop.connectors});
cmp_ok($paused, '>', 50, 'though it deleted some');
is($node->safe_psql('postgres', q{SELECT count(*) FROM loop.connectors WHERE sync_state = 'paused'}), 0,
	'all that it meant');
{
	my @order = order_of('loop');
	my ($first_delete) = grep { $order[$_] eq 'DELETE' } 0 .. $#order;
	# the 25 pages, some asked for beyond the end, and one detail call
	my %read = map { $_ => 1 } grep { /limit=100/ } ($mock->requests('loop'))[ 0 .. $first_delete ];
	my $wanted = map { $read{ 'GET /v1/connections?limit=100'
		. ($_ ? '&cursor=' . MIME::Base64::encode_base64url("{\"skip\":${_}00}") : '') } ? 1 : () } 0 .. 24;
	is($wanted, 25, 'all pages are read before the first DELETE');
}

# ---------- DELETE ... RETURNING and UPDATE ... RETURNING

world('ret');
is($node->safe_psql('postgres', q{
	SET search_path = ret; SET fivetrex.max_deletes = 2500;
	WITH d AS (DELETE FROM connectors WHERE sync_frequency = 60 RETURNING id) SELECT count(DISTINCT id) > 100 FROM d;
	SELECT count(*) FROM connectors WHERE sync_frequency = 60}), "t\n0", 'DELETE ... RETURNING gets all');
is($node->safe_psql('postgres', q{
	SET search_path = ret;
	CREATE TEMP TABLE before AS SELECT id FROM connectors WHERE group_id = 'opaque_lantern';
	CREATE TEMP TABLE after AS SELECT ''::text AS id WHERE false;
	WITH u AS (UPDATE connectors SET sync_frequency = 60 WHERE group_id = 'opaque_lantern' RETURNING id) INSERT INTO after
		SELECT id FROM u;
	SELECT (SELECT count(*) FROM after) > 200, (SELECT count(*) FROM (TABLE before EXCEPT TABLE after) x)}), 't|0',
		'UPDATE ... RETURNING gets all');

# ---------- INSERT ... SELECT from the same table

world('ins');
is($node->safe_psql('postgres', q{
	SET search_path = ins;
	INSERT INTO groups (name) SELECT 'g_' || n FROM generate_series(1, 500) n;
	WITH i AS (INSERT INTO groups (name) SELECT name || '_2' FROM groups RETURNING name)
		SELECT count(*), count(DISTINCT name) FROM i;
	SELECT count(*) FROM groups}), "514|514\n1028",
		'INSERT ... SELECT ... RETURNING from the same table copies each row once');
is($node->safe_psql('postgres', q{
	SET search_path = ins;
	INSERT INTO groups (name) SELECT name || '_3' FROM groups;
	SELECT count(*), count(DISTINCT name) FROM groups}), '2056|2056', 'without RETURNING, too');

# ---------- functions in the target list

world('func');
is($node->safe_psql('postgres', q{
	SET search_path = func, public; SET fivetrex.server = 'func';
	SELECT count(DISTINCT x) FROM (SELECT id || (fivetrex_pause(id) ->> 'paused') AS x FROM connectors
		WHERE sync_state = 'scheduled' LIMIT 150) s}), 150, 'a function that writes, called for each row');

# ---------- an open cursor, and an error while it is read ahead

world('cur');
is($node->safe_psql('postgres', q{
	SET search_path = cur, public; SET fivetrex.max_deletes = 1000; SET client_min_messages = error;
	BEGIN;
	DECLARE c CURSOR FOR SELECT id FROM connectors;
	MOVE 1 IN c;
	DELETE FROM connectors WHERE id IN (SELECT id FROM connectors WHERE group_id = 'clever_harbor');
	CREATE TEMP TABLE n (n int);
	DO $$ DECLARE r text; n int := 1; c refcursor := 'c'; BEGIN LOOP FETCH c INTO r; EXIT WHEN NOT FOUND; n := n + 1;
		END LOOP; INSERT INTO n VALUES (n); END $$;
	SELECT n FROM n;
	COMMIT;
	SELECT count(*) FROM connectors}), "2500\n2350", 'an open cursor still gives what was there');

world('broken', max_retries => 0);
$mock->fault('broken', { path => 'connections\?limit=100&cursor', skip => 10, status => 500,
	body => { code => 'E', message => 'broken' } });
{
	my ($status, $out, $err) = $node->psql('postgres', q{
		\set VERBOSITY terse
		SET search_path = broken, public; SET client_min_messages = error;
		BEGIN;
		DECLARE c CURSOR FOR SELECT id FROM connectors;
		FETCH 1 FROM c;
		SAVEPOINT s;
		UPDATE connectors SET paused = true WHERE id = 'assimilate_seem';
		ROLLBACK TO s;
		MOVE ALL FROM c;}, on_error_stop => 0);
	like($err, qr/ERROR:  Fivetran failed to answer.*\n.*ERROR:  the rest of the list was not read/s,
		'what could not be read ahead is an error, not a short answer');
	is(scalar(grep { /^PATCH/ } $mock->requests('broken')), 0, 'and the write did not leave');
}

# ---------- a scan that has failed, though its cursor is still there, is gone on with by nobody

world('failed', max_retries => 0);
$node->query(q{CREATE FUNCTION raises(text) RETURNS text LANGUAGE plpgsql STABLE
	  AS $$BEGIN RAISE EXCEPTION 'raised'; END$$;
	CREATE DOMAIN no_region AS text CHECK (VALUE = 'nowhere');
	CREATE FOREIGN TABLE misfit (id text, region int, config jsonb) SERVER failed OPTIONS (resource 'destinations');
	CREATE FOREIGN TABLE in_domain (id text, region no_region, config jsonb) SERVER failed
	  OPTIONS (resource 'destinations');
	CREATE FOREIGN TABLE computed (id text, region text, config jsonb, n int
	  GENERATED ALWAYS AS (1 / (length(id) - length(id))) STORED) SERVER failed OPTIONS (resource 'destinations')});
my $users = '(SELECT * FROM failed.group_users)';
my %failing = (
	'a value' => 'SELECT id, region FROM misfit',
	'a value beside details' => 'SELECT region, config FROM misfit',
	'a value in a condition' => 'SELECT config FROM misfit WHERE region > 1',
	'a value that is sorted by' => 'SELECT config FROM misfit ORDER BY region',
	'a domain' => 'SELECT region FROM in_domain',
	'a domain in a condition' => "SELECT config FROM in_domain WHERE region <> 'x'",
	'a generated column' => 'SELECT n, config FROM computed',
	'a condition' => 'SELECT id FROM failed.destinations WHERE 1 / (length(id) - length(id)) = 1',
	'a condition beside details' =>
	  'SELECT config FROM failed.destinations WHERE 1 / (length(id) - length(id)) = 1',
	'a function beside details' => 'SELECT config FROM failed.destinations WHERE raises(id) IS NOT NULL',
	'a condition on parents' => "SELECT * FROM $users x WHERE raises(x.group_id) IS NOT NULL",
	'a subquery' => "SELECT config FROM failed.destinations WHERE id > (SELECT raises('x'))",
	'a sort key' => 'SELECT config FROM failed.destinations ORDER BY 1 / (length(id) - length(id))',
	'output' => 'SELECT 1 / (length(id) - length(id)) FROM failed.destinations');
foreach my $name (sort keys %failing)
{
	my ($status, $out, $err) = $node->psql('postgres', qq{
		SET client_min_messages = error; SET fivetrex.server = 'failed';
		BEGIN; DECLARE c CURSOR FOR $failing{$name}; SAVEPOINT s;
		FETCH 1 FROM c; ROLLBACK TO s;
		SELECT fivetrex_pause('assimilate_seem') ->> 'id'; COMMIT}, on_error_stop => 0);
	like($err, qr/ERROR/, "$name failed");
	is($out, 'assimilate_seem', "$name: a write afterwards") or diag($err);
}

# ---------- two servers

world('one');
world('two');
is($node->safe_psql('postgres', q{
	SET client_min_messages = error; SET fivetrex.max_deletes = 5;
	BEGIN; DECLARE c CURSOR FOR SELECT id FROM one.connectors; MOVE 1 IN c; DELETE FROM two.webhooks
		WHERE id = 'hook_acorn'; COMMIT}), '', 'a write to another server');
cmp_ok(scalar(grep { /^GET/ } $mock->requests('one')), '<', 5, 'does not make others read ahead');

# ---------- a rescan after rows were kept

world('rescan');
is($node->safe_psql('postgres', q{
	SET search_path = rescan, public; SET fivetrex.server = 'rescan'; SET enable_material = off;
		SET enable_hashjoin = off; SET enable_mergejoin = off;
	SELECT count(*), count(fivetrex_pause('assimilate_seem')) FROM (VALUES (1), (2)) v(n) JOIN LATERAL (SELECT id, n
		FROM groups OFFSET 0) g ON true}), '28|28', 'a rescan after a write reads anew');

# ---------- parts of WITH that nothing reads, or not to their end

world('unread');
$node->query('CREATE TABLE kept (k text)');
my $n = 0;
foreach my $rows (0 .. 3)
{
	foreach my $read ("SELECT count(*) FROM unread.groups g, w WHERE left(g.name, 1) = '%'", 'SELECT count(*)
		FROM unread.groups',
		'SELECT count(*) FROM (SELECT k FROM w, unread.groups LIMIT 1) x')
	{
		foreach my $target ('kept (k)', 'unread.groups (name)')
		{
			my $column = $target =~ /\((.*)\)/ ? $1 : die;
			my $name = "unread_${rows}_" . ++$n;
			my ($status, undef, $complaint) = $node->psql('postgres', "SELECT fivetrex_version();
				WITH w (k) AS (INSERT INTO $target SELECT '${name}_' || n FROM generate_series(1, $rows) n
					RETURNING $column) $read");
			is("$status $complaint", '0 ', "a part of $rows rows: $target, $read");
			is($node->query("SELECT count(*) FROM $target x WHERE $column LIKE '$name%'" =~ s/ \($column\)//r), $rows,
				'makes them all');
		}
	}
}

is_deeply([ $mock->violations($_) ], [], "$_: no request broke the definition") for qw(loop ret ins func cur unread);
$node->stop;
$mock->stop;
done_testing();
