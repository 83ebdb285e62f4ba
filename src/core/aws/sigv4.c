/*
 * sigv4.c: a request becomes a canonical text, the text a hash, the hash a signature.
 *
 * Model: headers and query parameters are collected into small fixed arrays, sorted, and
 * written to one canonical text; both modes (header, query) share everything after that. The
 * only state are stack arrays and the buffers of the result. Derived keys are wiped.
 *
 * Invariants: what is signed is what the caller sends. The path is encoded as it was given
 * (once more than on the wire); query names and values are decoded and encoded again, so
 * that any spelling of a query has one canonical form. A '+' in a query is a plus sign, never
 * a blank.
 *
 * Not here: chunked and S3 signing, SigV4A, choosing credentials.
 */
#include "aws/sigv4.h"

#include "base/arena.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "base/sort.h"
#include "base/xalloc.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define KEY_LEN 32
#define SCOPE_MAX 256

struct pair {
	struct str name, value;
};

/* What one signing needs beside the request; texts live in `text`, so slices are offsets until it is complete. */
struct signing {
	const struct sigv4_request *req;
	struct sigv4_result *res;
	struct arena *arena;
	struct pair pairs[SIGV4_PARAMS_MAX];
	size_t npairs;
	struct pair headers[SIGV4_HEADERS_MAX];
	size_t nheaders;
	struct buf names; /* signed header names joined by ';' */
	char scope[SCOPE_MAX];
};

void sigv4_result_init(struct sigv4_result *r)
{
	memset(r, 0, sizeof(*r));
	buf_init(&r->canonical, SIGV4_TEXT_MAX);
	buf_init(&r->to_sign, SIGV4_TEXT_MAX);
	buf_init(&r->authorization, SIGV4_TEXT_MAX);
	buf_init(&r->query, SIGV4_TEXT_MAX);
}

static void buf_wipe(struct buf *b)
{
	if (b->data)
		OPENSSL_cleanse(b->data, b->cap);
	buf_release(b);
}

void sigv4_result_release(struct sigv4_result *r)
{
	buf_wipe(&r->canonical);
	buf_wipe(&r->to_sign);
	buf_wipe(&r->authorization);
	buf_wipe(&r->query);
	OPENSSL_cleanse(r->signature, sizeof(r->signature));
}

static bool unreserved(char c)
{
	return ascii_is_letter(c) || ascii_is_digit(c) || c == '-' || c == '_' || c == '.' || c == '~';
}

bool sigv4_encode(struct buf *out, struct str s, bool keep_slash)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (unreserved((char)c) || (keep_slash && c == '/')) {
			buf_add_char(out, (char)c);
		} else {
			char hex[3] = {'%', digits[c >> 4], digits[c & 15]};

			buf_add(out, hex, sizeof(hex));
		}
	}
	return !out->failed;
}

static int hex_value(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* %XX back to bytes; a malformed escape stays as it is. Never longer than s. */
static struct str decode(struct arena *a, struct str s)
{
	char *out = arena_alloc(a, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		int high = i + 2 < s.len && s.ptr[i] == '%' ? hex_value(s.ptr[i + 1]) : -1;
		int low = high >= 0 ? hex_value(s.ptr[i + 2]) : -1;

		if (low >= 0) {
			out[n++] = (char)(high * 16 + low);
			i += 2;
		} else {
			out[n++] = s.ptr[i];
		}
	}
	return (struct str){out, n};
}

static struct str encode(struct arena *a, struct str s)
{
	struct buf b;
	struct str out;

	buf_init(&b, SIGV4_TEXT_MAX);
	sigv4_encode(&b, s, false);
	out = arena_str(a, buf_str(&b));
	buf_release(&b);
	return out;
}

static void hex(const unsigned char *bytes, char out[65])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < KEY_LEN; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[64] = '\0';
}

static void sha256_hex(struct str s, char out[65])
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	CHECK(EVP_Digest(s.ptr ? s.ptr : "", s.len, digest, NULL, EVP_sha256(), NULL) == 1);
	hex(digest, out);
}

static void hmac(const unsigned char *key, size_t key_len, struct str s, unsigned char out[KEY_LEN])
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	CHECK(HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)(s.ptr ? s.ptr : ""), s.len, mac, &n));
	memcpy(out, mac, KEY_LEN);
	OPENSSL_cleanse(mac, sizeof(mac));
}

/* signature = HMAC chain over date, region, service, "aws4_request", then the string to sign. */
static void compute_signature(struct signing *s)
{
	const struct sigv4_request *q = s->req;
	size_t len = 4 + q->keys->secret_key.len;
	char *first = xalloc(len + 1);
	unsigned char key[KEY_LEN];

	memcpy(first, "AWS4", 4);
	if (q->keys->secret_key.len > 0)
		memcpy(first + 4, q->keys->secret_key.ptr, q->keys->secret_key.len);
	hmac((const unsigned char *)first, len, (struct str){s->res->date, 8}, key);
	xfree_secret(first, len + 1);
	hmac(key, KEY_LEN, q->region, key);
	hmac(key, KEY_LEN, q->service, key);
	hmac(key, KEY_LEN, STR("aws4_request"), key);
	hmac(key, KEY_LEN, buf_str(&s->res->to_sign), key);
	hex(key, s->res->signature);
	OPENSSL_cleanse(key, sizeof(key));
}

static int compare_pairs(uint32_t a, uint32_t b, void *ctx)
{
	const struct pair *p = ctx;
	int by_name = str_cmp(p[a].name, p[b].name);

	return by_name ? by_name : str_cmp(p[a].value, p[b].value);
}

/* Headers of one name keep the order they were given in. */
static int compare_headers(uint32_t a, uint32_t b, void *ctx)
{
	const struct pair *p = ctx;

	return str_cmp(p[a].name, p[b].name);
}

static bool add_pair(struct signing *s, struct str name, struct str value, struct err *err)
{
	if (s->npairs == SIGV4_PARAMS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d query parameters to sign", SIGV4_PARAMS_MAX);
	s->pairs[s->npairs++] = (struct pair){encode(s->arena, name), encode(s->arena, value)};
	return true;
}

static bool collect_query(struct signing *s, struct err *err)
{
	struct str rest = s->req->query, part;

	while (rest.len > 0 && str_split(&rest, '&', &part)) {
		long eq = str_find(part, STR("="), 0);
		struct str name = eq < 0 ? part : str_sub(part, 0, (size_t)eq);
		struct str value = eq < 0 ? STR("") : str_sub(part, (size_t)eq + 1, part.len);

		if (part.len > 0 && !add_pair(s, decode(s->arena, name), decode(s->arena, value), err))
			return false;
	}
	return true;
}

static bool never_signed(struct str name)
{
	static const char *const names[] = {
		"authorization", "connection", "expect",          "keep-alive",        "te",
		"trailer",       "user-agent", "x-amzn-trace-id", "transfer-encoding", "upgrade"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq_c(name, names[i]))
			return true;
	return str_starts(name, STR("proxy-"));
}

/* Trimmed, runs of blanks as one. */
static struct str tidy_value(struct arena *a, struct str v)
{
	char *out;
	size_t n = 0;

	v = str_trim(v);
	out = arena_alloc(a, v.len + 1);
	for (size_t i = 0; i < v.len; i++)
		if (v.ptr[i] != ' ' || n == 0 || out[n - 1] != ' ')
			out[n++] = v.ptr[i];
	return (struct str){out, n};
}

static bool add_header(struct signing *s, struct str name, struct str value, struct err *err)
{
	char *lower = arena_strz(s->arena, name);
	struct str key = {lower, name.len};

	for (size_t i = 0; i < name.len; i++)
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] = (char)(lower[i] - 'A' + 'a');
	if (never_signed(key))
		return true;
	if (s->nheaders == SIGV4_HEADERS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d headers to sign", SIGV4_HEADERS_MAX);
	s->headers[s->nheaders++] = (struct pair){key, tidy_value(s->arena, value)};
	return true;
}

static bool collect_headers(struct signing *s, bool in_headers, struct err *err)
{
	const struct sigv4_request *q = s->req;

	for (size_t i = 0; i < q->nheaders; i++)
		if (!add_header(s, q->headers[i].name, q->headers[i].value, err))
			return false;
	if (!in_headers)
		return true;
	if (q->hash_header && !add_header(s, STR("x-amz-content-sha256"), str_c(s->res->body_hash), err))
		return false;
	if (q->keys->session_token.len > 0 && !q->token_unsigned &&
	    !add_header(s, STR("x-amz-security-token"), q->keys->session_token, err))
		return false;
	return add_header(s, STR("x-amz-date"), str_c(s->res->date), err);
}

/* Sorts n pairs in place. */
static void sort_pairs(struct pair *pairs, size_t n, sort_compare *compare)
{
	uint32_t index[SIGV4_PARAMS_MAX], scratch[SIGV4_PARAMS_MAX];
	struct pair sorted[SIGV4_PARAMS_MAX];

	_Static_assert(SIGV4_HEADERS_MAX <= SIGV4_PARAMS_MAX, "headers are sorted in the same arrays");
	for (size_t i = 0; i < n; i++)
		index[i] = (uint32_t)i;
	sort_indices(index, scratch, n, compare, pairs);
	for (size_t i = 0; i < n; i++)
		sorted[i] = pairs[index[i]];
	if (n > 0)
		memcpy(pairs, sorted, n * sizeof(*pairs));
}

static void join_names(struct signing *s)
{
	sort_pairs(s->headers, s->nheaders, compare_headers);
	for (size_t i = 0; i < s->nheaders; i++) {
		if (i > 0 && str_eq(s->headers[i].name, s->headers[i - 1].name))
			continue;
		if (i > 0)
			buf_add_char(&s->names, ';');
		buf_add_str(&s->names, s->headers[i].name);
	}
}

/* "/a/./b//../c" becomes "/a/c"; a trailing slash stays. */
static void add_path(struct buf *out, struct str path, bool keep)
{
	struct buf clean;
	struct str rest = path, part;

	if (keep && path.len > 0) {
		sigv4_encode(out, path, true);
		return;
	}
	buf_init(&clean, SIGV4_TEXT_MAX);
	while (rest.len > 0 && str_split(&rest, '/', &part)) {
		if (str_eq_c(part, "..")) {
			while (clean.len > 0 && clean.data[clean.len - 1] != '/')
				buf_truncate(&clean, clean.len - 1);
			if (clean.len > 0)
				buf_truncate(&clean, clean.len - 1);
		} else if (part.len > 0 && !str_eq_c(part, ".")) {
			buf_add_char(&clean, '/');
			buf_add_str(&clean, part);
		}
	}
	if (clean.len == 0 || str_ends(path, STR("/")))
		buf_add_char(&clean, '/');
	sigv4_encode(out, buf_str(&clean), true);
	buf_release(&clean);
}

static void add_query(struct buf *out, const struct signing *s)
{
	for (size_t i = 0; i < s->npairs; i++) {
		if (i > 0)
			buf_add_char(out, '&');
		buf_add_str(out, s->pairs[i].name);
		buf_add_char(out, '=');
		buf_add_str(out, s->pairs[i].value);
	}
}

static void add_headers(struct buf *out, const struct signing *s)
{
	for (size_t i = 0; i < s->nheaders; i++) {
		if (i > 0 && str_eq(s->headers[i].name, s->headers[i - 1].name)) {
			buf_add_char(out, ',');
		} else {
			if (i > 0)
				buf_add_char(out, '\n');
			buf_add_str(out, s->headers[i].name);
			buf_add_char(out, ':');
		}
		buf_add_str(out, s->headers[i].value);
	}
	buf_add_char(out, '\n');
}

/* Canonical request, string to sign, signature; pairs and headers are complete. */
static bool finish_signing(struct signing *s, struct err *err)
{
	struct buf *c = &s->res->canonical;
	char hash[65];

	sort_pairs(s->pairs, s->npairs, compare_pairs);
	buf_add_str(c, s->req->method);
	buf_add_char(c, '\n');
	add_path(c, s->req->path, s->req->keep_path);
	buf_add_char(c, '\n');
	add_query(c, s);
	buf_add_char(c, '\n');
	add_headers(c, s);
	buf_addf(c, "\n" STR_FMT "\n%s", STR_ARG(buf_str(&s->names)), s->res->body_hash);
	if (c->failed)
		return err_set(err, ERR_LIMIT, "a request is too large to sign");
	sha256_hex(buf_str(c), hash);
	buf_addf(&s->res->to_sign, ALGORITHM "\n%s\n%s\n%s", s->res->date, s->scope, hash);
	compute_signature(s);
	return true;
}

static bool begin_signing(struct signing *s, const struct sigv4_request *q, struct sigv4_result *res, struct err *err)
{
	size_t room = 64u << 10;
	struct civil t;

	memset(s, 0, sizeof(*s));
	s->req = q;
	s->res = res;
	buf_init(&s->names, SIGV4_TEXT_MAX);
	for (size_t i = 0; i < q->nheaders; i++)
		room += 2 * (q->headers[i].name.len + q->headers[i].value.len) + 64;
	room += 16 * q->query.len + 8 * q->keys->session_token.len + 8 * q->region.len;
	if (room > SIGV4_TEXT_MAX)
		return err_set(err, ERR_LIMIT, "a request is too large to sign");
	s->arena = arena_new(room / 4, 4 * (size_t)SIGV4_TEXT_MAX);
	clock_civil(q->at_us, &t);
	snprintf(res->date, sizeof(res->date), "%04u%02u%02uT%02u%02u%02uZ", (unsigned)t.year % 10000u,
		 (unsigned)t.month % 100u, (unsigned)t.day % 100u, (unsigned)t.hour % 100u, (unsigned)t.minute % 100u,
		 (unsigned)t.second % 100u);
	if (snprintf(s->scope, sizeof(s->scope), "%.8s/" STR_FMT "/" STR_FMT "/aws4_request", res->date,
		     STR_ARG(q->region), STR_ARG(q->service)) >= (int)sizeof(s->scope))
		return err_set(err, ERR_LIMIT, "the name of an AWS region is too long");
	sha256_hex(q->body, res->body_hash);
	return collect_query(s, err);
}

static void end_signing(struct signing *s)
{
	buf_release(&s->names);
	arena_free(s->arena);
}

bool sigv4_sign(const struct sigv4_request *request, struct sigv4_result *result, struct err *err)
{
	struct signing s;
	bool ok = false;

	if (!begin_signing(&s, request, result, err) || !collect_headers(&s, true, err))
		goto out;
	join_names(&s);
	if (!finish_signing(&s, err))
		goto out;
	buf_addf(&result->authorization,
		 ALGORITHM " Credential=" STR_FMT "/%s, SignedHeaders=" STR_FMT ", Signature=%s",
		 STR_ARG(request->keys->access_key), s.scope, STR_ARG(buf_str(&s.names)), result->signature);
	ok = !result->authorization.failed || err_set(err, ERR_LIMIT, "a request is too large to sign");
out:
	end_signing(&s);
	return ok;
}

/* The X-Amz- parameters that a presigned query carries, all but the signature. */
static bool add_presign_pairs(struct signing *s, int expires_s, struct err *err)
{
	const struct aws_keys *keys = s->req->keys;
	struct str credential = arena_fmt(s->arena, STR_FMT "/%s", STR_ARG(keys->access_key), s->scope);

	return add_pair(s, STR("X-Amz-Algorithm"), STR(ALGORITHM), err) &&
	       add_pair(s, STR("X-Amz-Credential"), credential, err) &&
	       add_pair(s, STR("X-Amz-Date"), str_c(s->res->date), err) &&
	       add_pair(s, STR("X-Amz-Expires"), arena_fmt(s->arena, "%d", expires_s), err) &&
	       add_pair(s, STR("X-Amz-SignedHeaders"), buf_str(&s->names), err) &&
	       (keys->session_token.len == 0 || s->req->token_unsigned ||
		add_pair(s, STR("X-Amz-Security-Token"), keys->session_token, err));
}

bool sigv4_presign(const struct sigv4_request *request, int expires_s, struct sigv4_result *result, struct err *err)
{
	struct signing s;
	bool ok = false;

	if (!begin_signing(&s, request, result, err) || !collect_headers(&s, false, err))
		goto out;
	join_names(&s);
	if (!add_presign_pairs(&s, expires_s, err) || !finish_signing(&s, err))
		goto out;
	add_query(&result->query, &s);
	if (request->keys->session_token.len > 0 && request->token_unsigned) {
		buf_add_c(&result->query, "&X-Amz-Security-Token=");
		sigv4_encode(&result->query, request->keys->session_token, false);
	}
	buf_addf(&result->query, "&X-Amz-Signature=%s", result->signature);
	ok = !result->query.failed || err_set(err, ERR_LIMIT, "a request is too large to sign");
out:
	end_signing(&s);
	return ok;
}

bool sigv4_rds_token(const struct sigv4_request *scope, struct str host, int port, struct str user,
		     struct buf *ret_token, struct err *err)
{
	struct sigv4_result result;
	struct sigv4_header header = {STR("host"), {NULL, 0}};
	struct sigv4_request q = *scope;
	struct buf authority, query;
	bool ok = false;

	sigv4_result_init(&result);
	buf_init(&authority, 1024);
	buf_init(&query, 8192);
	buf_addf(&authority, STR_FMT ":%d", STR_ARG(host), port);
	buf_add_c(&query, "Action=connect&DBUser=");
	sigv4_encode(&query, user, false);
	if (authority.failed || query.failed) {
		err_set(err, ERR_LIMIT, "the database host or user name is too long for a login token");
		goto out;
	}
	header.value = buf_str(&authority);
	q.method = STR("GET");
	q.path = STR("/");
	q.query = buf_str(&query);
	q.headers = &header;
	q.nheaders = 1;
	q.body = STR("");
	q.service = STR("rds-db");
	if (!sigv4_presign(&q, SIGV4_RDS_TOKEN_S, &result, err))
		goto out;
	buf_add_str(ret_token, buf_str(&authority));
	buf_add_c(ret_token, "/?");
	buf_add_str(ret_token, buf_str(&result.query));
	ok = !ret_token->failed || err_set(err, ERR_LIMIT, "a login token is too long");
out:
	buf_release(&authority);
	buf_release(&query);
	sigv4_result_release(&result);
	return ok;
}
