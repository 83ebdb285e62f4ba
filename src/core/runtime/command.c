/*
 * command.c: a command is a lane with one source and one request.
 *
 * The lane brings all that is hard (thread, deadline, cancel, description, being left
 * behind), so here is only the life of the handle. A command has a lane from its start
 * until the thread has closed its connection and ended; the lane's idle time is 0, so it
 * ends by itself after the one request. A handle that is given back earlier is cancelled
 * and stays on the list, without an owner, until its thread has ended: nothing the
 * thread may touch is freed before that.
 *
 * Limits count lanes, not handles: what was asked to stop and has not yet done so still holds its connection. What
 * lasts has a limit of its own, so that three jobs leave room for looking, and for ending what they wait for.
 */
#include "runtime/command.h"

#include "base/clock.h"
#include "base/parse.h"
#include "base/xalloc.h"
#include "runtime/lane_internal.h"

/* For the outcome in the audit log, when nothing else came about in time. */
#define LEAVE_LAST_US (500 * US_PER_MS)

struct command_args {
	struct arena *arena;
	struct command_arg items[COMMAND_ARGS_MAX];
	size_t n;
	/* written once by the UI thread; the flag, set after it, lets the command's thread read it */
	char reason[COMMAND_REASON_MAX];
	atomic_bool has_reason;
	_Atomic int64_t leave_by; /* the console is being left: until when, mono; 0 = it is not */
};

struct command {
	struct commands *of;
	struct command *next;
	const struct source *row;
	struct command_args args;
	struct mailbox mailbox;
	struct lane *lane; /* NULL once its thread has ended */
	const struct snapshot *result;
	bool ended;    /* the request is over, or was cancelled */
	bool released; /* nobody holds the handle */
};

struct commands {
	const struct store *store;
	struct wake *wake;
	const struct source *const *rows;
	size_t nrows;
	struct command *first;
	unsigned swept; /* threads found ended since the last collect */
};

struct commands *commands_new(const struct store *store, struct wake *wake)
{
	struct commands *cs = xcalloc(1, sizeof(*cs));

	cs->store = store;
	cs->wake = wake;
	return cs;
}

void commands_set(struct commands *cs, const struct source *const *rows, size_t n)
{
	cs->rows = rows;
	cs->nrows = n;
}

static void free_command(struct command *c)
{
	mailbox_release(&c->mailbox);
	snapshot_unref(c->result);
	arena_free(c->args.arena);
	xfree(c);
}

static void unlink_command(struct commands *cs, struct command *c)
{
	struct command **at = &cs->first;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
}

/* Frees what has ended and has no owner. */
static void sweep(struct commands *cs)
{
	struct command *next;

	for (struct command *c = cs->first; c; c = next) {
		next = c->next;
		if (c->lane && (c->ended || c->released) && lane_ended(c->lane)) {
			(void)lane_stop(c->lane, 0);
			c->lane = NULL;
			cs->swept++;
		}
		if (c->lane || !c->released)
			continue;
		unlink_command(cs, c);
		free_command(c);
	}
}

/* ---- starting ---- */

static const struct source *find_row(const struct commands *cs, const char *name)
{
	for (size_t i = 0; i < cs->nrows; i++)
		if (strcmp(cs->rows[i]->name, name) == 0)
			return cs->rows[i];
	return NULL;
}

static bool lasts(const struct source *row)
{
	return (row->flags & SOURCE_LASTS) || row->deadline_us > COMMAND_BRIEF_US;
}

/* Of those that last, or of the others. */
static size_t count_lanes(const struct commands *cs, bool lasting)
{
	size_t n = 0;

	for (const struct command *c = cs->first; c; c = c->next)
		n += c->lane && lasts(c->row) == lasting;
	return n;
}

static bool has_room(const struct commands *cs, const struct source *row, struct err *err)
{
	bool lasting = lasts(row);
	size_t most = lasting ? COMMANDS_LASTING_MAX : COMMANDS_BRIEF_MAX;

	if (count_lanes(cs, lasting) < most)
		return true;
	return err_set(err, ERR_LIMIT, "%zu %s are at work already, no more run at a time", most,
		       lasting ? "jobs and plans" : "short commands");
}

static bool copy_args(struct command_args *to, const struct command_arg *args, size_t n, struct err *err)
{
	CHECK(n <= COMMAND_ARGS_MAX);
	to->arena = arena_new(1024, COMMAND_ARGS_BYTES_MAX);
	for (size_t i = 0; i < n; i++) {
		if (args[i].value.len + 64 > arena_room(to->arena))
			return err_set(err, ERR_LIMIT, "%s is longer than %u MiB", args[i].name,
				       COMMAND_ARGS_BYTES_MAX >> 20);
		to->items[to->n++] = (struct command_arg){args[i].name, arena_str(to->arena, args[i].value)};
	}
	return true;
}

static void gather_inputs(const struct commands *cs, const struct source *row, const struct snapshot **ret_inputs)
{
	struct str rest = str_c(row->inputs), word;
	size_t n = 0;

	while (row->inputs && str_split(&rest, ' ', &word)) {
		char name[64];

		if (word.len == 0)
			continue;
		CHECK(n < SOURCE_INPUTS_MAX && word.len < sizeof(name));
		(void)snprintf(name, sizeof(name), STR_FMT, STR_ARG(word));
		ret_inputs[n++] = store_good(cs->store, name);
	}
}

static bool is_ready(const struct source *row, const struct target *target, const struct snapshot *const *inputs,
		     struct err *err)
{
	enum readiness readiness = row->ready ? row->ready(target, inputs, err) : READY;

	if (readiness == READY_WAIT)
		err_set(err, ERR_UNAVAILABLE, "not yet: what it needs is still being read");
	return readiness == READY;
}

struct command *command_start(struct commands *cs, const char *name, const struct target *target,
			      const struct command_arg *args, size_t nargs, struct err *err)
{
	const struct source *row = find_row(cs, name);
	struct fetch template = {.target = target};
	struct command *c;

	sweep(cs);
	if (!row) {
		err_set(err, ERR_UNAVAILABLE, "there is no command %s here", name);
		return NULL;
	}
	if ((row->flags & SOURCE_CHANGES) && target_is_read_only(target)) {
		err_set(err, ERR_DENIED, "the console is read-only: nothing is changed");
		return NULL;
	}
	if (!has_room(cs, row, err))
		return NULL;
	gather_inputs(cs, row, template.inputs);
	if (!is_ready(row, target, template.inputs, err))
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->of = cs;
	c->row = row;
	mailbox_init(&c->mailbox);
	if (!copy_args(&c->args, args, nargs, err)) {
		free_command(c);
		return NULL;
	}
	template.args = &c->args;
	c->lane = lane_new(row->lane, row->name, &c->row, 1, &c->mailbox, cs->wake);
	lane_set_idle_us(c->lane, 0);
	c->next = cs->first;
	cs->first = c;
	/* a new lane takes its first request; without a thread it has published why */
	CHECK(lane_request(c->lane, 0, &template));
	return c;
}

/* ---- afterwards ---- */

bool command_running(const struct command *c)
{
	return !c->ended;
}

bool command_at_work(const struct command *c)
{
	return c->lane != NULL;
}

const struct snapshot *command_result(const struct command *c)
{
	return c->result;
}

void command_cancel(struct command *c)
{
	if (c->lane)
		lane_cancel(c->lane);
}

void command_cancel_because(struct command *c, const char *why)
{
	if (!atomic_load_explicit(&c->args.has_reason, memory_order_relaxed)) {
		(void)snprintf(c->args.reason, sizeof(c->args.reason), "%s", why);
		atomic_store_explicit(&c->args.has_reason, true, memory_order_release);
	}
	command_cancel(c);
}

void command_release(struct command *c)
{
	if (!c)
		return;
	command_cancel(c);
	c->released = true;
	sweep(c->of);
}

/* The end is looked at before the mailbox: what the request published is in it by then. */
static bool collect(struct command *c)
{
	int64_t since;
	bool over = !c->ended && !lane_pending(c->lane, 0, &since);
	const struct snapshot *s = mailbox_take(&c->mailbox);

	if (s) {
		snapshot_unref(c->result);
		c->result = s;
	}
	c->ended = c->ended || over;
	return s || over;
}

unsigned commands_collect(struct commands *cs)
{
	unsigned changed = 0;

	for (struct command *c = cs->first; c; c = c->next)
		changed += collect(c);
	sweep(cs);
	/* that its thread has ended is news, too: a job is over only then */
	changed += cs->swept;
	cs->swept = 0;
	return changed;
}

void commands_leave(struct commands *cs, int64_t within_us)
{
	int64_t by = clock_mono_us() + within_us;

	for (struct command *c = cs->first; c; c = c->next) {
		atomic_store_explicit(&c->args.leave_by, by, memory_order_release);
		command_cancel(c);
	}
}

void commands_cancel(struct commands *cs)
{
	/* what changes something was confirmed, and goes on for the target it was confirmed for */
	for (struct command *c = cs->first; c; c = c->next)
		if (!(c->row->flags & SOURCE_CHANGES))
			command_cancel(c);
}

struct lane *commands_lane(struct commands *cs, size_t i)
{
	for (struct command *c = cs->first; c; c = c->next)
		if (c->lane && i-- == 0)
			return c->lane;
	return NULL;
}

void commands_stop_begin(struct commands *cs)
{
	for (struct command *c = cs->first; c; c = c->next)
		if (c->lane)
			lane_stop_begin(c->lane);
}

bool commands_stop(struct commands *cs, int64_t wait_us)
{
	int64_t began = clock_mono_us();
	struct command *next;
	bool all = true;

	commands_stop_begin(cs);
	for (struct command *c = cs->first; c; c = next) {
		next = c->next;
		/* one that is left behind keeps its arguments and its mailbox */
		if (c->lane && !lane_stop(c->lane, wait_us - (clock_mono_us() - began))) {
			all = false;
			continue;
		}
		unlink_command(cs, c);
		free_command(c);
	}
	if (all)
		xfree(cs);
	return all;
}

/* ---- on the command's thread ---- */

struct str fetch_arg(const struct fetch *f, const char *name)
{
	for (size_t i = 0; f->args && i < f->args->n; i++)
		if (strcmp(f->args->items[i].name, name) == 0)
			return f->args->items[i].value;
	return STR("");
}

int64_t fetch_arg_i64(const struct fetch *f, const char *name, int64_t absent)
{
	int64_t value;

	return parse_i64(fetch_arg(f, name), &value) ? value : absent;
}

struct str fetch_cancel_reason(const struct fetch *f)
{
	if (!f->args || !atomic_load_explicit(&f->args->has_reason, memory_order_acquire))
		return STR("");
	return str_c(f->args->reason);
}

int64_t fetch_leave_us(const struct fetch *f, int64_t most_us)
{
	int64_t by = f->args ? atomic_load_explicit(&f->args->leave_by, memory_order_acquire) : 0, left;

	if (by == 0)
		return most_us;
	left = by - LEAVE_LAST_US - clock_mono_us();
	if (left < 0)
		return 0;
	return left < most_us ? left : most_us;
}
