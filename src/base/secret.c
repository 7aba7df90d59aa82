/* Secrets live in pages of their own: such pages can be locked into memory and left out
 * of core dumps, which the heap can't, and they never hold anything else. */
#include "base/secret.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

struct Secret {
  gatomicrefcount references;
  gsize length;
  gsize mapped; /* octets of the whole mapping, this structure among them */
  char text[];
};

/* Libraries copy secrets into their own heap, so the process as a whole must not be
 * dumped. RLIMIT_CORE alone isn't enough: the kernel disregards it where core_pattern
 * names a program (core(5)). What PR_SET_DUMPABLE costs is said in the header; programs
 * run from here aren't concerned, since execve() sets the flag again. */
static void
forbid_core_dumps (void)
{
  static gsize done = 0;
  if (g_once_init_enter (&done)) {
    const struct rlimit none = { 0, 0 };
    setrlimit (RLIMIT_CORE, &none);
    prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
    g_once_init_leave (&done, 1);
  }
}

Secret *
secret_new (const void *octets, gsize length)
{
  g_assert (octets != NULL || length == 0);
  forbid_core_dumps ();

  const gsize page = (gsize)sysconf (_SC_PAGESIZE);
  gsize needed;
  if (!g_size_checked_add (&needed, length, sizeof (Secret) + 1 + page - 1))
    g_error ("a secret of %" G_GSIZE_FORMAT " octets is too long", length);
  const gsize mapped = needed / page * page;
  Secret *secret = mmap (NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (secret == MAP_FAILED)
    g_error ("no memory for a secret: %s", g_strerror (errno));

  /* Both are best effort: RLIMIT_MEMLOCK may be 0, the kernel may lack an advice. A child
   * that was forked, not yet run, has no use for secrets either. */
  mlock (secret, mapped);
  madvise (secret, mapped, MADV_DONTDUMP);
  madvise (secret, mapped, MADV_WIPEONFORK);

  g_atomic_ref_count_init (&secret->references);
  secret->mapped = mapped;
  secret->length = length;
  if (length > 0)
    memcpy (secret->text, octets, length);
  secret->text[length] = '\0';
  return secret;
}

Secret *
secret_ref (Secret *secret)
{
  g_atomic_ref_count_inc (&secret->references);
  return secret;
}

void
secret_unref (Secret *secret)
{
  if (secret == NULL || !g_atomic_ref_count_dec (&secret->references))
    return;
  const gsize mapped = secret->mapped;
  explicit_bzero (secret, mapped);
  munmap (secret, mapped);
}

const char *
secret_text (const Secret *secret)
{
  return secret->text;
}

gsize
secret_length (const Secret *secret)
{
  return secret->length;
}

void
secret_wipe (void *octets, gsize length)
{
  if (octets != NULL)
    explicit_bzero (octets, length);
}

void
secret_wipe_string (char *text)
{
  if (text == NULL)
    return;
  explicit_bzero (text, strlen (text));
  g_free (text);
}
