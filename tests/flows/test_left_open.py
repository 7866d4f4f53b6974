"""What the warehouse has open of a stream is told of by its shard, or ends once all is read that is there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from flows.dataflow import Dead, ShardLogic, Tick, admit
from flows.incidents import still_open
from flows.left_open import TABLE, nothing
from schemas.registry import Registry
from tests.flows.city import SECOND, START, camera, chunks, plan, stream

LENGTH_S = 150
FRAMES = stream(["a"], LENGTH_S)
RUN = replace(plan(Registry(camera=(camera("a"),))), only=0)
NOW = Tick(START + LENGTH_S * SECOND)


def told(logic: ShardLogic, first: int = 0, *, ticks: bool = True) -> pl.DataFrame:
    """Play frames from one on, then let time move; return the rows of incidents."""
    (chunk, _) = chunks(FRAMES.pick(np.arange(first, len(FRAMES)))) if first < len(FRAMES) else (None, None)
    items = [] if chunk is None else [sent for _, sent in admit(chunk, logic.plan)]
    made, _ = logic.on_batch([*items, *([(0, NOW)] if ticks else [])])
    return pl.concat([nothing(), *(each.rows for each in made if not isinstance(each, Dead) and each.table == TABLE)])


@pytest.fixture(scope="module")
def before() -> tuple[pl.DataFrame, bytes]:
    """What the warehouse has open, and what the run that told it remembers."""
    logic = ShardLogic(RUN, None)
    found = still_open(nothing(), told(logic))
    assert found["kind"].to_list() == ["parking"]
    return found, logic.snapshot()


def test_what_the_shard_knows_or_tells_again_stays(before: tuple[pl.DataFrame, bytes]) -> None:
    left, stored = before
    assert "closed" not in told(ShardLogic(replace(RUN, left_open=left), stored), len(FRAMES))["state"]
    again = told(ShardLogic(replace(RUN, left_open=left), None))
    assert still_open(nothing(), again).equals(left)
    assert "closed" not in again["state"]


def test_what_nobody_tells_of_any_more_ends_once_all_is_read(before: tuple[pl.DataFrame, bytes]) -> None:
    left, _ = before
    last, of_another = len(FRAMES) - 10, replace(RUN, left_open=left)
    assert told(ShardLogic(of_another, None), last, ticks=False).is_empty()
    logic = ShardLogic(of_another, None)
    closed = told(logic, last)
    assert closed.select("incident_id", "state", "close_reason", "closed_at", "rev").rows() == [
        (left["incident_id"][0], "closed", "end_of_input", left["updated_at"][0], left["rev"][0] + 1)
    ]
    assert told(logic, len(FRAMES)).is_empty(), "it is told once"
