/* markdown_reader.c: see markdown_reader.h. */
#include "tests/ui/markdown_reader.h"

#include "base/check.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

struct reader {
	struct markdown_read *read;
	size_t fence;  /* backticks that opened the present block, 0 = outside of code */
	size_t cells;  /* of the present table, 0 = in none */
	size_t number; /* of the line */
};

static size_t run_of(struct str line, char c)
{
	size_t n = 0;

	while (n < line.len && line.ptr[n] == c)
		n++;
	return n;
}

/* Bars that no backslash stands before. */
static size_t bars(struct str line)
{
	size_t n = 0;

	for (size_t i = 0; i < line.len; i++)
		if (line.ptr[i] == '\\')
			i++;
		else
			n += line.ptr[i] == '|';
	return n;
}

static bool is_escaped(struct str line, size_t i)
{
	size_t slashes = 0;

	while (slashes < i && line.ptr[i - 1 - slashes] == '\\')
		slashes++;
	return slashes % 2 == 1;
}

static void has_no_markup(const struct reader *r, struct str line)
{
	static const char *const never[] = {"http://", "https://", "ftp://"};

	for (size_t i = 0; i < line.len; i++)
		if (strchr("<>`*[]~$@", line.ptr[i]) && !is_escaped(line, i))
			fail_msg("line %zu: a bare %c in: " STR_FMT, r->number, line.ptr[i], STR_ARG(line));
	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		if (str_find(line, str_c(never[i]), 0) >= 0)
			fail_msg("line %zu: a link in: " STR_FMT, r->number, STR_ARG(line));
	if (str_ifind(line, STR("www."), 0) >= 0)
		fail_msg("line %zu: a link in: " STR_FMT, r->number, STR_ARG(line));
}

static void is_printable(const struct reader *r, struct str line)
{
	struct buf clean;

	buf_init(&clean, 4 * line.len + 16);
	assert_true(utf8_clean(&clean, line, false));
	if (!str_eq(buf_str(&clean), line))
		fail_msg("line %zu has what must not be drawn: " STR_FMT, r->number, STR_ARG(line));
	buf_release(&clean);
}

static void table_row(struct reader *r, struct str line)
{
	size_t cells = bars(line);

	if (r->cells != 0 && cells != r->cells)
		fail_msg("line %zu: %zu cells instead of %zu: " STR_FMT, r->number, cells - 1, r->cells - 1,
			 STR_ARG(line));
	r->cells = cells;
	r->read->nrows++;
	assert_true(str_ends(line, STR("|")));
}

static void take_line(struct reader *r, struct str line)
{
	size_t ticks = run_of(line, '`');

	is_printable(r, line);
	if (r->fence > 0) {
		if (ticks >= r->fence && ticks == line.len)
			r->fence = 0;
		return;
	}
	if (ticks >= 3) {
		r->fence = ticks;
		r->read->nblocks++;
		r->cells = 0;
		return;
	}
	has_no_markup(r, line);
	if (line.len > 0 && line.ptr[0] == '|') {
		table_row(r, line);
		return;
	}
	r->cells = 0;
	if (line.len > 0 && line.ptr[0] == '#') {
		assert_true(r->read->nheadings < MARKDOWN_HEADINGS_MAX);
		r->read->headings[r->read->nheadings++] = line;
	}
}

void markdown_read(struct str doc, struct markdown_read *ret_read)
{
	struct reader r = {.read = ret_read};
	struct str rest = doc, line;

	*ret_read = (struct markdown_read){.nheadings = 0};
	while (str_split(&rest, '\n', &line)) {
		r.number++;
		take_line(&r, line);
	}
	if (r.fence > 0)
		fail_msg("a block of code has no end");
}
