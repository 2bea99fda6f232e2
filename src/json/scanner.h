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
 * It is the one place where fivetrex does by itself what PostgreSQL can do.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_SCANNER_H
#define FTX_SCANNER_H

#include "json/page.h"
#include "json/projection.h"

typedef struct FtxScanner
{
	const char *body; /* for the position of errors */
	const char *p;	  /* what comes next */
	const char *end;
	int depth;
} FtxScanner;

/* The text must be valid UTF-8 without NUL; scanning starts at its begin. */
extern void
ftx_scanner_begin(FtxScanner *scanner, const char *text, size_t len);

/* Skip white space, and look at the next character; '\0' at the end. */
extern char ftx_scanner_peek(FtxScanner *scanner);

/*
 * Scan the value that comes next.  Values that the projection's node, or a
 * node below it, wants are put into their slots of `values`; NULL node: none.
 * Throws ERRCODE_PROTOCOL_VIOLATION for what is not JSON or nested deeper
 * than FTX_MAX_JSON_DEPTH.
 */
extern void ftx_scanner_value(FtxScanner *scanner, const KeyNode *node,
							  FtxJsonValue *values);

/* The same, and the value itself as a slice. */
extern void ftx_scanner_slice(FtxScanner *scanner, const KeyNode *node,
							  FtxJsonValue *values, FtxJsonValue *slice);

/*
 * Walk the members of an object by hand.  ftx_scanner_enter() takes the opening
 * bracket (that peek has shown); then each call of ftx_scanner_member() sets the
 * key (between its quotes, unescaped) and stands before the value, which the
 * caller scans; it returns false after the closing bracket.  `first` starts
 * as true.
 */
extern void ftx_scanner_enter(FtxScanner *scanner);
extern bool ftx_scanner_member(FtxScanner *scanner, bool *first,
							   const char **key, int *keylen);

/* The same for the elements of an array. */
extern bool ftx_scanner_element(FtxScanner *scanner, bool *first);

/* Nothing but white space must follow. */
extern void ftx_scanner_finish(FtxScanner *scanner);

#endif /* FTX_SCANNER_H */
