/* Whatever list of addresses is written: what is taken can be sent, means the same when
 * it is read again, and survives a header. */
#include <stdint.h>
#include <string.h>

#include "core/command.h"
#include "mail/header-write.h"

int LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length);

static void
check_mailbox (const Mailbox *mailbox)
{
  g_assert (command_mailbox_is_safe (mailbox->address, TRUE));
  g_assert (strchr ("-|/", mailbox->address[0]) == NULL);
  g_autofree char *again = address_parse_one (mailbox->address, NULL, NULL);
  g_assert_cmpstr (again, ==, mailbox->address);
  g_autofree char *ascii = address_to_ascii_domain (mailbox->address, NULL);
  g_assert (ascii != NULL && g_str_is_ascii (address_domain (ascii)));
}

/* Unfolded, for the parser takes one line. */
static void
check_header (const GPtrArray *mailboxes)
{
  g_autoptr (GString) field = g_string_new (NULL);
  if (!header_append_mailboxes (field, "To", mailboxes))
    return;
  g_string_replace (field, "\r\n", "", 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) again = address_parse_list (field->str + strlen ("To:"), NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->len, ==, mailboxes->len);
  for (guint i = 0; i < again->len; i++) {
    const Mailbox *before = g_ptr_array_index (mailboxes, i), *after = g_ptr_array_index (again, i);
    g_assert_cmpstr (after->name, ==, before->name);
    g_autofree char *ascii = address_needs_utf8 (before->address)
                                 ? g_strdup (before->address)
                                 : address_to_ascii_domain (before->address, NULL);
    g_assert_cmpstr (after->address, ==, ascii);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length)
{
  g_autofree char *text = g_strndup (length > 0 ? (const char *)octets : "", length);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) mailboxes = address_parse_list (text, length % 2 == 0 ? "q.example" : NULL, &error);
  g_assert ((mailboxes == NULL) == (error != NULL));
  g_assert (error == NULL || g_utf8_validate (error->message, -1, NULL));
  for (guint i = 0; mailboxes != NULL && i < mailboxes->len; i++)
    check_mailbox (g_ptr_array_index (mailboxes, i));
  if (mailboxes != NULL)
    check_header (mailboxes);
  return 0;
}
