/* The envelope of a message: a value that is made once and copied, never derived
 * a second time from the message's headers. */
#include "core/envelope.h"

#include <string.h>

static void
envelope_recipient_free (gpointer data)
{
  EnvelopeRecipient *recipient = data;
  g_free (recipient->address);
  g_free (recipient->orcpt);
  g_free (recipient);
}

/* What two spellings of one recipient have in common: the domain knows no case
 * (RFC 5321, section 2.4), the local part belongs to its host alone. */
static char *
recipient_key (const char *address)
{
  const char *at = strrchr (address, '@');
  if (at == NULL)
    return g_strdup (address);
  g_autofree char *domain
      = g_utf8_validate (at, -1, NULL) ? g_utf8_casefold (at, -1) : g_ascii_strdown (at, -1);
  g_autofree char *local = g_strndup (address, (gsize)(at - address));
  return g_strconcat (local, domain, NULL);
}

static const struct {
  const char *name;
  DsnNotify flag;
} notify_names[] = { { "NEVER", DSN_NOTIFY_NEVER },
                     { "SUCCESS", DSN_NOTIFY_SUCCESS },
                     { "FAILURE", DSN_NOTIFY_FAILURE },
                     { "DELAY", DSN_NOTIFY_DELAY } };

static guint
notify_flag (const char *word)
{
  for (gsize i = 0; i < G_N_ELEMENTS (notify_names); i++)
    if (g_ascii_strcasecmp (word, notify_names[i].name) == 0)
      return notify_names[i].flag;
  return 0;
}

gboolean
dsn_notify_parse (const char *words, guint *ret_notify)
{
  g_auto (GStrv) list = g_strsplit (words, ",", -1);
  guint notify = 0;
  for (gsize i = 0; list[i] != NULL; i++) {
    guint flag = notify_flag (list[i]);
    if (flag == 0)
      return FALSE;
    notify |= flag;
  }
  *ret_notify = notify;
  return notify != 0 && (!(notify & DSN_NOTIFY_NEVER) || notify == DSN_NOTIFY_NEVER);
}

const char *
dsn_notify_name (DsnNotify flag)
{
  for (gsize i = 0; i < G_N_ELEMENTS (notify_names); i++)
    if (notify_names[i].flag == flag)
      return notify_names[i].name;
  g_assert_not_reached ();
}

gboolean
dsn_return_parse (const char *word, DsnReturn *ret_return)
{
  if (g_ascii_strcasecmp (word, "FULL") == 0)
    *ret_return = DSN_RETURN_FULL;
  else if (g_ascii_strcasecmp (word, "HDRS") == 0)
    *ret_return = DSN_RETURN_HEADERS;
  else
    return FALSE;
  return TRUE;
}

Envelope *
envelope_new (const char *sender)
{
  Envelope *envelope = g_new0 (Envelope, 1);
  envelope->sender = g_strdup (sender);
  envelope->recipients = g_ptr_array_new_with_free_func (envelope_recipient_free);
  envelope->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return envelope;
}

Envelope *
envelope_copy (const Envelope *envelope)
{
  Envelope *copy = envelope_new (envelope->sender);
  copy->ret = envelope->ret;
  copy->envid = g_strdup (envelope->envid);
  copy->require_tls = envelope->require_tls;
  copy->hold_until = envelope->hold_until;
  copy->hold_for = envelope->hold_for;
  for (guint i = 0; i < envelope->recipients->len; i++) {
    const EnvelopeRecipient *from = envelope_recipient (envelope, i);
    EnvelopeRecipient *to = g_new0 (EnvelopeRecipient, 1);
    to->address = g_strdup (from->address);
    to->notify = from->notify;
    to->orcpt = g_strdup (from->orcpt);
    g_hash_table_insert (copy->known, recipient_key (to->address), GUINT_TO_POINTER (i));
    g_ptr_array_add (copy->recipients, to);
  }
  return copy;
}

void
envelope_free (Envelope *envelope)
{
  if (envelope == NULL)
    return;
  g_free (envelope->sender);
  g_free (envelope->envid);
  g_ptr_array_unref (envelope->recipients);
  g_hash_table_unref (envelope->known);
  g_free (envelope);
}

guint
envelope_add (Envelope *envelope, const char *address)
{
  g_autofree char *key = recipient_key (address);
  gpointer index = NULL;
  if (g_hash_table_lookup_extended (envelope->known, key, NULL, &index))
    return GPOINTER_TO_UINT (index);

  EnvelopeRecipient *recipient = g_new0 (EnvelopeRecipient, 1);
  recipient->address = g_strdup (address);
  guint added = envelope->recipients->len;
  g_ptr_array_add (envelope->recipients, recipient);
  g_hash_table_insert (envelope->known, g_steal_pointer (&key), GUINT_TO_POINTER (added));
  return added;
}

void
envelope_remove_last (Envelope *envelope)
{
  guint last = envelope->recipients->len - 1;
  g_autofree char *key = recipient_key (envelope_recipient (envelope, last)->address);
  g_hash_table_remove (envelope->known, key);
  g_ptr_array_remove_index (envelope->recipients, last);
}

const EnvelopeRecipient *
envelope_recipient (const Envelope *envelope, guint index)
{
  g_assert (index < envelope->recipients->len);
  return g_ptr_array_index (envelope->recipients, index);
}
