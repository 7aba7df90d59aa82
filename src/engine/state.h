/* What outlives a run of the program: the path memory, where the account wants it. What
 * goes wrong with it is said in one line, and stops nothing. */
#pragma once

#include "config/config.h"
#include "net/identity.h"
#include "store/path-store.h"

/* The account NAME; for NULL the one whose state is most likely meant, or NULL where there
 * is no configuration: what is remembered can be seen without. FALSE with ERROR: there is
 * none of that name. */
gboolean state_choose_account (const Config *config, const char *name, const Account **ret_account, GError **error);

/* The directory where ACCOUNT (may be NULL) keeps its state. Free with g_free(). */
char *state_directory (const Account *account);

/* NULL: ACCOUNT has no path memory. Nothing is touched. */
PathStore *state_open (const Account *account);

/* A memory with what STORE (may be NULL) remembers; the caller's. */
PathMemory *state_load (PathStore *store);

/* Names networks with STORE's salt, so that the next process names them the same; where
 * there is no STORE (NULL), or it can't be used, with names that mean nothing elsewhere. */
Identity *state_identity (PathStore *store);

/* Keeps what MEMORY has learnt, and warns of whatever went wrong with STORE (may be NULL).
 * Call it when the user knows the outcome. */
void state_save (PathStore *store, PathMemory *memory);

/* The warning alone. */
void state_warn (const PathStore *store);
