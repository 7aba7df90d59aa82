/* The time line: events in, text out. Each row is a small story and the picture that
 * a person should see of it. */
#include "engine/timeline.h"
#include "timeline-pictures.h"
#include "../lib/tap.h"

#include <errno.h>
#include <locale.h>

#define MS(n) ((Ticks)((n)*1000))

/* One event of a story, with just what the time line looks at. */
typedef struct {
  EngineEventKind kind;
  Ticks at;
  LadderAttemptId attempt;
  guint16 port;
  Family family;
  AttemptEnd end;
  int error;
  const char *text; /* reason of an end, mechanism, host of a resolution; reply's text */
  OutcomeKind verdict;
} Step;

#define TRY(at, id, port, family)                                                                            \
  {                                                                                                          \
    ENGINE_ATTEMPT, at, id, port, family, 0, 0, NULL, 0                                                      \
  }
#define END(at, id, end, error)                                                                              \
  {                                                                                                          \
    ENGINE_ATTEMPT_ENDED, at, id, 0, 0, end, error, NULL, 0                                                  \
  }
#define ABANDONED(at, id, end, reason)                                                                       \
  {                                                                                                          \
    ENGINE_ATTEMPT_ENDED, at, id, 0, 0, end, 0, reason, 0                                                    \
  }
#define CONNECTED(at, id)                                                                                    \
  {                                                                                                          \
    ENGINE_CONNECTED, at, id, 0, 0, 0, 0, NULL, 0                                                            \
  }
#define WON(at, id)                                                                                          \
  {                                                                                                          \
    ENGINE_WINNER, at, id, 0, 0, 0, 0, NULL, 0                                                               \
  }
#define SAID(kind, at, text)                                                                                 \
  {                                                                                                          \
    kind, at, 0, 0, 0, 0, 0, text, 0                                                                         \
  }
#define DONE(at, verdict)                                                                                    \
  {                                                                                                          \
    ENGINE_OUTCOME, at, 0, 0, 0, 0, 0, "250 2.0.0 taken", verdict                                            \
  }

typedef struct {
  const char *name;
  guint width;
  gboolean utf8;
  Ticks now;
  Step steps[16];
  const char *picture; /* rows, each ended by a line break */
} Story;

/* 587 answers nothing in both families, port 25 is tried after three seconds. */
#define SILENT_587                                                                                           \
  TRY (MS (0), 1, 587, FAMILY_IPV6), TRY (MS (250), 2, 587, FAMILY_IPV4),                                    \
      TRY (MS (3000), 3, 25, FAMILY_IPV6), CONNECTED (MS (3001), 3), WON (MS (3010), 3)
#define AND_DELIVERED                                                                                        \
  SAID (ENGINE_TLS, MS (3010), "mail.demo.test"), SAID (ENGINE_AUTH, MS (3011), "SCRAM-SHA-256-PLUS"),       \
      DONE (MS (3020), OUTCOME_ACCEPTED), ABANDONED (MS (3020), 1, ATTEMPT_SILENT, "@OVER"),                 \
      ABANDONED (MS (3020), 2, ATTEMPT_SILENT, "@OVER")

static const Story stories[] = {
  { "nothing-yet", 80, FALSE, MS (10), { { 0 } }, "" },
  { "waiting", 80, FALSE, MS (500), { TRY (MS (0), 1, 587, FAMILY_IPV6) }, PICTURE_WAITING },
  { "waiting-in-time-to-come", 80, FALSE, MS (0), { TRY (MS (5), 1, 587, FAMILY_IPV6) }, PICTURE_EARLY },
  { "accepted-at-once",
    110,
    FALSE,
    MS (400),
    { TRY (MS (0), 1, 587, FAMILY_IPV6), CONNECTED (MS (10), 1),
      SAID (ENGINE_GREETING, MS (12), "mail.demo.test ESMTP"), WON (MS (20), 1),
      DONE (MS (40), OUTCOME_ACCEPTED) },
    PICTURE_ACCEPTED },
  { "refused",
    110,
    FALSE,
    MS (400),
    { TRY (MS (0), 1, 587, FAMILY_IPV6), END (MS (1), 1, ATTEMPT_REFUSED, ECONNREFUSED),
      TRY (MS (1), 2, 587, FAMILY_IPV4), END (MS (2), 2, ATTEMPT_UNREACHABLE, EHOSTUNREACH),
      TRY (MS (2), 3, 25, FAMILY_IPV6), END (MS (3), 3, ATTEMPT_PROHIBITED, EACCES),
      TRY (MS (3), 4, 25, FAMILY_IPV4), END (MS (4), 4, ATTEMPT_OWN_HOST, ENETUNREACH),
      DONE (MS (4), OUTCOME_TRANSPORT) },
    PICTURE_REFUSED },
  { "silent-in-full", 120, FALSE, MS (9000), { SILENT_587, AND_DELIVERED }, PICTURE_SILENT },
  { "silent-in-brief", 80, FALSE, MS (9000), { SILENT_587, AND_DELIVERED }, PICTURE_SILENT_BRIEF },
  { "silent-in-utf8", 80, TRUE, MS (9000), { SILENT_587, AND_DELIVERED }, PICTURE_SILENT_UTF8 },
  { "as-in-readme",
    80,
    TRUE,
    MS (9000),
    { TRY (0, 1, 587, FAMILY_IPV6), TRY (MS (250), 2, 587, FAMILY_IPV4), TRY (MS (3000), 3, 25, FAMILY_IPV6),
      CONNECTED (MS (3000) + 400, 3), SAID (ENGINE_GREETING, MS (3001), "mail.demo.test ESMTP"),
      SAID (ENGINE_TLS, MS (3009), "mail.demo.test"), WON (MS (3009), 3),
      SAID (ENGINE_AUTH, MS (3022), "SCRAM-SHA-256-PLUS"), DONE (MS (3023), OUTCOME_ACCEPTED),
      ABANDONED (MS (3023), 1, ATTEMPT_SILENT, "@OVER"), ABANDONED (MS (3023), 2, ATTEMPT_SILENT, "@OVER") },
    PICTURE_DEMO },
  { "silent-half-way",
    80,
    TRUE,
    MS (1600),
    { TRY (MS (0), 1, 587, FAMILY_IPV6), TRY (MS (250), 2, 587, FAMILY_IPV4) },
    PICTURE_HALF_WAY },
  { "narrow", 40, FALSE, MS (9000), { SILENT_587, AND_DELIVERED }, PICTURE_NARROW },
  { "no-width-at-all", 0, FALSE, MS (9000), { SILENT_587, AND_DELIVERED }, PICTURE_NARROW },
  { "mute",
    110,
    FALSE,
    MS (6000),
    { TRY (MS (0), 1, 587, FAMILY_IPV6), CONNECTED (MS (1), 1), TRY (MS (5001), 2, 587, FAMILY_IPV4),
      CONNECTED (MS (5002), 2), WON (MS (5010), 2) },
    PICTURE_MUTE },
  { "slower",
    110,
    FALSE,
    MS (6000),
    { TRY (MS (0), 1, 587, FAMILY_IPV6), CONNECTED (MS (260), 1), TRY (MS (250), 2, 587, FAMILY_IPV4),
      CONNECTED (MS (252), 2), WON (MS (255), 2), ABANDONED (MS (260), 1, ATTEMPT_ACCEPTED, "@LOST"),
      DONE (MS (300), OUTCOME_TEMPORARY) },
    PICTURE_SLOWER },
  { "broken-and-again",
    110,
    FALSE,
    MS (6000),
    { TRY (MS (0), 1, 587, FAMILY_IPV6),
      CONNECTED (MS (1), 1),
      WON (MS (2), 1),
      { ENGINE_SESSION_ENDED, MS (30), 1, 0, 0, 0, 0, NULL, OUTCOME_TRANSPORT },
      TRY (MS (30), 2, 587, FAMILY_IPV4) },
    PICTURE_BROKEN },
  { "greeted-with-421",
    110,
    FALSE,
    MS (6000),
    { TRY (MS (0), 1, 587, FAMILY_IPV6),
      END (MS (1), 1, ATTEMPT_ACCEPTED, 0),
      CONNECTED (MS (1), 1),
      { ENGINE_SESSION_ENDED, MS (30), 1, 0, 0, 0, 0, NULL, OUTCOME_TRANSPORT },
      TRY (MS (30), 2, 587, FAMILY_IPV4) },
    PICTURE_421 },
  { "not-trusted",
    110,
    FALSE,
    MS (6000),
    { TRY (MS (0), 1, 587, FAMILY_IPV6),
      END (MS (1), 1, ATTEMPT_ACCEPTED, 0),
      { ENGINE_SESSION_ENDED, MS (30), 1, 0, 0, 0, 0, NULL, OUTCOME_SECURITY },
      DONE (MS (30), OUTCOME_SECURITY) },
    PICTURE_NOT_TRUSTED },
  { "tunnel", 90, FALSE, MS (50), { TRY (MS (0), 1, 587, FAMILY_TUNNEL) }, PICTURE_TUNNEL },
  { "login-skipped", 90, FALSE, MS (50), { SAID (ENGINE_AUTH, MS (1), NULL) }, PICTURE_NO_LOGIN },
  { "tls-not-verified",
    50,
    FALSE,
    MS (50),
    { { ENGINE_TLS, MS (1), 0, 0, 0, 0, 0, "mail.demo.test", OUTCOME_SECURITY } },
    PICTURE_TLS },
  { "hostile-greeting",
    60,
    FALSE,
    MS (50),
    { SAID (ENGINE_GREETING, MS (1),
            "\033[2Jowned \342\200\256txt and a word that is longer than the room "
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") },
    PICTURE_HOSTILE },
};

static const char *const addresses[] = { [FAMILY_IPV6] = "2001:db8::25", [FAMILY_IPV4] = "198.51.100.25" };

/* Reasons are written by their names, which are the ladder's to choose. */
static const char *
reason_of (const char *text)
{
  if (g_strcmp0 (text, "@LOST") == 0)
    return ladder_reason_name (LADDER_REASON_LOST);
  if (g_strcmp0 (text, "@OVER") == 0)
    return ladder_reason_name (LADDER_REASON_OVER);
  return text;
}

/* An event with all that it points to. */
typedef struct {
  EngineEvent event;
  Reply *reply;
  Outcome *outcome;
  TlsFacts tls;
} EventBox;

static void
event_of_step (const Step *step, EventBox *box)
{
  EngineEvent *event = &box->event;
  *event = (EngineEvent){ .kind = step->kind,
                          .at = step->at,
                          .attempt = step->attempt,
                          .end = step->end,
                          .error = step->error,
                          .text = reason_of (step->text) };
  event->path = (Path){ "mail.demo.test", step->port, FALSE, step->family };
  if (step->kind == ENGINE_ATTEMPT && step->family != FAMILY_TUNNEL)
    event->has_address = ip_address_parse (addresses[step->family], &event->address);
  box->reply = reply_new (step->kind == ENGINE_GREETING ? 220 : 250,
                          step->kind == ENGINE_GREETING ? step->text : "2.0.0 taken");
  box->tls = (TlsFacts){ .version = "TLSv1.3",
                         .cipher = "TLS_AES_256_GCM_SHA384",
                         .group = "x25519",
                         .verified = step->verdict != OUTCOME_SECURITY,
                         .peer_name = step->text };
  box->outcome = outcome_new (0);
  verdict_set (&box->outcome->overall, step->verdict, STAGE_END, CAUSE_REPLY, box->reply, NULL);
  event->reply = box->reply;
  event->tls = &box->tls;
  event->outcome = box->outcome;
  event->verdict = &box->outcome->overall;
}

static void
event_box_clear (EventBox *box)
{
  reply_free (box->reply);
  outcome_free (box->outcome);
}

static void
take (Timeline *timeline, const Step *step)
{
  EventBox box;
  event_of_step (step, &box);
  timeline_take (timeline, &box.event);
  event_box_clear (&box);
}

/* Unused places of a story are zero, which is ENGINE_RESOLVING and shows nothing. */
static void
take_story (Timeline *timeline, const Story *story)
{
  for (gsize i = 0; i < G_N_ELEMENTS (story->steps); i++)
    take (timeline, &story->steps[i]);
}

static char *
draw (const Timeline *timeline, Ticks now, guint width, gboolean utf8, gboolean colour)
{
  TimelineShape shape = { width, utf8 };
  GPtrArray *rows = timeline_rows (timeline, now, &shape);
  GString *picture = g_string_new (NULL);
  for (guint i = 0; i < rows->len; i++) {
    g_autofree char *text = timeline_row_text (g_ptr_array_index (rows, i), colour);
    g_string_append_printf (picture, "%s\n", text);
  }
  g_ptr_array_unref (rows);
  return g_string_free (picture, FALSE);
}

static void
test_story (gconstpointer data)
{
  const Story *story = data;
  g_autoptr (Timeline) timeline = timeline_new (TIMELINE_OF_DELIVERY);
  take_story (timeline, story);
  g_autofree char *picture = draw (timeline, story->now, story->width, story->utf8, FALSE);
  if (g_strcmp0 (picture, story->picture) != 0)
    g_test_message ("got:\n%s", picture);
  g_assert_cmpstr (picture, ==, story->picture);
}

/* Columns as a terminal counts them. */
static void
check_width (const char *picture, guint width)
{
  guint used = 0;
  for (const char *p = picture; *p != '\0'; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);
    used = c == '\n' ? 0 : used + (g_unichar_iszerowidth (c) ? 0 : g_unichar_iswide (c) ? 2 : 1);
    g_assert_cmpuint (used, <=, width);
  }
}

/* However wide, and whatever has happened: no row is wider than the shape. */
static void
test_widths (void)
{
  for (guint width = 1; width <= 200; width++)
    for (gsize i = 0; i < G_N_ELEMENTS (stories); i++) {
      g_autoptr (Timeline) timeline = timeline_new (TIMELINE_OF_DELIVERY);
      take_story (timeline, &stories[i]);
      g_autofree char *picture = draw (timeline, stories[i].now, width, stories[i].utf8, FALSE);
      check_width (picture, MAX (width, 40));
    }
}

/* Events in any order, with any time and text: no row too wide, none that isn't UTF-8. */
static void
test_any_order (void)
{
  static const char *const texts[]
      = { NULL, "", "@LOST", "@OVER", "x", "\346\212\225\345\207\275 \303(", "a b c d e f g h i j k l" };
  for (int round = 0; round < 500; round++) {
    g_autoptr (Timeline) timeline = timeline_new (TIMELINE_OF_DELIVERY);
    for (int i = 0; i < 40; i++) {
      Step step = { (EngineEventKind)g_test_rand_int_range (ENGINE_RESOLVING, ENGINE_IDLE + 1),
                    MS (g_test_rand_int_range (-10, 100000)),
                    (LadderAttemptId)g_test_rand_int_range (0, 8),
                    (guint16)g_test_rand_int_range (0, 65536),
                    (Family)g_test_rand_int_range (0, FAMILY_COUNT),
                    (AttemptEnd)g_test_rand_int_range (0, ATTEMPT_OWN_HOST + 1),
                    g_test_rand_bit () ? EHOSTUNREACH : 0,
                    texts[g_test_rand_int_range (0, G_N_ELEMENTS (texts))],
                    (OutcomeKind)g_test_rand_int_range (0, OUTCOME_CANCELLED + 1) };
      if (step.kind == ENGINE_GREETING && step.text == NULL)
        step.text = "hello";
      take (timeline, &step);
      guint width = (guint)g_test_rand_int_range (0, 150);
      g_autofree char *picture
          = draw (timeline, MS (g_test_rand_int_range (-10, 100000)), width, TRUE, FALSE);
      g_assert_true (g_utf8_validate (picture, -1, NULL));
      check_width (picture, MAX (width, 40));
    }
  }
}

/* Colours change nothing of the text, and every one is switched off again. */
static void
test_colours (void)
{
  g_autoptr (GRegex) sequence = g_regex_new ("\033\\[[0-9]*m", 0, 0, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (stories); i++) {
    g_autoptr (Timeline) timeline = timeline_new (TIMELINE_OF_DELIVERY);
    take_story (timeline, &stories[i]);
    g_autofree char *coloured = draw (timeline, stories[i].now, stories[i].width, stories[i].utf8, TRUE);
    g_autofree char *stripped = g_regex_replace (sequence, coloured, -1, 0, "", 0, NULL);
    g_auto (GStrv) plain = g_strsplit (stories[i].picture, "\n", -1), lines = g_strsplit (stripped, "\n", -1);
    for (gsize j = 0; plain[j] != NULL; j++)
      g_assert_cmpstr (plain[j], ==, g_strchomp (lines[j]));
    g_auto (GStrv) pieces = g_strsplit (coloured, "\033[", -1);
    for (gsize j = 1; pieces[0] != NULL && pieces[j] != NULL; j++)
      g_assert_cmpint (pieces[j][0] == 'm', ==, j % 2 == 0);
  }
}

static void
test_overflow (void)
{
  g_autoptr (Timeline) timeline = timeline_new (TIMELINE_OF_DELIVERY);
  for (guint i = 1; i <= TIMELINE_ATTEMPTS_LIMIT + 7; i++) {
    Step step = TRY (MS (i), i, 587, FAMILY_IPV4);
    take (timeline, &step);
  }
  g_autofree char *picture = draw (timeline, MS (500), 80, FALSE, FALSE);
  g_auto (GStrv) lines = g_strsplit (picture, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 1 + TIMELINE_ATTEMPTS_LIMIT + 1 + 1);
  g_assert_cmpstr (lines[TIMELINE_ATTEMPTS_LIMIT + 1], ==, "  and 7 more");
}

static void
test_hosts (void)
{
  g_autoptr (Timeline) timeline = timeline_new (TIMELINE_OF_DELIVERY);
  Step step = TRY (MS (0), 1, 587, FAMILY_IPV4);
  take (timeline, &step);
  EngineEvent event = { .kind = ENGINE_ATTEMPT, .at = MS (5), .attempt = 2 };
  event.path = (Path){ "relay.demo.test", 587, FALSE, FAMILY_TUNNEL };
  timeline_take (timeline, &event);
  g_autofree char *picture = draw (timeline, MS (10), 80, FALSE, FALSE);
  if (g_strcmp0 (picture, PICTURE_HOSTS) != 0)
    g_test_message ("got:\n%s", picture);
  g_assert_cmpstr (picture, ==, PICTURE_HOSTS);
}

typedef struct {
  Ticks span;
  const char *text;
} Duration;

static const Duration durations[] = {
  { 0, "0.0 ms" },           { 400, "0.4 ms" },          { MS (9.94), "9.9 ms" },
  { MS (250), "250 ms" },    { MS (999), "999 ms" },     { MS (3312), "3.31 s" },
  { MS (59990), "59.99 s" }, { MS (60000), "1:00 min" }, { MS (125000), "2:05 min" },
};

static void
test_duration (gconstpointer data)
{
  const Duration *duration = data;
  g_autofree char *text = timeline_duration (duration->span);
  g_assert_cmpstr (text, ==, duration->text);
}

typedef struct {
  const char *name;
  Step step;
  const char *sentence;
} Sentence;

static const Sentence sentences[] = {
  { "tried", TRY (0, 1, 587, FAMILY_IPV6), "587/IPv6 2001:db8::25 tried" },
  { "connected", { ENGINE_CONNECTED, 0, 1, 25, FAMILY_IPV4, 0, 0, NULL, 0 }, "25/IPv4 accepted" },
  { "chosen", { ENGINE_WINNER, 0, 1, 25, FAMILY_IPV4, 0, 0, NULL, 0 }, "25/IPv4 chosen" },
  { "refused",
    { ENGINE_ATTEMPT_ENDED, 0, 1, 25, FAMILY_IPV4, ATTEMPT_REFUSED, ECONNREFUSED, NULL, 0 },
    "25/IPv4 refused: nobody listens there" },
  { "lost",
    { ENGINE_ATTEMPT_ENDED, 0, 1, 25, FAMILY_IPV4, ATTEMPT_ACCEPTED, 0, "@LOST", 0 },
    "25/IPv4 slower: another path was quicker" },
  { "unanswered",
    { ENGINE_ATTEMPT_ENDED, 0, 1, 25, FAMILY_IPV4, ATTEMPT_SILENT, 0, "@OVER", 0 },
    "25/IPv4 silent: nothing came back" },
  { "outcome", DONE (MS (3020), OUTCOME_ACCEPTED), "outcome: accepted after 3.02 s: 250 2.0.0 taken" },
  { "accepted-is-told-by-connected", END (0, 1, ATTEMPT_ACCEPTED, 0), NULL },
  { "session",
    { ENGINE_SESSION_ENDED, 0, 1, 25, FAMILY_IPV4, 0, 0, NULL, OUTCOME_TRANSPORT },
    "25/IPv4 ended: 250 2.0.0 taken" },
  { "session-well", { ENGINE_SESSION_ENDED, 0, 1, 25, FAMILY_IPV4, 0, 0, NULL, OUTCOME_ACCEPTED }, NULL },
  { "progress", { ENGINE_PROGRESS, 0, 1, 25, FAMILY_IPV4, 0, 0, NULL, 0 }, NULL },
};

static void
test_sentence (gconstpointer data)
{
  const Sentence *row = data;
  EventBox box;
  event_of_step (&row->step, &box);
  g_autofree char *sentence = timeline_sentence (TIMELINE_OF_DELIVERY, &box.event);
  event_box_clear (&box);
  g_assert_cmpstr (sentence, ==, row->sentence);
}

/* A probe's attempts have no winner, and each speaks for itself. */
static void
test_probe (void)
{
  static const Step steps[] = {
    TRY (MS (0), 1, 587, FAMILY_IPV6),
    TRY (MS (0), 2, 587, FAMILY_IPV4),
    TRY (MS (0), 3, 25, FAMILY_IPV6),
    TRY (MS (0), 4, 25, FAMILY_IPV4),
    CONNECTED (MS (10), 1),
    CONNECTED (MS (10), 2),
    CONNECTED (MS (10), 3),
    CONNECTED (MS (10), 4),
    { ENGINE_GREETING, MS (20), 1, 0, 0, 0, 0, "220 hello", 0 },
    { ENGINE_TLS, MS (30), 1, 0, 0, 0, 0, "mail.example.org", 0 },
    { ENGINE_SESSION_ENDED, MS (40), 1, 0, 0, 0, 0, NULL, OUTCOME_ACCEPTED },
    { ENGINE_SESSION_ENDED, MS (40), 2, 0, 0, 0, 0, NULL, OUTCOME_ACCEPTED },
    { ENGINE_GREETING, MS (30), 3, 0, 0, 0, 0, "220 hello", 0 },
  };
  static const char *const answers[] = { "works, 40 ms", "no TLS, 40 ms", "talking, 30 ms", "mute, 30 ms" };
  g_autoptr (Timeline) timeline = timeline_new (TIMELINE_OF_PROBE);
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
    EventBox box;
    event_of_step (&steps[i], &box);
    timeline_take (timeline, &box.event);
    event_box_clear (&box);
  }
  g_autofree char *picture = draw (timeline, MS (40), 60, FALSE, FALSE);
  g_auto (GStrv) lines = g_strsplit (picture, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 1 + G_N_ELEMENTS (answers) + 1); /* scale, rows, no facts */
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    g_assert_true (g_str_has_suffix (lines[i + 1], answers[i]));
}

static void
test_probe_sentences (void)
{
  static const Sentence rows[] = {
    { "greeting",
      { ENGINE_GREETING, 0, 1, 25, FAMILY_IPV4, 0, 0, "hello", 0 },
      "25/IPv4 greeting: 220 hello" },
    { "waiting",
      { ENGINE_WAITING, MS (5000), 1, 587, FAMILY_IPV6, 0, 0, NULL, 0 },
      "587/IPv6 takes its time: waiting for up to 55.00 s more" },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    EventBox box;
    event_of_step (&rows[i].step, &box);
    box.event.until = MS (60000);
    g_autofree char *sentence = timeline_sentence (TIMELINE_OF_PROBE, &box.event);
    event_box_clear (&box);
    g_assert_cmpstr (sentence, ==, rows[i].sentence);
  }
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C.UTF-8"); /* a picture that differs can be seen */
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (stories); i++) {
    g_autofree char *name = g_strdup_printf ("/timeline/story/%s", stories[i].name);
    g_test_add_data_func (name, &stories[i], test_story);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (durations); i++) {
    g_autofree char *name = g_strdup_printf ("/timeline/duration/%s", durations[i].text);
    g_test_add_data_func (name, &durations[i], test_duration);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (sentences); i++) {
    g_autofree char *name = g_strdup_printf ("/timeline/sentence/%s", sentences[i].name);
    g_test_add_data_func (name, &sentences[i], test_sentence);
  }
  g_test_add_func ("/timeline/probe", test_probe);
  g_test_add_func ("/timeline/probe-sentences", test_probe_sentences);
  g_test_add_func ("/timeline/widths", test_widths);
  g_test_add_func ("/timeline/any-order", test_any_order);
  g_test_add_func ("/timeline/colours", test_colours);
  g_test_add_func ("/timeline/overflow", test_overflow);
  g_test_add_func ("/timeline/hosts", test_hosts);
  return g_test_run ();
}
