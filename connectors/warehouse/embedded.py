"""The embedded warehouse: one engine process a directory, shared by every command.

Files in the directory, its owner's alone: `clients.lock` (each client holds it shared), `start.lock`
(one at a time starts an engine), `engine.lock` (the engine holds it), `server.json`
(port, versions), `stop` (the engine is asked to end), `secrets.json`, `engine.log` and `data/`. Locks
are the kernel's: a killed process holds none. An engine is known by its lock alone; no process is
ever signalled by a number that stands in a file.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from connectors.locks import is_held, open_lock, try_lock
from connectors.ports import bindable
from connectors.warehouse import accounts, doors
from connectors.warehouse.directory import explained, wait_for, write_private
from connectors.warehouse.engine import landlock
from schemas.errors import WarehouseAway, WarehouseError
from schemas.registry.mistakes import did_you_mean, expected

START_S: Final = 60.0
STOP_S: Final = 10.0
HURRY_S: Final = 1.0
"""How long a command that was interrupted waits for the engine's end."""
MOST_STARTS: Final = 3
"""Times that an engine is started again which was killed before it said a word."""
ENGINE: Final = Path(__file__).parent / "engine"
KEPT: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH", landlock.SWITCH)
"""What an engine gets of the environment: passwords and tokens stay outside."""


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
    """Where an embedded engine listens, and how to log in.

    `began` [ns since 1970] tells two engines apart; `unconfined` says why its sandbox is off, '' where it is on.
    """

    port: int
    pid: int
    user: str
    password: str
    began: int
    unconfined: str


class Lease:
    """A client's claim on the engine of `root`: it runs at least until `close`.

    `port` is where an engine that it starts listens, any free one by default; one that listens elsewhere is refused.
    """

    def __init__(self, root: Path, port: int | None = None) -> None:
        self.root = root.absolute()
        self._port = port
        with explained(self.root):
            self._open_directory()
            self._clients = open_lock(self.root / "clients.lock")
        try:
            wait_for(lambda: try_lock(self._clients, fcntl.LOCK_SH), START_S, f"{self.root} is being closed")
            self.server = self.ensure()
        except BaseException:
            os.close(self._clients)
            raise

    def ensure(self) -> Server:
        """Return the running engine, starting one where there is none; one that is dying is waited for."""
        with explained(self.root):
            gate = open_lock(self.root / "start.lock")
            try:
                wait_for(lambda: try_lock(gate), START_S, f"another process is starting {self.root}")
                starts = self._started(0)
                log = self.root / "engine.log"

                def ready() -> bool:
                    nonlocal starts
                    if self.current() is not None:
                        return True
                    starts = self._started(starts)
                    return False

                wait_for(ready, START_S, f"the engine of {self.root} does not answer: see {log}")
                self.server = self._announced()
                self._refuse_elsewhere()
                self._note_version()
                return self.server
            finally:
                os.close(gate)

    def renew(self) -> Server:
        """Return an engine that knows the people of the directory; one that knows others is ended first.

        Others that use it go on: they wait for the next one, which listens where this did.
        """
        with explained(self.root):
            gate = open_lock(self.root / "start.lock")
            try:
                wait_for(lambda: try_lock(gate), START_S, f"another process is starting {self.root}")
                if self._engine_runs() and self._knows() != accounts.known(self.root):
                    self._ask_to_end()
                    wait_for(lambda: not self._engine_runs(), STOP_S, f"the engine of {self.root} does not end")
            finally:
                os.close(gate)
        return self.ensure()

    def current(self) -> Server | None:
        """Return the engine that answers now: it holds the lock, has said where it listens, and listens."""
        try:
            facts = self._facts()
            if not is_held(self.root / "engine.lock"):
                return None
            with socket.create_connection(("127.0.0.1", facts["port"]), timeout=1):
                return self._server(facts)
        except (OSError, ValueError, OverflowError):  # it starts, dies, or is dead
            return None

    def close(self, *, waits: bool = True) -> None:
        """Give the claim back; the last to leave stops the engine, and waits until it is gone unless it must not."""
        if self._clients < 0:
            return
        try:
            if try_lock(self._clients) and self.root.exists() and self._engine_runs():
                self._stop(waits=waits)
        finally:
            os.close(self._clients)
            self._clients = -1

    def _stop(self, *, waits: bool) -> None:
        """Ask whoever holds the engine's lock to end, and wait until it is free.

        Engines of older versions look for clients only: this claim is given back first.
        """
        self._ask_to_end()
        if not self._listens_to_stop():
            fcntl.flock(self._clients, fcntl.LOCK_UN)
        try:
            limit_s = STOP_S if waits else HURRY_S
            wait_for(lambda: not self._engine_runs(), limit_s, f"the engine of {self.root} does not end")
        except WarehouseAway:
            if waits:
                raise
            return  # it is asked to, and ends once it can
        for name in ("server.json", "stop"):
            (self.root / name).unlink(missing_ok=True)

    def _ask_to_end(self) -> None:
        os.close(os.open(self.root / "stop", os.O_WRONLY | os.O_CREAT, 0o600))

    def _listens_to_stop(self) -> bool:
        try:
            return "began" in self._facts()
        except (OSError, ValueError):
            return True

    def _refuse_elsewhere(self) -> None:
        if self._port is not None and self.server.port != self._port:
            raise WarehouseError(
                f"{self.root} is answering on port {self.server.port} for other commands (engine {self.server.pid}): "
                f"expected port {self._port}; wait until they have ended, or leave --port out"
            )

    def _open_directory(self) -> None:
        self.root.parent.mkdir(parents=True, exist_ok=True)
        self.root.mkdir(mode=0o700, exist_ok=True)
        doors.shut(self.root)
        written = self.root / "version"
        if not written.exists():
            write_private(written, version("chdb-core"))
        if _number(written.read_text()) > _number(version("chdb-core")):
            raise WarehouseError(
                f"{self.root} was written by chdb-core {written.read_text()}, this is {version('chdb-core')}: "
                "install the newer version, or use another directory"
            )

    def _engine_runs(self) -> bool:
        return is_held(self.root / "engine.lock")

    def _started(self, before: int) -> int:
        """Start an engine where none runs; return how many were, of which all but the last said nothing and died."""
        if self._engine_runs():
            return before
        if before and ((said := self._last_words()) or before >= MOST_STARTS):
            raise WarehouseError(self._why(said))
        self._start()
        return before + 1

    def _start(self) -> None:
        port = self._wanted_port()
        for name in ("server.json", "stop"):
            (self.root / name).unlink(missing_ok=True)
        doors.shut_data(self.root)
        accounts.configure(self.root, port)
        handle = os.open(self.root / "engine.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as log:
            subprocess.run(
                [sys.executable, str(ENGINE), str(self.root), str(port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={name: os.environ[name] for name in KEPT if name in os.environ},
                start_new_session=True,
                check=False,
            )

    def _wanted_port(self) -> int:
        """Return where the next engine listens: where told to, else where one was that died, else anywhere."""
        if self._port is not None:
            return _bindable(self._port)
        try:
            return _bindable(int(self._facts()["port"]))
        except (OSError, ValueError, WarehouseError):
            return _bindable(0)

    def _note_version(self) -> None:
        if (self.root / "version").read_text() != version("chdb-core"):
            write_private(self.root / "version", version("chdb-core"))

    def _facts(self) -> dict[str, Any]:
        """Read what the engine said of itself.

        Raises
        ------
        OSError, ValueError
            When it has not said it yet, or not to its end.
        """
        facts = json.loads((self.root / "server.json").read_text())
        if not isinstance(facts, dict) or not {"port", "pid", "chdb-core"} <= facts.keys():
            raise ValueError("server.json names no server")
        return facts

    def _knows(self) -> str | None:
        """Return what tells apart whom the engine knows; None of one that never said where it listens."""
        try:
            return str(self._facts().get("people", ""))
        except (OSError, ValueError):
            return None

    def _announced(self) -> Server:
        facts = self._facts()
        if facts["chdb-core"] != version("chdb-core"):
            raise WarehouseError(
                f"{self.root} is served by chdb-core {facts['chdb-core']} (pid {facts['pid']}), this command has "
                f"{version('chdb-core')}: stop the other command first"
            )
        return self._server(facts)

    def _server(self, facts: dict[str, Any]) -> Server:
        older = "it was started by an older version: end the commands that use it"
        why = facts.get("unconfined", older)
        word = accounts.words(self.root)[accounts.WRITER]
        return Server(facts["port"], facts["pid"], accounts.WRITER, word, facts.get("began", 0), why)

    def _last_words(self) -> str:
        return (self.root / "engine.log").read_text(errors="replace").strip()

    def _why(self, log: str) -> str:
        """Say what to do about an engine's last words."""
        if "Cannot lock file" in log or "Another server instance" in log:
            owner = self.root / "data" / "status"
            lines = owner.read_text().splitlines() if owner.exists() else []
            holder = lines[0] if lines else "pid unknown"
            return f"{self.root} is held by another program ({holder}): close it first"
        if "No space left" in log or "NOT_ENOUGH_SPACE" in log:
            return f"the disk that holds {self.root} is full: free some space"
        if "Address already in use" in log:
            return f"the port for {self.root} was taken meanwhile: run the command again"
        return f"the engine of {self.root} did not start: {log[-600:] or 'it was killed each time'}"


def _bindable(port: int) -> int:
    """Return a port of this machine that can be had; for 0 any free one."""
    try:
        return bindable(port)
    except OSError as error:
        raise WarehouseError(f"port {port} of 127.0.0.1 cannot be had: {error.strerror}: give another") from error


def _number(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.strip().split(".") if part.isdigit())
