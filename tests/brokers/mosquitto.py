"""A real mosquitto (MQTT 5) for the tests of one process: its own configuration, port and store."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

from tests.brokers.fetching import program
from tests.brokers.processes import Server, free_ports

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


class MosquittoBroker(Server):
    """One broker at `url`; with a password it knows `USER` alone, without it anybody.

    Stopped, it keeps sessions and what is queued for them; killed, it loses what it kept since it last saved.
    """

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
        super().__init__([program("mosquitto"), "-c", str(config)], root / "broker.log", root)

    def restart(self) -> None:
        """Stop it where it runs, and start it over its store."""
        self.stop()
        self.start()

    def answers(self) -> bool:
        """Say whether it answers a CONNECT."""
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
