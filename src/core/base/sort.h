/*
 * sort.h: stable merge sort of an index array, with a context pointer.
 */
#ifndef BASE_SORT_H
#define BASE_SORT_H

#include <stddef.h>
#include <stdint.h>

/* <0, 0, >0 for the items that indices a and b name. */
typedef int sort_compare(uint32_t a, uint32_t b, void *ctx);

/* Sorts n indices in place, stably; scratch must hold n elements. One thread, no allocation. */
void sort_indices(uint32_t *index, uint32_t *scratch, size_t n, sort_compare *compare, void *ctx);

#endif
