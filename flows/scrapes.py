"""A page of measures for whoever scrapes it, and whether a program is alive and ready: on loopback, as OpenMetrics."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from schemas.errors import SourceError

PLAIN: Final = "text/plain; charset=utf-8"
REQUEST_S: Final = 10.0
"""A request whose head takes longer is let go, ours."""


@contextmanager
def served(port: int, measures: Collector, checks: Mapping[str, Callable[[], str]]) -> Iterator[int]:
    """Serve /metrics and checks; yields the port, any free one for 0.

    Parameters
    ----------
    checks
        By path what is wrong now, '' where nothing is; then it answers 200, else 503.

    Raises
    ------
    SourceError
        The port is taken.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(measures)

    class Page(BaseHTTPRequestHandler):
        timeout = REQUEST_S

        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._say(HTTPStatus.OK, generate_latest(registry), CONTENT_TYPE_LATEST)
            elif self.path in checks:
                wrong = checks[self.path]()
                code = HTTPStatus.SERVICE_UNAVAILABLE if wrong else HTTPStatus.OK
                self._say(code, f"{wrong or 'ok'}\n".encode(), PLAIN)
            else:
                self._say(HTTPStatus.NOT_FOUND, f"{', '.join(['/metrics', *checks])}\n".encode(), PLAIN)

        def _say(self, code: HTTPStatus, body: bytes, kind: str) -> None:
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *given: Any) -> None:
            """Log nothing: a scrape every few seconds is no event."""

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Page)
    except OSError as error:
        raise SourceError(f"--metrics-port {port}: cannot be opened: {error.strerror}") from error
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
