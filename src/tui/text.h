/* The text under an editor: lines of UTF-8, one way to change them, and undo. A change
 * costs what it changes, wherever it is in however many lines. Pure. */
#pragma once

#include <glib.h>

typedef struct Text Text;

/* OCTET is at the beginning of a cluster, or behind the last one of its line. */
typedef struct {
  guint line;
  gsize octet;
} TextPlace;

Text *text_new (void);
void  text_free (Text *text);

/* Lines are counted from 0; there is always one. The octets of a line, without its end, lie
 * in one piece and have a NUL behind them, until the next change. */
guint       text_line_count (const Text *text);
const char *text_line (const Text *text, guint line, gsize *ret_length);

TextPlace text_end (const Text *text);
int       text_compare (TextPlace one, TextPlace other); /* as strcmp() */

/* What lies between FROM and TO, lines joined by LF, with a NUL behind it. RET_LENGTH may be
 * NULL. Free with g_free(). */
char *text_copy (const Text *text, TextPlace from, TextPlace to, gsize *ret_length);

/* The only change: what is between FROM and TO becomes OCTETS, whose line ends are LF, CRLF
 * or CR. What isn't UTF-8 becomes U+FFFD. Returns where the new octets end. */
TextPlace text_replace (Text *text, TextPlace from, TextPlace to, const char *octets, gsize length);

/* Puts OCTETS in place of everything, and forgets what could be undone. */
void text_set (Text *text, const char *octets, gsize length);

/* Changes with this step's number are undone together; a new step begins with each call. */
void text_begin_step (Text *text);

/* FALSE: there is nothing to take back. *RET_PLACE: where the cursor belongs then. */
gboolean text_undo (Text *text, TextPlace *ret_place);
gboolean text_redo (Text *text, TextPlace *ret_place);

/* Another number after each change. */
guint64 text_version (const Text *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Text, text_free)
