/*-------------------------------------------------------------------------
 *
 * flow.c
 *		How much of answers is held at once, and when receiving stops.
 *
 * Many answers are under way while one is worked on, and each may be large.
 * The bodies of all requests of an engine, under way or not yet consumed, share
 * FTX_HELD_BYTES.  Above that only the request whose turn it is goes on; the
 * others are paused, and what is queued stays there.  So the bodies take that
 * much and one body more, which may be as long as its own cap.
 *
 * Whose turn it is follows from who waits (ftx_engine_wait(), ftx_watch_arm()):
 * the request that is waited for, or the oldest one of the reader that waits
 * for any of its own.  If all of that reader's are queued behind others on the
 * wire, the oldest of those, to make place.  What is not waited for cannot be
 * consumed now, so letting it go on would only pile up; what is waited for
 * always goes on, so waiting ends.  What a reader has asked for ahead, of rows
 * that it has not reached, it does not wait for: it takes those in their order.
 *
 * A pause that is asked for while a body is unpacked would come too late:
 * libcurl unpacks the rest of what it has read (handle.c says how much that is)
 * and keeps what comes of it, where it is not counted (up to 64 MB for each
 * transfer).  So of a packed answer all that comes is taken and counted, and
 * the transfer is paused as soon as libcurl has returned; one whose reads
 * unpack to much more than there is room for is set aside: it ends, and is sent
 * again when it is its turn.
 *
 * Over HTTP/2 a pause does not stop the server at once: it may go on until it
 * has sent what libcurl has allowed it for the stream, and libcurl keeps that.
 * So such pauses are granted while all of it together is within bounds, and
 * what comes after is set aside.
 *
 * Nothing here throws.
 *
 *-------------------------------------------------------------------------
 */

#include "postgres.h"

#include "base/compat.h"
#include "lib/ilist.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "net/engine_state.h"
#include "net/flow.h"
#include "net/request_state.h"

/*
 * Bodies of one engine may take so many bytes together.  One body more, the
 * buffers that are kept and what libcurl has for 64 transfers (100 KB for each)
 * take as much again.
 */
#define FTX_HELD_BYTES ((size_t) 16 * 1024 * 1024)

/* Paused transfers go on when so much has become free. */
#define FTX_RESUME_BYTES (FTX_HELD_BYTES / 4 * 3)

/*
 * What may be unpacked beyond that before its transfer is paused: all together,
 * and for one, which is set aside when both are used up.
 */
#define FTX_EXCESS_BYTES ((size_t) 16 * 1024 * 1024)
#define FTX_EXCESS_OF_ONE ((size_t) 256 * 1024)

/* What servers may send in all to streams of HTTP/2 that are paused. */
#define FTX_PAUSED_BYTES ((size_t) 32 * 1024 * 1024)

/* Signals are looked at after so many bytes, of whatever answer. */
#define FTX_LOOK_BYTES ((size_t) 256 * 1024)

/* ---------- interrupts ---------- */

/*
 * Will CHECK_FOR_INTERRUPTS() end the statement?
 */
static bool
interrupt_due(void)
{
	return (QueryCancelPending || ProcDiePending ||
			ftx_transaction_timeout_pending) &&
		   InterruptHoldoffCount == 0 && CritSectionCount == 0 &&
		   (!QueryCancelPending || QueryCancelHoldoffCount == 0);
}

/*
 * Let signals in that are blocked while libcurl runs; their handlers only set
 * flags.
 */
static bool
look_at_signals(void)
{
	ftx_unblock_signals();
	ftx_block_signals();
	return interrupt_due();
}

/* ---------- whose turn it is ---------- */

static FtxRequest *
oldest(FtxEngine *engine, FtxRequestState state, const int64 *reader)
{
	dlist_iter iter;

	dlist_foreach (iter, &engine->lists[state])
	{
		FtxRequest *request = dlist_container(FtxRequest, node, iter.cur);

		if (reader == NULL || (request->sent == reader && !request->unreached))
			return request;
	}
	return NULL;
}

/* The first of those that are waited for, in a state. */
static FtxRequest *
wanted(FtxEngine *engine, FtxRequestState state)
{
	FtxRequest *request = engine->turn.request;

	if (request != NULL)
		return request->state == state ? request : NULL;
	return oldest(engine, state, engine->turn.reader);
}

/*
 * The request that goes on however much is held; NULL: none.
 */
static FtxRequest *
favoured(FtxEngine *engine)
{
	FtxRequest *request;

	if (!engine->turn.waits)
		return NULL;
	request = wanted(engine, FTX_SENDING);
	if (request != NULL)
		return request;
	if (wanted(engine, FTX_QUEUED) != NULL)
	{
		/* it can be sent; or else place has to be made for it */
		if (engine->counts[FTX_SENDING] < engine->config.max_concurrency)
			return NULL;
	}
	else if (wanted(engine, FTX_WAITING) != NULL)
		return NULL;
	return oldest(engine, FTX_SENDING, NULL);
}

void
ftx_flow_turn(FtxEngine *engine, const FtxTurn *turn)
{
	engine->turn = *turn;
}

/* ---------- bytes ---------- */

void
ftx_flow_count(FtxRequest *request)
{
	size_t len = request->response.body != NULL ? request->response.body->len :
												  0;

	request->engine->held += len - request->counted;
	request->counted = len;
}

/*
 * What a server may still send to a transfer that is paused; 0 over HTTP/1,
 * where it is the kernel that keeps it.
 */
static size_t
still_to_come(FtxRequest *request)
{
	size_t most = request->engine->stream_bytes;
	curl_off_t length = -1;
	curl_off_t received = 0;
	long version = 0;

	curl_easy_getinfo(request->easy, CURLINFO_HTTP_VERSION, &version);
	if (version != CURL_HTTP_VERSION_2_0)
		return 0;
	curl_easy_getinfo(request->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
					  &length);
	curl_easy_getinfo(request->easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
	if (length >= received)
		most = Min(most, (size_t) (length - received));
	return most;
}

/*
 * May it be ended and sent again?
 */
static bool
can_be_set_aside(const FtxRequest *request)
{
	return request->reads;
}

/* It ends for lack of room, and is sent again. */
static FtxFlow
set_aside(FtxRequest *request)
{
	request->set_aside = true;
	return FTX_FLOW_END;
}

/*
 * There is no room: pause, a packed answer after what has been read of it.
 * Where too much would come nevertheless, the transfer ends, if it may be sent
 * again.
 */
static FtxFlow
hold_back(FtxRequest *request, size_t n)
{
	FtxEngine *engine = request->engine;

	if (!request->paused)
	{
		size_t to_come = still_to_come(request);

		if (to_come > 0 && engine->to_come + to_come > FTX_PAUSED_BYTES &&
			can_be_set_aside(request))
			return set_aside(request);
		engine->to_come += to_come;
		request->to_come = to_come;
		request->paused = true;
		engine->npaused++;
		engine->any_paused = true;
	}
	if (!request->packed)
		return FTX_FLOW_PAUSE;

	request->pause_due = true;
	request->excess += n;
	engine->excess += n;
	if (engine->excess > FTX_EXCESS_BYTES &&
		request->excess > FTX_EXCESS_OF_ONE && can_be_set_aside(request))
		return set_aside(request);
	return FTX_FLOW_GO_ON;
}

FtxFlow
ftx_flow_admit(FtxRequest *request, size_t n)
{
	FtxEngine *engine = request->engine;

	engine->unlooked += n;
	if (engine->unlooked >= FTX_LOOK_BYTES)
	{
		engine->unlooked = 0;
		request->interrupted = look_at_signals();
		if (request->interrupted)
			return FTX_FLOW_END;
	}
	if (engine->held + n <= FTX_HELD_BYTES || request == favoured(engine))
		return FTX_FLOW_GO_ON;
	return hold_back(request, n);
}

/* ---------- pausing ---------- */

/*
 * While a transfer is paused its time does not run: libcurl's limit is taken
 * off, and what is left of it is kept by us.
 */
static void
stop_clock(FtxRequest *request)
{
	curl_off_t elapsed = 0;

	if (request->timeout <= 0)
		return;
	curl_easy_getinfo(request->easy, CURLINFO_TOTAL_TIME_T, &elapsed);
	request->time_left = request->deadline > 0 ?
							 request->deadline - ftx_clock() :
							 (int64) request->timeout * 1000000 - elapsed;
	request->deadline = 0;
	curl_easy_setopt(request->easy, CURLOPT_TIMEOUT_MS, 0L);
}

/* It stays paused: libcurl and the clock are told, if they were not. */
static void
stop(FtxRequest *request)
{
	if (request->pause_due)
	{
		curl_easy_pause(request->easy, CURLPAUSE_RECV);
		request->pause_due = false;
	}
	if (!request->stopped)
	{
		request->stopped = true;
		stop_clock(request);
	}
}

/* Nothing of the room is missed any more. */
static void
forget_excess(FtxRequest *request)
{
	request->engine->excess -= request->excess;
	request->excess = 0;
}

static void
forget_pause(FtxRequest *request)
{
	request->paused = false;
	request->pause_due = false;
	request->engine->npaused--;
	request->engine->to_come -= request->to_come;
	request->to_come = 0;
}

static void
resume(FtxRequest *request)
{
	if (request->stopped && request->timeout > 0)
		request->deadline = ftx_clock() + Max(request->time_left, 1);
	request->stopped = false;
	forget_pause(request);
	forget_excess(request);
	curl_easy_pause(request->easy, CURLPAUSE_CONT);
	/* libcurl may have had something for it, and that again be too much */
	if (request->pause_due)
		stop(request);
}

void
ftx_flow_forget(FtxRequest *request)
{
	if (request->paused)
		forget_pause(request);
	request->stopped = false;
	request->deadline = 0;
	forget_excess(request);
}

void
ftx_flow_adjust(FtxEngine *engine)
{
	FtxRequest *first;
	dlist_iter iter;

	if (engine->counts[FTX_SENDING] + engine->counts[FTX_QUEUED] == 0)
		engine->narrow = false;
	if (engine->npaused == 0)
		return;
	first = favoured(engine);
	dlist_foreach (iter, &engine->lists[FTX_SENDING])
	{
		FtxRequest *request = dlist_container(FtxRequest, node, iter.cur);

		if (!request->paused)
			continue;
		if (request == first || engine->held <= FTX_RESUME_BYTES)
			resume(request);
		else
			stop(request);
	}
}

int64
ftx_flow_due(FtxEngine *engine)
{
	int64 due = -1;
	dlist_iter iter;

	dlist_foreach (iter, &engine->lists[FTX_SENDING])
	{
		FtxRequest *request = dlist_container(FtxRequest, node, iter.cur);

		if (request->deadline > 0 && (due < 0 || request->deadline < due))
			due = request->deadline;
	}
	return due;
}

FtxRequest *
ftx_flow_late(FtxEngine *engine)
{
	int64 now = ftx_clock();
	dlist_iter iter;

	dlist_foreach (iter, &engine->lists[FTX_SENDING])
	{
		FtxRequest *request = dlist_container(FtxRequest, node, iter.cur);

		if (request->deadline > 0 && request->deadline <= now)
			return request;
	}
	return NULL;
}

/* ---------- starting ---------- */

FtxRequest *
ftx_flow_next(FtxEngine *engine)
{
	if (engine->counts[FTX_QUEUED] == 0 || interrupt_due())
		return NULL;
	if (engine->held <= FTX_HELD_BYTES && !engine->narrow)
		return oldest(engine, FTX_QUEUED, NULL);
	if (!engine->turn.waits || wanted(engine, FTX_SENDING) != NULL)
		return NULL;
	return wanted(engine, FTX_QUEUED);
}
