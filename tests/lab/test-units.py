#!/usr/bin/env python3
"""The units of systemd and what belongs to them, as systemd itself reads them."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2]).resolve()
BUILD = pathlib.Path(os.environ.get("top_builddir") or TOP / "build").resolve()
sys.path.insert(0, str(TOP / "tests/lib"))

from tap import Skip, check_equal, main, skip_all, test  # noqa: E402

if not shutil.which("systemd-analyze"):
    skip_all("systemd-analyze isn't installed")

UNITS = {"toukan.service": BUILD / "data", "toukan.socket": TOP / "data", "toukan-agent.service": BUILD / "data"}


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, check=False)


@test("systemd finds nothing wrong with the units")
def _():
    with tempfile.TemporaryDirectory() as folder:
        for name, source in UNITS.items():
            # The program isn't installed yet.
            text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", (source / name).read_text(), flags=re.MULTILINE)
            pathlib.Path(folder, name).write_text(text)
        system = analyze("verify", "--man=no", pathlib.Path(folder, "toukan.service"),
                         pathlib.Path(folder, "toukan.socket"))
        # What a container lacks isn't the units' fault.
        complaints = [line for line in system.stderr.splitlines() if "toukan" in line]
        check_equal(complaints, [], "complaints")


@test("the system's service is closed off")
def _():
    done = analyze("security", "--offline=yes", "--threshold=15", BUILD / "data/toukan.service")
    if "unrecognized option" in done.stderr or "Unknown" in done.stderr:
        raise Skip("this systemd can't judge a file")
    check_equal(done.returncode, 0, done.stdout + done.stderr)


@test("sysusers.d and tmpfiles.d are understood")
def _():
    with tempfile.TemporaryDirectory() as root:
        pathlib.Path(root, "etc").mkdir()
        for program, source in (("systemd-sysusers", "sysusers.d"), ("systemd-tmpfiles", "tmpfiles.d")):
            if not shutil.which(program):
                raise Skip(f"{program} isn't installed")
            if os.geteuid() != 0:
                raise Skip("only root can make users and their folders")
            action = ["--create"] if program.endswith("files") else []
            done = subprocess.run([program, *action, f"--root={root}", str(TOP / "data" / source / "toukan.conf")],
                                  capture_output=True, text=True, check=False)
            check_equal((done.returncode, "rror" in done.stderr), (0, False), done.stderr)
        line, = [line for line in pathlib.Path(root, "etc/passwd").read_text().splitlines() if "toukan" in line]
        uid = int(line.split(":")[2])
        for folder, mode in (("run/toukan", 0o40755), ("var/lib/toukan", 0o40700)):
            status = pathlib.Path(root, folder).stat()
            check_equal((oct(status.st_mode), status.st_uid), (oct(mode), uid), folder)


if __name__ == "__main__":
    main()
