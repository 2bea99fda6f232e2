/*-------------------------------------------------------------------------
 *
 * page.c
 *		One answer of the API, taken apart into the values that are wanted.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/map.h"
#include "api/calls/page.h"
#include "base/bytes.h"
#include "base/compat.h"
#include "json/json.h"
#include "json/projection.h"
#include "json/scanner.h"
#include "json/value.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* Interrupts are served after so many items. */
#define INTERRUPT_CHECK_ITEMS 1000

typedef struct Decoder
{
	FtxScanner scanner;
	FtxPage *page;
	const FtxWanted *wanted;
	FtxJsonKind data_kind; /* ABSENT: there is no data */
	const char *complaint; /* about the data */
} Decoder;

static bool
key_is(const char *key, int len, const char *expected)
{
	return len == (int) strlen(expected) && memcmp(key, expected, len) == 0;
}

/*
 * Room for one more item, whose slots are ABSENT.
 */
static FtxJsonValue *
add_item(FtxPage *page)
{
	FtxJsonValue *values;

	if (page->nitems == page->maxitems)
	{
		Size size;

		page->maxitems = page->maxitems ? page->maxitems * 2 : 64;
		size = sizeof(FtxJsonValue) * (Size) Max(page->nslots, 1) *
			   page->maxitems;
		page->values = page->values == NULL ?
						   MemoryContextAllocHuge(CurrentMemoryContext, size) :
						   repalloc_huge(page->values, size);
	}
	values = ftx_page_value(page, page->nitems, 0);
	memset(values, 0, sizeof(FtxJsonValue) * page->nslots);
	if (++page->nitems % INTERRUPT_CHECK_ITEMS == 0)
		CHECK_FOR_INTERRUPTS();
	return values;
}

/* ---------- the data of an answer ---------- */

static void
skip_member(FtxScanner *scanner)
{
	ftx_scanner_value(scanner, NULL, NULL);
}

/*
 * The elements of an array, which comes next.
 */
static const char *
decode_items(Decoder *decoder)
{
	FtxScanner *scanner = &decoder->scanner;
	const KeyNode *root = &decoder->wanted->projection->root;
	const char *complaint = NULL;
	bool first = true;

	ftx_scanner_enter(scanner);
	while (ftx_scanner_element(scanner, &first))
	{
		if (decoder->wanted->max_items > 0 &&
			decoder->page->nitems >= decoder->wanted->max_items)
		{
			complaint =
				"It has more than twice as many items as were asked for.";
			skip_member(scanner);
		}
		else if (ftx_scanner_peek(scanner) == '{')
			ftx_scanner_value(scanner, root, add_item(decoder->page));
		else
		{
			complaint = "An item of the list is not an object.";
			skip_member(scanner);
		}
	}
	return complaint;
}

/*
 * The object that a list is, which comes next.
 */
static const char *
decode_list(Decoder *decoder)
{
	static const char *const no_list = "Its \"data\" has no list of \"items\".";
	FtxScanner *scanner = &decoder->scanner;
	const char *complaint = no_list;
	bool first = true;
	const char *key;
	int len;

	ftx_scanner_enter(scanner);
	while (ftx_scanner_member(scanner, &first, &key, &len))
	{
		FtxJsonKind kind = ftx_json_kind(ftx_scanner_peek(scanner));

		if (key_is(key, len, "items"))
		{
			decoder->page->nitems = 0;
			if (kind == FTX_JSON_ARRAY)
				complaint = decode_items(decoder);
			else
			{
				complaint = kind == FTX_JSON_NULL ? NULL : no_list;
				skip_member(scanner);
			}
		}
		else if (key_is(key, len, "next_cursor"))
			ftx_scanner_slice(scanner, NULL, NULL, &decoder->page->next_cursor);
		else
			skip_member(scanner);
	}
	return complaint;
}

static const char *
decode_data(Decoder *decoder)
{
	FtxScanner *scanner = &decoder->scanner;
	const FtxWanted *wanted = decoder->wanted;
	FtxJsonKind expected = wanted->shape == FTX_SHAPE_ARRAY ? FTX_JSON_ARRAY :
															  FTX_JSON_OBJECT;

	decoder->page->nitems = 0;
	memset(&decoder->page->next_cursor, 0, sizeof(FtxJsonValue));
	decoder->data_kind = ftx_json_kind(ftx_scanner_peek(scanner));
	if (decoder->data_kind != expected)
	{
		skip_member(scanner);
		return expected == FTX_JSON_ARRAY ?
				   "Its \"data\" is not an array." :
			   wanted->shape == FTX_SHAPE_LIST ?
				   "Its \"data\" has no list of \"items\"." :
				   "Its \"data\" is not an object.";
	}
	switch (wanted->shape)
	{
		case FTX_SHAPE_LIST:
			return decode_list(decoder);
		case FTX_SHAPE_ARRAY:
			return decode_items(decoder);
		case FTX_SHAPE_MAP:
			return ftx_map_scan(scanner, decoder->page, wanted->items,
								wanted->projection);
		case FTX_SHAPE_OBJECT:
			ftx_scanner_value(scanner, &wanted->projection->root,
							  add_item(decoder->page));
	}
	return NULL;
}

/* ---------- what is around it ---------- */

/*
 * All members of the answer, which begins with a bracket.
 */
static void
decode_top(Decoder *decoder)
{
	FtxScanner *scanner = &decoder->scanner;
	bool first = true;
	const char *key;
	int len;

	ftx_scanner_enter(scanner);
	while (ftx_scanner_member(scanner, &first, &key, &len))
	{
		if (key_is(key, len, "data"))
			decoder->complaint = decode_data(decoder);
		else if (key_is(key, len, "code"))
			ftx_scanner_slice(scanner, NULL, NULL, &decoder->page->code);
		else if (key_is(key, len, "message"))
			ftx_scanner_slice(scanner, NULL, NULL, &decoder->page->message);
		else
			skip_member(scanner);
	}
}

static bool
is_text(const FtxJsonValue *value)
{
	return value->kind == FTX_JSON_ABSENT || value->kind == FTX_JSON_NULL ||
		   value->kind == FTX_JSON_STRING;
}

/*
 * Is the body the object itself, without an envelope?  Then that is the item.
 */
static bool
decode_bare(Decoder *decoder, FtxSlice body)
{
	const FtxWanted *wanted = decoder->wanted;
	FtxJsonValue whole = {body.data, (int) body.len, FTX_JSON_OBJECT};

	if (wanted->shape != FTX_SHAPE_OBJECT ||
		decoder->page->code.kind != FTX_JSON_ABSENT ||
		ftx_page_member(&whole, wanted->bare).kind != FTX_JSON_STRING)
		return false;
	decoder->page->nitems = 0;
	ftx_page_project(&whole, wanted->projection, add_item(decoder->page));
	return true;
}

static const char *
check_parts(Decoder *decoder, FtxSlice body)
{
	FtxPage *page = decoder->page;

	if (!is_text(&page->code))
		return "Its \"code\" is not a string.";
	if (!is_text(&page->message))
		return "Its \"message\" is not a string.";
	if (decoder->data_kind == FTX_JSON_ABSENT && !decode_bare(decoder, body))
		return "It has no \"data\".";
	if (decoder->complaint == NULL && !is_text(&page->next_cursor))
		return "Its \"next_cursor\" is not a string.";
	return decoder->complaint;
}

/*
 * Before a body is scanned: is there anything that can be?
 */
static const char *
check_bytes(FtxSlice body)
{
	if (body.len == 0)
		return "It is empty.";
	if (body.len > MaxAllocSize)
		return "It is too large.";
	if (body.len >= 3 && memcmp(body.data, "\xEF\xBB\xBF", 3) == 0)
		return "It is not JSON: it begins with a byte order mark.";
	return NULL;
}

const char *
ftx_page_decode(FtxPage *page, FtxSlice body, const FtxWanted *wanted)
{
	Decoder decoder = {.page = page, .wanted = wanted};
	const char *complaint = check_bytes(body);
	bool object;

	memset(&page->code, 0, sizeof(page->code));
	memset(&page->message, 0, sizeof(page->message));
	memset(&page->next_cursor, 0, sizeof(page->next_cursor));
	page->nitems = 0;
	page->nslots = wanted->projection->nslots;
	page->body = body;
	page->names = NULL;
	page->maxnames = 0;
	page->found = NULL;
	page->nodes = NULL;
	page->around = NULL;
	page->nfound = page->maxfound = 0;
	if (complaint != NULL)
		return complaint;

	ftx_scanner_begin(&decoder.scanner, body.data, body.len);
	object = ftx_scanner_peek(&decoder.scanner) == '{';
	if (object)
		decode_top(&decoder);
	else
		skip_member(&decoder.scanner);
	complaint = ftx_scanner_finish(&decoder.scanner);
	if (complaint != NULL)
	{
		/* what came before the mistake says nothing */
		memset(&page->code, 0, sizeof(page->code));
		memset(&page->message, 0, sizeof(page->message));
		memset(&page->next_cursor, 0, sizeof(page->next_cursor));
	}
	else
		complaint = object ? check_parts(&decoder, body) :
							 "It is not an object.";
	if (complaint != NULL)
		page->nitems = 0;
	return complaint;
}

void
ftx_page_project(const FtxJsonValue *object, const FtxProjection *projection,
				 FtxJsonValue *values)
{
	FtxScanner scanner;

	memset(values, 0, sizeof(FtxJsonValue) * projection->nslots);
	ftx_scanner_begin(&scanner, object->text, object->len);
	ftx_scanner_value(&scanner, &projection->root, values);
}

FtxJsonValue
ftx_page_member(const FtxJsonValue *object, const char *path)
{
	FtxJsonValue value = {0};

	if (object->kind == FTX_JSON_OBJECT && path != NULL)
		ftx_page_project(object, ftx_projection_create(&path, 1), &value);
	return value;
}

const char *
ftx_page_envelope(FtxSlice body, FtxEnvelope *envelope)
{
	static const char *const members[] = {"code", "message", "data", ""};
	const char *complaint = check_bytes(body);
	FtxJsonValue values[lengthof(members)] = {0};
	FtxScanner scanner;

	memset(envelope, 0, sizeof(*envelope));
	if (complaint != NULL)
		return complaint;
	ftx_scanner_begin(&scanner, body.data, body.len);
	ftx_scanner_value(&scanner,
					  &ftx_projection_create(members, lengthof(members))->root,
					  values);
	complaint = ftx_scanner_finish(&scanner);
	if (complaint != NULL)
		return complaint;
	envelope->code = values[0];
	envelope->message = values[1];
	envelope->data = values[2];
	envelope->whole = values[3];
	return NULL;
}
