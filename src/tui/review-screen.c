/* Review. Oddities stand first, since who reviews looks at the top. */
#include "tui/review-screen.h"

#include <string.h>

#include "base/i18n.h"
#include "base/visible.h"
#include "engine/when.h"
#include "mail/address.h"
#include "tui/letter-words.h"
#include "mail/lookalike.h"
#include "tui/page.h"
#include "tui/paint.h"
#include "tui/board.h"

/* Many servers refuse more. */
#define LARGE ((guint64)20 * 1024 * 1024)

typedef struct {
  Screen screen;
  Desk *desk;
  char *account, *fault;
  Letter *letter;
  Envelope *envelope; /* NULL: there is none */
  guint64 size;
  Ticks undo_window;
  GPtrArray *oddities; /* of char * */
  gboolean grave;      /* one of them is about whom it goes to */
  gint64 at;           /* when it leaves; 0: now */
  Page page;
} ReviewScreen;

static ReviewScreen *
review_of (const Screen *screen)
{
  return (ReviewScreen *)screen;
}

/* --- what is odd -------------------------------------------------------------------- */

static void
add_oddity (ReviewScreen *review, char *words)
{
  g_ptr_array_add (review->oddities, words);
}

static void
find_look_alikes (ReviewScreen *review, const GPtrArray *domains)
{
  for (guint i = 0; domains && review->envelope && i < review->envelope->recipients->len; i++) {
    const char *address = envelope_recipient (review->envelope, i)->address;
    const char *known = lookalike_find (address_domain (address), domains);
    if (!known)
      continue;
    add_oddity (review, letter_words_look_alike (address, known));
    review->grave = TRUE;
  }
}

static void
find_oddities (ReviewScreen *review, const ReviewFacts *facts)
{
  const Letter *letter = facts->letter;

  if (facts->fault)
    add_oddity (review, g_strdup (facts->fault));
  if (review->envelope && review->envelope->recipients->len == 0)
    add_oddity (review, g_strdup (_ ("It has no recipient")));
  if (letter->subject[strspn (letter->subject, " \t")] == '\0')
    add_oddity (review, g_strdup (_ ("It has no subject")));
  if (letter->body[strspn (letter->body, " \t\n")] == '\0' && letter->attachments->len == 0
      && !letter->forwarded)
    add_oddity (review, g_strdup (_ ("It has no text")));
  if (letter_lacks_attachment (letter, facts->attachment_words))
    add_oddity (review, g_strdup (_ ("Its text speaks of an attachment, and nothing is attached")));
  if (facts->foreign)
    add_oddity (review,
                g_strdup_printf (_ ("From isn't the address of the account %s; its server may refuse it"),
                                 facts->account));
  find_look_alikes (review, facts->domains);
  if (facts->size > LARGE) {
    g_autofree char *size = g_format_size (facts->size);
    add_oddity (review, g_strdup_printf (_ ("It is large: %s; many servers refuse that"), size));
  }
}

static gboolean
can_be_sent (const ReviewScreen *review)
{
  return !review->fault && review->envelope && review->envelope->recipients->len > 0;
}

/* --- drawing -------------------------------------------------------------------------- */

typedef struct {
  const ReviewScreen *review;
  Surface *page;
  guint labels, y;
} Painting;

static const char *const labels[] = { N_ ("Account"), N_ ("From"),     N_ ("Envelope"), N_ ("To"),
                                      N_ ("Subject"), N_ ("Attached"), N_ ("Size"),     N_ ("Time") };

static guint
label_columns (void)
{
  guint columns = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (labels); i++)
    columns = MAX (columns, surface_columns (_ (labels[i]), -1));
  return columns + 2;
}

static void
paint_labelled (Painting *painting, const char *label, const char *text)
{
  g_autofree char *words = *label != '\0' ? g_strdup_printf ("%s:", _ (label)) : g_strdup ("");

  painting->y
      += paint_field (painting->page, painting->y, PAGE_ROWS, painting->labels, words, STYLE_PLAIN, text);
}

static void
paint_oddities (Painting *painting)
{
  const ReviewScreen *review = painting->review;
  const guint width = painting->page->width > 2 ? painting->page->width - 2 : 2;

  for (guint i = 0; i < review->oddities->len; i++) {
    const Style style = i == 0 && review->fault ? STYLE_BAD : STYLE_WARNING;
    surface_put (painting->page, 0, painting->y, 2, style, "! ", 2);
    painting->y += paint_text (painting->page, 2, painting->y, width, PAGE_ROWS - painting->y, style,
                               g_ptr_array_index (review->oddities, i));
  }
}

/* TRUE: nobody else sees that ADDRESS has it. */
static gboolean
is_hidden (const ReviewScreen *review, const char *address)
{
  g_autoptr (GPtrArray) mailboxes = address_parse_list (review->letter->bcc, NULL, NULL);

  for (guint i = 0; mailboxes && i < mailboxes->len; i++)
    if (strcmp (((const Mailbox *)g_ptr_array_index (mailboxes, i))->address, address) == 0)
      return TRUE;
  return FALSE;
}

static void
paint_recipients (Painting *painting)
{
  const Envelope *envelope = painting->review->envelope;
  const guint n = envelope ? envelope->recipients->len : 0;

  for (guint i = 0; i < n; i++) {
    const char *address = envelope_recipient (envelope, i)->address;
    g_autofree char *shown = letter_words_address (address);
    g_autofree char *hidden = is_hidden (painting->review, address)
                                  /* TRANSLATORS: an address whose owner gets a blind copy */
                                  ? g_strdup_printf (_ ("%s, unseen by the others"), shown)
                                  : NULL;
    paint_labelled (painting, i == 0 ? labels[3] : "", hidden ? hidden : shown);
  }
  if (n > 1) {
    g_autofree char *count = g_strdup_printf (ngettext ("%u recipient", "%u recipients", n), n);
    paint_labelled (painting, "", count);
  }
}

static char *
time_words (const ReviewScreen *review)
{
  if (review->at != 0)
    return when_format (review->at, review->desk->wall (review->desk));
  if (review->undo_window == 0)
    return g_strdup (_ ("now"));
  g_autofree char *span = ticks_to_string (review->undo_window);
  return g_strdup_printf (_ ("now; it can be taken back for %s"), span);
}

static guint
paint (Surface *page, gpointer data)
{
  const ReviewScreen *review = data;
  Painting painting = { review, page, label_columns (), 0 };
  g_autofree char *from = visible_text (review->letter->from, -1);
  g_autofree char *subject = visible_text (review->letter->subject, -1);
  g_autofree char *size = review->size > 0 ? g_format_size (review->size) : NULL;
  g_autofree char *time = time_words (review);

  paint_oddities (&painting);
  painting.y += review->oddities->len > 0 ? 1 : 0;
  paint_labelled (&painting, labels[0], review->account);
  paint_labelled (&painting, labels[1], from);
  if (review->envelope) {
    g_autofree char *sender = letter_words_address (review->envelope->sender);
    paint_labelled (&painting, labels[2], sender);
  }
  paint_recipients (&painting);
  paint_labelled (&painting, labels[4], *subject != '\0' ? subject : "-");
  for (guint i = 0; i < review->letter->attachments->len; i++) {
    g_autofree char *words
        = letter_words_attachment (g_ptr_array_index (review->letter->attachments, i), NULL);
    paint_labelled (&painting, i == 0 ? labels[5] : "", words);
  }
  if (size)
    paint_labelled (&painting, labels[6], size);
  paint_labelled (&painting, labels[7], time);
  return painting.y;
}

static void
draw (Screen *screen, Surface *surface, Ticks now)
{
  ReviewScreen *review = review_of (screen);

  paint_title (surface, can_be_sent (review) ? _ ("Send this letter?") : _ ("This letter can't be sent yet"),
               review->account);
  page_draw (&review->page, surface, 1, surface->height - MIN (surface->height, BOARD_ROWS), paint, review);
}

/* --- keys ------------------------------------------------------------------------------- */

static void
refuse (const ReviewScreen *review)
{
  review->desk->say (review->desk, STYLE_BAD, review->fault ? review->fault : _ ("It has no recipient"));
}

static void ask_time (ReviewScreen *review, const char *initial);

static void
on_time (const char *text, gpointer data)
{
  ReviewScreen *review = data;
  g_autoptr (GError) error = NULL;

  if (!text)
    return;
  if (text[strspn (text, " ")] == '\0') {
    review->at = 0;
  } else if (!when_parse (text, review->desk->wall (review->desk), &review->at, &error)) {
    ask_time (review, text);
    review->desk->say (review->desk, STYLE_BAD, error->message);
  }
}

static void
ask_time (ReviewScreen *review, const char *initial)
{
  review->desk->ask (review->desk, _ ("Send it when? (17:30, tomorrow 9:00, in 2 hours; nothing: now)"),
                     initial, on_time, review);
}

static void
press (Screen *screen, KeyCommand command, const Press *press, Ticks now)
{
  ReviewScreen *review = review_of (screen);
  Desk *desk = review->desk;

  switch (command) {
  case COMMAND_SEND:
  case COMMAND_YES:
    if (can_be_sent (review))
      desk->submit (desk, screen, review->at);
    else
      refuse (review);
    break;
  case COMMAND_SEND_LATER:
    if (can_be_sent (review))
      ask_time (review, NULL);
    else
      refuse (review);
    break;
  case COMMAND_SAVE:
    desk->keep (desk, screen);
    break;
  case COMMAND_CANCEL:
  case COMMAND_NO:
    desk->close (desk, screen);
    break;
  default:
    page_move (&review->page, command);
  }
}

static KeyPlace
place (const Screen *screen)
{
  return KEYS_REVIEW;
}

/* "today" becomes "yesterday", and nobody looks that long. */
static Ticks
changes_at (const Screen *screen, Ticks now)
{
  return TICKS_NEVER;
}

/* --- life ------------------------------------------------------------------------------- */

static void
free_screen (Screen *screen)
{
  ReviewScreen *review = review_of (screen);

  g_free (review->account);
  g_free (review->fault);
  letter_free (review->letter);
  envelope_free (review->envelope);
  g_ptr_array_unref (review->oddities);
  g_free (review);
}

Screen *
review_screen_new (Desk *desk, const ReviewFacts *facts)
{
  ReviewScreen *review = g_new0 (ReviewScreen, 1);

  review->screen = (Screen){ "review", place, draw, press, changes_at, free_screen, NULL };
  review->desk = desk;
  review->account = g_strdup (facts->account);
  review->fault = g_strdup (facts->fault);
  review->letter = letter_copy (facts->letter);
  review->envelope = facts->envelope ? envelope_copy (facts->envelope) : NULL;
  review->size = facts->size;
  review->undo_window = facts->undo_window;
  review->oddities = g_ptr_array_new_with_free_func (g_free);
  find_oddities (review, facts);
  return &review->screen;
}

gboolean
review_screen_is_needed (const Screen *screen)
{
  const ReviewScreen *review = review_of (screen);

  return review->grave || !can_be_sent (review);
}
