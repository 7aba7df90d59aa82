/* Nothing is sent and nobody is asked: what is printed follows from files alone, so that it
 * can be had without a network. `toukan probe` asks the server. */
#include "cli/sendmail-show.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/i18n.h"
#include "base/visible.h"
#include "cli/output.h"
#include "engine/account-rules.h"
#include "mail/aliases.h"
#include "mail/local-names.h"

static void
show_paths (const Account *account)
{
  LadderRules rules = account_ladder_rules (account);

  for (char **host = account->hosts; *host; host++) {
    g_autofree char *shown = visible_text (*host, -1);
    const char *before = " ";
    printf ("  %s:", shown);
    for (gsize port = 0; port < rules.n_ports; port++)
      for (gsize family = 0; family < rules.n_families; family++) {
        printf ("%s%u%s/%s", before, rules.ports[port].port,
                rules.ports[port].implicit_tls ? "/implicit" : "", family_name (rules.families[family]));
        before = ", ";
      }
    printf ("\n");
  }
}

void
sendmail_show_route (const Account *account, const Envelope *envelope)
{
  g_autofree char *name = visible_text (account->name, -1);

  for (guint i = 0; i < envelope->recipients->len; i++) {
    g_autofree char *address = visible_text (envelope_recipient (envelope, i)->address, -1);
    printf (_ ("%s... deliverable: account %s\n"), address, name);
  }
  g_autofree char *sender = visible_text (envelope->sender, -1);
  printf (_ ("from <%s>, over\n"), sender);
  show_paths (account);
}

int
sendmail_show_aliases (const char *file, GError **error)
{
  g_auto (GStrv) local_names = local_names_of_host ();
  g_autoptr (Aliases) aliases = aliases_new ((const char *const *)local_names);

  if ((file && !aliases_add_file (aliases, file, TRUE, error))
      || !aliases_add_file (aliases, ALIASES_FILE, FALSE, error))
    return -1;
  g_autoptr (GPtrArray) faults = aliases_check (aliases);
  for (guint i = 0; i < faults->len; i++)
    fprintf (stderr, "toukan: %s\n", (const char *)g_ptr_array_index (faults, i));
  guint count = aliases_count (aliases);
  printf (ngettext ("%u alias", "%u aliases", count), count);
  printf (faults->len == 0 ? _ (", no faults\n") : ngettext (", %u fault\n", ", %u faults\n", faults->len),
          faults->len);
  return output_flush (faults->len == 0 ? EX_OK : EX_DATAERR);
}
