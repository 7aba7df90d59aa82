/* `toukan` alone in a terminal, and `toukan compose`. */
#pragma once

/* ARGV[0] is the verb. Returns the exit status. */
int compose_run (int argc, char **argv);
