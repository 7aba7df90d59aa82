/* A CA that lives as long as a test folder, and certificates of every kind that a client
 * must accept or refuse. Keys are on P-256: made in no time. */
#include "sink/certificates.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"

#define SECONDS_PER_DAY 86400L

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BIO, BIO_free_all)

typedef struct {
  X509 *certificate;
  EVP_PKEY *key;
} Pair;

static void
pair_clear (Pair *pair)
{
  X509_free (pair->certificate);
  EVP_PKEY_free (pair->key);
  *pair = (Pair){ 0 };
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_clear)

/* What a certificate shall say. */
typedef struct {
  const char *common_name;   /* NULL: none */
  char *alternative;         /* subjectAltName; NULL: none */
  const char *usage;         /* extendedKeyUsage; NULL: it is a CA */
  double days_from, days_to; /* of validity, from now */
} Request;

static gboolean
crypto_error (GError **error)
{
  char text[256];
  ERR_error_string_n (ERR_get_error (), text, sizeof text);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_SYSTEM, _ ("Can't make a certificate: %s"), text);
  return FALSE;
}

/* ---- making -------------------------------------------------------------- */

static gboolean
add_extension (X509 *certificate, X509 *issuer, int nid, const char *value)
{
  X509V3_CTX context;
  X509V3_set_ctx (&context, issuer, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid (NULL, &context, nid, value);
  gboolean good = extension != NULL && X509_add_ext (certificate, extension, -1) == 1;
  X509_EXTENSION_free (extension);
  return good;
}

static gboolean
add_extensions (X509 *certificate, X509 *issuer, const Request *request)
{
  gboolean ca = request->usage == NULL;
  return add_extension (certificate, issuer, NID_basic_constraints,
                        ca ? "critical,CA:TRUE" : "critical,CA:FALSE")
         && add_extension (certificate, issuer, NID_key_usage,
                           ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature")
         && add_extension (certificate, issuer, NID_subject_key_identifier, "hash")
         && add_extension (certificate, issuer, NID_authority_key_identifier, "keyid:always")
         && (ca || add_extension (certificate, issuer, NID_ext_key_usage, request->usage))
         && (request->alternative == NULL
             || add_extension (certificate, issuer, NID_subject_alt_name, request->alternative));
}

static gboolean
set_serial (X509 *certificate)
{
  guint8 octets[16];
  if (RAND_bytes (octets, sizeof octets) != 1)
    return FALSE;
  octets[0] &= 0x7f; /* positive */
  BIGNUM *number = BN_bin2bn (octets, sizeof octets, NULL);
  gboolean good = number != NULL && BN_to_ASN1_INTEGER (number, X509_get_serialNumber (certificate)) != NULL;
  BN_free (number);
  return good;
}

static gboolean
set_subject (X509 *certificate, const char *common_name)
{
  X509_NAME *subject = X509_get_subject_name (certificate);
  return common_name == NULL
         || X509_NAME_add_entry_by_txt (subject, "CN", MBSTRING_UTF8, (const guchar *)common_name, -1, -1, 0)
                == 1;
}

/* ISSUER NULL: signed by its own key. */
static gboolean
pair_make (Pair *pair, const Pair *issuer, const Request *request, GError **error)
{
  pair->key = EVP_EC_gen ("P-256");
  pair->certificate = X509_new ();
  X509 *certificate = pair->certificate;
  if (pair->key == NULL || certificate == NULL)
    return crypto_error (error);
  X509 *issuing = issuer != NULL ? issuer->certificate : certificate;
  EVP_PKEY *signing = issuer != NULL ? issuer->key : pair->key;
  gboolean good
      = X509_set_version (certificate, X509_VERSION_3) == 1 && set_serial (certificate)
        && X509_gmtime_adj (X509_getm_notBefore (certificate), (long)(request->days_from * SECONDS_PER_DAY))
               != NULL
        && X509_gmtime_adj (X509_getm_notAfter (certificate), (long)(request->days_to * SECONDS_PER_DAY))
               != NULL
        && set_subject (certificate, request->common_name) && X509_set_pubkey (certificate, pair->key) == 1
        && X509_set_issuer_name (certificate, X509_get_subject_name (issuing)) == 1
        && add_extensions (certificate, issuing, request)
        && X509_sign (certificate, signing, EVP_sha256 ()) != 0;
  return good || crypto_error (error);
}

/* ---- files --------------------------------------------------------------- */

static gboolean
write_pem (const char *path, BIO *bio, GError **error)
{
  char *octets = NULL;
  long length = BIO_get_mem_data (bio, &octets);
  g_autoptr (GError) cause = NULL;
  if (g_file_set_contents_full (path, octets, length, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &cause))
    return TRUE;
  g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_IO, cause->message);
  return FALSE;
}

static gboolean
pair_write (const Pair *pair, const char *certificate_path, const char *key_path, GError **error)
{
  g_autoptr (BIO) certificate = BIO_new (BIO_s_mem ());
  g_autoptr (BIO) key = BIO_new (BIO_s_mem ());
  if (PEM_write_bio_X509 (certificate, pair->certificate) != 1
      || PEM_write_bio_PrivateKey (key, pair->key, NULL, NULL, 0, NULL, NULL) != 1)
    return crypto_error (error);
  return write_pem (key_path, key, error) && write_pem (certificate_path, certificate, error);
}

static gboolean
pair_read (Pair *pair, const char *certificate_path, const char *key_path)
{
  g_autoptr (BIO) certificate = BIO_new_file (certificate_path, "r");
  g_autoptr (BIO) key = BIO_new_file (key_path, "r");
  if (certificate == NULL || key == NULL)
    return FALSE;
  pair->certificate = PEM_read_bio_X509 (certificate, NULL, NULL, NULL);
  pair->key = PEM_read_bio_PrivateKey (key, NULL, NULL, NULL);
  return pair->certificate != NULL && pair->key != NULL;
}

/* The name under which OpenSSL looks for a CA in a certificate directory. */
static gboolean
link_by_hash (const char *folder, const X509 *ca, GError **error)
{
  g_autofree char *name
      = g_strdup_printf ("%08lx.0", X509_NAME_hash_ex (X509_get_subject_name (ca), NULL, NULL, NULL));
  g_autofree char *path = g_build_filename (folder, name, NULL);
  if (symlink ("ca.pem", path) == 0 || errno == EEXIST)
    return TRUE;
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO, _ ("Can't write %s: %s"), path, g_strerror (errno));
  return FALSE;
}

static gboolean
prepare_ca (Pair *ca, const char *folder, const char *certificate_path, GError **error)
{
  static const Request request
      = { .common_name = "toukan-sink throw-away CA", .days_from = -1, .days_to = 3650 };
  g_autofree char *key_path = g_build_filename (folder, "ca.key", NULL);
  if (!pair_read (ca, certificate_path, key_path)) {
    pair_clear (ca);
    if (!pair_make (ca, NULL, &request, error) || !pair_write (ca, certificate_path, key_path, error))
      return FALSE;
  }
  return link_by_hash (folder, ca->certificate, error);
}

/* ---- kinds --------------------------------------------------------------- */

/* "DNS:localhost,IP:127.0.0.1" */
static char *
alternative_names (char **names)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (gsize i = 0; names[i] != NULL; i++)
    g_string_append_printf (text, "%s%s:%s", i == 0 ? "" : ",",
                            g_hostname_is_ip_address (names[i]) ? "IP" : "DNS", names[i]);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Days from now, by kind. Half a day more, so that the whole days left don't hang on a second. */
static const struct {
  double from, to;
} validity[] = {
  [CERTIFICATE_GOOD] = { -1, 3650 },       [CERTIFICATE_EXPIRED] = { -400, -35 },
  [CERTIFICATE_ENDS_SOON] = { -80, 9.5 },  [CERTIFICATE_SELF_SIGNED] = { -1, 3650 },
  [CERTIFICATE_WRONG_NAME] = { -1, 3650 }, [CERTIFICATE_CN_ONLY] = { -1, 3650 },
};

static gboolean
make_server (Pair *server, const Pair *ca, CertificateKind kind, char **names, GError **error)
{
  g_autofree char *alternative = kind == CERTIFICATE_CN_ONLY      ? NULL
                                 : kind == CERTIFICATE_WRONG_NAME ? g_strdup ("DNS:wrong-name.invalid")
                                                                  : alternative_names (names);
  const Request request = {
    .common_name = kind == CERTIFICATE_CN_ONLY ? names[0] : "toukan-sink",
    .alternative = alternative,
    .usage = "serverAuth",
    .days_from = validity[kind].from,
    .days_to = validity[kind].to,
  };
  return pair_make (server, kind == CERTIFICATE_SELF_SIGNED ? NULL : ca, &request, error);
}

/* One certificate for each kind and set of names, so that several sinks can share a
 * folder and none finds its file changed. */
static char *
stem_of (CertificateKind kind, char **names)
{
  g_autofree char *joined = g_strjoinv ("\n", names);
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, joined, -1);
  return g_strdup_printf ("server-%s-%.8s", certificate_kind_name (kind), digest);
}

static gboolean
prepare_server (Certificates *certificates, const Pair *ca, const SinkOptions *options, GError **error)
{
  static char *usual_names[] = { (char *)"localhost", (char *)"127.0.0.1", (char *)"::1", NULL };
  char **names = options->tls_names != NULL ? options->tls_names : usual_names;
  g_autofree char *stem = stem_of (options->certificate, names);
  g_autofree char *latest = g_build_filename (certificates->folder, "server.pem", NULL);
  g_autofree char *latest_key = g_build_filename (certificates->folder, "server.key", NULL);
  certificates->certificate = g_strdup_printf ("%s/%s.pem", certificates->folder, stem);
  certificates->key = g_strdup_printf ("%s/%s.key", certificates->folder, stem);
  g_auto (Pair) server = { 0 };
  if (!pair_read (&server, certificates->certificate, certificates->key)) {
    pair_clear (&server);
    if (!make_server (&server, ca, options->certificate, names, error)
        || !pair_write (&server, certificates->certificate, certificates->key, error))
      return FALSE;
  }
  return pair_write (&server, latest, latest_key, error);
}

static gboolean
prepare_client (const Pair *ca, const SinkOptions *options, GError **error)
{
  const Request request = {
    .common_name = options->users->len > 0 ? g_array_index (options->users, SinkLogin, 0).name : "client",
    .usage = "clientAuth",
    .days_from = -1,
    .days_to = 3650,
  };
  if (options->client_certificate_out == NULL)
    return TRUE;
  g_autofree char *certificate = g_build_filename (options->client_certificate_out, "client.pem", NULL);
  g_autofree char *key = g_build_filename (options->client_certificate_out, "client.key", NULL);
  g_auto (Pair) client = { 0 };
  (void)g_mkdir_with_parents (options->client_certificate_out, 0700);
  return pair_make (&client, ca, &request, error) && pair_write (&client, certificate, key, error);
}

/* ---- the whole ----------------------------------------------------------- */

static gboolean
prepare_folder (Certificates *certificates, const char *folder, GError **error)
{
  g_autoptr (GError) cause = NULL;
  certificates->own_folder = folder == NULL;
  certificates->folder = folder == NULL ? g_dir_make_tmp ("toukan-sink-XXXXXX", &cause) : g_strdup (folder);
  if (certificates->folder != NULL && g_mkdir_with_parents (certificates->folder, 0700) == 0)
    return TRUE;
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO, _ ("Can't write %s: %s"), folder != NULL ? folder : "",
               cause != NULL ? cause->message : g_strerror (errno));
  return FALSE;
}

static int
lock_folder (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "lock", NULL);
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0)
    (void)flock (fd, LOCK_EX);
  return fd;
}

static gboolean
prepare_all (Certificates *certificates, const SinkOptions *options, GError **error)
{
  if (!prepare_folder (certificates, options->tls_dir, error))
    return FALSE;
  certificates->ca = g_build_filename (certificates->folder, "ca.pem", NULL);
  int lock = lock_folder (certificates->folder);
  g_auto (Pair) ca = { 0 };
  gboolean good = prepare_ca (&ca, certificates->folder, certificates->ca, error)
                  && prepare_server (certificates, &ca, options, error)
                  && prepare_client (&ca, options, error);
  if (lock >= 0)
    close (lock);
  return good;
}

Certificates *
certificates_prepare (const SinkOptions *options, GError **error)
{
  Certificates *certificates = g_new0 (Certificates, 1);
  if (!prepare_all (certificates, options, error))
    g_clear_pointer (&certificates, certificates_free);
  return certificates;
}

static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL;) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    (void)g_unlink (path);
  }
  (void)g_rmdir (folder);
}

void
certificates_free (Certificates *certificates)
{
  if (certificates == NULL)
    return;
  if (certificates->own_folder && certificates->folder != NULL)
    remove_folder (certificates->folder);
  g_free (certificates->folder);
  g_free (certificates->ca);
  g_free (certificates->certificate);
  g_free (certificates->key);
  g_free (certificates);
}
