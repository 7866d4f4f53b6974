"""Of two statements of one row the one that saw more input has the higher revision, in any order of writing.

A crash, a backlog taken in one push, a late frame: what is stated depends on the
moment, so what counts must not. Everything here holds for every metric at once.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flows.dataflow import End, ShardLogic
from flows.rows import MOST_REVISION, revision
from flows.shard import Block
from operators.stage import ordered
from schemas.columns import FLOW, METRICS
from schemas.frames import FrameBatch
from schemas.registry import Registry
from tests.flows.city import KEYS, SECOND, plan, shuffled
from tests.flows.every import NIGHT, camera, stream

REGISTRY = Registry(camera=(camera("a"),))
TABLES = [f"{metric.name}_minute_log" for metric in METRICS]


@pytest.fixture(scope="module")
def batch() -> FrameBatch:
    """A street where everything happens, and lines are crossed as minutes end; some frames come late, some twice."""
    whole = stream(["a"], 900)
    frames = whole.frames.with_columns(pl.col("t_us") + round(49.75 * SECOND))
    whole = FrameBatch(frames, whole.objects, whole.signals, whole.source)
    at = np.arange(len(whole), dtype=np.float64)
    at[::30] += 130
    again = np.arange(0, len(whole), 200)
    order = np.argsort(np.concatenate([at, again + 170.0]), kind="stable")
    return shuffled(whole, np.concatenate([np.arange(len(whole)), again])[order])


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every push release what it can, so that minutes are stated as often as may be."""
    monkeypatch.setattr(ordered, "LEAST_BATCH", 1)


def statements(batch: FrameBatch, cuts: list[int]) -> Iterator[Block]:
    """What a shard states when its input comes in these pieces."""
    logic = ShardLogic(plan(REGISTRY, since_us=NIGHT), None)
    edges = sorted({0, len(batch), *cuts})
    for first, end in itertools.pairwise(edges):
        out, _ = logic.on_batch([(0, batch.pick(np.arange(first, end)))])
        yield from (each for each in out if isinstance(each, Block))
        yield from _held(logic)
    out, _ = logic.on_batch([(0, End(int(batch.frames["t_us"].max())))])
    yield from (each for each in out if isinstance(each, Block))


def _held(logic: ShardLogic) -> Iterator[Block]:
    """Rows that a shard has made and waits to hand over."""
    assert logic.memory is not None
    for table, rows in logic.memory.held.items():
        yield Block(table, pl.concat(rows))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(1, 1_799), max_size=12), min_size=1, max_size=3), st.randoms())
@example([list(range(60, 1_800, 7)), []], None)
def test_what_saw_most_wins_in_any_order(batch: FrameBatch, runs: list[list[int]], shuffler) -> None:
    written = [block for cuts in runs for block in statements(batch, cuts)]
    final = {block.table: block for block in statements(batch, [])}
    for table in TABLES:
        rows = pl.concat([block.rows for block in written if block.table == table]).unique()
        keys = [key for key in KEYS if key in rows.columns]
        assert rows.height == rows.unique([*keys, "rev"]).height, f"{table}: two statements that saw the same differ"
        newest = rows.sort("rev").unique(keys, keep="last").sort(keys)
        assert newest.equals(final[table].rows.sort(keys)), table


def test_a_backlog_taken_at_once_outdoes_small_pushes(batch: FrameBatch) -> None:
    """Small pushes stated 58 frames again and again; the flow that resumed took all 60 at once and stated them once."""
    small = pl.concat([b.rows for b in statements(batch, list(range(9, 1_500, 10))) if b.table == "health_minute_log"])
    large = pl.concat([b.rows for b in statements(batch, []) if b.table == "health_minute_log"])
    before = small.filter(pl.col("frames") < 120).group_by("ts").agg(pl.col("rev").max().alias("small"))
    both = before.join(large, on="ts")
    assert both.height > 5
    assert (both["small"] <= both["rev"]).all()
    assert (both["small"] < both["rev"]).any()


def test_a_row_that_saw_too_much_to_count_keeps_its_generation() -> None:
    parts = np.full((1, FLOW.width), 1 << 40, np.int64)
    assert revision(FLOW, parts).tolist() == [MOST_REVISION]


def test_a_revision_costs_next_to_nothing(batch: FrameBatch) -> None:
    """Rows of one camera repeat it minute after minute, so that a column codec leaves little of it."""
    rows = pl.concat([block.rows for block in statements(batch, []) if block.table == "crowd_minute_log"])
    assert rows["rev"].n_unique() < rows.height / 3
