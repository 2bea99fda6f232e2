/*-------------------------------------------------------------------------
 *
 * printable.h
 *		Which characters may stand in a log and on a terminal.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_PRINTABLE_H
#define FTX_PRINTABLE_H

#include "postgres.h"

/*
 * Is the code point a character that is seen, or a blank?  Not control
 * characters, those that are invisible or change how what follows is shown,
 * and surrogates, which are none.
 */
extern bool ftx_code_printable(uint32 code);

#endif /* FTX_PRINTABLE_H */
