/* Reads the scripts; see tests/script/README. */
#include "script.h"

#include <stdlib.h>
#include <string.h>

#include "core/future-release.h"

static void
step_free (gpointer data)
{
  Step *step = data;
  g_byte_array_unref (step->octets);
  g_free (step->word);
  g_clear_pointer (&step->challenge, g_byte_array_unref);
  g_free (step);
}

static void
message_free (gpointer data)
{
  Message *message = data;
  envelope_free (message->envelope);
  g_string_free (message->body, TRUE);
  g_free (message);
}

static void
expectation_free (gpointer data)
{
  Expectation *expectation = data;
  g_free (expectation->recipient);
  g_strfreev (expectation->words);
  g_free (expectation);
}

void
script_free (Script *script)
{
  g_free (script->name);
  g_free (script->folder);
  g_strfreev (script->settings.auth.order);
  g_strfreev (script->events);
  g_ptr_array_unref (script->steps);
  g_ptr_array_unref (script->messages);
  g_ptr_array_unref (script->expectations);
  g_free (script);
}

/* \r \n \\ \0 \xHH */
static void
append_unescaped (GByteArray *out, const char *text)
{
  for (; *text != '\0'; text++) {
    guint8 octet = (guint8)*text;
    if (*text == '\\') {
      text++;
      octet = *text == 'r' ? '\r' : *text == 'n' ? '\n' : *text == '0' ? 0 : (guint8)*text;
      if (*text == 'x') {
        octet = (guint8)(g_ascii_xdigit_value (text[1]) * 16 + g_ascii_xdigit_value (text[2]));
        text += 2;
      }
    }
    g_byte_array_append (out, &octet, 1);
  }
}

static Step *
add_step (Script *script, guint line, StepKind kind)
{
  Step *step = g_new0 (Step, 1);
  step->kind = kind;
  step->line = line;
  step->octets = g_byte_array_new ();
  g_ptr_array_add (script->steps, step);
  return step;
}

static G_NORETURN void
bad_line (const Script *script, guint line, const char *text)
{
  g_error ("%s:%u: not understood: %s", script->name, line, text);
}

/* "name" or "name=value" among WORDS. */
static const char *
word_value (char **words, const char *name)
{
  gsize length = strlen (name);
  for (; *words != NULL; words++)
    if (strncmp (*words, name, length) == 0 && ((*words)[length] == '=' || (*words)[length] == '\0'))
      return (*words)[length] == '=' ? *words + length + 1 : "";
  return NULL;
}

static void
fill_body (Message *message, const char *size, const char *text)
{
  if (text != NULL) {
    g_autoptr (GByteArray) octets = g_byte_array_new ();
    append_unescaped (octets, text);
    g_string_append_len (message->body, (const char *)octets->data, octets->len);
    return;
  }
  gsize wanted = size != NULL ? (gsize)strtoul (size, NULL, 10) : 18;
  if (size == NULL)
    g_string_append (message->body, "Subject: t\r\n\r\nhi\r\n");
  /* Lines that differ, so that octets lost or doubled show. */
  for (guint n = 0; message->body->len < wanted; n++)
    g_string_append_printf (message->body, "line %06u of this message body\r\n", n);
  g_string_truncate (message->body, wanted);
  if (wanted >= 2)
    memcpy (message->body->str + wanted - 2, "\r\n", 2);
  if (wanted >= 3 && message->body->str[wanted - 3] == '\r')
    message->body->str[wanted - 3] = 'x';
}

/* message ID to=A,B [from=] [size=N | text=] [declared=N] [last] [smtputf8] [8bit] [require-tls]
 * [hold-until=DATE] [hold-for=SECONDS] */
static void
add_message (Script *script, char **words)
{
  Message *message = g_new0 (Message, 1);
  message->id = g_ascii_strtoull (words[1], NULL, 10);
  g_autofree char *usual = g_strdup_printf ("s%s@example.org", words[1]);
  const char *from = word_value (words, "from");
  message->envelope = envelope_new (from != NULL ? from : usual);
  g_auto (GStrv) to = g_strsplit (word_value (words, "to"), ",", -1);
  for (char **address = to; *address != NULL; address++)
    envelope_add (message->envelope, *address);
  message->envelope->require_tls = word_value (words, "require-tls") != NULL;
  const char *hold_until = word_value (words, "hold-until"), *hold_for = word_value (words, "hold-for");
  if (hold_until != NULL)
    g_assert_true (future_release_read_time (hold_until, &message->envelope->hold_until));
  if (hold_for != NULL)
    message->envelope->hold_for = g_ascii_strtoull (hold_for, NULL, 10);
  message->body = g_string_new (NULL);
  fill_body (message, word_value (words, "size"), word_value (words, "text"));
  const char *declared = word_value (words, "declared");
  message->form.size = declared != NULL ? strtoul (declared, NULL, 10) : message->body->len;
  message->form.smtputf8 = word_value (words, "smtputf8") != NULL;
  message->form.kind = word_value (words, "8bit") != NULL ? BODY_8BITMIME : BODY_7BIT;
  message->last = word_value (words, "last") != NULL;
  g_ptr_array_add (script->messages, message);
}

/* ---- settings, one row each ------------------------------------------------------ */

static gboolean
set_tls (Script *script, const char *value)
{
  script->settings.tls = strcmp (value, "required") == 0 ? TLS_REQUIRED
                         : strcmp (value, "off") == 0    ? TLS_OFF
                                                         : TLS_WHEN_OFFERED;
  return TRUE;
}

static gboolean
set_login (Script *script, const char *value)
{
  script->settings.auth.have_user = TRUE;
  script->settings.auth.have_password = strstr (value, "password") != NULL;
  script->settings.auth.have_token = strstr (value, "token") != NULL;
  return TRUE;
}

static gboolean
set_auth (Script *script, const char *value)
{
  script->settings.auth.rule = strcmp (value, "required") == 0 ? AUTH_REQUIRED
                               : strcmp (value, "off") == 0    ? AUTH_OFF
                                                               : AUTH_AUTO;
  return TRUE;
}

static gboolean
set_setting (Script *script, const char *name, const char *value)
{
  DialogueSettings *settings = &script->settings;
  const struct {
    const char *name;
    gboolean *flag;
    gsize *size;
    gboolean (*set) (Script *, const char *);
  } table[] = {
    { "tls", NULL, NULL, set_tls },
    { "login", NULL, NULL, set_login },
    { "auth", NULL, NULL, set_auth },
    { "implicit-tls", &settings->implicit_tls, NULL, NULL },
    { "auth-without-tls", &settings->auth.without_tls, NULL, NULL },
    { "binding", &script->tls.binding_available, NULL, NULL },
    { "certificate", &script->tls.certificate_asked, NULL, NULL },
    { "chunking", &settings->chunking, NULL, NULL },
    { "permit-by-hand", &script->permit_by_hand, NULL, NULL },
    { "never-quits", &script->never_quits, NULL, NULL },
    { "body-stalls", NULL, &script->body_stalls, NULL },
    { "whole-only", &script->whole_only, NULL, NULL },
    { "initial-window", NULL, &settings->initial_window, NULL },
    { "chunk-size", NULL, &settings->chunk_size, NULL },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
    if (strcmp (table[i].name, name) != 0)
      continue;
    if (table[i].flag != NULL)
      *table[i].flag = strcmp (value, "yes") == 0;
    if (table[i].size != NULL)
      *table[i].size = strtoul (value, NULL, 10);
    return table[i].set == NULL || table[i].set (script, value);
  }
  if (strcmp (name, "window") == 0)
    settings->window = (guint)g_ascii_strtoull (value, NULL, 10);
  else if (strcmp (name, "mechanisms") == 0)
    settings->auth.order = g_strsplit (value, ",", -1);
  else if (strcmp (name, "helo-name") == 0)
    settings->helo_name = g_intern_string (value);
  else
    return FALSE;
  return TRUE;
}

/* ---- lines ------------------------------------------------------------------------- */

static void
parse_octets (Script *script, guint line, StepKind kind, const char *text, gboolean whole_line)
{
  Step *step = add_step (script, line, kind);
  append_unescaped (step->octets, text);
  if (whole_line)
    g_byte_array_append (step->octets, (const guint8 *)"\r\n", 2);
}

/* AUTH STATUS RESPONSE [CHALLENGE], both escaped; "-" is none */
static void
parse_auth (Script *script, guint line, char **words)
{
  Step *step = add_step (script, line, STEP_AUTH);
  step->word = g_strdup (words[1]);
  if (words[2] != NULL && strcmp (words[2], "-") != 0)
    append_unescaped (step->octets, words[2]);
  if (words[2] != NULL && words[3] != NULL) {
    step->challenge = g_byte_array_new ();
    append_unescaped (step->challenge, words[3]);
  }
}

static void
parse_expectation (Script *script, guint line, char **words)
{
  Expectation *expectation = g_new0 (Expectation, 1);
  expectation->line = line;
  guint skip = 2;
  if (strcmp (words[1], "session") != 0) {
    expectation->id = g_ascii_strtoull (words[1], NULL, 10);
    expectation->recipient = g_strdup (words[2]);
    skip = 3;
  }
  expectation->words = g_strdupv (words + skip);
  g_ptr_array_add (script->expectations, expectation);
}

static void
parse_words (Script *script, guint line, const char *text)
{
  static const struct {
    const char *name;
    StepKind kind;
  } simple[] = { { "TLS", STEP_TLS },
                 { "TLS-FAILED", STEP_TLS_FAILED },
                 { "PERMIT", STEP_PERMIT },
                 { "REFUSE", STEP_REFUSE },
                 { "BODY-FAILED", STEP_BODY_FAILED },
                 { "WAIT", STEP_WAIT },
                 { "CLOSE", STEP_CLOSE },
                 { "QUIET", STEP_QUIET } };
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  for (gsize i = 0; i < G_N_ELEMENTS (simple); i++)
    if (strcmp (simple[i].name, words[0]) == 0) {
      Step *step = add_step (script, line, simple[i].kind);
      step->id = step->number = words[1] != NULL ? strtoul (words[1], NULL, 10) : 0;
      step->word = words[1] != NULL ? g_strdup (words[2] != NULL ? words[2] : words[1]) : NULL;
      return;
    }
  if (strcmp (words[0], "B:") == 0) {
    Step *step = add_step (script, line, STEP_BODY);
    step->id = g_ascii_strtoull (words[1], NULL, 10);
    step->number = strtoul (words[2], NULL, 10);
  } else if (strcmp (words[0], "AUTH") == 0) {
    parse_auth (script, line, words);
  } else if (strcmp (words[0], "message") == 0) {
    add_message (script, words);
  } else if (strcmp (words[0], "EXPECT") == 0) {
    parse_expectation (script, line, words);
  } else if (strcmp (words[0], "EVENTS") == 0) {
    g_strfreev (script->events);
    script->events = g_strdupv (words + 1);
  } else if (words[1] == NULL || !set_setting (script, words[0], words[1])) {
    bad_line (script, line, text);
  }
}

static void script_include (Script *script, const char *path);

static void
parse_line (Script *script, guint line, const char *text)
{
  if (*text == '\0' || *text == '#')
    return;
  if (g_str_has_prefix (text, "S: ") || g_str_has_prefix (text, "S~ "))
    parse_octets (script, line, STEP_SERVER, text + 3, text[1] == ':');
  else if (g_str_has_prefix (text, "C: ") || g_str_has_prefix (text, "C~ "))
    parse_octets (script, line, STEP_CLIENT, text + 3, text[1] == ':');
  else if (strcmp (text, "C:") == 0)
    parse_octets (script, line, STEP_CLIENT, "", TRUE);
  else if (g_str_has_prefix (text, "include ")) {
    g_autofree char *path = g_build_filename (script->folder, text + 8, NULL);
    script_include (script, path);
  } else
    parse_words (script, line, text);
}

static void
script_include (Script *script, const char *path)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  if (!g_file_get_contents (path, &text, NULL, &error))
    g_error ("%s", error->message);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    parse_line (script, i + 1, lines[i]);
}

Script *
script_read (const char *path)
{
  Script *script = g_new0 (Script, 1);
  script->name = g_path_get_basename (path);
  script->folder = g_path_get_dirname (path);
  script->body_stalls = G_MAXSIZE;
  script->steps = g_ptr_array_new_with_free_func (step_free);
  script->messages = g_ptr_array_new_with_free_func (message_free);
  script->expectations = g_ptr_array_new_with_free_func (expectation_free);
  script->settings = (DialogueSettings){ .tls = TLS_OFF,
                                         .helo_name = "client.example",
                                         .chunking = TRUE,
                                         .window = 1,
                                         .initial_window = 14336,
                                         .chunk_size = 65536,
                                         .greeting_timeout = 60 * TICKS_PER_SECOND,
                                         .command_timeout = 300 * TICKS_PER_SECOND,
                                         .data_timeout = 600 * TICKS_PER_SECOND };
  script_include (script, path);
  return script;
}

const Message *
script_message (const Script *script, DeliveryId id)
{
  for (guint i = 0; i < script->messages->len; i++) {
    const Message *message = g_ptr_array_index (script->messages, i);
    if (message->id == id)
      return message;
  }
  g_error ("%s: no message %d", script->name, (int)id);
}
