/* Domains that are one letter off, or look the same; and those that only are alike. */
#include "mail/lookalike.h"

#include "tests/lib/table.h"

static const struct {
  const char *about, *domain, *found;
} rows[] = {
  { "known", "example.com", NULL },
  { "known, in capitals", "EXAMPLE.com", NULL },
  { "known, by its other form", "xn--r8jz45g.example", NULL },
  { "another", "example.org", NULL },
  { "nothing like it", "toukan.net", NULL },
  { "a letter other", "exanple.com", "example.com" },
  { "a letter less", "exmple.com", "example.com" },
  { "a letter more", "exammple.com", "example.com" },
  { "the first letter less", "xample.com", "example.com" },
  { "a letter more at the end", "example.comm", "example.com" },
  { "a letter less at the end", "example.co", "example.com" },
  { "two changed places", "exmaple.com", "example.com" },
  { "two at the end", "example.cmo", "example.com" },
  { "two letters other", "exonple.com", NULL },
  { "three in a circle", "xaemple.com", NULL },
  { "rn for m", "exarnple.com", "example.com" },
  { "l for 1", "paypa1.test", "paypal.test" },
  { "capital I for l", "paypaI.test", "paypal.test" },
  { "0 for o", "t0ukan.test", "toukan.test" },
  { "two zeros", "g00gle.test", "google.test" },
  { "vv for w", "vvikipedia.test", "wikipedia.test" },
  { "cl for d", "exarnple.clotnet", NULL },
  { "a Cyrillic a", "ex\320\260mple.com", "example.com" },
  { "all Cyrillic", "\321\200\320\260\321\203\321\200\320\260\323\217.test", "paypal.test" },
  { "Cyrillic as A-label", "xn--exmple-4nf.com", "example.com" },
  { "an accent", "ex\303\241mple.com", "example.com" },
  { "a dot below", "ex\341\272\241mple.com", "example.com" },
  { "full width is the same", "\357\275\205\357\275\230\357\275\201mple.com", NULL },
  { "numbered hosts", "mail2.host.test", NULL },
  { "a subdomain", "mail.example.com", NULL },
  { "short names", "gmx.ch", NULL },
  { "literals", "[192.0.2.1]", NULL },
  { "no domain", "a b", NULL },
  { "empty", "", NULL },
};

static void
test_row (gconstpointer data)
{
  static const char *const list[]
      = { "example.com",    "paypal.test",     "google.test", "toukan.test",
          "wikipedia.test", "mail1.host.test", "gmx.de",      "\344\276\213\343\201\210.example",
          "not a domain" };
  const typeof (*rows) *row = data;
  g_autoptr (GPtrArray) known = g_ptr_array_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (list); i++)
    g_ptr_array_add (known, (gpointer)list[i]);
  g_assert_cmpstr (lookalike_find (row->domain, known), ==, row->found);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/lookalike", rows, test_row);
  return g_test_run ();
}
