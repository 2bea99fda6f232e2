/*-------------------------------------------------------------------------
 *
 * run.h
 *		Runs of ordinary characters in a string.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_RUN_H
#define FTX_RUN_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "json/scanner.h"
#include "port/pg_bitutils.h"

/*
 * The first byte from p on that ends a run of ordinary characters in a
 * string: a quote, a backslash or a control character.
 */
static inline const char *
ftx_scanner_run(FtxScanner *scanner, const char *p)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i backslash = _mm_set1_epi8('\\');
	const __m128i last_control = _mm_set1_epi8(0x1F);
	__m128i seen = _mm_setzero_si128();

	for (;;)
	{
		const char *pause = scanner->pause;

		while (p + sizeof(__m128i) <= pause)
		{
			__m128i chunk = _mm_loadu_si128((const __m128i *) p);
			__m128i control = _mm_cmpeq_epi8(_mm_min_epu8(chunk, last_control),
											 chunk);
			__m128i found = _mm_or_si128(
				_mm_or_si128(_mm_cmpeq_epi8(chunk, quote),
							 _mm_cmpeq_epi8(chunk, backslash)),
				control);
			int mask = _mm_movemask_epi8(found);

			seen = _mm_or_si128(seen, chunk);
			if (mask != 0)
			{
				scanner->high |= _mm_movemask_epi8(seen);
				return p + pg_rightmost_one_pos32((uint32) mask);
			}
			p += sizeof(__m128i);
		}
		if (pause >= scanner->end)
			break;
		ftx_scanner_pause(scanner, p);
	}
	scanner->high |= _mm_movemask_epi8(seen);
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
