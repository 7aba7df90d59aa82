/* The account of a letter: taken by name, or by the From that somebody types. */
#include "tui/compose-private.h"

#include "base/i18n.h"

static void
change_account (ComposeScreen *compose, const char *name, gboolean with_from)
{
  g_autoptr (Letter) letter = compose_screen_letter (&compose->screen);

  compose->desk->change_account (compose->desk, letter, name);
  g_free (compose->letter->account);
  compose->letter->account = g_strdup (letter->account);
  if (with_from)
    compose_put (compose->editors[FIELD_FROM], letter->from);
  compose_put (compose->body, letter->body);
  compose->changes++;
}

void
compose_next_account (ComposeScreen *compose)
{
  const char *const *names = compose->desk->accounts (compose->desk);
  gsize next = 0;

  for (gsize i = 0; names[i]; i++)
    if (g_strcmp0 (names[i], compose->letter->account) == 0)
      next = names[i + 1] ? i + 1 : 0;
  if (names[next])
    change_account (compose, names[next], TRUE);
}

void
compose_settle_account (ComposeScreen *compose)
{
  g_autofree char *from = compose_text (compose->editors[FIELD_FROM]);
  const char *name = compose->desk->account_of (compose->desk, from);

  if (!name || g_strcmp0 (name, compose->letter->account) == 0)
    return;
  change_account (compose, name, FALSE);
  /* TRANSLATORS: the name of an account */
  g_autofree char *words = g_strdup_printf (_ ("It goes over the account %s"), name);
  compose->desk->say (compose->desk, STYLE_PLAIN, words);
}
