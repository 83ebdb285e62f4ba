/*
 * verdicts.h: what the screen says of the verdicts: counts, worst of a view, what is best done next. UI thread.
 */
#ifndef UI_VERDICTS_H
#define UI_VERDICTS_H

#include "ui/ui.h"

struct verdict_counts {
	size_t crit, warn, notice, ok, unknown, muted; /* muted ones are in none of the others */
};

/* Of those with a decision when only_posture. */
struct verdict_counts verdict_count(const struct snapshot *verdicts, bool only_posture);
/* One row more. */
void verdict_count_row(struct verdict_counts *n, const struct snapshot *verdicts, size_t row);
/* "✗ 2  ! 4  • 2  ✓ 29  ? 1": the counts that are not 0. */
void verdict_counts_draw(struct pen *pen, const struct verdict_counts *n);
/* Severity of a row; SEV_NONE when it is muted. */
enum severity verdict_severity(const struct snapshot *verdicts, size_t row);
/* After data arrived: what verdict_worst_of_view() says from now on. */
void verdicts_follow(struct ui *ui);
/* The worst of those that the view with this digit explains; SEV_NONE where all is well or nothing is known. */
enum severity verdict_worst_of_view(const struct ui *ui, char digit);
/* The worst that a rule (NULL = any) says of an object (empty = whatever it is about); SEV_NONE: nothing, or muted. */
enum severity verdict_about(const struct ui *ui, const char *id, struct str object);
/* The row that is worst, in the order of the list; -1 when nothing needs doing. */
long verdict_worst(const struct snapshot *verdicts);
/* Goes where the row's next step is: opens its action, else its view. Effects. */
int verdict_go(struct ui *ui, const struct snapshot *verdicts, size_t row);
/* The table of verdicts in the present view, or NULL. */
const struct table *verdict_table(const struct ui *ui);
/* Acknowledges the selected verdict of a pane, or snoozes it for so long; the same again takes it back. Effects. */
int verdict_mute(struct ui *ui, const struct pane *p, int64_t for_us);

#endif
