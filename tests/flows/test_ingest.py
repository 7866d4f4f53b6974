"""`tilik ingest` as a process: what it said it had is there, whatever becomes of it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from typer.testing import CliRunner

from connectors.ingest.tokens import made
from connectors.spool import SpoolTail, opened
from flows.cli import app
from schemas.errors import UsageError
from tests.brokers import authority
from tests.brokers.mosquitto import PASSWORD, USER, MosquittoBroker
from tests.connectors.spooling import drained

TILIK = str(Path(sys.executable).with_name("tilik"))
TOPICS = '[[topic]]\npattern = "load/#"\nformat = "native"\n'
WAIT_S = 60.0


class Process:
    """A running `tilik ingest` that listens at `port`."""

    def __init__(self, process: subprocess.Popen[str], port: int, lines: list[str]) -> None:
        self.process, self.port, self.lines = process, port, lines


@contextmanager
def ingesting(folder: Path, *words: str, **environ: str) -> Iterator[Process]:
    """Yield a running command that takes POSTs, and kill it where the test did not."""
    command = [TILIK, "ingest", "--spool", str(folder), *words]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | environ)
    lines: list[str] = []
    assert process.stderr is not None
    reader = threading.Thread(target=lambda pipe: lines.extend(iter(pipe.readline, "")), args=(process.stderr,))
    reader.start()
    try:
        yield Process(process, _port(process, lines), lines)
    finally:
        process.kill()
        process.wait()
        reader.join()
        _close(process.stderr)


def _port(process: subprocess.Popen[str], lines: list[str]) -> int:
    until = time.monotonic() + WAIT_S
    while process.poll() is None and time.monotonic() < until:
        for line in list(lines):
            if line.startswith("listening on"):
                return int(line.split(":")[2].split("/")[0])
        time.sleep(0.02)
    raise AssertionError(f"it does not listen: {lines}")


def _close(pipe: IO[str]) -> None:
    with suppress(OSError):
        pipe.close()


class Sender(threading.Thread):
    """Posts numbered messages as fast as they are answered, until there is no answer; `accepted` were."""

    def __init__(self, port: int, token: str, name: str) -> None:
        super().__init__()
        self.port, self.token, self.name_ = port, token, name
        self.accepted: list[bytes] = []
        self.others: list[int] = []
        self.start()

    def run(self) -> None:
        number = 0
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
            while True:
                batch = [f"{self.name_}:{number + row}".encode() for row in range(1 + number % 7)]
                headers = {"Authorization": f"Bearer {self.token}"}
                connection.request("POST", "/v1/frames/native", b"\n".join(batch), headers)
                response = connection.getresponse()
                said = json.loads(response.read())
                if response.status == 202:
                    assert said == {"accepted": len(batch)}
                    self.accepted += batch
                    number += len(batch)
                else:
                    self.others.append(response.status)
        connection.close()


class Publisher(threading.Thread):
    """Publishes numbered messages at QoS 1 for as long as it is let."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port
        self.published: list[bytes] = []
        self.ended = threading.Event()
        self.start()

    def run(self) -> None:
        client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        while not self.ended.is_set():
            message = b"mqtt:%d" % len(self.published)
            client.publish("load/a", message, qos=1).wait_for_publish(WAIT_S)
            self.published.append(message)
        client.disconnect()
        client.loop_stop()


def waited(ready, limit_s: float = WAIT_S) -> bool:
    until = time.monotonic() + limit_s
    while not ready() and time.monotonic() < until:
        time.sleep(0.02)
    return ready()


@pytest.mark.slow
def test_a_killed_ingest_has_all_that_it_accepted_and_takes_up_what_it_did_not(tmp_path, mosquitto):
    folder, token = tmp_path / "spool", made(tmp_path / "spool" / "tokens", "tester")
    (tmp_path / "topics.toml").write_text(TOPICS)
    doors = ["--http", ":0", "--mqtt", mosquitto.url, "--topics", str(tmp_path / "topics.toml")]
    with ingesting(folder, *doors) as first:
        assert waited(lambda: any("takes load/#" in line for line in first.lines))
        publisher = Publisher(mosquitto.port)
        senders = [Sender(first.port, token, f"http{number}") for number in range(4)]
        assert waited(lambda: all(len(s.accepted) > 100 for s in senders) and len(publisher.published) > 200)
        first.process.kill()
        for sender in senders:
            sender.join()
    publisher.ended.set()
    publisher.join()
    tail = SpoolTail(opened(folder), 0)
    found = drained(tail)
    accepted = [message for sender in senders for message in sender.accepted]
    assert set(accepted) <= set(found)
    assert len(accepted) == len(set(accepted))
    for sender in senders:
        own = [message for message in found if message.startswith(sender.name_.encode())]
        assert own[: len(sender.accepted)] == sender.accepted
    with ingesting(folder, *doors):
        assert waited(lambda: found.extend(drained(tail)) or set(publisher.published) <= set(found))  # type: ignore[func-returns-value]
    assert tail.lost() == []


@pytest.mark.slow
def test_a_full_spool_turns_senders_away_until_its_reader_is_done(tmp_path):
    folder, token = tmp_path / "spool", made(tmp_path / "spool" / "tokens", "tester")
    with ingesting(folder, "--http", ":0", "--bound-gb", "0.001") as running:
        sender = Sender(running.port, token, "x" * 2_000)
        assert waited(lambda: len(sender.others) > 3)
        assert set(sender.others) == {429}
        assert waited(lambda: any("bytes are taken, and nobody reads it" in line for line in running.lines))
        full = len(sender.accepted)
        tail = SpoolTail(opened(folder), 0)
        found = drained(tail)
        assert found[:full] == sender.accepted[:full]
        tail.done(tail.position)
        assert waited(lambda: len(sender.accepted) > full)
        running.process.kill()
        sender.join()
    found += drained(tail)
    assert found[: len(sender.accepted)] == sender.accepted
    assert tail.lost() == []


def test_a_polite_kill_lets_what_is_under_way_end_and_says_how_it_went(tmp_path):
    folder, token = tmp_path / "spool", made(tmp_path / "spool" / "tokens", "tester")
    with ingesting(folder, "--http", ":0", "--partitions", "3") as running:
        senders = [Sender(running.port, token, f"s{number}") for number in range(8)]
        assert waited(lambda: all(sender.accepted for sender in senders))
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(WAIT_S) == 130
        for sender in senders:
            sender.join()
    spool = opened(folder)
    found = {message for number in range(3) for message in drained(SpoolTail(spool, number))}
    accepted = {message for sender in senders for message in sender.accepted}
    assert accepted <= found
    said = running.lines[-1]
    assert said.startswith("tilik: interrupted: kept ")
    assert int(said.split()[3].replace(",", "")) >= len(accepted)


def test_neither_bodies_nor_tokens_nor_passwords_are_told(tmp_path):
    folder, token = tmp_path / "spool", made(tmp_path / "spool" / "tokens", "tester")
    with ingesting(folder, "--http", ":0") as running:
        for secret in (token, "guessed-token"):
            connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=WAIT_S)
            body = b'{"plate":"H 1234 AB","broken'
            connection.request(
                "POST", "/v1/frames/native?camera=H-5678-CD", body, {"Authorization": f"Bearer {secret}"}
            )
            assert b"H 1234" not in connection.getresponse().read()
            connection.close()
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(WAIT_S) == 130
    said = "".join(running.lines)
    for secret in (token, "guessed-token", "H 1234 AB", "H-5678-CD"):
        assert secret not in said


def refused(*words: str, **environ: str) -> tuple[int, str]:
    done = subprocess.run(
        [TILIK, "ingest", *words], capture_output=True, text=True, check=False, env=os.environ | environ, timeout=WAIT_S
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--spool DIR: expected"),
        (["--spool", "S"], "nobody may send yet: make a token by `tilik ingest token NAME --tokens"),
        (["--spool", "S", "--http", "x:y"], "expected HOST:PORT"),
        (["--spool", "S", "--mqtt", "mqtt://x"], "--mqtt and --topics go together"),
        (["--spool", "S", "--topics", "frigate"], "--mqtt and --topics go together"),
        (["--spool", "S", "--mqtt", "mqtt://x", "--topics", "nowhere.toml"], "examples that ship: frigate, onvif"),
        (["--spool", "S", "--tls-cert", "x"], "--tls-cert and --tls-key go together"),
        (["token", "a b", "--spool", "S"], "expected a sender's name"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_told_and_makes_nothing(tmp_path, words, said):
    result = CliRunner().invoke(app, ["ingest", *(str(tmp_path / "spool") if word == "S" else word for word in words)])
    assert isinstance(result.exception, UsageError)
    assert said in str(result.exception)
    assert not (tmp_path / "spool" / "spool.json").exists()


def test_a_token_is_printed_once_and_lets_its_sender_in(tmp_path):
    command = [TILIK, "ingest", "token", "edge-1", "--spool", str(tmp_path / "spool")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    token = done.stdout.strip()
    assert token not in done.stderr
    with ingesting(tmp_path / "spool", "--http", ":0") as running:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=WAIT_S)
        connection.request("POST", "/v1/frames/native", b"{}", {"Authorization": f"Bearer {token}"})
        assert connection.getresponse().status == 202
        connection.close()
        code, told = refused("--spool", str(tmp_path / "spool"), "--http", ":0")
    assert code == 1
    assert f"it is written by process {running.process.pid} on " in told
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2


def test_with_a_certificate_it_speaks_https_alone(tmp_path):
    files, token = authority.make(tmp_path / "ca"), made(tmp_path / "spool" / "tokens", "tester")
    keys = ["--tls-cert", str(files.certificate), "--tls-key", str(files.key)]
    with ingesting(tmp_path / "spool", "--http", ":0", *keys) as running:
        trusted = ssl.create_default_context(cafile=files.ca)
        connection = http.client.HTTPSConnection("127.0.0.1", running.port, timeout=WAIT_S, context=trusted)
        connection.request("POST", "/v1/frames/native", b"{}", {"Authorization": f"Bearer {token}"})
        assert connection.getresponse().status == 202
        connection.close()
        plain = http.client.HTTPConnection("127.0.0.1", running.port, timeout=WAIT_S)
        with pytest.raises((OSError, http.client.HTTPException)):
            posted(plain, token)
        plain.close()
    code, told = refused("--spool", str(tmp_path / "spool"), "--http", ":0", *keys[:3], "/nowhere.key")
    assert code == 2
    assert "--tls-key /nowhere.key" in told


def posted(connection: http.client.HTTPConnection, token: str) -> int:
    connection.request("POST", "/v1/frames/native", b"{}", {"Authorization": f"Bearer {token}"})
    return connection.getresponse().status


def test_an_address_that_is_taken_is_refused(tmp_path):
    made(tmp_path / "one" / "tokens", "tester")
    made(tmp_path / "two" / "tokens", "tester")
    with ingesting(tmp_path / "one", "--http", ":0") as running:
        code, told = refused("--spool", str(tmp_path / "two"), "--http", f":{running.port}")
    assert code == 2
    assert "Address already in use: name another address or port" in told


def test_a_broker_that_refuses_the_password_ends_the_command(tmp_path):
    server = MosquittoBroker(tmp_path / "broker", password=PASSWORD)
    server.start()
    try:
        code, told = refused(
            "--spool", str(tmp_path / "spool"), "--mqtt", server.url, "--topics", _topics(tmp_path),
            TILIK_MQTT_USERNAME=USER, TILIK_MQTT_PASSWORD="not-this-one",
        )  # fmt: skip
    finally:
        server.stop()
    assert code == 1
    assert "Not authorized: set TILIK_MQTT_USERNAME and TILIK_MQTT_PASSWORD" in told
    assert "not-this-one" not in told


def _topics(folder: Path) -> str:
    (folder / "topics.toml").write_text(TOPICS)
    return str(folder / "topics.toml")
