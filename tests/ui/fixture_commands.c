/*
 * fixture_commands.c: what the commands answer in a fixture's world, where there is no
 * server: a real plan of PostgreSQL 15 (tests/data/plans), judged by the real rules with
 * the sizes of the incident, and the locks of a waiting session.
 */
#include "tests/ui/fixture.h"

#include "audit/acknowledged.h"
#include "aws/commands.h"
#include "base/clock.h"
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

static atomic_int runs, sessions_run;
static atomic_bool overridden;
static char looked_in[64], looked_at[200]; /* by the command's thread, read when it has ended */

const char *fixture_looked_at(void)
{
	return looked_at;
}

const char *fixture_looked_in(void)
{
	return looked_in;
}

int fixture_runs(void)
{
	return atomic_load(&runs);
}

bool fixture_overridden(void)
{
	return atomic_load(&overridden);
}

int fixture_sessions_run(void)
{
	return atomic_load(&sessions_run);
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

/* What is meant by a name, as the database layer has found it. */
static void say_many(struct snapshot *s, const struct fetch *f)
{
	bool schema = str_eq_c(fetch_arg(f, "scope"), "schema");

	say(s, "object", "", schema ? "schema shop" : "database orders", 0);
	if (schema)
		say(s, "oid", "", "16400", 0);
	say(s, "statement", "", "VACUUM (VERBOSE, SKIP_LOCKED) shop.orders, shop.stock", 0);
	say(s, "word", "", schema ? "shop" : "orders", 0);
}

static void say_one(struct snapshot *s, bool table, bool odd)
{
	say(s, "statement", "",
	    table ? "VACUUM (FULL, VERBOSE) shop.orders"
		  : "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = 4711 AND backend_start = $2",
	    0);
	say(s, "word", "", odd ? "two\nlines\x7f\"" : table ? "orders" : "4711", 0);
}

/* One of two has to be chosen, until it is. */
static void say_choice(struct snapshot *s, const struct fetch *f)
{
	if (fetch_arg(f, "value").len > 0)
		return;
	say(s, "refuse", "", "2 actions wait: one has to be chosen", OPERATION_CRITICAL);
	say(s, "choice", "", "system-update", OPERATION_OK);
	say(s, "choice", "", "os-upgrade", OPERATION_OK);
}

/* Room that is not known, as the database layer tells of it; true when it is set aside. */
static bool say_storage(struct snapshot *s, const struct fetch *f)
{
	if (str_find(fetch_arg(f, "override"), STR("storage"), 0) >= 0) {
		say(s, "check", "", "room for sorting is not known, which is overridden: one tier more",
		    OPERATION_CRITICAL);
		return true;
	}
	say(s, "refuse", "", "room for sorting is not known: there is no FreeLocalStorage of orders-1 yet",
	    OPERATION_CRITICAL);
	say(s, "override", "", "window storage", 0);
	return false;
}

static void note_arguments(const struct fetch *f)
{
	(void)snprintf(looked_at, sizeof looked_at, STR_FMT "|" STR_FMT "|" STR_FMT "|" STR_FMT "|" STR_FMT,
		       STR_ARG(fetch_arg(f, "operation")), STR_ARG(fetch_arg(f, "scope")),
		       STR_ARG(fetch_arg(f, "value")), STR_ARG(fetch_arg(f, "oid")), STR_ARG(fetch_arg(f, "indexes")));
	(void)snprintf(looked_in, sizeof looked_in, STR_FMT, STR_ARG(fetch_arg(f, "database")));
}

/* Several sessions: the autovacuum worker is left out. */
static bool preview_many(struct fetch *f, const struct operation *op)
{
	struct snapshot *s = snapshot_new(&operation_type, "preview");
	struct str rest = fetch_arg(f, "sessions"), word;
	char text[64];
	int may = 0;

	say(s, "statement", "", "SELECT pg_terminate_backend(a.pid) FROM pg_stat_get_activity($1) AS a", 0);
	say(s, "fact", "means", op->effect, 0);
	while (str_split(&rest, ' ', &word)) {
		char pid[24];
		struct str number = str_sub(word, 0, (size_t)(str_find(word, STR("@"), 0) + 1));

		if (number.len < 2)
			continue;
		(void)snprintf(pid, sizeof pid, "%.*s", (int)number.len - 1, number.ptr);
		may += strcmp(pid, "6100") != 0;
		if (strcmp(pid, "6100") == 0)
			say(s, "left out", pid, "it belongs to rdsadmin, by which Amazon runs the server", 2);
		else
			say(s, "session", pid, "orders_app  orders-api  waiting for 6m12s  update stock set qty", 0);
	}
	(void)snprintf(text, sizeof text, "%d sessions", may);
	say(s, "word", "", text, 0);
	(void)snprintf(text, sizeof text, "%d", (int)op->tier);
	say(s, "tier", "", text, 0);
	fetch_publish(f, s);
	return true;
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
	if (fetch_arg(f, "sessions").len > 0) {
		snapshot_unref(s);
		return preview_many(f, op);
	}
	note_arguments(f);
	bool many = table && operation_scope_find(fetch_arg(f, "scope")) > SCOPE_INDEX;
	if (which == ANSWER_STORAGE)
		tier += say_storage(s, f);
	if (which == ANSWER_WINDOW)
		tier += say_window(s, f);
	if (which == ANSWER_FAILURE)
		say(s, "refuse", "", "rdsadmin runs it", OPERATION_CRITICAL);
	if (which == ANSWER_CHOICE)
		say_choice(s, f);
	if (many)
		say_many(s, f);
	else
		say_one(s, table, which == ANSWER_NAME);
	say(s, "fact", "means", op->effect, 0);
	say(s, "fact", "undo", op->undo, 0);
	say(s, "check", "", "7 sessions wait behind it", OPERATION_NOTICE);
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
	if ((enum fixture_answer)atomic_load(&answer) == ANSWER_UNKNOWN)
		say(begun, "unknown", "", "the connection was lost; looking what became of it", OPERATION_WARNING);
	fetch_publish(f, begun);
	(void)!fetch_wait(f, -1, 0, err);
	say(s, "process", "", "7100", OPERATION_OK);
	say(s, "outcome", "", fetch_cancel_reason(f).len ? fetch_cancel_reason(f).ptr : "cancelled", OPERATION_WARNING);
	fetch_publish(f, s);
	return true;
}

/* One of them was gone, the others have ended. */
static bool run_many(struct fetch *f, struct snapshot *s)
{
	struct str rest = fetch_arg(f, "sessions"), word;
	char text[24];
	int n = 0;

	while (str_split(&rest, ' ', &word))
		n += word.len > 0;
	atomic_fetch_add(&sessions_run, n);
	(void)snprintf(text, sizeof text, "%d", n - 1);
	say(s, "count", "ended", text, 0);
	say(s, "count", "gone", "1", 0);
	say(s, "outcome", "", "done", 0);
	fetch_publish(f, s);
	return true;
}

static void say_left(struct snapshot *s)
{
	say(s, "left", "16450/16412", "shop.orders_pkey_ccnew", OPERATION_WARNING);
	say(s, "left", "16452/16431", "pg_toast.pg_toast_16412_index_ccnew", OPERATION_WARNING);
}

/* Work that a killed console has left: it runs on as process 7200 until it is cancelled. */
static bool fetch_adopt(struct fetch *f, struct err *err)
{
	struct snapshot *s = snapshot_new(&operation_type, f->source->name), *begun;
	struct str mode = fetch_arg(f, "mode");

	if (str_eq_c(mode, "look")) {
		bool over = str_eq_c(fetch_arg(f, "id"), "over");

		if (over && (enum fixture_answer)atomic_load(&answer) == ANSWER_LEFT)
			say_left(s);
		say(s, over ? "outcome" : "runs", "",
		    over ? "not done, found by looking: no VACUUM of it has ended since" : "shop.orders",
		    over ? OPERATION_WARNING : OPERATION_OK);
		fetch_publish(f, s);
		return true;
	}
	if (str_eq_c(mode, "follow")) {
		begun = snapshot_new(&operation_type, f->source->name);
		say(begun, "process", "", "7200", OPERATION_OK);
		fetch_publish(f, begun);
		(void)!fetch_wait(f, -1, 0, err);
	}
	if ((enum fixture_answer)atomic_load(&answer) == ANSWER_LEFT)
		say_left(s);
	say(s, "outcome", "", "cancelled", OPERATION_NOTICE);
	fetch_publish(f, s);
	return true;
}

static bool fetch_run(struct fetch *f, struct err *err)
{
	struct snapshot *s = snapshot_new(&operation_type, f->source->name);

	atomic_fetch_add(&runs, 1);
	atomic_store(&overridden, str_eq_c(fetch_arg(f, "override"), "window"));
	if (fetch_arg(f, "sessions").len > 0)
		return run_many(f, s);
	enum fixture_answer which = (enum fixture_answer)atomic_load(&answer);
	if (which == ANSWER_JOB || which == ANSWER_UNKNOWN)
		return run_until_cancelled(f, s, err);
	if ((enum fixture_answer)atomic_load(&answer) == ANSWER_LEFT) {
		say_left(s);
		say(s, "outcome", "", "cancelled; left behind, invalid: shop.orders_pkey_ccnew", OPERATION_WARNING);
		fetch_publish(f, s);
		return true;
	}
	say(s, "outcome", "", "done: the session has ended", OPERATION_OK);
	fetch_publish(f, s);
	return true;
}

/* ---- the doctor ---- */

struct step {
	const char *name, *state, *sentence, *evidence, *remedy, *action;
	int64_t took_us;
};

/* A path that works, from an address that the incident's groups admit. */
static const struct step works[] = {
	{"This host", "ok", "leaves as 10.0.9.5 by wg0", "addresses: wg0 10.0.9.5", NULL, NULL, -1},
	{"DNS", "ok", "10.0.21.34, the writer orders-1, TTL 5 s", "reader endpoint: 10.0.22.18", NULL, NULL, 3000},
	{"Subnet", "ok", "subnet-0b21, way back inside the VPC; ACL allows", NULL, NULL, NULL, -1},
	{"Security group", "ok", "sg-0a1b2c3d: 10.0.0.0/16 (vpc) admits 10.0.9.5 on tcp 5432", "rule sgr-03", NULL,
	 NULL, -1},
	{"TCP connect", "ok", "10.0.21.34 port 5432 answers", NULL, NULL, NULL, 11000},
	{"TLS", "ok", "TLSv1.3, verify-full, Amazon RDS eu-west-1 Subordinate CA RSA2048 G1", "valid to 2061-05-18",
	 NULL, NULL, 14000},
	{"Connection slot", "warning", "41 of 1000 free", "956 used, 3 reserved for superusers", "end idle sessions",
	 NULL, -1},
	{"Authentication", "ok", "watch, password from ~/.pgpass", "database orders", NULL, NULL, 16000},
	{"Rights", "ok", "pg_monitor", NULL, NULL, NULL, -1},
	{"Server", "ok", "the writer, orders-1, PostgreSQL 15.4 on Aurora", NULL, NULL, NULL, -1},
	{"Clock", "ok", "the server is 0.2 s ahead, 300 s allowed by AWS", NULL, NULL, NULL, 2000},
};
/* The picture of view 8. */
static const struct step stops[] = {
	{"This host", "ok", "leaves as 203.0.113.7 by wg0", NULL, NULL, NULL, -1},
	{"DNS", "ok", "10.0.21.34, the writer orders-1, TTL 5 s", NULL, NULL, NULL, 3000},
	{"Subnet", "ok", "subnet-0b21, way back by tgw-0d4e; ACL allows", NULL, NULL, NULL, -1},
	{"Security group", "failed", "no rule admits 203.0.113.7 on tcp 5432",
	 "closest: pl-0c0ffee1, 203.0.113.128/25 (121 below it)",
	 "would: tcp 5432 203.0.113.7/32 or widen pl-0c0ffee1 to 203.0.113.0/24", "allow address", -1},
	{"TCP connect", "failed", "10.0.21.34 port 5432 does not answer within 3.0 s, as step 4 predicts", NULL,
	 "see step 4", NULL, 3000000},
	{"TLS", "not reached", "not reached", NULL, NULL, NULL, -1},
	{"Connection slot", "not reached", "not reached", NULL, NULL, NULL, -1},
	{"Authentication", "not reached", "not reached", NULL, NULL, NULL, -1},
	{"Rights", "not reached", "not reached", NULL, NULL, NULL, -1},
	{"Server", "not reached", "not reached", NULL, NULL, NULL, -1},
	{"Clock", "not reached", "not reached", NULL, NULL, NULL, -1},
};

static void set_if(struct snapshot *s, void *row, const char *field, const char *text)
{
	if (text)
		set_text(s, row, field, text);
}

static bool fetch_doctor(struct fetch *f, struct err *err)
{
	bool closed = (enum fixture_answer)atomic_load(&answer) == ANSWER_FAILURE;
	struct snapshot *s = snapshot_new(command_doctor.type, "doctor");
	struct str typed = fetch_arg(f, "address");
	char address[64];

	(void)err;
	(void)snprintf(address, sizeof address, STR_FMT,
		       STR_ARG(typed.len > 0 ? typed : str_c(closed ? "203.0.113.7" : "10.0.9.5")));
	for (size_t i = 0; i < ARRAY_LEN(works); i++) {
		const struct step *step = closed ? &stops[i] : &works[i];
		void *row = snapshot_add_row(s);

		set_number(s, row, "number", (int64_t)i + 1);
		set_text(s, row, "name", step->name);
		set_text(s, row, "state", step->state);
		set_text(s, row, "sentence", step->sentence);
		set_if(s, row, "evidence", step->evidence);
		set_if(s, row, "remedy", step->remedy);
		set_if(s, row, "action", step->action);
		if (step->took_us >= 0)
			set_number(s, row, "took_us", step->took_us);
		set_number(s, row, "first_failing", closed && i == 3);
		set_text(s, row, "address", address);
		set_text(s, row, "address_from", "as the server sees it");
		set_text(s, row, "host", "orders-1.c9akciq32.eu-west-1.rds.amazonaws.com");
		set_number(s, row, "port", 5432);
	}
	fetch_publish(f, s);
	return true;
}

/* ---- AWS: who we are, signing on, an MFA code ---- */

static bool fetch_whoami(struct fetch *f, struct err *err)
{
	struct snapshot *s = snapshot_new(command_whoami.type, f->source->name);
	void *row = snapshot_add_row(s);

	(void)err;
	set_text(s, row, "arn", "arn:aws:sts::111122223333:assumed-role/ops/auroratop-session-1");
	set_text(s, row, "account", "111122223333");
	set_text(s, row, "user_id", "AROAEXAMPLE:auroratop-session-1");
	set_text(s, row, "origin", "profile prod, role ops through source_profile base");
	set_text(s, row, "profile", "prod");
	set_text(s, row, "region", "eu-west-1");
	set_number(s, row, "expires_at", clock_wall_us() + 50 * US_PER_MIN);
	fetch_publish(f, s);
	return true;
}

static bool fetch_mfa(struct fetch *f, struct err *err)
{
	if (str_eq_c(fetch_arg(f, "code"), "123456"))
		return fetch_whoami(f, err);
	err_set(err, ERR_CREDENTIALS, "AWS does not accept the MFA code of device arn:aws:iam::1:mfa/me");
	err_remedy(err, "Wait for the next code.");
	return false;
}

static bool fetch_sign_on(struct fetch *f, struct err *err)
{
	struct snapshot *s = snapshot_new(command_sign_on.type, f->source->name);
	void *row = snapshot_add_row(s);

	set_text(s, row, "state", "waiting");
	set_text(s, row, "user_code", "ABCD-EFGH");
	set_text(s, row, "address", "https://device.sso.example.com/");
	set_text(s, row, "whole_address", "https://device.sso.example.com/?user_code=ABCD-EFGH");
	set_text(s, row, "session", "corp");
	set_text(s, row, "start_url", "https://x.awsapps.com/start");
	set_number(s, row, "expires_at", clock_wall_us() + 10 * US_PER_MIN);
	fetch_publish(f, s);
	if ((enum fixture_answer)atomic_load(&answer) == ANSWER_BROWSER)
		while (!fetch_cancelled(f) && (enum fixture_answer)atomic_load(&answer) == ANSWER_BROWSER)
			(void)poll(NULL, 0, 1);
	if ((enum fixture_answer)atomic_load(&answer) == ANSWER_FAILURE)
		return err_set(err, ERR_DENIED, "the sign-on was declined on the web page");
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
static const struct source adopt_row = ROW(adopt, &operation_type, fetch_adopt);
static struct source session_row = ROW(session, NULL, fetch_session), doctor_row = ROW(doctor, NULL, fetch_doctor);
/* Writes nothing; or cannot, as in a folder that is not ours. */
static bool fetch_acknowledge(struct fetch *f, struct err *err)
{
	if (atomic_load(&answer) == ANSWER_FAILURE)
		return err_set(err, ERR_IO, "/state/auroratop/acknowledged.jsonl cannot be written: Permission denied");
	fetch_publish(f, snapshot_new(&acknowledged_type, "acknowledge"));
	return true;
}

static struct source acknowledge_row = {
	.name = "acknowledge",
	.title = "acknowledgement",
	.help = "Writes down that a verdict is acknowledged.",
	.lane = LANE_COMMAND,
	.origin = "fixture",
	.fetch = fetch_acknowledge,
};

static struct source whoami_row = ROW(whoami, NULL, fetch_whoami), mfa_row = ROW(mfa_code, NULL, fetch_mfa),
		     sign_on_row = ROW(sign_on, NULL, fetch_sign_on);
static const struct source *const rows[] = {
	&explain_row,       &session_row, &preview_row, &signal_row,      &maintain_row,
	&server_change_row, &doctor_row,  &adopt_row,   &aws_preview_row, &aws_change_row,
	&acknowledge_row,   &whoami_row,  &mfa_row,     &sign_on_row,
};

void fixture_commands(struct runtime *rt)
{
	session_row.type = command_session.type;
	doctor_row.type = command_doctor.type;
	acknowledge_row.type = &acknowledged_type;
	whoami_row.type = mfa_row.type = command_whoami.type;
	sign_on_row.type = command_sign_on.type;
	atomic_store(&answer, ANSWER_PLAN);
	atomic_store(&runs, 0);
	atomic_store(&sessions_run, 0);
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
