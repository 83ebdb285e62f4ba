/*
 * sim_sigv4.c: verifies AWS Signature Version 4, header form.
 *
 * Written from the public description only, and sharing nothing with the client's signer,
 * so that both must agree to get through. It works backwards from what arrived: parses
 * Authorization, rebuilds the canonical request from the raw request line, the headers
 * that SignedHeaders names and the body bytes, and compares signatures. Every way to be
 * wrong gives the error the service family uses for it; EC2 has words of its own.
 * Query-string signing is not accepted here: none of the served calls uses it.
 */
#include "base/sort.h"
#include "sim/sim_identity.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#define SKEW_MAX_US (5 * US_PER_MIN)
#define SIGNED_MAX 64

struct claim {
	struct str key, date, region, service, signed_names, signature;
};

static void hex(const unsigned char *in, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[in[i] >> 4];
		out[2 * i + 1] = digits[in[i] & 15];
	}
	out[2 * n] = '\0';
}

static void sha256_hex(struct str in, char out[2 * SHA256_DIGEST_LENGTH + 1])
{
	unsigned char md[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)(in.ptr ? in.ptr : ""), in.len, md);
	hex(md, sizeof(md), out);
}

static void mac(unsigned char key[SHA256_DIGEST_LENGTH], size_t key_len, struct str text)
{
	unsigned char out[SHA256_DIGEST_LENGTH];
	unsigned n = 0;

	HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text.ptr, text.len, out, &n);
	memcpy(key, out, sizeof(out));
}

static bool cut_credential(struct str credential, struct claim *c)
{
	struct str end, rest = credential, part[5];
	size_t n = 0;

	while (n < 5 && str_split(&rest, '/', &part[n]))
		n++;
	if (n != 5 || str_split(&rest, '/', &end) || !str_eq_c(part[4], "aws4_request"))
		return false;
	c->key = part[0];
	c->date = part[1];
	c->region = part[2];
	c->service = part[3];
	return c->key.len > 0 && c->date.len == 8 && c->region.len > 0 && c->service.len > 0;
}

static bool cut_authorization(struct str text, struct claim *c)
{
	struct str scheme = STR("AWS4-HMAC-SHA256 "), part;

	if (!str_starts(text, scheme))
		return false;
	text = str_sub(text, scheme.len, text.len);
	while (str_split(&text, ',', &part)) {
		long at;

		part = str_trim(part);
		at = str_find(part, STR("="), 0);
		if (at < 0)
			return false;
		if (str_starts(part, STR("Credential="))) {
			if (!cut_credential(str_sub(part, (size_t)at + 1, part.len), c))
				return false;
		} else if (str_starts(part, STR("SignedHeaders="))) {
			c->signed_names = str_sub(part, (size_t)at + 1, part.len);
		} else if (str_starts(part, STR("Signature="))) {
			c->signature = str_sub(part, (size_t)at + 1, part.len);
		}
	}
	return c->key.len > 0 && c->signed_names.len > 0 && c->signature.len == 64;
}

/* Same-name values joined by commas, trimmed, inner blanks collapsed. */
static bool canonical_header(struct buf *b, const struct sim_http *h, struct str name)
{
	bool found = false;

	buf_add_str(b, name);
	buf_add_char(b, ':');
	for (size_t i = 0; i < h->nheaders; i++) {
		struct str v;

		if (!str_ieq(h->headers[i].name, name))
			continue;
		if (found)
			buf_add_char(b, ',');
		found = true;
		v = str_trim(h->headers[i].value);
		for (size_t k = 0; k < v.len; k++)
			if (v.ptr[k] != ' ' || v.ptr[k - 1] != ' ')
				buf_add_char(b, v.ptr[k]);
	}
	buf_add_char(b, '\n');
	return found;
}

static int compare_params(uint32_t a, uint32_t b, void *ctx)
{
	const struct str *p = ctx;

	return str_cmp(p[a], p[b]);
}

/* The parts are percent-encoded on arrival; sorting whole `name=value` texts would put "a=1" after "a-b=1", so = sorts
 * as NUL. */
static void canonical_query(struct arena *a, struct buf *b, struct str query)
{
	struct str rest = query, part, *parts;
	uint32_t *index, *scratch;
	size_t n = 0, max = 1;

	for (size_t i = 0; i < query.len; i++)
		max += query.ptr[i] == '&';
	parts = arena_alloc_array(a, max, sizeof(*parts));
	index = arena_alloc_array(a, max, sizeof(*index));
	scratch = arena_alloc_array(a, max, sizeof(*scratch));
	while (str_split(&rest, '&', &part)) {
		char *text;
		long at = str_find(part, STR("="), 0);

		if (part.len == 0)
			continue;
		text = arena_strz(a, at < 0 ? arena_fmt(a, STR_FMT "=", STR_ARG(part)) : part);
		text[at < 0 ? part.len : (size_t)at] = '\0';
		index[n] = (uint32_t)n;
		parts[n++] = (struct str){text, at < 0 ? part.len + 1 : part.len};
	}
	sort_indices(index, scratch, n, compare_params, parts);
	for (size_t i = 0; i < n; i++) {
		struct str p = parts[index[i]];

		buf_addf(b, "%s%s=", i ? "&" : "", p.ptr);
		buf_add_str(b, str_sub(p, strlen(p.ptr) + 1, p.len));
	}
}

/* False when a signed header is absent or a header that must be signed is not. */
static bool canonical_request(struct sim_request *r, const struct claim *c, struct buf *b)
{
	struct str rest = c->signed_names, name, previous = {NULL, 0};
	char digest[65];

	buf_addf(b, STR_FMT "\n" STR_FMT "\n", STR_ARG(r->http->method), STR_ARG(r->http->path));
	canonical_query(r->arena, b, r->http->query);
	buf_add_char(b, '\n');
	while (str_split(&rest, ';', &name)) {
		if (previous.ptr && str_cmp(previous, name) >= 0)
			return false;
		previous = name;
		if (!canonical_header(b, r->http, name))
			return false;
	}
	sha256_hex(r->http->body, digest);
	buf_addf(b, "\n" STR_FMT "\n%s", STR_ARG(c->signed_names), digest);
	return true;
}

static bool is_signed(const struct claim *c, struct str name)
{
	struct str rest = c->signed_names, s;

	while (str_split(&rest, ';', &s))
		if (str_ieq(s, name))
			return true;
	return false;
}

static bool needed_headers_signed(const struct sim_http *h, const struct claim *c)
{
	for (size_t i = 0; i < h->nheaders; i++) {
		struct str name = h->headers[i].name;
		bool needed = str_ieq(name, STR("host"));

		needed = needed || str_ieq(str_sub(name, 0, 6), STR("x-amz-"));
		if (needed && !is_signed(c, name))
			return false;
	}
	return is_signed(c, STR("host"));
}

static bool mismatch(struct sim_request *r, const char *detail)
{
	if (strcmp(r->service, "ec2") == 0)
		return sim_fail(r, 401, "AuthFailure", "AWS was not able to validate the provided access credentials");
	return sim_fail(r, 403, r->json ? "InvalidSignatureException" : "SignatureDoesNotMatch", "%s", detail);
}

static bool unknown_token(struct sim_request *r)
{
	if (strcmp(r->service, "ec2") == 0)
		return mismatch(r, "");
	return sim_fail(r, 403, r->json ? "UnrecognizedClientException" : "InvalidClientTokenId",
			"The security token included in the request is invalid.");
}

/* x-amz-date is 20260115T083005Z. */
static bool parse_stamp(struct arena *a, struct str s, int64_t *ret_us)
{
	struct str iso;

	if (s.len != 16 || s.ptr[8] != 'T' || s.ptr[15] != 'Z')
		return false;
	iso = arena_fmt(a, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", s.ptr, s.ptr + 4, s.ptr + 6, s.ptr + 9, s.ptr + 11,
			s.ptr + 13);
	return clock_parse_iso8601(iso, ret_us);
}

static bool check_time(struct sim_request *r, const struct claim *c, struct str stamp, int64_t now_us)
{
	int64_t at;
	bool early;
	char iso[40];

	if (!parse_stamp(r->arena, stamp, &at))
		return sim_fail(r, 400, "IncompleteSignature",
				"X-Amz-Date must be YYYYMMDDTHHMMSSZ, got '" STR_FMT "'.", STR_ARG(stamp));
	if (!str_eq(str_sub(stamp, 0, 8), c->date))
		return mismatch(r,
				"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
				"HTTP.");
	if (at <= now_us + SKEW_MAX_US && at >= now_us - SKEW_MAX_US)
		return true;
	early = at < now_us;
	if (strcmp(r->service, "ec2") == 0)
		return sim_fail(r, 400, "RequestExpired", "Request has expired.");
	clock_iso8601(now_us, iso, sizeof(iso));
	return mismatch(r, arena_strz(r->arena, arena_fmt(r->arena, "Signature %s: " STR_FMT " is %s %s (5 min.)",
							  early ? "expired" : "not yet current", STR_ARG(stamp),
							  early ? "now earlier than" : "still later than", iso)));
}

static bool over(struct sim_request *r)
{
	bool ec2 = strcmp(r->service, "ec2") == 0;

	return sim_fail(r, ec2 ? 400 : 403, ec2 ? "RequestExpired" : "ExpiredToken",
			ec2 ? "Request has expired." : "The security token included in the request is expired");
}

/* The account's own keys, or some that were given out. */
static bool check_key(struct sim_request *r, const struct claim *c, int64_t now_us)
{
	const struct sim_options *o = &r->sim->o;
	struct str token = sim_header(r->http, "x-amz-security-token");

	r->caller = sim_issued(r->sim, c->key);
	if (r->caller && !str_eq_c(token, r->caller->token))
		return unknown_token(r);
	if (r->caller)
		return (!r->caller->ended && r->caller->expires_us > now_us) || over(r);
	if (!str_eq_c(c->key, o->access_key))
		return unknown_token(r);
	return (o->session_token ? str_eq_c(token, o->session_token) : token.len == 0) || unknown_token(r);
}

static bool check_scope(struct sim_request *r, const struct claim *c)
{
	const struct sim_options *o = &r->sim->o;

	if (!str_eq_c(c->region, o->region))
		return mismatch(
			r, arena_strz(r->arena,
				      arena_fmt(r->arena,
						"Credential should be scoped to a valid region, not '" STR_FMT "'.",
						STR_ARG(c->region))));
	return true;
}

static void signature(const struct claim *c, const char *secret, struct str to_sign, char out[65])
{
	unsigned char key[256];
	size_t len = strlen(secret) + 4;

	CHECK(len < sizeof(key));
	memcpy(key, "AWS4", 4);
	memcpy(key + 4, secret, len - 4);
	mac(key, len, c->date);
	mac(key, SHA256_DIGEST_LENGTH, c->region);
	mac(key, SHA256_DIGEST_LENGTH, c->service);
	mac(key, SHA256_DIGEST_LENGTH, STR("aws4_request"));
	mac(key, SHA256_DIGEST_LENGTH, to_sign);
	hex(key, SHA256_DIGEST_LENGTH, out);
	OPENSSL_cleanse(key, sizeof(key));
}

static bool check_signature(struct sim_request *r, const struct claim *c, struct str stamp)
{
	struct buf b;
	struct str to_sign;
	char digest[65], expected[65];
	bool ok;

	buf_init(&b, SIM_BODY_MAX);
	ok = needed_headers_signed(r->http, c) && canonical_request(r, c, &b);
	sha256_hex(buf_str(&b), digest);
	buf_release(&b);
	to_sign = arena_fmt(r->arena,
			    "AWS4-HMAC-SHA256\n" STR_FMT "\n" STR_FMT "/" STR_FMT "/" STR_FMT "/aws4_request\n%s",
			    STR_ARG(stamp), STR_ARG(c->date), STR_ARG(c->region), STR_ARG(c->service), digest);
	signature(c, r->caller ? r->caller->secret : r->sim->o.secret_key, to_sign, expected);
	if (ok && CRYPTO_memcmp(expected, c->signature.ptr, 64) == 0)
		return true;
	return mismatch(r, "The request signature we calculated does not match the signature you provided. Check your "
			   "AWS Secret Access Key and signing method. Consult the service documentation for details.");
}

bool sim_sigv4_verify(struct sim_request *r, int64_t now_us)
{
	struct str authorization = sim_header(r->http, "authorization");
	struct str stamp = sim_header(r->http, "x-amz-date");
	struct claim c = {0};

	if (!authorization.ptr)
		return sim_fail(r, 403, r->json ? "MissingAuthenticationTokenException" : "MissingAuthenticationToken",
				"Request is missing Authentication Token");
	if (!cut_authorization(authorization, &c))
		return sim_fail(
			r, 400, "IncompleteSignature",
			"Authorization header requires 'Credential', 'Signature' and 'SignedHeaders' parameters.");
	snprintf(r->service, sizeof(r->service), STR_FMT, STR_ARG(c.service));
	return check_key(r, &c, now_us) && check_scope(r, &c) && check_time(r, &c, stamp, now_us) &&
	       check_signature(r, &c, stamp);
}
