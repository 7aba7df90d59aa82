#include "core/transparency.h"
#include "../lib/table.h"

#define TEXT(literal) literal, sizeof literal - 1

static const struct row {
  const char *about;
  const char *octets;
  gsize length;
  const char *stuffed; /* NULL: refused */
  gboolean may_end;
} rows[] = {
  { "nothing", TEXT (""), "", TRUE },
  { "a line", TEXT ("a\r\n"), "a\r\n", TRUE },
  { "no line end", TEXT ("a"), "a", FALSE },
  { "CR alone so far", TEXT ("a\r"), "a\r", FALSE },
  { "a dot", TEXT (".\r\n"), "..\r\n", TRUE },
  { "a dot, no line end", TEXT ("."), "..", FALSE },
  { "a dot on the second line", TEXT ("a\r\n.\r\n"), "a\r\n..\r\n", TRUE },
  { "two dots", TEXT ("..\r\n"), "...\r\n", TRUE },
  { "a dot inside", TEXT ("a.b\r\n"), "a.b\r\n", TRUE },
  { "dots on all lines", TEXT (".\r\n.\r\n.\r\n"), "..\r\n..\r\n..\r\n", TRUE },
  { "empty lines", TEXT ("\r\n\r\n.x\r\n"), "\r\n\r\n..x\r\n", TRUE },
  { "octets beyond ASCII", TEXT ("\377\376\r\n"), "\377\376\r\n", TRUE },
  { "smuggling: LF dot LF", TEXT ("a\n.\nMAIL"), NULL, FALSE },
  { "smuggling: LF dot CRLF", TEXT ("a\n.\r\nMAIL"), NULL, FALSE },
  { "smuggling: CR dot CRLF", TEXT ("a\r.\r\nMAIL"), NULL, FALSE },
  { "smuggling: CR dot CR", TEXT ("a\r.\rMAIL"), NULL, FALSE },
  { "smuggling: CRLF dot CR", TEXT ("a\r\n.\rMAIL"), NULL, FALSE },
  { "smuggling: CRLF dot LF", TEXT ("a\r\n.\nMAIL"), NULL, FALSE },
  { "smuggling: CR NUL LF dot", TEXT ("a\r\0\n.\r\n"), NULL, FALSE },
  { "CR CR LF", TEXT ("a\r\r\n"), NULL, FALSE },
  { "LF first", TEXT ("\na"), NULL, FALSE },
  { "NUL", TEXT ("a\0b"), NULL, FALSE },
  { "NUL first", TEXT ("\0"), NULL, FALSE },
};

/* The pieces of one cut; FALSE when one was refused. */
static gboolean
append_cut (const struct row *row, gsize cut, gboolean stuff, Transparency *state, GByteArray *out)
{
  g_autofree guint8 *head = g_memdup2 (row->octets, cut);
  g_autofree guint8 *tail = g_memdup2 (row->octets + cut, row->length - cut);
  transparency_init (state, stuff);
  const guint8 *pieces[] = { head, tail };
  const gsize lengths[] = { cut, row->length - cut };
  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++) {
    guint before = out->len;
    if (!transparency_append (state, out, pieces[i], lengths[i])) {
      g_assert_cmpuint (out->len, ==, before);
      return FALSE;
    }
  }
  return TRUE;
}

static void
test_row (gconstpointer data)
{
  const struct row *row = data;
  for (gsize cut = 0; cut <= row->length; cut++)
    for (gboolean stuff = FALSE; stuff <= TRUE; stuff++) {
      Transparency state;
      g_autoptr (GByteArray) out = g_byte_array_new ();
      gboolean good = append_cut (row, cut, stuff, &state, out);
      g_assert_cmpint (good, ==, row->stuffed != NULL);
      if (!good)
        continue;
      const char *expected = stuff ? row->stuffed : row->octets;
      g_assert_cmpmem (out->data, out->len, expected, strlen (expected));
      g_assert_cmpint (transparency_may_end (&state), ==, row->may_end);
    }
}

/* What is refused changes nothing, not even the state: the good octets may follow. */
static void
test_refusal_leaves_no_trace (void)
{
  Transparency state;
  transparency_init (&state, TRUE);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_assert_true (transparency_append (&state, out, (const guint8 *)"a\r\n", 3));
  g_assert_false (transparency_append (&state, out, (const guint8 *)".b\rc", 4));
  g_assert_true (transparency_append (&state, out, (const guint8 *)".\r\n", 3));
  g_assert_cmpmem (out->data, out->len, "a\r\n..\r\n", 7);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/transparency", rows, test_row);
  g_test_add_func ("/transparency-refusal", test_refusal_leaves_no_trace);
  return g_test_run ();
}
