"""The embedded warehouse: one engine process a directory, shared by every command.

Files in the directory: `clients.lock` (each client holds it shared), `start.lock`
(one at a time starts an engine), `engine.lock` (the engine holds it), `server.json`
(pid, port, versions), `secrets.json` (mode 600), `engine.log` and `data/`. Locks
are the kernel's: a killed process holds none, so nothing here goes stale.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from string import Template

from schemas.errors import WarehouseError
from schemas.registry.mistakes import did_you_mean, expected

START_S = 60.0
STOP_S = 10.0
MEMORY_BYTES = 4_000_000_000
HERE = Path(__file__).parent
WRITER = "tilik"
"""The account that changes things: Tilik's own commands use it."""

READER = "reader"
"""The account that reads what is published."""


def is_there(root: Path) -> bool:
    """Say whether a directory holds a warehouse."""
    return (root / "version").is_file()


def absent(root: Path) -> str:
    """Say that a directory holds no warehouse, and which one beside it does."""
    came = "a folder without one" if root.is_dir() else "a file" if root.exists() else "no such folder"
    around = sorted(each.parent.name for each in root.parent.glob("*/version"))
    todo = did_you_mean(root.name, around, "correct the path; a replay makes a warehouse")
    return f"embedded:{root}: {expected('a warehouse', came, todo)}"


@dataclass(frozen=True, slots=True)
class Server:
    """Where an embedded engine listens, and how to log in."""

    port: int
    pid: int
    user: str
    password: str


class Lease:
    """A client's claim on the engine of `root`: it runs at least until `close`.

    `port` is where an engine that it starts listens, any free one by default; one that listens elsewhere is refused.
    """

    def __init__(self, root: Path, port: int | None = None) -> None:
        self.root = root.absolute()
        self._port = port
        with _explained(self.root):
            self._open_directory()
            self._clients = os.open(self.root / "clients.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _wait_for(lambda: _try_lock(self._clients, fcntl.LOCK_SH), START_S, f"{self.root} is being closed")
            self.server = self.ensure()
        except BaseException:
            os.close(self._clients)
            raise

    def ensure(self) -> Server:
        """Return the running engine, starting one where there is none."""
        with _explained(self.root):
            gate = os.open(self.root / "start.lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                _wait_for(lambda: _try_lock(gate, fcntl.LOCK_EX), START_S, f"another process is starting {self.root}")
                if not self._engine_runs():
                    self._start()
                log = self.root / "engine.log"
                _wait_for(self._is_ready, START_S, f"the engine of {self.root} does not answer: see {log}")
                self.server = self._announced()
                self._refuse_elsewhere()
                self._note_version()
                return self.server
            finally:
                os.close(gate)

    def _refuse_elsewhere(self) -> None:
        if self._port is not None and self.server.port != self._port:
            raise WarehouseError(
                f"{self.root} is answering on port {self.server.port} for other commands (engine {self.server.pid}): "
                f"expected port {self._port}; wait until they have ended, or leave --port out"
            )

    def close(self) -> None:
        """Give the claim back; the last to leave stops the engine and waits until it is gone."""
        if self._clients < 0:
            return
        try:
            if _try_lock(self._clients, fcntl.LOCK_EX) and self.root.exists() and self._engine_runs():
                self._stop()
        finally:
            os.close(self._clients)
            self._clients = -1

    def _stop(self) -> None:
        """Stop the engine that runs now: another client may have started it anew; one that ends says so no more."""
        with suppress(FileNotFoundError, ProcessLookupError):
            os.kill(json.loads((self.root / "server.json").read_text())["pid"], signal.SIGTERM)
        _wait_for(lambda: not self._engine_runs(), STOP_S, f"the engine of {self.root} does not end")
        (self.root / "server.json").unlink(missing_ok=True)

    def _open_directory(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        written = self.root / "version"
        if not written.exists():
            written.write_text(version("chdb-core"))
        if _number(written.read_text()) > _number(version("chdb-core")):
            raise WarehouseError(
                f"{self.root} was written by chdb-core {written.read_text()}, this is {version('chdb-core')}: "
                "install the newer version, or use another directory"
            )

    def _engine_runs(self) -> bool:
        mine = os.open(self.root / "engine.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            return not _try_lock(mine, fcntl.LOCK_EX)
        finally:
            os.close(mine)

    def _start(self) -> None:
        (self.root / "server.json").unlink(missing_ok=True)
        port = _free_port() if self._port is None else _wanted(self._port)
        self._configure(port)
        with (self.root / "engine.log").open("wb") as log:
            subprocess.run(
                [sys.executable, str(HERE / "engine.py"), str(self.root), str(port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                check=False,
            )

    def _is_ready(self) -> bool:
        """Say whether the engine is announced: who started it may have been killed meanwhile."""
        if (self.root / "server.json").exists():
            return True
        if not self._engine_runs():
            raise WarehouseError(self._why())
        return False

    def _note_version(self) -> None:
        if (self.root / "version").read_text() != version("chdb-core"):
            (self.root / "version").write_text(version("chdb-core"))

    def _configure(self, port: int) -> None:
        words = self._secrets()
        hashes = {f"{user}_sha256": hashlib.sha256(word.encode()).hexdigest() for user, word in words.items()}
        for name, values in (
            ("config.xml", {"port": str(port), "memory_bytes": str(MEMORY_BYTES)}),
            ("users.xml", hashes),
        ):
            text = Template((HERE.parent / f"clickhouse-{name}").read_text()).substitute(values)
            _write_private(self.root / name, text)

    def _secrets(self) -> dict[str, str]:
        path = self.root / "secrets.json"
        if not path.exists():
            _write_private(path, json.dumps({user: secrets.token_urlsafe(24) for user in (WRITER, READER)}))
        words: dict[str, str] = json.loads(path.read_text())
        return words

    def _announced(self) -> Server:
        facts = json.loads((self.root / "server.json").read_text())
        if facts["chdb-core"] != version("chdb-core"):
            raise WarehouseError(
                f"{self.root} is served by chdb-core {facts['chdb-core']} (pid {facts['pid']}), this command has "
                f"{version('chdb-core')}: stop the other command first"
            )
        return Server(facts["port"], facts["pid"], WRITER, self._secrets()[WRITER])

    def _why(self) -> str:
        """Read the engine's last words and say what to do about them."""
        log = (self.root / "engine.log").read_text(errors="replace").strip()
        if "Cannot lock file" in log or "Another server instance" in log:
            owner = self.root / "data" / "status"
            lines = owner.read_text().splitlines() if owner.exists() else []
            holder = lines[0] if lines else "pid unknown"
            return f"{self.root} is held by another program ({holder}): close it first"
        if "No space left" in log or "NOT_ENOUGH_SPACE" in log:
            return f"the disk that holds {self.root} is full: free some space"
        if "Address already in use" in log:
            return f"the port for {self.root} was taken meanwhile: run the command again"
        return f"the engine of {self.root} did not start: {log[-600:] or 'it said nothing'}"


@contextmanager
def _explained(root: Path) -> Iterator[None]:
    """Say what the machine refuses in our words."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise WarehouseError(f"the disk that holds {root} is full: free some space") from error
        raise WarehouseError(f"cannot write to the warehouse directory {root}: {error.strerror}") from error


def _try_lock(handle: int, mode: int) -> bool:
    try:
        fcntl.flock(handle, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_for(ready: Callable[[], bool], limit_s: float, complaint: str) -> None:
    end = time.monotonic() + limit_s
    while not ready():
        if time.monotonic() > end:
            raise WarehouseError(f"{complaint} (waited {limit_s:.0f} s)")
        time.sleep(0.03)


def _wanted(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise WarehouseError(f"port {port} of 127.0.0.1 cannot be had: {error.strerror}: give another") from error
    return port


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _write_private(path: Path, text: str) -> None:
    draft = path.with_suffix(".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    draft.replace(path)


def _number(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.strip().split(".") if part.isdigit())
