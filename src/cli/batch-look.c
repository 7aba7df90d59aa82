/* What only looks at messages (--preview, --test-to) reads the first ones; --dry-run does all
 * that sending does up to the moment before it, on a batch of its own that nobody keeps. */
#include "cli/batch-start-private.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "cli/deliver.h"
#include "cli/json.h"
#include "cli/output.h"
#include "mail/preview.h"

#define TESTS_USUAL 3

/* Messages that are made and never kept have a seed that nobody needs again. */
static Mailing *
open_passing (BatchStart *start, GError **error)
{
  start->seed = g_uuid_string_random ();
  batch_fill_request (start);
  return mailing_new (&start->request, error);
}

/* --- a look at the first ones ---------------------------------------------------------------------- */

typedef gboolean (*TakeItem) (const BatchStart *start, const MailingItem *item, guint number, gpointer data,
                              GError **error);

static gboolean
is_wanted (const BatchOptions *options, const char *key)
{
  return !options->only || g_strv_contains ((const char *const *)options->only, key);
}

/* The first MOST messages. A row with a fault ends it. */
static gboolean
each_of_the_first (BatchStart *start, guint most, TakeItem take, gpointer data, GError **error)
{
  g_autoptr (Mailing) mailing = open_passing (start, error);
  for (guint number = 0; mailing && number < most;) {
    MailingItem item;
    const RowResult result = mailing_next (mailing, &item, error);
    if (result == ROW_END)
      return TRUE;
    if (result != ROW_GIVEN)
      return FALSE;
    if (is_wanted (start->options, item.key) && !take (start, &item, number++, data, error))
      return FALSE;
  }
  return mailing != NULL;
}

static gboolean
print_item (const BatchStart *start, const MailingItem *item, guint number, gpointer data, GError **error)
{
  g_autofree char *text = message_preview (item->message, error);
  g_autofree char *key = visible_text (item->key, -1);
  if (!text)
    return FALSE;
  if (number > 0)
    printf ("\n");
  g_autofree char *line = g_strdup_printf ("%" G_GUINT64_FORMAT, item->line);
  if (item->line > 0)
    printf (_ ("--- %s, line %s: %s ---\n"), item->file, line, key);
  else
    printf ("--- %s ---\n", item->file);
  printf ("%s", text);
  return TRUE;
}

int
batch_preview (BatchStart *start)
{
  g_autoptr (GError) error = NULL;
  const gboolean good = each_of_the_first (start, (guint)start->options->preview, print_item, NULL, &error);
  return good ? output_flush (EX_OK) : deliver_fail (error);
}

typedef struct {
  const char *to;
  guint sent;
  int status; /* the first that wasn't good */
} Test;

static gboolean
send_test (const BatchStart *start, const MailingItem *item, guint number, gpointer data, GError **error)
{
  Test *test = data;
  const DeliverView view = { .json = start->options->json };
  const DeliverWish wish = { .overrides = (const char *const *)start->options->set };
  g_autoptr (BodySource) message = message_readdress (item->message, test->to, error);
  g_autoptr (Envelope) envelope = envelope_new (item->envelope->sender);
  if (!message)
    return FALSE;
  envelope_add (envelope, test->to);
  const int status = deliver (start->account, envelope, message, &wish, &view);
  test->sent += status == EX_OK;
  test->status = test->status == EX_OK ? status : test->status;
  return TRUE;
}

int
batch_test (BatchStart *start)
{
  const BatchOptions *options = start->options;
  g_autoptr (GError) error = NULL;
  g_autofree char *to = batch_one_address (options->test_to, &error);
  Test test = { .to = to, .status = EX_OK };
  const guint most = options->limit > 0 ? (guint)options->limit : TESTS_USUAL;
  if (!to || !each_of_the_first (start, most, send_test, &test, &error))
    return deliver_fail (error);
  fprintf (stderr,
           ngettext ("toukan: %u message went to %s, and to nobody else\n",
                     "toukan: %u messages went to %s, and to nobody else\n", test.sent),
           test.sent, to);
  return test.status;
}

/* --- a dry run ------------------------------------------------------------------------------------------ */

static void
print_tally_json (const BatchStart *start, const BatchTally *tally)
{
  JsonObject *object = json_object_new ();
  json_add_text (object, "event", "dry-run");
  json_add_text (object, "batch", start->name);
  json_object_set_int_member (object, "messages", (gint64)tally->rows);
  json_object_set_int_member (object, "recipients", (gint64)tally->recipients);
  json_object_set_int_member (object, "faults", (gint64)tally->faults);
  json_add_text (object, "account", start->account->name);
  json_add_text (object, "from", tally->from);
  json_add_text (object, "first-to", tally->to);
  json_add_text (object, "first-subject", tally->subject);
  g_autofree char *line = json_line (object);
  printf ("%s\n", line);
}

/* On a batch in FOLDER, which holds who is in it, but no message. */
static gboolean
count_rows (BatchStart *start, const char *folder, BatchTally *tally, GError **error)
{
  g_autoptr (Mailing) mailing = open_passing (start, error);
  Batch *batch = mailing ? batch_open (folder, start->name, TRUE, error) : NULL;
  gint64 holder;
  if (!batch)
    return FALSE;
  const gboolean good = batch_take (batch, &holder, error)
                        && batch_load (batch, mailing, start->options, start->own, FALSE, tally, error);
  return batch_remove (batch, good ? error : NULL) && good;
}

/* FOLDER and the files in it. */
static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  for (const char *name; dir && (name = g_dir_read_name (dir)) != NULL;) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_unlink (path);
  }
  g_rmdir (folder);
}

int
batch_dry_run (BatchStart *start)
{
  g_autoptr (GError) error = NULL;
  g_auto (BatchTally) tally = { .rows = 0 };
  g_autofree char *folder = g_dir_make_tmp ("toukan-XXXXXX", &error);
  if (!folder)
    return deliver_fail (error);
  const gboolean good = count_rows (start, folder, &tally, &error);
  g_autofree char *inside = g_build_filename (folder, BATCH_FOLDER, NULL);
  remove_folder (inside);
  remove_folder (folder);
  if (!good)
    return deliver_fail (error);
  if (start->options->json)
    print_tally_json (start, &tally);
  else
    batch_say_tally (start, &tally);
  batch_say_faults (start, &tally);
  if (!start->options->json)
    fprintf (stderr, _ ("Nothing was sent.\n"));
  return output_flush (tally.faults > 0 ? EX_DATAERR : EX_OK);
}
