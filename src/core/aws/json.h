/*
 * json.h: calls of the JSON protocol: parameters as an object, answers in pages, elements as records.
 *
 * The bare call is aws_call() with a JSON text as body. Here is what nearly every source needs on top:
 * the body built by jansson, the page token passed on, and an array of the answer decoded by
 * descriptor. A page is handed over only when it has arrived completely, so nothing needs to be
 * taken back when an attempt is repeated. Lane thread.
 */
#ifndef AWS_JSON_H
#define AWS_JSON_H

#include "aws/client.h"

struct aws_pages {
	enum aws_service_id service;
	const char *operation;
	const char *token; /* parameter that takes the page token; NULL = the call has no pages */
	const char *next;  /* member of the answer that holds it; absent, null and "" end the listing */
	/* Puts the parameters into the body, an empty object. False: *err says why. NULL = none. */
	bool (*parameters)(struct json_t *body, void *ctx, struct err *err);
	/* Takes one answer, an object, and may change it. *ret_enough = true ends the listing early. False: *err says
	 * why. */
	bool (*page)(struct json_t *answer, void *ctx, bool *ret_enough, struct err *err);
	void *ctx;
	int pages_max; /* 0 = AWS_PAGES_MAX */
};

/*
 * Calls until there is no further page. An empty page with a token goes on. ERR_PROTOCOL for a token
 * that does not change, ERR_LIMIT beyond pages_max; what the pages before gave stays with ctx.
 */
bool aws_pages_fetch(struct fetch *f, const struct aws_pages *pages, struct err *err) MUST_CHECK;

/* Puts text; false (ERR_USAGE) when it is not valid UTF-8. */
bool aws_json_put(struct json_t *body, const char *name, struct str text, struct err *err) MUST_CHECK;
void aws_json_put_i64(struct json_t *body, const char *name, int64_t value);
/* Text at a path of keys joined by '/', "" when absent or not text. Borrowed. */
struct str aws_json_text(const struct json_t *answer, const char *path);

/*
 * Moves the elements of the array at `items` (as above) to out as records, by field->wire: the array is empty
 * afterwards, or half read after an error. An absent one is empty. finish as in struct xml_records; may be NULL.
 * ERR_PROTOCOL for what is no array of objects, ERR_LIMIT beyond what a snapshot holds.
 */
bool aws_json_rows(struct json_t *answer, const char *items, struct snapshot *out,
		   bool (*finish)(void *row, struct snapshot *out, void *ctx), void *ctx, struct err *err) MUST_CHECK;
/* Appends the answer itself as one record. */
bool aws_json_row(const struct json_t *answer, struct snapshot *out, struct err *err) MUST_CHECK;

#endif
