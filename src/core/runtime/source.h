/*
 * source.h: what the runtime knows of a source, and what a source may do.
 *
 * A source is one constant row: where it runs (lane), how often, what it needs, and
 * fetch(). fetch() runs on its lane's thread, blocks there, obeys the deadline and
 * fetch_cancelled(), and hands over snapshots with fetch_publish(). It keeps what it
 * must remember (connection, previous sample, history) in the lane's context and its
 * own state slot, both private to that thread.
 *
 * Adding a source: one .c file with struct, descriptor, request and this row; one
 * line in sources.def.
 */
#ifndef RUNTIME_SOURCE_H
#define RUNTIME_SOURCE_H

#include "model/logins.h"
#include "model/snapshot.h"

enum lane_id {
#define LANE(id, name) LANE_##id,
#include "runtime/lanes.def"
#undef LANE
	LANE__COUNT,
	LANE_COMMAND = LANE__COUNT /* of commands: a thread and a connection each (command.h) */
};

enum source_flags {
	SOURCE_AWS = 1 << 0,      /* needs an AWS region; skipped with --db alone */
	SOURCE_DB = 1 << 1,       /* needs a database */
	SOURCE_HISTORY = 1 << 2,  /* rows are points in time; --once prints only the newest */
	SOURCE_SERIES = 1 << 3,   /* data is snapshot->series; rows hold the newest points */
	SOURCE_TWICE = 1 << 4,    /* --once takes two, one interval apart, so that rates exist */
	SOURCE_CHANGES = 1 << 6,  /* of commands: changes something; refused on a read-only target */
	SOURCE_LOCAL = 1 << 7,    /* of this host, says nothing of the cluster; --once prints it when it is named */
	SOURCE_EXTRA = 1 << 5,    /* fed, and whole only while it is wanted (fetch_wants); once wanted, at once */
	SOURCE_STANDING = 1 << 8, /* keeps something ready: while paused and on each node, too; not in --once */
	SOURCE_LASTS = 1 << 9     /* of commands: counts as one that lasts, whatever its deadline (command.h) */
};

#define SOURCE_INPUTS_MAX 8
#define SOURCES_MAX 64
#define FETCH_DEADLINE_US (20 * US_PER_S)
#define FETCH_LISTING_MAX_US (600 * US_PER_S)

struct policies;
struct policy;

/*
 * The target of one console: immutable, reference-counted; a change (cluster, region,
 * range) is a new target with a higher generation. Strings are "" when not set.
 */
struct target {
	atomic_uint refs;
	uint64_t generation;
	char cluster[256]; /* DBClusterIdentifier; "" = none chosen yet: only the region list is fetched */
	char region[64];
	char profile[128];
	char endpoint_url[512];
	char conninfo[2048];     /* --db; "" = the cluster's writer endpoint */
	bool aws;                /* AWS sources are wanted (false with --db alone) */
	bool whole_region;       /* without a cluster: also what a region has too much of to list it unasked (--once) */
	bool wake;               /* consent to connect to a serverless cluster that may be paused */
	bool read_only;          /* --read-only; ask target_is_read_only() */
	int64_t interval_us;     /* sampler period */
	int64_t range_us;        /* of metric graphs */
	int64_t budget_nano_usd; /* an hour, for calls of AWS that are billed; 0 = no limit */
	int64_t compare_us;      /* metric graphs also show what was so long before: a day, a week; 0 = not */
	struct login_choice login;                       /* as whom, by which means; see target_choose_login() */
	char dbname[128], sslmode[32], sslrootcert[512]; /* database login options, may be "" */
	char nodes[2048];    /* NAME=CONNINFO; ...: how members are reached through tunnels */
	char node[64];       /* DBInstanceIdentifier of the one node this is about; "" = the writer */
	char node_host[256]; /* its endpoint */
	int64_t node_port;
	char node_conninfo[512];         /* what `nodes` says of it */
	const struct policies *policies; /* of config.ini; outlive every target; NULL = none are set */
	const struct logins *logins;     /* likewise */
	char db_host[256];               /* host that conninfo names, which may have a policy of its own; "" = none */
	bool db_proxy;                   /* it is an RDS Proxy, and no address is given: instances are better */
	char public_address[64];         /* this host's address as AWS sees it, set by hand; "" = not */
	char ask_public_address[512];    /* https://... of a service that may be asked for it; "" = nobody is */
};
/* Zeroed, one reference; interval 1 s, range 3 h. */
struct target *target_new(void);
/* False, with the reason and the remedy, when no cluster is chosen. */
bool target_has_cluster(const struct target *t, struct err *why) MUST_CHECK;
/* Copies all settings (not the reference count, not the generation) into a target nobody else has seen yet. */
void target_copy(struct target *t, const struct target *from);
/* What it is called: its cluster, else the host of --db; "" = neither is known. */
struct str target_name(const struct target *t);
/* What the policy of its cluster, else of the host of --db, else of all clusters says (model/policy.h). Never NULL. */
const struct policy *target_policy(const struct target *t);
/* Sets login as `logins` says for its cluster and the host of --db; for a target nobody else has seen yet. */
void target_choose_login(struct target *t);
/* By --read-only or by its policy. */
bool target_is_read_only(const struct target *t);
const struct target *target_ref(const struct target *t);
void target_unref(const struct target *t);

struct lane;
struct store;
struct source;
struct command_args;

/* Part of the past that a view looks at; zeroed = the source's own choice. */
struct fetch_span {
	int64_t from_us, to_us; /* wall; to 0 = up to now, from is then negative: so long ago */
	int by;                 /* which of several questions about it; the source says */
};

/* One fetch: what the scheduler asked for. Lives on the lane thread for the call. */
struct fetch {
	const struct source *source;
	struct lane *lane;
	const struct target *target;
	const struct snapshot
		*inputs[SOURCE_INPUTS_MAX]; /* as source->inputs names them, in that order; newest good ones */
	int64_t deadline_mono_us;
	bool insists; /* goes on although it is cancelled: what was changed is being put back, until the deadline */
	bool wide;    /* the view wants rows normally left out (idle sessions) */
	struct fetch_span span;
	uint64_t demand;                 /* bit i: source i of the lane is wanted by something; for fetch_wants() */
	uint64_t seq;                    /* counts fetches of this source on this lane for this target, from 1 */
	const struct command_args *args; /* of a command, else NULL; read with fetch_arg() */
};

/* How a fetch is getting on, for the badge. */
struct fetch_note {
	enum err_code waits;   /* why it waits before it asks again (ERR_THROTTLED, ...); ERR_NONE = it does not wait */
	int64_t until_mono_us; /* until then */
	int64_t rows;          /* of a listing in pages: what has come so far; 0 = nothing to say */
};

enum readiness { READY, READY_WAIT, READY_UNAVAILABLE };

struct source {
	const char *name;  /* public: "sessions" */
	const char *title; /* words for messages: "sessions" */
	const char *help;  /* one sentence */
	const struct rec_type *type;
	enum lane_id lane;
	uint32_t flags;
	int64_t period_us;      /* 0 = target->interval_us */
	int64_t busy_period_us; /* while something is in flight (creating, failing-over); 0 = same */
	int64_t deadline_us;    /* for one fetch; 0 = 20 s */
	const char *inputs;     /* space-separated source names whose snapshots fetch() reads, or NULL */
	const char *merges;     /* its rows are that source's rows of all nodes; has no fetch; or NULL */
	const char *fed_by;     /* published by that source's fetch; has no fetch of its own; or NULL */
	const char
		*reads; /* of a derived source: space-separated names of what it is made of; wanted with it; or NULL */
	const char *origin; /* "RDS DescribeDBClusters" or "pg_stat_activity": for fields and messages */
	/* UI thread, pure: may it be fetched now? READY_WAIT: inputs are not there yet. READY_UNAVAILABLE: why. NULL =
	 * ready when all inputs are. */
	enum readiness (*ready)(const struct target *t, const struct snapshot *const *inputs, struct err *why);
	/* UI thread, pure: does this snapshot show something in flight (use busy_period_us)? NULL = never. */
	bool (*busy)(const struct snapshot *s);
	/* UI thread, pure: the other nodes this is fetched from when somebody wants them: at most max new targets, each
	 * with a different node. NULL = none. */
	size_t (*nodes)(const struct target *t, const struct snapshot *const *inputs, struct target **ret_targets,
			size_t max);
	/*
	 * UI thread, quick: of a derived source, which has no fetch: adds rows made of what `reads` have brought, once
	 * a period while it is wanted and nothing is paused. *state is its memory for this target, NULL at first, freed
	 * with derive_free. state NULL: it has none, everything holds at once (--once).
	 */
	void (*derive)(const struct store *st, const struct target *t, void **state, struct snapshot *s);
	void (*derive_free)(void *state);
	/* Lane thread. False = failed: the runtime publishes an error snapshot from err for this source and those it
	 * feeds. */
	bool (*fetch)(struct fetch *f, struct err *err);
};

/* ---- for fetch(), lane thread ---- */

/* Gives s away (also s of a fed source); it is sealed, put into that source's mailbox and the UI is woken. Sets source
 * name, generation, at_us if 0, took_us if 0. Never blocks. */
void fetch_publish(struct fetch *f, struct snapshot *s);
/* True when something wants this source now: the fetch's own or one that it feeds. For what costs extra to bring. */
bool fetch_wants(const struct fetch *f, const char *source);
/* True when the fetch should give up now (cancel, quit, target changed). */
bool fetch_cancelled(const struct fetch *f);
/* Readable when the fetch should give up: put it into every poll(). */
int fetch_cancel_fd(const struct fetch *f);
/* Microseconds until the deadline, at least 0. */
int64_t fetch_left_us(const struct fetch *f);
/* poll() on fd (or -1) for events, the cancel fd and the deadline. False: timed out or cancelled, err says which. */
bool fetch_wait(const struct fetch *f, int fd, short events, struct err *err) MUST_CHECK;
/* What the lane is doing now, for :diag ("connecting to orders-1"). */
void fetch_doing(struct fetch *f, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* What the fetch waits for, until then; ERR_NONE = no longer. */
void fetch_note_wait(struct fetch *f, enum err_code why, int64_t until_mono_us);
/* How many rows of a longer listing have come, with one more page. As long as it goes on it has its whole deadline anew
 * with each page, up to FETCH_LISTING_MAX_US in all; a command's has not. */
void fetch_note_rows(struct fetch *f, int64_t rows);
/* Slot for what all sources of this lane share (a connection, an HTTP client); freed by the lane with free_fn when it
 * closes or is idle for 5 min. */
void **fetch_lane_context(struct fetch *f, void (*free_fn)(void *));
/* Slot private to this source on this lane; freed with free_fn when the target's generation changes or the lane ends.
 */
void **fetch_state(struct fetch *f, void (*free_fn)(void *));
/* Adds to the lane's cost counters: requests (AWS calls or SQL round trips) and bytes received. */
void fetch_count(struct fetch *f, int64_t requests, int64_t bytes);

#endif
