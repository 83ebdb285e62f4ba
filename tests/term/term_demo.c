/*
 * term_demo.c: the smallest program on top of term.h, for the terminal tests.
 *
 *     term_demo [--color auto|always|256|16|never] [--ascii] [--mouse] [--theme NAME] [--table]
 *
 * Shows the size, the depth, samples of styles and the last event; q quits, S crashes,
 * T sets a hostile title, Y copies, l changes the theme, n lets the table's clock tick,
 * r draws the same again, Z suspends and resumes.
 */
#include "base/utf8.h"
#include "ui/term.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define TABLE_ROWS 50

static const char *const depths[] = {"mono", "16", "256", "rgb"};

struct demo {
	struct term *term;
	struct theme *theme;
	struct canvas canvas;
	struct event last;
	bool table;
	int64_t seconds;
	unsigned events;
};

static void crash(int number)
{
	term_emergency_restore();
	signal(number, SIG_DFL);
	raise(number);
}

static const char *event_name(const struct event *e, char *text, size_t size)
{
	static const char *const names[] = {"none",     "key",        "mouse down",  "mouse up", "mouse drag",
					    "wheel up", "wheel down", "paste begin", "paste end"};

	if (e->type == EVENT_KEY && e->key < KEY_FIRST_SPECIAL_)
		snprintf(text, size, "key U+%04X", e->key);
	else if (e->type == EVENT_KEY)
		snprintf(text, size, "key special %d", (int)e->key - KEY_FIRST_SPECIAL_);
	else
		snprintf(text, size, "%s %d,%d%s", names[e->type], e->y, e->x, e->doubled ? " doubled" : "");
	return text;
}

static void duration(char *text, size_t size, int64_t seconds)
{
	if (seconds < 60)
		snprintf(text, size, "%ds", (int)seconds);
	else
		snprintf(text, size, "%dm%02ds", (int)(seconds / 60), (int)(seconds % 60));
}

/* A table like the sessions pane: two durations tick, the rest stands. */
static void draw_table(struct demo *d)
{
	struct canvas *c = &d->canvas;
	struct rect all = {0, 0, c->rows, c->cols};
	char text[32];

	for (int y = 0; y < TABLE_ROWS && y < c->rows; y++) {
		canvas_textf(c, all, y, 1, STYLE(ROLE_STRONG, ROLE_BG, ATTR_BOLD), "%5d", 4700 + y);
		canvas_text_c(c, all, y, 8, "orders_app", STYLE(ROLE_FG, ROLE_BG, 0));
		canvas_text_c(c, all, y, 20, "Lock:transactionid", STYLE(ROLE_LOCK_TEXT, ROLE_BG, 0));
		duration(text, sizeof(text), d->seconds + 65 + y * 7);
		canvas_field(c, all, y, 45, 9, str_c(text), true, STYLE(ROLE_FG, ROLE_BG, 0));
		duration(text, sizeof(text), d->seconds + 62 + y * 3);
		canvas_field(c, all, y, 56, 9, str_c(text), true, STYLE(ROLE_FG, ROLE_BG, 0));
		canvas_text_c(c, all, y, 68, "update stock set qty = qty - $1 where sku = $2",
			      STYLE(ROLE_KW, ROLE_BG, 0));
	}
}

static void draw_samples(struct demo *d)
{
	struct canvas *c = &d->canvas;
	struct rect all = {0, 0, c->rows, c->cols};
	char text[64];

	canvas_textf(c, all, 0, 0, STYLE(ROLE_FG, ROLE_BG, 0), "size %dx%d depth %s theme %s", c->rows, c->cols,
		     depths[term_depth(d->term)], theme_name(d->theme));
	canvas_textf(c, all, 1, 0, STYLE(ROLE_FG, ROLE_BG, 0), "event %u: %s", d->events,
		     event_name(&d->last, text, sizeof(text)));
	canvas_text_c(c, all, 2, 0, "crit", STYLE(ROLE_CRIT, ROLE_BG, 0));
	canvas_text_c(c, all, 2, 6, "muted", STYLE(ROLE_MUTED, ROLE_SELBG, 0));
	canvas_text_c(c, all, 2, 12, "lock", STYLE(ROLE_STRONG, ROLE_LOCK, ATTR_BOLD));
	canvas_text_c(c, all, 2, 18, "dim", STYLE(ROLE_FG, ROLE_BG, ATTR_DIM));
	canvas_glyph(c, all, 3, 0, G_CRIT, STYLE(ROLE_CRIT, ROLE_BG, 0));
	canvas_glyph(c, all, 3, 1, G_FRAME_TL, STYLE(ROLE_LINE, ROLE_BG, 0));
	canvas_put(c, all, 3, 2, glyph_braille(0xff), STYLE(ROLE_G1, ROLE_BG, 0));
	canvas_text_c(c, all, 3, 4, "wide \xe8\xa1\xa8 caf\xc3\xa9|", STYLE(ROLE_FG, ROLE_BG, 0));
	canvas_text_c(c, all, 4, 0, "hostile \033[31m\a\xff\xe2\x80\xae|", STYLE(ROLE_FG, ROLE_BG, 0));
	if (c->rows > 6)
		canvas_text_c(c, all, c->rows - 1, c->cols - 6, "corner", STYLE(ROLE_ACCENT, ROLE_BAR, 0));
}

static void present(struct demo *d)
{
	int rows, cols;

	term_size(d->term, &rows, &cols);
	canvas_resize(&d->canvas, rows, cols);
	canvas_clear(&d->canvas, STYLE(ROLE_FG, ROLE_BG, 0));
	if (d->table)
		draw_table(d);
	else
		draw_samples(d);
	term_present(d->term, &d->canvas, d->theme);
}

static bool set_theme(struct demo *d, const char *name)
{
	struct err err = {0};
	struct theme *theme;

	if (!theme_load(name, &theme, &err)) {
		fprintf(stderr, "%s; %s\n", err.text, err.remedy);
		return false;
	}
	theme_free(d->theme);
	d->theme = theme;
	return true;
}

/* False: quit. */
static bool act(struct demo *d, uint32_t key)
{
	switch (key) {
	case 'q':
		return false;
	case 'S':
		raise(SIGSEGV);
		break;
	case 'T':
		term_title(d->term, STR("orders\033]2;evil\a\xe8\xa1\xa8"));
		break;
	case 'Y':
		term_copy(d->term, STR("select 1;\n\033[31m\x7f"));
		break;
	case 'l':
		return set_theme(d, strcmp(theme_name(d->theme), "light") == 0 ? "dark" : "light");
	case 'n':
		d->seconds++;
		break;
	case 'Z':
		term_suspend(d->term);
		puts("suspended");
		fflush(stdout);
		term_resume(d->term);
		break;
	default:
		break;
	}
	return true;
}

static void run(struct demo *d, int signals)
{
	struct pollfd in[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = signals, .events = POLLIN}};

	present(d);
	for (;;) {
		if (poll(in, 2, -1) < 0 && errno != EINTR)
			return;
		if (in[1].revents & POLLIN) {
			struct signalfd_siginfo info;
			if (read(signals, &info, sizeof(info)) == sizeof(info) && info.ssi_signo == SIGTERM)
				return;
			term_resized(d->term);
		}
		if (in[0].revents & (POLLHUP | POLLERR))
			return;
		struct event e;
		while (term_input(d->term, &e)) {
			if (e.type == EVENT_KEY && !act(d, e.key))
				return;
			/* Asking for the same picture again must not change it. */
			if (e.type == EVENT_KEY && (e.key == 'r' || e.key == 'n'))
				continue;
			d->last = e;
			d->events++;
		}
		present(d);
	}
}

static enum color_wish wish_of(const char *word)
{
	static const char *const words[] = {"auto", "always", "256", "16", "never"};

	for (unsigned i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(word, words[i]) == 0)
			return (enum color_wish)i;
	return COLOR_AUTO;
}

int main(int argc, char **argv)
{
	const char *no_color = getenv("NO_COLOR"), *theme = "dark";
	struct term_options options = {.colorterm = getenv("COLORTERM"), .no_color = no_color && *no_color};
	struct demo d = {0};
	struct err err = {0};
	sigset_t set;
	int64_t bytes;
	int status = 1, signals;

	setlocale(LC_CTYPE, "");
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--ascii") == 0)
			options.ascii = true;
		else if (strcmp(argv[i], "--mouse") == 0)
			options.mouse = true;
		else if (strcmp(argv[i], "--table") == 0)
			d.table = true;
		else if (strcmp(argv[i], "--color") == 0 && i + 1 < argc)
			options.color = wish_of(argv[++i]);
		else if (strcmp(argv[i], "--theme") == 0 && i + 1 < argc)
			theme = argv[++i];
	}
	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	signal(SIGSEGV, crash);
	if (!set_theme(&d, theme))
		goto out;
	if (!term_open(&options, &d.term, &err)) {
		fprintf(stderr, "%s; %s\n", err.text, err.remedy);
		goto out;
	}
	run(&d, signals);
	bytes = term_bytes(d.term);
	term_close(d.term);
	printf("bye %lld bytes TERMINFO %s\n", (long long)bytes, getenv("TERMINFO") ? getenv("TERMINFO") : "unset");
	status = 0;
out:
	canvas_release(&d.canvas);
	theme_free(d.theme);
	close(signals);
	return status;
}
