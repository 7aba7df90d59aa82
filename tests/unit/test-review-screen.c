/* The review: what is said of a letter before it leaves. */
#include <locale.h>
#include <string.h>

#include "../lib/fake-desk.h"
#include "../lib/tap.h"
#include "tui/review-screen.h"

typedef struct {
  const char *name;
  const char *to, *bcc, *subject, *body;
  guint64 size;
  const char *fault;
  const char *expected; /* is to be seen; NULL: no oddity at all is */
} Row;

static const Row rows[] = {
  { "nothing odd", "taro@example.net", "", "Lunch", "At noon?", 400, NULL, NULL },
  { "no subject", "taro@example.net", "", "  ", "At noon?", 400, NULL, "! It has no subject" },
  { "no text", "taro@example.net", "", "Lunch", "\n", 400, NULL, "! It has no text" },
  { "no recipient", "", "", "Lunch", "At noon?", 400, NULL, "! It has no recipient" },
  { "an attachment that isn't", "taro@example.net", "", "Plan", "The plan is attached.", 400, NULL,
    "! Its text speaks of an attachment" },
  { "not when it is quoted", "taro@example.net", "", "Plan", "> The plan is attached.\nThanks", 400, NULL,
    NULL },
  { "nearly a known domain", "taro@exarnple.org", "", "Lunch", "At noon?", 400, NULL,
    "is nearly example.org" },
  { "large", "taro@example.net", "", "Film", "See", 30000000, NULL, "! It is large: 30.0\302\240MB" },
  { "a fault", "taro@example.net", "", "Lunch", "At noon?", 0, "To: this is no address",
    "! To: this is no address" },
  { "blind copies", "taro@example.net", "boss@example.net", "Lunch", "At noon?", 400, NULL,
    "boss@example.net, unseen by the others" },
  { "a domain in Unicode", "taro@xn--mnchen-3ya.example", "", "Lunch", "At noon?", 400, NULL,
    "taro@münchen.example (xn--mnchen-3ya.example)" },
  { "the envelope", "taro@example.net", "", "Lunch", "At noon?", 400, NULL, "Envelope: hanako@work.example" },
};

static Letter *
letter_of (const Row *row)
{
  Letter *letter = letter_new ();
  const struct {
    char **field;
    const char *text;
  } fields[] = { { &letter->from, "Hanako <hanako@work.example>" },
                 { &letter->to, row->to },
                 { &letter->bcc, row->bcc },
                 { &letter->subject, row->subject },
                 { &letter->body, row->body } };

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++) {
    g_free (*fields[i].field);
    *fields[i].field = g_strdup (fields[i].text);
  }
  return letter;
}

static Screen *
open_review (FakeDesk *fake, const Row *row)
{
  g_autoptr (Letter) letter = letter_of (row);
  g_autoptr (Envelope) envelope
      = *row->to ? letter_envelope (letter, NULL) : envelope_new ("hanako@work.example");
  g_autoptr (GPtrArray) domains = g_ptr_array_new ();
  const ReviewFacts facts = { .letter = letter,
                              .account = "work",
                              .envelope = row->fault ? NULL : envelope,
                              .fault = row->fault,
                              .size = row->size,
                              .attachment_words = "attached, enclosed",
                              .domains = domains };

  g_ptr_array_add (domains, (char *)"example.org");
  Screen *screen = review_screen_new (&fake->desk, &facts);
  board_open (fake->board, screen);
  return screen;
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);

  open_review (fake, row);
  if (row->expected)
    g_assert_true (fake_desk_shows (fake, row->expected));
  else
    g_assert_null (strstr (fake_desk_draw (fake), "!"));
}

/* One key from a reviewed letter to a sent one; none from one that can't be. */
static void
test_send (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);

  open_review (fake, &rows[0]);
  g_assert_true (fake_desk_shows (fake, "Send this letter?"));
  fake_desk_press (fake, "^X");
  g_assert_true (fake_desk_was_asked (fake, "submit 0"));
}

static void
test_refuse (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);

  open_review (fake, &rows[3]);
  fake_desk_press (fake, "^X");
  g_assert_cmpstr (fake->log->str, ==, "");
  g_assert_true (fake_desk_shows (fake, "This letter can't be sent yet"));
}

static void
test_later (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);

  open_review (fake, &rows[0]);
  fake_desk_press (fake, "^S");
  fake_desk_type (fake, "in 2 moons");
  fake_desk_press (fake, "Enter");
  g_assert_true (fake_desk_shows (fake, "\"in 2 moons\" is no time"));
  for (guint i = 0; i < strlen ("moons"); i++)
    fake_desk_press (fake, "Backspace");
  fake_desk_type (fake, "hours");
  fake_desk_press (fake, "Enter");
  g_assert_true (fake_desk_shows (fake, "Time:     "));
  fake_desk_press (fake, "^X");
  g_assert_true (fake_desk_was_asked (fake, "submit 1800007200"));
}

static void
test_back_and_keep (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);

  open_review (fake, &rows[0]);
  fake_desk_press (fake, "^O");
  g_assert_true (fake_desk_was_asked (fake, "keep"));
  fake_desk_press (fake, "Escape");
  g_assert_true (fake_desk_was_asked (fake, "close review"));
  g_assert_null (board_top (fake->board));
}

static void
test_yes_and_no (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);

  open_review (fake, &rows[0]);
  fake_desk_press (fake, "y");
  g_assert_true (fake_desk_was_asked (fake, "submit 0"));
  fake_desk_press (fake, "n");
  g_assert_true (fake_desk_was_asked (fake, "close review"));
}

/* Even who wants no review gets one when it may be the wrong person. */
static void
test_needed (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (FakeDesk) fake = fake_desk_new (80, 24);
    const Screen *screen = open_review (fake, &rows[i]);
    const gboolean needed = *rows[i].to == '\0' || rows[i].fault || strstr (rows[i].to, "exarnple");
    g_assert_cmpint (review_screen_is_needed (screen), ==, needed);
  }
}

/* Everything can be reached on the smallest screen. */
static void
test_small (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (40, 12);

  open_review (fake, &rows[1]);
  g_assert_true (fake_desk_shows (fake, "! It has no subject"));
  for (guint i = 0; i < 10; i++)
    fake_desk_press (fake, "Down");
  g_assert_true (fake_desk_shows (fake, "now"));
  g_assert_true (fake_desk_shows (fake, "^X Send"));
}

/* Nobody takes the beginning for all. */
static void
test_more (void)
{
  g_autoptr (FakeDesk) fake = fake_desk_new (40, 10);

  open_review (fake, &rows[1]);
  g_assert_true (fake_desk_shows (fake, " 3 more rows"));
  fake_desk_press (fake, "Down");
  g_assert_true (fake_desk_shows (fake, " 2 more rows"));
  fake_desk_press (fake, "Down");
  g_assert_true (fake_desk_shows (fake, " 1 more row"));
  fake_desk_press (fake, "Down");
  g_assert_null (strstr (fake_desk_draw (fake), "more row"));
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C.UTF-8");
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strdup_printf ("/review/odd/%s", rows[i].name);
    g_test_add_data_func (path, &rows[i], test_row);
  }
  g_test_add_func ("/review/one key sends", test_send);
  g_test_add_func ("/review/none sends what can't be sent", test_refuse);
  g_test_add_func ("/review/later", test_later);
  g_test_add_func ("/review/back and keep", test_back_and_keep);
  g_test_add_func ("/review/yes and no", test_yes_and_no);
  g_test_add_func ("/review/needed", test_needed);
  g_test_add_func ("/review/40x12", test_small);
  g_test_add_func ("/review/more", test_more);
  return g_test_run ();
}
