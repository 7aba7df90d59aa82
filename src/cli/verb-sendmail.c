/* `toukan sendmail`, also when called as `sendmail`, `mailq` or `newaliases`: what mutt, git
 * send-email, PHP and cron call. sendmail-letters.c reads what they want; here it is done. */
#include <fcntl.h>
#include <stdio.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "cli/deliver.h"
#include "cli/mailq.h"
#include "cli/outbox-flush.h"
#include "cli/output.h"
#include "cli/sendmail-letters.h"
#include "cli/sendmail-show.h"
#include "cli/serve.h"
#include "cli/system-outbox.h"
#include "cli/verb.h"
#include "engine/send-log.h"
#include "engine/state.h"
#include "mail/address.h"
#include "mail/aliases.h"
#include "mail/handover.h"
#include "mail/local-names.h"

/* -f as it is written; NULL with ERROR. "" and "<>" are the null reverse-path of a bounce. */
static char *
read_sender (const char *text, GError **error)
{
  if (!*text || g_str_equal (text, "<>"))
    return g_strdup ("");
  g_autoptr (GPtrArray) mailboxes = address_parse_list (text, LOCAL_DOMAIN, error);
  if (mailboxes && mailboxes->len == 1)
    return g_strdup (((Mailbox *)g_ptr_array_index (mailboxes, 0))->address);
  if (mailboxes)
    g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE, _ ("-f takes one address"));
  return NULL;
}

/* The command line as an envelope. NULL with ERROR. */
static Envelope *
read_wanted (const SendmailOptions *options, GError **error)
{
  g_autofree char *sender = options->sender ? read_sender (options->sender, error) : NULL;
  g_autoptr (Envelope) wanted = envelope_new (sender);

  if (options->sender && !sender)
    return NULL;
  for (guint i = 0; i < options->recipients->len; i++) {
    g_autoptr (GPtrArray) mailboxes
        = address_parse_list (g_ptr_array_index (options->recipients, i), LOCAL_DOMAIN, error);
    if (!mailboxes)
      return NULL;
    for (guint j = 0; j < mailboxes->len; j++)
      envelope_add (wanted, ((Mailbox *)g_ptr_array_index (mailboxes, j))->address);
  }
  for (guint i = 0; i < wanted->recipients->len; i++)
    ((EnvelopeRecipient *)g_ptr_array_index (wanted->recipients, i))->notify = options->notify;
  wanted->ret = options->ret;
  wanted->envid = g_strdup (options->envid);
  return g_steal_pointer (&wanted);
}

static Handover *
prepare (const SendmailOptions *options, const Account *account, gboolean read_message, GError **error)
{
  g_autoptr (Envelope) wanted = read_wanted (options, error);
  g_auto (GStrv) local_names = local_names_of_host ();
  HandoverRequest request = { .account = account,
                              .local_names = (const char *const *)local_names,
                              .aliases_file = options->system ? NULL : ALIASES_FILE,
                              .wanted = wanted,
                              .read_recipients = options->read_recipients,
                              .notify = options->notify,
                              .from_name = options->name,
                              .date = time (NULL) };
  g_autoptr (BodySource) raw = NULL;

  if (!wanted)
    return NULL;
  if (!read_message)
    return handover_resolve (&request, error);
  raw = options->dot_is_text ? body_source_new_fd (STDIN_FILENO, error)
                             : body_source_new_fd_to_dot (STDIN_FILENO, error);
  return raw ? handover_prepare (&request, raw, error) : NULL;
}

/* For whoever keeps the system, not for the program that called: the message goes. */
static void
tell (const Account *account, gboolean verbose, const char *text)
{
  g_autoptr (GError) error = NULL;

  if (verbose)
    fprintf (stderr, "toukan: %s\n", text);
  if (!log_note (account, g_get_real_time (), text, &error))
    fprintf (stderr, "toukan: %s\n", error->message);
}

/* Letters that nobody knows, and aliases that can't be followed. */
static void
tell_remarks (const SendmailOptions *options, const Account *account, const Handover *handover)
{
  if (options->unknown->len > 0) {
    g_autofree char *text
        = g_strdup_printf (_ ("options that aren't known were ignored: %s"), options->unknown->str);
    tell (account, options->verbose, g_strchomp (text));
  }
  for (guint i = 0; i < handover->notes->len; i++)
    tell (account, TRUE, g_ptr_array_index (handover->notes, i));
}

/* -oeq */
static void
be_quiet (void)
{
  int nowhere = open ("/dev/null", O_WRONLY | O_CLOEXEC);

  if (nowhere >= 0 && dup2 (nowhere, STDERR_FILENO) >= 0)
    close (nowhere);
}

static int
send_message (const SendmailOptions *options, const Config *config, GError **error)
{
  const Account *account = config_account (config, options->account, options->sender, error);
  gboolean answers = account && (!options->system || system_outbox_answers (error));
  g_autoptr (Handover) handover = answers ? prepare (options, account, TRUE, error) : NULL;
  DeliverView view = { .verbose = options->verbose, .json = options->json };
  DeliverWish wish = { .nobody_waits = options->errors == SENDMAIL_ERRORS_MAIL,
                       .mode = options->delivery,
                       .overrides = (const char *const *)options->set->pdata };

  if (!handover)
    return -1;
  tell_remarks (options, account, handover);
  /* Where nothing is kept, there is only now. */
  wish.has_mode = options->delivery_set && account->outbox;
  return deliver (account, handover->envelope, handover->message, &wish, &view);
}

static int
verify (const SendmailOptions *options, const Config *config, GError **error)
{
  const Account *account = config_account (config, options->account, options->sender, error);
  g_autoptr (Handover) handover
      = account ? prepare (options, account, options->read_recipients, error) : NULL;

  if (!handover)
    return -1;
  tell_remarks (options, account, handover);
  sendmail_show_route (account, handover->envelope);
  return output_flush (EX_OK);
}

/* Without any account there are the system's aliases still. */
static int
check_aliases (const SendmailOptions *options, const Config *config, GError **error)
{
  const Account *account;

  if (!state_choose_account (config, options->account, &account, error))
    return -1;
  return sendmail_show_aliases (account ? account->aliases : NULL, error);
}

static int
serve (const SendmailOptions *options, const Config *config, GError **error)
{
  SendmailServeOptions serving = { .config = config,
                                   .account = options->account,
                                   .overrides = (const char *const *)options->set->pdata,
                                   .delivery_set = options->delivery_set,
                                   .delivery = options->delivery };

  if (options->system)
    return system_outbox_bridge ();
  /* Without any account no conversation has a point; which one is meant, each sender says. */
  if (!config_account_names (config)[0] && !config_account (config, options->account, NULL, error))
    return -1;
  return serve_stdio (&serving);
}

static int
list (const SendmailOptions *options, const Config *config, GError **error)
{
  return mailq_print (options->account, (const char *const *)options->set->pdata);
}

static int
flush (const SendmailOptions *options, const Config *config, GError **error)
{
  g_autoptr (GPtrArray) places = outbox_places_open (config, options->account, error);
  OutboxFlushView view = { .verbose = options->verbose, .json = options->json };

  return places ? outbox_flush (config, options->account, places, NULL, &view) : -1;
}

static int
show_help (const SendmailOptions *options, const Config *config, GError **error)
{
  g_autofree char *list = sendmail_letters (options->help ? options->help : "text");

  if (!list) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE, _ ("--help takes text or man"));
    return -1;
  }
  fputs (list, stdout);
  return output_flush (EX_OK);
}

/* By SendmailMode. */
static int (*const modes[]) (const SendmailOptions *, const Config *, GError **) = {
  [SENDMAIL_DELIVER] = send_message,  [SENDMAIL_VERIFY] = verify,
  [SENDMAIL_ALIASES] = check_aliases, [SENDMAIL_LIST] = list,
  [SENDMAIL_FLUSH] = flush,           [SENDMAIL_HELP] = show_help,
  [SENDMAIL_SERVE] = serve,
};

/* Who has no configuration of his own is served by the system outbox, where there is one. */
static Config *
find_config (SendmailOptions *options, GError **error)
{
  const char *const *set = (const char *const *)options->set->pdata;

  options->system = !options->account && system_outbox_takes_over (set);
  return options->system ? system_outbox_config () : config_load (set, error);
}

static int
run_mode (SendmailOptions *options, GError **error)
{
  g_autoptr (Config) config = options->mode != SENDMAIL_HELP ? find_config (options, error) : NULL;

  if (!config && options->mode != SENDMAIL_HELP)
    return -1;
  return modes[options->mode](options, config, error);
}

static int
run (int argc, char **argv)
{
  g_auto (SendmailOptions) options;
  g_autoptr (GError) error = NULL;
  int status = -1;

  sendmail_options_init (&options);
  if (sendmail_options_parse (&options, argc, argv, &error)) {
    if (options.errors == SENDMAIL_ERRORS_QUIET)
      be_quiet ();
    status = run_mode (&options, &error);
  }
  return error ? deliver_fail (error) : status;
}

const Verb verb_sendmail = { "sendmail", N_ ("send a message as the sendmail command does"), run };
