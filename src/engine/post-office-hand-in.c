/* At the submission socket. */
#include "engine/post-office-private.h"

#include "engine/hand-in.h"
#include "engine/keep.h"
#include "mail/aliases.h"

typedef struct {
  Caller caller;
  HandIn *hand_in;

  /* The message at hand. */
  const Account *account;
  Handover *handover;
  guint64 size;
} Customer;

static const Account *
choose_account (const char *sender, gpointer data, GError **error)
{
  const PostOfficeRules *rules = post_office_rules (((Caller *)data)->office);

  return rules->account (sender, rules->data, error);
}

/* --- may it come in? ------------------------------------------------------------ */

static void
on_admission (const char *refusal, gpointer data)
{
  Customer *customer = data;

  hand_in_answer (customer->hand_in, refusal ? 452 : 0, refusal);
}

static void
admit (HandIn *hand_in, guint64 size, gpointer data)
{
  Customer *customer = data;

  customer->hand_in = hand_in;
  quota_ask (post_office_quota (customer->caller.office), customer->caller.uid, size, on_admission, customer);
}

/* --- the message ------------------------------------------------------------------ */

static void
on_kept (DeliveryId id, const GError *error, gpointer data)
{
  Customer *customer = data;
  PostOffice *office = customer->caller.office;

  if (!error) {
    quota_count (post_office_quota (office), customer->caller.uid, customer->size);
    post_office_changed (office);
  }
  hand_in_answer_kept (customer->hand_in, id, error);
}

/* Now its size is known, whatever MAIL said. */
static void
on_room (const char *refusal, gpointer data)
{
  Customer *customer = data;
  Handover *handover = g_steal_pointer (&customer->handover);

  if (refusal) {
    handover_free (handover);
    hand_in_answer (customer->hand_in, 452, refusal);
    return;
  }
  KeepRules rules = { .account = customer->account, .owner = customer->caller.uid };
  keep_message (post_office_rules (customer->caller.office)->source, &rules, handover, on_kept, customer);
}

static void
take (HandIn *hand_in, const Account *account, Handover *handover, gpointer data)
{
  Customer *customer = data;

  customer->account = account;
  customer->handover = handover;
  customer->size = body_source_size (handover->message);
  quota_ask (post_office_quota (customer->caller.office), customer->caller.uid, customer->size, on_room,
             customer);
}

/* --- life ---------------------------------------------------------------------------- */

static void
on_ended (HandIn *hand_in, gpointer data)
{
  Caller *caller = data;

  post_office_caller_left (caller->office, caller);
}

static void
send_away (Caller *caller)
{
  hand_in_shut_down (((Customer *)caller)->hand_in);
}

static void
free_customer (Caller *caller)
{
  Customer *customer = (Customer *)caller;

  hand_in_free (customer->hand_in);
  handover_free (customer->handover);
  g_free (customer);
}

Caller *
caller_new_hand_in (PostOffice *office, int fd, uid_t uid)
{
  static const HandInEvents events
      = { .account = choose_account, .admit = admit, .take = take, .ended = on_ended };
  HandInRules rules = { .local_names = post_office_local_names (office), .aliases_file = ALIASES_FILE };
  Customer *customer = g_new0 (Customer, 1);

  customer->caller = (Caller){ .office = office, .uid = uid, .send_away = send_away, .free = free_customer };
  customer->hand_in = hand_in_new (fd, fd, &rules, &events, customer);
  return &customer->caller;
}
