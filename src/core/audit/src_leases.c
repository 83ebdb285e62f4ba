/*
 * src_leases.c: what consoles of this account of this host have changed for a time, and who holds it.
 */
#include "audit/lease.h"
#include "base/clock.h"
#include "runtime/source.h"

struct lease_view {
	uint64_t present;
	struct str id, operation, target, object, parameter, value, before, owner;
	int64_t until_at, left_behind;
};

#define F(m, k, ...) FIELD(struct lease_view, m, k, __VA_ARGS__)
/* clang-format off */
static const struct field fields[] = {
	F(id, K_ID, .title = "LEASE", .width = 24, .flags = F_KEY, .help = "The change's id in the audit log."),
	F(operation, K_ENUM, .title = "ACTION", .width = 14, .help = "What was done."),
	F(target, K_ID, .title = "CLUSTER", .width = 20, .help = "Cluster it was done to."),
	F(object, K_ID, .title = "OBJECT", .width = 24, .help = "Parameter group, security group or server that was changed."),
	F(parameter, K_ID, .title = "PARAMETER", .width = 20, .help = "What of it was changed."),
	F(value, K_TEXT, .title = "VALUE", .width = 12, .help = "What it is for the time."),
	F(before, K_TEXT, .title = "BEFORE", .width = 12, .help = "What it was, and will be again; absent: it was unset."),
	F(owner, K_ID, .title = "OWNER", .width = 16, .help = "Whose console changed it."),
	F(until_at, K_TIME_US, .title = "UNTIL", .width = 12, .help = "When it is taken back."),
	F(left_behind, K_BOOL, .title = "LEFT", .width = 5, .help = "No console holds it any more: it has to be taken back by hand."),
};
/* clang-format on */
#undef F
static const struct rec_type type = REC_TYPE(struct lease_view, "leases", fields);

static struct str keep(struct snapshot *s, const char *text)
{
	return arena_str(s->arena, str_c(text));
}

static bool fetch_leases(struct fetch *f, struct err *err)
{
	struct lease all[LEASES_MAX];
	bool left[LEASES_MAX];
	size_t n = lease_list(NULL, all, left, LEASES_MAX);
	struct snapshot *s = snapshot_new(&type, "leases");

	(void)err;
	for (size_t i = 0; i < n; i++) {
		struct lease_view *row = snapshot_add_row(s);

		SET(row, struct lease_view, id, keep(s, all[i].id));
		SET(row, struct lease_view, operation, keep(s, all[i].operation));
		SET(row, struct lease_view, target, keep(s, all[i].target));
		SET(row, struct lease_view, object, keep(s, all[i].object));
		SET(row, struct lease_view, parameter, keep(s, all[i].parameter));
		SET(row, struct lease_view, value, keep(s, all[i].value));
		if (!all[i].unset)
			SET(row, struct lease_view, before, keep(s, all[i].before));
		SET(row, struct lease_view, owner, keep(s, all[i].owner));
		SET(row, struct lease_view, until_at, all[i].until_us);
		SET(row, struct lease_view, left_behind, left[i]);
	}
	fetch_publish(f, s);
	return true;
}

const struct source source_leases = {
	.name = "leases",
	.title = "leases",
	.help = "What consoles of this account of this host have changed for a time, and take back afterwards.",
	.type = &type,
	.lane = LANE_FILES,
	.flags = SOURCE_LOCAL,
	.period_us = 5 * US_PER_MIN,
	.deadline_us = 10 * US_PER_S,
	.origin = "leases/*.json",
	.fetch = fetch_leases,
};
