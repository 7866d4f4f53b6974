"""Whatever a run stands on breaks and comes back: the rows are those of a run that nobody disturbed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest

from connectors.ingest.broker import broker
from connectors.ingest.publishing import MqttKeeper
from connectors.ingest.tokens import made
from connectors.records import Origin
from connectors.spool import SpoolFull, SpoolWriter, make
from schemas.partitions import partition_of
from tests.brokers.kafka import KafkaBroker
from tests.brokers.mosquitto import MosquittoBroker
from tests.connectors.test_spool_full import fill
from tests.flows.city import stream
from tests.flows.live import children
from tests.flows.live.test_killed_runs import spooled
from tests.flows.live.test_starts_and_stops import arguments, started, waits
from tests.flows.live.test_until_end import NAMES, TABLES, messages, stored
from tests.flows.test_ingest import ingesting
from tests.waiting import until

pytestmark = pytest.mark.slow
SECONDS = 130
FRAMES = len(NAMES) * SECONDS * 10
NATIVE = Origin("native")
CYCLES = 40


def same(url: str, whole: dict[str, pl.DataFrame]) -> None:
    """See that a warehouse holds what one holds that nobody disturbed."""
    here = stored(url)
    for name in TABLES:
        other = [
            (left, right)
            for left, right in zip(here[name].to_dicts(), whole[name].to_dicts(), strict=True)
            if left != right
        ]
        assert here[name].equals(whole[name]), (name, other[:3])  # with what differs: some outages are rare
    assert here["health_minute_log"].height


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, laid: Callable[[Path], str]) -> dict[str, pl.DataFrame]:
    """What a warehouse holds of the same frames that nobody disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    url, source = laid(folder / "whole"), f"spool:{spooled(folder / 'spool', SECONDS, 2)}"
    children.end(arguments(folder, source, url))
    return stored(url)


def read(state: Path, process: subprocess.Popen[bytes], count: int) -> None:
    """Wait until a run has read so many records."""
    until(lambda: children.records(state, process.pid) >= count or process.poll() is not None)
    assert process.poll() is None, process.communicate()[1].decode()


def finished(process: subprocess.Popen[bytes]) -> None:
    said = process.communicate(timeout=400)[1].decode()
    assert process.returncode == 0, said


def slowed(pid: int, process: subprocess.Popen[bytes]) -> None:
    """Let a process run for a quarter of the time only, for a while, or until a run that needs it has ended."""
    for _ in range(CYCLES):
        for sign, seconds in ((signal.SIGSTOP, 0.3), (signal.SIGCONT, 0.1)):
            if process.poll() is None or sign == signal.SIGCONT:
                with suppress(ProcessLookupError):
                    os.kill(pid, sign)
            time.sleep(seconds)


def engine(folder: Path) -> int:
    return int(json.loads((folder / "server.json").read_bytes())["pid"])


@pytest.mark.parametrize("trouble", ["killed", "frozen", "slow"])
def test_the_warehouse(
    tmp_path: Path, empty_store: Callable[[str], str], whole: dict[str, pl.DataFrame], trouble: str
) -> None:
    state, source = tmp_path / "state", f"spool:{spooled(tmp_path / 'spool', SECONDS, 2)}"
    with started([*arguments(tmp_path, source, empty_store("live")), "--until-end"], pause=0.02, size=10) as process:
        read(state, process, FRAMES // 20)
        pid = engine(tmp_path / "live")
        if trouble == "killed":
            os.kill(pid, signal.SIGKILL)
        elif trouble == "frozen":
            os.kill(pid, signal.SIGSTOP)
            try:
                until(lambda: "does not answer" in waits(state))
            finally:
                os.kill(pid, signal.SIGCONT)
        else:
            slowed(pid, process)
        finished(process)
    same(empty_store("live"), whole)


@pytest.mark.parametrize("trouble", ["killed", "frozen", "slow"])
def test_kafka(
    tmp_path: Path,
    empty_store: Callable[[str], str],
    whole: dict[str, pl.DataFrame],
    kafka: KafkaBroker,
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
) -> None:
    state, topic, batch = tmp_path / "state", f"outage-{trouble}", stream(NAMES, SECONDS)
    url = kafka.create(topic, 2)
    for partition in range(2):
        some = [v for c, v, _ in messages(batch) if partition_of(c, 2) == partition]
        kafka.produce(topic, some, partition, **{"batch.num.messages": 50})
    monkeypatch.setenv("TILIK_KAFKA_QUEUED_MAX_MESSAGES_KBYTES", "1")  # or all of it is read ahead of the trouble
    monkeypatch.setenv("TILIK_KAFKA_FETCH_MESSAGE_MAX_BYTES", "10000")
    with started([*arguments(tmp_path, url, empty_store("live")), "--until-end"], pause=0.02, size=10) as process:
        read(state, process, FRAMES // 20)
        if trouble == "killed":
            kafka.kill()
            kafka.start()
        elif trouble == "frozen":
            kafka.pause()
            until(lambda: "nothing comes" in waits(state))
            kafka.resume()
        else:
            with kafka.slowed():
                until(lambda: children.records(state, process.pid) >= FRAMES // 8 or process.poll() is not None)
        finished(process)
    same(empty_store("live"), whole)


def test_the_mqtt_broker(
    tmp_path: Path, empty_store: Callable[[str], str], whole: dict[str, pl.DataFrame], mosquitto: MosquittoBroker
) -> None:
    every, spool = messages(stream(NAMES, SECONDS)), tmp_path / "spool"
    (tmp_path / "topics.toml").write_text('[[topic]]\npattern = "tilik/+/frames"\nformat = "native"\n')
    make(spool, 2)
    made(spool / "tokens", "tester")
    doors = ["--partitions", "2", "--mqtt", mosquitto.url, "--topics", str(tmp_path / "topics.toml")]
    with ingesting(spool, "--http", ":0", *doors) as taker:
        until(lambda: any("takes tilik/+/frames" in line for line in taker.lines))
        keeper = MqttKeeper(broker(mosquitto.url, "sender", {}))
        for first in range(0, len(every), 500):
            some = every[first : first + 500]
            keeper.keep(0, [value for _, value, _ in some], [NATIVE] * len(some), [camera for camera, _, _ in some])
            if first == 1_000:
                mosquitto.restart()
            if first == 2_000:
                mosquitto.pause()
                threading.Timer(5.0, mosquitto.resume).start()
        keeper.close()
        asked = arguments(tmp_path, f"spool:{spool}", empty_store("live"))
        with started(asked) as process:
            until(lambda: children.records(tmp_path / "state", process.pid) >= len(every))
    children.end(asked)
    left, last = stored(empty_store("live")), whole["health_minute_log"]["ts"].max()
    for name in TABLES:
        if name.endswith("_minute_log"):
            columns = [c for c in whole[name].columns if c != "duplicate_frames"]  # QoS 1 delivers some again
            assert (
                left[name]
                .filter(pl.col("ts") < last)
                .select(columns)
                .equals(whole[name].filter(pl.col("ts") < last).select(columns))
            ), name


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a file system of some MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(folder)], check=False).returncode
    if mounted != 0:
        pytest.skip("no right to mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_the_disk_of_the_state(
    tmp_path: Path, empty_store: Callable[[str], str], whole: dict[str, pl.DataFrame], small_disk: Path
) -> None:
    state, source = small_disk / "state", f"spool:{spooled(tmp_path / 'spool', SECONDS, 2)}"
    asked = arguments(tmp_path, source, empty_store("live"), "disk/state")
    with started([*asked, "--until-end"], pause=0.02, size=10) as process:
        read(state, process, FRAMES // 20)
        fill(small_disk)
        until(lambda: "the disk is full" in waits(state) or process.poll() is not None)
        (small_disk / "more").unlink()
        finished(process)
    same(empty_store("live"), whole)


@pytest.mark.parametrize("more", [[], ["--processes", "2"]], ids=["alone", "supervised"])
def test_a_disk_of_the_state_that_is_full_at_the_start(
    tmp_path: Path, empty_store: Callable[[str], str], small_disk: Path, more: list[str]
) -> None:
    source = f"spool:{spooled(tmp_path / 'spool', 20, 2)}"
    fill(small_disk)
    asked = [*arguments(tmp_path, source, empty_store("live"), "disk/state"), *more, "--until-end"]
    with started(asked) as process:
        assert process.stderr is not None  # all that can be said
        assert any(b"the disk is full" in line for line in process.stderr)
        (small_disk / "more").unlink()
        finished(process)
    assert stored(empty_store("live"))["health_minute_log"]["frames"].sum() == len(messages(stream(NAMES, 20)))


def test_the_disk_of_the_spool(
    tmp_path: Path, empty_store: Callable[[str], str], whole: dict[str, pl.DataFrame], small_disk: Path
) -> None:
    spool, every = make(small_disk / "spool", 2), messages(stream(NAMES, SECONDS))
    writers = [SpoolWriter(spool, partition) for partition in range(2)]
    asked = arguments(tmp_path, f"spool:{small_disk / 'spool'}", empty_store("live"))

    def append(first: int, end: int) -> None:
        for partition, writer in enumerate(writers):
            writer.append([v for c, v, _ in every[first:end] if partition_of(c, 2) == partition], NATIVE)

    append(0, len(every) // 4)
    children.end(asked)
    append(len(every) // 4, len(every) // 2)
    fill(small_disk)
    children.end(asked)  # reading on a full disk, and saying what is done with
    with pytest.raises(SpoolFull):
        append(len(every) // 2, len(every))
    (small_disk / "more").unlink()
    append(len(every) // 2, len(every))
    children.end(asked)
    same(empty_store("live"), whole)
