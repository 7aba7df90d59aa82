/* Prints the report that report_build() makes of its arguments "key=value", for
 * test-report-build.py, which reads it with somebody else's parser. */
#include "mail/report-build.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static BodyReader *
open_message (gpointer data, GError **error)
{
  if (data == NULL) {
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "it is gone");
    return NULL;
  }
  return body_source_open (data, error);
}

int
main (int argc, char **argv)
{
  Mailbox from = { (char *)"toukan", (char *)"me@example.org" }, to = { NULL, (char *)"me@example.org" };
  ReportRecipient recipients[8] = { { 0 } };
  ReportRequest request = { .from = &from,
                            .to = &to,
                            .subject = "Undelivered",
                            .text = "It was refused.\n",
                            .date = 1795312565,
                            .reporting_mta = "laptop.example.org",
                            .arrival = 1795312500,
                            .last_attempt = 1795312560,
                            .recipients = recipients };
  g_autoptr (BodySource) message = NULL;
  g_autoptr (GError) error = NULL;
  struct {
    const char *key;
    const char **value;
  } keys[] = { { "subject=", &request.subject },
               { "text=", &request.text },
               { "envid=", &request.envid },
               { "message-id=", &request.message_id } };

  for (int i = 1; i < argc; i++) {
    ReportRecipient *last = &recipients[request.n_recipients - (request.n_recipients > 0)];
    for (gsize k = 0; k < G_N_ELEMENTS (keys); k++)
      if (g_str_has_prefix (argv[i], keys[k].key))
        *keys[k].value = argv[i] + strlen (keys[k].key);
    if (g_str_has_prefix (argv[i], "to=") && request.n_recipients < G_N_ELEMENTS (recipients))
      recipients[request.n_recipients++] = (ReportRecipient){ .address = argv[i] + 3, .status = "5.1.1" };
    else if (g_str_has_prefix (argv[i], "orcpt="))
      last->orcpt = argv[i] + 6;
    else if (g_str_has_prefix (argv[i], "status="))
      last->status = argv[i] + 7;
    else if (g_str_has_prefix (argv[i], "diagnostic="))
      last->diagnostic = argv[i] + 11;
    else if (g_str_has_prefix (argv[i], "mta="))
      last->remote_mta = argv[i] + 4;
    else if (g_str_equal (argv[i], "delayed"))
      request.action = REPORT_DELAYED;
    else if (g_str_equal (argv[i], "whole"))
      request.whole = TRUE;
    else if (g_str_has_prefix (argv[i], "message="))
      message = body_source_new_fd (open (argv[i] + 8, O_RDONLY | O_CLOEXEC), NULL);
  }
  g_autoptr (BodySource) report = report_build (&request, open_message, message, &error);
  g_assert_no_error (error);
  g_autoptr (BodyReader) reader = body_source_open (report, NULL);
  guint8 octets[4096];
  for (gssize got; (got = body_reader_read (reader, octets, sizeof octets, NULL)) > 0;)
    fwrite (octets, 1, (gsize)got, stdout);
  return 0;
}
