/*
 * badge.c: how fresh a pane is, in one or three words at the right of its title.
 *
 * Order of what is said: paused, waiting before it asks again (and why), how far a long listing has come, failed
 * (word and since when; throttled: when it is tried again), unavailable, refreshing (longer than 400 ms; old data
 * stays), slowed by the budget, stale (older than three periods), age, never.
 */
#include "ui/ui.h"

#include "base/utf8.h"

#define REFRESHING_AFTER_US (400 * US_PER_MS)
#define SPINNER_US (250 * US_PER_MS)

struct badge {
	enum role role;
	char text[80];
};

void badge_age(char *out, size_t size, int64_t us)
{
	struct buf b;

	buf_init(&b, 32);
	if (us < US_PER_S)
		(void)buf_add_c(&b, "0s");
	else
		(void)glyph_duration(&b, us);
	/* Ages under ten seconds come as 2.1s: a badge counts whole seconds. */
	if (us >= US_PER_S && us < 10 * US_PER_S)
		(void)snprintf(out, size, "%ds", (int)(us / US_PER_S));
	else
		(void)snprintf(out, size, "%s", buf_c(&b));
	buf_release(&b);
}

static int64_t shown_now(const struct ui *ui)
{
	return ui->paused_at_us ? ui->paused_at_us : ui->now_us;
}

static int64_t period_of(const struct ui *ui, const struct store_entry *e)
{
	int64_t period = e->source->period_us ? e->source->period_us : runtime_target(ui->rt)->interval_us;

	return e->good && e->good->period_us > period ? e->good->period_us : period;
}

static bool is_slowed(const struct store_entry *e)
{
	return e->good && e->good->by_budget;
}

int64_t badge_old_us(const struct ui *ui, const struct store_entry *e)
{
	int64_t age = e && e->good ? shown_now(ui) - e->good->at_us : 0;

	/* A second more, because ages are shown in whole ones. */
	return e && age > 2 * period_of(ui, e) + US_PER_S ? age : -1;
}

bool badge_failed(const struct store_entry *e)
{
	return e && e->latest && e->latest->state != SNAP_OK;
}

enum glyph badge_sign(const struct store_entry *e, enum role *ret_role)
{
	enum err_code code = e->latest->err.code;
	bool mild = code == ERR_DENIED || code == ERR_CREDENTIALS || code == ERR_THROTTLED;

	if (e->latest->state != SNAP_ERROR) {
		*ret_role = ROLE_NOTICE;
		return G_NOTICE;
	}
	*ret_role = mild ? ROLE_WARN : ROLE_CRIT;
	return mild ? G_WARN : G_CRIT;
}

static void with_sign(struct badge *b, enum glyph g, const char *text)
{
	char sign[5] = {0};

	(void)utf8_encode(glyph(g), sign);
	(void)snprintf(b->text, sizeof b->text, "%s %s", sign, text);
}

static void spinner(const struct ui *ui, char out[5])
{
	memset(out, 0, 5);
	(void)utf8_encode(ui->options.motion ? glyph_spinner((unsigned)(ui->mono_us / SPINNER_US)) : glyph(G_CUT), out);
}

/* "throttled, retry in 4 s" */
static void retrying(const struct ui *ui, enum err_code why, int64_t until_mono_us, struct badge *b)
{
	int64_t left = until_mono_us > ui->mono_us ? until_mono_us - ui->mono_us : 0;

	b->role = ROLE_WARN;
	(void)snprintf(b->text, sizeof b->text, "%s, retry in %d s", err_word(why),
		       (int)((left + US_PER_S - 1) / US_PER_S));
}

static void listing(const struct ui *ui, const struct store_entry *e, struct badge *b)
{
	char sign[5];
	struct buf n;

	buf_init(&n, 32);
	(void)format_count(&n, e->note.rows);
	spinner(ui, sign);
	b->role = ROLE_MUTED;
	(void)snprintf(b->text, sizeof b->text, "%s %s so far", sign, buf_c(&n));
	buf_release(&n);
}

static void failing(const struct ui *ui, const struct store_entry *e, struct badge *b)
{
	const struct err *err = &e->latest->err;
	char age[24], words[64];

	if (err->code == ERR_THROTTLED) {
		retrying(ui, ERR_THROTTLED, e->next_mono_us, b);
		return;
	}
	badge_age(age, sizeof age, ui->now_us - e->failing_since_us);
	(void)snprintf(words, sizeof words, "%.36s %s", err_word(err->code), age);
	with_sign(b, badge_sign(e, &b->role), words);
}

static void fresh(const struct ui *ui, const struct store_entry *e, struct badge *b)
{
	int64_t period = period_of(ui, e);
	int64_t age = ui->now_us - e->good->at_us;
	char text[24], words[48], sign[5] = {0};

	badge_age(text, sizeof text, age > 0 ? age : 0);
	b->role = ROLE_MUTED;
	if (e->fetch_since_mono_us && ui->mono_us - e->fetch_since_mono_us > REFRESHING_AFTER_US) {
		(void)utf8_encode(
			ui->options.motion ? glyph_spinner((unsigned)(ui->mono_us / SPINNER_US)) : glyph(G_CUT), sign);
		(void)snprintf(b->text, sizeof b->text, "%s %s", sign, text);
		return;
	}
	if (age > 3 * period + 2 * US_PER_S) {
		b->role = ROLE_WARN;
		(void)snprintf(words, sizeof words, "stale %s", text);
		(void)utf8_encode(glyph(G_WARN), sign);
		(void)snprintf(b->text, sizeof b->text, "%s %s", words, sign);
		return;
	}
	if (is_slowed(e)) {
		b->role = ROLE_NOTICE;
		(void)snprintf(b->text, sizeof b->text, "slowed by budget, %s", text);
		return;
	}
	(void)snprintf(b->text, sizeof b->text, "%s", text);
}

static void paused(const struct ui *ui, struct badge *b)
{
	struct buf t;

	buf_init(&t, 32);
	(void)format_clock(&t, ui->paused_at_us, ui->paused_at_us);
	b->role = ROLE_NOTICE;
	with_sign(b, G_PAUSED, buf_c(&t));
	buf_release(&t);
}

/* Nothing has arrived yet: never asked, just asked, or asked for longer than a blink. */
static void no_data(const struct ui *ui, const struct store_entry *e, struct badge *b)
{
	char sign[5];

	b->role = e->fetch_since_mono_us ? ROLE_MUTED : ROLE_WARN;
	spinner(ui, sign);
	if (!e->fetch_since_mono_us)
		(void)snprintf(b->text, sizeof b->text, "never");
	else if (ui->mono_us - e->fetch_since_mono_us > REFRESHING_AFTER_US)
		(void)snprintf(b->text, sizeof b->text, "%s", sign);
	else
		b->text[0] = '\0';
}

static void say(const struct ui *ui, const struct store_entry *e, struct badge *b)
{
	if (ui->paused_at_us && e->good)
		paused(ui, b);
	else if (e->note.waits != ERR_NONE)
		retrying(ui, e->note.waits, e->note.until_mono_us, b);
	else if (e->note.rows > 0)
		listing(ui, e, b);
	else if (e->latest && e->latest->state == SNAP_ERROR)
		failing(ui, e, b);
	else if (!e->latest)
		no_data(ui, e, b);
	else if (e->latest->state == SNAP_OK)
		fresh(ui, e, b);
}

int badge_draw(const struct ui *ui, const struct store_entry *e, struct canvas *c, struct rect clip, int y, int x_end,
	       enum role bg)
{
	struct badge b = {ROLE_MUTED, "n/a"};
	int w;

	if (e)
		say(ui, e, &b);
	w = utf8_columns(str_c(b.text));
	if (w > 0)
		canvas_text_c(c, clip, y, x_end - w, b.text, STYLE(b.role, bg, 0));
	return x_end - w;
}
