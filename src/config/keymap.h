/* Which key does what in the composer: one table of commands with their names, keys, labels
 * and help; [keys] in the configuration changes the keys ("send = ^X, F5"). The bottom line,
 * the help screen, the manual page and the parser are made from it. */
#pragma once

#include <glib.h>

/* A key as it is pressed, without what is typed or pasted. */
typedef enum {
  PRESS_NONE,
  PRESS_TEXT,      /* .text, .length: what was typed, one cluster or more */
  PRESS_PASTE,     /* .text, .length: a bracketed paste, exactly */
  PRESS_CONTROL,   /* .letter: 'A' … 'Z', '[', '\\', ']', '^', '_', ' ' */
  PRESS_META,      /* .letter: what ESC or Alt came with, lower case */
  PRESS_FUNCTION,  /* .letter: 1 … 12 */
  PRESS_ENTER, PRESS_TAB, PRESS_BACK_TAB, PRESS_ESCAPE, PRESS_BACKSPACE, PRESS_DELETE, PRESS_INSERT,
  PRESS_UP, PRESS_DOWN, PRESS_LEFT, PRESS_RIGHT, PRESS_HOME, PRESS_END, PRESS_PAGE_UP, PRESS_PAGE_DOWN,
  PRESS_CONTROL_LEFT, PRESS_CONTROL_RIGHT, PRESS_CONTROL_HOME, PRESS_CONTROL_END,
  PRESS_CONTROL_BACKSPACE, PRESS_CONTROL_DELETE,
} PressKind;

typedef struct {
  PressKind   kind;
  guint       letter;
  const char *text;   /* the caller's */
  gsize       length;
} Press;

/* Where a key is pressed: a command is there, or it is typed. */
typedef enum {
  KEYS_ANYWHERE, KEYS_FIELD, KEYS_BODY, KEYS_REVIEW, KEYS_SENDING, KEYS_OUTBOX, KEYS_FILES, KEYS_DIALOG,
  KEYS_HELP,
} KeyPlace;

typedef enum {
  COMMAND_NONE,
  /* anywhere */
  COMMAND_HELP, COMMAND_CANCEL, COMMAND_REDRAW, COMMAND_SUSPEND, COMMAND_QUIT,
  COMMAND_OUTBOX, COMMAND_NEW,
  /* moving, in fields, body and lists */
  COMMAND_UP, COMMAND_DOWN, COMMAND_LEFT, COMMAND_RIGHT, COMMAND_WORD_LEFT, COMMAND_WORD_RIGHT,
  COMMAND_ROW_BEGIN, COMMAND_ROW_END, COMMAND_PAGE_UP, COMMAND_PAGE_DOWN, COMMAND_TEXT_BEGIN,
  COMMAND_TEXT_END, COMMAND_NEXT, COMMAND_PREVIOUS, COMMAND_ACCEPT /* Enter */,
  /* editing */
  COMMAND_BACKSPACE, COMMAND_DELETE, COMMAND_WORD_BACKSPACE, COMMAND_WORD_DELETE, COMMAND_MARK,
  COMMAND_CUT, COMMAND_COPY, COMMAND_PASTE, COMMAND_JUSTIFY, COMMAND_QUOTE, COMMAND_UNQUOTE,
  COMMAND_UNDO, COMMAND_REDO, COMMAND_SEARCH, COMMAND_SEARCH_NEXT, COMMAND_REPLACE,
  COMMAND_READ_FILE, COMMAND_EDITOR /* $EDITOR */, COMMAND_COMPLETE, COMMAND_BROWSE,
  /* the letter */
  COMMAND_ATTACH, COMMAND_DETACH, COMMAND_RENAME, COMMAND_ACCOUNT, COMMAND_MORE_FIELDS,
  COMMAND_SEND, COMMAND_SEND_LATER, COMMAND_YES, COMMAND_NO, COMMAND_SAVE, COMMAND_SAVE_NOW,
  COMMAND_UNDO_SEND,
  /* the outbox */
  COMMAND_SHOW, COMMAND_RETRY, COMMAND_HOLD, COMMAND_RELEASE, COMMAND_EDIT, COMMAND_DROP,
  COMMAND_RESOLVE_SENT, COMMAND_RESOLVE_RESEND,
  COMMAND_COUNT,
} KeyCommand;

typedef struct {
  KeyCommand  command;
  guint       places;    /* bits 1 << KeyPlace */
  const char *name;      /* in [keys] */
  const char *keys;      /* the default, as in the file: "^X, F5" */
  const char *label;     /* N_(): a word for the bottom line; NULL: not shown there */
  const char *help;      /* N_(): a sentence for the help screen and the manual */
} KeyRow;

gsize         key_row_count (void);
const KeyRow *key_row_at (gsize index);
const KeyRow *key_row_of (KeyCommand command);

typedef struct Keymap Keymap;

Keymap *keymap_new (void);  /* the defaults */
void    keymap_free (Keymap *keymap);

/* Gives the command NAME the KEYS ("^X, F5", "M-u", "none") in place of its own. FALSE with
 * TOUKAN_ERROR_CONFIGURATION: the nearest name, a key that is none, or one that another
 * command has in the same place (without place in the file: the caller knows it). */
gboolean keymap_set (Keymap *keymap, const char *name, const char *keys, GError **error);

/* What PRESS does at PLACE; COMMAND_NONE: it is typed, or does nothing. */
KeyCommand keymap_find (const Keymap *keymap, KeyPlace place, const Press *press);

/* "^X", "M-U", "F1", "Enter": the first key of COMMAND; "" when it has none. Free with g_free(). */
char *keymap_key (const Keymap *keymap, KeyCommand command);

/* All its keys: "^G, F1". Free with g_free(). */
char *keymap_keys (const Keymap *keymap, KeyCommand command);

/* Reads one key's name. */
gboolean press_parse (const char *name, Press *ret_press);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Keymap, keymap_free)
