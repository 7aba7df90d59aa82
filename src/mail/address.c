/* What the rest of the program asks of addresses; address-parse.c reads them. */
#include "mail/address.h"

#include "base/domain.h"
#include "mail/address-parse.h"
#include "mail/header-write.h"

#include <string.h>

void
mailbox_free (Mailbox *mailbox)
{
  g_free (mailbox->name);
  g_free (mailbox->address);
  g_free (mailbox);
}

static void
mailbox_destroy (gpointer mailbox)
{
  mailbox_free (mailbox);
}

static GPtrArray *
parse (const char *text, const char *qualify_with, gboolean bare, GError **error)
{
  g_autoptr (GPtrArray) mailboxes = g_ptr_array_new_with_free_func (mailbox_destroy);
  AddressParser parser
      = { .qualify_with = qualify_with, .mailboxes = mailboxes, .bare = bare, .error = error };
  return address_parser_run (&parser, text) ? g_steal_pointer (&mailboxes) : NULL;
}

GPtrArray *
address_parse_list (const char *text, const char *qualify_with, GError **error)
{
  return parse (text, qualify_with, FALSE, error);
}

char *
address_parse_one (const char *text, const char *qualify_with, GError **error)
{
  g_autoptr (GPtrArray) mailboxes = parse (text, qualify_with, TRUE, error);
  if (mailboxes == NULL)
    return NULL;
  g_assert (mailboxes->len == 1);
  Mailbox *mailbox = g_ptr_array_index (mailboxes, 0);
  return g_steal_pointer (&mailbox->address);
}

const char *
address_domain (const char *address)
{
  /* A domain holds no "@", a quoted local part may. */
  const char *at = strrchr (address, '@');
  g_assert (at != NULL);
  return at + 1;
}

char *
address_to_ascii_domain (const char *address, GError **error)
{
  const char *domain = address_domain (address);
  if (g_str_is_ascii (domain))
    return g_strdup (address);
  g_autofree char *ascii = domain_to_ascii (domain, error);
  if (ascii == NULL)
    return NULL;
  g_autofree char *local = g_strndup (address, (gsize)(domain - address));
  return g_strconcat (local, ascii, NULL);
}

gboolean
address_needs_utf8 (const char *address)
{
  for (const char *at = address, *domain = address_domain (address); at < domain; at++)
    if ((*at & 0x80) != 0)
      return TRUE;
  return FALSE;
}

static gboolean
is_plain_name (const char *name)
{
  for (const char *at = name; *at != '\0'; at++)
    if ((*at & 0x80) == 0 && !g_ascii_isalnum (*at) && strchr ("!#$%&'*+-/=?^_`{|}~ .", *at) == NULL)
      return FALSE;
  return name[0] != ' ' && !g_str_has_suffix (name, " ") && strstr (name, "  ") == NULL;
}

char *
address_write (const char *name, const char *address)
{
  if (name == NULL || *name == '\0')
    return g_strdup (address);
  if (strstr (name, "=?") != NULL) { /* would be decoded, even in quotes */
    g_autofree char *phrase = header_encode_phrase (name);
    return g_strdup_printf ("%s <%s>", phrase, address);
  }
  if (is_plain_name (name))
    return g_strdup_printf ("%s <%s>", name, address);
  g_autoptr (GString) text = g_string_new ("\"");
  for (; *name != '\0'; name++) {
    if (*name == '"' || *name == '\\')
      g_string_append_c (text, '\\');
    g_string_append_c (text, *name);
  }
  g_string_append_printf (text, "\" <%s>", address);
  return g_strdup (text->str);
}

char *
address_write_list (const GPtrArray *mailboxes)
{
  GString *list = g_string_new (NULL);

  for (guint i = 0; i < mailboxes->len; i++) {
    const Mailbox *mailbox = mailboxes->pdata[i];
    g_autofree char *written = address_write (mailbox->name, mailbox->address);
    g_string_append_printf (list, "%s%s", i > 0 ? ", " : "", written);
  }
  return g_string_free (list, FALSE);
}

char *
address_key (const char *address)
{
  g_autofree char *ascii = address_to_ascii_domain (address, NULL);
  return g_utf8_casefold (ascii != NULL ? ascii : address, -1);
}
