/*
 * ini.c: one pass over the lines, every fault noted, the rest kept.
 *
 * The arrays are sized by the number of lines before the pass, so nothing moves
 * while it runs; all strings are copied into the arena. After a malformed heading
 * the entries below it are dropped until the next heading: putting them into the
 * section above would give one profile another one's keys. Messages name the line
 * and at most its key, never a value, because these files hold credentials; the
 * buffer a file was read into is wiped for the same reason.
 *
 * A nested entry is one that is indented deeper than the last entry of the left
 * level, when that one had no value. The parent itself stays in the list, empty.
 */
#include "base/ini.h"

#include "base/buf.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#define ARENA_MAX (4 * (size_t)INI_FILE_MAX)
#define FAULTS_TEXT_MAX 2048
#define KEY_SHOWN 40
/* A pipe that stays silent longer than this is not a configuration file. */
#define READ_WAIT_MS 5000

struct reader {
	struct ini *ini;
	unsigned flags;
	int line;
	size_t max_entries;
	struct str section;
	bool skipping; /* below a malformed heading */
	bool full;     /* a limit was met, the rest is dropped */
	/* the entry that indented lines may belong to; key.ptr NULL = none */
	struct str parent;
	size_t parent_indent;
	int faults;
	enum err_code code;
	struct buf text;
};

static void fault(struct reader *r, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void fault(struct reader *r, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (r->faults++ == 0)
		r->code = code;
	else
		buf_add_c(&r->text, "; ");
	buf_addf(&r->text, "%s:%d: ", r->ini->name, r->line);
	va_start(ap, fmt);
	buf_vaddf(&r->text, fmt, ap);
	va_end(ap);
}

/* Copies s when the arena has room; a file within its limits can still ask for more by long nested keys. */
static bool keep(struct reader *r, struct str s, struct str *ret_copy)
{
	if (s.len > arena_room(r->ini->arena)) {
		fault(r, ERR_LIMIT, "keys and values need more than %zu MiB", ARENA_MAX >> 20);
		r->full = true;
		return false;
	}
	*ret_copy = arena_str(r->ini->arena, s);
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * Reads the name inside "[...]" into out: quotes removed, blanks outside quotes made
 * one. Returns what follows the closing bracket, ptr NULL when it is missing.
 */
static struct str heading_name(struct str s, struct buf *out)
{
	bool quoted = false, blank = false;
	size_t at;

	for (at = 1; at < s.len && (quoted || s.ptr[at] != ']'); at++) {
		char c = s.ptr[at];

		if (c == '"') {
			quoted = !quoted;
			continue;
		}
		if (!quoted && is_blank(c)) {
			blank = out->len > 0;
			continue;
		}
		if (blank)
			buf_add_char(out, ' ');
		blank = false;
		buf_add_char(out, c);
	}
	return at < s.len ? str_sub(s, at + 1, s.len) : (struct str){NULL, 0};
}

static void heading(struct reader *r, struct str s)
{
	struct buf name;
	struct str rest, copy;

	buf_init(&name, INI_LINE_MAX);
	rest = heading_name(s, &name);
	r->parent = (struct str){NULL, 0};
	r->skipping = true;
	if (!rest.ptr) {
		fault(r, ERR_CONFIG, "section heading without closing \"]\"");
	} else if (name.len == 0) {
		fault(r, ERR_CONFIG, "section heading without a name");
	} else if ((rest = str_trim(rest)).len && rest.ptr[0] != '#' && rest.ptr[0] != ';') {
		fault(r, ERR_CONFIG, "text after the section heading");
	} else if (r->ini->nsections == r->max_entries) {
		fault(r, ERR_LIMIT, "more than %d sections", INI_ENTRIES_MAX);
		r->full = true;
	} else if (keep(r, buf_str(&name), &copy)) {
		r->ini->sections[r->ini->nsections++] = (struct ini_section){copy, r->line};
		r->section = copy;
		r->skipping = false;
	}
	buf_release(&name);
}

/* The inside of a quoted value; \" and \\ stand for " and \. */
static bool unquote(struct reader *r, struct str s, struct str key, struct buf *out)
{
	size_t at;

	for (at = 1; at < s.len && s.ptr[at] != '"'; at++) {
		if (s.ptr[at] == '\\' && at + 1 < s.len && (s.ptr[at + 1] == '"' || s.ptr[at + 1] == '\\'))
			at++;
		buf_add_char(out, s.ptr[at]);
	}
	if (at >= s.len) {
		fault(r, ERR_CONFIG, "value of %.*s without closing quote", KEY_SHOWN, key.ptr);
		return false;
	}
	if (at + 1 < s.len) {
		fault(r, ERR_CONFIG, "text after the closing quote of %.*s", KEY_SHOWN, key.ptr);
		return false;
	}
	return true;
}

static void lower_key(struct buf *key)
{
	for (size_t i = 0; i < key->len; i++)
		if (key->data[i] >= 'A' && key->data[i] <= 'Z')
			key->data[i] = (char)(key->data[i] - 'A' + 'a');
}

static void add_entry(struct reader *r, struct buf *key, struct str value, size_t indent, bool nested)
{
	struct ini *ini = r->ini;
	struct ini_entry e = {.section = r->section, .line = r->line};
	struct buf plain;

	buf_init(&plain, INI_LINE_MAX);
	if (r->flags & INI_LOWER_KEYS)
		lower_key(key);
	if ((r->flags & INI_QUOTES) && value.len && value.ptr[0] == '"') {
		if (!unquote(r, value, (struct str){buf_c(key), key->len}, &plain))
			goto out;
		value = buf_str(&plain);
	}
	if (ini->n == r->max_entries) {
		fault(r, ERR_LIMIT, "more than %d entries", INI_ENTRIES_MAX);
		r->full = true;
		goto out;
	}
	if (!keep(r, buf_str(key), &e.key) || !keep(r, value, &e.value))
		goto out;
	ini->entries[ini->n++] = e;
	if (!nested) {
		r->parent = value.len ? (struct str){NULL, 0} : e.key;
		r->parent_indent = indent;
	}
out:
	buf_release(&plain);
}

static void entry(struct reader *r, struct str s, size_t indent)
{
	bool nested = (r->flags & INI_NESTED) && r->parent.ptr && indent > r->parent_indent;
	long equals = str_find(s, STR("="), 0);
	struct str name;
	struct buf key;

	if (equals < 0) {
		fault(r, ERR_CONFIG, "expected \"key = value\" or \"[section]\"");
		return;
	}
	name = str_trim(str_sub(s, 0, (size_t)equals));
	if (name.len == 0) {
		fault(r, ERR_CONFIG, "no key before \"=\"");
		return;
	}
	buf_init(&key, 2 * INI_LINE_MAX);
	if (nested) {
		buf_add_str(&key, r->parent);
		buf_add_char(&key, '.');
	}
	buf_add_str(&key, name);
	add_entry(r, &key, str_trim(str_sub(s, (size_t)equals + 1, s.len)), indent, nested);
	buf_release(&key);
}

static void read_line(struct reader *r, struct str line)
{
	size_t indent = 0;
	struct str s;

	if (line.len > INI_LINE_MAX) {
		fault(r, ERR_LIMIT, "line longer than %u bytes", INI_LINE_MAX);
		return;
	}
	if (line.len && memchr(line.ptr, '\0', line.len)) {
		fault(r, ERR_CONFIG, "NUL byte in the line");
		return;
	}
	while (indent < line.len && is_blank(line.ptr[indent]))
		indent++;
	s = str_trim(line);
	if (s.len == 0 || s.ptr[0] == '#' || s.ptr[0] == ';')
		return;
	if (s.ptr[0] == '[')
		heading(r, s);
	else if (!r->skipping)
		entry(r, s, indent);
}

/* Arrays for as many lines as there are, within the limit. */
static void size_arrays(struct reader *r, struct str text)
{
	size_t lines = 1;

	for (size_t i = 0; i < text.len && lines < INI_ENTRIES_MAX; i++)
		lines += text.ptr[i] == '\n';
	r->max_entries = lines;
	r->ini->entries = arena_alloc_array(r->ini->arena, lines, sizeof(*r->ini->entries));
	r->ini->sections = arena_alloc_array(r->ini->arena, lines, sizeof(*r->ini->sections));
}

static bool finish(struct reader *r, struct err *err)
{
	bool ok = r->faults == 0;

	if (!ok) {
		err_set(err, r->code, "%s", buf_c(&r->text));
		if (r->faults == 1)
			err_remedy(err, "correct that line; the rest of the file was read");
		else
			err_remedy(err, "correct these %d faults; the rest of the file was read", r->faults);
	}
	buf_release(&r->text);
	return ok;
}

bool ini_parse(struct ini *ret_ini, const char *name, struct str text, unsigned flags, struct err *err)
{
	struct reader r = {.ini = ret_ini, .flags = flags, .section = STR("")};
	struct str line;

	*ret_ini = (struct ini){.arena = arena_new(text.len / 2, ARENA_MAX)};
	ret_ini->name = arena_strz(ret_ini->arena, str_sub(str_c(name), 0, 4096));
	buf_init(&r.text, FAULTS_TEXT_MAX);
	if (text.len > INI_FILE_MAX) {
		buf_release(&r.text);
		return err_set(err, ERR_LIMIT, "%s: larger than %u MiB", name, INI_FILE_MAX >> 20);
	}
	if (str_starts(text, STR("\xEF\xBB\xBF")))
		text = str_sub(text, 3, text.len);
	size_arrays(&r, text);
	while (!r.full && str_split(&text, '\n', &line)) {
		r.line++;
		if (line.len && line.ptr[line.len - 1] == '\r')
			line.len--;
		read_line(&r, line);
	}
	return finish(&r, err);
}

/* Reads fd to its end, waiting at most READ_WAIT_MS for each piece. */
static bool read_all(int fd, const char *path, struct buf *out, struct err *err)
{
	char piece[16384], reason[96];
	bool ok = false;

	for (;;) {
		ssize_t n = read(fd, piece, sizeof(piece));

		if (n == 0) {
			ok = true;
			break;
		}
		if (n > 0) {
			if (!buf_add(out, piece, (size_t)n)) {
				err_set(err, ERR_LIMIT, "%s: larger than %u MiB", path, INI_FILE_MAX >> 20);
				break;
			}
		} else if (errno == EAGAIN) {
			struct pollfd wait = {.fd = fd, .events = POLLIN};

			if (poll(&wait, 1, READ_WAIT_MS) == 0) {
				err_set(err, ERR_CONFIG, "%s: nothing to read after %d s", path, READ_WAIT_MS / 1000);
				break;
			}
		} else if (errno != EINTR) {
			err_set(err, ERR_CONFIG, "%s: %s", path, err_errno(errno, reason, sizeof(reason)));
			break;
		}
	}
	explicit_bzero(piece, sizeof(piece));
	return ok;
}

/* Opens without blocking, so that a named pipe nobody writes to cannot hold us. */
static int open_file(const char *path, struct err *err)
{
	char reason[96];
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		enum err_code code = errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_CONFIG;

		err_set(err, code, "%s: %s", path, err_errno(errno, reason, sizeof(reason)));
		return -1;
	}
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		err_set(err, ERR_CONFIG, "%s: is a folder, not a file", path);
		close(fd);
		return -1;
	}
	return fd;
}

bool ini_read_file(struct ini *ret_ini, const char *path, unsigned flags, struct err *err)
{
	struct buf text;
	bool ok;
	int fd;

	*ret_ini = (struct ini){.name = ""};
	fd = open_file(path, err);
	if (fd < 0)
		return false;
	buf_init(&text, INI_FILE_MAX);
	ok = read_all(fd, path, &text, err);
	close(fd);
	if (ok)
		ok = ini_parse(ret_ini, path, buf_str(&text), flags, err);
	xfree_secret(text.data, text.cap);
	return ok;
}

void ini_release(struct ini *ini)
{
	arena_free(ini->arena);
	*ini = (struct ini){.name = ""};
}

const struct ini_entry *ini_get(const struct ini *ini, struct str section, struct str key)
{
	for (size_t i = ini->n; i-- > 0;)
		if (str_eq(ini->entries[i].key, key) && str_eq(ini->entries[i].section, section))
			return &ini->entries[i];
	return NULL;
}

bool ini_has_section(const struct ini *ini, struct str section)
{
	for (size_t i = 0; i < ini->nsections; i++)
		if (str_eq(ini->sections[i].name, section))
			return true;
	return false;
}
