/* GMime can do this, too, but picks a charset for each word and encodes no ASCII text
 * that a reader would decode by mistake; and plain mail starts faster without it. */
#include "mail/header-write.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"

#include <string.h>

/* RFC 5322, 2.1.1. */
#define LINE_WISHED 78
#define LINE_LIMIT 998

/* RFC 2047, section 2, without "=?utf-8?X?" and "?=". */
#define ENCODED_TEXT_LIMIT 63

/* A word that is longer than this is encoded so that it can be folded. */
#define WORD_LIMIT 900

static gboolean
word_needs_encoding (const char *word, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (word[i] < ' ' || word[i] > '~')
      return TRUE;
  /* What looks like an encoded word would be taken for one. */
  return length > WORD_LIMIT || g_strstr_len (word, (gssize)length, "=?") != NULL;
}

/* Octets that stand for themselves in a "Q" word anywhere (RFC 2047, section 5, (3)). */
static gboolean
is_plain_in_q (char octet)
{
  return g_ascii_isalnum (octet) || (octet != '\0' && strchr ("!*+-/", octet) != NULL);
}

static gsize
width_in_q (const char *text, gsize length)
{
  gsize width = 0;
  for (gsize i = 0; i < length; i++)
    width += is_plain_in_q (text[i]) || text[i] == ' ' ? 1 : 3;
  return width;
}

static void
append_q_word (GString *out, const char *text, gsize length)
{
  g_string_append (out, "=?utf-8?Q?");
  for (gsize i = 0; i < length; i++) {
    if (text[i] == ' ')
      g_string_append_c (out, '_');
    else if (is_plain_in_q (text[i]))
      g_string_append_c (out, text[i]);
    else
      g_string_append_printf (out, "=%02X", (guchar)text[i]);
  }
  g_string_append (out, "?=");
}

static void
append_b_word (GString *out, const char *text, gsize length)
{
  g_autofree char *encoded = g_base64_encode ((const guchar *)text, length);
  g_string_append_printf (out, "=?utf-8?B?%s?=", encoded);
}

/* How much of TEXT fits one word, in whole characters (RFC 2047, section 5). In "B" a
 * word that isn't the last must come without padding: readers that join words before
 * they decode them (GMime 3.2 is one) lose what is behind it. 0: there is no such length. */
static gsize
fitting (const char *text, gsize length, gboolean q)
{
  gsize best = 0;
  for (gsize at = 0; at < length;) {
    gsize next = (gsize)(g_utf8_next_char (text + at) - text);
    if ((q ? width_in_q (text, next) : (next + 2) / 3 * 4) > ENCODED_TEXT_LIMIT)
      break;
    at = next;
    if (q || at % 3 == 0 || at == length)
      best = at;
  }
  return best;
}

/* A space between the words, which a reader drops. */
static void
append_encoded_words (GString *out, const char *text, gsize length)
{
  gboolean shorter_in_q = width_in_q (text, length) <= (length + 2) / 3 * 4;
  for (gsize taken; length > 0; text += taken, length -= taken) {
    gboolean q = shorter_in_q;
    taken = fitting (text, length, q);
    if (taken == 0) {
      q = TRUE;
      taken = fitting (text, length, q);
    }
    (q ? append_q_word : append_b_word) (out, text, taken);
    if (taken < length)
      g_string_append_c (out, ' ');
  }
}

/* From the first word that needs it to the last; the spaces between such words must be
 * inside, since a reader drops those between encoded words. */
char *
header_encode_text (const char *value)
{
  const char *first = NULL, *last = NULL;
  for (const char *at = value; *at != '\0';) {
    gsize length = strcspn (at, " ");
    if (word_needs_encoding (at, length)) {
      first = first != NULL ? first : at;
      last = at + length;
    }
    at += length;
    at += strspn (at, " ");
  }
  GString *out = g_string_new (NULL);
  if (first != NULL) {
    g_string_append_len (out, value, first - value);
    append_encoded_words (out, first, (gsize)(last - first));
    value = last;
  }
  g_string_append (out, value);
  return g_string_free (out, FALSE);
}

static gboolean
is_atoms (const char *name)
{
  for (const char *at = name; *at != '\0'; at++)
    if (!g_ascii_isalnum (*at) && strchr ("!#$%&'*+-/=?^_`{|}~ ", *at) == NULL)
      return FALSE;
  return name[0] != ' ' && name[0] != '\0' && !g_str_has_suffix (name, " ") && strstr (name, "  ") == NULL;
}

char *
header_encode_phrase (const char *name)
{
  gsize length = strlen (name);
  GString *out = g_string_new (NULL);
  if (word_needs_encoding (name, length)) {
    append_encoded_words (out, name, length);
  } else if (is_atoms (name)) {
    g_string_append (out, name);
  } else {
    g_string_append_c (out, '"');
    for (; *name != '\0'; name++) {
      if (*name == '"' || *name == '\\')
        g_string_append_c (out, '\\');
      g_string_append_c (out, *name);
    }
    g_string_append_c (out, '"');
  }
  return g_string_free (out, FALSE);
}

gboolean
header_append (GString *out, const char *name, const char *value)
{
  if (strpbrk (value, "\r\n") != NULL)
    return FALSE;
  gsize before = out->len;
  g_string_append_printf (out, "%s: ", name);
  gsize column = out->len - before;
  value += strspn (value, " \t");
  while (*value != '\0') {
    gsize space = strspn (value, " \t");
    gsize word = strcspn (value + space, " \t");
    if (word == 0)
      break; /* a line of nothing but space is none (RFC 5322, 3.2.2) */
    if (column + space + word > LINE_WISHED && space > 0) {
      g_string_append (out, "\r\n");
      column = 0;
    }
    g_string_append_len (out, value, (gssize)(space + word));
    column += space + word;
    if (column > LINE_LIMIT) {
      g_string_truncate (out, before);
      return FALSE;
    }
    value += space + word;
  }
  g_string_append (out, "\r\n");
  return TRUE;
}

/* With its domain in ASCII, so that a message to an IDN needs no SMTPUTF8; where the
 * local part needs that anyway the domain stays as people know it. */
static char *
header_address (const char *address)
{
  char *ascii = address_needs_utf8 (address) ? NULL : address_to_ascii_domain (address, NULL);
  return ascii != NULL ? ascii : g_strdup (address);
}

gboolean
header_append_mailboxes (GString *out, const char *name, const GPtrArray *mailboxes)
{
  g_autoptr (GString) value = g_string_new (NULL);
  for (guint i = 0; i < mailboxes->len; i++) {
    const Mailbox *mailbox = g_ptr_array_index (mailboxes, i);
    g_autofree char *address = header_address (mailbox->address);
    g_string_append (value, i > 0 ? ", " : "");
    if (mailbox->name != NULL) {
      g_autofree char *phrase = header_encode_phrase (mailbox->name);
      g_string_append_printf (value, "%s <%s>", phrase, address);
    } else {
      g_string_append (value, address);
    }
  }
  return header_append (out, name, value->str);
}

gboolean
header_refuse (const char *name, const char *reason, GError **error)
{
  g_autofree char *shown = visible_text (name, -1);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("header field %s: %s"), shown, reason);
  return FALSE;
}

static gboolean
is_plain_in_parameter (char octet)
{
  return g_ascii_isalnum (octet) || (octet != '\0' && strchr ("!#$&+-.^_`{}~", octet) != NULL);
}

/* name*0*=utf-8''…; name*1*=…, each piece of whole characters. */
static void
append_extended_parameter (GString *value, const char *name, const char *text)
{
  gboolean split = strlen (text) * 3 > ENCODED_TEXT_LIMIT - strlen (name);
  for (guint piece = 0; piece == 0 || *text != '\0'; piece++) {
    g_string_append_printf (value, "; %s*", name);
    if (split)
      g_string_append_printf (value, "%u*", piece);
    g_string_append (value, piece == 0 ? "=utf-8''" : "=");
    const char *start = text;
    while (*text != '\0' && (!split || text - start < 16))
      for (const char *next = g_utf8_next_char (text); text < next; text++)
        g_string_append_printf (value, is_plain_in_parameter (*text) ? "%c" : "%%%02X", (guchar)*text);
  }
}

void
header_append_parameter (GString *value, const char *name, const char *text)
{
  if (word_needs_encoding (text, strlen (text)) || strlen (text) > ENCODED_TEXT_LIMIT) {
    append_extended_parameter (value, name, text);
    return;
  }
  g_string_append_printf (value, "; %s=\"", name);
  for (; *text != '\0'; text++) {
    if (*text == '"' || *text == '\\')
      g_string_append_c (value, '\\');
    g_string_append_c (value, *text);
  }
  g_string_append_c (value, '"');
}

char *
header_date (gint64 seconds)
{
  /* The names are English whatever the locale. */
  static const char days[][4] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
  static const char months[][4]
      = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_local (seconds);
  if (date == NULL)
    date = g_date_time_new_from_unix_utc (0);
  gint64 minutes = g_date_time_get_utc_offset (date) / G_TIME_SPAN_MINUTE;
  return g_strdup_printf ("%s, %d %s %04d %02d:%02d:%02d %c%02d%02d",
                          days[g_date_time_get_day_of_week (date) - 1], g_date_time_get_day_of_month (date),
                          months[g_date_time_get_month (date) - 1], g_date_time_get_year (date),
                          g_date_time_get_hour (date), g_date_time_get_minute (date),
                          g_date_time_get_second (date), minutes < 0 ? '-' : '+', (int)(ABS (minutes) / 60),
                          (int)(ABS (minutes) % 60));
}
