/* Whatever link is clicked: what is taken can be shown, names nobody's file, and fits a header. */
#include <stdint.h>
#include <string.h>

#include "mail/address.h"
#include "mail/letter.h"

int LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length);

static void
check_line (const char *text)
{
  g_assert_true (text == NULL || g_utf8_validate (text, -1, NULL));
  for (; text != NULL && *text != '\0'; text++)
    g_assert_false (g_ascii_iscntrl (*text));
}

static void
check_addresses (const char *text)
{
  g_autoptr (GPtrArray) mailboxes = address_parse_list (text, NULL, NULL);
  g_assert_nonnull (mailboxes);
  check_line (text);
}

int
LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length)
{
  g_autofree char *rest = g_strndup (length > 0 ? (const char *)octets : "", length);
  g_autofree char *url = g_strconcat ("mailto:", rest, NULL), *ignored = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (Letter) letter = letter_of_mailto (url, &ignored, &error);
  g_assert_true ((letter == NULL) == (error != NULL));
  if (letter == NULL)
    return 0;
  check_addresses (letter->to);
  check_addresses (letter->cc);
  check_addresses (letter->bcc);
  check_line (letter->subject);
  check_line (letter->in_reply_to);
  check_line (letter->references);
  check_line (ignored);
  g_assert_true (g_utf8_validate (letter->body, -1, NULL));
  g_assert_null (strchr (letter->body, '\r'));
  g_assert_cmpuint (letter->attachments->len + letter->headers->len, ==, 0);
  g_assert_true (*letter->from == '\0' && *letter->reply_to == '\0' && letter->account == NULL);
  return 0;
}
