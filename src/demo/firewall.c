/* Rules for nft(8), which is run as a program: it is the one stable interface to them. */
#include "demo/firewall.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"

#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

/* Debian keeps nft where ordinary users don't look. */
static char *
find_nft (void)
{
  char *program = g_find_program_in_path ("nft");
  if (program == NULL && g_file_test ("/usr/sbin/nft", G_FILE_TEST_IS_EXECUTABLE))
    program = g_strdup ("/usr/sbin/nft");
  return program;
}

static char *
ruleset (Fault fault, guint16 port)
{
  GString *text = g_string_new ("table inet toukan_demo {\n"
                                "  chain input {\n"
                                "    type filter hook input priority 0; policy accept;\n");
  g_autofree char *number = g_strdup_printf ("%u", port);
  g_string_append (text, fault_case (fault)->rules);
  g_string_replace (text, "PORT", number, 0);
  g_string_append (text, "\n  }\n}\n");
  return g_string_free (text, FALSE);
}

/* Linux sends only so many ICMP errors a second, and the demo wants every one. What
 * can't be set (an older kernel, a read-only /proc/sys) costs a second of waiting. */
static void
lift_icmp_limits (void)
{
  static const char *const settings[][2] = {
    { "/proc/sys/net/ipv4/icmp_ratelimit", "0" },
    { "/proc/sys/net/ipv4/icmp_msgs_per_sec", "100000" },
    { "/proc/sys/net/ipv6/icmp/ratelimit", "0" },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++) {
    FILE *file = fopen (settings[i][0], "we");
    if (file == NULL)
      continue;
    fputs (settings[i][1], file);
    fclose (file);
  }
}

gboolean
firewall_load (Fault fault, guint16 port, GError **error)
{
  if (fault_case (fault)->rules == NULL)
    return TRUE;
  g_autofree char *program = find_nft ();
  if (program == NULL) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_UNAVAILABLE,
                 _ ("the program nft is missing. Install the package nftables"));
    return FALSE;
  }
  lift_icmp_limits ();
  g_autofree char *rules = ruleset (fault, port), *complaint = NULL;
  g_autoptr (GError) cause = NULL;
  g_autoptr (GSubprocess) nft = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE,
      &cause, program, "-f", "-", NULL);
  if (nft != NULL && g_subprocess_communicate_utf8 (nft, rules, NULL, NULL, &complaint, &cause)
      && g_subprocess_get_successful (nft))
    return TRUE;
  g_autofree char *line
      = complaint != NULL ? visible_text (complaint, (gssize)strcspn (complaint, "\n")) : NULL;
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_UNAVAILABLE,
               _ ("the kernel took no firewall rules: %s. Root may load them with: modprobe nf_tables"),
               cause != NULL  ? cause->message
               : line != NULL ? line
                              : program);
  return FALSE;
}
