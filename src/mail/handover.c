/* The one place where a program's wishes and an account's rules meet, so that a message
 * handed over by -bs goes out just as one handed over by -t. */
#include "mail/handover.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "mail/aliases.h"
#include "mail/intake.h"
#include "mail/local-names.h"

#include <string.h>

typedef struct {
  const HandoverRequest *request;
  Handover *handover;
  Mailbox *own;       /* the account's `from`; NULL: it has none */
  const char *domain; /* for addresses without one; NULL: none is known */
  Aliases *aliases;   /* read when the first local recipient comes */
} Desk;

/* ---- who sends ------------------------------------------------------------ */

static gboolean
read_account (Desk *desk, GError **error)
{
  const Account *account = desk->request->account;
  if (account->from != NULL) {
    g_autoptr (GPtrArray) mailboxes = address_parse_list (account->from, NULL, error);
    if (mailboxes == NULL)
      return FALSE;
    if (mailboxes->len > 0)
      desk->own = g_ptr_array_steal_index (mailboxes, 0);
  }
  desk->domain = account->domain != NULL ? account->domain
                 : desk->own != NULL     ? address_domain (desk->own->address)
                                         : NULL;
  return TRUE;
}

/* ADDRESS, or NAME@domain for one that means nothing elsewhere. NULL with ERROR. */
static char *
qualified (const Desk *desk, const char *address, GError **error)
{
  if (!local_names_bare (desk->request->local_names, address_domain (address)))
    return g_strdup (address);
  g_autofree char *local = g_strndup (address, (gsize)(address_domain (address) - address));
  if (desk->domain != NULL)
    return g_strconcat (local, desk->domain, NULL);
  g_autofree char *shown = visible_text (local, (gssize)strlen (local) - 1);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA,
               _ ("%s has no domain: set `domain` for account %s, or write an address like name@example.org"),
               shown, desk->request->account->name);
  return NULL;
}

/* What an SMTP client names may have no domain at all. Free with g_free(). */
static char *
with_domain (const char *address)
{
  return strchr (address, '@') != NULL ? g_strdup (address) : g_strconcat (address, "@" LOCAL_DOMAIN, NULL);
}

/* What the account may send as, for the sender that was named. */
static char *
choose_sender (const Desk *desk, GError **error)
{
  const HandoverRequest *request = desk->request;
  const char *named = request->wanted->sender;
  RewriteRule rewrite = request->account->rewrite_from;
  /* The null reverse-path of a bounce is nobody's. But it can't stand in a From that is missing. */
  gboolean null = named != NULL && named[0] == '\0';
  if (desk->own == NULL && (named == NULL || null || rewrite != REWRITE_NO)) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION,
                 _ ("no sender is known: set `from` for account %s, or use -f ADDRESS"),
                 request->account->name);
    return NULL;
  }
  if (null)
    return g_strdup ("");
  if (named == NULL)
    return g_strdup (desk->own->address);
  g_autofree char *address = with_domain (named);
  gboolean local = local_names_hold (request->local_names, address_domain (address));
  if (rewrite == REWRITE_ALWAYS || (rewrite == REWRITE_IF_LOCAL && local))
    return g_strdup (desk->own->address);
  return qualified (desk, address, error);
}

/* ---- who receives --------------------------------------------------------- */

static gboolean
read_aliases (Desk *desk, GError **error)
{
  const HandoverRequest *request = desk->request;
  if (desk->aliases != NULL)
    return TRUE;
  desk->aliases = aliases_new (request->local_names);
  return (request->account->aliases == NULL
          || aliases_add_file (desk->aliases, request->account->aliases, TRUE, error))
         && (request->aliases_file == NULL
             || aliases_add_file (desk->aliases, request->aliases_file, FALSE, error));
}

static void
add_recipient (Desk *desk, const char *address, guint notify, const char *orcpt)
{
  Envelope *envelope = desk->handover->envelope;
  guint before = envelope->recipients->len;
  guint index = envelope_add (envelope, address);
  EnvelopeRecipient *recipient = g_ptr_array_index (envelope->recipients, index);
  if (index < before)
    return;
  recipient->notify = notify;
  recipient->orcpt = g_strdup (orcpt);
}

static gboolean
add_local (Desk *desk, const char *address, guint notify, const char *orcpt, GError **error)
{
  if (!read_aliases (desk, error))
    return FALSE;
  g_autoptr (GPtrArray) addresses = aliases_expand (desk->aliases, address, desk->handover->notes, error);
  for (guint i = 0; addresses != NULL && i < addresses->len; i++) {
    const char *target = g_ptr_array_index (addresses, i);
    gboolean local = local_names_hold (desk->request->local_names, address_domain (target));
    g_autofree char *complete = local ? qualified (desk, target, error) : g_strdup (target);
    if (complete == NULL)
      return FALSE;
    add_recipient (desk, complete, notify, orcpt);
  }
  return addresses != NULL;
}

static gboolean
resolve_recipient (Desk *desk, const char *named, guint notify, const char *orcpt, GError **error)
{
  g_autofree char *address = with_domain (named);
  if (local_names_hold (desk->request->local_names, address_domain (address)))
    return add_local (desk, address, notify, orcpt, error);
  add_recipient (desk, address, notify, orcpt);
  return TRUE;
}

/* The wanted ones, then those of the header (NULL: there is none). */
static gboolean
resolve_recipients (Desk *desk, const GPtrArray *of_header, GError **error)
{
  const HandoverRequest *request = desk->request;
  const Envelope *wanted = request->wanted;
  for (guint i = 0; i < wanted->recipients->len; i++) {
    const EnvelopeRecipient *recipient = envelope_recipient (wanted, i);
    if (!resolve_recipient (desk, recipient->address, recipient->notify, recipient->orcpt, error))
      return FALSE;
  }
  for (guint i = 0; of_header != NULL && i < of_header->len; i++)
    if (!resolve_recipient (desk, g_ptr_array_index (of_header, i), request->notify, NULL, error))
      return FALSE;
  if (desk->handover->envelope->recipients->len > 0)
    return TRUE;
  g_set_error_literal (
      error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE,
      request->read_recipients
          ? _ ("nobody to send to: the message has no To, Cc or Bcc, and no recipient was named")
          : _ ("nobody to send to: name a recipient, or use -t to take them from the message"));
  return FALSE;
}

/* ---- both ----------------------------------------------------------------- */

static gboolean
begin (Desk *desk, GError **error)
{
  const Envelope *wanted = desk->request->wanted;
  g_autofree char *sender = NULL;
  if (!read_account (desk, error) || (sender = choose_sender (desk, error)) == NULL)
    return FALSE;
  desk->handover->envelope = envelope_new (sender);
  desk->handover->envelope->ret = wanted->ret;
  desk->handover->envelope->envid = g_strdup (wanted->envid);
  desk->handover->envelope->require_tls = wanted->require_tls;
  return TRUE;
}

static Intake *
take_in (const Desk *desk, BodySource *raw, GError **error)
{
  const HandoverRequest *request = desk->request;
  const char *sender = desk->handover->envelope->sender;
  const Mailbox *own = desk->own;
  IntakeRules rules = {
    .qualify_with = desk->domain,
    .read_recipients = request->read_recipients,
    .from_address = *sender != '\0' || own == NULL ? sender : own->address,
    .from_name = request->from_name != NULL ? request->from_name
                 : own != NULL              ? own->name
                                            : NULL,
    .date = request->date,
    .rewrite = request->account->rewrite_from,
    .own = own,
    .local_names = request->local_names,
  };
  return intake_message (raw, &rules, error);
}

static gboolean
prepare (Desk *desk, BodySource *raw, GError **error)
{
  g_autoptr (Intake) intake = NULL;
  if (!begin (desk, error) || (raw != NULL && (intake = take_in (desk, raw, error)) == NULL)
      || !resolve_recipients (desk, intake != NULL ? intake->recipients : NULL, error))
    return FALSE;
  if (intake != NULL)
    desk->handover->message = g_steal_pointer (&intake->message);
  return TRUE;
}

Handover *
handover_prepare (const HandoverRequest *request, BodySource *raw, GError **error)
{
  Handover *handover = g_new0 (Handover, 1);
  Desk desk = { .request = request, .handover = handover };
  handover->notes = g_ptr_array_new_with_free_func (g_free);
  if (!prepare (&desk, raw, error))
    g_clear_pointer (&handover, handover_free);
  g_clear_pointer (&desk.own, mailbox_free);
  aliases_free (desk.aliases);
  return handover;
}

Handover *
handover_resolve (const HandoverRequest *request, GError **error)
{
  return handover_prepare (request, NULL, error);
}

void
handover_free (Handover *handover)
{
  if (handover == NULL)
    return;
  envelope_free (handover->envelope);
  g_clear_pointer (&handover->message, body_source_unref);
  g_ptr_array_unref (handover->notes);
  g_free (handover);
}
