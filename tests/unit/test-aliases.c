/* Aliases as they stand in /etc/aliases, good and hostile: where they lead, what is said of
 * what is wrong, and that nothing in them is ever more than an address. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "mail/aliases.h"
#include "mail/local-names.h"
#include "tests/lib/tap.h"

static const char *const local_names[] = { "vm", "vm.lan", NULL };

static const struct {
  const char *title;
  const char *text;
  const char *from;
  const char *to;     /* NULL: nowhere */
  const char *faults; /* of the whole file, with " | " between; NULL: none */
} rows[] = {
  { "none", "", "root@localhost", "root@localhost", NULL },
  { "simple", "root: a@b.c\n", "root@localhost", "a@b.c", NULL },
  { "without-end", "root: a@b.c", "root@localhost", "a@b.c", NULL },
  { "crlf", "root: a@b.c\r\nops: root\r\n", "ops@localhost", "a@b.c", NULL },
  { "list", "root: a@b.c, d@e.f ,g@h.i,\n", "root@localhost", "a@b.c d@e.f g@h.i", NULL },
  { "no-space", "root:a@b.c\n", "root@localhost", "a@b.c", NULL },
  { "space-before-colon", "root \t: a@b.c\n", "root@localhost", "a@b.c", NULL },
  { "case", "Root: a@b.c\n", "ROOT@localhost", "a@b.c", NULL },
  { "case-utf-8", "\303\204rger: a@b.c\n", "\303\244rger@localhost", "a@b.c", NULL },
  { "local-domain", "root: a@b.c\n", "root@VM.lan", "a@b.c", NULL },
  { "target-at-local-domain", "root: ops@vm\nops: a@b.c\n", "root@localhost", "a@b.c", NULL },
  { "unknown-keeps-domain", "root: a@b.c\n", "joe@vm.lan", "joe@vm.lan", NULL },
  { "chain", "a: b\nb: c\nc: d\nd: e@f.g\n", "a@localhost", "e@f.g", NULL },
  { "last-is-no-alias", "root: joe\n", "root@localhost", "joe@localhost", NULL },
  { "diamond", "a: b, c\nb: d\nc: d\nd: e@f.g\n", "a@localhost", "e@f.g", NULL },
  { "twice-the-same", "a: e@f.g, E <e@f.g>\n", "a@localhost", "e@f.g", NULL },
  { "display-name", "root: \"Doe, Joe\" <joe@b.c>\n", "root@localhost", "joe@b.c", NULL },
  { "comment-in-parentheses", "root: joe@b.c (a, b)\n", "root@localhost", "joe@b.c", NULL },
  /* lines */
  { "continued", "root: a@b.c,\n\td@e.f\n  , g@h.i\n", "root@localhost", "a@b.c d@e.f g@h.i", NULL },
  { "continued-behind-comment", "root: a@b.c,\n# why\n\n d@e.f\n", "root@localhost", "a@b.c d@e.f", NULL },
  { "continued-by-backslash", "root: a@b.c, \\\nd@e.f\n", "root@localhost", "a@b.c d@e.f", NULL },
  { "backslash-then-nothing", "root: a@b.c \\\n\nops: d@e.f\n", "ops@localhost", "d@e.f", NULL },
  { "backslash-at-end", "root: a@b.c \\", "root@localhost", "a@b.c", NULL },
  { "comments", "# root: x@y.z\n  # and\n\nroot: a@b.c\n#", "root@localhost", "a@b.c", NULL },
  { "first-line-continues", " root: a@b.c\n", "root@localhost", "root@localhost",
    "f:1: a line that begins with a blank continues another, and there is none" },
  /* quotes and backslashes */
  { "quoted-name", "\"a b\": c@d.e\n", "\"a b\"@localhost", "c@d.e", NULL },
  { "quoted-colon", "\"a:b\": c@d.e\n", "\"a:b\"@localhost", "c@d.e", NULL },
  { "quoted-quote", "\"a\\\"b\": c@d.e\n", "\"a\\\"b\"@localhost", "c@d.e", NULL },
  { "quoted-target", "root: \"a, b\"@c.d\n", "root@localhost", "\"a, b\"@c.d", NULL },
  { "quoted-for-nothing", "root: \"joe\"\njoe: a@b.c\n", "root@localhost", "a@b.c", NULL },
  { "backslash-is-final", "joe: \\joe, a@b.c\n", "joe@localhost", "joe@localhost a@b.c", NULL },
  { "backslash-stops-another", "root: \\joe\njoe: a@b.c\n", "root@localhost", "joe@localhost", NULL },
  { "itself-is-final", "joe: joe, a@b.c\n", "joe@localhost", "joe@localhost a@b.c", NULL },
  /* what gets no mail */
  { "pipe", "root: |/bin/sh\n", "root@localhost", NULL,
    "f:1: alias root: |/bin/sh: commands get no mail here: toukan delivers to addresses only" },
  { "pipe-quoted", "root: \"|/bin/sh -c 'a, b'\", a@b.c\n", "root@localhost", "a@b.c",
    "f:1: alias root: \"|/bin/sh -c 'a, b'\": commands get no mail here: toukan delivers to addresses only" },
  { "file", "nobody: /dev/null\n", "nobody@localhost", NULL,
    "f:1: alias nobody: /dev/null: files get no mail here: toukan delivers to addresses only" },
  { "file-quoted", "nobody: \"/tmp/x y\"\n", "nobody@localhost", NULL,
    "f:1: alias nobody: \"/tmp/x y\": files get no mail here: toukan delivers to addresses only" },
  { "include", "list: :include:/etc/list\n", "list@localhost", NULL,
    "f:1: alias list: :include:/etc/list: lists in other files aren't read: write the addresses here" },
  { "fail", "list: :fail: gone\n", "list@localhost", NULL,
    "f:1: alias list: :fail: gone: toukan delivers to addresses only" },
  { "option", "list: -oX@b.c\n", "list@localhost", NULL,
    "f:1: alias list: in \"-oX@b.c\", at character 1: an address must not begin with \"-\", \"|\" or \"/\"" },
  { "smuggled-pipe", "list: \"\\|x\"@b.c\n", "list@localhost", NULL,
    "f:1: alias list: in \"\"\\|x\"@b.c\", at character 1: an address must not begin with \"-\", \"|\" or "
    "\"/\"" },
  { "nobody", "root:\n", "root@localhost", NULL, "f:1: alias root: it leads to nobody" },
  { "commas-alone", "root: , ,\n", "root@localhost", NULL, "f:1: alias root: it leads to nobody" },
  /* circles */
  { "loop", "a: b\nb: a\n", "a@localhost", NULL, "f:2: alias b: it leads in a circle: a, b, a" },
  { "loop-and-more", "a: b, x@y.z\nb: c\nc: b\n", "a@localhost", "x@y.z",
    "f:3: alias c: it leads in a circle: b, c, b" },
  { "loop-by-local-domain", "a: b@vm\nb: a@localhost\n", "a@vm.lan", NULL,
    "f:2: alias b: it leads in a circle: a, b, a" },
  /* lines that are none */
  { "no-colon", "root a@b.c\nops: a@b.c\n", "ops@localhost", "a@b.c",
    "f:1: an alias is written NAME: ADDRESS, ADDRESS" },
  { "no-colon-at-all", "root\n", "root@localhost", "root@localhost",
    "f:1: an alias is written NAME: ADDRESS, ADDRESS" },
  { "no-name", ": a@b.c\n", "root@localhost", "root@localhost", "f:1: there is no name before the colon" },
  { "open-quote", "\"root: a@b.c\nops: a@b.c\n", "ops@localhost", "a@b.c", "f:1: this quote has no end" },
  { "open-quote-in-list", "root: \"a@b.c, d@e.f\n", "root@localhost", NULL,
    "f:1: alias root: in \"\"a@b.c\", at character 1: this quote has no end" },
  { "name-with-domain", "root@b.c: a@b.c\n", "root@localhost", "root@localhost",
    "f:1: the name of an alias has no domain" },
  { "twice", "root: a@b.c\nROOT: d@e.f\n", "root@localhost", "a@b.c",
    "f:2: ROOT is there already, at f:1, and that counts" },
  { "two-words", "root: a b\n", "root@localhost", NULL,
    "f:1: alias root: in \"a b\", at character 3: a name and its address must be written Name <address>" },
  { "latin-1", "root: J\374rgen@b.c\n", "root@localhost", "root@localhost",
    "f:1: this line is no text in UTF-8" },
  { "escape-shown", "root: \033[2J\n", "root@localhost", NULL,
    "f:1: alias root: in \"<U+001B>[2J\", at character 1: a control character" },
};

static char *
join (GPtrArray *words, const char *between)
{
  g_ptr_array_add (words, NULL);
  return g_strjoinv (between, (char **)words->pdata);
}

static void
test_row (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  g_autoptr (Aliases) aliases = aliases_new (local_names);
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  aliases_add_text (aliases, "f", rows[row].text, strlen (rows[row].text));
  g_autoptr (GPtrArray) addresses = aliases_expand (aliases, rows[row].from, notes, &error);
  if (rows[row].to != NULL) {
    g_assert_no_error (error);
    g_autofree char *to = join (addresses, " ");
    g_assert_cmpstr (to, ==, rows[row].to);
  } else {
    g_assert_null (addresses);
    g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
    g_assert_true (g_str_has_prefix (error->message, "f:"));
  }
  g_autoptr (GPtrArray) faults = aliases_check (aliases);
  g_autofree char *said = join (faults, " | ");
  g_assert_cmpstr (said, ==, rows[row].faults != NULL ? rows[row].faults : "");
}

static void
test_nul (void)
{
  static const char text[] = "root: a@b.c\0, |/bin/sh\nops: a@b.c\n";
  g_autoptr (Aliases) aliases = aliases_new (NULL);
  aliases_add_text (aliases, "f", text, sizeof text - 1);
  g_assert_cmpuint (aliases_count (aliases), ==, 1);
  g_autoptr (GPtrArray) faults = aliases_check (aliases);
  g_assert_cmpstr (g_ptr_array_index (faults, 0), ==, "f:1: this line is no text in UTF-8");
}

/* A chain of LENGTH aliases. */
static Aliases *
chain_of (guint length)
{
  g_autoptr (GString) text = g_string_new (NULL);
  Aliases *aliases = aliases_new (NULL);
  for (guint i = 1; i <= length; i++)
    g_string_append_printf (text, "a%u: a%u\n", i, i + 1);
  g_string_append_printf (text, "a%u: end@b.c\n", length + 1);
  aliases_add_text (aliases, "f", text->str, text->len);
  return aliases;
}

static void
test_depth (void)
{
  for (guint extra = 0; extra < 2; extra++) {
    g_autoptr (Aliases) aliases = chain_of (ALIASES_DEPTH_LIMIT - 1 + extra);
    g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
    g_autoptr (GPtrArray) addresses = aliases_expand (aliases, "a1@localhost", notes, NULL);
    g_assert_cmpuint (addresses != NULL ? addresses->len : 0, ==, extra == 0 ? 1 : 0);
    g_assert_cmpuint (notes->len, ==, extra);
  }
}

/* Without remembering what was followed this would take 2^40 steps. */
static void
test_doubling (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (Aliases) aliases = aliases_new (NULL);
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < 40; i++)
    g_string_append_printf (text, "a%u: b%u, c%u\nb%u: a%u\nc%u: a%u\n", i, i, i, i, i + 1, i, i + 1);
  g_string_append (text, "a40: end@b.c\n");
  aliases_add_text (aliases, "f", text->str, text->len);
  g_autoptr (GPtrArray) addresses = aliases_expand (aliases, "a20@localhost", notes, NULL);
  g_assert_cmpuint (addresses->len, ==, 1);
}

static void
test_too_many (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (Aliases) aliases = aliases_new (NULL);
  for (guint i = 0; i < ALIASES_LIMIT + 2; i++)
    g_string_append_printf (text, "a%u: b@c.d\n", i);
  aliases_add_text (aliases, "f", text->str, text->len);
  g_assert_cmpuint (aliases_count (aliases), ==, ALIASES_LIMIT);
  g_autoptr (GPtrArray) faults = aliases_check (aliases);
  g_assert_cmpuint (faults->len, ==, 2);
}

/* ---- files ---------------------------------------------------------------- */

static void
test_order_of_files (void)
{
  g_autoptr (Aliases) aliases = aliases_new (NULL);
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  aliases_add_text (aliases, "mine", "root: me@b.c\n", 13);
  aliases_add_text (aliases, "system", "root: other@b.c\nops: root\n", 26);
  g_autoptr (GPtrArray) addresses = aliases_expand (aliases, "ops@localhost", notes, NULL);
  g_assert_cmpstr (g_ptr_array_index (addresses, 0), ==, "me@b.c");
  g_autoptr (GPtrArray) faults = aliases_check (aliases);
  g_assert_cmpuint (faults->len, ==, 0);
}

static void
test_files (void)
{
  g_autofree char *folder = g_dir_make_tmp ("aliases-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (folder, "aliases", NULL);
  g_autofree char *pipe = g_build_filename (folder, "pipe", NULL);
  g_autoptr (Aliases) aliases = aliases_new (NULL);
  g_autoptr (GError) missing = NULL, directory = NULL, waiting = NULL, large = NULL;
  g_assert_true (aliases_add_file (aliases, file, FALSE, NULL));
  g_assert_false (aliases_add_file (aliases, file, TRUE, &missing));
  g_assert_error (missing, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION);
  g_assert_false (aliases_add_file (aliases, folder, FALSE, &directory));
  g_assert_error (directory, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION);
  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  g_assert_false (aliases_add_file (aliases, pipe, FALSE, &waiting));
  g_assert_error (waiting, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION);
  g_assert_true (g_file_set_contents (file, "root: a@b.c\n", -1, NULL));
  g_assert_true (aliases_add_file (aliases, file, TRUE, NULL));
  g_assert_cmpuint (aliases_count (aliases), ==, 1);
  g_autofree char *much = g_strnfill (ALIASES_FILE_LIMIT + 1, '#');
  g_assert_true (g_file_set_contents (file, much, -1, NULL));
  g_assert_false (aliases_add_file (aliases, file, TRUE, &large));
  g_assert_error (large, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION);
  g_unlink (file);
  g_unlink (pipe);
  g_rmdir (folder);
}

/* ---- names of this machine ------------------------------------------------ */

static const struct {
  const char *host, *hosts, *names;
} names[] = {
  { "", "127.0.0.1 localhost\n", "" },
  { "vm", "", "vm vm" },
  { "vm", "127.0.0.1 localhost\n127.0.1.1 vm.example.org vm\n", "vm vm vm.example.org" },
  { "vm", "127.0.1.1\tVM.example.org. VM # vm.not.this\n", "vm vm VM.example.org" },
  { "vm", "192.0.2.1 vm.other.org other\n", "vm vm" },
  { "vm", "192.0.2.1 vmx.example.org vm\n", "vm vm" },
  { "vm.example.org", "", "vm.example.org vm" },
};

static void
test_names (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  g_auto (GStrv) found = local_names_parse (names[row].host, names[row].hosts);
  g_autofree char *said = g_strjoinv (" ", found);
  g_assert_cmpstr (said, ==, names[row].names);
}

static void
test_local (void)
{
  g_assert_true (local_names_hold (NULL, "LocalHost"));
  g_assert_true (local_names_hold (local_names, "VM"));
  g_assert_false (local_names_hold (local_names, "vm.lan.example.org"));
  g_assert_true (local_names_bare (local_names, "vm"));
  g_assert_false (local_names_bare (local_names, "vm.lan"));
  g_assert_true (local_names_bare (NULL, "localhost.localdomain"));
  g_assert_false (local_names_bare (NULL, "vm"));
  g_auto (GStrv) host = local_names_of_host ();
  g_assert_true (host[0] == NULL || local_names_hold ((const char *const *)host, host[0]));
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *name = g_strconcat ("/aliases/row/", rows[i].title, NULL);
    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_row);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *name = g_strdup_printf ("/aliases/names/%" G_GSIZE_FORMAT, i);
    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_names);
  }
  g_test_add_func ("/aliases/local", test_local);
  g_test_add_func ("/aliases/nul", test_nul);
  g_test_add_func ("/aliases/depth", test_depth);
  g_test_add_func ("/aliases/doubling", test_doubling);
  g_test_add_func ("/aliases/too-many", test_too_many);
  g_test_add_func ("/aliases/order-of-files", test_order_of_files);
  g_test_add_func ("/aliases/files", test_files);
  return g_test_run ();
}
