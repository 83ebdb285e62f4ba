/*
 * cmd_doctor.c: the order of the steps, what they are recorded as, and when the rest is not reached.
 *
 * What AWS does to packets is judged twice: before anything is connected, by the address that this host would have;
 * and again when it is known how connecting went and by what address the server knows us. A path that works makes
 * every other closed path a notice.
 */
#include "db/doctor.h"

#include "base/parse.h"
#include "base/xalloc.h"
#include "db/commands.h"
#include "model/data.h"

#include <stdarg.h>
#include <stdio.h>

struct doctor_row {
	uint64_t present;
	int64_t number;
	struct str name, state, sentence, evidence, remedy, action;
	int64_t took_us, first_failing;
	struct str address, address_from, host;
	int64_t port;
};

#define F(m, k, ...) FIELD(struct doctor_row, m, k, __VA_ARGS__)
/* clang-format off */
static const struct field fields[] = {
	F(number, K_INT, .title = "STEP", .flags = F_KEY, .help = "Number of the step."),
	F(name, K_ENUM, .title = "NAME", .help = "What is looked at."),
	F(state, K_ENUM, .title = "STATE", .help = "ok, notice, warning, unknown, failed, skipped, not reached; waiting while it is not done."),
	F(sentence, K_TEXT, .title = "FOUND", .help = "What was found."),
	F(evidence, K_TEXT, .title = "EVIDENCE", .help = "What that is based on."),
	F(remedy, K_TEXT, .title = "REMEDY", .help = "What helps."),
	F(action, K_ENUM, .title = "ACTION", .help = "Action of the palette that helps."),
	F(took_us, K_DURATION_US, .title = "TOOK", .help = "How long the other side took."),
	F(first_failing, K_BOOL, .title = "FIRST", .help = "The first step that failed."),
	F(address, K_ID, .title = "ADDRESS", .help = "Address that was judged."),
	F(address_from, K_TEXT, .title = "BY", .help = "Where that address is known from."),
	F(host, K_ID, .title = "HOST", .help = "Where to."),
	F(port, K_INT, .title = "PORT", .help = "TCP port."),
};
/* clang-format on */
#undef F
const struct rec_type doctor_type = REC_TYPE(struct doctor_row, "doctor", fields);

static const char *const step_names[STEP__COUNT] = {
	[STEP_HOST] = "This host",        [STEP_DNS] = "DNS",
	[STEP_SUBNET] = "Subnet",         [STEP_GROUP] = "Security group",
	[STEP_TCP] = "TCP connect",       [STEP_TLS] = "TLS",
	[STEP_SLOTS] = "Connection slot", [STEP_LOGIN] = "Authentication",
	[STEP_RIGHTS] = "Rights",         [STEP_SERVER] = "Server",
	[STEP_CLOCK] = "Clock",
};

const char *doctor_state_word(enum step_state state)
{
	static const char *const words[STEP_STATE__COUNT] = {
		[STEP_WAITING] = "waiting", [STEP_OK] = "ok",
		[STEP_NOTICE] = "notice",   [STEP_WARNING] = "warning",
		[STEP_UNKNOWN] = "unknown", [STEP_FAILED] = "failed",
		[STEP_SKIPPED] = "skipped", [STEP_NOT_REACHED] = "not reached",
	};

	return words[state];
}

/* ---- saying ---- */

void doctor_say(struct doctor *d, enum doctor_step step, enum step_state state, const char *fmt, ...)
{
	struct doctor_said *s = &d->steps[step];
	va_list ap;

	s->state = state;
	s->evidence[0] = s->remedy[0] = s->action[0] = '\0';
	va_start(ap, fmt);
	(void)vsnprintf(s->sentence, sizeof(s->sentence), fmt, ap);
	va_end(ap);
}

void doctor_evidence(struct doctor *d, enum doctor_step step, const char *fmt, ...)
{
	struct doctor_said *s = &d->steps[step];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(s->evidence, sizeof(s->evidence), fmt, ap);
	va_end(ap);
}

void doctor_remedy(struct doctor *d, enum doctor_step step, const char *fmt, ...)
{
	struct doctor_said *s = &d->steps[step];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(s->remedy, sizeof(s->remedy), fmt, ap);
	va_end(ap);
}

void doctor_say_err(struct doctor *d, enum doctor_step step, enum step_state state, const struct err *err)
{
	doctor_say(d, step, state, "%.300s", err->text);
	doctor_remedy(d, step, "%s", err->remedy);
}

void doctor_rest(struct doctor *d, enum doctor_step from, enum step_state state, const char *why)
{
	for (int i = from; i < STEP__COUNT; i++)
		if (d->steps[i].state == STEP_WAITING)
			doctor_say(d, (enum doctor_step)i, state, "%.300s", why);
}

static void add_row(struct snapshot *s, const struct doctor *d, int i, int first)
{
	const struct doctor_said *said = &d->steps[i];
	struct doctor_row *row = snapshot_add_row(s);
	char addr[NET_TEXT_MAX];

	SET(row, struct doctor_row, number, i + 1);
	SET(row, struct doctor_row, name, str_c(step_names[i]));
	SET(row, struct doctor_row, state, str_c(doctor_state_word(said->state)));
	SET(row, struct doctor_row, sentence, arena_str(s->arena, str_c(said->sentence)));
	if (said->evidence[0])
		SET(row, struct doctor_row, evidence, arena_str(s->arena, str_c(said->evidence)));
	if (said->remedy[0])
		SET(row, struct doctor_row, remedy, arena_str(s->arena, str_c(said->remedy)));
	if (said->action[0])
		SET(row, struct doctor_row, action, arena_str(s->arena, str_c(said->action)));
	if (said->took_us >= 0)
		SET(row, struct doctor_row, took_us, said->took_us);
	SET(row, struct doctor_row, first_failing, i == first);
	if (d->has_judged) {
		SET(row, struct doctor_row, address, arena_str(s->arena, str_c(net_addr_text(&d->judged, addr))));
		SET(row, struct doctor_row, address_from, arena_str(s->arena, str_c(d->judged_as)));
	}
	if (d->host[0])
		SET(row, struct doctor_row, host, arena_str(s->arena, str_c(d->host)));
	if (d->port > 0)
		SET(row, struct doctor_row, port, d->port);
}

void doctor_publish(struct doctor *d)
{
	struct snapshot *s = snapshot_new(&doctor_type, d->f->source->name);
	int first = 0;

	while (first < STEP__COUNT && d->steps[first].state != STEP_FAILED)
		first++;
	for (int i = 0; i < STEP__COUNT; i++)
		add_row(s, d, i, first);
	fetch_publish(d->f, s);
}

/* ---- where to ---- */

static void take_first(struct str list, char *out, size_t size)
{
	struct str first = STR("");

	(void)str_split(&list, ',', &first);
	(void)snprintf(out, size, STR_FMT, STR_ARG(first));
}

/* The endpoint that would be connected to, when nothing may be. */
static void name_cluster(struct doctor *d)
{
	const struct snapshot *clusters = d->f->inputs[DOCTOR_CLUSTERS];
	long row = data_find(clusters, "identifier", str_c(d->target->cluster));

	if (row < 0)
		return;
	(void)snprintf(d->host, sizeof(d->host), STR_FMT, STR_ARG(data_str(clusters, (size_t)row, "endpoint")));
	d->port = data_i64(clusters, (size_t)row, "port", 5432);
}

/* False: what was asked for cannot be understood. */
static bool find_place(struct doctor *d, struct err *err)
{
	char port[16];

	if (site_find(d->target, d->f->inputs, &d->site, &d->unready) != READY) {
		if (d->unready.code == ERR_NONE)
			err_set(&d->unready, ERR_UNAVAILABLE, "the cluster's endpoint is not known yet");
		name_cluster(d);
		return true;
	}
	err_clear(&d->unready);
	d->described = true;
	if (!login_describe(d->f, &d->site, &d->login, err))
		return false;
	take_first(str_c(d->login.host[0] ? d->login.host : d->login.hostaddr), d->host, sizeof(d->host));
	take_first(str_c(d->login.port), port, sizeof(port));
	if (!parse_i64(str_c(port), &d->port))
		d->port = 0;
	d->socket = !d->host[0] || d->host[0] == '/' || d->host[0] == '@';
	return true;
}

/* ---- the steps ---- */

static bool connect_and_log_in(struct doctor *d, struct err *err)
{
	if (d->unready.code != ERR_NONE) {
		doctor_say_err(d, STEP_TCP, STEP_SKIPPED, &d->unready);
		doctor_rest(d, STEP_TLS, STEP_SKIPPED, "not connected");
		return true;
	}
	if (d->steps[STEP_DNS].state == STEP_FAILED)
		doctor_rest(d, STEP_TCP, STEP_NOT_REACHED, "not reached");
	else if (!doctor_connect(d, err))
		return false;
	if (d->steps[STEP_TCP].state == STEP_FAILED)
		doctor_rest(d, STEP_TLS, STEP_NOT_REACHED, "not reached");
	doctor_publish(d);
	return d->steps[STEP_TLS].state != STEP_WAITING || doctor_login(d, err);
}

/* What one closed hop explains of a later one. */
static void connect_dots(struct doctor *d)
{
	struct doctor_said *tcp = &d->steps[STEP_TCP];
	size_t used = strlen(tcp->sentence);

	for (int i = STEP_SUBNET; i <= STEP_GROUP; i++)
		if (tcp->state == STEP_FAILED && d->steps[i].state == STEP_FAILED) {
			(void)snprintf(tcp->sentence + used, sizeof(tcp->sentence) - used, ", as step %d predicts",
				       i + 1);
			(void)snprintf(tcp->remedy, sizeof(tcp->remedy), "see step %d", i + 1);
			return;
		}
}

static bool walk(struct doctor *d, struct err *err)
{
	if (!find_place(d, err))
		return false;
	doctor_publish(d);
	if (!doctor_names(d, err))
		return false;
	doctor_this_host(d);
	doctor_judge(d);
	if (d->only_judge) {
		doctor_rest(d, STEP_HOST, STEP_SKIPPED, "about this host only");
		return true;
	}
	doctor_publish(d);
	if (!connect_and_log_in(d, err))
		return false;
	doctor_rest(d, STEP_TCP, STEP_NOT_REACHED, "not reached");
	doctor_this_host(d);
	doctor_judge(d);
	connect_dots(d);
	return true;
}

static void take_set_address(struct doctor *d)
{
	struct str asked = fetch_arg(d->f, "public_address"), note = fetch_arg(d->f, "public_note");

	if (asked.len == 0)
		asked = str_c(d->target->public_address);
	(void)snprintf(d->set_address, sizeof(d->set_address), STR_FMT, STR_ARG(asked));
	(void)snprintf(d->set_note, sizeof(d->set_note), STR_FMT, STR_ARG(note));
}

static bool fetch_doctor(struct fetch *f, struct err *err)
{
	struct str address = fetch_arg(f, "address");
	struct doctor *d = xcalloc(1, sizeof(*d));
	bool ok = true;

	d->f = f;
	d->target = f->target;
	d->connected_place = -1;
	d->only_judge = address.len > 0;
	for (int i = 0; i < STEP__COUNT; i++)
		d->steps[i].took_us = -1;
	take_set_address(d);
	if (d->only_judge) {
		d->has_judged = ok = net_addr_parse(address, &d->judged);
		(void)snprintf(d->judged_as, sizeof(d->judged_as), "as it was typed");
	}
	if (!ok)
		err_set(err, ERR_USAGE, STR_FMT " is no IPv4 or IPv6 address", STR_ARG(str_sub(address, 0, 80)));
	ok = ok && walk(d, err);
	if (ok)
		doctor_publish(d);
	if (d->described)
		login_release(&d->login);
	xfree(d);
	return ok;
}

static enum readiness ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	if (t->conninfo[0] && !t->aws)
		return READY;
	if (!t->conninfo[0] && !target_has_cluster(t, why))
		return READY_UNAVAILABLE;
	return t->conninfo[0] || inputs[DOCTOR_CLUSTERS] ? READY : READY_WAIT;
}

const struct source command_doctor = {
	.name = "doctor",
	.title = "connection doctor",
	.help = "Every hop from this host into the database, and the first one that fails.",
	.type = &doctor_type,
	.lane = LANE_COMMAND,
	.flags = SOURCE_DB,
	.deadline_us = 45 * US_PER_S,
	.inputs = DOCTOR_INPUTS,
	.origin = "the connection doctor",
	.ready = ready,
	.fetch = fetch_doctor,
};
