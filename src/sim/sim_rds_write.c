/*
 * sim_rds_write.c: RDS CreateDBClusterSnapshot, DeleteDBClusterSnapshot, FailoverDBCluster, RebootDBInstance,
 * StopDBCluster and StartDBCluster.
 *
 * A call checks everything, then notes what begins and when; what is seen later follows from that and the clock, as
 * all of the state does. Each answers with the object as it is just after the call: a failover does not show at
 * once, as with the service. Events are left with the time at which they happen, also those ahead.
 */
#include "sim/sim_rds.h"

#include "base/ascii.h"

#define IDENTIFIER_MAX 63

static const struct sim_event_kind of_snapshot = {"db-cluster-snapshot", "cluster-snapshot", "backup"};
static const struct sim_event_kind of_cluster = {"db-cluster", "cluster", "notification"};
static const struct sim_event_kind of_instance = {"db-instance", "db", "availability"};
static const struct sim_event_kind of_instance_turn = {"db-instance", "db", "notification"};

struct sim_cluster *sim_rds_cluster(struct sim_request *r)
{
	struct str id = sim_param(r, "DBClusterIdentifier");
	struct sim_cluster *c = sim_cluster_find(r->sim, id);

	if (!c)
		sim_fail(r, 404, "DBClusterNotFoundFault", "DBCluster " STR_FMT " not found.", STR_ARG(id));
	return c;
}

bool sim_rds_must_be(struct sim_request *r, const struct sim_cluster *c, const char *status)
{
	const char *now = sim_cluster_status(c, r->now_us);

	return strcmp(now, status) == 0 || sim_fail(r, 400, "InvalidDBClusterStateFault",
						    "DB cluster %s is not in %s state, it is %s.", c->id, status, now);
}

/* ---- snapshots */

static bool is_identifier(struct str id)
{
	if (id.len == 0 || id.len > IDENTIFIER_MAX || !ascii_is_letter(id.ptr[0]) || id.ptr[id.len - 1] == '-')
		return false;
	for (size_t i = 0; i < id.len; i++) {
		char c = id.ptr[i];

		if (!ascii_is_letter(c) && !ascii_is_digit(c) && (c != '-' || id.ptr[i - 1] == '-'))
			return false;
	}
	return true;
}

static void lower(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

static bool check_new_snapshot(struct sim_request *r, const struct sim_cluster *c, struct str id)
{
	struct sim_snapshot there;

	if (!is_identifier(id))
		return sim_fail(
			r, 400, "InvalidParameterValue",
			"The parameter DBClusterSnapshotIdentifier is not a valid identifier. Identifiers must "
			"begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not "
			"end with a hyphen or contain two consecutive hyphens.");
	if (!sim_rds_tags_check(r))
		return false;
	if (sim_rds_snapshot_find(r, id, &there))
		return sim_fail(r, 400, "DBClusterSnapshotAlreadyExistsFault",
				"Cannot create the cluster snapshot because one with the identifier " STR_FMT
				" already exists.",
				STR_ARG(id));
	if (!sim_rds_must_be(r, c, "available"))
		return false;
	return r->sim->changes->nsnapshots < SIM_SNAPSHOTS_MADE_MAX ||
	       sim_fail(r, 400, "SnapshotQuotaExceeded", "Cannot create more than %d manual cluster snapshots.",
			SIM_SNAPSHOTS_MADE_MAX);
}

/* The cluster copies its tags to snapshots; those of the call come on top. */
static bool tag_new_snapshot(struct sim_request *r, const struct sim_cluster *c, const char *id)
{
	struct sim_rds_resource resource = {"cluster-snapshot", id, c};
	const struct sim_tagged *from = sim_tagged_find(r->sim->changes, "cluster", c->id);
	struct sim_tagged *to = from ? sim_tagged_make(r->sim->changes, resource.kind, id) : NULL;

	for (size_t i = 0; to && i < from->n; i++)
		(void)!sim_tag_set(to, str_c(from->tags[i].key), str_c(from->tags[i].value));
	return !sim_param(r, "Tags.Tag.1.Key").ptr || sim_rds_tags_add(r, &resource);
}

bool sim_rds_create_snapshot(struct sim_request *r, struct buf *out)
{
	struct str id = sim_param(r, "DBClusterSnapshotIdentifier");
	struct sim_changes *changes = r->sim->changes;
	struct sim_cluster *c = sim_rds_cluster(r);
	struct sim_made_snapshot *made;
	struct sim_snapshot row;

	if (!c || !check_new_snapshot(r, c, id))
		return false;
	made = &changes->snapshots[changes->nsnapshots];
	*made = (struct sim_made_snapshot){.cluster = c, .at_us = r->now_us};
	snprintf(made->id, sizeof(made->id), STR_FMT, STR_ARG(id));
	lower(made->id);
	if (!tag_new_snapshot(r, c, made->id)) {
		sim_tagged_drop(changes, "cluster-snapshot", made->id);
		return false;
	}
	changes->nsnapshots++;
	sim_event_add(changes, &of_snapshot, made->id, r->now_us, "Creating manual cluster snapshot");
	sim_event_add(changes, &of_snapshot, made->id, r->now_us + SIM_SNAPSHOT_US, "Manual cluster snapshot created");
	if (sim_rds_snapshot_find(r, str_c(made->id), &row))
		sim_rds_snapshot_xml(r, out, &row);
	return true;
}

static bool forget_snapshot(struct sim_request *r, const struct sim_snapshot *s)
{
	struct sim_changes *c = r->sim->changes;
	size_t i = 0;

	if (!s->made && c->ngone_snapshots == SIM_SNAPSHOTS_GONE_MAX)
		return sim_fail(r, 500, "InternalFailure", "The simulator forgets no more than %d snapshots.",
				SIM_SNAPSHOTS_GONE_MAX);
	sim_tagged_drop(c, "cluster-snapshot", s->id);
	if (!s->made) {
		snprintf(c->gone_snapshots[c->ngone_snapshots++], sizeof(c->gone_snapshots[0]), "%s", s->id);
		return true;
	}
	while (strcmp(c->snapshots[i].id, s->id) != 0)
		i++;
	c->nsnapshots--;
	memmove(&c->snapshots[i], &c->snapshots[i + 1], (c->nsnapshots - i) * sizeof(c->snapshots[0]));
	return true;
}

bool sim_rds_delete_snapshot(struct sim_request *r, struct buf *out)
{
	struct str id = sim_param(r, "DBClusterSnapshotIdentifier");
	struct sim_snapshot s;

	if (!sim_rds_snapshot_find(r, id, &s))
		return sim_fail(r, 404, "DBClusterSnapshotNotFoundFault", "DBClusterSnapshot not found: " STR_FMT,
				STR_ARG(id));
	if (s.automated)
		return sim_fail(r, 400, "InvalidDBClusterSnapshotStateFault",
				"Deletion of automated cluster snapshots is not allowed: %s", s.id);
	if (s.percent < 100)
		return sim_fail(r, 400, "InvalidDBClusterSnapshotStateFault",
				"The cluster snapshot %s is not in the available state.", s.id);
	sim_rds_snapshot_xml(r, out, &s);
	return forget_snapshot(r, &s);
}

/* ---- clusters and instances */

static bool check_target(struct sim_request *r, const struct sim_cluster *c, struct str target)
{
	int member;
	const struct sim_cluster *of = sim_instance_find(r->sim, target, &member);

	if (!of)
		return sim_fail(r, 404, "DBInstanceNotFound", "DBInstance " STR_FMT " not found.", STR_ARG(target));
	if (of != c)
		return sim_fail(r, 400, "InvalidDBInstanceState", "DB instance %s is not a member of DB cluster %s.",
				of->members[member].id, c->id);
	if (member == sim_cluster_writer(c, r->now_us))
		return sim_fail(r, 400, "InvalidDBClusterStateFault",
				"DB instance %s is already the writer of DB cluster %s.", c->members[member].id, c->id);
	return true;
}

bool sim_rds_failover_cluster(struct sim_request *r, struct buf *out)
{
	struct str target = sim_param(r, "TargetDBInstanceIdentifier");
	struct sim_cluster *c = sim_rds_cluster(r);
	struct err err = {0};

	if (!c || (target.len > 0 && !check_target(r, c, target)))
		return false;
	if (c->nmembers < 2)
		return sim_fail(r, 400, "InvalidDBClusterStateFault",
				"Cannot failover DB cluster %s because it has no readable standby DB instance.", c->id);
	if (!sim_rds_must_be(r, c, "available"))
		return false;
	if (!sim_state_failover(c, target, r->now_us, &err))
		return sim_fail(r, 400, "InvalidDBClusterStateFault", "%s", err.text);
	sim_rds_cluster_xml(r, out, c);
	return true;
}

static void restart_events(struct sim_request *r, const char *instance)
{
	sim_event_add(r->sim->changes, &of_instance, instance, r->now_us + US_PER_S, "DB instance shutdown");
	sim_event_add(r->sim->changes, &of_instance, instance, r->now_us + SIM_REBOOT_US - US_PER_S,
		      "DB instance restarted");
}

bool sim_rds_reboot_instance(struct sim_request *r, struct buf *out)
{
	struct str id = sim_param(r, "DBInstanceIdentifier");
	const char *status;
	bool force;
	int member;
	struct sim_cluster *c = sim_instance_find(r->sim, id, &member);

	if (!sim_param_bool(r, "ForceFailover", &force))
		return false;
	if (!c)
		return sim_fail(r, 404, "DBInstanceNotFound", "DBInstance " STR_FMT " not found.", STR_ARG(id));
	if (force)
		return sim_fail(r, 400, "InvalidParameterCombination",
				"Cannot force failover of the DB instance %s: it is not configured for Multi-AZ.",
				c->members[member].id);
	status = sim_instance_status(c, member, r->now_us);
	if (strcmp(status, "available") != 0)
		return sim_fail(r, 400, "InvalidDBInstanceState", "Instance %s is not in available state, it is %s.",
				c->members[member].id, status);
	c->rebooted_us[member] = r->now_us;
	restart_events(r, c->members[member].id);
	sim_rds_instance_xml(r, out, c, member);
	return true;
}

static void turn(struct sim_request *r, struct sim_cluster *c, bool stop)
{
	int64_t done = r->now_us + SIM_TURN_US;

	c->stopped = stop;
	c->status = stop ? "stopped" : "available";
	c->turned_us = r->now_us;
	for (int i = 0; i < c->nmembers; i++)
		sim_event_add(r->sim->changes, &of_instance_turn, c->members[i].id, done - US_PER_S,
			      stop ? "DB instance stopped" : "DB instance started");
	sim_event_add(r->sim->changes, &of_cluster, c->id, done, stop ? "DB cluster stopped" : "DB cluster started");
}

bool sim_rds_stop_cluster(struct sim_request *r, struct buf *out)
{
	struct sim_cluster *c = sim_rds_cluster(r);

	if (!c || !sim_rds_must_be(r, c, "available"))
		return false;
	turn(r, c, true);
	sim_rds_cluster_xml(r, out, c);
	return true;
}

bool sim_rds_start_cluster(struct sim_request *r, struct buf *out)
{
	struct sim_cluster *c = sim_rds_cluster(r);

	if (!c || !sim_rds_must_be(r, c, "stopped"))
		return false;
	turn(r, c, false);
	sim_rds_cluster_xml(r, out, c);
	return true;
}
