"""What is said, and what is waited for, where something else than a well S3 server answers."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from connectors import archive
from connectors.archive import bucket
from connectors.archive.store import Store
from schemas.errors import ArchiveAway, UsageError
from tests.brokers import authority

FULL = b"<Error><Code>XMinioStorageFull</Code><Message>Please delete a few objects to proceed.</Message></Error>"
PIECE = 64 << 10


class Answering(BaseHTTPRequestHandler):
    """Gives one answer to everything."""

    status, kind, body = 200, "application/xml", b""

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", str(len(self.body)))
        self.send_header("ETag", '"x"')
        self.end_headers()
        self.wfile.write(self.body)

    def do_PUT(self) -> None:
        """Read slowly: 6 MB a second."""
        left = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, PIECE)))
            time.sleep(PIECE / 6e6)
        self.do_GET()

    def log_message(self, *said: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Has little room for what it has not read."""

    daemon_threads = True

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 10)
        super().server_bind()


@contextmanager
def answering(
    status: int = 200, kind: str = "application/xml", body: bytes = b"", by: authority.Authority | None = None
) -> Iterator[int]:
    """Serve on loopback, with TLS where there is a certificate; give its port."""
    handler = type("Answer", (Answering,), {"status": status, "kind": kind, "body": body})
    with Server(("127.0.0.1", 0), handler) as server:
        if by is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(by.certificate, by.key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


def opened(endpoint: str, patience_s: float = 0.0, **more: str) -> Store:
    named = {"ENDPOINT": endpoint, "ACCESS_KEY": "a", "SECRET_KEY": "b", "REGION": "us-east-1"}
    environment = {f"TILIK_S3_{name}": value for name, value in named.items()} | more
    return archive.connect("s3://bucket/kota", environment, patience_s=patience_s)


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        ((400, "", b"Client sent an HTTP request to an HTTPS server."), UsageError, "or one that wants https://"),
        ((404, "text/html", b"<html>"), UsageError, "what answers at TILIK_S3_ENDPOINT is no S3 server"),
        ((502, "text/html", b"<html>"), ArchiveAway, "the server failed"),
        ((507, "application/xml", FULL), ArchiveAway, r"the server is full \(XMinioStorageFull\): give it room$"),
    ],
)
def test_an_answer_that_is_none_of_a_well_server_names_the_remedy(
    answer: tuple[int, str, bytes], kind: type[Exception], said: str
) -> None:
    with answering(*answer) as port, pytest.raises(kind, match=said):
        opened(f"http://127.0.0.1:{port}").get("x")


def test_a_certificate_that_is_not_trusted_is_said_at_once(tmp_path: Path) -> None:
    by = authority.make(tmp_path)

    def refused(endpoint: str, ca: Path | None = None) -> str:
        given = {} if ca is None else {"SSL_CERT_FILE": str(ca)}
        with pytest.raises(UsageError) as caught:
            opened(endpoint, patience_s=60.0, **given).get("x")
        return str(caught.value)

    with answering(by=by) as port:
        endpoint = f"https://127.0.0.1:{port}"
        assert opened(endpoint, SSL_CERT_FILE=str(by.ca)).get("x") == b""
        assert "set SSL_CERT_FILE to the file of the authority" in refused(endpoint)
        for ca in (tmp_path / "none.pem", tmp_path, tmp_path / "names.ext"):
            assert "SSL_CERT_FILE names no file of certificates" in refused(endpoint, ca)
    with answering() as port:
        assert "set TILIK_S3_ENDPOINT to http://" in refused(f"https://127.0.0.1:{port}")


def test_a_server_that_takes_a_file_slowly_gets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file takes longer than any one piece of it may."""
    monkeypatch.setattr(bucket, "CONNECT_S", 0.4)
    path = tmp_path / "large"
    path.write_bytes(bytes(12 << 20))
    with answering() as port:
        opened(f"http://127.0.0.1:{port}", patience_s=4.0).upload("x", path)
