/*
 * verdicts.c: see verdicts.h.
 *
 * A muted verdict counts nowhere and colours nothing: who has acknowledged it knows. It stays in the list of all.
 */
#include "ui/verdicts.h"

#include "ui/acknowledge.h"
#include "ui/action.h"
#include "verdict/engine.h"

#include <stdio.h>

static bool is_muted(const struct snapshot *s, size_t row)
{
	return data_str(s, row, "muted").len > 0;
}

enum severity verdict_severity(const struct snapshot *s, size_t row)
{
	return is_muted(s, row) ? SEV_NONE : severity_of_word(data_str(s, row, "severity"));
}

static void count(struct verdict_counts *n, enum severity s)
{
	switch (s) {
	case SEV_CRIT:
		n->crit++;
		break;
	case SEV_WARN:
		n->warn++;
		break;
	case SEV_NOTICE:
		n->notice++;
		break;
	case SEV_OK:
		n->ok++;
		break;
	case SEV_UNKNOWN:
		n->unknown++;
		break;
	case SEV_NONE:
		n->muted++;
		break;
	}
}

void verdict_count_row(struct verdict_counts *n, const struct snapshot *s, size_t row)
{
	count(n, verdict_severity(s, row));
}

/* The fields of a walk over all rows. */
struct walk {
	const struct snapshot *s;
	int muted, severity, decision, view;
};

static struct walk walk_of(const struct snapshot *s)
{
	return (struct walk){s, data_field(s, "muted"), data_field(s, "severity"), data_field(s, "decision"),
			     data_field(s, "view")};
}

static enum severity severity_at(const struct walk *w, size_t row)
{
	if (data_str_at(w->s, row, w->muted).len > 0)
		return SEV_NONE;
	return severity_of_word(data_str_at(w->s, row, w->severity));
}

struct verdict_counts verdict_count(const struct snapshot *s, bool only_posture)
{
	struct verdict_counts n = {0};
	struct walk w = walk_of(s);

	for (size_t i = 0; s && i < s->nrows; i++)
		if (!only_posture || data_str_at(s, i, w.decision).len > 0)
			count(&n, severity_at(&w, i));
	return n;
}

static void put_count(struct pen *pen, enum severity s, size_t n, bool *first)
{
	if (n == 0)
		return;
	pen_skip(pen, *first ? 0 : 2);
	*first = false;
	pen_glyph(pen, severity_role(s), severity_glyph(s));
	pen_textf(pen, ROLE_FG, " %zu", n);
}

void verdict_counts_draw(struct pen *pen, const struct verdict_counts *n)
{
	bool first = true;

	put_count(pen, SEV_CRIT, n->crit, &first);
	put_count(pen, SEV_WARN, n->warn, &first);
	put_count(pen, SEV_NOTICE, n->notice, &first);
	put_count(pen, SEV_OK, n->ok, &first);
	put_count(pen, SEV_UNKNOWN, n->unknown, &first);
	if (n->muted > 0)
		pen_textf(pen, ROLE_MUTED, "%s%zu muted", first ? "" : "  ", n->muted);
}

void verdicts_follow(struct ui *ui)
{
	const struct snapshot *s = store_good(ui->store, "verdicts");
	struct walk w = walk_of(s);

	memset(ui->worst_of_view, 0, sizeof ui->worst_of_view);
	for (size_t i = 0; s && i < s->nrows; i++) {
		enum severity of = severity_at(&w, i);
		int64_t view = data_i64_at(s, i, w.view, -1);

		/* what is not known is told where it would be, and by the list */
		if (of >= SEV_WARN && view >= 0 && view <= 9 && of > ui->worst_of_view[view])
			ui->worst_of_view[view] = of;
	}
}

enum severity verdict_worst_of_view(const struct ui *ui, char digit)
{
	return ui->worst_of_view[digit - '0'];
}

enum severity verdict_about(const struct ui *ui, const char *id, struct str object)
{
	const struct snapshot *s = store_good(ui->store, "verdicts");
	int ids = data_field(s, "id"), objects = data_field(s, "object");
	struct walk w = walk_of(s);
	enum severity worst = SEV_NONE;

	for (size_t i = 0; s && i < s->nrows; i++) {
		if ((id && !str_eq_c(data_str_at(s, i, ids), id)) ||
		    (object.len > 0 && !str_eq(data_str_at(s, i, objects), object)))
			continue;
		if (severity_at(&w, i) > worst)
			worst = severity_at(&w, i);
	}
	return worst;
}

long verdict_worst(const struct snapshot *s)
{
	int64_t best = 3;
	long found = -1;

	for (size_t i = 0; s && i < s->nrows; i++) {
		int64_t rank = data_i64(s, i, "rank", 9);

		if (!is_muted(s, i) && rank < best) {
			best = rank;
			found = (long)i;
		}
	}
	return found;
}

int verdict_go(struct ui *ui, const struct snapshot *s, size_t row)
{
	struct str action = data_str(s, row, "action");
	int view = view_by_digit((char)('0' + data_i64(s, row, "view", 1)));

	for (int id = 0; action.len > 0 && id < ACTION__COUNT; id++)
		if (str_eq_c(action, actions[id].name) && action_applies(ui, (enum action_id)id))
			return action_run(ui, (enum action_id)id);
	return view >= 0 ? ui_show_view(ui, (size_t)view) : EFFECT_NONE;
}

const struct table *verdict_table(const struct ui *ui)
{
	const struct view *v = &ui->views[ui->view];

	for (size_t i = 0; i < v->def->npanes; i++)
		if (v->panes[i].def->table && strcmp(v->panes[i].def->table->source, "verdicts") == 0)
			return &v->panes[i].table;
	return NULL;
}

int verdict_mute(struct ui *ui, const struct pane *p, int64_t for_us)
{
	struct verdict_engine *engine = runtime_derived(ui->rt, "verdicts");
	long row = table_selected_row(&p->table);
	const struct snapshot *s = p->table.snap;
	struct str id;

	if (!engine || row < 0)
		return EFFECT_NONE;
	id = data_str(s, (size_t)row, "id");
	if (!verdict_engine_mute(engine, id, data_str(s, (size_t)row, "object"), for_us > 0 ? ui->now_us + for_us : 0,
				 ui->now_us)) {
		ui_toast(ui, SEV_NOTICE, "only what is wrong or unknown can be muted");
		return EFFECT_PAINT;
	}
	if (is_muted(s, (size_t)row))
		ui_toast(ui, SEV_OK, STR_FMT " is shown again", STR_ARG(id));
	else if (for_us > 0)
		ui_toast(ui, SEV_OK, STR_FMT " is snoozed for %d min; m shows it", STR_ARG(id),
			 (int)(for_us / US_PER_MIN));
	else
		ui_toast(ui, SEV_OK, STR_FMT " is acknowledged until it gets worse; m shows it", STR_ARG(id));
	acknowledge_follow(ui);
	return EFFECT_PAINT;
}
