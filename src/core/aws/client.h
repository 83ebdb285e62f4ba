/*
 * client.h: signed calls to AWS for the sources of one lane.
 *
 * A struct aws_client lives in the lane's context: HTTP connections, endpoints, clock skew. It belongs to the lane's
 * thread, is loaded again when the target changes and wiped when the lane closes. Credentials are those of
 * cred_cache.h, taken anew for each call.
 *
 * Retry: at most AWS_ATTEMPTS_MAX attempts (or AWS_MAX_ATTEMPTS, max_attempts), pauses random between 0 and
 * min(2^i, 20 s), never beyond the fetch's deadline, cancellable, as long as there are retry tokens; after a throttling
 * answer every request waits for its turn (pace.h; AWS SDKs Reference Guide, retry modes "standard" and "adaptive").
 */
#ifndef AWS_CLIENT_H
#define AWS_CLIENT_H

#include "aws/errors.h"
#include "aws/form.h"
#include "codec/codec_xml.h"
#include "runtime/source.h"

#define AWS_ATTEMPTS_MAX 3
#define AWS_RETRY_PAUSE_MAX_US (20 * US_PER_S)
#define AWS_ATTEMPT_US (15 * US_PER_S) /* one attempt waits for its answer; the fetch may have longer */
#define AWS_PAGES_MAX 1000
#define AWS_PAGE_PERIOD_US (2 * US_PER_S) /* of a listing, for each of its pages */
#define AWS_SKEW_MIN_US (4 * US_PER_MIN)  /* smaller differences never explain a refusal */

struct aws_client;
struct json_t;

/* One call. The answer is decoded while it arrives. */
struct aws_call {
	enum aws_service_id service;
	const char *operation;
	struct str body; /* form text, or a JSON object */
	bool once;       /* not idempotent: never sent a second time */
	int64_t units;   /* what it is billed by: metrics of GetMetricData; 0 = 1 */
	/* XML protocols: prepares the handler anew and forgets what an earlier attempt decoded; called before each
	 * attempt. NULL = only `wanted` counts. */
	void (*begin)(void *ctx, struct xml_handler *handler);
	void *ctx;
	const char *const *wanted; /* as in struct xml_handler, when begin is NULL */
};

struct aws_answer {
	struct xml_decoder *xml; /* complete; for xml_decoder_wanted() */
	struct json_t *json;
	int64_t date_us; /* Date header, 0 = none */
	char request_id[80];
};

/* The lane's client, made or renewed for the fetch's target. Borrowed. ERR_CREDENTIALS, ERR_CONFIG, ERR_USAGE in words.
 */
bool aws_client_get(struct fetch *f, struct aws_client **ret_client, struct err *err) MUST_CHECK;
/* The same for who keeps it elsewhere: *slot is the client, NULL = none yet; free it with aws_client_free(). */
bool aws_client_get_in(struct fetch *f, void **slot, struct aws_client **ret_client, struct err *err) MUST_CHECK;
/* Accepts NULL. */
void aws_client_free(void *client);
/* Closes the client's connections, at the end of a fetch that will not come again for minutes: a TLS connection holds
 * memory. Credentials and what was learnt of endpoints stay. */
void aws_client_rest(struct fetch *f);
/* Region in effect. */
const char *aws_client_region(const struct aws_client *c);
/* The keys that would sign now, borrowed. */
struct aws_keys aws_client_keys(const struct aws_client *c);
/* By how much the service's clock is ahead of ours, as far as its refusals have shown. */
int64_t aws_client_skew_us(const struct aws_client *c, enum aws_service_id service);
/* Profile in effect, where its keys are from, and when they end (wall clock, 0 = not known to). */
const char *aws_client_profile(const struct aws_client *c);
const char *aws_client_origin(const struct aws_client *c);
int64_t aws_client_expires_us(const struct aws_client *c);
/* Sends and decodes one call, with retries. The caller releases the answer. */
bool aws_call(struct aws_client *c, struct fetch *f, const struct aws_call *call, struct aws_answer *ret_answer,
	      struct err *err) MUST_CHECK;
void aws_answer_release(struct aws_answer *a);
/* Pause before attempt i + 2; random is in [0, 1). */
int64_t aws_retry_pause_us(unsigned i, double random);

/* A listing that comes in pages, decoded into the records of one snapshot. */
struct aws_list {
	enum aws_service_id service;
	const char *operation;
	const char *items;          /* path of one item below the root */
	const char *next;           /* path of the page marker in the answer; NULL = the call has no pages */
	const char *marker;         /* parameter that takes it */
	int page_size;              /* 0 = leave it to the service */
	const char *page_size_name; /* "MaxRecords" */
	void (*parameters)(struct form *form, void *ctx);
	bool (*finish)(void *row, struct snapshot *out, void *ctx); /* as in struct xml_records; may be NULL */
	const char *each;                                           /* as there; NULL = a row for each item */
	/* After each page: is there enough? Then no further one is asked for. NULL = never. */
	bool (*enough)(const struct snapshot *out, void *ctx);
	bool publish_pages;    /* show what there is after each page but the last */
	struct snapshot *also; /* gets a record of its own type for each item, too; NULL = none */
	void *ctx;
};
/* Appends every page's items to out (not published). */
bool aws_list_fetch(struct fetch *f, const struct aws_list *list, struct snapshot *out, struct err *err) MUST_CHECK;

#endif
