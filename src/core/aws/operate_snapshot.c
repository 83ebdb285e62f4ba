/*
 * operate_snapshot.c: makes a manual cluster snapshot and sees it become available; deletes one.
 *
 * Names follow RDS's rule, which is checked here so that a bad one is told before anything is
 * asked: 1 to 63 letters, digits and hyphens, a letter first, no hyphen last, no two in a row.
 * RDS keeps names in lower case. What follows the name are tags (tags.h); one says who made the
 * snapshot, unless another value was chosen for it.
 */
#include "aws/operate.h"
#include "aws/tags.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "model/kind.h"

#include <math.h>
#include <stdio.h>

#define NAME_MAX_CHARS 63
/* Names of automated ones begin so; RDS describes them only to those who say so. */
#define AUTOMATED "rds:"
#define CREATED_BY "created-by"
#define ONLY_MANUAL "only manual snapshots are deleted by hand, automated ones go with the backup retention"

struct seen_snapshot {
	uint64_t present;
	struct str identifier, cluster, kind, status;
	int64_t percent, created_at;
};
#define F(m, k, path) FIELD(struct seen_snapshot, m, k, .title = #m, .help = #m, .wire = path)
static const struct field snapshot_fields[] = {
	F(identifier, K_ID, "DBClusterSnapshotIdentifier"),
	F(cluster, K_ID, "DBClusterIdentifier"),
	F(kind, K_ENUM, "SnapshotType"),
	F(status, K_ENUM, "Status"),
	F(percent, K_INT, "PercentProgress"),
	F(created_at, K_TIME_US, "SnapshotCreateTime"),
};
#undef F
static const struct rec_type snapshot_type = REC_TYPE(struct seen_snapshot, "operate_snapshot", snapshot_fields);

static void snapshot_parameters(struct form *form, void *ctx)
{
	const struct str *name = ctx;

	form_add(form, "DBClusterSnapshotIdentifier", *name);
}

static bool find_snapshot(struct aws_operate *o, struct str name, struct seen_snapshot *ret_snapshot, bool *ret_found,
			  struct err *err)
{
	const struct aws_list list = {
		.service = AWS_RDS,
		.operation = "DescribeDBClusterSnapshots",
		.items = "DescribeDBClusterSnapshotsResult/DBClusterSnapshots/*",
		.parameters = snapshot_parameters,
		.ctx = &name,
	};

	*ret_snapshot = (struct seen_snapshot){0};
	return aws_operate_find(o, &list, &snapshot_type, ret_snapshot, ret_found, err);
}

static bool is_name(struct str name)
{
	if (name.len == 0 || name.len > NAME_MAX_CHARS || !ascii_is_letter(name.ptr[0]) ||
	    name.ptr[name.len - 1] == '-')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		bool hyphen = name.ptr[i] == '-';

		if (!hyphen && !ascii_is_letter(name.ptr[i]) && (name.ptr[i] < '0' || name.ptr[i] > '9'))
			return false;
		if (hyphen && name.ptr[i + 1] == '-')
			return false;
	}
	return true;
}

/* ---- create ---- */

static void add_tag(struct aws_operate *o, size_t number, struct tag tag)
{
	struct arena *a = o->c.out->arena;

	aws_operate_param(o, arena_strz(a, arena_fmt(a, "Tags.Tag.%zu.Key", number)), tag.key);
	aws_operate_param(o, arena_strz(a, arena_fmt(a, "Tags.Tag.%zu.Value", number)), tag.value);
	change_add(&o->c, "fact", number == 1 ? "tags" : "", OPERATION_OK, STR_FMT " = " STR_FMT, STR_ARG(tag.key),
		   STR_ARG(tag.value));
}

static void add_tags(struct aws_operate *o, struct str text)
{
	struct tag tags[TAGS_CHOSEN_MAX];
	struct err err = {0};
	size_t n, number = 1;
	bool named = false;

	if (!tags_read(text, o->c.out->arena, tags, &n, &err)) {
		change_refuse(&o->c, "%s", err.text);
		return;
	}
	for (size_t i = 0; i < n; i++)
		named |= str_eq_c(tags[i].key, CREATED_BY);
	if (!named)
		add_tag(o, number++, (struct tag){STR(CREATED_BY), STR("auroratop")});
	for (size_t i = 0; i < n; i++)
		add_tag(o, number++, tags[i]);
}

static bool look_create(struct aws_operate *o, struct err *err)
{
	struct str tags = str_trim(o->value);
	struct seen_snapshot there;
	struct seen_cluster c;
	bool found = false;

	if (!aws_operate_cluster(o, &c, err))
		return false;
	(void)str_split(&tags, ' ', &o->id);
	(void)snprintf(o->c.object, sizeof(o->c.object), STR_FMT, STR_ARG(o->id));
	(void)snprintf(o->c.word, sizeof(o->c.word), STR_FMT, STR_ARG(o->id));
	change_add(&o->c, "fact", "cluster", OPERATION_OK, STR_FMT ", " STR_FMT " now", STR_ARG(c.identifier),
		   STR_ARG(c.status));
	change_add(&o->c, "fact", "costs", OPERATION_OK,
		   "a manual snapshot is charged by its size for as long as it is kept");
	aws_operate_param(o, "DBClusterIdentifier", c.identifier);
	aws_operate_param(o, "DBClusterSnapshotIdentifier", o->id);
	add_tags(o, tags);
	if (!is_name(o->id)) {
		change_refuse(&o->c,
			      "\"" STR_FMT
			      "\" is no name for a snapshot: up to 63 letters, digits and single hyphens, a "
			      "letter first, no hyphen last",
			      STR_ARG(o->id));
		return true;
	}
	aws_operate_need_status(o, &c, "available");
	if (!find_snapshot(o, o->id, &there, &found, err))
		return false;
	if (found)
		change_refuse(&o->c, "there is a snapshot of that name already, " STR_FMT, STR_ARG(there.status));
	return true;
}

static bool created(struct aws_operate *o, bool *ret_there, struct err *err)
{
	struct seen_snapshot s;
	bool found;

	if (!find_snapshot(o, o->id, &s, &found, err))
		return false;
	if (found)
		change_phase(&o->c, s.status, (double)s.percent / 100);
	*ret_there = found && str_eq_c(s.status, "available");
	return !found || !str_eq_c(s.status, "failed") ||
	       err_set(err, ERR_SERVER, "AWS says that the snapshot has failed");
}

/* ---- delete ---- */

static bool look_delete(struct aws_operate *o, struct err *err)
{
	struct seen_snapshot s;
	struct buf b;
	bool found;

	(void)snprintf(o->c.object, sizeof(o->c.object), STR_FMT, STR_ARG(o->id));
	(void)snprintf(o->c.word, sizeof(o->c.word), STR_FMT, STR_ARG(o->id));
	aws_operate_param(o, "DBClusterSnapshotIdentifier", o->id);
	if (str_starts(o->id, STR(AUTOMATED))) {
		change_refuse(&o->c, "it is automated; " ONLY_MANUAL);
		return true;
	}
	if (!find_snapshot(o, o->id, &s, &found, err))
		return false;
	if (!found) {
		change_refuse(&o->c, "there is no snapshot " STR_FMT " any more", STR_ARG(o->id));
		return true;
	}
	buf_init(&b, 64);
	if (HAS(&s, struct seen_snapshot, created_at) && format_duration(&b, clock_wall_us() - s.created_at))
		change_add(&o->c, "fact", "snapshot", OPERATION_OK, STR_FMT " of " STR_FMT ", %s old", STR_ARG(s.kind),
			   STR_ARG(s.cluster), buf_c(&b));
	buf_release(&b);
	if (!str_eq_c(s.kind, "manual"))
		change_refuse(&o->c, "it is " STR_FMT "; " ONLY_MANUAL, STR_ARG(s.kind));
	else if (!str_eq_c(s.status, "available") && !str_eq_c(s.status, "failed"))
		change_refuse(&o->c, "it is " STR_FMT "; it has to be available", STR_ARG(s.status));
	return true;
}

static bool deleted(struct aws_operate *o, bool *ret_there, struct err *err)
{
	struct seen_snapshot s;
	bool found;

	if (!find_snapshot(o, o->id, &s, &found, err))
		return false;
	if (found)
		change_phase(&o->c, s.status, (double)NAN);
	*ret_there = !found;
	return true;
}

const struct aws_operation aws_operations_snapshot[] = {
	{"create snapshot", look_create, created, false, NULL, NULL},
	{"delete snapshot", look_delete, deleted, false, NULL, NULL},
};
const size_t aws_noperations_snapshot = ARRAY_LEN(aws_operations_snapshot);
