/*-------------------------------------------------------------------------
 *
 * descriptor.c
 *		Descriptors that this floor holds, accounted with the backend.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "net/descriptor.h"

#include "storage/fd.h"

/*
 * Left to core and others: each wait makes an event set (one descriptor), an
 * Append that waits for several tables another one.
 */
#define LEFT_TO_OTHERS 4

bool
ftx_descriptors_reserve(int n)
{
	int reserved = 0;

	while (reserved < n + LEFT_TO_OTHERS && AcquireExternalFD())
		reserved++;
	if (reserved < n + LEFT_TO_OTHERS)
	{
		ftx_descriptors_release(reserved);
		errno = EMFILE;
		return false;
	}
	ftx_descriptors_release(LEFT_TO_OTHERS);
	return true;
}

void
ftx_descriptors_release(int n)
{
	while (n-- > 0)
		ReleaseExternalFD();
}
