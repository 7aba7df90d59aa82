/* Choosing where the demo can take place. */
#include "demo/scene.h"

#include "base/error.h"
#include "base/i18n.h"
#include "demo/firewall.h"
#include "demo/folder.h"
#include "demo/namespace.h"
#include "demo/server.h"
#include "demo/stand-in.h"

#include <string.h>

#define USER "demo"

struct Scene {
  SceneFacts facts;
  char *folder;
  char *password;
  gboolean own_network;
  const char *addresses[3]; /* those of the server, NULL-terminated */
  gboolean server_has_587;  /* the port is the server's, whatever a firewall does to it */
  Server *server;
  StandIn *stand_in;
  GPtrArray *remarks; /* NULL-terminated when done */
};

static void
remark (Scene *scene, char *text)
{
  g_ptr_array_add (scene->remarks, text);
}

/* Thrown away with the demo; random, since others may be on this machine. */
static char *
make_password (void)
{
  GString *text = g_string_new (NULL);
  for (int i = 0; i < 4; i++)
    g_string_append_printf (text, "%08x", g_random_int ());
  return g_string_free (text, FALSE);
}

static void
set_addresses (Scene *scene, const char *ipv6, const char *ipv4)
{
  gsize n = 0;
  if (ipv6 != NULL)
    scene->addresses[n++] = ipv6;
  else
    remark (scene, g_strdup (_ ("This kernel has IPv6 switched off, so only IPv4 is shown.")));
  scene->addresses[n++] = ipv4;
  scene->addresses[n] = NULL;
}

static void
enter_own_network (Scene *scene)
{
  g_autofree char *hosts = g_build_filename (scene->folder, "hosts", NULL);
  g_autoptr (GError) error = NULL;
  gboolean ipv6 = FALSE;
  scene->own_network = namespace_enter (hosts, &ipv6, &error);
  if (scene->own_network) {
    set_addresses (scene, ipv6 ? NAMESPACE_IPV6 : NULL, NAMESPACE_IPV4);
    scene->facts.host = NAMESPACE_HOST;
    scene->facts.submission = 587;
    scene->facts.relay = 25;
    return;
  }
  remark (scene, g_strdup_printf (_ ("No network of its own: %s."), error->message));
}

/* A pair such as 20587 and 20025, so that one sees what stands for what. */
static gboolean
choose_high_ports (Scene *scene, GError **error)
{
  for (guint base = 20000; base < 60000; base += 1000) {
    guint16 submission = (guint16)(base + 587), relay = (guint16)(base + 25);
    if (!stand_in_port_is_free (scene->addresses, submission)
        || !stand_in_port_is_free (scene->addresses, relay))
      continue;
    scene->facts.submission = submission;
    scene->facts.relay = relay;
    remark (scene, g_strdup_printf (_ ("On loopback instead: port %u stands for 587, and %u for 25."),
                                    submission, relay));
    return TRUE;
  }
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_SYSTEM, _ ("no free pair of ports on loopback"));
  return FALSE;
}

static gboolean
settle_on_loopback (Scene *scene, GError **error)
{
  set_addresses (scene, stand_in_has_address ("::1") ? "::1" : NULL, "127.0.0.1");
  scene->facts.host = "localhost";
  return choose_high_ports (scene, error);
}

/* What can be shown of FAULT without a firewall. */
static gboolean
set_stand_in (Scene *scene, Fault fault, GError **error)
{
  if (fault == FAULT_ACCEPTED)
    return TRUE;
  scene->server_has_587 = FALSE;
  if (fault == FAULT_SILENT)
    remark (scene,
            g_strdup (_ ("In place of a firewall a listening socket whose queue is full drops what comes: "
                         "to a sender that is the same silence.")));
  scene->stand_in = stand_in_new (fault == FAULT_SILENT ? STAND_IN_FULL : STAND_IN_CLOSED, scene->addresses,
                                  scene->facts.submission, error);
  return scene->stand_in != NULL;
}

static gboolean
set_fault (Scene *scene, Fault fault, GError **error)
{
  g_autoptr (GError) lacking = NULL;
  scene->server_has_587 = TRUE;
  if (scene->own_network && firewall_load (fault, scene->facts.submission, &lacking))
    return TRUE;
  if (lacking != NULL)
    remark (scene, g_strdup_printf (_ ("No firewall: %s."), lacking->message));
  if (!fault_case (fault)->needs_firewall)
    return set_stand_in (scene, fault, error);
  /* The reasons stand in the remarks, which the caller can't show without a scene. */
  g_autofree char *reasons = g_strjoinv (" ", (char **)scene->remarks->pdata);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_UNAVAILABLE,
               _ ("--fault %s needs a firewall in a network of the demo's own. %s "
                  "What can be shown here: accepted, refused, silent"),
               fault_case (fault)->name, reasons);
  return FALSE;
}

static gboolean
start_server (Scene *scene, GError **error)
{
  guint16 ports[] = { scene->facts.relay, scene->server_has_587 ? scene->facts.submission : 0, 0 };
  ServerSettings settings = { .folder = scene->folder,
                              .host = scene->facts.host,
                              .addresses = scene->addresses,
                              .ports = ports,
                              .user = USER,
                              .password = scene->password };
  scene->server = server_new (&settings, error);
  if (scene->server == NULL)
    return FALSE;
  scene->facts.ca_file = server_ca_file (scene->server);
  return TRUE;
}

Scene *
scene_new (Fault fault, GError **error)
{
  Scene *scene = g_new0 (Scene, 1);
  scene->remarks = g_ptr_array_new_null_terminated (4, g_free, TRUE);
  scene->password = make_password ();
  scene->facts.user = USER;
  scene->facts.password = scene->password;
  scene->folder = g_dir_make_tmp ("toukan-demo-XXXXXX", error);
  if (scene->folder != NULL)
    enter_own_network (scene);
  if (scene->folder != NULL && (scene->own_network || settle_on_loopback (scene, error))
      && set_fault (scene, fault, error) && start_server (scene, error))
    return scene;
  scene_free (scene, FALSE);
  return NULL;
}

void
scene_free (Scene *scene, gboolean keep)
{
  server_free (scene->server);
  stand_in_free (scene->stand_in);
  if (scene->folder != NULL && !keep)
    folder_remove (scene->folder);
  g_ptr_array_unref (scene->remarks);
  g_free (scene->folder);
  g_free (scene->password);
  g_free (scene);
}

const SceneFacts *
scene_facts (const Scene *scene)
{
  return &scene->facts;
}

const char *const *
scene_remarks (const Scene *scene)
{
  return (const char *const *)scene->remarks->pdata;
}

const char *
scene_message_file (Scene *scene)
{
  return server_message_file (scene->server);
}
