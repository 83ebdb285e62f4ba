/* bell.c: see bell.h. */
#include "ui/bell.h"

#include "base/xalloc.h"
#include "ui/verdicts.h"

struct bell {
	const struct snapshot *known; /* verdicts of the last look, or NULL; own reference */
	int64_t began_mono_us;        /* first look at this target */
	int64_t rang_mono_us;         /* 0 = never */
	bool due;
};

static bool was_critical(const struct snapshot *known, struct str id, struct str object)
{
	for (size_t i = 0; i < known->nrows; i++)
		if (severity_of_word(data_str(known, i, "severity")) == SEV_CRIT &&
		    str_eq(data_str(known, i, "id"), id) && str_eq(data_str(known, i, "object"), object))
			return true;
	return false;
}

static bool has_new(const struct snapshot *known, const struct snapshot *s)
{
	for (size_t i = 0; i < s->nrows; i++)
		if (verdict_severity(s, i) == SEV_CRIT &&
		    !was_critical(known, data_str(s, i, "id"), data_str(s, i, "object")))
			return true;
	return false;
}

void bell_follow(struct ui *ui)
{
	const struct snapshot *s = store_good(ui->store, "verdicts"), *known;
	struct bell *b = ui->bell;

	if (!ui->options.bell || !s)
		return;
	if (!b)
		b = ui->bell = xalloc(sizeof *b);
	known = b->known;
	if (s == known)
		return;
	if (!known || known->generation != s->generation) {
		b->began_mono_us = ui->mono_us;
	} else if ((b->rang_mono_us == 0 || ui->mono_us - b->rang_mono_us >= BELL_REST_US) &&
		   ui->mono_us - b->began_mono_us >= BELL_BEGIN_US && has_new(known, s)) {
		b->due = true;
		b->rang_mono_us = ui->mono_us;
	}
	b->known = snapshot_ref(s);
	snapshot_unref(known);
}

bool bell_take(struct ui *ui)
{
	bool due = ui->bell && ui->bell->due;

	if (due)
		ui->bell->due = false;
	return due;
}

void bell_release(struct ui *ui)
{
	if (ui->bell)
		snapshot_unref(ui->bell->known);
	xfree(ui->bell);
	ui->bell = NULL;
}
