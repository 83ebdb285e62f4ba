/*
 * cmd_public_address.c: this host's address as somebody outside sees it.
 *
 * Asked only when a service was named in the settings (ask_public_address): nothing tells strangers of this host by
 * itself. One GET over HTTPS, without credentials or cookies; the answer is one address in plain text or it is none.
 */
#include "aws/commands.h"
#include "aws/config.h"
#include "aws/http.h"

#include "model/net_addr.h"

#define ANSWER_MAX 256

struct public_address {
	uint64_t present;
	struct str address, service;
};

#define F(m, k, ...) FIELD(struct public_address, m, k, __VA_ARGS__)
/* clang-format off */
static const struct field fields[] = {
	F(address, K_ID, .title = "ADDRESS", .flags = F_KEY, .help = "This host's address as the service sees it."),
	F(service, K_TEXT, .title = "SERVICE", .help = "Who was asked."),
};
/* clang-format on */
#undef F
static const struct rec_type type = REC_TYPE(struct public_address, "public_address", fields);

static bool on_body(void *ctx, long status, struct str bytes, struct err *err)
{
	(void)status;
	if (buf_add_str(ctx, bytes))
		return true;
	return err_set(err, ERR_PROTOCOL, "the answer is longer than an address");
}

/* "host" of the URL, for messages. */
static void host_of(const char *url, char *out, size_t size)
{
	const char *host = url + strlen("https://");

	(void)snprintf(out, size, "%.*s", (int)strcspn(host, "/:?#"), host);
}

/* A proxy that replaces certificates does so here as well as before AWS. Nothing else of the files is needed: where
 * they cannot be read the variables count. */
static bool find_authorities(const struct fetch *f, char ret_bundle[AWS_BUNDLE_MAX], struct err *err)
{
	struct aws_config config = {.has_config = false}, loaded;
	bool has_files = aws_config_load(&loaded, f->target->profile, err), ok;

	err_clear(err);
	ok = aws_config_authorities(has_files ? &loaded : &config, ret_bundle, err);
	if (has_files)
		aws_config_release(&loaded);
	return ok;
}

static bool ask(struct fetch *f, const char *url, struct buf *answer, struct err *err)
{
	static const char *const headers[] = {"Accept: text/plain", NULL};
	char host[256], bundle[AWS_BUNDLE_MAX];
	struct http_response response;
	struct http *http;
	bool ok;

	if (!find_authorities(f, bundle, err))
		return false;
	http = http_new();
	host_of(url, host, sizeof(host));
	fetch_doing(f, "asking %s for this host's address", host);
	ok = http_perform(http,
			  &(struct http_request){.url = url,
						 .host = host,
						 .headers = headers,
						 .get = true,
						 .ca_bundle = bundle,
						 .deadline_mono_us = f->deadline_mono_us,
						 .cancel_fd = fetch_cancel_fd(f),
						 .on_body = on_body,
						 .ctx = answer},
			  &response, err);
	http_free(http);
	if (ok && response.status != 200)
		ok = err_set(err, ERR_PROTOCOL, "%s answered with HTTP %ld", host, response.status);
	return ok;
}

static bool fetch_public_address(struct fetch *f, struct err *err)
{
	const char *url = f->target->ask_public_address;
	struct public_address *row;
	char text[NET_TEXT_MAX];
	struct net_addr address;
	struct snapshot *s;
	struct buf answer;
	bool ok;

	buf_init(&answer, ANSWER_MAX);
	ok = ask(f, url, &answer, err);
	if (ok && (!net_addr_parse(buf_str(&answer), &address) || net_addr_scope(&address) != NET_PUBLIC))
		ok = err_set(err, ERR_PROTOCOL, "%s did not answer with a public address", url);
	buf_release(&answer);
	if (!ok)
		return false;
	s = snapshot_new(&type, f->source->name);
	row = snapshot_add_row(s);
	SET(row, struct public_address, address, arena_str(s->arena, str_c(net_addr_text(&address, text))));
	SET(row, struct public_address, service, arena_str(s->arena, str_c(url)));
	fetch_publish(f, s);
	return true;
}

/* Only over HTTPS: what anybody in between could have written is not believed. */
static enum readiness ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	(void)inputs;
	if (str_starts(str_c(t->ask_public_address), STR("https://")))
		return READY;
	err_set(why, ERR_UNAVAILABLE, "nobody is asked for this host's public address");
	err_remedy(why, "name a service with --ask-public-address https://..., or the address with --public-address");
	return READY_UNAVAILABLE;
}

const struct source command_public_address = {
	.name = "public_address",
	.title = "public address",
	.help = "This host's address as an outside service sees it, when one was named.",
	.type = &type,
	.lane = LANE_COMMAND,
	.flags = SOURCE_AWS,
	.deadline_us = 5 * US_PER_S,
	.origin = "the service of ask_public_address",
	.ready = ready,
	.fetch = fetch_public_address,
};
