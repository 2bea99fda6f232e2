/*-------------------------------------------------------------------------
 *
 * stats.h
 *		What was done on behalf of one scan or function.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_STATS_H
#define FTX_STATS_H

/* What was done on behalf of one scan or function, for EXPLAIN ANALYZE. */
typedef struct FtxStats
{
	int64 calls;	  /* HTTP requests sent, repetitions included */
	int64 retries;	  /* repetitions among them */
	int64 pages;	  /* list pages decoded */
	int64 bytes;	  /* received on the wire */
	int64 remembered; /* answers that others had asked for, or the memo had */
	int64 predicted;  /* pages that were asked for by a predicted cursor */
	double waited_ms; /* time blocked on the network */
} FtxStats;

#endif /* FTX_STATS_H */
