/* For the composer on stage, to be preloaded: it is always the same time of day, so that screens can be
 * compared, and translations are taken from the build tree, which gettext has no variable for.
 * STAGE_WALL: seconds since 1970 at the start; STAGE_LOCALEDIR: a folder of catalogs. */
#include <dlfcn.h>
#include <libintl.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static int
real_time (clockid_t clock, struct timespec *ret_now)
{
  int (*real) (clockid_t, struct timespec *) = dlsym (RTLD_NEXT, "clock_gettime");

  return real (clock, ret_now);
}

static time_t
offset (void)
{
  static time_t seconds;
  const char *wall = getenv ("STAGE_WALL");
  struct timespec now;

  if (seconds == 0 && wall && real_time (CLOCK_REALTIME, &now) == 0)
    seconds = atol (wall) - now.tv_sec;
  return seconds;
}

int
clock_gettime (clockid_t clock, struct timespec *ret_now)
{
  int result = real_time (clock, ret_now);

  if (result == 0 && clock == CLOCK_REALTIME)
    ret_now->tv_sec += offset ();
  return result;
}

/* By way of the above, whose real ones need no system call. */
int
gettimeofday (struct timeval *restrict ret_now, void *restrict zone)
{
  struct timespec now;
  int result = clock_gettime (CLOCK_REALTIME, &now);

  *ret_now = (struct timeval){ .tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000 };
  return result;
}

time_t
time (time_t *ret_now)
{
  struct timespec now;

  clock_gettime (CLOCK_REALTIME, &now);
  if (ret_now)
    *ret_now = now.tv_sec;
  return now.tv_sec;
}

char *
bindtextdomain (const char *domain, const char *folder)
{
  char *(*real) (const char *, const char *) = dlsym (RTLD_NEXT, "bindtextdomain");
  const char *ours = getenv ("STAGE_LOCALEDIR");

  return real (domain, ours ? ours : folder);
}
