/*-------------------------------------------------------------------------
 *
 * page.c
 *		One answer of the API, taken apart into the values that are wanted.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "json/page.h"
#include "json/projection.h"
#include "json/scanner.h"
#include "json/value.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* Interrupts are served after so many items. */
#define INTERRUPT_CHECK_ITEMS 1000

static const FtxProjection nothing = {0};

typedef struct Decoder
{
	FtxScanner scanner;
	FtxPage *page;
	const FtxProjection *projection;
	FtxShape shape;
	FtxJsonKind top_kind;
	FtxJsonKind data_kind; /* ABSENT: there is no data */
	FtxJsonKind items_kind;
} Decoder;

ftx_noreturn static void
refuse(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROTOCOL_VIOLATION),
			 errmsg("the answer of the Fivetran API cannot be understood"),
			 errdetail("%s", detail)));
}

static bool
is_object_shape(const Decoder *decoder)
{
	return decoder->shape == FTX_SHAPE_OBJECT ||
		   decoder->shape == FTX_SHAPE_ANSWER;
}

static bool
key_is(const char *key, int len, const char *expected)
{
	return len == (int) strlen(expected) && memcmp(key, expected, len) == 0;
}

/*
 * Room for one more item; its slots are ABSENT.
 */
static FtxJsonValue *
new_item(Decoder *decoder)
{
	FtxPage *page = decoder->page;
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

/* ---------- the parts of an answer ---------- */

static void
decode_items(Decoder *decoder)
{
	FtxScanner *scanner = &decoder->scanner;
	const KeyNode *root = &decoder->projection->root;
	bool first = true;

	decoder->page->nitems = 0; /* of duplicates, the last counts */
	ftx_scanner_enter(scanner);
	while (ftx_scanner_element(scanner, &first))
	{
		if (ftx_scanner_peek(scanner) != '{' && scanner->failed == NULL)
			refuse("An item of the list is not an object.");
		ftx_scanner_value(scanner, root, new_item(decoder));
	}
}

static void
decode_list(Decoder *decoder)
{
	FtxScanner *scanner = &decoder->scanner;
	bool first = true;
	const char *key;
	int len;

	ftx_scanner_enter(scanner);
	while (ftx_scanner_member(scanner, &first, &key, &len))
	{
		if (key_is(key, len, "items"))
		{
			decoder->items_kind = ftx_json_kind(ftx_scanner_peek(scanner));
			if (decoder->items_kind == FTX_JSON_ARRAY)
			{
				decode_items(decoder);
				continue;
			}
		}
		else if (key_is(key, len, "next_cursor"))
		{
			ftx_scanner_slice(scanner, NULL, NULL, &decoder->page->next_cursor);
			continue;
		}
		ftx_scanner_value(scanner, NULL, NULL);
	}
}

static void
decode_data(Decoder *decoder)
{
	FtxScanner *scanner = &decoder->scanner;

	decoder->data_kind = ftx_json_kind(ftx_scanner_peek(scanner));
	if (decoder->shape == FTX_SHAPE_LIST)
	{
		if (decoder->data_kind == FTX_JSON_OBJECT)
			decode_list(decoder);
		else if (decoder->data_kind == FTX_JSON_ARRAY)
			decode_items(decoder);
		else
			ftx_scanner_value(scanner, NULL, NULL);
		return;
	}
	decoder->page->nitems = 0; /* of duplicates, the last counts */
	ftx_scanner_value(scanner, &decoder->projection->root, new_item(decoder));
}

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
		if (key_is(key, len, "data") && decoder->shape != FTX_SHAPE_MESSAGE)
			decode_data(decoder);
		else if (key_is(key, len, "code"))
			ftx_scanner_slice(scanner, NULL, NULL, &decoder->page->code);
		else if (key_is(key, len, "message"))
			ftx_scanner_slice(scanner, NULL, NULL, &decoder->page->message);
		else
			ftx_scanner_value(scanner, NULL, NULL);
	}
}

static void
check_text_member(const FtxJsonValue *value, const char *detail)
{
	if (value->kind != FTX_JSON_ABSENT && value->kind != FTX_JSON_NULL &&
		value->kind != FTX_JSON_STRING)
		refuse(detail);
}

static void
check_shape(Decoder *decoder)
{
	FtxPage *page = decoder->page;

	check_text_member(&page->code, "\"code\" is not a string.");
	check_text_member(&page->message, "\"message\" is not a string.");
	check_text_member(&page->next_cursor, "\"next_cursor\" is not a string.");
	if (decoder->top_kind != FTX_JSON_OBJECT)
		refuse("It is not an object.");
	if (decoder->shape == FTX_SHAPE_LIST)
	{
		if (decoder->data_kind == FTX_JSON_ABSENT)
			refuse("It has no \"data\".");
		if (decoder->data_kind != FTX_JSON_ARRAY &&
			(decoder->data_kind != FTX_JSON_OBJECT ||
			 decoder->items_kind != FTX_JSON_ARRAY))
			refuse("Its \"data\" has no list of \"items\".");
	}
	else if (is_object_shape(decoder) &&
			 decoder->data_kind != FTX_JSON_ABSENT &&
			 decoder->data_kind != FTX_JSON_OBJECT)
		refuse("Its \"data\" is not an object.");
}

/* ---------- decoding ---------- */

void
ftx_page_decode(FtxPage *page, const char *body, size_t len, FtxShape shape,
				const FtxProjection *projection)
{
	Decoder decoder = {.page = page, .shape = shape};
	const char *complaint;

	memset(&page->code, 0, sizeof(page->code));
	memset(&page->message, 0, sizeof(page->message));
	memset(&page->next_cursor, 0, sizeof(page->next_cursor));
	page->nitems = 0;
	decoder.projection = projection != NULL ? projection : &nothing;
	page->nslots = decoder.projection->nslots;
	if (len == 0 && (shape == FTX_SHAPE_MESSAGE || shape == FTX_SHAPE_ANSWER))
		return;
	if (len > MaxAllocSize)
		refuse("It is too long.");

	ftx_scanner_begin(&decoder.scanner, body, len);
	decoder.top_kind = ftx_json_kind(ftx_scanner_peek(&decoder.scanner));
	if (decoder.top_kind == FTX_JSON_OBJECT)
		decode_top(&decoder);
	else
		ftx_scanner_value(&decoder.scanner, NULL, NULL);
	complaint = ftx_scanner_finish(&decoder.scanner);
	if (complaint != NULL)
		refuse(complaint);

	/* the object itself, without an envelope */
	if (decoder.data_kind == FTX_JSON_ABSENT &&
		decoder.top_kind == FTX_JSON_OBJECT &&
		(shape == FTX_SHAPE_OBJECT ||
		 (shape == FTX_SHAPE_ANSWER && page->code.kind == FTX_JSON_ABSENT)))
	{
		ftx_scanner_begin(&decoder.scanner, body, len);
		ftx_scanner_value(&decoder.scanner, &decoder.projection->root,
						  new_item(&decoder));
	}
	if (shape == FTX_SHAPE_ANSWER && decoder.data_kind == FTX_JSON_NULL)
		page->nitems = 0;
	else
		check_shape(&decoder);
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

/* ---------- error answers ---------- */

bool
ftx_page_error(const char *body, size_t len, FtxJsonValue *code,
			   FtxJsonValue *message)
{
	Decoder decoder = {.shape = FTX_SHAPE_MESSAGE, .projection = &nothing};
	FtxPage page = {0};

	memset(code, 0, sizeof(*code));
	memset(message, 0, sizeof(*message));

	if (len == 0 || len > MaxAllocSize)
		return false;
	decoder.page = &page;
	ftx_scanner_begin(&decoder.scanner, body, len);
	if (ftx_scanner_peek(&decoder.scanner) != '{')
		return false;
	decode_top(&decoder);
	if (ftx_scanner_finish(&decoder.scanner) != NULL ||
		page.code.kind != FTX_JSON_STRING)
		return false;
	*code = page.code;
	if (page.message.kind == FTX_JSON_STRING)
		*message = page.message;
	return true;
}
