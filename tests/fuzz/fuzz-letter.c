/* Whatever message is answered, forwarded or edited: the letter has sound fields, comes back from its
 * draft, and can be built unless an address in it is none. */
#include <stdint.h>
#include <string.h>

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
check_draft (const Letter *letter)
{
  g_autoptr (GBytes) draft = letter_write_draft (letter);
  g_autoptr (BodySource) source = body_source_new_bytes (draft);
  g_autoptr (BodyReader) reader = body_source_open (source, NULL);
  g_autoptr (Letter) read = letter_read_draft (reader, NULL);
  g_assert_nonnull (read);
  g_autoptr (GBytes) again = letter_write_draft (read);
  g_assert_true (g_bytes_equal (draft, again));
  g_assert_cmpstr (read->body, ==, letter->body);
  g_assert_cmpstr (read->to, ==, letter->to);
  g_assert_cmpstr (read->subject, ==, letter->subject);
}

static void
check_letter (const Letter *letter)
{
  const char *const lines[] = { letter->from,     letter->to,      letter->cc,          letter->bcc,
                                letter->reply_to, letter->subject, letter->in_reply_to, letter->references };
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    check_line (lines[i]);
  g_assert_true (g_utf8_validate (letter->body, -1, NULL));
  g_assert_null (strchr (letter->body, '\r'));
  check_draft (letter);
  g_autoptr (GError) error = NULL;
  g_autoptr (BodySource) built = letter_build (letter, 0, &error);
  g_assert_true ((built == NULL) == (error != NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length)
{
  static const char *const own[] = { "Me <me@own.example>", "a@x.org", NULL };
  g_autoptr (GBytes) bytes = g_bytes_new (octets, length);
  g_autoptr (BodySource) source = body_source_new_bytes (bytes);
  for (LetterKind kind = LETTER_REPLY; kind <= LETTER_EDIT; kind++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (Letter) letter = letter_of_message (source, kind, own, NULL, &error);
    g_assert_true ((letter == NULL) == (error != NULL));
    if (letter != NULL)
      check_letter (letter);
  }
  g_autoptr (BodyReader) reader = body_source_open (source, NULL);
  g_autoptr (Letter) draft = letter_read_draft (reader, NULL);
  if (draft != NULL)
    check_draft (draft);
  return 0;
}
