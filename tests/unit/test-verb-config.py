#!/usr/bin/env python3
"""`toukan config` as a user meets it: what it prints where, and how it ends."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
BUILD = pathlib.Path(os.environ.get("top_builddir") or TOP / "build")
sys.path.insert(0, str(TOP / "tests/lib"))

from tap import check_equal, main, test  # noqa: E402

OK, USAGE, IO, CONFIGURATION, PERMISSION = 0, 64, 74, 78, 77

WORK = """[defaults]
connect-timeout = 7s

[account work]
from = Hanako <hanako@example.org>
host = mail.example.org
user = hanako
password = hunter2

[account home]
host = 例え.jp
tls-ca-file = /nonexistent
"""


class Configuration:
    """A file with TEXT; run() asks the program about it."""

    def __init__(self, text, mode=0o600):
        self.folder = tempfile.TemporaryDirectory()
        self.name = f"{self.folder.name}/config"
        if text is not None:
            path = pathlib.Path(self.name)
            path.write_text(text, encoding="utf-8")
            path.chmod(mode)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def run(self, *words, **options):
        environment = dict(os.environ, TOUKAN_CONFIG=self.name, LC_ALL="C.UTF-8", LANGUAGE="C",
                           ASAN_OPTIONS="detect_leaks=0")
        done = subprocess.run([BUILD / "toukan", "config", *words], text=True, env=environment, check=False,
                              stdout=options.get("stdout", subprocess.PIPE), stderr=subprocess.PIPE)
        return done.returncode, done.stdout, done.stderr


@test("show prints each value and where it comes from")
def show():
    with Configuration(WORK) as configuration:
        status, out, err = configuration.run("show", "-a", "work", "--set", "data-timeout=2min")
        lines = out.splitlines()
        name = configuration.name
        check_equal((status, err), (OK, ""), "end")
        check_equal(lines[0], "[account work]", "head")
        for line in (f"from                    Hanako <hanako@example.org>  {name}:5",
                     "ports                   587, 25                      default",
                     f"connect-timeout         7s                           {name}:2",
                     "data-timeout            2min                         --set",
                     "tls-ca-file             -                            default"):
            assert line in lines, f"{line!r} is not in {out}"


@test("show aligns what is wide in a terminal")
def show_wide():
    with Configuration("[account a]\nhost = 例え.jp\n") as configuration:
        _, out, _ = configuration.run("show")
        assert f"\nhost                    例え.jp     {configuration.name}:2\n" in out, out
        assert "\nports                   587, 25     default\n" in out, out


@test("show prints all accounts, with contradictions or not")
def show_all():
    with Configuration(WORK + "[account bad]\nuser = x\n") as configuration:
        status, out, _ = configuration.run("show")
        check_equal(status, OK, "status")
        check_equal([line for line in out.splitlines() if line.startswith("[")],
                    ["[account work]", "[account home]", "[account bad]"], "accounts")


@test("no secret is shown")
def secret():
    with Configuration(WORK) as configuration:
        for words in (["show"], ["show", "--json"], ["check"]):
            _, out, err = configuration.run(*words)
            assert "hunter2" not in out + err, out + err
        assert "(set)" in configuration.run("show")[1]


@test("--json is one object for each account")
def show_json():
    with Configuration(WORK) as configuration:
        status, out, _ = configuration.run("show", "--json")
        accounts = [json.loads(line) for line in out.splitlines()]
        check_equal(status, OK, "status")
        check_equal([account["account"] for account in accounts], ["work", "home"], "accounts")
        options = accounts[0]["options"]
        check_equal(options["user"], {"value": "hanako", "origin": f"{configuration.name}:7"}, "user")
        check_equal(options["tunnel"], {"value": None, "origin": "default"}, "tunnel")
        check_equal(options["password"]["value"], "(set)", "password")


@test("a terminal isn't moved by what a file holds")
def harmless():
    with Configuration("[account a]\nhost = h\npassword-command = \x1b[2J\n") as configuration:
        _, out, _ = configuration.run("show")
        assert "\x1b" not in out and "<U+001B>[2J" in out, out


@test("check names the files without faults")
def check_good():
    with Configuration("[account a]\nhost = h\n") as configuration:
        check_equal(configuration.run("check"), (OK, f"{configuration.name}: no faults\n", ""), "check")


@test("check tells all faults, of one account or of all")
def check_faults():
    with Configuration(WORK + "[account bad]\nhots = h\n") as configuration:
        name = configuration.name
        status, out, err = configuration.run("check")
        check_equal((status, out), (CONFIGURATION, ""), "end")
        check_equal(err.splitlines(), [
            f'{name}:14: unknown option "hots": did you mean "host"?',
            f'{name}:12: account "home": tls-ca-file: can\'t read "/nonexistent": No such file or directory',
            'account "bad": there is no host: write as an example "host = mail.example.org"',
        ], "faults")
    with Configuration(WORK) as configuration:
        check_equal(configuration.run("check", "-a", "work")[0], OK, "the account without faults")
        check_equal(configuration.run("check", "-a", "home")[0], CONFIGURATION, "the other")


@test("an account that isn't there is named, with its neighbour")
def no_account():
    with Configuration(WORK) as configuration:
        for verb in ("show", "check"):
            check_equal(configuration.run(verb, "-a", "wrok"),
                        (CONFIGURATION, "", 'toukan: there is no account "wrok": did you mean "work"?\n'), verb)


@test("without a configuration, the five lines to write are shown")
def nothing():
    with Configuration(None) as configuration:
        for verb in ("show", "check"):
            status, out, err = configuration.run(verb)
            check_equal((status, out), (CONFIGURATION, ""), verb)
            assert configuration.name in err and "\n    host = mail.example.org\n" in err, err


@test("a file that TOUKAN_CONFIG names and that isn't there is a fault")
def named_file():
    with Configuration(None) as configuration:
        check_equal(configuration.run("check", "--set", "host=h"),
                    (CONFIGURATION, "",
                     f"{configuration.name}: there is no such file, and TOUKAN_CONFIG names it\n"), "check")
        check_equal(configuration.run("show", "--set", "host=h")[0], OK, "show")


@test("a password that everybody may read ends with 77")
def readable():
    with Configuration(WORK, 0o644) as configuration:
        status, out, err = configuration.run("show")
        check_equal((status, out), (PERMISSION, ""), "end")
        assert f'"chmod 640 \'{configuration.name}\'"' in err, err


for words in ([], ["shwo"], ["show", "check"], ["--nonsense"], ["options", "--format", "roff"]):
    @test(f"a wrong command line ends with 64: {' '.join(words)}", words)
    def usage(given):
        with Configuration(WORK) as configuration:
            status, out, err = configuration.run(*given)
            check_equal((status, out), (USAGE, ""), "end")
            assert err.startswith("toukan: "), err


@test("a full disk is not taken for success")
def full():
    with Configuration(WORK) as configuration, open("/dev/full", "w", encoding="utf-8") as disk:
        check_equal(configuration.run("show", stdout=disk)[0], IO, "status")


main()
