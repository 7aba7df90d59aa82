/* The fake desk. */
#include "fake-desk.h"

#include <string.h>

static FakeDesk *
fake_of (Desk *desk)
{
  return (FakeDesk *)desk;
}

static void
desk_open (Desk *desk, Screen *screen)
{
  board_open (fake_of (desk)->board, screen);
}

static void
desk_close (Desk *desk, Screen *screen)
{
  g_string_append_printf (fake_of (desk)->log, "close %s\n", screen->name);
  board_close (fake_of (desk)->board, screen);
}

static void
desk_say (Desk *desk, Style style, const char *text)
{
  board_say (fake_of (desk)->board, style, text);
}

static void
desk_ask (Desk *desk, const char *question, const char *initial, DeskAnswer done, gpointer data)
{
  board_ask (fake_of (desk)->board, question, initial, done, data);
}

static void
desk_choose (Desk *desk, const char *question, const DeskOption *options, gsize n, DeskChoice done,
             gpointer data)
{
  board_choose (fake_of (desk)->board, question, options, n, done, data);
}

static void
desk_offer (Desk *desk, const char *question, const DeskOption *options, gsize n, DeskChoice done,
            gpointer data)
{
  board_offer (fake_of (desk)->board, question, options, n, done, data);
}

static void
desk_ask_file (Desk *desk, const char *question, DeskAnswer done, gpointer data)
{
  board_ask_file (fake_of (desk)->board, question, done, data);
}

static void
desk_redraw (Desk *desk)
{
}

static gint64
desk_wall (Desk *desk)
{
  return fake_of (desk)->wall;
}

static const char *const *
desk_accounts (Desk *desk)
{
  static const char *const names[] = { "work", "home", NULL };

  return names;
}

static void
desk_change_account (Desk *desk, Letter *letter, const char *name)
{
  const gboolean work = strcmp (name, "work") == 0;

  g_free (letter->account);
  letter->account = g_strdup (name);
  g_free (letter->from);
  letter->from = g_strdup (work ? "Hanako <hanako@work.example>" : "hanako@home.example");
  letter_change_signature (letter, work ? "Home" : "Work", work ? "Work" : "Home");
}

static const char *
desk_account_of (Desk *desk, const char *from)
{
  return strstr (from, "@home.example") ? "home" : strstr (from, "@work.example") ? "work" : NULL;
}

static void
desk_complete (Desk *desk, const char *typed, DeskCompletion done, gpointer data)
{
  static const char *const found[] = { "Taro <taro@example.net>", "Tanaka <tanaka@example.net>", NULL };

  done (g_str_has_prefix (typed, "ta") ? found : NULL, data);
}

static void
desk_complete_cancel (Desk *desk, gpointer data)
{
}

static char *
desk_expand (Desk *desk, const char *list)
{
  return g_strdup (strcmp (list, "boss") == 0 ? "saburo@example.net" : list);
}

static char *
desk_look_alike (Desk *desk, const char *address)
{
  return strstr (address, "@exarnple.net") ? g_strdup ("example.net") : NULL;
}

static void
desk_send (Desk *desk, Screen *screen)
{
  g_string_append (fake_of (desk)->log, "send\n");
}

static void
desk_keep (Desk *desk, Screen *screen)
{
  g_string_append (fake_of (desk)->log, "keep\n");
}

static void
desk_save (Desk *desk, Screen *screen)
{
  g_string_append (fake_of (desk)->log, "save\n");
}

static gboolean
desk_lacks_attachment (Desk *desk, const Letter *letter)
{
  return letter_lacks_attachment (letter, "attached");
}

static void
desk_discard (Desk *desk, Screen *screen)
{
  g_string_append (fake_of (desk)->log, "discard\n");
}

static void
desk_edit (Desk *desk, const char *text, DeskAnswer done, gpointer data)
{
  g_string_append (fake_of (desk)->log, "edit\n");
  done (fake_of (desk)->edited ? fake_of (desk)->edited : "edited\n", data);
}

static gboolean
desk_edits_headers (Desk *desk)
{
  return fake_of (desk)->edits_headers;
}

static void
desk_submit (Desk *desk, Screen *screen, gint64 at)
{
  g_string_append_printf (fake_of (desk)->log, "submit %" G_GINT64_FORMAT "\n", at / TICKS_PER_SECOND);
}

static CancelResult
desk_cancel (Desk *desk, Screen *screen)
{
  g_string_append (fake_of (desk)->log, "cancel\n");
  return fake_of (desk)->cancel;
}

static void
desk_take_back (Desk *desk, Screen *screen)
{
  g_string_append (fake_of (desk)->log, "take back\n");
}

static void
desk_distrust (Desk *desk, Screen *screen, const char *network, const Path *path, Ticks began, Ticks now)
{
  g_string_append_printf (fake_of (desk)->log, "distrust %s %u/%s\n", network, path->port,
                          family_name (path->family));
}

static void
desk_act (Desk *desk, guint place, gint64 id, OutboxAction action)
{
  g_string_append_printf (fake_of (desk)->log, "act %u/%d %d\n", place, (int)id, (int)action);
}

static void
desk_show (Desk *desk, guint place, gint64 id)
{
  g_string_append_printf (fake_of (desk)->log, "show %u/%d\n", place, (int)id);
}

static void
desk_edit_item (Desk *desk, guint place, gint64 id)
{
  g_string_append_printf (fake_of (desk)->log, "edit %u/%d\n", place, (int)id);
}

static const Desk fake_functions = {
  .open = desk_open,
  .close = desk_close,
  .say = desk_say,
  .ask = desk_ask,
  .choose = desk_choose,
  .offer = desk_offer,
  .ask_file = desk_ask_file,
  .redraw = desk_redraw,
  .wall = desk_wall,
  .accounts = desk_accounts,
  .change_account = desk_change_account,
  .account_of = desk_account_of,
  .complete = desk_complete,
  .complete_cancel = desk_complete_cancel,
  .expand = desk_expand,
  .look_alike = desk_look_alike,
  .send = desk_send,
  .keep = desk_keep,
  .save = desk_save,
  .lacks_attachment = desk_lacks_attachment,
  .discard = desk_discard,
  .edit = desk_edit,
  .edits_headers = desk_edits_headers,
  .submit = desk_submit,
  .cancel = desk_cancel,
  .take_back = desk_take_back,
  .distrust = desk_distrust,
  .act = desk_act,
  .show = desk_show,
  .edit_item = desk_edit_item,
};

FakeDesk *
fake_desk_new (guint width, guint height)
{
  FakeDesk *fake = g_new0 (FakeDesk, 1);

  fake->desk = fake_functions;
  fake->keymap = keymap_new ();
  fake->board = board_new (fake->keymap, &fake->desk);
  fake->surface = surface_new (width, height);
  fake->log = g_string_new (NULL);
  fake->wall = G_GINT64_CONSTANT (1800000000) * TICKS_PER_SECOND;
  fake->now = TICKS_PER_HOUR;
  return fake;
}

void
fake_desk_free (FakeDesk *fake)
{
  board_free (fake->board);
  keymap_free (fake->keymap);
  surface_free (fake->surface);
  g_string_free (fake->log, TRUE);
  g_free (fake);
}

void
fake_desk_press (FakeDesk *fake, const char *key)
{
  Press press = { 0 };

  g_assert_true (press_parse (key, &press));
  if (press.kind == PRESS_TEXT) {
    press.text = key;
    press.length = strlen (key);
  }
  board_press (fake->board, &press, fake->now);
}

void
fake_desk_type (FakeDesk *fake, const char *text)
{
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at)) {
    const Press press = {
      .kind = PRESS_TEXT, .letter = (guchar)*at, .text = at, .length = (gsize)(g_utf8_next_char (at) - at)
    };
    board_press (fake->board, &press, fake->now);
  }
}

const char *
fake_desk_draw (FakeDesk *fake)
{
  static char *shown;
  GString *rows = g_string_new (NULL);

  board_draw (fake->board, fake->surface, fake->now);
  for (guint y = 0; y < fake->surface->height; y++) {
    g_autofree char *row = surface_row (fake->surface, y);
    g_string_append_printf (rows, "%s\n", row);
  }
  g_free (shown);
  shown = g_string_free (rows, FALSE);
  return shown;
}

gboolean
fake_desk_shows (FakeDesk *fake, const char *text)
{
  const char *shown = fake_desk_draw (fake);

  if (strstr (shown, text))
    return TRUE;
  g_test_message ("%s", shown);
  return FALSE;
}

gboolean
fake_desk_was_asked (FakeDesk *fake, const char *entry)
{
  g_autofree char *log = g_strdup (fake->log->str);
  g_auto (GStrv) lines = g_strsplit (g_strchomp (log), "\n", -1);
  const guint n = g_strv_length (lines);

  g_string_truncate (fake->log, 0);
  if (n > 0 && strcmp (lines[n - 1], entry) == 0)
    return TRUE;
  g_test_message ("%s", n > 0 ? lines[n - 1] : "nothing");
  return FALSE;
}
