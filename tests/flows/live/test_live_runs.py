"""A run that goes on: silence is told as it happens, outages of what it needs hold it back, and it stops when asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from connectors.registry.writing import to_toml
from connectors.warehouse import Stream, Warehouse, connect
from flows.live import RunOptions, ready, sources, starting, telling
from flows.live.ready import Asked
from flows.live.running import Run
from flows.live.waiting import Stopped
from schemas.errors import SourceError, WarehouseError
from schemas.frames import FrameBatch
from tests.flows.city import SECOND, START, stream
from tests.flows.live.tails import ListTail, Topic, topic
from tests.flows.live.test_until_end import NAMES, REGISTRY, assert_equal, messages, stored, taken
from tests.waiting import until


@contextmanager
def running(
    tmp_path: Path, url: str, of: Topic, monkeypatch: pytest.MonkeyPatch, name: str = "state"
) -> Iterator[list[BaseException]]:
    """Run a topic until the body is over; yields what went wrong."""
    registry, runs, errors = tmp_path / "registry.toml", [], []
    registry.write_text(to_toml(REGISTRY, "test"))

    class Watched(Run):
        def __post_init__(self) -> None:
            super().__post_init__()
            runs.append(self)

        def _abandon(self) -> None:
            raise Stopped  # the process is that of all tests

    monkeypatch.setattr(sources, "find", lambda *_: [of.source()])
    monkeypatch.setattr(starting, "Run", Watched)
    options = RunOptions(("memory:topic",), "native", url, str(registry), str(tmp_path / name))

    def work() -> None:
        try:
            starting.run(options, [])
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        until(lambda: bool(runs) or bool(errors))
        yield errors
    finally:
        for each in runs:
            each.end()
        thread.join()


def asked(store: Warehouse, sql: str) -> Any:
    return store.query(sql).rows[0][0]


def now_on(batch: FrameBatch, seconds: int) -> FrameBatch:
    """Return a batch whose last frame was seen `seconds` ago."""
    shift = time.time_ns() // 1000 - seconds * SECOND - int(batch.frames["t_us"].max())  # type: ignore[arg-type]
    return FrameBatch(batch.frames.with_columns(pl.col("t_us") + shift), batch.objects, batch.signals, batch.source)


@pytest.mark.slow
def test_minutes_are_told_while_it_runs_those_of_silent_cameras_too(
    tmp_path: Path, empty_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = empty_store("live")
    every = messages(now_on(stream(NAMES, 130), 5), time.time_ns() // 1000)
    of = topic(every[: len(every) // 2], 2)
    rest = topic(every, 2)
    with running(tmp_path, url, of, monkeypatch), connect(url) as store:
        seen = "SELECT count() FROM health_minute WHERE camera_id = 'a' AND frames > 0"
        until(lambda: asked(store, seen) >= 1)
        until(lambda: asked(store, "SELECT count() FROM health_minute WHERE camera_id = 'silent'") >= 1)
        for partition, more in enumerate(rest.partitions):
            of.partitions[partition] += more[len(of.partitions[partition]) :]
        until(lambda: asked(store, seen) >= 2)
    with connect(url) as store:
        assert asked(store, "SELECT count() FROM runs_log FINAL WHERE command = 'run'") == 1
        assert asked(store, "SELECT max(coverage) FROM health_minute WHERE camera_id = 'silent'") == 0


@pytest.mark.slow
def test_a_warehouse_that_is_away_holds_it_back_and_nothing_is_lost(
    tmp_path: Path, empty_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, batch, write = empty_store("live"), stream(NAMES, 200), Stream.write
    tries = [0]

    def sometimes(self: Stream, *given: Any) -> Any:
        tries[0] += 1
        if tries[0] % 3:
            raise WarehouseError("the warehouse does not answer")
        return write(self, *given)

    monkeypatch.setattr(Stream, "write", sometimes)
    monkeypatch.setattr("flows.live.waiting.PAUSES_S", (0.01,))
    registry = tmp_path / "registry.toml"
    registry.write_text(to_toml(REGISTRY, "test"))
    taken(tmp_path, registry, topic(messages(batch), 2, (50,)), monkeypatch)
    assert tries[0] >= 6
    monkeypatch.setattr(Stream, "write", write)
    empty_store("whole")
    taken(tmp_path, registry, topic(messages(batch), 2), monkeypatch, warehouse=f"embedded:{tmp_path / 'whole'}",
          state=str(tmp_path / "state-whole"))  # fmt: skip
    left, right = stored(url), stored(f"embedded:{tmp_path / 'whole'}")
    assert_equal(left, right)


def test_what_no_waiting_mends_ends_it_with_its_reason(
    tmp_path: Path, empty_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = ListTail.poll

    def refused(self: ListTail, most: int, most_bytes: int) -> Any:
        if self.position >= 20:
            raise SourceError("kafka://h/t: wrong password")
        return poll(self, 20, most_bytes)

    of = topic(messages(stream(NAMES, 30)), 1)
    monkeypatch.setattr(ListTail, "poll", refused)
    with running(tmp_path, empty_store("live"), of, monkeypatch) as errors:
        until(lambda: bool(errors))
    assert str(errors[0]) == "kafka://h/t: wrong password"


def test_sources_forget_only_what_is_durable(
    tmp_path: Path, empty_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.live.running.DONE_S", 0.5)
    of = topic(messages(stream(NAMES, 30)), 1)
    with running(tmp_path, empty_store("live"), of, monkeypatch):
        until(lambda: of.done.get(0) == len(of.partitions[0]))


def test_a_run_that_ends_tells_what_became_of_its_last_records(
    tmp_path: Path, empty_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    of = topic(messages(stream(NAMES, 30)), 2)
    (tmp_path / "registry.toml").write_text(to_toml(REGISTRY, "test"))
    url = empty_store("live")
    ends = {partition: len(held) for partition, held in enumerate(of.partitions)}
    taken(tmp_path, tmp_path / "registry.toml", of, monkeypatch)
    assert of.done == ends
    of.done.clear()
    with running(tmp_path, url, of, monkeypatch, "stopped"):
        until(lambda: stands(tmp_path / "stopped") == ends)
    assert of.done == ends


def test_a_machine_whose_clock_is_years_ahead_closes_nothing_by_it(
    tmp_path: Path, empty_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead_us = 9 * 365 * 86_400 * SECOND
    monkeypatch.setattr(ready, "Asked", partial(Asked, clock=lambda: time.time_ns() // 1000 + ahead_us))
    url, of = empty_store("live"), topic(messages(now_on(stream(NAMES, 130), 5), time.time_ns() // 1000), 2)
    with running(tmp_path, url, of, monkeypatch), connect(url) as store:
        until(lambda: asked(store, "SELECT count() FROM health_minute WHERE camera_id = 'silent'") >= 1)
        assert asked(store, "SELECT max(ts) <= now() FROM health_minute")


def stands(state: Path) -> dict[int, int]:
    """Return where a run's partitions stand, by what it says of them."""
    said = [shard for process in telling.read(state / "processes") for shard in process.shards]
    return {shard.shard: part.position for shard in said for part in shard.partitions.values()}


def test_a_second_run_on_the_same_state_is_refused(
    tmp_path: Path, empty_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, of = empty_store("live"), topic(messages(stream(NAMES, 30)), 1)
    with running(tmp_path, url, of, monkeypatch) as first:
        until(lambda: any((tmp_path / "state" / "processes").glob("*.json")))
        with running(tmp_path, url, of, monkeypatch) as second:
            until(lambda: bool(second))
        assert "another run" in str(second[0]) or "no other run has" in str(second[0])
        assert not first


def test_frames_of_long_ago_are_no_flood_of_silent_minutes(
    tmp_path: Path, empty_store: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, of = empty_store("live"), topic(messages(stream(NAMES, 30)), 1)
    with running(tmp_path, url, of, monkeypatch), connect(url) as store:
        until(lambda: asked(store, "SELECT count() FROM health_minute WHERE frames = 0") > 0)
        last = asked(store, "SELECT max(toUnixTimestamp(ts)) FROM health_minute")
        assert last * SECOND <= START + 26 * 3_600 * SECOND
