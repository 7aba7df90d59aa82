/* The log of what was sent, for scripts: a line for each try in the form of msmtp's log, so
 * that what reads that reads this; our own keys follow behind msmtp's last one. */
#pragma once

#include "config/account.h"
#include "core/outcome.h"

/* What one try came to, with an outbox or without. */
typedef struct {
  const Account  *account;
  const Envelope *envelope;
  const Outcome  *outcome;
  guint64         size; /* octets of the message */
  const gboolean *asked; /* by recipient: the try was for them; NULL: for all */
  gint64          at;   /* wall clock, µs since 1970; as .next */
  const char     *path; /* "587/IPv4 mail.example.org [192.0.2.1]"; NULL: unknown, or none was reached */
  gint64          id;   /* in the outbox; 0: none */
  guint           number; /* of the try, from 1; 0: unknown */
  gint64          next;   /* when it is tried again; 0: not */
} LogEntry;

typedef struct {
  char *text;   /* one line, without date and line end; nothing in it acts on a terminal */
  int   status; /* of sysexits.h */
} LogLine;

/* A line for the recipients of this try; where their fates differ, one for each fate: an
 * array of LogLine, the caller's. */
GPtrArray *log_lines (const LogEntry *entry);

/* Writes them where ENTRY's account says. FALSE with TOUKAN_ERROR_IO when a file can't be
 * written. */
gboolean log_write (const LogEntry *entry, GError **error);

/* Writes TEXT, words of our own, there as a line of its own. */
gboolean log_note (const Account *account, gint64 at, const char *text, GError **error);
