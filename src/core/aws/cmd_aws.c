/*
 * cmd_aws.c: previews what AWS would be asked, asks it once, and waits until the new state is there.
 *
 * A call that changes something is sent one time only. When its answer does not come, AWS may
 * have done it all the same: that is looked up, and the outcome says what was seen, never that
 * it failed. After AWS has agreed the job watches the state by describe calls until the new one
 * has arrived; cancelling it then ends the watching, not what AWS does.
 *
 * A lease is remembered on the disk and marked where others see it before it is asked for, held until its time is over
 * or the job is told to stop, and then taken back, in calls that no cancel interrupts. A look sends nothing that
 * changes anything.
 */
#include "audit/change_lease.h"
#include "aws/commands.h"
#include "aws/input.h"
#include "aws/operate.h"
#include "base/clock.h"
#include "base/parse.h"

#include <math.h>
#include <stdio.h>

#define JOB_DEADLINE_US US_PER_DAY
#define POLL_FIRST_US (1 * US_PER_S)
#define POLL_US (3 * US_PER_S)
#define POLL_LATER_US (10 * US_PER_S) /* after POLL_SOON_US */
#define POLL_SOON_US (3 * US_PER_MIN)
#define POLL_FAILURES_MAX 10              /* in a row */
#define LOOK_AFTER_LOSS 5                 /* how often it is looked up when the answer did not come */
#define TAKE_BACK_FIRST_US (1 * US_PER_S) /* between two tries, twice as long each time */
#define TAKE_BACK_MOST_US (10 * US_PER_S)
#define DRY_RUN_PASSED "DryRunOperation"

const struct aws_operation *aws_operation_find(const char *name)
{
	const struct {
		const struct aws_operation *rows;
		size_t n;
	} tables[] = {
		{aws_operations_cluster, aws_noperations_cluster},
		{aws_operations_snapshot, aws_noperations_snapshot},
		{aws_operations_rule, aws_noperations_rule},
		{aws_operations_maintenance, aws_noperations_maintenance},
		{aws_operations_lease, aws_noperations_lease},
	};

	for (size_t t = 0; t < ARRAY_LEN(tables); t++)
		for (size_t i = 0; i < tables[t].n; i++)
			if (strcmp(tables[t].rows[i].name, name) == 0)
				return &tables[t].rows[i];
	return NULL;
}

/* The service and the name of the call in "rds:RebootDBInstance". */
static enum aws_service_id service_of(const char *call, const char **ret_name)
{
	*ret_name = strchr(call, ':') + 1;
	return str_starts(str_c(call), STR("ec2:")) ? AWS_EC2 : AWS_RDS;
}

bool aws_operate_take_minutes(struct aws_operate *o, int64_t minutes, struct str *ret_what)
{
	return change_take_minutes(o->value, minutes, ret_what, &o->lease_us);
}

/* A fetch whose end is near: one call of a job must not have the time of the whole job. */
static struct fetch nearer(const struct fetch *f)
{
	struct fetch near = *f;
	int64_t until = clock_mono_us() + OPERATE_CALL_US;

	near.deadline_mono_us = until < f->deadline_mono_us ? until : f->deadline_mono_us;
	return near;
}

/* ---- parts of a look ---- */

void aws_operate_param(struct aws_operate *o, const char *name, struct str value)
{
	CHECK(o->nparams < OPERATE_PARAMS_MAX);
	o->params[o->nparams].name = name;
	o->params[o->nparams++].value = value;
}

bool aws_operate_list(struct aws_operate *o, const struct aws_list *list, struct snapshot *rows, struct err *err)
{
	struct fetch near = nearer(o->c.f);

	return aws_list_fetch(&near, list, rows, err);
}

bool aws_operate_find(struct aws_operate *o, const struct aws_list *list, const struct rec_type *type, void *row,
		      bool *ret_found, struct err *err)
{
	struct snapshot *rows = snapshot_new(type, o->c.f->source->name);
	bool ok = aws_operate_list(o, list, rows, err);

	*ret_found = ok && rows->nrows > 0;
	if (*ret_found) {
		memcpy(row, rows->rows, type->size);
		change_keep_texts(&o->c, type, row);
	}
	snapshot_unref(rows);
	if (ok || err->code != ERR_NOT_FOUND)
		return ok;
	err_clear(err);
	return true;
}

static void cluster_parameters(struct form *form, void *ctx)
{
	form_add_c(form, "DBClusterIdentifier", ctx);
}

#define F(m, k, more, path) FIELD(struct seen_cluster, m, k, .title = #m, .help = #m, .flags = (more), .wire = path)
static const struct field cluster_fields[] = {
	F(identifier, K_ID, 0, "DBClusterIdentifier"),
	F(status, K_ENUM, 0, "Status"),
	F(arn, K_ID, 0, "DBClusterArn"),
	F(members, K_TEXT, F_LIST, "DBClusterMembers/*/DBInstanceIdentifier"),
	F(member_writer, K_TEXT, F_LIST, "DBClusterMembers/*/IsClusterWriter"),
	F(writer, K_ID, F_COMPUTED, NULL),
	F(member_parameters, K_TEXT, F_LIST, "DBClusterMembers/*/DBClusterParameterGroupStatus"),
	F(security_groups, K_TEXT, F_LIST, "VpcSecurityGroups/*/VpcSecurityGroupId"),
	F(parameter_group, K_ID, 0, "DBClusterParameterGroup"),
	F(backup_window, K_TEXT, 0, "PreferredBackupWindow"),
	F(maintenance_window, K_TEXT, 0, "PreferredMaintenanceWindow"),
	F(retention_days, K_COUNT, 0, "BackupRetentionPeriod"),
	F(port, K_INT, 0, "Port"),
};
#undef F
static const struct rec_type cluster_type = REC_TYPE(struct seen_cluster, "operate_cluster", cluster_fields);

/* Of the two parallel lists of members. */
static void find_writer(struct seen_cluster *c)
{
	struct str ids = c->members, roles = c->member_writer, id, role;

	while (ids.len > 0 && str_split(&ids, ',', &id) && str_split(&roles, ',', &role))
		if (str_eq_c(role, "true"))
			SET(c, struct seen_cluster, writer, id);
}

bool aws_operate_cluster(struct aws_operate *o, struct seen_cluster *ret_cluster, struct err *err)
{
	const struct target *t = o->c.f->target;
	const struct aws_list list = {
		.service = AWS_RDS,
		.operation = "DescribeDBClusters",
		.items = "DescribeDBClustersResult/DBClusters/*",
		.parameters = cluster_parameters,
		.ctx = (void *)(uintptr_t)t->cluster,
	};
	bool found;

	*ret_cluster = (struct seen_cluster){0};
	if (!aws_operate_find(o, &list, &cluster_type, ret_cluster, &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "there is no cluster %s in this region any more", t->cluster);
	find_writer(ret_cluster);
	return true;
}

void aws_operate_need_status(struct aws_operate *o, const struct seen_cluster *c, const char *status)
{
	if (!str_eq_c(c->status, status))
		change_refuse(&o->c, "the cluster is " STR_FMT "; it has to be %s", STR_ARG(c->status), status);
}

/* ---- the calls ---- */

static void say_mark(struct buf *b, const struct aws_mark *m)
{
	if (!m->call)
		return;
	buf_addf(b, "%s%s", b->len > 0 ? "\n" : "", m->call);
	for (size_t i = 0; i < m->nparams; i++)
		buf_addf(b, " %s=" STR_FMT, m->params[i].name, STR_ARG(m->params[i].value));
}

/* All of them, one a line, in the order in which they are sent. */
static void fill_statement(struct aws_operate *o)
{
	struct buf b;

	buf_init(&b, sizeof(o->c.statement) - 1);
	say_mark(&b, &o->before);
	if (o->call[0])
		buf_addf(&b, "%s%s", b.len > 0 ? "\n" : "", o->call);
	for (size_t i = 0; i < o->nparams; i++)
		buf_addf(&b, " %s=" STR_FMT, o->params[i].name, STR_ARG(o->params[i].value));
	if (!o->before.call)
		say_mark(&b, &o->after);
	if (b.failed)
		change_refuse(&o->c, "the call would be longer than %zu bytes", sizeof(o->c.statement) - 1);
	(void)snprintf(o->c.statement, sizeof(o->c.statement), "%s", b.failed ? o->call : buf_c(&b));
	buf_release(&b);
}

static bool post(struct aws_operate *o, struct aws_call *call, struct form *form, struct err *err)
{
	struct fetch near = nearer(o->c.f);
	struct aws_answer answer = {0};
	struct aws_client *client;
	bool ok = aws_client_get(&near, &client, err) && form_body(form, &call->body, err) &&
		  aws_call(client, &near, call, &answer, err);

	aws_answer_release(&answer);
	return ok;
}

/* What is asked for, one time only. A look has no call that changes anything. */
static bool send_call(struct aws_operate *o, bool dry_run, struct err *err)
{
	struct aws_call call = {.once = true};
	struct form form;
	bool ok;

	CHECK(dry_run || o->changes);
	call.service = service_of(o->call, &call.operation);
	form_begin(&form, call.operation, aws_services[call.service].version);
	for (size_t i = 0; i < o->nparams; i++)
		form_add(&form, o->params[i].name, o->params[i].value);
	if (dry_run)
		form_add_bool(&form, "DryRun", true);
	ok = post(o, &call, &form, err);
	form_release(&form);
	return ok;
}

bool aws_operate_mark(struct aws_operate *o, const struct aws_mark *m, struct err *err)
{
	struct aws_call call = {0};
	struct form form;
	bool ok;

	if (!m->call)
		return true;
	CHECK(o->changes);
	call.service = service_of(m->call, &call.operation);
	form_begin(&form, call.operation, aws_services[call.service].version);
	for (size_t i = 0; i < m->nparams; i++)
		form_add(&form, m->params[i].name, m->params[i].value);
	ok = post(o, &call, &form, err);
	form_release(&form);
	return ok;
}

/* What EC2 would say. A refusal by AWS is one of the preview; another trouble ends the look. */
static bool try_dry(struct aws_operate *o, struct err *err)
{
	if (o->c.refused || !o->how->dry_run)
		return true;
	if (send_call(o, true, err) || strcmp(err->id, DRY_RUN_PASSED) == 0) {
		err_clear(err);
		change_add(&o->c, "check", "", OPERATION_OK, "AWS would allow it: tried with DryRun");
		return true;
	}
	if (!err->id[0])
		return false;
	change_refuse(&o->c, "AWS would refuse it: %s", err->text);
	err_clear(err);
	return true;
}

static bool look(struct aws_operate *o, struct err *err)
{
	o->nparams = 0;
	o->before = o->after = (struct aws_mark){0};
	change_add(&o->c, "fact", "means", OPERATION_OK, "%s", o->c.op->effect);
	if (!o->how->look(o, err))
		return false;
	fill_statement(o);
	if (!o->c.refused)
		aws_operate_add_estimate(o);
	if (!try_dry(o, err))
		return false;
	change_add_end(&o->c);
	return true;
}

static bool open_operate(struct aws_operate *o, struct fetch *f, bool changes, struct err *err)
{
	struct fetch near = nearer(f);
	struct aws_client *client;

	*o = (struct aws_operate){0};
	if (!change_begin(&o->c, f, changes, err))
		return false;
	o->changes = changes;
	o->how = aws_operation_find(o->c.op->name);
	o->call = o->c.op->statement;
	CHECK(o->how);
	o->value = fetch_arg(f, "value");
	o->id = o->c.op->target == OPERATION_INSTANCE ? o->value : fetch_arg(f, "id");
	o->admits = fetch_arg_i64(f, "admits", 0);
	o->given_us = fetch_arg_i64(f, "given", clock_wall_us());
	if (!aws_client_get(&near, &client, err))
		return false;
	(void)snprintf(o->c.node, sizeof(o->c.node), "%s", aws_client_region(client));
	if (o->c.op->target == OPERATION_INSTANCE)
		(void)snprintf(o->c.instance, sizeof(o->c.instance), STR_FMT, STR_ARG(o->id));
	o->c.out = snapshot_new(&operation_type, f->source->name);
	return true;
}

static bool fetch_preview(struct fetch *f, struct err *err)
{
	struct aws_operate o;

	if (!open_operate(&o, f, false, err))
		return false;
	fetch_doing(f, "looking at what %s would meet", o.c.op->title);
	if (!look(&o, err)) {
		snapshot_unref(o.c.out);
		return false;
	}
	fetch_publish(f, o.c.out);
	return true;
}

/* ---- running ---- */

/* Waits for the new state. False: err says what stopped the watching. */
static bool watch(struct aws_operate *o, struct err *err)
{
	int64_t pause = POLL_FIRST_US;
	int failures = 0;
	bool there = false;

	for (;;) {
		if (!change_rest(o->c.f, pause, err))
			return false;
		if (o->how->arrived(o, &there, err)) {
			failures = 0;
			if (there)
				return true;
		} else if (fetch_cancelled(o->c.f) || ++failures == POLL_FAILURES_MAX) {
			return false;
		}
		err_clear(err);
		change_show(&o->c);
		pause = clock_mono_us() - o->agreed_mono_us > POLL_SOON_US ? POLL_LATER_US : POLL_US;
	}
}

/* No answer came; whether AWS did it is seen, or not. */
static bool look_up(struct aws_operate *o, const char *id, int64_t began, const struct err *why)
{
	struct err err = {0};
	bool there = false;

	change_add(&o->c, "notice", "", OPERATION_WARNING, "no answer came (%s); looking whether AWS did it",
		   why->text);
	change_show(&o->c);
	for (int i = 0; i < LOOK_AFTER_LOSS && !there && change_rest(o->c.f, POLL_US, &err); i++)
		if (!o->how->arrived(o, &there, &err))
			there = false;
	if (there)
		change_conclude(&o->c, id, began, OPERATION_WARNING, "done, although the answer did not come: %s",
				why->text);
	else
		change_conclude(&o->c, id, began, OPERATION_CRITICAL,
				"unknown: the answer did not come, and nothing of it is seen so far: %s", why->text);
	return there;
}

static bool may_have_been_done(const struct err *err)
{
	return !err->id[0] && (err->code == ERR_TIMEOUT || err->code == ERR_LOST || err->code == ERR_PROTOCOL ||
			       err->code == ERR_SERVER || err->code == ERR_CANCELLED);
}

enum asked { ASKED_DONE, ASKED_REFUSED, ASKED_UNKNOWN };

/* Asks, and waits until it is there. Only what AWS itself refused has certainly changed nothing. */
static enum asked ask(struct aws_operate *o, const char *id, const char *done)
{
	int64_t began = clock_mono_us();
	struct err err = {0}, kept;
	bool ok = !o->call[0] || send_call(o, false, &err);

	o->agreed_mono_us = clock_mono_us();
	if (!ok && may_have_been_done(&err))
		return look_up(o, id, began, &err) ? ASKED_DONE : ASKED_UNKNOWN;
	if (!ok && o->before.call) {
		bool removed = aws_operate_mark(o, &o->after, &kept);

		change_conclude(&o->c, id, began, OPERATION_CRITICAL, "failed: %s; the tag %s%s", err.text,
				removed ? "is removed again" : "stays: ", removed ? "" : kept.text);
		return ASKED_REFUSED;
	}
	if (!ok) {
		change_conclude(&o->c, id, began, OPERATION_CRITICAL, "failed: %s", err.text);
		return ASKED_REFUSED;
	}
	change_phase(&o->c, STR("AWS has agreed"), (double)NAN);
	change_show(&o->c);
	ok = watch(o, &err);
	if (ok)
		change_conclude(&o->c, id, began, OPERATION_OK, "%s", done);
	else if (err.code == ERR_CANCELLED || fetch_cancelled(o->c.f))
		change_conclude(&o->c, id, began, OPERATION_NOTICE,
				"agreed, and no longer watched: AWS goes on with it");
	else
		change_conclude(&o->c, id, began, OPERATION_WARNING, "agreed; what came of it is not known: %s",
				err.text);
	return ok ? ASKED_DONE : ASKED_UNKNOWN;
}

/* ---- leases ---- */

/* What is needed, and then the mark: as long as the change is there, others shall see it. */
static bool send_back(struct aws_operate *o, struct err *err)
{
	if (o->call[0] && !send_call(o, false, err))
		return false;
	if (aws_operate_mark(o, &o->after, err))
		return true;
	/* whoever may not remove it may not the next time either */
	if (err->code != ERR_DENIED) {
		err_prefix(err, "all is as it was but for the tag");
		return false;
	}
	change_add(&o->c, "notice", "", OPERATION_NOTICE, "the tag was not removed: %s", err->text);
	err_clear(err);
	return true;
}

static void intend_back(struct aws_operate *o, bool needed, char *id, size_t size)
{
	struct err unwritten;

	o->c.statement[0] = '\0';
	if (needed)
		fill_statement(o);
	/* without its line in the audit log it is taken back all the same: that is the safer state */
	if (!change_intend(&o->c, id, size, &unwritten))
		change_add(&o->c, "notice", "", OPERATION_WARNING, "not in the audit log: %s", unwritten.text);
}

/*
 * Takes back what the lease says, whatever the job was told meanwhile; true when nothing of it is left. As often as the
 * time allows, each time after another look: AWS may be asked too often just then, and what it did not answer it may
 * have done.
 */
static bool take_back(void *ctx)
{
	struct aws_operate *o = ctx;
	int64_t began = clock_mono_us(), pause = TAKE_BACK_FIRST_US / 2;
	struct err err = {0}, rest;
	bool looked, needed = false, sent = false, ok;
	char id[64] = "";

	o->before = (struct aws_mark){0};
	do {
		err = (struct err){0};
		pause = pause < TAKE_BACK_MOST_US / 2 ? 2 * pause : TAKE_BACK_MOST_US;
		ok = looked = o->how->restore(o, &needed, &err);
		if (looked && !id[0])
			intend_back(o, needed, id, sizeof(id));
		if (looked && needed) {
			sent = true;
			ok = send_back(o, &err);
		}
	} while (!ok && change_rest(o->c.f, pause, &rest));
	if (!id[0])
		intend_back(o, false, id, sizeof(id));
	if (!ok)
		change_conclude(&o->c, id, began, OPERATION_CRITICAL,
				"failed: not taken back, the next start offers it: %s", err.text);
	else if (!sent)
		change_conclude(&o->c, id, began, OPERATION_NOTICE, "left as it is: " STR_FMT,
				STR_ARG(change_row(&o->c, "kept")));
	else
		change_conclude(&o->c, id, began, OPERATION_OK, "done: taken back");
	return ok;
}

/* The lease is the only one, and its mark is there. False: nothing was changed, the outcome says why. */
static bool mark_lease(struct aws_operate *o, const char *id)
{
	int64_t began = clock_mono_us();
	struct err err = {0};

	if (o->how->is_free && !o->how->is_free(o, &err)) {
		change_conclude(&o->c, id, began, OPERATION_WARNING, "not done: %s", err.text);
		return false;
	}
	if (aws_operate_mark(o, &o->before, &err))
		return true;
	if (err.code == ERR_DENIED) {
		change_add(&o->c, "notice", "", OPERATION_NOTICE,
			   "the tag was not set, consoles of other hosts do not see the lease: %s", err.text);
		o->before = (struct aws_mark){0};
		return true;
	}
	change_conclude(&o->c, id, began, OPERATION_CRITICAL,
			"failed: the tag that keeps others from changing it, too, could not be set: %s", err.text);
	/* without an answer it may be there */
	(void)!aws_operate_mark(o, &o->after, &err);
	return false;
}

static void run(struct aws_operate *o, const char *id)
{
	struct lease_hold *held = NULL;
	char words[100];

	fetch_doing(o->c.f, "%s %s", o->c.op->title, o->c.object);
	if (!o->how->restore) {
		(void)ask(o, id, "done");
		return;
	}
	(void)snprintf(o->lease.target, sizeof(o->lease.target), "%s", o->c.f->target->cluster);
	if (!change_lease_take(&o->c, &o->lease, o->lease_us, id, &held))
		return;
	if (!mark_lease(o, id)) {
		lease_end(held);
		return;
	}
	switch (ask(o, id, change_lease_words(&o->lease, words, sizeof(words)))) {
	case ASKED_REFUSED:
		lease_end(held);
		return;
	case ASKED_DONE:
		change_lease_keep(&o->c, &o->lease, o->lease_us);
		break;
	case ASKED_UNKNOWN:
		break;
	}
	change_lease_end(&o->c, held, "restore", take_back, o);
}

static bool fetch_change(struct fetch *f, struct err *err)
{
	struct aws_operate o;
	char id[64];

	if (!open_operate(&o, f, true, err))
		return false;
	if (!look(&o, err) || !change_is_confirmed(&o.c, err) || !change_intend(&o.c, id, sizeof(id), err)) {
		snapshot_unref(o.c.out);
		return false;
	}
	run(&o, id);
	fetch_publish(f, o.c.out);
	return true;
}

static enum readiness ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	(void)inputs;
	return target_has_cluster(t, why) ? READY : READY_UNAVAILABLE;
}

const struct source command_aws_preview = {
	.name = "aws_preview",
	.title = "preview",
	.help = "What AWS would be asked to do, and what it would meet; nothing is changed.",
	.type = &operation_type,
	.lane = LANE_COMMAND,
	.flags = SOURCE_AWS,
	.deadline_us = 60 * US_PER_S,
	.inputs = "clusters instances",
	.origin = "RDS and EC2 describe calls",
	.ready = ready,
	.fetch = fetch_preview,
};

const struct source command_aws_change = {
	.name = "aws_change",
	.title = "change",
	.help = "Asks AWS for a change and waits until it is there.",
	.type = &operation_type,
	.lane = LANE_COMMAND,
	.flags = SOURCE_AWS | SOURCE_CHANGES,
	.deadline_us = JOB_DEADLINE_US,
	.inputs = "clusters instances",
	.origin = "RDS and EC2",
	.ready = ready,
	.fetch = fetch_change,
};
