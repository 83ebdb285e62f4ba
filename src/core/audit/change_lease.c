/*
 * change_lease.c: the life of a lease, the same for a parameter group, a rule and a server.
 *
 * When the console is being left there are seconds, not minutes, for the taking back; what does
 * not come about in them stays on the disk, and the next start offers it.
 */
#include "audit/change_lease.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>

#define KEEP_STEP_US (5 * US_PER_S)
#define TAKE_BACK_US (2 * US_PER_MIN)
#define TAKE_BACK_LEAVING_US (8 * US_PER_S)

bool change_lease_take(struct change *c, struct lease *l, int64_t us, const char *id, struct lease_hold **ret_hold)
{
	struct err err;

	(void)snprintf(l->id, sizeof(l->id), "%s", id);
	(void)snprintf(l->operation, sizeof(l->operation), "%s", c->op->name);
	(void)audit_user(l->owner, sizeof(l->owner));
	l->until_us = clock_wall_us() + us;
	if (lease_take(l, ret_hold, &err))
		return true;
	change_conclude(c, id, clock_mono_us(), OPERATION_CRITICAL, "failed: %s", err.text);
	return false;
}

const char *change_lease_words(const struct lease *l, char *out, size_t size)
{
	char until[40];

	(void)snprintf(out, size, "done, in force until %.5sZ", clock_iso8601(l->until_us, until, sizeof(until)) + 11);
	return out;
}

void change_lease_keep(struct change *c, const struct lease *l, int64_t us)
{
	int64_t left;
	struct err err;

	while ((left = l->until_us - clock_wall_us()) > 0) {
		char text[64];

		(void)snprintf(text, sizeof(text), "in force, %lld min left",
			       (long long)((left + US_PER_MIN - 1) / US_PER_MIN));
		change_phase(c, str_c(text), 1 - (double)left / (double)us);
		change_show(c);
		if (!change_rest(c->f, left < KEEP_STEP_US ? left : KEEP_STEP_US, &err))
			return;
	}
}

void change_lease_end(struct change *c, struct lease_hold *hold, const char *restore, bool (*take_back)(void *ctx),
		      void *ctx)
{
	struct fetch *before = c->f, insisting = *before;

	insisting.insists = true;
	insisting.deadline_mono_us =
		clock_mono_us() +
		(fetch_cancelled(before) ? fetch_leave_us(before, TAKE_BACK_LEAVING_US) : TAKE_BACK_US);
	c->f = &insisting;
	fetch_doing(c->f, "taking back %s", c->object);
	c->op = operation_find(str_c(restore));
	change_phase(c, STR("being taken back"), (double)NAN);
	change_show(c);
	if (take_back(ctx))
		lease_end(hold);
	else
		lease_leave(hold);
	c->f = before;
}
