/*
 * Certificates of one run: an authority that exists in memory only while it signs, and a
 * server certificate that names the endpoints as the simulator spells them, so that the
 * console verifies the demo's database the way it verifies a real one.
 */
#include "sim/demo.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define VALID_DAYS 30
#define HOUR 3600L

static bool set_name(X509 *cert, const char *common_name)
{
	X509_NAME *name = X509_get_subject_name(cert);

	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1, -1, 0) ==
	       1;
}

static bool set_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;
	bool done;

	X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	done = extension && X509_add_ext(cert, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return done;
}

/* An unsigned certificate for key; NULL on failure. */
static X509 *new_certificate(EVP_PKEY *key, const char *common_name)
{
	X509 *cert = X509_new();
	unsigned char serial[8];
	BIGNUM *number = NULL;
	bool done = false;

	if (!cert || RAND_bytes(serial, sizeof(serial)) != 1)
		goto out;
	serial[0] &= 0x7f;
	number = BN_bin2bn(serial, sizeof(serial), NULL);
	done = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) &&
	       X509_set_version(cert, X509_VERSION_3) && X509_gmtime_adj(X509_getm_notBefore(cert), -HOUR) &&
	       X509_gmtime_adj(X509_getm_notAfter(cert), VALID_DAYS * 24 * HOUR) && X509_set_pubkey(cert, key) &&
	       set_name(cert, common_name);
out:
	BN_free(number);
	if (!done) {
		X509_free(cert);
		cert = NULL;
	}
	return cert;
}

static X509 *new_authority(EVP_PKEY *key)
{
	X509 *ca = new_certificate(key, "auroratop demo authority");

	if (ca && X509_set_issuer_name(ca, X509_get_subject_name(ca)) &&
	    set_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
	    set_extension(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	    set_extension(ca, ca, NID_subject_key_identifier, "hash") && X509_sign(ca, key, EVP_sha256()))
		return ca;
	X509_free(ca);
	return NULL;
}

static X509 *new_server(EVP_PKEY *key, X509 *ca, EVP_PKEY *ca_key, const char *region)
{
	char suffix[128], names[640], common_name[160];
	X509 *cert;

	snprintf(suffix, sizeof(suffix), "%s.%s.%s", DEMO_HASH, region, DEMO_DOMAIN);
	snprintf(names, sizeof(names), "DNS:*.%s,DNS:*.cluster-%s,DNS:*.cluster-ro-%s,DNS:*.cluster-custom-%s", suffix,
		 suffix, suffix, suffix);
	snprintf(common_name, sizeof(common_name), "*.%s", suffix);
	cert = new_certificate(key, common_name);
	if (cert && X509_set_issuer_name(cert, X509_get_subject_name(ca)) &&
	    set_extension(cert, ca, NID_basic_constraints, "critical,CA:FALSE") &&
	    set_extension(cert, ca, NID_key_usage, "critical,digitalSignature") &&
	    set_extension(cert, ca, NID_ext_key_usage, "serverAuth") &&
	    set_extension(cert, ca, NID_subject_alt_name, names) && X509_sign(cert, ca_key, EVP_sha256()))
		return cert;
	X509_free(cert);
	return NULL;
}

/* Writes one PEM object; exactly one of cert and key is given. */
static bool write_pem(const struct demo *d, const char *name, X509 *cert, EVP_PKEY *key, struct err *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	bool done = false;

	if (bio &&
	    (cert ? PEM_write_bio_X509(bio, cert) : PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL))) {
		long n = BIO_get_mem_data(bio, &data);

		done = n > 0 && demo_file_write(d, name, (struct str){data, (size_t)n}, err);
	} else {
		err_set(err, ERR_TLS, "cannot encode %s", name);
	}
	BIO_free(bio);
	return done;
}

bool demo_tls_make(const struct demo *d, const char *region, struct err *err)
{
	EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
	X509 *ca = ca_key ? new_authority(ca_key) : NULL;
	X509 *cert = ca && key ? new_server(key, ca, ca_key, region) : NULL;
	bool done = false;

	if (!cert)
		err_set(err, ERR_TLS, "cannot make the demo's certificates: %s",
			ERR_reason_error_string(ERR_peek_last_error()));
	else
		done = write_pem(d, "ca.pem", ca, NULL, err) && write_pem(d, "server.pem", cert, NULL, err) &&
		       write_pem(d, "server.key", NULL, key, err);
	X509_free(cert);
	X509_free(ca);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
	return done;
}
