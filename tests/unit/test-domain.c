/* Domain names both ways; what is no domain is refused. */
#include "base/domain.h"
#include "base/error.h"
#include "tests/lib/tap.h"

static const struct {
  const char *domain;
  const char *ascii; /* NULL: refused */
} ascii_rows[] = {
  { "example.org", "example.org" },
  { "EXAMPLE.Org", "example.org" },
  { "localhost", "localhost" },
  { "example.org.", "example.org." },
  { "m\303\274nchen.example", "xn--mnchen-3ya.example" },
  { "M\303\234NCHEN.example", "xn--mnchen-3ya.example" },
  { "mu\314\210nchen.example", "xn--mnchen-3ya.example" },
  { "stra\303\237e.example", "xn--strae-oqa.example" },
  { "\346\227\245\346\234\254.jp", "xn--wgv71a.jp" },
  { "\346\227\245\346\234\254\343\200\202jp", "xn--wgv71a.jp" },
  { "xn--mnchen-3ya.example", "xn--mnchen-3ya.example" },
  { "a_b.example", "a_b.example" },
  { "192.0.2.1", "192.0.2.1" },
  { "[192.0.2.1]", "[192.0.2.1]" },
  { "2001:DB8::1", "2001:DB8::1" },
  { "fe80::1%eth0", "fe80::1%eth0" },
  { "[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]" },
  { "", NULL },
  { ".", NULL },
  { "..", NULL },
  { ".example", NULL },
  { "a..b", NULL },
  { "example..", NULL },
  { "-a.example", NULL },
  { "a-.example", NULL },
  { "a b.example", NULL },
  { "a@b", NULL },
  { "a\r\nb", NULL },
  { "a/b", NULL },
  { "[192.0.2.1", NULL },
  { "[1]]", NULL },
  { "[a b]", NULL },
  { "[]", NULL },
  { "a\377b.example", NULL },
  { "a\342\200\256b.example", NULL },
  { "123456789012345678901234567890123456789012345678901234567890123.example",
    "123456789012345678901234567890123456789012345678901234567890123.example" },
  { "1234567890123456789012345678901234567890123456789012345678901234.example", NULL },
};

static void
test_to_ascii (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  g_autoptr (GError) error = NULL;
  g_autofree char *ascii = domain_to_ascii (ascii_rows[row].domain, &error);
  g_assert_cmpstr (ascii, ==, ascii_rows[row].ascii);
  if (ascii == NULL) {
    g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
  } else
    g_assert_no_error (error);
}

static void
test_length (void)
{
  GString *domain = g_string_new (NULL);
  while (domain->len < 252)
    g_string_append (domain, "a.");
  g_string_append_c (domain, 'b');
  g_autofree char *longest = domain_to_ascii (domain->str, NULL);
  g_assert_cmpstr (longest, ==, domain->str);
  g_string_append_c (domain, 'b');
  g_assert_null (domain_to_ascii (domain->str, NULL));
  g_string_free (domain, TRUE);
}

static const struct {
  const char *domain;
  const char *unicode;
} unicode_rows[] = {
  { "example.org", "example.org" },
  { "xn--mnchen-3ya.example", "m\303\274nchen.example" },
  { "m\303\274nchen.example", "m\303\274nchen.example" },
  { "xn--wgv71a.jp", "\346\227\245\346\234\254.jp" },
  { "xn--0.example", "xn--0.example" },
  { "[192.0.2.1]", "[192.0.2.1]" },
  { "a\377b", "a\377b" },
  { "", "" },
};

static void
test_to_unicode (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  g_autofree char *unicode = domain_to_unicode (unicode_rows[row].domain);
  g_assert_cmpstr (unicode, ==, unicode_rows[row].unicode);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (ascii_rows); i++) {
    g_autofree char *name = g_strdup_printf ("/domain/to-ascii/%02" G_GSIZE_FORMAT, i);
    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_to_ascii);
  }
  g_test_add_func ("/domain/length", test_length);
  for (gsize i = 0; i < G_N_ELEMENTS (unicode_rows); i++) {
    g_autofree char *name = g_strdup_printf ("/domain/to-unicode/%02" G_GSIZE_FORMAT, i);
    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_to_unicode);
  }
  return g_test_run ();
}
