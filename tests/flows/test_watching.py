"""A replay's progress: never less than before, never more than the whole, and the whole once."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from connectors.formats import Chunk
from flows.replay.watching import Watch
from schemas.frames import DEAD_LETTERS
from tests.connectors.frames import batch

CHUNK = Chunk(batch(1), pl.DataFrame(schema=DEAD_LETTERS), 0, 0)


@given(
    st.integers(0, 1000),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 500)), max_size=10),
    st.integers(0, 5),
)
def test_progress_goes_up_and_is_whole_once(size: int, read: list[tuple[int, int]], blocks: int) -> None:
    told: list[tuple[int, int]] = []
    stage: Any = SimpleNamespace(bytes=0)
    watch = Watch(stage, lambda done, whole: told.append((done, whole)), size)
    for count, staged in read:  # packed input gives more bytes than its files have
        stage.bytes += staged
        watch.chunk(CHUNK._replace(bytes_read=count))
    for block in range(1, blocks + 1):
        watch.written(stage.bytes * block // blocks)
    watch.finished()
    done = [share for share, _ in told]
    assert all(one <= other for one, other in itertools.pairwise(done))
    assert [share for share, whole in told if share >= whole] == [1000]
