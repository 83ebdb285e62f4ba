/*
 * loop.c: one poll() for everything: keys, arrived snapshots, signals, the next moment
 * when something is due. The UI thread never waits for anything else.
 *
 * Turn: collect events, let the runtime take arrivals and issue what is due, then paint
 * once if anything changed. Keys and the first data of a source paint at once; what the sampler brings keeps a distance
 * of DATA_PAINT_US. What changes once a minute comes with the sampler's next picture, or after LATE_PAINT_US: most
 * seconds then have one picture. The chrome is painted before the first request goes out.
 */
#include "ui/loop.h"

#include "base/clock.h"
#include "base/err.h"
#include "ui/bell.h"
#include "ui/operate.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define DATA_PAINT_US (100 * US_PER_MS)
#define LATE_PAINT_US US_PER_S
#define CLOCK_PAINT_US (1500 * US_PER_MS) /* the clock rides on the data's repaints; alone it moves this late */
#define SPIN_US (250 * US_PER_MS)
/* safety.md 6: so long for what must be cancelled or taken back, after q; and told to end, with what is left to do. */
#define LEAVE_US (10 * US_PER_S)
#define LEAVE_TOLD_US (4500 * US_PER_MS)

struct loop {
	struct ui ui;
	struct term *term;
	struct runtime *rt;
	int signal_fd;
	int64_t painted_mono_us, next_work_mono_us;
	int64_t paint_after_us; /* so long after the last picture data is drawn; 0 = none has changed */
	size_t known;           /* sources that have data */
	uint64_t sampled;       /* versions of what the sampler brings, summed */
	bool paint_now, quit;
	bool told, hung; /* to end, by a signal; the terminal has gone */
	int status;
};

static void paint(struct loop *l)
{
	int rows, cols;

	term_size(l->term, &rows, &cols);
	l->ui.now_us = clock_wall_us();
	l->ui.mono_us = clock_mono_us();
	l->ui.own_bytes = term_bytes(l->term);
	ui_draw(&l->ui, rows, cols);
	term_present(l->term, &l->ui.canvas, l->ui.theme);
	l->painted_mono_us = l->ui.mono_us;
	l->paint_now = false;
	l->paint_after_us = 0;
}

static void take_target(struct loop *l)
{
	struct target *t = l->ui.next_target;

	l->ui.next_target = NULL;
	if (!t)
		return;
	runtime_set_target(l->rt, t);
	target_unref(t);
	ui_data_changed(&l->ui);
	ui_apply(&l->ui, EFFECT_DEMAND);
	l->next_work_mono_us = 0;
}

static void apply(struct loop *l, int effects)
{
	take_target(l);
	if (effects & EFFECT_REDRAW)
		term_invalidate(l->term);
	if (effects & EFFECT_QUIT)
		l->quit = true;
	if (effects & ~EFFECT_SELECT)
		l->next_work_mono_us = 0;
	if (l->ui.copy.len > 0) {
		term_copy(l->term, buf_str(&l->ui.copy));
		buf_clear(&l->ui.copy);
	}
	l->paint_now |= (effects & ~EFFECT_QUIT) != 0;
}

static void read_keys(struct loop *l)
{
	struct event e;

	l->ui.now_us = clock_wall_us();
	l->ui.mono_us = clock_mono_us();
	while (!l->quit && term_input(l->term, &e))
		apply(l, ui_event(&l->ui, &e));
}

static void suspend(struct loop *l)
{
	sigset_t set, old;

	term_suspend(l->term);
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	pthread_sigmask(SIG_UNBLOCK, &set, &old);
	raise(SIGTSTP);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	term_resume(l->term);
	term_resized(l->term);
	l->paint_now = true;
}

static void read_signals(struct loop *l)
{
	struct signalfd_siginfo si;

	while (read(l->signal_fd, &si, sizeof si) == (ssize_t)sizeof si) {
		if (si.ssi_signo == SIGWINCH) {
			term_resized(l->term);
			l->paint_now = true;
		} else if (si.ssi_signo == SIGTSTP) {
			suspend(l);
		} else if (si.ssi_signo == SIGCONT) {
			term_invalidate(l->term);
			l->paint_now = true;
		} else {
			l->quit = true;
			l->told |= si.ssi_signo != SIGINT;
			l->hung |= si.ssi_signo == SIGHUP;
			l->status = si.ssi_signo == SIGINT ? 0 : 128 + (int)si.ssi_signo;
		}
	}
}

static size_t count_known(const struct store *st)
{
	size_t n = 0;

	for (size_t i = 0; i < st->n; i++)
		n += st->entries[i].good != NULL;
	return n;
}

static uint64_t sampled_versions(const struct store *st)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < st->n; i++)
		if (st->entries[i].source->lane == LANE_SAMPLER && !st->entries[i].source->derive)
			sum += st->entries[i].version;
	return sum;
}

static void take_data(struct loop *l)
{
	uint64_t sampled = sampled_versions(l->ui.store);

	ui_data_changed(&l->ui);
	if (sampled != l->sampled)
		l->paint_after_us = DATA_PAINT_US;
	else if (l->paint_after_us == 0)
		l->paint_after_us = LATE_PAINT_US;
	l->sampled = sampled;
}

static void work(struct loop *l)
{
	unsigned changed = 0;
	size_t known;

	l->next_work_mono_us = runtime_tick(l->rt, &changed);
	known = count_known(l->ui.store);
	if (changed > 0)
		take_data(l);
	l->paint_now |= known > l->known;
	l->known = known;
	if (bell_take(&l->ui))
		term_bell(l->term);
}

/* A spinner moves only while some demanded fetch runs for longer than it shows. */
static bool spinning(const struct loop *l)
{
	for (size_t i = 0; i < l->ui.store->n; i++) {
		const struct store_entry *e = &l->ui.store->entries[i];

		if (e->fetch_since_mono_us && clock_mono_us() - e->fetch_since_mono_us > 400 * US_PER_MS)
			return l->ui.options.motion && !l->ui.paused_at_us;
	}
	return false;
}

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When the picture would change by itself: clock, toasts, ages. */
static int64_t next_change(const struct loop *l)
{
	int64_t next = ui_next_change(&l->ui), least = l->painted_mono_us + CLOCK_PAINT_US;

	return next == INT64_MAX || next > least ? next : least;
}

static int timeout_ms(const struct loop *l)
{
	int64_t now = clock_mono_us(), next = earliest(l->next_work_mono_us, next_change(l)), left;

	if (l->paint_after_us)
		next = earliest(next, l->painted_mono_us + l->paint_after_us);
	if (spinning(l))
		next = earliest(next, l->painted_mono_us + SPIN_US);
	if (next == INT64_MAX)
		return -1;
	left = next - now;
	return left <= 0 ? 0 : (int)earliest((left + 999) / 1000, INT_MAX);
}

static bool paint_due(const struct loop *l)
{
	int64_t now = clock_mono_us();

	if (l->paint_now)
		return true;
	if (l->paint_after_us && now - l->painted_mono_us >= l->paint_after_us)
		return true;
	if (spinning(l) && now - l->painted_mono_us >= SPIN_US)
		return true;
	return now >= next_change(l);
}

static void turn(struct loop *l)
{
	struct pollfd p[3] = {{STDIN_FILENO, POLLIN, 0}, {runtime_fd(l->rt), POLLIN, 0}, {l->signal_fd, POLLIN, 0}};

	if (poll(p, 3, timeout_ms(l)) < 0 && errno != EINTR)
		l->quit = true;
	if (p[2].revents)
		read_signals(l);
	if (p[0].revents & POLLIN)
		read_keys(l);
	else if (p[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		l->quit = l->told = l->hung = true;
	if (p[1].revents || clock_mono_us() >= l->next_work_mono_us)
		work(l);
	if (!l->quit && paint_due(l))
		paint(l);
}

/* What is typed now is for nobody, and must not reach the shell. */
static void drop_keys(struct loop *l)
{
	struct event e;

	while (term_input(l->term, &e))
		;
}

/* The screen stays, and shows what is being cancelled and taken back, until that is done or the time is up. */
static void leave(struct loop *l)
{
	int64_t within = l->told ? LEAVE_TOLD_US : LEAVE_US, until = clock_mono_us() + within;

	if (!commands_lane(runtime_commands(l->rt), 0))
		return;
	jobs_leave(&l->ui, within);
	while (commands_lane(runtime_commands(l->rt), 0) && clock_mono_us() < until) {
		struct pollfd p[2] = {{runtime_fd(l->rt), POLLIN, 0}, {l->hung ? -1 : STDIN_FILENO, POLLIN, 0}};

		if (!l->hung)
			paint(l);
		if (poll(p, ARRAY_LEN(p), (int)(SPIN_US / US_PER_MS)) < 0 && errno != EINTR)
			break;
		if (p[1].revents & POLLIN)
			drop_keys(l);
		l->hung |= (p[1].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
		work(l);
	}
}

bool loop_run(struct runtime *rt, const struct loop_options *o, int *ret_status, struct err *err)
{
	struct loop l = {.rt = rt, .signal_fd = o->signal_fd};
	struct theme *theme;

	if (!theme_load(o->ui.theme, &theme, err))
		return false;
	if (!term_open(&o->term, &l.term, err)) {
		theme_free(theme);
		return false;
	}
	ui_init(&l.ui, rt, &o->ui, theme);
	l.ui.terminal_depth = term_depth(l.term);
	l.ui.depth = theme_is_mono(theme) ? DEPTH_MONO : l.ui.terminal_depth;
	if (!runtime_target(rt)->cluster[0] && runtime_target(rt)->aws)
		(void)ui_show_view(&l.ui, (size_t)view_by_name("clusters"));
	else if (!runtime_target(rt)->aws)
		(void)ui_show_view(&l.ui, (size_t)view_by_name("activity"));
	ui_apply(&l.ui, EFFECT_DEMAND);
	term_title(l.term, str_c(runtime_target(rt)->cluster[0] ? runtime_target(rt)->cluster : "auroratop"));
	paint(&l);
	while (!l.quit)
		turn(&l);
	leave(&l);
	term_close(l.term);
	ui_release(&l.ui);
	*ret_status = l.status;
	return true;
}
