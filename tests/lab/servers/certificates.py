"""A throw-away authority and the certificate of the lab's server, once per script."""

import subprocess

VALID = ["-days", "2"]


def openssl(*words):
    """What it prints."""
    return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, text=True).stdout


class Certificates:
    def __init__(self, folder, name):
        self.ca = folder / "ca.pem"
        self.certificate, self.key = folder / "server.pem", folder / "server.key"
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        openssl("req", "-x509", *new_key, *VALID, "-subj", "/CN=lab CA", "-keyout", folder / "ca.key",
                "-out", self.ca, "-addext", "basicConstraints=critical,CA:TRUE")
        openssl("req", "-x509", *new_key, *VALID, "-subj", f"/CN={name}", "-keyout", self.key,
                "-out", self.certificate, "-CA", self.ca, "-CAkey", folder / "ca.key",
                "-addext", f"subjectAltName=DNS:{name}", "-addext", "basicConstraints=critical,CA:FALSE")
