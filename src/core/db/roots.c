/*
 * roots.c: see roots.h. Addresses of the bundles are those of "Using SSL/TLS to encrypt a connection" in the RDS user
 * guide, and of its Chinese edition.
 */
#include "db/roots.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct {
	const char *file; /* as it would be kept beside those of other partitions */
	const char *url;  /* NULL: not known */
} bundles[RDS_PARTITION__COUNT] = {
	[RDS_COMMERCIAL] = {"global-bundle.pem", "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"},
	[RDS_CHINA] = {"cn-global-bundle.pem",
		       "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/global/global-bundle.pem"},
	[RDS_GOVCLOUD] = {"us-gov-global-bundle.pem",
			  "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/global/global-bundle.pem"},
	[RDS_ELSEWHERE] = {"partition-global-bundle.pem", NULL},
};

/* Where bundles are put by hand, by images and by other tools: below HOME, then of the whole machine; the name of the
 * file follows. */
static const char *const home_places[] = {".postgresql/", ".aws/"};
static const char *const system_places[] = {
	"/etc/ssl/certs/rds-",
	"/etc/ssl/certs/",
	"/etc/pki/tls/certs/rds-",
	"/etc/pki/tls/certs/",
	"/usr/local/share/ca-certificates/rds-",
};

/* What the machine trusts: RDS Proxy has certificates of AWS Certificate Manager, whose roots every system knows. */
static const char *const machine_files[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
};

static bool can_read(char path[ROOTS_PATH_MAX], const char *folder, const char *place, const char *file)
{
	int n = snprintf(path, ROOTS_PATH_MAX, "%s%s%s%s", folder, folder[0] ? "/" : "", place, file);

	return n > 0 && n < ROOTS_PATH_MAX && access(path, R_OK) == 0;
}

static bool find_file(const char *file, char path[ROOTS_PATH_MAX])
{
	const char *home = getenv("HOME");

	for (size_t i = 0; home && home[0] && i < ARRAY_LEN(home_places); i++)
		if (can_read(path, home, home_places[i], file))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(system_places); i++)
		if (can_read(path, "", system_places[i], file))
			return true;
	return false;
}

static bool find_machine_file(char path[ROOTS_PATH_MAX])
{
	for (size_t i = 0; i < ARRAY_LEN(machine_files); i++)
		if (can_read(path, "", "", machine_files[i]))
			return true;
	return false;
}

bool roots_find(struct str host, char ret_path[ROOTS_PATH_MAX])
{
	if (rds_host_is_proxy(host))
		return find_machine_file(ret_path);
	/* who works in one partition alone has saved its bundle under the name that all have at Amazon */
	return find_file(bundles[rds_host_partition(host)].file, ret_path) ||
	       find_file(bundles[RDS_COMMERCIAL].file, ret_path);
}

bool roots_has_default(void)
{
	const char *home = getenv("HOME");
	char path[ROOTS_PATH_MAX];

	return home && home[0] && can_read(path, home, ".postgresql/", "root.crt");
}

void roots_command(struct str host, char out[ERR_REMEDY_MAX])
{
	enum rds_partition p = rds_host_partition(host);

	if (rds_host_is_proxy(host)) {
		(void)snprintf(out, ERR_REMEDY_MAX,
			       "install the package ca-certificates, which an RDS Proxy is verified with");
		return;
	}
	if (!bundles[p].url) {
		(void)snprintf(out, ERR_REMEDY_MAX,
			       "save the bundle that the RDS user guide of this partition names as ~/.postgresql/%s",
			       bundles[p].file);
		return;
	}
	(void)snprintf(out, ERR_REMEDY_MAX, "curl --create-dirs -o ~/.postgresql/%s %s", bundles[p].file,
		       bundles[p].url);
}
