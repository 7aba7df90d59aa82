/* The time line's drawing: rows and bars that fit a width, and nothing else. */
#include "engine/timeline-private.h"

#include "base/i18n.h"

#define WIDTH_LEAST 40
#define BAR_LEAST 12
#define BAR_ENOUGH 24   /* from here on words matter more than a longer bar */
#define ADDRESS_MOST 39 /* an IPv6 address in full */
#define INDENT 2
#define GAP 2

typedef struct {
  const char *waiting;  /* SYN sent, nothing back */
  const char *talking;  /* accepted */
  const char *marks[4]; /* by AttemptMark */
} Glyphs;

static const Glyphs ascii_glyphs = { "-", "=", { "", "x", "|", "*" } };
static const Glyphs utf8_glyphs = { "─", "━", { "", "╳", "┤", "●" } };

/* --- widths ---------------------------------------------------------------- */

static guint
char_width (gunichar c)
{
  if (g_unichar_iszerowidth (c))
    return 0;
  return g_unichar_iswide (c) ? 2 : 1;
}

static guint
text_width (const char *text)
{
  guint width = 0;
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    width += char_width (g_utf8_get_char (p));
  return width;
}

/* How many octets of TEXT fit into WIDTH columns, and how many columns they take. */
static gsize
text_fitting (const char *text, guint width, guint *ret_width)
{
  const char *p = text;
  guint used = 0;
  while (*p != '\0' && used + char_width (g_utf8_get_char (p)) <= width) {
    used += char_width (g_utf8_get_char (p));
    p = g_utf8_next_char (p);
  }
  *ret_width = used;
  return (gsize)(p - text);
}

/* --- rows ------------------------------------------------------------------ */

static void
cell_clear (gpointer cell)
{
  g_free (((TimelineCell *)cell)->text);
}

static TimelineRow *
row_new (void)
{
  TimelineRow *row = g_new0 (TimelineRow, 1);
  row->cells = g_array_new (FALSE, FALSE, sizeof (TimelineCell));
  g_array_set_clear_func (row->cells, cell_clear);
  return row;
}

void
timeline_row_free (TimelineRow *row)
{
  if (row == NULL)
    return;
  g_array_unref (row->cells);
  g_free (row);
}

static void
row_add_take (TimelineRow *row, TimelineStyle style, char *text)
{
  TimelineCell cell = { style, text };
  if (*text == '\0')
    g_free (text);
  else
    g_array_append_val (row->cells, cell);
}

/* TEXT, cut or padded to WIDTH columns. */
static void
row_add_field (TimelineRow *row, TimelineStyle style, const char *text, guint width, gboolean to_the_right)
{
  guint used;
  gsize octets = text_fitting (text, width, &used);
  int padding = (int)(width - used);
  if (to_the_right)
    row_add_take (row, style, g_strdup_printf ("%*s%.*s", padding, "", (int)octets, text));
  else
    row_add_take (row, style, g_strdup_printf ("%.*s%*s", (int)octets, text, padding, ""));
}

static void
row_add_spaces (TimelineRow *row, guint n)
{
  row_add_take (row, TIMELINE_PLAIN, g_strnfill (n, ' '));
}

/* ECMA-48 Select Graphic Rendition, by TimelineStyle. */
static const char *const style_sequences[] = {
  [TIMELINE_PLAIN] = "",           [TIMELINE_DIM] = "\033[2m",   [TIMELINE_STRONG] = "\033[1m",
  [TIMELINE_WAITING] = "\033[33m", [TIMELINE_GOOD] = "\033[32m", [TIMELINE_BAD] = "\033[31m",
};

char *
timeline_row_text (const TimelineRow *row, gboolean colour)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < row->cells->len; i++) {
    const TimelineCell *cell = &g_array_index (row->cells, TimelineCell, i);
    const char *sequence = colour ? style_sequences[cell->style] : "";
    g_string_append (text, sequence);
    g_string_append (text, cell->text);
    if (*sequence != '\0')
      g_string_append (text, "\033[m");
  }
  if (!colour) /* with colours no trailing space shows, and escapes may end the line */
    g_strchomp (text->str);
  text->len = strlen (text->str);
  return g_string_free (text, FALSE);
}

/* --- the scale ------------------------------------------------------------- */

/* The least round span that holds SPAN, so that the bars grow more often than the
 * scale changes. */
static Ticks
scale_of_span (Ticks span)
{
  static const Ticks steps[] = { 10, 15, 20, 25, 30, 40, 50, 60, 80 };
  for (Ticks unit = TICKS_PER_MS / 10;; unit *= 10)
    for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
      if (span <= steps[i] * unit)
        return steps[i] * unit;
}

static char *
scale_label (Ticks at)
{
  if (at == 0)
    return g_strdup ("0");
  if (at < TICKS_PER_SECOND)
    return g_strdup_printf (_ ("%g ms"), (double)at / (double)TICKS_PER_MS);
  return g_strdup_printf (_ ("%g s"), (double)at / (double)TICKS_PER_SECOND);
}

typedef struct {
  guint path, address, bar, answer;
  gboolean in_full; /* answers with their explanation */
  Ticks scale;
  Ticks now;
  const Glyphs *glyphs;
} Plan;

static guint
plan_position (const Plan *plan, Ticks at)
{
  Ticks position = CLAMP (at, 0, plan->scale) * plan->bar / plan->scale;
  return (guint)MIN (position, (Ticks)plan->bar - 1);
}

/* --- one attempt ------------------------------------------------------------ */

static char *
attempt_path (const TimelineAttempt *attempt)
{
  return g_strdup_printf ("%u/%s", attempt->port, family_name (attempt->family));
}

static char *
attempt_address (const TimelineAttempt *attempt)
{
  return attempt->has_address ? ip_address_to_string (&attempt->address) : g_strdup (attempt->host);
}

static TimelineStyle
attempt_style (const TimelineAttempt *attempt)
{
  switch (attempt->state) {
  case ATTEMPT_STATE_CONNECTING:
  case ATTEMPT_STATE_CONNECTED:
    return TIMELINE_WAITING;
  case ATTEMPT_STATE_WON:
    return TIMELINE_GOOD;
  default:
    if (attempt->mark == ATTEMPT_MARK_GOOD)
      return TIMELINE_GOOD;
    return attempt->mark == ATTEMPT_MARK_FAILED ? TIMELINE_BAD : TIMELINE_WAITING;
  }
}

static char *
answer_of_winner (const TimelineAttempt *attempt, gboolean in_full)
{
  g_autofree char *duration = timeline_duration (attempt->connected - attempt->began);
  if (attempt->mark == ATTEMPT_MARK_FAILED)
    return g_strdup (in_full ? _ ("accepted and chosen, then it broke") : _ ("chosen, broke"));
  return g_strdup_printf (in_full ? _ ("accepted after %s and chosen") : _ ("chosen, %s"), duration);
}

static char *
attempt_answer (const TimelineAttempt *attempt, Ticks now, gboolean in_full)
{
  if (attempt->won && attempt->brief == NULL)
    return answer_of_winner (attempt, in_full);
  if (attempt->state == ATTEMPT_STATE_ENDED)
    return g_strdup (in_full ? attempt->full : attempt->brief);
  gboolean connected = attempt->state == ATTEMPT_STATE_CONNECTED;
  g_autofree char *waited
      = timeline_duration (MAX (now - (connected ? attempt->connected : attempt->began), 0));
  if (connected && attempt->greeted)
    return g_strdup_printf (in_full ? _ ("greeted, not at its end yet: %s") : _ ("talking, %s"), waited);
  if (connected)
    return g_strdup_printf (in_full ? _ ("accepted, waiting for its greeting: %s") : _ ("mute, %s"), waited);
  return g_strdup_printf (in_full ? _ ("nothing came back yet: %s") : _ ("silent, %s"), waited);
}

static void
row_add_repeated (TimelineRow *row, TimelineStyle style, const char *glyph, guint n)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < n; i++)
    g_string_append (text, glyph);
  row_add_take (row, style, g_string_free (text, FALSE));
}

static void
row_add_bar (TimelineRow *row, const TimelineAttempt *attempt, const Plan *plan)
{
  Ticks until = MAX (MIN (attempt->ended, plan->now), attempt->began);
  guint begin = plan_position (plan, attempt->began), end = plan_position (plan, until);
  guint turn = plan_position (plan, MIN (attempt->connected, until));
  gboolean marked = attempt->mark != ATTEMPT_MARK_NONE;
  if (attempt->connected == TICKS_NEVER)
    turn = end + 1;
  guint last = marked ? end : end + 1; /* the mark takes the last column's place */
  row_add_spaces (row, begin);
  row_add_repeated (row, TIMELINE_WAITING, plan->glyphs->waiting, MIN (turn, last) - MIN (begin, last));
  row_add_repeated (row, attempt_style (attempt), plan->glyphs->talking, last - MIN (turn, last));
  row_add_repeated (row, attempt_style (attempt), plan->glyphs->marks[attempt->mark], marked ? 1 : 0);
  row_add_spaces (row, plan->bar - end - 1);
}

static TimelineRow *
row_of_attempt (const TimelineAttempt *attempt, const Plan *plan)
{
  g_autofree char *path = attempt_path (attempt), *address = attempt_address (attempt);
  g_autofree char *answer = attempt_answer (attempt, plan->now, plan->in_full);
  TimelineStyle emphasis = attempt->won ? TIMELINE_STRONG : TIMELINE_PLAIN;
  TimelineRow *row = row_new ();
  row_add_spaces (row, INDENT);
  row_add_field (row, emphasis, path, plan->path, TRUE);
  if (plan->address > 0) {
    row_add_spaces (row, GAP);
    row_add_field (row, emphasis, address, plan->address, FALSE);
  }
  row_add_spaces (row, GAP);
  row_add_bar (row, attempt, plan);
  row_add_spaces (row, GAP);
  row_add_field (row, attempt_style (attempt), answer, plan->answer, FALSE);
  return row;
}

static TimelineRow *
row_of_scale (const Plan *plan)
{
  TimelineRow *row = row_new ();
  row_add_spaces (row, INDENT + plan->path + (plan->address > 0 ? GAP + plan->address : 0) + GAP);
  g_autofree char *middle = scale_label (plan->scale / 2), *end = scale_label (plan->scale);
  guint half = plan->bar / 2, middle_width = text_width (middle), end_width = text_width (end);
  gboolean with_middle = half + middle_width + 1 + end_width <= plan->bar && half > 1;
  row_add_field (row, TIMELINE_DIM, "0", MIN (half, plan->bar), FALSE);
  row_add_field (row, TIMELINE_DIM, with_middle ? middle : "", plan->bar - half - end_width, FALSE);
  row_add_field (row, TIMELINE_DIM, end, end_width, FALSE);
  return row;
}

/* --- the whole ------------------------------------------------------------- */

static Plan
plan_make (const Timeline *timeline, Ticks now, const TimelineShape *shape)
{
  Plan plan = { .now = MIN (now, timeline->over), .glyphs = shape->utf8 ? &utf8_glyphs : &ascii_glyphs };
  Ticks span = plan.now;
  guint brief = 0, full = 0;
  for (guint i = 0; i < timeline->attempts->len; i++) {
    const TimelineAttempt *attempt = g_ptr_array_index (timeline->attempts, i);
    g_autofree char *path = attempt_path (attempt), *address = attempt_address (attempt);
    g_autofree char *briefly = attempt_answer (attempt, plan.now, FALSE);
    g_autofree char *in_full = attempt_answer (attempt, plan.now, TRUE);
    plan.path = MAX (plan.path, text_width (path));
    plan.address = MIN (MAX (plan.address, text_width (address)), ADDRESS_MOST);
    brief = MAX (brief, text_width (briefly));
    full = MAX (full, text_width (in_full));
    span = MAX (span, attempt->ended == TICKS_NEVER ? attempt->began : attempt->ended);
  }
  plan.scale = scale_of_span (span);
  guint width = MAX (shape->width, WIDTH_LEAST), fixed = INDENT + plan.path + GAP + GAP;
  if (fixed + GAP + plan.address + BAR_LEAST + brief > width)
    plan.address = 0;
  else
    fixed += GAP + plan.address;
  plan.in_full = fixed + BAR_ENOUGH + full <= width;
  plan.answer = plan.in_full ? full : brief;
  plan.bar = fixed + BAR_LEAST + plan.answer <= width ? width - fixed - plan.answer : BAR_LEAST;
  plan.answer = MIN (plan.answer, width - MIN (width, fixed + plan.bar));
  return plan;
}

/* A fact's text is broken at spaces, and inside words too long for a row. */
static void
rows_add_fact (GPtrArray *rows, const TimelineFact *fact, guint label_width, guint width)
{
  const char *rest = fact->text;
  guint room = width - INDENT - label_width - GAP;
  for (gboolean first = TRUE; first || *rest != '\0'; first = FALSE) {
    guint used;
    gsize octets = text_fitting (rest, room, &used);
    gsize next = octets;
    if (rest[octets] != '\0' && rest[octets] != ' ')
      for (gsize i = octets; i > 0; i--)
        if (rest[i - 1] == ' ') {
          octets = i - 1;
          next = i;
          break;
        }
    g_autofree char *line = g_strndup (rest, octets);
    TimelineRow *row = row_new ();
    row_add_spaces (row, INDENT);
    row_add_field (row, TIMELINE_DIM, first ? fact->label : "", label_width, FALSE);
    row_add_spaces (row, GAP);
    row_add_take (row, fact->style, g_steal_pointer (&line));
    g_ptr_array_add (rows, row);
    rest += next;
    while (*rest == ' ')
      rest++;
  }
}

static void
rows_add_facts (GPtrArray *rows, const Timeline *timeline, guint width)
{
  guint label_width = 0;
  for (guint i = 0; i < timeline->facts->len; i++) {
    const TimelineFact *fact = g_ptr_array_index (timeline->facts, i);
    label_width = MAX (label_width, text_width (fact->label));
  }
  label_width = MIN (label_width, width / 3);
  if (timeline->facts->len > 0 && timeline->attempts->len > 0)
    g_ptr_array_add (rows, row_new ());
  for (guint i = 0; i < timeline->facts->len; i++)
    rows_add_fact (rows, g_ptr_array_index (timeline->facts, i), label_width, width);
}

static void
rows_add_line (GPtrArray *rows, TimelineStyle style, const char *text, guint width)
{
  TimelineRow *row = row_new ();
  row_add_spaces (row, INDENT);
  row_add_field (row, style, text, MIN (text_width (text), width - INDENT), FALSE);
  g_ptr_array_add (rows, row);
}

static gboolean
several_hosts (const Timeline *timeline)
{
  const TimelineAttempt *first = NULL;
  for (guint i = 0; i < timeline->attempts->len; i++) {
    const TimelineAttempt *attempt = g_ptr_array_index (timeline->attempts, i);
    if (first != NULL && g_strcmp0 (attempt->host, first->host) != 0)
      return TRUE;
    first = attempt;
  }
  return FALSE;
}

GPtrArray *
timeline_rows (const Timeline *timeline, Ticks now, const TimelineShape *shape)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify)timeline_row_free);
  Plan plan = plan_make (timeline, now, shape);
  guint width = MAX (shape->width, WIDTH_LEAST);
  gboolean name_hosts = several_hosts (timeline);
  const char *host = NULL;
  if (timeline->attempts->len > 0)
    g_ptr_array_add (rows, row_of_scale (&plan));
  for (guint i = 0; i < timeline->attempts->len; i++) {
    const TimelineAttempt *attempt = g_ptr_array_index (timeline->attempts, i);
    if (name_hosts && g_strcmp0 (attempt->host, host) != 0)
      rows_add_line (rows, TIMELINE_DIM, attempt->host, width);
    host = attempt->host;
    g_ptr_array_add (rows, row_of_attempt (attempt, &plan));
  }
  if (timeline->overflow > 0) {
    g_autofree char *more = g_strdup_printf (_ ("and %u more"), timeline->overflow);
    rows_add_line (rows, TIMELINE_DIM, more, width);
  }
  rows_add_facts (rows, timeline, width);
  return rows;
}
