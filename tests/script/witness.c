/* See witness.h. Nothing here is shared with the code it watches, but the data types. */
#include "witness.h"

#include <stdlib.h>
#include <string.h>

/* What is known of one delivery from the wire alone. */
typedef struct {
  Envelope *envelope;
  GBytes *body;
  GByteArray *seen; /* of the body, unstuffed */
  guint *rcpt_codes;
  gboolean *rcpt_sent;
  guint mail_code, data_code, chunk_code, end_code;
  gboolean permitted, completed, finished;
} Sight;

typedef struct {
  char *verb;
  DeliveryId id;
  guint recipient;
} Owed;

typedef enum { MODE_LINE, MODE_DATA, MODE_CHUNK } Mode;

struct Witness {
  gboolean tls_required, login_in_clear, encrypted;
  Mode mode;
  GString *line;  /* of the client, not complete */
  GString *reply; /* of the server, not complete */
  guint64 chunk_left;
  gboolean chunk_last;
  gboolean bdat_open; /* a BDAT that wasn't LAST was the latest */
  gboolean response_due;
  DeliveryId current;
  GQueue owed;
  GHashTable *sights;
  gboolean ended;
  char *complaint;
  guint counts[OUTCOME_CANCELLED + 1];
  gboolean gone; /* 421 was said, and nothing was done of what was sent behind it */
};

static void
sight_free (gpointer data)
{
  Sight *sight = data;
  envelope_free (sight->envelope);
  g_bytes_unref (sight->body);
  g_byte_array_unref (sight->seen);
  g_free (sight->rcpt_codes);
  g_free (sight->rcpt_sent);
  g_free (sight);
}

static void
owed_free (gpointer data)
{
  Owed *owed = data;
  g_free (owed->verb);
  g_free (owed);
}

static void
owe (Witness *witness, const char *verb, guint recipient)
{
  Owed *owed = g_new0 (Owed, 1);
  owed->verb = g_strdup (verb);
  owed->id = witness->current;
  owed->recipient = recipient;
  g_queue_push_tail (&witness->owed, owed);
}

Witness *
witness_new (const DialogueSettings *settings)
{
  Witness *witness = g_new0 (Witness, 1);
  witness->tls_required = settings->tls == TLS_REQUIRED;
  witness->login_in_clear = settings->auth.without_tls;
  witness->line = g_string_new (NULL);
  witness->reply = g_string_new (NULL);
  witness->sights = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, sight_free);
  g_queue_init (&witness->owed);
  owe (witness, "greeting", 0);
  return witness;
}

void
witness_free (Witness *witness)
{
  g_string_free (witness->line, TRUE);
  g_string_free (witness->reply, TRUE);
  g_queue_clear_full (&witness->owed, owed_free);
  g_hash_table_unref (witness->sights);
  g_free (witness->complaint);
  g_free (witness);
}

static void G_GNUC_PRINTF (2, 3) complain (Witness *witness, const char *format, ...)
{
  if (witness->complaint != NULL)
    return;
  va_list arguments;
  va_start (arguments, format);
  witness->complaint = g_strdup_vprintf (format, arguments);
  va_end (arguments);
}

static Sight *
sight_of (const Witness *witness, DeliveryId id)
{
  return g_hash_table_lookup (witness->sights, &id);
}

void
witness_tls (Witness *witness)
{
  witness->encrypted = TRUE;
}

void
witness_begun (Witness *witness, DeliveryId id, const Envelope *envelope, const char *body, gsize size)
{
  Sight *sight = g_new0 (Sight, 1);
  sight->envelope = envelope_copy (envelope);
  sight->body = g_bytes_new (body, size);
  sight->seen = g_byte_array_new ();
  sight->rcpt_codes = g_new0 (guint, envelope->recipients->len);
  sight->rcpt_sent = g_new0 (gboolean, envelope->recipients->len);
  gint64 *key = g_new (gint64, 1);
  *key = (gint64)id;
  g_hash_table_replace (witness->sights, key, sight);
}

void
witness_permitted (Witness *witness, DeliveryId id)
{
  sight_of (witness, id)->permitted = TRUE;
}

/* ---- the client's side -------------------------------------------------------- */

static guint
count_accepted (const Sight *sight)
{
  guint count = 0;
  for (guint i = 0; i < sight->envelope->recipients->len; i++)
    count += sight->rcpt_codes[i] / 100 == 2;
  return count;
}

static void
message_completed (Witness *witness, Sight *sight)
{
  if (witness->mode == MODE_DATA && sight->seen->len == 0 && count_accepted (sight) == 0)
    return; /* a lone dot */
  sight->completed = TRUE;
  if (!sight->permitted)
    complain (witness, "message %d was completed without a permit", (int)witness->current);
  gsize size;
  const void *body = g_bytes_get_data (sight->body, &size);
  if (size != sight->seen->len || (size > 0 && memcmp (body, sight->seen->data, size) != 0))
    complain (witness, "message %d was altered on its way", (int)witness->current);
}

static void
client_mail (Witness *witness, const char *line)
{
  const char *number = strpbrk (line, "0123456789");
  witness->current = number != NULL ? g_ascii_strtoull (number, NULL, 10) : 0;
  if (sight_of (witness, witness->current) == NULL)
    complain (witness, "a MAIL for nobody's message: %s", line);
}

static guint
client_rcpt (Witness *witness, const char *line)
{
  const Sight *sight = sight_of (witness, witness->current);
  const char *open = strchr (line, '<'), *close = strchr (line, '>');
  if (sight == NULL || open == NULL || close == NULL)
    return 0;
  g_autofree char *address = g_strndup (open + 1, (gsize)(close - open - 1));
  for (guint i = 0; i < sight->envelope->recipients->len; i++)
    if (strcmp (envelope_recipient (sight->envelope, i)->address, address) == 0) {
      sight->rcpt_sent[i] = TRUE;
      return i;
    }
  complain (witness, "RCPT for a stranger: %s", line);
  return 0;
}

static void
check_clear (Witness *witness, const char *verb)
{
  static const char *const guarded[] = { "AUTH", "MAIL", "RCPT", "DATA", "BDAT", "response", NULL };
  if (witness->encrypted || !g_strv_contains (guarded, verb))
    return;
  gboolean login = strcmp (verb, "AUTH") == 0 || strcmp (verb, "response") == 0;
  if (witness->tls_required || (login && !witness->login_in_clear))
    complain (witness, "%s in the clear", verb);
}

static void
chunk_finish (Witness *witness)
{
  witness->mode = MODE_LINE;
  witness->bdat_open = !witness->chunk_last;
  owe (witness, witness->chunk_last ? "LAST" : "BDAT", 0);
  Sight *sight = sight_of (witness, witness->current);
  if (witness->chunk_last && sight != NULL)
    message_completed (witness, sight);
}

static void
client_chunk (Witness *witness, const char *line)
{
  witness->chunk_left = g_ascii_strtoull (line + 5, NULL, 10);
  witness->chunk_last = g_str_has_suffix (line, " LAST");
  witness->mode = MODE_CHUNK;
  if (witness->chunk_left == 0)
    chunk_finish (witness);
}

static void
client_line (Witness *witness, const char *line)
{
  if (witness->response_due) {
    witness->response_due = FALSE;
    if (strcmp (line, "*") != 0)
      check_clear (witness, "response");
    owe (witness, "response", 0);
    return;
  }
  g_autofree char *verb = g_strndup (line, strcspn (line, " "));
  guint recipient = 0;
  check_clear (witness, verb);
  if (strcmp (verb, "RSET") == 0 && witness->bdat_open)
    complain (witness, "RSET inside a BDAT transaction");
  if (strcmp (verb, "MAIL") == 0)
    client_mail (witness, line);
  if (strcmp (verb, "RCPT") == 0)
    recipient = client_rcpt (witness, line);
  if (strcmp (verb, "BDAT") == 0)
    client_chunk (witness, line);
  else
    owe (witness, verb, recipient);
}

static void
data_line (Witness *witness)
{
  Sight *sight = sight_of (witness, witness->current);
  const char *line = witness->line->str;
  if (strcmp (line, ".\r\n") == 0) {
    message_completed (witness, sight);
    witness->mode = MODE_LINE;
    owe (witness, ".", 0);
    return;
  }
  if (count_accepted (sight) == 0)
    complain (witness, "a body for nobody");
  gsize skip = line[0] == '.' ? 1 : 0;
  g_byte_array_append (sight->seen, (const guint8 *)line + skip, (guint)(witness->line->len - skip));
}

static void
client_octet (Witness *witness, guint8 octet)
{
  if (witness->mode == MODE_CHUNK) {
    Sight *sight = sight_of (witness, witness->current);
    g_byte_array_append (sight->seen, &octet, 1);
    if (--witness->chunk_left == 0)
      chunk_finish (witness);
    return;
  }
  g_string_append_c (witness->line, (char)octet);
  if (!g_str_has_suffix (witness->line->str, "\r\n"))
    return;
  if (witness->mode == MODE_DATA) {
    data_line (witness);
  } else {
    g_string_truncate (witness->line, witness->line->len - 2);
    client_line (witness, witness->line->str);
  }
  g_string_truncate (witness->line, 0);
}

void
witness_client (Witness *witness, const guint8 *octets, gsize length)
{
  for (gsize i = 0; i < length; i++)
    client_octet (witness, octets[i]);
}

/* ---- the server's side ----------------------------------------------------------- */

static void
server_reply (Witness *witness, guint code)
{
  Owed *owed = g_queue_pop_head (&witness->owed);
  if (code == 421)
    witness->gone = TRUE;
  else if (code < 400 && (owed == NULL || strcmp (owed->verb, "RSET") != 0))
    witness->gone = FALSE;
  if (owed == NULL)
    return;
  Sight *sight = sight_of (witness, owed->id);
  const char *verb = owed->verb;
  if (code == 354 && strcmp (verb, "DATA") == 0)
    witness->mode = MODE_DATA;
  witness->response_due = code == 334 && (strcmp (verb, "AUTH") == 0 || strcmp (verb, "response") == 0);
  if (sight != NULL && strcmp (verb, "MAIL") == 0)
    sight->mail_code = code;
  if (sight != NULL && strcmp (verb, "RCPT") == 0)
    sight->rcpt_codes[owed->recipient] = code;
  if (sight != NULL && strcmp (verb, "DATA") == 0)
    sight->data_code = code;
  if (sight != NULL && strcmp (verb, "BDAT") == 0 && code >= 400)
    sight->chunk_code = code;
  if (sight != NULL && (strcmp (verb, "LAST") == 0 || strcmp (verb, ".") == 0))
    sight->end_code = code;
  owed_free (owed);
}

void
witness_server (Witness *witness, const guint8 *octets, gsize length)
{
  for (gsize i = 0; i < length; i++) {
    g_string_append_c (witness->reply, (char)octets[i]);
    if (octets[i] != '\n')
      continue;
    const char *line = witness->reply->str;
    guint code = (guint)g_ascii_strtoull (line, NULL, 10);
    if (witness->reply->len >= 5 && code >= 200 && code <= 599 && line[3] != '-')
      server_reply (witness, code);
    g_string_truncate (witness->reply, 0);
  }
}

/* ---- what the dialogue says --------------------------------------------------------- */

static gboolean
was_refused (const Sight *sight, guint recipient)
{
  return sight->mail_code >= 400 || sight->rcpt_codes[recipient] >= 400 || sight->data_code >= 400;
}

static gboolean
is_bdat_refusal (guint code)
{
  return code == 500 || code == 502 || code == 503;
}

static void
check_fate (Witness *witness, const Sight *sight, guint recipient, const Verdict *verdict)
{
  const char *kind = outcome_kind_name (verdict->kind);
  gboolean taken = sight->mail_code / 100 == 2 && sight->rcpt_codes[recipient] / 100 == 2;
  witness->counts[verdict->kind]++;
  switch (verdict->kind) {
  case OUTCOME_ACCEPTED:
    if (!taken || sight->end_code / 100 != 2)
      complain (witness, "accepted, and the server never said so");
    return;
  case OUTCOME_IN_DOUBT:
    if (!sight->permitted || !sight->completed)
      complain (witness, "in doubt, and the server can't have it");
    return;
  default:
    break;
  }
  if (!sight->rcpt_sent[recipient] || !sight->completed)
    return;
  /* The server closes the channel, and has served nothing more. */
  if (witness->gone && sight->end_code == 0)
    return;
  if (taken && sight->end_code / 100 == 2)
    complain (witness, "%s, and the server has accepted it", kind);
  if (sight->end_code < 400 && !was_refused (sight, recipient) && !is_bdat_refusal (sight->chunk_code))
    complain (witness, "%s, and the server may have it", kind);
}

static void
check_finished (Witness *witness, const DialogueEvent *event)
{
  Sight *sight = sight_of (witness, event->id);
  if (sight == NULL || sight->finished) {
    complain (witness, "finished twice, or never begun");
    return;
  }
  sight->finished = TRUE;
  for (guint i = 0; i < event->outcome->n_recipients; i++)
    check_fate (witness, sight, i, &event->outcome->recipients[i]);
}

void
witness_event (Witness *witness, const DialogueEvent *event)
{
  if (event->kind == DIALOGUE_FINISHED)
    check_finished (witness, event);
  if (event->kind == DIALOGUE_ENDED) {
    if (witness->ended)
      complain (witness, "ended twice");
    witness->ended = TRUE;
  }
}

void
witness_close (Witness *witness)
{
  GHashTableIter iter;
  gpointer sight;
  g_hash_table_iter_init (&iter, witness->sights);
  while (g_hash_table_iter_next (&iter, NULL, &sight))
    if (!((Sight *)sight)->finished)
      complain (witness, "a delivery was never finished");
  if (!witness->ended)
    complain (witness, "the session never ended");
}

const char *
witness_owed (const Witness *witness)
{
  const Owed *owed = g_queue_peek_head ((GQueue *)&witness->owed);
  return owed != NULL ? owed->verb : NULL;
}

const char *
witness_complaint (const Witness *witness)
{
  return witness->complaint;
}

guint
witness_count (const Witness *witness, OutcomeKind kind)
{
  return witness->counts[kind];
}
