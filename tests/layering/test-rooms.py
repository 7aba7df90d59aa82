#!/usr/bin/env python3
"""Who may see whom: the rooms of the design, held against every #include, and against
every symbol that the pure rooms ask of the outside."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
BUILD = pathlib.Path(os.environ.get("top_builddir") or TOP / "build")
sys.path.insert(0, str(TOP / "tests/lib"))

from tap import check_equal, main, test  # noqa: E402

# --- includes ---------------------------------------------------------------

# A room may include itself and what is named here. "" is src/ itself: main.c.
MIDDLE = ["policy", "core", "base"]
LOWER = ["net", "store", "mail", "config"] + MIDDLE
MAY_INCLUDE = {
    "base": [],
    "core": ["base"],
    "policy": ["base"],
    "config": MIDDLE,
    "store": MIDDLE,
    "net": MIDDLE,
    "mail": ["config"] + MIDDLE,
    "engine": LOWER,
    "cli": ["engine"] + LOWER,
    "tui": ["engine"] + LOWER,
    "sink": ["engine"] + LOWER,
    "demo": ["engine"] + LOWER,
    "": ["cli", "tui", "net", "base"],
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)


def room_of(path):
    room, slash, _ = path.rpartition("/")
    return room if slash else ""


def forbidden_includes(files):
    """FILES: path below src/ to text. What each includes against the table."""
    found = []
    for path, text in files.items():
        room = room_of(path)
        for included in INCLUDE.findall(text):
            seen = room_of(included)
            beside = included == "config.h" or (not seen and f"{room}/{included}".lstrip("/") in files)
            if not beside and seen != room and seen not in MAY_INCLUDE.get(room, []):
                found.append(f"{path} includes {included}")
    return found


def sources():
    root = TOP / "src"
    return {
        str(path.relative_to(root)): path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*.[ch]"))
    }


SOURCES = sources()


def includes_of_room(room):
    check_equal([line for line in forbidden_includes(SOURCES) if room_of(line.split()[0]) == room], [],
                "against the table")


for each_room in sorted({room_of(path) for path in SOURCES}):
    test(f"includes of src/{each_room}", each_room)(includes_of_room)


@test("every room is in the table")
def _():
    check_equal(sorted({room_of(path) for path in SOURCES} - MAY_INCLUDE.keys()), [], "unknown rooms")


@test("a forbidden include is found")
def _():
    sample = {
        "core/good.c": '#include "core/good.h"\n#include "base/ticks.h"\n#include <glib.h>\n',
        "core/upwards.c": '# include "net/clock.h"\n',
        "net/sibling.c": '#include "config/account.h"\n',
        "mail/may.c": '#include "config/account.h"\n#include "private.h"\n',
        "mail/private.h": "",
        "base/elsewhere.c": '#include "private.h"\n',
    }
    check_equal(forbidden_includes(sample),
                ["core/upwards.c includes net/clock.h", "net/sibling.c includes config/account.h",
                 "base/elsewhere.c includes private.h"],
                "findings")


# --- symbols ------------------------------------------------------------------

# What decides may ask for memory, strings and containers; for no descriptor, no clock,
# no file, no log, no environment, no chance. Whatever isn't named here is forbidden.
PURE = [
    r"g_(array|byte_array|ptr_array|bytes|string|queue|list|slist|hash_table|tree|sequence)_\w+",
    r"g_(str|ascii_|utf8_|unichar_|utf16_|ucs4_)\w*",
    r"g_(int|int64|direct|double|str)_(hash|equal)",
    r"g_(base64|checksum|compute_checksum|uri_(un)?escape)\w*",
    r"g_(malloc|try_malloc|realloc|try_realloc|free|clear|slice|aligned|memdup|atomic_rc|rc_box)\w*",
    r"g_(error_\w+|set_error\w*|propagate_\w+|quark_\w+|intern_\w+)",
    r"g_(assertion_message\w*|qsort_with_data|snprintf|vsnprintf|once_init_\w+)",
    r"g_hostname_\w+",
    r"(mem|str|isoc99_str)\w+|explicit_bzero|bcmp|qsort|bsearch|snprintf|vsnprintf",
    r"malloc|calloc|realloc|free|abort",
    r"__(isoc\d+_)?\w*_chk(_fail)?|__ctype_\w+|__errno_location",
    r"inet_(ntop|pton)",
    r"_GLOBAL_OFFSET_TABLE_|__(asan|ubsan|sanitizer|gcov|llvm|lsan)_\w+|llvm_gcov_\w+",
]
NOT_SO_PURE = [r"strftime\w*|strptime\w*"]  # they ask the locale and the time zone

# The base room holds what others may not: memory that is locked, and its last word.
MEMORY = [r"mmap|munmap|mlock|madvise|sysconf|prctl|setrlimit|g_atomic_ref_count_\w+", r"g_log"]

ARCHIVES = {
    "libcore.a": PURE,
    "libbase.a": PURE + MEMORY + [r"idn2_\w+", r"u8_\w+"],
}


def symbols_of(archive):
    """The undefined and the defined symbols of each object, as nm prints them (POSIX form)."""
    command = ["nm", "-A", "-P", str(archive)]
    listing = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    undefined, defined = [], set()
    for line in listing.splitlines():
        place, name, kind = line.rsplit(": ", 1)[0], *line.rsplit(": ", 1)[1].split()[:2]
        if kind == "U":
            undefined.append((re.sub(r".*\[(.*)\]", r"\1", place), name))
        else:
            defined.add(name)
    return undefined, defined


def impure_symbols(archive, allowed, beside=()):
    undefined, own = symbols_of(archive)
    for other in beside:
        own |= symbols_of(other)[1]
    permitted = re.compile("|".join(allowed))
    denied = re.compile("|".join(NOT_SO_PURE))
    return sorted({
        f"{place} asks for {name}"
        for place, name in undefined
        if name not in own and (denied.fullmatch(name) or not permitted.fullmatch(name))
    })


def purity_of(archive):
    below = [BUILD / "libbase.a"] if archive != "libbase.a" else []
    check_equal(impure_symbols(BUILD / archive, ARCHIVES[archive], below), [], "forbidden symbols")


for each_archive in ARCHIVES:
    test(f"symbols of {each_archive}", each_archive)(purity_of)


@test("an impure symbol is found")
def _():
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "sample.c")
        source.write_text(
            "#include <string.h>\n#include <time.h>\n#include <unistd.h>\n#include <sys/socket.h>\n"
            "extern long g_get_monotonic_time (void);\nextern void g_log (void);\n"
            "extern char *getenv (const char *);\n"
            "long sample (char *to, const char *from) { g_log (); strcpy (to, from); getenv (from);\n"
            "  return time (0) + write (1, to, 1) + socket (1, 1, 1) + g_get_monotonic_time (); }\n")
        compiler = os.environ.get("CC", "cc").split()
        subprocess.run([*compiler, "-w", "-c", "sample.c", "-o", "sample.o"], cwd=folder, check=True)
        found = impure_symbols(source.with_suffix(".o"), PURE)
        check_equal([line.split()[-1] for line in found],
                    ["g_get_monotonic_time", "g_log", "getenv", "socket", "time", "write"], "findings")


# --- libraries -----------------------------------------------------------------

ON_DEMAND = {"libssl", "libcrypto", "libcares", "libgsasl"}


@test("toukan starts without the libraries that only the network needs")
def _():
    listing = subprocess.run(["objdump", "-p", BUILD / "toukan"], check=True, capture_output=True, text=True).stdout
    needed = {name.split(".so")[0] for name in re.findall(r"^\s*NEEDED\s+(\S+)", listing, re.MULTILINE)}
    check_equal(needed & ON_DEMAND, set(), "linked")
    check_equal("libglib-2.0" in needed, True, "the listing shows what is linked")


# --- size -------------------------------------------------------------------

LINES_LIMIT = 700


@test(f"no file is longer than {LINES_LIMIT} lines")
def _():
    files = [path for folder in ("src", "tests") for path in (TOP / folder).rglob("*")
             if path.suffix in (".c", ".h", ".py")]
    check_equal([f"{path.relative_to(TOP)}" for path in files
                 if path.read_bytes().count(b"\n") > LINES_LIMIT], [], "too long")


if __name__ == "__main__":
    main()
