#!/usr/bin/env python3
"""The system outbox: users without a configuration, one agent for all, and what none of
them may do to another. As www-data, nobody and root, so it takes root."""

import contextlib
import email
import encodings.idna  # noqa: F401  # before we are a user who can't read Python's folder
import itertools
import os
import pathlib
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import time

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2]).resolve()
BUILD = pathlib.Path(os.environ.get("top_builddir") or TOP / "build").resolve()
sys.path[:0] = [str(TOP / "tests/lib"), str(TOP / "tests/lab")]

from lab.namespaces import die_with_parent, enter  # noqa: E402
from tap import check_equal, main, skip_all, test  # noqa: E402

if os.geteuid() != 0:
    skip_all("only root can become other users")
enter(as_root=True)

TOUKAN, WWW_DATA, NOBODY, ROOT = 64990, 33, 65534, 0
USERS = {"www-data": WWW_DATA, "nobody": NOBODY, "root": ROOT}
RUN, STATE = pathlib.Path("/run/toukan"), pathlib.Path("/var/lib/toukan")
SUBMIT, QUERY = RUN / "submit.sock", RUN / "query.sock"
CONFIG, BIN = pathlib.Path("/run/config"), pathlib.Path("/run/bin")
ADDRESS, PORT = "198.51.100.7", 2525
ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
ENVIRONMENT.update({key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")})
MESSAGE = "To: friend@example.net\nSubject: {}\n\nHello.\n"


def shell(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def build_house():
    """A machine as after `make install`, in namespaces of our own."""
    shell("ip", "link", "set", "lo", "up")
    shell("ip", "addr", "add", f"{ADDRESS}/24", "dev", "lo")
    for place in ("/run", "/var/lib"):
        shell("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", place)
    for folder, mode, owner in ((RUN, 0o755, TOUKAN), (STATE, 0o700, TOUKAN), (BIN, 0o755, ROOT)):
        folder.mkdir()
        os.chown(folder, owner, owner)
        folder.chmod(mode)
    shutil.copy(BUILD / "toukan", BIN / "toukan")
    for name in ("sendmail", "mailq"):
        (BIN / name).symlink_to("toukan")


def as_user(uid, *command):
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *map(str, command)]


def wait_for(condition, what, seconds=20):
    for _ in range(seconds * 50):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {seconds} s")


def is_served(path):
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


class Agent:
    """`toukan agent --system` as systemd starts it."""

    def __init__(self, state=STATE):
        self.errors = open("/run/agent.errors", "a+", encoding="utf-8")
        self.process = subprocess.Popen(
            as_user(TOUKAN, BIN / "toukan", "agent", "--system", f"--set=state-dir={state}"),
            env={**ENVIRONMENT, "TOUKAN_CONFIG": str(CONFIG), "HOME": str(state)},
            stdout=self.errors, stderr=self.errors, preexec_fn=die_with_parent)
        wait_for(lambda: self.process.poll() is not None or is_served(QUERY), "the agent")
        if self.process.returncode is not None:
            self.errors.seek(0)
            raise RuntimeError(f"the agent ended with {self.process.returncode}: {self.errors.read()}")
        ask("list")  # who listens may not be ready for signals yet

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(30)


class Sink:
    def __init__(self, folder):
        self.maildir = pathlib.Path(folder) / "maildir"
        self.process = subprocess.Popen([BUILD / "toukan-sink", "--listen", f"{ADDRESS}:{PORT}", "--maildir",
                                         self.maildir, "--tls-dir", folder],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        preexec_fn=die_with_parent)
        wait_for(self._listens, "the sink")

    @staticmethod
    def _listens():
        with socket.socket() as probe:
            return probe.connect_ex((ADDRESS, PORT)) == 0

    def messages(self):
        return [email.message_from_bytes(path.read_bytes()) for path in sorted((self.maildir / "new").glob("*"))]

    def wait(self, n):
        wait_for(lambda: len(self.messages()) >= n, f"{n} messages at the sink")
        time.sleep(0.2)
        messages = self.messages()
        check_equal(len(messages), n, "messages at the sink")
        return messages

    def end(self):
        self.process.kill()
        self.process.wait()


NUMBERS = itertools.count()


@contextlib.contextmanager
def house(sink=True, agent=True, options="", state=STATE):
    """The agent and its server; what is left of earlier tests is gone."""
    for path in [*state.iterdir(), *RUN.iterdir()]:
        path.unlink()
    CONFIG.write_text("[account machine]\nfrom = Machine <machine@example.org>\nrewrite-from = if-local\n"
                      f"host = {ADDRESS}\nports = {PORT}\ntls = off\nuser = machine\npassword = the secret\n"
                      f"auth-without-tls = yes\nauth = off\nin-doubt = resend\n{options}", encoding="utf-8")
    os.chown(CONFIG, ROOT, TOUKAN)
    CONFIG.chmod(0o640)
    folder = pathlib.Path(f"/run/sink-{next(NUMBERS)}")
    folder.mkdir()
    server = Sink(folder) if sink else None
    service = Agent(state) if agent else None
    try:
        yield service, server
    finally:
        if service and service.process.poll() is None:
            service.end(signal.SIGKILL)
        if server:
            server.end()


def run(uid, *command, text=None, status=0):
    """Runs COMMAND as UID, with no configuration of its own; its output and its complaints."""
    done = subprocess.run(as_user(uid, *command), input=text, env=ENVIRONMENT, text=True, capture_output=True,
                          timeout=60, check=False)
    if done.returncode != status:
        raise AssertionError(f"{command} as {uid} ends with {done.returncode}, not {status}: {done.stderr}")
    return done.stdout, done.stderr


def run_quietly(uid, *command):
    """The status, whatever it is."""
    return subprocess.run(as_user(uid, *command), env=ENVIRONMENT, capture_output=True, timeout=60,
                          check=False).returncode


def send(uid, subject, status=0, text=None):
    return run(uid, BIN / "sendmail", "-t", "-i", text=text or MESSAGE.format(subject), status=status)[1]


def queue(uid):
    """What mailq shows: numbers."""
    return [int(number) for number in re.findall(r"^(\d+)[*!]? ", run(uid, BIN / "mailq")[0], re.MULTILINE)]


def as_child(uid, function):
    """Calls FUNCTION as UID, in a child whose failure is ours."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            function()
            status = 0
        except BaseException as error:  # pylint: disable=broad-except
            print(f"# as {uid}: {error!r}", flush=True)
        os._exit(status)
    check_equal(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0, f"what {uid} does")


class UnixSmtp(smtplib.SMTP):
    """Python's client at the system outbox's socket."""

    def _get_socket(self, host, port, timeout):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(timeout)
        connection.connect(host)
        return connection


def ask(question):
    with socket.socket(socket.AF_UNIX) as query:
        query.connect(str(QUERY))
        query.sendall(question.encode() + b"\n")
        with query.makefile() as answer:
            return answer.read()


# ---- handing over -----------------------------------------------------------------

for each_name, each_uid in USERS.items():

    @test(f"{each_name} sends by the system's account", each_name, each_uid)
    def _(name, uid):
        with house() as (_agent, sink):
            check_equal(send(uid, "hello"), "", "complaints")
            arrived, = sink.wait(1)
            check_equal(arrived["X-Envelope-From"], "machine@example.org", "sender")
            check_equal(email.utils.parseaddr(arrived["From"])[1], "machine@example.org", "From")
            check_equal(arrived["X-Envelope-To"], "friend@example.net", "recipient")
            check_equal(name in arrived["Reply-To"], True, f"{name} in Reply-To {arrived['Reply-To']}")
            check_equal(bool(arrived["Date"] and arrived["Message-ID"]), True, "Date and Message-ID")
            check_equal("localhost" in str(arrived), False, "localhost went out")


@test("what cron sends to root gets the account's domain")
def _():
    with house() as (_agent, sink):
        run(ROOT, BIN / "sendmail", "-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-t", "-f", "root",
            text="From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@vm> true\n\ndone\n")
        arrived, = sink.wait(1)
        check_equal(arrived["X-Envelope-To"], "root@example.org", "recipient")
        check_equal(arrived["To"], "root@example.org", "To")


@test("Bcc's recipients get it and Bcc doesn't")
def _():
    with house() as (_agent, sink):
        send(WWW_DATA, "", text="To: a@example.net\nBcc: b@example.net\nSubject: x\n\n.\nend\n")
        arrived, = sink.wait(1)
        check_equal(sorted(arrived.get_all("X-Envelope-To")), ["a@example.net", "b@example.net"], "recipients")
        check_equal(arrived["Bcc"], None, "Bcc")
        check_equal(arrived.get_payload().replace("\r", ""), ".\nend\n", "body")


@test("a large message from a pipe")
def _():
    with house() as (_agent, sink):
        lines = "".join(f"{number:070}\n" for number in range(100_000))
        send(NOBODY, "", text=f"To: a@example.net\nSubject: large\n\n{lines}")
        arrived, = sink.wait(1)
        check_equal(arrived.get_payload().replace("\r", ""), lines, "body")


@test("-bs is the socket's own conversation, here with Python's smtplib")
def _():
    class Piped(smtplib.SMTP):
        def _get_socket(self, host, port, timeout):
            ours, theirs = socket.socketpair()
            with theirs:
                self.server = subprocess.Popen(as_user(NOBODY, BIN / "sendmail", "-bs"), stdin=theirs, stdout=theirs,
                                               env=ENVIRONMENT)
            return ours

    with house() as (_agent, sink):
        client = Piped("pipe", 25)
        for number in range(3):
            check_equal(client.sendmail("nobody", ["friend@example.net"], f"Subject: {number}\n\nHi.\n"), {},
                        "refused")
        client.quit()
        check_equal(client.server.wait(20), 0, "status of -bs")
        sink.wait(3)


@test("-bs over pipes that end at once")
def _():
    with house() as (_agent, sink):
        said = ("EHLO x\r\nMAIL FROM:<nobody>\r\nRCPT TO:<friend@example.net>\r\nDATA\r\nSubject: x\r\n\r\nHi.\r\n.\r\n"
                "QUIT\r\n")
        heard, _errors = run(NOBODY, BIN / "sendmail", "-bs", text=said)
        check_equal(re.findall(r"^(\d+) ", heard, re.MULTILINE), "220 250 250 250 354 250 221".split(), "replies")
        sink.wait(1)


@test("what can't be sent is refused with the reason")
def _():
    with house() as (_agent, sink):
        hops = "Received: from a by b; Sun, 1 Nov 2026 00:00:00 +0000\n" * 120
        run(NOBODY, BIN / "sendmail", "-i", "friend@example.net", text=f"{hops}Subject: x\n\n.\n", status=69)
        check_equal(sink.messages(), [], "messages")


# ---- when it can't be handed over ----------------------------------------------------

@test("without an agent: status 75 and one line")
def _():
    with house() as (agent, _sink):
        agent.end(signal.SIGKILL)
        for uid in USERS.values():
            errors = send(uid, "hello", status=75)
            check_equal(("doesn't answer" in errors, len(errors.splitlines())), (True, 1), errors)
        run(NOBODY, BIN / "mailq", status=75)
        run(NOBODY, BIN / "sendmail", "-bs", status=75)


@test("without any configuration and without a system outbox the first steps are shown")
def _():
    with house(agent=False):
        errors = send(NOBODY, "hello", status=78)
        check_equal("five lines" in errors and "agent --system" in errors, True, errors)


@test("a user's own configuration goes first")
def _():
    with house() as (_agent, sink):
        home = pathlib.Path("/run/home")
        (home / ".config/toukan").mkdir(parents=True, exist_ok=True)
        (home / ".config/toukan/config").write_text(
            f"[account own]\nfrom = own@example.com\nhost = {ADDRESS}\nports = {PORT}\ntls = off\nauth = off\n"
            "outbox = no\npath-memory = no\n", encoding="utf-8")
        subprocess.run(as_user(NOBODY, BIN / "sendmail", "-t"), input=MESSAGE.format("own"), text=True, check=True,
                       env={**ENVIRONMENT, "HOME": str(home)})
        arrived, = sink.wait(1)
        check_equal(arrived["X-Envelope-From"], "own@example.com", "sender")


@contextlib.contextmanager
def small_disk(size):
    state = pathlib.Path("/var/lib/small")
    state.mkdir()
    shell("mount", "-t", "tmpfs", "-o", f"size={size},mode=700,uid={TOUKAN},gid={TOUKAN}", "tmpfs", state)
    try:
        yield state
    finally:
        shell("umount", "-l", state)
        state.rmdir()


@test("a disk that is nearly full: users get 75, root's mail still goes")
def _():
    with small_disk("8m") as state, house(state=state) as (_agent, sink):
        errors = send(NOBODY, "hello", status=75)
        check_equal("No room on the disk" in errors, True, errors)
        send(ROOT, "the disk is full")
        sink.wait(1)


@test("a full disk: 75, and nothing that was taken is lost")
def _():
    with small_disk("4m") as state, house(state=state, sink=False) as (agent, _sink):
        taken = 0
        text = "To: a@example.net\nSubject: fill\n\n" + "x" * 70 + "\n"
        text += ("y" * 70 + "\n") * 3000
        for _ in range(50):
            done = subprocess.run(as_user(ROOT, BIN / "sendmail", "-t"), input=text, text=True, env=ENVIRONMENT,
                                  capture_output=True, check=False)
            if done.returncode != 0:
                break
            taken += 1
        check_equal((done.returncode, "No room" in done.stderr), (75, True), done.stderr)
        check_equal(taken > 3, True, "some were taken")
        check_equal(len(queue(ROOT)), taken, "rows")
        agent.end(signal.SIGKILL)
        again = Agent(state)
        check_equal(len(queue(ROOT)), taken, "rows after kill -9")
        again.end(signal.SIGKILL)


# ---- durable ------------------------------------------------------------------------------

@test("killed right after 250: the message is there, and goes out once")
def _():
    with house(sink=False) as (agent, _sink):
        for number in range(5):
            send(WWW_DATA, str(number))
            agent.end(signal.SIGKILL)
            agent = Agent()
            check_equal(len(queue(WWW_DATA)), number + 1, "rows")
        folder = pathlib.Path(f"/run/sink-{next(NUMBERS)}")
        folder.mkdir()
        sink = Sink(folder)
        for number in queue(WWW_DATA):
            ask(f"retry {number}")
        arrived = sink.wait(5)
        check_equal(sorted(message["Subject"] for message in arrived), list("01234"), "subjects")
        agent.end(signal.SIGKILL)
        sink.end()


@test("killed at any moment: status 0 only where the message was kept")
def _():
    with house(sink=False) as (agent, _sink):
        kept = 0
        for step in range(20):
            client = subprocess.Popen(as_user(NOBODY, BIN / "sendmail", "-t"), stdin=subprocess.PIPE, env=ENVIRONMENT,
                                      stderr=subprocess.DEVNULL, text=True)
            client.stdin.write(MESSAGE.format(step))
            client.stdin.close()
            time.sleep(step * 0.003)
            agent.end(signal.SIGKILL)
            kept += client.wait(30) == 0
            agent = Agent()
            rows = len(queue(NOBODY))
            check_equal(kept <= rows <= step + 1, True, f"{kept} were promised, {rows} are there")
        agent.end(signal.SIGKILL)


@test("SIGTERM ends it tidily, SIGHUP keeps the doors open")
def _():
    with house() as (agent, sink):
        for number in range(10):
            agent.process.send_signal(signal.SIGHUP)
            send(NOBODY, str(number))
        sink.wait(10)
        check_equal(agent.end(), 0, "status")


# ---- whose is it? ---------------------------------------------------------------------------

@test("mailq shows a user his own rows, and root all")
def _():
    with house(sink=False):
        send(WWW_DATA, "one")
        send(NOBODY, "two")
        send(ROOT, "three")
        check_equal([queue(uid) for uid in (WWW_DATA, NOBODY, ROOT, 12345)], [[1], [2], [1, 2, 3], []], "rows")
        for mailq in ([BIN / "mailq"], [BIN / "sendmail", "-bp"]):
            check_equal("www-data" in run(NOBODY, *mailq)[0], False, "another's row")


@test("a user cancels his own rows and nobody else's")
def _():
    with house(sink=False):
        send(WWW_DATA, "one")
        send(NOBODY, "two")
        as_child(NOBODY, lambda: check_equal(ask("cancel 1"), '{"result":"unknown"}\n', "another's"))
        as_child(NOBODY, lambda: check_equal("done" in ask("cancel 2") or "busy" in ask("cancel 2"), True, "own"))
        wait_for(lambda: queue(ROOT) == [1], "one is left")


@test("toukan outbox holds, releases and cancels what is there, for whoever has no configuration")
def _():
    with house(sink=False):
        send(WWW_DATA, "one")
        send(NOBODY, "two")
        toukan = BIN / "toukan"
        check_equal(run(NOBODY, toukan, "outbox", "cancel", "1", status=64)[1],
                    "toukan: there is no message 1 in the outbox\n", "another's")
        check_equal(run(NOBODY, toukan, "outbox", "cancel", "all", status=64)[0], "", "all")
        wait_for(lambda: run_quietly(NOBODY, toukan, "outbox", "hold", "2") == 0, "held")
        check_equal(run(NOBODY, toukan, "outbox", "release", "2")[0], "message 2: released\n", "release")
        wait_for(lambda: run_quietly(NOBODY, toukan, "outbox", "cancel", "2") == 0, "cancelled")
        wait_for(lambda: queue(ROOT) == [1], "one is left")


@test("nobody can read the secret or the mail")
def _():
    def try_to_read():
        for path in (CONFIG, STATE / "outbox.sqlite3", STATE, f"/proc/{agent.process.pid}/mem",
                     f"/proc/{agent.process.pid}/environ"):
            try:
                os.listdir(path) if pathlib.Path(path).is_dir() else open(path, "rb")
            except PermissionError:
                continue
            raise AssertionError(f"{path} can be read")

    with house(sink=False) as (agent, _sink):
        send(WWW_DATA, "secret")
        as_child(NOBODY, try_to_read)
        for path in STATE.iterdir():
            check_equal(path.stat().st_mode & 0o077, 0, f"mode of {path}")
        # Not even to the user that it runs as: it leaves no core either.
        check_equal(os.stat(f"/proc/{agent.process.pid}/mem").st_uid, ROOT, "owner of its memory")


@test("it doesn't run as root")
def _():
    errors = run(ROOT, BIN / "toukan", "agent", "--system", status=64)[1]
    check_equal("doesn't run as root" in errors, True, errors)


@test("nobody can take the sockets' place")
def _():
    with house() as (_agent, _sink):
        def try_to_replace():
            for path in (SUBMIT, QUERY):
                try:
                    os.unlink(path)
                except PermissionError:
                    continue
                raise AssertionError(f"{path} can be removed")

        as_child(NOBODY, try_to_replace)


# ---- hostile users ----------------------------------------------------------------------------

@test("one who takes all places, floods and never reads holds up nobody else")
def _():
    def be_a_nuisance():
        crowd = []
        for number in range(60):
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(str((SUBMIT, QUERY)[number % 3 == 2]))
            connection.setblocking(False)
            with contextlib.suppress(OSError):
                connection.send((b"NOOP\r\n" * 20000, b"EHLO half a line", b"list\n")[number % 3])
            crowd.append(connection)
        start = time.monotonic()
        with open("/run/nuisance", "w", encoding="utf-8"):
            pass
        while time.monotonic() - start < 20 and not pathlib.Path("/run/enough").exists():
            for connection in crowd:
                with contextlib.suppress(OSError):
                    connection.send(b"NOOP\r\n" * 100)
            time.sleep(0.01)

    with house() as (agent, sink):
        for name in ("nuisance", "enough"):
            pathlib.Path("/run", name).unlink(missing_ok=True)
        pathlib.Path("/run").chmod(0o777)
        child = os.fork()
        if child == 0:
            try:
                as_child(NOBODY, be_a_nuisance)
            finally:
                os._exit(0)
        wait_for(pathlib.Path("/run/nuisance").exists, "the nuisance")
        start = time.monotonic()
        for number in range(5):
            send(WWW_DATA, str(number))
        sink.wait(5)
        took = time.monotonic() - start
        check_equal(took < 10, True, f"it took {took} s")
        pathlib.Path("/run/enough").touch()
        os.waitpid(child, 0)
        pathlib.Path("/run").chmod(0o755)
        check_equal(agent.process.poll(), None, "the agent's status")


@test("addresses smuggle nothing")
def _():
    with house() as (_agent, sink):
        def try_addresses():
            client = UnixSmtp(str(SUBMIT), 25, timeout=10)
            client.ehlo()
            for command in ("MAIL FROM:<a@b.c>\rRCPT TO:<d@e.f>", "MAIL FROM:<a b@c.d>", "MAIL FROM:<a@b.c> AUTH=x y",
                            "MAIL FROM:<a@b.c>> SIZE=1", "MAIL FROM:<a@b.c> SOLICIT=x",
                            'MAIL FROM:<"a\n"@b.c>'):
                client.send(f"{command}\r\n")
                check_equal(client.getreply()[0] // 100, 5, command)
            client.close()
            client = UnixSmtp(str(SUBMIT), 25, timeout=10)
            client.ehlo()
            check_equal(client.docmd("MAIL FROM:<nobody>")[0], 250, "MAIL")
            for address in ("|id", "/etc/passwd", "-oQ/tmp"):
                check_equal(client.docmd(f"RCPT TO:<{address}>")[0], 553, address)
            client.close()

        as_child(NOBODY, try_addresses)
        time.sleep(0.3)
        check_equal(sink.messages(), [], "messages")


build_house()
if __name__ == "__main__":
    main()
