/* Whatever stands in an aliases file: it is read to its end, and nothing but addresses that
 * can be sent comes out. */
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "core/command.h"
#include "mail/aliases.h"

int LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length);

int
LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length)
{
  static const char *const local_names[] = { "vm", NULL };
  static const char *const asked[] = { "root@localhost", "a@vm", "b@localhost", "\"a b\"@localhost" };
  g_autoptr (Aliases) aliases = aliases_new (local_names);
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  aliases_add_text (aliases, "f", (const char *)octets, length);
  for (gsize i = 0; i < G_N_ELEMENTS (asked); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GPtrArray) addresses = aliases_expand (aliases, asked[i], notes, &error);
    g_assert ((addresses == NULL) == (error != NULL));
    for (guint a = 0; addresses != NULL && a < addresses->len; a++)
      g_assert (command_mailbox_is_safe (g_ptr_array_index (addresses, a), TRUE));
  }
  g_autoptr (GPtrArray) faults = aliases_check (aliases);
  for (guint i = 0; i < faults->len; i++)
    g_assert (g_str_has_prefix (g_ptr_array_index (faults, i), "f:")
              && g_utf8_validate (g_ptr_array_index (faults, i), -1, NULL));
  return 0;
}
