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


def _run_at_once(chosen, most, prepare):
    """Each test in a process of its own, MOST of them at a time, and told in their order."""
    running, ended, results = {}, {}, []
    started = told = 0
    while told < len(chosen):
        while started < len(chosen) and len(running) < most:
            process, said = _start(prepare, started + 1, chosen[started])
            running[process] = started, said
            started += 1
        process, status = os.wait()
        index, said = running.pop(process)
        ended[index] = said
        results.append(status == 0)
        while told in ended:
            _tell(told + 1, chosen[told][0], ended.pop(told))
            told += 1
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
