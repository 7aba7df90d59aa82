/* Hold, write a private file, run the editor, read it back, replace. Whatever goes wrong
 * after the editor leaves both the message, as it was, and the file, as it is. */
#include "cli/outbox-edit.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "cli/deliver.h"
#include "cli/outbox-act.h"
#include "cli/outbox-draft.h"
#include "cli/outbox-message.h"
#include "cli/outbox-words.h"
#include "mail/summary.h"
#include "net/clock.h"

typedef struct {
  const OutboxTarget *target;
  OutboxItem *item; /* as it was */
  GString *message; /* as it is in the outbox */
  GString *before;  /* the file, as it was */
  char *directory;  /* NULL: none is made yet */
  char *file;
  gboolean keep_file; /* somebody's work is in it */
} Edit;

static void
edit_clear (Edit *edit)
{
  if (edit->directory && !edit->keep_file) {
    g_unlink (edit->file);
    g_rmdir (edit->directory);
  }
  if (edit->before)
    g_string_free (edit->before, TRUE);
  if (edit->message)
    g_string_free (edit->message, TRUE);
  outbox_item_free (edit->item);
  g_free (edit->directory);
  g_free (edit->file);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Edit, edit_clear)

/* --- the message ----------------------------------------------------------------------------- */

static gboolean
nobody_was_served (const OutboxItem *item)
{
  for (guint i = 0; i < item->envelope->recipients->len; i++)
    if (!item->pending[i])
      return FALSE;
  return TRUE;
}

static int
take_hold (Edit *edit)
{
  g_autoptr (GError) error = NULL;
  Outbox *outbox = edit->target->place->outbox;
  OutboxResult result = OUTBOX_DONE;
  OutboxState state;
  edit->item = outbox_find (outbox, edit->target->id, &error);
  if (error)
    return deliver_fail (error);
  if (edit->item && edit->item->state <= OUTBOX_QUEUED && !nobody_was_served (edit->item)) {
    fprintf (stderr,
             _ ("toukan: some recipients have had their answer already: `toukan outbox export` gives a "
                "copy to edit and to send anew\n"));
    return EX_UNAVAILABLE;
  }
  if (edit->item && (edit->item->state == OUTBOX_HELD || edit->item->state == OUTBOX_DRAFT))
    return EX_OK;
  if (!outbox_act (outbox, edit->target->id, OUTBOX_HOLD, OUTBOX_ANYBODY, clock_instant ().wall, &result,
                   &state, &error))
    return deliver_fail (error);
  return result == OUTBOX_DONE ? EX_OK : outbox_explain (edit->target, OUTBOX_HOLD, result, state);
}

typedef struct {
  const GString *text;
  gsize taken;
} Source;

static gssize
read_text (gpointer data, guint8 *buffer, gsize length, GError **error)
{
  Source *source = data;
  const gsize piece = MIN (length, source->text->len - source->taken);
  memcpy (buffer, source->text->str + source->taken, piece);
  source->taken += piece;
  return (gssize)piece;
}

/* In place of the message, standing as it did. */
static int
replace (const Edit *edit, const Envelope *envelope, const GString *message)
{
  const OutboxItem *item = edit->item;
  g_autoptr (GBytes) octets = g_bytes_new (message->str, message->len);
  g_autoptr (BodySource) body = body_source_new_bytes (octets);
  g_autoptr (GError) error = NULL;
  g_autoptr (MessageSummary) summary = message_summary_new (body, &error);
  Source source = { .text = message };
  gboolean found = FALSE;
  if (!summary)
    return deliver_fail (error);
  const OutboxAddition addition = {
    .state = item->state,
    .reason = item->reason,
    .owner = item->owner,
    .account = item->account,
    .overrides = (const char *const *)item->overrides,
    .envelope = envelope,
    .from = summary->from,
    .subject = summary->subject,
    .message_id = summary->message_id,
    .now = clock_instant ().wall,
    .not_before = item->not_before,
    .hold_until = item->hold_until,
    .read = read_text,
    .data = &source,
  };
  if (!outbox_replace (edit->target->place->outbox, edit->target->id, &addition, &found, &error))
    return deliver_fail (error);
  if (found)
    return EX_OK;
  fprintf (stderr, _ ("toukan: the message has left, or was changed by somebody else meanwhile\n"));
  return EX_TEMPFAIL;
}

/* Puts the message back where it was before it was held. A release makes it due now, unless
 * it has a time of its own: what could still be taken back is put in anew, as it was. */
static void
let_go (const Edit *edit)
{
  const OutboxItem *item = edit->item;
  const gint64 now = clock_instant ().wall;
  OutboxResult result;
  OutboxState state;
  g_autoptr (GError) error = NULL;
  if (item->state != OUTBOX_QUEUED)
    return;
  if (edit->message && item->tries == 0 && item->not_before > now && item->hold_until <= now)
    replace (edit, item->envelope, edit->message);
  else if (!outbox_act (edit->target->place->outbox, edit->target->id, OUTBOX_RELEASE, OUTBOX_ANYBODY, now,
                        &result, &state, &error))
    fprintf (stderr, _ ("toukan: the message stays held: %s\n"), error->message);
}

/* --- the editor -------------------------------------------------------------------------------- */

static const char *
editor_command (void)
{
  static const char *const names[] = { "VISUAL", "EDITOR" };
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_getenv (names[i]) && *g_getenv (names[i]))
      return g_getenv (names[i]);
  return "vi";
}

static void
restore_signals (gpointer data)
{
  signal (SIGINT, SIG_DFL);
  signal (SIGQUIT, SIG_DFL);
  signal (SIGPIPE, SIG_DFL);
  signal (SIGXFSZ, SIG_DFL);
}

/* $EDITOR may have arguments of its own, so a shell reads it; the file is none of its words.
 * Keys that interrupt are the editor's meanwhile. */
static gboolean
run_editor (const Edit *edit, GError **error)
{
  g_autofree char *command = g_strconcat (editor_command (), " \"$@\"", NULL);
  char *argv[] = { (char *)"/bin/sh", (char *)"-c", command, (char *)"toukan", edit->file, NULL };
  void (*interrupt) (int) = signal (SIGINT, SIG_IGN);
  void (*quit) (int) = signal (SIGQUIT, SIG_IGN);
  int status = 0;
  gboolean good = g_spawn_sync (NULL, argv, NULL, G_SPAWN_CHILD_INHERITS_STDIN, restore_signals, NULL, NULL,
                                NULL, &status, error);
  signal (SIGINT, interrupt);
  signal (SIGQUIT, quit);
  if (!good)
    return FALSE;
  g_autoptr (GError) cause = NULL;
  if (g_spawn_check_wait_status (status, &cause))
    return TRUE;
  g_autofree char *shown = visible_text (editor_command (), -1);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_UNAVAILABLE, _ ("the editor \"%s\" failed: %s"), shown,
               cause->message);
  return FALSE;
}

static gboolean
write_file (Edit *edit, GError **error)
{
  edit->message = outbox_message_load (edit->target, OUTBOX_DRAFT_LIMIT, error);
  if (!edit->message)
    return FALSE;
  edit->before = outbox_draft_write (edit->item->envelope, edit->message->str, edit->message->len);
  edit->directory = g_dir_make_tmp ("toukan-XXXXXX", error);
  if (!edit->directory)
    return FALSE;
  g_autofree char *name = g_strdup_printf ("message-%" G_GINT64_FORMAT ".eml", edit->target->id);
  edit->file = g_build_filename (edit->directory, name, NULL);
  return g_file_set_contents_full (edit->file, edit->before->str, (gssize)edit->before->len,
                                   G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

static GString *
read_file (const Edit *edit, GError **error)
{
  char *text = NULL;
  gsize length = 0;
  if (!g_file_get_contents (edit->file, &text, &length, error))
    return NULL;
  GString *all = g_string_new_len (text, (gssize)length);
  g_free (text);
  return all;
}

static gboolean
asked_to_edit_again (const GError *error)
{
  char answer[8] = "";
  fprintf (stderr, "toukan: %s\n", error->message);
  if (!isatty (STDIN_FILENO))
    return FALSE;
  fprintf (stderr, _ ("Edit again? [Y/n] "));
  return fgets (answer, sizeof answer, stdin) && g_ascii_tolower (answer[0]) != 'n';
}

/* EX_OK with *RET_ENVELOPE: to be put in; without: nothing was changed. */
static int
edit_until_good (Edit *edit, Envelope **ret_envelope, GString **ret_message)
{
  for (;;) {
    g_autoptr (GError) error = NULL;
    if (!run_editor (edit, &error))
      return deliver_fail (error);
    g_autoptr (GString) text = read_file (edit, &error);
    if (!text)
      return deliver_fail (error);
    if (g_string_equal (text, edit->before))
      return EX_OK;
    edit->keep_file = TRUE;
    if (outbox_draft_read (text, edit->item->envelope, ret_envelope, ret_message, &error))
      return EX_OK;
    if (!asked_to_edit_again (error))
      return EX_DATAERR;
  }
}

static int
edit_and_replace (Edit *edit)
{
  g_autoptr (Envelope) envelope = NULL;
  g_autoptr (GString) message = NULL;
  g_autoptr (GError) error = NULL;
  if (!write_file (edit, &error))
    return deliver_fail (error);
  int status = edit_until_good (edit, &envelope, &message);
  if (status == EX_OK && !envelope)
    outbox_say (stdout, edit->target->id, _ ("unchanged"));
  else if (status == EX_OK)
    status = replace (edit, envelope, message);
  if (status == EX_OK && envelope) {
    edit->keep_file = FALSE;
    outbox_say (stdout, edit->target->id, _ ("changed"));
  }
  if (!envelope || status != EX_OK)
    let_go (edit);
  if (edit->keep_file)
    fprintf (stderr, _ ("toukan: the message is as it was before; what was written is in %s\n"), edit->file);
  return status;
}

int
outbox_edit (const OutboxTarget *target)
{
  g_auto (Edit) edit = { .target = target };
  const int status = take_hold (&edit);
  return status == EX_OK ? edit_and_replace (&edit) : status;
}
