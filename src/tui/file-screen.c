/* The browser: folders first, by name; typing goes to the name that begins so. */
#include "tui/file-screen.h"

#include <gio/gio.h>
#include <string.h>

#include "base/visible.h"
#include "tui/paint.h"
#include "tui/board.h"

#define ENTRIES_LIMIT 20000
#define SIZE_COLUMNS 10

typedef struct {
  char *name;
  char *shown; /* name, made visible; with "/" behind that of a folder */
  gboolean folder;
  goffset size;
} Entry;

typedef struct {
  Screen screen;
  Desk *desk;
  char *folder;
  GPtrArray *entries;
  char *complaint; /* why FOLDER can't be read; NULL: it can */
  guint chosen, top, window;
  GString *typed;
  DeskAnswer done;
  gpointer data;
} FileScreen;

static FileScreen *
files_of (const Screen *screen)
{
  return (FileScreen *)screen;
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->name);
  g_free (entry->shown);
  g_free (entry);
}

static int
compare_entries (gconstpointer one, gconstpointer other)
{
  const Entry *a = *(const Entry *const *)one, *b = *(const Entry *const *)other;
  const gboolean a_up = strcmp (a->name, "..") == 0, b_up = strcmp (b->name, "..") == 0;

  if (a_up != b_up)
    return a_up ? -1 : 1;
  if (a->folder != b->folder)
    return a->folder ? -1 : 1;
  return g_utf8_collate (a->shown, b->shown);
}

static Entry *
entry_new (const char *name, gboolean folder, goffset size)
{
  Entry *entry = g_new (Entry, 1);
  g_autofree char *visible = visible_text (name, -1);

  *entry = (Entry){ g_strdup (name), g_strconcat (visible, folder ? "/" : "", NULL), folder, size };
  return entry;
}

static void
read_entries (FileScreen *files, GFileEnumerator *enumerator)
{
  GFileInfo *info;

  while (files->entries->len < ENTRIES_LIMIT
         && g_file_enumerator_iterate (enumerator, &info, NULL, NULL, NULL) && info)
    if (!g_file_info_get_is_hidden (info))
      g_ptr_array_add (files->entries, entry_new (g_file_info_get_name (info),
                                                  g_file_info_get_file_type (info) == G_FILE_TYPE_DIRECTORY,
                                                  g_file_info_get_size (info)));
}

static void
enter (FileScreen *files, const char *path)
{
  g_autoptr (GFile) folder = g_file_new_for_path (path);
  g_autoptr (GError) error = NULL;
  g_autoptr (GFileEnumerator) enumerator = g_file_enumerate_children (
      folder,
      G_FILE_ATTRIBUTE_STANDARD_NAME "," G_FILE_ATTRIBUTE_STANDARD_TYPE "," G_FILE_ATTRIBUTE_STANDARD_SIZE
                                     "," G_FILE_ATTRIBUTE_STANDARD_IS_HIDDEN,
      G_FILE_QUERY_INFO_NONE, NULL, &error);

  g_free (files->folder);
  files->folder = g_strdup (path);
  g_free (files->complaint);
  files->complaint = error ? g_strdup (error->message) : NULL;
  g_ptr_array_set_size (files->entries, 0);
  g_string_truncate (files->typed, 0);
  files->chosen = files->top = 0;
  if (strcmp (path, "/") != 0)
    g_ptr_array_add (files->entries, entry_new ("..", TRUE, 0));
  if (enumerator)
    read_entries (files, enumerator);
  g_ptr_array_sort (files->entries, compare_entries);
}

static void
go_up (FileScreen *files)
{
  g_autofree char *left = g_path_get_basename (files->folder);
  g_autofree char *parent = g_path_get_dirname (files->folder);

  enter (files, parent);
  for (guint i = 0; i < files->entries->len; i++)
    if (strcmp (((Entry *)g_ptr_array_index (files->entries, i))->name, left) == 0)
      files->chosen = i;
}

/* --- drawing -------------------------------------------------------------------------- */

static void
draw_entry (const Entry *entry, Surface *surface, guint y, gboolean chosen)
{
  const guint room = surface->width > SIZE_COLUMNS + 4 ? surface->width - SIZE_COLUMNS : surface->width;
  const Style style = chosen ? STYLE_SELECTED : entry->folder ? STYLE_STRONG : STYLE_PLAIN;
  g_autofree char *size = entry->folder ? g_strdup ("") : g_format_size ((guint64)entry->size);
  const guint columns = surface_columns (size, -1);

  surface_fill (surface, 0, y, surface->width, style);
  surface_put_padded (surface, 0, y, room, style, entry->shown);
  if (room < surface->width && columns < SIZE_COLUMNS)
    surface_put (surface, surface->width - columns, y, columns, style, size, -1);
}

static void
draw (Screen *screen, Surface *surface, Ticks now)
{
  FileScreen *files = files_of (screen);
  const guint bottom = surface->height - MIN (surface->height, BOARD_ROWS);
  g_autofree char *folder = visible_text (files->folder, -1);

  paint_title (surface, folder, NULL);
  if (files->complaint)
    paint_text (surface, 0, 1, surface->width, 2, STYLE_BAD, files->complaint);
  const guint y = files->complaint ? 3 : 1;
  files->window = bottom > y ? bottom - y : 1;
  if (files->chosen < files->top)
    files->top = files->chosen;
  if (files->chosen >= files->top + files->window)
    files->top = files->chosen - files->window + 1;
  for (guint i = 0; i < files->window && files->top + i < files->entries->len; i++)
    draw_entry (g_ptr_array_index (files->entries, files->top + i), surface, y + i,
                files->top + i == files->chosen);
}

/* --- keys ------------------------------------------------------------------------------- */

static void
finish (FileScreen *files, const char *path)
{
  DeskAnswer done = files->done;

  files->done = NULL;
  files->desk->close (files->desk, &files->screen);
  if (done)
    done (path, files->data);
}

static void
take (FileScreen *files)
{
  if (files->chosen >= files->entries->len)
    return;
  const Entry *entry = g_ptr_array_index (files->entries, files->chosen);
  if (strcmp (entry->name, "..") == 0) {
    go_up (files);
    return;
  }
  g_autofree char *path = g_build_filename (files->folder, entry->name, NULL);
  if (entry->folder)
    enter (files, path);
  else
    finish (files, path);
}

static void
look_for_typed (FileScreen *files)
{
  for (guint i = 0; i < files->entries->len; i++) {
    const Entry *entry = g_ptr_array_index (files->entries, i);
    if (g_str_has_prefix (entry->shown, files->typed->str)) {
      files->chosen = i;
      return;
    }
  }
}

static void
move (FileScreen *files, int rows)
{
  const int last = (int)files->entries->len - 1;

  g_string_truncate (files->typed, 0);
  files->chosen = (guint)CLAMP ((int)files->chosen + rows, 0, MAX (last, 0));
}

static void
press (Screen *screen, KeyCommand command, const Press *press, Ticks now)
{
  FileScreen *files = files_of (screen);

  switch (command) {
  case COMMAND_CANCEL:
    finish (files, NULL);
    break;
  case COMMAND_ACCEPT:
    take (files);
    break;
  case COMMAND_BACKSPACE:
    if (files->typed->len > 0)
      g_string_truncate (files->typed, 0);
    else if (strcmp (files->folder, "/") != 0)
      go_up (files);
    break;
  case COMMAND_UP:
    move (files, -1);
    break;
  case COMMAND_DOWN:
    move (files, 1);
    break;
  case COMMAND_PAGE_UP:
    move (files, -(int)files->window);
    break;
  case COMMAND_PAGE_DOWN:
    move (files, (int)files->window);
    break;
  case COMMAND_TEXT_BEGIN:
    move (files, -(int)files->entries->len);
    break;
  case COMMAND_TEXT_END:
    move (files, (int)files->entries->len);
    break;
  case COMMAND_NONE:
    if (press->kind == PRESS_TEXT) {
      g_string_append_len (files->typed, press->text, (gssize)press->length);
      look_for_typed (files);
    }
    break;
  default:
    break;
  }
}

static KeyPlace
place (const Screen *screen)
{
  return KEYS_FILES;
}

static Ticks
changes_at (const Screen *screen, Ticks now)
{
  return TICKS_NEVER;
}

static void
free_screen (Screen *screen)
{
  FileScreen *files = files_of (screen);

  if (files->done)
    files->done (NULL, files->data);
  g_free (files->folder);
  g_free (files->complaint);
  g_ptr_array_unref (files->entries);
  g_string_free (files->typed, TRUE);
  g_free (files);
}

Screen *
file_screen_new (Desk *desk, const char *folder, DeskAnswer done, gpointer data)
{
  FileScreen *files = g_new0 (FileScreen, 1);

  files->screen = (Screen){ "files", place, draw, press, changes_at, free_screen, NULL };
  files->desk = desk;
  files->entries = g_ptr_array_new_with_free_func (entry_free);
  files->typed = g_string_new (NULL);
  files->done = done;
  files->data = data;
  enter (files, folder);
  return &files->screen;
}
