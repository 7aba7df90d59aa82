/* Dot-stuffing and the last guard before the wire. Smuggling a second message
 * needs a line end that two servers read differently; none leaves here. */
#include "core/transparency.h"

void
transparency_init (Transparency *state, gboolean stuff)
{
  *state = (Transparency){ .at_line_start = TRUE, .stuff = stuff };
}

/* Takes one octet into the state; FALSE when it may not stand here. */
static inline gboolean
octet_pass (Transparency *state, guint8 octet)
{
  if (octet == '\0' || (octet == '\n') != state->after_cr)
    return FALSE;
  state->at_line_start = octet == '\n';
  state->after_cr = octet == '\r';
  return TRUE;
}

gboolean
transparency_append (Transparency *state, GByteArray *out, const guint8 *octets, gsize length)
{
  const Transparency state_before = *state;
  const guint length_before = out->len;
  gsize copied = 0;
  if (length == 0)
    return TRUE;

  for (gsize i = 0; i < length; i++) {
    if (state->stuff && state->at_line_start && octets[i] == '.') {
      /* The dot itself stays in the run that is copied next; this is the extra one. */
      g_byte_array_append (out, octets + copied, (guint)(i - copied));
      g_byte_array_append (out, (const guint8 *)".", 1);
      copied = i;
    }
    if (!octet_pass (state, octets[i])) {
      *state = state_before;
      g_byte_array_set_size (out, length_before);
      return FALSE;
    }
  }
  g_byte_array_append (out, octets + copied, (guint)(length - copied));
  return TRUE;
}

gboolean
transparency_may_end (const Transparency *state)
{
  return state->at_line_start;
}
