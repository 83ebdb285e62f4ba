/*
 * sim_rds_modify.c: RDS ModifyDBCluster, for backups, windows and deletion protection.
 *
 * For Aurora these take effect at once, whether or not ApplyImmediately is set. Changing the retention drops what is
 * older than the new one, and raising it brings nothing back.
 */
#include "sim/sim_rds.h"

#define RETENTION_MAX 35
#define WINDOW_MIN 30

struct wish {
	int64_t retention;
	struct str backup, maintenance; /* ptr NULL = not asked for */
	bool protect, protect_given;
};

static bool bad_window(struct sim_request *r, const char *what, struct str text, const char *format)
{
	return sim_fail(r, 400, "InvalidParameterValue", "Invalid %s window format: " STR_FMT ". Use %s.", what,
			STR_ARG(text), format);
}

static bool long_enough(struct sim_request *r, const char *what, const struct sim_window *w)
{
	return w->length >= WINDOW_MIN || sim_fail(r, 400, "InvalidParameterValue",
						   "The %s window must be at least %d minutes.", what, WINDOW_MIN);
}

static bool check_windows(struct sim_request *r, const struct sim_cluster *c, const struct wish *w)
{
	struct sim_window daily, weekly;
	char now[SIM_WINDOW_MAX];

	if (!w->backup.ptr && !w->maintenance.ptr)
		return true;
	sim_cluster_backup_window(c, now);
	if (!sim_window_daily(w->backup.ptr ? w->backup : str_c(now), &daily))
		return bad_window(r, "backup", w->backup, "hh24:mi-hh24:mi");
	if (!sim_window_weekly(w->maintenance.ptr ? w->maintenance : str_c(sim_cluster_maintenance_window(c)), &weekly))
		return bad_window(r, "maintenance", w->maintenance, "ddd:hh24:mi-ddd:hh24:mi");
	if (!long_enough(r, "backup", &daily) || !long_enough(r, "maintenance", &weekly))
		return false;
	return !sim_windows_overlap(&daily, &weekly) ||
	       sim_fail(r, 400, "InvalidParameterValue", "The backup window and maintenance window must not overlap.");
}

static bool read_wish(struct sim_request *r, const struct sim_cluster *c, struct wish *w)
{
	bool at_once;

	*w = (struct wish){.backup = sim_param(r, "PreferredBackupWindow"),
			   .maintenance = sim_param(r, "PreferredMaintenanceWindow"),
			   .protect_given = sim_param(r, "DeletionProtection").ptr};
	if (!sim_param_bool(r, "ApplyImmediately", &at_once) || !sim_param_bool(r, "DeletionProtection", &w->protect) ||
	    !sim_param_int(r, "BackupRetentionPeriod", c->retention_days, &w->retention))
		return false;
	if (w->retention < 1 || w->retention > RETENTION_MAX)
		return sim_fail(r, 400, "InvalidParameterValue",
				"Invalid backup retention period: %lld. Retention period must be between 1 and %d.",
				(long long)w->retention, RETENTION_MAX);
	return check_windows(r, c, w);
}

static void keep_lower(char *to, struct str text)
{
	snprintf(to, SIM_WINDOW_MAX, STR_FMT, STR_ARG(text));
	for (; *to; to++)
		if (*to >= 'A' && *to <= 'Z')
			*to = (char)(*to - 'A' + 'a');
}

static void apply(struct sim_request *r, struct sim_cluster *c, const struct wish *w)
{
	int shorter = w->retention < c->retention_days ? (int)w->retention : c->retention_days;
	int64_t from = r->now_us - shorter * US_PER_DAY;

	if (w->retention != c->retention_days && from > c->kept_from_us)
		c->kept_from_us = from;
	c->retention_days = (int)w->retention;
	if (w->backup.ptr) {
		keep_lower(c->new_backup_window, w->backup);
		if (c->window_moved_us == 0)
			c->window_moved_us = r->now_us;
	}
	if (w->maintenance.ptr)
		keep_lower(c->maintenance_window, w->maintenance);
	if (w->protect_given)
		c->deletion_protection = w->protect;
}

bool sim_rds_modify_cluster(struct sim_request *r, struct buf *out)
{
	struct sim_cluster *c = sim_rds_cluster(r);
	struct wish w;

	if (!c || !read_wish(r, c, &w) || !sim_rds_must_be(r, c, "available"))
		return false;
	apply(r, c, &w);
	sim_rds_cluster_xml(r, out, c);
	return true;
}
