/*
 * sample_trees.c: from one read of the locks to the lock trees, and names for what is in them.
 *
 * The forest is built when the locks were read and serves as long as they do. What costs a
 * statement of its own (names of relations, prepared
 * transactions, pg_blocking_pids() before version 14) is asked only while somebody looks at
 * the trees, and only for what is not known yet.
 */
#include "db/sample.h"

#include "base/clock.h"
#include "base/sort.h"
#include "base/xalloc.h"
#include "codec/codec_sql.h"
#include "db/sources.h"

#include <libpq-fe.h>

/* Names are asked for again after this long: a relation may have been renamed. */
#define RELATIONS_US (60 * US_PER_S)
#define RELATIONS_ASK_MAX 200
#define SETTLE_MAX 20
#define TEXT_MAX 8192
#define OID_PG_CLASS 1259
#define OID_PG_NAMESPACE 2615

struct lock_names sample_lock_names(const struct sample *s)
{
	return (struct lock_names){&s->st->names.databases, &s->st->trees.relations,
				   str_c(conn_probe(s->conn)->database)};
}

/* ---- building ---- */

/* Only members of parallel groups have a leader; there are few. */
static int64_t group_of(struct sample *s, int64_t pid)
{
	const struct session *row = pid > 0 ? sample_find(s, pid) : NULL;

	return row && HAS(row, struct session, leader_pid) ? row->leader_pid : pid;
}

static int compare_held(uint32_t a, uint32_t b, void *ctx)
{
	const struct held_lock *held = ctx;

	if (held[a].group != held[b].group)
		return held[a].group < held[b].group ? -1 : 1;
	return (held[a].pid > held[b].pid) - (held[a].pid < held[b].pid);
}

/* The order within a pid, most telling first, is the statement's and stays. */
static void sort_held(struct lock_trees *t)
{
	struct held_lock *sorted = xcalloc(t->nheld + 1, sizeof(*sorted));
	uint32_t *index = xcalloc(t->nheld + 1, sizeof(*index)), *scratch = xcalloc(t->nheld + 1, sizeof(*scratch));

	for (size_t i = 0; i < t->nheld; i++)
		index[i] = (uint32_t)i;
	sort_indices(index, scratch, t->nheld, compare_held, t->held);
	for (size_t i = 0; i < t->nheld; i++)
		sorted[i] = t->held[index[i]];
	xfree(t->held);
	t->held = sorted;
	xfree(index);
	xfree(scratch);
}

static void take_rows(struct sample *s, const struct snapshot *locks)
{
	struct lock_trees *t = &s->st->trees;

	t->locks = locks;
	t->rows = xcalloc(locks->nrows + 1, sizeof(*t->rows));
	t->held = xcalloc(locks->nrows + 1, sizeof(*t->held));
	for (size_t i = 0; i < locks->nrows; i++) {
		const struct lock_rec *l = snapshot_row(locks, i);
		int64_t group = group_of(s, l->pid);
		enum lock_mode mode = lock_mode_parse(l->mode);

		if (HAS(l, struct lock_rec, held))
			t->held[t->nheld++] = (struct held_lock){
				.tag = l->tag, .pid = l->pid, .group = group, .total = l->held, .mode = mode};
		else
			t->rows[t->nrows++] =
				(struct lock_row){.tag = l->tag,
						  .since_us = HAS(l, struct lock_rec, waitstart) ? l->waitstart : 0,
						  .pid = l->pid,
						  .group = group,
						  .mode = mode,
						  .granted = l->granted != 0};
	}
	sort_held(t);
}

static int compare_settled(uint32_t a, uint32_t b, void *ctx)
{
	const struct forest_settled *x = ctx;

	return (x[a].waiter > x[b].waiter) - (x[a].waiter < x[b].waiter);
}

/* The server's answer as groups, sorted; the caller frees it. */
static struct forest_settled *read_settled(struct sample *s, const struct pg_result *r, size_t *ret_n)
{
	size_t n = (size_t)PQntuples(r), kept = 0;
	struct forest_settled *raw = xcalloc(n + 1, sizeof(*raw)), *sorted = xcalloc(n + 1, sizeof(*sorted));
	uint32_t *index = xcalloc(n + 1, sizeof(*index)), *scratch = xcalloc(n + 1, sizeof(*scratch));

	for (size_t y = 0; y < n; y++) {
		int64_t waiter, blocker;

		/* 0 is a prepared transaction, which holds its locks, so that the rows explain it */
		if (!sql_i64(r, (int)y, 0, &waiter) || !sql_i64(r, (int)y, 1, &blocker) || blocker == 0)
			continue;
		raw[kept] = (struct forest_settled){group_of(s, waiter), group_of(s, blocker)};
		index[kept] = (uint32_t)kept;
		kept++;
	}
	sort_indices(index, scratch, kept, compare_settled, raw);
	for (size_t i = 0; i < kept; i++)
		sorted[i] = raw[index[i]];
	xfree(raw);
	xfree(index);
	xfree(scratch);
	*ret_n = kept;
	return sorted;
}

static bool build(struct lock_trees *t, struct forest_input *in)
{
	struct lock_forest forest;

	if (!forest_build(in, &forest, &t->err))
		return false;
	forest_release(&t->forest);
	t->forest = forest;
	return true;
}

/* Where the order of a queue is not known, the server settles a few guesses. */
static bool settle(struct sample *s, struct forest_input *in, struct err *err)
{
	struct lock_trees *t = &s->st->trees;
	struct forest_settled *settled;
	struct conn_param param = {OID_INT4_ARRAY, NULL, -1};
	struct pg_result *r;
	struct buf pids;
	size_t asked = 0;
	bool ok;

	buf_init(&pids, SETTLE_MAX * 12 + 8);
	buf_add_char(&pids, '{');
	for (size_t i = 0; i < t->forest.n && asked < SETTLE_MAX; i++)
		if (t->forest.nodes[i].unsure)
			buf_addf(&pids, "%s%lld", asked++ > 0 ? "," : "",
				 (long long)t->rows[t->forest.nodes[i].wait_row].pid);
	buf_add_char(&pids, '}');
	param.value = buf_c(&pids);
	s->round_trips++;
	ok = conn_query(s->f, s->conn, "blockers", &param, 1, &r, err);
	buf_release(&pids);
	if (!ok)
		return false;
	settled = read_settled(s, r, &in->nsettled);
	in->settled = settled;
	conn_result_free(r);
	(void)build(t, in);
	xfree(settled);
	return true;
}

bool sample_plant_trees(struct sample *s, const struct snapshot *locks, struct err *err)
{
	struct lock_trees *t = &s->st->trees;
	bool queue_known = conn_probe(s->conn)->version_num >= 140000;
	struct forest_input in;

	take_rows(s, locks);
	t->server_us = s->server_us;
	in = (struct forest_input){.rows = t->rows, .n = t->nrows, .now_us = s->server_us, .queue_known = queue_known};
	if (!build(t, &in))
		return true;
	return t->forest.nunsure == 0 || !fetch_wants(s->f, source_locks.name) || settle(s, &in, err);
}

/* ---- names ---- */

/* A failure that leaves the connection usable costs the names only. */
static bool tolerable(const struct err *err)
{
	return err->code != ERR_TIMEOUT && err->code != ERR_CANCELLED && err->code != ERR_LOST;
}

struct wish {
	int64_t oids[RELATIONS_ASK_MAX];
	size_t n;
};

static void wish_for(struct wish *w, struct str tag, const struct lock_names *names)
{
	struct lock_tag t;
	struct str known;
	int64_t oid;

	if (w->n == RELATIONS_ASK_MAX || !lock_tag_parse(tag, &t))
		return;
	oid = lock_tag_relation(&t, names);
	if (oid == 0 || names_find(names->relations, oid, &known))
		return;
	for (size_t i = 0; i < w->n; i++)
		if (w->oids[i] == oid)
			return;
	w->oids[w->n++] = oid;
}

/* While the catalog itself is locked, a look into it would wait as well. */
static bool is_catalog_locked(const struct lock_trees *t, const struct lock_names *names)
{
	for (size_t i = 0; i < t->nrows + t->nheld; i++) {
		struct str text = i < t->nrows ? t->rows[i].tag : t->held[i - t->nrows].tag;
		enum lock_mode mode = i < t->nrows ? t->rows[i].mode : t->held[i - t->nrows].mode;
		struct lock_tag tag;

		if (mode == LOCK_ACCESS_EXCLUSIVE && lock_tag_parse(text, &tag) && lock_tag_is_here(&tag, names) &&
		    (tag.relation == OID_PG_CLASS || tag.relation == OID_PG_NAMESPACE))
			return true;
	}
	return false;
}

static bool read_relations(struct names *relations, const struct wish *w, const struct pg_result *r)
{
	struct buf b;

	/* what the answer leaves out does not exist, and is not asked again soon */
	for (size_t i = 0; i < w->n; i++)
		names_put(relations, w->oids[i], STR(""));
	for (int y = 0; y < PQntuples(r); y++) {
		struct str kind, name;
		int64_t oid;

		if (!sql_i64(r, y, 0, &oid) || !sql_text(r, y, 1, &kind) || !sql_text(r, y, 2, &name))
			continue;
		buf_init(&b, TEXT_MAX);
		buf_add_str(&b, kind);
		buf_add_str(&b, name);
		names_put(relations, oid, buf_str(&b));
		buf_release(&b);
	}
	return true;
}

static bool ask_relations(struct sample *s, const struct wish *w, struct err *err)
{
	struct conn_param param = {OID_OID_ARRAY, NULL, -1};
	struct pg_result *r;
	struct buf oids;
	bool ok;

	buf_init(&oids, RELATIONS_ASK_MAX * 12 + 8);
	buf_add_char(&oids, '{');
	for (size_t i = 0; i < w->n; i++)
		buf_addf(&oids, "%s%lld", i > 0 ? "," : "", (long long)w->oids[i]);
	buf_add_char(&oids, '}');
	param.value = buf_c(&oids);
	s->round_trips++;
	ok = conn_query(s->f, s->conn, "lock_names", &param, 1, &r, err);
	buf_release(&oids);
	if (!ok)
		return false;
	ok = read_relations(&s->st->trees.relations, w, r);
	conn_result_free(r);
	return ok;
}

static bool name_relations(struct sample *s, struct err *err)
{
	struct lock_trees *t = &s->st->trees;
	struct lock_names names = sample_lock_names(s);
	int64_t now = clock_mono_us();
	struct wish w = {.n = 0};

	if (now - t->relations_mono_us > RELATIONS_US) {
		names_release(&t->relations);
		t->relations_mono_us = now;
	}
	for (size_t i = 0; i < t->forest.n; i++) {
		const struct forest_node *node = &t->forest.nodes[i];
		size_t n;
		const struct held_lock *held = lock_trees_held(t, node, &n);

		if (node->wait_row != FOREST_NONE)
			wish_for(&w, t->rows[node->wait_row].tag, &names);
		for (size_t k = 0; k < n; k++)
			wish_for(&w, held[k].tag, &names);
	}
	if (w.n == 0 || is_catalog_locked(t, &names) || ask_relations(s, &w, err))
		return true;
	for (size_t i = 0; i < w.n; i++)
		names_put(&t->relations, w.oids[i], STR(""));
	return tolerable(err);
}

static bool name_prepared(struct sample *s, struct err *err)
{
	struct lock_trees *t = &s->st->trees;
	bool missing = false;
	struct snapshot *prepared;
	struct pg_result *r;

	for (size_t i = 0; i < t->forest.n; i++)
		missing |= t->forest.nodes[i].id < 0 && !lock_trees_prepared(t, &t->forest.nodes[i]);
	/* one that ended since the locks were read is not asked for again and again */
	if (!missing || t->prepared_mono_us > s->st->graph_mono_us)
		return true;
	s->round_trips++;
	if (!conn_query(s->f, s->conn, "prepared", NULL, 0, &r, err))
		return tolerable(err);
	prepared = snapshot_new(&prepared_rec_type, source_locks.name);
	if (!sql_read_rows(r, prepared, err)) {
		snapshot_unref(prepared);
		conn_result_free(r);
		return false;
	}
	conn_result_free(r);
	snapshot_unref(t->prepared);
	t->prepared = snapshot_publish(prepared);
	t->prepared_mono_us = clock_mono_us();
	return true;
}

bool sample_name_locks(struct sample *s, struct err *err)
{
	return s->st->trees.forest.n == 0 || (name_relations(s, err) && name_prepared(s, err));
}
