/* Verdicts as words of a table, and back. A word that a later version may have added and that this
 * one doesn't know says nothing. */
#include "store/verdict-row.h"

#include <string.h>

char *
column_string (sqlite3_stmt *row, int column)
{
  return g_strdup ((const char *)sqlite3_column_text (row, column));
}

void
verdict_row_init (VerdictRow *row, const Verdict *verdict)
{
  const Reply *reply = verdict->reply;

  *row = (VerdictRow){ .kind = outcome_kind_name (verdict->kind),
                       .stage = stage_name (verdict->stage),
                       .cause = cause_name (verdict->cause),
                       .detail = verdict->detail,
                       .reply = g_string_new (NULL) };
  if (!reply)
    return;
  row->code = (gint64)reply->code;
  if (reply->enhanced.class != 0) {
    g_snprintf (row->text, sizeof row->text, "%u.%u.%u", reply->enhanced.class, reply->enhanced.subject,
                reply->enhanced.detail);
    row->enhanced = row->text;
  }
  /* No line holds a line end. */
  for (gsize i = 0; i < reply->n_lines; i++)
    g_string_append_printf (row->reply, "%s%s", i == 0 ? "" : "\n", reply->lines[i]);
}

void
verdict_row_clear (VerdictRow *row)
{
  g_string_free (row->reply, TRUE);
}

typedef const char *(*NameOf) (int value);

static const char *
kind_of (int value)
{
  return outcome_kind_name ((OutcomeKind)value);
}

static const char *
stage_of (int value)
{
  return stage_name ((Stage)value);
}

static const char *
cause_of (int value)
{
  return cause_name ((Cause)value);
}

/* 0 where NAME is none of those up to LAST. */
static int
parse_name (NameOf name_of, int last, const unsigned char *name)
{
  for (int i = 0; name && i <= last; i++)
    if (strcmp (name_of (i), (const char *)name) == 0)
      return i;
  return 0;
}

static EnhancedCode
parse_enhanced (const unsigned char *text)
{
  g_auto (GStrv) parts = g_strsplit (text ? (const char *)text : "", ".", 3);

  if (g_strv_length (parts) != 3)
    return (EnhancedCode){ 0 };
  return (EnhancedCode){ .class = (guint8)g_ascii_strtoull (parts[0], NULL, 10),
                         .subject = (guint16)g_ascii_strtoull (parts[1], NULL, 10),
                         .detail = (guint16)g_ascii_strtoull (parts[2], NULL, 10) };
}

/* Columns code, enhanced, reply from FIRST. */
static Reply *
read_reply (sqlite3_stmt *row, int first)
{
  const void *octets = sqlite3_column_blob (row, first + 2);
  int length = sqlite3_column_bytes (row, first + 2);

  if (sqlite3_column_int (row, first) == 0)
    return NULL;
  g_autofree char *text = g_strndup (octets ? octets : "", (gsize)length);
  Reply *reply = reply_new ((guint)sqlite3_column_int (row, first), text);
  reply->enhanced = parse_enhanced (sqlite3_column_text (row, first + 1));
  return reply;
}

void
verdict_read (sqlite3_stmt *row, int first, Verdict *ret_verdict)
{
  *ret_verdict = (Verdict){
    .kind = (OutcomeKind)parse_name (kind_of, OUTCOME_CANCELLED, sqlite3_column_text (row, first)),
    .stage = (Stage)parse_name (stage_of, STAGE_QUIT, sqlite3_column_text (row, first + 1)),
    .cause = (Cause)parse_name (cause_of, CAUSE_CANCELLED, sqlite3_column_text (row, first + 2)),
    .reply = read_reply (row, first + 3),
    .detail = column_string (row, first + 6),
  };
}
