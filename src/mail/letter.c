/* A letter as a value; what is made of it is in the files beside this one. */
#include "mail/letter-private.h"

#include <string.h>

void
letter_attachment_free (LetterAttachment *attachment)
{
  g_free (attachment->path);
  g_free (attachment->name);
  g_free (attachment->type);
  g_free (attachment);
}

static void
destroy_attachment (gpointer attachment)
{
  letter_attachment_free (attachment);
}

/* The fields that are never NULL. */
static char **
text_field (Letter *letter, gsize index)
{
  static const gsize offsets[] = {
    offsetof (Letter, from),     offsetof (Letter, to),      offsetof (Letter, cc),   offsetof (Letter, bcc),
    offsetof (Letter, reply_to), offsetof (Letter, subject), offsetof (Letter, body),
  };

  return index < G_N_ELEMENTS (offsets) ? (char **)((char *)letter + offsets[index]) : NULL;
}

Letter *
letter_new (void)
{
  Letter *letter = g_new0 (Letter, 1);

  for (gsize i = 0; text_field (letter, i) != NULL; i++)
    *text_field (letter, i) = g_strdup ("");
  letter->headers = g_ptr_array_new_with_free_func (g_free);
  letter->attachments = g_ptr_array_new_with_free_func (destroy_attachment);
  return letter;
}

void
letter_attach (Letter *letter, const char *path, const char *name, const char *type)
{
  LetterAttachment *attachment = g_new0 (LetterAttachment, 1);

  *attachment = (LetterAttachment){ g_strdup (path), g_strdup (name), g_strdup (type) };
  g_ptr_array_add (letter->attachments, attachment);
}

Letter *
letter_copy (const Letter *letter)
{
  Letter *copy = g_new0 (Letter, 1);

  *copy = *letter;
  for (gsize i = 0; text_field (copy, i) != NULL; i++)
    *text_field (copy, i) = g_strdup (*text_field (copy, i));
  copy->account = g_strdup (letter->account);
  copy->in_reply_to = g_strdup (letter->in_reply_to);
  copy->references = g_strdup (letter->references);
  copy->forwarded = letter->forwarded != NULL ? g_bytes_ref (letter->forwarded) : NULL;
  copy->headers = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < letter->headers->len; i++)
    g_ptr_array_add (copy->headers, g_strdup (letter->headers->pdata[i]));
  copy->attachments = g_ptr_array_new_with_free_func (destroy_attachment);
  for (guint i = 0; i < letter->attachments->len; i++) {
    const LetterAttachment *attachment = letter->attachments->pdata[i];
    letter_attach (copy, attachment->path, attachment->name, attachment->type);
  }
  return copy;
}

void
letter_free (Letter *letter)
{
  if (letter == NULL)
    return;
  for (gsize i = 0; text_field (letter, i) != NULL; i++)
    g_free (*text_field (letter, i));
  g_free (letter->account);
  g_free (letter->in_reply_to);
  g_free (letter->references);
  g_clear_pointer (&letter->forwarded, g_bytes_unref);
  g_ptr_array_unref (letter->headers);
  g_ptr_array_unref (letter->attachments);
  g_free (letter);
}

static gboolean
is_blank (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isspace (text[i]))
      return FALSE;
  return TRUE;
}

/* From and account come by themselves. */
gboolean
letter_is_empty (const Letter *letter)
{
  const char *end = letter->body + strlen (letter->body), *behind = end;
  const char *signature = letter_find_signature (letter->body, &behind);
  const char *const fields[] = { letter->to, letter->cc, letter->bcc, letter->reply_to, letter->subject };

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    if (!is_blank (fields[i], strlen (fields[i])))
      return FALSE;
  if (signature == NULL)
    signature = end;
  return letter->attachments->len == 0 && letter->headers->len == 0 && letter->forwarded == NULL
         && is_blank (letter->body, (gsize)(signature - letter->body))
         && is_blank (behind, (gsize)(end - behind));
}

char *
letter_field_text (const char *text)
{
  char *field = g_utf8_make_valid (text != NULL ? text : "", -1);

  for (char *at = field; *at != '\0'; at++)
    if (g_ascii_iscntrl (*at))
      *at = ' ';
  return g_strstrip (field);
}
