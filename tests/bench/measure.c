/* Runs one command and says what it cost: "microseconds peak-KiB status" on standard
 * error's last line. A program of its own, since the peak of a child begins at the
 * size of the process that made it, and this one is small. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long
microseconds_now (void)
{
  struct timespec now;
  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

int
main (int argc, char **argv)
{
  const char *root = NULL;
  if (argc > 2 && strcmp (argv[1], "--root") == 0) {
    root = argv[2];
    argc -= 2;
    argv += 2;
  }
  if (argc < 2) {
    fputs ("usage: measure [--root FOLDER] COMMAND [ARGUMENT…]\n", stderr);
    return 64;
  }
  long began = microseconds_now ();
  pid_t child = fork ();
  if (child == 0) {
    if (root && (chroot (root) != 0 || chdir ("/") != 0))
      _exit (126);
    execvp (argv[1], argv + 1);
    perror (argv[1]);
    _exit (127);
  }
  int status = 0;
  struct rusage usage;
  if (child < 0 || wait4 (child, &status, 0, &usage) < 0) {
    perror ("measure");
    return 71;
  }
  fprintf (stderr, "%ld %ld %d\n", microseconds_now () - began, usage.ru_maxrss,
           WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status));
  return 0;
}
