/*-------------------------------------------------------------------------
 *
 * roots.h
 *		Which authorities a connection trusts.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ROOTS_H
#define FTX_ROOTS_H

#include "base/libcurl.h"
#include "net/engine_state.h"
#include "net/request_state.h"

/* Find out what the system has; when an engine is made. */
extern void ftx_roots_init(FtxEngine *engine);

/* Free what was found, with the engine. */
extern void ftx_roots_free(FtxEngine *engine);

/* Tell libcurl; *option is the one that failed. */
extern CURLcode ftx_roots_set(FtxRequest *request, const char **option);

/*
 * Did the transfer end with this code because too few authorities were looked
 * at?  Nothing has been sent then, and it is worth another try.
 */
extern bool ftx_roots_fell_short(const FtxRequest *request, CURLcode code);

#endif /* FTX_ROOTS_H */
