/*
 * report.c: the document's head, verdicts, facts, actions and sources; its other sections have files of their own.
 *
 * Every section says what it could not have and why; a report that leaves something out without a word would be read
 * as if nothing had been there. Texts of others stand in cells and blocks (markdown.h) and are masked by
 * report_value.c; nothing here writes them itself.
 */
#include "ui/report.h"

#include "base/clock.h"
#include "ui/report_impl.h"

#include <stdio.h>

#define TEXT_MAX (8u << 20)
#define ACTIONS_MAX 200
#define RANKS 5

const char report_sources[] =
	"verdicts clusters instances activity sessions locks load load_samples insights statements statements_info "
	"events alarms pending_maintenance snapshots audit audit_files";

/* ---- head ---- */

static void add_head(struct report_writer *w)
{
	const struct report *r = w->r;
	const struct snapshot *activity = store_good(r->store, "activity");
	struct str name = str_c(r->target->cluster[0] ? r->target->cluster : r->target->db_host);

	(void)buf_add_c(w->out, "# Incident report: ");
	markdown_text(w->out, name.len > 0 ? name : STR("database"));
	(void)buf_add_c(w->out, "\n\nWritten ");
	report_time(w->out, r->now_us);
	(void)buf_addf(w->out, " by %s", r->product);
	if (r->target->region[0]) {
		(void)buf_add_c(w->out, ", region ");
		markdown_text(w->out, str_c(r->target->region));
	}
	if (report_value(w, activity, 0, "user")) {
		(void)buf_add_c(w->out, ", seen as database role ");
		markdown_text(w->out, buf_str(&w->text));
	}
	(void)buf_addf(w->out, ". All times are UTC. %s\n\n",
		       r->show_literals ? "Literals of statements and names of clients are shown: handle with care."
					: "Literals of statements, and addresses and names of clients, are masked.");
}

/* ---- verdicts ---- */

static void add_verdict(struct report_writer *w, const struct snapshot *s, size_t row)
{
	static const char *const fields[] = {"sentence", "since_at", "object", "evidence", "next", "id"};
	struct str muted = data_str(s, row, "muted");

	report_row_begin(w);
	(void)buf_add_c(w->out, " ");
	markdown_text(w->out, data_str(s, row, "severity"));
	if (muted.len > 0) {
		(void)buf_add_c(w->out, ", ");
		markdown_text(w->out, muted);
	}
	(void)buf_add_c(w->out, " |");
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		report_cell(w, s, row, fields[i]);
	report_row_end(w);
}

static bool is_ok(const struct snapshot *s, size_t row)
{
	return str_eq_c(data_str(s, row, "severity"), "ok");
}

/* Those in order, by their titles. */
static void add_in_order(struct report_writer *w, const struct snapshot *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nrows; i++) {
		if (!is_ok(s, i))
			continue;
		(void)buf_add_c(w->out, n++ ? ", " : "In order: ");
		markdown_text(w->out, data_str(s, i, "title"));
		if (report_value(w, s, i, "object") && w->text.len > 0) {
			(void)buf_add_c(w->out, " ");
			markdown_text(w->out, buf_str(&w->text));
		}
	}
	(void)buf_add_c(w->out, n ? ".\n\n" : "");
}

static void add_remedies(struct report_writer *w, const struct snapshot *s)
{
	for (size_t i = 0; i < s->nrows; i++) {
		if (is_ok(s, i) || !report_value(w, s, i, "remedy") || w->text.len == 0)
			continue;
		(void)buf_add_c(&w->code, "# ");
		markdown_code(&w->code, data_str(s, i, "id"));
		(void)buf_add_c(&w->code, "\n");
		markdown_code(&w->code, buf_str(&w->text));
		(void)buf_add_c(&w->code, "\n");
	}
	if (w->code.len > 0)
		(void)buf_add_c(w->out, "Remedies:\n\n");
	report_block(w, "text");
}

static void add_counts(struct report_writer *w, const struct snapshot *s)
{
	static const char *const words[] = {"critical", "warning", "notice", "unknown", "ok"};

	for (size_t k = 0; k < ARRAY_LEN(words); k++) {
		size_t n = 0;

		for (size_t i = 0; i < s->nrows; i++)
			n += str_eq_c(data_str(s, i, "severity"), words[k]);
		(void)buf_addf(w->out, "%s%zu %s", k ? ", " : "", n, words[k]);
	}
	(void)buf_add_c(w->out, ".\n\n");
}

static void add_verdicts(struct report_writer *w)
{
	static const char *const names[] = {"severity", "verdict", "since (UTC)", "of", "evidence", "next", "rule"};
	const struct snapshot *s;
	size_t listed = 0;

	(void)buf_add_c(w->out, "## Verdicts\n\n");
	s = report_need(w, "verdicts");
	if (!s)
		return;
	add_counts(w, s);
	/* the worst first; what is in order is one line below */
	for (int64_t rank = 0; rank < RANKS; rank++)
		for (size_t i = 0; i < s->nrows; i++) {
			if (is_ok(s, i) || data_i64(s, i, "rank", RANKS - 1) != rank)
				continue;
			if (listed++ == 0)
				markdown_heading(w->out, names, ARRAY_LEN(names));
			add_verdict(w, s, i);
		}
	(void)buf_add_c(w->out, listed ? "\n" : "Nothing is wrong.\n\n");
	add_in_order(w, s);
	add_remedies(w, s);
}

/* ---- facts ---- */

/* A table of two columns: the fields of one row that are there. */
static void add_facts(struct report_writer *w, const struct snapshot *s, size_t row, const char *fields)
{
	static const char *const names[] = {"", ""};
	struct str rest = str_c(fields), name;
	char field[64];

	markdown_heading(w->out, names, ARRAY_LEN(names));
	while (str_split(&rest, ' ', &name)) {
		(void)snprintf(field, sizeof field, STR_FMT, STR_ARG(name));
		if (!report_value(w, s, row, field) || w->text.len == 0)
			continue;
		/* the unit stands with the value */
		if (str_ends(name, STR("_us")))
			field[name.len - 3] = '\0';
		for (char *p = field; *p; p++)
			*p = *p == '_' ? ' ' : *p;
		(void)buf_addf(w->out, "| %s | ", field);
		markdown_text(w->out, buf_str(&w->text));
		(void)buf_add_c(w->out, " |\n");
	}
	(void)buf_add_c(w->out, "\n");
}

static void add_cluster(struct report_writer *w)
{
	const struct report *r = w->r;
	const struct snapshot *s;
	long row;

	(void)buf_add_c(w->out, "## Cluster\n\n");
	s = report_need(w, "clusters");
	if (!s)
		return;
	row = data_find(s, "identifier", str_c(r->target->cluster));
	if (row < 0) {
		(void)buf_add_c(w->out, "The cluster is not in the list that AWS gives.\n\n");
		return;
	}
	add_facts(w, s, (size_t)row,
		  "identifier status engine engine_version engine_mode endpoint reader_endpoint port writer readers "
		  "availability_zones multi_az storage_type encrypted min_acu max_acu parameter_group "
		  "backup_retention_days "
		  "backup_window latest_restorable_at maintenance_window deletion_protection insights created_at");
}

static void add_instances(struct report_writer *w)
{
	static const char *const names[] = {"instance", "role", "status",  "class",
					    "vCPU",     "zone", "version", "endpoint"};
	static const char *const fields[] = {"identifier", "role", "status",         "class",
					     "vcpu",       "zone", "engine_version", "endpoint"};
	const struct snapshot *s;

	(void)buf_add_c(w->out, "## Instances\n\n");
	s = report_need(w, "instances");
	if (!s)
		return;
	markdown_heading(w->out, names, ARRAY_LEN(names));
	for (size_t i = 0; i < s->nrows; i++) {
		report_row_begin(w);
		for (size_t k = 0; k < ARRAY_LEN(fields); k++)
			report_cell(w, s, i, fields[k]);
		report_row_end(w);
	}
	(void)buf_add_c(w->out, "\n");
}

static void add_server(struct report_writer *w)
{
	const struct snapshot *s;

	(void)buf_add_c(w->out, "## Server\n\n");
	s = report_need(w, "activity");
	if (s && s->nrows > 0)
		add_facts(w, s, 0,
			  "server_version instance role database total max_connections running waiting blocked "
			  "idle_in_transaction longest_wait_us oldest_xact_us oldest_xact_pid via_pooler sampled_at");
}

/* ---- actions ---- */

/* "anna@ops-1": the host is a client's name. */
static void add_who(struct report_writer *w, struct str who)
{
	long at = str_find(who, STR("@"), 0);

	if (at >= 0 && !w->r->show_literals) {
		(void)buf_add_c(w->out, " ");
		markdown_text(w->out, str_sub(who, 0, (size_t)at));
		(void)buf_add_c(w->out, " |");
		return;
	}
	report_cell_text(w, who);
}

static bool is_told(const struct report *r, const struct snapshot *s, size_t row)
{
	struct str cluster = data_str(s, row, "cluster");

	if (cluster.len > 0 && r->target->cluster[0] && !str_eq_c(cluster, r->target->cluster))
		return false;
	return data_i64(s, row, "began_at", data_i64(s, row, "ended_at", 0)) >= r->from_us;
}

static void add_action(struct report_writer *w, const struct snapshot *s, size_t row, size_t number)
{
	char label[24];

	(void)snprintf(label, sizeof label, "%2zu", number);
	(void)buf_addf(w->out, "| %zu |", number);
	report_cell(w, s, row, "began_at");
	report_cell(w, s, row, "action");
	report_cell(w, s, row, "object");
	report_cell(w, s, row, "tier");
	add_who(w, data_str(s, row, "who"));
	report_cell(w, s, row, "role");
	if (data_str(s, row, "outcome").len > 0)
		report_cell(w, s, row, "outcome");
	else
		(void)buf_add_c(w->out, " no outcome: the console ended, or is still at it |");
	report_cell(w, s, row, "took_us");
	report_row_end(w);
	report_statement(w, label, data_str(s, row, "statement"));
}

static void add_actions(struct report_writer *w)
{
	static const char *const names[] = {"",    "began (UTC)", "action",  "object", "tier",
					    "who", "as role",     "outcome", "took"};
	const struct snapshot *s;
	size_t listed = 0, left_out = 0;

	(void)buf_add_c(w->out, "## Actions taken\n\nFrom the audit log of this host, since ");
	report_time(w->out, w->r->from_us);
	(void)buf_add_c(w->out, ", newest first.\n\n");
	s = report_need(w, "audit");
	for (size_t i = 0; s && i < s->nrows; i++) {
		if (!is_told(w->r, s, i))
			continue;
		if (listed == ACTIONS_MAX) {
			left_out++;
			continue;
		}
		if (listed++ == 0)
			markdown_heading(w->out, names, ARRAY_LEN(names));
		add_action(w, s, i, listed);
	}
	if (s)
		(void)buf_add_c(w->out, listed ? "\n" : "Nothing was changed from here in this time.\n\n");
	report_block(w, "sql");
	if (left_out > 0)
		(void)buf_addf(w->out, "%zu older ones are left out.\n\n", left_out);
}

/* ---- sources ---- */

static const char *state_word(const struct store_entry *e, bool wanted)
{
	static const char *const words[] = {"ok", "failed", "not available", "left out"};

	if (!e->latest)
		return wanted ? "no answer" : "not asked";
	return words[e->latest->state];
}

static void add_source(struct report_writer *w, const struct store_entry *e, bool wanted)
{
	bool good = e->good != NULL;

	(void)buf_addf(w->out, "| %s | %s |", e->source->name, state_word(e, wanted));
	report_cell_time(w, good ? e->good->at_us : 0);
	buf_clear(&w->text);
	if (good && w->r->now_us >= e->good->at_us)
		(void)format_duration(&w->text, w->r->now_us - e->good->at_us);
	(void)buf_addf(w->out, " " STR_FMT " |", STR_ARG(buf_str(&w->text)));
	report_cell_text(w, e->latest && e->latest->state != SNAP_OK ? str_c(e->latest->err.text) : STR(""));
	report_row_end(w);
}

static bool is_own(const struct source *s)
{
	return !s->merges && !(s->flags & SOURCE_STANDING);
}

static void add_absent(struct report_writer *w)
{
	struct str rest = str_c(report_sources), name;
	char word[64];

	while (str_split(&rest, ' ', &name)) {
		(void)snprintf(word, sizeof word, STR_FMT, STR_ARG(name));
		if (store_find(w->r->store, word) < 0)
			(void)buf_addf(w->out, "| %s | absent | | | this version has no such source |\n", word);
	}
}

/* How fresh what is above was, and what failed. */
static void add_sources(struct report_writer *w)
{
	static const char *const names[] = {"source", "state", "rows of (UTC)", "age", "why"};
	const struct store *st = w->r->store;

	(void)buf_add_c(w->out, "## Sources\n\n");
	markdown_heading(w->out, names, ARRAY_LEN(names));
	for (size_t i = 0; i < st->n; i++) {
		bool wanted = w->r->wanted >> i & 1;

		if (is_own(st->entries[i].source) && (wanted || st->entries[i].latest))
			add_source(w, &st->entries[i], wanted);
	}
	add_absent(w);
}

bool report_write(struct buf *out, const struct report *r)
{
	struct report_writer w = {.out = out, .r = r};

	buf_init(&w.text, TEXT_MAX);
	buf_init(&w.code, TEXT_MAX);
	add_head(&w);
	add_verdicts(&w);
	add_cluster(&w);
	add_instances(&w);
	add_server(&w);
	report_timeline(&w);
	report_locks(&w);
	report_load(&w);
	report_statements(&w);
	add_actions(&w);
	add_sources(&w);
	buf_release(&w.text);
	buf_release(&w.code);
	return !out->failed;
}

const char *report_file_name(const struct report *r, char out[REPORT_NAME_MAX])
{
	const char *name = r->target->cluster[0] ? r->target->cluster : r->target->db_host;
	char plain[80];
	struct civil c;
	size_t n = 0;

	for (; name[n] && n < sizeof plain - 1; n++)
		plain[n] = strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_", name[n])
				   ? name[n]
				   : '_';
	plain[n] = '\0';
	clock_civil(r->now_us, &c);
	(void)snprintf(out, REPORT_NAME_MAX, "auroratop-report-%s-%04d%02d%02d-%02d%02d%02dZ.md",
		       n > 0 ? plain : "database", c.year, c.month, c.day, c.hour, c.minute, c.second);
	return out;
}
