/*-------------------------------------------------------------------------
 *
 * run.h
 *		Runs of ordinary characters in a string.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_RUN_H
#define FTX_RUN_H

#include "json/chunk.h"
#include "json/scanner.h"

/*
 * The first byte from p on that ends a run of ordinary characters in a
 * string: a quote, a backslash or a control character.
 */
static inline const char *
ftx_scanner_run(FtxScanner *scanner, const char *p)
{
#ifdef FTX_CHUNKS
	FtxChunk seen = ftx_chunk_zero();

	for (;;)
	{
		const char *pause = scanner->pause;

		while (p + sizeof(FtxChunk) <= pause)
		{
			FtxChunk chunk = ftx_chunk_load(p);
			uint64 special = ftx_chunk_special(chunk);

			seen = ftx_chunk_or(seen, chunk);
			if (special != 0)
			{
				scanner->high |= ftx_chunk_high(seen);
				return p + ftx_chunk_first(special);
			}
			p += sizeof(FtxChunk);
		}
		if (pause >= scanner->end)
			break;
		ftx_scanner_pause(scanner, p);
	}
	scanner->high |= ftx_chunk_high(seen);
#endif
	for (; *p != '"' && *p != '\\' && (unsigned char) *p >= 0x20; p++)
	{
		scanner->high |= *p & 0x80;
		if (p >= scanner->pause && p < scanner->end)
			ftx_scanner_pause(scanner, p);
	}
	return p;
}

#endif /* FTX_RUN_H */
