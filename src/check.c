/*
 * check.c: the console's verdicts without a screen.
 *
 * One refresh of what the rules read, then the same rules. Nothing is steadied: what is so now is said now. What is
 * critical wins over what is only not known, because it is known; a warning does, too; and unknown is never ok.
 */
#include "check.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "codec/codec_json.h"
#include "model/data.h"
#include "round.h"
#include "verdict/sources.h"

#include <stdio.h>

#define OUTPUT_MAX (16u << 20)

struct checks {
	const struct snapshot *s;
	const char *family; /* "" = all */
	size_t counts[SEV_CRIT + 1];
};

static bool is_chosen(const struct rule *rule, void *arg)
{
	const char *family = arg;

	return !family[0] || strcmp(rule->family, family) == 0;
}

static bool is_listed(const struct checks *c, size_t row)
{
	return !c->family[0] || str_eq_c(data_str(c->s, row, "family"), c->family);
}

static enum severity severity_at(const struct checks *c, size_t row)
{
	return severity_of_word(data_str(c->s, row, "severity"));
}

static bool find_family(const char *family, struct err *err)
{
	struct buf known;

	if (!family[0])
		return true;
	buf_init(&known, 512);
	for (size_t i = 0; i < nverdict_rules; i++) {
		if (strcmp(verdict_rules[i].family, family) == 0) {
			buf_release(&known);
			return true;
		}
		if (str_find(buf_str(&known), str_c(verdict_rules[i].family), 0) < 0)
			(void)buf_addf(&known, "%s%s", known.len > 0 ? ", " : "", verdict_rules[i].family);
	}
	(void)err_set(err, ERR_USAGE, "--only: there is no family called %s; there are %s", family, buf_c(&known));
	buf_release(&known);
	return false;
}

static enum check_status status_of(const struct checks *c)
{
	if (c->counts[SEV_CRIT] > 0)
		return CHECK_CRITICAL;
	if (c->counts[SEV_WARN] > 0)
		return CHECK_WARNING;
	if (c->counts[SEV_UNKNOWN] > 0 || c->counts[SEV_OK] + c->counts[SEV_NOTICE] == 0)
		return CHECK_UNKNOWN;
	return CHECK_OK;
}

static const char *status_word(enum check_status s)
{
	static const char *const words[] = {"ok", "warning", "critical", "unknown"};

	return words[s];
}

/* ---- text ---- */

static void add_clean(struct buf *b, struct str text)
{
	(void)utf8_clean(b, text, false);
}

static void text_row(struct buf *b, const struct checks *c, size_t row)
{
	static const char *const extras[] = {"evidence", "next", "remedy"};

	(void)buf_addf(b, "%-8s  ", severity_word(severity_at(c, row)));
	add_clean(b, data_str(c->s, row, "sentence"));
	(void)buf_addf(b, "  [" STR_FMT "]\n", STR_ARG(data_str(c->s, row, "id")));
	if (severity_at(c, row) == SEV_OK)
		return;
	for (size_t i = 0; i < ARRAY_LEN(extras); i++) {
		struct str text = data_str(c->s, row, extras[i]);

		if (text.len == 0)
			continue;
		(void)buf_addf(b, "          %-8s  ", extras[i]);
		add_clean(b, text);
		(void)buf_add_c(b, "\n");
	}
}

static void write_text(struct buf *b, const struct checks *c, const struct target *t)
{
	/* worst first, as on the screen */
	for (int64_t rank = 0; rank < 5; rank++)
		for (size_t i = 0; i < c->s->nrows; i++)
			if (is_listed(c, i) && data_i64(c->s, i, "rank", 4) == rank)
				text_row(b, c, i);
	(void)buf_addf(b, "%s: %s: %zu critical, %zu warning, %zu notice, %zu ok, %zu unknown\n",
		       t->cluster[0] ? t->cluster : "database", status_word(status_of(c)), c->counts[SEV_CRIT],
		       c->counts[SEV_WARN], c->counts[SEV_NOTICE], c->counts[SEV_OK], c->counts[SEV_UNKNOWN]);
}

/* ---- JSON ---- */

static void write_json(struct buf *b, const struct checks *c, const struct target *t)
{
	char at[40];
	bool first = true;

	(void)buf_addf(b, "{\"version\": \"%s\", \"cluster\": ", AURORATOP_VERSION);
	if (t->cluster[0])
		(void)json_write_string(b, str_c(t->cluster));
	else
		(void)buf_add_c(b, "null");
	(void)buf_addf(b, ", \"at\": \"%s\", \"status\": \"%s\", \"verdicts\": [",
		       clock_iso8601(clock_wall_us(), at, sizeof at), status_word(status_of(c)));
	for (size_t i = 0; i < c->s->nrows; i++) {
		if (!is_listed(c, i))
			continue;
		(void)buf_add_c(b, first ? "\n  " : ",\n  ");
		(void)json_write_row(b, c->s, i, false);
		first = false;
	}
	(void)buf_add_c(b, "\n]}\n");
}

/* ---- JUnit ---- */

static void add_xml(struct buf *b, struct str text)
{
	struct buf clean;

	buf_init(&clean, 1u << 16);
	(void)utf8_clean(&clean, text, false);
	for (size_t i = 0; i < clean.len; i++) {
		char ch = clean.data[i];

		if (ch == '&')
			(void)buf_add_c(b, "&amp;");
		else if (ch == '<')
			(void)buf_add_c(b, "&lt;");
		else if (ch == '>')
			(void)buf_add_c(b, "&gt;");
		else if (ch == '"')
			(void)buf_add_c(b, "&quot;");
		else
			(void)buf_add_char(b, ch);
	}
	buf_release(&clean);
}

static void junit_case(struct buf *b, const struct checks *c, size_t row)
{
	enum severity s = severity_at(c, row);
	const char *element = s >= SEV_WARN ? "failure" : s == SEV_UNKNOWN ? "skipped" : "system-out";
	struct str object = data_str(c->s, row, "object");

	(void)buf_addf(b, "  <testcase classname=\"" STR_FMT "\" name=\"", STR_ARG(data_str(c->s, row, "family")));
	add_xml(b, data_str(c->s, row, "id"));
	if (object.len > 0) {
		(void)buf_add_c(b, " ");
		add_xml(b, object);
	}
	(void)buf_addf(b, "\"><%s", element);
	if (s >= SEV_WARN || s == SEV_UNKNOWN) {
		(void)buf_add_c(b, " message=\"");
		add_xml(b, data_str(c->s, row, "sentence"));
		(void)buf_addf(b, "\"%s%s%s", s >= SEV_WARN ? " type=\"" : "", s >= SEV_WARN ? severity_word(s) : "",
			       s >= SEV_WARN ? "\"" : "");
	}
	(void)buf_add_c(b, ">");
	add_xml(b, s >= SEV_WARN ? data_str(c->s, row, "evidence") : data_str(c->s, row, "sentence"));
	(void)buf_addf(b, "</%s></testcase>\n", element);
}

static void write_junit(struct buf *b, const struct checks *c, const struct target *t)
{
	size_t total = 0;

	for (size_t s = 0; s < ARRAY_LEN(c->counts); s++)
		total += c->counts[s];
	(void)buf_add_c(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"");
	add_xml(b, str_c(t->cluster[0] ? t->cluster : "database"));
	(void)buf_addf(b, "\" tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\">\n", total,
		       c->counts[SEV_CRIT] + c->counts[SEV_WARN], c->counts[SEV_UNKNOWN]);
	for (size_t i = 0; i < c->s->nrows; i++)
		if (is_listed(c, i))
			junit_case(b, c, i);
	(void)buf_add_c(b, "</testsuite>\n");
}

/* ---- */

static bool write_all(const struct buf *b)
{
	return !b->failed && fwrite(b->data, 1, b->len, stdout) == b->len && fflush(stdout) == 0;
}

/* Fetches only what the chosen rules read. */
static void want_inputs(struct round *r, const char *family)
{
	for (size_t i = 0; i < nverdict_rules; i++)
		if (is_chosen(&verdict_rules[i], (void *)(uintptr_t)family))
			(void)round_want(r, verdict_rules[i].sources);
}

enum check_status check_run(struct runtime *rt, const struct options *o, struct err *err)
{
	struct round r = {.rt = rt, .store = runtime_store(rt)};
	struct checks c = {.family = o->only};
	struct snapshot *s;
	struct facts facts;
	struct buf b;
	bool ok;

	if (o->format == FORMAT_CSV) {
		(void)err_set(err, ERR_USAGE, "--format: check writes text, json or junit");
		return CHECK_UNKNOWN;
	}
	if (!find_family(o->only, err))
		return CHECK_UNKNOWN;
	want_inputs(&r, o->only);
	round_wait(&r);
	s = snapshot_new(&verdict_type, "verdicts");
	verdict_facts(r.store, runtime_target(rt), &facts);
	facts.final = true;
	verdict_judge(&facts, is_chosen, (void *)(uintptr_t)o->only, s);
	c.s = snapshot_publish(s);
	for (size_t i = 0; i < c.s->nrows; i++)
		c.counts[severity_at(&c, i)] += is_listed(&c, i);
	buf_init(&b, OUTPUT_MAX);
	if (o->format == FORMAT_JSON)
		write_json(&b, &c, runtime_target(rt));
	else if (o->format == FORMAT_JUNIT)
		write_junit(&b, &c, runtime_target(rt));
	else
		write_text(&b, &c, runtime_target(rt));
	ok = write_all(&b);
	if (!ok)
		(void)err_set(err, ERR_IO, "standard output could not take everything");
	buf_release(&b);
	snapshot_unref(c.s);
	return ok ? status_of(&c) : CHECK_UNKNOWN;
}
