/*-------------------------------------------------------------------------
 *
 * open_lists.c
 *		Who is in the middle of a paged list of which server.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/calls/open_lists.h"

static dlist_head readers = DLIST_STATIC_INIT(readers);

void
ftx_reader_announce(FtxReader *reader, Oid serverid)
{
	if (reader->registered)
		return;
	reader->serverid = serverid;
	reader->registered = true;
	reader->finishing = false;
	dlist_push_tail(&readers, &reader->node);
}

void
ftx_reader_withdraw(FtxReader *reader)
{
	if (!reader->registered)
		return;
	dlist_delete(&reader->node);
	reader->registered = false;
}

static FtxReader *
unfinished_reader(Oid serverid)
{
	dlist_iter iter;

	dlist_foreach (iter, &readers)
	{
		FtxReader *reader = dlist_container(FtxReader, node, iter.cur);

		if (reader->serverid == serverid && !reader->finishing)
			return reader;
	}
	return NULL;
}

void
ftx_readers_finish(Oid serverid)
{
	FtxReader *reader;

	/* finishing evaluates expressions, so the list may change meanwhile */
	while ((reader = unfinished_reader(serverid)) != NULL)
	{
		reader->finishing = true;
		PG_TRY();
		{
			reader->finish(reader);
		}
		PG_CATCH();
		{
			reader->finishing = false;
			PG_RE_THROW();
		}
		PG_END_TRY();
		reader->finishing = false;
		ftx_reader_withdraw(reader);
	}
}
