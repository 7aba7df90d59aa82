#!/usr/bin/env python3
"""What toukan must reach, measured against a direct send and against other programs in
the same run: `make bench`. Prints Markdown; ends with 1 when a limit is passed.

Not part of `make check`: a machine that is busy with something else must not fail a test.
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import socket
import statistics
import sys
import time
from typing import NamedTuple

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
sys.path.insert(0, str(TOP / "tests/lab"))

from lab import BUILD, Lab, case, message, namespaces  # noqa: E402
from lab.client import RECIPIENT, SENDER  # noqa: E402
from lab.network import SERVER  # noqa: E402
from lab.sink import PASSWORD, USER  # noqa: E402
import merging  # noqa: E402
from servers.tree import Tree, find_tree  # noqa: E402

MEASURE = BUILD / "tests/bench/measure"
INJECT = BUILD / "tests/campaign/inject"
TEXT = message("One line.\r\n")
PORT_PATIENCE, ATTEMPT_DELAY = 3.0, 0.25


class Cost(NamedTuple):
    seconds: float
    peak_kib: int


class Table:
    """A Markdown table whose last columns are a figure, its limit, and the verdict."""

    over = 0

    def __init__(self, title, *columns):
        print(f"\n### {title}\n")
        self._print(*columns, "figure", "limit", "verdict")
        self._print(*["---"] * (len(columns) + 3))

    def row(self, *cells, figure, limit=None):
        verdict = "" if limit is None else "ok" if figure <= limit else "over"
        Table.over += verdict == "over"
        self._print(*cells, f"{figure:.2f}", "" if limit is None else f"{limit:.2f}", verdict)

    @staticmethod
    def _print(*cells):
        print("|", " | ".join(str(cell) for cell in cells), "|", flush=True)


def measure(lab, command, text=TEXT, root="/", around=()):
    """Runs COMMAND on the client's host, its root being ROOT; what it cost. AROUND: a command
    that runs it all, and isn't measured."""
    command = [*around, MEASURE, "--root", root, *command]
    done = lab.client.run([*map(str, command)], input=text.encode(), text=False,
                          env=lab.toukan.environment, cwd=lab.toukan.home)
    *said, last = done.stderr.decode(errors="replace").splitlines()
    microseconds, peak, status = map(int, last.split())
    if status != 0:
        output = done.stdout.decode(errors="replace")
        raise RuntimeError(f"{command} ends with {status}\n{output}\n" + "\n".join(said))
    return Cost(microseconds / 1e6, peak)


def medians(costs):
    return Cost(statistics.median(cost.seconds for cost in costs), max(cost.peak_kib for cost in costs))


def toukan(lab, path_memory="no", **options):
    """The command line, with the account written to its file. It remembers only where asked to."""
    options = {name.replace("_", "-"): value for name, value in options.items()}
    lab.toukan.configure(options | {"path-memory": path_memory})
    return [BUILD / "toukan", "sendmail", "--", RECIPIENT]


# --- other programs -----------------------------------------------------------------

def curl(lab, host, port, tls):
    url = f"smtps://{host}:{port}" if tls == "implicit" else f"smtp://{host}:{port}"
    secured = ["--ssl-reqd", "--cacert", lab.sinks[0].ca, "--user", f"{USER}:{PASSWORD}",
               "--login-options", "AUTH=PLAIN"] if tls else []
    return ["curl", "-sS", url, "--mail-from", SENDER, "--mail-rcpt", RECIPIENT, "--upload-file", "-",
            *secured]


def msmtp(lab, host, port, tls):
    starttls = "off" if tls == "implicit" else "on"
    secured = ["--tls=on", f"--tls-starttls={starttls}", f"--tls-trust-file={lab.sinks[0].ca}",
               "--auth=plain", f"--user={USER}", f"--passwordeval=echo '{PASSWORD}'"]
    secured = secured if tls else ["--tls=off", "--auth=off"]
    return ["msmtp", "--file=/dev/null", f"--host={host}", f"--port={port}", f"--from={SENDER}", *secured,
            "--", RECIPIENT]


def swaks(lab, host, port, tls):
    how = {"starttls": ["--tls"], "implicit": ["--tls-on-connect"]}.get(tls, [])
    login = ["--auth", "PLAIN", "--auth-user", USER, "--auth-password", PASSWORD,
             "--tls-ca-path", lab.sinks[0].ca] if tls else []
    return ["swaks", "--silent", "3", "--server", host, "--port", str(port), "--from", SENDER,
            "--to", RECIPIENT, "--data", "-", *how, *login]


RIVALS = [program for program in (curl, msmtp, swaks) if shutil.which(program.__name__)]
# It becomes other users, so it isn't enough to be the root of a name space of one's own.
IS_ROOT = os.geteuid() == 0 and pathlib.Path("/proc/self/uid_map").read_text(encoding="ascii").split()[2] != "1"
HAVE_POSTFIX = IS_ROOT and find_tree() is not None
RIVAL_NAMES = [rival.__name__ for rival in RIVALS] + ["Postfix, relaying"] * HAVE_POSTFIX


class PostfixRelay:
    """Postfix on the client's host, which hands all that it is given to the server: its queue is
    part of the time. From the lab's tree of servers, which only root can use; without SASL
    modules there, it logs in nowhere."""

    SETTINGS = """
compatibility_level = 3.6
myhostname = client.lab.test
mydestination =
inet_interfaces = loopback-only
relayhost = [smtp.lab.test]:587
smtp_host_lookup = native
smtp_tls_security_level = secure
smtp_tls_CAfile = /etc/ca.pem
queue_directory = /var/spool/postfix
data_directory = /var/lib/postfix
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
shlib_directory = /usr/lib/postfix
meta_directory = /etc/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = /var/log/mail.log
alias_maps =
"""

    def __init__(self, lab):
        self._lab = lab
        self._tree = tree = Tree(lab.client, lab.folder / "relay")
        for name, owner, mode in (("var/spool/postfix", "root", 0o755), ("var/lib/postfix", "postfix", 0o700)):
            tree.folder(name, owner=owner, mode=mode)
        example = (tree.source / "usr/share/postfix/master.cf.dist").read_text(encoding="utf-8")
        services = [re.sub(r"^((?:\S+\s+){4})y", r"\1n", line) for line in example.splitlines()
                    if not re.match(r"#|smtp\s+inet", line)]
        tree.write("etc/postfix/main.cf", self.SETTINGS)
        tree.write("etc/postfix/master.cf", "\n".join(services) + "\n")
        for name in ("dynamicmaps.cf", "postfix-files"):
            if not tree.path(f"etc/postfix/{name}").exists():
                tree.install(tree.source / "usr/share/postfix" / name, f"etc/postfix/{name}")
        tree.write("tmp/message", TEXT)
        tree.write("etc/ca.pem", lab.sinks[0].ca.read_text())
        tree.write("etc/hosts", "127.0.0.1 localhost\n" + "".join(f"{each} smtp.lab.test\n" for each in SERVER.values()))
        lab.processes.append(tree.start("postfix", "start-fg"))
        lab.wait_for(lambda: "daemon started" in self._log(), "Postfix")

    def _log(self):
        path = self._tree.path("var/log/mail.log")
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def send(self, patience):
        """Seconds until the server has it; None: not within PATIENCE."""
        before, began = len(self._lab.messages()), time.monotonic()
        self._tree.run("sh", "-c", f"sendmail -f {SENDER} {RECIPIENT} </tmp/message")
        while len(self._lab.messages()) == before:
            if time.monotonic() - began > patience:
                self._tree.run("postsuper", "-d", "ALL", check=False)
                return None
            time.sleep(0.002)
        return time.monotonic() - began


# --- silence and refusals --------------------------------------------------------------

CLOSED = ("refused", "prohibited", "unreachable")


def times(lab, networks, runs):
    """Median seconds for each of NETWORKS: (rules, ports[, path-memory]), in turn, so that
    what disturbs the machine disturbs them all alike."""
    costs = {name: [] for name in networks}
    for _ in range(runs):
        for name, (rules, ports, *memory) in networks.items():
            lab.firewall(rules)
            costs[name].append(measure(lab, toukan(lab, *memory, ports=ports)))
    return {name: medians(each).seconds for name, each in costs.items()}


RIVALS_PATIENCE = 10  # s: they give up after minutes


def rival_time(lab, rival):
    """How long RIVAL takes to port 587, in words."""
    command = ["timeout", "--signal=KILL", RIVALS_PATIENCE, *rival(lab, "smtp.lab.test", 587, "starttls")]
    began = time.monotonic()
    done = lab.client.run([*map(str, command)], input=TEXT, check=False, env=lab.toukan.environment)
    seconds = time.monotonic() - began
    if seconds >= RIVALS_PATIENCE:
        return f"> {RIVALS_PATIENCE}"
    return f"{seconds:.3f}" if done.returncode == 0 else f"fails after {seconds:.3f}"


def rivals_times(rules):
    """The cells of all rivals, each of which has the one port that it is given."""
    with Lab() as lab, concurrent.futures.ThreadPoolExecutor() as pool:
        lab.sink("--mechanisms", "PLAIN")
        relay = PostfixRelay(lab) if HAVE_POSTFIX else None
        lab.firewall(rules)
        waiting = [pool.submit(rival_time, lab, rival) for rival in RIVALS]
        cells = [each.result() for each in waiting]
        if relay:
            seconds = relay.send(RIVALS_PATIENCE)
            cells.append(f"> {RIVALS_PATIENCE}" if seconds is None else f"{seconds:.3f}")
        return cells


def bench_ladder():
    ipv6 = "meta nfproto ipv6 tcp dport { 25, 587 }"
    networks = {"all open": [], "IPv6 silent": case("silent", ipv6)}
    networks |= {f"587 {name}": case(name, "tcp dport 587") for name in ("silent", *CLOSED)}
    rivals = {name: rivals_times(rules) for name, rules in networks.items()}
    rivals["587 silent, remembered"] = rivals["587 silent"]  # none of them remembers
    with Lab() as lab:
        lab.sink()
        slow = times(lab, {"direct": ([], "587"), "IPv6 silent": (case("silent", ipv6), "587, 25"),
                           "587 silent": (case("silent", "tcp dport 587"), "587, 25")}, runs=5)
        silent = case("silent", "tcp dport 587")
        times(lab, {"learnt": (silent, "587, 25", "yes")}, runs=1)
        quick = times(lab, {"direct": ([], "25"), "silent, remembered": (silent, "587, 25", "yes")} |
                      {name: (case(name, "tcp dport 587"), "587, 25") for name in CLOSED}, runs=21)
    table = Table("The ladder: one message, seconds", "network", "sent by", "direct send", *RIVAL_NAMES)
    table.row("all open", "587/IPv6", f"{slow['direct']:.3f}", *rivals["all open"], figure=slow["direct"])
    table.row("587 silent", "25/IPv6", f"{slow['direct']:.3f}", *rivals["587 silent"], figure=slow["587 silent"],
              limit=PORT_PATIENCE + 2 * ATTEMPT_DELAY + 0.3)
    table.row("IPv6 silent", "587/IPv4", f"{slow['direct']:.3f}", *rivals["IPv6 silent"], figure=slow["IPv6 silent"],
              limit=slow["direct"] + ATTEMPT_DELAY + 0.1)
    table = Table("The ladder: as a multiple of a direct send to 25", "network", "sent by", "seconds", *RIVAL_NAMES)
    for name in (*CLOSED, "silent, remembered"):
        table.row(f"587 {name}", "25/IPv6", f"{quick[name]:.3f}", *rivals[f"587 {name}"],
                  figure=quick[name] / quick["direct"], limit=1.2)


# --- round trips ---------------------------------------------------------------------

ONE_WAY = 0.05


def round_trips(lab, trace, sink, command):
    """From the first SYN to the final 250 as the client sees it.

    The sink's clock is tied to the trace's by the connection: it is accepted when the
    client's first segment without SYN has crossed the link."""
    trace.write_text("")
    seen = {kind: len(sink.events(kind)) for kind in ("connection", "message")}
    measure(lab, command)
    connection = sink.events("connection")[seen["connection"]]
    stored = sink.events("message")[seen["message"]]
    first, accepted = connect_times(trace.read_text())
    final = accepted + (stored["ms"] - connection["ms"]) / 1000 + ONE_WAY
    return (final - first) / (2 * ONE_WAY)


def connect_times(trace):
    """When the client's first SYN left, and when the server could accept it."""
    from_client = [line.split() for line in trace.splitlines() if line.endswith(" 0")]
    first = next(segment for segment in from_client if segment[3] == "S")
    answer = next(segment for segment in from_client if segment[1] == first[1] and segment[3] != "S")
    return float(first[0]), float(answer[0]) + ONE_WAY


def bench_round_trips():
    table = Table(f"Round trips at {2 * ONE_WAY * 1000:.0f} ms, TLS 1.3 and PLAIN, to the final 250",
                  "program", "port", "server")
    for port, listen, tls in ((587, "587/IPv6", "starttls"), (465, "465/implicit/IPv6", "implicit")):
        for chunking in (True, False):
            bench_port(table, port, listen, tls, chunking)


def bench_port(table, port, listen, tls, chunking):
    # Trips are whole; the fraction is the time that the programs themselves take.
    limit = (8 if port == 587 else 6) + (not chunking)
    server = "PIPELINING, CHUNKING" if chunking else "PIPELINING"
    trace = Lab.shared_path("trace")
    with Lab(delay=ONE_WAY * 1000, trace=trace) as lab:
        lab.hosts({"smtp.lab.test": ["2001:db8::10"]})
        options = ["--mechanisms", "PLAIN"] + ([] if chunking else ["--without", "CHUNKING"])
        sink = lab.sink(*options, paths=(listen,))
        ports = "465/implicit" if tls == "implicit" else str(port)
        found = round_trips(lab, trace, sink, toukan(lab, ports=ports))
        table.row("toukan", port, server, figure=found, limit=limit + 0.5)
        for rival in RIVALS if not chunking else []:
            try:
                found = round_trips(lab, trace, sink, rival(lab, "smtp.lab.test", port, tls))
            except RuntimeError as error:
                print(error, file=sys.stderr)
                continue
            table.row(rival.__name__, port, server, figure=found)


# --- the whole process -----------------------------------------------------------------

RUNS = 41


def interleaved(lab, commands, runs=RUNS):
    """Each command in turn, so that what disturbs the machine disturbs them all alike."""
    costs = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            costs[name].append(measure(lab, command))
    return {name: medians(each[1:]) for name, each in costs.items()}


MEMORY_ONLY = "toukan, outbox = no"


def bench_process():
    if curl not in RIVALS:
        print("\ncurl isn't installed: no comparison of whole processes")
        return
    table = Table("One process, one message over loopback: as a multiple of curl",
                  "program", "what", "milliseconds")
    peaks = {}
    for what, tls, limit in (("plain", None, 1.25), ("TLS + AUTH", "starttls", 1.0)):
        with Lab() as lab:
            found, fsyncs = process_costs(lab, tls)
            disk = fsyncs * fsync_seconds(lab.folder)
        curls = found["curl"].seconds
        for name, cost in found.items():
            table.row(name, what, f"{cost.seconds * 1000:.1f}", figure=cost.seconds / curls,
                      limit=limit if name == MEMORY_ONLY else None)
        table.row(f"toukan, but for {fsyncs} fsyncs", f"{what}, {disk * 1000:.1f} ms of fsync",
                  f"{(found['toukan'].seconds - disk) * 1000:.1f}", figure=(found["toukan"].seconds - disk) / curls,
                  limit=limit)
        peaks[what] = found
    table = Table("Peak memory, MiB", "program", "what")
    for what, found in peaks.items():
        for name, cost in found.items():
            table.row(name, what, figure=cost.peak_kib / 1024, limit=16 if name.startswith("toukan") else None)


def process_costs(lab, tls):
    """Client and server are one host here."""
    lab.hosts({"smtp.lab.test": ["127.0.0.1"]})
    lab.sink("--mechanisms", "PLAIN", paths=("127.0.0.1:587",), host=lab.client)
    account = {} if tls else {"tls": "off", "auth": "off"}
    command = toukan(lab, ports="587", **account)
    commands = {"toukan": command, MEMORY_ONLY: [*command[:2], "--set=outbox=no", *command[2:]]}
    for rival in RIVALS:
        if rival is not swaks:
            commands[rival.__name__] = rival(lab, "smtp.lab.test", 587, tls)
    return interleaved(lab, commands), count_fsyncs(lab, command)


# --- handing in --------------------------------------------------------------------------

SLOW_FSYNC = 5000  # µs


class PostfixDrop(PostfixRelay):
    """Postfix's sendmail, which leaves the message in its maildrop. Nobody fetches it there, but
    somebody answers who is told that there is something to fetch."""

    def __init__(self, lab):
        super().__init__(lab)
        self._tree.run("postfix", "stop", check=False)
        place = self._tree.path("var/spool/postfix/public/pickup")
        place.unlink(missing_ok=True)
        self._pickup = socket.socket(socket.AF_UNIX)
        self._pickup.bind(str(place))
        self._pickup.listen(1024)
        place.chmod(0o666)
        self._maildrop = self._tree.path("var/spool/postfix/maildrop")
        self.root, self.command = self._tree.root, ["/usr/sbin/sendmail", "-f", SENDER, RECIPIENT]

    def count(self):
        return sum(1 for _ in self._maildrop.iterdir())


def count_fsyncs(lab, command, root="/"):
    """How many of them COMMAND waits for, in files of the lab."""
    log = lab.folder / "calls"
    measure(lab, command, root=root)  # the first one makes the outbox
    measure(lab, command, root=root, around=[INJECT, "--root", lab.folder, "--log", log, "--"])
    calls = [line.split(" ")[1] for line in log.read_text(encoding="utf-8").splitlines()]
    return sum(1 for call in calls if call in ("fsync", "fdatasync"))


def fsync_seconds(folder, runs=41):
    """What it costs to make 4 KiB more of a file durable on this disk."""
    times = []
    with open(folder / "fsync", "wb", buffering=0) as file:
        for _ in range(runs):
            file.write(bytes(4096))
            began = time.monotonic()
            os.fdatasync(file.fileno())
            times.append(time.monotonic() - began)
    return statistics.median(times)


def handing_in(lab, command, postfix, around=()):
    costs = {"toukan": [], "Postfix": []}
    for _ in range(RUNS):
        costs["toukan"].append(measure(lab, command, around=around))
        costs["Postfix"].append(measure(lab, postfix.command, root=postfix.root, around=around))
    return {name: medians(each[1:]) for name, each in costs.items()}


def bench_enqueue():
    if not HAVE_POSTFIX:
        print("\nPostfix isn't unpacked, or this isn't root: no comparison of handing in")
        return
    with Lab() as lab:
        lab.sink()
        postfix = PostfixDrop(lab)
        here = toukan(lab, delivery="queue")
        fsyncs = {"toukan": count_fsyncs(lab, here), "Postfix": count_fsyncs(lab, postfix.command, postfix.root)}
        before = postfix.count()
        quick, slow = handing_in(lab, here, postfix), handing_in(lab, here, postfix, [INJECT, "--delay", SLOW_FSYNC, "--"])
        kept = postfix.count() - before
        if kept != 2 * RUNS:
            raise RuntimeError(f"{kept} messages are in Postfix's maildrop, not {2 * RUNS}")
        one = fsync_seconds(lab.folder)
    table = Table(f"Handing in, durably: as a multiple of Postfix's sendmail (an fsync of this disk takes "
                  f"{one * 1000:.2f} ms)", "program", "disk", "fsyncs", "milliseconds")
    for disk, costs in (("as it is", quick), (f"fsync takes {SLOW_FSYNC / 1000:.0f} ms more", slow)):
        for name, cost in costs.items():
            table.row(name, disk, fsyncs[name], f"{cost.seconds * 1000:.1f}",
                      figure=cost.seconds / costs["Postfix"].seconds, limit=0.8 if name == "toukan" else None)


def bench_merge():
    merging.bench_merge(BUILD / "toukan", Table)


def main():
    namespaces.enter(as_root=HAVE_POSTFIX)
    print("# What toukan costs")
    for bench in (bench_ladder, bench_round_trips, bench_process, bench_enqueue,
                  bench_merge):
        if not sys.argv[1:] or any(word in bench.__name__ for word in sys.argv[1:]):
            bench()
    sys.exit(1 if Table.over else 0)


if __name__ == "__main__":
    main()
