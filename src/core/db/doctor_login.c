/*
 * doctor_login.c: the steps behind the port: TLS, a free slot, the login, and what the server says of itself.
 *
 * The login is the console's own (conn.h), so what it says of TLS and passwords is what every pane would meet. The
 * certificate is looked at apart and before, because a login that refuses it tells little of why.
 */
#include "db/doctor.h"

#include "base/clock.h"
#include "codec/codec_sql.h"
#include "db/conn.h"
#include "db/tls_look.h"
#include "model/data.h"

#include <stdio.h>

struct answer {
	uint64_t present;
	struct str client_addr, user_name, database_name;
	int64_t monitor, signal_backend, rds_superuser, server_at, max_connections, reserved, used;
	struct str login_means;
};
#define F(m, k) FIELD(struct answer, m, k, .title = #m, .help = #m)
static const struct field answer_fields[] = {
	F(client_addr, K_ID),      F(user_name, K_ID),       F(database_name, K_ID),  F(monitor, K_BOOL),
	F(signal_backend, K_BOOL), F(rds_superuser, K_BOOL), F(server_at, K_TIME_US), F(max_connections, K_COUNT),
	F(reserved, K_COUNT),      F(used, K_COUNT),         F(login_means, K_TEXT),
};
#undef F
static const struct rec_type answer_type = REC_TYPE(struct answer, "doctor_answer", answer_fields);

/* ---- TLS ---- */

struct seen_tls {
	struct tls_look look;
	bool looked; /* it is filled */
	bool none;   /* the server does not speak TLS */
};

static void date(int64_t at_us, char out[16])
{
	char text[40];

	(void)snprintf(out, 16, "%.10s", clock_iso8601(at_us, text, sizeof(text)));
}

/* False: cancelled. */
static bool look_at_tls(struct doctor *d, struct seen_tls *t, struct err *err)
{
	const struct doctor_place *p = d->connected_place >= 0 ? &d->places[d->connected_place] : NULL;
	int64_t limit = clock_mono_us() + DOCTOR_TLS_US, began = clock_mono_us();
	struct fetch nearer = *d->f;

	*t = (struct seen_tls){.looked = false};
	if (!p || strcmp(d->login.sslmode, "disable") == 0)
		return true;
	if (limit < nearer.deadline_mono_us)
		nearer.deadline_mono_us = limit;
	fetch_doing(d->f, "looking at the certificate of %s", p->host);
	t->looked = tls_look(&nearer, p->host, p->addr, p->port, &t->look, err);
	d->steps[STEP_TLS].took_us = clock_mono_us() - began;
	t->none = !t->looked && strcmp(err->id, "no-tls") == 0;
	return t->looked || err->code != ERR_CANCELLED;
}

static void tell_certificate(struct doctor *d, const struct tls_look *look)
{
	char until[16];

	date(look->not_after_us, until);
	doctor_evidence(d, STEP_TLS, "%s; certificate of %s for %s, issued by %s, valid to %s, chain of %d",
			look->cipher, look->subject[0] ? look->subject : "nobody",
			look->names[0] ? look->names : "no name", look->issuer[0] ? look->issuer : "nobody", until,
			look->chain);
}

/* The login did not come about for a reason of TLS; what was looked at says more than libpq does. */
static void tell_tls_failure(struct doctor *d, const struct seen_tls *t, const struct err *err)
{
	int64_t now = clock_wall_us();
	char text[16];

	doctor_say_err(d, STEP_TLS, STEP_FAILED, err);
	if (!t->looked)
		return;
	if (t->look.not_after_us > 0 && t->look.not_after_us < now) {
		date(t->look.not_after_us, text);
		doctor_say(d, STEP_TLS, STEP_FAILED, "the certificate of %s expired on %s", d->host, text);
		doctor_remedy(d, STEP_TLS, "the server needs a new certificate; on RDS, rotate its certificate");
	} else if (t->look.not_before_us > now) {
		date(t->look.not_before_us, text);
		doctor_say(d, STEP_TLS, STEP_FAILED, "the certificate of %s is valid only from %s on", d->host, text);
		doctor_remedy(d, STEP_TLS, "check the clock of this host");
	} else if (!t->look.name_matches && strstr(err->text, "another name")) {
		doctor_say(d, STEP_TLS, STEP_FAILED, "the certificate is for %s, not for %s",
			   t->look.names[0] ? t->look.names : t->look.subject, d->host);
		doctor_remedy(d, STEP_TLS, "%s", err->remedy);
	}
	tell_certificate(d, &t->look);
}

static bool is_own_host(const struct doctor *d)
{
	return d->has_server && net_addr_scope(&d->server) == NET_LOOPBACK;
}

/* Logged in: what TLS was like. Without verification somebody else may be at the other end, unless that is here. */
static void tell_tls(struct doctor *d, const struct seen_tls *t)
{
	bool full = strcmp(d->login.sslmode, "verify-full") == 0;
	enum step_state weak = is_own_host(d) ? STEP_NOTICE : STEP_WARNING;

	if (d->socket) {
		doctor_say(d, STEP_TLS, STEP_SKIPPED, "by a Unix socket");
		return;
	}
	if (!t->looked) {
		doctor_say(d, STEP_TLS, weak, "%s (sslmode=%s)",
			   t->none ? "the server does not speak TLS" : "not encrypted", d->login.sslmode);
		doctor_remedy(d, STEP_TLS, "turn TLS on at the server, and use sslmode=verify-full");
		return;
	}
	if (full)
		doctor_say(d, STEP_TLS, STEP_OK, "%s, verify-full, %s", t->look.protocol, t->look.issuer);
	else
		doctor_say(d, STEP_TLS, weak, "%s, %s verified (sslmode=%s)", t->look.protocol,
			   strcmp(d->login.sslmode, "verify-ca") == 0 ? "its name not" : "not", d->login.sslmode);
	tell_certificate(d, &t->look);
	if (!full)
		doctor_remedy(d, STEP_TLS, "use sslmode=verify-full with sslrootcert");
}

/* ---- a login that failed ---- */

static void tell_no_slot(struct doctor *d, const struct seen_tls *t, const struct err *err)
{
	tell_tls(d, t);
	doctor_say_err(d, STEP_SLOTS, STEP_FAILED, err);
	(void)snprintf(d->steps[STEP_SLOTS].action, sizeof(d->steps[STEP_SLOTS].action), "terminate");
}

static void tell_refusal(struct doctor *d, const struct err *err)
{
	doctor_say(d, STEP_SLOTS, STEP_NOT_REACHED, "not reached");
	doctor_say_err(d, STEP_LOGIN, STEP_FAILED, err);
	doctor_evidence(d, STEP_LOGIN, "user %s, database %s%s%s; %s %s",
			d->login.means == LOGIN_SECRET ? "of the secret" : d->login.user, d->login.database,
			err->id[0] ? ", SQLSTATE " : "", err->id,
			d->login.means == LOGIN_PASSWORD ? "password from" : "by", d->login.password_from);
}

static void tell_login_failure(struct doctor *d, const struct seen_tls *t, const struct err *err)
{
	/* a server that has named a reason was spoken to as far as that */
	bool mute = !err->id[0] && err->code != ERR_LOGIN;
	bool before_tls = !t->looked && !t->none && d->connected_place >= 0 && strcmp(d->login.sslmode, "disable") != 0;

	if (err->code == ERR_TLS) {
		tell_tls_failure(d, t, err);
	} else if (strcmp(err->id, CONN_NO_ROOM) == 0) {
		tell_no_slot(d, t, err);
	} else if (mute && before_tls) {
		doctor_say_err(d, STEP_TLS, STEP_FAILED, err);
	} else {
		tell_tls(d, t);
		tell_refusal(d, err);
	}
	doctor_rest(d, STEP_TLS, STEP_NOT_REACHED, "not reached");
}

/* ---- logged in ---- */

static void tell_login(struct doctor *d, const struct conn *c, const struct answer *a)
{
	struct str means = a->login_means, method = STR("");

	(void)str_split(&means, ':', &method);
	if (conn_used_password(c) && d->login.means != LOGIN_PASSWORD)
		doctor_say(d, STEP_LOGIN, STEP_OK, STR_FMT ", by %s%s" STR_FMT "%s", STR_ARG(a->user_name),
			   conn_login_by(c), method.len > 0 ? " (" : "", STR_ARG(method), method.len > 0 ? ")" : "");
	else if (conn_used_password(c))
		doctor_say(d, STEP_LOGIN, STEP_OK, STR_FMT ", " STR_FMT "%spassword from %s", STR_ARG(a->user_name),
			   STR_ARG(method), method.len > 0 ? " " : "", d->login.password_from);
	else
		doctor_say(d, STEP_LOGIN, STEP_OK, STR_FMT ", without a password%s" STR_FMT, STR_ARG(a->user_name),
			   method.len > 0 ? ", by " : "", STR_ARG(method));
	doctor_evidence(d, STEP_LOGIN, "database " STR_FMT, STR_ARG(a->database_name));
}

static void tell_rights(struct doctor *d, const struct probe *p, const struct answer *a)
{
	const char *also = a->signal_backend ? ", pg_signal_backend" : "";

	if (p->superuser || a->rds_superuser) {
		doctor_say(d, STEP_RIGHTS, STEP_NOTICE, STR_FMT " is %s: more than watching needs",
			   STR_ARG(a->user_name), p->superuser ? "a superuser" : "in rds_superuser");
		doctor_remedy(d, STEP_RIGHTS,
			      "watch with a role that has pg_monitor, and set action_user to one that acts");
	} else if (a->monitor) {
		doctor_say(d, STEP_RIGHTS, STEP_OK, "pg_monitor%s", also);
		if (!a->signal_backend)
			doctor_evidence(d, STEP_RIGHTS,
					"no pg_signal_backend: only its own sessions can be cancelled or ended");
	} else {
		doctor_say(d, STEP_RIGHTS, STEP_WARNING, "no pg_monitor: what other roles do is hidden%s",
			   a->signal_backend ? "; pg_signal_backend" : "");
		doctor_remedy(d, STEP_RIGHTS, "GRANT pg_monitor TO " STR_FMT, STR_ARG(a->user_name));
	}
}

static void tell_slots(struct doctor *d, const struct answer *a)
{
	int64_t left = a->max_connections - a->used - a->reserved;

	/* one in twenty is used up by one restart of an application */
	bool tight = left < a->max_connections / 20;

	left = left > 0 ? left : 0;
	doctor_say(d, STEP_SLOTS, tight ? STEP_WARNING : STEP_OK, "%lld of %lld free", (long long)left,
		   (long long)a->max_connections);
	doctor_evidence(d, STEP_SLOTS, "%lld used, %lld reserved for superusers", (long long)a->used,
			(long long)a->reserved);
	if (tight)
		doctor_remedy(d, STEP_SLOTS, "end idle sessions, or put a pooler before the server");
}

static void tell_server(struct doctor *d, const struct conn *c)
{
	const struct snapshot *clusters = d->f->inputs[DOCTOR_CLUSTERS];
	const struct probe *p = conn_probe(c);
	long row = data_find(clusters, "identifier", str_c(d->target->cluster));
	struct str writer = row < 0 ? STR("") : data_str(clusters, (size_t)row, "writer");
	bool wants_writer = !d->target->node[0] && row >= 0 &&
			    !str_eq_c(data_str(clusters, (size_t)row, "reader_endpoint"), d->host);

	doctor_say(d, STEP_SERVER, STEP_OK, "%s%s%s, PostgreSQL %s%s%s",
		   p->in_recovery ? (p->aurora ? "a reader" : "a standby") : "the writer", p->instance[0] ? ", " : "",
		   p->instance, p->version, p->aurora ? " on Aurora" : "",
		   conn_via_proxy(c)    ? ", through an RDS Proxy"
		   : conn_via_pooler(c) ? ", through a pooler"
					: "");
	if (d->site.not_proxy)
		doctor_evidence(d, STEP_SERVER, "connected to the instance instead of to the RDS Proxy");
	if (conn_via_proxy(c)) {
		d->steps[STEP_SERVER].state = STEP_NOTICE;
		doctor_remedy(d, STEP_SERVER,
			      "sessions are shared there and nothing can be acted on: name the cluster, "
			      "or connect to the instance");
	}
	if (!wants_writer || !p->in_recovery)
		return;
	d->steps[STEP_SERVER].state = STEP_WARNING;
	doctor_remedy(d, STEP_SERVER, "the writer is " STR_FMT ": after a failover connect anew", STR_ARG(writer));
}

static void tell_clock(struct doctor *d, const struct answer *a, int64_t asked_us, int64_t answered_us)
{
	int64_t off = a->server_at - (asked_us + (answered_us - asked_us) / 2), size = off < 0 ? -off : off;
	bool wrong = size >= DOCTOR_CLOCK_WARN_US;

	doctor_say(d, STEP_CLOCK, wrong ? STEP_WARNING : STEP_OK, "the server is %.1f s %s, %d s allowed by AWS",
		   (double)size / (double)US_PER_S, off < 0 ? "behind" : "ahead",
		   (int)(DOCTOR_CLOCK_AWS_US / US_PER_S));
	d->steps[STEP_CLOCK].took_us = answered_us - asked_us;
	if (wrong)
		doctor_remedy(d, STEP_CLOCK,
			      "set this host's clock (NTP); AWS refuses what a clock 300 s off has signed");
}

/* Asks, and fills every step that was waiting. */
static bool ask_server(struct doctor *d, struct conn *c, struct err *err)
{
	struct snapshot *s = snapshot_new(&answer_type, "doctor");
	int64_t asked = clock_wall_us(), answered;
	struct pg_result *r;
	bool ok = conn_query(d->f, c, "doctor", NULL, 0, &r, err);

	answered = clock_wall_us();
	if (ok) {
		ok = sql_read_rows(r, s, err);
		conn_result_free(r);
	}
	if (ok && s->nrows != 1)
		ok = err_set(err, ERR_PROTOCOL, "the server answered with %zu rows", s->nrows);
	if (ok) {
		const struct answer *a = snapshot_row(s, 0);

		d->has_seen = HAS(a, struct answer, client_addr) && net_addr_parse(a->client_addr, &d->seen);
		tell_login(d, c, a);
		tell_rights(d, conn_probe(c), a);
		tell_slots(d, a);
		tell_server(d, c);
		tell_clock(d, a, asked, answered);
	}
	snapshot_unref(s);
	return ok;
}

bool doctor_login(struct doctor *d, struct err *err)
{
	struct seen_tls tls;
	struct conn *c;
	int64_t began;

	if (!look_at_tls(d, &tls, err))
		return false;
	err_clear(err);
	began = clock_mono_us();
	if (!conn_open(d->f, &c, err)) {
		if (err->code == ERR_CANCELLED)
			return false;
		tell_login_failure(d, &tls, err);
		d->steps[STEP_LOGIN].took_us = d->steps[STEP_LOGIN].state == STEP_FAILED ? clock_mono_us() - began : -1;
		err_clear(err);
		return true;
	}
	d->logged_in = true;
	tell_tls(d, &tls);
	d->steps[STEP_LOGIN].took_us = clock_mono_us() - began;
	if (ask_server(d, c, err))
		return true;
	if (err->code == ERR_CANCELLED)
		return false;
	doctor_say(d, STEP_LOGIN, STEP_OK, "logged in as %s", d->login.user);
	doctor_say_err(d, STEP_SERVER, STEP_FAILED, err);
	doctor_rest(d, STEP_TLS, STEP_NOT_REACHED, "not reached");
	err_clear(err);
	return true;
}
