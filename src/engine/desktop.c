/* A notification is a courtesy: without a session bus, or with one that doesn't answer, the
 * mail goes on as if there had been nothing to say. Nothing is ever started for it, neither a
 * bus nor a connection that outlives the notice. */
#include "engine/desktop.h"

#include <gio/gio.h>

#include "base/i18n.h"

#define PATIENCE_MS 1000
#define SERVICE "org.freedesktop.Notifications"
#define OBJECT "/org/freedesktop/Notifications"

typedef struct {
  Desktop *desktop; /* NULL: gone */
  char *title, *body;
  GCancellable *cancellable;
  GDBusConnection *bus;
  guint timer;
} Notice;

struct Desktop {
  Notice *current;    /* NULL: none */
  guint further;      /* that came meanwhile */
  char *title, *body; /* of the last one of them */
};

/* The bus that there is; GIO's own search would start one. */
static char *
session_bus (void)
{
  const char *address = g_getenv ("DBUS_SESSION_BUS_ADDRESS");
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");

  if (address && *address && !g_str_has_prefix (address, "autolaunch:"))
    return g_strdup (address);
  g_autofree char *path = runtime && *runtime ? g_build_filename (runtime, "bus", NULL) : NULL;
  if (!path || !g_file_test (path, G_FILE_TEST_EXISTS))
    return NULL;
  g_autofree char *escaped = g_dbus_address_escape_value (path);
  return g_strconcat ("unix:path=", escaped, NULL);
}

/* --- one notice ------------------------------------------------------------------------ */

static void show_further (Desktop *desktop);

static void
notice_end (Notice *notice)
{
  Desktop *desktop = notice->desktop;

  if (notice->timer)
    g_source_remove (notice->timer);
  if (notice->bus)
    g_dbus_connection_close (notice->bus, NULL, NULL, NULL);
  g_clear_object (&notice->bus);
  g_object_unref (notice->cancellable);
  g_free (notice->title);
  g_free (notice->body);
  g_free (notice);
  if (!desktop)
    return;
  desktop->current = NULL;
  show_further (desktop);
}

static gboolean
notice_late (gpointer data)
{
  Notice *notice = data;
  notice->timer = 0;
  g_cancellable_cancel (notice->cancellable);
  return G_SOURCE_REMOVE;
}

static void
notice_shown (GObject *object, GAsyncResult *result, gpointer data)
{
  Notice *notice = data;
  GVariant *answer = g_dbus_connection_call_finish (notice->bus, result, NULL);
  g_clear_pointer (&answer, g_variant_unref);
  notice_end (notice);
}

/* Where the server draws markup, the body is made to have none. */
static void
notify (Notice *notice, gboolean markup)
{
  g_autofree char *body = markup ? g_markup_escape_text (notice->body, -1) : g_strdup (notice->body);
  GVariantBuilder hints;

  g_variant_builder_init (&hints, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&hints, "{sv}", "category", g_variant_new_string ("email.bounced"));
  g_variant_builder_add (&hints, "{sv}", "urgency", g_variant_new_byte (1));
  g_dbus_connection_call (
      notice->bus, SERVICE, OBJECT, SERVICE, "Notify",
      g_variant_new ("(susssasa{sv}i)", "toukan", 0, "mail-unread", notice->title, body, NULL, &hints, -1),
      G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, PATIENCE_MS, notice->cancellable, notice_shown, notice);
}

static void
got_capabilities (GObject *object, GAsyncResult *result, gpointer data)
{
  Notice *notice = data;
  g_autoptr (GVariant) answer = g_dbus_connection_call_finish (notice->bus, result, NULL);
  g_autofree const char **capabilities = NULL;

  if (!answer) {
    notice_end (notice);
    return;
  }
  g_variant_get (answer, "(^a&s)", &capabilities);
  notify (notice, g_strv_contains (capabilities, "body-markup"));
}

static void
connected (GObject *object, GAsyncResult *result, gpointer data)
{
  Notice *notice = data;

  notice->bus = g_dbus_connection_new_for_address_finish (result, NULL);
  if (!notice->bus) {
    notice_end (notice);
    return;
  }
  g_dbus_connection_call (notice->bus, SERVICE, OBJECT, SERVICE, "GetCapabilities", NULL,
                          G_VARIANT_TYPE ("(as)"), G_DBUS_CALL_FLAGS_NONE, PATIENCE_MS, notice->cancellable,
                          got_capabilities, notice);
}

static void
notice_begin (Desktop *desktop, const char *title, const char *body)
{
  g_autofree char *address = session_bus ();

  if (!address)
    return;
  Notice *notice = g_new0 (Notice, 1);
  *notice = (Notice){ .desktop = desktop,
                      .title = g_strdup (title),
                      .body = g_strdup (body),
                      .cancellable = g_cancellable_new () };
  desktop->current = notice;
  notice->timer = g_timeout_add (PATIENCE_MS, notice_late, notice);
  g_dbus_connection_new_for_address (
      address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
      NULL, notice->cancellable, connected, notice);
}

/* --- many ----------------------------------------------------------------------------------- */

static void
show_further (Desktop *desktop)
{
  guint n = desktop->further;
  g_autofree char *title = g_steal_pointer (&desktop->title);
  g_autofree char *body = g_steal_pointer (&desktop->body);

  desktop->further = 0;
  if (n == 1) {
    notice_begin (desktop, title, body);
  } else if (n > 1) {
    g_autofree char *many
        = g_strdup_printf (ngettext ("%u more message failed", "%u more messages failed", n), n);
    notice_begin (desktop, many, _ ("\"toukan outbox list\" shows them."));
  }
}

Desktop *
desktop_new (void)
{
  return g_new0 (Desktop, 1);
}

void
desktop_free (Desktop *desktop)
{
  if (!desktop)
    return;
  if (desktop->current) {
    desktop->current->desktop = NULL;
    g_cancellable_cancel (desktop->current->cancellable);
  }
  g_free (desktop->title);
  g_free (desktop->body);
  g_free (desktop);
}

void
desktop_show (Desktop *desktop, const char *title, const char *body)
{
  if (!desktop->current) {
    notice_begin (desktop, title, body);
    return;
  }
  desktop->further++;
  g_free (desktop->title);
  g_free (desktop->body);
  desktop->title = g_strdup (title);
  desktop->body = g_strdup (body);
}

gboolean
desktop_is_busy (const Desktop *desktop)
{
  return desktop->current != NULL;
}
