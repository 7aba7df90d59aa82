/* The five cases, one row each. */
#include "demo/fault.h"

#include "base/i18n.h"

#include <string.h>

static const FaultCase cases[] = {
  [FAULT_ACCEPTED] = { "accepted", N_ ("Port 587 is open: the first path works."), NULL, FALSE },
  [FAULT_REFUSED]
  = { "refused", N_ ("Port 587 is closed: connections to it are answered with a reset (RST)."),
      "tcp dport PORT reject with tcp reset", FALSE },
  [FAULT_PROHIBITED]
  = { "prohibited", N_ ("A firewall forbids port 587 and says so (ICMP: administratively prohibited)."),
      "meta nfproto ipv4 tcp dport PORT reject with icmp type admin-prohibited\n"
      "meta nfproto ipv6 tcp dport PORT reject with icmpv6 type admin-prohibited",
      TRUE },
  [FAULT_UNREACHABLE] = { "unreachable", N_ ("A router says that it knows no way to port 587's host (ICMP)."),
                          "meta nfproto ipv4 tcp dport PORT reject with icmp type net-unreachable\n"
                          "meta nfproto ipv6 tcp dport PORT reject with icmpv6 type no-route",
                          TRUE },
  [FAULT_SILENT] = { "silent", N_ ("A firewall drops whatever goes to port 587, without a word."),
                     "tcp dport PORT drop", FALSE },
};

const FaultCase *
fault_case (Fault fault)
{
  g_assert (fault < FAULT_COUNT);
  return &cases[fault];
}

gboolean
fault_parse (const char *name, Fault *ret_fault)
{
  for (Fault fault = 0; fault < FAULT_COUNT; fault++)
    if (strcmp (cases[fault].name, name) == 0) {
      *ret_fault = fault;
      return TRUE;
    }
  return FALSE;
}
