/* What the receiver understands of future release (RFC 4865). */
#include "core/receiver.h"
#include "tests/lib/table.h"

#define HOLDING                                                                                              \
  {                                                                                                          \
    .server_name = "sink", .capabilities = CAPABILITY_FUTURERELEASE, .future_release_interval = 600,         \
    .future_release_until = G_GINT64_CONSTANT (1795597200000000) /* 2026-11-25T09:00:00Z */                  \
  }

/* What the receiver says to INPUT, and the wish of the last MAIL that it took. */
static char *
answers (const ReceiverSettings *settings, const char *input, gint64 *ret_until, guint64 *ret_span)
{
  g_autoptr (Receiver) receiver = receiver_new (settings);
  ReceiverEvent event;
  receiver_receive (receiver, (const guint8 *)input, strlen (input));
  while (receiver_next_event (receiver, &event))
    if (event.kind == RECEIVER_WANTS_SENDER) {
      *ret_until = event.envelope->hold_until;
      *ret_span = event.envelope->hold_for;
      receiver_answer (receiver, 0, NULL);
    }
  g_autoptr (GByteArray) output = receiver_take_output (receiver);
  return g_strndup ((const char *)output->data, output->len);
}

static const struct hold_row {
  const char *about; /* behind MAIL FROM:<a@b> */
  const char *code;
  gint64 until; /* s */
  guint64 span;
} hold_rows[] = {
  { "", "250", 0, 0 },
  { "HOLDFOR=1", "250", 0, 1 },
  { "holdfor=600", "250", 0, 600 },
  { "HOLDFOR=601", "501", 0, 0 },
  { "HOLDFOR=0", "501", 0, 0 },
  { "HOLDFOR=-1", "501", 0, 0 },
  { "HOLDFOR=1234567890", "501", 0, 0 },
  { "HOLDFOR=", "501", 0, 0 },
  { "HOLDFOR", "501", 0, 0 },
  { "HOLDUNTIL=2026-11-25T09:00:00Z", "250", 1795597200, 0 },
  { "HOLDUNTIL=2026-11-25T17:59:59+09:00", "250", 1795597199, 0 },
  { "HOLDUNTIL=2026-11-25T09:00:01Z", "501", 0, 0 },
  { "HOLDUNTIL=tomorrow", "501", 0, 0 },
  { "HOLDUNTIL", "501", 0, 0 },
  { "HOLDFOR=1 HOLDUNTIL=2026-11-25T09:00:00Z", "501", 0, 0 },
  { "HOLDUNTIL=2026-11-25T09:00:00Z HOLDFOR=1", "501", 0, 0 },
  { "HOLDFOR=1 HOLDFOR=1", "501", 0, 0 },
};

static void
test_hold (gconstpointer data)
{
  const struct hold_row *row = data;
  const ReceiverSettings settings = HOLDING;
  g_autofree char *command = g_strdup_printf ("HELO x\r\nMAIL FROM:<a@b> %s\r\n", row->about);
  gint64 until = 0;
  guint64 span = 0;
  g_autofree char *text = answers (&settings, command, &until, &span);
  g_auto (GStrv) lines = g_strsplit (text, "\r\n", -1);
  g_assert_true (g_str_has_prefix (lines[2], row->code));
  g_assert_cmpint (until, ==, row->until * 1000000);
  g_assert_cmpuint (span, ==, row->span);
}

static void
test_hold_announced (void)
{
  const ReceiverSettings settings = HOLDING,
                         nothing = { .server_name = "sink", .capabilities = CAPABILITY_FUTURERELEASE };
  g_autofree char *offered = answers (&settings, "EHLO x\r\n", NULL, NULL);
  g_autofree char *not_offered = answers (&nothing, "EHLO x\r\n", NULL, NULL);
  g_assert_cmpstr (offered, ==,
                   "220 sink ESMTP\r\n250-sink\r\n250 FUTURERELEASE 600 2026-11-25T09:00:00Z\r\n");
  g_assert_cmpstr (not_offered, ==, "220 sink ESMTP\r\n250 sink\r\n");
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/receiver-hold/wish", hold_rows, test_hold);
  g_test_add_func ("/receiver-hold/announced", test_hold_announced);
  return g_test_run ();
}
