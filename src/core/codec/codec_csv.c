/*
 * codec_csv.c: rows as CSV.
 *
 * The reader is likely a spreadsheet, and the text likely comes from someone else's
 * query: a cell that a spreadsheet would take for a formula gets an apostrophe. Text is
 * sanitised first, which also makes every row one line; quotes are doubled after that.
 */
#include "codec/codec_csv.h"

#include "base/parse.h"
#include "base/utf8.h"
#include "codec/codec_text.h"

/* Would a spreadsheet run it? Leading blanks do not stop some of them. */
static bool is_formula(struct str raw)
{
	struct str s = str_trim(raw);
	double number;

	if (raw.len > 0 && (raw.ptr[0] == '\t' || raw.ptr[0] == '\r' || raw.ptr[0] == '\n'))
		return true;
	if (s.len == 0 || !strchr("=+-@", s.ptr[0]) || s.ptr[0] == '\0')
		return false;
	return !parse_f64(s, &number) || s.ptr[s.len - 1] > '9';
}

static bool needs_quotes(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == ',' || s.ptr[i] == '"')
			return true;
	}
	return s.len > 0 && (s.ptr[0] == ' ' || s.ptr[s.len - 1] == ' ');
}

static bool add_cell(struct buf *out, struct str cell)
{
	if (!needs_quotes(cell))
		return buf_add_str(out, cell);
	buf_add_char(out, '"');
	for (size_t i = 0; i < cell.len; i++) {
		if (cell.ptr[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, cell.ptr[i]);
	}
	return buf_add_char(out, '"');
}

bool csv_write_heading(struct buf *out, const struct rec_type *type)
{
	for (size_t i = 0; i < type->nfields; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		buf_add_c(out, type->fields[i].name);
	}
	return buf_add_char(out, '\n');
}

/* Text of one present value into `text`, sanitised and defused into `cell`. */
static bool make_cell(struct buf *text, struct buf *cell, const struct field *f, union value v, bool mask_literals)
{
	buf_clear(text);
	buf_clear(cell);
	if (!codec_field_text(text, f, v, mask_literals))
		return false;
	if (kind_ops[f->kind].storage != CT_STR)
		return buf_add_str(cell, buf_str(text));
	if (is_formula(buf_str(text)))
		buf_add_char(cell, '\'');
	return utf8_clean(cell, buf_str(text), false);
}

bool csv_write_row(struct buf *out, const struct snapshot *s, size_t row, bool mask_literals)
{
	struct buf text, cell;
	bool ok = true;

	buf_init(&text, CODEC_TEXT_MAX);
	buf_init(&cell, 3 * CODEC_TEXT_MAX);
	for (size_t i = 0; i < s->type->nfields && ok; i++) {
		const struct field *f = &s->type->fields[i];
		union value v;

		if (i > 0)
			buf_add_char(out, ',');
		if (!rec_get(f, snapshot_row(s, row), &v))
			continue;
		ok = make_cell(&text, &cell, f, v, mask_literals) && add_cell(out, buf_str(&cell));
	}
	buf_release(&text);
	buf_release(&cell);
	return buf_add_char(out, '\n') && ok;
}
