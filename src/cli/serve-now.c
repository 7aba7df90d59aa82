/* One engine that lives as long as the conversation, so that what it learns of paths serves
 * the next message. */
#include "cli/serve-now.h"

#include <string.h>

#include "cli/report.h"
#include "engine/engine.h"
#include "engine/memory-source.h"
#include "engine/state.h"

struct ServeNow {
  const Account *account;
  PathStore *store;
  PathMemory *memory;
  Identity *identity;
  Engine *engine;
  HandIn *hand_in; /* whose message is on its way */
  DeliveryId id;
};

/* What was accepted for some, or may have arrived, must not come again: no 4yz there. */
static const struct {
  OutcomeKind kind;
  guint code;
  const char *words;
} answers[] = {
  { OUTCOME_ACCEPTED, 250, "2.0.0 accepted by the server" },
  { OUTCOME_IN_DOUBT, 554, "5.4.0 In doubt: it was sent and may have arrived" },
  { OUTCOME_PERMANENT, 554, "5.0.0 Refused" },
  { OUTCOME_TEMPORARY, 451, "4.0.0 Refused for now" },
};

static void
answer (HandIn *hand_in, const Outcome *outcome)
{
  gsize accepted = outcome_count (outcome, OUTCOME_ACCEPTED);
  guint code = 451;
  const char *words = "4.4.1 The server can't be used now";

  if (accepted > 0 && accepted < outcome->n_recipients) {
    hand_in_answer (hand_in, 554, "5.0.0 Accepted for some recipients, not for all");
    return;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    if (answers[i].kind == outcome->overall.kind) {
      code = answers[i].code;
      words = answers[i].words;
    }
  g_autofree char *reason = code == 250 ? NULL : report_verdict (&outcome->overall);
  gboolean told = reason && g_str_is_ascii (reason) && strlen (reason) < 400;
  g_autofree char *text = told ? g_strdup_printf ("%s: %s", words, reason) : g_strdup (words);
  hand_in_answer (hand_in, code, text);
}

static void
on_event (const EngineEvent *event, gpointer data)
{
  ServeNow *now = data;

  if (event->kind == ENGINE_OUTCOME && now->hand_in && event->id == now->id)
    answer (g_steal_pointer (&now->hand_in), event->outcome);
}

ServeNow *
serve_now_new (const Account *account)
{
  ServeNow *now = g_new0 (ServeNow, 1);

  now->account = account;
  now->store = state_open (account);
  now->memory = state_load (now->store);
  now->identity = state_identity (now->store);
  now->engine = engine_new (memory_source_new (), now->memory, now->identity);
  engine_watch (now->engine, on_event, now);
  return now;
}

void
serve_now_free (ServeNow *now)
{
  engine_free (now->engine);
  state_save (now->store, now->memory);
  identity_free (now->identity);
  path_memory_free (now->memory);
  path_store_free (now->store);
  g_free (now);
}

void
serve_now_send (ServeNow *now, HandIn *hand_in, Handover *handover)
{
  Submission submission
      = { .account = now->account, .envelope = handover->envelope, .message = handover->message };
  g_autoptr (GError) error = NULL;

  now->hand_in = hand_in;
  if (!submit (now->engine, &submission, &now->id, &error))
    hand_in_answer_kept (g_steal_pointer (&now->hand_in), 0, error);
  handover_free (handover);
}

const Account *
serve_now_account (const ServeNow *now)
{
  return now->account;
}
