/*
 * test_codec_xml.c: AWS answers, fed in every possible way, and what is no answer at all.
 */
#include "codec/codec_xml.h"
#include "model_fixture.h"

/* Everything a handler sees, as text. */
struct trace {
	struct buf out;
	int fail_at_item; /* 0 = never */
	int items;
};

static bool trace_leaf(void *ctx, struct str path, struct str text, struct err *err)
{
	struct trace *t = ctx;

	(void)err;
	return buf_addf(&t->out, STR_FMT "=" STR_FMT ";", STR_ARG(path), STR_ARG(text));
}

static bool trace_item(void *ctx, struct err *err)
{
	struct trace *t = ctx;

	t->items++;
	buf_add_c(&t->out, "|");
	if (t->items == t->fail_at_item)
		return err_set(err, ERR_CANCELLED, "enough");
	return true;
}

static const char *const wanted[] = {"ListResult/Marker", "ResponseMetadata/RequestId", "Error/Code", NULL};

/* Feeds doc in pieces of the given size; appends wanted leaves and root on success, the error otherwise. */
static void run(struct trace *t, const char *items, struct str doc, size_t piece)
{
	struct xml_handler h = {
		.items = items, .on_leaf = trace_leaf, .on_item = trace_item, .ctx = t, .wanted = wanted};
	struct xml_decoder *d = xml_decoder_new(&h);
	struct err err = {.code = ERR_NONE};
	bool ok = true;

	buf_clear(&t->out);
	t->items = 0;
	for (size_t i = 0; i < doc.len && ok; i += piece)
		ok = xml_decoder_feed(d, str_sub(doc, i, i + piece), &err);
	if (ok)
		ok = xml_decoder_finish(d, &err);
	if (ok)
		buf_addf(&t->out, "[" STR_FMT "][" STR_FMT "][" STR_FMT "][" STR_FMT "]", STR_ARG(xml_decoder_root(d)),
			 STR_ARG(xml_decoder_wanted(d, 0)), STR_ARG(xml_decoder_wanted(d, 1)),
			 STR_ARG(xml_decoder_wanted(d, 2)));
	else
		buf_addf(&t->out, "!%s: %s", err_word(err.code), err.text);
	xml_decoder_free(d);
}

/* The trace is the same whole, byte by byte, and cut in two at every place. */
static void check(const char *items, const char *doc, const char *want)
{
	struct trace t = {.fail_at_item = 0};
	struct str s = str_c(doc);

	buf_init(&t.out, 100000);
	for (size_t piece = 1; piece <= s.len + 1; piece++) {
		run(&t, items, s, piece);
		if (strcmp(buf_c(&t.out), want) != 0)
			fail_msg("pieces of %zu:\n got %s\nwant %s", piece, buf_c(&t.out), want);
	}
	buf_release(&t.out);
}

#define LIST "ListResult/Things/Thing"

static void a_listing_is_decoded(void **state)
{
	(void)state;
	check(LIST,
	      "<?xml version=\"1.0\"?>\n<ListResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">\n"
	      " <ListResult>\n  <Things>\n"
	      "   <Thing><Id>a</Id><Owner><Name>x &lt;&amp;&gt; &#228;&#x20AC;</Name><Tag/></Owner></Thing>\n"
	      "   <Thing>\n    <Id>b</Id>\n    <Empty></Empty><Zones><Z>1</Z><Z>2</Z></Zones>\n   </Thing>\n"
	      "  </Things>\n  <Marker>next</Marker>\n </ListResult>\n"
	      " <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>\n</ListResponse>\n",
	      "Id=a;Owner/Name=x <&> \xc3\xa4\xe2\x82\xac;Owner/Tag=;|Id=b;Empty=;Zones/Z=1;Zones/Z=2;|"
	      "[ListResponse][next][r-1][]");
}

static void unusual_documents(void **state)
{
	(void)state;
	/* prefixes, attributes, comments, CDATA, processing instructions, byte order mark */
	check(LIST,
	      "\xef\xbb\xbf<n:R xmlns:n=\"u\"><n:ListResult><Things a=\"1\"><!-- <Id>no</Id> --><n:Thing>"
	      "<n:Id>a<![CDATA[<b>&]]>c</n:Id><?pi x?></n:Thing></Things></n:ListResult></n:R>",
	      "Id=a<b>&c;|[R][][][]");
	/* list children may have any tag */
	check("ListResult/Things/*", "<R><ListResult><Things><a><I>1</I></a><b><I>2</I></b></Things></ListResult></R>",
	      "I=1;|I=2;|[R][][][]");
	/* items that are leaves, an empty list in both spellings, an absent one */
	check("ListResult/Things/*", "<R><ListResult><Things><m>x</m><m/></Things></ListResult></R>",
	      "=x;|=;|[R][][][]");
	check(LIST, "<R><ListResult><Things/></ListResult></R>", "[R][][][]");
	check(LIST, "<R><ListResult><Things></Things></ListResult></R>", "[R][][][]");
	check(LIST, "<R/>", "[R][][][]");
	/* only the exact path is an item; equal tags below and beside it are not */
	check(LIST,
	      "<R><Things><Thing><Id>no</Id></Thing></Things><ListResult><Things><Thing><Things><Thing><Id>in</Id>"
	      "</Thing></Things></Thing></Things><ListResult><Things><Thing><Id>no</Id></Thing></Things></ListResult>"
	      "</ListResult></R>",
	      "Things/Thing/Id=in;|[R][][][]");
	/* text around children is layout; wanted leaves inside items are not taken */
	check(LIST, "<R><ListResult><Things><Thing>x<Id>a</Id>y</Thing></Things><Marker/></ListResult></R>",
	      "Id=a;|[R][][][]");
	check(NULL, "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>",
	      "[ErrorResponse][][][Throttling]");
	check(LIST,
	      "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><R><ListResult><Marker>\xe4</Marker></ListResult></R>",
	      "[R][\xc3\xa4][][]");
}

static void what_is_no_answer_is_named(void **state)
{
	(void)state;
	check(LIST, "<!DOCTYPE html><html><body>502 Bad Gateway</body></html>",
	      "!bad answer: the answer is an HTML page, not XML");
	check(LIST, "<HTML><BODY>Sign in</BODY></HTML>", "!bad answer: the answer is an HTML page, not XML");
	check(LIST, "\n<html>", "!bad answer: the answer is an HTML page, not XML");
	check(LIST, "<!DOCTYPE R [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><R>&b;</R>",
	      "!bad answer: the answer has a DOCTYPE, which AWS never sends");
	check(LIST, "", "!bad answer: the answer is empty");
	check(LIST, " \n ", "!bad answer: the answer holds no XML element");
	check(LIST, "<R><ListResult>", "!bad answer: the answer ends before it is complete");
	check(LIST, "<R><ListResult><Things><Thing><Id>a</Id></Thing></Thi",
	      "Id=a;|!bad answer: the answer ends before it is complete");
	check(LIST, "Service Unavailable", "!bad answer: the answer is not valid XML: syntax error in line 1");
	check(LIST, "<R>\n</S>", "!bad answer: the answer is not valid XML: mismatched tag in line 2");
	check(LIST, "<R>&nbsp;</R>", "!bad answer: the answer is not valid XML: undefined entity in line 1");
	check(LIST, "<R>\xff</R>",
	      "!bad answer: the answer is not valid XML: not well-formed (invalid token) in line 1");
}

static void html_says_what_to_do(void **state)
{
	struct xml_handler h = {.items = LIST};
	struct xml_decoder *d = xml_decoder_new(&h);
	struct err err = {.code = ERR_NONE};

	(void)state;
	assert_false(xml_decoder_feed(d, STR("<html>"), &err));
	assert_has(err.remedy, "proxy");
	err_clear(&err);
	assert_false(xml_decoder_feed(d, STR("<R/>"), &err)); /* it stays failed */
	assert_has(err.text, "HTML");
	err_clear(&err);
	assert_false(xml_decoder_finish(d, &err));
	assert_has(err.text, "HTML");
	xml_decoder_free(d);
	xml_decoder_free(NULL);
}

static void every_truncation_fails(void **state)
{
	const char *doc = "<R><ListResult><Things><Thing><Id>a</Id></Thing></Things></ListResult></R>";
	struct trace t = {.fail_at_item = 0};

	(void)state;
	buf_init(&t.out, 1000);
	for (size_t len = 0; len < strlen(doc); len++) {
		run(&t, LIST, (struct str){doc, len}, 7);
		assert_has(buf_c(&t.out), "!bad answer: the answer ");
	}
	run(&t, LIST, str_c(doc), 7);
	assert_string_equal(buf_c(&t.out), "Id=a;|[R][][][]");
	buf_release(&t.out);
}

static void depth_is_limited(void **state)
{
	struct trace t = {.fail_at_item = 0};
	struct buf doc;

	(void)state;
	buf_init(&t.out, 1000);
	buf_init(&doc, 1000000);
	for (int extra = 0; extra < 2; extra++) {
		buf_clear(&doc);
		for (int i = 0; i < XML_DEPTH_MAX + extra; i++)
			buf_add_c(&doc, "<a>");
		for (int i = 0; i < XML_DEPTH_MAX + extra; i++)
			buf_add_c(&doc, "</a>");
		run(&t, LIST, buf_str(&doc), 11);
		assert_string_equal(buf_c(&t.out),
				    extra ? "!too large: the answer is nested more than 40 levels deep" : "[a][][][]");
	}
	buf_clear(&doc);
	for (int i = 0; i < 100000; i++)
		buf_add_c(&doc, "<a>");
	run(&t, LIST, buf_str(&doc), 4096);
	assert_has(buf_c(&t.out), "!too large");
	buf_release(&doc);
	buf_release(&t.out);
}

static void run_repeated(const char *head, size_t n, const char *tail, const char *want)
{
	struct trace t = {.fail_at_item = 0};
	struct buf doc;

	buf_init(&t.out, 3 * XML_TEXT_MAX);
	buf_init(&doc, 8 * XML_TEXT_MAX);
	buf_add_c(&doc, head);
	for (size_t i = 0; i < n; i++)
		buf_add_char(&doc, 'x');
	buf_add_c(&doc, tail);
	run(&t, LIST, buf_str(&doc), 65536);
	assert_has(buf_c(&t.out), want);
	buf_release(&doc);
	buf_release(&t.out);
}

static void texts_and_tags_are_limited(void **state)
{
	const char *head = "<R><ListResult><Marker>", *tail = "</Marker></ListResult></R>";

	(void)state;
	run_repeated(head, XML_TEXT_MAX, tail, "[R][xxxx");
	run_repeated(head, XML_TEXT_MAX + 1, tail,
		     "!too large: ListResult/Marker in the answer is longer than 1048576");
	run_repeated("<R><", 5000, "/></R>", "!too large: the answer's tags are longer");
	run_repeated("<", 5000, "/>", "!too large: the answer's root element");
}

static void a_handler_can_stop_it(void **state)
{
	const char *doc =
		"<R><ListResult><Things><Thing><Id>a</Id></Thing><Thing><Id>b</Id></Thing></Things></ListResult></R>";
	struct trace t = {.fail_at_item = 1};

	(void)state;
	buf_init(&t.out, 1000);
	run(&t, LIST, str_c(doc), 1000);
	assert_string_equal(buf_c(&t.out), "Id=a;|!cancelled: enough");
	buf_release(&t.out);
}

/* ---- records ---- */

static bool decode(struct snapshot *s, struct xml_records *r, const char *doc, struct err *err)
{
	struct xml_handler h;
	struct xml_decoder *d;
	bool ok;

	r->out = s;
	xml_records_handler(&h, LIST, r, wanted);
	d = xml_decoder_new(&h);
	ok = xml_decoder_feed(d, str_c(doc), err) && xml_decoder_finish(d, err);
	xml_decoder_free(d);
	return ok;
}

#define IN_LIST(x) "<R><ListResult><Things>" x "</Things></ListResult></R>"

static void records_are_decoded(void **state)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");
	struct xml_records r = {.finish = NULL};
	struct err err = {.code = ERR_NONE};
	const struct thing *t;

	(void)state;
	if (!decode(s, &r,
		    IN_LIST("<Thing><Id>a</Id><Pid>42</Pid><Owner><Name>bob</Name></Owner><Waiting>true</Waiting>"
			    "<Started>2026-03-16T13:45:07.5Z</Started><Hit>0.5</Hit><Unknown><Id>z</Id></Unknown>"
			    "<Zones><m><Name>z1</Name></m><n><Name>z2</Name><Else>e</Else></n></Zones><State/></Thing>"
			    "<Thing><Id>b</Id><Pid></Pid><Rows> 7 </Rows></Thing><Thing/>"),
		    &err))
		fail_msg("%s", err.text);
	snapshot_publish(s);
	assert_int_equal(s->nrows, 3);
	t = snapshot_row(s, 0);
	assert_str(t->id, "a");
	assert_int_equal(t->pid, 42);
	assert_str(t->user_name, "bob");
	assert_int_equal(t->waiting, 1);
	assert_int_equal(t->started_at, INT64_C(1773668707500000));
	assert_true(HAS(t, struct thing, hit_ratio) && t->hit_ratio > 0.49 && t->hit_ratio < 0.51);
	assert_str(t->zones, "z1,z2");
	assert_true(HAS(t, struct thing, state) && t->state.len == 0); /* empty, not absent */
	assert_false(HAS(t, struct thing, host));
	assert_false(HAS(t, struct thing, rows));
	t = snapshot_row(s, 1);
	assert_str(t->id, "b");
	assert_false(HAS(t, struct thing, pid));
	assert_false(HAS(t, struct thing, state));
	assert_int_equal(t->rows, 7);
	assert_true(HAS(t, struct thing, zones) && t->zones.len == 0); /* an absent list is empty */
	t = snapshot_row(s, 2);
	assert_false(HAS(t, struct thing, id));
	snapshot_unref(s);
}

static void long_lists_are_joined(void **state)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");
	struct xml_records r = {.finish = NULL};
	struct err err = {.code = ERR_NONE};
	const struct thing *t;
	struct buf doc, want;

	(void)state;
	buf_init(&doc, 1000000);
	buf_init(&want, 1000000);
	buf_add_c(&doc, "<R><ListResult><Things><Thing><Zones>");
	for (int i = 0; i < 2000; i++) {
		buf_addf(&doc, "<m><Name>%d</Name></m>", i % 7 == 0 ? 1000000 + i : i);
		buf_addf(&want, "%s%d", i ? "," : "", i % 7 == 0 ? 1000000 + i : i);
	}
	buf_add_c(&doc, "<m><Name/></m></Zones></Thing></Things></ListResult></R>");
	buf_add_c(&want, ",");
	assert_true(decode(s, &r, buf_c(&doc), &err));
	t = snapshot_row(s, 0);
	assert_true(str_eq(t->zones, buf_str(&want)));
	assert_true(arena_used(s->arena) < 100000);
	buf_release(&doc);
	buf_release(&want);
	snapshot_unref(s);
}

static void bad_values_name_the_field(void **state)
{
	static const char *const rows[][2] = {
		{IN_LIST("<Thing><Pid>many</Pid></Thing>"), "pid: \"many\" is not of kind int"},
		{IN_LIST("<Thing><Started>soon</Started></Thing>"), "started_at: \"soon\" is not of kind time"},
		{IN_LIST("<Thing><Waiting>5</Waiting></Thing>"), "waiting: \"5\" is not of kind bool"},
		{IN_LIST("<Thing><Hit>1,5</Hit></Thing>"), "hit_ratio: \"1,5\" is not of kind ratio"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct snapshot *s = snapshot_new(&thing_type, "things");
		struct xml_records r = {.finish = NULL};
		struct err err = {.code = ERR_NONE};

		assert_false(decode(s, &r, rows[i][0], &err));
		assert_int_equal(err.code, ERR_PROTOCOL);
		assert_string_equal(err.text, rows[i][1]);
		snapshot_unref(s);
	}
}

/* Keeps rows with a pid, and computes their user from the context. */
static bool keep_with_pid(void *row, struct snapshot *out, void *ctx)
{
	struct thing *t = row;

	if (!HAS(t, struct thing, pid))
		return false;
	SET(t, struct thing, user_name, arena_str(out->arena, str_c(ctx)));
	return true;
}

static void rows_can_be_computed_and_dropped(void **state)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");
	char user[] = "computed";
	struct xml_records r = {.finish = keep_with_pid, .ctx = user};
	struct err err = {.code = ERR_NONE};
	const struct thing *t;

	(void)state;
	assert_true(decode(s, &r,
			   IN_LIST("<Thing><Id>x</Id></Thing><Thing><Id>y</Id><Pid>1</Pid></Thing>"
				   "<Thing><Id>z</Id></Thing>"),
			   &err));
	assert_int_equal(s->nrows, 1);
	t = snapshot_row(s, 0);
	assert_str(t->id, "y");
	assert_str(t->user_name, "computed");
	snapshot_unref(s);
}

/* A row for each inner element, with what its item has outside of them, before and behind. */
static void inner_lists_become_rows(void **state)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");
	struct xml_records r = {.each = "Zones/*"};
	struct err err = {.code = ERR_NONE};
	const struct thing *t;

	(void)state;
	assert_true(decode(s, &r,
			   IN_LIST("<Thing><Id>a</Id><Zones><Z><Name>1</Name><Deep><X>9</X></Deep></Z><Z><Name>2</Name>"
				   "</Z><Z/></Zones><Owner><Name>bob</Name></Owner></Thing>"
				   "<Thing><Id>b</Id><Zones></Zones></Thing><Thing><Id>c</Id></Thing>"
				   "<Thing><Zones><Z><Name>3</Name></Z></Zones><Pid>7</Pid></Thing>"),
			   &err));
	assert_int_equal(s->nrows, 3); /* none for items without, and the next item knows nothing of the one before */
	t = s->rows;
	assert_str(t[0].id, "a");
	assert_str(t[0].zones, "1");
	assert_str(t[0].user_name, "bob");
	assert_str(t[1].id, "a");
	assert_str(t[1].zones, "2");
	assert_str(t[1].user_name, "bob");
	assert_false(HAS(&t[2], struct thing, id));
	assert_str(t[2].zones, "3");
	assert_int_equal(t[2].pid, 7);
	snapshot_unref(s);
}

static void inner_rows_can_be_dropped(void **state)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");
	char user[] = "computed";
	struct xml_records r = {.finish = keep_with_pid, .ctx = user, .each = "Zones/*"};
	struct err err = {.code = ERR_NONE};
	const struct thing *t;

	(void)state;
	assert_true(decode(s, &r,
			   IN_LIST("<Thing><Id>x</Id><Zones><Z><Name>1</Name></Z></Zones></Thing>"
				   "<Thing><Id>y</Id><Zones><Z><Name>2</Name></Z><Z><Name>3</Name></Z></Zones>"
				   "<Pid>1</Pid></Thing>"),
			   &err));
	assert_int_equal(s->nrows, 2);
	t = s->rows;
	assert_str(t[0].zones, "2");
	assert_str(t[1].zones, "3");
	assert_str(t[1].user_name, "computed");
	snapshot_unref(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inner_lists_become_rows),    cmocka_unit_test(inner_rows_can_be_dropped),
		cmocka_unit_test(a_listing_is_decoded),       cmocka_unit_test(unusual_documents),
		cmocka_unit_test(what_is_no_answer_is_named), cmocka_unit_test(html_says_what_to_do),
		cmocka_unit_test(every_truncation_fails),     cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(texts_and_tags_are_limited), cmocka_unit_test(a_handler_can_stop_it),
		cmocka_unit_test(records_are_decoded),        cmocka_unit_test(long_lists_are_joined),
		cmocka_unit_test(bad_values_name_the_field),  cmocka_unit_test(rows_can_be_computed_and_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
