#include "core/reply.h"
#include "../lib/table.h"

static const struct good_row {
  const char *about;
  const char *octets;
  guint code;
  const char *lines; /* joined with '|' */
  const char *shown;
} good_rows[] = {
  { "one line", "250 ok\r\n", 250, "ok", "250 ok" },
  { "no text", "250 \r\n", 250, "", "250" },
  { "no text and no space", "250\r\n", 250, "", "250" },
  { "many lines", "250-a\r\n250-b\r\n250 c\r\n", 250, "a|b|c", "250 a b c" },
  { "a bare last line", "250-a\r\n250\r\n", 250, "a|", "250 a" },
  { "an enhanced code", "550 5.1.1 no such user\r\n", 550, "5.1.1 no such user", "550 5.1.1 no such user" },
  { "an enhanced code on each line", "550-5.1.1 no\r\n550 5.1.1 such user\r\n", 550,
    "5.1.1 no|5.1.1 such user", "550 5.1.1 no such user" },
  { "an enhanced code alone", "250 2.0.0\r\n", 250, "2.0.0", "250 2.0.0" },
  { "large numbers in it", "450 4.712.999 x\r\n", 450, "4.712.999 x", "450 4.712.999 x" },
  { "numbers too large are text", "450 4.7.1000 x\r\n", 450, "4.7.1000 x", "450 4.7.1000 x" },
  { "another class is text", "450 5.1.1 x\r\n", 450, "5.1.1 x", "450 5.1.1 x" },
  { "the last line that had one", "451-4.1.1 a\r\n451-4.2.2 b\r\n451 c\r\n", 451, "4.1.1 a|4.2.2 b|c",
    "451 4.2.2 a b c" },
  { "354 has none", "354 3.0.0 go on\r\n", 354, "3.0.0 go on", "354 3.0.0 go on" },
  { "octets beyond ASCII", "250 \303\244\377\033[0m\r\n", 250, "\303\244\377\033[0m",
    "250 \303\244\377\033[0m" },
  { "a hyphen as text", "250 -x\r\n", 250, "-x", "250 -x" },
  { "the last code there is", "599 x\r\n", 599, "x", "599 x" },
};

/* Feeds TEXT in two pieces cut at CUT, and the rest of it behind the reply. */
static Reply *
feed_cut (const char *text, gsize length, gsize cut, gsize *ret_used)
{
  g_autoptr (ReplyParser) parser = reply_parser_new ();
  Reply *reply = NULL;
  gsize used = 0;
  /* Copies on the heap, so that reading past a piece is seen. */
  g_autofree guint8 *head = g_memdup2 (text, cut);
  g_autofree guint8 *tail = g_memdup2 (text + cut, length - cut);
  ReplyStatus status = reply_parser_feed (parser, head, cut, &used, &reply);
  if (status == REPLY_COMPLETE) {
    *ret_used = used;
    return reply;
  }
  g_assert_cmpint (status, ==, REPLY_NEEDS_MORE);
  g_assert_cmpuint (used, ==, cut);
  g_assert_cmpint (reply_parser_is_inside (parser), ==, cut > 0);
  status = reply_parser_feed (parser, tail, length - cut, &used, &reply);
  g_assert_cmpint (status, ==, REPLY_COMPLETE);
  g_assert_false (reply_parser_is_inside (parser));
  *ret_used = cut + used;
  return reply;
}

static void
test_good (gconstpointer data)
{
  const struct good_row *row = data;
  g_autofree char *octets = g_strconcat (row->octets, "354 next\r\n", NULL);
  for (gsize cut = 0; cut <= strlen (octets); cut++) {
    gsize used = 0;
    g_autoptr (Reply) reply = feed_cut (octets, strlen (octets), cut, &used);
    g_autofree char *lines = g_strjoinv ("|", reply->lines);
    g_autofree char *shown = reply_to_string (reply);
    g_assert_cmpuint (used, ==, strlen (row->octets));
    g_assert_cmpuint (reply->code, ==, row->code);
    g_assert_cmpuint (reply->n_lines, ==, g_strv_length (reply->lines));
    g_assert_cmpstr (lines, ==, row->lines);
    g_assert_true (reply->enhanced.class == 0 || reply->enhanced.class == reply->code / 100);
    g_assert_true (reply->enhanced.class != 3);
    g_assert_cmpstr (shown, ==, row->shown);
  }
}

#define TEXT(literal) literal, sizeof literal - 1

static const struct bad_row {
  const char *about;
  const char *octets;
  gsize length;
  gsize seen_at; /* the octet at which it is seen */
} bad_rows[] = {
  { "letters", TEXT ("HTTP/1.1 400\r\n"), 0 },
  { "a code below 200", TEXT ("150 x\r\n"), 0 },
  { "a code above 599", TEXT ("600 x\r\n"), 0 },
  { "two digits", TEXT ("25 ok\r\n"), 2 },
  { "four digits", TEXT ("2500 ok\r\n"), 3 },
  { "a sign", TEXT ("+25 ok\r\n"), 0 },
  { "a space before", TEXT (" 250 ok\r\n"), 0 },
  { "a tab behind the code", TEXT ("250\tok\r\n"), 3 },
  { "an empty line", TEXT ("\r\n"), 0 },
  { "codes that differ", TEXT ("250-a\r\n251 b\r\n"), 9 },
  { "a line without code", TEXT ("250-a\r\nb\r\n"), 7 },
  { "a bare LF", TEXT ("250 ok\n"), 6 },
  { "a bare LF behind the code", TEXT ("250\n"), 3 },
  { "a bare CR", TEXT ("250 o\rk\r\n"), 6 },
  { "CR CR LF", TEXT ("250 ok\r\r\n"), 7 },
  { "CR inside the code", TEXT ("25\r\n"), 2 },
  { "NUL in the text", TEXT ("250 o\0k\r\n"), 5 },
  { "NUL at the start", TEXT ("\0250 ok\r\n"), 0 },
};

static void
test_bad (gconstpointer data)
{
  const struct bad_row *row = data;
  for (gsize cut = 0; cut <= row->length; cut++) {
    g_autoptr (ReplyParser) parser = reply_parser_new ();
    Reply *reply = NULL;
    gsize used = 0;
    g_autofree guint8 *head = g_memdup2 (row->octets, cut);
    g_autofree guint8 *tail = g_memdup2 (row->octets + cut, row->length - cut);
    ReplyStatus status = reply_parser_feed (parser, head, cut, &used, &reply);
    g_assert_cmpint (status, ==, cut > row->seen_at ? REPLY_MALFORMED : REPLY_NEEDS_MORE);
    status = reply_parser_feed (parser, tail, row->length - cut, &used, &reply);
    g_assert_cmpint (status, ==, REPLY_MALFORMED);
    /* Stays so, whatever follows. */
    status = reply_parser_feed (parser, (const guint8 *)"250 ok\r\n", 8, &used, &reply);
    g_assert_cmpint (status, ==, REPLY_MALFORMED);
    g_assert_null (reply);
  }
}

static const struct limit_row {
  const char *about;
  gsize line_limit;
  gsize line_length; /* CRLF included */
  gsize n_lines;
  ReplyStatus status;
} limit_rows[] = {
  { "the longest line", REPLY_LINE_LIMIT, REPLY_LINE_LIMIT, 1, REPLY_COMPLETE },
  { "one octet more", REPLY_LINE_LIMIT, REPLY_LINE_LIMIT + 1, 1, REPLY_TOO_LONG },
  { "the longest line of AUTH", REPLY_LINE_LIMIT_AUTH, REPLY_LINE_LIMIT_AUTH, 1, REPLY_COMPLETE },
  { "one octet more in AUTH", REPLY_LINE_LIMIT_AUTH, REPLY_LINE_LIMIT_AUTH + 1, 1, REPLY_TOO_LONG },
  { "as many lines as may be", REPLY_LINE_LIMIT, 10, REPLY_LINES_LIMIT, REPLY_COMPLETE },
  { "one line more", REPLY_LINE_LIMIT, 10, REPLY_LINES_LIMIT + 1, REPLY_TOO_LONG },
  { "as many octets as may be", REPLY_LINE_LIMIT, 1024, 64, REPLY_COMPLETE },
  { "one line beyond", REPLY_LINE_LIMIT, 1024, 65, REPLY_TOO_LONG },
};

static void
test_limit (gconstpointer data)
{
  const struct limit_row *row = data;
  g_autoptr (GString) text = g_string_new (NULL);
  for (gsize i = 0; i < row->n_lines; i++) {
    g_string_append (text, i + 1 < row->n_lines ? "250-" : "250 ");
    for (gsize at = 4; at < row->line_length - 2; at++)
      g_string_append_c (text, 'x');
    g_string_append (text, "\r\n");
  }
  /* Twice through one parser: no limit counts across replies. */
  g_autoptr (ReplyParser) parser = reply_parser_new ();
  reply_parser_set_line_limit (parser, row->line_limit);
  for (guint pass = 0; pass < 2; pass++) {
    g_autoptr (Reply) reply = NULL;
    gsize used = 0;
    g_assert_cmpint (reply_parser_feed (parser, (const guint8 *)text->str, text->len, &used, &reply), ==,
                     row->status);
  }
}

/* A line that never ends costs no more memory than the limit. */
static void
test_endless (void)
{
  g_autoptr (ReplyParser) parser = reply_parser_new ();
  Reply *reply = NULL;
  gsize used = 0, fed = 0;
  ReplyStatus status = reply_parser_feed (parser, (const guint8 *)"220 ", 4, &used, &reply);
  for (; status == REPLY_NEEDS_MORE && fed < 100000; fed++)
    status = reply_parser_feed (parser, (const guint8 *)"x", 1, &used, &reply);
  g_assert_cmpint (status, ==, REPLY_TOO_LONG);
  g_assert_cmpuint (fed, ==, REPLY_LINE_LIMIT - 4 + 1);
}

static void
test_one_octet_at_a_time (void)
{
  static const char text[] = "220 hi\r\n250-a\r\n250 b\r\n354 go\r\n";
  g_autoptr (ReplyParser) parser = reply_parser_new ();
  g_autoptr (GString) codes = g_string_new (NULL);
  for (gsize i = 0; i < sizeof text - 1; i++) {
    g_autoptr (Reply) reply = NULL;
    gsize used = 0;
    g_autofree guint8 *octet = g_memdup2 (text + i, 1);
    if (reply_parser_feed (parser, octet, 1, &used, &reply) == REPLY_COMPLETE)
      g_string_append_printf (codes, "%u/%zu ", reply->code, reply->n_lines);
    g_assert_cmpuint (used, ==, 1);
  }
  g_assert_cmpstr (codes->str, ==, "220/1 250/2 354/1 ");
}

/* What one reply said of itself is not said of the next. */
static void
test_enhanced_is_the_replys_own (void)
{
  static const char text[] = "550 5.1.1 no\r\n550 no\r\n";
  g_autoptr (ReplyParser) parser = reply_parser_new ();
  g_autoptr (Reply) first = NULL, second = NULL;
  gsize used = 0, rest = 0;
  g_assert_cmpint (reply_parser_feed (parser, (const guint8 *)text, sizeof text - 1, &used, &first), ==,
                   REPLY_COMPLETE);
  g_assert_cmpint (
      reply_parser_feed (parser, (const guint8 *)text + used, sizeof text - 1 - used, &rest, &second), ==,
      REPLY_COMPLETE);
  g_assert_cmpuint (first->enhanced.class, ==, 5);
  g_assert_cmpuint (second->enhanced.class, ==, 0);
}

static void
test_new (void)
{
  g_autoptr (Reply) reply = reply_new (451, "4.3.0 one\ntwo");
  g_autofree char *shown = reply_to_string (reply);
  g_assert_cmpuint (reply->n_lines, ==, 2);
  g_assert_cmpstr (shown, ==, "451 4.3.0 one two");
  g_assert_true (reply_is_temporary (reply) && !reply_is_permanent (reply) && !reply_is_positive (reply));
  g_autoptr (Reply) copy = reply_copy (reply);
  g_assert_cmpstr (copy->lines[1], ==, "two");
  g_assert_true (copy->lines != reply->lines);
  g_assert_null (reply_copy (NULL));
  g_autoptr (Reply) empty = reply_new (250, NULL);
  g_assert_cmpuint (empty->n_lines, ==, 1);
  g_assert_cmpstr (empty->lines[0], ==, "");
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/reply/good", good_rows, test_good);
  TABLE_ADD ("/reply/bad", bad_rows, test_bad);
  TABLE_ADD ("/reply/limit", limit_rows, test_limit);
  g_test_add_func ("/reply/endless", test_endless);
  g_test_add_func ("/reply/one-octet-at-a-time", test_one_octet_at_a_time);
  g_test_add_func ("/reply/enhanced-is-the-replys-own", test_enhanced_is_the_replys_own);
  g_test_add_func ("/reply/new", test_new);
  return g_test_run ();
}
