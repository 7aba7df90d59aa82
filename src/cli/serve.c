/* Symfony and Laravel keep such a process for a hundred messages and hours between them: so
 * what was kept leaves while it waits, by `toukan agent --once`. */
#include "cli/serve.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/i18n.h"
#include "cli/agent-lock.h"
#include "cli/serve-now.h"
#include "config/secret-command.h"
#include "engine/accounts.h"
#include "engine/background.h"
#include "engine/keep.h"
#include "engine/state.h"
#include "engine/timer.h"
#include "mail/aliases.h"
#include "mail/local-names.h"
#include "net/clock.h"

/* Messages that come in close sequence leave by one process. */
#define GATHERING (200 * TICKS_PER_MS)

/* An outbox in use. */
typedef struct {
  char *directory;
  OutboxSource *source;
  Ticks undo_window; /* the longest of the accounts that are served there */
  gboolean due;      /* something was kept that nobody sends yet */
} Place;

typedef struct {
  const SendmailServeOptions *options;
  GMainLoop *loop;
  HandIn *hand_in;
  Accounts *accounts;
  GStrv overrides;
  GPtrArray *places; /* of Place */
  GPtrArray *now;    /* of ServeNow */
  Place *place;      /* of the message at hand */
  gboolean to_send;  /* it is to leave now */
  Timer *timer;
} Serving;

/* --- the outboxes ------------------------------------------------------------------ */

static void
place_free (gpointer data)
{
  Place *place = data;
  WorkSource *work = outbox_source_work (place->source);

  work->free (work);
  g_free (place->directory);
  g_free (place);
}

/* NULL with ERROR. */
static Place *
find_place (Serving *serving, const Account *account, GError **error)
{
  g_autofree char *directory = state_directory (account);
  OutboxSourceRules rules = {
    .directory = directory, .find_account = accounts_find, .data = serving->accounts, .only_own = TRUE
  };

  for (guint i = 0; i < serving->places->len; i++) {
    Place *place = g_ptr_array_index (serving->places, i);
    if (strcmp (place->directory, directory) == 0)
      return place;
  }
  OutboxSource *source = outbox_source_new (&rules, error);
  if (!source)
    return NULL;
  if (outbox_source_warning (source))
    fprintf (stderr, _ ("toukan: warning: outbox: %s\n"), outbox_source_warning (source));
  Place *place = g_new0 (Place, 1);
  place->directory = g_steal_pointer (&directory);
  place->source = source;
  g_ptr_array_add (serving->places, place);
  return place;
}

static void
send_what_is_due (gpointer data)
{
  Serving *serving = data;
  AgentHolder holder;

  for (guint i = 0; i < serving->places->len; i++) {
    Place *place = g_ptr_array_index (serving->places, i);
    g_autoptr (GError) error = NULL;
    if (place->due && !agent_lock_is_held (place->directory, &holder)
        && !background_start (place->directory, place->undo_window, &error))
      fprintf (stderr, _ ("toukan: warning: %s\n"), error->message);
    place->due = FALSE;
  }
}

/* --- the messages --------------------------------------------------------------------- */

static const Account *
choose_account (const char *sender, gpointer data, GError **error)
{
  const SendmailServeOptions *options = ((Serving *)data)->options;

  return config_account (options->config, options->account, sender, error);
}

static void
admit (HandIn *hand_in, guint64 size, gpointer data)
{
  hand_in_answer (hand_in, 0, NULL);
}

static void
on_kept (DeliveryId id, const GError *error, gpointer data)
{
  Serving *serving = data;

  if (!error && serving->to_send) {
    serving->place->due = TRUE;
    timer_set (serving->timer, clock_now () + GATHERING);
  }
  hand_in_answer_kept (serving->hand_in, id, error);
}

static void
keep (Serving *serving, const Account *account, Handover *handover)
{
  const SendmailServeOptions *options = serving->options;
  DeliveryMode mode = options->delivery_set ? options->delivery : account->delivery;
  KeepRules rules = { .account = account,
                      .owner = (guint32)getuid (),
                      .overrides = (const char *const *)serving->overrides };
  g_autoptr (GError) error = NULL;

  serving->to_send = mode != DELIVERY_QUEUE;
  serving->place = find_place (serving, account, &error);
  if (serving->place) {
    serving->place->undo_window = MAX (serving->place->undo_window, account->undo_window);
    keep_message (serving->place->source, &rules, handover, on_kept, serving);
    return;
  }
  handover_free (handover);
  fprintf (stderr, "toukan: %s\n", error->message);
  hand_in_answer_kept (serving->hand_in, 0, error);
}

static ServeNow *
find_now (Serving *serving, const Account *account)
{
  for (guint i = 0; i < serving->now->len; i++)
    if (serve_now_account (g_ptr_array_index (serving->now, i)) == account)
      return g_ptr_array_index (serving->now, i);
  g_ptr_array_add (serving->now, serve_now_new (account));
  return g_ptr_array_index (serving->now, serving->now->len - 1);
}

static void
take (HandIn *hand_in, const Account *account, Handover *handover, gpointer data)
{
  Serving *serving = data;

  for (guint i = 0; i < handover->notes->len; i++)
    fprintf (stderr, "toukan: %s\n", (const char *)g_ptr_array_index (handover->notes, i));
  if (account->outbox)
    keep (serving, account, handover);
  else
    serve_now_send (find_now (serving, account), hand_in, handover);
}

static void
on_ended (HandIn *hand_in, gpointer data)
{
  g_main_loop_quit (((Serving *)data)->loop);
}

/* --- the whole ---------------------------------------------------------------------------- */

static void
now_free (gpointer data)
{
  serve_now_free (data);
}

int
serve_stdio (const SendmailServeOptions *options)
{
  static const HandInEvents events
      = { .account = choose_account, .admit = admit, .take = take, .ended = on_ended };
  g_auto (GStrv) local_names = local_names_of_host ();
  HandInRules rules = { .local_names = (const char *const *)local_names, .aliases_file = ALIASES_FILE };
  Serving serving = { .options = options };

  serving.loop = g_main_loop_new (NULL, FALSE);
  serving.accounts = accounts_new ();
  serving.overrides = accounts_keepable (options->overrides);
  serving.places = g_ptr_array_new_with_free_func (place_free);
  serving.now = g_ptr_array_new_with_free_func (now_free);
  serving.timer = timer_new (send_what_is_due, &serving);
  serving.hand_in = hand_in_new (dup (STDIN_FILENO), dup (STDOUT_FILENO), &rules, &events, &serving);
  g_main_loop_run (serving.loop);
  hand_in_free (serving.hand_in);
  send_what_is_due (&serving);
  timer_free (serving.timer);
  g_ptr_array_unref (serving.now);
  g_ptr_array_unref (serving.places);
  accounts_free (serving.accounts);
  g_strfreev (serving.overrides);
  g_main_loop_unref (serving.loop);
  secret_forget_all ();
  return EX_OK;
}
