/*
 * job_note.c: running maintenance as lines of JSON in notes that a console holds (held.h).
 */
#include "audit/job_note.h"

#include "base/xalloc.h"
#include "codec/codec_json.h"

#include <stdio.h>

#define FOLDER "jobs"

struct note_row {
	uint64_t present;
	struct str id, operation, target, database, role, object, owner, files;
	int64_t relation_oid, number, process, backend_start_at, began_at;
};
#define F(m, k) FIELD(struct note_row, m, k, .title = #m, .help = #m, .wire = #m)
static const struct field fields[] = {
	F(id, K_ID),        F(operation, K_ID), F(target, K_ID),
	F(database, K_ID),  F(role, K_ID),      F(object, K_ID),
	F(owner, K_ID),     F(files, K_TEXT),   F(relation_oid, K_INT),
	F(number, K_INT),   F(process, K_INT),  F(backend_start_at, K_INT),
	F(began_at, K_INT),
};
#undef F
static const struct rec_type row_type = REC_TYPE(struct note_row, "job_note", fields);

static void write_text(struct buf *b, const struct job_note *n)
{
	buf_addf(b,
		 "{\"relation_oid\":%lld,\"number\":%lld,\"process\":%lld,\"backend_start_at\":%lld,\"began_at\":%lld",
		 (long long)n->relation_oid, (long long)n->number, (long long)n->process,
		 (long long)n->backend_start_at, (long long)n->began_at);
	held_add_text(b, "id", n->id);
	held_add_text(b, "operation", n->operation);
	held_add_text(b, "target", n->target);
	held_add_text(b, "database", n->database);
	held_add_text(b, "role", n->role);
	held_add_text(b, "object", n->object);
	held_add_text(b, "owner", n->owner);
	held_add_text(b, "files", n->files);
	buf_add_c(b, "}");
}

static bool read_text(struct str text, struct job_note *n)
{
	struct arena *a = arena_new(HELD_BYTES_MAX, 4 * HELD_BYTES_MAX);
	struct note_row row = {0};
	struct err err;
	bool ok = json_read_line(text, &row_type, &row, a, &err);

	*n = (struct job_note){.relation_oid = row.relation_oid,
			       .number = row.number,
			       .process = row.process,
			       .backend_start_at = row.backend_start_at,
			       .began_at = row.began_at};
	held_copy_text(n->id, sizeof(n->id), row.id);
	held_copy_text(n->operation, sizeof(n->operation), row.operation);
	held_copy_text(n->target, sizeof(n->target), row.target);
	held_copy_text(n->database, sizeof(n->database), row.database);
	held_copy_text(n->role, sizeof(n->role), row.role);
	held_copy_text(n->object, sizeof(n->object), row.object);
	held_copy_text(n->owner, sizeof(n->owner), row.owner);
	held_copy_text(n->files, sizeof(n->files), row.files);
	arena_free(a);
	return ok && n->id[0] && n->operation[0] && n->process > 0 && n->process <= INT32_MAX && n->relation_oid >= 0 &&
	       n->relation_oid <= UINT32_MAX;
}

bool job_note_take(const struct job_note *n, struct held **ret_held, struct err *err)
{
	struct err why = {0};
	struct buf text;
	bool ok;

	buf_init(&text, HELD_BYTES_MAX);
	write_text(&text, n);
	ok = held_take(FOLDER, n->id, buf_str(&text), ret_held, &why);
	buf_release(&text);
	if (ok)
		return true;
	err_set(err, why.code, "that it runs cannot be remembered, so nothing is changed: %s", why.text);
	if (why.remedy[0])
		err_remedy(err, "%s", why.remedy);
	return false;
}

/* ---- all of them ---- */

struct list {
	struct job_note *out;
	bool *left;
	size_t n, max;
};

static bool see(void *ctx, struct str text, bool left)
{
	struct list *l = ctx;

	if (l->n == l->max)
		return false;
	if (read_text(text, &l->out[l->n]))
		l->left[l->n++] = left;
	return true;
}

size_t job_note_list(struct job_note *out, bool *ret_left, size_t max)
{
	struct list l = {out, ret_left, 0, max};

	held_each(FOLDER, see, &l);
	return l.n;
}

struct search {
	const char *id;
	struct job_note *note;
	bool found;
};

static bool see_if(void *ctx, struct str text, bool left)
{
	struct search *s = ctx;

	(void)left;
	s->found = read_text(text, s->note) && strcmp(s->note->id, s->id) == 0;
	return !s->found;
}

bool job_note_take_over(const char *id, struct job_note *ret_note, struct held **ret_held)
{
	struct search s = {id, ret_note, false};

	held_each(FOLDER, see_if, &s);
	return s.found && held_take_over(FOLDER, id, ret_held);
}
