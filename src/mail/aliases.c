/* Aliases are followed depth first, each once, so that a list that leads to itself ends, and
 * one that is reached twice gets its mail once. */
#include "mail/aliases-private.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "mail/local-names.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the table ------------------------------------------------------------ */

void
alias_target_free (gpointer data)
{
  AliasTarget *target = data;
  g_free (target->text);
  g_free (target);
}

void
alias_free (Alias *alias)
{
  g_free (alias->name);
  g_free (alias->place);
  g_ptr_array_unref (alias->targets);
  g_free (alias);
}

Aliases *
aliases_new (const char *const *local_names)
{
  Aliases *aliases = g_new0 (Aliases, 1);
  aliases->local_names = local_names;
  aliases->by_name = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  aliases->order = g_ptr_array_new_with_free_func ((GDestroyNotify)alias_free);
  aliases->faults = g_ptr_array_new_with_free_func (g_free);
  return aliases;
}

void
aliases_free (Aliases *aliases)
{
  if (aliases == NULL)
    return;
  g_hash_table_unref (aliases->by_name);
  g_ptr_array_unref (aliases->order);
  g_ptr_array_unref (aliases->faults);
  g_free (aliases);
}

guint
aliases_count (const Aliases *aliases)
{
  return aliases->order->len;
}

char *
alias_key (const char *name)
{
  return g_utf8_casefold (name, -1);
}

/* Another file may say it again; in one file that is a mistake. */
void
aliases_add (Aliases *aliases, const char *file, Alias *alias)
{
  g_autofree char *key = alias_key (alias->name);
  const Alias *first = g_hash_table_lookup (aliases->by_name, key);
  gboolean full = aliases->order->len == ALIASES_LIMIT;
  if (first == NULL && !full) {
    g_hash_table_insert (aliases->by_name, g_steal_pointer (&key), alias);
    g_ptr_array_add (aliases->order, alias);
    return;
  }
  g_autofree char *shown = visible_text (alias->name, -1);
  gsize length = strlen (file);
  if (full)
    g_ptr_array_add (aliases->faults,
                     g_strdup_printf (_ ("%s: %s: there are too many aliases"), alias->place, shown));
  else if (strncmp (first->place, file, length) == 0 && first->place[length] == ':')
    g_ptr_array_add (aliases->faults, g_strdup_printf (_ ("%s: %s is there already, at %s, and that counts"),
                                                       alias->place, shown, first->place));
  alias_free (alias);
}

/* ---- its file ------------------------------------------------------------- */

static gboolean
refuse_file (const char *file, const char *reason, GError **error)
{
  g_autofree char *shown = visible_text (file, -1);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION, _ ("the aliases in %s can't be read: %s"),
               shown, reason);
  return FALSE;
}

static gboolean
read_file (int fd, GByteArray *text)
{
  guint8 piece[16 * 1024];
  gssize got;
  while (text->len <= ALIASES_FILE_LIMIT && (got = read (fd, piece, sizeof piece)) != 0) {
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return FALSE;
    g_byte_array_append (text, piece, (guint)got);
  }
  return TRUE;
}

gboolean
aliases_add_file (Aliases *aliases, const char *file, gboolean required, GError **error)
{
  g_autoptr (GByteArray) text = g_byte_array_new ();
  struct stat facts;
  /* Not to wait for a writer where the name is a pipe's. */
  int fd = open (file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0)
    return (errno == ENOENT && !required) || refuse_file (file, g_strerror (errno), error);
  gboolean regular = fstat (fd, &facts) == 0 && S_ISREG (facts.st_mode);
  gboolean whole = regular && read_file (fd, text);
  int failure = errno;
  close (fd);
  if (!regular)
    return refuse_file (file, _ ("it is no plain file"), error);
  if (!whole)
    return refuse_file (file, g_strerror (failure), error);
  if (text->len > ALIASES_FILE_LIMIT)
    return refuse_file (file, _ ("it is larger than 4 MiB"), error);
  aliases_add_text (aliases, file, (const char *)text->data, text->len);
  return TRUE;
}

/* ---- following them ------------------------------------------------------- */

typedef struct {
  const Aliases *aliases;
  GHashTable *seen;     /* of Alias: followed already, or being followed */
  GPtrArray *path;      /* of Alias: from the first to this one */
  GPtrArray *addresses; /* where it goes; NULL: only loops are looked for */
  GHashTable *known;    /* what is in it, by pointer to its text */
  GPtrArray *notes;
} Walk;

static void
note (Walk *walk, const Alias *alias, const char *text)
{
  g_autofree char *name = visible_text (alias->name, -1);
  g_ptr_array_add (walk->notes, g_strdup_printf (_ ("%s: alias %s: %s"), alias->place, name, text));
}

static void
note_loop (Walk *walk, const Alias *again)
{
  const Alias *last = g_ptr_array_index (walk->path, walk->path->len - 1);
  g_autoptr (GString) text = g_string_new (_ ("it leads in a circle: "));
  guint start = 0;
  while (g_ptr_array_index (walk->path, start) != again)
    start++;
  for (guint i = start; i < walk->path->len; i++) {
    g_autofree char *name = visible_text (((Alias *)g_ptr_array_index (walk->path, i))->name, -1);
    g_string_append_printf (text, "%s, ", name);
  }
  g_autofree char *name = visible_text (again->name, -1);
  g_string_append (text, name);
  note (walk, last, text->str);
}

static void
reach (Walk *walk, const char *address)
{
  if (walk->addresses == NULL || g_hash_table_contains (walk->known, address)
      || walk->addresses->len == ADDRESS_LIST_LIMIT)
    return;
  char *copy = g_strdup (address);
  g_ptr_array_add (walk->addresses, copy);
  g_hash_table_add (walk->known, copy);
}

/* What stands before the last "@", without quotes. */
static char *
local_part (const char *address)
{
  const char *end = address_domain (address) - 1;
  g_autoptr (GString) text = g_string_new (NULL);
  gboolean quoted = *address == '"';
  for (const char *at = address + quoted; at < end - quoted; at++) {
    at += quoted && *at == '\\';
    g_string_append_c (text, *at);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static const Alias *
find_alias (const Aliases *aliases, const char *address)
{
  g_autofree char *name = local_part (address);
  g_autofree char *key = alias_key (name);
  return g_hash_table_lookup (aliases->by_name, key);
}

static gboolean
is_on_path (const Walk *walk, const Alias *alias)
{
  return g_ptr_array_find (walk->path, alias, NULL);
}

static void follow (Walk *walk, const Alias *alias);

/* `root: root, me@example.org` means root's own mailbox, too. */
static void
follow_local (Walk *walk, const Alias *from, const char *address)
{
  const Alias *next = find_alias (walk->aliases, address);
  if (next == NULL || next == from)
    reach (walk, address);
  else if (is_on_path (walk, next))
    note_loop (walk, next);
  else if (walk->path->len == ALIASES_DEPTH_LIMIT)
    note (walk, from, _ ("one alias leads to the next more often than 50 times"));
  else if (!g_hash_table_contains (walk->seen, next))
    follow (walk, next);
}

static void
follow (Walk *walk, const Alias *alias)
{
  g_hash_table_add (walk->seen, (gpointer)alias);
  g_ptr_array_add (walk->path, (gpointer)alias);
  if (alias->targets->len == 0)
    note (walk, alias, _ ("it leads to nobody"));
  for (guint i = 0; i < alias->targets->len; i++) {
    const AliasTarget *target = g_ptr_array_index (alias->targets, i);
    if (target->kind == TARGET_REFUSED)
      note (walk, alias, target->text);
    else if (target->kind == TARGET_LOCAL)
      follow_local (walk, alias, target->text);
    else
      reach (walk, target->text);
  }
  g_ptr_array_set_size (walk->path, (gint)walk->path->len - 1);
}

static void
walk_init (Walk *walk, const Aliases *aliases, GPtrArray *addresses, GPtrArray *notes)
{
  *walk = (Walk){ .aliases = aliases,
                  .seen = g_hash_table_new (NULL, NULL),
                  .path = g_ptr_array_new (),
                  .addresses = addresses,
                  .known = g_hash_table_new (g_str_hash, g_str_equal),
                  .notes = notes };
}

static void
walk_clear (Walk *walk)
{
  g_hash_table_unref (walk->seen);
  g_ptr_array_unref (walk->path);
  g_hash_table_unref (walk->known);
}

GPtrArray *
aliases_check (const Aliases *aliases)
{
  GPtrArray *faults = g_ptr_array_new_with_free_func (g_free);
  Walk walk;
  for (guint i = 0; i < aliases->faults->len; i++)
    g_ptr_array_add (faults, g_strdup (g_ptr_array_index (aliases->faults, i)));
  walk_init (&walk, aliases, NULL, faults);
  for (guint i = 0; i < aliases->order->len; i++)
    if (!g_hash_table_contains (walk.seen, g_ptr_array_index (aliases->order, i)))
      follow (&walk, g_ptr_array_index (aliases->order, i));
  walk_clear (&walk);
  return faults;
}

GPtrArray *
aliases_expand (const Aliases *aliases, const char *address, GPtrArray *notes, GError **error)
{
  g_autoptr (GPtrArray) addresses = g_ptr_array_new_with_free_func (g_free);
  const Alias *alias = find_alias (aliases, address);
  guint before = notes->len;
  Walk walk;
  walk_init (&walk, aliases, addresses, notes);
  if (alias == NULL)
    reach (&walk, address);
  else
    follow (&walk, alias);
  walk_clear (&walk);
  if (addresses->len > 0)
    return g_steal_pointer (&addresses);
  g_assert (notes->len > before);
  g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, g_ptr_array_index (notes, before));
  return NULL;
}
