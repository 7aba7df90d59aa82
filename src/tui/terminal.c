/* ncurses behind a few functions. */
#include "tui/terminal.h"

#include <curses.h>
#include <glib-unix.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "tui/octets.h"
#include "tui/terminal-keys.h"

/* How long an ESC waits for what makes a sequence of it. */
#define ESCAPE_DELAY_MS 25

#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"

struct Terminal {
  TerminalWatch watch;
  TerminalKeys *keys;
  Octets octets;
  SCREEN *screen;
  guint input, resize;
  gboolean utf8, colours, away;
  struct termios mode; /* as the composer has it */
};

/* --- colours ------------------------------------------------------------------------- */

static const struct {
  short colour;      /* -1: the terminal's own */
  attr_t attributes; /* beside it, */
  attr_t plain;      /*   and where there are no colours */
} looks[] = {
  [STYLE_PLAIN] = { -1, A_NORMAL, A_NORMAL },
  [STYLE_DIM] = { -1, A_DIM, A_DIM },
  [STYLE_STRONG] = { -1, A_BOLD, A_BOLD },
  [STYLE_BAR] = { -1, A_REVERSE, A_REVERSE },
  [STYLE_KEY] = { -1, A_REVERSE, A_REVERSE },
  [STYLE_LABEL] = { COLOR_CYAN, A_NORMAL, A_BOLD },
  [STYLE_SELECTED] = { -1, A_REVERSE, A_REVERSE },
  [STYLE_MARKED] = { -1, A_REVERSE, A_REVERSE },
  [STYLE_QUOTE] = { COLOR_BLUE, A_NORMAL, A_DIM },
  [STYLE_GOOD] = { COLOR_GREEN, A_NORMAL, A_BOLD },
  [STYLE_WARNING] = { COLOR_YELLOW, A_NORMAL, A_BOLD },
  [STYLE_BAD] = { COLOR_RED, A_BOLD, A_BOLD | A_UNDERLINE },
  [STYLE_WAITING] = { COLOR_MAGENTA, A_NORMAL, A_NORMAL },
};

static void
start_colours (Terminal *terminal)
{
  const char *refused = g_getenv ("NO_COLOR");

  terminal->colours = has_colors () && (refused == NULL || *refused == '\0');
  if (!terminal->colours)
    return;
  start_color ();
  use_default_colors ();
  for (gsize i = 0; i < G_N_ELEMENTS (looks); i++)
    if (looks[i].colour >= 0)
      init_pair ((short)(i + 1), looks[i].colour, -1);
}

/* --- drawing -------------------------------------------------------------------------- */

/* What the locale's encoding can't hold is drawn as what is nearest. */
static wchar_t
drawable (const Terminal *terminal, gunichar character)
{
  if (terminal->utf8 || character < 0x80)
    return (wchar_t)character;
  switch (character) {
  case 0x2500: /* ─ */
  case 0x2501: /* ━ */
    return L'-';
  case 0x2502: /* │ */
  case 0x2524: /* ┤ */
    return L'|';
  case 0x25CF: /* ● */
    return L'*';
  case 0x2026: /* … */
    return L'~';
  default:
    return L'?';
  }
}

static void
put_cell (const Terminal *terminal, const Cell *cell)
{
  const gboolean coloured = terminal->colours && looks[cell->style].colour >= 0;
  wchar_t text[CELL_CHARACTERS + 1] = { 0 };
  cchar_t character;

  for (gsize i = 0; i < CELL_CHARACTERS && cell->text[i] != 0; i++)
    text[i] = drawable (terminal, cell->text[i]);
  if (setcchar (&character, text,
                terminal->colours ? looks[cell->style].attributes : looks[cell->style].plain,
                coloured ? (short)(cell->style + 1) : 0, NULL)
      == OK)
    add_wch (&character);
}

void
terminal_show (Terminal *terminal, const Surface *surface)
{
  if (terminal->away)
    return;
  erase ();
  for (guint y = 0; y < surface->height; y++)
    for (guint x = 0; x < surface->width; x++) {
      const Cell *cell = surface_cell (surface, x, y);
      if (cell->text[0] == 0)
        continue;
      move ((int)y, (int)x);
      put_cell (terminal, cell);
    }
  /* Unseen, it waits where others may write: a password's question finds it there. */
  if (surface->cursor_x >= 0)
    move (surface->cursor_y, surface->cursor_x);
  else
    move (MAX ((int)surface->height - 2, 0), 0);
  curs_set (surface->cursor_x >= 0 ? 1 : 0);
  refresh ();
}

void
terminal_redraw (Terminal *terminal)
{
  clearok (curscr, TRUE);
}

/* --- reading ---------------------------------------------------------------------------- */

static void
on_press (const Press *press, gpointer data)
{
  Terminal *terminal = data;

  terminal->watch.pressed (press, terminal->watch.data);
}

/* By octets: get_wch() swallows what the locale has no character for. */
static void
read_keys (Terminal *terminal)
{
  gunichar characters[OCTETS_LIMIT];
  int code;

  while ((code = getch ()) != ERR) {
    if (code == KEY_RESIZE)
      continue; /* told by the signal */
    if (code > G_MAXUINT8) {
      terminal_keys_take (terminal->keys, (guint)code, TRUE);
      continue;
    }
    const gsize count = octets_take (&terminal->octets, (guchar)code, characters);
    for (gsize i = 0; i < count; i++)
      terminal_keys_take (terminal->keys, characters[i], FALSE);
  }
  terminal_keys_rest (terminal->keys);
}

static gboolean
on_input (gint fd, GIOCondition condition, gpointer data)
{
  Terminal *terminal = data;
  int waiting = 0;

  if (terminal->away)
    return G_SOURCE_CONTINUE;
  /* A terminal that can be read, and has nothing to read, has been hung up. */
  const gboolean gone = (condition & (G_IO_HUP | G_IO_ERR | G_IO_NVAL)) != 0
                        || (ioctl (fd, FIONREAD, &waiting) == 0 && waiting == 0 && !isatty (fd));
  if (!gone) {
    read_keys (terminal);
    return G_SOURCE_CONTINUE;
  }
  terminal->input = 0;
  terminal->watch.gone (terminal->watch.data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_resize (gpointer data)
{
  Terminal *terminal = data;
  struct winsize size;

  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
    resizeterm (size.ws_row, size.ws_col);
  terminal_redraw (terminal);
  if (!terminal->away)
    terminal->watch.resized (terminal_width (terminal), terminal_height (terminal), terminal->watch.data);
  return G_SOURCE_CONTINUE;
}

/* --- life -------------------------------------------------------------------------------- */

static void
write_sequence (const char *sequence)
{
  fputs (sequence, stdout);
  fflush (stdout);
}

static void
settle (Terminal *terminal)
{
  raw (); /* ^C, ^Z, ^S and ^Q are keys */
  noecho ();
  nonl ();
  keypad (stdscr, TRUE);
  nodelay (stdscr, TRUE);
  set_escdelay (ESCAPE_DELAY_MS);
  terminal_keys_define ();
  tcgetattr (STDIN_FILENO, &terminal->mode);
  write_sequence (PASTE_ON);
}

/* FALSE: terminfo doesn't know the terminal NAME, or only how to write line after line on it. */
static gboolean
can_place_cursor (const char *name)
{
  int result = 0;

  if (setupterm (name, STDOUT_FILENO, &result) != OK || result != 1)
    return FALSE;
  const char *place = tigetstr ("cup");
  const gboolean can = place != NULL && place != (const char *)-1;
  del_curterm (cur_term);
  return can;
}

static gboolean
check (GError **error)
{
  const char *name = g_getenv ("TERM");

  if (!isatty (STDIN_FILENO) || !isatty (STDOUT_FILENO)) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_UNAVAILABLE,
                 _ ("the composer needs a terminal; `toukan send` sends what comes by a pipe"));
    return FALSE;
  }
  if (name == NULL || *name == '\0') {
    g_set_error (
        error, TOUKAN_ERROR, TOUKAN_ERROR_UNAVAILABLE,
        _ ("TERM isn't set, so this terminal's keys and sequences aren't known: try TERM=xterm-256color"));
    return FALSE;
  }
  if (!can_place_cursor (name)) {
    g_autofree char *shown = visible_text (name, -1);
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_UNAVAILABLE,
                 _ ("this system knows no terminal \"%s\" (TERM), or one that can't place its cursor: try "
                    "TERM=xterm-256color"),
                 shown);
    return FALSE;
  }
  return TRUE;
}

Terminal *
terminal_open (const TerminalWatch *watch, GError **error)
{
  if (!check (error))
    return NULL;
  SCREEN *screen = newterm (NULL, stdout, stdin);
  if (screen == NULL) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_UNAVAILABLE, _ ("the terminal can't be used"));
    return NULL;
  }
  Terminal *terminal = g_new0 (Terminal, 1);
  terminal->watch = *watch;
  terminal->screen = screen;
  terminal->utf8 = strcmp (nl_langinfo (CODESET), "UTF-8") == 0;
  terminal->octets.form = octets_form (nl_langinfo (CODESET));
  terminal->keys = terminal_keys_new (on_press, terminal);
  set_term (screen);
  start_colours (terminal);
  settle (terminal);
  terminal->input = g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, terminal);
  terminal->resize = g_unix_signal_add (SIGWINCH, on_resize, terminal);
  return terminal;
}

void
terminal_close (Terminal *terminal)
{
  if (terminal == NULL)
    return;
  if (terminal->input != 0)
    g_source_remove (terminal->input);
  g_source_remove (terminal->resize);
  if (!terminal->away)
    terminal_leave (terminal);
  delscreen (terminal->screen);
  terminal_keys_free (terminal->keys);
  g_free (terminal);
}

guint
terminal_width (const Terminal *terminal)
{
  return (guint)MAX (COLS, 1);
}

guint
terminal_height (const Terminal *terminal)
{
  return (guint)MAX (LINES, 1);
}

void
terminal_leave (Terminal *terminal)
{
  terminal->away = TRUE;
  write_sequence (PASTE_OFF);
  endwin ();
}

void
terminal_return (Terminal *terminal)
{
  terminal->away = FALSE;
  refresh ();
  settle (terminal);
  terminal_redraw (terminal);
  on_resize (terminal); /* the window may have another size by now */
}

/* Who asks by lines wants the terminal as a shell has it; pinentry has made it its own already. */
void
terminal_lend (Terminal *terminal)
{
  struct termios now;

  terminal->away = TRUE;
  write_sequence (PASTE_OFF);
  curs_set (1);
  if (tcgetattr (STDIN_FILENO, &now) == 0 && now.c_lflag == terminal->mode.c_lflag
      && now.c_iflag == terminal->mode.c_iflag)
    reset_shell_mode ();
}

void
terminal_reclaim (Terminal *terminal)
{
  endwin (); /* so that the alternate screen is entered anew, whoever left it */
  terminal_return (terminal);
}

void
terminal_suspend (Terminal *terminal)
{
  terminal_leave (terminal);
  kill (0, SIGSTOP); /* as the terminal would: the whole job */
  terminal_return (terminal);
}
