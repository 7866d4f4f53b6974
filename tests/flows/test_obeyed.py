"""Frames out of an archive, obeyed, give the rows and incidents that they gave when they came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.archive import parts
from connectors.archive.commits import Lost
from flows import lost
from flows.dataflow import Dead, End, Gone, ShardLogic
from flows.obeying import decided_of
from flows.shard import Shard
from flows.thresholds import Thresholds
from operators import city as cities
from operators.stage import decided, ordered
from schemas.frames import DISPOSITIONS, FrameBatch, joined
from schemas.local_time import MINUTE_US
from schemas.registry import Registry
from tests.flows.city import SECOND, plan, shuffled, stored
from tests.flows.every import stream
from tests.flows.test_states import small

LATENESS_US = 30 * SECOND
SECONDS = 700
SILENCE = (200, 610)
"""Of camera b, in seconds from the beginning."""


TOWN = Registry(camera=(small("a"), small("b", tracker="iou"), small("c", tracker="none"), small("silent")))


def arrival(frames: FrameBatch, seed: int) -> FrameBatch:
    """Frames out of order: stretches late around minutes' edges, some twice, too late or not believed, one silent."""
    dice = np.random.default_rng(seed)
    since_us, until_us = (frames.frames["t_us"][0] + seconds * SECOND for seconds in SILENCE)
    is_silent = (frames.frames["camera"] == "b") & frames.frames["t_us"].is_between(since_us, until_us)
    frames = frames.pick(np.flatnonzero(~is_silent.to_numpy()))
    count = len(frames)
    delay = dice.uniform(0, 4, count)
    for edge_us in frames.frames["t_us"][0] // MINUTE_US * MINUTE_US + MINUTE_US * np.arange(1, 11):
        near = np.flatnonzero(np.abs(frames.frames["t_us"].to_numpy() - edge_us) < 3 * SECOND)
        delay[near] += dice.uniform(10, 150, len(near))
    delay[dice.integers(0, count, 5)] += 400
    order = np.argsort(np.arange(count) + delay, kind="stable")
    again = np.sort(dice.integers(0, count, 20))
    order = np.insert(order, np.minimum(again + dice.integers(1, 90, 20), count), order[again])
    came = shuffled(frames, order)
    t_us = came.frames["t_us"].to_numpy().copy()
    t_us[dice.integers(200, len(t_us), 3)] += 86_400 * SECOND
    return FrameBatch(came.frames.with_columns(t_us=pl.Series(t_us)), came.objects, came.signals, came.source)


def live(came: FrameBatch, cuts: list[int]) -> tuple[list[Any], FrameBatch, int]:
    """What a shard makes of frames as they come, what leaves it, and with which frame it ended."""
    run, left = plan(TOWN, since_us=int(came.frames["t_us"].min()), lateness_us=LATENESS_US), []
    run.on_release = left.append
    logic, out = ShardLogic(run, None), []
    for a, b in zip([0, *cuts], [*cuts, len(came)], strict=True):
        out += logic.on_batch([(0, came.pick(np.arange(a, b)))])[0]
    believed = joined(left).frames.filter(pl.col("disposition") != "clock jump")["t_us"].max()
    last_us = max(believed, logic.shard.last_us(logic.memory.state))  # type: ignore[union-attr]
    out += logic.on_batch([(0, End(last_us))])[0]
    return out, joined(left), last_us


def obeyed(
    left: FrameBatch, edges_us: list[int], since_us: int, last_us: int, losses: Sequence[Lost] = ()
) -> list[Any]:
    """What a shard makes of an archive's frames, read in stretches of time, and told of losses between them."""
    told = {cut.us: cut.lost for cut in lost.cuts(losses)}
    edges_us = sorted({*edges_us, *told})
    shard = Shard(cities.build(TOWN), Thresholds(lateness_us=LATENESS_US))
    state, waiting, out = shard.start(since_us), decided.none(), []
    t_us = left.frames["t_us"].to_numpy()
    order = (
        left.frames.with_row_index("at").sort("camera", "t_us", maintain_order=True)["at"].to_numpy().astype(np.intp)
    )
    for low, high in zip([-1, *edges_us], [*edges_us, 1 << 62], strict=True):
        lost.tell(shard, state, told.get(low, ()))
        rows = order[(t_us[order] >= low) & (t_us[order] < high)]
        came, tracks = decided_of(left.reordered(rows), shard)
        made, waiting = shard.obey(state, waiting, came, tracks)
        out += made
    made, waiting = shard.obey(state, waiting, decided.none(), pl.Series([], dtype=pl.String), last_us)
    assert not len(waiting.disposition)
    return out + made


@pytest.fixture(scope="module")
def street() -> FrameBatch:
    return stream(["a", "b", "c"], SECONDS)


@pytest.mark.parametrize("eager", [True, False])
@settings(max_examples=4)
@given(seed=st.integers(0, 99), data=st.data())
def test_rows_and_incidents_are_those_of_the_day_however_it_is_cut(
    street: FrameBatch, eager: bool, seed: int, data: st.DataObject
) -> None:
    came = arrival(street, seed)
    least, ordered.LEAST_BATCH = ordered.LEAST_BATCH, 1 if eager else ordered.LEAST_BATCH
    try:
        cuts = sorted(data.draw(st.sets(st.integers(1, len(came) - 1), min_size=1, max_size=6)))
        made, left, last_us = live(came, cuts)
        first_us = int(came.frames["t_us"].min())
        edges = sorted({*data.draw(st.sets(st.integers(first_us, last_us), max_size=6)), after_silence(left)})
        found = obeyed(left, edges, first_us, last_us)
    finally:
        ordered.LEAST_BATCH = least
    assert set(left.frames["disposition"].unique()) == set(DISPOSITIONS)
    assert left.frames["lag_ms"].max() > 0
    right, wrong = stored([each for each in made if not isinstance(each, Dead)]), stored(found)
    assert right.keys() == wrong.keys()
    assert right["incidents_log"].height > 3
    for name, rows in right.items():
        assert plain(wrong[name]).equals(plain(rows)), name


def test_losses_are_obeyed_too(street: FrameBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three minutes were lost of all; b is silent for long after, and a little is lost twice more."""
    monkeypatch.setattr(ordered, "LEAST_BATCH", 1)
    seconds = (street.frames["t_us"] - street.frames["t_us"][0]) / SECOND
    is_there = ~seconds.is_between(180, 360) & ~((street.frames["camera"] == "b") & seconds.is_between(180, 500))
    came = street.pick(np.flatnonzero(is_there.to_numpy()))
    run, left, losses = plan(TOWN, since_us=int(street.frames["t_us"][0]), lateness_us=LATENESS_US), [], list[Lost]()
    run.on_release, run.on_lost = left.append, losses.extend
    logic, made, first = ShardLogic(run, None), list[Any](), 0
    for after in (180, 420, 560, None):
        rows = int((seconds.filter(is_there) <= after).sum()) if after else len(came)
        made += logic.on_batch([(0, came.pick(np.arange(first, min(first + 1, rows))))])[0]
        made += logic.on_batch([(0, came.pick(np.arange(first + 1, rows))), *([(0, Gone())] if after else [])])[0]
        first = rows
    last_us = int(came.frames["t_us"].max())
    made += logic.on_batch([(0, End(last_us))])[0]
    assert {each.camera for each in losses} == {"a", "b", "c", "silent"}
    asked = joined(left), [], run.since_us, last_us
    found, right = stored(obeyed(*asked, losses)), stored([each for each in made if not isinstance(each, Dead)])
    for name, rows in right.items():
        assert plain(found[name]).equals(plain(rows)), name
    assert not plain(stored(obeyed(*asked))["health_minute_log"]).equals(plain(right["health_minute_log"]))


def after_silence(left: FrameBatch) -> int:
    """Return the moment after the first frame that follows a silence: it is known, and not released yet."""
    b = left.frames.filter((pl.col("camera") == "b") & (pl.col("disposition") == "on time"))["t_us"].sort()
    return int(b[int(b.diff().arg_max())]) + 1


def plain(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows without what says how often and when they were stated."""
    return rows.drop("rev", "run", strict=False)


def test_an_archive_s_file_is_obeyed_as_what_left(street: FrameBatch, tmp_path) -> None:
    came = arrival(street, 1)
    made, left, last_us = live(came, [len(came) // 2])
    parts.write(left, tmp_path / "part.parquet")
    read = parts.to_batch(parts.read(tmp_path / "part.parquet", "part"))
    found = stored(obeyed(read, [], int(came.frames["t_us"].min()), last_us))
    for name, rows in stored([each for each in made if not isinstance(each, Dead)]).items():
        assert plain(found[name]).equals(plain(rows)), name
