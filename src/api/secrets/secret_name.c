/*-------------------------------------------------------------------------
 *
 * secret_name.c
 *		Which names are those of secrets.
 *
 * Fivetran's definition marks some 150 names of secret fields; what of them
 * is no identifier is found by the words here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/secrets/secret_name.h"

/*
 * A name with one of these words, or several of them, is a secret's.  By words,
 * not by a list of names: services are added every month, and their fields are
 * known when it is too late.  What is masked without need costs a look at the
 * account; what is not masked cannot be taken back.
 */
static const char *const words[] = {
	"key",		"auth",		  "authorization", "private",	 "cert",
	"certs",	"bearer",	  "signature",	   "signatures", "cookie",
	"cookies",	"truststore", "keystore",	   "session",	 "environment",
	"pat",		"pwd",		  "pin",		   "pass",		 "sid",
	"sas",		"sig",		  "otp",		   "jwt",		 "dsn",
	"pem",		"pw",		  "psk",		   "keys",		 "oauth",
	"passcode", "certificate"};

/* As words, or at the end of one: "clientsecret", "accesskeys". */
static const char *const ends[] = {
	"password",		"passwd",	 "secret",	   "token",		 "passphrase",
	"credential",	"pwd",		 "apikey",	   "accesskey",	 "secretkey",
	"privatekey",	"sharedkey", "accountkey", "authkey",	 "masterkey",
	"signingkey",	"clientkey", "appkey",	   "licensekey", "consumerkey",
	"encryptionkey"};

/* Several words, one after the other. */
static const char *const phrases[] = {
	"pass_phrase", "connection_string", "role_arn",		  "short_code",
	"query_param", "shared_access",		"service_account"};

/* The last word of a name of what is about a secret, but none. */
static const char *const about[] = {"type",	  "method", "mode",
									"status", "column", "columns"};

/* Other names of the API's definition that are none, but read so. */
static const char *const innocents[] = {
	"public_key",			"private_link_id", "private_connection_service_id",
	"private_dns_records",	"system_key_id",   "external_secrets_manager_id",
	"secret_manager_id",	"environment_id",  "service_account",
	"service_account_email"};

/* Longer names do not occur; of such a one only the beginning counts. */
#define MAX_NAME 256

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/*
 * The name in lower case, its words with "_" between them and around:
 * "myAPIKey2" is "_my_api_key_".
 */
static void
split_words(const char *name, size_t len, char *folded)
{
	char *next = folded;

	*next++ = '_';
	for (size_t i = 0; i < len; i++)
	{
		bool begins = is_upper(name[i]) && i > 0 &&
					  (is_lower(name[i - 1]) ||
					   (is_upper(name[i - 1]) && i + 1 < len &&
						is_lower(name[i + 1])));

		if (begins && next[-1] != '_')
			*next++ = '_';
		if (is_lower(name[i]) || is_upper(name[i]))
			*next++ = pg_ascii_tolower((unsigned char) name[i]);
		else if (next[-1] != '_')
			*next++ = '_';
	}
	if (next[-1] != '_')
		*next++ = '_';
	*next = '\0';
}

/*
 * Does the name have `word`: as a whole one, or with `end` at the end of one?
 * One in the plural, too.
 */
static bool
has_word(const char *folded, const char *word, bool end)
{
	size_t n = strlen(word);

	for (const char *at = folded; (at = strstr(at, word)) != NULL; at++)
	{
		const char *behind = at + n;

		if (end && *behind == 's')
			behind++;
		if (*behind == '_' && (end || at[-1] == '_'))
			return true;
	}
	return false;
}

static bool
is_innocent(const char *folded)
{
	size_t len = strlen(folded);

	for (size_t i = 0; i < lengthof(about); i++)
	{
		size_t n = strlen(about[i]);

		if (len > n + 1 && folded[len - n - 2] == '_' &&
			strncmp(folded + len - n - 1, about[i], n) == 0)
			return true;
	}
	for (size_t i = 0; i < lengthof(innocents); i++)
	{
		if (len == strlen(innocents[i]) + 2 &&
			strncmp(folded + 1, innocents[i], len - 2) == 0)
			return true;
	}
	return false;
}

bool
ftx_secret_name(const char *name, size_t len)
{
	char folded[2 * MAX_NAME + 3];

	split_words(name, Min(len, MAX_NAME), folded);
	if (is_innocent(folded))
		return false;
	for (size_t i = 0; i < lengthof(words); i++)
	{
		if (has_word(folded, words[i], false))
			return true;
	}
	for (size_t i = 0; i < lengthof(ends); i++)
	{
		if (has_word(folded, ends[i], true))
			return true;
	}
	for (size_t i = 0; i < lengthof(phrases); i++)
	{
		if (has_word(folded, phrases[i], false))
			return true;
	}
	return false;
}
