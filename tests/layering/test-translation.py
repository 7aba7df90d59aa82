#!/usr/bin/env python3
"""Every text for people can be translated, and the translations are whole: a file with _()
in it is in po/POTFILES.in, msgfmt finds nothing wrong, and nothing is left untranslated."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
sys.path.insert(0, str(TOP / "tests/lib"))

from tap import check_equal, main, test  # noqa: E402

MARK = re.compile(r'\b(?:_|N_|ngettext) ?\(\s*"')


def lines(name):
    text = (TOP / name).read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


LISTED = lines("po/POTFILES.in")
LANGUAGES = " ".join(lines("po/LINGUAS")).split()
MARKED = sorted(
    str(path.relative_to(TOP))
    for path in (TOP / "src").rglob("*.[ch]")
    if path.name != "i18n.h" and MARK.search(path.read_text(encoding="utf-8"))
)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@test("every file with text for people is in po/POTFILES.in")
def complete():
    check_equal([name for name in MARKED if name not in LISTED], [], "not listed")


@test("po/POTFILES.in names no other file")
def exact():
    check_equal([name for name in LISTED if name not in MARKED], [], "without text")


@test("core and base have no text for people")
def pure():
    check_equal([name for name in MARKED if name.startswith(("src/core/", "src/base/"))], [], "marked")


def template(folder):
    """All texts as they are now: the template may be older."""
    out = pathlib.Path(folder) / "toukan.pot"
    check_equal(
        run("xgettext", "--keyword=_", "--keyword=N_", "--from-code=UTF-8", f"--directory={TOP}",
            f"--files-from={TOP}/po/POTFILES.in", f"--output={out}"),
        (0, ""), "xgettext")
    return out


def texts_with(translation, attribute):
    _, said = run("msgattrib", attribute, "--no-obsolete", "--no-wrap", str(translation))
    return [text for text in re.findall(r'^msgid "(.*)"$', said, re.MULTILINE) if text]


def well_formed(language):
    code, said = run("msgfmt", "--check", "--output-file=/dev/null", f"{TOP}/po/{language}.po")
    check_equal((code, said), (0, ""), "msgfmt")


def whole(language):
    with tempfile.TemporaryDirectory() as folder:
        merged = pathlib.Path(folder) / "merged.po"
        code, said = run("msgmerge", "--quiet", "--no-fuzzy-matching", f"--output-file={merged}",
                         f"{TOP}/po/{language}.po", str(template(folder)))
        check_equal((code, said), (0, ""), "msgmerge")
        check_equal(texts_with(merged, "--untranslated"), [], "untranslated")
        check_equal(texts_with(merged, "--only-fuzzy"), [], "fuzzy")


for each in LANGUAGES:
    test(f"{each} is well-formed", each)(well_formed)
    test(f"{each} is whole", each)(whole)


@test("there is a translation into Japanese")
def japanese():
    check_equal("ja" in LANGUAGES, True, "po/LINGUAS")


main()
