/* The system outbox's process: whose it may be, and its sockets. */
#include "cli/system-doors.h"

#include "base/error.h"
#include "base/i18n.h"
#include "engine/post-office.h"
#include "net/local-socket.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

struct SystemDoors {
  int submit_fd, query_fd;
  const Config *config;
  PostOffice *office; /* NULL: between two configurations */
  gboolean empty;
  void (*on_empty) (gpointer data);
  gpointer data;
};

gboolean
system_begin (GError **error)
{
  const char *named = g_getenv ("TOUKAN_CONFIG");

  if (geteuid () == 0) {
    g_set_error_literal (
        error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE,
        _ ("the system outbox doesn't run as root: start it with \"systemctl start toukan\", "
           "which makes it the user toukan's"));
    return FALSE;
  }
  /* The user's own file must be readable, the system's need not be; here that one is it. */
  if (!named || !*named)
    g_setenv ("TOUKAN_CONFIG", SYSCONFDIR "/toukan/config", TRUE);
  prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  umask (0077);
  return TRUE;
}

SystemDoors *
system_doors_open (GError **error)
{
  SystemDoors *doors = g_new0 (SystemDoors, 1);

  doors->query_fd = -1;
  doors->empty = TRUE;
  doors->submit_fd = local_socket_listen (POST_OFFICE_SUBMIT_SOCKET, error);
  if (doors->submit_fd >= 0)
    doors->query_fd = local_socket_listen (POST_OFFICE_QUERY_SOCKET, error);
  if (doors->query_fd < 0)
    g_clear_pointer (&doors, system_doors_free);
  return doors;
}

void
system_doors_free (SystemDoors *doors)
{
  if (!doors)
    return;
  system_doors_rest (doors);
  if (doors->submit_fd >= 0)
    close (doors->submit_fd);
  if (doors->query_fd >= 0)
    close (doors->query_fd);
  g_free (doors);
}

static const Account *
choose_account (const char *sender, gpointer data, GError **error)
{
  const SystemDoors *doors = data;

  return config_account (doors->config, NULL, sender, error);
}

void
system_doors_serve (SystemDoors *doors, const Config *config, Agent *agent, const char *directory)
{
  PostOfficeRules rules = { .submit_fd = doors->submit_fd,
                            .query_fd = doors->query_fd,
                            .directory = directory,
                            .source = agent_source (agent),
                            .account = choose_account,
                            .data = doors };

  if (doors->office)
    return;
  doors->config = config;
  doors->empty = FALSE;
  doors->office = post_office_new (&rules);
}

static void
on_closed (gpointer data)
{
  SystemDoors *doors = data;

  doors->empty = TRUE;
  doors->on_empty (doors->data);
}

gboolean
system_doors_retire (SystemDoors *doors, void (*empty) (gpointer data), gpointer data)
{
  doors->on_empty = empty;
  doors->data = data;
  if (doors->office)
    post_office_close (doors->office, on_closed, doors);
  return !doors->office;
}

gboolean
system_doors_are_empty (const SystemDoors *doors)
{
  return doors->empty;
}

void
system_doors_rest (SystemDoors *doors)
{
  g_clear_pointer (&doors->office, post_office_free);
  doors->empty = TRUE;
}
