"""A terminal for the composer: tmux without anybody's configuration, and a toukan-sink."""

import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from gate import Gate

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
BUILD = pathlib.Path(os.environ.get("top_builddir") or TOP / "build")
PATIENCE = 15


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Stage:
    """`toukan` in a terminal of its own. Keys go in by names of tmux, what is seen comes out as lines."""

    def __init__(self, width=80, height=24, config="", locale="C.UTF-8", environment=None):
        self.folder = tempfile.TemporaryDirectory(prefix="test-composer-")
        self.path = pathlib.Path(self.folder.name)
        self.width, self.height = width, height
        self.port = free_port()
        self.configure(config)
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.path), "XDG_STATE_HOME": str(self.path / "state"),
                            "XDG_RUNTIME_DIR": str(self.path), "TMPDIR": str(self.path), "TOUKAN_CONFIG": str(self.path / "config"),
                            "LC_ALL": locale, "LANGUAGE": "C", "TERM": "tmux-256color", "TZ": "UTC", "ASAN_OPTIONS": "detect_leaks=0",
                            **(environment or {})}
        self.server = None
        self.gate = None
        self.runs = 0
        self.has_terminal = False

    def configure(self, options=""):
        """Writes the configuration: what every story needs, then OPTIONS."""
        tls = "" if "\ntls = " in f"\n{options}" else "tls = off\n"
        (self.path / "config").write_text(
            "[account work]\nfrom = Hanako <hanako@example.org>\nhost = 127.0.0.1\n"
            f"ports = {self.port}\nnotify = no\n{tls}{options}", encoding="utf-8")
        (self.path / "config").chmod(0o600)

    def file(self, name, content):
        """A file to attach: its path. CONTENT: its octets, or how many."""
        path = self.path / name
        if isinstance(content, int):
            with open(path, "wb") as file:
                file.truncate(content)
        else:
            path.write_bytes(content)
        return str(path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(self._tmux("kill-server"), stderr=subprocess.DEVNULL, check=False)
        if self.gate:
            self.gate.close()
        if self.server:
            self.server.send_signal(signal.SIGTERM)
            self.server.wait()
        self.folder.cleanup()

    def _tmux(self, *words):
        return ["tmux", "-S", str(self.path / "tmux"), "-f", "/dev/null", *words]

    def sink(self, *options, hold=None):
        """Starts toukan-sink; behind a gate that holds it at the moment HOLD, if given (gate.MOMENTS)."""
        port = free_port() if hold else self.port
        self.server = subprocess.Popen(
            [BUILD / "toukan-sink", "--listen", f"127.0.0.1:{port}", "--maildir", self.path / "mail",
             "--log", self.path / "log", *options],
            env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait(lambda: self._listens(port), "toukan-sink")
        if hold:
            self.gate = Gate(self.port, port, hold)

    @staticmethod
    def _listens(port):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    @staticmethod
    def _wait(condition, what, patience=PATIENCE):
        end = time.monotonic() + patience
        while not (found := condition()):
            if time.monotonic() > end:
                raise AssertionError(f"{what} doesn't come")
            time.sleep(0.03)
        return found

    def start(self, *arguments, after="true", standard_input=None):
        """Runs toukan, and AFTER in the same shell when it has ended or stopped; its status is in the file
        that status() waits for. STANDARD_INPUT: a file in place of the terminal."""
        self.runs += 1
        program = shlex.join([str(BUILD / "toukan"), *arguments])
        if standard_input:
            program += f" <{shlex.quote(str(standard_input))}"
        command = (f"set -m; {program} 2>{self.path}/errors; status=$?; {after}; "
                   f"echo $status >{self.path}/status{self.runs}; exec sleep 1000")
        words = ["new-session", "-d", "-c", str(self.path), "-x", str(self.width), "-y", str(self.height)]
        if self.has_terminal:
            words = ["respawn-pane", "-k", "-c", str(self.path)]
        self.has_terminal = True
        environment = [f"{key}={value}" for key, value in self.environment.items()]
        shell = ["env", "-i", *environment, "sh", "-c", command]
        self._run(self._tmux(*words, shlex.join(shell)), env=self.environment, check=True)

    @staticmethod
    def _run(command, **options):
        """Runs what begins on the stage's own machine; see test-networks for one of several."""
        return subprocess.run(command, **options)

    def keys(self, *names):
        subprocess.run(self._tmux("send-keys", *names), check=True)

    def type(self, text):
        subprocess.run(self._tmux("send-keys", "-l", text), check=True)

    def paste(self, text):
        """As a terminal pastes: bracketed."""
        subprocess.run(self._tmux("load-buffer", "-"), input=text, text=True, check=True)
        subprocess.run(self._tmux("paste-buffer", "-p", "-r"), check=True)

    def resize(self, width, height):
        subprocess.run(self._tmux("resize-window", "-x", str(width), "-y", str(height)), check=True)

    def screen(self, *options):
        """The rows as text; OPTIONS: of tmux's capture-pane."""
        return subprocess.run(self._tmux("capture-pane", "-p", *options), check=True, capture_output=True,
                              text=True).stdout

    def colours(self):
        """Whether anything on the screen has a colour."""
        return any(30 <= int(number) <= 37 or 90 <= int(number) <= 97 or number == "38"
                   for codes in re.findall(r"\x1b\[([0-9;]*)m", self.screen("-e")) for number in codes.split(";") if number)

    def sees(self, text, patience=PATIENCE):
        """Waits until TEXT is to be seen."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            shown = self.screen()
            if text in shown:
                return shown
            time.sleep(0.03)
        raise AssertionError(f"{text!r} is not to be seen:\n{self.screen()}\n{self.errors()}")

    def errors(self):
        """What toukan said on its standard error."""
        file = self.path / "errors"
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def write(self, to="taro@example.net", subject="Lunch", body="At noon?"):
        """Fills in a letter."""
        self.sees("To:")
        self.type(to)
        self.keys("Enter", "Enter")
        self.type(subject)
        self.keys("Enter")
        self.type(body)
        self.sees(body)

    def send(self):
        """From the letter through review."""
        self.keys("C-x")
        self.sees("Send this letter?")
        self.keys("C-x")

    def loses(self, text):
        """Waits until TEXT is not to be seen any more."""
        self._wait(lambda: text not in self.screen(), f"the end of {text!r}")

    def attach(self, path, *keys):
        """Names a file to be attached; KEYS behind the name, before Enter."""
        self.keys("C-t")
        self.sees("File to attach")
        self.type(path)
        self.keys(*keys, "Enter")

    def status(self):
        file = self.path / f"status{self.runs}"
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if file.exists() and file.read_text():
                return int(file.read_text())
            time.sleep(0.03)
        raise AssertionError(f"it doesn't end:\n{self.screen()}")

    def process(self):
        """The process of toukan."""
        shell = subprocess.run(self._tmux("display-message", "-p", "#{pane_pid}"), check=True, capture_output=True,
                               text=True).stdout.strip()
        children = pathlib.Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        return int(children[0])

    def lose_terminal(self):
        """The terminal is gone, as when its window is closed; waits for the end of toukan."""
        process = pathlib.Path(f"/proc/{self.process()}")
        subprocess.run(self._tmux("kill-server"), check=True)
        self.has_terminal = False
        self._wait(lambda: not process.exists(), "the end of toukan")

    def toukan(self, *arguments):
        return self._run([BUILD / "toukan", *arguments], env=self.environment, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True, check=False)

    def arrived(self):
        """How many messages have arrived so far."""
        return len(list((self.path / "mail" / "new").glob("*")))

    def messages(self, number=1):
        """What arrived, when NUMBER messages have."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            files = sorted((self.path / "mail" / "new").glob("*")) if (self.path / "mail").exists() else []
            if len(files) >= number:
                return [file.read_text(encoding="utf-8") for file in files]
            time.sleep(0.03)
        raise AssertionError(f"fewer than {number} messages arrived:\n{self.screen()}")


def available():
    return shutil.which("tmux") is not None
