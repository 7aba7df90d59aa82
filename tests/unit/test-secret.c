/* Secrets: what they hold, what the kernel was told of them, and that wiping wipes. */
#include "base/secret.h"
#include "tests/lib/tap.h"

#include <sys/prctl.h>
#include <sys/resource.h>

static void
test_content (void)
{
  static const char octets[] = "pass\0word";
  g_autoptr (Secret) secret = secret_new (octets, sizeof (octets) - 1);
  g_assert_cmpmem (secret_text (secret), secret_length (secret), octets, 9);
  g_assert_true (secret_text (secret)[9] == '\0');
}

static void
test_empty (void)
{
  g_autoptr (Secret) secret = secret_new (NULL, 0);
  g_assert_cmpstr (secret_text (secret), ==, "");
  g_assert_cmpuint (secret_length (secret), ==, 0);
}

/* One octet more or less than a page must not matter. */
static void
test_lengths (void)
{
  for (gsize length = 4000; length < 4200; length++) {
    g_autofree char *octets = g_strnfill (length, 'x');
    g_autoptr (Secret) secret = secret_new (octets, length);
    g_assert_cmpstr (secret_text (secret), ==, octets);
  }
}

static void
test_references (void)
{
  Secret *secret = secret_new ("word", 4);
  Secret *again = secret_ref (secret);
  g_assert_true (again == secret);
  secret_unref (secret);
  g_assert_cmpstr (secret_text (again), ==, "word");
  secret_unref (again);
  secret_unref (NULL);
}

static void
test_no_core_dump (void)
{
  g_autoptr (Secret) secret G_GNUC_UNUSED = secret_new ("word", 4);
  struct rlimit limit;
  g_assert_cmpint (getrlimit (RLIMIT_CORE, &limit), ==, 0);
  g_assert_cmpuint (limit.rlim_cur, ==, 0);
  g_assert_cmpuint (limit.rlim_max, ==, 0);
  g_assert_cmpint (prctl (PR_GET_DUMPABLE, 0, 0, 0, 0), ==, 0);
}

/* The flags of the mapping that holds ADDRESS ("rd wr mr … dd"), from /proc/self/smaps. */
static char *
mapping_flags (const void *address)
{
  g_autofree char *text = NULL;
  g_assert_true (g_file_get_contents ("/proc/self/smaps", &text, NULL, NULL));
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean inside = FALSE;
  for (gsize i = 0; lines[i] != NULL; i++) {
    char *end;
    const guint64 first = g_ascii_strtoull (lines[i], &end, 16);
    if (*end == '-' && end != lines[i]) {
      const guint64 last = g_ascii_strtoull (end + 1, NULL, 16);
      inside = (guint64)(gsize)address >= first && (guint64)(gsize)address < last;
    }
    if (inside && g_str_has_prefix (lines[i], "VmFlags:"))
      return g_strdup (lines[i]);
  }
  return NULL;
}

static void
test_kept_out_of_dumps (void)
{
  g_autoptr (Secret) secret = secret_new ("word", 4);
  g_autofree char *flags = mapping_flags (secret);
  if (flags == NULL) {
    g_test_skip ("this kernel tells no flags of mappings");
    return;
  }
  g_assert_nonnull (strstr (flags, " dd"));
  g_assert_nonnull (strstr (flags, " wf"));
}

static void
test_wipe (void)
{
  char text[] = "password";
  secret_wipe (text, sizeof (text));
  static const char zeroes[sizeof (text)];
  g_assert_cmpmem (text, sizeof (text), zeroes, sizeof (zeroes));
  secret_wipe (NULL, 0);
  secret_wipe_string (NULL);
  secret_wipe_string (g_strdup ("word"));
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  g_test_add_func ("/secret/content", test_content);
  g_test_add_func ("/secret/empty", test_empty);
  g_test_add_func ("/secret/lengths", test_lengths);
  g_test_add_func ("/secret/references", test_references);
  g_test_add_func ("/secret/no-core-dump", test_no_core_dump);
  g_test_add_func ("/secret/kept-out-of-dumps", test_kept_out_of_dumps);
  g_test_add_func ("/secret/wipe", test_wipe);
  return g_test_run ();
}
