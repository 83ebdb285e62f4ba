/*
 * rules_posture_authentication.c: who logs in, with what, and who changes the password?
 *
 * The master user can do nearly everything, so applications should not be it, and nobody should know its password: with
 * a secret that RDS manages, nobody needs to. Sessions are those that do something; an idle one of the master
 * user is not seen, and the sentence says so.
 */
#include "verdict/rules_common.h"

#include "base/clock.h"

void rule_master_secret(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "cluster_settings");
	long row = s ? data_find(s, "cluster", f->cluster) : -1;
	struct str arn, status;

	if (row < 0)
		return;
	/* what AWS leaves out of the answer there is not */
	arn = data_str(s, (size_t)row, "master_secret_arn");
	status = data_str(s, (size_t)row, "master_secret_status");
	if (arn.len == 0) {
		finding_add(out, SEV_WARN, STR(""), "the master password is not managed by Secrets Manager");
		finding_evidence(out, "DescribeDBClusters has no MasterUserSecret");
		finding_next(
			out, "",
			"let RDS manage it: it is changed at once, and then by itself; who uses it needs the secret");
		remedy_cluster(out, f, "--manage-master-user-password");
	} else if (str_eq_c(status, "impaired")) {
		finding_add(out, SEV_WARN, STR(""),
			    "the secret of the master user is impaired: it cannot be read or rotated");
		finding_evidence(out, "DescribeDBClusters: MasterUserSecret/SecretStatus impaired");
		finding_next(out, "", "look at the secret's key: is it enabled, and may RDS use it?");
	} else {
		finding_add(out, SEV_OK, STR(""), "the master password is managed by Secrets Manager");
		finding_evidence(out, "DescribeDBClusters: MasterUserSecret " STR_FMT " " STR_FMT, STR_ARG(arn),
				 STR_ARG(status));
	}
}

/* When the next rotation is due; 0 = not known. */
static int64_t rotation_due(const struct snapshot *s, size_t row)
{
	int64_t next = data_i64(s, row, "next_rotation_at", 0), last = data_i64(s, row, "last_rotated_at", 0);
	int64_t days = data_i64(s, row, "rotation_days", 0);

	return next > 0 ? next : last > 0 && days > 0 && days < 10000 ? last + days * US_PER_DAY : 0;
}

static void remedy_secret(struct findings *out, const struct snapshot *s, size_t row)
{
	char word[VERDICT_WORD_MAX];

	finding_remedy(out, "aws secretsmanager rotate-secret --secret-id %s",
		       verdict_word(word, data_str(s, row, "arn")));
}

void rule_secret_rotation(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "secrets");

	for (size_t i = 0; s && i < s->nrows; i++) {
		int64_t rotation = data_i64(s, i, "rotation", -1), due = rotation_due(s, i);
		int64_t last = data_i64(s, i, "last_rotated_at", 0);
		char late[VERDICT_VALUE_MAX], at[VERDICT_VALUE_MAX];

		if (rotation < 0) {
			finding_unknown(out, STR(""), s, "rotation");
		} else if (!rotation) {
			finding_add(out, SEV_WARN, STR(""), "the master password is not rotated");
			finding_evidence(out, "secretsmanager DescribeSecret: RotationEnabled false");
			finding_next(out, "", "switch rotation on: RDS changes the password and the secret together");
			remedy_secret(out, s, i);
		} else if (due > 0 &&
			   verdict_above((double)(f->now_us - due), f->policy->limits.rotation_overdue, 0) > SEV_OK) {
			finding_add(out, SEV_WARN, STR(""), "rotation of the master password is overdue for %s",
				    verdict_backup_age(late, f->now_us - due));
			finding_evidence(out, "secretsmanager DescribeSecret: NextRotationDate %s",
					 verdict_at(at, due));
			finding_next(out, "",
				     "rotate it now, and see why that failed: the secret's key, or its status");
			remedy_secret(out, s, i);
		} else {
			finding_add(out, SEV_OK, STR(""), "the master password is rotated by itself%s%s",
				    last > 0 ? ", last on " : "", last > 0 ? verdict_at(at, last) : "");
			finding_evidence(out, "secretsmanager DescribeSecret: RotationEnabled true");
		}
	}
}

void rule_iam_auth(const struct facts *f, struct findings *out)
{
	static const struct cluster_switch iam = {
		.field = "iam_auth",
		.api = "IAMDatabaseAuthenticationEnabled",
		.on = "IAM database authentication is on",
		.off = "IAM database authentication is off: roles can log in by password only",
		.next = "switch it on; it takes nothing away, a role uses it once it is granted rds_iam",
		.options = "--enable-iam-database-authentication",
		.when_off = SEV_WARN,
	};

	judge_switch(f, out, &iam);
}

/* ---- sessions of the master user ---- */

struct users {
	size_t sessions;
	struct str application; /* of the first */
	int64_t pid;
};

static struct users sessions_of(const struct snapshot *s, struct str user)
{
	int field = rec_find(s->type, STR("user"));
	struct users u = {0};
	union value v;

	for (size_t i = 0; field >= 0 && i < s->nrows; i++) {
		if (!rec_get(&s->type->fields[field], snapshot_row(s, i), &v) || !str_eq(v.str, user))
			continue;
		if (u.sessions++ > 0)
			continue;
		u.application = data_str(s, i, "application");
		u.pid = data_i64(s, i, "pid", 0);
	}
	return u;
}

void rule_master_sessions(const struct facts *f, struct findings *out)
{
	const struct snapshot *clusters, *s = facts_need(f, out, "sessions");
	long row = facts_own_cluster(f, out, &clusters);
	struct str master = row < 0 ? STR("") : data_str(clusters, (size_t)row, "master_username");
	struct users u;

	if (!s || row < 0)
		return;
	if (master.len == 0) {
		finding_unknown(out, STR(""), clusters, "master_username");
		return;
	}
	u = sessions_of(s, master);
	if (u.sessions == 0) {
		finding_add(out, SEV_OK, STR(""), "no session that does something is of the master user " STR_FMT,
			    STR_ARG(master));
		finding_evidence(out, "pg_stat_activity: usename of %zu sessions, idle ones left out", s->nrows);
		return;
	}
	finding_add(out, SEV_WARN, STR(""), "%zu session%s of the master user " STR_FMT ", %s%lld of " STR_FMT,
		    u.sessions, u.sessions == 1 ? " is" : "s are", STR_ARG(master),
		    u.sessions == 1 ? "pid " : "one is pid ", (long long)u.pid,
		    STR_ARG(u.application.len > 0 ? u.application : STR("an unnamed application")));
	finding_evidence(out, "pg_stat_activity: usename; DescribeDBClusters: MasterUsername");
	finding_next(out, "", "give the application a role of its own with the rights it needs");
}

void rule_own_role(const struct facts *f, struct findings *out)
{
	const struct snapshot *clusters = facts_get(f, "clusters"), *s = facts_get(f, "activity");
	long row = clusters && f->cluster.len > 0 ? data_find(clusters, "identifier", f->cluster) : -1;
	struct str master = row < 0 ? STR("") : data_str(clusters, (size_t)row, "master_username");
	struct str own = data_str(s, 0, "user");

	if (master.len == 0 || own.len == 0)
		return;
	if (str_eq(own, master))
		finding_add(out, SEV_NOTICE, STR(""), "this console is connected as the master user " STR_FMT,
			    STR_ARG(own));
	else
		finding_add(out, SEV_OK, STR(""), "this console is connected as " STR_FMT, STR_ARG(own));
	finding_evidence(out, "current_user of our session; DescribeDBClusters: MasterUsername");
	if (str_eq(own, master))
		finding_next(out, "", "make a role for watching, a member of pg_monitor, and connect as that");
}
