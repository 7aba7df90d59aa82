#!/usr/bin/env python3
"""Spoils the ladder and the path memory in named ways, one at a time, and demands that
the simulation or the unit tests notice. The production code knows nothing of this: a
mutation is an exact piece of its text and what to put in its place. Text that isn't
found exactly once is a failure too, so the table follows the code.

One TAP line a mutation. Arguments: parts of names, to run only those."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

ORDER = "src/core/ladder-order.c"
LADDER = "src/core/ladder.c"
EVIDENCE = "src/core/ladder-evidence.c"
MEMORY = "src/core/path-memory.c"

# name, file, text, what to put in its place
MUTATIONS = [
    # --- whose turn it is
    ("families in the wrong order", ORDER,
     "tried < best_tried)", "tried <= best_tried)"),
    ("addresses of one family before the other family", ORDER,
     "if (!best || tried < best_tried) {", "if (!best) {"),
    ("strict goes round the families", ORDER,
     "if (ladder->rules.mode == LADDER_STRICT)\n      return path;", ""),
    ("strict connects to several at once", ORDER,
     "situation.lively || (situation.connecting && ladder->rules.mode == LADDER_STRICT)",
     "situation.lively"),
    ("no attempt delay", LADDER,
     "ticks_after (now, ladder->rules.attempt_delay);", "now;"),
    ("a failure doesn't let the next start", LADDER,
     "ladder->next_start[path->port_index] = now; /*", "/*"),
    ("the attempt delay isn't waited for", ORDER,
     "*until = MIN (*until, ladder->next_start[rung->port_index]);", ";"),
    ("attempts go on beside a candidate", ORDER,
     "situation.lively |= !attempt->stalled;", ""),
    ("a stalled candidate is waited for alone", ORDER,
     "situation.lively |= !attempt->stalled;", "situation.lively = TRUE;"),
    ("a worse port beside a greet pause", ORDER,
     "situation.beside && rung->port_index > situation.beside_port", "FALSE"),
    ("beside a stalled candidate only its own rung", ORDER,
     "situation.beside ? path != NULL :", "situation.beside ||"),
    ("port patience is connect-timeout", ORDER,
     "race ? ladder->rules.port_patience :", "race ? ladder->rules.connect_timeout :"),
    ("a port is passed when its first path has failed", ORDER,
     "if (ladder_path_is_over (path))\n      continue;", "if (ladder_path_is_over (path))\n      return TRUE;"),
    ("all ports at once", ORDER,
     "is_last || !rung_is_passed (ladder, rung, now, until))", "is_last)"),
    ("only one port at a time", ORDER,
     "if (now < end) {\n      *until = MIN (*until, end);\n      return FALSE;\n    }\n  }\n  return TRUE;",
     "return FALSE;\n  }\n  return TRUE;"),
    ("patience runs while a candidate is in hand", ORDER,
     "path->patience_from += now - MAX (ladder->held_since, path->patience_from);", ";"),
    ("patience begins anew after a candidate", ORDER,
     "path->patience_from += now - MAX (ladder->held_since, path->patience_from);",
     "path->patience_from = now;"),
    ("a port's patience is its last start's", ORDER,
     "from = MIN (from, ladder_path_at (ladder, i)->patience_from);",
     "from = ladder_path_at (ladder, i)->patience_from;"),
    ("the hold is never released", LADDER,
     "if (ladder->held_since != TICKS_NEVER && !is_held (ladder))", "if (FALSE)"),
    ("IPv4 doesn't wait for AAAA", ORDER,
     "->resolved && now < end) {", "->resolved && FALSE) {"),
    ("IPv4 waits for AAAA for ever", ORDER,
     "->resolved && now < end) {", "->resolved) {"),
    ("an outstanding family holds up all ports", ORDER,
     "if (i != (guint)family && other->found)", "if (FALSE)"),
    ("an outstanding family is taken for none", ORDER,
     "return path->resolved && count_targets (path, TARGET_OVER) == path->targets->len;",
     "return count_targets (path, TARGET_OVER) == path->targets->len;"),
    ("demoted paths are dropped", ORDER,
     "if (!ladder_path_is_over (ladder_path_at (ladder, i)))",
     "if (!ladder_path_is_over (ladder_path_at (ladder, i)) && !ladder_path_at (ladder, i)->demoted)"),
    ("demoted paths are on no rung", ORDER,
     "if (!last ||", "if (path->demoted)\n      continue;\n    if (!last ||"),
    ("demoted paths go first", ORDER,
     "return left->demoted ? 1 : -1;", "return left->demoted ? -1 : 1;"),
    ("the memory isn't asked", LADDER,
     "= n_addresses > 0 && path_memory_demoted (ladder->memory, path->network, &path->path, now, NULL);",
     "= FALSE;"),
    ("the order stays as it was before the memory was asked", LADDER,
     "  ladder_order_paths (ladder);\n", ""),
    ("all demoted changes the order", ORDER,
     "path->demoted = path->remembered && !pardoned;", "path->demoted = path->remembered;"),
    ("who has no address stands in the way of a pardon", ORDER,
     "&& !(path->resolved && path->targets->len == 0)", ""),
    ("a pardon before all is known", ORDER,
     "&& !(path->resolved && path->targets->len == 0)", "&& path->targets->len > 0"),
    ("demoted paths share the rung of their port", ORDER,
     " || last->demoted != path->demoted", ""),
    ("ports share a rung", ORDER,
     "|| last->port_index != path->port_index ", ""),
    ("families share a network", LADDER,
     "path->network = g_strdup (network);",
     "path->network = g_strdup (ladder_path_at (ladder, ladder->first_path)->network);\n"
     "  if (!path->network)\n    path->network = g_strdup (network);"),
    ("only the last host counts", ORDER,
     "if (ladder->host + 1 < ladder->n_hosts)\n    return TRUE;", ""),
    ("only the first host is tried", LADDER,
     "ladder->host++;", "ladder->host = ladder->n_hosts;"),
    ("the next host before this one is over", LADDER,
     "if (!ladder_host_is_over (ladder)) {", "if (until != TICKS_NEVER) {"),
    # --- what happened
    ("nobody wins late: the second accept takes over", LADDER,
     "if (ladder->winner || has_lively_candidate (ladder)) {", "if (ladder->winner) {"),
    ("a late accept is kept after the win", LADDER,
     "if (ladder->winner || has_lively_candidate (ladder)) {", "if (has_lively_candidate (ladder)) {"),
    ("who came late is never tried again", LADDER,
     "LADDER_REASON_LATE, TARGET_UNTRIED", "LADDER_REASON_LATE, TARGET_OVER"),
    ("who lost is never tried again", LADDER,
     "LADDER_REASON_LOST, TARGET_UNTRIED", "LADDER_REASON_LOST, TARGET_OVER"),
    ("losers are kept open", LADDER,
     "if (other->phase == PHASE_CANDIDATE)\n      attempt_abandon", "if (FALSE)\n      attempt_abandon"),
    ("progress doesn't restart the patience", LADDER,
     "attempt->stalled = FALSE;", ""),
    ("progress doesn't restart the time-out", LADDER,
     "attempt->progress = progress;\n  attempt->progress_at = now;", "attempt->progress = progress;"),
    ("a verdict isn't final", LADDER,
     "if (failure == LADDER_FAILED_FINAL)\n    stop (ladder, now);", ""),
    ("a broken winner ends the search", LADDER,
     "if (failure == LADDER_FAILED_FINAL)",
     "if (failure == LADDER_FAILED_FINAL || failure == LADDER_FAILED_AFTER)"),
    ("a broken winner is still the winner", LADDER,
     "ladder->winner = NULL;", ";"),
    ("a bad greeting is final", LADDER,
     "if (failure == LADDER_FAILED_FINAL)",
     "if (failure == LADDER_FAILED_FINAL || failure == LADDER_FAILED_GREETING)"),
    ("silence never ends", LADDER,
     "return ticks_after (attempt->started, rules->connect_timeout);", "return TICKS_NEVER;"),
    ("five minutes for every greeting", LADDER,
     "ladder_has_untried (ladder) ? rules->greeting_timeout : rules->last_greeting_timeout",
     "rules->last_greeting_timeout"),
    ("a minute for every greeting", LADDER,
     "ladder_has_untried (ladder) ? rules->greeting_timeout : rules->last_greeting_timeout",
     "rules->greeting_timeout"),
    ("the patience isn't waited for", LADDER,
     "earliest = MIN (earliest, ticks_after (attempt->progress_at, ladder->rules.greeting_patience));", ";"),
    ("the winner is named again and again", LADDER,
     "ladder->tell_winner = FALSE;\n  action_of_attempt", "action_of_attempt"),
    ("an abandoned attempt is named again and again", LADDER,
     "attempt->tell_abandon = FALSE;", ""),
    ("pending attempts are left open at the end", LADDER,
     "attempt->phase == PHASE_CONNECTING || attempt->phase == PHASE_CANDIDATE)\n"
     "      attempt_abandon", "attempt->phase == PHASE_CANDIDATE)\n      attempt_abandon"),
    # --- what it is worth
    ("the memory learns no silence", EVIDENCE,
     "path->silence = now - began;", ""),
    ("any silence is strong", EVIDENCE,
     "path->silence >= enough_silence (rules) &&", "path->silence > 0 &&"),
    ("silence counts though no other path answered", EVIDENCE,
     "&& another_answered (ladder, path))", ")"),
    ("a moment of silence is evidence", EVIDENCE,
     "path->silence > 0 && path->silence >= rules->attempt_delay", "path->silence > 0"),
    ("silence only when all is over", EVIDENCE,
     "if (path->silence >= rules->connect_timeout\n      || (last",
     "if ((last && path->silence >= rules->connect_timeout)\n      || (last"),
    ("pending attempts aren't judged", EVIDENCE,
     "if (attempt->phase == PHASE_CONNECTING)\n      ladder_note_silence", "if (FALSE)\n      ladder_note_silence"),
    ("silence is held against a path that answered", EVIDENCE,
     "if (path->judged || path->accepted)", "if (path->judged)"),
    ("the same silence counts twice", EVIDENCE,
     "if (!path->judged)\n    judge_cost", "judge_cost"),
    ("each session counts the same silence", MEMORY,
     "if (entry->since <= began)", "if (TRUE)"),
    ("a fast failure costs a place", EVIDENCE,
     "path_memory_note_fast_failure (ladder->memory, path->network, &path->path, path->end, now);",
     "path_memory_note_cost (ladder->memory, path->network, &path->path, PATH_COST_SILENCE, now, now);"),
    ("our own host's errors are evidence", EVIDENCE,
     "|| path->end == ATTEMPT_UNREACHABLE)", "|| path->end == ATTEMPT_UNREACHABLE || path->end == ATTEMPT_OWN_HOST)"),
    ("a stall is forgotten", EVIDENCE,
     "if (path != winner->path && path->stall > winner->longest_wait)", "if (FALSE)"),
    ("a stall is unfair to who was waited for as long", EVIDENCE,
     "path->stall > winner->longest_wait", "path->stall > 0"),
    ("a TLS stall passes for a missing greeting", EVIDENCE,
     "attempt->progress == LADDER_SECURING ? PATH_COST_TLS_STALL : PATH_COST_NO_GREETING",
     "PATH_COST_NO_GREETING"),
    ("the winner's success isn't noted", EVIDENCE,
     "path_memory_note_success (ladder->memory, winner->path->network, &winner->path->path, now);", ""),
    ("a late answer clears nothing", EVIDENCE,
     "return;\n  path_memory_note_success (ladder->memory, path->network, &path->path, now);", "return;"),
    ("a late answer clears a TLS stall", EVIDENCE,
     "&& entry->cost != PATH_COST_SILENCE)", "&& FALSE)"),
    # --- what is remembered
    ("a demotion never ends", MEMORY,
     "entry->repetitions == 0 || now >= entry->until", "entry->repetitions == 0"),
    ("a demotion doesn't double", MEMORY,
     "span *= 2;", ";"),
    ("a demotion grows without end", MEMORY,
     "i < repetitions && span < PATH_MEMORY_LONGEST; i++)\n    span *= 2;\n  return MIN (span, PATH_MEMORY_LONGEST);",
     "i < repetitions && i < 20; i++)\n    span *= 2;\n  return span;"),
    ("success forgives nothing", MEMORY,
     "entry->repetitions = 0;\n  entry->weak_in_a_row = 0;\n  entry->until = 0;", ""),
    ("networks are all one", MEMORY,
     "&& strcmp (entry->network, network) == 0", ""),
    ("families are all one", MEMORY,
     "entry->port == port && entry->family == family", "entry->port == port"),
    ("ports are all one", MEMORY,
     "entry->port == port && entry->family == family", "entry->family == family"),
    ("two weak make one", MEMORY,
     "#define WEAK_MAKES_STRONG 3", "#define WEAK_MAKES_STRONG 2"),
    ("weak evidence needs no row", MEMORY,
     "entry->weak_in_a_row = 0; /* it was an answer", "/* it was an answer"),
    ("an unknown network is remembered", MEMORY,
     "if (!note->network)\n    return;\n  path_memory_apply (memory, note);",
     "if (!note->network) {\n    path_memory_note_success (memory, \"\", &note->path, note->at);\n    return;\n  }\n"
     "  path_memory_apply (memory, note);"),
    ("what is learnt isn't written down", MEMORY,
     "g_ptr_array_add (memory->notes, note_copy (note));", ""),
    ("what couldn't be used is forgotten", MEMORY,
     "g_ptr_array_extend_and_steal (notes, g_steal_pointer (&memory->notes));",
     "g_ptr_array_set_size (notes, 0);"),
    ("notes grow without end", MEMORY,
     "if (memory->notes->len >= PATH_MEMORY_NOTES)", "if (FALSE)"),
    ("a clock that jumped makes an entry eternal", MEMORY,
     "ours->until = MIN (ours->until, ticks_after (now, PATH_MEMORY_LONGEST));", ""),
]

# Some claims are about the whole, and another notices first. These mutations show that they
# can fail by themselves: name, number of the claim.
ALONE = [
    ("demoted paths are dropped", 10),
    ("who lost is never tried again", 11),
    ("only the first host is tried", 11),
    ("port patience is connect-timeout", 12),
    ("five minutes for every greeting", 12),
]

SOURCES = [ORDER, LADDER, EVIDENCE, MEMORY, "src/core/path.c", "src/base/ticks.c"]
HELPERS = ["tests/sim/%s.c" % name for name in
              ("oracle", "oracle-names", "oracle-rules", "run", "shadow", "world")] + ["tests/unit/ladder-fixture.c"]
TESTS = ["tests/sim/sim-ladder.c", "tests/unit/test-ladder.c", "tests/unit/test-ladder-winner.c",
         "tests/unit/test-path-memory.c", "tests/sim/sim-lab.c"]
NETWORKS = "3000"
SEED = "1"
PATIENCE = 60  # seconds; a mutant that hangs is a mutant that was noticed


class Workshop:
    """Compiles and runs, in a folder of its own."""

    def __init__(self, source_dir, folder):
        def packaged(what):
            output = subprocess.run(["pkg-config", what, "glib-2.0"], check=True, capture_output=True, text=True)
            return shlex.split(output.stdout)

        self.source_dir = source_dir
        self.folder = folder
        self.compiler = shlex.split(os.environ.get("CC", "cc"))
        self.flags = ["-std=gnu17", "-O1", "-D_GNU_SOURCE", "-I%s/src" % source_dir, "-I%s" % source_dir]
        self.flags += packaged("--cflags")
        self.libraries = packaged("--libs")
        self.objects = {}

    def run(self, command, **keywords):
        return subprocess.run(command, capture_output=True, text=True, errors="replace", **keywords)

    def compile(self, source, target):
        result = self.run(self.compiler + self.flags + ["-c", source, "-o", target])
        if result.returncode != 0:
            raise RuntimeError("%s doesn't compile:\n%s" % (source, result.stderr))
        return target

    def compile_all(self):
        for source in SOURCES + HELPERS + TESTS:
            target = os.path.join(self.folder, source.replace("/", "_") + ".o")
            self.objects[source] = self.compile(os.path.join(self.source_dir, source), target)

    def try_test(self, test, replaced, program, only=0):
        """None when TEST is content with the objects in which REPLACED stand for others;
        else its complaint."""
        objects = [replaced.get(name, self.objects[name]) for name in SOURCES + HELPERS + [test]]
        result = self.run(self.compiler + objects + self.libraries + ["-o", program])
        if result.returncode != 0:
            raise RuntimeError(result.stderr)
        environment = dict(os.environ, TOUKAN_SIM_NETWORKS=NETWORKS, TOUKAN_SIM_SEED=SEED, TOUKAN_SIM_QUICK="1",
                           TOUKAN_SIM_ONLY=str(only))
        try:
            result = self.run([program], env=environment, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return "it hangs"
        finally:
            os.unlink(program)
        return None if result.returncode == 0 else complaint_of(result)

    def hunt(self, mutation, only):
        """Who noticed MUTATION, ONLY being the one claim that counts; None: nobody."""
        name, path, old, new = mutation
        with open(os.path.join(self.source_dir, path), encoding="utf-8") as file:
            text = file.read()
        if text.count(old) != 1:
            raise RuntimeError("its text stands %d times in %s" % (text.count(old), path))
        stem = os.path.join(self.folder, "%s-%d" % (name.replace(" ", "-"), only))
        with open(stem + ".c", "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))
        replaced = {path: self.compile(stem + ".c", stem + ".o")}
        for test in TESTS[:1] if only else TESTS:
            complaint = self.try_test(test, replaced, stem, only)
            if complaint:
                return "%s: %s" % (os.path.basename(test)[:-2], complaint)
        return None


def complaint_of(result):
    """The first thing that went wrong, from TAP."""
    for line in result.stdout.splitlines():
        if line.startswith("not ok "):
            return line.split(" - ", 1)[-1]
        if line.startswith("Bail out!"):
            return line.rsplit(": ", 1)[0][len("Bail out! "):]
    return "status %d" % result.returncode


def say(text):
    print(text, flush=True)


def main():
    source_dir = os.environ.get("top_srcdir") or os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
    build_dir = os.environ.get("top_builddir", ".")
    by_name = {mutation[0]: mutation for mutation in MUTATIONS}
    chosen = [(mutation, 0) for mutation in MUTATIONS] + [(by_name[name], only) for name, only in ALONE]
    if len(sys.argv) > 1:
        chosen = [(mutation, only) for mutation, only in chosen if any(part in mutation[0] for part in sys.argv[1:])]
    folder = tempfile.mkdtemp(prefix="mutations-", dir=build_dir)
    failures = 0
    try:
        workshop = Workshop(source_dir, folder)
        workshop.compile_all()
        say("1..%d" % (len(chosen) + 1))
        sound = not any(workshop.try_test(test, {}, os.path.join(folder, "sound")) for test in TESTS)
        failures += not sound
        say("%s 1 - the code as it is passes" % ("ok" if sound else "not ok"))
        with ThreadPoolExecutor(max_workers=2) as pool:
            hunts = [pool.submit(workshop.hunt, *choice) for choice in chosen]
            for number, ((mutation, only), hunt) in enumerate(zip(chosen, hunts), 2):
                try:
                    witness, problem = hunt.result(), "nobody noticed"
                except RuntimeError as error:
                    witness, problem = None, str(error)
                failures += witness is None
                name = mutation[0] + (", seen by claim %d alone" % only if only else "")
                say("%s %d - %s" % ("ok" if witness else "not ok", number, name))
                say("# %s" % (witness if witness else problem.replace("\n", "\n# ")))
    finally:
        shutil.rmtree(folder)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
