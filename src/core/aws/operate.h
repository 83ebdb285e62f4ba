/*
 * operate.h: the inside of the commands that preview and run what AWS is asked to do
 * (operations.def, OPERATION_AWS); for cmd_aws.c and operate_*.c only.
 *
 * Arguments beside those of change.h: id (of the snapshot, group or rule; the cluster is the
 * target's), value (what the operation asks for; of an instance its name), admits (of a rule: how many sessions
 * come through it), given (when the value was given, in microseconds; a time until which something holds counts from
 * there, so that it is the same when it is run). Their result is a snapshot of operation_type. Thread of the command.
 */
#ifndef AWS_OPERATE_H
#define AWS_OPERATE_H

#include "audit/change.h"
#include "audit/lease.h"
#include "aws/client.h"

#define OPERATE_PARAMS_MAX 28           /* a snapshot, with as many tags as are read (tags.h) */
#define OPERATE_CALL_US (20 * US_PER_S) /* of one call of a command that may run for hours */

struct aws_operate;

/* How one operation of operations.def is done. */
struct aws_operation {
	const char *name;
	/* Looks at what it would meet: object, word, tier, parameters, facts and refusals. */
	bool (*look)(struct aws_operate *o, struct err *err);
	/* After AWS has agreed: is the new state there? Tells phase and progress. */
	bool (*arrived)(struct aws_operate *o, bool *ret_there, struct err *err);
	bool dry_run; /* EC2: asked with DryRun first, at every look */
	/* Of a lease (o->lease is filled by look): the call that takes it back, and in o->after one that takes its mark
	 * away; either may be none. *ret_needed false: both are, it is no longer ours, the rows say why. Only looks. */
	bool (*restore)(struct aws_operate *o, bool *ret_needed, struct err *err);
	/* Of a lease, when it is on the disk and before anything is sent: did another console come first? Then false,
	 * err says whose. NULL: AWS refuses a second one by itself. */
	bool (*is_free)(struct aws_operate *o, struct err *err);
};

#define OPERATE_MARK_PARAMS_MAX 3

/* A call beside the one that is asked for, which only says what is done to whom: a tag. It may be sent again. */
struct aws_mark {
	const char *call; /* NULL: none */
	struct {
		const char *name;
		struct str value;
	} params[OPERATE_MARK_PARAMS_MAX];
	size_t nparams;
};

struct aws_operate {
	struct change c;
	const struct aws_operation *how;
	const char *call; /* "rds:RebootDBInstance"; "" = none is needed */
	/* Sent before it, and when it was refused `after`; sent when it is done. */
	struct aws_mark before, after;
	bool changes; /* it is run, and not only looked at */
	struct lease lease;
	int64_t lease_us; /* how long */
	struct str id, value;
	int64_t admits;
	int64_t given_us; /* when the value was given: the same for preview and run */
	struct {
		const char *name;
		struct str value;
	} params[OPERATE_PARAMS_MAX];
	size_t nparams;
	bool moved; /* the state has been seen to change since AWS agreed */
	int64_t agreed_mono_us;
};

/* "X for N": *ret_what is X, and o->lease_us is N minutes, or minutes when " for N" is missing. False: N is none. */
bool aws_operate_take_minutes(struct aws_operate *o, int64_t minutes, struct str *ret_what);
/* Sends a mark. False with ERR_DENIED: it may not be, for which nothing else is left undone. True when there is none.
 */
bool aws_operate_mark(struct aws_operate *o, const struct aws_mark *mark, struct err *err) MUST_CHECK;
/* How that operation is done; NULL: AWS does not. */
const struct aws_operation *aws_operation_find(const char *name);
/* A parameter of the call; value stays valid as long as the command. */
void aws_operate_param(struct aws_operate *o, const char *name, struct str value);
/* All items of a listing, in the time of one call and not of the whole job. */
bool aws_operate_list(struct aws_operate *o, const struct aws_list *list, struct snapshot *rows,
		      struct err *err) MUST_CHECK;
/* The first item of a listing into row of type; *ret_found false also when AWS says there is none. */
bool aws_operate_find(struct aws_operate *o, const struct aws_list *list, const struct rec_type *type, void *row,
		      bool *ret_found, struct err *err) MUST_CHECK;
/* ---- what several look for ---- */

struct seen_cluster {
	uint64_t present;
	struct str identifier, status, arn, members, member_writer, member_parameters, writer, security_groups,
		parameter_group;
	struct str backup_window, maintenance_window;
	int64_t retention_days, port;
};
/* The target's cluster; ERR_NOT_FOUND when it is gone. */
bool aws_operate_cluster(struct aws_operate *o, struct seen_cluster *ret_cluster, struct err *err) MUST_CHECK;
/* Refuses unless the cluster's status is that word; what says what cannot be done otherwise. */
void aws_operate_need_status(struct aws_operate *o, const struct seen_cluster *c, const char *status);

/* Names the cluster's instances that a parameter of the cluster's group does not reach (operate_overrides.c). */
bool aws_operate_add_overrides(struct aws_operate *o, const char *parameter, struct err *err) MUST_CHECK;

/* A row that says how long it may take and where that is from, or why that is not known (operate_estimate.c). */
void aws_operate_add_estimate(struct aws_operate *o);

/* How each is done, by file. */
extern const struct aws_operation aws_operations_cluster[], aws_operations_snapshot[], aws_operations_rule[],
	aws_operations_maintenance[], aws_operations_lease[];
extern const size_t aws_noperations_cluster, aws_noperations_snapshot, aws_noperations_rule,
	aws_noperations_maintenance, aws_noperations_lease;

#endif
