/*
 * sim_ec2_write.c: EC2 AuthorizeSecurityGroupIngress and RevokeSecurityGroupIngress.
 *
 * A call names permissions (protocol, ports and any number of sources) that become one rule a source. All of them are
 * read and checked against the group first; then, unless it is a dry run, all are added or removed. The answer to a
 * dry run that would have succeeded is an error, which the service layer gives.
 */
#include "sim/sim_network.h"

#include <arpa/inet.h>

#define CALL_RULES_MAX SIM_INGRESS_RULES_MAX
#define TEXT_MAX 255

static const char text_characters[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-:/()#,@[]+=&;{}!$*";

/* Where each kind of source stands in a permission. */
static const struct {
	const char *list, *name;
} places[SIM_SOURCE__COUNT] = {
	[SIM_SOURCE_GROUP] = {"Groups", "GroupId"},
	[SIM_SOURCE_V4] = {"IpRanges", "CidrIp"},
	[SIM_SOURCE_V6] = {"Ipv6Ranges", "CidrIpv6"},
	[SIM_SOURCE_LIST] = {"PrefixListIds", "PrefixListId"},
};

struct call {
	struct sim_request *r;
	const struct sim_group *group;
	struct sim_rule_added rules[CALL_RULES_MAX]; /* what it names */
	size_t n;
	struct sim_rule *there; /* the group's rules */
	size_t nthere;
};

/* ---- reading permissions */

/* Value of IpPermissions.N.NAME, or of IpPermissions.N.LIST.M.NAME when list is not NULL. */
static struct str part(struct sim_request *r, size_t n, const char *list, size_t m, const char *name)
{
	char full[96];

	if (list)
		snprintf(full, sizeof(full), "IpPermissions.%zu.%s.%zu.%s", n, list, m, name);
	else
		snprintf(full, sizeof(full), "IpPermissions.%zu.%s", n, name);
	return sim_param(r, full);
}

static bool bad_range(struct sim_request *r, struct str text)
{
	return sim_fail(r, 400, "InvalidParameterValue", "CIDR block " STR_FMT " is malformed", STR_ARG(text));
}

/* Writes the network with its host bits cleared, as the service keeps it. */
static bool read_range(struct sim_request *r, struct str text, bool v6, char ret_range[64])
{
	unsigned char address[16] = {0};
	long slash = str_find(text, STR("/"), 0);
	int family = v6 ? AF_INET6 : AF_INET, bytes = v6 ? 16 : 4;
	char host[INET6_ADDRSTRLEN];
	int64_t bits;

	if (slash <= 0 || slash >= INET6_ADDRSTRLEN)
		return bad_range(r, text);
	snprintf(host, sizeof(host), STR_FMT, STR_ARG(str_sub(text, 0, (size_t)slash)));
	if (inet_pton(family, host, address) != 1 || !parse_i64(str_sub(text, (size_t)slash + 1, text.len), &bits) ||
	    bits < 0 || bits > bytes * 8)
		return bad_range(r, text);
	for (int i = 0; i < bytes; i++) {
		int64_t left = bits - i * 8;

		if (left <= 0)
			address[i] = 0;
		else if (left < 8)
			address[i] = (unsigned char)(address[i] & (0xff << (8 - left)));
	}
	inet_ntop(family, address, host, sizeof(host));
	snprintf(ret_range, 64, "%s/%d", host, (int)bits);
	return true;
}

static const struct sim_group *find_group(struct sim_request *r, struct str id)
{
	struct sim_group *groups;
	size_t n = sim_groups(r, &groups);

	for (size_t i = 0; i < n; i++)
		if (str_eq_c(id, groups[i].id))
			return &groups[i];
	sim_fail(r, 400, "InvalidGroup.NotFound", "The security group '" STR_FMT "' does not exist", STR_ARG(id));
	return NULL;
}

static bool find_list(struct sim_request *r, struct str id)
{
	for (size_t i = 0; i < r->sim->estate->nlists; i++)
		if (str_eq_c(id, r->sim->estate->lists[i].id))
			return true;
	return sim_fail(r, 400, "InvalidPrefixListID.NotFound", "The prefix list ID '" STR_FMT "' does not exist",
			STR_ARG(id));
}

static bool read_source(struct sim_request *r, struct str text, enum sim_source_kind kind, struct sim_rule_added *rule)
{
	if (kind == SIM_SOURCE_V4 || kind == SIM_SOURCE_V6)
		return read_range(r, text, kind == SIM_SOURCE_V6, rule->source);
	if (kind == SIM_SOURCE_GROUP ? !find_group(r, text) : !find_list(r, text))
		return false;
	snprintf(rule->source, sizeof(rule->source), STR_FMT, STR_ARG(text));
	return true;
}

static bool read_text(struct sim_request *r, struct str text, struct sim_rule_added *rule)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.len > TEXT_MAX || text.ptr[i] == '\0' || !strchr(text_characters, text.ptr[i]))
			return sim_fail(
				r, 400, "InvalidParameterValue",
				"Invalid rule description. Valid descriptions are strings less than 256 characters "
				"from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*");
	snprintf(rule->text, sizeof(rule->text), STR_FMT, STR_ARG(text));
	return true;
}

static bool read_port(struct sim_request *r, size_t n, const char *name, int *ret_port)
{
	struct str text = part(r, n, NULL, 0, name);
	int64_t port = -1;

	if (text.ptr && (!parse_i64(text, &port) || port < -1 || port > 65535))
		return sim_fail(r, 400, "InvalidParameterValue", "Invalid value '" STR_FMT "' for portRange.",
				STR_ARG(text));
	*ret_port = (int)port;
	return true;
}

static bool is_protocol(struct str text)
{
	static const char *const words[] = {"tcp", "udp", "icmp", "icmpv6", "-1"};
	int64_t number;

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq_c(text, words[i]))
			return true;
	return parse_i64(text, &number) && number >= 0 && number <= 255;
}

/* Protocol and ports of a permission. */
static bool read_head(struct sim_request *r, size_t n, struct sim_rule_added *rule)
{
	struct str protocol = part(r, n, NULL, 0, "IpProtocol");
	bool ported = str_eq_c(protocol, "tcp") || str_eq_c(protocol, "udp");

	if (!is_protocol(protocol))
		return sim_fail(r, 400, "InvalidParameterValue", "Invalid value '" STR_FMT "' for IP protocol.",
				STR_ARG(protocol));
	snprintf(rule->protocol, sizeof(rule->protocol), STR_FMT, STR_ARG(protocol));
	if (!read_port(r, n, "FromPort", &rule->from_port) || !read_port(r, n, "ToPort", &rule->to_port))
		return false;
	if (ported && (rule->from_port < 0 || rule->to_port < 0))
		return sim_fail(r, 400, "InvalidParameterValue",
				"Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.");
	if (ported && rule->from_port > rule->to_port)
		return sim_fail(r, 400, "InvalidParameterValue", "Invalid value '%d-%d' for portRange.",
				rule->from_port, rule->to_port);
	if (str_eq_c(protocol, "-1"))
		rule->from_port = rule->to_port = -1;
	return true;
}

static bool same_rule(const struct sim_rule_added *a, const struct sim_rule_row *b)
{
	return !b->egress && a->from_port == b->from_port && a->to_port == b->to_port &&
	       strcmp(a->protocol, b->protocol) == 0 && strcmp(a->source, b->source) == 0;
}

static bool add_rule(struct call *c, const struct sim_rule_added *rule)
{
	struct sim_rule_row row = {.protocol = rule->protocol,
				   .source = rule->source,
				   .from_port = rule->from_port,
				   .to_port = rule->to_port};

	for (size_t i = 0; i < c->n; i++)
		if (same_rule(&c->rules[i], &row))
			return sim_fail(c->r, 400, "InvalidParameterValue",
					"The same permission must not appear multiple times");
	if (c->n == CALL_RULES_MAX)
		return sim_fail(c->r, 400, "RulesPerSecurityGroupLimitExceeded",
				"The maximum number of rules per security group has been reached.");
	c->rules[c->n++] = *rule;
	return true;
}

static bool read_permission(struct call *c, size_t n)
{
	struct sim_rule_added rule = {.id = ""};
	size_t before = c->n;

	if (!read_head(c->r, n, &rule))
		return false;
	for (int kind = 0; kind < SIM_SOURCE__COUNT; kind++) {
		const char *list = places[kind].list;
		struct str source;

		for (size_t m = 1; (source = part(c->r, n, list, m, places[kind].name)).ptr; m++)
			if (!read_source(c->r, source, (enum sim_source_kind)kind, &rule) ||
			    !read_text(c->r, part(c->r, n, list, m, "Description"), &rule) || !add_rule(c, &rule))
				return false;
	}
	return c->n > before ||
	       sim_fail(c->r, 400, "MissingParameter", "The request must contain a source for each permission.");
}

static bool open_call(struct sim_request *r, struct call **ret_call)
{
	struct call *c = arena_alloc(r->arena, sizeof(*c));
	bool dry;

	*ret_call = c;
	c->r = r;
	c->group = find_group(r, sim_param(r, "GroupId"));
	if (!c->group || !sim_param_bool(r, "DryRun", &dry))
		return false;
	c->there = arena_alloc_array(r->arena, (size_t)c->group->nrules + 1, sizeof(*c->there));
	c->nthere = sim_group_rules(c->group, c->there);
	for (size_t n = 1; part(r, n, NULL, 0, "IpProtocol").ptr; n++)
		if (!read_permission(c, n))
			return false;
	return true;
}

static bool dry_run(const struct sim_request *r)
{
	return str_eq_c(sim_param(r, "DryRun"), "true");
}

/* ---- adding */

static bool duplicate(struct sim_request *r, const struct sim_rule_added *rule)
{
	char protocol[16], ports[64] = "";

	snprintf(protocol, sizeof(protocol), "%s", strcmp(rule->protocol, "-1") == 0 ? "ALL" : rule->protocol);
	for (char *p = protocol; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	if (rule->from_port >= 0)
		snprintf(ports, sizeof(ports), ", from port: %d, to port: %d", rule->from_port, rule->to_port);
	return sim_fail(r, 400, "InvalidPermission.Duplicate",
			"the specified rule \"peer: %s, %s%s, ALLOW\" already exists", rule->source, protocol, ports);
}

static bool check_new(const struct call *c)
{
	size_t ingress = 0;

	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < c->nthere; k++)
			if (same_rule(&c->rules[i], c->there[k].row))
				return duplicate(c->r, &c->rules[i]);
	for (size_t k = 0; k < c->nthere; k++)
		ingress += !c->there[k].row->egress;
	return (ingress + c->n <= SIM_INGRESS_RULES_MAX && c->r->sim->changes->nrules + c->n <= SIM_RULES_ADDED_MAX) ||
	       sim_fail(c->r, 400, "RulesPerSecurityGroupLimitExceeded",
			"The maximum number of rules per security group has been reached.");
}

/* Tags of TagSpecification.1 for a new rule. */
static void tag_rule(struct sim_request *r, const char *id)
{
	struct sim_tagged *t = NULL;
	char name[64];
	struct str key;

	for (size_t i = 1; i <= SIM_TAGS_MAX; i++) {
		snprintf(name, sizeof(name), "TagSpecification.1.Tag.%zu.Key", i);
		key = sim_param(r, name);
		if (!key.ptr || !(t = sim_tagged_make(r->sim->changes, "security-group-rule", id)))
			return;
		snprintf(name, sizeof(name), "TagSpecification.1.Tag.%zu.Value", i);
		(void)!sim_tag_set(t, key, sim_param(r, name));
	}
}

static bool check_tags(struct sim_request *r)
{
	struct str type = sim_param(r, "TagSpecification.1.ResourceType");

	if (sim_param(r, "TagSpecification.2.ResourceType").ptr || (type.ptr && !str_eq_c(type, "security-group-rule")))
		return sim_fail(r, 400, "InvalidParameterValue",
				"Only one tag specification, for security-group-rule, is possible.");
	return r->sim->changes->ntagged + CALL_RULES_MAX <= SIM_TAGGED_MAX || !type.ptr ||
	       sim_fail(r, 500, "InternalError", "The simulator remembers the tags of %d resources.", SIM_TAGGED_MAX);
}

static void add_and_tell(struct call *c, struct buf *out)
{
	struct sim_request *r = c->r;

	for (size_t i = 0; i < c->n; i++) {
		struct sim_rule_added *a = &r->sim->changes->rules[r->sim->changes->nrules++];
		struct sim_rule_row row = {0};
		struct sim_rule rule = {.group = c->group, .row = &row};

		*a = c->rules[i];
		snprintf(a->group, sizeof(a->group), "%s", c->group->id);
		snprintf(a->id, sizeof(a->id), "sgr-0%016llx",
			 (unsigned long long)sim_hash(sim_hash_str(sim_hash(9, i), a->source), r->sim->next_id));
		tag_rule(r, a->id);
		row = (struct sim_rule_row){.protocol = a->protocol,
					    .from_port = a->from_port,
					    .to_port = a->to_port,
					    .source = a->source,
					    .text = a->text[0] ? a->text : NULL};
		snprintf(rule.id, sizeof(rule.id), "%s", a->id);
		sim_ec2_rule_xml(r, out, &rule);
	}
}

bool sim_ec2_authorize_ingress(struct sim_request *r, struct buf *out)
{
	struct call *c;

	if (!open_call(r, &c) || !check_tags(r) || !check_new(c))
		return false;
	sim_xml_bool(out, "return", true);
	sim_xml_open(out, "securityGroupRuleSet");
	if (!dry_run(r))
		add_and_tell(c, out);
	sim_xml_close(out, "securityGroupRuleSet");
	return true;
}

/* ---- removing */

static const struct sim_rule *rule_of_id(const struct call *c, struct str id)
{
	for (size_t i = 0; i < c->nthere; i++)
		if (!c->there[i].row->egress && str_eq_c(id, c->there[i].id))
			return &c->there[i];
	sim_fail(c->r, 400, "InvalidSecurityGroupRuleId.NotFound",
		 "The security group rule ID '" STR_FMT "' does not exist", STR_ARG(id));
	return NULL;
}

static const struct sim_rule *rule_like(const struct call *c, const struct sim_rule_added *wanted)
{
	for (size_t i = 0; i < c->nthere; i++)
		if (same_rule(wanted, c->there[i].row))
			return &c->there[i];
	sim_fail(c->r, 400, "InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
	return NULL;
}

/* What the call names, each once; false: r has the error. */
static bool find_rules(const struct call *c, const struct sim_rule **ret_rules, size_t *ret_n)
{
	struct str ids[CALL_RULES_MAX];
	size_t nids = sim_param_list(c->r, "SecurityGroupRuleId", ids, CALL_RULES_MAX), n = 0;

	if ((nids > 0) == (c->n > 0))
		return sim_fail(c->r, 400, nids ? "InvalidParameterCombination" : "MissingParameter",
				"The request must name rules either by ID or by their permissions.");
	for (size_t i = 0; i < nids; i++)
		if (!(ret_rules[n++] = rule_of_id(c, ids[i])))
			return false;
	for (size_t i = 0; i < c->n; i++)
		if (!(ret_rules[n++] = rule_like(c, &c->rules[i])))
			return false;
	*ret_n = n;
	return true;
}

/* Other names than in the description of a rule. */
static void revoked_xml(struct buf *b, const struct sim_rule *rule)
{
	static const char *const tags[SIM_SOURCE__COUNT] = {"referencedGroupId", "cidrIpv4", "cidrIpv6",
							    "prefixListId"};

	sim_xml_open(b, "item");
	sim_xml_str(b, "securityGroupRuleId", rule->id);
	sim_xml_str(b, "groupId", rule->group->id);
	sim_xml_bool(b, "isEgress", rule->row->egress);
	sim_xml_str(b, "ipProtocol", rule->row->protocol);
	sim_xml_int(b, "fromPort", rule->row->from_port);
	sim_xml_int(b, "toPort", rule->row->to_port);
	sim_xml_str(b, tags[sim_source_kind(rule->row->source)], rule->row->source);
	if (rule->row->text)
		sim_xml_str(b, "description", rule->row->text);
	sim_xml_close(b, "item");
}

static void remove_rule(struct sim_changes *changes, const struct sim_rule *rule)
{
	sim_tagged_drop(changes, "security-group-rule", rule->id);
	if (!rule->row->id) {
		snprintf(changes->gone_rules[changes->ngone_rules++], SIM_RULE_ID_MAX, "%s", rule->id);
		return;
	}
	for (size_t i = 0; i < changes->nrules; i++) {
		if (strcmp(changes->rules[i].id, rule->id) != 0)
			continue;
		changes->nrules--;
		memmove(&changes->rules[i], &changes->rules[i + 1], (changes->nrules - i) * sizeof(changes->rules[0]));
		return;
	}
}

bool sim_ec2_revoke_ingress(struct sim_request *r, struct buf *out)
{
	const struct sim_rule *rules[2 * CALL_RULES_MAX];
	struct sim_changes *changes = r->sim->changes;
	struct call *c;
	size_t n = 0;

	if (!open_call(r, &c) || !find_rules(c, rules, &n))
		return false;
	if (changes->ngone_rules + n > SIM_RULES_GONE_MAX)
		return sim_fail(r, 500, "InternalError", "The simulator forgets no more than %d rules.",
				SIM_RULES_GONE_MAX);
	sim_xml_bool(out, "return", true);
	buf_add_c(out, "<unknownIpPermissionSet/>\n<revokedSecurityGroupRuleSet>\n");
	for (size_t i = 0; i < n; i++)
		revoked_xml(out, rules[i]);
	sim_xml_close(out, "revokedSecurityGroupRuleSet");
	/* The rows point into the list of changes: what is printed is printed before the list moves. */
	for (size_t i = 0; i < n && !dry_run(r); i++)
		remove_rule(changes, rules[i]);
	return true;
}
