#!/usr/bin/env python3
"""cron itself, with toukan where it looks for /usr/sbin/sendmail. It becomes other users
for its jobs, so this needs the real root."""

import os
import pathlib

from lab import Lab, check_equal, main, namespaces, test
from lab.callers import HOST_NAME, check_arrived, needs_fetched
from lab import BUILD
from lab.client import RECIPIENT, SENDER

namespaces.enter(as_root=True)

CRONTAB = """\
MAILTO={to}
@reboot printf 'Gr\\303\\274\\303\\237e\\n.\\nlast line\\n'
"""


def put_in_place(host, folder):
    """/usr/sbin as it is, and toukan in it as sendmail; only HOST sees that."""
    beside, place = folder / "sbin-beside", folder / "sbin"
    for each in (beside, place):
        each.mkdir()
    host.run(["mount", "--bind", "/usr/sbin", str(beside)])
    for program in pathlib.Path("/usr/sbin").iterdir():
        if program.name != "sendmail":
            (place / program.name).symlink_to(beside / program.name)
    (place / "sendmail").symlink_to(BUILD / "toukan")
    host.run(["mount", "--bind", str(place), "/usr/sbin"])


def hide_jobs(host, folder):
    """The machine's own jobs are none of ours."""
    empty = folder / "empty"
    empty.mkdir()
    for path in ("/etc/cron.d", "/var/spool"):
        if os.path.isdir(path):
            host.run(["mount", "--bind", str(empty), path])
    if os.path.exists("/etc/crontab"):
        host.run(["mount", "--bind", "/dev/null", "/etc/crontab"])
    host.run(["mount", "-t", "tmpfs", "tmpfs", "/run"])


def run_cron(lab, to):
    """Starts cron with one job, which runs at once, and waits for its mail."""
    program, _libraries = needs_fetched("usr/sbin/cron")
    put_in_place(lab.client, lab.folder)
    hide_jobs(lab.client, lab.folder)
    tables = lab.folder / "empty/cron/crontabs"
    tables.mkdir(parents=True)
    (tables / "root").write_text(CRONTAB.format(to=to))
    os.chmod(tables / "root", 0o600)
    lab.processes.append(lab.client.popen([str(program), "-f", "-L", "0"], env=lab.toukan.environment))
    lab.wait_for(lab.messages, "cron's mail", patience=30)
    stored, = lab.messages()
    check_equal((stored.sender, stored.recipients), (SENDER, [RECIPIENT]), "envelope")
    check_arrived(stored.octets, {
        "From": f"Cron Daemon <{SENDER}>", "Reply-To": "Cron Daemon <root@lab.test>",
        "Subject": f"Cron <root@{HOST_NAME}> printf 'Gr\\303\\274\\303\\237e\\n.\\nlast line\\n'",
        "To": to if "@" in to else f"{to}@lab.test",
        "body": "Gr\u00fc\u00dfe\n.\nlast line\n"})


for each_title, each_to in (("cron mails a job's output", RECIPIENT), ("an alias leads on from root", "root")):
    @test(each_title, each_to)
    def _(to):
        with Lab() as lab:
            lab.file("aliases", f"root: {RECIPIENT}\n")
            lab.sink()
            lab.toukan.configure({"rewrite-from": "if-local", "aliases": "aliases"})
            run_cron(lab, to)


if __name__ == "__main__":
    main()
