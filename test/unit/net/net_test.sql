-- Functions of net_test.so; :module is its path.
CREATE FUNCTION net_check_bytes() RETURNS int AS :'module' LANGUAGE C;
CREATE FUNCTION net_check_url() RETURNS int AS :'module' LANGUAGE C;
CREATE FUNCTION net_check_backoff() RETURNS int AS :'module' LANGUAGE C;
CREATE FUNCTION net_check_retry_after() RETURNS int AS :'module' LANGUAGE C;
CREATE FUNCTION net_libcurl() RETURNS int AS :'module' LANGUAGE C;
CREATE FUNCTION net_roots(text, text, bool) RETURNS text AS :'module' LANGUAGE C;
CREATE FUNCTION net_requests() RETURNS int AS :'module' LANGUAGE C;
CREATE FUNCTION net_destroy() RETURNS void AS :'module' LANGUAGE C;

CREATE FUNCTION net_engine(concurrency int DEFAULT 4,
	connect_timeout int DEFAULT 5, retries int DEFAULT 3,
	retry_delay int DEFAULT 10, ca text DEFAULT NULL, proxy text DEFAULT NULL)
	RETURNS void AS :'module' LANGUAGE C CALLED ON NULL INPUT;

CREATE FUNCTION http_fetch(urls text[], method text DEFAULT 'GET',
	body text DEFAULT NULL, repeat_safe bool DEFAULT true,
	timeout int DEFAULT 10, max_body bigint DEFAULT 1000000,
	max_calls bigint DEFAULT -1, max_retry_wait bigint DEFAULT 60000,
	OUT i int, OUT outcome text, OUT status int, OUT len bigint,
	OUT body_start text, OUT content_type text, OUT retry_after bigint,
	OUT may_have_run bool, OUT message text, OUT attempts int,
	OUT bytes bigint, OUT calls bigint, OUT retry_wait bigint)
	RETURNS SETOF record AS :'module' LANGUAGE C CALLED ON NULL INPUT;
