"""README.md shows what the program says, not what it once said."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import check_equal, main, test

SOURCE = pathlib.Path(os.environ["top_srcdir"])
BUILD = pathlib.Path(os.environ["top_builddir"])
README = (SOURCE / "README.md").read_text(encoding="utf-8")

EX_CONFIG = 78


def run(*arguments, home, **environment):
    return subprocess.run(
        [BUILD / "toukan", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": home, "LC_ALL": "C.UTF-8", **environment},
        timeout=60,
        check=False,
    )


def indented(text, beginning):
    """The indented block that begins with the line BEGINNING."""
    lines = text.splitlines()
    first = next(i for i, line in enumerate(lines) if line.strip() == beginning)
    block = []
    for line in lines[first:]:
        if not line.startswith("    "):
            break
        block.append(line.strip())
    return block


@test("the five lines of README.md are those that the program shows")
def _():
    with tempfile.TemporaryDirectory() as home:
        said = run("send", "--to", "friend@example.net", home=home)
    check_equal(said.returncode, EX_CONFIG, "status without a configuration")
    check_equal(indented(said.stderr, "[account example]"), indented(README, "[account example]"), "the lines")
    check_equal(len(indented(README, "[account example]")), 5, "how many lines")


@test("they are a configuration that `toukan config check` takes")
def _():
    with tempfile.TemporaryDirectory() as home:
        folder = pathlib.Path(home, ".config", "toukan")
        folder.mkdir(parents=True)
        (folder / "config").write_text("\n".join(indented(README, "[account example]")) + "\n", encoding="utf-8")
        checked = run("config", "check", home=home)
        check_equal(checked.returncode, 0, f"status; it says {checked.stderr!r}")


@test("every file and folder that README.md and HACKING.md name exists")
def _():
    text = README + (SOURCE / "HACKING.md").read_text(encoding="utf-8")
    for name in re.findall(r"\b(?:src|tests|doc|po)/[A-Za-z0-9./-]*[A-Za-z0-9]", text):
        if any(words in name for words in ("SUBJECT", "NAME", "ROOM")):
            continue
        assert (SOURCE / name).exists() or (SOURCE / "src" / name).exists(), f"{name} is not there"


@test("every test that tests/LESSONS.md names exists")
def _():
    text = (SOURCE / "tests/LESSONS.md").read_text(encoding="utf-8")
    rows = [row.rpartition(" | ")[2] for row in text.splitlines() if row.startswith("| ") and "`tests/" in row]
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert len(rows) > 40 and len(named) > len(rows), named
    for name in named:
        path = name if "/" in name else f"tests/script/dialogues/{name}.dialogue"
        assert (SOURCE / path).exists(), f"{name} is not there"


@test("README.md is read in a few minutes")
def _():
    assert len(README.splitlines()) <= 160, len(README.splitlines())


main()
