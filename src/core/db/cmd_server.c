/*
 * cmd_server.c: sends the one short statement of an operation on the server itself or on a
 * prepared transaction.
 *
 * Neither waits for locks, so there is nothing to repeat and no job to watch. When the connection breaks between
 * statement and answer, the outcome is unknown and said to be: it is not sent again.
 */
#include "db/operate.h"

#include "base/clock.h"
#include "db/commands.h"
#include "db/site.h"

#include <stdio.h>

#define UNDEFINED_OBJECT "42704"

static void send_statement(struct operate *o, const char *id)
{
	int64_t began = clock_mono_us();
	struct err err = {0};

	if (conn_run(o->c.f, o->conn, o->c.statement, NULL, NULL, &err))
		change_conclude(&o->c, id, began, OPERATION_OK, "done");
	else if (err.code == ERR_LOST || err.code == ERR_TIMEOUT)
		change_conclude(&o->c, id, began, OPERATION_WARNING, "unknown: %s", err.text);
	/* somebody was faster */
	else if (strcmp(err.id, UNDEFINED_OBJECT) == 0)
		change_conclude(&o->c, id, began, OPERATION_WARNING, "not done: it had ended already");
	else
		change_conclude(&o->c, id, began, OPERATION_CRITICAL, "failed: %s", err.text);
}

static bool fetch_server_change(struct fetch *f, struct err *err)
{
	struct operate o;
	char id[64];
	bool ok;

	if (!operate_open(&o, f, true, err))
		return false;
	ok = operate_look_again(&o, err) && change_intend(&o.c, id, sizeof(id), err);
	if (!ok) {
		snapshot_unref(o.c.out);
		return false;
	}
	send_statement(&o, id);
	fetch_publish(f, o.c.out);
	return true;
}

const struct source command_server_change = {
	.name = "server_change",
	.title = "server change",
	.help = "Resets the counters of statements, or rolls a prepared transaction back.",
	.type = &operation_type,
	.lane = LANE_COMMAND,
	.flags = SOURCE_DB | SOURCE_CHANGES,
	.deadline_us = 30 * US_PER_S,
	.inputs = SITE_INPUTS,
	.origin = "pg_stat_statements, pg_prepared_xacts",
	.ready = site_ready,
	.fetch = fetch_server_change,
};
