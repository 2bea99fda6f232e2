/*-------------------------------------------------------------------------
 *
 * closest.c
 *		The name that was probably meant, for hints.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/closest.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

/* More edits than this make another word: core's limit for names of options. */
#define MAX_DISTANCE 4

/* Longest name that Levenshtein distances are computed for. */
#define MAX_NAME 255

void
ftx_closest_begin(FtxClosest *closest, const char *given)
{
	closest->given = given;
	closest->best = NULL;
	closest->distance = MAX_DISTANCE + 1;
}

void
ftx_closest_offer(FtxClosest *closest, const char *candidate)
{
	int given_len = strlen(closest->given);
	int len = strlen(candidate);
	int distance;

	if (given_len == 0 || given_len > MAX_NAME || len > MAX_NAME)
		return;
	distance = varstr_levenshtein_less_equal(
		closest->given, given_len, candidate, len, 1, 1, 1, MAX_DISTANCE, true);
	/* half of the name must be right */
	if (distance <= MAX_DISTANCE && distance <= given_len / 2 &&
		distance < closest->distance)
	{
		closest->best = candidate;
		closest->distance = distance;
	}
}
