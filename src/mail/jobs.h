/* Complete messages as JSON Lines, an object each:
 *
 *   id           what tells them apart; NULL: none
 *   from         "Name <address>"
 *   to, cc, bcc  one list of addresses, or an array of them
 *   reply_to     one list of addresses
 *   subject, text, html
 *   headers      an object of further fields
 *   attachments  an array of file names, or of objects with path and, maybe, type
 *   envelope     an object with from and to, instead of what the header says
 */
#pragma once

#include "core/envelope.h"
#include "mail/rows.h"

typedef struct JobReader JobReader;

typedef struct {
  char       *id;
  guint64     line;
  BodySource *message;
  Envelope   *envelope;
} Job;

typedef struct {
  const char *from;   /* where a job has none; NULL: then it is refused */
  const char *folder; /* of attachments */
  const char *seed;   /* Message-IDs of jobs with an id follow from it and the id */
  const char *key;    /* … and of those without, from this one; NULL: they are new ones */
  gint64      date;
} JobRules;

/* READER is taken; what RULES points to outlives the jobs. */
JobReader *job_reader_new (BodyReader *reader, const JobRules *rules);
void       job_reader_free (JobReader *jobs);

/* ROW_FAULTY: ERROR says what is wrong, with the line; the next may be good. */
RowResult job_reader_next (JobReader *jobs, Job **ret_job, GError **error);
void      job_free (Job *job);

/* One of them by itself: ERROR doesn't tell the line. NULL with ERROR. */
Job      *job_read (const char *octets, gsize length, const JobRules *rules, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (JobReader, job_reader_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Job, job_free)
