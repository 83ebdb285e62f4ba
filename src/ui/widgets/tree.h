/*
 * tree.h: the indented first column of a table whose rows form trees.
 *
 * A tree is a table in a given order: its rows come with their depth, each before its
 * subtree. Nothing else is needed, so lock trees and query plans are ordinary tables with
 * filter, tags and export. Pure but for drawing; UI thread.
 */
#ifndef UI_WIDGETS_TREE_H
#define UI_WIDGETS_TREE_H

#include "ui/pen.h"

/* Levels that get a line of their own; what is deeper says its depth as a number. */
#define TREE_LEVELS_MAX 60

struct tree_row {
	uint32_t depth;
	uint32_t hidden; /* rows folded away below it */
	uint64_t open;   /* bit d: a later row of depth d belongs to the same one above */
};

/* The depth a row gets after one of depth `before` (-1 = first): what skips levels stands one below it. */
uint32_t tree_depth(int64_t wanted, int64_t before);
/* Fills open from the depths of n rows, each before its subtree. */
void tree_shape(struct tree_row *rows, size_t n);
/* Columns that guides and fold sign take where there is room. */
int tree_width(const struct tree_row *row);
/* Draws guides and fold sign in at most w columns; the pen stands where the text begins. */
void tree_draw(struct pen *pen, const struct tree_row *row, int w);

#endif
