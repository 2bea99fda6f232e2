/*-------------------------------------------------------------------------
 *
 * exchange.c
 *		A request and its answer, for all calls that ask for the same.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/memo.h"
#include "api/calls/reserve.h"
#include "api/calls/statement.h"
#include "api/calls/exchange.h"
#include "base/guc.h"
#include "base/method.h"
#include "catalogue/operations.h"
#include "mb/pg_wchar.h"
#include "net/engine.h"
#include "utils/memutils.h"

/*
 * The largest answer that is accepted, after unpacking: schema configurations
 * of sources with tens of thousands of tables are the largest known ones.
 * PostgreSQL's own limit on one value is 1 GB.
 */
#define MAX_ANSWER_BYTES ((size_t) 256 * 1024 * 1024)

/*
 * The same for a page of a list: 1,000 objects of 128 KB, where large ones have
 * 50.  A smaller page_size makes smaller pages.
 */
#define MAX_PAGE_BYTES ((size_t) 128 * 1024 * 1024)

/*
 * Its context is below none of the holders', as any of them may be the last;
 * each of those pins the session for longer than it holds.
 */
struct FtxExchange
{
	MemoryContext cxt; /* holds it; its end ends the request */
	FtxSession *session;
	FtxRequest *request;
	dlist_head holders; /* of FtxHolder; never empty */

	/* of the session's credentials, when it was sent; -1: not once more */
	int generation;

	bool taken; /* somebody has looked at the answer */
	FtxShared shared;
};

/* Seconds that an answer has, however little time its caller has. */
#define HURRIED_TIMEOUT 10

const char *
ftx_call_key(const FtxCallSpec *spec)
{
	if (spec->method == FTX_GET)
		return spec->path;
	return spec->reads && spec->body != NULL ?
			   psprintf("%s %s", spec->path, spec->body) :
			   NULL;
}

/*
 * What the request's statement may still do: the time that its retries may
 * take is a limit of each server, which a setting narrows.
 */
static void
budget_request(FtxExchange *exchange, const FtxCallSpec *spec,
			   FtxRequestSpec *request)
{
	int64 wait = exchange->session->options.max_retry_wait;

	request->budget = &ftx_statement_pin(exchange->cxt)->budget;
	request->budget->max_calls = ftx_guc_max_calls();
	if (ftx_guc_max_retry_wait() >= 0)
		wait = Min(wait, ftx_guc_max_retry_wait());
	request->max_retry_wait = wait * 1000;
	if (spec->hurried)
	{
		request->max_retry_wait = Min(request->max_retry_wait,
									  request->budget->retry_wait +
										  spec->time_left);
		request->timeout = (int) Min(
			request->timeout, Max(spec->time_left / 1000, HURRIED_TIMEOUT));
	}
}

static void
start_request(FtxExchange *exchange, const FtxCallSpec *spec, FtxStats *stats)
{
	const FtxSession *session = exchange->session;
	const FtxOperation *operation = ftx_operation_find(spec->method,
													   spec->path);
	FtxRequestSpec request = {0};

	request.method = spec->method;
	request.url = psprintf("%s%s", session->options.base_url, spec->path);
	request.accept = ftx_accept_value(operation ? operation->accept : FTX_V1);
	if (spec->body != NULL)
	{
		request.content_type = "application/json";
		request.body = pg_server_to_any(spec->body, strlen(spec->body),
										PG_UTF8);
		request.body_len = strlen(request.body);
	}
	else if (spec->content_type != NULL)
	{
		request.content_type = spec->content_type;
		request.body = spec->bytes;
		request.body_len = spec->nbytes;
	}
	request.reads = spec->reads;
	request.repeat_safe = spec->repeat_safe;
	request.unclaimed = spec->for_anybody;
	request.unreached = spec->ahead;
	request.timeout = spec->takes_long ? session->options.long_timeout :
										 session->options.request_timeout;
	request.max_body = spec->page ? MAX_PAGE_BYTES : MAX_ANSWER_BYTES;
	budget_request(exchange, spec, &request);
	request.sent = &stats->calls;
	exchange->request = ftx_request_start(session->engine, &request,
										  exchange->cxt);
}

static FtxExchange *
create_exchange(FtxSession *session, const FtxCallSpec *spec, FtxStats *stats,
				MemoryContext cxt)
{
	MemoryContext own = AllocSetContextCreate(cxt, "fivetrex exchange",
											  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(own);
	FtxExchange *exchange = palloc0(sizeof(FtxExchange));

	exchange->cxt = own;
	exchange->session = session;
	exchange->generation = session->generation;
	dlist_init(&exchange->holders);
	start_request(exchange, spec, stats);
	MemoryContextSwitchTo(old);
	return exchange;
}

/*
 * Reset callback of a holder's context.  A request is counted, and known to who
 * waits, by a holder's figures, so it must not keep those of one that has gone.
 */
static void
let_go(void *arg)
{
	FtxHolder *holder = arg;
	FtxExchange *exchange = holder->exchange;

	holder->exchange = NULL;
	dlist_delete(&holder->node);
	if (dlist_is_empty(&exchange->holders))
	{
		ftx_memo_unshare(&exchange->shared);
		MemoryContextDelete(exchange->cxt);
		return;
	}
	ftx_request_set_reader(
		exchange->request,
		&dlist_head_element(FtxHolder, node, &exchange->holders)->stats->calls);
}

/*
 * Is it a page of a list that is asked for when it is wanted next?
 */
static bool
is_shared_page(const FtxCallSpec *spec)
{
	return spec->page && !spec->ahead && !spec->for_anybody;
}

/*
 * What was asked for anybody belongs to this reader from now on: he has it in
 * his figures, and waits for it unless he asks ahead of his rows himself.
 */
static void
take_over(FtxExchange *exchange, const FtxCallSpec *spec, FtxStats *stats)
{
	FtxStats *asked_in = dlist_head_element(FtxHolder, node, &exchange->holders)
							 ->stats;

	stats->calls += asked_in->calls;
	asked_in->calls = 0;
	exchange->shared.reader = stats;
	exchange->shared.page = is_shared_page(spec);
	ftx_request_set_reader(exchange->request, &stats->calls);
	ftx_request_claim(exchange->request, !spec->ahead);
}

/*
 * The exchange that a call may join, or NULL.
 */
static FtxExchange *
find_exchange(FtxSession *session, const char *key, FtxMemo *memo,
			  const FtxCallSpec *spec, FtxStats *stats)
{
	FtxShared *shared = ftx_memo_shared(memo, session, stats, spec->ahead, key);
	FtxExchange *exchange;

	if (shared == NULL)
		return NULL;
	exchange = (FtxExchange *) ((char *) shared -
								offsetof(FtxExchange, shared));
	if (shared->reader == stats)
		return exchange;

	/* it must not outlive its session, which its reader is to pin */
	if (exchange->session != session)
		return NULL;

	/* nobody may have waited for it, so its time may have run out */
	ftx_engine_pump(session->engine);
	if (ftx_request_done(exchange->request) &&
		ftx_request_response(exchange->request)->outcome != FTX_ANSWERED)
	{
		ftx_memo_unshare(&exchange->shared);
		return NULL;
	}
	if (shared->reader == NULL)
		take_over(exchange, spec, stats);
	return exchange;
}

void
ftx_exchange_hold(FtxHolder *holder, FtxSession *session,
				  const FtxCallSpec *spec, FtxMemo *memo, MemoryContext cxt)
{
	const char *key = memo != NULL ? ftx_call_key(spec) : NULL;
	FtxExchange *exchange = key != NULL ? find_exchange(session, key, memo,
														spec, holder->stats) :
										  NULL;

	if (exchange == NULL)
	{
		/* sets of writes are checked as a whole */
		if (spec->method == FTX_GET || spec->reads)
			ftx_reserve_check(session, 0);
		exchange = create_exchange(session, spec, holder->stats, cxt);
		if (key != NULL)
			ftx_memo_share(memo, session,
						   MemoryContextStrdup(exchange->cxt, key),
						   spec->for_anybody ? NULL : holder->stats,
						   is_shared_page(spec), &exchange->shared);
		MemoryContextSetParent(exchange->cxt, TopMemoryContext);
	}
	else if (!spec->ahead)
		ftx_request_reach(exchange->request);
	holder->exchange = exchange;
	holder->callback.func = let_go;
	holder->callback.arg = holder;
	dlist_push_tail(&exchange->holders, &holder->node);
	MemoryContextRegisterResetCallback(cxt, &holder->callback);
}

/*
 * Send it once more if the credentials were refused and the files that they
 * came from hold others now.
 */
static bool
sent_again(FtxExchange *exchange)
{
	int generation = exchange->generation;

	if (generation < 0 ||
		ftx_request_response(exchange->request)->status != 401)
		return false;
	exchange->generation = -1;
	if (!ftx_session_refresh(exchange->session, generation))
		return false;
	ftx_request_repeat(exchange->request);
	return true;
}

bool
ftx_exchange_done(FtxExchange *exchange)
{
	return ftx_request_done(exchange->request) && !sent_again(exchange);
}

FtxRequest *
ftx_exchange_request(FtxExchange *exchange)
{
	return exchange->request;
}

const FtxResponse *
ftx_exchange_take(FtxExchange *exchange, bool *first)
{
	*first = !exchange->taken;
	exchange->taken = true;
	return ftx_request_response(exchange->request);
}

bool
ftx_exchange_untaken(const FtxExchange *exchange)
{
	return !exchange->taken;
}

bool
ftx_exchange_alone(const FtxExchange *exchange)
{
	return exchange->holders.head.next == exchange->holders.head.prev;
}
