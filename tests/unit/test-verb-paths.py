#!/usr/bin/env python3
"""`toukan paths` as a user meets it, over a file that was written by hand."""

import datetime
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
BUILD = pathlib.Path(os.environ.get("top_builddir") or TOP / "build")
sys.path.insert(0, str(TOP / "tests/lib"))

from tap import check_equal, main, test  # noqa: E402

OK, USAGE, IO, CONFIGURATION = 0, 64, 74, 78
MINUTE = 60 * 1_000_000


class State:
    """A state directory, and a configuration TEXT; run() asks the program about them."""

    def __init__(self, text=""):
        self.folder = tempfile.TemporaryDirectory()
        self.home = pathlib.Path(self.folder.name)
        self.file = self.home / "toukan/paths.sqlite3"
        (self.home / "config").write_text(text, encoding="utf-8")
        self.now = int(time.time()) * 1_000_000

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def run(self, *words, language="C", **options):
        environment = dict(os.environ, TOUKAN_CONFIG=str(self.home / "config"), XDG_STATE_HOME=str(self.home),
                           LC_ALL="C.UTF-8", LANGUAGE=language, TZ="UTC", ASAN_OPTIONS="detect_leaks=0")
        done = subprocess.run([BUILD / "toukan", "paths", *words], text=True, env=environment, check=False,
                              stdout=options.get("stdout", subprocess.PIPE), stderr=subprocess.PIPE)
        return done.returncode, done.stdout, done.stderr

    def make(self):
        """An empty file, made by the program itself."""
        check_equal(self.run("--forget"), (OK, "0 paths forgotten\n", ""), "forget")

    def remember(self, network="home", host="mail.example.org", port=587, family="IPv6", cost="silence", **columns):
        if not self.file.exists():
            self.make()
        row = {"network": network, "host": host, "port": port, "family": family, "cost": cost, "repetitions": 0,
               "weak": 0, "since": 0, "until": 0, "last_success": 0, "no_bdat": 0, "fast_end": None, **columns}
        with sqlite3.connect(self.file) as connection:
            connection.execute(f"INSERT INTO path ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
                               list(row.values()))
        connection.close()

    def clock(self, offset=0):
        """How the table writes the time OFFSET microseconds from now."""
        at, now = (datetime.datetime.fromtimestamp((self.now + span) / 1e6, datetime.timezone.utc)
                   for span in (offset, 0))
        return at.strftime("%H:%M" if at.date() == now.date() else "%Y-%m-%d %H:%M")

    def why(self, **columns):
        """How the only entry, made of COLUMNS, is explained."""
        self.remember(**columns)
        status, out, err = self.run()
        check_equal((status, err), (OK, ""), "end")
        head, line = out.splitlines()
        return line[head.index("why"):head.index("since")].rstrip()


@test("nothing is remembered at first, and nothing is made")
def nothing():
    with State() as state:
        check_equal(state.run(), (OK, "Nothing is remembered.\n", ""), "table")
        check_equal(state.run("--json"), (OK, "", ""), "JSON")
        check_equal((state.home / "toukan").exists(), False, "a directory was made")


@test("a table of everything, in the order of the ladder")
def table():
    with State() as state:
        state.remember(family="IPv4", repetitions=1, since=state.now - 2 * MINUTE, until=state.now + 8 * MINUTE)
        state.remember(repetitions=3, since=state.now - MINUTE, until=state.now + 39 * MINUTE,
                       last_success=state.now - 3 * MINUTE)
        state.remember(port=25, last_success=state.now)
        state.remember(network="café", host="例.example", port=465, fast_end="refused", since=state.now)
        status, out, err = state.run()
        check_equal((status, err), (OK, ""), "end")
        found = [line.split("  ") for line in out.splitlines()]
        found = [[cell.strip() for cell in line if cell.strip()] for line in found]
        clock = state.clock
        check_equal(found, [
            ["network", "path", "why", "since", "until", "last success"],
            ["café", "例.example 465/IPv6", "refused", clock(), "-", "-"],
            ["home", "mail.example.org 587/IPv6", "silent, 3 times in a row", clock(-MINUTE),
             f"{clock(39 * MINUTE)}, in 39 min", clock(-3 * MINUTE)],
            ["home", "mail.example.org 587/IPv4", "silent", clock(-2 * MINUTE),
             f"{clock(8 * MINUTE)}, in 8 min", "-"],
            ["home", "mail.example.org 25/IPv6", "works", "-", "-", clock()],
        ], "table")


for each_words, each_columns in {
        "silent": {"repetitions": 1},
        "accepts, but sends no greeting": {"repetitions": 1, "cost": "no greeting"},
        "stops within the TLS handshake": {"repetitions": 1, "cost": "TLS stall"},
        "slow to answer, 2 times in a row": {"weak": 2},
        "prohibited": {"fast_end": "prohibited"},
        "unreachable": {"fast_end": "unreachable"},
        "works; doesn't understand BDAT": {"last_success": 1, "no_bdat": 1},
        "doesn't understand BDAT": {"no_bdat": 1}}.items():
    @test(f"why: {each_words}", each_words, each_columns)
    def reasons(words, columns):
        with State() as state:
            times = {"since": state.now - 5 * MINUTE, "until": state.now + 5 * MINUTE}
            if "last_success" in columns:
                columns = {**columns, "last_success": state.now}
            check_equal(state.why(**{**times, **columns}), words, "why")


@test("what is over says so, and a day is told in hours")
def until():
    with State() as state:
        state.remember(repetitions=1, since=state.now - 11 * MINUTE, until=state.now - MINUTE)
        state.remember(family="IPv4", repetitions=9, since=state.now, until=state.now + 24 * 60 * MINUTE)
        _, out, _ = state.run()
        lines = out.splitlines()
        assert "  over  " in lines[1], out
        assert ", in 24 h" in lines[2] or ", in 23 h" in lines[2], out


@test("a terminal isn't moved by what the file holds")
def harmless():
    with State() as state:
        state.remember(network="\x1b[2J", host="a\x1b[31m\n", last_success=state.now)
        _, out, _ = state.run()
        assert "\x1b" not in out and "<U+001B>[2J" in out and len(out.splitlines()) == 2, out


@test("--json is one object for each path")
def as_json():
    with State() as state:
        state.remember(repetitions=2, since=state.now - MINUTE, until=state.now + 19 * MINUTE)
        status, out, err = state.run("--json")
        check_equal((status, err), (OK, ""), "end")

        def iso(offset):
            return datetime.datetime.fromtimestamp((state.now + offset) / 1e6, datetime.timezone.utc).strftime(
                "%Y-%m-%dT%H:%M:%SZ")

        found = json.loads(out)
        # The clocks are read one after the other; a second may turn in between.
        for name, offset in (("since", -MINUTE), ("until", 19 * MINUTE)):
            assert found.pop(name) in (iso(offset), iso(offset - 1_000_000)), out
        check_equal(found.pop("present") in (None, False), True, "present")
        check_equal(found, {"network": "home", "host": "mail.example.org", "port": 587,
                            "family": "IPv6", "demoted": True, "cost": "silence", "repetitions": 2, "weak": 0,
                            "failed": None, "no-bdat": False, "last-success": None}, "object")


@test("--forget forgets a host, by any of its spellings, or everything")
def forget():
    with State() as state:
        state.remember(host="xn--fsqu00a.example", last_success=state.now)
        state.remember(host="2001:db8::1", last_success=state.now)
        state.remember(last_success=state.now)
        state.remember(port=25, last_success=state.now)
        check_equal(state.run("--forget", "例子.example"), (OK, "1 path forgotten\n", ""), "a name")
        check_equal(state.run("--forget", "[2001:DB8:0::1]"), (OK, "1 path forgotten\n", ""), "an address")
        check_equal(state.run("--forget", "nobody.example"), (OK, "0 paths forgotten\n", ""), "nobody")
        check_equal(state.run("--forget"), (OK, "2 paths forgotten\n", ""), "everything")
        check_equal(state.run()[1], "Nothing is remembered.\n", "afterwards")


@test("state-dir and path-memory are those of the account")
def account():
    with State() as state:
        text = f"[account a]\nhost = h\nstate-dir = {state.home}/a\n[account b]\nhost = h\npath-memory = no\n"
        (state.home / "config").write_text(text, encoding="utf-8")
        check_equal(state.run("-a", "a", "--forget")[0], OK, "made")
        check_equal((state.home / "a/paths.sqlite3").exists(), True, "in state-dir")
        check_equal(state.file.exists(), False, "elsewhere")
        check_equal(state.run("-a", "b")[1],
                    'Nothing is remembered.\nThe account "b" doesn\'t use it: path-memory = no\n', "table")
        check_equal(state.run("-a", "c")[0], CONFIGURATION, "no such account")
        check_equal(state.run("--set", f"state-dir={state.home}/z", "--forget")[0], OK, "--set")
        check_equal((state.home / "z/paths.sqlite3").exists(), True, "in that of --set")


@test("a file that can't be read ends with 74 and says why; a damaged one is told of")
def unusable():
    with State() as state:
        state.file.mkdir(parents=True)
        status, out, err = state.run()
        check_equal((status, out), (IO, ""), "end")
        assert err.startswith("toukan: warning: path memory: ") and str(state.file) in err, err
    with State() as state:
        state.file.parent.mkdir()
        state.file.write_text("nonsense " * 1000, encoding="ascii")
        status, out, err = state.run()
        check_equal((status, out), (OK, "Nothing is remembered.\n"), "end")
        assert "was damaged; it is now " in err and len(err.splitlines()) == 1, err


for words in (["a"], ["--forget", "a", "b"], ["--nonsense"]):
    @test(f"a wrong command line ends with 64: {' '.join(words)}", words)
    def usage(given):
        with State() as state:
            status, out, err = state.run(*given)
            check_equal((status, out), (USAGE, ""), "end")
            assert err.startswith("toukan: "), err


@test("a full disk is not taken for success")
def full():
    with State() as state, open("/dev/full", "w", encoding="utf-8") as disk:
        check_equal(state.run(stdout=disk)[0], IO, "status")


main()
