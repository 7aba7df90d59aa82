/* Content-Transfer-Encodings, decoded by GMime: the content is what it was, and the
 * output keeps the rules of its encoding wherever the input was cut. */
#include "mail/transfer-encoder.h"
#include "tests/lib/tap.h"

#include <gmime/gmime.h>

static GString *
encode (TransferKind kind, const char *octets, gsize length, gsize step)
{
  TransferEncoder encoder;
  GString *out = g_string_new (NULL);
  transfer_encoder_init (&encoder, kind);
  for (gsize at = 0; at < length; at += step)
    transfer_encoder_add (&encoder, (const guint8 *)octets + at, MIN (step, length - at), out);
  transfer_encoder_end (&encoder, out);
  return out;
}

static GString *
decode (GMimeContentEncoding encoding, const GString *text)
{
  GMimeEncoding decoder;
  g_mime_encoding_init_decode (&decoder, encoding);
  GString *out = g_string_sized_new (text->len + 16);
  gsize length = g_mime_encoding_flush (&decoder, text->str, text->len, out->str);
  g_string_set_size (out, length);
  return out;
}

/* RFC 2045, 6.7; and what could be taken for a boundary or is altered on the way. */
static void
check_quoted_lines (const GString *text, gboolean made)
{
  gboolean soft = FALSE;
  for (const char *line = text->str; *line != '\0';) {
    gsize length = strcspn (line, "\n");
    g_assert_cmpuint (length, <=, 76);
    for (gsize i = 0; i < length; i++)
      g_assert_true ((line[i] >= ' ' && line[i] <= '~') || line[i] == '\t');
    g_assert_true (!soft || *line != '-');
    g_assert_true (!made || (*line != '.' && !g_str_has_prefix (line, "From ")));
    g_assert_true (!made || length == 0 || strchr (" \t", line[length - 1]) == NULL);
    soft = length > 0 && line[length - 1] == '=';
    line += length + (line[length] != '\0');
  }
}

static void
random_text (GString *text)
{
  static const char *const pieces[]
      = { "a",  "bcd", " ",     "\t", "=",        "-",
          "--", ".",   "From ", "\n", "\303\274", "0123456789012345678901234567890123456789" };
  g_string_truncate (text, 0);
  for (gint i = g_test_rand_int_range (0, 80); i > 0; i--)
    g_string_append (text, pieces[g_test_rand_int_range (0, G_N_ELEMENTS (pieces))]);
}

static void
test_quoted_printable (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint round = 0; round < 5000; round++) {
    random_text (text);
    g_autoptr (GString) out = encode (TRANSFER_QUOTED_PRINTABLE, text->str, text->len, 1 + round % 50);
    check_quoted_lines (out, TRUE);
    g_autoptr (GString) back = decode (GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE, out);
    g_assert_cmpstr (back->str, ==, text->str);
  }
}

/* A text that says it is quoted-printable means the same when it was mended. */
static void
test_mend_quoted (void)
{
  static const char *const pieces[] = {
    "a", "=3D", "=C3=BC", "=\n", "\n", "-", "0123456789012345678901234567890123456789", "\303\274", "x"
  };
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint round = 0; round < 5000; round++) {
    g_string_truncate (text, 0);
    for (gint i = g_test_rand_int_range (0, 80); i > 0; i--)
      g_string_append (text, pieces[g_test_rand_int_range (0, G_N_ELEMENTS (pieces))]);
    g_string_append_c (text, '\n'); /* a "=" at the very end means nothing */
    g_autoptr (GString) out = encode (TRANSFER_MEND_QUOTED, text->str, text->len, 1 + round % 50);
    g_autoptr (GString) before = decode (GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE, text);
    g_autoptr (GString) after = decode (GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE, out);
    g_assert_cmpstr (after->str, ==, before->str);
    for (const char *line = out->str; *line != '\0'; line += strcspn (line, "\n") + 1)
      g_assert_cmpuint (strcspn (line, "\n"), <=, 76);
  }
}

/* A boundary that a soft line break would lay bare. */
static void
test_no_boundary (void)
{
  for (guint before = 60; before < 90; before++)
    for (guint kind = 0; kind < 2; kind++) {
      g_autofree char *start = g_strnfill (before, 'x');
      g_autofree char *text = g_strconcat (start, "--b\n", NULL);
      g_autoptr (GString) out
          = encode (kind == 0 ? TRANSFER_QUOTED_PRINTABLE : TRANSFER_MEND_QUOTED, text, strlen (text), 7);
      g_assert_null (strstr (out->str, "\n--b\n"));
    }
}

static void
test_base64 (void)
{
  for (gsize length = 0; length < 4200; length += length < 100 || (length > 2000 && length < 2100) ? 1 : 97) {
    g_autofree char *octets = g_malloc (length + 1);
    for (gsize i = 0; i < length; i++)
      octets[i] = (char)(i % 5 == 0 || i + 1 == length ? '\n' : (char)(i * 31));
    g_autoptr (GString) exact = encode (TRANSFER_BASE64, octets, length, 1000);
    g_autoptr (GString) exact_back = decode (GMIME_CONTENT_ENCODING_BASE64, exact);
    g_assert_cmpmem (exact_back->str, exact_back->len, octets, length);
    for (const char *line = exact->str; *line != '\0';
         line += strcspn (line, "\n") + (line[strcspn (line, "\n")] != '\0'))
      g_assert_cmpuint (strcspn (line, "\n"), <=, 76);
  }
}

/* Line ends become CRLF, wherever they fall. */
static void
test_base64_text (void)
{
  for (gsize length = 2030; length < 2060; length++) {
    g_autofree char *text = g_strnfill (length, 'x');
    text[length - 1] = '\n';
    g_autoptr (GString) out = encode (TRANSFER_BASE64_TEXT, text, length, length);
    g_autoptr (GString) back = decode (GMIME_CONTENT_ENCODING_BASE64, out);
    g_assert_cmpuint (back->len, ==, length + 1);
    g_assert_true (g_str_has_suffix (back->str, "x\r\n"));
  }
}

static void
test_mend_base64 (void)
{
  g_autofree char *long_line = g_strnfill (1000, 'A');
  g_autofree char *text = g_strconcat ("QUJD\n", long_line, "\303\274\nREVG\n", NULL);
  g_autoptr (GString) out = encode (TRANSFER_MEND_BASE64, text, strlen (text), 33);
  for (const char *line = out->str; *line != '\0'; line += strcspn (line, "\n") + 1)
    g_assert_cmpuint (strcspn (line, "\n"), <=, 76);
  g_assert_true (g_str_is_ascii (out->str));
  g_string_replace (out, "\n", "", 0);
  g_assert_cmpuint (out->len, ==, 1008);
}

static void
test_mend_plain (void)
{
  g_autofree char *line = g_strnfill (100, 'y');
  g_autofree char *text = g_strconcat ("a\303\274b\n", line, "\n", NULL);
  g_autoptr (GString) out = encode (TRANSFER_MEND_PLAIN, text, strlen (text), 9);
  g_assert_true (g_str_has_prefix (out->str, "a?\?b\nyyy"));
  g_assert_cmpuint (strcspn (out->str + 5, "\n"), ==, 78);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  g_test_add_func ("/transfer/quoted-printable", test_quoted_printable);
  g_test_add_func ("/transfer/mend-quoted", test_mend_quoted);
  g_test_add_func ("/transfer/no-boundary", test_no_boundary);
  g_test_add_func ("/transfer/base64", test_base64);
  g_test_add_func ("/transfer/base64-text", test_base64_text);
  g_test_add_func ("/transfer/mend-base64", test_mend_base64);
  g_test_add_func ("/transfer/mend-plain", test_mend_plain);
  return g_test_run ();
}
