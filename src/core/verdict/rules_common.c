/*
 * rules_common.c: see rules_common.h.
 */
#include "verdict/rules_common.h"

#include "base/clock.h"
#include "model/kind.h"

#include <stdio.h>

const struct snapshot *facts_whole(const struct facts *f, struct findings *out, const char *source)
{
	const struct snapshot *s = facts_need(f, out, source);

	return s && !s->partial ? s : NULL;
}

long facts_own_cluster(const struct facts *f, struct findings *out, const struct snapshot **ret_clusters)
{
	long row = facts_cluster(f, out, ret_clusters);

	return *ret_clusters && (*ret_clusters)->partial ? -1 : row;
}

bool facts_next_member(const struct facts *f, const struct snapshot *s, long *row)
{
	while (s && (size_t)++ * row < s->nrows)
		if (f->cluster.len == 0 || str_eq(data_str(s, (size_t)*row, "cluster"), f->cluster))
			return true;
	return false;
}

long facts_writer(const struct facts *f, const struct snapshot *instances)
{
	for (long i = -1; facts_next_member(f, instances, &i);)
		if (str_eq_c(data_str(instances, (size_t)i, "role"), "writer"))
			return i;
	return -1;
}

double limit_of(double warn, double crit)
{
	return warn > 0 ? warn : crit;
}

const char *verdict_backup_age(char out[VERDICT_VALUE_MAX], int64_t us)
{
	struct buf b;

	if (us < 2 * US_PER_HOUR)
		return verdict_age(out, us);
	buf_init(&b, VERDICT_VALUE_MAX);
	(void)format_age_backup(&b, us);
	(void)snprintf(out, VERDICT_VALUE_MAX, "%s", buf_c(&b));
	buf_release(&b);
	return out;
}

const char *verdict_at(char out[VERDICT_VALUE_MAX], int64_t at_us)
{
	struct civil t;

	clock_civil(at_us, &t);
	(void)snprintf(out, VERDICT_VALUE_MAX, "%04d-%02d-%02d %02d:%02dZ", t.year, t.month, t.day, t.hour, t.minute);
	return out;
}

bool verdict_aws_clock(const struct facts *f, struct findings *out, const struct snapshot *s, int64_t newest,
		       const char *what, int64_t *ret_now)
{
	char ahead[VERDICT_VALUE_MAX], at[VERDICT_VALUE_MAX];

	*ret_now = f->now_us;
	if (s->server_at_us > 0)
		*ret_now += s->server_at_us - s->at_us;
	if (newest - *ret_now <= CLOCK_TOLERANCE_US)
		return true;
	finding_add(out, SEV_UNKNOWN, STR(""),
		    "%s not known: this host's clock differs, a moment of the past is %s ahead of it", what,
		    verdict_backup_age(ahead, newest - *ret_now));
	finding_evidence(out, "%s, %s", s->source, verdict_at(at, newest));
	finding_next(out, "", "set the clock of this host, best by NTP");
	return false;
}

struct str verdict_arn_name(struct str arn)
{
	size_t i = arn.len;

	while (i > 0 && arn.ptr[i - 1] != ':' && arn.ptr[i - 1] != '/')
		i--;
	return str_sub(arn, i, arn.len);
}

bool verdict_list_has(struct str list, struct str word)
{
	struct str item;

	while (list.len > 0 && str_split(&list, ',', &item))
		if (str_eq(str_trim(item), word))
			return true;
	return false;
}

bool verdict_tag(struct str tags, const char *key, struct str *ret_value)
{
	struct str tag;

	while (tags.len > 0 && str_split(&tags, ',', &tag)) {
		long sign = str_find(tag, STR("="), 0);

		if (sign < 0 || !str_ieq(str_trim(str_sub(tag, 0, (size_t)sign)), str_c(key)))
			continue;
		*ret_value = str_trim(str_sub(tag, (size_t)sign + 1, tag.len));
		return true;
	}
	return false;
}

void names_add(char names[TALLY_NAMES_MAX], struct str name)
{
	struct str known = str_c(names), one;
	size_t used = known.len;

	while (known.len > 0 && str_split(&known, ' ', &one))
		if (str_eq(one, name))
			return;
	if (name.len > 0 && used + name.len + 2 < TALLY_NAMES_MAX)
		(void)snprintf(names + used, TALLY_NAMES_MAX - used, "%s" STR_FMT, used > 0 ? " " : "", STR_ARG(name));
}

void tally_good(struct tally *t, struct str name)
{
	t->good++;
	names_add(t->names, name);
}

bool tally_bad(struct tally *t)
{
	return ++t->bad <= TALLY_EACH_MAX;
}

bool tally_end(struct tally *t, struct findings *out, enum severity bad, const struct snapshot *s, const char *field)
{
	if (t->bad > TALLY_EACH_MAX)
		finding_add(out, bad, STR("others"), "the same of %zu more", t->bad - TALLY_EACH_MAX);
	if (t->unknown > 0)
		finding_unknown(out, STR(""), s, field);
	return t->good > 0 && t->bad == 0 && t->unknown == 0;
}

void judge_switch(const struct facts *f, struct findings *out, const struct cluster_switch *w)
{
	const struct snapshot *s;
	long row = facts_own_cluster(f, out, &s);
	int64_t on;

	if (row < 0)
		return;
	on = data_i64(s, (size_t)row, w->field, -1);
	if (on < 0) {
		finding_unknown(out, STR(""), s, w->field);
		return;
	}
	finding_add(out, on ? SEV_OK : w->when_off, STR(""), "%s", on ? w->on : w->off);
	finding_evidence(out, "DescribeDBClusters: %s %s", w->api, on ? "true" : "false");
	if (on)
		return;
	finding_next(out, "", "%s", w->next);
	if (w->options[0])
		remedy_cluster(out, f, w->options);
}

void remedy_cluster(struct findings *out, const struct facts *f, const char *options)
{
	char name[VERDICT_WORD_MAX];

	finding_remedy(out, "aws rds modify-db-cluster --db-cluster-identifier %s %s --apply-immediately",
		       verdict_word(name, f->cluster), options);
}

/* for i in A B; do aws rds modify-db-instance ... "$i" ...; done */
static void remedy_members(struct findings *out, const char *names, const char *options)
{
	struct str rest = str_c(names), name;
	char word[VERDICT_WORD_MAX];
	struct buf all;

	buf_init(&all, 4096);
	while (rest.len > 0 && str_split(&rest, ' ', &name))
		(void)buf_addf(&all, "%s%s", all.len > 0 ? " " : "", verdict_word(word, name));
	if (strchr(names, ' '))
		finding_remedy(out,
			       "for i in %s; do aws rds modify-db-instance --db-instance-identifier \"$i\" %s "
			       "--apply-immediately; done",
			       buf_c(&all), options);
	else
		finding_remedy(out, "aws rds modify-db-instance --db-instance-identifier %s %s --apply-immediately",
			       buf_c(&all), options);
	buf_release(&all);
}

void judge_members(const struct facts *f, struct findings *out, const struct member_switch *w)
{
	const struct snapshot *s = facts_whole(f, out, "instances");
	char good[TALLY_NAMES_MAX] = "", bad[TALLY_NAMES_MAX] = "";
	size_t ngood = 0, nbad = 0, unknown = 0;

	for (long i = -1; facts_next_member(f, s, &i);) {
		struct str name = data_str(s, (size_t)i, "identifier");
		int64_t value = data_i64(s, (size_t)i, w->field, -1);

		if (value < 0) {
			unknown++;
		} else if ((value > 0) == w->wanted) {
			names_add(good, name);
			ngood++;
		} else {
			names_add(bad, name);
			nbad++;
		}
	}
	if (nbad > 0) {
		finding_add(out, w->when_bad, nbad == 1 ? str_c(bad) : STR(""), "%s: %s", w->bad, bad);
		finding_evidence(out, "DescribeDBInstances: %s of %zu of %zu instances%s", w->api, nbad,
				 nbad + ngood + unknown, w->more ? w->more : "");
		finding_next(out, "", "%s", w->next);
		if (w->options[0])
			remedy_members(out, bad, w->options);
	}
	if (unknown > 0) {
		finding_unknown(out, STR(""), s, w->field);
	} else if (ngood > 0 && nbad == 0) {
		finding_add(out, SEV_OK, STR(""), "%s: %s", w->good, good);
		finding_evidence(out, "DescribeDBInstances: %s%s", w->api, w->more ? w->more : "");
	}
}
