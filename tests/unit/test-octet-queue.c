/* The queue of octets on their way out: in order, and wiped. */
#include "net/octet-queue.h"

#include "tests/lib/tap.h"

static guint8
octet_at (gsize i)
{
  return (guint8)(i * 31 + (i >> 9) * 7 + (i >> 17));
}

static void
test_queue_wipes (void)
{
  OctetQueue queue = { 0 };
  octet_queue_append (&queue, (const guint8 *)"secret password", 15);
  guint8 *octets = queue.octets;
  octet_queue_drop (&queue, 7);
  g_assert_cmpmem (octet_queue_front (&queue), octet_queue_length (&queue), "password", 8);
  for (int i = 0; i < 7; i++)
    g_assert_cmpint (octets[i], ==, 0);
  octet_queue_drop (&queue, 8);
  for (int i = 0; i < 15; i++)
    g_assert_cmpint (octets[i], ==, 0);
  octet_queue_clear (&queue);
}

static void
test_queue_keeps_order (void)
{
  OctetQueue queue = { 0 };
  gsize in = 0, out = 0;
  guint8 octets[300];
  for (int i = 0; i < 20000; i++) {
    gsize n = (gsize)g_test_rand_int_range (0, 300);
    for (gsize k = 0; k < n; k++)
      octets[k] = octet_at (in + k);
    octet_queue_append (&queue, octets, n);
    in += n;
    n = (gsize)g_test_rand_int_range (0, 330);
    n = MIN (n, octet_queue_length (&queue));
    for (gsize k = 0; k < n; k++)
      g_assert_cmpint (octet_queue_front (&queue)[k], ==, octet_at (out + k));
    octet_queue_drop (&queue, n);
    out += n;
    g_assert_cmpint (octet_queue_length (&queue), ==, in - out);
  }
  octet_queue_clear (&queue);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  g_test_add_func ("/octet-queue/wipes", test_queue_wipes);
  g_test_add_func ("/octet-queue/keeps-order", test_queue_keeps_order);
  return g_test_run ();
}
