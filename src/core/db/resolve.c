/*
 * resolve.c: one detached helper thread per lookup.
 *
 * The request is shared by two owners, the caller and the helper, and is freed by
 * whoever lets go last. The helper writes the result before it posts the wake, the
 * caller reads it only after the wake, so the fields need no lock of their own. A
 * caller that gives up just drops its reference; the helper never touches the fetch.
 *
 * getaddrinfo() tells addresses and nothing of aliases and of how long they hold. Who wants those asks the name servers
 * with the resolver's own functions, in a helper as well.
 *
 * A name service that hangs must not pile up threads: RESOLVE_PENDING_MAX helpers at
 * most exist in the process, and the next lookup fails at once, in words.
 */
#include "db/resolve.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "runtime/wake.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <resolv.h>

/* getaddrinfo() and the modules it loads use far less; sanitizers use several times more */
#define RESOLVE_STACK_BYTES (512u << 10)

struct lookup {
	atomic_int refs;
	struct wake done;
	char *host;
	resolve_lookup *ask; /* copied by the caller, so that a helper left behind reads nothing that may change */
	int rc;              /* of getaddrinfo() */
	struct resolved found;
	resolve_question *question; /* NULL = addresses are wanted */
	struct resolve_records records;
};

#define ANSWER_MAX 4096

static atomic_int pending;
static resolve_lookup *test_lookup;
static resolve_question *test_question;

void resolve_set_lookup(resolve_lookup *lookup)
{
	test_lookup = lookup;
}

void resolve_set_question(resolve_question *question)
{
	test_question = question;
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

static void find_addresses(struct lookup *l)
{
	l->rc = look_up(l->ask, l->host, AI_ADDRCONFIG, &l->found);
	/* a machine with only a loopback address has no address to be configured for */
	if (l->rc == EAI_NONAME || l->rc == EAI_ADDRFAMILY)
		l->rc = look_up(l->ask, l->host, 0, &l->found);
}

/* One question, once, to each server in turn: it is a remark, not worth a wait. */
static int ask_servers(const char *host, unsigned char *answer, int size)
{
	struct __res_state state = {0};
	int n;

	if (res_ninit(&state) != 0)
		return -1;
	state.retrans = 1;
	state.retry = 1;
	n = res_nquery(&state, host, ns_c_in, ns_t_a, answer, size);
	res_nclose(&state);
	return n;
}

bool resolve_read_answer(const unsigned char *answer, int size, struct resolve_records *ret)
{
	ns_msg message;
	int count;

	*ret = (struct resolve_records){.ttl_s = -1};
	if (size <= 0 || ns_initparse(answer, size, &message) != 0)
		return false;
	count = ns_msg_count(message, ns_s_an);
	for (int i = 0; i < count; i++) {
		int64_t ttl;
		ns_rr rr;

		if (ns_parserr(&message, ns_s_an, i, &rr) != 0)
			return false;
		ttl = ns_rr_ttl(rr);
		ret->ttl_s = ret->ttl_s < 0 || ttl < ret->ttl_s ? ttl : ret->ttl_s;
		if (ns_rr_type(rr) == ns_t_cname &&
		    ns_name_uncompress(ns_msg_base(message), ns_msg_end(message), ns_rr_rdata(rr), ret->target,
				       sizeof(ret->target)) < 0)
			return false;
	}
	return ret->ttl_s >= 0;
}

static void find_records(struct lookup *l)
{
	unsigned char answer[ANSWER_MAX];
	int n = l->question(l->host, answer, sizeof(answer));

	/* a longer answer was cut */
	if (n > (int)sizeof(answer))
		n = sizeof(answer);
	l->rc = resolve_read_answer(answer, n, &l->records) ? 0 : EAI_NODATA;
}

static void *helper_main(void *arg)
{
	struct lookup *l = arg;

	if (l->question)
		find_records(l);
	else
		find_addresses(l);
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
static bool wait_for(const struct fetch *f, struct lookup *l, int64_t at_most_us, struct err *err)
{
	int64_t limit = clock_mono_us() + at_most_us;
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

/* Runs a helper; true: it has answered. *ret_lookup is unreferenced by the caller, NULL when there is none. */
static bool run(const struct fetch *f, const char *host, resolve_question *question, int64_t at_most_us,
		struct lookup **ret_lookup, struct err *err)
{
	struct lookup *l;
	int rc;

	*ret_lookup = NULL;
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
	l->question = question;
	*ret_lookup = l;
	rc = start_helper(l);
	if (rc != 0) {
		char reason[128];

		atomic_fetch_sub_explicit(&pending, 1, memory_order_relaxed);
		return err_set(err, ERR_IO, "cannot start a thread: %s", err_errno(rc, reason, sizeof(reason)));
	}
	if (!wait_for(f, l, at_most_us, err))
		return false;
	wake_clear(&l->done);
	return true;
}

bool resolve_host(const struct fetch *f, const char *host, struct resolved *ret_resolved, struct err *err)
{
	struct lookup *l;
	bool ok;

	*ret_resolved = (struct resolved){0};
	/* the real one: with this flag it asks nobody */
	if (look_up(getaddrinfo, host, AI_NUMERICHOST, ret_resolved) == 0)
		return true;
	ok = run(f, host, NULL, RESOLVE_DEADLINE_US, &l, err);
	if (ok) {
		*ret_resolved = l->found;
		ok = l->rc == 0 || fail_lookup(host, l->rc, err);
	}
	if (l)
		lookup_unref(l);
	return ok;
}

bool resolve_records(const struct fetch *f, const char *host, struct resolve_records *ret_records)
{
	resolve_question *question = test_question ? test_question : ask_servers;
	struct err ignored = {0};
	struct lookup *l;
	bool ok;

	*ret_records = (struct resolve_records){.ttl_s = -1};
	/* a test that answers for getaddrinfo() does not want the network asked behind its back */
	if (test_lookup && !test_question)
		return false;
	ok = run(f, host, question, RESOLVE_RECORDS_US, &l, &ignored) && l->rc == 0;
	if (ok)
		*ret_records = l->records;
	if (l)
		lookup_unref(l);
	return ok;
}
