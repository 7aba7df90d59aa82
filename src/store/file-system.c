/* File systems by their numbers (statfs(2), linux/magic.h), and those of FUSE, which share
 * one, by their names. What FUSE serves may be anywhere: only those that are known to keep
 * their files on this computer are let through. */
#include "store/file-system.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#define FUSE_MAGIC 0x65735546

static const struct {
  guint64 magic;
  const char *name;
} networks[] = {
  { 0x6969, "NFS" },          { 0x517b, "SMB" },        { 0xff534d42, "CIFS" },   { 0xfe534d42, "SMB2" },
  { 0x01021997, "9P" },       { 0x5346414f, "AFS" },    { 0x6b414653, "AFS" },    { 0x00c36400, "Ceph" },
  { 0x01161970, "GFS2" },     { 0x7461636f, "OCFS2" },  { 0x0bd00bd0, "Lustre" }, { 0x73757245, "Coda" },
  { 0x564c, "NCP" },          { 0x47504653, "GPFS" },   { 0xaad7aaea, "PanFS" },  { 0x19830326, "BeeGFS" },
  { 0x20030528, "OrangeFS" }, { 0x786f4256, "vboxsf" }, { 0xbacbacbc, "vmhgfs" }, { 0x7c7c6673, "prl_fs" },
};

/* Those that encrypt, join or convert directories or disks of this computer. */
static const char *const local_fuses[] = {
  "fuseblk",           "fuse.gocryptfs", "fuse.encfs",    "fuse.cryfs",          "fuse.securefs",
  "fuse.ecryptfs",     "fuse.bindfs",    "fuse.mergerfs", "fuse.fuse-overlayfs", "fuse.unionfs",
  "fuse.unionfs-fuse", "fuse.lxcfs",     "fuse.zfs-fuse", "fuse.ext2",           "fuse.fuse2fs",
};

const char *
file_system_magic_network (guint64 magic)
{
  for (gsize i = 0; i < G_N_ELEMENTS (networks); i++)
    if (networks[i].magic == magic)
      return networks[i].name;
  return NULL;
}

gboolean
file_system_fuse_is_local (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (local_fuses); i++)
    if (strcmp (local_fuses[i], name) == 0)
      return TRUE;
  return FALSE;
}

/* The type of the mount with DEVICE, the third and the first field behind " - " of
 * /proc/self/mountinfo (proc(5)). NULL: it isn't there. */
static char *
mount_type (dev_t device)
{
  g_autofree char *text = NULL;
  g_autofree char *wanted = g_strdup_printf (" %u:%u ", major (device), minor (device));

  if (!g_file_get_contents ("/proc/self/mountinfo", &text, NULL, NULL))
    return NULL;
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (gsize i = 0; lines[i]; i++) {
    const char *tail = strstr (lines[i], wanted) ? strstr (lines[i], " - ") : NULL;
    if (tail)
      return g_strndup (tail + 3, strcspn (tail + 3, " "));
  }
  return NULL;
}

static char *
fuse_network (const char *directory)
{
  struct stat place;
  g_autofree char *type = stat (directory, &place) == 0 ? mount_type (place.st_dev) : NULL;

  if (type && file_system_fuse_is_local (type))
    return NULL;
  return type ? g_steal_pointer (&type) : g_strdup ("FUSE");
}

char *
file_system_network (const char *directory)
{
  g_autofree char *place = g_strdup (directory);
  struct statfs about;
  int result = statfs (place, &about);

  while (result != 0 && errno == ENOENT && strcmp (place, "/") != 0 && strcmp (place, ".") != 0) {
    char *parent = g_path_get_dirname (place);
    g_free (place);
    place = parent;
    result = statfs (place, &about);
  }
  if (result != 0)
    return NULL;
  if ((guint32)about.f_type == FUSE_MAGIC)
    return fuse_network (place);
  return g_strdup (file_system_magic_network ((guint64)(guint32)about.f_type));
}
