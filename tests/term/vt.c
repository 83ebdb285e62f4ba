/*
 * vt.c: pty, emulator, waiting.
 *
 * The child's output is read from the pty, kept for inspection and fed to libvterm; what
 * libvterm answers (device attributes, key sequences) goes back to the child. Deadlines
 * end every wait, so that a stuck program fails a test instead of hanging it.
 */
#include "vt.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "base/xalloc.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

struct vt {
	VTerm *vterm;
	VTermScreen *screen;
	int master, rows, cols;
	pid_t child;
	bool ended, reaped;
	int status;
	struct vt_state state;
	int64_t bytes;
	struct buf output;
};

static void to_child(const char *bytes, size_t n, void *user)
{
	struct vt *v = user;

	while (n) {
		ssize_t done = write(v->master, bytes, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		bytes += done;
		n -= (size_t)done;
	}
}

static int on_property(VTermProp property, VTermValue *value, void *user)
{
	struct vt_state *state = &((struct vt *)user)->state;

	if (property == VTERM_PROP_ALTSCREEN)
		state->altscreen = value->boolean;
	else if (property == VTERM_PROP_CURSORVISIBLE)
		state->cursor_visible = value->boolean;
	else if (property == VTERM_PROP_MOUSE)
		state->mouse = value->number;
	else if (property == VTERM_PROP_TITLE)
		snprintf(state->title, sizeof(state->title), "%s", value->string);
	return 1;
}

static int on_bell(void *user)
{
	((struct vt *)user)->state.bells++;
	return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_property, .bell = on_bell};

static void environment(const char *const *env)
{
	static const char *const usual[] = {"COLORTERM", "NO_COLOR", "TERMINFO", "TMUX",    "LANG",
					    "LC_CTYPE",  "COLUMNS",  "LINES",    "ESCDELAY"};

	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		unsetenv(usual[i]);
	setenv("TERM", "xterm-256color", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	for (; env && *env; env++) {
		const char *sign = strchr(*env, '=');
		if (!sign) {
			unsetenv(*env);
			continue;
		}
		char *name = xstrndup(*env, (size_t)(sign - *env));
		setenv(name, sign + 1, 1);
		xfree(name);
	}
}

struct vt *vt_start(int rows, int cols, const char *const *argv, const char *const *env)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
	struct vt *v = xalloc(sizeof(*v));

	v->rows = rows;
	v->cols = cols;
	v->state.cursor_visible = true;
	buf_init(&v->output, VT_OUTPUT_MAX);
	v->vterm = vterm_new(rows, cols);
	vterm_set_utf8(v->vterm, 1);
	vterm_output_set_callback(v->vterm, to_child, v);
	v->screen = vterm_obtain_screen(v->vterm);
	vterm_screen_enable_altscreen(v->screen, 1);
	vterm_screen_set_callbacks(v->screen, &callbacks, v);
	vterm_screen_reset(v->screen, 1);
	v->child = forkpty(&v->master, NULL, NULL, &size);
	if (v->child < 0)
		BUG("forkpty failed");
	if (v->child == 0) {
		char *args[64];
		size_t n = 0;
		for (; argv[n] && n < ARRAY_LEN(args) - 1; n++)
			args[n] = xstrdup(argv[n]);
		args[n] = NULL;
		environment(env);
		execvp(args[0], args);
		_exit(127);
	}
	return v;
}

static bool reap(struct vt *v, int flags)
{
	if (!v->reaped && waitpid(v->child, &v->status, flags) == v->child)
		v->reaped = true;
	return v->reaped;
}

void vt_free(struct vt *v)
{
	if (!v)
		return;
	if (!reap(v, WNOHANG))
		kill(v->child, SIGTERM);
	for (int i = 0; i < 40 && !reap(v, WNOHANG); i++) {
		struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
		/* The child may wait for its output to be read. */
		if (!vt_pump(v, 50))
			nanosleep(&pause, NULL);
	}
	if (!v->reaped) {
		kill(v->child, SIGKILL);
		reap(v, 0);
	}
	close(v->master);
	vterm_free(v->vterm);
	buf_release(&v->output);
	xfree(v);
}

bool vt_pump(struct vt *v, int ms)
{
	int64_t until = clock_mono_us() + ms * US_PER_MS;

	while (!v->ended) {
		int64_t left = (until - clock_mono_us()) / US_PER_MS;
		struct pollfd in = {.fd = v->master, .events = POLLIN};
		char bytes[65536];
		if (poll(&in, 1, left > 0 ? (int)left : 0) <= 0)
			return true;
		ssize_t n = read(v->master, bytes, sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			v->ended = true;
			break;
		}
		v->bytes += n;
		buf_add(&v->output, bytes, (size_t)n);
		vterm_input_write(v->vterm, bytes, (size_t)n);
	}
	return !v->ended;
}

static bool wait_for(struct vt *v, const char *text, bool present)
{
	int64_t until = clock_mono_us() + VT_DEADLINE_MS * US_PER_MS;
	int row, col;

	for (;;) {
		if (vt_find(v, text, &row, &col) == present)
			return true;
		if (clock_mono_us() > until || !vt_pump(v, 20))
			return vt_find(v, text, &row, &col) == present;
	}
}

bool vt_wait_text(struct vt *v, const char *text)
{
	return wait_for(v, text, true);
}

bool vt_wait_gone(struct vt *v, const char *text)
{
	return wait_for(v, text, false);
}

void vt_settle(struct vt *v, int quiet_ms)
{
	int64_t until = clock_mono_us() + VT_DEADLINE_MS * US_PER_MS, before;

	do {
		before = v->bytes;
		vt_pump(v, quiet_ms);
	} while (v->bytes != before && !v->ended && clock_mono_us() < until);
}

bool vt_wait_exit(struct vt *v, int *ret_status)
{
	int64_t until = clock_mono_us() + VT_DEADLINE_MS * US_PER_MS;

	while (vt_pump(v, 20) && clock_mono_us() < until)
		;
	while (!reap(v, WNOHANG) && clock_mono_us() < until) {
		struct timespec pause = {.tv_nsec = 2 * 1000 * 1000};
		nanosleep(&pause, NULL);
	}
	if (v->reaped)
		*ret_status = v->status;
	return v->reaped;
}

int vt_pid(const struct vt *v)
{
	return v->child;
}

void vt_send(struct vt *v, const char *bytes)
{
	to_child(bytes, strlen(bytes), v);
}

bool vt_key(struct vt *v, const char *name)
{
	static const struct {
		const char *name;
		VTermKey key;
		VTermModifier modifier;
	} keys[] = {
		{"Up", VTERM_KEY_UP, VTERM_MOD_NONE},        {"Down", VTERM_KEY_DOWN, VTERM_MOD_NONE},
		{"Left", VTERM_KEY_LEFT, VTERM_MOD_NONE},    {"Right", VTERM_KEY_RIGHT, VTERM_MOD_NONE},
		{"PgUp", VTERM_KEY_PAGEUP, VTERM_MOD_NONE},  {"PgDn", VTERM_KEY_PAGEDOWN, VTERM_MOD_NONE},
		{"Home", VTERM_KEY_HOME, VTERM_MOD_NONE},    {"End", VTERM_KEY_END, VTERM_MOD_NONE},
		{"Ins", VTERM_KEY_INS, VTERM_MOD_NONE},      {"Del", VTERM_KEY_DEL, VTERM_MOD_NONE},
		{"Enter", VTERM_KEY_ENTER, VTERM_MOD_NONE},  {"Tab", VTERM_KEY_TAB, VTERM_MOD_NONE},
		{"BackTab", VTERM_KEY_TAB, VTERM_MOD_SHIFT}, {"Backspace", VTERM_KEY_BACKSPACE, VTERM_MOD_NONE},
		{"Esc", VTERM_KEY_ESCAPE, VTERM_MOD_NONE},
	};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strcmp(name, keys[i].name) == 0) {
			vterm_keyboard_key(v->vterm, keys[i].key, keys[i].modifier);
			return true;
		}
	if (name[0] == 'F' && name[1] >= '1' && name[1] <= '9') {
		vterm_keyboard_key(v->vterm, (VTermKey)VTERM_KEY_FUNCTION(strtol(name + 1, NULL, 10)), VTERM_MOD_NONE);
		return true;
	}
	if (strncmp(name, "C-", 2) == 0 && name[2]) {
		vterm_keyboard_unichar(v->vterm, (unsigned char)name[2], VTERM_MOD_CTRL);
		return true;
	}
	return false;
}

void vt_mouse(struct vt *v, int button, int row, int col, bool press)
{
	char bytes[64];

	snprintf(bytes, sizeof(bytes), "\033[<%d;%d;%d%c", button, col + 1, row + 1, press ? 'M' : 'm');
	vt_send(v, bytes);
}

void vt_click(struct vt *v, int row, int col)
{
	vt_mouse(v, 0, row, col, true);
	vt_mouse(v, 0, row, col, false);
}

void vt_resize(struct vt *v, int rows, int cols)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

	v->rows = rows;
	v->cols = cols;
	vterm_set_size(v->vterm, rows, cols);
	ioctl(v->master, TIOCSWINSZ, &size);
}

#define LONG_ROUNDS 9 /* deadlines that <WaitLong TEXT> waits */

/* One <...> of a script. */
static bool script_word(struct vt *v, const char *word)
{
	int row, col;

	if (strncmp(word, "Wait ", 5) == 0)
		return vt_wait_text(v, word + 5);
	if (strncmp(word, "WaitLong ", 9) == 0) {
		for (int i = 0; i < LONG_ROUNDS; i++)
			if (vt_wait_text(v, word + 9))
				return true;
		return false;
	}
	if (sscanf(word, "Mouse %d %d", &row, &col) == 2)
		vt_click(v, row, col);
	else if (sscanf(word, "Resize %d %d", &row, &col) == 2)
		vt_resize(v, row, col);
	else
		return vt_key(v, word);
	return true;
}

bool vt_script(struct vt *v, const char *script)
{
	struct str rest = str_c(script);

	while (rest.len) {
		if (rest.ptr[0] == '@') {
			char *end;
			vt_pump(v, (int)strtol(rest.ptr + 1, &end, 10));
			rest = str_c(end);
			continue;
		}
		long close = rest.ptr[0] == '<' ? str_find(rest, STR(">"), 1) : -1;
		if (close > 0) {
			char *word = xstrndup(rest.ptr + 1, (size_t)close - 1);
			bool known = script_word(v, word);
			xfree(word);
			if (!known)
				return false;
			rest = str_sub(rest, (size_t)close + 1, rest.len);
			continue;
		}
		bool valid;
		vterm_keyboard_unichar(v->vterm, utf8_decode(&rest, &valid), VTERM_MOD_NONE);
	}
	return true;
}

void vt_size(const struct vt *v, int *ret_rows, int *ret_cols)
{
	*ret_rows = v->rows;
	*ret_cols = v->cols;
}

static uint32_t rgb_of(const struct vt *v, VTermColor color)
{
	vterm_screen_convert_color_to_rgb(v->screen, &color);
	return (uint32_t)color.rgb.red << 16 | (uint32_t)color.rgb.green << 8 | color.rgb.blue;
}

struct vt_cell vt_at(const struct vt *v, int row, int col)
{
	VTermScreenCell cell;
	struct vt_cell c = {.fg_index = -1, .bg_index = -1};

	if (!vterm_screen_get_cell(v->screen, (VTermPos){row, col}, &cell))
		return c;
	c.rune = cell.chars[0] == UINT32_MAX ? 0 : cell.chars[0];
	c.width = cell.width;
	c.fg_default = VTERM_COLOR_IS_DEFAULT_FG(&cell.fg);
	c.bg_default = VTERM_COLOR_IS_DEFAULT_BG(&cell.bg);
	if (!c.fg_default && VTERM_COLOR_IS_INDEXED(&cell.fg))
		c.fg_index = cell.fg.indexed.idx;
	if (!c.bg_default && VTERM_COLOR_IS_INDEXED(&cell.bg))
		c.bg_index = cell.bg.indexed.idx;
	c.fg = rgb_of(v, cell.fg);
	c.bg = rgb_of(v, cell.bg);
	c.bold = cell.attrs.bold;
	c.underline = cell.attrs.underline != 0;
	c.reverse = cell.attrs.reverse;
	return c;
}

/* Text of a row; columns[i] is the column of byte i. */
static void row_text(const struct vt *v, int row, struct buf *out, int *columns, size_t max)
{
	buf_clear(out);
	for (int col = 0; col < v->cols; col++) {
		struct vt_cell c = vt_at(v, row, col);
		char bytes[4];
		int n = utf8_encode(c.rune ? c.rune : ' ', bytes);
		for (int i = 0; columns && i < n && out->len + (size_t)i < max; i++)
			columns[out->len + (size_t)i] = col;
		buf_add(out, bytes, (size_t)n);
		if (c.width == 2)
			col++;
	}
}

bool vt_find(const struct vt *v, const char *text, int *ret_row, int *ret_col)
{
	size_t max = (size_t)v->cols * 4;
	int *columns = xcalloc(max + 1, sizeof(*columns));
	struct buf line;
	bool found = false;

	buf_init(&line, max + 1);
	for (int row = 0; row < v->rows && !found; row++) {
		row_text(v, row, &line, columns, max);
		long at = str_find(buf_str(&line), str_c(text), 0);
		found = at >= 0;
		if (found) {
			*ret_row = row;
			*ret_col = columns[at];
		}
	}
	buf_release(&line);
	xfree(columns);
	return found;
}

const struct vt_state *vt_state(const struct vt *v)
{
	return &v->state;
}

int64_t vt_bytes(const struct vt *v)
{
	return v->bytes;
}

struct str vt_output(const struct vt *v)
{
	return buf_str(&v->output);
}

void vt_output_clear(struct vt *v)
{
	buf_clear(&v->output);
}

void vt_termios(const struct vt *v, struct termios *ret_settings)
{
	tcgetattr(v->master, ret_settings);
}

void vt_dump_text(const struct vt *v, struct buf *out)
{
	struct buf line;

	buf_init(&line, (size_t)v->cols * 4 + 1);
	for (int row = 0; row < v->rows; row++) {
		row_text(v, row, &line, NULL, 0);
		struct str text = buf_str(&line);
		while (text.len && text.ptr[text.len - 1] == ' ')
			text.len--;
		buf_add_str(out, text);
		buf_add_char(out, '\n');
	}
	buf_release(&line);
}
