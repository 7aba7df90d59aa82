/* A compiled letter is a list of pieces, and a row a walk along it. */
#include "mail/merge-private.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "mail/address.h"
#include "mail/build-part.h"
#include "mail/build.h"
#include "mail/header-write.h"
#include "mail/quoted-printable.h"
#include "mail/wire-scan.h"

#include <string.h>

static void
piece_free (gpointer data)
{
  Piece *piece = data;
  if (piece->octets != NULL)
    g_string_free (piece->octets, TRUE);
  g_free (piece->name);
  template_free (piece->template);
  if (piece->mailboxes != NULL)
    g_ptr_array_unref (piece->mailboxes);
  g_free (piece);
}

Piece *
merge_add_piece (Merge *merge, PieceKind kind)
{
  Piece *piece = g_new0 (Piece, 1);
  piece->kind = kind;
  g_ptr_array_add (merge->pieces, piece);
  return piece;
}

GString *
merge_octets (Merge *merge)
{
  Piece *last = merge->pieces->len > 0 ? g_ptr_array_index (merge->pieces, merge->pieces->len - 1) : NULL;
  if (last == NULL || last->kind != PIECE_OCTETS) {
    last = merge_add_piece (merge, PIECE_OCTETS);
    last->octets = g_string_new (NULL);
  }
  return last->octets;
}

Template *
merge_template (const Merge *merge, const char *what, guint line, const char *text, GError **error)
{
  g_autofree char *part = what != NULL ? g_strdup_printf ("%s (%s)", merge->letter_name, what) : NULL;
  TemplatePlace place = { .name = part != NULL ? part : merge->letter_name, .line = line };
  return template_parse (text, strlen (text), merge->columns, &place, error);
}

static int
find_key_column (const char *const *columns)
{
  for (int i = 0; columns[i] != NULL; i++)
    if (strcmp (columns[i], MERGE_KEY_COLUMN) == 0)
      return i;
  return -1;
}

void
merge_free (Merge *merge)
{
  if (merge == NULL)
    return;
  g_free (merge->folder);
  g_free (merge->seed);
  g_free (merge->letter_name);
  g_ptr_array_unref (merge->pieces);
  g_string_free (merge->octets, TRUE);
  g_string_free (merge->scratch, TRUE);
  g_string_free (merge->key, TRUE);
  g_string_free (merge->message_id, TRUE);
  g_ptr_array_unref (merge->recipients);
  g_free (merge->from);
  g_free (merge);
}

gboolean
merge_has_one_click (const Merge *merge)
{
  return merge->one_click;
}

/* TEMPLATE's text for this row, in merge->scratch. */
static const char *
render (Merge *merge, const Template *template, const char *const *values, TemplateEscape escape)
{
  g_string_truncate (merge->scratch, 0);
  template_render (template, values, escape, merge->scratch);
  return merge->scratch->str;
}

/* It would begin another field. */
static gboolean
refuse_break (const Merge *merge, const Piece *piece, GError **error)
{
  return strpbrk (merge->scratch->str, "\r\n") == NULL
         || header_refuse (piece->name, _ ("it holds a line break"), error);
}

static gboolean
put_field (Merge *merge, const Piece *piece, const char *const *values, GError **error)
{
  const char *value = render (merge, piece->template, values, piece->escape);
  if (!refuse_break (merge, piece, error))
    return FALSE;
  g_autofree char *encoded = header_encode_text (value);
  return header_append (merge->octets, piece->name, encoded)
         || header_refuse (piece->name, _ ("a word in it is too long"), error);
}

/* Spaces around and between are what an empty first name leaves behind. */
static char *
tidy_name (const char *name)
{
  g_autoptr (GString) out = g_string_new (NULL);
  for (const char *at = name; *at != '\0'; at++)
    if (*at != ' ' || (out->len > 0 && out->str[out->len - 1] != ' '))
      g_string_append_c (out, *at);
  while (out->len > 0 && out->str[out->len - 1] == ' ')
    g_string_truncate (out, out->len - 1);
  return out->len > 0 ? g_strdup (out->str) : NULL;
}

/* NULL in *RET_ADDRESS when it comes out empty. */
static gboolean
make_address (Merge *merge, const Piece *piece, const Template *template, const char *const *values,
              char **ret_address, GError **error)
{
  g_autoptr (GError) said = NULL;
  const char *text = render (merge, template, values, TEMPLATE_TEXT);
  *ret_address = NULL;
  if (!refuse_break (merge, piece, error))
    return FALSE;
  if (text[strspn (text, " ")] == '\0')
    return TRUE;
  *ret_address = address_parse_one (g_strstrip (merge->scratch->str), NULL, &said);
  return *ret_address != NULL || header_refuse (piece->name, said->message, error);
}

/* Adds it to MAILBOXES, unless the address comes out empty. */
static gboolean
add_mailbox (Merge *merge, const Piece *piece, const MailboxTemplate *template, const char *const *values,
             GPtrArray *mailboxes, GError **error)
{
  g_autofree char *name = NULL;
  char *address = NULL;
  if (template->name != NULL) {
    name = tidy_name (render (merge, template->name, values, TEMPLATE_TEXT));
    if (!refuse_break (merge, piece, error))
      return FALSE;
  }
  if (!make_address (merge, piece, template->address, values, &address, error))
    return FALSE;
  if (address == NULL)
    return TRUE;
  Mailbox *mailbox = g_new0 (Mailbox, 1);
  *mailbox = (Mailbox){ .name = g_steal_pointer (&name), .address = address };
  g_ptr_array_add (mailboxes, mailbox);
  return TRUE;
}

static void
take_role (Merge *merge, AddressRole role, const GPtrArray *mailboxes)
{
  for (guint i = 0; i < mailboxes->len; i++) {
    const Mailbox *mailbox = g_ptr_array_index (mailboxes, i);
    if (role == ROLE_RECIPIENTS || role == ROLE_HIDDEN)
      g_ptr_array_add (merge->recipients, g_strdup (mailbox->address));
    if (role == ROLE_FROM) {
      g_free (merge->from);
      merge->from = g_strdup (mailbox->address);
    }
  }
}

static gboolean
put_addresses (Merge *merge, const Piece *piece, const char *const *values, GError **error)
{
  g_autoptr (GPtrArray) mailboxes = g_ptr_array_new_with_free_func ((GDestroyNotify)mailbox_free);
  for (guint i = 0; i < piece->mailboxes->len; i++)
    if (!add_mailbox (merge, piece, g_ptr_array_index (piece->mailboxes, i), values, mailboxes, error))
      return FALSE;
  if (piece->role == ROLE_FROM && mailboxes->len == 0)
    return header_refuse (piece->name, _ ("it is empty"), error);
  take_role (merge, piece->role, mailboxes);
  return piece->role == ROLE_HIDDEN || mailboxes->len == 0
         || header_append_mailboxes (merge->octets, piece->name, mailboxes)
         || header_refuse (piece->name, _ ("a name in it is too long"), error);
}

/* What the Message-ID follows from. */
static const char *
id_key (Merge *merge, const char *const *values)
{
  if (!merge->by_values)
    return merge->key->str;
  g_string_assign (merge->scratch, merge->key->str);
  for (guint i = 0; values[i] != NULL; i++)
    g_string_append_printf (merge->scratch, "\n%s", values[i]);
  return merge->scratch->str;
}

/* The key is known once the addresses are, and they come before. */
static gboolean
put_message_id (Merge *merge, const char *const *values, GError **error)
{
  const char *key = merge->key_column >= 0 ? values[merge->key_column] : "";
  if (merge->recipients->len == 0)
    return header_refuse ("To", _ ("it is empty"), error);
  g_string_assign (merge->key, key[0] != '\0' ? key : g_ptr_array_index (merge->recipients, 0));
  g_autofree char *id
      = build_stable_message_id (merge->seed, id_key (merge, values), address_domain (merge->from));
  g_string_assign (merge->message_id, id);
  return header_append (merge->octets, "Message-ID", merge->message_id->str)
         || header_refuse ("From", _ ("a word in it is too long"), error);
}

/* LF, CRLF and CR as CRLF. */
static void
append_lines (GString *out, const char *text, gsize length)
{
  for (const char *at = text, *end = text + length; at < end;) {
    gsize line = strcspn (at, "\r\n");
    g_string_append_len (out, at, (gssize)line);
    at += line;
    if (at == end)
      return;
    at += at[0] == '\r' && at + 1 < end && at[1] == '\n' ? 2 : 1;
    g_string_append_len (out, "\r\n", 2);
  }
}

static void
append_quoted (GString *out, const char *text, gsize length)
{
  QuotedPrintable encoder;
  g_autoptr (GString) quoted = g_string_new (NULL);
  quoted_printable_init (&encoder, FALSE);
  quoted_printable_add (&encoder, (const guint8 *)text, length, quoted);
  quoted_printable_end (&encoder, quoted);
  append_lines (out, quoted->str, quoted->len);
}

static gsize
longest_line (const char *text)
{
  gsize longest = 0;
  while (*text != '\0') {
    gsize line = strcspn (text, "\r\n");
    longest = MAX (longest, line);
    text += line + (text[line] != '\0');
  }
  return longest;
}

static void
put_body (Merge *merge, const Piece *piece, const char *const *values)
{
  const char *text = render (merge, piece->template, values, piece->escape);
  gsize length = merge->scratch->len;
  gboolean quote = longest_line (text) > WIRE_LINE_LIMIT;
  g_string_append_printf (merge->octets, "Content-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n",
                          piece->name,
                          quote                   ? "quoted-printable"
                          : g_str_is_ascii (text) ? "7bit"
                                                  : "8bit");
  (quote ? append_quoted : append_lines) (merge->octets, text, length);
}

static gboolean
climbs (const char *path)
{
  g_auto (GStrv) names = g_strsplit (path, "/", -1);
  return g_strv_contains ((const char *const *)names, "..");
}

static gboolean
append_source (GString *out, BodySource *source, GError **error)
{
  guint8 octets[16 * 1024];
  g_autoptr (BodyReader) reader = body_source_open (source, error);
  gssize given = reader != NULL ? 1 : -1;
  while (given > 0) {
    given = body_reader_read (reader, octets, sizeof octets, error);
    g_string_append_len (out, (char *)octets, MAX (given, 0));
  }
  return given == 0;
}

static gboolean
put_attachment (Merge *merge, const Piece *piece, const char *const *values, GError **error)
{
  const char *name = render (merge, piece->template, values, TEMPLATE_TEXT);
  if (name[0] == '\0')
    return TRUE;
  if ((name[0] == '/' && !piece->absolute) || (climbs (name) && !piece->may_climb)) {
    g_autofree char *shown = visible_text (name, -1);
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("\"%s\" leads out of the folder for attachments"),
                 shown);
    return FALSE;
  }
  g_autofree char *path = name[0] == '/' || merge->folder == NULL
                              ? g_strdup (name)
                              : g_build_filename (merge->folder, name, NULL);
  g_autoptr (BodyWriter) writer = body_writer_new ();
  const BuildAttachment attachment = { .path = path };
  if (!build_attachment (writer, &attachment, error))
    return FALSE;
  g_autoptr (BodySource) source = body_writer_finish (writer, error);
  if (source == NULL)
    return FALSE;
  if (body_source_size (source) > MERGE_ATTACHMENT_LIMIT) {
    g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("an attachment is too large"));
    return FALSE;
  }
  g_string_append_len (merge->octets, piece->octets->str, (gssize)piece->octets->len);
  return append_source (merge->octets, source, error);
}

static gboolean
put_piece (Merge *merge, const Piece *piece, const char *const *values, GError **error)
{
  switch (piece->kind) {
  case PIECE_OCTETS:
    g_string_append_len (merge->octets, piece->octets->str, (gssize)piece->octets->len);
    return TRUE;
  case PIECE_FIELD:
    return put_field (merge, piece, values, error);
  case PIECE_ADDRESSES:
    return put_addresses (merge, piece, values, error);
  case PIECE_MESSAGE_ID:
    return put_message_id (merge, values, error);
  case PIECE_BODY:
    put_body (merge, piece, values);
    return TRUE;
  case PIECE_ATTACHMENT:
    return put_attachment (merge, piece, values, error);
  }
  g_assert_not_reached ();
}

/* A file that goes with every row is read and encoded once. */
static gboolean
attach_constant_files (Merge *merge, GError **error)
{
  for (guint i = 0; i < merge->pieces->len; i++) {
    Piece *piece = g_ptr_array_index (merge->pieces, i);
    if (piece->kind != PIECE_ATTACHMENT || !template_is_constant (piece->template))
      continue;
    g_string_truncate (merge->octets, 0);
    if (!put_attachment (merge, piece, NULL, error))
      return FALSE;
    piece->kind = PIECE_OCTETS;
    g_string_truncate (piece->octets, 0);
    g_string_append_len (piece->octets, merge->octets->str, (gssize)merge->octets->len);
  }
  return TRUE;
}

Merge *
merge_new (const MergeRequest *request, GError **error)
{
  g_autoptr (Merge) merge = g_new0 (Merge, 1);
  merge->columns = request->columns;
  merge->folder = g_strdup (request->folder);
  merge->seed = g_strdup (request->seed);
  merge->letter_name = visible_text (request->name, -1);
  merge->by_values = request->by_values;
  merge->key_column = find_key_column (request->columns);
  merge->pieces = g_ptr_array_new_with_free_func (piece_free);
  merge->octets = g_string_new (NULL);
  merge->scratch = g_string_new (NULL);
  merge->key = g_string_new (NULL);
  merge->message_id = g_string_new (NULL);
  merge->recipients = g_ptr_array_new_with_free_func (g_free);
  gboolean good = merge_compile_header (merge, request, error) && merge_compile_body (merge, request, error)
                  && attach_constant_files (merge, error);
  return good ? g_steal_pointer (&merge) : NULL;
}

gboolean
merge_row (Merge *merge, const char *const *values, Merged *ret_merged, GError **error)
{
  g_string_truncate (merge->octets, 0);
  g_ptr_array_set_size (merge->recipients, 0);
  g_clear_pointer (&merge->from, g_free);
  for (guint i = 0; i < merge->pieces->len; i++)
    if (!put_piece (merge, g_ptr_array_index (merge->pieces, i), values, error))
      return FALSE;
  *ret_merged = (Merged){ .octets = merge->octets,
                          .from = merge->from,
                          .recipients = merge->recipients,
                          .key = merge->key->str,
                          .message_id = merge->message_id->str };
  return TRUE;
}
