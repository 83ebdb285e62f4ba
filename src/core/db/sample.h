/*
 * sample.h: the inside of the sampler, shared by src_sessions.c and sample_*.c only.
 */
#ifndef DB_SAMPLE_H
#define DB_SAMPLE_H

#include "db/conn.h"
#include "db/lock_trees.h"
#include "db/name_book.h"
#include "db/sessions.h"
#include "db/shape_cache.h"
#include "db/text_cache.h"

#define LOAD_POINTS 900
#define WANTED_MAX 1000
#define OUTSIDE_MAX 200
#define LOAD_SAMPLE_ROWS_MAX 1000 /* different groups of one sample; beyond, only the class is told */

/* What a sample of the sessions in a transaction needs from a scan of all before it (sample_stage.c). */
struct stage {
	bool on;                      /* the previous sample was one */
	unsigned left;                /* how many more may be before all are scanned again */
	int64_t sessions, in;         /* in the previous sample: all, and in a transaction */
	int32_t outside[OUTSIDE_MAX]; /* shown although in no transaction: walsenders, the console's own, ... */
	size_t noutside;              /* how many there were; beyond the limit no sample may be one */
};

/* What the sampler remembers; but for the load it is void after a reconnect. */
struct sampler {
	uint64_t serial;   /* of the connection the rest belongs to */
	int64_t server_us; /* the server's clock at the previous sample, 0 = none */
	bool wide;         /* of the previous sample */
	size_t rows;       /* of the previous sample */
	struct text_cache texts;
	struct shape_cache shapes;
	int32_t wanted[WANTED_MAX]; /* pids the next sample asks for by name */
	size_t nwanted;
	bool want_all; /* ... or all texts, when there are too many */
	struct stage stage;
	struct name_book names;
	struct lock_graph graph;
	uint64_t graph_waiters;     /* whose waits it explains */
	int64_t graph_mono_us;      /* when it was read, 0 = there is none */
	int64_t locks_rest_mono_us; /* no read before, the last one was slow */
	struct lock_trees trees;
	struct load load[LOAD_POINTS]; /* ring */
	size_t nload, first_load;
};

/* One refresh. */
struct sample {
	struct fetch *f;
	struct conn *conn;
	struct sampler *st;
	struct snapshot *sessions;
	struct str node; /* instance the rows are of, "" = not Aurora */
	int64_t server_us, idle_rest, round_trips;
	bool all_visible; /* pg_monitor or better */
	bool staged;      /* only sessions in a transaction are read */
	uint32_t *by_pid; /* the sessions by pid, once sample_find() was used */
};

/* The session with this pid, or NULL; once all sessions are there. */
const struct session *sample_find(struct sample *s, int64_t pid);
/* What other roles do is visible to us; once something was asked. */
bool sample_sees_all(const struct sample *s);
/* Decides how this sample reads: sets s->staged. */
void sample_choose_stage(struct sample *s);
/* A row came from the server, whether or not it is shown. */
void sample_stage_saw(struct sample *s, const struct session *row);
/* All rows came. */
void sample_stage_end(struct sample *s);
/* The next sample brings this session, with its text. */
void sample_want(struct sampler *st, int64_t pid);
/* Fills what follows from the locks; reads them when somebody waits and the known graph does not serve. */
bool sample_add_locks(struct sample *s, struct err *err);
/* Builds the trees from a read of the locks that has just come; asks pg_blocking_pids() where they are a guess. */
bool sample_plant_trees(struct sample *s, const struct snapshot *locks, struct err *err);
/* Asks for names that the trees lack, when somebody looks at them. */
bool sample_name_locks(struct sample *s, struct err *err);
/* Names as far as they are known, for lock_tag.h. */
struct lock_names sample_lock_names(const struct sample *s);
struct snapshot *sample_make_locks(struct sample *s);
/* Names the fields that this server or role does not give. */
void sample_mark_unavailable(struct sample *s);
struct snapshot *sample_make_activity(const struct sample *s);
/* Adds this sample to the history and makes its snapshot. */
struct snapshot *sample_make_load(struct sample *s);
/* Adds the active ones of n sessions to out (struct load_sample, its at_us set), those that are alike counted together;
 * sessions beyond LOAD_SAMPLE_ROWS_MAX different ones in one row a class. */
void sample_count_load(const struct session *sessions, size_t n, struct shape_cache *shapes, struct snapshot *out);
/* Who the load of this sample is. */
struct snapshot *sample_make_load_samples(struct sample *s);
/* The load cannot be told because the role sees too little: makes snap say so. False when it can. */
bool sample_hide_load(const struct sample *s, struct snapshot *snap);
/* Time and cost of the sample. */
void sample_stamp(struct snapshot *snap, const struct sample *s);

#endif
