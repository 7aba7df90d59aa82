/* An encoding is chosen from what is in the octets, never from a file's name: text
 * stays readable where that gives the same octets back, everything else is base64. */
#include "mail/build-part.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "mail/header-write.h"
#include "mail/transfer-encoder.h"
#include "mail/wire-scan.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
write_part_header (BodyWriter *writer, const char *type, const char *disposition, const char *encoding,
                   GError **error)
{
  g_autoptr (GString) header = g_string_new (NULL);
  header_append (header, "Content-Type", type);
  if (disposition != NULL)
    header_append (header, "Content-Disposition", disposition);
  header_append (header, "Content-Transfer-Encoding", encoding);
  g_string_append (header, "\r\n");
  return body_writer_append (writer, header->str, header->len, error);
}

/* Everything of READER, encoded, with CRLF line ends. */
static gboolean
write_encoded (BodyWriter *writer, BodyReader *reader, TransferKind kind, GError **error)
{
  TransferEncoder encoder;
  WireFilter lines;
  transfer_encoder_init (&encoder, kind);
  wire_filter_init (&lines);
  g_autoptr (GString) encoded = g_string_new (NULL);
  guint8 octets[16 * 1024], out[16 * 1024];
  gssize given;
  do {
    given = body_reader_read (reader, octets, sizeof octets, error);
    if (given < 0)
      return FALSE;
    g_string_truncate (encoded, 0);
    if (given > 0)
      transfer_encoder_add (&encoder, octets, (gsize)given, encoded);
    else
      transfer_encoder_end (&encoder, encoded);
    for (gsize at = 0; at < encoded->len || lines.owes_lf;) {
      gsize used = 0;
      gsize put = wire_filter_run (&lines, (const guint8 *)encoded->str + at, encoded->len - at, &used, out,
                                   sizeof out);
      if (!body_writer_append (writer, out, put, error))
        return FALSE;
      at += used;
    }
  } while (given > 0);
  return TRUE;
}

static gboolean
scan_source (BodySource *source, WireScan *scan, GError **error)
{
  g_autoptr (BodyReader) reader = body_source_open (source, error);
  return reader != NULL && wire_scan_reader (scan, reader, error);
}

static gboolean
write_source (BodyWriter *writer, BodySource *source, TransferKind kind, GError **error)
{
  g_autoptr (BodyReader) reader = body_source_open (source, error);
  return reader != NULL && write_encoded (writer, reader, kind, error);
}

static const char *
plain_encoding (const WireScan *scan)
{
  return scan->eight_bit ? "8bit" : "7bit";
}

typedef struct {
  const char *media_type;
  const char *text;
  gsize length;
  const char *charset;   /* NULL: UTF-8, or ISO-8859-1 when it isn't valid UTF-8 */
  const char *parameter; /* one more of the media type; NULL: none */
} TextPart;

static gboolean
write_text_part (BodyWriter *writer, const TextPart *part, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (part->text, part->length);
  g_autoptr (BodySource) source = body_source_new_bytes (bytes);
  WireScan scan;
  if (!scan_source (source, &scan, error))
    return FALSE;
  const char *charset = part->charset                                        ? part->charset
                        : !scan.eight_bit                                    ? "us-ascii"
                        : g_utf8_validate_len (part->text, part->length, NULL) ? "utf-8"
                                                                               : "iso-8859-1";
  g_autoptr (GString) type = g_string_new (part->media_type);
  header_append_parameter (type, "charset", charset);
  if (part->parameter != NULL)
    g_string_append_printf (type, "; %s", part->parameter);
  gboolean quote = scan.nul || scan.longest_line > WIRE_LINE_LIMIT;
  TransferKind kind = quote ? TRANSFER_QUOTED_PRINTABLE : TRANSFER_AS_IS;
  const char *encoding = quote ? transfer_kind_name (kind) : plain_encoding (&scan);
  return write_part_header (writer, type->str, NULL, encoding, error)
         && write_source (writer, source, kind, error);
}

gboolean
build_text_part (BodyWriter *writer, const BuildRequest *request, GError **error)
{
  const TextPart part = { .media_type = "text/plain",
                          .text = request->text,
                          .length = request->text_length,
                          .charset = request->charset,
                          .parameter = request->flowed ? "format=flowed" : NULL };
  return write_text_part (writer, &part, error);
}

gboolean
build_html_part (BodyWriter *writer, const char *html, GError **error)
{
  const TextPart part = { .media_type = "text/html", .text = html, .length = strlen (html) };
  return write_text_part (writer, &part, error);
}

static gboolean
refuse_file (const char *path, const char *reason, GError **error)
{
  g_autofree char *shown = visible_text (path, -1);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_NO_INPUT, _ ("can't attach %s: %s"), shown, reason);
  return FALSE;
}

/* Read whole rather than mapped: a pipe can't be mapped, and a file that shrinks while
 * it is mapped ends the process. */
static BodySource *
read_file (const char *path, GError **error)
{
  int fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  struct stat status;
  BodySource *source = NULL;
  if (fd < 0 || fstat (fd, &status) < 0)
    refuse_file (path, g_strerror (errno), error);
  else if (S_ISDIR (status.st_mode))
    refuse_file (path, g_strerror (EISDIR), error);
  else
    source = body_source_new_fd (fd, error);
  if (fd >= 0)
    close (fd);
  return source;
}

/* type/subtype, maybe with parameters, in printable ASCII. */
static gboolean
is_media_type (const char *type)
{
  const char *token = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&^_.+-";
  gsize first = strspn (type, token);
  if (first == 0 || type[first] != '/')
    return FALSE;
  gsize second = strspn (type + first + 1, token);
  const char *rest = type + first + 1 + second;
  for (const char *at = rest; *at != '\0'; at++)
    if (*at < ' ' || *at > '~')
      return FALSE;
  return second > 0 && (*rest == '\0' || *rest == ';');
}

static char *
guess_type (const char *name, BodySource *source, GError **error)
{
  guint8 start[4096];
  g_autoptr (BodyReader) reader = body_source_open (source, error);
  gssize given = reader != NULL ? body_reader_read (reader, start, sizeof start, error) : -1;
  if (given < 0)
    return NULL;
  g_autofree char *content_type = g_content_type_guess (name, start, (gsize)given, NULL);
  char *type = g_content_type_get_mime_type (content_type);
  return type != NULL ? type : g_strdup ("application/octet-stream");
}

static gboolean
source_is_utf8 (BodySource *source)
{
  guint8 octets[64 * 1024];
  if (body_source_size (source) > sizeof octets)
    return FALSE; /* not worth a pass of its own: base64 loses nothing */
  g_autoptr (BodyReader) reader = body_source_open (source, NULL);
  gssize given = body_reader_read (reader, octets, sizeof octets, NULL);
  return given == (gssize)body_source_size (source)
         && g_utf8_validate_len ((char *)octets, (gsize)given, NULL);
}

/* The octets come back the same on a system whose lines end in LF. */
static gboolean
survives_as_text (const WireScan *scan, BodySource *source)
{
  return !scan->nul && !scan->bare_cr && scan->longest_line <= WIRE_LINE_LIMIT
         && scan->size == body_source_size (source) + scan->lines
         && (!scan->eight_bit || source_is_utf8 (source));
}

/* How a file of this TYPE goes; appends the charset where it is known. */
static TransferKind
choose_encoding (GString *type, const WireScan *scan, BodySource *source)
{
  /* RFC 2046, 5.2.1: nothing but 7bit and 8bit there; the wire form mends the rest. */
  if (g_ascii_strncasecmp (type->str, "message/", 8) == 0)
    return TRANSFER_AS_IS;
  if (g_ascii_strncasecmp (type->str, "text/", 5) != 0 || !survives_as_text (scan, source))
    return TRANSFER_BASE64;
  if (strchr (type->str, ';') == NULL)
    header_append_parameter (type, "charset", scan->eight_bit ? "utf-8" : "us-ascii");
  return TRANSFER_AS_IS;
}

/* What another system shows and stores: no folders, no control characters. */
static char *
attached_name (const char *path)
{
  g_autofree char *base = g_path_get_basename (path);
  char *name = g_utf8_validate (base, -1, NULL)
                   ? g_steal_pointer (&base)
                   : g_convert (base, -1, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
  for (char *at = name; *at != '\0'; at++)
    if (g_ascii_iscntrl (*at))
      *at = '_';
  return name;
}

static gboolean
refuse_type (const char *type, GError **error)
{
  g_autofree char *shown = visible_text (type, -1);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("\"%s\" is no media type for a file"), shown);
  return FALSE;
}

gboolean
build_attachment (BodyWriter *writer, const BuildAttachment *attachment, GError **error)
{
  const char *type = attachment->type;
  if (type != NULL && (!is_media_type (type) || g_ascii_strncasecmp (type, "multipart/", 10) == 0))
    return refuse_type (type, error);
  g_autoptr (BodySource) source = read_file (attachment->path, error);
  WireScan scan;
  if (source == NULL || !scan_source (source, &scan, error))
    return FALSE;
  const gboolean named = attachment->name != NULL && *attachment->name != '\0';
  g_autofree char *name = attached_name (named ? attachment->name : attachment->path);
  g_autofree char *guessed = type == NULL ? guess_type (name, source, error) : NULL;
  if (type == NULL && guessed == NULL)
    return FALSE;
  g_autoptr (GString) value = g_string_new (type != NULL ? type : guessed);
  g_autoptr (GString) disposition = g_string_new ("attachment");
  header_append_parameter (disposition, "filename", name);
  TransferKind kind = choose_encoding (value, &scan, source);
  const char *encoding = kind == TRANSFER_AS_IS ? plain_encoding (&scan) : transfer_kind_name (kind);
  return write_part_header (writer, value->str, disposition->str, encoding, error)
         && write_source (writer, source, kind, error);
}

gboolean
build_forwarded (BodyWriter *writer, GBytes *message, GError **error)
{
  g_autoptr (BodySource) source = body_source_new_bytes (message);
  WireScan scan;
  return scan_source (source, &scan, error)
         && write_part_header (writer, "message/rfc822", "inline", plain_encoding (&scan), error)
         && write_source (writer, source, TRANSFER_AS_IS, error);
}
