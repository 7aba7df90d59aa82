/* What the compose screen asks of attachments, before a letter is sent and before it is left. */
#include "tui/compose-private.h"

#include "base/i18n.h"
#include "base/visible.h"

static void
on_attach (const char *path, gpointer data)
{
  ComposeScreen *compose = data;

  if (!path || *path == '\0')
    return;
  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR)) {
    g_autofree char *shown = visible_text (path, -1);
    g_autofree char *words = g_strdup_printf (_ ("%s is no file that can be attached"), shown);
    compose->desk->say (compose->desk, STYLE_BAD, words);
    return;
  }
  g_autofree char *whole = g_canonicalize_filename (path, NULL);
  letter_attach (compose->letter, whole, NULL, NULL);
  compose->changes++;
}

/* The number of an attachment; 0: none. */
static guint
attachment_number (const ComposeScreen *compose, const char *text)
{
  const guint64 number = text ? g_ascii_strtoull (text, NULL, 10) : 0;

  return number <= compose->letter->attachments->len ? (guint)number : 0;
}

static void
on_detach (const char *text, gpointer data)
{
  ComposeScreen *compose = data;
  const guint number = attachment_number (compose, text);

  if (number == 0)
    return;
  g_ptr_array_remove_index (compose->letter->attachments, number - 1);
  compose->changes++;
}

static void
on_rename (const char *text, gpointer data)
{
  ComposeScreen *compose = data;
  g_auto (GStrv) words = text ? g_strsplit (text, " ", 2) : NULL;
  const guint number = words && words[0] ? attachment_number (compose, words[0]) : 0;

  if (number == 0 || !words[1])
    return;
  LetterAttachment *attachment = g_ptr_array_index (compose->letter->attachments, number - 1);
  g_free (attachment->name);
  attachment->name = g_strdup (g_strstrip (words[1]));
  compose->changes++;
}

/* --- questions ---------------------------------------------------------------------------- */

void
compose_ask_attach (ComposeScreen *compose)
{
  compose->desk->ask_file (compose->desk, _ ("File to attach"), on_attach, compose);
}

static void
ask_attachment (ComposeScreen *compose, const char *question, DeskAnswer done)
{
  if (compose->letter->attachments->len == 0)
    compose->desk->say (compose->desk, STYLE_PLAIN, _ ("Nothing is attached"));
  else
    compose->desk->ask (compose->desk, question, compose->letter->attachments->len == 1 ? "1 " : NULL, done,
                        compose);
}

void
compose_ask_detach (ComposeScreen *compose)
{
  ask_attachment (compose, _ ("Number of the attachment to take away"), on_detach);
}

void
compose_ask_rename (ComposeScreen *compose)
{
  ask_attachment (compose, _ ("Number of the attachment, and its name"), on_rename);
}

static void
on_leave (char key, gpointer data)
{
  ComposeScreen *compose = data;

  if (key == 'k')
    compose->desk->keep (compose->desk, &compose->screen);
  else if (key == 't')
    compose->desk->discard (compose->desk, &compose->screen);
}

void
compose_ask_leave (ComposeScreen *compose)
{
  const DeskOption options[]
      = { { 'k', _ ("Keep it as a draft") }, { 't', _ ("Throw it away") }, { 's', _ ("Stay") } };
  g_autoptr (Letter) letter = compose_screen_letter (&compose->screen);

  if (letter_is_empty (letter))
    compose->desk->discard (compose->desk, &compose->screen);
  else
    compose->desk->choose (compose->desk, _ ("Leave this letter?"), options, G_N_ELEMENTS (options), on_leave,
                           compose);
}

/* --- sending ------------------------------------------------------------------------------ */

static void
on_lack (char key, gpointer data)
{
  ComposeScreen *compose = data;

  if (key == 'a')
    compose_ask_attach (compose);
  if (key != 's')
    return;
  compose->without_attachment = TRUE;
  compose->desk->send (compose->desk, &compose->screen);
}

void
compose_send (ComposeScreen *compose)
{
  Desk *desk = compose->desk;
  const DeskOption options[]
      = { { 'a', _ ("Attach a file") }, { 's', _ ("Send it so") }, { 'w', _ ("Go on writing") } };

  compose_settle_account (compose);
  g_autoptr (Letter) letter = compose_screen_letter (&compose->screen);
  if (letter_is_empty (letter))
    desk->discard (desk, &compose->screen);
  else if (!compose->without_attachment && desk->lacks_attachment (desk, letter))
    desk->choose (desk, _ ("Its text speaks of an attachment, and nothing is attached"), options,
                  G_N_ELEMENTS (options), on_lack, compose);
  else
    desk->send (desk, &compose->screen);
}
