/* A parser of MIME that keeps nothing but headers and boundaries. GMime would build a
 * tree and write it again; here what isn't to be changed goes through as it came. */
#include "mail/mime-walk.h"

#include "base/error.h"
#include "base/i18n.h"
#include "mail/header-scan.h"
#include "mail/line-reader.h"
#include "mail/mime-value.h"

#include <string.h>

/* RFC 2046, 5.1.1 says 70; others are generous. */
#define BOUNDARY_LIMIT 200
#define DEPTH_LIMIT 50
#define ENTITY_LIMIT 100000
#define HEADER_LIMIT ((gsize)4 * 1024 * 1024)

typedef enum { IN_HEADER, IN_CONTENT, IN_FILLER } WalkState;

typedef struct {
  char *boundary;
  gsize length;
  gboolean digest; /* its parts are messages unless they say otherwise (RFC 2046, 5.1.5) */
  guint messages;  /* around it */
} Level;

typedef struct {
  const MimeVisitor *visitor;
  gpointer data;
  WalkState state;
  MimeEntity entity;
  guint entities;
  guint messages; /* nested in each other at this place */
  GArray *levels; /* of Level */
  GString *header;
  gboolean part_of_digest;
  guint8 held[2]; /* a content's last line end, which belongs to a boundary behind it */
  gsize held_length;
} Walk;

static const struct {
  const char *name;
  MimeLabel label;
} labels[] = {
  { "7bit", MIME_LABEL_7BIT },     { "8bit", MIME_LABEL_8BIT },
  { "binary", MIME_LABEL_BINARY }, { "quoted-printable", MIME_LABEL_QUOTED_PRINTABLE },
  { "base64", MIME_LABEL_BASE64 },
};

static MimeLabel
label_of (const char *value)
{
  g_autofree char *name = mime_value_main (value);
  for (gsize i = 0; i < G_N_ELEMENTS (labels); i++)
    if (g_str_equal (name, labels[i].name))
      return labels[i].label;
  return name[0] == '\0' ? MIME_LABEL_NONE : MIME_LABEL_UNKNOWN;
}

static gboolean
is_boundary (const char *boundary)
{
  gsize length = boundary != NULL ? strlen (boundary) : 0;
  for (gsize i = 0; i < length; i++)
    if (boundary[i] < ' ' || boundary[i] > '~')
      return FALSE;
  return length > 0 && length <= BOUNDARY_LIMIT && boundary[length - 1] != ' ';
}

static void
clear_level (gpointer data)
{
  g_free (((Level *)data)->boundary);
}

/* ---- what an entity is ---------------------------------------------------- */

static MimeShape
shape_of_multipart (Walk *walk, const char *type, const char *value)
{
  if (g_str_equal (type, "multipart/signed") || g_str_equal (type, "multipart/encrypted"))
    return MIME_SIGNED;
  g_autofree char *boundary = mime_value_parameter (value, "boundary");
  if (!is_boundary (boundary))
    return MIME_NO_BOUNDARY;
  if (walk->levels->len == DEPTH_LIMIT)
    return MIME_TOO_DEEP;
  Level level = { .length = strlen (boundary),
                  .digest = g_str_equal (type, "multipart/digest"),
                  .messages = walk->messages };
  level.boundary = g_steal_pointer (&boundary);
  g_array_append_val (walk->levels, level);
  return MIME_MULTIPART;
}

static MimeShape
shape_of_message (Walk *walk, const char *type)
{
  if (g_str_equal (type, "message/global"))
    return MIME_LEAF; /* RFC 6532, 3.7: may be encoded */
  if (!g_str_equal (type, "message/rfc822") && !g_str_equal (type, "message/news"))
    return MIME_OTHER_MESSAGE;
  return walk->messages == DEPTH_LIMIT ? MIME_TOO_DEEP : MIME_MESSAGE;
}

static char *
meant_value (const Walk *walk, const HeaderField *field)
{
  char *value = header_field_value (walk->header->str, field);
  header_value_put_spaces (value);
  return value;
}

static void
judge_entity (Walk *walk)
{
  MimeEntity *entity = &walk->entity;
  g_autofree char *value = NULL;
  g_autoptr (GArray) fields = header_scan (walk->header->str, walk->header->len);
  entity->label = MIME_LABEL_NONE;
  for (guint i = 0; i < fields->len; i++) {
    const HeaderField *field = &g_array_index (fields, HeaderField, i);
    if (value == NULL && header_field_is (walk->header->str, field, "Content-Type")) {
      value = meant_value (walk, field);
    } else if (header_field_is (walk->header->str, field, "Content-Transfer-Encoding")) {
      g_autofree char *label = meant_value (walk, field);
      entity->label = label_of (label);
    }
  }
  entity->typed = value != NULL;
  if (value == NULL)
    value = g_strdup (walk->part_of_digest ? "message/rfc822" : "text/plain");
  g_autofree char *type = mime_value_main (value);
  entity->text = g_str_has_prefix (type, "text/");
  entity->shape = MIME_LEAF;
  /* RFC 2045, 6.4 forbids to encode what is composite; where it was done it is opaque. */
  if (entity->label > MIME_LABEL_BINARY)
    return;
  if (g_str_has_prefix (type, "multipart/"))
    entity->shape = shape_of_multipart (walk, type, value);
  else if (g_str_has_prefix (type, "message/"))
    entity->shape = shape_of_message (walk, type);
}

static gboolean
begin_entity (Walk *walk, gboolean root, GError **error)
{
  if (walk->entities == ENTITY_LIMIT) {
    g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("the message has too many parts"));
    return FALSE;
  }
  walk->entity = (MimeEntity){ .index = walk->entities++, .root = root };
  walk->part_of_digest
      = !root && walk->levels->len > 0 && g_array_index (walk->levels, Level, walk->levels->len - 1).digest;
  walk->state = IN_HEADER;
  g_string_truncate (walk->header, 0);
  return TRUE;
}

static gboolean
end_header (Walk *walk, GError **error)
{
  judge_entity (walk);
  if (!walk->visitor->header (walk->data, &walk->entity, walk->header, error))
    return FALSE;
  switch (walk->entity.shape) {
  case MIME_MULTIPART:
    walk->state = IN_FILLER;
    return TRUE;
  case MIME_MESSAGE:
    walk->messages++;
    return TRUE;
  default:
    walk->state = IN_CONTENT;
    return TRUE;
  }
}

/* ---- lines ---------------------------------------------------------------- */

/* Which of the open boundaries LINE is: its level, counted from 1; 0: none. An outer one
 * counts inside an inner one (RFC 2046, 5.1.2). */
static guint
find_boundary (const Walk *walk, const LinePiece *line, gboolean *ret_close)
{
  if (!line->first || line->length < 3 || line->octets[0] != '-' || line->octets[1] != '-')
    return 0;
  const char *text = (const char *)line->octets + 2;
  gsize length = line->length - 2;
  while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
    length--;
  for (guint i = walk->levels->len; i > 0; i--) {
    const Level *level = &g_array_index (walk->levels, Level, i - 1);
    gsize more = length - level->length;
    if (length < level->length || memcmp (text, level->boundary, level->length) != 0)
      continue;
    *ret_close = more == 2 && memcmp (text + level->length, "--", 2) == 0;
    if (more == 0 || *ret_close)
      return i;
  }
  return 0;
}

static gboolean
give_held (Walk *walk, GError **error)
{
  gsize length = walk->held_length;
  walk->held_length = 0;
  return length == 0 || walk->visitor->content (walk->data, &walk->entity, walk->held, length, error);
}

static gboolean
take_boundary (Walk *walk, const LinePiece *line, guint level, gboolean close, GError **error)
{
  const MimeVisitor *visitor = walk->visitor;
  /* A header that the boundary cuts off still is one; what it would open is closed. */
  if (walk->state == IN_HEADER && !end_header (walk, error))
    return FALSE;
  if (walk->state == IN_CONTENT && !visitor->content_end (walk->data, &walk->entity, error))
    return FALSE;
  gsize held = walk->held_length;
  walk->held_length = 0;
  walk->messages = g_array_index (walk->levels, Level, level - 1).messages;
  g_array_set_size (walk->levels, close ? level - 1 : level);
  walk->state = IN_FILLER;
  return (held == 0 || visitor->delimiter (walk->data, walk->held, held, error))
         && visitor->delimiter (walk->data, line->octets, line->length + line->end_length, error)
         && (close || begin_entity (walk, FALSE, error));
}

static gboolean
take_header_line (Walk *walk, const LinePiece *line, GError **error)
{
  if (line->first && line->length == 0) {
    if (!end_header (walk, error) || !walk->visitor->delimiter (walk->data, (const guint8 *)"\n", 1, error))
      return FALSE;
    return walk->entity.shape != MIME_MESSAGE || begin_entity (walk, TRUE, error);
  }
  g_string_append_len (walk->header, (const char *)line->octets, (gssize)line->length);
  if (line->end_length > 0)
    g_string_append_c (walk->header, '\n');
  if (walk->header->len <= HEADER_LIMIT)
    return TRUE;
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("a header in the message is longer than %d MiB"),
               (int)(HEADER_LIMIT / 1024 / 1024));
  return FALSE;
}

static gboolean
take_content (Walk *walk, const LinePiece *line, GError **error)
{
  if (!give_held (walk, error)
      || (line->length > 0
          && !walk->visitor->content (walk->data, &walk->entity, line->octets, line->length, error)))
    return FALSE;
  memcpy (walk->held, line->octets + line->length, line->end_length);
  walk->held_length = line->end_length;
  return TRUE;
}

static gboolean
take_line (Walk *walk, const LinePiece *line, GError **error)
{
  gboolean close = FALSE;
  guint level = find_boundary (walk, line, &close);
  if (level > 0)
    return take_boundary (walk, line, level, close, error);
  switch (walk->state) {
  case IN_HEADER:
    return take_header_line (walk, line, error);
  case IN_CONTENT:
    return take_content (walk, line, error);
  default:
    return walk->visitor->filler (walk->data, line->octets, line->length + line->end_length, error);
  }
}

static gboolean
finish (Walk *walk, GError **error)
{
  if (walk->state == IN_HEADER && !end_header (walk, error))
    return FALSE;
  return walk->state != IN_CONTENT
         || (give_held (walk, error) && walk->visitor->content_end (walk->data, &walk->entity, error));
}

static gboolean
walk_lines (Walk *walk, LineReader *lines, GError **error)
{
  LinePiece line;
  int got = 1;
  if (!begin_entity (walk, TRUE, error))
    return FALSE;
  while ((got = line_reader_next (lines, &line, error)) > 0)
    if (!take_line (walk, &line, error))
      return FALSE;
  return got == 0 && finish (walk, error);
}

gboolean
mime_walk (BodyReader *reader, const MimeVisitor *visitor, gpointer data, GError **error)
{
  Walk walk = { .visitor = visitor, .data = data, .header = g_string_new (NULL) };
  walk.levels = g_array_new (FALSE, FALSE, sizeof (Level));
  g_array_set_clear_func (walk.levels, clear_level);
  g_autofree LineReader *lines = g_new (LineReader, 1);
  line_reader_init (lines, reader);
  gboolean good = walk_lines (&walk, lines, error);
  g_array_unref (walk.levels);
  g_string_free (walk.header, TRUE);
  return good;
}
