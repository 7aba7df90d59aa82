"""How fast rows become messages, and what memory that takes: a dry run checks and merges every
row, and finds those that are there twice."""

import os
import pathlib
import subprocess
import tempfile
import time

ROWS, FEWER = 1_000_000, 100_000
ROWS_PER_SECOND = 20_000
PEAK_KIB = 64 * 1024
LETTER = """\
From: me@example.org
To: {{name}} <{{mail}}>
Subject: Hello {{name}}

Dear {{name|friend}},

{{#if what}}It is about {{what}}.
{{/if}}
""" + "Some lines of text that everybody gets, whoever they are.\n" * 60


def write_table(path, count):
    """Keys in no order at all, which is the worst for an index."""
    with open(path, "w", encoding="utf-8") as table:
        table.write("id,name,mail,what\n")
        for number in range(count):
            table.write(f'k{number * 7919 % 1000003},"Müller, {number}",user{number}@example.com,number {number}\n')


def dry_run(toukan, folder, count):
    """Seconds, and KiB at the most."""
    table = folder / f"rows-{count}.csv"
    write_table(table, count)
    environment = dict(os.environ, TOUKAN_CONFIG=str(folder / "config"), XDG_STATE_HOME=str(folder), TMPDIR=str(folder))
    began = time.monotonic()
    process = subprocess.Popen([toukan, "batch", "--template", folder / "letter.eml", "--data", table, "--dry-run"],
                               env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    told = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0 or f"{count} messages".encode() not in told:
        raise RuntimeError(f"the dry run ended with {process.returncode}: {told!r}")
    return time.monotonic() - began, usage.ru_maxrss


def bench_merge(toukan, new_table):
    with tempfile.TemporaryDirectory(prefix="toukan-bench-") as name:
        folder = pathlib.Path(name)
        (folder / "config").write_text("[account a]\nfrom = me@example.org\nhost = mail.example.org\n", encoding="utf-8")
        (folder / "letter.eml").write_text(LETTER, encoding="utf-8")
        _, fewer = dry_run(toukan, folder, FEWER)
        seconds, peak = dry_run(toukan, folder, ROWS)
    table = new_table(f"{ROWS:,} rows merged with a letter of {len(LETTER)} octets (dry run)", "measured", "is")
    table.row(f"time, as a multiple of that at {ROWS_PER_SECOND:,} rows/s", f"{ROWS / seconds:,.0f} rows/s",
              figure=seconds * ROWS_PER_SECOND / ROWS, limit=1)
    table.row(f"memory, as a part of {PEAK_KIB // 1024} MiB", f"{peak / 1024:.1f} MiB", figure=peak / PEAK_KIB, limit=1)
    table.row(f"memory, as a multiple of that for {FEWER:,} rows", f"{fewer / 1024:.1f} MiB then", figure=peak / fewer,
              limit=1.25)
