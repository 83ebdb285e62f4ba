/*
 * operate_facts.c: what a preview says of readers, room, queues and time.
 *
 * Room is for sorting: an index is built from sorted rows, and what does not fit in memory goes
 * to files. On Aurora these are on the instance's own disk, whose free space is the
 * metric FreeLocalStorage of the writer; new copies of tables and indexes grow the cluster volume. One sort
 * runs at a time, so the largest index counts. CloudWatch is behind by a minute or two, and a figure
 * that is older than that by far counts as unknown. Of a server that is no cluster the free space is
 * known to nobody here, which is said and forbids nothing.
 *
 * Readers are counted by AWS and by the server, whichever knows of more.
 */
#include "db/operate.h"

#include "audit/audit_read.h"
#include "base/clock.h"
#include "model/kind.h"

#include <stdio.h>

enum { INPUT_CLUSTERS, INPUT_INSTANCES, INPUT_METRICS }; /* of OPERATE_INPUTS */

#define STORAGE_METRIC "FreeLocalStorage"
/* Newer points than this, and two periods, are expected where the metric is asked for. */
#define STORAGE_AGE_US (15 * US_PER_MIN)

struct counted {
	uint64_t present;
	int64_t readers, replica_status;
};
#define F(m, k) FIELD(struct counted, m, k, .title = #m, .help = #m)
static const struct field counted_fields[] = {F(readers, K_COUNT), F(replica_status, K_BOOL)};
#undef F
static const struct rec_type counted_type = REC_TYPE(struct counted, "operate_readers", counted_fields);

/* ---- inputs ---- */

/* Of a row of an input; "" when it is absent. */
static struct str text_of(const struct snapshot *s, size_t row, const char *field)
{
	int i = rec_find(s->type, str_c(field));
	union value v;

	if (i < 0 || kind_ops[s->type->fields[i].kind].storage != CT_STR ||
	    !rec_get(&s->type->fields[i], snapshot_row(s, row), &v))
		return STR("");
	return v.str;
}

static bool is_member(const struct operate *o, const struct snapshot *instances, size_t row, const char *role)
{
	return str_eq_c(text_of(instances, row, "cluster"), o->c.f->target->cluster) &&
	       str_eq_c(text_of(instances, row, "role"), role);
}

static bool is_cluster(const struct operate *o)
{
	return o->c.f->target->aws && o->c.f->target->cluster[0];
}

/* ---- readers ---- */

static int64_t count_listed_readers(const struct operate *o)
{
	const struct snapshot *s = o->c.f->inputs[INPUT_INSTANCES];
	int64_t n = 0;

	for (size_t i = 0; is_cluster(o) && s && i < s->nrows; i++)
		n += is_member(o, s, i, "reader");
	return n;
}

static bool ask_counted(struct operate *o, const char *name, struct counted *ret_counted, struct err *err)
{
	bool found;

	*ret_counted = (struct counted){0};
	return operate_ask(o, name, NULL, 0, &counted_type, ret_counted, &found, err);
}

/* A function that Aurora does not have here, or does not allow, is not called. */
static bool count_readers(struct operate *o, int64_t *ret_n, struct err *err)
{
	struct counted c = {0};
	bool aurora = conn_probe(o->conn)->aurora;

	*ret_n = count_listed_readers(o);
	if (aurora && !ask_counted(o, "aurora_functions", &c, err))
		return false;
	if (aurora && !c.replica_status)
		return true;
	if (!ask_counted(o, aurora ? "operate_aurora_readers" : "operate_readers", &c, err))
		return false;
	*ret_n = c.readers > *ret_n ? c.readers : *ret_n;
	return true;
}

static bool add_truncate(struct operate *o, struct buf *options, struct err *err)
{
	int64_t n;

	if (!(o->c.op->flags & OPERATION_VACUUMS))
		return true;
	if (!count_readers(o, &n, err))
		return false;
	if (n == 0)
		return true;
	if (conn_probe(o->conn)->version_num < 120000) {
		change_add(
			&o->c, "check", "", OPERATION_WARNING,
			"PostgreSQL 11 gives empty pages at a table's end back, which may cancel queries on readers");
		return true;
	}
	(void)buf_add_c(options, ", TRUNCATE false");
	change_add(&o->c, "fact", "readers", OPERATION_OK,
		   n == 1 ? "%lld: TRUNCATE false spares its queries; empty pages at a table's end stay there"
			  : "%lld: TRUNCATE false spares their queries; empty pages at a table's end stay there",
		   (long long)n);
	return true;
}

/* Readers hold the writer's AccessExclusive locks as they replay its log. */
static bool add_reader_locks(struct operate *o, struct err *err)
{
	const char *whose = o->c.op->flags & OPERATION_EXCLUSIVE ? "that need the table" : "that would use its indexes";
	int64_t n;

	if (!operation_needs_window(o->c.op))
		return true;
	if (!count_readers(o, &n, err))
		return false;
	if (n > 0)
		change_add(&o->c, "fact", "readers", OPERATION_OK,
			   "%lld: the lock holds there, too; queries %s wait, and those that run may be cancelled",
			   (long long)n, whose);
	return true;
}

bool operate_add_options(struct operate *o, struct buf *options, struct err *err)
{
	bool skips = operate_is_several(o) && !(o->c.op->flags & (OPERATION_INDEXES | OPERATION_DROPS));

	if (skips && conn_probe(o->conn)->version_num >= 120000)
		(void)buf_add_c(options, ", SKIP_LOCKED");
	else if (skips)
		change_add(
			&o->c, "check", "", OPERATION_WARNING,
			"PostgreSQL 11 skips no locked table: it waits 2 s for one, and ends there if that is in vain");
	return add_truncate(o, options, err) && add_reader_locks(o, err);
}

/* ---- room ---- */

/* Whose disk it is: the instance that is connected, else the one that AWS calls the writer; its class. */
static struct str find_writer(const struct operate *o, struct str *ret_class)
{
	const struct snapshot *s = o->c.f->inputs[INPUT_INSTANCES];
	struct str name = str_c(o->c.node);

	*ret_class = STR("");
	for (size_t i = 0; s && i < s->nrows; i++) {
		struct str identifier = text_of(s, i, "identifier");

		if (name.len > 0 ? !str_eq(identifier, name) : !is_member(o, s, i, "writer"))
			continue;
		*ret_class = text_of(s, i, "class");
		return identifier;
	}
	return name;
}

/* False: reason says why it is not known. */
static bool find_free_storage(const struct operate *o, struct str writer, struct str class, int64_t *ret_bytes,
			      struct buf *reason)
{
	const struct snapshot *s = o->c.f->inputs[INPUT_METRICS];
	const struct series *x = s && writer.len > 0 ? series_find(&s->series, STORAGE_METRIC, writer) : NULL;
	int64_t now = clock_wall_us();

	if (str_eq_c(class, "db.serverless")) {
		(void)buf_add_c(reason, "Serverless v2 has no metric " STORAGE_METRIC);
		return false;
	}
	if (!x || x->n == 0) {
		(void)buf_addf(reason, "there is no " STORAGE_METRIC " of " STR_FMT " yet; look again in a moment",
			       STR_ARG(writer.len ? writer : STR("the writer")));
		return false;
	}
	if (now - x->at[x->n - 1] > STORAGE_AGE_US + 2 * x->period_us) {
		(void)buf_addf(reason, "the newest " STORAGE_METRIC " of " STR_FMT " is ", STR_ARG(writer));
		(void)format_duration(reason, now - x->at[x->n - 1]);
		(void)buf_add_c(reason, " old; look again in a moment");
		return false;
	}
	*ret_bytes = x->value[x->n - 1] > 0 ? (int64_t)x->value[x->n - 1] : 0;
	return true;
}

static void compare_storage(struct operate *o, int64_t sorts)
{
	struct str class, writer = find_writer(o, &class);
	int64_t free_bytes = 0;
	struct buf b;

	buf_init(&b, 400);
	if (sorts < 0) {
		change_refuse_unless(&o->c, CHANGE_STORAGE, STR("how much it needs cannot be read while it is locked"),
				     "room for sorting is not known");
	} else if (!find_free_storage(o, writer, class, &free_bytes, &b)) {
		change_refuse_unless(&o->c, CHANGE_STORAGE, buf_str(&b), "room for sorting is not known");
	} else {
		(void)buf_addf(&b, STORAGE_METRIC " of " STR_FMT " is ", STR_ARG(writer));
		(void)format_bytes(&b, free_bytes);
		(void)buf_add_c(&b, ", sorting takes up to ");
		(void)format_bytes(&b, sorts);
		change_add(&o->c, "fact", "local disk", OPERATION_OK, "%s", buf_c(&b));
		if (free_bytes < sorts)
			change_refuse_unless(&o->c, CHANGE_STORAGE, buf_str(&b), "room for sorting is short");
	}
	buf_release(&b);
}

void operate_check_storage(struct operate *o, int64_t sorts, int64_t copies)
{
	struct buf b;

	buf_init(&b, 200);
	if (copies >= 0) {
		(void)buf_add_c(&b, "up to ");
		(void)format_bytes(&b, copies);
		(void)buf_add_c(&b, " of new storage while it runs, and up to ");
		(void)format_bytes(&b, sorts);
		change_add(&o->c, "fact", "needs", OPERATION_OK, "%s for sorting", buf_c(&b));
	}
	buf_release(&b);
	if (is_cluster(o))
		compare_storage(o, sorts);
	else
		change_add(&o->c, "check", "", OPERATION_WARNING,
			   "the free space of the server's disk is not known from here");
}

/* ---- queues and time ---- */

void operate_add_queue(struct operate *o)
{
	const char *who = "other maintenance of the table that is worked on, CREATE INDEX, ALTER TABLE; no query";

	if (o->c.op->flags & OPERATION_EXCLUSIVE)
		who = "every session that needs the table that is worked on";
	else if (operation_needs_window(o->c.op))
		who = "writers of the table that is worked on, and readers that would use its indexes";
	change_add(&o->c, "fact", "queues", OPERATION_OK, "%s", who);
}

static bool is_earlier_run(const struct operate *o, const struct audit_row *row)
{
	return HAS(row, struct audit_row, took_us) && str_eq_c(row->action, o->c.op->name) &&
	       str_eq_c(row->object, o->c.object) && str_eq_c(row->database, o->c.database) &&
	       str_eq_c(row->cluster, o->c.f->target->cluster) && str_starts(row->outcome, STR("done"));
}

/* The audit log is read for who looks; what runs has been looked at. */
void operate_add_time(struct operate *o)
{
	struct snapshot *entries, *files;
	const struct audit_row *last = NULL;
	char path[AUDIT_PATH_MAX];
	struct err err;
	struct buf b;

	if (o->c.f->source->flags & SOURCE_CHANGES)
		return;
	entries = snapshot_new(&audit_type, "audit");
	files = snapshot_new(&audit_file_type, "audit_files");
	if (audit_path(path, sizeof(path)) && audit_load(path, entries, files, &err))
		for (size_t i = 0; !last && i < entries->nrows; i++)
			if (is_earlier_run(o, (const struct audit_row *)entries->rows + i))
				last = (const struct audit_row *)entries->rows + i;
	buf_init(&b, 100);
	if (last && format_duration(&b, last->took_us)) {
		char began[40];

		change_add(&o->c, "fact", "takes", OPERATION_OK, "%s the last time, %s, by the audit log of this host",
			   buf_c(&b), clock_iso8601(last->began_at, began, sizeof(began)));
	} else {
		change_add(&o->c, "fact", "takes", OPERATION_OK,
			   "n/a: the audit log of this host has no earlier run of it that went well");
	}
	buf_release(&b);
	snapshot_unref(entries);
	snapshot_unref(files);
}
