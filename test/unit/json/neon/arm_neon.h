/*-------------------------------------------------------------------------
 *
 * arm_neon.h
 *		What json/chunk.h uses of ARM's intrinsics, in plain C.
 *
 * So that the code for ARM is compared with PostgreSQL's parser where there is
 * no ARM.  Each does what the instruction of its name does, see "Arm Neon
 * Intrinsics Reference".
 *
 *-------------------------------------------------------------------------
 */
#include <stdint.h>
#include <string.h>

typedef struct
{
	uint8_t byte[16];
} uint8x16_t;
typedef struct
{
	uint16_t word[8];
} uint16x8_t;
typedef struct
{
	uint8_t byte[8];
} uint8x8_t;
typedef struct
{
	uint64_t word;
} uint64x1_t;

static inline uint8x16_t
vld1q_u8(const uint8_t *p)
{
	uint8x16_t r;

	memcpy(&r, p, sizeof(r));
	return r;
}

static inline uint8x16_t
vdupq_n_u8(uint8_t c)
{
	uint8x16_t r;

	memset(&r, c, sizeof(r));
	return r;
}

#define EACH_BYTE(name, expression)                                            \
	static inline uint8x16_t name(uint8x16_t a, uint8x16_t b)                  \
	{                                                                          \
		uint8x16_t r;                                                          \
                                                                               \
		for (int i = 0; i < 16; i++)                                           \
			r.byte[i] = (uint8_t) (expression);                                \
		return r;                                                              \
	}

EACH_BYTE(vceqq_u8, a.byte[i] == b.byte[i] ? 0xFF : 0)
EACH_BYTE(vcleq_u8, a.byte[i] <= b.byte[i] ? 0xFF : 0)
EACH_BYTE(vorrq_u8, a.byte[i] | b.byte[i])

static inline uint8_t
vmaxvq_u8(uint8x16_t a)
{
	uint8_t r = 0;

	for (int i = 0; i < 16; i++)
		r = a.byte[i] > r ? a.byte[i] : r;
	return r;
}

static inline uint16x8_t
vreinterpretq_u16_u8(uint8x16_t a)
{
	uint16x8_t r;

	memcpy(&r, &a, sizeof(r));
	return r;
}

static inline uint8x8_t
vshrn_n_u16(uint16x8_t a, int n)
{
	uint8x8_t r;

	for (int i = 0; i < 8; i++)
		r.byte[i] = (uint8_t) (a.word[i] >> n);
	return r;
}

static inline uint64x1_t
vreinterpret_u64_u8(uint8x8_t a)
{
	uint64x1_t r;

	memcpy(&r, &a, sizeof(r));
	return r;
}

static inline uint64_t
vget_lane_u64(uint64x1_t a, int lane)
{
	(void) lane;
	return a.word;
}
