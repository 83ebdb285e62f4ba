/*
 * storage_view.c: see storage_view.h.
 *
 * Comparing is a setting of the target, because the lane fetches other points for it; the mark is only the view's.
 */
#include "ui/storage_view.h"

#include "base/xalloc.h"
#include "model/relation_history.h"
#include "ui/action.h"

#include <stdio.h>

struct storage_view *storage_view_new(void)
{
	struct storage_view *sv = xcalloc(1, sizeof *sv);

	sv->relations = relation_history_new();
	return sv;
}

void storage_view_free(struct storage_view *sv)
{
	if (sv)
		relation_history_free(sv->relations);
	xfree(sv);
}

void storage_view_feed(struct ui *ui, const struct snapshot *relations)
{
	const struct target *t = runtime_target(ui->rt);
	char of[sizeof t->cluster + sizeof t->conninfo + 1];

	(void)snprintf(of, sizeof of, "%s %s", t->cluster, t->conninfo);
	if (relations)
		relation_history_add(ui->storage->relations, of, relations);
}

void storage_view_span(const struct ui *ui, int64_t *ret_from, int64_t *ret_to)
{
	int64_t end = ui->paused_at_us ? ui->paused_at_us : ui->now_us, mark = ui->storage->mark_us;
	int64_t to = ui->cursor_us ? ui->cursor_us : end;
	int64_t from = mark ? mark : end - runtime_target(ui->rt)->range_us;

	*ret_from = from < to ? from : to;
	*ret_to = from < to ? to : from;
}

/* With the day before, with the week before, with neither. */
static int compare(struct ui *ui)
{
	struct target *t = ui_copy_target(ui);

	t->compare_us = t->compare_us == 0 ? US_PER_DAY : t->compare_us == US_PER_DAY ? 7 * US_PER_DAY : 0;
	t->generation = runtime_target(ui->rt)->generation;
	if (t->compare_us == 0)
		ui_toast(ui, SEV_NOTICE, "graphs alone");
	else
		ui_toast(ui, SEV_NOTICE, "as dots: the %s before", t->compare_us == US_PER_DAY ? "day" : "week");
	ui->next_target = t;
	runtime_refresh(ui->rt, "metrics");
	return EFFECT_PAINT;
}

/* The cursor's time; where there is no cursor, or at the same time again, the mark goes. */
static int mark_time(struct ui *ui)
{
	int64_t *mark = &ui->storage->mark_us;

	*mark = *mark == ui->cursor_us ? 0 : ui->cursor_us;
	if (*mark)
		ui_toast(ui, SEV_NOTICE, "marked: growth is explained between here and the time cursor");
	return EFFECT_PAINT;
}

int storage_view_action(struct ui *ui, int action)
{
	bool shown = ui_view(ui)->def->digit == '6';

	if (action == ACTION_COMPARE && shown)
		return compare(ui);
	if (action == ACTION_MARK && shown)
		return mark_time(ui);
	if (action == ACTION_BACK && shown && (ui->cursor_us || ui->storage->mark_us)) {
		ui->cursor_us = ui->storage->mark_us = 0;
		return EFFECT_PAINT;
	}
	return -1;
}
