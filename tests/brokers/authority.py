"""A made-up certificate authority, and a certificate of loopback by it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.brokers.fetching import program


class Authority(NamedTuple):
    """Files in PEM: what clients trust, and what a server shows."""

    ca: Path
    certificate: Path
    key: Path
    keystore: Path  # key and chain in one file, as Kafka wants them


def make(folder: Path, name: str = "Tilik's made-up authority") -> Authority:
    """Make an authority and a server certificate for 127.0.0.1 and localhost, good for two days."""
    folder.mkdir(parents=True, exist_ok=True)
    ca, ca_key = folder / "ca.pem", folder / "ca.key"
    key, request, certificate = folder / "server.key", folder / "server.csr", folder / "server.pem"
    names = folder / "names.ext"
    names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    signing = ["-CA", str(ca), "-CAkey", str(ca_key), "-CAcreateserial", "-extfile", str(names)]
    _openssl("req", "-x509", *new, "-keyout", str(ca_key), "-out", str(ca), "-days", "2", "-subj", f"/CN={name}")
    _openssl("req", *new, "-keyout", str(key), "-out", str(request), "-subj", "/CN=127.0.0.1")
    _openssl("x509", "-req", "-in", str(request), *signing, "-out", str(certificate), "-days", "2")
    keystore = folder / "keystore.pem"
    keystore.write_text(key.read_text() + certificate.read_text() + ca.read_text())
    return Authority(ca, certificate, key, keystore)


def _openssl(*words: str) -> None:
    subprocess.run([program("openssl"), *words], check=True, capture_output=True)
