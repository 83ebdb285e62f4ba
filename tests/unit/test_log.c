#include "base/log.h"

#include "base/clock.h"
#include "base/utf8.h"

#include "base_help.h"

#include <errno.h>
#include <locale.h>
#include <pthread.h>

#define NOW (INT64_C(1773755107123) * 1000)

static struct buf out;

static int setup(void **state)
{
	(void)state;
	setlocale(LC_CTYPE, "C.UTF-8");
	clock_freeze(NOW);
	buf_init(&out, 1u << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	clock_freeze(0);
	buf_release(&out);
	return 0;
}

static const char *dump(int lines)
{
	buf_clear(&out);
	log_dump(&out, lines);
	return buf_c(&out);
}

static void nothing_logged_yet(void **state)
{
	(void)state;
	assert_string_equal(dump(10), "");
	assert_string_equal(dump(0), "");
	assert_string_equal(dump(-1), "");
}

static void a_line_says_when_and_where(void **state)
{
	(void)state;
	errno = 77;
	log_write(LOG_INFO, "lane", "polled %d rows", 7);
	assert_int_equal(errno, 77);
	assert_string_equal(dump(1), "2026-03-17T13:45:07.123000Z info lane: polled 7 rows\n");
	log_debug("x");
	log_warn("%s", "");
	assert_string_equal(dump(2), "2026-03-17T13:45:07.123000Z debug a_line_says_when_and_where: x\n"
				     "2026-03-17T13:45:07.123000Z warn a_line_says_when_and_where: \n");
}

static void hostile_text_cannot_forge_lines(void **state)
{
	(void)state;
	log_write(LOG_INFO, "w", "%s", "a\nb\r\tc\x1B[31m\x7F\xC2\x9B\xFF\xE2\x80\xAE\\x0A\xC3\xA4\xE2\x82");
	assert_string_equal(dump(1), "2026-03-17T13:45:07.123000Z info w: a\\x0Ab\\x0D\\x09c\\x1B[31m\\x7F\\xC2\\x9B"
				     "\\xFF\\xE2\\x80\\xAE\\\\x0A\xC3\xA4\\xE2\\x82\n");
}

static void readable_text_stays_readable(void **state)
{
	(void)state;
	log_write(LOG_INFO, "w", "%s", "e\xCC\x81 \xE4\xB8\xAD");
	assert_true(str_ends(str_c(dump(1)), STR(": e\xCC\x81 \xE4\xB8\xAD\n")));
}

static void long_lines_end_with_an_ellipsis(void **state)
{
	static const char prefix[] = "2026-03-17T13:45:07.123000Z info w: ";
	char text[1000];

	(void)state;
	for (size_t n = 300; n < 450; n++) {
		size_t want = sizeof(prefix) - 1 + n;

		memset(text, 'a', n);
		text[n] = '\0';
		log_write(LOG_INFO, "w", "%s", text);
		dump(1);
		if (want <= LOG_LINE_MAX) {
			assert_int_equal(out.len, want + 1);
		} else {
			assert_int_equal(out.len, LOG_LINE_MAX + 1);
			assert_true(str_ends(buf_str(&out), STR("a\xE2\x80\xA6\n")));
		}
	}
	/* escapes and code points are never cut in the middle */
	for (size_t lead = 0; lead < 8; lead++) {
		memset(text, 'a', lead);
		memset(text + lead, '\x01', 500);
		text[lead + 500] = '\0';
		log_write(LOG_INFO, "w", "%s", text);
		dump(1);
		assert_true(out.len <= LOG_LINE_MAX + 1 && out.len > LOG_LINE_MAX - 6);
		assert_true(str_ends(buf_str(&out), STR("\\x01\xE2\x80\xA6\n")));
		for (size_t i = lead; i + 5 < sizeof(text); i += 4)
			memcpy(text + i, "\xF0\x9F\x90\x98", 5);
		log_write(LOG_INFO, "w", "%s", text);
		dump(1);
		assert_true(utf8_valid(buf_str(&out)));
		assert_true(str_ends(buf_str(&out), STR("\xF0\x9F\x90\x98\xE2\x80\xA6\n")));
	}
	memset(text, 'w', sizeof(text));
	text[900] = '\0';
	log_write(LOG_INFO, text, "kept");
	assert_true(str_ends(str_c(dump(1)), STR("w: kept\n")));
}

static void the_ring_keeps_the_newest(void **state)
{
	struct str rest, line;
	int seen = 0;

	(void)state;
	for (int i = 0; i < LOG_RING_LINES * 2 + 3; i++)
		log_write(LOG_INFO, "w", "n%d", i);
	dump(LOG_RING_LINES + 100);
	rest = buf_str(&out);
	while (str_split(&rest, '\n', &line) && line.len) {
		char want[32];

		snprintf(want, sizeof(want), ": n%d", seen + LOG_RING_LINES + 3);
		assert_true(str_ends(line, str_c(want)));
		seen++;
	}
	assert_int_equal(seen, LOG_RING_LINES);
	assert_true(str_ends(str_c(dump(2)), STR(": n1026\n")));
	assert_non_null(strstr(buf_c(&out), ": n1025\n"));
	assert_null(strstr(buf_c(&out), ": n1024\n"));
}

static void a_copy_goes_to_the_file(void **state)
{
	int ends[2];
	char got[500];
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	log_to_fd(ends[1]);
	log_write(LOG_WARN, "w", "one\ntwo");
	log_to_fd(-1);
	log_write(LOG_WARN, "w", "not in the file");
	close(ends[1]);
	n = read(ends[0], got, sizeof(got) - 1);
	assert_true(n > 0);
	got[n] = '\0';
	assert_string_equal(got, "2026-03-17T13:45:07.123000Z warn w: one\\x0Atwo\n");
	assert_int_equal(read(ends[0], got, 1), 0);
	close(ends[0]);
	/* a file that cannot be written is no reason to stop */
	log_to_fd(9999);
	log_write(LOG_WARN, "w", "lost in the file only");
	log_to_fd(-1);
	assert_non_null(strstr(dump(1), "lost in the file only"));
}

static void *write_many(void *name)
{
	for (int i = 0; i < 2000; i++)
		log_write(LOG_DEBUG, name, "%d abcdefghijklmnopqrstuvwxyz", i);
	return NULL;
}

static void threads_do_not_mix_lines(void **state)
{
	static char names[4][2] = {"a", "b", "c", "d"};
	pthread_t threads[4];
	struct str rest, line;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, names[i]), 0);
	for (int i = 0; i < 50; i++)
		dump(LOG_RING_LINES);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	dump(LOG_RING_LINES);
	rest = buf_str(&out);
	while (str_split(&rest, '\n', &line) && line.len) {
		assert_true(str_starts(line, STR("2026-03-17T13:45:07.123000Z debug ")));
		assert_true(str_ends(line, STR(" abcdefghijklmnopqrstuvwxyz")));
	}
}

/* Whatever is logged, a dump is valid UTF-8 with one LF per line and no other control. */
static void random_bytes(void **state)
{
	char text[300];
	uint64_t seed = 31;

	(void)state;
	for (int round = 0; round < 5000; round++) {
		size_t n = random_next(&seed) % (sizeof(text) - 1);

		for (size_t i = 0; i < n; i++)
			text[i] = (char)random_next(&seed);
		text[n] = '\0';
		log_write(LOG_INFO, "w", "%s", text);
		dump(1);
		assert_true(utf8_valid(buf_str(&out)));
		assert_int_equal(str_find(buf_str(&out), STR("\n"), 0), out.len - 1);
		for (size_t i = 0; i + 1 < out.len; i++)
			assert_true((unsigned char)out.data[i] >= 0x20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_logged_yet),
		cmocka_unit_test(a_line_says_when_and_where),
		cmocka_unit_test(hostile_text_cannot_forge_lines),
		cmocka_unit_test(readable_text_stays_readable),
		cmocka_unit_test(long_lines_end_with_an_ellipsis),
		cmocka_unit_test(the_ring_keeps_the_newest),
		cmocka_unit_test(a_copy_goes_to_the_file),
		cmocka_unit_test(threads_do_not_mix_lines),
		cmocka_unit_test(random_bytes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
