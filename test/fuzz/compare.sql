-- Each mutated answer, read by fivetrex and by PostgreSQL's own parser: NULL if
-- the two agree, else what differs.  :url is that of the server.
CREATE SERVER f FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url :'url', max_retries '0', prefetch 'false');
CREATE USER MAPPING FOR PUBLIC SERVER f OPTIONS (api_key 'key', api_secret 'secret');
CREATE SCHEMA f;
IMPORT FOREIGN SCHEMA fivetran LIMIT TO (connectors, connector_schemas, connector_tables, webhooks) FROM
  SERVER f INTO f;
CREATE TABLE bodies (n int PRIMARY KEY, kind text, body bytea);

-- The body as json and as jsonb; NULL where it is not.
CREATE FUNCTION as_json(body bytea) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
	RETURN convert_from(body, 'UTF8')::json;
EXCEPTION WHEN data_exception OR statement_too_complex THEN RETURN NULL;
END $$;
CREATE FUNCTION as_jsonb(body bytea) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	RETURN convert_from(body, 'UTF8')::jsonb;
EXCEPTION WHEN data_exception OR statement_too_complex THEN RETURN NULL;
END $$;

-- Is the answer one that must be understood, and what must come of it?
CREATE FUNCTION expected(kind text, n int, j jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	data jsonb := j -> 'data';
BEGIN
	IF j IS NULL OR jsonb_typeof(j) <> 'object' OR j ->> 'code' IS DISTINCT FROM 'Success'
		OR jsonb_typeof(j -> 'code') <> 'string'
		  OR coalesce(jsonb_typeof(j -> 'message'), 'null') NOT IN ('string', 'null') THEN
		RETURN NULL;
	ELSIF kind = 'request' THEN
		RETURN CASE WHEN jsonb_typeof(data) IN ('object', 'array') THEN j END;
	ELSIF jsonb_typeof(data) IS DISTINCT FROM 'object' THEN
		RETURN NULL;
	ELSIF kind = 'list' THEN
		IF jsonb_typeof(data -> 'items') IS DISTINCT FROM 'array' OR data ? 'next_cursor'
			OR EXISTS (SELECT FROM jsonb_array_elements(data -> 'items') e WHERE jsonb_typeof(e) <> 'object'
				OR coalesce(jsonb_typeof(e -> 'id'), '') <> 'string' OR e ->> 'id' = '') THEN
			RETURN NULL;
		END IF;
		RETURN (SELECT coalesce(jsonb_agg(e ORDER BY o), '[]')
		  FROM jsonb_array_elements(data -> 'items') WITH ORDINALITY x(e, o)
			WHERE e ->> 'group_id' = n::text);
	ELSIF kind IN ('schemas', 'tables') THEN
		IF jsonb_typeof(data -> 'schemas') IS DISTINCT FROM 'object'
			OR EXISTS (SELECT FROM jsonb_each(data -> 'schemas') s WHERE jsonb_typeof(s.value) <> 'object'
				OR coalesce(jsonb_typeof(s.value -> 'tables'), '') <> 'object')
			OR EXISTS (SELECT FROM jsonb_each(data -> 'schemas') s, jsonb_each(s.value -> 'tables') t
				WHERE jsonb_typeof(t.value) <> 'object') THEN
			RETURN NULL;
		ELSIF kind = 'schemas' THEN
			RETURN data -> 'schemas';
		END IF;
		-- what else it may be has more than one text
		IF EXISTS (SELECT FROM jsonb_each(data -> 'schemas') s
			WHERE coalesce(jsonb_typeof(s.value -> 'name_in_destination'), 'null') NOT IN ('string', 'null')) THEN
			RETURN NULL;
		END IF;
		RETURN (SELECT coalesce(jsonb_object_agg(s.key || '.' || t.key,
		  jsonb_build_array(t.value, s.value ->> 'name_in_destination')), '{}')
			FROM jsonb_each(data -> 'schemas') s, jsonb_each(s.value -> 'tables') t);
	ELSIF kind = 'array' THEN
		IF data -> 'id' IS DISTINCT FROM to_jsonb(n::text) OR jsonb_typeof(data -> 'events') IS DISTINCT FROM 'array'
			OR EXISTS (SELECT FROM jsonb_array_elements(data -> 'events') e WHERE jsonb_typeof(e) NOT IN ('string', 'null')) THEN
			RETURN NULL;
		END IF;
		RETURN data -> 'events';
	END IF;
END $$;

-- What fivetrex makes of it.
CREATE FUNCTION got(kind text, n int) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	CASE kind
	WHEN 'request', 'error' THEN
		RETURN fivetrex_request('GET', '/v1/fuzz/' || n, server => 'f');
	WHEN 'list' THEN
		RETURN (SELECT coalesce(jsonb_agg(attrs), '[]') FROM f.connectors WHERE group_id = n::text);
	WHEN 'schemas' THEN
		RETURN (SELECT coalesce(jsonb_object_agg(schema_name, attrs), '{}') FROM f.connector_schemas
		  WHERE connector_id = n::text);
	WHEN 'tables' THEN
		RETURN (SELECT coalesce(jsonb_object_agg(schema_name || '.' || table_name,
		  jsonb_build_array(attrs, schema_in_destination)), '{}')
			FROM f.connector_tables WHERE connector_id = n::text);
	WHEN 'array' THEN
		RETURN (SELECT to_jsonb(events) FROM f.webhooks WHERE id = n::text);
	END CASE;
END $$;

CREATE FUNCTION difference(kind text, n int, body bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	j jsonb := as_jsonb(body);
	should jsonb := expected(kind, n, j);
	is_now jsonb;
	state text;
	words text;
BEGIN
	BEGIN
		is_now := got(kind, n);
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, words = MESSAGE_TEXT;
	END;
	IF kind = 'error' THEN
		IF state IS NULL OR state NOT IN ('22023', 'HV000', '08P01') THEN
			RETURN format('an error gives %s %s', state, words);
		END IF;
		words := fivetrex_last_error() ->> 'code';
		IF j ->> 'code' ~ '^[A-Za-z_]+$' AND jsonb_typeof(j -> 'code') = 'string'
		  AND coalesce(jsonb_typeof(j -> 'message'), 'null') IN ('string', 'null')
			AND words IS DISTINCT FROM j ->> 'code' THEN
			RETURN format('code %s, not %s', words, j ->> 'code');
		ELSIF as_json(body) IS NULL AND words IS NOT NULL THEN
			RETURN format('code %s of what is no JSON', words);
		END IF;
		RETURN NULL;
	ELSIF state IS NOT NULL AND state NOT IN ('08P01', '22P02', '22P05', '22003', '22021', '42804') THEN
		RETURN format('%s %s', state, words);
	ELSIF state IS NOT NULL AND should IS NOT NULL THEN
		RETURN format('refused: %s %s', state, words);
	ELSIF state IS NULL AND as_json(body) IS NULL THEN
		RETURN 'accepted';
	ELSIF state IS NULL AND should IS NOT NULL AND should IS DISTINCT FROM is_now THEN
		RETURN format('%s, not %s', left(is_now::text, 300), left(should::text, 300));
	END IF;
	RETURN NULL;
END $$;
