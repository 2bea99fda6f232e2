/*-------------------------------------------------------------------------
 *
 * account.c
 *		The account that the API key belongs to.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/rows.h"

static const FtxColumn columns[] = {
	{"account_id", FTX_TEXT, "account_id", 0, "Identifier of the account."},
	{"account_name", FTX_TEXT, "account_name", 0, "Name of the account."},
	{"user_id", FTX_TEXT, "user_id", 0,
	 "User that the API key belongs to; null for a system key."},
	{"system_key_id", FTX_TEXT, "system_key_id", 0,
	 "System key that is used; null for a key of a user."},
	FTX_ATTRS,
};

const FtxResource ftx_account = {
	.name = "account",
	.comment = "The account that the API key belongs to: one row.",
	.detail = "/v1/account/info",
	.always = "account_id",
	FTX_COLUMNS(columns),
	.typical_rows = 1,
};
