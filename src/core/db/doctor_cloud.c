/*
 * doctor_cloud.c: what subnet and security group do to this host's packets, by what AWS told.
 *
 * Which address to judge is the question. Once the database has been reached it is the one the server sees; else the
 * one AWS would see: for a server with a public address this host's public one, for a private server the one this host
 * leaves with. A public address is never judged against a server that has only a private one: no rule could help.
 * What is closed although the server was reached is another path than the one in use, and no more than a notice.
 */
#include "db/doctor.h"

#include "model/admission.h"
#include "model/data.h"
#include "model/reach.h"

#include <stdio.h>

/* The ports that Linux gives its clients. */
#define LINUX_FIRST 32768
#define LINUX_LAST 60999

/* What is known of the instance that is connected to. */
struct place {
	const struct snapshot *instances, *subnets;
	long instance, subnet;
	int64_t public; /* publicly_accessible, -1 = not known */
	int64_t port;   /* the server's own; through a tunnel ours is another */
	struct str name, subnet_id;
};

static bool is_reached(const struct doctor *d)
{
	return d->connected_place >= 0 || d->refused || d->logged_in;
}

/* A hop that is closed: the one to blame, unless packets get through all the same. */
static enum step_state closed(const struct doctor *d)
{
	return is_reached(d) ? STEP_NOTICE : STEP_FAILED;
}

/* ---- which instance, which subnet ---- */

static long find_instance(const struct doctor *d, const struct snapshot *instances)
{
	long row = data_find(instances, "endpoint", str_c(d->host));

	if (row < 0 && d->target->node[0])
		row = data_find(instances, "identifier", str_c(d->target->node));
	return row >= 0 ? row : data_find(instances, "role", STR("writer"));
}

/* By the server's private address where that is known, else the only one in the instance's zone; -1 = not known. */
static long find_subnet(const struct doctor *d, const struct snapshot *subnets, struct str zone)
{
	size_t in_zone = 0;
	long row = -1;

	for (size_t i = 0; subnets && i < subnets->nrows; i++) {
		struct net_prefix cidr;

		if (d->has_server && net_prefix_parse(data_str(subnets, i, "cidr"), &cidr) &&
		    net_prefix_has(&cidr, &d->server))
			return (long)i;
		if (zone.len == 0 || !str_eq(data_str(subnets, i, "zone"), zone))
			continue;
		in_zone++;
		row = (long)i;
	}
	return in_zone == 1 ? row : -1;
}

static void find_place(const struct doctor *d, struct place *p)
{
	*p = (struct place){.instances = d->f->inputs[DOCTOR_INSTANCES],
			    .subnets = d->f->inputs[DOCTOR_SUBNETS],
			    .public = -1,
			    .port = d->port};
	p->instance = find_instance(d, p->instances);
	if (p->instance >= 0) {
		p->public = data_i64(p->instances, (size_t)p->instance, "publicly_accessible", -1);
		p->port = data_i64(p->instances, (size_t)p->instance, "port", d->port);
		p->name = data_str(p->instances, (size_t)p->instance, "identifier");
	}
	p->subnet = find_subnet(d, p->subnets,
				p->instance < 0 ? STR("") : data_str(p->instances, (size_t)p->instance, "zone"));
	if (p->subnet >= 0)
		p->subnet_id = data_str(p->subnets, (size_t)p->subnet, "subnet_id");
}

/* ---- which address ---- */

static void judge_by(struct doctor *d, const struct net_addr *a, const char *how)
{
	d->judged = *a;
	d->has_judged = true;
	(void)snprintf(d->judged_as, sizeof(d->judged_as), "%s", how);
}

/* The server is spoken to at a public address. */
static bool is_public(const struct doctor *d, const struct place *p)
{
	if (d->has_server && net_addr_scope(&d->server) != NET_LOOPBACK)
		return net_addr_scope(&d->server) == NET_PUBLIC;
	return p->public == 1;
}

static void choose_address(struct doctor *d, const struct place *p)
{
	struct net_addr set;
	bool has_set = net_addr_parse(str_c(d->set_address), &set), public = is_public(d, p);

	if (d->only_judge)
		return;
	d->has_judged = false;
	/* a loopback address is the server's own host: the near end of a tunnel, which no group sees */
	if (d->has_seen && net_addr_scope(&d->seen) != NET_LOOPBACK)
		judge_by(d, &d->seen, "as the server sees it");
	else if (has_set && (net_addr_scope(&set) == NET_PUBLIC) == public)
		judge_by(d, &set, "as it was set");
	else if (d->has_local && net_addr_scope(&d->local) == (public ? NET_PUBLIC : NET_PRIVATE))
		judge_by(d, &d->local, "as this host leaves with it");
}

/* No packets of this host's are seen by AWS: the other end is here, or the near end of a tunnel is. */
static bool is_behind_tunnel(const struct doctor *d)
{
	return (d->has_seen && net_addr_scope(&d->seen) == NET_LOOPBACK) ||
	       (d->has_server && net_addr_scope(&d->server) == NET_LOOPBACK);
}

/* No address can be judged: why, and what would help. */
static void tell_no_address(struct doctor *d, const struct place *p, enum doctor_step step)
{
	char text[NET_TEXT_MAX];

	if (d->socket || is_behind_tunnel(d)) {
		doctor_say(d, step, STEP_SKIPPED, "%s",
			   d->socket ? "by a Unix socket"
				     : "a tunnel or a proxy stands before it, whose address AWS sees instead of this "
				       "host's");
		return;
	}
	if (is_public(d, p)) {
		doctor_say(d, step, STEP_UNKNOWN, "this host's public address is not known%s%s",
			   d->has_local ? "; it leaves as " : "", d->has_local ? net_addr_text(&d->local, text) : "");
		doctor_remedy(d, step, "set it with --public-address ADDR or public_address in the configuration");
		return;
	}
	if (d->has_local && net_addr_scope(&d->local) == NET_PUBLIC)
		doctor_say(d, step, STEP_UNKNOWN,
			   "the server has a private address only, and this host leaves as %s: not to be judged",
			   net_addr_text(&d->local, text));
	else
		doctor_say(d, step, STEP_UNKNOWN, "the address that the server would see of this host is not known");
	doctor_remedy(d, step, "connect by VPN, peering or a tunnel; set --public-address to what the VPC sees");
}

/* ---- security group ---- */

static void tell_admitted(struct doctor *d, const struct snapshot *rules, const struct admission_sum *sum,
			  const char *addr, const char *port)
{
	size_t row = (size_t)sum->first;
	struct str label = data_str(rules, row, "description");

	doctor_say(d, STEP_GROUP, STEP_OK, STR_FMT ": " STR_FMT "%s" STR_FMT "%s admits %s on %s",
		   STR_ARG(data_str(rules, row, "group_id")), STR_ARG(data_str(rules, row, "peer")),
		   label.len > 0 ? " (" : "", STR_ARG(str_sub(label, 0, 60)), label.len > 0 ? ")" : "", addr, port);
	doctor_evidence(d, STEP_GROUP, "rule " STR_FMT "%s", STR_ARG(data_str(rules, row, "rule_id")),
			sum->admitting > 1 ? " and others" : "");
}

/* Groups whose members would be admitted: "sg-0f9e8d7c, sg-07aa31be". */
static void list_groups(const struct snapshot *rules, const struct admission_ask *ask, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < rules->nrows; i++) {
		struct admission a;
		int n;

		admission_rule(rules, i, ask, &a);
		if (a.kind != ADMISSION_GROUP || data_i64(rules, i, "egress", 0) != 0)
			continue;
		n = snprintf(out + used, size - used, "%s" STR_FMT, used ? ", " : "",
			     STR_ARG(data_str(rules, i, "referenced_group")));
		if (n < 0 || (size_t)n >= size - used) {
			out[used] = '\0';
			return;
		}
		used += (size_t)n;
	}
}

static void tell_closest(struct doctor *d, const struct snapshot *rules, const struct admission_sum *sum,
			 const struct admission_ask *ask, const char *groups)
{
	char words[ADMISSION_WORDS_MAX], network[NET_TEXT_MAX];

	if (sum->closest < 0)
		doctor_evidence(d, STEP_GROUP, "there is no rule for incoming traffic");
	else if (sum->nearest.kind <= ADMISSION_OUTSIDE)
		doctor_evidence(d, STEP_GROUP, "closest: " STR_FMT ", %s (%s)%s%s",
				STR_ARG(data_str(rules, (size_t)sum->closest, "peer")),
				net_prefix_text(&sum->nearest.network, network),
				admission_words(&sum->nearest, ask, words), groups[0] ? "; members of groups: " : "",
				groups);
	else if (groups[0])
		doctor_evidence(d, STEP_GROUP, "members of these groups are admitted: %s", groups);
}

static void tell_not_admitted(struct doctor *d, const struct snapshot *rules, const struct admission_sum *sum,
			      const struct admission_ask *ask, const char *addr, const char *port)
{
	bool inside = net_addr_scope(&ask->addr) == NET_PRIVATE;
	char groups[200], would[ADMISSION_WOULD_MAX];

	list_groups(rules, ask, groups, sizeof(groups));
	if (d->logged_in && d->has_seen && net_addr_same(&d->seen, &ask->addr) && groups[0]) {
		doctor_say(d, STEP_GROUP, STEP_OK, "%s is admitted as a member of one of: %s", addr, groups);
		return;
	}
	if (sum->nunknown > 0) {
		doctor_say(d, STEP_GROUP, STEP_UNKNOWN,
			   "no rule is seen to admit %s on %s; the networks of %zu prefix list%s could not be read",
			   addr, port, sum->nunknown, sum->nunknown == 1 ? "" : "s");
		doctor_remedy(d, STEP_GROUP, "allow ec2:GetManagedPrefixListEntries");
		return;
	}
	doctor_say(d, STEP_GROUP, closed(d), "no rule admits %s on %s%s", addr, port,
		   closed(d) == STEP_NOTICE && !d->only_judge ? "; the path in use is another one" : "");
	tell_closest(d, rules, sum, ask, groups);
	doctor_remedy(d, STEP_GROUP, "would: %s%s", admission_would(rules, sum, ask, would),
		      inside && groups[0] ? "; or attach one of those groups to this host" : "");
	(void)snprintf(d->steps[STEP_GROUP].action, sizeof(d->steps[STEP_GROUP].action), "allow address");
}

static void judge_group(struct doctor *d, const struct place *p)
{
	const struct snapshot *rules = d->f->inputs[DOCTOR_RULES];
	struct admission_ask ask = {.addr = d->judged, .protocol = PROTOCOL_TCP, .port = p->port};
	char addr[NET_TEXT_MAX], port[ADMISSION_WORDS_MAX];
	struct admission_sum sum;

	if (!rules) {
		doctor_say(d, STEP_GROUP, STEP_UNKNOWN, "the rules of its security groups are not known");
		doctor_remedy(d, STEP_GROUP, "allow ec2:DescribeSecurityGroupRules");
		return;
	}
	if (!d->has_judged) {
		tell_no_address(d, p, STEP_GROUP);
		return;
	}
	if (net_addr_scope(&d->judged) == NET_PUBLIC && p->public == 0) {
		doctor_say(d, STEP_GROUP, STEP_SKIPPED,
			   "not judged: a public address, and the server has a private one only");
		return;
	}
	(void)net_addr_text(&d->judged, addr);
	(void)admission_port(&ask, port);
	admission_judge(rules, &ask, &sum);
	if (sum.admitting > 0)
		tell_admitted(d, rules, &sum, addr, port);
	else
		tell_not_admitted(d, rules, &sum, &ask, addr, port);
}

/* ---- subnet ---- */

/* False: the ACL closes this direction, and that is said. */
static bool acl_lets(struct doctor *d, const struct place *p, bool egress, int64_t from, int64_t to, bool *ret_known)
{
	struct acl_ask ask = {p->subnet_id, egress, d->judged, PROTOCOL_TCP, from, to};
	struct acl_answer answer;
	char rule[32] = "*", addr[NET_TEXT_MAX];

	acl_judge(d->f->inputs[DOCTOR_ACLS], &ask, &answer);
	*ret_known = answer.verdict != ACL_UNKNOWN;
	if (answer.verdict != ACL_DENIES)
		return true;
	if (answer.rule_number >= 0)
		(void)snprintf(rule, sizeof(rule), "%lld", (long long)answer.rule_number);
	doctor_say(d, STEP_SUBNET, closed(d), STR_FMT ": " STR_FMT " denies tcp %lld %s %s by rule %s",
		   STR_ARG(p->subnet_id), STR_ARG(answer.acl_id), (long long)answer.port, egress ? "to" : "from",
		   net_addr_text(&d->judged, addr), rule);
	doctor_remedy(d, STEP_SUBNET,
		      "allow it in the network ACL, with a lower rule number; answers need ports 1024 to "
		      "65535 as well");
	return false;
}

static void tell_way(struct doctor *d, const struct place *p, const struct route_answer *r, const char *addr)
{
	bool public = net_addr_scope(&d->judged) == NET_PUBLIC;

	switch (r->kind) {
	case ROUTE_UNKNOWN:
		doctor_say(d, STEP_SUBNET, STEP_UNKNOWN, STR_FMT "; its route table is not known",
			   STR_ARG(p->subnet_id));
		return;
	case ROUTE_NONE:
	case ROUTE_BLACKHOLE:
		doctor_say(d, STEP_SUBNET, closed(d), STR_FMT ": " STR_FMT " has no %sroute back to %s",
			   STR_ARG(p->subnet_id), STR_ARG(r->table_id), r->kind == ROUTE_NONE ? "" : "working ", addr);
		doctor_remedy(d, STEP_SUBNET, "add a route to it in the subnet's route table");
		return;
	case ROUTE_LOCAL:
		doctor_say(d, STEP_SUBNET, STEP_OK, STR_FMT ", way back inside the VPC", STR_ARG(p->subnet_id));
		return;
	case ROUTE_INTERNET:
		if (public && p->public != 0) {
			doctor_say(d, STEP_SUBNET, STEP_OK, STR_FMT ", way back by " STR_FMT, STR_ARG(p->subnet_id),
				   STR_ARG(r->target));
			return;
		}
		break;
	case ROUTE_NAT:
		break;
	case ROUTE_BEYOND:
		doctor_say(d, STEP_SUBNET, is_reached(d) ? STEP_OK : STEP_UNKNOWN,
			   STR_FMT ", way back by " STR_FMT "%s", STR_ARG(p->subnet_id), STR_ARG(r->target),
			   is_reached(d) ? "" : "; what lies behind it is not visible");
		return;
	}
	doctor_say(d, STEP_SUBNET, closed(d),
		   STR_FMT ": the route to %s goes by " STR_FMT ", which answers do not take", STR_ARG(p->subnet_id),
		   addr, STR_ARG(r->target));
	doctor_remedy(d, STEP_SUBNET,
		      "a public address needs a subnet with a route to an internet gateway, a private one a "
		      "route by VPN, peering or transit gateway");
}

static bool in_its_subnet(const struct doctor *d, const struct place *p)
{
	struct net_prefix cidr;

	return net_prefix_parse(data_str(p->subnets, (size_t)p->subnet, "cidr"), &cidr) &&
	       net_prefix_has(&cidr, &d->judged);
}

static void judge_known_subnet(struct doctor *d, const struct place *p)
{
	struct doctor_said *s = &d->steps[STEP_SUBNET];
	struct route_answer route;
	char addr[NET_TEXT_MAX];
	bool in, out;
	size_t used;

	if (in_its_subnet(d, p)) {
		doctor_say(d, STEP_SUBNET, STEP_OK, "both are in " STR_FMT, STR_ARG(p->subnet_id));
		return;
	}
	if (!acl_lets(d, p, false, p->port, p->port, &in) ||
	    !acl_lets(d, p, true, d->only_judge ? EPHEMERAL_FIRST : LINUX_FIRST,
		      d->only_judge ? EPHEMERAL_LAST : LINUX_LAST, &out))
		return;
	route_find(d->f->inputs[DOCTOR_ROUTES], p->subnet_id, &d->judged, &route);
	tell_way(d, p, &route, net_addr_text(&d->judged, addr));
	used = strlen(s->sentence);
	if (in && out)
		(void)snprintf(s->sentence + used, sizeof(s->sentence) - used, "; ACL allows");
	if (route.kind != ROUTE_UNKNOWN && s->evidence[0] == '\0')
		doctor_evidence(d, STEP_SUBNET, STR_FMT "%s", STR_ARG(route.table_id),
				route_is_public(d->f->inputs[DOCTOR_ROUTES], p->subnet_id)
					? ", a public subnet: it has a route to an internet gateway"
					: ", a private subnet: no route to an internet gateway");
}

static void judge_subnet(struct doctor *d, const struct place *p)
{
	struct net_addr set;
	bool from_outside = (d->has_judged && net_addr_scope(&d->judged) == NET_PUBLIC) ||
			    (!d->has_judged && d->has_local && net_addr_scope(&d->local) == NET_PUBLIC) ||
			    (!d->has_judged && net_addr_parse(str_c(d->set_address), &set));

	/* not while another address than this host's stands for it at the server */
	if (p->public == 0 && from_outside && !(d->has_seen && net_addr_scope(&d->seen) == NET_LOOPBACK)) {
		doctor_say(d, STEP_SUBNET, closed(d),
			   STR_FMT " is not publicly accessible: no way to it from outside its VPC", STR_ARG(p->name));
		doctor_remedy(d, STEP_SUBNET, "connect from inside the VPC, by VPN, peering or a tunnel");
		return;
	}
	if (!d->has_judged)
		tell_no_address(d, p, STEP_SUBNET);
	else if (p->subnet < 0)
		doctor_say(d, STEP_SUBNET, STEP_UNKNOWN, "which subnet it is in is not known");
	else
		judge_known_subnet(d, p);
}

void doctor_judge(struct doctor *d)
{
	enum step_state state = STEP_SKIPPED;
	const char *why = NULL;
	struct place p;

	if (!d->target->aws) {
		why = "AWS is not asked: started with --db alone";
	} else if (!d->target->cluster[0]) {
		why = "no cluster is named";
	} else if (!d->f->inputs[DOCTOR_CLUSTERS]) {
		why = "AWS does not tell: the cluster is not known";
		state = STEP_UNKNOWN;
	}
	if (why) {
		doctor_say(d, STEP_SUBNET, state, "%s", why);
		doctor_say(d, STEP_GROUP, state, "%s", why);
		return;
	}
	find_place(d, &p);
	choose_address(d, &p);
	judge_subnet(d, &p);
	judge_group(d, &p);
}
