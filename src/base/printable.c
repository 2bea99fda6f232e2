/*-------------------------------------------------------------------------
 *
 * printable.c
 *		Which characters may stand in a log and on a terminal.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/printable.h"

typedef struct CodeRange
{
	uint32 first;
	uint32 last;
} CodeRange;

static const CodeRange hidden[] = {
	{0x00, 0x1F},		/* control characters */
	{0x7F, 0x9F},		/* more of them */
	{0xAD, 0xAD},		/* soft hyphen */
	{0x34F, 0x34F},		/* combining grapheme joiner */
	{0x61C, 0x61C},		/* Arabic letter mark */
	{0x115F, 0x1160},	/* Hangul fillers */
	{0x17B4, 0x17B5},	/* Khmer inherent vowels */
	{0x180B, 0x180F},	/* Mongolian selectors and vowel separator */
	{0x200B, 0x200F},	/* zero width; direction */
	{0x2028, 0x202E},	/* ends of lines; direction */
	{0x2060, 0x206F},	/* joiners; direction */
	{0x3164, 0x3164},	/* Hangul filler */
	{0xD800, 0xDFFF},	/* surrogates */
	{0xFE00, 0xFE0F},	/* variation selectors */
	{0xFEFF, 0xFEFF},	/* byte order mark */
	{0xFFA0, 0xFFA0},	/* Hangul filler */
	{0xFFF0, 0xFFFB},	/* annotations */
	{0x1BCA0, 0x1BCA3}, /* format of shorthand */
	{0x1D173, 0x1D17A}, /* format of music */
	{0xE0000, 0xE0FFF}	/* tags and selectors */
};

bool
ftx_code_printable(uint32 code)
{
	if (code > 0x10FFFF)
		return false;
	for (size_t i = 0; i < lengthof(hidden); i++)
	{
		if (code <= hidden[i].last)
			return code < hidden[i].first;
	}
	return true;
}
