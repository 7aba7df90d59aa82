/* Whatever is in a line of jobs or in an mbox: it is taken or refused, and what is taken
 * has an envelope. */
#include <stdint.h>

#include "mail/jobs.h"
#include "mail/mbox.h"

int LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length);

static BodyReader *
open_octets (const uint8_t *octets, size_t length)
{
  g_autoptr (GBytes) bytes = g_bytes_new (octets, length);
  g_autoptr (BodySource) source = body_source_new_bytes (bytes);
  return body_source_open (source, NULL);
}

static void
read_jobs (const uint8_t *octets, size_t length)
{
  static const JobRules rules = { .folder = "/nowhere", .seed = "s", .date = 0 };
  g_autoptr (JobReader) jobs = job_reader_new (open_octets (octets, length), &rules);
  for (RowResult result = ROW_GIVEN; result == ROW_GIVEN || result == ROW_FAULTY;) {
    g_autoptr (Job) job = NULL;
    g_autoptr (GError) error = NULL;
    result = job_reader_next (jobs, &job, &error);
    g_assert ((result == ROW_GIVEN) == (job != NULL));
    g_assert ((error != NULL) == (result == ROW_FAULTY || result == ROW_BROKEN));
    g_assert (job == NULL || job->envelope->recipients->len > 0);
  }
}

static void
read_mbox (const uint8_t *octets, size_t length)
{
  g_autoptr (MboxReader) mbox = mbox_reader_new (open_octets (octets, length), length % 2 ? MBOX_RD : MBOX_O);
  guint64 line, sum = 0;
  BodySource *message;
  while (mbox_reader_next (mbox, &message, &line, NULL) > 0) {
    sum += body_source_size (message);
    body_source_unref (message);
  }
  g_assert (sum <= length);
}

int
LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length)
{
  read_jobs (octets, length);
  read_mbox (octets, length);
  return 0;
}
