/*
 * db_secret.c: user and password out of Secrets Manager.
 *
 * A value is kept in a cell: by the secret and by how AWS is asked, so that another profile or region never meets it.
 * The mutex guards the cells for moments; who reads a secret marks its cell as busy and holds nothing meanwhile.
 * Others wait in naps, each with its own deadline and its own cancel (nobody is told that it has come).
 *
 * Rotation: a value that the database has refused is read anew, always the version AWSCURRENT. If that says the same,
 * trying it again would only fill the server's log: that is an error. Between changing the password and moving the
 * label Secrets Manager takes some seconds, so a later attempt looks again, at most every DB_SECRET_AGAIN_US; until
 * then nobody logs in with it.
 *
 * What libpq keeps of it while a connection lasts is out of reach from here.
 */
#include "aws/client.h"
#include "aws/db_password.h"
#include "aws/json.h"
#include "aws/secret.h"
#include "base/clock.h"
#include "base/xalloc.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>

#define CELLS 8
#define KEY_MAX (LOGIN_SECRET_MAX + 1024)
#define NAP_US (10 * US_PER_MS)

struct cell {
	char key[KEY_MAX]; /* "" = free */
	bool busy;         /* somebody reads it */
	bool known;
	struct password value;
	int64_t read_mono_us, confirmed_mono_us; /* when; when a refused value was last found unchanged, 0 = never */
	int64_t used_mono_us;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct cell cells[CELLS];
static uint64_t numbers;

/* ---- what a secret holds ---- */

static bool take_text(const json_t *object, const char *name, size_t max, struct str *ret_text, const char *from,
		      struct err *err)
{
	const json_t *j = json_object_get(object, name);

	*ret_text = STR("");
	if (!j || json_is_null(j))
		return true;
	if (!json_is_string(j))
		return err_set(err, ERR_CONFIG, "%s: its %s is no text", from, name);
	*ret_text = (struct str){json_string_value(j), json_string_length(j)};
	if (ret_text->len > max)
		return err_set(err, ERR_LIMIT, "%s: its %s is longer than %zu bytes", from, name, max);
	if (memchr(ret_text->ptr, '\0', ret_text->len))
		return err_set(err, ERR_CONFIG, "%s: its %s holds a NUL", from, name);
	return true;
}

bool aws_db_secret_read(struct str text, const char *from, struct password *ret, struct err *err)
{
	struct str user = STR(""), password = STR("");
	json_error_t ignored; /* it quotes the text */
	json_t *root = NULL;
	bool ok;

	if (text.len > DB_SECRET_TEXT_MAX) {
		ok = err_set(err, ERR_LIMIT, "%s is larger than %u KiB", from, DB_SECRET_TEXT_MAX >> 10);
		goto out;
	}
	root = json_loadb(text.ptr ? text.ptr : "", text.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &ignored);
	if (!json_is_object(root)) {
		ok = err_set(err, ERR_CONFIG, "%s holds no JSON object with username and password", from);
		goto out;
	}
	ok = take_text(root, "username", sizeof(ret->user) - 1, &user, from, err) &&
	     take_text(root, "password", DB_SECRET_PASSWORD_MAX, &password, from, err);
	if (ok && password.len == 0)
		ok = err_set(err, ERR_CONFIG, "%s has no password in it", from);
	if (ok) {
		(void)snprintf(ret->user, sizeof(ret->user), STR_FMT, STR_ARG(user));
		ret->text = xstrndup(password.ptr, password.len);
	}
out:
	if (!ok)
		err_remedy(err, "name a secret that holds {\"username\": ..., \"password\": ...}, as RDS makes them");
	secret_json_wipe(root);
	return ok;
}

/* ---- asking ---- */

static bool take_answer(const struct json_t *answer, const char *from, struct password *out, struct err *err)
{
	struct str text = aws_json_text(answer, "SecretString"), bytes = aws_json_text(answer, "SecretBinary");
	bool ok;

	if (text.len == 0 && bytes.len > 0)
		ok = err_set(err, ERR_CONFIG, "%s holds bytes instead of text", from);
	else
		ok = aws_db_secret_read(text, from, out, err);
	explicit_bzero((void *)(uintptr_t)text.ptr, text.len);
	explicit_bzero((void *)(uintptr_t)bytes.ptr, bytes.len);
	return ok;
}

static bool get_value(struct fetch *f, struct aws_client *client, const char *id, struct password *out, struct err *err)
{
	struct aws_call call = {.service = AWS_SECRETS_MANAGER, .operation = "GetSecretValue"};
	struct aws_answer answer = {.xml = NULL};
	json_t *body = json_object();
	char text[2 * LOGIN_SECRET_MAX];
	bool ok;

	CHECK(body);
	ok = aws_json_put(body, "SecretId", str_c(id), err) &&
	     aws_json_put(body, "VersionStage", STR("AWSCURRENT"), err);
	if (ok) {
		size_t n = json_dumpb(body, text, sizeof(text), JSON_COMPACT);

		call.body = (struct str){text, n};
		ok = n <= sizeof(text) || err_set(err, ERR_USAGE, "the name of a secret is too long");
	}
	ok = ok && aws_call(client, f, &call, &answer, err) && take_answer(answer.json, out->from, out, err);
	aws_answer_release(&answer);
	json_decref(body);
	return ok;
}

/* The secret that RDS keeps for the master user of the target's cluster. */
static bool find_master(struct fetch *f, struct aws_client *client, char id[LOGIN_SECRET_MAX], struct err *err)
{
	static const char *const wanted[] = {"DescribeDBClustersResult/DBClusters/*/MasterUserSecret/SecretArn", NULL};
	struct aws_call call = {.service = AWS_RDS, .operation = "DescribeDBClusters", .wanted = wanted};
	struct aws_answer answer = {.xml = NULL};
	struct form form;
	struct str arn;
	bool ok;

	if (!f->target->cluster[0]) {
		err_set(err, ERR_USAGE, "a secret is to be logged in with, and none is named");
		err_remedy(err, "set secret to its name or ARN, or name the cluster whose master user has one");
		return false;
	}
	form_begin(&form, "DescribeDBClusters", aws_services[AWS_RDS].version);
	form_add_c(&form, "DBClusterIdentifier", f->target->cluster);
	ok = form_body(&form, &call.body, err) && aws_call(client, f, &call, &answer, err);
	if (ok) {
		arn = xml_decoder_wanted(answer.xml, 0);
		ok = arn.len > 0 && arn.len < LOGIN_SECRET_MAX;
		if (ok)
			(void)snprintf(id, LOGIN_SECRET_MAX, STR_FMT, STR_ARG(arn));
		else
			err_set(err, ERR_NOT_FOUND, "the master user of %s has no secret that RDS keeps",
				f->target->cluster);
		if (!ok)
			err_remedy(err, "set secret to the name or ARN of another one");
	}
	aws_answer_release(&answer);
	form_release(&form);
	return ok;
}

static void name_secret(const char *id, char from[PASSWORD_FROM_MAX])
{
	const char *name = strstr(id, ":secret:");

	(void)snprintf(from, PASSWORD_FROM_MAX, "secret %.150s", name ? name + strlen(":secret:") : id);
}

static bool read_secret(struct fetch *f, const struct password_ask *ask, struct password *ret, struct err *err)
{
	struct aws_client *client = NULL;
	char id[LOGIN_SECRET_MAX];
	void *slot = NULL;
	bool ok = aws_client_get_in(f, &slot, &client, err);

	(void)snprintf(id, sizeof(id), "%s", ask->secret);
	ok = ok && (id[0] || find_master(f, client, id, err));
	if (ok) {
		name_secret(id, ret->from);
		fetch_doing(f, "reading %s", ret->from);
		ok = get_value(f, client, id, ret, err);
	}
	aws_client_free(slot);
	return ok;
}

/* ---- cells ---- */

static void empty(struct cell *c)
{
	password_release(&c->value);
	*c = (struct cell){.key = ""};
}

/* With the mutex. The cell of a key, or one made free for it; NULL: all are being read. */
static struct cell *find(const char *key)
{
	struct cell *oldest = NULL;

	for (size_t i = 0; i < CELLS; i++) {
		if (strcmp(cells[i].key, key) == 0)
			return &cells[i];
		if (!cells[i].busy && (!oldest || cells[i].used_mono_us < oldest->used_mono_us))
			oldest = &cells[i];
	}
	if (!oldest)
		return NULL;
	empty(oldest);
	(void)snprintf(oldest->key, sizeof(oldest->key), "%s", key);
	return oldest;
}

static void copy_out(const struct cell *c, struct password *out)
{
	*out = c->value;
	out->text = xstrdup(c->value.text);
}

enum step { HAVE, STALE, REFUSED, WAIT };

/* What is there may be used: not too old, and not refused as far as anybody knows. */
static bool is_good(const struct cell *c, uint64_t refused, int64_t now)
{
	return c->known && c->confirmed_mono_us == 0 && c->value.number != refused &&
	       now - c->read_mono_us < DB_SECRET_KEEP_US;
}

/* What to do now; STALE marks the cell as ours to read. With HAVE *out is filled, with REFUSED its `from`. */
static enum step look(const char *key, uint64_t refused, struct password *out, struct cell **ret_cell)
{
	int64_t now = clock_mono_us();
	enum step step = WAIT;
	struct cell *c;

	pthread_mutex_lock(&mutex);
	c = find(key);
	if (c && !c->busy) {
		c->used_mono_us = now;
		if (is_good(c, refused, now)) {
			copy_out(c, out);
			step = HAVE;
		} else if (c->confirmed_mono_us > 0 && now - c->confirmed_mono_us < DB_SECRET_AGAIN_US) {
			(void)snprintf(out->from, sizeof(out->from), "%s", c->value.from);
			step = REFUSED;
		} else {
			step = STALE;
		}
		c->busy = step == STALE;
	}
	*ret_cell = c;
	pthread_mutex_unlock(&mutex);
	return step;
}

/* Puts what was read into the cell that look() gave us; what is there already keeps its number. */
static void settle(struct cell *c, bool ok, struct password *read, uint64_t refused, struct password *out)
{
	int64_t now = clock_mono_us();
	bool same;

	pthread_mutex_lock(&mutex);
	same = ok && c->known && strcmp(c->value.text, read->text) == 0 && strcmp(c->value.user, read->user) == 0;
	if (ok && !same) {
		password_release(&c->value);
		c->value = *read;
		c->value.number = ++numbers;
		c->known = true;
		*read = (struct password){.text = NULL};
	}
	if (ok) {
		c->read_mono_us = now;
		c->confirmed_mono_us = same && refused == c->value.number ? now : 0;
		copy_out(c, out);
	}
	c->busy = false;
	pthread_mutex_unlock(&mutex);
	password_release(read);
}

static bool nap(const struct fetch *f, struct err *err)
{
	struct fetch nearer = *f;
	struct err ignored;

	nearer.deadline_mono_us = clock_mono_us() + NAP_US;
	(void)!fetch_wait(&nearer, -1, 0, &ignored);
	if (fetch_cancelled(f))
		return err_set(err, ERR_CANCELLED, "reading the secret was cancelled");
	return fetch_left_us(f) > 0 || err_set(err, ERR_TIMEOUT, "the secret was not read within the time allowed");
}

static bool refused_again(struct password *p, struct err *err)
{
	err_set(err, ERR_LOGIN, "the database refused the password of %s, and the secret still says the same", p->from);
	err_remedy(err, "if it is being rotated, it is tried again by itself; else rotate it, or name another");
	password_release(p);
	return false;
}

bool aws_db_secret(struct fetch *f, const struct password_ask *ask, struct password *ret_password, struct err *err)
{
	const struct target *t = f->target;
	struct password read = {.text = NULL};
	char key[KEY_MAX];
	struct cell *c;
	enum step step;
	bool ok;

	(void)snprintf(key, sizeof(key), "%s\n%s\n%s\n%s\n%s", ask->secret, ask->secret[0] ? "" : t->cluster,
		       t->profile, t->region, t->endpoint_url);
	while ((step = look(key, ask->refused, ret_password, &c)) == WAIT)
		if (!nap(f, err))
			return false;
	if (step == HAVE)
		return true;
	if (step == REFUSED)
		return refused_again(ret_password, err);
	ok = read_secret(f, ask, &read, err);
	settle(c, ok, &read, ask->refused, ret_password);
	if (!ok)
		return false;
	return ret_password->number != ask->refused || refused_again(ret_password, err);
}

void aws_db_password_forget(void)
{
	pthread_mutex_lock(&mutex);
	for (size_t i = 0; i < CELLS; i++)
		if (!cells[i].busy)
			empty(&cells[i]);
	pthread_mutex_unlock(&mutex);
}
