/* Libraries that are loaded by the first call, or end the program. */
#include "net/library.h"
#include "tests/lib/tap.h"

typedef union {
  struct {
    double (*cos) (double);
    double (*floor) (double);
  } by;
  gpointer all[2];
} MathFunctions;

static void
test_first_call (void)
{
  static const char *const names[] = { "cos", "floor", NULL };
  MathFunctions functions = { 0 };
  Library library = { .file = "libm.so.6", .names = names, .functions = functions.all };

  g_assert_cmpfloat (((MathFunctions *)library_functions (&library))->by.floor (2.5), ==, 2);
  g_assert_nonnull (functions.all[0]);
  g_assert_cmpfloat (((MathFunctions *)library_functions (&library))->by.cos (0), ==, 1);
}

typedef struct {
  const char *name, *file, *function, *complaint;
} Missing;

static const Missing missing[] = {
  { "a library", "libnowhere.so.7", "cos", "*: libnowhere.so.7: *cannot open shared object file*" },
  { "a function", "libm.so.6", "no_such_function", "*: libm.so.6: *undefined symbol: no_such_function*" },
};

static void
test_missing (gconstpointer data)
{
  const Missing *row = data;

  if (g_test_subprocess ()) {
    const char *const names[] = { row->function, NULL };
    gpointer functions[1] = { NULL };
    Library library = { .file = row->file, .names = names, .functions = functions };
    library_functions (&library);
    return;
  }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr (row->complaint);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  g_test_add_func ("/library/first call", test_first_call);
  for (gsize i = 0; i < G_N_ELEMENTS (missing); i++) {
    g_autofree char *path = g_strdup_printf ("/library/missing/%s", missing[i].name);
    g_test_add_data_func (path, &missing[i], test_missing);
  }
  return g_test_run ();
}
