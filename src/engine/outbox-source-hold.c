/* A refused login is not repeated: too many of them lock an account at its server. It stays
 * held, for every process, until its settings or its secret are others than those that were
 * refused. To compare a secret that a command gives, the command is run; since it may ask a
 * person, that is done once at most, and in a process that stays once an hour. */
#include "engine/account-hold.h"
#include "engine/outbox-source-private.h"

#include "config/secret-command.h"
#include "net/clock.h"

#define SECRET_PATIENCE TICKS_PER_HOUR

/* --- what is held ------------------------------------------------------------------------- */

void
outbox_held_account_free (gpointer data)
{
  HeldAccount *held = data;

  if (held->fetching) {
    g_cancellable_cancel (held->fetching);
    held->source->under_way--;
  }
  g_clear_object (&held->fetching);
  outbox_hold_free (held->hold);
  g_free (held);
}

static gboolean
is_listed (const GPtrArray *holds, const char *name)
{
  for (guint i = 0; i < holds->len; i++)
    if (g_str_equal (((OutboxHold *)g_ptr_array_index (holds, i))->account, name))
      return TRUE;
  return FALSE;
}

static gboolean
is_freed (gpointer name, gpointer value, gpointer holds)
{
  return !is_listed (holds, name) && !((HeldAccount *)value)->writing;
}

static void
take_hold (OutboxSource *source, OutboxHold *hold)
{
  HeldAccount *held = g_hash_table_lookup (source->holds, hold->account);

  if (!held) {
    held = g_new0 (HeldAccount, 1);
    held->source = source;
    held->standing = ACCOUNT_HELD;
    g_hash_table_insert (source->holds, g_strdup (hold->account), held);
  }
  outbox_hold_free (held->hold);
  held->hold = hold;
}

void
outbox_source_take_holds (OutboxSource *source, GPtrArray *holds)
{
  g_hash_table_foreach_remove (source->holds, is_freed, holds);
  for (guint i = 0; i < holds->len; i++)
    take_hold (source, g_ptr_array_index (holds, i));
  g_ptr_array_set_free_func (holds, NULL);
  g_ptr_array_unref (holds);
}

const OutboxHold *
outbox_source_hold (OutboxSource *source, const char *name)
{
  const HeldAccount *held = g_hash_table_lookup (source->holds, name);

  return held ? held->hold : NULL;
}

/* --- comparing ------------------------------------------------------------------------------ */

static SecretKind
secret_kind (const Account *account)
{
  return account->password || account->password_command ? SECRET_PASSWORD : SECRET_TOKEN;
}

static gboolean
has_secret (const Account *account)
{
  return account->password || account->password_command || account->token_command;
}

static void
free_on_disk (Outbox *outbox, gpointer name)
{
  outbox_free_account (outbox, name, NULL);
}

static void
after_freeing (Outbox *outbox, gpointer name)
{
  g_free (name);
}

static void
free_account (HeldAccount *held)
{
  OutboxSource *source = held->source;
  char *name = g_strdup (held->hold->account);

  g_hash_table_remove (source->holds, name);
  outbox_writer_run (source->writer, free_on_disk, after_freeing, name);
  source->dry = FALSE;
  outbox_source_wake (source);
}

/* Those that waited for the answer. */
static void
settle_waiting (HeldAccount *held)
{
  OutboxSource *source = held->source;
  GList *link = source->ahead.head;

  while (link) {
    Entry *entry = link->data;
    GList *next = link->next;
    if (g_strcmp0 (entry->item->account, held->hold->account) == 0
        && outbox_source_account_standing (source, entry->account) == ACCOUNT_HELD) {
      g_queue_delete_link (&source->ahead, link);
      outbox_entry_settle (entry, &held->hold->verdict);
    }
    link = next;
  }
}

static void
on_secret (Secret *secret, const GError *error, gpointer data)
{
  HeldAccount *held = data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* it is gone */
  g_clear_object (&held->fetching);
  held->source->under_way--;
  held->standing = ACCOUNT_HELD;
  outbox_source_wake (held->source);
  if (secret && !account_fingerprint_has_secret (held->hold->fingerprint, secret))
    free_account (held);
  else
    settle_waiting (held);
}

/* May free HELD. */
static void
compare (HeldAccount *held)
{
  OutboxSource *source = held->source;
  const Account *account = source->find_account (held->hold->account, NULL, source->find_data);
  Ticks now = clock_now ();

  if (!account || held->standing == ACCOUNT_ASKED)
    return;
  if (!account_fingerprint_has_settings (held->hold->fingerprint, account)) {
    free_account (held);
    return;
  }
  if (!has_secret (account) || (held->asked != 0 && now - held->asked < SECRET_PATIENCE))
    return;
  held->asked = now;
  held->standing = ACCOUNT_ASKED;
  held->fetching = g_cancellable_new ();
  source->under_way++;
  secret_fetch (account, secret_kind (account), TRUE, held->fetching, on_secret, held);
}

void
outbox_source_check_holds (OutboxSource *source)
{
  g_autoptr (GList) all = g_hash_table_get_values (source->holds);

  for (GList *link = all; link; link = link->next)
    compare (link->data);
  timer_set (source->hold_timer, ticks_after (clock_now (), SECRET_PATIENCE));
}

/* A message may have a login of its own (--set), which is none of those refused. */
static gboolean
has_other_login (HeldAccount *held, const Account *account)
{
  OutboxSource *source = held->source;
  const Account *usual = source->find_account (held->hold->account, NULL, source->find_data);

  return !account_fingerprint_has_settings (held->hold->fingerprint, account)
         || (usual && g_strcmp0 (usual->password, account->password) != 0);
}

AccountStanding
outbox_source_account_standing (OutboxSource *source, const Account *account)
{
  HeldAccount *held = g_hash_table_lookup (source->holds, account->name);

  if (!held || has_other_login (held, account))
    return ACCOUNT_FREE;
  if (held->asked == 0) {
    compare (held);
    held = g_hash_table_lookup (source->holds, account->name);
  }
  return held ? held->standing : ACCOUNT_FREE;
}

/* --- holding --------------------------------------------------------------------------------- */

typedef struct {
  Secret *secret;
  gboolean answered;
  gboolean late; /* nobody waits for the answer */
} Known;

static void
on_known (Secret *secret, const GError *error, gpointer data)
{
  Known *known = data;

  if (known->late)
    g_free (known);
  else
    *known = (Known){ .secret = secret ? secret_ref (secret) : NULL, .answered = TRUE };
}

/* The one that was refused was fetched, so it is at hand; NULL: there was none. */
static Secret *
refused_secret (const Account *account, const Verdict *verdict)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Secret *secret;

  if (verdict->cause != CAUSE_AUTH_REFUSED || !has_secret (account))
    return NULL;
  Known *known = g_new0 (Known, 1);
  secret_fetch (account, secret_kind (account), FALSE, cancellable, on_known, known);
  if (!known->answered) {
    known->late = TRUE;
    g_cancellable_cancel (cancellable);
    return NULL;
  }
  secret = known->secret;
  g_free (known);
  return secret;
}

typedef struct {
  OutboxSource *source;
  gint64 id; /* of the item */
  OutboxHold *hold;
  gint64 now;
  gboolean first;
} Holding;

static void
hold_on_disk (Outbox *outbox, gpointer data)
{
  Holding *holding = data;
  const OutboxHold *hold = holding->hold;

  if (outbox_hold_account (outbox, hold->account, hold->fingerprint, &hold->verdict, holding->now, NULL))
    outbox_tell_hold (outbox, hold->account, &holding->first, NULL);
}

static void
after_holding (Outbox *outbox, gpointer data)
{
  Holding *holding = data;
  Entry *entry = outbox_entry_find (holding->source, holding->id);

  HeldAccount *held = g_hash_table_lookup (holding->source->holds, holding->hold->account);

  if (entry)
    entry->first_hold = holding->first;
  if (held)
    held->writing = FALSE;
  outbox_hold_free (holding->hold);
  g_free (holding);
}

static OutboxHold *
make_hold (const Entry *entry, const char *fingerprint, const Verdict *verdict, gint64 now)
{
  OutboxHold *hold = g_new0 (OutboxHold, 1);

  hold->account = g_strdup (entry->item->account);
  hold->fingerprint = g_strdup (fingerprint);
  hold->since = now;
  verdict_copy (&hold->verdict, verdict);
  return hold;
}

void
outbox_source_hold_account (Entry *entry, const Verdict *verdict)
{
  OutboxSource *source = entry->source;
  gint64 now = clock_instant ().wall;
  g_autoptr (Secret) secret = refused_secret (entry->account, verdict);
  g_autofree char *fingerprint = account_fingerprint (entry->account, secret);
  Holding *holding = g_new0 (Holding, 1);
  HeldAccount *held;

  *holding = (Holding){ .source = source, .id = entry->item->id, .now = now };
  holding->hold = make_hold (entry, fingerprint, verdict, now);
  take_hold (source, make_hold (entry, fingerprint, verdict, now));
  held = g_hash_table_lookup (source->holds, entry->item->account);
  held->standing = ACCOUNT_HELD;
  held->asked = clock_now ();
  held->writing = TRUE;
  outbox_writer_run (source->writer, hold_on_disk, after_holding, holding);
  settle_waiting (held);
}
