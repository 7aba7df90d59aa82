/* `toukan outbox`: what waits, what became of it, and what a person does about it. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/i18n.h"
#include "base/visible.h"
#include "engine/cell.h"
#include "cli/batch-places.h"
#include "cli/batch-say.h"
#include "cli/deliver.h"
#include "cli/outbox-act.h"
#include "cli/outbox-edit.h"
#include "cli/outbox-flush.h"
#include "cli/outbox-message.h"
#include "cli/outbox-places.h"
#include "engine/outbox-show.h"
#include "cli/outbox-table.h"
#include "engine/outbox-words.h"
#include "cli/output.h"
#include "cli/system-outbox.h"
#include "cli/verb-options.h"
#include "cli/verb.h"
#include "net/clock.h"

#define OVER (1u << OUTBOX_FINISHED | 1u << OUTBOX_CANCELLED)
#define EVERY_STATE ((2u << OUTBOX_CANCELLED) - 1)

typedef struct {
  char *account;
  char **set;
  gboolean all, json, message, force, verbose;
} OutboxOptions;

static void
outbox_options_clear (OutboxOptions *options)
{
  g_free (options->account);
  g_strfreev (options->set);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OutboxOptions, outbox_options_clear)

/* What each subcommand is given. */
typedef struct {
  const OutboxOptions *options;
  const Config *config;
  const GPtrArray *places;
  char **words; /* behind the subcommand */
} Work;

/* --- list ------------------------------------------------------------------------------------- */

typedef struct {
  const Work *work;
  const OutboxPlace *place;
  gint64 now;
  GPtrArray *items; /* NULL: printed at once */
  guint n;
} Listing;

static void
on_item (const OutboxItem *item, gpointer data)
{
  Listing *listing = data;
  const char *account = listing->work->options->account;
  if (account && g_strcmp0 (item->account, account) != 0)
    return;
  listing->n++;
  if (listing->items) {
    g_ptr_array_add (listing->items, outbox_item_copy (item));
    return;
  }
  g_autofree char *line = outbox_json (item, listing->place->directory, NULL, listing->now);
  fputs (line, stdout);
}

static gboolean
list_place (Listing *listing, GError **error)
{
  const Work *work = listing->work;
  const OutboxFilter filter = {
    .states = work->options->all ? EVERY_STATE : EVERY_STATE & ~OVER,
    .owner = OUTBOX_ANYBODY,
  };
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func ((GDestroyNotify)outbox_item_free);
  listing->items = work->options->json ? NULL : items;
  if (!outbox_list (listing->place->outbox, &filter, on_item, listing, error))
    return FALSE;
  g_autofree char *table = outbox_table (items, listing->now, output_columns ());
  if (items->len > 0 && work->places->len > 1)
    printf ("%s\n", listing->place->directory);
  fputs (table, stdout);
  return TRUE;
}

/* Each as one line; those that are done with --all alone. N grows by them. */
static gboolean
list_batches (const Work *work, guint *n, GError **error)
{
  g_autoptr (GPtrArray) all = batch_places_list (work->config, work->options->account, error);
  g_autoptr (GPtrArray) shown = g_ptr_array_new ();
  if (!all)
    return FALSE;
  for (guint i = 0; i < all->len; i++)
    if (work->options->all || batch_is_open (all->pdata[i]))
      g_ptr_array_add (shown, all->pdata[i]);
  for (guint i = 0; i < shown->len && work->options->json; i++)
    batch_print_info ("batch", shown->pdata[i], -1);
  g_autofree char *table = batch_table (shown, output_columns ());
  if (!work->options->json)
    printf ("%s%s", *n > 0 && shown->len > 0 ? "\n" : "", table);
  *n += shown->len;
  return TRUE;
}

static int
run_list (const Work *work)
{
  Listing listing = { .work = work, .now = clock_instant ().wall };
  g_autoptr (GError) error = NULL;
  for (guint i = 0; i < work->places->len; i++) {
    listing.place = work->places->pdata[i];
    if (!list_place (&listing, &error))
      return deliver_fail (error);
  }
  if (!list_batches (work, &listing.n, &error))
    return deliver_fail (error);
  if (listing.n == 0 && !work->options->json)
    printf ("%s", work->options->all ? _ ("The outbox is empty, and remembers nothing.\n")
                                     : _ ("Nothing is waiting in the outbox.\n"));
  return EX_OK;
}

/* --- show ------------------------------------------------------------------------------------- */

static int
show_one (const Work *work, const OutboxTarget *target)
{
  const gint64 now = clock_instant ().wall;
  g_autoptr (GError) error = NULL;
  if (work->options->message)
    return outbox_message_print (target, stdout, &error) ? EX_OK : deliver_fail (error);
  g_autoptr (OutboxItem) item = outbox_find (target->place->outbox, target->id, &error);
  g_autoptr (GPtrArray) attempts = item ? outbox_attempts (target->place->outbox, target->id, &error) : NULL;
  if (error)
    return deliver_fail (error);
  if (!item || !attempts)
    return EX_OK; /* gone between the two looks */
  const Account *account = item->account ? config_account_named (work->config, item->account) : NULL;
  g_autofree char *text = work->options->json ? outbox_json (item, target->place->directory, attempts, now)
                                              : outbox_show (item, attempts, account, now);
  fputs (text, stdout);
  return EX_OK;
}

static int
run_show (const Work *work, const GArray *targets)
{
  int status = EX_OK;
  for (guint i = 0; i < targets->len && status == EX_OK; i++) {
    if (i > 0 && !work->options->json && !work->options->message)
      printf ("\n");
    status = show_one (work, &g_array_index (targets, OutboxTarget, i));
  }
  return status;
}

/* --- export and edit ---------------------------------------------------------------------------- */

static int
usage (const char *form)
{
  fprintf (stderr, _ ("toukan: write \"toukan outbox %s\"\n"), form);
  return EX_USAGE;
}

/* "export ID [FILE]" */
static int
run_export (const Work *work)
{
  const guint n = g_strv_length (work->words);
  const char *const words[] = { work->words[0], NULL };
  g_autoptr (GArray) targets = NULL;
  g_autoptr (GError) error = NULL;
  if (n < 1 || n > 2)
    return usage ("export ID [FILE]");
  if (!outbox_targets_find (work->places, work->options->account, EVERY_STATE, words, &targets, &error))
    return deliver_fail (error);
  if (n == 2 && targets->len > 1)
    return usage ("export ID [FILE]");
  for (guint i = 0; i < targets->len; i++) {
    const OutboxTarget *target = &g_array_index (targets, OutboxTarget, i);
    g_autofree char *usual = g_strdup_printf ("message-%" G_GINT64_FORMAT ".eml", target->id);
    const char *file = n == 2 ? work->words[1] : usual;
    if (!outbox_message_export (target, file, work->options->force, &error))
      return deliver_fail (error);
    if (strcmp (file, "-") == 0)
      continue;
    g_autofree char *shown = visible_text (file, -1);
    g_autofree char *done = g_strdup_printf (_ ("written to %s"), shown);
    outbox_say (stdout, target->id, done);
  }
  return EX_OK;
}

static int
run_edit (const Work *work, const GArray *targets)
{
  int status = EX_OK;
  for (guint i = 0; i < targets->len && status == EX_OK; i++)
    status = outbox_edit (&g_array_index (targets, OutboxTarget, i));
  return status;
}

/* --- actions -------------------------------------------------------------------------------------- */

static int
act (const Config *config, const GArray *targets, OutboxAction action)
{
  if (targets->len > 0)
    return outbox_act_on (config, targets, action);
  printf (_ ("No message is one for that.\n"));
  return EX_OK;
}

/* "resolve ID… sent|resend" */
static int
run_resolve (const Work *work)
{
  const guint n = g_strv_length (work->words);
  const char *how = n > 0 ? work->words[n - 1] : "";
  const gboolean sent = strcmp (how, "sent") == 0;
  g_autoptr (GArray) targets = NULL;
  g_autoptr (GError) error = NULL;
  if (n < 2 || (!sent && strcmp (how, "resend") != 0))
    return usage ("resolve ID… sent|resend");
  const OutboxAction action = sent ? OUTBOX_RESOLVE_SENT : OUTBOX_RESOLVE_RESEND;
  g_autofree const char **words = g_memdup2 (work->words, n * sizeof (char *));
  words[n - 1] = NULL;
  if (!outbox_targets_find (work->places, work->options->account, outbox_action_states (action), words,
                            &targets, &error))
    return deliver_fail (error);
  return act (work->config, targets, action);
}

/* Whatever they were waiting for. */
static int
make_due (const GArray *targets)
{
  for (guint i = 0; i < targets->len; i++) {
    const OutboxTarget *target = &g_array_index (targets, OutboxTarget, i);
    g_autoptr (GError) error = NULL;
    OutboxResult result;
    OutboxState state;
    if (!outbox_act (target->place->outbox, target->id, OUTBOX_RETRY, OUTBOX_ANYBODY, clock_instant ().wall,
                     &result, &state, &error))
      return deliver_fail (error);
    if (result != OUTBOX_DONE)
      return outbox_explain (target, OUTBOX_RETRY, result, state);
  }
  return EX_OK;
}

/* "flush [ID…]" */
static int
run_flush (const Work *work)
{
  const OutboxFlushView view = { .verbose = work->options->verbose, .json = work->options->json };
  const char *const *words = (const char *const *)work->words;
  g_autoptr (GArray) targets = NULL;
  g_autoptr (GError) error = NULL;
  if (words[0]
      && !outbox_targets_find (work->places, work->options->account, outbox_action_states (OUTBOX_RETRY),
                               words, &targets, &error))
    return deliver_fail (error);
  const int status = targets ? make_due (targets) : EX_OK;
  return status == EX_OK ? outbox_flush (work->config, work->options->account, work->places, targets, &view)
                         : status;
}

/* --- the verb --------------------------------------------------------------------------------------- */

/* What is done: by itself (.run), or for the messages that the words behind it name. */
typedef struct {
  const char *name;
  const char *form;
  const char *summary;
  int (*run) (const Work *work);
  int (*run_on) (const Work *work, const GArray *targets);
  guint states;        /* for ranges and "all", with .run_on */
  OutboxAction action; /* without either */
} Subcommand;

#define UNSENT (1u << OUTBOX_DRAFT | 1u << OUTBOX_HELD | 1u << OUTBOX_QUEUED)

static const Subcommand subcommands[] = {
  /* clang-format off */
  { "list", "list", N_ ("list what waits; with --all, also what is over"), .run = run_list },
  { "show", "show ID…", N_ ("tell what became of a message; with --message, print it"),
    .run_on = run_show, .states = EVERY_STATE },
  { "flush", "flush [ID…]", N_ ("send what waits, and wait for it"), .run = run_flush },
  { "retry", "retry ID…", N_ ("make a message due now"), .action = OUTBOX_RETRY },
  { "hold", "hold ID…", N_ ("keep a message until it is released"), .action = OUTBOX_HOLD },
  { "release", "release ID…", N_ ("let a held message or a draft go"), .action = OUTBOX_RELEASE },
  { "cancel", "cancel ID…", N_ ("never send a message"), .action = OUTBOX_CANCEL },
  { "resolve", "resolve ID… sent|resend", N_ ("decide what is in doubt"), .run = run_resolve },
  { "edit", "edit ID…", N_ ("change a message in $VISUAL or $EDITOR"), .run_on = run_edit, .states = UNSENT },
  { "export", "export ID [FILE]", N_ ("write a message to a file"), .run = run_export },
  { "remove", "remove ID…", N_ ("forget what is over"), .action = OUTBOX_REMOVE },
  /* clang-format on */
};

static const Subcommand *
find_subcommand (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (subcommands); i++)
    if (strcmp (subcommands[i].name, name) == 0)
      return &subcommands[i];
  return NULL;
}

static char *
describe (void)
{
  g_autoptr (GString) text = g_string_new (_ ("Shows and changes what waits to be sent.\n\nCommands:"));
  for (gsize i = 0; i < G_N_ELEMENTS (subcommands); i++) {
    g_string_append (text, "\n  ");
    cell_append (text, subcommands[i].form, strlen ("resolve ID sent|resend") + 1);
    g_string_append (text, _ (subcommands[i].summary));
  }
  g_string_append (text, _ ("\n\nID is a number, a range such as 3-7, or all."));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
parse_options (OutboxOptions *options, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "account", 'a', 0, G_OPTION_ARG_STRING, &options->account, N_ ("Messages of this account only"),
      N_ ("NAME") },
    { "all", 0, 0, G_OPTION_ARG_NONE, &options->all, N_ ("list: also what is over"), NULL },
    { "force", 0, 0, G_OPTION_ARG_NONE, &options->force, N_ ("export: replace a file"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options->json, N_ ("Print one JSON object a line"), NULL },
    { "message", 0, 0, G_OPTION_ARG_NONE, &options->message, N_ ("show: the message itself"), NULL },
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->set, N_ ("Override an option of the configuration"),
      N_ ("KEY=VALUE") },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &options->verbose, N_ ("flush: show each step"), NULL },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autofree char *description = describe ();

  return verb_parse_options (entries, _ ("[COMMAND [ID…]]"), description, argc, argv, error);
}

/* Who has no configuration has his mail in the system outbox, which knows these. */
static gboolean
is_for_system (const Subcommand *subcommand, const OutboxOptions *options)
{
  return !subcommand->run && !subcommand->run_on && subcommand->action != OUTBOX_REMOVE && !options->account
         && system_outbox_takes_over ((const char *const *)options->set);
}

static int
act_there (const Subcommand *subcommand, char **words)
{
  int status = EX_OK;
  if (!words[0])
    return usage (subcommand->form);
  for (; *words; words++) {
    g_autoptr (GError) error = NULL;
    OutboxTarget target = { .place = NULL };
    OutboxResult result;
    OutboxState state = OUTBOX_QUEUED;
    guint64 id;
    if (!g_ascii_string_to_unsigned (*words, 10, 1, G_MAXINT64, &id, NULL))
      return usage (subcommand->form);
    target.id = (gint64)id;
    if (!system_outbox_act (target.id, subcommand->action, &result, &state, &error))
      return deliver_fail (error);
    const int one = outbox_explain (&target, subcommand->action, result, state);
    status = status == EX_OK ? one : status;
  }
  return status;
}

static int
run_subcommand (const Subcommand *subcommand, const Work *work)
{
  g_autoptr (GArray) targets = NULL;
  g_autoptr (GError) error = NULL;
  if (subcommand->run)
    return subcommand->run (work);
  if (!work->words[0])
    return usage (subcommand->form);
  const guint states = subcommand->run_on ? subcommand->states : outbox_action_states (subcommand->action);
  if (!outbox_targets_find (work->places, work->options->account, states, (const char *const *)work->words,
                            &targets, &error))
    return deliver_fail (error);
  return subcommand->run_on ? subcommand->run_on (work, targets)
                            : act (work->config, targets, subcommand->action);
}

static int
run (int argc, char **argv)
{
  g_auto (OutboxOptions) options = { .json = FALSE };
  g_autoptr (GError) error = NULL;

  g_set_prgname ("toukan outbox");
  if (!parse_options (&options, &argc, &argv, &error))
    return deliver_fail (error);
  const Subcommand *subcommand = find_subcommand (argc > 1 ? argv[1] : "list");
  if (!subcommand || (subcommand->run == run_list && argc > 2)) {
    g_autofree char *shown = visible_text (subcommand ? argv[2] : argv[1], -1);
    fprintf (stderr, _ ("toukan: \"%s\" is no command of `toukan outbox`; see `toukan outbox --help`\n"),
             shown);
    return EX_USAGE;
  }
  if (is_for_system (subcommand, &options))
    return output_flush (act_there (subcommand, argv + MIN (argc, 2)));
  g_autoptr (Config) config = config_load ((const char *const *)options.set, &error);
  g_autoptr (GPtrArray) places = config ? outbox_places_open (config, options.account, &error) : NULL;
  if (!places)
    return deliver_fail (error);
  const Work work = { &options, config, places, argv + MIN (argc, 2) };
  return output_flush (run_subcommand (subcommand, &work));
}

const Verb verb_outbox = { "outbox", N_ ("show and change what waits to be sent"), run };
