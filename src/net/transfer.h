/*-------------------------------------------------------------------------
 *
 * transfer.h
 *		One exchange by libcurl: its options, its end and its headers.
 *
 * Private to src/net.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_TRANSFER_H
#define FTX_TRANSFER_H

#include "base/libcurl.h"
#include "net/request.h"

/*
 * Hand the request to libcurl.  False when that fails, with the response
 * saying why.  Never throws, as nothing here; signals are to be blocked.
 */
extern bool ftx_transfer_begin(FtxRequest *request);

/* Fill the response from what libcurl did; its easy handle is free again. */
extern void ftx_transfer_end(FtxRequest *request, CURLcode code);

/* Stop in the middle: the connection is closed.  The response is not set. */
extern void ftx_transfer_abandon(FtxRequest *request);

/*
 * What is wrong with a line of an answer's head or trailer, as it came (static);
 * NULL: nothing.
 */
extern const char *ftx_header_complaint(const char *line, size_t len);

/*
 * The headers of an answer.  keep() is told each line as it comes and is false
 * out of memory; get() gives a value that is valid until forget(), NULL when
 * there is no such header; `index` counts those of one name from 0.
 */
extern bool ftx_header_keep(FtxRequest *request, const char *line, size_t len);
extern const char *
ftx_header_get(FtxRequest *request, const char *name, int index);
extern void ftx_header_forget(FtxRequest *request);

/*
 * All options of request->easy.  False when libcurl did not take
 * one; the response says which.  Never throws.
 */
extern bool ftx_handle_set_options(FtxRequest *request);

/* Outcome and message of a response without answer. */
extern void
ftx_response_fail(FtxRequest *request, FtxOutcome outcome, const char *message);

/*
 * The same from what is known of a transfer that has ended with this code, and
 * not with the end of an answer.
 */
extern void ftx_outcome_judge(FtxRequest *request, CURLcode code);

#endif /* FTX_TRANSFER_H */
