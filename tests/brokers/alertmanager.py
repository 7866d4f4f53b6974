"""A real Alertmanager, whose notifications come back to the test by webhook."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import urllib3

from tests.brokers.fetching import alertmanager
from tests.brokers.processes import Server, free_ports


class Alertmanager(Server):
    """One process with a configuration; receivers that it names are webhooks here.

    Attributes
    ----------
    told
        Receiver and content of every notification, as they came.
    """

    def __init__(self, root: Path, routes: Sequence[Mapping[str, Any]], inhibits: Sequence[Mapping[str, Any]]) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []
        self._hooks = _Hooks(("127.0.0.1", 0), _taking(self.told))
        threading.Thread(target=self._hooks.serve_forever, daemon=True).start()
        names = sorted({str(route["receiver"]) for route in routes})
        config = {
            "route": {"receiver": names[0], "routes": list(routes)},
            "inhibit_rules": list(inhibits),
            "receivers": [{"name": name, "webhook_configs": [{"url": self._url(name)}]} for name in names],
        }
        (root / "alertmanager.yml").write_text(json.dumps(config))  # JSON is YAML
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        command = [
            str(alertmanager()), f"--config.file={root / 'alertmanager.yml'}", f"--storage.path={root / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=",
        ]  # fmt: skip
        super().__init__(command, root / "alertmanager.log", root)

    def _url(self, name: str) -> str:
        return f"http://127.0.0.1:{self._hooks.server_address[1]}/{name}"

    def answers(self) -> bool:
        """Say whether it is ready."""
        try:
            return urllib3.request("GET", f"{self.url}/-/ready", timeout=2, retries=False).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def stop(self) -> None:
        """End it, and who listens to it."""
        super().stop()
        self._hooks.shutdown()
        self._hooks.server_close()

    def post(self, what: str, content: object) -> None:
        """Post alerts or a silence."""
        answer = urllib3.request("POST", f"{self.url}/api/v2/{what}", json=content, timeout=5, retries=False)
        assert answer.status == 200, answer.data


class _Hooks(ThreadingHTTPServer):
    request_queue_size = 128  # all groups are told of at once: who is not taken comes again a second later


def _taking(told: list[tuple[str, dict[str, Any]]]) -> type[BaseHTTPRequestHandler]:
    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.append((self.path.removeprefix("/"), content))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Taking
