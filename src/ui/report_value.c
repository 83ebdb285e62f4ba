/*
 * report_value.c: single values of a report, and what of them it may not tell.
 *
 * By kind: statements lose their literals, the address or name of a client is hidden whole. Free text (what RDS,
 * CloudWatch, a rule or an error says) has no such marks; there passwords go, and every single address. Networks
 * (10.0.0.0/16) stay, because they are what a rule about the network is about.
 */
#include "ui/report_impl.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "model/sqltext.h"

#define HIDDEN "***"
#define TEXT_MAX (8u << 20) /* of one value, before it is cut */

/* ---- addresses ---- */

static bool is_hex(char c)
{
	return ascii_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* What an address is made of, and what would make it part of a longer word. */
static bool is_inside(char c)
{
	return is_hex(c) || (c >= 'g' && c <= 'z') || (c >= 'G' && c <= 'Z') || c == '_' || c == ':' || c == '.';
}

/* Length of the address of four numbers at the front of a word; 0 = there is none. A port may follow. */
static size_t four_numbers(struct str word)
{
	size_t i = 0, numbers = 0;

	while (numbers < 4) {
		size_t begin = i;

		while (i < word.len && ascii_is_digit(word.ptr[i]))
			i++;
		if (i == begin || i - begin > 3)
			return 0;
		numbers++;
		if (numbers < 4 && (i >= word.len || word.ptr[i++] != '.'))
			return 0;
	}
	return i == word.len || word.ptr[i] == ':' ? i : 0;
}

/* The whole word is an address of version 6: "::" in it, or all eight groups. */
static bool is_version_6(struct str word)
{
	size_t colons = 0, digits = 0;

	for (size_t i = 0; i < word.len; i++) {
		if (!is_hex(word.ptr[i]) && word.ptr[i] != ':' && word.ptr[i] != '.')
			return false;
		colons += word.ptr[i] == ':';
		digits += is_hex(word.ptr[i]);
	}
	return digits > 0 && (colons == 7 || (colons >= 2 && str_find(word, STR("::"), 0) >= 0));
}

/* "/24" follows: a network, unless it is of one address. */
static bool is_network(struct str rest, int whole)
{
	int bits = 0;
	size_t i = 1;

	if (rest.len < 2 || rest.ptr[0] != '/' || !ascii_is_digit(rest.ptr[1]))
		return false;
	for (; i < rest.len && i < 4 && ascii_is_digit(rest.ptr[i]); i++)
		bits = bits * 10 + (rest.ptr[i] - '0');
	return bits < whole;
}

/* Where a word that begins at i ends; the full stop or colon of a sentence is not part of it. */
static size_t word_end(struct str text, size_t i)
{
	size_t end = i;

	while (end < text.len && is_inside(text.ptr[end]))
		end++;
	while (end > i &&
	       (text.ptr[end - 1] == '.' || (text.ptr[end - 1] == ':' && (end - i < 2 || text.ptr[end - 2] != ':'))))
		end--;
	return end;
}

static void hide_addresses(struct buf *out, struct str text)
{
	size_t i = 0;

	while (i < text.len) {
		size_t end = word_end(text, i), four;
		struct str word = str_sub(text, i, end), rest = str_sub(text, end, text.len);

		if (word.len == 0) {
			(void)buf_add_char(out, text.ptr[i++]);
			continue;
		}
		four = four_numbers(word);
		if (four > 0 && !(four == word.len && is_network(rest, 32))) {
			(void)buf_add_c(out, HIDDEN);
			(void)buf_add_str(out, str_sub(word, four, word.len));
		} else if (four == 0 && is_version_6(word) && !is_network(rest, 128)) {
			(void)buf_add_c(out, HIDDEN);
		} else {
			(void)buf_add_str(out, word);
		}
		i = end;
	}
}

void report_free_text(struct report_writer *w, struct str text)
{
	struct buf without;

	buf_clear(&w->text);
	if (w->r->show_literals) {
		(void)sql_mask_secrets(&w->text, text);
		return;
	}
	buf_init(&without, TEXT_MAX);
	(void)sql_mask_secrets(&without, text);
	hide_addresses(&w->text, buf_str(&without));
	buf_release(&without);
}

/* ---- values ---- */

void report_time(struct buf *out, int64_t at_us)
{
	char text[40];
	/* whole seconds: an incident is not told in microseconds */
	const char *iso = clock_iso8601(at_us - at_us % US_PER_S, text, sizeof text);

	for (const char *p = iso; *p; p++)
		(void)buf_add_char(out, *p == 'T' ? ' ' : *p);
}

static void add_statement(struct report_writer *w, struct str sql)
{
	if (w->r->show_literals)
		(void)sql_mask_secrets(&w->text, sql);
	else
		(void)sql_mask_literals(&w->text, sql);
}

bool report_value(struct report_writer *w, const struct snapshot *s, size_t row, const char *field)
{
	int f = s ? rec_find(s->type, str_c(field)) : -1;
	union value v;

	buf_clear(&w->text);
	if (f < 0 || row >= s->nrows || !rec_get(&s->type->fields[f], snapshot_row(s, row), &v))
		return false;
	switch (s->type->fields[f].kind) {
	case K_SQL:
		add_statement(w, v.str);
		return true;
	case K_TIME_US:
		report_time(&w->text, v.i64);
		return true;
	case K_TEXT:
	case K_ID:
	case K_ENUM:
		if ((s->type->fields[f].flags & F_SENSITIVE) && !w->r->show_literals)
			(void)buf_add_c(&w->text, v.str.len > 0 ? HIDDEN : "");
		else
			report_free_text(w, v.str);
		return true;
	default:
		(void)kind_ops[s->type->fields[f].kind].format(&w->text, v, 0);
		return true;
	}
}

void report_row_begin(struct report_writer *w)
{
	(void)buf_add_c(w->out, "|");
}

void report_row_end(struct report_writer *w)
{
	(void)buf_add_c(w->out, "\n");
}

static void add_cell(struct report_writer *w)
{
	(void)buf_add_c(w->out, " ");
	markdown_text(w->out, buf_str(&w->text));
	(void)buf_add_c(w->out, " |");
}

void report_cell(struct report_writer *w, const struct snapshot *s, size_t row, const char *field)
{
	(void)report_value(w, s, row, field);
	add_cell(w);
}

void report_cell_text(struct report_writer *w, struct str text)
{
	report_free_text(w, text);
	add_cell(w);
}

void report_cell_time(struct report_writer *w, int64_t at_us)
{
	buf_clear(&w->text);
	if (at_us != 0)
		report_time(&w->text, at_us);
	add_cell(w);
}

void report_statement(struct report_writer *w, const char *label, struct str sql)
{
	if (sql.len == 0)
		return;
	buf_clear(&w->text);
	add_statement(w, sql);
	(void)buf_addf(&w->code, "%s  ", label);
	markdown_code(&w->code, buf_str(&w->text));
	(void)buf_add_c(&w->code, "\n");
}

void report_block(struct report_writer *w, const char *info)
{
	if (w->code.len > 0)
		markdown_block(w->out, info, buf_str(&w->code));
	buf_clear(&w->code);
}

/* ---- what is not there ---- */

struct str report_why_not(struct report_writer *w, const char *source)
{
	const struct store_entry *e = store_entry(w->r->store, source);

	buf_clear(&w->text);
	if (!e)
		(void)buf_add_c(&w->text, "this version has no such source");
	else if (!e->latest)
		(void)buf_add_c(&w->text, "it has not answered");
	else if (e->latest->state != SNAP_OK)
		report_free_text(w, str_c(e->latest->err.text));
	return buf_str(&w->text);
}

const struct snapshot *report_need(struct report_writer *w, const char *source)
{
	const struct snapshot *s = store_good(w->r->store, source);

	if (s)
		return s;
	(void)buf_addf(w->out, "n/a, source %s: ", source);
	markdown_text(w->out, report_why_not(w, source));
	(void)buf_add_c(w->out, "\n\n");
	return NULL;
}
