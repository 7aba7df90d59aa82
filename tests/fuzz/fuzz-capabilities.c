/* The reply to EHLO, as it came over the wire: the lists are bounded and clean. */
#include <stdint.h>
#include <string.h>

#include "core/auth-choice.h"
#include "core/capabilities.h"

int LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length);

static void
check (const Capabilities *capabilities)
{
  g_assert (g_strv_length (capabilities->mechanisms) <= 64);
  for (gsize i = 0; capabilities->mechanisms[i] != NULL; i++) {
    const char *name = capabilities->mechanisms[i];
    g_assert (*name != '\0' && strlen (name) <= 20);
    g_assert (strspn (name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == strlen (name));
    g_assert (capabilities_have (capabilities, CAPABILITY_AUTH));
  }
  AuthSettings settings = { .rule = AUTH_AUTO, .have_user = TRUE, .have_password = TRUE, .have_token = TRUE };
  AuthSituation clear = { 0 };
  g_assert (auth_choose (&settings, &clear, capabilities, NULL).kind != AUTH_CHOICE_USE);
}

int
LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length)
{
  g_autoptr (ReplyParser) parser = reply_parser_new ();
  g_autoptr (Reply) reply = NULL;
  gsize used = 0;
  if (reply_parser_feed (parser, octets, length, &used, &reply) != REPLY_COMPLETE)
    return 0;
  g_autoptr (Capabilities) capabilities = capabilities_parse (reply);
  check (capabilities);
  return 0;
}
