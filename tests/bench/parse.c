/*
 * parse.c: how long an answer of DescribeDBClusters takes to become records, beside what expat alone takes for it.
 *
 *   parse FILE ROUNDS     prints the median milliseconds of both, of CPU time
 *
 * Alone means: fed in the same pieces, the text of every leaf collected, nothing done with it.
 */
#include "aws/sources.h"
#include "codec/codec_xml.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PIECE 16384
#define ROUNDS_MAX 100

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

static void parse_alone(const char *bytes, size_t n)
{
	XML_Parser p = XML_ParserCreate(NULL);

	XML_SetElementHandler(p, on_start, on_end);
	XML_SetCharacterDataHandler(p, on_text);
	for (size_t at = 0; at < n; at += PIECE)
		if (!XML_Parse(p, bytes + at, (int)(n - at < PIECE ? n - at : PIECE), at + PIECE >= n))
			exit(1);
	XML_ParserFree(p);
}

static size_t parse_to_records(const char *bytes, size_t n)
{
	struct xml_records records = {.out = snapshot_new(source_clusters.type, source_clusters.name)};
	struct xml_handler handler;
	struct xml_decoder *d;
	struct err err = {0};
	size_t rows;

	xml_records_handler(&handler, "DescribeDBClustersResult/DBClusters/*", &records, NULL);
	d = xml_decoder_new(&handler);
	for (size_t at = 0; at < n; at += PIECE)
		if (!xml_decoder_feed(d, (struct str){bytes + at, n - at < PIECE ? n - at : PIECE}, &err))
			exit(1);
	if (!xml_decoder_finish(d, &err))
		exit(1);
	xml_decoder_free(d);
	rows = records.out->nrows;
	snapshot_unref(records.out);
	return rows;
}

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

int main(int argc, char **argv)
{
	double records[ROUNDS_MAX], alone[ROUNDS_MAX];
	long rounds = argc == 3 ? strtol(argv[2], NULL, 10) : 0, size;
	size_t rows = 0;
	FILE *f;
	char *bytes;

	f = argc == 3 ? fopen(argv[1], "r") : NULL;
	if (!f || rounds < 1 || rounds > ROUNDS_MAX)
		return 2;
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	bytes = malloc((size_t)size);
	if (!bytes || fread(bytes, 1, (size_t)size, f) != (size_t)size)
		return 2;
	for (long i = 0; i < rounds; i++) {
		double began = cpu_ms(), between;

		parse_alone(bytes, (size_t)size);
		between = cpu_ms();
		rows = parse_to_records(bytes, (size_t)size);
		alone[i] = between - began;
		records[i] = cpu_ms() - between;
	}
	qsort(alone, (size_t)rounds, sizeof(alone[0]), compare);
	qsort(records, (size_t)rounds, sizeof(records[0]), compare);
	printf("%.3f %.3f %zu\n", records[rounds / 2], alone[rounds / 2], rows);
	return 0;
}
