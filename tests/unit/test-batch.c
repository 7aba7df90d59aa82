/* A batch on disk: loading it once and again, fetching, fates, and what others do with it. */
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "store/batch.h"
#include "tests/lib/folder.h"
#include "tests/lib/tap.h"

#define NOW (G_GINT64_CONSTANT (1795000000) * TICKS_PER_SECOND)

static char *directory;

/* --- short ways ------------------------------------------------------------------------------ */

static Batch *
open_batch (const char *name)
{
  g_autoptr (GError) error = NULL;
  gint64 holder = -1;
  Batch *batch = batch_open (directory, name, TRUE, &error);

  g_assert_no_error (error);
  g_assert_true (batch_take (batch, &holder, &error));
  g_assert_cmpint (holder, ==, 0);
  return batch;
}

static void
begin (gpointer fixture, gconstpointer data)
{
  test_folder_make ();
  directory = g_strdup (test_folder ());
}

static void
end (gpointer fixture, gconstpointer data)
{
  test_folder_remove ();
  g_clear_pointer (&directory, g_free);
}

static GString *told;

static void
note_told (const char *key, guint64 line, BatchLoaded loaded, gpointer data)
{
  g_string_append_c (told, "nscod"[loaded]);
}

typedef struct {
  const char *key, *recipients, *content;
} Input;

static void
load_row (Batch *batch, const Input *input)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) recipients = g_strsplit (input->recipients, " ", -1);
  BatchRowInput row = { .key = input->key,
                        .line = 7,
                        .recipients = (const char *const *)recipients,
                        .n_recipients = g_strv_length (recipients),
                        .octets = input->content,
                        .length = strlen (input->content) };

  g_assert_true (batch_load_row (batch, &row, &error));
}

/* What batch_load_row() came to, a letter a row: new, same, changed, "o" settled, duplicate. */
static const char *
load (Batch *batch, BatchLoading loading, const Input *inputs, gboolean keep_others)
{
  g_autoptr (GError) error = NULL;
  static char letters[64];

  told = g_string_new (NULL);
  loading.told = note_told;
  g_assert_true (batch_load_begin (batch, &loading, &error));
  for (; inputs->key; inputs++)
    load_row (batch, inputs);
  g_assert_true (batch_load_end (batch, keep_others, &error));
  g_strlcpy (letters, told->str, sizeof letters);
  g_string_free (told, TRUE);
  return letters;
}

static GPtrArray *
fetch (Batch *batch, gint64 now, gint64 *ret_next)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify)batch_row_free);
  BatchFetch wish = { .now = now, .most = 100 };

  g_assert_true (batch_fetch (batch, &wish, rows, ret_next, &error));
  g_assert_no_error (error);
  return rows;
}

/* Keys of what is due, with blanks between. */
static char *
due_at (Batch *batch, gint64 now)
{
  gint64 next;
  g_autoptr (GPtrArray) rows = fetch (batch, now, &next);
  GString *keys = g_string_new (NULL);

  for (guint i = 0; i < rows->len; i++)
    g_string_append_printf (keys, "%s%s", i > 0 ? " " : "", ((BatchRow *)g_ptr_array_index (rows, i))->key);
  return g_string_free (keys, FALSE);
}

static void
assert_due (Batch *batch, gint64 now, const char *expected)
{
  g_autofree char *found = due_at (batch, now);

  g_assert_cmpstr (found, ==, expected);
}

static void
set_fate (Batch *batch, gint64 row, guint recipient, BatchFate fate, gint64 due)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Reply) reply = reply_new (250, "2.0.0 Ok: queued as 4F1");
  Verdict verdict = { .kind = OUTCOME_ACCEPTED, .stage = STAGE_END, .cause = CAUSE_REPLY, .reply = reply };
  BatchChange change = { .row = row,
                         .recipient = recipient,
                         .fate = fate,
                         .verdict = fate == BATCH_ACCEPTED ? &verdict : NULL,
                         .path = "25/IPv4 mail",
                         .due = due,
                         .counts = fate == BATCH_DEFERRED };

  g_assert_true (batch_record (batch, &change, 1, NULL, NOW, &error));
}

static guint64
count (Batch *batch, BatchFate fate)
{
  g_autoptr (BatchInfo) info = batch_info (batch, NULL);

  return info->counts[fate];
}

static BatchState
state_of (Batch *batch)
{
  BatchState state;

  g_assert_true (batch_get_state (batch, &state, NULL));
  return state;
}

static const Input three[]
    = { { "a", "a@x.org", "A" }, { "b", "b@x.org", "B" }, { "c", "c@x.org c2@x.org", "C" }, { 0 } };

/* --- names ------------------------------------------------------------------------------------ */

static void
test_names (void)
{
  static const struct {
    const char *file, *name;
  } rows[] = { { "/home/x/people.csv", "people" },
               { "people", "people" },
               { "my list.csv", "my_list" },
               { "/x/.hidden.csv", "hidden" },
               { "a/b.tar.gz", "b.tar" },
               { "-x.csv", "x" },
               { "--", NULL } };
  static const char *const bad[] = { "", ".x", "-x", "a/b", "a b", "..", "a\nb", "\xff" };
  g_autofree char *longest = g_strnfill (BATCH_NAME_LIMIT + 1, 'x');

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *name = batch_name_of_file (rows[i].file);
    g_assert_cmpstr (name, ==, rows[i].name);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (batch_name_is_good (bad[i]));
  g_assert_false (batch_name_is_good (longest));
  g_assert_true (batch_name_is_good (longest + 1));
}

static void
test_queue_id (void)
{
  static const struct {
    const char *text, *id;
  } rows[] = { { "2.0.0 Ok: queued as 4bXzq1", "4bXzq1" },
               { "OK id=1a-2b-3c", "1a-2b-3c" },
               { "2.0.0 d9a7f2 Message accepted for delivery", NULL },
               { "queued as <x>", NULL } };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (Reply) reply = reply_new (250, rows[i].text);
    Verdict verdict = { .kind = OUTCOME_ACCEPTED, .reply = reply };
    gsize length = 0;
    const char *id = batch_queue_id (&verdict, &length);
    g_autofree char *found = id ? g_strndup (id, length) : NULL;
    g_assert_cmpstr (found, ==, rows[i].id);
  }
}

/* --- loading ------------------------------------------------------------------------------------ */

static void
test_first_load (gpointer fixture, gconstpointer data)
{
  g_autoptr (Batch) batch = open_batch ("t");
  gint64 next;

  g_assert_cmpint (state_of (batch), ==, BATCH_LOADING);
  g_assert_cmpstr (load (batch, (BatchLoading){ 0 }, three, FALSE), ==, "nnn");
  g_assert_cmpint (state_of (batch), ==, BATCH_READY);
  g_autoptr (GPtrArray) rows = fetch (batch, NOW, &next);
  const BatchRow *last = g_ptr_array_index (rows, 2);
  g_assert_cmpuint (rows->len, ==, 3);
  g_assert_cmpint (next, ==, G_MAXINT64);
  g_assert_cmpuint (last->n_recipients, ==, 2);
  g_assert_cmpstr (last->recipients[1].address, ==, "c2@x.org");
  g_assert_cmpuint (last->line, ==, 7);
  g_assert_cmpmem (g_bytes_get_data (last->content, NULL), g_bytes_get_size (last->content), "C", 1);
  g_assert_cmpuint (count (batch, BATCH_WAITING), ==, 4);
}

static void
test_not_sent_while_loading (gpointer fixture, gconstpointer data)
{
  g_autoptr (Batch) batch = open_batch ("t");
  BatchLoading loading = { 0 };

  load (batch, loading, three, FALSE);
  g_assert_true (batch_load_begin (batch, &loading, NULL));
  load_row (batch, &three[0]);
  batch_close (g_steal_pointer (&batch));
  batch = open_batch ("t");
  g_assert_cmpint (state_of (batch), ==, BATCH_LOADING);
  assert_due (batch, NOW, "");
  g_assert_cmpstr (load (batch, loading, three, FALSE), ==, "sss");
  assert_due (batch, NOW, "a b c");
}

static void
test_load_again (gpointer fixture, gconstpointer data)
{
  static const Input changed[] = { { "a", "a@x.org", "other" },       /* accepted: stays */
                                   { "b", "b@x.org", "B2" },          /* waits: its new content */
                                   { "c", "c@x.org c2@x.org", "C2" }, /* c accepted: c2 gets the new one */
                                   { "d", "d@x.org", "D" },
                                   { 0 } };
  g_autoptr (Batch) batch = open_batch ("t");
  gint64 next;

  load (batch, (BatchLoading){ 0 }, three, FALSE);
  set_fate (batch, 1, 0, BATCH_ACCEPTED, 0);
  set_fate (batch, 3, 0, BATCH_ACCEPTED, 0);
  assert_due (batch, NOW, "b c");
  g_assert_cmpstr (load (batch, (BatchLoading){ 0 }, changed, FALSE), ==, "occn");
  g_autoptr (GPtrArray) rows = fetch (batch, NOW, &next);
  const BatchRow *b = g_ptr_array_index (rows, 0), *c = g_ptr_array_index (rows, 1);
  g_assert_cmpuint (rows->len, ==, 3);
  g_assert_cmpmem (g_bytes_get_data (b->content, NULL), g_bytes_get_size (b->content), "B2", 2);
  g_assert_cmpmem (g_bytes_get_data (c->content, NULL), g_bytes_get_size (c->content), "C2", 2);
  g_assert_cmpint (c->recipients[0].fate, ==, BATCH_ACCEPTED);
  g_assert_cmpint (c->recipients[1].fate, ==, BATCH_WAITING);
  g_assert_cmpuint (count (batch, BATCH_ACCEPTED), ==, 2);
  g_assert_cmpuint (count (batch, BATCH_WAITING), ==, 3);
}

static void
test_doubt_is_never_changed (gpointer fixture, gconstpointer data)
{
  static const Input changed[] = { { "a", "a@x.org", "other" }, { 0 } };
  g_autoptr (Batch) batch = open_batch ("t");
  BatchResult result;
  BatchState state;

  load (batch, (BatchLoading){ 0 }, three, FALSE);
  set_fate (batch, 1, 0, BATCH_IN_DOUBT, 0);
  g_assert_cmpstr (load (batch, (BatchLoading){ 0 }, changed, TRUE), ==, "o");
  assert_due (batch, NOW, "b c");
  g_assert_true (batch_act (batch, BATCH_RESEND_DOUBTS, NOW, &result, &state, NULL));
  g_assert_cmpint (result, ==, BATCH_DONE);
  assert_due (batch, NOW, "a b c");
}

static void
test_left_out (gpointer fixture, gconstpointer data)
{
  g_autoptr (Batch) batch = open_batch ("t");

  load (batch, (BatchLoading){ 0 }, three, FALSE);
  g_assert_cmpstr (load (batch, (BatchLoading){ 0 }, three + 2, FALSE), ==, "s");
  assert_due (batch, NOW, "c");
  g_assert_cmpuint (count (batch, BATCH_LEFT_OUT), ==, 2);
  g_assert_cmpstr (load (batch, (BatchLoading){ 0 }, three, FALSE), ==, "sss");
  assert_due (batch, NOW, "a b c");
  load (batch, (BatchLoading){ 0 }, three + 2, TRUE);
  assert_due (batch, NOW, "a b c");
}

static void
test_duplicates (gpointer fixture, gconstpointer data)
{
  static const Input twice[]
      = { { "a", "a@x.org", "1" }, { "a", "a@x.org", "2" }, { "a", "a@x.org", "1" }, { 0 } };
  g_autoptr (Batch) batch = open_batch ("t");
  g_autoptr (Batch) other = open_batch ("u");

  g_assert_cmpstr (load (batch, (BatchLoading){ 0 }, twice, FALSE), ==, "ndd");
  g_assert_cmpstr (load (other, (BatchLoading){ .allow_duplicates = TRUE }, twice, FALSE), ==, "nnn");
  g_assert_cmpstr (load (other, (BatchLoading){ .allow_duplicates = TRUE }, twice, FALSE), ==, "sss");
}

static void
test_common (gpointer fixture, gconstpointer data)
{
  g_autoptr (Batch) batch = open_batch ("t");

  load (batch, (BatchLoading){ .common = "letter" }, three, FALSE);
  set_fate (batch, 1, 0, BATCH_ACCEPTED, 0);
  set_fate (batch, 2, 0, BATCH_REFUSED, 0);
  g_assert_cmpstr (load (batch, (BatchLoading){ .common = "letter" }, three, FALSE), ==, "sss");
  assert_due (batch, NOW, "c");
  g_assert_cmpstr (load (batch, (BatchLoading){ .common = "better" }, three, FALSE), ==, "occ");
  assert_due (batch, NOW, "b c");
}

static gssize
read_many (gpointer left, guint8 *buffer, gsize length, GError **error)
{
  gsize n = MIN (length, *(gsize *)left);

  for (gsize i = 0; i < n; i++)
    buffer[i] = (guint8)(*(gsize *)left - i);
  *(gsize *)left -= n;
  return (gssize)n;
}

static void
test_large_content (gpointer fixture, gconstpointer size)
{
  g_autoptr (Batch) batch = open_batch ("t");
  const char *recipients[] = { "a@x.org" };
  gsize left = GPOINTER_TO_SIZE (size);
  gint64 next;
  guint8 buffer[5000];
  BatchRowInput row
      = { .key = "a", .recipients = recipients, .n_recipients = 1, .read = read_many, .data = &left };

  for (guint round = 0; round < 2; round++) {
    left = GPOINTER_TO_SIZE (size);
    g_assert_true (batch_load_begin (batch, &(BatchLoading){ 0 }, NULL));
    g_assert_true (batch_load_row (batch, &row, NULL));
    g_assert_true (batch_load_end (batch, FALSE, NULL));
  }
  g_autoptr (GPtrArray) rows = fetch (batch, NOW, &next);
  g_assert_cmpuint (((BatchRow *)rows->pdata[0])->size, ==, GPOINTER_TO_SIZE (size));
  g_autoptr (BatchReader) reader = batch_read_content (batch, 1, NULL);
  gsize at = GPOINTER_TO_SIZE (size);
  for (gssize n; (n = batch_reader_read (reader, buffer, sizeof buffer, NULL)) != 0;) {
    g_assert_cmpint (n, >, 0);
    for (gssize i = 0; i < n; i++, at--)
      g_assert_cmpuint (buffer[i], ==, (guint8)at);
  }
  g_assert_cmpuint (at, ==, 0);
}

/* --- sending ------------------------------------------------------------------------------------- */

static void
test_deferred (gpointer fixture, gconstpointer data)
{
  g_autoptr (Batch) batch = open_batch ("t");
  gint64 next;

  load (batch, (BatchLoading){ 0 }, three, FALSE);
  set_fate (batch, 1, 0, BATCH_DEFERRED, NOW + TICKS_PER_MINUTE);
  assert_due (batch, NOW, "b c");
  g_ptr_array_unref (fetch (batch, NOW, &next));
  g_assert_cmpint (next, ==, NOW + TICKS_PER_MINUTE);
  assert_due (batch, NOW + TICKS_PER_MINUTE, "b c a");
}

static void
test_in_hand (gpointer fixture, gconstpointer data)
{
  g_autoptr (Batch) batch = open_batch ("t");
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify)batch_row_free);
  static const gint64 in_hand[] = { 1, 3 };
  BatchFetch wish = { .now = NOW, .most = 1, .in_hand = in_hand, .n_in_hand = 2 };
  gint64 next;

  load (batch, (BatchLoading){ 0 }, three, FALSE);
  g_assert_true (batch_fetch (batch, &wish, rows, &next, NULL));
  g_assert_cmpuint (rows->len, ==, 1);
  g_assert_cmpstr (((BatchRow *)rows->pdata[0])->key, ==, "b");
  g_assert_cmpint (next, <=, NOW);
}

static void
test_fates (gpointer fixture, gconstpointer data)
{
  g_autoptr (Batch) batch = open_batch ("t");
  g_autoptr (BatchInfo) info = NULL;

  load (batch, (BatchLoading){ 0 }, three, FALSE);
  set_fate (batch, 3, 0, BATCH_IN_DOUBT, 0);
  assert_due (batch, NOW, "a b c"); /* c2 waits still */
  set_fate (batch, 3, 1, BATCH_IN_DOUBT, 0);
  assert_due (batch, NOW, "a b");
  set_fate (batch, 3, 0, BATCH_ACCEPTED, 0);
  set_fate (batch, 3, 1, BATCH_REFUSED, 0);
  info = batch_info (batch, NULL);
  g_assert_cmpuint (info->counts[BATCH_ACCEPTED], ==, 1);
  g_assert_cmpuint (info->counts[BATCH_REFUSED], ==, 1);
  g_assert_cmpuint (info->counts[BATCH_WAITING], ==, 2);
  g_assert_cmpuint (info->n_rows, ==, 3);
  g_assert_cmpint (info->holder, !=, 0);
}

static gboolean
keep_row (const BatchRow *row, gpointer data)
{
  g_string_append_printf (data, "%s:%s:%s;", row->key, batch_fate_name (row->recipients[0].fate),
                          row->recipients[0].path ? row->recipients[0].path : "");
  return TRUE;
}

static gboolean
keep_key (const BatchRow *row, gpointer data)
{
  g_string_append_printf (data, "%s ", row->key);
  return TRUE;
}

static void
test_visit (gpointer fixture, gconstpointer data)
{
  g_autoptr (Batch) batch = open_batch ("t");
  g_autoptr (GString) all = g_string_new (NULL), some = g_string_new (NULL);

  load (batch, (BatchLoading){ 0 }, three, FALSE);
  set_fate (batch, 2, 0, BATCH_ACCEPTED, 0);
  g_assert_true (batch_visit (batch, 0, keep_row, all, NULL));
  g_assert_true (batch_visit (batch, 1u << BATCH_ACCEPTED, keep_row, some, NULL));
  g_assert_cmpstr (all->str, ==, "a:waiting:;b:accepted:25/IPv4 mail;c:waiting:;");
  g_assert_cmpstr (some->str, ==, "b:accepted:25/IPv4 mail;");
}

/* More than are read at once, of each kind that is looked for alone. */
static void
test_visit_one_kind (gpointer fixture, gconstpointer data)
{
  static const BatchFate fates[] = { BATCH_REFUSED, BATCH_IN_DOUBT, BATCH_DEFERRED };
  g_autoptr (Batch) batch = open_batch ("t");
  static Input inputs[1001];

  for (guint i = 0; i + 1 < G_N_ELEMENTS (inputs); i++)
    inputs[i] = (Input){ g_strdup_printf ("k%u", i), "a@x.example b@x.example", "same" };
  load (batch, (BatchLoading){ 0 }, inputs, FALSE);
  for (guint i = 0; i + 1 < G_N_ELEMENTS (inputs); i++)
    set_fate (batch, i + 1, i % 2, i % 4 == 3 ? BATCH_ACCEPTED : fates[i % 4], 0);
  for (guint i = 0; i < G_N_ELEMENTS (fates); i++) {
    g_autoptr (GString) found = g_string_new (NULL), expected = g_string_new (NULL);
    g_assert_true (batch_visit (batch, 1u << fates[i], keep_key, found, NULL));
    for (guint n = i; n + 1 < G_N_ELEMENTS (inputs); n += 4)
      g_string_append_printf (expected, "k%u ", n);
    g_assert_cmpstr (found->str, ==, expected->str);
  }
  for (guint i = 0; i + 1 < G_N_ELEMENTS (inputs); i++)
    g_free ((char *)inputs[i].key);
}

/* --- several processes --------------------------------------------------------------------------- */

static void
test_one_at_a_time (gpointer fixture, gconstpointer data)
{
  g_autoptr (Batch) first = open_batch ("t");
  g_autoptr (Batch) second = batch_open (directory, "t", FALSE, NULL);
  g_autoptr (GError) error = NULL;
  gint64 holder;

  load (first, (BatchLoading){ 0 }, three, FALSE);
  g_assert_true (batch_take (second, &holder, NULL));
  g_assert_cmpint (holder, ==, getpid ());
  g_assert_false (batch_record (second, NULL, 0, NULL, NOW, &error));
  batch_close (g_steal_pointer (&first));
  g_assert_true (batch_take (second, &holder, NULL));
  g_assert_cmpint (holder, ==, 0);
  assert_due (second, NOW, "a b c");
}

static void
test_actions (gpointer fixture, gconstpointer data)
{
  g_autoptr (Batch) batch = open_batch ("t");
  g_autoptr (Batch) other = batch_open (directory, "t", FALSE, NULL);
  g_autoptr (BatchInfo) info = NULL;
  BatchResult result;
  BatchState state;

  load (batch, (BatchLoading){ 0 }, three, FALSE);
  gint64 version = batch_version (batch);
  g_assert_true (batch_act (other, BATCH_PAUSE, NOW, &result, &state, NULL));
  g_assert_cmpint (result, ==, BATCH_DONE);
  g_assert_cmpint (batch_version (batch), !=, version);
  assert_due (batch, NOW, "");
  info = batch_info (batch, NULL);
  g_assert_cmpstr (info->reason, ==, "user");
  g_assert_true (batch_act (other, BATCH_PAUSE, NOW, &result, &state, NULL));
  g_assert_cmpint (result, ==, BATCH_NOT_SO);
  g_assert_true (batch_act (other, BATCH_RESEND_DOUBTS, NOW, &result, &state, NULL));
  g_assert_cmpint (result, ==, BATCH_BUSY);
  g_assert_true (batch_act (other, BATCH_RESUME, NOW, &result, &state, NULL));
  assert_due (batch, NOW, "a b c");
  g_assert_true (batch_act (other, BATCH_CANCEL, NOW, &result, &state, NULL));
  g_assert_cmpuint (count (batch, BATCH_LEFT_OUT), ==, 4);
  set_fate (batch, 1, 0, BATCH_DEFERRED, NOW); /* it was in flight */
  g_assert_cmpuint (count (batch, BATCH_LEFT_OUT), ==, 4);
}

static void
test_resolve (gpointer fixture, gconstpointer data)
{
  g_autoptr (Batch) batch = open_batch ("t");
  g_autoptr (Batch) other = batch_open (directory, "t", FALSE, NULL);
  BatchResult result;
  guint n;

  load (batch, (BatchLoading){ 0 }, three, FALSE);
  for (gint64 row = 1; row <= 3; row++)
    set_fate (batch, row, 0, BATCH_IN_DOUBT, 0);
  g_assert_true (batch_resolve (other, "a", BATCH_BELIEVE_DOUBTS, NOW, &result, &n, NULL));
  g_assert_cmpint (result, ==, BATCH_BUSY);
  g_assert_true (batch_resolve (batch, "a", BATCH_BELIEVE_DOUBTS, NOW, &result, &n, NULL));
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpuint (count (batch, BATCH_ACCEPTED), ==, 1);
  g_assert_true (batch_resolve (batch, "a", BATCH_BELIEVE_DOUBTS, NOW, &result, &n, NULL));
  g_assert_cmpuint (n, ==, 0);
  g_assert_true (batch_resolve (batch, "c", BATCH_RESEND_DOUBTS, NOW, &result, &n, NULL));
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpuint (count (batch, BATCH_IN_DOUBT), ==, 1);
  g_assert_true (batch_resolve (batch, NULL, BATCH_RESEND_DOUBTS, NOW, &result, &n, NULL));
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpuint (count (batch, BATCH_IN_DOUBT), ==, 0);
  assert_due (batch, NOW, "b c");
}

static void
test_pause_by_verdict (gpointer fixture, gconstpointer data)
{
  g_autoptr (Batch) batch = open_batch ("t");
  g_autoptr (Reply) reply = reply_new (550, "5.7.1 no");
  Verdict verdict = { .kind = OUTCOME_PERMANENT, .stage = STAGE_MAIL, .cause = CAUSE_REPLY, .reply = reply };
  g_autoptr (BatchInfo) info = NULL;

  load (batch, (BatchLoading){ 0 }, three, FALSE);
  g_assert_true (batch_pause (batch, "account", &verdict, NOW, NULL));
  info = batch_info (batch, NULL);
  g_assert_cmpint (info->state, ==, BATCH_PAUSED);
  g_assert_cmpstr (info->reason, ==, "account");
  g_assert_cmpuint (info->verdict.reply->code, ==, 550);
  load (batch, (BatchLoading){ 0 }, three, FALSE);
  g_assert_cmpint (state_of (batch), ==, BATCH_PAUSED);
}

static void
test_plan_and_parts (gpointer fixture, gconstpointer data)
{
  g_autoptr (Batch) batch = open_batch ("t");
  g_auto (BatchPlan) plan = { 0 }, found = { 0 };
  g_autofree char *large = g_strnfill (200000, 'x');
  static char *overrides[] = { (char *)"ports=25", (char *)"tls=off", NULL };

  batch_plan_init (&plan);
  plan.account = g_strdup ("work");
  plan.overrides = g_strdupv (overrides);
  plan.sender = g_strdup ("");
  plan.window = 32;
  plan.pacing.max_recipients = 5;
  g_assert_true (pacing_rates_parse ("60/min,450/day", &plan.pacing));
  g_assert_true (batch_set_plan (batch, &plan, NULL));
  g_assert_true (batch_set_part (batch, "letter", large, 200000, NULL));
  g_assert_true (batch_set_part (batch, "empty", "", 0, NULL));
  g_assert_true (batch_get_plan (batch, &found, NULL));
  g_assert_cmpstr (found.account, ==, "work");
  g_assert_true (g_strv_equal ((const char *const *)found.overrides, (const char *const *)plan.overrides));
  g_assert_cmpstr (found.sender, ==, "");
  g_assert_cmpuint (found.window, ==, 32);
  g_assert_cmpuint (found.pacing.n_rates, ==, 2);
  g_autoptr (GBytes) letter = batch_get_part (batch, "letter", NULL);
  g_autoptr (GBytes) empty = batch_get_part (batch, "empty", NULL);
  g_assert_cmpmem (g_bytes_get_data (letter, NULL), g_bytes_get_size (letter), large, 200000);
  g_assert_cmpuint (g_bytes_get_size (empty), ==, 0);
  g_assert_null (batch_get_part (batch, "none", NULL));
}

static void
test_list_and_remove (gpointer fixture, gconstpointer data)
{
  Batch *batch = open_batch ("b");
  Batch *other = open_batch ("a");
  g_autoptr (GPtrArray) before = batch_list (directory, NULL, NULL);

  g_assert_cmpuint (before->len, ==, 2);
  g_assert_cmpstr (((BatchInfo *)before->pdata[0])->name, ==, "a");
  g_assert_true (batch_remove (batch, NULL));
  g_autoptr (GPtrArray) after = batch_list (directory, NULL, NULL);
  g_assert_cmpuint (after->len, ==, 1);
  g_assert_null (batch_open (directory, "b", FALSE, NULL));
  batch_close (other);
}

typedef void (*Test) (gpointer, gconstpointer);

static void
add (const char *path, Test test, gconstpointer data)
{
  g_test_add_vtable (path, 0, data, (GTestFixtureFunc)begin, (GTestFixtureFunc)test, (GTestFixtureFunc)end);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  g_test_add_func ("/batch/names", test_names);
  g_test_add_func ("/batch/queue-id", test_queue_id);
  add ("/batch/load/first", test_first_load, NULL);
  add ("/batch/load/interrupted", test_not_sent_while_loading, NULL);
  add ("/batch/load/again", test_load_again, NULL);
  add ("/batch/load/doubt", test_doubt_is_never_changed, NULL);
  add ("/batch/load/left-out", test_left_out, NULL);
  add ("/batch/load/duplicates", test_duplicates, NULL);
  add ("/batch/load/common", test_common, NULL);
  add ("/batch/load/size/0", test_large_content, GSIZE_TO_POINTER (0));
  add ("/batch/load/size/65536", test_large_content, GSIZE_TO_POINTER (65536));
  add ("/batch/load/size/300000", test_large_content, GSIZE_TO_POINTER (300000));
  add ("/batch/load/size/9000000", test_large_content, GSIZE_TO_POINTER (9000000));
  add ("/batch/send/deferred", test_deferred, NULL);
  add ("/batch/send/in-hand", test_in_hand, NULL);
  add ("/batch/send/fates", test_fates, NULL);
  add ("/batch/visit", test_visit, NULL);
  add ("/batch/visit-one-kind", test_visit_one_kind, NULL);
  add ("/batch/one-at-a-time", test_one_at_a_time, NULL);
  add ("/batch/actions", test_actions, NULL);
  add ("/batch/resolve", test_resolve, NULL);
  add ("/batch/pause", test_pause_by_verdict, NULL);
  add ("/batch/plan", test_plan_and_parts, NULL);
  add ("/batch/list", test_list_and_remove, NULL);
  return g_test_run ();
}
