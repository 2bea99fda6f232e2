/*-------------------------------------------------------------------------
 *
 * method.c
 *		The names of HTTP's methods.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/method.h"

const char *
ftx_method_name(FtxMethod method)
{
	switch (method)
	{
		case FTX_GET:
			return "GET";
		case FTX_POST:
			return "POST";
		case FTX_PATCH:
			return "PATCH";
		case FTX_PUT:
			return "PUT";
		case FTX_DELETE:
			return "DELETE";
	}
	return NULL; /* keep compiler quiet */
}
