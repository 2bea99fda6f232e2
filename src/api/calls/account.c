/*-------------------------------------------------------------------------
 *
 * account.c
 *		What this backend has been told of an account, and has called.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/account.h"
#include "common/hashfn.h"
#include "utils/hsearch.h"

/*
 * More are remembered only while sessions use them: a backend that serves many
 * roles with keys of their own does not grow without end.  A thousand take
 * 130 kB.
 */
#define MAX_ACCOUNTS 1000

static HTAB *accounts = NULL;

static uint64
hash_of(const char *text)
{
	return hash_bytes_extended((const unsigned char *) text, (int) strlen(text),
							   0);
}

static void
create_accounts(void)
{
	HASHCTL control = {0};

	control.keysize = sizeof(FtxAccountKey);
	control.entrysize = sizeof(FtxAccount);
	accounts = hash_create("fivetrex accounts", 16, &control,
						   HASH_ELEM | HASH_BLOBS);
}

/*
 * Forget the account that no session uses and that was heard of longest ago.
 */
static void
forget_one(void)
{
	HASH_SEQ_STATUS status;
	FtxAccount *account;
	FtxAccount *oldest = NULL;

	hash_seq_init(&status, accounts);
	while ((account = hash_seq_search(&status)) != NULL)
	{
		if (account->sessions == 0 &&
			(oldest == NULL || account->tally.seen_at < oldest->tally.seen_at))
			oldest = account;
	}
	if (oldest != NULL)
		hash_search(accounts, &oldest->key, HASH_REMOVE, NULL);
}

FtxAccount *
ftx_account_get(Oid serverid, const char *base_url, const char *api_key)
{
	FtxAccountKey key = {0};
	FtxAccount *account;
	bool found;

	if (accounts == NULL)
		create_accounts();
	key.serverid = serverid;
	key.credential = hash_combine64(hash_of(base_url), hash_of(api_key));
	if (hash_search(accounts, &key, HASH_FIND, NULL) == NULL &&
		hash_get_num_entries(accounts) >= MAX_ACCOUNTS)
		forget_one();
	account = hash_search(accounts, &key, HASH_ENTER, &found);
	if (!found)
	{
		memset(&account->tally, 0, sizeof(FtxTally));
		account->tally.rate_limit = account->tally.remaining = -1;
		account->reserve_probed = 0;
		account->sessions = 0;
	}
	account->sessions++;
	return account;
}

void
ftx_account_release(FtxAccount *account)
{
	Assert(account->sessions > 0);
	account->sessions--;
}
