#include "core/window.h"
#include "../lib/tap.h"

/* A tiny owner: what may be sent and what was answered is written down as text. */
typedef struct {
  Window *window;
  GByteArray *out;
  GString *log;
  SendAdvice advice;
  gboolean gate_open;
  guint body_ready; /* octets of a body that may be put */
} Owner;

static SendAdvice
advised (gpointer data, const WindowCommand *command)
{
  return ((Owner *)data)->advice;
}

static void
answered (gpointer data, const WindowCommand *command, const Reply *reply)
{
  g_string_append_printf (((Owner *)data)->log, "%s=%u ", command->kind->name, reply->code);
}

static gboolean
put_body (gpointer data, WindowCommand *command, GByteArray *out)
{
  Owner *owner = data;
  for (; owner->body_ready > 0 && command->octets > 0; owner->body_ready--, command->octets--)
    g_byte_array_append (out, (const guint8 *)"x", 1);
  return command->octets == 0;
}

static gboolean
gate (gpointer data, const WindowCommand *command)
{
  return ((Owner *)data)->gate_open;
}

static const CommandKind GROUPED = { .name = "GROUPED", .answered = answered };
static const CommandKind LAST
    = { .name = "LAST", .ends_group = TRUE, .intermediate = 354, .answered = answered };
static const CommandKind ASKED = { .name = "ASKED", .may_be_sent = advised, .answered = answered };
static const CommandKind BODY = { .name = "BODY", .put = put_body, .answered = answered };

static void
set_up (Owner *owner, gconstpointer pipelining)
{
  owner->window = window_new (owner, gate);
  owner->out = g_byte_array_new ();
  owner->log = g_string_new (NULL);
  owner->gate_open = TRUE;
  window_set_pipelining (owner->window, GPOINTER_TO_INT (pipelining));
}

static void
tear_down (Owner *owner, gconstpointer data)
{
  window_free (owner->window);
  g_byte_array_unref (owner->out);
  g_string_free (owner->log, TRUE);
}

static WindowCommand *
push (Owner *owner, const CommandKind *kind, const char *line)
{
  return window_push (owner->window, kind, owner, g_string_new (line));
}

/* What goes out now, taken. Free with g_free(). */
static char *
sent (Owner *owner)
{
  window_send (owner->window, owner->out);
  window_taken (owner->window);
  char *text
      = owner->out->len > 0 ? g_strndup ((const char *)owner->out->data, owner->out->len) : g_strdup ("");
  g_byte_array_set_size (owner->out, 0);
  return text;
}

static void
assert_sent (Owner *owner, const char *expected)
{
  g_autofree char *text = sent (owner);
  g_assert_cmpstr (text, ==, expected);
}

static WindowAnswer
answer (Owner *owner, guint code)
{
  g_autoptr (Reply) reply = reply_new (code, "text");
  return window_answer (owner->window, reply);
}

static void
test_lock_step (Owner *owner, gconstpointer data)
{
  push (owner, &GROUPED, "a");
  push (owner, &GROUPED, "b");
  assert_sent (owner, "a");
  assert_sent (owner, "");
  g_assert_cmpint (answer (owner, 250), ==, WINDOW_ANSWERED);
  assert_sent (owner, "b");
  g_assert_cmpint (answer (owner, 550), ==, WINDOW_ANSWERED);
  g_assert_cmpstr (owner->log->str, ==, "GROUPED=250 GROUPED=550 ");
  g_assert_true (window_is_empty (owner->window));
}

static void
test_group (Owner *owner, gconstpointer data)
{
  push (owner, &GROUPED, "a");
  push (owner, &GROUPED, "b");
  push (owner, &LAST, "c");
  push (owner, &GROUPED, "d");
  assert_sent (owner, "abc");
  answer (owner, 250);
  answer (owner, 250);
  assert_sent (owner, "");
  answer (owner, 250);
  assert_sent (owner, "d");
}

static void
test_advice (Owner *owner, gconstpointer data)
{
  push (owner, &GROUPED, "a");
  push (owner, &ASKED, "b");
  push (owner, &GROUPED, "c");
  owner->advice = SEND_LATER;
  assert_sent (owner, "a");
  g_assert_true (window_next (owner->window)->kind == &ASKED);
  owner->advice = SEND_NEVER;
  assert_sent (owner, "c");
  answer (owner, 250);
  answer (owner, 251);
  g_assert_cmpstr (owner->log->str, ==, "GROUPED=250 GROUPED=251 ");
}

static void
test_body (Owner *owner, gconstpointer data)
{
  push (owner, &BODY, "h:")->octets = 5;
  push (owner, &GROUPED, "b");
  owner->body_ready = 2;
  assert_sent (owner, "h:xx");
  g_assert_cmpint (window_oldest (owner->window)->left, ==, LEFT_BEGINNING);
  /* A server may refuse what it hasn't seen whole; it can't accept it. */
  g_assert_cmpint (answer (owner, 250), ==, WINDOW_UNASKED);
  owner->body_ready = 9;
  assert_sent (owner, "xxxb");
  g_assert_cmpint (window_oldest (owner->window)->left, ==, LEFT_WHOLE);
  g_assert_cmpint (answer (owner, 250), ==, WINDOW_ANSWERED);
}

static void
test_refused_early (Owner *owner, gconstpointer data)
{
  push (owner, &BODY, "h:")->octets = 5;
  push (owner, &GROUPED, "b");
  owner->body_ready = 2;
  assert_sent (owner, "h:xx");
  g_assert_cmpint (answer (owner, 552), ==, WINDOW_ANSWERED);
  g_assert_true (window_next (owner->window)->kind == &GROUPED);
  g_assert_null (window_oldest (owner->window));
}

static void
test_not_taken (Owner *owner, gconstpointer data)
{
  push (owner, &GROUPED, "a");
  window_send (owner->window, owner->out);
  g_assert_cmpint (answer (owner, 250), ==, WINDOW_UNASKED);
  g_assert_cmpint (answer (owner, 550), ==, WINDOW_UNASKED);
  window_taken (owner->window);
  g_assert_cmpint (answer (owner, 250), ==, WINDOW_ANSWERED);
  g_assert_cmpint (answer (owner, 250), ==, WINDOW_UNASKED);
}

static void
test_intermediate (Owner *owner, gconstpointer data)
{
  push (owner, &LAST, "a");
  assert_sent (owner, "a");
  g_assert_cmpint (answer (owner, 334), ==, WINDOW_OUT_OF_PLACE);
  g_assert_cmpstr (owner->log->str, ==, "");
  g_assert_cmpint (answer (owner, 354), ==, WINDOW_ANSWERED);
  push (owner, &GROUPED, "b");
  assert_sent (owner, "b");
  g_assert_cmpint (answer (owner, 354), ==, WINDOW_OUT_OF_PLACE);
}

static void
test_gate (Owner *owner, gconstpointer data)
{
  push (owner, &GROUPED, "a");
  owner->gate_open = FALSE;
  g_assert_cmpint (window_send (owner->window, owner->out), ==, WINDOW_BARRED);
  g_assert_cmpuint (owner->out->len, ==, 0);
  g_assert_true (window_next (owner->window)->kind == &GROUPED);
}

static void
test_drop (Owner *owner, gconstpointer data)
{
  int other = 0;
  push (owner, &GROUPED, "a");
  assert_sent (owner, "a");
  push (owner, &LAST, "b");
  window_push (owner->window, &GROUPED, &other, g_string_new ("c"));
  push (owner, &GROUPED, "d");
  push (owner, &LAST, "e");
  g_assert_cmpuint (window_drop_waiting (owner->window, owner, &LAST), ==, 2);
  assert_sent (owner, "cd");
  g_assert_cmpuint (window_drop_waiting (owner->window, owner, NULL), ==, 0);
  g_assert_true (window_holds (owner->window, &other));
  answer (owner, 250);
  answer (owner, 250);
  g_assert_false (window_holds (owner->window, &other));
  g_assert_true (window_holds (owner->window, owner));
  window_clear (owner->window);
  g_assert_true (window_is_empty (owner->window));
  push (owner, &GROUPED, "f");
  assert_sent (owner, "f");
}

/* A pseudo command without octets, such as the greeting, waits for its reply like others. */
static void
test_no_octets (Owner *owner, gconstpointer data)
{
  window_push (owner->window, &LAST, NULL, NULL);
  push (owner, &GROUPED, "a");
  assert_sent (owner, "");
  g_assert_cmpint (answer (owner, 220), ==, WINDOW_ANSWERED);
  assert_sent (owner, "a");
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
#define ADD(name, pipelining, function)                                                                      \
  g_test_add ("/window/" name, Owner, GINT_TO_POINTER (pipelining), set_up, function, tear_down)
  ADD ("lock-step", FALSE, test_lock_step);
  ADD ("group", TRUE, test_group);
  ADD ("advice", TRUE, test_advice);
  ADD ("body", TRUE, test_body);
  ADD ("refused-early", TRUE, test_refused_early);
  ADD ("not-taken", TRUE, test_not_taken);
  ADD ("intermediate", TRUE, test_intermediate);
  ADD ("gate", TRUE, test_gate);
  ADD ("drop", TRUE, test_drop);
  ADD ("no-octets", FALSE, test_no_octets);
  return g_test_run ();
}
