/*
 * operate_aws.c: what the operations of AWS act on, and the value that some of them want.
 *
 * A snapshot, a group and a rule are the selected row of their pane; cluster and instance
 * follow from what is known of the open cluster. A value is proposed, never assumed: Enter shows
 * what it would do, and only the preview's own answer runs it.
 */
#include "base/clock.h"
#include "model/net_addr.h"
#include "ui/operate_impl.h"

#include <stdio.h>

#define ALLOW_MINUTES 60
/* A gap between samples that is longer than this is an outage; shorter ones are the sampler's own rhythm. */
#define OUTAGE_MIN_US (3 * US_PER_S)

/* ---- what it acts on ---- */

static long cluster_row(const struct ui *ui, const struct snapshot **ret_clusters)
{
	struct str open = str_c(runtime_target(ui->rt)->cluster);

	*ret_clusters = store_good(ui->store, "clusters");
	for (size_t i = 0; *ret_clusters && i < (*ret_clusters)->nrows; i++)
		if (open.len > 0 && str_eq(data_str(*ret_clusters, i, "identifier"), open))
			return (long)i;
	return -1;
}

static bool take_field(struct operate_view *v, const struct snapshot *s, long row, const char *source,
		       const char *field)
{
	struct str id;

	if (!s || row < 0 || !str_eq_c(str_c(s->source), source))
		return false;
	id = data_str(s, (size_t)row, field);
	(void)snprintf(v->id, sizeof v->id, STR_FMT, STR_ARG(id));
	(void)snprintf(v->object, sizeof v->object, STR_FMT, STR_ARG(id));
	return id.len > 0 && id.len < sizeof v->id;
}

/* Is a client's address inside a network like 10.0.0.0/16? Names of hosts and "local" never are. */
static bool in_network(struct str network, struct str client)
{
	struct net_prefix p;
	struct net_addr a;

	return net_prefix_parse(network, &p) && net_addr_parse(client, &a) && net_prefix_has(&p, &a);
}

/* Sessions whose client the rule lets in; of a prefix list or a group it cannot be told. */
static int64_t count_admitted(const struct ui *ui, const struct snapshot *rules, size_t row)
{
	const struct snapshot *sessions = store_good(ui->store, "node_sessions");
	struct str v4 = data_str(rules, row, "cidr_ipv4"), v6 = data_str(rules, row, "cidr_ipv6");
	int64_t n = 0;

	for (size_t i = 0; sessions && i < sessions->nrows; i++) {
		struct str client = data_str(sessions, i, "client");

		n += in_network(v4.len > 0 ? v4 : v6, client);
	}
	return n;
}

/* The group of the selected row, or the only one there is. */
static bool take_group(struct ui *ui, struct operate_view *v, const struct snapshot *s, long row)
{
	const struct snapshot *groups = store_good(ui->store, "security_groups"), *clusters;

	if (take_field(v, s, row, "security_group_rules", "group_id") ||
	    take_field(v, s, row, "security_groups", "group_id"))
		return true;
	if (groups && groups->nrows == 1 && take_field(v, groups, 0, "security_groups", "group_id"))
		return true;
	row = cluster_row(ui, &clusters);
	return row >= 0 && str_find(data_str(clusters, (size_t)row, "security_groups"), STR(","), 0) < 0 &&
	       take_field(v, clusters, row, "clusters", "security_groups");
}

bool operate_take_aws(struct ui *ui, struct operate_view *v, const struct snapshot *s, long row, const char **ret_view)
{
	const struct snapshot *clusters;

	*ret_view = NULL;
	(void)snprintf(v->object, sizeof v->object, "%s", runtime_target(ui->rt)->cluster);
	switch (v->op->target) {
	case OPERATION_SNAPSHOT:
		*ret_view = "backups";
		return take_field(v, s, row, "snapshots", "identifier");
	case OPERATION_RULE:
		*ret_view = "network";
		if (!take_field(v, s, row, "security_group_rules", "rule_id"))
			return false;
		v->admits = count_admitted(ui, s, (size_t)row);
		return true;
	case OPERATION_GROUP:
		*ret_view = "network";
		return take_group(ui, v, s, row);
	case OPERATION_CLUSTER:
	case OPERATION_INSTANCE:
		if (cluster_row(ui, &clusters) >= 0)
			return true;
		ui_toast(ui, SEV_NOTICE, "%s: no cluster is open, or AWS has not told of it yet", v->op->title);
		return false;
	case OPERATION_SESSION:
	case OPERATION_TABLE:
	case OPERATION_SERVER:
	case OPERATION_PREPARED:
		break;
	}
	return false;
}

/* ---- the value ---- */

static bool any_public(const struct snapshot *instances)
{
	for (size_t i = 0; i < instances->nrows; i++)
		if (data_i64(instances, i, "publicly_accessible", 0))
			return true;
	return false;
}

/* The address at which the server sees us, where letting it in can help. */
static void propose_address(const struct ui *ui, struct operate_view *v, char *out, size_t size)
{
	const struct snapshot *us = store_good(ui->store, "activity"), *instances = store_good(ui->store, "instances");
	struct str seen = data_str(us, 0, "client_address");
	struct net_addr a;

	if (!us || us->nrows == 0)
		(void)snprintf(v->why, sizeof v->why,
			       "Nothing is proposed: the console is not connected to the database, so the address that "
			       "it would see is not known.");
	else if (data_i64(us, 0, "via_pooler", 0))
		(void)snprintf(v->why, sizeof v->why,
			       "Nothing is proposed: through a pooler the server sees the pooler's address.");
	else if (!net_addr_parse(seen, &a))
		(void)snprintf(v->why, sizeof v->why,
			       "Nothing is proposed: the console is connected by a Unix socket, without an address.");
	else if (net_addr_scope(&a) == NET_PUBLIC && instances && !any_public(instances))
		(void)snprintf(v->why, sizeof v->why,
			       "Nothing is proposed: the server sees the console at " STR_FMT
			       ", a public address, and no instance of the cluster is publicly accessible.",
			       STR_ARG(seen));
	if (v->why[0])
		return;
	(void)snprintf(v->why, sizeof v->why, "Proposed is the address at which the server sees the console.");
	(void)snprintf(out, size, STR_FMT " for %d", STR_ARG(seen), ALLOW_MINUTES);
}

static void propose(const struct ui *ui, struct operate_view *v, char *out, size_t size)
{
	const struct snapshot *clusters;
	long row = cluster_row(ui, &clusters);
	struct str text = STR(""), first;
	struct civil t;

	out[0] = '\0';
	if (row < 0)
		return;
	if (strcmp(v->op->name, "create snapshot") == 0) {
		clock_civil(ui->now_us, &t);
		(void)snprintf(out, size, "%.60s-%04d-%02d-%02d-%02d%02d", runtime_target(ui->rt)->cluster, t.year,
			       t.month, t.day, t.hour, t.minute);
		return;
	}
	if (strcmp(v->op->name, "allow address") == 0)
		propose_address(ui, v, out, size);
	else if (strcmp(v->op->name, "failover") == 0)
		text = data_str(clusters, (size_t)row, "readers");
	else if (strcmp(v->op->name, "backup window") == 0)
		text = data_str(clusters, (size_t)row, "backup_window");
	else if (strcmp(v->op->name, "maintenance window") == 0)
		text = data_str(clusters, (size_t)row, "maintenance_window");
	else if (strcmp(v->op->name, "backup retention") == 0)
		(void)snprintf(out, size, "%lld",
			       (long long)data_i64(clusters, (size_t)row, "backup_retention_days", 7));
	if (text.len > 0 && str_split(&text, ',', &first))
		(void)snprintf(out, size, STR_FMT, STR_ARG(first));
}

void operate_ask_value(struct ui *ui, struct operate_view *v)
{
	v->asking = true;
	v->tier = (int)v->op->tier;
	propose(ui, v, v->field.text, sizeof v->value);
	v->field.len = v->field.cursor = strlen(v->field.text);
	ui->overlay = OVERLAY_OPERATE;
	ui->overlay_scroll = 0;
}

void operate_suggest(struct ui *ui, struct str value)
{
	struct operate_view *v = &operate_state(ui)->view;

	if (!v->asking)
		return;
	v->field = (struct prompt){0};
	(void)snprintf(v->why, sizeof v->why, "What was typed is longer than any such value.");
	if (value.len >= sizeof v->value)
		return;
	(void)snprintf(v->field.text, sizeof v->field.text, STR_FMT, STR_ARG(value));
	v->field.len = v->field.cursor = value.len;
	v->why[0] = '\0';
}

void operate_name_object(struct operate_view *v)
{
	char before[300];

	if (strcmp(v->op->name, "create snapshot") == 0) {
		/* its tags follow */
		(void)snprintf(v->object, sizeof v->object, "%.*s", (int)strcspn(v->value, " "), v->value);
		return;
	}
	if (v->op->target == OPERATION_INSTANCE || v->op->target == OPERATION_SERVER) {
		(void)snprintf(v->object, sizeof v->object, "%s", v->value);
		return;
	}
	memcpy(before, v->object, sizeof before);
	(void)snprintf(v->object, sizeof v->object, "%.30s: %.260s", before, v->value);
}

int operate_value_key(struct operate_view *v, uint32_t key, bool *ret_given)
{
	*ret_given = false;
	if (key != K_ENTER)
		return prompt_edit(&v->field, key) ? EFFECT_PAINT : EFFECT_NONE;
	if (v->field.len == 0 || v->field.len >= sizeof v->value)
		return EFFECT_NONE;
	memcpy(v->value, v->field.text, v->field.len + 1);
	v->given_us = clock_wall_us();
	operate_name_object(v);
	v->field = (struct prompt){0};
	v->asking = false;
	*ret_given = true;
	return EFFECT_PAINT;
}

/* ---- the outage ---- */

void operate_watch_outage(const struct ui *ui, struct job *j)
{
	const struct snapshot *s = store_good(ui->store, "sessions");
	const struct target *t = runtime_target(ui->rt);
	int64_t least = 3 * t->interval_us > OUTAGE_MIN_US ? 3 * t->interval_us : OUTAGE_MIN_US, open;

	/* of another cluster nothing is to be learnt, nor where there was no database to begin with */
	if (!s || j->generation != t->generation || j->outage_over)
		return;
	/* what is not asked for is not missing */
	if (runtime_paused(ui->rt) || j->sampled_us == 0)
		j->sampled_us = runtime_paused(ui->rt) ? ui->now_us : j->began_us;
	if (s->at_us > j->sampled_us) {
		if (s->at_us - j->sampled_us > j->gap_us)
			j->gap_us = s->at_us - j->sampled_us;
		j->sampled_us = s->at_us;
	}
	/* AWS says available before the database answers: it is over with the first sample after the end */
	j->outage_over = j->ended_us > 0 && j->sampled_us >= j->ended_us;
	open = j->outage_over || runtime_paused(ui->rt) ? 0 : ui->now_us - j->sampled_us;
	j->outage_us = open > j->gap_us ? open : j->gap_us;
	if (j->outage_us < least)
		j->outage_us = 0;
}
