/* Between merge.c, which runs through the pieces of a letter for each row, and those that
 * make the pieces. */
#pragma once

#include "mail/merge.h"

typedef enum {
  PIECE_OCTETS,     /* the same for all */
  PIECE_FIELD,      /* one of free text */
  PIECE_ADDRESSES,  /* a field of mailboxes */
  PIECE_MESSAGE_ID,
  PIECE_BODY,       /* a text part: its type, encoding, empty line and content */
  PIECE_ATTACHMENT, /* with the boundary before it */
} PieceKind;

typedef enum { ROLE_NONE, ROLE_FROM, ROLE_RECIPIENTS, ROLE_HIDDEN } AddressRole;

typedef struct {
  PieceKind      kind;
  GString       *octets;   /* PIECE_OCTETS; PIECE_ATTACHMENT: the boundary */
  char          *name;     /* of a field; PIECE_BODY: "text/plain; charset=…" */
  Template      *template; /* of the value, content or file name */
  TemplateEscape escape;
  AddressRole    role;
  GPtrArray     *mailboxes; /* of MailboxTemplate */
  gboolean       may_climb; /* PIECE_ATTACHMENT: the template itself says ".." */
  gboolean       absolute;  /* and begins with "/" */
} Piece;

typedef struct {
  Template *name; /* NULL: none */
  Template *address;
} MailboxTemplate;

struct Merge {
  const char *const *columns;
  char      *folder;
  char      *seed;
  char      *letter_name;
  int        key_column; /* -1: none */
  gboolean   one_click, by_values;
  gboolean   has_from, has_recipients;
  GPtrArray *pieces;     /* of Piece */

  /* The present row's. */
  GString   *octets, *scratch, *key, *message_id;
  GPtrArray *recipients; /* of char * */
  char      *from;
};

/* The piece of octets at the end, where more can be appended. */
GString *merge_octets (Merge *merge);
Piece   *merge_add_piece (Merge *merge, PieceKind kind);

/* A template of the letter's; NULL with ERROR. */
Template *merge_template (const Merge *merge, const char *what, guint line, const char *text, GError **error);

/* Every field but those of the body (RFC 2045). */
gboolean merge_compile_header (Merge *merge, const MergeRequest *request, GError **error);

/* The fields of the body, the body, and attachments. */
gboolean merge_compile_body (Merge *merge, const MergeRequest *request, GError **error);

/* Where the tags of TEXT stood there are words that other parsers leave alone. */
typedef struct {
  char      *token;
  GPtrArray *tags; /* of char * */
} HiddenTags;

void  hidden_tags_init (HiddenTags *hidden);
void  hidden_tags_clear (HiddenTags *hidden);
char *hidden_tags_hide (HiddenTags *hidden, const char *text);
char *hidden_tags_show (const HiddenTags *hidden, const char *text);

/* TEXT, a template in Markdown, as a template in HTML. */
char *merge_markdown (const char *text);
