/* The header of a message that a letter is made of. Other people's fields are of every quality:
 * what our parser of addresses refuses, GMime's makes some sense of, and the writer sees it. */
#include "mail/letter-source.h"

#include "mail/gmime-start.h"
#include "mail/letter-private.h"

#include <gmime/gmime.h>
#include <string.h>

/* Of one field; more is no letter's. */
#define MAILBOXES_LIMIT 5000

/* Message-ids that References may hold: the first, and as many of the last. */
#define IDS_LIMIT 50
#define ID_LENGTH_LIMIT 250

G_DEFINE_AUTOPTR_CLEANUP_FUNC (InternetAddressList, g_object_unref)

char *
letter_header_raw (const LetterHeader *header, const char *name)
{
  for (guint i = 0; i < header->fields->len; i++) {
    const HeaderField *field = &g_array_index (header->fields, HeaderField, i);
    if (header_field_is (header->octets, field, name)) {
      char *value = header_field_value (header->octets, field);
      header_value_put_spaces (value);
      return value;
    }
  }
  return NULL;
}

char *
letter_header_decode (const char *raw)
{
  gmime_start ();
  g_autofree char *decoded = g_mime_utils_header_decode_text (NULL, raw);

  return letter_field_text (decoded);
}

char *
letter_header_text (const LetterHeader *header, const char *name)
{
  g_autofree char *raw = letter_header_raw (header, name);

  return raw != NULL ? letter_header_decode (raw) : NULL;
}

/* --- addresses ------------------------------------------------------------------------------ */

static void
destroy_mailbox (gpointer mailbox)
{
  mailbox_free (mailbox);
}

GPtrArray *
letter_mailboxes_new (void)
{
  return g_ptr_array_new_with_free_func (destroy_mailbox);
}

/* Whatever stands for an address here must stay one piece, so that it is seen to be wrong. */
static char *
harmless_address (const char *address)
{
  g_autofree char *text = letter_field_text (address);
  g_autofree char *good = address_parse_one (text, NULL, NULL);

  return good != NULL ? g_steal_pointer (&good)
                      : g_strdelimit (g_steal_pointer (&text), " <>()[]\"\\,;:", '_');
}

void
letter_mailboxes_add (GPtrArray *mailboxes, const char *name, const char *address)
{
  g_autofree char *words = letter_field_text (name);
  g_autofree char *harmless = harmless_address (address);

  if (mailboxes->len >= MAILBOXES_LIMIT || *harmless == '\0')
    return;
  Mailbox *mailbox = g_new0 (Mailbox, 1);
  mailbox->name = *words != '\0' ? g_steal_pointer (&words) : NULL;
  mailbox->address = g_steal_pointer (&harmless);
  g_ptr_array_add (mailboxes, mailbox);
}

static void
add_list (GPtrArray *mailboxes, InternetAddressList *list, guint depth)
{
  for (int i = 0; list != NULL && i < internet_address_list_length (list); i++) {
    InternetAddress *address = internet_address_list_get_address (list, i);
    if (INTERNET_ADDRESS_IS_MAILBOX (address))
      letter_mailboxes_add (mailboxes, internet_address_get_name (address),
                            internet_address_mailbox_get_addr (INTERNET_ADDRESS_MAILBOX (address)));
    else if (INTERNET_ADDRESS_IS_GROUP (address) && depth < ADDRESS_GROUP_DEPTH_LIMIT)
      add_list (mailboxes, internet_address_group_get_members (INTERNET_ADDRESS_GROUP (address)), depth + 1);
  }
}

static void
add_field (GPtrArray *mailboxes, const char *value)
{
  g_autoptr (GPtrArray) strict = address_parse_list (value, NULL, NULL);

  for (guint i = 0; strict != NULL && i < strict->len; i++) {
    const Mailbox *mailbox = strict->pdata[i];
    letter_mailboxes_add (mailboxes, mailbox->name, mailbox->address);
  }
  if (strict != NULL)
    return;
  gmime_start ();
  g_autoptr (InternetAddressList) list = internet_address_list_parse (NULL, value);
  add_list (mailboxes, list, 0);
}

GPtrArray *
letter_header_mailboxes (const LetterHeader *header, const char *name)
{
  GPtrArray *mailboxes = letter_mailboxes_new ();

  for (guint i = 0; i < header->fields->len; i++) {
    const HeaderField *field = &g_array_index (header->fields, HeaderField, i);
    if (!header_field_is (header->octets, field, name))
      continue;
    g_autofree char *value = header_field_value (header->octets, field);
    header_value_put_spaces (value);
    add_field (mailboxes, value);
  }
  return mailboxes;
}

/* --- threads ---------------------------------------------------------------------------------- */

/* Everything in angle brackets that can be a message-id; the same one once. */
static GPtrArray *
find_ids (const LetterHeader *header, const char *name)
{
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *text = letter_header_raw (header, name);

  for (const char *at = text != NULL ? strchr (text, '<') : NULL; at != NULL; at = strchr (at + 1, '<')) {
    const gsize length = strcspn (at + 1, "<> \t") + 2;
    g_autofree char *id = at[length - 1] == '>' ? g_strndup (at, length) : NULL;
    gboolean good = id != NULL && length <= ID_LENGTH_LIMIT && length > 2;
    for (gsize i = 0; good && i < length; i++)
      good = id[i] > ' ' && id[i] <= '~';
    if (good && !g_ptr_array_find_with_equal_func (ids, id, g_str_equal, NULL))
      g_ptr_array_add (ids, g_steal_pointer (&id));
    if (ids->len > 2 * IDS_LIMIT) /* nobody has read the middle for a long time */
      g_ptr_array_remove_index (ids, 1);
  }
  return ids;
}

void
letter_header_thread (const LetterHeader *header, char **ret_in_reply_to, char **ret_references)
{
  g_autoptr (GPtrArray) own = find_ids (header, "Message-ID");
  g_autoptr (GPtrArray) references = find_ids (header, "References");
  g_autoptr (GPtrArray) parents = find_ids (header, "In-Reply-To");
  g_autoptr (GString) all = g_string_new (NULL);

  *ret_in_reply_to = *ret_references = NULL;
  if (own->len == 0)
    return;
  const char *id = own->pdata[0];
  /* RFC 5322, 3.6.4: In-Reply-To stands in for References where it names one message. */
  const GPtrArray *before = references->len > 0 || parents->len != 1 ? references : parents;
  const guint skipped = before->len > IDS_LIMIT ? before->len - IDS_LIMIT : 0;
  for (guint i = 0; i < before->len; i++)
    if ((i == 0 || i > skipped) && strcmp (before->pdata[i], id) != 0)
      g_string_append_printf (all, "%s ", (const char *)before->pdata[i]);
  g_string_append (all, id);
  *ret_in_reply_to = g_strdup (id);
  *ret_references = g_strdup (all->str);
}
