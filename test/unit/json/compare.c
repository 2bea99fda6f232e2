/*-------------------------------------------------------------------------
 *
 * compare.c
 *		The scanner of src/json against PostgreSQL's own parser and types.
 *
 * A module for PostgreSQL, built by test/t/090_scanner.pl.  The texts are made
 * here: whole ones, and ones with bytes changed, dropped, doubled and moved.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "catalog/pg_type.h"
#include "common/jsonapi.h"
#include "fmgr.h"
#include "json/compat.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/scanner.h"
#include "json/value.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(compare_scanner);
PG_FUNCTION_INFO_V1(compare_timestamps);
PG_FUNCTION_INFO_V1(scanner_accepts);
PG_FUNCTION_INFO_V1(scanner_complaint);
PG_FUNCTION_INFO_V1(parser_accepts);

static const char *const seeds[] = {
	"{\"code\": \"Success\", \"data\": {\"items\": [{\"id\": \"a\", \"n\": -1.5e+10, \"t\": true, \"f\": false, \"z\": null}], \"next_cursor\": \"x\"}}",
	"{\"a\": \"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\", \"b\": [[], {}, [1, 2.0, 0, -0, 1E5, 1e-5]], \"\": {\"\": \"\"}}",
	" [ 1 ,\t2 ,\r\n3 ] ",
	"\"a string of some length, longer than sixteen bytes \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
	"0",
	"-0.0",
	"true",
	"null",
	"[[[[[[[[]]]]]]]]",
	"{\"\\u006b\":[\"a\\\"b\",\"\\\\\"],\"\\u00e9\\t\":{\"\\/\":[true]}}",
	"{\"k\":{\"k\":{\"k\":[{\"k\":1},{\"k\":\"\\\\\"}]}}}",
	"{\"b\": [1, 22, 999999999, 1000000000, -0, 0.10, 1e3], \"a\" : {\"z\":null,\"a\":[true , false],\"z\":\"x\"}, \"\xc3\xa9\":[[],{}]}",
};
/* Wide ones: jsonb has an offset in each 32nd entry, and sorts as many keys. */
static char wide_array[2048];
static char wide_object[4096];

/* And one that needs more room than there is at first, see first_size(). */
static char large_object[192 * 1024];

static const char *const values[] = {
	"1",  "\"x\"",		   "null",		  "{\"b\":[1.5],\"a\":\"\"}",
	"[]", "-123456789012", "\"\\u00e9\"", "true"};

static void
make_wide(void)
{
	char *array = wide_array + sprintf(wide_array, "[0");
	char *object = wide_object + sprintf(wide_object, "{\"k7\":7");

	for (int i = 0; i < 70; i++)
	{
		const char *value = values[i * 5 % lengthof(values)];

		array += sprintf(array, ",%s", value);
		object += sprintf(object, ", \"%s%d\": %s", i % 3 ? "k" : "\\u006b",
						  i * 37 % 61, value);
	}
	strcpy(array, "]");
	strcpy(object, "}");
	object = large_object;
	for (int i = 0; i < 70; i++)
		object += sprintf(object, "%s\"%0700d\":{\"b\":\"%0*d\"}",
						  i > 0 ? "," : "{", i * 37 % 70, 900 + i, i);
	strcpy(object, "}");
}

static const char spice[] =
	"\"\\{}[]:,0123456789.eE+-truefalsn u\t\n\r /_\x01\x1f\x7f\xc3\xa9";

static uint64 state;

static uint32
chance(uint32 n)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32) (state >> 33) % n;
}

/*
 * An object of up to 70 members: as many, and as many bytes of keys, as others
 * have whose keys stand in another order; now and then a key comes twice.
 */
static void
make_object(char *object)
{
	static const int sizes[] = {2, 3, 5, 12, 13, 31, 32, 33, 62, 63, 64, 70};
	int n = sizes[chance(lengthof(sizes))];
	int step = 2 * chance(3) + 1;
	int doubled = chance(8) == 0 ? n - 1 : n;

	if (n % step == 0)
		step = 1;
	object += sprintf(object, "{");
	for (int i = 0; i < n; i++)
	{
		int key = i * step % doubled;

		object += sprintf(object, "%s\"%s%.*s%d\":%s", i > 0 ? "," : "",
						  key % 9 ? "k" : "\\u006b", key % 5 * 8,
						  "a key that is longer than sixteen bytes", key,
						  values[key * 5 % lengthof(values)]);
	}
	strcpy(object, "}");
}

static bool
parser(const char *text, int len)
{
	return pg_verify_mbstr(PG_UTF8, text, len, true) &&
		   pg_parse_json(ftx_json_lexer(text, len, PG_UTF8, false),
						 &nullSemAction) == JSON_SUCCESS;
}

/* What the scanner says is wrong; NULL: nothing. */
static const char *
complaint(const char *text, int len)
{
	FtxScanner s;

	ftx_scanner_begin(&s, text, len);
	ftx_scanner_value(&s, NULL, NULL);
	return ftx_scanner_finish(&s);
}

static bool
scanner(const char *text, int len)
{
	return complaint(text, len) == NULL;
}

/* Is the position that a complaint names one of the text? */
static bool
position_is_there(const char *text, int len)
{
	const char *says = complaint(text, len);
	const char *place = says != NULL && strstr(says, "JSON") != NULL ?
							strpbrk(says, "0123456789") :
							NULL;
	int at;
	int of;

	if (place == NULL)
		return true;
	if (sscanf(place, "%d of %d.", &at, &of) == 2)
		return at >= 1 && at <= len && of == len;
	return strstr(says, "at its end") != NULL && atoi(place) == len;
}

/*
 * A text with up to four changes.
 */
static int
mutate(const char *seed, char *out)
{
	int len = strlen(seed);

	memcpy(out, seed, len);
	for (int changes = chance(5); changes > 0 && len > 1; changes--)
	{
		int at = chance(len);

		switch (chance(5))
		{
			case 0:
				out[at] = spice[chance(sizeof(spice) - 1)];
				break;
			case 1:
				memmove(out + at, out + at + 1, --len - at);
				break;
			case 2:
				memmove(out + at + 1, out + at, len++ - at);
				out[at] = spice[chance(sizeof(spice) - 1)];
				break;
			case 3:
				len = at + 1;
				break;
			default:
				out[at] = out[chance(len)];
		}
	}
	out[len] = '\0';
	return len;
}

/*
 * Is the jsonb of a well-formed text the one that jsonb_in makes?  If that
 * throws, it is.
 */
static bool
same_jsonb(const char *text, int len)
{
	MemoryContext cxt = CurrentMemoryContext;
	volatile Datum theirs = 0;
	FtxJsonValue slice = {text, len, FTX_JSON_NUMBER};
	struct varlena *a;
	struct varlena *b;

	PG_TRY();
	{
		theirs = ftx_json_jsonb_in(&slice);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(cxt);
		FlushErrorState();
		return true;
	}
	PG_END_TRY();
	while (ftx_json_space(*slice.text))
	{
		slice.text++;
		slice.len--;
	}
	while (ftx_json_space(slice.text[slice.len - 1]))
		slice.len--;
	if (slice.text[0] == '{')
		slice.kind = FTX_JSON_OBJECT;
	else if (slice.text[0] == '[')
		slice.kind = FTX_JSON_ARRAY;
	else if (slice.text[0] == '"')
		slice.kind = FTX_JSON_STRING;
	/* an allocation of its own, as above */
	slice.text = pnstrdup(slice.text, slice.len);
	a = (struct varlena *) DatumGetPointer(ftx_json_jsonb(&slice));
	b = (struct varlena *) DatumGetPointer(theirs);
	return VARSIZE(a) == VARSIZE(b) && memcmp(a, b, VARSIZE(a)) == 0;
}

/* Members of the texts above, some of which stand in several of them. */
static const char *const paths[] = {"",	   "k",	   "k.k",		 "a",	"b",
									"a.z", "a.a",  "\xc3\xa9",	 "k7",	"k22",
									"k1",  "data", "data.items", "code"};

/*
 * Does the projection that remembers the order of members find what one does
 * that does not?
 */
static bool
same_values(const FtxProjection *remembers, const char *text, int len)
{
	const FtxProjection *plain = ftx_projection_create(paths, lengthof(paths));
	FtxJsonValue a[lengthof(paths)] = {0};
	FtxJsonValue b[lengthof(paths)] = {0};
	FtxScanner s;
	bool valid;

	ftx_scanner_begin(&s, text, len);
	ftx_scanner_value(&s, &plain->root, a);
	valid = ftx_scanner_finish(&s) == NULL;
	ftx_scanner_begin(&s, text, len);
	ftx_scanner_value(&s, &remembers->root, b);
	if ((ftx_scanner_finish(&s) == NULL) != valid)
		return false;
	for (int i = 0; valid && i < (int) lengthof(paths); i++)
	{
		if (a[i].text != b[i].text || a[i].len != b[i].len ||
			a[i].kind != b[i].kind)
			return false;
	}
	return true;
}

/*
 * compare_scanner(seed int, n int) returns text: the first text on which the
 * two differ, or how many were accepted
 */
Datum
compare_scanner(PG_FUNCTION_ARGS)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "compare",
											  ALLOCSET_DEFAULT_SIZES);
	FtxProjection *remembers = ftx_projection_create(paths, lengthof(paths));
	int accepted = 0;

	ftx_projection_remember(remembers);
	make_wide();
	state = PG_GETARG_INT32(0);
	for (int i = 0; i < PG_GETARG_INT32(1); i++)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);
		static char object[8192];
		static char changed[sizeof(large_object)];
		char *text;
		int len;
		bool theirs;

		MemoryContextReset(cxt);
		switch (chance(lengthof(seeds) + 4))
		{
			case 0:
				len = mutate(wide_array, changed);
				break;
			case 1:
				len = mutate(wide_object, changed);
				break;
			case 2:
				if (chance(8) == 0)
				{
					len = mutate(large_object, changed);
					break;
				}
				/* FALLTHROUGH */
			case 3:
				make_object(object);
				len = mutate(object, changed);
				break;
			default:
				len = mutate(seeds[chance(lengthof(seeds))], changed);
		}
		/* an allocation of its own size, so that tools see reads beyond it */
		text = pnstrdup(changed, len);
		theirs = parser(text, len);
		if (scanner(text, len) != theirs)
		{
			MemoryContextSwitchTo(old);
			PG_RETURN_TEXT_P(
				cstring_to_text(psprintf("parser %d: %s", theirs, text)));
		}
		if (!position_is_there(text, len))
		{
			MemoryContextSwitchTo(old);
			PG_RETURN_TEXT_P(cstring_to_text(psprintf("position: %s", text)));
		}
		if (!same_values(remembers, text, len))
		{
			MemoryContextSwitchTo(old);
			PG_RETURN_TEXT_P(cstring_to_text(psprintf("values: %s", text)));
		}
		if (theirs && !same_jsonb(text, len))
		{
			MemoryContextSwitchTo(old);
			PG_RETURN_TEXT_P(cstring_to_text(psprintf("jsonb: %s", text)));
		}
		accepted += theirs;
		MemoryContextSwitchTo(old);
	}
	PG_RETURN_TEXT_P(cstring_to_text(psprintf("%d accepted", accepted)));
}

Datum
scanner_accepts(PG_FUNCTION_ARGS)
{
	char *given = text_to_cstring(PG_GETARG_TEXT_PP(0));

	PG_RETURN_BOOL(scanner(given, strlen(given)));
}

/*
 * scanner_complaint(text) returns text: NULL if nothing is wrong
 */
Datum
scanner_complaint(PG_FUNCTION_ARGS)
{
	char *given = text_to_cstring(PG_GETARG_TEXT_PP(0));
	const char *says = complaint(given, strlen(given));

	if (says == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(says));
}

Datum
parser_accepts(PG_FUNCTION_ARGS)
{
	char *given = text_to_cstring(PG_GETARG_TEXT_PP(0));

	PG_RETURN_BOOL(parser(given, strlen(given)));
}

/*
 * compare_timestamps(value text) returns text: NULL when the shortcut does not
 * apply; else "same" or what differs
 */
Datum
compare_timestamps(PG_FUNCTION_ARGS)
{
	char *given = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char *quoted = psprintf("\"%s\"", given);
	FtxJsonValue value = {quoted, strlen(quoted), FTX_JSON_STRING};
	TimestampTz ours;
	TimestampTz theirs;

	if (!ftx_json_plain_timestamptz(&value, &ours))
		PG_RETURN_NULL();
	theirs = DatumGetTimestampTz(
		DirectFunctionCall3(timestamptz_in, CStringGetDatum(given),
							ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	PG_RETURN_TEXT_P(cstring_to_text(ours == theirs ? "same" : "differs"));
}
