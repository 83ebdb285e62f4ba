/*
 * markdown.c: see markdown.h.
 *
 * Signs that a table or HTML would take are written as references, because inside a table a backslash before a
 * bar is itself taken in more than one way; the others get a backslash. What would become a link by itself (a scheme,
 * www, an address of mail) is broken up too: a reader of a report must not be led somewhere by the text of a statement.
 */
#include "ui/markdown.h"

#include "base/ascii.h"
#include "base/check.h"
#include "base/utf8.h"

#define FENCE_MIN 3
#define ELLIPSIS "\xe2\x80\xa6"

static bool is_word(struct str s, size_t i)
{
	char c = i < s.len ? s.ptr[i] : ' ';

	return ascii_is_digit(c) || ascii_is_letter(c);
}

static bool is_after_www(struct str s, size_t i)
{
	return i >= 3 && str_ieq(str_sub(s, i - 3, i), STR("www"));
}

static void put(struct buf *out, struct str s, size_t i)
{
	char c = s.ptr[i];
	bool escape = false;

	switch (c) {
	case '&':
		(void)buf_add_c(out, "&amp;");
		return;
	case '<':
		(void)buf_add_c(out, "&lt;");
		return;
	case '>':
		(void)buf_add_c(out, "&gt;");
		return;
	case '|':
		(void)buf_add_c(out, "&#124;");
		return;
	case '`':
		(void)buf_add_c(out, "&#96;");
		return;
	case '_':
		/* between letters it is only itself, and names stay readable */
		escape = i == 0 || !is_word(s, i - 1) || !is_word(s, i + 1);
		break;
	case ':':
		escape = str_starts(str_sub(s, i + 1, s.len), STR("//"));
		break;
	case '.':
		escape = is_after_www(s, i);
		break;
	default:
		escape = c != '\0' && strchr("\\*[]~$@#", c) != NULL;
		break;
	}
	if (escape)
		(void)buf_add_char(out, '\\');
	(void)buf_add_char(out, c);
}

void markdown_code(struct buf *out, struct str text)
{
	size_t fits = utf8_prefix(text, MARKDOWN_TEXT_MAX);

	(void)utf8_clean(out, str_sub(text, 0, fits), true);
	if (fits < text.len)
		(void)buf_add_c(out, " " ELLIPSIS);
}

void markdown_text(struct buf *out, struct str text)
{
	struct buf clean;
	struct str s;

	buf_init(&clean, 4 * MARKDOWN_TEXT_MAX + sizeof ELLIPSIS);
	markdown_code(&clean, text);
	s = buf_str(&clean);
	for (size_t i = 0; i < s.len; i++)
		put(out, s, i);
	buf_release(&clean);
}

static size_t longest_run(struct str s)
{
	size_t longest = 0, run = 0;

	for (size_t i = 0; i < s.len; i++) {
		run = s.ptr[i] == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

static void fence(struct buf *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)buf_add_char(out, '`');
}

void markdown_block(struct buf *out, const char *info, struct str lines)
{
	size_t n = longest_run(lines) + 1;

	n = n < FENCE_MIN ? FENCE_MIN : n;
	fence(out, n);
	(void)buf_addf(out, "%s\n", info);
	(void)buf_add_str(out, lines);
	if (!str_ends(lines, STR("\n")))
		(void)buf_add_c(out, "\n");
	fence(out, n);
	(void)buf_add_c(out, "\n\n");
}

void markdown_heading(struct buf *out, const char *const *names, size_t n)
{
	(void)buf_add_c(out, "|");
	for (size_t i = 0; i < n; i++)
		(void)buf_addf(out, " %s |", names[i]);
	(void)buf_add_c(out, "\n|");
	for (size_t i = 0; i < n; i++)
		(void)buf_add_c(out, " --- |");
	(void)buf_add_c(out, "\n");
}
