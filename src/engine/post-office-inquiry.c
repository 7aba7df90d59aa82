/* At the query socket: one line is asked, and answered. */
#include "engine/post-office-private.h"

#include "base/visible.h"
#include "engine/item-json.h"
#include "engine/timer.h"
#include "net/clock.h"
#include "net/stream.h"

#include <json-glib/json-glib.h>
#include <string.h>

/* For the question, and for the answer to leave. */
#define PATIENCE (10 * TICKS_PER_SECOND)
/* Rows of one answer. */
#define ROWS_LIMIT 10000

typedef struct {
  Caller caller;
  Stream *stream; /* NULL: the caller has gone */
  Timer *timer;
  GString *question;
  gboolean busy; /* the writer thread has it */

  /* For the writer thread. */
  gboolean acts;
  OutboxAction action;
  gint64 id;
  guint rows;
  GString *answer;
} Inquiry;

static const struct {
  const char *word;
  OutboxAction action;
} actions[] = {
  { "cancel", OUTBOX_CANCEL },
  { "hold", OUTBOX_HOLD },
  { "release", OUTBOX_RELEASE },
  { "retry", OUTBOX_RETRY },
};

gboolean
post_office_action (const char *word, OutboxAction *ret_action)
{
  for (gsize i = 0; i < G_N_ELEMENTS (actions); i++)
    if (strcmp (actions[i].word, word) == 0) {
      *ret_action = actions[i].action;
      return TRUE;
    }
  return FALSE;
}

const char *
post_office_action_name (OutboxAction action)
{
  for (gsize i = 0; i < G_N_ELEMENTS (actions); i++)
    if (actions[i].action == action)
      return actions[i].word;
  return NULL;
}

const char *
post_office_result_name (OutboxResult result)
{
  static const char *const names[] = {
    [OUTBOX_DONE] = "done",
    [OUTBOX_UNKNOWN] = "unknown",
    [OUTBOX_BUSY] = "busy",
    [OUTBOX_NOT_SO] = "not-so",
  };

  return names[result];
}

/* --- on the writer thread --------------------------------------------------------- */

static void
append_line (Inquiry *inquiry, const char *line)
{
  g_string_append (inquiry->answer, line);
  g_string_append_c (inquiry->answer, '\n');
}

static void
append_member (Inquiry *inquiry, const char *name, const char *value, const char *state)
{
  JsonObject *object = json_object_new ();
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), object);

  json_object_set_string_member (object, name, value);
  if (state)
    json_object_set_string_member (object, "state", state);
  json_object_unref (object);
  g_autofree char *line = json_to_string (root, FALSE);
  append_line (inquiry, line);
}

static void
append_row (const OutboxItem *item, gpointer data)
{
  Inquiry *inquiry = data;

  if (inquiry->rows++ >= ROWS_LIMIT)
    return;
  g_autofree char *line = item_json_write (item);
  append_line (inquiry, line);
}

static gboolean
list (Inquiry *inquiry, Outbox *outbox, gint64 owner, GError **error)
{
  OutboxFilter filter
      = { .states = 1u << OUTBOX_HELD | 1u << OUTBOX_QUEUED | 1u << OUTBOX_SENDING | 1u << OUTBOX_IN_DOUBT,
          .owner = owner };

  if (!outbox_list (outbox, &filter, append_row, inquiry, error))
    return FALSE;
  append_line (inquiry, "{\"end\":true}");
  return TRUE;
}

static gboolean
act (Inquiry *inquiry, Outbox *outbox, gint64 owner, GError **error)
{
  OutboxResult result = OUTBOX_UNKNOWN;
  OutboxState state = OUTBOX_QUEUED;

  if (!outbox_act (outbox, inquiry->id, inquiry->action, owner, clock_instant ().wall, &result, &state,
                   error))
    return FALSE;
  append_member (inquiry, "result", post_office_result_name (result),
                 result == OUTBOX_NOT_SO ? outbox_state_name (state) : NULL);
  return TRUE;
}

static void
work (Outbox *outbox, gpointer data)
{
  Inquiry *inquiry = data;
  gint64 owner = inquiry->caller.uid == 0 ? OUTBOX_ANYBODY : inquiry->caller.uid;
  g_autoptr (GError) error = NULL;

  if (!(inquiry->acts ? act : list) (inquiry, outbox, owner, &error))
    append_member (inquiry, "error", error->message, NULL);
}

/* --- the conversation ---------------------------------------------------------------- */

static void
leave (Inquiry *inquiry)
{
  g_clear_pointer (&inquiry->stream, stream_free);
  timer_set (inquiry->timer, TICKS_NEVER);
  if (!inquiry->busy)
    post_office_caller_left (inquiry->caller.office, &inquiry->caller);
}

static void
say_answer (Inquiry *inquiry)
{
  stream_write (inquiry->stream, (const guint8 *)inquiry->answer->str, inquiry->answer->len);
  stream_close_gracefully (inquiry->stream);
  timer_set (inquiry->timer, clock_now () + PATIENCE);
}

static void
on_worked (Outbox *outbox, gpointer data)
{
  Inquiry *inquiry = data;

  inquiry->busy = FALSE;
  if (inquiry->acts)
    post_office_changed (inquiry->caller.office);
  if (inquiry->stream)
    say_answer (inquiry);
  else
    post_office_caller_left (inquiry->caller.office, &inquiry->caller);
}

/* "list", or "cancel 12". */
static gboolean
understand (Inquiry *inquiry, const char *question)
{
  g_auto (GStrv) words = g_strsplit (question, " ", 3);
  guint64 id = 0;

  if (g_strv_length (words) == 1)
    return strcmp (words[0], "list") == 0;
  if (g_strv_length (words) != 2 || !post_office_action (words[0], &inquiry->action)
      || !g_ascii_string_to_unsigned (words[1], 10, 1, G_MAXINT64, &id, NULL))
    return FALSE;
  inquiry->acts = TRUE;
  inquiry->id = (gint64)id;
  return TRUE;
}

static void
take_question (Inquiry *inquiry)
{
  stream_set_reading (inquiry->stream, FALSE);
  if (understand (inquiry, inquiry->question->str)) {
    inquiry->busy = TRUE;
    timer_set (inquiry->timer, TICKS_NEVER);
    outbox_source_run (post_office_rules (inquiry->caller.office)->source, work, on_worked, inquiry);
  } else {
    append_member (inquiry, "error", "unknown question", NULL);
    say_answer (inquiry);
  }
}

static void
on_received (Stream *stream, const guint8 *octets, gsize length, gpointer data)
{
  Inquiry *inquiry = data;
  gsize room = POST_OFFICE_QUERY_LIMIT - inquiry->question->len;

  g_string_append_len (inquiry->question, (const char *)octets, (gssize)MIN (length, room));
  gsize line = strcspn (inquiry->question->str, "\n");
  if (line < inquiry->question->len || length >= room) {
    g_string_truncate (inquiry->question, line);
    take_question (inquiry);
  }
}

static void
on_drained (Stream *stream, gpointer data)
{
  leave (data);
}

static void
on_closed (Stream *stream, const char *detail, gpointer data)
{
  leave (data);
}

static void
on_timer (gpointer data)
{
  leave (data);
}

static void
send_away (Caller *caller)
{
  Inquiry *inquiry = (Inquiry *)caller;

  timer_set (inquiry->timer, inquiry->busy ? TICKS_NEVER : 0);
}

static void
free_inquiry (Caller *caller)
{
  Inquiry *inquiry = (Inquiry *)caller;

  stream_free (inquiry->stream);
  timer_free (inquiry->timer);
  g_string_free (inquiry->question, TRUE);
  g_string_free (inquiry->answer, TRUE);
  g_free (inquiry);
}

Caller *
caller_new_inquiry (PostOffice *office, int fd, uid_t uid)
{
  static const StreamEvents events = { .received = on_received, .drained = on_drained, .closed = on_closed };
  Inquiry *inquiry = g_new0 (Inquiry, 1);

  inquiry->caller
      = (Caller){ .office = office, .uid = uid, .asks = TRUE, .send_away = send_away, .free = free_inquiry };
  inquiry->question = g_string_new (NULL);
  inquiry->answer = g_string_new (NULL);
  inquiry->timer = timer_new (on_timer, inquiry);
  inquiry->stream = stream_new (fd, &events, inquiry);
  timer_set (inquiry->timer, clock_now () + PATIENCE);
  return &inquiry->caller;
}
