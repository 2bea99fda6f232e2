/*-------------------------------------------------------------------------
 *
 * items_state.h
 *		What reading the items of a resource is made of.
 *
 * Private to src/read.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ITEMS_STATE_H
#define FTX_ITEMS_STATE_H

#include "base/textset.h"
#include "catalogue/catalogue.h"
#include "json/json.h"
#include "nodes/bitmapset.h"
#include "read/batch.h"
#include "read/binding.h"
#include "read/gather.h"
#include "read/items.h"
#include "read/pages.h"

/*
 * `pages` is the list of one parent, `batch` the lists of several: which of
 * them is being read tells `parents`.
 */
typedef struct FtxLane
{
	FtxPages *pages;
	FtxBatch *batch;	 /* NULL: was not needed yet */
	FtxParents *parents; /* of the batch; NULL: pages are read */
	const char *value;	 /* what the list is narrowed to; NULL: all is wanted */
	MemoryContext cxt;	 /* of the values of its parent */
	bool listed;		 /* the parent was enumerated */
	bool busy;
	int64 turn; /* of lists begun at once the oldest has the smallest */
} FtxLane;

/*
 * Items come from lanes: one list is one lane; of a child there is one for each
 * parent that is being read.  max_concurrency lists can be on the wire; there
 * are twice as many lanes, so that while the items of one are handed on, others
 * have arrived or wait for a connection to become free.  More of them would
 * hold more pages, and no list would come earlier.
 *
 * binding, many and query are copies of the range's, in range_cxt; `parents` is
 * made when it is first needed, and kept for the next range.  Lanes are made as
 * they are needed and used again, each with its FtxPages.
 */
struct FtxItems
{
	FtxReadSpec spec;
	Bitmapset *needed; /* columns in the path of the list */
	MemoryContext cxt;
	MemoryContext range_cxt;

	FtxLane *lanes; /* max_lanes */
	int max_lanes;
	int nlanes; /* that the range uses: one for a single list */
	int active;
	int64 begun;  /* lanes, since ftx_items_create(): the next one's turn */
	int64 asking; /* parents whose lists are under way, in all lanes */
	int current;  /* lane that is being read, or -1 */
	int64 received;
	int64 ended;  /* lists of the range that were read to their end */
	int64 asked;  /* parents, since ftx_items_create() */
	int64 absent; /* those of them that have no list */

	/* the range */
	char *query;
	int nlists; /* of these, with a query each; 0: one, with `query` */
	int list_slot;
	char **list_values; /* UTF-8, as items are */
	char **list_queries;
	FtxParentWanted wanted; /* with wanted_arg; NULL: all parents are */
	void *wanted_arg;
	bool narrowed;
	FtxBinding *binding;
	int many_column;
	char **many;
	int nmany;
	int next_many;
	bool enumerated; /* what is left are parents that are not listed */
	bool parents_ended;
	FtxItemsPlan plan;

	/*
	 * Where several parents can be asked for at once.  `gathered` were taken,
	 * and are not asked for yet; `left` were asked for in vain, and are to be
	 * asked for one by one.
	 */
	bool batches;
	bool
		probing; /* a first batch is under way, to learn whether it is served */
	FtxParents *gathered;
	FtxParents *left;

	/* parents that are enumerated: slot i + 1 is links[i] */
	FtxItems *parents;
	FtxJsonValue *told; /* by catalogue index, what the present one tells beside
						 * its name; NULL: it is not enumerated */
	texthash_hash *known; /* of the range; what tells a parent, quoted */
};

/* What reads all that a parent has. */
extern const char *ftx_list_template(const FtxResource *resource);

/*
 * The parents to be enumerated for a range, which what is known of them
 * narrows; `binding` is palloc'ed, all else is the range's.  Makes
 * items->parents.
 */
extern FtxItemsRange
ftx_parents_range(FtxItems *items, const FtxItemsRange *range);

/*
 * The next parent, in the current memory context; NULL if it is not wanted, or
 * at the end.
 */
extern FtxBinding *ftx_parents_next(FtxItems *items);

/*
 * Can the parent be named in a request?  If not, there is none: but one that
 * the API has listed must be.
 */
extern bool
ftx_parent_addressable(const FtxItems *items, const FtxBinding *parent);

#endif /* FTX_ITEMS_STATE_H */
