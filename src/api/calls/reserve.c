/*-------------------------------------------------------------------------
 *
 * reserve.c
 *		Calls of the account's hour that are kept for others.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/reserve.h"
#include "base/guc.h"
#include "net/engine.h"
#include "utils/timestamp.h"

/* For how long the last answer's counter is believed. */
#define BELIEVED USECS_PER_MINUTE

void
ftx_reserve_check(FtxSession *session, int64 writes)
{
	const FtxTally *tally = ftx_engine_tally(session->engine);
	TimestampTz now;

	if (ftx_guc_reserve() <= 0 || tally->seen_at == 0 ||
		tally->remaining - writes >= ftx_guc_reserve())
		return;

	/* a session that never asks would not learn that the hour has passed */
	now = GetCurrentTimestamp();
	if (writes <= 1 &&
		now - Max(tally->seen_at, session->account->reserve_probed) > BELIEVED)
	{
		session->account->reserve_probed = now;
		return;
	}
	ereport(
		ERROR,
		(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
		 writes > 1 ? errmsg("fivetrex.reserve does not allow " INT64_FORMAT
							 " more API calls",
							 writes) :
					  errmsg("fivetrex.reserve does not allow more API calls"),
		 errdetail(
			 "Of the account's %d calls of the hour %d are to be kept; %d were left at %s.",
			 tally->rate_limit, ftx_guc_reserve(), tally->remaining,
			 timestamptz_to_str(tally->seen_at)),
		 errhint(
			 "Repeat in the next hour. Who may set fivetrex.reserve can lower it to %d to allow this now.",
			 Max(tally->remaining - (int) Max(writes, 1), 0))));
}
