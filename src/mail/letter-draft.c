/* A draft is a message that any program can show, and a letter to the octet. Where a field of the
 * message says all (ASCII that is understood as it stands) it is the letter's; otherwise the
 * letter's own octets stand in X-Toukan-NAME, percent-encoded. Both are decided by reading back
 * what was written, so that they can't disagree. */
#include "mail/letter.h"

#include "base/error.h"
#include "base/i18n.h"
#include "mail/address.h"
#include "mail/header-scan.h"
#include "mail/header-write.h"
#include "mail/mime-value.h"
#include "mail/wire-scan.h"

#include <string.h>

#define PREFIX "X-Toukan-"

/* As much as a message of ours can be. */
#define DRAFT_LIMIT ((gsize)256 * 1024 * 1024)

/* Octets between the blanks at which an encoded value may be folded. */
#define FOLD 60

typedef enum { FIELD_ADDRESSES, FIELD_WORDS, FIELD_OWN } FieldKind;

static const struct {
  const char *name;
  gsize offset;
  FieldKind kind;
  gboolean optional; /* NULL and "" differ */
} fields[] = {
  { "Account", offsetof (Letter, account), FIELD_OWN, TRUE },
  { "From", offsetof (Letter, from), FIELD_ADDRESSES, FALSE },
  { "To", offsetof (Letter, to), FIELD_ADDRESSES, FALSE },
  { "Cc", offsetof (Letter, cc), FIELD_ADDRESSES, FALSE },
  { "Bcc", offsetof (Letter, bcc), FIELD_ADDRESSES, FALSE },
  { "Reply-To", offsetof (Letter, reply_to), FIELD_ADDRESSES, FALSE },
  { "Subject", offsetof (Letter, subject), FIELD_WORDS, FALSE },
  { "In-Reply-To", offsetof (Letter, in_reply_to), FIELD_WORDS, TRUE },
  { "References", offsetof (Letter, references), FIELD_WORDS, TRUE },
};

static char **
member (Letter *letter, gsize index)
{
  return (char **)((char *)letter + fields[index].offset);
}

/* --- octets in a field ------------------------------------------------------------------- */

static void
append_encoded (GString *out, const char *text)
{
  gsize since_blank = 0;

  for (; *text != '\0'; text++) {
    if (since_blank >= FOLD) {
      g_string_append_c (out, ' ');
      since_blank = 0;
    }
    const gboolean plain = g_ascii_isalnum (*text) || strchr ("-._~/@", *text) != NULL;
    g_string_append_printf (out, plain ? "%c" : "%%%02X", (guchar)*text);
    since_blank += plain ? 1 : 3;
  }
}

/* NULL: it isn't of append_encoded()'s making. */
static char *
decode (const char *text)
{
  g_autofree char *packed = g_strdup (text);
  char *to = packed;

  for (const char *at = text; *at != '\0'; at++)
    if (!g_ascii_isspace (*at))
      *to++ = *at;
  *to = '\0';
  to = packed;
  for (const char *at = packed; *at != '\0'; at++) {
    if (*at != '%') {
      *to++ = *at;
      continue;
    }
    if (!g_ascii_isxdigit (at[1]) || !g_ascii_isxdigit (at[2]) || (at[1] == '0' && at[2] == '0'))
      return NULL;
    *to++ = (char)(g_ascii_xdigit_value (at[1]) << 4 | g_ascii_xdigit_value (at[2]));
    at += 2;
  }
  *to = '\0';
  return g_steal_pointer (&packed);
}

/* --- writing ------------------------------------------------------------------------------- */

/* The field for other programs; FALSE: there is none that they would understand. */
static gboolean
append_common (GString *out, const char *name, FieldKind kind, const char *text)
{
  if (kind == FIELD_OWN || *text == '\0' || strpbrk (text, "\r\n") != NULL
      || !g_utf8_validate (text, -1, NULL))
    return FALSE;
  if (kind == FIELD_WORDS) {
    g_autofree char *words = header_encode_text (text);
    return header_append (out, name, words);
  }
  g_autoptr (GPtrArray) mailboxes = address_parse_list (text, NULL, NULL);
  if (mailboxes == NULL || mailboxes->len == 0)
    return FALSE;
  return g_str_is_ascii (text) && strstr (text, "=?") == NULL
             ? header_append (out, name, text)
             : header_append_mailboxes (out, name, mailboxes);
}

static gboolean
reads_back (const char *field, gsize length, const char *text)
{
  g_autoptr (GArray) found = header_scan (field, length);
  g_autofree char *value
      = found->len == 1 ? header_field_value (field, &g_array_index (found, HeaderField, 0)) : NULL;

  return g_strcmp0 (value, text) == 0;
}

static void
append_own (GString *out, const char *name, const char *text)
{
  g_autofree char *own = g_strconcat (PREFIX, name, NULL);
  g_autoptr (GString) value = g_string_new (NULL);

  append_encoded (value, text);
  header_append (out, own, value->str);
}

static void
append_field (GString *out, gsize index, const char *text)
{
  const gsize before = out->len;

  if (text == NULL || (*text == '\0' && !fields[index].optional))
    return;
  if (!append_common (out, fields[index].name, fields[index].kind, text)
      || !reads_back (out->str + before, out->len - before, text))
    append_own (out, fields[index].name, text);
}

/* path; name=…; type=… */
static void
append_attachment (GString *out, const LetterAttachment *attachment)
{
  g_autoptr (GString) value = g_string_new (NULL);

  append_encoded (value, attachment->path);
  if (attachment->name != NULL) {
    g_string_append (value, "; name=");
    append_encoded (value, attachment->name);
  }
  if (attachment->type != NULL) {
    g_string_append (value, "; type=");
    append_encoded (value, attachment->type);
  }
  header_append (out, PREFIX "Attachment", value->str);
}

/* Lines as they are where that loses nothing, base64 otherwise. */
static void
append_text_part (GString *out, const char *body)
{
  const gsize length = strlen (body);
  WireScan scan;

  wire_scan_init (&scan);
  wire_scan_add (&scan, (const guint8 *)body, length);
  wire_scan_end (&scan);
  const gboolean plain
      = !strchr (body, '\r') && scan.longest_line <= WIRE_LINE_LIMIT && g_utf8_validate (body, -1, NULL);
  header_append (out, "Content-Type", "text/plain; charset=utf-8");
  header_append (out, "Content-Transfer-Encoding", plain ? (scan.eight_bit ? "8bit" : "7bit") : "base64");
  g_string_append (out, "\r\n");
  if (plain) {
    for (const char *line = body; *line != '\0';) {
      const gsize octets = strcspn (line, "\n");
      g_string_append_len (out, line, (gssize)octets);
      g_string_append (out, line[octets] == '\n' ? "\r\n" : "");
      line += octets + (line[octets] == '\n');
    }
    return;
  }
  int state = 0, save = 0;
  g_autofree char *encoded = g_malloc ((length / 3 + 1) * 4 + (length / 3 + 1) * 4 / 72 + 8);
  gsize used = g_base64_encode_step ((const guchar *)body, length, TRUE, encoded, &state, &save);
  used += g_base64_encode_close (TRUE, encoded + used, &state, &save);
  g_string_append_len (out, encoded, (gssize)used);
}

/* The same for the same letter; in neither of its parts. */
static char *
choose_boundary (const Letter *letter)
{
  gsize size = 0;
  const char *forwarded = g_bytes_get_data (letter->forwarded, &size);

  for (guint i = 0;; i++) {
    g_autofree char *seed = g_strdup_printf ("%u %" G_GSIZE_FORMAT " %u", i, size, g_str_hash (letter->body));
    g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, seed, -1);
    g_autofree char *boundary = g_strdup_printf ("=_%.32s", sum);
    if (strstr (letter->body, boundary) == NULL
        && (size == 0 || memmem (forwarded, size, boundary, strlen (boundary)) == NULL))
      return g_steal_pointer (&boundary);
  }
}

static void
append_multipart (GString *out, const Letter *letter)
{
  g_autofree char *boundary = choose_boundary (letter);
  g_autofree char *type = g_strdup_printf ("multipart/mixed; boundary=\"%s\"", boundary);
  gsize size = 0;
  const char *forwarded = g_bytes_get_data (letter->forwarded, &size);

  header_append (out, "Content-Type", type);
  g_string_append_printf (out, "\r\n--%s\r\n", boundary);
  append_text_part (out, letter->body);
  g_string_append_printf (out, "\r\n--%s\r\nContent-Type: message/rfc822\r\n\r\n", boundary);
  g_string_append_len (out, forwarded, (gssize)size);
  g_string_append_printf (out, "\r\n--%s--\r\n", boundary);
}

GBytes *
letter_write_draft (const Letter *letter)
{
  GString *out = g_string_new (PREFIX "Draft: 1\r\n");

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    append_field (out, i, *member ((Letter *)letter, i));
  for (guint i = 0; i < letter->headers->len; i++)
    append_own (out, "Header", letter->headers->pdata[i]);
  for (guint i = 0; i < letter->attachments->len; i++)
    append_attachment (out, letter->attachments->pdata[i]);
  header_append (out, "MIME-Version", "1.0");
  if (letter->forwarded != NULL)
    append_multipart (out, letter);
  else
    append_text_part (out, letter->body);
  return g_string_free_to_bytes (out);
}

/* --- reading --------------------------------------------------------------------------------- */

typedef struct {
  const char *text;
  gsize length;
} Octets;

static gboolean
refuse (const char *reason, GError **error)
{
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("the draft can't be read: %s"), reason);
  return FALSE;
}

static GString *
read_all (BodyReader *reader, GError **error)
{
  g_autoptr (GString) all = g_string_new (NULL);
  guint8 buffer[64 * 1024];
  gssize given;

  while ((given = body_reader_read (reader, buffer, sizeof buffer, error)) > 0) {
    g_string_append_len (all, (const char *)buffer, given);
    if (all->len > DRAFT_LIMIT) {
      refuse (_ ("it is too big"), error);
      return NULL;
    }
  }
  return given == 0 ? g_steal_pointer (&all) : NULL;
}

/* Takes the header off OCTETS. */
static Octets
take_header (Octets *octets)
{
  gsize at = 0, line;

  while ((line = header_line_length (octets->text, octets->length, at)) > 0) {
    if (octets->text[at] == '\r' || octets->text[at] == '\n')
      break;
    at += line;
  }
  const Octets header = { octets->text, at };
  octets->text += at + line;
  octets->length -= at + line;
  return header;
}

/* The value of the field NAME; NULL: there is none. */
static char *
find_value (const Octets *header, const GArray *found, const char *name)
{
  for (guint i = 0; i < found->len; i++) {
    const HeaderField *field = &g_array_index (found, HeaderField, i);
    if (header_field_is (header->text, field, name))
      return header_field_value (header->text, field);
  }
  return NULL;
}

static gboolean
read_fields (Letter *letter, const Octets *header, const GArray *found)
{
  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++) {
    g_autofree char *own_name = g_strconcat (PREFIX, fields[i].name, NULL);
    g_autofree char *own = find_value (header, found, own_name);
    char *text = own != NULL                   ? decode (own)
                 : fields[i].kind != FIELD_OWN ? find_value (header, found, fields[i].name)
                                               : NULL;
    if (own != NULL && text == NULL)
      return FALSE;
    if (text != NULL) {
      g_free (*member (letter, i));
      *member (letter, i) = text;
    }
  }
  return TRUE;
}

static gboolean
read_attachment (Letter *letter, const char *value)
{
  g_auto (GStrv) pieces = g_strsplit (value, ";", 4);
  g_autofree char *path = pieces[0] != NULL ? decode (pieces[0]) : g_strdup ("");
  g_autofree char *name = NULL, *type = NULL;
  gboolean good = path != NULL;

  for (guint i = 1; good && pieces[0] != NULL && pieces[i] != NULL; i++) {
    const char *piece = g_strstrip (pieces[i]);
    char **into = g_str_has_prefix (piece, "name=")   ? &name
                  : g_str_has_prefix (piece, "type=") ? &type
                                                      : NULL;
    good = into != NULL && *into == NULL && (*into = decode (piece + strlen ("name="))) != NULL;
  }
  if (good)
    letter_attach (letter, path, name, type);
  return good;
}

static gboolean
read_lists (Letter *letter, const Octets *header, const GArray *found)
{
  for (guint i = 0; i < found->len; i++) {
    const HeaderField *field = &g_array_index (found, HeaderField, i);
    g_autofree char *value = header_field_value (header->text, field);
    if (header_field_is (header->text, field, PREFIX "Attachment") && !read_attachment (letter, value))
      return FALSE;
    if (header_field_is (header->text, field, PREFIX "Header")) {
      char *line = decode (value);
      if (line == NULL)
        return FALSE;
      g_ptr_array_add (letter->headers, line);
    }
  }
  return TRUE;
}

static void
read_text_part (Letter *letter, const Octets *header, Octets text)
{
  g_autoptr (GArray) found = header_scan (header->text, header->length);
  g_autofree char *encoding = find_value (header, found, "Content-Transfer-Encoding");

  g_free (letter->body);
  letter->body = g_strndup (text.text, text.length);
  if (g_strcmp0 (encoding, "base64") == 0) {
    gsize length = 0;
    if (strlen (letter->body) > 1) /* GLib wants it so */
      g_base64_decode_inplace (letter->body, &length);
    letter->body[length] = '\0';
    return;
  }
  char *to = letter->body;
  for (const char *at = letter->body; *at != '\0'; at++)
    if (at[0] != '\r' || at[1] != '\n')
      *to++ = *at;
  *to = '\0';
}

/* Up to the delimiter, which is taken off OCTETS with it. */
static gboolean
take_part (Octets *octets, const char *delimiter, Octets *ret_part)
{
  const char *end
      = octets->length > 0 ? memmem (octets->text, octets->length, delimiter, strlen (delimiter)) : NULL;
  if (end == NULL)
    return FALSE;
  *ret_part = (Octets){ octets->text, (gsize)(end - octets->text) };
  octets->length -= ret_part->length + strlen (delimiter);
  octets->text = end + strlen (delimiter);
  return TRUE;
}

/* The empty line before the first delimiter belongs to the header already. */
static gboolean
read_parts (Letter *letter, const char *boundary, Octets octets)
{
  g_autofree char *open = g_strdup_printf ("--%s\r\n", boundary);
  g_autofree char *delimiter = g_strdup_printf ("\r\n--%s\r\n", boundary);
  g_autofree char *close = g_strdup_printf ("\r\n--%s--\r\n", boundary);
  Octets filler, text, forwarded;

  if (!take_part (&octets, open, &filler) || !take_part (&octets, delimiter, &text)
      || !take_part (&octets, close, &forwarded))
    return FALSE;
  const Octets header = take_header (&text);
  read_text_part (letter, &header, text);
  take_header (&forwarded);
  letter->forwarded = g_bytes_new (forwarded.text, forwarded.length);
  return TRUE;
}

Letter *
letter_read_draft (BodyReader *reader, GError **error)
{
  g_autoptr (GString) all = read_all (reader, error);
  g_autoptr (Letter) letter = letter_new ();

  if (all == NULL)
    return NULL;
  Octets octets = { all->str, all->len };
  const Octets header = take_header (&octets);
  g_autoptr (GArray) found = header_scan (header.text, header.length);
  g_autofree char *draft = find_value (&header, found, PREFIX "Draft");
  g_autofree char *type = find_value (&header, found, "Content-Type");
  g_autofree char *boundary = type != NULL ? mime_value_parameter (type, "boundary") : NULL;
  if (draft == NULL) {
    refuse (_ ("it is none of toukan's"), error);
    return NULL;
  }
  gboolean good = read_fields (letter, &header, found) && read_lists (letter, &header, found);
  if (good && boundary != NULL)
    good = read_parts (letter, boundary, octets);
  else if (good)
    read_text_part (letter, &header, octets);
  if (!good)
    refuse (_ ("it is damaged"), error);
  return good ? g_steal_pointer (&letter) : NULL;
}
