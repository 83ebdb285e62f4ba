/*
 * utf8_table.h: widths without the help of the locale; part of utf8.c.
 */
#ifndef BASE_UTF8_TABLE_H
#define BASE_UTF8_TABLE_H

#include <stdbool.h>
#include <stdint.h>

struct utf8_range {
	uint32_t first, last;
};

/* 0, 1, 2, or -1 for unassigned and format characters; cp must be at least U+00A0. */
int utf8_table_width(uint32_t cp);

#endif
