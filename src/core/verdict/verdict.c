/*
 * verdict.c: the rules' hands and eyes, and the row their findings become.
 *
 * A finding is written straight into a row of the snapshot that is being made; its texts go into
 * that snapshot's arena. A rule that says nothing has no row: it does not apply here. One that has more to
 * say than FINDINGS_MAX allows is cut, and the cut is a finding itself, because a list that ends silently reads
 * as complete.
 */
#include "verdict/rules.h"
#include "verdict/verdict_impl.h"

#include "model/kind.h"

#include <math.h>
#include <stdio.h>

#define F(m, k, ...) FIELD(struct finding, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(id, K_ID, .title = "RULE", .width = 24, .flags = F_KEY | F_COMPUTED, .help = "The rule, stable: family and what it checks."),
	F(object, K_ID, .title = "OBJECT", .width = 16, .flags = F_KEY | F_COMPUTED, .help = "Instance, snapshot, session, ... it is about; absent: the cluster as a whole."),
	F(family, K_ENUM, .title = "FAMILY", .width = 12, .flags = F_COMPUTED, .help = "availability, reachability, backup, storage, sessions, statements, posture, observability or capacity."),
	F(decision, K_ENUM, .title = "DECISION", .width = 14, .flags = F_COMPUTED, .help = "Design decision it belongs to: encryption, network, authentication, scaling, observability, storage or insights."),
	F(severity, K_ENUM, .title = "SEVERITY", .width = 8, .flags = F_COMPUTED, .help = "critical, warning, unknown, notice or ok; unknown is never ok."),
	F(title, K_TEXT, .title = "CHECK", .width = 24, .flags = F_COMPUTED, .help = "What is checked."),
	F(sentence, K_TEXT, .title = "VERDICT", .width = 0, .flags = F_COMPUTED, .help = "What is so, with the number and the policy."),
	F(evidence, K_TEXT, .title = "EVIDENCE", .width = 0, .flags = F_COMPUTED, .help = "The values behind it and where they are from."),
	F(next, K_TEXT, .title = "NEXT", .width = 0, .flags = F_COMPUTED, .help = "What to do about it."),
	F(action, K_ID, .title = "ACTION", .width = 12, .flags = F_COMPUTED, .help = "Action or operation that remedies it, by its name in the palette."),
	F(remedy, K_TEXT, .title = "REMEDY", .width = 0, .flags = F_COMPUTED, .help = "Command or statement that remedies it, to copy."),
	F(why, K_TEXT, .title = "WHY", .width = 0, .flags = F_COMPUTED, .help = "Why it matters."),
	F(view, K_INT, .title = "VIEW", .width = 4, .flags = F_COMPUTED, .help = "Digit of the view that explains it."),
	F(rank, K_INT, .title = "RANK", .width = 4, .flags = F_COMPUTED | F_HIDDEN, .help = "Order of severities: 0 critical, 1 warning, 2 notice, 3 ok, 4 unknown."),
	F(place, K_INT, .title = "PLACE", .width = 4, .flags = F_COMPUTED | F_HIDDEN, .help = "Order in a list: by rank, and among equals as the rules stand."),
	F(muted, K_ENUM, .title = "MUTED", .width = 12, .flags = F_COMPUTED, .help = "acknowledged or snoozed from this host; absent: neither."),
	F(muted_by, K_ID, .title = "MUTED BY", .width = 12, .flags = F_COMPUTED, .help = "User of this host who did that, and the host."),
	F(muted_at, K_TIME_US, .title = "MUTED AT", .width = 12, .flags = F_COMPUTED, .help = "When that was done."),
	F(muted_until_at, K_TIME_US, .title = "MUTED UNTIL", .width = 12, .flags = F_COMPUTED, .help = "When it is shown again, of a snoozed one."),
	F(since_at, K_TIME_US, .title = "SINCE", .width = 12, .flags = F_COMPUTED, .help = "Since when this process has seen it so."),
};
/* clang-format on */

const struct rec_type verdict_type = REC_TYPE(struct finding, "verdicts", fields);

const struct rule verdict_rules[] = {
#define RULE(judge, id, family, decision, view, sources, title, why) \
	{id, family, decision, view, title, why, sources, judge},
#include "verdict/rules.def"
#undef RULE
};
const size_t nverdict_rules = ARRAY_LEN(verdict_rules);

struct findings {
	struct snapshot *s;
	const struct rule *rule;
	struct finding *at;   /* what was said last; rows move with the next */
	size_t beyond;        /* not taken, because there are too many */
	struct finding spare; /* stands in for a row there is no room for */
};

#define PUT(x, m, v) SET(x, struct finding, m, v)

/* ---- facts ---- */

static const struct fact_source *find(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->sources[i].name, name) == 0)
			return &f->sources[i];
	return NULL;
}

/* What was known before it began to fail is believed a while, but not against a plain refusal. */
static bool is_believed(const struct facts *f, const struct fact_source *x)
{
	if (!x->good)
		return false;
	if (!x->latest || x->latest->state == SNAP_OK)
		return true;
	if (x->latest->state != SNAP_ERROR || x->latest->err.code == ERR_DENIED)
		return false;
	return f->now_us - x->good->at_us <= (x->period_us * FACTS_BELIEVED_PERIODS > FACTS_BELIEVED_US
						      ? x->period_us * FACTS_BELIEVED_PERIODS
						      : FACTS_BELIEVED_US);
}

const struct snapshot *facts_get(const struct facts *f, const char *source)
{
	const struct fact_source *x = find(f, source);

	return x && is_believed(f, x) ? x->good : NULL;
}

const struct snapshot *facts_latest(const struct facts *f, const char *source)
{
	const struct fact_source *x = find(f, source);

	return x ? x->latest : NULL;
}

const struct snapshot *facts_need(const struct facts *f, struct findings *out, const char *source)
{
	const struct fact_source *x = find(f, source);

	if (x && !x->latest && f->final)
		finding_add(out, SEV_UNKNOWN, (struct str){NULL, 0}, "%s not known: no answer in time from %s",
			    out->rule->title, source);
	if (!x || !x->latest || x->latest->state == SNAP_SKIPPED)
		return NULL;
	if (is_believed(f, x))
		return x->good;
	if (x->latest->state == SNAP_OK)
		return NULL;
	finding_add(out, SEV_UNKNOWN, (struct str){NULL, 0}, "%s not known: %s", out->rule->title, x->latest->err.text);
	finding_evidence(out, "source %s", source);
	if (x->latest->err.remedy[0])
		finding_next(out, "", "%s", x->latest->err.remedy);
	return NULL;
}

long facts_cluster(const struct facts *f, struct findings *out, const struct snapshot **ret_clusters)
{
	const struct snapshot *s = facts_need(f, out, "clusters");

	*ret_clusters = s;
	return s && f->cluster.len > 0 ? data_find(s, "identifier", f->cluster) : -1;
}

double facts_metric(const struct facts *f, const char *metric, struct str object, int64_t max_age_us)
{
	const struct snapshot *s = facts_get(f, "metrics");

	for (size_t i = 0; s && i < s->nrows; i++) {
		if (!str_eq_c(data_str(s, i, "metric"), metric) || !str_eq(data_str(s, i, "object"), object))
			continue;
		if (f->now_us - data_i64(s, i, "at", 0) > max_age_us)
			return (double)NAN;
		return data_f64(s, i, "value");
	}
	return (double)NAN;
}

/* ---- findings ---- */

static struct str copy(struct findings *out, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
static struct str copy(struct findings *out, const char *fmt, va_list ap)
{
	struct buf b;
	struct str text;

	buf_init(&b, 8192);
	(void)buf_vaddf(&b, fmt, ap);
	text = arena_str(out->s->arena, buf_str(&b));
	buf_release(&b);
	return text;
}

static int64_t rank_of(enum severity s)
{
	static const int ranks[] = {
		[SEV_NONE] = 5, [SEV_OK] = 3, [SEV_NOTICE] = 2, [SEV_UNKNOWN] = 4, [SEV_WARN] = 1, [SEV_CRIT] = 0};

	return ranks[s];
}

/* Where the rule stands among all; one that is none of them comes last. */
static int64_t place_of(const struct rule *rule)
{
	for (size_t i = 0; i < nverdict_rules; i++)
		if (rule == &verdict_rules[i])
			return (int64_t)i;
	return RULES_MAX - 1;
}

void finding_add(struct findings *out, enum severity s, struct str object, const char *fmt, ...)
{
	struct finding *x = out->s->nrows < FINDINGS_MAX ? snapshot_add_row(out->s) : NULL;
	va_list ap;

	if (!x) {
		out->beyond++;
		out->spare = (struct finding){0};
		x = &out->spare;
	}
	out->at = x;
	PUT(x, id, str_c(out->rule->id));
	if (object.len > 0)
		PUT(x, object, arena_str(out->s->arena, object));
	PUT(x, family, str_c(out->rule->family));
	if (out->rule->decision[0])
		PUT(x, decision, str_c(out->rule->decision));
	PUT(x, severity, str_c(severity_word(s)));
	PUT(x, rank, rank_of(s));
	PUT(x, place, rank_of(s) * RULES_MAX + place_of(out->rule));
	PUT(x, title, str_c(out->rule->title));
	PUT(x, why, str_c(out->rule->why));
	PUT(x, view, out->rule->view - '0');
	va_start(ap, fmt);
	PUT(x, sentence, copy(out, fmt, ap));
	va_end(ap);
}

void finding_unknown(struct findings *out, struct str object, const struct snapshot *s, const char *field)
{
	struct str reason = snapshot_unavailable(s, field);

	if (reason.len > 0)
		finding_add(out, SEV_UNKNOWN, object, "%s not known: " STR_FMT, out->rule->title, STR_ARG(reason));
	else
		finding_add(out, SEV_UNKNOWN, object, "%s not known: the answer has no %s", out->rule->title, field);
	finding_evidence(out, "%s.%s", s->source, field);
}

void finding_evidence(struct findings *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	PUT(out->at, evidence, copy(out, fmt, ap));
	va_end(ap);
}

void finding_next(struct findings *out, const char *action, const char *fmt, ...)
{
	va_list ap;

	if (action[0])
		PUT(out->at, action, str_c(action));
	va_start(ap, fmt);
	PUT(out->at, next, copy(out, fmt, ap));
	va_end(ap);
}

void finding_remedy(struct findings *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	PUT(out->at, remedy, copy(out, fmt, ap));
	va_end(ap);
}

const char *verdict_word(char out[VERDICT_WORD_MAX], struct str name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+=,";
	bool quoted = name.len == 0;
	size_t n = 0;

	for (size_t i = 0; i < name.len; i++)
		quoted |= name.ptr[i] == '\0' || !strchr(plain, name.ptr[i]);
	if (quoted)
		out[n++] = '\'';
	for (size_t i = 0; i < name.len && n + 6 < VERDICT_WORD_MAX; i++) {
		if (name.ptr[i] == '\'') {
			memcpy(out + n, "'\\''", 4);
			n += 4;
		} else {
			out[n++] = name.ptr[i];
		}
	}
	if (quoted)
		out[n++] = '\'';
	out[n] = '\0';
	return out;
}

enum severity verdict_above(double value, double warn, double crit)
{
	if (crit > 0 && value > crit)
		return SEV_CRIT;
	return warn > 0 && value > warn ? SEV_WARN : SEV_OK;
}

enum severity verdict_below(double value, double warn, double crit)
{
	if (crit > 0 && value < crit)
		return SEV_CRIT;
	return warn > 0 && value < warn ? SEV_WARN : SEV_OK;
}

static const char *formatted(char out[VERDICT_VALUE_MAX], struct buf *b)
{
	(void)snprintf(out, VERDICT_VALUE_MAX, "%s", buf_c(b));
	buf_release(b);
	return out;
}

const char *verdict_age(char out[VERDICT_VALUE_MAX], int64_t us)
{
	struct buf b;

	buf_init(&b, VERDICT_VALUE_MAX);
	(void)format_duration(&b, us);
	return formatted(out, &b);
}

const char *verdict_bytes(char out[VERDICT_VALUE_MAX], double bytes)
{
	struct buf b;

	buf_init(&b, VERDICT_VALUE_MAX);
	(void)format_bytes(&b, data_whole(bytes));
	return formatted(out, &b);
}

const char *verdict_ratio(char out[VERDICT_VALUE_MAX], double ratio)
{
	struct buf b;

	buf_init(&b, VERDICT_VALUE_MAX);
	(void)format_ratio(&b, ratio, 0);
	return formatted(out, &b);
}

const char *verdict_limit(char out[VERDICT_VALUE_MAX], enum policy_unit unit, double limit)
{
	struct buf b;

	buf_init(&b, VERDICT_VALUE_MAX);
	policy_limit_say(unit, limit, &b);
	return formatted(out, &b);
}

/* ---- all rules at once ---- */

static void say_beyond(struct findings *out)
{
	static const struct rule cut = {.id = "verdicts.limit",
					.family = "observability",
					.decision = "",
					.view = '1',
					.title = "findings left out",
					.why = "A list that ends silently reads as complete."};
	size_t n = out->beyond;

	out->rule = &cut;
	out->s->nrows--;
	finding_add(out, SEV_UNKNOWN, (struct str){NULL, 0}, "%zu more findings are not shown, at most %d are", n + 1,
		    FINDINGS_MAX);
}

void verdict_judge(const struct facts *f, bool (*chosen)(const struct rule *, void *), void *arg, struct snapshot *s)
{
	struct findings out = {.s = s};

	for (size_t i = 0; i < nverdict_rules; i++) {
		out.rule = &verdict_rules[i];
		if (!chosen || chosen(out.rule, arg))
			out.rule->judge(f, &out);
	}
	if (out.beyond > 0)
		say_beyond(&out);
}
