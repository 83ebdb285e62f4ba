/*
 * session_detail.c: watching one session, and its picture.
 *
 * The sampler keeps no history of single sessions and sends the first 1,024 characters
 * of a statement. So the waits shown are those of the samples that came while the detail
 * was open, and say how many these were; text and locks are asked for once, when the
 * session is selected or on `r`, and say of when they are. A session that begins another
 * statement in the meantime keeps the new, sampled text: what was asked for belongs to
 * the old one.
 */
#include "ui/session_detail.h"

#include "ui/why_slow.h"

#include "base/sort.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "model/sqltext.h"
#include "ui/limits.h"
#include "ui/plan_view.h"
#include "ui/widgets/page.h"

#include <stdio.h>

#define SAMPLE_CHARS 1024
#define RIBBON 60
#define WAITS_MAX 12
#define WAIT_NAME_MAX 64
#define TEXT_MAX (8u << 20)
#define LABEL 13
#define WAIT_LABEL 24
/* From this width on statement and facts stand side by side. */
#define TWO_COLUMNS 100

struct wait_count {
	char wait[WAIT_NAME_MAX], cls[16];
	int n;
};

struct session_watch {
	int64_t pid, backend_start_at;
	int64_t sampled_at; /* of the newest sample counted */
	struct wait_count waits[WAITS_MAX];
	size_t nwaits;
	int samples, others;     /* counted; of waits beyond WAITS_MAX */
	char ribbon[RIBBON][16]; /* wait classes, oldest first; "" = idle */
	int nribbon;
	struct command *command;
	const struct snapshot *detail; /* result of the command, own reference */
	struct buf text;               /* its statement, secrets masked */
	struct err refused;
};

bool session_text_is_whole(struct str text)
{
	size_t chars = 0;

	if (text.len < SAMPLE_CHARS)
		return text.len > 0;
	for (size_t i = 0; i < text.len; i++)
		chars += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
	return chars < SAMPLE_CHARS;
}

bool session_explain(const struct snapshot *s, size_t row, struct explain_request *ret)
{
	ret->database = data_str(s, row, "database");
	ret->role = data_str(s, row, "user");
	(void)snprintf(ret->node, sizeof ret->node, STR_FMT, STR_ARG(data_str(s, row, "node")));
	ret->text = data_str(s, row, "query");
	ret->whole = session_text_is_whole(ret->text);
	ret->query_id = data_i64(s, row, "query_id", 0);
	ret->pid = data_i64(s, row, "pid", 0);
	ret->backend_start_at = data_i64(s, row, "backend_start_at", 0);
	ret->query_start_at = data_i64(s, row, "query_start_at", 0);
	if (ret->database.len == 0) {
		(void)snprintf(ret->about, sizeof ret->about, "this process is in no database");
		return false;
	}
	(void)snprintf(ret->about, sizeof ret->about, "session %lld", (long long)ret->pid);
	return true;
}

/* ---- watching ---- */

static void forget(struct session_watch *w)
{
	command_release(w->command);
	snapshot_unref(w->detail);
	buf_release(&w->text);
	*w = (struct session_watch){0};
	buf_init(&w->text, TEXT_MAX);
}

static void ask(struct ui *ui, const struct snapshot *s, long row)
{
	struct session_watch *w = ui->watch;
	char pid[24], backend_start[24];
	struct command_arg args[3];

	(void)snprintf(pid, sizeof pid, "%lld", (long long)w->pid);
	(void)snprintf(backend_start, sizeof backend_start, "%lld", (long long)w->backend_start_at);
	args[0] = (struct command_arg){"pid", str_c(pid)};
	args[1] = (struct command_arg){"backend_start", str_c(backend_start)};
	args[2] = (struct command_arg){"database", data_str(s, (size_t)row, "database")};
	err_clear(&w->refused);
	w->command = command_start(runtime_commands(ui->rt), "session",
				   runtime_target_of(ui->rt, data_str(s, (size_t)row, "node")), args, 3, &w->refused);
}

static void take_result(struct session_watch *w)
{
	const struct snapshot *s;

	if (!w->command || command_running(w->command))
		return;
	s = command_result(w->command);
	if (s) {
		snapshot_unref(w->detail);
		w->detail = snapshot_ref(s);
		buf_clear(&w->text);
		if (s->state == SNAP_OK)
			(void)sql_mask_secrets(&w->text, data_str(s, 0, "query"));
	}
	command_release(w->command);
	w->command = NULL;
}

static void count_wait(struct session_watch *w, struct str wait, struct str cls)
{
	size_t k = 0;

	if (wait.len == 0)
		return;
	while (k < w->nwaits && !str_eq_c(wait, w->waits[k].wait))
		k++;
	if (k == WAITS_MAX) {
		w->others++;
		return;
	}
	if (k == w->nwaits) {
		w->nwaits++;
		w->waits[k] = (struct wait_count){0};
		(void)snprintf(w->waits[k].wait, WAIT_NAME_MAX, STR_FMT, STR_ARG(wait));
		(void)snprintf(w->waits[k].cls, sizeof w->waits[k].cls, STR_FMT, STR_ARG(cls));
	}
	w->waits[k].n++;
}

static void count_sample(struct session_watch *w, const struct snapshot *s, size_t row)
{
	struct str cls = data_str(s, row, "wait_class");
	bool idle = str_eq_c(data_str(s, row, "state"), "idle");

	if (s->at_us == w->sampled_at)
		return;
	w->sampled_at = s->at_us;
	w->samples++;
	if (!idle)
		count_wait(w, data_str(s, row, "wait"), cls);
	if (w->nribbon == RIBBON)
		memmove(w->ribbon, w->ribbon + 1, sizeof w->ribbon - sizeof w->ribbon[0]);
	else
		w->nribbon++;
	(void)snprintf(w->ribbon[w->nribbon - 1], sizeof w->ribbon[0], STR_FMT, idle ? 0 : (int)cls.len,
		       cls.ptr ? cls.ptr : "");
}

void session_detail_follow(struct ui *ui, const struct snapshot *s, long row)
{
	struct session_watch *w = ui->watch;
	int64_t pid, backend_start;

	if (!s || row < 0) {
		/* a plan over the detail comes back to it */
		if (ui->overlay != OVERLAY_PLAN)
			session_detail_close(ui);
		return;
	}
	if (!w) {
		ui->watch = w = xcalloc(1, sizeof *w);
		buf_init(&w->text, TEXT_MAX);
	}
	pid = data_i64(s, (size_t)row, "pid", 0);
	backend_start = data_i64(s, (size_t)row, "backend_start_at", 0);
	if (pid != w->pid || backend_start != w->backend_start_at) {
		forget(w);
		w->pid = pid;
		w->backend_start_at = backend_start;
		ask(ui, s, row);
	} else if (!w->command && w->refused.code == ERR_LIMIT) {
		ask(ui, s, row);
	}
	count_sample(w, s, (size_t)row);
	take_result(w);
}

void session_detail_refresh(struct ui *ui)
{
	/* the next recalculation finds another session than none */
	if (ui->watch)
		ui->watch->pid = 0;
}

/* What was asked for is still the statement the session runs, or ran last. */
static bool is_same(const struct session_watch *w, const struct snapshot *s, size_t row)
{
	int64_t began = data_i64(s, row, "query_start_at", 0);

	return w->detail && w->detail->state == SNAP_OK && data_i64(s, row, "pid", 0) == w->pid &&
	       (began == 0 || data_i64(w->detail, 0, "query_start_at", 0) == began);
}

bool session_detail_text(const struct ui *ui, const struct snapshot *s, size_t row, struct str *ret_text)
{
	if (!ui->watch || !is_same(ui->watch, s, row) || ui->watch->text.len == 0)
		return false;
	*ret_text = buf_str(&ui->watch->text);
	return true;
}

void session_detail_close(struct ui *ui)
{
	struct session_watch *w = ui->watch;

	if (!w)
		return;
	forget(w);
	xfree(w);
	ui->watch = NULL;
}

/* ---- drawing ---- */

static void duration(struct pen *pen, int64_t us, enum severity s)
{
	struct buf b;

	if (us < 0) {
		pen_glyph(pen, ROLE_FAINT, G_NONE);
		return;
	}
	buf_init(&b, 64);
	(void)glyph_duration(&b, us);
	pen_str(pen, s >= SEV_WARN ? severity_role(s) : ROLE_FG, buf_str(&b));
	if (s >= SEV_WARN) {
		pen_skip(pen, 1);
		pen_glyph(pen, severity_role(s), severity_glyph(s));
	}
	buf_release(&b);
}

static void clock_at(struct pen *pen, const struct ui *ui, const char *words, int64_t at_us)
{
	struct buf b;

	if (at_us <= 0)
		return;
	buf_init(&b, 64);
	(void)format_clock(&b, at_us, ui->now_us);
	pen_textf(pen, ROLE_MUTED, "%s%s", words, buf_c(&b));
	buf_release(&b);
}

struct name {
	const char *label;
	enum role role;
	struct str text;
};

/* Two names on one line where they fit, else below each other and whole: a name's last letters may be what tells it
 * from another. */
static void draw_names(struct page *page, struct name a, const char *words, struct name b)
{
	struct pen pen = page_label(page, a.label, LABEL);

	if (LABEL + utf8_columns(a.text) + utf8_columns(str_c(words)) + utf8_columns(b.text) > page->r.w) {
		page_text(page, &pen, LABEL, a.role, false, a.text);
		if (b.text.len == 0)
			return;
		pen = page_label(page, b.label, LABEL);
		page_text(page, &pen, LABEL, b.role, false, b.text);
		return;
	}
	pen_str(&pen, a.role, a.text);
	if (b.text.len == 0)
		return;
	pen_text(&pen, ROLE_MUTED, words);
	pen_str(&pen, b.role, b.text);
}

static void draw_facts(const struct ui *ui, const struct snapshot *s, size_t row, struct page *page)
{
	struct str query_id = STR("query_id"), wait = data_str(s, row, "wait");
	int64_t value;
	struct pen pen;

	page_section(page, "Session", "");
	draw_names(page, (struct name){"user", ROLE_STRONG, data_str(s, row, "user")}, " on ",
		   (struct name){"database", ROLE_FG, data_str(s, row, "database")});
	draw_names(page, (struct name){"app", ROLE_FG, data_str(s, row, "application")}, " from ",
		   (struct name){"client", ROLE_MUTED, data_str(s, row, "client")});
	pen = page_label(page, "connected", LABEL);
	duration(&pen, data_i64(s, row, "session_us", -1), SEV_NONE);
	clock_at(&pen, ui, " ago, ", data_i64(s, row, "backend_start_at", 0));
	pen = page_label(page, "transaction", LABEL);
	duration(&pen, data_i64(s, row, "xact_us", -1), limits_xact(data_i64(s, row, "xact_us", 0)));
	clock_at(&pen, ui, " began ", data_i64(s, row, "xact_start_at", 0));
	pen = page_label(page, "statement", LABEL);
	duration(&pen, data_i64(s, row, "query_us", -1), SEV_NONE);
	clock_at(&pen, ui, data_i64(s, row, "query_us", -1) < 0 ? " last began " : " began ",
		 data_i64(s, row, "query_start_at", 0));
	pen = page_label(page, "state", LABEL);
	pen_str(&pen, ROLE_FG, data_str(s, row, "state"));
	pen_text(&pen, ROLE_MUTED, " for ");
	duration(&pen, data_i64(s, row, "state_us", -1), SEV_NONE);
	pen = page_label(page, "waits for", LABEL);
	if (wait.len > 0)
		pen_str(&pen, wait_role(data_str(s, row, "wait_class"), false), wait);
	else
		pen_glyph(&pen, ROLE_FAINT, G_NONE);
	pen = page_label(page, "query id", LABEL);
	value = data_i64(s, row, "query_id", 0);
	if (value != 0)
		pen_textf(&pen, ROLE_FG, "%lld", (long long)value);
	else if (snapshot_unavailable(s, query_id.ptr).len > 0)
		pen_textf(&pen, ROLE_MUTED, "n/a: " STR_FMT, STR_ARG(snapshot_unavailable(s, query_id.ptr)));
	else
		pen_glyph(&pen, ROLE_FAINT, G_NONE);
}

static void draw_blocking(const struct snapshot *s, size_t row, struct page *page)
{
	int64_t by = data_i64(s, row, "blocked_by", -1), blocks = data_i64(s, row, "blocks", 0);
	int64_t blockers = data_i64(s, row, "blockers", 0);
	struct pen pen = page_line(page);

	if (by < 0 && blocks <= 0) {
		pen_text(&pen, ROLE_MUTED, "blocks nobody, blocked by nobody");
		return;
	}
	pen_glyph(&pen, ROLE_CRIT, G_CRIT);
	pen_skip(&pen, 1);
	if (by >= 0)
		pen_textf(&pen, ROLE_FG, "blocked by %lld", (long long)by);
	if (by >= 0 && blockers > 1)
		pen_textf(&pen, ROLE_FG, " and %lld more", (long long)blockers - 1);
	if (by >= 0 && blocks > 0)
		pen_text(&pen, ROLE_FG, ", ");
	if (blocks > 0)
		pen_textf(&pen, ROLE_FG, "%lld session%s behind it", (long long)blocks,
			  blocks == 1 ? " waits" : "s wait");
}

static int by_count(uint32_t a, uint32_t b, void *ctx)
{
	const struct wait_count *w = ctx;

	return (w[b].n > w[a].n) - (w[b].n < w[a].n);
}

static void draw_ribbon(const struct session_watch *w, struct page *page)
{
	struct pen pen = page_line(page);
	int from = 0;

	if (w->nribbon > pen_left(&pen) && pen_left(&pen) > 0)
		from = w->nribbon - pen_left(&pen);
	for (int i = from; i < w->nribbon; i++) {
		struct str cls = str_c(w->ribbon[i]);

		/* without colours the first letter tells the class, as in the load chart */
		if (cls.len == 0)
			pen_glyph(&pen, ROLE_FAINT, G_BAR_TRACK);
		else if (glyph_set_in_use() == GLYPHS_ASCII)
			pen_rune(&pen, wait_role(cls, true), str_eq_c(cls, "lock") ? 'L' : (unsigned char)cls.ptr[0]);
		else
			pen_glyph(&pen, wait_role(cls, true), G_RIBBON);
	}
}

static void draw_waits(const struct session_watch *w, struct page *page)
{
	uint32_t index[WAITS_MAX], scratch[WAITS_MAX];
	char remark[64];

	(void)snprintf(remark, sizeof remark, "%d sample%s since opened", w->samples, w->samples == 1 ? "" : "s");
	page_section(page, "Waits", remark);
	for (size_t i = 0; i < w->nwaits; i++)
		index[i] = (uint32_t)i;
	sort_indices(index, scratch, w->nwaits, by_count, (void *)(uintptr_t)w->waits);
	for (size_t i = 0; i < w->nwaits; i++) {
		const struct wait_count *wait = &w->waits[index[i]];
		struct pen pen = page_line(page);
		double share = (double)wait->n / w->samples;

		pen_field(&pen, wait_role(str_c(wait->cls), false), 0, WAIT_LABEL, str_c(wait->wait), false);
		if (page->r.w > WAIT_LABEL + 16)
			pen_bar(&pen, page->r.w - WAIT_LABEL - 7, share, wait_role(str_c(wait->cls), true));
		pen_textf(&pen, ROLE_FG, "%5.0f %%", share * 100);
	}
	if (w->nwaits == 0) {
		struct pen pen = page_line(page);

		pen_text(&pen, ROLE_MUTED, "it was idle in each of them");
	}
	draw_ribbon(w, page);
}

static struct str short_mode(struct str mode)
{
	return str_ends(mode, STR("Lock")) ? str_sub(mode, 0, mode.len - 4) : mode;
}

/* Columns of the longest mode, and two more. */
static int mode_width(const struct snapshot *d)
{
	int w = 0;

	for (size_t i = 1; i < d->nrows; i++) {
		int columns = utf8_columns(short_mode(data_str(d, i, "mode")));

		w = columns > w ? columns : w;
	}
	return w + 2;
}

static void draw_lock(const struct snapshot *d, size_t i, int w, struct page *page)
{
	struct str relation = data_str(d, i, "relation"), schema = data_str(d, i, "schema");
	struct str type = data_str(d, i, "lock_type");
	int64_t indexes = data_i64(d, i, "indexes", 0);
	bool waits = data_i64(d, i, "granted", 1) == 0;
	struct pen pen = page_line(page);

	pen_field(&pen, waits ? ROLE_LOCK_TEXT : ROLE_FG, 0, w, short_mode(data_str(d, i, "mode")), false);
	if (waits)
		pen_bold(&pen, ROLE_LOCK_TEXT, "waits for ");
	if (type.len > 0) {
		pen_textf(&pen, ROLE_MUTED, STR_FMT " " STR_FMT, STR_ARG(type), STR_ARG(data_str(d, i, "object")));
	} else if (relation.len > 0) {
		if (!str_eq_c(schema, "public") && !str_eq_c(schema, "pg_catalog"))
			pen_textf(&pen, ROLE_MUTED, STR_FMT ".", STR_ARG(schema));
		pen_str(&pen, ROLE_FG, relation);
	} else {
		pen_str(&pen, ROLE_MUTED, data_str(d, i, "object"));
	}
	if (indexes > 0)
		pen_textf(&pen, ROLE_MUTED, " and %lld index%s", (long long)indexes, indexes == 1 ? "" : "es");
}

static void draw_locks(const struct ui *ui, const struct session_watch *w, const struct snapshot *s, size_t row,
		       struct page *page)
{
	const struct snapshot *d = w->detail && w->detail->state == SNAP_OK ? w->detail : NULL;
	size_t held = 0, waited = 0;
	char remark[96] = "";
	struct buf at;

	for (size_t i = 1; d && i < d->nrows; i++) {
		bool granted = data_i64(d, i, "granted", 1) != 0;

		held += granted;
		waited += !granted;
	}
	buf_init(&at, 64);
	if (d)
		(void)format_clock(&at, d->at_us, ui->now_us);
	if (d)
		(void)snprintf(remark, sizeof remark, "%zu held, %zu waited for, at %s", held, waited, buf_c(&at));
	buf_release(&at);
	page_section(page, "Locks", remark);
	if (d)
		for (size_t i = 1; i < d->nrows; i++)
			draw_lock(d, i, mode_width(d), page);
	else if (w->command)
		page_text(page, NULL, 0, ROLE_MUTED, false, STR("reading locks and the whole statement"));
	else
		page_text(page, NULL, 0, ROLE_MUTED, false, str_c(w->detail ? w->detail->err.text : w->refused.text));
	draw_blocking(s, row, page);
}

/* The whole text, when it was asked for and is still what the session runs; else what the sampler brought. */
static void draw_statement(const struct session_watch *w, const struct snapshot *s, size_t row, struct page *page)
{
	struct str sampled = data_str(s, row, "query");
	bool same = is_same(w, s, row);
	char remark[96] = "y copy";
	struct buf masked;

	if (same && data_i64(w->detail, 0, "cut", 0) != 0)
		(void)snprintf(remark, sizeof remark, "text cut at %lld",
			       (long long)data_i64(w->detail, 0, "cut_bytes", 0));
	else if (!same && sampled.len > 0 && !session_text_is_whole(sampled))
		(void)snprintf(remark, sizeof remark, "first %d characters", SAMPLE_CHARS);
	page_section(page, "Statement", remark);
	if (same) {
		page_sql(page, buf_str(&w->text));
		return;
	}
	buf_init(&masked, TEXT_MAX);
	(void)sql_mask_secrets(&masked, sampled);
	page_sql(page, buf_str(&masked));
	buf_release(&masked);
	if (sampled.len == 0)
		page_text(page, NULL, 0, ROLE_MUTED, false, STR("no statement is known of this session"));
}

/* What the columns above do not say, by its public name. */
static void draw_fields(const struct snapshot *s, size_t row, struct page *page)
{
	static const char *const names[] = {"pid",      "leader_pid",  "backend_type", "raw_state",
					    "xmin_age", "client_port", "wait_us"};

	page_section(page, "More", "");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		int f = rec_find(s->type, str_c(names[i]));
		struct str why = snapshot_unavailable(s, names[i]);
		struct buf b;
		union value v;
		struct pen pen;

		if (f < 0)
			continue;
		pen = page_label(page, names[i], LABEL);
		buf_init(&b, 1024);
		if (rec_get(&s->type->fields[f], snapshot_row(s, row), &v) &&
		    kind_ops[s->type->fields[f].kind].format(&b, v, 0))
			pen_quantity(&pen, ROLE_FG, 0, buf_str(&b));
		else if (why.len > 0)
			pen_textf(&pen, ROLE_MUTED, "n/a: " STR_FMT, STR_ARG(why));
		else
			pen_glyph(&pen, ROLE_FAINT, G_NONE);
		buf_release(&b);
	}
}

static void draw_why(const struct ui *ui, const struct snapshot *s, size_t row, struct page *page)
{
	struct prose p = {.c = page->c, .r = page->r, .bg = ROLE_RAISED, .scroll = page->scroll, .lines = page->y};
	struct slow_cause causes[SLOW_CAUSES_MAX];
	size_t n = why_session(ui, s, row, causes);

	if (n == 0)
		return;
	prose_gap(&p);
	why_draw(&p, causes, n);
	page->y = p.lines;
}

int session_detail_draw(const struct ui *ui, const struct snapshot *s, size_t row, struct canvas *c, struct rect r,
			int scroll)
{
	static const struct session_watch nothing;
	const struct session_watch *w = ui->watch ? ui->watch : &nothing;
	bool two = r.w >= TWO_COLUMNS;
	int left = two ? r.w * 57 / 100 : r.w;
	struct page text = page_of(c, (struct rect){r.y, r.x, r.h, left}, scroll, ROLE_RAISED);
	struct page facts = page_of(c, (struct rect){r.y, r.x + left + 3, r.h, r.w - left - 3}, scroll, ROLE_RAISED);
	struct page *side = two ? &facts : &text;

	draw_statement(w, s, row, &text);
	draw_why(ui, s, row, &text);
	draw_facts(ui, s, row, side);
	draw_waits(w, side);
	draw_locks(ui, w, s, row, side);
	draw_fields(s, row, side);
	return text.y > facts.y ? text.y : facts.y;
}
