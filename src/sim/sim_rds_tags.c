/*
 * sim_rds_tags.c: RDS AddTagsToResource, RemoveTagsFromResource and ListTagsForResource, and the TagList of other
 * answers.
 *
 * At the start clusters, instances and snapshots carry two tags and parameter groups none. The first change of a
 * resource's tags copies these into the list of changes, which from then on says all of them.
 */
#include "sim/sim_rds.h"

#include "base/ascii.h"

#define KEY_CHARS_MAX 128
#define VALUE_CHARS_MAX 256

static const char *team_of(const struct sim_cluster *c)
{
	return c->team ? c->team : "platform";
}

/* ---- what an ARN names */

static bool no_such_resource(struct sim_request *r)
{
	return sim_fail(r, 400, "InvalidParameterValue",
			"The specified resource name does not match an RDS resource in this region.");
}

static bool find_cluster(struct sim_request *r, struct str name, struct sim_rds_resource *ret)
{
	const struct sim_cluster *c = sim_cluster_find(r->sim, name);

	if (!c)
		return sim_fail(r, 404, "DBClusterNotFoundFault", "DBCluster " STR_FMT " not found.", STR_ARG(name));
	*ret = (struct sim_rds_resource){"cluster", c->id, c};
	return true;
}

static bool find_instance(struct sim_request *r, struct str name, struct sim_rds_resource *ret)
{
	int member;
	const struct sim_cluster *c = sim_instance_find(r->sim, name, &member);

	if (!c)
		return sim_fail(r, 404, "DBInstanceNotFound", "DBInstance " STR_FMT " not found.", STR_ARG(name));
	*ret = (struct sim_rds_resource){"db", c->members[member].id, c};
	return true;
}

static bool find_snapshot(struct sim_request *r, struct str name, struct sim_rds_resource *ret)
{
	struct sim_snapshot s;

	if (!sim_rds_snapshot_find(r, name, &s))
		return sim_fail(r, 404, "DBClusterSnapshotNotFoundFault", "DBClusterSnapshot not found: " STR_FMT,
				STR_ARG(name));
	*ret = (struct sim_rds_resource){"cluster-snapshot", s.id, s.cluster};
	return true;
}

static bool find_group(struct sim_request *r, struct str name, struct sim_rds_resource *ret)
{
	struct sim_rds_group g;

	if (!sim_rds_group_find(r, name, &g))
		return sim_fail(r, 404, "DBParameterGroupNotFound", "DBClusterParameterGroup not found: " STR_FMT,
				STR_ARG(name));
	*ret = (struct sim_rds_resource){"cluster-pg", g.name, NULL};
	return true;
}

bool sim_rds_resource(struct sim_request *r, const char *param, struct sim_rds_resource *ret_resource)
{
	struct str arn = sim_param(r, param), kind;
	struct str head =
		arena_fmt(r->arena, "arn:%s:rds:%s:" SIM_ACCOUNT ":", sim_partition(r->sim), r->sim->o.region);

	*ret_resource = (struct sim_rds_resource){NULL, NULL, NULL};
	if (!str_starts(arn, head))
		return no_such_resource(r);
	arn = str_sub(arn, head.len, arn.len);
	if (!str_split(&arn, ':', &kind) || arn.len == 0)
		return no_such_resource(r);
	if (str_eq_c(kind, "cluster"))
		return find_cluster(r, arn, ret_resource);
	if (str_eq_c(kind, "db"))
		return find_instance(r, arn, ret_resource);
	if (str_eq_c(kind, "cluster-snapshot"))
		return find_snapshot(r, arn, ret_resource);
	if (str_eq_c(kind, "cluster-pg"))
		return find_group(r, arn, ret_resource);
	return no_such_resource(r);
}

/* ---- reading and writing */

static void tag_xml(struct buf *b, const char *key, const char *value)
{
	sim_xml_open(b, "Tag");
	sim_xml_str(b, "Key", key);
	sim_xml_str(b, "Value", value);
	sim_xml_close(b, "Tag");
}

void sim_rds_tags(struct sim_request *r, struct buf *b, const struct sim_rds_resource *resource)
{
	const struct sim_tagged *t = sim_tagged_find(r->sim->changes, resource->kind, resource->name);

	sim_xml_open(b, "TagList");
	for (size_t i = 0; t && i < t->n; i++)
		tag_xml(b, t->tags[i].key, t->tags[i].value);
	if (!t && resource->cluster) {
		tag_xml(b, "Environment", "production");
		tag_xml(b, "Team", team_of(resource->cluster));
	}
	sim_xml_close(b, "TagList");
}

/* Letters of other scripts are allowed; of ASCII letters, digits, blank and _.:/=+-@ */
static bool is_tag_text(struct str text, size_t max)
{
	size_t characters = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		characters += (c & 0xc0) != 0x80;
		if (c < 0x80 && !ascii_is_letter(c) && !ascii_is_digit(c) && (c == '\0' || !strchr(" _.:/=+-@", c)))
			return false;
	}
	return characters <= max;
}

static bool read_tag(struct sim_request *r, size_t n, struct str *ret_key, struct str *ret_value)
{
	char name[64];

	snprintf(name, sizeof(name), "Tags.Tag.%zu.Key", n);
	*ret_key = sim_param(r, name);
	snprintf(name, sizeof(name), "Tags.Tag.%zu.Value", n);
	*ret_value = sim_param(r, name);
	return ret_key->ptr || ret_value->ptr;
}

bool sim_rds_tags_check(struct sim_request *r)
{
	struct str key, value;

	for (size_t i = 1; read_tag(r, i, &key, &value); i++) {
		if (i > SIM_TAGS_MAX)
			return sim_fail(r, 400, "InvalidParameterValue", "A resource has at most %d tags.",
					SIM_TAGS_MAX);
		if (key.len == 0 || !is_tag_text(key, KEY_CHARS_MAX) || str_starts(key, STR("aws:")) ||
		    str_starts(key, STR("rds:")))
			return sim_fail(r, 400, "InvalidParameterValue", "Invalid tag key: " STR_FMT, STR_ARG(key));
		if (!is_tag_text(value, VALUE_CHARS_MAX))
			return sim_fail(r, 400, "InvalidParameterValue", "Invalid tag value: " STR_FMT, STR_ARG(value));
	}
	return true;
}

/* The resource's row in the list of changes, with the tags it has; NULL: r has the error. */
static struct sim_tagged *open_tags(struct sim_request *r, const struct sim_rds_resource *resource)
{
	bool fresh = !sim_tagged_find(r->sim->changes, resource->kind, resource->name);
	struct sim_tagged *t = sim_tagged_make(r->sim->changes, resource->kind, resource->name);

	if (!t) {
		sim_fail(r, 500, "InternalFailure", "The simulator remembers the tags of %d resources.",
			 SIM_TAGGED_MAX);
		return NULL;
	}
	if (fresh && resource->cluster) {
		(void)!sim_tag_set(t, STR("Environment"), STR("production"));
		(void)!sim_tag_set(t, STR("Team"), str_c(team_of(resource->cluster)));
	}
	return t;
}

bool sim_rds_tags_add(struct sim_request *r, const struct sim_rds_resource *resource)
{
	struct sim_tagged *t = open_tags(r, resource);
	struct str key, value;
	size_t n = t ? t->n : 0;

	for (size_t i = 1; t && read_tag(r, i, &key, &value); i++)
		n += !sim_tag_has(t, key);
	if (n > SIM_TAGS_MAX)
		return sim_fail(r, 400, "InvalidParameterValue", "A resource has at most %d tags.", SIM_TAGS_MAX);
	for (size_t i = 1; t && read_tag(r, i, &key, &value); i++)
		(void)!sim_tag_set(t, key, value);
	return t != NULL;
}

bool sim_rds_add_tags(struct sim_request *r, struct buf *out)
{
	struct sim_rds_resource resource;

	(void)out;
	return sim_rds_tags_check(r) && sim_rds_resource(r, "ResourceName", &resource) &&
	       sim_rds_tags_add(r, &resource);
}

bool sim_rds_remove_tags(struct sim_request *r, struct buf *out)
{
	struct sim_rds_resource resource;
	struct str keys[SIM_TAGS_MAX];
	size_t n = sim_param_list(r, "TagKeys.member", keys, SIM_TAGS_MAX);
	struct sim_tagged *t;

	(void)out;
	if (!sim_rds_resource(r, "ResourceName", &resource) || !(t = open_tags(r, &resource)))
		return false;
	for (size_t i = 0; i < n; i++)
		sim_tag_remove(t, keys[i]);
	return true;
}

bool sim_rds_list_tags(struct sim_request *r, struct buf *out)
{
	struct sim_rds_resource resource;

	if (!sim_rds_resource(r, "ResourceName", &resource))
		return false;
	sim_rds_tags(r, out, &resource);
	return true;
}
