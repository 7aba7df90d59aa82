/* From the fields as they were typed to a message and its envelope. */
#include "mail/letter.h"

#include "base/error.h"
#include "base/i18n.h"
#include "mail/address.h"
#include "mail/build.h"
#include "mail/flowed.h"

#include <string.h>

/* A field may be several lines to who types it. */
static char *
one_line (const char *text)
{
  return g_strdelimit (g_strdup (text), "\r\n\t", ' ');
}

/* The mailboxes of the field NAME; NULL with an error that names it. */
static GPtrArray *
parse_field (const char *name, const char *text, GError **error)
{
  g_autofree char *line = one_line (text);
  GPtrArray *mailboxes = address_parse_list (line, NULL, error);

  if (mailboxes == NULL)
    g_prefix_error (error, "%s: ", name);
  return mailboxes;
}

static gboolean
add_recipients (Envelope *envelope, const char *name, const char *text, GError **error)
{
  g_autoptr (GPtrArray) mailboxes = parse_field (name, text, error);

  for (guint i = 0; mailboxes != NULL && i < mailboxes->len; i++)
    envelope_add (envelope, ((const Mailbox *)mailboxes->pdata[i])->address);
  return mailboxes != NULL;
}

Envelope *
letter_envelope (const Letter *letter, GError **error)
{
  g_autoptr (GPtrArray) from = parse_field ("From", letter->from, error);

  if (from == NULL)
    return NULL;
  if (from->len != 1) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("%s: it must hold one address"), "From");
    return NULL;
  }
  g_autoptr (Envelope) envelope = envelope_new (((const Mailbox *)from->pdata[0])->address);
  if (!add_recipients (envelope, "To", letter->to, error)
      || !add_recipients (envelope, "Cc", letter->cc, error)
      || !add_recipients (envelope, "Bcc", letter->bcc, error))
    return NULL;
  if (envelope->recipients->len == 0) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("%s: nobody is to get this letter"), "To");
    return NULL;
  }
  return g_steal_pointer (&envelope);
}

/* --- the message ----------------------------------------------------------------------- */

/* Of all attachments one member, up to NULL; for build's lists. */
static GPtrArray *
members (const Letter *letter, gsize offset)
{
  GPtrArray *list = g_ptr_array_new ();

  for (guint i = 0; i < letter->attachments->len; i++)
    g_ptr_array_add (list, G_STRUCT_MEMBER (char *, letter->attachments->pdata[i], offset));
  g_ptr_array_add (list, NULL);
  return list;
}

static GPtrArray *
header_lines (const Letter *letter)
{
  GPtrArray *lines = g_ptr_array_new ();

  for (guint i = 0; i < letter->headers->len; i++)
    g_ptr_array_add (lines, letter->headers->pdata[i]);
  g_ptr_array_add (lines, NULL);
  return lines;
}

static const char *const *
strings (const GPtrArray *list)
{
  return (const char *const *)list->pdata;
}

/* Before anything is built, so that the error names the field. */
static gboolean
check_fields (const Letter *letter, GError **error)
{
  const struct {
    const char *name, *text;
  } fields[] = {
    { "From", letter->from }, { "To", letter->to }, { "Cc", letter->cc }, { "Reply-To", letter->reply_to }
  };

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++) {
    g_autoptr (GPtrArray) mailboxes = parse_field (fields[i].name, fields[i].text, error);
    if (mailboxes == NULL)
      return FALSE;
  }
  return TRUE;
}

BodySource *
letter_build (const Letter *letter, gint64 date, GError **error)
{
  g_autofree char *from = one_line (letter->from), *reply_to = one_line (letter->reply_to);
  g_autofree char *to = one_line (letter->to), *cc = one_line (letter->cc);
  g_autofree char *subject = one_line (letter->subject);
  const char *to_list[] = { to, NULL }, *cc_list[] = { cc, NULL };
  g_autoptr (GPtrArray) headers = header_lines (letter);
  g_autoptr (GPtrArray) paths = members (letter, offsetof (LetterAttachment, path));
  g_autoptr (GPtrArray) names = members (letter, offsetof (LetterAttachment, name));
  g_autoptr (GPtrArray) types = members (letter, offsetof (LetterAttachment, type));
  /* Octets that aren't UTF-8 go as they are. */
  const gboolean flowed = g_utf8_validate (letter->body, -1, NULL);
  g_autofree char *text = flowed ? flowed_encode (letter->body) : g_strdup (letter->body);
  const BuildRequest request = { .from = from,
                                 .to = to_list,
                                 .cc = cc_list,
                                 .reply_to = *g_strstrip (reply_to) != '\0' ? reply_to : NULL,
                                 .subject = subject,
                                 .text = text,
                                 .text_length = strlen (text),
                                 .flowed = flowed,
                                 .in_reply_to = letter->in_reply_to,
                                 .references = letter->references,
                                 .headers = strings (headers),
                                 .attachments = strings (paths),
                                 .attachment_names = strings (names),
                                 .attachment_types = strings (types),
                                 .forwarded = letter->forwarded,
                                 .date = date };

  return check_fields (letter, error) ? build_message (&request, error) : NULL;
}
