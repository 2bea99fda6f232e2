/*-------------------------------------------------------------------------
 *
 * descriptor.h
 *		Descriptors that this floor holds, accounted with the backend.
 *
 * Private to src/net.  What extensions hold beside core's own files is
 * limited (a third of max_files_per_process), and beyond that limit core
 * itself fails, in WaitLatch() of all places.  So every descriptor here is
 * reserved first, and some are left to core.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_DESCRIPTOR_H
#define FTX_DESCRIPTOR_H

#include "postgres.h"

/*
 * Reserve n descriptors; false (errno is EMFILE) when too few would be left.
 * Never throws.
 */
extern bool ftx_descriptors_reserve(int n);

/* Give n of them back; they are closed already. */
extern void ftx_descriptors_release(int n);

#endif /* FTX_DESCRIPTOR_H */
