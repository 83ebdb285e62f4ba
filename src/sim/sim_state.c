/*
 * sim_state.c: the clusters of the simulated account, and how they change with time.
 *
 * The estate is built once and is the same for the same options: prod-orders (one writer,
 * two readers, the incident of the pictures), analytics-sls (Serverless v2 that pauses),
 * legacy-archive (stopped) and N clusters more. What moves is a function of the clock, not
 * of earlier calls, so two readers asking at the same time see the same; only a failover
 * is remembered. Lists are in the order of identifiers, as the service gives them.
 */
#include "sim/sim_internal.h"

/* A failover as seen from outside: the status lags behind the call, the roles swap in between. */
#define FAILOVER_SEEN_US (2 * US_PER_S)
#define FAILOVER_SWAP_US (6 * US_PER_S)
#define FAILOVER_DONE_US (14 * US_PER_S)

#define GIB 1073741824.0
#define TIB (1024 * GIB)

uint64_t sim_hash(uint64_t h, uint64_t v)
{
	h ^= v + 0x9e3779b97f4a7c15u + (h << 6) + (h >> 2);
	h ^= h >> 30;
	h *= 0xbf58476d1ce4e5b9u;
	h ^= h >> 27;
	h *= 0x94d049bb133111ebu;
	return h ^ (h >> 31);
}

uint64_t sim_hash_str(uint64_t h, const char *s)
{
	for (; *s; s++)
		h = sim_hash(h, (unsigned char)*s);
	return h;
}

double sim_hash_unit(uint64_t h)
{
	return (double)(h >> 11) / 9007199254740992.0;
}

int64_t sim_auth_now(const struct sim *s)
{
	return s->now ? s->now(s->now_ctx) : clock_wall_us();
}

int64_t sim_now(const struct sim *s)
{
	return sim_auth_now(s) + s->offset_us;
}

const char *sim_partition(const struct sim *s)
{
	struct str region = str_c(s->o.region);

	if (str_starts(region, STR("cn-")))
		return "aws-cn";
	return str_starts(region, STR("us-gov-")) ? "aws-us-gov" : "aws";
}

/* cluster-ABC... and db-ABC...: 26 letters and digits. */
static const char *resource_id(struct sim *s, const char *prefix, const char *id)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint64_t h = sim_hash_str(sim_hash_str(1, prefix), id);
	char text[27];

	for (int i = 0; i < 26; i++) {
		h = sim_hash(h, (uint64_t)i);
		text[i] = letters[h & 31];
	}
	text[26] = '\0';
	return arena_fmt(s->arena, "%s-%s", prefix, text).ptr;
}

static const char *family_of(struct sim *s, const char *version)
{
	return arena_strz(s->arena, arena_fmt(s->arena, "aurora-postgresql%.2s", version));
}

static struct sim_cluster *add_cluster(struct sim *s, const char *id, const char *version)
{
	struct sim_cluster *c = &s->clusters[s->nclusters++];

	c->id = arena_strz(s->arena, str_c(id));
	c->resource_id = resource_id(s, "cluster", id);
	c->engine_version = version;
	c->family = family_of(s, version);
	c->status = "available";
	c->hash = sim_hash_str(sim_hash(2, (uint64_t)s->o.seed), id);
	c->retention_days = 7;
	c->age_us = (int64_t)(100 + c->hash % 900) * US_PER_DAY + (int64_t)(c->hash % 86400) * US_PER_S;
	return c;
}

static void add_member(struct sim *s, struct sim_cluster *c, const char *id, const char *class_name)
{
	struct sim_instance *m = &c->members[c->nmembers];

	m->id = arena_strz(s->arena, str_c(id));
	m->resource_id = resource_id(s, "db", id);
	m->class_name = class_name;
	m->az = arena_strz(s->arena, arena_fmt(s->arena, "%s%c", s->o.region, "abc"[c->nmembers % 3]));
	m->tier = c->nmembers;
	c->nmembers++;
}

static void add_analytics(struct sim *s)
{
	struct sim_cluster *c = add_cluster(s, "analytics-sls", "16.4");

	add_member(s, c, "analytics-sls-1", "db.serverless");
	c->serverless = true;
	c->database = "analytics";
	c->group_id = "sg-0b7c1d22";
	c->subnet_group = "prod-orders-db";
	c->volume_bytes = 214 * GIB;
	c->growth_bytes_day = 0.7 * GIB;
}

static void add_orders(struct sim *s)
{
	struct sim_cluster *c = add_cluster(s, "prod-orders", "15.4");

	add_member(s, c, "orders-1", "db.r6g.2xlarge");
	add_member(s, c, "orders-2", "db.r6g.2xlarge");
	add_member(s, c, "orders-3", "db.r6g.2xlarge");
	c->is_orders = true;
	c->exports_log = true;
	c->database = "orders";
	c->group_id = "sg-0a1b2c3d";
	c->subnet_group = "prod-orders-db";
	c->age_us = 612 * US_PER_DAY;
	c->volume_bytes = 1.21 * TIB;
	c->growth_bytes_day = 3.1 * GIB;
}

static void add_legacy(struct sim *s)
{
	struct sim_cluster *c = add_cluster(s, "legacy-archive", "13.12");

	add_member(s, c, "legacy-archive-1", "db.r5.large");
	c->stopped = true;
	c->status = "stopped";
	c->database = "archive";
	c->group_id = "sg-0dead0b1";
	c->subnet_group = "fleet-db";
	c->age_us = 1480 * US_PER_DAY;
	c->volume_bytes = 640 * GIB;
}

static void add_fleet(struct sim *s, int number)
{
	static const char *const versions[] = {"13.18", "14.15", "15.4", "15.10", "16.4", "16.6", "16.8", "17.4"};
	static const char *const classes[] = {"db.r6g.large",  "db.r6g.xlarge", "db.r6g.2xlarge",
					      "db.r7g.xlarge", "db.t4g.medium", "db.serverless"};
	static const char *const odd[] = {"backing-up", "upgrading", "modifying", "maintenance"};
	char id[32], member[48];
	struct sim_cluster *c;
	const char *class_name;
	uint64_t h;

	snprintf(id, sizeof(id), "fleet-%04d", number);
	h = sim_hash_str(sim_hash(3, (uint64_t)s->o.seed), id);
	c = add_cluster(s, id, versions[h % ARRAY_LEN(versions)]);
	class_name = classes[(h >> 8) % ARRAY_LEN(classes)];
	for (unsigned i = 0; i <= (h >> 16) % 3; i++) {
		snprintf(member, sizeof(member), "%s-%u", id, i + 1);
		add_member(s, c, member, class_name);
	}
	c->serverless = strcmp(class_name, "db.serverless") == 0;
	c->database = "app";
	c->group_id = arena_strz(s->arena, arena_fmt(s->arena, "sg-1%07x", (unsigned)number));
	c->subnet_group = "fleet-db";
	c->retention_days = (h >> 24) % 8 == 0 ? 1 : 7;
	if ((h >> 32) % 25 == 0)
		c->status = odd[(h >> 40) % ARRAY_LEN(odd)];
	c->volume_bytes = (20 + 800 * sim_hash_unit(h)) * GIB;
	c->growth_bytes_day = sim_hash_unit(sim_hash(h, 1)) * 2 * GIB;
}

void sim_state_build(struct sim *s)
{
	s->clusters = arena_alloc_array(s->arena, (size_t)s->o.extra_clusters + 3, sizeof(*s->clusters));
	s->epoch_us = sim_now(s);
	add_analytics(s);
	for (int i = 1; i <= s->o.extra_clusters; i++)
		add_fleet(s, i);
	add_legacy(s);
	add_orders(s);
}

/* The name behind "arn:aws:rds:REGION:ACCOUNT:KIND:", or the text itself. */
static struct str bare_name(struct str id)
{
	struct str part;

	if (!str_starts(id, STR("arn:")))
		return id;
	for (int i = 0; i < 6; i++)
		if (!str_split(&id, ':', &part))
			return (struct str){NULL, 0};
	return id;
}

struct sim_cluster *sim_cluster_find(struct sim *s, struct str id)
{
	for (size_t i = 0; i < s->nclusters; i++)
		if (str_ieq(bare_name(id), str_c(s->clusters[i].id)))
			return &s->clusters[i];
	return NULL;
}

struct sim_cluster *sim_instance_find(struct sim *s, struct str id, int *ret_member)
{
	for (size_t i = 0; i < s->nclusters; i++) {
		for (int k = 0; k < s->clusters[i].nmembers; k++) {
			*ret_member = k;
			if (str_ieq(bare_name(id), str_c(s->clusters[i].members[k].id)))
				return &s->clusters[i];
		}
	}
	return NULL;
}

static bool failing_over(const struct sim_cluster *c, int64_t now_us)
{
	int64_t since = now_us - c->failover_us;

	return c->failover_us != 0 && since >= FAILOVER_SEEN_US && since < FAILOVER_DONE_US;
}

int sim_cluster_writer(const struct sim_cluster *c, int64_t now_us)
{
	if (c->failover_us != 0 && now_us - c->failover_us >= FAILOVER_SWAP_US)
		return c->failover_to;
	return c->writer;
}

void sim_cluster_failover(struct sim_cluster *c, int to, int64_t now_us)
{
	c->writer = sim_cluster_writer(c, now_us);
	c->failover_to = to;
	c->failover_us = now_us;
	if (c->nfailovers == SIM_FAILOVERS_MAX)
		memmove(c->failovers, c->failovers + 1, --c->nfailovers * sizeof(c->failovers[0]));
	c->failovers[c->nfailovers++] = (struct sim_failover){now_us, c->writer, to};
}

const char *sim_cluster_status(const struct sim_cluster *c, int64_t now_us)
{
	return failing_over(c, now_us) ? "failing-over" : c->status;
}

const char *sim_instance_status(const struct sim_cluster *c, int member, int64_t now_us)
{
	if (failing_over(c, now_us) && member == c->writer)
		return "rebooting";
	return strcmp(c->status, "upgrading") == 0 || c->stopped ? c->status : "available";
}
