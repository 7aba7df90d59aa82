/* Whether another program has taken to this terminal: a password's question, by whatever means. */
#pragma once

#include <glib.h>

typedef struct TtyGuest TtyGuest;

/* Remembers who has the terminal TTY (a device's name) now. */
TtyGuest *tty_guest_new (const char *tty);
void      tty_guest_free (TtyGuest *guest);

/* TRUE: a process has it open that hadn't. FALSE also where that can't be seen (/proc). */
gboolean  tty_guest_is_there (TtyGuest *guest);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TtyGuest, tty_guest_free)
