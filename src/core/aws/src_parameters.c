/*
 * src_parameters.c: the parameters of the cluster's parameter group that rules and people ask for, by RDS
 * DescribeDBClusterParameters.
 *
 * A group has some hundred parameters in several pages, of which a few matter here, so they are asked for by name. An
 * endpoint that does not take the filter refuses it; then the pages are read until all names were seen, and the filter
 * is not tried again on this target.
 *
 * Not here: parameters of instance groups, and what is in effect in the server: a change may wait for a reboot.
 */
#include "aws/client.h"
#include "aws/input.h"
#include "aws/sources.h"
#include "base/xalloc.h"

struct parameter {
	uint64_t present;
	struct str name, value, source, apply_type, apply_method;
	int64_t modifiable;
	struct str data_type, allowed, description, group;
};

#define F(m, k, ...) FIELD(struct parameter, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(name, K_ID, .wire = "ParameterName", .title = "PARAMETER", .width = 28, .flags = F_KEY, .help = "Name of the parameter."),
	F(value, K_TEXT, .wire = "ParameterValue", .title = "VALUE", .width = 20, .help = "Value in the group; absent is the engine's default."),
	F(source, K_ENUM, .wire = "Source", .title = "SOURCE", .width = 14, .help = "user, system or engine-default: who set it."),
	F(apply_type, K_ENUM, .wire = "ApplyType", .title = "APPLY", .width = 7, .help = "dynamic, or static when a change waits for a reboot."),
	F(apply_method, K_ENUM, .wire = "ApplyMethod", .title = "METHOD", .width = 14, .help = "immediate or pending-reboot: how the value was set."),
	F(modifiable, K_BOOL, .wire = "IsModifiable", .title = "MODIFIABLE", .width = 5, .help = "It can be changed."),
	F(data_type, K_ENUM, .wire = "DataType", .title = "TYPE", .width = 8, .help = "Type of the value."),
	F(allowed, K_TEXT, .wire = "AllowedValues", .title = "ALLOWED", .width = 16, .help = "Values it may have."),
	F(description, K_TEXT, .wire = "Description", .title = "DESCRIPTION", .width = 40, .help = "What AWS says it does."),
	F(group, K_ID, .title = "GROUP", .width = 20, .flags = F_COMPUTED, .help = "Cluster parameter group."),
};
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct parameter, "parameters", fields);

#define NAMES                                                                                                       \
	"auto_explain.log_min_duration,autovacuum,autovacuum_freeze_max_age,deadlock_timeout,"                      \
	"idle_in_transaction_session_timeout,lock_timeout,log_autovacuum_min_duration,log_connections,"             \
	"log_disconnections,log_lock_waits,log_min_duration_statement,log_statement,log_temp_files,"                \
	"max_connections,password_encryption,pg_stat_statements.track,pgaudit.log,rds.force_ssl,"                   \
	"rds.log_retention_period,rds.logical_replication,rds.restrict_password_commands,shared_preload_libraries," \
	"ssl_min_protocol_version,statement_timeout,track_activity_query_size,track_io_timing"
#define NNAMES 26

struct state {
	bool no_filter; /* the service does not take it */
};

static void state_free(void *p)
{
	xfree(p);
}

struct question {
	struct str group;
	bool filter;
};

static void parameters(struct form *form, void *ctx)
{
	const struct question *q = ctx;

	form_add(form, "DBClusterParameterGroupName", q->group);
	if (q->filter)
		form_add_rds_filter(form, 1, "parameter-name", STR(NAMES));
}

static bool finish(void *row, struct snapshot *out, void *ctx)
{
	const struct question *q = ctx;
	struct parameter *p = row;

	if (!aws_list_has(STR(NAMES), p->name))
		return false;
	SET(p, struct parameter, group, arena_str(out->arena, q->group));
	return true;
}

static bool enough(const struct snapshot *out, void *ctx)
{
	(void)ctx;
	return out->nrows >= NNAMES;
}

static bool list(struct fetch *f, struct question *q, struct snapshot *out, struct err *err)
{
	const struct aws_list l = {
		.service = AWS_RDS,
		.operation = "DescribeDBClusterParameters",
		.items = "DescribeDBClusterParametersResult/Parameters/*",
		.next = "DescribeDBClusterParametersResult/Marker",
		.marker = "Marker",
		.page_size = 100,
		.page_size_name = "MaxRecords",
		.parameters = parameters,
		.finish = finish,
		.enough = enough,
		.ctx = q,
	};

	return aws_list_fetch(f, &l, out, err);
}

static bool is_about_the_filter(const struct err *err)
{
	return strcmp(err->id, "InvalidParameterValue") == 0 || strcmp(err->id, "InvalidParameterCombination") == 0;
}

static bool fetch(struct fetch *f, struct err *err)
{
	void **slot = fetch_state(f, state_free);
	struct state *st = *slot;
	struct snapshot *s = snapshot_new(&type, "parameters");
	struct question q = {.group = aws_input_text(f->inputs[0], 0, "parameter_group")};
	bool ok = true;

	if (!st)
		*slot = st = xalloc(sizeof(*st));
	q.filter = !st->no_filter;
	if (q.group.len > 0)
		ok = list(f, &q, s, err);
	if (!ok && q.filter && is_about_the_filter(err)) {
		st->no_filter = true;
		q.filter = false;
		s->nrows = 0;
		ok = list(f, &q, s, err);
	}
	aws_client_rest(f);
	if (!ok) {
		snapshot_unref(s);
		return false;
	}
	fetch_publish(f, s);
	return true;
}

const struct source source_parameters = {
	.name = "parameters",
	.title = "cluster parameters",
	.help = "Parameters of the cluster's parameter group that checks look at: value, who set it, how it is "
		"applied.",
	.type = &type,
	.lane = LANE_POSTURE,
	.flags = SOURCE_AWS,
	.period_us = 300 * US_PER_S,
	.inputs = "clusters",
	.origin = "RDS DescribeDBClusterParameters",
	.ready = aws_ready_cluster,
	.fetch = fetch,
};
