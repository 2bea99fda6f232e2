/*-------------------------------------------------------------------------
 *
 * net_test.c
 *		SQL functions to try the HTTP floor without the rest; see run.py.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "base/bytes.h"
#include "base/libcurl.h"
#include "base/method.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "net/backoff.h"
#include "net/engine.h"
#include "net/request.h"
#include "net/url.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(net_check_bytes);
PG_FUNCTION_INFO_V1(net_check_url);
PG_FUNCTION_INFO_V1(net_check_backoff);
PG_FUNCTION_INFO_V1(net_check_retry_after);
PG_FUNCTION_INFO_V1(net_engine);
PG_FUNCTION_INFO_V1(net_libcurl);
PG_FUNCTION_INFO_V1(net_roots);
PG_FUNCTION_INFO_V1(net_requests);
PG_FUNCTION_INFO_V1(net_destroy);
PG_FUNCTION_INFO_V1(http_fetch);

static FtxEngine *engine = NULL;
static FtxTally tally;

static int checks;

#define CHECK(condition)                                                       \
	do                                                                         \
	{                                                                          \
		checks++;                                                              \
		if (!(condition))                                                      \
			elog(ERROR, "line %d: %s", __LINE__, #condition);                  \
	} while (0)

/* ----------------------------------------------------------------
 *		Pure parts
 * ----------------------------------------------------------------
 */

Datum
net_check_bytes(PG_FUNCTION_ARGS)
{
	MemoryContext context;
	FtxBytes *bytes;
	FtxBytes *other;
	char block[5000];
	bool over = true;

	checks = 0;
	memset(block, 'x', sizeof(block));

	for (size_t cap = 0; cap < 4100; cap += (cap < 20 ? 1 : 97))
		for (size_t n = 1; n < 4500; n += (n < 20 ? 1 : 331))
		{
			size_t expected = 0;

			bytes = ftx_bytes_new(cap);
			while (ftx_bytes_append(bytes, block, n, &over))
			{
				expected += n;
				CHECK(!over && bytes->len == expected);
				CHECK(bytes->data[expected] == '\0');
				CHECK(strlen(bytes->data) == expected);
				CHECK(bytes->size <= cap + 1);
			}
			CHECK(over && bytes->len == expected && expected + n > cap);
			CHECK(ftx_bytes_append(bytes, block, cap - expected, &over));
			CHECK(bytes->len == cap && !over);
			CHECK(cap == 0 ? bytes->data == NULL : bytes->data[cap] == '\0');
			CHECK(!ftx_bytes_append(bytes, block, 1, NULL));
			ftx_bytes_reset(bytes);
			CHECK(bytes->len == 0 && bytes->refs == 1);
			ftx_bytes_unref(bytes);
		}

	bytes = ftx_bytes_new(SIZE_MAX);
	CHECK(ftx_bytes_append(bytes, "a\0b", 3, &over) && !over);
	CHECK(bytes->len == 3 && memcmp(bytes->data, "a\0b", 4) == 0);
	CHECK(!ftx_bytes_append(bytes, "", SIZE_MAX, &over) && over);
	/* half of all addresses can be had where there are 4 GB of them */
	if (sizeof(size_t) > 4)
		CHECK(!ftx_bytes_append(bytes, "", SIZE_MAX / 2 - 10, &over) && !over);
	CHECK(bytes->len == 3);

	ftx_bytes_unref(bytes);

	/* large ones, whose memory is kept for others */
	for (int round = 0; round < 20; round++)
	{
		FtxBytes *large[8];
		size_t sizes[8];

		for (int i = 0; i < 8; i++)
		{
			sizes[i] = 100000 + (size_t) (round * 7919 + i * 104729) % 6000000;
			large[i] = ftx_bytes_new(i % 3 == 0 ? sizes[i] : SIZE_MAX);
			if (i % 2 == 0)
				ftx_bytes_reserve(large[i], sizes[i]);
			while (large[i]->len < sizes[i])
			{
				size_t n = Min(sizes[i] - large[i]->len, sizeof(block));

				memset(block, 'a' + i, sizeof(block));
				if (!ftx_bytes_append(large[i], block, n, &over))
					elog(ERROR, "out of memory");
			}
			CHECK(large[i]->size > sizes[i]);
			CHECK(large[i]->size <= 4 * sizes[i] + 4 * 131072);
		}
		for (int i = 0; i < 8; i++)
		{
			CHECK(strlen(large[i]->data) == sizes[i]);
			CHECK(strspn(large[i]->data, (char[]){'a' + i, '\0'}) == sizes[i]);
			CHECK(large[i]->cap != sizes[i] ||
				  !ftx_bytes_append(large[i], "x", 1, &over));
			ftx_bytes_unref(large[i]);
		}
	}

	/* two owners and ourselves */
	bytes = ftx_bytes_new(SIZE_MAX);
	context = AllocSetContextCreate(CurrentMemoryContext, "bytes",
									ALLOCSET_SMALL_SIZES);
	ftx_bytes_own(ftx_bytes_ref(bytes), context);
	other = ftx_bytes_ref(bytes);
	CHECK(other == bytes && bytes->refs == 3);
	ftx_bytes_own(other, context);
	MemoryContextReset(context);
	CHECK(bytes->refs == 1);
	MemoryContextDelete(context);
	CHECK(bytes->refs == 1);
	ftx_bytes_unref(bytes);
	ftx_bytes_unref(NULL);

	PG_RETURN_INT32(checks);
}

Datum
net_check_url(PG_FUNCTION_ARGS)
{
	StringInfoData url;
	char expected[4];

	checks = 0;
	initStringInfo(&url);
	for (int c = 0; c < 256; c++)
	{
		char byte = (char) c;
		bool plain = c < 128 && (isalnum(c) || (c && strchr("-._~", c)));

		resetStringInfo(&url);
		ftx_url_append_encoded(&url, &byte, 1);
		snprintf(expected, sizeof(expected), plain ? "%c" : "%%%02X", c);
		CHECK(strcmp(url.data, expected) == 0);
	}

	resetStringInfo(&url);
	appendStringInfoString(&url, "http://h/v1/");
	ftx_url_append_encoded(&url, "a/b\303\244?#%", 8);
	CHECK(strcmp(url.data, "http://h/v1/a%2Fb%C3%A4%3F%23%25") == 0);
	ftx_url_append_param(&url, "cursor", "x+y=&");
	ftx_url_append_param(&url, "li mit", "");
	CHECK(strcmp(url.data, "http://h/v1/a%2Fb%C3%A4%3F%23%25"
						   "?cursor=x%2By%3D%26&li%20mit=") == 0);

	CHECK(!ftx_url_segment_ok(""));
	CHECK(!ftx_url_segment_ok("."));
	CHECK(!ftx_url_segment_ok(".."));
	CHECK(ftx_url_segment_ok("..."));
	CHECK(ftx_url_segment_ok("a.b"));
	CHECK(ftx_url_segment_ok(".a"));
	CHECK(ftx_url_segment_ok(" "));

	PG_RETURN_INT32(checks);
}

/* The rules of backoff.h, said in another way. */
static bool
may_repeat(const FtxAttempt *a)
{
	bool temporary;

	if (a->outcome == FTX_ANSWERED)
		return a->status == 429 ||
			   (a->reads && (a->status == 408 || a->status == 500)) ||
			   (a->repeat_safe && a->status >= 502 && a->status <= 504);
	temporary = a->outcome == FTX_CANNOT_CONNECT ||
				a->outcome == FTX_CANNOT_RESOLVE ||
				a->outcome == FTX_TIMED_OUT ||
				a->outcome == FTX_BROKEN_TRANSFER;
	return temporary && !(a->may_have_run && !a->repeat_safe);
}

Datum
net_check_backoff(PG_FUNCTION_ARGS)
{
	static const int numbers[] = {
		1, 2, 3, 4, 31, 32, 33, 64, 65, PG_INT32_MAX - 1, PG_INT32_MAX};
	static const int delays[] = {-1,	0,	   1,	  7,		   200,
								 29999, 30000, 30001, PG_INT32_MAX};
	static const int64 afters[] = {-1, 0, 1, 60, PG_INT32_MAX, PG_INT64_MAX};
	static const double jitters[] = {0.0, 0.25, 0.5, 0.999999, 1.0, 2.0, -1.0};
	FtxAttempt a;

	checks = 0;
	for (int outcome = FTX_ANSWERED; outcome <= FTX_CLIENT_FAILURE; outcome++)
		for (int status = 99; status < 600; status++)
			for (int flags = 0; flags < 8; flags++)
			{
				a.number = 1;
				a.outcome = (FtxOutcome) outcome;
				a.status = status;
				a.retry_after = -1;
				a.repeat_safe = (flags & 1) != 0;
				a.may_have_run = (flags & 2) != 0;
				a.reads = (flags & 4) != 0;
				CHECK((ftx_backoff(&a, 1, 100, 0.5) == 50) == may_repeat(&a));
				CHECK((ftx_backoff(&a, 1, 100, 0.5) == -1) == !may_repeat(&a));
				CHECK(ftx_backoff(&a, 0, 100, 0.5) == -1);
			}

	a.outcome = FTX_ANSWERED;
	a.status = 429;
	a.may_have_run = false;
	for (size_t n = 0; n < lengthof(numbers); n++)
		for (size_t d = 0; d < lengthof(delays); d++)
			for (size_t r = 0; r < lengthof(afters); r++)
				for (size_t j = 0; j < lengthof(jitters); j++)
				{
					int64 wait;
					double window;

					a.number = numbers[n];
					a.retry_after = afters[r];
					wait = ftx_backoff(&a, PG_INT32_MAX, delays[d], jitters[j]);
					if (afters[r] >= 0)
					{
						CHECK(wait == Min(afters[r], PG_INT32_MAX) * 1000);
						continue;
					}
					window = (double) Max(delays[d], 0);
					for (int i = 1; i < Min(numbers[n], 64); i++)
						window *= 2;
					window = Min(window, 30000.0);
					CHECK(wait ==
						  (int64) (window * Max(Min(jitters[j], 1.0), 0.0)));
					CHECK(wait >= 0 && wait <= 30000);
				}

	a.retry_after = -1;
	a.number = 3;
	CHECK(ftx_backoff(&a, 2, 100, 0.5) == -1);
	CHECK(ftx_backoff(&a, 3, 100, 0.5) == 200);
	CHECK(ftx_backoff(&a, 3, 100, strtod("nan", NULL)) == 0);

	PG_RETURN_INT32(checks);
}

Datum
net_check_retry_after(PG_FUNCTION_ARGS)
{
	/* Sun, 06 Nov 1994 08:49:37 GMT */
	const int64 then = 784111777;
	static const struct
	{
		const char *value;
		int64 offset; /* of `then` from now */
		int64 expected;
	} cases[] = {
		{NULL, 0, -1},
		{"", 0, -1},
		{" ", 0, -1},
		{"0", 0, 0},
		{"1", 0, 1},
		{"120", 0, 120},
		{" 7 \t", 0, 7},
		{"007", 0, 7},
		{"2147483647", 0, PG_INT32_MAX},
		{"2147483648", 0, PG_INT32_MAX},
		{"99999999999999999999999999", 0, PG_INT32_MAX},
		{"-1", 0, -1},
		{"+1", 0, -1},
		{"1.5", 0, -1},
		{"1s", 0, -1},
		{"1 2", 0, -1},
		{"0x10", 0, -1},
		{"soon", 0, -1},
		{"soon: 5", 0, -1},
		{"Sun, 06 Nov 1994 08:49:37 GMT", 10, 10},
		{"Sun, 06 Nov 1994 08:49:37 GMT", 0, 0},
		{"Sun, 06 Nov 1994 08:49:37 GMT", -10, 0},
		{"Sunday, 06-Nov-94 08:49:37 GMT", 10, 10},
		{"Sun Nov  6 08:49:37 1994", 10, 10},
		{" Sun, 06 Nov 1994 08:49:37 GMT ", 10, 10},
		{"Sun, 06 Nov 1994", 10, -1},
		{"06 Nov 1994 08:49:37 GMT", 10, -1},
		{"Sun, 06 Foo 1994 08:49:37 GMT", 10, -1},
		/* a time_t of 32 bits ends in 2038, and so does what libcurl reads */
		{"Fri, 31 Dec 9999 23:59:59 GMT", 0,
		 sizeof(time_t) > 4 ? PG_INT32_MAX : -1},
	};

	checks = 0;
	for (size_t i = 0; i < lengthof(cases); i++)
	{
		checks++;
		if (ftx_parse_retry_after(cases[i].value, then - cases[i].offset) !=
			cases[i].expected)
			elog(ERROR, "Retry-After \"%s\": " INT64_FORMAT, cases[i].value,
				 ftx_parse_retry_after(cases[i].value, then - cases[i].offset));
	}
	CHECK(ftx_parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT",
								PG_INT64_MIN) == PG_INT32_MAX);
	CHECK(ftx_parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT",
								PG_INT64_MAX) == 0);

	PG_RETURN_INT32(checks);
}

/* ----------------------------------------------------------------
 *		Exchanges
 * ----------------------------------------------------------------
 */

/* net_engine(concurrency, connect_timeout, retries, retry_delay, ca, proxy) */
Datum
net_engine(PG_FUNCTION_ARGS)
{
	FtxNetConfig config = {.user_agent = "net_test/1",
						   .username = "key",
						   .password = "secret",
						   .max_concurrency = PG_GETARG_INT32(0),
						   .connect_timeout = PG_GETARG_INT32(1),
						   .max_retries = PG_GETARG_INT32(2),
						   .retry_delay = PG_GETARG_INT32(3),
						   .tally = &tally};

	if (!PG_ARGISNULL(4))
		config.sslrootcert = text_to_cstring(PG_GETARG_TEXT_PP(4));
	if (!PG_ARGISNULL(5))
		config.proxy = text_to_cstring(PG_GETARG_TEXT_PP(5));
	if (engine != NULL)
		ftx_engine_destroy(engine);
	engine = NULL;
	engine = ftx_engine_create(&config);
	PG_RETURN_VOID();
}

/*
 * What net/roots.c asks for the system's authorities; net_roots() replaces
 * them.
 */
#undef curl_version_info
extern curl_version_info_data *curl_version_info(CURLversion version);

static char root_file[MAXPGPATH];
static char root_directory[MAXPGPATH];
static bool null_is_default;

curl_version_info_data *
net_test_version_info(CURLversion version)
{
	static curl_version_info_data data;

	data = *curl_version_info(version);
	if (root_file[0] != '\0')
		data.cainfo = root_file;
	if (root_directory[0] != '\0')
		data.capath = root_directory;
	if (null_is_default)
		data.version_num = Max(data.version_num, 0x081500);
	return &data;
}

/*
 * The linker puts this into the place of curl_easy_setopt(): to libcurl from
 * 8.21 on, NULL stands for the default file and directory.
 */
extern CURLcode __real_curl_easy_setopt(CURL *easy, CURLoption option, ...);
extern CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...);

CURLcode
__wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
	va_list args;
	CURLcode code;

	va_start(args, option);
	if (option < CURLOPTTYPE_OBJECTPOINT)
		code = __real_curl_easy_setopt(easy, option, va_arg(args, long));
	else if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB)
		code = __real_curl_easy_setopt(easy, option, va_arg(args, curl_off_t));
	else
	{
		void *value = va_arg(args, void *);

		if (value == NULL && null_is_default && option == CURLOPT_CAINFO)
			value = root_file;
		if (value == NULL && null_is_default && option == CURLOPT_CAPATH)
			value = root_directory;
		code = __real_curl_easy_setopt(easy, option, value);
	}
	va_end(args);
	return code;
}

/*
 * net_roots(file, directory, null_is_default): for engines that are made from
 * now on
 */
Datum
net_roots(PG_FUNCTION_ARGS)
{
	strlcpy(root_file, text_to_cstring(PG_GETARG_TEXT_PP(0)), MAXPGPATH);
	strlcpy(root_directory, text_to_cstring(PG_GETARG_TEXT_PP(1)), MAXPGPATH);
	null_is_default = PG_GETARG_BOOL(2);
	PG_RETURN_TEXT_P(cstring_to_text(psprintf(
		"%s, libcurl %06x", curl_version_info(CURLVERSION_NOW)->ssl_version,
		curl_version_info(CURLVERSION_NOW)->version_num)));
}

/* The libcurl that this was built with: what base/libcurl.h looks at. */
Datum
net_libcurl(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(LIBCURL_VERSION_NUM);
}

Datum
net_requests(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(engine != NULL ? ftx_engine_requests(engine) : -1);
}

Datum
net_destroy(PG_FUNCTION_ARGS)
{
	if (engine != NULL)
		ftx_engine_destroy(engine);
	engine = NULL;
	PG_RETURN_VOID();
}

static FtxMethod
parse_method(const char *name)
{
	for (int method = FTX_GET; method <= FTX_DELETE; method++)
		if (strcmp(ftx_method_name((FtxMethod) method), name) == 0)
			return (FtxMethod) method;
	elog(ERROR, "method %s", name);
}

static void
put_row(ReturnSetInfo *rsinfo, int i, const FtxResponse *response,
		const FtxBudget *budget)
{
	static const char *const outcomes[] = {
		"answered",		   "cannot_connect",  "cannot_resolve", "tls_failed",
		"timed_out",	   "broken_transfer", "too_large",		"malformed",
		"calls_exhausted", "no_descriptor",	  "client_failure"};
	Datum values[13];
	bool nulls[13] = {0};
	FtxBytes *body = response->body;

	values[0] = Int32GetDatum(i);
	values[1] = CStringGetTextDatum(outcomes[response->outcome]);
	values[2] = Int32GetDatum(response->status);
	values[3] = Int64GetDatum((int64) body->len);
	values[4] = PointerGetDatum(cstring_to_text_with_len(
		body->len > 0 ? body->data : "", (int) Min(body->len, 200)));
	values[5] = CStringGetTextDatum(response->content_type);
	values[6] = Int64GetDatum(response->retry_after);
	values[7] = BoolGetDatum(response->may_have_run);
	values[8] = CStringGetTextDatum(response->message);
	values[9] = Int32GetDatum(response->attempts);
	values[10] = Int64GetDatum(response->bytes);
	values[11] = Int64GetDatum(budget->calls);
	values[12] = Int64GetDatum(budget->retry_wait);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/*
 * http_fetch(urls, method, body, repeat_safe, timeout, max_body, max_calls,
 *			  max_retry_wait): all at once, rows in order of completion.
 */
Datum
http_fetch(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum *urls;
	int n;
	int left;
	FtxRequest **requests;
	FtxBudget budget = {.max_calls = PG_GETARG_INT64(6)};
	FtxBudget *shared = palloc(sizeof(FtxBudget));
	FtxRequestSpec spec = {
		.method = parse_method(text_to_cstring(PG_GETARG_TEXT_PP(1))),
		.accept = "application/json",
		.repeat_safe = PG_GETARG_BOOL(3),
		.timeout = PG_GETARG_INT32(4),
		.max_body = (size_t) PG_GETARG_INT64(5),
		.budget = shared,
		.max_retry_wait = PG_GETARG_INT64(7)};

	*shared = budget;
	InitMaterializedSRF(fcinfo, 0);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false,
					  TYPALIGN_INT, &urls, NULL, &n);
	requests = palloc0(n * sizeof(FtxRequest *));
	if (!PG_ARGISNULL(2))
	{
		spec.body = text_to_cstring(PG_GETARG_TEXT_PP(2));
		spec.body_len = strlen(spec.body);
		spec.content_type = "application/json";
	}

	for (int i = 0; i < n; i++)
	{
		spec.url = TextDatumGetCString(urls[i]);
		requests[i] = ftx_request_start(engine, &spec, CurrentMemoryContext);
	}

	for (left = n; left > 0;)
	{
		bool found = false;

		for (int i = 0; i < n; i++)
			if (requests[i] != NULL && ftx_request_done(requests[i]))
			{
				put_row(rsinfo, i, ftx_request_response(requests[i]), shared);
				ftx_request_free(requests[i]);
				requests[i] = NULL;
				left--;
				found = true;
			}
		if (!found)
			ftx_engine_wait(engine, NULL, NULL);
	}
	return (Datum) 0;
}
