/* Starting toukan-sink and listening to its log. */
#include "demo/server.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#define READY_WITHIN 10 /* seconds; it makes keys and certificates first */
#define MESSAGE_WITHIN 2
#define LOG_LINE_LIMIT 65536

struct Server {
  GSubprocess *process;
  GDataInputStream *log;
  GCancellable *cancellable;
  gboolean reading;
  gboolean ended; /* its log */
  gboolean ready;
  char *ca_file;
  char *message_file;
};

/* --- its log: a JSON object a line -------------------------------------------- */

static char *
member_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);
  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_dup_string (node);
}

static void
take_line (Server *server, const char *line, gsize length)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  if (length > LOG_LINE_LIMIT || !json_parser_load_from_data (parser, line, (gssize)length, NULL))
    return;
  JsonNode *root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return;
  JsonObject *object = json_node_get_object (root);
  g_autofree char *event = member_text (object, "event");
  if (g_strcmp0 (event, "ready") == 0) {
    server->ready = TRUE;
    g_free (server->ca_file);
    server->ca_file = member_text (object, "ca");
  } else if (g_strcmp0 (event, "message") == 0 && server->message_file == NULL) {
    server->message_file = member_text (object, "file");
  }
}

static void read_on (Server *server);

static void
line_came (GObject *source, GAsyncResult *result, gpointer data)
{
  Server *server = data;
  gsize length;
  g_autofree char *line
      = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source), result, &length, NULL);
  server->reading = FALSE;
  if (line == NULL) {
    server->ended = TRUE;
    return;
  }
  take_line (server, line, length);
  read_on (server);
}

static void
read_on (Server *server)
{
  server->reading = TRUE;
  g_data_input_stream_read_line_async (server->log, G_PRIORITY_DEFAULT, server->cancellable, line_came,
                                       server);
}

static gboolean
time_is_up (gpointer up)
{
  *(gboolean *)up = TRUE;
  return G_SOURCE_REMOVE;
}

/* Runs the loop until *FLAG is something, its log has ended, or SECONDS are over. */
static void
wait_for (Server *server, gboolean (*is_there) (const Server *), guint seconds)
{
  gboolean up = FALSE;
  guint timer = g_timeout_add_seconds (seconds, time_is_up, &up);
  while (!is_there (server) && !server->ended && !up)
    g_main_context_iteration (NULL, TRUE);
  if (!up)
    g_source_remove (timer);
}

static gboolean
is_ready (const Server *server)
{
  return server->ready;
}

static gboolean
has_message (const Server *server)
{
  return server->message_file != NULL;
}

/* --- the process ---------------------------------------------------------------- */

/* Beside this program in a build tree, else where it was installed. */
static char *
find_sink (void)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = self != NULL ? g_path_get_dirname (self) : NULL;
  char *program = folder != NULL ? g_build_filename (folder, "toukan-sink", NULL) : NULL;
  if (program != NULL && g_file_test (program, G_FILE_TEST_IS_EXECUTABLE))
    return program;
  g_free (program);
  return g_strdup (BINDIR "/toukan-sink");
}

static void
die_with_parent (gpointer parent)
{
  prctl (PR_SET_PDEATHSIG, SIGTERM);
}

static GPtrArray *
arguments (const ServerSettings *settings)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (words, find_sink ());
  for (gsize i = 0; settings->addresses[i] != NULL; i++)
    for (gsize j = 0; settings->ports[j] != 0; j++) {
      const char *address = settings->addresses[i];
      g_ptr_array_add (words, g_strdup ("--listen"));
      g_ptr_array_add (words, g_strdup_printf (strchr (address, ':') != NULL ? "[%s]:%u" : "%s:%u", address,
                                               settings->ports[j]));
    }
  const char *const pairs[][2] = { { "--name", settings->host }, { "--tls-name", settings->host } };
  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++) {
    g_ptr_array_add (words, g_strdup (pairs[i][0]));
    g_ptr_array_add (words, g_strdup (pairs[i][1]));
  }
  g_ptr_array_add (words, g_strdup ("--tls-dir"));
  g_ptr_array_add (words, g_build_filename (settings->folder, "tls", NULL));
  g_ptr_array_add (words, g_strdup ("--maildir"));
  g_ptr_array_add (words, g_build_filename (settings->folder, "mail", NULL));
  g_ptr_array_add (words, g_strdup ("--user"));
  g_ptr_array_add (words, g_strdup_printf ("%s:%s", settings->user, settings->password));
  g_ptr_array_add (words, g_strdup ("--require-tls"));
  g_ptr_array_add (words, NULL);
  return words;
}

/* The first line of what the process wrote to stderr, once it has ended. */
static char *
complaint_of (GSubprocess *process)
{
  g_autoptr (GDataInputStream) words = g_data_input_stream_new (g_subprocess_get_stderr_pipe (process));
  g_autofree char *line = g_data_input_stream_read_line (words, NULL, NULL, NULL);
  return line != NULL ? visible_text (line, -1) : g_strdup (_ ("it said nothing"));
}

Server *
server_new (const ServerSettings *settings, GError **error)
{
  g_autoptr (GPtrArray) words = arguments (settings);
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  g_autoptr (GError) cause = NULL;
  GSubprocess *process = g_subprocess_launcher_spawnv (launcher, (const char *const *)words->pdata, &cause);
  if (process == NULL) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_UNAVAILABLE,
                 _ ("the demo's mail server can't be started: %s"), cause->message);
    return NULL;
  }
  g_autoptr (Server) server = g_new0 (Server, 1);
  server->process = process;
  server->cancellable = g_cancellable_new ();
  server->log = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  read_on (server);
  wait_for (server, is_ready, READY_WITHIN);
  if (server->ready && server->ca_file != NULL)
    return g_steal_pointer (&server);
  g_subprocess_force_exit (process);
  g_autofree char *complaint = complaint_of (process);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_SYSTEM, _ ("the demo's mail server (%s) doesn't run: %s"),
               (const char *)words->pdata[0], complaint);
  return NULL;
}

void
server_free (Server *server)
{
  if (server == NULL)
    return;
  g_cancellable_cancel (server->cancellable);
  while (server->reading)
    g_main_context_iteration (NULL, TRUE);
  g_subprocess_send_signal (server->process, SIGTERM);
  g_subprocess_wait (server->process, NULL, NULL);
  g_object_unref (server->log);
  g_object_unref (server->process);
  g_object_unref (server->cancellable);
  g_free (server->ca_file);
  g_free (server->message_file);
  g_free (server);
}

const char *
server_ca_file (const Server *server)
{
  return server->ca_file;
}

const char *
server_message_file (Server *server)
{
  wait_for (server, has_message, MESSAGE_WITHIN);
  return server->message_file;
}
