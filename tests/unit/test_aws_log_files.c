/*
 * test_aws_log_files.c: log files by RDS are asked for when somebody wants them, and never else.
 */
#include "aws/fake_fetch.h"
#include "aws/loopback.h"

#include "aws/sources.h"
#include "codec/log_entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct err err;

struct rds {
	char asked[16][512];
	int n;
	bool denied;
};

#define FILE_ROW(name, written, size)                                                               \
	"<DescribeDBLogFilesDetails><LogFileName>error/" name "</LogFileName><LastWritten>" written \
	"</LastWritten><Size>" size "</Size></DescribeDBLogFilesDetails>"
#define LINE "2026-03-17 12:00:01 UTC:10.0.0.1(5432):app@shop:[77]:"

static const char listing[] = "<DescribeDBLogFilesResponse><DescribeDBLogFilesResult><DescribeDBLogFiles>" FILE_ROW(
	"postgresql.log.2026-03-17-1100", "1773745200000", "900")
	FILE_ROW("postgresql.log.2026-03-17-1200", "1773748800000", "5000")
		FILE_ROW("postgresql.log.2026-03-17-1000", "1773741600000",
			 "100") "</DescribeDBLogFiles></DescribeDBLogFilesResult></DescribeDBLogFilesResponse>";
static const char portion[] =
	"<DownloadDBLogFilePortionResponse><DownloadDBLogFilePortionResult>"
	"<AdditionalDataPending>true</AdditionalDataPending><Marker>12:5000</Marker><LogFileData>" LINE
	"ERROR:  division by zero\n" LINE "STATEMENT:  select 1 / 0\n" LINE
	"LOG:  duration: 700.5 ms  statement: select &lt;1\n"
	"</LogFileData></DownloadDBLogFilePortionResult></DownloadDBLogFilePortionResponse>";

static enum loopback_action serve(void *ctx, int n, struct str req, struct buf *answer)
{
	struct rds *r = ctx;
	long end = str_find(req, STR("\r\n\r\n"), 0);
	bool list = str_find(req, STR("Action=DescribeDBLogFiles"), 0) >= 0;

	(void)n;
	if (r->n < 16)
		snprintf(r->asked[r->n++], 512, STR_FMT, STR_ARG(str_sub(req, (size_t)end + 4, req.len)));
	if (r->denied && !list)
		loopback_reply(
			answer, 403, "",
			"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>");
	else
		loopback_reply(answer, 200, "", list ? listing : portion);
	return LOOPBACK_KEEP;
}

struct facts {
	uint64_t present;
	struct str identifier, members;
	double min_acu;
};

static const struct field facts_fields[] = {
	FIELD(struct facts, identifier, K_ID, .title = "I", .help = "i", .flags = F_KEY),
	FIELD(struct facts, members, K_TEXT, .title = "M", .help = "m", .flags = F_LIST),
	FIELD(struct facts, min_acu, K_REAL, .title = "A", .help = "a"),
};
static const struct rec_type facts_type = REC_TYPE(struct facts, "facts", facts_fields);

static const struct snapshot *cluster(double min_acu)
{
	struct snapshot *s = snapshot_new(&facts_type, "clusters");
	struct facts *row = snapshot_add_row(s);

	SET(row, struct facts, identifier, STR("orders"));
	SET(row, struct facts, members, STR("orders-1,orders-2"));
	if (min_acu >= 0)
		SET(row, struct facts, min_acu, min_acu);
	return snapshot_publish(s);
}

struct scene {
	struct rds rds;
	struct loopback *server;
	struct fake fake;
	const struct snapshot *cluster;
};

static void begin(struct scene *s, double min_acu)
{
	s->server = loopback_start(serve, &s->rds, false);
	s->cluster = cluster(min_acu);
	fake_init(&s->fake, &source_log_files, loopback_url(s->server), "orders");
	s->fake.fetch.inputs[0] = s->cluster;
}

static void end(struct scene *s)
{
	fake_release(&s->fake);
	loopback_stop(s->server);
	snapshot_unref(s->cluster);
}

static void not_asked_for(void **state)
{
	struct scene s = {.rds.n = 0};

	(void)state;
	begin(&s, -1);
	assert_false(fake_run(&s.fake, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_non_null(strstr(err.text, "only when asked for"));
	assert_int_equal(loopback_requests(s.server), 0);
	end(&s);
}

static void the_newest_file_of_each(void **state)
{
	struct scene s = {.rds.n = 0};
	const struct log_entry *e;
	const struct snapshot *last;

	(void)state;
	begin(&s, -1);
	s.fake.fetch.wide = true;
	assert_true(fake_run(&s.fake, &err));
	assert_int_equal(s.rds.n, 4);
	assert_non_null(strstr(s.rds.asked[0], "Action=DescribeDBLogFiles"));
	assert_non_null(strstr(s.rds.asked[0], "DBInstanceIdentifier=orders-1"));
	assert_non_null(strstr(s.rds.asked[1], "LogFileName=error%2Fpostgresql.log.2026-03-17-1200"));
	assert_non_null(strstr(s.rds.asked[1], "NumberOfLines=1000"));
	assert_null(strstr(s.rds.asked[1], "Marker"));
	assert_non_null(strstr(s.rds.asked[3], "DBInstanceIdentifier=orders-2"));
	last = fake_last(&s.fake);
	assert_int_equal(last->nrows, 4);
	e = snapshot_row(last, 0);
	assert_true(str_eq(e->message, STR("division by zero")));
	assert_true(str_eq(e->statement, STR("select 1 / 0")));
	assert_true(str_eq(e->node, STR("orders-1")));
	assert_int_equal(e->pid, 77);
	e = snapshot_row(last, 3);
	assert_true(str_eq(e->statement, STR("select <1")));
	assert_true(str_eq(e->node, STR("orders-2")));
	/* each is somebody else */
	for (size_t i = 0; i < last->nrows; i++)
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(rec_compare_key(last->type, snapshot_row(last, i), snapshot_row(last, k)),
					     0);
	end(&s);
}

/* A cluster that may be paused is left alone without --wake. */
static void a_paused_one_sleeps_on(void **state)
{
	struct scene s = {.rds.n = 0};

	(void)state;
	begin(&s, 0);
	s.fake.fetch.wide = true;
	assert_false(fake_run(&s.fake, &err));
	assert_non_null(strstr(err.text, "would wake it"));
	assert_non_null(strstr(err.remedy, "--wake"));
	assert_int_equal(loopback_requests(s.server), 0);
	s.fake.target->wake = true;
	assert_true(fake_run(&s.fake, &err));
	end(&s);
}

/* What was refused is not tried again by itself: an error would be. */
static void refused(void **state)
{
	struct scene s = {.rds.denied = true};

	(void)state;
	begin(&s, 0.5);
	s.fake.fetch.wide = true;
	assert_false(fake_run(&s.fake, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_non_null(strstr(err.text, "rds:DownloadDBLogFilePortion"));
	assert_non_null(strstr(err.remedy, "rds:DownloadDBLogFilePortion"));
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_asked_for),
		cmocka_unit_test(the_newest_file_of_each),
		cmocka_unit_test(a_paused_one_sleeps_on),
		cmocka_unit_test(refused),
	};

	fake_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
