/* Some program passes every letter that there ever was, so none is an error, and what is
 * ignored is ignored with its value: -X, -C and -oQ name files that must never be written. */
#include "cli/sendmail-letters.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "cli/wrapped.h"
#include "core/command.h"

typedef struct Letter Letter;

typedef gboolean (*LetterEffect) (SendmailOptions *options, const Letter *letter, const char *value,
                                  GError **error);

typedef enum {
  ALONE,    /* the next octet of the word is a letter again */
  VALUE,    /* the rest of the word, or the next word */
  ATTACHED, /* the rest of the word, which may be nothing */
} LetterShape;

struct Letter {
  char letter;
  LetterShape shape;
  LetterEffect effect;  /* NULL: accepted, and ignored with its value */
  const char *argument; /* what the value is called */
  const char *help;
  int choice;       /* for the effect */
  const char *word; /* with VALUE: this row is for this value alone */
};

/* ---- what letters do ------------------------------------------------------ */

static gboolean
read_recipients (SendmailOptions *options, const Letter *letter, const char *value, GError **error)
{
  return options->read_recipients = TRUE;
}

static gboolean
dot_is_text (SendmailOptions *options, const Letter *letter, const char *value, GError **error)
{
  return options->dot_is_text = TRUE;
}

static gboolean
be_verbose (SendmailOptions *options, const Letter *letter, const char *value, GError **error)
{
  return options->verbose = TRUE;
}

static gboolean
set_sender (SendmailOptions *options, const Letter *letter, const char *value, GError **error)
{
  options->sender = value;
  return TRUE;
}

static gboolean
set_name (SendmailOptions *options, const Letter *letter, const char *value, GError **error)
{
  options->name = value;
  return TRUE;
}

static gboolean
set_account (SendmailOptions *options, const Letter *letter, const char *value, GError **error)
{
  options->account = value;
  return TRUE;
}

static gboolean
set_mode (SendmailOptions *options, const Letter *letter, const char *value, GError **error)
{
  options->mode = (SendmailMode)letter->choice;
  return TRUE;
}

static gboolean
set_delivery (SendmailOptions *options, const Letter *letter, const char *value, GError **error)
{
  options->delivery = (DeliveryMode)letter->choice;
  return options->delivery_set = TRUE;
}

static gboolean
set_errors (SendmailOptions *options, const Letter *letter, const char *value, GError **error)
{
  options->errors = (SendmailErrors)letter->choice;
  return TRUE;
}

static gboolean
refuse_value (const Letter *letter, const char *value, const char *reason, GError **error)
{
  g_autofree char *shown = visible_text (value, -1);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE, "-%c %s: %s", letter->letter, shown, reason);
  return FALSE;
}

/* A mode other than those in the table must not be taken for "deliver a message". */
static gboolean
refuse_mode (SendmailOptions *options, const Letter *letter, const char *value, GError **error)
{
  return refuse_value (letter, value, _ ("this is not something that toukan does"), error);
}

static gboolean
set_notify (SendmailOptions *options, const Letter *letter, const char *value, GError **error)
{
  return dsn_notify_parse (value, &options->notify)
         || refuse_value (letter, value,
                          _ ("it takes never, or of success, failure and delay any, separated by commas"),
                          error);
}

static gboolean
set_return (SendmailOptions *options, const Letter *letter, const char *value, GError **error)
{
  return dsn_return_parse (value, &options->ret)
         || refuse_value (letter, value, _ ("it takes full or hdrs"), error);
}

static gboolean
set_envid (SendmailOptions *options, const Letter *letter, const char *value, GError **error)
{
  options->envid = value;
  return command_envid_is_safe (value)
         || refuse_value (letter, value, _ ("the identifier is 1 to 100 printable ASCII characters"), error);
}

/* ---- the table ------------------------------------------------------------ */

#define IGNORED(LETTER, SHAPE)                                                                               \
  {                                                                                                          \
    .letter = (LETTER), .shape = (SHAPE)                                                                     \
  }

/* A row with a word comes before the row of its letter that has none. */
static const Letter letters[] = {
  { 't', ALONE, read_recipients,
    .help = N_ ("Takes the recipients from the message's To, Cc and Bcc; Bcc is taken out. Recipients among "
                "the arguments are added.") },
  { 'i', ALONE, dot_is_text, .help = N_ ("A line with a single dot doesn't end the message.") },
  { 'o', VALUE, dot_is_text, .word = "i", .help = N_ ("The same.") },
  { 'f', VALUE, set_sender, .argument = N_ ("address"),
    .help = N_ ("The sender in the envelope; <> is that of a bounce, which nobody may answer. It also "
                "chooses the account.") },
  { 'r', VALUE, set_sender, .argument = N_ ("address"), .help = N_ ("The same.") },
  { 'F', VALUE, set_name, .argument = N_ ("name"),
    .help = N_ ("The sender's name, where the message has no From.") },
  { 'a', VALUE, set_account, .argument = N_ ("account"), .help = N_ ("Sends over this account.") },
  { 'N', VALUE, set_notify, .argument = N_ ("when"),
    .help = N_ ("When the server shall notify the sender: never, or success, failure and delay, separated "
                "by commas.") },
  { 'R', VALUE, set_return, .argument = N_ ("part"),
    .help = N_ ("How much of the message a notification returns: full, or hdrs for the header alone.") },
  { 'V', VALUE, set_envid, .argument = N_ ("identifier"),
    .help = N_ ("What a notification shall name as the envelope's identifier.") },
  { 'v', ALONE, be_verbose,
    .help = N_ ("Shows every attempt to connect, and the dialogue with the server.") },

  { 'b', VALUE, set_mode, .choice = SENDMAIL_DELIVER, .word = "m",
    .help = N_ ("Delivers a message; this is what happens anyway.") },
  { 'b', VALUE, set_mode, .choice = SENDMAIL_VERIFY, .word = "v",
    .help = N_ ("Says where a message would go: the recipients after aliases, the account, and the paths to "
                "its server. Sends nothing. With -t, a message is read for its recipients.") },
  { 'b', VALUE, set_mode, .choice = SENDMAIL_ALIASES, .word = "i",
    .help = N_ ("Checks the aliases, and lists all that is wrong with them.") },
  { 'I', ALONE, set_mode, .choice = SENDMAIL_ALIASES, .help = N_ ("The same.") },
  { 'b', VALUE, set_mode, .choice = SENDMAIL_LIST, .word = "p",
    .help = N_ ("Lists the outbox, as mailq does.") },
  { 'b', VALUE, set_mode, .choice = SENDMAIL_SERVE, .word = "s",
    .help = N_ ("Speaks SMTP on standard input and output. A message is safe in the outbox when it is "
                "answered with 250; sending it goes on by itself.") },
  { 'b', VALUE, refuse_mode, .help = NULL },
  { 'q', ATTACHED, set_mode, .choice = SENDMAIL_FLUSH,
    .help
    = N_ ("Sends what waits in the outbox, once. What follows in the same word, an interval as in -q30m "
          "or a selection as in -qRexample.org, is ignored: toukan agent is there for the former.") },

  { 'o', VALUE, set_delivery, .choice = DELIVERY_FOREGROUND, .word = "di",
    .help = N_ ("Sends while the caller waits, as delivery = foreground does.") },
  { 'o', VALUE, set_delivery, .choice = DELIVERY_BACKGROUND, .word = "db",
    .help = N_ ("Sends in the background, as delivery = background does.") },
  { 'o', VALUE, set_delivery, .choice = DELIVERY_QUEUE, .word = "dq",
    .help = N_ ("Keeps the message until the outbox is sent, as delivery = queue does.") },
  { 'o', VALUE, set_delivery, .choice = DELIVERY_QUEUE, .word = "dd", .help = N_ ("The same.") },

  { 'o', VALUE, set_errors, .choice = SENDMAIL_ERRORS_PRINT, .word = "ep",
    .help = N_ ("Says what went wrong on standard error; this is what happens anyway.") },
  { 'o', VALUE, set_errors, .choice = SENDMAIL_ERRORS_PRINT, .word = "ew", .help = N_ ("The same.") },
  { 'o', VALUE, set_errors, .choice = SENDMAIL_ERRORS_MAIL, .word = "em",
    .help = N_ ("Also tells of a message that failed as if nobody waited for it: by failure-mail, on-failure "
                "and notify. The exit status says it, too.") },
  { 'o', VALUE, set_errors, .choice = SENDMAIL_ERRORS_MAIL, .word = "ee", .help = N_ ("The same.") },
  { 'o', VALUE, set_errors, .choice = SENDMAIL_ERRORS_QUIET, .word = "eq",
    .help = N_ ("Says nothing: the exit status alone tells.") },

  IGNORED ('A', VALUE),
  IGNORED ('B', VALUE),
  IGNORED ('C', VALUE),
  IGNORED ('c', ALONE),
  IGNORED ('D', VALUE),
  IGNORED ('d', ATTACHED),
  IGNORED ('G', ALONE),
  IGNORED ('h', VALUE),
  IGNORED ('L', VALUE),
  IGNORED ('M', VALUE),
  IGNORED ('m', ALONE),
  IGNORED ('n', ALONE),
  IGNORED ('O', VALUE),
  IGNORED ('o', VALUE),
  IGNORED ('p', VALUE),
  IGNORED ('Q', ATTACHED),
  IGNORED ('s', ALONE),
  IGNORED ('T', ATTACHED),
  IGNORED ('U', ALONE),
  IGNORED ('X', VALUE),
  IGNORED ('x', ALONE),
};

/* -em is -oem. */
#define ERRORS_LETTER 'e'

static LetterShape
shape_of (char letter)
{
  for (gsize i = 0; i < G_N_ELEMENTS (letters); i++)
    if (letters[i].letter == letter)
      return letters[i].shape;
  return letter == ERRORS_LETTER ? VALUE : ATTACHED;
}

/* The row for LETTER with VALUE; NULL: nobody knows it. */
static const Letter *
find_row (char letter, const char *value)
{
  for (gsize i = 0; i < G_N_ELEMENTS (letters); i++)
    if (letters[i].letter == letter && (!letters[i].word || g_strcmp0 (letters[i].word, value) == 0))
      return &letters[i];
  return NULL;
}

/* ---- reading the command line --------------------------------------------- */

void
sendmail_options_init (SendmailOptions *options)
{
  *options = (SendmailOptions){ .set = g_ptr_array_new_with_free_func (g_free),
                                .recipients = g_ptr_array_new (),
                                .unknown = g_string_new (NULL) };
}

void
sendmail_options_clear (SendmailOptions *options)
{
  g_ptr_array_unref (options->set);
  g_ptr_array_unref (options->recipients);
  g_string_free (options->unknown, TRUE);
}

static gboolean
take_letter (SendmailOptions *options, char letter, const char *value, GError **error)
{
  g_autofree char *option = letter == ERRORS_LETTER ? g_strconcat ("e", value, NULL) : NULL;
  const Letter *row = option ? find_row ('o', option) : find_row (letter, value);

  if (row)
    return !row->effect || row->effect (options, row, value, error);
  g_autofree char *shown = visible_text (&letter, 1);
  g_string_append_printf (options->unknown, "-%s ", shown);
  return TRUE;
}

/* One word of letters ("-ti", "-fme@example.org", "-f me@example.org"). *INDEX moves on
 * when a value is the next word. */
static gboolean
take_word (SendmailOptions *options, int argc, char **argv, int *index, GError **error)
{
  for (const char *letter = argv[*index] + 1; *letter; letter++) {
    LetterShape shape = shape_of (*letter);
    const char *value = letter + 1;

    if (shape == ALONE) {
      if (!take_letter (options, *letter, NULL, error))
        return FALSE;
      continue;
    }
    if (shape == VALUE && !*value) {
      if (++*index >= argc) {
        g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE, _ ("-%c needs a value"), *letter);
        return FALSE;
      }
      value = argv[*index];
    }
    return take_letter (options, *letter, value, error);
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
  } else if (strcmp (word, "--help") == 0 || g_str_has_prefix (word, "--help=")) {
    options->mode = SENDMAIL_HELP;
    options->help = word[strlen ("--help")] ? word + strlen ("--help=") : NULL;
  } else {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE,
                 _ ("%s is no option of toukan sendmail: it has --set KEY=VALUE, --json and --help"), word);
    return FALSE;
  }
  return TRUE;
}

gboolean
sendmail_options_parse (SendmailOptions *options, int argc, char **argv, GError **error)
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
  g_ptr_array_add (options->set, NULL);
  return TRUE;
}

/* ---- the list ------------------------------------------------------------- */

/* Behind the option, or below it. */
#define HELP_INDENT "                 "

static void
append_text_row (GString *out, const Letter *row)
{
  static const Wrapping wrapping = { HELP_INDENT, FALSE, 78 };
  g_autoptr (GString) help = g_string_new (NULL);
  g_autofree char *option
      = g_strdup_printf ("  -%c%s%s%s", row->letter, row->word ? row->word : "", row->argument ? " " : "",
                         row->argument ? _ (row->argument) : "");
  gsize width = strlen (option);

  wrapped_append (help, _ (row->help), &wrapping);
  if (width < strlen (HELP_INDENT))
    g_string_overwrite_len (help, 0, option, (gssize)width);
  else
    g_string_append_printf (out, "%s\n", option);
  g_string_append (out, help->str);
}

static void
append_man_row (GString *out, const Letter *row)
{
  static const Wrapping wrapping = { "", TRUE, 78 };

  g_string_append_printf (out, ".It Fl %c%s%s%s\n", row->letter, row->word ? row->word : "",
                          row->argument ? " Ar " : "", row->argument ? row->argument : "");
  wrapped_append (out, row->help, &wrapping);
}

/* Those without an effect are accepted and ignored. */
static void
append_ignored (GString *out, gboolean man)
{
  const char *before = man ? ".It Fl " : "  -";

  for (gsize i = 0; i < G_N_ELEMENTS (letters); i++) {
    if (letters[i].effect)
      continue;
    g_string_append_printf (out, "%s%c", before, letters[i].letter);
    before = man ? " , " : " -";
  }
  if (man)
    g_string_append (out, "\nAccepted and ignored, with their values.\n"
                          "So is any other letter, with the rest of its word, and a line in the log.\n");
  else
    g_string_append_printf (out, "\n" HELP_INDENT "%s\n",
                            _ ("Accepted and ignored, with their values; so is any other letter."));
}

char *
sendmail_letters (const char *format)
{
  gboolean man = strcmp (format, "man") == 0;
  g_autoptr (GString) out = g_string_new (NULL);

  if (!man && strcmp (format, "text") != 0)
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (letters); i++)
    if (letters[i].help)
      (man ? append_man_row : append_text_row) (out, &letters[i]);
  append_ignored (out, man);
  return g_string_free (g_steal_pointer (&out), FALSE);
}
