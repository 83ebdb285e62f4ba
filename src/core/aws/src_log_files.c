/*
 * src_log_files.c: the newest lines of the log file of each instance, by RDS, when somebody asks.
 *
 * Where the log is not exported to CloudWatch Logs this is the only way to it on Aurora. Each call
 * makes the database host read its file, and wakes a paused serverless instance; so nothing is
 * asked for unless the fetch is `wide` (a key in the Logs view), and then once.
 *
 * An entry is known by instance, file and its distance from the file's beginning as far as RDS tells it.
 */
#include "aws/client.h"
#include "aws/input.h"
#include "aws/sources.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "codec/log_entry.h"

#define FILES_MAX 5000 /* listed of one instance: three days by the hour are usual */
#define LINES_WANTED 1000
#define LINES_MAX 20000 /* taken of one answer */

struct file {
	uint64_t present;
	struct str name;
	int64_t written_at, size_bytes;
};

static const struct field file_fields[] = {
	FIELD(struct file, name, K_ID, .wire = "LogFileName", .flags = F_KEY),
	FIELD(struct file, written_at, K_INT, .wire = "LastWritten"),
	FIELD(struct file, size_bytes, K_INT, .wire = "Size"),
};
static const struct rec_type file_type = REC_TYPE(struct file, "log_file", file_fields);

struct place {
	struct str instance, file;
};

static void list_parameters(struct form *form, void *ctx)
{
	const struct place *p = ctx;

	form_add(form, "DBInstanceIdentifier", p->instance);
	form_add_c(form, "FilenameContains", "postgresql");
}

static bool find_newest(struct fetch *f, struct place *p, struct snapshot *files, const struct file **ret_newest,
			struct err *err)
{
	struct aws_list list = {
		.service = AWS_RDS,
		.operation = "DescribeDBLogFiles",
		.items = "DescribeDBLogFilesResult/DescribeDBLogFiles/*",
		.next = "DescribeDBLogFilesResult/Marker",
		.marker = "Marker",
		.parameters = list_parameters,
		.ctx = p,
	};

	*ret_newest = NULL;
	if (!aws_list_fetch(f, &list, files, err))
		return false;
	for (size_t i = 0; i < files->nrows && i < FILES_MAX; i++) {
		const struct file *file = snapshot_row(files, i);

		if (!*ret_newest || file->written_at > (*ret_newest)->written_at)
			*ret_newest = file;
	}
	return true;
}

static bool add_lines(struct str text, const struct place *p, int64_t offset, struct snapshot *out, struct err *err)
{
	static const struct log_format format = {.prefix = NULL};
	struct log_line *lines = xcalloc(LINES_MAX, sizeof(*lines));
	struct str rest = text, line;
	size_t n = 0;
	bool ok;

	while (rest.len > 0 && n < LINES_MAX && str_split(&rest, '\n', &line)) {
		lines[n].text = line;
		lines[n].node = p->instance;
		lines[n++].event_id = arena_fmt(out->arena, STR_FMT ":" STR_FMT ":%lld", STR_ARG(p->instance),
						STR_ARG(p->file), (long long)(offset + (line.ptr - text.ptr)));
	}
	ok = log_read_lines(lines, n, &format, out, err);
	xfree(lines);
	return ok;
}

static bool add_text(struct str text, const struct place *p, int64_t size, struct snapshot *out, struct err *err)
{
	static const struct log_format format = {.prefix = NULL};
	int64_t offset = size > (int64_t)text.len ? size - (int64_t)text.len : 0;
	struct log_text piece = {.text = text, .name = p->file, .offset = offset, .node = p->instance};

	return str_ends(p->file, STR(".csv")) ? log_read_csv(&piece, &format, out, err)
					      : add_lines(text, p, offset, out, err);
}

static bool take_end(struct fetch *f, const struct place *p, int64_t size, struct snapshot *out, struct err *err)
{
	static const char *const wanted[] = {"DownloadDBLogFilePortionResult/LogFileData", NULL};
	struct aws_call call = {.service = AWS_RDS, .operation = "DownloadDBLogFilePortion", .wanted = wanted};
	struct aws_answer answer = {0};
	struct aws_client *client;
	struct form form;
	bool ok;

	if (!aws_client_get(f, &client, err))
		return false;
	/* without a marker: the last lines */
	form_begin(&form, call.operation, aws_services[AWS_RDS].version);
	form_add(&form, "DBInstanceIdentifier", p->instance);
	form_add(&form, "LogFileName", p->file);
	form_add_i64(&form, "NumberOfLines", LINES_WANTED);
	ok = form_body(&form, &call.body, err) && aws_call(client, f, &call, &answer, err) &&
	     add_text(xml_decoder_wanted(answer.xml, 0), p, size, out, err);
	aws_answer_release(&answer);
	form_release(&form);
	return ok;
}

static bool take_instance(struct fetch *f, struct str instance, struct snapshot *out, struct err *err)
{
	struct snapshot *files = snapshot_new(&file_type, "log_files");
	struct place p = {.instance = instance};
	const struct file *newest;
	bool ok = find_newest(f, &p, files, &newest, err);

	if (ok && newest) {
		p.file = newest->name;
		ok = take_end(f, &p, newest->size_bytes, out, err);
	}
	snapshot_unref(files);
	return ok;
}

static bool may_be_paused(const struct snapshot *clusters)
{
	int i = rec_find(clusters->type, STR("min_acu"));
	union value v;

	return i >= 0 && clusters->nrows > 0 && rec_get(&clusters->type->fields[i], snapshot_row(clusters, 0), &v) &&
	       v.f64 <= 0;
}

static bool take_all(struct fetch *f, struct snapshot *out, struct err *err)
{
	struct str members = aws_input_text(f->inputs[0], 0, "members"), member;

	while (members.len > 0 && str_split(&members, ',', &member))
		if (!take_instance(f, member, out, err))
			return false;
	return true;
}

static bool fetch_files(struct fetch *f, struct err *err)
{
	struct snapshot *s;

	if (!f->wide) {
		err_set(err, ERR_UNAVAILABLE, "The log files of the instances are read only when asked for");
		err_remedy(err, "F in the Logs view reads the last lines of each; the database's hosts do that work.");
		return false;
	}
	if (may_be_paused(f->inputs[0]) && !f->target->wake) {
		err_set(err, ERR_UNAVAILABLE,
			"The cluster may be paused (minimum capacity 0), and reading log files would wake it");
		err_remedy(err, "start with --wake to read them all the same");
		return false;
	}
	s = snapshot_new(&log_entry_type, source_log_files.name);
	if (!take_all(f, s, err)) {
		snapshot_unref(s);
		/* not tried again before somebody asks again */
		err->code = ERR_UNAVAILABLE;
		return false;
	}
	fetch_publish(f, s);
	return true;
}

static enum readiness ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	return aws_ready_cluster(t, inputs, why);
}

const struct source source_log_files = {
	.name = "log_files",
	.title = "log files",
	.help = "The last lines of each instance's log file by RDS, when asked for in the Logs view.",
	.type = &log_entry_type,
	.lane = LANE_LOGS,
	.flags = SOURCE_AWS,
	.period_us = US_PER_DAY, /* it is asked for, never polled */
	.deadline_us = 60 * US_PER_S,
	.inputs = "clusters",
	.origin = "RDS DownloadDBLogFilePortion",
	.ready = ready,
	.fetch = fetch_files,
};
