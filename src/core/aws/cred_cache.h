/*
 * cred_cache.h: one set of keys for all lanes, renewed by one thread at a time.
 *
 * Keys are looked for once for a profile, region and endpoint and shared. What only this host's memory and files know
 * is read by whoever asks; everything else is done by a thread of its own, for which the askers wait, each with its own
 * deadline and its own cancellation. When nobody waits any more the search is given up.
 *
 * Keys with less than CRED_EARLY_US left are renewed behind the back of those who use them; with less than
 * CRED_LATE_US left they wait for it. Any thread.
 */
#ifndef AWS_CRED_CACHE_H
#define AWS_CRED_CACHE_H

#include "aws/config.h"
#include "runtime/source.h"

/* Immutable and counted; wiped with the last reference. */
struct cred_set {
	struct aws_credentials keys;
	atomic_uint refs;
	uint64_t number; /* each search that found keys has its own */
};

/*
 * Keys to sign with now, referenced. refused: a set that AWS did not take; then others are looked for, once for all who
 * had it. ERR_CREDENTIALS and what providers say; ERR_UNAVAILABLE when there are none but those refused; ERR_TIMEOUT
 * and ERR_CANCELLED as the fetch has it.
 */
bool cred_get(struct fetch *f, const struct cred_set *refused, const struct cred_set **ret_set,
	      struct err *err) MUST_CHECK;
/* Accepts NULL. */
void cred_unref(const struct cred_set *set);
/* A person's MFA code: looks for keys of f's target with it. */
bool cred_answer(struct fetch *f, struct str mfa_code, struct err *err) MUST_CHECK;
/* What is known may be wrong now (somebody has signed on): the next cred_get() looks again. */
void cred_forget(void);
/* Ends a search under way and waits until its thread has ended; keys are wiped. At the end of the process. */
void cred_stop(void);

#endif
