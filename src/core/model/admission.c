/*
 * admission.c: one rule against one address, then all of them.
 *
 * A rule is looked at in two halves, port and peer. What a rule of the right port says of the address is worth telling
 * even when it does not admit it, so each of its networks is measured and the nearest one kept. A prefix list whose
 * networks could not be read may admit: it is never taken for a rule that does not.
 */
#include "model/admission.h"

#include "model/data.h"

#include <stdio.h>

static bool has_ports(int protocol)
{
	return protocol == 6 || protocol == 17;
}

static bool port_fits(const struct snapshot *rules, size_t row, const struct admission_ask *ask)
{
	int protocol = net_protocol(data_str(rules, row, "protocol"));
	int64_t from = data_i64(rules, row, "from_port", -1), to = data_i64(rules, row, "to_port", -1);

	if (protocol == -1)
		return true;
	if (protocol != ask->protocol)
		return false;
	return !has_ports(protocol) || from == -1 || (ask->port >= from && ask->port <= to);
}

/* What is known of a rule's networks so far. */
struct measure {
	struct admission best;
	size_t nnetworks;
	bool unread; /* one of them is no network that can be read */
};

static bool is_near(const struct net_prefix *p, uint64_t distance)
{
	return p->addr.v4 ? distance <= ADMISSION_NEAR_MAX : distance < UINT64_MAX;
}

static bool is_closer(const struct admission *a, const struct admission *b)
{
	return a->kind < b->kind || (a->kind == b->kind && a->distance < b->distance);
}

static void measure_network(struct measure *m, struct str text, const struct net_addr *addr)
{
	struct admission a = {.kind = ADMISSION_FAMILY};

	text = str_trim(text);
	if (text.len == 0)
		return;
	if (!net_prefix_parse(text, &a.network)) {
		m->unread = true;
		return;
	}
	if (net_prefix_has(&a.network, addr)) {
		a.kind = ADMISSION_ADMITS;
	} else if (a.network.addr.v4 == addr->v4) {
		a.distance = net_prefix_distance(&a.network, addr, &a.below);
		a.kind = is_near(&a.network, a.distance) ? ADMISSION_NEAR : ADMISSION_OUTSIDE;
	}
	if (m->nnetworks++ == 0 || is_closer(&a, &m->best))
		m->best = a;
}

/* What the peer of a rule is to the address, whatever the port. */
static struct admission judge_peer(const struct snapshot *rules, size_t row, const struct admission_ask *ask)
{
	struct str group = data_str(rules, row, "referenced_group"), network;
	struct measure m = {.best = {.kind = ADMISSION_UNKNOWN}};
	union value list;

	if (group.len > 0)
		return (struct admission){.kind = data_list_has(ask->groups, group) ? ADMISSION_ADMITS
										    : ADMISSION_GROUP};
	measure_network(&m, data_str(rules, row, "cidr_ipv4"), &ask->addr);
	measure_network(&m, data_str(rules, row, "cidr_ipv6"), &ask->addr);
	if (data_value(rules, row, "networks", &list)) {
		while (str_split(&list.str, ',', &network))
			measure_network(&m, network, &ask->addr);
		/* an empty list admits nobody */
		if (m.nnetworks == 0 && !m.unread)
			return (struct admission){.kind = ADMISSION_OUTSIDE, .distance = UINT64_MAX};
	}
	if (m.unread && m.best.kind != ADMISSION_ADMITS)
		m.best.kind = ADMISSION_UNKNOWN;
	return m.best;
}

void admission_rule(const struct snapshot *rules, size_t row, const struct admission_ask *ask, struct admission *ret)
{
	bool fits = port_fits(rules, row, ask);

	*ret = judge_peer(rules, row, ask);
	if (fits)
		return;
	ret->kind = ret->kind == ADMISSION_ADMITS ? ADMISSION_PORT : ADMISSION_OTHER;
}

void admission_judge(const struct snapshot *rules, const struct admission_ask *ask, struct admission_sum *ret)
{
	*ret = (struct admission_sum){.first = -1, .closest = -1};
	for (size_t i = 0; rules && i < rules->nrows; i++) {
		struct admission a;

		if ((data_i64(rules, i, "egress", 0) != 0) != ask->egress)
			continue;
		admission_rule(rules, i, ask, &a);
		ret->ngroups += a.kind == ADMISSION_GROUP;
		ret->nunknown += a.kind == ADMISSION_UNKNOWN;
		if (a.kind == ADMISSION_ADMITS) {
			if (ret->admitting++ == 0)
				ret->first = (long)i;
		} else if (ret->closest < 0 || is_closer(&a, &ret->nearest)) {
			ret->closest = (long)i;
			ret->nearest = a;
		}
	}
}

bool admission_is_world(const struct snapshot *rules, size_t row)
{
	return data_i64(rules, row, "world_open", 0) != 0;
}

/* ---- words ---- */

static bool is_one_host(const struct net_prefix *p)
{
	return p->bits == (p->addr.v4 ? 32 : 128);
}

const char *admission_words(const struct admission *a, const struct admission_ask *ask, char out[ADMISSION_WORDS_MAX])
{
	static const char *const words[] = {
		[ADMISSION_ADMITS] = "admits you", [ADMISSION_NEAR] = "near miss",     [ADMISSION_PORT] = "other port",
		[ADMISSION_OUTSIDE] = "outside",   [ADMISSION_GROUP] = "not in group", [ADMISSION_FAMILY] = "",
		[ADMISSION_UNKNOWN] = "not known", [ADMISSION_OTHER] = "other port",
	};
	const char *text = words[a->kind];

	if (a->kind == ADMISSION_NEAR && a->distance <= ADMISSION_NEAR_MAX) {
		(void)snprintf(out, ADMISSION_WORDS_MAX, "%u %s it", (unsigned)a->distance,
			       a->below ? "below" : "above");
		return out;
	}
	if (a->kind == ADMISSION_OUTSIDE && is_one_host(&a->network))
		text = "another host";
	if (a->kind == ADMISSION_FAMILY)
		text = ask->addr.v4 ? "IPv6" : "IPv4";
	(void)snprintf(out, ADMISSION_WORDS_MAX, "%s", text);
	return out;
}

const char *admission_port(const struct admission_ask *ask, char out[ADMISSION_WORDS_MAX])
{
	const char *word = net_protocol_word(ask->protocol);

	if (word)
		(void)snprintf(out, ADMISSION_WORDS_MAX, "%s %lld", word, (long long)ask->port);
	else
		(void)snprintf(out, ADMISSION_WORDS_MAX, "protocol %d", ask->protocol);
	return out;
}

const char *admission_would(const struct snapshot *rules, const struct admission_sum *sum,
			    const struct admission_ask *ask, char out[ADMISSION_WOULD_MAX])
{
	char port[ADMISSION_WORDS_MAX], host[NET_TEXT_MAX], wide[NET_TEXT_MAX];
	struct net_prefix one = net_prefix_of(&ask->addr), cover;
	struct str name;
	int used;

	used = snprintf(out, ADMISSION_WOULD_MAX, "%s %s", admission_port(ask, port), net_prefix_text(&one, host));
	if (sum->closest < 0 || sum->nearest.kind != ADMISSION_NEAR || used < 0 || used >= ADMISSION_WOULD_MAX)
		return out;
	name = data_str(rules, (size_t)sum->closest, "prefix_list");
	if (name.len == 0)
		name = data_str(rules, (size_t)sum->closest, "peer");
	cover = net_prefix_cover(&sum->nearest.network, &ask->addr);
	(void)snprintf(out + used, (size_t)(ADMISSION_WOULD_MAX - used), " or widen " STR_FMT " to %s",
		       STR_ARG(str_sub(name, 0, 64)), net_prefix_text(&cover, wide));
	return out;
}
