/* A letter on its way: events in, cells out. */
#include <locale.h>
#include <string.h>

#include "../lib/fake-desk.h"
#include "../lib/tap.h"
#include "tui/sending-screen.h"

typedef struct {
  FakeDesk *fake;
  Envelope *envelope;
  Screen *screen;
  Ticks base;
} Story;

static Story
story_begin (guint width, guint height, Ticks undo)
{
  Story story = { fake_desk_new (width, height), envelope_new ("hanako@work.example"), NULL, 0 };
  envelope_add (story.envelope, "taro@example.net");
  envelope_add (story.envelope, "jiro@example.net");
  story.base = story.fake->now;
  const SendingFacts facts = { .subject = "Lunch",
                               .account = "work",
                               .envelope = story.envelope,
                               .leaves = undo > 0 ? story.base + undo : 0,
                               .ask_on_silence = TRUE,
                               .patience = 3 * TICKS_PER_SECOND };

  story.screen = sending_screen_new (&story.fake->desk, &facts, story.base);
  board_open (story.fake->board, story.screen);
  return story;
}

static void
story_end (Story *story)
{
  fake_desk_free (story->fake);
  envelope_free (story->envelope);
}

static void
happens (Story *story, EngineEvent event, Ticks at)
{
  event.at = at;
  story->fake->now = story->base + at;
  sending_screen_take (story->screen, &event, story->fake->now);
}

static EngineEvent
attempt_event (EngineEventKind kind, LadderAttemptId id, guint16 port, Family family)
{
  EngineEvent event = { .kind = kind,
                        .attempt = id,
                        .path = { .host = (char *)"mail.example", .port = port, .family = family } };

  return event;
}

static void
settle (Story *story, OutcomeKind first, OutcomeKind second, RetryDecision decision)
{
  OutboxItem item
      = { .id = 7, .envelope = story->envelope, .not_before = story->fake->wall + 5 * TICKS_PER_MINUTE };
  g_autoptr (Outcome) outcome = outcome_new (2);
  const OutcomeKind kinds[] = { first, second };

  for (guint i = 0; i < 2; i++)
    verdict_set (&outcome->recipients[i], kinds[i], STAGE_RCPT,
                 kinds[i] == OUTCOME_TRANSPORT ? CAUSE_NO_PATH : CAUSE_REPLY, NULL, NULL);
  outcome_summarize (outcome);
  const OutboxSettled settled = { .item = &item, .outcome = outcome, .decision = decision, .tried = TRUE };
  sending_screen_settle (story->screen, &settled, story->fake->wall);
}

/* --- stories --------------------------------------------------------------------------- */

static void
test_race (void)
{
  Story story = story_begin (80, 24, 0);
  const TlsFacts tls = { .version = "TLSv1.3", .verified = TRUE, .peer_name = "mail.example" };
  EngineEvent secured = { .kind = ENGINE_TLS, .tls = &tls };
  EngineEvent login = { .kind = ENGINE_AUTH, .text = "SCRAM-SHA-256" };
  EngineEvent progress = { .kind = ENGINE_PROGRESS, .octets = 2000, .total = 4000 };
  const Verdict verdict = { .kind = OUTCOME_ACCEPTED, .stage = STAGE_RCPT };
  EngineEvent recipient = { .kind = ENGINE_RECIPIENT, .recipient = 1, .verdict = &verdict };

  happens (&story, attempt_event (ENGINE_ATTEMPT, 1, 587, FAMILY_IPV6), 0);
  happens (&story, attempt_event (ENGINE_ATTEMPT, 2, 587, FAMILY_IPV4), 250 * TICKS_PER_MS);
  happens (&story, attempt_event (ENGINE_CONNECTED, 2, 587, FAMILY_IPV4), 300 * TICKS_PER_MS);
  happens (&story, attempt_event (ENGINE_WINNER, 2, 587, FAMILY_IPV4), 310 * TICKS_PER_MS);
  happens (&story, secured, 400 * TICKS_PER_MS);
  happens (&story, login, 450 * TICKS_PER_MS);
  happens (&story, progress, 500 * TICKS_PER_MS);
  happens (&story, recipient, 520 * TICKS_PER_MS);
  g_assert_true (fake_desk_shows (story.fake, "587/IPv6"));
  g_assert_true (fake_desk_shows (story.fake, "silent, 520 ms"));
  g_assert_true (fake_desk_shows (story.fake, "chosen, 50 ms"));
  g_assert_true (fake_desk_shows (story.fake, "certificate verified for mail.example"));
  g_assert_true (fake_desk_shows (story.fake, "SCRAM-SHA-256"));
  g_assert_true (fake_desk_shows (story.fake, "2.0\302\240kB of 4.0\302\240kB"));
  g_assert_true (fake_desk_shows (story.fake, "- taro@example.net: waiting"));
  g_assert_true (fake_desk_shows (story.fake, "+ jiro@example.net: accepted"));
  g_assert_cmpint (board_changes_at (story.fake->board, story.fake->now), <,
                   story.fake->now + TICKS_PER_SECOND);
  story_end (&story);
}

static void
test_sent (void)
{
  Story story = story_begin (80, 24, 0);

  settle (&story, OUTCOME_ACCEPTED, OUTCOME_ACCEPTED, (RetryDecision){ .kind = RETRY_OVER });
  g_assert_true (fake_desk_shows (story.fake, "Sent"));
  g_assert_true (sending_screen_is_over (story.screen));
  g_assert_cmpint (board_changes_at (story.fake->board, story.fake->now), ==, TICKS_NEVER);
  fake_desk_press (story.fake, "Enter");
  g_assert_true (fake_desk_was_asked (story.fake, "close sending"));
  story_end (&story);
}

/* In plain words, with what to do and what follows. */
static void
test_failed (void)
{
  Story story = story_begin (80, 24, 0);

  settle (&story, OUTCOME_TRANSPORT, OUTCOME_TRANSPORT, (RetryDecision){ .kind = RETRY_LATER });
  g_assert_true (fake_desk_shows (story.fake, "Not sent"));
  g_assert_true (fake_desk_shows (story.fake, "no path to the server works from this network"));
  g_assert_true (fake_desk_shows (story.fake, "Try another network"));
  g_assert_true (fake_desk_shows (story.fake, "It stays in the outbox; next try in 5 min."));
  fake_desk_press (story.fake, "e");
  g_assert_true (fake_desk_was_asked (story.fake, "take back"));
  story_end (&story);
}

/* Another try, by the outbox screen, is drawn for itself. */
static void
test_again (void)
{
  Story story = story_begin (80, 24, 0);
  const EngineEvent over = { .kind = ENGINE_OUTCOME };

  happens (&story, attempt_event (ENGINE_ATTEMPT, 1, 587, FAMILY_IPV6), 0);
  happens (&story, over, TICKS_PER_SECOND);
  settle (&story, OUTCOME_TRANSPORT, OUTCOME_TRANSPORT, (RetryDecision){ .kind = RETRY_LATER });
  g_assert_true (fake_desk_shows (story.fake, "587/IPv6"));
  story.base += 5 * TICKS_PER_SECOND;
  happens (&story, attempt_event (ENGINE_ATTEMPT, 1, 25, FAMILY_IPV4), TICKS_PER_MS);
  g_assert_true (fake_desk_shows (story.fake, "Being sent"));
  g_assert_true (fake_desk_shows (story.fake, "25/IPv4"));
  g_assert_null (strstr (fake_desk_draw (story.fake), "587/IPv6"));
  g_assert_false (sending_screen_is_over (story.screen));
  story_end (&story);
}

static void
test_in_doubt (void)
{
  Story story = story_begin (40, 12, 0);

  settle (&story, OUTCOME_IN_DOUBT, OUTCOME_IN_DOUBT, (RetryDecision){ .kind = RETRY_IN_DOUBT });
  g_assert_true (fake_desk_shows (story.fake, "In doubt: the letter left"));
  fake_desk_press (story.fake, "e");
  g_assert_cmpstr (story.fake->log->str, ==, "");
  story_end (&story);
}

static void
test_cancel (void)
{
  Story story = story_begin (80, 24, 0);

  happens (&story, attempt_event (ENGINE_ATTEMPT, 1, 587, FAMILY_IPV6), 0);
  story.fake->cancel = CANCEL_CANCELLED;
  fake_desk_press (story.fake, "^C");
  g_assert_true (fake_desk_was_asked (story.fake, "cancel"));
  g_assert_true (fake_desk_shows (story.fake, "Cancelled: the server never had it whole"));
  settle (&story, OUTCOME_CANCELLED, OUTCOME_CANCELLED, (RetryDecision){ .kind = RETRY_OVER });
  g_assert_true (fake_desk_shows (story.fake, "Cancelled: nobody has it, and nobody will"));
  story_end (&story);
}

static void
test_too_late (void)
{
  Story story = story_begin (80, 24, 0);

  happens (&story, attempt_event (ENGINE_ATTEMPT, 1, 587, FAMILY_IPV6), 0);
  story.fake->cancel = CANCEL_TOO_LATE;
  fake_desk_press (story.fake, "^C");
  g_assert_true (fake_desk_shows (story.fake, "Too late to cancel"));
  g_assert_false (sending_screen_is_over (story.screen));
  story_end (&story);
}

static void
test_undo (void)
{
  Story story = story_begin (80, 24, 10 * TICKS_PER_SECOND);

  g_assert_true (fake_desk_shows (story.fake, "It leaves in 10 s; until then it can be taken back"));
  story.fake->now += 4 * TICKS_PER_SECOND;
  g_assert_true (fake_desk_shows (story.fake, "It leaves in 6 s"));
  fake_desk_press (story.fake, "M-u");
  g_assert_true (fake_desk_was_asked (story.fake, "take back"));
  story_end (&story);
}

/* Once it has begun, undo says what to do instead. */
static void
test_undo_over (void)
{
  Story story = story_begin (80, 24, TICKS_PER_SECOND);

  happens (&story, attempt_event (ENGINE_ATTEMPT, 1, 587, FAMILY_IPV6), TICKS_PER_SECOND);
  fake_desk_press (story.fake, "M-u");
  g_assert_cmpstr (story.fake->log->str, ==, "");
  g_assert_true (fake_desk_shows (story.fake, "The time to take it back is over"));
  story_end (&story);
}

static void
test_silence (void)
{
  Story story = story_begin (80, 24, 0);
  EngineEvent network = attempt_event (ENGINE_NETWORK, 0, 0, FAMILY_IPV6);

  network.text = "cafe";
  happens (&story, network, 0);
  happens (&story, attempt_event (ENGINE_ATTEMPT, 1, 587, FAMILY_IPV6), 0);
  story.fake->now = story.base + 2 * TICKS_PER_SECOND;
  fake_desk_draw (story.fake);
  g_assert_false (board_is_asking (story.fake->board));
  story.fake->now = story.base + 3 * TICKS_PER_SECOND;
  fake_desk_draw (story.fake);
  g_assert_true (fake_desk_shows (story.fake, "Port 587 of mail.example is silent"));
  fake_desk_press (story.fake, "l");
  g_assert_true (fake_desk_was_asked (story.fake, "distrust cafe 587/IPv6"));
  fake_desk_draw (story.fake);
  g_assert_false (board_is_asking (story.fake->board));
  story_end (&story);
}

/* Both families of a port are one question, whenever its answer comes. */
static void
test_silence_of_a_port (void)
{
  Story story = story_begin (80, 24, 0);

  for (Family family = FAMILY_IPV6; family <= FAMILY_IPV4; family++) {
    EngineEvent network = attempt_event (ENGINE_NETWORK, 0, 0, family);
    network.text = "cafe";
    happens (&story, network, 0);
    happens (&story, attempt_event (ENGINE_ATTEMPT, family == FAMILY_IPV6 ? 1 : 2, 587, family),
             family == FAMILY_IPV6 ? 0 : TICKS_PER_SECOND / 4);
  }
  story.fake->now = story.base + 3 * TICKS_PER_SECOND;
  fake_desk_draw (story.fake);
  g_assert_true (board_is_asking (story.fake->board));
  happens (&story, attempt_event (ENGINE_ATTEMPT_ENDED, 1, 587, FAMILY_IPV6), 31 * TICKS_PER_SECOND / 10);
  fake_desk_press (story.fake, "l");
  g_assert_true (fake_desk_was_asked (story.fake, "distrust cafe 587/IPv6"));
  story.fake->now = story.base + 4 * TICKS_PER_SECOND;
  fake_desk_draw (story.fake);
  g_assert_false (board_is_asking (story.fake->board));
  g_assert_true (fake_desk_was_asked (story.fake, "distrust cafe 587/IPv4"));
  story_end (&story);
}

static void
test_small (void)
{
  Story story = story_begin (40, 12, 0);

  happens (&story, attempt_event (ENGINE_ATTEMPT, 1, 587, FAMILY_IPV6), 0);
  g_assert_true (fake_desk_shows (story.fake, "587/IPv6"));
  g_assert_true (fake_desk_shows (story.fake, "taro@example.net"));
  story_end (&story);
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C.UTF-8");
  tap_init (&argc, &argv);
  g_test_add_func ("/sending/race", test_race);
  g_test_add_func ("/sending/sent", test_sent);
  g_test_add_func ("/sending/failed", test_failed);
  g_test_add_func ("/sending/again", test_again);
  g_test_add_func ("/sending/in doubt", test_in_doubt);
  g_test_add_func ("/sending/cancel", test_cancel);
  g_test_add_func ("/sending/too late", test_too_late);
  g_test_add_func ("/sending/undo", test_undo);
  g_test_add_func ("/sending/undo is over", test_undo_over);
  g_test_add_func ("/sending/silence", test_silence);
  g_test_add_func ("/sending/silence of a port", test_silence_of_a_port);
  g_test_add_func ("/sending/40x12", test_small);
  return g_test_run ();
}
