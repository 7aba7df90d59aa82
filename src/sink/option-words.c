/* The tables of options and their help. */
#include "sink/option-words.h"

#include "base/i18n.h"
#include "config.h"

void
sink_words_clear (SinkWords *words)
{
  char **const lists[]
      = { words->listen, words->tls_names, words->with,       words->without,     words->users,
          words->tokens, words->replies,   words->recipients, words->refuse_first };
  char *const texts[] = { words->certificate, words->mechanisms, words->size,          words->greeting_delay,
                          words->reply_delay, words->close_at,   words->silent_at,     words->stop_reading_at,
                          words->weather,     words->inject,     words->future_release };
  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    g_strfreev (lists[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    g_free (texts[i]);
}

static void
add_group (GOptionContext *context, const char *name, const char *title, const GOptionEntry *entries)
{
  GOptionGroup *group = g_option_group_new (name, title, title, NULL, NULL);
  g_option_group_set_translation_domain (group, PACKAGE);
  g_option_group_add_entries (group, entries);
  g_option_context_add_group (context, group);
}

static void
add_server (GOptionContext *context, SinkOptions *o, SinkWords *w)
{
  const GOptionEntry entries[] = {
    { "listen", 0, 0, G_OPTION_ARG_STRING_ARRAY, &w->listen, N_ ("Listen here (127.0.0.1:2525); repeatable"),
      N_ ("ADDRESS:PORT[/implicit]") },
    { "maildir", 0, 0, G_OPTION_ARG_FILENAME, &o->maildir, N_ ("Store messages there"), N_ ("DIR") },
    { "log", 0, 0, G_OPTION_ARG_FILENAME, &o->log, N_ ("Write events there, one JSON object a line"),
      N_ ("FILE") },
    { "name", 0, 0, G_OPTION_ARG_STRING, &o->name, N_ ("Our name in the greeting"), N_ ("NAME") },
    { "with", 0, 0, G_OPTION_ARG_STRING_ARRAY, &w->with, N_ ("Offer this extension, too"),
      N_ ("CAPABILITY") },
    { "without", 0, 0, G_OPTION_ARG_STRING_ARRAY, &w->without, N_ ("Don't offer this extension"),
      N_ ("CAPABILITY") },
    { "size", 0, 0, G_OPTION_ARG_STRING, &w->size, N_ ("Largest message; 0: any"), N_ ("OCTETS") },
    { "rcpt-max", 0, 0, G_OPTION_ARG_INT, &w->rcpt_max, N_ ("Most recipients of a message"), N_ ("N") },
    { "future-release", 0, 0, G_OPTION_ARG_STRING, &w->future_release,
      N_ ("Offer to hold messages this long (and take them at once)"), N_ ("DURATION") },
    { "max-connections", 0, 0, G_OPTION_ARG_INT, &w->max_connections,
      N_ ("Refuse more connections at a time"), N_ ("N") },
    { "version", 0, 0, G_OPTION_ARG_NONE, &w->version, N_ ("Print the version"), NULL },
    { 0 },
  };
  g_option_context_add_main_entries (context, entries, PACKAGE);
}

static void
add_tls (GOptionContext *context, SinkOptions *o, SinkWords *w)
{
  const GOptionEntry entries[] = {
    { "tls-dir", 0, 0, G_OPTION_ARG_FILENAME, &o->tls_dir,
      N_ ("Where the throw-away CA and certificates live"), N_ ("DIR") },
    { "tls-name", 0, 0, G_OPTION_ARG_STRING_ARRAY, &w->tls_names,
      N_ ("Name or address in the certificate; repeatable"), N_ ("NAME") },
    { "certificate", 0, 0, G_OPTION_ARG_STRING, &w->certificate,
      N_ ("good, expired, ends-soon, self-signed, wrong-name or cn-only"), N_ ("KIND") },
    { "tls12", 0, 0, G_OPTION_ARG_NONE, &o->tls12, N_ ("Speak TLS 1.2 only"), NULL },
    { "client-ca", 0, 0, G_OPTION_ARG_STRING, &o->client_ca,
      N_ ("Ask for client certificates of this CA, or of our own"), N_ ("FILE|ask") },
    { "require-client-certificate", 0, 0, G_OPTION_ARG_NONE, &o->require_client_certificate,
      N_ ("Refuse a client without certificate"), NULL },
    { "client-certificate-out", 0, 0, G_OPTION_ARG_FILENAME, &o->client_certificate_out,
      N_ ("Write client.pem and client.key there"), N_ ("DIR") },
    { "require-tls", 0, 0, G_OPTION_ARG_NONE, &o->require_tls, N_ ("Refuse MAIL before TLS"), NULL },
    { 0 },
  };
  add_group (context, "tls", _ ("TLS:"), entries);
}

static void
add_auth (GOptionContext *context, SinkOptions *o, SinkWords *w)
{
  const GOptionEntry entries[] = {
    { "user", 0, 0, G_OPTION_ARG_STRING_ARRAY, &w->users, N_ ("A login; repeatable"), N_ ("NAME:PASSWORD") },
    { "token", 0, 0, G_OPTION_ARG_STRING_ARRAY, &w->tokens, N_ ("A login by token; repeatable"),
      N_ ("NAME:TOKEN") },
    { "mechanisms", 0, 0, G_OPTION_ARG_STRING, &w->mechanisms, N_ ("Offer these mechanisms"), N_ ("LIST") },
    { "old-auth", 0, 0, G_OPTION_ARG_NONE, &o->old_auth, N_ ("Announce AUTH=..., too"), NULL },
    { "auth-in-clear", 0, 0, G_OPTION_ARG_NONE, &o->auth_in_clear, N_ ("Offer AUTH without TLS"), NULL },
    { "require-auth", 0, 0, G_OPTION_ARG_NONE, &o->require_auth, N_ ("Refuse MAIL before AUTH"), NULL },
    { "refuse-first", 0, 0, G_OPTION_ARG_STRING_ARRAY, &w->refuse_first,
      N_ ("Refuse this mechanism at its first message"), N_ ("MECHANISM") },
    { "skip-signature", 0, 0, G_OPTION_ARG_NONE, &o->skip_signature,
      N_ ("Claim success of SCRAM without our signature"), NULL },
    { 0 },
  };
  add_group (context, "auth", _ ("Logins:"), entries);
}

static void
add_faults (GOptionContext *context, SinkOptions *o, SinkWords *w)
{
  const GOptionEntry entries[] = {
    { "greeting", 0, 0, G_OPTION_ARG_STRING, &o->greeting, N_ ("Greet like this"), N_ ("\"CODE TEXT\"") },
    { "greeting-delay", 0, 0, G_OPTION_ARG_STRING, &w->greeting_delay, N_ ("Wait before the greeting"),
      N_ ("DURATION") },
    { "reply-delay", 0, 0, G_OPTION_ARG_STRING, &w->reply_delay, N_ ("Wait before each reply"),
      N_ ("DURATION") },
    { "silent", 0, 0, G_OPTION_ARG_NONE, &o->silent, N_ ("Accept and never speak"), NULL },
    { "stall-tls", 0, 0, G_OPTION_ARG_NONE, &o->stall_tls, N_ ("Never answer a ClientHello"), NULL },
    { "close-at", 0, 0, G_OPTION_ARG_STRING, &w->close_at, N_ ("Close at this moment"),
      N_ ("octet:N|command:N|end") },
    { "silent-at", 0, 0, G_OPTION_ARG_STRING, &w->silent_at, N_ ("Fall silent at this moment"),
      N_ ("octet:N|command:N|end") },
    { "stop-reading-at", 0, 0, G_OPTION_ARG_STRING, &w->stop_reading_at, N_ ("Stop reading at this moment"),
      N_ ("octet:N") },
    { "close-after-messages", 0, 0, G_OPTION_ARG_INT, &w->close_after_messages,
      N_ ("Close after so many messages"), N_ ("N") },
    { "weather", 0, 0, G_OPTION_ARG_STRING, &w->weather,
      N_ ("Of a thousand, refuse, defer and drop so many, by chance"), N_ ("SEED:REFUSED:DEFERRED:DROPPED") },
    { "reply", 0, 0, G_OPTION_ARG_STRING_ARRAY, &w->replies, N_ ("Answer this command (or END) like this"),
      N_ ("VERB=\"CODE TEXT\"") },
    { "rcpt", 0, 0, G_OPTION_ARG_STRING_ARRAY, &w->recipients, N_ ("Answer this recipient like this"),
      N_ ("ADDRESS=\"CODE TEXT\"") },
    { "inject", 0, 0, G_OPTION_ARG_STRING, &w->inject,
      N_ ("Send this in the clear behind the reply to STARTTLS"), N_ ("TEXT") },
    { 0 },
  };
  add_group (context, "faults", _ ("Faults:"), entries);
}

gboolean
sink_words_read (SinkOptions *options, SinkWords *words, int *argc, char ***argv, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_option_context_set_translation_domain (context, PACKAGE);
  g_option_context_set_summary (context,
                                _ ("An SMTP server for tests and demonstrations, with faults on demand."));
  add_server (context, options, words);
  add_tls (context, options, words);
  add_auth (context, options, words);
  add_faults (context, options, words);
  return g_option_context_parse (context, argc, argv, error);
}
