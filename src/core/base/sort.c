/*
 * sort.c: bottom-up merge sort.
 *
 * Short runs are sorted by insertion, then neighbouring runs are merged. Before a
 * merge only the left run is copied to scratch, and nothing is copied when the two
 * are in order already, so a list that is refreshed nearly sorted costs about n
 * comparisons. An element of the right run moves ahead only when strictly smaller:
 * that is the whole of stability.
 */
#include "base/sort.h"

#include <string.h>

#define RUN 8

static void insertion(uint32_t *index, size_t n, sort_compare *compare, void *ctx)
{
	for (size_t i = 1; i < n; i++) {
		uint32_t item = index[i];
		size_t at = i;

		while (at > 0 && compare(index[at - 1], item, ctx) > 0) {
			index[at] = index[at - 1];
			at--;
		}
		index[at] = item;
	}
}

/* Merges index[0..mid) with index[mid..n). */
static void merge(uint32_t *index, uint32_t *scratch, size_t mid, size_t n, sort_compare *compare, void *ctx)
{
	size_t left = 0, right = mid, out = 0;

	if (compare(index[mid - 1], index[mid], ctx) <= 0)
		return;
	memcpy(scratch, index, mid * sizeof(*index));
	while (left < mid && right < n) {
		if (compare(scratch[left], index[right], ctx) <= 0)
			index[out++] = scratch[left++];
		else
			index[out++] = index[right++];
	}
	/* what remains on the right is in place */
	memcpy(index + out, scratch + left, (mid - left) * sizeof(*index));
}

void sort_indices(uint32_t *index, uint32_t *scratch, size_t n, sort_compare *compare, void *ctx)
{
	for (size_t at = 0; at < n; at += RUN)
		insertion(index + at, n - at < RUN ? n - at : RUN, compare, ctx);
	for (size_t width = RUN; width < n; width *= 2)
		for (size_t at = 0; at + width < n; at += 2 * width)
			merge(index + at, scratch, width, n - at < 2 * width ? n - at : 2 * width, compare, ctx);
}
