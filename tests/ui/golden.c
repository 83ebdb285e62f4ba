/* golden.c: see golden.h. */
#include "tests/ui/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

static void write_golden(const char *path, struct str b)
{
	FILE *out = fopen(path, "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(b.ptr, 1, b.len, out), b.len);
	assert_int_equal(fclose(out), 0);
}

static bool read_golden(const char *path, struct buf *ret)
{
	static char chunk[1 << 16];
	FILE *in = fopen(path, "rb");
	size_t n;

	buf_init(ret, 1u << 20);
	if (!in)
		return false;
	while ((n = fread(chunk, 1, sizeof chunk, in)) > 0)
		(void)buf_add(ret, chunk, n);
	(void)fclose(in);
	return true;
}

/* Prints the rows that differ, wanted above seen. */
static size_t differences(const char *path, struct str want, struct str have)
{
	struct str a, b;
	size_t n = 0;
	int row = 0;

	while (true) {
		bool more_a = str_split(&want, '\n', &a), more_b = str_split(&have, '\n', &b);

		if (!more_a && !more_b)
			return n;
		if (!more_a)
			a = STR("");
		if (!more_b)
			b = STR("");
		if (!str_eq(a, b) && n++ < 8)
			(void)fprintf(stderr, "%s:%d\n  want |" STR_FMT "|\n  have |" STR_FMT "|\n", path, row + 1,
				      STR_ARG(a), STR_ARG(b));
		row++;
	}
}

bool golden_update(void)
{
	const char *update = getenv("UPDATE_GOLDEN");

	return update && update[0] == '1';
}

size_t golden_compare_text(struct str have, const char *path, bool update)
{
	struct buf want;
	size_t bad = 0;

	if (update) {
		write_golden(path, have);
	} else if (!read_golden(path, &want)) {
		(void)fprintf(stderr, "%s does not exist; UPDATE_GOLDEN=1 makes it\n", path);
		bad = 1;
	} else {
		bad = differences(path, buf_str(&want), have);
		buf_release(&want);
	}
	return bad;
}

size_t golden_compare(const struct fixture *f, const char *path, bool update)
{
	struct buf have;
	size_t bad;

	fixture_text(f, &have);
	bad = golden_compare_text(buf_str(&have), path, update);
	buf_release(&have);
	return bad;
}
