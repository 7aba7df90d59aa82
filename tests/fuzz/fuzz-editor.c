/* Whatever is done to a text: all of it can be undone and done again, the cursor stays on the text and in
 * the window, and nothing is drawn beside that. The first octets are the window's size, then come commands,
 * each an octet, and texts, each with its length before it. */
#include <locale.h>
#include <stdint.h>
#include <string.h>

#include "tui/editor.h"

int LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length);

#define MARGIN 2
#define LENGTH_LIMIT 4096

enum { TYPE = EDITOR_REDO + 1, PASTE, RESIZE, SEARCH, REPLACE_FOUND, REPLACE_ALL, ACTIONS };

typedef struct {
  const uint8_t *at;
  size_t left;
} Input;

static guint
next (Input *input)
{
  if (input->left == 0)
    return 0;
  input->left--;
  return *input->at++;
}

/* Valid UTF-8, as a terminal hands it over. Free with g_free(). */
static char *
next_text (Input *input)
{
  const gsize wanted = next (input) % 16, length = MIN (wanted, input->left);
  char *text = length > 0 ? g_utf8_make_valid ((const char *)input->at, (gssize)length) : g_strdup ("");

  input->at += length;
  input->left -= length;
  return text;
}

static char *
whole (Editor *editor)
{
  Text *text = editor_text (editor);

  return text_copy (text, (TextPlace){ 0, 0 }, text_end (text), NULL);
}

static void
check_place (Editor *editor)
{
  const TextPlace place = editor_cursor (editor);
  gsize length;
  const char *line;

  g_assert (place.line < text_line_count (editor_text (editor)));
  line = text_line (editor_text (editor), place.line, &length);
  g_assert (g_utf8_validate (line, (gssize)length, NULL));
  g_assert (place.octet <= length && ((guchar)line[place.octet] & 0xc0) != 0x80);
}

static void
check_window (Editor *editor, guint width, guint height)
{
  g_autoptr (Surface) surface = surface_new (width + 2 * MARGIN, height + 2 * MARGIN);

  editor_draw (editor, surface, MARGIN, MARGIN, TRUE);
  g_assert (surface->cursor_x >= MARGIN && surface->cursor_x < (int)(MARGIN + width));
  g_assert (surface->cursor_y >= MARGIN && surface->cursor_y < (int)(MARGIN + height));
  for (guint y = 0; y < surface->height; y++)
    for (guint x = 0; x < surface->width; x++)
      if (x < MARGIN || y < MARGIN || x >= MARGIN + width || y >= MARGIN + height)
        g_assert (surface_cell (surface, x, y)->text[0] == ' ');
}

static void
act (Editor *editor, Input *input, guint *width, guint *height)
{
  const guint action = next (input) % ACTIONS;
  g_autofree char *text = action == TYPE || action == PASTE || action >= SEARCH ? next_text (input) : NULL;
  gboolean wrapped;

  if (action <= EDITOR_REDO) {
    editor_do (editor, action);
  } else if (action == TYPE) {
    editor_type (editor, text, strlen (text));
  } else if (action == PASTE) {
    editor_paste (editor, text, strlen (text));
  } else if (action == RESIZE) {
    *width = 2 + next (input) % 60;
    *height = 1 + next (input) % 20;
    editor_resize (editor, *width, *height);
  } else if (action == SEARCH && *text != '\0') {
    editor_search (editor, text, FALSE, &wrapped);
  } else if (action == REPLACE_FOUND) {
    editor_replace_found (editor, text);
  } else if (action == REPLACE_ALL && *text != '\0') {
    editor_replace_all (editor, text, "x");
  }
}

static void
do_all (Editor *editor, EditorCommand command)
{
  while (editor_do (editor, command))
    check_place (editor);
}

int
LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length)
{
  Input input = { octets, MIN (length, LENGTH_LIMIT) };
  guint width = 2 + next (&input) % 60, height = 1 + next (&input) % 20;
  g_autoptr (Editor) editor = editor_new ();

  setlocale (LC_CTYPE, "C.UTF-8");
  editor_resize (editor, width, height);
  g_autofree char *start = next_text (&input);
  editor_load (editor, start, strlen (start));
  g_autofree char *loaded = whole (editor);
  while (input.left > 0) {
    act (editor, &input, &width, &height);
    check_place (editor);
    check_window (editor, width, height);
  }
  do_all (editor, EDITOR_REDO);
  g_autofree char *last = whole (editor);
  do_all (editor, EDITOR_UNDO);
  g_autofree char *undone = whole (editor);
  g_assert_cmpstr (undone, ==, loaded);
  do_all (editor, EDITOR_REDO);
  g_autofree char *again = whole (editor);
  g_assert_cmpstr (again, ==, last);
  return 0;
}
