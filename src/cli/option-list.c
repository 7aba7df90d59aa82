/* Help is written once, in the table; here it is only set in type. */
#include "cli/option-list.h"
#include "base/i18n.h"
#include "cli/wrapped.h"
#include "config/keymap.h"
#include "config/option.h"

#include <string.h>

#define WIDTH 78

/* --- values -------------------------------------------------------------------------- */

/* The words that OPTION takes; NULL: any text. */
static const char *const *
words_of (const Option *option)
{
  static const char *const boolean_words[] = { "yes", "no", NULL };
  static const char *const auth_words[] = { "auto", "required", "off", NULL };
  if (option->type == OPTION_BOOLEAN)
    return boolean_words;
  return option->type == OPTION_AUTH ? auth_words : option->choices;
}

/* "race | strict", or the kind of value. Free with g_free(). */
static char *
values_of (const Option *option)
{
  if (option->choices != NULL)
    return g_strjoinv (" | ", (char **)option->choices);
  return g_strdup (_ (option_kind (option)));
}

/* "10ms to 1min"; NULL: no range. Free with g_free(). */
static char *
range_of (const Option *option)
{
  if (option->type != OPTION_DURATION)
    return NULL;
  g_autofree char *least = ticks_to_string (option->least);
  g_autofree char *most = ticks_to_string (option->most);
  return g_strdup_printf (_ ("%s to %s"), least, most);
}

/* --- formats ------------------------------------------------------------------------- */

static void
append_text (GString *out, const Option *option)
{
  static const Wrapping setting = { "    ", FALSE, WIDTH };
  g_autofree char *values = values_of (option);
  g_autofree char *range = range_of (option);
  g_string_append_printf (out, "%s = %s\n", option->name, values);
  wrapped_append (out, _ (option->help), &setting);
  if (option->fallback != NULL)
    g_string_append_printf (out, _ ("    Default: %s"), option->fallback);
  if (range != NULL)
    g_string_append_printf (out, " (%s)", range);
  g_string_append (out, option->fallback != NULL ? "\n\n" : "\n");
}

/* TEXT for a manual page: a backslash, and a point or apostrophe that would begin a
 * request, are data there. */
static char *
mdoc_escape (const char *text)
{
  g_auto (GStrv) pieces = g_strsplit (text, "\\", -1);
  g_autofree char *escaped = g_strjoinv ("\\e", pieces);
  return g_strconcat (*escaped == '.' || *escaped == '\'' ? "\\&" : "", escaped, NULL);
}

static void
append_man (GString *out, const Option *option)
{
  static const Wrapping setting = { "", TRUE, WIDTH };
  g_autofree char *values = values_of (option);
  g_autofree char *range = range_of (option);
  g_autofree char *help = mdoc_escape (option->help);
  g_string_append_printf (out, ".It Ic %s No = %s %s\n", option->name, option->choices != NULL ? "Cm" : "Ar",
                          values);
  wrapped_append (out, help, &setting);
  if (option->fallback != NULL)
    g_string_append_printf (out, "The default is\n.Ql %s%s\n", option->fallback, range != NULL ? " ," : " .");
  if (range != NULL)
    g_string_append_printf (out, "the range\n.Ql %s .\n", range);
}

/* What nobody can do without stands there as it is, the rest as a comment. */
static void
append_sample (GString *out, const Option *option)
{
  static const char *const needed[] = { "from", "host", "user", "password-command", NULL };
  static const Wrapping setting = { "# ", FALSE, WIDTH };
  wrapped_append (out, option->help, &setting);
  g_string_append_printf (out, "%s%s = %s\n\n", g_strv_contains (needed, option->name) ? "" : "#",
                          option->name, option->fallback != NULL ? option->fallback : option->example);
}

static void
append_names (GString *out, const Option *option)
{
  const char *const *words = words_of (option);
  g_string_append (out, option->name);
  for (gsize i = 0; words != NULL && words[i] != NULL; i++)
    g_string_append_printf (out, " %s", words[i]);
  g_string_append_c (out, '\n');
}

static const char sample_head[]
    = "# A configuration of toukan to start from: toukan.conf(5) says more.\n"
      "# Lines that begin with # are comments; options that are commented out show\n"
      "# their default or an example. \"toukan config check\" finds mistakes.\n"
      "\n"
      "[defaults]\n"
      "# The account for messages whose sender is that of no account.\n"
      "#default-account = example\n"
      "# Any option below may also stand here, for all accounts.\n"
      "\n"
      "[account example]\n";

static const struct {
  const char *name;
  const char *head;
  void (*append) (GString *out, const Option *option);
} formats[] = {
  { "text", "", append_text },
  { "man", "", append_man },
  { "sample", sample_head, append_sample },
  { "names", "", append_names },
};

/* The composer's keys, as items of an mdoc list. */
static char *
key_list (void)
{
  static const Wrapping setting = { "", TRUE, WIDTH };
  GString *out = g_string_new (NULL);
  for (gsize i = 0; i < key_row_count (); i++) {
    const KeyRow *row = key_row_at (i);
    g_autofree char *keys = mdoc_escape (row->keys);
    g_autofree char *help = mdoc_escape (row->help);
    g_string_append_printf (out, ".It Ic %s No = Ar %s\n", row->name, keys);
    wrapped_append (out, help, &setting);
  }
  return g_string_free (out, FALSE);
}

char *
option_list (const char *format)
{
  if (strcmp (format, "keys") == 0)
    return key_list ();
  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++)
    if (strcmp (formats[i].name, format) == 0) {
      GString *out = g_string_new (formats[i].head);
      for (gsize j = 0; j < option_count (); j++)
        formats[i].append (out, option_at (j));
      return g_string_free (out, FALSE);
    }
  return NULL;
}
