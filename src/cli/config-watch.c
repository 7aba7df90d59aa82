/* An editor writes a file in several steps, and touches others beside it: the files are read when
 * they have come to rest, and only if they say something else. */
#include "cli/config-watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "engine/file-watch.h"
#include "engine/timer.h"
#include "net/clock.h"

#define REST (300 * TICKS_PER_MS)

struct ConfigWatch {
  const char *const *set;
  GStrv files;
  char *digest;       /* of what they said */
  GPtrArray *watches; /* of FileWatch */
  Timer *timer;
  ConfigChanged changed;
  gpointer data;
};

static char *
digest_files (const GStrv files)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  for (gsize i = 0; files[i]; i++) {
    char *text = NULL;
    gsize length = 0;
    g_checksum_update (checksum, (const guchar *)"\n",
                       g_file_get_contents (files[i], &text, &length, NULL) ? 1 : 0);
    g_checksum_update (checksum, (const guchar *)(text ? text : ""), (gssize)length);
    if (text)
      secret_wipe (text, length);
    g_free (text);
  }
  return g_strdup (g_checksum_get_string (checksum));
}

static void
read_anew (ConfigWatch *watch)
{
  g_autoptr (GError) error = NULL;
  Config *config = config_load (watch->set, &error);

  watch->changed (config, error, watch->data);
}

void
config_watch_reload (ConfigWatch *watch)
{
  g_free (watch->digest);
  watch->digest = digest_files (watch->files);
  timer_set (watch->timer, TICKS_NEVER);
  read_anew (watch);
}

static void
on_rest (gpointer data)
{
  ConfigWatch *watch = data;
  g_autofree char *digest = digest_files (watch->files);

  if (strcmp (digest, watch->digest) != 0)
    config_watch_reload (watch);
}

static void
on_file (gpointer data)
{
  ConfigWatch *watch = data;

  timer_set (watch->timer, clock_now () + REST);
}

static void
watch_file (ConfigWatch *watch, const char *file)
{
  g_autofree char *folder = g_path_get_dirname (file);
  g_autofree char *name = g_path_get_basename (file);
  FileWatch *made = file_watch_new (folder, name, on_file, watch);

  if (made)
    g_ptr_array_add (watch->watches, made);
}

/* A link is watched, and what it leads to. */
static void
watch_all (ConfigWatch *watch)
{
  for (gsize i = 0; watch->files[i]; i++) {
    char *target = realpath (watch->files[i], NULL);
    watch_file (watch, watch->files[i]);
    if (target && strcmp (target, watch->files[i]) != 0)
      watch_file (watch, target);
    free (target);
  }
}

static void
watch_free (gpointer watch)
{
  file_watch_free (watch);
}

ConfigWatch *
config_watch_new (const char *const *set, ConfigChanged changed, gpointer data)
{
  ConfigWatch *watch = g_new0 (ConfigWatch, 1);

  *watch = (ConfigWatch){ .set = set, .files = config_default_files (), .changed = changed, .data = data };
  watch->digest = digest_files (watch->files);
  watch->watches = g_ptr_array_new_with_free_func (watch_free);
  watch->timer = timer_new (on_rest, watch);
  watch_all (watch);
  return watch;
}

void
config_watch_free (ConfigWatch *watch)
{
  if (!watch)
    return;
  g_ptr_array_unref (watch->watches);
  timer_free (watch->timer);
  g_strfreev (watch->files);
  g_free (watch->digest);
  g_free (watch);
}
