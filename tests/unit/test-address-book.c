/* Whom one writes to: how it ranks, how it is found by what is typed, and that many may learn at once. */
#include "store/address-book.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/address-rank.h"
#include "tests/lib/folder.h"
#include "tests/lib/table.h"

#define DAY ((gint64)24 * 3600 * G_USEC_PER_SEC)
#define NOW (20000 * DAY)

/* --- ranks: letters so many days ago, against others ------------------------------------------------ */

static const struct {
  const char *about;
  gint64 better[8], worse[8]; /* days ago, up to -1000 */
} rank_rows[] = {
  { "once against never", { 1, -1000 }, { -1000 } },
  { "twice against once", { 1, 2, -1000 }, { 1, -1000 } },
  { "today against yesterday", { 0, -1000 }, { 1, -1000 } },
  { "twice this week against five times last year", { 1, 3, -1000 }, { 365, 366, 367, 368, 369, -1000 } },
  { "five times last month against once today", { 30, 30, 31, 32, 33, -1000 }, { 0, -1000 } },
  { "regularly against once today", { 10, 40, 70, 100, -1000 }, { 0, -1000 } },
  { "in any order", { 100, 1, 50, -1000 }, { 100, 50, 2, -1000 } },
};

static AddressUse
used (const gint64 *days)
{
  AddressUse use = { 0 };
  for (; *days != -1000; days++)
    address_use_add (&use, NOW - *days * DAY);
  return use;
}

static void
test_rank (gconstpointer data)
{
  const typeof (*rank_rows) *row = data;
  const AddressUse better = used (row->better), worse = used (row->worse);
  for (gint64 later = 0; later < 1000 * DAY; later += 100 * DAY) { /* the order stays */
    const double one = address_use_weight (&better, NOW + later),
                 other = address_use_weight (&worse, NOW + later);
    g_assert_true (one > other || (one <= 0.0 && other <= 0.0));
  }
}

static void
test_use (void)
{
  AddressUse use = { 0 };
  address_use_add (&use, NOW);
  g_assert_cmpint (use.weight, ==, ADDRESS_WEIGHT_ONE);
  address_use_add (&use, NOW - ADDRESS_HALF_LIFE);
  g_assert_cmpint (use.weight, ==, ADDRESS_WEIGHT_ONE * 3 / 2);
  g_assert_cmpint (use.last, ==, NOW);
  g_assert_cmpuint (use.times, ==, 2);
  address_use_add (&use, NOW + ADDRESS_HALF_LIFE);
  g_assert_cmpint (use.weight, ==, ADDRESS_WEIGHT_ONE * 7 / 4);
  AddressUse wild = { .times = G_MAXINT64, .last = G_MININT64, .weight = G_MAXINT64 };
  address_use_add (&wild, G_MAXINT64);
  address_use_add (&wild, G_MININT64);
  g_assert_cmpint (wild.weight, >=, 0);
  g_assert_cmpuint (wild.times, ==, G_MAXINT64);
}

/* --- finding ------------------------------------------------------------------------------------------ */

static void
add_found (const char *name, const char *address, guint64 times, gint64 last, gpointer data)
{
  g_string_append_printf (data, "%s%s", ((GString *)data)->len > 0 ? " " : "", address);
}

static char *
found (AddressBook *book, const char *typed, guint limit)
{
  g_autoptr (GString) list = g_string_new (NULL);
  g_assert_true (address_book_find (book, typed, NOW, limit, add_found, list));
  return g_strdup (list->str);
}

static const struct {
  const char *name, *address;
  guint times;
} people[] = {
  { "Hanako Yamada", "hanako@example.org", 5 },
  { "Taro Yamada", "taro@example.org", 3 },
  { NULL, "hans@example.com", 2 },
  { "O'Brien, Pat (work)", "pat@example.com", 1 },
  { "\345\261\261\347\224\260\343\202\277\343\203\255\343\202\246", "t@example.jp", 1 }, /* 山田タロウ */
  { "\357\275\212\357\275\217\357\275\205 \303\211mile", "joe@b\303\274cher.example", 1 }, /* ｊｏｅ Émile */
  { "100% %_", "percent@example.net", 1 },
};

static const struct {
  const char *about, *typed, *found;
} find_rows[] = {
  { "an address", "hanako@", "hanako@example.org" },
  { "the beginning of two", "han", "hanako@example.org hans@example.com" },
  { "without case", "HAN", "hanako@example.org hans@example.com" },
  { "a word of the name", "yam", "hanako@example.org taro@example.org" },
  { "two words", "hanako y", "hanako@example.org" },
  { "two words in another order", "yamada hanako", "" },
  { "not the middle of a word", "amada", "" },
  { "not the middle of an address", "example", "" },
  { "behind a mark", "brien", "pat@example.com" },
  { "in brackets", "work", "pat@example.com" },
  { "with its marks", "O'Brien, P", "pat@example.com" },
  { "with a quote mark before", "\"Hanako", "hanako@example.org" },
  { "kanji", "\345\261\261\347\224\260", "t@example.jp" },
  { "full width", "\357\275\210\357\275\201\357\275\216", "hanako@example.org hans@example.com" },
  { "what is full width, typed plainly", "joe", "joe@b\303\274cher.example" },
  { "accents", "\303\251mi", "joe@b\303\274cher.example" },
  { "accents, decomposed", "e\314\201mi", "joe@b\303\274cher.example" },
  { "a domain with umlauts", "joe@b\303\274", "joe@b\303\274cher.example" },
  { "no wildcards", "%", "" },
  { "no wildcards, either", "h_n", "" },
  { "a per cent sign", "100%", "percent@example.net" },
  { "a quote for SQL", "' OR 1=1 --", "" },
  { "not UTF-8", "\344", "" },
  { "nobody", "zzz", "" },
};

static AddressBook *book;

static void
test_find (gconstpointer data)
{
  const typeof (*find_rows) *row = data;
  g_autofree char *list = found (book, row->typed, 10);
  g_assert_cmpstr (list, ==, row->found);
}

static void
test_limits (void)
{
  g_autofree char *all = found (book, "", 100), *two = found (book, "", 2), *none = found (book, "", 0);
  g_auto (GStrv) each = g_strsplit (all, " ", -1);
  g_assert_cmpuint (g_strv_length (each), ==, G_N_ELEMENTS (people));
  g_assert_cmpstr (two, ==, "hanako@example.org taro@example.org");
  g_assert_cmpstr (none, ==, "");
}

static void
test_domains (void)
{
  g_autoptr (GPtrArray) domains = g_ptr_array_new_with_free_func (g_free);
  g_assert_true (address_book_domains (book, 3, domains));
  g_assert_cmpuint (domains->len, ==, 2);
  g_assert_cmpstr (domains->pdata[0], ==, "example.org");
  g_assert_cmpstr (domains->pdata[1], ==, "example.com");
}

/* --- learning ------------------------------------------------------------------------------------------- */

static void
add_named (const char *name, const char *address, guint64 times, gint64 last, gpointer data)
{
  g_string_append_printf (data, "%s|%s|%" G_GUINT64_FORMAT "|%" G_GINT64_FORMAT "\n",
                          name != NULL ? name : "-", address, times, last / DAY);
}

static char *
all_of (AddressBook *some)
{
  g_autoptr (GString) list = g_string_new (NULL);
  g_assert_true (address_book_find (some, "", NOW, 100, add_named, list));
  return g_strdup (list->str);
}

static AddressBook *
new_book (const char *name)
{
  return address_book_new (test_file (name));
}

static void
test_learn (void)
{
  g_autoptr (AddressBook) fresh = new_book ("learn");
  g_autofree char *nothing = all_of (fresh);
  g_assert_cmpstr (nothing, ==, "");
  g_assert_true (address_book_learn (fresh, NULL, "A@Example.org", 10 * DAY));
  g_assert_true (address_book_learn (fresh, "Ann", "a@example.ORG", 12 * DAY));
  g_assert_true (address_book_learn (fresh, NULL, "a@example.org", 13 * DAY));
  g_assert_true (address_book_learn (fresh, "Older", "a@example.org", 11 * DAY));
  g_assert_true (address_book_learn (fresh, "", "a@example.org", 14 * DAY));
  g_autofree char *one = all_of (fresh);
  g_assert_cmpstr (one, ==, "Ann|a@example.org|5|14\n");
  g_assert_true (address_book_learn (fresh, "x", "j@xn--bcher-kva.example", DAY));
  g_assert_true (address_book_learn (fresh, "x", "j@b\303\274cher.example", DAY));
  g_assert_true (address_book_forget (fresh, "A@EXAMPLE.org"));
  g_autofree char *other = all_of (fresh);
  g_assert_cmpstr (other, ==, "x|j@b\303\274cher.example|2|1\n");
  g_assert_null (address_book_warning (fresh));
}

static void
test_not_learnt (void)
{
  static const char *const bad[] = { "", "a", "@", "a@", "@b", "a@b c", "a@\344.org", "a@..", "\344@b.c" };
  g_autoptr (AddressBook) fresh = new_book ("bad");
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (address_book_learn (fresh, NULL, bad[i], DAY));
  g_autofree char *nothing = all_of (fresh);
  g_assert_cmpstr (nothing, ==, "");
}

static void
test_many_processes (void)
{
  pid_t children[8];
  for (gsize i = 0; i < G_N_ELEMENTS (children); i++)
    if ((children[i] = fork ()) == 0) {
      AddressBook *own = new_book ("many");
      gboolean good = TRUE;
      for (guint n = 0; n < 10; n++)
        good = address_book_learn (own, "A", "a@example.org", DAY) && good;
      address_book_free (own);
      _exit (good ? 0 : 1);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (children); i++) {
    int status = 1;
    g_assert_cmpint (waitpid (children[i], &status, 0), ==, children[i]);
    g_assert_cmpint (status, ==, 0);
  }
  g_autoptr (AddressBook) mine = new_book ("many");
  g_autofree char *one = all_of (mine);
  g_assert_cmpstr (one, ==, "A|a@example.org|80|1\n");
}

static void
test_damage (void)
{
  g_autofree char *file = g_build_filename (test_file ("damage"), "addresses.sqlite3", NULL);
  g_mkdir (test_file ("damage"), 0700);
  g_file_set_contents (file, "this is no database, though it is long enough to be looked at as one", -1,
                       NULL);
  g_autoptr (AddressBook) fresh = new_book ("damage");
  address_book_learn (fresh, NULL, "a@example.org", DAY);
  g_assert_nonnull (address_book_warning (fresh));
  g_autofree char *one = all_of (fresh);
  g_assert_cmpstr (one, ==, "-|a@example.org|1|1\n");
}

int
main (int argc, char **argv)
{
  test_folder_make ();
  tap_init (&argc, &argv);
  book = new_book ("book");
  for (gsize i = 0; i < G_N_ELEMENTS (people); i++)
    for (guint n = 0; n < people[i].times; n++)
      g_assert_true (address_book_learn (book, people[i].name, people[i].address, NOW - (gint64)n * DAY));
  TABLE_ADD ("/address-book/rank", rank_rows, test_rank);
  g_test_add_func ("/address-book/use", test_use);
  TABLE_ADD ("/address-book/find", find_rows, test_find);
  g_test_add_func ("/address-book/limits", test_limits);
  g_test_add_func ("/address-book/domains", test_domains);
  g_test_add_func ("/address-book/learn", test_learn);
  g_test_add_func ("/address-book/not-learnt", test_not_learnt);
  g_test_add_func ("/address-book/many-processes", test_many_processes);
  g_test_add_func ("/address-book/damage", test_damage);
  const int status = g_test_run ();
  address_book_free (book);
  test_folder_remove ();
  return status;
}
