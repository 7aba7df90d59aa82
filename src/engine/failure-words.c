/* What a person hears of a failure. He wrote the message some time ago and does something
 * else now: so it says which one it was, and what he can do. */
#include "engine/failure.h"

#include <string.h>

#include "base/i18n.h"
#include "base/visible.h"
#include "engine/report-words.h"

#define SHOWN_OCTETS ((gsize)400) /* of a subject or an address */
#define LISTED_RECIPIENTS 100

static char *
shown (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, (gssize)strnlen (text, SHOWN_OCTETS));
  return visible_text (valid, -1);
}

static char *
shown_subject (const Failure *failure)
{
  return failure->subject && *failure->subject ? shown (failure->subject) : g_strdup (_ ("(no subject)"));
}

/* "hanako@example.org", or "hanako@example.org and 2 others" */
static char *
shown_recipients (const Failure *failure)
{
  g_autofree char *first = shown (failure_recipient (failure, 0)->address);
  guint others = failure->members->len - 1;

  if (others == 0)
    return g_steal_pointer (&first);
  /* TRANSLATORS: an address, and how many other recipients */
  return g_strdup_printf (ngettext ("%s and %u other", "%s and %u others", others), first, others);
}

char *
failure_title (const Failure *failure)
{
  static const char *const titles[] = {
    [FAILURE_REFUSED] = N_ ("Mail was not accepted"),
    [FAILURE_EXPIRED] = N_ ("Mail could not be delivered"),
    [FAILURE_IN_DOUBT] = N_ ("It is in doubt whether mail arrived"),
    [FAILURE_HELD] = N_ ("Mail waits: no login"),
  };
  return g_strdup (_ (titles[failure->kind]));
}

char *
failure_sentence (const Failure *failure)
{
  g_autofree char *subject = shown_subject (failure);
  g_autofree char *recipients = shown_recipients (failure);
  g_autofree char *why = report_verdict (failure_verdict (failure, 0));
  g_autofree char *account = shown (failure->account ? failure->account : "");

  switch (failure->kind) {
  case FAILURE_REFUSED:
    /* TRANSLATORS: subject, recipients, why */
    return g_strdup_printf (_ ("The message \"%s\" to %s was not accepted: %s."), subject, recipients, why);
  case FAILURE_EXPIRED:
    /* TRANSLATORS: subject, recipients, why */
    return g_strdup_printf (_ ("The message \"%s\" to %s could not be delivered in time: %s."), subject,
                            recipients, why);
  case FAILURE_IN_DOUBT:
    /* TRANSLATORS: subject, recipients */
    return g_strdup_printf (
        _ ("The message \"%s\" to %s was sent, and the server's answer never came. It may "
           "have arrived; ask the recipient before you send it again."),
        subject, recipients);
  case FAILURE_HELD:
    break;
  }
  /* TRANSLATORS: account, why */
  return g_strdup_printf (_ ("The messages of account \"%s\" wait in the outbox: %s."), account, why);
}

/* --- the mail ------------------------------------------------------------------------ */

static void
append_line (GString *text, const char *label, const char *value)
{
  g_autofree char *visible = shown (value);
  g_string_append_printf (text, "  %s %s\n", label, visible);
}

static void
append_message (GString *text, const Failure *failure)
{
  g_autoptr (GDateTime) submitted = g_date_time_new_from_unix_local (failure->submitted / G_USEC_PER_SEC);
  g_autofree char *when = submitted ? g_date_time_format (submitted, "%Y-%m-%d %H:%M:%S %z") : g_strdup ("");

  append_line (text, _ ("Subject:"), failure->subject ? failure->subject : "");
  append_line (text, _ ("From:"), failure->from ? failure->from : failure->envelope->sender);
  append_line (text, _ ("Handed in:"), when);
}

static void
append_recipients (GString *text, const Failure *failure)
{
  guint n = MIN (failure->members->len, LISTED_RECIPIENTS);

  for (guint i = 0; i < n; i++) {
    g_autofree char *address = shown (failure_recipient (failure, i)->address);
    g_autofree char *why = report_verdict (failure_verdict (failure, i));
    g_string_append_printf (text, "%s\n    %s\n", address, why);
  }
  if (n < failure->members->len)
    g_string_append_printf (text, ngettext ("and %u more\n", "and %u more\n", failure->members->len - n),
                            failure->members->len - n);
}

static void
append_advice (GString *text, const Failure *failure)
{
  const char *advice = report_advice (failure_verdict (failure, 0)->cause);
  g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, failure->id);

  /* In doubt the sentence says what to do, and "try again" would be the wrong thing. */
  if (advice && failure->kind != FAILURE_IN_DOUBT)
    g_string_append_printf (text, "\n%s\n", advice);
  g_string_append_c (text, '\n');
  if (failure->kind == FAILURE_IN_DOUBT)
    g_string_append_printf (
        text, _ ("When you know more: \"toukan outbox resolve %s sent\", or \"resend\".\n"), id);
  g_string_append_printf (text, _ ("\"toukan outbox show %s\" tells what happened, step by step.\n"), id);
}

char *
failure_text (const Failure *failure)
{
  g_autofree char *sentence = failure_sentence (failure);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "%s\n\n", sentence);
  append_message (text, failure);
  g_string_append_c (text, '\n');
  append_recipients (text, failure);
  append_advice (text, failure);
  return g_string_free (text, FALSE);
}
