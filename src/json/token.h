/*-------------------------------------------------------------------------
 *
 * token.h
 *		Tokens of JSON, for the scanner and what walks with it.
 *
 * Private to scanner.c and walk.c.  What skips takes the position and gives the
 * one that follows; NULL is a failure, which has been noted.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_TOKEN_H
#define FTX_TOKEN_H

#include "json/json.h"
#include "json/run.h"
#include "json/scanner.h"

/* Note where it failed.  The scanner goes to the end and stays there. */
extern const char *ftx_scanner_failed(FtxScanner *scanner, const char *p);

/* Past white space, where there is some. */
extern const char *ftx_skip_blanks(FtxScanner *scanner, const char *p);

/* The rest of a string, from its first special character on. */
extern const char *ftx_skip_special(FtxScanner *scanner, const char *p);

static inline const char *
ftx_skip_space(FtxScanner *scanner, const char *p)
{
	return (unsigned char) *p > ' ' ? p : ftx_skip_blanks(scanner, p);
}

/*
 * Past a string whose opening quote is at p.
 */
static inline const char *
ftx_skip_string(FtxScanner *scanner, const char *p)
{
	p = ftx_scanner_run(scanner, p + 1);
	return likely(*p == '"') ? p + 1 : ftx_skip_special(scanner, p);
}

/*
 * Into a container, whose bracket is at p.
 */
static inline const char *
ftx_enter_container(FtxScanner *scanner, const char *p)
{
	return ++scanner->depth <= FTX_MAX_JSON_DEPTH ?
			   p + 1 :
			   ftx_scanner_failed(scanner, p);
}

/*
 * After a member or element: before the next one, or past the closing bracket;
 * *more tells which.
 */
static inline const char *
ftx_skip_comma(FtxScanner *scanner, const char *p, char closing, bool *more)
{
	p = ftx_skip_space(scanner, p);
	*more = *p == ',';
	if (*more)
	{
		if (unlikely(p >= scanner->pause))
			ftx_scanner_pause(scanner, p);
		return ftx_skip_space(scanner, p + 1);
	}
	if (*p != closing)
		return ftx_scanner_failed(scanner, p);
	scanner->depth--;
	return p + 1;
}

/*
 * Go on at p; false if that is a failure, which has been noted.
 */
static inline bool
ftx_scanner_go_on(FtxScanner *scanner, const char *p)
{
	if (unlikely(p == NULL))
		return false;
	scanner->p = p;
	return true;
}

#endif /* FTX_TOKEN_H */
