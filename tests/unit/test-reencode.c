/* What becomes of messages that a server can't take as they are. GMime, which had no
 * hand in it, reads the result. */
#include "base/error.h"
#include "mail/wire-scan.h"
#include "mail/wire.h"
#include "tests/lib/tap.h"

#include <gmime/gmime.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GMimeStream, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GMimeParser, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GMimeMessage, g_object_unref)

#define UE "\303\274"
#define LATIN_UE "\374"

static const WireTarget ascii = { FALSE, FALSE }, eight = { TRUE, FALSE }, full = { TRUE, TRUE };

static BodyReader *
open_source (gpointer data, GError **error)
{
  return body_source_open (data, error);
}

static GByteArray *
read_form (WireForm *form, gsize step)
{
  GByteArray *all = g_byte_array_new ();
  g_autofree guint8 *buffer = g_malloc (step);
  g_autoptr (GError) error = NULL;
  gssize given;
  while ((given = wire_form_read (form, buffer, step, &error)) > 0)
    g_byte_array_append (all, buffer, (guint)given);
  g_assert_no_error (error);
  g_assert_cmpint (given, ==, 0);
  return all;
}

/* What every wire form promises, whatever went in. NULL: refused with a reason. */
static GByteArray *
convert (const void *octets, gsize length, const WireTarget *target, BodyForm *ret_body, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (octets, length);
  g_autoptr (BodySource) source = body_source_new_bytes (bytes);
  g_autoptr (WireForm) form = wire_form_new (open_source, source, target, error);
  if (form == NULL)
    return NULL;
  *ret_body = *wire_form_body (form);
  GByteArray *out = read_form (form, 5000);
  g_assert_cmpuint (ret_body->size, ==, out->len);
  g_assert_true (wire_form_rewind (form, NULL));
  g_autoptr (GByteArray) slowly = read_form (form, 1);
  g_assert_cmpmem (slowly->data, slowly->len, out->data, out->len);

  WireScan scan;
  wire_scan_init (&scan);
  wire_scan_add (&scan, out->data, out->len);
  wire_scan_end (&scan);
  g_assert_cmpuint (scan.size, ==, out->len);
  g_assert_false (scan.bare_cr);
  g_assert_false (scan.nul);
  g_assert_cmpuint (scan.longest_line, <=, 998);
  g_assert_cmpint (ret_body->kind, ==, scan.eight_bit ? BODY_8BITMIME : BODY_7BIT);
  g_assert_true (!scan.eight_bit || target->eightbitmime);
  g_assert_true (!ret_body->smtputf8 || target->smtputf8);
  for (guint i = 0; i < out->len; i++)
    g_assert_true (out->data[i] != '\n' || (i > 0 && out->data[i - 1] == '\r'));
  return out;
}

/* ---- a table -------------------------------------------------------------- */

typedef struct {
  const char *title;
  const WireTarget *target;
  const char *message;  /* LF line ends; "@" stands for 1,100 times "x" */
  const char *expected; /* the same way; behind "!" words of the refusal; NULL: as it was */
  gboolean smtputf8;
  gboolean lf_only; /* the content's octets depend on the line ends */
} Row;

#define TEXT "Subject: s\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
#define MIXED "Subject: s\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n"
#define QP "Content-Transfer-Encoding: quoted-printable\n"
#define B64 "Content-Transfer-Encoding: base64\n"

static const Row rows[] = {
  /* bodies */
  { "plain", &ascii, TEXT "\nplain\n", NULL, FALSE, FALSE },
  { "8bit-kept", &eight, TEXT "\n" UE "\n", NULL, FALSE, FALSE },
  { "8bit-quoted", &ascii, TEXT "\n" UE " = .\n.\nFrom x\nend \n",
    TEXT QP "\n=C3=BC =3D .\n=2E\n=46rom x\nend=20\n", FALSE, FALSE },
  { "8bit-base64", &ascii, TEXT "\n" UE UE UE UE "\n", TEXT B64 "\nw7zDvMO8w7wNCg==\n", FALSE, FALSE },
  { "label-replaced", &ascii,
    TEXT "Content-Transfer-Encoding: 8bit\n\n"
         "text text text " UE "\n",
    TEXT QP "\ntext text text =C3=BC\n", FALSE, FALSE },
  { "unlabelled-utf-8", &ascii, "Subject: s\n\ntext text text " UE "\n",
    "Subject: s\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n" QP "\ntext text text =C3=BC\n",
    FALSE, FALSE },
  { "unlabelled-latin", &ascii, "Subject: s\n\ntext text text " LATIN_UE "\n",
    "Subject: s\nMIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\n" QP
    "\ntext text text =FC\n",
    FALSE, FALSE },
  { "unlabelled-long", &eight, "Subject: s\n\n@\n", "*", FALSE, FALSE },
  { "long-kept-at-998", &eight, TEXT "\n+\n", NULL, FALSE, FALSE },
  { "binary", &ascii,
    "MIME-Version: 1.0\nContent-Type: image/png\nContent-Transfer-Encoding: 8bit\n\n" UE UE "\n",
    "MIME-Version: 1.0\nContent-Type: image/png\n" B64 "\nw7zDvAo=\n", FALSE, TRUE },
  { "empty-body", &ascii, TEXT "\n", NULL, FALSE, FALSE },
  { "no-separator", &ascii, TEXT, NULL, FALSE, FALSE },
  { "bare-cr-8bit", &eight, TEXT "\n" UE "\rx\n", TEXT "\n" UE "\nx\n", FALSE, FALSE },
  { "bare-cr-binary", &eight,
    "Content-Type: image/png\nContent-Transfer-Encoding: binary\nMIME-Version: 1.0\n\na\rb",
    "Content-Type: image/png\nMIME-Version: 1.0\n" B64 "\nYQ1i\n", FALSE, FALSE },
  { "mended-quoted", &eight, TEXT QP "\na" UE "=3D=\n b \n@=3D\n", "*", FALSE, FALSE },
  { "mended-quoted-8bit", &ascii, TEXT QP "\na" UE "=3D=\n b \n", TEXT QP "\na=C3=BC=3D=\n b \n", FALSE,
    FALSE },
  { "mended-base64", &ascii, TEXT B64 "\nYWJj" UE "ZGVm\n", TEXT B64 "\nYWJjZGVm\n", FALSE, FALSE },
  { "mended-base64-long", &eight, TEXT B64 "\n@\n", "*", FALSE, FALSE },
  { "binary-last-cr", &eight,
    "Content-Type: image/png\nContent-Transfer-Encoding: binary\nMIME-Version: 1.0\n\na\r",
    "Content-Type: image/png\nMIME-Version: 1.0\n" B64 "\nYQ0=\n", FALSE, FALSE },
  { "unknown-label", &ascii, TEXT "Content-Transfer-Encoding: x-uuencode\n\n" UE "\n",
    "!unknown Content-Transfer-Encoding holds 8-bit text", FALSE, FALSE },
  { "unknown-label-long", &eight, TEXT "Content-Transfer-Encoding: x-uuencode\n\n@\n",
    "!holds a line of more than 998", FALSE, FALSE },
  /* multiparts */
  { "parts", &ascii,
    MIXED "\npreamble\n--b\n\nplain\n--b\nContent-Type: text/html\n\n<p> some text here " UE
          "\n--b--\nepilogue\n",
    MIXED "\npreamble\n--b\n\nplain\n--b\nContent-Type: text/html\n" QP
          "\n<p> some text here =C3=BC\n--b--\nepilogue\n",
    FALSE, FALSE },
  { "parts-label", &ascii, MIXED "Content-Transfer-Encoding: 8bit\n\n--b\n\n some text here " UE "\n--b--\n",
    MIXED "Content-Transfer-Encoding: 7bit\n\n--b\nContent-Type: text/plain; charset=utf-8\n" QP
          "\n some text here =C3=BC\n--b--\n",
    FALSE, FALSE },
  { "parts-unclosed", &ascii, MIXED "\n--b\n\n some text here " UE,
    MIXED "\n--b\nContent-Type: text/plain; charset=utf-8\n" QP "\n some text here =C3=BC\n", FALSE, FALSE },
  { "parts-without-line-end", &ascii, MIXED "\n--b\nContent-Type: image/png\n\n" UE "\n\n--b--",
    MIXED "\n--b\nContent-Type: image/png\n" B64 "\nw7wK\n--b--\n", FALSE, TRUE },
  { "filler", &ascii, MIXED "\npre" UE "\n--b\n\nx\n--b--\nepi" UE "\n",
    MIXED "\npre??\n--b\n\nx\n--b--\nepi??\n", FALSE, FALSE },
  { "nested", &ascii,
    MIXED "\n--b\nContent-Type: multipart/alternative; boundary=\"b2\"\n\n--b2\nContent-Type: "
          "text/plain\n\nsome text here " UE "\n--b2--\n--b\n\nx\n--b--\n",
    MIXED "\n--b\nContent-Type: multipart/alternative; boundary=\"b2\"\n\n--b2\nContent-Type: text/plain\n" QP
          "\nsome text here =C3=BC\n--b2--\n--b\n\nx\n--b--\n",
    FALSE, FALSE },
  { "outer-boundary-ends-inner", &ascii,
    MIXED "\n--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nx\n--b\n\nsome text here " UE
          "\n--b--\n",
    MIXED "\n--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nx\n--b\nContent-Type: text/plain; "
          "charset=utf-8\n" QP "\nsome text here =C3=BC\n--b--\n",
    FALSE, FALSE },
  { "boundary-prefix", &ascii, MIXED "\n--b\n\n--bc\nsome text here " UE "\n--b \n\nx\n--b--\n",
    MIXED "\n--b\nContent-Type: text/plain; charset=utf-8\n" QP
          "\n--bc\nsome text here =C3=BC\n--b \n\nx\n--b--\n",
    FALSE, FALSE },
  { "boundary-before-blank", &ascii, MIXED "\n--b\nX: y\n--b\n\nsome text here " UE "\n--b--\n",
    MIXED "\n--b\nX: y\n--b\nContent-Type: text/plain; charset=utf-8\n" QP "\nsome text here =C3=BC\n--b--\n",
    FALSE, FALSE },
  { "message", &ascii,
    MIXED "\n--b\nContent-Type: message/rfc822\n\nSubject: in " UE "\n\nsome text here " UE "\n--b--\n",
    MIXED "\n--b\nContent-Type: message/rfc822\n\nSubject: in =?utf-8?B?w7w=?=\nMIME-Version: "
          "1.0\nContent-Type: text/plain; charset=utf-8\n" QP "\nsome text here =C3=BC\n--b--\n",
    FALSE, FALSE },
  { "digest", &ascii,
    "Content-Type: multipart/digest; boundary=b\nMIME-Version: 1.0\n\n--b\n\nSubject: x\n\nsome text here " UE
    "\n--b--\n",
    "Content-Type: multipart/digest; boundary=b\nMIME-Version: 1.0\n\n--b\n\nSubject: x\nMIME-Version: "
    "1.0\nContent-Type: text/plain; charset=utf-8\n" QP "\nsome text here =C3=BC\n--b--\n",
    FALSE, FALSE },
  { "parts-each-its-encoding", &ascii,
    MIXED "\n--b\nContent-Type: text/plain\n\n" UE UE UE UE UE UE UE UE
          "\n--b\nContent-Type: text/plain\n\ntext text " UE "\n--b--\n",
    MIXED "\n--b\nContent-Type: text/plain\n" B64
          "\nw7zDvMO8w7zDvMO8w7zDvA==\n--b\nContent-Type: text/plain\n" QP "\ntext text =C3=BC\n--b--\n",
    FALSE, FALSE },
  { "boundary-behind-the-end", &ascii, MIXED "\n--b\n\nx\n--b--\n--b\n\n" UE "\n",
    MIXED "\n--b\n\nx\n--b--\n--b\n\n??\n", FALSE, FALSE },
  { "encoded-multipart", &ascii, MIXED QP "\n--b\n\n" UE "\n--b--\n", MIXED QP "\n--b\n\n=C3=BC\n--b--\n",
    FALSE, FALSE },
  { "partial", &ascii, "Content-Type: message/partial; id=x\n\n" UE "\n", "!message/partial", FALSE, FALSE },
  { "no-boundary", &ascii, "Content-Type: multipart/mixed\n\n" UE "\n", "!a multipart without a boundary",
    FALSE, FALSE },
  { "8bit-boundary", &ascii, "Content-Type: multipart/mixed; boundary=" UE "\n\n--" UE "\n",
    "!a multipart without a boundary", FALSE, FALSE },
  /* signatures */
  { "signed-kept", &eight, "Content-Type: multipart/signed; boundary=s; micalg=x\n\n--s\n\n" UE "\n--s--\n",
    NULL, FALSE, FALSE },
  { "signed-8bit", &ascii, "Content-Type: multipart/signed; boundary=s; micalg=x\n\n--s\n\n" UE "\n--s--\n",
    "!a signed or encrypted part holds 8-bit text", FALSE, FALSE },
  { "signed-long", &eight, "Content-Type: multipart/signed; boundary=s\n\n--s\n\n@\n--s--\n",
    "!a signed or encrypted part holds a line of more than", FALSE, FALSE },
  { "signed-bare-cr", &eight, "Content-Type: multipart/signed; boundary=s\n\n--s\n\na\rb\n--s--\n",
    "!a signed or encrypted part holds a bare CR", FALSE, FALSE },
  { "signed-inside", &ascii,
    MIXED
    "\n--b\nContent-Type: multipart/signed; boundary=s\n\n--s\n\nsigned\n--s--\n--b\n\nsome text here " UE
    "\n--b--\n",
    MIXED "\n--b\nContent-Type: multipart/signed; boundary=s\n\n--s\n\nsigned\n--s--\n--b\nContent-Type: "
          "text/plain; charset=utf-8\n" QP "\nsome text here =C3=BC\n--b--\n",
    FALSE, FALSE },
  { "encrypted", &ascii, "Content-Type: multipart/encrypted; boundary=s\n\n--s\n\n" UE "\n--s--\n",
    "!a signed or encrypted part", FALSE, FALSE },
  { "dkim-kept", &eight, "DKIM-Signature: v=1\n" TEXT "\n" UE "\n", NULL, FALSE, FALSE },
  { "dkim-8bit", &ascii, "DKIM-Signature: v=1\n" TEXT "\n" UE "\n", "!DKIM-Signature", FALSE, FALSE },
  { "dkim-bare-cr", &eight, "DKIM-Signature: v=1\n" TEXT "\na\rb\n", "!DKIM-Signature", FALSE, FALSE },
  { "dkim-inside", &ascii, "Content-Type: message/rfc822\n\nDKIM-Signature: v=1\n\nsome text here " UE "\n",
    "*", FALSE, FALSE },
  /* headers */
  { "header-kept", &full, "Subject: " UE "\n\nx\n", NULL, TRUE, FALSE },
  { "header-text", &eight, "Subject: a " UE " b\nX: y\n\nx\n", "Subject: a =?utf-8?B?w7w=?= b\nX: y\n\nx\n",
    FALSE, FALSE },
  { "header-latin", &full, "Subject: a " LATIN_UE " b\n\nx\n", "Subject: a =?utf-8?B?w7w=?= b\n\nx\n", FALSE,
    FALSE },
  { "header-half", &full, "Subject: a " LATIN_UE " b\nX: " UE "\n\nx\n",
    "Subject: a =?utf-8?B?w7w=?= b\nX: " UE "\n\nx\n", TRUE, FALSE },
  { "header-encoded-already", &eight, "Subject: =?utf-8?Q?=C3=A4?= " UE "\n\nx\n",
    "Subject: =?utf-8?B?w6Qgw7w=?=\n\nx\n", FALSE, FALSE },
  { "header-folded", &eight, "Subject: a\n " UE "\n\nx\n", "Subject: a =?utf-8?B?w7w=?=\n\nx\n", FALSE,
    FALSE },
  { "header-name", &eight, "From: J" UE "rgen M" UE "ller <j@b.c>\n\nx\n",
    "From: =?utf-8?B?SsO8cmdlbiBNw7xsbGVy?= <j@b.c>\n\nx\n", FALSE, FALSE },
  { "header-names", &eight, "To: a@b.c, \"M" UE ", J\" <j@b.c>, G" UE ": x@y.z, u@v.w; (c" UE ")\n\nx\n",
    "To: a@b.c, =?utf-8?B?TcO8LCBK?= <j@b.c>, =?utf-8?B?R8O8?= : x@y.z, u@v.w;\n (=?utf-8?B?Y8O8?=)\n\nx\n",
    FALSE, FALSE },
  { "header-comment", &eight, "From: root (Cron D" UE "mon)\n\nx\n",
    "From: root (=?utf-8?Q?Cron_D=C3=BCmon?=)\n\nx\n", FALSE, FALSE },
  { "header-idn", &eight, "To: N <a@m" UE "nchen.example>, b@m" UE "nchen.example\n\nx\n",
    "To: N <a@xn--mnchen-3ya.example>, b@xn--mnchen-3ya.example\n\nx\n", FALSE, FALSE },
  { "header-local-part", &eight, "To: " UE "@b.c\n\nx\n", "!SMTPUTF8), and the header holds " UE "@b.c",
    FALSE, FALSE },
  { "header-local-part-kept", &full, "To: " UE "@b.c\n\nx\n", NULL, TRUE, FALSE },
  { "header-parameter", &eight, "Content-Disposition: attachment; filename=\"" UE ".txt\"; size=3\n\nx\n",
    "Content-Disposition: attachment; filename*=utf-8''%C3%BC.txt; size=\"3\"\n\nx\n", FALSE, FALSE },
  { "header-of-part", &full, MIXED "\n--b\nContent-Description: " UE "\n\nx\n--b--\n", NULL, TRUE, FALSE },
  { "header-no-field", &eight, "Subject: x\nno field " UE "\n\nx\n", "!no header field", FALSE, FALSE },
  { "header-long", &eight, "X: @ @\n\nx\n", "*", FALSE, FALSE },
  { "header-long-folded", &eight, "X: a b\n c @\n\nx\n", "*", FALSE, FALSE },
  { "header-long-address", &eight, "To: @\n\nx\n", "!To: a word in it is too long", FALSE, FALSE },
  { "smtputf8-alone", &(const WireTarget){ FALSE, TRUE }, "Subject: " UE "\n\nx\n",
    "Subject: =?utf-8?B?w7w=?=\n\nx\n", FALSE, FALSE },
};

static GString *
spelled_out (const char *text)
{
  GString *out = g_string_new (NULL);
  for (; *text != '\0'; text++) {
    gsize count = *text == '@' && strchr ("\n =", text[1]) != NULL ? 1100 : *text == '+' ? 998 : 0;
    g_autofree char *fill = g_strnfill (count, 'x');
    g_string_append (out, fill);
    if (count == 0)
      g_string_append_c (out, *text);
  }
  return out;
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (GString) message = spelled_out (row->message);
  const char *lines[] = { "\n", "\r\n" };
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autoptr (GError) error = NULL;
    BodyForm body = { 0 };
    g_string_replace (message, "\n", lines[i], 0);
    /* A content's own octets differ then, and so does its base64. */
    if (i > 0 && row->lf_only)
      return;
    g_autoptr (GByteArray) out = convert (message->str, message->len, row->target, &body, &error);
    if (row->expected != NULL && row->expected[0] == '!') {
      g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
      if (strstr (error->message, row->expected + 1) == NULL)
        g_error ("\"%s\" is not in \"%s\"", row->expected + 1, error->message);
      continue;
    }
    g_assert_no_error (error);
    g_assert_cmpint (body.smtputf8, ==, row->smtputf8);
    if (row->expected != NULL && row->expected[0] == '*')
      continue;
    g_autoptr (GString) expected = spelled_out (row->expected != NULL ? row->expected : row->message);
    g_string_replace (expected, "\n", "\r\n", 0);
    g_autofree char *text = g_strndup ((char *)out->data, out->len);
    g_assert_cmpstr (text, ==, expected->str);
  }
}

static void
test_nul (void)
{
  static const char header[] = "Subject: a\0b\n\nx\n", body[] = "Subject: s\n\na\0b some text\n",
                    binary[] = "Content-Type: image/png\nMIME-Version: 1.0\n\na\0b";
  BodyForm form = { 0 };
  g_autoptr (GByteArray) first = convert (header, sizeof header - 1, &full, &form, NULL);
  g_assert_cmpmem (first->data, first->len, "Subject: a b\r\n\r\nx\r\n", 19);
  g_autoptr (GByteArray) second = convert (body, sizeof body - 1, &full, &form, NULL);
  g_assert_nonnull (g_strstr_len ((char *)second->data, second->len, "\r\n\r\na=00b some text\r\n"));
  g_autoptr (GByteArray) third = convert (binary, sizeof binary - 1, &full, &form, NULL);
  g_assert_nonnull (g_strstr_len ((char *)third->data, third->len, "\r\n\r\nYQBi\r\n"));
}

static void
test_depth (void)
{
  for (guint depth = 49; depth < 53; depth++) {
    g_autoptr (GString) text = g_string_new ("MIME-Version: 1.0\n");
    for (guint i = 0; i < depth; i++)
      g_string_append_printf (text, "Content-Type: multipart/mixed; boundary=b%u\n\n--b%u\n", i, i);
    g_string_append (text, "Content-Type: text/plain\n\n" UE "\n");
    BodyForm form = { 0 };
    g_autoptr (GError) error = NULL;
    g_autoptr (GByteArray) out = convert (text->str, text->len, &ascii, &form, &error);
    g_assert_true ((out != NULL) == (depth <= 50));
    if (out == NULL)
      g_assert_true (error != NULL && strstr (error->message, "nested too deeply") != NULL);
  }
}

/* Side by side they are not deep. */
static void
test_many_messages (void)
{
  g_autoptr (GString) text = g_string_new (MIXED "\n");
  for (guint i = 0; i < 200; i++)
    g_string_append (text, "--b\nContent-Type: message/rfc822\n\nSubject: x\n\ntext text text " UE "\n");
  g_string_append (text, "--b--\n");
  BodyForm form = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) out = convert (text->str, text->len, &ascii, &form, &error);
  g_assert_no_error (error);
  g_assert_nonnull (out);
}

/* ---- a store that gives a few octets at a time ----------------------------- */

typedef struct {
  BodyReader reader;
  BodyReader *source;
} Drip;

static gssize
drip_read (BodyReader *reader, guint8 *buffer, gsize length, GError **error)
{
  return body_reader_read (((Drip *)reader)->source, buffer,
                           MIN (length, (gsize)g_test_rand_int_range (1, 9)), error);
}

static void
drip_free (BodyReader *reader)
{
  body_reader_free (((Drip *)reader)->source);
  g_free (reader);
}

static BodyReader *
open_drip (gpointer data, GError **error)
{
  Drip *drip = g_new0 (Drip, 1);
  drip->reader.read = drip_read;
  drip->reader.free = drip_free;
  drip->source = body_source_open (data, error);
  return &drip->reader;
}

static void
check_dripping (const char *octets, gsize length)
{
  g_autoptr (GBytes) bytes = g_bytes_new (octets, length);
  g_autoptr (BodySource) source = body_source_new_bytes (bytes);
  BodyForm body = { 0 };
  g_autoptr (GByteArray) whole = convert (octets, length, &ascii, &body, NULL);
  g_autoptr (WireForm) form = wire_form_new (open_drip, source, &ascii, NULL);
  g_assert_true ((whole == NULL) == (form == NULL));
  if (form == NULL)
    return;
  g_autoptr (GByteArray) out = read_form (form, 100);
  g_assert_cmpmem (out->data, out->len, whole->data, whole->len);
}

static void
test_dripping (void)
{
  static const char *const ends[] = { "\n", "\r\n", "\r" };
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    for (gsize e = 0; e < G_N_ELEMENTS (ends); e++) {
      g_autoptr (GString) message = spelled_out (rows[i].message);
      g_string_replace (message, "\n", ends[e], 0);
      check_dripping (message->str, message->len);
    }
}

/* ---- whatever comes ------------------------------------------------------- */

static const WireTarget *const targets[] = { &ascii, &eight, &full };

/* All promises hold, or it is refused; and what came out is fit as it is. */
static void
check_promises (const void *octets, gsize length, guint *refused)
{
  for (gsize i = 0; i < G_N_ELEMENTS (targets); i++) {
    g_autoptr (GError) error = NULL;
    BodyForm body = { 0 }, again_body = { 0 };
    g_autoptr (GByteArray) out = convert (octets, length, targets[i], &body, &error);
    if (out == NULL) {
      g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
      (*refused)++;
      continue;
    }
    g_autoptr (GByteArray) again = convert (out->data, out->len, targets[i], &again_body, &error);
    g_assert_no_error (error);
    g_assert_cmpmem (again->data, again->len, out->data, out->len);
    if (again_body.smtputf8 != body.smtputf8)
      g_test_message ("%.*s\n------\n%.*s", (int)length, (const char *)octets, (int)out->len,
                      (char *)out->data);
    g_assert_cmpint (again_body.smtputf8, ==, body.smtputf8);
  }
}

static void
test_random_octets (void)
{
  guint refused = 0;
  for (guint round = 0; round < 300; round++) {
    gsize length = (gsize)g_test_rand_int_range (0, 5000);
    g_autofree guint8 *octets = g_malloc (length + 1);
    for (gsize i = 0; i < length; i++)
      octets[i] = (guint8)g_test_rand_int_range (0, 256);
    memcpy (octets, "A: b\n\n", MIN (length, 6));
    check_promises (octets, length, &refused);
  }
  g_test_message ("%u of %u refused", refused, 900);
  g_assert_cmpuint (refused, <, 100);
}

static void
test_random_mime (void)
{
  static const char *const pieces[] = { "\n",
                                        "\n",
                                        "\n\n",
                                        "\r\n",
                                        "\r",
                                        "text ",
                                        UE,
                                        LATIN_UE,
                                        "\001",
                                        ": ",
                                        "=",
                                        " ",
                                        ".",
                                        "--b",
                                        "--b\n",
                                        "--b--\n",
                                        "--c\n",
                                        "--c--\n",
                                        "Subject: ",
                                        "From: ",
                                        "To: \"",
                                        "<",
                                        ">",
                                        "(",
                                        ")",
                                        "\"",
                                        "@",
                                        ",",
                                        ";",
                                        "Content-Type: multipart/mixed; boundary=b\n",
                                        "Content-Type: multipart/mixed; boundary=c\n\n",
                                        "Content-Type: message/rfc822\n\n",
                                        "Content-Type: text/plain\n",
                                        "Content-Type: image/png; name=",
                                        "Content-Transfer-Encoding: 8bit\n",
                                        "Content-Transfer-Encoding: binary\n",
                                        QP,
                                        B64,
                                        "Content-Type: multipart/signed; boundary=c\n\n",
                                        "=?utf-8?Q?=C3?=" };
  guint refused = 0;
  for (guint round = 0; round < 3000; round++) {
    g_autoptr (GString) text = g_string_new (round % 2 == 0 ? MIXED : TEXT);
    for (gint i = g_test_rand_int_range (0, 40); i > 0; i--) {
      gint which = g_test_rand_int_range (0, G_N_ELEMENTS (pieces) + 2);
      if (which == G_N_ELEMENTS (pieces))
        g_string_append_c (text, '\0');
      else if (which > (gint)G_N_ELEMENTS (pieces))
        for (gint n = g_test_rand_int_range (900, 1100); n > 0; n--)
          g_string_append_c (text, n % 50 == 0 && round % 3 == 0 ? ' ' : 'x');
      else
        g_string_append (text, pieces[which]);
    }
    check_promises (text->str, text->len, &refused);
  }
  g_test_message ("%u of %u refused", refused, 9000);
  g_assert_cmpuint (refused, <, 4500);
}

/* ---- well-formed messages keep their contents ----------------------------- */

static void
append_leaf (GString *text)
{
  gboolean image = g_test_rand_int_range (0, 2) == 0;
  g_string_append_printf (text, "Content-Type: %s\n\n", image ? "image/png" : "text/plain; charset=utf-8");
  for (gint i = g_test_rand_int_range (0, 300); i > 0; i--) {
    static const char *const pieces[] = {
      "a", "word ", UE, "\t", " ", "\n", "=", "--", ".", "\nFrom ", "0123456789012345678901234567890123456789"
    };
    g_string_append (text, pieces[g_test_rand_int_range (0, G_N_ELEMENTS (pieces))]);
  }
}

static void
append_entity (GString *text, guint depth, guint *serial)
{
  if (depth == 0 || g_test_rand_int_range (0, 3) == 0) {
    append_leaf (text);
    return;
  }
  guint number = (*serial)++;
  if (g_test_rand_int_range (0, 5) == 0) {
    g_string_append (text, "Content-Type: message/rfc822\n\nSubject: inner\nMIME-Version: 1.0\n");
    append_entity (text, depth - 1, serial);
    return;
  }
  g_string_append_printf (text, "Content-Type: multipart/mixed; boundary=\"-%u-\"\n\n", number);
  for (gint i = g_test_rand_int_range (1, 4); i > 0; i--) {
    g_string_append_printf (text, "--%s%u-\n", "-", number);
    append_entity (text, depth - 1, serial);
    g_string_append_c (text, '\n');
  }
  g_string_append_printf (text, "--%s%u---\n", "-", number);
}

static void
append_contents (GMimeObject *parent, GMimeObject *part, gpointer data)
{
  GString *all = data;
  g_autofree char *type = g_mime_content_type_get_mime_type (g_mime_object_get_content_type (part));
  g_string_append_printf (all, "[%s]", type);
  if (!GMIME_IS_PART (part))
    return;
  g_autoptr (GMimeStream) stream = g_mime_stream_mem_new ();
  g_mime_data_wrapper_write_to_stream (g_mime_part_get_content (GMIME_PART (part)), stream);
  GByteArray *octets = g_mime_stream_mem_get_byte_array (GMIME_STREAM_MEM (stream));
  g_string_append_len (all, (char *)octets->data, octets->len);
}

static char *
contents_of (const void *octets, gsize length)
{
  g_mime_init ();
  g_autoptr (GMimeStream) stream = g_mime_stream_mem_new_with_buffer (octets, length);
  g_autoptr (GMimeParser) parser = g_mime_parser_new_with_stream (stream);
  g_autoptr (GMimeMessage) message = g_mime_parser_construct_message (parser, NULL);
  GString *all = g_string_new (NULL);
  g_mime_message_foreach (message, append_contents, all);
  g_string_replace (all, "\r\n", "\n", 0);
  while (all->len > 0 && all->str[all->len - 1] == '\n')
    g_string_truncate (all, all->len - 1); /* the message's last line end may be ours */
  return g_string_free (all, FALSE);
}

static void
test_contents_survive (void)
{
  guint changed = 0;
  for (guint round = 0; round < 1000; round++) {
    guint serial = 10;
    g_autoptr (GString) text = g_string_new ("Subject: s\nMIME-Version: 1.0\n");
    append_entity (text, 4, &serial);
    g_autoptr (GError) error = NULL;
    BodyForm body = { 0 };
    g_autoptr (GByteArray) out = convert (text->str, text->len, &ascii, &body, &error);
    g_assert_no_error (error);
    g_autofree char *before = contents_of (text->str, text->len);
    g_autofree char *after = contents_of (out->data, out->len);
    if (!g_str_equal (before, after))
      g_test_message ("%s\n------\n%.*s", text->str, (int)out->len, (char *)out->data);
    g_assert_true (g_str_equal (before, after));
    changed += g_strstr_len ((char *)out->data, out->len, "Content-Transfer-Encoding") != NULL;
  }
  g_test_message ("%u of 1000 re-encoded", changed);
  g_assert_cmpuint (changed, >, 500);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *name = g_strconcat ("/reencode/row/", rows[i].title, NULL);
    g_test_add_data_func (name, &rows[i], test_row);
  }
  g_test_add_func ("/reencode/nul", test_nul);
  g_test_add_func ("/reencode/depth", test_depth);
  g_test_add_func ("/reencode/many-messages", test_many_messages);
  g_test_add_func ("/reencode/dripping", test_dripping);
  g_test_add_func ("/reencode/random-octets", test_random_octets);
  g_test_add_func ("/reencode/random-mime", test_random_mime);
  g_test_add_func ("/reencode/contents-survive", test_contents_survive);
  return g_test_run ();
}
