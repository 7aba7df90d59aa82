/* From the keymap's commands to the editor's. */
#include "tui/editor-keys.h"

static const struct {
  KeyCommand key;
  EditorCommand editor;
} pairs[] = {
  { COMMAND_UP, EDITOR_UP },
  { COMMAND_DOWN, EDITOR_DOWN },
  { COMMAND_LEFT, EDITOR_LEFT },
  { COMMAND_RIGHT, EDITOR_RIGHT },
  { COMMAND_WORD_LEFT, EDITOR_WORD_LEFT },
  { COMMAND_WORD_RIGHT, EDITOR_WORD_RIGHT },
  { COMMAND_ROW_BEGIN, EDITOR_ROW_BEGIN },
  { COMMAND_ROW_END, EDITOR_ROW_END },
  { COMMAND_PAGE_UP, EDITOR_PAGE_UP },
  { COMMAND_PAGE_DOWN, EDITOR_PAGE_DOWN },
  { COMMAND_TEXT_BEGIN, EDITOR_TEXT_BEGIN },
  { COMMAND_TEXT_END, EDITOR_TEXT_END },
  { COMMAND_ACCEPT, EDITOR_NEW_LINE },
  { COMMAND_BACKSPACE, EDITOR_BACKSPACE },
  { COMMAND_DELETE, EDITOR_DELETE },
  { COMMAND_WORD_BACKSPACE, EDITOR_WORD_BACKSPACE },
  { COMMAND_WORD_DELETE, EDITOR_WORD_DELETE },
  { COMMAND_MARK, EDITOR_MARK },
  { COMMAND_CUT, EDITOR_CUT },
  { COMMAND_COPY, EDITOR_COPY },
  { COMMAND_PASTE, EDITOR_PASTE },
  { COMMAND_JUSTIFY, EDITOR_JUSTIFY },
  { COMMAND_QUOTE, EDITOR_QUOTE },
  { COMMAND_UNQUOTE, EDITOR_UNQUOTE },
  { COMMAND_UNDO, EDITOR_UNDO },
  { COMMAND_REDO, EDITOR_REDO },
};

gboolean
editor_command_of (KeyCommand command, EditorCommand *ret_command)
{
  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    if (pairs[i].key == command) {
      *ret_command = pairs[i].editor;
      return TRUE;
    }
  return FALSE;
}
