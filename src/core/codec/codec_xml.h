/*
 * codec_xml.h: AWS query and EC2 answers, streamed through expat as bytes arrive.
 *
 * The decoder watches one list (`items` path, below the root element, `*` matches any tag, for
 * example "DescribeDBClustersResult/DBClusters/DBCluster" or ".../DBClusters/" followed by `*`). For each item it calls
 * on_leaf with the path below the item
 * ("Endpoint/Address", list children keep their tag) and the text, then on_item. Leaves outside the items are
 * remembered by path below the root when asked for in `wanted` (markers, request ids, error codes). An absent element
 * and an empty one differ: an empty leaf gives an on_leaf with empty text. Unknown elements are skipped, namespaces
 * ignored, DOCTYPE refused, depth and text size limited. HTML or an empty body is ERR_PROTOCOL with words that say so.
 * One thread.
 */
#ifndef CODEC_XML_H
#define CODEC_XML_H

#include "model/snapshot.h"

#define XML_DEPTH_MAX 40
#define XML_TEXT_MAX (1u << 20)
#define XML_WANTED_MAX 8

struct xml_handler {
	const char *items;
	/* path and text are valid for the call. False stops decoding; err says why. */
	bool (*on_leaf)(void *ctx, struct str path, struct str text, struct err *err);
	bool (*on_item)(void *ctx, struct err *err);
	/* An element inside an item that has children has ended; path as above. NULL: nobody asks. */
	bool (*on_end)(void *ctx, struct str path, struct err *err);
	void *ctx;
	const char *const *wanted; /* NULL-terminated paths below the root; may be NULL */
};

struct xml_decoder;

struct xml_decoder *xml_decoder_new(const struct xml_handler *h);
void xml_decoder_free(struct xml_decoder *d);
/* Feeds the next bytes. */
bool xml_decoder_feed(struct xml_decoder *d, struct str bytes, struct err *err) MUST_CHECK;
/* After the last byte: the document must be complete. */
bool xml_decoder_finish(struct xml_decoder *d, struct err *err) MUST_CHECK;
/* Text of wanted[i], empty when it did not occur; valid until free. */
struct str xml_decoder_wanted(const struct xml_decoder *d, size_t i);
/* Tag of the root element, "" before it was seen. */
struct str xml_decoder_root(const struct xml_decoder *d);

/*
 * Ready-made handler that decodes items into records by field->wire ('*' in wire matches any tag;
 * F_LIST joins repeated leaves by ',', with F_NAMED each as TAG=text). Rows go to `out`. Bad numbers are ERR_PROTOCOL
 * naming the field. filter, when set, may veto a finished row (false = dropped).
 *
 * With `each`, a path below the item ("routeSet/" followed by `*`), there is a row for each such element, and none for
 * an item without any. Paths are still those below the item; what lies outside these elements, before or behind, is put
 * into every row of the item.
 */
struct xml_records {
	struct snapshot *out;
	void *row; /* current */
	bool (*finish)(void *row, struct snapshot *out,
		       void *ctx); /* computed fields; false drops the row; may be NULL */
	void *ctx;
	const char *each; /* NULL = a row for each item */
	void *outer;      /* with each: what the open item has outside of them, in out's arena */
	size_t first;     /* with each: the item's first row */
};
/* Prepares h for records; r must outlive the decoder. */
void xml_records_handler(struct xml_handler *h, const char *items, struct xml_records *r, const char *const *wanted);

#endif
