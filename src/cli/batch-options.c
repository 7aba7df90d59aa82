/* One table of options; another of their numbers and ranges; a third of which goes with what. */
#include "cli/batch-options.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "cli/verb-options.h"

#define UNSAID (-1)
#define USUAL_WAIT (10 * TICKS_PER_MINUTE)

void
batch_options_clear (BatchOptions *options)
{
  char *texts[] = { options->letter,         options->data,    options->charset, options->eml_dir,
                    options->mbox,           options->html,    options->name,    options->list_unsubscribe,
                    options->each_recipient, options->list_id, options->test_to, options->in_doubt,
                    options->account,        options->from,    options->rate,    options->wait,
                    options->report };
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    g_free (texts[i]);
  g_strfreev (options->attach);
  g_strfreev (options->only);
  g_strfreev (options->set);
}

static gboolean refuse (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (GError **error, const char *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE, text);
  return FALSE;
}

/* --- reading ---------------------------------------------------------------------------- */

static char *
describe (void)
{
  return g_strdup_printf (
      "%s\n\n%s\n  %s\n  %s\n  %s\n  %s\n  %s\n  %s\n  %s",
      _ ("Sends many messages, and goes on where it stopped."), _ ("Commands:"),
      _ ("status [NAME]   tell what became of a batch, or of all; with --report, in a file"),
      _ ("resume NAME     send what still waits"),
      _ ("pause NAME      stop what is being sent; it can go on later"),
      _ ("cancel NAME     never send what still waits"),
      _ ("resolve NAME    KEY… (or all) sent|resend: decide what is in doubt"),
      _ ("remove NAME     forget a batch and all that it kept"),
      _ ("none            send --template and --data, --eml-dir, --mbox, --each-recipient, or jobs from "
         "standard input"));
}

static gboolean
read_options (BatchOptions *options, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "template", 'T', 0, G_OPTION_ARG_FILENAME, &options->letter,
      N_ ("The letter, with {{column}} for a value"), N_ ("FILE") },
    { "data", 'd', 0, G_OPTION_ARG_FILENAME, &options->data,
      N_ ("The table: CSV, TSV (.tsv) or JSON Lines (.jsonl)"), N_ ("FILE") },
    { "charset", 0, 0, G_OPTION_ARG_FILENAME, &options->charset, N_ ("The table's, where it isn't UTF-8"),
      N_ ("NAME") },
    { "html", 0, 0, G_OPTION_ARG_FILENAME, &options->html, N_ ("The letter as HTML, for those who see that"),
      N_ ("FILE") },
    { "markdown", 0, 0, G_OPTION_ARG_NONE, &options->markdown,
      N_ ("The letter is Markdown: send it as HTML, too"), NULL },
    { "attach", 'A', 0, G_OPTION_ARG_FILENAME_ARRAY, &options->attach,
      N_ ("Attach this file, maybe {{column}}; may be repeated"), N_ ("FILE") },
    { "list-unsubscribe", 0, 0, G_OPTION_ARG_FILENAME, &options->list_unsubscribe,
      N_ ("Where to unsubscribe with one click, with {{column}}"), N_ ("URL") },
    { "list-id", 0, 0, G_OPTION_ARG_FILENAME, &options->list_id,
      N_ ("The list's name, such as news.example.org"), N_ ("ID") },
    { "eml-dir", 0, 0, G_OPTION_ARG_FILENAME, &options->eml_dir,
      N_ ("Send the messages *.eml of this folder"), N_ ("FOLDER") },
    { "mbox", 0, 0, G_OPTION_ARG_FILENAME, &options->mbox, N_ ("Send the messages of this file"),
      N_ ("FILE") },
    { "each-recipient", 0, 0, G_OPTION_ARG_FILENAME, &options->each_recipient,
      N_ ("Send one message to each address of this file, a line each"), N_ ("FILE") },
    { "name", 'N', 0, G_OPTION_ARG_FILENAME, &options->name,
      N_ ("The batch's name (default: that of its data)"), N_ ("NAME") },
    { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &options->dry_run, N_ ("Check everything, and send nothing"),
      NULL },
    { "preview", 0, 0, G_OPTION_ARG_INT, &options->preview, N_ ("Show the first messages, and send nothing"),
      N_ ("COUNT") },
    { "test-to", 0, 0, G_OPTION_ARG_FILENAME, &options->test_to,
      N_ ("Send the first messages (3, or --limit) to this address alone"), N_ ("ADDRESS") },
    { "limit", 0, 0, G_OPTION_ARG_INT, &options->limit, N_ ("The first rows only"), N_ ("COUNT") },
    { "only", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->only,
      N_ ("The row with this id or address only; may be repeated"), N_ ("KEY") },
    { "yes", 'y', 0, G_OPTION_ARG_NONE, &options->yes, N_ ("Don't ask before sending"), NULL },
    { "allow-duplicates", 0, 0, G_OPTION_ARG_NONE, &options->allow_duplicates,
      N_ ("Rows may have the same id or address"), NULL },
    { "skip-faulty", 0, 0, G_OPTION_ARG_NONE, &options->skip_faulty,
      N_ ("Send the others when rows have faults"), NULL },
    { "in-doubt", 0, 0, G_OPTION_ARG_FILENAME, &options->in_doubt,
      N_ ("What may have arrived: hold it (default), or resend it"), N_ ("hold|resend") },
    { "connections", 0, 0, G_OPTION_ARG_INT, &options->connections,
      N_ ("At the same time, at most (default: 4)"), N_ ("COUNT") },
    { "window", 0, 0, G_OPTION_ARG_INT, &options->window,
      N_ ("Messages on their way on each connection (default: 8)"), N_ ("COUNT") },
    { "rate", 0, 0, G_OPTION_ARG_FILENAME, &options->rate,
      N_ ("No faster than this, such as 60/min or 60/min,450/day"), N_ ("RATE") },
    { "per-connection", 0, 0, G_OPTION_ARG_INT, &options->per_connection,
      N_ ("Messages over one connection, at most"), N_ ("COUNT") },
    { "per-domain", 0, 0, G_OPTION_ARG_INT, &options->per_domain,
      N_ ("Messages on their way to one domain, at most"), N_ ("COUNT") },
    { "max-recipients", 0, 0, G_OPTION_ARG_INT, &options->max_recipients,
      N_ ("Recipients that get a message at once, at most"), N_ ("COUNT") },
    { "stop-after", 0, 0, G_OPTION_ARG_INT, &options->stop_after,
      N_ ("Pause after so many refusals one behind the other"), N_ ("COUNT") },
    { "wait", 0, 0, G_OPTION_ARG_FILENAME, &options->wait,
      N_ ("Stay so long for what is to be tried again (default: 10min)"), N_ ("TIME|forever") },
    { "report", 0, 0, G_OPTION_ARG_FILENAME, &options->report,
      N_ ("Write what becomes of everybody: CSV, or JSON Lines (.jsonl)"), N_ ("FILE") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options->json, N_ ("Print events, one JSON object a line"), NULL },
    { "account", 'a', 0, G_OPTION_ARG_FILENAME, &options->account, N_ ("Send over this account"),
      N_ ("NAME") },
    { "from", 'f', 0, G_OPTION_ARG_FILENAME, &options->from, N_ ("Sender (default: the account's `from`)"),
      N_ ("ADDRESS") },
    { "set", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->set, N_ ("Override an option of the configuration"),
      N_ ("KEY=VALUE") },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autofree char *description = describe ();
  return verb_parse_options (entries, _ ("[COMMAND [NAME]]"), description, argc, argv, error);
}

static gboolean
make_utf8 (BatchOptions *options, GError **error)
{
  char **texts[] = {
    &options->charset,  &options->list_unsubscribe, &options->list_id, &options->name, &options->test_to,
    &options->in_doubt, &options->account,          &options->from,    &options->rate, &options->wait
  };
  char **lists[] = { options->attach, options->only, options->set };
  return verb_make_utf8 (texts, G_N_ELEMENTS (texts), lists, G_N_ELEMENTS (lists), error);
}

/* --- checking ------------------------------------------------------------------------------ */

static gboolean
check_numbers (const BatchOptions *options, GError **error)
{
  const struct {
    const char *name;
    int value, least, most;
  } numbers[] = {
    { "limit", options->limit, 1, G_MAXINT },
    { "preview", options->preview, 1, G_MAXINT },
    { "connections", options->connections, 1, PACING_CONNECTIONS },
    { "window", options->window, 1, BATCH_WINDOW_LIMIT },
    { "per-connection", options->per_connection, 1, G_MAXINT },
    { "per-domain", options->per_domain, 1, G_MAXINT },
    { "max-recipients", options->max_recipients, 1, G_MAXINT },
    { "stop-after", options->stop_after, 0, G_MAXINT },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++) {
    if (numbers[i].value == UNSAID
        || (numbers[i].value >= numbers[i].least && numbers[i].value <= numbers[i].most))
      continue;
    return numbers[i].most == G_MAXINT
               ? refuse (error, _ ("--%s must be at least %d"), numbers[i].name, numbers[i].least)
               : refuse (error, _ ("--%s must be between %d and %d"), numbers[i].name, numbers[i].least,
                         numbers[i].most);
  }
  return TRUE;
}

static gboolean
is_forever (const char *wait)
{
  return strcmp (wait, "forever") == 0;
}

static gboolean
check_words (const BatchOptions *options, GError **error)
{
  PacingRules rules = { 0 };
  Ticks span;
  if (options->rate && !pacing_rates_parse (options->rate, &rules))
    return refuse (error, _ ("--rate is written like 60/min, or 60/min,450/day (s, min, h, day)"));
  if (options->in_doubt && strcmp (options->in_doubt, "hold") != 0
      && strcmp (options->in_doubt, "resend") != 0)
    return refuse (error, _ ("--in-doubt takes hold or resend"));
  if (options->wait && !is_forever (options->wait) && !ticks_parse (options->wait, &span))
    return refuse (error, _ ("--wait is written like 30s, 10min or 2h, or forever"));
  if (options->name && !batch_name_is_good (options->name)) {
    g_autofree char *shown = visible_text (options->name, -1);
    return refuse (error, _ ("\"%s\" can't be a batch's name: use letters, digits, and .-_+@ between them"),
                   shown);
  }
  return TRUE;
}

gboolean
batch_options_parse (BatchOptions *options, int *argc, char ***argv, GError **error)
{
  *options = (BatchOptions){ .limit = UNSAID,
                             .preview = UNSAID,
                             .connections = UNSAID,
                             .window = UNSAID,
                             .per_connection = UNSAID,
                             .per_domain = UNSAID,
                             .max_recipients = UNSAID,
                             .stop_after = UNSAID };
  return read_options (options, argc, argv, error) && make_utf8 (options, error)
         && check_numbers (options, error) && check_words (options, error);
}

/* --- what goes together ---------------------------------------------------------------------- */

gboolean
batch_options_check_source (const BatchOptions *options, GError **error)
{
  const char *sources[] = { options->data, options->eml_dir, options->mbox, options->each_recipient };
  const struct {
    const char *name;
    gboolean said;
  } of_tables[] = {
    { "--charset", options->charset != NULL }, { "--html", options->html != NULL },
    { "--markdown", options->markdown },       { "--attach", options->attach != NULL },
    { "--list-id", options->list_id != NULL }, { "--list-unsubscribe", options->list_unsubscribe != NULL },
  };
  guint n = 0;
  for (gsize i = 0; i < G_N_ELEMENTS (sources); i++)
    n += sources[i] != NULL;
  if (n > 1)
    return refuse (error,
                   _ ("only one of --data, --eml-dir, --mbox and --each-recipient can be sent at once"));
  if (options->data && !options->letter)
    return refuse (error, _ ("--data needs a letter: --template FILE"));
  if (options->letter && !options->data && !options->each_recipient)
    return refuse (error, _ ("--template needs a table: --data FILE"));
  for (gsize i = 0; i < G_N_ELEMENTS (of_tables); i++)
    if (of_tables[i].said && !options->data)
      return refuse (error, _ ("%s goes with --template and --data only"), of_tables[i].name);
  if (g_strcmp0 (options->data, "-") == 0 && g_strcmp0 (options->letter, "-") == 0)
    return refuse (error, _ ("standard input can't be the letter and the table"));
  return TRUE;
}

/* --- what it means ------------------------------------------------------------------------------ */

gboolean
batch_options_resend (const BatchOptions *options)
{
  return g_strcmp0 (options->in_doubt, "resend") == 0;
}

void
batch_options_apply (const BatchOptions *options, BatchPlan *plan)
{
  PacingRules *pacing = &plan->pacing;
  const struct {
    int said;
    guint *place;
  } numbers[] = {
    { options->connections, &pacing->connections },       { options->window, &plan->window },
    { options->per_connection, &pacing->per_connection }, { options->per_domain, &pacing->per_domain },
    { options->max_recipients, &pacing->max_recipients }, { options->stop_after, &pacing->stop_after },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (numbers[i].said != UNSAID)
      *numbers[i].place = (guint)numbers[i].said;
  if (options->rate)
    pacing_rates_parse (options->rate, pacing);
  plan->resend_in_doubt = batch_options_resend (options);
}

Ticks
batch_options_wait (const BatchOptions *options)
{
  Ticks span = USUAL_WAIT;
  if (options->wait && is_forever (options->wait))
    return TICKS_NEVER;
  if (options->wait)
    ticks_parse (options->wait, &span);
  return span;
}
