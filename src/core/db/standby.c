/*
 * standby.c: who has the action lane's connection now.
 *
 * A standby belongs to its lane's context and stands in a list of the process, where commands
 * find it by the generation of their target: that tells nodes and clusters apart. The mutex
 * guards the list and the marks, for moments; the connection itself is touched only by the
 * thread that has it out. A lane that closes while a command has it marks it as gone, and the
 * command then closes it in its stead.
 *
 * A command holds the loan in its own lane's context, so the end of its thread gives it
 * back, whichever way it ends. Waiting for it is done in naps: a command must hear its cancel
 * meanwhile, and nobody is told of a return.
 */
#include "db/standby.h"

#include "base/clock.h"
#include "base/xalloc.h"

#include <pthread.h>
#include <stdio.h>

#define NAP_US (10 * US_PER_MS)

struct standby {
	struct standby *next;
	uint64_t generation; /* of the target it is for */
	struct conn *conn;
	bool out;  /* somebody has it */
	bool gone; /* its lane has let go of it */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct standby *first;

static void free_standby(struct standby *s)
{
	conn_free(s->conn);
	xfree(s);
}

static void give_back(void *data)
{
	struct standby *s = data;
	bool gone;

	pthread_mutex_lock(&mutex);
	s->out = false;
	gone = s->gone;
	pthread_mutex_unlock(&mutex);
	if (gone)
		free_standby(s);
}

/* ---- the action lane ---- */

/* The lane closes, or goes on for another target. */
static void let_go(void *data)
{
	struct standby *s = data, **at = &first;
	bool out;

	pthread_mutex_lock(&mutex);
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	s->gone = true;
	out = s->out;
	pthread_mutex_unlock(&mutex);
	if (!out)
		free_standby(s);
}

static struct standby *add(uint64_t generation)
{
	struct standby *s = xcalloc(1, sizeof(*s));

	s->generation = generation;
	s->conn = conn_new();
	pthread_mutex_lock(&mutex);
	s->next = first;
	first = s;
	pthread_mutex_unlock(&mutex);
	return s;
}

bool standby_take(struct fetch *f, struct conn **ret_conn)
{
	void **slot = fetch_lane_context(f, let_go);
	struct standby *s = *slot;
	bool free;

	if (s && s->generation != f->target->generation) {
		let_go(s);
		s = NULL;
	}
	if (!s)
		*slot = s = add(f->target->generation);
	pthread_mutex_lock(&mutex);
	free = !s->out;
	s->out = true;
	pthread_mutex_unlock(&mutex);
	*ret_conn = s->conn;
	return free;
}

void standby_offer(struct fetch *f)
{
	give_back(*fetch_lane_context(f, let_go));
}

/* ---- whoever has it ---- */

bool standby_answers(struct fetch *f, struct conn *c, struct err *err)
{
	int64_t limit = clock_mono_us() + STANDBY_ANSWER_US;
	struct fetch nearer = *f;
	struct pg_result *r;

	if (limit < nearer.deadline_mono_us)
		nearer.deadline_mono_us = limit;
	if (!conn_query(&nearer, c, "action_check", NULL, 0, &r, err))
		return false;
	conn_result_free(r);
	return true;
}

/* ---- commands ---- */

enum found { NONE, BUSY, TAKEN };

static enum found look_for(uint64_t generation, struct standby **ret_standby)
{
	enum found found = NONE;

	pthread_mutex_lock(&mutex);
	for (struct standby *s = first; s && found == NONE; s = s->next) {
		if (s->generation != generation)
			continue;
		found = s->out ? BUSY : TAKEN;
		s->out = true;
		*ret_standby = s;
	}
	pthread_mutex_unlock(&mutex);
	return found;
}

/* False when the command should end. */
static bool nap(const struct fetch *f)
{
	struct fetch nearer = *f;
	struct err err;

	nearer.deadline_mono_us = clock_mono_us() + NAP_US;
	(void)!fetch_wait(&nearer, -1, 0, &err);
	return !fetch_cancelled(f);
}

/* What is out is waited for, at most that long. */
static struct standby *await(const struct fetch *f, int64_t wait_us, char why[STANDBY_WHY_MAX])
{
	struct standby *s = NULL;
	enum found found = look_for(f->target->generation, &s);

	/* counted, not timed: a clock that stands still must not make it endless */
	for (int64_t left = wait_us; found == BUSY && left > 0 && nap(f); left -= NAP_US)
		found = look_for(f->target->generation, &s);
	if (found == BUSY)
		(void)snprintf(why, STANDBY_WHY_MAX, "the action lane was busy");
	return found == TAKEN ? s : NULL;
}

static bool is_good(struct fetch *f, const struct standby *s, const struct login_wish *wish, char why[STANDBY_WHY_MAX])
{
	struct err err = {0};

	if (!conn_is_open(s->conn)) {
		(void)snprintf(why, STANDBY_WHY_MAX, "the action lane is down");
		return false;
	}
	/* in another database: no fault of anybody */
	if (!conn_fits(f, s->conn, wish))
		return false;
	if (standby_answers(f, s->conn, &err))
		return true;
	if (err.code == ERR_TIMEOUT)
		(void)snprintf(why, STANDBY_WHY_MAX, "the action lane did not answer within %d s",
			       (int)(STANDBY_ANSWER_US / US_PER_S));
	else
		(void)snprintf(why, STANDBY_WHY_MAX, "the action lane had lost its connection");
	return false;
}

static bool borrow(struct fetch *f, const struct login_wish *wish, int64_t wait_us, struct conn **ret_conn,
		   char why[STANDBY_WHY_MAX])
{
	struct standby *s = await(f, wait_us, why);

	if (!s)
		return false;
	if (!is_good(f, s, wish, why)) {
		give_back(s);
		return false;
	}
	*fetch_lane_context(f, give_back) = s;
	*ret_conn = s->conn;
	return true;
}

bool standby_open(struct fetch *f, const struct login_wish *wish, struct conn **ret_conn, char ret_why[STANDBY_WHY_MAX],
		  struct err *err)
{
	ret_why[0] = '\0';
	if (borrow(f, wish, STANDBY_WAIT_US, ret_conn, ret_why) || conn_open_as(f, wish, ret_conn, err))
		return true;
	if (strcmp(err->id, CONN_NO_ROOM) != 0)
		return false;
	/* what a failed opening has left there */
	conn_free(*ret_conn);
	*fetch_lane_context(f, conn_free) = NULL;
	if (!borrow(f, wish, STANDBY_LONG_WAIT_US, ret_conn, ret_why))
		return false;
	ret_why[0] = '\0';
	err_clear(err);
	return true;
}
