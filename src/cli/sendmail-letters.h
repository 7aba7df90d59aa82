/* The command line of sendmail(8), as programs have written it for forty years. One table
 * says of every letter what it takes and does; the manual's list is made from it. */
#pragma once

#include "config/account.h"
#include "core/envelope.h"

typedef enum {
  SENDMAIL_DELIVER, /* -bm */
  SENDMAIL_SERVE,   /* -bs */
  SENDMAIL_LIST,    /* -bp, mailq */
  SENDMAIL_ALIASES, /* -bi, newaliases */
  SENDMAIL_VERIFY,  /* -bv */
  SENDMAIL_FLUSH,   /* -q */
  SENDMAIL_HELP,    /* --help */
} SendmailMode;

/* Who is told of a message that can't be sent. */
typedef enum {
  SENDMAIL_ERRORS_PRINT, /* -oep, -oew */
  SENDMAIL_ERRORS_MAIL,  /* -oem, -oee */
  SENDMAIL_ERRORS_QUIET, /* -oeq: the exit status says it */
} SendmailErrors;

typedef struct {
  SendmailMode mode;
  gboolean read_recipients; /* -t */
  gboolean dot_is_text;     /* -i, -oi */
  gboolean verbose, json;
  gboolean delivery_set;    /* -od: */
  DeliveryMode delivery;
  SendmailErrors errors;
  const char *sender;       /* -f, -r; NULL: none */
  const char *name;         /* -F */
  const char *account;      /* -a */
  const char *envid;        /* -V */
  const char *help;         /* --help=FORMAT; NULL: for people */
  guint notify;             /* -N, DsnNotify */
  DsnReturn ret;            /* -R */
  GPtrArray *set;           /* of char *: --set; NULL-terminated after parsing */
  GPtrArray *recipients;    /* of char *, borrowed from the command line: lists as written */
  gboolean system;          /* not of the command line: the system outbox takes it */
  GString *unknown;         /* letters that nobody knows, each as "-x" and a space */
} SendmailOptions;

void sendmail_options_init (SendmailOptions *options);
void sendmail_options_clear (SendmailOptions *options);

/* FALSE with TOUKAN_ERROR_USAGE. A letter that isn't known is no error: see .unknown. */
gboolean sendmail_options_parse (SendmailOptions *options, int argc, char **argv, GError **error);

/* The table: "text" for people, "man" items of an mdoc list; NULL for another FORMAT. Free
 * with g_free(). */
char *sendmail_letters (const char *format);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SendmailOptions, sendmail_options_clear)
