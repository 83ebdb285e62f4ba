/*
 * utf8.c: one decoder, one width, one sanitiser.
 *
 * Decoding is strict: overlong forms, surrogates and values above U+10FFFF are
 * invalid, and an invalid sequence costs exactly its first byte, so no byte after it
 * is swallowed. classify() turns a decoded code point into what may be drawn; both
 * the cell loop and utf8_clean() use it, hence what is measured is what is written.
 * A combining mark with nothing before it to sit on counts as unsafe, because it
 * would change a cell that belongs to somebody else.
 *
 * It does not normalise, and does not join emoji sequences: U+200D is replaced like
 * every other invisible format character.
 */
#include "base/utf8.h"

#include "base/utf8_table.h"

#include <limits.h>
#include <wchar.h>

/* Where wcwidth() must not be asked: its answer differs between systems or is unsafe. */
static const struct {
	uint32_t first, last;
	int width;
} overrides[] = {
	/* clang-format off */
	{0x0000, 0x001F, -1},     /* C0 */
	{0x007F, 0x009F, -1},     /* DEL and C1 */
	{0x00AD, 0x00AD, -1},     /* soft hyphen */
	{0x0600, 0x0605, -1},     /* Arabic number signs */
	{0x061C, 0x061C, -1},     /* Arabic letter mark, bidi */
	{0x06DD, 0x06DD, -1},
	{0x070F, 0x070F, -1},
	{0x0890, 0x0891, -1},
	{0x08E2, 0x08E2, -1},
	{0x1160, 0x11FF, 0},      /* Hangul vowels and finals */
	{0x180E, 0x180E, -1},     /* Mongolian vowel separator */
	{0x200B, 0x200F, -1},     /* zero width space and joiners, LRM, RLM */
	{0x2028, 0x202E, -1},     /* separators, bidi embeddings and overrides */
	{0x2060, 0x206F, -1},     /* word joiner, invisible operators, bidi isolates */
	{0xD7B0, 0xD7FF, 0},      /* Hangul vowels and finals, extended */
	{0xD800, 0xDFFF, -1},     /* surrogates */
	{0xFDD0, 0xFDEF, -1},     /* noncharacters */
	{0xFE00, 0xFE0F, 0},      /* variation selectors */
	{0xFEFF, 0xFEFF, -1},     /* byte order mark */
	{0xFFF9, 0xFFFB, -1},     /* interlinear annotation */
	{0xFFFD, 0xFFFD, 1},      /* the replacement itself */
	{0x110BD, 0x110BD, -1},
	{0x110CD, 0x110CD, -1},
	{0x13430, 0x1343F, -1},   /* Egyptian format controls */
	{0x1BCA0, 0x1BCA3, -1},   /* shorthand format controls */
	{0x1D173, 0x1D17A, -1},   /* musical format controls */
	{0xE0000, 0xE00FF, -1},   /* tags: invisible text */
	{0xE0100, 0xE01EF, 0},    /* variation selectors supplement */
	/* clang-format on */
};

/* The length and the smallest code point of a sequence, by its first byte; 0 = not a first byte. */
static int sequence_length(unsigned char c, uint32_t *ret_first_bits, uint32_t *ret_least)
{
	if (c < 0x80) {
		*ret_first_bits = c;
		*ret_least = 0;
		return 1;
	}
	if (c >= 0xC2 && c <= 0xDF) {
		*ret_first_bits = c & 0x1Fu;
		*ret_least = 0x80;
		return 2;
	}
	if (c >= 0xE0 && c <= 0xEF) {
		*ret_first_bits = c & 0x0Fu;
		*ret_least = 0x800;
		return 3;
	}
	if (c >= 0xF0 && c <= 0xF4) {
		*ret_first_bits = c & 0x07u;
		*ret_least = 0x10000;
		return 4;
	}
	*ret_first_bits = *ret_least = 0;
	return 0;
}

uint32_t utf8_decode(struct str *s, bool *ret_valid)
{
	const unsigned char *p = (const unsigned char *)s->ptr;
	uint32_t cp, least;
	int n = sequence_length(p[0], &cp, &least);
	bool ok = n > 0 && (size_t)n <= s->len;

	for (int i = 1; ok && i < n; i++) {
		ok = (p[i] & 0xC0) == 0x80;
		cp = cp << 6 | (p[i] & 0x3Fu);
	}
	if (ok && (cp < least || cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF)))
		ok = false;
	if (!ok) {
		n = 1;
		cp = UTF8_REPLACEMENT;
	}
	s->ptr += n;
	s->len -= (size_t)n;
	*ret_valid = ok;
	return cp;
}

int utf8_encode(uint32_t cp, char out[4])
{
	if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
		cp = UTF8_REPLACEMENT;
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xC0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xE0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
		out[2] = (char)(0x80 | (cp & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
	out[3] = (char)(0x80 | (cp & 0x3F));
	return 4;
}

int utf8_width(uint32_t cp)
{
	size_t low = 0, high = ARRAY_LEN(overrides);

	if (cp >= 0x20 && cp < 0x7F)
		return 1;
	if (cp > 0x10FFFF || (cp & 0xFFFE) == 0xFFFE)
		return -1;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (cp > overrides[mid].last)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < ARRAY_LEN(overrides) && cp >= overrides[low].first)
		return overrides[low].width;
	return MB_CUR_MAX == 1 ? utf8_table_width(cp) : wcwidth((wchar_t)cp);
}

/* Decodes one code point and makes it safe: a blank, U+FFFD, or itself. Returns its width; 0 is a mark. */
static int classify(struct str *s, uint32_t *ret_cp)
{
	bool valid;
	int width;

	*ret_cp = utf8_decode(s, &valid);
	if (*ret_cp == '\t' || *ret_cp == '\n' || *ret_cp == '\r')
		*ret_cp = ' ';
	width = utf8_width(*ret_cp);
	if (width >= 0)
		return width;
	*ret_cp = UTF8_REPLACEMENT;
	return 1;
}

bool utf8_next_cell(struct str *s, uint32_t *ret_cp, int *ret_width)
{
	if (s->len == 0)
		return false;
	*ret_width = classify(s, ret_cp);
	if (*ret_width == 0) {
		*ret_cp = UTF8_REPLACEMENT;
		*ret_width = 1;
	}
	while (s->len && (s->ptr[0] & 0x80)) {
		struct str ahead = *s;
		uint32_t cp;

		if (classify(&ahead, &cp) != 0)
			break;
		*s = ahead;
	}
	return true;
}

int utf8_columns(struct str s)
{
	int columns = 0, width;
	uint32_t cp;

	while (columns < INT_MAX - 1 && utf8_next_cell(&s, &cp, &width))
		columns += width;
	return columns;
}

bool utf8_clean(struct buf *out, struct str s, bool collapse)
{
	size_t before = out->len;
	bool blank = false, any = false, ok = !out->failed;
	char bytes[4];

	while (ok && s.len) {
		uint32_t cp;
		int width = classify(&s, &cp);

		if (collapse && cp == ' ') {
			blank = any;
			continue;
		}
		if (width == 0 && !any)
			cp = UTF8_REPLACEMENT;
		if (blank)
			ok = buf_add_char(out, ' ');
		ok = ok && buf_add(out, bytes, (size_t)utf8_encode(cp, bytes));
		blank = false;
		any = true;
	}
	if (!ok && out->len > before)
		buf_truncate(out, before);
	return ok;
}

size_t utf8_prefix(struct str s, size_t n)
{
	struct str rest = s;
	size_t fits = 0;
	bool valid;

	if (s.len <= n)
		return s.len;
	while (rest.len) {
		utf8_decode(&rest, &valid);
		if (s.len - rest.len > n)
			break;
		fits = s.len - rest.len;
	}
	return fits;
}

bool utf8_valid(struct str s)
{
	bool valid = true;

	while (valid && s.len)
		utf8_decode(&s, &valid);
	return valid;
}
