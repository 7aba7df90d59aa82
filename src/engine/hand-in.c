/* Between the reception and whoever keeps the message. An answer may come when the client
 * has long gone: until then the hand-in lives on. */
#include "engine/hand-in.h"

#include "base/error.h"
#include "base/visible.h"
#include "engine/reception.h"

#include <string.h>
#include <time.h>

/* As large a message as any server takes, and as many recipients as Postfix does. */
#define SIZE_LIMIT ((guint64)100 * 1024 * 1024)
#define RECIPIENTS_LIMIT 1000

/* RFC 5321, 4.5.3.1.5: 512 octets for a line of a reply. */
#define REASON_LIMIT 400

struct HandIn {
  HandInRules rules;
  HandInEvents events;
  gpointer data;
  Reception *reception; /* NULL: the conversation is over */
  gboolean busy;        /* an answer of the owner is due */
};

void
hand_in_free (HandIn *hand_in)
{
  if (!hand_in)
    return;
  reception_free (hand_in->reception);
  g_free (hand_in);
}

void
hand_in_answer (HandIn *hand_in, guint code, const char *text)
{
  hand_in->busy = FALSE;
  if (hand_in->reception)
    reception_answer (hand_in->reception, code, text);
  else
    hand_in->events.ended (hand_in, hand_in->data);
}

/* What the disk refused may go later. */
static void
answer_not_kept (HandIn *hand_in, const GError *error)
{
  const char *text;
  guint code = reception_refusal (error, &text);

  hand_in_answer (hand_in, code, text);
}

void
hand_in_answer_kept (HandIn *hand_in, guint64 id, const GError *error)
{
  if (error) {
    answer_not_kept (hand_in, error);
    return;
  }
  g_autofree char *text = g_strdup_printf ("2.0.0 queued as %" G_GUINT64_FORMAT, id);
  hand_in_answer (hand_in, 250, text);
}

/* What is wrong with a message stays wrong: the client shall not try again. Replies are
 * ASCII, and so is the reason unless it was translated. */
static void
answer_unfit (HandIn *hand_in, const GError *error)
{
  static const struct {
    ToukanError error;
    guint code;
    const char *text;
  } replies[] = {
    { TOUKAN_ERROR_DATA, 554, "5.6.0 This can't be sent" },
    { TOUKAN_ERROR_USAGE, 554, "5.5.1 This is for nobody" },
    { TOUKAN_ERROR_UNAVAILABLE, 554, "5.4.6 This goes in circles" },
    { TOUKAN_ERROR_CONFIGURATION, 451, "4.3.5 The configuration lacks something" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (replies); i++)
    if (g_error_matches (error, TOUKAN_ERROR, (int)replies[i].error)) {
      g_autofree char *reason = visible_text (error->message, -1);
      gboolean told = g_str_is_ascii (reason) && strlen (reason) <= REASON_LIMIT;
      g_autofree char *text
          = told ? g_strdup_printf ("%s: %s", replies[i].text, reason) : g_strdup (replies[i].text);
      hand_in_answer (hand_in, replies[i].code, text);
      return;
    }
  answer_not_kept (hand_in, error);
}

/* --- the message ------------------------------------------------------------------ */

static Handover *
prepare (HandIn *hand_in, const Account *account, const Envelope *envelope, BodySource *message,
         GError **error)
{
  HandoverRequest request = {
    .account = account,
    .local_names = hand_in->rules.local_names,
    .aliases_file = hand_in->rules.aliases_file,
    .wanted = envelope,
    .date = time (NULL),
  };

  return handover_prepare (&request, message, error);
}

static void
on_message (Reception *reception, const Envelope *envelope, BodySource *message, gpointer data)
{
  HandIn *hand_in = data;
  g_autoptr (GError) error = NULL;
  const Account *account = hand_in->events.account (envelope->sender, hand_in->data, &error);
  Handover *handover = account ? prepare (hand_in, account, envelope, message, &error) : NULL;

  hand_in->busy = TRUE;
  if (handover)
    hand_in->events.take (hand_in, account, handover, hand_in->data);
  else
    answer_unfit (hand_in, error);
}

/* --- the conversation ---------------------------------------------------------------- */

static void
on_sender (Reception *reception, const Envelope *envelope, const BodyForm *form, gpointer data)
{
  HandIn *hand_in = data;

  hand_in->busy = TRUE;
  hand_in->events.admit (hand_in, form->size, hand_in->data);
}

static void
on_ended (Reception *reception, gpointer data)
{
  HandIn *hand_in = data;

  g_clear_pointer (&hand_in->reception, reception_free);
  if (!hand_in->busy)
    hand_in->events.ended (hand_in, hand_in->data);
}

void
hand_in_shut_down (HandIn *hand_in)
{
  if (hand_in->reception)
    reception_shut_down (hand_in->reception, "4.3.2 Shutting down");
}

HandIn *
hand_in_new (int in, int out, const HandInRules *rules, const HandInEvents *events, gpointer data)
{
  static const ReceptionEvents reception_events
      = { .sender = on_sender, .message = on_message, .ended = on_ended };
  ReceptionRules reception_rules = {
    .server_name = g_get_host_name (),
    .size_limit = SIZE_LIMIT,
    .recipients_limit = RECIPIENTS_LIMIT,
    .patience = RECEPTION_PATIENCE,
  };
  HandIn *hand_in = g_new0 (HandIn, 1);

  hand_in->rules = *rules;
  hand_in->events = *events;
  hand_in->data = data;
  hand_in->reception = reception_new (in, out, &reception_rules, &reception_events, hand_in);
  return hand_in;
}
