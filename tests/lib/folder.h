/* A folder of the test's own, gone when the test is over. */
#pragma once

#include <glib.h>

void        test_folder_make (void);
const char *test_folder (void);
/* FOLDER/NAME; lives as long as the program. */
const char *test_file (const char *name);
/* With all that is in it. */
void        test_folder_remove (void);
