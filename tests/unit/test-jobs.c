/* Complete messages: objects of JSON Lines and the messages of an mbox file. */
#include "base/error.h"
#include "mail/eml-folder.h"
#include "mail/jobs.h"
#include "mail/mbox.h"
#include "tests/lib/table.h"

#include <glib/gstdio.h>

static BodyReader *
reader_over (const char *text, gsize length)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, length);
  g_autoptr (BodySource) source = body_source_new_bytes (bytes);
  BodyReader *reader = body_source_open (source, NULL);
  g_assert_nonnull (reader);
  return reader;
}

static char *
whole (BodySource *source)
{
  gsize size = (gsize)body_source_size (source);
  char *text = g_malloc0 (size + 1);
  g_autoptr (BodyReader) reader = body_source_open (source, NULL);
  for (gsize at = 0; at < size;) {
    gssize given = body_reader_read (reader, (guint8 *)text + at, size - at, NULL);
    g_assert_cmpint (given, >, 0);
    at += (gsize)given;
  }
  return text;
}

typedef struct {
  const char *about;
  MboxQuoting quoting;
  const char *text;
  const char *wanted; /* "LINE[message]" each, ~ for a line end */
} MboxRow;

static const MboxRow mbox_rows[] = {
  { "nothing", MBOX_RD, "", "" },
  { "empty lines", MBOX_RD, "\n\n", "" },
  { "no mbox", MBOX_RD, "Subject: x\n", "no mbox" },
  { "one", MBOX_RD, "From a b\nS: x\n\nbody\n\n", "2[S: x~~body~]" },
  { "one without the empty line at its end", MBOX_RD, "From a b\nS: x\n\nbody", "2[S: x~~body]" },
  { "two", MBOX_RD, "From a b\nS: 1\n\nx\n\nFrom c d\nS: 2\n\ny\n\n", "2[S: 1~~x~]7[S: 2~~y~]" },
  { "a body that is empty", MBOX_RD, "From a b\nS: 1\n\n\nFrom c d\nS: 2\n\n", "2[S: 1~~]6[S: 2~]" },
  { "From in a paragraph", MBOX_RD, "From a b\nS: 1\n\nx\nFrom here\n\n", "2[S: 1~~x~From here~]" },
  { "mboxrd", MBOX_RD, "From a b\n\n>From x\n>>From y\n>Fro\n> From\n\n", "2[~From x~>From y~>Fro~> From~]" },
  { "mboxo", MBOX_O, "From a b\n\n>From x\n>>From y\n\n", "2[~From x~>>From y~]" },
  { "CRLF", MBOX_RD, "From a b\r\nS: 1\r\n\r\nx\r\n\r\nFrom c\r\nS: 2\r\n", "2[S: 1~~~~x~~]7[S: 2~~]" },
  { "empty lines at the end are the message's but for one", MBOX_RD, "From a b\n\nx\n\n\nFrom c\n\ny\n",
    "2[~x~~]7[~y~]" },
  { "a message of nothing", MBOX_RD, "From a b\n\nFrom c d\nS: 1\n", "2[]4[S: 1~]" },
};

static void
check_mbox (gconstpointer data)
{
  const MboxRow *row = data;
  g_autoptr (MboxReader) mbox = mbox_reader_new (reader_over (row->text, strlen (row->text)), row->quoting);
  g_autoptr (GString) got = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  BodySource *message;
  guint64 line;
  int result;
  while ((result = mbox_reader_next (mbox, &message, &line, &error)) > 0) {
    g_autofree char *text = whole (message);
    g_string_append_printf (got, "%" G_GUINT64_FORMAT "[%s]", line, text);
    body_source_unref (message);
  }
  if (strcmp (row->wanted, "no mbox") == 0) {
    g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
    return;
  }
  g_assert_cmpint (result, ==, 0);
  g_strdelimit (got->str, "\r\n", '~');
  g_assert_cmpstr (got->str, ==, row->wanted);
}

typedef struct {
  const char *about;
  const char *line;
  const char *sender;     /* NULL: refused */
  const char *recipients; /* refused: what is said of it */
  const char *octets;     /* NULL, or a piece of the message */
} JobRow;

#define MINIMUM "\"from\":\"A <a@b.c>\",\"to\":\"d@e.f\""

static const JobRow job_rows[] = {
  { "little", "{" MINIMUM "}", "a@b.c", "d@e.f", "\r\nTo: d@e.f\r\n" },
  { "lists", "{\"from\":\"a@b.c\",\"to\":[\"d@e.f, g@h.i\",\"j@k.l\"],\"cc\":\"m@n.o\",\"bcc\":[\"p@q.r\"]}",
    "a@b.c", "d@e.f g@h.i j@k.l m@n.o p@q.r", "\r\nCc: m@n.o\r\n" },
  { "an envelope", "{" MINIMUM ",\"envelope\":{\"from\":\"\",\"to\":[\"x@y.z\"]}}", "", "x@y.z",
    "To: d@e.f" },
  { "half an envelope", "{" MINIMUM ",\"envelope\":{\"from\":\"x@y.z\"}}", "x@y.z", "d@e.f", NULL },
  { "fields", "{" MINIMUM ",\"headers\":{\"X-A\":\"\303\274\",\"X-B\":[\"1\",\"2\"]}}", "a@b.c", "d@e.f",
    "\r\nX-A: =?utf-8?B?w7w=?=\r\nX-B: 1\r\nX-B: 2\r\n" },
  { "text", "{" MINIMUM ",\"subject\":\"S\",\"text\":\"one\\ntwo\"}", "a@b.c", "d@e.f",
    "\r\n\r\none\r\ntwo" },
  { "HTML", "{" MINIMUM ",\"html\":\"<p>x\",\"text\":\"t\"}", "a@b.c", "d@e.f", "multipart/alternative" },
  { "an id", "{" MINIMUM ",\"id\":\"7\"}", "a@b.c", "d@e.f", "Message-ID: <" },
  { "the default sender", "{\"to\":\"d@e.f\"}", "default@x.y", "d@e.f", "From: default@x.y" },
  { "a line break in a field", "{" MINIMUM ",\"headers\":{\"X-A\":\"a\\nBcc: x@y.z\"}}", NULL, "line break",
    NULL },
  { "a line break in the subject", "{" MINIMUM ",\"subject\":\"a\\r\\nb\"}", NULL, "line break", NULL },
  { "a line break in an address", "{\"from\":\"a@b.c\",\"to\":\"d@e.f\\nBcc: x@y.z\"}", NULL, "line", NULL },
  { "a name with a colon", "{" MINIMUM ",\"headers\":{\"X: y\":\"a\"}}", NULL, "headers", NULL },
  { "our own field", "{" MINIMUM ",\"headers\":{\"Message-ID\":\"<a@b>\"}}", NULL, "Message-ID", NULL },
  { "unknown", "{" MINIMUM ",\"priority\":1}", NULL, "priority", NULL },
  { "nobody", "{\"from\":\"a@b.c\"}", NULL, "nobody", NULL },
  { "wrong type", "{" MINIMUM ",\"subject\":1}", NULL, "subject", NULL },
  { "wrong type in a list", "{\"from\":\"a@b.c\",\"to\":[1]}", NULL, "\"to\"", NULL },
  { "envelope of more", "{" MINIMUM ",\"envelope\":{\"for\":\"x\"}}", NULL, "envelope", NULL },
  { "attachment that isn't there", "{" MINIMUM ",\"attachments\":[\"none.bin\"]}", NULL, "none.bin", NULL },
  { "attachment of more", "{" MINIMUM ",\"attachments\":[{\"path\":\"x\",\"name\":\"y\"}]}", NULL,
    "attachments", NULL },
  { "no object", "[]", NULL, "object", NULL },
};

static char *
recipients_of (const Envelope *envelope)
{
  g_autoptr (GString) all = g_string_new (NULL);
  for (guint i = 0; i < envelope->recipients->len; i++)
    g_string_append_printf (all, "%s%s", i > 0 ? " " : "", envelope_recipient (envelope, i)->address);
  return g_strdup (all->str);
}

static const JobRules rules
    = { .from = "default@x.y", .folder = "/nowhere", .seed = "s", .date = 1767261600 };

static void
check_job (gconstpointer data)
{
  const JobRow *row = data;
  g_autofree char *text = g_strdup_printf ("\n%s\n{" MINIMUM "}\n", row->line);
  g_autoptr (JobReader) jobs = job_reader_new (reader_over (text, strlen (text)), &rules);
  g_autoptr (GError) error = NULL;
  g_autoptr (Job) job = NULL;
  RowResult result = job_reader_next (jobs, &job, &error);
  if (row->sender == NULL) {
    g_assert_cmpint (result, ==, ROW_FAULTY);
    g_assert_true (g_str_has_prefix (error->message, "line 2: "));
    g_assert_nonnull (strstr (error->message, row->recipients));
  } else {
    g_assert_no_error (error);
    g_autofree char *recipients = recipients_of (job->envelope);
    g_assert_cmpstr (job->envelope->sender, ==, row->sender);
    g_assert_cmpstr (recipients, ==, row->recipients);
    g_autofree char *octets = whole (job->message);
    g_assert_true (row->octets == NULL || strstr (octets, row->octets) != NULL);
    g_assert_null (strstr (octets, "p@q.r"));
  }
  g_autoptr (Job) next = NULL;
  g_assert_cmpint (job_reader_next (jobs, &next, NULL), ==, ROW_GIVEN);
  g_assert_cmpuint (next->line, ==, 3);
  g_autoptr (Job) none = NULL;
  g_assert_cmpint (job_reader_next (jobs, &none, NULL), ==, ROW_END);
}

static void
check_folder (void)
{
  static const char *const names[] = { "b.eml", "a.eml", ".c.eml", "d.txt" };
  g_autofree char *folder = g_dir_make_tmp (NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (folder, names[i], NULL);
    g_assert_true (g_file_set_contents (path, "x", 1, NULL));
  }
  g_autoptr (GPtrArray) paths = eml_folder_list (folder, NULL);
  g_assert_cmpuint (paths->len, ==, 2);
  g_assert_true (g_str_has_suffix (g_ptr_array_index (paths, 0), "/a.eml"));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (folder, names[i], NULL);
    g_unlink (path);
  }
  g_rmdir (folder);
  g_autoptr (GError) error = NULL;
  g_assert_null (eml_folder_list (folder, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_NO_INPUT);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/jobs/mbox", mbox_rows, check_mbox);
  TABLE_ADD ("/jobs/json", job_rows, check_job);
  g_test_add_func ("/jobs/folder", check_folder);
  return g_test_run ();
}
