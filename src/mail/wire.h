/* The wire form: what of a message crosses to a server with these capabilities.
 * A function of message and capabilities, its exact size known before MAIL: CRLF
 * lines, no bare CR, LF or NUL, no line over 998 octets; re-encoded where 8-bit
 * text meets a server without 8BITMIME; never altered where a signature would
 * break. Dots are stuffed after that, in core/transparency. */
#pragma once

#include "core/command.h"
#include "mail/body.h"

typedef struct {
  gboolean eightbitmime;
  gboolean smtputf8;
} WireTarget;

typedef struct WireForm WireForm;

/* Opens the stored message, from octet 0. ERROR is set on failure. */
typedef BodyReader *(*WireOpen) (gpointer data, GError **error);

/* Reads the message once or twice to measure it. NULL with TOUKAN_ERROR_DATA when it
 * can't be made fit for TARGET without altering what is signed, or needs SMTPUTF8
 * that isn't there; with other codes when reading fails. */
WireForm *wire_form_new (WireOpen open, gpointer data, const WireTarget *target, GError **error);
void      wire_form_free (WireForm *form);

/* Size and kind for MAIL. */
const BodyForm *wire_form_body (const WireForm *form);

/* The next octets, up to LENGTH, in CRLF lines; 0 at the end; -1 with ERROR. The
 * sum is exactly wire_form_body()->size. */
gssize wire_form_read (WireForm *form, guint8 *buffer, gsize length, GError **error);

/* Begins again at octet 0 (another path, another transaction). */
gboolean wire_form_rewind (WireForm *form, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WireForm, wire_form_free)
