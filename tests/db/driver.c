/* driver.c: see driver.h. */
#include "driver.h"

#include "base/clock.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct source *const sources[DRIVE__COUNT] = {
	[DRIVE_SESSIONS] = &source_sessions,
	[DRIVE_ACTIVITY] = &source_activity,
	[DRIVE_LOAD] = &source_load,
	[DRIVE_LOAD_SAMPLES] = &source_load_samples,
	[DRIVE_LOCKS] = &source_locks,
	[DRIVE_DATABASES] = &source_databases,
	[DRIVE_SIZES] = &source_database_sizes,
	[DRIVE_PROGRESS] = &source_progress,
	[DRIVE_HORIZON] = &source_xmin_horizon,
	[DRIVE_TABLES] = &source_tables,
	[DRIVE_RELATIONS] = &source_relations,
	[DRIVE_WRAPAROUND] = &source_wraparound,
	[DRIVE_SLOTS] = &source_slots,
	[DRIVE_STATEMENTS] = &source_statements,
	[DRIVE_STATEMENTS_INFO] = &source_statements_info,
	[DRIVE_SERVER_LOG] = &source_server_log,
	[DRIVE_ACTION] = &source_action,
};
/* clang-format on */

void driver_set_target(struct driver *d, const struct target *t)
{
	target_unref(d->target);
	d->target = t;
}

void driver_set_conninfo(struct driver *d, const char *conninfo)
{
	struct target *t = target_new();

	snprintf(t->conninfo, sizeof(t->conninfo), "%s", conninfo);
	t->interval_us = US_PER_S;
	driver_set_target(d, t);
}

void driver_init(struct driver *d, const char *conninfo)
{
	memset(d, 0, sizeof(*d));
	wake_init(&d->wake);
	for (size_t i = 0; i < DRIVE__COUNT; i++)
		mailbox_init(&d->mailboxes[i]);
	d->sampler = lane_new(LANE_SAMPLER, "sampler", sources, DRIVE_DATABASES, d->mailboxes, &d->wake);
	d->slow = lane_new(LANE_SLOW, "slow", sources + DRIVE_DATABASES, DRIVE_ACTION - DRIVE_DATABASES,
			   d->mailboxes + DRIVE_DATABASES, &d->wake);
	d->action = lane_new(LANE_ACTION, "action", sources + DRIVE_ACTION, 1, d->mailboxes + DRIVE_ACTION, &d->wake);
	driver_set_conninfo(d, conninfo);
}

void driver_release(struct driver *d)
{
	if (!lane_stop(d->sampler, 5 * US_PER_S) || !lane_stop(d->slow, 5 * US_PER_S) ||
	    !lane_stop(d->action, 5 * US_PER_S))
		BUG("a lane does not stop");
	for (size_t i = 0; i < DRIVE__COUNT; i++) {
		snapshot_unref(d->last[i]);
		mailbox_release(&d->mailboxes[i]);
	}
	target_unref(d->target);
	wake_release(&d->wake);
}

static void collect(struct driver *d)
{
	for (size_t i = 0; i < DRIVE__COUNT; i++) {
		const struct snapshot *s = mailbox_take(&d->mailboxes[i]);

		if (!s)
			continue;
		snapshot_unref(d->last[i]);
		d->last[i] = s;
	}
}

const struct snapshot *driver_fetch(struct driver *d, enum driver_source which, bool wide, int64_t deadline_us)
{
	struct lane *lane = which < DRIVE_DATABASES ? d->sampler : which < DRIVE_ACTION ? d->slow : d->action;
	size_t first = which < DRIVE_DATABASES ? 0 : which < DRIVE_ACTION ? DRIVE_DATABASES : DRIVE_ACTION;
	size_t index = (size_t)which - first;
	struct fetch f = {.target = d->target,
			  .wide = wide,
			  .demand = d->looks_at_locks ? UINT64_C(1) << DRIVE_LOCKS : 0,
			  .inputs = {d->inputs[0], d->inputs[1]}};
	int64_t since;

	if (deadline_us)
		f.deadline_mono_us = clock_mono_us() + deadline_us;
	if (!lane_request(lane, index, &f))
		BUG("busy");
	while (lane_pending(lane, index, &since)) {
		struct pollfd p = {.fd = d->wake.fd, .events = POLLIN};

		poll(&p, 1, 20);
		wake_clear(&d->wake);
	}
	collect(d);
	return d->last[which];
}

const struct session *driver_session(const struct driver *d, int64_t pid)
{
	const struct snapshot *s = d->last[DRIVE_SESSIONS];

	for (size_t i = 0; s && i < s->nrows; i++) {
		const struct session *row = snapshot_row(s, i);

		if (row->pid == pid)
			return row;
	}
	return NULL;
}

const struct activity *driver_activity(const struct driver *d)
{
	const struct snapshot *s = d->last[DRIVE_ACTIVITY];

	return s && s->nrows == 1 ? snapshot_row(s, 0) : NULL;
}
