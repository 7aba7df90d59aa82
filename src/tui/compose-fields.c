/* The fields: which there are, whether what is in them can be, what completes it, and the way from one
 * to the next. */
#include "tui/compose-private.h"

#include "base/i18n.h"
#include "mail/address.h"
#include "tui/letter-words.h"

const ComposeField compose_fields[FIELD_COUNT] = {
  [FIELD_FROM] = { N_ ("From"), offsetof (Letter, from), TRUE, FALSE },
  [FIELD_TO] = { N_ ("To"), offsetof (Letter, to), TRUE, FALSE },
  [FIELD_CC] = { N_ ("Cc"), offsetof (Letter, cc), TRUE, FALSE },
  [FIELD_BCC] = { N_ ("Bcc"), offsetof (Letter, bcc), TRUE, TRUE },
  [FIELD_REPLY_TO] = { N_ ("Reply-To"), offsetof (Letter, reply_to), TRUE, TRUE },
  [FIELD_SUBJECT] = { N_ ("Subject"), offsetof (Letter, subject), FALSE, FALSE },
};

gboolean
compose_shows (const ComposeScreen *compose, Field field)
{
  const Text *text = editor_text (compose->editors[field]);

  return !compose_fields[field].rare || compose->rare || text_line_count (text) > 1
         || text_end (text).octet > 0;
}

/* --- addresses while they are typed ---------------------------------------------------- */

void
compose_check (ComposeScreen *compose, Field field)
{
  const guint64 version = text_version (editor_text (compose->editors[field]));
  g_autofree char *typed = compose_text (compose->editors[field]);
  g_autoptr (GError) error = NULL;

  if (!compose_fields[field].addresses || compose->checked[field] == version + 1)
    return;
  compose->checked[field] = version + 1;
  g_clear_pointer (&compose->faults[field], g_free);
  g_strdelimit (typed, "\n", ' ');
  if (*g_strstrip (typed) == '\0')
    return;
  g_autofree char *expanded = compose->desk->expand (compose->desk, typed);
  g_autoptr (GPtrArray) mailboxes = address_parse_list (expanded, NULL, &error);
  if (!mailboxes)
    compose->faults[field] = g_strdup (error->message);
}

/* The first address of LIST that may be a slip of the finger; the caller's; NULL: none may. */
static char *
look_alike_words (Desk *desk, const char *list)
{
  g_autoptr (GPtrArray) mailboxes = address_parse_list (list, NULL, NULL);

  for (guint i = 0; mailboxes && i < mailboxes->len; i++) {
    const char *address = ((const Mailbox *)g_ptr_array_index (mailboxes, i))->address;
    g_autofree char *known = desk->look_alike (desk, address);
    if (known)
      return letter_words_look_alike (address, known);
  }
  return NULL;
}

/* What is wrong with a field, or may be, is said when it is left. */
static void
say_fault (ComposeScreen *compose, Field field)
{
  Desk *desk = compose->desk;

  if (field >= FIELD_COUNT || !compose_fields[field].addresses)
    return;
  compose_check (compose, field);
  if (compose->faults[field]) {
    desk->say (desk, STYLE_BAD, compose->faults[field]);
    return;
  }
  g_autofree char *typed = compose_text (compose->editors[field]);
  g_autofree char *doubt = field != FIELD_FROM ? look_alike_words (desk, typed) : NULL;
  if (doubt)
    desk->say (desk, STYLE_WARNING, doubt);
}

/* --- completion --------------------------------------------------------------------------- */

void
compose_drop_suggestions (ComposeScreen *compose)
{
  compose->desk->complete_cancel (compose->desk, compose);
  g_clear_pointer (&compose->suggestions, g_strfreev);
  compose->suggestion = 0;
  compose->picked = FALSE;
}

/* What stands between the last comma before the cursor and the cursor. Commas in quotes don't
 * part addresses. */
static char *
typed_word (const ComposeScreen *compose, TextPlace *ret_from)
{
  Editor *editor = compose_focused (compose);
  const TextPlace cursor = editor_cursor (editor);
  const char *line = text_line (editor_text (editor), cursor.line, NULL);
  gsize begin = 0;
  gboolean quoted = FALSE;

  for (gsize at = 0; at < cursor.octet; at++) {
    if (line[at] == '"')
      quoted = !quoted;
    else if (line[at] == ',' && !quoted)
      begin = at + 1;
  }
  while (begin < cursor.octet && line[begin] == ' ')
    begin++;
  *ret_from = (TextPlace){ cursor.line, begin };
  return g_strndup (line + begin, cursor.octet - begin);
}

static void
on_completion (const char *const *addresses, gpointer data)
{
  ComposeScreen *compose = data;

  g_strfreev (compose->suggestions);
  compose->suggestions = addresses && addresses[0] ? g_strdupv ((char **)addresses) : NULL;
  compose->suggestion = 0;
  compose->picked = FALSE;
  compose->desk->redraw (compose->desk);
}

void
compose_suggest (ComposeScreen *compose)
{
  TextPlace from;

  compose_drop_suggestions (compose);
  if (compose->focus >= FIELD_COUNT || !compose_fields[compose->focus].addresses
      || compose->focus == FIELD_FROM)
    return;
  g_autofree char *word = typed_word (compose, &from);
  if (*word != '\0')
    compose->desk->complete (compose->desk, word, on_completion, compose);
}

void
compose_take_suggestion (ComposeScreen *compose)
{
  Editor *editor = compose_focused (compose);
  TextPlace from;
  g_free (typed_word (compose, &from));
  g_autofree char *whole = g_strconcat (compose->suggestions[compose->suggestion], ", ", NULL);

  editor_replace (editor, from, editor_cursor (editor), whole);
  compose_drop_suggestions (compose);
}

gboolean
compose_move_suggestion (ComposeScreen *compose, int direction)
{
  if (!compose->suggestions)
    return FALSE;
  const guint count = MIN (g_strv_length (compose->suggestions), COMPOSE_SUGGESTIONS);
  compose->picked = TRUE;
  compose->suggestion = (compose->suggestion + count + (guint)direction) % count;
  return TRUE;
}

/* --- moving between fields ----------------------------------------------------------------------- */

gboolean
compose_move_focus (ComposeScreen *compose, int direction)
{
  int to = (int)compose->focus;

  do
    to += direction;
  while (to >= 0 && to < FIELD_COUNT && !compose_shows (compose, (Field)to));
  if (to < 0 || to > FIELD_BODY)
    return FALSE;
  compose_drop_suggestions (compose);
  say_fault (compose, compose->focus);
  if (compose->focus == FIELD_FROM)
    compose_settle_account (compose);
  compose->focus = (guint)to;
  return TRUE;
}
