/* Addresses for what is typed, from all that knows some: aliases, the address book, the user's
 * query-command. */
#pragma once

#include "mail/mailrc.h"
#include "store/address-book.h"

typedef struct Completion Completion;

/* BOOK and MAILRC may be NULL, and outlive it. */
Completion *completion_new (AddressBook *book, const Mailrc *mailrc);
void        completion_free (Completion *completion);

/* The account's query-command; NULL: none. */
void completion_set_command (Completion *completion, const char *command);

/* ADDRESSES: as they are put into a field ("Name <address>", or a list where an alias stands for
 * several), best first, up to NULL; owned by COMPLETION, until the next question. */
typedef void (*CompletionDone) (const char *const *addresses, gpointer data);

#define COMPLETION_LIMIT 20

/* Typed letters that are too few for a command, and how long (ms) it waits for more of them. */
#define COMPLETION_COMMAND_LEAST 2
#define COMPLETION_PAUSE_MS 200

/* DONE is called before this returns with what is known here, and again, from the main loop, when the
 * command knows more. Another question, or cancelling, ends this one. */
void completion_ask (Completion *completion, const char *typed, CompletionDone done, gpointer data);
void completion_cancel (Completion *completion);

/* Why the command said nothing the last time; NULL: it didn't fail. */
const char *completion_warning (const Completion *completion);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Completion, completion_free)
