/*-------------------------------------------------------------------------
 *
 * jsonb.c
 *		From a slice of JSON to jsonb, in one pass.
 *
 * jsonb_in() parses the text, builds a tree of values (32 bytes for an element,
 * 72 for a member, and what they point to), sorts it and then writes jsonb,
 * without looking at interrupts.  Here the text has been checked already, and
 * its values go straight to where the result is built, in jsonb's own format
 * (utils/jsonb.h, which is that of the disk):
 *
 *		header, entries, data					an array
 *		header, entries, keys, values			an object, sorted by key
 *
 * The entries come first but are known last, so they wait on a stack until the
 * container ends, and then the data makes room for them.  As they are 4 bytes
 * each, what was aligned remains so.  The values of an object are moved into
 * the order of its keys at its end.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "fmgr.h"
#include "json/compat.h"
#include "json/json.h"
#include "json/jsonb_state.h"
#include "json/members.h"
#include "json/run.h"
#include "json/scanner.h"
#include "json/value.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

/* A limit that jsonb_in() has, and what reads jsonb relies on. */
#define MAX_ELEMENTS Min(MaxAllocSize / sizeof(JsonbValue), JB_CMASK)

static JEntry put_array(FtxJsonbBuild *builder);
static JEntry put_object(FtxJsonbBuild *builder);

/* ---------- scalars ---------- */

static void
check_string_length(Size len)
{
	if (unlikely(len > JENTRY_OFFLENMASK))
		ereport(
			ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("string too long to represent as jsonb string"),
			 errdetail(
				 "Due to an implementation restriction, jsonb strings cannot exceed %d bytes.",
				 JENTRY_OFFLENMASK)));
}

/*
 * Append the text between two quotes, in the server encoding; its length.
 */
static uint32
put_characters(FtxJsonbBuild *builder, const char *text, Size len, bool escaped)
{
	char *to = ftx_jsonb_room(builder, len);
	Size n;

	if (escaped)
	{
		int unescaped = ftx_json_unescape(text, (int) len, to);

		ftx_json_check_unescaped(unescaped);
		text = to;
		len = unescaped;
	}
	if (!builder->is_utf8)
	{
		const char *server = ftx_utf8_to_server(text, len, &n);

		if (server != text)
		{
			memcpy(ftx_jsonb_room(builder, n), server, n);
			pfree(unconstify(char *, server));
		}
		len = n;
	}
	else if (!escaped)
		memcpy(to, text, len);
	check_string_length(len);
	builder->len += len;
	return (uint32) len;
}

/*
 * Past the string at the position; *escaped tells whether it has escapes.
 */
static inline const char *
string_end(FtxJsonbBuild *builder, bool *escaped)
{
	FtxScanner *text = &builder->text;
	const char *p = ftx_scanner_run(text, text->p + 1);

	*escaped = *p == '\\';
	while (unlikely(*p == '\\'))
		p = ftx_scanner_run(text, p + 2);
	return p + 1;
}

static inline JEntry
put_string(FtxJsonbBuild *builder)
{
	const char *start = builder->text.p + 1;
	bool escaped;
	const char *end = string_end(builder, &escaped);
	Size len = end - start - 1;

	builder->text.p = end;
	if (unlikely(escaped || !builder->is_utf8))
		return put_characters(builder, start, len, escaped);
	ftx_jsonb_copy(ftx_jsonb_room(builder, len), start, len);
	check_string_length(len);
	builder->len += len;
	return (JEntry) len;
}

static Numeric
make_numeric(const char *text, Size len)
{
	FtxJsonValue slice = {text, (int) len, FTX_JSON_NUMBER};
	int32 integer;
	char *copy;
	Datum result;

	if (ftx_json_plain_int32(&slice, &integer))
		return int64_to_numeric(integer);
	copy = pnstrdup(text, len);
	result = DirectFunctionCall3(numeric_in, CStringGetDatum(copy),
								 ObjectIdGetDatum(InvalidOid),
								 Int32GetDatum(-1));
	pfree(copy);
	return DatumGetNumeric(result);
}

static JEntry
put_number(FtxJsonbBuild *builder)
{
	FtxScanner *text = &builder->text;
	const char *p = text->p;
	Size base = builder->len;
	Numeric number;
	Size len;

	for (; p < text->end && *p != ',' && *p != ']' && *p != '}' &&
		   !ftx_json_space(*p);
		 p++)
	{
		if (unlikely(p >= text->pause))
			ftx_scanner_pause(text, p);
	}
	number = make_numeric(text->p, p - text->p);
	text->p = p;
	len = VARSIZE_ANY(number);
	ftx_jsonb_pad(builder);
	memcpy(ftx_jsonb_room(builder, len), number, len);
	builder->len += len;
	pfree(number);
	return JENTRY_ISNUMERIC | (JEntry) (builder->len - base);
}

/* ---------- any value ---------- */

/*
 * Past white space from p on, where the text goes on.
 */
static inline char
next_char(FtxJsonbBuild *builder, const char *p)
{
	if (unlikely((unsigned char) *p <= ' '))
		p = ftx_json_skip_space(p);
	builder->text.p = p;
	return *p;
}

/*
 * To the next member or element of an open container; false at its bracket.
 */
static inline bool
next_entry(FtxJsonbBuild *builder, char closing)
{
	FtxScanner *text = &builder->text;
	char c = next_char(builder, text->p);

	if (unlikely(text->p >= text->pause))
		ftx_scanner_pause(text, text->p);
	if (c == ',')
		(void) next_char(builder, text->p + 1);
	return c != closing;
}

/*
 * Append the value at the position, and go past it; its entry, with its length
 * including the padding in front of it.  Inline, as most values are strings,
 * which cost less than a call does.
 */
static pg_attribute_always_inline JEntry
put_value(FtxJsonbBuild *builder)
{
	switch (*builder->text.p)
	{
		case '"':
			return put_string(builder);
		case '{':
			return put_object(builder);
		case '[':
			return put_array(builder);
		case 't':
			builder->text.p += 4;
			return JENTRY_ISBOOL_TRUE;
		case 'f':
			builder->text.p += 5;
			return JENTRY_ISBOOL_FALSE;
		case 'n':
			builder->text.p += 4;
			return JENTRY_ISNULL;
		default:
			return put_number(builder);
	}
}

/* ---------- arrays ---------- */

static void
push_entry(FtxJsonbBuild *builder, JEntry entry)
{
	if (builder->nentries == builder->maxentries)
	{
		builder->maxentries = Max(64, builder->maxentries * 2);
		builder->entries = builder->entries == NULL ?
							   palloc(sizeof(JEntry) * builder->maxentries) :
							   repalloc_huge(builder->entries,
											 sizeof(JEntry) *
												 builder->maxentries);
	}
	builder->entries[builder->nentries++] = entry;
}

/*
 * End the array whose data begins at `header` + 4: put its entries in front.
 */
static void
end_array(FtxJsonbBuild *builder, Size header, Size first_entry, uint32 flags)
{
	Size n = builder->nentries - first_entry;
	Size start = header + sizeof(uint32);
	Size space = n * sizeof(JEntry);

	ftx_jsonb_check_count(n, MAX_ELEMENTS, "array elements");
	ftx_jsonb_check_size(builder->len - header + space, "array elements");
	(void) ftx_jsonb_room(builder, space);
	memmove(builder->data + start + space, builder->data + start,
			builder->len - start);
	if (n > 0)
		memcpy(builder->data + start, builder->entries + first_entry, space);
	*(uint32 *) (builder->data + header) = (uint32) n | flags;
	builder->len += space;
	builder->nentries = first_entry;
}

static JEntry
put_array(FtxJsonbBuild *builder)
{
	Size base = builder->len;
	Size first_entry = builder->nentries;
	Size total = 0;
	Size header;

	ftx_jsonb_pad(builder);
	header = builder->len;
	(void) ftx_jsonb_room(builder, sizeof(uint32));
	builder->len += sizeof(uint32);
	builder->text.p++;
	while (next_entry(builder, ']'))
	{
		JEntry entry = put_value(builder);

		total += entry & JENTRY_OFFLENMASK;
		ftx_jsonb_check_size(total, "array elements");
		push_entry(builder, ftx_jsonb_entry(
								entry, builder->nentries - first_entry, total));
	}
	builder->text.p++;
	end_array(builder, header, first_entry, JB_FARRAY);
	return JENTRY_ISCONTAINER | (JEntry) (builder->len - base);
}

/* ---------- objects ---------- */

static inline FtxMember *
push_member(FtxJsonbBuild *builder)
{
	if (builder->nmembers == builder->maxmembers)
	{
		builder->maxmembers = Max(64, builder->maxmembers * 2);
		builder->members = builder->members == NULL ?
							   palloc(sizeof(FtxMember) * builder->maxmembers) :
							   repalloc_huge(builder->members,
											 sizeof(FtxMember) *
												 builder->maxmembers);
	}
	return &builder->members[builder->nmembers++];
}

/*
 * Take the key at the position.
 */
static inline void
put_key(FtxJsonbBuild *builder, FtxMember *member)
{
	const char *start = builder->text.p + 1;
	bool escaped;
	const char *end = string_end(builder, &escaped);

	builder->text.p = end;
	member->key = (uint32) (start - builder->text.body);
	member->keylen = (uint32) (end - start - 1);
	if (unlikely(escaped || !builder->is_utf8))
	{
		member->key = (uint32) builder->len;
		member->keylen = FTX_KEY_IN_DATA |
						 put_characters(builder, start, member->keylen,
										escaped);
	}
}

static JEntry
put_object(FtxJsonbBuild *builder)
{
	Size base = builder->len;
	Size first_member = builder->nmembers;
	Size keys = 0;
	Size header;

	ftx_jsonb_pad(builder);
	header = builder->len;
	builder->text.p++;
	while (next_entry(builder, '}'))
	{
		FtxMember member;
		Size at;

		put_key(builder, &member);
		keys += ftx_member_keylen(&member);
		(void) next_char(builder, builder->text.p); /* the colon */
		(void) next_char(builder, builder->text.p + 1);
		at = builder->len;
		member.value = put_value(builder) & JENTRY_TYPEMASK;
		if (ftx_jsonb_is_aligned(member.value))
			at = INTALIGN(at);
		member.at = (uint32) at;
		member.value |= (JEntry) (builder->len - at);
		*push_member(builder) = member;
	}
	builder->text.p++;
	ftx_jsonb_end_object(builder, header, first_member, keys);
	return JENTRY_ISCONTAINER | (JEntry) (builder->len - base);
}

/*
 * Room to begin with: while an object ends, its values stand there twice, so
 * that makes a second allocation rare.  What is large may be an array, which
 * needs less, and a copy more is little beside the rest.
 */
static Size
first_size(Size len)
{
	return (len < FTX_PAUSE_BYTES ? 2 * len : len) + len / 4 + 256;
}

static Datum
build_jsonb(const FtxJsonValue *value)
{
	FtxJsonbBuild builder;
	Size header = VARHDRSZ;

	builder.size = first_size(value->len);
	builder.data = palloc(builder.size);
	builder.len = VARHDRSZ;
	builder.is_utf8 = GetDatabaseEncoding() == PG_UTF8;
	builder.entries = NULL;
	builder.nentries = builder.maxentries = 0;
	builder.members = NULL;
	builder.nmembers = builder.maxmembers = 0;
	ftx_scanner_begin(&builder.text, value->text, value->len);
	if (value->kind == FTX_JSON_OBJECT || value->kind == FTX_JSON_ARRAY)
		(void) put_value(&builder);
	else
	{
		/* a scalar is an array of one element, with a mark */
		builder.len += sizeof(uint32);
		push_entry(&builder, 0);
		builder.entries[0] = put_value(&builder);
		builder.entries[0] = ftx_jsonb_entry(
			builder.entries[0], 0, builder.entries[0] & JENTRY_OFFLENMASK);
		end_array(&builder, header, 0, JB_FARRAY | JB_FSCALAR);
	}
	if (builder.entries != NULL)
		pfree(builder.entries);
	if (builder.members != NULL)
		pfree(builder.members);
	SET_VARSIZE(builder.data, builder.len);
	return PointerGetDatum(builder.data);
}

Datum
ftx_json_jsonb_in(const FtxJsonValue *value)
{
	char *text = ftx_json_server_text(value->text, value->len);
	Datum result = DirectFunctionCall1(jsonb_in, CStringGetDatum(text));

	pfree(text);
	return result;
}

Datum
ftx_json_jsonb(const FtxJsonValue *value)
{
	if (!FTX_JSONB_WAS_COMPARED)
		return ftx_json_jsonb_in(value);
	return build_jsonb(value);
}
