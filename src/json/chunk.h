/*-------------------------------------------------------------------------
 *
 * chunk.h
 *		16 bytes of a string at a time.
 *
 * By SSE2, which every x86-64 has, or by NEON, which every 64-bit ARM has;
 * PostgreSQL's own port/simd.h comes with 16.  FTX_CHUNKS is defined where the
 * processor can.  test/t/090_scanner.pl compares the ways with PostgreSQL's
 * parser: FTX_SCALAR_RUNS and FTX_EMULATED_NEON are for it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_CHUNK_H
#define FTX_CHUNK_H

#if defined(FTX_EMULATED_NEON) ||                                              \
	(defined(__aarch64__) && defined(__ARM_NEON) && !defined(__AARCH64EB__))
#define FTX_RUN_BY_NEON
#include <arm_neon.h>
#elif defined(__SSE2__) && !defined(FTX_SCALAR_RUNS)
#define FTX_RUN_BY_SSE2
#include <emmintrin.h>
#endif

#include "port/pg_bitutils.h"

/*
 * A chunk is 16 bytes.  Of those that end a run (a quote, a backslash, a
 * control character) ftx_chunk_special() gives a mask, 0 if there is none, and
 * ftx_chunk_first() the first one's place.
 */
#if defined(FTX_RUN_BY_SSE2)

typedef __m128i FtxChunk;
#define FTX_CHUNKS

static inline FtxChunk
ftx_chunk_load(const char *p)
{
	return _mm_loadu_si128((const __m128i *) p);
}

static inline FtxChunk
ftx_chunk_zero(void)
{
	return _mm_setzero_si128();
}

static inline FtxChunk
ftx_chunk_or(FtxChunk a, FtxChunk b)
{
	return _mm_or_si128(a, b);
}

static inline uint32
ftx_chunk_special(FtxChunk chunk)
{
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i backslash = _mm_set1_epi8('\\');
	const __m128i last_control = _mm_set1_epi8(0x1F);
	__m128i control = _mm_cmpeq_epi8(_mm_min_epu8(chunk, last_control), chunk);

	return (uint32) _mm_movemask_epi8(
		_mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(chunk, quote),
								  _mm_cmpeq_epi8(chunk, backslash)),
					 control));
}

static inline int
ftx_chunk_first(uint32 special)
{
	return pg_rightmost_one_pos32(special);
}

/* Not 0 if a byte is beyond ASCII. */
static inline int
ftx_chunk_high(FtxChunk chunk)
{
	return _mm_movemask_epi8(chunk);
}

#elif defined(FTX_RUN_BY_NEON)

typedef uint8x16_t FtxChunk;
#define FTX_CHUNKS

static inline FtxChunk
ftx_chunk_load(const char *p)
{
	return vld1q_u8((const uint8_t *) p);
}

static inline FtxChunk
ftx_chunk_zero(void)
{
	return vdupq_n_u8(0);
}

static inline FtxChunk
ftx_chunk_or(FtxChunk a, FtxChunk b)
{
	return vorrq_u8(a, b);
}

/* four bits for each byte */
static inline uint64
ftx_chunk_special(FtxChunk chunk)
{
	uint8x16_t found = vorrq_u8(vorrq_u8(vceqq_u8(chunk, vdupq_n_u8('"')),
										 vceqq_u8(chunk, vdupq_n_u8('\\'))),
								vcleq_u8(chunk, vdupq_n_u8(0x1F)));

	return vget_lane_u64(
		vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(found), 4)), 0);
}

static inline int
ftx_chunk_first(uint64 special)
{
	return pg_rightmost_one_pos64(special) / 4;
}

static inline int
ftx_chunk_high(FtxChunk chunk)
{
	return vmaxvq_u8(chunk) & 0x80;
}

#endif

#endif /* FTX_CHUNK_H */
