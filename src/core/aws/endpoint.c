/*
 * endpoint.c: host names of AWS services by partition, and the ways to override them.
 *
 * An override replaces scheme, host, port and base path only: the region and the signing name
 * stay those of the service, so that a simulator or a VPC endpoint checks the same signature
 * that AWS would.
 *
 * Not here: connecting.
 */
#include "aws/endpoint.h"

#include "base/parse.h"

#include <curl/curl.h>

/* clang-format off */
const struct aws_service aws_services[AWS_SERVICE__COUNT] = {
	[AWS_RDS] = {"RDS", AWS_QUERY, "2014-10-31", "rds", "rds", "RDS", NULL, "rds", NULL},
	[AWS_EC2] = {"EC2", AWS_EC2_QUERY, "2016-11-15", "ec2", "ec2", "EC2", NULL, "ec2", NULL},
	[AWS_CLOUDWATCH] = {"CloudWatch", AWS_QUERY, "2010-08-01", "monitoring", "monitoring", "CLOUDWATCH", NULL, "cloudwatch", NULL},
	[AWS_PI] = {"Performance Insights", AWS_JSON, "2018-02-27", "pi", "pi", "PI", "PerformanceInsightsv20180227", "pi", "1.1"},
	[AWS_LOGS] = {"CloudWatch Logs", AWS_JSON, "2014-03-28", "logs", "logs", "CLOUDWATCH_LOGS", "Logs_20140328", "logs", "1.1"},
	[AWS_KMS] = {"KMS", AWS_JSON, "2014-11-01", "kms", "kms", "KMS", "TrentService", "kms", "1.1"},
	[AWS_SECRETS_MANAGER] = {"Secrets Manager", AWS_JSON, "2017-10-17", "secretsmanager", "secretsmanager", "SECRETS_MANAGER", "secretsmanager", "secretsmanager", "1.1"},
	[AWS_AUTO_SCALING] = {"Application Auto Scaling", AWS_JSON, "2016-02-06", "application-autoscaling", "application-autoscaling", "APPLICATION_AUTO_SCALING", "AnyScaleFrontendService", "application-autoscaling", "1.1"},
	[AWS_STS] = {"STS", AWS_QUERY, "2011-06-15", "sts", "sts", "STS", NULL, "sts", NULL},
	[AWS_SSO] = {"SSO", AWS_JSON, "2019-06-10", "awsssoportal", "portal.sso", "SSO", NULL, "sso", "1.1"},
	[AWS_SSO_OIDC] = {"SSO OIDC", AWS_JSON, "2019-06-10", "sso-oauth", "oidc", "SSO_OIDC", NULL, "sso-oauth", "1.1"},
};

/* The more specific prefix comes first; the last row takes every other region. */
static const struct partition {
	const char *prefix, *name, *suffix, *dual_stack;
} partitions[] = {
	{"us-gov-", "aws-us-gov", "amazonaws.com", "api.aws"},
	{"us-iso-", "aws-iso", "c2s.ic.gov", "api.aws.ic.gov"},
	{"us-isob-", "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud"},
	{"us-isof-", "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
	{"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
	{"eusc-", "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu"},
	{"cn-", "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
	{"", "aws", "amazonaws.com", "api.aws"},
};
/* clang-format on */

static const struct partition *partition_of(struct str region)
{
	size_t i = 0;

	while (!str_starts(region, str_c(partitions[i].prefix)))
		i++;
	return &partitions[i];
}

const char *aws_partition_suffix(struct str region)
{
	return partition_of(region)->suffix;
}

const char *aws_partition_name(struct str region)
{
	return partition_of(region)->name;
}

static bool flag(const struct aws_config *config, const char *name, const char *key)
{
	bool on = false;

	return parse_bool(aws_config_env(config, name, key), &on) && on;
}

/* "fips-us-east-1" and "us-east-1-fips" are the region and the flag in one word. */
static bool is_fips_region(struct str region, struct str *ret_region)
{
	*ret_region = region;
	if (str_starts(region, STR("fips-")))
		*ret_region = str_sub(region, 5, region.len);
	else if (str_ends(region, STR("-fips")))
		*ret_region = str_sub(region, 0, region.len - 5);
	return ret_region->len < region.len;
}

/* GovCloud's ordinary hosts are FIPS hosts already, with these exceptions. */
static bool fips_in_name(enum aws_service_id service, struct str region, bool dual)
{
	if (!str_starts(region, STR("us-gov-")) || service == AWS_PI || service == AWS_KMS ||
	    service == AWS_SECRETS_MANAGER)
		return true;
	return dual && service != AWS_CLOUDWATCH;
}

static void own_url(enum aws_service_id service, struct str region, bool fips, const struct aws_config *config,
		    char *out, size_t len)
{
	const struct partition *p = partition_of(region);
	bool dual = flag(config, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");

	if (service == AWS_SECRETS_MANAGER && str_starts(str_c(p->suffix), STR("amazonaws.com")) &&
	    !(fips && str_starts(region, STR("cn-"))))
		dual = false; /* its ordinary host has both address families */
	snprintf(out, len, "https://%s%s." STR_FMT ".%s/", aws_services[service].prefix,
		 fips && fips_in_name(service, region, dual) ? "-fips" : "", STR_ARG(region),
		 dual ? p->dual_stack : p->suffix);
}

/* "CLOUDWATCH_LOGS" as key of a services section: "cloudwatch_logs.endpoint_url". */
static void services_key(const char *override, char *out, size_t len)
{
	size_t n = 0;

	for (; override[n] && n + 1 < len; n++)
		out[n] = override[n] >= 'A' && override[n] <= 'Z' ? (char)(override[n] - 'A' + 'a') : override[n];
	snprintf(out + n, len - n, ".endpoint_url");
}

/* First override that is set, or empty; *ret_from names it for messages. */
static struct str find_override(enum aws_service_id service, const char *option, const struct aws_config *config,
				const char **ret_from)
{
	char name[64], key[64];
	struct str url = str_c(option);

	*ret_from = "--endpoint-url";
	if (url.len > 0 || flag(config, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"))
		return url;
	snprintf(name, sizeof(name), "AWS_ENDPOINT_URL_%s", aws_services[service].override);
	*ret_from = "AWS_ENDPOINT_URL";
	url = str_c(getenv(name));
	if (url.len == 0)
		url = str_c(getenv("AWS_ENDPOINT_URL"));
	if (url.len > 0)
		return url;
	*ret_from = "endpoint_url in the AWS config file";
	services_key(aws_services[service].override, key, sizeof(key));
	url = aws_config_service(config, key);
	return url.len > 0 ? url : aws_config_get(config, "endpoint_url");
}

static bool bad_url(const char *from, struct str url, struct err *err)
{
	long at = str_find(url, STR("@"), 0);

	/* before an @ stands a name, and a password */
	url = at < 0 ? url : str_sub(url, (size_t)at, url.len);
	err_set(err, ERR_USAGE, "%s is not a usable URL: %s" STR_FMT, from, at < 0 ? "" : "...",
		STR_ARG(str_sub(url, 0, 120)));
	err_remedy(err, "It looks like https://host:port or http://127.0.0.1:8000.");
	return false;
}

static bool part_is(CURLU *u, CURLUPart part, const char *a, const char *b)
{
	char *text = NULL;
	bool is = curl_url_get(u, part, &text, 0) == CURLUE_OK && (strcmp(text, a) == 0 || strcmp(text, b) == 0);

	curl_free(text);
	return is;
}

static bool has_part(CURLU *u, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(u, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

static void lower(char *s)
{
	for (; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

/* Host with the port only where it is not the scheme's default. */
static bool put_host(CURLU *u, struct aws_endpoint *e)
{
	char *host = NULL, *port = NULL;
	bool ok = false;
	int n;

	if (curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		goto out;
	n = curl_url_get(u, CURLUPART_PORT, &port, CURLU_NO_DEFAULT_PORT) == CURLUE_OK
		    ? snprintf(e->host, sizeof(e->host), "%s:%s", host, port)
		    : snprintf(e->host, sizeof(e->host), "%s", host);
	ok = n > 0 && n < (int)sizeof(e->host);
	lower(e->host);
out:
	curl_free(host);
	curl_free(port);
	return ok;
}

static bool put_path(CURLU *u, struct aws_endpoint *e)
{
	char *path = NULL;
	bool ok = curl_url_get(u, CURLUPART_PATH, &path, 0) == CURLUE_OK && strlen(path) + 1 < sizeof(e->path);

	if (ok)
		snprintf(e->path, sizeof(e->path), "%s", path);
	if (ok && !str_ends(str_c(path), STR("/")))
		snprintf(e->path + strlen(path), sizeof(e->path) - strlen(path), "/");
	curl_free(path);
	return ok;
}

static bool parse_url(struct str url, struct aws_endpoint *e)
{
	CURLU *u = curl_url();
	bool ok = false;

	CHECK(u);
	if (url.len >= sizeof(e->url))
		goto out;
	snprintf(e->url, sizeof(e->url), STR_FMT, STR_ARG(url));
	ok = curl_url_set(u, CURLUPART_URL, e->url, 0) == CURLUE_OK && part_is(u, CURLUPART_SCHEME, "http", "https") &&
	     !has_part(u, CURLUPART_USER) && !has_part(u, CURLUPART_QUERY) && !has_part(u, CURLUPART_FRAGMENT) &&
	     put_host(u, e) && put_path(u, e);
	if (ok)
		ok = snprintf(e->url, sizeof(e->url), "%s://%s%s",
			      part_is(u, CURLUPART_SCHEME, "http", "http") ? "http" : "https", e->host,
			      e->path) < (int)sizeof(e->url);
out:
	curl_url_cleanup(u);
	return ok;
}

bool aws_endpoint_resolve(enum aws_service_id service, const char *region, const char *option,
			  const struct aws_config *config, struct aws_endpoint *ret_endpoint, struct err *err)
{
	struct aws_endpoint e = {0};
	char own[AWS_URL_MAX];
	const char *from;
	struct str url = find_override(service, option, config, &from), real;
	bool fips = is_fips_region(str_c(region), &real) || flag(config, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");

	if (!aws_region_valid(real))
		return err_set(err, ERR_USAGE, "\"%s\" is not the name of an AWS region", region);
	snprintf(e.region, sizeof(e.region), STR_FMT, STR_ARG(real));
	e.custom = url.len > 0;
	if (!e.custom) {
		own_url(service, real, fips, config, own, sizeof(own));
		url = str_c(own);
	}
	if (!parse_url(url, &e))
		return bad_url(from, url, err);
	*ret_endpoint = e;
	return true;
}
