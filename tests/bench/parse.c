/*
 * parse.c: how long a large answer of AWS takes to become records, beside what its parser alone takes for it.
 *
 *   parse xml FILE ROUNDS     an answer of DescribeDBClusters, beside expat
 *   parse json FILE ROUNDS    an answer of FilterLogEvents, beside jansson
 *
 * Prints the median milliseconds of both, of CPU time, and the rows. Alone means, of expat: fed in the same pieces, the
 * text of every leaf collected, nothing done with it; of jansson: its tree, made and freed.
 */
#include "aws/json.h"
#include "aws/log_event.h"
#include "aws/sources.h"
#include "codec/codec_json.h"
#include "codec/codec_xml.h"

#include <expat.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PIECE 16384
#define ROUNDS_MAX 100

/* ---- XML ---- */

static char text[65536];
static size_t length, leaves;

static void on_start(void *ctx, const char *name, const char **attributes)
{
	(void)ctx;
	(void)name;
	(void)attributes;
	length = 0;
}

static void on_end(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	leaves += length > 0;
	length = 0;
}

static void on_text(void *ctx, const char *bytes, int n)
{
	(void)ctx;
	if (length + (size_t)n < sizeof(text)) {
		memcpy(text + length, bytes, (size_t)n);
		length += (size_t)n;
	}
}

static void xml_alone(struct str answer)
{
	XML_Parser p = XML_ParserCreate(NULL);

	XML_SetElementHandler(p, on_start, on_end);
	XML_SetCharacterDataHandler(p, on_text);
	for (size_t at = 0; at < answer.len; at += PIECE) {
		struct str piece = str_sub(answer, at, at + PIECE);

		if (!XML_Parse(p, piece.ptr, (int)piece.len, at + PIECE >= answer.len))
			exit(1);
	}
	XML_ParserFree(p);
}

static size_t xml_to_records(struct str answer)
{
	struct xml_records records = {.out = snapshot_new(source_clusters.type, source_clusters.name)};
	struct xml_handler handler;
	struct xml_decoder *d;
	struct err err = {0};
	size_t rows;

	xml_records_handler(&handler, "DescribeDBClustersResult/DBClusters/*", &records, NULL);
	d = xml_decoder_new(&handler);
	for (size_t at = 0; at < answer.len; at += PIECE)
		if (!xml_decoder_feed(d, str_sub(answer, at, at + PIECE), &err))
			exit(1);
	if (!xml_decoder_finish(d, &err))
		exit(1);
	xml_decoder_free(d);
	rows = records.out->nrows;
	snapshot_unref(records.out);
	return rows;
}

/* ---- JSON ---- */

static void json_alone(struct str answer)
{
	json_error_t fault;
	json_t *root = json_loadb(answer.ptr, answer.len, 0, &fault);

	if (!root)
		exit(1);
	json_decref(root);
}

static size_t json_to_records(struct str answer)
{
	struct snapshot *out = snapshot_new(&aws_log_event_type, "log_event");
	struct err err = {0};
	json_t *root;
	size_t rows;

	if (!json_read(answer, &root, &err) || !aws_json_rows(root, "events", out, NULL, NULL, &err))
		exit(1);
	json_decref(root);
	rows = out->nrows;
	snapshot_unref(out);
	return rows;
}

/* ---- both ---- */

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct str read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *bytes;
	long size;

	if (!f)
		exit(2);
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	bytes = malloc((size_t)size);
	if (!bytes || fread(bytes, 1, (size_t)size, f) != (size_t)size)
		exit(2);
	fclose(f);
	return (struct str){bytes, (size_t)size};
}

int main(int argc, char **argv)
{
	double records[ROUNDS_MAX], alone[ROUNDS_MAX];
	bool json = argc == 4 && strcmp(argv[1], "json") == 0;
	long rounds = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
	struct str answer;
	size_t rows = 0;

	if (rounds < 1 || rounds > ROUNDS_MAX)
		return 2;
	answer = read_file(argv[2]);
	for (long i = 0; i < rounds; i++) {
		double began = cpu_ms(), between;

		(json ? json_alone : xml_alone)(answer);
		between = cpu_ms();
		rows = (json ? json_to_records : xml_to_records)(answer);
		alone[i] = between - began;
		records[i] = cpu_ms() - between;
	}
	qsort(alone, (size_t)rounds, sizeof(alone[0]), compare);
	qsort(records, (size_t)rounds, sizeof(records[0]), compare);
	printf("%.3f %.3f %zu\n", records[rounds / 2], alone[rounds / 2], rows);
	return 0;
}
