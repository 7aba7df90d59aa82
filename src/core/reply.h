/* Replies of an SMTP server (RFC 5321, section 4.2; RFC 2034 enhanced codes). */
#pragma once

#include <glib.h>

typedef struct {
  guint8  class;   /* 0: there is none; else 2, 4 or 5 */
  guint16 subject;
  guint16 detail;
} EnhancedCode;

/* One whole reply. Owned by whoever holds it; reply_copy()/reply_free(). */
typedef struct {
  guint        code;     /* 200 to 599 */
  EnhancedCode enhanced; /* as the last line that had one said */
  gsize        n_lines;
  char       **lines;    /* the text of each line without code and line end, as it came
                            (may be any octets but CR, LF, NUL); NULL-terminated */
} Reply;

Reply *reply_new (guint code, const char *text);
Reply *reply_copy (const Reply *reply);
void   reply_free (Reply *reply);

/* "550 5.1.1 no such user", the lines joined with a space; not yet made visible.
 * Free with g_free(). */
char  *reply_to_string (const Reply *reply);

gboolean reply_is_positive (const Reply *reply);  /* 2yz */
gboolean reply_is_temporary (const Reply *reply); /* 4yz */
gboolean reply_is_permanent (const Reply *reply); /* 5yz */

/* Limits: beyond them a reply is a protocol error, not memory. */
#define REPLY_LINE_LIMIT      4096
#define REPLY_LINE_LIMIT_AUTH 12288 /* while AUTH runs (RFC 4954, section 4) */
#define REPLY_TOTAL_LIMIT     65536
#define REPLY_LINES_LIMIT     100

typedef enum {
  REPLY_NEEDS_MORE,
  REPLY_COMPLETE,
  REPLY_MALFORMED,  /* no three digits, codes that differ within a reply, a NUL, a bare CR or LF */
  REPLY_TOO_LONG,
} ReplyStatus;

typedef struct ReplyParser ReplyParser;

ReplyParser *reply_parser_new (void);
void         reply_parser_free (ReplyParser *parser);

/* Line limit of what comes next: REPLY_LINE_LIMIT unless said. */
void reply_parser_set_line_limit (ReplyParser *parser, gsize limit);

/* Takes octets up to the end of one reply. *ret_used says how many it took (all,
 * unless REPLY_COMPLETE). On REPLY_COMPLETE *ret_reply is the caller's. After an
 * error it stays in error. */
ReplyStatus reply_parser_feed (ReplyParser *parser, const guint8 *octets, gsize length,
                               gsize *ret_used, Reply **ret_reply);

/* TRUE when a reply has begun and isn't complete, or a line has. */
gboolean reply_parser_is_inside (const ReplyParser *parser);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reply, reply_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReplyParser, reply_parser_free)
