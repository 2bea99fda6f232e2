/*-------------------------------------------------------------------------
 *
 * period.h
 *		The parameters of a list that bound its period.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_PERIOD_H
#define FTX_PERIOD_H

#include "catalogue/catalogue.h"
#include "datatype/timestamp.h"
#include "lib/stringinfo.h"

/*
 * Append them to a query.  `lower` and `upper` are what the conditions allow,
 * DT_NOBEGIN and DT_NOEND where they say nothing.  `now` is the present by the
 * server's clock, to count what the API reaches from.  False if the period is
 * empty or lies where the API does not reach.
 */
extern bool
ftx_period_params(const FtxResource *resource, TimestampTz lower,
				  TimestampTz upper, TimestampTz now, StringInfo query);

#endif /* FTX_PERIOD_H */
