"""A simulated city goes into spools and brokers frame by frame, in the order and at the pace that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from typer.testing import CliRunner

import simulation
from connectors.records import Origin
from connectors.spool import SpoolTail, opened
from flows import playing_out
from flows.cli import app
from schemas.errors import SourceError, TilikError, UsageError
from schemas.partitions import partition_of
from tests.brokers.kafka import KafkaBroker
from tests.brokers.mosquitto import MosquittoBroker
from tests.waiting import until

START_US = 1_767_571_200_000_000
SECOND = 1_000_000


class Kept:
    """Keeps records in memory, and the time each came at; refuses as it is told."""

    partitions, lanes = 4, 4

    def __init__(self, refusals: int = 0) -> None:
        self.rows: list[tuple[int, str, bytes, float]] = []
        self.now_s, self.refusals = 0.0, refusals

    def keep(
        self, lane: int, values: Sequence[bytes], origins: Sequence[Origin], cameras: Sequence[str]
    ) -> dict[int, TilikError]:
        refused: dict[int, TilikError] = {}
        if self.refusals:
            self.refusals -= 1
            refused = {len(values) - 1: SourceError("full")}
        pairs = list(zip(cameras, values, strict=True))[: len(values) - len(refused)]
        self.rows += [(lane, camera, value, self.now_s) for camera, value in pairs]
        return refused

    def idle(self, lane: int) -> None:
        pass

    def close(self) -> None:
        pass

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city") / "one"
    simulation.simulate(3, 1, 3, START_US, folder)
    return folder


def lines(city: Path) -> list[bytes]:
    return [line for path in sorted((city / "events").glob("*.jsonl")) for line in path.read_bytes().splitlines()]


@pytest.mark.parametrize("pace", [None, 1.0, 30.0])
def test_all_go_out_once_each_in_its_cameras_lane(city: Path, pace: float | None) -> None:
    kept = Kept()
    sent = playing_out.play(city / "events", kept, pace, kept.sleep, lambda: kept.now_s)
    assert sent == len(kept.rows)
    assert sorted(value for _, _, value, _ in kept.rows) == sorted(lines(city))
    assert all(lane == partition_of(camera, 4) for lane, camera, _, _ in kept.rows)
    for name in {camera for _, camera, _, _ in kept.rows}:
        mine = [value for _, camera, value, _ in kept.rows if camera == name]
        assert mine == [line for line in lines(city) if f'"camera":"{name}"'.encode() in line[:40]]


def test_none_goes_out_before_its_time(city: Path) -> None:
    kept = Kept()
    playing_out.play(city / "events", kept, 10.0, kept.sleep, lambda: kept.now_s)
    assert 5.0 <= kept.now_s <= 6.0  # a minute, ten times as fast
    early = sum(at < 1.0 for _, _, _, at in kept.rows)
    assert len(kept.rows) / 10 < early < len(kept.rows) / 3


def test_what_is_refused_is_sent_again(city: Path) -> None:
    kept = Kept(refusals=1)
    playing_out.play(city / "events", kept, None, kept.sleep, lambda: kept.now_s)
    assert sorted(value for _, _, value, _ in kept.rows) == sorted(lines(city))
    with pytest.raises(SourceError, match="nobody took it for a minute: full"):
        playing_out.play(city / "events", Kept(refusals=1_000), None, kept.sleep)


@pytest.mark.parametrize("text", ["0", "-1", "fast", "inf", "nan"])
def test_a_speed_is_a_number_above_zero(text: str) -> None:
    with pytest.raises(UsageError, match="expected a number above 0"):
        playing_out.speed(text)


def arguments(out: str, folder: Path) -> list[str]:
    return ["simulate", "--cameras", "2", "--minutes", "1", "--seed", "3", "--speed", "max", "--out", out,
            "--folder", str(folder)]  # fmt: skip


def test_into_a_spool(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, arguments(f"spool:{tmp_path / 'spool'}", tmp_path / "city"))
    assert done.exit_code == 0, done.output
    tail = SpoolTail(opened(tmp_path / "spool"), 0)
    found = tail.poll(100_000, 1 << 30)
    tail.close()
    assert [found.record(row) for row in range(len(found))] == lines(tmp_path / "city")


@pytest.mark.slow
def test_into_kafka(tmp_path: Path, kafka: KafkaBroker) -> None:
    url = kafka.create("played-out", 3)
    done = CliRunner().invoke(app, arguments(url, tmp_path / "city"))
    assert done.exit_code == 0, done.output
    held = sum(end - first for first, end in (kafka.span("played-out", partition) for partition in range(3)))
    assert held == len(lines(tmp_path / "city"))


@pytest.mark.slow
def test_into_mqtt(tmp_path: Path, mosquitto: MosquittoBroker) -> None:
    got: list[bytes] = []
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    ready: list[bool] = []
    client.on_message = lambda _client, _given, message: got.append(message.payload)
    client.on_subscribe = lambda *_: ready.append(True)
    host, port = mosquitto.url.removeprefix("mqtt://").split(":")
    client.connect(host, int(port))
    client.subscribe("tilik/+/frames", qos=1)
    client.loop_start()
    until(lambda: bool(ready))
    done = CliRunner().invoke(app, arguments(mosquitto.url, tmp_path / "city"))
    assert done.exit_code == 0, done.output
    wanted = lines(tmp_path / "city")
    until(lambda: len(got) >= len(wanted))
    client.loop_stop()
    assert sorted(got) == sorted(wanted)
