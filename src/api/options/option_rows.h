/*-------------------------------------------------------------------------
 *
 * option_rows.h
 *		The options as rows: for the validator, the readers and the
 *		documentation.
 *
 * Private to src/api/option*.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_OPTION_ROWS_H
#define FTX_OPTION_ROWS_H

#include "catalogue/catalogue.h"

typedef enum FtxOptionKind
{
	OPTION_TEXT,
	OPTION_INTEGER,
	OPTION_BOOLEAN,
	OPTION_URL,
	OPTION_PROXY,
	OPTION_FILE,   /* a server file: needs privileges */
	OPTION_SECRET, /* its value is never shown */
	OPTION_ACCESS,
	OPTION_RESOURCE,
	OPTION_ON_ERROR, /* null instead of an error? */
	OPTION_CONSTANT	 /* a value of the column's type */
} FtxOptionKind;

typedef struct FtxOptionRow
{
	const char *name;
	Oid catalog; /* where it may stand */
	FtxOptionKind kind;
	int min; /* of integers */
	int max;
	const char *initial; /* default as text, or NULL */
	int offset;			 /* in FtxServerOptions or FtxTableOptions, -1 = not
						  * there */
	const char *description;
} FtxOptionRow;

extern const FtxOptionRow ftx_option_rows[];
extern const int ftx_option_rows_count;

/* The row of an option of an object of this catalog, NULL = none. */
extern const FtxOptionRow *ftx_option_find(const char *name, Oid catalog);

/*
 * Values of options.  Throw ERRCODE_INVALID_PARAMETER_VALUE; for resources
 * ERRCODE_FDW_TABLE_NOT_FOUND, with the nearest match.
 */
extern int ftx_option_integer(const FtxOptionRow *row, const char *value);
extern bool ftx_option_boolean(const FtxOptionRow *row, const char *value);
extern bool ftx_option_access(const FtxOptionRow *row, const char *value);
extern bool ftx_option_on_error(const FtxOptionRow *row, const char *value);
extern const FtxResource *ftx_option_resource(const char *value);

#endif /* FTX_OPTION_ROWS_H */
