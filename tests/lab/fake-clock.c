/* For test-agent.py, to be preloaded: a time of day that can be set without setting the machine's.
 * FAKE_CLOCK names a folder: its file "offset" holds seconds to add, and a line into its pipe "set"
 * tells whoever has a timer of the time of day that the clock was set. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int pipe_of_settings = -1;

static int
open_beside (const char *name, int flags)
{
  char path[4096];

  snprintf (path, sizeof path, "%s/%s", getenv ("FAKE_CLOCK"), name);
  return open (path, flags | O_CLOEXEC);
}

static long
offset (void)
{
  char text[32] = "";
  int fd = open_beside ("offset", O_RDONLY);

  if (fd < 0 || read (fd, text, sizeof text - 1) < 0)
    text[0] = '\0';
  if (fd >= 0)
    close (fd);
  return atol (text);
}

int
clock_gettime (clockid_t clock, struct timespec *ret_now)
{
  int (*real) (clockid_t, struct timespec *) = dlsym (RTLD_NEXT, "clock_gettime");
  int result = real (clock, ret_now);

  if (result == 0 && clock == CLOCK_REALTIME)
    ret_now->tv_sec += offset ();
  return result;
}

/* By way of the above, whose real one needs no system call. */
int
gettimeofday (struct timeval *restrict ret_now, void *restrict zone)
{
  struct timespec now;
  int result = clock_gettime (CLOCK_REALTIME, &now);

  *ret_now = (struct timeval){ .tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000 };
  return result;
}

int
timerfd_create (int clock, int flags)
{
  int (*real) (int, int) = dlsym (RTLD_NEXT, "timerfd_create");

  if (clock != CLOCK_REALTIME)
    return real (clock, flags);
  return pipe_of_settings = open_beside ("set", O_RDWR | O_NONBLOCK);
}

int
timerfd_settime (int fd, int flags, const struct itimerspec *at, struct itimerspec *ret_old)
{
  int (*real) (int, int, const struct itimerspec *, struct itimerspec *)
      = dlsym (RTLD_NEXT, "timerfd_settime");

  return fd == pipe_of_settings ? 0 : real (fd, flags, at, ret_old);
}
