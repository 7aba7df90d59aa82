/* The sending screen: what became of it in words on top, then the race as engine/timeline draws
 * it, the octets, and each recipient. */
#include "tui/sending-screen.h"

#include "base/i18n.h"
#include "base/visible.h"
#include "engine/report-words.h"
#include "engine/timeline.h"
#include "engine/when.h"
#include "tui/letter-words.h"
#include "tui/page.h"
#include "tui/paint.h"
#include "tui/silence.h"
#include "tui/board.h"

/* Bars grow by less than a column in this time. */
#define FRAME (50 * TICKS_PER_MS)
#define BAR_COLUMNS 24

typedef enum {
  PHASE_WAITING, /* undo-window */
  PHASE_SENDING,
  PHASE_LEFT, /* it was too late to cancel */
  PHASE_OVER,
} Phase;

typedef struct {
  Screen screen;
  Desk *desk;
  char *subject, *account;
  Envelope *envelope;
  Phase phase;
  Ticks leaves;
  Timeline *timeline;
  gboolean begun;
  Ticks base;  /* when the delivery was claimed */
  Ticks ended; /* the last try; TICKS_NEVER: none has */
  guint64 octets, total;
  Verdict *verdicts; /* by recipient */
  Style style;
  char *headline; /* what became of it */
  char *details;  /* what can be done, and the server's own words; NULL: nothing */
  gboolean can_edit;
  Silence *silence; /* NULL: nobody wants to be asked */
  Page page;
} SendingScreen;

static SendingScreen *
sending_of (const Screen *screen)
{
  return (SendingScreen *)screen;
}

static guint
recipient_count (const SendingScreen *sending)
{
  return sending->envelope->recipients->len;
}

static void
tell (SendingScreen *sending, Style style, const char *headline, const char *details)
{
  g_free (sending->headline);
  sending->headline = g_strdup (headline);
  g_free (sending->details);
  sending->details = g_strdup (details);
  sending->style = style;
}

/* --- what happens ------------------------------------------------------------------- */

static void
note_recipient (SendingScreen *sending, const EngineEvent *event)
{
  if (event->verdict && event->recipient < recipient_count (sending))
    verdict_copy (&sending->verdicts[event->recipient], event->verdict);
}

static void
begin (SendingScreen *sending, const EngineEvent *event, Ticks now)
{
  tell (sending, STYLE_STRONG, _ ("Being sent"), NULL);
  sending->begun = TRUE;
  sending->base = now - event->at;
  sending->phase = PHASE_SENDING;
}

/* What follows the end of a try may still be its; a delivery that was claimed later is tried again. */
static gboolean
is_another_try (const SendingScreen *sending, const EngineEvent *event, Ticks now)
{
  return sending->ended != TICKS_NEVER && now - event->at > sending->ended;
}

static void
begin_again (SendingScreen *sending)
{
  timeline_free (sending->timeline);
  sending->timeline = timeline_new (TIMELINE_OF_DELIVERY);
  sending->octets = sending->total = 0;
  sending->ended = TICKS_NEVER;
  sending->begun = FALSE;
}

void
sending_screen_take (Screen *screen, const EngineEvent *event, Ticks now)
{
  SendingScreen *sending = sending_of (screen);

  if (is_another_try (sending, event, now))
    begin_again (sending);
  if (!sending->begun || sending->phase == PHASE_WAITING)
    begin (sending, event, now);
  timeline_take (sending->timeline, event);
  if (event->kind == ENGINE_PROGRESS) {
    sending->octets = event->octets;
    sending->total = event->total;
  } else if (event->kind == ENGINE_RECIPIENT) {
    note_recipient (sending, event);
  } else if (event->kind == ENGINE_OUTCOME && event->outcome) {
    for (gsize i = 0; i < MIN (event->outcome->n_recipients, recipient_count (sending)); i++)
      verdict_copy (&sending->verdicts[i], &event->outcome->recipients[i]);
  }
  if (event->kind == ENGINE_OUTCOME)
    sending->ended = now;
  if (sending->silence)
    silence_take (sending->silence, event, now);
}

/* --- how it ends ----------------------------------------------------------------------- */

static const char *
headline_of (const Outcome *outcome)
{
  const gsize accepted = outcome_count (outcome, OUTCOME_ACCEPTED);

  switch (outcome->overall.kind) {
  case OUTCOME_ACCEPTED:
    return _ ("Sent");
  case OUTCOME_IN_DOUBT:
    return _ ("In doubt: the letter left, and the server's answer never came. It may have arrived; ask the "
              "recipient before you send it again");
  case OUTCOME_CANCELLED:
    return accepted > 0 ? _ ("Cancelled for the others; some have it already")
                        : _ ("Cancelled: nobody has it, and nobody will");
  default:
    return accepted > 0 ? _ ("Not sent to everybody") : _ ("Not sent");
  }
}

/* What follows by itself; NULL: nothing does. Free with g_free(). */
static char *
next_words (const OutboxSettled *settled, gint64 wall)
{
  const OutboxItem *item = settled->item;
  g_autofree char *when = when_format_near (item->not_before, wall);

  switch (settled->decision.kind) {
  case RETRY_LATER:
    return item->with_network
               ? g_strdup_printf (_ ("It stays in the outbox; next try with another network, or %s."), when)
               : g_strdup_printf (_ ("It stays in the outbox; next try %s."), when);
  case RETRY_HOLD_ACCOUNT:
    return g_strdup (_ ("It stays in the outbox until the account's login settings or its secret change."));
  case RETRY_IN_DOUBT:
    return g_strdup (_ ("It stays in the outbox (F2), where you decide."));
  default:
    return NULL;
  }
}

static char *
join_lines (const char *const *lines, gsize n)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < n; i++)
    if (lines[i])
      g_string_append_printf (text, "%s%s", text->len > 0 ? "\n" : "", lines[i]);
  return g_string_free (text, FALSE);
}

/* The reason, what to do, what follows. */
static char *
details_of (const OutboxSettled *settled, gint64 wall)
{
  const Verdict *overall = &settled->outcome->overall;
  const gboolean failed = overall->kind != OUTCOME_ACCEPTED && overall->kind != OUTCOME_CANCELLED;
  g_autofree char *why = failed ? report_verdict (overall) : NULL;
  g_autofree char *next = next_words (settled, wall);
  const char *remarks[] = {
    why,
    failed && overall->kind != OUTCOME_IN_DOUBT ? report_advice (overall->cause) : NULL,
    settled->outcome->without_auth ? _ ("It went without logging in: the server offers no login.") : NULL,
    settled->outcome->without_tls ? _ ("It went without encryption: the server offers no TLS.") : NULL,
    next,
  };

  return join_lines (remarks, G_N_ELEMENTS (remarks));
}

void
sending_screen_settle (Screen *screen, const OutboxSettled *settled, gint64 wall)
{
  SendingScreen *sending = sending_of (screen);
  const Outcome *outcome = settled->outcome;
  const gboolean well = outcome->overall.kind == OUTCOME_ACCEPTED;
  g_autofree char *details = details_of (settled, wall);

  sending->phase = PHASE_OVER;
  sending->can_edit
      = !well && outcome->overall.kind != OUTCOME_IN_DOUBT && outcome_count (outcome, OUTCOME_ACCEPTED) == 0;
  tell (sending,
        well                                         ? STYLE_GOOD
        : outcome->overall.kind == OUTCOME_CANCELLED ? STYLE_WARNING
                                                     : STYLE_BAD,
        headline_of (outcome), *details != '\0' ? details : NULL);
  for (gsize i = 0; i < MIN (outcome->n_recipients, recipient_count (sending)); i++)
    verdict_copy (&sending->verdicts[i], &outcome->recipients[i]);
}

gboolean
sending_screen_is_over (const Screen *screen)
{
  return sending_of (screen)->phase == PHASE_OVER;
}

/* --- drawing ---------------------------------------------------------------------------- */

typedef struct {
  const SendingScreen *sending;
  Ticks now;
} Moment;

static const Style styles[] = {
  [TIMELINE_PLAIN] = STYLE_PLAIN,     [TIMELINE_DIM] = STYLE_DIM,   [TIMELINE_STRONG] = STYLE_STRONG,
  [TIMELINE_WAITING] = STYLE_WAITING, [TIMELINE_GOOD] = STYLE_GOOD, [TIMELINE_BAD] = STYLE_BAD,
};

static guint
paint_timeline (const Moment *moment, Surface *page, guint y)
{
  const TimelineShape shape = { page->width, paint_has_lines () };
  g_autoptr (GPtrArray) rows
      = timeline_rows (moment->sending->timeline, MAX (moment->now - moment->sending->base, 0), &shape);

  for (guint i = 0; i < rows->len; i++) {
    const TimelineRow *row = g_ptr_array_index (rows, i);
    guint x = 0;
    for (guint cell = 0; cell < row->cells->len; cell++) {
      const TimelineCell *piece = &g_array_index (row->cells, TimelineCell, cell);
      x += surface_put (page, x, y + i, page->width, styles[piece->style], piece->text, -1);
    }
  }
  return rows->len;
}

/* "  12.3 MB of 50 MB  ######------" */
static guint
paint_progress (const SendingScreen *sending, Surface *page, guint y)
{
  if (sending->total == 0)
    return 0;
  const guint done = (guint)(MIN (sending->octets, sending->total) * BAR_COLUMNS / sending->total);
  g_autofree char *octets = g_format_size (sending->octets);
  g_autofree char *total = g_format_size (sending->total);
  /* TRANSLATORS: "12.3 MB of 50 MB" */
  g_autofree char *words = g_strdup_printf (_ ("%s of %s"), octets, total);
  const char *full = paint_has_lines () ? "━" : "=", *empty = paint_has_lines () ? "─" : "-";
  guint x = 2;

  for (guint i = 0; i < BAR_COLUMNS; i++)
    x += surface_put (page, x, y, 1, i < done ? STYLE_GOOD : STYLE_DIM, i < done ? full : empty, -1);
  surface_put (page, x + 2, y, page->width, STYLE_PLAIN, words, -1);
  return 1;
}

static Style
verdict_style (const Verdict *verdict)
{
  switch (verdict->kind) {
  case OUTCOME_NONE:
    return STYLE_WAITING;
  case OUTCOME_ACCEPTED:
    return STYLE_GOOD;
  case OUTCOME_CANCELLED:
    return STYLE_WARNING;
  default:
    return STYLE_BAD;
  }
}

/* What the server said of one recipient, or what we say. Free with g_free(). */
static char *
verdict_words (const Verdict *verdict)
{
  switch (verdict->kind) {
  case OUTCOME_NONE:
    return g_strdup (_ ("waiting"));
  case OUTCOME_CANCELLED:
    return g_strdup (_ ("cancelled"));
  case OUTCOME_ACCEPTED:
    break;
  default:
    return report_verdict (verdict);
  }
  g_autofree char *reply = verdict->reply ? reply_to_string (verdict->reply) : NULL;
  return reply ? visible_text (reply, -1) : g_strdup (_ ("accepted"));
}

static guint
paint_recipients (const SendingScreen *sending, Surface *page, guint y)
{
  const guint width = page->width > 4 ? page->width - 4 : 4;
  guint used = 0;

  for (guint i = 0; i < recipient_count (sending) && y + used < PAGE_ROWS; i++) {
    const Verdict *verdict = &sending->verdicts[i];
    g_autofree char *address = letter_words_address (envelope_recipient (sending->envelope, i)->address);
    g_autofree char *words = verdict_words (verdict);
    g_autofree char *line = g_strdup_printf ("%s: %s", address, words);
    surface_put (page, 2, y + used, 2, verdict_style (verdict), verdict->kind == OUTCOME_ACCEPTED ? "+" : "-",
                 1);
    used += paint_text (page, 4, y + used, width, PAGE_ROWS - y - used, verdict_style (verdict), line);
  }
  return used;
}

static guint
paint_headline (const Moment *moment, Surface *page)
{
  const SendingScreen *sending = moment->sending;
  guint y = 0;

  if (sending->phase == PHASE_WAITING && sending->leaves > moment->now) {
    g_autofree char *left = g_strdup_printf (
        _ ("It leaves in %u s; until then it can be taken back"),
        (guint)((sending->leaves - moment->now + TICKS_PER_SECOND - 1) / TICKS_PER_SECOND));
    return paint_text (page, 0, 0, page->width, PAGE_ROWS, STYLE_STRONG, left);
  }
  y += paint_text (page, 0, y, page->width, PAGE_ROWS, sending->style, sending->headline);
  if (sending->details)
    y += paint_text (page, 0, y, page->width, PAGE_ROWS - y, STYLE_PLAIN, sending->details);
  return y;
}

static guint
paint (Surface *page, gpointer data)
{
  const Moment *moment = data;
  const SendingScreen *sending = moment->sending;
  guint y = paint_headline (moment, page) + 1;

  y += paint_timeline (moment, page, y);
  y += paint_progress (sending, page, y);
  y++;
  return y + paint_recipients (sending, page, y);
}

static void
draw (Screen *screen, Surface *surface, Ticks now)
{
  SendingScreen *sending = sending_of (screen);
  Moment moment = { sending, now };
  g_autofree char *subject = visible_text (sending->subject, -1);

  paint_title (surface, *subject != '\0' ? subject : _ ("A letter without subject"), sending->account);
  page_draw (&sending->page, surface, 1, surface->height - MIN (surface->height, BOARD_ROWS), paint, &moment);
  if (sending->silence && sending->phase != PHASE_OVER)
    silence_ask (sending->silence, now);
}

/* --- keys ------------------------------------------------------------------------------- */

static void
cancel (SendingScreen *sending)
{
  Desk *desk = sending->desk;

  switch (desk->cancel (desk, &sending->screen)) {
  case CANCEL_CANCELLED:
    /* The end of this try says the rest. */
    desk->say (desk, STYLE_WARNING, _ ("Cancelled: the server never had it whole"));
    break;
  case CANCEL_TOO_LATE:
    sending->phase = PHASE_LEFT;
    tell (sending, STYLE_WARNING,
          _ ("Too late to cancel: the letter has left; waiting for the server's answer"), NULL);
    break;
  case CANCEL_UNKNOWN:
    desk->say (desk, STYLE_WARNING, _ ("It isn't in hand here; the outbox (F2) says who has it"));
    break;
  }
}

static void
press (Screen *screen, KeyCommand command, const Press *press, Ticks now)
{
  SendingScreen *sending = sending_of (screen);
  Desk *desk = sending->desk;

  switch (command) {
  case COMMAND_CANCEL:
    if (sending->phase == PHASE_OVER)
      desk->close (desk, screen);
    else if (sending->phase == PHASE_WAITING)
      desk->take_back (desk, screen);
    else
      cancel (sending);
    break;
  case COMMAND_ACCEPT:
    if (sending->phase == PHASE_OVER)
      desk->close (desk, screen);
    break;
  case COMMAND_UNDO_SEND:
    if (sending->phase == PHASE_WAITING)
      desk->take_back (desk, screen);
    else
      desk->say (desk, STYLE_WARNING,
                 _ ("The time to take it back is over; Cancel stops it if that is possible"));
    break;
  case COMMAND_EDIT:
    if (sending->phase == PHASE_OVER && sending->can_edit)
      desk->take_back (desk, screen);
    break;
  default:
    page_move (&sending->page, command);
  }
}

static gboolean
applies (const Screen *screen, KeyCommand command)
{
  const SendingScreen *sending = sending_of (screen);

  if (command == COMMAND_UNDO_SEND)
    return sending->phase == PHASE_WAITING;
  if (command == COMMAND_EDIT)
    return sending->phase == PHASE_OVER && sending->can_edit;
  return TRUE;
}

static KeyPlace
place (const Screen *screen)
{
  return KEYS_SENDING;
}

static Ticks
changes_at (const Screen *screen, Ticks now)
{
  const SendingScreen *sending = sending_of (screen);

  return sending->phase == PHASE_OVER ? TICKS_NEVER : now + FRAME;
}

/* --- life -------------------------------------------------------------------------------- */

static void
free_screen (Screen *screen)
{
  SendingScreen *sending = sending_of (screen);

  for (guint i = 0; i < recipient_count (sending); i++)
    verdict_clear (&sending->verdicts[i]);
  g_free (sending->verdicts);
  g_free (sending->subject);
  g_free (sending->account);
  envelope_free (sending->envelope);
  timeline_free (sending->timeline);
  g_free (sending->headline);
  g_free (sending->details);
  silence_free (sending->silence);
  g_free (sending);
}

Screen *
sending_screen_new (Desk *desk, const SendingFacts *facts, Ticks now)
{
  SendingScreen *sending = g_new0 (SendingScreen, 1);

  sending->screen = (Screen){ "sending", place, draw, press, changes_at, free_screen, applies };
  sending->desk = desk;
  sending->subject = g_strdup (facts->subject);
  sending->account = g_strdup (facts->account);
  sending->envelope = envelope_copy (facts->envelope);
  sending->phase = facts->leaves > now ? PHASE_WAITING : PHASE_SENDING;
  sending->leaves = facts->leaves;
  sending->timeline = timeline_new (TIMELINE_OF_DELIVERY);
  sending->base = now;
  sending->ended = TICKS_NEVER;
  sending->verdicts = g_new0 (Verdict, recipient_count (sending));
  for (guint i = 0; i < recipient_count (sending); i++)
    verdict_init (&sending->verdicts[i]);
  tell (sending, STYLE_STRONG, _ ("About to be sent"), NULL);
  if (facts->ask_on_silence)
    sending->silence = silence_new (desk, &sending->screen, facts->patience);
  return &sending->screen;
}
