/* What test-timeline.c expects to see, a picture a story. */
#pragma once

#define PICTURE_WAITING \
  "                          0                  250 ms       500 ms\n" \
  "  587/IPv6  2001:db8::25  --------------------------------------  silent, 500 ms\n"

#define PICTURE_EARLY \
  "                          0                  2.5 ms         5 ms\n" \
  "  587/IPv6  2001:db8::25                                       -  silent, 0.0 ms\n"

#define PICTURE_ACCEPTED \
  "                          0                        20 ms                40 ms\n" \
  "  587/IPv6  2001:db8::25  ------------======================================*  accepted after 10 ms and chosen\n" \
  "\n" \
  "  greeting  220 mail.demo.test ESMTP\n" \
  "  outcome   accepted after 40 ms: 250 2.0.0 taken\n"

#define PICTURE_REFUSED \
  "                           0           2 ms     4 ms\n" \
  "  587/IPv6  2001:db8::25   ------x                    refused after 1.0 ms: nobody listens there\n" \
  "  587/IPv4  198.51.100.25        ------x              unreachable after 1.0 ms: no route, or forbidden\n" \
  "   25/IPv6  2001:db8::25               ------x        prohibited after 1.0 ms: a firewall forbids it\n" \
  "   25/IPv4  198.51.100.25                    ------x  no way from here after 1.0 ms: this machine has no route\n" \
  "\n" \
  "  outcome  transport after 4.0 ms, at end: 250 2.0.0 taken\n"

#define PICTURE_SILENT \
  "                           0                         2 s                     4 s\n" \
  "  587/IPv6  2001:db8::25   ----------------------------------------|              silent after 3.02 s: nothing came back\n" \
  "  587/IPv4  198.51.100.25     -------------------------------------|              silent after 2.77 s: nothing came back\n" \
  "   25/IPv6  2001:db8::25                                          =*              accepted after 1.0 ms and chosen\n" \
  "\n" \
  "  TLS      TLSv1.3, TLS_AES_256_GCM_SHA384, x25519, certificate verified for mail.demo.test\n" \
  "  login    SCRAM-SHA-256-PLUS\n" \
  "  outcome  accepted after 3.02 s: 250 2.0.0 taken\n"

#define PICTURE_SILENT_BRIEF \
  "                           0                 2 s             4 s\n" \
  "  587/IPv6  2001:db8::25   ---------------------------|           silent, 3.02 s\n" \
  "  587/IPv4  198.51.100.25    -------------------------|           silent, 2.77 s\n" \
  "   25/IPv6  2001:db8::25                              *           chosen, 1.0 ms\n" \
  "\n" \
  "  TLS      TLSv1.3, TLS_AES_256_GCM_SHA384, x25519, certificate verified for\n" \
  "           mail.demo.test\n" \
  "  login    SCRAM-SHA-256-PLUS\n" \
  "  outcome  accepted after 3.02 s: 250 2.0.0 taken\n"

#define PICTURE_SILENT_UTF8 \
  "                           0                 2 s             4 s\n" \
  "  587/IPv6  2001:db8::25   ───────────────────────────┤           silent, 3.02 s\n" \
  "  587/IPv4  198.51.100.25    ─────────────────────────┤           silent, 2.77 s\n" \
  "   25/IPv6  2001:db8::25                              ●           chosen, 1.0 ms\n" \
  "\n" \
  "  TLS      TLSv1.3, TLS_AES_256_GCM_SHA384, x25519, certificate verified for\n" \
  "           mail.demo.test\n" \
  "  login    SCRAM-SHA-256-PLUS\n" \
  "  outcome  accepted after 3.02 s: 250 2.0.0 taken\n"

#define PICTURE_DEMO \
  "                           0                 2 s             4 s\n" \
  "  587/IPv6  2001:db8::25   ───────────────────────────┤           silent, 3.02 s\n" \
  "  587/IPv4  198.51.100.25    ─────────────────────────┤           silent, 2.77 s\n" \
  "   25/IPv6  2001:db8::25                              ●           chosen, 0.4 ms\n" \
  "\n" \
  "  greeting  220 mail.demo.test ESMTP\n" \
  "  TLS       TLSv1.3, TLS_AES_256_GCM_SHA384, x25519, certificate verified for\n" \
  "            mail.demo.test\n" \
  "  login     SCRAM-SHA-256-PLUS\n" \
  "  outcome   accepted after 3.02 s: 250 2.0.0 taken\n"

#define PICTURE_HALF_WAY \
  "                           0                 1 s             2 s\n" \
  "  587/IPv6  2001:db8::25   ──────────────────────────────         silent, 1.60 s\n" \
  "  587/IPv4  198.51.100.25      ──────────────────────────         silent, 1.35 s\n"

#define PICTURE_NARROW \
  "            0        4 s\n" \
  "  587/IPv6  ---------|    silent, 3.02 s\n" \
  "  587/IPv4  ---------|    silent, 2.77 s\n" \
  "   25/IPv6           *    chosen, 1.0 ms\n" \
  "\n" \
  "  TLS      TLSv1.3,\n" \
  "           TLS_AES_256_GCM_SHA384,\n" \
  "           x25519, certificate verified\n" \
  "           for mail.demo.test\n" \
  "  login    SCRAM-SHA-256-PLUS\n" \
  "  outcome  accepted after 3.02 s: 250\n" \
  "           2.0.0 taken\n"

#define PICTURE_MUTE \
  "                           0                  3 s              6 s\n" \
  "  587/IPv6  2001:db8::25   =======================================  accepted, waiting for its greeting: 6.00 s\n" \
  "  587/IPv4  198.51.100.25                                  =======  accepted after 1.0 ms and chosen\n"

#define PICTURE_SLOWER \
  "                           0                 150 ms      300 ms\n" \
  "  587/IPv6  2001:db8::25   -------------------------------|      slower after 260 ms: another path was quicker\n" \
  "  587/IPv4  198.51.100.25                                =====*  accepted after 2.0 ms and chosen\n" \
  "\n" \
  "  outcome  temporary after 300 ms, at end: 250 2.0.0 taken\n"

#define PICTURE_BROKEN \
  "                           0                      3 s                  6 s\n" \
  "  587/IPv6  2001:db8::25   x                                                accepted and chosen, then it broke\n" \
  "  587/IPv4  198.51.100.25  -----------------------------------------------  nothing came back yet: 5.97 s\n"

#define PICTURE_421 \
  "                           0                    3 s                6 s\n" \
  "  587/IPv6  2001:db8::25   x                                            broke off after 30 ms: 250 2.0.0 taken\n" \
  "  587/IPv4  198.51.100.25  -------------------------------------------  nothing came back yet: 5.97 s\n"

#define PICTURE_NOT_TRUSTED \
  "                          0                    15 ms           30 ms\n" \
  "  587/IPv6  2001:db8::25  -========================================x  not trusted after 30 ms: 250 2.0.0 taken\n" \
  "\n" \
  "  outcome  security after 30 ms, at end: 250 2.0.0 taken\n"

#define PICTURE_TUNNEL \
  "                              0              25 ms     50 ms\n" \
  "  587/tunnel  mail.demo.test  ------------------------------  nothing came back yet: 50 ms\n"

#define PICTURE_NO_LOGIN \
  "  login  none:\n"

#define PICTURE_TLS \
  "  TLS  TLSv1.3, TLS_AES_256_GCM_SHA384, x25519,\n" \
  "       certificate NOT verified\n"

#define PICTURE_HOSTILE \
  "  greeting  220 <U+001B>[2Jowned <U+202E>txt and a word that\n" \
  "            is longer than the room\n" \
  "            aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n" \
  "            aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"

#define PICTURE_HOSTS \
  "                               0               5 ms        10 ms\n" \
  "  mail.demo.test\n" \
  "    587/IPv4  198.51.100.25    ---------------------------------  silent, 10 ms\n" \
  "  relay.demo.test\n" \
  "  587/tunnel  relay.demo.test                  -----------------  silent, 5.0 ms\n"
