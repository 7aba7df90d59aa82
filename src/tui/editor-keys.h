/* Which commands of the keymap are the editor's. */
#pragma once

#include "config/keymap.h"
#include "tui/editor.h"

/* FALSE: COMMAND is none of them. */
gboolean editor_command_of (KeyCommand command, EditorCommand *ret_command);
