"""Tests that speak TAP: `@test("what holds")` over a function, `main()` at the end.

A test fails by raising: AssertionError for what it checks, anything else for what
broke. What it raised is printed as diagnostics. `Skip` names a reason of one line.
"""

import contextlib
import os
import sys
import tempfile
import traceback

_tests = []


class Skip(Exception):
    """This test can't run here, for the reason it carries."""


def test(title, *arguments):
    """Adds the function as a test; the ARGUMENTS are handed to it, so that a table
    of rows is a loop over test(title, row)(function)."""

    def add(function):
        _tests.append((title, function, arguments))
        return function

    return add


def check_equal(found, expected, what):
    if found != expected:
        raise AssertionError(f"{what}: found {found!r}, expected {expected!r}")


def _diagnose(text):
    for line in text.rstrip().splitlines():
        print("#", line)


def _run(number, title, function, arguments):
    try:
        function(*arguments)
    except Skip as reason:
        print(f"ok {number} - {title} # SKIP {reason}")
    except Exception as error:  # whatever it is, the next test runs
        print(f"not ok {number} - {title}")
        _diagnose(str(error) if isinstance(error, AssertionError) else traceback.format_exc())
        return False
    else:
        print(f"ok {number} - {title}")
    finally:
        sys.stdout.flush()
    return True


def skip_all(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def _start(prepare, number, entry):
    """Runs a test in a process of its own: its number, and the file for what it says."""
    said = tempfile.TemporaryFile("w+", encoding="utf-8")
    process = os.fork()
    if process == 0:
        prepare()
        with said, contextlib.redirect_stdout(said):
            passed = _run(number, *entry)
        os._exit(0 if passed else 1)
    return process, said


def _tell(number, title, said):
    """Prints what a test has said that has ended."""
    with said:
        said.seek(0)
        print(said.read() or f"not ok {number} - {title}\n# its process died\n", end="", flush=True)


def _wait_for(running):
    """The index of the next test that ends, what it said, and whether it passed."""
    process, status = os.wait()
    index, said = running.pop(process)
    return index, said, status == 0


def _run_again(index, entry, prepare):
    """What the test says alone: timers are tested here, and those beside it may have held it up
    for longer than they last. What is wrong is wrong alone, too."""
    process, said = _start(prepare, index + 1, entry)
    _, again, passed = _wait_for({process: (index, said)})
    return again, passed


def _run_at_once(chosen, most, prepare):
    """Each test in a process of its own, MOST of them at a time, and told in their order when
    nothing is left that must be run again."""
    running, ended, failed = {}, {}, []
    for index, entry in enumerate(chosen):
        if len(running) == most:
            at, ended[at], passed = _wait_for(running)
            failed += [] if passed else [at]
        process, said = _start(prepare, index + 1, entry)
        running[process] = index, said
    while running:
        at, ended[at], passed = _wait_for(running)
        failed += [] if passed else [at]
    results = [index not in failed for index in range(len(chosen))]
    for index in sorted(failed):
        ended[index].close()
        print(f"# {index + 1} failed beside others, and runs again alone", flush=True)
        ended[index], results[index] = _run_again(index, chosen[index], prepare)
    for index, (title, *_) in enumerate(chosen):
        _tell(index + 1, title, ended[index])
    return results


def main(at_once=1, prepare=lambda: None):
    """Runs all tests, or those whose title contains the words of the command line. AT_ONCE:
    so many at a time, for tests that wait more than they work; each is then in a process of
    its own, where PREPARE is called first."""
    words = " ".join(sys.argv[1:])
    chosen = [entry for entry in _tests if words in entry[0]]
    print(f"1..{len(chosen)}", flush=True)
    if at_once > 1:
        results = _run_at_once(chosen, at_once, prepare)
    else:
        results = [_run(number, *entry) for number, entry in enumerate(chosen, 1)]
    sys.exit(0 if all(results) else 1)
