/*
 * conn.c: opening, asking, dropping.
 *
 * libpq is used only in its asynchronous form, every wait goes through fetch_wait(), so
 * each has the fetch's deadline and ends with a cancel. A connection that was given up
 * in mid-answer is closed, not cancelled: PQcancel() blocks, closing does not, and
 * statement_timeout ends what the server still does.
 *
 * Settings go as startup options, so they hold from the first statement and for every
 * reset. A pooler is known by refusing them, by losing them, or by a process id that
 * is not the server's; behind one, each statement is sent unnamed in a read-only
 * transaction of its own with SET LOCAL, so that nothing leaks into a session that
 * somebody else gets next.
 *
 * A new connection costs its user as few round trips as possible: the probe travels with
 * the first statement, and the preparing of a statement with its first run.
 */
#include "db/conn.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "db/ask.h"
#include "db/conn_err.h"
#include "db/conn_own.h"
#include "db/login.h"
#include "db/sqlset.h"

#include <libpq-fe.h>
#include <poll.h>

#define LOGIN_BY_MAX 288 /* a name of 200 bytes, and the words around it */
#define PREPARED_MAX 32
#define STATEMENT_MAX 65536

struct conn {
	PGconn *pg;          /* NULL = closed */
	uint64_t generation; /* of the target it was opened for */
	struct login_wish wish;
	struct site site; /* where it was opened to */
	uint64_t serial;
	bool pooler, proxy, probed;
	char login_by[LOGIN_BY_MAX];
	struct probe probe;
	const char *prepared[PREPARED_MAX]; /* names, as given to conn_query() */
	int nprepared;
	atomic_llong *own; /* its place in the list of our own, NULL = none */
};

static atomic_ullong serials;

void conn_close(struct conn *c)
{
	if (c->own)
		atomic_store(c->own, 0);
	c->own = NULL;
	PQfinish(c->pg);
	c->pg = NULL;
	c->nprepared = 0;
}

struct conn *conn_new(void)
{
	return xcalloc(1, sizeof(struct conn));
}

void conn_free(void *conn)
{
	if (!conn)
		return;
	conn_close(conn);
	xfree(conn);
}

bool conn_is_open(const struct conn *c)
{
	return c->pg && c->probed && PQstatus(c->pg) == CONNECTION_OK;
}

const struct probe *conn_probe(const struct conn *c)
{
	CHECK(c->probed);
	return &c->probe;
}

void conn_place(const struct conn *c, char *out, size_t size)
{
	const char *host = PQhost(c->pg), *port = PQport(c->pg);

	(void)snprintf(out, size, "%s:%s", host ? host : "", port ? port : "");
}

bool conn_used_password(const struct conn *c)
{
	return PQconnectionUsedPassword(c->pg) != 0;
}

bool conn_via_pooler(const struct conn *c)
{
	CHECK(c->probed);
	return c->pooler;
}

bool conn_via_proxy(const struct conn *c)
{
	return c->proxy;
}

const char *conn_login_by(const struct conn *c)
{
	return c->login_by;
}

uint64_t conn_serial(const struct conn *c)
{
	return c->serial;
}

void conn_result_free(struct pg_result *r)
{
	PQclear(r);
}

/* ---- asking ---- */

/* In a transaction of its own, unnamed: the next statement may meet another session. */
static bool query_pooled(struct fetch *f, struct conn *c, const char *text, const struct ask_params *params,
			 PGresult **ret_result, struct err *err)
{
	struct ask_step step = {.text = text, .params = params};

	if (!ask_text(f, c->pg, login_set_local, NULL, err) || !ask_steps(f, c->pg, &step, 1, ret_result, err))
		return false;
	if (ask_text(f, c->pg, "COMMIT", NULL, err))
		return true;
	PQclear(*ret_result);
	*ret_result = NULL;
	return false;
}

static bool is_prepared(const struct conn *c, const char *name)
{
	for (int i = 0; i < c->nprepared; i++)
		if (strcmp(c->prepared[i], name) == 0)
			return true;
	return false;
}

static bool query_direct(struct fetch *f, struct conn *c, const char *name, const struct ask_params *params,
			 PGresult **ret_result, struct err *err)
{
	const struct ask_step steps[] = {
		{.prepare_as = name, .text = sqlset_text(name, PQserverVersion(c->pg)), .params = params},
		{.prepared = name, .params = params},
	};
	size_t skip = is_prepared(c, name);
	PGresult *results[ARRAY_LEN(steps)] = {0};
	bool ok = ask_steps(f, c->pg, steps + skip, ARRAY_LEN(steps) - skip, results + skip, err);

	if (results[0]) {
		CHECK(c->nprepared < PREPARED_MAX);
		c->prepared[c->nprepared++] = name;
	}
	PQclear(results[0]);
	*ret_result = results[1];
	return ok;
}

static bool query(struct fetch *f, struct conn *c, const char *name, const struct ask_params *params,
		  PGresult **ret_result, struct err *err)
{
	if (c->pooler)
		return query_pooled(f, c, sqlset_text(name, PQserverVersion(c->pg)), params, ret_result, err);
	return query_direct(f, c, name, params, ret_result, err);
}

/* ---- probing ---- */

static bool ask_instance(struct fetch *f, struct conn *c, struct err *err)
{
	PGresult *r = NULL;
	const char *value;

	if (!query(f, c, "aurora_instance", NULL, &r, err))
		return false;
	value = PQntuples(r) == 1 && !PQgetisnull(r, 0, 0) ? PQgetvalue(r, 0, 0) : "";
	snprintf(c->probe.instance, sizeof(c->probe.instance), "%s", value);
	PQclear(r);
	return true;
}

/* A statement file whose answer is not looked at. */
static bool run_file(struct fetch *f, struct conn *c, const char *name, struct err *err)
{
	PGresult *r = NULL;
	bool ok = query(f, c, name, NULL, &r, err);

	PQclear(r);
	return ok;
}

/* What follows from the row of probe.sql. */
static bool take_probe(struct fetch *f, struct conn *c, const PGresult *r, struct err *err)
{
	const char *version = PQparameterStatus(c->pg, "server_version");

	if (!probe_read(r, &c->probe, err))
		return false;
	c->pooler = c->pooler || !(c->wish.planner ? c->probe.limits_hold : c->probe.settings_hold) ||
		    c->probe.backend_pid != PQbackendPID(c->pg);
	/* "15.18 (Debian 15.18-1)": the packager's part is of no use here */
	snprintf(c->probe.version, sizeof(c->probe.version), "%.*s", version ? (int)strcspn(version, " ") : 0,
		 version ? version : "");
	if (c->wish.planner && !c->pooler && !run_file(f, c, "catalog_path", err))
		return false;
	if (c->probe.has_instance && !ask_instance(f, c, err))
		return false;
	c->probed = true;
	if (!c->own)
		c->own = conn_own_add(c->probe.backend_pid);
	return true;
}

/* Unnamed in any case: that there is a pooler may only come out by the answer. */
static bool probe_alone(struct fetch *f, struct conn *c, struct err *err)
{
	const struct ask_step step = {.text = sqlset_text("probe", PQserverVersion(c->pg))};
	PGresult *r = NULL;
	bool ok = c->pooler ? query_pooled(f, c, step.text, NULL, &r, err) : ask_steps(f, c->pg, &step, 1, &r, err);

	ok = ok && take_probe(f, c, r, err);
	PQclear(r);
	return ok;
}

/*
 * The probe and the first statement in one round trip. Whether there is a pooler that drops our settings is not known
 * yet, so the statement is unnamed and search_path is set for this transaction alone.
 */
static bool query_first(struct fetch *f, struct conn *c, const char *name, const struct ask_params *params,
			PGresult **ret_result, struct err *err)
{
	int version = PQserverVersion(c->pg);
	const struct ask_step steps[] = {
		{.text = sqlset_text("probe", version)},
		{.text = sqlset_text("search_path", version)},
		{.text = sqlset_text(name, version), .params = params},
	};
	PGresult *results[ARRAY_LEN(steps)] = {0};
	bool ok = ask_steps(f, c->pg, steps, ARRAY_LEN(steps), results, err) && take_probe(f, c, results[0], err);

	PQclear(results[0]);
	PQclear(results[1]);
	if (ok)
		*ret_result = results[2];
	else
		PQclear(results[2]);
	return ok;
}

/* ---- what sources call ---- */

static bool may_keep(const struct conn *c, const struct err *err)
{
	return !c->pooler && PQstatus(c->pg) == CONNECTION_OK && PQtransactionStatus(c->pg) == PQTRANS_IDLE &&
	       err->code != ERR_LOST;
}

static void explain_wait(const struct conn *c, struct err *err)
{
	if (err->code == ERR_TIMEOUT && err->id[0] == '\0')
		err_set(err, ERR_TIMEOUT, "%s did not answer within the time allowed; the connection is opened anew",
			c->probe.instance[0] ? c->probe.instance : "the database");
}

static bool give_up(struct conn *c, struct err *err)
{
	explain_wait(c, err);
	if (!c->probed || !may_keep(c, err))
		conn_close(c);
	return false;
}

static void fill(struct ask_params *a, const struct conn_param *params, int nparams)
{
	CHECK(nparams <= CONN_PARAMS_MAX);
	*a = (struct ask_params){.n = nparams};
	for (int i = 0; i < nparams; i++) {
		a->types[i] = params[i].type;
		a->values[i] = params[i].value;
		a->formats[i] = params[i].len >= 0;
		a->lengths[i] = params[i].len >= 0 ? params[i].len : 0;
	}
}

/* After every exchange: drops what may not be kept, refuses what is too large, counts. */
static bool settle(struct fetch *f, struct conn *c, bool ok, const char *name, PGresult **result, struct err *err)
{
	if (!ok)
		return give_up(c, err);
	fetch_count(f, 1, (int64_t)PQresultMemorySize(*result));
	if (PQresultMemorySize(*result) <= CONN_RESULT_MAX)
		return true;
	PQclear(*result);
	*result = NULL;
	return err_set(err, ERR_LIMIT, "the answer to %s takes more than %u MiB", name, CONN_RESULT_MAX >> 20);
}

bool conn_query(struct fetch *f, struct conn *c, const char *name, const struct conn_param *params, int nparams,
		struct pg_result **ret_result, struct err *err)
{
	struct ask_params a;
	bool ok;

	CHECK(c->pg);
	fill(&a, params, nparams);
	*ret_result = NULL;
	if (c->probed)
		ok = query(f, c, name, &a, ret_result, err);
	else if (c->pooler)
		ok = probe_alone(f, c, err) && query(f, c, name, &a, ret_result, err);
	else
		ok = query_first(f, c, name, &a, ret_result, err);
	return settle(f, c, ok, name, ret_result, err);
}

bool conn_query_extension(struct fetch *f, struct conn *c, const struct conn_statement *statement,
			  const struct conn_param *params, int nparams, struct pg_result **ret_result, struct err *err)
{
	struct ask_step step = {0};
	struct ask_params a;
	struct buf text;
	bool ok;

	CHECK(c->pg && c->probed);
	fill(&a, params, nparams);
	*ret_result = NULL;
	buf_init(&text, STATEMENT_MAX);
	ok = sqlset_put_schema(&text, str_c(sqlset_text(statement->name, statement->version_num)), statement->schema);
	CHECK(ok);
	step = (struct ask_step){.text = buf_c(&text), .params = &a};
	if (c->pooler)
		ok = query_pooled(f, c, step.text, &a, ret_result, err);
	else
		ok = ask_steps(f, c->pg, &step, 1, ret_result, err);
	buf_release(&text);
	return settle(f, c, ok, statement->name, ret_result, err);
}

bool conn_query_text(struct fetch *f, struct conn *c, const char *text, const struct conn_param *params, int nparams,
		     struct pg_result **ret_result, struct err *err)
{
	struct ask_params a;
	struct ask_step step = {.text = text, .params = &a};
	bool ok;

	CHECK(c->pg && c->probed && !c->pooler);
	fill(&a, params, nparams);
	*ret_result = NULL;
	ok = ask_steps(f, c->pg, &step, 1, ret_result, err);
	return settle(f, c, ok, "a statement", ret_result, err);
}

bool conn_ask(struct fetch *f, struct conn *c, const char *text, struct pg_result **ret_result, struct err *err)
{
	struct ask_step step = {.text = text, .as_text = true};
	bool ok;

	CHECK(c->pg && c->probed && !c->pooler);
	*ret_result = NULL;
	ok = ask_steps(f, c->pg, &step, 1, ret_result, err);
	return settle(f, c, ok, "the statement", ret_result, err);
}

bool conn_prepare(struct fetch *f, struct conn *c, const char *name, const char *text, int *ret_nparams,
		  struct err *err)
{
	struct ask_step steps[] = {{.prepare_as = name, .text = text}, {.describe = name}};
	PGresult *results[ARRAY_LEN(steps)] = {0};
	bool ok;

	CHECK(c->pg && c->probed && !c->pooler);
	ok = ask_steps(f, c->pg, steps, ARRAY_LEN(steps), results, err);
	if (ok)
		*ret_nparams = PQnparams(results[1]);
	ok = settle(f, c, ok, name, &results[1], err);
	PQclear(results[0]);
	PQclear(results[1]);
	return ok;
}

struct listener {
	conn_notice_fn notice;
	void *arg;
};

static void hear(void *arg, const PGresult *r)
{
	const struct listener *l = arg;
	const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED),
		   *state = PQresultErrorField(r, PG_DIAG_SQLSTATE),
		   *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

	if (l->notice && text)
		l->notice(l->arg, str_c(severity ? severity : ""), str_c(state ? state : ""), str_c(text));
}

static void hear_silence(void *arg)
{
	const struct listener *l = arg;

	l->notice(l->arg, STR(""), STR(""), STR(""));
}

bool conn_run(struct fetch *f, struct conn *c, const char *text, conn_notice_fn notice, void *arg, struct err *err)
{
	struct listener listener = {notice, arg};
	struct ask_still silent = {US_PER_S, hear_silence, &listener};
	PQnoticeReceiver before;

	CHECK(c->pg && c->probed && !c->pooler);
	before = PQsetNoticeReceiver(c->pg, hear, &listener);
	fetch_count(f, 1, 0);
	bool ok = ask_text(f, c->pg, text, notice ? &silent : NULL, err);
	if (!ok && (err->code == ERR_CANCELLED || err->code == ERR_TIMEOUT) &&
	    PQtransactionStatus(c->pg) == PQTRANS_ACTIVE) {
		bool late = err->code == ERR_TIMEOUT;

		if (!ask_cancel(c->pg, CONN_CANCEL_US, err))
			err_set(err, ERR_LOST, "the server was told to cancel and has not answered");
		else if (err->code != ERR_NONE && late)
			err_prefix(err, "its time was up");
		ok = err->code == ERR_NONE;
	}
	if (c->pg && before)
		PQsetNoticeReceiver(c->pg, before, NULL);
	if (!ok && err->code == ERR_LOST)
		conn_close(c);
	return ok;
}

/* ---- opening ---- */

static void keep_notice(void *arg, const char *message)
{
	(void)arg;
	log_debug("%s", message);
}

/* Drives the handshake to its end. */
static bool poll_connect(const struct fetch *f, PGconn *pg, struct err *err)
{
	PostgresPollingStatusType want = PGRES_POLLING_WRITING;

	while (PQstatus(pg) != CONNECTION_BAD && want != PGRES_POLLING_OK && want != PGRES_POLLING_FAILED) {
		if (!fetch_wait(f, PQsocket(pg), want == PGRES_POLLING_READING ? POLLIN : POLLOUT, err))
			return false;
		want = PQconnectPoll(pg);
	}
	return true;
}

static bool start_session(struct fetch *f, struct conn *c, const struct login *l, bool *ret_options_refused,
			  struct err *err)
{
	int64_t limit = clock_mono_us() + CONN_CONNECT_US;
	struct fetch nearer = *f;

	if (limit < nearer.deadline_mono_us)
		nearer.deadline_mono_us = limit;
	*ret_options_refused = false;
	c->pg = PQconnectStartParams(l->keys, l->values, 1);
	if (!c->pg)
		BUG("out of memory in libpq");
	PQsetErrorVerbosity(c->pg, PQERRORS_VERBOSE);
	PQsetNoticeProcessor(c->pg, keep_notice, NULL);
	if (!poll_connect(&nearer, c->pg, err)) {
		if (err->code == ERR_TIMEOUT) {
			err_set(err, ERR_TIMEOUT, "%s does not answer", l->where);
			err_remedy(err, "check security groups, route and VPN");
		}
		return false;
	}
	if (PQstatus(c->pg) != CONNECTION_OK) {
		*ret_options_refused = l->settings && conn_err_is_option_refusal(PQerrorMessage(c->pg));
		return conn_err_connect(l, PQerrorMessage(c->pg), err);
	}
	/* so that no later call, PQfinish() included, waits for the socket */
	PQsetnonblocking(c->pg, 1);
	c->pooler = !l->settings;
	return true;
}

static bool is_known_version(struct conn *c, struct err *err)
{
	const char *version = PQparameterStatus(c->pg, "server_version");

	c->probed = false;
	c->probe = (struct probe){.version_num = PQserverVersion(c->pg)};
	if (c->probe.version_num >= SQL_OLDEST_VERSION)
		return true;
	return err_set(err, ERR_UNAVAILABLE, "the server is PostgreSQL %s; 11 or later is needed",
		       version ? version : "of an unknown version");
}

/* How it is being tried, and what was learnt that makes another try worth it. */
struct opening {
	struct login_try how;
	bool again;
};

/* Words for the user of what the session was opened by. */
static void keep_login(struct conn *c, const struct login *l, const struct site *site)
{
	bool asked = PQconnectionUsedPassword(c->pg) != 0;

	c->proxy = l->proxy;
	(void)snprintf(c->login_by, sizeof(c->login_by), "%s%.200s%s",
		       asked && l->means == LOGIN_PASSWORD ? "password from " : "",
		       asked ? l->password_from : "no password, none was asked for",
		       site->not_proxy ? "; to the instance instead of the RDS Proxy" : "");
}

/* A rotated secret is read anew, once: a second refusal stands. */
static void consider_refusal(const struct login *l, const struct err *err, struct opening *o)
{
	if (l->means != LOGIN_SECRET || o->how.refused != 0 || err->code != ERR_LOGIN ||
	    strcmp(err->id, CONN_BAD_PASSWORD) != 0)
		return;
	o->how.refused = l->password.number;
	o->again = true;
}

static bool connect_with(struct fetch *f, struct conn *c, const struct site *site, struct opening *o, struct err *err)
{
	bool ok, options_refused = false;
	struct login l;

	o->again = false;
	ok = login_prepare(f, site, &c->wish, &o->how, &l, err);
	if (ok) {
		fetch_doing(f, "connecting to %s", l.where);
		ok = start_session(f, c, &l, &options_refused, err);
		if (!ok)
			consider_refusal(&l, err, o);
		if (options_refused) {
			o->how.settings = false;
			o->again = true;
		}
		ok = ok && is_known_version(c, err);
		if (ok)
			keep_login(c, &l, site);
	}
	login_release(&l);
	return ok;
}

/* At most three times: as ever, without options, with a new secret. */
static bool open_anew(struct fetch *f, struct conn *c, const struct site *site, struct err *err)
{
	struct opening o = {.how = {.settings = true}};

	while (!connect_with(f, c, site, &o, err)) {
		conn_close(c);
		if (!o.again)
			return false;
		err_clear(err);
	}
	return true;
}

/* Another wish, another target, another writer (after a failover the old one may live on as a reader), or known to be
 * broken. */
static bool is_stale(const struct fetch *f, const struct conn *c, const struct site *site,
		     const struct login_wish *wish)
{
	return strcmp(c->wish.database, wish->database) != 0 || c->wish.planner != wish->planner ||
	       c->wish.acts != wish->acts || c->generation != f->target->generation ||
	       strcmp(c->site.host, site->host) != 0 || c->site.port != site->port || PQstatus(c->pg) != CONNECTION_OK;
}

bool conn_fits(const struct fetch *f, const struct conn *c, const struct login_wish *wish)
{
	struct login_wish same = *wish;
	struct site site;
	struct err err = {0};

	/* named, or the site's own: the database it is in will do */
	if (strcmp(same.database, c->probe.database) == 0)
		memcpy(same.database, c->wish.database, sizeof(same.database));
	return conn_is_open(c) && site_find(f->target, f->inputs, &site, &err) == READY &&
	       !is_stale(f, c, &site, &same);
}

static bool connect_on(struct fetch *f, struct conn *c, const struct login_wish *wish, struct err *err)
{
	struct site site;

	if (site_find(f->target, f->inputs, &site, err) != READY) {
		conn_close(c);
		if (err->code == ERR_NONE)
			err_set(err, ERR_UNAVAILABLE, "the cluster's endpoint is not known yet");
		return false;
	}
	if (c->pg && is_stale(f, c, &site, wish))
		conn_close(c);
	if (c->pg)
		return true;
	c->wish = *wish;
	if (!open_anew(f, c, &site, err))
		return false;
	c->site = site;
	c->generation = f->target->generation;
	c->serial = atomic_fetch_add(&serials, 1) + 1;
	fetch_doing(f, "reading %s", f->source->title);
	return true;
}

/* The lane's own. */
static bool connect_as(struct fetch *f, const struct login_wish *wish, struct conn **ret_conn, struct err *err)
{
	void **slot = fetch_lane_context(f, conn_free);

	if (!*slot)
		*slot = conn_new();
	*ret_conn = *slot;
	return connect_on(f, *slot, wish, err);
}

static const struct login_wish ordinary;

bool conn_connect(struct fetch *f, struct conn **ret_conn, struct err *err)
{
	return connect_as(f, &ordinary, ret_conn, err);
}

bool conn_open(struct fetch *f, struct conn **ret_conn, struct err *err)
{
	return conn_open_as(f, &ordinary, ret_conn, err);
}

static bool be_probed(struct fetch *f, struct conn *c, struct err *err)
{
	return c->probed || probe_alone(f, c, err) || give_up(c, err);
}

bool conn_open_as(struct fetch *f, const struct login_wish *wish, struct conn **ret_conn, struct err *err)
{
	return connect_as(f, wish, ret_conn, err) && be_probed(f, *ret_conn, err);
}

bool conn_open_on(struct fetch *f, struct conn *c, const struct login_wish *wish, struct err *err)
{
	return connect_on(f, c, wish, err) && be_probed(f, c, err);
}
