/* What the oracle claims and counts, in words. */
#include "oracle.h"

static const char *const claim_texts[N_CLAIMS] = {
  "order of preference is respected",
  "a later port is untouched while a path before it may still answer within its patience",
  "nothing is started beside a candidate within its patience, and no worse port beside any",
  "attempts of a port are attempt-delay apart unless one failed",
  "strict never connects twice at once",
  "what may start is started at once and what is due is done at once",
  "nothing is given up before its time or for a wrong reason",
  "no action is repeated",
  "deadlines lie in the future",
  "exhausted only after every address of every path was tried to its end",
  "who can be reached is reached, whatever is remembered",
  "total time is within the sum that the options promise",
  "nothing is tried after a verdict",
  "what is remembered is what was seen",
  "the report says how each path ended",
};

const char *
claim_text (Claim claim)
{
  return claim_texts[claim];
}

static const char *const decision_names[N_DECISIONS] = {
  "first attempt",
  "attempt after the attempt delay",
  "attempt after a failure",
  "next port: all of the former failed",
  "next port: patience over",
  "next host",
  "further address of a path",
  "resolution delay ran out",
  "family answered after another had started",
  "next port while a family is outstanding",
  "family without an address",
  "tunnel",
  "demoted path tried",
  "demoted path spared",
  "family found demoted after another had started",
  "all demoted: as if none",
  "all demoted: found after one had started",
  "beside a stalled candidate",
  "beside, a demoted path of the same port",
  "beside, a better port",
  "second candidate",
  "retry of an address closed as late or lost",
  "won",
  "won after a broken winner",
  "won by the preferred path",
  "won by a later port",
  "won after its patience was over",
  "lost to another candidate",
  "late within the race",
  "late after the win",
  "silent",
  "silent after the win",
  "greeting timeout, something untried",
  "greeting timeout, nothing untried",
  "over",
  "exhausted",
  "stopped by a verdict",
  "stopped when finished",
  "memory: silent for connect-timeout",
  "memory: silent for port-patience",
  "memory: weak",
  "memory: third weak in a row",
  "memory: repeated",
  "memory: no greeting",
  "memory: TLS stall",
  "memory: stall no longer than the winner's",
  "memory: late answer clears",
  "memory: late answer keeps a stall",
  "memory: fast failure",
  "memory: demoted path won",
  "memory: demotion had expired",
  "race",
  "strict",
  "network unknown",
  "families on different networks",
  "refused",
  "prohibited",
  "unreachable",
  "silent, says the kernel",
  "own host",
  "closed before it was established",
  "bad greeting",
  "winner broke",
};

const char *
decision_name (Decision decision)
{
  return decision_names[decision];
}
