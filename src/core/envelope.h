/* The envelope (RFC 5321, section 2.3.1): who sends, who receives, which delivery
 * status notifications are wished (RFC 3461). Derived once, never twice. */
#pragma once

#include <glib.h>

typedef enum {
  DSN_NOTIFY_DEFAULT = 0, /* no NOTIFY parameter */
  DSN_NOTIFY_NEVER   = 1 << 0,
  DSN_NOTIFY_SUCCESS = 1 << 1,
  DSN_NOTIFY_FAILURE = 1 << 2,
  DSN_NOTIFY_DELAY   = 1 << 3,
} DsnNotify;

typedef enum { DSN_RETURN_DEFAULT, DSN_RETURN_FULL, DSN_RETURN_HEADERS } DsnReturn;

/* The words of RFC 3461, 4.1, without case: "never" alone, or of "success", "failure" and
 * "delay" any, separated by commas. FALSE for anything else. */
gboolean dsn_notify_parse (const char *words, guint *ret_notify);

/* The word for one flag, in capitals. */
const char *dsn_notify_name (DsnNotify flag);

/* The words of RFC 3461, 4.3, without case: "full" or "hdrs". FALSE for anything else. */
gboolean dsn_return_parse (const char *word, DsnReturn *ret_return);

typedef struct {
  char *address; /* local-part@domain, UTF-8, the domain in U-label or A-label form */
  guint notify;  /* DsnNotify */
  char *orcpt;   /* "rfc822;…", not yet xtext; NULL: none */
} EnvelopeRecipient;

typedef struct {
  char      *sender;     /* "" is the null reverse-path */
  GPtrArray *recipients; /* of EnvelopeRecipient, owned */
  DsnReturn  ret;
  char      *envid;      /* not yet xtext; NULL: none */
  gboolean   require_tls; /* RFC 8689 */
  /* RFC 4865: not to be released to its recipients before. Where both are given they mean
   * the same moment. */
  gint64     hold_until; /* wall clock, µs since 1970; 0: none */
  guint64    hold_for;   /* seconds from MAIL on; 0: none */
  GHashTable *known;     /* envelope.c's own: finds a recipient that is there already */
} Envelope;

Envelope *envelope_new (const char *sender);
Envelope *envelope_copy (const Envelope *envelope);
void      envelope_free (Envelope *envelope);

/* Adds a recipient unless it is there already (local part compared exactly, domain
 * without case). Returns its index. */
guint envelope_add (Envelope *envelope, const char *address);

/* Takes the recipient added last out again (a server refused it). */
void  envelope_remove_last (Envelope *envelope);

const EnvelopeRecipient *envelope_recipient (const Envelope *envelope, guint index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Envelope, envelope_free)
