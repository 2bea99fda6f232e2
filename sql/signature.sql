--
-- Webhook signatures; no network.
--
CREATE EXTENSION IF NOT EXISTS fivetrex;
-- known answers
SELECT fivetrex_webhook_signature('{"event":"sync_end","connector_id":"abc123"}'::text, 'my_webhook_secret');
SELECT fivetrex_webhook_signature('{"event":"sync_end"}'::text, 'my_secret');
SELECT fivetrex_webhook_signature(''::text, 'secret');
SELECT fivetrex_webhook_signature(''::bytea, 'secret');
SELECT fivetrex_webhook_signature('{"event":"sync_end","created":"2026-05-22T00:06:08.638Z","connector_type":"google_cloud_postgresql","connector_id":"assimilate_seem","connector_name":"ftar_pg","sync_id":"b4703f73-6315-4e22-8d7a-3bfb18b2fed2","destination_group_id":"inappropriate_implode","data":{"status":"SUCCESSFUL"}}'::text, 'test-secret-32-bytes-of-randomness');
-- the same as an independent implementation of HMAC (RFC 2104) says
CREATE FUNCTION hmac_sha256(body bytea, key bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  inner_key bytea := '';
  outer_key bytea := '';
BEGIN
  IF length(key) > 64 THEN key := sha256(key); END IF;
  key := key || decode(repeat('00', 64 - length(key)), 'hex');
  FOR i IN 0 .. 63 LOOP
    inner_key := inner_key || set_byte('\x00', 0, get_byte(key, i) # 54);
    outer_key := outer_key || set_byte('\x00', 0, get_byte(key, i) # 92);
  END LOOP;
  RETURN upper(encode(sha256(outer_key || sha256(inner_key || body)), 'hex'));
END $$;
SELECT count(*) AS wrong FROM generate_series(0, 200) n,
  LATERAL (SELECT decode(repeat(md5(n::text), n % 7), 'hex') AS body, repeat('x', 1 + n % 100) AS secret) v
WHERE fivetrex_webhook_signature(body, secret) IS DISTINCT FROM hmac_sha256(body, secret::bytea)
   OR fivetrex_verify_signature(body, lower(hmac_sha256(body, secret::bytea)), secret) IS NOT TRUE;
-- text and bytea
SELECT fivetrex_webhook_signature('{"name":"Grüße ✓"}'::text,
  'schlüssel') = fivetrex_webhook_signature(convert_to('{"name":"Grüße ✓"}', 'UTF8'), 'schlüssel') AS same;
SELECT fivetrex_webhook_signature('\x00ff00'::bytea, 'k');
-- either case of hex, nothing else
WITH v(body, secret) AS (VALUES ('{"event":"sync_end"}'::text, 'my_secret')),
     s AS (SELECT *, fivetrex_webhook_signature(body, secret) AS signature FROM v)
SELECT what, fivetrex_verify_signature(body, given, secret)
FROM s, LATERAL (VALUES
  (1, 'upper case', signature), (2, 'lower case', lower(signature)),
  (3, 'mixed case', lower(left(signature, 30)) || substr(signature, 31)),
  (4, 'one digit off', translate(left(signature, 1), '0123456789ABCDEF', '123456789ABCDEF0') || substr(signature, 2)),
  (5, 'too short', left(signature, 63)), (6, 'too long', signature || '0'),
  (7, 'prefixed', 'sha256=' || signature), (8, 'a space', signature || ' '),
  (9, 'no hex', 'g' || substr(signature, 2)), (10, 'empty', ''), (11, 'null', NULL)) AS g(n, what, given)
ORDER BY n;
SELECT fivetrex_verify_signature('{}'::text, fivetrex_webhook_signature('{}'::text, 'a'), 'b') AS other_secret,
       fivetrex_verify_signature('{ }'::text, fivetrex_webhook_signature('{}'::text, 'a'), 'a') AS other_body,
       fivetrex_verify_signature(NULL::text, repeat('0', 64), 'a') AS no_body,
       fivetrex_verify_signature('{}'::text, repeat('0', 64), NULL) AS no_secret,
       fivetrex_verify_signature('{}'::text, fivetrex_webhook_signature('{}'::text, ''), '') AS empty_secret,
       fivetrex_verify_signature(NULL::bytea, NULL, NULL) AS nothing;
-- anybody may verify
CREATE ROLE regress_fivetrex_other;
SET ROLE regress_fivetrex_other;
SELECT fivetrex_verify_signature('{}'::text, 'x', 'y');
RESET ROLE;
DROP ROLE regress_fivetrex_other;
DROP FUNCTION hmac_sha256(bytea, bytea);
DROP EXTENSION fivetrex;
