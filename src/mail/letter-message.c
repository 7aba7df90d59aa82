/* A letter made of a message: an answer, a forwarded copy, or the message itself to be changed. */
#include "mail/letter-source.h"

#include "base/error.h"
#include "base/i18n.h"
#include "mail/letter-private.h"

#include <string.h>

/* It is held in memory as a whole. */
#define MESSAGE_LIMIT ((guint64)128 * 1024 * 1024)

#define FURTHER_LIMIT 200

/* --- reading -------------------------------------------------------------------------------------- */

static gsize
mbox_line (const char *octets, gsize length)
{
  const gboolean mbox
      = (length > 5 && memcmp (octets, "From ", 5) == 0) || (length > 6 && memcmp (octets, ">From ", 6) == 0);

  return mbox ? header_line_length (octets, length, 0) : 0;
}

static GBytes *
read_message (BodySource *source, GError **error)
{
  const gsize size = (gsize)body_source_size (source);

  if (body_source_size (source) > MESSAGE_LIMIT) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("the message is longer than %d MiB"),
                 (int)(MESSAGE_LIMIT / 1024 / 1024));
    return NULL;
  }
  g_autoptr (GString) octets = g_string_sized_new (size);
  g_autoptr (BodyReader) reader = body_source_open (source, error);
  char buffer[16 * 1024];
  gssize given = reader != NULL ? 1 : -1;
  while (given > 0) {
    given = body_reader_read (reader, (guint8 *)buffer, sizeof buffer, error);
    g_string_append_len (octets, buffer, MAX (given, 0));
  }
  if (given < 0)
    return NULL;
  g_string_erase (octets, 0, (gssize)mbox_line (octets->str, octets->len));
  return g_string_free_to_bytes (g_steal_pointer (&octets));
}

/* --- kinds ------------------------------------------------------------------------------------------ */

static void
take_text (char **field, char *text)
{
  g_free (*field);
  *field = text != NULL ? text : g_strdup ("");
}

static char *
subject_of (const LetterHeader *header)
{
  char *subject = letter_header_text (header, "Subject");

  return subject != NULL ? subject : g_strdup ("");
}

static char *
whole_text (const LetterParts *parts)
{
  return parts->cut ? g_strconcat (parts->text, "[…]\n", NULL) : g_strdup (parts->text);
}

static void
make_answer (Letter *letter, const LetterHeader *header, const LetterParts *parts)
{
  g_autofree char *subject = subject_of (header);
  g_autofree char *text = whole_text (parts), *quoted = letter_quote (text);
  g_autofree char *attribution = letter_attribution (header);

  take_text (&letter->subject, letter_answer_subject (subject));
  take_text (&letter->body, *quoted != '\0' ? g_strdup_printf ("\n%s\n%s", attribution, quoted) : NULL);
  letter_header_thread (header, &letter->in_reply_to, &letter->references);
}

static void
make_forwarded (Letter *letter, const LetterHeader *header, const LetterParts *parts)
{
  g_autofree char *head = letter_forward_head (header), *text = whole_text (parts);

  take_text (&letter->body, g_strdup_printf ("\n\n%s\n%s", head, text));
}

/* Made anew, spoken for by a field of the letter, or other people's remarks on the old message. */
static const char *const left_out[] = { "From",
                                        "To",
                                        "Cc",
                                        "Bcc",
                                        "Reply-To",
                                        "Subject",
                                        "Date",
                                        "Message-ID",
                                        "MIME-Version",
                                        "In-Reply-To",
                                        "References",
                                        "Received",
                                        "Return-Path",
                                        "Delivered-To",
                                        "X-Original-To",
                                        "Envelope-To",
                                        "Authentication-Results",
                                        "DKIM-Signature",
                                        "Received-SPF",
                                        "Lines",
                                        "Content-Length",
                                        "Status",
                                        "X-Status",
                                        "X-Mozilla-Status",
                                        "X-Mozilla-Status2",
                                        NULL };
static const char *const left_out_families[] = { "Content-", "Resent-", "ARC-", "X-Toukan-", NULL };

static gboolean
is_left_out (const char *octets, const HeaderField *field)
{
  if (field->name_length == 0 || header_field_is_one_of (octets, field, left_out))
    return TRUE;
  for (const char *const *family = left_out_families; *family != NULL; family++)
    if (field->name_length > strlen (*family)
        && g_ascii_strncasecmp (octets + field->start, *family, strlen (*family)) == 0)
      return TRUE;
  return FALSE;
}

static void
keep_further (Letter *letter, const LetterHeader *header)
{
  for (guint i = 0; i < header->fields->len && letter->headers->len < FURTHER_LIMIT; i++) {
    const HeaderField *field = &g_array_index (header->fields, HeaderField, i);
    if (is_left_out (header->octets, field))
      continue;
    g_autofree char *raw = header_field_value (header->octets, field);
    header_value_put_spaces (raw);
    g_autofree char *value = letter_header_decode (raw);
    g_ptr_array_add (letter->headers, g_strdup_printf ("%.*s: %s", (int)field->name_length,
                                                       header->octets + field->start, value));
  }
}

static gboolean
make_same (Letter *letter, const LetterHeader *header, const LetterParts *parts, GError **error)
{
  const struct {
    const char *name;
    char **field;
  } addresses[] = { { "From", &letter->from },
                    { "To", &letter->to },
                    { "Cc", &letter->cc },
                    { "Bcc", &letter->bcc },
                    { "Reply-To", &letter->reply_to } };

  if (parts->cut) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("its text is too long to be edited"));
    return FALSE;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (addresses); i++) {
    g_autoptr (GPtrArray) mailboxes = letter_header_mailboxes (header, addresses[i].name);
    take_text (addresses[i].field, address_write_list (mailboxes));
  }
  take_text (&letter->subject, subject_of (header));
  take_text (&letter->body, g_strdup (parts->text));
  letter->in_reply_to = letter_header_text (header, "In-Reply-To");
  letter->references = letter_header_text (header, "References");
  keep_further (letter, header);
  return TRUE;
}

static gboolean
fill (Letter *letter, LetterKind kind, const LetterHeader *header, const LetterParts *parts,
      const char *const *own, const char *extracted, GError **error)
{
  switch (kind) {
  case LETTER_REPLY:
  case LETTER_REPLY_ALL:
    letter_address_answer (letter, header, kind == LETTER_REPLY_ALL, own);
    make_answer (letter, header, parts);
    return TRUE;
  case LETTER_FORWARD:
    make_forwarded (letter, header, parts);
    break;
  case LETTER_EDIT:
    if (!make_same (letter, header, parts, error))
      return FALSE;
    break;
  case LETTER_FORWARD_WHOLE:
    return TRUE;
  }
  return extracted == NULL || letter_extract (letter, parts, extracted, error);
}

Letter *
letter_of_message (BodySource *message, LetterKind kind, const char *const *own, const char *extracted,
                   GError **error)
{
  g_autoptr (GBytes) octets = read_message (message, error);
  g_autoptr (Letter) letter = letter_new ();

  if (octets == NULL)
    return NULL;
  gsize length = 0;
  const char *text = g_bytes_get_data (octets, &length);
  g_autoptr (GArray) fields = header_scan (length > 0 ? text : "", header_length (text, length));
  const LetterHeader header = { text, fields };
  take_text (&letter->from, letter_choose_from (&header, own)); /* EDIT has its own */
  if (kind == LETTER_FORWARD || kind == LETTER_FORWARD_WHOLE) {
    g_autofree char *subject = subject_of (&header);
    take_text (&letter->subject, letter_forward_subject (subject));
  }
  if (kind == LETTER_FORWARD_WHOLE) {
    letter->forwarded = g_steal_pointer (&octets);
    return g_steal_pointer (&letter);
  }
  g_auto (LetterParts) parts = { 0 };
  letter_parts_init (&parts, octets);
  return fill (letter, kind, &header, &parts, own, extracted, error) ? g_steal_pointer (&letter) : NULL;
}
