"""toukan-demo as people meet it: each fault, with root and without, with what it needs
and without it, in a terminal and in a pipe."""

import errno
import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import Skip, check_equal, main, test

BUILD = pathlib.Path(os.environ["top_builddir"])
NOBODY = 65534
TIMEOUT = 60

EX_USAGE, EX_UNAVAILABLE = 64, 69

# What the time line must say of 587 in both families, and the port that is chosen.
FAULTS = {
    "accepted": ({"accepted"}, 587),
    "refused": ({"refused"}, 25),
    # Over IPv4 Linux can't tell forbidden from unreachable.
    "prohibited": ({"prohibited", "unreachable"}, 25),
    "unreachable": ({"unreachable"}, 25),
    "silent": ({"silent"}, 25),
}


class Place:
    """A folder that an ordinary user may enter, with the programs and a TMPDIR in it."""

    def __init__(self):
        self.holder = tempfile.TemporaryDirectory(prefix="test-demo-")
        self.folder = pathlib.Path(self.holder.name)
        self.folder.chmod(0o755)
        for name in ("toukan-demo", "toukan-sink"):
            shutil.copy(BUILD / name, self.folder / name)
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        self.temporary.chmod(0o777)
        self.demo = str(self.folder / "toukan-demo")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.holder.cleanup()

    def environment(self, **more):
        keep = {name: os.environ[name] for name in os.environ if name.endswith("SAN_OPTIONS")}
        return {"PATH": "/usr/bin:/bin", "TMPDIR": str(self.temporary), "LC_ALL": "C.UTF-8", **keep, **more}

    def run(self, *arguments, before=(), stdin=b"", **environment):
        result = subprocess.run(
            [*before, self.demo, *arguments],
            input=stdin,
            capture_output=True,
            env=self.environment(**environment),
            timeout=TIMEOUT,
            check=False,
        )
        result.text = result.stdout.decode("utf-8", "replace")
        result.words = result.stderr.decode("utf-8", "replace")
        return result

    def check_clean(self):
        check_equal(os.listdir(self.temporary), [], "what is left in the temporary folder")
        left = subprocess.run(["pgrep", "-f", str(self.folder)], capture_output=True, text=True, check=False)
        check_equal(left.stdout, "", "processes left behind")


def as_nobody():
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def without_namespaces():
    script = (
        "echo 0 >/proc/sys/user/max_user_namespaces; "
        'exec setpriv --bounding-set=-all --inh-caps=-all "$@"'
    )
    return ["unshare", "-Urm", "sh", "-c", script, "sh"]


def without_nft():
    nft = shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin:/bin")
    return ["unshare", "-Urm", "sh", "-c", f'mount --bind /dev/null {nft}; exec "$@"', "sh"]


def check_delivered(result):
    if result.returncode != 0:
        raise AssertionError(f"status {result.returncode}\n{result.text}\n{result.words}")
    assert "Arrived in /" in result.text, result.text
    assert "verified for" in result.text, result.text
    assert re.search(r"login\s.*(SCRAM|PLAIN)", result.text), result.text


def check_timeline(text, words, port):
    """Every row on the port in question ends as it must; the chosen one is on PORT."""
    rows = [line for line in text.splitlines() if re.match(r"\s+\d+/IPv[46]\s", line)]
    assert rows, text
    ends = [row for row in rows if re.match(r"\s+\d*587/", row)]
    for row in ends:
        assert any(word in row for word in words), f"{row!r} says none of {words}\n{text}"
    chosen = [row for row in rows if "chosen" in row]
    assert any(re.match(rf"\s+\d*{port}/", row) for row in chosen), text


def check_fault(fault, before):
    words, port = FAULTS[fault]
    with Place() as place:
        result = place.run("--fault", fault, before=before)
        check_delivered(result)
        check_timeline(result.text, words, port)
        check_second(result.text, fault)
        assert "\x1b" not in result.text, "escape sequences in a pipe"
        place.check_clean()


def check_second(text, fault):
    """The second message waits for nothing, and it is said what that saved."""
    _, found, second = text.partition("A second message, right after it:")
    assert found, text
    rows = [line for line in second.splitlines() if re.match(r"\s+\d+/IPv[46]\s", line)]
    if fault == "silent":
        assert rows and not any(re.match(r"\s+\d*587/", row) for row in rows), text
        saved = re.search(r"straight to the path that had worked: ([\d.]+) s saved", second)
        assert saved and 2 < float(saved.group(1)) < 4, text
    else:
        assert "There was nothing to save" in second, text


for case in FAULTS:
    test(f"{case}, as the user who runs the tests", case, [])(check_fault)
    test(f"{case}, as an ordinary user", case, as_nobody())(check_fault)
for case in ("accepted", "refused", "silent"):
    test(f"{case}, without nft", case, without_nft())(check_fault)
    test(f"{case}, without namespaces", case, without_namespaces())(check_fault)


@test("without nft it says so, and how to get it")
def _():
    with Place() as place:
        result = place.run(before=without_nft())
        assert "nftables" in result.text, result.text


@test("without namespaces it says so, how to enable them, and which ports stand for which")
def _():
    with Place() as place:
        result = place.run(before=without_namespaces())
        for words in ("sysctl user.max_user_namespaces", "stands for 587", "for 25", "queue is full"):
            assert words in result.text, result.text


def check_not_here(fault, before):
    with Place() as place:
        result = place.run("--fault", fault, before=before)
        check_equal(result.returncode, EX_UNAVAILABLE, "status")
        check_equal(result.text, "", "standard output")
        assert "accepted, refused, silent" in result.words, result.words
        place.check_clean()


for case in ("prohibited", "unreachable"):
    test(f"{case} can't be shown without nft, and it says so", case, without_nft())(check_not_here)
    test(f"{case} can't be shown without namespaces, and it says so", case, without_namespaces())(check_not_here)


def arrived(result, place):
    file = re.search(r"Arrived in (/\S+):", result.text).group(1)
    assert file.startswith(str(place.temporary)), file
    return pathlib.Path(file).read_bytes().replace(b"\r\n", b"\n")


@test("a text on standard input arrives octet for octet")
def _():
    text = b"first line\n.\n..dots\n\nFrom the middle of a text\n\ttab and trailing space \nlast\n"
    with Place() as place:
        result = place.run("--fault", "accepted", "--keep", stdin=text)
        check_delivered(result)
        _, _, body = arrived(result, place).partition(b"\n\n")
        check_equal(body, text, "the body that arrived")


@test("a message on standard input arrives with its own header, octet for octet")
def _():
    message = b"Subject: mine\nX-Odd:   two  spaces\nFrom: me@demo.test\nTo: friend@demo.test\n\nbody\n.\nend\n"
    with Place() as place:
        result = place.run("--fault", "accepted", "--keep", stdin=message)
        check_delivered(result)
        whole = arrived(result, place)
        head, _, body = message.partition(b"\n\n")
        for line in head.split(b"\n"):
            assert line in whole.split(b"\n"), f"{line!r} is not in {whole!r}"
        check_equal(whole.partition(b"\n\n")[2], body, "the body that arrived")


@test("a closed standard input sends the sample")
def _():
    with Place() as place:
        result = place.run("--fault", "accepted", before=["sh", "-c", 'exec "$@" <&-', "sh"])
        check_delivered(result)


@test("LC_ALL=C: nothing beyond ASCII is written")
def _():
    with Place() as place:
        result = place.run("--fault", "refused", LC_ALL="C")
        check_delivered(result)
        assert all(octet < 128 for octet in result.stdout), result.text


@test("UTF-8 locales get lines")
def _():
    with Place() as place:
        result = place.run("--fault", "refused")
        assert "─" in result.text or "╳" in result.text, result.text


@test("wrong options end with 64 and name what is right")
def _():
    with Place() as place:
        for arguments in (["--fault", "nonsense"], ["surplus"], ["--nonsense"]):
            result = place.run(*arguments)
            check_equal(result.returncode, EX_USAGE, f"status of {arguments}")
            assert result.words.startswith("toukan demo: "), result.words
        assert "accepted, refused, prohibited" in place.run("--fault", "nonsense").words


@test("without its server it says which program is missing")
def _():
    with Place() as place:
        (place.folder / "toukan-sink").unlink()
        result = place.run("--fault", "accepted")
        if result.returncode == 0:
            raise Skip("toukan-sink is installed on this system too")
        check_equal(result.returncode, EX_UNAVAILABLE, "status")
        assert "toukan-sink" in result.words, result.words
        place.check_clean()


# --- a terminal ----------------------------------------------------------------


def read_all(descriptor):
    octets = b""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline and select.select([descriptor], [], [], 1) is not None:
        try:
            piece = os.read(descriptor, 65536)
        except OSError as error:  # Linux says EIO once the other side is closed
            if error.errno != errno.EIO:
                raise
            return octets
        if not piece:
            return octets
        octets += piece
    raise AssertionError("it doesn't end")


def run_in_terminal(place, *arguments, columns=0, **environment):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 100 if columns else 0, columns, 0, 0))
    process = subprocess.Popen(
        [place.demo, *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=place.environment(**environment),
        start_new_session=True,
    )
    os.close(slave)
    output = read_all(master)
    os.close(master)
    check_equal(process.wait(TIMEOUT), 0, "status")
    return output.decode()


@test("in a terminal it draws in place, with colours")
def _():
    with Place() as place:
        output = run_in_terminal(place, TERM="xterm")
        assert re.search(r"\x1b\[\d+A", output), "the cursor never moves up"
        assert "\x1b[31m" in output or "\x1b[32m" in output, "no colours"
        assert output.count("587/IPv6") > 20, "the bars don't grow"
        place.check_clean()


@test("NO_COLOR: it draws in place, without colours")
def _():
    with Place() as place:
        output = run_in_terminal(place, "--fault", "refused", TERM="xterm", NO_COLOR="1")
        assert "\x1b[K" in output
        assert not re.search(r"\x1b\[\d*m", output), "colours"


@test("a dumb terminal gets plain lines")
def _():
    with Place() as place:
        assert "\x1b" not in run_in_terminal(place, "--fault", "refused", TERM="dumb")


def screen(output):
    """What stands on the screen in the end. The demo writes whole lines, and moves up."""
    lines, row = [""], 0
    for piece in re.split(r"(\x1b\[\d*[A-Za-z]|\n)", output.replace("\r", "")):
        if up := re.fullmatch(r"\x1b\[(\d+)A", piece):
            row -= int(up.group(1))
        elif piece == "\x1b[J":
            lines[row:] = [""]
        elif piece == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif piece and not piece.startswith("\x1b"):
            lines[row] = piece
    return lines


def without_figures(lines):
    """Times and bars are never the same twice."""
    text = re.sub(r"[\d.]+ m?s\b", "TIME", "\n".join(lines))
    return [" ".join(re.sub(r"[─━]+", "─", line).replace("─●", "●").split()) for line in text.splitlines() if line.strip()]


@test("README.md shows what the demo shows, in a terminal of 81 columns")
def _():
    readme = (pathlib.Path(os.environ["top_srcdir"]) / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```\n(.*?)```\n", readme, re.DOTALL).group(1).splitlines()
    assert max(len(line) for line in shown) <= 80, shown
    with Place() as place:
        found = without_figures(screen(run_in_terminal(place, columns=81, TERM="xterm", NO_COLOR="1")))
    for line in without_figures(shown):
        assert line in found, f"{line!r} is not in {found}"
        del found[: found.index(line) + 1]


# --- being interrupted -----------------------------------------------------------


def check_interrupted(number):
    with Place() as place:
        process = subprocess.Popen(
            [place.demo], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=place.environment()
        )
        for line in process.stdout:
            if b"587/IPv4" in line:
                break
        process.send_signal(number)
        process.stdout.read()
        check_equal(process.wait(TIMEOUT), 128 + number, "status")
        place.check_clean()


for name in ("SIGINT", "SIGTERM", "SIGHUP"):
    test(f"{name} in the middle leaves nothing behind", getattr(signal, name))(check_interrupted)


@test("its server doesn't outlive it when it is killed")
def _():
    with Place() as place:
        process = subprocess.Popen(
            [place.demo], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=place.environment()
        )
        for line in process.stdout:
            if b"587/IPv4" in line:
                break
        process.kill()
        process.wait()
        deadline = time.monotonic() + 10
        while subprocess.run(["pgrep", "-f", str(place.folder)], capture_output=True, check=False).stdout:
            assert time.monotonic() < deadline, "a process is left"
            time.sleep(0.05)


main()
