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

/* Limits that jsonb_in() has, and what reads jsonb relies on. */
#define MAX_ELEMENTS Min(MaxAllocSize / sizeof(JsonbValue), JB_CMASK)
#define MAX_MEMBERS Min(MaxAllocSize / sizeof(JsonbPair), JB_CMASK)

typedef struct Builder
{
	FtxScanner text; /* only its position, run and pause */

	char *data; /* the result, and behind it what is being built */
	Size len;
	Size size;

	JEntry *entries; /* of the arrays that have not ended */
	Size nentries;
	Size maxentries;

	FtxMember *members; /* of the objects that have not ended */
	Size nmembers;
	Size maxmembers;
} Builder;

static JEntry put_value(Builder *builder);

/* ---------- the result ---------- */

static void
check_size(Size size, const char *of)
{
	if (size > JENTRY_OFFLENMASK)
		ereport(
			ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("total size of jsonb %s exceeds the maximum of %u bytes",
					of, JENTRY_OFFLENMASK)));
}

static void
check_count(Size count, Size maximum, const char *of)
{
	if (count > maximum)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("number of jsonb %s exceeds the maximum allowed (%zu)",
						of, maximum)));
}

/*
 * Room for n bytes at the end of the data, which are not taken yet.
 */
static inline char *
jsonb_room(Builder *builder, Size n)
{
	if (unlikely(builder->size - builder->len < n))
	{
		builder->size = Max(builder->size * 2, builder->len + n);
		if (builder->size > PG_UINT32_MAX)
			check_size(builder->len + n, "values");
		builder->data = repalloc_huge(builder->data, builder->size);
	}
	return builder->data + builder->len;
}

static inline void
pad_to_int(Builder *builder)
{
	while (builder->len % sizeof(uint32) != 0)
	{
		*jsonb_room(builder, 1) = '\0';
		builder->len++;
	}
}

/* ---------- scalars ---------- */

/*
 * Append the text between two quotes, in the server encoding; its length.
 */
static uint32
put_characters(Builder *builder, const char *text, Size len, bool escaped)
{
	char *to = jsonb_room(builder, len);
	Size n;

	if (escaped)
	{
		int unescaped = ftx_json_unescape(text, (int) len, to);

		ftx_json_check_unescaped(unescaped);
		text = to;
		len = unescaped;
	}
	if (GetDatabaseEncoding() != PG_UTF8)
	{
		const char *server = ftx_utf8_to_server(text, len, &n);

		if (server != text)
		{
			memcpy(jsonb_room(builder, n), server, n);
			pfree(unconstify(char *, server));
		}
		len = n;
	}
	else if (!escaped)
		memcpy(to, text, len);
	if (len > JENTRY_OFFLENMASK)
		ereport(
			ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("string too long to represent as jsonb string"),
			 errdetail(
				 "Due to an implementation restriction, jsonb strings cannot exceed %d bytes.",
				 JENTRY_OFFLENMASK)));
	builder->len += len;
	return (uint32) len;
}

/*
 * Past the string at the position; *escaped tells whether it has escapes.
 */
static const char *
string_end(Builder *builder, bool *escaped)
{
	FtxScanner *text = &builder->text;
	const char *p = ftx_scanner_run(text, text->p + 1);

	*escaped = *p == '\\';
	while (*p == '\\')
		p = ftx_scanner_run(text, p + 2);
	return p + 1;
}

static JEntry
put_string(Builder *builder)
{
	const char *start = builder->text.p + 1;
	bool escaped;
	const char *end = string_end(builder, &escaped);

	builder->text.p = end;
	return put_characters(builder, start, end - start - 1, escaped);
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
put_number(Builder *builder)
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
	pad_to_int(builder);
	memcpy(jsonb_room(builder, len), number, len);
	builder->len += len;
	pfree(number);
	return JENTRY_ISNUMERIC | (JEntry) (builder->len - base);
}

/* ---------- arrays ---------- */

static void
push_entry(Builder *builder, JEntry entry)
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
 * An entry as it is stored: each JB_OFFSET_STRIDE-th one has the offset of its
 * end instead of its length.
 */
static inline JEntry
stored_entry(JEntry entry, Size number, Size total)
{
	return number % JB_OFFSET_STRIDE == 0 ?
			   (entry & JENTRY_TYPEMASK) | (JEntry) total | JENTRY_HAS_OFF :
			   entry;
}

/*
 * End the array whose data begins at `header` + 4: put its entries in front.
 */
static void
end_array(Builder *builder, Size header, Size first_entry, uint32 flags)
{
	Size n = builder->nentries - first_entry;
	Size start = header + sizeof(uint32);
	Size space = n * sizeof(JEntry);

	check_count(n, MAX_ELEMENTS, "array elements");
	check_size(builder->len - header + space, "array elements");
	(void) jsonb_room(builder, space);
	memmove(builder->data + start + space, builder->data + start,
			builder->len - start);
	if (n > 0)
		memcpy(builder->data + start, builder->entries + first_entry, space);
	*(uint32 *) (builder->data + header) = (uint32) n | flags;
	builder->len += space;
	builder->nentries = first_entry;
}

/*
 * Past white space from p on, where the text goes on.
 */
static inline char
next_char(Builder *builder, const char *p)
{
	FtxScanner *text = &builder->text;

	if (unlikely(p >= text->pause && p < text->end))
		ftx_scanner_pause(text, p);
	if (ftx_json_space(*p))
		p = ftx_json_skip_space(p);
	text->p = p;
	return *p;
}

static JEntry
put_array(Builder *builder)
{
	Size base = builder->len;
	Size first_entry = builder->nentries;
	Size total = 0;
	Size header;

	pad_to_int(builder);
	header = builder->len;
	(void) jsonb_room(builder, sizeof(uint32));
	builder->len += sizeof(uint32);
	for (char c = next_char(builder, builder->text.p + 1); c != ']';
		 c = next_char(builder, builder->text.p))
	{
		JEntry entry;

		if (c == ',')
			(void) next_char(builder, builder->text.p + 1);
		entry = put_value(builder);
		total += entry & JENTRY_OFFLENMASK;
		check_size(total, "array elements");
		push_entry(builder,
				   stored_entry(entry, builder->nentries - first_entry, total));
	}
	builder->text.p++;
	end_array(builder, header, first_entry, JB_FARRAY);
	return JENTRY_ISCONTAINER | (JEntry) (builder->len - base);
}

/* ---------- objects ---------- */

/* Does padding stand before the value? */
static inline bool
is_aligned(JEntry value)
{
	return JBE_ISNUMERIC(value) || JBE_ISCONTAINER(value);
}

/*
 * Write keys and values of an object behind all data, from `to` on, in the
 * order of its members; where that ends.
 */
static Size
write_members(Builder *builder, const FtxMember *members, Size n, Size to)
{
	Size at = to + sizeof(uint32) + 2 * n * sizeof(JEntry);
	Size total = 0;
	JEntry *entries = (JEntry *) (builder->data + to + sizeof(uint32));

	for (Size i = 0; i < n; i++)
	{
		uint32 len = ftx_member_keylen(&members[i]);

		memcpy(builder->data + at,
			   ftx_member_key(builder->text.body, builder->data, &members[i]),
			   len);
		at += len;
		total += len;
		entries[i] = stored_entry(len, i, total);
		if (i % 1024 == 1023)
			CHECK_FOR_INTERRUPTS();
	}
	for (Size i = 0; i < n; i++)
	{
		JEntry value = members[i].value;
		Size start = at;

		while (is_aligned(value) && at % sizeof(uint32) != 0)
			builder->data[at++] = '\0';
		memcpy(builder->data + at, builder->data + members[i].at,
			   JBE_OFFLENFLD(value));
		at += JBE_OFFLENFLD(value);
		total += at - start;
		entries[n + i] = stored_entry(
			(value & JENTRY_TYPEMASK) | (JEntry) (at - start), n + i, total);
		if (i % 1024 == 1023)
			CHECK_FOR_INTERRUPTS();
	}
	return at;
}

/*
 * End the object whose values stand in the data from `header` on.
 */
static void
end_object(Builder *builder, Size header, Size first_member)
{
	FtxMember *members = builder->members + first_member;
	Size n = builder->nmembers - first_member;
	Size to = INTALIGN(builder->len);
	Size size = sizeof(uint32);
	Size end;

	check_count(n, MAX_MEMBERS, "object pairs");
	n = ftx_members_sort(builder->text.body, builder->data, members, n);
	/* up to three bytes of padding for each value */
	for (Size i = 0; i < n; i++)
		size += 2 * sizeof(JEntry) + ftx_member_keylen(&members[i]) +
				JBE_OFFLENFLD(members[i].value) + 3;
	(void) jsonb_room(builder, to - builder->len + size);
	end = write_members(builder, members, n, to);
	check_size(end - to, "object elements");
	*(uint32 *) (builder->data + to) = (uint32) n | JB_FOBJECT;
	memmove(builder->data + header, builder->data + to, end - to);
	builder->len = header + (end - to);
	builder->nmembers = first_member;
}

static FtxMember *
push_member(Builder *builder)
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
static void
put_key(Builder *builder, FtxMember *member)
{
	const char *start = builder->text.p + 1;
	bool escaped;
	const char *end = string_end(builder, &escaped);

	builder->text.p = end;
	member->key = (uint32) (start - builder->text.body);
	member->keylen = (uint32) (end - start - 1);
	if (escaped || GetDatabaseEncoding() != PG_UTF8)
	{
		member->key = (uint32) builder->len;
		member->keylen = FTX_KEY_IN_DATA |
						 put_characters(builder, start, member->keylen,
										escaped);
	}
}

static JEntry
put_object(Builder *builder)
{
	Size base = builder->len;
	Size first_member = builder->nmembers;
	Size header;

	pad_to_int(builder);
	header = builder->len;
	for (char c = next_char(builder, builder->text.p + 1); c != '}';
		 c = next_char(builder, builder->text.p))
	{
		FtxMember member;
		Size at;

		if (c == ',')
			(void) next_char(builder, builder->text.p + 1);
		put_key(builder, &member);
		(void) next_char(builder, builder->text.p); /* the colon */
		(void) next_char(builder, builder->text.p + 1);
		at = builder->len;
		member.value = put_value(builder) & JENTRY_TYPEMASK;
		if (is_aligned(member.value))
			at = INTALIGN(at);
		member.at = (uint32) at;
		member.value |= (JEntry) (builder->len - at);
		*push_member(builder) = member;
	}
	builder->text.p++;
	end_object(builder, header, first_member);
	return JENTRY_ISCONTAINER | (JEntry) (builder->len - base);
}

/*
 * Append the value at the position, and go past it; its entry, with its length
 * including the padding in front of it.
 */
static JEntry
put_value(Builder *builder)
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

static Datum
build_jsonb(const FtxJsonValue *value)
{
	Builder builder;
	Size header = VARHDRSZ;

	builder.size = value->len + value->len / 4 + 256;
	builder.data = palloc(builder.size);
	builder.len = VARHDRSZ;
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
		builder.entries[0] = stored_entry(
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
