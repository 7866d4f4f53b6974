"""Who is told by webhook and by mail, on loopback in threads of a test: they keep what they take, and fail as told."""

from __future__ import annotations

import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Posted:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Hooks:
    """A receiver of webhooks.

    Attributes
    ----------
    answers
        To the next requests: a status with headers, "cut", or seconds to wait first; then 200.
    """

    url: str = ""
    taken: list[Posted] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]] | str | float] = field(default_factory=list)


@contextmanager
def hooks() -> Iterator[Hooks]:
    """Serve webhooks."""
    held = Hooks()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            held.taken.append(Posted(self.path, {n.lower(): v for n, v in self.headers.items()}, body))
            answer = held.answers.pop(0) if held.answers else (200, {})
            if isinstance(answer, float):
                time.sleep(answer)
                answer = (200, {})
            if isinstance(answer, str):
                self.close_connection = True
                return
            status, headers = answer
            self.send_response(status)
            for name, value in ({"Content-Length": "0"} | headers).items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    held.url = f"http://127.0.0.1:{server.server_port}"
    with _serving(server):
        yield held


@dataclass
class Letters:
    """A mail server.

    Attributes
    ----------
    answers
        By the first word of a command, or "." of the end of a letter: what the next are answered; "cut" ends it all.
    """

    port: int = 0
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    logins: list[str] = field(default_factory=list)


@contextmanager
def letters(context: ssl.SSLContext | None = None) -> Iterator[Letters]:
    """Serve SMTP; with a context, TLS at once."""
    held = Letters()

    class Handler(socketserver.StreamRequestHandler):
        def setup(self) -> None:
            if context is not None:
                self.request = context.wrap_socket(self.request, server_side=True)
            super().setup()

        def handle(self) -> None:
            self.say("220 here")
            to = ""
            while line := self.rfile.readline().decode().strip():
                word = line.split(" ")[0].upper()
                told = held.answers.get(word)
                if told:
                    self.say(told.pop(0))
                elif word == "EHLO":
                    self.say("250-here\r\n250 AUTH PLAIN")
                elif word == "AUTH":
                    held.logins.append(line.split(" ")[-1])
                    self.say("235 welcome")
                elif word == "RCPT":
                    to = line.partition("<")[2].partition(">")[0]
                    self.say("250 yes")
                elif word == "DATA":
                    self.take(to)
                elif word == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 yes")

        def finish(self) -> None:
            super().finish()
            self.request.close()  # the server knows what it was before TLS

        def take(self, to: str) -> None:
            self.say("354 go on")
            lines = []
            while (line := self.rfile.readline()) != b".\r\n":
                lines.append(line.removeprefix(b"."))
            held.taken.append((to, message_from_bytes(b"".join(lines), policy=default)))
            told = held.answers.get(".")
            answer = told.pop(0) if told else "250 taken"
            self.say(answer)

        def say(self, text: str) -> None:
            try:
                if text == "cut":
                    self.request.shutdown(2)
                self.wfile.write(f"{text}\r\n".encode())
            except OSError:
                return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Say nothing of who goes away."""

    server = Server(("127.0.0.1", 0), Handler)
    held.port = server.server_address[1]
    with _serving(server):
        yield held


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
