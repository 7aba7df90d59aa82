/* From what curses reads to what was pressed: escape sequences, Alt, bracketed paste. */
#pragma once

#include "config/keymap.h"

typedef struct TerminalKeys TerminalKeys;

typedef void (*TerminalKeysPress) (const Press *press, gpointer data);

TerminalKeys *terminal_keys_new (TerminalKeysPress press, gpointer data);
void          terminal_keys_free (TerminalKeys *keys);

/* Tells curses of the sequences that terminfo doesn't have names of their own for. Once, when
 * the screen is open. */
void terminal_keys_define (void);

/* CODE as wget_wch() gave it; IS_KEY: it returned KEY_CODE_YES. */
void terminal_keys_take (TerminalKeys *keys, guint code, gboolean is_key);

/* Nothing more is there now: an ESC that waits for its letter was the key itself; what was
 * typed goes out. */
void terminal_keys_rest (TerminalKeys *keys);
