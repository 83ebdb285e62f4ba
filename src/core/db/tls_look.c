/*
 * tls_look.c: libpq up to the point where TLS stands, then the certificate as OpenSSL has it.
 *
 * sslmode=require with a root file that does not exist verifies nothing, which is what lets a bad certificate be
 * looked at. libpq has sent nothing but the wish for TLS when its state becomes CONNECTION_MADE with TLS in use.
 */
#include "db/tls_look.h"

#include "base/clock.h"
#include "db/conn_err.h"

#include <libpq-fe.h>
#include <openssl/asn1.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>

#define NO_FILE "/nonexistent/none.pem"

static int64_t time_of(const ASN1_TIME *t)
{
	struct tm tm;
	struct civil c;

	if (!t || ASN1_TIME_to_tm(t, &tm) != 1)
		return 0;
	c = (struct civil){.year = tm.tm_year + 1900,
			   .month = tm.tm_mon + 1,
			   .day = tm.tm_mday,
			   .hour = tm.tm_hour,
			   .minute = tm.tm_min,
			   .second = tm.tm_sec};
	return clock_from_civil(&c);
}

static void copy_name(const X509_NAME *name, char *out, size_t size)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	const ASN1_STRING *s = at < 0 ? NULL : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));

	(void)snprintf(out, size, "%.*s", s ? ASN1_STRING_length(s) : 0,
		       s ? (const char *)ASN1_STRING_get0_data(s) : "");
}

static void copy_names(const X509 *cert, char *out, size_t size)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	size_t used = 0;

	for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);
		int n;

		if (g->type != GEN_DNS)
			continue;
		n = snprintf(out + used, size - used, "%s%.*s", used ? ", " : "", ASN1_STRING_length(g->d.dNSName),
			     (const char *)ASN1_STRING_get0_data(g->d.dNSName));
		if (n < 0 || (size_t)n >= size - used) {
			out[used] = '\0';
			break;
		}
		used += (size_t)n;
	}
	GENERAL_NAMES_free(names);
}

static void read_certificate(PGconn *pg, const char *host, struct tls_look *look)
{
	SSL *ssl = PQsslStruct(pg, "OpenSSL");
	X509 *cert = ssl ? SSL_get1_peer_certificate(ssl) : NULL;
	const STACK_OF(X509) *chain = ssl ? SSL_get_peer_cert_chain(ssl) : NULL;

	look->chain = chain ? sk_X509_num(chain) : 0;
	if (!cert)
		return;
	copy_name(X509_get_subject_name(cert), look->subject, sizeof(look->subject));
	copy_name(X509_get_issuer_name(cert), look->issuer, sizeof(look->issuer));
	copy_names(cert, look->names, sizeof(look->names));
	look->not_before_us = time_of(X509_get0_notBefore(cert));
	look->not_after_us = time_of(X509_get0_notAfter(cert));
	look->name_matches =
		X509_check_host(cert, host, strlen(host), 0, NULL) == 1 || X509_check_ip_asc(cert, host, 0) == 1;
	X509_free(cert);
}

static bool is_up(PGconn *pg)
{
	return PQstatus(pg) == CONNECTION_MADE && PQsslInUse(pg);
}

/* True when TLS stands; PQstatus() tells whether the other outcome is a refusal. */
static bool shake_hands(const struct fetch *f, PGconn *pg, struct err *err)
{
	PostgresPollingStatusType want = PGRES_POLLING_WRITING;

	while (PQstatus(pg) != CONNECTION_BAD && want != PGRES_POLLING_FAILED && want != PGRES_POLLING_OK) {
		if (is_up(pg))
			return true;
		if (!fetch_wait(f, PQsocket(pg), want == PGRES_POLLING_READING ? POLLIN : POLLOUT, err))
			return false;
		want = PQconnectPoll(pg);
	}
	return false;
}

static void copy_attribute(PGconn *pg, const char *name, char *out, size_t size)
{
	const char *value = PQsslAttribute(pg, name);

	(void)snprintf(out, size, "%s", value ? value : "");
}

bool tls_look(const struct fetch *f, const char *host, const char *addr, const char *port, struct tls_look *ret_look,
	      struct err *err)
{
	const char *const keys[] = {"host",        "hostaddr", "port",   "user",       "dbname",   "sslmode",
				    "sslrootcert", "sslcert",  "sslkey", "gssencmode", "passfile", NULL};
	const char *const values[] = {host,    addr,    port,    "auroratop", "postgres", "require",
				      NO_FILE, NO_FILE, NO_FILE, "disable",   NO_FILE,    NULL};
	char where[300];
	struct login l = {.where = where, .user = "", .database = ""};
	PGconn *pg = PQconnectStartParams(keys, values, 0);
	bool ok;

	*ret_look = (struct tls_look){.chain = 0};
	(void)snprintf(where, sizeof(where), "%s port %s", host, port);
	if (!pg)
		BUG("out of memory in libpq");
	err_clear(err);
	ok = shake_hands(f, pg, err);
	if (ok) {
		copy_attribute(pg, "protocol", ret_look->protocol, sizeof(ret_look->protocol));
		copy_attribute(pg, "cipher", ret_look->cipher, sizeof(ret_look->cipher));
		read_certificate(pg, host, ret_look);
	} else if (err->code == ERR_NONE) {
		(void)conn_err_connect(&l, PQerrorMessage(pg), err);
		if (strstr(PQerrorMessage(pg), "does not support SSL"))
			(void)snprintf(err->id, sizeof(err->id), "no-tls");
	}
	PQfinish(pg);
	return ok;
}
