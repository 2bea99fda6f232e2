--
-- Options of servers, user mappings, tables and columns.
--
CREATE EXTENSION IF NOT EXISTS fivetrex;
SELECT context, name, allowed, default_value FROM fivetrex_options();

-- all of them, once
CREATE SERVER s FOREIGN DATA WRAPPER fivetrex OPTIONS (
  base_url 'https://api.example.com/prefix/v1/', page_size '10', max_concurrency '64', prefetch 'off',
  connect_timeout '1', request_timeout '2', long_timeout '3', max_retries '0', retry_delay '0',
  max_retry_wait '0', sslrootcert '/a', sslcert '/b', sslkey '/c', proxy 'http://proxy:3128', access 'read_only');
CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (api_key 'k', api_secret 's:with:colons');
CREATE FOREIGN TABLE t (a text OPTIONS (column_name 'id')) SERVER s
  OPTIONS (resource 'connections', page_size '1000', prefetch 'true', access 'read_write');
DROP FOREIGN TABLE t;

-- names
ALTER SERVER s OPTIONS (ADD page_sise '10');
ALTER SERVER s OPTIONS (ADD nothing_like_it '10');
ALTER SERVER s OPTIONS (ADD resource 'groups');
ALTER USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (ADD api_kee 'very secret');
ALTER USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (ADD base_url 'https://x');
CREATE FOREIGN TABLE t (id text) SERVER s OPTIONS (base_url 'https://x');
CREATE FOREIGN TABLE t (id text) SERVER s OPTIONS (sslkey '/c');
CREATE FOREIGN TABLE t (id text OPTIONS (colum_name 'x')) SERVER s;
CREATE FOREIGN DATA WRAPPER other VALIDATOR fivetrex_fdw_validator OPTIONS (base_url 'x');

-- secrets only where they belong, and never shown
ALTER SERVER s OPTIONS (ADD api_secret 'very secret');
CREATE FOREIGN TABLE t (id text) SERVER s OPTIONS (api_key 'very secret');
ALTER USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (SET api_key 'very:secret');
ALTER USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (SET api_secret E'very\nsecret');
ALTER USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (SET api_secret '');
ALTER USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (ADD api_key_file '/nowhere');
CREATE SERVER s2 FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url 'https://user:very-secret@example.com');

-- values
ALTER SERVER s OPTIONS (SET page_size '0');
ALTER SERVER s OPTIONS (SET page_size '1001');
ALTER SERVER s OPTIONS (SET page_size 'ten');
ALTER SERVER s OPTIONS (SET page_size '');
ALTER SERVER s OPTIONS (SET max_concurrency '65');
ALTER SERVER s OPTIONS (SET prefetch 'maybe');
ALTER SERVER s OPTIONS (ADD async_capable 'perhaps');
ALTER SERVER s OPTIONS (SET connect_timeout '-1');
ALTER SERVER s OPTIONS (SET request_timeout '0');
ALTER SERVER s OPTIONS (SET max_retries '21');
ALTER SERVER s OPTIONS (SET retry_delay '99999999999');
ALTER SERVER s OPTIONS (SET access 'read');
ALTER SERVER s OPTIONS (SET proxy '');
CREATE FOREIGN TABLE t (id text) SERVER s OPTIONS (resource 'conectors');
CREATE FOREIGN TABLE t (id text) SERVER s OPTIONS (access 'write_only');

-- base_url
CREATE FUNCTION try_url(url text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE why text;
BEGIN
  EXECUTE format('ALTER SERVER s OPTIONS (SET base_url %L)', url);
  RETURN 'accepted';
EXCEPTION WHEN invalid_parameter_value THEN
  GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL;
  RETURN SQLERRM || ' - ' || why;
END $$;
SELECT url, try_url(url) FROM unnest(ARRAY[
  'https://api.fivetran.com', 'https://api.fivetran.com/', 'https://api.fivetran.com/v1',
    'HTTPS://API.FIVETRAN.COM:443/a/b/v1//',
  'http://127.0.0.1:8080', 'http://127.1.2.3/x', 'http://localhost:1', 'http://[::1]:8080/w/x',
  'http://api.fivetran.com', 'http://128.0.0.1', 'http://localhost.example.com', 'http://[::2]',
    'http://127.0.0.1.example.com',
  'http://0.0.0.0', 'ftp://localhost', 'file:///etc/passwd', 'api.fivetran.com', '', '/v1', 'https://',
    'https://?x', 'https://a/?x=1', 'https://a/#f',
  'https://a b', E'https://a\nb', 'https://a@b', 'https://a:b@c/']) AS url;

-- no password where everybody can read it, and only what libcurl takes
CREATE FUNCTION try_proxy(proxy text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE why text; hint text;
BEGIN
  EXECUTE format('ALTER SERVER s OPTIONS (SET proxy %L)', proxy);
  RETURN 'accepted';
EXCEPTION WHEN invalid_parameter_value THEN
  GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  RETURN concat_ws(' - ', SQLERRM, why, nullif(hint, ''));
END $$;
SELECT proxy, try_proxy(proxy) FROM unnest(ARRAY[
  'proxy', 'proxy:3128', 'http://proxy', 'http://proxy/', 'HTTPS://proxy:443', 'socks5h://[::1]:1080',
    'socks4a://p', '10.0.0.1:1',
  'http://user:swordfish@proxy', 'user:swordfish@proxy:1', 'swordfish@proxy', 'ftp://proxy', 'proxy:port',
    'proxy:99999', 'http://',
  'http://proxy/path', 'http://proxy?x', 'http://proxy#x', 'a b', E'a\nb']) AS proxy;
DROP FUNCTION try_proxy(text);
ALTER USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (ADD proxy_user 'me:you');
ALTER USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (ADD proxy_user 'me', ADD proxy_password E'very\tsecret');
ALTER USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (ADD proxy_user 'me', ADD proxy_password 'very:secret');

-- files need the rights of pg_read_server_files
CREATE ROLE regress_fivetrex_other;
GRANT USAGE ON FOREIGN DATA WRAPPER fivetrex TO regress_fivetrex_other;
GRANT USAGE ON FOREIGN SERVER s TO regress_fivetrex_other;
SET ROLE regress_fivetrex_other;
CREATE SERVER s3 FOREIGN DATA WRAPPER fivetrex OPTIONS (sslrootcert '/etc/passwd');
CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (api_key_file '/etc/passwd');
RESET ROLE;
GRANT pg_read_server_files TO regress_fivetrex_other;
SET ROLE regress_fivetrex_other;
CREATE SERVER s3 FOREIGN DATA WRAPPER fivetrex OPTIONS (sslrootcert '/etc/passwd');
CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (api_key_file '/nowhere', api_secret_file '/nowhere');
-- read at use: the name of the option is told, not the file's
SELECT * FROM fivetrex_ping('s');
RESET ROLE;
-- who may not set them keeps what somebody else has set, and changes the rest
REVOKE pg_read_server_files FROM regress_fivetrex_other;
SET ROLE regress_fivetrex_other;
ALTER SERVER s3 OPTIONS (ADD page_size '10');
ALTER SERVER s3 OPTIONS (SET sslrootcert '/etc/group');
ALTER SERVER s3 OPTIONS (ADD sslkey '/etc/passwd');
ALTER USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (DROP api_secret_file, ADD api_secret 'mine');
ALTER USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (SET api_key_file '/etc/passwd');
ALTER USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (DROP api_secret, ADD api_secret_file '/etc/passwd');
-- files are read only where the server's owner may read them, too
CREATE USER MAPPING FOR CURRENT_USER SERVER s3 OPTIONS (api_key 'k', api_secret 's');
RESET ROLE;
ALTER USER MAPPING FOR regress_fivetrex_other SERVER s3 OPTIONS (DROP api_key, ADD api_key_file '/etc/hostname');
SET ROLE regress_fivetrex_other;
SELECT * FROM fivetrex_ping('s3');
DROP SERVER s3 CASCADE;
RESET ROLE;
DROP USER MAPPING FOR regress_fivetrex_other SERVER s;
REVOKE ALL ON FOREIGN SERVER s FROM regress_fivetrex_other;
REVOKE ALL ON FOREIGN DATA WRAPPER fivetrex FROM regress_fivetrex_other;
DROP ROLE regress_fivetrex_other;

-- missing credentials are missed at use
ALTER USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (DROP api_secret);
\set SHOW_CONTEXT never
SELECT * FROM fivetrex_ping('s');
\set SHOW_CONTEXT errors
DROP USER MAPPING FOR CURRENT_USER SERVER s;
CREATE ROLE "Regress fivetrex";
GRANT USAGE ON FOREIGN SERVER s TO "Regress fivetrex";
SET ROLE "Regress fivetrex";
SELECT * FROM fivetrex_ping('s');
RESET ROLE;
REVOKE ALL ON FOREIGN SERVER s FROM "Regress fivetrex";
DROP ROLE "Regress fivetrex";
DROP FUNCTION try_url(text);
DROP SERVER s;
DROP EXTENSION fivetrex;
