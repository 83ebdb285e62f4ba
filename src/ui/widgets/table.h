/*
 * table.h: a scrolling table over one snapshot: filter, order, selection by key, tags,
 * frozen key column, columns that leave by priority when it gets narrow.
 *
 * Selection follows the row's key, not its position; when the row goes, its neighbour is
 * selected. Order is held for TABLE_HOLD_US after a key, so that rows do not move under
 * the cursor. Absent sorts last. UI thread only.
 *
 * With `depth` it is a tree (tree.h) as long as its rows stand in the order in which they come:
 * sorting by a column or filtering makes it a flat table. Subtrees fold.
 */
#ifndef UI_WIDGETS_TABLE_H
#define UI_WIDGETS_TABLE_H

#include "model/filter.h"
#include "model/order.h"
#include "model/severity.h"
#include "ui/widgets/tree.h"

#define TABLE_COLUMNS_MAX 32
#define TABLE_KEY_MAX 320
#define TABLE_TAGS_MAX 200 /* as many as one operation acts on */
#define TABLE_FOLDS_MAX 256
#define TABLE_HOLD_US (2 * US_PER_S)

struct ui;

/* What a cell is drawn from. */
struct cell_context {
	const struct ui *ui;
	const struct snapshot *snap;
	size_t row;
	const struct tree_row *tree; /* its place in a tree; NULL: the table is flat */
	bool selected, faint;
};

struct table_column {
	const char *field;       /* public name, or "name/s" for its rate */
	const char *title;       /* NULL: the field's */
	const char *short_title; /* used when narrow; NULL: none */
	uint8_t priority;        /* 1 is kept longest; the key column never leaves */
	uint8_t min, max;        /* columns; max 0 = flexible, takes what is left */
	bool leaves_when_same;   /* left out while all rows have one value */
	bool no_order;           /* what its cell() draws is not its field, so the rows cannot be ordered by it */
	uint8_t extra;           /* columns that its cell() needs beside the field's text */
	uint8_t wish; /* columns that the cell draws in when there is room, whatever the text takes; 0 = none */
	/* Draws the cell in w columns and returns true, or returns false for the ordinary look. */
	bool (*cell)(const struct cell_context *cc, struct pen *pen, int w);
};

struct table_def {
	const char *source; /* whose rows */
	const struct table_column *columns;
	size_t ncolumns;
	const char *order;      /* default, "-xact_us"; NULL: as the rows come */
	const char *depth;      /* field with the depth in a tree; NULL: none */
	const char *main_field; /* what a bare `>10s` compares; NULL = none */
	const char *empty;      /* sentence when there are no rows */
	const char *noun;       /* "sessions" */
	/* False hides a row before the filter (modes). NULL: all. */
	bool (*show)(const struct snapshot *s, size_t row, int mode);
	const char *const *modes; /* NULL-terminated names for `m`; NULL = none */
	bool selects_first;       /* until another row is chosen the first one is selected, whatever row that is */
	bool no_heading;          /* rows speak for themselves */
	int wide_mode;            /* mode that needs the source's wide rows, -1 = none */
	/* Row that this one belongs under (a parallel worker's leader), or -1. NULL: rows are independent. */
	long (*parent)(const struct snapshot *s, size_t row);
	/* How bad a row is: its sign, and the worst of all as pane_table_severity(). NULL: that is not told. */
	enum severity (*severity)(const struct snapshot *s, size_t row);
	/* Another sign in front of a row (progress, a muted one), or ' '. NULL: that of the severity, if there is one.
	 */
	uint32_t (*mark)(const struct cell_context *cc, enum role *ret_role);
};

/* Keys of rows, as rec_key_text() writes them. */
struct key_set {
	char (*keys)[TABLE_KEY_MAX];
	size_t n;
};

struct table {
	const struct table_def *def;
	const struct snapshot *snap; /* what index refers to; own reference */
	uint32_t *index, *scratch;
	size_t n, cap, total; /* shown; rows that `show` lets through */
	char filter_text[FILTER_TEXT_MAX + 1];
	struct filter *filter;
	struct err filter_err; /* code != ERR_NONE: the text is not a filter */
	struct order order;
	int order_column;
	char selected[TABLE_KEY_MAX];
	size_t selected_len;
	size_t cursor, top;
	bool chosen;      /* the selection is somebody's choice: with selects_first it follows its key only then */
	int first_column; /* of those after the key column */
	int mode;
	bool unfolded; /* rows that have a parent are shown, under it */
	uint32_t same; /* bit per column that leaves */
	int64_t held_until_mono_us;
	bool held; /* rows stand where they stood when the key was pressed */
	struct key_set tags, folds;
	int64_t tags_at_us;              /* of the rows in which they were last looked for */
	bool tag_missed[TABLE_TAGS_MAX]; /* the newest rows have none of that key: one more time, and the tag is gone */
	struct tree_row *tree;           /* by position, while is_tree */
	bool is_tree;
	struct order orders[TABLE_COLUMNS_MAX]; /* of the columns' fields, for snapshots of this type */
	const struct rec_type *type;
	const struct table_def *resolved;       /* definition that orders belong to */
	uint8_t widths[TABLE_COLUMNS_MAX];      /* grown to what was seen */
	int visible_rows, heading_y, heading_x; /* of the last draw, for paging and the mouse */
	struct table_drawn {
		bool valid; /* the rows are still those that were drawn */
		struct rect r;
		size_t cursor;
	} drawn;
	struct table_measured {
		bool valid;
		size_t first, last;
		int order_column;
	} measured; /* what widths were last grown for */
	struct {
		int x, w, column;
	} heads[TABLE_COLUMNS_MAX];
	int nheads;
	bool more_left, more_right;
};

void table_init(struct table *t, const struct table_def *def);
void table_release(struct table *t);
/* Other columns over rows of the same type: order, widths and column scroll begin anew; selection, filter and tags
 * stay. */
void table_set_def(struct table *t, const struct table_def *def);
/* What the definition's names mean in records of this type, and the first order; again is harmless. table_recalc() does
 * it with what arrives; before that it lets keys order a table that has no rows yet. */
void table_bind(struct table *t, const struct rec_type *type);
/* Takes a new snapshot (own reference), applies show, filter and order, restores the selection. now: for the hold. */
void table_recalc(struct table *t, const struct snapshot *s, int64_t mono_us);
/* Draws heading and rows into r. focused decides the look of the selection. */
void table_draw(const struct ui *ui, struct table *t, struct canvas *c, struct rect r, bool focused);
/* When nothing but the selection changed since table_draw() on the same canvas: draws the two rows that look different
 * now. False: that is not enough (it has to scroll, or rows changed), and nothing was drawn. */
bool table_draw_moved(const struct ui *ui, struct table *t, struct canvas *c, bool focused);
/* Moves the selection; clamps. */
void table_move(struct table *t, long delta, int64_t mono_us);
void table_move_to(struct table *t, size_t position, int64_t mono_us);
/* Row number in the snapshot of the selection, or -1. */
long table_selected_row(const struct table *t);
/* In front of the facts of a title: how many rows are tagged; the filter that is on, how many rows it leaves; each with
 * a separator. */
void table_filter_fact(const struct table *t, struct pen *pen);
/* Something is done with the selected row: it stays selected. */
void table_choose(struct table *t);
/* Next or previous column as order, or the column itself; the same one again turns the direction. */
void table_order_step(struct table *t, int step);
void table_order_column(struct table *t, int column);
void table_order_reverse(struct table *t);
/* Sets the filter; false: err says why, the old filter stays in force. */
bool table_set_filter(struct table *t, const char *text, struct err *err);
/* Tags follow the row's key through refresh, order and filter. One whose row is missing twice in a row is gone. */
void table_tag_toggle(struct table *t);
/* All rows that are shown, as many as can be; when any is tagged, none. */
void table_tag_all(struct table *t);
/* Takes all tags off; false when there was none. */
bool table_untag(struct table *t);
bool table_is_tagged(const struct table *t, size_t row);
/* Rows of the snapshot that are tagged, shown or not, in its order; returns how many, at most max. */
size_t table_tagged_rows(const struct table *t, size_t *ret_rows, size_t max);
/* Folds the subtree of the selection, or of the one above it when it has none; the same again unfolds. */
void table_fold_toggle(struct table *t, int64_t mono_us);
/* Position of the root of the tree that row belongs to in the snapshot, or -1 when it is not shown. */
long table_root_of(const struct table *t, size_t row);
void table_scroll_columns(struct table *t, int delta);
/* Table column whose heading is at column x of the screen, or -1. */
int table_heading_at(const struct table *t, int y, int x);
/* Position (0..n) of the row at screen row y, or -1. */
long table_row_at(const struct table *t, int y);
/* Faults of a table definition against its record type (names, order); appended to err. */
bool table_check(const struct table_def *def, const struct rec_type *type, struct err *err) MUST_CHECK;

#endif
