/* Three dialects of one idea. Members are kept as they stand, and only looked into when somebody
 * asks: a member may be an alias that comes later in the file. */
#include "mail/mailrc.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "mail/address.h"
#include "mail/small-file.h"

#include <errno.h>
#include <string.h>

#define FILE_LIMIT ((gsize)1024 * 1024)
#define ALIASES_LIMIT 10000
#define MEMBERS_LIMIT 5000 /* of all aliases that one leads to */
#define DEPTH_LIMIT 16
#define LINE_LIMIT 65536

typedef struct {
  char *name;
  MailrcForm form;
  GPtrArray *members; /* of char *: a word with mailx, else the list as it stands */
} Alias;

struct Mailrc {
  GHashTable *aliases; /* by folded name */
};

static void
alias_free (gpointer data)
{
  Alias *alias = data;

  g_free (alias->name);
  g_ptr_array_unref (alias->members);
  g_free (alias);
}

Mailrc *
mailrc_new (void)
{
  Mailrc *mailrc = g_new0 (Mailrc, 1);

  mailrc->aliases = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, alias_free);
  return mailrc;
}

void
mailrc_free (Mailrc *mailrc)
{
  if (mailrc == NULL)
    return;
  g_hash_table_unref (mailrc->aliases);
  g_free (mailrc);
}

/* --- reading ----------------------------------------------------------------------------- */

/* The alias NAME, new or with the members that it has; NULL: there are too many, or it is complete. */
static Alias *
ensure_alias (Mailrc *mailrc, MailrcForm form, const char *name)
{
  g_autofree char *key = g_utf8_casefold (name, -1);
  Alias *alias = g_hash_table_lookup (mailrc->aliases, key);

  if (alias == NULL && g_hash_table_size (mailrc->aliases) >= ALIASES_LIMIT)
    return NULL;
  if (alias == NULL) {
    alias = g_new0 (Alias, 1);
    alias->name = g_strdup (name);
    alias->members = g_ptr_array_new_with_free_func (g_free);
    g_hash_table_insert (mailrc->aliases, g_steal_pointer (&key), alias);
  } else if (form == MAILRC_ALIASES && alias->form == form)
    return NULL;
  if (form == MAILRC_MUTT || alias->form != form)
    g_ptr_array_set_size (alias->members, 0);
  alias->form = form;
  return alias;
}

/* The next word of mailx's shell-like line into WORD; FALSE: there is none. */
static gboolean
next_word (const char **at, GString *word)
{
  char quote = '\0';
  const char *text = *at + strspn (*at, " \t");

  g_string_truncate (word, 0);
  if (*text == '\0')
    return FALSE;
  for (; *text != '\0' && (quote != '\0' || (*text != ' ' && *text != '\t')); text++) {
    if (*text == '\\' && quote != '\'' && text[1] != '\0')
      g_string_append_c (word, *++text);
    else if (quote == '\0' && (*text == '"' || *text == '\''))
      quote = *text;
    else if (quote != '\0' && *text == quote)
      quote = '\0';
    else
      g_string_append_c (word, *text);
  }
  *at = text;
  return TRUE;
}

static void
read_mailx (Mailrc *mailrc, const char *line)
{
  g_autoptr (GString) word = g_string_new (NULL);

  if (!next_word (&line, word)
      || (strcmp (word->str, "alias") != 0 && strcmp (word->str, "a") != 0 && strcmp (word->str, "group") != 0
          && strcmp (word->str, "g") != 0))
    return;
  if (!next_word (&line, word) || word->len == 0)
    return;
  Alias *alias = ensure_alias (mailrc, MAILRC_MAILX, word->str);
  while (alias != NULL && alias->members->len < MEMBERS_LIMIT && next_word (&line, word))
    g_ptr_array_add (alias->members, g_strdup (word->str));
}

/* Up to a comment, which begins at a "#" outside of quotes. */
static char *
without_comment (const char *line)
{
  gboolean quoted = FALSE;
  const char *at = line;

  for (; *at != '\0' && (quoted || *at != '#'); at++)
    if (*at == '\\' && at[1] != '\0')
      at++;
    else if (*at == '"')
      quoted = !quoted;
  return g_strchomp (g_strndup (line, (gsize)(at - line)));
}

static void
read_mutt (Mailrc *mailrc, const char *line)
{
  g_autoptr (GString) word = g_string_new (NULL);
  g_autofree char *bare = without_comment (line);
  const char *at = bare;

  if (!next_word (&at, word) || strcmp (word->str, "alias") != 0 || !next_word (&at, word))
    return;
  while (strcmp (word->str, "-group") == 0)
    if (!next_word (&at, word) || !next_word (&at, word))
      return;
  at += strspn (at, " \t");
  if (word->len == 0 || *at == '\0')
    return;
  Alias *alias = ensure_alias (mailrc, MAILRC_MUTT, word->str);
  if (alias != NULL)
    g_ptr_array_add (alias->members, g_strdup (at));
}

/* "name: member, member"; the name may be quoted. */
static void
read_aliases (Mailrc *mailrc, const char *line)
{
  g_autoptr (GString) word = g_string_new (NULL);
  g_autofree char *bare = without_comment (line);
  const char *colon = strchr (bare, ':');
  g_autofree char *name = g_strndup (bare, colon != NULL ? (gsize)(colon - bare) : 0);
  const char *at = g_strstrip (name);

  if (!next_word (&at, word) || *(at + strspn (at, " \t")) != '\0')
    return;
  Alias *alias = ensure_alias (mailrc, MAILRC_ALIASES, word->str);
  if (alias != NULL)
    g_ptr_array_add (alias->members, g_strdup (colon + 1));
}

static void
read_line (Mailrc *mailrc, MailrcForm form, const char *line)
{
  static void (*const readers[]) (Mailrc *, const char *)
      = { [MAILRC_MAILX] = read_mailx, [MAILRC_MUTT] = read_mutt, [MAILRC_ALIASES] = read_aliases };

  line += strspn (line, " \t");
  if (strlen (line) <= LINE_LIMIT)
    readers[form](mailrc, line);
}

/* Whether the line NEXT (NULL: there is none) belongs to WHOLE; what says so is taken away. */
static gboolean
goes_on (MailrcForm form, GString *whole, const char *next)
{
  if (form == MAILRC_ALIASES)
    return next != NULL && (*next == ' ' || *next == '\t');
  if (next == NULL || !g_str_has_suffix (whole->str, "\\"))
    return FALSE;
  g_string_truncate (whole, whole->len - 1);
  return TRUE;
}

void
mailrc_read (Mailrc *mailrc, MailrcForm form, const char *text, gsize length)
{
  g_autofree char *valid = g_utf8_make_valid (text, (gssize)length);
  g_auto (GStrv) lines = g_strsplit (valid, "\n", -1);
  g_autoptr (GString) whole = g_string_new (NULL);

  for (gsize i = 0; lines[i] != NULL; i++) {
    g_string_append (whole, lines[i]);
    if (g_str_has_suffix (whole->str, "\r"))
      g_string_truncate (whole, whole->len - 1);
    if (goes_on (form, whole, lines[i + 1]))
      continue;
    read_line (mailrc, form, whole->str);
    g_string_truncate (whole, 0);
  }
}

gboolean
mailrc_read_file (Mailrc *mailrc, MailrcForm form, const char *file, GError **error)
{
  const char *reason = NULL;
  int number = 0;
  g_autoptr (GString) text = small_file_read (file, FILE_LIMIT, &number, &reason);

  if (text != NULL)
    mailrc_read (mailrc, form, text->str, text->len);
  if (text != NULL || number == ENOENT)
    return TRUE;
  g_autofree char *shown = visible_text (file, -1);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_NO_INPUT, _ ("can't read %s: %s"), shown, reason);
  return FALSE;
}

/* --- finding ------------------------------------------------------------------------------- */

typedef struct {
  const Mailrc *mailrc;
  GPtrArray *mailboxes;
  GHashTable *seen;    /* keys of addresses */
  GHashTable *entered; /* aliases, so that none is entered twice */
} Expansion;

static void
destroy_mailbox (gpointer mailbox)
{
  mailbox_free (mailbox);
}

static const Alias *
find_alias (const Mailrc *mailrc, const char *name)
{
  g_autofree char *key = g_utf8_casefold (name, -1);

  return g_hash_table_lookup (mailrc->aliases, key);
}

static void expand (Expansion *expansion, const Alias *alias, guint depth);

static void
take_addresses (Expansion *expansion, const char *text)
{
  g_autoptr (GPtrArray) mailboxes = address_parse_list (text, NULL, NULL);

  for (guint i = 0; mailboxes != NULL && i < mailboxes->len; i++) {
    const Mailbox *mailbox = mailboxes->pdata[i];
    if (expansion->mailboxes->len >= MEMBERS_LIMIT
        || !g_hash_table_add (expansion->seen, address_key (mailbox->address)))
      continue;
    Mailbox *copy = g_new0 (Mailbox, 1);
    *copy = (Mailbox){ g_strdup (mailbox->name), g_strdup (mailbox->address) };
    g_ptr_array_add (expansion->mailboxes, copy);
  }
}

/* A list of mutt's may name aliases among its addresses. */
static void
take_member (Expansion *expansion, const char *member, guint depth)
{
  const Alias *alias = find_alias (expansion->mailrc, member);

  if (alias != NULL)
    expand (expansion, alias, depth + 1);
  else
    take_addresses (expansion, member);
}

/* Takes the next piece of a list, up to a comma that doesn't stand in quotes. NULL: there is none. */
static char *
next_piece (const char **at)
{
  const char *begin = *at, *end = begin;
  gboolean quoted = FALSE;

  if (begin == NULL)
    return NULL;
  for (; *end != '\0' && (quoted || *end != ','); end++) {
    if (*end == '\\' && end[1] != '\0')
      end++;
    else if (*end == '"')
      quoted = !quoted;
  }
  *at = *end == ',' ? end + 1 : NULL;
  return g_strstrip (g_strndup (begin, (gsize)(end - begin)));
}

static void
take_list (Expansion *expansion, const char *list, guint depth)
{
  for (char *member; (member = next_piece (&list)) != NULL; g_free (member))
    take_member (expansion, member, depth);
}

static void
expand (Expansion *expansion, const Alias *alias, guint depth)
{
  if (depth > DEPTH_LIMIT || !g_hash_table_add (expansion->entered, (gpointer)alias))
    return;
  for (guint i = 0; i < alias->members->len; i++) {
    if (alias->form == MAILRC_MAILX)
      take_member (expansion, alias->members->pdata[i], depth);
    else
      take_list (expansion, alias->members->pdata[i], depth);
  }
}

GPtrArray *
mailrc_expand (const Mailrc *mailrc, const char *name)
{
  const Alias *alias = find_alias (mailrc, name);
  g_autoptr (GPtrArray) mailboxes = g_ptr_array_new_with_free_func (destroy_mailbox);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) entered = g_hash_table_new (NULL, NULL);
  Expansion expansion = { mailrc, mailboxes, seen, entered };

  if (alias != NULL)
    expand (&expansion, alias, 0);
  return mailboxes->len > 0 ? g_steal_pointer (&mailboxes) : NULL;
}

char *
mailrc_expand_list (const Mailrc *mailrc, const char *list)
{
  g_autoptr (GString) expanded = g_string_new (NULL);
  const char *rest = list;
  gboolean changed = FALSE;

  for (char *piece; (piece = next_piece (&rest)) != NULL; g_free (piece)) {
    g_autoptr (GPtrArray) mailboxes = *piece != '\0' ? mailrc_expand (mailrc, piece) : NULL;
    g_autofree char *written = mailboxes != NULL ? address_write_list (mailboxes) : NULL;
    g_string_append_printf (expanded, "%s%s", expanded->len > 0 ? ", " : "", written ? written : piece);
    changed = changed || written;
  }
  return g_strdup (changed ? expanded->str : list);
}

static int
compare_names (gconstpointer one, gconstpointer other)
{
  return strcmp (*(const char *const *)one, *(const char *const *)other);
}

GPtrArray *
mailrc_complete (const Mailrc *mailrc, const char *typed, guint limit)
{
  g_autofree char *folded = g_utf8_casefold (typed, -1);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iterator;
  gpointer key, value;

  g_hash_table_iter_init (&iterator, mailrc->aliases);
  while (g_hash_table_iter_next (&iterator, &key, &value))
    if (g_str_has_prefix (key, folded))
      g_ptr_array_add (names, g_strdup (((const Alias *)value)->name));
  g_ptr_array_sort (names, compare_names);
  if (names->len > limit)
    g_ptr_array_set_size (names, (int)limit);
  return names;
}
