"""What must hold for a batch against every server: each recipient who can be served is served once, whoever
is refused in the middle of a full window costs nobody else anything, and the report says what the
server's log says."""

import itertools
import json

from lab import check_equal, test

from .server import DEFERRED, DOMAIN, REFUSED

MESSAGES, CONNECTIONS, WINDOWS = 200, 2, (8, 32)
EX_NOUSER, EX_TEMPFAIL = 67, 75

numbers = itertools.count(1)


def recipients_of(number):
    """Most have one; some are refused alone, which leaves a message without any, or beside others."""
    own = f"box{number}@{DOMAIN}"
    if number % 10 == 3:
        return [REFUSED]
    return {5: [own, REFUSED], 7: [REFUSED, own, f"other{number}@{DOMAIN}"]}.get(number % 10, [own])


def job(number, recipients):
    text = f".\nNumber {number}\n" + "0123456789\n" * (number * 13 % 500)
    return json.dumps({"id": str(number), "to": recipients, "subject": f"Number {number}", "text": text}) + "\n"


def run(server, jobs, port, window, status):
    """The rows of the report."""
    name, lab = f"batch-{next(numbers)}", server.lab
    lab.toukan.configure(server.account(port))
    report = lab.toukan.home / f"{name}.jsonl"
    lab.toukan.run(["batch", "--name", name, "--connections", str(CONNECTIONS), "--window", str(window),
                    "--report", str(report), "--wait", "30s"],
                   "".join(job(*each) for each in enumerate(jobs))).check(status=status)
    return [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]


def check_report(rows, jobs):
    """Everybody has a row, with the fate that is theirs."""
    fates = {REFUSED: "refused", DEFERRED: "deferred"}
    expected = sorted((str(number), recipient, fates.get(recipient, "accepted"))
                      for number, recipients in enumerate(jobs) for recipient in recipients)
    check_equal(sorted((row["key"], row["recipient"], row["state"]) for row in rows), expected, "report")


def check_served(server, rows):
    """Those who are called accepted have it, once, and under the name that the log knows it by."""
    accepted = [row for row in rows if row["state"] == "accepted"]
    stored = server.mailbox.take(len(accepted), patience=60)
    came = sorted((one.message_id, recipient) for one in stored for recipient in one.recipients)
    check_equal(came, sorted((row["message-id"], row["recipient"]) for row in accepted), "delivered")
    queued = server.queued()
    for row in accepted:
        check_equal(row["queue-id"], queued.get(row["message-id"].strip("<>")), f"name of {row}")
    check_equal(len({row["queue-id"] for row in accepted}), len({row["key"] for row in accepted}), "names")


def check_connections(server, count, messages):
    """As many as were allowed; no more come after those than the server, or its slowness, is a reason for."""
    least = max(CONNECTIONS, -(-messages // server.most) if server.most else 0)
    check_equal(least <= count <= least + 10, True, f"{count} connections, for {least}")


def many(server, port, window):
    jobs = [recipients_of(number) for number in range(MESSAGES)]
    before = server.count(server.connection)
    rows = run(server, jobs, port, window, EX_NOUSER)
    check_report(rows, jobs)
    check_served(server, rows)
    check_connections(server, server.count(server.connection) - before, len({row["message-id"] for row in rows}))


def deferred(server, port):
    """Who is deferred in a full window waits, and nobody else does."""
    jobs = [[DEFERRED] if number == 9 else [f"box@{DOMAIN}", DEFERRED] if number == 12 else [f"box@{DOMAIN}"]
            for number in range(20)]
    rows = run(server, jobs, port, 8, EX_TEMPFAIL)
    check_report(rows, jobs)
    check_served(server, rows)


def add_tests(server):
    for port, how in (("submission", "in chunks"), ("no chunks", "without CHUNKING")):
        for window in WINDOWS:
            test(f"{server.name}: a batch {how}, window {window}", server, port, window)(many)
        if server.most == 0:
            test(f"{server.name}: a batch {how}: somebody is deferred", server, port)(deferred)
