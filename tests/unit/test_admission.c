/*
 * test_admission.c: who a security group lets in, what a network ACL and a route table do, against evaluators of their
 * own that know nothing but strings of bits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/admission.h"
#include "model/reach.h"
#include "network_rows.h"

static struct admission_ask ask_for(const char *addr)
{
	struct admission_ask ask = {.protocol = PROTOCOL_TCP, .port = 5432, .groups = STR("")};

	assert_true(net_addr_parse(str_c(addr), &ask.addr));
	return ask;
}

static void expect_rule(const struct snapshot *s, size_t row, const struct admission_ask *ask, enum admission_kind kind,
			const char *words)
{
	char text[ADMISSION_WORDS_MAX];
	struct admission a;

	admission_rule(s, row, ask, &a);
	assert_string_equal(admission_words(&a, ask, text), words);
	assert_int_equal(a.kind, kind);
}

/* ---- addresses ---- */

static void expect_addr(const char *text, const char *canonical, enum net_scope scope)
{
	char out[NET_TEXT_MAX];
	struct net_addr a;

	if (!net_addr_parse(str_c(text), &a))
		fail_msg("%s is not read", text);
	assert_string_equal(net_addr_text(&a, out), canonical);
	assert_int_equal(net_addr_scope(&a), scope);
}

static void addresses_are_read_and_written(void **state)
{
	static const char *const bad[] = {"",    " ",         "10.0.0",     "10.0.0.256", "010.0.0.1.2",
					  "::g", "localhost", "10.0.0.1/8", "1.2.3.4,5",  "%eth0"};
	struct net_addr a, b;

	(void)state;
	expect_addr("203.0.113.7", "203.0.113.7", NET_PUBLIC);
	expect_addr("::ffff:203.0.113.7", "203.0.113.7", NET_PUBLIC);
	expect_addr("::FFFF:cb00:7107", "203.0.113.7", NET_PUBLIC);
	expect_addr("10.1.2.3", "10.1.2.3", NET_PRIVATE);
	expect_addr("172.32.0.1", "172.32.0.1", NET_PUBLIC);
	expect_addr("172.31.255.255", "172.31.255.255", NET_PRIVATE);
	expect_addr("100.64.9.9", "100.64.9.9", NET_PRIVATE);
	expect_addr("127.0.0.53", "127.0.0.53", NET_LOOPBACK);
	expect_addr("::1", "::1", NET_LOOPBACK);
	expect_addr("fe80::1%eth0", "fe80::1", NET_LINK);
	expect_addr("fd00:1::2", "fd00:1::2", NET_PRIVATE);
	expect_addr(" 2001:DB8:0:0::1 ", "2001:db8::1", NET_PUBLIC);
	assert_true(net_addr_parse(STR("::ffff:10.0.0.1"), &a) && net_addr_parse(STR("10.0.0.1"), &b));
	assert_true(net_addr_same(&a, &b));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (net_addr_parse(str_c(bad[i]), &a))
			fail_msg("\"%s\" is taken for an address", bad[i]);
}

static void expect_prefix(const char *text, const char *canonical)
{
	char out[NET_TEXT_MAX];
	struct net_prefix p;

	if (!net_prefix_parse(str_c(text), &p))
		fail_msg("%s is not read", text);
	assert_string_equal(net_prefix_text(&p, out), canonical);
}

static void networks_are_read_and_written(void **state)
{
	static const char *const bad[] = {"10.0.0.0/33",  "10.0.0.0/", "10.0.0.0/-1",  "::/129",
					  "10.0.0.0/8/8", "/8",        "10.0.0.0/0x8", "pl-0c0ffee1"};
	struct net_prefix p;

	(void)state;
	expect_prefix("10.1.2.3/8", "10.0.0.0/8");
	expect_prefix("0.0.0.0/0", "0.0.0.0/0");
	expect_prefix("203.0.113.7", "203.0.113.7/32");
	expect_prefix("2001:db8:7::1/48", "2001:db8:7::/48");
	expect_prefix("::/0", "::/0");
	expect_prefix("::ffff:10.0.0.0/104", "10.0.0.0/8");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (net_prefix_parse(str_c(bad[i]), &p))
			fail_msg("\"%s\" is taken for a network", bad[i]);
}

/* ---- security groups ---- */

/* The rules of the picture of view 8. */
static void every_rule_says_what_you_are_to_it(void **state)
{
	struct admission_ask ask = ask_for("203.0.113.7");
	struct snapshot *s = new_rules();
	char would[ADMISSION_WOULD_MAX];
	struct admission_sum sum;

	(void)state;
	add_group(s, "sg-0f9e8d7c");
	add_cidr(s, "tcp", 5432, 5432, "10.0.0.0/16");
	add_list(s, "pl-0c0ffee1", "198.51.100.0/25,203.0.113.128/25,2001:db8:7::/48");
	add_cidr(s, "tcp", 5432, 5432, "192.0.2.10/32");
	add_cidr(s, "tcp", 443, 443, "203.0.113.0/24");
	add_cidr(s, "udp", 5432, 5432, "203.0.113.0/24");
	add_cidr(s, "tcp", 22, 22, "10.0.0.0/8");
	add_cidr(s, "tcp", 5432, 5432, "2001:db8::/32");
	expect_rule(s, 0, &ask, ADMISSION_GROUP, "not in group");
	expect_rule(s, 1, &ask, ADMISSION_OUTSIDE, "outside");
	expect_rule(s, 2, &ask, ADMISSION_NEAR, "121 below it");
	expect_rule(s, 3, &ask, ADMISSION_OUTSIDE, "another host");
	expect_rule(s, 4, &ask, ADMISSION_PORT, "other port");
	expect_rule(s, 5, &ask, ADMISSION_PORT, "other port");
	expect_rule(s, 6, &ask, ADMISSION_OTHER, "other port");
	expect_rule(s, 7, &ask, ADMISSION_FAMILY, "IPv6");
	admission_judge(s, &ask, &sum);
	assert_int_equal(sum.admitting, 0);
	assert_int_equal(sum.closest, 2);
	assert_int_equal(sum.ngroups, 1);
	assert_int_equal(sum.nunknown, 0);
	assert_string_equal(admission_would(s, &sum, &ask, would),
			    "tcp 5432 203.0.113.7/32 or widen pl-0c0ffee1 to 203.0.113.0/24");
	ask = ask_for("203.0.113.200");
	admission_judge(s, &ask, &sum);
	assert_int_equal(sum.admitting, 1);
	assert_int_equal(sum.first, 2);
	expect_rule(s, 2, &ask, ADMISSION_ADMITS, "admits you");
	ask = ask_for("192.0.2.11");
	expect_rule(s, 3, &ask, ADMISSION_NEAR, "1 above it");
	ask = ask_for("::ffff:10.0.9.5");
	admission_judge(s, &ask, &sum);
	assert_int_equal(sum.first, 1);
	snapshot_unref(s);
}

static void groups_ports_and_families(void **state)
{
	struct admission_ask ask = ask_for("2001:db8:7::9");
	struct snapshot *s = new_rules();
	char would[ADMISSION_WOULD_MAX];
	struct admission_sum sum;
	struct rule *r;

	(void)state;
	add_cidr(s, "-1", -1, -1, "0.0.0.0/0");
	add_cidr(s, "6", 5000, 6000, "2001:db8:7::/48");
	add_group(s, "sg-app");
	add_cidr(s, "tcp", -1, -1, "2001:db8:7::9/128");
	add_cidr(s, "icmpv6", -1, -1, "::/0");
	r = add_rule(s, "-1", -1, -1);
	SET(r, struct rule, egress, 1);
	SET(r, struct rule, cidr_ipv6, STR("::/0"));
	/* all of IPv4 is nothing for an IPv6 address */
	expect_rule(s, 0, &ask, ADMISSION_FAMILY, "IPv4");
	expect_rule(s, 1, &ask, ADMISSION_ADMITS, "admits you");
	expect_rule(s, 2, &ask, ADMISSION_GROUP, "not in group");
	expect_rule(s, 3, &ask, ADMISSION_ADMITS, "admits you");
	expect_rule(s, 4, &ask, ADMISSION_PORT, "other port");
	admission_judge(s, &ask, &sum);
	assert_int_equal(sum.admitting, 2);
	assert_int_equal(sum.first, 1);
	ask.groups = STR("sg-other,sg-app");
	expect_rule(s, 2, &ask, ADMISSION_ADMITS, "admits you");
	ask.groups = STR("sg-ap");
	expect_rule(s, 2, &ask, ADMISSION_GROUP, "not in group");
	ask.egress = true;
	admission_judge(s, &ask, &sum);
	assert_int_equal(sum.admitting, 1);
	assert_int_equal(sum.first, 5);
	ask = ask_for("2001:db8:9::1");
	admission_judge(s, &ask, &sum);
	assert_int_equal(sum.admitting, 0);
	assert_string_equal(admission_would(s, &sum, &ask, would), "tcp 5432 2001:db8:9::1/128");
	ask.port = 6001;
	ask.addr = ask_for("2001:db8:7::8").addr;
	expect_rule(s, 1, &ask, ADMISSION_PORT, "other port");
	snapshot_unref(s);
}

/* A list that could not be read may hold the address: it is never counted as closed. */
static void what_cannot_be_read_is_not_judged(void **state)
{
	struct admission_ask ask = ask_for("203.0.113.7");
	struct snapshot *s = new_rules();
	struct admission_sum sum;

	(void)state;
	add_list(s, "pl-unread", NULL);
	add_list(s, "pl-empty", "");
	add_list(s, "pl-odd", "198.51.100.0/25,nonsense");
	add_list(s, "pl-odd-and-open", "nonsense,203.0.113.0/24");
	expect_rule(s, 0, &ask, ADMISSION_UNKNOWN, "not known");
	expect_rule(s, 1, &ask, ADMISSION_OUTSIDE, "outside");
	expect_rule(s, 2, &ask, ADMISSION_UNKNOWN, "not known");
	expect_rule(s, 3, &ask, ADMISSION_ADMITS, "admits you");
	admission_judge(s, &ask, &sum);
	assert_int_equal(sum.admitting, 1);
	assert_int_equal(sum.nunknown, 2);
	admission_judge(NULL, &ask, &sum);
	assert_int_equal(sum.admitting, 0);
	assert_int_equal(sum.closest, -1);
	snapshot_unref(s);
}

/* ---- against strings of bits ---- */

#define BITS 128
struct bits {
	char b[BITS + 1]; /* '0' and '1', IPv4 behind its 96 */
	bool v4;
};

static uint64_t seed = 0x9e3779b97f4a7c15u;

static unsigned below(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % n;
}

/* Close to each other, so that they meet often: most bits are those of a few trunks. */
static struct bits random_bits(void)
{
	static const char *const trunks[] = {"0000101000000000", "1100101100000000", "0010000000000001"};
	struct bits x = {.v4 = below(3) > 0};
	int start = x.v4 ? 96 : 0;
	const char *trunk = trunks[x.v4 ? below(2) : 2];

	memset(x.b, '0', BITS);
	if (x.v4)
		memset(x.b + 80, '1', 16);
	for (int i = 0; i < 16; i++)
		x.b[start + i] = trunk[i];
	for (int i = start + 16; i < BITS; i++)
		x.b[i] = below(i < BITS - 10 ? 40 : 2) == 0 ? '1' : '0';
	return x;
}

static unsigned byte_of(const struct bits *x, int at)
{
	unsigned v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 1 | (x->b[at + i] == '1');
	return v;
}

static const char *text_of(const struct bits *x, int prefix)
{
	static char out[80];
	int used = 0;

	if (x->v4)
		used = snprintf(out, sizeof(out), "%u.%u.%u.%u", byte_of(x, 96), byte_of(x, 104), byte_of(x, 112),
				byte_of(x, 120));
	for (int i = 0; !x->v4 && i < 8; i++)
		used += snprintf(out + used, sizeof(out) - (size_t)used, "%s%x", i ? ":" : "",
				 byte_of(x, 16 * i) << 8 | byte_of(x, 16 * i + 8));
	if (prefix >= 0)
		(void)snprintf(out + used, sizeof(out) - (size_t)used, "/%d", prefix);
	return out;
}

/* A network as random as can be and still a network: bits behind its length are kept, for the reader to clear. */
static int random_length(const struct bits *x)
{
	return x->v4 ? (int)below(5) == 0 ? (int)below(33) : 16 + (int)below(17) : 32 + (int)below(97);
}

static bool bits_inside(const struct bits *network, int length, const struct bits *x)
{
	return network->v4 == x->v4 && strncmp(network->b, x->b, (size_t)(length + (x->v4 ? 96 : 0))) == 0;
}

struct plain_rule {
	struct bits networks[4];
	int lengths[4], n;
	int protocol, from, to;
	bool group, mine;
};

static bool plain_admits(const struct plain_rule *r, const struct bits *x, int port)
{
	bool fits = r->protocol == -1 || (r->protocol == 6 && (r->from < 0 || (r->from <= port && port <= r->to)));

	if (r->group)
		return fits && r->mine;
	for (int i = 0; i < r->n; i++)
		if (fits && bits_inside(&r->networks[i], r->lengths[i], x))
			return true;
	return false;
}

static void add_random_rule(struct snapshot *s, struct plain_rule *r)
{
	static const int numbers[] = {-1, 6, 6, 6, 17};
	static const char *const words[] = {"-1", "tcp", "6", "tcp", "udp"};
	unsigned which = below(ARRAY_LEN(numbers));
	char list[400] = "";

	*r = (struct plain_rule){.protocol = numbers[which], .from = -1, .to = -1, .n = 1};
	if (r->protocol != -1 && below(8) > 0) {
		r->from = 5425 + (int)below(10);
		r->to = r->from + (int)below(6);
	}
	if (below(6) == 0) {
		struct rule *row = add_rule(s, words[which], r->from, r->to);

		r->group = true;
		r->mine = below(2) == 0;
		SET(row, struct rule, referenced_group, r->mine ? STR("sg-mine") : STR("sg-theirs"));
		return;
	}
	r->n = below(3) == 0 ? 1 + (int)below(4) : 1;
	for (int i = 0; i < r->n; i++) {
		r->networks[i] = random_bits();
		r->lengths[i] = random_length(&r->networks[i]);
		(void)snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? "," : "",
			       text_of(&r->networks[i], r->lengths[i]));
	}
	if (r->n == 1) {
		add_cidr(s, words[which], r->from, r->to, list);
	} else {
		struct rule *row = add_rule(s, words[which], r->from, r->to);

		SET(row, struct rule, prefix_list, STR("pl-1"));
		SET(row, struct rule, networks, keep(s, list));
	}
}

static void admission_is_what_the_bits_say(void **state)
{
	size_t admitted = 0, refused = 0;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct snapshot *s = new_rules();
		struct plain_rule rules[8];
		struct bits x = random_bits();
		struct admission_ask ask = ask_for(text_of(&x, -1));
		struct admission_sum sum;
		size_t n = 1 + below(ARRAY_LEN(rules)), expected = 0;
		long first = -1;

		ask.port = 5425 + below(14);
		ask.groups = STR("sg-mine");
		for (size_t i = 0; i < n; i++) {
			bool plain;
			struct admission a;

			add_random_rule(s, &rules[i]);
			plain = plain_admits(&rules[i], &x, (int)ask.port);
			expected += plain;
			if (plain && first < 0)
				first = (long)i;
			admission_rule(s, i, &ask, &a);
			if ((a.kind == ADMISSION_ADMITS) != plain)
				fail_msg("seed round %d, rule %zu: %d", round, i, (int)a.kind);
			/* adding what is missing to the nearest address leads inside */
			if (a.kind == ADMISSION_NEAR)
				assert_true(a.distance > 0);
		}
		admission_judge(s, &ask, &sum);
		assert_int_equal(sum.admitting, expected);
		assert_int_equal(sum.first, first);
		assert_true(expected > 0 || sum.closest >= 0);
		admitted += expected > 0;
		refused += expected == 0;
		snapshot_unref(s);
	}
	/* both were tried */
	assert_true(admitted > 300 && refused > 300);
}

/* The distance is the number of steps, one address at a time, that lead into the network. */
static void distance_is_counted_in_addresses(void **state)
{
	(void)state;
	for (int round = 0; round < 2000; round++) {
		unsigned start = 0x0a000000u + (below(64) << 4), length = 22 + below(11);
		unsigned at = 0x0a000000u + below(1024), steps = 0, mask = 0xffffffffu << (32 - length);
		char network[40], host[40];
		struct net_prefix p;
		struct net_addr a;
		bool low;

		(void)snprintf(network, sizeof(network), "%u.%u.%u.%u/%u", start >> 24, start >> 16 & 255,
			       start >> 8 & 255, start & 255, length);
		(void)snprintf(host, sizeof(host), "%u.%u.%u.%u", at >> 24, at >> 16 & 255, at >> 8 & 255, at & 255);
		assert_true(net_prefix_parse(str_c(network), &p) && net_addr_parse(str_c(host), &a));
		while (((at + steps) & mask) != (start & mask) && ((at - steps) & mask) != (start & mask))
			steps++;
		assert_int_equal(net_prefix_distance(&p, &a, &low), steps);
		if (steps > 0)
			assert_int_equal(low, (at & mask) < (start & mask));
		p = net_prefix_cover(&p, &a);
		assert_true(net_prefix_has(&p, &a));
	}
}

/* ---- network ACLs ---- */

static struct acl_answer judge_acl(const struct snapshot *s, bool egress, const char *addr, int64_t from, int64_t to)
{
	struct acl_ask ask = {STR("subnet-1"), egress, {{0}, false}, PROTOCOL_TCP, from, to};
	struct acl_answer answer;

	assert_true(net_addr_parse(str_c(addr), &ask.addr));
	acl_judge(s, &ask, &answer);
	return answer;
}

static void the_first_rule_by_number_decides(void **state)
{
	struct snapshot *s = snapshot_new(&acl_type, "network_acls");
	struct acl_answer a;

	(void)state;
	add_acl(s, false, 32767, "-1", -1, -1, "0.0.0.0/0", false);
	add_acl(s, false, 200, "-1", -1, -1, "0.0.0.0/0", true);
	add_acl(s, false, 100, "tcp", 5432, 5432, "203.0.113.0/24", false);
	add_acl(s, false, 150, "udp", 5432, 5432, "198.51.100.0/24", false);
	add_acl(s, true, 100, "6", 32768, 60999, "0.0.0.0/0", true);
	a = judge_acl(s, false, "203.0.113.7", 5432, 5432);
	assert_int_equal(a.verdict, ACL_DENIES);
	assert_int_equal(a.rule_number, 100);
	assert_true(str_eq_c(a.acl_id, "acl-1"));
	assert_int_equal(judge_acl(s, false, "198.51.100.9", 5432, 5432).verdict, ACL_ALLOWS);
	/* no rule for IPv6: denied by * */
	a = judge_acl(s, false, "2001:db8::1", 5432, 5432);
	assert_int_equal(a.verdict, ACL_DENIES);
	assert_int_equal(a.rule_number, -1);
	/* the answers' ports: Linux's all, not those of others */
	assert_int_equal(judge_acl(s, true, "203.0.113.7", 32768, 60999).verdict, ACL_ALLOWS);
	a = judge_acl(s, true, "203.0.113.7", EPHEMERAL_FIRST, EPHEMERAL_LAST);
	assert_int_equal(a.verdict, ACL_DENIES);
	assert_int_equal(a.port, EPHEMERAL_FIRST);
	a = judge_acl(s, true, "203.0.113.7", 40000, EPHEMERAL_LAST);
	assert_int_equal(a.port, 61000);
	assert_int_equal(judge_acl(NULL, false, "10.0.0.1", 1, 1).verdict, ACL_UNKNOWN);
	snapshot_unref(s);
}

struct plain_acl {
	struct plain_rule rules[6];
	int numbers[6], n;
	bool allow[6];
};

static void add_random_acl(struct snapshot *s, struct plain_acl *acl, int round)
{
	acl->n = 1 + (int)below(6);
	for (int i = 0; i < acl->n; i++) {
		struct plain_rule *r = &acl->rules[i];

		*r = (struct plain_rule){.n = 1, .protocol = below(3) ? 6 : -1, .from = -1, .to = -1};
		r->networks[0] = random_bits();
		r->lengths[0] = (int)below(2) ? 0 : random_length(&r->networks[0]);
		if (r->protocol == 6 && below(4)) {
			r->from = (int)below(40);
			r->to = r->from + (int)below(12);
		}
		/* distinct numbers, in no order */
		acl->numbers[i] = 100 + (i * 7 + round) % 11;
		acl->allow[i] = below(3) > 0;
		add_acl(s, false, acl->numbers[i], r->protocol == 6 ? "6" : "-1", r->from, r->to,
			text_of(&r->networks[0], r->lengths[0]), acl->allow[i]);
	}
}

static bool plain_allows(const struct plain_acl *acl, const struct bits *x, int port)
{
	int best = -1;

	for (int i = 0; i < acl->n; i++)
		if (plain_admits(&acl->rules[i], x, port) && (best < 0 || acl->numbers[i] < acl->numbers[best]))
			best = i;
	return best >= 0 && acl->allow[best];
}

static void acl_ports_are_what_each_port_says(void **state)
{
	(void)state;
	for (int round = 0; round < 1500; round++) {
		struct snapshot *s = snapshot_new(&acl_type, "network_acls");
		int from = (int)below(20), to = from + (int)below(20), denied = from;
		struct bits x = random_bits();
		struct plain_acl acl;
		struct acl_answer a;

		add_random_acl(s, &acl, round);
		while (denied <= to && plain_allows(&acl, &x, denied))
			denied++;
		a = judge_acl(s, false, text_of(&x, -1), from, to);
		assert_int_equal(a.verdict, denied > to ? ACL_ALLOWS : ACL_DENIES);
		if (denied <= to)
			assert_int_equal(a.port, denied);
		snapshot_unref(s);
	}
}

/* ---- routes ---- */

static struct route_answer route_to(const struct snapshot *s, const char *subnet, const char *addr)
{
	struct route_answer answer;
	struct net_addr a;

	assert_true(net_addr_parse(str_c(addr), &a));
	route_find(s, str_c(subnet), &a, &answer);
	return answer;
}

static void the_longest_network_wins(void **state)
{
	struct snapshot *s = snapshot_new(&route_type, "route_tables");

	(void)state;
	add_route(s, "0.0.0.0/0", "nat-gateway", "nat-1", "active");
	add_route(s, "10.0.0.0/16", "local", "local", "active");
	add_route(s, "10.0.0.0/8", "transit-gateway", "tgw-1", "active");
	add_route(s, "192.168.0.0/16", "vpc-peering", "pcx-1", "blackhole");
	add_route(s, "pl-6da54004", "vpc-endpoint", "vpce-1", "active");
	assert_int_equal(route_to(s, "subnet-1", "10.0.9.5").kind, ROUTE_LOCAL);
	assert_int_equal(route_to(s, "subnet-1", "10.8.0.3").kind, ROUTE_BEYOND);
	assert_true(str_eq_c(route_to(s, "subnet-1", "10.8.0.3").target, "tgw-1"));
	assert_int_equal(route_to(s, "subnet-1", "203.0.113.7").kind, ROUTE_NAT);
	assert_int_equal(route_to(s, "subnet-1", "192.168.1.5").kind, ROUTE_BLACKHOLE);
	assert_int_equal(route_to(s, "subnet-1", "2001:db8::1").kind, ROUTE_NONE);
	assert_int_equal(route_to(s, "subnet-2", "10.0.9.5").kind, ROUTE_UNKNOWN);
	assert_int_equal(route_to(NULL, "subnet-1", "10.0.9.5").kind, ROUTE_UNKNOWN);
	assert_false(route_is_public(s, STR("subnet-1")));
	add_route(s, "203.0.113.0/24", "internet-gateway", "igw-1", "active");
	assert_int_equal(route_to(s, "subnet-1", "203.0.113.7").kind, ROUTE_INTERNET);
	assert_true(route_is_public(s, STR("subnet-1")));
	/* a list that cannot be looked into may have a longer network, but not inside the VPC */
	add_route(s, "pl-0c0ffee1", "transit-gateway", "tgw-1", "active");
	assert_int_equal(route_to(s, "subnet-1", "203.0.113.7").kind, ROUTE_UNKNOWN);
	assert_int_equal(route_to(s, "subnet-1", "10.0.9.5").kind, ROUTE_LOCAL);
	snapshot_unref(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read_and_written),
		cmocka_unit_test(networks_are_read_and_written),
		cmocka_unit_test(every_rule_says_what_you_are_to_it),
		cmocka_unit_test(groups_ports_and_families),
		cmocka_unit_test(what_cannot_be_read_is_not_judged),
		cmocka_unit_test(admission_is_what_the_bits_say),
		cmocka_unit_test(distance_is_counted_in_addresses),
		cmocka_unit_test(the_first_rule_by_number_decides),
		cmocka_unit_test(acl_ports_are_what_each_port_says),
		cmocka_unit_test(the_longest_network_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
