/*
 * term_out.c: what goes to the terminal beside the screen's cells.
 *
 * Sequences built here contain outside text only after it was made safe: a title has no
 * controls and a bounded width, clipboard text travels as base64 and has lost every control
 * but line feeds and tabs, so that pasting it elsewhere cannot run anything by escape.
 * The emergency path uses write() and tcsetattr() on values stored beforehand, nothing
 * else; both are async-signal-safe.
 */
#include "ui/term_out.h"

#include "base/utf8.h"
#include "ui/term.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#define WRITE_WAIT_MS 2000

static struct termios saved;
static volatile sig_atomic_t armed;
static int armed_fd = -1;

/* Synchronized update, mouse, paste, keypad and attributes off; cursor on; alternate screen left; title popped. */
static const char restore[] = TERM_SYNC_OFF TERM_DRAG_OFF "\033[?1000l" TERM_PASTE_OFF
							  "\033[?1l\033>\033[0m\033[?25h\033[?1049l\033[23;0;0t\r";

size_t term_out_write(int fd, struct str bytes)
{
	size_t done = 0;

	while (done < bytes.len) {
		ssize_t n = write(fd, bytes.ptr + done, bytes.len - done);
		if (n > 0) {
			done += (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			struct pollfd ready = {.fd = fd, .events = POLLOUT};
			if (poll(&ready, 1, WRITE_WAIT_MS) == 0)
				break;
		} else if (n < 0 && errno != EINTR) {
			break;
		}
	}
	return done;
}

bool term_out_title(struct buf *out, struct str text, bool ascii)
{
	uint32_t rune;
	int width, used = 0;

	buf_add_c(out, "\033]2;");
	while (utf8_next_cell(&text, &rune, &width) && used + width <= TERM_TITLE_COLUMNS) {
		char bytes[4];
		buf_add(out, bytes, (size_t)utf8_encode(ascii && rune > 0x7e ? '?' : rune, bytes));
		used += width;
	}
	return buf_add_c(out, "\033\\");
}

static bool clipboard_byte(unsigned char c)
{
	return (c >= 0x20 && c != 0x7f) || c == '\n' || c == '\t';
}

static void base64_group(struct buf *out, const unsigned char in[3], size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];

	for (size_t i = 0; i < 4; i++)
		buf_add_char(out, i <= n ? digits[bits >> (18 - 6 * i) & 63] : '=');
}

bool term_out_copy(struct buf *out, struct str text)
{
	unsigned char group[3] = {0};
	size_t n = 0;

	if (text.len > TERM_COPY_MAX)
		return false;
	buf_add_c(out, "\033]52;c;");
	while (text.len) {
		char bytes[4];
		bool valid;
		uint32_t rune = utf8_decode(&text, &valid);
		/* C1 controls are two bytes in UTF-8 and still controls. */
		if (!valid || (rune < 0x80 ? !clipboard_byte((unsigned char)rune) : rune < 0xa0))
			continue;
		int len = utf8_encode(rune, bytes);
		for (int i = 0; i < len; i++) {
			group[n++] = (unsigned char)bytes[i];
			if (n == 3) {
				base64_group(out, group, 3);
				memset(group, 0, sizeof(group));
				n = 0;
			}
		}
	}
	if (n)
		base64_group(out, group, n);
	return buf_add_c(out, "\a");
}

void term_out_arm(int fd)
{
	if (armed_fd != fd)
		armed_fd = tcgetattr(fd, &saved) == 0 ? fd : -1;
	armed = armed_fd >= 0;
}

void term_out_disarm(void)
{
	armed = 0;
}

void term_emergency_restore(void)
{
	if (!armed)
		return;
	armed = 0;
	/* Nothing can be done about a failing write here. */
	ssize_t ignored = write(armed_fd, restore, sizeof(restore) - 1);
	(void)ignored;
	tcsetattr(armed_fd, TCSANOW, &saved);
}
