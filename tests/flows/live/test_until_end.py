"""A stream taken to its end says what a replay of its frames says, however it is cut, and goes on after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from connectors.formats import to_json_lines
from connectors.warehouse import connect
from flows.live import RunOptions, sources, starting
from flows.replay import ReplayOptions, replay
from schemas.columns import METRICS
from schemas.errors import StateError
from schemas.frames import FrameBatch
from schemas.registry import Registry
from tests.flows.city import SECOND, START, camera, stream
from tests.flows.live.tails import Topic, topic

TABLES = (*(f"{metric.name}_{grain}_log" for metric in METRICS for grain in ("minute", "hour")), "incidents_log")
BOOKKEEPING = ("run", "rev", "roll", "deleted")
NAMES = ["a", "b", "c", "d"]
REGISTRY = Registry(camera=tuple(camera(name) for name in (*NAMES, "silent")))
NOW_US = START + 86_400 * SECOND


def stored(url: str) -> dict[str, pl.DataFrame]:
    """Return all that counts in a warehouse, without what is bookkeeping."""
    with connect(url) as store:
        found = {
            name: pl.DataFrame(pl.from_arrow(store.query(f"SELECT * FROM {name} FINAL WHERE deleted = 0").table))
            for name in TABLES
        }
    return {name: rows.drop(BOOKKEEPING, strict=False).sort(pl.exclude(pl.List)) for name, rows in found.items()}


def messages(batch: FrameBatch, came_us: int = NOW_US) -> list[tuple[str, bytes, int]]:
    """Return a batch's frames as messages that came one after the other."""
    lines = to_json_lines(batch).splitlines()
    came = [came_us + at for at in range(len(lines))]
    return list(zip(batch.frames["camera"], lines, came, strict=True))


def taken(tmp_path: Path, registry: Path, of: Topic, monkeypatch: pytest.MonkeyPatch, **more: Any) -> dict[str, int]:
    """Run a topic to its end; return the summary."""
    monkeypatch.setattr(sources, "find", lambda *_: [of.source()])
    given = {"warehouse": f"embedded:{tmp_path / 'live'}", "state": str(tmp_path / "state")} | more
    options = RunOptions(("memory:topic",), "native", registry=str(registry), until_end=True, **given)
    return starting.run(options, [])


def replayed(tmp_path: Path, registry: Path, batch: FrameBatch, name: str = "replayed") -> Any:
    path = tmp_path / f"{name}.jsonl"
    path.write_bytes(to_json_lines(batch))
    return replay(ReplayOptions((str(path),), "native", f"embedded:{tmp_path / name}", str(registry)), now_us=NOW_US)


def assert_equal(left: dict[str, pl.DataFrame], right: dict[str, pl.DataFrame]) -> None:
    """Two stores hold the same, table by table."""
    for name in TABLES:
        assert left[name].equals(right[name]), name


@pytest.mark.parametrize(("partitions", "sizes"), [(1, (8_192,)), (3, (7, 100, 1)), (4, (1_000, 3))])
def test_it_is_what_a_replay_says(
    tmp_path: Path, registry: Path, monkeypatch: pytest.MonkeyPatch, partitions: int, sizes: tuple[int, ...]
) -> None:
    batch = stream(NAMES, 200, seed=partitions)
    summary = taken(tmp_path, registry, topic(messages(batch), partitions, sizes), monkeypatch)
    other = replayed(tmp_path, registry, batch)
    left, right = stored(f"embedded:{tmp_path / 'live'}"), stored(f"embedded:{tmp_path / 'replayed'}")
    assert_equal(left, right)
    assert left["health_minute_log"].height
    assert {name: getattr(other, name) for name in summary} == summary


def test_run_again_it_goes_on_where_it_stood(tmp_path: Path, registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = stream(NAMES, 200)
    every = messages(batch)
    for end in (len(every) // 3, len(every) // 2, len(every)):
        taken(tmp_path, registry, topic(every[:end], 2), monkeypatch)
    replayed(tmp_path, registry, batch)
    left, right = stored(f"embedded:{tmp_path / 'live'}"), stored(f"embedded:{tmp_path / 'replayed'}")
    assert_equal(left, right)


def test_letters_say_where_they_stood_and_add_up(
    tmp_path: Path, registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = messages(stream(NAMES, 20))
    good = topic(every, 3)
    stranger = b'{"camera":"nobody","ts":"2026-01-05T00:00:01Z","objects":[]}'
    good.partitions[1] += [(b"not json", NOW_US), (stranger + b"\n" + stranger, NOW_US)]
    home = next(p for p, kept in enumerate(good.partitions) if any(b'"camera":"a"' in value for value, _ in kept))
    elsewhere = (home + 1) % 3
    good.partitions[elsewhere].append((every[0][1], NOW_US))
    summary = taken(tmp_path, registry, good, monkeypatch)
    assert summary["dead_letters"] == 4
    assert summary["frames"] == len(every)
    with connect(f"embedded:{tmp_path / 'live'}") as store:
        rows = store.query("SELECT source, reason, count FROM dead_letters ORDER BY reason").rows
    assert sorted(rows) == [
        ("memory:topic/1", "not_json", 1),
        ("memory:topic/1", "unknown_camera", 2),
        (f"memory:topic/{elsewhere}", "wrong_partition", 1),
    ]


def test_what_retention_took_is_stored_and_its_time_is_not_watched(
    tmp_path: Path, registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = messages(stream(NAMES, 400))
    third = len(every) // 3
    taken(tmp_path, registry, topic(every[:third], 1), monkeypatch)
    for _ in range(2):  # told again, as after a kill, it is the same letter
        rest = topic(every, 1)
        rest.gone = 2 * third
        summary = taken(tmp_path, registry, rest, monkeypatch)
        assert summary["frames"] + summary["dead_letters"] == len(every)
        assert summary["dead_letters"] == third
    with connect(f"embedded:{tmp_path / 'live'}") as store:
        rows = store.query("SELECT source, position, reason, count, detail FROM dead_letters").rows
        silent = store.query(
            "SELECT DISTINCT persons_mean IS NULL, reason != '' FROM crowd_minute "
            "WHERE camera_id = 'a' AND ts >= {since:DateTime('UTC')} AND ts < {until:DateTime('UTC')}",
            {"since": START // SECOND + 180, "until": START // SECOND + 240},
        ).rows
    assert [row[:4] for row in rows] == [("memory:topic/0", third, "lost", third)]
    assert f"records {third} to {2 * third - 1}" in rows[0][4]
    assert silent == [(1, 1)]


@pytest.mark.parametrize("is_lost", [True, False])
def test_cameras_whose_frames_were_lost_are_not_down_meanwhile(
    tmp_path: Path, registry: Path, monkeypatch: pytest.MonkeyPatch, is_lost: bool
) -> None:
    """Ten minutes pass of which nothing was read; of camera b nothing ever comes again: it is down from there on."""
    first, later = stream(NAMES, 60), stream(["a", "c", "d"], 400)
    moved = later.frames.with_columns(pl.col("t_us") + 660 * SECOND)
    before, after = messages(first), messages(FrameBatch(moved, later.objects, later.signals, "test"))
    taken(tmp_path, registry, topic(before, 1), monkeypatch)
    rest = topic([*before, *before[:50] * is_lost, *after], 1)
    rest.gone = (len(before) + 50) * is_lost
    taken(tmp_path, registry, rest, monkeypatch)
    with connect(f"embedded:{tmp_path / 'live'}") as store:
        down = store.query(
            "SELECT camera_id, toUnixTimestamp(opened_at) FROM incidents WHERE kind = 'camera_down' ORDER BY camera_id"
        ).rows
        why = store.query(
            "SELECT DISTINCT reason, state FROM health_minute WHERE camera_id IN ('a', 'b') AND frames = 0 "
            f"AND ts < {START // SECOND + 660} AND ts >= {START // SECOND + 420} "
        ).rows
    since = {name: at - START // SECOND for name, at in down}
    assert why == [("missed", "missed") if is_lost else ("offline", "offline")]
    assert since == ({"b": 660, "silent": 660} if is_lost else dict.fromkeys(NAMES, 59) | {"silent": 0})


def test_nothing_at_all_states_nothing(tmp_path: Path, registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(taken(tmp_path, registry, topic([], 2), monkeypatch).values()) == {0}
    assert stored(f"embedded:{tmp_path / 'live'}")["health_minute_log"].is_empty()


def test_another_number_of_partitions_is_refused(
    tmp_path: Path, registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken(tmp_path, registry, topic([], 2), monkeypatch)
    with pytest.raises(StateError, match="expected 2 partitions"):
        taken(tmp_path, registry, topic([], 3), monkeypatch)


def test_minutes_that_a_replay_watched_are_left_alone(
    tmp_path: Path, registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = stream(NAMES, 200)
    replayed(tmp_path, registry, stream(NAMES, 100, seed=9), "live")
    before = stored(f"embedded:{tmp_path / 'live'}")["crowd_minute_log"]
    taken(tmp_path, registry, topic(messages(batch), 2), monkeypatch)
    after = stored(f"embedded:{tmp_path / 'live'}")["crowd_minute_log"]
    theirs = before.filter(pl.col("frames") > 0)
    assert after.join(theirs, on=theirs.columns[:4], how="semi").height == theirs.height
    assert after["ts"].n_unique() > before["ts"].n_unique()
