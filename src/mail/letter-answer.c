/* To whom an answer goes. What a header asks for is followed as far as its writer can mean it: an
 * answer to one never goes to a list, unless that is who wrote. */
#include "mail/letter-source.h"

#include <string.h>

/* Mailboxes, each once. */
typedef struct {
  GPtrArray *mailboxes;
  GHashTable *keys;
} Circle;

static Circle
circle_new (void)
{
  return (Circle){ letter_mailboxes_new (), g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL) };
}

static void
circle_clear (Circle *circle)
{
  g_clear_pointer (&circle->mailboxes, g_ptr_array_unref);
  g_clear_pointer (&circle->keys, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Circle, circle_clear)

static char *
key_of (const Mailbox *mailbox)
{
  return strchr (mailbox->address, '@') != NULL ? address_key (mailbox->address)
                                                : g_strdup (mailbox->address);
}

static gboolean
circle_holds (const Circle *circle, const Mailbox *mailbox)
{
  g_autofree char *key = key_of (mailbox);

  return g_hash_table_contains (circle->keys, key);
}

static void
circle_add (Circle *circle, const GPtrArray *mailboxes)
{
  for (guint i = 0; i < mailboxes->len; i++) {
    const Mailbox *mailbox = mailboxes->pdata[i];
    if (g_hash_table_add (circle->keys, key_of (mailbox)))
      letter_mailboxes_add (circle->mailboxes, mailbox->name, mailbox->address);
  }
}

/* Those of OTHERS that are in neither ONE nor TWO. */
static void
circle_add_others (Circle *circle, const Circle *others, const Circle *one, const Circle *two)
{
  g_autoptr (GPtrArray) rest = g_ptr_array_new ();

  for (guint i = 0; i < others->mailboxes->len; i++) {
    Mailbox *mailbox = others->mailboxes->pdata[i];
    if (!circle_holds (one, mailbox) && !circle_holds (two, mailbox))
      g_ptr_array_add (rest, mailbox);
  }
  circle_add (circle, rest);
}

static gboolean
circle_is_within (const Circle *circle, const Circle *other)
{
  for (guint i = 0; i < circle->mailboxes->len; i++)
    if (!circle_holds (other, circle->mailboxes->pdata[i]))
      return FALSE;
  return circle->mailboxes->len > 0;
}

/* --- from the header ------------------------------------------------------------------------------ */

static Circle
field_circle (const LetterHeader *header, const char *name)
{
  g_autoptr (GPtrArray) mailboxes = letter_header_mailboxes (header, name);
  Circle circle = circle_new ();

  circle_add (&circle, mailboxes);
  return circle;
}

static Circle
text_circle (const char *text)
{
  g_autoptr (GPtrArray) mailboxes = address_parse_list (text, NULL, NULL);
  Circle circle = circle_new ();

  if (mailboxes != NULL)
    circle_add (&circle, mailboxes);
  return circle;
}

static Circle
own_circle (const char *const *own)
{
  Circle circle = circle_new ();

  for (; own != NULL && *own != NULL; own++) {
    g_auto (Circle) each = text_circle (*own);
    circle_add (&circle, each.mailboxes);
  }
  return circle;
}

/* Where posts to the list go (RFC 2369, 3.4): maybe none, or several URLs of which the first counts. */
static Circle
list_circle (const LetterHeader *header)
{
  g_autofree char *value = letter_header_raw (header, "List-Post");
  const char *open = value != NULL ? strchr (value, '<') : NULL;
  g_autofree char *url = open != NULL ? g_strndup (open + 1, strcspn (open + 1, ">")) : g_strdup ("");
  g_autoptr (Letter) post = letter_of_mailto (url, NULL, NULL);

  return text_circle (post != NULL ? post->to : "");
}

/* Reply-To, or From where that only names the list: some lists put themselves there, and what was
 * meant for one person must not reach all. */
static Circle
author_circle (const LetterHeader *header, const Circle *list)
{
  g_auto (Circle) reply_to = field_circle (header, "Reply-To");
  g_auto (Circle) from = field_circle (header, "From");
  const gboolean munged = circle_is_within (&reply_to, list) && from.mailboxes->len > 0;
  Circle author = circle_new ();

  circle_add (&author, reply_to.mailboxes->len == 0 || munged ? from.mailboxes : reply_to.mailboxes);
  return author;
}

char *
letter_choose_from (const LetterHeader *header, const char *const *own)
{
  static const char *const fields[]
      = { "From", "To", "Cc", "Bcc", "Delivered-To", "X-Original-To", "Envelope-To" };

  for (gsize field = 0; field < G_N_ELEMENTS (fields); field++) {
    g_auto (Circle) named = field_circle (header, fields[field]);
    for (guint i = 0; own != NULL && own[i] != NULL; i++) {
      g_auto (Circle) mine = text_circle (own[i]);
      if (circle_is_within (&mine, &named))
        return g_strdup (own[i]);
    }
  }
  return g_strdup ("");
}

void
letter_address_answer (Letter *letter, const LetterHeader *header, gboolean all, const char *const *own)
{
  g_auto (Circle) mine = own_circle (own), list = list_circle (header);
  g_auto (Circle) author = author_circle (header, &list),
                  followup = field_circle (header, "Mail-Followup-To");
  g_auto (Circle) first = field_circle (header, "To"), second = field_circle (header, "Cc");
  g_auto (Circle) to = circle_new (), cc = circle_new ();
  const gboolean from_me = circle_is_within (&author, &mine);

  if (all && followup.mailboxes->len > 0) {
    circle_add_others (&to, &followup, &mine, &mine);
  } else {
    circle_add_others (&to, from_me ? &first : &author, &mine, &mine);
    if (all && !from_me)
      circle_add_others (&cc, &first, &mine, &to);
    if (all) {
      circle_add_others (&cc, &second, &mine, &to);
      circle_add_others (&cc, &list, &mine, &to);
    }
  }
  const gboolean to_nobody = to.mailboxes->len == 0;
  if (to_nobody && cc.mailboxes->len == 0) /* a letter to oneself */
    circle_add (&to, author.mailboxes);
  else if (to_nobody)
    circle_add (&to, cc.mailboxes);
  g_free (letter->to);
  g_free (letter->cc);
  letter->to = address_write_list (to.mailboxes);
  letter->cc = to_nobody ? g_strdup ("") : address_write_list (cc.mailboxes);
}
