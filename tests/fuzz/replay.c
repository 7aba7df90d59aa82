/* Where there is no libFuzzer: runs a target over every file of its corpus, so that what
 * was once found stays found. Each file is a line of TAP. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

int LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length);

static int
compare_names (const void *a, const void *b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *
list_files (const char *folder)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL;)
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  return names;
}

/* Also every beginning of the input: a parser must bear the end anywhere. */
static void
replay (const char *octets, gsize length)
{
  gsize step = 1 + length / 256;
  for (gsize end = 0; end < length; end += step) {
    g_autofree uint8_t *copy = g_memdup2 (octets, end);
    LLVMFuzzerTestOneInput (copy, end);
  }
  LLVMFuzzerTestOneInput ((const uint8_t *)octets, length);
}

int
main (int argc, char **argv)
{
  g_autofree char *name = g_path_get_basename (argv[0]);
  const char *target = g_str_has_prefix (name, "fuzz-") ? name + strlen ("fuzz-") : name;
  const char *source = g_getenv ("top_srcdir");
  g_autofree char *folder
      = argc > 1 ? g_strdup (argv[1])
                 : g_build_filename (source != NULL ? source : ".", "tests/fuzz/corpus", target, NULL);
  g_autoptr (GPtrArray) names = list_files (folder);
  if (names->len == 0) {
    printf ("Bail out! no corpus in %s\n", folder);
    return EXIT_FAILURE;
  }
  printf ("1..%u\n", names->len);
  for (guint i = 0; i < names->len; i++) {
    const char *file = g_ptr_array_index (names, i);
    g_autofree char *path = g_build_filename (folder, file, NULL);
    g_autofree char *octets = NULL;
    gsize length = 0;
    gboolean good = g_file_get_contents (path, &octets, &length, NULL);
    if (good)
      replay (octets, length);
    printf ("%s %u %s %s\n", good ? "ok" : "not ok", i + 1, target, file);
    fflush (stdout);
  }
  return EXIT_SUCCESS;
}
