/*
 * cmd_server.c: runs an operation on the server itself or on a prepared transaction.
 *
 * What holds for a time is in operate_lease.c. The rest is one short statement that waits for
 * no lock, so there is nothing to repeat and no job to watch. When the connection breaks between statement and answer,
 * the outcome is unknown and said to be: it is not sent again.
 */
#include "db/operate.h"

#include "base/clock.h"
#include "db/commands.h"
#include "db/site.h"

#include <stdio.h>

#define JOB_DEADLINE_US (2 * US_PER_DAY) /* a lease is held for as much as one */
#define STATEMENT_US (20 * US_PER_S)
#define UNDEFINED_OBJECT "42704"

static void send_statement(struct operate *o, const char *id)
{
	int64_t began = clock_mono_us();
	struct fetch near = *o->c.f;
	struct err err = {0};

	near.deadline_mono_us = began + STATEMENT_US;
	if (conn_run(&near, o->conn, o->c.statement, NULL, NULL, &err))
		change_conclude(&o->c, id, began, OPERATION_OK, "done");
	else if (err.code == ERR_LOST || err.code == ERR_TIMEOUT)
		change_conclude(&o->c, id, began, OPERATION_WARNING, "unknown: %s", err.text);
	/* somebody was faster */
	else if (strcmp(err.id, UNDEFINED_OBJECT) == 0)
		change_conclude(&o->c, id, began, OPERATION_WARNING, "not done: it had ended already");
	else
		change_conclude(&o->c, id, began, OPERATION_CRITICAL, "failed: %s", err.text);
}

static void run(struct operate *o, const char *id)
{
	if (o->c.op->flags & OPERATION_LEASE)
		operate_run_lease(o, id);
	else if (strcmp(o->c.op->name, "server restore") == 0)
		operate_run_restore(o, id);
	else
		send_statement(o, id);
}

static bool fetch_server_change(struct fetch *f, struct err *err)
{
	struct fetch near = *f; /* to look takes no time of a lease */
	struct operate o;
	char id[64];
	bool ok;

	near.deadline_mono_us = clock_mono_us() + STATEMENT_US;
	if (!operate_open(&o, &near, true, err))
		return false;
	ok = operate_look_again(&o, err) && change_intend(&o.c, id, sizeof(id), err);
	if (!ok) {
		snapshot_unref(o.c.out);
		return false;
	}
	o.c.f = f;
	run(&o, id);
	fetch_publish(f, o.c.out);
	return true;
}

const struct source command_server_change = {
	.name = "server_change",
	.title = "server change",
	.help = "Resets the counters of statements, rolls a prepared transaction back, or logs slow statements for a "
		"time.",
	.type = &operation_type,
	.lane = LANE_COMMAND,
	.flags = SOURCE_DB | SOURCE_CHANGES,
	.deadline_us = JOB_DEADLINE_US,
	.inputs = SITE_INPUTS,
	.origin = "pg_stat_statements, pg_prepared_xacts, pg_settings, pg_db_role_setting",
	.ready = site_ready,
	.fetch = fetch_server_change,
};
