/* The hosts file (hosts(5)): an address, then its names, and '#' begins a comment. It is mapped
 * and not copied, since block lists make it megabytes. */
#include "net/hosts.h"

#include <string.h>

#define ADDRESS_LENGTH 64

typedef struct {
  const char *at, *end;
} Text;

static gboolean
next_line (Text *text, Text *ret_line)
{
  if (text->at == text->end)
    return FALSE;
  const char *newline = memchr (text->at, '\n', (gsize)(text->end - text->at));
  *ret_line = (Text){ text->at, newline ? newline : text->end };
  text->at = newline ? newline + 1 : text->end;
  return TRUE;
}

static gboolean
next_word (Text *line, Text *ret_word)
{
  while (line->at < line->end && g_ascii_isspace (*line->at))
    line->at++;
  const char *start = line->at;
  while (line->at < line->end && !g_ascii_isspace (*line->at) && *line->at != '#')
    line->at++;
  *ret_word = (Text){ start, line->at };
  return line->at > start;
}

static gboolean
word_is (const Text *word, const char *name, gsize length)
{
  return (gsize)(word->end - word->at) == length && g_ascii_strncasecmp (word->at, name, length) == 0;
}

static gboolean
parse_address (const Text *word, IpAddress *ret_address)
{
  char text[ADDRESS_LENGTH];
  gsize length = (gsize)(word->end - word->at);
  if (length >= sizeof text || memchr (word->at, '\0', length))
    return FALSE;
  memcpy (text, word->at, length);
  text[length] = '\0';
  return *text != '[' && ip_address_parse (text, ret_address);
}

static gboolean
is_among (const GArray *addresses, const IpAddress *address)
{
  for (guint i = 0; i < addresses->len; i++)
    if (ip_address_equal (&g_array_index (addresses, IpAddress, i), address))
      return TRUE;
  return FALSE;
}

static void
take_line (Text line, const char *name, gsize length, GArray *addresses)
{
  Text first, word;
  IpAddress address;
  if (!next_word (&line, &first))
    return;
  while (next_word (&line, &word))
    if (word_is (&word, name, length)) {
      if (parse_address (&first, &address) && !is_among (addresses, &address))
        g_array_append_val (addresses, address);
      return;
    }
}

GArray *
hosts_look_up (const char *file, const char *name)
{
  GArray *addresses = g_array_new (FALSE, FALSE, sizeof (IpAddress));
  g_autoptr (GMappedFile) map = g_mapped_file_new (file, FALSE, NULL);
  gsize length = strlen (name);
  if (!map || g_mapped_file_get_length (map) == 0 || length == 0)
    return addresses;
  const char *octets = g_mapped_file_get_contents (map);
  Text text = { octets, octets + g_mapped_file_get_length (map) }, line;
  while (next_line (&text, &line))
    take_line (line, name, length, addresses);
  return addresses;
}
