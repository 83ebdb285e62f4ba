/*
 * doctor.c: the command `doctor` without a screen.
 *
 * What AWS tells is gathered first, as for --once; a source that fails or has no rights leaves its step unknown and
 * holds nothing up. That a path leads to a login is the question: once that is answered, what could not be seen beside
 * it does not count.
 */
#include "doctor.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "codec/codec_json.h"
#include "model/data.h"
#include "round.h"

#include <poll.h>
#include <stdio.h>

#define GATHERED "clusters instances security_group_rules subnets route_tables network_acls"
#define OUTPUT_MAX (1u << 20)
#define LABEL_MAX 12 /* "not reached", and a blank */
#define NAME_MAX_COLUMNS 17

/* ---- what came out ---- */

static bool is_state(const struct snapshot *s, size_t row, const char *word)
{
	return str_eq_c(data_str(s, row, "state"), word);
}

static enum doctor_status status_of(const struct snapshot *s)
{
	bool failed = false, warned = false, logged_in = false;

	for (size_t i = 0; i < s->nrows; i++) {
		failed |= is_state(s, i, "failed");
		warned |= is_state(s, i, "warning");
		logged_in |= is_state(s, i, "ok") && str_eq_c(data_str(s, i, "name"), "Authentication");
	}
	if (failed)
		return DOCTOR_FAILED;
	if (!logged_in)
		return DOCTOR_UNKNOWN;
	return warned ? DOCTOR_WARNING : DOCTOR_OK;
}

static long first_failing(const struct snapshot *s)
{
	for (size_t i = 0; i < s->nrows; i++)
		if (data_i64(s, i, "first_failing", 0))
			return (long)i;
	return -1;
}

/* ---- text ---- */

/* Text from outside, as one line. */
static void add_clean(struct buf *b, struct str text)
{
	(void)utf8_clean(b, text, true);
}

static void add_padded(struct buf *b, struct str text, int width)
{
	add_clean(b, text);
	for (int w = utf8_columns(text); w < width; w++)
		(void)buf_add_char(b, ' ');
}

static void add_remark(struct buf *b, const char *label, struct str text, struct str action)
{
	if (text.len == 0 && action.len == 0)
		return;
	(void)buf_addf(b, "%*s%-10s", LABEL_MAX + 3, "", label);
	add_clean(b, text);
	if (action.len > 0)
		(void)buf_addf(b, "%s:" STR_FMT, text.len > 0 ? "; in the console " : "", STR_ARG(action));
	(void)buf_add_char(b, '\n');
}

static void add_step(struct buf *b, const struct snapshot *s, size_t i)
{
	int64_t took = data_i64(s, i, "took_us", -1);

	add_padded(b, data_str(s, i, "state"), LABEL_MAX);
	(void)buf_addf(b, "%2lld ", (long long)data_i64(s, i, "number", 0));
	add_padded(b, data_str(s, i, "name"), NAME_MAX_COLUMNS);
	add_clean(b, data_str(s, i, "sentence"));
	if (took >= 0) {
		(void)buf_add_c(b, "  ");
		(void)format_duration(b, took);
	}
	(void)buf_add_char(b, '\n');
	add_remark(b, "evidence", data_str(s, i, "evidence"), STR(""));
	add_remark(b, "next", data_str(s, i, "remedy"), data_str(s, i, "action"));
}

static void write_text(struct buf *b, const struct snapshot *s, const char *cluster)
{
	struct str from = data_str(s, 0, "address"), host = data_str(s, 0, "host");
	long first = first_failing(s);
	enum doctor_status status = status_of(s);

	add_clean(b, str_c(cluster[0] ? cluster : "database"));
	(void)buf_add_c(b, ": from this host");
	if (from.len > 0)
		(void)buf_addf(b, " (" STR_FMT ", " STR_FMT ")", STR_ARG(from),
			       STR_ARG(data_str(s, 0, "address_from")));
	if (host.len > 0) {
		(void)buf_add_c(b, " to ");
		add_clean(b, host);
		(void)buf_addf(b, " port %lld", (long long)data_i64(s, 0, "port", 5432));
	}
	(void)buf_add_c(b, "\n\n");
	for (size_t i = 0; i < s->nrows; i++)
		add_step(b, s, i);
	(void)buf_add_char(b, '\n');
	if (first >= 0) {
		(void)buf_addf(b, "stops at %lld, " STR_FMT ": ", (long long)data_i64(s, (size_t)first, "number", 0),
			       STR_ARG(data_str(s, (size_t)first, "name")));
		add_clean(b, data_str(s, (size_t)first, "sentence"));
		(void)buf_add_char(b, '\n');
	} else {
		(void)buf_add_c(b, status == DOCTOR_UNKNOWN ? "no step failed, and it did not come to a login\n"
							    : "the path works\n");
	}
}

/* ---- JSON ---- */

static void write_json(struct buf *b, const struct snapshot *s, const char *cluster)
{
	static const char *const words[] = {"ok", "warning", "failed", "unknown"};
	long first = first_failing(s);
	char at[40];

	(void)buf_addf(b, "{\"version\": \"%s\", \"cluster\": ", AURORATOP_VERSION);
	if (cluster[0])
		(void)json_write_string(b, str_c(cluster));
	else
		(void)buf_add_c(b, "null");
	(void)buf_addf(b, ", \"at\": \"%s\", \"result\": \"%s\", \"first_failing\": ",
		       clock_iso8601(s->at_us, at, sizeof at), words[status_of(s)]);
	if (first >= 0)
		(void)buf_addf(b, "%lld", (long long)data_i64(s, (size_t)first, "number", 0));
	else
		(void)buf_add_c(b, "null");
	(void)buf_add_c(b, ", \"steps\": [");
	for (size_t i = 0; i < s->nrows; i++) {
		(void)buf_add_c(b, i ? ",\n  " : "\n  ");
		(void)json_write_row(b, s, i, false);
	}
	(void)buf_add_c(b, "\n]}\n");
}

/* ---- running ---- */

static void wait_end(struct runtime *rt, const struct command *c)
{
	while (command_running(c)) {
		struct pollfd p = {runtime_fd(rt), POLLIN, 0};
		unsigned changed;

		(void)runtime_tick(rt, &changed);
		if (command_running(c))
			(void)poll(&p, 1, 50);
	}
}

/* What AWS said, when that is why the doctor cannot begin. */
static void blame_aws(struct runtime *rt, struct err *err)
{
	const struct store_entry *e = store_entry(runtime_store(rt), "clusters");

	if (err->code == ERR_UNAVAILABLE && e && e->latest && e->latest->state == SNAP_ERROR && !e->good)
		*err = e->latest->err;
}

static bool print(const struct snapshot *s, const struct options *o, const char *cluster)
{
	struct buf b;
	bool ok;

	buf_init(&b, OUTPUT_MAX);
	if (o->format == FORMAT_JSON)
		write_json(&b, s, cluster);
	else
		write_text(&b, s, cluster);
	ok = !b.failed && fwrite(b.data, 1, b.len, stdout) == b.len && fflush(stdout) == 0;
	buf_release(&b);
	return ok;
}

/* Asks the service that was named, if one was: the address, or why there is none. */
static size_t ask_outside(struct runtime *rt, char address[64], char note[160], struct command_arg args[2])
{
	const struct target *t = runtime_target(rt);
	const struct snapshot *s;
	struct command *c;
	struct err err;

	if (!t->ask_public_address[0] || t->public_address[0])
		return 0;
	c = command_start(runtime_commands(rt), "public_address", t, NULL, 0, &err);
	if (!c)
		return 0;
	wait_end(rt, c);
	s = command_result(c);
	address[0] = note[0] = '\0';
	if (s && s->state == SNAP_OK)
		(void)snprintf(address, 64, STR_FMT, STR_ARG(data_str(s, 0, "address")));
	else
		(void)snprintf(note, 160, "public address not known: %.120s", s ? s->err.text : "no answer");
	command_release(c);
	args[0] = (struct command_arg){"public_address", str_c(address)};
	args[1] = (struct command_arg){"public_note", str_c(note)};
	return 2;
}

static void gather(struct runtime *rt)
{
	struct round r = {.rt = rt, .store = runtime_store(rt)};

	/* those that do not exist here are left out */
	(void)round_want(&r, GATHERED);
	round_wait(&r);
}

enum doctor_status doctor_run(struct runtime *rt, const struct options *o, struct err *err)
{
	enum doctor_status status = DOCTOR_UNKNOWN;
	char address[64], note[160];
	struct command_arg args[2];
	const struct snapshot *s;
	struct command *c;
	size_t nargs;

	gather(rt);
	runtime_demand(rt, 0);
	nargs = ask_outside(rt, address, note, args);
	c = command_start(runtime_commands(rt), "doctor", runtime_target(rt), args, nargs, err);
	if (!c) {
		blame_aws(rt, err);
		return DOCTOR_UNKNOWN;
	}
	wait_end(rt, c);
	s = command_result(c);
	if (!s)
		(void)err_set(err, ERR_UNAVAILABLE, "the doctor did not come to a result");
	else if (s->state != SNAP_OK)
		*err = s->err;
	else if (!print(s, o, runtime_target(rt)->cluster))
		(void)err_set(err, ERR_IO, "standard output could not take everything");
	else
		status = status_of(s);
	command_release(c);
	return status;
}
