"""A server's process: started, stopped, killed, frozen; the kernel ends it when its parent dies, however that dies."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from random import SystemRandom

from tests.brokers.fetching import program

START_S = 120.0
STOP_S = 20.0


def free_ports(count: int) -> list[int]:
    """Return ports that nobody uses, below those that the kernel gives to clients.

    A client that calls a dead server's port over and over may be given that very port, and
    then talks to itself: so no port of a server that will be killed comes from that range.
    """
    found: list[int] = []
    while len(found) < count:
        port = SystemRandom().randrange(15_000, 32_000)
        with socket.socket() as probe:
            if port not in found and probe.connect_ex(("127.0.0.1", port)) != 0:
                found.append(port)
    return found


class Server(ABC):
    """One server's process, again and again with the same command."""

    def __init__(self, command: list[str], log: Path, cwd: Path) -> None:
        self._command = [program("setpriv"), "--pdeathsig", "KILL", *command]
        self._log, self._cwd = log, cwd
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Return the running process's number."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Say whether it runs (or is frozen)."""
        return self._process is not None and self._process.poll() is None

    @abstractmethod
    def answers(self) -> bool:
        """Say whether it answers, which a port that listens does not yet mean."""

    def start(self) -> None:
        """Start it and wait until it answers."""
        assert not self.is_running, "it runs already"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self._cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        until = time.monotonic() + START_S
        while not self.answers():
            if not self.is_running or time.monotonic() > until:
                self.kill()
                raise RuntimeError(f"{self._command} does not answer:\n{self._log.read_text()[-3000:]}")
            time.sleep(0.05)

    def ensure(self) -> None:
        """Have it running, whatever the test before did to it."""
        if self.is_running:
            self.resume()
        else:
            self.start()

    def stop(self) -> None:
        """Ask it to end, and see that it does."""
        if self._process is not None and self.is_running:
            self.resume()
            self._process.terminate()
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End it at once (kill -9)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def pause(self) -> None:
        """Freeze it (SIGSTOP): its connections stay open, nobody answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)
