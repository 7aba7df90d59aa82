/* Words of letters. */
#include "tui/letter-words.h"

#include <gio/gio.h>

#include "base/domain.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "mail/address.h"

char *
letter_words_attachment (const LetterAttachment *attachment, guint64 *ret_size)
{
  g_autoptr (GFile) file = g_file_new_for_path (attachment->path);
  g_autoptr (GFileInfo) info
      = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE "," G_FILE_ATTRIBUTE_STANDARD_CONTENT_TYPE,
                           G_FILE_QUERY_INFO_NONE, NULL, NULL);
  g_autofree char *own = g_path_get_basename (attachment->path);
  g_autofree char *name = visible_text (attachment->name ? attachment->name : own, -1);

  if (ret_size)
    *ret_size = info ? (guint64)g_file_info_get_size (info) : 0;
  if (!info)
    return g_strdup_printf (_ ("%s: can't be read"), name);
  g_autofree char *size = g_format_size ((guint64)g_file_info_get_size (info));
  const char *type = attachment->type ? attachment->type : g_file_info_get_content_type (info);
  return g_strdup_printf ("%s, %s, %s", name, size, type ? type : "application/octet-stream");
}

char *
letter_words_address (const char *address)
{
  const char *domain = address_domain (address);
  g_autofree char *unicode = domain_to_unicode (domain);
  g_autofree char *ascii = domain_to_ascii (domain, NULL);
  g_autofree char *local = g_strndup (address, (gsize)(domain - address));
  g_autofree char *whole = g_strconcat (local, unicode, NULL);
  g_autofree char *shown = visible_text (whole, -1);

  if (!ascii || g_ascii_strcasecmp (ascii, unicode) == 0)
    return g_steal_pointer (&shown);
  return g_strdup_printf ("%s (%s)", shown, ascii);
}

char *
letter_words_look_alike (const char *address, const char *known)
{
  g_autofree char *shown = visible_text (address, -1);

  /* TRANSLATORS: an address, and a domain that was often written to */
  return g_strdup_printf (_ ("%s: its domain is nearly %s, to which you have written before"), shown, known);
}
