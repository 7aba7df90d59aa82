/* The command line of toukan-sink. GOption gives words; here they get their meaning. */
#include "sink/options.h"

#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/secret.h"
#include "config.h"
#include "sink/option-words.h"

#define DEFAULT_CAPABILITIES                                                                                 \
  (CAPABILITY_PIPELINING | CAPABILITY_SIZE | CAPABILITY_8BITMIME | CAPABILITY_SMTPUTF8 | CAPABILITY_DSN      \
   | CAPABILITY_CHUNKING | CAPABILITY_ENHANCEDSTATUSCODES | CAPABILITY_STARTTLS | CAPABILITY_AUTH)

#define DEFAULT_SIZE 104857600 /* 100 MiB */

static gboolean
usage_error (GError **error, const char *option, const char *value)
{
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE, _ ("--%s doesn't understand \"%s\""), option, value);
  return FALSE;
}

/* ---- words to values ----------------------------------------------------- */

static const char *const certificate_names[] = {
  [CERTIFICATE_GOOD] = "good",
  [CERTIFICATE_EXPIRED] = "expired",
  [CERTIFICATE_ENDS_SOON] = "ends-soon",
  [CERTIFICATE_SELF_SIGNED] = "self-signed",
  [CERTIFICATE_WRONG_NAME] = "wrong-name",
  [CERTIFICATE_CN_ONLY] = "cn-only",
};

const char *
certificate_kind_name (CertificateKind kind)
{
  return certificate_names[kind];
}

static gboolean
parse_number (const char *option, const char *text, guint64 *ret_number, GError **error)
{
  if (text == NULL || g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, ret_number, NULL))
    return TRUE;
  return usage_error (error, option, text);
}

static gboolean
parse_duration (const char *option, const char *text, Ticks *ret_span, GError **error)
{
  if (text == NULL || ticks_parse (text, ret_span))
    return TRUE;
  return usage_error (error, option, text);
}

/* ADDRESS:PORT[/implicit], an IPv6 address in brackets. */
static gboolean
parse_listen (SinkOptions *options, const char *text, GError **error)
{
  SinkListen listen = { 0 };
  g_autofree char *place = g_strdup (text);
  listen.implicit_tls = g_str_has_suffix (place, "/implicit");
  if (listen.implicit_tls)
    place[strlen (place) - strlen ("/implicit")] = '\0';
  char *colon = strrchr (place, ':');
  guint64 port = 0;
  if (colon == NULL || !g_ascii_string_to_unsigned (colon + 1, 10, 0, 65535, &port, NULL))
    return usage_error (error, "listen", text);
  *colon = '\0';
  if ((strchr (place, ':') != NULL && *place != '[') || !ip_address_parse (place, &listen.address))
    return usage_error (error, "listen", text);
  listen.port = (guint16)port;
  g_array_append_val (options->listen, listen);
  return TRUE;
}

/* NAME:SECRET */
static gboolean
parse_login (GArray *logins, const char *option, const char *text, GError **error)
{
  const char *colon = strchr (text, ':');
  if (colon == NULL || colon == text)
    return usage_error (error, option, text);
  SinkLogin login = { g_strndup (text, (gsize)(colon - text)), g_strdup (colon + 1) };
  g_array_append_val (logins, login);
  return TRUE;
}

/* "CODE TEXT"; *ret_text points behind the code. */
static gboolean
parse_reply_text (const char *text, guint *ret_code, const char **ret_text)
{
  guint64 code = 0;
  g_autofree char *digits = g_strndup (text, 3);
  if (!g_ascii_string_to_unsigned (digits, 10, 200, 599, &code, NULL) || (text[3] != ' ' && text[3] != '\0'))
    return FALSE;
  *ret_code = (guint)code;
  *ret_text = text[3] == ' ' ? text + 4 : text + 3;
  return TRUE;
}

/* VERB=CODE TEXT; \n in TEXT makes several lines. END has no reply at all with "silent"
 * or "close". */
static gboolean
parse_reply (SinkOptions *options, const char *text, GError **error)
{
  if (g_ascii_strcasecmp (text, "END=silent") == 0 || g_ascii_strcasecmp (text, "END=close") == 0) {
    Moment *moment = g_str_has_suffix (text, "close") ? &options->close_at : &options->silent_at;
    moment->kind = MOMENT_END;
    return TRUE;
  }
  char *own = g_strcompress (text);
  g_ptr_array_add (options->reply_texts, own);
  char *equals = strchr (own, '=');
  ReceiverReply reply = { .verb = own };
  if (equals == NULL || equals == own || !parse_reply_text (equals + 1, &reply.code, &reply.text))
    return usage_error (error, "reply", text);
  *equals = '\0';
  g_array_append_val (options->replies, reply);
  return TRUE;
}

/* ADDRESS=CODE TEXT; the address may hold a '='. */
static gboolean
parse_recipient (SinkOptions *options, const char *text, GError **error)
{
  const char *at = strrchr (text, '@');
  const char *equals = strchr (at != NULL ? at : text, '=');
  guint code = 0;
  const char *words = NULL;
  if (equals == NULL || !parse_reply_text (equals + 1, &code, &words))
    return usage_error (error, "rcpt", text);
  SinkRecipientReply reply = { g_strndup (text, (gsize)(equals - text)), code, g_strcompress (words) };
  g_array_append_val (options->recipients, reply);
  return TRUE;
}

/* octet:N, command:N or end */
static gboolean
parse_moment (const char *option, const char *text, Moment *ret_moment, GError **error)
{
  if (text == NULL)
    return TRUE;
  if (strcmp (text, "end") == 0) {
    ret_moment->kind = MOMENT_END;
    return TRUE;
  }
  const char *number = NULL;
  if (g_str_has_prefix (text, "octet:")) {
    ret_moment->kind = MOMENT_OCTET;
    number = text + strlen ("octet:");
  } else if (g_str_has_prefix (text, "command:")) {
    ret_moment->kind = MOMENT_COMMAND;
    number = text + strlen ("command:");
  }
  if (number == NULL || !parse_number (option, number, &ret_moment->number, NULL))
    return usage_error (error, option, text);
  return TRUE;
}

static gboolean
parse_capabilities (SinkOptions *options, char **names, gboolean with, GError **error)
{
  for (gsize i = 0; names != NULL && names[i] != NULL; i++) {
    guint flag = 1;
    while (flag <= CAPABILITY_FUTURERELEASE
           && g_ascii_strcasecmp (capability_name ((CapabilityFlag)flag), names[i]) != 0)
      flag <<= 1;
    if (flag > CAPABILITY_FUTURERELEASE)
      return usage_error (error, with ? "with" : "without", names[i]);
    options->capabilities = with ? options->capabilities | flag : options->capabilities & ~flag;
  }
  return TRUE;
}

static gboolean
parse_certificate (SinkOptions *options, const char *text, GError **error)
{
  if (text == NULL)
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (certificate_names); i++)
    if (strcmp (certificate_names[i], text) == 0) {
      options->certificate = (CertificateKind)i;
      return TRUE;
    }
  return usage_error (error, "certificate", text);
}

static gboolean
parse_stop_reading (SinkOptions *options, const char *text, GError **error)
{
  Moment moment = { 0 };
  options->stop_reading_at = G_MAXUINT64;
  if (text == NULL)
    return TRUE;
  if (!parse_moment ("stop-reading-at", text, &moment, error))
    return FALSE;
  if (moment.kind != MOMENT_OCTET)
    return usage_error (error, "stop-reading-at", text);
  options->stop_reading_at = moment.number;
  return TRUE;
}

static gboolean
parse_weather (SinkOptions *options, const char *text, GError **error)
{
  g_auto (GStrv) words = g_strsplit (text ? text : "0:0:0:0", ":", -1);
  guint *numbers[] = { &options->seed, &options->refused, &options->deferred, &options->dropped };
  if (g_strv_length (words) != G_N_ELEMENTS (numbers))
    return usage_error (error, "weather", text);
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++) {
    guint64 number;
    if (!g_ascii_string_to_unsigned (words[i], 10, 0, i == 0 ? G_MAXUINT : 1000, &number, NULL))
      return usage_error (error, "weather", text);
    *numbers[i] = (guint)number;
  }
  return TRUE;
}

/* ---- mechanisms ---------------------------------------------------------- */

static void
add_mechanisms (GPtrArray *names, const char *list)
{
  g_auto (GStrv) words = g_strsplit_set (list, ", ", -1);
  for (gsize i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0')
      g_ptr_array_add (names, g_ascii_strup (words[i], -1));
}

/* Those that somebody here could use, unless they are listed. */
static void
choose_mechanisms (SinkOptions *options, const char *list)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  if (list != NULL) {
    add_mechanisms (names, list);
  } else {
    if (options->users->len > 0)
      add_mechanisms (names,
                      "SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN CRAM-MD5");
    if (options->tokens->len > 0)
      add_mechanisms (names, "OAUTHBEARER XOAUTH2");
    if (options->client_ca != NULL)
      add_mechanisms (names, "EXTERNAL");
  }
  if (names->len == 0)
    return;
  g_ptr_array_add (names, NULL);
  options->mechanisms = (char **)g_ptr_array_steal (names, NULL);
}

/* ---- the whole ----------------------------------------------------------- */

static gboolean
parse_each (SinkOptions *options, char **texts, gboolean (*parse) (SinkOptions *, const char *, GError **),
            GError **error)
{
  for (gsize i = 0; texts != NULL && texts[i] != NULL; i++)
    if (!parse (options, texts[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
parse_logins (SinkOptions *options, const SinkWords *words, GError **error)
{
  for (gsize i = 0; words->users != NULL && words->users[i] != NULL; i++)
    if (!parse_login (options->users, "user", words->users[i], error))
      return FALSE;
  for (gsize i = 0; words->tokens != NULL && words->tokens[i] != NULL; i++)
    if (!parse_login (options->tokens, "token", words->tokens[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
parse_greeting (SinkOptions *options, GError **error)
{
  options->greeting_code = 220;
  if (options->greeting == NULL)
    return TRUE;
  if (!parse_reply_text (options->greeting, &options->greeting_code, &options->greeting_text))
    return usage_error (error, "greeting", options->greeting);
  return TRUE;
}

static gboolean
parse_counts (SinkOptions *options, const SinkWords *words, GError **error)
{
  const struct {
    const char *name;
    int value;
    guint *field;
  } counts[] = {
    { "rcpt-max", words->rcpt_max, &options->rcpt_max },
    { "close-after-messages", words->close_after_messages, &options->close_after_messages },
    { "max-connections", words->max_connections, &options->max_connections },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (counts); i++) {
    g_autofree char *text = g_strdup_printf ("%d", counts[i].value);
    if (counts[i].value < 0)
      return usage_error (error, counts[i].name, text);
    *counts[i].field = (guint)counts[i].value;
  }
  return TRUE;
}

static gboolean
understand (SinkOptions *options, SinkWords *words, GError **error)
{
  options->capabilities = DEFAULT_CAPABILITIES;
  options->size = DEFAULT_SIZE;
  if (!parse_each (options, words->listen, parse_listen, error)
      || !parse_each (options, words->replies, parse_reply, error)
      || !parse_each (options, words->recipients, parse_recipient, error)
      || !parse_logins (options, words, error) || !parse_greeting (options, error)
      || !parse_counts (options, words, error) || !parse_capabilities (options, words->with, TRUE, error)
      || !parse_capabilities (options, words->without, FALSE, error)
      || !parse_certificate (options, words->certificate, error)
      || !parse_number ("size", words->size, &options->size, error)
      || !parse_duration ("greeting-delay", words->greeting_delay, &options->greeting_delay, error)
      || !parse_duration ("reply-delay", words->reply_delay, &options->reply_delay, error)
      || !parse_moment ("close-at", words->close_at, &options->close_at, error)
      || !parse_moment ("silent-at", words->silent_at, &options->silent_at, error)
      || !parse_duration ("future-release", words->future_release, &options->future_release, error)
      || !parse_stop_reading (options, words->stop_reading_at, error)
      || !parse_weather (options, words->weather, error))
    return FALSE;
  if (options->future_release != 0)
    options->capabilities |= CAPABILITY_FUTURERELEASE;
  if (options->listen->len == 0)
    parse_listen (options, "127.0.0.1:2525", NULL);
  choose_mechanisms (options, words->mechanisms);
  options->tls_names = g_steal_pointer (&words->tls_names);
  options->refuse_first = g_steal_pointer (&words->refuse_first);
  if (words->inject != NULL) {
    options->inject = g_strcompress (words->inject);
    options->inject_length = strlen (options->inject);
  }
  if (options->name == NULL)
    options->name = g_strdup ("sink.example");
  return TRUE;
}

static SinkOptions *
options_new (void)
{
  SinkOptions *options = g_new0 (SinkOptions, 1);
  options->listen = g_array_new (FALSE, FALSE, sizeof (SinkListen));
  options->users = g_array_new (FALSE, FALSE, sizeof (SinkLogin));
  options->tokens = g_array_new (FALSE, FALSE, sizeof (SinkLogin));
  options->replies = g_array_new (FALSE, FALSE, sizeof (ReceiverReply));
  options->reply_texts = g_ptr_array_new_with_free_func (g_free);
  options->recipients = g_array_new (FALSE, FALSE, sizeof (SinkRecipientReply));
  return options;
}

SinkOptions *
sink_options_parse (int *argc, char ***argv, GError **error)
{
  g_autoptr (SinkOptions) options = options_new ();
  g_auto (SinkWords) words = { 0 };
  g_autoptr (GError) cause = NULL;
  if (!sink_words_read (options, &words, argc, argv, &cause)) {
    g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE, cause->message);
    return NULL;
  }
  if (words.version) {
    g_print ("toukan-sink %s\n", PACKAGE_VERSION);
    exit (EXIT_SUCCESS);
  }
  if (*argc > 1) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE, _ ("\"%s\" is no option"), (*argv)[1]);
    return NULL;
  }
  return understand (options, &words, error) ? g_steal_pointer (&options) : NULL;
}

static void
free_logins (GArray *logins)
{
  for (guint i = 0; i < logins->len; i++) {
    SinkLogin *login = &g_array_index (logins, SinkLogin, i);
    g_free (login->name);
    secret_wipe_string (login->secret);
  }
  g_array_unref (logins);
}

void
sink_options_free (SinkOptions *options)
{
  if (options == NULL)
    return;
  for (guint i = 0; i < options->recipients->len; i++) {
    SinkRecipientReply *reply = &g_array_index (options->recipients, SinkRecipientReply, i);
    g_free (reply->address);
    g_free (reply->text);
  }
  char *const texts[] = { options->maildir,  options->log,       options->name,
                          options->tls_dir,  options->client_ca, options->client_certificate_out,
                          options->greeting, options->inject };
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    g_free (texts[i]);
  char **const lists[] = { options->tls_names, options->mechanisms, options->refuse_first };
  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    g_strfreev (lists[i]);
  free_logins (options->users);
  free_logins (options->tokens);
  g_array_unref (options->listen);
  g_array_unref (options->recipients);
  g_array_unref (options->replies);
  g_ptr_array_unref (options->reply_texts);
  g_free (options);
}

const ReceiverReply *
sink_options_reply (const SinkOptions *options, const char *verb)
{
  for (guint i = 0; i < options->replies->len; i++) {
    const ReceiverReply *reply = &g_array_index (options->replies, ReceiverReply, i);
    if (g_ascii_strcasecmp (reply->verb, verb) == 0)
      return reply;
  }
  return NULL;
}
