"""The HTTP door on loopback for tests: a server in a thread, and a client that says what it was told."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from connectors.ingest import Intake, Keeper, server
from connectors.ingest.http import Door
from connectors.ingest.tokens import Tokens, made


class Told(NamedTuple):
    """An answer."""

    status: int
    said: dict[str, Any]
    headers: Mapping[str, str]


class Served:
    """A door at `port`; `token` opens it."""

    def __init__(self, port: int, token: str, door: Door) -> None:
        self.port, self.token, self.door = port, token, door

    def connected(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def post(self, path: str, body: bytes, token: str | None = None, **headers: str) -> Told:
        """Post a body with the right token, or another one."""
        fields = {name.replace("_", "-"): text for name, text in headers.items()}
        fields |= {"Authorization": f"Bearer {self.token if token is None else token}"}
        connection = self.connected()
        try:
            connection.request("POST", path, body, fields)
            return answer(connection)
        finally:
            connection.close()

    def raw(self, sent: bytes) -> socket.socket:
        """Return a connection on which some bytes were sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        connection.sendall(sent)
        return connection

    def head(self, size: int, path: str = "/v1/frames/native") -> bytes:
        """Return the head of a request whose body has so many bytes."""
        lines = [f"POST {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {self.token}", f"Content-Length: {size}"]
        return "\r\n".join([*lines, "", ""]).encode()


def answer(connection: http.client.HTTPConnection) -> Told:
    response = connection.getresponse()
    return Told(response.status, json.loads(response.read()), {k.lower(): v for k, v in response.getheaders()})


@contextmanager
def served(keeper: Keeper, folder: Path) -> Iterator[Served]:
    """Yield a door whose messages go to a keeper."""
    token = made(folder / "tokens", "tester")
    intake = Intake(keeper)
    door = Door(intake, Tokens(folder / "tokens"))
    listens = server.listening("127.0.0.1", 0)
    port = listens.getsockname()[1]
    running = server.server(door, None, None)
    thread = threading.Thread(target=lambda: asyncio.run(running.serve(sockets=[listens])))
    thread.start()
    try:
        yield Served(port, token, door)
    finally:
        running.should_exit = True
        thread.join()
        intake.close()
