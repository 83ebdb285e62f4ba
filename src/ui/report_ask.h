/*
 * report_ask.h: :report. What a report is made of is fetched first, because most of it is on no screen just then;
 * meanwhile the console goes on. UI thread only.
 */
#ifndef UI_REPORT_ASK_H
#define UI_REPORT_ASK_H

#include "ui/ui.h"

/* What did not answer in this time is told in the report as it is known. */
#define REPORT_PATIENCE_US (10 * US_PER_S)

/* Begins a report. Effects. */
int report_begin(struct ui *ui);
/* Writes it once all has come, or the patience is at an end. After data arrived, and before each picture. */
void report_follow(struct ui *ui);
/* Sources it needs meanwhile, as for runtime_demand(). */
uint64_t report_wanted(const struct ui *ui);
/* When to look again, monotonic; INT64_MAX = no report is being made. */
int64_t report_due(const struct ui *ui);
/* Forgets it. */
void report_release(struct ui *ui);

#endif
