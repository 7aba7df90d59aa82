/* The doors of the system outbox: one socket where every user of this machine may hand mail
 * in, over SMTP, and one where he may ask what became of it. Who calls is the kernel's word;
 * what one user may take up is limited, so that he can't starve the others. */
#pragma once

#include "engine/outbox-source.h"

#define POST_OFFICE_SUBMIT_SOCKET "/run/toukan/submit.sock"
#define POST_OFFICE_QUERY_SOCKET  "/run/toukan/query.sock"

typedef struct PostOffice PostOffice;

typedef struct {
  int           submit_fd, query_fd; /* that listen (net/local-socket.h); not taken */
  const char   *directory; /* of the outbox: is there room on its disk? */
  guint         messages_limit; /* that wait, of one user but root; 0: 1000 */
  OutboxSource *source;
  /* The account for mail from SENDER; "" for a bounce. NULL with ERROR. */
  const Account *(*account) (const char *sender, gpointer data, GError **error);
  gpointer      data;
} PostOfficeRules;

PostOffice *post_office_new (const PostOfficeRules *rules);

/* Lets nobody in any more (who calls may wait for the next office), and sends all away once they have their answers; then DONE, from
 * the main context, after a few seconds at the latest. */
void post_office_close (PostOffice *office, void (*done) (gpointer data), gpointer data);

/* After the OutboxSource, which may have work of ours under way, and so after closing. Accepts
 * NULL. */
void post_office_free (PostOffice *office);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PostOffice, post_office_free)

/* --- what is asked at the query socket ------------------------------------------- */

/* One line, then the answer in lines of one JSON object each, and the end. "list" gives the
 * caller's rows that wait (root: everybody's) in the form of engine/item-json.h, then
 * {"end":true}. "cancel ID", "hold ID", "release ID" and "retry ID" give {"result":WORD} and,
 * where it isn't "done", the row's "state". {"error":TEXT}: it could not be done. */
#define POST_OFFICE_QUERY_LIMIT 128

/* "cancel" and so on, to the action and back; FALSE: there is none of that name, NULL: it
 * can't be asked for. */
gboolean    post_office_action (const char *word, OutboxAction *ret_action);
const char *post_office_action_name (OutboxAction action);
/* "done", "unknown", "busy", "not-so". */
const char *post_office_result_name (OutboxResult result);
