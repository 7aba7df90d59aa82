/* What is due is leased ahead by the writer thread, a few at a time, so that the engine never
 * waits for it and other processes still get their share. */
#include "engine/outbox-source-private.h"

#include "net/clock.h"

#define AHEAD_MOST 8 /* leased and not begun */
#define AHEAD_FEW 4  /* with fewer than that, more are asked for */

/* Deliveries of one account that begin sessions of their own; the others follow over those. */
#define SESSIONS_LIMIT 4

/* The file couldn't be asked, or nothing is known of the future. */
#define ASK_AGAIN (10 * TICKS_PER_SECOND)
#define ASK_AT_LEAST TICKS_PER_HOUR

/* --- the question, on the thread ------------------------------------------------------ */

typedef struct {
  gint64 id;
  char *account;
  GStrv overrides;
} Doubt;

typedef struct {
  OutboxSource *source;
  GArray *adopted; /* of gint64 */
  gboolean any;    /* besides */
  guint most;
  gint64 new_network;
  GPtrArray *items; /* of OutboxItem, leased */
  GPtrArray *holds;
  GPtrArray *doubts; /* of Doubt: left by processes that are gone */
  gint64 next;
  gboolean dry;
  char *complaint;
} Question;

static void
doubt_free (gpointer data)
{
  Doubt *doubt = data;

  g_free (doubt->account);
  g_strfreev (doubt->overrides);
  g_free (doubt);
}

static void
note_doubt (const OutboxItem *item, gpointer data)
{
  Question *question = data;

  if (item->holder)
    return;
  Doubt *doubt = g_new (Doubt, 1);
  *doubt = (Doubt){ item->id, g_strdup (item->account), g_strdupv (item->overrides) };
  g_ptr_array_add (question->doubts, doubt);
}

static void
complain (Question *question, GError *error)
{
  if (!question->complaint)
    question->complaint = g_strdup (error->message);
  g_error_free (error);
}

/* TRUE: there was one. */
static gboolean
claim_one (Question *question, Outbox *outbox, OutboxClaim *claim)
{
  GError *error = NULL;
  OutboxItem *item = NULL;

  claim->now = clock_instant ().wall;
  if (!outbox_claim (outbox, claim, &item, &question->next, &error))
    complain (question, error);
  if (item)
    g_ptr_array_add (question->items, item);
  return item != NULL;
}

static GStrv
names_of (const GPtrArray *holds)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; holds && i < holds->len; i++)
    g_strv_builder_add (builder, ((OutboxHold *)g_ptr_array_index (holds, i))->account);
  return g_strv_builder_end (builder);
}

static void
claim_what_is_due (Question *question, Outbox *outbox)
{
  g_auto (GStrv) held = names_of (question->holds);
  OutboxFilter in_doubt = { .states = 1u << OUTBOX_IN_DOUBT, .owner = OUTBOX_ANYBODY };
  OutboxClaim claim = { .not_accounts = (const char *const *)held, .new_network = question->new_network };
  GError *error = NULL;

  while (question->items->len < question->most && claim_one (question, outbox, &claim))
    ;
  question->dry = question->items->len < question->most;
  if (question->dry && !outbox_list (outbox, &in_doubt, note_doubt, question, &error))
    complain (question, error);
}

static void
answer_question (Outbox *outbox, gpointer data)
{
  Question *question = data;
  GError *error = NULL;

  for (guint i = 0; i < question->adopted->len; i++) {
    OutboxClaim claim = { .only = g_array_index (question->adopted, gint64, i) };
    claim_one (question, outbox, &claim);
  }
  question->holds = outbox_holds (outbox, &error);
  if (!question->holds)
    complain (question, error);
  if (question->any)
    claim_what_is_due (question, outbox);
}

/* --- the answer, on the main context ----------------------------------------------------- */

static void
question_free (Question *question)
{
  g_array_unref (question->adopted);
  g_ptr_array_unref (question->items);
  if (question->holds)
    g_ptr_array_unref (question->holds);
  g_ptr_array_unref (question->doubts);
  g_free (question->complaint);
  g_free (question);
}

typedef struct {
  gint64 id;
  OutboxSource *source;
  gboolean done;
} Resend;

static void
resend (Outbox *outbox, gpointer data)
{
  Resend *again = data;
  OutboxResult result;
  OutboxState state;

  again->done = outbox_act (outbox, again->id, OUTBOX_RESOLVE_RESEND, OUTBOX_ANYBODY, clock_instant ().wall,
                            &result, &state, NULL)
                && result == OUTBOX_DONE;
}

static void
after_resend (Outbox *outbox, gpointer data)
{
  Resend *again = data;

  again->source->under_way--;
  again->source->dry = again->source->dry && !again->done;
  outbox_source_wake (again->source);
  g_free (again);
}

/* What another process left in doubt when it died, of accounts that want it sent again. */
static void
resend_doubts (OutboxSource *source, const GPtrArray *doubts)
{
  for (guint i = 0; i < doubts->len; i++) {
    const Doubt *doubt = g_ptr_array_index (doubts, i);
    const Account *account
        = source->find_account (doubt->account, (const char *const *)doubt->overrides, source->find_data);
    if (!account || account->in_doubt != IN_DOUBT_RESEND)
      continue;
    Resend *again = g_new (Resend, 1);
    *again = (Resend){ doubt->id, source, FALSE };
    source->under_way++;
    outbox_writer_run (source->writer, resend, after_resend, again);
  }
}

static void
note_future (OutboxSource *source, const Question *question)
{
  Instant now = clock_instant ();

  source->dry = question->dry;
  if (question->complaint) {
    outbox_source_warn (source, question->complaint);
    source->ask_at = ticks_after (now.ticks, ASK_AGAIN);
  } else if (question->next == G_MAXINT64) {
    source->ask_at = TICKS_NEVER;
  } else {
    /* Clocks are set: no trust in a long wait. */
    source->ask_at = ticks_after (now.ticks, CLAMP (question->next - now.wall, TICKS_PER_MS, ASK_AT_LEAST));
  }
  if (question->dry && source->new_network <= question->new_network)
    source->new_network = 0;
}

static void
admit_item (OutboxSource *source, OutboxItem *item)
{
  const Account *account
      = source->find_account (item->account, (const char *const *)item->overrides, source->find_data);

  outbox_source_admit (outbox_entry_new (source, item, account));
}

static void
take_answer (Outbox *outbox, gpointer data)
{
  Question *question = data;
  OutboxSource *source = question->source;

  source->claiming = FALSE;
  source->under_way--;
  if (!source->closing) {
    if (question->holds)
      outbox_source_take_holds (source, g_steal_pointer (&question->holds));
    for (guint i = 0; i < question->items->len; i++)
      admit_item (source, g_ptr_array_index (question->items, i));
    g_ptr_array_set_free_func (question->items, NULL);
    if (question->any) {
      note_future (source, question);
      resend_doubts (source, question->doubts);
    }
    outbox_source_wake (source);
  }
  question_free (question);
}

void
outbox_source_ask (OutboxSource *source)
{
  gboolean any = !source->only_own && !source->dry && source->ahead.length < AHEAD_FEW;

  if (source->claiming || source->closing || source->resting || (!any && source->adopted->len == 0))
    return;
  Question *question = g_new0 (Question, 1);
  question->source = source;
  question->adopted = source->adopted;
  question->any = any;
  question->most = AHEAD_MOST;
  question->new_network = source->new_network;
  question->items = g_ptr_array_new_with_free_func ((GDestroyNotify)outbox_item_free);
  question->doubts = g_ptr_array_new_with_free_func (doubt_free);
  question->next = G_MAXINT64;
  source->adopted = g_array_new (FALSE, FALSE, sizeof (gint64));
  source->claiming = TRUE;
  source->under_way++;
  outbox_writer_run (source->writer, answer_question, take_answer, question);
}

/* --- handing out ------------------------------------------------------------------------ */

static void
settle_without_account (Entry *entry)
{
  g_autofree char *detail = g_strdup_printf ("no account %s is configured",
                                             entry->item->account ? entry->item->account : "default");
  Verdict verdict
      = { .kind = OUTCOME_SECURITY, .stage = STAGE_AUTH, .cause = CAUSE_AUTH_NO_SECRET, .detail = detail };

  outbox_entry_settle (entry, &verdict);
}

static void
settle_as_held (Entry *entry)
{
  const OutboxHold *hold = outbox_source_hold (entry->source, entry->item->account);

  outbox_entry_settle (entry, &hold->verdict);
}

static void
put_back (Entry *entry)
{
  static const Verdict verdict
      = { .kind = OUTCOME_TEMPORARY, .stage = STAGE_MESSAGE, .cause = CAUSE_CANCELLED };

  outbox_entry_settle (entry, &verdict);
}

void
outbox_source_admit (Entry *entry)
{
  OutboxSource *source = entry->source;

  if (source->resting)
    put_back (entry);
  else if (!entry->account)
    settle_without_account (entry);
  else if (outbox_source_account_standing (source, entry->account) == ACCOUNT_HELD)
    settle_as_held (entry);
  else
    g_queue_push_tail (&source->ahead, entry);
}

static guint
count_sessions (OutboxSource *source, const char *name)
{
  GHashTableIter iter;
  gpointer value;
  guint n = 0;

  g_hash_table_iter_init (&iter, source->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const Entry *entry = value;
    n += entry->out && g_str_equal (entry->account->name, name) ? 1 : 0;
  }
  return n;
}

/* A wrong password is tried once, not by all sessions at the same time. */
static guint
sessions_limit (OutboxSource *source, const char *name)
{
  return g_hash_table_contains (source->proven, name) ? SESSIONS_LIMIT : 1;
}

/* Accounts whose secret is being compared wait; those that turn out to be held are settled
 * by outbox-source-hold.c. */
static gboolean
may_go (Entry *entry, const SessionKey *reuse)
{
  OutboxSource *source = entry->source;

  if (reuse && reuse->account != entry->account)
    return FALSE;
  if (!reuse
      && count_sessions (source, entry->account->name) >= sessions_limit (source, entry->account->name))
    return FALSE;
  return outbox_source_account_standing (source, entry->account) == ACCOUNT_FREE;
}

Delivery *
outbox_source_claim (WorkSource *work, const SessionKey *reuse, Ticks now, Ticks *ret_ask_again)
{
  OutboxSource *source = (OutboxSource *)work;
  Delivery *delivery = NULL;

  if (now >= source->ask_at) {
    source->dry = FALSE;
    source->ask_at = TICKS_NEVER;
  }
  for (GList *link = source->ahead.head; link && !delivery && !source->resting; link = link->next) {
    Entry *entry = link->data;
    if (!may_go (entry, reuse))
      continue;
    g_queue_delete_link (&source->ahead, link);
    entry->out = TRUE;
    source->out++;
    delivery = &entry->delivery;
    outbox_source_watch_wishes (source);
    break;
  }
  outbox_source_ask (source);
  *ret_ask_again = source->ask_at;
  return delivery;
}

void
outbox_source_adopt (OutboxSource *source, gint64 id)
{
  g_array_append_val (source->adopted, id);
  outbox_source_wake (source);
}

void
outbox_source_rest (OutboxSource *source)
{
  source->resting = TRUE;
  for (Entry *entry; (entry = g_queue_pop_head (&source->ahead));)
    put_back (entry);
}

void
outbox_source_look_again (OutboxSource *source)
{
  source->dry = FALSE;
  outbox_source_wake (source);
}

void
outbox_source_network_changed (OutboxSource *source)
{
  source->new_network = clock_instant ().wall;
  outbox_source_look_again (source);
}
