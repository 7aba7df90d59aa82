/* What the composer puts into the outbox and reads there. On the writer thread. */
#pragma once

#include "config/account.h"
#include "mail/letter.h"
#include "store/outbox.h"

/* NULL with an error of store/outbox.h. */
BodyReader *stored_open (Outbox *outbox, gint64 id, GError **error);

/* Puts LETTER in place of item ID, as a draft of this user's. FALSE: without ERROR: there is no such item, or
 * it can't be replaced any more. */
gboolean stored_put_draft_over (Outbox *outbox, gint64 id, const Letter *letter, const Account *account,
                                GError **error);

/* The same, or as a new item, where there is none (*ID is 0, or somebody took it). *ID: where it is. */
gboolean stored_put_draft (Outbox *outbox, gint64 *id, const Letter *letter, const Account *account,
                           GError **error);

/* FALSE with ERROR, or it isn't there, or is being sent. */
gboolean stored_remove (Outbox *outbox, gint64 id, GError **error);
