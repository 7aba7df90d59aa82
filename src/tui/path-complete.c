/* Completion as in a shell: up to where the names differ. */
#include "tui/path-complete.h"

#include <gio/gio.h>
#include <string.h>

#include "base/i18n.h"
#include "base/visible.h"

/* Names that are told where several begin so. */
#define NAMES_TOLD 12

char *
path_expand (const char *path)
{
  if (g_ascii_strncasecmp (path, "file:", 5) == 0) {
    char *file = g_filename_from_uri (path, NULL, NULL);
    if (file)
      return file;
  }
  if (path[0] == '~' && (path[1] == '/' || path[1] == '\0'))
    return g_build_filename (g_get_home_dir (), path + 1, NULL);
  return g_canonicalize_filename (path, NULL);
}

static int
compare_names (gconstpointer one, gconstpointer other)
{
  return strcmp (*(const char *const *)one, *(const char *const *)other);
}

/* Names in FOLDER that begin with BEGINNING, sorted; those with a dot only when it has one. */
static GPtrArray *
names_in (const char *folder, const char *beginning)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) directory = g_dir_open (folder, 0, NULL);
  const char *name;

  while (directory && (name = g_dir_read_name (directory)))
    if (g_str_has_prefix (name, beginning) && (*name != '.' || *beginning == '.'))
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  return names;
}

/* Octets that all NAMES have in common, whole characters only. */
static gsize
common_length (const GPtrArray *names)
{
  const char *first = g_ptr_array_index (names, 0);
  gsize length = strlen (first);

  for (guint i = 1; i < names->len; i++) {
    const char *name = g_ptr_array_index (names, i);
    gsize same = 0;
    while (same < length && name[same] == first[same])
      same++;
    length = same;
  }
  while (length > 0 && ((guchar)first[length] & 0xC0) == 0x80)
    length--;
  return length;
}

static char *
tell_names (const GPtrArray *names)
{
  GString *words = g_string_new (NULL);

  for (guint i = 0; i < MIN (names->len, NAMES_TOLD); i++) {
    g_autofree char *shown = visible_text (g_ptr_array_index (names, i), -1);
    g_string_append_printf (words, "%s%s", i > 0 ? "  " : "", shown);
  }
  if (names->len > NAMES_TOLD) {
    g_string_append (words, "  ");
    g_string_append_printf (words, _ ("and %u more"), names->len - NAMES_TOLD);
  }
  return g_string_free (words, FALSE);
}

char *
path_complete (const char *typed, char **ret_remark)
{
  const char *slash = strrchr (typed, '/');
  const gsize before = slash ? (gsize)(slash - typed) + 1 : 0;
  g_autofree char *folder = g_strndup (typed, before);
  g_autofree char *place = path_expand (*folder != '\0' ? folder : ".");
  g_autoptr (GPtrArray) names = names_in (place, typed + before);

  if (strcmp (typed, "~") == 0)
    return g_strdup ("~/");
  if (names->len == 0) {
    *ret_remark = g_strdup (_ ("No file begins like this"));
    return NULL;
  }
  if (names->len > 1)
    *ret_remark = tell_names (names);
  g_autofree char *name = g_strndup (g_ptr_array_index (names, 0), common_length (names));
  g_autofree char *whole = g_build_filename (place, name, NULL);
  const gboolean enter = names->len == 1 && g_file_test (whole, G_FILE_TEST_IS_DIR);
  return g_strconcat (folder, name, enter ? "/" : "", NULL);
}
