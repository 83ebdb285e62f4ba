/* operating.c: see operating.h. */
#include "operating.h"

#include "audit/audit.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

struct pg pg;
PGconn *admin;
struct asking asking;
struct command *command;
struct driver *console;
const struct policies *policies;
const char *cluster = "";
const struct snapshot *instances, *metrics;

const char *owner(void)
{
	return pg_conninfo(&pg, "app_1", "dbname=orders");
}

const char *superuser(void)
{
	static char text[300];

	snprintf(text, sizeof(text), "host=%s port=%d user=postgres dbname=orders", pg.dir, pg.port);
	return text;
}

/* ---- asking ---- */

size_t fill(const struct request *r, struct command_arg *args)
{
	size_t n = 0;

	args[n++] = ARG("operation", r->operation);
	args[n++] = ARG("database", "orders");
	args[n++] = ARG("scope", r->scope);
	args[n++] = ARG("value", r->value);
	args[n++] = ARG("oid", r->oid);
	args[n++] = ARG("of", r->of);
	args[n++] = ARG("indexes", r->indexes);
	args[n++] = ARG("pid", r->pid);
	args[n++] = ARG("backend_start", r->backend_start);
	args[n++] = ARG("gid", r->gid);
	args[n++] = ARG("prepared_at", r->prepared_at);
	args[n++] = ARG("tier", r->tier);
	args[n++] = ARG("statement", r->statement);
	args[n++] = ARG("job", "7");
	args[n++] = ARG("override", r->override);
	return n;
}

static void describe_target(struct target *t)
{
	t->policies = policies;
	snprintf(t->cluster, sizeof(t->cluster), "%s", cluster);
	t->aws = cluster[0] != '\0';
}

void begin_asking(const char *conninfo)
{
	asking_init(&asking, conninfo ? conninfo : "");
	if (console) {
		target_unref(asking.target);
		asking.target = target_ref(console->target);
		return;
	}
	describe_target((struct target *)(uintptr_t)asking.target);
	asking_give(&asking, "instances", instances);
	asking_give(&asking, "metrics", metrics);
}

const struct snapshot *ask(const char *conninfo, const char *name, const struct request *r)
{
	struct command_arg args[COMMAND_ARGS_MAX];
	const struct snapshot *s;

	begin_asking(conninfo);
	s = asking_run(&asking, name, args, fill(r, args), &command);
	assert_non_null(s);
	return s;
}

void done(void)
{
	command_release(command);
	asking_release(&asking);
}

void preview(const char *conninfo, struct request *r)
{
	const struct snapshot *s = ask(conninfo, "preview", r);

	assert_int_equal(s->state, SNAP_OK);
	assert_true(row_with(s, "statement", "").len < sizeof(r->statement));
	snprintf(r->statement, sizeof(r->statement), STR_FMT, STR_ARG(row_with(s, "statement", "")));
	snprintf(r->of, sizeof(r->of), STR_FMT, STR_ARG(row_with(s, "oid", "")));
	done();
}

void start_and_wait(const char *conninfo, struct request *r)
{
	struct command_arg args[COMMAND_ARGS_MAX];
	struct err err = {0};

	begin_asking(conninfo);
	command = asking_start(&asking, "maintain", args, fill(r, args), &err);
	assert_non_null(command);
	for (int i = 0;
	     i < 500 &&
	     pg_number(admin, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'auroratop job 7' "
			      "AND wait_event_type = 'Lock'") == 0;
	     i++)
		asking_turn(&asking);
}

const struct snapshot *stop(void)
{
	command_cancel(command);
	while (command_at_work(command))
		asking_turn(&asking);
	return command_result(command);
}

void close_window(struct policies *all)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	struct civil c;
	struct err err;
	char text[64];

	clock_civil(clock_wall_us() + 3 * US_PER_DAY, &c);
	snprintf(text, sizeof(text), "%s %02d:00-%02d:59", days[c.weekday], c.hour, c.hour);
	*all = (struct policies){.common = policy_default};
	assert_true(policy_window_parse(str_c(text), &all->common.window, &err));
	policies = all;
}

/* ---- requests ---- */

struct request table(const char *operation, const char *name)
{
	struct request r = {.scope = "table"};
	char sql[400];

	snprintf(sql, sizeof(sql), "SELECT '%s'::regclass::oid::int8", name);
	snprintf(r.operation, sizeof(r.operation), "%s", operation);
	snprintf(r.oid, sizeof(r.oid), "%lld", pg_number(admin, sql));
	snprintf(r.tier, sizeof(r.tier), "2");
	return r;
}

struct request session(const char *operation, PGconn *c)
{
	struct request r = {0};
	char sql[200];

	snprintf(r.operation, sizeof(r.operation), "%s", operation);
	snprintf(r.pid, sizeof(r.pid), "%d", PQbackendPID(c));
	snprintf(sql, sizeof(sql),
		 "SELECT (extract(epoch FROM backend_start) * 1000000)::int8 FROM pg_stat_activity WHERE pid = %s",
		 r.pid);
	snprintf(r.backend_start, sizeof(r.backend_start), "%lld", pg_number(admin, sql));
	snprintf(r.tier, sizeof(r.tier), "2");
	return r;
}

/* ---- answers ---- */

static const struct operation_row *find_row(const struct snapshot *s, const char *kind, const char *part)
{
	for (size_t i = 0; s->state == SNAP_OK && i < s->nrows; i++) {
		const struct operation_row *row = snapshot_row(s, i);

		if (str_eq_c(row->kind, kind) && str_find(row->text, str_c(part), 0) >= 0)
			return row;
	}
	return NULL;
}

struct str row_with(const struct snapshot *s, const char *kind, const char *part)
{
	const struct operation_row *row = find_row(s, kind, part);

	return row ? row->text : STR("");
}

struct str label_with(const struct snapshot *s, const char *kind, const char *part)
{
	const struct operation_row *row = find_row(s, kind, part);

	return row ? row->label : STR("");
}

size_t audit_lines(const char *part, const char *other)
{
	char path[AUDIT_PATH_MAX], line[16384];
	size_t n = 0;
	FILE *f;

	assert_true(audit_path(path, sizeof(path)));
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		n += strstr(line, part) && strstr(line, other);
	if (f)
		fclose(f);
	return n;
}
