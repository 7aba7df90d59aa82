/* A message that stays in the outbox: what is said of it to people and to programs. */
#include "cli/deliver-private.h"

#include <stdio.h>

#include "base/i18n.h"
#include "base/visible.h"
#include "cli/json.h"
#include "cli/report.h"
#include "engine/when.h"

static char *
next_try (const OutboxItem *item, gint64 now)
{
  g_autofree char *when = when_format (item->not_before, now);

  if (item->not_before <= now)
    return g_strdup (_ ("it leaves with the next command that sends"));
  /* TRANSLATORS: a time: "today 14:05" */
  return g_strdup_printf (item->with_network ? _ ("next try with another network, or %s") : _ ("next try %s"),
                          when);
}

static char *
kept_and (const char *number, const char *why, const char *next)
{
  if (!why)
    /* TRANSLATORS: a number, and what comes next */
    return g_strdup_printf (_ ("toukan: kept in the outbox as %s; %s\n"), number, next);
  /* TRANSLATORS: a number, why, and what comes next */
  return g_strdup_printf (_ ("toukan: kept in the outbox as %s: %s; %s\n"), number, why, next);
}

char *
kept_words (const OutboxSettled *settled, gint64 now)
{
  const OutboxItem *item = settled->item;
  g_autofree char *why = settled->put_back ? NULL : report_verdict (&settled->outcome->overall);
  g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, item->id);
  g_autofree char *next = NULL;

  switch (settled->decision.kind) {
  case RETRY_OVER:
  case RETRY_EXPIRED:
    return g_strdup ("");
  case RETRY_IN_DOUBT:
    return g_strdup_printf (
        _ ("toukan: it stays in the outbox as %s: toukan outbox resolve %s sent|resend\n"), number, number);
  case RETRY_HOLD_ACCOUNT: {
    g_autofree char *account = visible_text (item->account, -1);
    next = g_strdup_printf (_ ("account %s is held until its login settings or its secret change"), account);
    return kept_and (number, why, next);
  }
  case RETRY_LATER:
    break;
  }
  next = next_try (item, now);
  return kept_and (number, why, next);
}

void
kept_print_json (gint64 id, const char *reason, gint64 not_before, int exit_status)
{
  JsonObject *object = json_object_new ();
  g_autofree char *when = when_format_iso (not_before);

  json_object_set_string_member (object, "event", "kept");
  json_object_set_int_member (object, "id", id);
  json_add_text (object, "reason", reason);
  json_add_text (object, "not-before", when);
  json_object_set_int_member (object, "exit-status", exit_status);
  g_autofree char *line = json_line (object);
  printf ("%s\n", line);
  fflush (stdout);
}
