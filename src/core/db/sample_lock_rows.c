/*
 * sample_lock_rows.c: the rows of "locks": each node of the forest with its session, the lock it
 * waits for and those it holds. Ages are taken anew at each sample.
 */
#include "db/lock_wait.h"
#include "db/sample.h"
#include "db/sources.h"

#define HOLDS_SHOWN 12
#define OBJECTS_SHOWN 4
#define TEXT_MAX 8192
#define NEEDS_MONITOR STR("needs pg_monitor")
#define NEEDS_14 STR("needs PostgreSQL 14")

struct writer {
	struct sample *s;
	const struct lock_trees *t;
	struct lock_names names;
	struct arena *a;
	struct buf text;
};

static struct str take_text(struct writer *w)
{
	struct str copy = arena_str(w->a, buf_str(&w->text));

	buf_clear(&w->text);
	return copy;
}

static int64_t public_pid(const struct forest_node *node)
{
	return node->id > 0 ? node->id : 0;
}

static int64_t age(int64_t now_us, int64_t since_us)
{
	return now_us > since_us ? now_us - since_us : 0;
}

static void write_place(struct writer *w, const struct forest_node *node, struct lock_wait *row)
{
	const struct forest_node *nodes = w->t->forest.nodes;
	int64_t sum;

	SET(row, struct lock_wait, pid, public_pid(node));
	SET(row, struct lock_wait, depth, node->depth);
	SET(row, struct lock_wait, root, public_pid(&nodes[node->root]));
	SET(row, struct lock_wait, blockers, node->blockers);
	SET(row, struct lock_wait, in_cycle, node->in_cycle);
	SET(row, struct lock_wait, guessed, node->unsure);
	SET(row, struct lock_wait, victims, node->victims);
	SET(row, struct lock_wait, direct_victims, node->direct_victims);
	if (node->blocker != FOREST_NONE)
		SET(row, struct lock_wait, blocked_by, public_pid(&nodes[node->blocker]));
	if (forest_victims_wait(node, w->s->server_us - w->t->server_us, &sum))
		SET(row, struct lock_wait, victims_wait_us, sum);
	if (node->nalso == 0)
		return;
	for (uint32_t i = 0; i < node->nalso; i++)
		buf_addf(&w->text, "%s%lld", i > 0 ? " " : "", (long long)public_pid(&nodes[node->also[i]]));
	SET(row, struct lock_wait, also_blocked_by, take_text(w));
}

/* Of a wait for a transaction: the row it is about, which the waiter has locked for itself in the meantime. */
static void add_tuple(struct writer *w, const struct held_lock *held, size_t n, int64_t pid)
{
	for (size_t i = 0; i < n; i++) {
		struct lock_tag t;

		if (held[i].pid != pid || !lock_tag_parse(held[i].tag, &t) || !str_eq_c(t.type, "tuple"))
			continue;
		buf_add_c(&w->text, " for ");
		lock_tag_name(&w->text, &t, &w->names);
		buf_addf(&w->text, " (%lld,%lld)", (long long)t.page, (long long)t.tuple);
		return;
	}
}

static void write_wait(struct writer *w, const struct forest_node *node, const struct held_lock *held, size_t n,
		       struct lock_wait *row)
{
	const struct lock_row *l = node->wait_row != FOREST_NONE ? &w->t->rows[node->wait_row] : NULL;
	struct lock_tag t;

	if (!l)
		return;
	SET(row, struct lock_wait, mode, str_c(lock_mode_name(l->mode)));
	if (node->held_row != FOREST_NONE)
		SET(row, struct lock_wait, held_mode, str_c(lock_mode_name(w->t->rows[node->held_row].mode)));
	if (conn_probe(w->s->conn)->version_num >= 140000)
		SET(row, struct lock_wait, ahead, node->ahead);
	if (node->since_us != 0) {
		SET(row, struct lock_wait, wait_start_at, node->since_us);
		SET(row, struct lock_wait, wait_us, age(w->s->server_us, node->since_us));
	}
	if (!lock_tag_parse(l->tag, &t))
		return;
	SET(row, struct lock_wait, lock_type, arena_str(w->a, t.type));
	lock_tag_words(&w->text, &t, &w->names);
	if (str_eq_c(t.type, "transactionid"))
		add_tuple(w, held, n, l->pid);
	SET(row, struct lock_wait, object, take_text(w));
}

static bool is_index(char relkind)
{
	return relkind == 'i' || relkind == 'I';
}

/* Locks on tables say what a transaction has touched; failing these, anything but its own id; failing that, its id. */
static int rank_of(const struct lock_tag *t, const struct lock_names *names)
{
	if (str_eq_c(t->type, "relation"))
		return is_index(lock_tag_relkind(t, names)) ? 3 : 0;
	return str_eq_c(t->type, "transactionid") ? 2 : 1;
}

static void write_objects(struct writer *w, const struct held_lock *held, size_t n, struct lock_wait *row)
{
	int best = 3;
	size_t shown = 0, more = 0;
	struct lock_tag t;

	for (size_t i = 0; i < n; i++)
		if (lock_tag_parse(held[i].tag, &t) && rank_of(&t, &w->names) < best)
			best = rank_of(&t, &w->names);
	for (size_t i = 0; i < n; i++) {
		bool again = false;

		if (!lock_tag_parse(held[i].tag, &t) || rank_of(&t, &w->names) != best)
			continue;
		/* one object, several modes */
		for (size_t k = 0; k < i; k++)
			again |= str_eq(held[k].tag, held[i].tag);
		if (again)
			continue;
		if (shown == 0)
			SET(row, struct lock_wait, holds_mode, str_c(lock_mode_name(held[i].mode)));
		if (shown++ >= OBJECTS_SHOWN) {
			more++;
			continue;
		}
		buf_add_c(&w->text, shown > 1 ? ", " : "");
		if (best == 0)
			lock_tag_name(&w->text, &t, &w->names);
		else
			lock_tag_words(&w->text, &t, &w->names);
	}
	if (more > 0)
		buf_addf(&w->text, " +%zu", more);
	if (shown > 0)
		SET(row, struct lock_wait, holds_objects, take_text(w));
}

static void write_holds(struct writer *w, const struct held_lock *held, size_t n, struct lock_wait *row)
{
	size_t shown = 0;
	int64_t total = 0;

	for (size_t i = 0; i < n; i++) {
		struct lock_tag t;

		if (i == 0 || held[i].pid != held[i - 1].pid)
			total += held[i].total;
		if (!lock_tag_parse(held[i].tag, &t))
			continue;
		if (str_eq_c(t.type, "transactionid") && held[i].mode == LOCK_EXCLUSIVE &&
		    (!HAS(row, struct lock_wait, xid) || t.xid < row->xid))
			SET(row, struct lock_wait, xid, t.xid);
		if (shown == HOLDS_SHOWN || rank_of(&t, &w->names) == 3)
			continue;
		buf_addf(&w->text, "%s%s ", shown++ > 0 ? "; " : "", lock_mode_name(held[i].mode));
		lock_tag_words(&w->text, &t, &w->names);
	}
	if (shown > 0)
		SET(row, struct lock_wait, holds, take_text(w));
	if (n > 0)
		SET(row, struct lock_wait, locks_held, total);
	write_objects(w, held, n, row);
}

static void write_prepared(struct writer *w, const struct forest_node *node, struct lock_wait *row)
{
	const struct prepared_rec *p = lock_trees_prepared(w->t, node);

	if (node->id > 0)
		return;
	SET(row, struct lock_wait, state, STR("prepared"));
	SET(row, struct lock_wait, prepared_xid, -node->id);
	if (!p)
		return;
	SET(row, struct lock_wait, gid, arena_str(w->a, p->gid));
	SET(row, struct lock_wait, user, arena_str(w->a, p->owner));
	SET(row, struct lock_wait, database, arena_str(w->a, p->database));
	SET(row, struct lock_wait, prepared_us, age(w->s->server_us, p->prepared_at));
	SET(row, struct lock_wait, prepared_at, p->prepared_at);
}

/* Texts of the sessions' snapshot are copied: each snapshot owns what it says. */
static void own_texts(struct writer *w, struct lock_wait *row)
{
	for (size_t i = 0; i < lock_wait_type.nfields; i++) {
		const struct field *f = &lock_wait_type.fields[i];
		union value v;

		if (kind_ops[f->kind].storage != CT_STR || !rec_get(f, row, &v))
			continue;
		v.str = arena_str(w->a, v.str);
		rec_set(f, row, v);
	}
}

static void write_row(struct writer *w, const struct forest_node *node, struct lock_wait *row)
{
	size_t n;
	const struct held_lock *held = lock_trees_held(w->t, node, &n);
	const struct session *session = node->id > 0 ? sample_find(w->s, node->id) : NULL;

	if (!session && node->wait_row != FOREST_NONE)
		session = sample_find(w->s, w->t->rows[node->wait_row].pid);
	write_place(w, node, row);
	write_wait(w, node, held, n, row);
	if (session) {
		lock_wait_add_session(row, session);
		own_texts(w, row);
	} else if (HAS(row, struct lock_wait, mode)) {
		SET(row, struct lock_wait, state, STR("waiting"));
	}
	write_holds(w, held, n, row);
	write_prepared(w, node, row);
	lock_wait_advise(row, w->a);
}

static void mark_unavailable(const struct sample *s, struct snapshot *snap)
{
	static const char *const from_14[] = {"wait_us", "wait_start_at", "victims_wait_us", "ahead", "query_id"};
	static const char *const hidden[] = {"state",   "client",           "wait",           "backend_type",
					     "xact_us", "query_us",         "state_us",       "xact_start_at",
					     "query",   "backend_start_at", "query_start_at", "query_id"};

	for (size_t i = 0; conn_probe(s->conn)->version_num < 140000 && i < ARRAY_LEN(from_14); i++)
		snapshot_set_unavailable(snap, from_14[i], NEEDS_14);
	for (size_t i = 0; !s->all_visible && i < ARRAY_LEN(hidden); i++)
		if (snapshot_unavailable(snap, hidden[i]).len == 0)
			snapshot_set_unavailable(snap, hidden[i], NEEDS_MONITOR);
}

struct snapshot *sample_make_locks(struct sample *s)
{
	struct snapshot *snap = snapshot_new(&lock_wait_type, source_locks.name);
	struct writer w = {.s = s, .t = &s->st->trees, .names = sample_lock_names(s), .a = snap->arena};

	snap->at_us = s->sessions->at_us;
	snap->server_at_us = s->server_us;
	snap->took_us = s->sessions->took_us;
	if (w.t->err.code != ERR_NONE) {
		snapshot_fail(snap, SNAP_ERROR, &w.t->err);
		return snap;
	}
	buf_init(&w.text, TEXT_MAX);
	for (size_t i = 0; i < w.t->forest.n; i++)
		write_row(&w, &w.t->forest.nodes[i], snapshot_add_row(snap));
	buf_release(&w.text);
	mark_unavailable(s, snap);
	return snap;
}
