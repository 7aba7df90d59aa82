/* Whom one has written to: learnt from sent mail, found by what is typed. addresses.sqlite3
 * in the state directory; what is wrong with it costs a warning and never a letter. */
#pragma once

#include <glib.h>

typedef struct AddressBook AddressBook;

AddressBook *address_book_new (const char *directory);
void         address_book_free (AddressBook *book);
const char  *address_book_warning (const AddressBook *book);

/* ADDRESS (with NAME; may be NULL or "") was written to AT (wall clock, µs). A later name replaces an
 * earlier one; none replaces nothing. */
gboolean address_book_learn (AddressBook *book, const char *name, const char *address, gint64 at);
gboolean address_book_forget (AddressBook *book, const char *address);

typedef void (*AddressBookVisit) (const char *name, const char *address, guint64 times, gint64 last,
                                  gpointer data);

/* Those of which the address, or a word of the name, begins with TYPED (without case; also kana
 * and width folded as Unicode does), best first by how often and how lately; at most LIMIT. */
gboolean address_book_find (AddressBook *book, const char *typed, gint64 now, guint limit,
                            AddressBookVisit visit, gpointer data);

/* Appends domains (char *, in ASCII) that were written to at least TIMES times, to an array that
 * frees its elements: for addresses that look like one of them (mail/lookalike.h). */
gboolean address_book_domains (AddressBook *book, guint64 times, GPtrArray *domains);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AddressBook, address_book_free)
