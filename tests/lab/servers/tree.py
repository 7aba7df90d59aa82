"""Where the servers run: a root of their own, of Debian's packages unpacked.

fetch-servers has made the tree. A server sees its programs (/usr, read-only), and an
/etc and a /var that are new for this test and that the test can read as plain files.
No two servers see each other, and none sees this machine's configuration or mail.
"""

import os
import pathlib
import shutil
import subprocess

from lab import BUILD, TOP

TREE_FOLDERS = (BUILD / "servers/tree", TOP / "build/servers/tree")

# name: number of user and group; the servers look for these.
USERS = {"root": 0, "postfix": 101, "dovecot": 102, "dovenull": 103, "Debian-exim": 104,
         "opensmtpd": 105, "opensmtpq": 106, "vmail": 107, "nobody": 65534}
GROUPS = {**USERS, "mail": 8, "postdrop": 108, "nogroup": 65534}


def find_tree():
    """The unpacked tree, or None."""
    return next((folder for folder in TREE_FOLDERS if (folder / "servers").exists()), None)


class Tree:
    """The root folder of one server's host. HOST: a lab.Namespace; FOLDER will be made."""

    def __init__(self, host, folder):
        self.source = source = find_tree()
        self.host, self.root = host, folder
        self.root.mkdir()
        self.root.chmod(0o755)
        for name in ("bin", "lib", "lib64", "sbin"):
            os.symlink(f"usr/{name}", self.root / name)
        for name in ("usr", "dev", "proc", "run", "var/log", "var/mail", "var/run", "var/lib", "var/spool", "root"):
            (self.root / name).mkdir(parents=True)
        self.folder("tmp", mode=0o1777)
        shutil.copytree(source / "etc", self.root / "etc", symlinks=True)
        host.run(["mount", "--bind", "-o", "ro", str(source / "usr"), str(self.root / "usr")])
        host.run(["mount", "--bind", "/dev", str(self.root / "dev")])
        self._write_users()

    def _write_users(self):
        self.write("etc/passwd", "".join(f"{name}:x:{number}:{number}::/var/mail:/usr/sbin/nologin\n"
                                         for name, number in USERS.items()))
        self.write("etc/group", "".join(f"{name}:x:{number}:\n" for name, number in GROUPS.items()))
        self.write("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")
        self.write("etc/hosts", "127.0.0.1 localhost\n")
        self.write("etc/resolv.conf", "")

    def path(self, name):
        return self.root / name.lstrip("/")

    def folder(self, name, owner="root", group=None, mode=0o755):
        path = self.path(name)
        path.mkdir(parents=True, exist_ok=True)
        self.own(name, owner, group, mode)
        return path

    def write(self, name, text, owner="root", group=None, mode=0o644):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.own(name, owner, group, mode)

    def install(self, source, name, owner="root", group=None, mode=0o644):
        shutil.copyfile(source, self.path(name))
        self.own(name, owner, group, mode)

    def own(self, name, owner, group=None, mode=0o644):
        path = self.path(name)
        os.chown(path, USERS[owner], GROUPS[group or owner])
        path.chmod(mode)

    def start(self, *command, **options):
        """Starts COMMAND in the tree, with process numbers of its own: its children die with it."""
        log = open(self.path("var/log/console"), "a", encoding="utf-8")  # closed with this script
        return self.host.popen(self._inside(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options)

    def run(self, *command, **options):
        """Runs COMMAND in the tree to its end."""
        return self.host.run(self._inside(command), **options)

    def _inside(self, command):
        return ["unshare", "--pid", "--fork", "--kill-child", f"--mount-proc={self.root}/proc",
                "chroot", str(self.root), *command]

    def console(self):
        """What programs said that keep no log, or before they had one."""
        return self.path("var/log/console").read_text(encoding="utf-8", errors="replace")
