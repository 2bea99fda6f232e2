/*-------------------------------------------------------------------------
 *
 * scanner.h
 *		A scanner that checks all of a JSON text and builds nothing.
 *
 * PostgreSQL's own parser costs 4 us per kilobyte, most of it on values that
 * a query never looks at.  This one accepts and refuses exactly the same
 * texts (RFC 8259 as in src/common/jsonapi.c: the whole grammar, strings with
 * valid escapes and no control characters, nothing after the end), and leaves
 * what is wanted as slices.  test/unit/json compares the two.
 *
 * It allocates nothing but room for one key with escapes, and serves interrupts
 * at least every FTX_PAUSE_BYTES of the text.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SCANNER_H
#define FTX_SCANNER_H

#include "json/json.h"
#include "json/projection.h"

/* Interrupts are served after so many bytes of input, everywhere. */
#define FTX_PAUSE_BYTES (64 * 1024)

/* Longer keys with escapes are none that anybody asks for by name. */
#define FTX_MAX_ESCAPED_KEY 256

/*
 * Once something is wrong the scanner stands at the end and stays there, so
 * that every walk ends soon; what it has handed out since is of no use, and
 * ftx_scanner_finish() says what was wrong.
 */
typedef struct FtxScanner
{
	const char *body;	/* for the position of errors */
	const char *p;		/* what comes next */
	const char *end;	/* *end is readable, and no part of a token */
	const char *pause;	/* from here on interrupts are due; at most end */
	int depth;			/* of containers around p */
	int high;			/* not 0: maybe bytes beyond ASCII have been seen */
	const char *failed; /* where it went wrong; NULL: nowhere so far */
	bool too_deep;		/* and it is this */
	const char *name;	/* of the last member, as it is written, with its */
	int namelen;		/* quotes */
	char *room;			/* for a key without its escapes, palloc'ed */
	int room_size;
} FtxScanner;

/*
 * Scanning starts at the text's begin.  What follows the text must be '\0', or
 * the text a value that has been scanned before.
 */
extern void
ftx_scanner_begin(FtxScanner *scanner, const char *text, size_t len);

/* Skip white space, and look at the next character; '\0' at the end. */
extern char ftx_scanner_peek(FtxScanner *scanner);

/*
 * Scan the value that comes next.  Values that the projection's node, or a
 * node below it, wants are put into their slots of `values`; NULL node: none.
 * Of members that stand twice the last one counts.  What is not JSON, or
 * nested deeper than FTX_MAX_JSON_DEPTH, is for ftx_scanner_finish() to tell.
 */
extern void ftx_scanner_value(FtxScanner *scanner, const KeyNode *node,
							  FtxJsonValue *values);

/* The same, and the value itself as a slice; ABSENT when it is wrong. */
extern void ftx_scanner_slice(FtxScanner *scanner, const KeyNode *node,
							  FtxJsonValue *values, FtxJsonValue *slice);

/*
 * Walk the members of an object by hand.  ftx_scanner_enter() takes the opening
 * bracket (that peek has shown); then each call of ftx_scanner_member() sets
 * the key (between its quotes, unescaped, valid until the next call; NULL: it
 * is not wanted) and stands before the value, which the caller scans; it
 * returns false after the closing bracket, and when the text is wrong.  `first`
 * starts as true.
 */
extern void ftx_scanner_enter(FtxScanner *scanner);
extern bool ftx_scanner_member(FtxScanner *scanner, bool *first,
							   const char **key, int *keylen);

/* The same for the elements of an array. */
extern bool ftx_scanner_element(FtxScanner *scanner, bool *first);

/*
 * Nothing but white space must follow.  NULL, or what is wrong with the text as
 * a sentence, static or in the current context: it is not JSON, nested too
 * deeply, or not valid UTF-8.
 */
extern const char *ftx_scanner_finish(FtxScanner *scanner);

/*
 * The end of the value that begins at p, of a text that has been scanned
 * before and ends at `end`.
 */
extern const char *ftx_scanner_skip(const char *p, const char *end);

/* Serve interrupts, which are due at p. */
extern void ftx_scanner_pause(FtxScanner *scanner, const char *p);

#endif /* FTX_SCANNER_H */
