/* Host names to addresses. In this order: literals, what is remembered, the hosts file, the
 * names that are always this machine (RFC 6761), DNS.
 *
 * c-ares calls back from inside its own functions, where neither it nor the resolver may be
 * freed; so what it says is put down, and told from the main loop. */
#include "net/resolver.h"

#include "net/ares-loop.h"
#include "net/hosts.h"
#include "net/resolver-private.h"

#include <arpa/nameser.h>
#include <string.h>

#define HOSTS_FILE "/etc/hosts"

/* More than a server can have, fewer than a hostile answer could hold. */
#define ADDRESSES_MAX 32

/* Reference counted (g_rc_box): the memory and all who wait share it. */
typedef struct {
  ResolverStatus status;
  GArray *addresses; /* of IpAddress */
  char *detail;
} Answer;

/* One host in one family, asked of DNS. Whoever asks meanwhile waits for the same answer.
 * Owned by c-ares' callback, which always comes. */
typedef struct {
  Resolver *resolver;
  Family family;
  char *host;
} Query;

/* One who waits. */
typedef struct {
  Resolver *resolver;
  const Query *query; /* NULL: answered */
  Answer *answer;     /* NULL: not yet */
  GSource *source;    /* the timeout, then the telling */
  Family family;
  ResolverDone done;
  gpointer data;
} Question;

struct Resolver {
  Ticks timeout;
  char *hosts_file;
  char *servers;        /* NULL: those of resolv.conf */
  AresLoop *ares;       /* made with the first question to DNS */
  GHashTable *known[2]; /* by family: host -> Answer */
  GPtrArray *queries;   /* outstanding */
  GPtrArray *questions; /* owned */
};

const char *
resolver_status_name (ResolverStatus status)
{
  static const char *const names[] = { "found", "no address", "no such name", "failed" };
  g_assert ((guint)status < G_N_ELEMENTS (names));
  return names[status];
}

/* --- answers ----------------------------------------------------------------------- */

/* Takes DETAIL. */
static Answer *
answer_new (ResolverStatus status, char *detail)
{
  Answer *answer = g_rc_box_new0 (Answer);
  *answer = (Answer){ .status = status, .detail = detail };
  answer->addresses = g_array_new (FALSE, FALSE, sizeof (IpAddress));
  return answer;
}

static void
answer_clear (gpointer data)
{
  Answer *answer = data;
  g_array_unref (answer->addresses);
  g_free (answer->detail);
}

static void
answer_unref (gpointer answer)
{
  g_rc_box_release_full (answer, answer_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Answer, answer_unref)

/* Those of FAMILY among ADDRESSES. */
static Answer *
answer_of_family (Family family, const IpAddress *addresses, gsize n_addresses, const char *host)
{
  Answer *answer = answer_new (RESOLVER_FOUND, NULL);
  for (gsize i = 0; i < n_addresses && answer->addresses->len < ADDRESSES_MAX; i++)
    if (addresses[i].family == family)
      g_array_append_val (answer->addresses, addresses[i]);
  if (answer->addresses->len == 0) {
    answer->status = RESOLVER_NO_ADDRESS;
    answer->detail = g_strdup_printf ("%s has no %s address", host, family_name (family));
  }
  return answer;
}

static void
tell (const Answer *answer, Family family, ResolverDone done, gpointer data)
{
  done (family, answer->status, (const IpAddress *)(const void *)answer->addresses->data,
        answer->addresses->len, answer->detail, data);
}

/* --- without DNS -------------------------------------------------------------------- */

static gboolean
is_this_machine (const char *host)
{
  gsize length = strlen (host);
  if (length < 9)
    return FALSE;
  const char *tail = host + length - 9;
  return g_ascii_strcasecmp (tail, "localhost") == 0 && (tail == host || tail[-1] == '.');
}

/* NULL: DNS has to be asked. */
static Answer *
answer_without_dns (Resolver *resolver, const char *host, Family family)
{
  static const IpAddress loopback[2] = { { .family = FAMILY_IPV6, .octets = { [15] = 1 } },
                                         { .family = FAMILY_IPV4, .octets = { 127, 0, 0, 1 } } };
  IpAddress literal;
  if (ip_address_parse (host, &literal))
    return answer_of_family (family, &literal, 1, host);
  gsize length = strlen (host);
  gboolean is_rooted = length > 1 && host[length - 1] == '.';
  g_autofree char *name = g_strndup (host, is_rooted ? length - 1 : length);
  g_autoptr (GArray) listed = hosts_look_up (resolver->hosts_file, name);
  if (listed->len > 0)
    return answer_of_family (family, (const IpAddress *)(const void *)listed->data, listed->len, host);
  if (is_this_machine (name))
    return answer_of_family (family, loopback, G_N_ELEMENTS (loopback), host);
  return NULL;
}

/* --- questions ---------------------------------------------------------------------- */

static void
question_set_source (Question *question, GSource *source, GSourceFunc callback)
{
  if (question->source) {
    g_source_destroy (question->source);
    g_source_unref (question->source);
  }
  question->source = source;
  if (!source)
    return;
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, callback, question, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
}

static void
question_free (gpointer data)
{
  Question *question = data;
  question_set_source (question, NULL, NULL);
  g_clear_pointer (&question->answer, answer_unref);
  g_free (question);
}

/* The callback may free the resolver, so it comes last. */
static gboolean
on_answered (gpointer data)
{
  Question *question = data;
  g_autoptr (Answer) answer = g_steal_pointer (&question->answer);
  Family family = question->family;
  ResolverDone done = question->done;
  gpointer done_data = question->data;
  g_ptr_array_remove (question->resolver->questions, question); /* and frees it */
  tell (answer, family, done, done_data);
  return G_SOURCE_REMOVE;
}

static void
question_answer (Question *question, Answer *answer)
{
  question->query = NULL;
  question->answer = g_rc_box_acquire (answer);
  question_set_source (question, g_idle_source_new (), on_answered);
}

static gboolean
on_timeout (gpointer data)
{
  Question *question = data;
  g_autofree char *span = ticks_to_string (question->resolver->timeout);
  question->answer = answer_new (RESOLVER_FAILED, g_strdup_printf ("no DNS server answered within %s", span));
  return on_answered (question);
}

static Question *
question_new (Resolver *resolver, const Query *query, Family family, ResolverDone done, gpointer data)
{
  Question *question = g_new0 (Question, 1);
  *question
      = (Question){ .resolver = resolver, .query = query, .family = family, .done = done, .data = data };
  guint patience = (guint)CLAMP (resolver->timeout / TICKS_PER_MS, 0, G_MAXINT);
  question_set_source (question, g_timeout_source_new (patience), on_timeout);
  g_ptr_array_add (resolver->questions, question);
  return question;
}

/* --- DNS ------------------------------------------------------------------------------ */

static const struct {
  int status; /* of c-ares */
  ResolverStatus means;
  const char *text; /* "%s": the host */
} statuses[] = {
  { ARES_ENODATA, RESOLVER_NO_ADDRESS, "%s has no address of this family" },
  { ARES_ENOTFOUND, RESOLVER_NO_NAME, "there is no host %s" },
  { ARES_EBADNAME, RESOLVER_NO_NAME, "%s is no host name" },
  { ARES_ETIMEOUT, RESOLVER_FAILED, "no DNS server answered about %s" },
  { ARES_ESERVFAIL, RESOLVER_FAILED, "the DNS server failed to find %s" },
  { ARES_EREFUSED, RESOLVER_FAILED, "the DNS server refuses to speak of %s" },
  /* Also what c-ares says when all its servers failed or refused. */
  { ARES_ECONNREFUSED, RESOLVER_FAILED, "no DNS server could tell about %s" },
};

static Answer *
answer_of_status (int status, const char *host)
{
  for (gsize i = 0; i < G_N_ELEMENTS (statuses); i++)
    if (statuses[i].status == status) {
      g_auto (GStrv) parts = g_strsplit (statuses[i].text, "%s", 2);
      return answer_new (statuses[i].means, g_strjoinv (host, parts));
    }
  return answer_new (RESOLVER_FAILED, g_strdup_printf ("DNS failed: %s", ares_strerror (status)));
}

/* Both kinds of records into ADDRESSES; c-ares' status. */
static int
parse_reply (Family family, const guint8 *octets, int length, IpAddress addresses[ADDRESSES_MAX], int *ret_n)
{
  struct ares_addrttl ipv4[ADDRESSES_MAX];
  struct ares_addr6ttl ipv6[ADDRESSES_MAX];
  *ret_n = ADDRESSES_MAX;
  int status = family == FAMILY_IPV4 ? ares_parse_a_reply (octets, length, NULL, ipv4, ret_n)
                                     : ares_parse_aaaa_reply (octets, length, NULL, ipv6, ret_n);
  for (int i = 0; status == ARES_SUCCESS && i < *ret_n; i++) {
    addresses[i] = (IpAddress){ .family = family };
    if (family == FAMILY_IPV4)
      memcpy (addresses[i].octets, &ipv4[i].ipaddr, sizeof ipv4[i].ipaddr);
    else
      memcpy (addresses[i].octets, &ipv6[i].ip6addr, sizeof ipv6[i].ip6addr);
  }
  return status;
}

static Answer *
answer_of_reply (const Query *query, const guint8 *octets, int length)
{
  IpAddress addresses[ADDRESSES_MAX];
  int n_addresses = 0;
  int status = parse_reply (query->family, octets, length, addresses, &n_addresses);
  if (status == ARES_SUCCESS)
    return answer_of_family (query->family, addresses, (gsize)n_addresses, query->host);
  if (status == ARES_ENODATA)
    return answer_of_family (query->family, NULL, 0, query->host);
  return answer_of_status (status, query->host);
}

static void
query_free (gpointer data)
{
  Query *query = data;
  g_free (query->host);
  g_free (query);
}

static void
query_answer (Query *query, Answer *answer)
{
  Resolver *resolver = query->resolver;
  if (answer->status != RESOLVER_FAILED)
    g_hash_table_insert (resolver->known[query->family], g_strdup (query->host), g_rc_box_acquire (answer));
  for (guint i = 0; i < resolver->questions->len; i++) {
    Question *question = g_ptr_array_index (resolver->questions, i);
    if (question->query == query)
      question_answer (question, answer);
  }
}

static void
on_dns_answer (void *data, int status, int n_timeouts, unsigned char *octets, int length)
{
  Query *query = data;
  if (status != ARES_EDESTRUCTION) {
    g_autoptr (Answer) answer = status == ARES_SUCCESS ? answer_of_reply (query, octets, length)
                                : status == ARES_ENODATA
                                    ? answer_of_family (query->family, NULL, 0, query->host)
                                    : answer_of_status (status, query->host);
    query_answer (query, answer);
  }
  g_ptr_array_remove (query->resolver->queries, query); /* and frees it */
}

static const Query *
query_outstanding (const Resolver *resolver, const char *host, Family family)
{
  for (guint i = 0; i < resolver->queries->len; i++) {
    const Query *query = g_ptr_array_index (resolver->queries, i);
    if (query->family == family && strcmp (query->host, host) == 0)
      return query;
  }
  return NULL;
}

static void
ask_dns (Resolver *resolver, const char *host, Family family, ResolverDone done, gpointer data)
{
  const Query *outstanding = query_outstanding (resolver, host, family);
  Question *question = question_new (resolver, outstanding, family, done, data);
  if (outstanding)
    return;
  int status = ARES_SUCCESS;
  if (!resolver->ares)
    resolver->ares = ares_loop_new (resolver->servers, &status);
  if (!resolver->ares) {
    g_autoptr (Answer) answer = answer_of_status (status, host);
    question_answer (question, answer);
    return;
  }
  Query *query = g_new0 (Query, 1);
  *query = (Query){ .resolver = resolver, .family = family, .host = g_strdup (host) };
  question->query = query;
  g_ptr_array_add (resolver->queries, query);
  ares_loop_ask (resolver->ares, host, family == FAMILY_IPV6 ? T_AAAA : T_A, on_dns_answer, query);
}

/* --- the resolver --------------------------------------------------------------------- */

void
resolver_ask (Resolver *resolver, const char *host, Family family, ResolverDone done, gpointer data)
{
  g_assert (family == FAMILY_IPV6 || family == FAMILY_IPV4);
  Answer *known = g_hash_table_lookup (resolver->known[family], host);
  g_autoptr (Answer) answer = known ? g_rc_box_acquire (known) : answer_without_dns (resolver, host, family);
  if (answer)
    tell (answer, family, done, data);
  else
    ask_dns (resolver, host, family, done, data);
}

void
resolver_cancel (Resolver *resolver, gpointer data)
{
  for (guint i = resolver->questions->len; i-- > 0;) {
    const Question *question = g_ptr_array_index (resolver->questions, i);
    if (question->data == data)
      g_ptr_array_remove_index (resolver->questions, i);
  }
}

void
resolver_set_servers (Resolver *resolver, const char *servers)
{
  g_assert (!resolver->ares);
  g_free (resolver->servers);
  resolver->servers = g_strdup (servers);
}

void
resolver_set_hosts_file (Resolver *resolver, const char *file)
{
  g_free (resolver->hosts_file);
  resolver->hosts_file = g_strdup (file);
}

Resolver *
resolver_new (Ticks timeout)
{
  Resolver *resolver = g_new0 (Resolver, 1);
  resolver->timeout = timeout;
  resolver->hosts_file = g_strdup (HOSTS_FILE);
  resolver->queries = g_ptr_array_new_with_free_func (query_free);
  resolver->questions = g_ptr_array_new_with_free_func (question_free);
  for (gsize i = 0; i < G_N_ELEMENTS (resolver->known); i++)
    resolver->known[i] = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, answer_unref);
  return resolver;
}

void
resolver_free (Resolver *resolver)
{
  if (!resolver)
    return;
  g_ptr_array_unref (resolver->questions);
  ares_loop_free (resolver->ares); /* ends the queries */
  g_assert (resolver->queries->len == 0);
  g_ptr_array_unref (resolver->queries);
  for (gsize i = 0; i < G_N_ELEMENTS (resolver->known); i++)
    g_hash_table_unref (resolver->known[i]);
  g_free (resolver->hosts_file);
  g_free (resolver->servers);
  g_free (resolver);
}
