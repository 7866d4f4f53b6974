"""The HTTP server: uvicorn, with bounds on how long and how large a request's head may be.

uvicorn reads heads of any size for ever; a connection that sends none, or one that never
ends, is closed here. Connections beyond a bound are answered 503 at once.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from connectors.ingest.http import Door
from schemas.errors import UsageError

HEAD_S: Final = 20.0
"""A connection on which no request has begun, or the head of one is not whole, is closed after so long."""
HEAD_BYTES: Final = 64 << 10
BODY_BESIDE: Final = 256 << 10
"""What one read may hold behind a head."""
DRAIN_S: Final = 10
"""Requests that are under way at the end have so long."""
MOST_CONNECTIONS: Final = 10_000
SPARE_FILES: Final = 256
"""Open files that are not connections."""


class Patient(HttpToolsProtocol):
    """uvicorn's protocol, whose patience with heads has an end."""

    _deadline: asyncio.TimerHandle | None = None
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, while a head is not too long."""
        if self._deadline is not None:
            self._head += len(data)
            if self._head > HEAD_BYTES + BODY_BESIDE:
                self.transport.abort()
                return
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        self._arrived()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if not self.transport.is_closing() and self.cycle.response_complete:
            self._wait()

    def _wait(self) -> None:
        self._arrived()
        self._head = 0
        self._deadline = self.loop.call_later(HEAD_S, self.transport.close)

    def _arrived(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class Server(uvicorn.Server):
    """uvicorn without hands on signals: who runs it says when it ends."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to others."""
        yield


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises
    ------
    UsageError
        The address is no address of this machine, or taken.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        found = socket.socket(family, kind, protocol)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
    except OSError as error:
        raise UsageError(f"--http {host}:{port}: {error.strerror}: name another address or port") from error
    found.listen(1024)
    return found


def server(door: Door, certificate: Path | None, key: Path | None) -> Server:
    """Return a server of a door."""
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
    config = uvicorn.Config(
        door,
        http=Patient,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_connections(),
        timeout_keep_alive=int(HEAD_S) + 1,
        timeout_graceful_shutdown=DRAIN_S,
        **_tls(certificate, key),
    )
    try:
        config.load()
    except OSError as error:
        raise UsageError(f"--tls-cert {certificate}, --tls-key {key}: {error}") from error
    return Server(config)


def _tls(certificate: Path | None, key: Path | None) -> dict[str, Any]:
    return {} if certificate is None else {"ssl_certfile": certificate, "ssl_keyfile": key}


def _connections() -> int:
    """Let this process have as many files open as it may, and return how many may be connections."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + SPARE_FILES
    wanted = wanted if most == resource.RLIM_INFINITY else min(most, wanted)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return max(1, wanted - SPARE_FILES)
