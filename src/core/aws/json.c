/*
 * json.c: JSON calls in pages, and arrays of their answers as records.
 *
 * Model: one loop. Each round builds the body anew (parameters, then the token of the page before),
 * sends it with aws_call(), which signs, retries and reads the error envelope, and gives the
 * answer to the caller's page(). Sizes are limited below: the body of an answer by JSON_BODY_MAX, what
 * it holds by the snapshot it goes to; the number of pages here.
 *
 * Invariants: no page is handed over twice; a token that comes back unchanged ends the listing with
 * an error instead of a loop; a cancelled fetch asks for no further page.
 *
 * Not here: what the calls mean; XML (list.c).
 */
#include "aws/json.h"

#include "base/xalloc.h"
#include "codec/codec_json.h"

#include <jansson.h>

bool aws_json_put(struct json_t *body, const char *name, struct str text, struct err *err)
{
	if (json_object_set_new(body, name, json_stringn(text.ptr ? text.ptr : "", text.len)) != 0)
		return err_set(err, ERR_USAGE, "%s is not valid text: " STR_FMT, name, STR_ARG(str_sub(text, 0, 120)));
	return true;
}

void aws_json_put_i64(struct json_t *body, const char *name, int64_t value)
{
	CHECK(json_object_set_new(body, name, json_integer(value)) == 0);
}

/* What the path of keys leads to; NULL for nothing. */
static json_t *find(const json_t *j, const char *path)
{
	struct str rest = str_c(path), key;
	json_t *at = NULL;

	while (j && rest.len > 0 && str_split(&rest, '/', &key))
		j = at = json_object_getn(j, key.ptr, key.len);
	return at;
}

struct str aws_json_text(const struct json_t *answer, const char *path)
{
	const json_t *j = find(answer, path);

	return json_is_string(j) ? (struct str){json_string_value(j), json_string_length(j)} : STR("");
}

static int append(const char *bytes, size_t n, void *ctx)
{
	return buf_add(ctx, bytes, n) ? 0 : -1;
}

static bool make_body(const struct aws_pages *p, const char *token, struct buf *out, struct err *err)
{
	json_t *body = json_object();
	bool ok;

	CHECK(body);
	ok = (!p->parameters || p->parameters(body, p->ctx, err)) &&
	     (!token || aws_json_put(body, p->token, str_c(token), err));
	if (ok && json_dump_callback(body, append, out, JSON_COMPACT) != 0)
		ok = err_set(err, ERR_LIMIT, "the parameters of %s %s are larger than %u KiB",
			     aws_services[p->service].name, p->operation, FORM_MAX >> 10);
	json_decref(body);
	return ok;
}

/* One page; *ret_next is its token, owned by the caller, or NULL. */
static bool ask_page(struct aws_client *client, struct fetch *f, const struct aws_pages *p, const char *token,
		     char **ret_next, bool *ret_enough, struct err *err)
{
	struct aws_call call = {.service = p->service, .operation = p->operation};
	struct aws_answer answer = {0};
	struct str next = {0};
	struct buf body;
	bool ok = false;

	buf_init(&body, FORM_MAX);
	if (!make_body(p, token, &body, err))
		goto out;
	call.body = buf_str(&body);
	if (!aws_call(client, f, &call, &answer, err))
		goto out;
	if (!json_is_object(answer.json)) {
		err_set(err, ERR_PROTOCOL, "%s %s: the answer is no JSON object", aws_services[p->service].name,
			p->operation);
		goto out;
	}
	ok = p->page(answer.json, p->ctx, ret_enough, err);
	if (!ok)
		err_prefix(err, "%s %s", aws_services[p->service].name, p->operation);
	else if (p->token)
		next = aws_json_text(answer.json, p->next);
	if (next.len > 0)
		*ret_next = xstrndup(next.ptr, next.len);
out:
	aws_answer_release(&answer);
	buf_release(&body);
	return ok;
}

bool aws_pages_fetch(struct fetch *f, const struct aws_pages *pages, struct err *err)
{
	int most = pages->pages_max > 0 ? pages->pages_max : AWS_PAGES_MAX;
	const char *name = aws_services[pages->service].name;
	struct aws_client *client;
	char *token = NULL;
	bool ok = aws_client_get(f, &client, err);

	for (int n = 1; ok; n++) {
		bool enough = false;
		char *next = NULL;

		ok = ask_page(client, f, pages, token, &next, &enough, err);
		if (ok && !enough && next && token && strcmp(next, token) == 0)
			ok = err_set(err, ERR_PROTOCOL, "%s %s gives the same page token twice", name,
				     pages->operation);
		if (ok && !enough && next && n == most)
			ok = err_set(err, ERR_LIMIT, "%s %s has more than %d pages", name, pages->operation, most);
		xfree(token);
		token = next;
		if (enough || !token)
			break;
	}
	xfree(token);
	return ok;
}

bool aws_json_rows(struct json_t *answer, const char *items, struct snapshot *out,
		   bool (*finish)(void *row, struct snapshot *out, void *ctx), void *ctx, struct err *err)
{
	json_t *array = find(answer, items), *element;
	size_t i;

	if (!array || json_is_null(array))
		return true;
	if (!json_is_array(array))
		return err_set(err, ERR_PROTOCOL, "%s is no array", items);
	json_array_foreach(array, i, element)
	{
		void *row = snapshot_add_row(out);

		if (!row)
			return err_set(err, ERR_LIMIT, "more than %d rows", SNAPSHOT_ROWS_MAX);
		if (!json_is_object(element))
			return err_set(err, ERR_PROTOCOL, "element %zu of %s is no object", i, items);
		if (!json_read_record(element, out->type, row, out->arena, err))
			return false;
		if (finish && !finish(row, out, ctx))
			snapshot_drop_row(out, row);
		/* now it is warm in the cache, and a large answer never lies here twice */
		json_array_set_new(array, i, json_null());
	}
	json_array_clear(array);
	return true;
}

bool aws_json_row(const struct json_t *answer, struct snapshot *out, struct err *err)
{
	void *row = snapshot_add_row(out);

	return row ? json_read_record(answer, out->type, row, out->arena, err)
		   : err_set(err, ERR_LIMIT, "more than %d rows", SNAPSHOT_ROWS_MAX);
}
