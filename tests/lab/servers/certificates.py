"""A throw-away authority and the certificate of the lab's server, once per script."""

import subprocess

VALID = ["-days", "2"]


def openssl(*words):
    """What it prints."""
    return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, text=True).stdout


NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


class Certificates:
    """An authority of its own in FOLDER, and the certificate of a server NAME."""

    def __init__(self, folder, name):
        self._folder = folder
        self.ca = folder / "ca.pem"
        openssl("req", "-x509", *NEW_KEY, *VALID, "-subj", "/CN=lab CA", "-keyout", folder / "ca.key",
                "-out", self.ca, "-addext", "basicConstraints=critical,CA:TRUE")
        self.certificate, self.key = self.issue("server", name, "-addext", f"subjectAltName=DNS:{name}")

    def issue(self, file, name, *words):
        """A certificate for NAME, and its key; both in FILEs of that name."""
        certificate, key = self._folder / f"{file}.pem", self._folder / f"{file}.key"
        if not certificate.exists():
            openssl("req", "-x509", *NEW_KEY, *VALID, "-subj", f"/CN={name}", "-keyout", key, "-out", certificate,
                    "-CA", self.ca, "-CAkey", self._folder / "ca.key",
                    "-addext", "basicConstraints=critical,CA:FALSE", *words)
        return certificate, key
