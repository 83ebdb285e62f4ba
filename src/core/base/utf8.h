/*
 * utf8.h: decoding, display width and the one sanitiser.
 *
 * All text from a database, AWS, a file or the environment is hostile. It passes
 * utf8_clean() (or the cell loop built on utf8_next_cell) before it reaches the
 * screen, the log or a CSV file: invalid bytes, C0 and C1 controls, bidi controls
 * (U+061C, U+200E/F, U+202A-E, U+2066-9), line and paragraph separators, other
 * zero-width format characters, surrogates and unassigned code points become
 * U+FFFD, as does a combining mark with nothing before it; tab, CR, LF become one
 * blank each. Terminals without UTF-8 get '?' for it from the canvas, not from here.
 * Width is wcwidth() plus an override table, in one function, so that what is
 * measured is what is drawn; it needs setlocale(LC_CTYPE) to a UTF-8 locale, and
 * falls back to an own table of wide ranges in others.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/buf.h"
#include "base/str.h"

#include <stdint.h>

#define UTF8_REPLACEMENT 0xFFFDu

/* Decodes one code point at *s, advances *s past it (at least one byte); an invalid byte gives UTF8_REPLACEMENT and
 * *ret_valid false. s->len must be > 0. */
uint32_t utf8_decode(struct str *s, bool *ret_valid);
/* Encodes cp into out[4], returns the number of bytes. */
int utf8_encode(uint32_t cp, char out[4]);
/* Columns a printable code point takes: 0 (combining), 1 or 2; -1 if it must not be drawn. */
int utf8_width(uint32_t cp);
/* Next thing to draw: a safe base code point (never a control, U+FFFD for what is unsafe), its width (1 or 2);
 * combining marks after it are skipped. False at the end. */
bool utf8_next_cell(struct str *s, uint32_t *ret_cp, int *ret_width);
/* Columns that s takes after sanitising. */
int utf8_columns(struct str s);
/* Sanitised copy appended to out; collapse also turns runs of blanks into one and trims. */
bool utf8_clean(struct buf *out, struct str s, bool collapse);
/* Longest prefix of s (whole code points) that fits n bytes. */
size_t utf8_prefix(struct str s, size_t n);
bool utf8_valid(struct str s);

#endif
