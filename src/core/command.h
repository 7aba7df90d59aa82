/* The one encoder of SMTP commands (RFC 5321, 4.1). It refuses CR, LF and NUL in
 * every argument, and whatever could be read as another parameter, so that no
 * address, name or identity can smuggle a command. */
#pragma once

#include "core/capabilities.h"
#include "core/envelope.h"

/* All return TRUE and append the whole line with its CRLF to OUT, or return FALSE
 * and leave OUT as it was. None changes its arguments. */

gboolean command_ehlo (GString *out, const char *helo_name);
gboolean command_helo (GString *out, const char *helo_name);
gboolean command_starttls (GString *out);

/* INITIAL: the base64 of the initial response; NULL: none; "" is written "=". */
gboolean command_auth (GString *out, const char *mechanism, const char *initial);

/* Parameters of one message. */
typedef enum { BODY_7BIT, BODY_8BITMIME, BODY_BINARYMIME } BodyKind;

typedef struct {
  guint64  size;       /* octets of the wire form, before dot-stuffing (RFC 1870, section 5) */
  BodyKind kind;
  gboolean smtputf8;   /* the message needs it: headers or an address */
} BodyForm;

/* MAIL FROM with SIZE, BODY, SMTPUTF8, RET, ENVID, REQUIRETLS, HOLDUNTIL or HOLDFOR, each
 * only as CAPABILITIES offer. */
gboolean command_mail (GString *out, const Envelope *envelope, const BodyForm *form,
                       const Capabilities *capabilities);

/* RCPT TO with NOTIFY and ORCPT. SMTPUTF8: MAIL said so; without it a UTF-8
 * local part is refused (FALSE) and a UTF-8 domain goes as A-label, which the
 * caller made already: non-ASCII is refused here. */
gboolean command_rcpt (GString *out, const EnvelopeRecipient *recipient, gboolean smtputf8,
                       const Capabilities *capabilities);

gboolean command_data (GString *out);
gboolean command_bdat (GString *out, guint64 octets, gboolean last);
gboolean command_rset (GString *out);
gboolean command_noop (GString *out);
gboolean command_quit (GString *out);

/* Is ADDRESS a Mailbox of RFC 5321 (4.1.2; with UTF8 also of RFC 6531) that can
 * mean one thing only? "" (the null reverse-path) is not. */
gboolean command_mailbox_is_safe (const char *address, gboolean utf8);

/* xtext of RFC 3461, section 4. Free with g_free(). */
char *command_xtext (const char *text);

/* May ENVID stand in MAIL: printable ASCII, and its xtext no longer than 100 (RFC 3461, 4.4)? */
gboolean command_envid_is_safe (const char *envid);
