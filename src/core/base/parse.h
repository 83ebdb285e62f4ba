/*
 * parse.h: strict readers for numbers, durations, sizes. No locale, no partial
 * success: the whole slice must match or false is returned and *ret is untouched.
 */
#ifndef BASE_PARSE_H
#define BASE_PARSE_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Optional sign, decimal digits; overflow is a failure. */
bool parse_i64(struct str s, int64_t *ret_value);
/* [+-]digits[.digits][(e|E)[+-]digits], "NaN", "inf". Decimal point only. */
bool parse_f64(struct str s, double *ret_value);
/* "true"/"false", "t"/"f", "yes"/"no", "on"/"off", "1"/"0", any case. */
bool parse_bool(struct str s, bool *ret_value);
/* "250ms", "10s", "5m", "2h", "1d", "1h30m", plain number = seconds; result in microseconds. */
bool parse_duration_us(struct str s, int64_t *ret_us);
/* "512", "10k" "10kB" "10KiB" "1.5G" "2TiB": binary multiples; result in bytes. */
bool parse_size(struct str s, int64_t *ret_bytes);
/* Nearest of n words by edit distance (at most 2 edits and a third of the length), or NULL. */
const char *parse_nearest(struct str word, const char *const *words, size_t n);

#endif
