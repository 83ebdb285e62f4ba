/*
 * cred.h: what a provider of credentials is, and the chain of them.
 *
 * A provider is one constant row and one file cred_NAME.c. The chain asks them in the order of the AWS CLI; the first
 * that finds keys wins, one that is configured and fails ends the chain with its error. All of it runs on one thread,
 * with a deadline, cancellable; cred_cache.h is what lanes call.
 *
 * No text of an error, a log line or a process's arguments holds a key, a token or a code.
 */
#ifndef AWS_CRED_H
#define AWS_CRED_H

#include "aws/config.h"
#include "aws/endpoint.h"
#include "aws/http.h"
#include "aws/secret.h"

#define CRED_PROFILES_MAX 8          /* source profiles behind each other */
#define CRED_ANSWER_MAX (256u << 10) /* answer of a provider's server, file of a token cache */
#define CRED_EARLY_US (15 * US_PER_MIN)
#define CRED_LATE_US (10 * US_PER_MIN)

/* Errors that a person can do something about have these as err.id. */
#define CRED_NEEDS_CODE "MfaCodeNeeded"
#define CRED_NEEDS_LOGIN "SsoLoginNeeded"

/* One search for keys. */
struct cred_ask {
	const struct aws_config *config;
	struct http *http; /* NULL = only this host's memory and files may be looked at: see `elsewhere` */
	const char *region, *endpoint_url, *ca_bundle; /* of the target; "" = not set */
	struct str mfa_code;                           /* a person's answer, used once; "" = none */
	int cancel_fd;                                 /* readable = give up; -1 = none */
	int64_t deadline_mono_us;
	bool elsewhere; /* out: stopped before a provider that asks somebody else, for want of http */
	/* What is being asked, for who waits: "assuming the role X". May be NULL. */
	void (*doing)(void *ctx, const char *words);
	void *ctx;
	const char *visited[CRED_PROFILES_MAX]; /* profiles on the way here, for loops */
	size_t nvisited;
	bool source; /* for another profile's role: variables do not count */
};

struct cred_provider {
	const char *name; /* AWS's own: "assume-role" */
	bool of_profile;  /* may also be what a source_profile uses */
	/* *ret_found stays false when it is not configured. On failure and when nothing is found *out holds no memory.
	 */
	bool (*load)(struct cred_ask *q, const char *profile, struct aws_credentials *out, bool *ret_found,
		     struct err *err);
};

extern const struct cred_provider cred_environment, cred_role, cred_web_identity, cred_sso, cred_shared_file,
	cred_login, cred_process, cred_config_file, cred_container, cred_instance;

/* ---- cred_chain.c ---- */

/*
 * The keys of the profile in effect. ERR_CREDENTIALS says what was looked at, or what to do; other codes as the
 * provider's server or file gives them. True without keys when q->elsewhere was set.
 */
bool cred_load(struct cred_ask *q, struct aws_credentials *ret_credentials, struct err *err) MUST_CHECK;
/* The keys of a source_profile, by every provider of a profile. */
bool cred_load_source(struct cred_ask *q, const char *profile, struct aws_credentials *ret_credentials,
		      struct err *err) MUST_CHECK;
/* For a provider that asks somebody else: false = not now, q->elsewhere is set. */
bool cred_may_ask(struct cred_ask *q);
void cred_doing(struct cred_ask *q, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ---- cred_keys.c ---- */

/* Copies; ERR_LIMIT when one of them is too long, ERR_CREDENTIALS when a key is empty or holds control characters. */
bool cred_keep(struct aws_credentials *out, struct str access, struct str secret, struct str token,
	       struct err *err) MUST_CHECK;
/* Says that out->origin has one half of a pair only. Returns false. */
bool cred_half_pair(const struct aws_credentials *out, const char *missing, struct err *err);
/* Names of the members of a JSON object that holds keys. */
struct cred_names {
	const char *access, *secret, *token, *expires;
	bool milliseconds; /* expires is a number of them since 1970, else a time in text */
};
/* Keys from an object; `from` names who gave it in messages. ERR_CREDENTIALS names the member that is missing. */
bool cred_from_json(const struct json_t *object, const struct cred_names *names, const char *from,
		    struct aws_credentials *out, struct err *err) MUST_CHECK;
/* ISO 8601, or with UTC behind it as an old AWS CLI wrote. */
bool cred_parse_time(struct str s, int64_t *ret_wall_us);
/* Parses; an error names `from` and never quotes the text. */
bool cred_parse_json(struct str text, const char *from, struct json_t **ret_root, struct err *err) MUST_CHECK;
/* Text of a member, "" when there is none. Borrowed. */
struct str cred_json_text(const struct json_t *object, const char *name);
/* Part of a role's ARN behind "role/", for words. */
struct str cred_role_name(struct str arn);
/* Hexadecimal digest, lower case, of a cache file's name. out >= 65. */
void cred_sha1(struct str text, char *out);
void cred_sha256(struct str text, char *out);
/* Appends text as Python's json.dumps() writes it, which the names of cache files are made of. */
void cred_python_string(struct buf *out, struct str text);
/* Text of somebody else for a message: one line, at most max bytes, controls and what looks like a secret left out. */
void cred_words(struct str text, char *out, size_t max);

/* ---- cred_http.c ---- */

struct cred_request {
	const char *service; /* whose calls it is counted with, "STS"; NULL = it is not counted */
	const char *url, *host;
	const char *const *headers; /* as in struct http_request; NULL = none */
	const char *method;         /* "GET", "POST", "PUT" */
	struct str body;
	int64_t timeout_us; /* 0 = as long as the search may take */
	bool direct;        /* past any proxy: the peer is on this host's own link */
};
/* One request; the body goes into an empty *ret_body, which the caller wipes. Any status is true. */
bool cred_http(struct cred_ask *q, const struct cred_request *request, struct http_response *ret_response,
	       struct secret *ret_body, struct err *err) MUST_CHECK;
/* Sleeps; false (ERR_CANCELLED or ERR_TIMEOUT) when the search ends first. */
bool cred_pause(const struct cred_ask *q, int64_t us, struct err *err) MUST_CHECK;

/* ---- cred_sts.c ---- */

struct cred_sts {
	const char *operation; /* AssumeRole, AssumeRoleWithWebIdentity */
	struct aws_keys keys;  /* access_key empty = not signed */
	struct str role_arn, session_name, external_id, mfa_serial, mfa_code, web_token;
	struct str duration; /* seconds, "" = the role's default */
};
/* Session name when none is set: 2 to 64 characters. */
void cred_session_name(char out[64]);
/* Temporary keys of a role. out->origin is the caller's. */
bool cred_sts(struct cred_ask *q, const struct cred_sts *call, struct aws_credentials *out, struct err *err) MUST_CHECK;

/* ---- cred_instance.c ---- */

/* The region that this EC2 instance is in, by its metadata service. False when that is forbidden or nobody answers;
 * blocks for seconds at most. */
bool cred_instance_region(const struct aws_config *config, char ret_region[AWS_REGION_MAX]) MUST_CHECK;

/* ---- cred_container.c; pure ---- */

/* May keys be taken from this host over plain HTTP? */
bool cred_container_host_allowed(const char *host);
/* URL and host of what the two variables name (relative before full). */
bool cred_container_url(const char *relative, const char *full, char ret_url[AWS_URL_MAX], char ret_host[128],
			struct err *err) MUST_CHECK;

#endif
