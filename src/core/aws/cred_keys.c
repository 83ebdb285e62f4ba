/*
 * cred_keys.c: what every provider needs: keys copied and checked, keys out of JSON, words for messages.
 *
 * Whatever comes from a file, a process or a server may hold secrets where none belong. So a fault in JSON is told
 * by its place and never by its text, and text of others passes through cred_words(), which leaves out
 * what looks like a key.
 */
#include "aws/cred.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "base/xalloc.h"

#include <jansson.h>
#include <openssl/evp.h>

/* A word of letters and digits mixed that is as long as this is taken for a key or a token. */
#define SECRET_WORD_MIN 16

/* A header line could be broken by a control character. */
static bool has_no_control(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f)
			return false;
	return true;
}

bool cred_keep(struct aws_credentials *out, struct str access, struct str secret, struct str token, struct err *err)
{
	if (access.len > AWS_SECRET_MAX || secret.len > AWS_SECRET_MAX || token.len > AWS_SECRET_MAX)
		return err_set(err, ERR_LIMIT, "an AWS key or token from %s is longer than %d bytes", out->origin,
			       AWS_SECRET_MAX);
	if (!has_no_control(access) || !has_no_control(secret) || !has_no_control(token)) {
		err_set(err, ERR_CREDENTIALS, "an AWS key or token from %s holds a control character", out->origin);
		err_remedy(err, "Copy the keys again, each on one line and without quotes.");
		return false;
	}
	out->access_key = xstrndup(access.ptr, access.len);
	out->secret_key = xstrndup(secret.ptr, secret.len);
	out->session_token = xstrndup(token.len > 0 ? token.ptr : "", token.len);
	return true;
}

bool cred_half_pair(const struct aws_credentials *out, const char *missing, struct err *err)
{
	err_set(err, ERR_CREDENTIALS, "Incomplete AWS credentials: %s has no %s", out->origin, missing);
	err_remedy(err, "Set both the access key id and the secret access key.");
	return false;
}

static void wipe(char **text)
{
	xfree_secret(*text, *text ? strlen(*text) : 0);
	*text = NULL;
}

void aws_credentials_wipe(struct aws_credentials *c)
{
	wipe(&c->access_key);
	wipe(&c->secret_key);
	wipe(&c->session_token);
}

struct aws_keys aws_credentials_keys(const struct aws_credentials *c)
{
	return (struct aws_keys){str_c(c->access_key), str_c(c->secret_key), str_c(c->session_token)};
}

/* ---- JSON ---- */

struct str cred_json_text(const struct json_t *object, const char *name)
{
	const json_t *j = json_object_get(object, name);

	return json_is_string(j) ? (struct str){json_string_value(j), json_string_length(j)} : STR("");
}

bool cred_parse_json(struct str text, const char *from, struct json_t **ret_root, struct err *err)
{
	json_error_t fault;
	json_t *root = json_loadb(text.len > 0 ? text.ptr : "", text.len, JSON_REJECT_DUPLICATES, &fault);

	if (root && json_is_object(root)) {
		*ret_root = root;
		return true;
	}
	if (root) {
		secret_json_wipe(root);
		return err_set(err, ERR_PROTOCOL, "%s gave JSON that is no object", from);
	}
	/* fault.text quotes what stands there */
	explicit_bzero(&fault.text, sizeof(fault.text));
	if (text.len == 0)
		return err_set(err, ERR_PROTOCOL, "%s gave nothing", from);
	return err_set(err, ERR_PROTOCOL, "%s gave no valid JSON (line %d, column %d)", from, fault.line, fault.column);
}

bool cred_parse_time(struct str s, int64_t *ret_wall_us)
{
	if (str_ends(s, STR("UTC")))
		s = str_trim(str_sub(s, 0, s.len - 3));
	return clock_parse_iso8601(s, ret_wall_us);
}

static bool read_expiry(const json_t *object, const struct cred_names *names, const char *from, int64_t *ret_wall_us,
			struct err *err)
{
	const json_t *j = json_object_get(object, names->expires);

	if (!j || json_is_null(j))
		return true;
	if (names->milliseconds && json_is_number(j) && json_number_value(j) > 0 && json_number_value(j) < 1e15) {
		*ret_wall_us = (int64_t)json_number_value(j) * US_PER_MS;
		return true;
	}
	if (!names->milliseconds && cred_parse_time(cred_json_text(object, names->expires), ret_wall_us))
		return true;
	return err_set(err, ERR_CREDENTIALS, "%s gave an %s that is not a time", from, names->expires);
}

bool cred_from_json(const struct json_t *object, const struct cred_names *names, const char *from,
		    struct aws_credentials *out, struct err *err)
{
	struct str access = cred_json_text(object, names->access), secret = cred_json_text(object, names->secret);

	if (access.len == 0 || secret.len == 0)
		return err_set(err, ERR_CREDENTIALS, "%s gave no %s", from,
			       access.len == 0 ? names->access : names->secret);
	return read_expiry(object, names, from, &out->expires_at_us, err) &&
	       cred_keep(out, access, secret, cred_json_text(object, names->token), err);
}

/* ---- words ---- */

struct str cred_role_name(struct str arn)
{
	long at = str_find(arn, STR(":role/"), 0);

	return at >= 0 ? str_sub(arn, (size_t)at + 6, arn.len) : arn;
}

static void digest(const EVP_MD *kind, struct str text, char *out)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	CHECK(EVP_Digest(text.ptr ? text.ptr : "", text.len, sum, &n, kind, NULL) == 1);
	for (unsigned i = 0; i < n; i++) {
		out[2 * i] = digits[sum[i] >> 4];
		out[2 * i + 1] = digits[sum[i] & 15];
	}
	out[2 * (size_t)n] = '\0';
}

void cred_sha1(struct str text, char *out)
{
	digest(EVP_sha1(), text, out);
}

void cred_sha256(struct str text, char *out)
{
	digest(EVP_sha256(), text, out);
}

void cred_python_string(struct buf *out, struct str text)
{
	(void)buf_add_char(out, '"');
	while (text.len > 0) {
		bool valid;
		uint32_t cp = utf8_decode(&text, &valid);

		if (cp == '"' || cp == '\\')
			(void)buf_addf(out, "\\%c", (char)cp);
		else if (cp >= ' ' && cp < 0x7f)
			(void)buf_add_char(out, (char)cp);
		else if (cp >= 0x10000)
			(void)buf_addf(out, "\\u%04x\\u%04x", 0xd800 + ((cp - 0x10000) >> 10),
				       0xdc00 + ((cp - 0x10000) & 0x3ff));
		else
			(void)buf_addf(out, "\\u%04x", cp);
	}
	(void)buf_add_char(out, '"');
}

static bool is_key_char(char c)
{
	return ascii_is_letter(c) || ascii_is_digit(c) || c == '+' || c == '/' || c == '=' || c == '_' || c == '-';
}

static bool looks_secret(struct str word)
{
	bool upper = false, lower = false, digit = false;

	for (size_t i = 0; i < word.len; i++) {
		upper |= word.ptr[i] >= 'A' && word.ptr[i] <= 'Z';
		lower |= word.ptr[i] >= 'a' && word.ptr[i] <= 'z';
		digit |= ascii_is_digit(word.ptr[i]);
	}
	return word.len >= SECRET_WORD_MIN && digit && (upper || lower) &&
	       (upper == lower || memchr(word.ptr, '/', word.len) == NULL);
}

void cred_words(struct str text, char *out, size_t max)
{
	struct buf clean;
	struct str s;
	size_t n = 0;

	buf_init(&clean, 64u << 10);
	(void)utf8_clean(&clean, str_trim(str_sub(text, 0, 16u << 10)), true);
	s = buf_str(&clean);
	for (size_t i = 0, end; i < s.len && n + 4 < max; i = end) {
		for (end = i; end < s.len && is_key_char(s.ptr[end]); end++)
			;
		if (end - i >= SECRET_WORD_MIN && looks_secret(str_sub(s, i, end))) {
			n += (size_t)snprintf(out + n, max - n, "...");
			continue;
		}
		end = end > i ? end : i + 1;
		n += (size_t)snprintf(out + n, max - n, "%.*s", (int)(end - i), s.ptr + i);
		n = n < max ? n : max - 1;
	}
	out[n < max ? n : max - 1] = '\0';
	xfree_secret(clean.data, clean.cap);
}
