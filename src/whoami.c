/*
 * whoami.c: see whoami.h. When AWS does not know us, the error says why and what to do.
 */
#include "whoami.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "codec/codec_json.h"
#include "model/data.h"
#include "round.h"

#include <poll.h>
#include <stdio.h>

#define OUTPUT_MAX (64u << 10)
#define LABEL_COLUMNS 13

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

static void add_line(struct buf *b, const char *label, struct str text)
{
	(void)buf_addf(b, "%-*s", LABEL_COLUMNS, label);
	(void)utf8_clean(b, text, true);
	(void)buf_add_char(b, '\n');
}

static void write_text(struct buf *b, const struct snapshot *s)
{
	int64_t at = data_i64(s, 0, "expires_at", 0), left = data_i64(s, 0, "expires_in_us", 0);
	struct buf expires;
	char text[40];

	add_line(b, "identity", data_str(s, 0, "arn"));
	add_line(b, "account", data_str(s, 0, "account"));
	add_line(b, "credentials", data_str(s, 0, "origin"));
	buf_init(&expires, 128);
	if (at) {
		(void)buf_addf(&expires, "%s (in ", clock_iso8601(at - at % US_PER_S, text, sizeof text));
		(void)format_duration(&expires, left);
		(void)buf_add_char(&expires, ')');
	} else {
		(void)buf_add_c(&expires, "no end is known");
	}
	add_line(b, "expires", buf_str(&expires));
	buf_release(&expires);
	add_line(b, "profile", data_str(s, 0, "profile"));
	add_line(b, "region", data_str(s, 0, "region"));
}

static bool print(const struct snapshot *s, const struct options *o)
{
	struct buf b;
	bool ok;

	buf_init(&b, OUTPUT_MAX);
	if (o->format == FORMAT_JSON) {
		(void)json_write_row(&b, s, 0, false);
		(void)buf_add_char(&b, '\n');
	} else {
		write_text(&b, s);
	}
	ok = !b.failed && fwrite(b.data, 1, b.len, stdout) == b.len && fflush(stdout) == 0;
	buf_release(&b);
	return ok;
}

enum whoami_status whoami_run(struct runtime *rt, const struct options *o, struct err *err)
{
	struct command *c = command_start(runtime_commands(rt), "whoami", runtime_target(rt), NULL, 0, err);
	enum whoami_status status = WHOAMI_NOBODY;
	const struct snapshot *s;

	if (!c)
		return WHOAMI_NOBODY;
	wait_end(rt, c);
	s = command_result(c);
	if (!s)
		(void)err_set(err, ERR_UNAVAILABLE, "AWS was not asked who we are");
	else if (s->state != SNAP_OK)
		*err = s->err;
	else if (!print(s, o))
		(void)err_set(err, ERR_IO, "standard output could not take everything");
	else
		status = WHOAMI_OK;
	command_release(c);
	return status;
}
