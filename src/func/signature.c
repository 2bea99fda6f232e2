/*-------------------------------------------------------------------------
 *
 * signature.c
 *		Signatures of webhook deliveries.
 *
 * Fivetran signs the exact bytes of a delivery's body with HMAC-SHA256 and
 * the webhook's secret, and sends the digest in hex in the header
 * X-Fivetran-Signature-256 (API facts 4.4).  Upper and lower case hex have
 * both been seen.  No network; a user mapping may hold the secret.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "api/calls/session.h"
#include "api/options/credentials.h"
#include "api/secrets/secret.h"
#include "base/compat.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "func/func.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#define DIGEST_BYTES 32

PG_FUNCTION_INFO_V1(fivetrex_webhook_signature_bytea);
PG_FUNCTION_INFO_V1(fivetrex_webhook_signature_text);
PG_FUNCTION_INFO_V1(fivetrex_verify_signature_bytea);
PG_FUNCTION_INFO_V1(fivetrex_verify_signature_text);
PG_FUNCTION_INFO_V1(fivetrex_verify_delivery);

/*
 * The bytes of an argument: of bytea as they are, of text in UTF-8, which is
 * what was sent and what secrets are made of.
 */
static const char *
argument_bytes(Datum datum, bool is_text, size_t *len)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(datum);
	char *bytes = VARDATA_ANY(value);

	*len = VARSIZE_ANY_EXHDR(value);
	if (is_text)
	{
		char *utf8 = pg_server_to_any(bytes, (int) *len, PG_UTF8);

		if (utf8 != bytes)
			*len = strlen(utf8);
		bytes = utf8;
	}
	return bytes;
}

static void
hmac(const char *body, size_t body_len, const char *secret, size_t secret_len,
	 unsigned char *digest)
{
	unsigned int digest_len = DIGEST_BYTES;

	if (HMAC(EVP_sha256(), secret, (int) secret_len,
			 (const unsigned char *) body, body_len, digest,
			 &digest_len) == NULL ||
		digest_len != DIGEST_BYTES)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("could not compute HMAC-SHA256")));
}

static void
compute_signature(FunctionCallInfo fcinfo, bool body_is_text, int secret_arg,
				  unsigned char *digest)
{
	size_t body_len;
	size_t secret_len;
	const char *body = argument_bytes(PG_GETARG_DATUM(0), body_is_text,
									  &body_len);
	const char *secret = argument_bytes(PG_GETARG_DATUM(secret_arg), true,
										&secret_len);

	hmac(body, body_len, secret, secret_len, digest);
}

static Datum
signature(FunctionCallInfo fcinfo, bool body_is_text)
{
	static const char hex[] = "0123456789ABCDEF";
	unsigned char digest[DIGEST_BYTES];
	char text[2 * DIGEST_BYTES + 1];

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	compute_signature(fcinfo, body_is_text, 1, digest);
	for (int i = 0; i < DIGEST_BYTES; i++)
	{
		text[2 * i] = hex[digest[i] >> 4];
		text[2 * i + 1] = hex[digest[i] & 0xF];
	}
	text[2 * DIGEST_BYTES] = '\0';
	PG_RETURN_TEXT_P(cstring_to_text(text));
}

static int
signature_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * The 32 bytes that 64 hex digits mean; false for anything else.
 */
static bool
parse_signature(text *value, unsigned char *digest)
{
	const char *text = VARDATA_ANY(value);

	if (VARSIZE_ANY_EXHDR(value) != 2 * DIGEST_BYTES)
		return false;
	for (int i = 0; i < DIGEST_BYTES; i++)
	{
		int high = signature_digit(text[2 * i]);
		int low = signature_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		digest[i] = (unsigned char) (high << 4 | low);
	}
	return true;
}

/*
 * Whatever is NULL, empty or malformed is a wrong signature, never an error:
 * these values come from strangers.  An empty secret verifies nothing, since
 * anybody could have signed with it.
 */
static Datum
verify(FunctionCallInfo fcinfo, bool body_is_text)
{
	unsigned char given[DIGEST_BYTES];
	unsigned char expected[DIGEST_BYTES];

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) ||
		VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(2)) == 0 ||
		!parse_signature(PG_GETARG_TEXT_PP(1), given))
		PG_RETURN_BOOL(false);
	compute_signature(fcinfo, body_is_text, 2, expected);
	PG_RETURN_BOOL(CRYPTO_memcmp(given, expected, DIGEST_BYTES) == 0);
}

/*
 * fivetrex_webhook_signature(body bytea, secret text) returns text
 */
Datum
fivetrex_webhook_signature_bytea(PG_FUNCTION_ARGS)
{
	return signature(fcinfo, false);
}

/*
 * fivetrex_webhook_signature(body text, secret text) returns text
 */
Datum
fivetrex_webhook_signature_text(PG_FUNCTION_ARGS)
{
	return signature(fcinfo, true);
}

/*
 * fivetrex_verify_signature(body bytea, signature text, secret text)
 * returns boolean
 */
Datum
fivetrex_verify_signature_bytea(PG_FUNCTION_ARGS)
{
	return verify(fcinfo, false);
}

/*
 * fivetrex_verify_signature(body text, signature text, secret text)
 * returns boolean
 */
Datum
fivetrex_verify_signature_text(PG_FUNCTION_ARGS)
{
	return verify(fcinfo, true);
}

/*
 * The secret of the current user's mapping, in UTF-8.
 */
static const char *
webhook_secret(FunctionCallInfo fcinfo, int argno)
{
	ForeignServer *server = ftx_func_server(fcinfo, argno);
	FtxSecret *secret = ftx_credential_read(
		ftx_session_mapping(server->serverid, GetUserId(), true),
		"webhook_secret", CurrentMemoryContext);
	const char *text = secret == NULL ? "" : ftx_secret_text(secret);

	if (text[0] == '\0')
		ereport(
			ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("the user mapping for server \"%s\" has no webhook secret",
					server->servername),
			 errhint(
				 "ALTER USER MAPPING ... OPTIONS (ADD webhook_secret '...'), or webhook_secret_file.")));
	return pg_server_to_any(text, strlen(text), PG_UTF8);
}

/*
 * fivetrex_verify_delivery(body bytea, signature text, server name)
 * returns boolean
 */
Datum
fivetrex_verify_delivery(PG_FUNCTION_ARGS)
{
	const char *secret = webhook_secret(fcinfo, 2);
	unsigned char given[DIGEST_BYTES];
	unsigned char expected[DIGEST_BYTES];
	const char *body;
	size_t body_len;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) ||
		!parse_signature(PG_GETARG_TEXT_PP(1), given))
		PG_RETURN_BOOL(false);
	body = argument_bytes(PG_GETARG_DATUM(0), false, &body_len);
	hmac(body, body_len, secret, strlen(secret), expected);
	PG_RETURN_BOOL(CRYPTO_memcmp(given, expected, DIGEST_BYTES) == 0);
}
