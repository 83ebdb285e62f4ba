/*
 * sim_state.c: the clusters of the simulated account, and how they change with time.
 *
 * The estate is built once, from the scenario and the number of clusters to make up beside
 * its own, and is the same for the same options. What moves is a function of the clock, not
 * of earlier calls, so two readers asking at the same time see the same; only a failover
 * is remembered. Lists are in the order of identifiers, as the service gives them.
 */
#include "base/sort.h"
#include "sim/sim_internal.h"
#include "sim/sim_scenario.h"

/* A failover as seen from outside: the status lags behind the call, the roles swap in between. */
#define FAILOVER_SEEN_US (2 * US_PER_S)
#define FAILOVER_SWAP_US (6 * US_PER_S)
#define FAILOVER_DONE_US (14 * US_PER_S)

#define GIB 1073741824.0

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

static void add_member(struct sim *s, struct sim_cluster *c, const char *id, const char *class_name, int zone, int tier)
{
	struct sim_instance *m = &c->members[c->nmembers];

	m->id = arena_strz(s->arena, str_c(id));
	m->resource_id = resource_id(s, "db", id);
	m->class_name = class_name;
	m->az = arena_strz(s->arena, arena_fmt(s->arena, "%s%c", s->o.region, zone));
	m->tier = tier >= 0 ? tier : c->nmembers;
	c->nmembers++;
}

/* What follows from identifier and seed. */
static void complete(struct sim *s, struct sim_cluster *c)
{
	c->hash = sim_hash_str(sim_hash(2, (uint64_t)s->o.seed), c->id);
	c->resource_id = resource_id(s, "cluster", c->id);
	c->family = family_of(s, c->engine_version);
	c->stopped = strcmp(c->status, "stopped") == 0;
	c->serverless = strcmp(c->members[0].class_name, "db.serverless") == 0;
	if (c->age_us == 0)
		c->age_us = (int64_t)(100 + c->hash % 900) * US_PER_DAY + (int64_t)(c->hash % 86400) * US_PER_S;
	if (c->metrics_scale == 0)
		c->metrics_scale = 0.2 + 0.9 * sim_hash_unit(sim_hash(c->hash, 11));
	if (c->peak_hour < 0)
		c->peak_hour = (int)(c->hash % 5);
	for (int i = 0; i < c->nmembers && c->writer_id; i++)
		if (strcmp(c->members[i].id, c->writer_id) == 0)
			c->writer = i;
}

static void add_of_estate(struct sim *s, const struct sim_cluster *row)
{
	struct sim_cluster *c = &s->clusters[s->nclusters++];

	*c = *row;
	for (size_t i = 0; i < s->estate->ninstances; i++) {
		const struct sim_instance_row *m = &s->estate->instances[i];

		if (strcmp(m->cluster, c->id) == 0)
			add_member(s, c, m->id, m->class, m->zone ? m->zone[0] : "abc"[c->nmembers % 3], m -> tier);
	}
	complete(s, c);
}

static void add_fleet(struct sim *s, int number)
{
	static const char *const versions[] = {"13.18", "14.15", "15.4", "15.10", "16.4", "16.6", "16.8", "17.4"};
	static const char *const classes[] = {"db.r6g.large",  "db.r6g.xlarge", "db.r6g.2xlarge",
					      "db.r7g.xlarge", "db.t4g.medium", "db.serverless"};
	static const char *const odd[] = {"backing-up", "upgrading", "modifying", "maintenance"};
	struct sim_cluster *c = &s->clusters[s->nclusters++];
	char id[32], member[48];
	unsigned nmembers;
	uint64_t h;

	snprintf(id, sizeof(id), "fleet-%04d", number);
	h = sim_hash_str(sim_hash(3, (uint64_t)s->o.seed), id);
	c->id = arena_strz(s->arena, str_c(id));
	c->fleet = true;
	c->engine_version = versions[h % ARRAY_LEN(versions)];
	c->status = (h >> 32) % 25 == 0 ? odd[(h >> 40) % ARRAY_LEN(odd)] : "available";
	c->database = "app";
	c->group_id = arena_strz(s->arena, arena_fmt(s->arena, "sg-1%07x", (unsigned)number));
	c->subnet_group = s->estate->nsubnet_groups ? s->estate->subnet_groups[0].id : "";
	c->retention_days = (h >> 24) % 8 == 0 ? 1 : 7;
	c->volume_bytes = (20 + 800 * sim_hash_unit(h)) * GIB;
	c->growth_bytes_day = sim_hash_unit(sim_hash(h, 1)) * 2 * GIB;
	c->min_capacity = 0.5;
	c->max_capacity = 16;
	c->minor_upgrades = true;
	c->insights = (h >> 12) % 4 != 0;
	c->io_optimized = (h >> 20) % 9 == 0;
	c->peak_hour = -1;
	c->load = 1;
	nmembers = s->estate->fleet_instances ? (unsigned)s->estate->fleet_instances : (unsigned)(1 + (h >> 16) % 3);
	for (unsigned i = 0; i < nmembers; i++) {
		snprintf(member, sizeof(member), "%s-%u", id, i + 1);
		add_member(s, c, member, classes[(h >> 8) % ARRAY_LEN(classes)], "abc"[i % 3], -1);
	}
	complete(s, c);
}

static int by_id(uint32_t a, uint32_t b, void *ctx)
{
	const struct sim_cluster *rows = ctx;

	return strcmp(rows[a].id, rows[b].id);
}

void sim_state_build(struct sim *s)
{
	const struct sim_estate *e = s->estate;
	int fleet = s->o.extra_clusters ? s->o.extra_clusters : e->fleet;
	size_t n = e->nclusters + (size_t)fleet;
	struct sim_cluster *sorted = arena_alloc_array(s->arena, n, sizeof(*sorted));
	uint32_t *order = arena_alloc_array(s->arena, 2 * n, sizeof(*order));

	s->clusters = arena_alloc_array(s->arena, n, sizeof(*s->clusters));
	s->epoch_us = sim_now(s);
	for (size_t i = 0; i < e->nclusters; i++)
		add_of_estate(s, &e->clusters[i]);
	for (int i = 1; i <= fleet; i++)
		add_fleet(s, i);
	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t)i;
	sort_indices(order, order + n, n, by_id, s->clusters);
	for (size_t i = 0; i < n; i++)
		sorted[i] = s->clusters[order[i]];
	s->clusters = sorted;
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

bool sim_cluster_stopped(const struct sim_cluster *c, int64_t at_us)
{
	bool turned = c->turned_us == 0 || at_us - c->turned_us >= SIM_TURN_US;

	return turned ? c->stopped : !c->stopped;
}

/* What the whole cluster is busy with, NULL = nothing. */
static const char *busy(const struct sim_cluster *c, int64_t now_us)
{
	if (c->turned_us != 0 && now_us - c->turned_us < SIM_TURN_US)
		return c->stopped ? "stopping" : "starting";
	for (size_t i = 0; i < SIM_PENDING_MAX; i++) {
		int64_t patching = now_us - c->opt_ins[i].applied_us;

		if (c->opt_ins[i].type && patching >= SIM_PATCH_SEEN_US && patching < SIM_PATCH_US)
			return "maintenance";
	}
	return NULL;
}

bool sim_cluster_pending(const struct sim_cluster *c, size_t i, int64_t now_us, struct str *ret_action,
			 struct str *ret_description, bool *ret_waits)
{
	struct str rest = str_c(c->maintenance ? c->maintenance : "");

	if (i >= SIM_PENDING_MAX)
		return false;
	for (size_t n = 0; n <= i; n++)
		if (rest.len == 0 || !str_split(&rest, ';', ret_description))
			return false;
	*ret_description = str_trim(*ret_description);
	(void)str_split(ret_description, ' ', ret_action);
	*ret_description = str_trim(*ret_description);
	*ret_waits = !c->opt_ins[i].type || now_us - c->opt_ins[i].applied_us < SIM_PATCH_US;
	return true;
}

const char *sim_cluster_status(const struct sim_cluster *c, int64_t now_us)
{
	const char *doing = busy(c, now_us);

	if (failing_over(c, now_us))
		return "failing-over";
	return doing ? doing : c->status;
}

const char *sim_instance_status(const struct sim_cluster *c, int member, int64_t now_us)
{
	const char *doing = busy(c, now_us);

	if (doing)
		return doing;
	if (failing_over(c, now_us) && member == c->writer)
		return "rebooting";
	if (c->rebooted_us[member] != 0 && now_us - c->rebooted_us[member] < SIM_REBOOT_US)
		return "rebooting";
	return strcmp(c->status, "upgrading") == 0 || c->stopped ? c->status : "available";
}

static void take_later(int64_t *at_us, int64_t other_us)
{
	if (other_us > *at_us)
		*at_us = other_us;
}

int64_t sim_member_restarted(const struct sim_cluster *c, int member, int64_t now_us)
{
	int64_t at = c->rebooted_us[member];

	if (!c->stopped)
		take_later(&at, c->turned_us);
	if (member == c->writer || member == c->failover_to)
		take_later(&at, c->failover_us);
	for (size_t i = 0; i < SIM_PENDING_MAX; i++)
		if (c->opt_ins[i].type && c->opt_ins[i].applied_us <= now_us)
			take_later(&at, c->opt_ins[i].applied_us);
	return at;
}

void sim_cluster_backup_window(const struct sim_cluster *c, char ret_text[SIM_WINDOW_MAX])
{
	int hour = (int)(c->hash % 24);

	if (c->new_backup_window[0])
		snprintf(ret_text, SIM_WINDOW_MAX, "%s", c->new_backup_window);
	else if (c->backup_window)
		snprintf(ret_text, SIM_WINDOW_MAX, "%s", c->backup_window);
	else
		snprintf(ret_text, SIM_WINDOW_MAX, "%02d:00-%02d:59", hour, hour);
}

const char *sim_cluster_maintenance_window(const struct sim_cluster *c)
{
	return c->maintenance_window[0] ? c->maintenance_window : "tue:03:00-tue:03:30";
}

/* Begins it, and remembers it for the events. */
static void begin_failover(struct sim_cluster *c, int to, int64_t at_us)
{
	c->writer = sim_cluster_writer(c, at_us);
	c->failover_to = to;
	c->failover_us = at_us;
	if (c->nfailovers == SIM_FAILOVERS_MAX)
		memmove(c->failovers, c->failovers + 1, --c->nfailovers * sizeof(c->failovers[0]));
	c->failovers[c->nfailovers++] = (struct sim_failover){at_us, c->writer, to};
}

bool sim_state_failover(struct sim_cluster *c, struct str target, int64_t at_us, struct err *err)
{
	int writer = sim_cluster_writer(c, at_us), to = -1;

	for (int i = 0; i < c->nmembers; i++)
		if (i != writer && to < 0 && (target.len == 0 || str_ieq(target, str_c(c->members[i].id))))
			to = i;
	if (c->stopped || strcmp(sim_cluster_status(c, at_us), "available") != 0)
		return err_set(err, ERR_UNAVAILABLE, "%s is not available", c->id);
	if (to < 0)
		return err_set(err, ERR_NOT_FOUND, "%s has no such reader to fail over to", c->id);
	begin_failover(c, to, at_us);
	return true;
}

/* The next planned failover that is not done, NULL = none. Rows of equal time come in the file's order. */
static const struct sim_failover_row *next_failover(const struct sim *s)
{
	const struct sim_estate *e = s->estate;
	const struct sim_failover_row *next = NULL;

	for (size_t i = 0; i < e->nfailovers; i++) {
		const struct sim_failover_row *f = &e->failovers[i];
		size_t before = 0;

		for (size_t k = 0; k < e->nfailovers; k++)
			before += e->failovers[k].at_us < f->at_us || (e->failovers[k].at_us == f->at_us && k < i);
		if (before == s->failovers_done)
			next = f;
	}
	return next;
}

void sim_state_advance(struct sim *s)
{
	const struct sim_failover_row *f;

	while ((f = next_failover(s)) != NULL && s->epoch_us + f->at_us <= sim_now(s)) {
		struct err ignored; /* the target may be the writer already: then nothing happens */

		s->failovers_done++;
		(void)sim_state_failover(sim_cluster_find(s, str_c(f->cluster)), str_c(f->target),
					 s->epoch_us + f->at_us, &ignored);
	}
}
