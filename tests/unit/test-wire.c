/* The wire form's promises: CRLF lines only, no NUL, no line over 998 octets, a size
 * that is exact, and the same octets however they are read. */
#include "base/error.h"
#include "mail/wire-filter.h"
#include "mail/wire.h"
#include "tests/lib/tap.h"

static const WireTarget full = { TRUE, TRUE };

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

/* What CRLF lines mean, written as plainly as can be. */
static GByteArray *
expected_lines (const guint8 *octets, gsize length)
{
  GByteArray *all = g_byte_array_new ();
  gboolean open = FALSE;
  for (gsize i = 0; i < length; i++) {
    if (octets[i] == '\r' || octets[i] == '\n') {
      if (octets[i] == '\n' && i > 0 && octets[i - 1] == '\r')
        continue;
      g_byte_array_append (all, (const guint8 *)"\r\n", 2);
      open = FALSE;
    } else {
      g_byte_array_append (all, octets + i, 1);
      open = TRUE;
    }
  }
  if (open)
    g_byte_array_append (all, (const guint8 *)"\r\n", 2);
  return all;
}

static void
check_verbatim (const void *octets, gsize length)
{
  g_autoptr (GBytes) bytes = g_bytes_new (octets, length);
  g_autoptr (BodySource) source = body_source_new_bytes (bytes);
  g_autoptr (GError) error = NULL;
  g_autoptr (WireForm) form = wire_form_new (open_source, source, &full, &error);
  g_assert_no_error (error);
  g_autoptr (GByteArray) expected = expected_lines (octets, length);
  g_assert_cmpuint (wire_form_body (form)->size, ==, expected->len);
  static const gsize steps[] = { 1, 2, 3, 4096 };
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
    g_autoptr (GByteArray) all = read_form (form, steps[i]);
    g_assert_cmpmem (all->data, all->len, expected->data, expected->len);
    g_assert_true (wire_form_rewind (form, NULL));
  }
}

static const char *const verbatim_rows[] = {
  "",
  "\n",
  "\r",
  "\r\n",
  "\n\r",
  "\r\r",
  "\r\r\n",
  "\n\n",
  "a",
  "a\n",
  "a\r",
  "a\r\n",
  "a\n\r",
  "a\rb",
  "a\r\nb",
  "a\nb",
  "Subject: x\n\nbody",
  "Subject: x\r\n\r\nbody\r\n",
  "Subject: x\r\rbody\r",
  "Subject: x\n\r\nmixed\rlines\r\r\nhere\n\r\n",
  "a\r\n.\r\nMAIL FROM:<x@y>\r\n",
  "a\n.\nMAIL FROM:<x@y>",
  "a\r.\rMAIL FROM:<x@y>",
  "a\r\n.\rMAIL",
  "a\n.\r\nMAIL",
  "no header or body",
};

static void
test_verbatim (gconstpointer data)
{
  const char *text = data;
  check_verbatim (text, strlen (text));
}

/* Random text of the characters that matter. */
static void
test_random_line_ends (void)
{
  static const char alphabet[] = "\r\n.a";
  for (guint round = 0; round < 3000; round++) {
    guint8 text[40];
    gsize length = (gsize)g_test_rand_int_range (0, sizeof text);
    for (gsize i = 0; i < length; i++)
      text[i] = (guint8)alphabet[g_test_rand_int_range (0, 4)];
    check_verbatim (text, length);
  }
}

/* The filter alone: input and output cut at every place. */
static void
test_every_cut (void)
{
  static const char text[] = "a\r\n\r\r\n\nb\r.\r\n\n\rcd";
  gsize length = strlen (text);
  g_autoptr (GByteArray) expected = expected_lines ((const guint8 *)text, length);
  for (gsize cut = 0; cut <= length; cut++)
    for (gsize room = 1; room < 5; room++) {
      WireFilter filter;
      wire_filter_init (&filter);
      g_autoptr (GByteArray) all = g_byte_array_new ();
      guint8 out[5];
      for (gsize at = 0; at < length;) {
        gsize used = 0, piece = at < cut ? cut - at : length - at;
        gsize put = wire_filter_run (&filter, (const guint8 *)text + at, piece, &used, out, room);
        g_assert_cmpuint (put, <=, room);
        g_assert_cmpuint (put + used, >, 0);
        g_byte_array_append (all, out, (guint)put);
        at += used;
      }
      for (gsize put; (put = wire_filter_end (&filter, out, room)) > 0;)
        g_byte_array_append (all, out, (guint)put);
      g_assert_cmpmem (all->data, all->len, expected->data, expected->len);
    }
}

/* Line ends astride the internal buffer's edge. */
static void
test_buffer_edges (void)
{
  for (gsize shift = 0; shift < 4; shift++) {
    GString *text = g_string_new (NULL);
    while (text->len < 200 * 1024)
      g_string_append (text, "0123456789abcdef0123456789abcd\r\n");
    check_verbatim (text->str + shift, text->len - shift);
    g_string_free (text, TRUE);
  }
}

/* A store that doesn't give the same twice. */
typedef struct {
  guint opened;
  const char *texts[2];
} Fickle;

static BodyReader *
open_fickle (gpointer data, GError **error)
{
  Fickle *fickle = data;
  const char *text = fickle->texts[MIN (fickle->opened, 1)];
  fickle->opened++;
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr (BodySource) source = body_source_new_bytes (bytes);
  return body_source_open (source, error);
}

static void
test_changed (gconstpointer data)
{
  Fickle fickle = { 0, { "a: b\n\ntext\n", data } };
  g_autoptr (WireForm) form = wire_form_new (open_fickle, &fickle, &full, NULL);
  guint8 buffer[100];
  g_autoptr (GError) error = NULL;
  gssize given;
  while ((given = wire_form_read (form, buffer, sizeof buffer, &error)) > 0)
    ;
  g_assert_cmpint (given, ==, -1);
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO);
}

static void
test_kind (void)
{
  static const struct {
    const char *text;
    BodyKind kind;
  } rows[] = { { "a: b\n\nplain\n", BODY_7BIT }, { "a: b\n\nsch\303\266n\n", BODY_8BITMIME } };
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GBytes) bytes = g_bytes_new (rows[i].text, strlen (rows[i].text));
    g_autoptr (BodySource) source = body_source_new_bytes (bytes);
    g_autoptr (WireForm) form = wire_form_new (open_source, source, &full, NULL);
    g_assert_cmpint (wire_form_body (form)->kind, ==, rows[i].kind);
    g_assert_false (wire_form_body (form)->smtputf8);
  }
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (verbatim_rows); i++) {
    g_autofree char *name = g_strdup_printf ("/wire/verbatim/%02" G_GSIZE_FORMAT, i);
    g_test_add_data_func (name, verbatim_rows[i], test_verbatim);
  }
  g_test_add_func ("/wire/random-line-ends", test_random_line_ends);
  g_test_add_func ("/wire/every-cut", test_every_cut);
  g_test_add_func ("/wire/buffer-edges", test_buffer_edges);
  g_test_add_data_func ("/wire/changed/shorter", "a: b\n\ntex\n", test_changed);
  g_test_add_data_func ("/wire/changed/longer", "a: b\n\ntext more\n", test_changed);
  g_test_add_func ("/wire/kind", test_kind);
  return g_test_run ();
}
