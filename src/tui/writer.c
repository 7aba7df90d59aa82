/* From belongs to an account, and an account has a From: whichever a letter has first decides the other. */
#include "tui/writer.h"

#include "mail/address.h"

GStrv
writer_addresses (const Config *config)
{
  const char *const *names = config_account_names (config);
  g_autoptr (GStrvBuilder) addresses = g_strv_builder_new ();

  for (gsize i = 0; names[i]; i++) {
    const Account *account = config_account_named (config, names[i]);
    if (account->from)
      g_strv_builder_add (addresses, account->from);
  }
  return g_strv_builder_end (addresses);
}

/* What is the same for all ways to write the one address in TEXT; NULL: there isn't one. */
static char *
key_of (const char *text)
{
  g_autoptr (GPtrArray) mailboxes = text ? address_parse_list (text, NULL, NULL) : NULL;

  return mailboxes && mailboxes->len == 1
             ? address_key (((const Mailbox *)g_ptr_array_index (mailboxes, 0))->address)
             : NULL;
}

const Account *
writer_account (const Config *config, const char *from)
{
  g_autoptr (GPtrArray) mailboxes = address_parse_list (from, NULL, NULL);
  const Mailbox *writer = mailboxes && mailboxes->len == 1 ? g_ptr_array_index (mailboxes, 0) : NULL;
  const Account *account = writer ? config_account (config, NULL, writer->address, NULL) : NULL;

  return account && writer_is_own (account, from) ? account : NULL;
}

gboolean
writer_is_own (const Account *account, const char *from)
{
  g_autofree char *own = key_of (account->from), *other = key_of (from);

  return own && g_strcmp0 (own, other) == 0;
}

static void
set (char **field, const char *text)
{
  g_free (*field);
  *field = g_strdup (text);
}

gboolean
writer_complete (const Config *config, const Account *account, Letter *letter, GError **error)
{
  const Account *named = letter->account ? config_account_named (config, letter->account) : NULL;
  const Account *writer = named ? named : writer_account (config, letter->from);

  writer = writer ? writer : account;
  if (!named)
    set (&letter->account, writer->name);
  if (*letter->from == '\0' && writer->from)
    set (&letter->from, writer->from);
  g_autofree char *signature = letter_signature (writer->signature, error);
  if (signature)
    letter_sign (letter, signature);
  return !error || !*error;
}

gboolean
writer_change (const Config *config, const Account *account, Letter *letter, GError **error)
{
  const Account *before = letter->account ? config_account_named (config, letter->account) : NULL;
  g_autofree char *old = before ? letter_signature (before->signature, NULL) : NULL;
  g_autofree char *signature = letter_signature (account->signature, error);

  set (&letter->account, account->name);
  if (account->from)
    set (&letter->from, account->from);
  letter_change_signature (letter, old, signature);
  return !error || !*error;
}
