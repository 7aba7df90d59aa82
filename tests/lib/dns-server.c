/* A small DNS server on loopback: UDP, one question a packet, no EDNS. */
#include "tests/lib/dns-server.h"

#include <arpa/inet.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADER_LENGTH 12

enum { TYPE_A = 1, TYPE_AAAA = 28, TYPE_CNAME = 5 };

static void
append_u16 (GByteArray *reply, guint value)
{
  const guint8 octets[2] = { (guint8)(value >> 8), (guint8)value };
  g_byte_array_append (reply, octets, 2);
}

static void
append_record (GByteArray *reply, guint owner, guint type, gconstpointer octets, guint length)
{
  append_u16 (reply, 0xC000 | owner);
  append_u16 (reply, type);
  append_u16 (reply, 1);
  append_u16 (reply, 0);
  append_u16 (reply, 300);
  append_u16 (reply, length);
  g_byte_array_append (reply, octets, length);
}

static guint
append_addresses (GByteArray *reply, guint owner, guint type, const char *addresses)
{
  g_auto (GStrv) list = g_strsplit (addresses, " ", 0);
  for (guint i = 0; list[i]; i++) {
    guint8 octets[16];
    g_assert_cmpint (inet_pton (type == TYPE_A ? AF_INET : AF_INET6, list[i], octets), ==, 1);
    append_record (reply, owner, type, octets, type == TYPE_A ? 4 : 16);
  }
  return g_strv_length (list);
}

static void
append_name (GByteArray *out, const char *name)
{
  g_auto (GStrv) labels = g_strsplit (name, ".", 0);
  for (guint i = 0; labels[i]; i++) {
    guint8 length = (guint8)strlen (labels[i]);
    g_byte_array_append (out, &length, 1);
    g_byte_array_append (out, (const guint8 *)labels[i], length);
  }
  g_byte_array_append (out, (const guint8 *)"", 1);
}

/* The name as text; *ret_end is where the question goes on. */
static char *
name_of_question (const guint8 *packet, gsize length, gsize *ret_end)
{
  GString *name = g_string_new (NULL);
  gsize at = HEADER_LENGTH;
  while (at < length && packet[at] != 0) {
    g_string_append_printf (name, "%s%.*s", name->len > 0 ? "." : "", packet[at],
                            (const char *)packet + at + 1);
    at += (gsize)packet[at] + 1;
  }
  *ret_end = at + 1;
  return g_string_free (name, FALSE);
}

static const DnsZone *
zone_of (const DnsServer *server, const char *name)
{
  static const DnsZone unknown = { .rcode = DNS_NXDOMAIN };
  for (const DnsZone *zone = server->zones; zone->name; zone++)
    if (g_ascii_strcasecmp (zone->name, name) == 0)
      return zone;
  return &unknown;
}

/* NULL: no answer. */
static GByteArray *
reply_to (const DnsServer *server, const guint8 *packet, gsize length)
{
  gsize end = 0;
  g_autofree char *name = name_of_question (packet, length, &end);
  const DnsZone *zone = zone_of (server, name);
  if (zone->rcode == DNS_SILENT)
    return NULL;
  guint type = packet[end + 1];
  GByteArray *reply = g_byte_array_new ();
  g_byte_array_append (reply, packet, (guint)end + 4);
  reply->data[2] = 0x81;
  reply->data[3] = (guint8)(0x80 | zone->rcode);
  reply->data[10] = reply->data[11] = 0;      /* no EDNS */
  guint n_records = 0, owner = HEADER_LENGTH; /* the name in the question */
  if (zone->alias_of) {
    g_autoptr (GByteArray) target = g_byte_array_new ();
    append_name (target, zone->alias_of);
    append_record (reply, owner, TYPE_CNAME, target->data, target->len);
    owner = reply->len - target->len;
    n_records++;
  }
  const char *addresses = type == TYPE_A ? zone->ipv4 : zone->ipv6;
  if (addresses)
    n_records += append_addresses (reply, owner, type, addresses);
  reply->data[7] = (guint8)n_records;
  return reply;
}

static gboolean
on_question (int fd, GIOCondition condition, gpointer data)
{
  DnsServer *server = data;
  guint8 packet[1024];
  struct sockaddr_in from;
  socklen_t from_length = sizeof from;
  gssize length = recvfrom (fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &from_length);
  g_assert_cmpint (length, >, HEADER_LENGTH);
  server->n_questions++;
  if (server->n_to_drop > 0) {
    server->n_to_drop--;
    return G_SOURCE_CONTINUE;
  }
  g_autoptr (GByteArray) reply = reply_to (server, packet, (gsize)length);
  if (reply)
    sendto (fd, reply->data, reply->len, 0, (struct sockaddr *)&from, from_length);
  return G_SOURCE_CONTINUE;
}

void
dns_server_start (DnsServer *server, const DnsZone *zones)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  *server = (DnsServer){ .zones = zones, .fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) };
  g_assert_cmpint (bind (server->fd, (struct sockaddr *)&address, length), ==, 0);
  getsockname (server->fd, (struct sockaddr *)&address, &length);
  server->address = g_strdup_printf ("127.0.0.1:%u", ntohs (address.sin_port));
  server->source = g_unix_fd_source_new (server->fd, G_IO_IN);
  g_source_set_callback (server->source, G_SOURCE_FUNC (on_question), server, NULL);
  g_source_attach (server->source, NULL);
}

void
dns_server_stop (DnsServer *server)
{
  g_source_destroy (server->source);
  g_source_unref (server->source);
  close (server->fd);
  g_free (server->address);
}
