/*
 * mutes.h: which verdicts somebody knows of: acknowledged until they get worse or are over, or snoozed until a time.
 *
 * It holds at once and in this console; what it holds is handed out, change by change, to be written down
 * (mutes_unsaved()), and what stands written is taken in (mutes_take()): of an earlier start, and of other consoles. A
 * verdict of an earlier start is not shown yet, so that it is not there says nothing: it is over after
 * VERDICT_CLEAR looks at its rule that did not find it. As long as its rule cannot look, nothing is over. UI thread.
 */
#ifndef VERDICT_MUTES_H
#define VERDICT_MUTES_H

#include "model/severity.h"
#include "model/snapshot.h"

#define VERDICT_MUTED_MAX 64
#define MUTE_RULE_MAX 64
/* A longer name is muted as well, but not written down. */
#define MUTE_OBJECT_MAX 512
#define MUTE_BY_MAX 160

struct mute {
	uint64_t key; /* verdict_key() */
	char rule[MUTE_RULE_MAX], object[MUTE_OBJECT_MAX], by[MUTE_BY_MAX];
	int64_t at_us, until_us; /* 0 = acknowledged */
	enum severity at;        /* how bad it was then */
	unsigned gone;           /* looks in a row that did not find it */
	bool seen;               /* it was shown since this console started */
	bool known;              /* it stands, or stood, in the file */
	bool unsaved;            /* and what is here does not stand there yet */
	bool unnamed;            /* its object is too long to be written down */
};

struct mutes {
	struct mute items[VERDICT_MUTED_MAX];
	size_t n;
	struct mute ended[VERDICT_MUTED_MAX]; /* are not any more; the newest last */
	size_t nended;
	uint64_t taken; /* version of the file's rows that were taken in */
};

/* Of a rule and an object, as one number. */
uint64_t verdict_key(struct str rule, struct str object);
/* Mutes it, or no longer when it is. until_us 0 = acknowledged. The oldest gives way. */
void mutes_toggle(struct mutes *m, const struct mute *what);
/* What stands in the file (rows of the source `acknowledged`, of this target); once for each version of it. */
void mutes_take(struct mutes *m, const struct snapshot *file, uint64_t version, struct str target);
/* Marks the rows (keys: theirs) of what is shown, and ends what is over. */
void mutes_apply(struct mutes *m, struct snapshot *shown, const uint64_t *keys);
/* The next change that is to be written down, and whether it is one more or one less; it counts as handed out. */
bool mutes_unsaved(struct mutes *m, struct mute *ret_mute, bool *ret_ended);

#endif
