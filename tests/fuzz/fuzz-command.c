/* Whatever address or parameter is asked for: one line, or none. The input is split at
 * line feeds into address, helo name, envid, orcpt, mechanism and initial response; its first
 * octet chooses the switches. */
#include <stdint.h>
#include <string.h>

#include "core/command.h"

int LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length);

#define PARTS 6

static void
check (gboolean good, const GString *out)
{
  g_assert (good || out->len == 0);
  if (!good)
    return;
  g_assert (out->len >= 2 && strlen (out->str) == out->len);
  g_assert (strcspn (out->str, "\r\n") == out->len - 2);
  g_assert (g_str_has_suffix (out->str, "\r\n"));
  g_assert (g_utf8_validate (out->str, -1, NULL));
}

/* A path is one path to the simplest of readers, too: it ends at the first '>'. */
static void
check_path (gboolean good, const GString *out, const char *address)
{
  check (good, out);
  if (!good)
    return;
  const char *open = strchr (out->str, '<');
  const char *close = strchr (out->str, '>');
  g_assert (open != NULL && close != NULL && close > open);
  g_assert ((gsize)(close - open - 1) == strlen (address));
  g_assert (memcmp (open + 1, address, strlen (address)) == 0);
  g_assert (close[1] == ' ' || close[1] == '\r');
}

static void
check_mail (guint switches, char **parts, const Capabilities *capabilities)
{
  g_autoptr (Envelope) envelope = envelope_new (parts[0]);
  envelope->ret = (DsnReturn)(switches % 3);
  envelope->envid = g_strdup (parts[2]);
  envelope->hold_for = switches;
  BodyForm form = { .size = switches, .kind = (BodyKind)(switches % 3), .smtputf8 = (switches & 4) != 0 };
  g_autoptr (GString) out = g_string_new (NULL);
  gboolean good = command_mail (out, envelope, &form, capabilities);
  check_path (good, out, parts[0]);
}

static void
check_rcpt (guint switches, char **parts, const Capabilities *capabilities)
{
  EnvelopeRecipient recipient = { .address = parts[0], .notify = switches & 15, .orcpt = parts[3] };
  g_autoptr (GString) out = g_string_new (NULL);
  gboolean good = command_rcpt (out, &recipient, (switches & 4) != 0, capabilities);
  check_path (good, out, parts[0]);
  g_assert (!good || command_mailbox_is_safe (parts[0], TRUE));
  g_assert (!command_mailbox_is_safe (parts[0], FALSE) || command_mailbox_is_safe (parts[0], TRUE));
}

int
LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length)
{
  if (length == 0 || memchr (octets, '\0', length) != NULL)
    return 0;
  guint switches = octets[0];
  g_autofree char *text = g_strndup ((const char *)octets + 1, length - 1);
  g_auto (GStrv) parts = g_strsplit (text, "\n", PARTS);
  if (g_strv_length (parts) < PARTS)
    return 0;
  g_autoptr (Reply) reply
      = reply_new (250, switches & 8 ? "x"
                                     : "x\nSIZE\n8BITMIME\nBINARYMIME\nSMTPUTF8\nDSN\nREQUIRETLS"
                                       "\nFUTURERELEASE 60 2026-11-25T09:00:00Z");
  g_autoptr (Capabilities) capabilities = capabilities_parse (reply);
  check_mail (switches, parts, capabilities);
  check_rcpt (switches, parts, capabilities);

  g_autoptr (GString) ehlo = g_string_new (NULL);
  check (command_ehlo (ehlo, parts[1]), ehlo);
  g_autoptr (GString) auth = g_string_new (NULL);
  check (command_auth (auth, parts[4], parts[5]), auth);
  return 0;
}
