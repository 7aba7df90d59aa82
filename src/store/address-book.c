/* The table, and how names are folded so that a few keys find them. Rows are few (people, not
 * letters), so a search reads all of them; what it compares was folded when it was written. */
#include "store/address-book.h"

#include <string.h>

#include "base/domain.h"
#include "store/address-rank.h"
#include "store/database.h"

/* No name or address of a person is longer. */
#define TEXT_LIMIT 1000

/* People that are kept: those written to last. */
#define PEOPLE_LIMIT "20000"

static const char *const migrations[] = {
  /* key: the address, folded, its domain in ASCII. address: as it was written. start: the same folded, as
   * it is typed. words: those of the name, each behind a blank. */
  "CREATE TABLE person (key TEXT PRIMARY KEY, address TEXT NOT NULL, domain TEXT NOT NULL, name TEXT,"
  " start TEXT NOT NULL, words TEXT NOT NULL, times INTEGER NOT NULL, last INTEGER NOT NULL,"
  " weight INTEGER NOT NULL) WITHOUT ROWID;"
  "CREATE INDEX person_last ON person (last);",
};

/* Somebody is typing while it is read. */
static const DatabaseSchema schema = {
  .name = "addresses.sqlite3",
  .check = "SELECT key, address, domain, name, start, words, times, last, weight FROM person",
  .migrations = migrations,
  .n_migrations = G_N_ELEMENTS (migrations),
  .read_patience = 50,
  .write_patience = 500,
};

struct AddressBook {
  Database *database;
};

AddressBook *
address_book_new (const char *directory)
{
  AddressBook *book = g_new0 (AddressBook, 1);

  book->database = database_new (directory, &schema);
  return book;
}

void
address_book_free (AddressBook *book)
{
  if (!book)
    return;
  database_free (book->database);
  g_free (book);
}

const char *
address_book_warning (const AddressBook *book)
{
  return database_warning (book->database);
}

/* --- folding ------------------------------------------------------------------------------ */

/* Katakana as hiragana: whoever types hasn't converted yet. */
static gunichar
fold_kana (gunichar character)
{
  return character >= 0x30a1 && character <= 0x30f6 ? character - 0x60 : character;
}

/* Case, width and kana make no difference. */
static char *
fold (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autofree char *normal = g_utf8_normalize (valid, -1, G_NORMALIZE_ALL_COMPOSE);
  g_autofree char *folded = g_utf8_casefold (normal, -1);
  GString *out = g_string_new (NULL);

  for (const char *at = folded; *at != '\0'; at = g_utf8_next_char (at))
    g_string_append_unichar (out, fold_kana (g_utf8_get_char (at)));
  return g_string_free (out, FALSE);
}

/* " hanako yamada": a blank before each word, whatever stands between them. */
static char *
fold_words (const char *text)
{
  g_autofree char *folded = fold (text);
  GString *words = g_string_new (NULL);
  gboolean inside = FALSE;

  for (const char *at = folded; *at != '\0'; at = g_utf8_next_char (at)) {
    const gunichar character = g_utf8_get_char (at);
    const gboolean word = g_unichar_isalnum (character) || g_unichar_ismark (character);
    if (word && !inside)
      g_string_append_c (words, ' ');
    if (word)
      g_string_append_unichar (words, character);
    inside = word;
  }
  return g_string_free (words, FALSE);
}

typedef struct {
  char *key, *start, *domain;
} Folded;

static void
folded_clear (Folded *folded)
{
  g_free (folded->key);
  g_free (folded->start);
  g_free (folded->domain);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Folded, folded_clear)

/* FALSE: it is no address of a person. */
static gboolean
fold_address (const char *address, Folded *ret_folded)
{
  const char *at = strrchr (address, '@');

  if (!at || at == address || at[1] == '\0' || strlen (address) > TEXT_LIMIT
      || !g_utf8_validate (address, -1, NULL))
    return FALSE;
  g_autofree char *domain = domain_to_ascii (at + 1, NULL);
  g_autofree char *shown = domain_to_unicode (at + 1);
  g_autofree char *local = g_strndup (address, (gsize)(at - address));
  g_autofree char *folded_local = g_utf8_casefold (local, -1);
  g_autofree char *as_typed = g_strconcat (local, "@", shown, NULL);
  if (!domain)
    return FALSE;
  ret_folded->key = g_strconcat (folded_local, "@", domain, NULL);
  ret_folded->start = fold (as_typed);
  ret_folded->domain = g_steal_pointer (&domain);
  return TRUE;
}

static const char *
column_text (sqlite3_stmt *row, int column)
{
  return (const char *)sqlite3_column_text (row, column);
}

/* --- learning ------------------------------------------------------------------------------- */

typedef struct {
  const char *name, *address;
  const Folded *folded;
  gint64 at;
} Lesson;

/* What is known so far into USE, and *RET_NAME, which is NULL or the caller's. */
static int
look_up (sqlite3 *sqlite, const char *key, AddressUse *use, char **ret_name)
{
  sqlite3_stmt *row
      = database_prepare (sqlite, "SELECT name, times, last, weight FROM person WHERE key = ?", "s", key);

  if (!row)
    return sqlite3_errcode (sqlite);
  int code = sqlite3_step (row);
  if (code == SQLITE_ROW) {
    *ret_name = g_strdup (column_text (row, 0));
    *use = (AddressUse){ .times = (guint64)MAX (sqlite3_column_int64 (row, 1), 0),
                         .last = sqlite3_column_int64 (row, 2),
                         .weight = sqlite3_column_int64 (row, 3) };
  }
  sqlite3_finalize (row);
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int
prune (sqlite3 *sqlite)
{
  return database_execute (sqlite,
                           "DELETE FROM person WHERE (SELECT count(*) FROM person) > " PEOPLE_LIMIT
                           " AND key NOT IN (SELECT key FROM person ORDER BY last DESC LIMIT " PEOPLE_LIMIT
                           ")",
                           "");
}

static int
learn (sqlite3 *sqlite, gpointer data)
{
  const Lesson *lesson = data;
  AddressUse use = { 0 };
  g_autofree char *old_name = NULL;
  int code = look_up (sqlite, lesson->folded->key, &use, &old_name);

  if (code != SQLITE_OK)
    return code;
  const gboolean later = use.times == 0 || lesson->at >= use.last;
  const char *name = lesson->name && (later || !old_name) ? lesson->name : old_name;
  g_autofree char *words = fold_words (name ? name : "");
  address_use_add (&use, lesson->at);
  code = database_execute (sqlite, "INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                           "ssssssiii", lesson->folded->key, lesson->address, lesson->folded->domain, name,
                           lesson->folded->start, words, (gint64)use.times, use.last, use.weight);
  return code == SQLITE_OK ? prune (sqlite) : code;
}

gboolean
address_book_learn (AddressBook *book, const char *name, const char *address, gint64 at)
{
  g_auto (Folded) folded = { 0 };
  const gboolean named
      = name && *name != '\0' && strlen (name) <= TEXT_LIMIT && g_utf8_validate (name, -1, NULL);

  if (!fold_address (address, &folded))
    return FALSE;
  Lesson lesson = { .name = named ? name : NULL, .address = address, .folded = &folded, .at = at };
  return database_write (book->database, learn, &lesson);
}

static int
forget (sqlite3 *sqlite, gpointer data)
{
  return database_execute (sqlite, "DELETE FROM person WHERE key = ?", "s", data);
}

gboolean
address_book_forget (AddressBook *book, const char *address)
{
  g_auto (Folded) folded = { 0 };

  return fold_address (address, &folded) && database_write (book->database, forget, folded.key);
}

/* --- finding ----------------------------------------------------------------------------------- */

typedef struct {
  char *name, *address;
  AddressUse use;
  double weight;
} Person;

typedef struct {
  const char *start, *words;
  gint64 now;
  GArray *people; /* of Person */
} Search;

static void
person_clear (gpointer data)
{
  Person *person = data;

  g_free (person->name);
  g_free (person->address);
}

static int
search (sqlite3 *sqlite, gpointer data)
{
  Search *wanted = data;
  /* instr() rather than LIKE: what is typed has no wildcards. */
  sqlite3_stmt *row
      = database_prepare (sqlite,
                          "SELECT name, address, times, last, weight FROM person"
                          " WHERE substr(start, 1, length(?1)) = ?1 OR (?2 <> '' AND instr(words, ?2) > 0)",
                          "ss", wanted->start, wanted->words);
  int code = SQLITE_ROW;

  if (!row)
    return sqlite3_errcode (sqlite);
  g_array_set_size (wanted->people, 0); /* this may be called again */
  while ((code = sqlite3_step (row)) == SQLITE_ROW) {
    Person person = { .name = g_strdup (column_text (row, 0)),
                      .address = g_strdup (column_text (row, 1)),
                      .use = { .times = (guint64)MAX (sqlite3_column_int64 (row, 2), 0),
                               .last = sqlite3_column_int64 (row, 3),
                               .weight = sqlite3_column_int64 (row, 4) } };
    person.weight = address_use_weight (&person.use, wanted->now);
    g_array_append_val (wanted->people, person);
  }
  sqlite3_finalize (row);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* The heavier first; of the same weight, by address, so that it is the same every time. */
static int
compare_people (gconstpointer one, gconstpointer other)
{
  const Person *first = one, *second = other;

  if (first->weight > second->weight || first->weight < second->weight)
    return first->weight > second->weight ? -1 : 1;
  return strcmp (first->address, second->address);
}

static gboolean
is_sound (const Person *person)
{
  return person->address && g_utf8_validate (person->address, -1, NULL)
         && (!person->name || g_utf8_validate (person->name, -1, NULL));
}

gboolean
address_book_find (AddressBook *book, const char *typed, gint64 now, guint limit, AddressBookVisit visit,
                   gpointer data)
{
  g_autofree char *start = fold (typed), *words = fold_words (typed);
  g_autoptr (GArray) people = g_array_new (FALSE, FALSE, sizeof (Person));
  Search wanted = { .start = g_strstrip (start), .words = words, .now = now, .people = people };

  g_array_set_clear_func (people, person_clear);
  if (!database_read (book->database, search, &wanted))
    return FALSE;
  g_array_sort (people, compare_people);
  for (guint i = 0; i < people->len && limit > 0; i++) {
    const Person *person = &g_array_index (people, Person, i);
    if (is_sound (person)) {
      visit (person->name, person->address, person->use.times, person->use.last, data);
      limit--;
    }
  }
  return TRUE;
}

typedef struct {
  guint64 times;
  GPtrArray *domains;
} Domains;

static int
read_domains (sqlite3 *sqlite, gpointer data)
{
  const Domains *wanted = data;
  sqlite3_stmt *row = database_prepare (
      sqlite,
      "SELECT domain FROM person GROUP BY domain HAVING sum(times) >= ? ORDER BY sum(times) DESC, domain",
      "i", (gint64)MIN (wanted->times, G_MAXINT64));
  int code = SQLITE_ROW;

  if (!row)
    return sqlite3_errcode (sqlite);
  while ((code = sqlite3_step (row)) == SQLITE_ROW)
    if (column_text (row, 0))
      g_ptr_array_add (wanted->domains, g_strdup (column_text (row, 0)));
  sqlite3_finalize (row);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

gboolean
address_book_domains (AddressBook *book, guint64 times, GPtrArray *domains)
{
  Domains wanted = { .times = times, .domains = domains };

  return database_read (book->database, read_domains, &wanted);
}
