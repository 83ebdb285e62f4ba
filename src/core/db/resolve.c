/*
 * resolve.c: one detached helper thread per lookup.
 *
 * The request is shared by two owners, the caller and the helper, and is freed by
 * whoever lets go last. The helper writes the result before it posts the wake, the
 * caller reads it only after the wake, so the fields need no lock of their own. A
 * caller that gives up just drops its reference; the helper never touches the fetch.
 *
 * A name service that hangs must not pile up threads: RESOLVE_PENDING_MAX helpers at
 * most exist in the process, and the next lookup fails at once, in words.
 */
#include "db/resolve.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "runtime/wake.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>

/* getaddrinfo() and the modules it loads use far less; sanitizers use several times more */
#define RESOLVE_STACK_BYTES (512u << 10)

struct lookup {
	atomic_int refs;
	struct wake done;
	char *host;
	resolve_lookup *ask; /* copied by the caller, so that a helper left behind reads nothing that may change */
	int rc;              /* of getaddrinfo() */
	struct resolved found;
};

static atomic_int pending;
static resolve_lookup *test_lookup;

void resolve_set_lookup(resolve_lookup *lookup)
{
	test_lookup = lookup;
}

static void lookup_unref(struct lookup *l)
{
	if (atomic_fetch_sub_explicit(&l->refs, 1, memory_order_acq_rel) != 1)
		return;
	wake_release(&l->done);
	xfree(l->host);
	xfree(l);
}

static void take_addresses(const struct addrinfo *list, struct resolved *ret_resolved)
{
	for (const struct addrinfo *ai = list; ai && ret_resolved->n < RESOLVE_ADDRS_MAX; ai = ai->ai_next) {
		char *text = ret_resolved->addrs[ret_resolved->n];

		if (getnameinfo(ai->ai_addr, ai->ai_addrlen, text, RESOLVE_ADDR_LEN, NULL, 0, NI_NUMERICHOST) == 0)
			ret_resolved->n++;
	}
}

static int look_up(resolve_lookup *ask, const char *host, int flags, struct resolved *ret_resolved)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
	struct addrinfo *list = NULL;
	int rc;

	rc = ask(host, NULL, &hints, &list);
	if (rc != 0)
		return rc;
	take_addresses(list, ret_resolved);
	freeaddrinfo(list);
	return ret_resolved->n > 0 ? 0 : EAI_NONAME;
}

static void *helper_main(void *arg)
{
	struct lookup *l = arg;

	l->rc = look_up(l->ask, l->host, AI_ADDRCONFIG, &l->found);
	/* a machine with only a loopback address has no address to be configured for */
	if (l->rc == EAI_NONAME || l->rc == EAI_ADDRFAMILY)
		l->rc = look_up(l->ask, l->host, 0, &l->found);
	wake_post(&l->done);
	lookup_unref(l);
	atomic_fetch_sub_explicit(&pending, 1, memory_order_relaxed);
	return NULL;
}

static int start_helper(struct lookup *l)
{
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t thread;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, RESOLVE_STACK_BYTES);
	atomic_fetch_add_explicit(&l->refs, 1, memory_order_relaxed);
	rc = pthread_create(&thread, &attr, helper_main, l);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		atomic_fetch_sub_explicit(&l->refs, 1, memory_order_relaxed);
	return rc;
}

static bool fail_lookup(const char *host, int rc, struct err *err)
{
	if (rc == EAI_NONAME || rc == EAI_ADDRFAMILY || rc == EAI_NODATA) {
		err_set(err, ERR_DNS, "the name %s is not known here", host);
		err_remedy(err, "check the name; a private endpoint needs the DNS of its VPC");
	} else {
		err_set(err, ERR_DNS, "cannot look up %s: %s", host, gai_strerror(rc));
	}
	return false;
}

/* Waits for the helper; the result is valid only when true. */
static bool wait_for(const struct fetch *f, struct lookup *l, struct err *err)
{
	int64_t limit = clock_mono_us() + RESOLVE_DEADLINE_US;
	struct fetch nearer = *f;

	if (limit < nearer.deadline_mono_us)
		nearer.deadline_mono_us = limit;
	if (fetch_wait(&nearer, l->done.fd, POLLIN, err))
		return true;
	if (err->code == ERR_TIMEOUT) {
		err_set(err, ERR_DNS, "the name service does not answer for %s", l->host);
		err_remedy(err, "check the resolver of this machine, or give hostaddr=ADDRESS beside host");
	}
	return false;
}

bool resolve_host(const struct fetch *f, const char *host, struct resolved *ret_resolved, struct err *err)
{
	struct lookup *l;
	bool ok;
	int rc;

	*ret_resolved = (struct resolved){0};
	/* the real one: with this flag it asks nobody */
	if (look_up(getaddrinfo, host, AI_NUMERICHOST, ret_resolved) == 0)
		return true;
	if (atomic_fetch_add_explicit(&pending, 1, memory_order_relaxed) >= RESOLVE_PENDING_MAX) {
		atomic_fetch_sub_explicit(&pending, 1, memory_order_relaxed);
		return err_set(err, ERR_DNS, "the name service does not answer: %d earlier lookups still wait for it",
			       RESOLVE_PENDING_MAX);
	}
	l = xcalloc(1, sizeof(*l));
	atomic_init(&l->refs, 1);
	wake_init(&l->done);
	l->host = xstrdup(host);
	l->ask = test_lookup ? test_lookup : getaddrinfo;
	rc = start_helper(l);
	if (rc != 0) {
		char reason[128];

		atomic_fetch_sub_explicit(&pending, 1, memory_order_relaxed);
		ok = err_set(err, ERR_IO, "cannot start a thread: %s", err_errno(rc, reason, sizeof(reason)));
	} else {
		ok = wait_for(f, l, err);
	}
	if (ok) {
		wake_clear(&l->done);
		rc = l->rc;
		*ret_resolved = l->found;
		ok = rc == 0 || fail_lookup(host, rc, err);
	}
	lookup_unref(l);
	return ok;
}
