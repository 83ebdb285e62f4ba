/*
 * operate_estimate.c: how long it may take, and where that is known from.
 *
 * AWS tells no duration beforehand. The audit log has how long the same took on the same cluster, from the call to the
 * state that was waited for. Of a snapshot AWS's own events tell it, too: the automated ones of the last days begin and
 * end there. Where there is neither, that is said: a number without a source is worse than none.
 */
#include "audit/audit_read.h"
#include "aws/operate.h"
#include "base/clock.h"
#include "model/kind.h"

#include <stdio.h>

#define TIMES_MAX 20 /* the newest ones */
#define EVENTS_MINUTES "4320"

struct times {
	int64_t us[TIMES_MAX];
	size_t n;
};

/* The shortest first. */
static void add_time(struct times *t, int64_t us)
{
	size_t at = t->n;

	if (us <= 0 || t->n == TIMES_MAX)
		return;
	for (; at > 0 && t->us[at - 1] > us; at--)
		t->us[at] = t->us[at - 1];
	t->us[at] = us;
	t->n++;
}

/* ---- the audit log ---- */

static void read_audit(const struct aws_operate *o, struct times *t)
{
	struct snapshot *entries = snapshot_new(&audit_type, "audit"), *files = snapshot_new(&audit_file_type, "audit");
	char path[AUDIT_PATH_MAX];
	struct err err;

	/* without a log nothing is run, which the run itself will say */
	if (audit_path(path, sizeof(path)) && !audit_load(path, entries, files, &err))
		t->n = 0;
	for (size_t i = 0; i < entries->nrows; i++) {
		const struct audit_row *r = (const struct audit_row *)entries->rows + i;

		if (str_eq_c(r->action, o->c.op->name) && str_eq_c(r->cluster, o->c.f->target->cluster) &&
		    strcmp(audit_severity(r->outcome), "ok") == 0 && HAS(r, struct audit_row, took_us))
			add_time(t, r->took_us);
	}
	snapshot_unref(entries);
	snapshot_unref(files);
}

/* ---- events of snapshots ---- */

struct seen_event {
	uint64_t present;
	struct str source, message;
	int64_t at;
};
#define F(m, k, path) FIELD(struct seen_event, m, k, .title = #m, .help = #m, .wire = path)
static const struct field event_fields[] = {
	F(source, K_ID, "SourceIdentifier"),
	F(message, K_TEXT, "Message"),
	F(at, K_TIME_US, "Date"),
};
#undef F
static const struct rec_type event_type = REC_TYPE(struct seen_event, "operate_event", event_fields);

static void event_parameters(struct form *form, void *ctx)
{
	(void)ctx;
	form_add_c(form, "SourceType", "db-cluster-snapshot");
	form_add_c(form, "Duration", EVENTS_MINUTES);
}

/* Automated ones of this cluster, whose names say whose they are. */
static bool is_automated(void *row, struct snapshot *out, void *ctx)
{
	const struct aws_operate *o = ctx;
	struct str source = ((const struct seen_event *)row)->source, cluster = str_c(o->c.f->target->cluster);

	(void)out;
	return source.len == strlen("rds:") + cluster.len + strlen("-2026-11-26-06-42") &&
	       str_starts(source, STR("rds:")) &&
	       str_eq(str_sub(source, strlen("rds:"), strlen("rds:") + cluster.len), cluster);
}

static void pair_events(const struct snapshot *rows, struct times *t)
{
	const struct seen_event *e = rows->rows;

	for (size_t i = 0; i < rows->nrows; i++)
		for (size_t k = 0; k < rows->nrows && str_starts(e[i].message, STR("Creating")); k++)
			if (str_eq(e[i].source, e[k].source) && str_find(e[k].message, STR("created"), 0) >= 0)
				add_time(t, e[k].at - e[i].at);
}

/* False: they may not be read, or could not be. */
static bool read_events(struct aws_operate *o, struct times *t)
{
	struct snapshot *rows = snapshot_new(&event_type, o->c.f->source->name);
	const struct aws_list list = {
		.service = AWS_RDS,
		.operation = "DescribeEvents",
		.items = "DescribeEventsResult/Events/*",
		.next = "DescribeEventsResult/Marker",
		.marker = "Marker",
		.parameters = event_parameters,
		.finish = is_automated,
		.ctx = o,
	};
	struct err err;
	bool ok = aws_operate_list(o, &list, rows, &err);

	if (ok)
		pair_events(rows, t);
	snapshot_unref(rows);
	return ok;
}

/* ---- in words ---- */

static void say(struct aws_operate *o, const struct times *t, const char *by)
{
	int64_t least = t->us[0], most = t->us[t->n - 1];
	struct buf b;

	buf_init(&b, 200);
	(void)format_duration(&b, t->us[t->n / 2]);
	if (most - least > US_PER_S) {
		(void)buf_add_c(&b, " (");
		(void)format_duration(&b, least);
		(void)buf_add_c(&b, " to ");
		(void)format_duration(&b, most);
		(void)buf_add_c(&b, ")");
	}
	change_add(&o->c, "fact", "estimate", OPERATION_OK, "%s, by %s", buf_c(&b), by);
	buf_release(&b);
}

void aws_operate_add_estimate(struct aws_operate *o)
{
	bool snapshots = strcmp(o->c.op->name, "create snapshot") == 0, told = false;
	struct times t = {.n = 0};

	read_audit(o, &t);
	if (t.n > 0) {
		say(o, &t, t.n == 1 ? "the last one in the audit log" : "earlier ones in the audit log");
		return;
	}
	if (snapshots)
		told = read_events(o, &t);
	if (t.n > 0) {
		say(o, &t, "AWS's events of the last automated snapshots");
		return;
	}
	change_add(&o->c, "fact", "estimate", OPERATION_OK,
		   "none: AWS tells no duration, and the audit log of this host has no earlier %s of this cluster%s",
		   o->c.op->title,
		   !snapshots ? ""
		   : told     ? ", nor AWS's events an automated snapshot"
			      : "; AWS's events of snapshots could not be read");
}
