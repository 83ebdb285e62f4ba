/*
 * term_curses.c: the terminal through ncurses; no other file knows it.
 *
 * Output: term_draw.c finds what changed and in which order to send it; here is what it asks
 * for, in the words of the terminal's entry. A frame is sent in one piece, between the two marks
 * of a synchronized update; when nothing changed, no byte is sent. curses itself could draw, and
 * did: it keeps three copies of the screen, of 28 bytes a cell, and took three quarters of the
 * time of a frame, most of it to spell the same colours again and again. It is left with
 * a screen of one cell; opening, closing, keys and the mouse are its part.
 *
 * Colour depth is decided here: the user's wish first, then NO_COLOR, then what the
 * environment and the terminal's entry say. For true colour (and for terminals unknown to
 * this system) curses is given one of our own entries through TERMINFO for the time of
 * newterm(); the variable is put back, so that child processes do not inherit it.
 *
 * Input: curses decodes keys and mouse; the escape sequences of bracketed paste and of keys
 * that entries often leave out are added to its table. It never blocks. Signals are not
 * handled here: the caller sees SIGWINCH, SIGTSTP and SIGCONT and calls us.
 */
#define NCURSES_NOMACROS
#define NCURSES_WIDECHAR 1
#include <curses.h>
/* The header calls its own struct as we call ours. */
#define term curses_term
#include <term.h>
#undef term

#undef lines
#undef columns

#include "base/clock.h"
#include "base/embedded.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "ui/term.h"
#include "ui/term_choice.h"
#include "ui/term_draw.h"
#include "ui/term_out.h"

#include <errno.h>
#include <langinfo.h>
#include <sys/ioctl.h>

#define ESCAPE_DELAY_MS 25
#define DOUBLE_PRESS_US (400 * US_PER_MS)
#define DEFAULT_ROWS 24
#define DEFAULT_COLS 80
/* Several times what the largest canvas takes, each cell with its own colours. */
#define FRAME_BYTES_MAX (64u << 20)
#define KEYS_PASTE_BEGIN 2000
#define KEYS_PASTE_END 2001

extern const struct embedded terminfo_files[];
extern const size_t terminfo_nfiles;

struct term {
	SCREEN *screen;
	WINDOW *keys; /* a pad: reading from it never refreshes the screen */
	enum depth depth;
	bool ascii, mouse, osc, invalid, suspended;
	struct term_codes codes;
	char plain[TERM_CODE_MAX], own_colors[TERM_CODE_MAX], clear[TERM_CODE_MAX];
	attr_t lost_in_color;
	bool ansi_moves;
	struct term_draw *draw;
	int press_y, press_x;
	int64_t press_at;
	int64_t bytes;
	struct buf title, bytes_out; /* bytes_out: of one frame */
};

/* Where tputs() puts: it knows no context. */
static struct buf *tputs_out;

static struct term_entry entry_read(void)
{
	struct term_entry e = {0};
	int status = 0;

	if (setupterm(NULL, STDOUT_FILENO, &status) != OK)
		return e;
	e.known = true;
	e.colors = tigetnum("colors");
	/* RGB may be a flag, a number or a string; absent ones give -1, -2 and (char *)-1 or NULL. */
	const char *bits = tigetstr("RGB");
	e.rgb = tigetflag("RGB") > 0 || tigetflag("Tc") > 0 || tigetnum("RGB") > 0 ||
		(bits != NULL && bits != (const char *)-1);
	del_curterm(cur_term);
	return e;
}

/* newterm() with one of our entries. */
static SCREEN *own_screen(const char *entry)
{
	const struct embedded *text = NULL;
	char name[64];

	snprintf(name, sizeof(name), "%s.b64", entry);
	for (size_t i = 0; i < terminfo_nfiles; i++)
		if (strcmp(terminfo_files[i].name, name) == 0)
			text = &terminfo_files[i];
	if (!text)
		return NULL;
	char *before = xstrdup(getenv("TERMINFO"));
	setenv("TERMINFO", text->text, 1);
	SCREEN *screen = newterm(entry, stdout, stdin);
	if (before)
		setenv("TERMINFO", before, 1);
	else
		unsetenv("TERMINFO");
	xfree(before);
	return screen;
}

/* Chooses the entry; *ret_depth is the most colours it is good for. */
static SCREEN *open_screen(const char *name, const struct term_entry *e, const struct term_options *o,
			   enum depth *ret_depth)
{
	enum depth wanted = term_choice_depth(o, name, e);
	bool tmux = strncmp(name, "tmux", 4) == 0 || strncmp(name, "screen", 6) == 0;
	SCREEN *screen = NULL;

	*ret_depth = wanted;
	if (wanted == DEPTH_RGB) {
		screen = own_screen(tmux ? "auroratop-tmux-direct" : "auroratop-xterm-direct");
		if (screen)
			return screen;
		*ret_depth = DEPTH_256;
	}
	/* Asked for 256 colours, a terminal whose entry has 8 of them ("xterm") gets an entry with 256. */
	if (e->known && !(o->color == COLOR_WISH_256 && e->colors < 256))
		screen = newterm(NULL, stdout, stdin);
	return screen ? screen : own_screen("auroratop-xterm-256color");
}

static void colors_start(struct term *t, enum depth wanted)
{
	t->depth = DEPTH_MONO;
	/* Without start_color() curses sends no colour sequence at all. */
	if (wanted == DEPTH_MONO || !has_colors() || start_color() != OK || use_default_colors() != OK)
		return;
	enum depth possible = COLORS > 256    ? DEPTH_RGB
			      : COLORS == 256 ? DEPTH_256
			      : COLORS >= 8   ? DEPTH_16
					      : DEPTH_MONO;
	t->depth = wanted < possible ? wanted : possible;
	/* A direct entry that is not ours: its colour numbers are no palette. */
	if (possible == DEPTH_RGB && wanted == DEPTH_256)
		t->depth = DEPTH_RGB;
}

static int tputs_one(int c)
{
	buf_add_char(tputs_out, (char)c);
	return c;
}

/* A sequence of the entry, without the delays that real terminals no longer need. */
static void add_code(struct buf *out, const char *sequence)
{
	if (!sequence || sequence == (const char *)-1)
		return;
	tputs_out = out;
	tputs(sequence, 1, tputs_one);
}

/* Several sequences in one text; one that does not fit is left out with the rest. */
static void code_text(char text[TERM_CODE_MAX], const char *const *sequences, size_t n)
{
	struct buf b;

	buf_init(&b, TERM_CODE_MAX - 1);
	for (size_t i = 0; i < n; i++)
		add_code(&b, sequences[i]);
	snprintf(text, TERM_CODE_MAX, "%s", b.failed ? "" : buf_c(&b));
	buf_release(&b);
}

static void code_color(char text[TERM_CODE_MAX], const char *sequence, int color)
{
	const char *filled = color >= 0 && sequence ? tiparm(sequence, color) : NULL;

	code_text(text, &filled, 1);
}

/* Colour number of the entry; attributes may stand in for a colour that an 8-colour terminal lacks. */
static int color_number(const struct term *t, uint32_t color, bool ground, attr_t *attr)
{
	if (color == LOOK_DEFAULT)
		return -1;
	/* In our direct entries 0 to 7 are the terminal's own colours. */
	if (t->depth == DEPTH_RGB)
		return color < 8 ? 8 : (int)color;
	if (t->depth == DEPTH_256 || color < 8 || COLORS >= 16)
		return (int)color;
	if (color == 8) {
		*attr |= ground ? 0 : A_DIM;
		return -1;
	}
	*attr |= ground ? 0 : A_BOLD;
	return (int)color - 8;
}

static void code_ink(void *context, const struct theme *theme, struct style s, struct ink *ret)
{
	const struct term *t = context;
	struct look look = theme_look(theme, s, t->depth);
	attr_t attr = (look.attr & ATTR_BOLD ? A_BOLD : 0) | (look.attr & ATTR_DIM ? A_DIM : 0) |
		      (look.attr & ATTR_UNDERLINE ? A_UNDERLINE : 0) | (look.attr & ATTR_REVERSE ? A_REVERSE : 0);
	int fg = -1, bg = -1;

	*ret = (struct ink){0};
	if (t->depth != DEPTH_MONO) {
		fg = color_number(t, look.fg, false, &attr);
		bg = color_number(t, look.bg, true, &attr);
	}
	if (fg >= 0 || bg >= 0)
		attr &= ~t->lost_in_color;
	code_color(ret->fg, set_a_foreground, fg);
	code_color(ret->bg, set_a_background, bg);
	code_text(ret->attrs,
		  (const char *const[]){attr & A_BOLD ? enter_bold_mode : NULL, attr & A_DIM ? enter_dim_mode : NULL,
					attr & A_UNDERLINE ? enter_underline_mode : NULL,
					attr & A_REVERSE ? enter_reverse_mode : NULL},
		  4);
	ret->marks_blanks = attr & (A_UNDERLINE | A_REVERSE);
}

static void code_move(void *context, struct buf *out, int y, int x)
{
	const struct term *t = context;

	if (t->ansi_moves)
		buf_addf(out, "\033[%d;%dH", y + 1, x + 1);
	else
		add_code(out, tiparm(cursor_address, y, x));
}

static void code_right(void *context, struct buf *out, int n)
{
	(void)context;
	buf_addf(out, "\033[%dC", n);
}

static void code_erase(void *context, struct buf *out, int n)
{
	(void)context;
	add_code(out, tiparm(erase_chars, n));
}

/* The entry's bits for attributes that it cannot show together with colours. */
static attr_t lost_in_color(void)
{
	static const attr_t bits[] = {A_STANDOUT, A_UNDERLINE, A_REVERSE, A_BLINK, A_DIM, A_BOLD};
	attr_t lost = 0;

	for (size_t i = 0; no_color_video > 0 && i < ARRAY_LEN(bits); i++)
		lost |= no_color_video & 1 << i ? bits[i] : 0;
	return lost;
}

static void codes_read(struct term *t)
{
	const char *right = parm_right_cursor;

	t->lost_in_color = lost_in_color();
	t->ansi_moves = cursor_address && strcmp(cursor_address, "\033[%i%p1%d;%p2%dH") == 0;
	code_text(t->plain, (const char *const[]){exit_attribute_mode}, 1);
	code_text(t->own_colors, (const char *const[]){orig_pair}, 1);
	code_text(t->clear, (const char *const[]){clear_screen}, 1);
	t->codes = (struct term_codes){
		.plain = t->plain,
		.own_colors = t->own_colors,
		.clear = t->clear,
		.erases_with_ground = back_color_erase,
		.full_line = !auto_right_margin || eat_newline_glitch,
		.ascii = t->ascii,
		.context = t,
		.ink = code_ink,
		.move = code_move,
		.right = right && strcmp(right, "\033[%p1%dC") == 0 ? code_right : NULL,
		.erase = erase_chars ? code_erase : NULL,
	};
}

static void keys_define(void)
{
	static const struct {
		const char *bytes;
		int code;
	} more[] = {
		{"\033[200~", KEYS_PASTE_BEGIN},
		{"\033[201~", KEYS_PASTE_END},
		{"\033[1~", KEY_HOME},
		{"\033[4~", KEY_END},
		{"\033[7~", KEY_HOME},
		{"\033[8~", KEY_END},
		{"\033[H", KEY_HOME},
		{"\033[F", KEY_END},
		{"\033[A", KEY_UP},
		{"\033[B", KEY_DOWN},
		{"\033[C", KEY_RIGHT},
		{"\033[D", KEY_LEFT},
		{"\033[11~", KEY_F(1)},
		{"\033[12~", KEY_F(2)},
		{"\033[13~", KEY_F(3)},
		{"\033[14~", KEY_F(4)},
		{"\033[Z", KEY_BTAB},
		{"\033[1;2D", KEY_SLEFT},
		{"\033[1;2C", KEY_SRIGHT},
	};

	for (size_t i = 0; i < ARRAY_LEN(more); i++)
		define_key(more[i].bytes, more[i].code);
}

static void out(struct term *t, const char *bytes)
{
	t->bytes += (int64_t)term_out_write(STDOUT_FILENO, str_c(bytes));
}

static void modes_on(struct term *t)
{
	out(t, TERM_PASTE_ON);
	if (t->mouse)
		out(t, TERM_DRAG_ON);
}

static void modes_off(struct term *t)
{
	if (t->mouse)
		out(t, TERM_DRAG_OFF);
	out(t, TERM_PASTE_OFF);
}

static void input_start(struct term *t, bool mouse)
{
	raw();
	noecho();
	/* Lets curses move down with a line feed. */
	nonl();
	curs_set(0);
	t->keys = newpad(1, 1);
	keypad(t->keys, TRUE);
	nodelay(t->keys, TRUE);
	keys_define();
	if (!mouse)
		return;
	mouseinterval(0);
	mousemask(ALL_MOUSE_EVENTS | REPORT_MOUSE_POSITION, NULL);
	t->mouse = has_mouse();
}

/* Where there is no alternate screen, curses leaves the cursor in the last row it knows of. */
static void leave_screen(struct term *t)
{
	int rows, cols;

	term_size(t, &rows, &cols);
	resizeterm(rows, cols);
	endwin();
	resizeterm(1, 1);
}

bool term_open(const struct term_options *o, struct term **ret_term, struct err *err)
{
	const char *name = getenv("TERM");
	enum depth wanted;

	if (!term_choice_usable(name, isatty(STDIN_FILENO), isatty(STDOUT_FILENO), err))
		return false;
	struct term_entry entry = entry_read();
	term_out_arm(STDOUT_FILENO);
	set_escdelay(ESCAPE_DELAY_MS);
	SCREEN *screen = open_screen(name, &entry, o, &wanted);
	if (!screen) {
		term_out_disarm();
		err_set(err, ERR_USAGE, "the terminal \"%.60s\" (TERM) cannot be used for a full screen", name);
		err_remedy(err, "set TERM to what the terminal is, such as TERM=xterm-256color");
		return false;
	}
	struct term *t = xalloc(sizeof(*t));
	t->screen = screen;
	t->osc = !term_choice_limited(name);
	t->ascii = o->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	glyph_use(t->ascii ? GLYPHS_ASCII : GLYPHS_UTF8);
	t->press_y = t->press_x = -1;
	buf_init(&t->title, 4096);
	buf_init(&t->bytes_out, FRAME_BYTES_MAX);
	colors_start(t, wanted);
	input_start(t, o->mouse);
	codes_read(t);
	t->draw = term_draw_new(&t->codes);
	resizeterm(1, 1);
	doupdate();
	modes_on(t);
	term_invalidate(t);
	*ret_term = t;
	return true;
}

void term_close(struct term *t)
{
	if (!t)
		return;
	if (!t->suspended)
		modes_off(t);
	leave_screen(t);
	term_out_disarm();
	delwin(t->keys);
	delscreen(t->screen);
	term_draw_free(t->draw);
	buf_release(&t->title);
	buf_release(&t->bytes_out);
	xfree(t);
}

enum depth term_depth(const struct term *t)
{
	return t->depth;
}

void term_size(struct term *t, int *ret_rows, int *ret_cols)
{
	struct winsize size = {0};

	(void)t;
	*ret_rows = DEFAULT_ROWS;
	*ret_cols = DEFAULT_COLS;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
		*ret_rows = size.ws_row < CANVAS_ROWS_MAX ? size.ws_row : CANVAS_ROWS_MAX;
		*ret_cols = size.ws_col < CANVAS_COLS_MAX ? size.ws_col : CANVAS_COLS_MAX;
	}
}

void term_resized(struct term *t)
{
	/* Terminals move or reflow what they show when they are resized. */
	term_invalidate(t);
}

void term_invalidate(struct term *t)
{
	t->invalid = true;
}

void term_present(struct term *t, const struct canvas *c, const struct theme *theme)
{
	buf_clear(&t->bytes_out);
	buf_add_c(&t->bytes_out, TERM_SYNC_ON);
	size_t before = t->bytes_out.len;
	term_draw_frame(t->draw, c, theme, t->invalid, &t->bytes_out);
	t->invalid = false;
	if (t->bytes_out.len == before)
		return;
	buf_add_c(&t->bytes_out, TERM_SYNC_OFF);
	t->bytes += (int64_t)term_out_write(STDOUT_FILENO, buf_str(&t->bytes_out));
}

static uint32_t key_of_code(wint_t code)
{
	static const struct {
		int code;
		enum key key;
	} keys[] = {
		{KEY_UP, K_UP},
		{KEY_DOWN, K_DOWN},
		{KEY_LEFT, K_LEFT},
		{KEY_RIGHT, K_RIGHT},
		{KEY_PPAGE, K_PGUP},
		{KEY_NPAGE, K_PGDN},
		{KEY_HOME, K_HOME},
		{KEY_END, K_END},
		{KEY_FIND, K_HOME},
		{KEY_SELECT, K_END},
		{KEY_IC, K_INSERT},
		{KEY_DC, K_DELETE},
		{KEY_BTAB, K_BACKTAB},
		{KEY_BACKSPACE, K_BACKSPACE},
		{KEY_ENTER, K_ENTER},
		{KEY_SLEFT, K_SHIFT_LEFT},
		{KEY_SRIGHT, K_SHIFT_RIGHT},
	};

	if (code >= KEY_F(1) && code <= KEY_F(12))
		return (uint32_t)K_F1 + (uint32_t)(code - KEY_F(1));
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if ((wint_t)keys[i].code == code)
			return keys[i].key;
	return KEY_NONE;
}

static uint32_t key_of_char(wint_t c)
{
	static const enum key controls[32] = {
		[1] = K_CTRL_A,  [2] = K_CTRL_B,    [3] = K_CTRL_C,  [4] = K_CTRL_D,  [5] = K_CTRL_E,
		[6] = K_CTRL_F,  [8] = K_BACKSPACE, [9] = K_TAB,     [10] = K_ENTER,  [11] = K_CTRL_K,
		[12] = K_CTRL_L, [13] = K_ENTER,    [14] = K_CTRL_N, [16] = K_CTRL_P, [18] = K_CTRL_R,
		[21] = K_CTRL_U, [23] = K_CTRL_W,   [26] = K_CTRL_Z, [27] = K_ESC,
	};

	if (c < ARRAY_LEN(controls))
		return controls[c];
	if (c == 0x7f)
		return K_BACKSPACE;
	/* Code points that must not be drawn are no use as input either. */
	return utf8_width((uint32_t)c) < 0 ? KEY_NONE : (uint32_t)c;
}

static bool pressed(struct term *t, const MEVENT *m, struct event *e)
{
	int64_t now = clock_mono_us();
	bool same = m->y == t->press_y && m->x == t->press_x;

	e->type = EVENT_MOUSE_DOWN;
	e->doubled = same && now - t->press_at <= DOUBLE_PRESS_US;
	/* A third press is a first one again. */
	t->press_y = e->doubled ? -1 : m->y;
	t->press_x = m->x;
	t->press_at = now;
	return true;
}

static bool mouse_event(struct term *t, struct event *e)
{
	MEVENT m;

	if (getmouse(&m) != OK)
		return false;
	*e = (struct event){.y = m.y, .x = m.x};
	if (m.bstate & BUTTON1_PRESSED)
		return pressed(t, &m, e);
	if (m.bstate & BUTTON1_RELEASED)
		e->type = EVENT_MOUSE_UP;
	else if (m.bstate & BUTTON4_PRESSED)
		e->type = EVENT_WHEEL_UP;
	else if (m.bstate & BUTTON5_PRESSED)
		e->type = EVENT_WHEEL_DOWN;
	else if (m.bstate & REPORT_MOUSE_POSITION)
		e->type = EVENT_MOUSE_DRAG;
	return e->type != EVENT_NONE;
}

/* False for what curses reports and we have no use for. */
static bool translate(struct term *t, bool special, wint_t c, struct event *e)
{
	*e = (struct event){0};
	if (special && c == KEY_MOUSE)
		return mouse_event(t, e);
	if (special && (c == KEYS_PASTE_BEGIN || c == KEYS_PASTE_END)) {
		e->type = c == KEYS_PASTE_BEGIN ? EVENT_PASTE_BEGIN : EVENT_PASTE_END;
		return true;
	}
	e->type = EVENT_KEY;
	e->key = special ? key_of_code(c) : key_of_char(c);
	return e->key != KEY_NONE;
}

bool term_input(struct term *t, struct event *ret_event)
{
	wint_t c;
	int kind;

	if (t->suspended)
		return false;
	while ((kind = wget_wch(t->keys, &c)) != ERR)
		if (translate(t, kind == KEY_CODE_YES, c, ret_event))
			return true;
	return false;
}

bool term_copy(struct term *t, struct str text)
{
	struct buf bytes;
	bool ok;

	buf_init(&bytes, 2 * TERM_COPY_MAX);
	ok = t->osc && term_out_copy(&bytes, text);
	if (ok)
		out(t, buf_c(&bytes));
	buf_release(&bytes);
	return ok;
}

void term_title(struct term *t, struct str text)
{
	struct buf bytes;

	if (!t->osc)
		return;
	buf_init(&bytes, 4096);
	if (term_out_title(&bytes, text, t->ascii) && !str_eq(buf_str(&bytes), buf_str(&t->title))) {
		buf_clear(&t->title);
		buf_add_str(&t->title, buf_str(&bytes));
		out(t, buf_c(&bytes));
	}
	buf_release(&bytes);
}

void term_bell(struct term *t)
{
	out(t, "\a");
}

void term_suspend(struct term *t)
{
	if (t->suspended)
		return;
	t->suspended = true;
	modes_off(t);
	leave_screen(t);
	term_out_disarm();
}

void term_resume(struct term *t)
{
	if (!t->suspended)
		return;
	t->suspended = false;
	term_out_arm(STDOUT_FILENO);
	/* curses takes the screen back with the next update. */
	doupdate();
	modes_on(t);
	buf_clear(&t->title);
	term_resized(t);
}

int64_t term_bytes(const struct term *t)
{
	return t->bytes;
}
