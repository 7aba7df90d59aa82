#!/usr/bin/env python3
"""Spoils pacing in named ways, as mutations.py does the ladder, and demands that its
simulation or its unit test notices. Arguments: parts of names, to run only those."""

import sys

import mutations

PACING = "src/core/pacing.c"
SIGN = "src/core/pacing-sign.c"
QUOTA = "src/core/pacing-quota.c"
STATE = "src/core/pacing-state.c"

mutations.MUTATIONS = [
    # --- the user's limits
    ("one connection too many", PACING, "pacing->n_open >= pacing_connections", "pacing->n_open > pacing_connections"),
    ("one message too many on a connection", PACING, "n_begun >= most", "n_begun > most"),
    ("one message too many to a domain", PACING, ">= pacing->rules.per_domain", "> pacing->rules.per_domain"),
    ("domains told apart by case", PACING,
     "  g_autofree char *key = g_ascii_strdown (domain, -1);\n  return", "  const char *key = domain;\n  return"),
    ("a domain stays full", PACING, "domain_add (pacing, domain, -1);", ""),
    ("no even spacing", PACING, "rate->period <= TICKS_PER_HOUR", "rate->period < 0"),
    ("no quota", PACING, "quota_free_at (&pacing->quotas[i], n_recipients, now)", "now"),
    ("quotas count messages", PACING, "quota_use (&pacing->quotas[i], n_recipients, now)",
     "quota_use (&pacing->quotas[i], 1, now)"),
    ("a slice too few is looked at", QUOTA, "(slice + QUOTA_PARTS) * slice_length", "(slice + QUOTA_PARTS - 1) * slice_length"),
    ("a quota is exceeded by one", QUOTA, "used + n > quota->rate.count &&", "used + n > quota->rate.count + 1 &&"),
    ("a window as long as its slices", QUOTA, "slice - quota->newest >= QUOTA_SLICES", "slice - quota->newest >= 1"),
    ("a clock set back blocks for a year", QUOTA, "slice < quota->newest - QUOTA_SLICES", "FALSE"),
    # --- what the server teaches
    ("no fewer connections", PACING, "connections_set (pacing, LEFT_OF (pacing->connections));", ""),
    ("no slower rate", PACING, "  speed_cut (pacing, SPEED_LOWEST, now);\n", "  ;\n"),
    ("every reply of a window is a sign", PACING, "    return; /* it was under way", "    ; /* it was under way"),
    ("speed never comes back", PACING, "pacing->speed += pacing->speed_cut / MESSAGES_A_SPEED + 1;", ";"),
    ("speed comes back at once", PACING, "#define MESSAGES_A_SPEED 512", "#define MESSAGES_A_SPEED 8"),
    ("connections never come back", PACING, "pacing->connections + PACING_WHOLE / MESSAGES_A_CONNECTION",
     "pacing->connections"),
    ("connections come back at once", PACING, "#define MESSAGES_A_CONNECTION 128", "#define MESSAGES_A_CONNECTION 4"),
    ("half is cut twice", PACING, "#define LEFT_OF(value) ((value)*3 / 4)", "#define LEFT_OF(value) ((value) / 4)"),
    ("growing delays aren't seen", PACING, "return ++pacing->n_delayed", "return FALSE && ++pacing->n_delayed"),
    ("one delay is enough", PACING, "#define DELAY_TIMES 3", "#define DELAY_TIMES 1"),
    ("all that waited at once counts", PACING, " || now - took < pacing->delayed_at", ""),
    ("delays that are over count", PACING, "  if (pacing->delay <= bound)\n    pacing->n_delayed = 0;", ""),
    ("delays stop it nearly", PACING, "MILLION * MILLION / (DELAY_IDLENESS * pacing->delay)", "SPEED_LOWEST"),
    ("delays take no speed", PACING, "  if (pacing->connections == PACING_WHOLE)\n    speed_cut", "  if (FALSE)\n    speed_cut"),
    ("slow is taken for usual", PACING, "MIN (took - pacing->delay_usual, pacing->delay_usual / DELAY_FORGETTING)",
     "took - pacing->delay_usual"),
    ("a refused connection teaches nothing", PACING, "  if (pacing->n_open > 0)\n    connections_set", "  if (FALSE)\n    connections_set"),
    ("refused connections don't wait", PACING, "pacing->open_after = ticks_after", "pacing->open_after = 0 * ticks_after"),
    ("the number a connection takes isn't learnt", PACING, "    pacing->per_connection = n_accepted;", "    ;"),
    # --- verdicts
    ("421 is no sign", SIGN, "STAGE_QUIT, 421, ANY, ANY, SIGN_SLOWER", "STAGE_QUIT, 421, ANY, ANY, SIGN_NONE"),
    ("450 is no sign", SIGN, "450, ANY, ANY, SIGN_SLOWER", "450, ANY, ANY, SIGN_NONE"),
    ("a mailbox slows all", SIGN, "ANY, 2, 2, SIGN_NONE", "ANY, 2, 2, SIGN_SLOWER"),
    ("a quota refused is the message's fault", SIGN, "4, 5, SIGN_ACCOUNT", "4, 5, SIGN_REFUSED"),
    ("a sender refused is the message's fault", SIGN, "STAGE_MAIL, STAGE_MAIL, ANY, ANY, ANY, SIGN_ACCOUNT",
     "STAGE_MAIL, STAGE_MAIL, ANY, ANY, ANY, SIGN_REFUSED"),
    ("a login refused is nobody's fault", SIGN, "STAGE_AUTH, STAGE_AUTH, ANY, ANY, ANY, SIGN_ACCOUNT",
     "STAGE_AUTH, STAGE_AUTH, ANY, ANY, ANY, SIGN_NONE"),
    ("our own refusal counts", SIGN, "verdict->cause != CAUSE_REPLY", "FALSE"),
    # --- pauses
    ("acceptances don't end the row", PACING, "  pacing->n_refused = 0;\n  pacing->n_failed = 0;\n  if", "  if"),
    ("one refusal too late", PACING, "pacing->n_refused >= pacing->rules", "pacing->n_refused > pacing->rules"),
    ("a pause is forgotten", PACING, "    return PACING_PAUSED;", "    ;"),
    # --- storing
    ("quotas aren't restored", STATE, "  quotas_take (pacing, quotas, n);", ""),
    ("speed isn't restored", STATE, "  pacing->speed = states[STATE_SPEED];", ""),
    ("more connections than allowed are restored", STATE, "CLAMP (states[STATE_CONNECTIONS], PACING_WHOLE, most)",
     "states[STATE_CONNECTIONS] + 0 * most"),
    ("half a text is believed", STATE, "      return FALSE;\n    quota->counts", "      return TRUE;\n    quota->counts"),
]
mutations.ALONE = []
mutations.SOURCES = [PACING, SIGN, QUOTA, STATE, "src/core/outcome.c", "src/core/reply.c", "src/base/ticks.c"]
mutations.HELPERS = []
mutations.TESTS = ["tests/unit/test-pacing.c", "tests/sim/sim-pacing.c"]

if __name__ == "__main__":
    sys.exit(mutations.main())
