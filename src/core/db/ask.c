/*
 * ask.c: one flush, then one answer for each step, then the mark that ends them.
 *
 * Everything is asynchronous; every wait is fetch_wait(). After an error of the server the
 * rest of the answer is read all the same: the connection is then as good as before.
 */
#include "db/ask.h"

#include "base/clock.h"
#include "db/conn_err.h"

#include <libpq-fe.h>
#include <poll.h>

static bool fail(const PGresult *r, PGconn *pg, struct err *err)
{
	return conn_err_query(r, PQerrorMessage(pg), err);
}

static bool flush(const struct fetch *f, PGconn *pg, struct err *err)
{
	for (;;) {
		int left = PQflush(pg);

		if (left == 0)
			return true;
		if (left < 0)
			return fail(NULL, pg, err);
		if (!fetch_wait(f, PQsocket(pg), POLLIN | POLLOUT, err))
			return false;
		/* the server may have to be read from before it reads on */
		if (!PQconsumeInput(pg))
			return fail(NULL, pg, err);
	}
}

/* Waits for the server, and calls still() each time it has been silent for so long. */
static bool wait_for_server(const struct fetch *f, PGconn *pg, const struct ask_still *still, struct err *err)
{
	struct fetch nearer = *f;

	while (still) {
		nearer.deadline_mono_us = clock_mono_us() + still->every_us;
		if (nearer.deadline_mono_us >= f->deadline_mono_us)
			break;
		if (fetch_wait(&nearer, PQsocket(pg), POLLIN, err))
			return true;
		if (err->code != ERR_TIMEOUT)
			return false;
		err_clear(err);
		still->call(still->arg);
	}
	return fetch_wait(f, PQsocket(pg), POLLIN, err);
}

/* *ret_result NULL: there are no more. */
static bool next_result(const struct fetch *f, PGconn *pg, const struct ask_still *still, PGresult **ret_result,
			struct err *err)
{
	*ret_result = NULL;
	while (PQisBusy(pg)) {
		if (!wait_for_server(f, pg, still, err))
			return false;
		if (!PQconsumeInput(pg))
			return fail(NULL, pg, err);
	}
	*ret_result = PQgetResult(pg);
	return true;
}

static bool is_good(const PGresult *r)
{
	return PQresultStatus(r) == PGRES_TUPLES_OK || PQresultStatus(r) == PGRES_COMMAND_OK;
}

bool ask_text(const struct fetch *f, PGconn *pg, const char *text, const struct ask_still *still, struct err *err)
{
	PGresult *r;
	bool ok;

	if (!PQsendQuery(pg, text))
		return fail(NULL, pg, err);
	if (!flush(f, pg, err))
		return false;
	for (ok = true;; PQclear(r)) {
		if (!next_result(f, pg, still, &r, err))
			return false;
		if (!r)
			return ok;
		if (ok && !is_good(r))
			ok = fail(r, pg, err);
	}
}

/* Reads until the exchange has ended; false when the time is up or the connection broke. */
static bool drain(PGconn *pg, int64_t until_mono_us, struct err *err)
{
	PGresult *r;

	for (;;) {
		while (PQisBusy(pg)) {
			int64_t left = until_mono_us - clock_mono_us();
			struct pollfd fd = {.fd = PQsocket(pg), .events = POLLIN};

			if (left <= 0 || poll(&fd, 1, (int)(left / US_PER_MS) + 1) < 0 || !PQconsumeInput(pg))
				return false;
		}
		r = PQgetResult(pg);
		if (!r)
			return PQstatus(pg) == CONNECTION_OK;
		if (!is_good(r) && err->code == ERR_NONE)
			(void)fail(r, pg, err);
		PQclear(r);
	}
}

bool ask_cancel(PGconn *pg, int64_t wait_us, struct err *err)
{
	int64_t until = clock_mono_us() + wait_us;
	PGcancel *cancel = PQgetCancel(pg);
	char why[256];
	bool sent = cancel && PQcancel(cancel, why, sizeof(why));

	PQfreeCancel(cancel);
	err_clear(err);
	return sent && drain(pg, until, err);
}

static bool send_step(PGconn *pg, const struct ask_step *s)
{
	static const struct ask_params none;
	const struct ask_params *p = s->params ? s->params : &none;

	if (s->prepare_as)
		return PQsendPrepare(pg, s->prepare_as, s->text, p->n, p->types);
	if (s->describe)
		return PQsendDescribePrepared(pg, s->describe);
	if (s->prepared)
		return PQsendQueryPrepared(pg, s->prepared, p->n, p->values, p->lengths, p->formats, 1);
	return PQsendQueryParams(pg, s->text, p->n, p->types, p->values, p->lengths, p->formats, s->as_text ? 0 : 1);
}

static bool send_steps(const struct fetch *f, PGconn *pg, const struct ask_step *steps, size_t n, struct err *err)
{
	if (!PQenterPipelineMode(pg))
		return fail(NULL, pg, err);
	for (size_t i = 0; i < n; i++)
		if (!send_step(pg, &steps[i]))
			return fail(NULL, pg, err);
	return PQpipelineSync(pg) ? flush(f, pg, err) : fail(NULL, pg, err);
}

/* The result of one step, up to the NULL that ends it; of several, as when the connection breaks, the first bad one. */
static bool read_step(const struct fetch *f, PGconn *pg, PGresult **ret_result, struct err *err)
{
	PGresult *r;

	for (;;) {
		if (!next_result(f, pg, NULL, &r, err))
			break;
		if (!r)
			return true;
		if (*ret_result && !is_good(*ret_result)) {
			PQclear(r);
			continue;
		}
		PQclear(*ret_result);
		*ret_result = r;
	}
	PQclear(*ret_result);
	*ret_result = NULL;
	return false;
}

static bool read_steps(const struct fetch *f, PGconn *pg, size_t n, PGresult **results, struct err *err)
{
	PGresult *mark;
	bool ok = true;

	for (size_t i = 0; i < n; i++) {
		if (!read_step(f, pg, &results[i], err))
			return false;
		if (is_good(results[i]))
			continue;
		/* the first error is the reason of those that follow */
		if (ok)
			ok = fail(results[i], pg, err);
		PQclear(results[i]);
		results[i] = NULL;
	}
	if (!next_result(f, pg, NULL, &mark, err))
		return false;
	if (ok && PQresultStatus(mark) != PGRES_PIPELINE_SYNC)
		ok = err_set(err, ERR_PROTOCOL, "the server did not end its answer");
	PQclear(mark);
	if (!PQexitPipelineMode(pg) && ok)
		ok = fail(NULL, pg, err);
	return ok;
}

bool ask_steps(const struct fetch *f, PGconn *pg, const struct ask_step *steps, size_t n, PGresult **results,
	       struct err *err)
{
	CHECK(n <= ASK_STEPS_MAX);
	for (size_t i = 0; i < n; i++)
		results[i] = NULL;
	return send_steps(f, pg, steps, n, err) && read_steps(f, pg, n, results, err);
}
