/*-------------------------------------------------------------------------
 *
 * walk.c
 *		Walking over objects and arrays by hand.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "json/scanner.h"
#include "json/token.h"
#include "json/value.h"

char
ftx_scanner_peek(FtxScanner *scanner)
{
	scanner->p = ftx_skip_space(scanner, scanner->p);
	return *scanner->p;
}

void
ftx_scanner_enter(FtxScanner *scanner)
{
	(void) ftx_scanner_go_on(scanner, ftx_enter_container(scanner, scanner->p));
}

/*
 * Before the next member or element: past the comma, or out of the container.
 */
static inline bool
next_in(FtxScanner *scanner, bool *first, char closing)
{
	bool more = true;
	const char *p = ftx_skip_space(scanner, scanner->p);

	if (!*first || *p == closing)
		p = ftx_skip_comma(scanner, p, closing, &more);
	*first = false;
	return ftx_scanner_go_on(scanner, p) && more;
}

/*
 * The present name without its quotes and escapes.
 */
static void
plain_key(FtxScanner *scanner, const char **key, int *keylen)
{
	*key = scanner->name + 1;
	*keylen = scanner->namelen - 2;
	if (memchr(*key, '\\', *keylen) == NULL)
		return;
	if (*keylen > scanner->room_size)
	{
		if (scanner->room != NULL)
			pfree(scanner->room);
		scanner->room_size = Max(*keylen, FTX_MAX_ESCAPED_KEY);
		scanner->room = palloc(scanner->room_size);
	}
	/* a key that cannot be represented is none that anybody wants */
	*keylen = ftx_json_unescape(*key, *keylen, scanner->room);
	*keylen = Max(*keylen, 0);
	*key = scanner->room;
}

bool
ftx_scanner_member(FtxScanner *scanner, bool *first, const char **key,
				   int *keylen)
{
	const char *p;
	const char *end;

	if (!next_in(scanner, first, '}'))
		return false;
	p = scanner->p;
	if (*p != '"')
	{
		(void) ftx_scanner_failed(scanner, p);
		return false;
	}
	end = ftx_skip_string(scanner, p);
	if (!ftx_scanner_go_on(scanner, end))
		return false;
	scanner->name = p;
	scanner->namelen = (int) (end - p);
	if (key != NULL)
		plain_key(scanner, key, keylen);
	if (ftx_scanner_peek(scanner) != ':')
	{
		(void) ftx_scanner_failed(scanner, scanner->p);
		return false;
	}
	scanner->p++;
	return true;
}

bool
ftx_scanner_element(FtxScanner *scanner, bool *first)
{
	return next_in(scanner, first, ']');
}
