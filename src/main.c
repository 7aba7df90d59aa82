/* argv[0] and verb dispatch, nothing else. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/i18n.h"
#include "cli/output.h"
#include "cli/verb.h"
#include "config.h"
#include "net/descriptors.h"
#include "tui/compose.h"

static const Verb verb_compose
    = { "compose", N_ ("write a letter in the terminal, and see it leave"), compose_run };

static const Verb *const verbs[] = { &verb_compose, &verb_send,  &verb_batch, &verb_sendmail, &verb_outbox,
                                     &verb_config,  &verb_paths, &verb_probe, &verb_agent,    &verb_demo };

/* Names that mean `toukan sendmail`, and the letters that some of them stand for. */
static const struct {
  const char *name;
  const char *letters;
} sendmail_names[] = { { "sendmail", NULL }, { "mailq", "-bp" }, { "newaliases", "-bi" } };

static void
print_usage (FILE *out)
{
  fprintf (out, _ ("Usage: toukan VERB [OPTION…]\n\n"));
  for (gsize i = 0; i < G_N_ELEMENTS (verbs); i++)
    fprintf (out, "  %-10s %s\n", verbs[i]->name, _ (verbs[i]->summary));
  fprintf (out,
           _ ("\n`toukan VERB --help` says more; so do the manual pages toukan(1) and toukan.conf(5).\n"));
}

static const Verb *
find_verb (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (strcmp (verbs[i]->name, name) == 0)
      return verbs[i];
  return NULL;
}

/* ARGV with LETTERS behind its first word. */
static int
run_with_letters (const Verb *verb, int argc, char **argv, const char *letters)
{
  g_autofree char **all = g_new0 (char *, (gsize)argc + 2);
  g_autofree char *copy = g_strdup (letters);

  all[0] = argv[0];
  all[1] = copy;
  for (int i = 1; i < argc; i++)
    all[i + 1] = argv[i];
  return verb->run (argc + 1, all);
}

/* Only what is used of it: each category is a file to be found and mapped, and a process that
 * keeps one message lives for a few milliseconds. */
static void
set_locale (void)
{
  static const int categories[] = { LC_CTYPE, LC_MESSAGES };

  for (gsize i = 0; i < G_N_ELEMENTS (categories); i++)
    setlocale (categories[i], "");
}

int
main (int argc, char **argv)
{
  const char *called_as = argc > 0 && strrchr (argv[0], '/') ? strrchr (argv[0], '/') + 1
                          : argc > 0                         ? argv[0]
                                                             : "";
  const Verb *verb;

  descriptors_fill_standard ();
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN); /* like a full disk: an error where it is written */
  set_locale ();
  bindtextdomain (PACKAGE, LOCALEDIR);
  textdomain (PACKAGE);

  for (gsize i = 0; i < G_N_ELEMENTS (sendmail_names); i++)
    if (strcmp (called_as, sendmail_names[i].name) == 0)
      return sendmail_names[i].letters
                 ? run_with_letters (&verb_sendmail, argc, argv, sendmail_names[i].letters)
                 : verb_sendmail.run (argc, argv);
  if (argc < 2 && isatty (STDIN_FILENO) && isatty (STDOUT_FILENO))
    return verb_compose.run (argc, argv);
  if (argc < 2) {
    print_usage (stderr);
    return EX_USAGE;
  }
  if (strcmp (argv[1], "--version") == 0) {
    printf ("%s\n", PACKAGE_STRING);
    return output_flush (EX_OK);
  }
  if (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "help") == 0) {
    print_usage (stdout);
    return output_flush (EX_OK);
  }
  verb = find_verb (argv[1]);
  if (!verb) {
    fprintf (stderr, _ ("toukan: %s is no verb of toukan\n"), argv[1]);
    print_usage (stderr);
    return EX_USAGE;
  }
  return verb->run (argc - 1, argv + 1);
}
