"""Tests that speak TAP: `@test("what holds")` over a function, `main()` at the end.

A test fails by raising: AssertionError for what it checks, anything else for what
broke. What it raised is printed as diagnostics. `Skip` names a reason of one line.
"""

import sys
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


def main():
    """Runs all tests, or those whose title contains the words of the command line."""
    words = " ".join(sys.argv[1:])
    chosen = [entry for entry in _tests if words in entry[0]]
    print(f"1..{len(chosen)}", flush=True)
    results = [_run(number, *entry) for number, entry in enumerate(chosen, 1)]
    sys.exit(0 if all(results) else 1)
