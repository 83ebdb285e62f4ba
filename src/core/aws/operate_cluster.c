/*
 * operate_cluster.c: failover, reboot, stop and start, backup retention.
 *
 * Status words lag behind what happens: after a failover a cluster reads available for some
 * seconds, with the old writer. So what is waited for is the difference itself (who writes, the
 * days that are kept), or a status that has been seen to move and come back.
 */
#include "aws/input.h"
#include "aws/operate.h"
#include "base/clock.h"
#include "base/parse.h"

#include <math.h>
#include <stdio.h>

/* An instance whose restart was too quick to be seen has restarted by then. */
#define UNSEEN_RESTART_US (60 * US_PER_S)
#define RETENTION_MAX 35

struct seen_instance {
	uint64_t present;
	struct str identifier, cluster, status, class, zone;
};
#define F(m, k, path) FIELD(struct seen_instance, m, k, .title = #m, .help = #m, .wire = path)
static const struct field instance_fields[] = {
	F(identifier, K_ID, "DBInstanceIdentifier"), F(cluster, K_ID, "DBClusterIdentifier"),
	F(status, K_ENUM, "DBInstanceStatus"),       F(class, K_ENUM, "DBInstanceClass"),
	F(zone, K_ID, "AvailabilityZone"),
};
#undef F
static const struct rec_type instance_type = REC_TYPE(struct seen_instance, "operate_instance", instance_fields);

static void instance_parameters(struct form *form, void *ctx)
{
	const struct aws_operate *o = ctx;

	form_add(form, "DBInstanceIdentifier", o->id);
}

static bool find_instance(struct aws_operate *o, struct seen_instance *ret_instance, bool *ret_found, struct err *err)
{
	const struct aws_list list = {
		.service = AWS_RDS,
		.operation = "DescribeDBInstances",
		.items = "DescribeDBInstancesResult/DBInstances/*",
		.parameters = instance_parameters,
		.ctx = o,
	};

	*ret_instance = (struct seen_instance){0};
	return aws_operate_find(o, &list, &instance_type, ret_instance, ret_found, err);
}

static void name_cluster(struct aws_operate *o, const struct seen_cluster *c)
{
	(void)snprintf(o->c.object, sizeof(o->c.object), STR_FMT, STR_ARG(c->identifier));
	(void)snprintf(o->c.word, sizeof(o->c.word), STR_FMT, STR_ARG(c->identifier));
	change_add(&o->c, "fact", "cluster", OPERATION_OK, STR_FMT ", " STR_FMT " now", STR_ARG(c->identifier),
		   STR_ARG(c->status));
}

/* ---- failover ---- */

static bool look_failover(struct aws_operate *o, struct err *err)
{
	struct seen_cluster c;
	struct seen_instance i;
	bool found;

	if (!aws_operate_cluster(o, &c, err) || !find_instance(o, &i, &found, err))
		return false;
	name_cluster(o, &c);
	(void)snprintf(o->c.object, sizeof(o->c.object), STR_FMT " to " STR_FMT, STR_ARG(c.identifier), STR_ARG(o->id));
	(void)snprintf(o->c.word, sizeof(o->c.word), STR_FMT, STR_ARG(o->id));
	change_add(&o->c, "fact", "writer now", OPERATION_OK, STR_FMT, STR_ARG(c.writer));
	if (found)
		change_add(&o->c, "fact", "writer then", OPERATION_OK, STR_FMT "  " STR_FMT "  " STR_FMT "  " STR_FMT,
			   STR_ARG(i.identifier), STR_ARG(i.class), STR_ARG(i.zone), STR_ARG(i.status));
	aws_operate_need_status(o, &c, "available");
	if (!found || !aws_list_has(c.members, o->id))
		change_refuse(&o->c, STR_FMT " is no instance of this cluster any more", STR_ARG(o->id));
	else if (str_eq(c.writer, o->id))
		change_refuse(&o->c, STR_FMT " is the writer already; choose the reader that shall take over",
			      STR_ARG(o->id));
	else if (!str_eq_c(i.status, "available"))
		change_refuse(&o->c, STR_FMT " is " STR_FMT "; it has to be available", STR_ARG(o->id),
			      STR_ARG(i.status));
	aws_operate_param(o, "DBClusterIdentifier", c.identifier);
	aws_operate_param(o, "TargetDBInstanceIdentifier", o->id);
	return true;
}

static bool failover_arrived(struct aws_operate *o, bool *ret_there, struct err *err)
{
	struct seen_cluster c;

	if (!aws_operate_cluster(o, &c, err))
		return false;
	change_phase(&o->c, c.status, (double)NAN);
	*ret_there = str_eq(c.writer, o->id) && str_eq_c(c.status, "available");
	return true;
}

/* ---- reboot ---- */

static bool look_reboot(struct aws_operate *o, struct err *err)
{
	struct seen_cluster c;
	struct seen_instance i;
	bool found;

	if (!aws_operate_cluster(o, &c, err) || !find_instance(o, &i, &found, err))
		return false;
	(void)snprintf(o->c.object, sizeof(o->c.object), STR_FMT, STR_ARG(o->id));
	(void)snprintf(o->c.word, sizeof(o->c.word), STR_FMT, STR_ARG(o->id));
	aws_operate_param(o, "DBInstanceIdentifier", o->id);
	if (!found || !aws_list_has(c.members, o->id)) {
		change_refuse(&o->c, STR_FMT " is no instance of this cluster any more", STR_ARG(o->id));
		return true;
	}
	change_add(&o->c, "fact", "instance", OPERATION_OK, STR_FMT "  " STR_FMT "  " STR_FMT "  " STR_FMT,
		   STR_ARG(i.identifier), STR_ARG(i.class), STR_ARG(i.zone), STR_ARG(i.status));
	if (!str_eq_c(i.status, "available"))
		change_refuse(&o->c, "it is " STR_FMT "; it has to be available", STR_ARG(i.status));
	else if (str_eq(c.writer, o->id))
		change_add(&o->c, "check", "", OPERATION_WARNING,
			   "it is the writer: writes fail until it is back, and readers restart with it");
	return true;
}

static bool reboot_arrived(struct aws_operate *o, bool *ret_there, struct err *err)
{
	struct seen_instance i;
	bool found, available;

	if (!find_instance(o, &i, &found, err))
		return false;
	change_phase(&o->c, i.status, (double)NAN);
	available = found && str_eq_c(i.status, "available");
	o->moved |= !available;
	*ret_there = available && (o->moved || clock_mono_us() - o->agreed_mono_us > UNSEEN_RESTART_US);
	return true;
}

/* ---- stop and start ---- */

static bool look_power(struct aws_operate *o, const char *from, struct err *err)
{
	struct seen_cluster c;

	if (!aws_operate_cluster(o, &c, err))
		return false;
	name_cluster(o, &c);
	aws_operate_need_status(o, &c, from);
	aws_operate_param(o, "DBClusterIdentifier", c.identifier);
	return true;
}

static bool look_stop(struct aws_operate *o, struct err *err)
{
	return look_power(o, "available", err);
}

static bool look_start(struct aws_operate *o, struct err *err)
{
	return look_power(o, "stopped", err);
}

static bool status_arrived(struct aws_operate *o, const char *to, bool *ret_there, struct err *err)
{
	struct seen_cluster c;

	if (!aws_operate_cluster(o, &c, err))
		return false;
	change_phase(&o->c, c.status, (double)NAN);
	*ret_there = str_eq_c(c.status, to);
	return true;
}

static bool stop_arrived(struct aws_operate *o, bool *ret_there, struct err *err)
{
	return status_arrived(o, "stopped", ret_there, err);
}

static bool start_arrived(struct aws_operate *o, bool *ret_there, struct err *err)
{
	return status_arrived(o, "available", ret_there, err);
}

/* ---- backup retention ---- */

static bool look_retention(struct aws_operate *o, struct err *err)
{
	struct seen_cluster c;
	int64_t days;

	if (!aws_operate_cluster(o, &c, err))
		return false;
	name_cluster(o, &c);
	change_add(&o->c, "fact", "kept now", OPERATION_OK, "%lld days", (long long)c.retention_days);
	aws_operate_param(o, "DBClusterIdentifier", c.identifier);
	aws_operate_param(o, "BackupRetentionPeriod", o->value);
	aws_operate_param(o, "ApplyImmediately", STR("true"));
	if (!parse_i64(o->value, &days) || days < 1 || days > RETENTION_MAX) {
		change_refuse(&o->c, "\"" STR_FMT "\" is no number of days from 1 to %d", STR_ARG(o->value),
			      RETENTION_MAX);
		return true;
	}
	aws_operate_need_status(o, &c, "available");
	if (days == c.retention_days)
		change_refuse(&o->c, "it is %lld days already", (long long)days);
	if (days >= c.retention_days)
		return true;
	o->c.tier = TIER_DESTRUCTIVE;
	change_add(&o->c, "check", "", OPERATION_CRITICAL,
		   "the cluster can no longer be restored to moments more than %lld days ago, and those automated "
		   "snapshots go",
		   (long long)days);
	return true;
}

static bool retention_arrived(struct aws_operate *o, bool *ret_there, struct err *err)
{
	struct seen_cluster c;
	int64_t days;

	if (!aws_operate_cluster(o, &c, err))
		return false;
	change_phase(&o->c, c.status, (double)NAN);
	*ret_there = parse_i64(o->value, &days) && c.retention_days == days && str_eq_c(c.status, "available");
	return true;
}

const struct aws_operation aws_operations_cluster[] = {
	{"failover", look_failover, failover_arrived, false, NULL, NULL},
	{"reboot", look_reboot, reboot_arrived, false, NULL, NULL},
	{"stop cluster", look_stop, stop_arrived, false, NULL, NULL},
	{"start cluster", look_start, start_arrived, false, NULL, NULL},
	{"backup retention", look_retention, retention_arrived, false, NULL, NULL},
};
const size_t aws_noperations_cluster = ARRAY_LEN(aws_operations_cluster);
