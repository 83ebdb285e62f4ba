/*
 * src_action.c: keeps the action lane's connection ready, and tells how it is.
 *
 * Opened after the first sample, so that it takes nothing from what the user waits for; then one
 * short statement every 30 s, or less often while commands use it. One that does not answer, has
 * moved away from where the sampler is, or was lost is closed and opened anew in the same
 * fetch. Nothing waits for it: what runs on it has another way (standby.h).
 */
#include "base/clock.h"
#include "base/xalloc.h"
#include "db/sessions.h"
#include "db/site.h"
#include "db/sources.h"
#include "db/standby.h"

#define LOGIN_REST_US (10 * US_PER_MIN)
#define ROTATION_REST_US US_PER_MIN

struct action {
	uint64_t present;
	struct str state, node, database, user, login_by;
	int64_t opened_at, checked_at, answer_us, opened;
};

#define F(m, k, ...) FIELD(struct action, m, k, __VA_ARGS__)
/* clang-format off */
static const struct field fields[] = {
	F(state, K_ENUM, .title = "STATE", .width = 8, .help = "ready, or in use by a command."),
	F(node, K_ID, .title = "NODE", .width = 16, .help = "Instance it is connected to; absent where the server does not tell."),
	F(database, K_ID, .title = "DATABASE", .width = 10, .help = "Database it is connected to."),
	F(user, K_ID, .title = "USER", .width = 10, .help = "Role that acts."),
	F(login_by, K_TEXT, .title = "LOGIN BY", .width = 20, .help = "By what it was let in, as in activity."),
	F(opened_at, K_TIME_US, .title = "SINCE", .width = 9, .help = "When it was opened."),
	F(checked_at, K_TIME_US, .title = "CHECKED", .width = 9, .help = "When it last answered."),
	F(answer_us, K_DURATION_US, .title = "ANSWER", .width = 7, .help = "How long that took, opening included."),
	F(opened, K_COUNT, .title = "OPENED", .width = 6, .help = "How often it was opened."),
};
/* clang-format on */
#undef F
static const struct rec_type type = REC_TYPE(struct action, "action", fields);

/* What is told while a command has the connection. */
struct state {
	uint64_t serial; /* of the connection */
	char node[256], database[64], user[64], login_by[256];
	int64_t opened_at, checked_at, answer_us, opened;
};

static const struct login_wish acts = {.acts = true};

static const struct activity *sampled(const struct snapshot *s)
{
	return s && s->type == &activity_type && s->nrows == 1 ? snapshot_row(s, 0) : NULL;
}

/* After a failover the old writer may live on as a reader, and keep its connections. */
static bool is_elsewhere(const struct fetch *f, const struct conn *c)
{
	const struct activity *a = sampled(f->inputs[2]);
	const char *here = conn_probe(c)->instance;

	return a && HAS(a, struct activity, instance) && here[0] && !str_eq_c(a->instance, here);
}

static void note(struct state *st, const struct conn *c, int64_t began)
{
	const struct probe *p = conn_probe(c);

	st->checked_at = clock_wall_us();
	st->answer_us = clock_mono_us() - began;
	if (st->serial == conn_serial(c))
		return;
	st->serial = conn_serial(c);
	st->opened_at = st->checked_at;
	st->opened++;
	(void)snprintf(st->node, sizeof(st->node), "%s", p->instance);
	(void)snprintf(st->database, sizeof(st->database), "%s", p->database);
	(void)snprintf(st->user, sizeof(st->user), "%s", p->user);
	(void)snprintf(st->login_by, sizeof(st->login_by), "%s", conn_login_by(c));
}

static bool rotates(const struct target *t)
{
	bool apart = login_acts_apart(&t->login);

	return (apart ? login_action_means(&t->login) : login_means(&t->login)) == LOGIN_SECRET;
}

static bool keep(struct fetch *f, struct conn *c, struct state *st, struct err *err)
{
	int64_t began = clock_mono_us();
	struct err lost = {0};

	fetch_doing(f, "checking its connection");
	if (!conn_fits(f, c, &acts) || is_elsewhere(f, c) || !standby_answers(f, c, &lost)) {
		conn_close(c);
		if (!conn_open_on(f, c, &acts, err)) {
			/* a wrong password stays wrong, and each attempt is a line in the server's log; a secret may be
			 * in the middle of its rotation */
			if (err->code == ERR_LOGIN)
				err->retry_after_us = rotates(f->target) ? ROTATION_REST_US : LOGIN_REST_US;
			return false;
		}
	}
	if (conn_via_pooler(c)) {
		conn_close(c);
		return err_set(err, ERR_UNAVAILABLE, "a pooler stands between the console and the server");
	}
	note(st, c, began);
	return true;
}

static void publish(struct fetch *f, const struct state *st, const char *how)
{
	struct snapshot *s = snapshot_new(&type, source_action.name);
	struct action *row = snapshot_add_row(s);

	SET(row, struct action, state, arena_str(s->arena, str_c(how)));
	SET(row, struct action, database, arena_str(s->arena, str_c(st->database)));
	SET(row, struct action, user, arena_str(s->arena, str_c(st->user)));
	SET(row, struct action, login_by, arena_str(s->arena, str_c(st->login_by)));
	SET(row, struct action, opened_at, st->opened_at);
	SET(row, struct action, checked_at, st->checked_at);
	SET(row, struct action, answer_us, st->answer_us);
	SET(row, struct action, opened, st->opened);
	if (st->node[0])
		SET(row, struct action, node, arena_str(s->arena, str_c(st->node)));
	fetch_publish(f, s);
}

static bool fetch_action(struct fetch *f, struct err *err)
{
	struct state **slot = (struct state **)fetch_state(f, xfree);
	struct conn *c;
	bool ok;

	if (target_is_read_only(f->target))
		return err_set(err, ERR_UNAVAILABLE, "the console is read-only: nothing is acted on");
	if (!*slot)
		*slot = xcalloc(1, sizeof **slot);
	if (!standby_take(f, &c)) {
		publish(f, *slot, "in use");
		return true;
	}
	ok = keep(f, c, *slot, err);
	standby_offer(f);
	if (ok)
		publish(f, *slot, "ready");
	return ok;
}

static enum readiness ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	const struct activity *a = sampled(inputs[2]);
	enum readiness site;

	if (target_is_read_only(t)) {
		err_set(why, ERR_UNAVAILABLE, "the console is read-only: nothing is acted on");
		return READY_UNAVAILABLE;
	}
	site = site_ready(t, inputs, why);
	if (site != READY)
		return site;
	if (a && a->via_pooler) {
		err_set(why, ERR_UNAVAILABLE, "a pooler stands between the console and the server");
		err_remedy(why, "connect to the instance%s", a->via_proxy ? ", not to the RDS Proxy" : "");
		return READY_UNAVAILABLE;
	}
	return inputs[2] ? READY : READY_WAIT;
}

const struct source source_action = {
	.name = "action",
	.title = "action lane",
	.help = "The connection that is kept ready to look at sessions and to signal them.",
	.type = &type,
	.lane = LANE_ACTION,
	.flags = SOURCE_DB | SOURCE_STANDING,
	.period_us = 30 * US_PER_S,
	.deadline_us = 15 * US_PER_S,
	.inputs = SITE_INPUTS " activity",
	.origin = "its own connection",
	.ready = ready,
	.fetch = fetch_action,
};
