/*
 * codec_xml.c: the streaming decoder of AWS query and EC2 answers.
 *
 * Expat hands over tags and text as bytes arrive; the decoder keeps the path of the open
 * elements as one string, with a stack of lengths to cut it back. An element that ends
 * without a child was a leaf. Leaves inside an item go to the handler with their path
 * below the item, leaves elsewhere are kept when wanted. Nothing of the document
 * outlives its leaf, so a long listing costs no more than its longest text.
 *
 * Hostile input: DOCTYPE ends decoding (no entities, no expansion), depth, path and text
 * are limited, and after the first failure every callback does nothing, because expat
 * may still deliver a few.
 *
 * It does not know services, error documents or paging; callers ask for those leaves.
 */
#include "codec/codec_xml.h"

#include "base/xalloc.h"

#include <expat.h>

#define PATH_MAX_BYTES 4096
#define FEED_PIECE (1u << 20)

struct xml_decoder {
	XML_Parser parser;
	struct xml_handler h;
	struct err err; /* valid when failed */
	bool failed, any_bytes;
	struct buf root, path, text;
	struct buf wanted[XML_WANTED_MAX];
	size_t nwanted;
	size_t depth; /* open elements, the root included */
	struct level {
		size_t path_len; /* of the path before this element */
		bool has_child;
	} levels[XML_DEPTH_MAX + 1];
	size_t item_depth; /* depth of the open item, 0 = none */
	size_t item_path;  /* path length of the open item */
};

static void stop(struct xml_decoder *d)
{
	d->failed = true;
	XML_StopParser(d->parser, XML_FALSE);
}

/* Does path match pattern segment by segment? A segment `*` stands for any one tag. Most differ in the first letters.
 */
static bool path_matches(const char *pattern, struct str path)
{
	size_t i = 0;

	while (*pattern && i < path.len) {
		if (*pattern == '*') {
			while (i < path.len && path.ptr[i] != '/')
				i++;
		} else if (*pattern != path.ptr[i++]) {
			return false;
		}
		pattern++;
	}
	return *pattern == '\0' && i == path.len;
}

static void fail_html(struct xml_decoder *d)
{
	err_set(&d->err, ERR_PROTOCOL, "the answer is an HTML page, not XML");
	err_remedy(&d->err, "a proxy or load balancer answered instead of AWS: check the network path and endpoint");
	stop(d);
}

static void open_root(struct xml_decoder *d, struct str name)
{
	if (str_ieq(name, STR("html"))) {
		fail_html(d);
	} else if (!buf_add_str(&d->root, name)) {
		err_set(&d->err, ERR_LIMIT, "the answer's root element has a name of more than %d bytes",
			PATH_MAX_BYTES);
		stop(d);
	}
}

static void open_child(struct xml_decoder *d, struct str name)
{
	if (d->path.len > 0)
		buf_add_char(&d->path, '/');
	if (!buf_add_str(&d->path, name)) {
		err_set(&d->err, ERR_LIMIT, "the answer's tags are longer than %d bytes", PATH_MAX_BYTES);
		stop(d);
		return;
	}
	if (d->item_depth == 0 && d->h.items && path_matches(d->h.items, buf_str(&d->path))) {
		d->item_depth = d->depth;
		d->item_path = d->path.len;
	}
}

static void XMLCALL on_start(void *data, const XML_Char *tag, const XML_Char **attributes)
{
	struct xml_decoder *d = data;
	const char *colon = strrchr(tag, ':');
	struct str name = str_c(colon ? colon + 1 : tag);

	(void)attributes;
	if (d->failed)
		return;
	if (d->depth >= XML_DEPTH_MAX) {
		err_set(&d->err, ERR_LIMIT, "the answer is nested more than %d levels deep", XML_DEPTH_MAX);
		stop(d);
		return;
	}
	d->levels[d->depth].has_child = true;
	d->depth++;
	d->levels[d->depth] = (struct level){.path_len = d->path.len};
	buf_clear(&d->text);
	if (d->depth == 1)
		open_root(d, name);
	else
		open_child(d, name);
}

static void XMLCALL on_text(void *data, const XML_Char *text, int len)
{
	struct xml_decoder *d = data;

	/* Blanks between the children of an element are layout, not a value. */
	if (d->failed || d->depth == 0 || d->levels[d->depth].has_child)
		return;
	if (!buf_add(&d->text, text, (size_t)len)) {
		err_set(&d->err, ERR_LIMIT, "%s in the answer is longer than %u bytes", buf_c(&d->path), XML_TEXT_MAX);
		stop(d);
	}
}

/* Path of the current element below the open item. */
static struct str item_relative(const struct xml_decoder *d)
{
	struct str path = buf_str(&d->path);

	return path.len > d->item_path ? str_sub(path, d->item_path + 1, path.len) : str_sub(path, 0, 0);
}

static void close_leaf(struct xml_decoder *d)
{
	if (d->item_depth != 0) {
		if (d->h.on_leaf && !d->h.on_leaf(d->h.ctx, item_relative(d), buf_str(&d->text), &d->err))
			stop(d);
		return;
	}
	for (size_t i = 0; i < d->nwanted; i++) {
		if (!path_matches(d->h.wanted[i], buf_str(&d->path)))
			continue;
		buf_clear(&d->wanted[i]);
		buf_add_str(&d->wanted[i], buf_str(&d->text));
	}
}

/* An element with children, inside an item. */
static void close_inside(struct xml_decoder *d)
{
	if (d->h.on_end && !d->h.on_end(d->h.ctx, item_relative(d), &d->err))
		stop(d);
}

static void XMLCALL on_end(void *data, const XML_Char *tag)
{
	struct xml_decoder *d = data;

	(void)tag;
	if (d->failed)
		return;
	if (!d->levels[d->depth].has_child)
		close_leaf(d);
	else if (d->item_depth != 0 && d->depth > d->item_depth)
		close_inside(d);
	if (!d->failed && d->item_depth == d->depth) {
		d->item_depth = 0;
		if (d->h.on_item && !d->h.on_item(d->h.ctx, &d->err))
			stop(d);
	}
	buf_truncate(&d->path, d->levels[d->depth].path_len);
	d->depth--;
}

static void XMLCALL on_doctype(void *data, const XML_Char *name, const XML_Char *sysid, const XML_Char *pubid,
			       int has_internal_subset)
{
	struct xml_decoder *d = data;

	(void)sysid;
	(void)pubid;
	(void)has_internal_subset;
	if (d->failed)
		return;
	if (str_ieq(str_c(name), STR("html"))) {
		fail_html(d);
		return;
	}
	err_set(&d->err, ERR_PROTOCOL, "the answer has a DOCTYPE, which AWS never sends");
	stop(d);
}

struct xml_decoder *xml_decoder_new(const struct xml_handler *h)
{
	struct xml_decoder *d = xalloc(sizeof(*d));

	d->h = *h;
	d->parser = XML_ParserCreate(NULL);
	if (!d->parser)
		BUG("out of memory for the XML parser");
	buf_init(&d->root, PATH_MAX_BYTES);
	buf_init(&d->path, PATH_MAX_BYTES);
	buf_init(&d->text, XML_TEXT_MAX);
	while (h->wanted && h->wanted[d->nwanted]) {
		CHECK(d->nwanted < XML_WANTED_MAX);
		buf_init(&d->wanted[d->nwanted++], XML_TEXT_MAX);
	}
	XML_SetUserData(d->parser, d);
	XML_SetElementHandler(d->parser, on_start, on_end);
	XML_SetCharacterDataHandler(d->parser, on_text);
	XML_SetStartDoctypeDeclHandler(d->parser, on_doctype);
	return d;
}

void xml_decoder_free(struct xml_decoder *d)
{
	if (!d)
		return;
	XML_ParserFree(d->parser);
	buf_release(&d->root);
	buf_release(&d->path);
	buf_release(&d->text);
	for (size_t i = 0; i < d->nwanted; i++)
		buf_release(&d->wanted[i]);
	xfree(d);
}

/* Puts what expat or a callback found wrong into *err and keeps it for later calls. */
static bool report(struct xml_decoder *d, struct err *err)
{
	enum XML_Error code = XML_GetErrorCode(d->parser);

	if (!d->failed) {
		bool cut = code == XML_ERROR_NO_ELEMENTS || code == XML_ERROR_UNCLOSED_TOKEN ||
			   code == XML_ERROR_PARTIAL_CHAR || code == XML_ERROR_UNCLOSED_CDATA_SECTION;

		if (!d->any_bytes)
			err_set(&d->err, ERR_PROTOCOL, "the answer is empty");
		else if (cut && d->root.len > 0)
			err_set(&d->err, ERR_PROTOCOL, "the answer ends before it is complete");
		else if (cut)
			err_set(&d->err, ERR_PROTOCOL, "the answer holds no XML element");
		else
			err_set(&d->err, ERR_PROTOCOL, "the answer is not valid XML: %s in line %lu",
				XML_ErrorString(code), (unsigned long)XML_GetCurrentLineNumber(d->parser));
		d->failed = true;
	}
	*err = d->err;
	return false;
}

bool xml_decoder_feed(struct xml_decoder *d, struct str bytes, struct err *err)
{
	while (bytes.len > 0 && !d->failed) {
		size_t n = bytes.len < FEED_PIECE ? bytes.len : FEED_PIECE;

		d->any_bytes = true;
		if (XML_Parse(d->parser, bytes.ptr, (int)n, XML_FALSE) != XML_STATUS_OK)
			break;
		bytes = str_sub(bytes, n, bytes.len);
	}
	return (bytes.len == 0 && !d->failed) || report(d, err);
}

bool xml_decoder_finish(struct xml_decoder *d, struct err *err)
{
	if (!d->failed && XML_Parse(d->parser, "", 0, XML_TRUE) == XML_STATUS_OK && !d->failed)
		return true;
	return report(d, err);
}

struct str xml_decoder_wanted(const struct xml_decoder *d, size_t i)
{
	CHECK(i < d->nwanted);
	return buf_str(&d->wanted[i]);
}

struct str xml_decoder_root(const struct xml_decoder *d)
{
	return buf_str(&d->root);
}

/* ---- items to records ---- */

#define LIST_FIRST 64

/* Room that a list of len bytes has been given: it grows by doubling inside the arena. */
static size_t list_capacity(size_t len)
{
	size_t cap = LIST_FIRST;

	while (cap < len)
		cap *= 2;
	return cap;
}

static bool room_for(struct arena *a, size_t n, struct err *err)
{
	/* Alignment costs up to 16 bytes a text. */
	if (arena_room(a) >= n + 16)
		return true;
	return err_set(err, ERR_LIMIT, "the answer holds more than %u MiB of text", SNAPSHOT_BYTES_MAX >> 20);
}

/* Appends text to the list already in the record (or starts one). */
static bool append_list(const struct field *f, void *row, struct arena *a, struct str text, struct err *err)
{
	union value v = {.str = {NULL, 0}};
	bool has = rec_get(f, row, &v);
	size_t len = v.str.len + (has ? 1 : 0) + text.len;
	char *to = (char *)(uintptr_t)v.str.ptr;

	if (!has || list_capacity(len) != list_capacity(v.str.len)) {
		if (!room_for(a, list_capacity(len), err))
			return false;
		to = arena_alloc(a, list_capacity(len));
		if (v.str.len > 0)
			memcpy(to, v.str.ptr, v.str.len);
	}
	if (has)
		to[v.str.len] = ',';
	if (text.len > 0)
		memcpy(to + len - text.len, text.ptr, text.len);
	v.str = (struct str){to, len};
	rec_set(f, row, v);
	return true;
}

static bool store_leaf(const struct field *f, void *row, struct arena *a, struct str text, struct err *err)
{
	const struct kind_ops *ops = &kind_ops[f->kind];
	union value v;

	if (f->flags & F_LIST)
		return append_list(f, row, a, text, err);
	if (ops->storage == CT_STR) {
		if (!room_for(a, text.len, err))
			return false;
		v.str = arena_str(a, text);
		rec_set(f, row, v);
		return true;
	}
	/* An empty number is how some services write "not set". */
	if (text.len == 0)
		return true;
	if (!ops->parse(str_trim(text), &v))
		return err_set(err, ERR_PROTOCOL, "%s: \"" STR_FMT "\" is not of kind %s", f->name,
			       STR_ARG(str_sub(text, 0, 60)), ops->name);
	rec_set(f, row, v);
	return true;
}

/* The row of the open item, begun when first needed. */
static bool need_row(struct xml_records *r, struct err *err)
{
	if (!r->row)
		r->row = snapshot_add_row(r->out);
	if (!r->row)
		return err_set(err, ERR_LIMIT, "the listing has more than %d entries", SNAPSHOT_ROWS_MAX);
	return true;
}

/* One item of a list that keeps the tag of each. */
static bool store_named(const struct field *f, void *row, struct arena *a, struct str path, struct str text,
			struct err *err)
{
	size_t slash = path.len;
	struct buf item;
	bool ok;

	while (slash > 0 && path.ptr[slash - 1] != '/')
		slash--;
	buf_init(&item, path.len + text.len + 2);
	(void)buf_addf(&item, STR_FMT "=" STR_FMT, STR_ARG(str_sub(path, slash, path.len)), STR_ARG(text));
	ok = store_leaf(f, row, a, buf_str(&item), err);
	buf_release(&item);
	return ok;
}

/* Does path lie below an element that `each` matches? */
static bool below_each(const char *each, struct str path)
{
	size_t slashes = 0, i = 0;

	for (const char *p = each; *p; p++)
		slashes += *p == '/';
	for (; i < path.len; i++)
		if (path.ptr[i] == '/' && slashes-- == 0)
			break;
	return i < path.len && path_matches(each, str_sub(path, 0, i));
}

/* The record that a leaf belongs to, NULL and *err when there is no room for another. */
static void *record_for(struct xml_records *r, struct str path, struct err *err)
{
	if (!r->each || below_each(r->each, path))
		return need_row(r, err) ? r->row : NULL;
	if (!r->outer) {
		if (!room_for(r->out->arena, r->out->type->size, err))
			return NULL;
		r->outer = arena_alloc(r->out->arena, r->out->type->size);
	}
	return r->outer;
}

static bool records_leaf(void *ctx, struct str path, struct str text, struct err *err)
{
	struct xml_records *r = ctx;
	const struct rec_type *type = r->out->type;
	void *row = record_for(r, path, err);

	if (!row)
		return false;
	for (size_t i = 0; i < type->nfields; i++) {
		const struct field *f = &type->fields[i];

		if (!f->wire || !path_matches(f->wire, path))
			continue;
		if (!(f->flags & F_NAMED ? store_named(f, row, r->out->arena, path, text, err)
					 : store_leaf(f, row, r->out->arena, text, err)))
			return false;
	}
	return true;
}

/* In this protocol an absent list and an empty one are the same. */
static void complete_lists(const struct rec_type *type, void *row)
{
	for (size_t i = 0; i < type->nfields; i++) {
		const struct field *f = &type->fields[i];
		union value v;

		if (!f->wire || !(f->flags & F_LIST) || rec_get(f, row, &v))
			continue;
		v.str = STR("");
		rec_set(f, row, v);
	}
}

static bool records_end(void *ctx, struct str path, struct err *err)
{
	struct xml_records *r = ctx;

	(void)err;
	if (r->each && path_matches(r->each, path))
		r->row = NULL;
	return true;
}

/* The rows of an item get what it has outside of them; those that finish() vetoes close up. */
static void finish_each(struct xml_records *r)
{
	const struct rec_type *type = r->out->type;
	size_t n = r->first;

	for (size_t i = r->first; i < r->out->nrows; i++) {
		char *row = (char *)r->out->rows + n * type->size;
		union value v;

		if (n < i)
			memcpy(row, (char *)r->out->rows + i * type->size, type->size);
		for (size_t k = 0; r->outer && k < type->nfields; k++)
			if (!rec_get(&type->fields[k], row, &v) && rec_get(&type->fields[k], r->outer, &v))
				rec_set(&type->fields[k], row, v);
		complete_lists(type, row);
		n += !r->finish || r->finish(row, r->out, r->ctx);
	}
	r->out->nrows = r->first = n;
	r->row = r->outer = NULL;
}

static bool records_item(void *ctx, struct err *err)
{
	struct xml_records *r = ctx;
	void *row;

	if (r->each) {
		finish_each(r);
		return true;
	}
	if (!need_row(r, err))
		return false;
	row = r->row;
	r->row = NULL;
	complete_lists(r->out->type, row);
	if (r->finish && !r->finish(row, r->out, r->ctx))
		snapshot_drop_row(r->out, row);
	return true;
}

void xml_records_handler(struct xml_handler *h, const char *items, struct xml_records *r, const char *const *wanted)
{
	r->row = r->outer = NULL;
	r->first = r->out->nrows;
	*h = (struct xml_handler){.items = items,
				  .on_leaf = records_leaf,
				  .on_item = records_item,
				  .on_end = records_end,
				  .ctx = r,
				  .wanted = wanted};
}
