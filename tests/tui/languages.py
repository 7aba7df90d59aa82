"""Locales and catalogs for the composer on stage, made where they are not installed: Japanese, and one
that nobody speaks, with texts as long as German ones."""

import gettext
import os
import pathlib
import re
import subprocess

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
BUILD = pathlib.Path(os.environ.get("top_builddir") or TOP / "build")
SETTING = BUILD / "tests/tui/setting.so"

# What must stay as it is in a translation: directives of printf, line ends, what is quoted.
FIXED = re.compile(r"(%[-0-9.$]*[a-z%]+|\\.|`[^`]*`|[^\w\\%`]+|\d+)")
LONGER = 0.4


def make_locale(folder, language):
    """Compiles the locale LANGUAGE.UTF-8 ("ja_JP") into FOLDER, a value of LOCPATH."""
    subprocess.run(["localedef", "--no-archive", "-c", "-i", language, "-f", "UTF-8", folder / f"{language}.UTF-8"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_catalog(folder, language, po):
    place = folder / language / "LC_MESSAGES"
    place.mkdir(parents=True)
    subprocess.run(["msgfmt", "-o", place / "toukan.mo", po], check=True)


def stretch(text):
    """TEXT with each word as much longer as German is."""
    def longer(word):
        more = round(len(word) * LONGER + 0.3)
        return word if FIXED.fullmatch(word) else word + (word[-1] * more)

    return "".join(longer(word) for word in FIXED.split(text) if word)


def make_long(folder):
    """The catalog of stretched texts, under the name of German."""
    template = folder / "long.pot"
    subprocess.run(["xgettext", "--keyword=_", "--keyword=N_", "--from-code=UTF-8", f"--directory={TOP}",
                    f"--files-from={TOP}/po/POTFILES.in", f"--output={template}"], check=True)
    lines, kind, texts = [], None, {}
    for line in template.read_text(encoding="utf-8").replace("CHARSET", "UTF-8").splitlines():
        found = re.match(r'(msgid|msgid_plural|msgstr|msgstr\[\d\])? ?"(.*)"$', line)
        if not found:
            lines.append(line)
            continue
        kind = found[1] or kind
        if kind in ("msgid", "msgid_plural"):
            texts[kind] = (texts[kind] if not found[1] else "") + found[2]
            lines.append(line)
        elif texts["msgid"] == "":
            lines.append(line)  # the head
        else:
            whole = texts["msgid_plural" if kind == "msgstr[1]" else "msgid"]
            lines.append(f'{kind} "{stretch(whole)}"')
    po = folder / "long.po"
    po.write_text("\n".join(lines).replace("nplurals=INTEGER; plural=EXPRESSION", "nplurals=2; plural=n != 1") + "\n",
                  encoding="utf-8")
    make_catalog(folder / "catalogs", "de", po)


def available():
    return pathlib.Path("/usr/share/i18n/locales/ja_JP").exists()


def make(folder, language):
    """What LANGUAGE ("ja", "long"; "en" needs nothing) takes, below FOLDER, which environment() is told."""
    (folder / "locales").mkdir()
    if language == "ja":
        make_locale(folder / "locales", "ja_JP")
        make_catalog(folder / "catalogs", "ja", TOP / "po/ja.po")
    elif language == "long":
        make_locale(folder / "locales", "de_DE")
        make_long(folder)


def texts(folder, language):
    """All texts of LANGUAGE, which was made in FOLDER."""
    file = folder / "catalogs" / language / "LC_MESSAGES/toukan.mo"
    if not file.exists():  # those of the program itself
        make_catalog(folder / "own", "ja", TOP / "po/ja.po")
        file = folder / "own/ja/LC_MESSAGES/toukan.mo"
    with open(file, "rb") as catalog:
        known = gettext.GNUTranslations(catalog)._catalog  # pylint: disable=protected-access
    keys = {key if isinstance(key, str) else key[0] for key in known}
    return set(known.values()) if language != "C" else keys


def environment(folder, language):
    """What a Stage needs besides its own; LANGUAGE: "C", "ja" or "de"."""
    return {"LD_PRELOAD": str(SETTING), "STAGE_WALL": "1795341605",  # 2026-11-22 10:00:05
            "STAGE_LOCALEDIR": str(folder / "catalogs"), "LOCPATH": str(folder / "locales"), "LANGUAGE": language,
            "ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0"}
