/* The demo's temporary folder. */
#pragma once

/* Removes the folder NAME with all that is in it; symbolic links are not followed. */
void folder_remove (const char *name);
