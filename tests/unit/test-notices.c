/* Who hears of what: the outbox's word in, and out come lines, copies, reports, commands and
 * notifications, these on a bus of the test's own. */
#include "engine/notices.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>

#include "tests/lib/folder.h"
#include "tests/lib/tap.h"
#include "tests/unit/settled-fixture.h"

#define ACCEPTED                                                                                             \
  {                                                                                                          \
    .kind = OUTCOME_ACCEPTED, .cause = CAUSE_REPLY, .code = 250, .words = "2.0.0 Ok"                         \
  }
#define REFUSED                                                                                              \
  {                                                                                                          \
    .kind = OUTCOME_PERMANENT, .cause = CAUSE_REPLY, .code = 550, .words = "5.1.1 no <b>such</b> user & co"  \
  }
#define LATER                                                                                                \
  {                                                                                                          \
    .kind = OUTCOME_TEMPORARY, .cause = CAUSE_REPLY, .code = 450, .words = "4.2.0 greylisted"                \
  }
#define LOGIN                                                                                                \
  {                                                                                                          \
    .kind = OUTCOME_SECURITY, .cause = CAUSE_AUTH_REFUSED, .code = 535, .words = "5.7.8 wrong"               \
  }

static const char message_text[] = "From: hanako@example.org\r\nSubject: x\r\n\r\nbody\r\n";

/* --- the front end's part ---------------------------------------------------------------- */

static struct {
  Notices *notices;
  GPtrArray *warnings;
  BodySource *message; /* NULL: can't be read */
  Account *second;     /* for reports */
  Envelope *submitted;
  gboolean refuse_submit;
} front;

static BodyReader *
open_message (gpointer data, GError **error)
{
  if (data != NULL)
    return body_source_open (data, error);
  g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "it is gone");
  return NULL;
}

typedef struct {
  NoticesUse use;
  NoticesDone done;
  gpointer job;
  GThread *thread;
} Errand;

static gboolean
errand_back (gpointer data)
{
  Errand *errand = data;
  g_thread_join (errand->thread);
  errand->done (errand->job);
  g_free (errand);
  return G_SOURCE_REMOVE;
}

static gboolean
put_message (gpointer data, const Account *account, const Envelope *envelope, BodySource *message,
             const OutboxWish *wish, GError **error)
{
  g_assert_true (account == front.second);
  g_assert_cmpuint (body_source_size (message), >, 500);
  g_assert_cmpint (wish->state, ==, OUTBOX_QUEUED);
  if (front.refuse_submit) {
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC, "no room");
    return FALSE;
  }
  front.submitted = envelope_copy (envelope);
  return TRUE;
}

static gpointer
errand_thread (gpointer data)
{
  Errand *errand = data;
  g_usleep (2000);
  const NoticesPlace place = { open_message, put_message, front.message };
  errand->use (&place, errand->job);
  g_idle_add (errand_back, errand);
  return NULL;
}

static void
visit_message (gint64 id, NoticesUse use, NoticesDone done, gpointer job, gpointer data)
{
  Errand *errand = g_new (Errand, 1);
  g_assert_cmpint (id, ==, 12);
  *errand = (Errand){ .use = use, .done = done, .job = job };
  errand->thread = g_thread_new ("disk", errand_thread, errand);
}

static const Account *
find_account (const char *name, const char *const *overrides, gpointer data)
{
  return g_strcmp0 (name, "second") == 0 ? front.second : NULL;
}

static void
keep_warning (const char *text, gpointer data)
{
  g_ptr_array_add (front.warnings, g_strdup (text));
}

static void
begin (void)
{
  const NoticesRules rules = { .visit = visit_message, .find_account = find_account, .warn = keep_warning };
  g_autoptr (GBytes) bytes = g_bytes_new_static (message_text, strlen (message_text));

  front.warnings = g_ptr_array_new_with_free_func (g_free);
  front.message = body_source_new_bytes (bytes);
  front.second = account_new ();
  front.notices = notices_new (&rules);
}

/* The end of the program: all that was to be told is told. */
static void
finish (void)
{
  g_clear_pointer (&front.notices, notices_free);
}

static void
end (void)
{
  finish ();
  g_clear_pointer (&front.warnings, g_ptr_array_unref);
  if (front.message != NULL)
    body_source_unref (g_steal_pointer (&front.message));
  g_clear_pointer (&front.second, account_free);
  g_clear_pointer (&front.submitted, envelope_free);
  front.refuse_submit = FALSE;
}

/* The only file in FOLDER of a Maildir, whole; NULL: there is none. */
static char *
only_file (const char *maildir, const char *folder, char **ret_name)
{
  g_autofree char *path = g_build_filename (maildir, folder, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name = dir != NULL ? g_dir_read_name (dir) : NULL;
  char *text = NULL;

  if (name == NULL)
    return NULL;
  g_autofree char *file = g_build_filename (path, name, NULL);
  if (ret_name != NULL)
    *ret_name = g_strdup (name);
  g_assert_null (g_dir_read_name (dir));
  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  return text;
}

/* --- record ---------------------------------------------------------------------------------- */

typedef struct {
  const char *name;
  RetryKind decision;
  SettledFate fates[2];
  guint n;
  const char *sender;
  gboolean recorded;
} RecordRow;

static const RecordRow record_rows[] = {
  { "sent", RETRY_OVER, { ACCEPTED }, 1, "a@b.example", TRUE },
  { "partly", RETRY_OVER, { ACCEPTED, REFUSED }, 2, "a@b.example", TRUE },
  { "partly-expired", RETRY_EXPIRED, { ACCEPTED, LATER }, 2, "a@b.example", TRUE },
  { "others-wait", RETRY_LATER, { ACCEPTED, LATER }, 2, "a@b.example", FALSE },
  { "refused", RETRY_OVER, { REFUSED }, 1, "a@b.example", FALSE },
  { "report", RETRY_OVER, { ACCEPTED }, 1, "", FALSE },
};

static void
test_record (gconstpointer data)
{
  const RecordRow *row = data;
  g_autoptr (Settled) settled = settled_new (row->decision, row->fates, row->n);
  const char *maildir = test_file (row->name);
  g_autofree char *name = NULL;

  begin ();
  settled->account->record = g_strdup (maildir);
  g_free (settled->item.envelope->sender);
  settled->item.envelope->sender = g_strdup (row->sender);
  notices_settled (front.notices, &settled->settled, TRUE);
  finish ();
  g_autofree char *text = only_file (maildir, "cur", &name);
  g_assert_cmpstr (text, ==, row->recorded ? "From: hanako@example.org\nSubject: x\n\nbody\n" : NULL);
  g_assert_true (name == NULL || g_str_has_suffix (name, ":2,S"));
  g_assert_cmpuint (front.warnings->len, ==, 0);
  end ();
}

static void
test_record_fails (void)
{
  const SettledFate fate = ACCEPTED;
  g_autoptr (Settled) settled = settled_new (RETRY_OVER, &fate, 1);

  begin ();
  settled->account->record = g_strdup ("/dev/null/sent");
  notices_settled (front.notices, &settled->settled, FALSE);
  finish ();
  g_assert_cmpuint (front.warnings->len, ==, 1);
  g_assert_true (
      g_str_has_prefix (g_ptr_array_index (front.warnings, 0), "record: Can't write /dev/null/sent"));
  end ();
}

static void
test_record_gone (void)
{
  const SettledFate fate = ACCEPTED;
  g_autoptr (Settled) settled = settled_new (RETRY_OVER, &fate, 1);

  begin ();
  g_clear_pointer (&front.message, body_source_unref);
  settled->account->record = g_strdup (test_file ("gone"));
  notices_settled (front.notices, &settled->settled, FALSE);
  finish ();
  g_assert_cmpstr (g_ptr_array_index (front.warnings, 0), ==, "record: it is gone");
  g_assert_null (only_file (test_file ("gone"), "cur", NULL));
  end ();
}

/* --- the log --------------------------------------------------------------------------------- */

static void
test_log (void)
{
  const SettledFate fate = LATER;
  g_autoptr (Settled) settled = settled_new (RETRY_LATER, &fate, 1);
  g_autofree char *text = NULL;

  begin ();
  settled->account->log = g_strdup (test_file ("log"));
  settled->settled.decision.not_before = G_GINT64_CONSTANT (1795312565000000);
  notices_settled (front.notices, &settled->settled, FALSE);
  end ();
  g_assert_true (g_file_get_contents (test_file ("log"), &text, NULL, NULL));
  g_assert_nonnull (strstr (text,
                            "recipients=r0@example.com smtpstatus=450 smtpmsg='450 4.2.0 greylisted' "
                            "errormsg='the server refused it' exitcode=EX_TEMPFAIL account=work id=12 try=1 "
                            "path='587/IPv4 mail.example.org [192.0.2.1]' next=2026-11-22T01:56:05Z\n"));
}

static void
test_log_fails (void)
{
  const SettledFate fate = ACCEPTED;
  g_autoptr (Settled) settled = settled_new (RETRY_OVER, &fate, 1);

  begin ();
  settled->account->log = g_strdup ("/dev/null/log");
  notices_settled (front.notices, &settled->settled, TRUE);
  g_assert_cmpuint (front.warnings->len, ==, 1);
  end ();
}

static void
test_without_outbox (void)
{
  const SettledFate fate = ACCEPTED;
  g_autoptr (Settled) settled = settled_new (RETRY_OVER, &fate, 1);
  const LogEntry entry = { .account = settled->account,
                           .envelope = settled->item.envelope,
                           .outcome = settled->outcome,
                           .size = 20,
                           .at = 1 };
  g_autofree char *text = NULL;

  begin ();
  settled->account->log = g_strdup (test_file ("log-without"));
  settled->account->record = g_strdup (test_file ("record-without"));
  notices_sent (front.notices, &entry, front.message);
  g_autofree char *copy = only_file (test_file ("record-without"), "cur", NULL);
  g_assert_nonnull (copy);
  end ();
  g_assert_true (g_file_get_contents (test_file ("log-without"), &text, NULL, NULL));
  g_assert_true (g_str_has_suffix (text, " exitcode=EX_OK account=work\n"));
}

/* --- failure-mail and on-failure ------------------------------------------------------------- */

static void
test_mail_maildir (void)
{
  const SettledFate fates[] = { REFUSED, ACCEPTED };
  g_autoptr (Settled) settled = settled_new (RETRY_OVER, fates, 2);

  begin ();
  settled->account->failure_mail = g_strdup ("Hanako <hanako@example.org>");
  settled->account->failure_maildir = g_strdup (test_file ("failures"));
  notices_settled (front.notices, &settled->settled, FALSE);
  finish ();
  g_autofree char *text = only_file (test_file ("failures"), "new", NULL);
  g_assert_true (g_str_has_prefix (text, "Return-Path: <>\nDate: "));
  static const char *const lines[]
      = { "\nFinal-Recipient: rfc822; r0@example.com\n",
          "\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no <b>such",
          "\nIn-Reply-To: <1@example.org>\n",
          "\nTo: hanako@example.org\n",
          "\nFrom: toukan <hanako@example.org>\n",
          "\nContent-Type: message/rfc822\n" };
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    g_assert_nonnull (strstr (text, lines[i]));
  g_assert_null (strstr (text, "rfc822; r1@example.com"));
  g_assert_null (front.submitted);
  g_assert_cmpuint (front.warnings->len, ==, 0);
  end ();
}

/* ACCOUNT: the options' failure-account; WARNING: what is told, NULL: nothing. */
static void
mail_through (const char *account, gboolean refuse, const char *warning)
{
  const SettledFate fate = LOGIN;
  g_autoptr (Settled) settled = settled_new (RETRY_HOLD_ACCOUNT, &fate, 1);

  begin ();
  front.refuse_submit = refuse;
  settled->settled.first_hold = TRUE;
  settled->account->failure_mail = g_strdup ("hanako@example.org");
  settled->account->failure_account = g_strdup (account);
  notices_settled (front.notices, &settled->settled, FALSE);
  finish ();
  g_assert_cmpuint (front.warnings->len, ==, warning != NULL ? 1 : 0);
  if (warning != NULL) {
    g_assert_cmpstr (g_ptr_array_index (front.warnings, 0), ==, warning);
  } else {
    g_assert_cmpstr (front.submitted->sender, ==, "");
    g_assert_cmpstr (envelope_recipient (front.submitted, 0)->address, ==, "hanako@example.org");
  }
  end ();
}

static void
test_mail_account (void)
{
  mail_through ("second", FALSE, NULL);
}

static void
test_mail_no_account (void)
{
  mail_through ("third", FALSE, "failure-mail: there is no account \"third\"");
}

static void
test_mail_no_room (void)
{
  mail_through ("second", TRUE, "failure-mail: no room");
}

static void
test_command (void)
{
  const SettledFate fate = REFUSED;
  g_autoptr (Settled) settled = settled_new (RETRY_OVER, &fate, 1);
  g_autofree char *text = NULL;

  begin ();
  settled->account->on_failure
      = g_strdup_printf ("echo $TOUKAN_ID $TOUKAN_STATUS > %s", test_file ("command"));
  notices_settled (front.notices, &settled->settled, FALSE);
  end ();
  g_assert_true (g_file_get_contents (test_file ("command"), &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "12 refused\n");
}

/* It doesn't keep the program from ending, and lives on. */
static void
test_command_slow (void)
{
  const SettledFate fate = REFUSED;
  g_autoptr (Settled) settled = settled_new (RETRY_OVER, &fate, 1);
  gint64 began = g_get_monotonic_time ();

  begin ();
  settled->account->on_failure = g_strdup_printf ("sleep 1.6; echo > %s", test_file ("slow"));
  notices_settled (front.notices, &settled->settled, FALSE);
  end ();
  g_assert_cmpint (g_get_monotonic_time () - began, <, 1500 * 1000);
  for (guint i = 0; i < 300 && !g_file_test (test_file ("slow"), G_FILE_TEST_EXISTS); i++)
    g_usleep (10000);
  g_assert_true (g_file_test (test_file ("slow"), G_FILE_TEST_EXISTS));
}

/* --- the desktop --------------------------------------------------------------------------------- */

static const char interface_xml[]
    = "<node><interface name='org.freedesktop.Notifications'>"
      "<method name='GetCapabilities'><arg type='as' direction='out'/></method>"
      "<method name='Notify'><arg type='s' direction='in'/><arg type='u' direction='in'/>"
      "<arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='s' direction='in'/>"
      "<arg type='as' direction='in'/><arg type='a{sv}' direction='in'/><arg type='i' direction='in'/>"
      "<arg type='u' direction='out'/></method></interface></node>";

typedef struct {
  GTestDBus *bus;
  GDBusConnection *connection;
  gboolean markup, mute;
  GPtrArray *shown; /* "title|body" */
} Screen;

static void
on_call (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
         const char *method, GVariant *parameters, GDBusMethodInvocation *invocation, gpointer data)
{
  static const char *const plain[] = { "body", NULL }, *const markup[] = { "body", "body-markup", NULL };
  Screen *screen = data;

  if (screen->mute) {
    g_object_unref (invocation);
  } else if (g_str_equal (method, "GetCapabilities")) {
    g_dbus_method_invocation_return_value (invocation,
                                           g_variant_new ("(^as)", screen->markup ? markup : plain));
  } else {
    const char *title = NULL, *body = NULL;
    g_variant_get_child (parameters, 3, "&s", &title);
    g_variant_get_child (parameters, 4, "&s", &body);
    g_ptr_array_add (screen->shown, g_strconcat (title, "|", body, NULL));
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(u)", 1));
  }
}

static void
got_name (GDBusConnection *connection, const char *name, gpointer data)
{
  *(gboolean *)data = TRUE;
}

static void
screen_begin (Screen *screen, gboolean serve)
{
  static const GDBusInterfaceVTable table = { .method_call = on_call };
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (interface_xml, NULL);
  gboolean named = FALSE;

  screen->shown = g_ptr_array_new_with_free_func (g_free);
  screen->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (screen->bus);
  if (!serve)
    return;
  screen->connection = g_dbus_connection_new_for_address_sync (
      g_test_dbus_get_bus_address (screen->bus),
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL,
      NULL, NULL);
  g_assert_nonnull (screen->connection);
  g_assert_cmpuint (g_dbus_connection_register_object (screen->connection, "/org/freedesktop/Notifications",
                                                       node->interfaces[0], &table, screen, NULL, NULL),
                    >, 0);
  g_bus_own_name_on_connection (screen->connection, "org.freedesktop.Notifications",
                                G_BUS_NAME_OWNER_FLAGS_NONE, got_name, NULL, &named, NULL);
  while (!named)
    g_main_context_iteration (NULL, TRUE);
}

static void
screen_end (Screen *screen)
{
  if (screen->connection != NULL)
    g_dbus_connection_close_sync (screen->connection, NULL, NULL);
  g_clear_object (&screen->connection);
  g_test_dbus_stop (screen->bus);
  g_object_unref (screen->bus);
  g_ptr_array_unref (screen->shown);
}

/* N refused messages, and then the end of the program; how long that took. */
static gint64
fail_with_desktop (guint n)
{
  const SettledFate fate = REFUSED;
  g_autoptr (Settled) settled = settled_new (RETRY_OVER, &fate, 1);
  gint64 began = g_get_monotonic_time ();

  begin ();
  settled->account->notify = TRUE;
  for (guint i = 0; i < n; i++)
    notices_settled (front.notices, &settled->settled, FALSE);
  end ();
  return g_get_monotonic_time () - began;
}

static void
test_desktop_plain (void)
{
  Screen screen = { 0 };

  screen_begin (&screen, TRUE);
  fail_with_desktop (1);
  g_assert_cmpuint (screen.shown->len, ==, 1);
  g_assert_cmpstr (
      g_ptr_array_index (screen.shown, 0), ==,
      "Mail was not accepted|The message \"会議のお知らせ\" to r0@example.com was not accepted: the server "
      "refused it, saying \"550 5.1.1 no <b>such</b> user & co\".");
  screen_end (&screen);
}

static void
test_desktop_markup (void)
{
  Screen screen = { .markup = TRUE };

  screen_begin (&screen, TRUE);
  fail_with_desktop (1);
  g_assert_nonnull (strstr (g_ptr_array_index (screen.shown, 0), "no &lt;b&gt;such&lt;/b&gt; user &amp; co"));
  screen_end (&screen);
}

static void
test_desktop_many (void)
{
  Screen screen = { 0 };

  screen_begin (&screen, TRUE);
  fail_with_desktop (100);
  g_assert_cmpuint (screen.shown->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (screen.shown, 1), ==,
                   "99 more messages failed|\"toukan outbox list\" shows them.");
  screen_end (&screen);
}

static void
test_desktop_mute (void)
{
  Screen screen = { .mute = TRUE };

  screen_begin (&screen, TRUE);
  g_assert_cmpint (fail_with_desktop (1), <, 1500 * 1000);
  screen_end (&screen);
}

static void
test_desktop_nobody (void)
{
  Screen screen = { 0 };

  screen_begin (&screen, FALSE);
  g_assert_cmpint (fail_with_desktop (3), <, 1500 * 1000);
  screen_end (&screen);
}

/* Without a bus nothing is started, and nothing waited for. */
static void
test_desktop_no_bus (void)
{
  g_assert_null (g_getenv ("DBUS_SESSION_BUS_ADDRESS"));
  g_assert_cmpint (fail_with_desktop (3), <, 200 * 1000);
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
  g_assert_cmpint (fail_with_desktop (3), <, 500 * 1000);
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "nonsense", TRUE);
  g_assert_cmpint (fail_with_desktop (3), <, 500 * 1000);
  g_unsetenv ("DBUS_SESSION_BUS_ADDRESS");
}

/* Exit status and line have told him. */
static void
test_somebody_waits (void)
{
  const SettledFate fates[] = { REFUSED, ACCEPTED };
  g_autoptr (Settled) settled = settled_new (RETRY_OVER, fates, 2);
  Screen screen = { 0 };
  g_autofree char *text = NULL;

  screen_begin (&screen, TRUE);
  begin ();
  settled->account->notify = TRUE;
  settled->account->log = g_strdup (test_file ("log-waits"));
  settled->account->record = g_strdup (test_file ("record-waits"));
  settled->account->on_failure = g_strdup_printf ("echo > %s", test_file ("command-waits"));
  settled->account->failure_mail = g_strdup ("hanako@example.org");
  settled->account->failure_maildir = g_strdup (test_file ("failures-waits"));
  notices_settled (front.notices, &settled->settled, TRUE);
  end ();
  g_autofree char *copy = only_file (test_file ("record-waits"), "cur", NULL);
  g_assert_nonnull (copy);
  g_assert_true (g_file_get_contents (test_file ("log-waits"), &text, NULL, NULL));
  g_assert_cmpuint (screen.shown->len, ==, 0);
  g_assert_false (g_file_test (test_file ("command-waits"), G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (test_file ("failures-waits"), G_FILE_TEST_EXISTS));
  screen_end (&screen);
}

int
main (int argc, char **argv)
{
  g_test_dbus_unset ();
  tap_init (&argc, &argv);
  signal (SIGPIPE, SIG_IGN); /* as main() does */
  test_folder_make ();
  for (gsize i = 0; i < G_N_ELEMENTS (record_rows); i++) {
    g_autofree char *path = g_strdup_printf ("/notices/record/%s", record_rows[i].name);
    g_test_add_data_func (path, &record_rows[i], test_record);
  }
  g_test_add_func ("/notices/record/fails", test_record_fails);
  g_test_add_func ("/notices/record/gone", test_record_gone);
  g_test_add_func ("/notices/log/line", test_log);
  g_test_add_func ("/notices/log/fails", test_log_fails);
  g_test_add_func ("/notices/without-outbox", test_without_outbox);
  g_test_add_func ("/notices/mail/maildir", test_mail_maildir);
  g_test_add_func ("/notices/mail/account", test_mail_account);
  g_test_add_func ("/notices/mail/no-account", test_mail_no_account);
  g_test_add_func ("/notices/mail/no-room", test_mail_no_room);
  g_test_add_func ("/notices/command/runs", test_command);
  g_test_add_func ("/notices/command/slow", test_command_slow);
  g_test_add_func ("/notices/desktop/plain", test_desktop_plain);
  g_test_add_func ("/notices/desktop/markup", test_desktop_markup);
  g_test_add_func ("/notices/desktop/many", test_desktop_many);
  g_test_add_func ("/notices/desktop/mute", test_desktop_mute);
  g_test_add_func ("/notices/desktop/nobody", test_desktop_nobody);
  g_test_add_func ("/notices/desktop/no-bus", test_desktop_no_bus);
  g_test_add_func ("/notices/somebody-waits", test_somebody_waits);
  int status = g_test_run ();
  test_folder_remove ();
  return status;
}
