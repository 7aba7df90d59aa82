/* The demo's message, envelope and account. */
#include "demo/message.h"

#include "base/error.h"
#include "base/i18n.h"
#include "mail/build.h"
#include "mail/intake.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define SENDER "you@demo.test"
#define RECIPIENT "friend@demo.test"
#define INPUT_LIMIT ((gsize)64 * 1024 * 1024)
#define HINT_AFTER 1000 /* ms */

static const char *const sample
    = N_ ("Hello,\n"
          "\n"
          "this message left through whichever port and address family let it out.\n"
          "Nobody had to change a setting for that.\n");

/* A demo that stands still, waiting for a message nobody knows it wants, looks broken. */
static void
hint_when_nothing_comes (void)
{
  struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
  if (poll (&input, 1, HINT_AFTER) == 0)
    g_printerr (_ ("toukan demo: reading the message from standard input (</dev/null sends a sample)\n"));
}

static GByteArray *
read_input (GError **error)
{
  g_autoptr (GByteArray) input = g_byte_array_new ();
  guint8 buffer[65536];
  hint_when_nothing_comes ();
  for (;;) {
    ssize_t n = read (STDIN_FILENO, buffer, sizeof buffer);
    if (n == 0)
      return g_steal_pointer (&input);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO, _ ("standard input can't be read: %s"),
                   g_strerror (errno));
      return NULL;
    }
    if (input->len + (gsize)n > INPUT_LIMIT) {
      g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("the demo takes messages of up to 64 MiB"));
      return NULL;
    }
    g_byte_array_append (input, buffer, (guint)n);
  }
}

/* Does TEXT begin like a message of its own? */
static gboolean
begins_with_header (const char *text, gsize length)
{
  static const char *const beginnings[] = {
    "From:",         "From ",         "To:",       "Cc:",          "Subject:",  "Date:",   "Message-ID:",
    "MIME-Version:", "Content-Type:", "Received:", "Return-Path:", "Reply-To:", "Sender:", "User-Agent:"
  };
  for (gsize i = 0; i < G_N_ELEMENTS (beginnings); i++)
    if (length >= strlen (beginnings[i])
        && g_ascii_strncasecmp (text, beginnings[i], strlen (beginnings[i])) == 0)
      return TRUE;
  return FALSE;
}

static const char *const second_sample = N_ ("This one knew the way.\n");

static BodySource *
built_message (const char *text, gsize length, GError **error)
{
  static const char *const to[] = { RECIPIENT, NULL };
  BuildRequest request = { .from = "You <" SENDER ">",
                           .to = to,
                           .subject = _ ("A message by any path"),
                           .text = text,
                           .text_length = length,
                           .date = g_get_real_time () / G_USEC_PER_SEC };
  return build_message (&request, error);
}

static BodySource *
taken_message (GByteArray *input, GError **error)
{
  g_autoptr (GBytes) bytes = g_byte_array_free_to_bytes (g_byte_array_ref (input));
  g_autoptr (BodySource) raw = body_source_new_bytes (bytes);
  IntakeRules rules
      = { .qualify_with = "demo.test", .from_address = SENDER, .date = g_get_real_time () / G_USEC_PER_SEC };
  g_autoptr (Intake) intake = intake_message (raw, &rules, error);
  return intake != NULL ? body_source_ref (intake->message) : NULL;
}

BodySource *
message_take (GError **error)
{
  const char *text = _ (sample);
  if (isatty (STDIN_FILENO))
    return built_message (text, strlen (text), error);
  g_autoptr (GByteArray) input = read_input (error);
  if (input == NULL)
    return NULL;
  if (input->len == 0)
    return built_message (text, strlen (text), error);
  if (begins_with_header ((const char *)input->data, input->len))
    return taken_message (input, error);
  return built_message ((const char *)input->data, input->len, error);
}

BodySource *
message_second (GError **error)
{
  const char *text = _ (second_sample);
  return built_message (text, strlen (text), error);
}

Envelope *
message_envelope (void)
{
  Envelope *envelope = envelope_new (SENDER);
  envelope_add (envelope, RECIPIENT);
  return envelope;
}

Config *
message_config (const SceneFacts *facts, GError **error)
{
  g_autofree char *text = g_strdup_printf ("[account demo]\n"
                                           "from = " SENDER "\n"
                                           "host = %s\n"
                                           "ports = %u, %u\n"
                                           "tls-ca-file = %s\n"
                                           "user = %s\n"
                                           "password = %s\n",
                                           facts->host, facts->submission, facts->relay, facts->ca_file,
                                           facts->user, facts->password);
  return config_load_text ("demo", text, strlen (text), NULL, error);
}
