/*-------------------------------------------------------------------------
 *
 * period.c
 *		The parameters of a period.
 *
 * The API reaches a number of days back and refuses to look further; with no
 * parameters it would look at the last hour only (API facts, sync-history).
 * So a list always says which stretch it wants: all that can be reached, as
 * far as the conditions allow.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalogue/catalogue.h"
#include "lib/stringinfo.h"
#include "read/path.h"
#include "read/period.h"
#include "utils/timestamp.h"

/* Kept from the edge of what is reachable, as clocks differ. */
#define MARGIN (2 * USECS_PER_MINUTE)

/*
 * "2026-11-23T14:00:00Z"
 */
static char *
iso8601(TimestampTz time)
{
	struct pg_tm tm;
	fsec_t fraction;

	if (timestamp2tm(time, NULL, &tm, &fraction, NULL, NULL) != 0)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("timestamp out of range")));
	return psprintf("%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year, tm.tm_mon,
					tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

bool
ftx_period_params(const FtxResource *resource, TimestampTz lower,
				  TimestampTz upper, TimestampTz now, StringInfo query)
{
	TimestampTz reach = now - resource->period.days * USECS_PER_DAY + MARGIN;

	/* whole seconds, and one more: the conditions are checked again */
	if (lower > DT_NOBEGIN + USECS_PER_DAY)
		lower -= USECS_PER_SEC;
	if (upper < DT_NOEND - USECS_PER_DAY)
		upper += 2 * USECS_PER_SEC;
	lower = Max(lower, reach);
	/* a sync that began this moment, by whichever clock */
	upper = Min(upper, now + MARGIN / 2);
	if (lower >= upper)
		return false;
	ftx_path_add_param(query, resource->period.from, iso8601(lower));
	ftx_path_add_param(query, resource->period.to, iso8601(upper));
	return true;
}
