/* GOption as this program wants it: translated, and with our kind of error. */
#include "cli/verb-options.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"

gboolean
verb_parse_options (const GOptionEntry *entries, const char *form, const char *summary, int *argc,
                    char ***argv, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (form);
  g_autoptr (GError) fault = NULL;

  g_option_context_set_summary (context, summary);
  g_option_context_set_translation_domain (context, "toukan");
  g_option_context_add_main_entries (context, entries, "toukan");
  if (g_option_context_parse (context, argc, argv, &fault))
    return TRUE;
  g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE, fault->message);
  return FALSE;
}

static gboolean
make_utf8 (char **text, GError **error)
{
  if (!*text || g_utf8_validate (*text, -1, NULL))
    return TRUE;
  char *converted = g_locale_to_utf8 (*text, -1, NULL, NULL, NULL);
  if (!converted) {
    g_autofree char *shown = visible_text (*text, -1);
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE,
                 _ ("this is neither UTF-8 nor in the encoding of the locale: %s"), shown);
    return FALSE;
  }
  g_free (*text);
  *text = converted;
  return TRUE;
}

gboolean
verb_make_utf8 (char **const *texts, gsize n_texts, char **const *lists, gsize n_lists, GError **error)
{
  for (gsize i = 0; i < n_texts; i++)
    if (!make_utf8 (texts[i], error))
      return FALSE;
  for (gsize i = 0; i < n_lists; i++)
    for (char **text = lists[i]; text && *text; text++)
      if (!make_utf8 (text, error))
        return FALSE;
  return TRUE;
}
