/* Notifications on the desktop (org.freedesktop.Notifications), where there is one. */
#pragma once

#include <glib.h>

typedef struct Desktop Desktop;

Desktop *desktop_new (void);
void     desktop_free (Desktop *desktop); /* what is under way is given up */

/* Shows TITLE and BODY (plain text) unless there is no desktop, or it takes more than a
 * second. While one is under way further ones are put together into one. */
void     desktop_show (Desktop *desktop, const char *title, const char *body);
gboolean desktop_is_busy (const Desktop *desktop);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Desktop, desktop_free)
