/*-------------------------------------------------------------------------
 *
 * discard.h
 *		DISCARD ALL, by which a pooler hands a backend to somebody else.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_DISCARD_H
#define FTX_DISCARD_H

/* From then on DISCARD ALL closes idle sessions and forgets the last error. */
extern void ftx_discard_init(void);

#endif /* FTX_DISCARD_H */
