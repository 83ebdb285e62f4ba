/*
 * fleet.c: what it costs to list a large region when nothing but the listing is there. The yardstick of the block
 * fleet.
 *
 *   fleet BUNDLE        all pages of clusters, instances and cluster snapshots of the endpoint in the AWS variables;
 *                       prints pages, items and bytes
 *
 * Signed requests over one kept connection, each answer through expat as it arrives, items counted, nothing kept.
 */
#include "aws/sigv4.h"
#include "base/clock.h"

#include <curl/curl.h>
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct answer {
	XML_Parser parser;
	const char *item;
	char text[4096], marker[1024];
	size_t length, items, bytes;
};

static void on_start(void *ctx, const char *name, const char **attributes)
{
	struct answer *a = ctx;

	(void)attributes;
	a->length = 0;
	a->items += strcmp(name, a->item) == 0;
}

static void on_text(void *ctx, const char *bytes, int n)
{
	struct answer *a = ctx;

	if (a->length + (size_t)n < sizeof(a->text)) {
		memcpy(a->text + a->length, bytes, (size_t)n);
		a->length += (size_t)n;
	}
}

static void on_end(void *ctx, const char *name)
{
	struct answer *a = ctx;

	if (strcmp(name, "Marker") == 0 && a->length < sizeof(a->marker)) {
		memcpy(a->marker, a->text, a->length);
		a->marker[a->length] = '\0';
	}
	a->length = 0;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx)
{
	struct answer *a = ctx;

	a->bytes += size * n;
	return XML_Parse(a->parser, bytes, (int)(size * n), 0) ? size * n : 0;
}

static struct curl_slist *sign(const char *host, const char *body)
{
	struct aws_keys keys = {str_c(getenv("AWS_ACCESS_KEY_ID")), str_c(getenv("AWS_SECRET_ACCESS_KEY")), STR("")};
	struct sigv4_header headers[] = {
		{STR("host"), str_c(host)},
		{STR("content-type"), STR("application/x-www-form-urlencoded; charset=utf-8")}};
	struct sigv4_request q = {.keys = &keys, .method = STR("POST"), .headers = headers, .nheaders = 2};
	struct curl_slist *list = NULL;
	struct sigv4_result r;
	struct err err;
	char line[1024];

	q.path = STR("/");
	q.body = str_c(body);
	q.region = str_c(getenv("AWS_REGION"));
	q.service = STR("rds");
	q.at_us = clock_wall_us();
	sigv4_result_init(&r);
	if (!sigv4_sign(&q, &r, &err))
		exit(1);
	snprintf(line, sizeof(line), "Authorization: %s", buf_c(&r.authorization));
	list = curl_slist_append(list, line);
	snprintf(line, sizeof(line), "x-amz-date: %s", r.date);
	list = curl_slist_append(list, line);
	list = curl_slist_append(list, "content-type: application/x-www-form-urlencoded; charset=utf-8");
	sigv4_result_release(&r);
	return curl_slist_append(list, "Expect:");
}

static void ask(CURL *curl, const char *host, const char *body, struct answer *a)
{
	struct curl_slist *headers = sign(host, body);
	long status = 0;

	a->marker[0] = '\0';
	a->parser = XML_ParserCreate(NULL);
	XML_SetUserData(a->parser, a);
	XML_SetElementHandler(a->parser, on_start, on_end);
	XML_SetCharacterDataHandler(a->parser, on_text);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, a);
	if (curl_easy_perform(curl) != CURLE_OK || !XML_Parse(a->parser, "", 0, 1))
		exit(1);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		exit(1);
	XML_ParserFree(a->parser);
	curl_slist_free_all(headers);
}

int main(int argc, char **argv)
{
	static const char *const listings[][2] = {{"DescribeDBClusters", "DBCluster"},
						  {"DescribeDBInstances", "DBInstance"},
						  {"DescribeDBClusterSnapshots", "DBClusterSnapshot"}};
	const char *url = getenv("AWS_ENDPOINT_URL"), *host = url ? strstr(url, "://") : NULL;
	struct answer a = {.items = 0};
	size_t pages = 0;
	char body[4096];
	CURL *curl;

	if (argc != 2 || !host)
		return 2;
	host += 3;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	curl = curl_easy_init();
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_CAINFO, argv[1]);
	curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	for (size_t i = 0; i < sizeof(listings) / sizeof(listings[0]); i++) {
		a.item = listings[i][1];
		snprintf(body, sizeof(body), "Action=%s&Version=2014-10-31", listings[i][0]);
		do {
			char *marker;

			ask(curl, host, body, &a);
			pages++;
			marker = curl_easy_escape(curl, a.marker, 0);
			snprintf(body, sizeof(body), "Action=%s&Version=2014-10-31&Marker=%s", listings[i][0], marker);
			curl_free(marker);
		} while (a.marker[0]);
	}
	printf("%zu %zu %zu\n", pages, a.items, a.bytes);
	curl_easy_cleanup(curl);
	return 0;
}
