/* Keys as curses reads them. ncurses knows a sequence only where terminfo has it, and has no
 * numbers for Ctrl with an arrow, nor for a paste: those are defined here. */
#include "tui/terminal-keys.h"

#include <curses.h>
#include <term.h>

/* Free numbers, above those that ncurses gives to what it finds in terminfo. */
enum {
  CODE_PASTE_BEGIN = KEY_MAX + 1000,
  CODE_PASTE_END,
  CODE_CONTROL_LEFT,
  CODE_CONTROL_RIGHT,
  CODE_CONTROL_HOME,
  CODE_CONTROL_END,
  CODE_CONTROL_DELETE,
  CODE_META_TAB,
};

struct TerminalKeys {
  TerminalKeysPress press;
  gpointer data;
  gboolean escape; /* ESC has come, and what follows decides */
  gboolean pasting;
  GString *text; /* typed or pasted, until it goes out */
};

TerminalKeys *
terminal_keys_new (TerminalKeysPress press, gpointer data)
{
  TerminalKeys *keys = g_new0 (TerminalKeys, 1);

  keys->press = press;
  keys->data = data;
  keys->text = g_string_new (NULL);
  return keys;
}

void
terminal_keys_free (TerminalKeys *keys)
{
  if (!keys)
    return;
  g_string_free (keys->text, TRUE);
  g_free (keys);
}

/* --- definitions ------------------------------------------------------------------- */

static const struct {
  int code;
  const char *sequence;   /* as xterm and those after it send it */
  const char *capability; /* terminfo's extended name; NULL: none */
} sequences[] = {
  { CODE_PASTE_BEGIN, "\033[200~", NULL },
  { CODE_PASTE_END, "\033[201~", NULL },
  { CODE_CONTROL_LEFT, "\033[1;5D", "kLFT5" },
  { CODE_CONTROL_LEFT, "\033Od", NULL },
  { CODE_CONTROL_RIGHT, "\033[1;5C", "kRIT5" },
  { CODE_CONTROL_RIGHT, "\033Oc", NULL },
  { CODE_CONTROL_HOME, "\033[1;5H", "kHOM5" },
  { CODE_CONTROL_END, "\033[1;5F", "kEND5" },
  { CODE_CONTROL_DELETE, "\033[3;5~", "kDC5" },
  { KEY_BTAB, "\033[Z", NULL },
  { KEY_HOME, "\033[1~", NULL },
  { KEY_END, "\033[4~", NULL },
};

void
terminal_keys_define (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (sequences); i++) {
    const char *own = sequences[i].capability != NULL ? tigetstr (sequences[i].capability) : NULL;
    define_key (sequences[i].sequence, sequences[i].code);
    if (own != NULL && own != (char *)-1)
      define_key (own, sequences[i].code);
  }
}

/* --- what goes out ------------------------------------------------------------------- */

static void
send (TerminalKeys *keys, Press press)
{
  keys->press (&press, keys->data);
}

static void
send_text (TerminalKeys *keys, PressKind kind)
{
  if (keys->text->len == 0)
    return;
  g_autofree char *text = g_strndup (keys->text->str, keys->text->len);
  const gsize length = keys->text->len;
  g_string_truncate (keys->text, 0);
  send (keys, (Press){ .kind = kind, .letter = (guchar)text[0], .text = text, .length = length });
}

static const struct {
  int code;
  PressKind kind;
} codes[] = {
  { KEY_UP, PRESS_UP },
  { KEY_DOWN, PRESS_DOWN },
  { KEY_LEFT, PRESS_LEFT },
  { KEY_RIGHT, PRESS_RIGHT },
  { KEY_HOME, PRESS_HOME },
  { KEY_END, PRESS_END },
  { KEY_PPAGE, PRESS_PAGE_UP },
  { KEY_NPAGE, PRESS_PAGE_DOWN },
  { KEY_BACKSPACE, PRESS_BACKSPACE },
  { KEY_DC, PRESS_DELETE },
  { KEY_IC, PRESS_INSERT },
  { KEY_ENTER, PRESS_ENTER },
  { KEY_BTAB, PRESS_BACK_TAB },
  { CODE_CONTROL_LEFT, PRESS_CONTROL_LEFT },
  { CODE_CONTROL_RIGHT, PRESS_CONTROL_RIGHT },
  { CODE_CONTROL_HOME, PRESS_CONTROL_HOME },
  { CODE_CONTROL_END, PRESS_CONTROL_END },
  { CODE_CONTROL_DELETE, PRESS_CONTROL_DELETE },
};

static void
take_code (TerminalKeys *keys, int code)
{
  if (code == CODE_PASTE_BEGIN || code == CODE_PASTE_END) {
    send_text (keys, keys->pasting ? PRESS_PASTE : PRESS_TEXT);
    keys->pasting = code == CODE_PASTE_BEGIN;
    return;
  }
  if (keys->pasting)
    return; /* a sequence in a paste that terminfo knows is nobody's key */
  send_text (keys, PRESS_TEXT);
  if (code > KEY_F0 && code <= KEY_F (12)) {
    send (keys, (Press){ .kind = PRESS_FUNCTION, .letter = (guint)(code - KEY_F0) });
    return;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (codes); i++)
    if (codes[i].code == code)
      send (keys, (Press){ .kind = codes[i].kind });
}

static void
take_control (TerminalKeys *keys, guint code)
{
  send_text (keys, PRESS_TEXT);
  switch (code) {
  case '\r':
    send (keys, (Press){ .kind = PRESS_ENTER });
    break;
  case '\t':
    send (keys, (Press){ .kind = PRESS_TAB });
    break;
  case 0x7F:
    send (keys, (Press){ .kind = PRESS_BACKSPACE });
    break;
  default: /* LF is ^J, BS is ^H: the keymap knows */
    send (keys, (Press){ .kind = PRESS_CONTROL, .letter = code + '@' });
    break;
  }
}

/* What came behind ESC. */
static void
take_meta (TerminalKeys *keys, guint code)
{
  keys->escape = FALSE;
  if (code == 0x7F || code == '\b')
    send (keys, (Press){ .kind = PRESS_CONTROL_BACKSPACE });
  else if (code < 0x80)
    send (keys, (Press){ .kind = PRESS_META, .letter = (guint)g_ascii_tolower ((char)code) });
}

void
terminal_keys_take (TerminalKeys *keys, guint code, gboolean is_key)
{
  if (is_key) {
    if (keys->escape && !keys->pasting)
      send (keys, (Press){ .kind = PRESS_ESCAPE });
    keys->escape = FALSE;
    take_code (keys, (int)code);
  } else if (keys->pasting) {
    g_string_append_unichar (keys->text, code == '\r' ? '\n' : code);
  } else if (keys->escape) {
    take_meta (keys, code);
  } else if (code == 0x1B) {
    send_text (keys, PRESS_TEXT);
    keys->escape = TRUE;
  } else if (code < 0x20 || code == 0x7F) {
    take_control (keys, code);
  } else {
    g_string_append_unichar (keys->text, code);
    /* A key alone is known by its letter; clusters and what was typed ahead stay together. */
    if (code < 0x80)
      send_text (keys, PRESS_TEXT);
  }
}

void
terminal_keys_rest (TerminalKeys *keys)
{
  if (keys->pasting)
    return;
  send_text (keys, PRESS_TEXT);
  if (keys->escape)
    send (keys, (Press){ .kind = PRESS_ESCAPE });
  keys->escape = FALSE;
}
