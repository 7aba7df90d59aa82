/* Messages as octets that can be read again: in memory, in a file, from a pipe, and
 * when the disk has no room. */
#include "base/error.h"
#include "mail/body-writer.h"
#include "tests/lib/tap.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>

static GByteArray *
drain (BodyReader *reader, gsize step)
{
  GByteArray *all = g_byte_array_new ();
  g_autofree guint8 *buffer = g_malloc (step);
  g_autoptr (GError) error = NULL;
  gssize given;
  while ((given = body_reader_read (reader, buffer, step, &error)) > 0)
    g_byte_array_append (all, buffer, (guint)given);
  g_assert_no_error (error);
  g_assert_cmpint (given, ==, 0);
  return all;
}

static guint8 *
pattern (gsize length)
{
  guint8 *octets = g_malloc (length + 1);
  for (gsize i = 0; i < length; i++)
    octets[i] = (guint8)(i * 31 + (i >> 8));
  return octets;
}

static void
check_source (BodySource *source, const guint8 *octets, gsize length)
{
  static const gsize steps[] = { 1021, 4096, 1 << 20 };
  g_assert_cmpuint (body_source_size (source), ==, length);
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
    g_autoptr (BodyReader) reader = body_source_open (source, NULL);
    g_autoptr (GByteArray) all = drain (reader, steps[i]);
    g_assert_cmpmem (all->data, all->len, octets, length);
  }
}

static const gsize lengths[] = { 0,
                                 1,
                                 100,
                                 65536,
                                 BODY_MEMORY_LIMIT - 1,
                                 BODY_MEMORY_LIMIT,
                                 BODY_MEMORY_LIMIT + 1,
                                 BODY_MEMORY_LIMIT + 65536,
                                 3 * BODY_MEMORY_LIMIT + 7 };

static void
test_writer (gconstpointer data)
{
  gsize length = *(const gsize *)data;
  static const gsize pieces[] = { 999, 65536, 5 << 20 };
  g_autofree guint8 *octets = pattern (length);
  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++) {
    g_autoptr (BodyWriter) writer = body_writer_new ();
    for (gsize done = 0; done < length; done += pieces[i])
      g_assert_true (body_writer_append (writer, octets + done, MIN (pieces[i], length - done), NULL));
    g_autoptr (GError) error = NULL;
    g_autoptr (BodySource) source = body_writer_finish (writer, &error);
    g_assert_no_error (error);
    check_source (source, octets, length);
  }
}

typedef struct {
  int fd;
  const guint8 *octets;
  gsize length;
} Feed;

/* Odd pieces with pauses, so that reads come back short and find nothing. */
static gpointer
feed_pipe (gpointer data)
{
  Feed *feed = data;
  for (gsize done = 0, piece = 1; done < feed->length; piece = piece * 3 % 50021) {
    gssize written = write (feed->fd, feed->octets + done, MIN (piece, feed->length - done));
    g_assert_cmpint (written, >, 0);
    done += (gsize)written;
    if (piece % 7 == 0)
      g_usleep (100);
  }
  close (feed->fd);
  return NULL;
}

static void
test_pipe (gconstpointer data)
{
  gboolean nonblocking = GPOINTER_TO_INT (data);
  gsize length = 2 * BODY_MEMORY_LIMIT + 12345;
  g_autofree guint8 *octets = pattern (length);
  int ends[2];
  g_assert_cmpint (pipe (ends), ==, 0);
  if (nonblocking)
    g_assert_cmpint (fcntl (ends[0], F_SETFL, O_NONBLOCK), ==, 0);
  Feed feed = { ends[1], octets, length };
  GThread *thread = g_thread_new ("feed", feed_pipe, &feed);
  g_autoptr (GError) error = NULL;
  g_autoptr (BodySource) source = body_source_new_fd (ends[0], &error);
  g_thread_join (thread);
  close (ends[0]);
  g_assert_no_error (error);
  check_source (source, octets, length);
}

static void
test_readers_are_independent (gconstpointer data)
{
  gsize length = *(const gsize *)data;
  g_autofree guint8 *octets = pattern (length);
  g_autoptr (BodyWriter) writer = body_writer_new ();
  g_assert_true (body_writer_append (writer, octets, length, NULL));
  BodySource *source = body_writer_finish (writer, NULL);
  g_autoptr (BodyReader) slow = body_source_open (source, NULL);
  guint8 first[10];
  g_assert_cmpint (body_reader_read (slow, first, sizeof first, NULL), ==, sizeof first);
  g_autoptr (BodyReader) fast = body_source_open (source, NULL);
  body_source_unref (source); /* readers keep what they read alive */
  g_autoptr (GByteArray) all = drain (fast, 4096);
  g_assert_cmpmem (all->data, all->len, octets, length);
  g_autoptr (GByteArray) rest = drain (slow, 4096);
  g_assert_cmpmem (rest->data, rest->len, octets + 10, length - 10);
}

static void
test_file_is_hidden (void)
{
  if (g_test_subprocess ()) {
    g_autofree char *folder = g_strdup_printf (
        "%s/toukan-test-%d", g_getenv ("TMPDIR") != NULL ? g_getenv ("TMPDIR") : "/tmp", getpid ());
    g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
    g_setenv ("TMPDIR", folder, TRUE);
    g_assert_cmpstr (g_get_tmp_dir (), ==, folder);
    gsize length = BODY_MEMORY_LIMIT + 1;
    g_autofree guint8 *octets = pattern (length);
    g_autoptr (BodyWriter) writer = body_writer_new ();
    g_assert_true (body_writer_append (writer, octets, length, NULL));
    g_autoptr (BodySource) source = body_writer_finish (writer, NULL);
    g_assert_nonnull (source);
    g_autoptr (GDir) dir = g_dir_open (g_get_tmp_dir (), 0, NULL);
    g_assert_null (g_dir_read_name (dir));
    rmdir (folder);
    return;
  }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

static void
test_no_room (void)
{
  if (g_test_subprocess ()) {
    signal (SIGXFSZ, SIG_IGN);
    struct rlimit limit = { 64 * 1024, 64 * 1024 };
    g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
    gsize length = 2 * BODY_MEMORY_LIMIT;
    g_autofree guint8 *octets = pattern (length);
    g_autoptr (BodyWriter) writer = body_writer_new ();
    g_autoptr (GError) error = NULL;
    g_assert_false (body_writer_append (writer, octets, length, &error));
    g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO);
    g_assert_nonnull (strstr (error->message, g_get_tmp_dir ()));
    return;
  }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

static void
test_no_folder (void)
{
  if (g_test_subprocess ()) {
    g_setenv ("TMPDIR", "/nonexistent/folder", TRUE);
    gsize length = 2 * BODY_MEMORY_LIMIT;
    g_autofree guint8 *octets = pattern (length);
    g_autoptr (BodyWriter) writer = body_writer_new ();
    g_autoptr (GError) error = NULL;
    g_assert_false (body_writer_append (writer, octets, length, &error));
    g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO);
    g_assert_nonnull (strstr (error->message, "/nonexistent/folder"));
    return;
  }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

static void
test_bad_descriptor (void)
{
  g_autoptr (GError) error = NULL;
  g_assert_null (body_source_new_fd (-1, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++) {
    g_autofree char *name = g_strdup_printf ("/body/writer/%" G_GSIZE_FORMAT, lengths[i]);
    g_test_add_data_func (name, &lengths[i], test_writer);
  }
  g_test_add_data_func ("/body/pipe", GINT_TO_POINTER (FALSE), test_pipe);
  g_test_add_data_func ("/body/pipe-nonblocking", GINT_TO_POINTER (TRUE), test_pipe);
  g_test_add_data_func ("/body/independent/memory", &lengths[3], test_readers_are_independent);
  g_test_add_data_func ("/body/independent/file", &lengths[8], test_readers_are_independent);
  g_test_add_func ("/body/hidden", test_file_is_hidden);
  g_test_add_func ("/body/no-room", test_no_room);
  g_test_add_func ("/body/no-folder", test_no_folder);
  g_test_add_func ("/body/bad-descriptor", test_bad_descriptor);
  return g_test_run ();
}
