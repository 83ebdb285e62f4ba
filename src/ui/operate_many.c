/*
 * operate_many.c: one operation on all sessions that are tagged in a pane: one preview, one question, one job.
 *
 * A session is signalled on its own node, so the nodes are asked one after the other, each by a command of its own, and
 * what they answer is put together: the preview of all is there when the last has answered, and the job ends with the
 * last. What is confirmed is exactly who was listed as to be signalled; whoever was left out is not sent again. A node
 * that does not answer takes only its own sessions out.
 */
#include "base/parse.h"
#include "base/xalloc.h"
#include "ui/operate_impl.h"

#include <stdio.h>

_Static_assert(TABLE_TAGS_MAX == OPERATION_MANY_MAX, "what can be tagged can be acted on");

struct one {
	int64_t pid, backend_start_at;
	char node[64];
	bool asked; /* its node was asked, in this preview or this run */
	bool may;   /* the preview says that it would be signalled */
};

struct operate_many {
	struct one all[OPERATION_MANY_MAX];
	size_t n;
	bool several;                                     /* nodes */
	char node[64];                                    /* the one that is asked now ... */
	size_t asked;                                     /* ... for so many sessions */
	const struct snapshot *parts[SNAPSHOT_PARTS_MAX]; /* what the nodes have answered */
	size_t nparts;
	struct operation_sum sum;
	char statement[700]; /* as previewed */
	int tier;
};

/* ---- who ---- */

size_t operate_tagged(const struct pane *p, size_t rows[OPERATION_MANY_MAX])
{
	size_t n = table_tagged_rows(&p->table, rows, OPERATION_MANY_MAX), kept = 0;

	for (size_t i = 0; i < n; i++)
		if (data_i64(p->table.snap, rows[i], "pid", 0) > 0)
			rows[kept++] = rows[i];
	return kept;
}

static bool is_known(const struct operate_many *m, const struct operate_view *one)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->all[i].pid == one->pid && m->all[i].backend_start_at == one->backend_start_at &&
		    strcmp(m->all[i].node, one->node) == 0)
			return true;
	return false;
}

void operate_many_take(struct ui *ui, struct operate_view *v, const struct snapshot *s, const size_t *rows, size_t n)
{
	struct operate_many *m = xcalloc(1, sizeof *m);

	for (size_t i = 0; i < n; i++) {
		struct operate_view one = {.op = v->op};
		struct one *to = &m->all[m->n];

		/* when it connected is not known any more: the preview will say that it has ended */
		if (!operate_take_session(ui, &one, s, rows[i])) {
			one.pid = data_i64(s, rows[i], "pid", 0);
			one.backend_start_at = 0;
			(void)snprintf(one.node, sizeof one.node, STR_FMT, STR_ARG(data_str(s, rows[i], "node")));
		}
		if (is_known(m, &one))
			continue;
		*to = (struct one){.pid = one.pid, .backend_start_at = one.backend_start_at};
		memcpy(to->node, one.node, sizeof to->node);
		m->several |= strcmp(to->node, m->all[0].node) != 0;
		m->n++;
	}
	if (!m->several)
		memcpy(v->node, m->all[0].node, sizeof v->node);
	(void)snprintf(v->object, sizeof v->object, "%zu sessions", m->n);
	v->many = m;
}

void operate_many_free(struct operate_many *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->nparts; i++)
		snapshot_unref(m->parts[i]);
	xfree(m);
}

/* ---- one node after the other ---- */

/* The next node whose turn it is, with its sessions as the argument of its command; false: all had it. */
static bool next_node(struct operate_many *m, bool only_may, struct buf *ret_sessions)
{
	bool found = false;

	m->asked = 0;
	for (size_t i = 0; i < m->n; i++) {
		struct one *one = &m->all[i];

		if (one->asked || (only_may && !one->may) || (found && strcmp(one->node, m->node) != 0))
			continue;
		if (!found)
			memcpy(m->node, one->node, sizeof m->node);
		found = one->asked = true;
		m->asked++;
		(void)buf_addf(ret_sessions, "%lld@%lld ", (long long)one->pid, (long long)one->backend_start_at);
	}
	CHECK(!ret_sessions->failed);
	return found;
}

static void add_part(struct operate_many *m, const struct snapshot *s)
{
	if (m->nparts < SNAPSHOT_PARTS_MAX)
		m->parts[m->nparts++] = s;
	else
		snapshot_unref(s);
}

/* A row of ours in place of a node's answer. */
static void add_failure(struct operate_many *m, const char *kind, const char *what, const char *why)
{
	struct snapshot *s = snapshot_new(&operation_type, "preview");
	struct operation_row *row = snapshot_add_row(s);

	SET(row, struct operation_row, number, 0);
	SET(row, struct operation_row, kind, arena_str(s->arena, str_c(kind)));
	SET(row, struct operation_row, label, arena_fmt(s->arena, "%.12s", m->node));
	SET(row, struct operation_row, text,
	    arena_fmt(s->arena, "%zu of %s %s: %s", m->asked, m->node[0] ? m->node : "this node", what, why));
	SET(row, struct operation_row, severity, OPERATION_WARNING);
	add_part(m, snapshot_publish(s));
}

static const struct snapshot *joined(const struct operate_many *m)
{
	return m->nparts > 0 ? snapshot_concat(m->parts, m->nparts, "preview") : NULL;
}

/* ---- the preview ---- */

bool operate_many_look(struct ui *ui, struct operate_view *v)
{
	struct operate_many *m = v->many;
	struct buf sessions;
	bool found;

	buf_init(&sessions, 64 * OPERATION_MANY_MAX);
	found = next_node(m, false, &sessions);
	if (found) {
		const struct command_arg args[] = {
			{"operation", str_c(v->op->name)},
			{"sessions", buf_str(&sessions)},
			{"several", str_c(m->several ? "1" : "")},
		};

		v->command =
			command_start(runtime_commands(ui->rt), "preview", runtime_target_of(ui->rt, str_c(m->node)),
				      args, ARRAY_LEN(args), &v->refused);
	}
	buf_release(&sessions);
	return found && v->command;
}

/* Who would be signalled, by the answer of the node that was asked. */
static void mark(struct operate_many *m, const struct snapshot *s)
{
	for (size_t i = 0; i < s->nrows; i++) {
		const struct operation_row *row = snapshot_row(s, i);
		int64_t pid;

		if (!str_eq_c(row->kind, "session") || !parse_i64(row->label, &pid))
			continue;
		for (size_t k = 0; k < m->n; k++)
			m->all[k].may |= m->all[k].pid == pid && strcmp(m->all[k].node, m->node) == 0;
	}
}

bool operate_many_looked(struct ui *ui, struct operate_view *v, const struct snapshot *s,
			 const struct snapshot **ret_all)
{
	struct operate_many *m = v->many;
	bool ok = s && s->state == SNAP_OK;
	size_t may = 0;

	*ret_all = NULL;
	if (ok) {
		mark(m, s);
		add_part(m, snapshot_ref(s));
	} else if (m->several) {
		add_failure(m, "left out", "cannot be looked at", s ? s->err.text : "given up");
	} else {
		if (s)
			v->refused = s->err;
		else
			err_set(&v->refused, ERR_CANCELLED, "the preview was given up");
		return true;
	}
	command_release(v->command);
	v->command = NULL;
	if (operate_many_look(ui, v))
		return false;
	for (size_t i = 0; i < m->n; i++)
		may += m->all[i].may;
	if (may > 0)
		(void)snprintf(v->word, sizeof v->word, may == 1 ? "%zu session" : "%zu sessions", may);
	if (v->refused.code == ERR_NONE)
		*ret_all = joined(m);
	return true;
}

/* ---- the run ---- */

void operate_many_confirm(struct operate_many *m, struct str statement, int tier)
{
	for (size_t i = 0; i < m->nparts; i++)
		snapshot_unref(m->parts[i]);
	m->nparts = 0;
	for (size_t i = 0; i < m->n; i++)
		m->all[i].asked = false;
	(void)snprintf(m->statement, sizeof m->statement, STR_FMT, STR_ARG(statement));
	m->tier = tier;
}

bool operate_many_run(struct ui *ui, struct job *j, struct err *err)
{
	struct operate_many *m = j->many;
	char tier[16], number[24];
	struct buf sessions;

	(void)snprintf(tier, sizeof tier, "%d", m->tier);
	(void)snprintf(number, sizeof number, "%lld", (long long)j->number);
	buf_init(&sessions, 64 * OPERATION_MANY_MAX);
	while (!j->command && next_node(m, true, &sessions)) {
		const struct command_arg args[] = {
			{"operation", str_c(j->op->name)},
			{"sessions", buf_str(&sessions)},
			{"several", str_c(m->several ? "1" : "")},
			{"tier", str_c(tier)},
			{"job", str_c(number)},
			{"statement", str_c(m->statement)},
		};

		j->command = command_start(runtime_commands(ui->rt), "signal",
					   runtime_target_of(ui->rt, str_c(m->node)), args, ARRAY_LEN(args), err);
		if (!j->command) {
			m->sum.unsent += (int64_t)m->asked;
			add_failure(m, "notice", "were not signalled", err->text);
		}
		buf_clear(&sessions);
	}
	buf_release(&sessions);
	return j->command;
}

static void take_counts(struct operate_many *m, const struct snapshot *s)
{
	for (size_t i = 0; i < s->nrows; i++) {
		const struct operation_row *row = snapshot_row(s, i);
		int64_t n;

		if (str_eq_c(row->kind, "count") && parse_i64(row->text, &n))
			operation_sum_add(&m->sum, row->label, n);
	}
}

static void conclude(struct job *j)
{
	struct operate_many *m = j->many;
	struct buf words;

	for (size_t i = 0; i < m->n; i++)
		m->sum.unsent += m->all[i].may && !m->all[i].asked;
	buf_init(&words, sizeof j->outcome - 1);
	j->severity =
		operate_severity((int64_t)operation_sum_words(&m->sum, (j->op->flags & OPERATION_ENDS) != 0, &words));
	(void)snprintf(j->outcome, sizeof j->outcome, "%s", buf_c(&words));
	buf_release(&words);
	j->rows = joined(m);
}

bool operate_many_goes_on(struct ui *ui, struct job *j)
{
	struct operate_many *m = j->many;
	const struct snapshot *s = j->rows;
	struct err err = {0};

	j->rows = NULL;
	command_release(j->command);
	j->command = NULL;
	if (s && s->state == SNAP_OK) {
		take_counts(m, s);
		add_part(m, s);
	} else {
		m->sum.unsent += (int64_t)m->asked;
		add_failure(m, "notice", "were not signalled", s ? s->err.text : "given up");
		snapshot_unref(s);
	}
	if (!j->cancelling && operate_many_run(ui, j, &err))
		return true;
	conclude(j);
	return false;
}
