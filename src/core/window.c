/* The queue of commands in flight; see window.h. What has begun stands in front of what
 * waits, and `next` is where sending goes on. */
#include "core/window.h"

#include "base/secret.h"

struct Window {
  gpointer owner;
  WindowGate gate;
  gboolean pipelining;
  GQueue commands;
  GHashTable *held; /* subject -> how many of them */
  GList *next;      /* the first that isn't wholly put; NULL: none */
};

Window *
window_new (gpointer owner, WindowGate gate)
{
  Window *window = g_new0 (Window, 1);
  window->owner = owner;
  window->gate = gate;
  g_queue_init (&window->commands);
  window->held = g_hash_table_new (NULL, NULL);
  return window;
}

static void
count_held (Window *window, gpointer subject, int more)
{
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (window->held, subject)) + (guint)more;
  if (count == 0)
    g_hash_table_remove (window->held, subject);
  else
    g_hash_table_insert (window->held, subject, GUINT_TO_POINTER (count));
}

static void
command_free (WindowCommand *command)
{
  if (command->secret)
    secret_wipe (command->line->str, command->line->allocated_len);
  g_string_free (command->line, TRUE);
  g_free (command->shown);
  g_free (command);
}

void
window_clear (Window *window)
{
  WindowCommand *command;
  while ((command = g_queue_pop_head (&window->commands)) != NULL)
    command_free (command);
  g_hash_table_remove_all (window->held);
  window->next = NULL;
}

void
window_free (Window *window)
{
  if (window == NULL)
    return;
  window_clear (window);
  g_hash_table_unref (window->held);
  g_free (window);
}

void
window_set_pipelining (Window *window, gboolean pipelining)
{
  window->pipelining = pipelining;
}

gboolean
window_pipelining (const Window *window)
{
  return window->pipelining;
}

WindowCommand *
window_push (Window *window, const CommandKind *kind, gpointer subject, GString *line)
{
  WindowCommand *command = g_new0 (WindowCommand, 1);
  command->kind = kind;
  command->subject = subject;
  command->line = line != NULL ? line : g_string_new (NULL);
  g_queue_push_tail (&window->commands, command);
  count_held (window, subject, 1);
  if (window->next == NULL)
    window->next = window->commands.tail;
  return command;
}

static void
window_unlink (Window *window, GList *link)
{
  if (window->next == link)
    window->next = link->next;
  count_held (window, ((WindowCommand *)link->data)->subject, -1);
  command_free (link->data);
  g_queue_delete_link (&window->commands, link);
}

/* What stands directly before is unanswered, or it would be gone. */
static gboolean
order_allows (const Window *window)
{
  const GList *before = window->next->prev;
  if (before == NULL)
    return TRUE;
  const WindowCommand *last = before->data;
  return window->pipelining && !last->kind->ends_group;
}

static SendAdvice
command_advice (const Window *window, const WindowCommand *command)
{
  if (command->kind->may_be_sent == NULL)
    return SEND_NOW;
  return command->kind->may_be_sent (window->owner, command);
}

WindowSent
window_send (Window *window, GByteArray *out)
{
  WindowSent sent = WINDOW_IDLE;
  while (window->next != NULL) {
    WindowCommand *command = window->next->data;
    if (command->progress == COMMAND_WAITING) {
      SendAdvice advice = order_allows (window) ? command_advice (window, command) : SEND_LATER;
      if (advice == SEND_LATER)
        return sent;
      sent = WINDOW_MOVED;
      if (advice == SEND_NEVER) {
        window_unlink (window, window->next);
        continue;
      }
      if (!window->gate (window->owner, command))
        return WINDOW_BARRED;
      g_byte_array_append (out, (const guint8 *)command->line->str, (guint)command->line->len);
      command->progress = COMMAND_BEGUN;
    }
    if (command->kind->put != NULL && !command->kind->put (window->owner, command, out))
      return sent;
    sent = WINDOW_MOVED;
    command->progress = COMMAND_WHOLE;
    window->next = window->next->next;
  }
  return sent;
}

void
window_taken (Window *window)
{
  GList *link = window->next != NULL ? window->next : window->commands.tail;
  for (; link != NULL; link = link->prev) {
    WindowCommand *command = link->data;
    if (command->left == LEFT_WHOLE)
      return;
    if (command->progress == COMMAND_WHOLE)
      command->left = LEFT_WHOLE;
    else if (command->progress == COMMAND_BEGUN)
      command->left = LEFT_BEGINNING;
  }
}

/* A server may refuse a body before it has seen all of it; it can't have liked it. */
static gboolean
may_be_answered (const WindowCommand *command, const Reply *reply)
{
  if (command == NULL || command->left == LEFT_NOTHING)
    return FALSE;
  return command->left == LEFT_WHOLE || reply->code >= 400;
}

WindowAnswer
window_answer (Window *window, const Reply *reply)
{
  GList *link = window->commands.head;
  WindowCommand *command = link != NULL ? link->data : NULL;
  if (!may_be_answered (command, reply))
    return WINDOW_UNASKED;
  if (reply->code / 100 == 3 && reply->code != command->kind->intermediate)
    return WINDOW_OUT_OF_PLACE;
  if (window->next == link)
    window->next = link->next;
  g_queue_delete_link (&window->commands, link);
  count_held (window, command->subject, -1);
  command->kind->answered (window->owner, command, reply);
  command_free (command);
  return WINDOW_ANSWERED;
}

const WindowCommand *
window_oldest (const Window *window)
{
  const WindowCommand *command = g_queue_peek_head ((GQueue *)&window->commands);
  return command != NULL && command->progress != COMMAND_WAITING ? command : NULL;
}

const WindowCommand *
window_next (const Window *window)
{
  return window->next != NULL ? window->next->data : NULL;
}

guint
window_drop_waiting (Window *window, gconstpointer subject, const CommandKind *kind)
{
  guint dropped = 0;
  for (GList *link = window->next, *after; link != NULL; link = after) {
    const WindowCommand *command = link->data;
    after = link->next;
    if (command->progress != COMMAND_WAITING || command->subject != subject
        || (kind != NULL && command->kind != kind))
      continue;
    window_unlink (window, link);
    dropped++;
  }
  return dropped;
}

gboolean
window_holds (const Window *window, gconstpointer subject)
{
  return g_hash_table_contains (window->held, subject);
}

gboolean
window_is_empty (const Window *window)
{
  return window->commands.head == NULL;
}
