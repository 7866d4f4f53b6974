"""Ticks: rows go by time, a dead camera hangs nothing, and what frames say in the end is what a replay says."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.dataflow import ShardLogic, Tick
from flows.shard import Block
from operators.minutes import MINUTE_US
from schemas.columns import STATES
from schemas.frames import FrameBatch
from schemas.registry import Registry
from tests.flows import every
from tests.flows.city import KEYS, SECOND, START, camera, plan, stream
from tests.flows.every import NIGHT


def logic(registry: Registry, since_us: int) -> ShardLogic:
    return ShardLogic(plan(registry, since_us=since_us), None)


def told(of: ShardLogic, item: Any) -> list[Block]:
    out, _ = of.on_batch([(0, item)])
    return [block for block in out if isinstance(block, Block)]


def played(of: ShardLogic, batch: FrameBatch, arrival_us: np.ndarray, ticks_us: list[int]) -> list[tuple[int, Block]]:
    """Feed frames when they arrive and ticks when they are due; returns each block with the moment it came out."""
    order = np.argsort(arrival_us, kind="stable")
    out, done = [], 0
    for now_us in sorted(ticks_us):
        end = int(np.searchsorted(arrival_us[order], now_us))
        if end > done:  # each camera's frames come in their order
            out += [(now_us, block) for block in told(of, batch.pick(np.sort(order[done:end])))]
        done = end
        out += [(now_us, block) for block in told(of, Tick(now_us))]
    return out


def minutes(blocks: list[tuple[int, Block]], table: str = "health_minute_log") -> pl.DataFrame:
    """Rows of a table with the moment they came out, `at_us`."""
    found = [b.rows.with_columns(at_us=pl.lit(at, pl.Int64)) for at, b in blocks if b.table == table]
    return pl.concat(found)


#   minute   |        m         |      m + 1
#   frames   | . . . . . . . . .|. . .
#   ticks    |^ ^ ^ ^ ^ ^ ^ ^ ^ |^ ^ ^ row of m
def test_ten_cameras_have_their_rows_within_five_seconds_of_the_minutes_close() -> None:
    names = [f"c{i}" for i in range(10)]
    town = logic(Registry(camera=tuple(camera(name, fps=1.0) for name in names)), START)
    batch = stream(names, 200)
    whole_second = (batch.frames["t_us"] // 1000 - START // 1000) % 1000 == 0
    dead = (batch.frames["camera"] == "c9") & (batch.frames["t_us"] > START + 90 * SECOND)
    batch = batch.pick(np.flatnonzero(whole_second & ~dead))
    arrival = batch.frames["t_us"].to_numpy() + 200_000
    blocks = played(town, batch, arrival, [START + s * SECOND for s in range(1, 190)])
    late = minutes(blocks).with_columns(after_s=(pl.col("at_us") - pl.col("ts").dt.epoch("us") - MINUTE_US) / SECOND)
    first = late.group_by("camera_id", "ts").agg(pl.col("after_s").min())
    assert first.height == 10 * 3
    assert first["after_s"].max() <= 5
    assert first["after_s"].min() > 0
    stale = late.filter(pl.col("camera_id") == "c9").sort("ts")["state"].to_list()
    assert [STATES[state] for state in stale] == ["online", "stale", "stale"]


def test_rows_that_late_frames_restate_gather_for_ten_seconds_and_go_with_new_ones() -> None:
    town = logic(Registry(camera=(camera("a", fps=1.0),)), START)
    batch = stream(["a"], 190)
    t = batch.frames["t_us"].to_numpy() - START
    late = [(t > s * SECOND) & (t < (s + 1) * SECOND) for s in (20, 22)]
    ahead = (t > 125 * SECOND) & ~late[0] & ~late[1]
    told(town, batch.pick(np.flatnonzero(~late[0] & ~late[1] & ~ahead)))

    def tables(after_s: float) -> set[str]:
        return {block.table for block in told(town, Tick(START + round(after_s * SECOND)))}

    assert "health_minute_log" in tables(127), "the first minute is new"
    told(town, batch.pick(np.flatnonzero(late[0])))
    assert not tables(128)
    assert not tables(136)
    assert "health_minute_log" in tables(137)
    told(town, batch.pick(np.flatnonzero(late[1])))
    assert not tables(138)
    told(town, batch.pick(np.flatnonzero(ahead)))
    assert "health_minute_log" in tables(139), "the minute that the frames ahead have closed"


TOWN = Registry(camera=(every.camera("a"), every.camera("b")))


@pytest.fixture(scope="module")
def batch() -> FrameBatch:
    """Two streets; camera b is silent for seven minutes and then comes back."""
    whole = every.stream(["a", "b"], 1_500)
    t = (whole.frames["t_us"] - NIGHT) / SECOND
    gone = (whole.frames["camera"] == "b") & (t > 400) & (t < 830)
    return whole.pick(np.flatnonzero(~gone))


def counted(blocks: list[Block]) -> dict[str, pl.DataFrame]:
    """Return the row of every key that has seen most; of two that a clock said, the later one, as the store has it."""
    found = {}
    for table in sorted({block.table for block in blocks}):
        rows = pl.concat([block.rows for block in blocks if block.table == table])
        keys = ["incident_id"] if table == "incidents_log" else [key for key in KEYS if key in rows.columns]
        found[table] = rows.sort("rev", maintain_order=True).unique(keys, keep="last").sort(keys)
    return found


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_what_clocks_said_in_between_changes_nothing_in_the_end(batch: FrameBatch, data: st.DataObject) -> None:
    """Ticks at any moments, streams delayed by any time: rows that frames state are those without a tick."""
    last = int(batch.frames["t_us"].max())
    ticks = data.draw(st.lists(st.integers(NIGHT, last + 30 * SECOND), min_size=5, max_size=60), label="ticks")
    delay = data.draw(st.integers(0, 500 * SECOND), label="delay of camera b")
    arrival = batch.frames["t_us"].to_numpy() + np.where(batch.frames["camera"] == "b", delay, 0)
    ticked, plain = logic(TOWN, NIGHT), logic(TOWN, NIGHT)
    end = [last + 600 * SECOND, last + 630 * SECOND]  # frames are in, then nothing more comes
    with_ticks = [block for _, block in played(ticked, batch, arrival, [*ticks, *end])]
    without = [block for _, block in played(plain, batch, arrival, end)]
    got, expected = counted(with_ticks), counted(without)
    assert got.keys() == expected.keys()
    for table in got:
        assert got[table].equals(expected[table]), table


@pytest.mark.parametrize("at_s", [100, 600])
def test_a_clock_that_was_years_ahead_once_closes_nothing_for_ever(batch: FrameBatch, at_s: int) -> None:
    last = int(batch.frames["t_us"].max())
    arrival, ticks = batch.frames["t_us"].to_numpy(), [NIGHT + s * SECOND for s in range(1, 1_500, 7)]
    end = [last + 5 * SECOND, last + 25 * 3_600 * SECOND]
    right, wrong = logic(TOWN, NIGHT), logic(TOWN, NIGHT)
    expected = counted([block for _, block in played(right, batch, arrival, [*ticks, *end])])
    cut_us = min(tick for tick in ticks if tick >= NIGHT + at_s * SECOND)
    before, rest = np.flatnonzero(arrival < cut_us), np.flatnonzero(arrival >= cut_us)
    blocks = played(wrong, batch.pick(before), arrival[before], [tick for tick in ticks if tick <= cut_us])
    blocks += [(0, block) for block in told(wrong, Tick(NIGHT + 10 * 366 * 86_400 * SECOND))]
    blocks += played(wrong, batch.pick(rest), arrival[rest], [tick for tick in [*ticks, *end] if tick > cut_us])
    got = counted([block for _, block in blocks])
    for table, rows in expected.items():
        known = got[table] if table == "incidents_log" else got[table].filter(pl.col("ts") <= rows["ts"].max())
        assert known.equals(rows), table


def test_a_camera_that_was_called_offline_while_its_frames_were_on_their_way_was_only_stale(batch: FrameBatch) -> None:
    """The clock saw six minutes of silence where, once all frames were here, there were two."""
    arrival = batch.frames["t_us"].to_numpy() + np.where(batch.frames["camera"] == "b", 390 * SECOND, 0)
    ticks = [NIGHT + s * SECOND for s in range(5, 2_000, 5)]
    rows = minutes(played(logic(TOWN, NIGHT), batch, arrival, ticks)).filter(camera_id="b")
    said = rows.filter(frames=0).group_by("ts", maintain_order=True).agg(pl.col("state").unique(maintain_order=True))
    changed = [[STATES[state] for state in each] for each in said["state"].to_list()]
    assert ["offline", "stale"] in changed
    assert rows.height < 3 * rows["ts"].n_unique(), "a clock repeats itself"
    last = rows.sort("at_us", maintain_order=True).unique("ts", keep="last").sort("ts")
    most = rows.sort("rev", maintain_order=True).unique("ts", keep="last").sort("ts")
    assert most.drop("at_us").equals(last.drop("at_us"))


def test_a_clock_says_that_an_incident_is_unknown_before_any_frame_does(batch: FrameBatch) -> None:
    town = logic(TOWN, NIGHT)
    until = NIGHT + 800 * SECOND
    known = batch.pick(np.flatnonzero((batch.frames["t_us"] < until).to_numpy()))
    blocks = played(town, known, known.frames["t_us"].to_numpy(), [NIGHT + s * SECOND for s in range(1, 800, 5)])
    flood = minutes(blocks, "incidents_log").filter(camera_id="b", kind="flood")
    assert flood["state"].to_list() == ["active", "unknown"]
    seen_us = int(known.frames.filter(camera="b")["t_us"].max())
    assert flood["updated_at"].dt.epoch("us").to_list()[1] == seen_us + 300 * SECOND
    assert flood["at_us"].to_list()[1] < seen_us + 370 * SECOND
    assert flood["rev"].is_sorted()


def test_a_silence_that_frames_disprove_is_taken_back() -> None:
    """The uplink buffered for eight minutes: by the camera's own clock there was no silence, so no change follows."""
    batch = every.stream(["a", "b"], 1_500)
    t = (batch.frames["t_us"].to_numpy() - NIGHT) / SECOND
    held = (batch.frames["camera"] == "b").to_numpy() & (t > 500) & (t < 980)
    arrival = np.where(held, NIGHT + 980 * SECOND, batch.frames["t_us"].to_numpy())
    blocks = played(logic(TOWN, NIGHT), batch, arrival, [NIGHT + s * SECOND for s in range(5, 1_480, 5)])
    flood = minutes(blocks, "incidents_log").filter(camera_id="b", kind="flood")
    assert flood["state"].to_list() == ["active", "unknown", "active"]
    plain = [block for _, block in played(logic(TOWN, NIGHT), batch, arrival, [NIGHT + 1_475 * SECOND])]
    got, expected = counted([block for _, block in blocks]), counted(plain)
    for name in ("incidents_log", "health_minute_log"):
        drop = [] if name != "incidents_log" else ["rev"]
        assert got[name].drop(drop).equals(expected[name].drop(drop)), name
