/* The table of keys, and what [keys] made of it. */
#include "config/keymap.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "config/nearest.h"

#define AT(place) (1U << KEYS_##place)
#define EVERYWHERE                                                                                           \
  (AT (FIELD) | AT (BODY) | AT (REVIEW) | AT (SENDING) | AT (OUTBOX) | AT (FILES) | AT (DIALOG) | AT (HELP))
#define TEXTS (AT (FIELD) | AT (BODY))
#define LISTS (AT (REVIEW) | AT (SENDING) | AT (OUTBOX) | AT (FILES) | AT (HELP))
#define LETTER (AT (FIELD) | AT (BODY))

static const KeyRow table[] = {
  { COMMAND_HELP, EVERYWHERE, "help", "^G, F1", N_ ("Help"), N_ ("Explains the keys of this place.") },
  { COMMAND_CANCEL, EVERYWHERE, "cancel", "^C, Escape", N_ ("Cancel"),
    N_ ("Leaves this place, or a question without an answer; while a letter is sent, cancels it.") },
  { COMMAND_REDRAW, EVERYWHERE, "redraw", "^L", NULL, N_ ("Draws the screen anew.") },
  { COMMAND_SUSPEND, EVERYWHERE, "suspend", "^Z", NULL,
    N_ ("Goes back to the shell; fg brings the composer back.") },
  { COMMAND_QUIT, EVERYWHERE & ~AT (DIALOG), "quit", "^Q", N_ ("Quit"),
    N_ ("Ends the composer. An unfinished letter is kept as a draft.") },
  { COMMAND_OUTBOX, EVERYWHERE & ~(AT (DIALOG) | AT (FILES) | AT (OUTBOX)), "outbox", "F2", N_ ("Outbox"),
    N_ ("Shows what waits to be sent, and why.") },
  { COMMAND_NEW, AT (SENDING) | AT (OUTBOX), "new", "c, F6", N_ ("New letter"),
    N_ ("Begins another letter.") },

  { COMMAND_UP, EVERYWHERE, "up", "Up, ^P", NULL, N_ ("One row up.") },
  { COMMAND_DOWN, EVERYWHERE, "down", "Down, ^N", NULL, N_ ("One row down.") },
  { COMMAND_LEFT, TEXTS | AT (DIALOG), "left", "Left, ^B", NULL, N_ ("One character to the left.") },
  { COMMAND_RIGHT, TEXTS | AT (DIALOG), "right", "Right, ^F", NULL, N_ ("One character to the right.") },
  { COMMAND_WORD_LEFT, TEXTS | AT (DIALOG), "word-left", "Ctrl-Left, M-b", NULL,
    N_ ("One word to the left.") },
  { COMMAND_WORD_RIGHT, TEXTS | AT (DIALOG), "word-right", "Ctrl-Right, M-f", NULL,
    N_ ("One word to the right.") },
  { COMMAND_ROW_BEGIN, TEXTS | AT (DIALOG), "row-begin", "Home, ^A", NULL,
    N_ ("To the beginning of the row; once more: of the line.") },
  { COMMAND_ROW_END, TEXTS | AT (DIALOG), "row-end", "End, ^E", NULL,
    N_ ("To the end of the row; once more: of the line.") },
  { COMMAND_PAGE_UP, AT (BODY) | LISTS, "page-up", "PageUp, ^Y", NULL, N_ ("A page up.") },
  { COMMAND_PAGE_DOWN, AT (BODY) | LISTS, "page-down", "PageDown, ^V", NULL, N_ ("A page down.") },
  { COMMAND_TEXT_BEGIN, AT (BODY) | LISTS, "text-begin", "Ctrl-Home, M-\\", NULL,
    N_ ("To the beginning of the text.") },
  { COMMAND_TEXT_END, AT (BODY) | LISTS, "text-end", "Ctrl-End, M-/", NULL, N_ ("To the end of the text.") },
  { COMMAND_NEXT, AT (FIELD) | AT (REVIEW) | AT (DIALOG) | AT (FILES), "next", "Tab", NULL,
    N_ ("To the next field; completes an address where there is one to complete.") },
  { COMMAND_PREVIOUS, AT (FIELD) | AT (REVIEW) | AT (DIALOG), "previous", "BackTab", NULL,
    N_ ("To the field before.") },
  { COMMAND_ACCEPT, EVERYWHERE, "accept", "Enter", NULL,
    N_ ("Breaks the line; in a field, goes on; in a list, takes what is chosen.") },

  { COMMAND_BACKSPACE, TEXTS | AT (DIALOG) | AT (FILES), "backspace", "Backspace, ^H", NULL,
    N_ ("Erases the character before the cursor.") },
  { COMMAND_DELETE, TEXTS | AT (DIALOG), "delete", "Delete, ^D", NULL,
    N_ ("Erases the character at the cursor.") },
  { COMMAND_WORD_BACKSPACE, TEXTS | AT (DIALOG), "word-backspace", "Ctrl-Backspace, M-h", NULL,
    N_ ("Erases the word before the cursor.") },
  { COMMAND_WORD_DELETE, TEXTS | AT (DIALOG), "word-delete", "Ctrl-Delete, M-d", NULL,
    N_ ("Erases the word at the cursor.") },
  { COMMAND_MARK, TEXTS, "mark", "^^, M-a", NULL, N_ ("Begins to mark text, or ends it.") },
  { COMMAND_CUT, TEXTS, "cut", "^K", N_ ("Cut"),
    N_ ("Cuts what is marked, or the line; lines cut in a row add up.") },
  { COMMAND_COPY, TEXTS, "copy", "M-6", NULL, N_ ("Copies what is marked, or the line.") },
  { COMMAND_PASTE, TEXTS, "paste", "^U", N_ ("Paste"), N_ ("Puts in what was cut or copied.") },
  { COMMAND_JUSTIFY, AT (BODY), "justify", "^J", N_ ("Justify"),
    N_ ("Fills the paragraph anew, quoted ones too.") },
  { COMMAND_QUOTE, AT (BODY), "quote", "M->", NULL, N_ ("Quotes the line, or what is marked.") },
  { COMMAND_UNQUOTE, AT (BODY), "unquote", "M-<", NULL, N_ ("Takes one quote mark away.") },
  { COMMAND_UNDO, TEXTS, "undo", "M-u", N_ ("Undo"), N_ ("Takes back the last change.") },
  { COMMAND_REDO, TEXTS, "redo", "M-e", NULL, N_ ("Does it again.") },
  { COMMAND_SEARCH, AT (BODY) | AT (HELP), "search", "^W", N_ ("Search"), N_ ("Looks for a text.") },
  { COMMAND_SEARCH_NEXT, AT (BODY) | AT (HELP), "search-next", "M-w", NULL,
    N_ ("Looks for the same text again.") },
  { COMMAND_REPLACE, AT (BODY), "replace", "^\\, M-r", NULL, N_ ("Replaces a text.") },
  { COMMAND_READ_FILE, AT (BODY), "read-file", "^R", N_ ("Read file"), N_ ("Puts a text file in.") },
  { COMMAND_EDITOR, LETTER, "editor", "^_, M-x", N_ ("Editor"),
    N_ ("Hands the text to $VISUAL or $EDITOR and takes it back.") },
  { COMMAND_COMPLETE, AT (FIELD), "complete", "M-Tab, F4", NULL, N_ ("Completes the address.") },

  { COMMAND_BROWSE, AT (DIALOG), "browse", "^T", N_ ("Files"),
    N_ ("Where a file is asked for, shows the folder.") },

  { COMMAND_ATTACH, LETTER, "attach", "^T", N_ ("Attach"), N_ ("Attaches a file.") },
  { COMMAND_DETACH, LETTER, "detach", "M-k", NULL, N_ ("Takes an attachment away.") },
  { COMMAND_RENAME, LETTER, "rename", "M-n", NULL, N_ ("Gives an attachment another name.") },
  { COMMAND_ACCOUNT, LETTER, "account", "F3, M-o", N_ ("Account"), N_ ("Takes the next account.") },
  { COMMAND_MORE_FIELDS, LETTER, "more-fields", "M-m", NULL, N_ ("Shows Bcc and Reply-To, or hides them.") },
  { COMMAND_SEND, LETTER | AT (REVIEW), "send", "^X", N_ ("Send"),
    N_ ("Shows the letter for review; from there, sends it.") },
  { COMMAND_SEND_LATER, AT (REVIEW), "send-later", "^S", N_ ("Later"),
    N_ ("Sends the letter at a time to be named.") },
  { COMMAND_YES, AT (REVIEW), "yes", "y", NULL, N_ ("Sends the letter.") },
  { COMMAND_NO, AT (REVIEW), "no", "n", NULL, N_ ("Goes back to the letter.") },
  { COMMAND_SAVE_NOW, LETTER, "save-now", "^S", NULL, N_ ("Saves the draft at once, and goes on.") },
  { COMMAND_SAVE, LETTER | AT (REVIEW), "save", "^O", N_ ("Keep"),
    N_ ("Keeps the letter as a draft and leaves it.") },
  { COMMAND_UNDO_SEND, AT (SENDING), "undo-send", "M-u", N_ ("Undo"),
    N_ ("Takes the letter back while undo-window lasts.") },

  { COMMAND_SHOW, AT (OUTBOX), "show", "s", N_ ("Show"), N_ ("Shows what became of the message.") },
  { COMMAND_RETRY, AT (OUTBOX), "retry", "r", N_ ("Retry"), N_ ("Tries the message now.") },
  { COMMAND_HOLD, AT (OUTBOX), "hold", "h", N_ ("Hold"), N_ ("Holds the message until it is released.") },
  { COMMAND_RELEASE, AT (OUTBOX), "release", "l", N_ ("Release"), N_ ("Lets a message go that is held.") },
  { COMMAND_EDIT, AT (OUTBOX) | AT (SENDING), "edit", "e", N_ ("Edit"),
    N_ ("Takes the message back into the composer.") },
  { COMMAND_DROP, AT (OUTBOX), "drop", "d", N_ ("Cancel it"), N_ ("Cancels the message.") },
  { COMMAND_RESOLVE_SENT, AT (OUTBOX), "resolve-sent", "a", N_ ("Arrived"),
    N_ ("Says of a message in doubt that it has arrived.") },
  { COMMAND_RESOLVE_RESEND, AT (OUTBOX), "resolve-resend", "n", N_ ("Not arrived"),
    N_ ("Says of a message in doubt that it has not, so that it is sent again.") },
};

struct Keymap {
  GArray *presses[COMMAND_COUNT]; /* of Press */
};

gsize
key_row_count (void)
{
  return G_N_ELEMENTS (table);
}

const KeyRow *
key_row_at (gsize index)
{
  g_assert (index < G_N_ELEMENTS (table));
  return &table[index];
}

const KeyRow *
key_row_of (KeyCommand command)
{
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    if (table[i].command == command)
      return &table[i];
  return NULL;
}

/* --- names of keys ------------------------------------------------------------------- */

static const struct {
  const char *name;
  PressKind kind;
} named[] = {
  { "Enter", PRESS_ENTER },
  { "Tab", PRESS_TAB },
  { "BackTab", PRESS_BACK_TAB },
  { "Escape", PRESS_ESCAPE },
  { "Backspace", PRESS_BACKSPACE },
  { "Delete", PRESS_DELETE },
  { "Insert", PRESS_INSERT },
  { "Up", PRESS_UP },
  { "Down", PRESS_DOWN },
  { "Left", PRESS_LEFT },
  { "Right", PRESS_RIGHT },
  { "Home", PRESS_HOME },
  { "End", PRESS_END },
  { "PageUp", PRESS_PAGE_UP },
  { "PageDown", PRESS_PAGE_DOWN },
  { "Ctrl-Left", PRESS_CONTROL_LEFT },
  { "Ctrl-Right", PRESS_CONTROL_RIGHT },
  { "Ctrl-Home", PRESS_CONTROL_HOME },
  { "Ctrl-End", PRESS_CONTROL_END },
  { "Ctrl-Backspace", PRESS_CONTROL_BACKSPACE },
  { "Ctrl-Delete", PRESS_CONTROL_DELETE },
};

static gboolean
parse_function (const char *name, Press *ret_press)
{
  char *end;
  const guint64 number = g_ascii_isdigit (name[1]) ? g_ascii_strtoull (name + 1, &end, 10) : 0;

  if (g_ascii_toupper (name[0]) != 'F' || number < 1 || number > 12 || *end != '\0')
    return FALSE;
  *ret_press = (Press){ .kind = PRESS_FUNCTION, .letter = (guint)number };
  return TRUE;
}

gboolean
press_parse (const char *name, Press *ret_press)
{
  for (gsize i = 0; i < G_N_ELEMENTS (named); i++)
    if (g_ascii_strcasecmp (named[i].name, name) == 0) {
      *ret_press = (Press){ .kind = named[i].kind };
      return TRUE;
    }
  if (name[0] == '^' && name[1] > ' ' && name[1] < 0x7F && name[2] == '\0') {
    *ret_press = (Press){ .kind = PRESS_CONTROL, .letter = (guint)g_ascii_toupper (name[1]) };
    return ret_press->letter >= '@' && ret_press->letter <= '_';
  }
  if (g_ascii_strcasecmp (name, "M-Tab") == 0) {
    *ret_press = (Press){ .kind = PRESS_META, .letter = '\t' };
    return TRUE;
  }
  if (g_ascii_toupper (name[0]) == 'M' && name[1] == '-' && name[2] > ' ' && name[2] < 0x7F
      && name[3] == '\0') {
    *ret_press = (Press){ .kind = PRESS_META, .letter = (guint)g_ascii_tolower (name[2]) };
    return TRUE;
  }
  if (name[0] > ' ' && name[0] < 0x7F && name[1] == '\0') {
    *ret_press = (Press){ .kind = PRESS_TEXT, .letter = (guint)name[0] };
    return TRUE;
  }
  return parse_function (name, ret_press);
}

static char *
press_name (const Press *press)
{
  switch (press->kind) {
  case PRESS_CONTROL:
    return g_strdup_printf ("^%c", (char)press->letter);
  case PRESS_META:
    return press->letter == '\t' ? g_strdup ("M-Tab")
                                 : g_strdup_printf ("M-%c", g_ascii_toupper ((char)press->letter));
  case PRESS_FUNCTION:
    return g_strdup_printf ("F%u", press->letter);
  case PRESS_TEXT:
    return g_strdup_printf ("%c", (char)press->letter);
  default:
    for (gsize i = 0; i < G_N_ELEMENTS (named); i++)
      if (named[i].kind == press->kind)
        return g_strdup (named[i].name);
    return g_strdup ("");
  }
}

/* --- the map --------------------------------------------------------------------------- */

/* A letter that is typed is known by its octet. */
static gboolean
is_same (const Press *one, const Press *other)
{
  if (one->kind == PRESS_TEXT && other->kind == PRESS_TEXT) {
    const guint letter
        = other->text != NULL && other->length == 1 ? (guint)(guchar)*other->text : other->letter;
    return one->letter == letter;
  }
  return one->kind == other->kind && one->letter == other->letter;
}

static gboolean
holds (const GArray *presses, const Press *press)
{
  for (guint i = 0; i < presses->len; i++)
    if (is_same (&g_array_index (presses, Press, i), press))
      return TRUE;
  return FALSE;
}

/* Letters do something where nothing is typed. */
static gboolean
is_typed (const KeyRow *row, const Press *press)
{
  return press->kind == PRESS_TEXT && (row->places & (TEXTS | AT (DIALOG) | AT (FILES))) != 0;
}

static GArray *
parse_keys (const KeyRow *row, const char *keys, GError **error)
{
  g_auto (GStrv) words = g_strsplit_set (keys, ", \t", -1);
  g_autoptr (GArray) presses = g_array_new (FALSE, TRUE, sizeof (Press));

  for (gsize i = 0; words[i] != NULL; i++) {
    Press press = { 0 };
    if (*words[i] == '\0' || strcmp (words[i], "none") == 0)
      continue;
    if (!press_parse (words[i], &press) || is_typed (row, &press)) {
      g_autofree char *bad = visible_text (words[i], -1);
      g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION,
                   _ ("%s: \"%s\" is no key for it: write ^X, M-x, F5, Enter, Ctrl-Left, or none"), row->name,
                   bad);
      return NULL;
    }
    g_array_append_val (presses, press);
  }
  return g_steal_pointer (&presses);
}

static const char *
name_at (gsize index, gconstpointer data)
{
  return table[index].name;
}

static const KeyRow *
find_row (const char *name, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    if (strcmp (table[i].name, name) == 0)
      return &table[i];
  g_autofree char *bad = visible_text (name, -1);
  const char *near = nearest_name (name, G_N_ELEMENTS (table), name_at, NULL);
  if (near != NULL)
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION,
                 _ ("unknown command \"%s\": did you mean \"%s\"?"), bad, near);
  else
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION, _ ("unknown command \"%s\""), bad);
  return NULL;
}

gboolean
keymap_set (Keymap *keymap, const char *name, const char *keys, GError **error)
{
  const KeyRow *row = find_row (name, error);
  GArray *presses = row != NULL ? parse_keys (row, keys, error) : NULL;

  if (presses == NULL)
    return FALSE;
  /* The key is taken from whoever had it by default. */
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
    GArray *others = keymap->presses[table[i].command];
    if (&table[i] == row || (table[i].places & row->places) == 0)
      continue;
    for (guint at = others->len; at-- > 0;)
      if (holds (presses, &g_array_index (others, Press, at)))
        g_array_remove_index (others, at);
  }
  g_array_unref (keymap->presses[row->command]);
  keymap->presses[row->command] = presses;
  return TRUE;
}

Keymap *
keymap_new (void)
{
  Keymap *keymap = g_new0 (Keymap, 1);

  for (gsize i = 0; i < COMMAND_COUNT; i++)
    keymap->presses[i] = g_array_new (FALSE, TRUE, sizeof (Press));
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
    g_array_unref (keymap->presses[table[i].command]);
    keymap->presses[table[i].command] = parse_keys (&table[i], table[i].keys, NULL);
    g_assert (keymap->presses[table[i].command] != NULL);
  }
  return keymap;
}

void
keymap_free (Keymap *keymap)
{
  if (keymap == NULL)
    return;
  for (gsize i = 0; i < COMMAND_COUNT; i++)
    g_array_unref (keymap->presses[i]);
  g_free (keymap);
}

KeyCommand
keymap_find (const Keymap *keymap, KeyPlace place, const Press *press)
{
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    if ((table[i].places & (1U << place)) != 0 && holds (keymap->presses[table[i].command], press))
      return table[i].command;
  return COMMAND_NONE;
}

char *
keymap_key (const Keymap *keymap, KeyCommand command)
{
  const GArray *presses = keymap->presses[command];

  return presses->len > 0 ? press_name (&g_array_index (presses, Press, 0)) : g_strdup ("");
}

char *
keymap_keys (const Keymap *keymap, KeyCommand command)
{
  const GArray *presses = keymap->presses[command];
  GString *names = g_string_new (NULL);

  for (guint i = 0; i < presses->len; i++) {
    g_autofree char *name = press_name (&g_array_index (presses, Press, i));
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", name);
  }
  return g_string_free (names, FALSE);
}
