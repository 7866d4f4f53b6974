"""What the doctor says of a warehouse's doors."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from connectors.warehouse import connect
from connectors.warehouse.address import Address
from connectors.warehouse.engine import landlock
from flows import doctor, doors
from flows.settings import Settings


def said(store) -> dict[str, tuple[str, str]]:
    return {door.what: (door.state, door.detail) for door in doors.examine(store)}


def test_doors_that_are_shut_are_said_to_be_so(tmp_path: Path) -> None:
    with connect(f"embedded:{tmp_path / 'store'}") as store:
        found = said(store)
        assert found["permissions"] == ("good", f"{tmp_path / 'store'} and what it holds is yours alone")
        if not landlock.missing():
            assert {what: state for what, (state, _) in found.items()} == dict.fromkeys(found, "good")
            assert (
                found["accounts"][1]
                == "tilik writes, reader and letters read, each by a password; nobody else comes in"
            )
            assert found["sandbox"][1].startswith("on: ")
        log = tmp_path / "store" / "engine.log"
        log.chmod(0o644)
        assert said(store)["permissions"] == ("wrong", f"{log} is open to others (mode 644): chmod go= {log}")


def test_a_sandbox_that_is_off_is_said_with_its_reason_and_what_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(landlock.SWITCH, "off")
    settings = Settings(warehouse=f"embedded:{tmp_path / 'store'}")
    with connect(settings.warehouse):
        found = [finding for finding in doctor._stored(settings) if finding.what in ("accounts", "sandbox")]
        assert [finding.state for finding in found] == ["note", "note"]
        assert "off: TILIK_SANDBOX=off; so the account that reads is given to nobody" in found[1].detail


def test_an_engine_of_an_older_version_is_said_to_be_unconfined(tmp_path: Path) -> None:
    with connect(f"embedded:{tmp_path / 'store'}"):
        told = tmp_path / "store" / "server.json"
        facts = json.loads(told.read_text())
        told.write_text(json.dumps({name: facts[name] for name in ("pid", "port", "chdb", "chdb-core")}))
        with connect(f"embedded:{tmp_path / 'store'}") as second:
            assert "started by an older version: end the commands that use it" in said(second)["sandbox"][1]
        told.write_text(json.dumps(facts))


class Open(BaseHTTPRequestHandler):
    """A server that answers whoever asks."""

    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *given: object) -> None:
        pass


@pytest.fixture(params=[200, 401], ids=["open", "shut"])
def server(request) -> Iterator[tuple[int, int]]:
    kind = type("Answering", (Open,), {"status": request.param})
    with HTTPServer(("127.0.0.1", 0), kind) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made.server_port, request.param
        made.shutdown()


def test_a_server_that_answers_strangers_is_said_to(server: tuple[int, int]) -> None:
    port, status = server
    at = Address("127.0.0.1", port, "me", "word", "tilik", secure=False)
    found = said(SimpleNamespace(address=at, unconfined=""))
    assert found["accounts"][0] == ("wrong" if status == 200 else "good")
    assert found["transport"] == ("good", "http to this machine (127.0.0.1)")
    assert "sandbox" not in found


@pytest.mark.parametrize(
    ("host", "secure", "state"),
    [("localhost", False, "good"), ("::1", False, "good"), ("10.0.0.7", False, "wrong"), ("db.example", False, "wrong"),
     ("db.example", True, "good")],
)  # fmt: skip
def test_a_password_that_passes_readable_is_said(host: str, secure: bool, state: str) -> None:
    at = Address(host, 1, "me", "word", "tilik", secure=secure)
    assert doors._transport(SimpleNamespace(address=at)).state == state
