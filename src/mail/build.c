/* The simple case, a text without attachments, is nearly every message of a program
 * that starts for one message and ends: it touches no MIME library and no MIME type
 * database. */
#include "mail/build.h"

#include "base/domain.h"
#include "base/i18n.h"
#include "mail/address.h"
#include "mail/body-writer.h"
#include "mail/build-part.h"
#include "mail/header-write.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Made by build itself, or (Bcc) never to be seen. */
static const char *const own_fields[] = { "From",
                                          "To",
                                          "Cc",
                                          "Bcc",
                                          "Reply-To",
                                          "Subject",
                                          "Date",
                                          "Message-ID",
                                          "MIME-Version",
                                          "Content-Type",
                                          "Resent-Bcc",
                                          "Content-Transfer-Encoding",
                                          "Content-Disposition",
                                          NULL };

static const char *const address_fields[]
    = { "Sender", "Mail-Followup-To", "Mail-Reply-To", "Disposition-Notification-To", "Errors-To", NULL };

static gboolean
is_one_of (const char *name, const char *const *names)
{
  for (; *names != NULL; names++)
    if (g_ascii_strcasecmp (name, *names) == 0)
      return TRUE;
  return FALSE;
}

char *
build_token (void)
{
  guint8 random[16];
  if (getentropy (random, sizeof random) != 0)
    g_error ("getentropy: %s", g_strerror (errno));
  GString *token = g_string_new (NULL);
  for (gsize i = 0; i < sizeof random; i++)
    g_string_append_printf (token, "%02x", random[i]);
  return g_string_free (token, FALSE);
}

char *
build_message_id (const char *domain)
{
  g_autofree char *token = build_token ();
  g_autofree char *ascii = domain_to_ascii (domain, NULL);
  return g_strdup_printf ("<%s@%s>", token, ascii != NULL ? ascii : domain);
}

char *
build_stable_message_id (const char *seed, const char *key, const char *domain)
{
  g_autofree char *hash = g_compute_hmac_for_data (G_CHECKSUM_SHA256, (const guchar *)seed, strlen (seed),
                                                   (const guchar *)key, strlen (key));
  g_autofree char *ascii = domain_to_ascii (domain, NULL);
  return g_strdup_printf ("<%.32s@%s>", hash, ascii != NULL ? ascii : domain);
}

/* One field of free text. */
static gboolean
add_text (GString *header, const char *name, const char *value, GError **error)
{
  if (!g_utf8_validate (value, -1, NULL))
    return header_refuse (name, _ ("it isn't UTF-8"), error);
  if (strpbrk (value, "\r\n") != NULL)
    return header_refuse (name, _ ("it holds a line break"), error);
  g_autofree char *encoded = header_encode_text (value);
  return header_append (header, name, encoded) || header_refuse (name, _ ("a word in it is too long"), error);
}

static gboolean
add_mailboxes (GString *header, const char *name, const GPtrArray *mailboxes, GError **error)
{
  return mailboxes->len == 0 || header_append_mailboxes (header, name, mailboxes)
         || header_refuse (name, _ ("a name in it is too long"), error);
}

static gboolean
add_address_list (GString *header, const char *name, const char *text, GError **error)
{
  g_autoptr (GPtrArray) mailboxes = address_parse_list (text, NULL, error);
  return mailboxes != NULL && add_mailboxes (header, name, mailboxes, error);
}

/* To or Cc, given as several lists. *ret_any: there was a recipient. */
static gboolean
add_recipients (GString *header, const char *name, const char *const *lists, gboolean *ret_any,
                GError **error)
{
  g_autoptr (GString) all = g_string_new (NULL);
  for (; lists != NULL && *lists != NULL; lists++)
    g_string_append_printf (all, "%s%s", all->len > 0 ? "," : "", *lists);
  g_autoptr (GPtrArray) mailboxes = address_parse_list (all->str, NULL, error);
  if (mailboxes == NULL)
    return FALSE;
  *ret_any = *ret_any || mailboxes->len > 0;
  return add_mailboxes (header, name, mailboxes, error);
}

static gboolean
is_field_name (const char *name)
{
  for (const char *at = name; *at != '\0'; at++)
    if (*at <= ' ' || *at > '~')
      return FALSE;
  return name[0] != '\0';
}

/* A "Name: value" line of the caller's. */
static gboolean
add_further (GString *header, const char *line, GError **error)
{
  gsize length = strcspn (line, ":");
  g_autofree char *name = g_strndup (line, length);
  if (line[length] == '\0' || !is_field_name (name))
    return header_refuse (line, _ ("it must look like \"Name: value\""), error);
  if (is_one_of (name, own_fields))
    return header_refuse (name, _ ("it is made from the other settings, or left out on purpose"), error);
  const char *value = line + length + 1;
  value += strspn (value, " \t");
  return is_one_of (name, address_fields) ? add_address_list (header, name, value, error)
                                          : add_text (header, name, value, error);
}

static Mailbox *
only_mailbox (const char *from, GPtrArray **ret_mailboxes, GError **error)
{
  g_autoptr (GPtrArray) mailboxes = address_parse_list (from, NULL, error);
  if (mailboxes == NULL)
    return NULL;
  if (mailboxes->len != 1) {
    header_refuse ("From", _ ("it must hold one address"), error);
    return NULL;
  }
  *ret_mailboxes = g_ptr_array_ref (mailboxes);
  return g_ptr_array_index (mailboxes, 0);
}

static gboolean
add_originator (GString *header, const BuildRequest *request, GError **error)
{
  g_autoptr (GPtrArray) mailboxes = NULL;
  const Mailbox *from = only_mailbox (request->from, &mailboxes, error);
  if (from == NULL)
    return FALSE;
  g_autofree char *date = header_date (request->date);
  const char *domain = address_domain (from->address);
  gboolean stable = request->message_seed != NULL && request->message_key != NULL;
  g_autofree char *id = stable ? build_stable_message_id (request->message_seed, request->message_key, domain)
                               : build_message_id (domain);
  return header_append (header, "Date", date) && add_mailboxes (header, "From", mailboxes, error)
         && header_append (header, "Message-ID", id);
}

static gboolean
add_fields (GString *header, const BuildRequest *request, GError **error)
{
  gboolean addressed = FALSE;
  if (!add_originator (header, request, error)
      || (request->reply_to != NULL && !add_address_list (header, "Reply-To", request->reply_to, error))
      || !add_recipients (header, "To", request->to, &addressed, error)
      || !add_recipients (header, "Cc", request->cc, &addressed, error))
    return FALSE;
  /* Some servers refuse a message that names no recipient at all. */
  if (!addressed)
    header_append (header, "To", "undisclosed-recipients:;");
  if (!add_text (header, "Subject", request->subject != NULL ? request->subject : "", error))
    return FALSE;
  if ((request->in_reply_to != NULL && !add_text (header, "In-Reply-To", request->in_reply_to, error))
      || (request->references != NULL && !add_text (header, "References", request->references, error)))
    return FALSE;
  for (const char *const *line = request->headers; line != NULL && *line != NULL; line++)
    if (!add_further (header, *line, error))
      return FALSE;
  return header_append (header, "MIME-Version", "1.0");
}

static gboolean
write_string (BodyWriter *writer, const GString *text, GError **error)
{
  return body_writer_append (writer, text->str, text->len, error);
}

/* The lines around the parts of a multipart whose Content-Type is added to HEADER. */
typedef struct {
  char *delimiter, *close;
} Boundary;

static Boundary
begin_multipart (GString *header, const char *subtype)
{
  g_autofree char *token = build_token ();
  /* "=_" is in no quoted-printable and no base64 text. */
  g_autofree char *type = g_strdup_printf ("multipart/%s; boundary=\"=_%s\"", subtype, token);
  header_append (header, "Content-Type", type);
  return (Boundary){ .delimiter = g_strdup_printf ("\r\n--=_%s\r\n", token),
                     .close = g_strdup_printf ("\r\n--=_%s--\r\n", token) };
}

static gboolean
write_line (BodyWriter *writer, const char *text, GError **error)
{
  return body_writer_append (writer, text, strlen (text), error);
}

static void
boundary_clear (Boundary *boundary)
{
  g_free (boundary->delimiter);
  g_free (boundary->close);
}

/* HEADER, then the text, with its HTML if there is some. */
static gboolean
write_text (BodyWriter *writer, GString *header, const BuildRequest *request, GError **error)
{
  if (request->html == NULL)
    return write_string (writer, header, error) && build_text_part (writer, request, error);
  Boundary boundary = begin_multipart (header, "alternative");
  gboolean good
      = write_string (writer, header, error) && write_line (writer, boundary.delimiter, error)
        && build_text_part (writer, request, error) && write_line (writer, boundary.delimiter, error)
        && build_html_part (writer, request->html, error) && write_line (writer, boundary.close, error);
  boundary_clear (&boundary);
  return good;
}

static gboolean
write_attachments (BodyWriter *writer, const Boundary *boundary, const BuildRequest *request, GError **error)
{
  for (guint i = 0; request->attachments != NULL && request->attachments[i] != NULL; i++) {
    const BuildAttachment attachment
        = { .path = request->attachments[i],
            .name = request->attachment_names != NULL ? request->attachment_names[i] : NULL,
            .type = request->attachment_types != NULL ? request->attachment_types[i] : NULL };
    if (!write_line (writer, boundary->delimiter, error) || !build_attachment (writer, &attachment, error))
      return FALSE;
  }
  return request->forwarded == NULL
         || (write_line (writer, boundary->delimiter, error)
             && build_forwarded (writer, request->forwarded, error));
}

static gboolean
write_multipart (BodyWriter *writer, GString *header, const BuildRequest *request, GError **error)
{
  g_autoptr (GString) inner = g_string_new (NULL);
  Boundary boundary = begin_multipart (header, "mixed");
  gboolean good = write_string (writer, header, error) && write_line (writer, boundary.delimiter, error)
                  && write_text (writer, inner, request, error)
                  && write_attachments (writer, &boundary, request, error)
                  && write_line (writer, boundary.close, error);
  boundary_clear (&boundary);
  return good;
}

BodySource *
build_message (const BuildRequest *request, GError **error)
{
  g_autoptr (GString) header = g_string_new (NULL);
  g_autoptr (BodyWriter) writer = body_writer_new ();
  if (!add_fields (header, request, error))
    return NULL;
  gboolean attached
      = (request->attachments != NULL && request->attachments[0] != NULL) || request->forwarded != NULL;
  gboolean good = attached ? write_multipart (writer, header, request, error)
                           : write_text (writer, header, request, error);
  return good ? body_writer_finish (writer, error) : NULL;
}
