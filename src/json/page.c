/*-------------------------------------------------------------------------
 *
 * page.c
 *		One answer of the API, taken apart into the values that are wanted.
 *
 * PostgreSQL's JSON parser walks the body; our callbacks follow it through a
 * tree of the wanted keys.  The lexer is told not to unescape, so nothing is
 * copied and a \u0000 in a value that nobody reads does no harm; the grammar
 * of escapes is still checked.  The price is that the parser does not hand
 * over the names of members, which are found by their place in the text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "common/jsonapi.h"
#include "json/page.h"
#include "json/projection.h"
#include "json/value.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#define INTERRUPT_CHECK_ITEMS 1000

/* Levels of an answer above the members of an item. */
#define ENVELOPE_LEVELS 4

/* Which part of an answer a member or element is. */
typedef enum Place
{
	PLACE_NOWHERE, /* nothing in there is wanted */
	PLACE_TOP,	   /* the answer itself */
	PLACE_CODE,
	PLACE_MESSAGE,
	PLACE_DATA,
	PLACE_ITEMS,
	PLACE_CURSOR,
	PLACE_IN_ITEM /* an item or something inside it: see node */
} Place;

/* One level of nesting that the parser is in. */
typedef struct Level
{
	Place place;
	const KeyNode *node; /* with PLACE_IN_ITEM */
	Place member;		 /* the member being parsed, and its node */
	const KeyNode *member_node;
	const char *start; /* of that member's or element's value */
	FtxJsonKind kind;
	bool is_array;
} Level;

typedef struct Decoder
{
	JsonLexContext *lex;
	FtxPage *page;
	const FtxProjection *projection;
	FtxShape shape;
	int maxitems;
	bool has_data;
	FtxJsonKind data_kind;
	FtxJsonKind items_kind;
	FtxJsonKind top_kind;
	int depth; /* of the stack; 0 outside of the answer */
	Level levels[FTX_MAX_JSON_DEPTH + 2];
} Decoder;

/* ---------- errors ---------- */

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

/* ---------- following the parser ---------- */

static FtxJsonKind
kind_of_token(JsonTokenType token)
{
	switch (token)
	{
		case JSON_TOKEN_STRING:
			return FTX_JSON_STRING;
		case JSON_TOKEN_NUMBER:
			return FTX_JSON_NUMBER;
		case JSON_TOKEN_TRUE:
			return FTX_JSON_TRUE;
		case JSON_TOKEN_FALSE:
			return FTX_JSON_FALSE;
		case JSON_TOKEN_OBJECT_START:
			return FTX_JSON_OBJECT;
		case JSON_TOKEN_ARRAY_START:
			return FTX_JSON_ARRAY;
		default:
			return FTX_JSON_NULL;
	}
}

static void
new_item(Decoder *decoder)
{
	FtxPage *page = decoder->page;
	int nslots = decoder->projection->nslots;

	if (page->nitems == decoder->maxitems)
	{
		decoder->maxitems = decoder->maxitems ? decoder->maxitems * 2 : 64;
		page->values = page->values == NULL ?
						   MemoryContextAllocHuge(CurrentMemoryContext,
												  sizeof(FtxJsonValue) *
													  (Size) nslots *
													  decoder->maxitems) :
						   repalloc_huge(page->values, sizeof(FtxJsonValue) *
														   (Size) nslots *
														   decoder->maxitems);
	}
	memset(ftx_page_value(page, page->nitems, 0), 0,
		   sizeof(FtxJsonValue) * nslots);
	if (++page->nitems % INTERRUPT_CHECK_ITEMS == 0)
		CHECK_FOR_INTERRUPTS();
}

/*
 * The value that begins at the present token is at a place: note what that
 * means.  Called before the parser enters it.
 */
static void
begin_value(Decoder *decoder, Level *level, Place place, const KeyNode *node)
{
	level->member = place;
	level->member_node = node;
	level->start = decoder->lex->token_start;
	level->kind = kind_of_token(decoder->lex->token_type);

	switch (place)
	{
		case PLACE_DATA:
			decoder->has_data = true;
			decoder->data_kind = level->kind;
			if (is_object_shape(decoder))
			{
				decoder->page->nitems = 0; /* of duplicates, the last counts */
				new_item(decoder);
				level->member = PLACE_IN_ITEM;
				level->member_node = &decoder->projection->root;
			}
			break;
		case PLACE_ITEMS:
			decoder->page->nitems = 0;
			decoder->items_kind = level->kind;
			break;
		default:
			break;
	}
}

/*
 * The value that began last at this level has ended: keep it if it is wanted.
 */
static void
end_value(Decoder *decoder, Level *level)
{
	FtxJsonValue value;

	if (level->member == PLACE_NOWHERE)
		return;
	value.text = level->start;
	value.len = (int) (decoder->lex->prev_token_terminator - level->start);
	value.kind = level->kind;
	switch (level->member)
	{
		case PLACE_CODE:
			decoder->page->code = value;
			break;
		case PLACE_MESSAGE:
			decoder->page->message = value;
			break;
		case PLACE_CURSOR:
			decoder->page->next_cursor = value;
			break;
		case PLACE_IN_ITEM:
			for (int i = 0; i < level->member_node->nslots; i++)
				*ftx_page_value(decoder->page, decoder->page->nitems - 1,
								level->member_node->slots[i]) = value;
			break;
		default:
			break;
	}
}

/*
 * Enter an object or array: it is the value that began last one level up.
 */
static void
push_level(Decoder *decoder, bool is_array)
{
	Level *parent = &decoder->levels[decoder->depth];
	Level *level;

	if (decoder->depth >= FTX_MAX_JSON_DEPTH)
		refuse("It is nested too deeply.");
	level = &decoder->levels[++decoder->depth];
	memset(level, 0, sizeof(*level));
	level->is_array = is_array;
	level->place = parent->member;
	level->node = parent->member_node;
}

static FTX_JSON_ACTION_RESULT
object_start(void *state)
{
	push_level(state, false);
	FTX_JSON_ACTION_OK;
}

static FTX_JSON_ACTION_RESULT
array_start(void *state)
{
	push_level(state, true);
	FTX_JSON_ACTION_OK;
}

static FTX_JSON_ACTION_RESULT
level_end(void *state)
{
	((Decoder *) state)->depth--;
	FTX_JSON_ACTION_OK;
}

/*
 * The key whose value begins at the present token.  The token before it was
 * the colon; the key's closing quote comes before that.  Returns the text
 * between the quotes, unescaped if it has a backslash.
 */
static const char *
member_key(Decoder *decoder, int *len)
{
	const char *end = decoder->lex->prev_token_terminator - 1; /* the colon */
	const char *start;
	FtxJsonValue key;

	do
		end--;
	while (*end != '"');
	for (start = end - 1;; start--)
	{
		const char *c = start;

		if (*start != '"')
			continue;
		while (c[-1] == '\\')
			c--;
		if ((start - c) % 2 == 0)
			break;
	}
	*len = (int) (end - start - 1);
	if (memchr(start, '\\', *len + 1) == NULL)
		return start + 1;

	/* the keys that are wanted are plain ASCII; others need not be exact */
	key.text = start;
	key.len = *len + 2;
	key.kind = FTX_JSON_STRING;
	return ftx_json_plain_key(&key, len);
}

static bool
key_is(const char *key, int len, const char *expected)
{
	return len == (int) strlen(expected) && memcmp(key, expected, len) == 0;
}

static Place
top_member(Decoder *decoder, const char *key, int len)
{
	if (key_is(key, len, "code"))
		return PLACE_CODE;
	if (key_is(key, len, "message"))
		return PLACE_MESSAGE;
	if (key_is(key, len, "data") && decoder->shape != FTX_SHAPE_MESSAGE)
		return PLACE_DATA;
	return PLACE_NOWHERE;
}

static FTX_JSON_ACTION_RESULT
member_start(void *state, char *fname, bool isnull)
{
	Decoder *decoder = state;
	Level *level = &decoder->levels[decoder->depth];
	Place place = PLACE_NOWHERE;
	const KeyNode *node = NULL;
	const char *key;
	int len;

	if (level->place != PLACE_NOWHERE &&
		(level->place != PLACE_IN_ITEM || level->node->children != NULL))
	{
		key = member_key(decoder, &len);
		if (level->place == PLACE_TOP)
			place = top_member(decoder, key, len);
		else if (level->place == PLACE_DATA && !level->is_array)
			place = key_is(key, len, "items")		? PLACE_ITEMS :
					key_is(key, len, "next_cursor") ? PLACE_CURSOR :
													  PLACE_NOWHERE;
		else if (level->place == PLACE_IN_ITEM)
		{
			node = ftx_projection_child(level->node, key, len);
			if (node != NULL)
				place = PLACE_IN_ITEM;
		}
	}
	begin_value(decoder, level, place, node);
	FTX_JSON_ACTION_OK;
}

static FTX_JSON_ACTION_RESULT
member_end(void *state, char *fname, bool isnull)
{
	Decoder *decoder = state;

	end_value(decoder, &decoder->levels[decoder->depth]);
	FTX_JSON_ACTION_OK;
}

/*
 * Elements matter only where items are: in data.items, or in data itself
 * where that is an array.
 */
static FTX_JSON_ACTION_RESULT
element_start(void *state, bool isnull)
{
	Decoder *decoder = state;
	Level *level = &decoder->levels[decoder->depth];

	if (level->place == PLACE_ITEMS ||
		(level->place == PLACE_DATA && decoder->shape == FTX_SHAPE_LIST))
	{
		if (decoder->lex->token_type != JSON_TOKEN_OBJECT_START)
			refuse("An item of the list is not an object.");
		new_item(decoder);
		begin_value(decoder, level, PLACE_IN_ITEM, &decoder->projection->root);
	}
	else
		level->member = PLACE_NOWHERE;
	FTX_JSON_ACTION_OK;
}

static FTX_JSON_ACTION_RESULT
element_end(void *state, bool isnull)
{
	Decoder *decoder = state;

	end_value(decoder, &decoder->levels[decoder->depth]);
	FTX_JSON_ACTION_OK;
}

/* ---------- decoding ---------- */

static void
parse(Decoder *decoder, const char *body, size_t len)
{
	JsonSemAction actions = {0};
	JsonParseErrorType error;

	if (len > MaxAllocSize || !pg_verify_mbstr(PG_UTF8, body, (int) len, true))
		refuse("It is not valid UTF-8.");
	decoder->lex = ftx_json_lexer(body, len, PG_UTF8, false);
	actions.semstate = decoder;
	actions.object_start = object_start;
	actions.object_end = level_end;
	actions.array_start = array_start;
	actions.array_end = level_end;
	actions.object_field_start = member_start;
	actions.object_field_end = member_end;
	actions.array_element_start = element_start;
	actions.array_element_end = element_end;
	error = pg_parse_json(decoder->lex, &actions);
	if (error != JSON_SUCCESS)
		ereport(ERROR,
				(errcode(ERRCODE_PROTOCOL_VIOLATION),
				 errmsg("the answer of the Fivetran API is not valid JSON"),
				 errdetail("The error is near byte %d of %d.",
						   (int) (decoder->lex->token_start ?
									  decoder->lex->token_start - body + 1 :
									  0),
						   (int) len)));
}

/*
 * The present token when parsing begins is the first one of the answer.
 */
static FtxJsonKind
first_kind(const char *body, size_t len)
{
	for (size_t i = 0; i < len; i++)
	{
		switch (body[i])
		{
			case ' ':
			case '\t':
			case '\n':
			case '\r':
				continue;
			case '{':
				return FTX_JSON_OBJECT;
			case '[':
				return FTX_JSON_ARRAY;
			default:
				return FTX_JSON_STRING;
		}
	}
	return FTX_JSON_ABSENT;
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
		if (!decoder->has_data)
			refuse("It has no \"data\".");
		if (decoder->data_kind != FTX_JSON_ARRAY &&
			(decoder->data_kind != FTX_JSON_OBJECT ||
			 decoder->items_kind != FTX_JSON_ARRAY))
			refuse("Its \"data\" has no list of \"items\".");
	}
	else if (is_object_shape(decoder) && decoder->has_data &&
			 decoder->data_kind != FTX_JSON_OBJECT)
		refuse("Its \"data\" is not an object.");
}

static void
decode(Decoder *decoder, const char *body, size_t len, Place top,
	   const KeyNode *node)
{
	decoder->levels[0].member = top;
	decoder->levels[0].member_node = node;
	decoder->depth = 0;
	parse(decoder, body, len);
}

/*
 * Take one object as the item.
 */
static void
decode_object(Decoder *decoder, const char *text, size_t len)
{
	const KeyNode *root = &decoder->projection->root;

	new_item(decoder);
	decode(decoder, text, len, PLACE_IN_ITEM, root);
	for (int i = 0; i < root->nslots; i++)
	{
		FtxJsonValue *whole = ftx_page_value(decoder->page, 0, root->slots[i]);

		whole->text = text;
		whole->len = (int) len;
		whole->kind = FTX_JSON_OBJECT;
	}
}

void
ftx_page_project(const FtxJsonValue *object, const FtxProjection *projection,
				 FtxJsonValue *values)
{
	Decoder *decoder = palloc0(sizeof(Decoder));
	FtxPage page = {.nslots = projection->nslots};

	decoder->page = &page;
	decoder->projection = projection;
	decoder->shape = FTX_SHAPE_OBJECT;
	decode_object(decoder, object->text, object->len);
	memcpy(values, page.values, sizeof(FtxJsonValue) * projection->nslots);
	pfree(page.values);
	pfree(decoder);
}

void
ftx_page_decode(FtxPage *page, const char *body, size_t len, FtxShape shape,
				const FtxProjection *projection)
{
	static const FtxProjection nothing = {0};
	Decoder *decoder;

	memset(page, 0, sizeof(*page));
	if (len == 0 && (shape == FTX_SHAPE_MESSAGE || shape == FTX_SHAPE_ANSWER))
		return;
	decoder = palloc0(sizeof(Decoder));
	decoder->page = page;
	decoder->projection = projection != NULL ? projection : &nothing;
	decoder->shape = shape;
	decoder->top_kind = first_kind(body, len);
	page->nslots = decoder->projection->nslots;
	decode(decoder, body, len, PLACE_TOP, NULL);

	if (!decoder->has_data && decoder->top_kind == FTX_JSON_OBJECT &&
		(shape == FTX_SHAPE_OBJECT ||
		 (shape == FTX_SHAPE_ANSWER && page->code.kind == FTX_JSON_ABSENT)))
	{
		/* the object itself, without an envelope */
		new_item(decoder);
		decode(decoder, body, len, PLACE_IN_ITEM, &decoder->projection->root);
		for (int i = 0; i < decoder->projection->root.nslots; i++)
		{
			FtxJsonValue *whole = ftx_page_value(
				page, 0, decoder->projection->root.slots[i]);

			whole->text = body;
			whole->len = (int) len;
			whole->kind = FTX_JSON_OBJECT;
		}
	}
	if (shape == FTX_SHAPE_ANSWER && decoder->data_kind == FTX_JSON_NULL)
		page->nitems = 0;
	else
		check_shape(decoder);
	pfree(decoder);
}

/*
 * Is nesting so deep that the parser's recursion could hit the stack limit?
 */
static bool
too_deep(const char *body, size_t len)
{
	int depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < len; i++)
	{
		char c = body[i];

		if (in_string)
		{
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		}
		else if (c == '"')
			in_string = true;
		else if (c == '{' || c == '[')
		{
			if (++depth > FTX_MAX_JSON_DEPTH)
				return true;
		}
		else if (c == '}' || c == ']')
			depth--;
	}
	return false;
}

bool
ftx_page_error(const char *body, size_t len, FtxJsonValue *code,
			   FtxJsonValue *message)
{
	FtxPage page;

	memset(code, 0, sizeof(*code));
	memset(message, 0, sizeof(*message));
	if (len == 0 || len > MaxAllocSize || too_deep(body, len) ||
		first_kind(body, len) != FTX_JSON_OBJECT ||
		!pg_verify_mbstr(PG_UTF8, body, (int) len, true) ||
		pg_parse_json(ftx_json_lexer(body, len, PG_UTF8, false),
					  &nullSemAction) != JSON_SUCCESS)
		return false;
	{
		Decoder *decoder = palloc0(sizeof(Decoder));
		static const FtxProjection nothing = {0};

		memset(&page, 0, sizeof(page));
		decoder->page = &page;
		decoder->projection = &nothing;
		decoder->shape = FTX_SHAPE_MESSAGE;
		decode(decoder, body, len, PLACE_TOP, NULL);
		pfree(decoder);
	}
	if (page.code.kind != FTX_JSON_STRING)
		return false;
	*code = page.code;
	if (page.message.kind == FTX_JSON_STRING)
		*message = page.message;
	return true;
}
