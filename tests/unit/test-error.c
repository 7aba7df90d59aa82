/* Exit statuses are promised in the manual: numbers, not names. */
#include "base/error.h"
#include "tests/lib/tap.h"

static const struct {
  const char *name;
  ToukanError code;
  int status;
} rows[] = {
  { "usage", TOUKAN_ERROR_USAGE, 64 },
  { "data", TOUKAN_ERROR_DATA, 65 },
  { "no-input", TOUKAN_ERROR_NO_INPUT, 66 },
  { "unavailable", TOUKAN_ERROR_UNAVAILABLE, 69 },
  { "system", TOUKAN_ERROR_SYSTEM, 71 },
  { "io", TOUKAN_ERROR_IO, 74 },
  { "temporary", TOUKAN_ERROR_TEMPORARY, 75 },
  { "permission", TOUKAN_ERROR_PERMISSION, 77 },
  { "configuration", TOUKAN_ERROR_CONFIGURATION, 78 },
};

static void
test_status (gconstpointer data)
{
  const gsize row = GPOINTER_TO_SIZE (data);
  g_autoptr (GError) error = g_error_new_literal (TOUKAN_ERROR, (int)rows[row].code, "why");
  g_assert_cmpint (toukan_error_exit_status (error), ==, rows[row].status);
}

static void
test_other_domain (void)
{
  g_autoptr (GError) error = g_error_new_literal (G_FILE_ERROR, G_FILE_ERROR_NOENT, "why");
  g_assert_cmpint (toukan_error_exit_status (error), ==, 70);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *name = g_strconcat ("/error/", rows[i].name, NULL);
    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_status);
  }
  g_test_add_func ("/error/other-domain", test_other_domain);
  return g_test_run ();
}
