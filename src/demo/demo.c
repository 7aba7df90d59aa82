/* toukan-demo: the main job without an account. It sends a message through a network that
 * misbehaves, and shows what the program did about it; then a second one, which gains by
 * what the first has learnt. */
#include "config.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "demo/fault.h"
#include "demo/message.h"
#include "demo/scene.h"
#include "engine/memory-source.h"
#include "engine/painter.h"
#include "net/descriptors.h"

#include <glib-unix.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define FRAME 50 /* ms between two pictures */
#define SHOWN_LINES 12
#define LINGER_SECONDS 3 /* after the outcome, for the last words of the attempts */
#define SAVING_WORTH_A_WORD (TICKS_PER_SECOND / 2)

typedef struct {
  Painter *painter;
  GMainLoop *loop;
  guint linger;  /* source */
  gboolean over; /* the outcome is there */
  gboolean delivered;
  Ticks took; /* until the outcome */
  int signal; /* that ended it; 0: none */
} Show;

/* --- watching -------------------------------------------------------------------- */

static gboolean
show_ends (gpointer data)
{
  Show *show = data;
  show->linger = 0;
  g_main_loop_quit (show->loop);
  return G_SOURCE_REMOVE;
}

static void
watch (const EngineEvent *event, gpointer data)
{
  Show *show = data;
  painter_take (show->painter, event);
  if (event->kind == ENGINE_OUTCOME) {
    show->over = TRUE;
    show->took = event->at;
    show->delivered = event->outcome->overall.kind == OUTCOME_ACCEPTED;
    show->linger = g_timeout_add_seconds (LINGER_SECONDS, show_ends, show);
  }
  if (event->kind == ENGINE_IDLE && show->over)
    g_main_loop_quit (show->loop);
}

static gboolean
frame_is_due (gpointer data)
{
  painter_tick (((Show *)data)->painter);
  return G_SOURCE_CONTINUE;
}

static gboolean
interrupted (Show *show, int signal)
{
  show->signal = signal;
  g_main_loop_quit (show->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_sigint (gpointer data)
{
  return interrupted (data, SIGINT);
}

static gboolean
on_sigterm (gpointer data)
{
  return interrupted (data, SIGTERM);
}

static gboolean
on_sighup (gpointer data)
{
  return interrupted (data, SIGHUP);
}

/* --- sending ------------------------------------------------------------------------ */

static gboolean
send_message (Show *show, Engine *engine, const Account *account, BodySource *message, GError **error)
{
  g_autoptr (Envelope) envelope = message_envelope ();
  Submission submission = { .account = account, .envelope = envelope, .message = message };
  DeliveryId id;
  show->over = show->delivered = FALSE;
  if (!submit (engine, &submission, &id, error))
    return FALSE;
  guint frames = g_timeout_add (FRAME, frame_is_due, show);
  g_main_loop_run (show->loop);
  g_source_remove (frames);
  if (show->linger > 0)
    g_source_remove (show->linger);
  show->linger = 0;
  painter_finish (show->painter);
  return TRUE;
}

static void
show_saving (Painter *painter, Ticks first, Ticks second)
{
  g_autofree char *saved = timeline_duration (MAX (first - second, 0));
  painter_say (painter, TIMELINE_PLAIN, g_strdup (""));
  if (first - second >= SAVING_WORTH_A_WORD)
    painter_say (painter, TIMELINE_STRONG,
                 g_strdup_printf (_ ("It went straight to the path that had worked: %s saved."), saved));
  else
    painter_say (painter, TIMELINE_STRONG,
                 g_strdup (_ ("There was nothing to save: no path had kept the first message waiting.")));
}

/* The same engine, so the same path memory. */
static gboolean
send_second (Show *show, Engine *engine, const Account *account, GError **error)
{
  g_autoptr (Painter) painter = painter_new (TIMELINE_OF_DELIVERY);
  g_autoptr (BodySource) message = message_second (error);
  Painter *first_painter = show->painter;
  Ticks first = show->took;
  if (message == NULL)
    return FALSE;
  painter_say (painter, TIMELINE_PLAIN, g_strdup (""));
  painter_say (painter, TIMELINE_STRONG, g_strdup (_ ("A second message, right after it:")));
  painter_say (painter, TIMELINE_PLAIN, g_strdup (""));
  show->painter = painter;
  gboolean sent = send_message (show, engine, account, message, error);
  show->painter = first_painter;
  if (sent && show->delivered)
    show_saving (painter, first, show->took);
  return sent;
}

static gboolean
send_messages (Show *show, const Account *account, BodySource *message, GError **error)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  g_autoptr (Identity) identity = identity_new_transient ();
  g_autoptr (Engine) engine = engine_new (memory_source_new (), memory, identity);
  engine_watch (engine, watch, show);
  if (!send_message (show, engine, account, message, error))
    return FALSE;
  return !show->delivered || show->signal != 0 || send_second (show, engine, account, error);
}

/* The first lines of the file that arrived: its envelope and the start of its header. */
static void
show_arrival (Painter *painter, const char *file, gboolean keep)
{
  painter_say (painter, TIMELINE_PLAIN, g_strdup (""));
  if (file == NULL) {
    painter_say (painter, TIMELINE_BAD, g_strdup (_ ("The server reports no message.")));
    return;
  }
  painter_say (painter, TIMELINE_STRONG, g_strdup_printf (_ ("Arrived in %s:"), file));
  g_autofree char *text = NULL;
  gsize length = 0;
  if (g_file_get_contents (file, &text, &length, NULL)) {
    g_auto (GStrv) lines = g_strsplit (text, "\n", SHOWN_LINES + 1);
    for (int i = 0; i < SHOWN_LINES && lines[i] != NULL && *g_strchomp (lines[i]) != '\0'; i++) {
      g_autofree char *line = visible_text (lines[i], -1);
      painter_say (painter, TIMELINE_PLAIN, g_strdup_printf ("  %s", line));
    }
  }
  if (!keep)
    painter_say (painter, TIMELINE_DIM, g_strdup (_ ("(It is thrown away now; --keep leaves it there.)")));
}

static void
show_beginning (Painter *painter, Fault fault, const Scene *scene)
{
  painter_say (painter, TIMELINE_STRONG, g_strdup (_ (fault_case (fault)->story)));
  for (const char *const *remark = scene_remarks (scene); *remark != NULL; remark++)
    painter_say (painter, TIMELINE_DIM, g_strdup (*remark));
  painter_say (painter, TIMELINE_PLAIN, g_strdup (""));
}

/* --- the whole ----------------------------------------------------------------------- */

typedef struct {
  Fault fault;
  gboolean keep;
} Wishes;

static int
fail (const GError *error)
{
  g_printerr (_ ("toukan demo: %s\n"), error->message);
  return toukan_error_exit_status (error);
}

static int
perform (const Wishes *wishes, Scene *scene, BodySource *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Painter) painter = painter_new (TIMELINE_OF_DELIVERY);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (Config) config = message_config (scene_facts (scene), &error);
  const Account *account = config != NULL ? config_account (config, NULL, NULL, &error) : NULL;
  Show show = { .painter = painter, .loop = loop };
  guint signals[]
      = { g_unix_signal_add (SIGINT, on_sigint, &show), g_unix_signal_add (SIGTERM, on_sigterm, &show),
          g_unix_signal_add (SIGHUP, on_sighup, &show) };
  show_beginning (painter, wishes->fault, scene);
  gboolean sent = account != NULL && send_messages (&show, account, message, &error);
  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    g_source_remove (signals[i]);
  if (!sent)
    return fail (error);
  if (show.signal != 0)
    return 128 + show.signal;
  if (!show.delivered)
    return EX_TEMPFAIL;
  show_arrival (painter, scene_message_file (scene), wishes->keep);
  return EX_OK;
}

/* A picture that nobody could see was not shown. */
static int
check_output (int status)
{
  if (fflush (stdout) == 0 && !ferror (stdout))
    return status;
  g_printerr (_ ("toukan demo: standard output can't be written\n"));
  return status == EX_OK ? EX_IOERR : status;
}

static gboolean
read_wishes (int argc, char **argv, Wishes *wishes, gboolean *ret_version, GError **error)
{
  g_autofree char *fault = NULL;
  GOptionEntry entries[]
      = { { "fault", 0, 0, G_OPTION_ARG_STRING, &fault,
            N_ ("What becomes of connections to port 587: accepted, refused, prohibited, unreachable, "
                "silent (default)"),
            N_ ("CASE") },
          { "keep", 0, 0, G_OPTION_ARG_NONE, &wishes->keep, N_ ("Leave the message that arrived where it is"),
            NULL },
          { "version", 0, 0, G_OPTION_ARG_NONE, ret_version, N_ ("Print the version"), NULL },
          G_OPTION_ENTRY_NULL };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_option_context_set_translation_domain (context, PACKAGE);
  g_option_context_add_main_entries (context, entries, PACKAGE);
  g_option_context_set_summary (context,
                                _ ("Sends a message (standard input, or a sample) and then a second one "
                                   "through a network of its own that misbehaves, and shows each attempt."));
  g_autoptr (GError) cause = NULL;
  if (!g_option_context_parse (context, &argc, &argv, &cause))
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE, "%s", cause->message);
  else if (argc > 1)
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE, _ ("it takes no argument: %s"), argv[1]);
  else if (fault != NULL && !fault_parse (fault, &wishes->fault))
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE,
                 _ ("--fault %s is none of: accepted, refused, prohibited, unreachable, silent"), fault);
  else
    return TRUE;
  return FALSE;
}

int
main (int argc, char **argv)
{
  descriptors_fill_standard ();
  signal (SIGPIPE, SIG_IGN); /* what was made is removed, too, when the reader has gone */
  setlocale (LC_ALL, "");
  bindtextdomain (PACKAGE, LOCALEDIR);
  bind_textdomain_codeset (PACKAGE, "UTF-8");
  textdomain (PACKAGE);
  g_set_prgname ("toukan demo");
  Wishes wishes = { .fault = FAULT_SILENT };
  gboolean version = FALSE;
  g_autoptr (GError) error = NULL;
  if (!read_wishes (argc, argv, &wishes, &version, &error))
    return fail (error);
  if (version) {
    g_print ("toukan demo %s\n", PACKAGE_VERSION);
    return EX_OK;
  }
  g_autoptr (BodySource) message = message_take (&error);
  Scene *scene = message != NULL ? scene_new (wishes.fault, &error) : NULL;
  if (scene == NULL)
    return fail (error);
  int status = perform (&wishes, scene, message);
  scene_free (scene, wishes.keep && status == EX_OK);
  return check_output (status);
}
