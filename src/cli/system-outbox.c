/* Handing over is sending: by an account whose server is the socket. So there is one way out,
 * and one set of words for what can go wrong on it. */
#include "cli/system-outbox.h"

#include "base/error.h"
#include "base/i18n.h"
#include "cli/deliver.h"
#include "engine/item-json.h"
#include "engine/post-office.h"
#include "mail/address.h"
#include "mail/local-names.h"
#include "net/local-socket.h"
#include "net/stream.h"
#include "net/tunnel.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

/* Who asks waits this long for an answer. */
#define PATIENCE_SECONDS 60

/* --- whose mail? ------------------------------------------------------------------ */

static gboolean
is_socket (const char *path)
{
  struct stat status;

  return stat (path, &status) == 0 && S_ISSOCK (status.st_mode);
}

static gboolean
is_there (void)
{
  g_auto (GStrv) files = config_default_files ();

  /* A configuration that users may not read is a system outbox's, running or not. */
  return is_socket (POST_OFFICE_SUBMIT_SOCKET) || (access (files[0], R_OK) != 0 && errno == EACCES);
}

gboolean
system_outbox_takes_over (const char *const *set)
{
  g_auto (GStrv) files = config_default_files ();
  const char *named = g_getenv ("TOUKAN_CONFIG");

  if ((set && set[0]) || (named && *named))
    return FALSE;
  return access (files[g_strv_length (files) - 1], F_OK) != 0 && is_there ();
}

/* --- handing over ------------------------------------------------------------------- */

/* "Login <name@host>", where such a thing can be; the outbox knows better, and has the kernel's
 * word for who it is. */
static char *
own_address (void)
{
  g_autofree char *address = g_strdup_printf ("%s@%s", g_get_user_name (), g_get_host_name ());
  g_autofree char *checked = address_parse_one (address, NULL, NULL);

  return checked ? g_steal_pointer (&checked) : g_strdup ("nobody@" LOCAL_DOMAIN);
}

Config *
system_outbox_config (void)
{
  static const char text[] = "[account system]\n"
                             "host = " LOCAL_DOMAIN "\n"
                             "ports = 25\n"
                             "tunnel = " TUNNEL_SOCKET POST_OFFICE_SUBMIT_SOCKET "\n"
                             "tls = off\n"
                             "auth = off\n"
                             "helo-name = " LOCAL_DOMAIN "\n"
                             "domain = " LOCAL_DOMAIN "\n"
                             "outbox = no\n"
                             "flush-along = no\n"
                             "path-memory = no\n";
  g_autofree char *from = own_address ();
  g_autofree char *override = g_strconcat ("from=", from, NULL);
  const char *const overrides[] = { override, NULL };
  g_autoptr (GError) error = NULL;
  Config *config = config_load_text ("system outbox", text, strlen (text), overrides, &error);

  g_assert_no_error (error);
  return config;
}

static gboolean
refuse_silence (const char *path, GError **error)
{
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_TEMPORARY,
               _ ("the system outbox doesn't answer at %s: %s. Nothing was kept; root can start it with "
                  "\"systemctl start toukan\""),
               path, g_strerror (errno));
  return FALSE;
}

gboolean
system_outbox_answers (GError **error)
{
  int fd = local_socket_connect (POST_OFFICE_SUBMIT_SOCKET);

  if (fd < 0)
    return refuse_silence (POST_OFFICE_SUBMIT_SOCKET, error);
  close (fd);
  return TRUE;
}

/* --- asking ------------------------------------------------------------------------------ */

/* Sends QUESTION; the answer's lines. NULL with ERROR. */
static GDataInputStream *
ask (const char *question, GError **error)
{
  int fd = local_socket_connect (POST_OFFICE_QUERY_SOCKET);
  g_autoptr (GSocket) socket = fd >= 0 ? g_socket_new_from_fd (fd, NULL) : NULL;

  if (!socket) {
    refuse_silence (POST_OFFICE_QUERY_SOCKET, error);
    return NULL;
  }
  g_socket_set_blocking (socket, TRUE);
  g_socket_set_timeout (socket, PATIENCE_SECONDS);
  g_autoptr (GSocketConnection) connection = g_socket_connection_factory_create_connection (socket);
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  if (!g_output_stream_write_all (out, question, strlen (question), NULL, NULL, error))
    return NULL;
  GDataInputStream *answer
      = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  /* The stream closes with its connection, so that goes along. */
  g_object_set_data_full (G_OBJECT (answer), "connection", g_steal_pointer (&connection), g_object_unref);
  return answer;
}

/* One object; NULL with ERROR: what came is none, or says that something went wrong. *ret_line
 * is what it was read from. */
static JsonNode *
next_object (GDataInputStream *answer, char **ret_line, GError **error)
{
  g_autofree char *line = g_data_input_stream_read_line (answer, NULL, NULL, error);
  g_autoptr (JsonNode) node = line ? json_from_string (line, NULL) : NULL;
  gboolean sound = node && JSON_NODE_HOLDS_OBJECT (node);
  const char *trouble
      = sound ? json_object_get_string_member_with_default (json_node_get_object (node), "error", NULL)
              : NULL;

  *ret_line = NULL;
  if (sound && !trouble) {
    *ret_line = g_steal_pointer (&line);
    return g_steal_pointer (&node);
  }
  if (!*error)
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_TEMPORARY, _ ("the system outbox didn't answer: %s"),
                 trouble ? trouble : _ ("the answer has no end"));
  return NULL;
}

static gboolean
is_end (JsonNode *node)
{
  return json_object_has_member (json_node_get_object (node), "end");
}

gboolean
system_outbox_list (OutboxVisit visit, gpointer data, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GDataInputStream) answer = ask ("list\n", &reason);

  while (answer) {
    g_autofree char *line = NULL;
    g_autoptr (JsonNode) node = next_object (answer, &line, &reason);
    g_autoptr (OutboxItem) item = node && !is_end (node) ? item_json_read (line) : NULL;
    if (item)
      visit (item, data);
    else if (node && is_end (node))
      return TRUE;
    else if (!node)
      break;
  }
  g_propagate_error (error, g_steal_pointer (&reason));
  return FALSE;
}

/* The values of "result" and "state" to what they name; FALSE: one names nothing. */
static gboolean
read_result (JsonObject *object, OutboxResult *ret_result, OutboxState *ret_state)
{
  const char *result = json_object_get_string_member_with_default (object, "result", "");
  const char *state = json_object_get_string_member_with_default (object, "state", NULL);

  for (*ret_result = OUTBOX_DONE; *ret_result <= OUTBOX_NOT_SO; ++*ret_result)
    if (strcmp (post_office_result_name (*ret_result), result) == 0)
      break;
  for (*ret_state = OUTBOX_DRAFT; state && *ret_state <= OUTBOX_CANCELLED; ++*ret_state)
    if (strcmp (outbox_state_name (*ret_state), state) == 0)
      break;
  return *ret_result <= OUTBOX_NOT_SO && *ret_state <= OUTBOX_CANCELLED;
}

gboolean
system_outbox_act (gint64 id, OutboxAction action, OutboxResult *ret_result, OutboxState *ret_state,
                   GError **error)
{
  g_autofree char *question
      = g_strdup_printf ("%s %" G_GINT64_FORMAT "\n", post_office_action_name (action), id);
  g_autoptr (GError) reason = NULL;
  g_autoptr (GDataInputStream) answer = ask (question, &reason);
  g_autofree char *line = NULL;
  g_autoptr (JsonNode) node = answer ? next_object (answer, &line, &reason) : NULL;

  if (node && read_result (json_node_get_object (node), ret_result, ret_state))
    return TRUE;
  if (reason)
    g_propagate_error (error, g_steal_pointer (&reason));
  else
    g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_TEMPORARY,
                         _ ("the system outbox is of another version: restart it"));
  return FALSE;
}

/* --- as a pipe ------------------------------------------------------------------------------ */

#define PENDING_ENOUGH ((gsize)64 * 1024)

/* What comes in and what goes out are streams of their own: the caller may have said all and
 * still listen. */
typedef struct {
  Stream *in, *out, *outbox; /* OUTBOX is NULL when it has hung up */
  GMainLoop *loop;
} Bridge;

static void
pass_on (Stream *from, Stream *to, const guint8 *octets, gsize length)
{
  stream_write (to, octets, length);
  stream_set_reading (from, stream_pending (to) < PENDING_ENOUGH);
}

static void
on_said (Stream *stream, const guint8 *octets, gsize length, gpointer data)
{
  Bridge *bridge = data;

  if (bridge->outbox)
    pass_on (stream, bridge->outbox, octets, length);
}

static void
on_all_said (Stream *stream, const char *detail, gpointer data)
{
  Bridge *bridge = data;

  g_clear_pointer (&bridge->in, stream_free);
  if (bridge->outbox)
    stream_close_gracefully (bridge->outbox);
}

static void
on_answered (Stream *stream, const guint8 *octets, gsize length, gpointer data)
{
  pass_on (stream, ((Bridge *)data)->out, octets, length);
}

static void
on_passed_on (Stream *stream, gpointer data)
{
  Bridge *bridge = data;

  if (bridge->in)
    stream_set_reading (bridge->in, TRUE);
}

static void
on_hung_up (Stream *stream, const char *detail, gpointer data)
{
  Bridge *bridge = data;

  g_clear_pointer (&bridge->outbox, stream_free);
  if (stream_pending (bridge->out) == 0)
    g_main_loop_quit (bridge->loop);
}

static void
on_told (Stream *stream, gpointer data)
{
  Bridge *bridge = data;

  if (bridge->outbox)
    stream_set_reading (bridge->outbox, TRUE);
  else
    g_main_loop_quit (bridge->loop);
}

/* Nobody listens any more. */
static void
on_untold (Stream *stream, const char *detail, gpointer data)
{
  g_main_loop_quit (((Bridge *)data)->loop);
}

int
system_outbox_bridge (void)
{
  static const StreamEvents in = { .received = on_said, .closed = on_all_said };
  static const StreamEvents out = { .drained = on_told, .closed = on_untold };
  static const StreamEvents outbox
      = { .received = on_answered, .drained = on_passed_on, .closed = on_hung_up };
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  Bridge bridge = { .loop = loop };
  int fd = local_socket_connect (POST_OFFICE_SUBMIT_SOCKET);

  if (fd < 0) {
    refuse_silence (POST_OFFICE_SUBMIT_SOCKET, &error);
    return deliver_fail (error);
  }
  bridge.outbox = stream_new (fd, &outbox, &bridge);
  bridge.in = stream_new_pair (dup (STDIN_FILENO), dup (STDIN_FILENO), &in, &bridge);
  bridge.out = stream_new_pair (dup (STDOUT_FILENO), dup (STDOUT_FILENO), &out, &bridge);
  stream_set_reading (bridge.out, FALSE);
  g_main_loop_run (loop);
  stream_free (bridge.in);
  stream_free (bridge.out);
  stream_free (bridge.outbox);
  return EX_OK;
}
