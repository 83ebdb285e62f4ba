/*
 * log_lines.c: lines of the stderr format put together to entries.
 *
 * Two steps. First lines become pieces: one severity and its whole text, however many lines it
 * took; a line that begins with a tab goes on with the piece of its stream. Then pieces become
 * entries: LOG, ERROR and so on begin one; DETAIL, HINT, CONTEXT and STATEMENT belong to the last entry
 * of the same process in the same stream, because other processes may have written in between.
 *
 * What belongs to an entry before the first line is left out, for it would stand alone. A line that
 * is none of PostgreSQL's (a script's output) is an entry of kind "other" with its text as it is.
 */
#include "codec/log_parts.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "base/xalloc.h"

#define OWNER_ROWS_MAX 256 /* how far back the entry of a DETAIL may be */

struct piece {
	struct log_prefix prefix;
	const struct log_line *first; /* line it begins on */
	struct str text;              /* of the message; in a block of `more` when it took several lines */
	struct buf more;
	bool foreign; /* not PostgreSQL's */
};

/* The piece of each stream that a continuation line would go on with. */
struct open_piece {
	struct str node;
	size_t piece; /* + 1; 0 = none */
};

struct reading {
	const struct log_format *format;
	size_t hint;
	struct piece *pieces;
	size_t npieces, cap;
	struct open_piece open[LOG_NODES_MAX];
	size_t nopen;
};

static struct open_piece *open_of(struct reading *r, struct str node)
{
	for (size_t i = 0; i < r->nopen; i++)
		if (str_eq(r->open[i].node, node))
			return &r->open[i];
	if (r->nopen == LOG_NODES_MAX)
		return &r->open[LOG_NODES_MAX - 1];
	r->open[r->nopen].node = node;
	return &r->open[r->nopen++];
}

static struct piece *add_piece(struct reading *r, const struct log_line *line)
{
	struct piece *p;

	if (r->npieces == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 256;
		r->pieces = xrealloc_array(r->pieces, r->cap, sizeof(*r->pieces));
	}
	p = &r->pieces[r->npieces++];
	*p = (struct piece){.first = line};
	buf_init(&p->more, LOG_TEXT_MAX);
	open_of(r, line->node)->piece = r->npieces;
	return p;
}

static void go_on(struct piece *p, struct str line)
{
	if (line.len > 0 && line.ptr[0] == '\t')
		line = str_sub(line, 1, line.len);
	if (p->more.len == 0)
		buf_add_str(&p->more, str_sub(p->text, 0, utf8_prefix(p->text, LOG_TEXT_MAX / 2)));
	buf_add_char(&p->more, '\n');
	/* a text beyond the limit keeps what came before: a buf takes all of a piece or nothing */
	buf_add_str(&p->more, str_sub(line, 0, utf8_prefix(line, LOG_TEXT_MAX / 2)));
}

static bool has_prefix(struct reading *r, struct str line, struct log_prefix *ret_prefix)
{
	const char *known = r->format->prefix;

	if (known && known[0] && log_prefix_match(known, line, ret_prefix))
		return true;
	return log_prefix_guess(line, &r->hint, ret_prefix);
}

static void take_line(struct reading *r, const struct log_line *line, struct str text)
{
	struct open_piece *o = open_of(r, line->node);
	struct log_prefix prefix;
	struct piece *p;

	while (text.len > 0 && (text.ptr[text.len - 1] == '\r' || text.ptr[text.len - 1] == '\n'))
		text.len--;
	if (text.len == 0 && o->piece == 0)
		return;
	if (text.len == 0 || text.ptr[0] == '\t') {
		if (o->piece > 0)
			go_on(&r->pieces[o->piece - 1], text);
		return;
	}
	if (has_prefix(r, text, &prefix)) {
		p = add_piece(r, line);
		p->prefix = prefix;
		p->text = prefix.rest;
		return;
	}
	p = add_piece(r, line);
	p->text = text;
	p->foreign = true;
}

static void take_event(struct reading *r, const struct log_line *line)
{
	struct str rest = line->text, text;

	while (rest.ptr && str_split(&rest, '\n', &text))
		take_line(r, line, text);
}

static struct str text_of(const struct piece *p)
{
	return p->more.len > 0 ? buf_str(&p->more) : p->text;
}

/* ---- pieces to entries */

static void put_time(struct log_entry *e, const struct piece *p, const struct log_format *format)
{
	int64_t at = 0;

	if (p->prefix.at_us > 0)
		at = p->prefix.at_us;
	else if (!log_time(p->prefix.time, p->prefix.zone, format, &at))
		at = p->first->at_us;
	/* the zone is only a name and nobody explained it */
	if (at == 0 && p->prefix.time.len > 0)
		log_time(p->prefix.time, STR("UTC"), format, &at);
	if (at != 0)
		SET(e, struct log_entry, at, at);
}

static bool begin_entry(const struct piece *p, const struct log_format *format, struct snapshot *out, struct err *err)
{
	struct log_entry *e = log_new_entry(out, err);
	struct arena *a = out->arena;

	if (!e)
		return false;
	SET(e, struct log_entry, event_id, arena_str(a, p->first->event_id));
	put_time(e, p, format);
	/* a line of nobody's stands where the one before it does */
	if (!HAS(e, struct log_entry, at) && out->nrows > 1 && HAS(e - 1, struct log_entry, at))
		SET(e, struct log_entry, at, (e - 1)->at);
	if (p->first->node.len > 0)
		SET(e, struct log_entry, node, arena_str(a, p->first->node));
	if (p->prefix.pid > 0)
		SET(e, struct log_entry, pid, p->prefix.pid);
	if (p->prefix.query_id != 0)
		SET(e, struct log_entry, query_id, p->prefix.query_id);
	if (p->prefix.word.len > 0)
		SET(e, struct log_entry, severity, arena_str(a, p->prefix.word));
	if (p->prefix.sqlstate.len > 0 && !str_eq_c(p->prefix.sqlstate, "00000"))
		SET(e, struct log_entry, sqlstate, arena_str(a, p->prefix.sqlstate));
	LOG_PUT(e, user, p->prefix.user, a);
	LOG_PUT(e, database, p->prefix.database, a);
	LOG_PUT(e, application, p->prefix.application, a);
	LOG_PUT(e, client, p->prefix.client, a);
	LOG_PUT(e, message, text_of(p), a);
	return true;
}

/* The entry a DETAIL or STATEMENT belongs to, or NULL. */
static struct log_entry *owner(const struct piece *p, struct snapshot *out, size_t first)
{
	struct log_entry *rows = out->rows;

	for (size_t i = out->nrows; i > first && out->nrows - i < OWNER_ROWS_MAX; i--)
		if (rows[i - 1].pid == p->prefix.pid && str_eq(rows[i - 1].node, p->first->node))
			return &rows[i - 1];
	return NULL;
}

static void add_to_entry(struct log_entry *e, const struct piece *p, struct arena *a)
{
	switch (p->prefix.severity) {
	case LOG_DETAIL:
		LOG_PUT(e, detail, text_of(p), a);
		break;
	case LOG_HINT:
		LOG_PUT(e, hint, text_of(p), a);
		break;
	case LOG_CONTEXT:
		LOG_PUT(e, context, text_of(p), a);
		break;
	case LOG_STATEMENT:
		LOG_PUT(e, statement, text_of(p), a);
		break;
	case LOG_REPORT:
	case LOG_IGNORED:
		break;
	}
}

static bool make_entries(const struct reading *r, struct snapshot *out, struct err *err)
{
	size_t first = out->nrows;

	for (size_t i = 0; i < r->npieces; i++) {
		const struct piece *p = &r->pieces[i];
		struct log_entry *e;

		if (p->foreign || p->prefix.severity == LOG_REPORT) {
			if (!begin_entry(p, r->format, out, err))
				return false;
			continue;
		}
		e = owner(p, out, first);
		if (e)
			add_to_entry(e, p, out->arena);
	}
	for (size_t i = first; i < out->nrows; i++)
		log_classify((struct log_entry *)out->rows + i, out->arena);
	return true;
}

bool log_read_lines(const struct log_line *lines, size_t n, const struct log_format *format, struct snapshot *out,
		    struct err *err)
{
	struct reading r = {.format = format};
	bool ok;

	for (size_t i = 0; i < n; i++)
		take_event(&r, &lines[i]);
	ok = make_entries(&r, out, err);
	for (size_t i = 0; i < r.npieces; i++)
		buf_release(&r.pieces[i].more);
	xfree(r.pieces);
	return ok;
}
