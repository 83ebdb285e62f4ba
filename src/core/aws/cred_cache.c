/*
 * cred_cache.c: entries by profile, region and endpoint; each has a set of keys, a search, or the error of the last
 * one.
 *
 * Model: one mutex over all. A search is a thread that owns a copy of what it needs; while it runs the entry's
 * `searching` is set and everybody else waits on the entry's event descriptor together with their own cancel
 * descriptor. When it ends, descriptor and counter move on, and those who waited take what it brought: keys, or the
 * same error.
 *
 * Keys hold in every region: an entry without good ones takes those of another one with the same profile and endpoint,
 * so that nobody is asked for an MFA code again after a change of region.
 *
 * Invariants: at most one search for an entry at a time. After one that failed, the next begins not before a pause
 * that doubles, up to FAILED_MAX_US: eight lanes that fail every second do not become eight processes a second; what
 * needs a person is looked at again after FAILED_US. A set that was refused starts at most one search: whoever comes
 * later with the same set finds another one, or its error.
 *
 * Not here: where keys come from (cred_chain.c).
 */
#include "aws/cred_cache.h"

#include "aws/cred.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define ENTRIES_MAX 8
#define SEARCH_US (70 * US_PER_S)
#define FAILED_US (3 * US_PER_S)
#define FAILED_MAX_US (30 * US_PER_S)
#define REFUSED_PAUSE_US (10 * US_PER_S)
#define EARLY_PAUSE_US (60 * US_PER_S) /* between attempts while the old keys are good */
#define CODE_MAX 64
#define STOP_WAIT_S 3

struct key {
	char profile[128], region[64], endpoint_url[512];
};

struct entry {
	struct key key;
	bool used;
	struct cred_set *set;                                   /* NULL = none */
	bool here;                                              /* found in this host's memory or files */
	uint64_t generation;                                    /* of the newest target it was read for */
	struct err failed;                                      /* of the last search; ERR_NONE = it was good */
	int64_t failed_until_us, begun_us, refused_us, used_us; /* monotonic */
	unsigned failures;
	bool searching;
	bool joinable; /* thread has ended or runs, and is to be joined */
	pthread_t thread;
	uint64_t searches; /* that have ended */
	unsigned waiters;
	int done_fd;   /* readable once no search runs; -1 = not made */
	int cancel_fd; /* of the search */
	char doing[160];
	char code[CODE_MAX];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct entry entries[ENTRIES_MAX];
static uint64_t numbers;
static unsigned threads;

static void start_once(void)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&ended, &attr);
	pthread_condattr_destroy(&attr);
}

/* ---- sets ---- */

static struct cred_set *set_new(struct aws_credentials *keys)
{
	struct cred_set *s = xalloc(sizeof(*s));

	s->keys = *keys;
	*keys = (struct aws_credentials){.access_key = NULL};
	atomic_init(&s->refs, 1);
	s->number = ++numbers;
	return s;
}

static const struct cred_set *set_ref(struct cred_set *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void cred_unref(const struct cred_set *set)
{
	struct cred_set *s = (struct cred_set *)(uintptr_t)set;

	if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	aws_credentials_wipe(&s->keys);
	xfree(s);
}

static bool same_keys(const struct cred_set *s, const struct aws_credentials *k)
{
	return strcmp(s->keys.access_key, k->access_key) == 0 && strcmp(s->keys.secret_key, k->secret_key) == 0 &&
	       strcmp(s->keys.session_token, k->session_token) == 0;
}

/* ---- one search ---- */

/* Reads the files anew and asks the chain; http NULL = without asking anybody else. */
static bool look(const struct key *key, struct cred_ask *q, struct aws_credentials *ret_keys, struct err *err)
{
	struct aws_config config;
	char ca_bundle[AWS_BUNDLE_MAX];
	bool ok;

	if (!aws_config_load(&config, key->profile, err))
		return false;
	*ret_keys = (struct aws_credentials){.access_key = NULL};
	q->config = &config;
	q->region = key->region;
	q->endpoint_url = key->endpoint_url;
	q->ca_bundle = ca_bundle;
	ok = aws_config_authorities(&config, ca_bundle, err) && cred_load(q, ret_keys, err);
	aws_config_release(&config);
	return ok;
}

static void say_doing(void *ctx, const char *words)
{
	struct entry *e = ctx;

	pthread_mutex_lock(&lock);
	snprintf(e->doing, sizeof(e->doing), "%s", words);
	pthread_mutex_unlock(&lock);
}

/* The lock is held. */
static void take_keys(struct entry *e, struct aws_credentials *keys)
{
	/* the same keys read again are the same set, so that a refusal of them is remembered */
	if (e->set && same_keys(e->set, keys) && e->set->keys.expires_at_us == keys->expires_at_us) {
		aws_credentials_wipe(keys);
	} else {
		cred_unref(e->set);
		e->set = set_new(keys);
	}
	e->failed.code = ERR_NONE;
	e->failures = 0;
}

/* The lock is held. */
static void take_failure(struct entry *e, const struct err *err)
{
	int64_t pause = FAILED_US;

	e->failed = *err;
	for (unsigned i = 0; i < e->failures && i < 5; i++)
		pause *= 2;
	if (err->id[0] && (strcmp(err->id, CRED_NEEDS_CODE) == 0 || strcmp(err->id, CRED_NEEDS_LOGIN) == 0))
		pause = FAILED_US;
	else
		e->failures++;
	e->failed_until_us = clock_mono_us() + (pause < FAILED_MAX_US ? pause : FAILED_MAX_US);
	if (err->code == ERR_CANCELLED) /* the last one to wait gave up: nothing is known */
		e->failed_until_us = 0;
}

/* Ends a search: what it brought is in the entry. The lock is held. */
static void finish(struct entry *e)
{
	e->searching = false;
	e->searches++;
	e->doing[0] = '\0';
	close(e->cancel_fd);
	e->cancel_fd = -1;
	CHECK(eventfd_write(e->done_fd, 1) == 0);
}

static void *search(void *ctx)
{
	struct entry *e = ctx;
	struct aws_credentials keys;
	struct cred_ask q = {.http = http_new(), .doing = say_doing, .ctx = e};
	struct err err = {.code = ERR_NONE};
	char code[CODE_MAX];
	struct key key;
	bool ok;

	pthread_mutex_lock(&lock);
	key = e->key;
	q.cancel_fd = e->cancel_fd;
	snprintf(code, sizeof(code), "%s", e->code);
	explicit_bzero(e->code, sizeof(e->code));
	pthread_mutex_unlock(&lock);
	q.mfa_code = str_c(code);
	q.deadline_mono_us = clock_mono_us() + SEARCH_US;
	ok = look(&key, &q, &keys, &err);
	http_free(q.http);
	explicit_bzero(code, sizeof(code));
	pthread_mutex_lock(&lock);
	if (ok)
		take_keys(e, &keys);
	else
		take_failure(e, &err);
	finish(e);
	threads--;
	pthread_cond_broadcast(&ended);
	pthread_mutex_unlock(&lock);
	return NULL;
}

/* The thread of a search that has ended: it needs the lock no more. */
static void join(struct entry *e)
{
	if (e->joinable)
		CHECK(pthread_join(e->thread, NULL) == 0);
	e->joinable = false;
}

/* The lock is held. */
static void begin_search(struct entry *e)
{
	eventfd_t ignored;

	if (e->done_fd < 0)
		e->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	(void)eventfd_read(e->done_fd, &ignored);
	e->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	CHECK(e->done_fd >= 0 && e->cancel_fd >= 0);
	e->searching = true;
	e->begun_us = clock_mono_us();
	join(e);
	threads++;
	e->joinable = pthread_create(&e->thread, NULL, search, e) == 0;
	if (e->joinable)
		return;
	threads--;
	err_set(&e->failed, ERR_LIMIT, "no thread could be started to look for AWS credentials");
	finish(e);
}

/* ---- entries ---- */

/* The lock is held. The oldest that nobody needs makes room. */
static struct entry *entry_of(const struct target *t)
{
	struct entry *oldest = NULL;

	for (size_t i = 0; i < ENTRIES_MAX; i++) {
		struct entry *e = &entries[i];

		if (e->used && strcmp(e->key.profile, t->profile) == 0 && strcmp(e->key.region, t->region) == 0 &&
		    strcmp(e->key.endpoint_url, t->endpoint_url) == 0)
			return e;
		if (e->searching || e->waiters > 0)
			continue;
		if (!oldest || (oldest->used && (!e->used || e->used_us < oldest->used_us)))
			oldest = e;
	}
	if (!oldest)
		return NULL;
	join(oldest);
	cred_unref(oldest->set);
	*oldest = (struct entry){.used = true,
				 .done_fd = oldest->used ? oldest->done_fd : -1,
				 .cancel_fd = -1,
				 .searches = oldest->searches};
	snprintf(oldest->key.profile, sizeof(oldest->key.profile), "%s", t->profile);
	snprintf(oldest->key.region, sizeof(oldest->key.region), "%s", t->region);
	snprintf(oldest->key.endpoint_url, sizeof(oldest->key.endpoint_url), "%s", t->endpoint_url);
	return oldest;
}

static bool not_in_time(const char *doing, struct err *err)
{
	err_set(err, ERR_TIMEOUT, "AWS credentials were not there in time: %s", doing);
	err_remedy(err, "That goes on; what it brings is used as soon as it is there.");
	return false;
}

/* Waits for the end of the search that runs; the lock is held before and after. */
static bool wait_for_search(struct entry *e, struct fetch *f, struct err *err)
{
	uint64_t before = e->searches;
	bool ok = true;

	e->waiters++;
	while (ok && e->searching && e->searches == before) {
		struct pollfd p[2] = {{.fd = e->done_fd, .events = POLLIN},
				      {.fd = fetch_cancel_fd(f), .events = POLLIN}};
		int64_t left_ms = fetch_left_us(f) / US_PER_MS;
		char doing[160];

		snprintf(doing, sizeof(doing), "%s", e->doing[0] ? e->doing : "looking for AWS credentials");
		pthread_mutex_unlock(&lock);
		fetch_doing(f, "%s", doing);
		(void)poll(p, 2, (int)(left_ms < 500 ? left_ms : 500));
		pthread_mutex_lock(&lock);
		if (fetch_cancelled(f) || (p[1].revents & POLLIN))
			ok = err_set(err, ERR_CANCELLED, "looking for AWS credentials was cancelled");
		else if (left_ms <= 0 && e->searching && e->searches == before)
			ok = not_in_time(doing, err);
	}
	e->waiters--;
	/* whose time has run out comes again; who was cancelled does not */
	if (!ok && err->code == ERR_CANCELLED && e->waiters == 0 && e->searching)
		CHECK(eventfd_write(e->cancel_fd, 1) == 0);
	return ok;
}

/* Keys that this host's memory and files know; true without any when somebody else must be asked. The lock is held. */
static bool look_here(struct entry *e, bool *ret_elsewhere, struct err *err)
{
	struct cred_ask q = {.cancel_fd = -1};
	struct aws_credentials keys;

	if (!look(&e->key, &q, &keys, err))
		return false;
	*ret_elsewhere = q.elsewhere;
	e->here = !q.elsewhere;
	if (e->here)
		take_keys(e, &keys);
	return true;
}

/* How long the keys are good, INT64_MAX = for ever. The lock is held. */
static int64_t left_us(const struct entry *e)
{
	return e->set->keys.expires_at_us ? e->set->keys.expires_at_us - clock_wall_us() : INT64_MAX;
}

static bool needs_person(const struct err *err)
{
	return strcmp(err->id, CRED_NEEDS_CODE) == 0 || strcmp(err->id, CRED_NEEDS_LOGIN) == 0;
}

/* Takes the keys of another region's entry when they are good for longer than this one's. The lock is held. */
static void share(struct entry *e)
{
	int64_t most = e->set ? left_us(e) : 0;
	struct entry *from = NULL;

	if (most >= CRED_EARLY_US)
		return;
	for (size_t i = 0; i < ENTRIES_MAX; i++) {
		struct entry *o = &entries[i];

		/* what this host's files say is read anew, and what was refused there is no better here */
		if (o == e || !o->used || !o->set || o->here || o->refused_us || left_us(o) <= most ||
		    strcmp(o->key.profile, e->key.profile) != 0 ||
		    strcmp(o->key.endpoint_url, e->key.endpoint_url) != 0)
			continue;
		from = o;
		most = left_us(o);
	}
	if (!from)
		return;
	cred_unref(e->set);
	(void)set_ref(from->set);
	e->set = from->set;
	e->here = false;
	e->failed.code = ERR_NONE;
	e->failures = 0;
}

/* Are there keys to go on with as they are? Starts a renewal behind them when it is time. The lock is held. */
static bool good_enough(struct entry *e)
{
	int64_t left, now = clock_mono_us();

	if (!e->set)
		return false;
	left = left_us(e);
	if (left >= CRED_EARLY_US)
		return true;
	if (left <= 0)
		return false;
	if (!e->searching && (e->begun_us == 0 || now - e->begun_us >= EARLY_PAUSE_US))
		begin_search(e);
	/* keys that are short-lived from the start, or whose successor a person must allow, are used to their end */
	return left >= CRED_LATE_US || (!e->searching && (e->failed.code == ERR_NONE || needs_person(&e->failed)));
}

/* Finds keys, waiting for a search if need be. The lock is held. */
static bool find(struct entry *e, struct fetch *f, struct err *err)
{
	bool elsewhere = false;

	/* a search that others gave up just now says nothing: another one begins */
	do {
		if (!e->searching) {
			if (e->failed.code != ERR_NONE && clock_mono_us() < e->failed_until_us) {
				*err = e->failed;
				return false;
			}
			if (!look_here(e, &elsewhere, err))
				return false;
			if (!elsewhere)
				return true;
			begin_search(e);
		}
		if (!wait_for_search(e, f, err))
			return false;
	} while (e->failed.code == ERR_CANCELLED);
	if (e->failed.code != ERR_NONE) {
		*err = e->failed;
		return false;
	}
	return e->set != NULL || err_set(err, ERR_UNAVAILABLE, "no AWS credentials");
}

/* The set was refused: is there another one, or can there be? The lock is held. */
static bool replace(struct entry *e, struct fetch *f, const struct cred_set *refused, struct err *err)
{
	if (e->set && e->set->number != refused->number)
		return true; /* somebody else has renewed it */
	/* keys that took the place of refused ones and are refused themselves will not get better by haste */
	if (!e->here && !e->searching && e->refused_us && clock_mono_us() - e->refused_us < REFUSED_PAUSE_US)
		return err_set(err, ERR_UNAVAILABLE, "AWS refuses credentials that were found just now");
	e->refused_us = clock_mono_us();
	if (!find(e, f, err))
		return false;
	if (e->set->number != refused->number)
		return true;
	return err_set(err, ERR_UNAVAILABLE, "there are no newer AWS credentials");
}

bool cred_get(struct fetch *f, const struct cred_set *refused, const struct cred_set **ret_set, struct err *err)
{
	const struct target *t = f->target;
	struct entry *e;
	bool ok;

	pthread_once(&once, start_once);
	pthread_mutex_lock(&lock);
	e = entry_of(t);
	if (!e) {
		pthread_mutex_unlock(&lock);
		return err_set(err, ERR_LIMIT, "AWS credentials of %d profiles are being looked for", ENTRIES_MAX);
	}
	e->used_us = clock_mono_us();
	if (!refused)
		share(e);
	if (t->generation > e->generation) {
		/* another target: what failed may go now, and keys in files may have been changed */
		e->failed_until_us = 0;
		e->generation = t->generation;
		ok = (!e->here && good_enough(e)) || find(e, f, err);
	} else if (refused) {
		ok = replace(e, f, refused, err);
	} else {
		ok = good_enough(e) || find(e, f, err);
	}
	if (ok)
		*ret_set = set_ref(e->set);
	pthread_mutex_unlock(&lock);
	return ok;
}

bool cred_answer(struct fetch *f, struct str mfa_code, struct err *err)
{
	struct entry *e;
	bool ok = true;

	if (mfa_code.len == 0 || mfa_code.len >= CODE_MAX)
		return err_set(err, ERR_USAGE, "an MFA code has 6 digits");
	pthread_once(&once, start_once);
	pthread_mutex_lock(&lock);
	e = entry_of(f->target);
	if (!e)
		ok = err_set(err, ERR_LIMIT, "AWS credentials of %d profiles are being looked for", ENTRIES_MAX);
	while (ok && e->searching)
		ok = wait_for_search(e, f, err);
	if (ok) {
		snprintf(e->code, sizeof(e->code), STR_FMT, STR_ARG(mfa_code));
		begin_search(e);
		ok = wait_for_search(e, f, err);
	}
	if (ok && e->failed.code != ERR_NONE) {
		*err = e->failed;
		ok = false;
	}
	pthread_mutex_unlock(&lock);
	return ok;
}

void cred_forget(void)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < ENTRIES_MAX; i++) {
		entries[i].failed_until_us = 0;
		entries[i].failures = 0;
		entries[i].begun_us = 0;
	}
	pthread_mutex_unlock(&lock);
}

void cred_stop(void)
{
	struct timespec until;

	pthread_once(&once, start_once);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += STOP_WAIT_S;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < ENTRIES_MAX; i++)
		if (entries[i].searching)
			CHECK(eventfd_write(entries[i].cancel_fd, 1) == 0);
	while (threads > 0 && pthread_cond_timedwait(&ended, &lock, &until) != ETIMEDOUT)
		;
	for (size_t i = 0; i < ENTRIES_MAX; i++) {
		struct entry *e = &entries[i];

		if (!e->used || e->searching)
			continue;
		join(e);
		cred_unref(e->set);
		if (e->done_fd >= 0)
			close(e->done_fd);
		*e = (struct entry){.used = false};
	}
	pthread_mutex_unlock(&lock);
}
