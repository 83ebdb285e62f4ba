/*
 * fixture_commands.c: what the commands answer in a fixture's world, where there is no
 * server: a real plan of PostgreSQL 15 (tests/data/plans), judged by the real rules with
 * the sizes of the incident, and the locks of a waiting session.
 */
#include "tests/ui/fixture.h"

#include "codec/codec_plan.h"
#include "db/commands.h"
#include "model/operation.h"
#include "runtime/command.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define GIB (INT64_C(1) << 30)

static atomic_int answer;

void fixture_answer(enum fixture_answer which)
{
	atomic_store(&answer, (int)which);
}

static bool read_plan(struct snapshot *s, struct err *err)
{
	static const char path[] = TEST_DATA "/plans/report-15.json";
	char *text = malloc(1u << 20);
	FILE *in = fopen(path, "rb");
	size_t n = in && text ? fread(text, 1, 1u << 20, in) : 0;
	bool ok = plan_read_json((struct str){text, n}, s, err);

	if (in)
		(void)fclose(in);
	free(text);
	return ok;
}

#define NAME(lit)                      \
	{                              \
		(lit), sizeof(lit) - 1 \
	}
static const struct plan_relation relations[] = {
	{NAME("shop"), NAME("order_items"), 318 * GIB, 812e6, false},
	{NAME("shop"), NAME("orders"), 40 * GIB, 88e6, false},
	{NAME("shop"), NAME("customers"), GIB / 64, -1, true},
};

static void tell(struct snapshot *s, struct str role, bool captured)
{
	struct plan_row *row = plan_statement(s);

	SET(row, struct plan_row, origin, captured ? STR("captured") : STR("literals"));
	SET(row, struct plan_row, role, arena_str(s->arena, role));
	SET(row, struct plan_row, database, STR("orders"));
	SET(row, struct plan_row, search_path, STR("shop, public"));
	SET(row, struct plan_row, note, STR("what the session has SET itself is not known"));
	SET(row, struct plan_row, query,
	    STR("select c.region, sum(i.qty * i.price) as revenue\n  from order_items i\n  join orders o on o.id = "
		"i.order_id\n where o.status <> 'cancelled' and c.segment = any ($1)\n limit 5000"));
}

static bool fetch_plan(struct fetch *f, struct err *err)
{
	const struct plan_facts facts = {.relations = relations,
					 .nrelations = ARRAY_LEN(relations),
					 .work_mem_bytes = 1 << 20,
					 .hash_mem_multiplier = 2};
	bool consented = str_eq_c(fetch_arg(f, "consent"), "1");
	enum fixture_answer which = (enum fixture_answer)atomic_load(&answer);
	struct snapshot *s;

	if (which == ANSWER_FAILURE) {
		err_set(err, ERR_UNAVAILABLE, "n/a: text cut at 4096");
		err_remedy(err, "raise track_activity_query_size");
		return false;
	}
	if (which == ANSWER_CONSENT && !consented) {
		err_set(err, ERR_UNAVAILABLE, "our role postgres is a superuser");
		(void)snprintf(err->id, sizeof err->id, PLAN_CONSENT);
		return false;
	}
	s = plan_new("explain");
	if (!read_plan(s, err)) {
		snapshot_unref(s);
		return false;
	}
	tell(s, fetch_arg(f, "role"), which == ANSWER_CAPTURED && !str_eq_c(fetch_arg(f, "fresh"), "1"));
	plan_share_costs(s);
	plan_warn(s, &facts);
	fetch_publish(f, s);
	return true;
}

static void set_text(struct snapshot *s, void *row, const char *field, const char *text)
{
	int i = rec_find(s->type, str_c(field));

	rec_set(&s->type->fields[i], row, (union value){.str = arena_str(s->arena, str_c(text))});
}

static void set_number(struct snapshot *s, void *row, const char *field, int64_t n)
{
	rec_set(&s->type->fields[rec_find(s->type, str_c(field))], row, (union value){.i64 = n});
}

static void add_lock(struct snapshot *s, const char *mode, const char *relation, const char *object, int64_t indexes,
		     bool granted)
{
	void *row = snapshot_add_row(s);

	set_number(s, row, "number", (int64_t)s->nrows - 1);
	set_text(s, row, "kind", "lock");
	set_text(s, row, "mode", mode);
	if (relation) {
		set_text(s, row, "schema", "shop");
		set_text(s, row, "relation", relation);
	} else {
		set_text(s, row, "lock_type", "transactionid");
		set_text(s, row, "object", object);
	}
	set_number(s, row, "indexes", indexes);
	set_number(s, row, "granted", granted);
}

/* The whole text is longer than what the sampler brought, and as hostile as a text may be. */
static bool fetch_session(struct fetch *f, struct err *err)
{
	struct snapshot *s;
	struct buf text;
	void *row;

	if ((enum fixture_answer)atomic_load(&answer) == ANSWER_FAILURE)
		return err_set(err, ERR_UNAVAILABLE, "session has ended");
	s = snapshot_new(command_session.type, "session");
	buf_init(&text, 4u << 20);
	(void)buf_addf(&text,
		       "select 'whole text of " STR_FMT
		       "'\n  -- a comment\n from orders o\twhere o.note = E'\x1b[2J\\n\xff\xfe'"
		       " and \"\xe2\x80\xae evil\" = 4711\n",
		       STR_ARG(fetch_arg(f, "pid")));
	while ((enum fixture_answer)atomic_load(&answer) == ANSWER_HUGE && text.len < 100u << 10)
		(void)buf_add_c(&text, "   or o.id = 4711 -- one more of very many\n");
	(void)buf_add_c(&text, " order by last_word");
	row = snapshot_add_row(s);
	set_number(s, row, "number", 0);
	set_text(s, row, "kind", "statement");
	set_text(s, row, "query", buf_c(&text));
	set_number(s, row, "size_bytes", (int64_t)text.len);
	buf_release(&text);
	add_lock(s, "ShareLock", NULL, "88213984", 0, false);
	add_lock(s, "RowExclusiveLock", "stock", NULL, 2, true);
	add_lock(s, "AccessShareLock", "order_items", NULL, 1, true);
	fetch_publish(f, s);
	return true;
}

/* ---- operations ---- */

static atomic_int runs;
static atomic_bool overridden;

int fixture_runs(void)
{
	return atomic_load(&runs);
}

bool fixture_overridden(void)
{
	return atomic_load(&overridden);
}

static void say(struct snapshot *s, const char *kind, const char *label, const char *text, int64_t severity)
{
	void *row = snapshot_add_row(s);

	set_number(s, row, "number", (int64_t)s->nrows - 1);
	set_text(s, row, "kind", kind);
	set_text(s, row, "label", label);
	set_text(s, row, "text", text);
	set_number(s, row, "severity", severity);
}

/* The closed window, as the database layer tells of it; true when it is set aside. */
static bool say_window(struct snapshot *s, const struct fetch *f)
{
	bool aside = str_eq_c(fetch_arg(f, "override"), "window");

	say(s, "fact", "window", "closed, opens Sat 22:00 UTC in 2d 04h", 0);
	if (aside) {
		say(s, "check", "", "outside the maintenance window, which is overridden: one tier more",
		    OPERATION_CRITICAL);
		return true;
	}
	say(s, "refuse", "", "outside the maintenance window: closed, opens Sat 22:00 UTC in 2d 04h",
	    OPERATION_CRITICAL);
	say(s, "override", "", "window", 0);
	return false;
}

static bool fetch_preview(struct fetch *f, struct err *err)
{
	const struct operation *op = operation_find(fetch_arg(f, "operation"));
	enum fixture_answer which = (enum fixture_answer)atomic_load(&answer);
	struct snapshot *s = snapshot_new(&operation_type, f->source->name);
	bool table = op->target == OPERATION_TABLE;
	int tier = which == ANSWER_DESTRUCTIVE ? TIER_DESTRUCTIVE : (int)op->tier;
	char text[64];

	(void)err;
	if (which == ANSWER_WINDOW)
		tier += say_window(s, f);
	if (which == ANSWER_FAILURE)
		say(s, "refuse", "", "rdsadmin runs it", OPERATION_CRITICAL);
	if (which == ANSWER_CHOICE && fetch_arg(f, "value").len == 0) {
		say(s, "refuse", "", "2 actions wait: one has to be chosen", OPERATION_CRITICAL);
		say(s, "choice", "", "system-update", OPERATION_OK);
		say(s, "choice", "", "os-upgrade", OPERATION_OK);
	}
	say(s, "statement", "",
	    table ? "VACUUM (FULL, VERBOSE) shop.orders"
		  : "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = 4711 AND backend_start = $2",
	    0);
	say(s, "fact", "means", op->effect, 0);
	say(s, "fact", "undo", op->undo, 0);
	say(s, "check", "", "7 sessions wait behind it", OPERATION_NOTICE);
	say(s, "word", "", table ? "orders" : "4711", 0);
	(void)snprintf(text, sizeof text, "%d", tier);
	say(s, "tier", "", text, 0);
	fetch_publish(f, s);
	return true;
}

/* At work until it is cancelled; its outcome is why. */
static bool run_until_cancelled(struct fetch *f, struct snapshot *s, struct err *err)
{
	struct snapshot *begun = snapshot_new(&operation_type, f->source->name);

	say(begun, "process", "", "7100", OPERATION_OK);
	fetch_publish(f, begun);
	(void)!fetch_wait(f, -1, 0, err);
	say(s, "process", "", "7100", OPERATION_OK);
	say(s, "outcome", "", fetch_cancel_reason(f).len ? fetch_cancel_reason(f).ptr : "cancelled", OPERATION_WARNING);
	fetch_publish(f, s);
	return true;
}

static bool fetch_run(struct fetch *f, struct err *err)
{
	struct snapshot *s = snapshot_new(&operation_type, f->source->name);

	atomic_fetch_add(&runs, 1);
	atomic_store(&overridden, str_eq_c(fetch_arg(f, "override"), "window"));
	if ((enum fixture_answer)atomic_load(&answer) == ANSWER_JOB)
		return run_until_cancelled(f, s, err);
	say(s, "outcome", "", "done: the session has ended", OPERATION_OK);
	fetch_publish(f, s);
	return true;
}

#define ROW(id, t, fn)                                                                                    \
	{                                                                                                 \
		.name = #id, .title = #id, .help = "-", .type = (t), .lane = LANE_COMMAND, .origin = "-", \
		.fetch = (fn)                                                                             \
	}
static const struct source explain_row = ROW(explain, &plan_type, fetch_plan);
static const struct source preview_row = ROW(preview, &operation_type, fetch_preview);
static const struct source aws_preview_row = ROW(aws_preview, &operation_type, fetch_preview);
static const struct source aws_change_row = ROW(aws_change, &operation_type, fetch_run);
static const struct source signal_row = ROW(signal, &operation_type, fetch_run);
static const struct source maintain_row = ROW(maintain, &operation_type, fetch_run);
static const struct source server_change_row = ROW(server_change, &operation_type, fetch_run);
static struct source session_row = ROW(session, NULL, fetch_session);
static const struct source *const rows[] = {&explain_row,  &session_row,       &preview_row,     &signal_row,
					    &maintain_row, &server_change_row, &aws_preview_row, &aws_change_row};

void fixture_commands(struct runtime *rt)
{
	session_row.type = command_session.type;
	atomic_store(&answer, ANSWER_PLAN);
	atomic_store(&runs, 0);
	commands_set(runtime_commands(rt), rows, ARRAY_LEN(rows));
}

void fixture_finish(struct fixture *f)
{
	struct commands *cs = runtime_commands(f->rt);

	while (commands_lane(cs, 0)) {
		(void)poll(NULL, 0, 1);
		if (commands_collect(cs) > 0)
			ui_data_changed(&f->ui);
	}
}
