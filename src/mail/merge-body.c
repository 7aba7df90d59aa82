/* The body of a letter. GMime takes it apart, once; its text parts become templates, all
 * others stay as they are encoded. */
#include "mail/merge-private.h"

#include "base/error.h"
#include "base/i18n.h"
#include "mail/build-part.h"
#include "mail/gmime-start.h"
#include "mail/header-write.h"

#include <gmime/gmime.h>
#include <string.h>

#define DEPTH_LIMIT 16

typedef struct {
  Merge *merge;
  const MergeRequest *request;
  gboolean text_seen;
  guint depth;
  GError **error;
} BodyCompiler;

static gboolean compile_entity (BodyCompiler *body, GMimeObject *entity, gboolean top);

static gboolean
refuse (const BodyCompiler *body, const char *reason)
{
  g_set_error (body->error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, "%s: %s", body->merge->letter_name, reason);
  return FALSE;
}

static char *
boundary_new (void)
{
  g_autofree char *token = build_token ();
  /* "=_" is in no quoted-printable and no base64 text. */
  return g_strdup_printf ("=_%s", token);
}

static void
add_boundary (GString *out, const char *boundary, gboolean last)
{
  g_string_append_printf (out, "\r\n--%s%s\r\n", boundary, last ? "--" : "");
}

static void
begin_multipart (BodyCompiler *body, const char *type, const char *boundary)
{
  GString *out = merge_octets (body->merge);
  g_autoptr (GString) value = g_string_new (type);
  header_append_parameter (value, "boundary", boundary);
  header_append (out, "Content-Type", value->str);
  g_string_append (out, "\r\n");
}

/* TYPE with those of its parameters that aren't made anew. */
static char *
type_with_parameters (GMimeContentType *content_type)
{
  g_autofree char *type = g_mime_content_type_get_mime_type (content_type);
  g_autoptr (GString) value = g_string_new (type);
  GMimeParamList *parameters = g_mime_content_type_get_parameters (content_type);
  for (int i = 0; i < g_mime_param_list_length (parameters); i++) {
    GMimeParam *parameter = g_mime_param_list_get_parameter_at (parameters, i);
    const char *name = g_mime_param_get_name (parameter);
    if (g_ascii_strcasecmp (name, "charset") != 0 && g_ascii_strcasecmp (name, "boundary") != 0)
      header_append_parameter (value, name, g_mime_param_get_value (parameter));
  }
  return g_strdup (value->str);
}

/* "\n" alone, as templates want it. */
static char *
unix_lines (const char *text)
{
  g_autoptr (GString) out = g_string_new (text);
  g_string_replace (out, "\r\n", "\n", 0);
  return g_strdup (out->str);
}

static gboolean
add_text (BodyCompiler *body, const char *type, TemplateEscape escape, guint line, const char *text)
{
  const char *what = line > 0 ? NULL : escape == TEMPLATE_HTML ? _ ("HTML part") : _ ("text part");
  g_autofree char *lines = unix_lines (text);
  Template *template = merge_template (body->merge, what, MAX (line, 1), lines, body->error);
  if (template == NULL)
    return FALSE;
  g_autoptr (GString) value = g_string_new (type);
  header_append_parameter (value, "charset", "utf-8");
  Piece *piece = merge_add_piece (body->merge, PIECE_BODY);
  piece->name = g_strdup (value->str);
  piece->escape = escape;
  piece->template = template;
  return TRUE;
}

static gboolean
add_alternative (BodyCompiler *body, const char *type, guint line, const char *text)
{
  g_autofree char *boundary = boundary_new ();
  g_autofree char *made = body->request->html == NULL ? merge_markdown (text) : NULL;
  begin_multipart (body, "multipart/alternative", boundary);
  add_boundary (merge_octets (body->merge), boundary, FALSE);
  if (!add_text (body, type, TEMPLATE_TEXT, line, text))
    return FALSE;
  add_boundary (merge_octets (body->merge), boundary, FALSE);
  if (!add_text (body, "text/html", TEMPLATE_HTML, 0, made != NULL ? made : body->request->html))
    return FALSE;
  add_boundary (merge_octets (body->merge), boundary, TRUE);
  return TRUE;
}

/* The line of the letter where its body begins, when nothing encodes it; else 0. */
static guint
plain_line (const BodyCompiler *body, GMimeObject *entity, gboolean top)
{
  GMimeContentEncoding encoding = g_mime_part_get_content_encoding (GMIME_PART (entity));
  if (!top || encoding == GMIME_CONTENT_ENCODING_BASE64 || encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE)
    return 0;
  const char *at = body->request->letter, *end = at + body->request->length;
  for (guint line = 1; at < end; line++) {
    const char *next = memchr (at, '\n', (gsize)(end - at));
    if (next == NULL)
      return 0;
    if (next == at || (next == at + 1 && *at == '\r'))
      return line + 1;
    at = next + 1;
  }
  return 0;
}

static gboolean
compile_text (BodyCompiler *body, GMimeObject *entity, gboolean top)
{
  GMimeContentType *content_type = g_mime_object_get_content_type (entity);
  gboolean html = g_mime_content_type_is_type (content_type, "text", "html");
  g_autofree char *text = g_mime_text_part_get_text (GMIME_TEXT_PART (entity));
  if (text == NULL || !g_utf8_validate (text, -1, NULL))
    return refuse (body, _ ("its text isn't in the charset that it says"));
  g_autofree char *type = type_with_parameters (content_type);
  /* What Markdown is made of is read as plain text. */
  const char *plain = g_str_has_prefix (type, "text/markdown") ? "text/plain" : type;
  gboolean first = !body->text_seen;
  body->text_seen = TRUE;
  guint line = plain_line (body, entity, top);
  if (first && !html && (body->request->markdown || body->request->html != NULL))
    return add_alternative (body, plain, line, text);
  return add_text (body, type, html ? TEMPLATE_HTML : TEMPLATE_TEXT, line, text);
}

/* Everything of an entity as it is, with CRLF. */
static gboolean
compile_constant (BodyCompiler *body, GMimeObject *entity)
{
  g_autofree char *text = g_mime_object_to_string (entity, NULL);
  g_autoptr (GString) octets = g_string_new (text);
  g_string_replace (octets, "\r\n", "\n", 0);
  g_string_replace (octets, "\n", "\r\n", 0);
  g_string_append_len (merge_octets (body->merge), octets->str, (gssize)octets->len);
  return TRUE;
}

static gboolean
compile_multipart (BodyCompiler *body, GMimeMultipart *multipart)
{
  GMimeContentType *content_type = g_mime_object_get_content_type (GMIME_OBJECT (multipart));
  if (GMIME_IS_MULTIPART_SIGNED (multipart) || GMIME_IS_MULTIPART_ENCRYPTED (multipart))
    return refuse (body, _ ("it is signed or encrypted, so nothing can be put in"));
  if (body->depth++ == DEPTH_LIMIT)
    return refuse (body, _ ("its parts are nested too deeply"));
  g_autofree char *type = type_with_parameters (content_type);
  g_autofree char *boundary = boundary_new ();
  begin_multipart (body, type, boundary);
  for (int i = 0; i < g_mime_multipart_get_count (multipart); i++) {
    add_boundary (merge_octets (body->merge), boundary, FALSE);
    if (!compile_entity (body, g_mime_multipart_get_part (multipart, i), FALSE))
      return FALSE;
  }
  add_boundary (merge_octets (body->merge), boundary, TRUE);
  body->depth--;
  return TRUE;
}

static gboolean
is_template (GMimeObject *entity)
{
  GMimeContentType *type = g_mime_object_get_content_type (entity);
  const char *disposition = g_mime_object_get_disposition (entity);
  return GMIME_IS_TEXT_PART (entity)
         && (disposition == NULL || g_ascii_strcasecmp (disposition, "attachment") != 0)
         && (g_mime_content_type_is_type (type, "text", "plain")
             || g_mime_content_type_is_type (type, "text", "html")
             || g_mime_content_type_is_type (type, "text", "markdown"));
}

static gboolean
compile_entity (BodyCompiler *body, GMimeObject *entity, gboolean top)
{
  if (GMIME_IS_MULTIPART (entity))
    return compile_multipart (body, GMIME_MULTIPART (entity));
  return is_template (entity) ? compile_text (body, entity, top) : compile_constant (body, entity);
}

static gboolean
add_attachment (BodyCompiler *body, const char *boundary, const char *path)
{
  Template *template = merge_template (body->merge, _ ("attachment"), 1, path, body->error);
  if (template == NULL)
    return FALSE;
  Piece *piece = merge_add_piece (body->merge, PIECE_ATTACHMENT);
  piece->octets = g_string_new (NULL);
  piece->template = template;
  piece->may_climb = strstr (path, "..") != NULL;
  piece->absolute = path[0] == '/';
  add_boundary (piece->octets, boundary, FALSE);
  return TRUE;
}

static gboolean
compile_with_attachments (BodyCompiler *body, GMimeObject *entity)
{
  g_autofree char *boundary = boundary_new ();
  begin_multipart (body, "multipart/mixed", boundary);
  add_boundary (merge_octets (body->merge), boundary, FALSE);
  if (!compile_entity (body, entity, TRUE))
    return FALSE;
  for (const char *const *path = body->request->attachments; *path != NULL; path++)
    if (!add_attachment (body, boundary, *path))
      return FALSE;
  add_boundary (merge_octets (body->merge), boundary, TRUE);
  return TRUE;
}

gboolean
merge_compile_body (Merge *merge, const MergeRequest *request, GError **error)
{
  gmime_start ();
  BodyCompiler body = { .merge = merge, .request = request, .error = error };
  GMimeStream *stream = g_mime_stream_mem_new_with_buffer (request->letter, request->length);
  GMimeParser *parser = g_mime_parser_new_with_stream (stream);
  GMimeMessage *message = g_mime_parser_construct_message (parser, NULL);
  GMimeObject *entity = message != NULL ? g_mime_message_get_mime_part (message) : NULL;
  gboolean good;
  if (entity == NULL)
    good = refuse (&body, _ ("it is no message"));
  else if (request->attachments != NULL && request->attachments[0] != NULL)
    good = compile_with_attachments (&body, entity);
  else
    good = compile_entity (&body, entity, TRUE);
  g_clear_object (&message);
  g_object_unref (parser);
  g_object_unref (stream);
  return good;
}
