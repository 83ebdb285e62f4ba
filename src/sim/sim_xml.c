/*
 * sim_xml.c: writes the XML and JSON text of answers.
 *
 * Plain text building: tags come from the callers as literals, contents are escaped here.
 * Overflow of the buffer is not checked at every write; buf.h remembers it and the
 * service layer asks once. Numbers print with a decimal point because only LC_CTYPE is set.
 */
#include "sim/sim_internal.h"

static void escaped(struct buf *b, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '&')
			buf_add_c(b, "&amp;");
		else if (c == '<')
			buf_add_c(b, "&lt;");
		else if (c == '>')
			buf_add_c(b, "&gt;");
		else if (c == '"')
			buf_add_c(b, "&quot;");
		else if ((unsigned char)c < 0x20 && c != '\t' && c != '\n')
			buf_add_char(b, '?');
		else
			buf_add_char(b, c);
	}
}

void sim_xml_open(struct buf *b, const char *tag)
{
	buf_addf(b, "<%s>", tag);
}

void sim_xml_close(struct buf *b, const char *tag)
{
	buf_addf(b, "</%s>\n", tag);
}

void sim_xml_slice(struct buf *b, const char *tag, struct str text)
{
	sim_xml_open(b, tag);
	escaped(b, text);
	sim_xml_close(b, tag);
}

void sim_xml_str(struct buf *b, const char *tag, const char *text)
{
	sim_xml_slice(b, tag, str_c(text));
}

void sim_xml_int(struct buf *b, const char *tag, int64_t value)
{
	buf_addf(b, "<%s>%lld</%s>\n", tag, (long long)value, tag);
}

void sim_xml_f64(struct buf *b, const char *tag, double value)
{
	buf_addf(b, "<%s>%.12g</%s>\n", tag, value, tag);
}

void sim_xml_bool(struct buf *b, const char *tag, bool value)
{
	buf_addf(b, "<%s>%s</%s>\n", tag, value ? "true" : "false", tag);
}

void sim_xml_time(struct buf *b, const char *tag, int64_t us)
{
	struct civil c;

	clock_civil(us, &c);
	buf_addf(b, "<%s>%04d-%02d-%02dT%02d:%02d:%02d.%03dZ</%s>\n", tag, c.year, c.month, c.day, c.hour, c.minute,
		 c.second, c.micro / 1000, tag);
}

void sim_xml_fmt(struct buf *b, const char *tag, const char *fmt, ...)
{
	struct buf text;
	va_list ap;

	buf_init(&text, 4096);
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	sim_xml_slice(b, tag, buf_str(&text));
	buf_release(&text);
}

void sim_json_str(struct buf *b, struct str text)
{
	buf_add_char(b, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c == '"' || c == '\\')
			buf_addf(b, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			buf_addf(b, "\\u%04x", c);
		else
			buf_add_char(b, (char)c);
	}
	buf_add_char(b, '"');
}
