/*
 * sim_parameters.c: the table of cluster parameters, and which values each may have.
 *
 * A part of the service's some hundred: those that maintenance is about, and enough others that listing them takes
 * several pages. What "own" gives is how the demo's server is configured, so that both say the same.
 */
#include "sim/sim_parameters.h"

#include "base/check.h"
#include "base/parse.h"

#define SWITCH "boolean", "0,1"
#define LEVELS "debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic"
#define LIBRARIES                                                                                               \
	"auto_explain,orafce,pgaudit,pg_bigm,pg_cron,pg_hint_plan,pg_prewarm,pg_similarity,pg_stat_statements," \
	"pg_tle,pglogical,plprofiler"

/* clang-format off */
const struct sim_parameter sim_parameters[] = {
	{"apg_plan_mgmt.capture_plan_baselines", "string", "off,automatic,manual", NULL, NULL, false, false, "Capture plan baseline mode."},
	{"auto_explain.log_analyze", SWITCH, NULL, NULL, false, false, "Use EXPLAIN ANALYZE for plan logging."},
	{"auto_explain.log_min_duration", "integer", "-1-2147483647", NULL, NULL, false, false, "(ms) Sets the minimum execution time above which plans will be logged."},
	{"auto_explain.log_nested_statements", SWITCH, NULL, NULL, false, false, "Log nested statements."},
	{"autovacuum", SWITCH, "1", NULL, false, false, "Starts the autovacuum subprocess."},
	{"autovacuum_analyze_scale_factor", "float", "0-100", "0.05", NULL, false, false, "Number of tuple inserts, updates or deletes prior to analyze as a fraction of reltuples."},
	{"autovacuum_freeze_max_age", "integer", "100000-2000000000", "200000000", NULL, true, false, "Age at which to autovacuum a table to prevent transaction ID wraparound."},
	{"autovacuum_max_workers", "integer", "1-262143", "GREATEST({DBInstanceClassMemory/64371566592},3)", NULL, true, false, "Sets the maximum number of simultaneously running autovacuum worker processes."},
	{"autovacuum_naptime", "integer", "1-2147483", "5", NULL, false, false, "(s) Time to sleep between autovacuum runs."},
	{"autovacuum_vacuum_cost_limit", "integer", "-1-10000", NULL, NULL, false, false, "Vacuum cost amount available before napping, for autovacuum."},
	{"autovacuum_vacuum_scale_factor", "float", "0-100", "0.1", NULL, false, false, "Number of tuple updates or deletes prior to vacuum as a fraction of reltuples."},
	{"compute_query_id", "string", "on,auto", "auto", NULL, false, false, "Compute query identifiers."},
	{"deadlock_timeout", "integer", "1-2147483647", NULL, NULL, false, false, "(ms) Sets the time to wait on a lock before checking for deadlock."},
	{"default_statistics_target", "integer", "1-10000", NULL, NULL, false, false, "Sets the default statistics target."},
	{"idle_in_transaction_session_timeout", "integer", "0-2147483647", "86400000", NULL, false, false, "(ms) Sets the maximum allowed duration of any idling transaction."},
	{"lock_timeout", "integer", "0-2147483647", NULL, NULL, false, false, "(ms) Sets the maximum allowed duration of any wait for a lock."},
	{"log_autovacuum_min_duration", "integer", "-1-2147483647", NULL, "10", false, false, "(ms) Sets the minimum execution time above which autovacuum actions will be logged."},
	{"log_connections", SWITCH, NULL, NULL, false, false, "Logs each successful connection."},
	{"log_disconnections", SWITCH, NULL, NULL, false, false, "Logs end of a session, including duration."},
	{"log_error_verbosity", "string", "terse,default,verbose", NULL, NULL, false, false, "Sets the verbosity of logged messages."},
	{"log_lock_waits", SWITCH, NULL, "1", false, false, "Logs long lock waits."},
	{"log_min_duration_statement", "integer", "-1-2147483647", NULL, "500", false, false, "(ms) Sets the minimum execution time above which statements will be logged."},
	{"log_min_error_statement", "string", LEVELS, NULL, NULL, false, false, "Causes all statements generating error at or above this level to be logged."},
	{"log_min_messages", "string", LEVELS, NULL, NULL, false, false, "Sets the message levels that are logged."},
	{"log_rotation_age", "integer", "1-1440", "60", NULL, false, false, "(min) Automatic log file rotation will occur after N minutes."},
	{"log_statement", "string", "none,ddl,mod,all", NULL, NULL, false, false, "Sets the type of statements logged."},
	{"log_temp_files", "integer", "-1-2147483647", NULL, "0", false, false, "(kB) Log the use of temporary files larger than this number of kilobytes."},
	{"maintenance_work_mem", "integer", "1024-2147483647", "GREATEST({DBInstanceClassMemory/63963136*1024},65536)", NULL, false, false, "(kB) Sets the maximum memory to be used for maintenance operations."},
	{"max_connections", "integer", "6-262143", "LEAST({DBInstanceClassMemory/9531392},5000)", NULL, true, false, "Sets the maximum number of concurrent connections."},
	{"max_logical_replication_workers", "integer", "0-262143", NULL, NULL, true, false, "Maximum number of logical replication worker processes."},
	{"max_replication_slots", "integer", "5-262143", "20", NULL, true, false, "Sets the maximum number of replication slots that the server can support."},
	{"max_wal_senders", "integer", "0-262143", "20", NULL, true, false, "Sets the maximum number of simultaneously running WAL sender processes."},
	{"max_worker_processes", "integer", "0-262143", "GREATEST(${DBInstanceVCPU*2},8)", NULL, true, false, "Sets the maximum number of concurrent worker processes."},
	{"pg_stat_statements.max", "integer", "100-2147483647", "10000", "1000", true, false, "Sets the maximum number of statements tracked by pg_stat_statements."},
	{"pg_stat_statements.track", "string", "top,all,none", NULL, NULL, false, false, "Selects which statements are tracked by pg_stat_statements."},
	{"rds.force_ssl", SWITCH, "0", NULL, false, false, "Force SSL connections."},
	{"rds.log_retention_period", "integer", "1440-10080", "4320", NULL, false, false, "Amazon RDS will delete PostgreSQL log that are older than N minutes."},
	{"rds.logical_replication", SWITCH, "0", NULL, true, false, "Enables logical decoding."},
	{"server_version_num", "integer", NULL, NULL, NULL, true, true, "Shows the server version as an integer."},
	{"shared_buffers", "integer", "16-1073741823", "SUM({DBInstanceClassMemory/12038},-50003)", NULL, true, false, "(8kB) Sets the number of shared memory buffers used by the server."},
	{"shared_preload_libraries", "list", LIBRARIES, "pg_stat_statements", "pg_stat_statements", true, false, "Lists shared libraries to preload into server."},
	{"statement_timeout", "integer", "0-2147483647", NULL, NULL, false, false, "(ms) Sets the maximum allowed duration of any statement."},
	{"timezone", "string", NULL, "UTC", NULL, false, false, "Sets the time zone for displaying and interpreting time stamps."},
	{"track_activity_query_size", "integer", "100-102400", "4096", NULL, true, false, "Sets the size reserved for pg_stat_activity.current_query, in bytes."},
	{"track_functions", "string", "none,pl,all", NULL, "pl", false, false, "Collects function-level statistics on database activity."},
	{"track_io_timing", SWITCH, "1", NULL, false, false, "Collects timing statistics on database IO activity."},
	{"wal_sender_timeout", "integer", "0-3600000", NULL, NULL, false, false, "(ms) Sets the maximum time to wait for WAL replication."},
	{"work_mem", "integer", "64-2147483647", NULL, NULL, false, false, "(kB) Sets the maximum memory to be used for query workspaces."},
};
/* clang-format on */
const size_t sim_nparameters = ARRAY_LEN(sim_parameters);

const struct sim_parameter *sim_parameter_of(struct str name)
{
	for (size_t i = 0; i < sim_nparameters; i++)
		if (str_eq_c(name, sim_parameters[i].name))
			return &sim_parameters[i];
	return NULL;
}

/* "-1-2147483647": the dash between the two is the first behind a digit. */
static bool in_range(struct str value, struct str range)
{
	long dash = str_find(range, STR("-"), 1);
	double v, low, high;

	return dash > 0 && parse_f64(value, &v) && parse_f64(str_sub(range, 0, (size_t)dash), &low) &&
	       parse_f64(str_sub(range, (size_t)dash + 1, range.len), &high) && v >= low && v <= high;
}

static bool is_word_of(struct str value, struct str words)
{
	struct str word;

	while (str_split(&words, ',', &word))
		if (str_eq(word, value))
			return true;
	return false;
}

bool sim_parameter_allows(const struct sim_parameter *p, struct str value)
{
	struct str allowed = str_c(p->allowed), rest = value, part;
	int64_t whole;

	if (!p->allowed)
		return true;
	if (strcmp(p->type, "integer") == 0)
		/* Some take a formula over the instance's memory. */
		return str_find(value, STR("{"), 0) >= 0 || (parse_i64(value, &whole) && in_range(value, allowed));
	if (strcmp(p->type, "float") == 0)
		return in_range(value, allowed);
	if (strcmp(p->type, "list") != 0)
		return is_word_of(value, allowed);
	while (str_split(&rest, ',', &part))
		if (!is_word_of(part, allowed))
			return false;
	return true;
}
