/*
 * sim_scenario.c: scenario files -> struct sim_estate.
 *
 * A file is read after the one it names as base, into the same rows, so that it only says
 * what is different. What it may say is in tables (sim_scenario_keys.c). Every fault is noted with file, line, heading
 * and key, and all are told at once. What rows say of each other is checked when all files are read (sim_estate.c).
 */
#include "sim/sim_scenario_keys.h"

#include "base/embedded.h"
#include "sim/sim_internal.h"

#define FAULTS_TEXT_MAX 16384
#define NAME_MAX_BYTES 255
#define TIME_MAX_US (20 * 365 * US_PER_DAY)

extern const struct embedded scenario_files[];
extern const size_t scenario_nfiles;

struct origin {
	const char *file;
	int line;
	int list_file; /* number of the file that began the row's list */
};

struct reader {
	struct arena *arena;
	struct sim_estate *estate;
	struct origin origins[KIND__COUNT][SIM_SCENARIO_INSTANCES_MAX];
	const char *file;
	int file_number, depth, faults;
	struct buf text;
};

/* ---- faults */

static void tell(struct reader *r, const char *file, int line, const char *heading, const char *fmt, ...)
	PRINTF_LIKE(5, 6);

static void tell(struct reader *r, const char *file, int line, const char *heading, const char *fmt, ...)
{
	size_t from = r->text.len;
	va_list ap;

	if (r->faults++ > 0)
		buf_add_c(&r->text, "; ");
	buf_addf(&r->text, "%s:%d: [%s] ", file, line, heading);
	va_start(ap, fmt);
	buf_vaddf(&r->text, fmt, ap);
	va_end(ap);
	/* A file may hold anything; the words go to a terminal. */
	for (size_t i = from; i < r->text.len; i++)
		if ((unsigned char)r->text.data[i] < ' ' || r->text.data[i] == 127)
			r->text.data[i] = '?';
}

static const char *keep(struct reader *r, struct str s)
{
	return arena_strz(r->arena, s);
}

/* ---- headings and entries */

static size_t *count_of(const struct reader *r, const struct kind *k)
{
	return (size_t *)(void *)((char *)r->estate + k->count);
}

static void *row_at(const struct reader *r, const struct kind *k, size_t i)
{
	return (char *)r->estate + k->rows + (k->named ? i * k->size : 0);
}

static const char *id_of(const void *row)
{
	const char *id;

	memcpy(&id, row, sizeof(id));
	return id;
}

/* Splits "cluster prod-orders". */
static const struct kind *kind_of(struct str heading, struct str *ret_id)
{
	struct str rest = heading, word;

	if (!str_split(&rest, ' ', &word))
		return NULL;
	*ret_id = str_trim(rest);
	for (size_t i = 0; i < KIND__COUNT; i++)
		if (str_eq_c(word, sim_scenario_kinds[i].word))
			return &sim_scenario_kinds[i];
	return NULL;
}

/* The row that a heading names, made when it is new; NULL after a fault. */
static void *row_of(struct reader *r, const struct ini_section *s, const struct kind **ret_kind, size_t *ret_index)
{
	struct str id = STR("");
	const struct kind *k = kind_of(s->name, &id);
	const char *heading = keep(r, s->name), *text;
	size_t i, *n;
	char *row;

	*ret_kind = k;
	*ret_index = 0;
	if (!k || k->named != (id.len > 0) || id.len > NAME_MAX_BYTES) {
		tell(r, r->file, s->line, heading, "%s",
		     !k         ? "no such heading; there are scenario, fleet, cluster, instance, security-group, "
				  "prefix-list, subnet, subnet-group, snapshot, fault and failover"
		     : k->named ? "an identifier of at most 255 bytes must follow the word"
				: "nothing may follow the word");
		return NULL;
	}
	if (!k->named)
		return r->estate;
	n = count_of(r, k);
	for (i = 0; i < *n; i++)
		if (str_eq_c(id, id_of(row_at(r, k, i))))
			break;
	*ret_index = i;
	if (i == k->max) {
		tell(r, r->file, s->line, heading, "more than %zu of this kind", k->max);
		return NULL;
	}
	row = row_at(r, k, i);
	if (i == *n) {
		++*n;
		if (k->prepare)
			k->prepare(row);
		text = keep(r, id);
		memcpy(row, &text, sizeof(text));
		r->origins[k - sim_scenario_kinds][i] = (struct origin){.file = r->file, .line = s->line};
	}
	return row;
}

/* A duration, also a negative one. */
static bool read_time(struct str s, int64_t *ret_us)
{
	bool negative = str_starts(s, STR("-"));
	int64_t us;

	if (!parse_duration_us(negative ? str_sub(s, 1, s.len) : s, &us) || us > TIME_MAX_US)
		return false;
	*ret_us = negative ? -us : us;
	return true;
}

static bool in_range(const struct key *key, double v)
{
	return (key->low == 0 && key->high == 0) || (v >= key->low && v <= key->high);
}

static bool store_number(const struct key *key, void *to, struct str value, struct err *err)
{
	int64_t whole = 0;
	double v = 0;
	bool read = key->type == KEY_INT ? parse_i64(value, &whole) && whole >= INT32_MIN && whole <= INT32_MAX
					 : parse_f64(value, &v);

	if (key->type == KEY_INT)
		v = (double)whole;
	if (!read || !in_range(key, v))
		return err_set(err, ERR_USAGE, "'" STR_FMT "' is no %snumber from %g to %g", CUT(value),
			       key->type == KEY_INT ? "whole " : "", key->low, key->high);
	if (key->type == KEY_INT)
		*(int *)to = (int)whole;
	else
		*(double *)to = v;
	return true;
}

static bool store(struct reader *r, const struct key *key, void *row, const struct ini_entry *e, struct err *err)
{
	void *to = (char *)row + key->offset;
	int64_t bytes;

	if (e->value.len == 0)
		return err_set(err, ERR_USAGE, "a value is missing");
	switch (key->type) {
	case KEY_TEXT:
		*(const char **)to = keep(r, e->value);
		return true;
	case KEY_BOOL:
		return parse_bool(e->value, to) ||
		       err_set(err, ERR_USAGE, "'" STR_FMT "' is neither yes nor no", CUT(e->value));
	case KEY_INT:
	case KEY_REAL:
		return store_number(key, to, e->value, err);
	case KEY_TIME:
		return read_time(e->value, to) ||
		       err_set(err, ERR_USAGE, "'" STR_FMT "' is no time such as 90s, 6h, 31d", CUT(e->value));
	case KEY_SIZE:
		if (!parse_size(e->value, &bytes))
			return err_set(err, ERR_USAGE, "'" STR_FMT "' is no size such as 640GiB", CUT(e->value));
		*(double *)to = (double)bytes;
		return true;
	case KEY_LIST:
	case KEY_TAKE:
		return !key->take || key->take(r->arena, row, e, err);
	}
	return false;
}

static const struct key *find_key(const struct kind *k, struct str name)
{
	for (size_t i = 0; i < k->nkeys; i++)
		if (str_eq_c(name, k->keys[i].name))
			return &k->keys[i];
	return NULL;
}

static void entry(struct reader *r, const struct kind *k, size_t index, void *row, const struct ini_entry *e)
{
	const char *heading = keep(r, e->section), *names[40], *near;
	const struct key *key = find_key(k, e->key);
	struct origin *origin = &r->origins[k - sim_scenario_kinds][index];
	struct err err = {0};

	if (!key) {
		for (size_t i = 0; i < k->nkeys; i++)
			names[i] = k->keys[i].name;
		near = parse_nearest(e->key, names, k->nkeys);
		tell(r, r->file, e->line, heading, STR_FMT ": no such key here%s%s%s", CUT(e->key), near ? "; is " : "",
		     near ? near : "", near ? " meant?" : "");
		return;
	}
	if (key->type == KEY_LIST && origin->list_file != r->file_number) {
		origin->list_file = r->file_number;
		*(int *)(void *)((char *)row + key->offset) = 0;
	}
	if (!store(r, key, row, e, &err))
		tell(r, r->file, e->line, heading, "%s: %s", key->name, err.text);
}

static void read_entries(struct reader *r, const struct ini *ini)
{
	size_t at = 0;

	if (ini->n > 0 && ini->entries[0].section.len == 0)
		tell(r, r->file, ini->entries[0].line, "", "a heading must come first");
	while (at < ini->n && ini->entries[at].section.len == 0)
		at++;
	for (size_t i = 0; i < ini->nsections; i++) {
		const struct ini_section *s = &ini->sections[i];
		int end = i + 1 < ini->nsections ? s[1].line : INT32_MAX;
		const struct kind *k;
		size_t index;
		void *row = row_of(r, s, &k, &index);

		for (; at < ini->n && ini->entries[at].line < end; at++)
			if (row)
				entry(r, k, index, row, &ini->entries[at]);
	}
}

/* ---- files */

static bool is_path(struct str scenario)
{
	return str_find(scenario, STR("/"), 0) >= 0 || str_ends(scenario, STR(".ini"));
}

static struct str bare_name(const struct embedded *f)
{
	return str_sub(str_c(f->name), 0, strlen(f->name) - strlen(".ini"));
}

void sim_scenario_names(struct buf *out)
{
	for (size_t i = 0; i < scenario_nfiles; i++) {
		buf_add_c(out, i == 0 ? "" : ", ");
		buf_add_str(out, bare_name(&scenario_files[i]));
	}
}

static bool unknown(struct str name, struct err *err)
{
	struct buf known;

	buf_init(&known, ERR_TEXT_MAX);
	sim_scenario_names(&known);
	err_set(err, ERR_USAGE, "no scenario '" STR_FMT "'; there are %s", CUT(name), buf_c(&known));
	err_remedy(err, "name one of them, or the path of a file that ends in .ini");
	buf_release(&known);
	return false;
}

static bool open_ini(struct reader *r, struct str scenario, struct ini *ret_ini, struct err *err)
{
	if (is_path(scenario))
		return ini_read_file(ret_ini, keep(r, scenario), INI_QUOTES, err);
	for (size_t i = 0; i < scenario_nfiles; i++)
		if (str_eq(scenario, bare_name(&scenario_files[i])))
			return ini_parse(ret_ini, scenario_files[i].name,
					 (struct str){scenario_files[i].text, scenario_files[i].len}, INI_QUOTES, err);
	return unknown(scenario, err);
}

/* A base's path counts from the folder of the file that names it. */
static struct str base_path(struct reader *r, struct str base, struct str from)
{
	size_t slash = from.len;

	while (slash > 0 && from.ptr[slash - 1] != '/')
		slash--;
	if (!is_path(base) || str_starts(base, STR("/")) || !is_path(from))
		return base;
	return arena_fmt(r->arena, STR_FMT STR_FMT, STR_ARG(str_sub(from, 0, slash)), STR_ARG(base));
}

static bool read_file(struct reader *r, struct str scenario, struct err *err)
{
	const struct ini_entry *base;
	struct ini ini = {.name = ""};
	bool ok = false;

	if (r->depth == SIM_SCENARIO_FILES_MAX)
		return err_set(err, ERR_LIMIT, STR_FMT ": more than %d files build on each other", CUT(scenario),
			       SIM_SCENARIO_FILES_MAX);
	if (!open_ini(r, scenario, &ini, err))
		goto out;
	base = ini_get(&ini, STR("scenario"), STR("base"));
	r->depth++;
	if (base && !read_file(r, base_path(r, base->value, scenario), err)) {
		err_prefix(err, "%s:%d: [scenario] base", ini.name, base->line);
		goto out;
	}
	r->file = keep(r, str_c(ini.name));
	r->file_number++;
	read_entries(r, &ini);
	ok = true;
out:
	ini_release(&ini);
	return ok;
}

/* ---- the whole */

static void tell_row(void *ctx, const void *row, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* tell() for rows that are there: by their heading. */
static void tell_row(void *ctx, const void *row, const char *fmt, ...)
{
	struct reader *r = ctx;
	char heading[64 + NAME_MAX_BYTES], words[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < KIND__COUNT; i++) {
		const struct kind *k = &sim_scenario_kinds[i];
		const char *rows = row_at(r, k, 0), *at = row;

		if (!k->named || at < rows || at >= rows + k->size * *count_of(r, k))
			continue;
		snprintf(heading, sizeof(heading), "%s %s", k->word, id_of(row));
		tell(r, r->origins[i][(size_t)(at - rows) / k->size].file,
		     r->origins[i][(size_t)(at - rows) / k->size].line, heading, "%s", words);
	}
}

static bool present(const struct key *key, const void *row)
{
	const char *text;

	memcpy(&text, (const char *)row + key->offset, sizeof(text));
	return text != NULL;
}

static void check_required(struct reader *r)
{
	for (size_t i = 0; i < KIND__COUNT; i++) {
		const struct kind *k = &sim_scenario_kinds[i];
		size_t n = k->named ? *count_of(r, k) : 0;

		for (size_t row = 0; row < n; row++)
			for (size_t key = 0; key < k->nkeys; key++)
				if (k->keys[key].required && !present(&k->keys[key], row_at(r, k, row)))
					tell_row(r, row_at(r, k, row), "%s is missing", k->keys[key].name);
	}
}

static bool finish(struct reader *r, struct err *err)
{
	if (r->faults == 0)
		return true;
	err_set(err, ERR_USAGE, "%s", buf_c(&r->text));
	err_remedy(err, r->faults == 1 ? "correct that line" : "correct these %d faults", r->faults);
	return false;
}

bool sim_scenario_load(struct arena *a, const char *scenario, const struct sim_estate **ret_estate, struct err *err)
{
	struct reader *r = xalloc(sizeof(*r));
	struct str name = str_c(scenario && *scenario ? scenario : "healthy");
	bool ok;

	r->arena = a;
	r->estate = arena_alloc(a, sizeof(*r->estate));
	r->estate->name = keep(r, name);
	buf_init(&r->text, FAULTS_TEXT_MAX);
	ok = read_file(r, name, err);
	if (ok) {
		/* What is missing because a line was malformed needs no words of its own. */
		if (r->faults == 0) {
			check_required(r);
			if (r->faults == 0)
				sim_estate_check(r->estate, tell_row, r);
		}
		ok = finish(r, err);
	}
	*ret_estate = r->estate;
	buf_release(&r->text);
	xfree(r);
	return ok;
}
