/* Messages come out of the outbox in pieces, as bodies do; letters go in as drafts. */
#include "tui/stored.h"

#include <unistd.h>

#include "engine/outbox-source.h"
#include "net/clock.h"

typedef struct {
  BodyReader reader;
  OutboxReader *stored;
} Stored;

static gssize
stored_read (BodyReader *reader, guint8 *buffer, gsize length, GError **error)
{
  return outbox_read (((Stored *)reader)->stored, buffer, length, error);
}

static void
stored_free (BodyReader *reader)
{
  outbox_reader_free (((Stored *)reader)->stored);
  g_free (reader);
}

BodyReader *
stored_open (Outbox *outbox, gint64 id, GError **error)
{
  OutboxReader *stored = outbox_open_message (outbox, id, error);

  if (!stored)
    return NULL;
  Stored *body = g_new (Stored, 1);
  *body = (Stored){ { stored_read, stored_free }, stored };
  return &body->reader;
}

/* --- drafts ----------------------------------------------------------------------------- */

typedef struct {
  Envelope
      *nobody; /* a draft has no recipients: whoever lets it go by another way sends nothing half written */
  BodySource *body;
  OutboxWish wish;
} Draft;

static Draft
draft_of (const Letter *letter)
{
  g_autoptr (GBytes) octets = letter_write_draft (letter);

  return (Draft){
    .nobody = envelope_new (""),
    .body = body_source_new_bytes (octets),
    .wish
    = { .state = OUTBOX_DRAFT, .owner = (guint32)getuid (), .from = letter->from, .subject = letter->subject }
  };
}

static void
draft_clear (Draft *draft)
{
  envelope_free (draft->nobody);
  body_source_unref (draft->body);
}

gboolean
stored_put_draft_over (Outbox *outbox, gint64 id, const Letter *letter, const Account *account,
                       GError **error)
{
  Draft draft = draft_of (letter);
  gboolean found = FALSE;
  const gboolean done
      = outbox_put_over (outbox, id, account, draft.nobody, draft.body, &draft.wish, &found, error);

  draft_clear (&draft);
  return done && found;
}

gboolean
stored_put_draft (Outbox *outbox, gint64 *id, const Letter *letter, const Account *account, GError **error)
{
  g_autoptr (GError) cause = NULL;

  if (*id != 0 && stored_put_draft_over (outbox, *id, letter, account, &cause))
    return TRUE;
  if (cause) {
    g_propagate_error (error, g_steal_pointer (&cause));
    return FALSE;
  }
  Draft draft = draft_of (letter);
  const gboolean done = outbox_put (outbox, account, draft.nobody, draft.body, &draft.wish, id, error);
  draft_clear (&draft);
  return done;
}

gboolean
stored_remove (Outbox *outbox, gint64 id, GError **error)
{
  OutboxResult result;
  OutboxState state;

  return outbox_act (outbox, id, OUTBOX_REMOVE, OUTBOX_ANYBODY, clock_instant ().wall, &result, &state, error)
         && result == OUTBOX_DONE;
}
