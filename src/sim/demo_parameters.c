/*
 * What is changed in the simulated cluster parameter group reaches the demo's servers.
 *
 * RDS applies a dynamic parameter to the running instances some seconds after the call. Here the supervisor compares,
 * with each of its ticks, what is in effect in the simulated cluster with what it last saw, and has writer and reader
 * take what is new: ALTER SYSTEM on each, for the file it writes is each server's own. The simulator knows nothing of
 * it, and nobody waits for a connection while its lock is held.
 */
#include "sim/demo.h"

#include <libpq-fe.h>

#define CONNINFO_MAX 2048

/* Which ones, and what they are where the group leaves them unset. */
static const struct {
	const char *name, *unset;
} followed[DEMO_FOLLOWED] = {
	{"log_min_duration_statement", "-1"},
	{"log_lock_waits", "off"},
	{"log_statement", "none"},
};

static bool execute(PGconn *conn, const char *sql)
{
	PGresult *res = PQexec(conn, sql);
	ExecStatusType status = PQresultStatus(res);

	PQclear(res);
	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* False when the server cannot be reached: then it is tried again. */
static bool set(const struct demo *d, enum demo_node node, const char *name, const char *value)
{
	struct buf text;
	PGconn *conn;
	char *quoted;
	bool reached;

	buf_init(&text, CONNINFO_MAX);
	demo_conninfo(d, node, "rdsadmin", d->owner_secret, "postgres", &text);
	buf_add_c(&text, " connect_timeout=2 application_name=rdsadmin");
	conn = PQconnectdb(buf_c(&text));
	reached = PQstatus(conn) == CONNECTION_OK;
	quoted = reached ? PQescapeLiteral(conn, value, strlen(value)) : NULL;
	buf_clear(&text);
	buf_addf(&text, "alter system set %s = %s", name, quoted ? quoted : "default");
	if (quoted && execute(conn, buf_c(&text)))
		(void)execute(conn, "select pg_catalog.pg_reload_conf()");
	PQfreemem(quoted);
	PQfinish(conn);
	buf_release(&text);
	return reached;
}

void demo_parameters_begin(struct demo *d, struct sim *sim)
{
	for (size_t i = 0; i < DEMO_FOLLOWED; i++)
		(void)sim_parameter(sim, d->behind.cluster, followed[i].name, d->parameters[i], DEMO_PARAMETER_MAX);
}

void demo_parameters_follow(struct demo *d, struct sim *sim)
{
	for (size_t i = 0; i < DEMO_FOLLOWED; i++) {
		char now[DEMO_PARAMETER_MAX];
		const char *value = now;

		if (!sim_parameter(sim, d->behind.cluster, followed[i].name, now, sizeof(now)) ||
		    strcmp(now, d->parameters[i]) == 0)
			continue;
		if (!now[0])
			value = followed[i].unset;
		if (set(d, DEMO_WRITER, followed[i].name, value) &&
		    (!d->standby || set(d, DEMO_READER, followed[i].name, value)))
			snprintf(d->parameters[i], DEMO_PARAMETER_MAX, "%s", now);
	}
}
