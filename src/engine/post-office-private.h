/* What the doors share. Nobody else includes this. */
#pragma once

#include "engine/post-office.h"
#include "mail/handover.h"

#include <sys/types.h>

typedef struct Quota Quota;
typedef struct Caller Caller;

/* One connection, at either door. */
struct Caller {
  PostOffice *office;
  uid_t       uid;
  gboolean    asks;                   /* at the query socket */
  void      (*send_away) (Caller *caller); /* politely, maybe later */
  void      (*free) (Caller *caller);
};

/* Takes FD. */
Caller *caller_new_hand_in (PostOffice *office, int fd, uid_t uid);
Caller *caller_new_inquiry (PostOffice *office, int fd, uid_t uid);

/* It is over; it is freed in here. */
void post_office_caller_left (PostOffice *office, Caller *caller);

/* The outbox has changed. */
void post_office_changed (PostOffice *office);

const PostOfficeRules *post_office_rules (const PostOffice *office);
const char *const     *post_office_local_names (const PostOffice *office);
Quota                 *post_office_quota (PostOffice *office);

/* --- what one user may keep waiting -------------------------------------------- */

Quota *quota_new (const PostOfficeRules *rules);
void   quota_free (Quota *quota);

/* From within the call, or later from the main context. REFUSAL: why not, in SMTP's words,
 * static; NULL: there is room. */
typedef void (*QuotaAnswer) (const char *refusal, gpointer data);

/* May UID bring a message of SIZE octets (0: not known yet)? */
void quota_ask (Quota *quota, uid_t uid, guint64 size, QuotaAnswer answer, gpointer data);

/* UID did. */
void quota_count (Quota *quota, uid_t uid, guint64 size);
