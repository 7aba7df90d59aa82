/* Whatever a template says: what is taken ends, comes out as UTF-8, and says nothing of a
 * value that would be syntax in HTML or a URL. As Markdown it keeps its tags. */
#include <stdint.h>
#include <string.h>

#include "mail/merge-private.h"

int LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length);

static const char *const columns[] = { "a", "b", NULL };
static const char *const filled[] = { "<\"'&\303\274>", "x", NULL };
static const char *const empty[] = { "", "", NULL };
static const TemplatePlace place = { "fuzz", 1 };

static void
check (const char *text, size_t length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Template) template = template_parse (text, length, columns, &place, &error);
  g_assert ((template == NULL) == (error != NULL));
  g_assert (error == NULL || g_utf8_validate (error->message, -1, NULL));
  for (TemplateEscape escape = TEMPLATE_TEXT; template != NULL && escape <= TEMPLATE_URL; escape++) {
    g_autoptr (GString) out = g_string_new (NULL), plain = g_string_new (NULL);
    template_render (template, filled, escape, out);
    template_render (template, empty, escape, plain);
    g_assert (g_utf8_validate_len (out->str, out->len, NULL));
    g_assert (!template_is_constant (template) || g_string_equal (out, plain));
    g_assert (escape == TEMPLATE_TEXT || strstr (out->str, filled[0]) == NULL
              || g_strstr_len (text, (gssize)length, filled[0]) != NULL);
  }
  if (template != NULL && memchr (text, '\0', length) == NULL) {
    g_autofree char *copy = g_strndup (text, length);
    g_autofree char *html = merge_markdown (copy);
    g_assert (g_utf8_validate (html, -1, NULL));
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length)
{
  check (length > 0 ? (const char *)octets : "", length);
  return 0;
}
