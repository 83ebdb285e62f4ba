/*
 * The workload: one loop over all actors' connections.
 *
 * An actor is either waiting for an answer (its socket is polled) or for its next moment.
 * Logging in blocks, because the server is on this machine and allows it within milliseconds;
 * everything else is asynchronous, since most of the cast spends its time behind locks. The
 * console may cancel or terminate any of these sessions: the actor starts over.
 */
#include "sim/demo.h"
#include "sim/demo_actors.h"

#include "base/clock.h"
#include "base/xalloc.h"

#include <libpq-fe.h>
#include <poll.h>

#define PLAYERS_MAX 64
#define ARG_MAX_CHARS 64
#define CONNINFO_MAX 2048
#define AGAIN_US (3 * US_PER_S)
#define LONGEST_POLL_US US_PER_S

struct player {
	const struct demo_actor *actor;
	PGconn *conn;
	size_t step;
	int64_t next_us; /* monotonic; when the step is to be sent */
	bool busy;       /* sent, answer outstanding */
	bool failed;     /* the running answer contains an error */
};

struct workload {
	const struct demo *demo;
	struct player players[PLAYERS_MAX];
	size_t n;
	uint64_t random;
};

/* Evenly from low to high. */
static int64_t pick(struct workload *w, int64_t low, int64_t high)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return low + (int64_t)(w->random % (uint64_t)(high - low + 1));
}

static void make_arg(struct workload *w, char letter, char *text, size_t size)
{
	long long sku = (long long)pick(w, 10200, 11000), other = (long long)pick(w, 10200, 11000);

	if (letter == 'c')
		snprintf(text, size, "%lld", (long long)pick(w, 1, 2000));
	else if (letter == 'o')
		snprintf(text, size, "%lld", (long long)pick(w, 10000, 20000));
	else if (letter == 's')
		snprintf(text, size, "A-%lld", sku);
	else if (letter == 'a')
		snprintf(text, size, "{A-%lld,A-%lld}", sku, other);
	else if (letter == 'q')
		snprintf(text, size, "%lld", (long long)pick(w, 1, 3));
	else if (letter == 't')
		snprintf(text, size, "%lld.%lld", (long long)pick(w, 4, 9), (long long)pick(w, 0, 9));
	else
		snprintf(text, size, "%s", letter == 'H' ? "A-10117" : letter == 'O' ? "8812" : "4711");
}

static void start_over(struct player *p, int64_t now)
{
	p->step = 0;
	p->busy = p->failed = false;
	p->next_us = now + AGAIN_US;
}

static void lose(struct player *p, int64_t now)
{
	PQfinish(p->conn);
	p->conn = NULL;
	start_over(p, now);
}

static bool login(struct workload *w, struct player *p)
{
	struct buf info;

	buf_init(&info, CONNINFO_MAX);
	demo_conninfo(w->demo, p->actor->reader && demo_has_reader(w->demo) ? DEMO_READER : DEMO_WRITER, p->actor->user,
		      w->demo->app_secret, DEMO_DATABASE, &info);
	buf_addf(&info, " connect_timeout=3 application_name=%s", p->actor->app);
	p->conn = PQconnectdb(buf_c(&info));
	buf_release(&info);
	return PQstatus(p->conn) == CONNECTION_OK && PQsetnonblocking(p->conn, 1) == 0;
}

/* Sends the player's step; after an error in a transaction, the way out of it. */
static void send_step(struct workload *w, struct player *p, int64_t now)
{
	const struct demo_step *step = &p->actor->steps[p->step];
	const char *values[DEMO_STEP_ARGS_MAX] = {NULL};
	char texts[DEMO_STEP_ARGS_MAX][ARG_MAX_CHARS];
	PGTransactionStatusType state;
	int n = 0;

	if (!p->conn && !login(w, p)) {
		lose(p, now);
		return;
	}
	state = PQtransactionStatus(p->conn);
	if (state == PQTRANS_INERROR || (state == PQTRANS_INTRANS && p->step == 0)) {
		p->failed = true;
		p->busy = PQsendQuery(p->conn, "rollback") == 1;
	} else {
		for (; step->args[n] && n < DEMO_STEP_ARGS_MAX; n++) {
			make_arg(w, step->args[n], texts[n], sizeof(texts[n]));
			values[n] = texts[n];
		}
		p->busy = PQsendQueryParams(p->conn, step->sql, n, NULL, values, NULL, NULL, 0) == 1;
	}
	if (!p->busy || PQflush(p->conn) < 0)
		lose(p, now);
}

/* Takes what has arrived; moves on when the answer is complete. */
static void receive(struct workload *w, struct player *p, int64_t now)
{
	const struct demo_step *step = &p->actor->steps[p->step];
	PGresult *res;

	if (!PQconsumeInput(p->conn) || PQstatus(p->conn) != CONNECTION_OK) {
		lose(p, now);
		return;
	}
	if (!p->busy)
		return;
	while (!PQisBusy(p->conn)) {
		res = PQgetResult(p->conn);
		if (!res) {
			if (p->failed) {
				start_over(p, now);
				return;
			}
			p->busy = false;
			p->step = (p->step + 1) % p->actor->nsteps;
			p->next_us = now + pick(w, step->pause_min, step->pause_max) * US_PER_MS;
			return;
		}
		if (PQresultStatus(res) == PGRES_FATAL_ERROR)
			p->failed = true;
		PQclear(res);
	}
}

/* One turn: send what is due, wait for the next answer or moment, take the answers. */
static void turn(struct workload *w)
{
	struct pollfd fds[PLAYERS_MAX];
	int64_t now = clock_mono_us(), wait = LONGEST_POLL_US;

	for (size_t i = 0; i < w->n; i++) {
		struct player *p = &w->players[i];

		if (!p->busy && p->next_us <= now)
			send_step(w, p, now);
		if (!p->busy && p->next_us - now < wait)
			wait = p->next_us > now ? p->next_us - now : 0;
		/* Idle ones too: a session that the console ended is noticed at once. */
		fds[i] = (struct pollfd){.fd = p->conn ? PQsocket(p->conn) : -1, .events = POLLIN};
	}
	/* Rounded up, so that the last millisecond is slept and not spun through. */
	if (poll(fds, w->n, (int)((wait + US_PER_MS - 1) / US_PER_MS)) <= 0)
		return;
	now = clock_mono_us();
	for (size_t i = 0; i < w->n; i++) {
		if (w->players[i].conn && fds[i].revents)
			receive(w, &w->players[i], now);
	}
}

void demo_workload_run(const struct demo *d)
{
	struct workload *w = xalloc(sizeof(*w));
	int64_t now = clock_mono_us();

	w->demo = d;
	w->random = (uint64_t)clock_wall_us() | 1;
	for (size_t i = 0; i < demo_nactors; i++) {
		for (int k = 0; k < demo_actors[i].copies && w->n < PLAYERS_MAX; k++)
			w->players[w->n++] = (struct player){
				.actor = &demo_actors[i], .next_us = now + demo_actors[i].first * (k + 1) * US_PER_MS};
	}
	for (;;)
		turn(w);
}
