#include "base/ini.h"

#include "base/utf8.h"
#include "base/xalloc.h"

#include "base_help.h"

#include <fcntl.h>
#include <sys/stat.h>

static struct ini ini;
static struct err err;

static int release(void **state)
{
	(void)state;
	ini_release(&ini);
	return 0;
}

/* Parses text that must be well-formed. */
static void read_good(const char *text, unsigned flags)
{
	ini_release(&ini);
	if (!ini_parse(&ini, "t", str_c(text), flags, &err))
		fail_msg("%s", err.text);
}

/* Parses text that must have exactly these faults. */
static void read_bad(const char *text, unsigned flags, const char *faults)
{
	ini_release(&ini);
	assert_false(ini_parse(&ini, "t", str_c(text), flags, &err));
	assert_string_equal(err.text, faults);
	assert_true(strlen(err.remedy) > 0);
}

static void assert_value(const char *section, const char *key, const char *want)
{
	const struct ini_entry *e = ini_get(&ini, str_c(section), str_c(key));

	if (!want) {
		assert_null(e);
		return;
	}
	if (!e)
		fail_msg("no %s in [%s]", key, section);
	else if (!str_eq_c(e->value, want))
		fail_msg("%s is \"%.*s\", not \"%s\"", key, STR_ARG(e->value), want);
}

static void plain_files(void **state)
{
	(void)state;
	read_good("top = 1\n"
		  "# comment = no\n"
		  "; comment = no\n"
		  "\n"
		  "[display]\n"
		  "  # indented comment\n"
		  "theme=dusk\n"
		  "\tInterval \t=  2 s \n"
		  "empty =\n"
		  "url = a=b # not a comment\n"
		  "theme = dawn",
		  0);
	assert_value("", "top", "1");
	assert_value("display", "theme", "dawn");
	assert_value("display", "Interval", "2 s");
	assert_value("display", "interval", NULL);
	assert_value("display", "empty", "");
	assert_value("display", "url", "a=b # not a comment");
	assert_value("", "theme", NULL);
	assert_int_equal(ini.n, 6);
	assert_int_equal(ini.nsections, 1);
	assert_int_equal(ini.sections[0].line, 5);
	assert_int_equal(ini_get(&ini, STR("display"), STR("theme"))->line, 11);
	assert_int_equal(ini.entries[0].line, 1);
	assert_string_equal(ini.name, "t");
}

static void empty_files(void **state)
{
	static const char *const texts[] = {"", "\n", "\r\n", "\xEF\xBB\xBF", " \t\n#\n;\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		read_good(texts[i], INI_NESTED | INI_QUOTES | INI_LOWER_KEYS);
		assert_int_equal(ini.n, 0);
		assert_int_equal(ini.nsections, 0);
		assert_false(ini_has_section(&ini, STR("")));
	}
	ini_release(&ini);
	assert_true(ini_parse(&ini, "t", (struct str){NULL, 0}, 0, &err));
}

static void files_from_other_systems(void **state)
{
	(void)state;
	read_good("\xEF\xBB\xBF[a]\r\nk = v\r\nq = \"x \"\r\n\r\n", INI_QUOTES);
	assert_value("a", "k", "v");
	assert_value("a", "q", "x ");
	assert_int_equal(ini_get(&ini, STR("a"), STR("q"))->line, 3);
	/* only at the very start is it a mark */
	read_bad("k = v\n\xEF\xBB\xBF[a]\n", 0, "t:2: expected \"key = value\" or \"[section]\"");
}

static void section_names(void **state)
{
	(void)state;
	read_good("[profile dev]\nk = 1\n"
		  "[ profile \t \"two words\" ]\nk = 2\n"
		  "[\"a ] b\"]\nk = 3\n"
		  "[sso-session x] # comment\nk = 4\n"
		  "[empty];\n"
		  "  [indented]\nk = 5\n"
		  "[profile dev]\nk = 6\nm = 7\n",
		  0);
	assert_value("profile dev", "k", "6");
	assert_value("profile dev", "m", "7");
	assert_value("profile two words", "k", "2");
	assert_value("a ] b", "k", "3");
	assert_value("sso-session x", "k", "4");
	assert_value("indented", "k", "5");
	assert_true(ini_has_section(&ini, STR("empty")));
	assert_false(ini_has_section(&ini, STR("profile")));
	assert_int_equal(ini.nsections, 7);
}

static void quoted_values(void **state)
{
	static const char text[] = "a = \"  x # y  \"\n"
				   "b = \"say \\\"hi\\\" \\\\ \\n\"\n"
				   "c = \"\"\n"
				   "d = x \"y\"\n";

	(void)state;
	read_good(text, INI_QUOTES);
	assert_value("", "a", "  x # y  ");
	assert_value("", "b", "say \"hi\" \\ \\n");
	assert_value("", "c", "");
	assert_value("", "d", "x \"y\"");
	read_good(text, 0);
	assert_value("", "c", "\"\"");
	read_good("a = \"open\n", 0);
	assert_value("", "a", "\"open");
	read_bad("a = \"open\nb = \"x\" y\nc = \"x\\\"\nd = \"\\\\\"\ne = \"", INI_QUOTES,
		 "t:1: value of a without closing quote; t:2: text after the closing quote of b; "
		 "t:3: value of c without closing quote; t:5: value of e without closing quote");
	assert_value("", "d", "\\");
	assert_value("", "a", NULL);
}

static void nested_sections(void **state)
{
	static const char text[] = "[services dev]\n"
				   "rds =\n"
				   "  endpoint_url = http://a\n"
				   "\tMode = x\n"
				   "\n"
				   "  # comment\n"
				   "    deep = y\n"
				   "s3 = \n"
				   "  endpoint_url = http://b\n"
				   "region = eu\n"
				   "  not_nested = 1\n"
				   "last =\n"
				   "[next]\n"
				   "  k = v\n";

	(void)state;
	read_good(text, INI_NESTED | INI_LOWER_KEYS);
	assert_value("services dev", "rds", "");
	assert_value("services dev", "rds.endpoint_url", "http://a");
	assert_value("services dev", "rds.mode", "x");
	assert_value("services dev", "rds.deep", "y");
	assert_value("services dev", "s3.endpoint_url", "http://b");
	assert_value("services dev", "endpoint_url", NULL);
	assert_value("services dev", "not_nested", "1");
	assert_value("services dev", "region", "eu");
	assert_value("next", "k", "v");
	read_good(text, 0);
	assert_value("services dev", "rds.endpoint_url", NULL);
	assert_value("services dev", "endpoint_url", "http://b");
	assert_value("services dev", "Mode", "x");
	/* sloppy but common: everything indented alike */
	read_good("[a]\n  x =\n  y = 1\n", INI_NESTED);
	assert_value("a", "y", "1");
	read_good("[a]\n  x =\n   y = 1\n z = 2\n", INI_NESTED);
	assert_value("a", "x.y", "1");
	assert_value("a", "z", "2");
}

static void lowered_keys(void **state)
{
	(void)state;
	read_good("[Profile X]\nAWS_Region_[Z = EU\n", INI_LOWER_KEYS);
	assert_value("Profile X", "aws_region_[z", "EU");
}

static void all_faults_at_once(void **state)
{
	(void)state;
	read_bad("good = 1\n"
		 "secretsecret\n"
		 "= nokey\n"
		 "[open\n"
		 "lost = 1\n"
		 "[ \"\" ]\n"
		 "lost = 2\n"
		 "[x] y\n"
		 "lost = 3\n"
		 "[fine]\n"
		 "kept = 4\n",
		 0,
		 "t:2: expected \"key = value\" or \"[section]\"; t:3: no key before \"=\"; "
		 "t:4: section heading without closing \"]\"; t:6: section heading without a name; "
		 "t:8: text after the section heading");
	assert_int_equal(err.code, ERR_CONFIG);
	assert_non_null(strstr(err.remedy, "5 faults"));
	assert_null(strstr(err.text, "secret"));
	assert_value("", "good", "1");
	assert_value("fine", "kept", "4");
	assert_int_equal(ini.n, 2);
	assert_int_equal(ini.nsections, 1);
	read_bad("[a\"b]\n", 0, "t:1: section heading without closing \"]\"");
	assert_non_null(strstr(err.remedy, "that line"));
	ini_release(&ini);
	assert_false(ini_parse(&ini, "t", STR("a = 1\0x\nb = 2\n"), 0, &err));
	assert_string_equal(err.text, "t:1: NUL byte in the line");
	assert_value("", "a", NULL);
	assert_value("", "b", "2");
}

static void more_faults_than_fit(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, 1u << 20);
	for (int i = 0; i < 1000; i++)
		buf_addf(&text, "fault\nk%d = %d\n", i, i);
	ini_release(&ini);
	assert_false(ini_parse(&ini, "t", buf_str(&text), 0, &err));
	assert_true(str_starts(str_c(err.text), STR("t:1: expected")));
	assert_true(str_ends(str_c(err.text), STR("\xE2\x80\xA6")));
	assert_non_null(strstr(err.remedy, "1000 faults"));
	assert_int_equal(ini.n, 1000);
	assert_value("", "k999", "999");
	buf_release(&text);
}

static void fill_line(struct buf *text, size_t len)
{
	size_t start = text->len;

	buf_add_c(text, "k = ");
	while (text->len - start < len)
		buf_add_char(text, 'v');
	buf_add_c(text, "\nafter = 1\n");
}

static void line_limit(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, 1u << 20);
	fill_line(&text, INI_LINE_MAX);
	read_good(buf_c(&text), 0);
	assert_int_equal(ini_get(&ini, STR(""), STR("k"))->value.len, INI_LINE_MAX - 4);
	buf_clear(&text);
	fill_line(&text, INI_LINE_MAX + 1);
	read_bad(buf_c(&text), 0, "t:1: line longer than 65536 bytes");
	assert_int_equal(err.code, ERR_LIMIT);
	assert_value("", "k", NULL);
	assert_value("", "after", "1");
	buf_release(&text);
}

static void entry_and_section_limits(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, INI_FILE_MAX);
	for (int i = 0; i < INI_ENTRIES_MAX; i++)
		buf_addf(&text, "k%d=%d\n", i, i);
	read_good(buf_c(&text), 0);
	assert_int_equal(ini.n, INI_ENTRIES_MAX);
	assert_value("", "k19999", "19999");
	buf_add_c(&text, "more=1\nmore=2\n");
	read_bad(buf_c(&text), 0, "t:20001: more than 20000 entries");
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(ini.n, INI_ENTRIES_MAX);
	buf_clear(&text);
	for (int i = 0; i < INI_ENTRIES_MAX; i++)
		buf_addf(&text, " [s%d]\n", i);
	read_good(buf_c(&text), 0);
	assert_true(ini_has_section(&ini, STR("s19999")));
	buf_add_c(&text, " [more]\n[more]\n");
	read_bad(buf_c(&text), 0, "t:20001: more than 20000 sections");
	assert_int_equal(err.code, ERR_LIMIT);
	buf_release(&text);
}

static void file_limit(void **state)
{
	char *text = xalloc(INI_FILE_MAX + 1);

	(void)state;
	memset(text, '\n', INI_FILE_MAX + 1);
	ini_release(&ini);
	assert_true(ini_parse(&ini, "t", (struct str){text, INI_FILE_MAX}, 0, &err));
	ini_release(&ini);
	assert_false(ini_parse(&ini, "t", (struct str){text, INI_FILE_MAX + 1}, 0, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.text, "t: larger than 4 MiB");
	assert_value("", "k", NULL);
	xfree(text);
}

/* A long parent key repeated under every nested line must not multiply the file. */
static void nested_keys_cannot_fill_the_memory(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, INI_FILE_MAX);
	for (int i = 0; i < 60000; i++)
		buf_add_char(&text, 'p');
	buf_add_c(&text, " =\n");
	for (int i = 0; i < 10000; i++)
		buf_add_c(&text, " k=v\n");
	ini_release(&ini);
	assert_false(ini_parse(&ini, "t", buf_str(&text), INI_NESTED, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(strstr(err.text, "need more than 16 MiB"));
	assert_non_null(strstr(err.remedy, "that line"));
	assert_true(ini.n > 100);
	buf_release(&text);
}

static void long_keys_are_cut_in_messages(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, 10000);
	for (int i = 0; i < 5000; i++)
		buf_add_char(&text, 'k');
	buf_add_c(&text, " = \"x");
	ini_release(&ini);
	assert_false(ini_parse(&ini, "t", buf_str(&text), INI_QUOTES, &err));
	assert_true(strlen(err.text) < 100);
	buf_release(&text);
}

static char path[64];

static void write_path(const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
}

static void reading_files(void **state)
{
	static const char text[] = "[a]\nk = v\n";
	char missing[96];

	(void)state;
	strcpy(path, "/tmp/test_ini_XXXXXX");
	assert_non_null(mkdtemp(path));
	ini_release(&ini);
	assert_false(ini_read_file(&ini, path, 0, &err));
	assert_int_equal(err.code, ERR_CONFIG);
	assert_non_null(strstr(err.text, "folder"));
	snprintf(missing, sizeof(missing), "%s/none", path);
	assert_false(ini_read_file(&ini, missing, 0, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_value("", "k", NULL);
	rmdir(path);
	write_path(text, sizeof(text) - 1);
	assert_true(ini_read_file(&ini, path, 0, &err));
	assert_value("a", "k", "v");
	assert_string_equal(ini.name, path);
	ini_release(&ini);
	snprintf(missing, sizeof(missing), "%s/none", path);
	assert_false(ini_read_file(&ini, missing, 0, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	write_path("[a\n", 3);
	assert_false(ini_read_file(&ini, path, 0, &err));
	assert_non_null(strstr(err.text, ":1: section heading without"));
	ini_release(&ini);
	chmod(path, 0);
	if (geteuid() != 0) {
		assert_false(ini_read_file(&ini, path, 0, &err));
		assert_int_equal(err.code, ERR_CONFIG);
		assert_non_null(strstr(err.text, "Permission denied"));
	}
	unlink(path);
}

static void reading_too_large_a_file(void **state)
{
	char *text = xalloc(INI_FILE_MAX + 1);

	(void)state;
	memset(text, '#', INI_FILE_MAX + 1);
	for (size_t i = 0; i < INI_FILE_MAX; i += 60000)
		text[i] = '\n';
	strcpy(path, "/tmp/test_ini_XXXXXX");
	close(mkstemp(path));
	write_path(text, INI_FILE_MAX);
	ini_release(&ini);
	assert_true(ini_read_file(&ini, path, 0, &err));
	ini_release(&ini);
	write_path(text, INI_FILE_MAX + 1);
	assert_false(ini_read_file(&ini, path, 0, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	unlink(path);
	xfree(text);
}

/* A named pipe: with a writer it is read, without one it is an empty file, and neither hangs. */
static void reading_a_pipe(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	strcpy(path, "/tmp/test_ini_XXXXXX");
	close(mkstemp(path));
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	ini_release(&ini);
	assert_true(ini_read_file(&ini, path, 0, &err));
	assert_int_equal(ini.n, 0);
	ini_release(&ini);
	pid = fork();
	if (pid == 0) {
		int fd = open(path, O_RDWR);

		usleep(50000);
		_exit(write(fd, "k = piped\n", 10) == 10 && usleep(50000) == 0 ? 0 : 1);
	}
	usleep(20000);
	assert_true(ini_read_file(&ini, path, 0, &err));
	waitpid(pid, &status, 0);
	/* the writer may have come late; then it was an empty file */
	assert_value("", "k", ini.n ? "piped" : NULL);
	unlink(path);
}

/* Any bytes: no crash, entries point into known sections, lines rise, faults have words. */
static void random_bytes(void **state)
{
	static const char alphabet[] = "[]=\"\\#; \t\n\n\nabK\r\0\xEF\xBB\xBF.";
	static char text[3000];
	uint64_t seed = 21;

	(void)state;
	for (int round = 0; round < 8000; round++) {
		struct str s = {text, random_next(&seed) % sizeof(text)};
		bool wild = round % 4 == 0;
		int last = 0;

		for (size_t i = 0; i < s.len; i++)
			text[i] =
				wild ? (char)random_next(&seed) : alphabet[random_next(&seed) % (sizeof(alphabet) - 1)];
		ini_release(&ini);
		err_clear(&err);
		if (!ini_parse(&ini, "t", s, (unsigned)round % 8, &err)) {
			assert_true(str_starts(str_c(err.text), STR("t:")));
			assert_int_not_equal(err.code, ERR_NONE);
		}
		for (size_t i = 0; i < ini.n; i++) {
			assert_true(ini.entries[i].line > last);
			last = ini.entries[i].line;
			assert_true(ini.entries[i].key.len > 0);
			assert_true(!ini.entries[i].section.len || ini_has_section(&ini, ini.entries[i].section));
			assert_non_null(ini_get(&ini, ini.entries[i].section, ini.entries[i].key));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_files),
		cmocka_unit_test(empty_files),
		cmocka_unit_test(files_from_other_systems),
		cmocka_unit_test(section_names),
		cmocka_unit_test(quoted_values),
		cmocka_unit_test(nested_sections),
		cmocka_unit_test(lowered_keys),
		cmocka_unit_test(all_faults_at_once),
		cmocka_unit_test(more_faults_than_fit),
		cmocka_unit_test(line_limit),
		cmocka_unit_test(entry_and_section_limits),
		cmocka_unit_test(file_limit),
		cmocka_unit_test(nested_keys_cannot_fill_the_memory),
		cmocka_unit_test(long_keys_are_cut_in_messages),
		cmocka_unit_test(reading_files),
		cmocka_unit_test(reading_too_large_a_file),
		cmocka_unit_test(reading_a_pipe),
		cmocka_unit_test(random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
