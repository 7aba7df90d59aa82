/* Addresses as people, frameworks and attackers write them. Each row says what must
 * come out, or at which character of which piece it is refused. */
#include "base/error.h"
#include "mail/address.h"
#include "tests/lib/tap.h"

#define LONG_LABEL "123456789012345678901234567890123456789012345678901234567890123"

/* What comes out as "name|address;…", or behind a "!" the words that the error holds. */
typedef struct {
  const char *text;
  const char *expected;
} Row;

static const Row list_rows[] = {
  /* plain */
  { "a@b.c", "a@b.c" },
  { " a@b.c ", "a@b.c" },
  { "\ta@b.c\t", "a@b.c" },
  { "a@b.c,d@e.f", "a@b.c;d@e.f" },
  { "a@b.c , d@e.f", "a@b.c;d@e.f" },
  { "<a@b.c>", "a@b.c" },
  { "< a@b.c >", "a@b.c" },
  { "Name <a@b.c>", "Name|a@b.c" },
  { "Name<a@b.c>", "Name|a@b.c" },
  { "First Last <a@b.c>", "First Last|a@b.c" },
  { "\"Last, First\" <a@b.c>", "Last, First|a@b.c" },
  { "\"a \\\"b\\\" \\\\c\" <a@b.c>", "a \"b\" \\c|a@b.c" },
  { "\"\" <a@b.c>", "a@b.c" },
  { "John Q. Public <a@b.c>", "John Q. Public|a@b.c" },
  { "\"J.\" Smith <a@b.c>", "J. Smith|a@b.c" },
  { "a+tag@b.c", "a+tag@b.c" },
  { "a.b.c@d.e", "a.b.c@d.e" },
  { "#$%&'*+-/=?^_`{|}~!@b.c", "#$%&'*+-/=?^_`{|}~!@b.c" },
  { "A@B.C", "A@B.C" },
  { "a@localhost", "a@localhost" },
  { "a@1.example", "a@1.example" },
  { "a@b-c.d", "a@b-c.d" },
  { "a@" LONG_LABEL ".c", "a@" LONG_LABEL ".c" },
  { "a@[192.0.2.1]", "a@[192.0.2.1]" },
  { "a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]" },
  /* empty places */
  { "", "" },
  { "   ", "" },
  { ",", "" },
  { "a@b.c,", "a@b.c" },
  { ",a@b.c", "a@b.c" },
  { "a@b.c,,d@e.f", "a@b.c;d@e.f" },
  { "a@b.c, ,d@e.f , ", "a@b.c;d@e.f" },
  { "(nobody)", "" },
  /* comments */
  { "a@b.c (Name)", "Name|a@b.c" },
  { "(x) a@b.c (Name)", "Name|a@b.c" },
  { "Name (x) <a@b.c> (y)", "Name|a@b.c" },
  { "(a (nested) one) a@b.c", "a (nested) one|a@b.c" },
  { "(with \\) and \\( inside) a@b.c", "with ) and ( inside|a@b.c" },
  { "root (Cron Daemon) <root@b.c>", "root|root@b.c" },
  { "a(x)@(y)b.c", "y|a@b.c" },
  { "a @ b.c", "a@b.c" },
  /* quoted local parts are made plain where they can be */
  { "\"a\"@b.c", "a@b.c" },
  { "\"a.b\"@c.d", "a.b@c.d" },
  { "\"\\a\"@b.c", "a@b.c" },
  { "\"a b\"@c.d", "\"a b\"@c.d" },
  { "\"a@b\"@c.d", "\"a@b\"@c.d" },
  { "\"a,b\"@c.d, e@f.g", "\"a,b\"@c.d;e@f.g" },
  { "\"a\\\"b\"@c.d", "\"a\\\"b\"@c.d" },
  { "\"a\\\\b\"@c.d", "\"a\\\\b\"@c.d" },
  { "\"a..b\"@c.d", "\"a..b\"@c.d" },
  { "\".a\"@c.d", "\".a\"@c.d" },
  { "Name <\"a b\"@c.d>", "Name|\"a b\"@c.d" },
  /* groups */
  { "undisclosed-recipients:;", "" },
  { "Undisclosed recipients: ;", "" },
  { "G: a@b.c;", "a@b.c" },
  { "G: a@b.c, Name <d@e.f>;, g@h.i", "a@b.c;Name|d@e.f;g@h.i" },
  { "\"A Group\": a@b.c ; (end)", "a@b.c" },
  { "G: H: a@b.c;, d@e.f;", "a@b.c;d@e.f" },
  { "A: B: C: D: a@b.c;;;;", "a@b.c" },
  /* encoded words (RFC 2047) */
  { "=?utf-8?Q?J=C3=BCrgen?= <j@b.c>", "J\303\274rgen|j@b.c" },
  { "=?iso-8859-1?Q?J=FCrgen?= =?iso-8859-1?Q?_M=FCller?= <j@b.c>", "J\303\274rgen M\303\274ller|j@b.c" },
  { "=?utf-8?B?5pel5pys?= <j@b.c>", "\346\227\245\346\234\254|j@b.c" },
  { "=?utf-8?Q?a=0D=0ABcc=3A_x=40y?= <j@b.c>", "a  Bcc: x@y|j@b.c" },
  { "=?nonsense <j@b.c>", "=?nonsense|j@b.c" },
  /* UTF-8 (RFC 6532) */
  { "J\303\274rgen <j@b.c>", "J\303\274rgen|j@b.c" },
  { "j\303\274rgen@b.c", "j\303\274rgen@b.c" },
  { "j@m\303\274nchen.example", "j@m\303\274nchen.example" },
  { "j@xn--mnchen-3ya.example", "j@xn--mnchen-3ya.example" },
  { "\346\227\245\346\234\254 <a@\346\227\245\346\234\254.jp>",
    "\346\227\245\346\234\254|a@\346\227\245\346\234\254.jp" },
  { "\"\303\274 \303\244\"@b.c", "\"\303\274 \303\244\"@b.c" },
  /* RFC 5322, appendix A */
  { "John Doe <jdoe@machine.example>", "John Doe|jdoe@machine.example" },
  { "Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
    "Mary Smith|mary@x.test;jdoe@example.org;Who?|one@y.test" },
  { "<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
    "boss@nil.test;Giant; \"Big\" Box|sysservices@example.net" },
  { "A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
    "Ed Jones|c@a.test;joe@where.test;John|jdoe@one.test" },
  { "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "Pete|pete@silly.test" },
  { "A Group(Some people)\t:Chris Jones <c@(Chris's host.)public.example>,\tjoe@example.org,\tJohn "
    "<jdoe@one.test> (my dear friend); (the end of the group)",
    "Chris Jones|c@public.example;joe@example.org;John|jdoe@one.test" },
  { "(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;", "" },
  /* its obsolete forms (A.6.1) are refused where they mean a route or a guess */
  { "Mary Smith <@node.test:mary@example.net>", "!at character 13: a route" },
  { "<@a.test,@b.test:c@d.test>", "!at character 2: a route" },
  { "jdoe@test . example", "!at character 11" },
  { "\"a\".b@c.d", "!in \"\"a\".b@c.d\", at character 4" },
  { "a.\"b\"@c.d", "!at character 3" },
  /* qualified by us */
  { "root", "root@q.example" },
  { "root, a@b.c", "root@q.example;a@b.c" },
  { "root (Cron Daemon)", "Cron Daemon|root@q.example" },
  { "Root <root>", "Root|root@q.example" },
  { "\"a b\"", "\"a b\"@q.example" },
  { "G: root;", "root@q.example" },
  /* what can't be meant */
  { "x@@y", "!in \"x@@y\", at character 3: a domain must follow" },
  { "a@b@c", "!in \"a@b@c\", at character 4: an address has one" },
  { "a@b.c, x@@y.z", "!in \"x@@y.z\", at character 3" },
  { "a@", "!at character 3: a domain must follow" },
  { "@b.c", "!at character 1: something must stand" },
  { "@", "!at character 1" },
  { "a@b.c d@e.f", "!at character 7" },
  { "a@b.c;d@e.f", "!at character 6: addresses are separated by commas" },
  { "a@b.c; d@e.f", "!separated by commas" },
  { "First Last", "!at character 7: a name and its address" },
  { "First Last a@b.c", "!at character 12: a name and its address" },
  { "a@b.c <d@e.f>", "!at character 7" },
  { "a <b@c.d> e", "!at character 11" },
  { "a <b@c.d> <e@f.g>", "!at character 11" },
  { "<a@b.c", "!at character 7: a \">\" was expected" },
  { "a@b.c>", "!at character 6" },
  { "<<a@b.c>>", "!at character 2" },
  { "<>", "!at character 1: the address is missing" },
  { "Name <>", "!at character 6: the address is missing" },
  { "<a@b.c,d@e.f>", "!at character 7" },
  { "\"a@b.c", "!at character 1: this quote has no end" },
  { "a\"@b.c", "!at character 2: this quote has no end" },
  { "\"a\\", "!this quote has no end" },
  { "(a@b.c", "!at character 1: this comment has no end" },
  { "a@b.c (x", "!at character 7: this comment has no end" },
  { "a@b.c )", "!at character 7" },
  { "a\\b@c.d", "!at character 2: a backslash" },
  { "G: a@b.c", "!must end with \";\"" },
  { "G: a@b.c; d@e.f", "!at character 11" },
  { ":;", "!at character 1" },
  { "A: B: C: D: E: a@b.c;;;;;", "!nested too deeply" },
  { ".a@b.c", "!dots must stand alone" },
  { "a.@b.c", "!dots must stand alone" },
  { "a..b@c.d", "!dots must stand alone" },
  { "a@b..c", "!not a domain name" },
  { "a@.b", "!not a domain name" },
  { "a@b.", "!not a domain name" },
  { "a@-b.c", "!not a domain name" },
  { "a@b-.c", "!not a domain name" },
  { "a@b_c.d", "!not a domain name" },
  { "a@b!c.d", "!not a domain name" },
  { "a@" LONG_LABEL "4.c", "!not a domain name" },
  { "a@192.0.2.1", "!must stand in brackets" },
  { "a@[192.0.2.1", "!this bracket has no end" },
  { "a@[192.0.2.256]", "!not an address literal" },
  { "a@[2001:db8::1]", "!not an address literal" },
  { "a@[IPv6:192.0.2.1]", "!not an address literal" },
  { "a@[IPv6:fe80::1%eth0]", "!not an address literal" },
  { "a@[]", "!not an address literal" },
  { "a@[192.0.2.1]b", "!at character 14" },
  /* smuggling */
  { "a@b.c> SIZE=1", "!at character 6" },
  { "<a@b.c> SIZE=1", "!at character 9" },
  { "a@b.c SIZE=1", "!at character 7" },
  { "<a@b.c>\r\nRCPT TO:<x@y.z>", "!at character 8: a line break" },
  { "a@b.c\n", "!a line break" },
  { "a@b.c\r", "!a line break" },
  { "a@b.c,\nx@y.z", "!in \"<U+000A>x@y.z\", at character 1" },
  { "\"a\r\nDATA\"@b.c", "!a line break" },
  { "\"a\\\r\\\nb\"@b.c", "!a line break" },
  { "(\r\n) a@b.c", "!a line break" },
  { "a\001@b.c", "!at character 2: a control character" },
  { "a\177@b.c", "!a control character" },
  { "a\302\205@b.c", "!a control character" },
  { "\"a\\\033b\"@c.d", "!a control character" },
  { "\"a> SIZE=1 <\"@b.c", "!can't be sent" },
  { "\"a\tb\"@c.d", "!invisible character" },
  { "a\342\200\256b@c.d", "!invisible character" },
  { "a\342\200\213@c.d", "!invisible character" },
  { "a\302\240b@c.d", "!invisible character" },
  { "a@b\342\200\256c.d", "!not a domain name" },
  { "a\377@b.c", "!at character 2: not valid UTF-8" },
  { "a@b.c\303", "!not valid UTF-8" },
  { "-oQ/tmp@b.c", "!must not begin with" },
  { "-X/tmp/log", "!must not begin with" },
  { "\"-oQ/tmp\"@b.c", "!must not begin with" },
  { "|/bin/sh@b.c", "!must not begin with" },
  { "\"|/bin/sh\"@b.c", "!must not begin with" },
  { "/etc/passwd", "!must not begin with" },
  { "\"\\/etc/passwd\"@b.c", "!must not begin with" },
  { "Name <|sh>", "!must not begin with" },
  /* old ways to name a route are plain local parts, for their own server to judge */
  { "user%inner.example@outer.example", "user%inner.example@outer.example" },
  { "inner.example!user@outer.example", "inner.example!user@outer.example" },
  { "\"@inner.example:user\"@outer.example", "\"@inner.example:user\"@outer.example" },
};

static char *
listed (const GPtrArray *mailboxes)
{
  GString *out = g_string_new (NULL);
  for (guint i = 0; i < mailboxes->len; i++) {
    const Mailbox *mailbox = g_ptr_array_index (mailboxes, i);
    g_string_append (out, i > 0 ? ";" : "");
    if (mailbox->name != NULL)
      g_string_append_printf (out, "%s|", mailbox->name);
    g_string_append (out, mailbox->address);
  }
  return g_string_free (out, FALSE);
}

static void
check_refused (const char *text, const GError *error, const char *expected)
{
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
  if (strstr (error->message, expected) == NULL)
    g_error ("%s: \"%s\" is not in \"%s\"", text, expected, error->message);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  for (const char *at = error->message; *at != '\0'; at++)
    g_assert_false (g_ascii_iscntrl (*at));
}

static void
test_list (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) mailboxes = address_parse_list (row->text, "q.example", &error);
  if (row->expected[0] == '!') {
    if (mailboxes != NULL)
      g_error ("%s is taken", row->text);
    check_refused (row->text, error, row->expected + 1);
    return;
  }
  g_assert_no_error (error);
  g_autofree char *out = listed (mailboxes);
  g_assert_cmpstr (out, ==, row->expected);
}

static const Row one_rows[] = {
  { "a@b.c", "a@b.c" },
  { "\"a\"@b.c", "a@b.c" },
  { "\"a b\"@c.d", "\"a b\"@c.d" },
  { "root", "root@q.example" },
  { "j\303\274@b.c", "j\303\274@b.c" },
  { "", "!something must stand" },
  { " a@b.c", "!nothing may stand around" },
  { "a@b.c ", "!nothing may stand around" },
  { "a @b.c", "!nothing may stand around" },
  { "<a@b.c>", "!" },
  { "Name <a@b.c>", "!" },
  { "a@b.c(x)", "!nothing may stand around" },
  { "a@b.c,d@e.f", "!one address alone" },
  { "a@b.c,", "!one address alone" },
  { "G:a@b.c;", "!" },
  { "-f@b.c", "!must not begin" },
  { "a@b.c\r\nDATA", "!line break" },
};

static void
test_one (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *address = address_parse_one (row->text, "q.example", &error);
  if (row->expected[0] == '!')
    check_refused (row->text, error, row->expected + 1);
  else
    g_assert_cmpstr (address, ==, row->expected);
}

static void
test_unqualified (void)
{
  static const char *const rows[] = { "root", "Root <root>", "a@b.c, root" };
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_assert_null (address_parse_list (rows[i], NULL, &error));
    check_refused (rows[i], error, "needs a domain");
  }
}

/* A domain of ours that is none is found, too. */
static void
test_bad_qualifier (void)
{
  g_assert_null (address_parse_one ("root", "bad domain> X=1", NULL));
}

static void
test_length (void)
{
  g_autofree char *local = g_strnfill (316, 'x');
  g_autofree char *longest = g_strconcat (local, "@b.c", NULL);
  g_autofree char *longer = g_strconcat ("x", longest, NULL);
  g_autofree char *parsed = address_parse_one (longest, NULL, NULL);
  g_assert_cmpstr (parsed, ==, longest);
  g_autoptr (GError) error = NULL;
  g_assert_null (address_parse_one (longer, NULL, &error));
  check_refused (longer, error, "too long");
  g_assert_cmpuint (strlen (error->message), <, 300);
}

static void
test_many (void)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < ADDRESS_LIST_LIMIT; i++)
    g_string_append_printf (text, "%s\"Name, %u\" (c) <u%u@example.org>", i > 0 ? ", " : "", i, i);
  gint64 start = g_get_monotonic_time ();
  g_autoptr (GPtrArray) mailboxes = address_parse_list (text->str, NULL, NULL);
  g_test_message ("%u addresses in %" G_GINT64_FORMAT " ms", ADDRESS_LIST_LIMIT,
                  (g_get_monotonic_time () - start) / 1000);
  g_assert_nonnull (mailboxes);
  g_assert_cmpuint (mailboxes->len, ==, ADDRESS_LIST_LIMIT);
  g_string_append (text, ", x@y.z");
  g_autoptr (GError) error = NULL;
  g_assert_null (address_parse_list (text->str, NULL, &error));
  check_refused ("many", error, "too many addresses");
  g_string_free (text, TRUE);
}

/* Shapes that made other parsers slow or deep: all must end, and soon. */
static void
test_shapes (void)
{
  static const char *const pieces[]
      = { "(", "(()", "\"", "a ", "a:", ",", "\\", "<", "a@", "=?", "a.", "[", "((", "\"\\" };
  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++) {
    GString *text = g_string_new (NULL);
    while (text->len < 1000000)
      g_string_append (text, pieces[i]);
    g_autoptr (GPtrArray) mailboxes = address_parse_list (text->str, "q.example", NULL);
    g_assert_true (mailboxes == NULL || mailboxes->len <= 1);
    g_string_free (text, TRUE);
  }
}

static void
test_domain_part (void)
{
  g_assert_cmpstr (address_domain ("\"a@b\"@c.d"), ==, "c.d");
  g_autofree char *same = address_to_ascii_domain ("\303\274@b.c", NULL);
  g_assert_cmpstr (same, ==, "\303\274@b.c");
  g_autofree char *ascii = address_to_ascii_domain ("\303\274@m\303\274nchen.example", NULL);
  g_assert_cmpstr (ascii, ==, "\303\274@xn--mnchen-3ya.example");
  g_autoptr (GError) error = NULL;
  g_assert_null (address_to_ascii_domain ("a@\342\200\256.example", &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
  g_assert_false (address_needs_utf8 ("a@m\303\274nchen.example"));
  g_assert_true (address_needs_utf8 ("\303\274@b.c"));
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (list_rows); i++) {
    g_autofree char *name = g_strdup_printf ("/address/list/%03" G_GSIZE_FORMAT, i);
    g_test_add_data_func (name, &list_rows[i], test_list);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (one_rows); i++) {
    g_autofree char *name = g_strdup_printf ("/address/one/%02" G_GSIZE_FORMAT, i);
    g_test_add_data_func (name, &one_rows[i], test_one);
  }
  g_test_add_func ("/address/unqualified", test_unqualified);
  g_test_add_func ("/address/bad-qualifier", test_bad_qualifier);
  g_test_add_func ("/address/length", test_length);
  g_test_add_func ("/address/many", test_many);
  g_test_add_func ("/address/shapes", test_shapes);
  g_test_add_func ("/address/domain", test_domain_part);
  return g_test_run ();
}
