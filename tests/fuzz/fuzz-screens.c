/* Whatever is pressed on whatever screen, in whatever size: the cursor is on the surface, and each cell can
 * be shown. The first octet picks the screen, two more the size; then come keys, each an octet. */
#include <locale.h>
#include <stdint.h>
#include <string.h>

#include "../lib/fake-desk.h"
#include "tui/compose-screen.h"
#include "tui/outbox-screen.h"
#include "tui/review-screen.h"
#include "tui/text-screen.h"

int LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length);

#define KEYS_LIMIT 500

/* What needs files of this machine isn't pressed: ^T and ^R. */
static const char *const keys[]
    = { "Enter",  "Tab",   "BackTab",   "Escape",    "Backspace",  "Delete",  "Up",  "Down", "Left", "Right",
        "Home",   "End",   "PageUp",    "PageDown",  "^A",         "^B",      "^C",  "^D",   "^E",   "^F",
        "^G",     "^H",    "^J",        "^K",        "^L",         "^N",      "^O",  "^P",   "^S",   "^U",
        "^V",     "^W",    "^X",        "^Y",        "^\\",        "^^",      "^_",  "M-a",  "M-b",  "M-d",
        "M-e",    "M-f",   "M-h",       "M-k",       "M-m",        "M-n",     "M-o", "M-r",  "M-u",  "M-w",
        "M-6",    "M->",   "M-<",       "M-\\",      "M-/",        "F1",      "F2",  "F3",   "F4",   "F6",
        "Insert", "M-Tab", "Ctrl-Left", "Ctrl-Home", "Ctrl-Right", "Ctrl-End" };

/* What is typed in place of an octet from here on. */
static const char *const typed[]
    = { "ta",     "@",  ",", " ", "a", "昼", "🍜", "👩‍👩‍👧", "e\u0301", "\u200b",
        "\u202e", "\t", "y", "n", "k", "t",  "s" };

static void
set (char **field, const char *text)
{
  g_free (*field);
  *field = g_strdup (text);
}

static Screen *
new_compose (FakeDesk *fake)
{
  g_autoptr (Letter) letter = letter_new ();

  set (&letter->body, "Dear Taro,\n\n> At noon? お元気ですか\n\nA line that is longer than most screens are "
                      "wide, and goes on.\n-- \nHanako\n");
  letter_attach (letter, "/nowhere/a file with a long name 昼食.png", NULL, NULL);
  return compose_screen_new (&fake->desk, letter);
}

static Screen *
new_review (FakeDesk *fake)
{
  g_autoptr (Letter) letter = letter_new ();
  g_autoptr (Envelope) envelope = envelope_new ("hanako@example.org");

  envelope_add (envelope, "taro@example.net");
  set (&letter->to, "taro@example.net");
  set (&letter->subject, "Lunch お昼");
  const ReviewFacts facts = { .letter = letter, .account = "work", .envelope = envelope, .size = 1234 };
  return review_screen_new (&fake->desk, &facts);
}

static Screen *
new_outbox (FakeDesk *fake)
{
  return outbox_screen_new (&fake->desk);
}

static Screen *
new_text (FakeDesk *fake)
{
  return text_screen_new (&fake->desk, "A title that is longer than a narrow screen",
                          "one\ntwo お昼\n\nthree three three three three three three three three three\n");
}

static Screen *(*const screens[]) (FakeDesk *) = { new_compose, new_review, new_outbox, new_text };

static void
check (FakeDesk *fake)
{
  const Surface *surface = fake->surface;

  fake_desk_draw (fake);
  g_assert (surface->cursor_x < (int)surface->width && surface->cursor_y < (int)surface->height);
  for (guint y = 0; y < surface->height; y++)
    for (guint x = 0; x < surface->width; x++) {
      const gunichar first = surface_cell (surface, x, y)->text[0];
      g_assert (first != 0 || (x > 0 && surface_cell (surface, x - 1, y)->text[0] != 0));
      g_assert (first == 0 || !g_unichar_iscntrl (first));
    }
}

static void
resize (FakeDesk *fake, guint width, guint height)
{
  surface_free (fake->surface);
  fake->surface = surface_new (MAX (width, 1), MAX (height, 1));
}

static void
press (FakeDesk *fake, uint8_t octet)
{
  if (octet < G_N_ELEMENTS (keys))
    fake_desk_press (fake, keys[octet]);
  else if (octet < 250)
    fake_desk_type (fake, typed[octet % G_N_ELEMENTS (typed)]);
  else
    resize (fake, (octet - 250) * 20, (octet - 250) * 6);
  board_sweep (fake->board);
}

int
LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length)
{
  if (length < 3)
    return 0;
  setlocale (LC_CTYPE, "C.UTF-8");
  g_autoptr (FakeDesk) fake = fake_desk_new (MAX (octets[1] % 140, 1), MAX (octets[2] % 50, 1));
  board_open (fake->board, screens[octets[0] % G_N_ELEMENTS (screens)](fake));
  check (fake);
  for (size_t i = 3; i < MIN (length, KEYS_LIMIT) && board_top (fake->board); i++) {
    press (fake, octets[i]);
    check (fake);
  }
  return 0;
}
