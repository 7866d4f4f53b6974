"""A real mosquitto (MQTT 5) for the tests of one process: its own configuration, port and store."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

from tests.brokers.fetching import program
from tests.brokers.processes import Child, free_ports

USER, PASSWORD = "bob", "bob-secret"
CONFIG = """\
listener {port} 127.0.0.1
max_queued_messages 0
persistence true
persistence_location {root}/
autosave_interval 1
autosave_on_changes true
log_dest stderr
"""


class MosquittoBroker:
    """One broker at `url`; with a password it knows `USER` alone, without it anybody."""

    def __init__(self, root: Path, *, password: str = "") -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        (self.port,) = free_ports(1)
        self.url = f"mqtt://127.0.0.1:{self.port}"
        users = root / "users"
        if password:
            subprocess.run([program("mosquitto_passwd"), "-b", "-c", str(users), USER, password], check=True)
        access = f"password_file {users}\n" if password else "allow_anonymous true\n"
        config = root / "mosquitto.conf"
        config.write_text(CONFIG.format(port=self.port, root=root) + access + _account())
        self._child = Child([program("mosquitto"), "-c", str(config)], root / "broker.log", root)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._child.start(self._listens)

    def stop(self) -> None:
        """End it in good order: it keeps sessions and what is queued for them."""
        self._child.stop()

    def kill(self) -> None:
        """End it at once (kill -9): it loses what it kept since it last saved."""
        self._child.kill()

    def pause(self) -> None:
        """Freeze it (SIGSTOP)."""
        self._child.pause()

    def resume(self) -> None:
        """Let a frozen one go on."""
        self._child.resume()

    def restart(self) -> None:
        """Stop it where it runs, and start it over its store."""
        self.stop()
        self.start()

    def ensure(self) -> None:
        """Have it running, whatever the test before did to it."""
        if self._child.is_running:
            self.resume()
        else:
            self.start()

    def _listens(self) -> bool:
        """Say whether it answers a CONNECT: a port that listens is not yet a broker."""
        connect = b"\x10\x10\x00\x04MQTT\x05\x02\x00\x05\x00\x00\x03any"
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe:
                probe.sendall(connect)
                return probe.recv(1) == b"\x20"
        except OSError:
            return False


def _account() -> str:
    """As root it would become another user, who may not read the test's directory."""
    return "user root\n" if os.geteuid() == 0 else ""
