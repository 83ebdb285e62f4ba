/*
 * list.c: Describe calls that come in pages, into one growing snapshot.
 *
 * Each page is one call whose items are appended to the snapshot under construction; a repeated
 * attempt first drops the rows of the broken one. Where a listing is long the rows so
 * far are published as a copy, because a published snapshot is sealed: after the first page, then every PUBLISH_US,
 * because each copy costs as much as all pages so far. How many there are is said after each page. A listing of many
 * pages is fetched the less often, the more pages it has: one request in AWS_PAGE_PERIOD_US in the mean.
 *
 * What an item has may be too much for one record: then a second one is made of it, of another type, into a snapshot
 * beside (`also`). Not together with `each`.
 *
 * Invariants: a marker that does not change ends the listing with an error instead of a loop;
 * at most AWS_PAGES_MAX pages are asked for.
 */
#include "aws/client.h"

#include "base/clock.h"
#include "base/xalloc.h"

#define PUBLISH_US (US_PER_S / 2)

struct page {
	const struct aws_list *list;
	struct snapshot *out;
	struct xml_records records, also;
	struct xml_handler both[2]; /* of these two */
	size_t mark, also_mark;     /* rows before this page */
	const char *wanted[2];
};

static bool leaf_of_both(void *ctx, struct str path, struct str text, struct err *err)
{
	const struct page *p = ctx;

	return p->both[0].on_leaf(p->both[0].ctx, path, text, err) &&
	       p->both[1].on_leaf(p->both[1].ctx, path, text, err);
}

static bool item_of_both(void *ctx, struct err *err)
{
	const struct page *p = ctx;

	return p->both[0].on_item(p->both[0].ctx, err) && p->both[1].on_item(p->both[1].ctx, err);
}

static void begin_page(void *ctx, struct xml_handler *handler)
{
	struct page *p = ctx;

	p->out->nrows = p->mark;
	p->records = (struct xml_records){
		.out = p->out, .finish = p->list->finish, .each = p->list->each, .ctx = p->list->ctx};
	xml_records_handler(handler, p->list->items, &p->records, p->wanted);
	if (!p->list->also)
		return;
	p->list->also->nrows = p->also_mark;
	p->also = (struct xml_records){.out = p->list->also};
	p->both[0] = *handler;
	xml_records_handler(&p->both[1], p->list->items, &p->also, NULL);
	*handler = (struct xml_handler){.items = p->list->items,
					.on_leaf = leaf_of_both,
					.on_item = item_of_both,
					.ctx = p,
					.wanted = p->wanted};
}

/* Rows and texts of a snapshot under construction in a new one. */
static struct snapshot *copy_so_far(const struct snapshot *s)
{
	struct snapshot *c = snapshot_new(s->type, s->source);

	c->partial = true;
	for (size_t i = 0; i < s->nrows; i++) {
		char *row = snapshot_add_row(c);

		memcpy(row, snapshot_row(s, i), s->type->size);
		for (size_t k = 0; k < s->type->nfields; k++) {
			const struct field *f = &s->type->fields[k];
			union value v;

			if (kind_ops[f->kind].storage == CT_STR && rec_get(f, row, &v)) {
				v.str = arena_str(c->arena, v.str);
				rec_set(f, row, v);
			}
		}
	}
	return c;
}

static bool ask_page(struct aws_client *client, struct fetch *f, struct page *page, const char *marker, char **ret_next,
		     struct err *err)
{
	const struct aws_list *l = page->list;
	struct aws_call call = {.service = l->service, .operation = l->operation, .begin = begin_page, .ctx = page};
	struct aws_answer answer = {0};
	struct form form;
	bool ok;

	form_begin(&form, l->operation, aws_services[l->service].version);
	if (l->parameters)
		l->parameters(&form, l->ctx);
	if (l->page_size > 0)
		form_add_i64(&form, l->page_size_name, l->page_size);
	if (marker)
		form_add_c(&form, l->marker, marker);
	page->mark = page->out->nrows;
	page->also_mark = l->also ? l->also->nrows : 0;
	ok = form_body(&form, &call.body, err) && aws_call(client, f, &call, &answer, err);
	if (ok && l->next && xml_decoder_wanted(answer.xml, 0).len > 0) {
		struct str next = xml_decoder_wanted(answer.xml, 0);

		*ret_next = xstrndup(next.ptr, next.len);
	}
	/* ages of what is listed are told by the service's clock */
	if (ok && answer.date_us > 0)
		page->out->server_at_us = answer.date_us;
	aws_answer_release(&answer);
	form_release(&form);
	return ok;
}

/* Tells how far the listing has come, and shows it now and then. */
static void show_progress(struct fetch *f, const struct aws_list *list, const struct snapshot *out,
			  int64_t *shown_mono_us)
{
	int64_t now = clock_mono_us();

	fetch_note_rows(f, (int64_t)out->nrows);
	if (!list->publish_pages || (*shown_mono_us > 0 && now < *shown_mono_us + PUBLISH_US))
		return;
	*shown_mono_us = now;
	fetch_publish(f, copy_so_far(out));
}

bool aws_list_fetch(struct fetch *f, const struct aws_list *list, struct snapshot *out, struct err *err)
{
	struct page page = {.list = list, .out = out, .wanted = {list->next, NULL}};
	struct aws_client *client;
	char *marker = NULL;
	int64_t shown = 0;
	bool ok = aws_client_get(f, &client, err);

	for (int n = 1; ok; n++) {
		char *next = NULL;

		ok = ask_page(client, f, &page, marker, &next, err);
		if (ok && next && marker && strcmp(next, marker) == 0)
			ok = err_set(err, ERR_PROTOCOL, "%s %s gives the same page marker twice",
				     aws_services[list->service].name, list->operation);
		if (ok && next && n == AWS_PAGES_MAX)
			ok = err_set(err, ERR_LIMIT, "%s %s has more than %d pages", aws_services[list->service].name,
				     list->operation, AWS_PAGES_MAX);
		xfree(marker);
		marker = next;
		if (!ok || !marker)
			break;
		if (list->enough && list->enough(out, list->ctx))
			break;
		show_progress(f, list, out, &shown);
		out->period_us = (n + 1) * AWS_PAGE_PERIOD_US;
	}
	xfree(marker);
	return ok;
}
