/*
 * ui.h: the UI thread's state, and what a pane is.
 *
 * Data flows one way: store -> pane->recalc -> pane->draw -> canvas -> terminal. draw() gets everything const but its
 * own pane; it never fetches, sorts or waits. Key handlers change state and return effects; only the loop
 * recalculates, paints, resizes or quits. Everything here belongs to the UI thread.
 *
 * A pane is one constant row (struct pane_def) in panes.def. A generic table pane needs
 * no functions of its own: columns, order and the source's name are enough.
 */
#ifndef UI_UI_H
#define UI_UI_H

#include "model/data.h"
#include "runtime/sched.h"
#include "ui/layout.h"
#include "ui/pen.h"
#include "ui/prompt.h"
#include "ui/term.h"
#include "ui/widgets/dialog.h"
#include "ui/widgets/table.h"

enum effect {
	EFFECT_NONE = 0,
	EFFECT_PAINT = 1 << 0,  /* something visible changed */
	EFFECT_RECALC = 1 << 1, /* filter, order or range changed */
	EFFECT_LAYOUT = 1 << 2, /* focus, zoom or view changed */
	EFFECT_DEMAND = 1 << 3, /* other sources are visible now */
	EFFECT_REDRAW = 1 << 4, /* the terminal must be repainted whole */
	EFFECT_SUSPEND = 1 << 5,
	EFFECT_QUIT = 1 << 6,
	EFFECT_SELECT = 1 << 7, /* only another row of the focused table is selected */
};

struct ui;
struct pane;
struct explain_request;
struct operations_state;
struct identity_view;

struct pane_ops {
	/* Recompute what is shown from the store. May allocate in pane->state. NULL: nothing to do. */
	void (*recalc)(struct ui *ui, struct pane *p);
	/* Facts for the title line, most important first. NULL: none. */
	void (*summary)(const struct ui *ui, const struct pane *p, struct pen *pen);
	/* The inside of the frame; r excludes the frame, includes its blank margin columns. */
	void (*draw)(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r);
	/* The pane as one line. NULL: the summary. */
	void (*line)(const struct ui *ui, const struct pane *p, struct pen *pen);
	bool (*hidden)(const struct ui *ui, const struct pane *p); /* can never show anything here. NULL: it may */
	/* Worst signal for tabs. NULL: none. */
	enum severity (*severity)(const struct ui *ui, const struct pane *p);
	/* Own keys before the shared ones; returns effects, -1 = not mine. NULL: none. */
	int (*key)(struct ui *ui, struct pane *p, uint32_t key);
	/* The pane's own meaning of an action (enum action_id); effects, -1 = not mine. NULL: none. */
	int (*act)(struct ui *ui, struct pane *p, int action);
	/* True for the actions that act() would take now: footer and help show them. NULL: none. */
	bool (*offers)(const struct ui *ui, const struct pane *p, int action);
	/* What an action is called here, NULL: as everywhere. NULL: always that. */
	const char *(*calls)(const struct pane *p, int action);
	/* Detail of the selection into r from line `scroll`; returns the number of lines there are. NULL: no detail. */
	int (*detail)(const struct ui *ui, const struct pane *p, struct canvas *c, struct rect r, int scroll);
	/* Words for the badge while what is shown is in order; false: age or trouble as always. NULL: always that. */
	bool (*badge)(const struct ui *ui, const struct pane *p, char *out, size_t size);
	/* The statement `e` explains (plan_view.h). False: ret_request's `about` says why there is none. NULL: never.
	 */
	bool (*explain)(const struct ui *ui, const struct pane *p, struct explain_request *ret_request);
	/* Frees pane->state. NULL: xfree. */
	void (*close)(struct pane *p);
	bool follows_selection; /* shows more of what is selected, in its view, than the row's colours */
};

struct pane_def {
	const char *name;              /* "activity": palette, --pane */
	const char *title;             /* one or two words */
	const char *help;              /* one sentence */
	char digit;                    /* view it opens, 0 = none */
	const char *sources;           /* space-separated; the first gives badge and error */
	const char *detail_sources;    /* more of them while its detail is open; NULL: none */
	bool any_source;               /* draws as soon as any of them has data; says itself what is missing */
	bool no_source;                /* draws whatever they have: what it shows is not theirs */
	const struct table_def *table; /* NULL: no table */
	const struct pane_ops *ops;
};

struct pane {
	const struct pane_def *def;
	struct rect frame; /* h == 0: hidden */
	struct rect inner;
	bool collapsed, focused;
	struct table table;
	void *state;
	bool dirty;   /* recalc before the next paint */
	bool touched; /* and not only because data came */
};

#define VIEW_PANES_MAX LAYOUT_PANES_MAX

struct view_def {
	char digit;
	const char *name;  /* "overview" */
	const char *title; /* "Overview" */
	const char *short_title;
	const char *help;
	uint8_t start; /* index of the pane that has the focus at first; 0 = the one that never collapses */
	struct view_pane {
		const struct pane_def *def;
		struct layout_item place;
	} panes[VIEW_PANES_MAX];
	size_t npanes;
};

struct view {
	const struct view_def *def;
	struct pane *panes; /* npanes of them */
	size_t focus;
	bool zoomed;
	bool range_bar;   /* the row with the ranges of the graphs is shown above the panes */
	int tab_x, tab_w; /* of its tab in the last picture; w 0 = not shown */
};

struct ui_options {
	const char *theme;
	enum glyph_set glyphs;
	const char *product; /* "auroratop 0.1.0" */
	bool motion;
	bool show_literals, bell; /* in reports; for a verdict that becomes critical */
};

/* What may differ from the picture in the canvas. */
enum damage { DAMAGE_NONE, DAMAGE_SELECTION, DAMAGE_ALL };

struct ui {
	struct runtime *rt;
	struct store *store;
	struct theme *theme;
	enum depth terminal_depth; /* what the terminal can do */
	enum depth depth;          /* what is used: none for a theme without colours */
	struct canvas canvas;
	enum damage damage;
	int64_t whole_mono_us; /* when everything was last drawn */
	struct ui_options options;
	int64_t now_us, mono_us; /* of this frame */
	struct view *views;
	size_t nviews, view, previous_view;
	struct chrome_rows chrome;
	enum overlay_kind overlay;
	int overlay_scroll, overlay_lines;
	size_t palette_choice;
	bool palette_menu;                 /* it shows what can be done with the selected row alone */
	struct plan_view *plan;            /* of OVERLAY_PLAN, or NULL */
	const struct snapshot *known_plan; /* newest one, kept after its overlay is closed; own reference */
	int64_t known_plan_query_id, known_plan_pid;
	enum severity worst_of_view[10];     /* by digit, of the verdicts */
	struct session_watch *watch;         /* of the detail of Activity, or NULL */
	struct operations_state *operations; /* previews and jobs, NULL = none yet */
	struct acknowledge *acknowledge;     /* what is written down of muted verdicts (acknowledge.h) */
	struct report_wait *report;          /* one that is being made, or NULL */
	struct identity_view *identity;      /* identity_view.h, NULL = nobody asked yet */
	struct bell *bell;                   /* what it has seen, NULL = nothing yet */
	struct dialog dialog;
	struct prompt prompt;
	struct toast toasts[TOASTS_MAX];
	int64_t last_key_mono_us;
	int64_t paused_at_us;
	int64_t cursor_us; /* time cursor of the graphs, 0 = now */
	struct load_view *load;
	struct storage_view *storage;
	struct marks *marks; /* what happened when (marks.h), or NULL */
	bool pasting;
	const struct target *home;  /* what the console was started with */
	char left_cluster[256];     /* open before the list of clusters; reopened when that is left without a choice */
	struct target *next_target; /* another cluster, range or pace; the loop takes it after the event */
	char theme_before[64];      /* while the palette previews themes */
	struct buf copy;            /* text to put on the clipboard after this turn */
	int64_t own_bytes;          /* written to the terminal, for :diag */
};

/* ---- chrome.c ---- */
void chrome_draw(struct ui *ui, struct canvas *c);
void vitals_draw(struct ui *ui, struct canvas *c);

/* ---- view.c ---- */
extern const struct view_def *const view_defs[];
extern const size_t nview_defs;
extern const struct pane_def *const pane_defs[];
extern const size_t npane_defs;
struct view *ui_view(struct ui *ui);
struct pane *ui_focused(struct ui *ui);
/* Its table, or NULL. */
struct table *ui_focused_table(struct ui *ui);
/* Index of the view a digit opens, or -1. */
int view_by_digit(char digit);
int view_by_name(const char *name);
/* Worst severity of a view, for its tab. */
enum severity view_severity(const struct ui *ui, size_t view);

/* ---- ui.c ---- */
void ui_init(struct ui *ui, struct runtime *rt, const struct ui_options *o, struct theme *theme);
void ui_release(struct ui *ui);
/* Handles one event; returns effects (already applied but for TARGET, REDRAW, SUSPEND, QUIT). */
int ui_event(struct ui *ui, const struct event *e);
/* Applies RECALC, LAYOUT, DEMAND. */
void ui_apply(struct ui *ui, int effects);
/* After data arrived: panes whose sources changed recalculate. */
void ui_data_changed(struct ui *ui);
/* Makes ui->canvas, sized rows x cols, the picture of now. After a mere move of the selection only what shows it is
 * drawn again. */
void ui_draw(struct ui *ui, int rows, int cols);
/* When the picture would change by itself next (clock, spinner, toast), monotonic. */
int64_t ui_next_change(const struct ui *ui);
void ui_toast(struct ui *ui, enum severity s, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Switches views, keeping each one's state. */
int ui_show_view(struct ui *ui, size_t view);
/* A copy of the present target to change, with the next generation; give it to ui->next_target. */
struct target *ui_copy_target(const struct ui *ui);
/* The same for another cluster ("" = none: the region's list). --db belongs to the cluster the console was started with
 * and is used only there. */
struct target *ui_target_for(const struct ui *ui, struct str cluster);
/* Loads and uses a theme; a fault becomes a toast. */
void ui_set_theme(struct ui *ui, const char *name);

#include "ui/overlay.h"
#include "ui/pane.h"

#endif
