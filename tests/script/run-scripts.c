/* Plays SMTP dialogues that are data files (tests/script/README) against the dialogue:
 * as they are, octet by octet, and cut at every octet in both directions. Whatever the
 * cut, the witness's promises hold. */
#include "../lib/tap.h"

#include "script.h"
#include "witness.h"

/* ---- a play --------------------------------------------------------------------------- */

typedef struct {
  gboolean octetwise;
  gsize cut_server; /* the server's octets come up to here; G_MAXSIZE: all */
  gsize cut_client; /* the client's octets get through up to here */
} Manner;

typedef struct {
  const Script *script;
  Manner manner;
  Dialogue *dialogue;
  Witness *witness;
  GByteArray *inbox; /* from the client, not yet asked for by the script */
  gsize from_server, from_client;
  Ticks now;
  guint next_message;
  gboolean tls_open, auth_open;
  GBytes *challenge;
  GHashTable *supplied; /* id -> octets given to the dialogue */
  GHashTable *seen;     /* id -> octets that the script has asked for */
  GHashTable *outcomes; /* id -> Outcome, the latest */
  GHashTable *left;     /* id -> gboolean[], recipients for another transaction */
  GString *news;
  Verdict ending;
  gboolean over;
  char *trouble;
} Play;

static void G_GNUC_PRINTF (3, 4) trouble (Play *play, guint line, const char *format, ...)
{
  if (play->trouble != NULL)
    return;
  va_list arguments;
  va_start (arguments, format);
  g_autofree char *what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  play->trouble = g_strdup_printf ("%s:%u: %s", play->script->name, line, what);
}

static void
begin (Play *play, const Message *message, const gboolean *pending)
{
  witness_begun (play->witness, message->id, message->envelope, message->body->str, message->body->len);
  g_hash_table_insert (play->supplied, GINT_TO_POINTER ((int)message->id), GSIZE_TO_POINTER (0));
  g_hash_table_insert (play->seen, GINT_TO_POINTER ((int)message->id), GSIZE_TO_POINTER (0));
  dialogue_begin (play->dialogue, message->id, message->envelope, pending, &message->form, message->last,
                  play->now);
}

static void
give_delivery (Play *play)
{
  GHashTableIter iter;
  gpointer id, pending;
  g_hash_table_iter_init (&iter, play->left);
  if (g_hash_table_iter_next (&iter, &id, &pending)) {
    g_hash_table_iter_steal (&iter);
    begin (play, script_message (play->script, (DeliveryId)GPOINTER_TO_INT (id)), pending);
    g_free (pending);
  } else if (play->next_message < play->script->messages->len) {
    begin (play, g_ptr_array_index (play->script->messages, play->next_message++), NULL);
  } else if (!play->script->never_quits) {
    dialogue_quit (play->dialogue, play->now);
  }
}

static void
give_body (Play *play, const DialogueEvent *event)
{
  const Message *message = script_message (play->script, event->id);
  gpointer key = GINT_TO_POINTER ((int)event->id);
  gsize given = GPOINTER_TO_SIZE (g_hash_table_lookup (play->supplied, key));
  gsize octets = MIN (message->body->len - given, play->manner.octetwise ? 1 : event->limit);
  if (given >= play->script->body_stalls)
    return;
  g_hash_table_insert (play->supplied, key, GSIZE_TO_POINTER (given + octets));
  dialogue_body_supply (play->dialogue, event->id, (const guint8 *)message->body->str + given, octets,
                        play->now);
}

static void
permit (Play *play, DeliveryId id)
{
  witness_permitted (play->witness, id);
  dialogue_permit_end (play->dialogue, id, play->now);
}

static void
note_finished (Play *play, const DialogueEvent *event)
{
  gpointer id = GINT_TO_POINTER ((int)event->id);
  const Outcome *before = g_hash_table_lookup (play->outcomes, id);
  Outcome *outcome = outcome_copy (event->outcome);
  gboolean *left = g_new0 (gboolean, outcome->n_recipients);
  gboolean any = FALSE;
  for (guint i = 0; i < outcome->n_recipients; i++) {
    if (before != NULL && before->recipients[i].kind != OUTCOME_NONE)
      verdict_copy (&outcome->recipients[i], &before->recipients[i]);
    left[i] = outcome->recipients[i].kind == OUTCOME_NONE;
    any = any || left[i];
  }
  g_hash_table_insert (play->outcomes, id, outcome);
  if (any)
    g_hash_table_insert (play->left, id, left);
  else
    g_free (left);
}

static void
handle_event (Play *play, const DialogueEvent *event)
{
  static const char *const news[DIALOGUE_ENDED + 1]
      = { [DIALOGUE_GREETED] = "greeted",         [DIALOGUE_CAPABLE] = "capable",
          [DIALOGUE_ESTABLISHED] = "established", [DIALOGUE_AUTHENTICATED] = "authenticated",
          [DIALOGUE_AUTH_SKIPPED] = "skipped",    [DIALOGUE_AUTH_NEXT] = "next",
          [DIALOGUE_WANTS_TLS] = "wants-tls",     [DIALOGUE_WANTS_AUTH] = "wants-auth",
          [DIALOGUE_FINISHED] = "finished",       [DIALOGUE_ENDED] = "ended",
          [DIALOGUE_WANTS_CLOSE] = "wants-close" };
  witness_event (play->witness, event);
  if (news[event->kind] != NULL)
    g_string_append_printf (play->news, "%s ", news[event->kind]);
  switch (event->kind) {
  case DIALOGUE_WANTS_TLS:
    play->tls_open = TRUE;
    break;
  case DIALOGUE_WANTS_AUTH:
    play->auth_open = TRUE;
    g_bytes_unref (play->challenge);
    play->challenge = g_bytes_new (event->octets, event->length);
    break;
  case DIALOGUE_WANTS_DELIVERY:
    give_delivery (play);
    break;
  case DIALOGUE_WANTS_BODY:
    give_body (play, event);
    break;
  case DIALOGUE_WANTS_END_PERMIT:
    if (!play->script->permit_by_hand)
      permit (play, event->id);
    break;
  case DIALOGUE_COMMAND:
    if (strstr (event->text, "c2VjcmV0") != NULL || strstr (event->text, "secret") != NULL)
      trouble (play, 0, "a secret was shown: %s", event->text);
    break;
  case DIALOGUE_REPLY:
    if (event->reply->code == 334 && strcmp (event->reply->lines[0], "***") != 0)
      trouble (play, 0, "a challenge was shown: %s", event->reply->lines[0]);
    break;
  case DIALOGUE_FINISHED:
    note_finished (play, event);
    break;
  case DIALOGUE_ENDED:
    verdict_copy (&play->ending, event->verdict);
    play->over = TRUE;
    break;
  default:
    break;
  }
}

static void cut (Play *play);

static void
drain (Play *play)
{
  DialogueEvent event;
  while (dialogue_next_event (play->dialogue, &event))
    handle_event (play, &event);
  GByteArray *output = dialogue_take_output (play->dialogue);
  if (output == NULL)
    return;
  gsize through = MIN (output->len, play->manner.cut_client - play->from_client);
  witness_client (play->witness, output->data, output->len);
  g_byte_array_append (play->inbox, output->data, output->len);
  play->from_client += through;
  gboolean broken = through < output->len;
  g_byte_array_unref (output);
  if (broken)
    cut (play);
  else
    dialogue_sent (play->dialogue, play->now);
  drain (play);
}

static void
cut (Play *play)
{
  dialogue_closed (play->dialogue, "cut", play->now);
}

/* ---- the steps ----------------------------------------------------------------------------- */

static void
feed (Play *play, const guint8 *octets, gsize length)
{
  gsize piece = play->manner.octetwise ? 1 : length;
  while (length > 0 && !dialogue_is_over (play->dialogue)) {
    gsize room = play->manner.cut_server - play->from_server;
    gsize now = MIN (MIN (piece, length), room);
    if (now > 0) {
      witness_server (play->witness, octets, now);
      dialogue_receive (play->dialogue, octets, now, play->now);
      drain (play);
    }
    octets += now;
    length -= now;
    play->from_server += now;
    if (now == room && length > 0 && !dialogue_is_over (play->dialogue)) {
      cut (play);
      drain (play);
    }
  }
}

/* Lines that follow each other come in one piece. Returns the last step's index. */
static guint
play_server (Play *play, guint index)
{
  const Step *first = g_ptr_array_index (play->script->steps, index);
  g_autoptr (GByteArray) all = g_byte_array_new ();
  if (play->inbox->len > 0)
    trouble (play, first->line, "the client has sent more: %.*s", (int)play->inbox->len, play->inbox->data);
  for (; index < play->script->steps->len; index++) {
    const Step *step = g_ptr_array_index (play->script->steps, index);
    if (step->kind != STEP_SERVER)
      break;
    g_byte_array_append (all, step->octets->data, step->octets->len);
  }
  feed (play, all->data, all->len);
  return index - 1;
}

static void
expect_octets (Play *play, guint line, const guint8 *octets, gsize length)
{
  if (play->inbox->len < length || memcmp (play->inbox->data, octets, length) != 0)
    trouble (play, line, "expected of the client: %.*s; it sent: %.*s", (int)length, octets,
             (int)play->inbox->len, play->inbox->data);
  else if (length > 0)
    g_byte_array_remove_range (play->inbox, 0, (guint)length);
}

static void
play_body (Play *play, const Step *step)
{
  const Message *message = script_message (play->script, step->id);
  gpointer id = GINT_TO_POINTER ((int)step->id);
  gsize position = GPOINTER_TO_SIZE (g_hash_table_lookup (play->seen, id));
  g_assert (position + step->number <= message->body->len);
  g_hash_table_insert (play->seen, id, GSIZE_TO_POINTER (position + step->number));
  expect_octets (play, step->line, (const guint8 *)message->body->str + position, step->number);
}

static void
play_auth (Play *play, const Step *step)
{
  static const struct {
    const char *word;
    AuthResponseStatus status;
  } table[] = { { "done", AUTH_RESPONSE_DONE },
                { "more", AUTH_RESPONSE_MORE },
                { "none", AUTH_RESPONSE_NONE },
                { "failed", AUTH_RESPONSE_FAILED },
                { "no-secret", AUTH_RESPONSE_NO_SECRET } };
  if (!play->auth_open)
    trouble (play, step->line, "no response was asked for");
  const GByteArray *asked = step->challenge;
  gsize length = 0;
  const char *challenge = play->challenge != NULL ? g_bytes_get_data (play->challenge, &length) : NULL;
  if (asked != NULL && (length != asked->len || (length > 0 && memcmp (challenge, asked->data, length) != 0)))
    trouble (play, step->line, "another challenge: %.*s", (int)length, (const char *)challenge);
  play->auth_open = FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    if (strcmp (table[i].word, step->word) == 0)
      dialogue_auth_respond (play->dialogue, table[i].status, step->octets->data, step->octets->len,
                             table[i].status >= AUTH_RESPONSE_FAILED ? "why" : NULL, play->now);
}

static void
play_tls (Play *play, const Step *step)
{
  if (!play->tls_open && !play->script->settings.implicit_tls)
    trouble (play, step->line, "no handshake was asked for");
  play->tls_open = FALSE;
  if (step->kind == STEP_TLS_FAILED) {
    dialogue_tls_failed (play->dialogue, OUTCOME_SECURITY, CAUSE_TLS_VERIFICATION, "expired", play->now);
    return;
  }
  witness_tls (play->witness);
  dialogue_tls_established (play->dialogue, &play->script->tls, play->now);
}

static void
play_step (Play *play, const Step *step)
{
  switch (step->kind) {
  case STEP_CLIENT:
    expect_octets (play, step->line, step->octets->data, step->octets->len);
    break;
  case STEP_BODY:
    play_body (play, step);
    break;
  case STEP_TLS:
  case STEP_TLS_FAILED:
    play_tls (play, step);
    break;
  case STEP_AUTH:
    play_auth (play, step);
    break;
  case STEP_PERMIT:
    permit (play, step->id);
    break;
  case STEP_REFUSE:
    dialogue_refuse_end (play->dialogue, step->id,
                         strcmp (step->word, "cancelled") == 0 ? OUTCOME_CANCELLED : OUTCOME_TEMPORARY,
                         strcmp (step->word, "cancelled") == 0 ? CAUSE_CANCELLED : CAUSE_STORE, NULL,
                         play->now);
    break;
  case STEP_BODY_FAILED:
    dialogue_body_failed (play->dialogue, step->id, "unreadable", play->now);
    break;
  case STEP_WAIT:
    if (play->over)
      trouble (play, step->line, "the session is over already");
    play->now += (Ticks)step->number * TICKS_PER_MS;
    dialogue_tick (play->dialogue, play->now);
    break;
  case STEP_CLOSE:
    dialogue_closed (play->dialogue, NULL, play->now);
    break;
  case STEP_QUIET:
    if (play->inbox->len > 0)
      trouble (play, step->line, "the client has sent: %.*s", (int)play->inbox->len, play->inbox->data);
    break;
  case STEP_SERVER:
    g_assert_not_reached ();
  }
  drain (play);
}

/* ---- what must have been said --------------------------------------------------------------- */

static void
check_verdict (Play *play, const Expectation *expectation, const Verdict *verdict)
{
  g_autofree char *code
      = verdict->reply != NULL ? g_strdup_printf ("%u", verdict->reply->code) : g_strdup ("none");
  const char *have[]
      = { outcome_kind_name (verdict->kind), stage_name (verdict->stage), cause_name (verdict->cause), code };
  for (gsize i = 0; i < G_N_ELEMENTS (have) && expectation->words[i] != NULL; i++)
    if (strcmp (expectation->words[i], "-") != 0 && strcmp (expectation->words[i], have[i]) != 0) {
      trouble (play, expectation->line, "it was: %s %s %s %s", have[0], have[1], have[2], have[3]);
      return;
    }
}

static void
check_delivery (Play *play, const Expectation *expectation)
{
  const Outcome *outcome = g_hash_table_lookup (play->outcomes, GINT_TO_POINTER ((int)expectation->id));
  if (strcmp (expectation->recipient, "never") == 0) {
    if (outcome != NULL)
      trouble (play, expectation->line, "it was begun");
    return;
  }
  if (outcome == NULL) {
    trouble (play, expectation->line, "it never finished");
    return;
  }
  if (strcmp (expectation->recipient, "flags") == 0) {
    gboolean with
        = strcmp (expectation->words[0], "without-auth") == 0 ? outcome->without_auth : outcome->without_tls;
    if (!with)
      trouble (play, expectation->line, "the outcome does not say so");
    return;
  }
  if (strcmp (expectation->recipient, "*") == 0) {
    check_verdict (play, expectation, &outcome->overall);
    return;
  }
  const Envelope *envelope = script_message (play->script, expectation->id)->envelope;
  for (guint i = 0; i < outcome->n_recipients; i++)
    if (strcmp (envelope_recipient (envelope, i)->address, expectation->recipient) == 0) {
      check_verdict (play, expectation, &outcome->recipients[i]);
      return;
    }
  trouble (play, expectation->line, "no such recipient");
}

static void
check_expectations (Play *play)
{
  for (guint i = 0; i < play->script->expectations->len; i++) {
    const Expectation *expectation = g_ptr_array_index (play->script->expectations, i);
    if (expectation->id != 0)
      check_delivery (play, expectation);
    else
      check_verdict (play, expectation, &play->ending);
  }
  if (play->inbox->len > 0)
    trouble (play, 0, "the client has sent more: %.*s", (int)play->inbox->len, play->inbox->data);
  if (!play->over)
    trouble (play, 0, "the session did not end");
  g_autofree char *events = play->script->events != NULL ? g_strjoinv (" ", play->script->events) : NULL;
  if (events != NULL && strcmp (g_strstrip (play->news->str), events) != 0)
    trouble (play, 0, "the events were: %s", play->news->str);
}

/* ---- one play, and all of them ------------------------------------------------------------------ */

static void
play_init (Play *play, const Script *script, const Manner *manner)
{
  *play = (Play){ .script = script, .manner = *manner };
  play->witness = witness_new (&script->settings);
  play->inbox = g_byte_array_new ();
  play->supplied = g_hash_table_new (NULL, NULL);
  play->seen = g_hash_table_new (NULL, NULL);
  play->outcomes = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)outcome_free);
  play->left = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  play->news = g_string_new (NULL);
  verdict_init (&play->ending);
  play->dialogue = dialogue_new (&script->settings, 0);
}

static void
play_clear (Play *play)
{
  dialogue_free (play->dialogue);
  witness_free (play->witness);
  g_byte_array_unref (play->inbox);
  g_hash_table_unref (play->supplied);
  g_hash_table_unref (play->seen);
  g_hash_table_unref (play->outcomes);
  g_hash_table_unref (play->left);
  g_string_free (play->news, TRUE);
  g_bytes_unref (play->challenge);
  verdict_clear (&play->ending);
  g_free (play->trouble);
}

/* NULL: all is well. CUT: only the promises count. *ret_server, *ret_client: octets. */
static char *
play_script (const Script *script, const Manner *manner, gsize *ret_server, gsize *ret_client)
{
  gboolean is_cut = manner->cut_server != G_MAXSIZE || manner->cut_client != G_MAXSIZE;
  Play play;
  play_init (&play, script, manner);
  drain (&play);
  for (guint i = 0; i < script->steps->len && !(is_cut && dialogue_is_over (play.dialogue)); i++) {
    const Step *step = g_ptr_array_index (script->steps, i);
    if (step->kind == STEP_SERVER)
      i = play_server (&play, i);
    else
      play_step (&play, step);
  }
  if (is_cut) {
    cut (&play);
    drain (&play);
    g_clear_pointer (&play.trouble, g_free);
  } else {
    check_expectations (&play);
  }
  witness_close (play.witness);
  if (witness_complaint (play.witness) != NULL)
    trouble (&play, 0, "%s", witness_complaint (play.witness));
  if (ret_server != NULL) {
    *ret_server = play.from_server;
    *ret_client = play.from_client;
  }
  char *result = g_steal_pointer (&play.trouble);
  play_clear (&play);
  return result;
}

static guint n_cuts;

static gboolean
play_well (const Script *script, const Manner *manner, const char *how, gsize at, gsize *ret_server,
           gsize *ret_client)
{
  g_autofree char *bad = play_script (script, manner, ret_server, ret_client);
  if (bad != NULL)
    g_test_fail_printf ("%s (%s %zu)", bad, how, at);
  return bad == NULL;
}

static void
test_script (gconstpointer data)
{
  g_autoptr (Script) script = script_read (data);
  Manner whole = { .cut_server = G_MAXSIZE, .cut_client = G_MAXSIZE };
  Manner octetwise = whole, cut = whole;
  gsize from_server, from_client;
  octetwise.octetwise = TRUE;
  if ((!script->whole_only && !play_well (script, &octetwise, "in pieces of", 1, NULL, NULL))
      || !play_well (script, &whole, "whole", 0, &from_server, &from_client))
    return;
  for (cut.cut_server = 0; cut.cut_server < from_server; cut.cut_server++, n_cuts++)
    if (!play_well (script, &cut, "cut behind the server's octet", cut.cut_server, NULL, NULL))
      return;
  cut.cut_server = G_MAXSIZE;
  for (cut.cut_client = 0; cut.cut_client < from_client; cut.cut_client++, n_cuts++)
    if (!play_well (script, &cut, "cut behind the client's octet", cut.cut_client, NULL, NULL))
      return;
}

static gint
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  g_autofree char *folder = g_test_build_filename (G_TEST_DIST, "tests", "script", "dialogues", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
  if (dir == NULL)
    g_error ("%s", error->message);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  const char *name;
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".dialogue"))
      g_ptr_array_add (paths, g_build_filename (folder, name, NULL));
  g_ptr_array_sort (paths, compare_paths);
  for (guint i = 0; i < paths->len; i++) {
    const char *path = g_ptr_array_index (paths, i);
    g_autofree char *base = g_path_get_basename (path);
    g_autofree char *test = g_strdup_printf ("/script/%s", base);
    g_test_add_data_func (test, path, test_script);
  }
  int status = g_test_run ();
  g_print ("# %u cuts in %u scripts\n", n_cuts, paths->len);
  return status;
}
