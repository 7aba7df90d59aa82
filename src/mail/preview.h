/* A message as its recipient would read it, in plain text, for a look before it leaves. */
#pragma once

#include "mail/body.h"

/* From, To, Cc, Subject, the text, and the names of what is attached; fit to be shown. Free with
 * g_free(). NULL with TOUKAN_ERROR_DATA or _IO. */
char *message_preview (BodySource *message, GError **error);

/* MESSAGE with TO alone in its header, and a Message-ID of its own, so that nobody takes it for the one
 * that goes out later; who would have had it stands in X-Test-For. */
BodySource *message_readdress (BodySource *message, const char *to, GError **error);
