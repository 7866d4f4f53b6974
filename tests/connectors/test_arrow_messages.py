"""Messages of Arrow that are read together say what each says alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from connectors.formats import Chunk, Live, ReadOptions
from connectors.records import records
from tests.fuzzing import columns
from tests.fuzzing.lines import START_US, STEP_US

SECOND = 1_000_000


def message(seed: int) -> bytes:
    """Return a message of some frames, of which one in three is strange and one in six has other bytes."""
    rng = np.random.default_rng(seed)
    made = columns.table(rng, seed % 100, int(rng.integers(1, 6)), is_strange=seed % 3 == 0)
    raw = columns.packed(rng, made, "stream" if seed % 2 else "file")
    return columns.bytes_changed(rng, raw) if seed % 6 == 0 else raw


def read(messages: Sequence[bytes], sizes: Sequence[int]) -> list[Chunk]:
    """Read messages that came 100 ms apart, in polls of some sizes."""
    live, chunks, at = Live("arrow", ReadOptions(0)), [], 0
    for size in sizes:
        some = range(at, min(at + size, len(messages)))
        came = [START_US + SECOND + number * STEP_US for number in some]
        chunks += live.read(records([messages[number] for number in some], some, came), "memory/0")
        at += size
    return chunks


def told(chunks: Sequence[Chunk]) -> list[pl.DataFrame]:
    """Return frames with when they came, objects, signals and letters, each with the message it is of."""
    out: list[list[pl.DataFrame]] = [[], [], [], []]
    for batch in (chunk.batch for chunk in chunks):
        where = batch.frames["position"]
        came = pl.Series("came_us", [] if batch.came_us is None else batch.came_us, pl.Int64)
        out[0].append(batch.frames.with_columns(came) if len(batch) else batch.frames.with_columns(came_us=0).clear())
        for table, things in ((out[1], batch.objects), (out[2], batch.signals)):
            table.append(things.with_columns(frame=where.gather(things["frame"])))
    out[3] = [chunk.dead for chunk in chunks]
    tables = [pl.concat(parts, how="vertical_relaxed") for parts in out[:3]]
    return [*tables, pl.concat(out[3]).sort("position", maintain_order=True)]


@given(st.lists(st.integers(0, 10_000).map(message), min_size=2, max_size=8), st.integers(1, 5))
def test_messages_that_are_read_together_say_what_each_says_alone(messages: list[bytes], size: int) -> None:
    alone = read(messages, [1] * len(messages))
    for sizes in ([len(messages)], [size] * len(messages)):
        together = read(messages, sizes)
        for left, right in zip(told(together), told(alone), strict=True):
            assert_frame_equal(left, right)
        assert sum(each.rejected_objects for each in together) == sum(each.rejected_objects for each in alone)


def test_sound_messages_are_read_at_once_and_a_broken_one_between_them_by_itself() -> None:
    rng = np.random.default_rng(1)
    sound = [columns.packed(rng, columns.table(rng, at, 2, is_strange=False), "stream") for at in range(9)]
    assert [len(chunk.batch) for chunk in read(sound, [9])] == [18]
    chunks = read([*sound[:4], sound[4][:100], *sound[5:]], [9])
    assert [len(chunk.batch) for chunk in chunks] == [8, 0, 8]
    assert chunks[1].dead["position"].to_list() == [4]
