/* Asks where it is attached: ask-identity ADDRESS…, all at once. For each a line of network
 * ("-": unknown), microseconds and description. "then" between addresses: those behind it are
 * asked when those before it are answered. */
#include "net/identity.h"

#include "net/clock.h"

#include <stdio.h>
#include <string.h>

typedef struct {
  const char *address;
  Ticks asked;
  guint *waiting;
} Question;

static void
on_done (const char *network, const char *description, gpointer data)
{
  const Question *question = data;
  --*question->waiting;
  printf ("%s %s %" G_GINT64_FORMAT " %s\n", question->address, network ? network : "-",
          clock_now () - question->asked, description);
}

int
main (int argc, char **argv)
{
  g_autoptr (Identity) identity = identity_new ((const guint8 *)"lab", 3);
  g_autofree Question *questions = g_new0 (Question, (gsize)argc);
  guint waiting = 0;
  for (int i = 1; i < argc; i++) {
    IpAddress address;
    while (strcmp (argv[i], "then") == 0 && waiting > 0)
      g_main_context_iteration (NULL, TRUE);
    if (!ip_address_parse (argv[i], &address))
      continue;
    waiting++;
    questions[i] = (Question){ argv[i], clock_now (), &waiting };
    identity_ask (identity, &address, on_done, &questions[i]);
  }
  while (waiting > 0)
    g_main_context_iteration (NULL, TRUE);
  return 0;
}
