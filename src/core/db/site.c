/*
 * site.c: from the target and what AWS told to a host and port.
 *
 * The instance endpoint of the writer is preferred to the cluster endpoint: the name of
 * the cluster follows a failover only as fast as DNS does, and a tool that shows one
 * instance must know which one it is. A snapshot of another shape than expected counts
 * as one that does not say: nothing here trusts that a field exists.
 */
#include "db/site.h"

static bool field_value(const struct snapshot *s, const void *row, const char *name, enum storage storage,
			union value *ret_value)
{
	int i = rec_find(s->type, str_c(name));

	return i >= 0 && kind_ops[s->type->fields[i].kind].storage == storage &&
	       rec_get(&s->type->fields[i], row, ret_value);
}

/* "" when absent; borrowed from the snapshot. */
static struct str text_of(const struct snapshot *s, const void *row, const char *name)
{
	union value v;

	return field_value(s, row, name, CT_STR, &v) ? v.str : STR("");
}

static const void *find_row(const struct snapshot *s, const char *field, struct str value)
{
	for (size_t i = 0; i < s->nrows; i++)
		if (str_eq(text_of(s, snapshot_row(s, i), field), value))
			return snapshot_row(s, i);
	return NULL;
}

static bool copy_text(char *out, size_t size, struct str text)
{
	if (text.len == 0 || text.len >= size || memchr(text.ptr, '\0', text.len))
		return false;
	memcpy(out, text.ptr, text.len);
	out[text.len] = '\0';
	return true;
}

static bool take_endpoint(const struct snapshot *s, const void *row, struct site *ret_site)
{
	union value v;

	if (!copy_text(ret_site->host, sizeof(ret_site->host), text_of(s, row, "endpoint")))
		return false;
	ret_site->port = field_value(s, row, "port", CT_I64, &v) && v.i64 > 0 && v.i64 < 65536 ? v.i64 : 5432;
	return true;
}

/* The member that the cluster names, or the one that says so itself. */
static const void *find_writer(const struct snapshot *instances, struct str named)
{
	const void *row = named.len > 0 ? find_row(instances, "identifier", named) : NULL;

	return row ? row : find_row(instances, "role", STR("writer"));
}

static bool is_usable(const struct target *t, const struct snapshot *s, const void *row, struct err *why)
{
	struct str status = text_of(s, row, "status"), engine = text_of(s, row, "engine");
	union value v;

	if (engine.len > 0 && str_find(engine, STR("postgres"), 0) < 0)
		return err_set(why, ERR_UNAVAILABLE, "the engine of %s is " STR_FMT ", not PostgreSQL", t->cluster,
			       STR_ARG(engine));
	if (str_eq_c(status, "stopped") || str_eq_c(status, "stopping")) {
		err_set(why, ERR_UNAVAILABLE, "the cluster is " STR_FMT, STR_ARG(status));
		err_remedy(why, "start the cluster");
		return false;
	}
	if (field_value(s, row, "min_acu", CT_F64, &v) && v.f64 <= 0 && !t->wake) {
		err_set(why, ERR_UNAVAILABLE,
			"not connected: the cluster may be paused (minimum capacity 0), and a connection would wake it "
			"and "
			"keep it awake");
		err_remedy(why, "start with --wake to connect all the same");
		return false;
	}
	return true;
}

static bool is_user_known(const struct target *t, struct err *why)
{
	const char *user = getenv("PGUSER"), *service = getenv("PGSERVICE");

	if (t->login.user[0] || (user && user[0]) || (service && service[0]) || login_means(&t->login) == LOGIN_SECRET)
		return true;
	err_set(why, ERR_UNAVAILABLE, "no database user is known");
	err_remedy(why, "set PGUSER, or user in the configuration; a role with pg_monitor is enough");
	return false;
}

/* --db names an RDS Proxy, which shares its sessions: the writer of its cluster instead, as soon as that is known. */
static void pass_proxy(const struct target *t, const struct snapshot *const *inputs, struct site *ret_site)
{
	const void *cluster = inputs[0] && t->cluster[0] ? find_row(inputs[0], "identifier", str_c(t->cluster)) : NULL;
	const void *writer =
		cluster && inputs[1] ? find_writer(inputs[1], text_of(inputs[0], cluster, "writer")) : NULL;

	ret_site->not_proxy = writer && take_endpoint(inputs[1], writer, ret_site);
}

enum readiness site_find(const struct target *t, const struct snapshot *const *inputs, struct site *ret_site,
			 struct err *why)
{
	const struct snapshot *clusters = inputs[0], *instances = inputs[1];
	const void *cluster, *writer;

	*ret_site = (struct site){0};
	if (t->node[0]) {
		(void)snprintf(ret_site->host, sizeof ret_site->host, "%s", t->node_host);
		ret_site->port = t->node_port;
		return READY;
	}
	if (t->conninfo[0]) {
		if (t->db_proxy)
			pass_proxy(t, inputs, ret_site);
		return READY;
	}
	if (!target_has_cluster(t, why))
		return READY_UNAVAILABLE;
	if (!clusters)
		return READY_WAIT;
	cluster = find_row(clusters, "identifier", str_c(t->cluster));
	if (!cluster && clusters->partial)
		return READY_WAIT;
	if (!cluster) {
		err_set(why, ERR_UNAVAILABLE, "there is no cluster %s in this region", t->cluster);
		return READY_UNAVAILABLE;
	}
	if (!is_usable(t, clusters, cluster, why) || !is_user_known(t, why))
		return READY_UNAVAILABLE;
	if (!instances)
		return READY_WAIT;
	copy_text(ret_site->database, sizeof(ret_site->database), text_of(clusters, cluster, "database_name"));
	writer = find_writer(instances, text_of(clusters, cluster, "writer"));
	if (writer && take_endpoint(instances, writer, ret_site))
		return READY;
	if (take_endpoint(clusters, cluster, ret_site))
		return READY;
	err_set(why, ERR_UNAVAILABLE, "the cluster has no endpoint to connect to now");
	return READY_UNAVAILABLE;
}

/* ---- the readers ---- */

/* What `nodes` says of the member called name: NAME=CONNINFO; NAME=CONNINFO. False: nothing. */
static bool find_mapping(const char *nodes, struct str name, char *out, size_t size)
{
	struct str rest = str_c(nodes), entry;

	while (str_split(&rest, ';', &entry)) {
		long equals = str_find(entry, STR("="), 0);

		if (equals < 0 || !str_eq(str_trim(str_sub(entry, 0, (size_t)equals)), name))
			continue;
		return copy_text(out, size, str_trim(str_sub(entry, (size_t)equals + 1, entry.len)));
	}
	return false;
}

static bool serves(struct str status)
{
	return !str_eq_c(status, "creating") && !str_eq_c(status, "deleting") && !str_eq_c(status, "stopped") &&
	       !str_eq_c(status, "stopping") && !str_eq_c(status, "failed");
}

/* A target for the row's reader, or NULL when it is none or cannot be connected to. */
static struct target *reader_target(const struct target *t, const struct snapshot *s, const void *row)
{
	struct site site;
	struct target *node;
	bool mapped;

	if (!str_eq(text_of(s, row, "role"), STR("reader")) || !str_eq_c(text_of(s, row, "cluster"), t->cluster))
		return NULL;
	node = target_new();
	target_copy(node, t);
	mapped = find_mapping(t->nodes, text_of(s, row, "identifier"), node->node_conninfo, sizeof node->node_conninfo);
	if (!serves(text_of(s, row, "status")) || !take_endpoint(s, row, &site) || (t->conninfo[0] && !mapped) ||
	    !copy_text(node->node, sizeof node->node, text_of(s, row, "identifier"))) {
		target_unref(node);
		return NULL;
	}
	(void)snprintf(node->node_host, sizeof node->node_host, "%s", site.host);
	node->node_port = site.port;
	node->aws = false;
	return node;
}

size_t site_nodes(const struct target *t, const struct snapshot *const *inputs, struct target **ret_targets, size_t max)
{
	const struct snapshot *clusters = inputs[0], *instances = inputs[1];
	struct err why = {0};
	const void *cluster;
	size_t n = 0;

	if (!clusters || !instances || !t->cluster[0] || t->node[0])
		return 0;
	cluster = find_row(clusters, "identifier", str_c(t->cluster));
	if (!cluster || !is_usable(t, clusters, cluster, &why) || (!t->conninfo[0] && !is_user_known(t, &why)))
		return 0;
	for (size_t i = 0; i < instances->nrows && n < max; i++) {
		struct target *node = reader_target(t, instances, snapshot_row(instances, i));

		if (!node)
			continue;
		if (!node->dbname[0] && !t->conninfo[0])
			copy_text(node->dbname, sizeof node->dbname, text_of(clusters, cluster, "database_name"));
		ret_targets[n++] = node;
	}
	return n;
}

enum readiness site_ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	struct site site;

	return site_find(t, inputs, &site, why);
}
