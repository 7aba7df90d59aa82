/* "Did you mean": slips of the typing hand find their name, other words find none. */
#include "config/nearest.h"
#include "tests/lib/table.h"

static const char *const names[] = {
  "from", "host", "ports", "port-patience", "tls", "tls-ca-file", "user", "password-command", "password",
};

static const char *
name_at (gsize index, gconstpointer data)
{
  return names[index];
}

typedef struct {
  const char *about, *name, *nearest;
} Row;

static const Row rows[] = {
  { "a letter missing", "hst", "host" },
  { "a letter too many", "hosst", "host" },
  { "a wrong letter", "hoxt", "host" },
  { "neighbours exchanged", "prots", "ports" },
  { "two slips", "pasword-comand", "password-command" },
  { "three slips", "paswrd-comand", NULL },
  { "capitals", "HOST", "host" },
  { "underscores", "tls_ca_file", "tls-ca-file" },
  { "the nearest of two", "port", "ports" },
  { "a beginning", "port-pat", "port-patience" },
  { "a beginning with a slip nearby", "tls-ca", "tls-ca-file" },
  { "an inner part", "ca-file", "tls-ca-file" },
  { "a known name with a tail", "passwordeval", "password" },
  { "a short word, one slip", "tsl", "tls" },
  { "a short word, two slips", "tab", NULL },
  { "nothing like it", "mailbox", NULL },
  { "empty", "", NULL },
  { "longer than any name", "hosthosthosthosthosthosthosthosthosthosthosthosthosthosthosthosthost", NULL },
};

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_assert_cmpstr (nearest_name (row->name, G_N_ELEMENTS (names), name_at, NULL), ==, row->nearest);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/nearest", rows, test_row);
  return g_test_run ();
}
