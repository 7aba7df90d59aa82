/* sendmail's form of an aliases file: `name: address, address`, lines that begin with a blank
 * or follow a backslash go on, `#` begins a comment at the start of a line. */
#include "mail/aliases-private.h"

#include "base/i18n.h"
#include "base/visible.h"
#include "mail/local-names.h"

#include <string.h>

typedef struct {
  Aliases *aliases;
  const char *file;
  GString *line;    /* the logical line */
  guint number;     /* its first line; 0: there is none */
  gboolean goes_on; /* it ended with a backslash */
} Reader;

/* How an item begins that is no address, perhaps behind a quote. */
static const struct {
  const char *prefix;
  const char *reason;
} refused[] = {
  { "|", N_ ("commands get no mail here: toukan delivers to addresses only") },
  { "/", N_ ("files get no mail here: toukan delivers to addresses only") },
  { ":include:", N_ ("lists in other files aren't read: write the addresses here") },
  { ":", N_ ("toukan delivers to addresses only") },
};

/* ---- one item of a list --------------------------------------------------- */

static void
add_target (Alias *alias, TargetKind kind, const char *text)
{
  AliasTarget *target = g_new0 (AliasTarget, 1);
  target->kind = kind;
  target->text = g_strdup (text);
  g_ptr_array_add (alias->targets, target);
}

static void
refuse_item (Alias *alias, const char *item, const char *reason)
{
  g_autofree char *shown = visible_text (item, -1);
  g_autofree char *text = g_strdup_printf ("%s: %s", shown, reason);
  add_target (alias, TARGET_REFUSED, text);
}

static const char *
reason_to_refuse (const char *item)
{
  item += *item == '"';
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    if (g_str_has_prefix (item, refused[i].prefix))
      return _ (refused[i].reason);
  return NULL;
}

static void
add_item (Alias *alias, const char *item, const char *const *local_names)
{
  g_autoptr (GError) error = NULL;
  const char *reason = reason_to_refuse (item);
  gboolean final = *item == '\\';
  if (reason != NULL) {
    refuse_item (alias, item, reason);
    return;
  }
  g_autoptr (GPtrArray) mailboxes = address_parse_list (item + final, LOCAL_DOMAIN, &error);
  if (mailboxes == NULL) {
    add_target (alias, TARGET_REFUSED, error->message);
    return;
  }
  for (guint i = 0; i < mailboxes->len; i++) {
    const char *address = ((Mailbox *)g_ptr_array_index (mailboxes, i))->address;
    gboolean local = local_names_hold (local_names, address_domain (address));
    add_target (alias, !local ? TARGET_ADDRESS : final ? TARGET_FINAL : TARGET_LOCAL, address);
  }
}

/* Behind the item at AT: at the comma, or at the end. */
static const char *
skip_item (const char *at)
{
  gboolean quoted = FALSE;
  for (guint depth = 0; *at != '\0'; at++) {
    if (*at == '\\' && at[1] != '\0')
      at++;
    else if (*at == '"')
      quoted = !quoted;
    else if (!quoted && *at == '(')
      depth++;
    else if (!quoted && *at == ')' && depth > 0)
      depth--;
    else if (!quoted && depth == 0 && *at == ',')
      break;
  }
  return at;
}

static void
add_items (Alias *alias, const char *list, const char *const *local_names)
{
  for (const char *at = list, *end; *at != '\0'; at = *end != '\0' ? end + 1 : end) {
    end = skip_item (at);
    g_autofree char *item = g_strstrip (g_strndup (at, (gsize)(end - at)));
    if (item[0] != '\0')
      add_item (alias, item, local_names);
  }
}

/* ---- one logical line ----------------------------------------------------- */

static void
add_fault (Reader *reader, guint number, const char *what)
{
  g_ptr_array_add (reader->aliases->faults, g_strdup_printf ("%s:%u: %s", reader->file, number, what));
}

/* The name before the colon, plain or in quotes, without them; *AT moves behind it. */
static char *
take_name (const char **at)
{
  g_autoptr (GString) name = g_string_new (NULL);
  const char *here = *at;
  gboolean quoted = *here == '"';
  for (here += quoted; *here != '\0' && (quoted ? *here != '"' : strchr (": \t\"", *here) == NULL); here++) {
    if (quoted && *here == '\\' && here[1] != '\0')
      here++;
    g_string_append_c (name, *here);
  }
  if (quoted && *here++ != '"')
    return NULL;
  *at = here + strspn (here, " \t");
  return g_string_free (g_steal_pointer (&name), FALSE);
}

static const char *
fault_of_name (const char *name, const char *behind)
{
  if (name == NULL)
    return _ ("this quote has no end");
  if (*behind != ':')
    return _ ("an alias is written NAME: ADDRESS, ADDRESS");
  if (name[0] == '\0')
    return _ ("there is no name before the colon");
  if (strchr (name, '@') != NULL)
    return _ ("the name of an alias has no domain");
  return NULL;
}

static void
end_line (Reader *reader)
{
  if (reader->number == 0)
    return;
  const char *at = reader->line->str;
  gboolean text = strlen (at) == reader->line->len && g_utf8_validate (at, -1, NULL);
  g_autofree char *name = text ? take_name (&at) : NULL;
  const char *fault = text ? fault_of_name (name, at) : _ ("this line is no text in UTF-8");
  if (fault == NULL) {
    Alias *alias = g_new0 (Alias, 1);
    alias->name = g_steal_pointer (&name);
    alias->place = g_strdup_printf ("%s:%u", reader->file, reader->number);
    alias->targets = g_ptr_array_new_with_free_func (alias_target_free);
    add_items (alias, at + 1, reader->aliases->local_names);
    aliases_add (reader->aliases, reader->file, alias);
  } else {
    add_fault (reader, reader->number, fault);
  }
  reader->number = 0;
}

/* ---- lines ---------------------------------------------------------------- */

static void
take_line (Reader *reader, guint number, const char *line, gsize length)
{
  gboolean blank = length == 0 || *line == ' ' || *line == '\t';
  gsize indent = 0;
  while (indent < length && (line[indent] == ' ' || line[indent] == '\t'))
    indent++;
  if (!reader->goes_on && (indent == length || line[indent] == '#'))
    return;
  gboolean continues = reader->goes_on || blank;
  if (continues && reader->number == 0) {
    add_fault (reader, number, _ ("a line that begins with a blank continues another, and there is none"));
    return;
  }
  if (!continues) {
    end_line (reader);
    g_string_truncate (reader->line, 0);
    reader->number = number;
  }
  reader->goes_on = length > 0 && line[length - 1] == '\\';
  g_string_append_len (reader->line, line, (gssize)(length - reader->goes_on));
}

void
aliases_add_text (Aliases *aliases, const char *name, const char *text, gsize length)
{
  g_autofree char *shown = visible_text (name, -1);
  Reader reader = { .aliases = aliases, .file = shown, .line = g_string_new (NULL) };
  guint number = 0;
  for (const char *at = text, *end = text + length; at < end;) {
    const char *line_end = memchr (at, '\n', (gsize)(end - at));
    gsize line = line_end != NULL ? (gsize)(line_end - at) : (gsize)(end - at);
    const char *next = at + line + (line_end != NULL);
    while (line > 0 && g_ascii_isspace (at[line - 1]))
      line--;
    take_line (&reader, ++number, at, line);
    at = next;
  }
  end_line (&reader);
  g_string_free (reader.line, TRUE);
}
