/* `toukan send`: a message made of options and standard input. */
#include <stdio.h>
#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "cli/deliver.h"
#include "cli/verb-options.h"
#include "cli/verb.h"
#include "engine/when.h"
#include "mail/address.h"
#include "mail/build.h"
#include "net/clock.h"

typedef struct {
  char *account, *from, *subject, *reply_to, *at;
  char **to, **cc, **bcc, **attach, **headers, **set;
  gboolean verbose, json;
} SendOptions;

static void
send_options_clear (SendOptions *options)
{
  g_free (options->account);
  g_free (options->from);
  g_free (options->subject);
  g_free (options->reply_to);
  g_free (options->at);
  g_strfreev (options->to);
  g_strfreev (options->cc);
  g_strfreev (options->bcc);
  g_strfreev (options->attach);
  g_strfreev (options->headers);
  g_strfreev (options->set);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SendOptions, send_options_clear)

static gboolean
make_options_utf8 (SendOptions *options, GError **error)
{
  char **texts[] = { &options->account, &options->from, &options->subject, &options->reply_to, &options->at };
  char **lists[] = { options->to, options->cc, options->bcc, options->headers, options->set };

  return verb_make_utf8 (texts, G_N_ELEMENTS (texts), lists, G_N_ELEMENTS (lists), error);
}

/* Texts are taken as file names, which GLib hands over as they are. */
static gboolean
parse_options (SendOptions *options, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "account", 'a', 0, G_OPTION_ARG_FILENAME, &options->account, N_ ("Send over this account"),
      N_ ("NAME") },
    { "from", 'f', 0, G_OPTION_ARG_FILENAME, &options->from, N_ ("Sender (default: the account's `from`)"),
      N_ ("ADDRESS") },
    { "to", 't', 0, G_OPTION_ARG_FILENAME_ARRAY, &options->to, N_ ("Recipient; may be repeated"),
      N_ ("ADDRESS") },
    { "cc", 'c', 0, G_OPTION_ARG_FILENAME_ARRAY, &options->cc, N_ ("Copy to"), N_ ("ADDRESS") },
    { "bcc", 'b', 0, G_OPTION_ARG_FILENAME_ARRAY, &options->bcc, N_ ("Copy to, unseen by the others"),
      N_ ("ADDRESS") },
    { "reply-to", 0, 0, G_OPTION_ARG_FILENAME, &options->reply_to, N_ ("Where answers shall go"),
      N_ ("ADDRESS") },
    { "subject", 's', 0, G_OPTION_ARG_FILENAME, &options->subject, N_ ("Subject"), N_ ("TEXT") },
    { "attach", 'A', 0, G_OPTION_ARG_FILENAME_ARRAY, &options->attach,
      N_ ("Attach this file; may be repeated"), N_ ("FILE") },
    { "header", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->headers, N_ ("A further header line"),
      N_ ("'NAME: VALUE'") },
    { "at", 0, 0, G_OPTION_ARG_FILENAME, &options->at, N_ ("Send it then: 'tomorrow 9:00', or ISO 8601"),
      N_ ("TIME") },
    { "set", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->set, N_ ("Override an option of the configuration"),
      N_ ("KEY=VALUE") },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &options->verbose, N_ ("Show every attempt and the dialogue"),
      NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options->json, N_ ("Print events, one JSON object a line"), NULL },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  return verb_parse_options (entries, _ ("[ADDRESS…] < TEXT"),
                             _ ("Sends a message: its text comes from standard input."), argc, argv, error);
}

/* Adds every address of LISTS to the envelope. */
static gboolean
add_recipients (Envelope *envelope, char **lists, const char *domain, GError **error)
{
  for (gsize i = 0; lists && lists[i]; i++) {
    g_autoptr (GPtrArray) mailboxes = address_parse_list (lists[i], domain, error);
    if (!mailboxes)
      return FALSE;
    for (guint j = 0; j < mailboxes->len; j++)
      envelope_add (envelope, ((Mailbox *)g_ptr_array_index (mailboxes, j))->address);
  }
  return TRUE;
}

/* The bare address of a From as a person writes it. */
static char *
sender_address (const char *from, GError **error)
{
  g_autoptr (GPtrArray) mailboxes = address_parse_list (from, NULL, error);

  if (!mailboxes)
    return NULL;
  if (mailboxes->len != 1) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE, _ ("one sender is needed, not %u: %s"),
                 mailboxes->len, from);
    return NULL;
  }
  return g_strdup (((Mailbox *)g_ptr_array_index (mailboxes, 0))->address);
}

static Envelope *
make_envelope (const SendOptions *options, const char *sender, GError **error)
{
  g_autoptr (Envelope) envelope = envelope_new (sender);

  if (!add_recipients (envelope, options->to, NULL, error)
      || !add_recipients (envelope, options->cc, NULL, error)
      || !add_recipients (envelope, options->bcc, NULL, error))
    return NULL;
  if (envelope->recipients->len == 0) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE,
                 _ ("nobody to send to: name a recipient with --to ADDRESS"));
    return NULL;
  }
  return g_steal_pointer (&envelope);
}

/* The text of the message, whole: it becomes a part of a message in memory anyway. */
static GByteArray *
read_text (GError **error)
{
  g_autoptr (GByteArray) text = g_byte_array_new ();
  guint8 piece[65536];
  gssize got;

  if (isatty (STDIN_FILENO))
    fprintf (stderr, _ ("Type the message; end it with Ctrl-D on a line of its own.\n"));
  while ((got = read (STDIN_FILENO, piece, sizeof piece)) > 0)
    g_byte_array_append (text, piece, (guint)got);
  if (got < 0) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO, _ ("standard input can't be read: %s"),
                 g_strerror (errno));
    return NULL;
  }
  return g_steal_pointer (&text);
}

static BodySource *
make_message (const SendOptions *options, const char *from, GError **error)
{
  g_autoptr (GByteArray) text = read_text (error);
  BuildRequest request = {
    .from = from,
    .to = (const char *const *)options->to,
    .cc = (const char *const *)options->cc,
    .reply_to = options->reply_to,
    .subject = options->subject ? options->subject : "",
    .headers = (const char *const *)options->headers,
    .attachments = (const char *const *)options->attach,
    .date = time (NULL),
  };

  if (!text)
    return NULL;
  request.text = (const char *)text->data;
  request.text_length = text->len;
  return build_message (&request, error);
}

/* Addresses that stand without --to are recipients, too. */
static void
take_arguments (SendOptions *options, int argc, char **argv)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (gsize i = 0; options->to && options->to[i]; i++)
    g_strv_builder_add (builder, options->to[i]);
  for (int i = 1; i < argc; i++)
    if (strcmp (argv[i], "--") != 0)
      g_strv_builder_add (builder, argv[i]);
  g_strfreev (options->to);
  options->to = g_strv_builder_end (builder);
}

static const char *
choose_from (const SendOptions *options, const Account *account, GError **error)
{
  if (options->from)
    return options->from;
  if (!account->from)
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION,
                 _ ("no sender is known: set `from` for account %s, or use --from ADDRESS"), account->name);
  return account->from;
}

static int
send_with (const SendOptions *options, GError **error)
{
  g_autoptr (Config) config = config_load ((const char *const *)options->set, error);
  g_autofree char *wanted = NULL, *sender = NULL;
  g_autoptr (Envelope) envelope = NULL;
  g_autoptr (BodySource) message = NULL;
  DeliverView view = { .verbose = options->verbose, .json = options->json };
  DeliverWish wish = { .overrides = (const char *const *)options->set };
  const Account *account;
  const char *from;

  if (options->at && !when_parse (options->at, clock_instant ().wall, &wish.not_before, error))
    return -1;
  if (!config || (options->from && !(wanted = sender_address (options->from, error))))
    return -1;
  account = config_account (config, options->account, wanted, error);
  if (!account || !(from = choose_from (options, account, error)) || !(sender = sender_address (from, error))
      || !(envelope = make_envelope (options, sender, error))
      || !(message = make_message (options, from, error)))
    return -1;
  return deliver (account, envelope, message, &wish, &view);
}

static int
run (int argc, char **argv)
{
  g_auto (SendOptions) options = { .account = NULL };
  g_autoptr (GError) error = NULL;
  int status;

  if (!parse_options (&options, &argc, &argv, &error))
    return deliver_fail (error);
  take_arguments (&options, argc, argv);
  if (!make_options_utf8 (&options, &error))
    return deliver_fail (error);
  status = send_with (&options, &error);
  return error ? deliver_fail (error) : status;
}

const Verb verb_send = { "send", N_ ("send a message: options and standard input make it"), run };
