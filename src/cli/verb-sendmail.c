/* `toukan sendmail`, also when called as `sendmail`: what mutt, git send-email and cron
 * call. One table says for every letter whether it takes a value and what it does. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "cli/deliver.h"
#include "cli/verb.h"
#include "core/command.h"
#include "mail/address.h"
#include "mail/intake.h"

typedef struct {
  gboolean read_recipients; /* -t */
  gboolean dot_is_text;     /* -i, -oi */
  gboolean verbose, json;
  const char *sender;  /* -f, -r */
  const char *name;    /* -F */
  const char *account; /* -a */
  const char *envid;   /* -V */
  guint notify;        /* -N, DsnNotify */
  DsnReturn ret;       /* -R */
  GPtrArray *set;      /* --set */
  GPtrArray *recipients;
} SendmailOptions;

typedef gboolean (*FlagEffect) (SendmailOptions *options, const char *value, GError **error);

static gboolean
read_recipients (SendmailOptions *options, const char *value, GError **error)
{
  return options->read_recipients = TRUE;
}

static gboolean
dot_is_text (SendmailOptions *options, const char *value, GError **error)
{
  return options->dot_is_text = TRUE;
}

static gboolean
be_verbose (SendmailOptions *options, const char *value, GError **error)
{
  return options->verbose = TRUE;
}

static gboolean
set_sender (SendmailOptions *options, const char *value, GError **error)
{
  options->sender = value;
  return TRUE;
}

static gboolean
set_name (SendmailOptions *options, const char *value, GError **error)
{
  options->name = value;
  return TRUE;
}

static gboolean
set_account (SendmailOptions *options, const char *value, GError **error)
{
  options->account = value;
  return TRUE;
}

static gboolean
set_notify (SendmailOptions *options, const char *value, GError **error)
{
  if (dsn_notify_parse (value, &options->notify))
    return TRUE;
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE,
               _ ("-N %s: it takes never, or of success, failure and delay any, separated by commas"), value);
  return FALSE;
}

static gboolean
set_return (SendmailOptions *options, const char *value, GError **error)
{
  if (dsn_return_parse (value, &options->ret))
    return TRUE;
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE, _ ("-R %s: it takes full or hdrs"), value);
  return FALSE;
}

static gboolean
set_envid (SendmailOptions *options, const char *value, GError **error)
{
  if (command_envid_is_safe (value)) {
    options->envid = value;
    return TRUE;
  }
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE,
               _ ("-V %s: the identifier is 1 to 100 printable ASCII characters"), value);
  return FALSE;
}

/* -oi, -oem, -odi …: only -oi means something here. */
static gboolean
set_option (SendmailOptions *options, const char *value, GError **error)
{
  options->dot_is_text = options->dot_is_text || strcmp (value, "i") == 0;
  return TRUE;
}

/* A mode other than "deliver a message" must not be taken for it. */
static gboolean
set_mode (SendmailOptions *options, const char *value, GError **error)
{
  if (strcmp (value, "m") == 0)
    return TRUE;
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE,
               _ ("-b%s is not something that toukan does; only -bm is"), value);
  return FALSE;
}

typedef enum { FLAG_ALONE, FLAG_VALUE, FLAG_ATTACHED } FlagShape;

/* ATTACHED: the value, if any, is the rest of the same word. Without an effect: accepted
 * and ignored, because somebody's script passes it and a file must never be written for
 * it (-X, -C, -oQ). */
static const struct {
  char letter;
  FlagShape shape;
  FlagEffect effect;
} flags[] = {
  { 'a', FLAG_VALUE, set_account }, { 'b', FLAG_ATTACHED, set_mode },
  { 'f', FLAG_VALUE, set_sender },  { 'F', FLAG_VALUE, set_name },
  { 'i', FLAG_ALONE, dot_is_text }, { 'o', FLAG_ATTACHED, set_option },
  { 'r', FLAG_VALUE, set_sender },  { 't', FLAG_ALONE, read_recipients },
  { 'v', FLAG_ALONE, be_verbose },  { 'A', FLAG_ATTACHED, NULL },
  { 'B', FLAG_VALUE, NULL },        { 'C', FLAG_VALUE, NULL },
  { 'd', FLAG_ATTACHED, NULL },     { 'e', FLAG_ATTACHED, NULL },
  { 'G', FLAG_ALONE, NULL },        { 'h', FLAG_VALUE, NULL },
  { 'L', FLAG_VALUE, NULL },        { 'm', FLAG_ALONE, NULL },
  { 'n', FLAG_ALONE, NULL },        { 'N', FLAG_VALUE, set_notify },
  { 'O', FLAG_VALUE, NULL },        { 'R', FLAG_VALUE, set_return },
  { 'U', FLAG_ALONE, NULL },        { 'V', FLAG_VALUE, set_envid },
  { 'X', FLAG_VALUE, NULL },
};

static gboolean
take_flag (SendmailOptions *options, char letter, const char *value, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (flags); i++)
    if (flags[i].letter == letter)
      return !flags[i].effect || flags[i].effect (options, value, error);
  return TRUE;
}

static FlagShape
flag_shape (char letter)
{
  for (gsize i = 0; i < G_N_ELEMENTS (flags); i++)
    if (flags[i].letter == letter)
      return flags[i].shape;
  return FLAG_ALONE;
}

/* One word of letters ("-ti", "-fme@example.org", "-f me@example.org"). *INDEX moves on
 * when a value is the next word. */
static gboolean
take_word (SendmailOptions *options, int argc, char **argv, int *index, GError **error)
{
  for (const char *letter = argv[*index] + 1; *letter; letter++) {
    FlagShape shape = flag_shape (*letter);
    const char *value = letter + 1;

    if (shape == FLAG_ALONE) {
      if (!take_flag (options, *letter, NULL, error))
        return FALSE;
      continue;
    }
    if (shape == FLAG_VALUE && !*value) {
      if (++*index >= argc) {
        g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE, _ ("-%c needs a value"), *letter);
        return FALSE;
      }
      value = argv[*index];
    }
    return take_flag (options, *letter, value, error);
  }
  return TRUE;
}

static gboolean
take_long_option (SendmailOptions *options, int argc, char **argv, int *index, GError **error)
{
  const char *word = argv[*index];

  if (strcmp (word, "--json") == 0) {
    options->json = TRUE;
  } else if (g_str_has_prefix (word, "--set=")) {
    g_ptr_array_add (options->set, g_strdup (word + strlen ("--set=")));
  } else if (strcmp (word, "--set") == 0 && *index + 1 < argc) {
    g_ptr_array_add (options->set, g_strdup (argv[++*index]));
  } else {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE,
                 _ ("%s is no option of toukan sendmail: it has --set KEY=VALUE and --json"), word);
    return FALSE;
  }
  return TRUE;
}

static gboolean
parse_options (SendmailOptions *options, int argc, char **argv, GError **error)
{
  int i = 1;

  for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
    if (strcmp (argv[i], "--") == 0) {
      i++;
      break;
    }
    if (!(g_str_has_prefix (argv[i], "--") ? take_long_option (options, argc, argv, &i, error)
                                           : take_word (options, argc, argv, &i, error)))
      return FALSE;
  }
  for (; i < argc; i++)
    g_ptr_array_add (options->recipients, argv[i]);
  return TRUE;
}

/* The account's `from`; NULL without ERROR when it has none. */
static Mailbox *
account_mailbox (const Account *account, GError **error)
{
  g_autoptr (GPtrArray) mailboxes = account->from ? address_parse_list (account->from, NULL, error) : NULL;

  return mailboxes && mailboxes->len > 0 ? g_ptr_array_steal_index (mailboxes, 0) : NULL;
}

/* -f, else the account's own. "" and "<>" are the null reverse-path of a bounce. */
static char *
choose_sender (const SendmailOptions *options, const Account *account, const Mailbox *mailbox, GError **error)
{
  const char *given = options->sender;

  if (!given && mailbox)
    return g_strdup (mailbox->address);
  /* The null reverse-path can't stand in a From that is missing. */
  gboolean null = given && (!*given || strcmp (given, "<>") == 0);
  if ((!given || null) && !mailbox) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION,
                 _ ("no sender is known: set `from` for account %s, or use -f ADDRESS"), account->name);
    return NULL;
  }
  if (null)
    return g_strdup ("");
  return address_parse_one (given, mailbox ? address_domain (mailbox->address) : NULL, error);
}

static gboolean
add_recipients (Envelope *envelope, const SendmailOptions *options, const Intake *intake, const char *domain,
                GError **error)
{
  for (guint i = 0; i < options->recipients->len; i++) {
    g_autoptr (GPtrArray) mailboxes
        = address_parse_list (g_ptr_array_index (options->recipients, i), domain, error);
    if (!mailboxes)
      return FALSE;
    for (guint j = 0; j < mailboxes->len; j++)
      envelope_add (envelope, ((Mailbox *)g_ptr_array_index (mailboxes, j))->address);
  }
  for (guint i = 0; i < intake->recipients->len; i++)
    envelope_add (envelope, g_ptr_array_index (intake->recipients, i));
  if (envelope->recipients->len > 0)
    return TRUE;
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE,
               options->read_recipients ? _ ("nobody to send to: the message has no To, Cc or Bcc, and no "
                                             "recipient was named")
                                        : _ ("nobody to send to: name a recipient, or use -t to take them "
                                             "from the message"));
  return FALSE;
}

/* Envelope of everybody named, with the notifications wished for. NULL with ERROR. */
static Envelope *
address_envelope (const SendmailOptions *options, const char *sender, const Intake *intake,
                  const char *domain, GError **error)
{
  g_autoptr (Envelope) envelope = envelope_new (sender);

  if (!add_recipients (envelope, options, intake, domain, error))
    return NULL;
  envelope->ret = options->ret;
  envelope->envid = g_strdup (options->envid);
  for (guint i = 0; i < envelope->recipients->len; i++)
    ((EnvelopeRecipient *)g_ptr_array_index (envelope->recipients, i))->notify = options->notify;
  return g_steal_pointer (&envelope);
}

static Intake *
take_in (const SendmailOptions *options, const Mailbox *mailbox, const char *sender, GError **error)
{
  g_autoptr (BodySource) raw = options->dot_is_text ? body_source_new_fd (STDIN_FILENO, error)
                                                    : body_source_new_fd_to_dot (STDIN_FILENO, error);
  IntakeRules rules = {
    .qualify_with = mailbox ? address_domain (mailbox->address) : NULL,
    .read_recipients = options->read_recipients,
    .from_address = *sender || !mailbox ? sender : mailbox->address,
    .from_name = options->name ? options->name
                 : mailbox     ? mailbox->name
                               : NULL,
    .date = time (NULL),
  };

  return raw ? intake_message (raw, &rules, error) : NULL;
}

static int
send_with (const SendmailOptions *options, GError **error)
{
  g_autoptr (Config) config = config_load ((const char *const *)options->set->pdata, error);
  g_autoptr (Mailbox) mailbox = NULL;
  g_autofree char *sender = NULL;
  g_autoptr (Intake) intake = NULL;
  g_autoptr (Envelope) envelope = NULL;
  DeliverView view = { .verbose = options->verbose, .json = options->json };
  DeliverWish wish = { .overrides = (const char *const *)options->set->pdata };
  const Account *account;

  if (!config || !(account = config_account (config, options->account, options->sender, error)))
    return -1;
  mailbox = account_mailbox (account, error);
  if (*error || !(sender = choose_sender (options, account, mailbox, error))
      || !(intake = take_in (options, mailbox, sender, error)))
    return -1;
  envelope
      = address_envelope (options, sender, intake, mailbox ? address_domain (mailbox->address) : NULL, error);
  if (!envelope)
    return -1;
  return deliver (account, envelope, intake->message, &wish, &view);
}

static int
run (int argc, char **argv)
{
  g_autoptr (GPtrArray) set = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) recipients = g_ptr_array_new ();
  SendmailOptions options = { .set = set, .recipients = recipients };
  g_autoptr (GError) error = NULL;
  int status = -1;

  if (parse_options (&options, argc, argv, &error)) {
    g_ptr_array_add (set, NULL);
    status = send_with (&options, &error);
  }
  return error ? deliver_fail (error) : status;
}

const Verb verb_sendmail = { "sendmail", N_ ("send a message as the sendmail command does"), run };
