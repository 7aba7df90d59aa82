/* Each commit writes its file several times, so the first notice is told at once and the rest of
 * the burst once at its end. Linux has inotify(7); GLib's monitor of a directory, which starts a
 * thread for the same, stands in for it elsewhere. */
#include "config.h"

#include "engine/file-watch.h"

#include <string.h>

#include "engine/timer.h"
#include "net/clock.h"

typedef struct Notices Notices;

struct FileWatch {
  char *prefix;
  Notices *notices;
  Timer *timer;
  gboolean resting, again;
  FileChanged changed;
  gpointer data;
};

/* CHANGED may free WATCH, so it comes last. */
static void
tell (FileWatch *watch)
{
  watch->resting = TRUE;
  watch->again = FALSE;
  timer_set (watch->timer, clock_now () + FILE_WATCH_PAUSE * TICKS_PER_MS);
  watch->changed (watch->data);
}

static void
on_rested (gpointer data)
{
  FileWatch *watch = data;

  watch->resting = FALSE;
  if (watch->again)
    tell (watch);
}

/* NAME NULL: notices were lost. TRUE: it has been told, and WATCH may be gone. */
static gboolean
notice (FileWatch *watch, const char *name)
{
  if (name && !g_str_has_prefix (name, watch->prefix))
    return FALSE;
  if (watch->resting) {
    watch->again = TRUE;
    return FALSE;
  }
  tell (watch);
  return TRUE;
}

#ifdef HAVE_SYS_INOTIFY_H

#include <glib-unix.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EVENTS                                                                                               \
  (IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF)
#define READS_AT_ONCE 16  /* then other sources have their turn */
#define NOTICES_SIZE 4096 /* room for one with the longest name (inotify(7)), and then some */

struct Notices {
  int fd;
  GSource *source;
};

/* TRUE: one of those in OCTETS was about the file. */
static gboolean
any_about (const FileWatch *watch, const guint8 *octets, gsize length)
{
  struct inotify_event event;
  gboolean found = FALSE;

  for (gsize at = 0; at + sizeof event <= length && !found; at += sizeof event + event.len) {
    memcpy (&event, octets + at, sizeof event);
    if (event.len > length - at - sizeof event)
      break;
    const char *name = event.len > 0 ? (const char *)octets + at + sizeof event : NULL;
    found = !name || strncmp (name, watch->prefix, strlen (watch->prefix)) == 0;
  }
  return found;
}

static gboolean
on_notices (int fd, GIOCondition condition, gpointer data)
{
  FileWatch *watch = data;
  guint8 octets[NOTICES_SIZE];
  gboolean found = FALSE;
  gssize got;

  for (guint i = 0; i < READS_AT_ONCE && (got = read (fd, octets, sizeof octets)) > 0; i++)
    found = any_about (watch, octets, (gsize)got) || found;
  if (found)
    notice (watch, NULL);
  return G_SOURCE_CONTINUE;
}

static Notices *
notices_new (FileWatch *watch, const char *directory)
{
  int fd = inotify_init1 (IN_NONBLOCK | IN_CLOEXEC);
  Notices *notices;

  if (fd < 0)
    return NULL;
  if (inotify_add_watch (fd, directory, EVENTS | IN_ONLYDIR) < 0) {
    close (fd);
    return NULL;
  }
  notices = g_new (Notices, 1);
  notices->fd = fd;
  notices->source = g_unix_fd_source_new (fd, G_IO_IN);
  g_source_set_priority (notices->source, G_PRIORITY_DEFAULT);
  g_source_set_callback (notices->source, G_SOURCE_FUNC (on_notices), watch, NULL);
  g_source_attach (notices->source, NULL);
  return notices;
}

static void
notices_free (Notices *notices)
{
  g_source_destroy (notices->source);
  g_source_unref (notices->source);
  close (notices->fd);
  g_free (notices);
}

#else

#include <gio/gio.h>

struct Notices {
  GFileMonitor *monitor;
};

static void
on_changed (GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event, gpointer data)
{
  g_autofree char *name = g_file_get_basename (file);
  g_autofree char *other_name = other ? g_file_get_basename (other) : NULL;

  if (!notice (data, name) && other_name)
    notice (data, other_name);
}

static Notices *
notices_new (FileWatch *watch, const char *directory)
{
  g_autoptr (GFile) file = g_file_new_for_path (directory);
  GFileMonitor *monitor = g_file_monitor_directory (file, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);
  Notices *notices;

  if (!monitor)
    return NULL;
  g_file_monitor_set_rate_limit (monitor, FILE_WATCH_PAUSE);
  g_signal_connect (monitor, "changed", G_CALLBACK (on_changed), watch);
  notices = g_new (Notices, 1);
  notices->monitor = monitor;
  return notices;
}

static void
notices_free (Notices *notices)
{
  g_file_monitor_cancel (notices->monitor);
  g_object_unref (notices->monitor);
  g_free (notices);
}

#endif

FileWatch *
file_watch_new (const char *directory, const char *prefix, FileChanged changed, gpointer data)
{
  FileWatch *watch = g_new0 (FileWatch, 1);

  *watch = (FileWatch){ .prefix = g_strdup (prefix), .changed = changed, .data = data };
  watch->notices = notices_new (watch, directory);
  watch->timer = timer_new (on_rested, watch);
  if (watch->notices)
    return watch;
  file_watch_free (watch);
  return NULL;
}

void
file_watch_free (FileWatch *watch)
{
  if (!watch)
    return;
  if (watch->notices)
    notices_free (watch->notices);
  timer_free (watch->timer);
  g_free (watch->prefix);
  g_free (watch);
}
