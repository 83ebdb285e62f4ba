/*
 * load_view.h: what the panes of the Load view share: the history of samples, the range shown, the time cursor, and
 * the part of the past ("slice") that cursor and range select, split by one key.
 *
 * The history takes every sample, whatever view is on screen. load_view_update() recomputes what is shown
 * before the panes draw; it does nothing while nothing changed. Times before the first own sample
 * come from Performance Insights where that is on. UI thread only.
 */
#ifndef UI_LOAD_VIEW_H
#define UI_LOAD_VIEW_H

#include "model/load_history.h"
#include "ui/action.h"
#include "ui/widgets/graph.h"

#define LOAD_RANKS_MAX 200
#define LOAD_WIDEN_MAX 60

/* Where the keys of the slice are from. */
enum load_keys_from {
	LOAD_KEYS_OWN,
	LOAD_KEYS_INSIGHTS,
	LOAD_KEYS_ASKED, /* Performance Insights was asked and has not answered yet */
	LOAD_KEYS_NONE,
};

/* What the picture depends on; equal ones give equal pictures. */
struct load_shown {
	size_t columns;
	int64_t range_us, to_us, last_us, cursor_us;
	int widen, by;
	unsigned insights, keys; /* versions of the store's entries */
};

struct load_view {
	struct load_history *history;
	const struct target *of;     /* whose samples they are; own reference */
	unsigned seen;               /* version of load_samples that is in it */
	int64_t range_us, cursor_us; /* cursor 0 = none: the slice is the range */
	int widen;                   /* columns on both sides of the cursor that belong to the slice */
	enum load_by by;

	/* by load_view_update() */
	struct load_shown shown;
	int64_t cell_us, from_us, to_us; /* of the graph */
	int64_t own_from_us;             /* what is before it has no own sample; INT64_MAX: there is none */
	bool insights;                   /* something before it is from Performance Insights */
	double cells[GRAPH_COLUMNS_MAX][GRAPH_CLASSES];
	int64_t slice_from_us, slice_to_us;
	double classes[GRAPH_CLASSES], total;             /* of the slice; NaN = not known */
	double range_classes[GRAPH_CLASSES], range_total; /* of the whole graph */
	enum load_keys_from keys_from;
	bool asks;                    /* the keys of the slice come from Performance Insights */
	const struct snapshot *keys;  /* struct load_key by `by`, and others; or NULL */
	const struct snapshot *waits; /* the same by wait */
	size_t nkeys;                 /* how many keys there were */
	double explained, most;       /* average active sessions of those shown together, and of the largest */
	int64_t detail_from_us;       /* own samples before it have no keys any more; 0 = all have */
};

/* Processors or capacity units the load can use. */
struct load_capacity {
	double value;     /* to draw; NaN = not known */
	const char *unit; /* "vCPU", "ACU" */
	double max_acu;   /* of a serverless cluster, NaN = not serverless */
};

extern const int64_t load_ranges[];
extern const char *const load_range_names[];
#define LOAD_RANGES 7
#define LOAD_OWN_RANGES 3 /* the first ones: what own samples can cover */

/* of: whose samples will come first. */
struct load_view *load_view_new(const struct target *of);
void load_view_free(struct load_view *lv);
/* Takes a sample (source load_samples) that stands for interval_us. */
void load_view_add(struct load_view *lv, const struct snapshot *sample, int64_t interval_us);
/* Takes what has arrived in the store; forgets everything when the target is another one. */
void load_view_feed(struct ui *ui);
/* Recomputes what is shown; asks Performance Insights for what is not there. Before each picture. */
void load_view_update(struct ui *ui);
bool load_view_is_shown(const struct ui *ui);
/* Sources it needs beyond those of its panes, as for runtime_demand(). */
uint64_t load_view_wanted(const struct ui *ui);
/* Actions that mean something else, or exist only, in this view. */
bool load_view_applies(const struct ui *ui, enum action_id id);
/* Effects; -1 = the ordinary meaning. */
int load_view_action(struct ui *ui, enum action_id id);
/* Ranges that can be chosen: own ones, longer ones with Performance Insights. */
size_t load_view_nranges(const struct ui *ui);
/* Chooses a range by name ("15m"); false when there is none or it cannot be had. */
bool load_view_set_range(struct ui *ui, struct str name);
struct load_capacity load_view_capacity(const struct ui *ui);
/* The chart inside the graph's pane. */
struct rect load_view_chart(struct rect inside);
/* pane_ops.badge: "slice 12s"; false while the samples it would be about do not come in. */
bool load_view_badge(const struct ui *ui, const struct pane *p, char *out, size_t size);

#endif
