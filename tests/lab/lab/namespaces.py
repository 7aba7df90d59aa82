"""Hosts of our own, without root: network and mount namespaces inside a user namespace.

A test enters a user namespace first (enter()), by running itself again under
unshare(1). Where user namespaces are switched off, root still gets the other two.
Nothing has to be cleaned up: each program is killed with the process that started
it, and a namespace goes with its last process.
"""

import ctypes
import os
import signal
import subprocess
import sys

import tap

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def _call(function, *arguments):
    if getattr(_libc, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")


def die_with_parent():
    """For a child, between fork and exec."""
    _call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def enter(as_root=False):
    """From here on, this script runs as root of namespaces of its own, or has ended.
    AS_ROOT: as the real one, for programs that become other users."""
    if "LAB_INSIDE" in os.environ:
        return
    attempts = [] if as_root else [["--user", "--map-root-user"]]
    attempts += [[]] if os.geteuid() == 0 else []
    for flags in attempts:
        unshare = ["unshare", *flags, "--net", "--mount"]
        trial = subprocess.run([*unshare, "true"], capture_output=True, text=True, check=False)
        if trial.returncode == 0:
            os.environ["LAB_INSIDE"] = "1"
            os.execvp("unshare", [*unshare, sys.executable, *sys.orig_argv[1:]])
    reason = f"no namespaces here ({trial.stderr.strip()})"
    if os.geteuid() == 0:  # root can always be given what is needed
        print(f"Bail out! {reason}")
        sys.exit(1)
    tap.skip_all(reason)


class Namespace:
    """A host: what runs in it has its own network and its own view of files."""

    def __init__(self):
        outside = self._here()
        _call("unshare", CLONE_NEWNET | CLONE_NEWNS)
        self._inside = self._here()
        self._enter(outside)
        self._close(outside)
        self.run(["ip", "link", "set", "lo", "up"])

    @staticmethod
    def _here():
        return [(os.open(f"/proc/self/ns/{name}", os.O_RDONLY), kind)
                for name, kind in (("net", CLONE_NEWNET), ("mnt", CLONE_NEWNS))]

    @staticmethod
    def _close(namespaces):
        for descriptor, _kind in namespaces:
            os.close(descriptor)

    @staticmethod
    def _enter(namespaces):
        folder = os.getcwd()  # joining a mount namespace moves us to its root
        for descriptor, kind in namespaces:
            _call("setns", descriptor, kind)
        os.chdir(folder)

    def close(self):
        """Lets go of it: it ends with its last process."""
        self._close(self._inside)

    @property
    def network(self):
        """The descriptor that stands for its network."""
        return self._inside[0][0]

    def popen(self, command, **options):
        def prepare():
            self._enter(self._inside)
            die_with_parent()

        return subprocess.Popen(command, preexec_fn=prepare, **options)

    def run(self, command, timeout=60, check=True, **options):
        """Runs COMMAND to its end; like subprocess.run() with its output as text."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
        given = options.pop("input", None)
        with self.popen(command, stdin=subprocess.PIPE, **options) as process:
            try:
                output, errors = process.communicate(given, timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                output, errors = process.communicate()
                raise AssertionError(f"{command} runs longer than {timeout} s: {output} {errors}") from None
        if check and process.returncode != 0:
            raise RuntimeError(f"{command} ends with {process.returncode}: {errors}")
        return subprocess.CompletedProcess(command, process.returncode, output, errors)

    def ip(self, *commands):
        self.run(["ip", "-batch", "-"], input="\n".join(commands) + "\n")

    def sysctl(self, key, value):
        """Sets a switch of the kernel, where /proc lets us: some containers mount it read-only."""
        try:
            self.run(["sh", "-c", 'echo "$1" >"/proc/sys/$2"', "sh", str(value), key])
        except RuntimeError:
            pass

    def bind(self, path, text, folder):
        """The file PATH has TEXT for this host alone."""
        source = os.path.join(folder, os.path.basename(path))
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        self.run(["mount", "--bind", source, os.path.realpath(path)])
