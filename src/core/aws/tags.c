/* tags.c: see tags.h. */
#include "aws/tags.h"

#include "base/ascii.h"
#include "base/utf8.h"

/* Letters of other scripts are letters, too. */
static bool is_tag_text(struct str text, size_t max)
{
	size_t characters = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		characters += (c & 0xc0) != 0x80;
		if (c < 0x80 && !ascii_is_letter(c) && !ascii_is_digit(c) && (c == '\0' || !strchr(" _.:/=+-@", c)))
			return false;
	}
	return characters <= max && utf8_valid(text);
}

static bool check(const struct tag *tags, size_t n, struct err *err)
{
	const struct tag *t = &tags[n];

	if (t->key.len == 0 || !is_tag_text(t->key, TAG_KEY_MAX))
		return err_set(err, ERR_USAGE,
			       "\"" STR_FMT "\" is no key of a tag: 1 to %d letters, digits and _.:/+-@",
			       STR_ARG(t->key), TAG_KEY_MAX);
	if (str_starts(t->key, STR("aws:")) || str_starts(t->key, STR("rds:")))
		return err_set(err, ERR_USAGE, "\"" STR_FMT "\": keys that begin with aws: or rds: are AWS's own",
			       STR_ARG(t->key));
	if (!is_tag_text(t->value, TAG_VALUE_MAX))
		return err_set(err, ERR_USAGE,
			       "the value of the tag " STR_FMT
			       " is none: up to %d letters, digits, blanks and _.:/=+-@",
			       STR_ARG(t->key), TAG_VALUE_MAX);
	for (size_t i = 0; i < n; i++)
		if (str_eq(tags[i].key, t->key))
			return err_set(err, ERR_USAGE, "the tag " STR_FMT " is there twice", STR_ARG(t->key));
	return true;
}

bool tags_read(struct str text, struct arena *a, struct tag out[TAGS_CHOSEN_MAX], size_t *ret_n, struct err *err)
{
	struct str word;
	size_t n = 0;

	*ret_n = 0;
	while (str_split(&text, ' ', &word)) {
		long at = str_find(word, STR("="), 0);

		if (word.len == 0)
			continue;
		if (at < 0 && n == 0)
			return err_set(err, ERR_USAGE, "\"" STR_FMT "\" is no tag: KEY=VALUE", STR_ARG(word));
		if (at < 0) {
			struct str *value = &out[n - 1].value;

			*value = arena_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(*value), value->len ? " " : "",
					   STR_ARG(word));
			continue;
		}
		if (n == TAGS_CHOSEN_MAX)
			return err_set(err, ERR_USAGE, "more than %d tags", TAGS_CHOSEN_MAX);
		out[n++] = (struct tag){arena_str(a, str_sub(word, 0, (size_t)at)),
					arena_str(a, str_sub(word, (size_t)at + 1, word.len))};
	}
	for (size_t i = 0; i < n; i++)
		if (!check(out, i, err))
			return false;
	*ret_n = n;
	return true;
}
