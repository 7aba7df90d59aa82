/* $EDITOR: it has the terminal while it runs, and the text lies in a private file. The main loop goes
 * on meanwhile, and so does mail that is on its way. */
#include "tui/app-private.h"

#include <errno.h>

#include <glib/gstdio.h>

#include "base/i18n.h"
#include "base/visible.h"

#define TEXT_LIMIT ((gsize)64 * 1024 * 1024)

typedef struct {
  App *app;
  char *folder, *file;
  DeskAnswer done;
  gpointer data;
} Editing;

static void
complain (App *app, const char *what, const char *why)
{
  g_autofree char *shown = visible_text (what, -1);
  g_autofree char *words = g_strdup_printf ("%s: %s", shown, why);

  app->desk.say (&app->desk, STYLE_BAD, words);
}

/* What was written; NULL: it can't be had. */
static char *
read_back (const Editing *editing)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gsize length;

  if (!g_file_get_contents (editing->file, &text, &length, &error) || length > TEXT_LIMIT) {
    complain (editing->app, editing->file, error ? error->message : _ ("it is too large"));
    return NULL;
  }
  return g_utf8_validate (text, (gssize)length, NULL) ? g_steal_pointer (&text)
                                                      : g_utf8_make_valid (text, (gssize)length);
}

static void
on_editor_end (GPid pid, gint status, gpointer data)
{
  Editing *editing = data;
  App *app = editing->app;
  const gboolean well = g_spawn_check_wait_status (status, NULL);
  g_autofree char *text = well ? read_back (editing) : NULL;

  g_spawn_close_pid (pid);
  if (app->terminal)
    terminal_return (app->terminal);
  editing->done (text, editing->data);
  if (text) {
    g_unlink (editing->file);
    g_rmdir (editing->folder);
  } else {
    /* What was written may still be wanted. */
    complain (app, editing->file, _ ("what was written is kept in this file"));
  }
  for (guint i = 0; i < app->sheets->len; i++)
    sheet_touch (g_ptr_array_index (app->sheets, i));
  g_free (editing->folder);
  g_free (editing->file);
  g_free (editing);
  app_redraw (app);
}

/* A folder of our own, since editors put further files beside theirs. */
static gboolean
write_out (Editing *editing, const char *text, GError **error)
{
  g_autofree char *template = g_build_filename (g_get_user_runtime_dir (), "toukan-XXXXXX", NULL);

  if (!g_mkdtemp_full (template, 0700)) {
    g_free (template);
    template = g_build_filename (g_get_tmp_dir (), "toukan-XXXXXX", NULL);
    if (!g_mkdtemp_full (template, 0700)) {
      g_set_error_literal (error, G_FILE_ERROR, g_file_error_from_errno (errno), g_strerror (errno));
      return FALSE;
    }
  }
  editing->folder = g_steal_pointer (&template);
  editing->file = g_build_filename (editing->folder, "letter.txt", NULL);
  return g_file_set_contents_full (editing->file, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, error);
}

static const char *
editor_command (void)
{
  const char *const names[] = { "VISUAL", "EDITOR" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    const char *command = g_getenv (names[i]);
    if (command && *command != '\0')
      return command;
  }
  return "vi";
}

static gboolean
start (Editing *editing, GError **error)
{
  g_autofree char *line = g_strconcat (editor_command (), " \"$@\"", NULL);
  char *argv[] = { (char *)"/bin/sh", (char *)"-c", line, (char *)"sh", editing->file, NULL };
  GPid pid;

  if (!g_spawn_async (NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL,
                      &pid, error))
    return FALSE;
  g_child_watch_add (pid, on_editor_end, editing);
  return TRUE;
}

void
app_edit (Desk *desk, const char *text, DeskAnswer done, gpointer data)
{
  App *app = (App *)desk;
  Editing *editing = g_new0 (Editing, 1);
  g_autoptr (GError) error = NULL;

  *editing = (Editing){ .app = app, .done = done, .data = data };
  if (write_out (editing, text, &error)) {
    terminal_leave (app->terminal);
    if (start (editing, &error))
      return;
    terminal_return (app->terminal);
  }
  complain (app, editor_command (), error->message);
  done (NULL, data);
  g_free (editing->folder);
  g_free (editing->file);
  g_free (editing);
}
