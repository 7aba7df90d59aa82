/* A message's MIME structure, found while it streams by: headers are gathered, contents
 * only pass. Twice the same walk gives twice the same parts, so that a first one may
 * decide and a second one write. */
#pragma once

#include "mail/body.h"

typedef enum {
  MIME_LEAF,
  MIME_MULTIPART,     /* its parts are entities of their own */
  MIME_MESSAGE,       /* what is in it is the next entity */
  MIME_SIGNED,        /* multipart/signed, multipart/encrypted: not looked into (RFC 1847, 2) */
  MIME_NO_BOUNDARY,   /* a multipart whose parts can't be told apart */
  MIME_TOO_DEEP,
  MIME_OTHER_MESSAGE, /* message/partial and its like, that no encoding may touch */
} MimeShape;

typedef enum {
  MIME_LABEL_NONE,
  MIME_LABEL_7BIT,
  MIME_LABEL_8BIT,
  MIME_LABEL_BINARY,
  MIME_LABEL_QUOTED_PRINTABLE,
  MIME_LABEL_BASE64,
  MIME_LABEL_UNKNOWN,
} MimeLabel;

typedef struct {
  guint     index;  /* in the order of their headers */
  MimeShape shape;
  MimeLabel label;  /* Content-Transfer-Encoding */
  gboolean  text;   /* text of any kind, or nothing said */
  gboolean  typed;  /* there is a Content-Type */
  gboolean  root;   /* the message, or one in it: not a part of a multipart */
} MimeEntity;

/* All return FALSE with an error to stop. */
typedef struct {
  /* All lines before the empty one, each ended by LF. */
  gboolean (*header) (gpointer data, const MimeEntity *entity, const GString *header, GError **error);
  /* The octets of what isn't a multipart or message, line ends as they came. */
  gboolean (*content) (gpointer data, const MimeEntity *entity, const guint8 *octets, gsize length,
                       GError **error);
  gboolean (*content_end) (gpointer data, const MimeEntity *entity, GError **error);
  /* Between the parts: nothing that is shown. */
  gboolean (*filler) (gpointer data, const guint8 *octets, gsize length, GError **error);
  /* Boundary lines with the line end before them, and the empty lines behind headers. */
  gboolean (*delimiter) (gpointer data, const guint8 *octets, gsize length, GError **error);
} MimeVisitor;

gboolean mime_walk (BodyReader *reader, const MimeVisitor *visitor, gpointer data, GError **error);
