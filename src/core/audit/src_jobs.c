/*
 * src_jobs.c: maintenance that consoles of this account of this host have begun and whose outcome is not written yet.
 */
#include "audit/job_note.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "runtime/source.h"

struct job_view {
	uint64_t present;
	struct str id, operation, target, database, object, owner;
	int64_t number, process, began_at, left_behind;
};

#define F(m, k, ...) FIELD(struct job_view, m, k, __VA_ARGS__)
/* clang-format off */
static const struct field fields[] = {
	F(id, K_ID, .title = "JOB", .width = 24, .flags = F_KEY, .help = "The change's id in the audit log."),
	F(operation, K_ENUM, .title = "ACTION", .width = 14, .help = "What was begun."),
	F(target, K_ID, .title = "CLUSTER", .width = 20, .help = "Cluster it runs on, or host and port of a server without one."),
	F(database, K_ID, .title = "DATABASE", .width = 12, .help = "Database it runs in."),
	F(object, K_ID, .title = "OBJECT", .width = 24, .help = "Table it is about."),
	F(owner, K_ID, .title = "OWNER", .width = 16, .help = "Whose console has begun it."),
	F(number, K_INT, .title = "NUMBER", .width = 6, .help = "The job's number in its application_name."),
	F(process, K_INT, .title = "PID", .width = 7, .help = "Server process that does it."),
	F(began_at, K_TIME_US, .title = "BEGAN", .width = 9, .help = "When it was begun, by this host's clock."),
	F(left_behind, K_BOOL, .title = "LEFT", .width = 5, .help = "Its console has ended without writing an outcome."),
};
/* clang-format on */
#undef F
static const struct rec_type type = REC_TYPE(struct job_view, "jobs", fields);

static struct str keep(struct snapshot *s, const char *text)
{
	return arena_str(s->arena, str_c(text));
}

static bool fetch_jobs(struct fetch *f, struct err *err)
{
	struct job_note *all = xcalloc(JOB_NOTES_MAX, sizeof *all);
	bool left[JOB_NOTES_MAX];
	size_t n = job_note_list(all, left, JOB_NOTES_MAX);
	struct snapshot *s = snapshot_new(&type, "jobs");

	(void)err;
	for (size_t i = 0; i < n; i++) {
		struct job_view *row = snapshot_add_row(s);

		SET(row, struct job_view, id, keep(s, all[i].id));
		SET(row, struct job_view, operation, keep(s, all[i].operation));
		SET(row, struct job_view, target, keep(s, all[i].target));
		SET(row, struct job_view, database, keep(s, all[i].database));
		SET(row, struct job_view, object, keep(s, all[i].object));
		SET(row, struct job_view, owner, keep(s, all[i].owner));
		SET(row, struct job_view, number, all[i].number);
		SET(row, struct job_view, process, all[i].process);
		SET(row, struct job_view, began_at, all[i].began_at);
		SET(row, struct job_view, left_behind, left[i]);
	}
	xfree(all);
	fetch_publish(f, s);
	return true;
}

const struct source source_jobs = {
	.name = "jobs",
	.title = "jobs",
	.help = "Maintenance that consoles of this account of this host have begun, until its outcome is written.",
	.type = &type,
	.lane = LANE_FILES,
	.flags = SOURCE_LOCAL,
	.period_us = 5 * US_PER_MIN,
	.deadline_us = 10 * US_PER_S,
	.origin = "jobs/*.json",
	.fetch = fetch_jobs,
};
