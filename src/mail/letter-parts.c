/* Which parts of a message are its words, and which its files. Of alternatives the plainest counts,
 * but what is attached in another one isn't lost. */
#include "mail/letter-source.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "mail/charset.h"
#include "mail/flowed.h"
#include "mail/gmime-start.h"
#include "mail/html-text.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <gmime/gmime.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_LIMIT 32
#define ATTACHMENTS_LIMIT 1000

/* What an editor is still pleasant with, and far more than anybody quotes. */
#define TEXT_LIMIT ((gsize)4 * 1024 * 1024)

/* Octets of a file's name, so that a number can be added (NAME_MAX is 255). */
#define NAME_LIMIT 200

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GMimeStream, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GMimeParser, g_object_unref)

typedef struct {
  LetterParts *parts;
  GString *text;
} Walk;

/* --- text ------------------------------------------------------------------------------------------ */

/* The first LIMIT octets that the part holds once decoded. */
static GByteArray *
decoded (GMimePart *part, gsize limit)
{
  GByteArray *octets = g_byte_array_new ();
  GMimeDataWrapper *content = g_mime_part_get_content (part);
  g_autoptr (GMimeStream) stream = g_mime_stream_mem_new_with_byte_array (octets);

  g_mime_stream_mem_set_owner (GMIME_STREAM_MEM (stream), FALSE);
  if (content != NULL)
    g_mime_data_wrapper_write_to_stream (content, stream);
  if (octets->len > limit)
    g_byte_array_set_size (octets, (guint)limit);
  return octets;
}

static gboolean
parameter_is (GMimeContentType *type, const char *name, const char *value)
{
  const char *given = g_mime_content_type_get_parameter (type, name);

  return given != NULL && g_ascii_strcasecmp (given, value) == 0;
}

static void
append_lines (GString *out, const char *text)
{
  for (; *text != '\0'; text++) {
    if (text[0] == '\r')
      g_string_append (out, text[1] == '\n' ? "" : "\n");
    else
      g_string_append_c (out, *text);
  }
}

static void
take_text (Walk *walk, GMimePart *part)
{
  GMimeContentType *type = g_mime_object_get_content_type (GMIME_OBJECT (part));
  g_autoptr (GByteArray) octets = decoded (part, TEXT_LIMIT + 1);
  g_autofree char *text = charset_to_utf8 ((const char *)octets->data, octets->len,
                                           g_mime_content_type_get_parameter (type, "charset"));
  g_autoptr (GString) lines = g_string_new (NULL);

  append_lines (lines, g_str_has_prefix (text, "\357\273\277") ? text + 3 : text);
  g_autofree char *words = g_mime_content_type_is_type (type, "text", "html") ? html_to_text (lines->str)
                           : parameter_is (type, "format", "flowed")
                               ? flowed_decode (lines->str, parameter_is (type, "delsp", "yes"))
                               : g_strdup (lines->str);
  walk->parts->cut
      = walk->parts->cut || octets->len > TEXT_LIMIT || walk->text->len + strlen (words) > TEXT_LIMIT;
  if (walk->text->len > 0)
    g_string_append_c (walk->text, '\n');
  if (walk->text->len <= TEXT_LIMIT)
    g_string_append (walk->text, words);
  if (walk->text->len > 0 && !g_str_has_suffix (walk->text->str, "\n"))
    g_string_append_c (walk->text, '\n');
}

/* --- the tree ---------------------------------------------------------------------------------------- */

static gboolean
is_attached (GMimeObject *object)
{
  const char *disposition = g_mime_object_get_disposition (object);

  return (disposition != NULL && g_ascii_strcasecmp (disposition, "attachment") == 0)
         || (GMIME_IS_PART (object) && g_mime_part_get_filename (GMIME_PART (object)) != NULL);
}

/* 2: it says all in plain text, 1: in HTML, 0: neither. */
static guint
plainness (GMimeObject *object, guint depth)
{
  GMimeContentType *type = g_mime_object_get_content_type (object);
  guint best = 0;

  if (GMIME_IS_MULTIPART (object)) {
    GMimeMultipart *multipart = GMIME_MULTIPART (object);
    for (int i = 0; depth < DEPTH_LIMIT && i < g_mime_multipart_get_count (multipart); i++)
      best = MAX (best, plainness (g_mime_multipart_get_part (multipart, i), depth + 1));
    return best;
  }
  if (!GMIME_IS_PART (object) || is_attached (object))
    return 0;
  return g_mime_content_type_is_type (type, "text", "plain")  ? 2
         : g_mime_content_type_is_type (type, "text", "html") ? 1
                                                              : 0;
}

typedef enum { WALK_ALL, WALK_ATTACHED /* only what is attached in so many words */ } WalkRule;

static void walk_object (Walk *walk, GMimeObject *object, WalkRule rule, guint depth);

static void
walk_alternatives (Walk *walk, GMimeMultipart *multipart, WalkRule rule, guint depth)
{
  const int count = g_mime_multipart_get_count (multipart);
  int best = 0;
  guint plainest = 0;

  for (int i = 0; i < count; i++) {
    const guint rank = plainness (g_mime_multipart_get_part (multipart, i), depth);
    if (rank > plainest || i == 0) {
      plainest = rank;
      best = i;
    }
  }
  for (int i = 0; i < count; i++)
    walk_object (walk, g_mime_multipart_get_part (multipart, i), i == best ? rule : WALK_ATTACHED, depth + 1);
}

static void
walk_multipart (Walk *walk, GMimeMultipart *multipart, WalkRule rule, guint depth)
{
  GMimeContentType *type = g_mime_object_get_content_type (GMIME_OBJECT (multipart));
  const int count = g_mime_multipart_get_count (multipart);
  /* Once text has gone through an editor no signature is true any more. */
  const gboolean is_signed = g_mime_content_type_is_type (type, "multipart", "signed");

  if (g_mime_content_type_is_type (type, "multipart", "alternative")) {
    walk_alternatives (walk, multipart, rule, depth);
    return;
  }
  for (int i = 0; i < (is_signed ? MIN (count, 1) : count); i++)
    walk_object (walk, g_mime_multipart_get_part (multipart, i), rule, depth + 1);
}

static void
walk_object (Walk *walk, GMimeObject *object, WalkRule rule, guint depth)
{
  if (depth > DEPTH_LIMIT || object == NULL)
    return;
  if (GMIME_IS_MULTIPART (object))
    walk_multipart (walk, GMIME_MULTIPART (object), rule, depth);
  else if (rule == WALK_ALL && plainness (object, depth) > 0)
    take_text (walk, GMIME_PART (object));
  else if ((rule == WALK_ALL || is_attached (object)) && walk->parts->attachments->len < ATTACHMENTS_LIMIT)
    g_ptr_array_add (walk->parts->attachments, g_object_ref (object));
}

void
letter_parts_init (LetterParts *parts, GBytes *message)
{
  gsize size = 0;
  const char *octets = g_bytes_get_data (message, &size);
  Walk walk = { .parts = parts, .text = g_string_new (NULL) };

  gmime_start ();
  g_autoptr (GMimeStream) stream = g_mime_stream_mem_new_with_buffer (size > 0 ? octets : "", size);
  g_autoptr (GMimeParser) parser = g_mime_parser_new_with_stream (stream);
  *parts = (LetterParts){ .attachments = g_ptr_array_new_with_free_func (g_object_unref),
                          .message = g_mime_parser_construct_message (parser, NULL) };
  if (parts->message != NULL)
    walk_object (&walk, g_mime_message_get_mime_part (parts->message), WALK_ALL, 0);
  parts->text = g_string_free (walk.text, FALSE);
}

void
letter_parts_clear (LetterParts *parts)
{
  g_clear_pointer (&parts->text, g_free);
  g_clear_pointer (&parts->attachments, g_ptr_array_unref);
  g_clear_object ((GMimeMessage **)&parts->message);
}

/* --- files --------------------------------------------------------------------------------------------- */

/* What was meant by NAME in some folder of some system: never another folder, never hidden, never
 * longer than a name can be. NULL: nothing is left. */
static char *
file_name (const char *name)
{
  g_autofree char *text = g_utf8_make_valid (name != NULL ? name : "", -1);
  const char *slash = strrchr (text, '/'), *backslash = strrchr (text, '\\');
  char *base = text;

  if (slash != NULL || backslash != NULL)
    base = (char *)MAX (slash != NULL ? slash : text, backslash != NULL ? backslash : text) + 1;
  for (char *at = base; *at != '\0'; at++)
    if (g_ascii_iscntrl (*at))
      *at = '_';
  base = g_strstrip (base);
  base += strspn (base, ".");
  if (strlen (base) <= NAME_LIMIT)
    return *base != '\0' ? g_strdup (base) : NULL;
  const char *dot = strrchr (base, '.');
  const gsize ending = dot != NULL && strlen (dot) <= 20 ? strlen (dot) : 0;
  gsize kept = NAME_LIMIT - ending;
  while (((guchar)base[kept] & 0xC0) == 0x80)
    kept--;
  base[kept] = '\0';
  return g_strconcat (base, ending > 0 ? dot : "", NULL);
}

/* Its subject, for a message. */
static char *
name_of (GMimeObject *object, guint number)
{
  g_autofree char *subject = NULL;
  const char *given = GMIME_IS_PART (object) ? g_mime_part_get_filename (GMIME_PART (object)) : NULL;

  if (GMIME_IS_MESSAGE_PART (object)) {
    GMimeMessage *message = g_mime_message_part_get_message (GMIME_MESSAGE_PART (object));
    const char *words = message != NULL ? g_mime_message_get_subject (message) : NULL;
    g_autofree char *safe = words != NULL ? g_strdelimit (g_strdup (words), "/\\", '_') : NULL;
    subject = g_strdup_printf ("%.150s.eml", safe != NULL && *safe != '\0' ? safe : "message");
    given = subject;
  }
  char *name = file_name (given);
  return name != NULL ? name : g_strdup_printf (_ ("attachment-%u"), number);
}

/* Text in another charset than ours needs to say so. */
static char *
type_of (GMimeObject *object)
{
  GMimeContentType *type = g_mime_object_get_content_type (object);
  g_autofree char *name = g_mime_content_type_get_mime_type (type);
  const char *charset = g_mime_content_type_get_parameter (type, "charset");

  for (const char *at = name; *at != '\0'; at++)
    if (!g_ascii_isalnum (*at) && strchr ("!#$&^_.+-/", *at) == NULL)
      return NULL;
  if (charset == NULL || !g_mime_content_type_is_type (type, "text", "*") || *charset == '\0'
      || strspn (charset, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:+")
             != strlen (charset))
    return g_steal_pointer (&name);
  return g_strdup_printf ("%s; charset=\"%s\"", name, charset);
}

/* A new file in FOLDER: NAME, or that with a number where it is taken. */
static int
create_file (const char *folder, const char *name, char **ret_path)
{
  const char *dot = strrchr (name, '.');
  const int stem = dot != NULL && dot > name ? (int)(dot - name) : (int)strlen (name);
  int fd = -1;

  for (guint i = 1; fd < 0 && i <= ATTACHMENTS_LIMIT + 1; i++) {
    g_autofree char *numbered
        = i == 1 ? g_strdup (name) : g_strdup_printf ("%.*s-%u%s", stem, name, i, name + stem);
    g_free (*ret_path);
    *ret_path = g_build_filename (folder, numbered, NULL);
    fd = g_open (*ret_path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST)
      return -1;
  }
  return fd;
}

static gboolean
write_object (GMimeObject *object, int fd)
{
  g_autoptr (GMimeStream) stream = g_mime_stream_fs_new (fd); /* closes it */
  GMimeDataWrapper *content = GMIME_IS_PART (object) ? g_mime_part_get_content (GMIME_PART (object)) : NULL;
  GMimeMessage *message
      = GMIME_IS_MESSAGE_PART (object) ? g_mime_message_part_get_message (GMIME_MESSAGE_PART (object)) : NULL;
  gssize written = 0;

  if (content != NULL)
    written = g_mime_data_wrapper_write_to_stream (content, stream);
  else if (message != NULL)
    written = g_mime_object_write_to_stream (GMIME_OBJECT (message), NULL, stream);
  return written >= 0 && g_mime_stream_flush (stream) == 0 && g_mime_stream_close (stream) == 0;
}

static gboolean
extract (Letter *letter, GMimeObject *object, guint number, const char *folder, GError **error)
{
  g_autofree char *name = name_of (object, number), *type = type_of (object), *path = NULL;
  int fd = create_file (folder, name, &path);

  if (fd < 0 || !write_object (object, fd)) {
    const int code = errno;
    g_autofree char *shown = visible_text (path, -1);
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO, _ ("can't write the attachment %s: %s"), shown,
                 g_strerror (code));
    if (fd >= 0)
      g_unlink (path);
    return FALSE;
  }
  letter_attach (letter, path, name, type);
  return TRUE;
}

gboolean
letter_extract (Letter *letter, const LetterParts *parts, const char *folder, GError **error)
{
  const guint before = letter->attachments->len;

  for (guint i = 0; i < parts->attachments->len; i++)
    if (!extract (letter, parts->attachments->pdata[i], i + 1, folder, error)) {
      for (guint done = before; done < letter->attachments->len; done++)
        g_unlink (((const LetterAttachment *)letter->attachments->pdata[done])->path);
      g_ptr_array_set_size (letter->attachments, (int)before);
      return FALSE;
    }
  return TRUE;
}
