/*-------------------------------------------------------------------------
 *
 * method.h
 *		The methods of HTTP that the API uses.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_METHOD_H
#define FTX_METHOD_H

typedef enum FtxMethod
{
	FTX_GET,
	FTX_POST,
	FTX_PATCH,
	FTX_PUT,
	FTX_DELETE
} FtxMethod;

/* "GET": as it stands in a request, and in the operations' table. */
extern const char *ftx_method_name(FtxMethod method);

#endif /* FTX_METHOD_H */
