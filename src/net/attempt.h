/*-------------------------------------------------------------------------
 *
 * attempt.h
 *		Attempts of a request: what each costs, and what becomes of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ATTEMPT_H
#define FTX_ATTEMPT_H

#include "net/request_state.h"

/* May the statement make one more call? */
extern bool ftx_budget_calls_left(const FtxBudget *budget);

/* The request is being sent, once more or for the first time. */
extern void ftx_request_count(FtxRequest *request);

/*
 * Count a wait of `ms` from now on, if the request's statement can afford it
 * by the limit of the request's server; false if it cannot.  As waits begin in
 * the order in which they are counted, the time that they cover together grows
 * by what lies beyond the last end.
 */
extern bool ftx_budget_wait(const FtxRequest *request, int64 ms);

/*
 * A transfer is over: put the request into the state from which it is repeated,
 * now or later, or be done with it.
 */
extern void ftx_attempt_finish(FtxRequest *request);

/* The same for an attempt of which nothing but a repetition can come. */
extern void ftx_attempt_decide(FtxRequest *request);

/*
 * The server has not processed it; nor has it counted.
 */
extern void ftx_attempt_refused(FtxRequest *request);

#endif /* FTX_ATTEMPT_H */
